//! The plan `oidcc-dynamic-certification-test-plan`: apps that register themselves (OpenID Connect Registration, RFC 7591).

use std::collections::BTreeSet;

use proof::Algorithm;
use serde_json::{Value, json};
use testkit::{App, Asking, Browser, Key};

use super::{Bench, CALLBACK, claims_of, endpoint, extend, profile, unsigned, verified};
use crate::{
    document_host::{DocumentHost, Says, served},
    front,
    setup::refused,
};

/// A key set as its holder serves it.
fn jwks(keys: &[&Key]) -> Value {
    json!({ "keys": keys.iter().map(|key| {
        let mut jwk = Value::Object(key.public_jwk());
        jwk["kid"] = key.thumbprint().into();
        jwk
    }).collect::<Vec<_>>() })
}

/// An app that registered itself with no more than the plan says.
async fn registered(bench: &Bench, members: &Value) -> App {
    let answer = bench.registers(members).await;
    for (name, value) in members.as_object().unwrap() {
        assert_eq!(answer.body[name], *value, "RFC 7591 s3.2.1: {name} is told again");
    }
    bench.registered(&answer, None)
}

/// Serves a request object as its app would.
fn serves_object(host: &DocumentHost, object: &str) {
    let lines = ["content-type: application/oauth-authz-req+jwt"];
    host.says("request.jwt", Says::Bytes(served(object.as_bytes(), &lines)));
}

/// A request object with what the plan puts into it (OpenID Connect Core s6.1).
async fn object_of(bench: &Bench, asking: &Asking, key: &Key) -> String {
    let mut claims = claims_of(asking);
    let client = asking.get("client_id");
    extend(&mut claims, &json!({ "iss": client, "aud": bench.world.issuer }));
    let header = json!({ "alg": key.algorithm().name(), "kid": key.thumbprint() });
    key.sign(&header, &claims).await
}

#[tokio::test]
async fn an_app_that_registers_itself_signs_people_in() {
    let bench = Bench::new().await;
    let app = registered(&bench, &json!({})).await;
    bench.flow(&app, &bench.asking(&app)).await;
    let app = registered(&bench, &json!({ "id_token_signed_response_alg": "RS256" })).await;
    bench.flow(&app, &bench.asking(&app)).await;
    bench.world.shows(&["oidcc-server", "oidcc-idtoken-rs256"]);
    for algorithm in ["ES256", "PS256"] {
        let app = registered(&bench, &json!({ "id_token_signed_response_alg": algorithm })).await;
        let asking = bench.asking(&app);
        let page = bench.authorized(&asking).await;
        let answer = bench.tokens(&app, &asking, &page).await;
        super::id_token(&bench.world, &app, &asking, &answer, algorithm).await;
    }
    let none = bench
        .registers(&json!({ "id_token_signed_response_alg": "none" }))
        .await;
    refused(&none, 400, "invalid_client_metadata", "unsigned (S-11)");
    bench.world.shows(&["oidcc-idtoken-unsigned"]);
}

#[tokio::test]
async fn userinfo_is_signed_for_an_app_that_registered_so() {
    let bench = Bench::new().await;
    let app = registered(&bench, &json!({ "userinfo_signed_response_alg": "RS256" })).await;
    let (answer, id_token) = bench.flow(&app, &bench.asking_for(&app, "openid email")).await;
    let told = bench.ask_userinfo("GET", answer.text_of("access_token")).await;
    assert_eq!(
        (told.status, told.header("content-type")),
        (200, Some("application/jwt")),
        "OpenID Connect Core s5.3.2: {told:?}"
    );
    let claims = verified(&bench.world, &told.text, "RS256").await;
    assert_eq!(claims["iss"], bench.world.issuer);
    assert_eq!(claims["aud"], app.client.id);
    assert_eq!(claims["sub"], id_token["sub"]);
    assert_eq!(claims["email"], profile()["email"]);
    bench.world.shows(&["oidcc-userinfo-rs256"]);
}

