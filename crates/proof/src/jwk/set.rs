//! A client's or an issuer's keys.

use serde_json::Value;

use crate::{Algorithm, Malformed, PublicKey, json};

/// A JWK Set (RFC 7517 s5): at most 32 keys in at most 64 KiB.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// How large the JSON of a set may be.
    pub const BYTES_MAX: usize = 64 * 1024;
    /// How many entries a set may have, the skipped ones included.
    pub const KEYS_MAX: usize = 32;

    /// Reads a set. Entries for other purposes (key type, curve, algorithm or use that we do not know) are skipped as
    /// RFC 7517 s5 asks; one broken or private entry refuses the whole set.
    pub fn parse(bytes: &[u8]) -> Result<KeySet, Malformed> {
        if bytes.len() > KeySet::BYTES_MAX {
            return Err(Malformed::TooLarge);
        }
        let object = json::parse_object(bytes)?;
        let entries = match object.get("keys") {
            Some(Value::Array(entries)) => entries,
            Some(_) => return Err(Malformed::WrongType("keys")),
            None => return Err(Malformed::Missing("keys")),
        };
        if entries.len() > KeySet::KEYS_MAX {
            return Err(Malformed::TooManyKeys);
        }
        entries
            .iter()
            .flat_map(|entry| [read_entry(entry), read_for_pss(entry)])
            .flatten()
            .collect::<Result<_, _>>()
            .map(KeySet)
    }

    /// A set of keys that were parsed before.
    pub fn from_keys(keys: Vec<PublicKey>) -> Self {
        KeySet(keys)
    }

    /// All usable keys, in their order.
    pub fn keys(&self) -> &[PublicKey] {
        &self.0
    }

    /// The keys a token may have been signed with: those of that algorithm, and of that key id when it names one.
    pub fn find<'a>(&'a self, kid: Option<&'a str>, algorithm: Algorithm) -> Candidates<'a> {
        Candidates {
            keys: self.0.iter(),
            kid,
            algorithm,
        }
    }
}

/// The keys [`KeySet::find`] found.
#[derive(Clone, Debug)]
pub struct Candidates<'a> {
    keys: std::slice::Iter<'a, PublicKey>,
    kid: Option<&'a str>,
    algorithm: Algorithm,
}

impl<'a> Iterator for Candidates<'a> {
    type Item = &'a PublicKey;

    fn next(&mut self) -> Option<&'a PublicKey> {
        let (kid, algorithm) = (self.kid, self.algorithm);
        self.keys
            .find(|key| key.algorithm() == algorithm && (kid.is_none() || key.kid() == kid))
    }
}

/// An RSA key that does not say its algorithm verifies either padding, each as a key of its own: what a token names is still compared with the key's (RFC 8725 s3.1).
fn read_for_pss(entry: &Value) -> Option<Result<PublicKey, Malformed>> {
    let Value::Object(object) = entry else { return None };
    let unsaid = object.get("kty").and_then(Value::as_str) == Some("RSA") && !object.contains_key("alg");
    if !unsaid {
        return None;
    }
    let mut pss = object.clone();
    pss.insert("alg".to_owned(), Algorithm::PS256.name().into());
    read_entry(&Value::Object(pss)).filter(Result::is_ok) // what is wrong with it was said the first time
}

fn read_entry(entry: &Value) -> Option<Result<PublicKey, Malformed>> {
    let Value::Object(entry) = entry else {
        return Some(Err(Malformed::WrongType("keys")));
    };
    match PublicKey::from_jwk(entry) {
        Err(Malformed::Unsupported(_)) => None,
        read => Some(read),
    }
}
