//! One fetch however many ask at once, at two nodes too; taking back against answering; and a node that begins anew.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use testkit::{Answer, World};

use crate::{
    asked::{
        allow, codes, defer, device_client, machine_with_approvers, newest, of_finance, poll, poll_deferred, say, to,
        typed,
    },
    setup::{MCP, refused},
};

fn tally(answers: &[Answer]) -> BTreeMap<(u16, String), usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry((answer.status, answer.error().to_owned())).or_default() += 1;
    }
    tally
}

fn one_and_63() -> BTreeMap<(u16, String), usize> {
    BTreeMap::from([((200, String::new()), 1), ((400, "invalid_grant".to_owned()), 63)])
}

async fn world() -> World {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_27_of_64_pollers_on_one_approved_code_one_gets_the_tokens() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let codes = codes(&world, &device).await;
    allow(&world, &alice, &codes.user).await;
    let answers = join_all((0..64).map(|_| poll(&world, &device, &codes.device, &[]))).await;
    assert_eq!(tally(&answers), one_and_63(), "exact refusals, no 503");
    assert_eq!(world.events("token.issued").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_pollers_at_two_nodes_one_gets_the_tokens() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let codes = codes(&world, &device).await;
    let second = world.second_node().await;
    allow(&world, &alice, &codes.user).await;
    let nodes = [&world, &second];
    let answers = join_all((0..64).map(|n| poll(nodes[n % 2], &device, &codes.device, &[]))).await;
    assert_eq!(tally(&answers), one_and_63());
    second.end().await;
    assert_eq!(world.events("token.issued").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_outlives_its_node() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let (waits, answered) = (codes(&world, &device).await, codes(&world, &device).await);
    allow(&world, &alice, &answered.user).await;
    let second = world.second_node().await;
    refused(
        &poll(&second, &device, &waits.device, &[]).await,
        400,
        "authorization_pending",
        "it waits at another node",
    );
    assert_eq!(poll(&second, &device, &answered.device, &[]).await.status, 200);
    allow(&second, &alice, &waits.user).await;
    second.end().await;
    assert_eq!(
        poll(&world, &device, &waits.device, &[]).await.status,
        200,
        "answered there, fetched here"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_yeses_to_one_question_one_counts() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let codes = codes(&world, &device).await;
    let mut browser = world.signed_in(&alice).await;
    let page = typed(&world, &mut browser, &codes.user).await;
    let pages = join_all((0..64).map(|_| {
        let (mut browser, world, page) = (browser.clone(), &world, &page);
        async move { browser.submit(world, page, "approval", &[("decision", "allow")]).await }
    }))
    .await;
    assert!(
        pages.iter().all(|page| page.answer.status == 303),
        "everybody is shown how it stands"
    );
    assert_eq!(world.events("approval.given").await, 1);
    assert_eq!(poll(&world, &device, &codes.device, &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_while_it_is_answered_is_never_delivered() {
    for _ in 0..8 {
        let world = world().await;
        let machine = machine_with_approvers(&world, 1).await;
        let ann = of_finance(&world, "ann@demo.test").await;
        let code = defer(&world, &machine, "read", &[])
            .await
            .text_of("deferral_code")
            .to_owned();
        let mut browser = world.signed_in(&ann).await;
        let page = newest(&world, &mut browser).await;
        let form = [("token", code.clone())];
        let (_, cancelled) = join(
            say(&world, &mut browser, &page, "allow", &[]),
            to(&world, "/oauth2/revoke", &machine, &form, &[]),
        )
        .await;
        assert_eq!(cancelled.status, 200);
        refused(
            &poll_deferred(&world, &machine, &code, &[]).await,
            400,
            "access_denied",
            "whoever was first",
        );
        let plain = [
            ("grant_type", "client_credentials".to_owned()),
            ("resource", MCP.to_owned()),
        ];
        refused(
            &world.as_app(&machine, &plain, &[]).await,
            400,
            "unauthorized_client",
            "no grant stays behind",
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_29_racing_askers_put_one_question_and_never_more_than_three() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 1).await;
    let answers = join_all((0..64).map(|_| defer(&world, &machine, "read", &[]))).await;
    let mut codes: Vec<&str> = answers.iter().map(|answer| answer.text_of("deferral_code")).collect();
    codes.dedup();
    assert_eq!((codes.len(), codes[0].is_empty()), (1, false), "{:?}", tally(&answers));
    assert_eq!(world.events("approval.asked").await, 1);

    let many = join_all((0..64).map(|n| {
        let (world, machine) = (&world, &machine);
        async move {
            let message = [("binding_message", format!("reason {n}"))];
            defer(world, machine, "read", &message).await
        }
    }))
    .await;
    let waiting = many
        .iter()
        .filter(|answer| answer.error() == "authorization_pending")
        .count();
    assert_eq!(waiting, 2, "with the first there are three: {:?}", tally(&many));
    assert_eq!(world.events("approval.asked").await, 3);
}
