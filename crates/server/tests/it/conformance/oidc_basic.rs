//! The plan `oidcc-basic-certification-test-plan`: a code, an ID token, and what an app may ask for (OpenID Connect Core).

mod presence;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{App, Browser, unique};

use super::{Bench, claims_of, plain, profile, request, request_for, unsigned};
use crate::{document_host::DocumentHost, front::refused_at, setup::refused};

/// The claims of the protocol itself; every other claim of an ID token is one that was asked for.
const PROTOCOL: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
];

fn names(claims: &Value) -> BTreeSet<&str> {
    claims.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_code_and_an_id_token_for_an_app_with_a_secret() {
    let bench = Bench::new().await;
    for (method, module) in [
        ("client_secret_basic", "oidcc-server"),
        ("client_secret_post", "oidcc-server-client-secret-post"),
    ] {
        let app = bench.app(method).await;
        let asking = request(&app);
        let page = bench.authorized(&asking).await;
        let code = page.parameter("code").unwrap();
        assert!(code.len() >= 22, "128 bits at least (RFC 6749 s10.10): {code}");
        let answer = bench.tokens(&app, &asking, &page).await;
        let claims = bench.id_token(&app, &asking, &answer).await;
        let more: Vec<&str> = names(&claims)
            .into_iter()
            .filter(|name| !PROTOCOL.contains(name))
            .collect();
        assert_eq!(more, [""; 0], "nothing that nobody asked for");
        let told = bench.userinfo(answer.text_of("access_token")).await;
        assert_eq!(
            told,
            json!({ "sub": claims["sub"] }),
            "s5.3.2: the same person, and no more than was asked"
        );
        bench.world.shows(&[module]);
    }
}

#[tokio::test]
async fn a_request_without_a_response_type_is_an_error() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let asking = request(&app).with("response_type", None);
    // A stranger's link sends nobody anywhere (RFC 9700 s4.11.2); who is signed in is sent back with the error.
    bench.stays(&asking, "invalid_request", "nobody is signed in").await;
    let page = bench.agrees(&asking).await;
    refused_at(&page, &asking, "invalid_request", "RFC 6749 s4.1.2.1");
    bench.world.shows(&["oidcc-response-type-missing"]);
}

#[tokio::test]
async fn an_id_token_is_signed_with_rs256_when_the_app_says_nothing_and_never_unsigned() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    bench.flow(&app, &request(&app)).await; // checked there, with the keys of jwks_uri
    let none = json!({ "id_token_signed_response_alg": "none" });
    let answer = bench.registers(&none).await;
    refused(
        &answer,
        400,
        "invalid_client_metadata",
        "no code without a signature (S-11)",
    );
    let metadata = super::metadata(&bench.world).await;
    let offered = metadata["id_token_signing_alg_values_supported"].as_array().unwrap();
    assert!(
        !offered.contains(&json!("none")) && offered.contains(&json!("RS256")),
        "{offered:?}"
    );
    bench
        .world
        .shows(&["oidcc-idtoken-signature", "oidcc-idtoken-unsigned"]);
}

#[tokio::test]
async fn userinfo_answers_get_and_post_with_the_token_in_the_header_or_the_body() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let (answer, claims) = bench.flow(&app, &request(&app)).await;
    let access = answer.text_of("access_token");
    let path = bench.endpoint("userinfo_endpoint").await;
    let in_body = [("access_token", access.to_owned())];
    for (module, told) in [
        ("oidcc-userinfo-get", bench.ask_userinfo("GET", access).await),
        ("oidcc-userinfo-post-header", bench.ask_userinfo("POST", access).await),
        ("oidcc-userinfo-post-body", bench.world.post(&path, &[], &in_body).await),
    ] {
        assert_eq!(
            (told.status, told.header("content-type"), &told.body["sub"]),
            (200, Some("application/json"), &claims["sub"]),
            "{told:?}"
        );
        bench.world.shows(&[module]);
    }
}

#[tokio::test]
async fn a_request_without_a_nonce_gets_an_id_token_without_one() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let asking = request(&app).with("nonce", None);
    bench.flow(&app, &asking).await;
    bench
        .world
        .shows(&["oidcc-ensure-request-without-nonce-succeeds-for-code-flow"]);
}

