//! Pushed requests (RFC 9126): who may push what, and what becomes of it.

use serde_json::json;
use testkit::{Answer, Browser, assertion_form, unique};

use super::super::{
    endpoint, extend,
    financial::{ALL, BOTH, Bank, at_the_door, request_uri},
};
use crate::{front, setup::refused};

/// A refusal of a push (RFC 9126 s2.3): one of these codes.
pub(super) fn push_refused(answer: &Answer, codes: &[&str], what: &str) {
    assert!(matches!(answer.status, 400 | 401), "{what}: {answer:?}");
    assert!(codes.contains(&answer.error()), "{what}: {answer:?}");
    refused(answer, answer.status, answer.error(), what);
}

#[tokio::test]
async fn what_stands_beside_a_pushed_request_is_not_used() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        for (module, asking, beside) in [
            (
                "ensure-different-nonce-inside-and-outside-request-object",
                bank.asking(&one),
                ("nonce", "another"),
            ),
            (
                "ensure-different-state-inside-and-outside-request-object",
                bank.asking(&one),
                ("state", "another"),
            ),
            (
                "state-only-outside-request-object-not-used",
                bank.asking(&one).with("state", None),
                ("state", "another"),
            ),
        ] {
            let pushed = bank.push(&one, &asking).await;
            let path = at_the_door(&one, &request_uri(&pushed));
            let page = bank.agree_at(&format!("{path}&{}={}", beside.0, beside.1)).await;
            let parameters = bank.answered(&one, &page).await;
            assert_eq!(
                parameters.get("state").map_or("", String::as_str),
                asking.get("state"),
                "{module}"
            );
            let answer = bank.redeem(&one, &asking, &parameters["code"]).await;
            super::super::id_token(&bank.world, &one.app, &asking, &answer, "PS256").await; // its nonce is compared there
            bank.world.shows(&[module]);
        }
    }
}

#[tokio::test]
async fn a_push_names_a_registered_place_and_asks_for_a_code() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        for (modules, name, value, codes) in [
            (
                &[
                    "ensure-request-object-without-redirect-uri-fails",
                    "ensure-redirect-uri-in-authorization-request",
                ][..],
                "redirect_uri",
                None,
                &["invalid_request", "invalid_request_object"][..],
            ),
            (
                &[
                    "ensure-registered-redirect-uri",
                    "plain-fapi-tolerate-unregistered-redirect-uri",
                ][..],
                "redirect_uri",
                Some("https://suite.example/elsewhere"),
                &["invalid_request"][..],
            ),
            (
                &["ensure-response-type-code-idtoken-fails"][..],
                "response_type",
                Some("code id_token"),
                &["unsupported_response_type", "unauthorized_client"][..],
            ),
            (
                &["ensure-response-type-token-fails"][..],
                "response_type",
                Some("token"),
                &["unsupported_response_type", "unauthorized_client"][..],
            ),
            (
                &["par-plain-pkce-rejected"][..],
                "code_challenge_method",
                Some("plain"),
                &["invalid_request"][..],
            ),
        ] {
            let asking = bank.asking(&one).with(name, value);
            push_refused(&bank.push(&one, &asking).await, codes, name);
            bank.world.shows(modules);
        }
        let without = super::super::plain(bank.asking(&one));
        push_refused(&bank.push(&one, &without).await, &["invalid_request"], "no challenge");
        bank.world.shows(&["par-ensure-pkce-required"]);
    }
}

#[tokio::test]
async fn nothing_is_asked_but_by_a_push() {
    for combination in BOTH {
        let (bank, one, _) = Bank::new(combination).await;
        let asking = bank.asking(&one);
        let page = Browser::new(&bank.world).visit(&bank.world, &asking.path()).await;
        front::problem(&page, 400, "invalid_request", "parameters in the browser");
        bank.world
            .shows(&["ensure-unsigned-authorization-request-without-using-par-fails"]);
        let path = endpoint(&bank.world, "pushed_authorization_request_endpoint").await;
        for method in ["GET", "PUT", "DELETE", "PATCH"] {
            let answer = bank.world.send(method, &path, &[], None).await;
            refused(&answer, 405, "method_not_allowed", method);
        }
        bank.world.shows(&["par-attempt-invalid-http-method"]);
    }
}

