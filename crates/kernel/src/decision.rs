//! The one answer every flow gives, and what it changes.

use proof::{Time, json};

use crate::{
    approval,
    authority::Scopes,
    authorization::{Asked, ResponseMode},
    authorization_code, browser_session,
    client::{self, Client, Signing},
    code::Code,
    consent, credential,
    detail::{self, Details},
    event::Event,
    family, grant,
    id::{BrowserSessionId, ClientId, GrantId},
    key::SigningKey,
    ledger, policy, pushed_authorization,
    redirect_uri::RedirectUri,
    relying_party,
    resource::{Resource, ResourceUri},
    tenant, token, user,
    why::Why,
};

/// An answer, what must be signed for it, and what must be committed before it is given. Made by [`Self::issue`], [`Self::wait`] and [`Self::refuse`] only.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    answer: Answer,
    sign: Vec<Unsigned>,
    change: Change,
}

/// The three answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Yes, here it is.
    Issue(Reply),
    /// Wait: a human is being asked.
    Wait(Pending),
    /// No.
    Refuse(Code, Why),
}

/// What is given with a yes. Signed tokens are named by their place in the decision's list.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A token response (RFC 6749 s5.1).
    Token {
        /// Which of the signed tokens is the access token.
        access: usize,
        /// `Bearer`, or `DPoP` when bound to a key.
        kind: token::Kind,
        /// How long it lives, in seconds.
        expires_in_seconds: i64,
        /// The scope that was given; empty is left out.
        scope: String,
        /// The details that were given (RFC 9396 s7); none are left out.
        details: Details,
        /// The refresh token, if the client may refresh.
        refresh: Option<String>,
        /// Which of the signed tokens is the ID token, if there is one.
        id_token: Option<usize>,
    },
    /// The answer to an authorization request, through the browser (RFC 6749 s4.1.2).
    Authorization(Return),
    /// A browser session began: the value of its cookie, shown this once.
    SignedIn {
        /// The value of the cookie.
        cookie: String,
    },
    /// A browser session ended, or there was none; the person goes on there.
    SignedOut {
        /// Where to, if an app asked for it and may have it.
        back: Option<Return>,
    },
    /// The one signed token of the decision is the whole answer.
    Jwt {
        /// Its media type.
        typ: &'static str,
    },
    /// Recovery codes for a person, shown this once.
    RecoveryCodes(Vec<String>),
    /// A JSON document.
    Document(json::Object),
    /// A JSON document about something new.
    Created(json::Object),
    /// It goes on, and this is where to look.
    Accepted {
        /// How it stands.
        body: json::Object,
        /// Where.
        location: String,
    },
    /// Done; nothing to say.
    Done,
    /// It is gone; nothing to say (RFC 7592 s2.3).
    Gone,
}

impl Reply {
    /// The same token response, with this one of the signed tokens as its ID token.
    #[must_use]
    pub(crate) fn with_id_token(mut self, place: usize) -> Self {
        if let Self::Token { id_token, .. } = &mut self {
            *id_token = Some(place);
        }
        self
    }
}

/// An answer that travels through the browser to where the client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Where to.
    pub redirect_uri: RedirectUri,
    /// How it travels.
    pub mode: ResponseMode,
    /// What it says.
    pub parameters: Vec<(&'static str, String)>,
    /// The same as a token, if the client wants it signed: the answer is that token then (JARM s2.1).
    pub signed: Option<Unsigned>,
}

/// A question that waits for a human.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Somebody must sign in first.
    SignIn(Box<Asked>),
    /// The person who is signed in must say yes or no.
    Consent(Box<ConsentAsk>),
    /// People are being asked, and a machine asks again for their answer.
    Approval(Box<Waiting>),
    /// The person who is signed in must say whether they want to be signed out.
    SignOut {
        /// Which app asks, if that is known.
        client: Option<Box<Client>>,
        /// Where they go afterwards.
        back: Option<Return>,
    },
}

/// What a machine is told while people are asked (RFC 8628 s3.5, Deferred Token Response).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The error that says so.
    pub code: Code,
    /// What the answer is fetched with, when this is the first that is heard of it.
    pub deferral_code: Option<String>,
    /// Where the person who is asked can answer, if the machine may send them there.
    pub interaction: Option<String>,
    /// How long the answer can be fetched, in seconds.
    pub expires_in_seconds: i64,
    /// How long the machine waits between two polls, in seconds.
    pub interval_seconds: i64,
}

/// What a person is asked about an authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentAsk {
    /// The request.
    pub asked: Asked,
    /// What the person decides about.
    pub open: Scopes,
    /// What an administrator allowed already.
    pub decided: Scopes,
    /// What an administrator forbade.
    pub forbidden: Scopes,
    /// The details that policies allow: about these the person decides.
    pub details: Details,
    /// What the person said before.
    pub before: Before,
}

/// What a person said to this client before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing that still counts.
    Nothing,
    /// Yes, to all of this.
    Same {
        /// When, last.
        at: Time,
    },
    /// Yes, to all of this, in the very same details. It is asked all the same: each yes to details is a permission of its own.
    Again {
        /// When, last.
        at: Time,
    },
    /// Yes, to something else or to less.
    Less {
        /// When, last.
        at: Time,
    },
    /// Yes, but the client has changed since: its name, its places of answer or its keys.
    AnotherClient {
        /// When, last.
        at: Time,
    },
}

