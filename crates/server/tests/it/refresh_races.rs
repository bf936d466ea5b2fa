//! Sixty-four refresh at once: one rotation, one living line, and who hangs up changes nothing (S-16).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use proof::Algorithm;
use testkit::Key;

use crate::{
    people::{Cast, RACERS, Tokens, one_and, proof, tally, tokens},
    refresh_lines::{events, generation, other, shown},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_16_64_identical_racers_get_the_same_successor() {
    for method in ["none", "client_secret_basic", "private_key_jwt"] {
        let cast = Cast::with(method).await;
        let second = cast.world.second_node().await;
        let mut held = cast.tokens(None).await;
        for (round, nodes) in [
            vec![&cast.world],
            vec![&cast.world, &second],
            vec![&second, &cast.world],
        ]
        .iter()
        .enumerate()
        {
            let (issued, _) = events(&cast.world).await;
            let racers = (0..RACERS).map(|n| nodes[n % nodes.len()].refresh(&cast.app, &held.refresh, &[], &[]));
            let answers = join_all(racers).await;
            assert_eq!(
                tally(&answers),
                BTreeMap::from([((200, String::new()), RACERS)]),
                "{method} {round}"
            );
            let all: Vec<Tokens> = answers.iter().map(tokens).collect();
            let successors: BTreeSet<&str> = all.iter().map(|held| held.refresh.as_str()).collect();
            let access: BTreeSet<&str> = all.iter().map(|held| held.access.as_str()).collect();
            assert_eq!((successors.len(), access.len()), (1, RACERS), "{method} {round}");
            assert_eq!(
                generation(&cast.world, &held.refresh).await,
                i64::try_from(round).unwrap() + 1,
                "{method}: one rotation however many asked"
            );
            let (now, reused) = events(&cast.world).await;
            assert_eq!((now - issued, reused), (64, 0), "{method} {round}: one event an answer");
            for held in &all {
                assert!(cast.counts(&held.access).await);
            }
            held = all[0].clone();
        }
        cast.lives(&held, "the line goes on").await;
        second.end().await;
        assert_eq!(cast.world.app.store().streams_with_holes().await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_16_of_64_differing_racers_one_wins_and_the_line_dies() {
    let cast = Cast::with("none").await;
    let second = cast.world.second_node().await;
    for (round, nodes) in [vec![&cast.world], vec![&cast.world, &second]].iter().enumerate() {
        let held = cast.tokens(None).await;
        let (issued, reused) = events(&cast.world).await;
        let scopes = ["read", "write", "read write", "write read"];
        let forms: Vec<Vec<(&str, String)>> = (0..RACERS)
            .map(|n| [vec![("scope", scopes[n % 4].to_owned())], other(n / 4)].concat())
            .collect();
        let racers = forms
            .iter()
            .enumerate()
            .map(|(n, more)| nodes[n % nodes.len()].refresh(&cast.app, &held.refresh, more, &[]));
        let answers = join_all(racers).await;
        assert_eq!(tally(&answers), one_and(63, 400, "invalid_grant"), "round {round}");
        let (now, again) = events(&cast.world).await;
        assert_eq!(now - issued, 1, "one token was issued");
        assert!((1..=63).contains(&(again - reused)), "and the reuse is written down");
        assert_eq!(generation(&cast.world, &held.refresh).await, 1);
        let won = answers.iter().find(|answer| answer.status == 200).map(tokens).unwrap();
        cast.is_dead(&won, "the winner dies with the rest").await;
        cast.is_dead(&held, "and so does what was there before").await;
    }
    second.end().await;
    cast.world
        .shows(&["Concurrency/SingleFastRefresh", "Concurrency/MultiFastRefresh"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_16_64_racers_with_the_key_and_proofs_of_their_own_get_the_same_successor() {
    let cast = Cast::with("none").await;
    let second = cast.world.second_node().await;
    let key = Key::new(Algorithm::ES256);
    let held = cast.tokens(Some(&key)).await;
    let mut headers = Vec::new();
    for _ in 0..RACERS {
        headers.push([proof(&cast.world, &key).await]);
    }
    let nodes = [&cast.world, &second];
    let racers = headers
        .iter()
        .enumerate()
        .map(|(n, headers)| nodes[n % 2].refresh(&cast.app, &held.refresh, &[], headers));
    let answers = join_all(racers).await;
    assert_eq!(tally(&answers), BTreeMap::from([((200, String::new()), RACERS)]));
    let successors: BTreeSet<String> = answers.iter().map(|answer| tokens(answer).refresh).collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(generation(&cast.world, &held.refresh).await, 1);

    // One proof for everybody: it is good once, and a replayed proof ends no line.
    let held = cast.tokens(Some(&key)).await;
    let headers = [proof(&cast.world, &key).await];
    let racers = (0..RACERS).map(|n| nodes[n % 2].refresh(&cast.app, &held.refresh, &[], &headers));
    let answers = join_all(racers).await;
    assert_eq!(tally(&answers), one_and(63, 400, "invalid_dpop_proof"));
    let won = answers.iter().find(|answer| answer.status == 200).map(tokens).unwrap();
    let headers = [proof(&cast.world, &key).await];
    assert_eq!(
        cast.world.refresh(&cast.app, &won.refresh, &[], &headers).await.status,
        200
    );
    second.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_16_racers_who_hang_up_change_nothing() {
    let cast = Cast::with("none").await;
    let held = cast.tokens(None).await;
    let form = [
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", held.refresh.clone()),
        ("client_id", cast.app.client.id.clone()),
    ];
    let bytes = cast.world.form_bytes("/oauth2/token", &[], &form);
    let rude = join_all((0..RACERS / 2).map(|_| cast.world.send_and_hang_up(&bytes)));
    let polite = join_all((0..RACERS / 2).map(|_| cast.world.post("/oauth2/token", &[], &form)));
    let (_, answers) = tokio::join!(rude, polite);
    assert_eq!(tally(&answers), BTreeMap::from([((200, String::new()), RACERS / 2)]));
    let cast = cast.restart().await; // every walk has ended
    let made = cast.world.app.default_tenant().unwrap().token_count().await.unwrap();
    let (issued, reused) = events(&cast.world).await;
    assert_eq!((made, reused), (issued, 0), "no token without its event");
    assert!((33..=65).contains(&made), "{made}");
    assert_eq!(generation(&cast.world, &held.refresh).await, 1);
    assert_eq!(cast.world.app.store().streams_with_holes().await.unwrap(), 0);
    // Who heard nothing asks again, and the line goes on.
    let again = tokens(&shown(&cast, &held.refresh, &[]).await);
    assert_eq!(again.refresh, tokens(&answers[0]).refresh);
    cast.lives(&again, "the line").await;
}
