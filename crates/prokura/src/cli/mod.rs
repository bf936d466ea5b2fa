//! The commands: `prokura <noun> <verb>`.
//!
//! Data goes to standard output, talk to standard error. Each noun has a file; what they share is how a server is found ([`connection`]) and asked
//! ([`api`]), how things are shown ([`console`], [`table`], [`when`]) and how a command ends ([`failure`]).

mod administrator;
mod api;
mod approval;
mod arguments;
mod browser_session;
mod capability;
mod client;
mod configuration;
mod connection;
mod consent;
mod console;
mod detail_type;
mod docs;
mod doctor;
mod event;
mod failure;
mod file;
mod grant;
mod group;
mod key;
mod member;
mod person;
mod policy;
mod resource;
mod run;
mod scope;
mod secret;
mod table;
mod tenant;
mod user;
mod visible;
mod when;

pub(crate) use arguments::parse;
pub(crate) use failure::{Exit, Failure};
pub(crate) use run::{finish, run};
pub(crate) use visible::visible;
