//! What the members of bodies of administration may be.

use proof::Algorithm;
use serde_json::{Value, json};
use testkit::{Key, World};

use crate::{
    admin_bodies::{administrator, site},
    setup::{raw_member, refused},
    sites::Site,
};

const METADATA: &str = "invalid_client_metadata";

const BODY: &str = "invalid_body";

const REDIRECT: &str = "invalid_redirect_uri";

const REQUEST: &str = "invalid_request";

/// A call, a body that is right, and what is wrong about it when one member is this.
type Bounds = (
    &'static str,
    &'static str,
    Value,
    &'static [(&'static str, &'static str, &'static str)],
);

/// What each member may not be, as JSON text, with the code of the refusal. `LONG` stands for 1,100 letters.
fn bounds(site: &Site, now: i64) -> Vec<Bounds> {
    let machine = json!({ "client_name": "New", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "resources": [site.resource] });
    let keyed = json!({ "client_name": "New", "token_endpoint_auth_method": "private_key_jwt" });
    let resource = json!({ "resource": "https://new.example.com/", "resource_name": "New" });
    let grant =
        json!({ "client_id": site.spare, "scope": "read", "resources": [site.resource], "expires_at": now + 1 });
    let somebody = json!({ "name": "New", "reach": "tenant" });
    vec![
        ("POST", "/admin/v1/clients", machine, CLIENT),
        (
            "POST",
            "/admin/v1/clients",
            keyed,
            &[
                ("client_name", r#""New""#, METADATA),
                ("jwks", r#"{"keys":[]}"#, METADATA),
            ],
        ),
        ("POST", "/admin/v1/resources", resource, RESOURCE),
        ("POST", "/admin/v1/grants", grant, GRANT),
        ("POST", "/admin/v1/administrators", somebody, ADMINISTRATOR),
        ("PATCH", "/admin/v1/tenants/default", json!({}), TENANT),
        ("POST", "/admin/v1/users", json!({ "login": "bob@demo.test" }), USER),
        (
            "POST",
            "/admin/v1/groups",
            json!({ "id": "new", "kind": "group", "name": "New" }),
            GROUP,
        ),
        (
            "POST",
            "/admin/v1/consent-rules",
            json!({ "effect": "forbid", "client_id": site.spare }),
            RULE,
        ),
    ]
}

const USER: &[(&str, &str, &str)] = &[
    ("login", r#""""#, BODY),
    ("login", r#"" ""#, BODY),
    ("login", r#""bob demo""#, BODY),
    ("login", "\"bob\u{200b}@demo.test\"", BODY),
    ("login", r#""LONG""#, BODY),
    ("profile", r#"{"sub":"1"}"#, BODY),
    ("profile", r#"{"role":"admin"}"#, BODY),
    ("profile", r#"{"email_verified":"true"}"#, BODY),
    ("profile", r#"{"name":null}"#, BODY),
    ("profile", r#"{"picture":"javascript:alert(1)"}"#, BODY),
    ("groups", r#"["nobodies"]"#, BODY),
    ("groups", r#"["Not a group"]"#, BODY),
    ("groups", r#"[""]"#, BODY),
    ("password", r#""""#, REQUEST),
    ("password", r#""short""#, REQUEST),
    ("password", r#""password1""#, REQUEST),
    ("password", r#""BOB@demo.test""#, REQUEST),
    ("password", r#""LONG""#, REQUEST),
];

const GROUP: &[(&str, &str, &str)] = &[
    ("id", r#""""#, BODY),
    ("id", r#""Finance""#, BODY),
    ("id", r#""a b""#, BODY),
    ("id", r#""-a""#, BODY),
    ("id", r#""a/b""#, BODY),
    ("id", r#""LONG""#, BODY),
    ("kind", r#""team""#, BODY),
    ("name", r#""""#, BODY),
    ("name", r#""a\nb""#, BODY),
];

const RULE: &[(&str, &str, &str)] = &[
    ("effect", r#""ask""#, BODY),
    ("clients", r#""unregistered""#, BODY), // not together with client_id
    ("scope", r#""""#, BODY),
    ("scope", r#""read write""#, BODY),
    ("scope", r#""a\"b""#, BODY),
    ("resource", r#""mcp""#, BODY),
    ("resource", r#""https://nobody.example.com/""#, BODY),
    ("group", r#""Not a group""#, BODY),
];

const CLIENT: &[(&str, &str, &str)] = &[
    ("client_name", r#""""#, BODY),
    ("client_name", "\" \u{a0} \"", BODY),
    ("client_name", r#""a\nb""#, BODY),
    ("client_name", r#""a\u001b[31m""#, BODY),
    ("client_name", r#""LONG""#, BODY),
    ("client_id", r#""""#, METADATA),
    ("client_id", r#""a b""#, METADATA),
    ("client_id", r#""https://app.example.com/client.json""#, METADATA),
    ("client_id", r#""a/../b""#, METADATA),
    ("client_id", r#""https://app.example.com""#, METADATA),
    ("client_id", r#""https://app.example.com/a/../b""#, METADATA),
    ("client_id", r#""https://alice@app.example.com/c""#, METADATA),
    ("client_id", r#""ftp://app.example.com/c""#, METADATA),
    ("client_id", r#""~aHR0cHM6Ly9hcHAuZXhhbXBsZS9j""#, METADATA), // https://app.example/c, as it stands in a path
    ("client_id", r#""LONG""#, METADATA),
    ("token_endpoint_auth_method", r#""none""#, METADATA),
    ("token_endpoint_auth_method", r#""client_secret_jwt""#, METADATA),
    ("token_endpoint_auth_method", r#""private_key_jwt""#, METADATA),
    ("grant_types", r#"["password"]"#, METADATA),
    (
        "grant_types",
        r#"["client_credentials","authorization_code"]"#,
        REDIRECT, // it has no redirect URI
    ),
    ("grant_types", r#"["client_credentials","refresh_token"]"#, METADATA),
    ("redirect_uris", r#"["http://app.example.com/callback"]"#, REDIRECT),
    ("redirect_uris", r#"["https://app.example.com/callback#f"]"#, REDIRECT),
    (
        "redirect_uris",
        r#"["https://alice@app.example.com/callback"]"#,
        REDIRECT,
    ),
    ("redirect_uris", r#"["https://*.example.com/callback"]"#, REDIRECT),
    ("redirect_uris", r#"["javascript:alert(1)"]"#, REDIRECT),
    ("redirect_uris", r#"[""]"#, REDIRECT),
    ("redirect_uris", r#"["https://app.example.com/LONGLONG"]"#, REDIRECT),
    ("application_type", r#""""#, METADATA),
    ("application_type", r#""browser""#, METADATA),
    ("client_uri", r#""javascript:alert(1)""#, METADATA),
    ("client_uri", r#""https://app.example.com/a b""#, METADATA),
    ("client_uri", r#""https://app.example.com/LONGLONG""#, METADATA),
    ("grant_types", "[]", METADATA),
    ("access_token_signed_response_alg", r#""HS256""#, METADATA),
    ("access_token_signed_response_alg", r#""none""#, METADATA),
    ("jwks", r#"{"keys":[]}"#, METADATA),
    ("scope", r#""a\"b""#, "invalid_scope"),
    ("scope", r#""admin""#, BODY),
    ("resources", r#"["https://nobody.example.com/"]"#, BODY),
    ("resources", r#"["mcp"]"#, BODY),
];

const RESOURCE: &[(&str, &str, &str)] = &[
    ("resource", r#""mcp""#, BODY),
    ("resource", r#""""#, BODY),
    ("resource", r#""https://a.example.com/#f""#, BODY),
    ("resource", r#""https://a.example.com/LONG""#, BODY),
    ("scopes", r#"{"two words":"x"}"#, BODY),
    ("scopes", r#"{"":"x"}"#, BODY),
    ("implied_scopes", r#"{"write":["read"]}"#, BODY), // it has neither
    ("introspection_clients", r#"[""]"#, BODY),
    ("access_token_signed_response_alg", r#""RS256""#, METADATA),
];

const GRANT: &[(&str, &str, &str)] = &[
    ("depth", "9", BODY),
    ("depth", "256", BODY),
    ("depth", "-1", BODY),
    ("expires_at", "1795000000", BODY),
    ("expires_at", "-1", BODY),
    ("scope", r#""admin""#, BODY),
];

const ADMINISTRATOR: &[(&str, &str, &str)] = &[
    ("reach", r#""everything""#, BODY),
    ("lifetime_seconds", "59", BODY),
    ("lifetime_seconds", "-1", BODY),
    ("lifetime_seconds", "31622401", BODY),
];

const TENANT: &[(&str, &str, &str)] = &[
    ("disabled", "null", BODY),
    ("access_token_seconds", "59", BODY),
    ("access_token_seconds", "3601", BODY),
    ("disabled", "true", BODY),
    ("registration", r#""closed""#, BODY),
    ("registration", r#""""#, BODY),
];

#[tokio::test]
async fn values_outside_their_bounds_are_refused_with_what_is_wrong() {
    let world = World::new().await;
    let site = site(&world).await;
    assert_eq!(world.now(), testkit::START, "the time that stands in the tables");
    for (method, path, right, members) in bounds(&site, world.now()) {
        for (member, raw, code) in members {
            let text = raw_member(&right, member, &raw.replace("LONG", &"x".repeat(1_100)));
            let headers = [
                administrator(&world)[0].clone(),
                ("content-type", "application/json".to_owned()),
            ];
            let answer = world.send(method, path, &headers, Some(text)).await;
            refused(&answer, 400, code, &format!("{method} {path} with {member} {raw}"));
            let detailed = answer.body.get("detail").is_some();
            assert_eq!(
                detailed,
                *code == BODY,
                "what is wrong, for the administrator: {answer:?}"
            );
        }
    }
    let both = json!({ "disabled": false, "access_token_seconds": 300 });
    let answer = world.admin("PATCH", "/admin/v1/tenants/default", Some(&both)).await;
    refused(&answer, 400, BODY, "a switch goes alone");
    let jwks = json!({ "keys": [Key::new(Algorithm::ES256).public_jwk()] });
    let spare = format!("/admin/v1/clients/{}", site.spare);
    let here_and_there = json!({ "jwks": jwks, "jwks_uri": "https://app.example.com/jwks" });
    let keys_twice = world.admin("PATCH", &spare, Some(&here_and_there)).await;
    refused(
        &keys_twice,
        400,
        METADATA,
        "RFC 7591 s2: keys here and behind an address",
    );
    // A client with a secret has keys too: it signs requests with them (RFC 9101 s4).
    let keys_for_a_secret = world.admin("PATCH", &spare, Some(&json!({ "jwks": jwks }))).await;
    assert_eq!(
        (keys_for_a_secret.status, &keys_for_a_secret.body["jwks"]),
        (200, &jwks),
        "{keys_for_a_secret:?}"
    );
    let private = json!({ "keys": [Key::new(Algorithm::ES256).private_jwk()] });
    let body = json!({ "client_name": "New", "token_endpoint_auth_method": "private_key_jwt", "jwks": private });
    let private_keys = world.admin("POST", "/admin/v1/clients", Some(&body)).await;
    refused(&private_keys, 400, METADATA, "a private key");
}
