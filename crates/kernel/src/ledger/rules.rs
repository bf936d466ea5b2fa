//! Whether something may be booked.

use std::{collections::BTreeMap, sync::Arc};

use proof::{digest, json::Object};
use serde_json::{Value, json};

use super::{
    Budget, BudgetId, Entry, Guard as LedgerGuard, Request,
    charge::{Booking, Charged, along, budgets_of, charges, left, row_of_token},
};
use crate::{
    authority::{Audience, Scopes},
    caller::{Caller, Who},
    capability::{Capability, CapabilityName},
    client::Client,
    decision::{Change, Decision, Guard, Reply},
    detail::Detail,
    event::{Event, EventKind},
    grant::{self, Grant, Source},
    id::GrantId,
    introspection::{self, Known},
    moment::Moment,
    policy::{Ruling, Scene, input_of},
    power::{Constraints, Exceeded, Limits, Money},
    why::{Refused, Why},
};

/// What was loaded for a booking.
#[derive(Debug)]
pub struct Facts {
    /// The token and what it hangs on, if it is one of ours.
    pub known: Option<Arc<Known>>,
    /// The rows that [`rows_of`] names, as far as they were charged.
    pub budgets: BTreeMap<BudgetId, Budget>,
    /// The booking of this key, if there is one.
    pub booked: Option<Entry>,
    /// Whether that has an end.
    pub ended: bool,
    /// What the capability's schema makes of the input.
    pub fits: Result<(), String>,
}

/// The rows that a booking could charge: those of the powers along the path, and those of a token for exactly this.
pub fn rows_of(known: &Known, request: &Request) -> Vec<BudgetId> {
    let mut rows = budgets_of(Some(&known.record), &known.path, &request.capability);
    if let Some(exactly) = Exactly::of(known, request) {
        rows.extend([exactly.issued, exactly.once, exactly.in_all]);
    }
    rows
}

/// Decides a booking.
pub fn decide(request: &Request, caller: &Caller, facts: &Facts, at: &Moment) -> Decision {
    consider(request, caller, facts, at).unwrap_or_else(|why| {
        let event = Event::refused(&why, caller, at).with("capability", request.capability.as_str());
        let event = match &facts.known {
            Some(known) => event.about(known.record.id.as_str()),
            None => event,
        };
        let (sure, mut events) = grant::fallen(&why, caller, at);
        events.insert(0, event);
        Decision::refuse(why, sure, events)
    })
}

/// The answer of then, for the same booking.
fn again(booked: &Entry, ended: bool, request: &Request, caller: &Caller, at: &Moment) -> Result<Decision, Why> {
    if booked.digest != request.digest() {
        return Err(Why::KeyReused);
    }
    let over = booked.expires.is_some_and(|end| end <= at.now);
    if booked.kind.is_open() && (over || ended) {
        return Err(Why::BookingEnded); // what was given back is nobody's to use
    }
    let event = Event::new(EventKind::LedgerBooked, caller, at)
        .about(booked.id.as_str())
        .with("repeated", true);
    let change = Change {
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Document(told(booked, None)), Vec::new(), change))
}

/// What policies say of this use; what they do not allow, or cannot be asked, is refused before what else the token says.
fn judged(
    known: &Known,
    client: &Client,
    capability: &Capability,
    request: &Request,
    facts: &Facts,
    at: &Moment,
) -> Result<Ruling, Why> {
    facts.fits.clone().map_err(Why::InputUnfit)?;
    let ruling = scene(known, client, at).rule_one(capability, &request.input);
    if let Some(what) = ruling.unfit() {
        return Err(Why::InputUnfit(what.to_owned()));
    }
    if !ruling.permits() {
        return Err(ruling.refusal(Refused::Question).under(&known.path));
    }
    Ok(ruling)
}

