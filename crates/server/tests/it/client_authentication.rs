//! How a client proves itself, by every method against every registration, and what a stranger learns from a refusal: nothing.

use base64::{Engine, engine::general_purpose::STANDARD};
use proof::Algorithm;
use serde_json::json;
use testkit::{Answer, Client, Form, Key, World, assertion_form};

use crate::setup::{MCP, apart_from_request_id, asking, machine, refused, with};

const METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];

/// A way to show credentials: headers and parameters.
type Shown = (Vec<(&'static str, String)>, Form<'static>);

fn basic_of(id: &str, secret: &str) -> (&'static str, String) {
    (
        "authorization",
        format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))),
    )
}

fn post_of(id: &str, secret: &str) -> Form<'static> {
    vec![("client_id", id.to_owned()), ("client_secret", secret.to_owned())]
}

async fn ask(world: &World, shown: &Shown) -> Answer {
    let mut form = asking();
    form.extend(shown.1.clone());
    world.post("/oauth2/token", &shown.0, &form).await
}

/// The client's id shown by one of the methods, with its secret or, if it has none, some other, and signed with its key or, if it has none, some other.
async fn show_by(world: &World, client: &Client, method: &str) -> Shown {
    let secret = client.secret.clone().unwrap_or_else(|| "some-secret".to_owned());
    match method {
        "client_secret_basic" => (vec![basic_of(&client.id, &secret)], vec![]),
        "client_secret_post" => (vec![], post_of(&client.id, &secret)),
        _ => {
            let claims = client.assertion_claims(world);
            let some_key = Key::new(Algorithm::ES256);
            let key = client.key.as_ref().unwrap_or(&some_key);
            (
                vec![],
                assertion_form(&key.sign(&json!({ "alg": "ES256" }), &claims).await),
            )
        }
    }
}

#[tokio::test]
async fn each_registration_takes_its_own_method_and_no_other() {
    let (world, _) = machine("client_secret_basic").await;
    for registered in METHODS {
        let client = Client::register(&world, registered, "read", &[MCP]).await;
        for shown in METHODS {
            let answer = ask(&world, &show_by(&world, &client, shown).await).await;
            if registered == shown {
                assert_eq!(answer.status, 200, "{registered}: {answer:?}");
            } else {
                refused(
                    &answer,
                    401,
                    "invalid_client",
                    &format!("{shown} for a registration of {registered}"),
                );
            }
        }
        for endpoint in ["/oauth2/introspect", "/oauth2/revoke"] {
            for shown in METHODS {
                let (headers, mut form) = show_by(&world, &client, shown).await;
                form.push(("token", "x".to_owned()));
                let answer = world.post(endpoint, &headers, &form).await;
                assert_eq!(
                    answer.status,
                    if registered == shown { 200 } else { 401 },
                    "{registered} by {shown} at {endpoint}: {answer:?}"
                );
            }
        }
    }
    world.shows(&[
        "TokenEndpoint/IsAsymmetricClientAuthenticationUsed",
        "TokenEndpoint/IsBasicAuthenticationSupported",
    ]);
}

#[tokio::test]
async fn credentials_are_shown_once() {
    let (world, basic) = machine("client_secret_basic").await;
    let post = Client::register(&world, "client_secret_post", "read", &[MCP]).await;
    let keyed = Client::register(&world, "private_key_jwt", "read", &[MCP]).await;
    let assertion = async || assertion_form(&keyed.assertion(&keyed.assertion_claims(&world)).await);
    let secret = |client: &Client| client.secret.clone().unwrap();
    let header = |client: &Client| vec![client.basic()];
    let both = |one: Form<'static>, other: Form<'static>| one.into_iter().chain(other).collect::<Form<'static>>();
    let twice: Vec<(&str, Shown)> = vec![
        ("header and body", (header(&basic), post_of(&basic.id, &secret(&basic)))),
        (
            "header and another's body",
            (header(&basic), post_of(&post.id, &secret(&post))),
        ),
        (
            "header and a secret alone",
            (header(&basic), vec![("client_secret", secret(&basic))]),
        ),
        ("header and assertion", (header(&basic), assertion().await)),
        (
            "body and assertion",
            (vec![], both(post_of(&post.id, &secret(&post)), assertion().await)),
        ),
        (
            "all three",
            (
                header(&basic),
                both(post_of(&post.id, &secret(&post)), assertion().await),
            ),
        ),
        ("two headers", (vec![basic.basic(), basic.basic()], vec![])),
        (
            "two headers of two schemes",
            (vec![basic.basic(), ("authorization", "Bearer x".to_owned())], vec![]),
        ),
        (
            "header and another name",
            (header(&basic), vec![("client_id", post.id.clone())]),
        ),
        (
            "client_id twice",
            (
                vec![],
                both(post_of(&post.id, &secret(&post)), vec![("client_id", post.id.clone())]),
            ),
        ),
        (
            "client_secret twice",
            (
                vec![],
                both(
                    post_of(&post.id, &secret(&post)),
                    vec![("client_secret", secret(&post))],
                ),
            ),
        ),
        (
            "client_assertion twice",
            (vec![], both(assertion().await, assertion().await)),
        ),
    ];
    for (what, shown) in twice {
        refused(&ask(&world, &shown).await, 400, "invalid_request", what);
    }
    let named = (header(&basic), vec![("client_id", basic.id.clone())]);
    assert_eq!(
        ask(&world, &named).await.status,
        200,
        "the same name again is no second claim (MCP clients send it)"
    );
    let empty = (
        header(&basic),
        vec![("client_secret", String::new()), ("client_assertion", String::new())],
    );
    assert_eq!(
        ask(&world, &empty).await.status,
        200,
        "RFC 6749 s3.1: without a value counts as omitted"
    );
}

