//! The plan `fapi2-security-profile-final-test-plan`, whose modules the plan for Message Signing has too: each is tried plain and with signed requests and answers.

use proof::Algorithm;
use serde_json::{Value, json};
use testkit::{Answer, Browser, Key, assertion_form, unique};

use super::{
    endpoint, extend,
    financial::{ALL, BOTH, Bank, Party, Requests, Way},
    metadata, part, profile,
};
use crate::{front, setup::refused};

/// A refusal of a push (RFC 9126 s2.3): one of these codes.
fn push_refused(answer: &Answer, codes: &[&str], what: &str) {
    assert!(matches!(answer.status, 400 | 401), "{what}: {answer:?}");
    assert!(codes.contains(&answer.error()), "{what}: {answer:?}");
    refused(answer, answer.status, answer.error(), what);
}

#[tokio::test]
async fn the_discovery_document_says_what_the_profile_requires() {
    for combination in ALL {
        let (bank, ..) = Bank::new(combination).await;
        let metadata = metadata(&bank.world).await;
        let has = |name: &str, value: &str| {
            metadata[name]
                .as_array()
                .is_some_and(|list| list.contains(&json!(value)))
        };
        assert_eq!(metadata["issuer"], bank.world.issuer);
        assert!(has("response_types_supported", "code"), "s5.3.2.2");
        assert!(has("code_challenge_methods_supported", "S256"), "s5.3.2.2");
        assert!(has("scopes_supported", "openid") && has("subject_types_supported", "public"));
        assert_eq!(
            metadata["authorization_response_iss_parameter_supported"], true,
            "s5.3.2.2"
        );
        assert_eq!(metadata["require_pushed_authorization_requests"], true, "RFC 9126 s5");
        assert!(metadata["pushed_authorization_request_endpoint"].is_string());
        for name in [
            "token_endpoint_auth_signing_alg_values_supported",
            "request_object_signing_alg_values_supported",
            "dpop_signing_alg_values_supported",
        ] {
            assert!(
                has(name, "ES256") && has(name, "PS256") && !has(name, "RS256"),
                "s5.4: {name}"
            );
        }
        assert!(has("id_token_signing_alg_values_supported", "PS256"), "s5.4");
        let methods = metadata["token_endpoint_auth_methods_supported"].as_array().unwrap();
        let strong = ["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"];
        assert!(
            methods.iter().all(|method| strong.contains(&method.as_str().unwrap())),
            "s5.3.2.1: {methods:?}"
        );
        match bank.way {
            Way::Dpop => assert!(has("token_endpoint_auth_methods_supported", "private_key_jwt")),
            Way::Certificate | Way::CertificateAlone => {
                assert_eq!(
                    metadata["tls_client_certificate_bound_access_tokens"], true,
                    "RFC 8705 s3.3"
                );
                assert!(has("token_endpoint_auth_methods_supported", "tls_client_auth"));
            }
        }
        if bank.requests == Requests::Signed {
            assert!(has("response_modes_supported", "jwt"), "JARM s2.3.4");
            assert!(
                metadata["authorization_signing_alg_values_supported"].is_array(),
                "JARM s4"
            );
            assert_eq!(metadata["require_signed_request_object"], true, "RFC 9101 s10.5");
        }
        bank.world.shows(&["discovery-end-point-verification"]);
    }
}

#[tokio::test]
async fn two_clients_get_tokens_that_are_theirs_alone() {
    for combination in ALL {
        let (mut bank, one, two) = Bank::new(combination).await;
        let (answer, claims) = bank.tokens(&one, &bank.asking(&one)).await;
        let (others, _) = bank.tokens(&two, &bank.asking(&two)).await;
        let access = answer.text_of("access_token");
        let told = bank.resource(&one, access).await;
        assert_eq!(
            (told.status, &told.body["sub"]),
            (200, &claims["sub"]),
            "{combination:?}: {told:?}"
        );
        assert_eq!(bank.resource(&two, others.text_of("access_token")).await.status, 200);
        // With the other one's key or certificate the token is worth nothing (RFC 9449 s7.1, RFC 8705 s3).
        let stolen = bank.resource(&two, access).await;
        refused(&stolen, 401, "invalid_token", "another client's key");
        bank.world.shows(&["happy-flow"]);
    }
}

