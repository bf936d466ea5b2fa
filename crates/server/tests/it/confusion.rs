//! Every artifact at every place it is not for, and pieces of artifacts (S-14).

use proof::Algorithm;
use serde_json::json;
use testkit::{Answer, Client, Key, World, assertion_form};

use crate::setup::{MCP, access_token, asking, introspect, machine_and_gateway, refused, still_well};

/// What somebody may hold, by name.
async fn artifacts(world: &World, assertor: &Client, gateway: &Client) -> Vec<(&'static str, String)> {
    let token = async |form: &[(&str, String)]| access_token(&world.token(assertor, form, &[]).await);
    let here = ("resource", MCP.to_owned());
    let es256 = json!({ "access_token_signed_response_alg": "ES256", "scope": "read", "resources": [MCP] });
    let other = Client::register_with(world, "client_secret_post", &es256, None).await;
    let key = Key::new(Algorithm::ES256);
    let grants = world.admin("GET", "/admin/v1/grants", None).await;
    let bound = world.token(gateway, &[], &[]).await;
    vec![
        ("access token for a resource", token(std::slice::from_ref(&here)).await),
        ("access token for ourselves", token(&[]).await),
        (
            "access token signed with ES256",
            access_token(&world.token(&other, &[here], &[]).await),
        ),
        (
            "client assertion",
            assertor.assertion(&assertor.assertion_claims(world)).await,
        ),
        ("DPoP proof", world.dpop(&key, &world.dpop_claims().await).await),
        ("DPoP nonce", world.nonce().await),
        ("client secret", gateway.secret.clone().unwrap()),
        ("administrator's token", world.admin_token.clone()),
        ("client id", assertor.id.clone()),
        ("grant id", grants.body["grants"][0]["id"].as_str().unwrap().to_owned()),
        ("request id", bound.body["request_id"].as_str().unwrap().to_owned()),
        ("key id", key.thumbprint().to_owned()),
    ]
}

/// A place where something is shown, what it is for, and how everything else is answered there.
struct Place {
    name: &'static str,
    takes: &'static [&'static str],
    refuses: (u16, &'static str),
}

const PLACES: &[Place] = &[
    Place {
        name: "client_assertion",
        takes: &["client assertion"],
        refuses: (401, "invalid_client"),
    },
    Place {
        name: "client_secret",
        takes: &["client secret"],
        refuses: (401, "invalid_client"),
    },
    Place {
        name: "basic secret",
        takes: &["client secret"],
        refuses: (401, "invalid_client"),
    },
    Place {
        name: "bearer at the token endpoint",
        takes: &[],
        refuses: (401, "invalid_client"),
    },
    Place {
        name: "dpop",
        takes: &["DPoP proof"],
        refuses: (400, "invalid_dpop_proof"),
    },
    Place {
        name: "administrator",
        takes: &["administrator's token"],
        refuses: (401, "invalid_token"),
    },
    Place {
        name: "administrator by DPoP scheme",
        takes: &[],
        refuses: (401, "invalid_token"),
    },
];

async fn show(world: &World, place: &str, artifact: &str, secretive: [&Client; 2]) -> Answer {
    let [basic, post] = secretive;
    let shown = artifact.to_owned();
    let mut form = asking();
    let bearer = |scheme: &str| vec![("authorization", format!("{scheme} {shown}"))];
    match place {
        "client_assertion" => {
            form.extend(assertion_form(artifact));
            world.post("/oauth2/token", &[], &form).await
        }
        "client_secret" => {
            form.extend([("client_id", post.id.clone()), ("client_secret", shown)]);
            world.post("/oauth2/token", &[], &form).await
        }
        "basic secret" => {
            let pretender = Client {
                secret: Some(shown),
                id: basic.id.clone(),
                key: None,
                method: basic.method,
                issuer: basic.issuer.clone(),
            };
            world.post("/oauth2/token", &[pretender.basic()], &form).await
        }
        "bearer at the token endpoint" => world.post("/oauth2/token", &bearer("Bearer"), &form).await,
        "dpop" => {
            world
                .post("/oauth2/token", &[basic.basic(), ("dpop", shown)], &form)
                .await
        }
        "administrator" => world.send("GET", "/admin/v1/clients", &bearer("Bearer"), None).await,
        "administrator by DPoP scheme" => world.send("GET", "/admin/v1/clients", &bearer("DPoP"), None).await,
        other => panic!("no such place: {other}"),
    }
}

#[tokio::test]
async fn s_14_every_artifact_is_refused_at_every_place_it_is_not_for() {
    let (world, assertor, gateway) = machine_and_gateway("private_key_jwt").await;
    let mut post = Client::register(&world, "client_secret_post", "read", &[MCP]).await;
    let all = artifacts(&world, &assertor, &gateway).await;
    let mut tried = 0;
    for place in PLACES {
        for (name, artifact) in all.iter().filter(|(name, _)| !place.takes.contains(name)) {
            let answer = show(&world, place.name, artifact, [&gateway, &post]).await;
            let what = format!("{name} as {}", place.name);
            refused(&answer, place.refuses.0, place.refuses.1, &what);
            tried += 1;
        }
    }
    assert_eq!(
        tried,
        PLACES.len() * all.len() - 5,
        "every pair but the five right ones"
    );
    // A secret of another client is no secret of this one.
    post.secret.clone_from(&gateway.secret);
    refused(
        &world.token(&post, &[], &[]).await,
        401,
        "invalid_client",
        "another client's secret",
    );
    still_well(&world, &assertor).await;
}

