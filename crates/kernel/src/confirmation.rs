//! The key that a token, a code or a line of refresh tokens is bound to (RFC 7800 `cnf`): whoever shows it must prove the key.

use proof::json;

/// What binds. Two bindings are the same when kind and thumbprint are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirmation {
    /// A key proved by `DPoP`: its JWK thumbprint (RFC 9449 s6.1 `jkt`).
    Jkt(String),
    /// A client certificate: `base64url(SHA-256(DER))` (RFC 8705 s3.1 `x5t#S256`).
    Certificate(String),
}

/// What rows write before the thumbprint of a certificate. A JWK thumbprint stands alone: it has no `#`.
const CERTIFICATE: &str = "x5t#S256:";

impl Confirmation {
    /// As rows write it.
    pub fn as_row(&self) -> String {
        match self {
            Self::Jkt(thumbprint) => thumbprint.clone(),
            Self::Certificate(thumbprint) => format!("{CERTIFICATE}{thumbprint}"),
        }
    }

    /// Reads what [`Self::as_row`] wrote.
    pub fn from_row(text: &str) -> Self {
        match text.strip_prefix(CERTIFICATE) {
            Some(thumbprint) => Self::Certificate(thumbprint.to_owned()),
            None => Self::Jkt(text.to_owned()),
        }
    }

    /// The `cnf` claim.
    pub fn claim(&self) -> json::Object {
        let (name, thumbprint) = match self {
            Self::Jkt(thumbprint) => ("jkt", thumbprint),
            Self::Certificate(thumbprint) => ("x5t#S256", thumbprint),
        };
        json::Object::from_iter([(name.to_owned(), thumbprint.as_str().into())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_never_read_as_a_key() {
        for confirmation in [
            Confirmation::Jkt("k".to_owned()),
            Confirmation::Certificate("k".to_owned()),
        ] {
            assert_eq!(Confirmation::from_row(&confirmation.as_row()), confirmation);
        }
        assert_ne!(
            Confirmation::Jkt("k".to_owned()).as_row(),
            Confirmation::Certificate("k".to_owned()).as_row()
        );
    }
}
