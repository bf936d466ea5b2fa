//! May this be done? Cedar, behind one function.
//!
//! A tenant's policies are compiled once ([`Policies::compile`]) and asked per question ([`Policies::judge`]). Cedar looks at every policy it is given, so it is given few: an index
//! picks those that could speak of this principal and its ancestors, and always every `forbid` and every policy whose principal is not named (`product.md` s4, decision 21).
//!
//! A policy that fails while it is evaluated is skipped by Cedar. That is fine for a `permit`, which then permits nothing; a `forbid` that fails forbids.
//!
//! Never here: input or output, a clock, OAuth parameters, SQL.
#![forbid(unsafe_code)]

mod annotations;
mod bounds;
mod catalogue;
mod declared;
mod index;
mod policies;
mod problem;
mod shape;

#[cfg(test)]
mod tests;

pub use annotations::ANNOTATIONS;
pub use catalogue::Catalogue;
pub use kernel::policy::{Answer, Approvers, Demands, Entity, EntityName, Question, Risk, Verdict};
pub use policies::Policies;
pub use problem::Problem;
