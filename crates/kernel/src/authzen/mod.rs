//! `AuthZEN` Authorization API 1.0: a policy decision point for others. A program that enforces decisions (a gateway, an API) asks whether somebody may do something, and is answered by the
//! tenant's policies, with what this installation knows of people and what the tenant's policies know of everything else.
//!
//! The answer is `true` only when it may be done without asking anybody: what policies permit and want a human for is `false`, with the reason beside it.
//!
//! Covered: evaluation, evaluations with their three semantics, the three searches, metadata. A door for pure machines whose token has the scope [`EVALUATE`].
//!
//! Not covered: signed decisions.

mod request;
mod rules;
mod search;
#[cfg(test)]
mod tests;

pub(crate) use request::object;
pub use request::{Action, Evaluation, Item, Named, Request, Semantic};
pub use rules::{Known, actor_of, answer, asked_of, may_ask};
pub(crate) use rules::{entry, is_silent, judged, strength, whom};
pub use search::{Page, Search, Sought, Stage};

/// The scope that opens this door.
pub const EVALUATE: &str = "authzen:evaluate";
/// Questions in one request, at most.
pub const EVALUATIONS_MAX: usize = 256;
