//! Hashes against the RFC and against another implementation, and the bounds of what is read back.

use std::num::NonZeroUsize;

use argon2::{Algorithm, Argon2, AssociatedData, Block, ParamsBuilder, Version};
use login::{Fault, Outcome, Password, Passwords, Refused, Rehash, Settings};

const WORDS: &str = "correct horse battery staple";

fn passwords() -> Passwords {
    Passwords::start(Settings {
        threads: NonZeroUsize::MIN,
    })
    .unwrap()
}

async fn checked(password: &str, stored: &str) -> Result<Outcome, Refused> {
    let password = Password::parse(password).unwrap();
    passwords().verify(password, Some(stored.to_owned())).await
}

/// RFC 9106 s5.3.
#[test]
fn the_vector_of_rfc_9106_comes_out() {
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let mut memory = vec![Block::new(); params.block_count()];
    let secret = [3; 8];
    let argon2 = Argon2::new_with_secret(&secret, Algorithm::Argon2id, Version::V0x13, params).unwrap();
    // Twice with the same memory, as the threads use it.
    for _ in 0..2 {
        let mut tag = [0; 32];
        argon2
            .hash_password_into_with_memory(&[1; 32], &[2; 16], &mut tag, &mut memory)
            .unwrap();
        assert_eq!(
            tag,
            [
                0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, //
                0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
            ]
        );
    }
}

/// Made by argon2-cffi 25.1.0 for Python, the bindings of the reference implementation in C:
/// `hash_secret(password, bytes(range(16)), time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, type=Type.ID)`.
/// The other way round, what [`Passwords::hash`] made with other salts was accepted by its `verify_secret`, by hand.
const OURS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$gYJZtjEAJqjg26xdLmknq8/bB7MiWPrE9hsYuA+SkIU";

/// The same, of the 18 bytes that "Zürich Ångström" has in NFC.
const UMLAUTS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$x/IUuEyMWuwYquI48bqB6pR22E0aaamEVZOrZZmAKRY";

/// The same program with other parameters: other salts, costs, lanes and lengths, for [`WORDS`].
const IMPORTED: [&str; 7] = [
    "$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgc$kgSHKQGYT3IOm/j2AuLiJTkTOMP6ZLe9tooHRn2bBNQ",
    "$argon2id$v=19$m=64,t=1,p=2$AAECAwQFBgcICQoLDA0ODw$blLKmJ6yg8rMblVdiF3riPaqH0MKqvg5cmf9tyck+D+v2iUXf9CImG0SOx8sQkoqcah8Z9bbyx/lgGmm31xyDg",
    "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$kR1KtUbQOkm51miqXxYZzQ",
    "$argon2id$v=19$m=19457,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$dfBdpAgsdKGJUEdRhhvrzd/sGbVvq56tuniy5tRfNHE",
    "$argon2id$v=19$m=19456,t=3,p=1$AAECAwQFBgcICQoLDA0ODw$2CWisOlsUcfkutNh6nBbHMJahNf6Aa2DLbR5jJkQLGk",
    "$argon2id$v=19$m=19456,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$2H9CJBMC/n10v6zYZskkV6SWmeilDRmsi0YnOyxYGpA",
    "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODxA$nwag2L/SBW8Vjwc1u4DXSEHY7Td83vC6ZkeOgo4Q8O4",
];

#[tokio::test]
async fn a_hash_of_another_implementation_is_made_by_us_too() {
    let salt = std::array::from_fn(|i| u8::try_from(i).unwrap());
    let password = Password::parse(WORDS).unwrap();
    assert_eq!(passwords().hash(password, salt).await.unwrap(), OURS);
}

#[tokio::test]
async fn a_hash_of_another_implementation_verifies() {
    for (password, stored) in [(WORDS, OURS), ("Zürich Ångström", UMLAUTS)] {
        let outcome = checked(password, stored).await.unwrap();
        assert!(matches!(
            outcome,
            Outcome::Right {
                rehash: Rehash::NotWanted
            }
        ));
    }
}

#[tokio::test]
async fn a_hash_with_other_parameters_verifies_and_wants_to_be_made_anew() {
    for stored in IMPORTED {
        let Outcome::Right {
            rehash: Rehash::Wanted(password),
        } = checked(WORDS, stored).await.unwrap()
        else {
            panic!("{stored}");
        };
        let again = passwords().hash(password, *b"0123456789abcdef").await.unwrap();
        assert!(matches!(
            checked(WORDS, &again).await.unwrap(),
            Outcome::Right {
                rehash: Rehash::NotWanted
            }
        ));
    }
}

