//! The kernel's nouns written out as rows, every member of them: the other direction of [`super::facts`].
//!
//! Each noun is taken apart by name, so that a new member stops the build here.

use proof::{Algorithm, Time, json::Object};
use serde_json::{Value, json};

use crate::{
    authority::{Audience, Authority},
    client::{Authentication, Binding, Client, Introspects, Keys, Registration, SecurityProfile},
    grant::{Grant, Holder, Narrowed, Source, Status, Subject, Terms},
    id::Id,
    key::SigningKey,
    redirect_uri::RedirectUri,
    resource::Resource,
    tenant::{Administrator, Documents, NonceRule, Offered, PkceRule, PushedRequests, Reach, Settings, Tenant},
    token::Record,
};

pub(super) fn tenant(tenant: &Tenant) -> Value {
    let Tenant {
        id,
        name,
        issuer,
        settings: kept,
        policy_version,
        created,
        disabled,
    } = tenant;
    let mut row = settings(*kept);
    row.insert("id".into(), id.as_str().into());
    row.insert("name".into(), name.as_str().into());
    row.insert("issuer".into(), issuer.as_str().into());
    if *policy_version != 0 {
        row.insert("policy_version".into(), (*policy_version).into());
    }
    row.insert("created_at".into(), created.unix().into());
    time(&mut row, "disabled_at", *disabled);
    row.into()
}

pub(super) fn settings(settings: Settings) -> Object {
    let Settings {
        dpop_nonce,
        access_token_seconds,
        client_documents,
        registration,
        binding,
        profile,
        pushed_requests,
        pkce,
        device_grant,
        deferred,
    } = settings;
    let mut row = Object::new();
    row.insert("dpop_nonce_required".into(), (dpop_nonce == NonceRule::Demanded).into());
    row.insert("access_token_seconds".into(), access_token_seconds.into());
    row.insert(
        "client_documents".into(),
        (client_documents == Documents::Accepted).into(),
    );
    row.insert("registration".into(), registration.name().into());
    row.insert("dpop_required".into(), (binding == Binding::Required).into());
    if profile != SecurityProfile::Baseline {
        row.insert("security_profile".into(), profile.name().into());
    }
    if pushed_requests == PushedRequests::Required {
        row.insert("require_pushed_authorization_requests".into(), true.into());
    }
    if pkce == PkceRule::OpenIdMayOmit {
        row.insert("require_pkce".into(), false.into());
    }
    for (name, offered) in [("device_grant", device_grant), ("deferred_token_response", deferred)] {
        if offered == Offered::Off {
            row.insert(name.into(), false.into());
        }
    }
    row
}

pub(super) fn administrator(administrator: &Administrator) -> Value {
    let Administrator {
        id,
        name,
        reach,
        created,
        expires,
    } = administrator;
    let reach = match reach {
        Reach::Registration => "registration",
        Reach::Tenant => "tenant",
        Reach::Installation => "installation",
    };
    let mut row = object(json!({ "id": id.as_str(), "name": name, "reach": reach, "created_at": created.unix() }));
    time(&mut row, "expires_at", *expires);
    row.into()
}

pub(super) fn client(client: &Client) -> Value {
    let Client {
        id,
        name,
        authentication,
        keys,
        further,
        grant_types,
        token_algorithm,
        binding,
        introspects,
        approvers,
        registration,
        redirect_uris,
        application_type,
        uri,
        scope,
        expires,
        epoch,
        created,
        disabled,
    } = client;
    let mut row = object(json!({
        "client_id": id.as_str(),
        "client_name": name,
        "token_endpoint_auth_method": authentication.method().name(),
        "grant_types": grant_types.iter().map(|grant_type| grant_type.name()).collect::<Vec<_>>(),
        "dpop_bound_access_tokens": *binding == Binding::Required,
        "introspects_everything": *introspects == Introspects::Everything,
        "epoch": epoch,
        "created_at": created.unix(),
    }));
    match authentication {
        Authentication::SecretBasic { secret_digest } | Authentication::SecretPost { secret_digest } => {
            row.insert("client_secret_digest".into(), secret_digest.as_str().into());
        }
        Authentication::PrivateKeyJwt
        | Authentication::Tls
        | Authentication::SelfSignedTls
        | Authentication::Attestation
        | Authentication::Nothing => {}
    }
    match keys {
        None => {}
        Some(Keys::Here(jwks)) => {
            row.insert("jwks".into(), serde_json::from_str(jwks).unwrap());
        }
        Some(Keys::At(address)) => text(&mut row, "jwks_uri", Some(address)),
    }
    further.write(&mut row);
    text(&mut row, "sector", further.sector.as_deref());
    match registration {
        Registration::Administrator => {}
        Registration::Document { fetched } => time(&mut row, "document_fetched_at", Some(*fetched)),
        Registration::Itself { token_digest, key } => {
            text(&mut row, "registration_token_digest", Some(token_digest));
            text(&mut row, "registration_token_jkt", key.as_deref());
        }
    }
    if let Some(approvers) = approvers {
        row.insert("approvers".into(), approvers.group.as_str().into());
        row.insert("approval_quorum".into(), approvers.quorum.into());
    }
    if !redirect_uris.is_empty() {
        row.insert(
            "redirect_uris".into(),
            redirect_uris.iter().map(RedirectUri::as_str).collect(),
        );
    }
    text(&mut row, "application_type", application_type.name());
    text(&mut row, "client_uri", uri.as_deref());
    text(&mut row, "scope", scope.as_deref());
    time(&mut row, "expires_at", *expires);
    algorithm(&mut row, *token_algorithm);
    time(&mut row, "disabled_at", *disabled);
    row.into()
}

