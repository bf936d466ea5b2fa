//! How administration shows things: RFC 7591 member names where there are some. What is not there is left out, never `null`.

use proof::{Time, json::Object};
use serde_json::{Value, json};

use super::clients::resources_of;
use crate::{
    approval::{Approval, State, Whom, Yes},
    authority::Audience,
    browser_session::BrowserSession,
    capability::Capability,
    client::{Binding, Client, Introspects, Registration},
    consent::{Clients, Rule},
    detail::DetailType,
    grant::{Grant, Holder, Source, Status, Subject},
    id::Id,
    key::SigningKey,
    policy::{BUILT_IN, Entity, PolicySet, Verdict},
    redirect_uri::RedirectUri,
    registration,
    resource::{Resource, ResourceUri},
    tenant::{Administrator, Documents, NonceRule, PkceRule, PushedRequests, Reach, Tenant},
    user::{Group, User},
};

/// A client, and when it was last used if that is known. Never its secret, nor the digest of it.
pub fn client(client: &Client, last_used: Option<Time>) -> Object {
    let mut o = Object::new();
    o.insert("client_id".into(), client.id.as_str().into());
    o.insert("client_name".into(), client.name.as_str().into());
    o.insert(
        "token_endpoint_auth_method".into(),
        client.authentication.method().name().into(),
    );
    o.insert(
        "grant_types".into(),
        client.grant_types.iter().map(|grant_type| grant_type.name()).collect(),
    );
    o.insert(
        "dpop_bound_access_tokens".into(),
        (client.binding == Binding::Required).into(),
    );
    o.insert(
        "introspects_everything".into(),
        (client.introspects == Introspects::Everything).into(),
    );
    o.insert("created_at".into(), client.created.unix().into());
    if !client.redirect_uris.is_empty() {
        o.insert(
            "redirect_uris".into(),
            client.redirect_uris.iter().map(RedirectUri::as_str).collect(),
        );
    }
    if let Some(kind) = client.application_type.name() {
        o.insert("application_type".into(), kind.into());
    }
    if let Some(uri) = &client.uri {
        o.insert("client_uri".into(), uri.as_str().into());
    }
    let registered = match client.registration {
        Registration::Administrator => "administrator",
        Registration::Document { .. } => "document",
        Registration::Itself { .. } => "itself",
    };
    o.insert("registered_by".into(), registered.into());
    insert_time(&mut o, "expires_at", client.expires);
    if let Some(approvers) = &client.approvers {
        o.insert("approvers".into(), approvers.group.as_str().into());
        o.insert("approval_quorum".into(), approvers.quorum.into());
    }
    registration::keys(&mut o, client.keys.as_ref());
    client.further.write(&mut o);
    if let Some(algorithm) = client.token_algorithm {
        o.insert("access_token_signed_response_alg".into(), algorithm.name().into());
    }
    insert_time(&mut o, "disabled_at", client.disabled);
    insert_time(&mut o, "last_used_at", last_used);
    o
}

/// Adds a secret that is shown this once (RFC 7591 s3.2.1: a secret comes with its expiry, 0 for none).
pub(super) fn with_secret(mut document: Object, secret: Option<String>) -> Object {
    if let Some(secret) = secret {
        document.insert("client_secret".into(), secret.into());
        document.insert("client_secret_expires_at".into(), 0.into());
    }
    document
}

/// A version of a tenant's policies.
pub fn policy_set(set: &PolicySet) -> Object {
    let mut o = Object::new();
    o.insert("version".into(), set.version.into());
    o.insert("policies".into(), set.policies.as_str().into());
    if let Some(schema) = &set.schema {
        o.insert("schema".into(), schema.as_str().into());
    }
    let capabilities = set.capabilities.iter().map(|one| Value::Object(capability(one)));
    o.insert("capabilities".into(), capabilities.collect());
    if !set.entities.is_empty() {
        o.insert("entities".into(), set.entities.iter().map(Entity::document).collect());
    }
    o.insert("applied_by".into(), set.by.as_str().into());
    o.insert("created_at".into(), set.created.unix().into());
    o
}

/// What counts before a tenant applied any: version 0.
pub fn built_in_policies() -> Object {
    let capabilities = Capability::seeded();
    let mut o = Object::new();
    o.insert("version".into(), 0.into());
    o.insert("policies".into(), BUILT_IN.into());
    let capabilities = capabilities.iter().map(|one| Value::Object(capability(one)));
    o.insert("capabilities".into(), capabilities.collect());
    o
}

/// A capability; what it does not have is left out.
pub fn capability(capability: &Capability) -> Object {
    let mut o = capability.document();
    o.retain(|_, value| !value.is_null());
    o
}

