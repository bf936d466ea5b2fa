//! A secret is in the answer and nowhere else.

use proof::digest;
use serde_json::json;

use super::*;
use crate::client;

#[test]
fn a_secret_is_shown_once_and_only_its_digest_is_kept() {
    let cases = [
        (&commands()[0], "client_secret", ""),
        (&commands()[2], "client_secret", ""),
        (&commands()[7], "token", "pka_"),
        (&commands()[commands().len() - 1], "token", "pka_"),
    ];
    for ((request, facts), member, prefix) in cases {
        let decision = run(request, facts);
        let secret = document(&decision)[member].as_str().unwrap().to_owned();
        assert_eq!(
            secret.strip_prefix(prefix).map(str::len),
            Some(43),
            "256 bits in base64url: {request}"
        );
        assert!(
            secret
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "sent unencoded in Basic: {request}"
        );
        let change = format!("{:?}", decision.change());
        assert!(!change.contains(secret.trim_start_matches(prefix)), "{request}");
        assert!(change.contains(&digest::sha256_b64(secret.as_bytes())), "{request}");
        let answer = document(&decision).to_string();
        assert!(
            !answer.contains(&digest::sha256_b64(secret.as_bytes())) && !answer.contains("old-digest"),
            "{request}"
        );
        let other = decide(
            &command(request),
            &of_installation(),
            facts,
            &Moment {
                now: at().now,
                seed: [8; 32],
            },
        );
        assert_ne!(
            document(&other)[member],
            secret.as_str(),
            "drawn from the seed: {request}"
        );
    }
}

#[test]
fn a_new_secret_ends_the_old_one_and_keeps_the_rest() {
    let decision = run(&commands()[2].0, &loaded());
    let secret = document(&decision)["client_secret"].as_str().unwrap().to_owned();
    let secret_digest = digest::sha256_b64(secret.as_bytes());
    let authentication = client::Authentication::SecretBasic { secret_digest };
    let client = client::Client {
        authentication,
        epoch: 5,
        ..loaded().client.unwrap()
    };
    assert_eq!(
        decision.change().guards,
        [Guard::Client(client::Guard::Replace {
            client: Box::new(client),
            epoch: 4
        })]
    );
}

#[test]
fn the_private_half_of_a_key_is_kept_and_never_shown() {
    let decision = run(&commands()[8].0, &Facts::default());
    let expected = json!({ "keys": [{
        "kid": "k", "alg": "EdDSA", "created_at": NOW, "active_from": NOW.saturating_add(900), "state": "published", "public_jwk": signer::ed25519_jwk(),
    }] });
    assert_eq!(document(&decision), expected);
    let [Guard::CreateKey(key)] = decision.change().guards.as_slice() else {
        panic!("one key")
    };
    assert_eq!(key.sealed, "sealed-private-half");
    assert!(!format!("{:?}", decision.change().events).contains("sealed-private-half"));
}

#[test]
fn keys_of_several_algorithms_are_told_by_events_that_do_not_collide() {
    let mut keys = command(&commands()[8].0);
    if let Command::RotateKeys(keys) = &mut keys {
        let second = crate::key::SigningKey {
            kid: "k2".to_owned(),
            algorithm: proof::Algorithm::ES256,
            active_from: at().now,
            ..keys[0].clone()
        };
        keys.push(second);
    }
    let decision = decide(&keys, &of_tenant(), &Facts::default(), &at());
    let [first, second] = decision.change().events.as_slice() else {
        panic!("two events")
    };
    assert_ne!(first.id, second.id);
    assert_eq!(
        (second.about.as_deref(), &second.body["algorithm"]),
        (Some("k2"), &json!("ES256"))
    );
    assert_eq!(
        document(&decision)["keys"][1]["state"],
        "active",
        "one that signs at once"
    );
}
