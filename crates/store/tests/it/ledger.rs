//! The ledger and its rows: charges find a row only where there is room, ends give back once, and every statement does what the model in the kernel's tests says.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::collections::BTreeMap;

use kernel::{
    BookingId, ClientId, GrantId, Guard as AnyGuard, TenantId, Time, TokenId, Write as AnyWrite,
    capability::CapabilityName,
    ledger::{Budget, BudgetId, Debit, Entry, Guard, Kind, Return, ReturnAmount, Spend, SpendAmount, Write},
    power::{Currency, Decimal, Field, Last, Measure, Money, Seen, Used},
};
use store::{Lost, Outcome};

use crate::{
    beside::Beside,
    races::{RACERS, count, race},
    world::{NOW, Wanted, World, acme, at, create_tenant, create_token, time, token},
};

#[path = "../../../kernel/src/ledger/tests/model.rs"]
mod model;

use model::Rows;

const DAY: i64 = 86_400;
const UNLIMITED: i64 = i64::MAX / 4;

fn budget(grant: &str, place: u32) -> BudgetId {
    BudgetId {
        grant: GrantId::parse(grant).unwrap(),
        capability: CapabilityName::parse("read:notes/all").unwrap(),
        place,
    }
}

fn currency(text: &str) -> Currency {
    Currency::parse(text).unwrap()
}

fn euros(value: i64) -> Money {
    Money::new(Decimal::from_ten_thousandths(value), currency("EUR")).unwrap()
}

/// A row that was charged, with euros.
fn debit(budget: BudgetId) -> Debit {
    Debit {
        budget,
        currency: Some(currency("EUR")),
    }
}

/// One use, without limits, so many seconds after the beginning.
fn spend(grant: &str, seconds: i64) -> Spend {
    Spend {
        budget: budget(grant, 0),
        units: 1,
        executions_max: UNLIMITED,
        day_max: UNLIMITED,
        minute_max: UNLIMITED,
        cooldown_seconds: None,
        pace: None,
        at: time(seconds),
    }
}

fn pay(grant: &str, money: Money, day_max: i64, seconds: i64) -> Guard {
    Guard::SpendAmount(Box::new(SpendAmount {
        budget: budget(grant, 0),
        money,
        day_max,
        at: time(seconds),
    }))
}

fn entry(id: &str, kind: Kind, at: i64, expires: Option<i64>) -> Entry {
    Entry {
        id: BookingId::parse(id).unwrap(),
        kind,
        grant: GrantId::parse("grant").unwrap(),
        capability: CapabilityName::parse("read:notes/all").unwrap(),
        units: 3,
        amount: None,
        budgets: vec![debit(budget("grant", 0)), debit(budget("root", 7))],
        client: ClientId::parse("agent").unwrap(),
        by: ClientId::parse("api").unwrap(),
        token: TokenId::parse("token"),
        digest: "digest".to_owned(),
        at: time(at),
        expires: expires.map(time),
    }
}

fn end(of: &Entry, kind: Kind, units: u32, at: i64) -> Entry {
    Entry {
        id: of.end_id(),
        kind,
        units,
        at: time(at),
        expires: None,
        ..of.clone()
    }
}

fn append(entry: &Entry) -> Guard {
    Guard::Append(Box::new(entry.clone()))
}

fn charge(spend: Spend) -> Guard {
    Guard::Spend(Box::new(spend))
}

fn wanted(guards: Vec<Guard>, writes: Vec<Write>) -> Wanted {
    Wanted {
        guards: guards.into_iter().map(AnyGuard::Ledger).collect(),
        sure: writes.into_iter().map(AnyWrite::Ledger).collect(),
        ..Wanted::default()
    }
}

async fn committed(world: &World, guards: Vec<Guard>) -> bool {
    world.commit(wanted(guards, vec![])).await.unwrap() == Outcome::Committed
}

async fn charged(world: &World, spend: Spend) -> bool {
    committed(world, vec![charge(spend)]).await
}

