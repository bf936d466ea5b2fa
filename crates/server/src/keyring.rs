//! Signing keys in memory: opened once, signing by turn, published ahead of use.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use kernel::{
    Algorithm, Change, Event, EventKind, Guard, TenantId, Time, Write, client::TOKEN_ALGORITHMS, key::SigningKey,
    tenant::Tenant,
};
use keys::{
    Seal, Signer, SoftwareKey,
    rotation::{self, Schedule, Slot, Step},
};
use proof::{json, jwk::KeySet};
use store::TenantDb;

use crate::{
    app::{App, installation},
    fault::Fault,
    settle,
};

/// Lifetime of a key set in the caches of others, in seconds.
pub(crate) const JWKS_CACHE_SECONDS: i64 = 300;

/// The keys of every tenant this node has met.
#[derive(Debug)]
pub(crate) struct Keyring {
    seal: Seal,
    schedule: Schedule,
    rings: RwLock<BTreeMap<TenantId, Arc<Ring>>>,
    reread_at: std::sync::atomic::AtomicI64,
}

/// A tenant's keys.
#[derive(Debug)]
pub(crate) struct Ring {
    slots: Vec<Slot>,
    signers: BTreeMap<String, Arc<dyn Signer>>,
    records: Vec<SigningKey>,
    /// For checking our own tokens.
    pub(crate) key_set: KeySet,
    /// The JWKS document (RFC 7517 s5).
    pub(crate) document: Bytes,
}

impl Ring {
    /// Who signs with an algorithm now. A clock that went back behind the first key is served by the oldest one, which is published all the same.
    pub(crate) fn signer(&self, algorithm: Algorithm, now: Time) -> Result<&Arc<dyn Signer>, Fault> {
        let oldest = || {
            self.slots
                .iter()
                .filter(|slot| slot.algorithm == algorithm)
                .min_by_key(|slot| slot.active_from)
        };
        let slot = rotation::signing(now, algorithm, &self.slots).or_else(oldest);
        slot.and_then(|slot| self.signers.get(&slot.kid))
            .ok_or(Fault::NoKey(algorithm.name()))
    }

    /// The algorithms that it has keys of.
    pub(crate) fn algorithms(&self) -> BTreeSet<Algorithm> {
        self.slots.iter().map(|slot| slot.algorithm).collect()
    }

    /// The keys as rows.
    pub(crate) fn records(&self) -> &[SigningKey] {
        &self.records
    }
}

impl Keyring {
    pub(crate) fn new(seal: Seal, schedule: Schedule) -> Self {
        Self {
            seal,
            schedule,
            rings: RwLock::default(),
            reread_at: std::sync::atomic::AtomicI64::new(0),
        }
    }

    /// What seals for this installation.
    pub(crate) fn seal(&self) -> &Seal {
        &self.seal
    }

