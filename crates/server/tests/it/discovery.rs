//! What clients read first: metadata, keys, and keys that change (RFC 8414, OpenID Connect Discovery, RFC 7517).

use std::collections::BTreeSet;

use proof::jws::Compact;
use serde_json::{Value, json};
use testkit::{App, Client, World};

use crate::{
    setup::{MCP, access_token, introspect, machine_and_gateway, refused},
    sites,
};

const DOCUMENTS: [&str; 2] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
];

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, and what it is for")]
async fn metadata_is_what_rfc_8414_wants() {
    let world = World::new().await;
    for site in &sites::three(&world).await {
        let issuer = &site.tenant.issuer;
        for document in DOCUMENTS {
            let answer = site.tenant.get(&world, document).await;
            assert_eq!(
                (
                    answer.status,
                    answer.header("content-type"),
                    answer.header("cache-control")
                ),
                (200, Some("application/json"), Some("public, max-age=300"))
            );
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            let metadata = answer.body.as_object().unwrap();
            assert_eq!(metadata["issuer"], json!(issuer));
            for required in [
                "authorization_endpoint",
                "token_endpoint",
                "jwks_uri",
                "response_types_supported",
                "grant_types_supported",
                // OpenID Connect Discovery s3.
                "subject_types_supported",
                "id_token_signing_alg_values_supported",
            ] {
                assert!(metadata.contains_key(required), "RFC 8414 s2: {required}");
            }
            assert_eq!(
                document.ends_with("openid-configuration"),
                metadata.contains_key("claim_types_supported"),
                "OpenID Connect Discovery s3"
            );
            for (name, value) in metadata {
                assert!(!value.is_null(), "{name}: what is not there is left out");
                if name.ends_with("_endpoint") || name.ends_with("_uri") {
                    let url = value.as_str().unwrap();
                    assert!(url.starts_with(&format!("{issuer}/")), "{name}: {url}");
                    let path = url.strip_prefix(issuer.as_str()).unwrap();
                    let method = match name.as_str() {
                        "jwks_uri" | "authorization_endpoint" | "userinfo_endpoint" | "end_session_endpoint" => "GET",
                        _ => "POST",
                    };
                    let there = site.tenant.send(&world, method, path, &[], None).await;
                    assert!(!matches!(there.status, 404 | 405), "{name} leads somewhere: {there:?}");
                }
                if let Some(list) = value.as_array() {
                    let unique: BTreeSet<&str> = list.iter().map(|item| item.as_str().unwrap()).collect();
                    assert_eq!(unique.len(), list.len(), "{name}: {value}");
                }
            }
            assert_eq!(
                metadata["grant_types_supported"],
                json!([
                    "authorization_code",
                    "client_credentials",
                    "refresh_token",
                    "urn:ietf:params:oauth:grant-type:device_code",
                    "urn:ietf:params:oauth:grant-type:deferred"
                ])
            );
            assert_eq!(metadata["response_types_supported"], json!(["code"]));
            assert_eq!(
                metadata["response_modes_supported"],
                json!(["query", "form_post", "query.jwt", "form_post.jwt", "jwt"]),
                "RFC 6749, OAuth 2.0 Form Post Response Mode, JARM s2.3"
            );
            assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
            let methods: BTreeSet<&str> = metadata["token_endpoint_auth_methods_supported"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            assert_eq!(
                methods,
                BTreeSet::from([
                    "attest_jwt_client_auth",
                    "client_secret_basic",
                    "client_secret_post",
                    "none",
                    "private_key_jwt"
                ])
            );
            let introspects = metadata["introspection_endpoint_auth_methods_supported"]
                .as_array()
                .unwrap();
            assert!(
                !introspects.contains(&json!("none")),
                "a name alone learns nothing of tokens"
            );
            let id_tokens = metadata["id_token_signing_alg_values_supported"].as_array().unwrap();
            assert!(id_tokens.contains(&json!("RS256")), "OpenID Connect Discovery s3");
            for name in [
                "token_endpoint_auth_signing_alg_values_supported",
                "dpop_signing_alg_values_supported",
                "id_token_signing_alg_values_supported",
                "userinfo_signing_alg_values_supported",
                "authorization_signing_alg_values_supported",
                "introspection_signing_alg_values_supported",
                "request_object_signing_alg_values_supported",
            ] {
                let algorithms = metadata[name].as_array().unwrap();
                assert!(
                    algorithms.contains(&json!("ES256"))
                        && algorithms
                            .iter()
                            .all(|alg| alg != "none" && !alg.as_str().unwrap().starts_with("HS")),
                    "{name}: RFC 8414 s2 forbids none"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_metadata_offers_works_and_what_it_does_not_offer_does_not() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let metadata = world.get(DOCUMENTS[0]).await.body;
    let alice = world.person("alice@demo.test").await;
    let app = App::public(&world, "https://app.example/cb").await;
    access_token(&world.tokens(&alice, &app, Some(MCP), Some("read")).await);
    for method in metadata["token_endpoint_auth_methods_supported"].as_array().unwrap() {
        if method == "none" || method == "attest_jwt_client_auth" {
            continue; // a public client acts for a person, as above; one that is attested needs an attester
        }
        let client = Client::register(
            &world,
            Box::leak(method.as_str().unwrap().to_owned().into_boxed_str()),
            "read",
            &[MCP],
        )
        .await;
        access_token(&world.token(&client, &[], &[]).await);
    }
    let client = Client::register(&world, "client_secret_post", "read", &[MCP]).await;
    for grant_type in [
        "password",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:openid:params:grant-type:ciba",
        "implicit",
    ] {
        let mut form = client.credentials(&world).await.1;
        form.push(("grant_type", grant_type.to_owned()));
        refused(
            &world.post("/oauth2/token", &[], &form).await,
            400,
            "unsupported_grant_type",
            grant_type,
        );
    }
    for query in [
        "",
        "?response_type=code&client_id=x",
        "?response_type=token",
        "?redirect_uri=https://evil.example.com/",
    ] {
        let answer = world.get(&format!("/oauth2/authorize{query}")).await;
        assert!(matches!(answer.status, 400 | 401), "{query}: {answer:?}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{query}"
        );
        assert_eq!(
            answer.header("location"),
            None,
            "never a redirect to whoever asked (S-02)"
        );
    }
    world.shows(&[
        "Features/PasswordFlowSupported",
        "TokenEndpoint/IsPasswordFlowDisabled",
        "Features/HasSupportedFlows",
    ]);
}

#[tokio::test]
async fn the_key_set_has_public_members_only() {
    let world = World::new().await;
    for site in &sites::three(&world).await {
        let answer = site.tenant.get(&world, "/oauth2/jwks").await;
        assert_eq!(
            (
                answer.status,
                answer.header("content-type"),
                answer.header("cache-control")
            ),
            (200, Some("application/jwk-set+json"), Some("public, max-age=300"))
        );
        let keys = answer.body["keys"].as_array().unwrap();
        assert_eq!(
            keys.iter()
                .map(|key| (key["kty"].as_str().unwrap(), key["alg"].as_str().unwrap_or("none said")))
                .collect::<BTreeSet<_>>(),
            // A key of Ed25519 signs under two names of one algorithm, so it names neither (RFC 9864 s2.2; RFC 7517 s4.4).
            BTreeSet::from([
                ("EC", "ES256"),
                ("OKP", "none said"),
                ("RSA", "PS256"),
                ("RSA", "RS256")
            ])
        );
        for key in keys {
            let key = key.as_object().unwrap();
            let members: BTreeSet<&str> = key.keys().map(String::as_str).collect();
            assert!(
                members.is_subset(&BTreeSet::from(["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"])),
                "{members:?}"
            );
            assert_eq!(key["use"], "sig");
            let thumbprint = proof::PublicKey::from_jwk(key).unwrap().thumbprint().to_owned();
            assert_eq!(key["kid"], json!(thumbprint), "the kid is the RFC 7638 thumbprint");
        }
    }
}

fn kid_of(token: &str) -> String {
    Compact::parse(token).unwrap().kid().unwrap().to_owned()
}

async fn published(world: &World) -> BTreeSet<String> {
    let keys = world.get("/oauth2/jwks").await.body["keys"].clone();
    keys.as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn s_48_over_days_every_token_verifies_with_a_key_set_of_five_minutes_ago() {
    let (mut world, client, gateway) = machine_and_gateway("client_secret_basic").await;
    let longest = json!({ "access_token_seconds": 3_600 });
    assert_eq!(
        world
            .admin("PATCH", "/admin/v1/tenants/default", Some(&longest))
            .await
            .status,
        200
    );
    let mut alive: Vec<(String, i64)> = Vec::new();
    let mut kids = BTreeSet::new();
    let first = published(&world).await;
    for _ in 0..72 {
        let cached = published(&world).await; // what a relying party holds for the next five minutes (max-age=300)
        world.advance(300);
        let token = access_token(&world.token(&client, &[("resource", MCP.to_owned())], &[]).await);
        assert!(cached.contains(&kid_of(&token)), "a key is published before it signs");
        kids.insert(kid_of(&token));
        alive.push((token, world.now() + 3_600));
        world.advance(2_400);
        world = world.restart().await; // a start tends the keys, as the job of a running node does
        let now = world.now();
        alive.retain(|(_, end)| *end > now);
        for (token, _) in &alive {
            assert_eq!(
                introspect(&world, &gateway, token).await["active"],
                true,
                "a token outlives the key's turn"
            );
            assert!(
                published(&world).await.contains(&kid_of(token)),
                "its key is published as long as it lives"
            );
        }
    }
    // 72 times 45 minutes are more than two days: the third key signs.
    assert_eq!(kids.len(), 3, "a new key each day: {kids:?}");
    let now_published = published(&world).await;
    assert!(first.is_disjoint(&now_published), "the first ones are gone");
    assert!(
        now_published.len() <= 4,
        "one a signature algorithm, and at most one successor: {now_published:?}"
    );
    assert!(world.events("key.dropped").await >= 2);
}

#[tokio::test]
async fn keys_rotated_by_hand_sign_when_every_cache_has_ended() {
    let (world, client, gateway) = machine_and_gateway("client_secret_basic").await;
    let token = async || access_token(&world.token(&client, &[("resource", MCP.to_owned())], &[]).await);
    let (before, old) = (published(&world).await, token().await);
    let rotated = world.admin("POST", "/admin/v1/keys/rotate", None).await;
    assert_eq!(
        (rotated.status, rotated.body["keys"].as_array().unwrap().len()),
        (201, 4),
        "one an algorithm"
    );
    let after = published(&world).await;
    assert!(after.is_superset(&before) && after.len() == 8, "published at once");
    assert_eq!(
        kid_of(&token().await),
        kid_of(&old),
        "the old one signs while caches of the old key set live"
    );
    world.advance(299);
    let last = token().await;
    assert_eq!(kid_of(&last), kid_of(&old));
    world.advance(61);
    let new = token().await;
    assert!(
        !before.contains(&kid_of(&new)) && after.contains(&kid_of(&new)),
        "now the new one signs"
    );
    for token in [&last, &new] {
        assert_eq!(introspect(&world, &gateway, token).await["active"], true);
    }
    let states = world.admin("GET", "/admin/v1/keys", None).await;
    assert!(
        states.body["keys"]
            .as_array()
            .unwrap()
            .iter()
            .all(|key| key["state"] == "active"),
        "{states:?}"
    );
}

#[tokio::test]
async fn s_48_a_clock_that_goes_back_behind_every_key_finds_one() {
    let (world, client, gateway) = machine_and_gateway("client_secret_basic").await;
    world.advance(-3_600); // the first keys were made for a time that has not come yet
    let token = access_token(&world.token(&client, &[("resource", MCP.to_owned())], &[]).await);
    assert_eq!(introspect(&world, &gateway, &token).await["active"], true);
    assert!(published(&world).await.contains(&kid_of(&token)));
}

#[tokio::test]
async fn a_node_learns_of_another_s_keys_when_it_meets_them() {
    let (world, client, gateway) = machine_and_gateway("client_secret_basic").await;
    let second = world.second_node().await;
    assert_eq!(second.admin("POST", "/admin/v1/keys/rotate", None).await.status, 201);
    world.advance(400);
    let token = access_token(&second.token(&client, &[("resource", MCP.to_owned())], &[]).await);
    assert_eq!(
        introspect(&world, &gateway, &token).await["active"],
        true,
        "signed there with a key this node had not read"
    );
    assert!(published(&world).await.contains(&kid_of(&token)));
    second.end().await;
}

#[tokio::test]
async fn a_browser_that_opens_the_issuer_is_told_what_it_is() {
    let world = World::new().await;
    for site in &sites::three(&world).await {
        let answer = site.tenant.get(&world, "/").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("text/plain; charset=utf-8"))
        );
        assert!(answer.text.contains(&site.tenant.issuer), "{}", answer.text);
    }
}
