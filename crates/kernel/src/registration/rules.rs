//! Who may register a client, and what it is told.

use proof::{digest, json::Object};
use serde_json::{Value, json};

use super::{Claimed, Metadata, UNUSED_MAX, UNUSED_SECONDS, held_by};
use crate::{
    administration::describe,
    authority::Scopes,
    caller::{Caller, Who},
    client::{
        self, Authentication, AuthenticationMethod, Binding, Client, Introspects, Keys, Registration, SubjectType,
    },
    confirmation::Confirmation,
    decision::{Change, Decision, Guard, Reply},
    event::{Event, EventKind},
    id::ClientId,
    moment::Moment,
    redirect_uri::RedirectUri,
    tenant::{RegistrationRule, Tenant},
    why::Why,
};

/// What is asked of the registration endpoint.
#[derive(Debug)]
pub enum Command {
    /// RFC 7591 s3.1.
    Register(Box<Metadata>),
    /// RFC 7592 s2.1.
    Read(ClientId),
    /// RFC 7592 s2.2: all of it is replaced.
    Replace(ClientId, Box<Metadata>),
    /// RFC 7592 s2.3.
    Delete(ClientId),
}

/// What was loaded for the question.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// Clients that registered themselves and nobody ever said yes to.
    pub unused: i64,
    /// The client that the address names, and whether the registration access token that was shown is its own.
    pub client: Option<(Client, Known)>,
}

/// Whether a registration access token is the client's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is.
    Token,
    /// It is not, or there was none.
    No,
}

/// Decides what is asked.
pub fn decide(command: &Command, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    let considered = match command {
        Command::Register(metadata) => register(metadata, caller, facts, at),
        Command::Read(_) => own(facts, caller).map(|client| {
            let document = registration_document(client, facts.tenant);
            Decision::issue(Reply::Document(document), Vec::new(), Change::default())
        }),
        Command::Replace(_, metadata) => {
            own(facts, caller).and_then(|client| replace(client, metadata, caller, facts, at))
        }
        Command::Delete(_) => own(facts, caller).map(|client| delete(client, caller, at)),
    };
    considered.unwrap_or_else(|why| {
        let event = Event::refused(&why, caller, at);
        Decision::refuse(why, Vec::new(), vec![event])
    })
}

/// Whose registration access token was shown. A wrong one and an unknown client look the same (RFC 7592 s2.1).
fn own<'f>(facts: &'f Facts<'_>, caller: &Caller) -> Result<&'f Client, Why> {
    let Some((client, Known::Token)) = &facts.client else {
        return Err(Why::RegistrationUnproved);
    };
    let bound = match &client.registration {
        Registration::Itself { key, .. } => key.as_deref(),
        Registration::Administrator | Registration::Document { .. } => None,
    };
    let shown = proved_key(caller);
    if client.disabled.is_some() || bound.is_some_and(|bound| shown != Some(bound)) {
        return Err(Why::RegistrationUnproved);
    }
    Ok(client)
}

/// The key that a proof on the request showed.
fn proved_key(caller: &Caller) -> Option<&str> {
    match &caller.key {
        Some(Confirmation::Jkt(thumbprint)) => Some(thumbprint),
        Some(Confirmation::Certificate(_)) | None => None,
    }
}

fn register(metadata: &Metadata, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<Decision, Why> {
    // 1. Whether anybody may, here (product decision 15).
    let by_token = matches!(caller.who, Who::Administrator(_));
    match facts.tenant.settings.registration {
        RegistrationRule::Open => {}
        RegistrationRule::InitialToken if by_token => {}
        RegistrationRule::InitialToken => return Err(Why::RegistrationUnproved),
        RegistrationRule::Off => return Err(Why::RegistrationOff),
    }

    // 2. Within the cap: those that nobody ever used go away by themselves.
    if !by_token && facts.unused >= UNUSED_MAX {
        return Err(Why::TooMany("unused registrations in this tenant"));
    }

    // 3. One that the tenant's profile, or its own, lets authenticate at all.
    let profile = metadata.further.profile.max(facts.tenant.settings.profile);
    held_by(profile, metadata.method.unwrap_or(AuthenticationMethod::SecretBasic)).map_err(Why::ClientMetadata)?;

    // 4. The client, with a secret unless it wants none or has keys. Absent means `client_secret_basic` (RFC 7591 s2).
    let (authentication, secret) = credentials(metadata, at)?;
    let token = at.secret("registration access token");
    let client = Client {
        id: at.id("client"),
        registration: Registration::Itself {
            token_digest: digest::sha256_b64(token.as_bytes()),
            key: proved_key(caller).map(str::to_owned), // whoever shows the token later proves the key again
        },
        authentication,
        expires: Some(at.now.plus(UNUSED_SECONDS)),
        ..described(metadata, at)
    };
    let mut document = registration_document(&client, facts.tenant);
    insert_secret(&mut document, secret);
    document.insert("registration_access_token".into(), token.into());
    let event = Event::new(EventKind::ClientCreated, caller, at)
        .about(client.id.as_str())
        .with("method", client.authentication.method().name())
        .with("registered", "itself");
    let change = Change {
        guards: vec![Guard::Client(client::Guard::Create(Box::new(client)))],
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Created(document), Vec::new(), change))
}

