//! A protected API, MCP server or agent.

use std::collections::{BTreeMap, BTreeSet};

use proof::{Algorithm, Time};

use crate::{authority::Scopes, form::Form, id::ClientId, why::Why};

/// A resource identifier: an absolute URI without fragment, compared byte for byte (RFC 8707 s2, RFC 3986 s6.2.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceUri(String);

/// The longest resource identifier, in bytes.
pub const RESOURCE_BYTES_MAX: usize = 1024;

impl ResourceUri {
    /// Reads an identifier: a scheme, a colon, something behind it; visible ASCII without `#`, quotes, angle brackets, backslash and the like.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let mut letters = scheme.bytes();
        let scheme_ok = letters.next().is_some_and(|b| b.is_ascii_alphabetic())
            && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        let forbidden = |b: u8| {
            !b.is_ascii_graphic() || matches!(b, b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        };
        let web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)); // RFC 3986 s3.1: in whatever letters
        let hierarchical_ok = !web
            || rest
                .strip_prefix("//")
                .is_some_and(|after| !after.is_empty() && !after.starts_with('/'));
        let runs = ["javascript", "data", "vbscript", "blob", "file"]
            .iter()
            .any(|bad| scheme.eq_ignore_ascii_case(bad)); // S-02
        let authority = rest
            .strip_prefix("//")
            .and_then(|after| after.split(['/', '?']).next())
            .unwrap_or("");
        let ok = !runs
            && !authority.contains('@')
            && scheme_ok
            && hierarchical_ok
            && !rest.is_empty()
            && text.len() <= RESOURCE_BYTES_MAX
            && !rest.bytes().any(forbidden);
        ok.then(|| Self(text.to_owned()))
    }

    /// The place that a request asks for (RFC 8707 s2): at most one, since a token has one audience.
    pub fn asked(form: &Form) -> Result<Option<Self>, Why> {
        let mut named = form.all("resource");
        let resource = named
            .next()
            .map(|text| Self::parse(text).ok_or(Why::ResourceUnknown))
            .transpose()?;
        if named.next().is_some() {
            return Err(Why::ResourceRepeated);
        }
        Ok(resource)
    }

    /// The identifier as it was registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A registered resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its identifier: the `aud` of its tokens.
    pub uri: ResourceUri,
    /// Its name for people.
    pub name: String,
    /// Its scopes, each with the words a person reads.
    pub scopes: BTreeMap<String, String>,
    /// Which scopes another one brings with it: who may write may read (MCP authorization, scope hierarchy).
    pub implied: BTreeMap<String, BTreeSet<String>>,
    /// The algorithm it wants its tokens signed with; `None` leaves it to the client, then to `EdDSA`.
    pub token_algorithm: Option<Algorithm>,
    /// The clients that may introspect its tokens: its own credentials (RFC 7662 s2.1).
    pub introspectors: Vec<ClientId>,
    /// When it was registered.
    pub created: Time,
    /// When it was disabled, if it is.
    pub disabled: Option<Time>,
}

impl Resource {
    /// What of `granted` this resource knows.
    pub fn known(&self, granted: &Scopes) -> Scopes {
        granted.shared_with(self.scopes.keys().map(String::as_str))
    }

    /// Every scope it has.
    pub fn every(&self) -> Scopes {
        self.scopes
            .keys()
            .fold(Scopes::default(), |all, name| all.with(&Scopes::one(name)))
    }

    /// The scopes with all that they bring with them, and what those bring.
    #[must_use]
    pub fn with_implied(&self, scopes: &Scopes) -> Scopes {
        let mut all = scopes.clone();
        loop {
            let brought = all
                .iter()
                .filter_map(|name| self.implied.get(name))
                .flatten()
                .filter(|name| self.scopes.contains_key(*name))
                .fold(Scopes::default(), |sum, name| sum.with(&Scopes::one(name)));
            if all.covers(&brought) {
                return all;
            }
            all = all.with(&brought);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_absolute_uris_without_fragment() {
        for good in [
            "https://mcp.example/mcp",
            "http://localhost:8461/mcp",
            "https://a",
            "urn:example:api",
            "https://mcp.example/mcp?x=1",
        ] {
            assert!(ResourceUri::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "-",
            "mcp",
            "/mcp",
            "https:",
            "https://",
            "https:///x",
            "https:x",
            "HTTP:x",
            "Https:///x",
            "HTTPS://user@x",
            "https://a#f",
            "https://a b",
            "https://\u{e9}",
            "1https://a",
            ":x",
            "https://a\\b",
            "https://a\n",
        ] {
            assert!(ResourceUri::parse(bad).is_none(), "{bad:?}");
        }
        assert!(ResourceUri::parse(&format!("https://a/{}", "x".repeat(RESOURCE_BYTES_MAX))).is_none());
    }
}
