//! What a client says of deferral, and the poll, read once.

use crate::{approval::MESSAGE_CHARS_MAX, form::Form, why::Why};

/// The grant type of a poll.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:deferred";
/// What revocation calls a deferral code.
pub const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:deferral-code";

/// How a client takes an answer that is not ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Completion {
    /// Now or not at all.
    #[default]
    Now,
    /// Later, by a deferral code.
    Deferred {
        /// Why it asks, in its own words.
        message: Option<String>,
    },
}

impl Completion {
    /// Reads `completion_mode`: a list of which unknown values are ignored.
    pub fn parse(form: &Form) -> Result<Self, Why> {
        let deferred = form
            .text("completion_mode")
            .is_some_and(|modes| modes.split(' ').any(|mode| mode == "deferred"));
        if !deferred {
            return Ok(Self::Now);
        }
        let message = form.text("binding_message").map(str::to_owned);
        let fits = |text: &String| text.chars().count() <= MESSAGE_CHARS_MAX && !text.chars().any(char::is_control);
        if message.as_ref().is_some_and(|text| !fits(text)) {
            return Err(Why::ParameterMalformed("binding_message"));
        }
        Ok(Self::Deferred { message })
    }
}

/// What a client shows to get its answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The deferral code as it was presented.
    pub code: String,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").finish_non_exhaustive()
    }
}

impl Request {
    /// Reads the form. A poll is no new request: it must not ask to be deferred again.
    pub fn parse(form: &Form) -> Result<Self, Why> {
        if form.text("completion_mode").is_some() {
            return Err(Why::ParameterMalformed("completion_mode"));
        }
        Ok(Self {
            code: form.required("deferral_code")?.to_owned(),
        })
    }
}
