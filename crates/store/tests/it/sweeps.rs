//! What a node clears away in the background: marks that are over, by whole tables, and old records of tokens.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::collections::BTreeMap;

use futures_util::future::join_all;
use kernel::{Mark, Moment, TokenId, mark::MARK_SECONDS_MAX};
use store::{Database, Fault, Lost, Outcome};

use crate::{
    beside::Beside,
    world::{NOW, Wanted, World, acme, at, create_tenant, create_token, mark_until, time, token},
};

/// Marks that end in one period share a table; the design makes a period twice as long as a mark lives.
const PERIOD: i64 = 2 * MARK_SECONDS_MAX;

/// Whether a mark can be used (again).
async fn takes(world: &World, mark: &Mark) -> bool {
    match world.commit(Wanted::default().mark(mark.clone())).await.unwrap() {
        Outcome::Committed => true,
        Outcome::Lost(lost) => {
            assert_eq!(lost, Lost::Mark(0));
            false
        }
    }
}

async fn rows(beside: &Beside) -> (i64, i64) {
    (
        beside.number("SELECT COUNT(*) FROM mark_a").await,
        beside.number("SELECT COUNT(*) FROM mark_b").await,
    )
}

#[tokio::test]
async fn marks_of_neighbouring_periods_lie_in_different_tables() {
    let world = World::empty().await;
    let beside = Beside::open(&world.fresh.database).await;
    let start = NOW.div_euclid(PERIOD) * PERIOD - NOW;
    for period in 0..6 {
        for seconds in [0, 1, PERIOD - 1] {
            assert!(
                takes(
                    &world,
                    &mark_until(&format!("{period} {seconds}"), start + period * PERIOD + seconds)
                )
                .await
            );
        }
        let (a, b) = rows(&beside).await;
        assert_eq!(a + b, 3 * (period + 1));
        assert!((a - b).abs() <= 3, "in turn: {a} and {b}");
    }
    // Before 1970 the same: a clock that was never set must not put two marks of one period into two tables.
    let before = rows(&beside).await;
    for seconds in (1..=PERIOD).step_by(31).chain([PERIOD]) {
        assert!(takes(&world, &mark_until(&format!("early {seconds}"), -NOW - seconds)).await);
    }
    let after = rows(&beside).await;
    assert!(after.0 == before.0 || after.1 == before.1, "{before:?} {after:?}");
}

/// Two nodes whose clocks differ by half a minute work through three periods; a proof that could still be accepted anywhere is never accepted twice.
#[tokio::test]
async fn a_mark_that_still_counts_is_never_swept_away_and_the_tables_do_not_grow() {
    let early = World::new().await;
    let late = early.second().await;
    let beside = Beside::open(&late.fresh.database).await;
    let mut taken: BTreeMap<i64, Vec<Mark>> = BTreeMap::new();
    let mut most = 0;
    for now in (0..3 * PERIOD).step_by(30) {
        for (ahead, life) in [
            (0, 1),
            (0, 60),
            (0, MARK_SECONDS_MAX),
            (-30, MARK_SECONDS_MAX),
            (-30, 5),
        ] {
            // A proof made by this node's clock that lives so long.
            let mark = mark_until(&format!("{now} {ahead} {life}"), now + ahead + life);
            assert!(
                takes(if ahead == 0 { &late } else { &early }, &mark).await,
                "a fresh mark at {now}"
            );
            taken.entry(now + ahead + life).or_default().push(mark);
        }
        late.store().sweep_marks(time(now)).await.unwrap();
        early.store().sweep_marks(time(now - 30)).await.unwrap();
        let counting: Vec<&Mark> = taken.range(now - 30..).flat_map(|(_, marks)| marks).collect();
        let again = counting
            .iter()
            .flat_map(|mark| [takes(&late, mark), takes(&early, mark)]);
        assert!(
            join_all(again).await.into_iter().all(|taken| !taken),
            "at {now} a mark came a second time"
        );
        let (a, b) = rows(&beside).await;
        most = most.max(a + b);
    }
    let all: usize = taken.values().map(Vec::len).sum();
    assert!(usize::try_from(most).unwrap() < all * 3 / 4, "{most} of {all} at most");
    // A node that comes back after a pause empties nothing that a proof still relies on either.
    let last = 3 * PERIOD;
    for later in [last, last + PERIOD / 2, last + 2 * PERIOD] {
        let mark = mark_until(&format!("later {later}"), later + 60);
        assert!(takes(&late, &mark).await);
        late.store().sweep_marks(time(later)).await.unwrap();
        assert!(!takes(&early, &mark).await);
    }
}

