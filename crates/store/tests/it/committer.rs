//! A change is all or nothing, whoever shares its transaction, and the log has no holes.

use futures_util::future::join_all;
use kernel::{ClientId, EventKind, GrantId, TokenId};
use store::{Fault, Lost, Outcome};

use crate::{
    beside::Beside,
    world::{
        Wanted, World, at, client, create_client, create_grant, create_resource, create_tenant, create_token, event,
        grant, live, mark, replace_client, resource, revoke_grant, revoke_token, token, unchanged,
    },
};

const COMMITTED: Outcome = Outcome::Committed;

fn broken(id: &str, scope: &str) -> Wanted {
    let mut record = token(id);
    record.scope = scope.to_owned();
    Wanted::default()
        .mark(mark(&format!("mark of {id}")))
        .guard(create_grant(grant(&format!("grant of {id}").replace(' ', "-"))))
        .guard(create_token(record))
        .event(event(EventKind::TokenIssued).about(id))
}

/// Commits all at once: on one thread they are queued before the committer runs, so that PostgreSQL's takes them as one batch.
async fn at_once(world: &World, changes: impl IntoIterator<Item = Wanted>) -> Vec<Result<Outcome, Fault>> {
    join_all(changes.into_iter().map(|wanted| world.commit(wanted))).await
}

#[tokio::test]
async fn an_empty_change_commits() {
    let world = World::empty().await;
    world.put(Wanted::default()).await;
    world.store().ping().await.unwrap();
    assert_eq!(world.whole_log().await, 0);
}

#[tokio::test]
async fn a_lost_guard_undoes_marks_writes_and_events_of_its_change_only() {
    let world = World::new().await;
    world
        .put(
            Wanted::default()
                .guard(create_grant(grant("g")))
                .guard(create_client(client("taken"))),
        )
        .await;
    let before = world.whole_log().await;
    let loser = Wanted::token("loser")
        .mark(mark("m"))
        .guard(create_client(client("taken")))
        .guard(create_grant(grant("also")))
        .sure(revoke_grant("g", 1));
    let outcomes = at_once(&world, [Wanted::token("first"), loser, Wanted::token("last")]).await;
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes, [COMMITTED, Outcome::Lost(Lost::Guard(1)), COMMITTED]);

    for (id, there) in [("first", true), ("loser", false), ("last", true)] {
        assert_eq!(
            world.db.token(&TokenId::parse(id).unwrap()).await.unwrap().is_some(),
            there,
            "{id}"
        );
    }
    assert_eq!(world.db.grant(&GrantId::parse("also").unwrap()).await.unwrap(), None);
    assert_eq!(
        world.db.grant(&GrantId::parse("g").unwrap()).await.unwrap(),
        Some(grant("g")),
        "the sure write is undone too"
    );
    assert_eq!(world.db.event_count("token.issued").await.unwrap(), 2);
    assert_eq!(world.whole_log().await, before + 2);
    world.put(Wanted::default().mark(mark("m"))).await; // the mark is free
}

#[tokio::test]
async fn lost_names_the_first_mark_else_the_first_guard() {
    let world = World::new().await;
    world
        .put(
            Wanted::token("t")
                .mark(mark("used"))
                .guard(create_grant(grant("g")))
                .guard(create_client(client("c"))),
        )
        .await;
    let (free, used) = (|| mark(&format!("free {}", crate::world::unique())), || mark("used"));
    let missing = || live("nobody", 1);
    let cases = [
        (vec![used()], vec![], Lost::Mark(0)),
        (vec![free(), used()], vec![], Lost::Mark(1)),
        (vec![free(), used(), used()], vec![missing()], Lost::Mark(1)),
        (vec![used()], vec![missing(), create_token(token("t"))], Lost::Mark(0)),
        (
            vec![free()],
            vec![create_token(token("new")), missing(), create_token(token("t"))],
            Lost::Guard(1),
        ),
        (
            vec![],
            vec![create_token(token("t")), create_client(client("c"))],
            Lost::Guard(0),
        ),
        (
            vec![],
            vec![
                create_resource(resource("urn:new")),
                create_client(client("c")),
                create_grant(grant("g")),
            ],
            Lost::Guard(1),
        ),
    ];
    for (marks, guards, lost) in cases {
        let wanted = Wanted {
            marks,
            guards,
            ..Wanted::default()
        };
        let said = format!("{wanted:?}");
        assert_eq!(world.commit(wanted).await.unwrap(), Outcome::Lost(lost), "{said}");
    }
}

