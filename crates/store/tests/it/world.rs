//! A store on a database of its own, and things to put into it.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use kernel::{
    AdministratorId, Algorithm, Ask, Audience, Authority, Caller, ClientId, Event, EventKind, GrantId, Guard, Mark,
    Moment, Scopes, TenantId, Time, TokenId, Who, Write, client,
    client::{ApplicationType, Authentication, Binding, Client, Further, GrantType, Introspects, Registration},
    grant::{self, Grant, Holder, Source, Status, Subject},
    key::SigningKey,
    mark::Stands,
    resource::{Resource, ResourceUri},
    tenant::{self, Administrator, NonceRule, Reach, Tenant},
    token::{self, Record},
};
use store::{Commit, Database, Fault, Outcome, Settings, Store, TenantDb};
use testkit::Fresh;

/// When every test begins, in seconds since 1970.
pub(crate) const NOW: i64 = 1_795_000_000;

/// A store, open on a database that nobody else has.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) fresh: Arc<Fresh>,
    pub(crate) db: TenantDb,
}

impl World {
    /// A new database with one tenant.
    pub(crate) async fn new() -> Self {
        let world = Self::empty().await;
        let create = Guard::Tenant(tenant::Guard::Create(Box::new(world.db.tenant().as_ref().clone())));
        assert_eq!(
            world
                .commit(Wanted {
                    guards: vec![create],
                    ..Wanted::default()
                })
                .await
                .unwrap(),
            Outcome::Committed
        );
        world
    }

    /// A new database without any row.
    pub(crate) async fn empty() -> Self {
        let fresh = Arc::new(testkit::fresh().await);
        let store = open(&fresh.database).await.unwrap();
        Self::around(fresh, store)
    }

    /// A second store on the same database, with a committer of its own: another process in all but name.
    pub(crate) async fn second(&self) -> Self {
        let store = open(&self.fresh.database).await.unwrap();
        Self::around(Arc::clone(&self.fresh), store)
    }

    /// The same store, for another task.
    pub(crate) fn again(&self) -> Self {
        Self {
            fresh: Arc::clone(&self.fresh),
            db: self.db.clone(),
        }
    }

    /// The same database after the process ended and another one began.
    pub(crate) async fn reopen(self) -> Self {
        self.store().close(&at(0)).await.unwrap();
        self.second().await
    }

    pub(crate) fn around(fresh: Arc<Fresh>, store: Arc<Store>) -> Self {
        Self {
            fresh,
            db: acmes(store),
        }
    }

    pub(crate) fn store(&self) -> &Arc<Store> {
        self.db.store()
    }

    /// Commits for the world's tenant.
    pub(crate) async fn commit(&self, wanted: Wanted) -> Result<Outcome, Fault> {
        commit(&self.db, wanted).await
    }

    /// Commits what nothing can stop.
    pub(crate) async fn put(&self, wanted: Wanted) {
        assert_eq!(self.commit(wanted).await.unwrap(), Outcome::Committed);
    }

    /// Commits on a task of its own.
    pub(crate) fn spawn(&self, wanted: Wanted) -> tokio::task::JoinHandle<Result<Outcome, Fault>> {
        let db = self.db.clone();
        tokio::spawn(async move { commit(&db, wanted).await })
    }

    /// The numbers of the events of each stream, in order.
    pub(crate) async fn streams(&self) -> BTreeMap<String, Vec<i64>> {
        let mut streams: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for entry in self.db.events_before(None, i64::MAX).await.unwrap() {
            streams.entry(entry.stream).or_default().insert(0, entry.n);
        }
        streams
    }

    /// Demands that no stream has a hole, and says how many events there are.
    pub(crate) async fn whole_log(&self) -> usize {
        assert_eq!(self.store().streams_with_holes().await.unwrap(), 0);
        let streams = self.streams().await;
        for (stream, places) in &streams {
            let expected: Vec<i64> = (1..).take(places.len()).collect();
            assert!(
                *places == expected,
                "stream {stream} is not numbered without holes for this tenant"
            );
        }
        streams.values().map(Vec::len).sum()
    }
}

/// Opens a database as a new process does.
pub(crate) async fn open(database: &Database) -> Result<Arc<Store>, Fault> {
    Store::open(Settings {
        database: database.clone(),
        stream: stream(),
    })
    .await
}

