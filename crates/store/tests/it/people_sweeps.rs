//! What people leave behind goes away by itself: every table comes back to where it was.

use std::collections::BTreeMap;

use kernel::{
    ClientId, CodeId, FamilyId, Id, Moment, TenantId,
    authorization_code::{self, AuthorizationCode},
    browser_session::BrowserSession,
    client::Client,
    family::{self, Family},
    tenant::Tenant,
};
use store::{Outcome, TenantDb};

use crate::{
    beside::Beside,
    openid::{create_pushed, pushed, tell},
    people::{
        by_document, child, code, create_code, create_family, create_session, family, keep_client, put_document,
        registered_itself, root, session,
    },
    world::{
        Wanted, World, acme, at, client, create_client, create_grant, create_tenant, replace_client, revoke_grant,
        time, unchanged,
    },
};

const DAY: i64 = 86_400;

/// An id of that time.
fn id<K>(seconds: i64) -> Id<K> {
    Moment {
        now: time(seconds),
        ..at(0)
    }
    .id("id")
}

/// The same database as another tenant sees it.
pub(crate) async fn another_tenant(world: &World) -> World {
    let other = Tenant {
        id: TenantId::parse("other").unwrap(),
        issuer: "https://other.example".to_owned(),
        ..acme()
    };
    world.put(Wanted::default().guard(create_tenant(other.clone()))).await;
    World {
        fresh: world.fresh.clone(),
        db: TenantDb::new(world.store().clone(), std::sync::Arc::new(other)),
    }
}

/// How many rows each table has that people fill.
async fn rows(beside: &Beside) -> BTreeMap<&'static str, i64> {
    let mut counted = BTreeMap::new();
    for table in [
        "authorization_code",
        "browser_session",
        "refresh_family",
        "client",
        "pushed_request",
        "relying_party",
    ] {
        counted.insert(table, beside.number(&format!("SELECT COUNT(*) FROM {table}")).await);
    }
    counted
}

/// Puts many rows, some hundred at a time.
async fn put_all(world: &World, wanted: impl Iterator<Item = Wanted>) {
    let mut running = Vec::new();
    for one in wanted {
        running.push(world.spawn(one));
        if running.len() == 400 {
            for put in running.drain(..) {
                assert_eq!(put.await.unwrap().unwrap(), Outcome::Committed);
            }
        }
    }
    for put in running {
        assert_eq!(put.await.unwrap().unwrap(), Outcome::Committed);
    }
}

#[tokio::test]
async fn codes_are_kept_for_a_day_after_their_end() {
    let kept = authorization_code::LIFETIME_SECONDS + authorization_code::KEPT_SECONDS;
    assert_eq!(kept, 60 + DAY);
    let world = World::new().await;
    let ages = [0, 60, DAY, kept, kept + 1, 30 * DAY];
    let ids = ages.map(|age| id(100 * DAY - age));
    for id in &ids {
        let new = AuthorizationCode {
            id: id.clone(),
            ..code(&format!("c{}", crate::world::unique()))
        };
        world.put(Wanted::default().guard(create_code(new))).await;
    }
    for _ in 0..2 {
        world.store().sweep_people(time(100 * DAY)).await.unwrap();
        for (age, id) in ages.iter().zip(&ids) {
            let id: &CodeId = id;
            let there = world.db.authorization_code(id).await.unwrap().is_some();
            assert_eq!(there, *age <= kept, "{age} seconds old");
        }
    }
}

