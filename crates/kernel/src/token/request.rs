//! POST to the token endpoint, read once.

use crate::{
    authorization_code, client::GrantType, client_credentials, deferred, device_code, form::Form, refresh_token,
    why::Why,
};

/// A token request: one variant a grant type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// RFC 6749 s4.4.
    ClientCredentials(client_credentials::Request),
    /// RFC 6749 s4.1.3.
    AuthorizationCode(authorization_code::Request),
    /// RFC 6749 s6.
    RefreshToken(refresh_token::Request),
    /// RFC 8628 s3.4.
    DeviceCode(device_code::Request),
    /// Deferred Token Response: the answer to a request that was deferred.
    Deferred(deferred::Request),
}

impl Request {
    /// The parameters that may stand more than once (RFC 8707 s2).
    pub const REPEATABLE: &'static [&'static str] = &["resource"];

    /// The handle of an approval, if this is a poll.
    pub fn handle(&self) -> Option<&str> {
        match self {
            Self::DeviceCode(request) => Some(&request.code),
            Self::Deferred(request) => Some(&request.code),
            Self::ClientCredentials(_) | Self::AuthorizationCode(_) | Self::RefreshToken(_) => None,
        }
    }

    /// Reads the form. Parameters that we do not know are ignored (RFC 6749 s3.2).
    pub fn parse(form: &Form) -> Result<Self, Why> {
        let name = form.required("grant_type")?;
        if name == deferred::GRANT_TYPE {
            return deferred::Request::parse(form).map(Self::Deferred); // no client registers for it: whoever was deferred may poll
        }
        match GrantType::from_name(name).ok_or(Why::GrantTypeUnknown)? {
            GrantType::AuthorizationCode => authorization_code::Request::parse(form).map(Self::AuthorizationCode),
            GrantType::RefreshToken => refresh_token::Request::parse(form).map(Self::RefreshToken),
            GrantType::ClientCredentials => client_credentials::Request::parse(form).map(Self::ClientCredentials),
            GrantType::DeviceCode => device_code::Request::parse(form).map(Self::DeviceCode),
        }
    }
}
