//! Authorization details (RFC 9396): what exactly is asked, as typed JSON, where a scope says only what kind of thing.
//!
//! The noun in four parts. A [`Detail`] is one object, read strictly and kept in one canonical form: its text is what is hashed, stored, shown and signed, so that what
//! was shown is what is granted (S-30). A [`DetailType`] is what an administrator registered for a `type`: the schema, the words for people, and the rules of
//! [`Narrowing`] by which less is told from more. [`Types`] are a tenant's types as a decision sees them, with what their schemas made of the details in question.
//!
//! Numbers are integers, exact; an amount with a fraction is written as text, as every example of RFC 9396 does. Comparing is never JSON subset: what a type has no rule
//! for must be equal (S-31), and of a type that is gone nothing is within anything.
//!
//! Schemas are judged by the server, between loading and deciding, for the reader of JSON Schema is a heavy one; without its verdict nothing is admitted.
//!
//! Sections covered: RFC 9396 s2, s3, s4, s5, s6, s7, s9, s10, s11.1. Not covered: `authorization_details` in a resource's own metadata, enriched details in the token
//! response (s7.1: what is answered is what was granted).

mod canonical;
mod kind;
mod narrowing;
#[cfg(test)]
mod tests;
mod types;
mod words;

pub use canonical::{BYTES_MAX, DEPTH_MAX, DETAILS_MAX, Detail, Details};
pub use kind::{DetailType, Guard, SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, TYPES_MAX, Write};
pub use narrowing::{Comparator, Narrowing, Path};
pub use types::{Breach, Types};
pub use words::{Piece, Remark, Template};
