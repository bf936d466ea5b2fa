//! The approval machine: a question to people and its answer, one machine for every door that must wait for a human (product s1).
//!
//! ```text
//!              ask back             a yes that is not the last
//!  Asked ◄──────────────► Clarifying      ┌───────────┐
//!    │  clarify (answered)      ▲         ▼           │
//!    ├──────────────────────────┼── PartlyApproved ───┤
//!    │   the last yes           └─────────┤           │
//!    ├────────────────────► Approved ◄────┘           │
//!    │                         │ redeem               │
//!    │  deny, cancel, expire   ├────► Redeemed        │  deny, cancel, expire
//!    └──► Denied               │                      └──► Denied
//!         Cancelled  ◄─────────┘ cancel, expire            Cancelled
//!         Expired                                          Expired
//! ```
//!
//! An approval is evidence, not a flag: it binds who was asked, by whom, for exactly what (the hash of the canonical payload, S-30), how strongly they proved themselves
//! and when. It is fetched once: each transition expects the epoch that was read, and the database lets one writer through.
//!
//! Skins: the device grant (`device_authorization`, `device_code`) and Deferred Token Response (`deferred`). A skin is a way to ask and a way to fetch; the page that
//! answers is one for all. Access requests of the policy decision point (`access_request`) ask by it too; their answer is evidence, and nothing is fetched. A further skin is a variant of [`Door`], a folder that asks with [`ask`], and a poll with [`poll`].
//!
//! Asking back (`Clarifying`) has no door yet: it stands in the machine, its rows and its tests, for the skins whose machines can answer.
//!
//! What exactly is asked may stand in `authorization_details` (RFC 9396), by every door: checked and shown as at the authorization endpoint, each refusable by the person
//! whose own question it is.
//!
//! Where policies or the capability demand a passkey, the yes is its signature over what was shown ([`challenge`]), kept in the audit log as it was made.
//!
//! Not covered: approving with limits, notifications; their issues come.

mod answer;
mod ask;
mod fetch;
mod handle;
mod panel;
mod row;
mod signed;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use answer::cancelled;
pub use answer::{Facts, GIVEN_TO_MACHINE_SECONDS, Open, Said, View, answer, seen, view};
pub(crate) use ask::{Asking, ask, own_or_known};
pub use fetch::{Facts as Pending, poller};
pub(crate) use fetch::{poll, waiting};
pub use handle::{Handle, UserCode};
pub use panel::Panel;
pub use signed::{Signature, Signed, challenge};
pub use state::{Gift, State, Unfit, Yes};

use std::{borrow::Cow, collections::BTreeSet};

use proof::{Time, digest, json};

use crate::{
    access_request,
    authority::{Audience, Scopes},
    capability::Strength,
    confirmation::Confirmation,
    detail::Details,
    id::{ApprovalId, ClientId, GrantId, GroupId, UserId},
    policy::{Approvers, Ruling, Verdict},
    why::{Refused, Why},
};

/// How long the row of an approval is kept, in seconds: so long administrators and the people who answered see it. The audit log keeps the answer for ever.
pub const KEPT_SECONDS: i64 = 30 * 86_400;
/// How long a question that nobody took up is kept, in seconds: a code that no person ever typed.
pub const UNCLAIMED_SECONDS: i64 = 3_600;
/// How far back the limits look, in seconds.
pub const LIMITS_LOOK_BACK_SECONDS: i64 = 86_400;
/// How often a client may ask for the answer at first, in seconds (RFC 8628 s3.2: five when nothing is said).
pub const INTERVAL_SECONDS: i64 = 5;
/// What every answer that came too soon adds to it, for good, in seconds (RFC 8628 s3.5).
pub const SLOW_DOWN_SECONDS: i64 = 5;
/// The longest message of a machine, in characters: what a person reads in ten seconds.
pub const MESSAGE_CHARS_MAX: usize = 200;

/// By which door the question came, and where its answer is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// The device grant (RFC 8628).
    Device,
    /// Deferred Token Response: the token request that could not be answered at once.
    Deferred(Origin),
    /// A question to the policy decision point, to which a human must say yes ([`crate::access_request`]).
    AccessRequest,
}

/// The token request that was deferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A machine asked for itself.
    ClientCredentials,
    /// A line of refresh tokens asked for more than was granted.
    RefreshToken {
        /// The authorization that it refreshes: when it dies, so does the question.
        authorization: GrantId,
    },
}

impl Door {
    /// The name in rows, documents and payloads.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Deferred(Origin::ClientCredentials) => "deferred client_credentials",
            Self::Deferred(Origin::RefreshToken { .. }) => "deferred refresh_token",
            Self::AccessRequest => "access request",
        }
    }

    /// Whether the answer is fetched where this one's is.
    pub const fn opens_with(&self, skin: Skin) -> bool {
        matches!(
            (self, skin),
            (Self::Device, Skin::Device) | (Self::Deferred(_), Skin::Deferred)
        )
    }
}

