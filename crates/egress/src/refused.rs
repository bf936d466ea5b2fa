//! Why nothing was fetched: one variant per rule.

/// A fetch that was refused or failed; its text says what to do and never repeats what a stranger sent.
///
/// It is for the operator and the audit log. Which network a name leads to is not the business of whoever named the
/// URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// More than [`crate::ExternalUrl::BYTES_MAX`] bytes.
    #[error("the URL is too long: use at most 2048 bytes")]
    TooLong,
    /// A control character, a space, a backslash or anything else that RFC 3986 s2 does not know.
    #[error("the URL has a character that must be percent-encoded, or a host that must be in its ASCII form")]
    Character,
    /// Not absolute `https`, nor `http` to a loopback host.
    #[error("the URL must start with https://")]
    Scheme,
    /// A user or a password, even an empty one.
    #[error("the URL must not contain a user or a password")]
    UserInfo,
    /// A fragment, even an empty one.
    #[error("the URL must not contain a fragment")]
    Fragment,
    /// No host, or one that is neither a DNS name nor an address.
    #[error("the URL must name a host")]
    Host,
    /// Port zero, or one that is not a number of 16 bits.
    #[error("the port of the URL must be a number from 1 to 65535")]
    Port,
    /// `http` where the settings want `https`, or `http` that leads beyond loopback.
    #[error("http is allowed to loopback addresses only, and only where plain_http says so: use https")]
    PlainHttp,
    /// The host has no address, or the resolver did not answer.
    #[error("the host has no address: check its DNS entry")]
    Unresolved,
    /// At least one address of the host is of special use and in none of `allowed_networks`.
    #[error("the host has an address of special use ({0}): use a public address, or allow the network")]
    SpecialUse(&'static str),
    /// So many fetches from this host are running already.
    #[error("too many fetches from this host are running: try again later")]
    HostBusy,
    /// So many fetches are running already.
    #[error("too many fetches are running: try again later")]
    Busy,
    /// None of the host's addresses took the connection.
    #[error("the host does not accept connections")]
    Unreachable,
    /// TLS failed: no TLS at all, an unknown authority, another name, an expired certificate, or no common version.
    #[error(
        "TLS failed: the host needs a valid certificate for its name, from a known authority or one in extra_roots"
    )]
    Tls,
    /// The whole fetch took longer than `total_seconds_max`, or connecting longer than `connect_seconds_max`.
    #[error("the host answers too slowly")]
    TimedOut,
    /// A redirect; its target was not contacted.
    #[error("the host redirects: name the final URL")]
    Redirect,
    /// A status that is not an answer.
    #[error("the host answered with status {0}: a fetch needs 200")]
    Status(u16),
    /// A content coding: we asked for none and decompress nothing.
    #[error("the host compresses its answer: serve it with identity coding")]
    Encoded,
    /// No content type, several, or one that was not asked for.
    #[error("the answer has the wrong content type")]
    ContentType,
    /// More body than asked for.
    #[error("the answer is larger than {body_bytes_max} bytes")]
    TooLarge {
        /// The limit of this fetch.
        body_bytes_max: usize,
    },
    /// Not HTTP, or cut off.
    #[error("the host broke off or does not speak HTTP")]
    Broken,
}
