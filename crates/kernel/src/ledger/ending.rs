//! How bookings end.

use proof::{Time, json::Object};

use super::{End, Entry, Finish, Guard as LedgerGuard, Kind, Return, ReturnAmount, Write as LedgerWrite, rules::live};
use crate::{
    authority::Audience,
    caller::{Caller, Who},
    capability::CapabilityName,
    client::Client,
    decision::{Change, Decision, Guard, Reply, Write},
    event::{Event, EventKind},
    grant::{self, Grant, Subject},
    moment::Moment,
    policy::{Policy, Scene},
    token,
    user::User,
    why::Why,
};

/// What was loaded for the end of a booking.
#[derive(Debug)]
pub struct Closing {
    /// The booking, if there is one of that id.
    pub booked: Option<Entry>,
    /// Its end, if it has one.
    pub end: Option<Entry>,
    /// The grant of its token, with its path to the root; empty when there is no booking.
    pub path: Vec<Grant>,
    /// Who used it, and by what, as they are now.
    pub user: Using,
}

/// Who uses what was booked, and by what.
#[derive(Debug, Default)]
pub struct Using {
    /// The client.
    pub client: Option<Client>,
    /// The person it acts for, if it acts for one.
    pub person: Option<User>,
    /// The token.
    pub token: Option<token::Record>,
    /// The tenant's policies, with what clients are denied.
    pub policy: Option<Policy>,
    /// When these policies were applied; nothing for those that every tenant begins with.
    pub applied: Option<Time>,
    /// The tenant's issuer: the place of tokens for our own endpoints.
    pub issuer: String,
}

impl Using {
    /// Whether whoever it is may still use it: nobody disabled the client or the person, nobody took the token back, and no grant denies the client this.
    fn may_still(&self, booked: &Entry, subject: Option<&Subject>, now: Time) -> bool {
        let client = self.client.as_ref().is_some_and(|client| client.disabled.is_none());
        let person = match subject {
            Some(Subject::User(id)) => {
                let person = self.person.as_ref();
                person.is_some_and(|person| person.id == *id && person.disabled.is_none())
            }
            Some(Subject::Nobody) | None => true,
        };
        let place = self.token.as_ref().map(|token| &token.audience);
        let taken_back = self.token.as_ref().is_some_and(|token| token.revoked.is_some());
        let policy = self.policy.as_ref();
        let denied = policy.is_some_and(|policy| {
            policy
                .denied_by(&booked.client, place, &booked.capability, now)
                .is_some()
        });
        client && person && !taken_back && !denied && self.still_permitted(booked, now)
    }

    /// Whether policies that were applied since it was reserved permit it, whatever was asked with it: the input of then is not kept, so a policy that looks at one cannot say yes.
    fn still_permitted(&self, booked: &Entry, now: Time) -> bool {
        if self.applied.is_none_or(|applied| applied < booked.at) {
            return true;
        }
        let (Some(policy), Some(client), Some(token)) = (&self.policy, &self.client, &self.token) else {
            return false;
        };
        let Some(capability) = policy.capability(booked.capability.as_str()) else {
            return false;
        };
        let place = match &token.audience {
            Audience::Resource(uri) => uri.as_str(),
            Audience::Issuer => &self.issuer,
        };
        let scene = Scene {
            policy,
            client,
            user: self.person.as_ref(),
            audience: &token.audience,
            place,
            now,
        };
        scene.rule_unseen(capability).permits()
    }
}

/// Ends a booking as its resource asks for.
pub fn close(finish: &Finish, caller: &Caller, facts: &Closing, at: &Moment) -> Decision {
    closed(finish, caller, facts, at).unwrap_or_else(|why| {
        let event = Event::refused(&why, caller, at).about(finish.id.as_str());
        Decision::refuse(why, Vec::new(), vec![event])
    })
}

