//! The schema: made once, whoever comes first, and left alone by a binary that is older than it.

use std::sync::Arc;

use futures_util::future::join_all;
use kernel::{
    ClientId, CodeId, Confirmation, FamilyId,
    client::{Authentication, Client, Keys},
    family::Family,
    redirect_uri::RedirectUri,
};
use store::{Database, Fault};

use crate::{
    beside::Beside,
    child::{orders, runtime, said, start},
    people::{code, create_code, create_user, family, redeem, turn, user},
    world::{
        Wanted, World, acme, acmes, at, client, commit, create_client, create_grant, grant, live, open, replace_client,
        resource, time,
    },
};

async fn steps(beside: &Beside) -> i64 {
    beside.number("SELECT COUNT(*) FROM schema_step").await
}

#[tokio::test]
async fn opening_again_changes_nothing() {
    let mut world = World::new().await;
    let beside = Beside::open(&world.fresh.database).await;
    let taken = steps(&beside).await;
    assert!(taken > 0);
    world.put(Wanted::token("t").guard(create_client(client("c")))).await;
    for _ in 0..3 {
        world = world.reopen().await;
        assert_eq!(steps(&beside).await, taken);
        assert_eq!(world.db.clients_after("", 9).await.unwrap(), [(client("c"), None)]);
    }
    assert_eq!(world.whole_log().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn many_stores_that_open_an_empty_database_at_once_all_succeed() {
    for round in 0..8 {
        let fresh = Arc::new(testkit::fresh().await);
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let fresh = Arc::clone(&fresh);
                tokio::spawn(async move { open(&fresh.database).await })
            })
            .collect();
        let mut stores = Vec::new();
        for opened in opening {
            stores.push(
                opened
                    .await
                    .unwrap()
                    .unwrap_or_else(|fault| panic!("round {round}: {fault}")),
            );
        }
        for (n, store) in stores.iter().enumerate() {
            commit(&acmes(Arc::clone(store)), Wanted::token(&format!("t{n}")))
                .await
                .unwrap();
        }
        let world = World::around(fresh, Arc::clone(&stores[0]));
        assert_eq!(world.whole_log().await, 8);
        let beside = Beside::open(&world.fresh.database).await;
        assert_eq!(
            beside.number("SELECT COUNT(DISTINCT step) FROM schema_step").await,
            steps(&beside).await
        );
    }
}

#[test]
fn many_processes_that_open_an_empty_database_at_once_all_succeed() {
    let runtime = runtime();
    if let Some((database, name)) = orders() {
        return runtime.block_on(async {
            let db = acmes(open(&database).await.unwrap());
            commit(&db, Wanted::token(&name)).await.unwrap();
            println!("said {name}");
            db.store().close(&at(0)).await.unwrap();
        });
    }
    for round in 0..4 {
        let fresh = Arc::new(runtime.block_on(testkit::fresh()));
        let names: Vec<String> = (0..5)
            .map(|n| format!("process-{}-{round}-{n}", std::process::id()))
            .collect();
        let mut running: Vec<_> = names
            .iter()
            .map(|name| {
                start(
                    "migrations::many_processes_that_open_an_empty_database_at_once_all_succeed",
                    &fresh.database,
                    name,
                    "",
                )
            })
            .collect();
        for (process, name) in running.iter_mut().zip(&names) {
            assert_eq!(said(process).collect::<Vec<_>>(), [name.as_str()]);
            assert!(process.wait().unwrap().success());
        }
        runtime.block_on(async {
            let store = open(&fresh.database).await.unwrap();
            assert_eq!(World::around(fresh, store).whole_log().await, 5);
        });
    }
}

