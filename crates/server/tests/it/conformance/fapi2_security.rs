//! The plan `fapi2-security-profile-final-test-plan`, whose modules the plan for Message Signing has too: each is tried plain and with signed requests and answers.

mod clients;
mod proofs;
mod pushes;

use serde_json::{Value, json};

use super::{
    financial::{ALL, BOTH, Bank, Requests, Way, at_the_door, request_uri},
    metadata, profile,
};
use crate::setup::refused;

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
        for what in ["id_token", "userinfo", "authorization", "introspection"] {
            let name = format!("{what}_signing_alg_values_supported");
            assert!(has(&name, "PS256") && !has(&name, "RS256"), "s5.4: {name}");
        }
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
        let path = at_the_door(&one, &request_uri(&pushed));
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
async fn a_level_that_must_be_reached_is_reached_or_there_is_no_answer_but_an_error() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        let claims = json!({ "id_token": { "acr": { "essential": true, "values": ["urn:openbanking:psd2:sca"] } } });
        let asking = bank.asking(&one).with("claims", Some(&claims.to_string()));
        let pushed = bank.push(&one, &asking).await;
        let path = at_the_door(&one, &request_uri(&pushed));
        let mut browser = bank.world.signed_in(&bank.alice).await;
        let page = browser.visit(&bank.world, &path).await;
        let parameters = bank.answered(&one, &page).await;
        // RFC 9470 s5 and OpenID Connect Core Unmet Authentication Requirements: the code of its own.
        assert_eq!(parameters["error"], "unmet_authentication_requirements");
        assert_eq!(parameters["state"], asking.get("state"));
        bank.world.shows(&["test-essential-acr-sca-claim"]);
    }
}