fn closed(finish: &Finish, caller: &Caller, facts: &Closing, at: &Moment) -> Result<Decision, Why> {
    let Who::PureMachine(machine) = &caller.who else {
        return Err(Why::CredentialsMissing);
    };
    // Unknown and another's look the same.
    let booked = facts
        .booked
        .as_ref()
        .filter(|booked| booked.by == machine.client.id && booked.kind.is_open())
        .ok_or(Why::Absent("booking"))?;
    let (kind, used) = match finish.end {
        End::Settle(units) => (Kind::Settle, units.unwrap_or(booked.units)),
        End::Void => (Kind::Void, 0),
    };
    if used > booked.units {
        return Err(Why::SettledBeyond);
    }
    if let Some(end) = &facts.end {
        return if end.kind == kind && end.units == used {
            let event = Event::new(EventKind::LedgerEnded, caller, at)
                .about(booked.id.as_str())
                .with("repeated", true);
            let change = Change {
                events: vec![event],
                ..Change::default()
            };
            Ok(Decision::issue(Reply::Document(ended(booked, end)), Vec::new(), change))
        } else {
            Err(Why::BookingEnded)
        };
    }
    if booked.is_over(at.now) {
        return Err(Why::BookingEnded); // whether it was swept yet or not
    }
    // What was reserved is used now, by a grant that lives: what was taken back meanwhile is silent (product s1). A lease was used before it is settled, and is told in any case.
    let mut guards = Vec::new();
    if booked.kind == Kind::Reserve && used > 0 {
        let subject = facts.path.first().map(|grant| &grant.subject);
        let gives = grant::lives(&facts.path, at.now) && says_still(&facts.path, &booked.capability);
        if !gives || !facts.user.may_still(booked, subject, at.now) {
            return Err(Why::BookingSilenced);
        }
        guards = live(&facts.path);
    }
    let (end, sure) = end_of(booked, kind, used, at.now);
    let event = Event::new(EventKind::LedgerEnded, caller, at)
        .about(booked.id.as_str())
        .with("kind", kind.name())
        .with("units", used)
        .with("grant", booked.grant.as_str());
    let document = ended(booked, &end);
    guards.push(Guard::Ledger(LedgerGuard::Append(Box::new(end))));
    let change = Change {
        guards,
        sure,
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Document(document), Vec::new(), change))
}

/// Whether every grant that says anything of capabilities still has a power for this one: an edit may have taken it away.
fn says_still(path: &[Grant], capability: &CapabilityName) -> bool {
    let mut powers = path.iter().map(|node| node.authority.powers());
    powers.all(|powers| powers.is_empty() || powers.of(capability).next().is_some())
}

/// The change by which a booking ends by itself, when its time has come: what was reserved goes back, what was leased counts as used.
pub fn expire(booked: &Entry, caller: &Caller, at: &Moment) -> Option<Change> {
    if !booked.is_over(at.now) || !booked.kind.is_open() {
        return None;
    }
    let used = if booked.kind == Kind::Lease { booked.units } else { 0 };
    let (end, sure) = end_of(booked, Kind::Expire, used, at.now);
    let event = Event::new(EventKind::LedgerEnded, caller, at);
    let id = format!("{}.{}", event.id, booked.id);
    let event = Event { id, ..event }
        .about(booked.id.as_str())
        .with("kind", Kind::Expire.name())
        .with("units", used)
        .with("grant", booked.grant.as_str());
    Some(Change {
        guards: vec![Guard::Ledger(LedgerGuard::Append(Box::new(end)))],
        sure,
        events: vec![event],
        ..Change::default()
    })
}

/// The entry of an end, and what goes back. Money of a booking that is used in part goes back in the same part, rounded so that more counts as spent.
fn end_of(booked: &Entry, kind: Kind, used: u32, now: Time) -> (Entry, Vec<Write>) {
    let spent = booked.amount.as_ref().map(|money| money.share(used, booked.units));
    let back = i64::from(booked.units.saturating_sub(used));
    let mut returns = Vec::new();
    for debit in booked.budgets.iter().filter(|_| back > 0) {
        returns.push(Write::Ledger(LedgerWrite::Return(Box::new(Return {
            budget: debit.budget.clone(),
            units: back,
            charged: booked.at,
        }))));
        if let (Some(currency), Some(money), Some(spent)) = (&debit.currency, &booked.amount, &spent) {
            let value = money
                .value()
                .ten_thousandths()
                .saturating_sub(spent.value().ten_thousandths());
            if value > 0 {
                returns.push(Write::Ledger(LedgerWrite::ReturnAmount(Box::new(ReturnAmount {
                    budget: debit.budget.clone(),
                    currency: currency.clone(),
                    value,
                    charged: booked.at,
                }))));
            }
        }
    }
    let end = Entry {
        id: booked.end_id(),
        kind,
        units: used,
        amount: spent,
        at: now,
        expires: None,
        ..booked.clone()
    };
    (end, returns)
}

fn ended(booked: &Entry, end: &Entry) -> Object {
    let mut o = Object::new();
    o.insert("id".to_owned(), booked.id.as_str().into());
    o.insert("kind".to_owned(), end.kind.name().into());
    o.insert("units".to_owned(), end.units.into());
    if let Some(money) = &end.amount {
        o.insert("amount".to_owned(), money.document());
    }
    o
}