#[tokio::test]
async fn a_database_that_a_newer_version_has_changed_still_serves_the_one_before() {
    let world = World::new().await;
    let beside = Beside::open(&world.fresh.database).await;
    world.put(Wanted::token("t").guard(create_client(client("old")))).await;
    // What a release that only adds does: a step of its own, a table, a column that may be missing, an index.
    beside
        .run_on_both(
            "INSERT INTO schema_step (step) VALUES (9999);
             CREATE TABLE later (id TEXT NOT NULL, PRIMARY KEY (id));
             ALTER TABLE client ADD COLUMN later TEXT;
             ALTER TABLE grants ADD COLUMN later TEXT;
             CREATE INDEX later_client ON client (tenant, later);",
        )
        .await;
    let world = world.reopen().await;
    world
        .put(
            Wanted::token("t2")
                .guard(create_client(client("new")))
                .guard(create_grant(grant("g"))),
        )
        .await;
    assert_eq!(
        world.db.client(&ClientId::parse("new").unwrap()).await.unwrap(),
        Some(client("new"))
    );
    assert_eq!(world.db.grants_after("", 9).await.unwrap(), [grant("g")]);
    assert_eq!(
        beside
            .number("SELECT COUNT(*) FROM schema_step WHERE step = 9999")
            .await,
        1,
        "the step is not forgotten"
    );
    assert_eq!(world.whole_log().await, 2);
}

#[tokio::test]
async fn a_start_that_was_interrupted_is_finished_by_the_next_one() {
    let fresh = Arc::new(testkit::fresh().await);
    // The table of steps is there, and no step was taken: the process ended between the two.
    Beside::open(&fresh.database)
        .await
        .run_on_both("CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY)")
        .await;
    let store = open(&fresh.database).await.unwrap();
    let world = World::around(fresh, store);
    world.put(Wanted::token("t")).await;
    assert_eq!(steps(&Beside::open(&world.fresh.database).await).await, 13);
}

#[tokio::test]
async fn a_schema_that_is_not_ours_stops_the_start_and_stays_as_it_was() {
    let fresh = Arc::new(testkit::fresh().await);
    let beside = Beside::open(&fresh.database).await;
    beside
        .run_on_both("CREATE TABLE token (mine TEXT); INSERT INTO token (mine) VALUES ('keep')")
        .await;
    for _ in 0..2 {
        assert!(matches!(open(&fresh.database).await, Err(Fault::Engine(_))));
    }
    assert_eq!(beside.number("SELECT COUNT(*) FROM token WHERE mine = 'keep'").await, 1);
    assert_eq!(steps(&beside).await, 0, "a step is taken whole or not at all");
    let tables = match &fresh.database {
        Database::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'",
        Database::Postgres(_) => "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()",
    };
    assert_eq!(beside.number(tables).await, 2);
}