#[tokio::test]
async fn a_no_of_the_person_is_told() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        let asking = bank.asking(&one);
        let pushed = bank.push(&one, &asking).await;
        let path = bank.path(&one, &bank.request_uri(&pushed));
        let mut browser = bank.world.signed_in(&bank.alice).await;
        let page = browser.visit(&bank.world, &path).await;
        let page = browser
            .submit(&bank.world, &page, "consent", &[("decision", "deny")])
            .await;
        let parameters = bank.answered(&one, &page).await;
        assert_eq!(parameters["error"], "access_denied");
        assert_eq!(parameters["state"], asking.get("state"));
        assert_eq!(parameters.get("code"), None);
        bank.world.shows(&["user-rejects-authentication"]);
    }
}

#[tokio::test]
async fn state_and_nonce_come_back_as_they_were_or_not_at_all() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        let text = |length: usize| {
            (0..length)
                .map(|n| char::from(b'a' + u8::try_from(n % 26).unwrap()))
                .collect::<String>()
        };
        for (module, name, value) in [
            ("ensure-authorization-request-without-state-success", "state", None),
            ("ensure-authorization-request-without-nonce-success", "nonce", None),
            (
                "ensure-authorization-request-with-64-char-nonce-success",
                "nonce",
                Some(text(64)),
            ),
            ("ensure-authorization-request-with-long-nonce", "nonce", Some(text(384))),
            ("ensure-authorization-request-with-long-state", "state", Some(text(384))),
        ] {
            let asking = bank.asking(&one).with(name, value.as_deref());
            bank.tokens(&one, &asking).await; // state and nonce are compared there
            bank.world.shows(&[module]);
        }
    }
}

#[tokio::test]
async fn scopes_stand_in_any_order() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        for scope in ["openid email profile", "profile email openid"] {
            let asking = bank.asking(&one).with("scope", Some(scope));
            let (answer, _) = bank.tokens(&one, &asking).await;
            let told = bank.resource(&one, answer.text_of("access_token")).await;
            assert_eq!(told.body["email"], profile()["email"], "{told:?}");
        }
        bank.world.shows(&["ensure-other-scope-order-succeeds"]);
    }
}

#[tokio::test]
async fn every_claim_that_is_offered_can_be_asked_for_by_itself() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        let metadata = metadata(&bank.world).await;
        let known = profile();
        let of_person: Vec<&str> = metadata["claims_supported"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| known.get(name).is_some())
            .collect();
        assert_eq!(
            of_person.len(),
            known.as_object().unwrap().len(),
            "everything of the profile is offered"
        );
        // Each form of a request for a claim (OpenID Connect Core s5.5.1), and one that nobody knows.
        let wanted: serde_json::Map<String, Value> = of_person
            .iter()
            .enumerate()
            .map(|(n, name)| {
                let how = match n % 3 {
                    0 => Value::Null,
                    1 => json!({ "essential": true }),
                    _ => json!({ "essential": false }),
                };
                ((*name).to_owned(), how)
            })
            .chain([("unheard_of".to_owned(), Value::Null)])
            .collect();
        let claims = json!({ "id_token": wanted, "userinfo": wanted });
        let asking = bank.asking(&one).with("claims", Some(&claims.to_string()));
        let (answer, id_token) = bank.tokens(&one, &asking).await;
        let told = bank.resource(&one, answer.text_of("access_token")).await;
        for name in of_person {
            assert_eq!(id_token[name], known[name], "in the ID token: {name}");
            assert_eq!(told.body[name], known[name], "at userinfo: {name}");
        }
        assert_eq!((id_token.get("unheard_of"), told.body.get("unheard_of")), (None, None));
        bank.world.shows(&["test-claims-parameter-identity-claims"]);
    }
}