#[tokio::test]
async fn another_password_is_wrong() {
    for password in [
        "correct horse battery stapl",
        "Correct horse battery staple",
        "correct horse battery staple ",
    ] {
        for stored in IMPORTED.iter().chain([&OURS]) {
            assert!(
                matches!(checked(password, stored).await, Ok(Outcome::Wrong)),
                "{password} {stored}"
            );
        }
    }
}

#[tokio::test]
async fn a_changed_hash_is_wrong() {
    for (at, to) in [("gYJZ", "gYJa"), ("SkIU", "SkIQ"), ("AAEC", "AAED")] {
        assert!(
            matches!(checked(WORDS, &OURS.replacen(at, to, 1)).await, Ok(Outcome::Wrong)),
            "{to}"
        );
    }
}

#[tokio::test]
async fn s_40_a_stored_hash_that_asks_for_too_much_is_a_fault_before_any_work() {
    let passwords = passwords();
    for parameters in [
        "m=262145,t=1,p=1",
        "m=4294967295,t=2,p=1",
        "m=19456,t=11,p=1",
        "m=19456,t=4294967295,p=1",
        "m=19456,t=2,p=5",
        "m=19456,t=2,p=16777215",
        "m=19456,t=0,p=1",
        "m=19456,t=2,p=0",
        "m=7,t=2,p=1",
        "m=31,t=2,p=4",
        "m=0,t=0,p=0",
    ] {
        let stored = OURS.replace("m=19456,t=2,p=1", parameters);
        let outcome = passwords.verify(Password::parse(WORDS).unwrap(), Some(stored)).await;
        assert!(
            matches!(outcome, Err(Refused::Fault(Fault::StoredBounds))),
            "{parameters}"
        );
    }
    assert_eq!(passwords.work().hashes, 0);
}

#[tokio::test]
async fn the_bounds_themselves_are_allowed() {
    for parameters in ["m=262144,t=1,p=1", "m=64,t=10,p=4", "m=32,t=1,p=4", "m=8,t=1,p=1"] {
        let stored = OURS.replace("m=19456,t=2,p=1", parameters);
        assert!(
            matches!(checked(WORDS, &stored).await, Ok(Outcome::Wrong)),
            "{parameters}"
        );
    }
}

#[tokio::test]
async fn a_hash_that_was_cut_off_is_a_fault() {
    // 15 bytes.
    let stored = OURS.replace("gYJZtjEAJqjg26xdLmknq8/bB7MiWPrE9hsYuA+SkIU", "gYJZtjEAJqjg26xdLmkn");
    assert!(matches!(
        checked(WORDS, &stored).await,
        Err(Refused::Fault(Fault::StoredBounds))
    ));
}

#[tokio::test]
async fn what_is_not_a_hash_of_argon2id_is_a_fault() {
    let argon2i = "$argon2i$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$dYFSDMHe7r6j8bNX+Py4zNJ4v3iefrxU8sJcdB2oaAY";
    let damaged = [
        ("", ""),
        ("$argon2id$", "argon2id$"),
        ("$v=19", ""),
        ("$v=19", "$v=16"),
        ("$m=19456,t=2,p=1", ""),
        (",p=1", ""),
        (",p=1", ",p=1,p=1"),
        (",p=1", ",p=1,data=AAAA"),
        ("m=19456,t=2", "t=2,m=19456"),
        ("m=19456", "m=019456"),
        ("m=19456", "m=-1"),
        ("m=19456", "m=4294967296"),
        ("$gYJZtjEAJqjg26xdLmknq8/bB7MiWPrE9hsYuA+SkIU", ""),
        ("SkIU", "SkIU="),
        // Bits beyond the last byte: two texts for one hash.
        ("SkIU", "SkIV"),
        ("SkIU", "SkIU$"),
        ("SkIU", "SkIU\n"),
        ("gYJZ", "gYJ_"),
    ];
    let damaged = damaged.map(|(from, to)| {
        if from.is_empty() {
            String::new()
        } else {
            OURS.replacen(from, to, 1)
        }
    });
    for stored in damaged.iter().map(String::as_str).chain([argon2i, WORDS]) {
        assert_ne!(stored, OURS);
        assert!(
            matches!(checked(WORDS, stored).await, Err(Refused::Fault(Fault::StoredForm))),
            "{stored}"
        );
    }
}
