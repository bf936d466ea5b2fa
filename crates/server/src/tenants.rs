//! Which tenant a request is for: by host name, or by the path `/t/{tenant}`.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use kernel::{TenantId, Why, tenant::Tenant};
use store::Store;

use crate::fault::Fault;

/// The tenants as this node knows them; read anew every second and after each change made here.
#[derive(Debug)]
pub(crate) struct Directory {
    /// The installation's own authority and its aliases.
    own: Vec<String>,
    known: RwLock<Arc<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    by_id: BTreeMap<TenantId, Arc<Tenant>>,
    /// Tenants with a host name of their own, by authority.
    by_authority: BTreeMap<String, Arc<Tenant>>,
}

impl Directory {
    pub(crate) fn new(origin: &str, aliases: Vec<String>) -> Self {
        let own = authority(origin)
            .map(str::to_owned)
            .into_iter()
            .chain(aliases)
            .collect();
        Self {
            own,
            known: RwLock::default(),
        }
    }

    /// Reads the tenants.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<(), Fault> {
        let mut known = Known::default();
        for tenant in store.tenants().await? {
            let tenant = Arc::new(tenant);
            if let Some(host) = authority(&tenant.issuer).filter(|host| !self.own.iter().any(|own| own == host)) {
                known.by_authority.insert(host.to_owned(), Arc::clone(&tenant));
            }
            known.by_id.insert(tenant.id.clone(), tenant);
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        Ok(())
    }

    /// The tenant of a request. `named` is the path's tenant, if the path has one.
    ///
    /// An unknown host is told so; an unknown tenant, a disabled one, and one that is asked for under the wrong host look the same: nothing here.
    pub(crate) fn find(&self, request_authority: &str, named: Option<&str>) -> Result<Arc<Tenant>, Why> {
        let host = request_authority.to_ascii_lowercase();
        let known = self.snapshot();
        let tenant = if let Some(tenant) = known.by_authority.get(&host) {
            if named.is_some() { None } else { Some(tenant) }
        } else if self.own.contains(&host) {
            let id = TenantId::parse(named.unwrap_or(kernel::tenant::DEFAULT_TENANT)).ok_or(Why::NoRoute)?;
            let reached_by_name =
                |tenant: &&Arc<Tenant>| named.is_none() || tenant.issuer.ends_with(&format!("/t/{}", tenant.id));
            known.by_id.get(&id).filter(reached_by_name)
        } else {
            return Err(Why::HostUnknown);
        };
        tenant
            .filter(|tenant| tenant.disabled.is_none())
            .cloned()
            .ok_or(Why::NoRoute)
    }

    /// A tenant by its id, disabled or not.
    pub(crate) fn by_id(&self, id: &TenantId) -> Option<Arc<Tenant>> {
        self.snapshot().by_id.get(id).cloned()
    }

    /// Every tenant that is enabled.
    pub(crate) fn all(&self) -> Vec<Arc<Tenant>> {
        self.snapshot()
            .by_id
            .values()
            .filter(|tenant| tenant.disabled.is_none())
            .cloned()
            .collect()
    }

    fn snapshot(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `host[:port]` of an issuer.
fn authority(issuer: &str) -> Option<&str> {
    let (_, rest) = issuer.split_once("://")?;
    rest.split('/').next().filter(|host| !host.is_empty())
}