#[tokio::test]
async fn the_scheme_of_a_token_has_no_case() {
    for combination in ALL {
        let (mut bank, one, _) = Bank::new(combination).await;
        let (answer, _) = bank.tokens(&one, &bank.asking(&one)).await;
        let schemes = match bank.way {
            Way::Dpop => ["DPoP", "dpop", "DPOP"],
            Way::Certificate | Way::CertificateAlone => ["Bearer", "bearer", "BEARER"],
        };
        for scheme in schemes {
            let told = bank.resource_by(&one, scheme, answer.text_of("access_token")).await;
            assert_eq!(told.status, 200, "RFC 9110 s11.1: {scheme}: {told:?}");
        }
        bank.world.shows(&["access-token-type-header-case-sensitivity"]);
    }
}

/// A whole flow in which every proof has these members over the right ones.
async fn with_proofs(bank: &mut Bank, one: &Party, change: impl Fn(i64) -> Value) {
    let world_now = bank.world.now();
    let asking = bank.asking(one);
    let push = endpoint(&bank.world, "pushed_authorization_request_endpoint").await;
    let token = endpoint(&bank.world, "token_endpoint").await;
    let userinfo = endpoint(&bank.world, "userinfo_endpoint").await;
    let proof = async |bank: &Bank, method: &str, path: &str, access: Option<&str>| {
        let mut claims = bank.proof_claims(method, path, access).await;
        extend(&mut claims, &change(world_now));
        ("dpop", bank.world.dpop(&one.dpop, &claims).await)
    };
    let header = [proof(bank, "POST", &push, None).await];
    let form = bank.pushed_form(one, &asking).await;
    let pushed = bank.push_form(one, form, &header).await;
    let page = bank.agree_at(&bank.path(one, &bank.request_uri(&pushed))).await;
    let code = bank.answered(one, &page).await["code"].clone();
    let header = [proof(bank, "POST", &token, None).await];
    let (form, credentials) = (bank.redemption(&asking, &code), bank.credentials(one).await);
    let answer = bank.token_by(one, &form, &credentials, &header).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let access = answer.text_of("access_token");
    let headers = [
        proof(bank, "GET", &userinfo, Some(access)).await,
        ("authorization", format!("DPoP {access}")),
    ];
    let told = bank.world.send("GET", &userinfo, &headers, None).await;
    assert_eq!(told.status, 200, "{told:?}");
}

#[tokio::test]
async fn clocks_may_differ_a_little_and_proofs_may_say_more() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        with_proofs(&mut bank, &one, |now| json!({ "iat": now - 10 })).await;
        bank.world
            .shows(&["ensure-dpopproof-with-iat-10seconds-before-succeeds"]);
        with_proofs(&mut bank, &one, |now| json!({ "iat": now + 10 })).await;
        bank.world
            .shows(&["ensure-dpopproof-with-iat-10seconds-after-succeeds"]);
        with_proofs(&mut bank, &one, |now| json!({ "nbf": now, "exp": now + 300 })).await;
        bank.world.shows(&["check-dpop-proof-nbf-exp"]);
    }
}

