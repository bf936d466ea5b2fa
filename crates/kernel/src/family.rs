//! A line of refresh tokens, one row however often it turns (product decision 2).
//!
//! A refresh token is `family.generation.mac`: the MAC is HMAC-SHA256 under a key that belongs to the family alone and is derived from the tenant's, so a row holds
//! nothing that could be presented, and every token of the line can be told from a forgery without a table of old ones.

use proof::{Secret, Time, base64url, digest};

use crate::{
    browser_session::Presence,
    confirmation::Confirmation,
    id::{ClientId, FamilyId, GrantId},
};

/// For how long the identical request gets the same successor again, in seconds.
pub const REPEAT_SECONDS: i64 = 10;
/// How long a line bound to a key lives without being used, in seconds.
pub const IDLE_SECONDS_BOUND: i64 = 30 * 86_400;
/// How long a line that anybody who holds the token may use lives without being used, in seconds.
pub const IDLE_SECONDS_BEARER: i64 = 7 * 86_400;
/// How long a line bound to a key lives at most, in seconds.
pub const LIFETIME_SECONDS_BOUND: i64 = 180 * 86_400;
/// How long a line that anybody may use lives at most, in seconds.
pub const LIFETIME_SECONDS_BEARER: i64 = 30 * 86_400;

/// A line of refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its id.
    pub id: FamilyId,
    /// The grant it refreshes: one authorization of one client. The line dies with it.
    pub grant: GrantId,
    /// Whose it is.
    pub client: ClientId,
    /// What it is bound to, if the client proved a key.
    pub key: Option<Confirmation>,
    /// The attested instance that it was given to, by the thumbprint of its key (draft-ietf-oauth-attestation-based-client-auth s10).
    pub instance: Option<String>,
    /// How the person proved themselves, for the tokens to come.
    pub presence: Presence,
    /// The newest generation that was handed out.
    pub generation: i64,
    /// When it was handed out.
    pub turned: Time,
    /// The digest of the request that asked for it; of none for the first.
    pub request: Option<String>,
    /// When the line was made.
    pub created: Time,
}

impl Family {
    /// When the line ends if it is not used.
    pub fn expires(&self) -> Time {
        let (idle, lifetime) = if self.key.is_some() {
            (IDLE_SECONDS_BOUND, LIFETIME_SECONDS_BOUND)
        } else {
            (IDLE_SECONDS_BEARER, LIFETIME_SECONDS_BEARER)
        };
        self.turned.plus(idle).min(self.created.plus(lifetime))
    }
}

/// A refresh token as it was presented: well-formed, not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The line it names.
    pub family: FamilyId,
    /// The generation it names.
    pub generation: i64,
    mac: String,
}

impl Presented {
    /// Reads a refresh token: exactly the form in which it was written.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (family, generation, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let number: i64 = generation.parse().ok()?;
        let written = number.to_string() == generation && number >= 0; // one spelling: no sign, no leading zero
        let ours = written && parts.next().is_none() && family.len() == 26 && mac.len() == 43;
        ours.then(|| FamilyId::parse(family)).flatten().map(|family| Self {
            family,
            generation: number,
            mac: mac.to_owned(),
        })
    }

    /// Whether we wrote it.
    pub fn is_genuine(&self, key: &Secret<[u8; 32]>) -> bool {
        digest::same(mac(key, &self.family, self.generation).as_bytes(), self.mac.as_bytes())
    }
}

/// Writes the refresh token of a generation.
pub fn write(key: &Secret<[u8; 32]>, family: &FamilyId, generation: i64) -> String {
    format!("{family}.{generation}.{}", mac(key, family, generation))
}

fn mac(key: &Secret<[u8; 32]>, family: &FamilyId, generation: i64) -> String {
    let own = digest::hmac_sha256(key.reveal(), family.as_str().as_bytes());
    base64url::encode(&digest::hmac_sha256(&own, &generation.to_be_bytes()))
}

/// What a change may do to a line, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is new.
    Create(Box<Family>),
    /// It turns: its newest generation is still this one, and the next is handed out.
    Turn {
        /// Which.
        id: FamilyId,
        /// The newest generation that was read.
        from: i64,
        /// The digest of the request that turns it.
        request: String,
        /// When.
        at: Time,
    },
    /// Its newest generation is still this one.
    Current {
        /// Which.
        id: FamilyId,
        /// The newest generation that was read.
        generation: i64,
    },
}

/// What a change does to a line whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// It was used without turning, and is not idle.
    Used {
        /// Which.
        id: FamilyId,
        /// When.
        at: Time,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Secret<[u8; 32]> {
        Secret::new([byte; 32])
    }

    #[test]
    fn s_14_a_token_that_is_cut_lengthened_or_altered_is_not_ours() {
        let family = FamilyId::parse("0123456789abcdefghijklmnop").unwrap();
        let good = write(&key(1), &family, 7);
        let genuine =
            |text: &str, key: &Secret<[u8; 32]>| Presented::parse(text).is_some_and(|shown| shown.is_genuine(key));
        assert!(genuine(&good, &key(1)));
        assert!(!genuine(&good, &key(2)), "another tenant's key");
        for n in 0..good.len() {
            assert!(!genuine(good.get(..n).unwrap(), &key(1)), "cut to {n}");
        }
        for tail in ["A", ".", ".A", "=", " "] {
            assert!(!genuine(&format!("{good}{tail}"), &key(1)), "lengthened by {tail:?}");
        }
        for (n, c) in good.char_indices() {
            let other = if c == 'A' { 'B' } else { 'A' };
            let altered: String = good
                .char_indices()
                .map(|(m, old)| if m == n { other } else { old })
                .collect();
            assert!(!genuine(&altered, &key(1)), "altered at {n}");
        }
        for spelling in ["+7", "07", "7 ", "-0", "0x7"] {
            assert!(
                Presented::parse(&good.replacen(".7.", &format!(".{spelling}."), 1)).is_none(),
                "{spelling}"
            );
        }
    }

    #[test]
    fn generations_have_macs_of_their_own() {
        let family = FamilyId::parse("0123456789abcdefghijklmnop").unwrap();
        let other = FamilyId::parse("0123456789abcdefghijklmnoq").unwrap();
        let texts = [
            write(&key(1), &family, 0),
            write(&key(1), &family, 1),
            write(&key(1), &other, 0),
        ];
        assert!(
            texts
                .iter()
                .enumerate()
                .all(|(n, text)| texts.iter().skip(n + 1).all(|later| later.get(29..) != text.get(29..)))
        );
    }

    #[test]
    fn a_line_that_anybody_may_use_ends_sooner() {
        let family = |key: Option<&str>, turned: i64| Family {
            id: FamilyId::parse("f").unwrap(),
            grant: GrantId::parse("g").unwrap(),
            client: ClientId::parse("c").unwrap(),
            key: key.map(|thumbprint| Confirmation::Jkt(thumbprint.to_owned())),
            instance: None,
            presence: Presence {
                session: None,
                authenticated: Time::from_unix(0),
                method: crate::browser_session::Method::Password,
            },
            generation: 0,
            turned: Time::from_unix(turned),
            request: None,
            created: Time::from_unix(0),
        };
        assert!(family(None, 0).expires() < family(Some("k"), 0).expires());
        assert_eq!(
            family(None, 29 * 86_400).expires().unix(),
            30 * 86_400,
            "the absolute end comes first"
        );
    }
}
