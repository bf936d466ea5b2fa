//! Clients at the token endpoint: who they are, and what they must have beside a code.

use proof::Algorithm;
use serde_json::{Value, json};
use testkit::{Key, assertion_form, unique};

use super::super::{
    endpoint, extend,
    financial::{ALL, BOTH, Bank, Party, Way, redemption},
    part,
};
use crate::setup::refused;

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
        let form = redemption(&asking, &code);
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
        let mut form = redemption(&asking, &code);
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
        let form = redemption(&asking, &code);
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
        let kept = again.text_of("refresh_token");
        assert!(
            kept.is_empty() || form.iter().any(|(_, value)| value == kept),
            "FAPI 2.0 s5.3.2.1: it does not turn"
        );
        let once_more = bank.token(&one, &form).await;
        assert_eq!(once_more.status, 200, "and works again: {once_more:?}");
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
