//! What was acknowledged is on the disk: a process that commits is killed in the middle, again and again, and nothing it said is missing.
//!
//! The process is this test binary once more, see `child.rs`.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use kernel::{EventKind, TokenId};
use store::{Database, Fault, Outcome};

use crate::{
    beside::Beside,
    child::{environment, orders, runtime, said, start},
    world::{Wanted, World, acmes, commit, create_grant, create_token, event, grant, mark, open, token},
};

/// More rounds than the usual ten, for a long night.
const ROUNDS: &str = "PROKURA_TEST_KILLS";

/// Token, grant, mark and two events: all of it or nothing.
fn change(id: &str) -> Wanted {
    Wanted::token(id)
        .mark(mark(id))
        .guard(create_grant(grant(id)))
        .event(event(EventKind::GrantCreated).about(id))
}

async fn commit_for_ever(database: &Database, name: &str) {
    let db = acmes(open(database).await.unwrap());
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let (db, next, name) = (db.clone(), Arc::clone(&next), name.to_owned());
        workers.spawn(async move {
            loop {
                let id = format!("{name}.{}", next.fetch_add(1, Ordering::Relaxed));
                assert_eq!(commit(&db, change(&id)).await.unwrap(), Outcome::Committed);
                println!("said {id}");
            }
        });
    }
    workers.join_next().await; // none ends but by failing
    panic!("a worker ended");
}

#[test]
fn what_a_killed_process_acknowledged_is_there_with_its_events() {
    if let Some((database, name)) = orders() {
        return runtime().block_on(commit_for_ever(&database, &name));
    }
    let rounds = environment(ROUNDS).map_or(10, |rounds| rounds.parse().unwrap());
    let runtime = runtime();
    let world = runtime.block_on(World::new());
    let mut acknowledged = Vec::new();
    for round in 0..rounds {
        let name = format!("killed-{}-{round}", std::process::id());
        let mut process = start(
            "durability::what_a_killed_process_acknowledged_is_there_with_its_events",
            &world.fresh.database,
            &name,
            "",
        );
        let mut words = said(&mut process);
        acknowledged.extend(words.by_ref().take(30 + round * 23 % 170));
        process.kill().unwrap(); // SIGKILL
        process.wait().unwrap();
        acknowledged.extend(words); // what it had said before it died
        runtime.block_on(check(&world, &name, &acknowledged));
    }
    assert!(acknowledged.len() > rounds * 30);
}

async fn check(before: &World, name: &str, acknowledged: &[String]) {
    if let Beside::Postgres(client) = Beside::open(&before.fresh.database).await {
        // The dead process's sessions may still be at work; this waits for their end.
        client
            .query(
                "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE application_name = $1",
                &[&name],
            )
            .await
            .unwrap();
    }
    let world = before.second().await; // as the next process does
    for id in acknowledged {
        assert!(
            world.db.token(&TokenId::parse(id).unwrap()).await.unwrap().is_some(),
            "{id} was acknowledged and is gone"
        );
    }
    let (tokens, events) = (
        world.db.token_count().await.unwrap(),
        world.db.event_count("token.issued").await.unwrap(),
    );
    assert_eq!(tokens, events, "each row has its event");
    assert_eq!(world.db.event_count("grant.created").await.unwrap(), events);
    let beside = Beside::open(&world.fresh.database).await;
    assert_eq!(beside.number("SELECT COUNT(*) FROM grants").await, tokens);
    assert_eq!(
        beside
            .number("SELECT (SELECT COUNT(*) FROM mark_a) + (SELECT COUNT(*) FROM mark_b)")
            .await,
        tokens
    );
    let told = beside
        .number("SELECT COUNT(*) FROM event WHERE kind = 'token.issued' AND about IN (SELECT id FROM token)")
        .await;
    assert_eq!(told, tokens);
    assert_eq!(world.whole_log().await, usize::try_from(2 * events).unwrap());
    world.store().close(&crate::world::at(0)).await.unwrap();
}

