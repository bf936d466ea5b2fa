//! A machine discovers the server, authenticates, gets a token, and the token is introspected and revoked.

use proof::{Algorithm, jwk::KeySet, jws::Compact};
use serde_json::json;
use testkit::{Client, Key, World};

const MCP: &str = "https://mcp.example.com/mcp";

async fn world_with(method: &'static str) -> (World, Client) {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let client = Client::register(&world, method, "read write", &[MCP]).await;
    (world, client)
}

#[tokio::test]
async fn each_way_to_authenticate_gets_a_bearer_token() {
    for method in ["client_secret_basic", "client_secret_post", "private_key_jwt"] {
        let (world, client) = world_with(method).await;
        let answer = world
            .token(
                &client,
                &[("resource", MCP.to_owned()), ("scope", "read".to_owned())],
                &[],
            )
            .await;
        assert_eq!(answer.status, 200, "{method}: {answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(
            (
                answer.body["token_type"].as_str(),
                answer.body["expires_in"].as_i64(),
                answer.body["scope"].as_str()
            ),
            (Some("Bearer"), Some(300), Some("read"))
        );

        // RFC 9068 s2: read with the published keys, by the checks of `proof`.
        let keys = KeySet::parse(world.get("/oauth2/jwks").await.text.as_bytes()).unwrap();
        let compact_text = answer.body["access_token"].as_str().unwrap().to_owned();
        let compact = Compact::parse(&compact_text).unwrap();
        assert!(compact.typ_is("at+jwt"));
        assert_eq!(compact.algorithm(), Algorithm::EdDSA);
        let claims = compact.verify_with(&keys).unwrap();
        assert_eq!(claims["iss"], world.issuer);
        assert_eq!(claims["aud"], MCP);
        assert_eq!(claims["sub"], client.id);
        assert_eq!(claims["client_id"], client.id);
        assert_eq!(claims["scope"], "read");
        assert_eq!(claims["iat"], world.now());
        assert_eq!(claims["exp"], world.now() + 300);
        assert!(claims.get("cnf").is_none());
        world.shows(&["Features/ClientCredentialsFlowSupported"]);
    }
}

#[tokio::test]
async fn a_proof_binds_the_token_to_its_key() {
    let (world, client) = world_with("private_key_jwt").await;
    let key = Key::new(Algorithm::EdDSA);
    let proof = world.dpop(&key, &world.dpop_claims().await).await;
    let answer = world
        .token(&client, &[("resource", MCP.to_owned())], &[("dpop", proof)])
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["token_type"], "DPoP");
    assert!(answer.header("dpop-nonce").is_some());
    let token = answer.body["access_token"].as_str().unwrap().to_owned();
    let claims = Compact::parse(&token).unwrap().claims_unverified().unwrap();
    assert_eq!(claims["cnf"], json!({ "jkt": key.thumbprint() }));
    assert_eq!(
        claims["scope"], "read write",
        "without scope: all that is granted there"
    );
    world.shows(&["DPoP/IsDPoPSupported", "DocumentSupport/RFC9449Supported"]);
}

#[tokio::test]
async fn introspection_and_revocation_follow_the_token() {
    let world = World::new().await;
    let gateway = Client::register(&world, "client_secret_basic", "", &[]).await;
    let stranger = Client::register(&world, "client_secret_basic", "", &[]).await;
    world.resource(MCP, &[&gateway.id]).await;
    let client = Client::register(&world, "client_secret_post", "read", &[MCP]).await;
    let token = world.token(&client, &[("resource", MCP.to_owned())], &[]).await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let ask = async |who: &Client| {
        world
            .post("/oauth2/introspect", &[who.basic()], &[("token", token.clone())])
            .await
    };

    let active = ask(&gateway).await;
    assert_eq!(
        (active.status, &active.body["active"], &active.body["token_type"]),
        (200, &json!(true), &json!("Bearer"))
    );
    assert_eq!(active.body["aud"], MCP);
    assert_eq!(
        ask(&stranger).await.body,
        json!({ "active": false }),
        "a token is shown only to those it is meant for"
    );

    // Somebody else's revocation changes nothing and looks the same.
    let foreign = world
        .post("/oauth2/revoke", &[stranger.basic()], &[("token", token.clone())])
        .await;
    assert_eq!((foreign.status, foreign.text.as_str()), (200, ""));
    assert_eq!(ask(&gateway).await.body["active"], true);
    let (headers, mut form) = client.credentials(&world).await;
    form.push(("token", token.clone()));
    assert_eq!(world.post("/oauth2/revoke", &headers, &form).await.status, 200);
    assert_eq!(ask(&gateway).await.body, json!({ "active": false }));
    world.shows(&["DocumentSupport/RFC7009Supported"]);
}

