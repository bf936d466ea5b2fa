//! The admin API, `/admin/v1`: JSON in, JSON out; unknown members are refused; deny by default. Its description is made from the route table.

mod answers;
mod calls;
mod details;
mod lists;
mod openapi;
mod people;
mod policies;
mod replay;
mod tenants;
mod types;

pub(crate) use calls::call;
pub(crate) use openapi::{description, openapi};
