//! Where an approval stands, and how it goes on: pure transitions, each from the states that admit it.

use std::collections::BTreeSet;

use proof::Time;

use super::{Approval, Clarification, Whom};
use crate::{
    authority::Scopes,
    authorization::Given,
    browser_session::Presence,
    capability::Strength,
    detail::Details,
    id::{GrantId, GroupId, PasskeyId, UserId},
    user::User,
};

/// Where an approval stands, with what is true there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has answered.
    Asked,
    /// Somebody asked back, and the machine has not answered. A yes from before does not stand: it was said without that answer.
    Clarifying {
        /// Who.
        by: UserId,
        /// What.
        question: String,
        /// When.
        at: Time,
    },
    /// Some said yes, and more must.
    PartlyApproved {
        /// Who did, in order.
        yes: Vec<Yes>,
    },
    /// Enough said yes; nobody has fetched it.
    Approved {
        /// Who did, in order.
        yes: Vec<Yes>,
        /// The grant that is theirs to give.
        gift: Gift,
        /// When the last one did.
        at: Time,
    },
    /// Somebody said no.
    Denied {
        /// Who said yes before, in order: evidence too.
        yes: Vec<Yes>,
        /// Who.
        by: UserId,
        /// How they proved themselves.
        presence: Presence,
        /// When.
        at: Time,
    },
    /// Who asked, or an administrator, took it back.
    Cancelled {
        /// Who had said yes, in order.
        yes: Vec<Yes>,
        /// When.
        at: Time,
    },
    /// Nobody answered or fetched it in time.
    Expired {
        /// Who had said yes, in order.
        yes: Vec<Yes>,
        /// When its time was over.
        at: Time,
    },
    /// It was fetched.
    Redeemed {
        /// Who had said yes, in order.
        yes: Vec<Yes>,
        /// The grant that the tokens hang on.
        grant: GrantId,
        /// When.
        at: Time,
    },
}

/// That somebody said yes: who, to what, how they proved themselves, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yes {
    /// Who.
    pub by: UserId,
    /// To what of it.
    pub scopes: Scopes,
    /// To what exactly.
    pub details: Details,
    /// The hash of the payload they were shown.
    pub payload_hash: String,
    /// How they proved themselves.
    pub presence: Presence,
    /// The passkey that signed it, if one did: a sign-in by one, however fresh, is no yes.
    pub signed_by: Option<PasskeyId>,
    /// Of which groups, of those that are asked, they were a member.
    pub of: BTreeSet<GroupId>,
    /// When.
    pub at: Time,
}

/// The grant that a yes gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gift {
    /// One made for this answer.
    New(GrantId),
    /// One that the same person gave before, and that says the same.
    Standing(GrantId),
    /// None: the yes itself is what was asked for.
    Evidence,
}

impl Gift {
    /// Which grant, if it is one.
    pub const fn grant(&self) -> Option<&GrantId> {
        match self {
            Self::New(id) | Self::Standing(id) => Some(id),
            Self::Evidence => None,
        }
    }
}

/// Why a transition is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// There is no way from this state.
    State,
    /// Nobody has typed its code.
    Unclaimed,
    /// Somebody has typed its code.
    Claimed,
    /// They said yes before: a quorum is of different people.
    SaidBefore,
    /// Enough of their groups have said yes: others must.
    Enough,
    /// What they said yes to is not what is asked.
    OtherPayload,
}

