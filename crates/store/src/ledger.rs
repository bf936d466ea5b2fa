//! The ledger and the rows of what is left: tables `ledger`, `budget` and `budget_amount`.

use std::collections::BTreeMap;

use kernel::{
    BookingId, ClientId, GrantId, Time, TokenId,
    capability::CapabilityName,
    ledger::{Booked, Budget, BudgetId, Debit, Ended, Entry, Guard, Kind, Spend, Write},
    power::{Currency, Decimal, Last, Money, Used},
};

use crate::{
    fault::Fault,
    lower::Bound,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
        Value,
    },
    tenant_db::TenantDb,
};

pub(crate) const STATEMENTS: &[&Statement] = &[
    &ONE,
    &OF_GRANT,
    &OVER,
    &FIRST_OVER,
    &APPEND,
    &BUDGET,
    &SPEND,
    &SPEND_AMOUNT,
    &RETURN,
    &RETURN_AMOUNT,
];

static ONE: Statement = Statement::read(
    "ledger.one",
    &[Text, Text],
    "SELECT id, kind, grant_id, capability, units, amount, currency, budgets, client, booked_by, token, digest, at, expires_at
     FROM ledger
     WHERE tenant = $1 AND id = $2",
);

/// Bookings and not their ends, each with its own, if it has one. The ends stand in the same index, and are passed over.
static OF_GRANT: Statement = Statement::read(
    "ledger.of_grant",
    &[Text, Text, Int, Text, Int, Text, Text, Text, Text],
    "SELECT booked.id, booked.kind, booked.grant_id, booked.capability, booked.units, booked.amount, booked.currency, booked.budgets, booked.client,
            booked.booked_by, booked.token, booked.digest, booked.at, booked.expires_at, ended.kind, ended.units, ended.amount, ended.at
     FROM ledger AS booked
     LEFT JOIN ledger AS ended ON ended.tenant = $1 AND ended.id = booked.id || $6
     WHERE booked.tenant = $1 AND booked.grant_id = $2 AND booked.at <= $3 AND (booked.at < $3 OR booked.id < $4)
       AND booked.kind <> $7 AND booked.kind <> $8 AND booked.kind <> $9
     ORDER BY booked.at DESC, booked.id DESC
     LIMIT $5",
);

/// Bookings whose time was over between two times, and that have no end.
static OVER: Statement = Statement::read(
    "ledger.over",
    &[Text, Int, Int, Int, Text],
    "SELECT id, kind, grant_id, capability, units, amount, currency, budgets, client, booked_by, token, digest, at, expires_at
     FROM ledger AS booked
     WHERE tenant = $1 AND expires_at > $2 AND expires_at <= $3
       AND NOT EXISTS (SELECT 1 FROM ledger AS ended WHERE ended.tenant = $1 AND ended.id = booked.id || $5)
     ORDER BY expires_at
     LIMIT $4",
);

static FIRST_OVER: Statement = Statement::read(
    "ledger.first_over",
    &[Text, Int],
    "SELECT expires_at
     FROM ledger
     WHERE tenant = $1 AND expires_at > $2
     ORDER BY expires_at
     LIMIT 1",
);

static APPEND: Statement = Statement::write(
    "ledger.append",
    &[
        Text, Text, Text, Text, Text, Int, Int, Text, Text, Text, Text, Text, Text, Int, Int,
    ],
    "INSERT INTO ledger (tenant, id, kind, grant_id, capability, units, amount, currency, budgets, client, booked_by, token, digest, at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     ON CONFLICT DO NOTHING",
);

/// What was used of a power, with a line for each currency.
static BUDGET: Statement = Statement::read(
    "budget.one",
    &[Text, Text],
    "SELECT used.executions, used.day, used.day_count, used.minute, used.minute_count, used.last_at, used.turn, used.pace, spent.currency, spent.day, spent.spent
     FROM budget AS used
     LEFT JOIN budget_amount AS spent ON spent.tenant = used.tenant AND spent.id = used.id
     WHERE used.tenant = $1 AND used.id = $2",
);

