//! Nonces that need no memory.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use proof::{
    Time, base64url, digest,
    nonce::{BUCKET_SECONDS, LIFETIME_SECONDS, NonceError, check, current},
};

const KEY: [u8; 32] = [7; 32];

/// The start of a bucket.
const START: i64 = 1_700_000_010;

fn at(seconds: i64) -> Time {
    Time::from_unix(START + seconds)
}

/// A nonce put together by hand from its description.
fn made(key: [u8; 32], bucket: i64) -> String {
    let mac = digest::hmac_sha256(&key, &[&b"dpop-nonce"[..], &bucket.to_be_bytes()].concat());
    base64url::encode(&[&bucket.to_be_bytes()[..], &mac[..16]].concat())
}

#[test]
fn a_nonce_is_the_time_and_a_mac_over_it() {
    assert_eq!(START % BUCKET_SECONDS, 0);
    assert_eq!((BUCKET_SECONDS, LIFETIME_SECONDS), (30, 300));
    assert_eq!(current(&KEY, at(0)), made(KEY, START));
    assert_eq!(current(&KEY, at(0)).len(), 32);
    // From an independent implementation: key 32 times 07, bucket 1700000010.
    assert_eq!(current(&KEY, at(29)), "AAAAAGVT8QrcMC7N_Xrc-0MfnYDVPo2_");
}

#[test]
fn a_nonce_stays_the_same_for_a_bucket() {
    assert_eq!(current(&KEY, at(0)), current(&KEY, at(29)));
    assert_ne!(current(&KEY, at(29)), current(&KEY, at(30)));
    assert_ne!(current(&KEY, at(0)), current(&[8; 32], at(0)));
    assert_eq!(current(&KEY, Time::from_unix(-1)), made(KEY, -30));
}

#[test]
fn the_current_and_earlier_buckets_pass_until_they_are_stale() {
    let nonce = current(&KEY, at(0));
    for seconds in [0, 29, 30, 59, 299] {
        assert_eq!(check(&KEY, &nonce, at(seconds)), Ok(()), "{seconds}");
    }
    for seconds in [300, 301, 86_400, i64::MAX - START] {
        assert_eq!(check(&KEY, &nonce, at(seconds)), Err(NonceError::Stale), "{seconds}");
    }
}

#[test]
fn a_node_may_be_one_bucket_ahead_and_no_more() {
    let nonce = current(&KEY, at(0));
    assert_eq!(check(&KEY, &nonce, at(-30)), Ok(()));
    assert_eq!(check(&KEY, &nonce, at(-31)), Err(NonceError::Stale));
    assert_eq!(check(&KEY, &made(KEY, i64::MAX), at(0)), Err(NonceError::Stale));
    assert_eq!(check(&KEY, &made(KEY, i64::MIN), at(0)), Err(NonceError::Stale));
}

#[test]
fn a_nonce_of_another_key_or_another_time_is_unknown() {
    let nonce = current(&KEY, at(0));
    assert_eq!(check(&[8; 32], &nonce, at(0)), Err(NonceError::Unknown));
    // The MAC of one bucket under the time of another.
    let (old, new) = (
        base64url::decode(&nonce).unwrap(),
        base64url::decode(&current(&KEY, at(30))).unwrap(),
    );
    let mixed = base64url::encode(&[&new[..8], &old[8..]].concat());
    assert_eq!(check(&KEY, &mixed, at(30)), Err(NonceError::Unknown));
    for bit in 0..8 * 24 {
        let mut changed = old.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            check(&KEY, &base64url::encode(&changed), at(0)),
            Err(NonceError::Unknown),
            "bit {bit}"
        );
    }
}

#[test]
fn garbage_is_unknown() {
    let nonce = current(&KEY, at(0));
    let garbage = [
        String::new(),
        "nonce".to_owned(),
        "A".repeat(32),
        "A".repeat(1 << 20),
        format!("{nonce}="),
        format!("{nonce}A"),
        format!(" {nonce}"),
        nonce.chars().skip(1).collect(),
        nonce.chars().take(28).collect(),
        nonce
            .chars()
            .skip(2)
            .fold("\u{e9}".to_owned(), |text, letter| format!("{text}{letter}")),
    ];
    for nonce in garbage {
        assert_eq!(check(&KEY, &nonce, at(0)), Err(NonceError::Unknown), "{nonce:.40}");
    }
}
