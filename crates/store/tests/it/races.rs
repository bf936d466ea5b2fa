//! Many want the same thing at once: one gets it, and everybody else hears exactly that.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::collections::BTreeMap;

use futures_util::future::join_all;
use kernel::{ClientId, EventKind, GrantId, TokenId, grant::Status};
use store::{Lost, Outcome};

use crate::world::{
    Wanted, World, client, create_client, create_grant, create_token, event, grant, live, mark, replace_client,
    revoke_grant, token,
};

pub(crate) const RACERS: usize = 64;
pub(crate) const ROUNDS: usize = 40;

/// How often each outcome was heard.
pub(crate) fn count(outcomes: impl IntoIterator<Item = Outcome>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for outcome in outcomes {
        *counted.entry(format!("{outcome:?}")).or_default() += 1;
    }
    counted
}

pub(crate) fn one_and(losers: usize, lost: Lost) -> BTreeMap<String, usize> {
    BTreeMap::from([
        (format!("{:?}", Outcome::Committed), 1),
        (format!("{:?}", Outcome::Lost(lost)), losers),
    ])
}

/// Lets tasks race on these worlds in turn.
pub(crate) async fn race(worlds: &[&World], racers: impl IntoIterator<Item = Wanted>) -> Vec<Outcome> {
    let running: Vec<_> = racers
        .into_iter()
        .zip(worlds.iter().cycle())
        .map(|(wanted, world)| world.spawn(wanted))
        .collect();
    let mut outcomes = Vec::new();
    for racer in running {
        outcomes.push(racer.await.unwrap().unwrap());
    }
    outcomes
}

