//! POST to the token endpoint, read once.

use crate::{client::GrantType, client_credentials, form::Form, why::Why};

/// A token request: one variant a grant type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// RFC 6749 s4.4.
    ClientCredentials(client_credentials::Request),
}

impl Request {
    /// The parameters that may stand more than once (RFC 8707 s2).
    pub const REPEATABLE: &'static [&'static str] = &["resource"];

    /// Reads the form. Parameters that we do not know are ignored (RFC 6749 s3.2).
    pub fn parse(form: &Form) -> Result<Self, Why> {
        let name = form.required("grant_type")?;
        match GrantType::from_name(name).ok_or(Why::GrantTypeUnknown)? {
            GrantType::ClientCredentials => client_credentials::Request::parse(form).map(Self::ClientCredentials),
        }
    }
}
