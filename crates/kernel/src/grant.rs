//! The power of attorney: a node of the one tree.

use std::borrow::Cow;

use proof::Time;

use crate::{
    authority::{Audience, Authority, Scopes},
    browser_session::{Assurance, Presence},
    caller::Caller,
    capability::Strength,
    consent,
    decision::Touch,
    detail::{Detail, Details, Types},
    event::{Event, EventKind},
    id::{AdministratorId, ApprovalId, ClientId, GrantId, HostId, SessionId, UserId},
    ledger,
    moment::Moment,
    policy::{Forbidden, Policy, Ruling, Scene, input_of},
    power::{DataClasses, Powers},
    why::{Refused, Why},
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
    /// It gives nothing: what it names is refused, whatever other grants say.
    Denied,
}

/// On what terms a grant counts, beside its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// It counts no more once no token came of it or its subtree for so many seconds.
    pub idle_seconds: Option<i64>,
    /// It counts only while this person is here and enabled.
    pub owner: Option<UserId>,
    /// It is revoked, for good, once policies refuse something under it for what is unusual (`context.risk`).
    pub risk: bool,
    /// One token came of it when the answer was fetched that it is, and none does besides.
    pub once: bool,
}

impl Terms {
    /// The shortest idle time: notes of use are a minute late at most.
    pub const IDLE_SECONDS_MIN: i64 = 300;
    /// The longest: ten years.
    pub const IDLE_SECONDS_MAX: i64 = 315_360_000;

    /// What is left of them when somebody tightens them: an idle time only shortens, an owner stays, and what falls at a risk goes on doing so.
    pub fn tightened(&self, to: &Self) -> Option<Self> {
        let longer = match (to.idle_seconds, self.idle_seconds) {
            (Some(to), Some(from)) => to > from,
            (_, _) => false,
        };
        let another = self.owner.is_some() && to.owner.is_some() && to.owner != self.owner;
        (!longer && !another).then(|| Self {
            idle_seconds: to.idle_seconds.or(self.idle_seconds),
            owner: to.owner.clone().or_else(|| self.owner.clone()),
            risk: to.risk || self.risk,
            once: to.once || self.once,
        })
    }
}

/// What a node's terms are judged by, as it was read with the node. A node without terms has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// When a token last came of it or its subtree, as far as that was noted.
    pub used: Option<Time>,
    /// Whether its owner is there.
    pub owner: Owner,
}

/// Whether the owner of a grant is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// Here and enabled, or nobody is named.
    #[default]
    Here,
    /// Disabled, or not here any more.
    Gone,
}

/// Why a node does not count, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silent {
    /// It denies: it never allowed anything.
    Denies,
    /// It was taken back.
    Revoked,
    /// Its end has come.
    Ended,
    /// Nothing came of it for too long.
    Idle,
    /// Its owner left.
    OwnerLeft,
}

/// How late a note of use may be: they are written within a minute, and a process that dies takes its own along.
const NOTE_LATE_SECONDS: i64 = 60;

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
    /// On what terms it counts.
    pub terms: Terms,
    /// What those are judged by.
    pub signs: Signs,
}

impl Grant {
    /// Whether this node by itself counts now. Whether it *lives* depends on its ancestors too: see [`lives`].
    pub fn counts(&self, now: Time) -> bool {
        self.silent(now).is_none()
    }

    /// Why it does not count, if it does not.
    pub fn silent(&self, now: Time) -> Option<Silent> {
        match self.status {
            Status::Revoked { .. } => return Some(Silent::Revoked),
            Status::Denied => return Some(Silent::Denies),
            Status::Active => {}
        }
        if self.authority.expires().is_some_and(|end| end <= now) {
            return Some(Silent::Ended);
        }
        let last = self.signs.used.map_or(self.created, |used| used.max(self.created));
        let idle = |seconds: i64| now.since(last) > seconds.saturating_add(NOTE_LATE_SECONDS);
        if self.terms.idle_seconds.is_some_and(idle) {
            return Some(Silent::Idle);
        }
        (self.signs.owner == Owner::Gone).then_some(Silent::OwnerLeft)
    }