#[tokio::test]
async fn places_of_answer_are_compared_whole() {
    let bench = Bench::new().await;
    let with_query = format!("{CALLBACK}?foo=bar");
    let two = registered(&bench, &json!({ "redirect_uris": [CALLBACK, with_query] })).await;
    let asking = bench.asking(&two).with("redirect_uri", None);
    bench.stays(&asking, "invalid_request", "none is named").await;
    bench
        .world
        .shows(&["oidcc-ensure-redirect-uri-in-authorization-request"]);

    let app = registered(&bench, &json!({ "redirect_uris": [with_query] })).await;
    let asking = bench.asking(&app);
    let page = bench.authorized(&asking).await;
    assert_eq!(page.parameter("foo").as_deref(), Some("bar"), "RFC 6749 s3.1.2: kept");
    let answer = bench.tokens(&app, &asking, &page).await;
    bench.id_token(&app, &asking, &answer).await;
    bench.world.shows(&["oidcc-redirect-uri-query-OK"]);

    let other = bench
        .asking(&app)
        .with("redirect_uri", Some(&format!("{CALLBACK}?foo=other")));
    bench.stays(&other, "invalid_request", "another query").await;
    bench.world.shows(&["oidcc-redirect-uri-query-mismatch"]);

    let app = registered(&bench, &json!({})).await;
    let added = bench.asking(&app).with("redirect_uri", Some(&with_query));
    bench.stays(&added, "invalid_request", "a query added").await;
    bench.world.shows(&["oidcc-redirect-uri-query-added"]);

    let fragment = json!({ "redirect_uris": [format!("{CALLBACK}#foobar")] });
    refused(
        &bench.registers(&fragment).await,
        400,
        "invalid_redirect_uri",
        "a fragment",
    );
    bench.world.shows(&["oidcc-redirect-uri-regfrag"]);
}

#[tokio::test]
async fn the_pages_of_an_app_are_told_as_text_where_people_are_asked() {
    let bench = Bench::new().await;
    for (module, name, address) in [
        (
            "oidcc-registration-logo-uri",
            "logo_uri",
            "https://suite.example/images/openid.png",
        ),
        (
            "oidcc-registration-policy-uri",
            "policy_uri",
            "https://suite.example/policy",
        ),
        ("oidcc-registration-tos-uri", "tos_uri", "https://suite.example/terms"),
    ] {
        let app = registered(&bench, &json!({ name: address })).await;
        let mut browser = bench.world.signed_in(&bench.alice).await;
        let page = browser.visit(&bench.world, &bench.asking(&app).path()).await;
        assert!(page.has_form("consent"), "{page:?}");
        assert!(
            page.answer.text.contains(name) && page.answer.text.contains(address),
            "{name}: {page:?}"
        );
        assert!(
            !page.answer.text.contains("<img") && !page.answer.text.contains(&format!("src=\"{address}")),
            "nothing is fetched from a stranger (S-10)"
        );
        bench.world.shows(&[module]);
    }
}

#[tokio::test]
async fn keys_behind_an_address_authenticate_and_may_change() {
    let bench = Bench::new().await;
    let host = DocumentHost::new().await;
    let (old, new) = (Key::new(Algorithm::RS256), Key::new(Algorithm::RS256));
    host.serves("jwks.json", &jwks(&[&old]), &[]);
    let members = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": host.id("jwks.json") });
    let answer = bench.registers(&members).await;
    let mut app = bench.registered(&answer, Some(old));
    let asking = bench
        .asking_for(&app, "openid offline_access")
        .with("prompt", Some("consent"));
    let (answer, first) = bench.flow(&app, &asking).await;
    bench.world.shows(&[
        "oidcc-registration-jwks-uri",
        "oidcc-ensure-client-assertion-with-iss-aud-succeeds", // the audience of testkit's assertions is the issuer
    ]);
    host.serves("jwks.json", &jwks(&[&new]), &[]);
    bench.world.advance(60);
    app.client.key = Some(new);
    let again = bench
        .world
        .refresh(&app, answer.text_of("refresh_token"), &[], &[])
        .await;
    assert_eq!(again.status, 200, "the new key is looked for: {again:?}");
    let told = bench.userinfo(again.text_of("access_token")).await;
    assert_eq!(told["sub"], first["sub"]);
    let other = registered(&bench, &json!({})).await;
    let stolen = bench
        .world
        .refresh(&other, again.text_of("refresh_token"), &[], &[])
        .await;
    refused(&stolen, 400, "invalid_grant", "another app's");
    bench
        .world
        .shows(&["oidcc-refresh-token-rp-key-rotation", "oidcc-refresh-token"]);
}

