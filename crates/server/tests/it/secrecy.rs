//! No secret, token, assertion or proof is written anywhere (S-46), and secrets are compared by digest (S-42).

use std::{
    io,
    sync::{Arc, Mutex},
};

use proof::Algorithm;
use serde_json::json;
use testkit::{Client, Key, World, assertion_form, unique};

use crate::setup::{MCP, access_token, asking, machine_and_gateway, with, with_assertion, with_proof};

/// A log that is kept in memory.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything that this thread logs from now on, down to DEBUG.
    pub(crate) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Requests, right and wrong, with everything that must never be found again; and that, by name.
async fn carry_artifacts(world: &World, client: &Client, basic: &Client) -> Vec<(String, String)> {
    let mut secrets: Vec<(String, String)> = vec![
        ("administrator's token".to_owned(), world.admin_token.clone()),
        ("client secret".to_owned(), basic.secret.clone().unwrap()),
    ];
    let mut keep = |what: &str, secret: &str| secrets.push((what.to_owned(), secret.to_owned()));

    let assertion = client.assertion(&client.assertion_claims(world)).await;
    let key = Key::new(Algorithm::ES256);
    let proof = world.dpop(&key, &world.dpop_claims().await).await;
    keep("assertion", &assertion);
    keep("DPoP proof", &proof);
    keep("DPoP nonce", &world.nonce().await);
    let mut form = asking();
    form.extend(assertion_form(&assertion));
    let token = access_token(&world.post("/oauth2/token", &[("dpop", proof.clone())], &form).await);
    keep("access token", &token);
    // Replays, and the artifacts at wrong places.
    world.post("/oauth2/token", &[("dpop", proof.clone())], &form).await;
    with_proof(world, basic, &proof).await;
    with_assertion(world, &token).await;
    with_proof(world, basic, &token).await;
    world.admin_as(&token, "GET", "/admin/v1/clients", None).await;
    world
        .admin_as(basic.secret.as_ref().unwrap(), "GET", "/admin/v1/clients", None)
        .await;
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        for shown in [&token, &assertion, &proof, &world.admin_token] {
            world.post(path, &[basic.basic()], &[("token", (*shown).clone())]).await;
        }
    }
    let expired = client.assertion(&with(&client.assertion_claims(world), "exp", 1)).await;
    keep("expired assertion", &expired);
    with_assertion(world, &expired).await;
    secrets
}

