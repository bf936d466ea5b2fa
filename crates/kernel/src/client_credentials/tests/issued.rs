//! What the token is: for whom, for what, where, how long, bound to what; and what the answer relies on.

use proof::{Algorithm, Time};
use serde_json::{Value, json};

use super::*;

#[test]
fn without_scope_the_token_gets_what_the_grant_and_the_place_share() {
    let resource = || Some(here());
    let at_resource = format!("resource={HERE}");
    let cases = [
        (
            at_resource.as_str(),
            resource(),
            vec![("g1", "admin read write")],
            "read write",
            "g1",
            "the resource knows no admin",
        ),
        (
            "",
            None,
            vec![("g1", "admin read write")],
            "admin read write",
            "g1",
            "our own endpoints know every scope",
        ),
        (
            at_resource.as_str(),
            resource(),
            vec![("g1", "admin"), ("g2", "read")],
            "read",
            "g2",
            "a grant that gives nothing is passed over",
        ),
        (
            at_resource.as_str(),
            resource(),
            vec![("g1", "admin"), ("g2", "")],
            "",
            "g1",
            "unless all give nothing",
        ),
    ];
    for (body, resource, grants, scope, grant, claim) in cases {
        let grants = grants.iter().map(|(id, scope)| vec![root(id, scope)]).collect();
        let decision = answered(body, &called_by(machine()), resource, grants);
        let made = record(&decision);
        assert_eq!((made.scope.as_str(), made.grant.as_str()), (scope, grant), "{claim}");
        let claimed = claims(&decision).get("scope").and_then(Value::as_str);
        assert_eq!(
            claimed,
            Some(scope).filter(|scope| !scope.is_empty()),
            "no empty scope claim (RFC 9068 s2.2.3): {claim}"
        );
    }
}

#[test]
fn without_resource_the_token_is_for_our_own_endpoints() {
    let decision = with_one_grant("scope=admin", &called_by(machine()), None);
    assert_eq!(record(&decision).audience, Audience::Issuer);
    assert_eq!(claims(&decision)["aud"], ISSUER);
    let elsewhere = facts::grant(&json!({
        "id": "g", "client_id": "machine", "scope": "admin", "resources": [HERE], "own_endpoints": false,
    }));
    let decision = answered("", &called_by(machine()), None, vec![vec![elsewhere]]);
    assert_eq!(
        why(&decision),
        Some(Why::ResourceNotGranted),
        "a grant for a resource alone does not reach us"
    );
}

#[test]
fn the_token_lives_as_the_tenant_says_and_never_longer_than_its_grant() {
    let cases = [
        (300, None, 300, "the tenant's lifetime"),
        (60, None, 60, "the shortest a tenant may choose"),
        (3_600, None, 3_600, "the longest a tenant may choose"),
        (300, Some(301), 300, "the grant outlives it"),
        (300, Some(300), 300, "both end together"),
        (300, Some(299), 299, "the grant ends first"),
        (300, Some(1), 1, "a second is left"),
    ];
    for (access_token_seconds, left, expected, claim) in cases {
        let tenant = Tenant {
            settings: Settings {
                access_token_seconds,
                ..tenant().settings
            },
            ..tenant()
        };
        let mut row = json!({ "id": "g", "client_id": "machine", "scope": "read", "resources": [HERE] });
        if let Some(left) = left {
            row["expires_at"] = NOW.saturating_add(left).into();
        }
        let facts = Facts {
            budgets: std::collections::BTreeMap::new(),
            types: crate::detail::Types::default(),
            policy: crate::policy::Policy::built_in(),
            client_epoch: None,
            keys: &people::any_tenant_keys(),
            approvals: Vec::new(),
            tenant: &tenant,
            resource: None,
            grants: vec![vec![facts::grant(&row)]],
        };
        let decision = decide(&ask("").unwrap(), &called_by(machine()), &facts, &at());
        let end = NOW.saturating_add(expected);
        assert_eq!(kind_and_life(&decision).1, expected, "{claim}");
        assert_eq!(record(&decision).expires.unix(), end, "{claim}");
        assert_eq!(claims(&decision)["exp"], end, "{claim}");
    }
}

#[test]
fn the_algorithm_is_the_clients_choice_then_the_resources_then_eddsa() {
    let (ed, es) = (Algorithm::EdDSA, Algorithm::ES256);
    let cases = [
        (None, None, ed),
        (None, Some(es), es),
        (None, Some(ed), ed),
        (Some(es), None, es),
        (Some(es), Some(ed), es),
        (Some(ed), Some(es), ed),
    ];
    for (of_client, of_resource, expected) in cases {
        let caller = called_by(Client {
            token_algorithm: of_client,
            ..machine()
        });
        let resource = Resource {
            token_algorithm: of_resource,
            ..here()
        };
        let decision = with_one_grant(&format!("resource={HERE}"), &caller, Some(resource));
        assert_eq!(
            decision.sign()[0].signing.algorithm,
            expected,
            "client {of_client:?}, resource {of_resource:?}"
        );
    }
}

