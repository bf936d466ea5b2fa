//! A node: the store, the tenants, the keys, and what every request needs of them.

use std::sync::Arc;

use kernel::{
    Caller, Moment, TenantId, Who,
    administration::{Command, NewAdministrator},
    caller::AdministratorCaller,
    tenant::{DEFAULT_TENANT, Reach, Tenant},
};
use keys::Seal;
use store::{Store, TenantDb};

use crate::{
    authzen::AskedAbout,
    browser::{self, PageKeys},
    certificates::ClientAuthorities,
    client_keys::ClientKeys,
    documents::Documents,
    fault::Fault,
    keyring::Keyring,
    listen::ClientCertificates,
    oauth::{self, CheckedTokens},
    peers::Peers,
    policies::Policies,
    polls::Polls,
    schemas::Schemas,
    settings::{Limits, OriginRule, Settings},
    settle::{self, Settled},
    surroundings::Surroundings,
    tenants::Directory,
    throttle::Throttle,
};

/// A node, shared by all its requests.
#[derive(Debug)]
pub struct App {
    pub(crate) store: Arc<Store>,
    pub(crate) surroundings: Surroundings,
    pub(crate) tenants: Directory,
    pub(crate) keyring: Keyring,
    pub(crate) client_keys: ClientKeys,
    pub(crate) nonce_key: [u8; 32],
    pub(crate) page_keys: PageKeys,
    pub(crate) passwords: login::Passwords,
    pub(crate) documents: Documents,
    pub(crate) throttle: Throttle,
    pub(crate) polls: Polls,
    pub(crate) checked_tokens: CheckedTokens,
    pub(crate) asked_about: AskedAbout,
    pub(crate) policies: Policies,
    pub(crate) schemas: Schemas,
    pub(crate) limits: Limits,
    pub(crate) peers: Peers,
    /// Whether clients can show certificates.
    pub(crate) client_certificates: ClientCertificates,
    client_authorities: ClientAuthorities,
    /// Wakes the job that tells apps of sessions that ended.
    pub(crate) told_of_logout: tokio::sync::Notify,
    /// In which second readiness was last tried by writing: probes are anonymous, and must not be a load.
    pub(crate) ready_written: std::sync::atomic::AtomicI64,
    /// Until when bookings whose time was over were ended by this node, in seconds since 1970; 0 before it swept.
    pub(crate) bookings_swept: std::sync::atomic::AtomicI64,
    pub(crate) origin: String,
}

/// What was made when an installation came up for the first time.
#[derive(Debug)]
pub struct Bootstrap {
    /// The token of the first administrator, who reaches the whole installation. Shown this once.
    pub administrator_token: String,
}

impl App {
    /// Starts a node on an open store.
    pub async fn start(settings: Settings, store: Arc<Store>) -> Result<Arc<Self>, Fault> {
        check_origin(&settings.origin)?;
        check_kek(&settings.seal, &store).await?;
        let nonce_key = settings.seal.derive("dpop nonce");
        let page_keys = PageKeys::derive(&settings.seal);
        let passwords = login::Passwords::start(settings.passwords)?;
        let documents = Documents::new(settings.egress.clone())?;
        ensure_default_tenant(&settings, &store).await?;
        let tenants = Directory::new(&settings.origin, settings.aliases);
        tenants.refresh(&store).await?;
        let keyring = Keyring::new(settings.seal, settings.rotation);
        let app = Arc::new(Self {
            store,
            surroundings: settings.surroundings,
            tenants,
            keyring,
            client_keys: ClientKeys::default(),
            nonce_key,
            page_keys,
            passwords,
            documents,
            throttle: Throttle::default(),
            polls: Polls::default(),
            checked_tokens: CheckedTokens::default(),
            asked_about: AskedAbout::default(),
            policies: Policies::default(),
            schemas: Schemas::default(),
            limits: settings.limits,
            peers: settings.peers,
            client_certificates: settings.client_certificates,
            client_authorities: settings.client_authorities,
            told_of_logout: tokio::sync::Notify::new(),
            ready_written: std::sync::atomic::AtomicI64::new(0),
            bookings_swept: std::sync::atomic::AtomicI64::new(0),
            origin: settings.origin,
        });
        for tenant in app.tenants.all() {
            app.keyring.tend(&app, &tenant).await?;
        }
        Ok(app)
    }