/// A full replacement: what is not said is gone (RFC 7592 s2.2). Id, secret and token stay; the method stays too, since a secret cannot be taken back by wishing.
fn replace(
    old: &Client,
    metadata: &Metadata,
    caller: &Caller,
    facts: &Facts<'_>,
    at: &Moment,
) -> Result<Decision, Why> {
    own_credentials(old, &metadata.claimed)?;
    let method = metadata.method.unwrap_or(AuthenticationMethod::SecretBasic);
    if method != old.authentication.method() {
        return Err(Why::ClientMetadata(
            "token_endpoint_auth_method of a registration does not change; register anew",
        ));
    }
    metadata.keys_for(method)?;
    held_by(metadata.further.profile, method).map_err(Why::ClientMetadata)?;
    let client = Client {
        id: old.id.clone(),
        registration: old.registration.clone(),
        authentication: old.authentication.clone(),
        expires: old.expires,
        epoch: old.epoch.saturating_add(1),
        created: old.created,
        // What an administrator decided about it stays.
        introspects: old.introspects,
        approvers: old.approvers.clone(),
        token_algorithm: old.token_algorithm,
        ..described(metadata, at)
    };
    // The names of people that it knows hang on its sector. To keep the old one at new hosts would tell a stranger the names that those of the old host know; to change it would
    // rename people under tokens that live (OpenID Connect Core s8.1, s12.2).
    let names = |client: &Client| (client.further.subject == SubjectType::Pairwise).then(|| client.sector().to_owned());
    if names(&client) != names(old) {
        return Err(Why::ClientMetadata(
            "redirect_uris at other hosts, or another subject_type, would change what people are called here; register anew, or keep sector_identifier_uri",
        ));
    }
    let document = registration_document(&client, facts.tenant);
    let event = Event::new(EventKind::ClientChanged, caller, at)
        .about(old.id.as_str())
        .with("by", "itself")
        .changing(&describe::client(old, None), &describe::client(&client, None));
    let change = Change {
        guards: vec![Guard::Client(client::Guard::Replace {
            client: Box::new(client),
            epoch: old.epoch,
        })],
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Document(document), Vec::new(), change))
}

/// Id and secret are drawn here and cannot be chosen: whoever repeats them repeats its own (RFC 7592 s2.2).
fn own_credentials(old: &Client, claimed: &Claimed) -> Result<(), Why> {
    if claimed.id.as_deref().is_some_and(|id| id != old.id.as_str()) {
        return Err(Why::ClientMetadata(
            "client_id is not the one of this registration; it cannot be chosen",
        ));
    }
    let own = |said: &String| {
        old.authentication
            .secret_digest()
            .is_some_and(|own| digest::same(said.as_bytes(), own.as_bytes()))
    };
    if claimed.secret_digest.as_ref().is_some_and(|said| !own(said)) {
        return Err(Why::ClientMetadata(
            "client_secret is not the one of this registration; it cannot be chosen",
        ));
    }
    Ok(())
}

/// The registration ends; tokens of the client count no more, since there is no such client.
fn delete(client: &Client, caller: &Caller, at: &Moment) -> Decision {
    let change = Change {
        guards: vec![Guard::Client(client::Guard::Drop {
            id: client.id.clone(),
            epoch: client.epoch,
        })],
        events: vec![Event::new(EventKind::ClientDropped, caller, at).about(client.id.as_str())],
        ..Change::default()
    };
    Decision::issue(Reply::Gone, Vec::new(), change)
}

