//! The store as one tenant sees it. Without this handle no tenant's row can be read, and the handle puts the tenant into every statement itself.

use std::sync::Arc;

use kernel::{
    TenantId,
    policy::{Policy, Rules},
    tenant::Tenant,
};

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
    policy: Policy,
}

impl TenantDb {
    /// Binds a store to a tenant. Until its policies are handed over, nothing is permitted in a tenant that has some.
    pub fn new(store: Arc<Store>, tenant: Arc<Tenant>) -> Self {
        let policy = Policy::unread(tenant.policy_version);
        Self { store, tenant, policy }
    }

    /// The same with the tenant's policies, compiled.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// The tenant's policies.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The policies alone, where central consent has no say.
    pub async fn rules_for_nobody(&self) -> Result<Rules, Fault> {
        Ok(Rules {
            consent: Vec::new(),
            policy: self.policy_of_now().await?,
        })
    }

    /// The policies of this handle, with what clients are denied now.
    pub async fn policy_of_now(&self) -> Result<Policy, Fault> {
        Ok(self.policy.clone().denying(self.denials().await?))
    }

    /// What the organisation decided: the rules of central consent as they are now, and the policies of this handle.
    pub async fn rules(&self) -> Result<Rules, Fault> {
        Ok(Rules {
            consent: self.consent_rules().await?,
            policy: self.policy_of_now().await?,
        })
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
