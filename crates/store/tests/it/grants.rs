//! Grants come back whole, with their paths, and those that a client holds for itself are found.

use std::collections::BTreeSet;

use kernel::{
    AdministratorId, Ask, Audience, Authority, ClientId, GrantId, HostId, Scopes, SessionId, Time, UserId,
    grant::{self, Grant, Holder, Source, Status, Subject},
    power::Powers,
    resource::ResourceUri,
};
use serde_json::{Value, json};
use store::Fault;

use crate::{
    beside::Beside,
    world::{TIMES, Wanted, World, create_grant, grant, revoke_grant, time},
};

#[tokio::test]
async fn grants_come_back_whole() {
    let world = World::new().await;
    let holders = [
        Holder::Client(ClientId::parse("https://c.example/'$1").unwrap()),
        Holder::Host(HostId::parse("host").unwrap()),
        Holder::Session(SessionId::parse("session").unwrap()),
    ];
    for (n, holder) in holders.into_iter().enumerate() {
        let mut new = grant(&format!("grant-{n}"));
        new.holder = holder;
        new.subject = if n == 1 {
            Subject::User(UserId::parse("alice").unwrap())
        } else {
            Subject::Nobody
        };
        new.parent = (n == 2).then(|| GrantId::parse("no-such-parent").unwrap());
        new.authority = Authority::root(Ask {
            details: kernel::Details::default(),
            powers: kernel::power::Powers::default(),
            scopes: Scopes::parse(["", "a", "z:$1 a'b %_ !#[]~"][n]).unwrap(),
            audiences: [
                BTreeSet::new(),
                BTreeSet::from([Audience::Issuer]),
                BTreeSet::from([
                    Audience::Issuer,
                    Audience::Resource(ResourceUri::parse("https://a.example/%20'").unwrap()),
                    Audience::Resource(ResourceUri::parse("urn:b").unwrap()),
                ]),
            ][n]
                .clone(),
            expires: [None, Some(Time::from_unix(i64::MAX)), Some(time(1))][n],
            depth: [0, 8, 3][n],
        });
        new.epoch = [0, 1, i64::MAX][n];
        new.created = Time::from_unix(TIMES[n]);
        new.source = Source::Administrator(AdministratorId::parse("admin'").unwrap());
        world.put(Wanted::default().guard(create_grant(new.clone()))).await;
        assert_eq!(world.db.grant(&new.id).await.unwrap(), Some(new.clone()));

        world
            .put(Wanted::default().sure(revoke_grant(new.id.as_str(), 5)))
            .await;
        world
            .put(Wanted::default().sure(revoke_grant(new.id.as_str(), 6)))
            .await;
        new.status = Status::Revoked { at: time(5) };
        assert_eq!(
            world.db.grant(&new.id).await.unwrap(),
            Some(new),
            "the first revocation stays"
        );
    }
}

/// A grant that gives what `powers` says.
fn powerful(id: &str, powers: &Value) -> Grant {
    let plain = grant(id);
    let ask = Ask {
        scopes: plain.authority.scopes().clone(),
        details: kernel::Details::default(),
        powers: Powers::read(powers).unwrap(),
        audiences: plain.authority.audiences().clone(),
        expires: None,
        depth: 2,
    };
    Grant {
        authority: Authority::root(ask),
        ..plain
    }
}

#[tokio::test]
async fn powers_come_back_as_they_were_and_one_that_cannot_be_read_is_a_fault() {
    let world = World::new().await;
    let powers = json!([
        {
            "action": "purchase",
            "constraints": [{ "field": "merchant", "op": "in", "values": ["Müller & Söhne 'x'", 7, true] }],
            "limits": { "daily_limit_amount": { "EUR": "100.00" } },
        },
        { "action": "read_profile" },
    ]);
    let given = powerful("g", &powers);
    world
        .put(
            Wanted::default()
                .guard(create_grant(given.clone()))
                .guard(create_grant(grant("none"))),
        )
        .await;
    assert_eq!(world.db.grant(&given.id).await.unwrap(), Some(given.clone()));
    let none = world.db.grant(&GrantId::parse("none").unwrap()).await.unwrap();
    assert!(none.unwrap().authority.powers().is_empty());

    let beside = Beside::open(&world.fresh.database).await;
    for bad in ["", "null", "{}", r#"[{"action":"purchase","conditions":[]}]"#] {
        let broken = format!("UPDATE grants SET powers = '{bad}' WHERE id = 'g'");
        beside.run_on_both(&broken).await;
        let read = world.db.grant(&given.id).await;
        assert!(matches!(read, Err(Fault::Row("grants.powers"))), "{bad:?} {read:?}");
    }
}

