//! Access requests: the way from an `AuthZEN` no that a human could turn into a yes, to that human (`AuthZEN` Access Request and Approval Profile, draft 1).
//!
//! ```text
//! evaluation ──► no, context.access_request
//!      submit ──► an approval of the one machine (`approval`), with the question in it
//!                   a person, or members of a group, answer on the approval page
//!      status ──► pending, approved, denied, expired, cancelled
//! evaluation with context.approval ──► yes, as long as policies permit it and this yes suffices for what they demand
//! ```
//!
//! A denial carries no token: its `evaluation_id` is one. It ends with a MAC of the tenant over who asked, what was asked and until when that may be submitted, so a submission is bound
//! to the denial without a row for each denial. What is bound of the context is what policies could look at.
//!
//! A yes gives no grant: it is evidence about one question, for minutes, and each further evaluation asks the policies anew. What is used up belongs in the ledger.
//!
//! Not covered: several items in one request, callbacks, forms and catalogs, an actor's chain in `client.actor`.

mod bound;
mod rules;
mod submission;
#[cfg(test)]
mod tests;

pub(crate) use bound::{Denial, approval_of, bound};
pub use bound::{Desk, Reference};
pub use rules::{Facts, cancel, status, submit};
pub use submission::Submission;

use proof::{Time, json, json::Object};
use serde_json::Value;

use crate::authzen::Evaluation;

/// How long a denial may be submitted, in seconds.
pub const DENIAL_SECONDS: i64 = 600;
/// How long people have to answer, in seconds.
pub const LIFETIME_SECONDS: i64 = 3_600;
/// How long a yes is worth something, in seconds, where no policy says less or more.
pub const APPROVED_SECONDS: i64 = 300;

/// The longest question that people are asked, in bytes: it stands on their page whole.
pub const QUESTION_BYTES_MAX: usize = 16 * 1024;
/// How deep a question may be, as its row keeps it.
const DEPTH_MAX: usize = 20;

/// The question that an approval is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is asked: of the context what is bound.
    pub evaluation: Evaluation,
    /// Until when at most, if whoever asks wants it to end then.
    pub until: Option<Time>,
}

impl Asked {
    /// The question as a document, with its end.
    pub fn document(&self) -> Object {
        let mut o = self.evaluation.document();
        if let Some(until) = self.until {
            o.insert("requested_until".to_owned(), until.unix().into());
        }
        o
    }

    /// Reads what [`Self::document`] wrote.
    pub(crate) fn from_row(text: &str) -> Option<Self> {
        let o = json::parse_object_to_depth(text.as_bytes(), DEPTH_MAX).ok()?;
        Some(Self {
            evaluation: Evaluation::read(&o).ok()?,
            until: o.get("requested_until").and_then(Value::as_i64).map(Time::from_unix),
        })
    }
}

/// As what it was submitted, so that a repetition finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmittedAs {
    /// The digest of the client and its `Idempotency-Key`.
    pub key: String,
    /// The digest of the body.
    pub body: String,
}

/// What is wrong with a submission or a task, as the profile names it (s "Error Responses").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nobody can turn this no into a yes, or it is none any more.
    NotRequestable,
    /// Too late.
    ExpiredDenial,
    /// It is not about what was denied.
    InvalidDenialBinding,
    /// The `Idempotency-Key` was used for something else.
    DuplicateRequest,
    /// No such task, or not this caller's.
    UnknownTask,
    /// It is over already.
    InvalidTaskState,
}

impl Problem {
    /// The last part of its URN.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRequestable => "not_requestable",
            Self::ExpiredDenial => "expired_denial",
            Self::InvalidDenialBinding => "invalid_denial_binding",
            Self::DuplicateRequest => "duplicate_request",
            Self::UnknownTask => "unknown_task",
            Self::InvalidTaskState => "invalid_task_state",
        }
    }

    /// Its problem type (RFC 9457).
    pub fn urn(self) -> String {
        format!("urn:openid:authzen:access-request:error:{}", self.name())
    }

    /// A short sentence.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NotRequestable => "access is not requestable",
            Self::ExpiredDenial => "the denial is too old",
            Self::InvalidDenialBinding => "the request is not about what was denied",
            Self::DuplicateRequest => "the idempotency key was used for another request",
            Self::UnknownTask => "there is no such task for this caller",
            Self::InvalidTaskState => "the task is over",
        }
    }

    /// What to do.
    pub const fn said(self) -> &'static str {
        match self {
            Self::NotRequestable => {
                "nobody can allow this, or nobody need be asked now; evaluate again and submit only what has context.access_request"
            }
            Self::ExpiredDenial => {
                "context.access_request.expires_at has passed; evaluate again and submit the new denial"
            }
            Self::InvalidDenialBinding => {
                "subject, resource, action and context are those of the evaluation, denial.evaluation_id and denial.expires_at are its answer's, and the caller is the same client"
            }
            Self::DuplicateRequest => "send another Idempotency-Key, or the body of before",
            Self::UnknownTask => {
                "task.status_endpoint names tasks of the client that submitted them; they are kept for thirty days"
            }
            Self::InvalidTaskState => "only what is pending can be cancelled",
        }
    }
}
