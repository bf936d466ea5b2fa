//! People, their browsers and the software that registers itself: nothing of one tenant or person is another's (S-35, S-38).

use std::collections::BTreeMap;

use kernel::CallerKind;
use serde_json::json;
use server::{Body, Face};
use testkit::{Browser, Page, PageForm, World};

use crate::{
    homes::{CALLBACK, Home, Resident, new_routes, nothing_of},
    setup::refused,
    sites,
};

/// Who asks: in words, with which cookies, with which headers, and whether that is a person who is signed in here.
type Caller = (&'static str, Browser, Vec<(&'static str, String)>, bool);

/// What of an answer can differ between two that must look the same: the names of the request, and what is drawn for each page.
fn looks(page: &Page) -> (u16, Option<String>, Option<String>, usize) {
    (
        page.answer.status,
        page.location().map(str::to_owned),
        page.problem(),
        page.answer.text.len(),
    )
}

/// A browser of one tenant brought to another: the same cookies, under the names that the other reads.
fn renamed(of: &Browser, to: &Browser) -> Browser {
    let mut moved = to.clone();
    moved.cookies.clear();
    for kind in ["browser", "session"] {
        let name = |browser: &Browser| {
            browser
                .cookies
                .keys()
                .find(|name| name.contains(&format!("prokura-{kind}")))
                .unwrap()
                .clone()
        };
        moved.cookies.insert(name(to), of.cookies[&name(of)].clone());
    }
    moved
}

