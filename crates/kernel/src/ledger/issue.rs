//! What a token books by being issued: each detail whose type names a capability is one use of it, with what stands in the detail. Human-approved ones are booked like silent ones.

use std::collections::BTreeMap;

use proof::{Time, digest};

use super::{
    Budget, BudgetId, Debit, Entry, Guard as LedgerGuard, Kind,
    charge::{Booking, along, booked, charges},
};
use crate::{
    capability::CapabilityName,
    decision::Guard,
    detail::{Detail, Details},
    grant::Grant,
    id::BookingId,
    policy::{Policy, input_of},
    power::Money,
    token,
    why::Why,
};

/// The rows that tokens of these paths could charge for these details.
pub fn budgets_of_details<'a>(
    paths: impl IntoIterator<Item = &'a [Grant]>,
    details: &Details,
    policy: &Policy,
) -> Vec<BudgetId> {
    let names: Vec<&CapabilityName> = details.iter().filter_map(|detail| capability(detail, policy)).collect();
    let paths: Vec<&[Grant]> = paths.into_iter().collect();
    let mut ids: Vec<BudgetId> = names
        .iter()
        .flat_map(|name| paths.iter().flat_map(|path| super::budgets_of(None, path, name)))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn capability<'p>(detail: &Detail, policy: &'p Policy) -> Option<&'p CapabilityName> {
    policy.capability(detail.kind().as_str()).map(|known| &known.name)
}

/// Whether every grant of a path that says anything of capabilities has a power for what a detail names, and some grant does: then the powers say whether it may be asked, and
/// not the details that were granted.
pub(crate) fn is_by_power(path: &[Grant], detail: &Detail, policy: &Policy) -> bool {
    capability(detail, policy).is_some_and(|name| {
        let has = |node: &Grant| node.authority.powers().of(name).next().is_some();
        !path.is_empty() && path.iter().all(has)
    })
}

/// What is booked for a token, before it has an id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Issue<'a> {
    uses: Vec<Use<'a>>,
}

#[derive(Clone, Debug)]
struct Use<'a> {
    capability: &'a CapabilityName,
    money: Option<Money>,
    digest: String,
    debits: Vec<Debit>,
    guards: Vec<Guard>,
}

impl<'a> Issue<'a> {
    /// Finds room for all of it, each use after those before it.
    pub(crate) fn of(
        path: &'a [Grant],
        details: &Details,
        policy: &'a Policy,
        budgets: &BTreeMap<BudgetId, Budget>,
        now: Time,
    ) -> Result<Self, Why> {
        let mut budgets = budgets.clone();
        let mut issue = Self::default();
        for detail in details {
            let Some(capability) = capability(detail, policy) else {
                continue;
            };
            let input = input_of(detail);
            let money = Money::of_input(&input).transpose().map_err(|_| Why::AmountMalformed)?;
            let booking = Booking {
                kind: Kind::Issue,
                capability,
                input: &input,
                units: 1,
                money: money.as_ref(),
            };
            let charged = along(None, path, &booking, &budgets, now)?;
            let guards = charges(&charged, &booking, now);
            let debits = charged.iter().map(|one| one.debit(&booking)).collect();
            for one in &charged {
                budgets.insert(one.budget.clone(), booked(one, &booking, now));
            }
            issue.uses.push(Use {
                capability,
                money,
                digest: digest::sha256_b64(detail.text().as_bytes()),
                debits,
                guards,
            });
        }
        Ok(issue)
    }

    /// The entries and charges, for the token that is issued.
    pub(crate) fn guards(self, token: &token::Record, now: Time) -> Vec<Guard> {
        let mut all = Vec::new();
        for (place, one) in self.uses.into_iter().enumerate() {
            all.extend(one.guards);
            let entry = Entry {
                id: BookingId::from_alphabet(format!("{}.{place}", token.id)),
                kind: Kind::Issue,
                grant: token.grant.clone(),
                capability: one.capability.clone(),
                units: 1,
                amount: one.money,
                budgets: one.debits,
                client: token.client.clone(),
                by: token.client.clone(),
                token: Some(token.id.clone()),
                digest: one.digest,
                at: now,
                expires: None,
            };
            all.push(Guard::Ledger(LedgerGuard::Append(Box::new(entry))));
        }
        all
    }
}
