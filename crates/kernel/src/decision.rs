//! The one answer every flow gives, and what it changes.

use proof::{Algorithm, Time, json};

use crate::{
    client,
    code::Code,
    event::Event,
    grant,
    id::ClientId,
    key::SigningKey,
    resource::{Resource, ResourceUri},
    tenant, token,
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
    },
    /// A JSON document.
    Document(json::Object),
    /// A JSON document about something new.
    Created(json::Object),
    /// Done; nothing to say.
    Done,
}

/// A question that waits for a human.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The handle to ask again with.
    pub handle: String,
    /// How long to wait before asking again, in seconds.
    pub interval_seconds: i64,
    /// When the question answers itself with no.
    pub expires: Time,
}

/// Something to be signed before the commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsigned {
    /// The `typ` of the token: every artifact has its own.
    pub typ: &'static str,
    /// With which of the tenant's keys.
    pub algorithm: Algorithm,
    /// What it says.
    pub claims: json::Object,
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