/// A way to fetch an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skin {
    /// `urn:ietf:params:oauth:grant-type:device_code`.
    Device,
    /// `urn:ietf:params:oauth:grant-type:deferred`.
    Deferred,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asks {
    /// How strongly the people must prove themselves at least, whatever policies say when they answer.
    pub strength: Strength,
    /// What the machine wants to be able to do.
    pub scopes: Scopes,
    /// What exactly (RFC 9396).
    pub details: Details,
    /// Where.
    pub audience: Audience,
    /// What the machine says it is for: its words, shown as such.
    pub message: Option<String>,
    /// What was asked back, and what the machine answered: its words too.
    pub clarified: Vec<Clarification>,
    /// Whether it is asked because no grant has it, or room for it: then the yes is for this one time.
    pub once: bool,
    /// The question, when it is one about somebody and something, and no authority is asked for.
    pub question: Option<Box<access_request::Asked>>,
}

/// A question back, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clarification {
    /// What a person asked.
    pub question: String,
    /// What the machine said.
    pub answer: String,
}

/// The kind of several groups in rows.
pub const PANEL: &str = "groups";

/// Who may answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Whoever is signed in and types the code: nobody yet.
    WhoeverHasTheCode,
    /// This person.
    Person(UserId),
    /// So many different people of a group or role, or of several.
    Members(Panel),
}

impl Whom {
    /// The name of the kind in rows.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::WhoeverHasTheCode => "code",
            Self::Person(_) => "person",
            Self::Members(panel) if panel.only().is_some() => "members",
            Self::Members(_) => PANEL,
        }
    }

    /// Who, in rows; nobody is empty.
    pub fn who(&self) -> Cow<'_, str> {
        match self {
            Self::WhoeverHasTheCode => "".into(),
            Self::Person(id) => id.as_str().into(),
            Self::Members(panel) => panel.row().into(),
        }
    }

    /// How many different people must say yes.
    pub fn quorum(&self) -> u8 {
        match self {
            Self::WhoeverHasTheCode | Self::Person(_) => 1,
            Self::Members(panel) => panel.seats(),
        }
    }

    /// How many of those who said yes count, at most [`Self::quorum`].
    pub(crate) fn counted(&self, yes: &[Yes]) -> usize {
        match self {
            Self::WhoeverHasTheCode | Self::Person(_) => yes.len().min(1),
            Self::Members(panel) => panel.seated(&of(yes)).values().sum(),
        }
    }

    /// Whether this person may answer.
    pub fn includes(&self, id: &UserId, memberships: &BTreeSet<GroupId>) -> bool {
        match self {
            Self::WhoeverHasTheCode => false,
            Self::Person(person) => person == id,
            Self::Members(panel) => !panel.of_person(memberships).is_empty(),
        }
    }
}

/// A group that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seats<'a> {
    /// Which.
    pub group: &'a GroupId,
    /// How many of it must say yes.
    pub quorum: u8,
    /// How many of it have.
    pub yes: usize,
}

/// The groups, of those that are asked, of which each was a member who said yes.
fn of(yes: &[Yes]) -> Vec<&BTreeSet<GroupId>> {
    yes.iter().map(|yes| &yes.of).collect()
}

impl Approval {
    /// The groups that are asked, in the order of their ids; none where one person is.
    pub fn seats(&self) -> Vec<Seats<'_>> {
        let Whom::Members(panel) = &self.whom else {
            return Vec::new();
        };
        let seated = panel.seated(&of(self.state.yes()));
        let seats = panel.iter().map(|(group, quorum)| Seats {
            group,
            quorum,
            yes: seated.get(group).copied().unwrap_or_default(),
        });
        seats.collect()
    }

    /// Whether it asks these approvers, and as many of them at least.
    fn asks_for(&self, demanded: &Approvers) -> bool {
        match &self.whom {
            Whom::Members(panel) => panel.covers(demanded),
            Whom::WhoeverHasTheCode | Whom::Person(_) => false,
        }
    }

    /// How strongly a yes is proved: as policies say now, and at least as it was asked.
    pub(crate) fn strength(&self, now: Strength) -> Strength {
        now.max(self.asks.strength)
    }

    /// Whether enough of those who are asked have said yes.
    fn is_complete(&self) -> bool {
        self.whom.counted(self.state.yes()) >= usize::from(self.whom.quorum())
    }

    /// Whether a passkey signed each yes.
    fn is_signed(&self) -> bool {
        self.state.yes().iter().all(|yes| yes.signed_by.is_some())
    }

    /// Whether those were asked whom a verdict demands, by so many at least, and each yes is as strong as that.
    pub(crate) fn is_enough(&self, verdict: &Verdict, strength: Strength) -> bool {
        let asked = verdict.demands.approvers.iter().all(|demanded| self.asks_for(demanded));
        asked && self.is_complete() && (self.strength(strength) < Strength::Biometric || self.is_signed())
    }

    /// Whether what people said is enough for what policies demand of it now: that all of it is allowed, that the group was asked whom they name, by so many at least, and that
    /// a passkey signed each yes where that is demanded.
    pub(crate) fn suffices(&self, ruling: &Ruling) -> Result<(), Why> {
        if !ruling.permits() {
            return Err(ruling.refusal(Refused::Standing));
        }
        if !ruling
            .demands()
            .approvers
            .iter()
            .all(|demanded| self.asks_for(demanded))
        {
            return Err(Why::ApproversDemanded);
        }
        if !self.is_complete() {
            return Err(Why::YesFallen);
        }
        if self.strength(ruling.strength()) >= Strength::Biometric && !self.is_signed() {
            return Err(Why::HumanDemanded(Refused::Standing));
        }
        Ok(())
    }
}

