//! The ledger as administrators see it.

use std::collections::BTreeMap;

use proof::{Time, json::Object};
use serde_json::{Value, json};

use super::{Booked, Budget, BudgetId, Ended, charge::budget_id};
use crate::{
    grant::Grant,
    power::{Power, Used},
};

/// A booking, with its end.
pub fn describe(booked: &Booked) -> Object {
    let Booked { entry, end } = booked;
    let mut o = Object::new();
    o.insert("id".into(), entry.id.as_str().into());
    o.insert("kind".into(), entry.kind.name().into());
    o.insert("capability".into(), entry.capability.as_str().into());
    o.insert("units".into(), entry.units.into());
    if let Some(money) = &entry.amount {
        o.insert("amount".into(), money.document());
    }
    o.insert("client_id".into(), entry.client.as_str().into());
    o.insert("booked_by".into(), entry.by.as_str().into());
    if let Some(token) = &entry.token {
        o.insert("token".into(), token.as_str().into());
    }
    o.insert("at".into(), entry.at.unix().into());
    if let Some(expires) = entry.expires {
        o.insert("expires_at".into(), expires.unix().into());
    }
    if let Some(end) = end {
        o.insert("end".into(), ended(end));
    }
    o
}

fn ended(end: &Ended) -> Value {
    let mut o = Object::new();
    o.insert("kind".into(), end.kind.name().into());
    o.insert("units".into(), end.units.into());
    if let Some(money) = &end.amount {
        o.insert("amount".into(), money.document());
    }
    o.insert("at".into(), end.at.unix().into());
    o.into()
}

/// The rows of a grant's powers, in the order of the powers.
pub fn of_grant(grant: &Grant) -> Vec<BudgetId> {
    powers(grant).map(|(id, _)| id).collect()
}

fn powers(grant: &Grant) -> impl Iterator<Item = (BudgetId, &Power)> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    grant.authority.powers().iter().map(move |power| {
        let place = places.entry(power.capability.as_str()).or_default();
        let id = budget_id(&grant.id, &power.capability, *place);
        *place = place.saturating_add(1);
        (id, power)
    })
}

/// Of each power of a grant what is limited, what was used of it, and what is left now.
pub fn budgets(grant: &Grant, used: &BTreeMap<BudgetId, Budget>, now: Time) -> Vec<Object> {
    let one = |(id, power): (BudgetId, &Power)| {
        let used = used.get(&id).map(|budget| budget.used.clone()).unwrap_or_default();
        let mut o = power.document();
        o.insert("words".into(), power.words().into());
        o.entry("limits").or_insert_with(|| json!({}));
        o.insert("left".into(), left(power, &used, now).into());
        o.insert("used".into(), counted(&used.counting(now)).into());
        o
    };
    powers(grant).map(one).collect()
}

fn counted(used: &Used) -> Object {
    let mut o = Object::new();
    o.insert("executions".into(), used.executions.into());
    o.insert("day".into(), used.day_count.into());
    o.insert("minute".into(), used.minute_count.into());
    let amounts = used.amounts.iter();
    let amounts: Object = amounts
        .map(|(currency, (_, spent))| (currency.as_str().to_owned(), spent.to_string().into()))
        .collect();
    o.insert("amounts".into(), amounts.into());
    if let Some(last) = used.last {
        o.insert("last_at".into(), last.unix().into());
    }
    o
}

fn left(power: &Power, used: &Used, now: Time) -> Object {
    let mut o = Object::new();
    for (name, value) in power.limits.left(used, None, now) {
        o.insert(name.to_owned(), value);
    }
    let amount = |currency| {
        let left = power.limits.left(used, Some(currency), now);
        let (_, amount) = left.into_iter().find(|(name, _)| *name == "amount")?;
        Some((currency.as_str().to_owned(), amount))
    };
    let amounts: Object = power.limits.currencies().filter_map(amount).collect();
    if !amounts.is_empty() {
        o.insert("amounts".into(), amounts.into());
    }
    if let Some(until) = power.limits.rests_until(used, now) {
        o.insert("rests_until".into(), until.unix().into());
    }
    o
}
