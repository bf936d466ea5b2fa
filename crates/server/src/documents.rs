//! Clients by the address of their metadata document: which may be fetched, from where, and for how long what was read counts.
//!
//! A document is fetched on the way of a browser only, never at the token endpoint: by then the client is a row, since somebody said yes to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use egress::{Egress, ExternalUrl, Fetched, Limits, Refused};
use kernel::{
    ClientId, Time, Why,
    client::{Client, Registration},
    registration::{self, Address, DOCUMENT_BYTES_MAX},
    tenant,
};
use proof::{jwk::KeySet, jws::TOKEN_BYTES_MAX};
use store::TenantDb;

use crate::{
    app::App,
    fault::{Fault, Stop},
    logouts,
    throttle::Trying,
};

/// How long a document counts, in seconds, whatever its sender says: at least, at most, and when it says nothing.
const FRESH_SECONDS_MIN: u64 = 30;
const FRESH_SECONDS_MAX: u64 = 86_400;
const FRESH_SECONDS: u64 = 300;
/// Documents that are kept in memory.
const DOCUMENTS_MAX: usize = 1_000;
/// Fetches from one host, a minute.
const FETCHES_PER_MINUTE: u32 = 600;

const DOCUMENT: Limits = Limits {
    body_bytes_max: DOCUMENT_BYTES_MAX,
    content_types: &[
        "application/json",
        "application/cimd+json",
        "application/client-metadata+json",
    ],
};
const KEYS: Limits = Limits {
    body_bytes_max: KeySet::BYTES_MAX,
    content_types: &["application/json", "application/jwk-set+json"],
};

const REQUEST_OBJECT: Limits = Limits {
    body_bytes_max: TOKEN_BYTES_MAX,
    content_types: &[
        "application/oauth-authz-req+jwt",
        "application/jwt",
        "text/plain",
        "application/octet-stream",
    ],
};
const SECTOR: Limits = Limits {
    body_bytes_max: DOCUMENT_BYTES_MAX,
    content_types: &["application/json"],
};

/// The documents that this node has read.
#[derive(Debug)]
pub(crate) struct Documents {
    egress: Egress,
    /// The longest time for all that one request has fetched: a document and its keys share it (S-23).
    total: Duration,
    read: Mutex<BTreeMap<String, Read>>,
}

/// A document as it was read, and its keys. Only good ones are kept (CIMD s4.3: errors are not cached).
#[derive(Clone, Debug)]
struct Read {
    body: Bytes,
    keys: Option<Bytes>,
    fetched: Time,
    fresh_until: Time,
}

impl Documents {
    pub(crate) fn new(settings: egress::Settings) -> Result<Self, Fault> {
        Ok(Self {
            total: Duration::from_secs(settings.total_seconds_max),
            egress: Egress::new(settings)?,
            read: Mutex::default(),
        })
    }

    async fn fetch(&self, app: &App, id: &ClientId, now: Time) -> Result<Read, Why> {
        let known = self
            .lock()
            .get(id.as_str())
            .filter(|read| read.fresh_until > now)
            .cloned();
        if let Some(read) = known {
            return Ok(read);
        }
        let both = async {
            let document = self.get(app, id.as_str(), &DOCUMENT, now).await?;
            let keys = match registration::keys_address(&document.body)? {
                None => None,
                Some(address) => Some(self.get(app, &address, &KEYS, now).await?.body),
            };
            Ok::<_, Why>((document, keys))
        };
        let (document, keys) = tokio::time::timeout(self.total, both)
            .await
            .map_err(|_| unread(&Refused::TimedOut))??;
        let fresh = document
            .cache_seconds
            .unwrap_or(FRESH_SECONDS)
            .clamp(FRESH_SECONDS_MIN, FRESH_SECONDS_MAX);
        Ok(Read {
            body: document.body,
            keys,
            fetched: now,
            fresh_until: now.plus(i64::try_from(fresh).unwrap_or(i64::MAX)),
        })
    }

    async fn get(&self, app: &App, address: &str, limits: &Limits, now: Time) -> Result<Fetched, Why> {
        let refuse = |refused: Refused| {
            tracing::info!(address, reason = %refused, "a client document was not read");
            unread(&refused)
        };
        let url = ExternalUrl::parse(address).map_err(refuse)?;
        app.throttle
            .take(Trying::Document, url.host(), FETCHES_PER_MINUTE, now)?;
        self.egress.get(&url, limits).await.map_err(refuse)
    }

