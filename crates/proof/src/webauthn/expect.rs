//! What a ceremony must have been made for.

/// The fewest bytes a challenge may have (WebAuthn s13.4.3); a shorter one fits no ceremony.
pub const CHALLENGE_BYTES_MIN: usize = 16;

/// The ceremony that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// The challenge as the server made it, at least [`CHALLENGE_BYTES_MIN`] bytes, not encoded.
    pub challenge: &'a [u8],
    /// The one origin our pages have, as browsers write it: `https://auth.example`, no trailing slash (WebAuthn s13.4.9).
    pub origin: &'a str,
    /// The RP ID that was asked with: a domain, without scheme and port (WebAuthn s5.4.2).
    pub rp_id: &'a str,
    /// Whether the authenticator must have verified its user.
    pub user_verification: UserVerification,
}

/// What the server asked for as `userVerification` (WebAuthn s5.8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserVerification {
    /// The UV flag must be set (s7.1 step 16, s7.2 step 17).
    Required,
    /// The UV flag is reported and not demanded.
    Preferred,
}