/// A moment from `start` on at which a sweep of this world empties a table.
async fn sweep_from(world: &World, beside: &Beside, start: i64) -> i64 {
    for now in (start..start + 2 * PERIOD).step_by(10) {
        let before = rows(beside).await;
        world.store().sweep_marks(time(now)).await.unwrap();
        if rows(beside).await != before {
            return now;
        }
    }
    panic!("two periods passed and nothing was emptied");
}

#[tokio::test]
async fn a_mark_of_an_emptied_period_is_lost_after_a_restart_and_when_the_clock_went_back() {
    let mut world = World::new().await;
    let second = world.second().await;
    let beside = Beside::open(&world.fresh.database).await;
    let old = mark_until("used before", 10);
    let unused = mark_until("never used", 10);
    let fresh = |now: i64| mark_until("fresh", now + 300);
    assert!(takes(&world, &old).await);
    let now = sweep_from(&world, &beside, 0).await;
    assert!(now > 10 + 30, "not before every clock agrees that it is over");
    assert_eq!(rows(&beside).await, (0, 0));

    for _ in 0..3 {
        for mark in [&old, &unused] {
            assert!(!takes(&world, mark).await, "whether it was used can no longer be known");
        }
        let outcome = world
            .commit(Wanted::token("t").mark(fresh(now)).mark(old.clone()))
            .await
            .unwrap();
        assert_eq!(outcome, Outcome::Lost(Lost::Mark(1)), "beside one that is fine");
        world.store().sweep_marks(time(0)).await.unwrap(); // the clock went back
        world = world.reopen().await;
    }
    assert!(takes(&world, &fresh(now)).await);
    // A node that slept through it learns it at its next sweep, whatever its clock says.
    second.store().sweep_marks(time(0)).await.unwrap();
    assert!(!takes(&second, &unused).await);
    assert_eq!(world.whole_log().await, 0);
}

#[tokio::test]
async fn a_sweep_that_finds_nothing_to_do_writes_nothing() {
    let world = World::new().await;
    let beside = Beside::open(&world.fresh.database).await;
    assert!(takes(&world, &mark_until("m", 5)).await);
    let now = sweep_from(&world, &beside, 5).await;
    beside.hold().await; // whoever writes now waits
    world.store().sweep_marks(time(now)).await.unwrap();
    world.store().sweep_tokens(time(now)).await.unwrap();
    world.store().flush(&at(now)).await.unwrap();
    beside.release().await;
}

