//! The software that asks, the place it asks for, and what it would do there.

/// The software that asks.
#[derive(Clone, Debug)]
pub struct App<'a> {
    /// What it calls itself.
    pub name: &'a str,
    /// Its `client_id` (RFC 6749 s2.2).
    pub client_id: &'a str,
    /// Who says that it is what it says.
    pub identity: Identity<'a>,
}

/// Who vouches for an app.
#[derive(Clone, Debug)]
pub enum Identity<'a> {
    /// An administrator of this tenant registered it.
    Registered,
    /// A client metadata document on this host describes it (draft-ietf-oauth-client-id-metadata-document).
    Document {
        /// The host that proves it, in its ASCII form.
        host: &'a str,
    },
    /// It registered itself (RFC 7591); nobody verified it.
    SelfRegistered,
}

/// A resource (RFC 8707) as people know it.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// Its name for people.
    pub name: &'a str,
    /// Its identifier.
    pub uri: &'a str,
}

/// One scope in words.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// The scope token (RFC 6749 s3.3).
    pub scope: &'a str,
    /// What it lets an app do, as a verb phrase: "read your calendar".
    pub words: &'a str,
}