#[tokio::test]
async fn s_41_unknown_disabled_and_wrong_look_the_same() {
    let (world, basic) = machine("client_secret_basic").await;
    let post = Client::register(&world, "client_secret_post", "read", &[MCP]).await;
    let keyed = Client::register(&world, "private_key_jwt", "read", &[MCP]).await;
    let gone = Client::register(&world, "client_secret_basic", "read", &[MCP]).await;
    let off = json!({ "disabled": true });
    assert_eq!(
        world
            .admin("PATCH", &format!("/admin/v1/clients/{}", gone.id), Some(&off))
            .await
            .status,
        200
    );
    let stranger = Key::new(Algorithm::ES256);
    let forged = async |id: &str| {
        let claims = with(&with(&keyed.assertion_claims(&world), "iss", id), "sub", id);
        assertion_form(&stranger.sign(&json!({ "alg": "ES256" }), &claims).await)
    };
    let of_body: Vec<(&str, Shown)> = vec![
        ("wrong secret", (vec![], post_of(&post.id, "wrong"))),
        ("unknown client", (vec![], post_of("nobody", "wrong"))),
        (
            "registered for Basic",
            (vec![], post_of(&basic.id, &basic.secret.clone().unwrap())),
        ),
        ("registered for a key", (vec![], post_of(&keyed.id, "wrong"))),
        ("wrong signature", (vec![], forged(&keyed.id).await)),
        ("assertion of an unknown client", (vec![], forged("nobody").await)),
        ("assertion of a client with a secret", (vec![], forged(&post.id).await)),
        ("an id that no client can have", (vec![], post_of("a b", "wrong"))),
        ("an id without end", (vec![], post_of(&"x".repeat(5_000), "wrong"))),
        ("no secret", (vec![], vec![("client_id", post.id.clone())])),
        ("no credentials", (vec![], vec![])),
    ];
    let of_header: Vec<(&str, Shown)> = vec![
        ("wrong secret", (vec![basic_of(&basic.id, "wrong")], vec![])),
        ("no secret", (vec![basic_of(&basic.id, "")], vec![])),
        ("unknown client", (vec![basic_of("nobody", "wrong")], vec![])),
        (
            "registered for the body",
            (vec![basic_of(&post.id, &post.secret.clone().unwrap())], vec![]),
        ),
        ("disabled, right secret", (vec![gone.basic()], vec![])),
        ("disabled, wrong secret", (vec![basic_of(&gone.id, "wrong")], vec![])),
    ];
    for group in [of_body, of_header] {
        let mut answers = Vec::new();
        for (what, shown) in &group {
            let answer = ask(&world, shown).await;
            refused(&answer, 401, "invalid_client", what);
            answers.push((what, apart_from_request_id(&answer)));
        }
        for (what, answer) in &answers {
            assert_eq!(*answer, answers[0].1, "{what} and {}", answers[0].0);
        }
    }
    world.shows(&["TokenEndpoint/IsClientAuthenticationRequired"]);
}

