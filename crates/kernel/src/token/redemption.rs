//! What a person said yes to becomes an authorization: a grant narrowed from theirs for this one installation, with its tokens. Every door that redeems a yes ends here.

use std::collections::BTreeSet;

use super::{Acts, Guard as TokenGuard, IdToken, Projection, Record, TenantKeys};
use crate::{
    authority::{Ask, Audience, Authority, Scopes},
    browser_session::Presence,
    caller::Caller,
    client::{Client, GrantType},
    decision::{Guard, Reply, Unsigned},
    detail::{Details, Types},
    family::{self, Family},
    grant::{self, Grant, Holder, Source, Status, Subject},
    identity,
    moment::Moment,
    power::{DataClasses, ExecutionLimits, Powers},
    resource::Resource,
    tenant::Tenant,
    user::User,
    why::Why,
};

/// A yes that is redeemed.
#[derive(Debug)]
pub(crate) struct Redemption<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) keys: &'a TenantKeys,
    pub(crate) client: &'a Client,
    pub(crate) caller: &'a Caller,
    pub(crate) user: &'a User,
    /// How the person proved themselves when they said yes.
    pub(crate) presence: &'a Presence,
    /// The grant that they gave: it lives.
    pub(crate) parent: &'a Grant,
    /// What it and its ancestors allow now.
    pub(crate) allowed: &'a Authority,
    /// What of it still stands.
    pub(crate) scopes: &'a Scopes,
    /// What exactly, and the types that say what is less of it.
    pub(crate) details: &'a Details,
    /// What of that the first access token is to have.
    pub(crate) first: &'a First,
    pub(crate) types: &'a Types,
    pub(crate) audience: &'a Audience,
    pub(crate) resource: Option<&'a Resource>,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) id_claims: &'a BTreeSet<String>,
    /// How long what is given lives at most because of what policies demand, in seconds.
    pub(crate) lifetime_seconds: Option<u32>,
}

/// What the first access token has of an authorization: less of it costs the authorization nothing (RFC 9396 s6).
#[derive(Debug)]
pub(crate) struct First {
    pub(crate) scopes: Scopes,
    pub(crate) details: Details,
    /// How often it may be used for what.
    pub(crate) limits: ExecutionLimits,
}

/// What comes of it.
#[derive(Debug)]
pub(crate) struct Redeemed {
    pub(crate) authorization: Grant,
    line: Option<Family>,
    pub(crate) record: Record,
    pub(crate) reply: Reply,
    pub(crate) sign: Vec<Unsigned>,
}

impl Redemption<'_> {
    /// Narrows the grant and projects it.
    pub(crate) fn redeem(&self, at: &Moment) -> Result<Redeemed, Why> {
        // 1. The authorization: a child of the person's grant, for this one installation.
        let bound = self.caller.key.clone();
        let lifetime = if bound.is_some() {
            family::LIFETIME_SECONDS_BOUND
        } else {
            family::LIFETIME_SECONDS_BEARER
        };
        let most = self.lifetime_seconds.map_or(lifetime, |most| lifetime.min(most.into()));
        let end = at.now.plus(most);
        let theirs = self.allowed;
        let ask = Ask {
            scopes: self.scopes.clone(),
            details: self.details.clone(),
            powers: Powers::default(), // who asks for none keeps those above
            audiences: [self.audience.clone()].into(),
            expires: Some(theirs.expires().map_or(end, |theirs| theirs.min(end))),
            depth: theirs.depth().saturating_sub(1),
        };
        let authorization = Grant {
            id: at.id("authorization"),
            holder: Holder::Client(self.client.id.clone()),
            subject: Subject::User(self.user.id.clone()),
            authority: theirs
                .narrow(&ask, self.types, &DataClasses::default())
                .map_err(|_| Why::GrantEnded)?,
            parent: Some(self.parent.id.clone()),
            source: Source::Redeemed,
            status: Status::Active,
            epoch: 0,
            created: at.now,
            terms: grant::Terms::default(),
            signs: grant::Signs::default(),
        };

        // 2. The line of refresh tokens, for clients that registered for it, whatever the scope says.
        let line = self
            .client
            .grant_types
            .contains(&GrantType::RefreshToken)
            .then(|| Family {
                id: at.id("family"),
                grant: authorization.id.clone(),
                client: self.client.id.clone(),
                key: bound,
                instance: self.caller.instance.clone(),
                presence: self.presence.clone(),
                generation: 0,
                turned: at.now,
                request: None,
                created: at.now,
            });
        let refresh = line.as_ref().map(|line| family::write(&self.keys.refresh, &line.id, 0));

        // 3. The access token, and the ID token behind it for who asked who is there.
        let issued = Projection {
            tenant: self.tenant,
            client: self.client,
            acts: Acts::For {
                keys: self.keys,
                user: &self.user.id,
                presence: self.presence,
            },
            grant: &authorization,
            ends: authorization.authority.expires(),
            scopes: &self.first.scopes,
            details: &self.first.details,
            audience: self.audience,
            resource: self.resource,
            key: self.caller.key.as_ref(),
            limits: &self.first.limits,
            lifetime_seconds: self.lifetime_seconds,
        }
        .issue(refresh, at);
        let mut sign = vec![issued.unsigned];
        let reply = if self.scopes.contains(identity::OPENID) {
            sign.push(
                IdToken {
                    tenant: self.tenant,
                    keys: self.keys,
                    client: self.client,
                    user: self.user,
                    presence: self.presence,
                    scopes: self.scopes,
                    nonce: self.nonce,
                    wanted: self.id_claims,
                    access: 0,
                }
                .unsigned(at),
            );
            issued.reply.with_id_token(1)
        } else {
            issued.reply
        };
        Ok(Redeemed {
            authorization,
            line,
            record: issued.record,
            reply,
            sign,
        })
    }
}

impl Redeemed {
    /// What is new because of it.
    pub(crate) fn guards(self) -> (Vec<Guard>, Reply, Vec<Unsigned>) {
        let mut guards = vec![Guard::Grant(grant::Guard::Create(Box::new(self.authorization)))];
        guards.extend(
            self.line
                .map(|line| Guard::Family(family::Guard::Create(Box::new(line)))),
        );
        guards.push(Guard::Token(TokenGuard::Create(Box::new(self.record))));
        (guards, self.reply, self.sign)
    }
}
