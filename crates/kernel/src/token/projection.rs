//! A grant as an access token (RFC 9068): one audience, short, bound to the key that was proved. Every grant type ends here.

use proof::{Algorithm, Secret, Time, base64url, digest, json};

use super::{Kind, Record};
use crate::{
    authority::{Audience, Scopes},
    client::Client,
    decision::{Reply, Unsigned},
    grant::Grant,
    id::{TokenId, UserId},
    moment::Moment,
    resource::Resource,
    tenant::Tenant,
};

/// Keys of a tenant that are no signing keys; derived from the installation's key, never stored.
#[derive(Debug)]
pub struct TenantKeys {
    /// Refresh tokens are written with it.
    pub refresh: Secret<[u8; 32]>,
    /// Pairwise names are made with it.
    pub pairwise: Secret<[u8; 32]>,
}

impl TenantKeys {
    /// The name of a person at an audience (product decision 10): no two audiences can match theirs.
    pub fn subject(&self, audience: &Audience, user: &UserId) -> String {
        let text = format!("sub\0{}\0{user}", audience.as_row());
        base64url::encode(&digest::hmac_sha256(self.pairwise.reveal(), text.as_bytes()))
    }
}

/// For whom a token acts.
#[derive(Debug)]
pub(crate) enum Acts<'a> {
    /// For the client itself.
    Itself,
    /// For a person, who proved themselves at that time.
    For {
        keys: &'a TenantKeys,
        user: &'a UserId,
        authenticated: Time,
    },
}

/// What a token is made of.
#[derive(Debug)]
pub(crate) struct Projection<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) client: &'a Client,
    pub(crate) acts: Acts<'a>,
    pub(crate) grant: &'a Grant,
    pub(crate) scopes: &'a Scopes,
    pub(crate) audience: &'a Audience,
    /// The resource, unless the audience is our issuer.
    pub(crate) resource: Option<&'a Resource>,
    pub(crate) key: Option<&'a str>,
}

/// A token that is ready to be signed.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) record: Record,
    pub(crate) reply: Reply,
    pub(crate) unsigned: Unsigned,
}

impl Projection<'_> {
    /// Makes the token; with a refresh token beside it, if there is one.
    pub(crate) fn issue(&self, refresh: Option<String>, at: &Moment) -> Issued {
        let id: TokenId = at.id("token");
        let scope = self.scopes.joined();
        let longest = at.now.plus(self.tenant.settings.access_token_seconds);
        let expires = self.grant.authority.expires().map_or(longest, |end| end.min(longest));
        let algorithm = self
            .client
            .token_algorithm
            .or_else(|| self.resource.and_then(|resource| resource.token_algorithm))
            .unwrap_or(Algorithm::EdDSA);
        let kind = if self.key.is_some() { Kind::Dpop } else { Kind::Bearer };
        Issued {
            reply: Reply::Token {
                access: 0,
                kind,
                expires_in_seconds: expires.since(at.now),
                scope: scope.clone(),
                refresh,
            },
            unsigned: Unsigned {
                typ: "at+jwt",
                algorithm,
                claims: self.claims(&id, &scope, expires, at),
            },
            record: Record {
                id,
                grant: self.grant.id.clone(),
                client: self.client.id.clone(),
                audience: self.audience.clone(),
                scope,
                key: self.key.map(str::to_owned),
                issued: at.now,
                expires,
                revoked: None,
            },
        }
    }

    /// RFC 9068 s2.2; `sub` is the client itself when no person is involved.
    fn claims(&self, id: &TokenId, scope: &str, expires: Time, at: &Moment) -> json::Object {
        let aud = match self.audience {
            Audience::Issuer => self.tenant.issuer.as_str(),
            Audience::Resource(uri) => uri.as_str(),
        };
        let mut claims = json::Object::new();
        claims.insert("iss".to_owned(), self.tenant.issuer.as_str().into());
        match &self.acts {
            Acts::Itself => claims.insert("sub".to_owned(), self.client.id.as_str().into()),
            Acts::For {
                keys,
                user,
                authenticated,
            } => {
                claims.insert("auth_time".to_owned(), authenticated.unix().into());
                claims.insert("sub".to_owned(), keys.subject(self.audience, user).into())
            }
        };
        claims.insert("aud".to_owned(), aud.into());
        claims.insert("client_id".to_owned(), self.client.id.as_str().into());
        claims.insert("iat".to_owned(), at.now.unix().into());
        claims.insert("exp".to_owned(), expires.unix().into());
        claims.insert("jti".to_owned(), id.as_str().into());
        if !scope.is_empty() {
            claims.insert("scope".to_owned(), scope.into());
        }
        if let Some(jkt) = self.key {
            claims.insert("cnf".to_owned(), serde_json::json!({ "jkt": jkt })); // RFC 9449 s6.1
        }
        claims
    }
}
