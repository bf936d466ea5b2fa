//! Where a client may be answered through a browser (RFC 6749 s3.1.2, RFC 8252 s7): one string that is compared byte for byte, except the port of a loopback address.

use crate::{client::ApplicationType, why::Why};

/// The longest redirect URI, in bytes (S-24).
pub const REDIRECT_URI_BYTES_MAX: usize = 2_000;
/// Redirect URIs of one client, at most (S-24).
pub const REDIRECT_URIS_MAX: usize = 20;

/// A redirect URI that a client may register. Reading one is the allow-list of schemes: what is not read here can neither be registered nor used (S-02).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RedirectUri(String);

/// What kind of place it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `https` at a host that is not this computer.
    Web,
    /// `http` or `https` on this computer.
    Loopback,
    /// A scheme that a program registered with the system (RFC 8252 s7.1).
    Private,
}

impl RedirectUri {
    /// Reads a redirect URI: absolute, no fragment, no user information, no wildcard, no control or other strange characters; `https`, `http` on this computer only, or a
    /// private-use scheme with a dot in its name (RFC 8252 s7.1).
    pub fn parse(text: &str) -> Option<Self> {
        place(text).map(|_| Self(text.to_owned()))
    }

    /// The URI as it was registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a client of this type may have it (OpenID Connect Dynamic Client Registration s2): a web site no place on this computer, a program no other web site than
    /// one that it claims (RFC 8252 s7.2). A client that does not say what it is may have either.
    pub fn fits(&self, kind: ApplicationType) -> bool {
        match (kind, place(&self.0)) {
            (_, None) => false,
            (ApplicationType::Web, Some(place)) => place == Place::Web,
            (ApplicationType::Native | ApplicationType::Unsaid, Some(_)) => true,
        }
    }

    /// Whether it leads to this computer, where every program may pretend to be the app.
    pub fn is_local(&self) -> bool {
        !matches!(place(&self.0), Some(Place::Web))
    }

    /// `host[:port]`, or the scheme of an app: where the person is sent back to, for people.
    pub fn host(&self) -> &str {
        let (scheme, rest) = self.0.split_once(':').unwrap_or((&self.0, ""));
        rest.strip_prefix("//")
            .filter(|_| matches!(scheme, "https" | "http"))
            .and_then(|after| after.split(['/', '?']).next())
            .unwrap_or(scheme)
    }

    /// The host without its port: what a sector is named by (OpenID Connect Core s8.1).
    pub fn hostname(&self) -> &str {
        hostname(self.host())
    }
}

/// `host[:port]` without the port.
pub(crate) fn hostname(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => authority, // `[::1]` ends with no port
    }
}

/// Finds the registered URI that a request names (S-01). Equal strings; or, on this computer, equal but for the port (RFC 8252 s7.3), for `localhost` only when the
/// client is a program without a secret, since stock clients register it so.
pub fn matching(registered: &[RedirectUri], asked: &str, localhost: LocalhostPorts) -> Option<RedirectUri> {
    let exact = registered.iter().find(|uri| uri.as_str() == asked);
    let other_port = || {
        let (host, rest) = without_port(asked)?;
        let may_vary = match localhost {
            LocalhostPorts::Vary => true,
            LocalhostPorts::Exact => host != "localhost",
        };
        let same_place = |uri: &&RedirectUri| without_port(uri.as_str()) == Some((host, rest));
        registered.iter().filter(|_| may_vary).find(same_place)
    };
    exact.or_else(other_port).and_then(|_| RedirectUri::parse(asked)) // what is used must be readable too
}

/// Whether the port of `http://localhost` may differ from the registered one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalhostPorts {
    /// As of the loopback addresses.
    Vary,
    /// It is a name like any other.
    Exact,
}

/// Host and rest of a plain `http` URI on this computer, its port left out. The rest is what follows the authority.
fn without_port(text: &str) -> Option<(&str, &str)> {
    let after = text.strip_prefix("http://")?;
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let (authority, rest) = after.split_at_checked(end)?;
    let host = ["127.0.0.1", "[::1]", "localhost"]
        .into_iter()
        .find(|host| authority.strip_prefix(host).is_some_and(is_port))?;
    Some((host, rest))
}

/// Nothing, or a colon and a port as one writes it.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|digits| {
            !digits.starts_with('0')
                && digits.bytes().all(|b| b.is_ascii_digit())
                && digits.parse::<u16>().is_ok_and(|port| port > 0)
        })
}

fn place(text: &str) -> Option<Place> {
    let (scheme, rest) = text.split_once(':')?;
    let forbidden = |b: u8| {
        !b.is_ascii_graphic()
            || matches!(
                b,
                b'#' | b'*' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
            )
    };
    if text.len() > REDIRECT_URI_BYTES_MAX || text.bytes().any(forbidden) || rest.is_empty() {
        return None;
    }
    match scheme {
        "https" | "http" => {
            let after = rest.strip_prefix("//")?;
            let end = after.find(['/', '?']).unwrap_or(after.len());
            let (authority, behind) = after.split_at_checked(end)?;
            let local = ["127.0.0.1", "[::1]", "localhost"]
                .into_iter()
                .any(|host| authority.strip_prefix(host).is_some_and(is_port));
            let segments = behind.split('?').next().unwrap_or("").split('/');
            let climbs = segments.into_iter().any(|segment| segment == "." || segment == "..");
            match (scheme, local) {
                (_, _) if climbs => None,
                (_, true) => Some(Place::Loopback),
                ("https", false) if is_host(authority) => Some(Place::Web),
                (_, false) => None,
            }
        }
        private => {
            let named = private.contains('.')
                && private.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
                && private
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
            let without_user = !rest
                .strip_prefix("//")
                .and_then(|after| after.split(['/', '?']).next())
                .unwrap_or("")
                .contains('@');
            (named && without_user).then_some(Place::Private)
        }
    }
}

/// A host name or address with an optional port, in the one form in which it may be written: lower case, no user information, no trailing dot.
fn is_host(authority: &str) -> bool {
    if let Some(after) = authority.strip_prefix('[') {
        let Some((address, port)) = after.split_once(']') else {
            return false;
        };
        return address.parse::<std::net::Ipv6Addr>().is_ok() && is_port(port);
    }
    let (name, port) = authority
        .split_at_checked(authority.find(':').unwrap_or(authority.len()))
        .unwrap_or((authority, ""));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    is_port(port) && name.len() <= 253 && name.split('.').all(label)
}

/// Reads the redirect URIs of a registration (RFC 7591 s2): one to twenty, each readable and of the client's type.
pub fn registered(uris: &[String], kind: ApplicationType) -> Result<Vec<RedirectUri>, Why> {
    if uris.len() > REDIRECT_URIS_MAX {
        return Err(Why::RedirectUrisRefused("redirect_uris has more than 20 entries"));
    }
    let mut read = Vec::with_capacity(uris.len());
    for text in uris {
        let uri = RedirectUri::parse(text).ok_or(Why::RedirectUrisRefused(
            "a redirect URI is https, http on 127.0.0.1, [::1] or localhost, or has a scheme like com.example.app; no fragment, no user name, no wildcard, no dot segments, at most 2000 bytes",
        ))?;
        if !uri.fits(kind) {
            return Err(Why::RedirectUrisRefused(
                "a client of application_type web has https redirect URIs that do not lead to the person's own computer",
            ));
        }
        read.push(uri);
    }
    Ok(read)
}

#[cfg(test)]
mod tests;
