//! Which credential keys are taken (WebAuthn s6.5.1, s5.8.5; RFC 9053 s7, RFC 8230 s4).

use proof::{Algorithm, Malformed, webauthn::CredentialKey};

use crate::{
    authenticator::{Alg, Authenticator, cbor::Cbor},
    webauthn::{hex, key_of},
};

/// Changes the members of a good key.
fn read(alg: Alg, change: impl FnOnce(&mut Vec<(Cbor, Cbor)>)) -> Result<CredentialKey, Malformed> {
    let mut cose = Authenticator::new(alg).cose();
    change(cose.entries());
    CredentialKey::from_cose(&cose.encode())
}

fn bytes(value: &Cbor) -> Vec<u8> {
    let Cbor::Bytes(bytes) = value else { panic!("not bytes") };
    bytes.clone()
}

// Where a P-256 key has its members; Ed25519 has the first four, RSA the first two.
const KTY: usize = 0;
const ALG: usize = 1;
const CRV: usize = 2;
const X: usize = 3;
const Y: usize = 4;

#[test]
fn a_key_is_written_as_it_was_read_and_verifies() {
    for alg in Alg::ALL {
        let authenticator = Authenticator::new(alg);
        let key = key_of(&authenticator);
        assert_eq!(key.to_cose(), authenticator.cose().encode());
        assert_eq!(CredentialKey::from_cose(key.to_cose()).unwrap(), key);
        let signature = authenticator.sign(b"message");
        key.verify(b"message", &signature).unwrap();
        key.verify(b"other", &signature).unwrap_err();
        assert!(CredentialKey::COSE_ALGORITHMS.contains(&alg.cose()));
    }
}

#[test]
fn a_key_is_bound_to_one_algorithm() {
    for (alg, algorithm) in [
        (Alg::Es256, Algorithm::ES256),
        (Alg::EdDsa, Algorithm::EdDSA),
        (Alg::Rs256, Algorithm::RS256),
    ] {
        assert_eq!(key_of(&Authenticator::new(alg)).algorithm(), algorithm);
    }
    for (alg, other) in [
        (Alg::Es256, -8),
        (Alg::Es256, -257),
        (Alg::EdDsa, -7),
        (Alg::EdDsa, -257),
        (Alg::Rs256, -7),
    ] {
        let why = read(alg, |members| members[ALG].1 = Cbor::Integer(other)).unwrap_err();
        assert_eq!(why, Malformed::Value("alg"));
    }
}

#[test]
fn algorithms_of_other_kinds_are_refused() {
    // ESP256, Ed25519 by its own name, ES384, PS256, RS1, ES256K.
    for other in [-9, -19, -35, -37, -65535, -47, 7, 0] {
        let why = read(Alg::Es256, |members| members[ALG].1 = Cbor::Integer(other)).unwrap_err();
        assert_eq!(why, Malformed::Unsupported("alg"), "{other}");
    }
}

#[test]
fn a_key_has_exactly_its_members() {
    for alg in Alg::ALL {
        let names = match alg {
            Alg::Es256 => &["kty", "alg", "crv", "x", "y"][..],
            Alg::EdDsa => &["kty", "alg", "crv", "x"],
            Alg::Rs256 => &["kty", "alg", "n", "e"],
        };
        for (at, name) in names.iter().copied().enumerate() {
            let without = read(alg, |members| drop(members.remove(at)));
            assert_eq!(without.unwrap_err(), Malformed::Missing(name));
            let wrong = read(alg, |members| members[at].1 = Cbor::Text("1".to_owned()));
            assert_eq!(wrong.unwrap_err(), Malformed::WrongType(name));
        }
    }
    // A key id (2) and a private key (-4) sort after kty and behind all others.
    let with_id = read(Alg::EdDsa, |members| {
        members.insert(1, (Cbor::Integer(2), Cbor::Bytes(vec![1])));
    });
    assert_eq!(with_id.unwrap_err(), Malformed::Unsupported("optional members"));
    let private = read(Alg::EdDsa, |members| {
        members.push((Cbor::Integer(-4), Cbor::Bytes(vec![1; 32])));
    });
    assert_eq!(private.unwrap_err(), Malformed::Unsupported("optional members"));
}

