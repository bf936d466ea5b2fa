//! What this resource's scopes are called, what every request needs, and which scope implies which.

use std::collections::{BTreeMap, BTreeSet};

/// The scopes of one resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scopes {
    /// Name and words, in the order they were given.
    pub(crate) offered: Vec<(String, String)>,
    /// What every request needs.
    pub(crate) required: Vec<String>,
    /// A broad scope and the narrow ones it stands for, directly.
    pub(crate) implied: BTreeMap<String, BTreeSet<String>>,
}

impl Scopes {
    /// Every scope this resource speaks of, for a check of their spelling.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let offered = self.offered.iter().map(|(name, _)| name);
        let implied = self
            .implied
            .iter()
            .flat_map(|(broad, narrow)| narrow.iter().chain([broad]));
        offered.chain(&self.required).chain(implied).map(String::as_str)
    }

    /// What an operation needs: what every request needs, and then its own, each once.
    pub(crate) fn needed(&self, own: &[&str]) -> Vec<String> {
        let mut needed: Vec<String> = Vec::new();
        for scope in self.required.iter().map(String::as_str).chain(own.iter().copied()) {
            if !needed.iter().any(|known| known == scope) {
                needed.push(scope.to_owned());
            }
        }
        needed
    }

    /// Whether the held scopes cover `needed`, directly or because a broad one implies it.
    pub(crate) fn cover<'a>(&'a self, held: impl IntoIterator<Item = &'a str>, needed: &str) -> bool {
        let mut open: Vec<&str> = held.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(scope) = open.pop() {
            if scope == needed {
                return true;
            }
            if seen.insert(scope)
                && let Some(narrow) = self.implied.get(scope)
            {
                open.extend(narrow.iter().map(String::as_str));
            }
        }
        false
    }
}

/// Whether a scope is spelled as RFC 6749 s3.3 allows; no other may stand in a challenge.
pub(crate) fn is_scope(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes() -> Scopes {
        let implied = [
            ("admin", vec!["read", "write"]),
            ("root", vec!["admin"]),
            ("a", vec!["b"]),
            ("b", vec!["a"]),
        ];
        Scopes {
            implied: implied
                .into_iter()
                .map(|(broad, narrow)| (broad.to_owned(), narrow.into_iter().map(str::to_owned).collect()))
                .collect(),
            required: vec!["read".to_owned()],
            ..Scopes::default()
        }
    }

    #[test]
    fn broad_implies_narrow_and_never_the_reverse() {
        for (held, needed, expected) in [
            (vec!["admin"], "read", true),
            (vec!["root"], "write", true),
            (vec!["other", "root"], "admin", true),
            (vec!["read", "write"], "admin", false),
            (vec!["read"], "write", false),
            (vec![], "read", false),
            (vec!["a"], "b", true),
            (vec!["a"], "read", false),
            (vec!["Admin"], "read", false),
        ] {
            assert_eq!(scopes().cover(held.clone(), needed), expected, "{held:?} {needed}");
        }
    }

    #[test]
    fn an_operation_needs_what_every_request_needs_and_its_own() {
        assert_eq!(scopes().needed(&[]), ["read"]);
        assert_eq!(scopes().needed(&["write", "read", "write"]), ["read", "write"]);
    }

    #[test]
    fn the_spelling_of_scopes_is_that_of_rfc_6749() {
        for good in ["a", "tools:read", "https://example/x.y", "!#[]~"] {
            assert!(is_scope(good), "{good}");
        }
        for bad in ["", "a b", "a\"", "a\\", "a\n", "ä", "\u{7f}"] {
            assert!(!is_scope(bad), "{bad}");
        }
    }
}