fn consider(request: &Request, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    // 1. A resource, by a credential of its own.
    let Who::PureMachine(machine) = &caller.who else {
        return Err(Why::CredentialsMissing);
    };
    let resource = &machine.client;

    // 2. The same booking once more: the answer of then, also when the token has ended meanwhile. Another one under this key is a mistake.
    if let Some(booked) = &facts.booked {
        return again(booked, facts.ended, request, caller, at);
    }

    // 3. A token that counts and is meant for it (RFC 7662 s4: unknown and another's look the same), and reaches this capability.
    let known = facts
        .known
        .as_deref()
        .filter(|known| introspection::may_know(resource, known) && introspection::lives(known, at))
        .ok_or(Why::PresentedUnknown)?;
    let (client, capability) = reached(known, request)?;

    // 4. The input is one, and policies allow it: without asking anybody, or after a human said yes to exactly this. Such a yes is for one use.
    let ruling = judged(known, client, capability, request, facts, at)?;
    if !introspection::counts(known, at) {
        return Err(Why::PresentedUnknown);
    }
    let exactly = Exactly::of(known, request);
    let with_room = |budget: &BudgetId, uses: i64| {
        let before = facts.budgets.get(budget).cloned().unwrap_or_default();
        let limits = Limits::of_executions(uses);
        let room = limits.room(&before.used, request.units, None, at.now);
        room.is_ok().then(|| Charged {
            budget: budget.clone(),
            limits,
            constraints: Constraints::default(),
            before,
        })
    };
    let mut charged = Vec::new();
    let by_detail_alone = !reaches_besides(known, &request.capability);
    if !ruling.is_silent() || (is_by_people(known) && by_detail_alone) {
        let yes = exactly.as_ref().ok_or(Why::ApprovalRequired)?;
        for (row, uses) in [(&yes.once, 1), (&yes.in_all, yes.granted)] {
            charged.push(with_room(row, uses).ok_or(Why::ApprovalRequired)?);
        }
    }

    // 5. Constraints and limits, along the whole path. One use of what a token is for was booked when it was issued: that one has its own row, and only what limits the token itself is charged.
    let money = Money::of_input(&request.input)
        .transpose()
        .map_err(|_| Why::AmountMalformed)?;
    let asked = Booking {
        kind: request.kind,
        capability: &request.capability,
        input: &request.input,
        units: request.units,
        money: money.as_ref(),
    };
    let issued = exactly.as_ref().and_then(|exactly| with_room(&exactly.issued, 1));
    if issued.is_none() && by_detail_alone {
        let limit = Exceeded::Executions; // a detail is one use, and nothing else lets the token do it again
        return Err(Why::LimitExceeded { limit, seconds: None });
    }
    let path: &[Grant] = if issued.is_some() { &[] } else { &known.path };
    let by_powers = along(Some(&known.record), path, &asked, &facts.budgets, at.now)?;
    charged.extend(issued);
    let left = left(&by_powers, &asked, at.now);
    charged.extend(by_powers);

    // 6. The entry, the charges, and what they relied on.
    let entry = Entry {
        id: request.booking(&resource.id),
        kind: request.kind,
        grant: known.record.grant.clone(),
        capability: request.capability.clone(),
        units: request.units,
        amount: money.clone(),
        budgets: charged.iter().map(|one| one.debit(&asked)).collect(),
        client: client.id.clone(),
        by: resource.id.clone(),
        token: Some(known.record.id.clone()),
        digest: request.digest(),
        at: at.now,
        expires: request.kind.is_open().then(|| at.now.plus(request.lifetime_seconds)),
    };
    let document = told(&entry, Some(&left));
    let event = ruling.on(Event::new(EventKind::LedgerBooked, caller, at)
        .about(entry.id.as_str())
        .with("kind", entry.kind.name())
        .with("capability", entry.capability.as_str())
        .with("units", entry.units)
        .with("grant", entry.grant.as_str())
        .with("client", entry.client.as_str())
        .with("token", known.record.id.as_str()));
    let event = match &money {
        Some(money) => event.with("amount", money.document()),
        None => event,
    };
    let mut guards = live(&known.path);
    guards.push(known.rules.policy.relied_on());
    guards.extend(charges(&charged, &asked, at.now));
    guards.push(Guard::Ledger(LedgerGuard::Append(Box::new(entry))));
    let change = Change {
        guards,
        touches: ruling.noted().collect(),
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Document(document), Vec::new(), change))
}

/// Whether people gave what the token is projected from, by an approval.
fn is_by_people(known: &Known) -> bool {
    let leaf = known.path.first();
    leaf.is_some_and(|leaf| matches!(leaf.source, Source::Approval(_)))
}

/// That every grant of a path is what was seen.
pub(super) fn live(path: &[Grant]) -> Vec<Guard> {
    let one = |node: &Grant| {
        Guard::Grant(grant::Guard::Live {
            id: node.id.clone(),
            epoch: node.epoch,
        })
    };
    path.iter().map(one).collect()
}

/// Whether a token reaches a capability: by a scope that stands for it, by a detail that is exactly this (a yes to 50 is none to 5,000), or by powers of every grant of the path. Where scopes
/// stand for it, powers alone are not enough: a token that was asked for with less reaches less. And a child's power alone says nothing: it may be a limit to what a scope gives.
fn reached<'k>(known: &'k Known, request: &Request) -> Result<(&'k Client, &'k Capability), Why> {
    let name = &request.capability;
    let client = known.client.as_ref().ok_or(Why::PresentedUnknown)?;
    let policy = &known.rules.policy;
    let capability = policy.capability(name.as_str()).ok_or(Why::CapabilityUnknown)?;
    if reaches_besides(known, name) || detail_of(known, name, &request.input).is_some() {
        Ok((client, capability))
    } else {
        Err(Why::CapabilityNotGranted)
    }
}

