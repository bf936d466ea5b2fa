//! Which texts are a password, and which texts are the same one.

use login::{Password, PasswordRefused};

const LOGIN: &str = "alice@demo.test";

fn refused(text: &str) -> Option<PasswordRefused> {
    Password::parse(text).err()
}

fn refused_anew(text: &str) -> Option<PasswordRefused> {
    Password::parse_new(text, LOGIN).err()
}

#[test]
fn eight_characters_are_enough_and_nothing_is_asked_of_them() {
    for fine in [
        "zmwbqkyr",
        "        ",
        "ẞüñîçøđé",
        "🦀🦀🦀🦀🦀🦀🦀🦀",
        "四つの言葉で文章",
    ] {
        assert_eq!(refused_anew(fine), None, "{fine}");
    }
    for short in ["", "zmwbqky", "🦀🦀🦀🦀🦀🦀🦀"] {
        assert!(refused_anew(short).is_some(), "{short}");
    }
    assert_eq!(refused_anew("zmwbqky"), Some(PasswordRefused::TooShort));
    // Characters are counted as they are hashed: seven letters, each with its diaeresis.
    assert_eq!(refused_anew(&"u\u{308}".repeat(7)), Some(PasswordRefused::TooShort));
}

#[test]
fn a_password_set_under_older_rules_still_signs_in() {
    for old in ["x", "password", LOGIN] {
        assert_eq!(refused(old), None, "{old}");
    }
}

#[test]
fn an_empty_password_is_none() {
    assert_eq!(refused(""), Some(PasswordRefused::Empty));
}

#[test]
fn the_commonest_passwords_are_refused_in_any_case() {
    for common in [
        "password",
        "12345678",
        "PassWord1",
        "QWERTYUIOP",
        "iloveyou",
        "11111111",
        "Passw0rd",
    ] {
        assert_eq!(refused_anew(common), Some(PasswordRefused::Common), "{common}");
    }
    assert_eq!(refused_anew("password of mine"), None);
}

#[test]
fn the_login_is_refused_in_any_case_and_form() {
    for login in [LOGIN, "Alice@Demo.Test"] {
        assert_eq!(refused_anew(login), Some(PasswordRefused::Login), "{login}");
    }
    let composed = "andré@demo.test";
    let decomposed = "ANDRE\u{301}@demo.test";
    let both = [(composed, decomposed), (decomposed, composed)];
    for (text, login) in both {
        let refused = Password::parse_new(text, login).err();
        assert_eq!(refused, Some(PasswordRefused::Login), "{text}");
    }
    assert_eq!(refused_anew("alice@demo.test!"), None);
}

#[test]
fn s_40_a_password_has_at_most_256_bytes_in_nfc() {
    assert_eq!(refused(&"x".repeat(256)), None);
    assert_eq!(refused(&"x".repeat(257)), Some(PasswordRefused::TooLong));
    assert_eq!(refused(&"🦀".repeat(64)), None);
    assert_eq!(refused(&"🦀".repeat(65)), Some(PasswordRefused::TooLong));
    // 384 bytes as typed, 256 in NFC.
    assert_eq!(refused(&"u\u{308}".repeat(128)), None);
    assert_eq!(refused(&"u\u{308}".repeat(129)), Some(PasswordRefused::TooLong));
    // The most that NFC shortens anything: U+1FBE, U+0308, U+0301 are seven bytes, U+0390 is two.
    assert_eq!(refused(&"\u{1fbe}\u{308}\u{301}".repeat(128)), None);
    // NFC makes this one longer, from three bytes to six: U+0958 is excluded from composition.
    assert_eq!(refused(&"\u{958}".repeat(42)), None);
    assert_eq!(refused(&"\u{958}".repeat(43)), Some(PasswordRefused::TooLong));
}

#[test]
fn s_40_a_megabyte_is_refused_unread() {
    // The second would have to be sorted as a whole.
    for unit in ["x", "\u{308}", "\u{315}\u{300}"] {
        assert_eq!(refused(&unit.repeat(1 << 20)), Some(PasswordRefused::TooLong));
    }
}

#[test]
fn nothing_of_a_password_is_printed() {
    let password = Password::parse("hunter42 is not it").unwrap();
    assert_eq!(format!("{password:?}"), "Password(..)");
    for refused in [
        refused_anew("hunter4"),
        refused_anew("password1"),
        refused(&"hunter42".repeat(99)),
    ] {
        let text = refused.unwrap().to_string();
        assert!(!text.contains("hunter") && !text.contains("password1"), "{text}");
    }
}