/// A backup reads every table for a long time. Changes go on; the sweep gives up soon and succeeds later.
#[tokio::test]
async fn a_backup_stops_no_change_and_a_sweep_not_for_ever() {
    let world = World::new().await;
    let start = NOW.div_euclid(PERIOD) * PERIOD - NOW;
    assert!(takes(&world, &mark_until("m", start + 5)).await);
    let now = start + PERIOD + 60; // a minute into the next period
    let backup = Beside::open(&world.fresh.database).await;
    backup
        .run(
            "BEGIN; SELECT COUNT(*) FROM mark_a; SELECT COUNT(*) FROM mark_b;",
            "BEGIN; LOCK TABLE mark_a, mark_b, token, grants, event IN ACCESS SHARE MODE",
        )
        .await;
    let sweeping = tokio::spawn({
        let world = world.again();
        async move { world.store().sweep_marks(time(now)).await }
    });
    backup.somebody_waits().await;
    for n in 0..50 {
        world
            .put(Wanted::token(&format!("t{n}")).mark(mark_until(&format!("m{n}"), now + 60)))
            .await;
    }
    let waited = !sweeping.is_finished();
    let swept = sweeping.await.unwrap();
    match &world.fresh.database {
        Database::Sqlite(_) => swept.unwrap(),
        Database::Postgres(_) => {
            assert!(waited, "fifty changes were committed while the sweep waited");
            assert!(matches!(swept, Err(Fault::Busy(_))), "{swept:?}");
        }
    }
    assert!(
        !takes(&world, &mark_until("another", start + 5)).await,
        "the period is over all the same"
    );
    backup.release().await;
    world.store().sweep_marks(time(now)).await.unwrap();
    let (a, b) = rows(&backup).await;
    assert_eq!(
        (a + b, world.whole_log().await),
        (50, 50),
        "the one that is over is gone"
    );
}

#[tokio::test]
async fn records_of_tokens_are_kept_a_day_longer_than_the_longest_token_lives() {
    const KEPT: i64 = 3_600 + 86_400;
    let world = World::new().await;
    let now = 10 * KEPT;
    let id = |age: i64| -> TokenId {
        Moment {
            now: time(now - age),
            ..at(0)
        }
        .id("token")
    };
    let ages = [0, 3_600, KEPT - 1, KEPT, KEPT + 1, KEPT + 2, 2 * KEPT, 9 * KEPT];
    let ids = ages.map(id);
    for id in &ids {
        world
            .put(Wanted::default().guard(create_token(token(id.as_str()))))
            .await;
    }
    world.store().sweep_tokens(time(now)).await.unwrap();
    for (age, id) in ages.iter().zip(&ids) {
        assert_eq!(
            world.db.token(id).await.unwrap().is_some(),
            *age <= KEPT,
            "{age} seconds old"
        );
    }
    world.store().sweep_tokens(time(now)).await.unwrap();
    assert_eq!(world.db.token_count().await.unwrap(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_that_sweep_many_old_tokens_at_once_delete_each_and_no_other() {
    let first = World::new().await;
    let second = first.second().await;
    let mut other = acme();
    other.id = kernel::TenantId::parse("other").unwrap();
    other.issuer = "https://other.example".to_owned();
    first.put(Wanted::default().guard(create_tenant(other.clone()))).await;
    let other = World {
        fresh: first.fresh.clone(),
        db: store::TenantDb::new(first.store().clone(), std::sync::Arc::new(other)),
    };

    let id = |seconds: i64| -> TokenId {
        Moment {
            now: time(seconds),
            ..at(0)
        }
        .id("token")
    };
    let mut running = Vec::new();
    for n in 0..5_500 {
        let world = if n % 11 == 0 { &other } else { &first };
        running.push(world.spawn(Wanted::default().guard(create_token(token(id(n).as_str())))));
        if running.len() == 500 {
            for put in running.drain(..) {
                assert_eq!(put.await.unwrap().unwrap(), Outcome::Committed);
            }
        }
    }
    let now = 400_000;
    let young = id(now);
    first.put(Wanted::token(young.as_str())).await;
    let changes: Vec<_> = (0..200)
        .map(|n| first.spawn(Wanted::token(id(now + n).as_str())))
        .collect();
    let (one, two) = tokio::join!(
        first.store().sweep_tokens(time(now)),
        second.store().sweep_tokens(time(now))
    );
    one.unwrap();
    two.unwrap();
    for change in changes {
        assert_eq!(change.await.unwrap().unwrap(), Outcome::Committed);
    }
    assert!(first.db.token(&young).await.unwrap().is_some());
    assert_eq!(
        (
            first.db.token_count().await.unwrap(),
            other.db.token_count().await.unwrap()
        ),
        (201, 0)
    );
}
