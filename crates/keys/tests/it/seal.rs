//! What a seal keeps and what it refuses.

use keys::{Fault, Seal};
use proof::{Secret, base64url};

const PLACE: &str = "signing-key/acme/1";

fn seal(first_byte: u8) -> Seal {
    let mut kek: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).unwrap());
    kek[0] = first_byte;
    Seal::new(Secret::new(kek)).unwrap()
}

#[test]
fn what_was_sealed_opens_in_the_same_place() {
    for plain in [b"".as_slice(), b"x", &[7; 4096]] {
        let sealed = seal(0).seal(PLACE, plain).unwrap();
        assert_eq!(seal(0).open(PLACE, &sealed).unwrap().reveal(), plain);
    }
}

/// Made with another implementation (Python `cryptography` 48, `AESGCM`): key 00..1f, nonce a0..ab, the place as
/// associated data.
#[test]
fn a_text_sealed_by_another_implementation_opens() {
    let sealed = "AaChoqOkpaanqKmqq4h3CA0k62naG0mnvGkWuf4S1S114YkoCysxYWiHAEvKJxrdv_A";
    assert_eq!(seal(0).open(PLACE, sealed).unwrap().reveal(), b"not a key, only bytes");
}

#[test]
fn the_same_bytes_are_sealed_differently_each_time() {
    let one = base64url::decode(&seal(0).seal(PLACE, b"plain").unwrap()).unwrap();
    let two = base64url::decode(&seal(0).seal(PLACE, b"plain").unwrap()).unwrap();
    assert_eq!(one[0], 1, "version");
    assert_ne!(one[1..13], two[1..13], "nonce");
    assert_ne!(one[13..], two[13..], "text");
    assert_eq!(one.len(), 1 + 12 + 5 + 16);
}

#[test]
fn another_place_is_refused() {
    let sealed = seal(0).seal(PLACE, b"plain").unwrap();
    for place in ["", "signing-key/acme/2", "signing-key/other/1", "signing-key/acme/1 "] {
        assert!(
            matches!(seal(0).open(place, &sealed), Err(Fault::SealBroken)),
            "{place}"
        );
    }
}

#[test]
fn another_key_encryption_key_is_refused() {
    let sealed = seal(0).seal(PLACE, b"plain").unwrap();
    assert!(matches!(seal(1).open(PLACE, &sealed), Err(Fault::SealBroken)));
}

#[test]
fn every_flipped_bit_is_refused() {
    let sealed = base64url::decode(&seal(0).seal(PLACE, b"plain").unwrap()).unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let refused = seal(0).open(PLACE, &base64url::encode(&changed)).unwrap_err();
        if bit < 8 {
            assert!(
                matches!(refused, Fault::SealFormat),
                "bit {bit} of the version: {refused}"
            );
        } else {
            assert!(matches!(refused, Fault::SealBroken), "bit {bit}: {refused}");
        }
    }
}

#[test]
fn every_truncation_and_any_addition_is_refused() {
    let sealed = base64url::decode(&seal(0).seal(PLACE, b"plain").unwrap()).unwrap();
    for length in 0..sealed.len() {
        let refused = seal(0).open(PLACE, &base64url::encode(&sealed[..length])).unwrap_err();
        assert!(
            matches!(refused, Fault::SealFormat | Fault::SealBroken),
            "{length}: {refused}"
        );
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert!(matches!(
        seal(0).open(PLACE, &base64url::encode(&longer)),
        Err(Fault::SealBroken)
    ));
}

#[test]
fn text_that_is_not_base64url_is_refused() {
    for text in ["AaCh=", "Aa Ch", "Aa+h", "\u{fc}", "{}"] {
        assert!(matches!(seal(0).open(PLACE, text), Err(Fault::SealFormat)), "{text}");
    }
}

/// Expected value from Python's `hmac` with SHA-256, key 00..1f.
#[test]
fn a_derived_key_is_the_hmac_of_its_label() {
    let hex = seal(0)
        .derive("dpop-nonce")
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(hex, "8c25efe292a4daf94ed3172d92919c703c752bc4d4e0079827c333cc6574d5c6");
    assert_ne!(seal(0).derive("dpop-nonce"), seal(0).derive("dpop-nonce2"));
    assert_ne!(seal(0).derive("dpop-nonce"), seal(1).derive("dpop-nonce"));
}

#[test]
fn nothing_of_the_key_encryption_key_is_printed() {
    assert_eq!(format!("{:?}", seal(0)), "Seal { .. }");
}

#[test]
fn random_bytes_differ_and_fill_what_was_asked() {
    let one: [u8; 32] = keys::random().unwrap();
    let two: [u8; 32] = keys::random().unwrap();
    assert_ne!(one, two);
    let many: [u8; 256] = keys::random().unwrap();
    assert!(many.iter().collect::<std::collections::BTreeSet<_>>().len() > 64);
}