async fn commit_until_full(database: &Database, name: &str) {
    let db = acmes(open(database).await.unwrap());
    let mut n = 0;
    let fault = loop {
        let id = format!("{name}.{n}");
        match commit(&db, change(&id)).await {
            Ok(outcome) => assert_eq!(outcome, Outcome::Committed),
            Err(fault) => break fault,
        }
        println!("said {id}");
        n += 1;
    };
    assert!(matches!(fault, Fault::Full(_)), "{fault:?}");
    assert!(
        matches!(commit(&db, change(&format!("{name}.again"))).await, Err(Fault::Full(_))),
        "it stays full"
    );
    assert_eq!(db.token_count().await.unwrap(), n, "reading goes on");
    println!("said full");
}

#[test]
fn a_full_disk_is_said_and_takes_nothing_back() {
    if let Some((database, name)) = orders() {
        return runtime().block_on(commit_until_full(&database, &name));
    }
    let runtime = runtime();
    let world = runtime.block_on(World::new());
    match &world.fresh.database {
        Database::Sqlite(_) => {
            // No file of the child may grow beyond 2,048 blocks; a write that would is refused like one to a full disk.
            let limits = "trap '' XFSZ; ulimit -f 2048;";
            let mut process = start(
                "durability::a_full_disk_is_said_and_takes_nothing_back",
                &world.fresh.database,
                "full",
                limits,
            );
            let mut words: Vec<String> = said(&mut process).collect();
            assert!(process.wait().unwrap().success());
            assert_eq!(words.pop().as_deref(), Some("full"));
            assert!(words.len() > 20, "{}", words.len());
            runtime.block_on(check(&world, "full", &words));
        }
        Database::Postgres(_) => runtime.block_on(async {
            Beside::open(&world.fresh.database)
                .await
                .answer_scope("full", "53100")
                .await;
            let mut record = token("full");
            record.scope = "full".to_owned();
            let full = Wanted::default()
                .guard(create_token(record))
                .event(event(EventKind::TokenIssued));
            let (refused, neighbour) = tokio::join!(world.commit(full), world.commit(Wanted::token("beside")));
            assert!(matches!(refused, Err(Fault::Full(_))), "{refused:?}");
            assert!(
                matches!(neighbour, Ok(Outcome::Committed) | Err(Fault::Full(_))),
                "{neighbour:?}"
            );
        }),
    }
    runtime.block_on(async {
        let next = world.reopen().await;
        next.put(Wanted::token("afterwards")).await;
        next.whole_log().await;
    });
}

/// Somebody told the server that commits need not reach the disk, for speed; to us that is no commit.
#[tokio::test]
async fn commits_reach_the_disk_whatever_the_server_was_told() {
    let world = World::new().await;
    match (&world.fresh.database, Beside::open(&world.fresh.database).await) {
        (_, Beside::Sqlite(connection)) => {
            let mode: String = connection
                .query_row("PRAGMA journal_mode", [], |row| row.get(0))
                .unwrap();
            assert_eq!(mode, "wal");
        }
        (Database::Postgres(url), Beside::Postgres(client)) => {
            let watch = "CREATE TABLE seen (setting TEXT);
                         CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                           INSERT INTO seen VALUES (current_setting('synchronous_commit')), (current_setting('transaction_isolation')); RETURN NEW;
                         END $$;
                         CREATE TRIGGER look AFTER INSERT ON token FOR EACH ROW EXECUTE FUNCTION look();";
            client.batch_execute(watch).await.unwrap();
            for (told, expected) in [("off", "on"), ("local", "local"), ("on", "on")] {
                let store = open(&Database::Postgres(format!("{url}%20-csynchronous_commit%3D{told}")))
                    .await
                    .unwrap();
                assert_eq!(
                    commit(&acmes(store), Wanted::token(told)).await.unwrap(),
                    Outcome::Committed
                );
                let seen: Vec<String> = client
                    .query("DELETE FROM seen RETURNING setting", &[])
                    .await
                    .unwrap()
                    .iter()
                    .map(|row| row.get(0))
                    .collect();
                assert_eq!(seen, [expected, "read committed"]);
            }
        }
        (Database::Sqlite(_), Beside::Postgres(_)) => panic!("two engines at once"),
    }
    world.put(Wanted::token("t")).await;
}
