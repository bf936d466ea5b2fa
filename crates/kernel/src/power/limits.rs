//! How often and how much.

use std::collections::BTreeMap;

use proof::{Time, json::Object};
use serde_json::Value;

use super::{
    Currency, Decimal, Money, Used,
    read::{count, only},
};

/// Currencies of one daily limit, at most.
pub const CURRENCIES_MAX: usize = 16;
/// The highest count.
const COUNT_MAX: i64 = 1_000_000_000;
/// The longest rest between two uses, in seconds: 30 days.
const COOLDOWN_SECONDS_MAX: i64 = 30 * DAY_SECONDS;
const DAY_SECONDS: i64 = 86_400;
const MINUTE_SECONDS: i64 = 60;

/// Limits of a power: `{"daily_limit_count": 10, "daily_limit_amount": {"EUR": "100.00"}, "cooldown_sec": 60, "max_per_minute": 5, "max_executions": 15}`.
///
/// A day is a calendar day in UTC, a minute a minute of the clock. What is not stated is not limited here; it may be above, for a use is booked along the whole path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Uses a day.
    pub(super) daily_count: Option<i64>,
    /// What may be spent a day, by currency. Where there is one, nothing else may be spent, and each use says what it spends.
    pub(super) daily_amount: BTreeMap<Currency, Decimal>,
    /// Seconds that lie between two uses at least.
    pub(super) cooldown_seconds: Option<i64>,
    /// Uses a minute.
    pub(super) per_minute: Option<i64>,
    /// Uses in all.
    pub(super) executions: Option<i64>,
}

/// More than anybody counts, with room for one booking more.
const UNLIMITED: i64 = i64::MAX / 4;

/// The counts of limits as a database compares them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caps {
    pub(crate) executions: i64,
    pub(crate) daily_count: i64,
    pub(crate) per_minute: i64,
    pub(crate) cooldown_seconds: Option<i64>,
}

/// Which limit has no room, and when it will have it again, if ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// It was used as often as it may be, for good.
    Executions,
    /// Often enough for this day.
    Day {
        /// When the day ends; none where a day has never room for that many.
        until: Option<Time>,
    },
    /// Often enough for this minute.
    Minute {
        /// When the minute ends; none where a minute has never room for that many.
        until: Option<Time>,
    },
    /// Too soon after the last use.
    Cooldown {
        /// When it may be used again; none where several are asked at once, for no time lies between those.
        until: Option<Time>,
    },
    /// More than is left of the day's amount.
    Amount {
        /// When the day ends; none where it is more than a whole day's.
        until: Option<Time>,
    },
    /// No amount, or one in a currency that may not be spent.
    Currency,
}

impl Exceeded {
    /// The sentence for whoever asked.
    pub const fn said(self) -> &'static str {
        match self {
            Self::Executions => "this was done as often as it may be",
            Self::Day { .. } => "this may not be done that often in one day",
            Self::Minute { .. } => "this may not be done that often in one minute",
            Self::Cooldown { .. } => "this was done too short a time ago to be done again",
            Self::Amount { .. } => "the amount is more than what is left of this day's",
            Self::Currency => "this needs an amount in one of the currencies that may be spent",
        }
    }

    /// From when on the same may be tried again; none if never.
    pub const fn retry_after(self) -> Option<Time> {
        match self {
            Self::Executions | Self::Currency => None,
            Self::Day { until } | Self::Minute { until } | Self::Amount { until } | Self::Cooldown { until } => until,
        }
    }
}

const DAILY_COUNT: &str = "daily_limit_count";
const DAILY_AMOUNT: &str = "daily_limit_amount";
const COOLDOWN: &str = "cooldown_sec";
const PER_MINUTE: &str = "max_per_minute";
const EXECUTIONS: &str = "max_executions";
const MEMBERS: [&str; 5] = [DAILY_COUNT, DAILY_AMOUNT, COOLDOWN, PER_MINUTE, EXECUTIONS];

impl Limits {
    /// Reads a document. What is wrong is told in a sentence that begins with `limits`.
    pub fn read(value: &Value) -> Result<Self, String> {
        let o = value.as_object().ok_or("limits: an object")?;
        Self::of(o).map_err(|wrong| format!("limits: {wrong}"))
    }

    fn of(o: &Object) -> Result<Self, String> {
        only(o, "limits", &MEMBERS)?;
        Ok(Self {
            daily_count: count(o, DAILY_COUNT, COUNT_MAX)?,
            daily_amount: o.get(DAILY_AMOUNT).map(amounts).transpose()?.unwrap_or_default(),
            cooldown_seconds: count(o, COOLDOWN, COOLDOWN_SECONDS_MAX)?,
            per_minute: count(o, PER_MINUTE, COUNT_MAX)?,
            executions: count(o, EXECUTIONS, COUNT_MAX)?,
        })
    }

    /// So many uses in all, and nothing else limited.
    pub(crate) fn of_executions(most: i64) -> Self {
        Self {
            executions: Some(most),
            ..Self::default()
        }
    }

