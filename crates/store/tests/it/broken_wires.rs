//! Connections break: nothing is half done, whoever was not told hears so, and the store goes on. SQLite has no wire; there the same tests let another process get in the way.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use futures_util::future::join_all;
use kernel::{EventKind, TokenId};
use store::{Database, Fault, Outcome};

use crate::{
    beside::Beside,
    proxy::{Fate, Proxy},
    world::{Wanted, World, create_token, event, open, token},
};

/// A store whose connections can be told from others, and the connection string's name for them.
async fn named(world: &World) -> (World, String) {
    let name = format!("cut-{}-{}", std::process::id(), crate::world::unique());
    let database = match &world.fresh.database {
        Database::Sqlite(path) => Database::Sqlite(path.clone()),
        Database::Postgres(url) => Database::Postgres(format!("{url}&application_name={name}")),
    };
    (World::around(world.fresh.clone(), open(&database).await.unwrap()), name)
}

/// Ends every connection of this name. On SQLite: holds the file for a moment.
async fn cut(beside: &Beside, name: &str) {
    match beside {
        Beside::Sqlite(connection) => connection.execute_batch("BEGIN IMMEDIATE; COMMIT").unwrap(),
        Beside::Postgres(client) => {
            client
                .query(
                    "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE application_name = $1",
                    &[&name],
                )
                .await
                .unwrap();
        }
    }
}

async fn there(world: &World, id: &str) -> bool {
    world.db.token(&TokenId::parse(id).unwrap()).await.unwrap().is_some()
}

