//! No URL of a page or an answer comes from the request (S-43).

use serde_json::json;
use testkit::{Asking, Browser, Page, World};

use crate::homes::{CALLBACK, Home, new_routes, nothing_of, register};

const LIARS: &[(&str, &str)] = &[
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "gopher"),
    ("x-forwarded-prefix", "/evil.example"),
    ("x-forwarded-port", "666"),
    ("x-forwarded-server", "evil.example"),
    ("forwarded", "host=evil.example;proto=gopher"),
    ("x-host", "evil.example"),
    ("x-original-host", "evil.example"),
    ("x-original-url", "https://evil.example/"),
    ("referer", "https://evil.example/"),
];

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, and what it is for")]
async fn s_43_no_url_of_a_page_or_an_answer_comes_from_the_request() {
    let world = World::with_settings(|settings| settings.aliases.push("alias.test".to_owned())).await;
    let all = Home::three(&world).await;
    for home in &all {
        for alias in [false, true] {
            if alias && home.tenant.host.is_some() {
                continue; // the alias is another name of the installation's own origin
            }
            let mut lies: Vec<(&str, String)> =
                LIARS.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            if alias {
                lies.push(("host", "alias.test".to_owned()));
            }
            let honest = |page: &Page, what: &str| {
                for lie in ["evil.example", "gopher", ":666", "alias.test"] {
                    assert!(!page.answer.text.contains(lie), "{what}: {page:?}");
                    assert!(
                        !page.answer.headers.iter().any(|(_, value)| value.contains(lie)),
                        "{what}: {page:?}"
                    );
                }
                for url in page
                    .answer
                    .text
                    .split("http")
                    .skip(1)
                    .filter_map(|rest| rest.split(['"', '<', '&', ' ']).next())
                {
                    let url = format!("http{url}");
                    let known = [
                        home.tenant.issuer.as_str(),
                        &home.resource,
                        CALLBACK,
                        "http://www.w3.org/",
                    ];
                    assert!(
                        !url.contains("://") || known.iter().any(|known| url.starts_with(known)),
                        "{what}: {url}"
                    );
                }
            };
            let asking =
                Asking::new(&home.app, Some(&home.resource), Some("read write")).with("prompt", Some("consent"));
            let mut stranger = Browser::at(&home.tenant);
            let mut path = asking.path();
            for step in ["authorize", "sign-in"] {
                let page = stranger.send(&world, "GET", &path, &lies, None).await;
                honest(&page, step);
                if let Some(location) = page.location() {
                    assert!(
                        location.starts_with(&format!("{}/sign-in?request=", home.tenant.prefix)),
                        "a path of ours: {location}"
                    );
                    path = location.to_owned();
                }
            }
            let mut browser = home.alice.browser.clone();
            for path in [
                "/",
                "/agents",
                "/account",
                "/sign-out",
                "/sign-in/recovery",
                "/consent?request=x",
                "/oauth2/authorize?client_id=nobody",
            ] {
                honest(&browser.send(&world, "GET", path, &lies, None).await, path);
            }
            let page = browser.send(&world, "GET", &asking.path(), &lies, None).await;
            let page = browser.send(&world, "GET", page.location().unwrap(), &lies, None).await;
            honest(&page, "consent");
            if !alias {
                let back = browser.submit(&world, &page, "consent", &[("decision", "allow")]).await;
                assert_eq!(
                    back.parameter("iss").as_deref(),
                    Some(home.tenant.issuer.as_str()),
                    "{back:?}"
                );
            }
            let quiet = Asking::new(&home.app, Some(&home.resource), Some("read write")).with("prompt", Some("none"));
            let back = Browser::at(&home.tenant)
                .send(&world, "GET", &quiet.path(), &lies, None)
                .await;
            assert_eq!(
                back.parameter("iss").as_deref(),
                Some(home.tenant.issuer.as_str()),
                "{back:?}"
            );

            let body = json!({ "client_name": "New", "redirect_uris": [CALLBACK] });
            let made = register(&world, &home.tenant, &body, &lies).await;
            assert_eq!(made.status, 201, "{made:?}");
            let uri = format!("{}/oauth2/register/{}", home.tenant.issuer, made.text_of("client_id"));
            assert_eq!(made.text_of("registration_client_uri"), uri);
            assert!(!made.text.contains("evil.example"), "{made:?}");
        }
    }
    // Under a name that is not ours, none of it is there.
    let home = &all[1];
    for host in ["evil.example", "auth.globex.example.evil.example", "localhost", ""] {
        for route in new_routes() {
            let path = home
                .tenant
                .path(&route.path.replace("{id}", &home.registered.0).replace("{name}", "x"));
            let mut browser = Browser::new(&world);
            browser.cookies.clone_from(&home.alice.browser.cookies);
            let answer = browser
                .send(&world, route.method.as_str(), &path, &[("host", host.to_owned())], None)
                .await
                .answer;
            assert!(matches!(answer.status, 400 | 421), "{host} {path}: {answer:?}");
            nothing_of(&answer, home, &path);
        }
    }
}
