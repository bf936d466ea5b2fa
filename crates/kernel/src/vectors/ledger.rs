//! The ledger as readable JSON.

use std::collections::BTreeMap;

use proof::json::Object;
use serde_json::{Value, json};

use super::{
    Outcome, Vector,
    facts::{self, Row, id},
    presented::{Presented, token_in_question_beside},
};
use crate::{
    capability::CapabilityName,
    introspection,
    ledger::{self, Budget, BudgetId, Closing, Debit, Entry, Facts, Finish, Guard, Kind, Request, Using, Write},
    power::{Currency, Decimal, Last, Money, Used},
    why::Why,
};

pub(super) fn guard(guard: &Guard) -> Value {
    match guard {
        Guard::Append(entry) => json!({ "append_to_ledger": row(entry) }),
        Guard::Spend(spend) => {
            let pace = spend
                .pace
                .as_ref()
                .map(|(turn, values)| json!({ "turn": turn, "values": values.row() }));
            json!({ "spend": {
                "budget": spend.budget.row(), "units": spend.units, "executions_max": spend.executions_max, "day_max": spend.day_max,
                "minute_max": spend.minute_max, "cooldown_seconds": spend.cooldown_seconds, "pace": pace, "at": spend.at.unix(),
            } })
        }
        Guard::SpendAmount(spend) => json!({ "spend_amount": {
            "budget": spend.budget.row(), "money": spend.money.document(), "day_max": spend.day_max, "at": spend.at.unix(),
        } }),
    }
}

pub(super) fn write(write: &Write) -> Value {
    match write {
        Write::Return(back) => json!({ "return": {
            "budget": back.budget.row(), "units": back.units, "charged": back.charged.unix(),
        } }),
        Write::ReturnAmount(back) => json!({ "return_amount": {
            "budget": back.budget.row(), "currency": back.currency.as_str(), "value": back.value, "charged": back.charged.unix(),
        } }),
    }
}

fn row(entry: &Entry) -> Value {
    let Entry {
        id,
        kind,
        grant,
        capability,
        units,
        amount,
        budgets,
        client,
        by,
        token,
        digest,
        at,
        expires,
    } = entry;
    let budgets: Vec<String> = budgets.iter().map(Debit::row).collect();
    json!({
        "id": id.as_str(), "kind": kind.name(), "grant": grant.as_str(), "capability": capability.as_str(), "units": units,
        "amount": amount.as_ref().map(Money::document), "budgets": budgets, "client_id": client.as_str(), "booked_by": by.as_str(),
        "token": token.as_ref().map(crate::Id::as_str), "digest": digest, "at": at.unix(), "expires_at": expires.map(proof::Time::unix),
    })
}

/// The facts `budgets`: what was used of powers, by row.
fn budgets(loaded: &Object) -> BTreeMap<BudgetId, Budget> {
    let rows = loaded.get("budgets").and_then(Value::as_array).into_iter().flatten();
    let members = [
        "row",
        "executions",
        "day",
        "day_count",
        "minute",
        "minute_count",
        "last_at",
        "turn",
        "pace",
        "amounts",
    ];
    rows.map(|value| {
        let row = Row::of(value, &members);
        let number = |name: &str| row.number(name).unwrap_or(0);
        let amounts = row.0.get("amounts").and_then(Value::as_object).into_iter().flatten();
        let spent = |(currency, value): (&String, &Value)| {
            (
                Currency::parse(currency).unwrap(),
                (number("day"), Decimal::of_value(value).unwrap()),
            )
        };
        let used = Used {
            executions: number("executions"),
            day: number("day"),
            day_count: number("day_count"),
            minute: number("minute"),
            minute_count: number("minute_count"),
            last: row.time("last_at"),
            amounts: amounts.map(spent).collect(),
            values: Last::from_row(row.text("pace").unwrap_or_default()).unwrap(),
        };
        let budget = Budget {
            used,
            turn: number("turn"),
        };
        (BudgetId::from_row(row.required("row")).unwrap(), budget)
    })
    .collect()
}

/// An entry among the facts, as [`row`] writes one.
fn entry(value: &Value) -> Entry {
    let members = [
        "id",
        "kind",
        "grant",
        "capability",
        "units",
        "amount",
        "budgets",
        "client_id",
        "booked_by",
        "token",
        "digest",
        "at",
        "expires_at",
    ];
    let row = Row::of(value, &members);
    Entry {
        id: id(row.required("id")),
        kind: Kind::from_name(row.required("kind")).unwrap(),
        grant: id(row.required("grant")),
        capability: CapabilityName::parse(row.required("capability")).unwrap(),
        units: row.number("units").unwrap_or(1).try_into().unwrap(),
        amount: Money::of_input(row.0).map(Result::unwrap),
        budgets: row.list("budgets").map(|text| Debit::from_row(text).unwrap()).collect(),
        client: id(row.required("client_id")),
        by: id(row.required("booked_by")),
        token: row.text("token").map(id),
        digest: row.required("digest").to_owned(),
        at: row.time("at").unwrap(),
        expires: row.time("expires_at"),
    }
}

/// What a resource asks of the ledger: the facts of an introspection, `policy`, and the `budgets`, the booking of this key (`booked`) and its end (`ended`); what the capability's schema does not
/// like about the input is `unfit`.
pub(crate) fn booking(vector: &Vector) -> Outcome {
    let presented = Presented::read(&vector.request);
    let form = match presented.form(&[]) {
        Ok(form) => form,
        Err(why) => return Outcome::Stopped(why),
    };
    let kind = match presented.path(ISSUER) {
        "/oauth2/consume" => Kind::Consume,
        "/oauth2/reserve" => Kind::Reserve,
        "/oauth2/lease" => Kind::Lease,
        "/oauth2/settle" => return ending(vector, Finish::settle(&form)),
        "/oauth2/void" => return ending(vector, Finish::void(&form)),
        other => panic!("{other} is no endpoint of the ledger"),
    };
    let loaded = &vector.facts;
    let asked = Request::parse(kind, &form, None).and_then(|request| {
        let (caller, known, _) = token_in_question_beside(vector, &MORE, |_| Ok(request.token.clone()))?;
        let facts = Facts {
            ended: false,
            known: match known {
                introspection::Facts::Known(known) => Some(known),
                introspection::Facts::Unknown => None,
            },
            budgets: budgets(loaded),
            booked: loaded.get("booked").map(entry),
            fits: loaded
                .get("unfit")
                .map_or(Ok(()), |unfit| Err(unfit.as_str().unwrap().to_owned())),
        };
        Ok(ledger::decide(&request, &caller, &facts, &vector.at))
    });
    asked.into()
}

const ISSUER: &str = "https://as.example";
const MORE: [&str; 5] = ["policy", "budgets", "booked", "ended", "unfit"];

fn ending(vector: &Vector, finish: Result<Finish, Why>) -> Outcome {
    let loaded = &vector.facts;
    let asked = finish.and_then(|finish| {
        let (caller, ..) = token_in_question_beside(vector, &MORE, |_| Ok(String::new()))?;
        let booked = loaded.get("booked").map(entry);
        let client = booked.as_ref().map(|booked| {
            let id = booked.client.as_str();
            facts::client(&json!({ "client_id": id, "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d" }))
        });
        let facts = Closing {
            booked,
            end: loaded.get("ended").map(entry),
            path: loaded.get("path").map(facts::path).unwrap_or_default(),
            user: Using {
                client,
                ..Using::default()
            },
        };
        Ok(ledger::close(&finish, &caller, &facts, &vector.at))
    });
    asked.into()
}
