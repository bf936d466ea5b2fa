//! The facts of each flow: a loader a flow, composed of the nouns' readers and nothing else.

pub mod administration;
pub mod client_credentials;
pub mod introspection;