/// A charge finds the row only where there is room for it; the first one makes the row, and asks for the same. A window that lies ahead (another node's clock) counts as this one.
static SPEND: Statement = Statement::write(
    "budget.spend",
    &[Text, Text, Int, Int, Int, Int, Int, Int, Int, Int, Int, Text],
    "INSERT INTO budget (tenant, id, executions, day, day_count, minute, minute_count, last_at, turn, pace)
     SELECT $1, $2, $3, $5, $3, $7, $3, $9, 1, $12
     WHERE $3 <= $4 AND $3 <= $6 AND $3 <= $8
     ON CONFLICT (tenant, id) DO UPDATE
     SET executions = budget.executions + $3,
         day_count = CASE WHEN budget.day >= $5 THEN budget.day_count + $3 ELSE $3 END,
         day = CASE WHEN budget.day >= $5 THEN budget.day ELSE $5 END,
         minute_count = CASE WHEN budget.minute >= $7 THEN budget.minute_count + $3 ELSE $3 END,
         minute = CASE WHEN budget.minute >= $7 THEN budget.minute ELSE $7 END,
         last_at = CASE WHEN budget.last_at >= $9 THEN budget.last_at ELSE $9 END,
         turn = budget.turn + 1,
         pace = CASE WHEN $11 < 0 THEN budget.pace ELSE $12 END
     WHERE budget.executions + $3 <= $4
       AND CASE WHEN budget.day >= $5 THEN budget.day_count ELSE 0 END + $3 <= $6
       AND CASE WHEN budget.minute >= $7 THEN budget.minute_count ELSE 0 END + $3 <= $8
       AND budget.last_at <= $10
       AND (budget.turn = $11 OR $11 < 0)",
);

static SPEND_AMOUNT: Statement = Statement::write(
    "budget_amount.spend",
    &[Text, Text, Text, Int, Int, Int],
    "INSERT INTO budget_amount (tenant, id, currency, day, spent)
     SELECT $1, $2, $3, $4, $5
     WHERE $5 <= $6
     ON CONFLICT (tenant, id, currency) DO UPDATE
     SET spent = CASE WHEN budget_amount.day >= $4 THEN budget_amount.spent + $5 ELSE $5 END,
         day = CASE WHEN budget_amount.day >= $4 THEN budget_amount.day ELSE $4 END
     WHERE CASE WHEN budget_amount.day >= $4 THEN budget_amount.spent ELSE 0 END + $5 <= $6",
);

static RETURN: Statement = Statement::write(
    "budget.return",
    &[Text, Text, Int, Int, Int],
    "UPDATE budget
     SET executions = executions - $3,
         day_count = CASE WHEN day = $4 THEN day_count - $3 ELSE day_count END,
         minute_count = CASE WHEN minute = $5 THEN minute_count - $3 ELSE minute_count END
     WHERE tenant = $1 AND id = $2",
);

static RETURN_AMOUNT: Statement = Statement::write(
    "budget_amount.return",
    &[Text, Text, Text, Int, Int],
    "UPDATE budget_amount
     SET spent = spent - $5
     WHERE tenant = $1 AND id = $2 AND currency = $3 AND day = $4",
);

const DAY_SECONDS: i64 = 86_400;
const MINUTE_SECONDS: i64 = 60;

impl TenantDb {
    /// A booking, or its end, by its id.
    pub async fn ledger_entry(&self, id: &BookingId) -> Result<Option<Entry>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }

    /// What was booked by tokens of a grant, the newest first, before one of them.
    pub async fn ledger_of_grant(
        &self,
        grant: &GrantId,
        before: (Time, &str),
        rows_max: i64,
    ) -> Result<Vec<Booked>, Fault> {
        let (at, id) = before;
        let args = [
            grant.as_str().into(),
            at.into(),
            id.into(),
            rows_max.into(),
            Entry::END.into(),
            Kind::Settle.name().into(),
            Kind::Void.name().into(),
            Kind::Expire.name().into(),
        ];
        self.all(&OF_GRANT, &args, read_booked).await
    }

    /// Bookings that have no end, and whose time was over after `from` and is by `until`, the oldest first.
    pub async fn bookings_over(&self, from: Time, until: Time, rows_max: i64) -> Result<Vec<Entry>, Fault> {
        let args = [from.into(), until.into(), rows_max.into(), Entry::END.into()];
        self.all(&OVER, &args, read).await
    }

    /// When the first booking after a time is over, whether it has an end or not.
    pub async fn booking_over_after(&self, from: Time) -> Result<Option<Time>, Fault> {
        self.one(&FIRST_OVER, &[from.into()], |row| row.time(0)).await
    }

    /// What was used of these powers, as far as anything was.
    pub async fn budgets(&self, ids: &[BudgetId]) -> Result<BTreeMap<BudgetId, Budget>, Fault> {
        let reads = ids.iter().map(|id| async move {
            let row = id.row();
            self.all(&BUDGET, &[row.as_str().into()], read_budget).await
        });
        let mut budgets = BTreeMap::new();
        let found = futures_util::future::try_join_all(reads).await?;
        for (id, lines) in ids.iter().zip(found) {
            for (budget, amount) in lines {
                let known = budgets.entry(id.clone()).or_insert(budget);
                known.used.amounts.extend(amount);
            }
        }
        Ok(budgets)
    }
}