#[tokio::test]
async fn scopes_open_the_claims_of_their_own_at_userinfo() {
    let bench = Bench::new().await;
    // OpenID Connect Core s5.4.
    let of_profile = [
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ];
    let all: Vec<&str> = of_profile
        .into_iter()
        .chain([
            "email",
            "email_verified",
            "address",
            "phone_number",
            "phone_number_verified",
        ])
        .collect();
    let cases: [(&str, &str, &[&str]); 5] = [
        ("oidcc-scope-profile", "openid profile", &of_profile),
        ("oidcc-scope-email", "openid email", &["email", "email_verified"]),
        ("oidcc-scope-address", "openid address", &["address"]),
        (
            "oidcc-scope-phone",
            "openid phone",
            &["phone_number", "phone_number_verified"],
        ),
        ("oidcc-scope-all", "openid profile email address phone", &all),
    ];
    for (module, scope, expected) in cases {
        let app = bench.app("client_secret_basic").await;
        let (answer, claims) = bench.flow(&app, &request_for(&app, scope)).await;
        let told = bench.userinfo(answer.text_of("access_token")).await;
        let mut known = profile();
        known["updated_at"] = bench.world.now().into(); // when the person was entered: the tests' clock stands still
        let mut right = json!({ "sub": claims["sub"] });
        for name in expected {
            right[name] = known[name].clone();
        }
        assert_eq!(told, right, "{scope}");
        assert!(
            names(&claims).iter().all(|name| PROTOCOL.contains(name)),
            "s5.4: at userinfo, where there is an access token: {claims}"
        );
        bench.world.shows(&[module]);
    }
}

#[tokio::test]
async fn scopes_and_parameters_stand_in_any_order() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let mut asking = request_for(&app, "email profile openid");
    asking.parameters.reverse();
    let (answer, _) = bench.flow(&app, &asking).await;
    let told = bench.userinfo(answer.text_of("access_token")).await;
    assert_eq!(
        (&told["email"], &told["name"]),
        (&profile()["email"], &profile()["name"])
    );
    bench.world.shows(&["oidcc-alternate-happy-flow"]);
}

#[tokio::test]
async fn parameters_that_only_advise_are_no_errors() {
    let bench = Bench::new().await;
    for (module, name, value) in [
        ("oidcc-display-page", "display", "page"),
        ("oidcc-display-popup", "display", "popup"),
        (
            "oidcc-ensure-request-with-unknown-parameter-succeeds",
            "extra",
            "foobar",
        ),
        ("oidcc-login-hint", "login_hint", "buffy@suite.example"),
        ("oidcc-ui-locales", "ui_locales", "se"),
        ("oidcc-claims-locales", "claims_locales", "se"),
    ] {
        let app = bench.app("client_secret_basic").await;
        let asking = request(&app).with(name, Some(value));
        bench.flow(&app, &asking).await;
        bench.world.shows(&[module]);
    }
    // A language that we have is spoken (s3.1.2.1 ui_locales), and who is expected is filled in.
    let app = bench.app("client_secret_basic").await;
    let asking = request(&app)
        .with("ui_locales", Some("fr de en"))
        .with("login_hint", Some("alice@demo.test"));
    let page = Browser::new(&bench.world).visit(&bench.world, &asking.path()).await;
    assert!(page.answer.text.contains("lang=\"de\""), "{page:?}");
    assert!(page.answer.text.contains("value=\"alice@demo.test\""), "{page:?}");
}

#[tokio::test]
async fn a_place_of_answer_that_is_not_registered_gets_no_answer() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    for place in [
        &format!("{}/nothing", super::CALLBACK),
        "https://suite.example/test/a/prokura",
        "https://elsewhere.example/callback",
    ] {
        let asking = request(&app).with("redirect_uri", Some(place));
        bench.stays(&asking, "invalid_request", place).await;
    }
    bench.world.shows(&["oidcc-ensure-registered-redirect-uri"]);
}

