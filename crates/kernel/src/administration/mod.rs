//! What an administrator does: clients, resources, grants, types of authorization details, people, groups, central consent, tenants, administrators, keys, approvals. No protocol of others; the admin API and the CLI are its doors.
//!
//! Everything here changes authority or who may have it, so everything is an event. Secrets and tokens are drawn from the request's moment, shown once in the
//! answer, and kept as digests. Registering a client with scopes or resources makes its *root grant*: from then on the grant, not the registration, says what it may.

mod approvals;
mod attorney;
mod clients;
mod consents;
pub mod describe;
mod detail_types;
mod grants;
mod people;
mod policies;
mod request;
mod resources;
mod rules;
mod tenants;
#[cfg(test)]
mod tests;

pub use attorney::{Attorney, standing};
pub(crate) use grants::{created, edited, narrowed};
pub use request::{
    ChangeClient, ChangeUser, Command, EditGrant, GrantEffect, NewAdministrator, NewClient, NewGrant, NewGroup,
    NewPolicies, NewResource, NewRule, NewTenant, NewUser, Switch,
};
pub use rules::{Facts, decide};