#[tokio::test]
async fn a_code_is_bound_to_the_key_of_its_request() {
    for combination in BOTH {
        let (mut bank, one, two) = Bank::new(combination).await;
        let push = endpoint(&bank.world, "pushed_authorization_request_endpoint").await;
        let jkt = |key: &Key| key.thumbprint().to_owned();

        // dpop_jkt and the proof of the push: the same key, or nothing (RFC 9449 s10.1).
        let asking = bank.asking(&one).with("dpop_jkt", Some(&jkt(&two.dpop)));
        let (form, header) = (
            bank.pushed_form(&one, &asking).await,
            bank.proof(&one, "POST", &push, None).await,
        );
        let answer = bank.push_form(&one, form, &header).await;
        push_refused(&answer, &["invalid_request", "invalid_dpop_proof"], "two keys");
        bank.world.shows(&["ensure-mismatched-dpop-jkt-fails"]);

        // A proof at the push, and another key or the same at the token endpoint.
        for (module, redeemer) in [
            ("ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt", &two.dpop),
            ("ensure-dpopproof-at-par-endpoint-binding-success", &one.dpop),
        ] {
            let asking = bank.asking(&one);
            let (form, header) = (
                bank.pushed_form(&one, &asking).await,
                bank.proof(&one, "POST", &push, None).await,
            );
            let pushed = bank.push_form(&one, form, &header).await;
            let page = bank.agree_at(&bank.path(&one, &bank.request_uri(&pushed))).await;
            let code = bank.answered(&one, &page).await["code"].clone();
            redeems_if(&mut bank, &one, &asking, &code, redeemer, module).await;
        }

        // dpop_jkt in the request, and another key or the same at the token endpoint.
        for (module, redeemer) in [
            ("ensure-token-endpoint-fails-with-mismatched-dpop-jkt", &two.dpop),
            ("ensure-dpop-auth-code-binding-success", &one.dpop),
        ] {
            let asking = bank.asking(&one).with("dpop_jkt", Some(&jkt(&one.dpop)));
            let code = bank.code(&one, &asking).await;
            redeems_if(&mut bank, &one, &asking, &code, redeemer, module).await;
        }
    }
}