#[tokio::test]
async fn a_mark_that_one_change_takes_twice_is_lost_to_itself() {
    let world = World::new().await;
    let outcome = world
        .commit(Wanted::token("t").mark(mark("m")).mark(mark("m")))
        .await
        .unwrap();
    assert_eq!(outcome, Outcome::Lost(Lost::Mark(1)));
    world.put(Wanted::token("t").mark(mark("m"))).await;
}

#[tokio::test]
async fn every_guard_is_lost_when_its_row_is_taken_or_gone() {
    let world = World::new().await;
    let mut dead = grant("dead");
    dead.epoch = 7;
    world
        .put(
            Wanted::token("t")
                .guard(create_grant(grant("g")))
                .guard(create_grant(dead))
                .guard(create_client(client("c")))
                .guard(create_resource(resource("urn:r"))),
        )
        .await;
    world
        .put(Wanted::default().guard(kernel::Guard::CreateKey(Box::new(crate::world::signing_key("k", 0)))))
        .await;
    world.put(Wanted::default().sure(revoke_grant("dead", 1))).await;
    let mut off = client("off");
    off.disabled = Some(crate::world::time(1));
    world.put(Wanted::default().guard(create_client(off))).await;
    let administrator = |id: &str, token_digest: &str| {
        crate::world::create_administrator(crate::world::administrator(id), token_digest)
    };
    world.put(Wanted::default().guard(administrator("a", "digest"))).await;
    let mut same_issuer = crate::world::acme();
    same_issuer.id = kernel::TenantId::parse("another").unwrap();
    let mut same_id = crate::world::acme();
    same_id.issuer = "https://another.example".to_owned();
    let key = |kid, from| kernel::Guard::CreateKey(Box::new(crate::world::signing_key(kid, from)));
    let lost = [
        create_token(token("t")),
        create_grant(grant("g")),
        create_client(client("c")),
        create_resource(resource("urn:r")),
        create_tenant(same_issuer),
        create_tenant(same_id),
        administrator("a", "another digest"),
        administrator("b", "digest"),
        key("k", 1),
        key("another", 0),
        live("g", 2),
        live("dead", 7),
        live("nobody", 1),
        replace_client(client("c"), 2),
        replace_client(client("nobody"), 1),
        unchanged("c", 2),
        unchanged("off", 1),
        unchanged("nobody", 1),
    ];
    for guard in lost {
        let said = format!("{guard:?}");
        assert_eq!(
            world.commit(Wanted::default().guard(guard)).await.unwrap(),
            Outcome::Lost(Lost::Guard(0)),
            "{said}"
        );
    }
    world
        .put(Wanted::default().guard(live("g", 1)).guard(unchanged("c", 1)))
        .await;
}

#[tokio::test]
async fn sure_writes_that_find_no_row_are_fine() {
    let world = World::new().await;
    let nothing = Wanted::default()
        .sure(revoke_grant("nobody", 1))
        .sure(revoke_token("nobody", 1))
        .sure(kernel::Write::DropKey {
            kid: "nobody".to_owned(),
        })
        .sure(kernel::Write::SetResourceDisabled {
            uri: kernel::resource::ResourceUri::parse("urn:nobody").unwrap(),
            at: None,
        })
        .sure(kernel::Write::Tenant(kernel::tenant::Write::SetDisabled {
            id: kernel::TenantId::parse("nobody").unwrap(),
            at: None,
        }))
        .event(event(EventKind::GrantRevoked));
    world.put(nothing.clone()).await;
    world.put(nothing).await;
    assert_eq!(world.whole_log().await, 2);
}