    /// The key set at an address of a registered client, and how long its sender says that it counts.
    pub(crate) async fn keys(&self, app: &App, address: &str, now: Time) -> Result<(KeySet, Option<u64>), Why> {
        let fetched = self.get(app, address, &KEYS, now).await.map_err(|_| Why::KeysUnread)?;
        let keys = KeySet::parse(&fetched.body).map_err(|_| Why::KeysUnread)?;
        Ok((keys, fetched.cache_seconds))
    }

    /// A request object at an address that its client registered (RFC 9101 s5.2).
    pub(crate) async fn request_object(&self, app: &App, address: &str, now: Time) -> Result<String, Why> {
        let fetched = self
            .get(app, address, &REQUEST_OBJECT, now)
            .await
            .map_err(|_| Why::RequestUriUnread)?;
        String::from_utf8(fetched.body.to_vec()).map_err(|_| Why::RequestUriUnread)
    }

    /// Delivers a form to an app; only that it was taken is learnt.
    pub(crate) async fn post(&self, url: &ExternalUrl, body: Bytes, limits: &Limits) -> Result<(), Refused> {
        let form = "application/x-www-form-urlencoded";
        match self
            .egress
            .post(url, form, body, axum::http::HeaderMap::new(), limits)
            .await
        {
            Ok(_) => Ok(()),
            Err(refused) if logouts::is_answer(&refused) => Ok(()),
            Err(refused) => Err(refused),
        }
    }

    /// The redirect URIs of a sector (OpenID Connect Core s8.1).
    pub(crate) async fn sector(&self, app: &App, address: &str, now: Time) -> Result<Vec<String>, Why> {
        const UNREAD: Why =
            Why::ClientMetadata("sector_identifier_uri cannot be read as a JSON array of redirect URIs");
        let fetched = self.get(app, address, &SECTOR, now).await.map_err(|_| UNREAD)?;
        serde_json::from_slice(&fetched.body).map_err(|_| UNREAD)
    }

    fn keep(&self, id: &ClientId, read: Read, now: Time) {
        let mut all = self.lock();
        if all.len() >= DOCUMENTS_MAX {
            all.retain(|_, read| read.fresh_until > now);
        }
        if all.len() >= DOCUMENTS_MAX {
            all.clear();
        }
        all.insert(id.as_str().to_owned(), read);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Read>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client that a browser's request names: a row, or what its document says now.
///
/// A row that an administrator made, with an address for its id, is a pinned document: nothing is fetched.
pub(crate) async fn resolve(
    app: &Arc<App>,
    tenant: &TenantDb,
    id: &ClientId,
    now: Time,
) -> Result<Option<Client>, Stop> {
    match registration::address(id) {
        Address::Plain => return Ok(tenant.client(id).await?),
        Address::Bad(rule) => return Err(Why::ClientDocument(rule).into()),
        Address::Good => {}
    }
    let row = tenant.client(id).await?;
    if row
        .as_ref()
        .is_some_and(|client| client.registration == Registration::Administrator)
    {
        return Ok(row);
    }
    if tenant.tenant().settings.client_documents == tenant::Documents::Refused {
        return Ok(None);
    }
    let read = app.documents.fetch(app, id, now).await?;
    let known = tenant.scopes_known().await?;
    let keys = read.keys.as_deref();
    let client = registration::document(id, &read.body, keys, &known, read.fetched)?;
    app.documents.keep(id, read, now);
    Ok(Some(match row {
        Some(row) => Client {
            epoch: row.epoch,
            created: row.created,
            disabled: row.disabled,
            ..client
        },
        None => client,
    }))
}

/// What the person reads of a document that could not be had; the log has the rule in the same words.
const fn unread(refused: &Refused) -> Why {
    Why::ClientDocument(match refused {
        Refused::HostBusy | Refused::Busy => return Why::Busy, // the document may be fine

        Refused::Redirect => "the document's address leads somewhere else; redirects are not followed",
        Refused::TooLarge { .. } => "the document is larger than 10 kB",
        Refused::ContentType | Refused::Encoded => "the document is not sent as plain application/json",
        Refused::Status(_) => "the document's address does not answer with 200",
        Refused::TimedOut => "the document's address does not answer in time",
        Refused::TooLong
        | Refused::Character
        | Refused::UserInfo
        | Refused::Fragment
        | Refused::Host
        | Refused::Port => "the document's address has not the form of one",
        // Which networks a name leads to is nobody's business but the operator's, who finds it in the log.
        Refused::Scheme
        | Refused::PlainHttp
        | Refused::Unresolved
        | Refused::SpecialUse(_)
        | Refused::Unreachable
        | Refused::Tls
        | Refused::Broken => "the document's address cannot be reached from here, or may not be asked",
    })
}
