//! Each tenant's policies as this node has compiled them: one version at a time, compiled once, never on a runtime thread.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use kernel::{
    TenantId, Why,
    administration::NewPolicies,
    capability::Capability,
    policy::{Policy, PolicySet},
};
use policy::{Catalogue, Problem};
use store::TenantDb;

use crate::fault::Fault;

/// Tenants whose compiled policies are kept.
const KEPT_MAX: usize = 256;

/// Compiled policies, by tenant.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    kept: RwLock<BTreeMap<TenantId, Policy>>,
    /// What was compiled to be applied: when its version is read back, no door waits until it is compiled once more.
    prepared: RwLock<BTreeMap<TenantId, Prepared>>,
    /// One compilation at a time: ten thousand policies take most of a second.
    compiling: tokio::sync::Mutex<()>,
    /// One of what administrators apply, apart from what doors wait for.
    applying: tokio::sync::Mutex<()>,
    /// One that is only tried at a time: that may take long.
    trying: tokio::sync::Mutex<()>,
}

/// Policies that were compiled before they were applied.
#[derive(Debug)]
struct Prepared {
    of: NewPolicies,
    compiled: Arc<policy::Policies>,
}

/// Tenants for which something is prepared at once, at most.
const PREPARED_MAX: usize = 8;

/// How long whoever tries something waits for those who do.
const TRY_SECONDS_MAX: u64 = 10;

impl Policies {
    /// The handle with the policies that its tenant had when this node last looked, a second ago at most. What is committed expects that they still count.
    pub(crate) async fn bound(&self, tenant: TenantDb) -> Result<TenantDb, Fault> {
        let version = tenant.tenant().policy_version;
        self.at(tenant, version).await
    }

    /// The handle with the policies that count now, whatever this node knew.
    pub(crate) async fn read_again(&self, tenant: TenantDb) -> Result<TenantDb, Fault> {
        let version = tenant.policy_version().await?;
        self.at(tenant, version).await
    }

    async fn at(&self, tenant: TenantDb, version: i64) -> Result<TenantDb, Fault> {
        if tenant.policy().version == version && tenant.policy().is_read() {
            return Ok(tenant);
        }
        if version == 0 {
            return Ok(tenant.with_policy(Policy::built_in()));
        }
        if let Some(kept) = self.kept(tenant.id(), version) {
            return Ok(tenant.with_policy(kept));
        }
        let _one_at_a_time = self.compiling.lock().await;
        if let Some(kept) = self.kept(tenant.id(), version) {
            return Ok(tenant.with_policy(kept)); // somebody else compiled it meanwhile
        }
        let set = tenant.policy_set(version).await?;
        let set = set.ok_or(Fault::Stored("policy_set"))?;
        let policy = match self.prepared(tenant.id(), &set) {
            Some(compiled) => Policy::applied(set.version, set.capabilities, set.entities, compiled),
            None => compiled(set).await?,
        };
        let mut all = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT_MAX {
            all.clear(); // they are compiled again as they are needed
        }
        all.insert(tenant.id().clone(), policy.clone());
        drop(all);
        Ok(tenant.with_policy(policy))
    }

    /// While this is held nobody else tries anything. Who waits too long is told to come again (S-34).
    pub(crate) async fn alone(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, Why> {
        let turn = tokio::time::timeout(Duration::from_secs(TRY_SECONDS_MAX), self.trying.lock());
        turn.await.map_err(|_| Why::Busy)
    }

    /// One compilation for administrators at a time.
    pub(crate) async fn alone_to_compile<T>(&self, compilation: impl Future<Output = T> + Send) -> T {
        let _one_at_a_time = self.applying.lock().await;
        compilation.await
    }

    /// Keeps what was compiled, for when it is read back.
    pub(crate) fn prepare(&self, tenant: &TenantId, of: &NewPolicies, compiled: &Arc<policy::Policies>) {
        let mut all = self.prepared.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= PREPARED_MAX {
            all.clear();
        }
        let (of, compiled) = (of.clone(), Arc::clone(compiled));
        all.insert(tenant.clone(), Prepared { of, compiled });
    }

    /// Whatever was kept so is not needed any more.
    pub(crate) fn forget_prepared(&self, tenant: &TenantId) {
        let mut all = self.prepared.write().unwrap_or_else(PoisonError::into_inner);
        all.remove(tenant);
    }

    fn prepared(&self, tenant: &TenantId, set: &PolicySet) -> Option<Arc<policy::Policies>> {
        let mut all = self.prepared.write().unwrap_or_else(PoisonError::into_inner);
        let same = all.get(tenant).is_some_and(|Prepared { of, .. }| {
            of.policies == set.policies && of.schema == set.schema && of.capabilities == set.capabilities
        });
        same.then(|| all.remove(tenant))
            .flatten()
            .map(|prepared| prepared.compiled)
    }

    fn kept(&self, tenant: &TenantId, version: i64) -> Option<Policy> {
        let all = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        all.get(tenant).filter(|policy| policy.version == version).cloned()
    }
}

/// A stored version, compiled. It was compiled before it was stored; what cannot be any more judges nothing.
async fn compiled(set: PolicySet) -> Result<Policy, Fault> {
    let version = set.version;
    let (capabilities, entities) = (set.capabilities.clone(), set.entities);
    match compile(set.policies, set.schema, set.capabilities).await? {
        Ok(compiled) => Ok(Policy::applied(version, capabilities, entities, Arc::new(compiled))),
        Err(problems) => {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            tracing::error!(version, problem = %first, "the policies of a tenant do not compile; it permits nothing");
            Ok(Policy::unread(version))
        }
    }
}

/// Compiles policies on a thread of its own.
pub(crate) async fn compile(
    policies: String,
    schema: Option<String>,
    capabilities: Vec<Capability>,
) -> Result<Result<policy::Policies, Vec<Problem>>, Fault> {
    let catalogue = Catalogue { capabilities, schema };
    tokio::task::spawn_blocking(move || policy::Policies::compile(&policies, &catalogue))
        .await
        .map_err(|_| Fault::TaskEnded)
}