#[tokio::test]
async fn guards_of_one_change_see_what_it_did_before() {
    let world = World::new().await;
    let birth_and_use = Wanted::default()
        .guard(create_grant(grant("g")))
        .guard(live("g", 1))
        .sure(revoke_grant("g", 3));
    world.put(birth_and_use).await;
    assert!(matches!(
        world
            .db
            .grant(&GrantId::parse("g").unwrap())
            .await
            .unwrap()
            .unwrap()
            .status,
        kernel::grant::Status::Revoked { .. }
    ));
    let mut next = client("c");
    next.epoch = 2;
    world
        .put(
            Wanted::default()
                .guard(create_client(client("c")))
                .guard(replace_client(next, 1)),
        )
        .await;
    assert_eq!(
        world
            .db
            .client(&ClientId::parse("c").unwrap())
            .await
            .unwrap()
            .unwrap()
            .epoch,
        2
    );
}

#[tokio::test]
async fn a_broken_change_harms_nobody_in_its_batch() {
    let world = World::new().await;
    Beside::open(&world.fresh.database).await.break_scopes().await;
    world.put(Wanted::default().guard(create_client(client("taken")))).await;
    for scope in ["broken", "ruined"] {
        let before = world.whole_log().await;
        let id = |n: usize| format!("{scope}-{n}");
        let changes = (0..40).map(|n| match n {
            3 | 17 | 39 => broken(&id(n), scope),
            5 | 18 => Wanted::token(&id(n)).guard(create_client(client("taken"))),
            _ => Wanted::token(&id(n)),
        });
        let outcomes = at_once(&world, changes).await;
        for (n, outcome) in outcomes.into_iter().enumerate() {
            match n {
                3 | 17 | 39 => assert!(matches!(outcome, Err(Fault::Engine(_))), "{n}: {outcome:?}"),
                5 | 18 => assert_eq!(outcome.unwrap(), Outcome::Lost(Lost::Guard(1))),
                _ => assert_eq!(outcome.unwrap(), COMMITTED),
            }
            let there = world
                .db
                .token(&TokenId::parse(&id(n)).unwrap())
                .await
                .unwrap()
                .is_some();
            assert_eq!(there, ![3, 5, 17, 18, 39].contains(&n), "{n}");
            assert_eq!(
                world
                    .db
                    .grant(&GrantId::parse(&format!("grant-of-{}", id(n))).unwrap())
                    .await
                    .unwrap(),
                None,
                "nothing of a broken change stays"
            );
        }
        assert_eq!(world.whole_log().await, before + 35);
        world
            .put(Wanted::default().mark(mark(&format!("mark of {}", id(3)))))
            .await;
    }
}

#[tokio::test]
async fn a_batch_of_broken_changes_only_ends_and_the_next_one_is_fine() {
    let world = World::new().await;
    Beside::open(&world.fresh.database).await.break_scopes().await;
    for scope in ["broken", "ruined"] {
        let outcomes = at_once(&world, (0..30).map(|n| broken(&format!("{scope}-{n}"), scope))).await;
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, Err(Fault::Engine(_)))),
            "{outcomes:?}"
        );
        world.put(Wanted::token(&format!("after-{scope}"))).await;
    }
    assert_eq!(world.whole_log().await, 2);
    assert_eq!(world.db.token_count().await.unwrap(), 2);
}