    /// The document.
    pub fn document(&self) -> Object {
        let mut o = Object::new();
        let counts = [
            (DAILY_COUNT, self.daily_count),
            (COOLDOWN, self.cooldown_seconds),
            (PER_MINUTE, self.per_minute),
            (EXECUTIONS, self.executions),
        ];
        for (name, n) in counts {
            if let Some(n) = n {
                o.insert(name.to_owned(), n.into());
            }
        }
        if !self.daily_amount.is_empty() {
            let told =
                |(currency, most): (&Currency, &Decimal)| (currency.as_str().to_owned(), most.to_string().into());
            o.insert(
                DAILY_AMOUNT.to_owned(),
                Value::Object(self.daily_amount.iter().map(told).collect()),
            );
        }
        o
    }

    /// The counts for a charge that a database makes by itself: what is not stated is more than anybody counts.
    pub(crate) fn caps(&self) -> Caps {
        let most = |limit: Option<i64>| limit.unwrap_or(UNLIMITED);
        Caps {
            executions: most(self.executions),
            daily_count: most(self.daily_count),
            per_minute: most(self.per_minute),
            cooldown_seconds: self.cooldown_seconds,
        }
    }

    /// What may be spent a day in a currency, where that is limited.
    pub(crate) fn daily_amount_of(&self, currency: &Currency) -> Option<Decimal> {
        self.daily_amount.get(currency).copied()
    }

    /// What is left of each limit after `used`: counts, and the day's amount of a currency.
    pub(crate) fn left(&self, used: &Used, currency: Option<&Currency>, now: Time) -> Vec<(&'static str, Value)> {
        let (today, minute) = (window(now, DAY_SECONDS), window(now, MINUTE_SECONDS));
        let counts = [
            ("executions", self.executions, used.executions),
            ("day", self.daily_count, counted(used.day, today, used.day_count)),
            (
                "minute",
                self.per_minute,
                counted(used.minute, minute, used.minute_count),
            ),
        ];
        let counts = counts.into_iter().filter_map(|(name, most, used)| {
            let left = most?.saturating_sub(used.max(0)).max(0);
            Some((name, Value::from(left)))
        });
        let money = currency.and_then(|currency| {
            let most = self.daily_amount_of(currency)?;
            let (day, spent) = used.amounts.get(currency).copied().unwrap_or_default();
            let spent = counted(day, today, spent).max(Decimal::ZERO);
            let left = most.ten_thousandths().saturating_sub(spent.ten_thousandths()).max(0);
            Some(("amount", Value::from(Decimal::from_ten_thousandths(left).to_string())))
        });
        counts.chain(money).collect()
    }

    /// The currencies in which a day's spending is limited.
    pub(crate) fn currencies(&self) -> impl Iterator<Item = &Currency> {
        self.daily_amount.keys()
    }

