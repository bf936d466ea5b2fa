//! The request, read once.

use crate::{form::Form, id::ClientId, why::Why};

/// The longest `state`, in bytes: it travels in URLs.
const STATE_BYTES_MAX: usize = 4_096;

/// What an app asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// One of our ID tokens, unverified.
    pub hint: Option<String>,
    /// Which app it says it is.
    pub client: Option<ClientId>,
    /// Where the person is to go afterwards.
    pub redirect_uri: Option<String>,
    /// What goes with them.
    pub state: Option<String>,
    /// The languages the app asks for.
    pub ui_locales: Option<String>,
}

impl Request {
    /// Reads the parameters (RP-Initiated Logout s2).
    pub fn parse(form: &Form) -> Result<Self, Why> {
        let owned = |name: &'static str| form.text(name).map(str::to_owned);
        let state = owned("state");
        if state
            .as_ref()
            .is_some_and(|state| state.len() > STATE_BYTES_MAX || state.chars().any(char::is_control))
        {
            return Err(Why::ParameterMalformed("state"));
        }
        Ok(Self {
            hint: owned("id_token_hint"),
            client: form
                .text("client_id")
                .map(|id| ClientId::parse(id).ok_or(Why::ClientUnknown))
                .transpose()?,
            redirect_uri: owned("post_logout_redirect_uri"),
            state,
            ui_locales: owned("ui_locales"),
        })
    }
}
