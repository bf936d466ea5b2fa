//! Identifiers: one type for each kind, so that a client's id cannot be passed where a grant's is wanted.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData};

/// The longest identifier that is accepted, in bytes (a client id may be a URL).
pub const ID_BYTES_MAX: usize = 512;

/// An identifier of kind `K`: 1 to [`ID_BYTES_MAX`] visible ASCII characters.
pub struct Id<K> {
    text: String,
    kind: PhantomData<fn() -> K>,
}

/// Kind marker: tenants.
#[derive(Debug)]
pub enum TenantKind {}
/// Kind marker: OAuth clients.
#[derive(Debug)]
pub enum ClientKind {}
/// Kind marker: users.
#[derive(Debug)]
pub enum UserKind {}
/// Kind marker: hosts (installations of an agent runtime).
#[derive(Debug)]
pub enum HostKind {}
/// Kind marker: agent sessions.
#[derive(Debug)]
pub enum SessionKind {}
/// Kind marker: browser sessions of a signed-in human.
#[derive(Debug)]
pub enum BrowserSessionKind {}
/// Kind marker: grants.
#[derive(Debug)]
pub enum GrantKind {}
/// Kind marker: tokens (the `jti` of an access token).
#[derive(Debug)]
pub enum TokenKind {}
/// Kind marker: administrators.
#[derive(Debug)]
pub enum AdministratorKind {}

/// Kind marker: groups and roles.
#[derive(Debug)]
pub enum GroupKind {}
/// Kind marker: passkeys.
#[derive(Debug)]
pub enum PasskeyKind {}
/// Kind marker: authorization codes.
#[derive(Debug)]
pub enum CodeKind {}
/// Kind marker: lines of refresh tokens.
#[derive(Debug)]
pub enum FamilyKind {}
/// Kind marker: types of authorization details.
#[derive(Debug)]
pub enum DetailTypeKind {}
/// Kind marker: rules of central consent.
#[derive(Debug)]
pub enum RuleKind {}
/// Kind marker: approvals.
#[derive(Debug)]
pub enum ApprovalKind {}

/// Kind marker: bookings of the ledger.
#[derive(Debug)]
pub enum BookingKind {}

/// A tenant's id: also its path segment, `/t/{tenant}`.
pub type TenantId = Id<TenantKind>;
/// A client's id, the `client_id` of RFC 6749 s2.2.
pub type ClientId = Id<ClientKind>;
/// A user's id.
pub type UserId = Id<UserKind>;
/// A host's id.
pub type HostId = Id<HostKind>;
/// An agent session's id.
pub type SessionId = Id<SessionKind>;
/// A browser session's id.
pub type BrowserSessionId = Id<BrowserSessionKind>;
/// A grant's id.
pub type GrantId = Id<GrantKind>;
/// A token's id, its `jti` (RFC 7519 s4.1.7).
pub type TokenId = Id<TokenKind>;
/// The id of a group or role.
pub type GroupId = Id<GroupKind>;
/// A passkey's id, for pages and administrators; the credential id is another thing.
pub type PasskeyId = Id<PasskeyKind>;
/// An authorization code's id: the part of the code that may be spoken of.
pub type CodeId = Id<CodeKind>;
/// The id of a line of refresh tokens.
pub type FamilyId = Id<FamilyKind>;
/// The id of a rule of central consent.
pub type RuleId = Id<RuleKind>;
/// An approval's id: the part of its handle that may be spoken of.
pub type ApprovalId = Id<ApprovalKind>;
/// The `type` of authorization details (RFC 9396 s2.1).
pub type DetailTypeId = Id<DetailTypeKind>;
/// The id of a booking in the ledger.
pub type BookingId = Id<BookingKind>;
/// An administrator's id.
pub type AdministratorId = Id<AdministratorKind>;

impl<K> Id<K> {
    /// Reads an identifier; `None` when it is empty, too long, or has a character outside visible ASCII.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self {
            text: text.to_owned(),
            kind: PhantomData,
        })
    }

    /// An identifier that this crate wrote itself, from an alphabet that [`Id::parse`] admits.
    pub(crate) fn from_alphabet(text: String) -> Self {
        Self {
            text,
            kind: PhantomData,
        }
    }

    /// The identifier as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            kind: PhantomData,
        }
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