    /// The public origin of the installation.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The store behind the node.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Who vouches for the certificates of clients.
    pub fn client_authorities(&self) -> &ClientAuthorities {
        &self.client_authorities
    }

    /// The moment of a request.
    pub fn moment(&self) -> Result<Moment, Fault> {
        self.surroundings.moment()
    }

    /// What hashing passwords has cost since the start.
    pub fn password_work(&self) -> login::Work {
        self.passwords.work()
    }

    /// Ends the bookings of the ledger whose time is over, as the background job does.
    pub async fn end_bookings(self: &Arc<Self>) -> Result<(), Fault> {
        let at = self.moment()?;
        oauth::expire(self, &at).await
    }

    /// The default tenant's handle.
    pub fn default_tenant(&self) -> Result<TenantDb, Fault> {
        let id = TenantId::parse(DEFAULT_TENANT).ok_or(Fault::Stored("tenant"))?;
        let tenant = self.tenants.by_id(&id).ok_or(Fault::Stored("tenant"))?;
        Ok(TenantDb::new(Arc::clone(&self.store), tenant))
    }

    /// Makes the first administrator, who reaches the whole installation: for `prokura dev` and for the operator who holds the configuration.
    pub async fn bootstrap(self: &Arc<Self>, name: &str) -> Result<Bootstrap, Fault> {
        let at = self.moment()?;
        let tenant = self.default_tenant()?;
        let new = NewAdministrator {
            name: name.to_owned(),
            reach: Reach::Installation,
            lifetime_seconds: None,
        };
        let document = self.command(&tenant, Command::CreateAdministrator(new), &at).await?;
        let administrator_token = document
            .get("token")
            .and_then(|token| token.as_str())
            .ok_or(Fault::Unsigned)?
            .to_owned();
        Ok(Bootstrap { administrator_token })
    }

    /// Hashes a new password for a login, within the rules for passwords: for whoever enters people outside any request.
    pub async fn hash_password(&self, password: &str, login: &str, at: &Moment) -> Result<String, Fault> {
        let refused = |rule: login::PasswordRefused| Fault::Setting(browser::password_refused(rule).told());
        let password = login::Password::parse_new(password, login).map_err(refused)?;
        self.hashed(password, at).await.map_err(|refused| match refused {
            login::Refused::Busy => Fault::Setting("too many passwords are being hashed".to_owned()),
            login::Refused::Fault(fault) => Fault::Login(fault),
        })
    }

    /// The hash of a password under fresh salt.
    pub(crate) async fn hashed(&self, password: login::Password, at: &Moment) -> Result<String, login::Refused> {
        let mut salt = [0; 16];
        salt.iter_mut()
            .zip(at.draw("password salt"))
            .for_each(|(to, from)| *to = from);
        self.passwords.hash(password, salt).await
    }

    /// Carries out a command as the installation itself, outside any request.
    pub async fn command(
        self: &Arc<Self>,
        tenant: &TenantDb,
        command: Command,
        at: &Moment,
    ) -> Result<proof::json::Object, Fault> {
        let mut facts = store::flows::administration::load(tenant, &command).await?;
        self.schemas.judge(&mut facts.types, command.details());
        let caller = installation()?;
        let decision = kernel::administration::decide(&command, &caller, &facts, at);
        let settled = settle::settle(self, tenant, &caller, decision, at)
            .await
            .map_err(|stop| match stop {
                crate::fault::Stop::Fault(fault) => fault,
                crate::fault::Stop::Refuse(why) => Fault::Setting(why.told()),
            })?;
        self.tenants.refresh(&self.store).await?;
        match settled {
            Settled::Done(answered) => answered.document().map_err(|why| Fault::Setting(why.told())),
            Settled::Lost => Err(Fault::Setting("exists".to_owned())),
        }
    }
}