#[tokio::test]
async fn s_14_introspection_and_revocation_know_access_tokens_only() {
    let (world, assertor, gateway) = machine_and_gateway("private_key_jwt").await;
    let everything = Client::register_with(
        &world,
        "client_secret_basic",
        &json!({ "introspects_everything": true }),
        None,
    )
    .await;
    let all = artifacts(&world, &assertor, &gateway).await;
    for (name, artifact) in &all {
        let counts = name.starts_with("access token");
        for hint in [
            None,
            Some("access_token"),
            Some("refresh_token"),
            Some("id_token"),
            Some("nonsense"),
        ] {
            let mut form = vec![("token", artifact.clone())];
            form.extend(hint.map(|hint| ("token_type_hint", hint.to_owned())));
            let answer = world.post("/oauth2/introspect", &[everything.basic()], &form).await;
            assert_eq!(
                (answer.status, &answer.body["active"]),
                (200, &json!(counts)),
                "{name}, hint {hint:?}: {answer:?}"
            );
            if !counts {
                assert_eq!(answer.body, json!({ "active": false }), "RFC 7662 s2.2: nothing else");
            }
        }
        let revoked = world
            .post("/oauth2/revoke", &[everything.basic()], &[("token", artifact.clone())])
            .await;
        assert_eq!(
            (revoked.status, revoked.text.as_str()),
            (200, ""),
            "RFC 7009 s2.2: {name}"
        );
    }
    assert_eq!(
        world.events("token.revoked").await,
        0,
        "nothing of it was this client's"
    );
}

#[tokio::test]
async fn s_14_pieces_and_extensions_of_a_token_are_no_tokens() {
    let (world, client, gateway) = machine_and_gateway("client_secret_basic").await;
    let token = access_token(&world.token(&client, &[("resource", MCP.to_owned())], &[]).await);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = input.split_once('.').unwrap();
    let mut pieces: Vec<String> = (1..12)
        .chain([86, 87])
        .map(|cut| token[..token.len() - cut].to_owned())
        .collect();
    pieces.extend((1..5).map(|cut| token[cut..].to_owned()));
    pieces.extend(["A", "AA", "AAA", "AAAA", ".", ".A", "==", "%00", "\n", " "].map(|more| format!("{token}{more}")));
    pieces.extend([" ", "A", ".", "\t"].map(|before| format!("{before}{token}")));
    pieces.extend([
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{token}.{token}"),
        token.to_uppercase(),
    ]);
    pieces.extend(
        crate::forged::other_spellings(&token)
            .into_iter()
            .map(|(_, spelling)| spelling),
    );
    for piece in pieces {
        assert_eq!(
            introspect(&world, &gateway, &piece).await,
            json!({ "active": false }),
            "{piece:?}"
        );
    }
    assert_eq!(introspect(&world, &gateway, &token).await["active"], true);
}

#[tokio::test]
async fn s_14_pieces_and_extensions_of_secrets_are_no_secrets() {
    let (world, client, _) = machine_and_gateway("client_secret_basic").await;
    let variants = |whole: &str| {
        let mut variants: Vec<String> = (1..8)
            .flat_map(|cut| [whole[..whole.len() - cut].to_owned(), whole[cut..].to_owned()])
            .collect();
        variants.extend(["A", "=", "%00", "x"].map(|more| format!("{whole}{more}")));
        variants.extend([
            whole.to_uppercase(),
            whole.to_lowercase(),
            format!("{whole}{whole}"),
            proof::digest::sha256_b64(whole.as_bytes()),
        ]);
        variants
    };
    for secret in variants(client.secret.as_ref().unwrap()) {
        let pretender = Client {
            id: client.id.clone(),
            secret: Some(secret),
            key: None,
            method: client.method,
            issuer: client.issuer.clone(),
        };
        refused(
            &world.token(&pretender, &[], &[]).await,
            401,
            "invalid_client",
            pretender.secret.as_ref().unwrap(),
        );
    }
    for token in variants(&world.admin_token) {
        refused(
            &world.admin_as(&token, "GET", "/admin/v1/clients", None).await,
            401,
            "invalid_token",
            &token,
        );
    }
}

#[tokio::test]
async fn s_14_tokens_that_somebody_else_signed_do_not_count() {
    let (world, client, gateway) = machine_and_gateway("private_key_jwt").await;
    let token = access_token(&world.token(&client, &[("resource", MCP.to_owned())], &[]).await);
    let compact = proof::jws::Compact::parse(&token).unwrap();
    let (header, claims) = (
        serde_json::Value::Object(compact.header().clone()),
        serde_json::Value::Object(compact.claims_unverified().unwrap()),
    );
    let forger = Key::new(Algorithm::EdDSA);
    let own_kid = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": forger.thumbprint(), "jwk": forger.public_jwk() });
    for header in [header.clone(), own_kid, json!({ "alg": "EdDSA", "typ": "at+jwt" })] {
        assert_eq!(
            introspect(&world, &gateway, &forger.sign(&header, &claims).await).await,
            json!({ "active": false })
        );
    }
    let by_the_client = client
        .key
        .as_ref()
        .unwrap()
        .sign(&json!({ "alg": "ES256", "typ": "at+jwt" }), &claims)
        .await;
    assert_eq!(
        introspect(&world, &gateway, &by_the_client).await,
        json!({ "active": false })
    );
    for (what, forged) in [
        (
            "none",
            crate::forged::signed_by(&json!({ "alg": "none", "typ": "at+jwt" }), &claims, |_| vec![]),
        ),
        ("zeros", crate::forged::signed_by(&header, &claims, |_| vec![0; 64])),
    ] {
        assert_eq!(
            introspect(&world, &gateway, &forged).await,
            json!({ "active": false }),
            "{what}"
        );
    }
}
