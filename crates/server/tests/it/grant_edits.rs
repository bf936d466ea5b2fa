//! Grants that are edited down: at once, for the whole subtree, at every door (S-31, S-36); and the power of attorney as one document.

use serde_json::{Value, json};
use testkit::{Answer, Client, World};

use crate::{
    people::Cast,
    setup::{MCP, access_token, introspect, machine_and_gateway, refused},
};

/// A root that reads and writes, held by one machine, and a child of it that another one has, as wide.
struct Pair {
    world: World,
    child: Client,
    gateway: Client,
    root: String,
    leaf: String,
}

async fn give(world: &World, body: &Value) -> String {
    let answer = world.admin("POST", "/admin/v1/grants", Some(body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.text_of("id").to_owned()
}

impl Pair {
    async fn new() -> Self {
        let (world, parent, gateway) = machine_and_gateway("client_secret_basic").await;
        let child = Client::register(&world, "client_secret_basic", "", &[]).await;
        let own = |client: &Client, depth: u8| json!({ "client_id": client.id, "scope": "read write", "resources": [MCP], "depth": depth });
        let root = give(&world, &own(&parent, 2)).await;
        let mut below = own(&child, 1);
        below["parent"] = root.as_str().into();
        let leaf = give(&world, &below).await;
        Self {
            world,
            child,
            gateway,
            root,
            leaf,
        }
    }

    async fn edit(&self, id: &str, body: &Value) -> Answer {
        edit(&self.world, id, body).await
    }

    async fn asks(&self, scope: &str) -> Answer {
        let form = [("resource", MCP.to_owned()), ("scope", scope.to_owned())];
        self.world.token(&self.child, &form, &[]).await
    }

    async fn active(&self, token: &str) -> bool {
        introspect(&self.world, &self.gateway, token).await["active"] == true
    }
}

async fn edit(world: &World, id: &str, body: &Value) -> Answer {
    world
        .admin("PATCH", &format!("/admin/v1/grants/{id}"), Some(body))
        .await
}

#[tokio::test]
async fn s_31_what_an_ancestor_loses_its_whole_subtree_loses_at_the_next_question() {
    let pair = Pair::new().await;
    let [reads, writes, both] = ["read", "write", "read write"];
    let tokens = [
        access_token(&pair.asks(reads).await),
        access_token(&pair.asks(writes).await),
        access_token(&pair.asks(both).await),
    ];
    for token in &tokens {
        assert!(pair.active(token).await);
    }
    let edited = pair.edit(&pair.root, &json!({ "scope": "read" })).await;
    assert_eq!(
        (edited.status, &edited.body["scope"]),
        (200, &json!("read")),
        "{edited:?}"
    );
    let counts = [
        pair.active(&tokens[0]).await,
        pair.active(&tokens[1]).await,
        pair.active(&tokens[2]).await,
    ];
    assert_eq!(
        counts,
        [true, false, false],
        "a token with a scope that an ancestor has no more is inactive"
    );
    refused(
        &pair.asks(writes).await,
        400,
        "invalid_scope",
        "the child's row still says so",
    );
    let plain = pair
        .world
        .token(&pair.child, &[("resource", MCP.to_owned())], &[])
        .await;
    assert_eq!(plain.body["scope"], "read", "what nobody names is what is left");
    // The child was not written: its own row says what it said, and its document says what counts.
    let shown = pair
        .world
        .admin("GET", &format!("/admin/v1/grants/{}", pair.leaf), None)
        .await;
    assert_eq!(shown.body["scope"], "read write");
    assert_eq!(shown.body["allows_now"]["scope"], "read");
    assert_eq!(shown.body["ancestors"][0]["edited"], true);
    // Nobody makes more of it below.
    let more = json!({ "client_id": pair.child.id, "scope": "write", "resources": [MCP], "parent": pair.leaf });
    let answer = pair.world.admin("POST", "/admin/v1/grants", Some(&more)).await;
    refused(&answer, 400, "invalid_body", "a grandchild with what the root lost");
    assert_eq!(pair.world.events("grant.narrowed").await, 1);
    pair.world.end().await;
}

#[tokio::test]
async fn an_ancestor_that_leaves_a_place_silences_what_is_for_it_and_one_that_ends_sooner_ends_tokens() {
    let pair = Pair::new().await;
    let token = access_token(&pair.asks("read").await);
    let end = pair.world.now() + 60;
    let edited = pair.edit(&pair.root, &json!({ "expires_at": end })).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    let short = pair.asks("read").await;
    assert_eq!(short.body["expires_in"], 60, "no token outlives an ancestor");
    assert!(pair.active(&token).await);
    pair.world.advance(60);
    assert!(!pair.active(&token).await);
    pair.world.end().await;

    let pair = Pair::new().await;
    let token = access_token(&pair.asks("read").await);
    let edited = pair.edit(&pair.root, &json!({ "resources": [] })).await;
    assert_eq!(
        (edited.status, &edited.body["resources"]),
        (200, &json!([])),
        "{edited:?}"
    );
    assert!(!pair.active(&token).await);
    refused(&pair.asks("read").await, 400, "invalid_target", "no longer for there");
    pair.world.end().await;
}

#[tokio::test]
async fn an_edit_never_widens_and_says_so() {
    let pair = Pair::new().await;
    for (body, told) in [
        (json!({ "scope": "read write admin" }), "these scopes"),
        (
            json!({ "resources": ["https://elsewhere.example/api"] }),
            "these resources",
        ),
        (json!({ "depth": 3 }), "handed on that often"),
        (json!({ "authorization_details": [{ "type": "pay" }] }), ""),
        (json!({}), ""),
        (json!({ "scope": "", "resources": [] }), ""),
    ] {
        let answer = pair.edit(&pair.root, &body).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert!(answer.text_of("error_description").contains(told), "{body}: {answer:?}");
    }
    assert_eq!(pair.edit(&pair.root, &json!({ "scope": "read" })).await.status, 200);
    let again = pair.edit(&pair.root, &json!({ "scope": "read write" })).await;
    refused(&again, 400, "invalid_body", "what was taken stays taken");
    let unknown = pair
        .edit("01jd0000000000000000000000", &json!({ "scope": "read" }))
        .await;
    refused(&unknown, 404, "not_found", "no such grant");
    pair.world.end().await;
}

#[tokio::test]
async fn edits_at_once_all_take_away_and_none_gives_back() {
    let pair = Pair::new().await;
    let bodies = [
        json!({ "scope": "read" }),
        json!({ "depth": 1 }),
        json!({ "expires_at": pair.world.now() + 500 }),
    ];
    let answers = futures_util::future::join_all(bodies.iter().map(|body| pair.edit(&pair.root, body))).await;
    for answer in &answers {
        assert!([200, 503].contains(&answer.status), "{answer:?}");
    }
    let shown = pair
        .world
        .admin("GET", &format!("/admin/v1/grants/{}", pair.root), None)
        .await;
    let done = |n: usize| answers[n].status == 200;
    assert_eq!(shown.body["scope"] == "read", done(0));
    assert_eq!(shown.body["depth"] == 1, done(1));
    assert_eq!(shown.body["expires_at"].is_i64(), done(2));
    pair.world.end().await;
}

#[tokio::test]
async fn a_persons_grant_that_is_edited_down_leaves_its_line_with_what_is_left() {
    let cast = Cast::with("none").await;
    let held = cast.tokens(None).await;
    assert!(cast.counts(&held.access).await);
    let listed = cast.world.admin("GET", "/admin/v1/grants?limit=500", None).await;
    let root = listed.body["grants"]
        .as_array()
        .unwrap()
        .iter()
        .find(|grant| grant["given_by"] == "person");
    let root = root.unwrap()["id"].as_str().unwrap().to_owned();
    let edited = edit(&cast.world, &root, &json!({ "scope": "read" })).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    assert!(!cast.counts(&held.access).await, "its token says write");
    let next = cast.world.refresh(&cast.app, &held.refresh, &[], &[]).await;
    assert_eq!((next.status, &next.body["scope"]), (200, &json!("read")), "{next:?}");
    assert!(cast.counts(&access_token(&next)).await);
    let refresh = next.text_of("refresh_token").to_owned();
    let more = [("scope", "read write".to_owned())];
    let answer = cast.world.refresh(&cast.app, &refresh, &more, &[]).await;
    refused(&answer, 400, "invalid_scope", "what was taken is asked anew");
    cast.world.end().await;
}

#[tokio::test]
async fn a_grant_reads_as_one_document_that_a_person_can_understand() {
    let pair = Pair::new().await;
    let shown = pair
        .world
        .admin("GET", &format!("/admin/v1/grants/{}", pair.leaf), None)
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let document = shown.body;
    for (member, value) in [
        ("id", json!(pair.leaf)),
        ("status", json!("active")),
        ("lives", json!(true)),
        ("subject", json!({ "kind": "itself" })),
        ("scope", json!("read write")),
        ("parent", json!(pair.root)),
        ("given_at", document["created_at"].clone()),
        ("resource_names", json!([{ "resource": MCP, "name": "Test resource" }])),
        (
            "ancestors",
            json!([{ "id": pair.root, "status": "active", "counts": true, "edited": false }]),
        ),
    ] {
        assert_eq!(document[member], value, "{member}");
    }
    assert_eq!(document["holder"]["kind"], "client");
    assert_eq!(document["source"]["kind"], "administrator");
    assert_eq!(document["scope_words"][0]["scope"], "read");
    let words: Vec<&str> = document["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert!(
        words[0].contains("may act for itself at") && words[0].contains("(read)"),
        "{words:?}"
    );
    assert!(
        words.last().unwrap().ends_with("and stands until it is revoked."),
        "{words:?}"
    );

    let gone = pair
        .world
        .admin("POST", &format!("/admin/v1/grants/{}/revoke", pair.root), None)
        .await;
    assert_eq!(gone.status, 200);
    let below = pair
        .world
        .admin("GET", &format!("/admin/v1/grants/{}", pair.leaf), None)
        .await
        .body;
    assert_eq!((&below["status"], &below["lives"]), (&json!("active"), &json!(false)));
    assert_eq!(below["ancestors"][0]["status"], "revoked");
    assert!(
        below["words"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .as_str()
            .unwrap()
            .contains("allows nothing")
    );
    pair.world.end().await;
}

/// A machine with a grant on these terms, beside the gateway of its resource.
async fn on_terms(terms: &Value) -> (World, Client, Client, String) {
    let (world, _, gateway) = machine_and_gateway("client_secret_basic").await;
    let machine = Client::register(&world, "client_secret_basic", "", &[]).await;
    let body = json!({ "client_id": machine.id, "scope": "read write", "resources": [MCP], "revocation": terms });
    let grant = give(&world, &body).await;
    (world, machine, gateway, grant)
}

async fn asks(world: &World, machine: &Client) -> Answer {
    world.token(machine, &[("resource", MCP.to_owned())], &[]).await
}

#[tokio::test]
async fn the_last_thing_is_not_taken_away_by_an_edit() {
    let (world, machine, ..) = on_terms(&json!({ "idle_seconds": 600 })).await;
    let body = json!({ "client_id": machine.id, "scope": "read", "resources": [MCP] });
    let grant = give(&world, &body).await;
    let path = format!("/admin/v1/grants/{grant}");
    let edited = world.admin("PATCH", &path, Some(&json!({ "scope": "" }))).await;
    assert_eq!(
        (edited.status, edited.text_of("error")),
        (400, "invalid_body"),
        "{edited:?}"
    );
    assert!(
        edited.text_of("detail").contains("revoke the grant instead"),
        "{edited:?}"
    );
}

#[tokio::test]
async fn a_grant_that_nobody_uses_stops_counting_and_one_in_use_goes_on() {
    let (world, machine, gateway, grant) = on_terms(&json!({ "idle_seconds": 600 })).await;
    for _ in 0..4 {
        world.advance(500);
        let token = access_token(&asks(&world, &machine).await);
        assert_eq!(introspect(&world, &gateway, &token).await["active"], true);
    }
    world.flush().await;
    world.advance(660);
    assert_eq!(
        asks(&world, &machine).await.status,
        200,
        "a note of use may be a minute late"
    );
    world.flush().await;
    world.advance(661);
    refused(
        &asks(&world, &machine).await,
        400,
        "unauthorized_client",
        "nothing came of it for too long",
    );
    let shown = world
        .admin("GET", &format!("/admin/v1/grants/{grant}"), None)
        .await
        .body;
    assert_eq!(shown["status"], "expired");
    assert_eq!(
        (&shown["silent_because"], &shown["lives"]),
        (&json!("idle"), &json!(false))
    );
    assert_eq!(shown["revocation"], json!({ "idle_seconds": 600 }));
    world.end().await;
}

#[tokio::test]
async fn a_grant_with_an_owner_counts_only_while_they_are_here() {
    let (world, _, gateway) = machine_and_gateway("client_secret_basic").await;
    let bob = world.person("bob@demo.test").await;
    let machine = Client::register(&world, "client_secret_basic", "", &[]).await;
    let body =
        json!({ "client_id": machine.id, "scope": "read", "resources": [MCP], "revocation": { "owner": bob.id } });
    give(&world, &body).await;
    let token = access_token(&asks(&world, &machine).await);
    let person = format!("/admin/v1/users/{}", bob.id);
    for (disabled, counts) in [(true, false), (false, true)] {
        let changed = world
            .admin("PATCH", &person, Some(&json!({ "disabled": disabled })))
            .await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!(introspect(&world, &gateway, &token).await["active"], counts);
        assert_eq!(asks(&world, &machine).await.status == 200, counts);
    }
    let nobody =
        json!({ "client_id": machine.id, "scope": "read", "resources": [MCP], "revocation": { "owner": "nobody" } });
    let answer = world.admin("POST", "/admin/v1/grants", Some(&nobody)).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    world.end().await;
}

#[tokio::test]
async fn terms_are_tightened_and_never_loosened() {
    let (world, _, _, grant) = on_terms(&json!({ "idle_seconds": 600 })).await;
    for (terms, status) in [
        (json!({ "idle_seconds": 601 }), 400),
        (json!({ "idle_seconds": 299 }), 400),
        (json!({ "idle_seconds": 300 }), 200),
        (json!({ "idle_seconds": 600 }), 400),
    ] {
        let answer = edit(&world, &grant, &json!({ "revocation": terms })).await;
        assert_eq!(answer.status, status, "{terms}: {answer:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_denied_grant_refuses_whatever_other_grants_say() {
    let (world, machine, gateway) = machine_and_gateway("client_secret_basic").await;
    let both = access_token(&asks(&world, &machine).await);
    let denial = give(
        &world,
        &json!({ "client_id": machine.id, "scope": "write", "denied": true }),
    )
    .await;
    assert_eq!(
        introspect(&world, &gateway, &both).await["active"],
        false,
        "its token says write"
    );
    let plain = asks(&world, &machine).await;
    assert_eq!(plain.body["scope"], "read", "what nobody names is what is left");
    let form = [("resource", MCP.to_owned()), ("scope", "write".to_owned())];
    refused(&world.token(&machine, &form, &[]).await, 400, "invalid_scope", "denied");
    let more = json!({ "client_id": machine.id, "scope": "write", "resources": [MCP] });
    give(&world, &more).await;
    refused(
        &world.token(&machine, &form, &[]).await,
        400,
        "invalid_scope",
        "one more grant changes nothing",
    );
    let shown = world
        .admin("GET", &format!("/admin/v1/grants/{denial}"), None)
        .await
        .body;
    assert_eq!((&shown["status"], &shown["lives"]), (&json!("denied"), &json!(false)));
    assert!(
        shown["words"][0].as_str().unwrap().contains("may not do this"),
        "{shown}"
    );

    let revoked = world
        .admin("POST", &format!("/admin/v1/grants/{denial}/revoke"), None)
        .await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(world.token(&machine, &form, &[]).await.status, 200, "withdrawn");
    for wrong in [
        json!({ "client_id": machine.id, "scope": "write", "denied": true, "parent": denial }),
        json!({ "client_id": machine.id, "scope": "write", "denied": true, "depth": 1 }),
        json!({ "client_id": machine.id, "denied": true, "capabilities": [{ "action": "purchase", "limits": { "max_executions": 1 } }] }),
    ] {
        let answer = world.admin("POST", "/admin/v1/grants", Some(&wrong)).await;
        assert!([400, 404].contains(&answer.status), "{wrong}: {answer:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_denied_app_is_given_nothing_of_it_by_people_either() {
    let mut cast = Cast::with("none").await;
    let held = cast.tokens(None).await;
    give(
        &cast.world,
        &json!({ "client_id": cast.app.client.id, "scope": "write", "resources": [MCP], "denied": true }),
    )
    .await;
    assert!(!cast.counts(&held.access).await);
    let next = cast.world.refresh(&cast.app, &held.refresh, &[], &[]).await;
    assert_eq!((next.status, &next.body["scope"]), (200, &json!("read")), "{next:?}");
    let asking = testkit::Asking::new(&cast.app, Some(MCP), Some("write"));
    let page = cast.browser.visit(&cast.world, &asking.path()).await;
    let code = page.parameter("code");
    assert_eq!(code, None, "nobody can say yes to it: {page:?}");
    cast.world.end().await;
}
