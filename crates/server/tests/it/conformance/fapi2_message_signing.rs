//! The modules of `fapi2-message-signing-final-test-plan` that are about signed requests (FAPI 2.0 Message Signing s5.3.1, RFC 9101).

use proof::Algorithm;
use serde_json::{Value, json};
use testkit::{Answer, Key, unique};

use super::{
    extend,
    financial::{Bank, Party, Requests, Way},
    form_of, unsigned,
};
use crate::setup::refused;

const SIGNED: (Way, Requests) = (Way::Dpop, Requests::Signed);

/// Pushes a request object with these claims over the right ones, `null` for one that is left out.
async fn push(bank: &mut Bank, party: &Party, signer: &Party, members: Value) -> Answer {
    let asking = bank.asking(party);
    let mut claims = bank.object_claims(party, &asking);
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    let object = bank.object(signer, &claims).await;
    push_object(bank, party, object).await
}

async fn push_object(bank: &mut Bank, party: &Party, object: String) -> Answer {
    let form = vec![("client_id", party.id().to_owned()), ("request", object)];
    bank.push_form(party, form, &[]).await
}

#[tokio::test]
async fn a_request_object_counts_in_its_time_and_for_this_server() {
    let (mut bank, one, two) = Bank::new(SIGNED).await;
    let (now, issuer) = (bank.world.now(), bank.world.issuer.clone());
    for (module, members) in [
        (
            "ensure-request-object-with-multiple-aud-succeeds",
            json!({ "aud": [issuer, "https://other.example"] }),
        ),
        (
            "ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted",
            json!({ "nbf": now + 8, "exp": now + 308 }),
        ),
    ] {
        let answer = push(&mut bank, &one, &one, members).await;
        bank.request_uri(&answer);
        bank.world.shows(&[module]);
    }
    for (module, members) in [
        ("ensure-request-object-without-exp-fails", json!({ "exp": null })),
        ("ensure-request-object-without-nbf-fails", json!({ "nbf": null })),
        (
            "ensure-expired-request-object-fails",
            json!({ "exp": now - 300, "nbf": now - 600, "iat": now - 600 }),
        ),
        (
            "ensure-request-object-with-bad-aud-fails",
            json!({ "aud": "https://other.example" }),
        ),
        (
            "ensure-request-object-with-exp-over-60-fails",
            json!({ "exp": now + 70 * 60 }),
        ),
        (
            "ensure-request-object-with-nbf-over-60-fails",
            json!({ "nbf": now - 70 * 60 }),
        ),
        (
            "par-authorization-request-containing-request_uri",
            json!({ "request_uri": format!("urn:ietf:params:oauth:request_uri:{}", unique()) }),
        ),
    ] {
        let answer = push(&mut bank, &one, &one, members).await;
        refused(&answer, 400, "invalid_request_object", module);
        bank.world.shows(&[module]);
    }
    let answer = push(&mut bank, &one, &two, json!({})).await;
    refused(&answer, 400, "invalid_request_object", "signed by another client");
    bank.world.shows(&["ensure-matching-key-in-authorization-request"]);
}

#[tokio::test]
async fn a_request_object_is_signed_well_or_not_taken() {
    let (mut bank, one, two) = Bank::new(SIGNED).await;
    let asking = bank.asking(&one);
    let claims = bank.object_claims(&one, &asking);
    let answer = push_object(&mut bank, &one, unsigned(&claims)).await;
    refused(&answer, 400, "invalid_request_object", "unsigned");
    bank.world.shows(&[
        "ensure-request-object-signature-algorithm-is-not-none",
        "AuthEndpoint/IsJarSignatureRequired",
    ]);

    let object = bank.object(&one, &claims).await;
    let (head, signature) = object.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let broken = format!("{head}.{other}{}", &signature[1..]);
    let answer = push_object(&mut bank, &one, broken).await;
    refused(&answer, 400, "invalid_request_object", "a broken signature");
    bank.world.shows(&[
        "ensure-request-object-with-invalid-signature-fails",
        "AuthEndpoint/IsJarSignatureChecked",
    ]);

    // An RSA key without an algorithm of its own, as benches register it: PS256 counts, RS256 does not.
    let key = Key::new(Algorithm::RS256);
    let mut jwk = Value::Object(key.public_jwk());
    jwk.as_object_mut().unwrap().remove("alg");
    let mut keys = vec![jwk, Value::Object(two.key().public_jwk())];
    keys[1]["kid"] = two.key().thumbprint().into();
    let path = format!("/admin/v1/clients/{}", two.id());
    let changed = bank
        .world
        .admin("PATCH", &path, Some(&json!({ "jwks": { "keys": keys } })))
        .await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let mut claims = bank.object_claims(&two, &bank.asking(&two));
    extend(&mut claims, &json!({ "jti": unique() }));
    let header = json!({ "typ": "oauth-authz-req+jwt", "alg": "RS256", "kid": key.thumbprint() });
    let object = key.sign(&header, &claims).await;
    let answer = push_object(&mut bank, &two, object).await;
    refused(&answer, 400, "invalid_request_object", "FAPI 2.0 s5.4: RS256");
    let claims_of_one = bank.object_claims(&two, &bank.asking(&two));
    bank.baseline().await;
    let object = key.sign(&header, &claims_of_one).await;
    let answer = push_object(&mut bank, &two, object).await;
    bank.request_uri(&answer); // without the profile the same key signs requests: so the line above says something
    bank.set_profile("fapi2_message_signing").await;
    bank.world.shows(&["ensure-signed-request-object-with-RS256-fails"]);

    let form = form_of(&asking)
        .into_iter()
        .map(|(name, value)| (Box::leak(name.to_owned().into_boxed_str()) as &'static str, value))
        .collect();
    let answer = bank.push_form(&one, form, &[]).await;
    refused(
        &answer,
        400,
        "invalid_request",
        "FAPI 2.0 Message Signing s5.3.1: signed requests only",
    );
    bank.world.shows(&[
        "ensure-unsigned-request-at-par-endpoint-fails",
        "AuthEndpoint/IsJarRequired",
    ]);
}