async fn races_for_a_mark(worlds: &[&World]) {
    for round in 0..ROUNDS {
        let racers = (0..RACERS).map(|n| Wanted::token(&format!("t{round}-{n}")).mark(mark(&format!("m{round}"))));
        assert_eq!(
            count(race(worlds, racers).await),
            one_and(RACERS - 1, Lost::Mark(0)),
            "round {round}"
        );
    }
    assert_eq!(
        worlds[0].db.token_count().await.unwrap(),
        i64::try_from(ROUNDS).unwrap()
    );
    assert_eq!(worlds[0].whole_log().await, ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_tasks_with_one_mark_one_commits_and_63_hear_of_the_mark() {
    races_for_a_mark(&[&World::new().await]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_tasks_with_one_mark_on_two_stores_one_commits_and_63_hear_of_the_mark() {
    let first = World::new().await;
    let second = first.second().await;
    races_for_a_mark(&[&first, &second]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_tasks_that_replace_a_client_of_one_epoch_one_wins() {
    let first = World::new().await;
    let second = first.second().await;
    first.put(Wanted::default().guard(create_client(client("c")))).await;
    for round in 0..ROUNDS {
        let epoch = i64::try_from(round).unwrap() + 1;
        let racers = (0..RACERS).map(|n| {
            let mut new = client("c");
            new.name = format!("name {round}-{n}");
            new.epoch = epoch + 1;
            Wanted::default()
                .guard(replace_client(new, epoch))
                .event(event(EventKind::ClientChanged).about(format!("name {round}-{n}")))
        });
        assert_eq!(
            count(race(&[&first, &second], racers).await),
            one_and(RACERS - 1, Lost::Guard(0)),
            "round {round}"
        );
        let winner = first.db.client(&ClientId::parse("c").unwrap()).await.unwrap().unwrap();
        assert_eq!(winner.epoch, epoch + 1);
        let told = first.db.events_before(None, 1_000).await.unwrap();
        assert!(
            told.iter().any(|entry| entry.about.as_deref() == Some(&winner.name)),
            "the row is the one of the winner's event"
        );
    }
    assert_eq!(first.whole_log().await, ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ids_that_two_stores_make_at_once_exist_once() {
    let first = World::new().await;
    let second = first.second().await;
    for round in 0..10 {
        let racers = (0..RACERS).map(|n| {
            let mut new = grant(&format!("g{round}"));
            new.epoch = i64::try_from(n).unwrap();
            Wanted::default()
                .guard(create_client(client(&format!("c{round}-{n}"))))
                .guard(create_grant(new))
                .event(event(EventKind::GrantCreated))
        });
        assert_eq!(
            count(race(&[&first, &second], racers).await),
            one_and(RACERS - 1, Lost::Guard(1)),
            "round {round}"
        );
    }
    assert_eq!(first.whole_log().await, 10);
    assert_eq!(
        first.db.clients_after("", 1_000).await.unwrap().len(),
        10,
        "what a loser made besides is undone"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tenant_made_at_once_under_two_ids_gets_its_issuer_once() {
    let first = World::new().await;
    let second = first.second().await;
    for round in 0..10 {
        let tenant = |n: usize| {
            let mut new = crate::world::acme();
            new.id = kernel::TenantId::parse(&format!("t{round}-{n}")).unwrap();
            new.issuer = format!("https://auth{round}.example");
            Wanted::default()
                .guard(crate::world::create_tenant(new))
                .event(event(EventKind::TenantCreated))
        };
        let outcomes = race(&[&first, &second], (0..RACERS).map(tenant)).await;
        assert_eq!(count(outcomes), one_and(RACERS - 1, Lost::Guard(0)), "round {round}");
    }
    assert_eq!(first.store().tenants().await.unwrap().len(), 11);
    assert_eq!(first.whole_log().await, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_of_one_turn_made_by_two_nodes_at_once_exist_once() {
    let first = World::new().await;
    let second = first.second().await;
    for round in 0..10 {
        // Several algorithms in one change, ids in any order: what collides is the turn.
        let racers = (0..16).map(|n: usize| {
            let mut guards = Vec::new();
            for (place, algorithm) in kernel::Algorithm::ALL.iter().enumerate() {
                let mut key = crate::world::signing_key(&format!("{}-{round}-{n}", (place * 7 + n * 5) % 11), round);
                key.algorithm = *algorithm;
                guards.push(kernel::Guard::CreateKey(Box::new(key)));
            }
            Wanted {
                guards,
                events: vec![event(EventKind::KeyCreated)],
                ..Wanted::default()
            }
        });
        assert_eq!(
            count(race(&[&first, &second], racers).await),
            one_and(15, Lost::Guard(0)),
            "round {round}"
        );
    }
    assert_eq!(
        first.db.signing_keys().await.unwrap().len(),
        10 * kernel::Algorithm::ALL.len()
    );
    assert_eq!(first.whole_log().await, 10);
}

/// In one batch, what came before a revocation commits and what came behind it is lost.
#[tokio::test]
async fn an_expectation_holds_before_a_revocation_of_its_batch_and_not_behind_it() {
    let world = World::new().await;
    world
        .put(
            Wanted::default()
                .guard(create_grant(grant("g")))
                .guard(create_grant(grant("other"))),
        )
        .await;
    let issue = |n: usize| Wanted::token(&format!("t{n}")).guard(live("g", 1));
    let changes = (0..9).map(|n| match n {
        3 => Wanted::default().sure(revoke_grant("g", 1)),
        6 => Wanted::token("t6").guard(live("other", 1)),
        _ => issue(n),
    });
    // On one thread all are queued before the committer runs: one batch.
    let outcomes: Vec<Outcome> = join_all(changes.map(|wanted| world.commit(wanted)))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let lost = Outcome::Lost(Lost::Guard(1));
    assert_eq!(
        outcomes,
        [
            Outcome::Committed,
            Outcome::Committed,
            Outcome::Committed,
            Outcome::Committed,
            lost,
            lost,
            Outcome::Committed,
            lost,
            lost
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_commits_after_a_revocation_was_answered_is_lost_on_every_store() {
    let first = World::new().await;
    let second = first.second().await;
    for round in 0..20 {
        let id = format!("g{round}");
        first.put(Wanted::default().guard(create_grant(grant(&id)))).await;
        let issue = |n: usize| Wanted::token(&format!("t{round}-{n}")).guard(live(&id, 1));
        let early: Vec<_> = (0..40)
            .map(|n| {
                if n % 2 == 0 {
                    first.spawn(issue(n))
                } else {
                    second.spawn(issue(n))
                }
            })
            .collect();
        second
            .put(
                Wanted::default()
                    .sure(revoke_grant(&id, 1))
                    .event(event(EventKind::GrantRevoked)),
            )
            .await;
        // The revocation has been answered: from now on nothing that relied on the grant commits, here or there.
        let late: Vec<_> = (40..60)
            .map(|n| {
                if n % 2 == 0 {
                    first.spawn(issue(n))
                } else {
                    second.spawn(issue(n))
                }
            })
            .collect();
        for change in late {
            assert_eq!(
                change.await.unwrap().unwrap(),
                Outcome::Lost(Lost::Guard(1)),
                "round {round}"
            );
        }
        for (n, change) in early.into_iter().enumerate() {
            let outcome = change.await.unwrap().unwrap();
            let there = first
                .db
                .token(&TokenId::parse(&format!("t{round}-{n}")).unwrap())
                .await
                .unwrap()
                .is_some();
            match outcome {
                Outcome::Committed => assert!(there),
                Outcome::Lost(lost) => assert!(!there && lost == Lost::Guard(1)),
            }
        }
        assert!(matches!(
            first
                .db
                .grant(&GrantId::parse(&id).unwrap())
                .await
                .unwrap()
                .unwrap()
                .status,
            Status::Revoked { .. }
        ));
    }
    first.whole_log().await;
}

/// The order in which PostgreSQL touches rows must not make one change pay for another that is undone.
#[tokio::test]
async fn who_lost_only_to_the_undone_effect_of_a_loser_commits() {
    let world = World::new().await;
    world.put(Wanted::default().guard(create_client(client("taken")))).await;
    let fails = || create_client(client("taken"));

    // A holds the mark and a guard that fails; B needs the mark.
    let a = Wanted::token("a").mark(mark("m1")).guard(fails());
    let b = Wanted::token("b").mark(mark("m1"));
    assert_eq!(
        together(&world, [a, b]).await,
        [Outcome::Lost(Lost::Guard(1)), Outcome::Committed]
    );

    // The same with every other row that two changes can want.
    let revoke = Wanted::token("c").sure(revoke_grant("g", 1)).guard(fails());
    world
        .put(
            Wanted::default()
                .guard(create_grant(grant("g")))
                .guard(create_client(client("c"))),
        )
        .await;
    assert_eq!(
        together(&world, [revoke, Wanted::token("d").guard(live("g", 1))]).await,
        [Outcome::Lost(Lost::Guard(1)), Outcome::Committed]
    );
    let mut second = client("c");
    second.epoch = 2;
    let replace = |id: &str| Wanted::token(id).guard(replace_client(second.clone(), 1));
    assert_eq!(
        together(&world, [replace("e").guard(fails()), replace("f")]).await,
        [Outcome::Lost(Lost::Guard(2)), Outcome::Committed]
    );
    let tenant = |id: &str| {
        let mut new = crate::world::acme();
        new.id = kernel::TenantId::parse(id).unwrap();
        new.issuer = "https://new.example".to_owned();
        crate::world::create_tenant(new)
    };
    let (made, also_made) = (
        Wanted::default().guard(tenant("zzz")).guard(create_token(token("d"))),
        Wanted::default().guard(tenant("aaa")),
    );
    assert_eq!(
        together(&world, [made, also_made]).await,
        [Outcome::Lost(Lost::Guard(1)), Outcome::Committed]
    );
    let key = |kid: &str| kernel::Guard::CreateKey(Box::new(crate::world::signing_key(kid, 1)));
    let (made, also_made) = (
        Wanted::default().guard(key("zzz")).guard(create_token(token("d"))),
        Wanted::default().guard(key("aaa")),
    );
    assert_eq!(
        together(&world, [made, also_made]).await,
        [Outcome::Lost(Lost::Guard(1)), Outcome::Committed]
    );
}

#[tokio::test]
async fn a_chain_of_undone_effects_ends_as_if_one_had_come_after_the_other() {
    let world = World::new().await;
    world.put(Wanted::default().guard(create_client(client("taken")))).await;
    let fails = || create_client(client("taken"));
    let changes = [
        Wanted::token("0").mark(mark("m1")).guard(fails()), // lost
        Wanted::token("1").mark(mark("m1")).mark(mark("m2")).guard(fails()), // lost: its guard, not the mark
        Wanted::token("2").mark(mark("m2")).mark(mark("m3")), // commits
        Wanted::token("3").mark(mark("m3")),                // lost to 2
        Wanted::token("4").mark(mark("m1")),                // commits: 0 and 1 are undone
        Wanted::default().guard(create_grant(grant("g"))).guard(fails()), // lost
        Wanted::token("6").guard(live("g", 1)).mark(mark("m6")), // lost: it relied on 5
        Wanted::token("7").mark(mark("m6")),                // commits: 6 is undone
        Wanted::token("8").mark(mark("m3")).guard(fails()), // lost: the mark comes first
    ];
    let lost = |lost| Outcome::Lost(lost);
    let expected = [
        lost(Lost::Guard(1)),
        lost(Lost::Guard(1)),
        Outcome::Committed,
        lost(Lost::Mark(0)),
        Outcome::Committed,
        lost(Lost::Guard(1)),
        lost(Lost::Guard(1)),
        Outcome::Committed,
        lost(Lost::Mark(0)),
    ];
    assert_eq!(together(&world, changes).await, expected);
    assert_eq!(world.whole_log().await, 3);
}

/// One batch: on one thread all are queued before the committer runs.
pub(crate) async fn together(world: &World, changes: impl IntoIterator<Item = Wanted>) -> Vec<Outcome> {
    join_all(changes.into_iter().map(|wanted| world.commit(wanted)))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect()
}