/// The store as the world's tenant sees it.
pub(crate) fn acmes(store: Arc<Store>) -> TenantDb {
    TenantDb::new(store, Arc::new(acme()))
}

/// Commits a change.
pub(crate) async fn commit(db: &TenantDb, wanted: Wanted) -> Result<Outcome, Fault> {
    let Wanted {
        marks,
        guards,
        sure,
        events,
    } = wanted;
    db.store()
        .commit(Commit {
            tenant: db.id(),
            marks: &marks,
            guards: &guards,
            sure: &sure,
            events,
        })
        .await
}

/// The name of a stream that nobody else has: process and place.
pub(crate) fn stream() -> String {
    format!("stream-{}-{:06}", std::process::id(), unique())
}

/// A number that no other call in this process gets.
pub(crate) fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What a change wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) marks: Vec<Mark>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) sure: Vec<Write>,
    pub(crate) events: Vec<Event>,
}

impl Wanted {
    /// A token with the event of its issue.
    pub(crate) fn token(id: &str) -> Self {
        Self {
            guards: vec![create_token(token(id))],
            events: vec![event(EventKind::TokenIssued).about(id)],
            ..Self::default()
        }
    }

    pub(crate) fn mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    pub(crate) fn guard(mut self, guard: Guard) -> Self {
        self.guards.push(guard);
        self
    }

    pub(crate) fn sure(mut self, write: Write) -> Self {
        self.sure.push(write);
        self
    }

    pub(crate) fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }
}

/// A moment with a seed of its own, so many seconds after the beginning.
pub(crate) fn at(seconds: i64) -> Moment {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&unique().to_be_bytes());
    Moment {
        now: time(seconds),
        seed,
    }
}

/// So many seconds after the beginning.
pub(crate) fn time(seconds: i64) -> Time {
    Time::from_unix(NOW + seconds)
}

pub(crate) fn event(kind: EventKind) -> Event {
    Event::new(kind, &Caller::plain(Who::Anyone), &at(0))
}

/// A mark that ends in a minute.
pub(crate) fn mark(jti: &str) -> Mark {
    mark_until(jti, 60)
}

pub(crate) fn mark_until(jti: &str, seconds: i64) -> Mark {
    Mark::new(Stands::DpopProof, "thumbprint", jti, time(seconds))
}

pub(crate) fn acme() -> Tenant {
    Tenant {
        id: TenantId::parse("acme").unwrap(),
        name: "Acme".to_owned(),
        issuer: "https://auth.acme.example".to_owned(),
        settings: tenant::Settings {
            dpop_nonce: NonceRule::Demanded,
            access_token_seconds: 300,
            ..tenant::Settings::default()
        },
        policy_version: 0,
        created: time(0),
        disabled: None,
    }
}

pub(crate) fn client(id: &str) -> Client {
    Client {
        id: ClientId::parse(id).unwrap(),
        name: format!("Client {id}"),
        authentication: Authentication::SecretBasic {
            secret_digest: format!("digest-of-{id}"),
        },
        keys: None,
        further: Further::default(),
        grant_types: BTreeSet::from([GrantType::ClientCredentials]),
        token_algorithm: None,
        binding: Binding::WhenProved,
        introspects: Introspects::ItsResources,
        approvers: None,
        registration: Registration::Administrator,
        redirect_uris: Vec::new(),
        application_type: ApplicationType::Unsaid,
        uri: None,
        scope: None,
        expires: None,
        epoch: 1,
        created: time(0),
        disabled: None,
    }
}

pub(crate) fn resource(uri: &str) -> Resource {
    Resource {
        uri: ResourceUri::parse(uri).unwrap(),
        name: format!("Resource {uri}"),
        scopes: BTreeMap::from([("read".to_owned(), "Read things".to_owned())]),
        implied: BTreeMap::new(),
        token_algorithm: None,
        introspectors: Vec::new(),
        created: time(0),
        disabled: None,
    }
}