/// The places that a question takes while it waits: one of a client's few, and one of all that somebody may be asked at once. The table has no two questions in one
/// place, so the limits hold whoever races (S-29).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Among the client's.
    pub of_client: i64,
    /// Among everybody's.
    pub of_whom: i64,
}

/// A question to people and its answer, as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its id, in the order of time. It may be spoken of: it opens nothing by itself.
    pub id: ApprovalId,
    /// By which door it came.
    pub door: Door,
    /// Who asks.
    pub client: ClientId,
    /// The key that was proved when it was asked: only its holder fetches the answer (S-17).
    pub key: Option<Confirmation>,
    /// What is asked.
    pub asks: Asks,
    /// The hash of its canonical payload ([`Self::payload`]): an answer is to this and to nothing else (S-30).
    pub payload_hash: String,
    /// Who may answer.
    pub whom: Whom,
    /// Where it stands.
    pub state: State,
    /// The places it takes while it waits; none for what somebody must come for by themselves.
    pub places: Option<Places>,
    /// What the code that a person types is found by, if there is one.
    pub user_code_digest: Option<String>,
    /// How long the client waits between two polls, in seconds. It only grows.
    pub interval_seconds: i64,
    /// From which address it was started, as far as we saw.
    pub started_from: Option<String>,
    /// As what it was submitted, if its client may submit it again and wants the same.
    pub submitted_as: Option<access_request::SubmittedAs>,
    /// When it can no longer be answered or fetched.
    pub expires: Time,
    /// When it was asked.
    pub created: Time,
    /// Rises with every transition; whoever relied on the row expects the value they saw.
    pub epoch: i64,
}

impl Approval {
    /// What is asked, by whom, by which door, as canonical JSON (RFC 8785: members in order, no white space). Who is asked is not part of it: the same question may go to
    /// several people, and a code has no person until somebody types it.
    pub fn payload(client: &ClientId, door: &Door, asks: &Asks) -> String {
        let mut payload = json::Object::new();
        payload.insert("audience".to_owned(), asks.audience.as_row().into());
        if !asks.details.is_empty() {
            payload.insert("authorization_details".to_owned(), asks.details.value());
        }
        payload.insert("client_id".to_owned(), client.as_str().into());
        payload.insert("door".to_owned(), door.name().into());
        if let Some(question) = &asks.question {
            payload.insert("question".to_owned(), question.document().into());
        }
        payload.insert("scope".to_owned(), asks.scopes.joined().into());
        if asks.once {
            payload.insert("once".to_owned(), true.into());
        }
        if asks.strength > Strength::None {
            payload.insert("strength".to_owned(), asks.strength.name().into());
        }
        asks.write_words(&mut payload);
        json::canonical(&payload.into())
    }

    /// The hash of a payload.
    pub fn hash(client: &ClientId, door: &Door, asks: &Asks) -> String {
        digest::sha256_b64(Self::payload(client, door, asks).as_bytes())
    }

    /// The approval as it is at this time: one whose time is over has expired, whether or not its row was told.
    #[must_use]
    pub fn as_of(self, now: Time) -> Self {
        if self.expires > now {
            return self;
        }
        let at = self.expires;
        self.clone().expire(at).unwrap_or(self)
    }

    /// What makes two questions that wait the same: who is asked by whom, with which key, for what.
    pub fn twin(&self) -> String {
        let key = self.key.as_ref().map(Confirmation::as_row).unwrap_or_default();
        let text = format!(
            "{}\0{}\0{}\0{key}\0{}",
            self.whom.kind(),
            self.whom.who(),
            self.client,
            self.payload_hash
        );
        digest::sha256_b64(text.as_bytes())
    }
}

/// What a change may do to an approval, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is new: no question like it waits, and its places are free.
    Create(Box<Approval>),
    /// It goes on to this: its epoch is still the one before.
    Advance(Box<Approval>),
    /// Its time is over, and it leaves its places to the question that is created after it: nobody else has told it so.
    Expire {
        /// Which.
        id: ApprovalId,
        /// When it was over.
        at: Time,
        /// Who had said yes.
        yes: Vec<Yes>,
    },
}

/// What a change does to an approval whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Its client waits longer between polls from now on.
    SlowDown {
        /// Which.
        id: ApprovalId,
        /// How long, in seconds.
        interval_seconds: i64,
    },
}