/// The code is redeemed with a proof by this key: it works for the client's own, and for no other.
async fn redeems_if(bank: &mut Bank, one: &Party, asking: &testkit::Asking, code: &str, key: &Key, module: &str) {
    let path = endpoint(&bank.world, "token_endpoint").await;
    let claims = bank.proof_claims("POST", &path, None).await;
    let header = [("dpop", bank.world.dpop(key, &claims).await)];
    let (form, credentials) = (bank.redemption(asking, code), bank.credentials(one).await);
    let answer = bank.token_by(one, &form, &credentials, &header).await;
    if key.thumbprint() == one.dpop.thumbprint() {
        assert_eq!(answer.status, 200, "{module}: {answer:?}");
    } else {
        assert!(
            matches!(answer.error(), "invalid_grant" | "invalid_dpop_proof"),
            "{module}: {answer:?}"
        );
        assert_eq!(answer.status, 400, "{module}: {answer:?}");
    }
    bank.world.shows(&[module]);
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
            let path = bank.path(&one, &bank.request_uri(&pushed));
            let page = bank.agree_at(&format!("{path}&{}={}", beside.0, beside.1)).await;
            let parameters = bank.answered(&one, &page).await;
            assert_eq!(
                parameters.get("state").map_or("", String::as_str),
                asking.get("state"),
                "{module}"
            );
            let answer = bank.redeem(&one, &asking, &parameters["code"]).await;
            super::id_token(&bank.world, &one.app, &asking, &answer, "PS256").await; // its nonce is compared there
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
        let without = super::plain(bank.asking(&one));
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
async fn tokens_are_for_the_client_and_the_key_that_asked() {
    for combination in ALL {
        let (mut bank, one, two) = Bank::new(combination).await;
        // Another client's name beside the proof of who it is (RFC 7521 s4.2).
        let (asking, code) = fresh(&mut bank, &one).await;
        let path = endpoint(&bank.world, "token_endpoint").await;
        let headers = bank.proof(&one, "POST", &path, None).await;
        let mut credentials = bank.credentials(&one).await;
        credentials.retain(|(name, _)| *name != "client_id");
        credentials.push(("client_id", two.id().to_owned()));
        let form = bank.redemption(&asking, &code);
        let answer = bank.token_by(&one, &form, &credentials, &headers).await;
        assert!(
            matches!(answer.error(), "invalid_client" | "invalid_request"),
            "{answer:?}"
        );
        bank.world.shows(&["ensure-client-id-in-token-endpoint"]);

        // Without a key there is nothing to bind tokens to (s5.3.2.1).
        let credentials = bank.credentials(&one).await;
        bank.by_nobody();
        let answer = bank
            .world
            .post(&path, &[], &[form.as_slice(), &credentials].concat())
            .await;
        assert!(matches!(answer.status, 400 | 401), "{answer:?}");
        assert!(
            matches!(
                answer.error(),
                "invalid_request" | "invalid_dpop_proof" | "use_dpop_nonce" | "invalid_client" | "invalid_grant"
            ),
            "{answer:?}"
        );
        bank.world.shows(&["ensure-holder-of-key-required"]);

        // Another client with all it has.
        let answer = bank.token(&two, &form).await;
        refused(&answer, 400, "invalid_grant", "another client's code");
        bank.world.shows(&["ensure-authorization-code-is-bound-to-client"]);

        // After all that the code still works, once.
        let answer = bank.redeem(&one, &asking, &code).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        bank.world.advance(1);
        let again = bank.redeem(&one, &asking, &code).await;
        refused(&again, 400, "invalid_grant", "a second use");
        let told = bank.resource(&one, answer.text_of("access_token")).await;
        refused(
            &told,
            401,
            "invalid_token",
            "what came of the first use (RFC 6749 s4.1.2)",
        );
        bank.world.shows(&["attempt-reuse-authorization-code-after-one-second"]);

        let (asking, code) = fresh(&mut bank, &one).await;
        bank.world.advance(61);
        let late = bank.redeem(&one, &asking, &code).await;
        refused(
            &late,
            400,
            "invalid_grant",
            "s5.3.2.2: a code lives for a minute at most",
        );
        bank.world
            .shows(&["ensure-token-endpoint-fails-with-expired-auth-code"]);
    }
}

async fn fresh(bank: &mut Bank, party: &Party) -> (testkit::Asking, String) {
    let asking = bank.asking(party);
    let code = bank.code(party, &asking).await;
    (asking, code)
}

#[tokio::test]
async fn pkce_is_kept_to_the_end() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        let (asking, code) = fresh(&mut bank, &one).await;
        let mut form = bank.redemption(&asking, &code);
        form.retain(|(name, _)| *name != "code_verifier");
        refused(&bank.token(&one, &form).await, 400, "invalid_grant", "no verifier");
        bank.world.shows(&["ensure-pkce-code-verifier-required"]);
        form.push(("code_verifier", "x".repeat(43)));
        refused(&bank.token(&one, &form).await, 400, "invalid_grant", "another verifier");
        bank.world.shows(&["incorrect-pkce-code-verifier-rejected"]);
    }
}

#[tokio::test]
async fn assertions_are_signed_well_for_this_server_and_in_their_time() {
    for combination in [ALL[0], ALL[1], ALL[3]] {
        let (mut bank, one, _) = Bank::new(combination).await;
        let (asking, code) = fresh(&mut bank, &one).await;
        let form = bank.redemption(&asking, &code);
        let path = endpoint(&bank.world, "token_endpoint").await;
        let now = bank.world.now();
        let right = one.app.client.assertion_claims(&bank.world);
        let with = |members: Value| {
            let mut claims = right.clone();
            extend(&mut claims, &members);
            claims["jti"] = unique().into();
            claims
        };
        let mut no_sub = with(json!({}));
        no_sub.as_object_mut().unwrap().remove("sub");
        for (module, claims) in [
            (
                "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails",
                with(json!({ "exp": now - 300, "iat": now - 360 })),
            ),
            (
                "ensure-client-assertion-with-wrong-aud-fails",
                with(json!({ "aud": "https://other.example" })),
            ),
            ("ensure-client-assertion-with-no-sub-fails", no_sub),
        ] {
            let assertion = assertion_form(&one.app.client.assertion(&claims).await);
            let headers = bank.proof(&one, "POST", &path, None).await;
            let answer = bank.token_by(&one, &form, &assertion, &headers).await;
            refused(&answer, 401, "invalid_client", module);
            bank.world.shows(&[module]);
        }
        let headers = bank.proof(&one, "POST", &path, None).await;
        let nothing = [("client_id", one.id().to_owned())];
        let answer = bank.token_by(&one, &form, &nothing, &headers).await;
        assert!(
            matches!(answer.error(), "invalid_client" | "invalid_request"),
            "{answer:?}"
        );
        bank.world.shows(&["ensure-client-assertion-in-token-endpoint"]);
        let answer = bank.redeem(&one, &asking, &code).await;
        assert_eq!(answer.status, 200, "none of that used the code up: {answer:?}");
    }
}

