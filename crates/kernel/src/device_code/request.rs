//! `grant_type=urn:ietf:params:oauth:grant-type:device_code`, read once.

use crate::{form::Form, why::Why};

/// What the device shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The device code as it was presented.
    pub code: String,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").finish_non_exhaustive()
    }
}

impl Request {
    /// Reads the form (RFC 8628 s3.4).
    pub fn parse(form: &Form) -> Result<Self, Why> {
        Ok(Self {
            code: form.required("device_code")?.to_owned(),
        })
    }
}
