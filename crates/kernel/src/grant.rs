//! The power of attorney: a node of the one tree.

use proof::Time;

use crate::{
    authority::{Audience, Authority, Scopes},
    client::Client,
    consent::{self, Rule},
    id::{AdministratorId, ApprovalId, ClientId, GrantId, HostId, SessionId, UserId},
    user::User,
    why::Why,
};

/// Who may use a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// An OAuth client.
    Client(ClientId),
    /// A host: every session under it.
    Host(HostId),
    /// One agent session.
    Session(SessionId),
}

/// For whom the holder acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// For itself: a machine with authority of its own.
    Nobody,
    /// For a person.
    User(UserId),
}

/// Where a grant came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An administrator gave it.
    Administrator(AdministratorId),
    /// The person gave it, for whom it is: their standing yes.
    Person {
        /// What the yes rests on: the client's basis as the person saw it (S-23).
        basis: String,
    },
    /// The tenant's rules of central consent gave it. It counts as long as they do.
    Organisation {
        /// The client's basis at that time.
        basis: String,
    },
    /// So many people as were needed said yes to what a machine asked for itself.
    Approval(ApprovalId),
    /// It was narrowed from its parent when an authorization was redeemed.
    Redeemed,
}

/// Whether a grant counts. There is no way back from revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It counts until it expires.
    Active,
    /// It was taken back.
    Revoked {
        /// When.
        at: Time,
    },
}

/// One node of the grant tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Who may use it.
    pub holder: Holder,
    /// For whom.
    pub subject: Subject,
    /// What it allows.
    pub authority: Authority,
    /// The grant it was narrowed from; it dies with it.
    pub parent: Option<GrantId>,
    /// Who gave it.
    pub source: Source,
    /// Whether it counts.
    pub status: Status,
    /// Rises whenever the authority shrinks without dying; a change that relied on the authority expects the value it saw.
    pub epoch: i64,
    /// When it was made.
    pub created: Time,
}

impl Grant {
    /// Whether this node by itself counts now. Whether it *lives* depends on its ancestors too: see [`lives`].
    pub fn counts(&self, now: Time) -> bool {
        let revoked = matches!(self.status, Status::Revoked { .. });
        let expired = self.authority.expires().is_some_and(|end| end <= now);
        !revoked && !expired
    }
}

/// Whether a grant lives: it and every ancestor count. `path` runs from the grant to its root, complete.
///
/// Death needs no walk over descendants: they ask their ancestors at every use.
pub fn lives(path: &[Grant], now: Time) -> bool {
    let complete = path.last().is_some_and(|root| root.parent.is_none());
    let linked = path
        .iter()
        .zip(path.iter().skip(1))
        .all(|(child, parent)| child.parent.as_ref() == Some(&parent.id));
    complete && linked && path.iter().all(|grant| grant.counts(now))
}

/// What of these scopes a person's grant still gives: the rules of central consent may have taken some of it, or no longer give what they gave.
///
/// Every door asks this at every use (product s3): a rule that tightened silences like a revocation.
pub fn still_given(
    path: &[Grant],
    rules: &[Rule],
    client: &Client,
    user: &User,
    audience: &Audience,
    scopes: &Scopes,
) -> Result<Scopes, Why> {
    let judgement = consent::judge(rules, client, user, audience, scopes);
    let by_organisation = path
        .iter()
        .any(|grant| matches!(grant.source, Source::Organisation { .. }));
    let given = if by_organisation {
        judgement.decided
    } else {
        judgement.open.with(&judgement.decided)
    };
    let forbidden = if scopes.is_empty() {
        consent::forbids_the_place(rules, client, user, audience)
    } else {
        given.is_empty()
    };
    if forbidden {
        return Err(Why::GrantForbidden);
    }
    Ok(given)
}

/// What a change may expect of, or do to, a grant. Each may find no row, and then the change is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is active with this epoch: its authority is what the decision saw.
    Live {
        /// The grant.
        id: GrantId,
        /// The epoch the decision saw.
        epoch: i64,
    },
    /// It is new.
    Create(Box<Grant>),
}

/// What a change does to a grant whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// It is revoked from now on, if it was not before.
    EnsureRevoked {
        /// The grant.
        id: GrantId,
        /// When.
        at: Time,
    },
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::authority::Ask;

    fn node(id: &str, parent: Option<&str>, status: Status, expires: Option<i64>) -> Grant {
        let ask = Ask {
            scopes: Scopes::default(),
            details: crate::Details::default(),
            audiences: BTreeSet::new(),
            expires: expires.map(Time::from_unix),
            depth: 3,
        };
        Grant {
            id: GrantId::parse(id).unwrap(),
            holder: Holder::Client(ClientId::parse("c").unwrap()),
            subject: Subject::Nobody,
            authority: Authority::root(ask),
            parent: parent.and_then(GrantId::parse),
            source: Source::Administrator(AdministratorId::parse("a").unwrap()),
            status,
            epoch: 0,
            created: Time::from_unix(0),
        }
    }

    #[test]
    fn a_grant_dies_with_any_ancestor() {
        let now = Time::from_unix(50);
        let revoked = Status::Revoked {
            at: Time::from_unix(10),
        };
        let active = Status::Active;
        let root = |status, end| node("r", None, status, end);
        let middle = |status, end| node("m", Some("r"), status, end);
        let leaf = |status, end| node("l", Some("m"), status, end);
        let cases = [
            (
                vec![leaf(active, None), middle(active, None), root(active, None)],
                true,
                "all live",
            ),
            (
                vec![leaf(active, None), middle(active, None), root(revoked, None)],
                false,
                "root revoked",
            ),
            (
                vec![leaf(active, None), middle(revoked, None), root(active, None)],
                false,
                "middle revoked",
            ),
            (
                vec![leaf(revoked, None), middle(active, None), root(active, None)],
                false,
                "leaf revoked",
            ),
            (
                vec![leaf(active, None), middle(active, Some(50)), root(active, None)],
                false,
                "expiry is the first second it no longer counts",
            ),
            (
                vec![leaf(active, None), middle(active, Some(51)), root(active, None)],
                true,
                "one second left",
            ),
            (
                vec![leaf(active, None), middle(active, None)],
                false,
                "an incomplete path fails closed",
            ),
            (
                vec![leaf(active, None), root(active, None)],
                false,
                "a gap in the path fails closed",
            ),
            (vec![], false, "no path fails closed"),
        ];
        for (path, expected, claim) in cases {
            assert_eq!(lives(&path, now), expected, "{claim}");
        }
    }
}