    /// Until when it rests, if it does now.
    pub(crate) fn rests_until(&self, used: &Used, now: Time) -> Option<Time> {
        let until = used.last?.min(now).plus(self.cooldown_seconds?);
        (now < until).then_some(until)
    }

    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether so many more uses, spending that much together, have room beside what was used. A window of the row that lies ahead of `now` (another node's clock) counts as
    /// this one: nobody gains by clocks that differ.
    pub fn room(&self, used: &Used, units: u32, amount: Option<&Money>, now: Time) -> Result<(), Exceeded> {
        let units = i64::from(units.max(1));
        let fits = |count: i64, most: i64| count.max(0).checked_add(units).is_some_and(|sum| sum <= most);
        if self.executions.is_some_and(|most| !fits(used.executions, most)) {
            return Err(Exceeded::Executions);
        }
        let (today, minute) = (window(now, DAY_SECONDS), window(now, MINUTE_SECONDS));
        if let Some(most) = self.daily_count
            && !fits(counted(used.day, today, used.day_count), most)
        {
            let until = (units <= most).then(|| end(used.day.max(today), DAY_SECONDS));
            return Err(Exceeded::Day { until });
        }
        if let Some(most) = self.per_minute
            && !fits(counted(used.minute, minute, used.minute_count), most)
        {
            let until = (units <= most).then(|| end(used.minute.max(minute), MINUTE_SECONDS));
            return Err(Exceeded::Minute { until });
        }
        if self.cooldown_seconds.is_some() && units > 1 {
            return Err(Exceeded::Cooldown { until: None });
        }
        if let Some(until) = self.rests_until(used, now) {
            return Err(Exceeded::Cooldown { until: Some(until) });
        }
        self.room_to_spend(used, amount, today)
    }

    fn room_to_spend(&self, used: &Used, amount: Option<&Money>, today: i64) -> Result<(), Exceeded> {
        if self.daily_amount.is_empty() {
            return Ok(());
        }
        let amount = amount.ok_or(Exceeded::Currency)?;
        let most = *self.daily_amount.get(amount.currency()).ok_or(Exceeded::Currency)?;
        let (day, spent) = used.amounts.get(amount.currency()).copied().unwrap_or_default();
        let spent = counted(day, today, spent).max(Decimal::ZERO);
        if spent.plus(amount.value()).is_some_and(|sum| sum <= most) {
            return Ok(());
        }
        let until = (amount.value() <= most).then(|| end(day.max(today), DAY_SECONDS));
        Err(Exceeded::Amount { until })
    }

    /// What was used after so many more uses; whoever books it asked for [`Self::room`] in the same transaction. Money is counted in the currencies that are limited here:
    /// others would let whoever asks grow the row.
    #[must_use]
    pub fn booked(&self, used: &Used, units: u32, amount: Option<&Money>, now: Time) -> Used {
        let units = i64::from(units.max(1));
        let (today, minute) = (window(now, DAY_SECONDS), window(now, MINUTE_SECONDS));
        let mut after = used.clone();
        after.executions = used.executions.max(0).saturating_add(units);
        after.day_count = counted(used.day, today, used.day_count).max(0).saturating_add(units);
        after.day = used.day.max(today);
        after.minute_count = counted(used.minute, minute, used.minute_count)
            .max(0)
            .saturating_add(units);
        after.minute = used.minute.max(minute);
        after.last = Some(used.last.map_or(now, |last| last.max(now)));
        if let Some(amount) = amount.filter(|amount| self.daily_amount.contains_key(amount.currency())) {
            let entry = after
                .amounts
                .entry(amount.currency().clone())
                .or_insert((today, Decimal::ZERO));
            if entry.0 < today {
                *entry = (today, Decimal::ZERO); // this currency's alone: a clock that is behind still finds what was spent of others on the day before
            }
            let most = Decimal::from_ten_thousandths(i64::MAX);
            entry.1 = entry.1.max(Decimal::ZERO).plus(amount.value()).unwrap_or(most);
        }
        after
    }

    /// These, and where they state none those of `before`.
    #[must_use]
    pub(crate) fn or_those_of(&self, before: &Self) -> Self {
        Self {
            daily_count: self.daily_count.or(before.daily_count),
            daily_amount: if self.daily_amount.is_empty() {
                before.daily_amount.clone()
            } else {
                self.daily_amount.clone()
            },
            cooldown_seconds: self.cooldown_seconds.or(before.cooldown_seconds),
            per_minute: self.per_minute.or(before.per_minute),
            executions: self.executions.or(before.executions),
        }
    }

    /// Whether a child with these limits says no more than its parent. A limit that it does not state is its parent's all the same, for it spends from its parent's budget; one
    /// that it states is as strict at least, and its currencies are among its parent's.
    pub fn within(&self, parent: &Self) -> bool {
        let no_more = |own: Option<i64>, theirs: Option<i64>| match (own, theirs) {
            (Some(own), Some(theirs)) => own <= theirs,
            (_, _) => true,
        };
        let no_less = |own: Option<i64>, theirs: Option<i64>| no_more(theirs, own);
        let spends_no_more = |(currency, own): (&Currency, &Decimal)| {
            parent.daily_amount.is_empty() || parent.daily_amount.get(currency).is_some_and(|theirs| own <= theirs)
        };
        no_more(self.daily_count, parent.daily_count)
            && no_more(self.per_minute, parent.per_minute)
            && no_more(self.executions, parent.executions)
            && no_less(self.cooldown_seconds, parent.cooldown_seconds)
            && self.daily_amount.iter().all(spends_no_more)
    }
}

impl Used {
    /// What counts now: what was counted in windows that are over is nothing.
    #[must_use]
    pub(crate) fn counting(&self, now: Time) -> Self {
        let (today, minute) = (window(now, DAY_SECONDS), window(now, MINUTE_SECONDS));
        let mut counting = self.clone();
        counting.day_count = counted(self.day, today, self.day_count);
        counting.minute_count = counted(self.minute, minute, self.minute_count);
        counting.amounts.retain(|_, (day, _)| *day >= today);
        counting
    }
}

fn amounts(value: &Value) -> Result<BTreeMap<Currency, Decimal>, String> {
    let o = value.as_object().filter(|o| (1..=CURRENCIES_MAX).contains(&o.len()));
    let o = o.ok_or_else(|| format!("{DAILY_AMOUNT}: an object of 1 to {CURRENCIES_MAX} currencies"))?;
    let amount = |(currency, most): (&String, &Value)| {
        let most = Decimal::of_value(most).filter(|most| *most > Decimal::ZERO)?;
        Some((Currency::parse(currency)?, most))
    };
    let amounts: Option<BTreeMap<Currency, Decimal>> = o.iter().map(amount).collect();
    amounts.ok_or_else(|| {
        format!("{DAILY_AMOUNT}: by currency, three capital letters, a decimal number as text above zero, as in {{\"EUR\": \"100.00\"}}")
    })
}

/// The window of this length that a time lies in, counted from the epoch.
const fn window(now: Time, seconds: i64) -> i64 {
    now.unix().div_euclid(seconds)
}

/// The first second after a window.
const fn end(window: i64, seconds: i64) -> Time {
    Time::from_unix(window.saturating_add(1).saturating_mul(seconds))
}

/// What counts now of what was counted in a window: nothing once it is over.
fn counted<T: Default>(window: i64, now: i64, count: T) -> T {
    if window >= now { count } else { T::default() }
}
