//! From bytes to a routed request and back.

mod body;
mod cors;
pub(crate) mod entrance;
mod path;
mod presented;
pub(crate) mod render;

pub use entrance::router;
pub(crate) use presented::{Presented, Scheme};