fn credentials(metadata: &Metadata, at: &Moment) -> Result<(Authentication, Option<String>), Why> {
    let method = metadata.method.unwrap_or(AuthenticationMethod::SecretBasic);
    metadata.keys_for(method)?;
    let secret = at.secret("client secret");
    let secret_digest = digest::sha256_b64(secret.as_bytes());
    Ok(match method {
        AuthenticationMethod::Nothing => (Authentication::Nothing, None),
        AuthenticationMethod::SecretBasic => (Authentication::SecretBasic { secret_digest }, Some(secret)),
        AuthenticationMethod::SecretPost => (Authentication::SecretPost { secret_digest }, Some(secret)),
        AuthenticationMethod::PrivateKeyJwt => (Authentication::PrivateKeyJwt, None),
        AuthenticationMethod::Tls => (Authentication::Tls, None),
        AuthenticationMethod::SelfSignedTls => (Authentication::SelfSignedTls, None),
        AuthenticationMethod::Attestation => (Authentication::Attestation, None),
    })
}

/// A client as its metadata describes it; id, credentials and registration are the caller's to fill in.
fn described(metadata: &Metadata, at: &Moment) -> Client {
    Client {
        id: at.id("client"),
        name: metadata.name.clone(),
        authentication: Authentication::Nothing,
        keys: metadata.keys.clone(),
        further: metadata.further.clone(),
        grant_types: metadata.grant_types.clone(),
        token_algorithm: None,
        binding: metadata.binding,
        introspects: Introspects::ItsResources,
        approvers: None,
        registration: Registration::Administrator,
        redirect_uris: metadata.redirect_uris.clone(),
        application_type: metadata.application_type,
        uri: metadata.uri.clone(),
        scope: metadata.scope.as_ref().map(Scopes::joined),
        expires: None,
        epoch: 0,
        created: at.now,
        disabled: None,
    }
}

/// What a client is told of its registration (RFC 7591 s3.2.1): what is not there is left out, never `null`.
pub fn registration_document(client: &Client, tenant: &Tenant) -> Object {
    let mut o = Object::new();
    o.insert("client_id".into(), client.id.as_str().into());
    o.insert("client_id_issued_at".into(), client.created.unix().into());
    if !client.name.is_empty() {
        o.insert("client_name".into(), client.name.as_str().into());
    }
    o.insert(
        "redirect_uris".into(),
        client.redirect_uris.iter().map(RedirectUri::as_str).collect(),
    );
    o.insert(
        "token_endpoint_auth_method".into(),
        client.authentication.method().name().into(),
    );
    o.insert(
        "grant_types".into(),
        client.grant_types.iter().map(|grant_type| grant_type.name()).collect(),
    );
    o.insert("response_types".into(), json!(["code"]));
    if let Some(kind) = client.application_type.name() {
        o.insert("application_type".into(), kind.into());
    }
    if let Some(scope) = client.scope.as_deref().filter(|scope| !scope.is_empty()) {
        o.insert("scope".into(), scope.into());
    }
    if let Some(uri) = &client.uri {
        o.insert("client_uri".into(), uri.as_str().into());
    }
    if client.binding == Binding::Required {
        o.insert("dpop_bound_access_tokens".into(), true.into());
    }
    keys(&mut o, client.keys.as_ref());
    client.further.write(&mut o);
    o.insert(
        "registration_client_uri".into(),
        format!("{}/oauth2/register/{}", tenant.issuer, client.id).into(),
    );
    o
}

/// The keys of a client, or where they are.
pub(crate) fn keys(o: &mut Object, keys: Option<&Keys>) {
    match keys {
        None => {}
        Some(Keys::Here(jwks)) => {
            o.insert("jwks".into(), serde_json::from_str(jwks).unwrap_or(Value::Null));
        }
        Some(Keys::At(address)) => {
            o.insert("jwks_uri".into(), address.as_str().into());
        }
    }
}

fn insert_secret(document: &mut Object, secret: Option<String>) {
    if let Some(secret) = secret {
        document.insert("client_secret".into(), secret.into());
        document.insert("client_secret_expires_at".into(), 0.into()); // RFC 7591 s3.2.1: 0 does not expire
    }
}