pub(super) fn resource(resource: &Resource) -> Value {
    let Resource {
        uri,
        name,
        scopes,
        implied,
        token_algorithm,
        introspectors,
        created,
        disabled,
    } = resource;
    let mut row = object(json!({
        "resource": uri.as_str(),
        "resource_name": name,
        "scopes": scopes,
        "introspection_clients": introspectors.iter().map(Id::as_str).collect::<Vec<_>>(),
        "created_at": created.unix(),
    }));
    if !implied.is_empty() {
        row.insert("implied_scopes".into(), json!(implied));
    }
    algorithm(&mut row, *token_algorithm);
    time(&mut row, "disabled_at", *disabled);
    row.into()
}

pub(super) fn grant(grant: &Grant) -> Value {
    let Grant {
        id,
        holder,
        subject,
        authority,
        parent,
        source,
        status,
        epoch,
        created,
        terms,
        signs: _, // read with the row, never written
    } = grant;
    let mut row = self::authority(authority);
    row.insert("id".into(), id.as_str().into());
    row.insert("epoch".into(), (*epoch).into());
    row.insert("created_at".into(), created.unix().into());
    match source {
        Source::Administrator(giver) => row.insert("given_by".into(), giver.as_str().into()),
        Source::Person { basis } => row.insert("given_by_person".into(), basis.as_str().into()),
        Source::Organisation { basis } => row.insert("given_by_organisation".into(), basis.as_str().into()),
        Source::Approval(id) => row.insert("given_by_approval".into(), id.as_str().into()),
        Source::Redeemed => row.insert("redeemed".into(), true.into()),
    };
    match holder {
        Holder::Client(id) => row.insert("client_id".into(), id.as_str().into()),
        Holder::Host(id) => row.insert("host_id".into(), id.as_str().into()),
        Holder::Session(id) => row.insert("session_id".into(), id.as_str().into()),
    };
    if let Subject::User(user) = subject {
        row.insert("user_id".into(), user.as_str().into());
    }
    if let Some(parent) = parent {
        row.insert("parent".into(), parent.as_str().into());
    }
    match status {
        Status::Active => {}
        Status::Denied => {
            row.insert("denied".into(), true.into());
        }
        Status::Revoked { at } => {
            row.insert("revoked_at".into(), at.unix().into());
        }
    }
    write_terms(&mut row, terms);
    row.into()
}

fn write_terms(row: &mut Object, terms: &Terms) {
    if terms.once {
        row.insert("gives_once".into(), true.into());
    }
    if terms.risk {
        row.insert("falls_at_risk".into(), true.into());
    }
    if let Some(seconds) = terms.idle_seconds {
        row.insert("idle_seconds".into(), seconds.into());
    }
    if let Some(owner) = &terms.owner {
        row.insert("owner".into(), owner.as_str().into());
    }
}

pub(super) fn narrowed(narrowed: &Narrowed) -> Value {
    let Narrowed {
        id,
        from_epoch,
        authority,
        terms,
    } = narrowed;
    let mut row = self::authority(authority);
    write_terms(&mut row, terms);
    row.insert("id".into(), id.as_str().into());
    row.insert("from_epoch".into(), (*from_epoch).into());
    row.into()
}

fn authority(authority: &Authority) -> Object {
    let places = authority.audiences();
    let resource = |place: &Audience| match place {
        Audience::Issuer => None,
        Audience::Resource(uri) => Some(uri.as_str().to_owned()),
    };
    let mut row = object(json!({
        "scope": authority.scopes().joined(),
        "resources": places.iter().filter_map(resource).collect::<Vec<_>>(),
        "own_endpoints": places.contains(&Audience::Issuer),
        "depth": authority.depth(),
    }));
    super::details::write(&mut row, authority.details());
    super::details::write_powers(&mut row, authority.powers());
    time(&mut row, "expires_at", authority.expires());
    row
}

pub(super) fn record(record: &Record) -> Value {
    let Record {
        id,
        grant,
        client,
        audience,
        scope,
        powers,
        key,
        issued,
        expires,
        revoked,
    } = record;
    let mut row = object(json!({
        "jti": id.as_str(),
        "grant": grant.as_str(),
        "client_id": client.as_str(),
        "aud": audience.as_row(),
        "scope": scope,
        "issued_at": issued.unix(),
        "expires_at": expires.unix(),
    }));
    if let Some(key) = key {
        row.insert("jkt".into(), key.as_row().into());
    }
    if !powers.is_empty() {
        row.insert("capabilities".into(), powers.value());
    }
    time(&mut row, "revoked_at", *revoked);
    row.into()
}

