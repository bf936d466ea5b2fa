//! What a booking charges along the path, and what is left then.

use std::collections::BTreeMap;

use proof::{Time, json::Object};
use serde_json::Value;

use super::{Budget, BudgetId, Debit, Guard as LedgerGuard, Kind, Spend, SpendAmount};
use crate::{
    capability::CapabilityName,
    decision::Guard,
    grant::Grant,
    id::GrantId,
    power::{Constraints, DataClasses, Decimal, Exceeded, Limits, Money, Powers, Unmet},
    token::Record,
    why::Why,
};

/// The rows of powers that a booking could charge.
pub fn budgets_of(token: Option<&Record>, path: &[Grant], capability: &CapabilityName) -> Vec<BudgetId> {
    nodes(token, path)
        .flat_map(|node| {
            let powers = node.powers.of(capability);
            powers
                .enumerate()
                .map(move |(place, _)| budget_id(&node.id, capability, place))
        })
        .collect()
}

/// Whoever has powers along a path: the token, if it has limits of its own, and its grants.
struct Node<'a> {
    id: GrantId,
    powers: &'a Powers,
}

fn nodes<'a>(token: Option<&'a Record>, path: &'a [Grant]) -> impl Iterator<Item = Node<'a>> {
    let token = token.and_then(|token| {
        Some(Node {
            id: row_of_token(token)?,
            powers: &token.powers,
        })
    });
    let grants = path.iter().map(|grant| Node {
        id: grant.id.clone(),
        powers: grant.authority.powers(),
    });
    token.into_iter().chain(grants).filter(|node| !node.powers.is_empty())
}

/// Under which name rows of a token stand: ids of tokens and of grants are drawn from one space.
pub(super) fn row_of_token(token: &Record) -> Option<GrantId> {
    GrantId::parse(token.id.as_str())
}

/// What is to be booked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Booking<'a> {
    pub(super) kind: Kind,
    pub(super) capability: &'a CapabilityName,
    pub(super) input: &'a Object,
    pub(super) units: u32,
    pub(super) money: Option<&'a Money>,
}

/// A row that is charged, and what it must leave room for.
#[derive(Clone, Debug)]
pub(super) struct Charged {
    pub(super) budget: BudgetId,
    pub(super) limits: Limits,
    pub(super) constraints: Constraints,
    pub(super) before: Budget,
}

impl Charged {
    /// What is spent, and how much of it a day may have, where that is limited.
    fn money<'b>(&self, booking: &Booking<'b>) -> Option<(&'b Money, Decimal)> {
        let money = booking.money?;
        Some((money, self.limits.daily_amount_of(money.currency())?))
    }

    /// As the entry names it.
    pub(super) fn debit(&self, booking: &Booking<'_>) -> Debit {
        Debit {
            budget: self.budget.clone(),
            currency: self.money(booking).map(|(money, _)| money.currency().clone()),
        }
    }
}

pub(super) fn budget_id(node: &GrantId, capability: &CapabilityName, place: usize) -> BudgetId {
    BudgetId {
        grant: node.clone(),
        capability: capability.clone(),
        place: u32::try_from(place).unwrap_or(u32::MAX),
    }
}

/// The powers that are charged, one of the token and of each grant of the path that has any. Within a power all constraints hold and all limits have room (AND); of several any one suffices (OR). A grant without
/// powers says nothing of capabilities; one that has some, and none for this, says no.
pub(super) fn along(
    token: Option<&Record>,
    path: &[Grant],
    booking: &Booking<'_>,
    budgets: &BTreeMap<BudgetId, Budget>,
    now: Time,
) -> Result<Vec<Charged>, Why> {
    nodes(token, path)
        .map(|node| at_node(&node, booking, budgets, now))
        .collect()
}

