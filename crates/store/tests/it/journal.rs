//! The lossy journal and the lossy notes: bounded in memory, honest about what was left out.

use kernel::{ClientId, EventKind, TenantId, Time, Touch};
use store::{Entry, Fault};

use crate::{
    beside::Beside,
    world::{Wanted, World, acme, at, client, create_client, event, time},
};

fn refusal(world: &World, about: &str) {
    world
        .store()
        .note(world.db.id(), event(EventKind::RequestRefused).about(about));
}

async fn entries(world: &World, kind: &str) -> Vec<Entry> {
    world
        .db
        .events_before(None, i64::MAX)
        .await
        .unwrap()
        .into_iter()
        .filter(|entry| entry.kind == kind)
        .collect()
}

/// How many entries the log says there were beyond those it lists.
async fn counted(world: &World) -> i64 {
    let count = |entry: Entry| {
        serde_json::from_str::<serde_json::Value>(&entry.body).unwrap()["count"]
            .as_i64()
            .unwrap()
    };
    entries(world, "entries.counted").await.into_iter().map(count).sum()
}

#[tokio::test]
async fn entries_appear_at_the_next_flush_in_their_order() {
    let world = World::new().await;
    for n in 0..5 {
        refusal(&world, &n.to_string());
    }
    assert_eq!(entries(&world, "request.refused").await, []);
    world.store().flush(&at(1)).await.unwrap();
    let about: Vec<String> = entries(&world, "request.refused")
        .await
        .into_iter()
        .rev()
        .map(|entry| entry.about.unwrap())
        .collect();
    assert_eq!(about, ["0", "1", "2", "3", "4"]);
    world.store().flush(&at(2)).await.unwrap();
    assert_eq!(world.whole_log().await, 5, "once");
}

#[tokio::test]
async fn a_flood_is_counted_and_not_listed() {
    let world = World::new().await;
    let other = TenantId::parse("other").unwrap();
    for n in 0..50_000 {
        refusal(&world, &n.to_string());
        if n % 10 == 0 {
            world.store().note(&other, event(EventKind::RequestRefused));
        }
    }
    world.store().flush(&at(1)).await.unwrap();
    let listed = entries(&world, "request.refused").await;
    assert!((100..=1_000).contains(&listed.len()), "{}", listed.len());
    assert!(
        listed
            .iter()
            .all(|entry| entry.about.as_ref().unwrap().parse::<usize>().unwrap() < 1_000),
        "the first ones are listed"
    );
    assert_eq!(
        i64::try_from(listed.len()).unwrap() + counted(&world).await,
        50_000,
        "each tenant's own, and none is lost"
    );
    let foreign = Beside::open(&world.fresh.database)
        .await
        .number("SELECT COUNT(*) FROM event WHERE tenant = 'other'")
        .await;
    assert!(foreign < 200, "{foreign}");

    // The next second is a new one.
    refusal(&world, "later");
    world.store().flush(&at(2)).await.unwrap();
    assert_eq!(
        entries(&world, "request.refused").await[0].about.as_deref(),
        Some("later")
    );
    assert_eq!(world.store().streams_with_holes().await.unwrap(), 0);
}

#[tokio::test]
async fn a_flood_of_strangers_takes_no_place_from_those_who_are_known() {
    let world = World::new().await;
    let known = |about: &str| {
        kernel::Event {
            actor: Some("client".to_owned()),
            ..event(EventKind::RequestRefused)
        }
        .about(about)
    };
    for n in 0..20_000 {
        refusal(&world, &format!("stranger {n}"));
    }
    for n in 0..100 {
        world.store().note(world.db.id(), known(&format!("known {n}")));
    }
    world.store().flush(&at(1)).await.unwrap();
    let listed = entries(&world, "request.refused").await;
    let (of_known, of_strangers): (Vec<&Entry>, Vec<&Entry>) = listed.iter().partition(|entry| entry.actor.is_some());
    assert_eq!(of_known.len(), 100);
    assert!((10..=512).contains(&of_strangers.len()), "{}", of_strangers.len());
    assert_eq!(i64::try_from(listed.len()).unwrap() + counted(&world).await, 20_100);

    // Nor the other way round, and the known ones are bounded too.
    for n in 0..20_000 {
        world.store().note(world.db.id(), known(&format!("known {n}")));
    }
    refusal(&world, "a stranger at last");
    world.store().flush(&at(2)).await.unwrap();
    let listed = entries(&world, "request.refused").await;
    assert!(
        listed
            .iter()
            .any(|entry| entry.about.as_deref() == Some("a stranger at last"))
    );
    assert!(listed.len() < 2_000, "{}", listed.len());
    assert_eq!(i64::try_from(listed.len()).unwrap() + counted(&world).await, 40_101);
}

