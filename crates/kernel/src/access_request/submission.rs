//! What a program submits, read once.

use proof::{Time, digest, json, json::Object};
use serde_json::Value;

use super::SubmittedAs;
use crate::{
    approval::MESSAGE_CHARS_MAX,
    authzen::{self, Evaluation},
    id::ClientId,
    why::Why,
};

/// The longest `Idempotency-Key`, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// A submission: the question that was denied, and the denial.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// The question, with the context of the submission.
    pub evaluation: Evaluation,
    /// `denial.evaluation_id`.
    pub evaluation_id: String,
    /// `denial.expires_at`.
    pub expires: Time,
    /// `requested_access.requested_until`.
    pub until: Option<Time>,
    /// `context.business_justification`: the program's words.
    pub message: Option<String>,
    /// Digests of the key and the body.
    pub(crate) keyed: Option<(String, String)>,
}

impl Submission {
    /// Reads the body, and the header `Idempotency-Key`.
    pub fn read(body: &Object, key: Option<&str>) -> Result<Self, Why> {
        read(body, key).map_err(Why::Body)
    }

    /// As what it was submitted, by this client.
    pub fn submitted_as(&self, client: &ClientId) -> Option<SubmittedAs> {
        let (key, body) = self.keyed.as_ref()?;
        Some(SubmittedAs {
            key: digest::sha256_b64(format!("{client}\0{key}").as_bytes()),
            body: body.clone(),
        })
    }
}

fn read(body: &Object, key: Option<&str>) -> Result<Submission, String> {
    if body.contains_key("items") {
        return Err("items: one question is submitted at a time".to_owned());
    }
    if body.contains_key("callback") {
        return Err("callback: nobody is called back; read task.status_endpoint".to_owned());
    }
    let evaluation = Evaluation::read(body)?;
    let denial = authzen::object(body, "denial")?.ok_or("denial is missing")?;
    if denial.contains_key("binding_token") {
        return Err("denial.binding_token: no denial of this server has one".to_owned());
    }
    let text = |o: &Object, of: &str, name: &str| match o.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{of}.{name}: a text")),
    };
    let time = |o: &Object, of: &str, name: &str| {
        let text = text(o, of, name)?;
        let read =
            |text: String| Time::from_rfc3339(&text).ok_or_else(|| format!("{of}.{name}: a time as in RFC 3339"));
        text.map(read).transpose()
    };
    let evaluation_id = text(denial, "denial", "evaluation_id")?;
    let expires = time(denial, "denial", "expires_at")?;
    let until = match authzen::object(body, "requested_access")? {
        Some(access) => time(access, "requested_access", "requested_until")?,
        None => None,
    };
    let message = text(&evaluation.context, "context", "business_justification")?;
    if message
        .as_ref()
        .is_some_and(|words| words.chars().count() > MESSAGE_CHARS_MAX)
    {
        return Err(format!(
            "context.business_justification: at most {MESSAGE_CHARS_MAX} characters"
        ));
    }
    let key = match key {
        Some(key) if key.is_empty() || key.len() > KEY_BYTES_MAX => {
            return Err(format!("Idempotency-Key: 1 to {KEY_BYTES_MAX} bytes"));
        }
        other => other,
    };
    let canonical = json::canonical(&Value::Object(body.clone()));
    Ok(Submission {
        evaluation,
        evaluation_id: evaluation_id.ok_or("denial.evaluation_id is missing")?,
        expires: expires.ok_or("denial.expires_at is missing")?,
        until,
        message: message.filter(|words| !words.is_empty()),
        keyed: key.map(|key| (key.to_owned(), digest::sha256_b64(canonical.as_bytes()))),
    })
}
