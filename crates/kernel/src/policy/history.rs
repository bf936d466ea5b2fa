//! What somebody does otherwise, so that policies see what is unusual: a tenant whose policies look at `risk` remembers for thirty days at which hours somebody acts, how often, and
//! the largest amounts.
//!
//! Only what was permitted is remembered. Whoever is refused leaves no trace here, so a policy that forbids by velocity lets go by itself.

use std::collections::BTreeMap;

use proof::{Time, json::Object};

use super::{EntityName, Risk};
use crate::{
    id::UserId,
    power::{Currency, Money},
};

const DAY_SECONDS: i64 = 86_400;
/// How long habits are remembered.
const KEPT_SECONDS: i64 = 30 * DAY_SECONDS;
/// How finely the last minute is known: what happened up to ten seconds before it counts with it.
const STRETCH_SECONDS: i64 = 10;
const MINUTE_SECONDS: i64 = 60;
/// On so many different days somebody acted before any hour is unusual for them.
const DAYS_KNOWN: usize = 7;

/// Whose habits: a principal, and the person it acts for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Actor {
    /// Who acts.
    pub principal: EntityName,
    /// For whom; for itself when absent.
    pub person: Option<UserId>,
}

/// That something was permitted to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// To whom.
    pub actor: Actor,
    /// The amounts that were asked with it.
    pub amounts: Vec<Money>,
    /// When.
    pub at: Time,
}

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Habit {
    /// Slot: an hour of the day in UTC, 0 to 23. Value: when it was last used.
    Hour,
    /// Slot: a day since 1970. Value: how many acts.
    Day,
    /// Slot: a stretch of ten seconds since 1970. Value: how many acts.
    Stretch,
    /// Slot: a day since 1970. Value: the largest amount of it in this currency, in ten-thousandths.
    Amount(Currency),
}

impl Habit {
    /// As a row has it.
    pub fn as_row(&self) -> &str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Stretch => "stretch",
            Self::Amount(currency) => currency.as_str(), // three capital letters
        }
    }

    /// Reads a row.
    pub fn from_row(text: &str) -> Option<Self> {
        Some(match text {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "stretch" => Self::Stretch,
            currency => Self::Amount(Currency::parse(currency)?),
        })
    }

    /// Whether values of one slot add up; otherwise the largest counts.
    pub const fn adds_up(&self) -> bool {
        matches!(self, Self::Day | Self::Stretch)
    }

    /// Two values of one slot as one.
    pub fn joined(&self, one: i64, other: i64) -> i64 {
        if self.adds_up() {
            one.saturating_add(other)
        } else {
            one.max(other)
        }
    }
}

/// One thing that is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// What.
    pub habit: Habit,
    /// Which hour, day or stretch.
    pub slot: i64,
    /// How much, how often or when.
    pub value: i64,
}

impl Remembered {
    /// Until when it is of use, given when it happened.
    pub fn until(&self, at: Time) -> Time {
        match self.habit {
            Habit::Stretch => at.plus(2 * MINUTE_SECONDS),
            Habit::Hour | Habit::Day | Habit::Amount(_) => at.plus(KEPT_SECONDS),
        }
    }
}

impl Acted {
    /// What is to be remembered of it.
    pub fn remembered(&self) -> impl Iterator<Item = Remembered> + '_ {
        let at = self.at.unix();
        let one = |habit, slot, value| Remembered { habit, slot, value };
        let day = at.div_euclid(DAY_SECONDS);
        let amounts = self.amounts.iter().map(move |money| {
            let value = money.value().ten_thousandths();
            one(Habit::Amount(money.currency().clone()), day, value)
        });
        [
            one(Habit::Hour, hour_of(at), at),
            one(Habit::Day, day, 1),
            one(Habit::Stretch, at.div_euclid(STRETCH_SECONDS), 1),
        ]
        .into_iter()
        .chain(amounts)
    }
}

fn hour_of(at: i64) -> i64 {
    at.rem_euclid(DAY_SECONDS).div_euclid(3_600)
}

