//! The store as one tenant sees it. Without this handle no tenant's row can be read, and the handle puts the tenant into every statement itself.

use std::sync::Arc;

use kernel::{TenantId, tenant::Tenant};

use crate::{
    fault::Fault,
    open::Store,
    row::Row,
    statement::{Statement, Value},
};

/// A store bound to a tenant.
#[derive(Clone, Debug)]
pub struct TenantDb {
    store: Arc<Store>,
    tenant: Arc<Tenant>,
}

impl TenantDb {
    /// Binds a store to a tenant.
    pub fn new(store: Arc<Store>, tenant: Arc<Tenant>) -> Self {
        Self { store, tenant }
    }

    /// The tenant.
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// The tenant's id.
    pub fn id(&self) -> &TenantId {
        &self.tenant.id
    }

    /// The store behind it.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The first row of a statement whose first argument is the tenant.
    pub(crate) async fn one<T>(
        &self,
        statement: &'static Statement,
        args: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.store.engine().one(statement, &self.with_tenant(args), read).await
    }

    /// Every row of a statement whose first argument is the tenant.
    pub(crate) async fn all<T>(
        &self,
        statement: &'static Statement,
        args: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        self.store.engine().all(statement, &self.with_tenant(args), read).await
    }

    fn with_tenant<'a>(&'a self, args: &[Value<'a>]) -> Vec<Value<'a>> {
        let mut all = Vec::with_capacity(args.len().saturating_add(1));
        all.push(Value::from(self.tenant.id.as_str()));
        all.extend_from_slice(args);
        all
    }
}
