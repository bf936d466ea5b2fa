//! The queue in front of the disk: many at once, too many, the end, and callers who hang up.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::collections::BTreeSet;

use futures_util::future::join_all;
use kernel::TokenId;
use store::{Fault, Outcome};

use crate::{
    beside::Beside,
    world::{Wanted, World, at, mark},
};

/// Every token's id.
async fn tokens(world: &World, prefix: &str, count: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for n in 0..count {
        if world
            .db
            .token(&TokenId::parse(&format!("{prefix}{n}")).unwrap())
            .await
            .unwrap()
            .is_some()
        {
            found.insert(n);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thousands_of_changes_in_flight_all_commit() {
    let world = World::new().await;
    let running: Vec<_> = (0..3_000)
        .map(|n| world.spawn(Wanted::token(&format!("t{n}")).mark(mark(&format!("m{n}")))))
        .collect();
    for change in running {
        assert_eq!(change.await.unwrap().unwrap(), Outcome::Committed);
    }
    assert_eq!(world.db.token_count().await.unwrap(), 3_000);
    assert_eq!(world.whole_log().await, 3_000);
}

#[tokio::test]
async fn a_full_queue_says_busy_at_once_and_what_is_queued_is_answered() {
    let world = World::new().await;
    let beside = Beside::open(&world.fresh.database).await;
    beside.hold().await;
    // On one thread, every change is queued before any is answered: 8,192 places, and at most one batch of 512 that has been taken out.
    let changes: Vec<_> = (0..9_000)
        .map(|n| world.commit(Wanted::token(&format!("t{n}"))))
        .collect();
    let all = join_all(changes);
    let (outcomes, ()) = tokio::join!(biased; all, async {
        beside.somebody_waits().await;
        beside.release().await;
    });
    let busy = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(Fault::Busy("the queue to the disk is full"))))
        .count();
    let committed = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Outcome::Committed)))
        .count();
    assert_eq!(busy + committed, 9_000);
    assert!((296..=808).contains(&busy), "{busy}");
    assert_eq!(
        world.db.token_count().await.unwrap(),
        i64::try_from(committed).unwrap(),
        "who heard busy has no row"
    );
    assert_eq!(world.whole_log().await, committed);
    world.put(Wanted::token("after")).await;
}

#[tokio::test]
async fn closing_answers_what_is_queued_and_then_refuses() {
    let world = World::new().await;
    let store = world.store().clone();
    let changes: Vec<_> = (0..700)
        .map(|n| world.commit(Wanted::token(&format!("t{n}"))))
        .collect();
    let end = at(0);
    let (outcomes, closed) = tokio::join!(biased; join_all(changes), store.close(&end));
    closed.unwrap();
    assert!(
        outcomes
            .into_iter()
            .all(|outcome| outcome.unwrap() == Outcome::Committed)
    );
    assert!(matches!(world.commit(Wanted::token("late")).await, Err(Fault::Closed)));
    assert!(matches!(world.store().ping().await, Err(Fault::Closed)));
    assert!(matches!(
        world.store().move_tenant(world.db.id(), "https://late.example").await,
        Err(Fault::Closed)
    ));
    store.close(&at(0)).await.unwrap(); // closing again is fine
    assert_eq!(world.db.token_count().await.unwrap(), 700, "reading goes on");
    let next = world.reopen().await;
    next.put(Wanted::token("late")).await;
    assert_eq!(next.whole_log().await, 701);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_while_others_still_come_answers_everybody() {
    let world = World::new().await;
    let running: Vec<_> = (0..2_000)
        .map(|n| world.spawn(Wanted::token(&format!("t{n}"))))
        .collect();
    world.store().close(&at(0)).await.unwrap();
    let mut committed = BTreeSet::new();
    for (n, change) in running.into_iter().enumerate() {
        match change.await.unwrap() {
            Ok(Outcome::Committed) => drop(committed.insert(n)),
            outcome => assert!(matches!(outcome, Err(Fault::Closed)), "{outcome:?}"),
        }
    }
    assert_eq!(
        tokens(&world, "t", 2_000).await,
        committed,
        "refused means that there is no row"
    );
    assert_eq!(world.whole_log().await, committed.len());
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_all_of_the_change_or_nothing() {
    let world = World::new().await;
    for n in 0..200 {
        let change = world.commit(Wanted::token(&format!("t{n}")).mark(mark(&format!("m{n}"))));
        tokio::select! {
            biased;
            outcome = change => assert_eq!(outcome.unwrap(), Outcome::Committed),
            // The change has been queued by now; after more or fewer turns its caller is gone.
            () = async { for _ in 0..n % 7 { tokio::task::yield_now().await; } } => {}
        }
    }
    world.store().ping().await.unwrap(); // everything queued before is done
    assert_eq!(
        tokens(&world, "t", 200).await.len(),
        200,
        "what was queued is done, though nobody listens"
    );
    assert_eq!(world.whole_log().await, 200);

    // A future that was never polled has asked for nothing.
    drop(world.commit(Wanted::token("never")));
    world.store().ping().await.unwrap();
    assert_eq!(world.db.token_count().await.unwrap(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_are_aborted_leave_all_of_the_change_or_nothing() {
    let world = World::new().await;
    let running: Vec<_> = (0..1_000)
        .map(|n| world.spawn(Wanted::token(&format!("t{n}"))))
        .collect();
    let mut told = BTreeSet::new();
    for (n, change) in running.into_iter().enumerate() {
        if n % 2 == 0 {
            change.abort();
        }
        if let Ok(outcome) = change.await {
            assert_eq!(outcome.unwrap(), Outcome::Committed);
            told.insert(n);
        }
    }
    world.store().ping().await.unwrap();
    let there = tokens(&world, "t", 1_000).await;
    assert!(there.is_superset(&told));
    assert_eq!(world.whole_log().await, there.len(), "a row and its event, or neither");
    assert_eq!(
        world.db.event_count("token.issued").await.unwrap(),
        world.db.token_count().await.unwrap()
    );
}

#[tokio::test]
async fn a_database_that_others_keep_locked_is_busy_in_bounded_time_and_then_fine() {
    let world = World::new().await;
    let beside = Beside::open(&world.fresh.database).await;
    beside.hold().await;
    let refused = tokio::time::timeout(
        std::time::Duration::from_secs(9),
        join_all((0..40).map(|n| world.commit(Wanted::token(&format!("t{n}"))))),
    )
    .await;
    for outcome in refused.expect("the whole queue waits once, not each change for itself") {
        assert!(matches!(outcome, Err(Fault::Busy(_))), "{outcome:?}");
    }
    beside.release().await;
    for n in 0..40 {
        world.put(Wanted::token(&format!("t{n}"))).await;
    }
    assert_eq!(world.whole_log().await, 40);
}
