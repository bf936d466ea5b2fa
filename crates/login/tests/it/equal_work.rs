//! S-41: the password of nobody costs what everybody's costs. Work is counted here, not timed.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::num::NonZeroUsize;

use login::{Outcome, Password, Passwords, Rehash, Settings, Work};

/// One hash with 19 MiB and two passes, as OWASP's Password Storage Cheat Sheet has it.
const ONE_HASH: Work = Work {
    hashes: 1,
    memory_kib: 19 * 1024 * 2,
};

const RIGHT: &str = "correct horse battery staple";

fn passwords() -> Passwords {
    Passwords::start(Settings {
        threads: NonZeroUsize::MIN,
    })
    .unwrap()
}

async fn checked(passwords: &Passwords, typed: &str, stored: Option<&str>) -> (Outcome, Work) {
    let before = passwords.work();
    let password = Password::parse(typed).unwrap();
    let outcome = passwords.verify(password, stored.map(str::to_owned)).await.unwrap();
    let after = passwords.work();
    let work = Work {
        hashes: after.hashes - before.hashes,
        memory_kib: after.memory_kib - before.memory_kib,
    };
    (outcome, work)
}

#[tokio::test]
async fn s_41_known_and_unknown_users_cost_the_same() {
    let passwords = passwords();
    let chosen = Password::parse_new(RIGHT, "alice@demo.test").unwrap();
    let stored = passwords.hash(chosen, *b"0123456789abcdef").await.unwrap();
    assert_eq!(passwords.work(), ONE_HASH);

    let (known, work) = checked(&passwords, RIGHT, Some(&stored)).await;
    assert!(matches!(
        known,
        Outcome::Right {
            rehash: Rehash::NotWanted
        }
    ));
    assert_eq!(work, ONE_HASH);

    let (mistyped, work) = checked(&passwords, "correct horse battery", Some(&stored)).await;
    assert!(matches!(mistyped, Outcome::Wrong));
    assert_eq!(work, ONE_HASH);

    let (unknown, work) = checked(&passwords, RIGHT, None).await;
    assert!(matches!(unknown, Outcome::Wrong));
    assert_eq!(work, ONE_HASH);
}

#[tokio::test]
async fn s_41_a_user_with_an_imported_hash_costs_as_much_as_nobody_after_one_sign_in() {
    let passwords = passwords();
    // Made by argon2-cffi, as in `stored.rs`.
    let imported = "$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgc$kgSHKQGYT3IOm/j2AuLiJTkTOMP6ZLe9tooHRn2bBNQ";
    let (first, work) = checked(&passwords, RIGHT, Some(imported)).await;
    assert_ne!(work, ONE_HASH);
    let Outcome::Right {
        rehash: Rehash::Wanted(password),
    } = first
    else {
        panic!("{first:?}");
    };
    let stored = passwords.hash(password, *b"0123456789abcdef").await.unwrap();
    let (_, work) = checked(&passwords, RIGHT, Some(&stored)).await;
    assert_eq!(work, ONE_HASH);
}

/// Vectors of the Unicode Standard: UAX #15 figures 3 to 5, and a Hangul syllable (Unicode 3.12).
#[tokio::test]
async fn composed_and_decomposed_forms_are_the_same_password() {
    let passwords = passwords();
    for (composed, others) in [
        ("\u{c5}ngstr\u{f6}m", ["\u{212b}ngstr\u{f6}m", "A\u{30a}ngstro\u{308}m"]),
        (
            "\u{1e69} \u{1e0b}\u{323}",
            ["s\u{307}\u{323} \u{1e0b}\u{323}", "\u{1e61}\u{323} d\u{323}\u{307}"],
        ),
        (
            "\u{d4db}\u{3a9}",
            ["\u{1111}\u{1171}\u{11b6}\u{2126}", "\u{d4cc}\u{11b6}\u{3a9}"],
        ),
    ] {
        let password = Password::parse(composed).unwrap();
        let stored = passwords.hash(password, *b"0123456789abcdef").await.unwrap();
        for other in others {
            let (outcome, _) = checked(&passwords, other, Some(&stored)).await;
            assert!(matches!(outcome, Outcome::Right { .. }), "{composed} {other}");
        }
    }
}

/// NFC, not NFKC: what merely looks alike stays another password.
#[tokio::test]
async fn compatible_forms_are_different_passwords() {
    let passwords = passwords();
    for (one, other) in [("\u{fb01}ne words", "fine words"), ("2\u{2075} words", "25 words")] {
        let stored = passwords
            .hash(Password::parse(one).unwrap(), *b"0123456789abcdef")
            .await
            .unwrap();
        let (outcome, _) = checked(&passwords, other, Some(&stored)).await;
        assert!(matches!(outcome, Outcome::Wrong), "{other}");
    }
}