impl State {
    /// The name in rows and documents.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Clarifying { .. } => "clarifying",
            Self::PartlyApproved { .. } => "partly_approved",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Cancelled { .. } => "cancelled",
            Self::Expired { .. } => "expired",
            Self::Redeemed { .. } => "redeemed",
        }
    }

    /// Whether people still have to answer.
    pub const fn waits(&self) -> bool {
        matches!(
            self,
            Self::Asked | Self::Clarifying { .. } | Self::PartlyApproved { .. }
        )
    }

    /// Whether nothing comes after it.
    pub const fn is_end(&self) -> bool {
        matches!(
            self,
            Self::Denied { .. } | Self::Cancelled { .. } | Self::Expired { .. } | Self::Redeemed { .. }
        )
    }

    /// When people were done with it; not while it waits.
    pub const fn answered(&self) -> Option<Time> {
        match self {
            Self::Asked | Self::Clarifying { .. } | Self::PartlyApproved { .. } => None,
            Self::Approved { at, .. }
            | Self::Denied { at, .. }
            | Self::Cancelled { at, .. }
            | Self::Expired { at, .. }
            | Self::Redeemed { at, .. } => Some(*at),
        }
    }

    /// Who said yes so far, in order.
    pub fn yes(&self) -> &[Yes] {
        match self {
            Self::PartlyApproved { yes }
            | Self::Approved { yes, .. }
            | Self::Redeemed { yes, .. }
            | Self::Denied { yes, .. }
            | Self::Cancelled { yes, .. }
            | Self::Expired { yes, .. } => yes,
            Self::Asked | Self::Clarifying { .. } => &[],
        }
    }

    /// What everybody who said yes said yes to.
    pub fn agreed(&self) -> Given {
        agreed(self.yes())
    }
}

fn agreed(yes: &[Yes]) -> Given {
    let mut all = yes.iter().map(|yes| Given {
        scopes: yes.scopes.clone(),
        details: yes.details.clone(),
    });
    let first = all.next().unwrap_or_default();
    all.fold(first, |both, given| both.shared_with(&given))
}

impl State {
    /// The same with those yes alone that this keeps, each as it makes of it; the ends stay as they are, for they are what was.
    fn keeping(self, keep: impl Fn(Yes) -> Option<Yes>) -> Self {
        let kept = |yes: Vec<Yes>| yes.into_iter().filter_map(keep).collect::<Vec<_>>();
        match self {
            Self::PartlyApproved { yes } => match kept(yes) {
                none if none.is_empty() => Self::Asked,
                yes => Self::PartlyApproved { yes },
            },
            Self::Approved { yes, gift, at } => Self::Approved {
                yes: kept(yes),
                gift,
                at,
            },
            other @ (Self::Asked
            | Self::Clarifying { .. }
            | Self::Denied { .. }
            | Self::Cancelled { .. }
            | Self::Expired { .. }
            | Self::Redeemed { .. }) => other,
        }
    }
}

impl Approval {
    /// The same with the yes of those alone who may still say it: they are here and enabled, and members of what is asked. Whoever may no more takes their yes along (product s3: a
    /// lost role silences).
    #[must_use]
    pub fn by_people(mut self, people: &[User]) -> Self {
        let whom = &self.whom;
        let still = |yes: Yes| {
            let user = people.iter().find(|user| user.id == yes.by)?;
            let of = match whom {
                Whom::Members(panel) => panel.of_person(&user.memberships),
                Whom::Person(_) | Whom::WhoeverHasTheCode => BTreeSet::new(),
            };
            let may = user.disabled.is_none() && whom.includes(&user.id, &user.memberships);
            may.then_some(Yes { of, ..yes })
        };
        self.state = self.state.keeping(still);
        self
    }

    /// The same with what was said as strongly as it is demanded now; who said yes more weakly can say it anew.
    #[must_use]
    pub(crate) fn by_strength(mut self, strength: Strength) -> Self {
        if strength >= Strength::Biometric {
            self.state = self.state.keeping(|yes| yes.signed_by.is_some().then_some(yes));
        }
        self
    }

    /// Somebody typed the code: from now on it is their question, and nobody else's (S-27).
    pub fn claim(self, by: &UserId) -> Result<Self, Unfit> {
        match (&self.state, &self.whom) {
            (State::Asked, Whom::WhoeverHasTheCode) => {
                let whom = Whom::Person(by.clone());
                Ok(self.on(|approval| approval.whom = whom))
            }
            (State::Asked, Whom::Person(_) | Whom::Members(_)) => Err(Unfit::Claimed),
            (_, _) => Err(Unfit::State),
        }
    }

