//! Recovery codes against another implementation, and what may be typed for one.

use std::collections::BTreeSet;

use login::recovery::{canonical, codes};

fn seed() -> [u8; 32] {
    std::array::from_fn(|i| u8::try_from(i).unwrap())
}

/// Made with Python's `hmac` and `int`: seed 00..1f, messages `prokura recovery code 0` to `9`, the first 80 bits in
/// Crockford's alphabet.
const CODES: [&str; 10] = [
    "0ZWE-FR0P-83KV-EY5Q",
    "VEW4-16B5-J7NQ-ZCA5",
    "F9BV-5A42-5Y5Z-CECA",
    "K29X-AFDR-T59H-FNSB",
    "EWKA-RSK8-W3FG-0BTF",
    "72FB-ZR87-209J-RHV9",
    "9QBT-MXS2-9FY5-PMPX",
    "57RR-A56Q-1Y8E-7GXK",
    "Y2WZ-M752-ECDX-VGCK",
    "KXK8-2KHK-2H4T-WBGE",
];

#[test]
fn the_codes_are_those_of_another_implementation() {
    assert_eq!(codes(&seed()), CODES);
}

#[test]
fn another_seed_has_other_codes() {
    let mut other = seed();
    other[31] ^= 1;
    let both: BTreeSet<String> = codes(&seed()).into_iter().chain(codes(&other)).collect();
    assert_eq!(both.len(), 20);
}

#[test]
fn every_symbol_of_the_alphabet_occurs_and_no_other() {
    let mut symbols = BTreeSet::new();
    for byte in 0..=255 {
        symbols.extend(codes(&[byte; 32]).concat().replace('-', "").chars());
    }
    let alphabet: BTreeSet<char> = ('0'..='9')
        .chain('A'..='Z')
        .filter(|letter| !matches!(letter, 'I' | 'L' | 'O' | 'U'))
        .collect();
    assert_eq!(symbols, alphabet);
}

#[test]
fn a_code_is_canonical_already() {
    for code in codes(&seed()) {
        assert_eq!(canonical(&code), Some(code));
    }
}

#[test]
fn what_a_hand_makes_of_a_code_is_still_the_code() {
    for typed in [
        "57RR-A56Q-1Y8E-7GXK",
        "57rr-a56q-1y8e-7gxk",
        "57RRA56Q1Y8E7GXK",
        " 57RR A56Q 1Y8E 7GXK ",
        "57rr - a56q - iy8e - 7gxk\n",
        "57RR-A56Q-LY8E-7GXK",
        "5-7-R-R-A-5-6-Q-l-Y-8-E-7-G-X-K",
    ] {
        assert_eq!(canonical(typed).as_deref(), Some(CODES[7]), "{typed}");
    }
    assert_eq!(canonical("OzweFrop83kvEy5q").as_deref(), Some(CODES[0]));
}

#[test]
fn what_cannot_be_a_code_is_none() {
    for typed in [
        "",
        "----",
        "57RR-A56Q-1Y8E-7GX",
        "57RR-A56Q-1Y8E-7GXKK",
        "57RR-A56Q-1Y8E-7GXU",
        "57RR-A56Q-1Y8E-7GX!",
        "57RR_A56Q_1Y8E_7GXK",
        "57RR-A56Q-1Y8E-7GXＫ",
    ] {
        assert_eq!(canonical(typed), None, "{typed}");
    }
    assert_eq!(canonical(&"0".repeat(1 << 20)), None);
}
