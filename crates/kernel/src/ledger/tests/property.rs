//! For every tree of powers and every order of what happens: no limit is passed, rows are what entries add up to, and a child never spends more than any ancestor allows.

use std::collections::BTreeMap;

use proptest::{collection::vec, option, prelude::*, sample::Index};

use super::*;
use crate::power::{Limits, arbitrary};

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody asks by the nth token.
    Ask {
        token: Index,
        kind: Kind,
        units: u32,
        money: Option<(i64, &'static str)>,
        /// By what was read before the step before this one.
        stale: bool,
    },
    /// One of the bookings is ended.
    End { booking: Index, used: Option<u32> },
    /// The sweep runs.
    Sweep,
    /// So many seconds go by.
    Wait(i64),
}

fn step(back: i64) -> impl Strategy<Value = Step> {
    let kind = proptest::sample::select(vec![Kind::Consume, Kind::Consume, Kind::Reserve, Kind::Lease]);
    let money = option::of((0_i64..6, proptest::sample::select(vec!["EUR", "EUR", "USD"])));
    let asks = (any::<Index>(), kind, 1_u32..4, money, any::<bool>()).prop_map(|(token, kind, units, money, stale)| {
        Step::Ask {
            token,
            kind,
            units,
            money,
            stale,
        }
    });
    let ends = (any::<Index>(), option::of(0_u32..4)).prop_map(|(booking, used)| Step::End { booking, used });
    let waits = proptest::sample::select(vec![1, 7, 20, 60, 300, DAY / 2, DAY, back]).prop_map(Step::Wait);
    prop_oneof![6 => asks, 2 => ends, 1 => Just(Step::Sweep), 2 => waits]
}

/// A root, two below it, and one below the first of them; each with up to two powers for the same, or none.
fn tree() -> impl Strategy<Value = Vec<Token>> {
    let some = || vec(arbitrary::limits(), 0..3);
    (vec(arbitrary::limits(), 1..3), some(), some(), some()).prop_map(|(root, left, right, below)| {
        let powers = |limits: &[Limits]| -> Value {
            let one = |limits: &Limits| json!({ "action": "read_notes", "limits": Value::Object(limits.document()) });
            limits.iter().map(one).collect()
        };
        let [root, left, right, below] = [root, left, right, below].map(|limits| powers(&limits));
        vec![
            Token::named("none", [root.clone()]),
            Token::named("left", [left.clone(), root.clone()]),
            Token::named("right", [right, root.clone()]),
            below_left(Token::named("below", [below, left, root])),
        ]
    })
}

/// The middle of the path is the one that another token hangs on directly.
fn below_left(mut token: Token) -> Token {
    token.path[0].parent = Some(facts::id("left-0"));
    token.path[1].id = facts::id("left-0");
    token
}

/// The limits of each row.
fn limits_of(tokens: &[Token]) -> BTreeMap<BudgetId, Limits> {
    let mut all = BTreeMap::new();
    for node in tokens.iter().flat_map(|token| &token.path) {
        for (place, power) in node.authority.powers().iter().enumerate() {
            let id = BudgetId {
                grant: node.id.clone(),
                capability: power.capability.clone(),
                place: place.try_into().unwrap(),
            };
            all.insert(id, power.limits.clone());
        }
    }
    all
}

struct World {
    rows: Rows,
    before: Rows,
    known: Vec<Known>,
    seconds: i64,
    lost: usize,
}

impl World {
    fn of(tokens: &[Token]) -> Self {
        Self {
            rows: Rows::default(),
            before: Rows::default(),
            known: tokens.iter().map(Token::known).collect(),
            seconds: 0,
            lost: 0,
        }
    }