#[tokio::test]
async fn assertions_at_the_push_name_the_issuer_alone_and_clocks_may_differ() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        let now = bank.world.now();
        let issuer = bank.world.issuer.clone();
        let at = |name: &str| format!("{issuer}{name}");
        for (module, members, good) in [
            (
                "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted",
                json!({ "nbf": now + 8, "iat": now + 8, "exp": now + 68 }),
                true,
            ),
            (
                "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails",
                json!({ "nbf": now + 70, "iat": now + 70, "exp": now + 130 }),
                false,
            ),
            ("par-test-array-as-audience-fails", json!({ "aud": [issuer] }), false),
            (
                "par-test-par-endpoint-url-as-audience-fails",
                json!({ "aud": at("/oauth2/par") }),
                false,
            ),
            (
                "par-test-token-endpoint-url-as-audience-fails",
                json!({ "aud": at("/oauth2/token") }),
                false,
            ),
        ] {
            let mut claims = one.app.client.assertion_claims(&bank.world);
            extend(&mut claims, &members);
            let asking = bank.asking(&one);
            let mut form = bank.pushed_form(&one, &asking).await;
            form.extend(assertion_form(&one.app.client.assertion(&claims).await));
            let answer = bank.push_form(&one, form, &[]).await;
            if good {
                request_uri(&answer);
            } else {
                push_refused(&answer, &["invalid_client", "invalid_request"], module);
            }
            bank.world.shows(&[module]);
        }
    }
}

#[tokio::test]
async fn a_pushed_request_is_the_client_s_own_and_answered_once_in_its_time() {
    for combination in BOTH {
        let (mut bank, one, two) = Bank::new(combination).await;
        // Looking twice is no answer (s5.3.2.2 note 3), and client_id and request_uri are all that the browser brings.
        let asking = bank.asking(&one);
        let pushed = bank.push(&one, &asking).await;
        let uri = request_uri(&pushed);
        let path = at_the_door(&one, &uri);
        let first = Browser::new(&bank.world).visit(&bank.world, &path).await;
        assert!(first.has_form("sign-in"), "{first:?}");
        let page = bank.agree_at(&path).await;
        let parameters = bank.answered(&one, &page).await;
        assert!(parameters.contains_key("code"), "{parameters:?}");
        bank.world.shows(&[
            "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds",
            "par-without-duplicate-parameters",
        ]);
        let again = bank.agree_at(&path).await;
        no_code(&again, "answered before");
        bank.world
            .shows(&["par-attempt-reuse-request_uri", "ParEndpoint/IsRequestUriRevoked"]);

        let asking = bank.asking(&one);
        let pushed = bank.push(&one, &asking).await;
        let uri = request_uri(&pushed);
        let by_two = bank.agree_at(&at_the_door(&two, &uri)).await;
        no_code(&by_two, "another client's");
        bank.world.shows(&[
            "par-attempt-to-use-request_uri-for-different-client",
            "ParEndpoint/IsClientBoundToUri",
        ]);
        bank.world.advance(pushed.body["expires_in"].as_i64().unwrap());
        let late = bank.agree_at(&at_the_door(&one, &uri)).await;
        no_code(&late, "expired");
        bank.world.shows(&[
            "par-attempt-to-use-expired-request_uri",
            "ParEndpoint/RequestUriTimeout",
        ]);
    }
}

/// A page of ours says what is wrong; nobody is sent anywhere with a code.
fn no_code(page: &testkit::Page, what: &str) {
    assert_eq!(page.parameter("code"), None, "{what}: {page:?}");
    assert!(
        matches!(
            page.problem().as_deref(),
            Some("invalid_request_uri" | "invalid_request" | "invalid_request_object")
        ),
        "{what}: {page:?}"
    );
}

#[tokio::test]
async fn a_push_holds_no_name_of_a_pushed_request() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        let asking = bank.asking(&one);
        let mut form = bank.pushed_form(&one, &asking).await;
        form.push(("request_uri", format!("urn:ietf:params:oauth:request_uri:{}", unique())));
        let answer = bank.push_form(&one, form, &[]).await;
        push_refused(&answer, &["invalid_request"], "RFC 9126 s2.1");
        bank.world
            .shows(&["par-authorization-request-containing-request_uri-form-param"]);
    }
}

/// Two pushes of one request are two requests, and a client that pushes often waits for nobody.
#[tokio::test]
async fn request_uris_are_never_the_same() {
    let (mut bank, one, _) = Bank::new(ALL[0]).await;
    let mut seen = std::collections::BTreeSet::new();
    let asking = bank.asking(&one);
    for _ in 0..32 {
        let pushed = bank.push(&one, &asking).await;
        let uri = request_uri(&pushed);
        let name = uri.rsplit(':').next().unwrap();
        let bytes = proof::base64url::decode(name).map_or(name.len(), |bytes| bytes.len());
        assert!(bytes >= 20, "160 bits: {uri}");
        assert!(seen.insert(uri), "drawn anew");
    }
    bank.world.shows(&[
        "ParEndpoint/RequestUriEntropyMinReq",
        "ParEndpoint/RequestUriEntropySugReq",
        "ParEndpoint/IsParSupported",
    ]);
}
