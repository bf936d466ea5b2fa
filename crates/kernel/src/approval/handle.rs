//! What a client fetches an answer with, and what a person types.
//!
//! A handle is `id.mac`, like a refresh token: the MAC is made with a key of the tenant, so a row holds nothing that could be presented, every forgery is told without a
//! look at the table, and the same question asked again gets the same handle again.

use proof::{Secret, base64url, digest};

use crate::{id::ApprovalId, moment::Moment};

/// Letters of a code that a person types: no vowels that make words, none that look like another (RFC 8628 s6.1).
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Letters of a code: 20^10 are 43 bits (S-27: at least 40).
const LETTERS: usize = 10;

/// A handle that we wrote: a device code, a deferral code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle(ApprovalId);

impl Handle {
    /// Writes the handle of an approval.
    pub fn write(key: &Secret<[u8; 32]>, id: &ApprovalId) -> String {
        format!("{id}.{}", mac(key, id))
    }

    /// Reads a handle that was presented: nothing unless we wrote it, compared in constant time.
    pub fn read(key: &Secret<[u8; 32]>, text: &str) -> Option<Self> {
        let (id, shown) = text.split_once('.')?;
        let id = ApprovalId::parse(id)?;
        digest::same(mac(key, &id).as_bytes(), shown.as_bytes()).then_some(Self(id))
    }

    /// The approval that it is of.
    pub const fn id(&self) -> &ApprovalId {
        &self.0
    }
}

fn mac(key: &Secret<[u8; 32]>, id: &ApprovalId) -> String {
    base64url::encode(&digest::hmac_sha256(key.reveal(), format!("handle\0{id}").as_bytes()))
}

/// A code that a person types.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl std::fmt::Debug for UserCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserCode(..)")
    }
}

impl UserCode {
    /// Draws one.
    pub(crate) fn draw(at: &Moment) -> Self {
        let drawn = at.draw("user code");
        let mut left = drawn
            .iter()
            .take(16)
            .fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        let mut code = String::with_capacity(LETTERS);
        for _ in 0..LETTERS {
            let letter = usize::try_from(left % 20).ok().and_then(|place| ALPHABET.get(place));
            code.extend(letter.copied().map(char::from));
            left /= 20; // 128 bits over 43: what the remainders favour is less than 2^-80
        }
        Self(code)
    }

    /// Reads what somebody typed: case, white space and dashes do not matter (RFC 8628 s6.1).
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
            .map(|c| c.to_ascii_uppercase())
            .take(LETTERS.saturating_add(1))
            .collect();
        let known = plain.bytes().all(|b| ALPHABET.contains(&b));
        (plain.len() == LETTERS && known).then_some(Self(plain))
    }

    /// As it is shown: two groups.
    pub fn shown(&self) -> String {
        let (front, back) = self.0.split_at_checked(LETTERS / 2).unwrap_or((&self.0, ""));
        format!("{front}-{back}")
    }

    /// What its row is found by. A plain digest of 43 bits could be turned back by whoever reads the table; one with the tenant's key cannot.
    pub fn digest(&self, key: &Secret<[u8; 32]>) -> String {
        base64url::encode(&digest::hmac_sha256(
            key.reveal(),
            format!("user code\0{}", self.0).as_bytes(),
        ))
    }
}