#[tokio::test]
async fn revoking_a_grant_silences_what_was_projected_from_it_and_below_it() {
    let world = World::new().await;
    let gateway = Client::register(&world, "client_secret_basic", "", &[]).await;
    world.resource(MCP, &[&gateway.id]).await;
    let parent = Client::register(&world, "client_secret_basic", "read write", &[MCP]).await;
    let child = Client::register(&world, "client_secret_basic", "", &[]).await;
    let grants = world.admin("GET", "/admin/v1/grants", None).await;
    let root = grants.body["grants"]
        .as_array()
        .unwrap()
        .iter()
        .find(|grant| grant["client_id"] == json!(parent.id))
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let narrowed = json!({ "client_id": child.id, "scope": "read", "resources": [MCP], "parent": root });
    assert_eq!(
        world.admin("POST", "/admin/v1/grants", Some(&narrowed)).await.status,
        201
    );
    let wider = json!({ "client_id": child.id, "scope": "read write", "resources": [MCP], "parent": root, "depth": 1 });
    assert_eq!(
        world.admin("POST", "/admin/v1/grants", Some(&wider)).await.error(),
        "invalid_body",
        "a child may not be handed on as often as its parent"
    );

    let token = async |client: &Client| {
        world
            .token(
                client,
                &[("resource", MCP.to_owned()), ("scope", "read".to_owned())],
                &[],
            )
            .await
    };
    let tokens = [token(&parent).await, token(&child).await]
        .map(|answer| answer.body["access_token"].as_str().unwrap().to_owned());
    assert_eq!(
        world
            .admin("POST", &format!("/admin/v1/grants/{root}/revoke"), None)
            .await
            .body["status"],
        "revoked"
    );
    for live in tokens {
        assert_eq!(
            world
                .post("/oauth2/introspect", &[gateway.basic()], &[("token", live)])
                .await
                .body,
            json!({ "active": false })
        );
    }
    for client in [&parent, &child] {
        assert_eq!(token(client).await.error(), "unauthorized_client");
    }
}

#[tokio::test]
async fn the_fully_specified_name_of_eddsa_is_read_too() {
    // RFC 9864 s2.2: "Ed25519" is EdDSA with Ed25519; stock clients sign under either name.
    let (world, _) = world_with("client_secret_basic").await;
    let key = Key::new(Algorithm::EdDSA);
    let mut jwk = key.public_jwk();
    jwk.insert("alg".to_owned(), "Ed25519".into());
    let registration = json!({ "client_name": "Ed", "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
        "scope": "read", "resources": [MCP], "jwks": { "keys": [jwk] } });
    let made = world.admin("POST", "/admin/v1/clients", Some(&registration)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.body["client_id"].as_str().unwrap();
    let now = world.now();
    let claims =
        json!({ "iss": id, "sub": id, "aud": world.issuer, "jti": testkit::unique(), "iat": now, "exp": now + 60 });
    let assertion = key
        .sign(&json!({ "alg": "Ed25519", "kid": key.thumbprint() }), &claims)
        .await;
    let header = json!({ "typ": "dpop+jwt", "alg": "Ed25519", "jwk": jwk });
    let proof = key.sign(&header, &world.dpop_claims().await).await;
    let mut form = testkit::assertion_form(&assertion);
    form.extend([
        ("grant_type", "client_credentials".to_owned()),
        ("resource", MCP.to_owned()),
    ]);
    let answer = world.post("/oauth2/token", &[("dpop", proof)], &form).await;
    assert_eq!(
        (answer.status, answer.body["token_type"].as_str()),
        (200, Some("DPoP")),
        "{answer:?}"
    );
    let metadata = world.get("/.well-known/oauth-authorization-server").await;
    let listed = metadata.body["dpop_signing_alg_values_supported"].as_array().unwrap();
    assert!(listed.contains(&json!("Ed25519")) && listed.contains(&json!("EdDSA")));
}