#[tokio::test]
async fn what_cannot_be_opened_is_a_fault_that_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.db");
    std::fs::write(
        &garbage,
        "this is no database, and it is long enough to have a header ".repeat(100),
    )
    .unwrap();
    let cases = [
        (Database::Sqlite(garbage.clone()), "file is not a database"),
        (Database::Sqlite(folder.path().to_owned()), "unable to open"),
        (
            Database::Sqlite(folder.path().join("no/such/folder/x.db")),
            "unable to open",
        ),
        (Database::Postgres("not a connection string".to_owned()), "invalid"),
        (
            Database::Postgres("postgres://prokura@127.0.0.1:1/prokura".to_owned()),
            "connect",
        ),
    ];
    let opened = join_all(cases.iter().map(|(database, _)| open(database))).await;
    for ((database, why), opened) in cases.iter().zip(opened) {
        let fault = opened.expect_err("it cannot be opened");
        assert!(
            matches!(fault, Fault::Engine(_) | Fault::Gone(_)),
            "{database:?}: {fault:?}"
        );
        assert!(fault.to_string().contains(why), "{database:?}: {fault}");
    }
    assert!(
        std::fs::read_to_string(&garbage)
            .unwrap()
            .starts_with("this is no database"),
        "what is not ours is not overwritten"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_waits_for_another_process_that_is_at_work_on_the_schema() {
    for _ in 0..5 {
        let fresh = Arc::new(testkit::fresh().await);
        let beside = Beside::open(&fresh.database).await;
        // A file that nobody has told yet how to keep its journal; the lock under which every node of ours takes its steps.
        beside
            .run(
                "BEGIN IMMEDIATE; CREATE TABLE other (id TEXT)",
                "SELECT pg_advisory_lock(x'50726f6b'::bigint)",
            )
            .await;
        let opening = tokio::spawn({
            let fresh = Arc::clone(&fresh);
            async move { open(&fresh.database).await }
        });
        match &beside {
            Beside::Sqlite(connection) => {
                for n in 0..20_000 {
                    connection
                        .execute("INSERT INTO other (id) VALUES (?1)", [n.to_string()])
                        .unwrap();
                }
            }
            Beside::Postgres(client) => {
                let waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
                while client.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {}
            }
        }
        assert!(!opening.is_finished());
        beside
            .run("COMMIT", "SELECT pg_advisory_unlock(x'50726f6b'::bigint)")
            .await;
        let world = World::around(fresh, opening.await.unwrap().unwrap());
        world.put(Wanted::token("t")).await;
    }
}

/// Takes a step as the driver takes it.
async fn take(beside: &Beside, step: &str) {
    let for_sqlite = step
        .replace("BIGINT", "INTEGER")
        .replace("\n);", "\n) STRICT, WITHOUT ROWID;");
    beside
        .run(&for_sqlite, &step.replace(" TEXT", " TEXT COLLATE \"C\""))
        .await;
}

/// A database as the first release left it, with rows of it, is taken on: everything is as it was, and what is new has the value that says nothing new.
#[tokio::test]
async fn rows_of_the_first_release_are_taken_on() {
    let fresh = Arc::new(testkit::fresh().await);
    let beside = Beside::open(&fresh.database).await;
    take(&beside, include_str!("../../src/migrations/0001_house.sql")).await;
    beside
        .run_on_both(
            "CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY);
             INSERT INTO schema_step (step) VALUES (1);
             INSERT INTO tenant (id, name, issuer, dpop_nonce, access_token_seconds, created_at)
             VALUES ('acme', 'Acme', 'https://auth.acme.example', 'demanded', 300, 1795000000);
             INSERT INTO client (tenant, id, name, method, secret_digest, grant_types, binding, introspects, epoch, created_at)
             VALUES ('acme', 'c', 'Client c', 'client_secret_basic', 'digest-of-c', 'client_credentials', 'when_proved', 'its_resources', 1, 1795000000);
             INSERT INTO resource (tenant, uri, name, scopes, introspectors, created_at)
             VALUES ('acme', 'urn:r', 'Resource urn:r', '{\"read\":\"Read things\"}', '[]', 1795000000);
             INSERT INTO grants (tenant, id, holder_kind, holder, scope, audiences, depth, source_kind, source, epoch, created_at)
             VALUES ('acme', 'g', 'client', 'client', 'read', '-', 8, 'administrator', 'admin', 1, 1795000000)",
        )
        .await;
    let world = World::around(Arc::clone(&fresh), open(&fresh.database).await.unwrap());
    assert_eq!(steps(&beside).await, 13);
    assert_eq!(world.store().tenants().await.unwrap(), [acme()]);
    assert_eq!(world.db.clients_after("", 9).await.unwrap(), [(client("c"), None)]);
    assert_eq!(world.db.resources_after("", 9).await.unwrap(), [resource("urn:r")]);
    assert_eq!(world.db.grants_after("", 9).await.unwrap(), [grant("g")]);
    let mine = ClientId::parse("client").unwrap();
    assert_eq!(world.db.own_grants(&mine, time(1)).await.unwrap(), [[grant("g")]]);
    assert_eq!(world.db.unused_clients().await.unwrap(), 0);

    let mut renamed = client("c");
    renamed.epoch = 2;
    renamed.name = "Another name".to_owned();
    world
        .put(
            Wanted::default()
                .guard(live("g", 1))
                .guard(replace_client(renamed.clone(), 1))
                .guard(create_user(user("alice"))),
        )
        .await;
    let world = world.reopen().await;
    assert_eq!(world.db.clients_after("", 9).await.unwrap(), [(renamed, None)]);
    assert_eq!(world.db.users_after("", 9).await.unwrap(), [user("alice")]);
}

/// A database as the second step left it: codes and lines of before have no session, a line says of its sign-in what is the least, and nobody is held to more than before.
#[tokio::test]
async fn rows_of_the_second_step_are_taken_on_by_the_third() {
    let fresh = Arc::new(testkit::fresh().await);
    let beside = Beside::open(&fresh.database).await;
    take(&beside, include_str!("../../src/migrations/0001_house.sql")).await;
    take(&beside, include_str!("../../src/migrations/0002_people.sql")).await;
    beside
        .run_on_both(
            "CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY);
             INSERT INTO schema_step (step) VALUES (1);
             INSERT INTO schema_step (step) VALUES (2);
             INSERT INTO tenant (id, name, issuer, dpop_nonce, access_token_seconds, created_at)
             VALUES ('acme', 'Acme', 'https://auth.acme.example', 'demanded', 300, 1795000000);
             INSERT INTO client (tenant, id, name, method, jwks, grant_types, binding, introspects, epoch, created_at, redirect_uris, basis)
             VALUES ('acme', 'keyed', 'Client keyed', 'private_key_jwt', '{\"keys\":[]}', 'client_credentials', 'when_proved', 'its_resources', 1, 1795000000, 'https://client.example/cb', 'b');
             INSERT INTO client (tenant, id, name, method, secret_digest, grant_types, binding, introspects, epoch, created_at)
             VALUES ('acme', 'c', 'Client c', 'client_secret_basic', 'digest-of-c', 'client_credentials', 'when_proved', 'its_resources', 1, 1795000000);
             INSERT INTO authorization_code (tenant, id, digest, request, client, user_id, grant_id, scope, audience, redirect_uri, challenge, authenticated_at, method, created_at)
             VALUES ('acme', 'k', 'digest-k', 'request-k', 'client', 'alice', 'root', 'read', '-', 'https://client.example/cb', 'challenge', 1795000000, 'password', 1795000000);
             INSERT INTO refresh_family (tenant, id, grant_id, client, key_thumbprint, authenticated_at, generation, turned_at, created_at)
             VALUES ('acme', 'f', 'g', 'client', 'a-thumbprint', 1795000000, 0, 1795000000, 1795000000)",
        )
        .await;
    let world = World::around(Arc::clone(&fresh), open(&fresh.database).await.unwrap());
    assert_eq!(steps(&beside).await, 13);
    assert_eq!(
        world.store().tenants().await.unwrap(),
        [acme()],
        "no profile, nothing pushed, PKCE always"
    );
    let keyed = Client {
        authentication: Authentication::PrivateKeyJwt,
        keys: Some(Keys::Here("{\"keys\":[]}".to_owned())),
        redirect_uris: vec![RedirectUri::parse("https://client.example/cb").unwrap()],
        ..client("keyed")
    };
    assert_eq!(
        world.db.clients_after("", 9).await.unwrap(),
        [(client("c"), None), (keyed, None)]
    );
    assert_eq!(
        world.db.authorization_code(&CodeId::parse("k").unwrap()).await.unwrap(),
        Some(code("k"))
    );
    let line = Family {
        key: Some(Confirmation::Jkt("a-thumbprint".to_owned())),
        ..family("f", "g")
    };
    assert_eq!(
        world.db.family(&FamilyId::parse("f").unwrap()).await.unwrap(),
        Some(line),
        "a sign-in of which nobody knows how strong it was counts as a password"
    );
    let said = Wanted::default()
        .guard(create_code(code("new")))
        .guard(redeem("k", "g2"))
        .guard(turn("f", 0, "request"));
    world.put(said).await;
}
