//! The machine doors of OAuth: discovery, key set, token, introspection, revocation, registration. Words in, words out; every decision is the kernel's.

mod discovery;
mod introspect;
mod register;
mod token;

pub(crate) use discovery::{discovery, document, greeting, jwks};
pub(crate) use introspect::{introspection, revocation};
pub(crate) use register::registration;
pub(crate) use token::token;
