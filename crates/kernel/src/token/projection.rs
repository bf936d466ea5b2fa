//! A grant as an access token (RFC 9068): one audience, short, bound to the key that was proved. Every grant type ends here.

use proof::{Algorithm, Secret, Time, base64url, digest, json};

use super::{Kind, Record};
use crate::{
    authority::{Audience, Scopes},
    browser_session::Presence,
    client::{Client, Signing, SubjectType},
    confirmation::Confirmation,
    decision::{Reply, Unsigned},
    detail::Details,
    grant::Grant,
    id::{BrowserSessionId, TokenId, UserId},
    identity,
    moment::Moment,
    power::ExecutionLimits,
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
    /// Handles of approvals are written with it, and the codes that people type are looked up by it.
    pub approvals: Secret<[u8; 32]>,
}

impl TenantKeys {
    /// The name of a person for a client (OpenID Connect Core s8): its sector's own, or the one of every public client, which is no id of ours either.
    pub fn subject_at(&self, client: &Client, user: &UserId) -> String {
        let text = match client.further.subject {
            SubjectType::Pairwise => format!("sector\0{}\0{user}", client.sector()),
            SubjectType::Public => format!("public\0{user}"),
        };
        base64url::encode(&digest::hmac_sha256(self.pairwise.reveal(), text.as_bytes()))
    }

    /// The name of a browser session for a client (OpenID Connect Front-Channel Logout s3 `sid`): no two clients can match theirs.
    pub fn session_at(&self, client: &Client, session: &BrowserSessionId) -> String {
        let text = format!("sid\0{}\0{session}", client.id);
        base64url::encode(&digest::hmac_sha256(self.pairwise.reveal(), text.as_bytes()))
    }

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
    /// For a person, who proved themselves so.
    For {
        keys: &'a TenantKeys,
        user: &'a UserId,
        presence: &'a Presence,
    },
}

/// What a token is made of.
#[derive(Debug)]
pub(crate) struct Projection<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) client: &'a Client,
    pub(crate) acts: Acts<'a>,
    pub(crate) grant: &'a Grant,
    /// When it or the first of its ancestors ends.
    pub(crate) ends: Option<Time>,
    pub(crate) scopes: &'a Scopes,
    pub(crate) details: &'a Details,
    pub(crate) audience: &'a Audience,
    /// The resource, unless the audience is our issuer.
    pub(crate) resource: Option<&'a Resource>,
    pub(crate) key: Option<&'a Confirmation>,
    /// How often it may be used for what.
    pub(crate) limits: &'a ExecutionLimits,
    /// How long it lives at most because of what policies demand, in seconds.
    pub(crate) lifetime_seconds: Option<u32>,
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
        let scope = match self.audience {
            Audience::Issuer => self.scopes.joined(),
            Audience::Resource(_) => identity::for_resource(self.scopes).joined(),
        };
        let usual = self.tenant.settings.access_token_seconds;
        let longest = at
            .now
            .plus(self.lifetime_seconds.map_or(usual, |most| usual.min(most.into())));
        let expires = self.ends.map_or(longest, |end| end.min(longest));
        let algorithm = self
            .client
            .token_algorithm
            .or_else(|| self.resource.and_then(|resource| resource.token_algorithm))
            .unwrap_or(Algorithm::EdDSA);
        Issued {
            reply: Reply::Token {
                access: 0,
                kind: Kind::of(self.key),
                expires_in_seconds: expires.since(at.now),
                scope: identity::spoken(self.scopes).joined(),
                details: self.limits.beside(self.details),
                refresh,
                id_token: None,
            },
            unsigned: Unsigned {
                typ: "at+jwt",
                signing: Signing::plain(algorithm),
                claims: self.claims(&id, &scope, expires, at),
                hash_of: None,
            },
            record: Record {
                id,
                grant: self.grant.id.clone(),
                client: self.client.id.clone(),
                audience: self.audience.clone(),
                scope,
                powers: self.limits.powers().clone(),
                key: self.key.cloned(),
                issued: at.now,
                expires,
                revoked: None,
            },
        }
    }

    /// RFC 9068 s2.2; `sub` is the client itself when no person is involved.
    fn claims(&self, id: &TokenId, scope: &str, expires: Time, at: &Moment) -> json::Object {
        let aud = self.tenant.place_of(self.audience);
        let mut claims = json::Object::new();
        claims.insert("iss".to_owned(), self.tenant.issuer.as_str().into());
        match &self.acts {
            Acts::Itself => claims.insert("sub".to_owned(), self.client.id.as_str().into()),
            Acts::For { keys, user, presence } => {
                // RFC 9068 s2.2.1, RFC 9470 s6.2: a resource sees how strongly, and how long ago.
                claims.insert("auth_time".to_owned(), presence.authenticated.unix().into());
                claims.insert("acr".to_owned(), presence.method.assurance().name().into());
                claims.insert("amr".to_owned(), presence.method.references().into());
                let subject = match self.audience {
                    Audience::Issuer => keys.subject_at(self.client, user), // the one that userinfo says (OpenID Connect Core s5.3.2)
                    Audience::Resource(_) => keys.subject(self.audience, user),
                };
                claims.insert("sub".to_owned(), subject.into())
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
        let details = self.limits.beside(self.details);
        if !details.is_empty() {
            claims.insert("authorization_details".to_owned(), details.value()); // RFC 9396 s9.1
        }
        if let Some(key) = self.key {
            claims.insert("cnf".to_owned(), key.claim().into()); // RFC 9449 s6.1, RFC 8705 s3.1
        }
        claims
    }
}