/// What policies say to a question.
pub fn verdict(verdict: &Verdict) -> Object {
    let mut o = Object::new();
    o.insert("answer".into(), verdict.answer.name().into());
    o.insert("decided".into(), json!(verdict.decided));
    let demands = &verdict.demands;
    let approvers = demands
        .approvers
        .iter()
        .map(|one| json!({ "group": one.group, "quorum": one.quorum }));
    let mut demanded = Object::new();
    if let Some(strength) = demands.strength {
        demanded.insert("strength".into(), strength.name().into());
    }
    demanded.insert("approvers".into(), approvers.collect());
    if let Some(seconds) = demands.lifetime_seconds {
        demanded.insert("lifetime_seconds".into(), seconds.into());
    }
    demanded.insert("reasons".into(), json!(demands.reasons));
    o.insert("demands".into(), Value::Object(demanded));
    o.insert("failed".into(), json!(verdict.failed));
    if let Some(what) = &verdict.unfit {
        o.insert("unfit".into(), what.as_str().into());
    }
    o.insert("looked_at".into(), verdict.looked_at.into());
    o
}

/// A resource.
pub fn resource(resource: &Resource) -> Object {
    let mut o = Object::new();
    o.insert("resource".into(), resource.uri.as_str().into());
    o.insert("resource_name".into(), resource.name.as_str().into());
    o.insert("scopes".into(), json!(resource.scopes));
    if !resource.implied.is_empty() {
        o.insert("implied_scopes".into(), json!(resource.implied));
    }
    o.insert(
        "introspection_clients".into(),
        resource.introspectors.iter().map(Id::as_str).collect(),
    );
    o.insert("created_at".into(), resource.created.unix().into());
    if let Some(algorithm) = resource.token_algorithm {
        o.insert("access_token_signed_response_alg".into(), algorithm.name().into());
    }
    insert_time(&mut o, "disabled_at", resource.disabled);
    o
}

/// A grant: the power of attorney, as one document.
pub fn grant(grant: &Grant) -> Object {
    let mut o = Object::new();
    o.insert("id".into(), grant.id.as_str().into());
    match &grant.holder {
        Holder::Client(id) => o.insert("client_id".into(), id.as_str().into()),
        Holder::Host(id) => o.insert("host_id".into(), id.as_str().into()),
        Holder::Session(id) => o.insert("session_id".into(), id.as_str().into()),
    };
    if let Subject::User(user) = &grant.subject {
        o.insert("user_id".into(), user.as_str().into());
    }
    o.insert("scope".into(), grant.authority.scopes().joined().into());
    o.insert(
        "resources".into(),
        resources_of(&grant.authority).map(ResourceUri::as_str).collect(),
    );
    o.insert(
        "own_endpoints".into(),
        grant.authority.audiences().contains(&Audience::Issuer).into(),
    );
    o.insert("depth".into(), grant.authority.depth().into());
    if !grant.authority.details().is_empty() {
        o.insert("authorization_details".into(), grant.authority.details().value());
    }
    if !grant.authority.powers().is_empty() {
        o.insert("capabilities".into(), grant.authority.powers().told());
    }
    insert_time(&mut o, "expires_at", grant.authority.expires());
    if let Some(parent) = &grant.parent {
        o.insert("parent".into(), parent.as_str().into());
    }
    match &grant.source {
        Source::Administrator(giver) => o.insert("given_by".into(), giver.as_str().into()),
        Source::Person { .. } => o.insert("given_by".into(), "person".into()),
        Source::Organisation { .. } => o.insert("given_by".into(), "consent rules".into()),
        Source::Approval(_) => o.insert("given_by".into(), "approval".into()),
        Source::Redeemed => o.insert("given_by".into(), "authorization".into()),
    };
    o.insert("created_at".into(), grant.created.unix().into());
    let mut terms = Object::new();
    if let Some(seconds) = grant.terms.idle_seconds {
        terms.insert("idle_seconds".into(), seconds.into());
    }
    if let Some(owner) = &grant.terms.owner {
        terms.insert("owner".into(), owner.as_str().into());
    }
    if grant.terms.once {
        o.insert("once".into(), true.into());
    }
    if grant.terms.risk {
        terms.insert("risk".into(), true.into());
    }
    if !terms.is_empty() {
        o.insert("revocation".into(), terms.into());
    }
    match grant.status {
        Status::Active => o.insert("status".into(), "active".into()),
        Status::Denied => o.insert("status".into(), "denied".into()),
        Status::Revoked { at } => {
            o.insert("revoked_at".into(), at.unix().into());
            o.insert("status".into(), "revoked".into())
        }
    };
    o
}

