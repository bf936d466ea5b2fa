//! What ties a submission to the denial, and an approval to the question.

use proof::{Secret, Time, base64url, digest, json, json::Object};
use serde_json::Value;

use super::DENIAL_SECONDS;
use crate::{
    approval::Handle,
    authzen::Evaluation,
    id::{ApprovalId, ClientId},
    policy::Policy,
};

/// Where denials are submitted, and what they are signed with.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The address.
    pub endpoint: String,
    /// The tenant's key of handles.
    pub key: Secret<[u8; 32]>,
}

/// A question as it is bound: subject, action and resource whole, and of the context what policies could look at. Members keep their values; that is what the profile's
/// structural comparison compares.
pub(crate) fn bound(evaluation: &Evaluation, policy: &Policy) -> Evaluation {
    let mut bound = evaluation.clone();
    bound.subject.properties.remove("act"); // the profile leaves the actor out: programs write it in one of two places
    bound
        .context
        .retain(|member, _| member != "approval" && policy.looks_at(&evaluation.action.name, member));
    bound
}

/// The digest of a bound question.
fn digest_of(bound: &Evaluation) -> String {
    digest::sha256_b64(json::canonical(&Value::Object(bound.document())).as_bytes())
}

/// A denial that may be submitted: what its `evaluation_id` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    /// Until when.
    pub(crate) expires: Time,
    text: String,
}

impl Denial {
    /// That of an evaluation by this client.
    pub(crate) fn of(
        id: &str,
        evaluation: &Evaluation,
        policy: &Policy,
        client: &ClientId,
        desk: &Desk,
        now: Time,
    ) -> Self {
        let expires = now.plus(DENIAL_SECONDS);
        let mac = mac(desk, client, id, expires, &bound(evaluation, policy));
        Self {
            expires,
            text: format!("{id}~{}~{mac}", expires.unix()),
        }
    }

    /// The `evaluation_id`.
    pub(crate) fn evaluation_id(&self) -> &str {
        &self.text
    }

    /// Reads one: nothing unless this client was denied exactly this.
    pub(crate) fn read(
        text: &str,
        evaluation: &Evaluation,
        policy: &Policy,
        client: &ClientId,
        desk: &Desk,
    ) -> Option<Self> {
        let (rest, shown) = text.rsplit_once('~')?;
        let (id, expires) = rest.rsplit_once('~')?;
        let expires = Time::from_unix(expires.parse().ok()?);
        let mac = mac(desk, client, id, expires, &bound(evaluation, policy));
        digest::same(mac.as_bytes(), shown.as_bytes()).then(|| Self {
            expires,
            text: text.to_owned(),
        })
    }
}

fn mac(desk: &Desk, client: &ClientId, id: &str, expires: Time, bound: &Evaluation) -> String {
    let text = format!("denial\0{client}\0{id}\0{}\0{}", expires.unix(), digest_of(bound));
    base64url::encode(&digest::hmac_sha256(desk.key.reveal(), text.as_bytes()))
}

/// The approval that an evaluation refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference(String);

impl Reference {
    /// What stands in `context.approval.id`, if anything does.
    pub fn of(evaluation: &Evaluation) -> Option<Self> {
        let approval = evaluation.context.get("approval")?;
        let id = approval.get("id").and_then(Value::as_str).unwrap_or_default();
        Some(Self(id.to_owned()))
    }

    /// The approval, if we wrote this.
    pub fn read(&self, desk: &Desk) -> Option<ApprovalId> {
        Handle::read(&desk.key, &self.0).map(|handle| handle.id().clone())
    }
}

/// The member `approval` of an answer.
pub(crate) fn approval_of(id: &ApprovalId, desk: &Desk, until: Time) -> Object {
    let mut o = Object::new();
    o.insert("id".to_owned(), Handle::write(&desk.key, id).into());
    o.insert("approved_until".to_owned(), until.rfc3339().into());
    o
}