#[tokio::test]
async fn a_request_may_be_posted() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let asking = request(&app);
    let path = bench.endpoint("authorization_endpoint").await;
    let mut browser = Browser::new(&bench.world);
    let body = asking.path().split_once('?').unwrap().1.to_owned();
    let page = browser.send(&bench.world, "POST", &path, &[], Some(body)).await;
    let page = browser.follow(&bench.world, page).await;
    let page = browser
        .sign_in(&bench.world, &page, &bench.alice.login, &bench.alice.password)
        .await;
    let page = browser
        .submit(&bench.world, &page, "consent", &[("decision", "allow")])
        .await;
    bench.answers(&page, &asking);
    let answer = bench.tokens(&app, &asking, &page).await;
    bench.id_token(&app, &asking, &answer).await;
    bench.world.shows(&[
        "oidcc-ensure-post-request-succeeds",
        "AuthEndpoint/SupportsPostAuthorizationRequests",
    ]);
}

#[tokio::test]
async fn unsigned_request_objects_are_not_supported_and_say_so() {
    let bench = Bench::new().await;
    let host = DocumentHost::new().await;
    let members = json!({ "request_uris": [host.id("request.jwt")] });
    let app = bench.app_with("client_secret_basic", &members).await;
    let offered = super::metadata(&bench.world).await["request_object_signing_alg_values_supported"].clone();
    assert!(!offered.as_array().unwrap().contains(&json!("none")), "{offered}");
    let asking = request(&app);
    let object = unsigned(&claims_of(&asking));
    let lines = ["content-type: application/oauth-authz-req+jwt"];
    let served = crate::document_host::served(object.as_bytes(), &lines);
    host.says("request.jwt", crate::document_host::Says::Bytes(served));
    for (module, name, value) in [
        (
            "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
            "request",
            object,
        ),
        (
            "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
            "request_uri",
            host.id("request.jwt"),
        ),
    ] {
        let asking = asking.clone().with(name, Some(&value));
        bench
            .stays(&asking, "request_not_supported", "nobody is signed in")
            .await;
        let page = bench.agrees(&asking).await;
        refused_at(&page, &asking, "request_not_supported", "s3.1.2.6");
        bench.world.shows(&[module]);
    }
    assert!(host.asked("request.jwt") > 0, "it was read");
}

#[tokio::test]
async fn a_single_claim_is_told_where_it_was_asked_for() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let claims = json!({ "userinfo": { "name": { "essential": true } } });
    let asking = request(&app).with("claims", Some(&claims.to_string()));
    let (answer, id_token) = bench.flow(&app, &asking).await;
    let told = bench.userinfo(answer.text_of("access_token")).await;
    assert_eq!(told, json!({ "sub": id_token["sub"], "name": profile()["name"] }));
    assert_eq!(id_token.get("name"), None, "s5.5: it was asked at userinfo");
    bench.world.shows(&["oidcc-claims-essential"]);
}

#[tokio::test]
async fn what_stands_in_a_request_object_counts_and_nothing_beside_it() {
    let bench = Bench::new().await;
    let key = testkit::Key::new(proof::Algorithm::RS256);
    let members = json!({ "jwks": { "keys": [key.public_jwk()] } });
    let app = bench.app_with("client_secret_basic", &members).await;
    let asking = request(&app);
    let mut inside = claims_of(&asking);
    super::extend(&mut inside, &json!({ "iss": app.client.id, "aud": bench.world.issuer }));
    let header = json!({ "alg": "RS256", "kid": key.thumbprint() });
    let object = key.sign(&header, &inside).await;
    let outside = asking
        .clone()
        .with("redirect_uri", Some("https://suite.example/another/place"))
        .with("request", Some(&object));
    let page = bench.agrees(&outside).await;
    bench.answers(&page, &asking);
    assert!(page.location().unwrap().starts_with(super::CALLBACK), "s6.1: {page:?}");
    bench.world.shows(&["oidcc-ensure-request-object-with-redirect-uri"]);
}