/// What was used of the first power of a grant.
async fn used(world: &World, grant: &str) -> Used {
    let id = budget(grant, 0);
    world.db.budgets(std::slice::from_ref(&id)).await.unwrap()[&id]
        .used
        .clone()
}

#[tokio::test]
async fn entries_come_back_whole_and_a_booking_is_appended_once() {
    let world = World::new().await;
    let whole = Entry {
        amount: Some(euros(i64::MAX)),
        ..entry("booking", Kind::Lease, 0, Some(60))
    };
    let bare = Entry {
        budgets: vec![],
        token: None,
        units: u32::MAX,
        ..entry("bare", Kind::Consume, 0, None)
    };
    for one in [&whole, &bare] {
        assert!(committed(&world, vec![append(one)]).await);
        assert_eq!(world.db.ledger_entry(&one.id).await.unwrap().as_ref(), Some(one));
        let other = Entry {
            units: 1,
            ..one.clone()
        };
        assert!(!committed(&world, vec![append(&other)]).await, "once");
        assert_eq!(world.db.ledger_entry(&one.id).await.unwrap().as_ref(), Some(one));
    }
    assert_eq!(world.db.ledger_entry(&whole.end_id()).await.unwrap(), None);
    let world = world.reopen().await;
    assert_eq!(world.db.ledger_entry(&whole.id).await.unwrap(), Some(whole));
}

#[tokio::test]
async fn a_charge_finds_no_row_where_there_is_no_room_not_even_one_to_make() {
    let world = World::new().await;
    for (name, tight) in [
        (
            "executions",
            Spend {
                executions_max: 2,
                ..spend("executions", 0)
            },
        ),
        (
            "day",
            Spend {
                day_max: 2,
                ..spend("day", 0)
            },
        ),
        (
            "minute",
            Spend {
                minute_max: 2,
                ..spend("minute", 0)
            },
        ),
    ] {
        let three = Spend {
            units: 3,
            ..tight.clone()
        };
        assert!(
            !charged(&world, three.clone()).await,
            "{name}: three at once, the first time"
        );
        assert_eq!(
            world.db.budgets(&[budget(name, 0)]).await.unwrap(),
            BTreeMap::new(),
            "{name}"
        );
        assert!(charged(&world, tight.clone()).await);
        assert!(
            !charged(
                &world,
                Spend {
                    units: 2,
                    ..tight.clone()
                }
            )
            .await,
            "{name}: three together"
        );
        assert!(charged(&world, tight.clone()).await);
        assert!(!charged(&world, tight).await, "{name}");
        assert_eq!(used(&world, name).await.executions, 2);
    }
    assert!(
        !committed(&world, vec![charge(spend("money", 0)), pay("money", euros(11), 10, 0)]).await,
        "the first amount"
    );
    assert_eq!(
        world.db.budgets(&[budget("money", 0)]).await.unwrap(),
        BTreeMap::new(),
        "all of a change, or nothing"
    );
}

#[tokio::test]
async fn a_day_and_a_minute_begin_anew_and_a_clock_that_is_behind_finds_the_one_that_has_begun() {
    let world = World::new().await;
    let to_midnight = DAY - NOW.rem_euclid(DAY);
    let to_minute = 60 - NOW.rem_euclid(60);
    for (name, next, tight) in [
        (
            "day",
            to_midnight,
            Spend {
                day_max: 1,
                ..spend("day", 0)
            },
        ),
        (
            "minute",
            to_minute,
            Spend {
                minute_max: 1,
                ..spend("minute", 0)
            },
        ),
    ] {
        let when = |seconds: i64| Spend {
            at: time(seconds),
            ..tight.clone()
        };
        assert!(charged(&world, when(0)).await);
        assert!(!charged(&world, when(next - 1)).await, "{name}: a second before");
        assert!(charged(&world, when(next)).await, "{name}: the next one");
        assert!(!charged(&world, when(next - 1)).await, "{name}: a clock behind");
        assert!(!charged(&world, when(-DAY)).await, "{name}: a day behind");
        let row = used(&world, name).await;
        assert_eq!((row.executions, row.last), (2, Some(time(next))));
    }
    let wide = |seconds: i64| spend("wide", seconds);
    assert!(charged(&world, wide(to_midnight)).await && charged(&world, wide(0)).await);
    let row = used(&world, "wide").await;
    let today = time(to_midnight).unix().div_euclid(DAY);
    assert_eq!(
        (row.day, row.day_count, row.last),
        (today, 2, Some(time(to_midnight))),
        "nothing goes back"
    );
}

