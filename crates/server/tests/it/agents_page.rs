//! What can act for a person, and how they stop it.

use serde_json::json;
use testkit::{App, Asking, Page};

use crate::{
    front::{Front, WEB, acting, code, listed, problem, refreshes, says},
    setup::MCP,
};

#[tokio::test]
async fn the_page_of_agents_lists_what_was_allowed_also_when_nothing_can_act_now() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let page = alice.get(&front.world, "/agents").await;
    assert!(
        listed(&page).is_empty() && says(&page, "Nothing can act for you"),
        "{page:?}"
    );
    // A yes whose code was never redeemed stands all the same.
    alice.agree(&front.world, &front.alice, &front.asking("read")).await;
    let page = alice.get(&front.world, "/agents").await;
    assert_eq!(listed(&page).len(), 1);
    assert!(
        says(&page, "No connection now, but what you allowed stands"),
        "{page:?}"
    );
    for text in ["Atlas", "Test resource", "Read things", "by you"] {
        assert!(says(&page, text), "{text}: {page:?}");
    }
    let used = |page: &Page| {
        let rest = page.answer.text.split("<dt>Last used</dt><dd>").nth(1).unwrap();
        rest.split("</dd>").next().unwrap().to_owned()
    };
    assert_eq!(used(&page), "never", "to say yes is not to use");
    // Redeemed: the same line, and one that can act.
    acting(&front, &mut alice, &front.alice, &front.app, "read").await;
    let page = alice.get(&front.world, "/agents").await;
    assert_eq!(listed(&page).len(), 1);
    assert!(says(&page, "One connection can act now"), "{page:?}");
    assert!(used(&page).contains("just now"), "{}", used(&page));
    // A second app, a second line; and nobody else's.
    let bob = front.world.person("bob@demo.test").await;
    let mut of_bob = front.world.signed_in(&bob).await;
    acting(&front, &mut of_bob, &bob, &front.app, "write").await;
    let second = App::public(&front.world, WEB).await;
    acting(&front, &mut alice, &front.alice, &second, "read").await;
    assert_eq!(listed(&alice.get(&front.world, "/agents").await).len(), 2);
    assert_eq!(listed(&of_bob.get(&front.world, "/agents").await).len(), 1);
}

#[tokio::test]
async fn what_is_switched_off_cannot_act_and_the_page_says_so() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    acting(&front, &mut alice, &front.alice, &front.app, "read").await;
    let client = format!("/admin/v1/clients/{}", front.app.client.id);
    let of_client = |disabled: bool| json!({ "disabled": disabled });
    let of_place = |disabled: bool| json!({ "resource": MCP, "disabled": disabled });
    for (path, off, on) in [
        (client.as_str(), of_client(true), of_client(false)),
        ("/admin/v1/resources", of_place(true), of_place(false)),
    ] {
        front.world.admin("PATCH", path, Some(&off)).await;
        let page = alice.get(&front.world, "/agents").await;
        assert_eq!(listed(&page).len(), 1, "it stands, and can be stopped");
        assert!(
            says(&page, "No connection now") && !says(&page, "can act now"),
            "{path}: {page:?}"
        );
        front.world.admin("PATCH", path, Some(&on)).await;
        assert!(
            says(&alice.get(&front.world, "/agents").await, "One connection can act now"),
            "{path}"
        );
    }
    let all = front.world.admin("GET", "/admin/v1/grants", None).await;
    let given = all.body["grants"].as_array().unwrap();
    let root = given.iter().find(|grant| grant.get("parent").is_none()).unwrap();
    let path = format!("/admin/v1/grants/{}", root["id"].as_str().unwrap());
    let terms = json!({ "revocation": { "idle_seconds": 600 } });
    let edited = front.world.admin("PATCH", &path, Some(&terms)).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    assert!(says(&alice.get(&front.world, "/agents").await, "can act now"));
    front.world.advance(661);
    let page = alice.get(&front.world, "/agents").await;
    assert!(!says(&page, "can act now"), "nothing came of it for long: {page:?}");
}

#[tokio::test]
async fn stopping_a_grant_stops_it_at_once_and_nothing_else() {
    let front = Front::new().await;
    let second = App::public(&front.world, "https://second.example/cb").await;
    let mut alice = front.browser().await;
    let one = acting(&front, &mut alice, &front.alice, &front.app, "read").await;
    let other = acting(&front, &mut alice, &front.alice, &second, "read").await;
    let page = alice.get(&front.world, "/agents").await;
    let card = page
        .answer
        .text
        .split("data-client=\"")
        .find(|card| card.starts_with(front.app.client.id.as_str()))
        .unwrap();
    let id = card
        .split("data-grant=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let form = page.find_form(&format!("value=\"{id}\"")).unwrap();
    let stopped = alice.post(&front.world, &form, &[]).await;
    assert_eq!(stopped.location(), Some("/agents?stopped"), "{stopped:?}");
    assert!(!refreshes(&front, &front.app, &one).await);
    assert!(refreshes(&front, &second, &other).await);
    let page = alice.get(&front.world, "/agents?stopped").await;
    assert!(
        says(&page, "Stopped. It can no longer act for you") && !listed(&page).contains(&id),
        "{page:?}"
    );
    front.consent_page(&mut alice, &front.asking("read")).await; // the yes is gone, too
    // A second time, from another window: what was wanted is so.
    let again = alice.post(&front.world, &form, &[]).await;
    assert_eq!(again.location(), Some("/agents?stopped"), "{again:?}");
}

