//! Tenants and their administrators.

use serde_json::json;

use super::*;
use crate::{client, tenant};

#[test]
fn tenant_ids_can_be_a_path_segment_and_a_host_label() {
    let longest = "a".repeat(63);
    for good in ["a", "acme", "acme-2", "0", "a--b", longest.as_str()] {
        assert_eq!(tenant::parse_id(good).unwrap().as_str(), good);
    }
    let too_long = "a".repeat(64);
    for bad in [
        "",
        "-",
        "-a",
        "a-",
        "Acme",
        "a_b",
        "a.b",
        "a/b",
        "..",
        "a b",
        "\u{e4}",
        "a\n",
        too_long.as_str(),
    ] {
        assert_eq!(
            tenant::parse_id(bad).unwrap_err().code().name(),
            "invalid_body",
            "{bad:?}"
        );
    }
}

#[test]
fn access_tokens_live_between_a_minute_and_an_hour() {
    for (seconds, accepted) in [
        (i64::MIN, false),
        (0, false),
        (59, false),
        (60, true),
        (300, true),
        (3_600, true),
        (3_601, false),
    ] {
        let create = json!({ "create_tenant": { "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme", "access_token_seconds": seconds } });
        let change = json!({ "change_tenant": { "id": "acme", "access_token_seconds": seconds } });
        for decision in [run(&create, &Facts::default()), run(&change, &loaded())] {
            let code = why(&decision).map(|why| why.code().name());
            assert_eq!(code, (!accepted).then_some("invalid_body"), "{seconds}");
        }
    }
}

#[test]
fn a_tenant_is_made_changed_and_switched() {
    let create = json!({ "create_tenant": { "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme", "dpop_nonce_required": true } });
    let decision = run(&create, &Facts::default());
    let row = json!({
        "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme", "dpop_nonce_required": true, "access_token_seconds": 300, "created_at": NOW,
        "client_documents": true, "registration": "off", "dpop_required": false, "security_profile": "baseline",
        "require_pushed_authorization_requests": false, "require_pkce": true, "device_grant": true, "deferred_token_response": true,
    });
    let expected = facts::tenant(&row);
    assert_eq!(
        decision.change().guards,
        [Guard::Tenant(tenant::Guard::Create(Box::new(expected)))]
    );
    assert_eq!(document(&decision), row);

    let change_of_all = tenant::SettingsChange {
        dpop_nonce: Some(tenant::NonceRule::Demanded),
        access_token_seconds: Some(900),
        client_documents: Some(tenant::Documents::Refused),
        registration: Some(tenant::RegistrationRule::Open),
        binding: Some(client::Binding::Required),
        profile: Some(client::SecurityProfile::Fapi2),
        pushed_requests: Some(tenant::PushedRequests::Required),
        pkce: Some(tenant::PkceRule::OpenIdMayOmit),
        device_grant: Some(tenant::Offered::Off),
        deferred: Some(tenant::Offered::Off),
    };
    let change = json!({ "change_tenant": {
        "id": "acme", "dpop_nonce_required": true, "access_token_seconds": 900, "client_documents": false, "registration": "open", "dpop_required": true,
        "security_profile": "fapi2", "require_pushed_authorization_requests": true, "require_pkce": false,
        "device_grant": false, "deferred_token_response": false,
    } });
    let decision = run(&change, &loaded());
    assert_eq!(
        decision.change().sure,
        [Write::Tenant(tenant::Write::SetSettings {
            id: facts::id("acme"),
            change: change_of_all
        })]
    );
    assert_eq!(document(&decision)["access_token_seconds"], 900);

    let named = run(
        &json!({ "change_tenant": { "id": "acme", "name": "Acme Ltd" } }),
        &loaded(),
    );
    let rename = Write::Tenant(tenant::Write::SetName {
        id: facts::id("acme"),
        name: "Acme Ltd".to_owned(),
    });
    assert!(named.change().sure.contains(&rename), "{:?}", named.change().sure);
    assert_eq!(document(&named)["name"], "Acme Ltd");

    for (disabled, since) in [(true, Some(at().now)), (false, None)] {
        let decision = run(
            &json!({ "set_tenant_disabled": { "id": "acme", "disabled": disabled } }),
            &loaded(),
        );
        assert_eq!(
            decision.change().sure,
            [Write::Tenant(tenant::Write::SetDisabled {
                id: facts::id("acme"),
                at: since
            })]
        );
        assert_eq!(
            document(&decision).get("disabled_at"),
            since.map(|at| json!(at.unix())).as_ref()
        );
    }
}