#[tokio::test]
async fn what_was_used_of_a_token_goes_with_its_record_and_nothing_else_does() {
    const KEPT: i64 = 3_600 + DAY;
    let world = World::new().await;
    let beside = Beside::open(&world.fresh.database).await;
    let id = |seconds: i64| -> String {
        let id: TokenId = at(seconds).id("token");
        id.as_str().to_owned()
    };
    let (old, young, grant) = (id(-KEPT - 2), id(-KEPT), id(-9 * KEPT));
    for id in [&old, &young] {
        world.put(Wanted::default().guard(create_token(token(id)))).await;
    }
    // The names of others begin like the token's.
    let longer = format!("{old}x");
    for owner in [&old, &young, &grant, &longer] {
        assert!(charged(&world, spend(owner, 0)).await);
        assert!(committed(&world, vec![pay(owner, euros(10), UNLIMITED, 0)]).await);
    }
    let rows = async || {
        (
            beside.number("SELECT COUNT(*) FROM budget").await,
            beside.number("SELECT COUNT(*) FROM budget_amount").await,
        )
    };
    assert_eq!(rows().await, (4, 4));
    world.store().sweep_tokens(time(0)).await.unwrap();
    assert_eq!(rows().await, (3, 3));
    for owner in [&young, &grant, &longer] {
        assert_eq!(used(&world, owner).await.executions, 1, "{owner}");
    }
}

#[tokio::test]
async fn between_two_charges_lies_the_rest_and_a_clock_that_is_behind_has_not_rested() {
    let world = World::new().await;
    let rests = |seconds: i64| Spend {
        cooldown_seconds: Some(60),
        ..spend("grant", seconds)
    };
    assert!(charged(&world, rests(0)).await);
    for early in [0, 59, -1, -60, -10_000] {
        assert!(!charged(&world, rests(early)).await, "{early}");
    }
    assert!(charged(&world, rests(60)).await);
    assert!(!charged(&world, rests(119)).await);
}

#[tokio::test]
async fn a_pace_is_charged_by_whoever_saw_the_last_turn() {
    let world = World::new().await;
    let values = |n: i64| {
        let mut last = Last::default();
        let seen = Seen {
            value: Decimal::from_ten_thousandths(n),
            measure: Measure::Plain,
            at: time(n),
        };
        last.note(Field::parse("speed").unwrap(), seen);
        last
    };
    let paced = |turn: i64, n: i64| Spend {
        pace: Some((turn, values(n))),
        ..spend("grant", 0)
    };
    assert!(charged(&world, paced(0, 1)).await);
    assert!(!charged(&world, paced(0, 2)).await, "somebody moved first");
    assert!(charged(&world, paced(1, 2)).await);
    assert!(charged(&world, spend("grant", 0)).await, "who does not mind the pace");
    let id = budget("grant", 0);
    let row = world.db.budgets(std::slice::from_ref(&id)).await.unwrap()[&id].clone();
    assert_eq!(
        (row.turn, row.used.values),
        (3, values(2)),
        "leaves the values, and takes a turn"
    );
    let racers = (0..i64::try_from(RACERS).unwrap()).map(|n| wanted(vec![charge(paced(3, n))], vec![]));
    let heard = count(race(&[&world], racers).await);
    assert_eq!(
        heard[&format!("{:?}", Outcome::Committed)],
        1,
        "of those who saw the same, one"
    );
}