    /// Whether it denies now what it names, whatever other grants say.
    pub fn denies(&self, now: Time) -> bool {
        self.status == Status::Denied && self.authority.expires().is_none_or(|end| end > now)
    }
}

/// The notes of use that the terms of a path are judged by: each node that must not be idle learns of each token below it.
pub(crate) fn noted(path: &[Grant], at: Time) -> impl Iterator<Item = Touch> {
    let judged = path.iter().filter(|node| node.terms.idle_seconds.is_some());
    judged.map(move |node| Touch::GrantUsed {
        id: node.id.clone(),
        at,
    })
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

/// What a grant allows now: what it and every ancestor have. `path` runs from the grant to its root; one that is empty allows nothing.
///
/// An ancestor that was edited down takes from its whole subtree by this alone: no descendant is written. One that never was (its epoch is 0) holds every child by construction.
pub fn allowed<'a>(path: &'a [Grant], types: &Types) -> Option<Cow<'a, Authority>> {
    let (leaf, ancestors) = path.split_first()?;
    let allowed = ancestors.iter().fold(Cow::Borrowed(&leaf.authority), |left, node| {
        let theirs = &node.authority;
        match (node.epoch, theirs.expires()) {
            (0, None) => left,
            (0, Some(_)) => Cow::Owned(left.met_in_time_with(theirs)),
            (_, _) => Cow::Owned(left.met_with(theirs, types)),
        }
    });
    Some(allowed)
}

/// Whether every node of a path has all of what a token says: its scopes, its place, and its details, each within one of the node's or within a power of it.
///
/// What was used of limits is no matter here: it was booked when the token was issued.
pub fn all_have(
    path: &[Grant],
    audience: &Audience,
    scopes: &Scopes,
    details: &Details,
    types: &Types,
    policy: &Policy,
) -> bool {
    let order = DataClasses::default();
    let by_power = |detail: &Detail| ledger::is_by_power(path, detail, policy);
    let places: Vec<bool> = details.iter().map(by_power).collect();
    let others = details.keeping(|place| places.get(place) == Some(&false));
    let holds = |powers: &Powers, detail: &Detail| {
        let Some(capability) = policy.capability(detail.kind().as_str()) else {
            return true; // no capability: no power speaks of it
        };
        let input = input_of(detail);
        let mut of_it = powers.of(&capability.name);
        powers.is_empty() || of_it.any(|power| power.constraints.hold_alone(&input, &order))
    };
    path.iter().filter(|node| node.epoch != 0).all(|node| {
        let theirs = &node.authority;
        theirs.scopes().covers(scopes)
            && theirs.audiences().contains(audience)
            && types.within(&others, theirs.details())
            && details.iter().all(|detail| holds(theirs.powers(), detail))
    })
}

/// What of these scopes a path of grants contains at a place: one that stands for a capability is contained where every grant that speaks of capabilities has a power for it. A grant without any
/// power says nothing of capabilities; one with some, and none for this, says no (docs/flows/ledger.md), and no token says otherwise.
pub(crate) fn contained(path: &[Grant], scopes: &Scopes, place: &str, policy: &Policy) -> Scopes {
    let speaking: Vec<&Powers> = path
        .iter()
        .map(|node| node.authority.powers())
        .filter(|powers| !powers.is_empty())
        .collect();
    let is_contained = |scope: &&str| {
        let named = policy.named_by(scope, place);
        named.is_none_or(|known| speaking.iter().all(|powers| powers.of(&known.name).next().is_some()))
    };
    if speaking.is_empty() {
        return scopes.clone();
    }
    scopes.shared_with(scopes.iter().filter(is_contained))
}

/// What of a person's grant still counts.
#[derive(Clone, Debug)]
pub struct Still {
    /// The scopes.
    pub scopes: Scopes,
    /// What policies said of them and of the details.
    pub ruling: Ruling,
}

