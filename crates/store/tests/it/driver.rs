//! The small driver: arguments arrive as they were given, and nothing is bound that was not meant.

use kernel::{ClientId, GrantId, TokenId};
use store::{
    Fault, Lost, Outcome,
    registry::{Statement, Type, Value, statements},
};

use crate::{
    beside::Beside,
    world::{Wanted, World, client, create_client, create_grant, create_token, grant, token},
};

fn statement(name: &str) -> &'static Statement {
    statements()
        .into_iter()
        .find(|statement| statement.name == name)
        .unwrap()
}

#[tokio::test]
async fn the_driver_refuses_arguments_that_are_not_the_statements() {
    let world = World::new().await;
    let wrong: [&[Value<'static>]; 6] = [
        &[],
        &["acme".into()],
        &["acme".into(), "g".into()],
        &["acme".into(), "g".into(), "1".into()],
        &["acme".into(), "g".into(), Value::NoText],
        &["acme".into(), "g".into(), 1.into(), 1.into()],
    ];
    for name in ["grant.live", "grant.ensure_revoked", "grant.page"] {
        for args in wrong {
            let fault = world.store().probe(statement(name), args).await;
            assert!(
                matches!(fault, Err(Fault::Arguments(said)) if said == name),
                "{name} with {args:?}: {fault:?}"
            );
        }
        world
            .store()
            .probe(statement(name), &["acme".into(), "g".into(), 1.into()])
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn every_statement_runs_with_arguments_of_its_types() {
    let world = World::new().await;
    for statement in statements() {
        let value = |of_type: &Type| match of_type {
            Type::Text => Value::from("nothing-of-this-name"),
            Type::Int => Value::from(1),
        };
        let args: Vec<Value<'static>> = statement.args.iter().map(value).collect();
        let found = world.store().probe(statement, &args).await;
        assert!(found.is_ok(), "{}: {found:?}", statement.name);
    }
}

#[tokio::test]
async fn a_null_stays_a_null_and_finds_nothing() {
    let world = World::new().await;
    world.put(Wanted::default().guard(create_client(client("c")))).await;
    assert_eq!(
        world
            .store()
            .probe(statement("client.one"), &["acme".into(), "c".into()])
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        world
            .store()
            .probe(statement("client.one"), &["acme".into(), Value::NoText])
            .await
            .unwrap(),
        0
    );
    // A column that must be there is not filled with nothing.
    let args: Vec<Value<'static>> = vec!["acme".into(), Value::NoText];
    let refused = world.store().probe(statement("mark.take_a"), &args).await;
    assert!(matches!(refused, Err(Fault::Engine(_))), "{refused:?}");
    assert_eq!(
        Beside::open(&world.fresh.database)
            .await
            .number("SELECT COUNT(*) FROM mark_a")
            .await,
        0
    );
}

#[tokio::test]
async fn a_text_with_nul_is_refused_alike_by_both_engines() {
    let world = World::new().await;
    let mut new = client("c");
    new.name = "before\0after".to_owned();
    let refused = world.commit(Wanted::default().guard(create_client(new))).await;
    assert!(matches!(refused, Err(Fault::Arguments("client.create"))), "{refused:?}");
    assert!(matches!(
        world.db.clients_after("\0", 1).await,
        Err(Fault::Arguments("client.page"))
    ));
    assert_eq!(world.db.clients_after("", 10).await.unwrap(), []);
}

#[tokio::test]
async fn integers_are_64_bits_wide_on_the_way_in_and_out() {
    let world = World::new().await;
    for (n, number) in [
        i64::MIN,
        i64::MIN + 1,
        -1,
        0,
        1,
        i64::from(i32::MAX) + 1,
        (1 << 53) + 1,
        i64::MAX,
    ]
    .into_iter()
    .enumerate()
    {
        let mut new = grant(&format!("g{n}"));
        new.epoch = number;
        world.put(Wanted::default().guard(create_grant(new.clone()))).await;
        assert_eq!(
            world.db.grant(&new.id).await.unwrap().map(|grant| grant.epoch),
            Some(number)
        );
        world
            .put(Wanted::default().guard(crate::world::live(new.id.as_str(), number)))
            .await;
        let other = number.wrapping_add(1);
        assert_eq!(
            world
                .commit(Wanted::default().guard(crate::world::live(new.id.as_str(), other)))
                .await
                .unwrap(),
            Outcome::Lost(Lost::Guard(0))
        );
    }
}

#[tokio::test]
async fn ids_are_compared_byte_for_byte() {
    let world = World::new().await;
    world
        .put(
            Wanted::token("Token")
                .guard(create_client(client("Client")))
                .guard(create_grant(grant("Grant"))),
        )
        .await;
    for (client, grant, token) in [
        ("client", "grant", "token"),
        ("CLIENT", "GRANT", "TOKEN"),
        ("Client%", "Grant_", "Toke_"),
        ("Clien", "Gran", "Toke"),
    ] {
        assert_eq!(world.db.client(&ClientId::parse(client).unwrap()).await.unwrap(), None);
        assert_eq!(world.db.grant(&GrantId::parse(grant).unwrap()).await.unwrap(), None);
        assert_eq!(world.db.token(&TokenId::parse(token).unwrap()).await.unwrap(), None);
    }
    // They are other ids, so they are free.
    world
        .put(
            Wanted::default()
                .guard(create_client(client("client")))
                .guard(create_token(token("token"))),
        )
        .await;
}

#[tokio::test]
async fn a_row_that_no_version_of_ours_writes_is_a_fault_and_not_a_guess() {
    let world = World::new().await;
    let all = Wanted::token("t")
        .guard(create_client(client("c")))
        .guard(create_grant(grant("g")))
        .guard(kernel::Guard::CreateKey(Box::new(crate::world::signing_key("k", 0))));
    world
        .put(all.guard(crate::world::create_resource(crate::world::resource("urn:r"))))
        .await;
    let beside = Beside::open(&world.fresh.database).await;
    let (c, g) = (ClientId::parse("c").unwrap(), GrantId::parse("g").unwrap());
    for spoil in [
        "binding = 'maybe'",
        "binding = 'required', method = 'telepathy'",
        "method = 'client_secret_basic', secret_digest = NULL",
        "secret_digest = 'd', grant_types = 'password'",
    ] {
        beside.run_on_both(&format!("UPDATE client SET {spoil}")).await;
        assert!(
            matches!(world.db.client(&c).await, Err(Fault::Row(_))),
            "client with {spoil}"
        );
        assert!(
            matches!(world.db.clients_after("", 9).await, Err(Fault::Row(_))),
            "clients with {spoil}"
        );
    }
    for spoil in [
        "holder_kind = 'ghost'",
        "holder_kind = 'client', depth = 256",
        "depth = 1, source_kind = 'nobody'",
        "source_kind = 'administrator', audiences = 'not-a-uri'",
        "audiences = '', scope = '\"'",
        "scope = '', parent = 'a b'",
    ] {
        beside.run_on_both(&format!("UPDATE grants SET {spoil}")).await;
        assert!(
            matches!(world.db.grant(&g).await, Err(Fault::Row(_))),
            "grant with {spoil}"
        );
    }
    beside.run_on_both("UPDATE token SET audience = 'nowhere'").await;
    assert!(matches!(
        world.db.token(&TokenId::parse("t").unwrap()).await,
        Err(Fault::Row("token.audience"))
    ));
    beside.run_on_both("UPDATE signing_key SET algorithm = 'HS256'").await;
    assert!(matches!(
        world.db.signing_keys().await,
        Err(Fault::Row("signing_key.algorithm"))
    ));
    for spoil in [
        "scopes = '[]'",
        "scopes = '{}', introspectors = 'x'",
        "introspectors = '[\"a b\"]'",
    ] {
        beside.run_on_both(&format!("UPDATE resource SET {spoil}")).await;
        assert!(
            matches!(world.db.resources_after("", 9).await, Err(Fault::Row(_))),
            "resource with {spoil}"
        );
    }
    beside.run_on_both("UPDATE tenant SET dpop_nonce = 'sometimes'").await;
    assert!(matches!(
        world.store().tenants().await,
        Err(Fault::Row("tenant.dpop_nonce"))
    ));
}

#[tokio::test]
async fn tables_take_no_value_of_another_type() {
    let world = World::new().await;
    world.put(Wanted::token("t")).await;
    match Beside::open(&world.fresh.database).await {
        Beside::Sqlite(connection) => assert!(
            connection.execute("UPDATE token SET expires_at = 'soon'", []).is_err(),
            "tables are STRICT"
        ),
        Beside::Postgres(client) => {
            assert!(
                client
                    .execute("UPDATE token SET expires_at = 'soon'", &[])
                    .await
                    .is_err()
            );
            let foreign = "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'";
            assert_eq!(
                client.query_one(foreign, &[]).await.unwrap().get::<_, i64>(0),
                0,
                "texts are compared by their bytes, whatever the database was made for"
            );
        }
    }
}

#[tokio::test]
async fn reads_see_what_was_committed_before_them_from_any_thread() {
    let world = World::new().await;
    for n in 0..100 {
        let id = format!("t{n}");
        world.put(Wanted::token(&id)).await;
        let db = world.db.clone();
        let read = tokio::spawn(async move { db.token(&TokenId::parse(&id).unwrap()).await });
        assert!(read.await.unwrap().unwrap().is_some());
    }
}