#[tokio::test]
async fn browser_sessions_are_kept_for_a_week_after_they_are_over() {
    let world = World::new().await;
    let other = another_tenant(&world).await;
    let now = 100 * DAY;
    let cases = [
        ("lives", now + DAY, None, true),
        ("over for six days", now - 6 * DAY, None, true),
        ("over for a week", now - 7 * DAY, None, true),
        ("over for more", now - 7 * DAY - 1, None, false),
        ("ended a while ago", now + DAY, Some(now - 6 * DAY), true),
        ("ended a week ago", now + DAY, Some(now - 7 * DAY), true),
        ("ended before", now + DAY, Some(now - 7 * DAY - 1), false),
    ];
    for (name, expires, ended, _) in cases {
        let new = BrowserSession {
            expires: time(expires),
            ended: ended.map(time),
            ..session(&name.replace(' ', "-"))
        };
        for world in [&world, &other] {
            world.put(Wanted::default().guard(create_session(new.clone()))).await;
        }
    }
    for _ in 0..2 {
        world.store().sweep_people(time(now)).await.unwrap();
        for (name, _, _, stays) in cases {
            for world in [&world, &other] {
                let id = crate::people::session_id(&name.replace(' ', "-"));
                let there = world.db.browser_session_by_id(&id).await.unwrap().is_some();
                assert_eq!(there, stays, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn s_24_a_client_that_nobody_said_yes_to_goes_away_and_no_other() {
    let world = World::new().await;
    let kept = registered_itself("kept", 10);
    let taken_over = Client {
        registration: kernel::client::Registration::Administrator,
        epoch: 1,
        ..registered_itself("taken-over", 10)
    };
    for new in [
        client("admins"),
        kept,
        registered_itself("taken-over", 10),
        registered_itself("over", 99),
        registered_itself("now", 100),
        registered_itself("later", 101),
    ] {
        world.put(Wanted::default().guard(create_client(new))).await;
    }
    world
        .put(
            Wanted::default()
                .guard(put_document(by_document("https://c.example/d", 1)))
                .guard(replace_client(taken_over, 0))
                .sure(keep_client("kept")),
        )
        .await;
    for _ in 0..2 {
        world.store().sweep_people(time(100)).await.unwrap();
        let left = world.db.clients_after("", 99).await.unwrap();
        let left: Vec<&str> = left.iter().map(|(client, _)| client.id.as_str()).collect();
        assert_eq!(
            left,
            ["admins", "https://c.example/d", "kept", "later", "now", "taken-over"]
        );
    }
}

#[tokio::test]
async fn a_line_goes_with_its_authorization_with_what_that_came_from_or_when_its_time_is_over() {
    let world = World::new().await;
    let now = 400 * DAY;
    for new in [
        root("r1"),
        root("r2"),
        child("lives", "r1"),
        child("revoked", "r1"),
        child("of-revoked-root", "r2"),
        child("old", "r1"),
    ] {
        world.put(Wanted::default().guard(create_grant(new))).await;
    }
    for revoked in ["revoked", "r2"] {
        world.put(Wanted::default().sure(revoke_grant(revoked, 1))).await;
    }
    let cases = [
        ("lives", 0, true),
        ("lives", 10, true),
        ("lives", 180 * DAY, true),
        ("old", 180 * DAY + 1, false),
        ("revoked", 5, false),
        ("of-revoked-root", 5, false),
        ("grant-that-is-nowhere", 5, true),
    ];
    assert_eq!(family::LIFETIME_SECONDS_BOUND, 180 * DAY);
    let mut ids: Vec<FamilyId> = Vec::new();
    for (grant, age, _) in cases {
        let new = Family {
            id: id(now - age),
            ..family("f", grant)
        };
        ids.push(new.id.clone());
        world.put(Wanted::default().guard(create_family(new))).await;
    }
    for _ in 0..2 {
        world.store().sweep_people(time(now)).await.unwrap();
        for ((grant, age, stays), id) in cases.iter().zip(&ids) {
            let there = world.db.family(id).await.unwrap().is_some();
            assert_eq!(there, *stays, "{grant}, {age} seconds old");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s_49_tables_that_two_nodes_sweep_come_back_to_their_baseline() {
    let first = World::new().await;
    let second = first.second().await;
    let other = another_tenant(&first).await;
    let beside = Beside::open(&first.fresh.database).await;
    let baseline = [
        Wanted::default()
            .guard(create_client(client("admins")))
            .guard(create_grant(root("root")))
            .guard(create_grant(child("lives", "root")))
            .guard(create_grant(root("gone")))
            .guard(create_grant(child("dead", "gone")))
            .sure(revoke_grant("gone", 1)),
        Wanted::default().guard(create_family(family("zz", "lives"))),
    ];
    for wanted in baseline {
        first.put(wanted).await;
    }
    let before = rows(&beside).await;
    // Abuse of a day, most of it in one tenant; lines of the living lie between those of the dead.
    let abuse = (0..4_500).map(|n: i64| match n % 3 {
        0 => Wanted::default().guard(create_client(registered_itself(&format!("c{n}"), 10))),
        1 => {
            let over = BrowserSession {
                ended: (n % 2 == 0).then(|| time(10)),
                ..session(&format!("s{n}"))
            };
            let old = AuthorizationCode {
                id: id(n),
                ..code(&format!("c{n}"))
            };
            Wanted::default()
                .guard(create_session(over))
                .guard(create_code(old))
                .guard(create_pushed(pushed(id::<()>(n).as_str(), 90)))
                .sure(tell(&format!("s{n}"), "client", n % 1_000))
        }
        _ => Wanted::default().guard(create_family(Family {
            id: id(n),
            ..family("f", "dead")
        })),
    });
    let (mine, theirs): (Vec<_>, Vec<_>) = abuse.enumerate().partition(|(n, _)| n % 10 != 0);
    put_all(&first, mine.into_iter().map(|(_, wanted)| wanted)).await;
    put_all(&other, theirs.into_iter().map(|(_, wanted)| wanted)).await;
    other
        .put(
            Wanted::default()
                .guard(create_grant(child("dead", "gone")))
                .sure(revoke_grant("dead", 1)),
        )
        .await;
    assert_eq!(
        rows(&beside).await.values().sum::<i64>(),
        before.values().sum::<i64>() + 9_000
    );

    let now = time(60 * DAY); // lines live longer: these go because they are dead
    for _ in 0..8 {
        let sweeps = tokio::join!(first.store().sweep_people(now), second.store().sweep_people(now));
        sweeps.0.unwrap();
        sweeps.1.unwrap();
    }
    assert_eq!(rows(&beside).await, before);
    assert!(
        first
            .db
            .family(&FamilyId::parse("zz").unwrap())
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_that_somebody_says_yes_to_while_it_is_swept_stays_whole_or_the_yes_is_lost() {
    let first = World::new().await;
    let second = first.second().await;
    for round in 0..10 {
        let name = |n: usize| format!("c{round}-{n}");
        put_all(
            &first,
            (0..40).map(|n| Wanted::default().guard(create_client(registered_itself(&name(n), 10)))),
        )
        .await;
        let yes = |n: usize| {
            Wanted::default()
                .guard(unchanged(&name(n), 0))
                .guard(create_grant(root(&format!("g{round}-{n}"))))
                .sure(keep_client(&name(n)))
        };
        let said: Vec<_> = (0..40).map(|n| first.spawn(yes(n))).collect();
        second.store().sweep_people(time(100)).await.unwrap();
        for (n, said) in said.into_iter().enumerate() {
            let outcome = said.await.unwrap().unwrap();
            let row = first.db.client(&ClientId::parse(&name(n)).unwrap()).await.unwrap();
            match outcome {
                Outcome::Committed => assert_eq!(row.map(|client| client.expires), Some(None)),
                Outcome::Lost(lost) => assert!(row.is_none() && lost == store::Lost::Guard(0)),
            }
        }
    }
    first.store().sweep_people(time(200)).await.unwrap();
    assert_eq!(first.db.unused_clients().await.unwrap(), 0);
}

#[tokio::test]
async fn a_sweep_that_finds_nothing_to_do_writes_nothing() {
    let world = World::new().await;
    world
        .put(
            Wanted::default()
                .guard(create_client(registered_itself("c", 500)))
                .guard(create_code(AuthorizationCode { id: id(0), ..code("c") }))
                .guard(create_session(session("s")))
                .guard(create_pushed(pushed(id::<()>(0).as_str(), 90)))
                .sure(tell("s", "client", 0))
                .guard(create_grant(root("g")))
                .guard(create_family(Family {
                    id: id(0),
                    ..family("f", "g")
                })),
        )
        .await;
    let beside = Beside::open(&world.fresh.database).await;
    beside.hold().await; // whoever writes now waits
    world.store().sweep_people(time(0)).await.unwrap();
    beside.release().await;
}