fn at_node(
    node: &Node<'_>,
    booking: &Booking<'_>,
    budgets: &BTreeMap<BudgetId, Budget>,
    now: Time,
) -> Result<Charged, Why> {
    let order = DataClasses::default();
    let mut limit: Option<Exceeded> = None;
    let mut unmet: Option<Unmet> = None;
    let mut paced = None;
    for (place, power) in node.powers.of(booking.capability).enumerate() {
        let budget = budget_id(&node.id, booking.capability, place);
        let before = budgets.get(&budget).cloned().unwrap_or_default();
        if let Err(why) = power.constraints.hold(booking.input, &before.used.values, now, &order) {
            unmet = unmet.or(Some(why));
            continue;
        }
        // Who may move a value so far from the last one must have moved it: what is taken back again would leave a step behind that nobody made.
        if booking.kind.is_open() && !power.constraints.readings(booking.input, now).is_empty() {
            paced = Some(Why::PaceOfBooking);
            continue;
        }
        match power.limits.room(&before.used, booking.units, booking.money, now) {
            Err(why) => limit = Some(limit.map_or(why, |known| sooner(known, why))),
            Ok(()) => {
                return Ok(Charged {
                    budget,
                    limits: power.limits.clone(),
                    constraints: power.constraints.clone(),
                    before,
                });
            }
        }
    }
    // What comes closest is told: its constraints held, and only the limit stands in the way.
    Err(match (limit, paced, unmet) {
        (Some(limit), _, _) => Why::LimitExceeded {
            limit,
            seconds: limit.retry_after().map(|time| time.since(now).max(1)),
        },
        (None, Some(paced), _) => paced,
        (None, None, Some(unmet)) => Why::ConstraintViolated(unmet),
        (None, None, None) => Why::CapabilityNotGranted,
    })
}

/// Of two limits the one that has room again sooner.
fn sooner(one: Exceeded, other: Exceeded) -> Exceeded {
    match (one.retry_after(), other.retry_after()) {
        (Some(first), Some(second)) if second < first => other,
        (None, Some(_)) => other,
        (_, _) => one,
    }
}

/// The charges to these rows.
pub(super) fn charges(charged: &[Charged], booking: &Booking<'_>, now: Time) -> Vec<Guard> {
    let mut guards = Vec::new();
    for one in charged {
        let caps = one.limits.caps();
        let readings = one.constraints.readings(booking.input, now);
        let pace = (!readings.is_empty()).then(|| {
            let mut values = one.before.used.values.clone();
            values.note_all(readings);
            (one.before.turn, values)
        });
        guards.push(Guard::Ledger(LedgerGuard::Spend(Box::new(Spend {
            budget: one.budget.clone(),
            units: booking.units.into(),
            executions_max: caps.executions,
            day_max: caps.daily_count,
            minute_max: caps.per_minute,
            cooldown_seconds: caps.cooldown_seconds,
            pace,
            at: now,
        }))));
        if let Some((money, day_max)) = one.money(booking) {
            guards.push(Guard::Ledger(LedgerGuard::SpendAmount(Box::new(SpendAmount {
                budget: one.budget.clone(),
                money: money.clone(),
                day_max: day_max.ten_thousandths(),
                at: now,
            }))));
        }
    }
    guards
}

/// The row after its charge.
pub(super) fn booked(one: &Charged, booking: &Booking<'_>, now: Time) -> Budget {
    let mut used = one.limits.booked(&one.before.used, booking.units, booking.money, now);
    used.values.note_all(one.constraints.readings(booking.input, now));
    Budget {
        used,
        turn: one.before.turn.saturating_add(1),
    }
}

/// What is left after the booking: of each limit the least along the path.
pub(super) fn left(charged: &[Charged], booking: &Booking<'_>, now: Time) -> Object {
    let mut left = Object::new();
    for one in charged {
        let after = booked(one, booking, now).used;
        for (name, value) in one.limits.left(&after, booking.money.map(Money::currency), now) {
            if left.get(name).is_none_or(|known| is_less(&value, known)) {
                left.insert(name.to_owned(), value);
            }
        }
    }
    left
}

/// Counts are integers and amounts decimal texts; both are decimals.
fn is_less(one: &Value, other: &Value) -> bool {
    match (Decimal::of_value(one), Decimal::of_value(other)) {
        (Some(one), Some(other)) => one < other,
        (_, _) => false,
    }
}
