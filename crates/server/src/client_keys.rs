//! The public keys of clients: parsed once for each state of a registration, or fetched from where the client keeps them (RFC 7591 s2 `jwks_uri`).
//!
//! Keys behind an address turn without asking anybody: a key id that is not known yet is looked for once more, but not more often than every half minute, so that a flood of
//! made-up key ids is no flood of requests. When the address does not answer, what was read within the last hour still counts.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use kernel::{
    ClientId, TenantId, Time,
    client::{Client, Keys},
};
use proof::jwk::KeySet;
use store::TenantDb;

use crate::{
    app::App,
    fault::{Fault, Stop},
};

/// More key sets than this are not kept; the cache starts again.
const KEY_SETS_MAX: usize = 10_000;
/// How long fetched keys count, in seconds, whatever their sender says: at least, at most, and when it says nothing.
const FRESH_SECONDS_MIN: i64 = 30;
const FRESH_SECONDS_MAX: i64 = 3_600;
const FRESH_SECONDS: i64 = 300;
/// How soon an unknown key id may lead to another fetch, in seconds.
const LOOK_AGAIN_SECONDS: i64 = 30;
/// How long fetched keys count when their address does not answer, in seconds.
const STALE_SECONDS: i64 = 3_600;

/// The key sets that this node knows.
#[derive(Debug, Default)]
pub(crate) struct ClientKeys {
    parsed: RwLock<BTreeMap<(TenantId, ClientId), Parsed>>,
    fetched: RwLock<BTreeMap<String, Held>>,
}

/// The key set of a registration, and the registration's epoch it was read from.
type Parsed = (i64, Arc<KeySet>);

/// A key set that was fetched.
#[derive(Clone, Debug)]
struct Held {
    keys: Arc<KeySet>,
    fetched: Time,
    fresh_until: Time,
}

/// The keys of a client, if it has any. `kid` is the key that is looked for.
pub(crate) async fn of(
    app: &App,
    tenant: &TenantDb,
    client: &Client,
    kid: Option<&str>,
    now: Time,
) -> Result<Option<Arc<KeySet>>, Stop> {
    match &client.keys {
        None => Ok(None),
        Some(Keys::Here(jwks)) => Ok(Some(app.client_keys.registered(tenant, client, jwks)?)),
        Some(Keys::At(address)) => Ok(Some(fetched(app, address, kid, now).await?)),
    }
}

async fn fetched(app: &App, address: &str, kid: Option<&str>, now: Time) -> Result<Arc<KeySet>, Stop> {
    let held = app.client_keys.held(address);
    if let Some(held) = &held {
        let known = kid.is_none_or(|kid| held.keys.keys().iter().any(|key| key.kid() == Some(kid)));
        let just_looked = held.fetched.plus(LOOK_AGAIN_SECONDS) > now;
        if held.fresh_until > now && (known || just_looked) {
            return Ok(Arc::clone(&held.keys));
        }
    }
    match app.documents.keys(app, address, now).await {
        Ok((keys, cache_seconds)) => {
            let fresh = cache_seconds
                .and_then(|seconds| i64::try_from(seconds).ok())
                .unwrap_or(FRESH_SECONDS)
                .clamp(FRESH_SECONDS_MIN, FRESH_SECONDS_MAX);
            let keys = Arc::new(keys);
            app.client_keys.hold(
                address,
                Held {
                    keys: Arc::clone(&keys),
                    fetched: now,
                    fresh_until: now.plus(fresh),
                },
            );
            Ok(keys)
        }
        Err(why) => match held.filter(|held| held.fetched.plus(STALE_SECONDS) > now) {
            Some(held) => Ok(held.keys),
            None => Err(why.into()),
        },
    }
}

impl ClientKeys {
    fn registered(&self, tenant: &TenantDb, client: &Client, jwks: &str) -> Result<Arc<KeySet>, Fault> {
        let name = (tenant.id().clone(), client.id.clone());
        let known = self
            .parsed
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&name)
            .filter(|(epoch, _)| *epoch == client.epoch)
            .map(|(_, keys)| Arc::clone(keys));
        if let Some(known) = known {
            return Ok(known);
        }
        let keys = Arc::new(KeySet::parse(jwks.as_bytes()).map_err(|_| Fault::Stored("client.jwks"))?);
        let mut parsed = self.parsed.write().unwrap_or_else(PoisonError::into_inner);
        if parsed.len() >= KEY_SETS_MAX {
            parsed.clear();
        }
        parsed.insert(name, (client.epoch, Arc::clone(&keys)));
        Ok(keys)
    }

    fn held(&self, address: &str) -> Option<Held> {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        fetched.get(address).cloned()
    }

    fn hold(&self, address: &str, held: Held) {
        let mut fetched = self.fetched.write().unwrap_or_else(PoisonError::into_inner);
        if fetched.len() >= KEY_SETS_MAX {
            fetched.clear();
        }
        fetched.insert(address.to_owned(), held);
    }
}
