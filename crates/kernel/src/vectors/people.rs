//! Rows about people and what they gave: persons, browser sessions, groups, rules, codes, lines of refresh tokens, and the tenant's keys; both directions.

use proof::{Secret, Time, json::Object};
use serde_json::{Value, json};

use super::{
    command::clients,
    facts::{Row, id, redirect_uri, uri},
    rows::{object, text, time},
};
use crate::{
    authority::Audience,
    authorization_code::AuthorizationCode,
    browser_session::{BrowserSession, Method, Presence},
    caller::{BrowserUser, Caller, PublicClient, PureMachine, Who},
    client::{Authentication, Client},
    confirmation::Confirmation,
    consent::{Clients, Effect, Rule},
    family::Family,
    id::Id,
    resource::ResourceUri,
    token::TenantKeys,
    user::{Group, GroupKind, Login, Profile, User},
};

pub(crate) fn user(value: &Value) -> User {
    let row = Row::of(
        value,
        &["id", "login", "profile", "groups", "epoch", "created_at", "disabled_at"],
    );
    User {
        id: id(row.required("id")),
        login: Login::parse(row.text("login").unwrap_or(row.required("id"))).unwrap(),
        profile: Profile::from_row(value["profile"].as_object().cloned().unwrap_or_default()).unwrap(),
        memberships: row.list("groups").map(id).collect(),
        epoch: row.number("epoch").unwrap_or(0),
        created: row.created(),
        disabled: row.time("disabled_at"),
    }
}

pub(super) fn user_row(user: &User) -> Value {
    let User {
        id,
        login,
        profile,
        memberships,
        epoch,
        created,
        disabled,
    } = user;
    let mut row = object(json!({
        "id": id.as_str(),
        "login": login.as_str(),
        "profile": profile.claims(),
        "groups": memberships.iter().map(Id::as_str).collect::<Vec<_>>(),
        "epoch": epoch,
        "created_at": created.unix(),
    }));
    time(&mut row, "disabled_at", *disabled);
    row.into()
}

pub(crate) fn browser_session(value: &Value) -> BrowserSession {
    let row = Row::of(
        value,
        &[
            "id",
            "digest",
            "user_id",
            "method",
            "signed_in_at",
            "browser",
            "expires_at",
            "last_seen_at",
            "ended_at",
        ],
    );
    let signed_in = row.time("signed_in_at").unwrap();
    BrowserSession {
        id: id(row.required("id")),
        digest: row.text("digest").unwrap_or("a-digest").to_owned(),
        user: id(row.required("user_id")),
        method: Method::from_name(row.text("method").unwrap_or("passkey_verified")).unwrap(),
        authenticated: signed_in,
        agent: row.text("browser").unwrap_or_default().to_owned(),
        expires: row.time("expires_at").unwrap_or(signed_in.plus(14 * 86_400)),
        seen: row.time("last_seen_at").unwrap_or(signed_in),
        ended: row.time("ended_at"),
    }
}

pub(super) fn browser_session_row(session: &BrowserSession) -> Value {
    let BrowserSession {
        id,
        digest,
        user,
        method,
        authenticated,
        agent,
        expires,
        seen,
        ended,
    } = session;
    let mut row = object(json!({
        "id": id.as_str(),
        "digest": digest,
        "user_id": user.as_str(),
        "method": method.name(),
        "signed_in_at": authenticated.unix(),
        "browser": agent,
        "expires_at": expires.unix(),
        "last_seen_at": seen.unix(),
    }));
    time(&mut row, "ended_at", *ended);
    row.into()
}

/// Somebody who is signed in.
pub(crate) fn signed_in(user: &User, session: &BrowserSession) -> Caller {
    Caller::plain(Who::BrowserUser(BrowserUser {
        user: user.clone(),
        session: session.clone(),
    }))
}

/// Whoever sits at the browser: the `user` of a `browser_session` among the facts that counts, or nobody.
pub(crate) fn at_browser(loaded: &Object, now: Time) -> Caller {
    let Some(session) = loaded.get("browser_session").map(browser_session) else {
        return Caller::plain(Who::Anyone);
    };
    let user = user(&loaded["user"]);
    assert_eq!(session.user, user.id, "the session is the user's");
    assert!(session.counts(now), "a session that does not count is nobody's");
    signed_in(&user, &session)
}

pub(crate) fn group(value: &Value) -> Group {
    let row = Row::of(value, &["id", "kind", "name", "created_at"]);
    Group {
        id: id(row.required("id")),
        kind: GroupKind::from_name(row.text("kind").unwrap_or("group")).unwrap(),
        name: row.text("name").unwrap_or(row.required("id")).to_owned(),
        created: row.created(),
    }
}

pub(super) fn group_row(group: &Group) -> Value {
    let Group {
        id,
        kind,
        name,
        created,
    } = group;
    json!({ "id": id.as_str(), "kind": kind.name(), "name": name, "created_at": created.unix() })
}

