//! Speak HTTP.
//!
//! Routes, limits, callers, pages and their cookies, the walk of a request from bytes to a decision and back, keys in memory, background jobs, wiring. One request walks like this:
//! limits and request id ([`http`]), tenant, caller, parse, load facts, decide (kernel), settle, render.
//!
//! Never here: a rule about who may get what (kernel), SQL (store). Only `settle` signs and commits; only `http::render` knows status codes; only `surroundings`
//! reads the clock, the random numbers and the environment.

mod access_requests;
mod admin;
mod app;
mod attorney;
mod authzen;
mod browser;
mod caller;
mod certificates;
mod client_keys;
pub mod docs;
mod doctor;
mod documents;
mod fault;
mod http;
mod jobs;
mod keyring;
mod listen;
mod logouts;
mod memo;
mod oauth;
mod peers;
mod policies;
mod polls;
mod routes;
mod schemas;
mod settings;
mod settle;
mod surroundings;
mod tenants;
mod throttle;
mod walk;

pub use app::{App, Bootstrap};
pub use certificates::{
    CertificateFormat, CertificateHeader, CertificateSource, ClientAuthorities, ClientCertificate, Unusable,
};
pub use fault::Fault;
pub use http::router;
pub use jobs::Jobs;
pub use listen::{ClientCertificates, Peer, PeerCertificates, Tls, serve};
pub use logouts::tell as tell_apps_of_logouts;
pub use peers::{Peers, Proxies};
pub use routes::{Access, Body, Face, ROUTES, Route, Tenancy};
pub use settings::{Limits, OriginRule, Settings};
pub use surroundings::{Fate, Held, Point, Script, Surroundings};
