//! Two committers on one database, as two nodes have: they never wait for each other in a circle, and everybody is answered.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::time::Duration;

use kernel::{ClientId, EventKind, Guard, TokenId, client::Client};
use store::{Database, Fault, Lost, Outcome};

use crate::world::{
    Wanted, World, client, create_client, create_grant, event, grant, live, open, replace_client, revoke_grant,
    unchanged,
};

/// Long enough for a slow machine, and far too short for a deadlock a batch.
const BOUND: Duration = Duration::from_secs(100);

async fn answered(running: Vec<tokio::task::JoinHandle<Result<Outcome, Fault>>>) -> (usize, usize) {
    let (mut committed, mut lost) = (0, 0);
    for change in running {
        match tokio::time::timeout(BOUND, change)
            .await
            .expect("an answer in time")
            .unwrap()
            .expect("no fault, above all no deadlock")
        {
            Outcome::Committed => committed += 1,
            Outcome::Lost(_) => lost += 1,
        }
    }
    (committed, lost)
}

/// Two stores whose server does not end a circle of waiting by itself: then a lock does not come free in two seconds, and somebody hears `Busy`.
pub(crate) async fn two_that_would_hang() -> (World, World) {
    let world = World::new().await;
    let database = match &world.fresh.database {
        Database::Sqlite(path) => Database::Sqlite(path.clone()),
        Database::Postgres(url) => Database::Postgres(format!("{url}%20-cdeadlock_timeout%3D100s")),
    };
    let (first, second) = (open(&database).await.unwrap(), open(&database).await.unwrap());
    (
        World::around(world.fresh.clone(), first),
        World::around(world.fresh, second),
    )
}

#[tokio::test]
async fn a_store_tells_that_another_one_has_written_where_its_engine_can_tell() {
    let first = World::new().await;
    let second = World::around(first.fresh.clone(), open(&first.fresh.database).await.unwrap());
    let Some(before) = first.store().written().unwrap() else {
        assert!(matches!(first.fresh.database, Database::Postgres(_)));
        return;
    };
    assert_eq!(first.store().written().unwrap(), Some(before), "nobody wrote");
    second.put(Wanted::default().guard(create_client(client("c")))).await;
    let after = first.store().written().unwrap();
    assert_ne!(after, Some(before), "the other one did");
    first.put(Wanted::default().guard(create_grant(grant("g")))).await;
    assert_ne!(first.store().written().unwrap(), after, "and then its own writer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_that_write_eight_rows_in_opposite_order_never_deadlock() {
    let (first, second) = two_that_would_hang().await;
    for n in 0..8 {
        first
            .put(
                Wanted::default()
                    .guard(create_client(client(&format!("c{n}"))))
                    .guard(create_grant(grant(&format!("g{n}")))),
            )
            .await;
    }
    let renamed = |n: usize, round: usize| -> (Client, i64) {
        let mut new = client(&format!("c{n}"));
        new.name = format!("round {round}");
        (new, 1) // the epoch stays: every change finds its row, so that nothing but locks decides
    };
    let change = |round: usize, rows: &mut dyn Iterator<Item = usize>| {
        let mut wanted = Wanted::default().event(event(EventKind::ClientChanged));
        for n in rows {
            let (new, epoch) = renamed(n, round);
            wanted = wanted.guard(replace_client(new, epoch));
        }
        wanted
    };
    let mut running = Vec::new();
    for round in 0..1_500 {
        let start = round % 8;
        running.push(first.spawn(change(round, &mut (0..8).map(|n| (start + n) % 8))));
        running.push(second.spawn(change(round, &mut (0..8).rev().map(|n| (start + n) % 8))));
    }
    assert_eq!(answered(running).await, (3_000, 0));
    assert_eq!(first.whole_log().await, 3_000);
}

/// Both nodes share rows by expectations and then want to write them: the lock that is asked for first must be the strongest that is needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_that_expect_rows_and_then_write_them_never_deadlock() {
    let (first, second) = two_that_would_hang().await;
    let ids: Vec<String> = (0..8).map(|n| format!("c{n}")).collect();
    for id in &ids {
        first.put(Wanted::default().guard(create_client(client(id)))).await;
    }
    let mut running = Vec::new();
    for round in 0..1_500 {
        for (world, n) in [(&first, round % 8), (&second, 7 - round % 8)] {
            let expects = Wanted::token(&format!("t{}", crate::world::unique()));
            running.push(world.spawn(ids.iter().fold(expects, |wanted, id| wanted.guard(unchanged(id, 1)))));
            // The epoch stays: every change finds its row, so that nothing but locks decides.
            running.push(world.spawn(Wanted::default().guard(replace_client(client(&ids[n]), 1))));
        }
    }
    assert_eq!(answered(running).await, (6_000, 0));
    assert_eq!(first.whole_log().await, 3_000);
}