/// What the module checks of a refresh: the token's letters, the person and the sign-in in the new ID token, and whose the token is.
#[tokio::test]
async fn a_refresh_token_is_the_app_s_own_and_keeps_who_signed_in_when() {
    let bench = Bench::new().await;
    let (app, other) = (
        bench.app("client_secret_basic").await,
        bench.app("client_secret_basic").await,
    );
    let asking = request_for(&app, "openid offline_access").with("prompt", Some("consent"));
    let (answer, first) = bench.flow(&app, &asking).await;
    let refresh = answer.text_of("refresh_token");
    assert!(
        !refresh.is_empty() && refresh.bytes().all(|b| (0x20..=0x7e).contains(&b)),
        "RFC 6749 App. A.17: {refresh}"
    );
    bench.world.advance(5);
    let again = bench.world.refresh(&app, refresh, &[], &[]).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_ne!(again.text_of("access_token"), answer.text_of("access_token"));
    if !again.text_of("id_token").is_empty() {
        // OpenID Connect Core s12.2.
        let claims = super::verified(&bench.world, again.text_of("id_token"), "RS256").await;
        for same in ["iss", "sub", "aud", "auth_time"] {
            assert_eq!(claims[same], first[same], "{same}");
        }
        assert!(claims["iat"].as_i64() > first["iat"].as_i64(), "{claims}");
        assert!(
            claims.get("nonce").is_none_or(|nonce| *nonce == first["nonce"]),
            "{claims}"
        );
    }
    let told = bench.userinfo(again.text_of("access_token")).await;
    assert_eq!(told["sub"], first["sub"]);
    let stolen = bench
        .world
        .refresh(&other, again.text_of("refresh_token"), &[], &[])
        .await;
    refused(
        &stolen,
        400,
        "invalid_grant",
        "another app's refresh token (RFC 6749 s5.2)",
    );
    bench.world.shows(&["oidcc-refresh-token"]);
}

#[tokio::test]
async fn pkce_may_be_sent_where_it_need_not() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let asking = testkit::Asking::new(&app, None, Some("openid")).with("nonce", Some(&unique()));
    bench.flow(&app, &asking).await;
    // Asked with it, it is needed.
    let asking = testkit::Asking::new(&app, None, Some("openid"));
    let page = bench.authorized(&asking).await;
    let answer = bench
        .redeem(&app, &plain(asking), &page.parameter("code").unwrap())
        .await;
    refused(&answer, 400, "invalid_grant", "RFC 7636 s4.6");
    bench.world.shows(&["oidcc-ensure-request-with-valid-pkce-succeeds"]);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let bench = Bench::new().await;
    for (module, pause) in [("oidcc-codereuse", 0), ("oidcc-codereuse-30seconds", 30)] {
        let app = bench.app("client_secret_basic").await;
        let asking = request(&app);
        let page = bench.authorized(&asking).await;
        let answer = bench.tokens(&app, &asking, &page).await;
        bench.world.advance(pause);
        let again = bench.redeem(&app, &asking, &page.parameter("code").unwrap()).await;
        refused(&again, 400, "invalid_grant", "RFC 6749 s4.1.2");
        let told = bench.ask_userinfo("GET", answer.text_of("access_token")).await;
        assert_eq!(told.status, 401, "and what came of it ends: {told:?}");
        bench.world.shows(&[module]);
    }
}

/// Whoever posts the form of an app gets as far as whoever follows a link.
#[tokio::test]
async fn the_answer_may_be_posted_to_the_app() {
    let bench = Bench::new().await;
    let app: App = bench.app("client_secret_basic").await;
    let asking = request(&app).with("response_mode", Some("form_post"));
    let mut browser = bench.world.signed_in(&bench.alice).await;
    let page = browser.visit(&bench.world, &asking.path()).await;
    let page = browser
        .submit(&bench.world, &page, "consent", &[("decision", "allow")])
        .await;
    assert_eq!(page.answer.status, 200, "{page:?}");
    let form = page.find_form(&format!("action=\"{}\"", super::CALLBACK)).unwrap();
    let field = |name: &str| {
        form.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    assert_eq!(field("state").as_deref(), Some(asking.get("state")), "{form:?}");
    assert_eq!(field("iss").as_deref(), Some(bench.world.issuer.as_str()), "{form:?}");
    let answer = bench.redeem(&app, &asking, &field("code").unwrap()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    bench.world.shows(&[
        "AuthEndpoint/SupportsPostResponseMode",
        "DocumentSupport/FormPostSupported",
    ]);
}
