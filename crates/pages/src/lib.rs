//! What people see.
//!
//! View structs in, the text of an HTML page out, in the language of the person: sign-in, consent, what waits for an answer, the agents that act for someone, their account, and
//! what went wrong. The pages work as plain forms; the one script adds passkeys. Text that an app or agent controls passes through [`visible`].
//!
//! Never here: HTTP, storage, a clock, a decision. The server says what is true; this room says it well.

mod account;
mod agents;
mod app;
mod approvals;
pub mod assets;
mod calendar;
mod component;
mod consent;
mod device;
mod form_post;
mod frame;
mod give;
mod grant;
mod home;
mod language;
mod markup;
mod particular;
mod problem;
mod quiet;
mod security_policy;
mod sign_in;
mod sign_out;
mod visible;
mod words;

pub use account::{Account, AccountNotice, Passkey, PasswordState, Session, Which, account};
pub use agents::{Agent, Agents, AgentsNotice, DecidedBy, GrantRow, Live, agents};
pub use app::{App, Identity, Item, Place};
pub use approvals::{
    AnswerProblem, Answered, Approval, Approvals, Ceremony, Question, Quorum, Sought, Stands, Way, approval, approvals,
};
pub use consent::{Change, Consent, Destination, History, consent};
pub use device::{Device, DeviceProblem, device};
pub use form_post::{FormPost, form_post};
pub use frame::{Frame, Person};
pub use give::{Give, GiveProblem, Picking, give, pick};
pub use grant::{Grant, GrantNotice, Power, grant};
pub use home::{Home, home};
pub use language::Language;
pub use particular::{Part, Particular};
pub use problem::{Leave, Problem, ProblemKind, leave, problem};
pub use security_policy::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_THAT_LEADS_AWAY};
pub use sign_in::{Recovery, SignIn, SignInProblem, Ways, recovery, sign_in};
pub use sign_out::{Signout, sign_out, signed_out};
pub use visible::{Letters, exact, visible};
pub use words::own_scope;