/// What somebody puts where it does not belong: in parameters, headers, URLs, and bodies of administration.
async fn carry_canaries(world: &World, basic: &Client) -> Vec<(String, String)> {
    let mut secrets = Vec::new();
    let mut keep = |what: &str, secret: &str| secrets.push((what.to_owned(), secret.to_owned()));
    let canary = |place: &str| format!("canary-{place}-{}", unique());
    for place in [
        "scope",
        "resource",
        "grant_type",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
        "token",
        "token_type_hint",
        "unknown",
    ] {
        let canary = canary(place);
        keep(place, &canary);
        let mut form = vec![("client_id", basic.id.clone())];
        form.push((Box::leak(place.to_owned().into_boxed_str()), canary.clone()));
        world.post("/oauth2/token", &[], &form).await;
        world.token(basic, &[(place, canary.clone())], &[]).await;
        world
            .post("/oauth2/introspect", &[basic.basic()], &[(place, canary.clone())])
            .await;
    }
    for header in [
        "authorization",
        "dpop",
        "cookie",
        "user-agent",
        "x-request-id",
        "referer",
    ] {
        let canary = canary(header);
        keep(header, &canary);
        world
            .send("GET", "/admin/v1/clients", &[(header, canary.clone())], None)
            .await;
        world
            .send(
                "POST",
                "/oauth2/token",
                &[
                    (header, format!("Bearer {canary}")),
                    ("content-type", "application/x-www-form-urlencoded".to_owned()),
                ],
                Some("grant_type=client_credentials".to_owned()),
            )
            .await;
    }
    let in_url = canary("url");
    keep("query", &in_url);
    world
        .admin("GET", &format!("/admin/v1/clients?limit={in_url}"), None)
        .await;
    world
        .admin("GET", &format!("/admin/v1/events?after={in_url}"), None)
        .await;
    world.get(&format!("/{in_url}?x={in_url}")).await;
    world.get(&format!("/t/{in_url}/oauth2/jwks")).await;
    world.admin("GET", &format!("/admin/v1/clients/{in_url}"), None).await;

    // Bodies of administration: a private key where a public one belongs, values of wrong types, strange members.
    let private = Key::new(Algorithm::ES256).private_jwk().clone();
    keep("private key", private["d"].as_str().unwrap());
    let text = serde_json::Value::Object(private.clone()).to_string();
    for jwks in [json!({ "keys": [private] }), json!(private), json!(text), json!([text])] {
        let body = json!({ "client_name": "x", "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks });
        world.admin("POST", "/admin/v1/clients", Some(&body)).await;
    }
    for member in [
        "client_name",
        "token_endpoint_auth_method",
        "grant_types",
        "scope",
        "resources",
        "disabled",
        "dpop_bound_access_tokens",
        "access_token_signed_response_alg",
        "client_secret",
        "name",
        "lifetime_seconds",
    ] {
        let canary = canary(member);
        keep(member, &canary);
        for value in [
            json!(canary),
            json!([canary]),
            json!({ "x": canary }),
            json!(format!("{canary}\"quoted\"")),
        ] {
            for path in ["/admin/v1/clients", "/admin/v1/administrators"] {
                world.admin("POST", path, Some(&json!({ member: value }))).await;
            }
        }
    }
    secrets
}

pub(crate) fn contains(hay: &[u8], needle: &str) -> bool {
    hay.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[tokio::test]
async fn s_46_secrets_are_found_neither_in_the_log_nor_in_any_row() {
    let log = Log::default();
    let _guard = log.listen();
    let (world, client, gateway) = machine_and_gateway("private_key_jwt").await;
    let basic = Client::register(&world, "client_secret_basic", "read", &[MCP]).await;
    let mut secrets = carry_artifacts(&world, &client, &basic).await;
    secrets.extend(carry_canaries(&world, &basic).await);
    secrets.push(("gateway's secret".to_owned(), gateway.secret.clone().unwrap()));
    secrets.push((
        "rotated secret".to_owned(),
        world
            .admin("POST", &format!("/admin/v1/clients/{}/secret", basic.id), None)
            .await
            .body["client_secret"]
            .as_str()
            .unwrap()
            .to_owned(),
    ));
    world.flush().await;

    let entries = world
        .app
        .default_tenant()
        .unwrap()
        .events_before(None, 100_000)
        .await
        .unwrap();
    assert!(entries.len() > 100, "they were carried: {}", entries.len());
    let rows = entries
        .iter()
        .map(|entry| format!("{entry:?}\n"))
        .collect::<Vec<_>>()
        .concat();
    let disk = world.database_bytes().unwrap_or_default();
    let log = log.bytes();
    for (what, secret) in &secrets {
        assert!(secret.len() >= 20, "{what} is long enough to be nothing else");
        assert!(!contains(rows.as_bytes(), secret), "{what} is in an event");
        assert!(!contains(&disk, secret), "{what} is on the disk");
        assert!(!contains(&log, secret), "{what} is in the log");
        // Of a token the signature is the part that nobody else can make.
        let signature = secret.rsplit('.').next().unwrap();
        assert!(
            !contains(rows.as_bytes(), signature) && !contains(&log, signature),
            "the signature of {what}"
        );
    }
}

#[tokio::test]
async fn s_46_what_strangers_write_cannot_break_out_of_a_row() {
    let world = World::new().await;
    let names = [
        "a\r\nforged: line",
        "\u{1b}[31mred",
        "\",\"actor\":\"root",
        "\0",
        "\u{202e}txt",
        "</script><script>",
    ];
    for name in names {
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", name.to_owned()),
            ("client_secret", "x".to_owned()),
        ];
        assert_eq!(world.post("/oauth2/token", &[], &form).await.error(), "invalid_client");
    }
    world.flush().await;
    let entries = world
        .app
        .default_tenant()
        .unwrap()
        .events_before(None, 1_000)
        .await
        .unwrap();
    let claimed: Vec<&str> = entries
        .iter()
        .filter(|entry| entry.body.contains("claimed_client"))
        .map(|entry| entry.body.as_str())
        .collect();
    assert_eq!(claimed.len(), names.len());
    for body in claimed {
        assert!(
            !body.bytes().any(|byte| byte < 0x20),
            "control characters are escaped: {body:?}"
        );
        let parsed: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(
            names.contains(&parsed["claimed_client"].as_str().unwrap()),
            "and it reads back as it came"
        );
        assert_eq!(parsed.get("actor"), None);
    }
    for entry in entries.iter().filter(|entry| entry.kind == "request.refused") {
        assert_eq!(entry.actor, None, "who was not proved is nobody");
    }
}

/// A structural test: it reads the sources. A measurement of time belongs to the load generator, where the machine is quiet.
#[test]
fn s_42_secrets_are_compared_by_digest_and_in_constant_time() {
    let rules = include_str!("../../../kernel/src/client_authentication/rules.rs");
    let caller = include_str!("../../src/caller.rs");
    let digest = include_str!("../../../proof/src/digest.rs");
    let nonce = include_str!("../../../proof/src/nonce.rs");
    let dpop = include_str!("../../../proof/src/dpop/proof.rs");
    // Every place that looks at a shown secret hands its digest to `digest::same`.
    let looks = rules.matches("shown.reveal()").count();
    let compact: String = rules.split_whitespace().collect();
    assert_eq!(
        (
            looks,
            compact
                .matches("digest::same(digest::sha256_b64(shown.reveal().as_bytes()).as_bytes(),")
                .count()
        ),
        (2, 2)
    );
    assert_eq!(
        digest.matches(".ct_eq(").count(),
        1,
        "and that compares in constant time"
    );
    assert!(
        nonce.contains("digest::same(&mac(key, *bucket), shown)")
            && dpop.contains("digest::same(ath.as_bytes(), hash.as_bytes())")
    );
    // An administrator's token is looked up by its digest: what an index tells by time is of the digest, which nobody can steer.
    assert!(caller.contains("administrator(&digest::sha256_b64(token.as_bytes()))"));
    for (name, source) in [("rules", rules), ("caller", caller), ("nonce", nonce)] {
        for line in source.lines().filter(|line| line.contains("==") || line.contains("!=")) {
            assert!(
                !["secret", "digest", "reveal", "token"]
                    .iter()
                    .any(|word| line.contains(word)),
                "{name} compares with an operator: {line}"
            );
        }
    }
}
