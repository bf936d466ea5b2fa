//! From nouns to rows: which statement a guard or a write is, with its arguments and its place in the common order.

use kernel::{Guard, Write, tenant};

use crate::{
    administrator, approval, authorization_code, browser_session, client, consent, credential, detail_type, family,
    grant, key, pushed_request, relying_party, resource,
    statement::{Statement, Value},
    tenant as tenant_rows, token, user,
};

/// A statement with its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) statement: &'static Statement,
    pub(crate) args: Vec<Value<'static>>,
    /// (table, tenant, id): every batch of every node touches rows in this order, so that two of them never wait for each other.
    pub(crate) order: (&'static str, String, String),
}

impl Bound {
    pub(crate) fn new(
        statement: &'static Statement,
        args: Vec<Value<'static>>,
        table: &'static str,
        tenant: &str,
        id: &str,
    ) -> Self {
        Self {
            statement,
            args,
            order: (table, tenant.to_owned(), id.to_owned()),
        }
    }
}

/// The row of a guard.
pub(crate) fn guard(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::Grant(guard) => grant::lower(tenant, guard),
        Guard::Token(guard) => token::lower(tenant, guard),
        Guard::Client(guard) => client::lower(tenant, guard),
        Guard::CreateResource(resource) => resource::lower_create(tenant, resource),
        Guard::Tenant(tenant::Guard::Create(new)) => tenant_rows::lower_create(new),
        Guard::Tenant(tenant::Guard::CreateAdministrator {
            administrator,
            token_digest,
        }) => administrator::lower(tenant, administrator, token_digest),
        Guard::CreateKey(key) => key::lower_create(tenant, key),
        Guard::User(guard) => user::lower(tenant, guard),
        Guard::Credential(guard) => credential::lower(tenant, guard),
        Guard::BrowserSession(guard) => browser_session::lower(tenant, guard),
        Guard::AuthorizationCode(guard) => authorization_code::lower(tenant, guard),
        Guard::PushedRequest(guard) => pushed_request::lower(tenant, guard),
        Guard::Family(guard) => family::lower(tenant, guard),
        Guard::Consent(guard) => consent::lower(tenant, guard),
        Guard::Approval(guard) => approval::lower(tenant, guard),
        Guard::DetailType(guard) => detail_type::lower(tenant, guard),
    }
}

/// The row of a write.
pub(crate) fn write(tenant: &str, write: &Write) -> Bound {
    match write {
        Write::Grant(write) => grant::lower_write(tenant, write),
        Write::Token(write) => token::lower_write(tenant, write),
        Write::SetResourceDisabled { uri, at } => resource::lower_set_disabled(tenant, uri, *at),
        Write::Tenant(write) => tenant_rows::lower_write(tenant, write),
        Write::DropKey { kid } => key::lower_drop(tenant, kid),
        Write::Client(write) => client::lower_write(tenant, write),
        Write::User(write) => user::lower_write(tenant, write),
        Write::Credential(write) => credential::lower_write(tenant, write),
        Write::BrowserSession(write) => browser_session::lower_write(tenant, write),
        Write::Family(write) => family::lower_write(tenant, write),
        Write::PushedRequest(write) => pushed_request::lower_write(tenant, write),
        Write::RelyingParty(write) => relying_party::lower_write(tenant, write),
        Write::Consent(write) => consent::lower_write(tenant, write),
        Write::Approval(write) => approval::lower_write(tenant, write),
        Write::DetailType(write) => detail_type::lower_write(tenant, write),
    }
}