/// A tenant.
pub fn tenant(tenant: &Tenant) -> Object {
    let mut o = Object::new();
    o.insert("id".into(), tenant.id.as_str().into());
    o.insert("name".into(), tenant.name.as_str().into());
    o.insert("issuer".into(), tenant.issuer.as_str().into());
    o.insert(
        "dpop_nonce_required".into(),
        (tenant.settings.dpop_nonce == NonceRule::Demanded).into(),
    );
    o.insert(
        "access_token_seconds".into(),
        tenant.settings.access_token_seconds.into(),
    );
    o.insert(
        "client_documents".into(),
        (tenant.settings.client_documents == Documents::Accepted).into(),
    );
    o.insert("registration".into(), tenant.settings.registration.name().into());
    o.insert(
        "dpop_required".into(),
        (tenant.settings.binding == Binding::Required).into(),
    );
    o.insert("security_profile".into(), tenant.settings.profile.name().into());
    o.insert(
        "require_pushed_authorization_requests".into(),
        (tenant.settings.pushed_requests == PushedRequests::Required).into(),
    );
    o.insert("require_pkce".into(), (tenant.settings.pkce == PkceRule::Always).into());
    o.insert("device_grant".into(), tenant.settings.device_grant.is_on().into());
    o.insert(
        "deferred_token_response".into(),
        tenant.settings.deferred.is_on().into(),
    );
    o.insert("created_at".into(), tenant.created.unix().into());
    insert_time(&mut o, "disabled_at", tenant.disabled);
    o
}

/// An administrator, without the token.
pub fn administrator(administrator: &Administrator) -> Object {
    let mut o = Object::new();
    o.insert("id".into(), administrator.id.as_str().into());
    o.insert("name".into(), administrator.name.as_str().into());
    let reach = match administrator.reach {
        Reach::Registration => "registration",
        Reach::Tenant => "tenant",
        Reach::Installation => "installation",
    };
    o.insert("reach".into(), reach.into());
    o.insert("created_at".into(), administrator.created.unix().into());
    insert_time(&mut o, "expires_at", administrator.expires);
    o
}

/// A person. Never a credential of theirs.
pub fn user(user: &User) -> Object {
    let mut o = Object::new();
    o.insert("id".into(), user.id.as_str().into());
    o.insert("login".into(), user.login.as_str().into());
    o.insert("profile".into(), Value::Object(user.profile.claims().clone()));
    o.insert("groups".into(), user.memberships.iter().map(Id::as_str).collect());
    o.insert("created_at".into(), user.created.unix().into());
    insert_time(&mut o, "disabled_at", user.disabled);
    o
}

/// A group or role.
pub fn group(group: &Group) -> Object {
    let mut o = Object::new();
    o.insert("id".into(), group.id.as_str().into());
    o.insert("kind".into(), group.kind.name().into());
    o.insert("name".into(), group.name.as_str().into());
    o.insert("created_at".into(), group.created.unix().into());
    o
}

/// A rule of central consent; what is left out is every one.
pub fn rule(rule: &Rule) -> Object {
    let mut o = Object::new();
    o.insert("id".into(), rule.id.as_str().into());
    o.insert("effect".into(), rule.effect.name().into());
    match &rule.clients {
        Clients::Every => {}
        Clients::Unregistered => {
            o.insert("clients".into(), "unregistered".into());
        }
        Clients::One(id) => {
            o.insert("client_id".into(), id.as_str().into());
        }
    }
    if let Some(scope) = &rule.scope {
        o.insert("scope".into(), scope.as_str().into());
    }
    if let Some(resource) = &rule.resource {
        o.insert("resource".into(), resource.as_str().into());
    }
    if let Some(group) = &rule.group {
        o.insert("group".into(), group.as_str().into());
    }
    o.insert("made_by".into(), rule.by.as_str().into());
    o.insert("created_at".into(), rule.created.unix().into());
    o
}

/// A type of authorization details.
pub fn detail_type(kind: &DetailType) -> Object {
    let mut o = Object::new();
    o.insert("type".into(), kind.id.as_str().into());
    o.insert("name".into(), kind.name.as_str().into());
    o.insert("words".into(), kind.words_row().into());
    o.insert("schema".into(), kind.schema.clone().into());
    o.insert("narrowing".into(), kind.narrowing_row().into());
    o.insert("created_at".into(), kind.created.unix().into());
    o
}

/// A browser session. Never its cookie, nor the digest of it.
pub fn browser_session(session: &BrowserSession) -> Object {
    let mut o = Object::new();
    o.insert("id".into(), session.id.as_str().into());
    o.insert("user_id".into(), session.user.as_str().into());
    o.insert("method".into(), session.method.name().into());
    o.insert("signed_in_at".into(), session.authenticated.unix().into());
    o.insert("last_seen_at".into(), session.seen.unix().into());
    o.insert("expires_at".into(), session.expires.unix().into());
    o.insert("browser".into(), session.agent.as_str().into());
    insert_time(&mut o, "ended_at", session.ended);
    o
}