/// A browser with other cookies.
fn holding(browser: &Browser, cookies: BTreeMap<String, String>) -> Browser {
    let mut browser = browser.clone();
    browser.cookies = cookies;
    browser
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, and what it is for")]
async fn s_35_every_new_route_for_every_caller_is_of_its_own_tenant() {
    let world = World::new().await;
    let all = Home::three(&world).await;
    for (a, b) in [(0, 1), (1, 0), (1, 2), (2, 0)].map(|(a, b)| (&all[a], &all[b])) {
        let before = b.snapshot(&world).await;
        let of_b = [
            (
                "request",
                b.alice
                    .open
                    .form("consent")
                    .fields
                    .iter()
                    .find(|(name, _)| name == "request")
                    .unwrap()
                    .1
                    .clone(),
            ),
            ("user", b.alice.person.id.clone()),
            ("session", b.alice.session.clone()),
            ("grant", b.alice.grant.clone()),
            ("client", b.app.client.id.clone()),
            ("client_id", b.app.client.id.clone()),
            ("passkey", b.alice.person.id.clone()),
            ("tenant", b.tenant.id.clone()),
        ];
        let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
        let plain = Browser::at(&a.tenant);
        let callers: [Caller; 8] = [
            ("no cookie", plain.clone(), vec![], false),
            ("A's person", a.alice.browser.clone(), vec![], true),
            ("A's other person", a.bob.browser.clone(), vec![], true),
            (
                "B's person",
                holding(&plain, b.alice.browser.cookies.clone()),
                vec![],
                false,
            ),
            (
                "B's person under the names of A",
                renamed(&b.alice.browser, &a.alice.browser),
                vec![],
                false,
            ),
            ("A's administrator", plain.clone(), bearer(&a.tenant.admin_token), false),
            ("B's administrator", plain.clone(), bearer(&b.tenant.admin_token), false),
            ("B's registered client", plain, bearer(&b.registered.1), false),
        ];
        for (who, browser, headers, signed_in) in callers {
            for route in new_routes() {
                let what = format!(
                    "{} at {} by {who} with names of {}",
                    sites::name(route),
                    a.tenant.id,
                    b.tenant.id
                );
                let query: Vec<String> = of_b
                    .iter()
                    .filter(|(name, _)| *name != "request" || route.path != "/sign-out")
                    .map(|(name, value)| format!("{name}={}", value.replace(':', "%3A").replace('/', "%2F")))
                    .collect();
                let query = query.join("&");
                let path = route
                    .path
                    .replace("{id}", &b.registered.0)
                    .replace("{name}", "nothing.css");
                let mut browser = browser.clone();
                let mut headers = headers.clone();
                let (path, body) = match route.body {
                    Body::Form => (path, Some(query)),
                    Body::Json | Body::Question => {
                        headers.push(("content-type", "application/json".to_owned()));
                        (path, Some(json!({ "client_name": "New", "redirect_uris": [CALLBACK], "tenant": b.tenant.id, "client_id": b.registered.0 }).to_string()))
                    }
                    Body::None => (format!("{path}?{query}"), None),
                };
                let page = browser.send(&world, route.method.as_str(), &path, &headers, body).await;
                let answer = &page.answer;
                let own_page = route.admits == [CallerKind::BrowserUser];
                match (route.face, own_page, route.method.as_str()) {
                    (Face::Page, true, "GET") if !signed_in => assert_eq!(answer.status, 303, "{what}: {answer:?}"),
                    (Face::Page, true, "GET") if route.path.contains("{id}") => {
                        assert_eq!(answer.status, 404, "{what}: {answer:?}");
                    }
                    (Face::Page, true, "GET") => assert_eq!(answer.status, 200, "{what}: {answer:?}"),
                    (Face::OwnForm, true, _) if !signed_in => assert_eq!(answer.status, 403, "{what}: {answer:?}"),
                    (Face::OwnForm, ..) => assert_eq!(
                        (answer.status, page.location()),
                        (page_status(&page), None),
                        "{what}: {answer:?}"
                    ),
                    (Face::Program, _, "POST") if who == "A's administrator" => {
                        assert_eq!(answer.status, 201, "{what}: {answer:?}");
                    }
                    (Face::Program, _, "POST") if headers.iter().any(|(name, _)| *name == "authorization") => {
                        assert_eq!(answer.status, 401, "{what}: {answer:?}");
                    }
                    (Face::Program, _, "POST") => assert_eq!(answer.status, 201, "{what}: {answer:?}"),
                    (Face::Program, ..) => refused(answer, 401, "invalid_token", &what),
                    (Face::Page, ..) => assert!(answer.status < 500, "{what}: {answer:?}"),
                }
                if let Some(location) = page.location() {
                    let here = if a.tenant.prefix.is_empty() {
                        "/"
                    } else {
                        a.tenant.prefix.as_str()
                    };
                    assert!(location.starts_with(here), "{what} leads to {location}");
                }
                // What was sent comes back nowhere, and what lies at B even less.
                let sent_on = match sites::name(route).as_str() {
                    "POST /oauth2/authorize" | "POST /oauth2/logout" => true, // as a query
                    "GET /approvals/{id}" => !signed_in,                      // back to there after the sign-in
                    _ => false,
                };
                if !sent_on {
                    nothing_of(answer, b, &what);
                }
            }
        }
        assert_eq!(b.snapshot(&world).await, before, "nothing of {} changed", b.tenant.id);
    }
}

/// A form without a token of ours is refused as forged, or as of another browser: nothing else is looked at.
fn page_status(page: &Page) -> u16 {
    assert!(
        matches!(page.problem().as_deref(), Some("access_denied" | "invalid_request")),
        "{page:?}"
    );
    assert!(matches!(page.answer.status, 400 | 403), "{page:?}");
    page.answer.status
}

#[tokio::test]
async fn s_35_what_is_another_persons_is_not_there() {
    let world = World::new().await;
    let all = Home::three(&world).await;
    // Of another tenant, and of the neighbour in the same one; and the other way round.
    let pairs = [
        (&all[0].alice, &all[1].alice, &all[1]),
        (&all[1].alice, &all[0].bob, &all[0]),
        (&all[2].alice, &all[1].bob, &all[1]),
        (&all[1].alice, &all[1].bob, &all[1]),
        (&all[1].bob, &all[1].alice, &all[1]),
        (&all[0].bob, &all[0].alice, &all[0]),
    ];
    let lives = async |home: &Home, resident: &Resident| {
        let mut browser = resident.browser.clone();
        assert!(
            browser
                .visit(&world, "/agents")
                .await
                .answer
                .text
                .contains(&resident.grant),
            "the grant lives"
        );
        let form = [
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", home.app.client.id.clone()),
            ("refresh_token", resident.refresh.clone()),
        ];
        let tokens = home.tenant.post(&world, "/oauth2/token", &[], &form).await; // the same request again within its window
        assert_eq!(tokens.status, 200, "{tokens:?}");
    };
    for (me, other, home) in pairs {
        for (action, field, theirs, nothing) in [
            (
                "/agents/stop",
                "grant",
                other.grant.as_str(),
                "d0000000000000000000000000",
            ),
            (
                "/account/sessions/end",
                "session",
                &other.session,
                "d0000000000000000000000000",
            ),
            (
                "/account/passkeys/remove",
                "passkey",
                &other.session,
                "d0000000000000000000000000",
            ),
        ] {
            let foreign = me.posts(&world, action, &[(field, theirs)]).await;
            let unknown = me.posts(&world, action, &[(field, nothing)]).await;
            assert_eq!(
                looks(&foreign),
                looks(&unknown),
                "{action}: foreign and unknown look the same: {foreign:?} {unknown:?}"
            );
            assert!(foreign.answer.status != 200, "{foreign:?}");
        }
        // Everything of an app, and everything at all, is everything of one's own. What would say whose it is, is not read (S-38).
        let whose = [
            ("user", other.person.id.as_str()),
            ("user_id", &other.person.id),
            ("userId", &other.person.id),
            ("subject", &other.person.id),
            ("login", &other.person.login),
            ("tenant", &home.tenant.id),
            ("role", "admin"),
        ];
        for (action, own) in [
            ("/agents/stop", ("client", "app-of-nobody")),
            ("/account/sessions/end", ("session", other.session.as_str())),
        ] {
            let mut fields = vec![own];
            fields.extend(whose);
            me.posts(&world, action, &fields).await;
        }
        let mut browser = other.browser.clone();
        assert_eq!(
            browser.get(&world, "/account").await.answer.status,
            200,
            "still signed in"
        );
        lives(home, other).await;
    }
}

/// Fields, and those that would say whose it is.
fn with<'a>(mut fields: Vec<(&'a str, &'a str)>, whose: &'a [(&'static str, String); 4]) -> Vec<(&'a str, &'a str)> {
    fields.extend(whose.iter().map(|(name, value)| (*name, value.as_str())));
    fields
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, and what it is for")]
async fn s_38_nothing_on_a_page_says_for_whom_it_is() {
    let world = World::new().await;
    let home = Home::new(&world, world.tenant_by_path("acme").await).await;
    let (alice, bob) = (&home.alice, &home.bob);
    let whose = |resident: &Resident| {
        [
            ("user", resident.person.id.clone()),
            ("userId", resident.person.id.clone()),
            ("login", resident.person.login.clone()),
            ("session", resident.session.clone()),
        ]
    };
    let of_bob = whose(bob);

    // A new password and new recovery codes are the signed-in person's.
    let done = alice
        .posts(
            &world,
            "/account/password",
            &with(
                vec![
                    ("current", &alice.person.password),
                    ("password", "another long password"),
                ],
                &of_bob,
            ),
        )
        .await;
    assert!(
        done.location().is_some_and(|to| to.ends_with("password-changed")),
        "{done:?}"
    );
    let mut fresh = Browser::at(&home.tenant);
    let page = fresh.visit(&world, "/sign-in").await;
    fresh
        .sign_in(&world, &page, &bob.person.login, &bob.person.password)
        .await;
    assert!(
        fresh.cookies.keys().any(|name| name.contains("session")),
        "bob's password is what it was"
    );
    let made = alice
        .posts(&world, "/account/recovery-codes", &with(vec![], &of_bob))
        .await;
    assert_eq!(made.answer.status, 200, "{made:?}");
    let left = async |resident: &Resident| {
        let tenant = world.app.default_tenant().unwrap();
        let acme = tenant
            .store()
            .tenants()
            .await
            .unwrap()
            .into_iter()
            .find(|tenant| tenant.id.as_str() == "acme")
            .unwrap();
        let acme = store::TenantDb::new(std::sync::Arc::clone(tenant.store()), std::sync::Arc::new(acme));
        acme.recovery_codes_left(&kernel::UserId::parse(&resident.person.id).unwrap())
            .await
            .unwrap()
    };
    assert_eq!(left(bob).await, 0);
    assert!(left(alice).await > 0);

    // A yes is the yes of whoever is signed in, to what was sealed and to nothing beside it.
    let mut browser = alice.browser.clone();
    let form = alice.open.form("consent");
    let mut fields = with(
        vec![
            ("decision", "allow"),
            ("scope", "admin"),
            ("client_id", "another"),
            ("redirect_uri", "https://evil.example/"),
            ("resource", "https://evil.example/"),
            ("grant", &bob.grant),
        ],
        &of_bob,
    );
    fields.push(("status", "active"));
    fields.push(("basis", "x"));
    let back = browser.post(&world, &form, &fields).await;
    assert!(
        back.location().is_some_and(|url| url.starts_with(CALLBACK)) && back.parameter("code").is_some(),
        "{back:?}"
    );
    let grants = async |resident: &Resident| {
        let path = format!("/admin/v1/users/{}/grants?limit=100", resident.person.id);
        let answer = home.tenant.admin(&world, "GET", &path, None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["grants"].as_array().unwrap().clone()
    };
    let newest = grants(alice)
        .await
        .into_iter()
        .find(|grant| grant["scope"] == "read write")
        .unwrap();
    assert_eq!(
        (newest["client_id"].as_str(), newest["resources"][0].as_str()),
        (Some(home.app.client.id.as_str()), Some(home.resource.as_str())),
        "{newest}"
    );
    assert!(
        !grants(bob).await.iter().any(|grant| grant["scope"] == "read write"),
        "bob gave nothing"
    );

    // Bob's open page is of no use in alice's browser, and hers of none in his.
    for (mine, theirs) in [(alice, bob), (bob, alice)] {
        let mut browser = mine.browser.clone();
        let stolen = browser
            .post(&world, &theirs.open.form("consent"), &[("decision", "allow")])
            .await;
        assert_eq!((stolen.answer.status, stolen.location()), (403, None), "{stolen:?}");
        let PageForm { fields, .. } = theirs.open.form("consent");
        let request = &fields.iter().find(|(name, _)| name == "request").unwrap().1;
        for path in ["/consent", "/sign-in"] {
            let page = browser.get(&world, &format!("{path}?request={request}")).await;
            assert_eq!((page.answer.status, page.location()), (400, None), "{path}: {page:?}");
            assert!(!page.has_form("consent"), "{page:?}");
        }
    }
}

#[tokio::test]
async fn s_35_cookies_of_tenants_on_one_origin_do_not_mix() {
    let world = World::new().await;
    let root = Home::new(&world, world.root_tenant().await).await;
    let acme = Home::new(&world, world.tenant_by_path("acme").await).await;
    // One browser at one origin: every tenant below it gets all the cookies.
    let jar = |homes: [&Home; 2]| -> BTreeMap<String, String> {
        homes
            .iter()
            .flat_map(|home| home.alice.browser.cookies.clone())
            .collect()
    };
    let both = jar([&root, &acme]);
    assert_eq!(
        both.len(),
        root.alice.browser.cookies.len() + acme.alice.browser.cookies.len(),
        "no name is used twice: {both:?}"
    );
    let at = |home: &Home| holding(&home.alice.browser, both.clone());
    for (home, other) in [(&root, &acme), (&acme, &root)] {
        let page = at(home).get(&world, "/account").await;
        assert_eq!(page.answer.status, 200, "{page:?}");
        assert!(page.answer.text.contains(&home.alice.person.login), "{page:?}");
        nothing_of(&page.answer, other, "the account page");
        // With the cookies of the other tenant alone nobody is there.
        let mut browser = holding(&home.alice.browser, other.alice.browser.cookies.clone());
        let page = browser.get(&world, "/account").await;
        assert!(
            page.location()
                .is_some_and(|to| to.ends_with("/sign-in?request=%2Faccount")),
            "{page:?}"
        );
    }
    // To sign out of the one is not to sign out of the other.
    let mut browser = at(&acme);
    let page = browser.get(&world, "/sign-out").await;
    let form = page.find_form("/sign-out\"").unwrap();
    assert_eq!(browser.post(&world, &form, &[]).await.answer.status, 303);
    let mut browser = holding(&root.alice.browser, browser.cookies.clone());
    assert_eq!(
        browser.get(&world, "/account").await.answer.status,
        200,
        "still signed in at the root"
    );
    let page = at(&acme).get(&world, "/account").await;
    assert_eq!(
        page.answer.status, 303,
        "signed out at acme, whoever kept the cookie: {page:?}"
    );
    // What one tenant sealed or signed, another does not open: the same browser, the same key, another tenant.
    let request = &root
        .alice
        .open
        .form("consent")
        .fields
        .iter()
        .find(|(name, _)| name == "request")
        .unwrap()
        .1
        .clone();
    let mut names = both.clone();
    names.insert("prokura-browser-acme".to_owned(), both["prokura-browser"].clone());
    let mut browser = holding(&acme.bob.browser, names);
    for path in ["/consent", "/sign-in"] {
        let page = browser.get(&world, &format!("{path}?request={request}")).await;
        assert_eq!((page.answer.status, page.location()), (400, None), "{path}: {page:?}");
    }
    let form = root.alice.open.form("consent");
    let moved = PageForm {
        action: "/t/acme/consent".to_owned(),
        ..form
    };
    let page = browser.post(&world, &moved, &[("decision", "allow")]).await;
    assert_eq!((page.answer.status, page.location()), (403, None), "{page:?}");
}
