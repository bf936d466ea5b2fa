//! The ID token: who somebody is, told to the app that asked (OpenID Connect Core s2).

use std::collections::BTreeSet;

use proof::{Algorithm, base64url, digest, json::Object};

use super::TenantKeys;
use crate::{
    authority::Scopes, browser_session::Presence, client::Client, decision::Unsigned, identity, moment::Moment,
    tenant::Tenant, user::User,
};

/// How long an ID token counts, in seconds: it says who signed in, and is no key to anything.
pub(crate) const ID_TOKEN_SECONDS: i64 = 600;

/// What an ID token is made of.
#[derive(Debug)]
pub(crate) struct IdToken<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) keys: &'a TenantKeys,
    pub(crate) client: &'a Client,
    pub(crate) user: &'a User,
    pub(crate) presence: &'a Presence,
    /// What was given, openid among it.
    pub(crate) scopes: &'a Scopes,
    pub(crate) nonce: Option<&'a str>,
    /// The claims of the person that it was asked to have itself.
    pub(crate) wanted: &'a BTreeSet<String>,
    /// The place of the access token in the decision's list.
    pub(crate) access: usize,
}

impl IdToken<'_> {
    /// The token, ready to be signed behind the access token whose hash it carries.
    pub(crate) fn unsigned(&self, at: &Moment) -> Unsigned {
        let signing = self.client.signing(self.client.further.id_token, self.tenant);
        let given = identity::claims(self.user, self.scopes);
        let mut claims: Object = given
            .into_iter()
            .filter(|(name, _)| self.wanted.contains(name))
            .collect();
        let mut insert = |name: &str, value: serde_json::Value| claims.insert(name.to_owned(), value);
        insert("iss", self.tenant.issuer.as_str().into());
        insert("sub", self.keys.subject_at(self.client, &self.user.id).into());
        insert("aud", self.client.id.as_str().into());
        insert("iat", at.now.unix().into());
        insert("exp", at.now.plus(ID_TOKEN_SECONDS).unix().into());
        insert("auth_time", self.presence.authenticated.unix().into());
        insert("acr", self.presence.method.assurance().name().into());
        insert("amr", self.presence.method.references().into());
        if let Some(nonce) = self.nonce {
            insert("nonce", nonce.into());
        }
        if let Some(session) = &self.presence.session {
            insert("sid", self.keys.session_at(self.client, session).into());
        }
        Unsigned {
            typ: "JWT",
            signing,
            claims,
            hash_of: Some(("at_hash", self.access)),
        }
    }
}

/// The left half of the hash that belongs to the signature, in base64url (OpenID Connect Core s3.1.3.6). Ed25519 hashes with SHA-512.
pub fn left_half(algorithm: Algorithm, token: &str) -> String {
    match algorithm {
        Algorithm::EdDSA => {
            let hash = digest::sha512(token.as_bytes());
            base64url::encode(hash.get(..32).unwrap_or_default())
        }
        Algorithm::ES256 | Algorithm::RS256 | Algorithm::PS256 => {
            let hash = digest::sha256(token.as_bytes());
            base64url::encode(hash.get(..16).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_openid_connect_core_appendix_a_3_comes_out() {
        // OpenID Connect Core 1.0 App. A.3: the access token and the at_hash of its ID token.
        assert_eq!(
            left_half(Algorithm::RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
        // Ed25519: SHA-512 of the same token by Python's hashlib, cut to 32 bytes.
        assert_eq!(
            left_half(Algorithm::EdDSA, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            ED25519
        );
    }

    const ED25519: &str = "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM";
}