/// Whether it reaches a capability by more than a detail: by a scope, or by powers.
fn reaches_besides(known: &Known, name: &CapabilityName) -> bool {
    let policy = &known.rules.policy;
    let place = place(known);
    let scopes = Scopes::parse(&known.record.scope).unwrap_or_default();
    let by_scope = scopes
        .iter()
        .any(|scope| policy.named_by(scope, place).is_some_and(|named| named.name == *name));
    let alone = policy
        .capability(name.as_str())
        .is_some_and(|known| known.scopes.is_empty());
    let has = |node: &Grant| node.authority.powers().of(name).next().is_some();
    by_scope || (alone && !known.path.is_empty() && known.path.iter().all(has))
}

/// The detail of the token that is exactly this.
fn detail_of(known: &Known, name: &CapabilityName, input: &Object) -> Option<Detail> {
    let details = Known::details(&known.token).unwrap_or_default();
    let mut named = details.iter().filter(|detail| detail.kind().as_str() == name.as_str());
    named.find(|detail| input_of(detail) == *input).cloned()
}

/// A token for exactly this, and its rows. The use was booked when the token was issued; it is done once by that token. Where a human said yes to it, it is also done once by whatever tokens
/// come of that yes, and no more is done than was said yes to, also where tokens name less of it, now this part and now that (one purchase never becomes two).
struct Exactly {
    /// Of the token.
    issued: BudgetId,
    /// Of the grant, for exactly this.
    once: BudgetId,
    /// Of the grant, for everything of the kind.
    in_all: BudgetId,
    /// How much of the kind was granted.
    granted: i64,
}

impl Exactly {
    fn of(known: &Known, request: &Request) -> Option<Self> {
        let detail = detail_of(known, &request.capability, &request.input)?;
        let leaf = known.path.first()?;
        let granted = leaf.authority.details().iter();
        let same_kind = granted.filter(|granted| granted.kind() == detail.kind()).count();
        let row = |grant: &GrantId, place: u32| BudgetId {
            grant: grant.clone(),
            capability: request.capability.clone(),
            place,
        };
        let digest = digest::sha256(detail.text().as_bytes());
        let named = digest
            .iter()
            .take(4)
            .fold(0, |sum: u32, byte| (sum << 8) | u32::from(*byte));
        let named = (named | OF_A_DETAIL) & !1;
        Some(Self {
            issued: row(&row_of_token(&known.record)?, named),
            once: row(&leaf.id, named),
            in_all: row(&leaf.id, OF_A_KIND),
            granted: i64::try_from(same_kind).unwrap_or(0),
        })
    }
}

/// Where the row of all details of a kind stands: behind every power, and beside every single detail, whose place is even.
const OF_A_KIND: u32 = u32::MAX;
/// Where rows of single details begin.
const OF_A_DETAIL: u32 = 1 << 31;

fn place(known: &Known) -> &str {
    match &known.record.audience {
        Audience::Resource(uri) => uri.as_str(),
        Audience::Issuer => known
            .token
            .claims
            .get("iss")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    }
}

fn scene<'k>(known: &'k Known, client: &'k Client, at: &Moment) -> Scene<'k> {
    Scene {
        policy: &known.rules.policy,
        client,
        user: known.user.as_ref(),
        audience: &known.record.audience,
        place: place(known),
        now: at.now,
    }
}

/// A booking as a document.
fn told(entry: &Entry, left: Option<&Object>) -> Object {
    let mut o = Object::new();
    o.insert("id".to_owned(), entry.id.as_str().into());
    o.insert("kind".to_owned(), entry.kind.name().into());
    o.insert("capability".to_owned(), entry.capability.as_str().into());
    o.insert("units".to_owned(), entry.units.into());
    if let Some(money) = &entry.amount {
        o.insert("amount".to_owned(), money.document());
    }
    if let Some(expires) = entry.expires {
        o.insert("expires_at".to_owned(), expires.unix().into());
    }
    match left {
        None => o.insert("repeated".to_owned(), true.into()),
        Some(left) => {
            let mut left = left.clone();
            if let (Some(value), Some(money)) = (left.get_mut("amount"), &entry.amount) {
                *value = json!({ "value": value.take(), "currency": money.currency().as_str() });
            }
            o.insert("remaining".to_owned(), Value::Object(left))
        }
    };
    o
}