/// What is remembered of one actor, by habit and slot; nothing where nobody looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History(BTreeMap<(Habit, i64), i64>);

impl FromIterator<Remembered> for History {
    fn from_iter<I: IntoIterator<Item = Remembered>>(all: I) -> Self {
        let mut history = Self::default();
        history.extend(all);
        history
    }
}

impl Extend<Remembered> for History {
    fn extend<I: IntoIterator<Item = Remembered>>(&mut self, more: I) {
        for Remembered { habit, slot, value } in more {
            let joined = match self.0.get(&(habit.clone(), slot)) {
                Some(other) => habit.joined(value, *other),
                None => value,
            };
            self.0.insert((habit, slot), joined);
        }
    }
}

impl History {
    /// What looks unusual in what is asked now, with this input.
    pub fn risk(&self, input: Option<&Object>, now: Time) -> Risk {
        let money = input.and_then(Money::of_input).and_then(Result::ok);
        Risk {
            unusual_hour: self.is_unusual(now.unix()),
            velocity: self.velocity(now.unix()),
            amount_percent: money.and_then(|money| self.percent(&money, now.unix())),
        }
    }

    /// Whether a principal that is known is at work when it never was, an hour more or less, in thirty days.
    fn is_unusual(&self, now: i64) -> bool {
        let lately = |at: i64| now.saturating_sub(at) <= KEPT_SECONDS;
        let days = self
            .of(&Habit::Day)
            .filter(|(day, _)| lately(day.saturating_mul(DAY_SECONDS)));
        let hour = hour_of(now);
        let is_near = |other: i64| matches!(other.saturating_sub(hour).rem_euclid(24), 0 | 1 | 23);
        let was_here = self.of(&Habit::Hour).any(|(hour, last)| is_near(hour) && lately(last));
        days.count() >= DAYS_KNOWN && !was_here
    }

    /// How many acts in the last minute.
    fn velocity(&self, now: i64) -> i64 {
        let first = now.saturating_sub(MINUTE_SECONDS).div_euclid(STRETCH_SECONDS);
        let lately = self.of(&Habit::Stretch).filter(|(stretch, _)| *stretch >= first);
        lately.fold(0, |all, (_, acts)| all.saturating_add(acts))
    }

    /// An amount in hundredths of the largest of thirty days in its currency, rounded up; nothing where there was none.
    fn percent(&self, money: &Money, now: i64) -> Option<i64> {
        let first = now.saturating_sub(KEPT_SECONDS).div_euclid(DAY_SECONDS);
        let of_currency = Habit::Amount(money.currency().clone());
        let lately = self
            .of(&of_currency)
            .filter(|(day, _)| *day >= first)
            .map(|(_, most)| most);
        let largest = lately.max().filter(|largest| *largest > 0).map(i128::from)?;
        let asked = i128::from(money.value().ten_thousandths()).saturating_mul(100);
        let percent = asked.saturating_add(largest.saturating_sub(1)).div_euclid(largest);
        Some(i64::try_from(percent).unwrap_or(i64::MAX))
    }

