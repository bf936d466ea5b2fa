//! Speak HTTP.
//!
//! Routes, limits, callers, pages and their cookies, the walk of a request from bytes to a decision and back, keys in memory, background jobs, wiring. One request walks like this:
//! limits and request id ([`http`]), tenant, caller, parse, load facts, decide (kernel), settle, render.
//!
//! Never here: a rule about who may get what (kernel), SQL (store). Only `settle` signs and commits; only `http::render` knows status codes; only `surroundings`
//! reads the clock, the random numbers and the environment.

mod admin;
mod app;
mod browser;
mod caller;
pub mod docs;
mod doctor;
mod documents;
mod fault;
mod http;
mod jobs;
mod keyring;
mod listen;
mod oauth;
mod routes;
mod settings;
mod settle;
mod surroundings;
mod tenants;
mod throttle;
mod walk;

pub use app::{App, Bootstrap};
pub use fault::Fault;
pub use http::router;
pub use jobs::Jobs;
pub use listen::{Tls, serve};
pub use routes::{Access, Body, Face, ROUTES, Route, Tenancy};
pub use settings::{Limits, OriginRule, Peers, Settings};
pub use surroundings::{Script, Surroundings};
