//! What pages say when something is wrong: what is so, in the language that was chosen, with the way to the person's own pages.

use testkit::Browser;

use crate::front::{Front, problem, says};

#[tokio::test]
async fn a_sign_out_that_an_app_may_not_ask_for_signs_nobody_out_and_says_so() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    for query in [
        "post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F",
        "client_id=nobody&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F",
        "id_token_hint=nonsense",
    ] {
        let page = alice.get(&front.world, &format!("/oauth2/logout?{query}")).await;
        assert!(
            page.answer.status >= 400 && page.location().is_none(),
            "{query}: {page:?}"
        );
        assert!(
            says(&page, "This app could not sign you out") && says(&page, "whoever was signed in here still is"),
            "{query}: {page:?}"
        );
        assert!(
            !says(&page, "evil.example") && !says(&page, "nothing was allowed"),
            "{query}: {page:?}"
        );
    }
    assert_eq!(
        alice.get(&front.world, "/account").await.answer.status,
        200,
        "she still is"
    );
}

#[tokio::test]
async fn a_problem_page_has_the_ways_of_whoever_is_signed_in_and_the_languages() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let page = alice.get(&front.world, "/consent?request=nonsense").await;
    problem(&page, 400, "invalid_request", "a request that is none");
    for link in ["href=\"/agents\"", "id=\"sign-out\""] {
        assert!(says(&page, link), "{link}: {page:?}");
    }
    assert!(!says(&page, "nonsense"), "{page:?}");
    let html = [("accept", "text/html".to_owned())];
    let lost = alice.send(&front.world, "GET", "/no/such/page", &html, None).await;
    assert!(says(&lost, "href=\"/no/such/page?lang=de\""), "{lost:?}");
    let lost = alice
        .send(&front.world, "GET", "/no/such/page?lang=de", &html, None)
        .await;
    assert!(says(&lost, "Diese Seite gibt es nicht"), "{lost:?}");
    // The form in the head works.
    let form = page.find_form("id=\"sign-out\"").unwrap();
    assert_eq!(alice.post(&front.world, &form, &[]).await.answer.status, 303);

    // A stranger has no such ways; and nothing that a stranger put into a link is repeated.
    let mut nobody = Browser::new(&front.world);
    for path in [
        "/oauth2/authorize?client_id=nobody&x=spoken-by-a-stranger",
        "/oauth2/logout?post_logout_redirect_uri=spoken-by-a-stranger",
        "/approvals/?x=spoken-by-a-stranger",
        "/consent?x=spoken-by-a-stranger",
    ] {
        let page = nobody.get(&front.world, path).await;
        assert!(page.answer.status >= 400, "{path}: {page:?}");
        assert!(
            !says(&page, "id=\"sign-out\"") && !says(&page, "spoken-by-a-stranger"),
            "{path}: {page:?}"
        );
    }
}