    /// Two looks, as a walk has them.
    fn step(&mut self, step: &Step) {
        let before = self.rows.clone();
        match step {
            Step::Wait(seconds) => self.seconds += seconds,
            Step::Sweep => {
                sweep(&mut self.rows, self.seconds);
            }
            Step::End { booking, used } => {
                let open: Vec<Entry> = self
                    .rows
                    .entries
                    .values()
                    .filter(|entry| entry.kind.is_open())
                    .cloned()
                    .collect();
                if open.is_empty() {
                    return;
                }
                let booked = booking.get(&open);
                let path = self
                    .known
                    .iter()
                    .map(|known| &known.path)
                    .find(|path| path[0].id == booked.grant)
                    .unwrap();
                let end = used.map_or(End::Void, |used| End::Settle(Some(used.min(booked.units))));
                let id = json!(booked.id.as_str());
                let decision = closing(&self.rows, path, &resource(), &id, end, self.seconds);
                assert!(committed(&mut self.rows, &decision));
            }
            Step::Ask {
                token,
                kind,
                units,
                money,
                stale,
            } => {
                let input = money.map_or(
                    json!({}),
                    |(value, currency)| json!({ "amount": { "value": value.to_string(), "currency": currency } }),
                );
                let request = Request {
                    kind: *kind,
                    units: *units,
                    ..once("read_notes", input)
                };
                let place = token.index(self.known.len());
                let seen = if *stale { self.before.clone() } else { self.rows.clone() };
                for rows in [seen, self.rows.clone()] {
                    let known = same(&self.known[place]);
                    let decision = decided(&rows, Some(known), &resource(), &request, &at(self.seconds));
                    if committed(&mut self.rows, &decision) {
                        break;
                    }
                    self.lost += 1;
                }
            }
        }
        self.before = before;
    }
}

impl Rows {
    /// What the entries say of a row, and nothing else: uses in all, and those of a day and of a minute.
    fn recounted(&self, id: &BudgetId, day: i64, minute: i64) -> (i64, i64, i64) {
        let mut sum = (0, 0, 0);
        for (entry, units) in self.bookings(id) {
            let at = entry.at.unix();
            sum.0 += units;
            sum.1 += if at.div_euclid(86_400) == day { units } else { 0 };
            sum.2 += if at.div_euclid(60) == minute { units } else { 0 };
        }
        sum
    }

    /// What the entries say was spent on a day in a currency.
    fn recounted_amount(&self, id: &BudgetId, currency: &Currency, day: i64) -> i64 {
        let amount = |entry: &Entry| {
            let counts = self.entries.get(&entry.end_id()).unwrap_or(entry);
            let money = counts.amount.as_ref().filter(|money| money.currency() == currency);
            money.map_or(0, |money| money.value().ten_thousandths())
        };
        let that_day = self
            .bookings(id)
            .filter(|(entry, _)| entry.at.unix().div_euclid(86_400) == day);
        that_day.map(|(entry, _)| amount(entry)).sum()
    }

    /// The bookings that charged a row, each with the uses that count.
    fn bookings(&self, id: &BudgetId) -> impl Iterator<Item = (&Entry, i64)> {
        let bookings = self
            .entries
            .values()
            .filter(|entry| !entry.id.as_str().ends_with(Entry::END));
        bookings
            .filter(|entry| entry.budgets.iter().any(|debit| debit.budget == *id))
            .map(|entry| {
                let counts = self.entries.get(&entry.end_id()).unwrap_or(entry);
                (entry, i64::from(counts.units))
            })
    }
}

