//! The small types and functions everything else stands on.

use proof::{
    Malformed, Secret, Time, Verified, base64url, digest, dpop::DpopProof, json::Object, jwk::KeySet, jws::Compact,
};

#[test]
fn time_stops_at_its_ends() {
    let (first, last) = (Time::from_unix(i64::MIN), Time::from_unix(i64::MAX));
    assert_eq!(last.plus(1), last);
    assert_eq!(first.minus(1), first);
    assert_eq!(last.since(first), i64::MAX);
    assert_eq!(first.since(last), i64::MIN);
    assert_eq!(Time::from_unix(100).plus(20).minus(5), Time::from_unix(115));
    assert_eq!(Time::from_unix(100).since(Time::from_unix(130)), -30);
    assert!(Time::from_unix(1) < Time::from_unix(2));
}

#[test]
fn a_secret_prints_nothing_of_itself() {
    let text = Secret::new("correct horse".to_owned());
    assert_eq!(format!("{text:?} {text:#?}"), "Secret(..) Secret(..)");
    assert_eq!(text.reveal(), "correct horse");
    assert_eq!(Secret::new([7_u8; 32]).reveal(), &[7; 32]);
    assert_eq!(Secret::new(vec![1_u8, 2]).reveal(), &[1, 2]);
}

#[test]
fn values_cross_threads_and_awaits() {
    fn shared<T: Send + Sync>() {}
    shared::<Compact<'_>>();
    shared::<KeySet>();
    shared::<Verified<Object>>();
    shared::<Verified<DpopProof>>();
    shared::<Secret<String>>();
}

/// RFC 4648 s10, without its padding.
#[test]
fn base64url_agrees_with_rfc_4648() {
    for (plain, text) in [
        ("", ""),
        ("f", "Zg"),
        ("fo", "Zm8"),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(base64url::encode(plain.as_bytes()), text);
        assert_eq!(base64url::decode(text), Ok(plain.as_bytes().to_vec()));
    }
    // RFC 7515 appendix C, which has both characters that differ from plain base64.
    let bytes = [3, 236, 255, 224, 193];
    assert_eq!(base64url::encode(&bytes), "A-z_4ME");
    assert_eq!(base64url::decode("A-z_4ME"), Ok(bytes.to_vec()));
}

#[test]
fn base64url_has_one_text_for_each_byte_string() {
    for text in [
        "Zg==",
        "Zg=",
        "=",
        "Zh",
        "Zm9",
        "Z",
        "Zm9vY",
        "A+z/4ME",
        " Zg",
        "Zg ",
        "Zg\n",
        "Zm9v\r\n",
        "Zm\u{e9}v",
        "Zm9v\0",
        "Z*9v",
    ] {
        assert_eq!(base64url::decode(text), Err(Malformed::Base64url), "{text:?}");
    }
}

/// FIPS 180-4 example and RFC 7636 appendix B.
#[test]
fn sha_256_agrees_with_its_examples() {
    assert_eq!(
        digest::sha256(b"abc"),
        [
            0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03,
            0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad
        ]
    );
    assert_eq!(
        digest::sha256_b64(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}

#[test]
fn comparison_wants_equal_bytes_and_lengths() {
    assert!(digest::same(b"", b""));
    assert!(digest::same(b"abc", b"abc"));
    for (a, b) in [
        (&b"abc"[..], &b"abd"[..]),
        (b"abc", b"ab"),
        (b"", b"a"),
        (b"abc", b"abc\0"),
    ] {
        assert!(!digest::same(a, b) && !digest::same(b, a));
    }
}
