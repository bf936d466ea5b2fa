//! Who may pass.

use std::{fmt, sync::Arc};

use proof::{Time, access_token::AccessToken, json};

use crate::scopes::Scopes;

/// An admitted caller; the layer puts it into the request's extensions. Cloning shares it.
#[derive(Clone)]
pub struct Access {
    token: Arc<AccessToken>,
    scopes: Arc<Scopes>,
}

impl Access {
    pub(crate) fn new(token: AccessToken, scopes: Arc<Scopes>) -> Self {
        Access {
            token: Arc::new(token),
            scopes,
        }
    }

    /// Whose authority is used: `sub`, meaningful for this issuer and this resource only.
    pub fn subject(&self) -> &str {
        &self.token.subject
    }

    /// Which client acts: `client_id` (RFC 9068 s2.2).
    pub fn client_id(&self) -> &str {
        &self.token.client_id
    }

    /// The scopes as the token lists them, without those they imply.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.token.scopes.iter().map(String::as_str)
    }

    /// Whether the token has this scope, or a broader one that implies it.
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.cover(self.scopes(), scope)
    }

    /// What exactly the caller may do: the token's authorization details (RFC 9396 s9.1), none if it has none. Which types mean what here is for this resource to say, and a
    /// detail of a type that it does not know is a permission for nothing.
    ///
    /// ```no_run
    /// # fn pays(access: &verify::Access, amount: &str) -> bool {
    /// access
    ///     .authorization_details()
    ///     .filter(|detail| detail.get("type").and_then(|kind| kind.as_str()) == Some("payment"))
    ///     .any(|detail| detail.get("amount").and_then(|amount| amount.get("value")?.as_str()) == Some(amount))
    /// # }
    /// ```
    pub fn authorization_details(&self) -> impl Iterator<Item = &json::Object> {
        let details = self.token.claims.get("authorization_details");
        let items = details.and_then(|details| details.as_array()).into_iter().flatten();
        items.filter_map(|detail| detail.as_object())
    }

    /// All claims of the token, `act` and `authorization_details` among them.
    pub fn claims(&self) -> &json::Object {
        &self.token.claims
    }

    /// The thumbprint of the key the caller proved, if the token is bound to one (RFC 9449 s6.1).
    pub fn jkt(&self) -> Option<&str> {
        self.token.jkt.as_deref()
    }

    /// The thumbprint of the certificate the caller showed, if the token is bound to one: `x5t#S256` (RFC 8705 s3.1).
    pub fn x5t(&self) -> Option<&str> {
        self.token.x5t.as_deref()
    }

    /// When the token ends; work that takes longer should end with it.
    pub fn expires(&self) -> Time {
        self.token.expires
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("subject", &self.subject())
            .field("client_id", &self.client_id())
            .field("scopes", &self.token.scopes)
            .field("expires", &self.expires())
            .finish_non_exhaustive()
    }
}
