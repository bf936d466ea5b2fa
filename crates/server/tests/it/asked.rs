//! What the tests of approvals share: a device and a machine that ask, and people who answer on the real page.

use serde_json::json;
use testkit::{Answer, App, Browser, Client, Page, Person, World};

use crate::setup::MCP;

pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(crate) const DEFERRED: &str = "urn:ietf:params:oauth:grant-type:deferred";

/// A client of the device grant, public or with a secret.
pub(crate) async fn device_client(world: &World, method: &'static str) -> App {
    let members = json!({ "client_name": "Living room", "grant_types": [DEVICE_CODE, "refresh_token"] });
    App {
        client: Client::register_with(world, method, &members, None).await,
        redirect_uri: String::new(),
    }
}

/// A device authorization request of this client.
pub(crate) async fn ask(world: &World, device: &App, form: &[(&str, String)], headers: &[(&str, String)]) -> Answer {
    to(world, "/oauth2/device_authorization", device, form, headers).await
}

/// A request of this client to an endpoint, with its credentials.
pub(crate) async fn to(
    world: &World,
    path: &str,
    app: &App,
    form: &[(&str, String)],
    headers: &[(&str, String)],
) -> Answer {
    let (mut all_headers, mut all) = match app.client.method {
        "none" => (vec![], vec![("client_id", app.client.id.clone())]),
        _ => app.client.credentials(world).await,
    };
    all.extend(
        form.iter()
            .map(|(name, value)| (*Box::leak(Box::new(*name)) as &str, value.clone()))
            .map(leaked),
    );
    all_headers.extend(headers.iter().map(|(name, value)| leaked((*name, value.clone()))));
    world.post(path, &all_headers, &all).await
}

fn leaked((name, value): (&str, String)) -> (&'static str, String) {
    (Box::leak(name.to_owned().into_boxed_str()), value)
}

/// For the test resource, with both its scopes.
pub(crate) fn for_mcp() -> Vec<(&'static str, String)> {
    vec![("resource", MCP.to_owned()), ("scope", "read write".to_owned())]
}

/// What a device got.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    pub(crate) device: String,
    pub(crate) user: String,
}

/// A device asks for the test resource, and is told its codes.
pub(crate) async fn codes(world: &World, device: &App) -> Codes {
    of(&ask(world, device, &for_mcp(), &[]).await)
}

pub(crate) fn of(answer: &Answer) -> Codes {
    assert_eq!(answer.status, 200, "{answer:?}");
    Codes {
        device: answer.text_of("device_code").to_owned(),
        user: answer.text_of("user_code").to_owned(),
    }
}

/// A device asks for its tokens.
pub(crate) async fn poll(world: &World, device: &App, code: &str, headers: &[(&str, String)]) -> Answer {
    let form = [("grant_type", DEVICE_CODE.to_owned()), ("device_code", code.to_owned())];
    world.as_app(device, &form, headers).await
}

/// A client asks for what was deferred.
pub(crate) async fn poll_deferred(world: &World, app: &App, code: &str, headers: &[(&str, String)]) -> Answer {
    let form = [("grant_type", DEFERRED.to_owned()), ("deferral_code", code.to_owned())];
    world.as_app(app, &form, headers).await
}

/// Somebody who is signed in types the code of a device, and sees what that leads to.
pub(crate) async fn typed(world: &World, browser: &mut Browser, code: &str) -> Page {
    let page = browser.visit(world, "/device").await;
    let page = browser.submit(world, &page, "device", &[("user_code", code)]).await;
    browser.follow(world, page).await
}

/// Says yes or no on the page of a question, without these.
pub(crate) async fn say(world: &World, browser: &mut Browser, page: &Page, decision: &str, without: &[&str]) -> Page {
    let mut changes = vec![("decision", decision)];
    changes.extend(without.iter().map(|scope| ("without", *scope)));
    let page = browser.submit(world, page, "approval", &changes).await;
    browser.follow(world, page).await
}

/// A person types the code of a device and says yes.
pub(crate) async fn allow(world: &World, person: &Person, code: &str) -> Browser {
    let mut browser = world.signed_in(person).await;
    let page = typed(world, &mut browser, code).await;
    assert!(page.has_form("approval"), "{page:?}");
    let page = say(world, &mut browser, &page, "allow", &[]).await;
    assert_eq!(page.answer.status, 200, "{page:?}");
    browser
}

/// A machine whose wishes so many members of finance decide.
pub(crate) async fn machine_with_approvers(world: &World, quorum: u8) -> App {
    let group = json!({ "id": "finance", "kind": "role", "name": "Finance" });
    world.admin("POST", "/admin/v1/groups", Some(&group)).await;
    let members = json!({ "client_name": "Report maker", "approvers": "finance", "approval_quorum": quorum });
    App {
        client: Client::register_with(world, "client_secret_basic", &members, None).await,
        redirect_uri: String::new(),
    }
}

/// A person who is in finance.
pub(crate) async fn of_finance(world: &World, login: &str) -> Person {
    let person = world.person(login).await;
    let change = json!({ "groups": ["finance"] });
    let path = format!("/admin/v1/users/{}", person.id);
    let answer = world.admin("PATCH", &path, Some(&change)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    person
}

/// A machine asks for what it was not granted, and would wait.
pub(crate) async fn defer(world: &World, machine: &App, scope: &str, more: &[(&str, String)]) -> Answer {
    let what = [("resource", MCP.to_owned()), ("scope", scope.to_owned())];
    defer_for(world, machine, &[&what, more].concat()).await
}

/// The same for whatever stands here.
pub(crate) async fn defer_for(world: &World, machine: &App, what: &[(&str, String)]) -> Answer {
    let mut form = vec![
        ("grant_type", "client_credentials".to_owned()),
        ("completion_mode", "deferred".to_owned()),
    ];
    form.extend(what.iter().map(|(name, value)| leaked((*name, value.clone()))));
    world.as_app(machine, &form, &[]).await
}

/// The page of the newest question that waits for whoever is signed in.
pub(crate) async fn newest(world: &World, browser: &mut Browser) -> Page {
    let list = browser.visit(world, "/approvals").await;
    let id = id_in(&list);
    browser.visit(world, &format!("/approvals/{id}")).await
}

/// The id of the first question on the list.
pub(crate) fn id_in(list: &Page) -> String {
    let (_, rest) = list.answer.text.split_once("data-approval=\"").expect("a question");
    rest.split('"').next().unwrap_or_default().to_owned()
}
