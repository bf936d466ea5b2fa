//! Recovery codes: ten one-time codes for the day the passkey or the password is lost.
//!
//! A code is 80 bits in Crockford's base32, four groups of four: `7ZQ4-0GVB-N2KX-M81D`. His alphabet leaves out `I`, `L`,
//! `O` and `U`, so that a code survives handwriting. The canonical form is the one shown, with capitals and hyphens.

use proof::digest;

/// Crockford's base32: 32 symbols, no `I`, `L`, `O`, `U`.
const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const SYMBOLS: usize = 16;

const GROUP: usize = 4;

/// The ten codes of a seed, in canonical form: 80 bits each of HMAC-SHA256 (RFC 2104) under the seed.
///
/// The seed is 32 random bytes made for this one set; it and the codes are secrets. Show the codes once, store their
/// digests, forget the seed.
pub fn codes(seed: &[u8; 32]) -> [String; 10] {
    std::array::from_fn(|number| {
        let label = format!("prokura recovery code {number}");
        written(&digest::hmac_sha256(seed, label.as_bytes()))
    })
}

/// The canonical form of what was typed: case, hyphens and white space do not matter, `O` is zero, `I` and `L` are one.
///
/// `None` when it cannot be a code.
pub fn canonical(text: &str) -> Option<String> {
    let symbols: String = text
        .chars()
        .filter(|character| *character != '-' && !character.is_whitespace())
        .map(symbol)
        .take(SYMBOLS.saturating_add(1))
        .collect::<Option<_>>()?;
    (symbols.len() == SYMBOLS).then(|| grouped(symbols.chars()))
}

/// The first 80 bits, five at a time.
fn written(random: &[u8; 32]) -> String {
    let bits = random
        .iter()
        .take(10)
        .fold(0_u128, |bits, byte| bits.rotate_left(8) | u128::from(*byte));
    let fives = (0..80_u32)
        .step_by(5)
        .map(|place| bits.rotate_right(75_u32.saturating_sub(place)) & 31);
    grouped(fives.filter_map(|five| ALPHABET.chars().nth(usize::try_from(five).ok()?)))
}

fn grouped(symbols: impl Iterator<Item = char>) -> String {
    let mut code = String::with_capacity(SYMBOLS.saturating_add(SYMBOLS / GROUP));
    for (place, symbol) in symbols.enumerate() {
        if place > 0 && place.is_multiple_of(GROUP) {
            code.push('-');
        }
        code.push(symbol);
    }
    code
}

fn symbol(character: char) -> Option<char> {
    match character.to_ascii_uppercase() {
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        other => ALPHABET.contains(other).then_some(other),
    }
}