pub(crate) fn grant(id: &str) -> Grant {
    Grant {
        id: GrantId::parse(id).unwrap(),
        holder: Holder::Client(ClientId::parse("client").unwrap()),
        subject: Subject::Nobody,
        authority: Authority::root(Ask {
            details: kernel::Details::default(),
            powers: kernel::power::Powers::default(),
            scopes: Scopes::parse("read").unwrap(),
            audiences: BTreeSet::from([Audience::Issuer]),
            expires: None,
            depth: 8,
        }),
        parent: None,
        source: Source::Administrator(AdministratorId::parse("admin").unwrap()),
        status: Status::Active,
        epoch: 1,
        created: time(0),
        terms: kernel::grant::Terms::default(),
        signs: kernel::grant::Signs::default(),
    }
}

pub(crate) fn token(id: &str) -> Record {
    Record {
        powers: kernel::power::Powers::default(),
        id: TokenId::parse(id).unwrap(),
        grant: GrantId::parse("grant").unwrap(),
        client: ClientId::parse("client").unwrap(),
        audience: Audience::Issuer,
        scope: "read".to_owned(),
        key: None,
        issued: time(0),
        expires: time(300),
        revoked: None,
    }
}

pub(crate) fn signing_key(kid: &str, active_from: i64) -> SigningKey {
    SigningKey {
        kid: kid.to_owned(),
        algorithm: Algorithm::EdDSA,
        created: time(0),
        active_from: time(active_from),
        public_jwk: format!("{{\"kid\":\"{kid}\"}}"),
        sealed: format!("sealed-{kid}"),
    }
}

pub(crate) fn create_client(client: Client) -> Guard {
    Guard::Client(client::Guard::Create(Box::new(client)))
}

pub(crate) fn replace_client(client: Client, epoch: i64) -> Guard {
    Guard::Client(client::Guard::Replace {
        client: Box::new(client),
        epoch,
    })
}

/// The expectation that a client is registered as it was read, and not disabled.
pub(crate) fn unchanged(id: &str, epoch: i64) -> Guard {
    Guard::Client(client::Guard::Unchanged {
        id: ClientId::parse(id).unwrap(),
        epoch,
    })
}

pub(crate) fn create_resource(resource: Resource) -> Guard {
    Guard::CreateResource(Box::new(resource))
}

pub(crate) fn create_grant(grant: Grant) -> Guard {
    Guard::Grant(grant::Guard::Create(Box::new(grant)))
}

pub(crate) fn create_token(record: Record) -> Guard {
    Guard::Token(token::Guard::Create(Box::new(record)))
}

pub(crate) fn create_tenant(tenant: Tenant) -> Guard {
    Guard::Tenant(tenant::Guard::Create(Box::new(tenant)))
}

pub(crate) fn administrator(id: &str) -> Administrator {
    Administrator {
        id: AdministratorId::parse(id).unwrap(),
        name: format!("Administrator {id}"),
        reach: Reach::Tenant,
        created: time(0),
        expires: None,
    }
}

pub(crate) fn create_administrator(administrator: Administrator, token_digest: &str) -> Guard {
    Guard::Tenant(tenant::Guard::CreateAdministrator {
        administrator: Box::new(administrator),
        token_digest: token_digest.to_owned(),
    })
}

/// The expectation that a grant lives with this epoch.
pub(crate) fn live(id: &str, epoch: i64) -> Guard {
    Guard::Grant(grant::Guard::Live {
        id: GrantId::parse(id).unwrap(),
        epoch,
    })
}

pub(crate) fn revoke_grant(id: &str, seconds: i64) -> Write {
    Write::Grant(grant::Write::EnsureRevoked {
        id: GrantId::parse(id).unwrap(),
        at: time(seconds),
    })
}

pub(crate) fn revoke_token(id: &str, seconds: i64) -> Write {
    Write::Token(token::Write::EnsureRevoked {
        id: TokenId::parse(id).unwrap(),
        at: time(seconds),
    })
}

/// Quotes, wildcards, comment signs, line ends, accents composed and not, right-to-left marks, characters beyond the basic plane. No NUL: see `driver.rs`.
pub(crate) const ODD: &str = "O'Brien \"x\" \\ % _ -- /* ; $1 ?2 :a @b \u{7f}\u{1}\t\r\n \u{e9} e\u{301} \u{202e}\u{5d0} \u{1f9d1}\u{200d}\u{1f680} \u{ffff}\u{10ffff} ";

/// Times at both ends of what is kept.
pub(crate) const TIMES: [i64; 5] = [i64::MIN, -1, 0, NOW, i64::MAX];