pub(super) fn signing_key(key: &SigningKey) -> Value {
    let SigningKey {
        kid,
        algorithm,
        created,
        active_from,
        public_jwk,
        sealed,
    } = key;
    json!({
        "kid": kid,
        "alg": algorithm.name(),
        "created_at": created.unix(),
        "active_from": active_from.unix(),
        "public_jwk": serde_json::from_str::<Value>(public_jwk).unwrap(),
        "sealed": sealed,
    })
}

pub(super) fn object(value: Value) -> Object {
    let Value::Object(object) = value else {
        panic!("an object, not {value}");
    };
    object
}

pub(super) fn text(row: &mut Object, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        row.insert(name.to_owned(), text.into());
    }
}

pub(super) fn time(row: &mut Object, name: &str, time: Option<Time>) {
    if let Some(time) = time {
        row.insert(name.to_owned(), time.unix().into());
    }
}

fn algorithm(row: &mut Object, algorithm: Option<Algorithm>) {
    if let Some(algorithm) = algorithm {
        row.insert("access_token_signed_response_alg".to_owned(), algorithm.name().into());
    }
}

#[test]
fn what_is_written_reads_back_as_the_same() {
    use super::facts;
    /// Reads a row and writes it again.
    type Round = fn(&Value) -> Value;
    let rows: [(Round, Value); 10] = [
        (
            |row| tenant(&facts::tenant(row)),
            json!({"id": "t", "name": "T", "issuer": "https://as.example", "dpop_nonce_required": true, "access_token_seconds": 60,
                "client_documents": false, "registration": "initial_token", "dpop_required": true, "security_profile": "fapi2",
                "require_pushed_authorization_requests": true, "require_pkce": false, "created_at": 1, "disabled_at": 2}),
        ),
        (
            |row| client(&facts::client(row)),
            json!({"client_id": "c", "client_name": "C", "token_endpoint_auth_method": "client_secret_post", "client_secret_digest": "d", "grant_types": ["client_credentials"],
                "access_token_signed_response_alg": "ES256", "dpop_bound_access_tokens": true, "introspects_everything": true, "epoch": 3, "created_at": 1, "disabled_at": 2}),
        ),
        (
            |row| client(&facts::client(row)),
            json!({"client_id": "c", "client_name": "C", "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}, "grant_types": [],
                "subject_type": "public", "security_profile": "fapi2", "sector": "app.example",
                "dpop_bound_access_tokens": false, "introspects_everything": false, "epoch": 0, "created_at": 0}),
        ),
        (
            |row| client(&facts::client(row)),
            json!({"client_id": "c", "client_name": "C", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
                "dpop_bound_access_tokens": false, "introspects_everything": false, "registration_token_digest": "d", "redirect_uris": ["https://app.example/cb"],
                "application_type": "web", "client_uri": "https://app.example", "scope": "a b", "expires_at": 7, "epoch": 0, "created_at": 0}),
        ),
        (
            |row| client(&facts::client(row)),
            json!({"client_id": "https://app.example/c", "client_name": "C", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
                "dpop_bound_access_tokens": false, "introspects_everything": false, "document_fetched_at": 5, "redirect_uris": ["https://app.example/cb"],
                "epoch": 0, "created_at": 0}),
        ),
        (
            |row| resource(&facts::resource(row)),
            json!({"resource": "https://r.example", "resource_name": "R", "scopes": {"a": "read", "b": "write"}, "implied_scopes": {"b": ["a"]}, "access_token_signed_response_alg": "EdDSA",
                "introspection_clients": ["c"], "created_at": 1, "disabled_at": 2}),
        ),
        (
            |row| grant(&facts::grant(row)),
            json!({"id": "g", "session_id": "s", "user_id": "u", "scope": "a b", "resources": ["https://r.example"], "own_endpoints": false, "expires_at": 9, "depth": 2,
                "parent": "p", "given_by": "admin", "revoked_at": 5, "epoch": 4, "created_at": 1}),
        ),
        (
            |row| grant(&facts::grant(row)),
            json!({"id": "g", "client_id": "c", "user_id": "u", "scope": "a", "resources": [], "own_endpoints": true, "depth": 4, "given_by_person": "basis", "epoch": 0, "created_at": 1}),
        ),
        (
            |row| grant(&facts::grant(row)),
            json!({"id": "g", "client_id": "c", "user_id": "u", "scope": "a", "resources": [], "own_endpoints": true, "depth": 3, "redeemed": true, "parent": "p", "epoch": 0, "created_at": 1}),
        ),
        (
            |row| record(&facts::record(row)),
            json!({"jti": "j", "grant": "g", "client_id": "c", "aud": "-", "scope": "a", "jkt": "k", "issued_at": 1, "expires_at": 2, "revoked_at": 3}),
        ),
    ];
    for (round, row) in rows {
        assert_eq!(round(&row), row);
    }
}
