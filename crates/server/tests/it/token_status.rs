//! Introspection and revocation: every way in which a token stops counting (RFC 7662, RFC 7009; S-36, S-37).

use serde_json::{Value, json};
use testkit::{Client, Form, World};

use crate::setup::{MCP, access_token, introspect, machine_and_gateway, refused};

const DEAD: fn() -> Value = || json!({ "active": false });

struct Case {
    world: World,
    gateway: Client,
    client: Client,
    root: String,
    token: String,
}

/// A token of a client whose grant was narrowed from a root that another client holds.
async fn case() -> Case {
    let (world, owner, gateway) = machine_and_gateway("client_secret_basic").await;
    let grants = world.admin("GET", "/admin/v1/grants", None).await.body["grants"].clone();
    let root = grants
        .as_array()
        .unwrap()
        .iter()
        .find(|grant| grant["client_id"] == owner.id.as_str())
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let client = Client::register(&world, "client_secret_basic", "", &[]).await;
    let narrowed = json!({ "client_id": client.id, "scope": "read", "resources": [MCP], "parent": root });
    assert_eq!(
        world.admin("POST", "/admin/v1/grants", Some(&narrowed)).await.status,
        201
    );
    let token = access_token(&world.token(&client, &[("resource", MCP.to_owned())], &[]).await);
    let case = Case {
        world,
        gateway,
        client,
        root,
        token,
    };
    assert_eq!(case.seen().await["active"], true);
    case
}

impl Case {
    async fn seen(&self) -> Value {
        introspect(&self.world, &self.gateway, &self.token).await
    }

