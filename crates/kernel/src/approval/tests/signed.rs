//! A yes that takes a passkey is its signature over what was shown (S-30, S-33).

use proof::{base64url, webauthn};

use super::{
    answered::{approve, loaded, made, refusal},
    *,
};
use crate::{
    credential,
    decision::Guard as AnyGuard,
    vectors::{credentials, signer},
    why::Why,
};

const NONCE: &str = "bm9uY2U";

/// What takes a passkey: asked of alice, by her device.
fn strong(changed: &Value) -> Facts<'static> {
    let asks = json!({ "scope": "read", "audience": HERE, "strength": "biometric" });
    let row = json!({ "whom": "person", "who": "alice", "asks": asks });
    loaded(of_device(&with(row, changed)), &json!({}))
}

/// The signature of this person's passkey, whose counter goes from six to this, over what these facts ask.
fn signature(over: &Facts<'_>, owner: &str, to: u32, verified: bool) -> Signature {
    let (approval, client) = (over.approval.as_ref().unwrap(), over.client.as_ref().unwrap());
    let challenge = challenge(approval, client, &over.types, NONCE);
    let (assertion, asserted) = signer::asserted_over(&challenge, to, verified);
    let row = json!({
        "id": "passkey-1", "user_id": owner, "counter": 6, "credential": base64url::encode(&signer::CREDENTIAL_ID),
        "public_key": base64url::encode(&signer::cose_key()),
    });
    Signature::Holds(Box::new(Signed {
        passkey: credentials::passkey(&row),
        asserted,
        assertion,
        nonce: NONCE.to_owned(),
    }))
}

fn said(facts: &Facts<'_>) -> Decision {
    answer(&approve(facts, ""), &person("alice", &[]), facts, &at())
}

fn unsigned(rule: &'static str) -> Why {
    Why::YesUnsigned(rule)
}

#[test]
fn s_33_a_yes_that_takes_a_passkey_is_its_signature() {
    let facts = strong(&json!({}));
    assert_eq!(
        view(&person("alice", &[]), &facts, &at()).unwrap().open,
        Open::YesByPasskey,
        "whoever signed in by a passkey half a minute ago has not signed this"
    );
    for (signature, rule) in [
        (Signature::Missing, "no passkey signed it"),
        (Signature::Broken("no such passkey"), "no such passkey"),
        (signature(&facts, "eve", 7, true), "the passkey is another person's"),
        (
            signature(&facts, "alice", 7, false),
            "the passkey did not verify whoever used it",
        ),
        (signature(&facts, "alice", 6, true), "the passkey's counter went back"),
    ] {
        let facts = Facts {
            signature,
            ..strong(&json!({}))
        };
        assert_eq!(refusal(&said(&facts)), &unsigned(rule));
    }

    let facts = Facts {
        signature: signature(&facts, "alice", 7, true),
        ..facts
    };
    let yes = said(&facts);
    assert_eq!(made(&yes).unwrap().authority.scopes().joined(), "read");
    let [of_alice] = advanced(&yes).unwrap().state.yes() else {
        panic!("one yes")
    };
    assert_eq!(
        (of_alice.signed_by.as_ref(), of_alice.presence.authenticated),
        (Some(&id("passkey-1")), at().now)
    );
    assert!(
        yes.change()
            .guards
            .contains(&AnyGuard::Credential(credential::Guard::UsePasskey {
                id: id("passkey-1"),
                from: 6,
                to: 7,
                at: at().now,
            })),
        "two signatures with one counter want the same row"
    );
}

#[test]
fn what_takes_no_passkey_may_be_signed_all_the_same_and_a_broken_signature_is_no_yes() {
    let weak = || loaded(of_device(&json!({ "whom": "person", "who": "alice" })), &json!({}));
    let signed = Facts {
        signature: signature(&weak(), "alice", 7, true),
        ..weak()
    };
    assert!(made(&said(&signed)).is_some());
    let broken = Facts {
        signature: Signature::Broken("no such passkey"),
        ..weak()
    };
    assert_eq!(refusal(&said(&broken)), &unsigned("no such passkey"));
}

#[test]
fn s_30_a_signature_is_a_yes_to_what_was_shown_and_to_nothing_else() {
    let other = json!({ "asks": { "scope": "read write", "audience": HERE, "strength": "biometric" } });
    for (over, claim) in [
        (strong(&other), "more is asked"),
        (strong(&json!({ "id": "a-9" })), "the same question, asked once more"),
        (
            Facts {
                client: Some(client("tv", &json!({ "client_name": "Your bank" }))),
                ..strong(&json!({}))
            },
            "the client had another name",
        ),
    ] {
        let facts = Facts {
            signature: signature(&over, "alice", 7, true),
            ..strong(&json!({}))
        };
        assert_eq!(
            refusal(&said(&facts)),
            &unsigned("the passkey signed something else"),
            "{claim}"
        );
    }
}

/// WebAuthn s7.2 steps 19 and 20, from the audit entry alone.
#[test]
fn whoever_reads_the_audit_log_can_check_the_signature() {
    let facts = strong(&json!({}));
    let facts = Facts {
        signature: signature(&facts, "alice", 7, true),
        ..facts
    };
    let decision = said(&facts);
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    let evidence = &event.body["passkey"];
    let part = |name: &str| base64url::decode(evidence[name].as_str().unwrap()).unwrap();

    let signed = json::canonical(&evidence["signed"]);
    let client_data: Value = serde_json::from_slice(&part("client_data")).unwrap();
    assert_eq!(client_data["challenge"], digest::sha256_b64(signed.as_bytes()));
    let key = webauthn::CredentialKey::from_cose(&part("public_key")).unwrap();
    let message = [
        part("authenticator_data"),
        digest::sha256(&part("client_data")).to_vec(),
    ]
    .concat();
    key.verify(&message, &part("signature")).unwrap();

    let signed = &evidence["signed"];
    let payload = Approval::payload(&id("tv"), &Door::Device, &facts.approval.as_ref().unwrap().asks);
    assert_eq!(signed["payload_hash"], digest::sha256_b64(payload.as_bytes()));
    assert_eq!(event.body["payload_hash"], signed["payload_hash"]);
    assert_eq!((&signed["approval"], &signed["nonce"]), (&json!("a-2"), &json!(NONCE)));
    assert_eq!(event.body["method"], "passkey_verified");
}