#[tokio::test]
async fn connections_that_broke_while_nobody_used_them_are_not_noticed_by_callers() {
    let (world, name) = named(&World::new().await).await;
    let beside = Beside::open(&world.fresh.database).await;
    for round in 0..10 {
        let id = format!("t{round}");
        world.put(Wanted::token(&id)).await;
        assert!(there(&world, &id).await);
        cut(&beside, &name).await;
        assert!(there(&world, &id).await, "a read opens a new connection");
        cut(&beside, &name).await;
        world.put(Wanted::token(&format!("{id}-later"))).await;
        world.store().sweep_tokens(crate::world::time(0)).await.unwrap();
    }
    assert_eq!(world.whole_log().await, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_that_break_under_load_leave_whole_changes_and_a_whole_log() {
    let (world, name) = named(&World::new().await).await;
    let beside = Beside::open(&world.fresh.database).await;
    let workers: Vec<_> = (0..16)
        .map(|worker| {
            let world = world.again();
            tokio::spawn(async move {
                let mut outcomes = Vec::new();
                for n in 0..60 {
                    let id = format!("t{worker}-{n}");
                    let outcome = world
                        .commit(Wanted::token(&id).event(event(EventKind::GrantCreated)))
                        .await;
                    assert!(
                        matches!(
                            outcome,
                            Ok(Outcome::Committed) | Err(Fault::Gone(_) | Fault::Unknown(_))
                        ),
                        "{outcome:?}"
                    );
                    let found = world.db.token(&TokenId::parse(&id).unwrap()).await;
                    assert!(matches!(found, Ok(_) | Err(Fault::Gone(_))), "{found:?}");
                    outcomes.push((id, outcome));
                }
                outcomes
            })
        })
        .collect();
    for _ in 0..25 {
        cut(&beside, &name).await;
    }
    let mut committed = 0;
    for worker in workers {
        for (id, outcome) in worker.await.unwrap() {
            match outcome {
                Ok(_) => assert!(there(&world, &id).await, "{id} was acknowledged"),
                Err(Fault::Gone(_)) => assert!(!there(&world, &id).await, "{id}: gone means that nothing happened"),
                Err(_) => {}
            }
            committed += usize::from(there(&world, &id).await);
        }
    }
    world.put(Wanted::token("afterwards")).await;
    assert_eq!(world.whole_log().await, 2 * committed + 1);
    assert_eq!(
        world.db.token_count().await.unwrap(),
        world.db.event_count("token.issued").await.unwrap()
    );
}

#[tokio::test]
async fn losses_and_broken_statements_cost_no_connection() {
    let (world, name) = named(&World::new().await).await;
    let beside = Beside::open(&world.fresh.database).await;
    beside.break_scopes().await;
    world.put(Wanted::token("first")).await;
    assert!(there(&world, "first").await);
    let before = beside.sessions(&name).await;
    for n in 0..20 {
        let mut record = token(&format!("t{n}"));
        record.scope = "broken".to_owned();
        let broken = Wanted::default()
            .guard(create_token(record))
            .event(event(EventKind::TokenIssued));
        let outcomes = join_all(
            [Wanted::token(&format!("u{n}")), broken, Wanted::token("first")].map(|wanted| world.commit(wanted)),
        )
        .await;
        assert!(
            matches!(
                &outcomes[..],
                [Ok(Outcome::Committed), Err(Fault::Engine(_)), Ok(Outcome::Lost(_))]
            ),
            "{outcomes:?}"
        );
        assert!(there(&world, &format!("u{n}")).await);
    }
    assert_eq!(beside.sessions(&name).await[..before.len()], before[..]);
    assert!(beside.sessions(&name).await.len() <= 3, "two readers and the committer");
    assert_eq!(world.whole_log().await, 21);
}

/// A store behind a wire. On SQLite there is none, and the third member is missing.
async fn wired() -> (World, World, Option<Proxy>) {
    let direct = World::new().await;
    let (database, proxy) = match &direct.fresh.database {
        Database::Sqlite(path) => (Database::Sqlite(path.clone()), None),
        Database::Postgres(url) => {
            let proxy = Proxy::to(url).await;
            (Database::Postgres(proxy.url.clone()), Some(proxy))
        }
    };
    let wired = World::around(direct.fresh.clone(), open(&database).await.unwrap());
    (direct, wired, proxy)
}

/// What a change that ends its own transaction does on SQLite: the nearest thing to a broken wire there.
async fn ruin(direct: &World, wired: &World, id: &str) {
    let beside = Beside::open(&direct.fresh.database).await;
    beside.run_on_both("DROP TRIGGER IF EXISTS ruined").await;
    beside.run_on_both("DROP TRIGGER IF EXISTS broken").await;
    beside.break_scopes().await;
    let mut record = token(id);
    record.scope = "ruined".to_owned();
    let refused = wired
        .commit(
            Wanted::default()
                .guard(create_token(record))
                .event(event(EventKind::TokenIssued)),
        )
        .await;
    assert!(matches!(refused, Err(Fault::Engine(_))), "{refused:?}");
}

#[tokio::test]
async fn a_kept_connection_that_breaks_under_a_request_is_replaced_unnoticed() {
    let (direct, wired, proxy) = wired().await;
    for round in 0..6 {
        // A read, a change, and a change behind a read: each is the next thing that is said.
        let cut = || {
            if let Some(proxy) = &proxy {
                proxy.cut_at_next_message();
            }
        };
        wired.put(Wanted::token(&format!("t{round}"))).await;
        assert!(there(&wired, &format!("t{round}")).await && there(&wired, &format!("t{round}")).await);
        cut();
        assert!(there(&wired, &format!("t{round}")).await);
        cut();
        let outcomes = join_all((0..20).map(|n| wired.commit(Wanted::token(&format!("t{round}-{n}"))))).await;
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, Ok(Outcome::Committed))),
            "{outcomes:?}"
        );
    }
    if let Some(proxy) = proxy {
        assert_eq!(proxy.met(), 12);
    }
    assert_eq!(direct.whole_log().await, 6 * 21);
}