#[tokio::test]
async fn a_yes_that_nothing_came_of_yet_is_stopped_like_any_other() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let asking = front.asking("read");
    let answered = alice.agree(&front.world, &front.alice, &asking).await;
    let page = alice.get(&front.world, "/agents").await;
    let form = page.find_form("name=\"grant\"").unwrap();
    alice.post(&front.world, &form, &[]).await;
    assert!(listed(&alice.get(&front.world, "/agents").await).is_empty());
    let late = front.world.redeem(&front.app, &asking, &code(&answered), &[]).await;
    assert_eq!((late.status, late.error()), (400, "invalid_grant"), "{late:?}");
    front.consent_page(&mut alice, &front.asking("read")).await;
}

#[tokio::test]
async fn stopping_an_app_or_all_stops_every_grant_of_it() {
    let front = Front::new().await;
    let second = App::public(&front.world, "https://second.example/cb").await;
    let bob = front.world.person("bob@demo.test").await;
    let mut of_bob = front.world.signed_in(&bob).await;
    let bobs = acting(&front, &mut of_bob, &bob, &front.app, "read").await;
    let mut alice = front.browser().await;
    let one = acting(&front, &mut alice, &front.alice, &front.app, "read").await;
    let two = acting(&front, &mut alice, &front.alice, &front.app, "write").await;
    let other = acting(&front, &mut alice, &front.alice, &second, "read").await;

    let page = alice.get(&front.world, "/agents").await;
    let form = page
        .find_form(&format!("name=\"client\" value=\"{}\"", front.app.client.id))
        .unwrap();
    let stopped = alice.post(&front.world, &form, &[]).await;
    assert_eq!(stopped.location(), Some("/agents?stopped"), "{stopped:?}");
    assert!(!refreshes(&front, &front.app, &one).await && !refreshes(&front, &front.app, &two).await);
    assert!(refreshes(&front, &second, &other).await);

    let other = acting(&front, &mut alice, &front.alice, &second, "read").await;
    let again = acting(&front, &mut alice, &front.alice, &front.app, "read").await;
    let page = alice.get(&front.world, "/agents").await;
    let stopped = alice.submit(&front.world, &page, "stop-all", &[]).await;
    assert_eq!(stopped.location(), Some("/agents?stopped-all"), "{stopped:?}");
    assert!(!refreshes(&front, &second, &other).await && !refreshes(&front, &front.app, &again).await);
    let page = alice.get(&front.world, "/agents?stopped-all").await;
    assert!(listed(&page).is_empty() && says(&page, "All stopped"), "{page:?}");
    assert!(refreshes(&front, &front.app, &bobs).await, "another person's stands");
}

#[tokio::test]
async fn nobody_stops_what_was_given_by_somebody_else() {
    let front = Front::new().await;
    let bob = front.world.person("bob@demo.test").await;
    let mut of_bob = front.world.signed_in(&bob).await;
    let bobs = acting(&front, &mut of_bob, &bob, &front.app, "read").await;
    let id = listed(&of_bob.get(&front.world, "/agents").await)[0].clone();
    let mut alice = front.browser().await;
    acting(&front, &mut alice, &front.alice, &front.app, "read").await;
    let page = alice.get(&front.world, "/agents").await;
    let form = page.find_form("name=\"grant\"").unwrap();
    let tried = alice.post(&front.world, &form, &[("grant", &id)]).await;
    assert_eq!(
        tried.answer.status, 303,
        "somebody else's looks like one that is stopped: {tried:?}"
    );
    assert!(refreshes(&front, &front.app, &bobs).await);
    assert_eq!(front.world.events("grant.revoked").await, 0);
    // One thing at a time.
    for changes in [
        vec![("all", "yes")],
        vec![("client", front.app.client.id.as_str())],
        vec![("grant", "")],
        vec![("grant", ""), ("all", "no")],
    ] {
        let tried = alice.post(&front.world, &form, &changes).await;
        problem(&tried, 400, "invalid_request", &format!("{changes:?}"));
    }
    assert_eq!(front.world.events("grant.revoked").await, 0);
}

#[tokio::test]
async fn who_somebody_is_is_no_power_to_act_and_the_pages_do_not_say_so() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let asking = Asking::new(&front.app, None, Some("openid email"));
    let page = front.consent_page(&mut alice, &asking).await;
    assert!(
        says(&page, "Atlas</bdi> wants to know who you are") && !says(&page, "act for you at"),
        "{page:?}"
    );
    code(&front.answer(&mut alice, &page, &[("decision", "allow")]).await);
    let page = alice.get(&front.world, "/agents").await;
    assert!(
        says(&page, "<h3>It may</h3>") && says(&page, "know your e-mail address"),
        "{page:?}"
    );
    assert!(!says(&page, "in your name"), "{page:?}");
}
