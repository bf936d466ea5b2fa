//! POST to the device authorization endpoint, read once.

use crate::{authority::Scopes, detail::Details, form::Form, resource::ResourceUri, why::Why};

/// What a device asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The scope that is asked for; the default when absent.
    pub scopes: Option<Scopes>,
    /// What exactly is asked for (RFC 9396).
    pub details: Details,
    /// The place that is asked for; our own endpoints when absent.
    pub resource: Option<ResourceUri>,
}

impl Request {
    /// Reads the form (RFC 8628 s3.1, RFC 8707 s2, RFC 9396 s2). Parameters that we do not know are ignored.
    pub fn parse(form: &Form) -> Result<Self, Why> {
        let scopes = Scopes::asked(form)?;
        let resource = ResourceUri::asked(form)?;
        let details = form.text("authorization_details").map(Details::parse).transpose()?;
        Ok(Self {
            scopes,
            details: details.unwrap_or_default(),
            resource,
        })
    }
}