    /// Somebody asks back before they answer.
    pub fn ask_back(self, by: &UserId, question: &str, at: Time) -> Result<Self, Unfit> {
        self.claimed()?;
        match &self.state {
            State::Asked | State::PartlyApproved { .. } => {
                let state = State::Clarifying {
                    by: by.clone(),
                    question: question.to_owned(),
                    at,
                };
                Ok(self.to(state))
            }
            State::Clarifying { .. } | State::Approved { .. } => Err(Unfit::State),
            State::Denied { .. } | State::Cancelled { .. } | State::Expired { .. } | State::Redeemed { .. } => {
                Err(Unfit::State)
            }
        }
    }

    /// The machine answers what was asked back: the question is another one now, and nobody has said yes to it.
    pub fn clarify(self, answer: &str) -> Result<Self, Unfit> {
        let State::Clarifying { question, .. } = &self.state else {
            return Err(Unfit::State);
        };
        let clarification = Clarification {
            question: question.clone(),
            answer: answer.to_owned(),
        };
        Ok(self.on(|approval| {
            approval.asks.clarified.push(clarification);
            approval.payload_hash = Self::hash(&approval.client, &approval.door, &approval.asks);
            approval.state = State::Asked;
        }))
    }

    /// Somebody says yes. When enough different people have, `give` says which grant that is; it is told what all of them agreed to.
    pub fn approve(self, yes: Yes, give: impl FnOnce(&Given) -> Gift) -> Result<Self, Unfit> {
        self.claimed()?;
        match &self.state {
            State::Asked | State::PartlyApproved { .. } => {}
            State::Clarifying { .. } | State::Approved { .. } => return Err(Unfit::State),
            State::Denied { .. } | State::Cancelled { .. } | State::Expired { .. } | State::Redeemed { .. } => {
                return Err(Unfit::State);
            }
        }
        if yes.payload_hash != self.payload_hash {
            return Err(Unfit::OtherPayload);
        }
        if self.state.yes().iter().any(|before| before.by == yes.by) {
            return Err(Unfit::SaidBefore);
        }
        let at = yes.at;
        let all: Vec<Yes> = self.state.yes().iter().cloned().chain([yes]).collect();
        let counted = self.whom.counted(&all);
        if counted <= self.whom.counted(self.state.yes()) {
            return Err(Unfit::Enough);
        }
        let enough = counted >= usize::from(self.whom.quorum());
        let state = if enough {
            let gift = give(&agreed(&all));
            State::Approved { yes: all, gift, at }
        } else {
            State::PartlyApproved { yes: all }
        };
        Ok(self.to(state))
    }

    /// Somebody says no: one is enough.
    pub fn deny(self, by: &UserId, presence: Presence, at: Time) -> Result<Self, Unfit> {
        self.claimed()?;
        if !self.state.waits() {
            return Err(Unfit::State);
        }
        let (yes, by) = (self.state.yes().to_vec(), by.clone());
        Ok(self.to(State::Denied { yes, by, presence, at }))
    }

    /// Who asked takes it back, or an administrator does: also what was answered and not fetched.
    pub fn cancel(self, at: Time) -> Result<Self, Unfit> {
        if self.state.is_end() {
            return Err(Unfit::State);
        }
        let yes = self.state.yes().to_vec();
        Ok(self.to(State::Cancelled { yes, at }))
    }

    /// Its time is over.
    pub fn expire(self, at: Time) -> Result<Self, Unfit> {
        if self.state.is_end() {
            return Err(Unfit::State);
        }
        let yes = self.state.yes().to_vec();
        Ok(self.to(State::Expired { yes, at }))
    }

    /// It is fetched, once.
    pub fn redeem(self, at: Time) -> Result<Self, Unfit> {
        let State::Approved { yes, gift, .. } = &self.state else {
            return Err(Unfit::State);
        };
        let (yes, grant) = (yes.clone(), gift.grant().ok_or(Unfit::State)?.clone());
        Ok(self.to(State::Redeemed { yes, grant, at }))
    }

    fn claimed(&self) -> Result<(), Unfit> {
        match self.whom {
            Whom::WhoeverHasTheCode => Err(Unfit::Unclaimed),
            Whom::Person(_) | Whom::Members(_) => Ok(()),
        }
    }

    fn to(self, state: State) -> Self {
        self.on(|approval| approval.state = state)
    }

    /// One transition on.
    fn on(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.epoch = self.epoch.saturating_add(1);
        self
    }
}
