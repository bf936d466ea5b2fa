//! The access model, tried: every route with every kind of caller, every method, every origin. What a new route admits is tested without anyone writing a test (S-35, S-38).

use std::collections::BTreeSet;

use kernel::CallerKind;
use server::{Access, Body, Face, Route, Tenancy};
use testkit::{Answer, World};

use crate::{
    setup::{apart_from_request_id, refused},
    sites::{self, Site, administration, call, name, routes},
};

/// Who calls. `A` is the tenant that the request is for, `B` another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Nobody,
    AdministratorOfA,
    AdministratorOfB,
    AdministratorOfTheInstallation,
    ClientOfA,
    ClientOfB,
    HolderOfATokenOfA,
    PersonOfA,
    PersonOfB,
}

const ALL: [By; 9] = [
    By::Nobody,
    By::AdministratorOfA,
    By::AdministratorOfB,
    By::AdministratorOfTheInstallation,
    By::ClientOfA,
    By::ClientOfB,
    By::HolderOfATokenOfA,
    By::PersonOfA,
    By::PersonOfB,
];

/// The browsers of two people who are signed in.
struct People {
    of_a: String,
    of_b: String,
}

impl People {
    async fn signed_in(world: &World, a: &Site, b: &Site) -> Self {
        let cookies = async |site: &Site| sites::sign_in(world, &site.tenant, &site.login, sites::PASSWORD).await;
        Self {
            of_a: cookies(a).await,
            of_b: cookies(b).await,
        }
    }
}

fn headers(world: &World, by: By, a: &Site, b: &Site, people: &People) -> Vec<(&'static str, String)> {
    let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
    match by {
        By::Nobody => vec![],
        By::AdministratorOfA => bearer(&a.tenant.admin_token),
        By::AdministratorOfB => bearer(&b.tenant.admin_token),
        By::AdministratorOfTheInstallation => bearer(&world.admin_token),
        By::ClientOfA => vec![a.client.basic()],
        By::ClientOfB => vec![b.client.basic()],
        By::HolderOfATokenOfA => bearer(&a.token),
        By::PersonOfA => vec![("cookie", people.of_a.clone())],
        By::PersonOfB => vec![("cookie", people.of_b.clone())],
    }
}

/// An access token of A's client, as it is shown.
async fn fresh_token(world: &World, a: &Site) -> Vec<(&'static str, String)> {
    let form = [("resource", a.resource.clone())];
    let answer = a.tenant.token(world, &a.client, &form, &[]).await;
    let token = crate::setup::access_token(&answer);
    vec![("authorization", format!("Bearer {token}"))]
}