#[tokio::test]
async fn a_path_runs_to_its_root_and_stops_where_an_ancestor_is_missing() {
    let world = World::new().await;
    let mut chain: Vec<Grant> = Vec::new();
    for n in 0..=8 {
        let mut new = grant(&format!("g{n}"));
        new.parent = chain.last().map(|parent| parent.id.clone());
        world.put(Wanted::default().guard(create_grant(new.clone()))).await;
        chain.push(new);
    }
    for (n, grant) in chain.iter().enumerate() {
        let expected: Vec<Grant> = chain[..=n].iter().rev().cloned().collect();
        assert_eq!(world.db.grant_path(&grant.id).await.unwrap(), expected);
        assert!(grant::lives(&expected, time(0)));
    }

    let mut orphan = grant("orphan");
    orphan.parent = GrantId::parse("nowhere");
    let mut child = grant("child-of-orphan");
    child.parent = Some(orphan.id.clone());
    world
        .put(
            Wanted::default()
                .guard(create_grant(orphan.clone()))
                .guard(create_grant(child.clone())),
        )
        .await;
    let path = world.db.grant_path(&child.id).await.unwrap();
    assert_eq!(path, [child, orphan]);
    assert!(!grant::lives(&path, time(0)), "without its root nothing lives");
    assert_eq!(
        world.db.grant_path(&GrantId::parse("nobody").unwrap()).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn a_path_that_is_too_long_or_goes_in_a_circle_is_a_fault_and_ends() {
    let world = World::new().await;
    for n in 0..=9 {
        let mut new = grant(&format!("deep{n}"));
        new.parent = (n > 0).then(|| GrantId::parse(&format!("deep{}", n - 1)).unwrap());
        world.put(Wanted::default().guard(create_grant(new))).await;
    }
    let mut snake = grant("snake");
    snake.parent = Some(snake.id.clone());
    world.put(Wanted::default().guard(create_grant(snake))).await;
    for id in ["deep9", "snake"] {
        assert!(
            matches!(
                world.db.grant_path(&GrantId::parse(id).unwrap()).await,
                Err(store::Fault::Row("grants.parent"))
            ),
            "{id}"
        );
    }
    assert_eq!(
        world
            .db
            .grant_path(&GrantId::parse("deep8").unwrap())
            .await
            .unwrap()
            .len(),
        9
    );
}

#[tokio::test]
async fn own_grants_are_the_clients_own_that_still_count_with_their_paths() {
    let world = World::new().await;
    let mine = ClientId::parse("client").unwrap();
    let mut other_holder = grant("b");
    other_holder.holder = Holder::Client(ClientId::parse("other").unwrap());
    let mut same_name = grant("c");
    same_name.holder = Holder::Host(HostId::parse("client").unwrap());
    let mut for_a_person = grant("d");
    for_a_person.subject = Subject::User(UserId::parse("alice").unwrap());
    let mut child = grant("e");
    child.parent = Some(other_holder.id.clone());
    for new in [
        grant("a"),
        other_holder.clone(),
        same_name,
        for_a_person,
        child.clone(),
        grant("f"),
    ] {
        world.put(Wanted::default().guard(create_grant(new))).await;
    }
    world.put(Wanted::default().sure(revoke_grant("f", 1))).await;
    assert_eq!(
        world.db.own_grants(&mine, time(1)).await.unwrap(),
        [vec![grant("a")], vec![child, other_holder]]
    );

    // The oldest of very many, however many of its grants are dead: revoked, ended, or below a dead parent.
    world
        .put(
            Wanted::default()
                .guard(create_grant(grant("dead")))
                .sure(revoke_grant("dead", 1)),
        )
        .await;
    for n in 0..70 {
        let mut ended = grant(&format!("x{n:03}"));
        ended.authority = kernel::Authority::root(kernel::Ask {
            details: kernel::Details::default(),
            powers: kernel::power::Powers::default(),
            scopes: ended.authority.scopes().clone(),
            audiences: ended.authority.audiences().clone(),
            expires: Some(time(1)),
            depth: 0,
        });
        let mut orphan = grant(&format!("y{n:03}"));
        orphan.parent = GrantId::parse("dead");
        world
            .put(Wanted::default().guard(create_grant(ended)).guard(create_grant(orphan)))
            .await;
    }
    for n in 0..80 {
        world
            .put(Wanted::default().guard(create_grant(grant(&format!("z{n:03}")))))
            .await;
        if n < 10 {
            world
                .put(Wanted::default().sure(revoke_grant(&format!("z{n:03}"), 1)))
                .await;
        }
    }
    let held = world.db.own_grants(&mine, time(1)).await.unwrap();
    assert_eq!(held.len(), 64);
    assert_eq!(held.last().unwrap()[0].id.as_str(), "z071");
}