#[test]
fn points_are_whole_and_on_their_curve() {
    let with = |at: usize, value: Cbor| read(Alg::Es256, |members| members[at].1 = value).unwrap_err();
    assert_eq!(with(CRV, Cbor::Integer(2)), Malformed::Unsupported("crv"));
    assert_eq!(with(KTY, Cbor::Integer(4)), Malformed::Unsupported("kty"));
    for coordinate in [vec![], vec![1; 31], vec![1; 33], vec![0xff; 32], vec![0; 32]] {
        assert_eq!(
            with(X, Cbor::Bytes(coordinate.clone())),
            Malformed::Key,
            "{coordinate:02x?}"
        );
        assert_eq!(
            with(Y, Cbor::Bytes(coordinate.clone())),
            Malformed::Key,
            "{coordinate:02x?}"
        );
    }
    // Compressed: the sign of y (RFC 9053 s7.1.1).
    assert_eq!(with(Y, Cbor::Raw(vec![0xf5])), Malformed::WrongType("y"));
    let ed25519 = |x: Vec<u8>| read(Alg::EdDsa, |members| members[X].1 = Cbor::Bytes(x)).unwrap_err();
    assert_eq!(ed25519(vec![2; 31]), Malformed::Key);
    assert_eq!(ed25519(vec![0; 32]), Malformed::WeakKey);
    let x25519 = read(Alg::EdDsa, |members| members[CRV].1 = Cbor::Integer(4));
    assert_eq!(x25519.unwrap_err(), Malformed::Unsupported("crv"));
}

#[test]
fn rsa_keys_have_2048_to_4096_bits_and_a_good_exponent() {
    const N: usize = 2;
    const E: usize = 3;
    let with = |at: usize, value: Vec<u8>| read(Alg::Rs256, |members| members[at].1 = Cbor::Bytes(value)).map(drop);
    let of_bytes = |length: usize| vec![0xff; length];
    assert_eq!(with(N, of_bytes(255)), Err(Malformed::WeakKey));
    assert_eq!(with(N, of_bytes(256)), Ok(()));
    assert_eq!(with(N, of_bytes(512)), Ok(()));
    assert_eq!(with(N, of_bytes(513)), Err(Malformed::WeakKey));
    assert_eq!(with(N, of_bytes(2048)), Err(Malformed::TooLarge));
    assert_eq!(with(N, Vec::new()), Err(Malformed::Key));
    assert_eq!(with(E, vec![1]), Err(Malformed::WeakKey));
    assert_eq!(with(E, vec![2]), Err(Malformed::WeakKey));
    assert_eq!(with(E, vec![3]), Ok(()));
    assert_eq!(with(E, vec![0, 1, 0, 1]), Err(Malformed::Key));
    let leading_zero = read(Alg::Rs256, |members| {
        let n = [vec![0], bytes(&members[N].1)].concat();
        members[N].1 = Cbor::Bytes(n);
    });
    assert_eq!(leading_zero.unwrap_err(), Malformed::Key);
}

#[test]
fn a_key_has_no_second_spelling() {
    let good = Authenticator::new(Alg::Es256).cose().encode();
    let tail = &good[3..];
    for (head, why) in [
        (&hex("b80501 02".replace(' ', "").as_str())[..], Malformed::Cbor),
        (&[0xa5, 0x18, 0x01, 0x02], Malformed::Cbor),
        (&[0xa5, 0x01, 0x18, 0x02], Malformed::Cbor),
        (&[0xbf, 0x01, 0x02], Malformed::Cbor),
        (&[0xa6, 0x01, 0x02, 0x01, 0x02], Malformed::Duplicate),
    ] {
        assert_eq!(
            CredentialKey::from_cose(&[head, tail].concat()).unwrap_err(),
            why,
            "{head:02x?}"
        );
    }
    assert_eq!(
        CredentialKey::from_cose(&[&good[..], &[0]].concat()).unwrap_err(),
        Malformed::Cbor
    );
    let turned = read(Alg::Es256, |members| members.reverse());
    assert_eq!(turned.unwrap_err(), Malformed::Cbor);
    assert_eq!(CredentialKey::from_cose(&[]).unwrap_err(), Malformed::Cbor);
    assert_eq!(
        CredentialKey::from_cose(&[0xa0]).unwrap_err(),
        Malformed::Missing("kty")
    );
}

#[test]
fn the_example_of_the_specification_is_a_key() {
    // WebAuthn s6.5.1.1 prints this form with placeholders; the point is the first P-256 key of RFC 7517 A.1.
    let cose = hex(concat!(
        "a5010203262001215820",
        "30a0424cd21c2944838a2d75c92b37e76ea20d9f00893a3b4eee8a3c0aafec3e",
        "225820",
        "e04b65e92456d9888b52b379bdfbd51ee869ef1f0fc65b6659695b6cce081723",
    ));
    assert_eq!(CredentialKey::from_cose(&cose).unwrap().algorithm(), Algorithm::ES256);
}

#[test]
fn a_key_prints_its_algorithm_only() {
    assert_eq!(
        format!("{:?}", key_of(&Authenticator::new(Alg::Es256))),
        "CredentialKey(ES256)"
    );
}
