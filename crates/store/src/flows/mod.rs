//! The facts of each flow: a loader a flow, composed of the nouns' readers and nothing else.

pub mod account;
pub mod administration;
pub mod again;
pub mod approval;
pub mod authorization;
pub mod authorization_code;
pub mod client_credentials;
pub mod device_authorization;
pub mod introspection;
mod person;
pub mod refresh_token;
pub mod registration;

/// Which look at the facts this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The first: what authentication read of the client is still good.
    First,
    /// Somebody moved first: the client's registration is read again too.
    Again,
}
