//! Who is calling: the server fetches what a proof needs, the kernel says whether it holds.

mod token;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{
    Caller, CallerKind, Confirmation, Moment, Time, Touch, Who, Why,
    caller::{AdministratorCaller, BrowserUser},
    client::{Authentication, Client},
    client_authentication::{Credentials, Evidence, Facts, ShownCertificate, Vouched, dpop_mark, prove},
    form::Form,
    introspection::Known,
    tenant::{NonceRule, Reach},
};
use proof::{
    Verified,
    certificate::Certificate,
    digest,
    dpop::{self, DpopProof},
    nonce,
};
use store::TenantDb;

use crate::{
    app::App,
    certificates::ClientCertificate,
    client_keys,
    fault::Stop,
    http::{Presented, Scheme},
    routes::{Endpoint, KeyProof, Route, TokenProof},
};

/// A proved caller, and the access token that proved it, if one did.
#[derive(Debug)]
pub(crate) struct Proved {
    pub(crate) caller: Caller,
    pub(crate) token: Option<String>,
    /// What that token hangs on.
    pub(crate) known: Option<Arc<Known>>,
}

impl From<Caller> for Proved {
    fn from(caller: Caller) -> Self {
        Self {
            caller,
            token: None,
            known: None,
        }
    }
}

/// Proves the caller of a request, of a kind that the route admits.
pub(crate) async fn authenticate(
    app: &Arc<App>,
    tenant: &TenantDb,
    route: &Route,
    shown: &Presented,
    form: &Form,
    session: Option<&str>,
    at: &Moment,
) -> Result<Proved, Stop> {
    let admits = |kind| route.admits(kind);
    if admits(CallerKind::BrowserUser) {
        return match person(tenant, session, at).await? {
            Some(caller) => Ok(caller.into()),
            None if admits(CallerKind::Anyone) => Ok(Caller::plain(Who::Anyone).into()),
            None => Err(Why::SignInRequired.into()),
        };
    }
    if let Some(presented) = token::presented(route, shown, form)? {
        let proved = token::proved(app, tenant, shown, presented, at).await?;
        return if admits(proved.caller.kind()) {
            Ok(proved)
        } else {
            Err(Why::TokenUnknown.into()) // one for a person, where a machine acts for itself, or the other way round
        };
    }
    if matches!(route.token, TokenProof::Only) {
        return Err(Why::TokenMissing.into());
    }
    if admits(CallerKind::PureMachine) {
        let caller = client(app, tenant, route, shown, form, at).await?;
        return if admits(caller.kind()) {
            Ok(caller.into())
        } else {
            Err(Why::CredentialsMissing.into()) // a name alone, where a credential is demanded
        };
    }
    if admits(CallerKind::UserDelegatedMachine) {
        return Err(Why::TokenMissing.into());
    }
    let by_itself = matches!(route.endpoint, Endpoint::Registration(_));
    if admits(CallerKind::Administrator) {
        // An initial access token opens registration and nothing else; registration is open without one where the tenant says so.
        let token = shown
            .token()?
            .filter(|(scheme, _)| by_itself || *scheme == Scheme::Bearer);
        if by_itself && token.is_none() {
            let stranger = Caller::plain(Who::Anyone);
            return Ok(with_key(app, tenant, stranger, shown, at)?.into());
        }
        let caller = administrator(tenant, token, at).await?;
        let only_registers =
            matches!(&caller.who, Who::Administrator(administrator) if administrator.reach == Reach::Registration);
        return match (by_itself, only_registers) {
            (false, true) => Err(Why::AdministratorUnproved.into()),
            (true, _) => Ok(with_key(app, tenant, caller, shown, at)?.into()),
            (false, false) => Ok(caller.into()),
        };
    }
    if by_itself {
        return Ok(with_key(app, tenant, Caller::plain(Who::Anyone), shown, at)?.into());
    }
    Ok(Caller::plain(Who::Anyone).into())
}

/// The same caller with the key that a proof on the request shows: what registration gives is bound to it, and shown with it.
fn with_key(app: &App, tenant: &TenantDb, caller: Caller, shown: &Presented, at: &Moment) -> Result<Caller, Why> {
    let proof = match shown.token()? {
        Some((Scheme::Dpop, token)) => Some(dpop_proof(shown, Some(&token), at.now)?.ok_or(Why::RegistrationUnproved)?),
        Some((Scheme::Bearer, _)) | None => dpop_proof(shown, None, at.now)?,
    };
    let Some(proof) = proof else { return Ok(caller) };
    let proof = proof.into_inner();
    check_nonce(app, tenant, proof.nonce.as_deref(), at.now)?;
    let mut marks = caller.marks;
    marks.push(dpop_mark(&proof));
    Ok(Caller {
        key: Some(Confirmation::Jkt(proof.jkt)),
        marks,
        ..caller
    })
}

/// The person of a browser session that counts, and who is enabled.
async fn person(tenant: &TenantDb, session: Option<&str>, at: &Moment) -> Result<Option<Caller>, Stop> {
    let Some(cookie) = session else { return Ok(None) };
    let found = tenant.browser_session(&digest::sha256_b64(cookie.as_bytes())).await?;
    let Some(session) = found.filter(|session| session.counts(at.now)) else {
        return Ok(None);
    };
    let Some(user) = tenant.user(&session.user).await?.filter(|user| user.disabled.is_none()) else {
        return Ok(None);
    };
    if at.now.since(session.seen) >= SEEN_SECONDS {
        let seen = Touch::BrowserSessionSeen {
            id: session.id.clone(),
            at: at.now,
        };
        tenant.store().touch(tenant.id(), seen);
    }
    Ok(Some(Caller::plain(Who::BrowserUser(BrowserUser { user, session }))))
}

