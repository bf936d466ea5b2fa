//! From nouns to rows: which statement a guard or a write is, with its arguments and its place in the common order.

use kernel::{Guard, Write, tenant};

use crate::{
    administrator, approval, authorization_code, browser_session, client, consent, credential, detail_type, family,
    grant, key, ledger, policy_set, pushed_request, relying_party, resource,
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
    /// The argument that adds up: two that differ in it alone find their rows together exactly when one finds its row that has the sum of both, or one of them is lost.
    adds_up: Option<usize>,
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
            adds_up: None,
        }
    }

    /// The same, of which this argument, an amount above zero, adds up.
    #[must_use]
    pub(crate) fn adding_up(self, argument: usize) -> Self {
        Self {
            adds_up: Some(argument),
            ..self
        }
    }

    /// Both in one, where they differ in what adds up alone.
    pub(crate) fn with(&self, other: &Self) -> Option<Self> {
        let place = self.adds_up.filter(|_| std::ptr::eq(self.statement, other.statement))?;
        let alike = self.args.len() == other.args.len();
        let mut pairs = self.args.iter().zip(&other.args).enumerate();
        if !alike || !pairs.all(|(n, (a, b))| n == place || a == b) {
            return None;
        }
        let (Some(Value::Int(a)), Some(Value::Int(b))) = (self.args.get(place), other.args.get(place)) else {
            return None;
        };
        let mut both = self.clone();
        *both.args.get_mut(place)? = Value::Int(a.checked_add(*b)?);
        Some(both)
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
        Guard::Policy(guard) => policy_set::lower(tenant, guard),
        Guard::Ledger(guard) => ledger::lower(tenant, guard),
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
        Write::Ledger(write) => ledger::lower_write(tenant, write),
    }
}
