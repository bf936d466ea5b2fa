//! `grant_type=authorization_code`, read once.

use crate::{detail::Details, form::Form, id::CodeId, power::ExecutionLimits, resource::ResourceUri, why::Why};

/// What the client shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The code as it was presented, in its two parts; nothing when it has not the form of one.
    pub code: Option<(CodeId, String)>,
    /// The redirect URI of the authorization request, if the client repeats it (RFC 6749 s4.1.3; OAuth 2.1 leaves it out).
    pub redirect_uri: Option<String>,
    /// The PKCE verifier.
    pub verifier: Option<String>,
    /// The resource wanted; the code's own when absent.
    pub resource: Option<ResourceUri>,
    /// The details wanted; the code's own when absent (RFC 9396 s6).
    pub details: Option<Details>,
    /// How often the first token may be used for what.
    pub limits: ExecutionLimits,
}

impl Request {
    /// Reads the form.
    pub fn parse(form: &Form) -> Result<Self, Why> {
        let code = form
            .required("code")?
            .split_once('.')
            .and_then(|(id, secret)| Some((CodeId::parse(id)?, secret.to_owned())));
        let resource = ResourceUri::asked(form)?;
        let details = form.text("authorization_details").map(Details::parse).transpose()?;
        let (details, limits) = ExecutionLimits::split(details)?;
        Ok(Self {
            code,
            redirect_uri: form.text("redirect_uri").map(str::to_owned),
            verifier: form.text("code_verifier").map(str::to_owned),
            resource,
            details,
            limits,
        })
    }
}