/// An approval as it is now: who was asked by whom, for exactly what, and what they said. Never its handle, nor what its code is found by.
pub fn approval(approval: &Approval, now: Time) -> Object {
    let approval = approval.clone().as_of(now);
    let mut o = Object::new();
    o.insert("id".into(), approval.id.as_str().into());
    o.insert("door".into(), approval.door.name().into());
    o.insert("client_id".into(), approval.client.as_str().into());
    o.insert("state".into(), approval.state.name().into());
    o.insert("scope".into(), approval.asks.scopes.joined().into());
    if !approval.asks.details.is_empty() {
        o.insert("authorization_details".into(), approval.asks.details.value());
    }
    if let Some(question) = &approval.asks.question {
        o.insert("question".into(), Value::Object(question.document()));
    }
    if let Audience::Resource(uri) = &approval.asks.audience {
        o.insert("resource".into(), uri.as_str().into());
    }
    if let Some(message) = &approval.asks.message {
        o.insert("binding_message".into(), message.as_str().into());
    }
    match &approval.whom {
        Whom::WhoeverHasTheCode => {}
        Whom::Person(user) => {
            o.insert("user_id".into(), user.as_str().into());
        }
        Whom::Members(panel) => {
            if let Some((group, _)) = panel.only() {
                o.insert("approvers".into(), group.as_str().into());
            }
            o.insert("approval_quorum".into(), panel.seats().into());
            let seats = approval.seats();
            let groups = seats
                .iter()
                .map(|seats| json!({ "group": seats.group.as_str(), "quorum": seats.quorum, "yes": seats.yes }));
            o.insert("approval_groups".into(), groups.collect());
        }
    }
    let yes: Vec<Value> = approval.state.yes().iter().map(said).collect();
    o.insert("approved_by".into(), yes.into());
    match &approval.state {
        State::Denied { by, .. } => {
            o.insert("denied_by".into(), by.as_str().into());
        }
        State::Approved { gift, .. } => {
            if let Some(grant) = gift.grant() {
                o.insert("grant".into(), grant.as_str().into());
            }
        }
        State::Redeemed { grant, .. } => {
            o.insert("grant".into(), grant.as_str().into());
        }
        State::Asked
        | State::Clarifying { .. }
        | State::PartlyApproved { .. }
        | State::Cancelled { .. }
        | State::Expired { .. } => {}
    }
    o.insert("payload_hash".into(), approval.payload_hash.as_str().into());
    o.insert("bound".into(), approval.key.is_some().into());
    if let Some(from) = &approval.started_from {
        o.insert("started_from".into(), from.as_str().into());
    }
    o.insert("created_at".into(), approval.created.unix().into());
    o.insert("expires_at".into(), approval.expires.unix().into());
    insert_time(&mut o, "answered_at", approval.state.answered());
    o
}

/// A yes: who, to what, and how they proved themselves.
fn said(yes: &Yes) -> Value {
    let mut o = Object::new();
    o.insert("user_id".into(), yes.by.as_str().into());
    o.insert("scope".into(), yes.scopes.joined().into());
    if !yes.details.is_empty() {
        o.insert("authorization_details".into(), yes.details.value());
    }
    o.insert("payload_hash".into(), yes.payload_hash.as_str().into());
    o.insert("method".into(), yes.presence.method.name().into());
    o.insert("auth_time".into(), yes.presence.authenticated.unix().into());
    if let Some(passkey) = &yes.signed_by {
        o.insert("signed_by".into(), passkey.as_str().into());
    }
    o.insert("at".into(), yes.at.unix().into());
    o.into()
}

/// A signing key: its public half and what it does now.
pub fn key(key: &SigningKey, now: Time) -> Object {
    let mut o = Object::new();
    o.insert("kid".into(), key.kid.as_str().into());
    o.insert("alg".into(), key.algorithm.name().into());
    o.insert("created_at".into(), key.created.unix().into());
    o.insert("active_from".into(), key.active_from.unix().into());
    o.insert(
        "state".into(),
        if key.active_from > now { "published" } else { "active" }.into(),
    );
    o.insert(
        "public_jwk".into(),
        serde_json::from_str(&key.public_jwk).unwrap_or(Value::Null),
    );
    o
}

/// A list under its name.
pub fn list(name: &str, items: Vec<Object>) -> Object {
    let mut o = Object::new();
    o.insert(
        name.to_owned(),
        Value::Array(items.into_iter().map(Value::Object).collect()),
    );
    o
}

fn insert_time(o: &mut Object, name: &str, time: Option<Time>) {
    if let Some(time) = time {
        o.insert(name.to_owned(), time.unix().into());
    }
}