#[test]
fn the_token_is_bound_exactly_when_a_key_was_proved() {
    let required = Client {
        binding: Binding::Required,
        ..machine()
    };
    let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    for caller in [bound(machine()), bound(required)] {
        let decision = with_one_grant("", &caller, None);
        assert_eq!(claims(&decision)["cnf"], json!({ "jkt": key }), "RFC 9449 s6.1");
        assert_eq!(
            record(&decision)
                .key
                .as_ref()
                .map(crate::Confirmation::as_row)
                .as_deref(),
            Some(key)
        );
        assert_eq!(kind_and_life(&decision).0.name(), "DPoP", "RFC 9449 s5");
        assert_eq!(decision.change().events[0].body["bound"], true);
    }
    let x5t = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"; // RFC 8705 App. A
    let by_certificate = Caller {
        key: Some(crate::Confirmation::Certificate(x5t.to_owned())),
        ..called_by(machine())
    };
    let decision = with_one_grant("", &by_certificate, None);
    assert_eq!(claims(&decision)["cnf"], json!({ "x5t#S256": x5t }), "RFC 8705 s3.1");
    assert_eq!(kind_and_life(&decision).0.name(), "Bearer", "RFC 8705 s3");
    let decision = with_one_grant("", &called_by(machine()), None);
    assert_eq!(claims(&decision).get("cnf"), None);
    assert_eq!(record(&decision).key, None);
    assert_eq!(kind_and_life(&decision).0.name(), "Bearer", "RFC 6750");
    assert_eq!(decision.change().events[0].body["bound"], false);
}

#[test]
fn the_claims_are_those_of_rfc_9068_and_no_others() {
    let decision = with_one_grant(&format!("scope=read&resource={HERE}"), &bound(machine()), Some(here()));
    let expected = json!({
        "iss": ISSUER,
        "sub": "machine",
        "aud": HERE,
        "client_id": "machine",
        "iat": NOW,
        "exp": 1_795_000_300_i64,
        "jti": record(&decision).id.as_str(),
        "scope": "read",
        "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
    });
    assert_eq!(Value::from(claims(&decision).clone()), expected);
    assert_eq!(decision.sign().len(), 1);
    assert_eq!(decision.sign()[0].typ, "at+jwt", "RFC 9068 s2.1");
}

#[test]
fn the_answer_relies_on_every_grant_of_the_path_and_on_a_new_token() {
    let top = Grant {
        epoch: 5,
        ..root("r", "read write")
    };
    let leaf = Grant {
        epoch: 9,
        ..child("l", &top, "read")
    };
    let other = vec![root("other", "write")];
    let decision = asked("read", vec![other, vec![leaf, top]]);
    let live = |id: &str, epoch| {
        Guard::Grant(grant::Guard::Live {
            id: facts::id(id),
            epoch,
        })
    };
    let made = record(&decision).clone();
    let expected = [
        live("l", 9),
        live("r", 5),
        Guard::Client(crate::client::Guard::Unchanged {
            id: facts::id("machine"),
            epoch: 0,
        }),
        Guard::Policy(crate::policy::Guard::Unchanged { version: 0 }),
        Guard::Token(token::Guard::Create(Box::new(made.clone()))),
    ];
    assert_eq!(decision.change().guards, expected);
    assert_eq!(
        made,
        token::Record {
            powers: crate::power::Powers::default(),
            id: at().id("token"),
            grant: facts::id("l"),
            client: facts::id("machine"),
            audience: Audience::Resource(facts::uri(HERE)),
            scope: "read".to_owned(),
            key: None,
            issued: at().now,
            expires: Time::from_unix(1_795_000_300),
            revoked: None,
        }
    );
    assert!(decision.change().sure.is_empty());
    let used = Touch::ClientUsed {
        id: facts::id("machine"),
        at: at().now,
    };
    assert_eq!(decision.change().touches, [used]);
}

#[test]
fn the_audit_entry_names_the_token_the_grant_the_place_and_the_end() {
    let decision = with_one_grant(
        &format!("scope=write&resource={HERE}"),
        &called_by(machine()),
        Some(here()),
    );
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(event.kind.name(), "token.issued");
    assert_eq!(event.actor.as_deref(), Some("machine"));
    assert_eq!(event.about.as_deref(), Some(record(&decision).id.as_str()));
    assert_eq!(event.request_id, at().request_id());
    let expected =
        json!({ "grant": "g", "audience": HERE, "scope": "write", "expires": 1_795_000_300_i64, "bound": false });
    assert_eq!(Value::from(event.body.clone()), expected);
}

#[test]
fn nothing_of_the_decision_holds_a_secret() {
    let seed = Moment {
        now: at().now,
        seed: *b"canary-canary-canary-canary-seed",
    };
    let tenant = tenant();
    for (scope, grants) in [
        ("read", vec![vec![root("g", "read")]]),
        ("write", vec![vec![root("g", "read")]]),
    ] {
        let request = ask(&format!("scope={scope}&resource={HERE}")).unwrap();
        let facts = Facts {
            budgets: std::collections::BTreeMap::new(),
            types: crate::detail::Types::default(),
            policy: crate::policy::Policy::built_in(),
            client_epoch: None,
            keys: &people::any_tenant_keys(),
            approvals: Vec::new(),
            tenant: &tenant,
            resource: Some(here()),
            grants,
        };
        let decision = format!("{:?}", decide(&request, &bound(machine()), &facts, &seed));
        for secret in ["a-digest-nobody-may-see", "canary", &format!("{:?}", seed.seed)] {
            assert!(!decision.contains(secret), "{secret} in {decision}");
        }
    }
}
