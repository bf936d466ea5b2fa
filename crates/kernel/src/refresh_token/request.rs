//! `grant_type=refresh_token`, read once.

use proof::digest;

use crate::{
    authority::Scopes, caller::Caller, confirmation::Confirmation, deferred::Completion, detail::Details,
    family::Presented, form::Form, power::ExecutionLimits, resource::ResourceUri, why::Why,
};

/// What the client shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The token as it was presented; nothing when it has not the form of one.
    pub token: Option<Presented>,
    /// The scope wanted; all that was given when absent.
    pub scopes: Option<Scopes>,
    /// The resource wanted; the grant's own when absent.
    pub resource: Option<ResourceUri>,
    /// How the client takes an answer that is not ready.
    pub completion: Completion,
    /// The details wanted; all that were given when absent (RFC 9396 s6).
    pub details: Option<Details>,
    /// How often the token may be used for what.
    pub limits: ExecutionLimits,
    /// What is asked, apart from who asks: the parameters in one order.
    question: String,
}

/// Parameters that prove who asks and may differ between two identical questions (product decision 2).
const PROOFS: &[&str] = &[
    "client_assertion",
    "client_assertion_type",
    "client_secret",
    "client_id",
];

impl Request {
    /// Reads the form.
    pub fn parse(form: &Form) -> Result<Self, Why> {
        let token = Presented::parse(form.required("refresh_token")?);
        let scopes = Scopes::asked(form)?;
        let resource = ResourceUri::asked(form)?;
        let details = form.text("authorization_details").map(Details::parse).transpose()?;
        let (details, limits) = ExecutionLimits::split(details)?;
        let mut pairs: Vec<(&str, &str)> = form.without(PROOFS).collect();
        pairs.sort_unstable();
        let mut question = String::new();
        for (name, value) in pairs {
            for text in [name, value] {
                question.push_str(&text.len().to_string()); // a length before each text: no two questions run together into one
                question.push(':');
                question.push_str(text);
            }
        }
        Ok(Self {
            token,
            scopes,
            resource,
            completion: Completion::parse(form)?,
            details,
            limits,
            question,
        })
    }

    /// What makes two requests identical: the question, the client, the key.
    pub fn digest(&self, caller: &Caller) -> String {
        let text = format!(
            "{}\0{}\0{}",
            caller.name().unwrap_or(""),
            caller.key.as_ref().map(Confirmation::as_row).unwrap_or_default(),
            self.question
        );
        digest::sha256_b64(text.as_bytes())
    }
}