/// The installation itself as a caller: the operator at the machine, and background jobs.
pub(crate) fn installation() -> Result<Caller, Fault> {
    let id = kernel::AdministratorId::parse("installation").ok_or(Fault::Stored("administrator"))?;
    let home = TenantId::parse(DEFAULT_TENANT).ok_or(Fault::Stored("tenant"))?;
    Ok(Caller::plain(Who::Administrator(AdministratorCaller {
        id,
        home,
        reach: Reach::Installation,
        expires: None,
    })))
}

/// The longest name of a tenant, in characters.
const TENANT_NAME_CHARS_MAX: usize = 128;

/// The host of an origin, without its port.
fn host_of(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    let end = authority.rfind(':').filter(|_| !authority.ends_with(']'));
    end.and_then(|end| authority.get(..end)).unwrap_or(authority)
}

async fn ensure_default_tenant(settings: &Settings, store: &Arc<Store>) -> Result<(), Fault> {
    let at = settings.surroundings.moment()?;
    let tenants = store.tenants().await?;
    let Some(default) = tenants.iter().find(|tenant| tenant.id.as_str() == DEFAULT_TENANT) else {
        let id = TenantId::parse(DEFAULT_TENANT).ok_or(Fault::Stored("tenant"))?;
        let tenant = Tenant {
            id,
            name: host_of(&settings.origin).chars().take(TENANT_NAME_CHARS_MAX).collect(), // people know where they are, not what we call it
            issuer: settings.origin.clone(),
            settings: kernel::tenant::Settings::default(),
            policy_version: 0,
            created: at.now,
            disabled: None,
        };
        return settle::found_tenant(store, tenant, &at).await;
    };
    let below = |issuer: &str, origin: &str| issuer.strip_prefix(origin).is_some_and(|rest| rest.starts_with("/t/"));
    if default.issuer != settings.origin && settings.origin_rule == OriginRule::MustMatch {
        return Err(Fault::OriginMoved {
            stored: default.issuer.clone(),
            configured: settings.origin.clone(),
        });
    }
    if default.issuer != settings.origin {
        // Path tenants live below the origin; tenants with a host name of their own stay where they are. The default tenant moves last: a start that was
        // interrupted finds it where it was, and goes on.
        for tenant in tenants.iter().filter(|tenant| below(&tenant.issuer, &default.issuer)) {
            let issuer = format!("{}/t/{}", settings.origin, tenant.id);
            store.move_tenant(&tenant.id, &issuer).await?;
        }
        store.move_tenant(&default.id, &settings.origin).await?;
    }
    Ok(())
}

/// The database remembers the key-encryption key by a digest derived from it: with another key nothing that was sealed could be opened.
async fn check_kek(seal: &Seal, store: &Store) -> Result<(), Fault> {
    let mine = proof::base64url::encode(&seal.derive("installation check"));
    let kept = store.keep_fact("kek_check", &mine).await?;
    if proof::digest::same(kept.as_bytes(), mine.as_bytes()) {
        Ok(())
    } else {
        Err(Fault::WrongKek)
    }
}

fn check_origin(origin: &str) -> Result<(), Fault> {
    let wrong = || {
        Fault::Setting(format!(
            "origin {origin}: scheme, host and port only, as in https://auth.example.com"
        ))
    };
    let parsed = url::Url::parse(origin).map_err(|_| wrong())?;
    let plain = matches!(parsed.scheme(), "http" | "https") && parsed.origin().ascii_serialization() == origin;
    if plain { Ok(()) } else { Err(wrong()) }
}
