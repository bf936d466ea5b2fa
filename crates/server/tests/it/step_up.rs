//! An app demands a passkey (RFC 9470), and somebody has none: they are told so, can add one and come back, or say that they cannot. Nothing is given below what is demanded (S-33).

use testkit::{Asking, Browser, Page};

use crate::{
    authenticator::{Alg, Authenticator},
    front::{Front, code, refused_at, says},
    passkeys::{asked, good, show},
    setup::MCP,
};

fn strong(front: &Front) -> Asking {
    Asking::new(&front.app, Some(MCP), Some("read")).with("acr_values", Some("phr"))
}

/// The address of a link, by its id.
fn link(page: &Page, id: &str) -> String {
    let rest = page.answer.text.split(&format!("id=\"{id}\"")).nth(1).unwrap();
    let href = rest.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    href.replace("&amp;", "&")
}

#[tokio::test]
async fn who_has_no_passkey_is_offered_nothing_that_would_not_do() {
    let front = Front::new().await;
    for mut browser in [front.browser().await, Browser::new(&front.world)] {
        let page = browser.visit(&front.world, &strong(&front).path()).await;
        assert!(page.has_form("passkey") && page.has_form("cannot"), "{page:?}");
        assert!(
            !page.has_form("sign-in") && !says(&page, "use-recovery-code"),
            "what is not enough is not offered: {page:?}"
        );
        assert!(
            says(&page, "A password or a recovery code is not enough here"),
            "{page:?}"
        );
        assert!(says(&page, "You go back to <bdi>app.example</bdi>"), "{page:?}");
    }
}

#[tokio::test]
async fn who_says_that_they_cannot_goes_back_to_the_app_which_hears_why() {
    let front = Front::new().await;
    for mut browser in [front.browser().await, Browser::new(&front.world)] {
        let asking = strong(&front);
        let page = browser.visit(&front.world, &asking.path()).await;
        let cannot = [("decision", "deny")];
        let answer = browser.submit(&front.world, &page, "cannot", &cannot).await;
        refused_at(&answer, &asking, "unmet_authentication_requirements", "they said so");

        // The same form with a yes in it gives nothing.
        let yes = [("decision", "allow")];
        let answer = browser.submit(&front.world, &page, "cannot", &yes).await;
        assert_eq!(answer.parameter("code"), None, "{answer:?}");
    }
}

#[tokio::test]
async fn who_adds_a_passkey_comes_back_to_the_same_request() {
    let front = Front::new().await;
    let world = &front.world;
    let key = Authenticator::new(Alg::Es256);
    for (round, mut browser) in [front.browser().await, Browser::new(world)].into_iter().enumerate() {
        let asking = strong(&front);
        let page = browser.visit(world, &asking.path()).await;

        // To the account, by way of a sign-in for whoever is not signed in; the request goes along.
        let mut page = browser.visit(world, &link(&page, "add-one")).await;
        if page.has_form("sign-in") {
            page = browser
                .sign_in(world, &page, &front.alice.login, &front.alice.password)
                .await;
        }
        assert!(
            page.has_form("add-passkey") && says(&page, "id=\"waiting\""),
            "{page:?}"
        );
        if round == 0 {
            let add = asked(&page, "add-passkey");
            let credential = key.register(&add.challenge, &world.issuer, &add.rp_id);
            let fields = [("credential", credential.as_str()), ("name", "Laptop")];
            let added = browser.post(world, &add.form, &fields).await;
            let location = added.location().unwrap_or_default();
            assert!(location.starts_with("/account?passkey-added&request="), "{location}");
            page = browser.follow(world, added).await;
            assert!(
                says(&page, "The passkey is added") && says(&page, "id=\"waiting\""),
                "{page:?}"
            );
        }

        // And back: the passkey is asked for, and then the person is.
        let page = browser.visit(world, &link(&page, "go-on")).await;
        let ceremony = asked(&page, "passkey");
        let counter = u32::try_from(round).unwrap() + 1;
        let assertion = good(world, &key, &front.alice, &ceremony, counter).json(&key);
        let page = show(world, &mut browser, &ceremony, &assertion).await;
        let page = browser.follow(world, page).await;
        let page = if page.has_form("consent") {
            browser.submit(world, &page, "consent", &[("decision", "allow")]).await
        } else {
            page
        };
        code(&page);
    }
}

#[tokio::test]
async fn s_08_a_request_of_another_browser_waits_in_nobodys_account() {
    let front = Front::new().await;
    let mut other = front.browser().await;
    let page = other.visit(&front.world, &strong(&front).path()).await;
    let path = link(&page, "add-one");
    let mut mine = front.browser().await;
    let page = mine.visit(&front.world, &path).await;
    assert!(
        page.has_form("add-passkey") && !says(&page, "id=\"waiting\""),
        "{page:?}"
    );
}

#[tokio::test]
async fn who_signed_in_long_ago_signs_in_once_more_before_anything_changes() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    front.world.advance(3_600);
    let page = alice.visit(&front.world, &strong(&front).path()).await;
    let page = alice.visit(&front.world, &link(&page, "add-one")).await;
    assert!(page.has_form("sign-in") && says(&page, "sign in once more"), "{page:?}");
    let page = alice
        .sign_in(&front.world, &page, &front.alice.login, &front.alice.password)
        .await;
    assert!(
        page.has_form("add-passkey") && says(&page, "id=\"waiting\""),
        "{page:?}"
    );
}
