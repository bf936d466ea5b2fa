//! POST to the introspection endpoint (RFC 7662 s2.1), and to the revocation endpoint, which has the same form (RFC 7009 s2.1).

use crate::{form::Form, why::Why};

/// The token in question. `token_type_hint` may be wrong by definition, so nothing depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The token as it was presented.
    pub token: String,
}

impl Request {
    /// Reads the form.
    pub fn parse(form: &Form) -> Result<Self, Why> {
        Ok(Self {
            token: form.required("token")?.to_owned(),
        })
    }
}