/// Something to be signed before the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    /// The `typ` of the token: every artifact has its own.
    pub typ: &'static str,
    /// With which of the tenant's keys, and how its header calls the algorithm.
    pub signing: Signing,
    /// What it says.
    pub claims: json::Object,
    /// A claim that is the hash of a token signed before it, and that token's place (OpenID Connect Core s3.1.3.6).
    pub hash_of: Option<(&'static str, usize)>,
}

/// What a decision changes, all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Writes and expectations that may find no row; then the whole change is lost and the request looks again.
    pub guards: Vec<Guard>,
    /// Idempotent writes: no row is fine.
    pub sure: Vec<Write>,
    /// Lossy notes (last used), flushed within a minute.
    pub touches: Vec<Touch>,
    /// Audit entries, in the same transaction.
    pub events: Vec<Event>,
}

/// A write or expectation that may find no row. By nouns, not by flows.
#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// About a grant.
    Grant(grant::Guard),
    /// About a token.
    Token(token::Guard),
    /// About a client.
    Client(client::Guard),
    /// A resource that is new.
    CreateResource(Box<Resource>),
    /// About a tenant or an administrator.
    Tenant(tenant::Guard),
    /// A signing key that is new: no other node made one for the same algorithm and time.
    CreateKey(Box<SigningKey>),
    /// About a person, a group or a role.
    User(user::Guard),
    /// About a passkey, a password or a recovery code.
    Credential(credential::Guard),
    /// About a browser session.
    BrowserSession(browser_session::Guard),
    /// About an authorization code.
    AuthorizationCode(authorization_code::Guard),
    /// About a pushed request.
    PushedRequest(pushed_authorization::Guard),
    /// About a line of refresh tokens.
    Family(family::Guard),
    /// About a rule of central consent.
    Consent(consent::Guard),
    /// About an approval.
    Approval(approval::Guard),
    /// About a type of authorization details.
    DetailType(detail::Guard),
    /// About the tenant's policies.
    Policy(policy::Guard),
    /// About the ledger and what is left of powers.
    Ledger(ledger::Guard),
}

/// An idempotent write. By nouns, not by flows.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// About a grant.
    Grant(grant::Write),
    /// About a token.
    Token(token::Write),
    /// A resource is disabled from now on, or enabled again (`None`).
    SetResourceDisabled {
        /// Which.
        uri: ResourceUri,
        /// Since when.
        at: Option<Time>,
    },
    /// About a tenant.
    Tenant(tenant::Write),
    /// A signing key is no longer published; its private half is gone.
    DropKey {
        /// Which.
        kid: String,
    },
    /// About a client.
    Client(client::Write),
    /// About a group or a role.
    User(user::Write),
    /// About a passkey, a password or recovery codes.
    Credential(credential::Write),
    /// About browser sessions.
    BrowserSession(browser_session::Write),
    /// About a pushed request.
    PushedRequest(pushed_authorization::Write),
    /// About what an app knows of a browser session.
    RelyingParty(relying_party::Write),
    /// About a line of refresh tokens.
    Family(family::Write),
    /// About a rule of central consent.
    Consent(consent::Write),
    /// About an approval.
    Approval(approval::Write),
    /// About a type of authorization details.
    DetailType(detail::Write),
    /// About what is left of powers.
    Ledger(ledger::Write),
}

/// A lossy note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touch {
    /// The client was used.
    ClientUsed {
        /// Which.
        id: ClientId,
        /// When.
        at: Time,
    },
    /// The grant was used: a token was projected from it or from below it.
    GrantUsed {
        /// Which.
        id: GrantId,
        /// When.
        at: Time,
    },
    /// The browser session was used.
    BrowserSessionSeen {
        /// Which.
        id: BrowserSessionId,
        /// When.
        at: Time,
    },
    /// Something was permitted to somebody, in a tenant whose policies look at what is usual.
    Acted(Box<policy::Acted>),
}

impl Decision {
    /// Yes: with what must be signed, and what must be committed first.
    pub fn issue(reply: Reply, sign: Vec<Unsigned>, change: Change) -> Self {
        Self {
            answer: Answer::Issue(reply),
            sign,
            change,
        }
    }

    /// Wait.
    pub fn wait(pending: Pending, sign: Vec<Unsigned>, change: Change) -> Self {
        Self {
            answer: Answer::Wait(pending),
            sign,
            change,
        }
    }

    /// No. A refusal has no guards, so the second look always ends; it may still have effects, and they are committed.
    pub fn refuse(why: Why, sure: Vec<Write>, events: Vec<Event>) -> Self {
        Self {
            answer: Answer::Refuse(why.code(), why),
            sign: Vec::new(),
            change: Change {
                guards: Vec::new(),
                sure,
                touches: Vec::new(),
                events,
            },
        }
    }

    /// The answer.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// The change.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// What must be signed.
    pub fn sign(&self) -> &[Unsigned] {
        &self.sign
    }

    /// Takes it apart, for `settle`.
    pub fn into_parts(self) -> (Answer, Vec<Unsigned>, Change) {
        (self.answer, self.sign, self.change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_no_guards_and_keeps_its_effects() {
        let write = Write::Grant(grant::Write::EnsureRevoked {
            id: crate::GrantId::parse("g").unwrap(),
            at: Time::from_unix(1),
        });
        let decision = Decision::refuse(Why::NoGrant, vec![write.clone()], vec![]);
        assert_eq!(
            decision.answer(),
            &Answer::Refuse(Code::UnauthorizedClient, Why::NoGrant)
        );
        assert_eq!(decision.change().sure, [write]);
        assert!(decision.change().guards.is_empty() && decision.sign().is_empty());
    }
}