    /// The slots of a habit, with what each holds.
    fn of(&self, habit: &Habit) -> impl Iterator<Item = (i64, i64)> {
        let slots = self.0.range((habit.clone(), i64::MIN)..=(habit.clone(), i64::MAX));
        slots.map(|((_, slot), value)| (*slot, *value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::power::Decimal;

    const NOON: i64 = 20_000 * DAY_SECONDS + 12 * 3_600;

    fn act(at: i64, amounts: &[(&str, &str)]) -> Acted {
        let money = |(value, currency): &(&str, &str)| {
            Money::new(Decimal::parse(value).unwrap(), Currency::parse(currency).unwrap()).unwrap()
        };
        Acted {
            actor: Actor {
                principal: EntityName::new("Client", "agent"),
                person: None,
            },
            amounts: amounts.iter().map(money).collect(),
            at: Time::from_unix(at),
        }
    }

    fn history(acts: &[Acted]) -> History {
        acts.iter().flat_map(Acted::remembered).collect()
    }

    fn at_noon_for(days: i64) -> Vec<Acted> {
        (1..=days)
            .map(|day| act(NOON.saturating_sub(day.saturating_mul(DAY_SECONDS)), &[]))
            .collect()
    }

    fn unusual(history: &History, at: i64) -> bool {
        history.risk(None, Time::from_unix(at)).unusual_hour
    }

    #[test]
    fn s_32_an_hour_is_unusual_for_whom_a_week_is_known_and_who_was_never_near_it() {
        assert!(!unusual(&History::default(), NOON), "nobody is known");
        let six = history(&at_noon_for(6));
        let seven = history(&at_noon_for(7));
        for hours in 0..24 {
            let at = NOON + hours * 3_600;
            assert!(!unusual(&six, at), "{hours}: six days are too few");
            assert_eq!(unusual(&seven, at), !matches!(hours, 0 | 1 | 23), "{hours}");
        }
        // Around midnight an hour has neighbours too.
        let late: Vec<Acted> = (1..=7)
            .map(|day| act(NOON - day * DAY_SECONDS + 11 * 3_600, &[]))
            .collect();
        assert!(!unusual(&history(&late), NOON + 12 * 3_600), "0:00 is near 23:00");
        // What is thirty days ago is forgotten.
        assert!(unusual(&seven, NOON + 12 * 3_600 + 22 * DAY_SECONDS));
        assert!(
            !unusual(&seven, NOON + 12 * 3_600 + 40 * DAY_SECONDS),
            "and then nobody is known"
        );
        let mut once = at_noon_for(7);
        once.push(act(NOON - 29 * DAY_SECONDS + 12 * 3_600, &[]));
        assert!(!unusual(&history(&once), NOON + 12 * 3_600));
        once.pop();
        once.push(act(NOON - 31 * DAY_SECONDS + 12 * 3_600, &[]));
        assert!(unusual(&history(&once), NOON + 12 * 3_600));
    }

    #[test]
    fn s_32_velocity_is_what_happened_in_the_last_minute() {
        let acts = [act(NOON, &[]), act(NOON, &[]), act(NOON + 30, &[]), act(NOON + 59, &[])];
        let history = history(&acts);
        let velocity = |after: i64| history.risk(None, Time::from_unix(NOON + after)).velocity;
        assert_eq!(velocity(59), 4);
        assert_eq!(velocity(60), 4, "a whole minute");
        assert_eq!(velocity(70), 2, "ten seconds more at most");
        assert_eq!(velocity(130), 0);
        assert_eq!(History::default().risk(None, Time::from_unix(NOON)).velocity, 0);
    }

    #[test]
    fn s_32_an_amount_is_measured_by_the_largest_in_its_currency_of_thirty_days() {
        let day = |n: i64| NOON - n * DAY_SECONDS;
        let history = history(&[
            act(day(31), &[("1000", "EUR")]),
            act(day(29), &[("20", "EUR"), ("5", "USD")]),
            act(day(1), &[("40", "EUR")]),
            act(day(1), &[("30", "EUR"), ("0", "CHF")]),
        ]);
        let percent = |value: &str, currency: &str| {
            let input = json!({ "amount": { "value": value, "currency": currency } });
            history.risk(input.as_object(), Time::from_unix(NOON)).amount_percent
        };
        assert_eq!(percent("40", "EUR"), Some(100));
        assert_eq!(percent("200", "EUR"), Some(500));
        assert_eq!(percent("200.0001", "EUR"), Some(501), "rounded up");
        assert_eq!(percent("0", "EUR"), Some(0));
        assert_eq!(percent("40", "USD"), Some(800), "a currency is measured by itself");
        assert_eq!(percent("40", "JPY"), None, "no history");
        assert_eq!(percent("40", "CHF"), None, "nothing is no measure");
        assert_eq!(percent("-1", "EUR"), None, "no amount");
        assert_eq!(history.risk(None, Time::from_unix(NOON)).amount_percent, None);
        assert_eq!(
            percent("99999999999", "USD"),
            Some(1_999_999_999_980),
            "of very much too"
        );
    }
}