/// How old the note of a browser session's last use may be, in seconds.
const SEEN_SECONDS: i64 = 60;

/// A client by a credential of its own, and by a DPoP proof if it sent one and the route takes it.
async fn client(
    app: &Arc<App>,
    tenant: &TenantDb,
    route: &Route,
    shown: &Presented,
    form: &Form,
    at: &Moment,
) -> Result<Caller, Stop> {
    let basic = shown.authorization()?.map(decode_basic).transpose()?;
    let credentials = Credentials::parse(basic.as_deref(), shown.attested()?, form)?;
    let registered = tenant.client(&credentials.client).await?;
    let keys = match &registered {
        Some(client) if needs_keys(client, &credentials) => {
            client_keys::of(app, tenant, client, credentials.key_id().as_deref(), at.now).await?
        }
        Some(_) | None => None,
    };
    let certificate = shown
        .certificate
        .as_ref()
        .and_then(|shown| certificate(app, shown, at.now));
    let facts = Facts {
        client: registered,
        keys: keys.as_deref(),
        tenant: tenant.tenant(),
        nonce_key: &app.nonce_key,
        certificate: certificate.as_ref(),
    };
    let dpop = match route.key_proof {
        KeyProof::Taken => dpop_proof(shown, None, at.now)?,
        KeyProof::Ignored => None,
    };
    let nonce = dpop.as_ref().map(|proof| proof.nonce.clone());
    let caller = prove(&credentials, facts, dpop, at.now)?;
    if let Some(nonce) = nonce {
        check_nonce(app, tenant, nonce.as_deref(), at.now)?; // after the client is proved, and before any mark is taken: the same proof, or a new one, may follow
    }
    Ok(caller)
}

/// Whether the client's keys say anything about what was shown: keys behind an address are not fetched for nothing.
fn needs_keys(client: &Client, credentials: &Credentials) -> bool {
    match (&credentials.evidence, &client.authentication) {
        (Evidence::Assertion(_), Authentication::PrivateKeyJwt)
        | (Evidence::Attestation(_), Authentication::Attestation)
        | (Evidence::Name, Authentication::SelfSignedTls) => true,
        (_, _) => false,
    }
}

/// The certificate of the request as far as it can be read, and who vouches for it.
fn certificate(app: &App, shown: &ClientCertificate, now: Time) -> Option<ShownCertificate> {
    let certificate = Certificate::parse(shown.own()).ok()?;
    let vouched = if app.client_authorities().trusts(&shown.chain, now) {
        Vouched::ByAuthority
    } else {
        Vouched::ByNobody
    };
    Some(ShownCertificate { certificate, vouched })
}

fn decode_basic(header: &str) -> Result<String, Why> {
    let (scheme, encoded) = header.split_once(' ').ok_or(Why::AuthorizationMalformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Why::CredentialsMissing);
    }
    let bytes = STANDARD
        .decode(encoded.trim_start_matches(' '))
        .map_err(|_| Why::AuthorizationMalformed)?;
    String::from_utf8(bytes).map_err(|_| Why::AuthorizationMalformed)
}

/// The DPoP proof of the request: exactly one header, for this method and URL, now, and for this access token if one came along (RFC 9449 s4.3).
fn dpop_proof(shown: &Presented, access_token: Option<&str>, now: Time) -> Result<Option<Verified<DpopProof>>, Why> {
    let Some(header) = shown.dpop()? else { return Ok(None) };
    let expect = dpop::Expect {
        method: shown.method.as_str(),
        url: &shown.url,
        now,
        access_token,
    };
    dpop::check(header, &expect).map(Some).map_err(Why::Dpop)
}

/// A nonce that is there must be one of ours, and fresh; whether it must be there is the tenant's rule (RFC 9449 s8).
fn check_nonce(app: &App, tenant: &TenantDb, shown: Option<&str>, now: Time) -> Result<(), Why> {
    match (shown, tenant.tenant().settings.dpop_nonce) {
        (Some(shown), NonceRule::Demanded | NonceRule::Accepted) => {
            nonce::check(&app.nonce_key, shown, now).map_err(|_| Why::DpopNonceStale)
        }
        (None, NonceRule::Demanded) => Err(Why::DpopNonceMissing),
        (None, NonceRule::Accepted) => Ok(()),
    }
}

/// An administrator by token, of this tenant or of the whole installation.
/// Whether a request shows the token of an administrator here.
pub(crate) async fn shows_administrator(tenant: &TenantDb, shown: &Presented, at: &Moment) -> bool {
    let Ok(token) = shown.token() else { return false };
    let token = token.filter(|(scheme, _)| matches!(scheme, Scheme::Bearer));
    administrator(tenant, token, at).await.is_ok()
}

async fn administrator(tenant: &TenantDb, token: Option<(Scheme, String)>, at: &Moment) -> Result<Caller, Stop> {
    let (_, token) = token.ok_or(Why::AdministratorUnproved)?;
    let found = tenant
        .store()
        .administrator(&digest::sha256_b64(token.as_bytes()))
        .await?;
    let (home, administrator) = found.ok_or(Why::AdministratorUnproved)?;
    let ended = administrator.expires.is_some_and(|end| end <= at.now);
    let elsewhere = administrator.reach != Reach::Installation && home != *tenant.id();
    if ended || elsewhere {
        return Err(Why::AdministratorUnproved.into());
    }
    Ok(Caller::plain(Who::Administrator(AdministratorCaller {
        id: administrator.id,
        home,
        reach: administrator.reach,
        expires: administrator.expires,
    })))
}
