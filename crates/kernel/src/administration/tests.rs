//! What each command does, what it refuses, who may give it, and that a secret is in the answer and nowhere else.

mod clients;
mod consents;
mod detail_types;
mod further;
mod grants;
mod people_and_groups;
mod policies;
mod secrets;
mod tenants;

use proof::Time;
use serde_json::{Value, json};

use super::*;
use crate::{
    caller::{BrowserUser, Caller, PublicClient, PureMachine, Who},
    client,
    decision::{Answer, Change, Decision, Guard, Reply, Write},
    event::EventKind,
    grant,
    moment::Moment,
    vectors::{self, Outcome, command, facts, people, signer},
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const HERE: &str = "https://mcp.example/mcp";
const THERE: &str = "https://api.example/v1";

#[test]
fn golden_vectors_of_administration_hold() {
    vectors::golden("administration", |vector| {
        let loaded = vector.facts(&[
            "administrator",
            "client",
            "resources",
            "path",
            "tenant",
            "user",
            "groups",
            "detail_types",
            "admitted_details",
            "refused_details",
        ]);
        let list = |name: &str| loaded.get(name).and_then(Value::as_array).into_iter().flatten();
        let facts = Facts {
            client: loaded.get("client").map(facts::client),
            resources: list("resources").map(facts::resource).collect(),
            path: list("path").map(facts::grant).collect(),
            tenant: loaded.get("tenant").map(facts::tenant),
            user: loaded.get("user").map(people::user),
            groups: list("groups").map(people::group).collect(),
            types: vectors::details::types(loaded),
            ..Facts::default()
        };
        let caller = vectors::administrator(&loaded["administrator"]);
        Outcome::Decided(decide(&command(&vector.request), &caller, &facts, &vector.at))
    });
}

fn at() -> Moment {
    Moment {
        now: Time::from_unix(NOW),
        seed: [7; 32],
    }
}

fn of_installation() -> Caller {
    vectors::administrator(&json!({ "id": "admin", "reach": "installation" }))
}

fn of_tenant() -> Caller {
    vectors::administrator(&json!({ "id": "admin", "reach": "tenant" }))
}

/// A client, two resources, a path of two grants and a tenant: what the commands below name.
fn loaded() -> Facts {
    Facts {
        client: Some(facts::client(&json!({
            "client_id": "atlas", "client_name": "Atlas", "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "old-digest",
            "grant_types": ["client_credentials"], "epoch": 4, "created_at": 1000,
        }))),
        resources: vec![
            facts::resource(&json!({ "resource": HERE, "scopes": { "read": "see it", "write": "change it" } })),
            facts::resource(&json!({ "resource": THERE, "scopes": { "pay": "pay with it" } })),
        ],
        path: facts::path(&json!([
            { "id": "parent", "client_id": "atlas", "scope": "read write", "resources": [HERE], "parent": "top", "depth": 1, "expires_at": NOW.saturating_add(1000), "epoch": 1 },
            { "id": "top", "client_id": "atlas", "scope": "read write", "resources": [HERE, THERE], "depth": 2, "epoch": 2 },
        ])),
        tenant: Some(facts::tenant(
            &json!({ "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme" }),
        )),
        ..Facts::default()
    }
}

/// A person in a group, her browser session, and a rule: what the commands about people name.
fn of_people() -> Facts {
    Facts {
        user: Some(people::user(&json!({
            "id": "alice", "login": "alice@demo.test", "profile": { "name": "Alice", "locale": "de" }, "groups": ["finance"], "epoch": 5, "created_at": 1000,
        }))),
        groups: vec![people::group(
            &json!({ "id": "finance", "kind": "group", "name": "Finance", "created_at": 1000 }),
        )],
        rule: Some(people::rule(
            &json!({ "id": "rule-1", "effect": "forbid", "scope": "read", "created_at": 1000 }),
        )),
        browser_session: Some(people::browser_session(&json!({
            "id": "browser-1", "digest": "a-digest-nobody-may-see", "user_id": "alice", "method": "password", "signed_in_at": 1000, "browser": "Firefox",
        }))),
        ..Facts::default()
    }
}

/// What a command finds that names nothing yet known, among two resources.
fn new_client() -> Facts {
    Facts {
        client: None,
        ..loaded()
    }
}

/// These facts with no other resources than those that the command names.
fn naming(command: &Value, facts: &Facts) -> Facts {
    let named = command["resources"].as_array().unwrap();
    let resources = facts
        .resources
        .iter()
        .filter(|resource| named.contains(&resource.uri.as_str().into()));
    Facts {
        client: facts.client.clone(),
        resources: resources.cloned().collect(),
        path: facts.path.clone(),
        tenant: facts.tenant.clone(),
        ..Facts::default()
    }
}

/// Each command in a form that succeeds, with the facts it needs.
fn commands() -> Vec<(Value, Facts)> {
    let secret_client = json!({ "client_name": "Atlas", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "scope": "read", "resources": [HERE] });
    let key = json!({ "kid": "k", "alg": "EdDSA", "created_at": NOW, "active_from": NOW.saturating_add(900), "public_jwk": signer::ed25519_jwk(), "sealed": "sealed-private-half" });
    vec![
        (json!({ "create_client": secret_client }), new_client()),
        (
            json!({ "change_client": { "client_id": "atlas", "disabled": true } }),
            loaded(),
        ),
        (json!({ "rotate_client_secret": { "client_id": "atlas" } }), loaded()),
        (
            json!({ "create_resource": { "resource": HERE, "resource_name": "Files", "scopes": { "read": "see it" } } }),
            Facts::default(),
        ),
        (
            json!({ "set_resource_disabled": { "resource": HERE, "disabled": true } }),
            loaded(),
        ),
        (
            json!({ "create_grant": { "client_id": "atlas", "scope": "read", "resources": [HERE] } }),
            loaded(),
        ),
        (json!({ "revoke_grant": { "id": "parent" } }), loaded()),
        (
            json!({ "create_administrator": { "name": "Alice", "reach": "tenant" } }),
            Facts::default(),
        ),
        (json!({ "rotate_keys": { "keys": [key] } }), Facts::default()),
        (
            json!({ "change_tenant": { "id": "acme", "access_token_seconds": 60 } }),
            loaded(),
        ),
        (
            json!({ "create_user": { "login": "carol@demo.test", "groups": ["finance"] } }),
            Facts {
                user: None,
                ..of_people()
            },
        ),
        (
            json!({ "change_user": { "id": "alice", "disabled": true } }),
            of_people(),
        ),
        (
            json!({ "set_user_password": { "id": "alice", "password_hash": "new-hash" } }),
            of_people(),
        ),
        (
            json!({ "give_recovery_code": { "id": "alice", "code": "abcd-efgh" } }),
            of_people(),
        ),
        (json!({ "end_user_sessions": { "id": "alice" } }), of_people()),
        (json!({ "end_browser_session": { "id": "browser-1" } }), of_people()),
        (
            json!({ "create_group": { "id": "support", "kind": "role", "name": "Support" } }),
            Facts::default(),
        ),
        (json!({ "drop_group": { "id": "finance" } }), of_people()),
        (
            json!({ "create_rule": { "effect": "forbid", "clients": "unregistered" } }),
            Facts::default(),
        ),
        (json!({ "drop_rule": { "id": "rule-1" } }), of_people()),
        (
            json!({ "create_tenant": { "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme" } }),
            Facts::default(),
        ),
        (
            json!({ "set_tenant_disabled": { "id": "acme", "disabled": true } }),
            loaded(),
        ),
        (
            json!({ "create_administrator": { "name": "Alice", "reach": "installation" } }),
            Facts::default(),
        ),
    ]
}

/// How many of [`commands`], the last ones, are for administrators of the installation only.
const OF_INSTALLATION: usize = 3;

fn run(request: &Value, facts: &Facts) -> Decision {
    decide(&command(request), &of_installation(), facts, &at())
}

fn why(decision: &Decision) -> Option<Why> {
    match decision.answer() {
        Answer::Refuse(code, why) => {
            assert_eq!(*code, why.code());
            Some(why.clone())
        }
        Answer::Issue(_) | Answer::Wait(_) => None,
    }
}

/// The document of the answer.
fn document(decision: &Decision) -> Value {
    let Answer::Issue(Reply::Created(document) | Reply::Document(document)) = decision.answer() else {
        panic!("a document, not {:?}", decision.answer());
    };
    document.clone().into()
}

fn created_client(decision: &Decision) -> &client::Client {
    let Some(Guard::Client(client::Guard::Create(client))) = decision.change().guards.first() else {
        panic!("a client, not {:?}", decision.answer());
    };
    client
}

fn created_grant(decision: &Decision) -> &grant::Grant {
    let Some(Guard::Grant(grant::Guard::Create(grant))) = decision.change().guards.last() else {
        panic!("a grant, not {:?}", decision.answer());
    };
    grant
}

fn events(decision: &Decision) -> Vec<(&'static str, Option<&str>)> {
    decision
        .change()
        .events
        .iter()
        .map(|event| (event.kind.name(), event.about.as_deref()))
        .collect()
}

#[test]
fn only_an_administrator_may_give_commands() {
    let client = loaded().client.unwrap();
    let callers = [
        Who::Anyone,
        Who::PublicClient(PublicClient { client: client.clone() }),
        Who::PureMachine(PureMachine { client }),
        Who::BrowserUser(BrowserUser {
            user: people::user(&json!({ "id": "u" })),
            session: people::browser_session(&json!({ "id": "s", "user_id": "u", "signed_in_at": NOW })),
        }),
    ];
    for who in callers {
        for (request, facts) in commands() {
            let decision = decide(&command(&request), &Caller::plain(who.clone()), &facts, &at());
            assert_eq!(why(&decision), Some(Why::AdministratorUnproved), "{request}");
            assert_eq!(
                Why::AdministratorUnproved.code().name(),
                "invalid_token",
                "RFC 6750 s3.1"
            );
        }
    }
}

#[test]
fn a_tenants_administrator_commands_the_tenant_and_not_the_installation() {
    let commands = commands();
    let of_installation_from = commands.len().saturating_sub(OF_INSTALLATION);
    for (n, (request, facts)) in commands.iter().enumerate() {
        assert_eq!(why(&run(request, facts)), None, "{request}");
        let decision = decide(&command(request), &of_tenant(), facts, &at());
        let expected = (n >= of_installation_from).then_some(Why::AdministratorReach);
        assert_eq!(why(&decision), expected, "{request}");
    }
    let nothing_there = Why::Absent("tenant");
    assert_eq!(
        Why::AdministratorReach.code(),
        nothing_there.code(),
        "beyond reach looks like nothing at all"
    );
    assert_eq!(Why::AdministratorReach.said(), nothing_there.said());
}

#[test]
fn beyond_its_reach_an_administrator_does_not_learn_what_exists() {
    for (request, _) in commands().iter().rev().take(OF_INSTALLATION) {
        let decision = decide(&command(request), &of_tenant(), &loaded(), &at());
        assert_eq!(
            why(&decision),
            Some(Why::AdministratorReach),
            "whatever is there: {request}"
        );
    }
}

#[test]
fn every_command_is_told_by_an_event_of_its_own_kind_and_a_refusal_by_one_refusal() {
    let kinds = [
        vec![EventKind::ClientCreated, EventKind::GrantCreated],
        vec![EventKind::ClientChanged],
        vec![EventKind::ClientSecretRotated],
        vec![EventKind::ResourceCreated],
        vec![EventKind::ResourceChanged],
        vec![EventKind::GrantCreated],
        vec![EventKind::GrantRevoked],
        vec![EventKind::AdministratorCreated],
        vec![EventKind::KeyCreated],
        vec![EventKind::TenantChanged],
        vec![EventKind::UserCreated],
        vec![EventKind::UserChanged],
        vec![EventKind::CredentialChanged],
        vec![EventKind::CredentialChanged],
        vec![EventKind::UserSignedOut],
        vec![EventKind::UserSignedOut],
        vec![EventKind::GroupCreated],
        vec![EventKind::GroupDropped],
        vec![EventKind::RuleCreated],
        vec![EventKind::RuleDropped],
        vec![EventKind::TenantCreated],
        vec![EventKind::TenantChanged],
        vec![EventKind::AdministratorCreated],
    ];
    assert_eq!(kinds.len(), commands().len());
    for ((request, facts), expected) in commands().iter().zip(kinds) {
        let decision = run(request, facts);
        let told: Vec<EventKind> = decision.change().events.iter().map(|event| event.kind).collect();
        assert_eq!(told, expected, "{request}");
        for event in &decision.change().events {
            assert_eq!(
                (event.actor.as_deref(), event.at),
                (Some("admin"), at().now),
                "{request}"
            );
            assert!(event.about.is_some(), "{request}");
        }
        let refused = decide(&command(request), &Caller::plain(Who::Anyone), facts, &at());
        assert_eq!(
            Change {
                events: vec![],
                ..refused.change().clone()
            },
            Change::default(),
            "{request}"
        );
        let [event] = refused.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, &event.body["error"]),
            (EventKind::RequestRefused, &json!("invalid_token"))
        );
    }
}

#[test]
fn an_initial_access_token_opens_no_door_of_administration() {
    let caller = vectors::administrator(&json!({ "id": "admin", "reach": "registration" }));
    for (request, facts) in commands() {
        let decision = decide(&command(&request), &caller, &facts, &at());
        assert_eq!(why(&decision), Some(Why::AdministratorReach), "RFC 7591 s3: {request}");
    }
}