#[tokio::test]
async fn a_change_outside_the_walk_that_violates_a_constraint_is_a_fault_of_its_own() {
    let world = World::new().await;
    let mut other = crate::world::acme();
    other.id = kernel::TenantId::parse("other").unwrap();
    other.issuer = "https://other.example".to_owned();
    world.put(Wanted::default().guard(create_tenant(other.clone()))).await;
    let (moved, committed) = tokio::join!(
        world.store().move_tenant(&other.id, "https://auth.acme.example"),
        world.commit(Wanted::token("t"))
    );
    assert!(matches!(moved, Err(Fault::Engine(_))), "{moved:?}");
    assert_eq!(committed.unwrap(), COMMITTED);
    assert_eq!(world.store().tenants().await.unwrap()[1], other);
}

#[tokio::test]
async fn the_log_has_no_holes_after_losses_faults_and_restarts() {
    let mut world = World::new().await;
    Beside::open(&world.fresh.database).await.break_scopes().await;
    world.put(Wanted::default().guard(create_client(client("taken")))).await;
    let mut expected = 0;
    for round in 0..4 {
        let changes = (0..60).map(|n| {
            let id = format!("r{round}-{n}");
            match n % 5 {
                0 => Wanted::token(&id).guard(create_client(client("taken"))),
                1 if n % 10 == 1 => broken(&id, "broken"),
                2 => Wanted::token(&id)
                    .event(event(EventKind::GrantCreated))
                    .event(event(EventKind::ClientCreated)),
                3 => Wanted::default().event(event(EventKind::RequestRefused)),
                _ => Wanted::token(&id),
            }
        });
        let outcomes = at_once(&world, changes).await;
        for (n, outcome) in outcomes.iter().enumerate() {
            if matches!(outcome, Ok(Outcome::Committed)) {
                expected += if n % 5 == 2 { 3 } else { 1 };
            }
        }
        assert_eq!(
            outcomes
                .iter()
                .filter(|outcome| matches!(outcome, Ok(Outcome::Committed)))
                .count(),
            42
        );
        assert_eq!(world.whole_log().await, expected);
        assert_eq!(world.streams().await.len(), round + 1, "a stream a process");
        world = world.reopen().await;
    }
}

#[tokio::test]
async fn a_hole_in_a_stream_is_seen() {
    let world = World::new().await;
    for n in 0..5 {
        world.put(Wanted::token(&format!("t{n}"))).await;
    }
    let second = world.second().await;
    second.put(Wanted::token("t5")).await;
    assert_eq!(world.whole_log().await, 6);
    let beside = Beside::open(&world.fresh.database).await;
    beside.run_on_both("DELETE FROM event WHERE n = 3").await;
    assert_eq!(world.store().streams_with_holes().await.unwrap(), 1);
    beside.run_on_both("DELETE FROM event WHERE n = 1").await;
    assert_eq!(
        world.store().streams_with_holes().await.unwrap(),
        1,
        "a stream that is gone altogether is the sealer's to miss"
    );
}

#[tokio::test]
async fn two_processes_of_one_stream_name_never_share_a_place() {
    let world = World::new().await;
    let settings = || store::Settings {
        database: world.fresh.database.clone(),
        stream: "the-same".to_owned(),
    };
    let first = World::around(world.fresh.clone(), store::Store::open(settings()).await.unwrap());
    let second = World::around(world.fresh.clone(), store::Store::open(settings()).await.unwrap());
    first.put(Wanted::token("t1")).await;
    let refused = second.commit(Wanted::token("t2")).await;
    assert!(matches!(refused, Err(Fault::Row(_))), "{refused:?}");
    assert_eq!(second.db.token(&TokenId::parse("t2").unwrap()).await.unwrap(), None);
    second
        .put(Wanted::default().guard(create_token(token("without-event"))))
        .await;
    assert_eq!(world.whole_log().await, 1);
    assert_eq!(
        second.db.events_before(None, 9).await.unwrap()[0].about.as_deref(),
        Some("t1")
    );
    second.store().close(&at(0)).await.unwrap();
}