impl Still {
    /// The details that policies leave to whoever said yes so: what demands a passkey counts only when one was shown, and what demands approvers nobody gave alone.
    pub fn said_to_by(&self, presence: &Presence, details: &Details) -> Result<Details, Why> {
        if !self.ruling.demands().approvers.is_empty() {
            return Err(Why::ApproversDemanded);
        }
        let verified = presence.method.assurance() >= Assurance::PhishingResistant;
        if self.ruling.strength() >= Strength::Biometric && !verified {
            return Err(Why::HumanDemanded(Refused::Standing));
        }
        Ok(details.keeping(|place| self.ruling.permits_detail(place)))
    }

    /// The scopes and details that nobody need be asked about now.
    pub fn silently(&self, details: &Details) -> (Scopes, Details) {
        let scopes = self.scopes.without(&self.ruling.not_silent());
        (scopes, self.ruling.silent_details(details))
    }
}

/// What of these scopes and details a person's grant still gives: the rules of central consent or policies may have taken some of it, or no longer give what they gave.
///
/// Every door asks this at every use (product s3): what was tightened silences like a revocation.
///
/// What an ancestor was edited down to is not asked here: the doors ask [`allowed`] and [`all_have`] for what they pass in.
pub fn still_given(
    path: &[Grant],
    consent: &[consent::Rule],
    scene: &Scene<'_>,
    scopes: &Scopes,
    details: &Details,
) -> Result<Still, Why> {
    let (client, audience) = (scene.client, scene.audience);
    let user = scene.user.ok_or(Why::UserDisabled)?;
    let judgement = consent::judge(consent, client, user, audience, scopes);
    let by_organisation = path
        .iter()
        .any(|grant| matches!(grant.source, Source::Organisation { .. }));
    let given = if by_organisation {
        judgement.decided
    } else {
        judgement.open.with(&judgement.decided)
    };
    let given = contained(path, &given, scene.place, scene.policy);
    let forbidden = if scopes.is_empty() {
        consent::forbids_the_place(consent, client, user, audience)
    } else {
        given.is_empty()
    };
    if forbidden {
        return Err(Why::GrantForbidden);
    }
    let ruling = scene.rule(&given, details);
    let left = given.without(&ruling.forbidden());
    let some_detail = (0..details.len()).any(|place| ruling.permits_detail(place));
    if left.is_empty() && !some_detail && !ruling.permits() {
        return Err(ruling.refusal(Refused::Standing).under(path));
    }
    Ok(Still { scopes: left, ruling })
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
    /// It is edited down: the epoch that the decision saw rises, so that whatever relied on the authority of then is lost and looks again.
    Narrow(Box<Narrowed>),
}

/// A grant that is edited down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowed {
    /// Which.
    pub id: GrantId,
    /// The epoch the decision saw.
    pub from_epoch: i64,
    /// What is left of its authority.
    pub authority: Authority,
    /// On what terms that counts.
    pub terms: Terms,
}

impl Narrowed {
    /// The grant afterwards.
    #[must_use]
    pub fn after(&self, before: &Grant) -> Grant {
        Grant {
            authority: self.authority.clone(),
            terms: self.terms.clone(),
            epoch: self.from_epoch.saturating_add(1),
            ..before.clone()
        }
    }
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

/// The grants along a path that fall when policies refuse something under it for what is unusual.
pub(crate) fn at_risk(path: &[Grant]) -> Vec<GrantId> {
    let falls = |grant: &&Grant| grant.terms.risk && grant.status == Status::Active;
    path.iter().filter(falls).map(|grant| grant.id.clone()).collect()
}

/// What a refusal takes back: see [`Terms::risk`].
pub(crate) fn fallen(why: &Why, caller: &Caller, at: &Moment) -> (Vec<crate::Write>, Vec<Event>) {
    let fallen = why.forbidden().map(Forbidden::fallen).unwrap_or_default();
    fallen
        .iter()
        .map(|id| {
            let write = crate::Write::Grant(Write::EnsureRevoked {
                id: id.clone(),
                at: at.now,
            });
            let event = Event::new(EventKind::GrantRevoked, caller, at)
                .about(id.as_str())
                .with("because", "risk");
            (write, event)
        })
        .unzip()
}

#[cfg(test)]
mod tests;
