//! The words and the rules.
//!
//! Every protocol asks the same question (may this agent do that, for this person, there, now?) and gets one of three answers: Issue, Wait, Refuse.
//! This room holds the nouns that question is asked in (ids, authority, grants, clients, resources, callers) and, one folder a flow, the rules that answer it.
//! A rule is a pure function from facts to a [`Decision`]; what the decision changes is a [`Change`], which only the server's `settle` commits.
//!
//! Never here: async, SQL, an HTTP framework, a clock, a random number generator, the environment, logging of values. Time and chance arrive as a [`Moment`].

pub mod access_request;
pub mod account;
pub mod administration;
pub mod approval;
pub mod authority;
pub mod authorization;
pub mod authorization_code;
pub mod authzen;
pub mod browser_session;
pub mod caller;
pub mod capability;
pub mod client;
pub mod client_authentication;
pub mod client_credentials;
pub mod code;
pub mod confirmation;
pub mod consent;
pub mod credential;
pub mod decision;
pub mod deferred;
pub mod detail;
pub mod device_authorization;
pub mod device_code;
pub mod end_session;
pub mod event;
pub mod family;
pub mod form;
pub mod grant;
pub mod id;
pub mod identity;
pub mod introspection;
pub mod key;
pub mod ledger;
pub mod mark;
pub mod moment;
pub mod policy;
pub mod power;
pub mod pushed_authorization;
pub mod redirect_uri;
pub mod refresh_token;
pub mod registration;
pub mod relying_party;
pub mod resource;
pub mod revocation;
pub mod sign_in;
pub mod tenant;
pub mod token;
pub mod user;
pub mod userinfo;
#[cfg(test)]
mod vectors;
mod why;

pub use authority::{Ask, Audience, Authority, Excess, Less, Scopes};
pub use caller::{Caller, CallerKind, Who};
pub use code::Code;
pub use confirmation::Confirmation;
pub use decision::{
    Answer, Before, Change, ConsentAsk, Decision, Guard, Pending, Reply, Return, Touch, Unsigned, Waiting, Write,
};
pub use detail::Details;
pub use event::{Event, EventKind};
pub use id::{
    AdministratorId, ApprovalId, BookingId, BrowserSessionId, ClientId, CodeId, DetailTypeId, FamilyId, GrantId,
    GroupId, HostId, Id, PasskeyId, RuleId, SessionId, TenantId, TokenId, UserId,
};
pub use mark::Mark;
pub use moment::Moment;
pub use proof::{Algorithm, Time};
pub use why::Why;
