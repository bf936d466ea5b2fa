//! Time and chance, handed in as one argument.

use proof::{Time, digest};

use crate::id::Id;

/// What a decision may know of the world: the time, and 32 bytes of the operating system's randomness, read once a request.
///
/// Every identifier and secret of a request is expanded from the seed by name, so a test that fixes the seed fixes them all. The seed is never logged or stored.
#[derive(Clone)]
pub struct Moment {
    /// The time of the request.
    pub now: Time,
    /// Fresh randomness.
    pub seed: [u8; 32],
}

impl std::fmt::Debug for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Moment").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Moment {
    /// 32 bytes that belong to `label` alone: `HMAC-SHA256(seed, label)`.
    pub fn draw(&self, label: &str) -> [u8; 32] {
        digest::hmac_sha256(&self.seed, label.as_bytes())
    }

    /// A secret of 256 bits for a person or program to keep, in unreserved characters only (stock clients send it unencoded in Basic).
    pub fn secret(&self, label: &str) -> String {
        proof::base64url::encode(&self.draw(label))
    }

    /// An identifier that sorts by time: 4 bytes of seconds and 12 random ones, in 26 characters of base32hex. Rows keyed by it are appended, not scattered.
    pub fn id<K>(&self, label: &str) -> Id<K> {
        Id::from_alphabet(time_ordered(self.now, &self.draw(label)))
    }

    /// The name under which the answer, the log and the audit speak of this request.
    pub fn request_id(&self) -> String {
        time_ordered(self.now, &self.draw("request"))
    }
}

/// The smallest identifier of [`Moment::id`] at this second: bounds a range of rows by age.
pub fn id_floor(now: Time) -> String {
    time_ordered(now, &[0; 32])
}

fn time_ordered(now: Time, chance: &[u8; 32]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv"; // base32hex keeps the order of the bytes (RFC 4648 s7)
    let seconds = u32::try_from(now.unix().max(0)).unwrap_or(u32::MAX).to_be_bytes();
    let mut bits: u32 = 0;
    let mut held: u32 = 0;
    let mut text = String::with_capacity(26);
    for byte in seconds.iter().chain(chance.iter().take(12)) {
        bits = (bits << 8) | u32::from(*byte);
        held = held.saturating_add(8);
        while held >= 5 {
            held = held.saturating_sub(5);
            text.push(letter(ALPHABET, bits >> held));
        }
        bits &= 0xff; // what is held is at most 4 bits; keep the register small
    }
    if held > 0 {
        text.push(letter(ALPHABET, bits << 5_u32.saturating_sub(held)));
    }
    text
}

fn letter(alphabet: &[u8; 32], value: u32) -> char {
    let index = usize::try_from(value & 31).unwrap_or(0);
    alphabet.get(index).copied().map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_sort_by_time_and_differ_by_label() {
        let at = |seconds, byte| Moment {
            now: Time::from_unix(seconds),
            seed: [byte; 32],
        };
        let early = at(1_795_000_000, 250).id::<crate::id::TokenKind>("token");
        let late = at(1_795_000_001, 3).id::<crate::id::TokenKind>("token");
        assert!(early < late);
        assert_eq!(early.as_str().len(), 26);
        assert_ne!(early, at(1_795_000_000, 250).id("grant"));
        assert!(id_floor(Time::from_unix(1_795_000_001)).as_str() <= late.as_str());
        assert!(id_floor(Time::from_unix(1_795_000_001)).as_str() > early.as_str());
    }

    #[test]
    fn base32hex_matches_rfc_4648_section_10() {
        // "foobar" is CPNMUOJ1 in base32hex; our text begins with the four bytes of the time, here "foob" = CPNMUOG (35 bits: 7 letters, the last holding 3 bits of padding or what follows).
        let time = u32::from_be_bytes(*b"foob");
        let text = time_ordered(Time::from_unix(i64::from(time)), &{
            let mut chance = [0_u8; 32];
            chance[..2].copy_from_slice(b"ar");
            chance
        });
        assert!(text.to_uppercase().starts_with("CPNMUOJ1"), "{text}");
    }
}
