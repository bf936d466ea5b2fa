//! A password as a human typed it: which texts are one, and which may be chosen anew.
//!
//! The text is brought into Unicode's form NFC (UAX #15, as RFC 8265 s4.2.2 wants it), because keyboards differ in how
//! they write the same letter. Nothing else is changed: case, spaces and every character count, and nothing is cut off.

use std::fmt;
use std::mem;

use proof::Secret;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::commonest::COMMONEST;

/// No text that NFC makes three and a half times shorter is refused for what it was before; a megabyte of combining
/// marks, which NFC would have to sort, is (S-40).
const TYPED_BYTES_MAX: usize = 4 * Password::BYTES_MAX;

/// A password in NFC, 1 to [`Password::BYTES_MAX`] bytes; its `Debug` shows nothing of it.
pub struct Password(Secret<String>);

impl Password {
    /// The longest password, in bytes after NFC (S-40); NIST SP 800-63B s5.1.1.2 asks for at least 64 characters.
    pub const BYTES_MAX: usize = 256;

    /// The shortest password that may be chosen, in Unicode code points (NIST SP 800-63B s5.1.1.2).
    pub const CHARACTERS_MIN: usize = 8;

    /// Reads what was typed to sign in: bounds only, so that a password set under older rules still works.
    pub fn parse(text: &str) -> Result<Self, PasswordRefused> {
        if text.is_empty() {
            return Err(PasswordRefused::Empty);
        }
        if text.len() > TYPED_BYTES_MAX {
            return Err(PasswordRefused::TooLong);
        }
        // Room for one character beyond the limit, so that growing leaves no copy behind.
        let mut normal = Zeroizing::new(String::with_capacity(Self::BYTES_MAX.saturating_add(4)));
        for character in text.nfc() {
            normal.push(character);
            if normal.len() > Self::BYTES_MAX {
                return Err(PasswordRefused::TooLong);
            }
        }
        Ok(Self(Secret::new(mem::take(&mut *normal))))
    }

    /// Reads a password that the user of `login` wants to have from now on.
    ///
    /// Length is the only rule about its letters; the commonest passwords and the login itself are refused, whatever
    /// their case (NIST SP 800-63B s5.1.1.2).
    pub fn parse_new(text: &str, login: &str) -> Result<Self, PasswordRefused> {
        let password = Self::parse(text)?;
        let chosen = password.0.reveal();
        if chosen.chars().count() < Self::CHARACTERS_MIN {
            return Err(PasswordRefused::TooShort);
        }
        if COMMONEST.iter().any(|common| common.eq_ignore_ascii_case(chosen)) {
            return Err(PasswordRefused::Common);
        }
        if in_lower_case(chosen).eq(in_lower_case(login)) {
            return Err(PasswordRefused::Login);
        }
        Ok(password)
    }

    /// What is hashed.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.reveal().as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Why a text is not taken as a password; none of these depends on what is stored, so each may be shown to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Nothing was typed.
    #[error("type a password")]
    Empty,
    /// More than [`Password::BYTES_MAX`] bytes after NFC, or four times as many before.
    #[error("the password is too long: use at most 256 bytes")]
    TooLong,
    /// Fewer than [`Password::CHARACTERS_MIN`] characters.
    #[error("the password is too short: use at least 8 characters")]
    TooShort,
    /// One of the passwords that everybody tries first.
    #[error("the password is one of the commonest: use another")]
    Common,
    /// The login itself.
    #[error("the password is the login: use another")]
    Login,
}

/// The characters in NFC and lower case, without a copy of the text that would have to be wiped.
fn in_lower_case(text: &str) -> impl Iterator<Item = char> {
    text.nfc().flat_map(char::to_lowercase)
}