#[tokio::test]
async fn a_401_names_the_scheme_only_to_those_who_used_the_header() {
    let (world, client) = machine("client_secret_basic").await;
    // RFC 6749 s5.2: "If the client attempted to authenticate via the Authorization request header field, the server MUST ... include the WWW-Authenticate".
    let by_header = ask(&world, &(vec![basic_of(&client.id, "wrong")], vec![])).await;
    assert!(
        by_header
            .header("www-authenticate")
            .is_some_and(|challenge| challenge.starts_with("Basic realm=")),
        "{by_header:?}"
    );
    let by_body = ask(&world, &(vec![], post_of(&client.id, "wrong"))).await;
    assert_eq!(by_body.header("www-authenticate"), None);
    assert_eq!(ask(&world, &(vec![], vec![])).await.header("www-authenticate"), None);
    // RFC 6750 s3: without credentials the challenge has no error.
    let challenge = |answer: &Answer| answer.header("www-authenticate").unwrap_or("").to_owned();
    let nobody = world.get("/admin/v1/clients").await;
    assert!(
        challenge(&nobody).starts_with("Bearer ") && !challenge(&nobody).contains("error"),
        "{nobody:?}"
    );
    let wrong = world.admin_as("wrong", "GET", "/admin/v1/clients", None).await;
    assert!(challenge(&wrong).contains(r#"error="invalid_token""#), "{wrong:?}");
}

#[tokio::test]
async fn basic_credentials_are_form_encoded() {
    let (world, _) = machine("client_secret_basic").await;
    let members = json!({ "client_id": "a~b.c-d_e", "scope": "read", "resources": [MCP] });
    let client = Client::register_with(&world, "client_secret_basic", &members, None).await;
    let secret = client.secret.clone().unwrap();
    let encoded: String = secret
        .bytes()
        .map(|byte| format!("%{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    for (id, secret) in [
        ("a~b.c-d_e", secret.as_str()),
        ("a%7Eb%2ec-d%5Fe", secret.as_str()),
        ("%61~b.c-d_e", encoded.as_str()),
    ] {
        assert_eq!(
            ask(&world, &(vec![basic_of(id, secret)], vec![])).await.status,
            200,
            "RFC 6749 s2.3.1: {id}"
        );
    }
    for (scheme, status) in [
        ("basic", 200),
        ("BASIC", 200),
        ("Basic ", 200),
        ("Bearer", 401),
        ("Digest", 401),
    ] {
        let header = format!("{scheme} {}", STANDARD.encode(format!("{}:{secret}", client.id)));
        assert_eq!(
            ask(&world, &(vec![("authorization", header)], vec![])).await.status,
            status,
            "{scheme}"
        );
    }
    let unreadable = ["Basic", "Basic !!!!", "Basic AAA", "Basic /w==", "Basic bm9jb2xvbg=="].map(str::to_owned);
    let broken = ["a%", "a%4", "a%zz", "%ff"].map(|id| basic_of(id, &secret).1);
    for header in unreadable.into_iter().chain(broken) {
        refused(
            &ask(&world, &(vec![("authorization", header.clone())], vec![])).await,
            400,
            "invalid_request",
            &header,
        );
    }
    for (id, secret) in [
        ("a~b.c-d_e ", secret.as_str()),
        ("A~B.C-D_E", secret.as_str()),
        ("a%257Eb.c-d_e", secret.as_str()),
        ("a~b.c-d_e", &format!("{secret}:")),
    ] {
        refused(
            &ask(&world, &(vec![basic_of(id, secret)], vec![])).await,
            401,
            "invalid_client",
            id,
        );
    }
}

#[tokio::test]
async fn credentials_in_the_query_are_none_and_a_parameter_in_both_is_repeated() {
    let (world, client) = machine("client_secret_post").await;
    let secret = client.secret.clone().unwrap();
    let query = format!("/oauth2/token?client_id={}&client_secret={secret}", client.id);
    refused(
        &world.post(&query, &[], &asking()).await,
        401,
        "invalid_client",
        "RFC 6749 s2.3.1: not in the request URI",
    );
    let mut form = asking();
    form.extend(post_of(&client.id, &secret));
    for query in [
        "?client_id=x",
        "?grant_type=client_credentials",
        "?scope=a&scope=b",
        "?x=1&x=2",
        "?x=%zz",
    ] {
        refused(
            &world.post(&format!("/oauth2/token{query}"), &[], &form).await,
            400,
            "invalid_request",
            query,
        );
    }
    let widened = world.post("/oauth2/token?scope=write", &[], &form).await;
    assert_eq!(
        (widened.status, &widened.body["scope"]),
        (200, &json!("read write")),
        "what stands in the query is not read"
    );
    world.shows(&["TokenEndpoint/IsAuthInUriAllowed"]);
}

#[tokio::test]
async fn s_03_repeated_parameters_are_refused_at_every_endpoint() {
    let (world, client) = machine("client_secret_basic").await;
    let body = |text: &str| Some(text.to_owned());
    let headers = [
        client.basic(),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    let cases = [
        (
            "/oauth2/token",
            "grant_type=client_credentials&grant_type=client_credentials",
        ),
        ("/oauth2/token", "grant_type=client_credentials&scope=read&scope=read"),
        ("/oauth2/token", "grant_type=client_credentials&scope=read&%73cope=read"),
        ("/oauth2/token", "grant_type=client_credentials&scope=&scope=read"),
        ("/oauth2/token", "grant_type=client_credentials&unknown=1&unknown=2"),
        ("/oauth2/token", "grant_type=client_credentials&audience=a&audience=b"),
        ("/oauth2/introspect", "token=x&token=y"),
        ("/oauth2/introspect", "token=x&token_type_hint=a&token_type_hint=b"),
        ("/oauth2/revoke", "token=x&token=x"),
        ("/oauth2/token", "grant_type=client_credentials&x=%"),
        ("/oauth2/token", "grant_type=client_credentials&x=%ff"),
        ("/oauth2/token", ""),
        ("/oauth2/token", "grant_type="),
        ("/oauth2/introspect", "token="),
        ("/oauth2/revoke", "x=y"),
    ];
    for (path, text) in cases {
        refused(
            &world.send("POST", path, &headers, body(text)).await,
            400,
            "invalid_request",
            &format!("{path} {text}"),
        );
    }
    refused(
        &world
            .send("POST", "/oauth2/token", &headers, body("grant_type=password"))
            .await,
        400,
        "unsupported_grant_type",
        "password",
    );
    refused(
        &world
            .send("POST", "/oauth2/token", &headers, body("grant_type=CLIENT_CREDENTIALS"))
            .await,
        400,
        "unsupported_grant_type",
        "case counts",
    );
    for kind in ["application/json", "multipart/form-data; boundary=x", "text/plain", ""] {
        let headers = [client.basic(), ("content-type", kind.to_owned())];
        refused(
            &world
                .send("POST", "/oauth2/token", &headers, body("grant_type=client_credentials"))
                .await,
            400,
            "invalid_request",
            kind,
        );
    }
    let charset = [
        client.basic(),
        (
            "content-type",
            "Application/X-WWW-Form-Urlencoded; charset=UTF-8".to_owned(),
        ),
    ];
    assert_eq!(
        world
            .send("POST", "/oauth2/token", &charset, body("grant_type=client_credentials"))
            .await
            .status,
        200
    );
    world.shows(&["TokenEndpoint/SameParameterTwiceDisallowed"]);
}

#[tokio::test]
async fn what_is_not_granted_is_refused_with_the_code_of_its_kind() {
    let (world, client) = machine("client_secret_basic").await;
    let other = "https://api.example.com/";
    world.resource(other, &[]).await;
    let idle = Client::register_with(&world, "client_secret_basic", &json!({ "grant_types": [] }), None).await;
    let poor = Client::register(&world, "client_secret_basic", "", &[]).await;
    let cases = [
        (
            &client,
            vec![("resource", "https://nobody.example.com/")],
            "invalid_target",
        ),
        (
            &client,
            vec![("resource", "https://mcp.example.com/MCP")],
            "invalid_target",
        ),
        (
            &client,
            vec![("resource", "https://mcp.example.com/mcp/")],
            "invalid_target",
        ),
        (&client, vec![("resource", "mcp")], "invalid_target"),
        (
            &client,
            vec![("resource", "https://mcp.example.com/mcp#f")],
            "invalid_target",
        ),
        (&client, vec![("resource", other)], "invalid_target"),
        (&client, vec![("resource", MCP), ("resource", other)], "invalid_target"),
        (&client, vec![("resource", MCP), ("scope", "admin")], "invalid_scope"),
        (
            &client,
            vec![("resource", MCP), ("scope", "read admin")],
            "invalid_scope",
        ),
        (&client, vec![("resource", MCP), ("scope", "READ")], "invalid_scope"),
        (&client, vec![("resource", MCP), ("scope", "re\"ad")], "invalid_scope"),
        (
            &client,
            vec![("resource", MCP), ("scope", "read\u{e9}")],
            "invalid_scope",
        ),
        (&idle, vec![], "unauthorized_client"),
        (&poor, vec![], "unauthorized_client"),
    ];
    for (client, form, code) in cases {
        let form: Vec<(&str, String)> = form.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        refused(&world.token(client, &form, &[]).await, 400, code, &format!("{form:?}"));
    }
    assert_eq!(world.app.default_tenant().unwrap().token_count().await.unwrap(), 0);
}