#[tokio::test]
async fn entries_that_cannot_be_written_are_counted_and_notes_are_kept() {
    let world = World::new().await;
    world.put(Wanted::default().guard(create_client(client("c")))).await;
    let beside = Beside::open(&world.fresh.database).await;
    for n in 0..600 {
        refusal(&world, &n.to_string());
    }
    world.store().touch(
        world.db.id(),
        Touch::ClientUsed {
            id: ClientId::parse("c").unwrap(),
            at: time(7),
        },
    );
    beside
        .run(
            "BEGIN IMMEDIATE",
            "BEGIN; LOCK TABLE event, client_use IN EXCLUSIVE MODE",
        )
        .await;
    let refused = world.store().flush(&at(1)).await;
    assert!(matches!(refused, Err(Fault::Busy(_))), "{refused:?}");
    beside.release().await;
    refusal(&world, "later");
    world.store().touch(
        world.db.id(),
        Touch::ClientUsed {
            id: ClientId::parse("c").unwrap(),
            at: time(6),
        },
    );
    world.store().flush(&at(2)).await.unwrap();
    assert_eq!(entries(&world, "request.refused").await.len(), 1);
    assert_eq!(counted(&world).await, 600);
    assert_eq!(world.db.clients_after("", 1).await.unwrap()[0].1, Some(time(7)));
    assert_eq!(world.whole_log().await, 2);
}

#[tokio::test]
async fn closing_writes_what_is_noted() {
    let world = World::new().await;
    world.put(Wanted::default().guard(create_client(client("c")))).await;
    for n in 0..700 {
        refusal(&world, &n.to_string());
    }
    world.store().touch(
        world.db.id(),
        Touch::ClientUsed {
            id: ClientId::parse("c").unwrap(),
            at: time(7),
        },
    );
    let next = world.reopen().await;
    assert_eq!(
        i64::try_from(entries(&next, "request.refused").await.len()).unwrap() + counted(&next).await,
        700
    );
    assert_eq!(next.db.clients_after("", 1).await.unwrap()[0].1, Some(time(7)));
}

#[tokio::test]
async fn a_store_that_cannot_write_its_notes_closes_all_the_same() {
    let world = World::new().await;
    refusal(&world, "lost");
    let beside = Beside::open(&world.fresh.database).await;
    beside
        .run("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE event IN EXCLUSIVE MODE")
        .await;
    let closed = world.store().close(&at(1)).await;
    assert!(matches!(closed, Err(Fault::Busy(_))), "{closed:?}");
    beside.release().await;
    assert!(matches!(world.commit(Wanted::token("t")).await, Err(Fault::Closed)));
}

#[tokio::test]
async fn last_used_is_the_newest_time_whoever_noted_it_when() {
    let world = World::new().await;
    let second = world.second().await;
    let id = ClientId::parse("c").unwrap();
    world
        .put(
            Wanted::default()
                .guard(create_client(client("c")))
                .guard(create_client(client("never"))),
        )
        .await;
    let used = |world: &World, seconds: i64| {
        world.store().touch(
            world.db.id(),
            Touch::ClientUsed {
                id: id.clone(),
                at: time(seconds),
            },
        );
    };
    let last = async || -> Option<Time> { world.db.clients_after("", 1).await.unwrap()[0].1 };

    assert_eq!(last().await, None);
    for (seconds, expected) in [(vec![10, 30, 20], 30), (vec![25], 30), (vec![31, 5], 31)] {
        for seconds in seconds {
            used(&world, seconds);
        }
        world.store().flush(&at(0)).await.unwrap();
        assert_eq!(last().await, Some(time(expected)));
    }
    used(&second, 40);
    used(&world, 35);
    second.store().flush(&at(0)).await.unwrap();
    world.store().flush(&at(0)).await.unwrap();
    assert_eq!(
        last().await,
        Some(time(40)),
        "a node that writes late does not turn the clock back"
    );
    assert_eq!(
        world.db.clients_after("c", 1).await.unwrap()[0].1,
        None,
        "the other client was not used"
    );
    assert_eq!(world.whole_log().await, 0, "notes are no events");
}

#[tokio::test]
async fn notes_of_a_tenant_are_its_own() {
    let world = World::new().await;
    world.put(Wanted::default().guard(create_client(client("c")))).await;
    world.store().touch(
        &TenantId::parse("other").unwrap(),
        Touch::ClientUsed {
            id: ClientId::parse("c").unwrap(),
            at: time(9),
        },
    );
    world
        .store()
        .note(&TenantId::parse("other").unwrap(), event(EventKind::RequestRefused));
    world.store().flush(&at(0)).await.unwrap();
    assert_eq!(world.db.clients_after("", 1).await.unwrap()[0].1, None);
    assert_eq!(world.db.events_before(None, 9).await.unwrap(), []);
    assert_eq!(acme().id, *world.db.id());
}