#[tokio::test]
async fn s_32_amounts_are_of_one_currency_each_and_no_sum_turns_over() {
    let world = World::new().await;
    let dollars = |value: i64| Money::new(Decimal::from_ten_thousandths(value), currency("USD")).unwrap();
    assert!(charged(&world, spend("grant", 0)).await);
    assert!(committed(&world, vec![pay("grant", euros(100), 100, 0)]).await);
    assert!(!committed(&world, vec![pay("grant", euros(1), 100, 0)]).await);
    assert!(
        committed(&world, vec![pay("grant", euros(0), 100, 0)]).await,
        "nothing always fits"
    );
    assert!(committed(&world, vec![pay("grant", dollars(100), 100, 0)]).await);
    assert!(
        committed(&world, vec![pay("grant", euros(1), 100, DAY)]).await,
        "the next day"
    );
    assert!(
        !committed(&world, vec![pay("grant", euros(100), 100, 0)]).await,
        "a clock behind"
    );
    let most = 999_999_999_999_999_999;
    assert!(committed(&world, vec![pay("grant", euros(most), UNLIMITED, 2 * DAY)]).await);
    assert!(!committed(&world, vec![pay("grant", euros(most), most, 2 * DAY)]).await);
    let today = |seconds: i64| time(seconds).unix().div_euclid(DAY);
    let expected = BTreeMap::from([
        (currency("EUR"), (today(2 * DAY), Decimal::from_ten_thousandths(most))),
        (currency("USD"), (today(0), Decimal::from_ten_thousandths(100))),
    ]);
    assert_eq!(used(&world, "grant").await.amounts, expected);
}

#[tokio::test]
async fn what_goes_back_goes_into_its_own_windows_and_into_no_row_that_is_not_there() {
    let world = World::new().await;
    let back = |grant: &str, units: i64, charged: i64| {
        let uses = Write::Return(Box::new(Return {
            budget: budget(grant, 0),
            units,
            charged: time(charged),
        }));
        let money = Write::ReturnAmount(Box::new(ReturnAmount {
            budget: budget(grant, 0),
            currency: currency("EUR"),
            value: units * 10,
            charged: time(charged),
        }));
        wanted(vec![], vec![uses, money])
    };
    let five = |seconds: i64| Spend {
        units: 5,
        ..spend("grant", seconds)
    };
    assert!(committed(&world, vec![charge(five(0)), pay("grant", euros(50), UNLIMITED, 0)]).await);
    let row = |row: Used| {
        let spent = row.amounts[&currency("EUR")].1.ten_thousandths();
        (row.executions, row.day_count, row.minute_count, spent)
    };
    world.put(back("grant", 1, 0)).await;
    assert_eq!(row(used(&world, "grant").await), (4, 4, 4, 40));
    world.put(back("grant", 1, 60)).await;
    assert_eq!(
        row(used(&world, "grant").await),
        (3, 3, 4, 30),
        "another minute, the same day"
    );
    world.put(back("grant", 1, DAY)).await;
    assert_eq!(row(used(&world, "grant").await), (2, 3, 4, 30), "another day");
    world.put(back("stranger", 1, 0)).await;
    assert_eq!(
        world.db.budgets(&[budget("stranger", 0)]).await.unwrap(),
        BTreeMap::new()
    );
}

