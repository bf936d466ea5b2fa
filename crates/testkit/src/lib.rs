//! A small world for tests: a server on a free port with a clock that the test moves, on SQLite or on the PostgreSQL that the runner names, clients with keys, and people with browsers.
//!
//! Never here: a short cut into the server. Everything goes through the HTTP port, as a stranger would do it.

mod browser;
mod certificate;
mod client;
mod database;
mod key;
mod person;
mod raw;
mod shown;
mod tenant;
mod world;

pub use browser::{Browser, Page, PageForm};
pub use certificate::{Authority, Certificate, ServerCertificate};
pub use client::{Client, Form, assertion_form, unique};
pub use database::{Fresh, fresh};
pub use key::Key;
pub use person::{App, Asking, Person};
pub use tenant::Tenant;
pub use world::{Answer, START, World};