pub(crate) fn rule(value: &Value) -> Rule {
    let row = Row::of(
        value,
        &[
            "id",
            "effect",
            "clients",
            "client_id",
            "scope",
            "resource",
            "group",
            "made_by",
            "created_at",
        ],
    );
    Rule {
        id: id(row.required("id")),
        clients: clients(&row),
        scope: row.text("scope").map(str::to_owned),
        resource: row.text("resource").map(uri),
        group: row.text("group").map(id),
        effect: Effect::from_name(row.required("effect")).unwrap(),
        by: id(row.text("made_by").unwrap_or("admin")),
        created: row.created(),
    }
}

/// The rules among the facts, beside the built-in policy; none when they are left out.
pub(crate) fn rules(value: Option<&Value>) -> crate::policy::Rules {
    let rules = value.and_then(Value::as_array).into_iter().flatten();
    rules.map(rule).collect::<Vec<Rule>>().into()
}

pub(super) fn rule_row(rule: &Rule) -> Value {
    let Rule {
        id,
        clients,
        scope,
        resource,
        group,
        effect,
        by,
        created,
    } = rule;
    let mut row = object(json!({
        "id": id.as_str(),
        "effect": effect.name(),
        "made_by": by.as_str(),
        "created_at": created.unix(),
    }));
    match clients {
        Clients::Every => {}
        Clients::Unregistered => text(&mut row, "clients", Some("unregistered")),
        Clients::One(client) => text(&mut row, "client_id", Some(client.as_str())),
    }
    text(&mut row, "scope", scope.as_deref());
    text(&mut row, "resource", resource.as_ref().map(ResourceUri::as_str));
    text(&mut row, "group", group.as_ref().map(Id::as_str));
    row.into()
}

pub(crate) fn code(value: &Value) -> AuthorizationCode {
    let row = Row::of(
        value,
        &[
            "id",
            "digest",
            "request",
            "client_id",
            "user_id",
            "grant",
            "scope",
            "authorization_details",
            "aud",
            "redirect_uri",
            "code_challenge",
            "dpop_jkt",
            "auth_time",
            "method",
            "browser_session",
            "nonce",
            "id_claims",
            "created_at",
            "redeemed",
        ],
    );
    AuthorizationCode {
        id: id(row.required("id")),
        digest: row.required("digest").to_owned(),
        request: row.text("request").unwrap_or("request-1").to_owned(),
        client: id(row.required("client_id")),
        user: id(row.required("user_id")),
        grant: id(row.required("grant")),
        scopes: row.scopes(),
        details: super::details::details(row.0),
        audience: Audience::from_row(row.required("aud")).unwrap(),
        redirect_uri: redirect_uri(row.required("redirect_uri")),
        challenge: row.text("code_challenge").map(str::to_owned),
        key: row.text("dpop_jkt").map(str::to_owned),
        presence: presence(&row),
        nonce: row.text("nonce").map(str::to_owned),
        id_claims: row.list("id_claims").map(str::to_owned).collect(),
        created: row.created(),
        redeemed: row.text("redeemed").map(id),
    }
}

/// How somebody proved who they are, among the members of a row.
fn presence(row: &Row<'_>) -> Presence {
    Presence {
        session: row.text("browser_session").map(id),
        authenticated: row.time("auth_time").unwrap(),
        method: Method::from_name(row.text("method").unwrap_or("passkey_verified")).unwrap(),
    }
}

pub(super) fn code_row(code: &AuthorizationCode) -> Value {
    let AuthorizationCode {
        id,
        digest,
        request,
        client,
        user,
        grant,
        scopes,
        details,
        audience,
        redirect_uri,
        challenge,
        key,
        presence,
        nonce,
        id_claims,
        created,
        redeemed,
    } = code;
    let mut row = object(json!({
        "id": id.as_str(),
        "digest": digest,
        "request": request,
        "client_id": client.as_str(),
        "user_id": user.as_str(),
        "grant": grant.as_str(),
        "scope": scopes.joined(),
        "aud": audience.as_row(),
        "redirect_uri": redirect_uri.as_str(),
        "auth_time": presence.authenticated.unix(),
        "method": presence.method.name(),
        "created_at": created.unix(),
    }));
    super::details::write(&mut row, details);
    text(&mut row, "code_challenge", challenge.as_deref());
    text(&mut row, "browser_session", presence.session.as_ref().map(Id::as_str));
    text(&mut row, "nonce", nonce.as_deref());
    if !id_claims.is_empty() {
        row.insert("id_claims".into(), id_claims.iter().map(String::as_str).collect());
    }
    text(&mut row, "dpop_jkt", key.as_deref());
    text(&mut row, "redeemed", redeemed.as_ref().map(Id::as_str));
    row.into()
}

pub(crate) fn family(value: &Value) -> Family {
    let row = Row::of(
        value,
        &[
            "id",
            "grant",
            "client_id",
            "jkt",
            "auth_time",
            "method",
            "browser_session",
            "instance_jkt",
            "generation",
            "turned_at",
            "request",
            "created_at",
        ],
    );
    Family {
        id: id(row.required("id")),
        grant: id(row.required("grant")),
        client: id(row.required("client_id")),
        key: row.text("jkt").map(Confirmation::from_row),
        instance: row.text("instance_jkt").map(str::to_owned),
        presence: presence(&row),
        generation: row.number("generation").unwrap(),
        turned: row.time("turned_at").unwrap(),
        request: row.text("request").map(str::to_owned),
        created: row.created(),
    }
}

