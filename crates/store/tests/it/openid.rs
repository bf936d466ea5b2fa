//! What OpenID Connect leaves in rows: pushed requests, and which app knows of which browser session.

use std::collections::BTreeSet;

use kernel::{
    ClientId, Guard, Id, Moment, TenantId, Write,
    authorization::{Asked, Demand, Prompt, ResponseMode, Returns, Wish},
    browser_session::{self, BrowserSession},
    pushed_authorization::{self, PushedRequest},
    redirect_uri::RedirectUri,
    relying_party::{self, RelyingParty, TRIES_MAX, pause_seconds},
    resource::ResourceUri,
    tenant::Tenant,
};
use store::{Lost, Outcome, TenantDb};

use crate::{
    people::{create_session, end_session, session, session_id, user_id},
    world::{ODD, Wanted, World, acme, at, create_tenant, time},
};

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// A pushed request of that id, which ends so many seconds after the beginning.
pub(crate) fn pushed(id: &str, expires: i64) -> PushedRequest {
    PushedRequest {
        digest: format!("digest-{id}"),
        client: ClientId::parse("client").unwrap(),
        asked: Asked {
            details: kernel::Details::default(),
            id: id.to_owned(),
            client: ClientId::parse("client").unwrap(),
            returns: Returns {
                redirect_uri: RedirectUri::parse("https://client.example/cb").unwrap(),
                state: None,
                mode: ResponseMode::Query,
            },
            scopes: None,
            resource: None,
            challenge: None,
            key: None,
            prompt: Prompt::default(),
            demand: Demand::default(),
            nonce: None,
            id_claims: BTreeSet::new(),
            login_hint: None,
            ui_locales: None,
            pushed: Wish::Yes,
            sent_to_sign_in: Wish::No,
            created: time(0),
        },
        expires: time(expires),
    }
}

pub(crate) fn create_pushed(pushed: PushedRequest) -> Guard {
    Guard::PushedRequest(pushed_authorization::Guard::Create(Box::new(pushed)))
}

fn end_pushed(id: &str) -> Write {
    Write::PushedRequest(pushed_authorization::Write::End(id.to_owned()))
}

/// The note that an app knows of a session of alice.
pub(crate) fn tell(session: &str, client: &str, seconds: i64) -> Write {
    Write::RelyingParty(relying_party::Write::Tell {
        session: session_id(session),
        client: ClientId::parse(client).unwrap(),
        user: user_id("alice"),
        at: time(seconds),
    })
}

fn forget(session: &str, client: &str) -> Write {
    Write::RelyingParty(relying_party::Write::Forget {
        session: session_id(session),
        client: ClientId::parse(client).unwrap(),
    })
}

fn try_again(session: &str, client: &str, tries: i64, seconds: i64) -> Write {
    Write::RelyingParty(relying_party::Write::TryAgain {
        session: session_id(session),
        client: ClientId::parse(client).unwrap(),
        tries,
        at: time(seconds),
    })
}