#[tokio::test]
async fn rs256_authenticates_nobody() {
    for combination in BOTH {
        let (mut bank, _, two) = Bank::new(combination).await;
        let key = Key::new(Algorithm::RS256);
        // The same RSA key is registered without an algorithm of its own, as benches have it.
        let mut jwk = Value::Object(key.public_jwk());
        jwk.as_object_mut().unwrap().remove("alg");
        let path = format!("/admin/v1/clients/{}", two.id());
        let changed = bank
            .world
            .admin("PATCH", &path, Some(&json!({ "jwks": { "keys": [jwk] } })))
            .await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let claims = two.app.client.assertion_claims(&bank.world);
        let header = json!({ "alg": "RS256", "kid": key.thumbprint() });
        let assertion = key.sign(&header, &claims).await;
        let form: Vec<(&'static str, String)> = [
            vec![
                ("grant_type", "authorization_code".to_owned()),
                ("code", "x".to_owned()),
            ],
            assertion_form(&assertion),
        ]
        .concat();
        let token = endpoint(&bank.world, "token_endpoint").await;
        let headers = bank.proof(&two, "POST", &token, None).await;
        let answer = bank.token_by(&two, &form, &[], &headers).await;
        refused(&answer, 401, "invalid_client", "s5.4: RS256");
        // So that the line above says something: without the profile the same key proves who it is.
        bank.baseline().await;
        let mut claims = claims;
        claims["jti"] = unique().into();
        let good = assertion_form(&key.sign(&header, &claims).await);
        let form = [
            vec![
                ("grant_type", "authorization_code".to_owned()),
                ("code", "x".to_owned()),
            ],
            good,
        ]
        .concat();
        let headers = bank.proof(&two, "POST", &token, None).await;
        let answer = bank.token_by(&two, &form, &[], &headers).await;
        refused(&answer, 400, "invalid_grant", "known now, and without a code");
        bank.world.shows(&["ensure-signed-client-assertion-with-RS256-fails"]);
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
                bank.request_uri(&answer);
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
        let uri = bank.request_uri(&pushed);
        let path = bank.path(&one, &uri);
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
        let uri = bank.request_uri(&pushed);
        let by_two = bank.agree_at(&bank.path(&two, &uri)).await;
        no_code(&by_two, "another client's");
        bank.world.shows(&[
            "par-attempt-to-use-request_uri-for-different-client",
            "ParEndpoint/IsClientBoundToUri",
        ]);
        bank.world.advance(pushed.body["expires_in"].as_i64().unwrap());
        let late = bank.agree_at(&bank.path(&one, &uri)).await;
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

#[tokio::test]
async fn a_resource_checks_everything_about_a_proof() {
    let (mut bank, one, two) = Bank::new(ALL[0]).await;
    let (answer, _) = bank.tokens(&one, &bank.asking(&one)).await;
    let access = answer.text_of("access_token").to_owned();
    let path = endpoint(&bank.world, "userinfo_endpoint").await;
    let right = async || bank.proof_claims("GET", &path, Some(&access)).await;
    let ask = async |scheme: &str, proofs: &[String]| {
        let mut headers = vec![("authorization", format!("{scheme} {access}"))];
        headers.extend(proofs.iter().map(|proof| ("dpop", proof.clone())));
        bank.world.send("GET", &path, &headers, None).await
    };
    let with = async |members: Value| {
        let mut claims = right().await;
        extend(&mut claims, &members);
        bank.world.dpop(&one.dpop, &claims).await
    };
    let without = async |name: &str| {
        let mut claims = right().await;
        claims.as_object_mut().unwrap().remove(name);
        bank.world.dpop(&one.dpop, &claims).await
    };
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": one.dpop.public_jwk() });
    let headed = async |members: Value, gone: &str| {
        let mut header = header.clone();
        extend(&mut header, &members);
        header.as_object_mut().unwrap().remove(gone);
        one.dpop.sign(&header, &right().await).await
    };
    let good = with(json!({})).await;
    assert_eq!(ask("DPoP", &[good]).await.status, 200);
    let now = bank.world.now();
    let signed = with(json!({})).await;
    let broken = format!(
        "{}{}",
        &signed[..signed.len() - 4],
        if signed.ends_with("AAAA") { "BBBB" } else { "AAAA" }
    );
    let unsigned = {
        let encode = |value: &Value| proof::base64url::encode(value.to_string().as_bytes());
        let none = json!({ "typ": "dpop+jwt", "alg": "none", "jwk": one.dpop.public_jwk() });
        format!("{}.{}.", encode(&none), encode(&right().await))
    };
    let other_key = bank.world.dpop(&two.dpop, &right().await).await;
    let cases = [
        ("no JWT", "x".to_owned()),
        ("no typ", headed(json!({}), "typ").await),
        ("another typ", headed(json!({ "typ": "JWT" }), "").await),
        ("no alg", headed(json!({}), "alg").await),
        ("no jwk", headed(json!({}), "jwk").await),
        (
            "a private jwk",
            headed(json!({ "jwk": one.dpop.private_jwk() }), "").await,
        ),
        ("no jti", without("jti").await),
        ("no htm", without("htm").await),
        ("no htu", without("htu").await),
        ("no iat", without("iat").await),
        ("no ath", without("ath").await),
        ("another method", with(json!({ "htm": "PUT" })).await),
        (
            "another address",
            with(json!({ "htu": "https://other.example/" })).await,
        ),
        (
            "another token",
            with(json!({ "ath": proof::digest::sha256_b64(b"another") })).await,
        ),
        ("an hour ahead", with(json!({ "iat": now + 3_600 })).await),
        ("an hour ago", with(json!({ "iat": now - 3_600 })).await),
        ("a broken signature", broken),
        ("unsigned", unsigned),
        ("another key", other_key),
    ];
    for (what, proof) in cases {
        let told = ask("DPoP", &[proof]).await;
        assert!(matches!(told.status, 400 | 401), "{what}: {told:?}");
        assert!(
            told.header("www-authenticate")
                .is_some_and(|line| line.contains("DPoP"))
                || told.status == 400,
            "{what}: {told:?}"
        );
    }
    let (first, second) = (with(json!({})).await, with(json!({})).await);
    assert!(
        matches!(ask("DPoP", &[first, second]).await.status, 400 | 401),
        "two proofs"
    );
    assert_eq!(ask("DPoP", &[]).await.status, 401, "no proof");
    let good = with(json!({})).await;
    assert_eq!(ask("Bearer", &[]).await.status, 401, "RFC 9449 s7.2: as a bearer's");
    assert_eq!(ask("Bearer", &[good]).await.status, 401, "as a bearer's with a proof");
    // Once.
    let once = with(json!({})).await;
    assert_eq!(ask("DPoP", std::slice::from_ref(&once)).await.status, 200);
    assert!(
        matches!(ask("DPoP", &[once]).await.status, 400 | 401),
        "a proof counts once"
    );
    // What must be ignored is ignored (RFC 9449 s4.2 and s4.3 step 9).
    let address = format!("{}{path}", bank.world.issuer);
    for (what, members) in [
        ("query and fragment", json!({ "htu": format!("{address}?a=b#c") })),
        ("more claims", json!({ "unknown": { "a": 1 } })),
        (
            "the case of scheme and host",
            json!({ "htu": address.replacen("http", "HTTP", 1) }),
        ),
    ] {
        let proof = with(members).await;
        let told = ask("DPoP", &[proof]).await;
        assert_eq!(told.status, 200, "{what}: {told:?}");
    }
    let more = headed(json!({ "unknown": "x" }), "").await;
    assert_eq!(ask("DPoP", &[more]).await.status, 200, "more in the header");
    bank.world.shows(&["dpop-negative-tests"]);
}

#[tokio::test]
async fn a_refresh_token_is_the_client_s_and_its_key_s() {
    for combination in ALL {
        let (mut bank, one, two) = Bank::new(combination).await;
        let (answer, first) = bank.tokens(&one, &bank.asking(&one)).await;
        let refresh = answer.text_of("refresh_token").to_owned();
        assert!(refresh.bytes().all(|b| (0x20..=0x7e).contains(&b)) && !refresh.is_empty());
        let form = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh)];
        // Nobody else's: another client, the client without a key, without proof of who it is.
        let stolen = bank.token(&two, &form).await;
        refused(&stolen, 400, "invalid_grant", "another client");
        let path = endpoint(&bank.world, "token_endpoint").await;
        let credentials = bank.credentials(&one).await;
        bank.by_nobody();
        let answer = bank
            .world
            .post(&path, &[], &[form.as_slice(), &credentials].concat())
            .await;
        assert!(
            matches!(answer.status, 400 | 401),
            "{combination:?}, no key: {answer:?}"
        );
        if bank.way != Way::CertificateAlone {
            let headers = bank.proof(&one, "POST", &path, None).await;
            let name = [("client_id", one.id().to_owned())];
            let answer = bank.token_by(&one, &form, &name, &headers).await;
            assert!(
                matches!(answer.status, 400 | 401),
                "{combination:?}, no credential: {answer:?}"
            );
        }
        bank.world.advance(5);
        let again = bank.token(&one, &form).await;
        assert_eq!(again.status, 200, "{combination:?}: {again:?}");
        let told = bank.resource(&one, again.text_of("access_token")).await;
        assert_eq!((told.status, &told.body["sub"]), (200, &first["sub"]), "{told:?}");
        if !again.text_of("id_token").is_empty() {
            let claims = part(again.text_of("id_token"), 1);
            for same in ["iss", "sub", "aud", "auth_time"] {
                assert_eq!(claims[same], first[same], "OpenID Connect Core s12.2: {same}");
            }
        }
        bank.world.shows(&["refresh-token"]);
    }
}

#[tokio::test]
async fn a_level_that_must_be_reached_is_reached_or_there_is_no_answer_but_an_error() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        let claims = json!({ "id_token": { "acr": { "essential": true, "values": ["urn:openbanking:psd2:sca"] } } });
        let asking = bank.asking(&one).with("claims", Some(&claims.to_string()));
        let pushed = bank.push(&one, &asking).await;
        let path = bank.path(&one, &bank.request_uri(&pushed));
        let mut browser = bank.world.signed_in(&bank.alice).await;
        let page = browser.visit(&bank.world, &path).await;
        let parameters = bank.answered(&one, &page).await;
        // RFC 9470 s5 and OpenID Connect Core Unmet Authentication Requirements: the code of its own.
        assert_eq!(parameters["error"], "unmet_authentication_requirements");
        assert_eq!(parameters["state"], asking.get("state"));
        bank.world.shows(&["test-essential-acr-sca-claim"]);
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
        let uri = bank.request_uri(&pushed);
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