async fn races_for_room(worlds: &[&World]) {
    const CAP: i64 = 20;
    for round in 0..8 {
        let name = format!("g{round}");
        let racer = |n: usize| {
            let mut entry = entry(&format!("b{round}-{n}"), Kind::Consume, 0, None);
            entry.units = 1;
            let one = Spend {
                executions_max: CAP,
                ..spend(&name, 0)
            };
            wanted(vec![charge(one), pay(&name, euros(1), 15, 0), append(&entry)], vec![])
        };
        let outcomes = race(worlds, (0..RACERS).map(racer)).await;
        let told = count(outcomes.iter().copied());
        let won = format!("{:?}", Outcome::Committed);
        assert_eq!(told[&won], 15, "the tighter of the two, exactly: {told:?}");
        for (n, outcome) in outcomes.iter().enumerate() {
            let there = worlds[0]
                .db
                .ledger_entry(&BookingId::parse(&format!("b{round}-{n}")).unwrap())
                .await
                .unwrap();
            assert_eq!(
                there.is_some(),
                *outcome == Outcome::Committed,
                "an entry for each that won"
            );
            assert!(
                matches!(outcome, Outcome::Committed | Outcome::Lost(Lost::Guard(0 | 1))),
                "{outcome:?}"
            );
        }
        let row = used(worlds[0], &name).await;
        assert_eq!(
            (row.executions, row.amounts[&currency("EUR")].1.ten_thousandths()),
            (15, 15)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_32_of_64_racers_for_one_row_as_many_win_as_have_room() {
    let world = World::new().await;
    races_for_room(&[&world]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_32_the_same_of_two_nodes() {
    let world = World::new().await;
    let other = world.second().await;
    races_for_room(&[&world, &other]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_ends_of_one_booking_one_gives_back() {
    let world = World::new().await;
    let other = world.second().await;
    let booking = entry("lease", Kind::Lease, 0, Some(60));
    let three = Spend {
        units: 3,
        ..spend("grant", 0)
    };
    assert!(committed(&world, vec![charge(three), append(&booking)]).await);
    let racer = |n: usize| {
        let back = Return {
            budget: budget("grant", 0),
            units: 3,
            charged: time(0),
        };
        let kind = [Kind::Settle, Kind::Void, Kind::Expire][n % 3];
        wanted(
            vec![append(&end(&booking, kind, 0, 1))],
            vec![Write::Return(Box::new(back))],
        )
    };
    let told = count(race(&[&world, &other], (0..RACERS).map(racer)).await);
    assert_eq!(told[&format!("{:?}", Outcome::Committed)], 1);
    assert_eq!(used(&world, "grant").await.executions, 0);
}

#[tokio::test]
async fn bookings_whose_time_is_over_are_found_until_they_have_an_end() {
    let world = World::new().await;
    let booked = [("a", 10), ("b", 20), ("c", 30)].map(|(id, ends)| entry(id, Kind::Lease, 0, Some(ends)));
    for one in booked.iter().chain([&entry("d", Kind::Consume, 0, None)]) {
        assert!(committed(&world, vec![append(one)]).await);
    }
    let over = async |from: i64, until: i64, most: i64| -> Vec<String> {
        let found = world.db.bookings_over(time(from), time(until), most).await.unwrap();
        found.into_iter().map(|entry| entry.id.to_string()).collect()
    };
    assert_eq!(over(0, 9, 10).await, Vec::<String>::new());
    assert_eq!(over(0, 20, 10).await, ["a", "b"]);
    assert_eq!(
        over(10, 30, 10).await,
        ["b", "c"],
        "after the one time, until the other"
    );
    assert_eq!(over(0, 30, 2).await, ["a", "b"], "the oldest first");
    let first = async |from: i64| world.db.booking_over_after(time(from)).await.unwrap();
    assert_eq!(
        (first(-5).await, first(10).await, first(30).await),
        (Some(time(10)), Some(time(20)), None)
    );
    assert!(committed(&world, vec![append(&end(&booked[0], Kind::Void, 0, 11))]).await);
    assert_eq!(over(0, 30, 10).await, ["b", "c"]);
}

#[tokio::test]
async fn what_was_booked_is_listed_newest_first_each_with_its_end_and_every_one_once() {
    let world = World::new().await;
    let paid = |mut one: Entry| {
        one.amount = Some(euros(30));
        one
    };
    let mut booked: Vec<Entry> = ["a", "b", "c"]
        .map(|id| paid(entry(id, Kind::Lease, 7, Some(60))))
        .to_vec();
    booked.push(entry("d", Kind::Consume, 9, None));
    let mut other = entry("e", Kind::Consume, 9, None);
    other.grant = GrantId::parse("another").unwrap();
    let ended = Entry {
        amount: Some(euros(10)),
        ..end(&booked[1], Kind::Settle, 1, 8)
    };
    for one in booked.iter().chain([&other, &ended]) {
        assert!(committed(&world, vec![append(one)]).await);
    }
    let grant = GrantId::parse("grant").unwrap();
    let mut listed = Vec::new();
    let mut before = (time(1_000), "~".to_owned());
    loop {
        let page = world
            .db
            .ledger_of_grant(&grant, (before.0, &before.1), 2)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        before = (last.entry.at, last.entry.id.to_string());
        listed.extend(page);
    }
    let ids: Vec<&str> = listed.iter().map(|one| one.entry.id.as_str()).collect();
    assert_eq!(ids, ["d", "c", "b", "a"]);
    assert_eq!(listed[2].entry, booked[1]);
    let its_end = listed[2].end.as_ref().unwrap();
    assert_eq!(
        (its_end.kind, its_end.units, its_end.amount.clone(), its_end.at),
        (Kind::Settle, 1, Some(euros(10)), time(8))
    );
    assert!(listed.iter().filter(|one| one.end.is_some()).count() == 1);
}

#[tokio::test]
async fn s_35_rows_of_the_ledger_are_of_one_tenant() {
    let world = World::new().await;
    let other = kernel::tenant::Tenant {
        id: TenantId::parse("other").unwrap(),
        issuer: "https://other.example".to_owned(),
        ..acme()
    };
    world.put(Wanted::default().guard(create_tenant(other.clone()))).await;
    let elsewhere = World {
        db: store::TenantDb::new(std::sync::Arc::clone(world.store()), std::sync::Arc::new(other)),
        ..world.again()
    };
    let one = |world| {
        charged(
            world,
            Spend {
                executions_max: 1,
                ..spend("grant", 0)
            },
        )
    };
    let booking = entry("lease", Kind::Lease, 0, Some(60));
    for here in [&world, &elsewhere] {
        assert!(one(here).await && committed(here, vec![append(&booking), pay("grant", euros(1), 1, 0)]).await);
        assert!(!one(here).await);
    }
    let back = Return {
        budget: budget("grant", 0),
        units: 1,
        charged: time(0),
    };
    let ends = wanted(
        vec![append(&end(&booking, Kind::Void, 0, 1))],
        vec![Write::Return(Box::new(back))],
    );
    elsewhere.put(ends).await;
    assert_eq!(
        (
            used(&world, "grant").await.executions,
            used(&elsewhere, "grant").await.executions
        ),
        (1, 0)
    );
    assert_eq!(world.db.bookings_over(time(0), time(60), 9).await.unwrap().len(), 1);
    assert_eq!(elsewhere.db.bookings_over(time(0), time(60), 9).await.unwrap(), []);
    let listed = world
        .db
        .ledger_of_grant(&booking.grant, (time(99), "~"), 9)
        .await
        .unwrap();
    assert_eq!(
        (listed.len(), listed[0].end.clone()),
        (1, None),
        "the end of the other tenant's is not this one's"
    );
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let place = self.below(u64::try_from(of.len()).unwrap());
        of[usize::try_from(place).unwrap()].clone()
    }

    fn small(&mut self, n: u64) -> i64 {
        i64::try_from(self.below(n)).unwrap()
    }
}

/// A change as the rules would make one, and some that they never would.
fn change(dice: &mut Dice, n: usize, model: &Rows, now: &mut i64) -> (Vec<Guard>, Vec<Write>) {
    *now += dice.pick(&[0, 0, 1, 30, 60, DAY / 2, DAY, -DAY]);
    let open: Vec<&Entry> = model.entries.values().filter(|entry| entry.kind.is_open()).collect();
    if dice.below(4) == 0 && !open.is_empty() {
        let booked = (*dice.pick(&open)).clone();
        let ends = end(&booked, dice.pick(&[Kind::Settle, Kind::Void, Kind::Expire]), 0, *now);
        let writes = booked.budgets.iter().flat_map(|Debit { budget, .. }| {
            let uses = Return {
                budget: budget.clone(),
                units: booked.units.into(),
                charged: booked.at,
            };
            let money = booked.amount.as_ref().map(|money| ReturnAmount {
                budget: budget.clone(),
                currency: money.currency().clone(),
                value: money.value().ten_thousandths(),
                charged: booked.at,
            });
            let money = money.map(|money| Write::ReturnAmount(Box::new(money)));
            [Some(Write::Return(Box::new(uses))), money]
        });
        let writes = writes.flatten().collect();
        return (vec![append(&ends)], writes);
    }
    let budgets: Vec<BudgetId> = ["leaf", "root"]
        .map(|grant| budget(grant, u32::try_from(dice.below(2)).unwrap()))
        .to_vec();
    let units = u32::try_from(1 + dice.below(3)).unwrap();
    let money = (dice.below(2) == 0).then(|| {
        let value = Decimal::from_ten_thousandths(dice.small(40));
        Money::new(value, dice.pick(&[currency("EUR"), currency("USD")])).unwrap()
    });
    let mut guards = Vec::new();
    for id in &budgets {
        let cap = |dice: &mut Dice, few: u64| if dice.below(2) == 0 { UNLIMITED } else { dice.small(few) };
        let pace = (dice.below(4) == 0).then(|| (dice.small(6), Last::default()));
        guards.push(charge(Spend {
            budget: id.clone(),
            units: units.into(),
            executions_max: cap(dice, 40),
            day_max: cap(dice, 12),
            minute_max: cap(dice, 6),
            cooldown_seconds: dice.pick(&[None, None, Some(1), Some(60)]),
            pace,
            at: time(*now),
        }));
        if let Some(money) = &money {
            guards.push(Guard::SpendAmount(Box::new(SpendAmount {
                budget: id.clone(),
                money: money.clone(),
                day_max: dice.small(120),
                at: time(*now),
            })));
        }
    }
    let kind = dice.pick(&[Kind::Consume, Kind::Lease, Kind::Reserve]);
    let booked = Entry {
        units,
        amount: money,
        budgets: budgets.into_iter().map(debit).collect(),
        ..entry(
            &format!("b{}", dice.pick(&[n, n, n, n / 2])),
            kind,
            *now,
            kind.is_open().then_some(*now + 60),
        )
    };
    guards.push(append(&booked));
    (guards, vec![])
}

#[tokio::test]
async fn the_statements_do_what_the_model_does_for_any_order_of_changes() {
    let (mut won, mut lost) = (0, 0);
    for seed in 1_u64..=12 {
        let world = World::new().await;
        let (mut dice, mut model, mut now) = (Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)), Rows::default(), 0);
        for n in 0..60 {
            let (guards, writes) = change(&mut dice, n, &model, &mut now);
            let expected = model.commit(&guards, &writes);
            let told = format!("seed {seed}, change {n}: {guards:?} {writes:?}");
            let outcome = world.commit(wanted(guards, writes)).await.unwrap();
            assert_eq!(outcome == Outcome::Committed, expected, "{told}");
            *(if expected { &mut won } else { &mut lost }) += 1;
        }
        let all: Vec<BudgetId> = ["leaf", "root"]
            .iter()
            .flat_map(|grant| [budget(grant, 0), budget(grant, 1)])
            .collect();
        let expected: BTreeMap<BudgetId, Budget> = all
            .iter()
            .filter_map(|id| Some((id.clone(), model.budget(id)?)))
            .collect();
        assert_eq!(world.db.budgets(&all).await.unwrap(), expected, "seed {seed}");
        for entry in model.entries.values() {
            assert_eq!(
                world.db.ledger_entry(&entry.id).await.unwrap().as_ref(),
                Some(entry),
                "seed {seed}"
            );
        }
        let over = world
            .db
            .bookings_over(Time::from_unix(0), time(now), 1_000)
            .await
            .unwrap();
        let mut expected = model.over(time(now));
        expected.sort_by_key(|entry| (entry.expires, entry.id.clone()));
        let mut over = over;
        over.sort_by_key(|entry| (entry.expires, entry.id.clone()));
        assert_eq!(over, expected, "seed {seed}");
    }
    assert!(won > 150 && lost > 150, "both happen: {won} {lost}");
}
