//! `grant_type=client_credentials`, read once.

use crate::{
    authority::Scopes, deferred::Completion, detail::Details, form::Form, power::ExecutionLimits,
    resource::ResourceUri, why::Why,
};

/// What the client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The scope tokens wanted; `None` for all that is granted there (RFC 6749 s3.3: the default scope).
    pub scopes: Option<Scopes>,
    /// The resource wanted; `None` for our own endpoints.
    pub resource: Option<ResourceUri>,
    /// How it takes an answer that is not ready.
    pub completion: Completion,
    /// The details wanted (RFC 9396 s6).
    pub details: Option<Details>,
    /// How often the token may be used for what.
    pub limits: ExecutionLimits,
}

impl Request {
    /// Reads the form.
    pub fn parse(form: &Form) -> Result<Self, Why> {
        let scopes = Scopes::asked(form)?;
        let resource = ResourceUri::asked(form)?;
        let details = form.text("authorization_details").map(Details::parse).transpose()?;
        let (details, limits) = ExecutionLimits::split(details)?;
        Ok(Self {
            scopes,
            resource,
            completion: Completion::parse(form)?,
            details,
            limits,
        })
    }
}