/// That no row is beyond its limits.
fn within(rows: &Rows, limits: &BTreeMap<BudgetId, Limits>) {
    for (id, row) in &rows.budgets {
        let limits = limits[id].document();
        let most = |name: &str| limits.get(name).and_then(Value::as_i64).unwrap_or(i64::MAX);
        assert!(row.executions <= most("max_executions"), "{id:?} {row:?} {limits:?}");
        assert!(row.day_count <= most("daily_limit_count"), "{id:?} {row:?} {limits:?}");
        assert!(row.minute_count <= most("max_per_minute"), "{id:?} {row:?} {limits:?}");
        assert!(
            row.executions >= 0 && row.day_count >= 0 && row.minute_count >= 0,
            "{id:?} {row:?}"
        );
    }
    for ((id, currency), (_, spent)) in &rows.amounts {
        let most = limits[id].daily_amount_of(currency).unwrap();
        assert!((0..=most.ten_thousandths()).contains(spent), "{id:?} {spent} {most}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, ..ProptestConfig::default() })]

    #[test]
    fn s_32_no_limit_of_any_grant_is_ever_passed_and_rows_are_what_the_entries_add_up_to(
        tokens in tree(), steps in vec(step(1), 1..48),
    ) {
        let limits = limits_of(&tokens);
        let mut world = World::of(&tokens);
        for step in &steps {
            world.step(step);
            within(&world.rows, &limits);
        }
        let rows = &world.rows;
        for (id, row) in &rows.budgets {
            prop_assert_eq!(rows.recounted(id, row.day, row.minute), (row.executions, row.day_count, row.minute_count), "{:?}", id);
        }
        for ((id, currency), (day, spent)) in &rows.amounts {
            prop_assert_eq!(rows.recounted_amount(id, currency, *day), *spent, "{:?}", id);
        }
        // What was ever charged to a grant was charged to all above it.
        for entry in rows.entries.values().filter(|entry| entry.kind.is_open() || entry.kind == Kind::Consume) {
            let path = &tokens.iter().find(|token| token.path[0].id == entry.grant).unwrap().path;
            let with_powers = path.iter().filter(|node| !node.authority.powers().is_empty());
            let charged: Vec<&crate::GrantId> = entry.budgets.iter().map(|debit| &debit.budget.grant).collect();
            prop_assert_eq!(charged, with_powers.map(|node| &node.id).collect::<Vec<_>>());
        }
        rested(rows, &limits);
    }

    #[test]
    fn s_32_a_clock_that_goes_back_gives_nobody_more(tokens in tree(), steps in vec(step(-DAY), 1..48)) {
        let limits = limits_of(&tokens);
        let mut world = World::of(&tokens);
        for step in &steps {
            world.step(step);
            within(&world.rows, &limits);
        }
        for (id, row) in &world.rows.budgets {
            let (all, ..) = world.rows.recounted(id, 0, 0);
            prop_assert_eq!(all, row.executions);
        }
    }
}

/// That between two charges of a row lies the rest that it demands.
fn rested(rows: &Rows, limits: &BTreeMap<BudgetId, Limits>) {
    for (id, limits) in limits {
        let Some(rest) = limits.document().get("cooldown_sec").and_then(Value::as_i64) else {
            continue;
        };
        let bookings = rows.entries.values().filter(|entry| {
            entry.budgets.iter().any(|debit| debit.budget == *id) && !entry.id.as_str().ends_with(Entry::END)
        });
        let mut times: Vec<i64> = bookings.map(|entry| entry.at.unix()).collect();
        times.sort_unstable();
        assert!(times.windows(2).all(|two| two[1] - two[0] >= rest), "{id:?} {times:?}");
    }
}

#[test]
fn the_worlds_of_these_properties_have_races_refusals_and_ends() {
    let tokens = vec![Token::named(
        "none",
        [power("read_notes", &json!({ "max_executions": 2 }))],
    )];
    let ask = Step::Ask {
        token: index(),
        kind: Kind::Lease,
        units: 1,
        money: None,
        stale: true,
    };
    let mut world = World::of(&tokens);
    for step in [ask.clone(), ask.clone(), ask.clone(), Step::Wait(60), Step::Sweep, ask] {
        world.step(&step);
    }
    assert_eq!(executions(&world.rows, &tokens[0].path[0], "read_notes"), 2);
    assert!(world.lost > 0, "somebody looked before another booked");
    assert_eq!(world.rows.entries.len(), 4, "two bookings, two ends");
}

fn index() -> Index {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let strategy = any::<Index>();
    strategy.new_tree(&mut TestRunner::deterministic()).unwrap().current()
}