/// A revocation gets through although another node never stops relying on the grant.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revocation_is_not_starved_by_those_who_share_the_row() {
    let first = World::new().await;
    let second = first.second().await;
    first.put(Wanted::default().guard(create_grant(grant("g")))).await;
    let issuing: Vec<_> = (0..8)
        .map(|worker| {
            let world = first.again();
            tokio::spawn(async move {
                let mut issued = 0;
                while world
                    .commit(Wanted::token(&format!("t{worker}-{issued}")).guard(live("g", 1)))
                    .await
                    .unwrap()
                    == Outcome::Committed
                {
                    issued += 1;
                }
                issued
            })
        })
        .collect();
    let revoked = tokio::time::timeout(BOUND, second.commit(Wanted::default().sure(revoke_grant("g", 1))))
        .await
        .expect("it gets through");
    assert_eq!(revoked.unwrap(), Outcome::Committed);
    let mut issued = 0;
    for worker in issuing {
        issued += worker.await.unwrap();
    }
    assert_eq!(first.db.token_count().await.unwrap(), issued);
}

/// On SQLite two processes share one file and take turns; nobody is told to come back while the other one merely works.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_under_load_share_the_database_without_losing_a_row() {
    let first = World::new().await;
    let second = first.second().await;
    let mut running = Vec::new();
    for (name, world) in [("a", &first), ("b", &second)] {
        for worker in 0..8 {
            let world = world.again();
            running.push(tokio::spawn(async move {
                for n in 0..60 {
                    let outcome = world.commit(Wanted::token(&format!("{name}-{worker}-{n}"))).await;
                    assert_eq!(outcome.expect("busy is the last resort"), Outcome::Committed);
                }
            }));
        }
    }
    for worker in running {
        tokio::time::timeout(BOUND, worker).await.expect("in time").unwrap();
    }
    assert_eq!(first.db.token_count().await.unwrap(), 2 * 8 * 60);
    assert_eq!(second.whole_log().await, 2 * 8 * 60);
    for (name, reader) in [("a", &second), ("b", &first)] {
        let last = TokenId::parse(&format!("{name}-7-59")).unwrap();
        assert!(
            reader.db.token(&last).await.unwrap().is_some(),
            "each store reads what the other wrote"
        );
    }
}

#[tokio::test]
async fn what_one_store_committed_the_other_sees_at_its_next_look() {
    let first = World::new().await;
    let second = first.second().await;
    for n in 0..50 {
        let id = ClientId::parse(&format!("c{n}")).unwrap();
        first
            .put(Wanted::default().guard(create_client(client(id.as_str()))))
            .await;
        assert_eq!(second.db.client(&id).await.unwrap(), Some(client(id.as_str())));
        let taken: Guard = create_client(client(id.as_str()));
        assert_eq!(
            second.commit(Wanted::default().guard(taken)).await.unwrap(),
            Outcome::Lost(Lost::Guard(0))
        );
    }
}
