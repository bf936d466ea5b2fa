//! What is usual for those who act: noted here or by another node, the sum is the same; it goes away by itself, and no tenant sees another's.

use kernel::{
    Touch, UserId,
    policy::{Acted, Actor, EntityName, Habit, History, Remembered},
    power::{Currency, Decimal, Money},
};

use crate::{
    beside::Beside,
    world::{World, at, time},
};

const DAY: i64 = 86_400;
/// When these tests begin, in the slots of each habit.
const HOUR_0: i64 = 11;
const DAY_0: i64 = 20_775;
const STRETCH_0: i64 = 179_500_000;

fn actor(id: &str, person: Option<&str>) -> Actor {
    Actor {
        principal: EntityName::new("Client", id),
        person: person.map(|id| UserId::parse(id).unwrap()),
    }
}

fn acts(world: &World, actor: &Actor, seconds: i64, euros: i64) {
    let acted = Acted {
        actor: actor.clone(),
        amounts: Money::new(Decimal::from_ten_thousandths(euros), Currency::parse("EUR").unwrap())
            .into_iter()
            .collect(),
        at: time(seconds),
    };
    world.store().touch(world.db.id(), Touch::Acted(Box::new(acted)));
}

/// What is remembered, whatever is written already: one value a slot.
async fn remembered(world: &World, actor: &Actor, all: &[(Habit, i64, i64)]) {
    let expected: History = all
        .iter()
        .map(|(habit, slot, value)| Remembered {
            habit: habit.clone(),
            slot: *slot,
            value: *value,
        })
        .collect();
    assert_eq!(world.db.history(actor).await.unwrap(), expected, "{actor:?}");
}

#[tokio::test]
async fn what_two_nodes_note_adds_up_and_the_largest_stays() {
    let world = World::new().await;
    let other = world.second().await;
    let agent = actor("agent", None);
    let euros = || Habit::Amount(Currency::parse("EUR").unwrap());
    acts(&world, &agent, 5, 70);
    acts(&world, &agent, 7, 50);
    remembered(
        &world,
        &agent,
        &[
            (Habit::Hour, HOUR_0, time(7).unix()),
            (Habit::Day, DAY_0, 2),
            (Habit::Stretch, STRETCH_0, 2),
            (euros(), DAY_0, 70),
        ],
    )
    .await;
    remembered(&other, &agent, &[]).await;
    acts(&other, &agent, 6, 60);
    world.store().flush(&at(8)).await.unwrap();
    other.store().flush(&at(8)).await.unwrap();
    for world in [&world, &other] {
        let sums = [
            (euros(), DAY_0, 70),
            (Habit::Day, DAY_0, 3),
            (Habit::Hour, HOUR_0, time(7).unix()),
            (Habit::Stretch, STRETCH_0, 3),
        ];
        remembered(world, &agent, &sums).await;
    }
    // Who acts for somebody has habits of its own there.
    remembered(&world, &actor("agent", Some("alice")), &[]).await;
    remembered(&world, &actor("agen", None), &[]).await;
    acts(&world, &actor("agent", Some("alice")), 9, 1);
    assert_ne!(
        world.db.history(&actor("agent", Some("alice"))).await.unwrap(),
        History::default()
    );
    assert_eq!(
        world.db.history(&actor("agent", Some("bob"))).await.unwrap(),
        History::default()
    );
}

#[tokio::test]
async fn s_35_no_tenant_sees_what_is_usual_in_another() {
    let world = World::new().await;
    let other = crate::people_sweeps::another_tenant(&world).await;
    let agent = actor("agent", Some("alice"));
    acts(&world, &agent, 5, 70);
    for _ in 0..2 {
        assert_ne!(world.db.history(&agent).await.unwrap(), History::default());
        assert_eq!(other.db.history(&agent).await.unwrap(), History::default());
        world.store().flush(&at(8)).await.unwrap();
    }
    let carol = actor("agent", Some("carol"));
    acts(&other, &carol, 5, 70);
    for _ in 0..2 {
        assert_ne!(other.db.history(&carol).await.unwrap(), History::default());
        assert_eq!(world.db.history(&carol).await.unwrap(), History::default());
        other.store().flush(&at(8)).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_usual_any_more_goes_away() {
    let world = World::new().await;
    let beside = Beside::open(&world.fresh.database).await;
    let rows = async || beside.number("SELECT COUNT(*) FROM habit").await;
    for day in 0..4 {
        acts(&world, &actor("agent", None), day * DAY, 10);
        world.store().flush(&at(day * DAY)).await.unwrap();
    }
    assert_eq!(
        rows().await,
        13,
        "an hour, and of each day the day, a stretch and an amount"
    );
    for (when, left) in [
        (3 * DAY, 10),
        (3 * DAY + 121, 9),
        (30 * DAY + 1, 7),
        (32 * DAY + 1, 3),
        (33 * DAY + 1, 0),
    ] {
        world.store().sweep_people(time(when)).await.unwrap();
        assert_eq!(rows().await, left, "at {when}");
    }
}

#[tokio::test]
async fn s_34_a_name_that_no_row_takes_stops_no_note() {
    let world = World::new().await;
    let long = "x".repeat(10_000);
    for id in [long.as_str(), "with\0nul"] {
        acts(&world, &actor(id, None), 5, 70);
        world.store().flush(&at(8)).await.unwrap();
        assert_ne!(world.db.history(&actor(id, None)).await.unwrap(), History::default());
    }
    let other = format!("{long}y");
    assert_eq!(
        world.db.history(&actor(&other, None)).await.unwrap(),
        History::default()
    );
}