/// What was spent in a currency: in which window, and how much.
type Amount = (Currency, (i64, Decimal));

fn read_budget(row: &Row<'_>) -> Result<(Budget, Option<Amount>), Fault> {
    let amount = match (row.text_if_any(8)?, row.int_if_any(9)?, row.int_if_any(10)?) {
        (None, None, None) => None,
        (Some(currency), Some(day), Some(spent)) => {
            let currency = Currency::parse(&currency).ok_or(Fault::Row("budget_amount.currency"))?;
            Some((currency, (day, Decimal::from_ten_thousandths(spent))))
        }
        _ => return Err(Fault::Row("budget_amount")),
    };
    let budget = Budget {
        used: Used {
            executions: row.int(0)?,
            day: row.int(1)?,
            day_count: row.int(2)?,
            minute: row.int(3)?,
            minute_count: row.int(4)?,
            last: Some(row.time(5)?),
            amounts: BTreeMap::new(),
            values: Last::from_row(&row.text(7)?).ok_or(Fault::Row("budget.pace"))?,
        },
        turn: row.int(6)?,
    };
    Ok((budget, amount))
}

fn read(row: &Row<'_>) -> Result<Entry, Fault> {
    let budgets: Option<Vec<Debit>> = row
        .text(7)?
        .split('\n')
        .filter(|line| !line.is_empty())
        .map(Debit::from_row)
        .collect();
    let amount = money(row.int_if_any(5)?, row.text_if_any(6)?)?;
    let token = row.text_if_any(10)?;
    Ok(Entry {
        id: BookingId::parse(&row.text(0)?).ok_or(Fault::Row("ledger.id"))?,
        kind: Kind::from_name(&row.text(1)?).ok_or(Fault::Row("ledger.kind"))?,
        grant: GrantId::parse(&row.text(2)?).ok_or(Fault::Row("ledger.grant_id"))?,
        capability: CapabilityName::parse(&row.text(3)?).ok_or(Fault::Row("ledger.capability"))?,
        units: u32::try_from(row.int(4)?).map_err(|_| Fault::Row("ledger.units"))?,
        amount,
        budgets: budgets.ok_or(Fault::Row("ledger.budgets"))?,
        client: ClientId::parse(&row.text(8)?).ok_or(Fault::Row("ledger.client"))?,
        by: ClientId::parse(&row.text(9)?).ok_or(Fault::Row("ledger.booked_by"))?,
        token: token
            .map(|id| TokenId::parse(&id).ok_or(Fault::Row("ledger.token")))
            .transpose()?,
        digest: row.text(11)?,
        at: row.time(12)?,
        expires: row.time_if_any(13)?,
    })
}

fn money(value: Option<i64>, currency: Option<String>) -> Result<Option<Money>, Fault> {
    match (value, currency) {
        (None, None) => Ok(None),
        (Some(value), Some(currency)) => {
            let currency = Currency::parse(&currency).ok_or(Fault::Row("ledger.currency"))?;
            let money = Money::new(Decimal::from_ten_thousandths(value), currency);
            money.map(Some).ok_or(Fault::Row("ledger.amount"))
        }
        (Some(_), None) | (None, Some(_)) => Err(Fault::Row("ledger.amount")),
    }
}