/// How a route answers a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Done(u16),
    Refused(u16, &'static str),
    /// A page, with this status.
    Page(u16),
    /// Sent on, to an address that ends so.
    SentTo(&'static str),
    /// Sent on, to an address of this kind with an id at its end.
    SentBackTo(&'static str),
}

/// What the access model (product.md §2 callers, docs/routes.md) says.
fn expected(route: &Route, by: By) -> Expected {
    let signed_in = by == By::PersonOfA;
    match (route.face, route.admits) {
        (Face::Page, _) => page(route, by),
        // What comes without the token of a page of ours goes no further, whoever sends it; what only people may do says first that they are not signed in.
        (Face::OwnForm, [CallerKind::BrowserUser]) if !signed_in => Expected::Page(403),
        (Face::OwnForm, _) if matches!(by, By::PersonOfA) => Expected::Page(403),
        (Face::OwnForm, _) => Expected::Page(400), // there is not even a browser that we know
        (Face::Program, admits) => program(route, admits, by),
    }
}

fn page(route: &Route, by: By) -> Expected {
    let signed_in = by == By::PersonOfA;
    match name(route).as_str() {
        "GET /" => Expected::Done(200), // a few lines of text for whoever does not ask for HTML
        "GET /oauth2/authorize" | "GET /consent" => Expected::Page(400), // they do not say what is asked
        "POST /oauth2/authorize" => Expected::SentTo("/oauth2/authorize?client_id=nobody"),
        "POST /oauth2/logout" => Expected::SentTo("/oauth2/logout?state=x"),
        // Nobody is there to be signed out, and no app is named that would be told (RP-Initiated Logout s2).
        "GET /oauth2/logout" if !signed_in => Expected::SentTo("/sign-out"),
        // Somebody else decides it.
        "GET /approvals/{id}" | "GET /agents/grants/{id}" | "GET /agents/grants/{id}/document" if signed_in => {
            Expected::Page(404)
        }
        // Back to where they were, once they signed in.
        "GET /device" if !signed_in => Expected::SentTo("/sign-in?request=%2Fdevice"),
        "GET /account" if !signed_in => Expected::SentTo("/sign-in?request=%2Faccount"),
        "GET /agents/give" if !signed_in => Expected::SentTo("/sign-in?request=%2Fagents%2Fgive"),
        "GET /approvals" if !signed_in => Expected::SentTo("/sign-in?request=%2Fapprovals"),
        "GET /approvals/{id}" => Expected::SentBackTo("/sign-in?request=%2Fapprovals%2F"),
        "GET /sign-in" if signed_in => Expected::SentTo("/agents"),
        _ if route.admits(CallerKind::Anyone) || signed_in => Expected::Page(200),
        _ => Expected::SentTo("/sign-in"),
    }
}

fn program(route: &Route, admits: &[CallerKind], by: By) -> Expected {
    let done = match name(route).as_str() {
        "GET /assets/{name}" => return Expected::Refused(404, "not_found"),
        "POST /oauth2/register" => {
            let token_of_elsewhere = matches!(by, By::AdministratorOfB | By::HolderOfATokenOfA);
            return if token_of_elsewhere {
                Expected::Refused(401, "invalid_token")
            } else {
                Expected::Refused(403, "access_denied") // it is off, for administrators too
            };
        }
        // Only the client's own registration access token opens its registration.
        "GET /oauth2/register/{id}" | "PUT /oauth2/register/{id}" | "DELETE /oauth2/register/{id}" => {
            return Expected::Refused(401, "invalid_token");
        }
        // A client may prove itself by its access token for us here (RFC 7662 s2.1); one for a resource, and what else is shown as one, is none.
        "POST /oauth2/introspect" | "POST /oauth2/revoke" if is_administrator(by) || by == By::HolderOfATokenOfA => {
            return Expected::Refused(401, "invalid_token");
        }
        // Only a token for our own endpoints asks for decisions, and this client has none.
        _ if route.path.starts_with("/access/v1/") => return Expected::Refused(401, "invalid_token"),
        // What is booked, and under which key, is not said.
        "POST /oauth2/consume"
        | "POST /oauth2/reserve"
        | "POST /oauth2/lease"
        | "POST /oauth2/settle"
        | "POST /oauth2/void" => {
            return if by == By::ClientOfA {
                Expected::Refused(400, "invalid_request")
            } else {
                Expected::Refused(401, "invalid_client") // whoever was shown a token of its client too
            };
        }
        // What is pushed names no place of answer (RFC 9126 s2.3).
        // It is not registered for the device grant (RFC 8628 s3.1).
        "POST /oauth2/device_authorization" if by == By::ClientOfA => {
            return Expected::Refused(400, "unauthorized_client");
        }
        "POST /oauth2/par" if by == By::ClientOfA => return Expected::Refused(400, "invalid_request"),
        // A token of a machine for a resource is none for the userinfo endpoint (OpenID Connect Core s5.3.3, RFC 6750 s3.1).
        "GET /oauth2/userinfo" | "POST /oauth2/userinfo" => return Expected::Refused(401, "invalid_token"),
        "POST /admin/v1/clients"
        | "POST /admin/v1/resources"
        | "POST /admin/v1/grants"
        | "POST /admin/v1/tenants"
        | "POST /admin/v1/keys/rotate"
        | "POST /admin/v1/administrators"
        | "POST /admin/v1/users"
        | "POST /admin/v1/users/{id}/recovery-code"
        | "POST /admin/v1/groups"
        | "POST /admin/v1/consent-rules"
        | "POST /admin/v1/detail-types"
        | "PUT /admin/v1/policies" => Expected::Done(201),
        _ => Expected::Done(200),
    };
    match (admits, by) {
        ([CallerKind::Administrator], By::AdministratorOfA) if name(route) == "POST /admin/v1/tenants" => {
            Expected::Refused(404, "not_found")
        }
        ([CallerKind::Anyone], _)
        | ([CallerKind::PureMachine, ..], By::ClientOfA)
        | ([CallerKind::Administrator], By::AdministratorOfTheInstallation | By::AdministratorOfA) => done,
        ([CallerKind::PureMachine, ..], _) => Expected::Refused(401, "invalid_client"),
        ([CallerKind::Administrator], _) => Expected::Refused(401, "invalid_token"),
        (other, _) => panic!("{}: this test does not know {other:?}", name(route)),
    }
}

fn is_administrator(by: By) -> bool {
    matches!(
        by,
        By::AdministratorOfA | By::AdministratorOfB | By::AdministratorOfTheInstallation
    )
}

fn check(answer: &Answer, expected: Expected, what: &str) {
    match expected {
        Expected::Done(status) => assert_eq!(answer.status, status, "{what}: {answer:?}"),
        Expected::Refused(status, code) => refused(answer, status, code, what),
        Expected::Page(status) => {
            assert_eq!(answer.status, status, "{what}: {answer:?}");
            assert_eq!(
                answer.header("content-type"),
                Some("text/html; charset=utf-8"),
                "{what}"
            );
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
        }
        Expected::SentBackTo(kind) => {
            assert_eq!((answer.status, answer.text.as_str()), (303, ""), "{what}: {answer:?}");
            let location = answer.header("location").unwrap_or("");
            let id = location.split_once(kind).map_or("", |(_, id)| id);
            assert!(!id.is_empty() && !id.contains('%'), "{what}: {location}");
        }
        Expected::SentTo(end) => {
            assert_eq!((answer.status, answer.text.as_str()), (303, ""), "{what}: {answer:?}");
            let location = answer.header("location").unwrap_or("");
            assert!(location.ends_with(end), "{what}: {location}");
        }
    }
}

#[tokio::test]
async fn s_35_every_route_answers_each_caller_as_the_access_model_says() {
    let world = World::new().await;
    let all = sites::three(&world).await;
    let mut tried = 0;
    for (a, b) in [(0, 1), (1, 0), (1, 2), (2, 1), (2, 0)].map(|(a, b)| (&all[a], &all[b])) {
        let mut people = People::signed_in(&world, a, b).await;
        for route in routes() {
            for by in ALL {
                let shown = if by == By::HolderOfATokenOfA {
                    fresh_token(&world, a).await // one that was not revoked at this very table
                } else {
                    headers(&world, by, a, b, &people)
                };
                let answer = call(&world, route, a, a, &shown).await;
                let what = format!("{} at {} by {by:?}", name(route), a.tenant.id);
                check(&answer, expected(route, by), &what);
                tried += 1;
                if route.path.ends_with("/rotate") {
                    world.advance(1); // two keys of one second are one key
                }
            }
            if route.path.starts_with("/admin/v1/users/{id}/") && route.method == "POST" {
                people = People::signed_in(&world, a, b).await; // a person with another password is signed out
            }
        }
    }
    assert_eq!(tried, 5 * ALL.len() * routes().count());
}

#[tokio::test]
async fn s_38_without_credentials_no_route_of_administration_says_anything() {
    let world = World::new().await;
    let [root, acme, _] = sites::three(&world).await;
    for site in [&root, &acme] {
        let mut answers = Vec::new();
        for route in administration() {
            for shown in [
                vec![],
                vec![("authorization", "Bearer ".to_owned())],
                vec![("authorization", "Bearer x".to_owned())],
                vec![("cookie", format!("token={}", world.admin_token))],
                vec![("x-admin-token", world.admin_token.clone())],
            ] {
                let answer = call(&world, route, site, site, &shown).await;
                refused(&answer, 401, "invalid_token", &name(route));
                let (status, headers, body) = apart_from_request_id(&answer);
                let headers: Vec<(String, String)> = headers
                    .into_iter()
                    .filter(|(name, _)| name != "www-authenticate")
                    .collect();
                answers.push((name(route), (status, headers, body)));
            }
            let in_query = site.tenant.path(&format!(
                "{}?access_token={}&token={}",
                sites::path_of(route, site),
                world.admin_token,
                world.admin_token
            ));
            assert_eq!(
                world
                    .send(route.method.as_str(), &in_query, &json_if(route), Some("{}".to_owned()))
                    .await
                    .status,
                401,
                "{}",
                name(route)
            );
        }
        assert!(
            answers.iter().all(|(_, answer)| *answer == answers[0].1),
            "every refusal is the same one: {answers:#?}"
        );
    }
}

fn json_if(route: &Route) -> Vec<(&'static str, String)> {
    if route.body == Body::Json {
        vec![("content-type", "application/json".to_owned())]
    } else {
        vec![]
    }
}

#[tokio::test]
async fn methods_that_a_path_does_not_take_are_answered_with_those_it_takes() {
    let world = World::new().await;
    let [root, acme, globex] = sites::three(&world).await;
    for site in [&root, &acme, &globex] {
        for route in routes() {
            let of_path: BTreeSet<&str> = routes()
                .filter(|other| other.path == route.path)
                .map(|other| other.method.as_str())
                .collect();
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get"]
                .into_iter()
                .filter(|method| !of_path.contains(method))
            {
                let answer = wrong_method(&world, method, route, site).await;
                let what = format!("{method} {} at {}", route.path, site.tenant.id);
                refused(&answer, 405, "method_not_allowed", &what);
                let allowed: BTreeSet<&str> = answer.header("allow").unwrap_or("").split(", ").collect();
                assert_eq!(allowed, of_path, "RFC 9110 s15.5.6: {what}");
            }
        }
    }
}

async fn wrong_method(world: &World, method: &str, route: &Route, site: &Site) -> Answer {
    let headers = [("authorization", format!("Bearer {}", world.admin_token))];
    let path = sites::path_of(route, site);
    if route.tenancy == Tenancy::Installation {
        world.send(method, &path, &headers, None).await
    } else {
        site.tenant.send(world, method, &path, &headers, None).await
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::new().await;
    let [root, ..] = sites::three(&world).await;
    for route in routes().filter(|route| route.method == "GET" && route.admits(CallerKind::Anyone)) {
        let path = sites::path_of(route, &root);
        let (get, head) = (world.get(&path).await, world.send("HEAD", &path, &[], None).await);
        assert_eq!(
            (head.status, head.text.as_str()),
            (get.status, ""),
            "RFC 9110 s9.3.2: {}",
            route.path
        );
        // A page names a browser that came without a name, each time another one.
        let comparable = |answer: &Answer| {
            let mut headers = apart_from_request_id(answer).1;
            headers.retain(|(name, _)| name != "set-cookie");
            headers
        };
        assert_eq!(comparable(&head), comparable(&get), "{}", route.path);
    }
    drop(root);
}

#[tokio::test]
async fn only_what_browsers_need_is_open_to_other_origins_and_never_with_credentials() {
    let world = World::new().await;
    let [root, acme, globex] = sites::three(&world).await;
    let ask = |method: &str| {
        vec![
            ("origin", "https://spa.example.com".to_owned()),
            ("access-control-request-method", method.to_owned()),
            ("access-control-request-headers", "authorization, dpop".to_owned()),
        ]
    };
    for site in [&root, &acme, &globex] {
        for route in routes().filter(|route| route.tenancy != Tenancy::Installation) {
            let preflight = site
                .tenant
                .send(
                    &world,
                    "OPTIONS",
                    &sites::path_of(route, site),
                    &ask(route.method.as_str()),
                    None,
                )
                .await;
            let real = call(
                &world,
                route,
                site,
                site,
                &[("origin", "https://spa.example.com".to_owned())],
            )
            .await;
            let what = format!("{} at {}", name(route), site.tenant.id);
            let origin = |answer: &Answer| answer.header("access-control-allow-origin").map(str::to_owned);
            if route.access == Access::AnyOrigin {
                assert_eq!(
                    (preflight.status, origin(&preflight).as_deref()),
                    (204, Some("*")),
                    "{what}"
                );
                assert!(
                    preflight
                        .header("access-control-allow-methods")
                        .unwrap()
                        .contains(route.method.as_str()),
                    "{what}"
                );
                let headers = preflight.header("access-control-allow-headers").unwrap();
                assert!(
                    ["authorization", "content-type", "dpop", "mcp-protocol-version"]
                        .iter()
                        .all(|header| headers.contains(header)),
                    "{what}: {headers}"
                );
                assert_eq!(origin(&real).as_deref(), Some("*"), "{what}, refused or not");
            } else {
                assert_eq!(preflight.status, 405, "{what}");
                assert_eq!((origin(&preflight), origin(&real)), (None, None), "{what}");
            }
            for answer in [&preflight, &real] {
                assert_eq!(answer.header("access-control-allow-credentials"), None, "{what}");
            }
            if route.face == Face::Program {
                assert_eq!(
                    (preflight.header("set-cookie"), real.header("set-cookie")),
                    (None, None),
                    "{what}"
                );
            }
        }
    }
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_browsers_and_caches_honest() {
    let world = World::new().await;
    let [root, acme, _] = sites::three(&world).await;
    let people = People::signed_in(&world, &root, &acme).await;
    for route in routes() {
        for by in [
            By::Nobody,
            By::AdministratorOfTheInstallation,
            By::ClientOfA,
            By::PersonOfA,
        ] {
            let answer = call(&world, route, &root, &root, &headers(&world, by, &root, &acme, &people)).await;
            let what = format!("{} by {by:?}: {:?}", name(route), answer.headers);
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
            // A page of ours says `same-origin`: with the other, its own forms would come from the origin `null`.
            let referrer = match answer.header("x-frame-options") {
                Some(_) => "same-origin",
                None => "no-referrer",
            };
            assert_eq!(answer.header("referrer-policy"), Some(referrer), "{what}");
            assert!(
                answer
                    .header("content-security-policy")
                    .is_some_and(|policy| policy.contains("default-src 'none'")),
                "{what}"
            );
            assert_eq!(answer.header("x-request-id").map(str::len), Some(26), "{what}");
            let kept = answer.status == 200 && route.cache_seconds > 0;
            let cache = if kept {
                format!("public, max-age={}", route.cache_seconds)
            } else {
                "no-store".to_owned()
            };
            assert_eq!(answer.header("cache-control"), Some(cache.as_str()), "{what}");
            assert_eq!(answer.header("server"), None, "{what}");
        }
    }
    for route in routes().filter(|route| !route.admits(CallerKind::Anyone)) {
        assert_eq!(
            route.cache_seconds,
            0,
            "what needs credentials is never kept: {}",
            name(route)
        );
    }
}

#[tokio::test]
async fn the_installation_s_own_routes_exist_once() {
    let world = World::new().await;
    let acme = world.tenant_by_path("acme").await;
    for route in routes().filter(|route| route.tenancy == Tenancy::Installation) {
        refused(&acme.get(&world, route.path).await, 404, "not_found", route.path);
        assert_eq!(world.get(route.path).await.status, 200, "{}", route.path);
    }
}