    async fn patch(&self, path: &str, body: Value) {
        let answer = self.world.admin("PATCH", path, Some(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    async fn own_grant(&self) -> String {
        let grants = self.world.admin("GET", "/admin/v1/grants", None).await.body["grants"].clone();
        grants
            .as_array()
            .unwrap()
            .iter()
            .find(|grant| grant["client_id"] == self.client.id.as_str())
            .unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The token is dead at every node and after a restart, and no other one is to be had, with this code.
    async fn stays_dead(self, status: u16, code: &str) {
        assert_eq!(self.seen().await, DEAD());
        let second = self.world.second_node().await;
        assert_eq!(
            introspect(&second, &self.gateway, &self.token).await,
            DEAD(),
            "at another node"
        );
        second.end().await;
        let Self {
            world,
            gateway,
            client,
            token,
            ..
        } = self;
        let world = world.restart().await;
        assert_eq!(introspect(&world, &gateway, &token).await, DEAD(), "after a restart");
        let answer = world.token(&client, &[("resource", MCP.to_owned())], &[]).await;
        if code.is_empty() {
            assert_eq!(answer.status, status, "{answer:?}");
        } else {
            refused(&answer, status, code, "another token");
        }
    }
}

#[tokio::test]
async fn an_active_token_is_described_as_it_is() {
    let case = case().await;
    let now = case.world.now();
    let seen = case.seen().await;
    let jti = seen["jti"].as_str().unwrap().to_owned();
    let expected = json!({ "active": true, "iss": case.world.issuer, "sub": case.client.id, "client_id": case.client.id, "aud": MCP, "scope": "read", "iat": now, "exp": now + 300, "jti": jti, "token_type": "Bearer" });
    assert_eq!(seen, expected, "RFC 7662 s2.2");
    let key = testkit::Key::new(proof::Algorithm::ES256);
    let proof = case.world.dpop(&key, &case.world.dpop_claims().await).await;
    let bound = access_token(&crate::setup::with_proof(&case.world, &case.client, &proof).await);
    let seen = introspect(&case.world, &case.gateway, &bound).await;
    assert_eq!(
        (&seen["token_type"], &seen["cnf"]),
        (&json!("DPoP"), &json!({ "jkt": key.thumbprint() })),
        "RFC 9449 s6.2"
    );
}

#[tokio::test]
async fn s_36_a_token_ends_with_its_time() {
    let case = case().await;
    case.world.advance(299);
    assert_eq!(case.seen().await["active"], true, "in its last second");
    case.world.advance(1);
    case.stays_dead(200, "").await;
}

#[tokio::test]
async fn s_36_a_token_ends_with_its_revocation() {
    let case = case().await;
    let revoke = async |token: &str| {
        case.world
            .post("/oauth2/revoke", &[case.client.basic()], &[("token", token.to_owned())])
            .await
    };
    for _ in 0..2 {
        let answer = revoke(&case.token).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, ""),
            "RFC 7009 s2.2, the second time as well"
        );
    }
    let other = access_token(
        &case
            .world
            .token(&case.client, &[("resource", MCP.to_owned())], &[])
            .await,
    );
    assert_eq!(
        introspect(&case.world, &case.gateway, &other).await["active"],
        true,
        "another token of the same grant goes on"
    );
    case.stays_dead(200, "").await;
}

#[tokio::test]
async fn s_37_a_token_ends_with_its_grant() {
    let case = case().await;
    let own = case.own_grant().await;
    assert_eq!(
        case.world
            .admin("POST", &format!("/admin/v1/grants/{own}/revoke"), None)
            .await
            .status,
        200
    );
    case.stays_dead(400, "unauthorized_client").await;
}

#[tokio::test]
async fn s_37_a_token_ends_with_an_ancestor_of_its_grant() {
    let case = case().await;
    assert_eq!(
        case.world
            .admin("POST", &format!("/admin/v1/grants/{}/revoke", case.root), None)
            .await
            .status,
        200
    );
    case.stays_dead(400, "unauthorized_client").await;
}

#[tokio::test]
async fn s_36_a_token_ends_with_the_time_of_its_grant() {
    let (world, _, gateway) = machine_and_gateway("client_secret_basic").await;
    let client = Client::register(&world, "client_secret_basic", "", &[]).await;
    let short = json!({ "client_id": client.id, "scope": "read", "resources": [MCP], "expires_at": world.now() + 100 });
    assert_eq!(world.admin("POST", "/admin/v1/grants", Some(&short)).await.status, 201);
    let answer = world.token(&client, &[("resource", MCP.to_owned())], &[]).await;
    assert_eq!(answer.body["expires_in"], 100, "never longer than its grant");
    let token = access_token(&answer);
    world.advance(100);
    assert_eq!(introspect(&world, &gateway, &token).await, DEAD());
    refused(
        &world.token(&client, &[("resource", MCP.to_owned())], &[]).await,
        400,
        "unauthorized_client",
        "the grant is over",
    );
}

#[tokio::test]
async fn s_36_a_token_sleeps_while_its_client_or_its_resource_is_disabled() {
    let case = case().await;
    let client = format!("/admin/v1/clients/{}", case.client.id);
    let resource = |disabled: bool| json!({ "resource": MCP, "disabled": disabled });
    case.patch(&client, json!({ "disabled": true })).await;
    assert_eq!(case.seen().await, DEAD());
    case.patch(&client, json!({ "disabled": false })).await;
    assert_eq!(case.seen().await["active"], true, "enabled again");
    case.patch("/admin/v1/resources", resource(true)).await;
    assert_eq!(case.seen().await, DEAD());
    refused(
        &case
            .world
            .token(&case.client, &[("resource", MCP.to_owned())], &[])
            .await,
        400,
        "invalid_target",
        "a disabled resource",
    );
    case.patch("/admin/v1/resources", resource(false)).await;
    assert_eq!(case.seen().await["active"], true);
    case.patch("/admin/v1/resources", resource(true)).await;
    case.stays_dead(400, "invalid_target").await;
}

#[tokio::test]
async fn s_36_a_disabled_client_is_out() {
    let case = case().await;
    case.patch(
        &format!("/admin/v1/clients/{}", case.client.id),
        json!({ "disabled": true }),
    )
    .await;
    let revoked = case
        .world
        .post(
            "/oauth2/revoke",
            &[case.client.basic()],
            &[("token", case.token.clone())],
        )
        .await;
    refused(&revoked, 401, "invalid_client", "it may not even revoke");
    case.stays_dead(401, "invalid_client").await;
}

#[tokio::test]
async fn s_36_a_disabled_gateway_learns_nothing() {
    let case = case().await;
    case.patch(
        &format!("/admin/v1/clients/{}", case.gateway.id),
        json!({ "disabled": true }),
    )
    .await;
    let answer = case
        .world
        .post(
            "/oauth2/introspect",
            &[case.gateway.basic()],
            &[("token", case.token.clone())],
        )
        .await;
    refused(&answer, 401, "invalid_client", "a disabled gateway");
}

#[tokio::test]
async fn s_36_a_token_of_a_disabled_tenant_is_nothing_and_sleeps() {
    let world = World::new().await;
    let acme = crate::sites::Site::new(&world, world.tenant_by_path("acme").await).await;
    let everything = json!({ "client_name": "Gateway", "token_endpoint_auth_method": "client_secret_post", "introspects_everything": true });
    let made = acme
        .tenant
        .admin(&world, "POST", "/admin/v1/clients", Some(&everything))
        .await
        .body;
    let form = [
        ("client_id", made["client_id"].as_str().unwrap().to_owned()),
        ("client_secret", made["client_secret"].as_str().unwrap().to_owned()),
        ("token", acme.token.clone()),
    ];
    let ask = async || acme.tenant.post(&world, "/oauth2/introspect", &[], &form).await;
    let switch = async |disabled: bool| {
        world
            .admin(
                "PATCH",
                "/admin/v1/tenants/acme",
                Some(&json!({ "disabled": disabled })),
            )
            .await
            .status
    };
    assert_eq!(ask().await.body["active"], true);
    assert_eq!(switch(true).await, 200);
    refused(&ask().await, 404, "not_found", "nothing of it answers");
    assert_eq!(switch(false).await, 200);
    assert_eq!(ask().await.body["active"], true, "enabled again within its life");
}

#[tokio::test]
async fn only_those_it_is_meant_for_learn_of_a_token() {
    let case = case().await;
    let own = access_token(&case.world.token(&case.client, &[], &[]).await);
    let everything = Client::register_with(
        &case.world,
        "client_secret_basic",
        &json!({ "introspects_everything": true }),
        None,
    )
    .await;
    let stranger = Client::register(&case.world, "client_secret_basic", "", &[]).await;
    for (who, for_the_resource, for_us) in [
        (&case.gateway, true, false),
        (&everything, true, true),
        (&stranger, false, false),
        (&case.client, false, false),
    ] {
        for (token, expected) in [(&case.token, for_the_resource), (&own, for_us)] {
            let seen = introspect(&case.world, who, token).await;
            assert_eq!(seen["active"], expected, "RFC 7662 s4: {}", who.id);
            assert!(expected || seen == DEAD());
        }
    }
    let path = format!("/admin/v1/clients/{}", everything.id);
    case.patch(&path, json!({ "introspects_everything": false })).await;
    assert_eq!(
        introspect(&case.world, &everything, &own).await,
        DEAD(),
        "taken away, it counts no more"
    );
}

#[tokio::test]
async fn questions_about_tokens_are_asked_by_clients_in_forms() {
    let case = case().await;
    let (world, gateway) = (&case.world, &case.gateway);
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        let with_token: Form<'static> = vec![("token", case.token.clone())];
        refused(
            &world.post(path, &[], &with_token).await,
            401,
            "invalid_client",
            "nobody",
        );
        refused(
            &world
                .post(
                    path,
                    &[("authorization", format!("Bearer {}", world.admin_token))],
                    &with_token,
                )
                .await,
            401,
            "invalid_token",
            "an administrator",
        );
        refused(
            &world.post(path, &[gateway.basic()], &[]).await,
            400,
            "invalid_request",
            "no token",
        );
        refused(
            &world.post(path, &[gateway.basic()], &[("token", String::new())]).await,
            400,
            "invalid_request",
            "an empty token",
        );
        refused(
            &world
                .post(&format!("{path}?token={}", case.token), &[gateway.basic()], &[])
                .await,
            400,
            "invalid_request",
            "a token in the query (RFC 7662 s2.1, s4)",
        );
        refused(
            &world
                .send("GET", &format!("{path}?token={}", case.token), &[gateway.basic()], None)
                .await,
            405,
            "method_not_allowed",
            "GET",
        );
        let json_body = [gateway.basic(), ("content-type", "application/json".to_owned())];
        refused(
            &world
                .send(
                    "POST",
                    path,
                    &json_body,
                    Some(json!({ "token": case.token }).to_string()),
                )
                .await,
            400,
            "invalid_request",
            "JSON",
        );
    }
    assert_eq!(case.seen().await["active"], true);
    // RFC 7662 s2.1: a client may prove itself by its access token too. It learns no more of a token than by its secret, and may end it.
    let own = access_token(&world.token(&case.client, &[], &[]).await);
    let by_itself = [("authorization", format!("Bearer {own}"))];
    let form = [("token", case.token.clone())];
    for (name, value) in [("client_secret", "wrong"), ("client_assertion", "junk")] {
        let twice = [form[0].clone(), (name, value.to_owned())];
        let told = world.post("/oauth2/introspect", &by_itself, &twice).await;
        refused(&told, 400, "invalid_request", "RFC 6749 s2.3: two ways at once");
    }
    let told = world.post("/oauth2/introspect", &by_itself, &form).await;
    assert_eq!(
        (told.status, told.body),
        (200, json!({ "active": false })),
        "it is no gateway"
    );
    assert_eq!(world.post("/oauth2/revoke", &by_itself, &form).await.status, 200);
    assert_eq!(case.seen().await["active"], false, "it was its own");
}

/// A resource that was shown a gateway's token has that token. It is not the gateway: not to learn of other tokens, and not to end them. Nor is a token of the gateway's own that was revoked.
#[tokio::test]
async fn s_14_a_token_for_a_resource_speaks_for_nobody_here() {
    let case = case().await;
    let world = &case.world;
    let gateway = json!({ "scope": "read", "resources": [MCP], "introspects_everything": true });
    let gateway = Client::register_with(world, "client_secret_basic", &gateway, None).await;
    let for_resource = access_token(&world.token(&gateway, &[("resource", MCP.to_owned())], &[]).await);
    let own = access_token(&world.token(&gateway, &[], &[]).await);
    let ask = async |shown: &str, door: &str| {
        let headers = [("authorization", format!("Bearer {shown}"))];
        let path = format!("/oauth2/{door}");
        world.post(&path, &headers, &[("token", case.token.clone())]).await
    };
    assert_eq!(
        ask(&own, "introspect").await.body["active"],
        true,
        "its own speaks for it"
    );
    for door in ["introspect", "revoke"] {
        refused(&ask(&for_resource, door).await, 401, "invalid_token", door);
    }
    let ended = world
        .post("/oauth2/revoke", &[gateway.basic()], &[("token", own.clone())])
        .await;
    assert_eq!(ended.status, 200);
    for door in ["introspect", "revoke"] {
        refused(&ask(&own, door).await, 401, "invalid_token", "it was revoked");
    }
    assert_eq!(case.seen().await["active"], true);
}

#[tokio::test]
async fn introspection_changes_nothing_and_is_in_the_log() {
    let case = case().await;
    let before = case.world.events("token.introspected").await;
    for _ in 0..3 {
        case.seen().await;
    }
    assert_eq!(case.world.events("token.introspected").await, before + 3);
    assert_eq!(case.world.app.default_tenant().unwrap().token_count().await.unwrap(), 1);
}
