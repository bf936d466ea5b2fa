//! Remember.
//!
//! All SQL of the product, one text for SQLite and PostgreSQL: the small driver that runs it, the migrations, a file for each noun's table, a loader for each flow's
//! facts, and the committer: the one place where a change becomes rows, many changes to a transaction and an fsync, each with its audit events.
//!
//! Never here: a decision. An `if` on business meaning is a smell in this room.

mod administrator;
mod approval;
mod authorization_code;
mod browser_session;
mod client;
mod committer;
mod consent;
mod credential;
mod detail_type;
mod engine;
mod engine_only;
mod event;
mod family;
mod fault;
pub mod flows;
mod global;
mod grant;
mod habit;
mod installation;
mod journal;
mod key;
mod ledger;
mod lower;
mod mark;
mod migrate;
mod open;
mod policy_set;
mod pushed_request;
mod relying_party;
mod resource;
mod row;
mod statement;
mod sweep;
mod sweep_people;
mod tenant;
mod tenant_db;
mod token;
mod touch;
mod user;

pub use committer::{Commit, Lost, Outcome};
pub use engine::Written;
pub use event::Entry;
pub use fault::Fault;
pub use grant::PersonsGrant;
pub use open::{Database, Settings, Store};
pub use policy_set::Applied;
pub use tenant_db::TenantDb;

/// For the tests of this crate: every statement there is, with what the registry test must know of it.
#[doc(hidden)]
pub mod registry {
    pub use crate::{
        global::WITHOUT_TENANT,
        statement::{Hold, Kind, Statement, Type, Value},
    };

    /// Every statement of the room.
    pub fn statements() -> Vec<&'static Statement> {
        crate::statement::all()
    }
}
