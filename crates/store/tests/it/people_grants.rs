//! What was given for a person: where it came from, what lives of it, and who lives by it.

use kernel::{
    ClientId, Touch,
    grant::{Grant, Source},
};
use store::PersonsGrant;

use crate::{
    people::{child, create_family, family, held_by, root, until, user_id},
    world::{ODD, Wanted, World, at, create_grant, revoke_grant, time},
};

#[tokio::test]
async fn grants_say_where_they_came_from() {
    let world = World::new().await;
    let sources = [
        Source::Person { basis: ODD.to_owned() },
        Source::Organisation {
            basis: "basis".to_owned(),
        },
        Source::Redeemed,
    ];
    for (n, source) in sources.into_iter().enumerate() {
        let new = Grant {
            source,
            ..root(&format!("g{n}"))
        };
        world.put(Wanted::default().guard(create_grant(new.clone()))).await;
        assert_eq!(world.db.grant(&new.id).await.unwrap(), Some(new));
    }
}

/// Alice's page: what lives of what was given for her, when it was used, and by how many installations.
#[tokio::test]
async fn a_person_sees_the_living_roots_newest_first_with_use_and_lines() {
    let world = World::new().await;
    let given = [
        root("a"),
        Grant {
            source: Source::Organisation {
                basis: "basis".to_owned(),
            },
            ..held_by(root("b"), "other")
        },
        until(root("c"), 100),
        until(root("ended"), 10),
        root("revoked"),
        Grant {
            subject: kernel::grant::Subject::User(user_id("bob")),
            ..root("of-bob")
        },
        crate::world::grant("of-nobody"),
        // Authorizations of a: one lives and has a line, and so has the next; the others are no line.
        child("a1", "a"),
        until(child("a2", "a"), 100),
        child("a3-without-line", "a"),
        child("a4-revoked", "a"),
        until(child("a5-ended", "a"), 10),
        child("b1", "b"),
    ];
    for new in &given {
        world.put(Wanted::default().guard(create_grant(new.clone()))).await;
    }
    for revoked in ["revoked", "a4-revoked"] {
        world.put(Wanted::default().sure(revoke_grant(revoked, 1))).await;
    }
    for (n, grant) in ["a1", "a2", "a4-revoked", "a5-ended", "b1"].into_iter().enumerate() {
        world
            .put(Wanted::default().guard(create_family(family(&format!("f{n}"), grant))))
            .await;
    }
    for (id, seconds) in [("a", 7), ("a", 5), ("of-bob", 6)] {
        let touch = Touch::GrantUsed {
            id: crate::people::grant_id(id),
            at: time(seconds),
        };
        world.store().touch(world.db.id(), touch);
        world.store().flush(&at(8)).await.unwrap();
    }
    let seen = |n: usize, used: Option<i64>, lines: i64| PersonsGrant {
        grant: given[n].clone(),
        used: used.map(time),
        lines,
    };
    let page = world.db.grants_of_user(&user_id("alice"), time(10)).await.unwrap();
    assert_eq!(page, [seen(2, None, 0), seen(1, None, 1), seen(0, Some(7), 2)]);
    let later = world.db.grants_of_user(&user_id("alice"), time(100)).await.unwrap();
    assert_eq!(later, [seen(1, None, 1), seen(0, Some(7), 1)]);

    // What the client was given.
    let mine = ClientId::parse("client").unwrap();
    let held = world
        .db
        .grants_to_client(&user_id("alice"), &mine, time(10))
        .await
        .unwrap();
    assert_eq!(held, [vec![given[2].clone()], vec![given[0].clone()]]);
    let nobody = ClientId::parse("nobody").unwrap();
    let held = world
        .db
        .grants_to_client(&user_id("alice"), &nobody, time(10))
        .await
        .unwrap();
    assert_eq!(held, Vec::<Vec<Grant>>::new());

    // An administrator sees all of it.
    let all = |after: &'static str, rows_max: i64| {
        let db = world.db.clone();
        async move {
            let page = db
                .grants_of_user_after(&user_id("alice"), after, rows_max)
                .await
                .unwrap();
            page.into_iter()
                .map(|grant| grant.id.as_str().to_owned())
                .collect::<Vec<_>>()
        }
    };
    let expected = [
        "a",
        "a1",
        "a2",
        "a3-without-line",
        "a4-revoked",
        "a5-ended",
        "b",
        "b1",
        "c",
        "ended",
        "revoked",
    ];
    assert_eq!(all("", 100).await, expected);
    assert_eq!(all("a2", 3).await, expected[3..6]);
}

#[tokio::test]
async fn the_newest_of_very_many_grants_are_found() {
    let world = World::new().await;
    for n in 0..70 {
        let guards = (0..8).map(|m| create_grant(root(&format!("g{:04}", n * 8 + m))));
        world
            .put(Wanted {
                guards: guards.collect(),
                ..Wanted::default()
            })
            .await;
    }
    let page = world.db.grants_of_user(&user_id("alice"), time(1)).await.unwrap();
    assert_eq!((page.len(), page[0].grant.id.as_str()), (500, "g0559"));
    let mine = ClientId::parse("client").unwrap();
    let held = world
        .db
        .grants_to_client(&user_id("alice"), &mine, time(1))
        .await
        .unwrap();
    assert_eq!((held.len(), held[0][0].id.as_str()), (64, "g0559"));
}

#[tokio::test]
async fn a_use_that_is_noted_and_not_written_yet_counts_as_well() {
    let world = World::new().await;
    let yes = root("a");
    world.put(Wanted::default().guard(create_grant(yes))).await;
    let used = async || {
        let page = world.db.grants_of_user(&user_id("alice"), time(10)).await.unwrap();
        page[0].used
    };
    assert_eq!(used().await, None);
    for (seconds, expected) in [(7, 7), (9, 9), (8, 9)] {
        let touch = Touch::GrantUsed {
            id: crate::people::grant_id("a"),
            at: time(seconds),
        };
        world.store().touch(world.db.id(), touch);
        assert_eq!(used().await, Some(time(expected)), "at {seconds}");
    }
    world.store().flush(&at(10)).await.unwrap();
    assert_eq!(used().await, Some(time(9)), "written");
}