/// The same database as another tenant sees it.
async fn another_tenant(world: &World) -> World {
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

#[tokio::test]
async fn pushed_requests_come_back_whole_and_end_when_they_are_answered_with_a_no() {
    let world = World::new().await;
    let other = another_tenant(&world).await;
    let bare = pushed("bare", 90);
    let full = PushedRequest {
        digest: ODD.to_owned(),
        client: ClientId::parse("https://c.example/'$1").unwrap(),
        asked: Asked {
            client: ClientId::parse("https://c.example/'$1").unwrap(),
            returns: Returns {
                redirect_uri: RedirectUri::parse("https://client.example/cb?x='$1%20").unwrap(),
                state: Some(ODD.to_owned()),
                mode: ResponseMode::FormPostJwt,
            },
            scopes: Some(kernel::Scopes::parse("a'b openid z:$1").unwrap()),
            resource: Some(ResourceUri::parse("https://a.example/'$1").unwrap()),
            challenge: Some(ODD.to_owned()),
            key: Some(ODD.to_owned()),
            prompt: Prompt {
                none: Wish::No,
                login: Wish::Yes,
                consent: Wish::Yes,
            },
            demand: Demand {
                acr: vec![ODD.to_owned(), "phr".to_owned()],
                essential_acr: vec!["phr".to_owned()],
                max_age: Some(0),
                subject: Some(ODD.to_owned()),
            },
            nonce: Some(ODD.to_owned()),
            id_claims: ["email", "name"].map(str::to_owned).into(),
            login_hint: Some(ODD.to_owned()),
            ui_locales: Some(ODD.to_owned()),
            ..pushed("full", 0).asked
        },
        expires: kernel::Time::from_unix(i64::MAX),
    };
    for new in [&bare, &full] {
        world.put(Wanted::default().guard(create_pushed(new.clone()))).await;
        let read = world.db.pushed_request(&new.asked.id).await.unwrap();
        assert_eq!(read.as_ref(), Some(new));
        assert_eq!(
            other.db.pushed_request(&new.asked.id).await.unwrap(),
            None,
            "S-35: another tenant's"
        );
    }
    let again = world
        .commit(Wanted::default().guard(create_pushed(pushed("bare", 9))))
        .await
        .unwrap();
    assert_eq!(again, Outcome::Lost(Lost::Guard(0)), "an id is a request's for good");

    other.put(Wanted::default().sure(end_pushed("full"))).await;
    assert_eq!(
        world.db.pushed_request("full").await.unwrap(),
        Some(full),
        "nobody else ends it"
    );
    for _ in 0..2 {
        world.put(Wanted::default().sure(end_pushed("bare"))).await;
        assert_eq!(world.db.pushed_request("bare").await.unwrap(), None);
    }
}

#[tokio::test]
async fn s_49_pushed_requests_go_ten_minutes_after_they_came() {
    let world = World::new().await;
    let now = 100 * DAY;
    let id = |age: i64| {
        let at = Moment {
            now: time(now - age),
            ..at(0)
        };
        let id: Id<()> = at.id("request");
        id.as_str().to_owned()
    };
    let ages = [0, 90, 599, 600, 601, DAY];
    let ids = ages.map(id);
    for id in &ids {
        world.put(Wanted::default().guard(create_pushed(pushed(id, 0)))).await;
    }
    for _ in 0..2 {
        world.store().sweep_people(time(now)).await.unwrap();
        for (age, id) in ages.iter().zip(&ids) {
            let there = world.db.pushed_request(id).await.unwrap().is_some();
            assert_eq!(there, *age <= 600, "{age} seconds old");
        }
    }
    const {
        assert!(
            pushed_authorization::LIFETIME_SECONDS < 600,
            "none that can still be opened"
        );
    }
}

/// Who is to be told at this time: session, app, tries.
async fn to_tell(world: &World, seconds: i64) -> Vec<(String, String, i64)> {
    let notes = world.db.relying_parties_to_tell(time(seconds)).await.unwrap();
    let mut found: Vec<_> = notes
        .into_iter()
        .map(|note| {
            assert_eq!(note.user, user_id("alice"));
            (
                note.session.as_str().to_owned(),
                note.client.as_str().to_owned(),
                note.tries,
            )
        })
        .collect();
    found.sort();
    found
}

fn notes(expected: &[(&str, &str, i64)]) -> Vec<(String, String, i64)> {
    expected
        .iter()
        .map(|(session, client, tries)| ((*session).to_owned(), (*client).to_owned(), *tries))
        .collect()
}

#[tokio::test]
async fn apps_are_told_of_sessions_that_were_ended_or_are_over_and_of_no_others() {
    let world = World::new().await;
    let other = another_tenant(&world).await;
    let now = 20 * DAY;
    let cases = [
        ("lives", now + DAY, None, false),
        ("ends-now", now, None, true),
        ("over", now - HOUR, None, true),
        ("over-for-long", now - 6 * HOUR, None, false), // a node that was down for a day tells nobody of yesterday
        ("ended", now + DAY, Some(now - 1), true),
        ("ended-a-while-ago", now + DAY, Some(now - 6 * HOUR + 1), true),
        ("ended-long-ago", now + DAY, Some(now - 6 * HOUR), false),
        ("ended-and-over", now - HOUR, Some(now - 2 * HOUR), true), // once, not twice
    ];
    for (id, expires, ended, _) in cases {
        let new = BrowserSession {
            expires: time(expires),
            ended: ended.map(time),
            ..session(id)
        };
        let mut wanted = Wanted::default().guard(create_session(new));
        if id != "over" {
            wanted = wanted.sure(tell(id, "b", 5));
        }
        world.put(wanted.sure(tell(id, "a", 5))).await;
        let unknown = BrowserSession {
            expires: time(expires),
            ended: ended.map(time),
            ..session(id)
        };
        other.put(Wanted::default().guard(create_session(unknown))).await;
    }
    let expected: Vec<(String, String, i64)> = cases
        .iter()
        .filter(|(.., told)| *told)
        .flat_map(|(id, ..)| {
            let apps: &[&str] = if *id == "over" { &["a"] } else { &["a", "b"] };
            apps.iter().map(|app| ((*id).to_owned(), (*app).to_owned(), 0))
        })
        .collect();
    let mut expected = expected;
    expected.sort();
    assert_eq!(to_tell(&world, now).await, expected);
    assert_eq!(
        to_tell(&other, now).await,
        notes(&[]),
        "S-35: another tenant has notes of its own"
    );
}

#[tokio::test]
async fn a_note_is_made_once_tried_again_later_and_forgotten_when_its_app_has_answered() {
    let world = World::new().await;
    let told = Wanted::default()
        .guard(create_session(session("s")))
        .sure(tell("s", "a", 0))
        .sure(tell("s", "b", 0))
        .sure(tell("s", "a", 9));
    world.put(told).await;
    assert_eq!(to_tell(&world, 10).await, notes(&[]), "nothing ended");
    world.put(Wanted::default().sure(end_session("s", 20))).await;
    assert_eq!(to_tell(&world, 20).await, notes(&[("s", "a", 0), ("s", "b", 0)]));
    let whole = world.db.relying_parties_to_tell(time(20)).await.unwrap();
    let first = RelyingParty {
        session: session_id("s"),
        client: ClientId::parse("a").unwrap(),
        user: user_id("alice"),
        told: time(0),
        tries: 0,
    };
    assert!(whole.contains(&first), "the first note stays: {whole:?}");

    world
        .put(
            Wanted::default()
                .sure(try_again("s", "a", 1, 25))
                .sure(forget("s", "b"))
                .sure(forget("s", "nobody")),
        )
        .await;
    assert_eq!(to_tell(&world, 24).await, notes(&[]), "it has a pause");
    assert_eq!(to_tell(&world, 25).await, notes(&[("s", "a", 1)]));
    world.put(Wanted::default().sure(try_again("s", "a", 2, 60))).await;
    assert_eq!(to_tell(&world, 60).await, notes(&[("s", "a", 2)]));
    world.put(Wanted::default().sure(forget("s", "a"))).await;
    assert_eq!(to_tell(&world, 60).await, notes(&[]));
    let all_tries: i64 = (1..TRIES_MAX).map(pause_seconds).sum();
    assert!(
        all_tries < 6 * HOUR,
        "no app is given up while it would still be tried: {all_tries}"
    );
}

#[tokio::test]
async fn s_49_a_note_goes_when_no_session_can_be_as_old() {
    let world = World::new().await;
    let kept = browser_session::LIFETIME_SECONDS + DAY;
    let now = 100 * DAY;
    let cases = [
        ("new", now, true),
        ("old", now - kept, true),
        ("older", now - kept - 1, false),
    ];
    for (id, told, _) in cases {
        let over = BrowserSession {
            expires: time(now + DAY),
            ended: Some(time(now - 1)),
            ..session(id)
        };
        world
            .put(Wanted::default().guard(create_session(over)).sure(tell(id, "a", told)))
            .await;
    }
    for _ in 0..2 {
        world.store().sweep_people(time(now)).await.unwrap();
        assert_eq!(to_tell(&world, now).await, notes(&[("new", "a", 0), ("old", "a", 0)]));
    }
}