fn read_booked(row: &Row<'_>) -> Result<Booked, Fault> {
    let entry = read(row)?;
    let end = match row.text_if_any(14)? {
        None => None,
        Some(kind) => {
            let spent = row.int_if_any(16)?;
            let currency = entry.amount.as_ref().map(|money| money.currency().as_str().to_owned());
            Some(Ended {
                kind: Kind::from_name(&kind).ok_or(Fault::Row("ledger.kind"))?,
                units: u32::try_from(row.int(15)?).map_err(|_| Fault::Row("ledger.units"))?,
                amount: money(spent, currency)?,
                at: row.time(17)?,
            })
        }
    };
    Ok(Booked { entry, end })
}

/// The row of a guard.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::Append(entry) => append(tenant, entry),
        Guard::Spend(spend) => charge(tenant, spend),
        Guard::SpendAmount(spend) => {
            let id = spend.budget.row();
            let args = vec![
                tenant.to_owned().into(),
                id.clone().into(),
                spend.money.currency().as_str().to_owned().into(),
                window(spend.at, DAY_SECONDS).into(),
                spend.money.value().ten_thousandths().into(),
                spend.day_max.into(),
            ];
            let row = amount_row(&id, spend.money.currency());
            Bound::new(&SPEND_AMOUNT, args, "budget_amount", tenant, &row).adding_up(4)
        }
    }
}

fn append(tenant: &str, entry: &Entry) -> Bound {
    let budgets: Vec<String> = entry.budgets.iter().map(Debit::row).collect();
    let amount = entry.amount.as_ref();
    let args = vec![
        tenant.to_owned().into(),
        entry.id.as_str().to_owned().into(),
        entry.kind.name().into(),
        entry.grant.as_str().to_owned().into(),
        entry.capability.as_str().to_owned().into(),
        i64::from(entry.units).into(),
        amount.map_or(Value::NoInt, |money| money.value().ten_thousandths().into()),
        amount.map(|money| money.currency().as_str().to_owned()).into(),
        budgets.join("\n").into(),
        entry.client.as_str().to_owned().into(),
        entry.by.as_str().to_owned().into(),
        entry.token.as_ref().map(|id| id.as_str().to_owned()).into(),
        entry.digest.clone().into(),
        entry.at.into(),
        entry.expires.into(),
    ];
    Bound::new(&APPEND, args, "ledger", tenant, entry.id.as_str())
}

fn charge(tenant: &str, spend: &Spend) -> Bound {
    let id = spend.budget.row();
    let since = spend
        .cooldown_seconds
        .map_or(i64::MAX, |rest| spend.at.minus(rest).unix());
    let (turn, pace) = match &spend.pace {
        None => (-1, String::new()),
        Some((turn, values)) => (*turn, values.row()),
    };
    let args = vec![
        tenant.to_owned().into(),
        id.clone().into(),
        spend.units.into(),
        spend.executions_max.into(),
        window(spend.at, DAY_SECONDS).into(),
        spend.day_max.into(),
        window(spend.at, MINUTE_SECONDS).into(),
        spend.minute_max.into(),
        spend.at.into(),
        since.into(),
        turn.into(),
        pace.into(),
    ];
    let bound = Bound::new(&SPEND, args, "budget", tenant, &id);
    if spend.cooldown_seconds.is_none() && spend.pace.is_none() {
        bound.adding_up(2)
    } else {
        bound // one after the other is what these limit
    }
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    match write {
        Write::Return(back) => {
            let id = back.budget.row();
            let args = vec![
                tenant.to_owned().into(),
                id.clone().into(),
                back.units.into(),
                window(back.charged, DAY_SECONDS).into(),
                window(back.charged, MINUTE_SECONDS).into(),
            ];
            Bound::new(&RETURN, args, "budget", tenant, &id)
        }
        Write::ReturnAmount(back) => {
            let id = back.budget.row();
            let args = vec![
                tenant.to_owned().into(),
                id.clone().into(),
                back.currency.as_str().to_owned().into(),
                window(back.charged, DAY_SECONDS).into(),
                back.value.into(),
            ];
            Bound::new(
                &RETURN_AMOUNT,
                args,
                "budget_amount",
                tenant,
                &amount_row(&id, &back.currency),
            )
        }
    }
}

/// Each currency of a power is a row of its own, and has its own place in the common order.
fn amount_row(id: &str, currency: &Currency) -> String {
    format!("{id} {}", currency.as_str())
}

/// Which window of this length a time lies in: the same as the rules count.
const fn window(at: Time, seconds: i64) -> i64 {
    at.unix().div_euclid(seconds)
}
