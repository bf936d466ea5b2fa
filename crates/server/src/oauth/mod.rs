//! The machine doors of OAuth: discovery, key set, token, introspection, revocation, registration. Words in, words out; every decision is the kernel's.

mod asked;
mod device;
mod discovery;
mod introspect;
mod ledger;
mod memory;
mod push;
mod register;
mod token;
mod userinfo;

pub(crate) use asked::{Door, asked, hint, parameters};
pub(crate) use device::device_authorization;
pub(crate) use discovery::{attestation_challenge, discovery, document, greeting, jwks};
pub(crate) use introspect::{facts_of_token, hangs};
pub(crate) use introspect::{introspection, revocation};
pub(crate) use ledger::{expire, ledger};
pub(crate) use memory::Memory as CheckedTokens;
pub(crate) use push::push;
pub(crate) use register::registration;
pub(crate) use token::token;
pub(crate) use userinfo::userinfo;