#[tokio::test]
async fn a_commit_that_never_arrived_is_unknown_and_leaves_no_hole() {
    let (direct, wired, proxy) = wired().await;
    wired.put(Wanted::token("before")).await;
    match proxy {
        None => ruin(&direct, &wired, "unknown").await,
        Some(proxy) => {
            proxy.next_commit(Fate::CutBefore);
            let outcomes = join_all(["unknown", "unknown2"].map(|id| wired.commit(Wanted::token(id)))).await;
            assert!(
                outcomes.iter().all(|outcome| matches!(outcome, Err(Fault::Unknown(_)))),
                "{outcomes:?}"
            );
            assert_eq!(proxy.met(), 1);
        }
    }
    assert!(!there(&direct, "unknown").await);
    for n in 0..3 {
        wired.put(Wanted::token(&format!("after{n}"))).await;
    }
    assert_eq!(direct.whole_log().await, 4);
    assert_eq!(direct.streams().await.len(), 1);
}

#[tokio::test]
async fn a_commit_whose_answer_got_lost_is_unknown_and_its_places_are_not_given_again() {
    let (direct, wired, proxy) = wired().await;
    wired.put(Wanted::token("before")).await;
    let mut expected = 4;
    match proxy {
        None => ruin(&direct, &wired, "unknown").await,
        Some(proxy) => {
            proxy.next_commit(Fate::CutBehind);
            let outcomes = join_all(["unknown", "unknown2"].map(|id| wired.commit(Wanted::token(id)))).await;
            assert!(
                outcomes.iter().all(|outcome| matches!(outcome, Err(Fault::Unknown(_)))),
                "{outcomes:?}"
            );
            assert!(
                there(&direct, "unknown").await && there(&direct, "unknown2").await,
                "it has happened"
            );
            let told = direct.db.events_before(None, 9).await.unwrap();
            assert!(
                told.iter().any(|entry| entry.about.as_deref() == Some("unknown")),
                "one looks for its event"
            );
            expected += 2;
        }
    }
    for n in 0..3 {
        wired.put(Wanted::token(&format!("after{n}"))).await;
    }
    assert_eq!(direct.whole_log().await, expected);
    assert_eq!(direct.streams().await.len(), 1);
}

#[tokio::test]
async fn a_commit_that_happens_after_it_was_given_up_takes_no_place_twice() {
    let (direct, wired, proxy) = wired().await;
    wired.put(Wanted::token("before")).await;
    let mut expected = 5;
    match proxy {
        None => {
            ruin(&direct, &wired, "late").await;
            for n in 0..4 {
                wired.put(Wanted::token(&format!("after{n}"))).await;
            }
        }
        Some(proxy) => {
            proxy.next_commit(Fate::Late);
            let late = wired.commit(Wanted::token("late")).await;
            assert!(matches!(late, Err(Fault::Unknown(_))), "{late:?}");
            let beside = Beside::open(&direct.fresh.database).await;
            // The next change wants the same place in the stream; it waits for the one in doubt, and then takes the place behind it.
            let (next, ()) = tokio::join!(
                join_all((0..3).map(|n| wired.commit(Wanted::token(&format!("after{n}"))))),
                async {
                    beside.somebody_waits().await;
                    proxy.deliver();
                }
            );
            assert!(
                next.iter().all(|outcome| matches!(outcome, Ok(Outcome::Committed))),
                "{next:?}"
            );
            assert!(there(&direct, "late").await);
            wired.put(Wanted::token("after3")).await;
            expected += 1;
        }
    }
    assert_eq!(direct.whole_log().await, expected);
    assert_eq!(direct.streams().await.len(), 1);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up() {
    let (direct, wired, proxy) = wired().await;
    wired.put(Wanted::token("before")).await;
    match proxy {
        None => ruin(&direct, &wired, "silent").await,
        Some(proxy) => {
            proxy.next_commit(Fate::Silent);
            let change = wired.spawn(Wanted::token("silent"));
            while proxy.met() == 0 {
                tokio::task::yield_now().await;
            }
            tokio::time::pause(); // from here on the clock jumps ahead when there is nothing but waiting
            let outcome = change.await.unwrap();
            tokio::time::resume();
            assert!(matches!(outcome, Err(Fault::Unknown(_))), "{outcome:?}");
        }
    }
    wired.put(Wanted::token("after")).await;
    assert!(!there(&direct, "silent").await);
    assert_eq!(direct.whole_log().await, 2);
}