#[test]
fn the_default_tenant_cannot_be_disabled() {
    let default = facts::tenant(&json!({ "id": "default", "issuer": "https://as.example" }));
    let facts = Facts {
        tenant: Some(default),
        ..Facts::default()
    };
    for disabled in [true, false] {
        let decision = run(
            &json!({ "set_tenant_disabled": { "id": "default", "disabled": disabled } }),
            &facts,
        );
        assert_eq!(
            why(&decision).unwrap().code().name(),
            "invalid_body",
            "administration lives there"
        );
    }
}

#[test]
fn an_administrators_token_ends_when_it_was_asked_to() {
    for (lifetime, expires) in [(None, None), (Some(3_600), Some(1_795_003_600_i64))] {
        let mut new = json!({ "name": "Alice", "reach": "tenant" });
        if let Some(lifetime) = lifetime {
            new["lifetime_seconds"] = lifetime.into();
        }
        let decision = run(&json!({ "create_administrator": new }), &Facts::default());
        let [Guard::Tenant(tenant::Guard::CreateAdministrator { administrator, .. })] =
            decision.change().guards.as_slice()
        else {
            panic!("an administrator");
        };
        assert_eq!(administrator.expires.map(Time::unix), expires);
        assert_eq!(administrator.reach, tenant::Reach::Tenant);
        assert_eq!(
            document(&decision).get("expires_at"),
            expires.map(|at| json!(at)).as_ref()
        );
        assert_eq!(
            events(&decision),
            [("administrator.created", Some(administrator.id.as_str()))]
        );
    }
}

#[test]
fn an_administrators_token_is_ended_by_those_who_reach_as_far() {
    let named = |reach, expires: Option<i64>| Facts {
        administrator: Some(tenant::Administrator {
            id: facts::id("bob"),
            name: "Bob".to_owned(),
            reach,
            created: Time::from_unix(1_000),
            expires: expires.map(Time::from_unix),
        }),
        ..Facts::default()
    };
    let command = Command::EndAdministrator(facts::id("bob"));
    let now = at().now;
    let table = [
        (of_tenant(), tenant::Reach::Tenant, None, Ok(now.unix())),
        (of_installation(), tenant::Reach::Tenant, None, Ok(now.unix())),
        (
            of_installation(),
            tenant::Reach::Installation,
            Some(2_000_000_000),
            Ok(now.unix()),
        ),
        (of_installation(), tenant::Reach::Tenant, Some(2_000), Ok(2_000)),
        (of_tenant(), tenant::Reach::Installation, None, Err("not_found")),
    ];
    for (caller, reach, expires, expected) in table {
        let decision = decide(&command, &caller, &named(reach, expires), &at());
        match expected {
            Ok(end) => {
                assert_eq!(document(&decision).get("expires_at"), Some(&json!(end)));
                let write = Write::Tenant(tenant::Write::EndAdministrator {
                    id: facts::id("bob"),
                    at: now,
                });
                assert_eq!(decision.change().sure, [write]);
                assert_eq!(events(&decision), [("administrator.ended", Some("bob"))]);
            }
            Err(code) => assert_eq!(why(&decision).unwrap().code().name(), code),
        }
    }
    let absent = decide(&command, &of_installation(), &Facts::default(), &at());
    assert_eq!(why(&absent).unwrap().code().name(), "not_found");
}