    /// A tenant's ring; made at the first use.
    pub(crate) async fn ring(&self, app: &Arc<App>, tenant: &Arc<Tenant>) -> Result<Arc<Ring>, Fault> {
        let known = self
            .rings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&tenant.id)
            .cloned();
        match known {
            Some(ring) => Ok(ring),
            None => self.tend(app, tenant).await,
        }
    }

    /// A tenant's ring with a key of this algorithm. Those that few need are made when the first does: RSA keys are dear.
    pub(crate) async fn ring_for(
        &self,
        app: &Arc<App>,
        tenant: &Arc<Tenant>,
        algorithm: Algorithm,
    ) -> Result<Arc<Ring>, Fault> {
        let ring = self.ring(app, tenant).await?;
        if ring.slots.iter().any(|slot| slot.algorithm == algorithm) {
            return Ok(ring);
        }
        self.tended(app, tenant, &[algorithm]).await
    }

    /// A tenant's ring with a key of every algorithm: whoever reads the key set may keep it, and must find in it whatever will sign.
    pub(crate) async fn whole(&self, app: &Arc<App>, tenant: &Arc<Tenant>) -> Result<Arc<Ring>, Fault> {
        let ring = self.ring(app, tenant).await?;
        let has = |algorithm: &Algorithm| ring.slots.iter().any(|slot| slot.algorithm == *algorithm);
        if Algorithm::ALL.iter().all(has) {
            return Ok(ring);
        }
        self.tended(app, tenant, &Algorithm::ALL).await
    }

    /// Makes the keys whose time has come, drops those whose last token has died, and reads the ring anew.
    pub(crate) async fn tend(&self, app: &Arc<App>, tenant: &Arc<Tenant>) -> Result<Arc<Ring>, Fault> {
        self.tended(app, tenant, &[]).await
    }

    /// The same, with keys of these algorithms as well as those that the tenant has and those of its access tokens.
    async fn tended(&self, app: &Arc<App>, tenant: &Arc<Tenant>, more: &[Algorithm]) -> Result<Arc<Ring>, Fault> {
        let db = TenantDb::new(Arc::clone(&app.store), Arc::clone(tenant));
        let records = db.signing_keys().await?;
        let at = app.moment()?;
        let slots: Vec<Slot> = records.iter().map(slot).collect();
        let had = slots.iter().map(|slot| slot.algorithm);
        let wanted: Vec<Algorithm> = TOKEN_ALGORITHMS.iter().chain(more).copied().chain(had).collect();
        let steps = rotation::plan(at.now, &wanted, &slots, &self.schedule);
        let records = if steps.is_empty() {
            records
        } else {
            let caller = installation()?;
            for (n, step) in steps.into_iter().enumerate() {
                let numbered = |kind, about: &str| {
                    let event = Event::new(kind, &caller, &at).about(about);
                    Event {
                        id: format!("{}.{n}", event.id),
                        ..event
                    }
                };
                let change = match step {
                    Step::Create { algorithm, active_from } => {
                        let key = self.make(tenant, algorithm, at.now, active_from)?;
                        let event = numbered(EventKind::KeyCreated, &key.kid)
                            .with("algorithm", algorithm.name())
                            .with("active_from", active_from.unix());
                        Change {
                            guards: vec![Guard::CreateKey(Box::new(key))],
                            events: vec![event],
                            ..Change::default()
                        }
                    }
                    Step::Drop { kid } => Change {
                        events: vec![numbered(EventKind::KeyDropped, &kid)],
                        sure: vec![Write::DropKey { kid }],
                        ..Change::default()
                    },
                };
                settle::job(&db, change).await?; // lost: another node was quicker, and its key is as good
            }
            db.signing_keys().await?
        };
        let ring = Arc::new(self.open(tenant, records)?);
        self.rings
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(tenant.id.clone(), Arc::clone(&ring));
        Ok(ring)
    }

    /// Reads a tenant's ring anew, at most once a second: a flood of unknown key ids is no flood of reads.
    pub(crate) async fn reread(&self, app: &Arc<App>, tenant: &Arc<Tenant>) -> Result<Arc<Ring>, Fault> {
        let now = app.surroundings.now().unix();
        let last = self.reread_at.swap(now, std::sync::atomic::Ordering::Relaxed);
        if last == now {
            self.ring(app, tenant).await
        } else {
            self.tend(app, tenant).await
        }
    }

    /// New keys that sign as soon as every cached copy of the present key set has ended: for `key rotate`.
    pub(crate) fn successors(
        &self,
        tenant: &Tenant,
        algorithms: &BTreeSet<Algorithm>,
        now: Time,
    ) -> Result<Vec<SigningKey>, Fault> {
        let active_from = now.plus(JWKS_CACHE_SECONDS).plus(10);
        algorithms
            .iter()
            .map(|algorithm| self.make(tenant, *algorithm, now, active_from))
            .collect()
    }

    fn make(
        &self,
        tenant: &Tenant,
        algorithm: Algorithm,
        created: Time,
        active_from: Time,
    ) -> Result<SigningKey, Fault> {
        let (key, private) = SoftwareKey::generate(algorithm)?;
        let kid = key.public_key().thumbprint().to_owned();
        let public_jwk = serde_json::Value::Object(key.public_key().to_jwk()).to_string();
        let sealed = self.seal.seal(&context(&tenant.id, &kid), private.reveal())?;
        Ok(SigningKey {
            kid,
            algorithm,
            created,
            active_from,
            public_jwk,
            sealed,
        })
    }

    fn open(&self, tenant: &Tenant, records: Vec<SigningKey>) -> Result<Ring, Fault> {
        let mut signers: BTreeMap<String, Arc<dyn Signer>> = BTreeMap::new();
        let mut public = Vec::new();
        for record in &records {
            let private = self.seal.open(&context(&tenant.id, &record.kid), &record.sealed)?;
            let key = SoftwareKey::from_pkcs8(record.algorithm, private.reveal())?;
            public.push(key.public_key().clone());
            signers.insert(record.kid.clone(), Arc::new(key));
        }
        let listed: Vec<json::Object> = public.iter().map(listed).collect();
        let document = Bytes::from(serde_json::json!({ "keys": listed }).to_string());
        Ok(Ring {
            slots: records.iter().map(slot).collect(),
            signers,
            records,
            key_set: KeySet::from_keys(public),
            document,
        })
    }
}

/// A key as the key set has it. Ed25519 keys sign under two names (RFC 9864 s2.2), and readers compare `alg` with the header's: theirs is left out, the curve says enough.
fn listed(key: &proof::PublicKey) -> json::Object {
    let mut jwk = key.to_jwk();
    if key.algorithm() == Algorithm::EdDSA {
        jwk.remove("alg");
    }
    jwk
}

fn slot(record: &SigningKey) -> Slot {
    Slot {
        kid: record.kid.clone(),
        algorithm: record.algorithm,
        active_from: record.active_from,
    }
}

/// What a sealed key is bound to: it opens nowhere else.
fn context(tenant: &TenantId, kid: &str) -> String {
    format!("signing-key/{tenant}/{kid}")
}