#[tokio::test]
async fn a_sector_lists_the_places_of_its_apps() {
    let bench = Bench::new().await;
    let host = DocumentHost::new().await;
    host.serves("good.json", &json!([CALLBACK, "https://other.example/"]), &[]);
    host.serves("bad.json", &json!(["https://other.example/"]), &[]);
    let members = |name: &str| json!({ "sector_identifier_uri": host.id(name), "subject_type": "pairwise" });
    let answer = bench.registers(&members("good.json")).await;
    let app = bench.registered(&answer, None);
    let (_, one) = bench.flow(&app, &bench.asking(&app)).await;
    let same = bench.registered(&bench.registers(&members("good.json")).await, None);
    let (_, two) = bench.flow(&same, &bench.asking(&same)).await;
    assert_eq!(one["sub"], two["sub"], "OpenID Connect Core s8.1: one sector, one name");
    bench.world.shows(&["oidcc-registration-sector-uri"]);
    let bad = bench.registers(&members("bad.json")).await;
    refused(&bad, 400, "invalid_client_metadata", "OpenID Connect Registration s5");
    bench.world.shows(&["oidcc-registration-sector-bad"]);
}

#[tokio::test]
async fn keys_of_ours_turn_while_the_old_ones_are_published() {
    let bench = Bench::new().await;
    let path = endpoint(&bench.world, "jwks_uri").await;
    let kids = async || -> BTreeSet<String> {
        let keys = bench.world.get(&path).await.body["keys"].clone();
        let keys = keys.as_array().unwrap();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let before = kids().await;
    let app = registered(&bench, &json!({})).await;
    bench.flow(&app, &bench.asking(&app)).await;
    bench.world.advance(1);
    let turned = bench.world.admin("POST", "/admin/v1/keys/rotate", None).await;
    assert_eq!(turned.status, 201, "{turned:?}");
    let after = kids().await;
    assert!(
        after.is_superset(&before) && after.len() > before.len(),
        "{before:?} {after:?}"
    );
    bench.flow(&app, &bench.asking(&app)).await;
    bench.world.advance(400);
    bench.flow(&app, &bench.asking(&app)).await;
    bench.world.shows(&["oidcc-server-rotate-keys"]);
}

#[tokio::test]
async fn request_objects_are_fetched_from_where_their_app_said() {
    let bench = Bench::new().await;
    let host = DocumentHost::new().await;
    let key = Key::new(Algorithm::RS256);
    let members = json!({
        "jwks": jwks(&[&key]), "request_uris": [host.id("request.jwt")], "request_object_signing_alg": "RS256",
    });
    let app = registered(&bench, &members).await;
    let asking = bench.asking(&app);
    serves_object(&host, &object_of(&bench, &asking, &key).await);
    // Beside it stands what OAuth wants there: who asks, and for what kind of answer.
    let outside = Asking::of(&app.client.id, CALLBACK, None, Some("openid"));
    let outside = super::plain(outside)
        .with("redirect_uri", None)
        .with("state", None)
        .with("request_uri", Some(&host.id("request.jwt")));
    let page = bench.agrees(&outside).await;
    bench.answers(&page, &asking);
    let answer = bench.tokens(&app, &asking, &page).await;
    bench.id_token(&app, &asking, &answer).await;
    bench.world.shows(&["oidcc-request-uri-signed-rs256"]);

    // Unsigned it is not supported, and the metadata says so.
    let app = registered(&bench, &json!({ "request_uris": [host.id("request.jwt")] })).await;
    let asking = bench.asking(&app);
    serves_object(&host, &unsigned(&claims_of(&asking)));
    let asking = asking.with("request_uri", Some(&host.id("request.jwt")));
    let page = Browser::new(&bench.world).visit(&bench.world, &asking.path()).await;
    front::problem(&page, 400, "request_not_supported", "unsigned");
    bench.world.shows(&["oidcc-request-uri-unsigned"]);
}

#[tokio::test]
async fn what_stands_in_a_request_object_counts_for_apps_that_registered_themselves() {
    let bench = Bench::new().await;
    let key = Key::new(Algorithm::ES256);
    let app = registered(&bench, &json!({ "jwks": jwks(&[&key]) })).await;
    let asking = bench.asking(&app);
    let object = object_of(&bench, &asking, &key).await;
    let outside = asking
        .clone()
        .with("redirect_uri", Some("https://suite.example/another/place"))
        .with("request", Some(&object));
    let page = bench.agrees(&outside).await;
    bench.answers(&page, &asking);
    assert!(page.location().unwrap().starts_with(CALLBACK), "s6.1: {page:?}");
    bench.world.shows(&["oidcc-ensure-request-object-with-redirect-uri"]);
}