pub(super) fn family_row(family: &Family) -> Value {
    let Family {
        id,
        grant,
        client,
        key,
        instance,
        presence,
        generation,
        turned,
        request,
        created,
    } = family;
    let mut row = object(json!({
        "id": id.as_str(),
        "grant": grant.as_str(),
        "client_id": client.as_str(),
        "auth_time": presence.authenticated.unix(),
        "method": presence.method.name(),
        "generation": generation,
        "turned_at": turned.unix(),
        "created_at": created.unix(),
    }));
    text(&mut row, "browser_session", presence.session.as_ref().map(Id::as_str));
    text(&mut row, "jkt", key.as_ref().map(Confirmation::as_row).as_deref());
    text(&mut row, "instance_jkt", instance.as_deref());
    text(&mut row, "request", request.as_deref());
    row.into()
}

/// A key that a vector does not look at.
const NO_KEY: &str = "0303030303030303030303030303030303030303030303030303030303030303";

/// The keys of a tenant that are no signing keys, 32 bytes each in hex.
pub(crate) fn tenant_keys(value: &Value) -> TenantKeys {
    let row = Row::of(value, &["refresh", "pairwise", "approvals"]);
    let key = |name: &str| {
        let hex = row.text(name).unwrap_or(NO_KEY).as_bytes().chunks(2);
        let byte = |hex: &[u8]| u8::from_str_radix(str::from_utf8(hex).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = hex.map(byte).collect();
        Secret::new(bytes.try_into().expect("a key of 32 bytes in hex"))
    };
    TenantKeys {
        refresh: key("refresh"),
        pairwise: key("pairwise"),
        approvals: key("approvals"),
    }
}

/// Keys of a tenant for tests that do not look at them.
pub(crate) fn any_tenant_keys() -> TenantKeys {
    TenantKeys {
        refresh: Secret::new([1; 32]),
        pairwise: Secret::new([2; 32]),
        approvals: Secret::new([3; 32]),
    }
}

/// A moment of this second, with this seed.
pub(crate) fn moment(seconds: i64, seed: u8) -> crate::Moment {
    crate::Moment {
        now: Time::from_unix(seconds),
        seed: [seed; 32],
    }
}

#[test]
fn what_is_written_reads_back_as_the_same() {
    /// Reads a row and writes it again.
    type Round = fn(&Value) -> Value;
    let rows: [(Round, Value); 6] = [
        (
            |row| user_row(&user(row)),
            json!({"id": "u", "login": "alice@demo.test", "profile": {"name": "Alice"}, "groups": ["finance"], "epoch": 2, "created_at": 1, "disabled_at": 3}),
        ),
        (
            |row| browser_session_row(&browser_session(row)),
            json!({"id": "b", "digest": "d", "user_id": "u", "method": "password", "signed_in_at": 1, "browser": "B", "expires_at": 9, "last_seen_at": 2, "ended_at": 3}),
        ),
        (
            |row| group_row(&group(row)),
            json!({"id": "approver", "kind": "role", "name": "Approvers", "created_at": 1}),
        ),
        (
            |row| rule_row(&rule(row)),
            json!({"id": "r", "effect": "forbid", "client_id": "c", "scope": "a", "resource": "https://r.example", "group": "finance", "made_by": "admin", "created_at": 1}),
        ),
        (
            |row| code_row(&code(row)),
            json!({"id": "k", "digest": "d", "request": "q", "client_id": "c", "user_id": "u", "grant": "g", "scope": "a b", "aud": "-",
                "redirect_uri": "https://app.example/cb", "code_challenge": "x", "dpop_jkt": "j", "auth_time": 1, "method": "password", "browser_session": "b", "nonce": "n", "id_claims": ["email"],
                "created_at": 2, "redeemed": "g2"}),
        ),
        (
            |row| family_row(&family(row)),
            json!({"id": "f", "grant": "g", "client_id": "c", "jkt": "j", "auth_time": 1, "method": "password", "browser_session": "b", "generation": 2, "turned_at": 3, "request": "d", "created_at": 1}),
        ),
    ];
    for (round, row) in rows {
        assert_eq!(round(&row), row);
    }
}

/// These members instead of those of a row; `null` leaves one out.
pub(crate) fn with(mut row: Value, changed: &Value) -> Value {
    for (name, value) in changed.as_object().unwrap() {
        row[name] = value.clone();
    }
    row.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    row
}

/// The client, proved as far as it can be.
pub(crate) fn by(client: Client) -> Caller {
    Caller::plain(match client.authentication {
        Authentication::Nothing => Who::PublicClient(PublicClient { client }),
        Authentication::SecretBasic { .. }
        | Authentication::SecretPost { .. }
        | Authentication::PrivateKeyJwt
        | Authentication::Tls
        | Authentication::SelfSignedTls
        | Authentication::Attestation => Who::PureMachine(PureMachine { client }),
    })
}
