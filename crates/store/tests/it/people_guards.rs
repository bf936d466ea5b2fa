//! Every guard about people finds its row, or does not, as it says; every write does what it says whether there is a row or not.

use kernel::{
    BrowserSessionId, ClientId, CodeId, FamilyId, GroupId, RuleId, Touch,
    browser_session::BrowserSession,
    client::{Binding, Client, GrantType, Registration},
    consent::Effect,
    credential::Passkey,
    family::Family,
    sign_in::Known,
    user::{Login, User},
};
use store::{Fault, Lost, Outcome};

use crate::{
    beside::Beside,
    people::{
        by_document, code, create_code, create_family, create_group, create_passkey, create_recovery_code, create_rule,
        create_session, create_user, current, drop_client, drop_group, drop_other_codes, drop_passkey, drop_password,
        drop_rule, end_other_sessions, end_session, family, grant_id, group, group_exists, keep_client, passkey,
        put_document, redeem, registered_itself, rehash, replace_user, rule, session, session_id, session_live,
        set_password, turn, use_passkey, use_recovery_code, user, user_id, user_unchanged,
    },
    world::{Wanted, World, at, client, create_client, replace_client, time, unchanged},
};

/// Demands that a guard finds its row.
async fn finds(world: &World, guard: kernel::Guard) {
    world.put(Wanted::default().guard(guard)).await;
}

/// Demands that it finds none.
async fn finds_nothing(world: &World, guard: kernel::Guard) {
    let claim = format!("{guard:?}");
    let outcome = world.commit(Wanted::default().guard(guard)).await.unwrap();
    assert_eq!(outcome, Outcome::Lost(Lost::Guard(0)), "{claim}");
}

async fn does(world: &World, write: kernel::Write) {
    world.put(Wanted::default().sure(write)).await;
}

#[tokio::test]
async fn a_login_is_one_persons() {
    let world = World::new().await;
    finds(&world, create_user(user("alice"))).await;
    finds(&world, create_user(user("bob"))).await;
    finds_nothing(&world, create_user(user("alice"))).await;
    let same_login = User {
        login: user("alice").login,
        ..user("carol")
    };
    finds_nothing(&world, create_user(same_login)).await;

    // A change of login to one that is taken finds no row either; to a free one, or to one's own, it does.
    let renamed = |login: &str, epoch: i64| User {
        login: Login::parse(login).unwrap(),
        epoch,
        ..user("bob")
    };
    finds_nothing(&world, replace_user(renamed("alice@demo.test", 1), 0)).await;
    finds(&world, replace_user(renamed("bob@demo.test", 1), 0)).await;
    finds(&world, replace_user(renamed("robert@demo.test", 2), 1)).await;
    finds(
        &world,
        create_user(User {
            login: user("bob").login,
            ..user("dave")
        }),
    )
    .await;
    assert_eq!(
        world.db.user(&user_id("bob")).await.unwrap(),
        Some(renamed("robert@demo.test", 2))
    );
}

#[tokio::test]
async fn a_person_is_changed_and_relied_on_as_they_were_read() {
    let world = World::new().await;
    finds(&world, create_user(user("alice"))).await;
    finds(&world, user_unchanged("alice", 0)).await;
    finds_nothing(&world, user_unchanged("alice", 1)).await;
    finds_nothing(&world, user_unchanged("nobody", 0)).await;
    let changed = User {
        epoch: 1,
        memberships: [GroupId::parse("finance").unwrap()].into(),
        created: time(99),
        ..user("alice")
    };
    finds_nothing(&world, replace_user(changed.clone(), 7)).await;
    finds(&world, replace_user(changed.clone(), 0)).await;
    finds_nothing(&world, replace_user(changed.clone(), 0)).await;
    finds_nothing(&world, user_unchanged("alice", 0)).await;
    finds(&world, user_unchanged("alice", 1)).await;
    let born = User {
        created: time(0),
        ..changed.clone()
    };
    assert_eq!(world.db.user(&user_id("alice")).await.unwrap(), Some(born));
    let disabled = User {
        epoch: 2,
        disabled: Some(time(3)),
        ..changed
    };
    finds(&world, replace_user(disabled, 1)).await;
    finds_nothing(&world, user_unchanged("alice", 2)).await;
}

#[tokio::test]
async fn a_group_is_there_or_not() {
    let world = World::new().await;
    finds_nothing(&world, group_exists("finance")).await;
    does(&world, drop_group("finance")).await;
    finds(&world, create_group(group("finance"))).await;
    finds_nothing(&world, create_group(group("finance"))).await;
    finds(&world, group_exists("finance")).await;
    does(&world, drop_group("another")).await;
    finds(&world, group_exists("finance")).await;
    does(&world, drop_group("finance")).await;
    finds_nothing(&world, group_exists("finance")).await;
}

#[tokio::test]
async fn a_password_is_rehashed_only_if_it_is_the_one_that_was_checked() {
    let world = World::new().await;
    let hash = async || {
        world
            .db
            .password(&user_id("alice"))
            .await
            .unwrap()
            .map(|password| password.hash)
    };
    does(&world, rehash("alice", "old", "new")).await;
    does(&world, drop_password("alice")).await;
    assert_eq!(hash().await, None);
    does(&world, set_password("alice", "old")).await;
    does(&world, set_password("bob", "old")).await;
    does(&world, rehash("alice", "another", "new")).await;
    assert_eq!(hash().await.as_deref(), Some("old"));
    does(&world, rehash("alice", "old", "new")).await;
    assert_eq!(hash().await.as_deref(), Some("new"));
    does(&world, drop_password("alice")).await;
    assert_eq!(hash().await, None);
    assert!(world.db.password(&user_id("bob")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_passkey_is_new_moves_on_and_is_dropped_by_its_owner() {
    let world = World::new().await;
    finds_nothing(&world, use_passkey("p", 0, 1)).await;
    finds(&world, create_passkey(passkey("p"))).await;
    finds_nothing(&world, create_passkey(passkey("p"))).await;
    let same_credential = Passkey {
        user: user_id("bob"),
        credential: passkey("p").credential,
        ..passkey("q")
    };
    finds_nothing(&world, create_passkey(same_credential)).await;

    finds_nothing(&world, use_passkey("p", 1, 2)).await;
    finds(&world, use_passkey("p", 0, 5)).await;
    finds_nothing(&world, use_passkey("p", 0, 6)).await;
    finds(&world, use_passkey("p", 5, 5)).await; // authenticators without a counter say the same number for ever
    let used = Passkey {
        counter: 5,
        used: Some(time(7)),
        ..passkey("p")
    };
    assert_eq!(world.db.passkeys(&user_id("alice")).await.unwrap(), [used]);

    does(&world, drop_passkey("bob", "p")).await;
    assert_eq!(
        world.db.passkeys(&user_id("alice")).await.unwrap().len(),
        1,
        "it is alice's"
    );
    does(&world, drop_passkey("alice", "another")).await;
    does(&world, drop_passkey("alice", "p")).await;
    assert_eq!(world.db.passkeys(&user_id("alice")).await.unwrap(), []);
}

#[tokio::test]
async fn a_recovery_code_works_once_and_a_new_set_ends_the_others() {
    let world = World::new().await;
    let alice = user_id("alice");
    finds_nothing(&world, use_recovery_code("alice", "one")).await;
    for digest in ["one", "two"] {
        finds(&world, create_recovery_code("alice", digest, "first")).await;
    }
    finds_nothing(&world, create_recovery_code("alice", "one", "second")).await;
    finds(&world, create_recovery_code("bob", "one", "first")).await;
    finds_nothing(&world, use_recovery_code("bob", "two")).await;
    finds(&world, use_recovery_code("alice", "one")).await;
    finds_nothing(&world, use_recovery_code("alice", "one")).await;
    assert_eq!(world.db.recovery_code_unused(&alice, "one").await.unwrap(), Known::No);
    assert_eq!(world.db.recovery_codes_left(&alice).await.unwrap(), 1);

    world
        .put(
            Wanted::default()
                .guard(create_recovery_code("alice", "three", "second"))
                .sure(drop_other_codes("alice", "second")),
        )
        .await;
    assert_eq!(world.db.recovery_code_unused(&alice, "two").await.unwrap(), Known::No);
    assert_eq!(
        world.db.recovery_code_unused(&alice, "three").await.unwrap(),
        Known::Unused
    );
    let of_bob = world.db.recovery_code_unused(&user_id("bob"), "one").await.unwrap();
    assert_eq!(of_bob, Known::Unused, "everybody's own");
}

#[tokio::test]
async fn a_browser_session_lives_until_it_is_ended_and_ends_once() {
    let world = World::new().await;
    finds_nothing(&world, session_live("a")).await;
    for id in ["a", "b", "c"] {
        finds(&world, create_session(session(id))).await;
    }
    finds_nothing(&world, create_session(session("a"))).await;
    let same_cookie = BrowserSession {
        digest: session("a").digest,
        ..session("d")
    };
    finds_nothing(&world, create_session(same_cookie)).await;
    let of_bob = BrowserSession {
        user: user_id("bob"),
        ..session("bobs")
    };
    finds(&world, create_session(of_bob)).await;
    finds(&world, session_live("a")).await;

    let ended = async |id: &str| {
        let session = world.db.browser_session_by_id(&session_id(id)).await.unwrap();
        session.unwrap().ended
    };
    does(&world, end_session("nobody", 1)).await;
    does(&world, end_session("a", 1)).await;
    does(&world, end_session("a", 2)).await;
    finds_nothing(&world, session_live("a")).await;
    does(&world, end_other_sessions("alice", Some("b"), 5)).await;
    assert_eq!(
        (
            ended("a").await,
            ended("b").await,
            ended("c").await,
            ended("bobs").await
        ),
        (Some(time(1)), None, Some(time(5)), None)
    );
    does(&world, end_other_sessions("alice", None, 6)).await;
    assert_eq!(
        (ended("b").await, ended("c").await, ended("bobs").await),
        (Some(time(6)), Some(time(5)), None)
    );
}

#[tokio::test]
async fn a_browser_session_is_seen_forwards_only() {
    let world = World::new().await;
    finds(&world, create_session(session("a"))).await;
    for (id, seconds) in [("a", 50), ("a", 40), ("nobody", 60)] {
        let touch = Touch::BrowserSessionSeen {
            id: BrowserSessionId::parse(id).unwrap(),
            at: time(seconds),
        };
        world.store().touch(world.db.id(), touch);
        world.store().flush(&at(70)).await.unwrap();
    }
    let seen = world
        .db
        .browser_session_by_id(&session_id("a"))
        .await
        .unwrap()
        .unwrap()
        .seen;
    assert_eq!(seen, time(50));
    assert_eq!(world.db.browser_sessions_after("", 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_is_answered_once_and_a_code_redeemed_once() {
    let world = World::new().await;
    finds_nothing(&world, redeem("c", "g")).await;
    finds(&world, create_code(code("c"))).await;
    finds_nothing(&world, create_code(code("c"))).await;
    let same_request = kernel::authorization_code::AuthorizationCode {
        request: code("c").request,
        ..code("d")
    };
    finds_nothing(&world, create_code(same_request)).await;
    finds(&world, redeem("c", "g")).await;
    finds_nothing(&world, redeem("c", "g")).await;
    finds_nothing(&world, redeem("c", "h")).await;
    let found = world.db.authorization_code(&CodeId::parse("c").unwrap()).await.unwrap();
    assert_eq!(found.unwrap().redeemed, Some(grant_id("g")));
}

#[tokio::test]
async fn a_line_turns_from_its_newest_generation_only() {
    let world = World::new().await;
    finds_nothing(&world, turn("f", 0, "r")).await;
    finds_nothing(&world, current("f", 0)).await;
    finds(&world, create_family(family("f", "g"))).await;
    finds_nothing(&world, create_family(family("f", "g"))).await;
    finds(&world, current("f", 0)).await;
    finds_nothing(&world, current("f", 1)).await;
    finds_nothing(&world, turn("f", 1, "r")).await;
    finds(&world, turn("f", 0, "r")).await;
    finds_nothing(&world, turn("f", 0, "r")).await;
    finds_nothing(&world, current("f", 0)).await;
    finds(&world, turn("f", 1, "s")).await;
    finds(&world, current("f", 2)).await;
    let turned = Family {
        generation: 2,
        turned: time(9),
        request: Some("s".to_owned()),
        ..family("f", "g")
    };
    let found = world.db.family(&FamilyId::parse("f").unwrap()).await.unwrap();
    assert_eq!(found, Some(turned));
}

#[tokio::test]
async fn a_rule_is_new_and_can_be_taken_back() {
    let world = World::new().await;
    does(&world, drop_rule("r")).await;
    finds(&world, create_rule(rule("r", Effect::Allow))).await;
    finds_nothing(&world, create_rule(rule("r", Effect::Forbid))).await;
    does(&world, drop_rule("another")).await;
    assert_eq!(world.db.consent_rules().await.unwrap(), [rule("r", Effect::Allow)]);
    does(&world, drop_rule("r")).await;
    assert_eq!(world.db.consent_rule(&RuleId::parse("r").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn a_document_is_put_its_epoch_rises_with_its_basis_only_and_who_disabled_it_keeps_it_disabled() {
    const ID: &str = "https://client.example/metadata.json";
    let world = World::new().await;
    let id = ClientId::parse(ID).unwrap();
    let row = async || world.db.client(&id).await.unwrap().unwrap();
    finds(&world, put_document(by_document(ID, 1))).await;
    assert_eq!(row().await, by_document(ID, 1));

    // Read anew, the same: only the time of reading moves.
    finds(&world, put_document(by_document(ID, 2))).await;
    assert_eq!(
        row().await,
        Client {
            created: time(1),
            ..by_document(ID, 2)
        }
    );
    // What a yes does not rest on changes without a new epoch.
    let other_types = Client {
        grant_types: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
        binding: Binding::Required,
        uri: Some("https://client.example/".to_owned()),
        scope: Some("read".to_owned()),
        ..by_document(ID, 3)
    };
    finds(&world, put_document(other_types.clone())).await;
    assert_eq!(
        row().await,
        Client {
            created: time(1),
            ..other_types.clone()
        }
    );
    // Another name is another client in the eyes of who said yes.
    for (n, name) in [(1, "Another name"), (2, "Yet another"), (2, "Yet another")] {
        let renamed = Client {
            name: name.to_owned(),
            ..other_types.clone()
        };
        finds(&world, put_document(renamed.clone())).await;
        assert_eq!(
            row().await,
            Client {
                created: time(1),
                epoch: n,
                ..renamed
            }
        );
    }
    finds(&world, unchanged(ID, 2)).await;

    // Disabled by an administrator: it stays so.
    let disabled = Client {
        disabled: Some(time(5)),
        epoch: 3,
        ..row().await
    };
    finds(&world, replace_client(disabled, 2)).await;
    finds(&world, put_document(by_document(ID, 6))).await;
    assert_eq!((row().await.disabled, row().await.epoch), (Some(time(5)), 4));

    // Pinned by an administrator: no document touches it.
    let pinned = Client {
        registration: Registration::Administrator,
        epoch: 5,
        ..row().await
    };
    finds(&world, replace_client(pinned.clone(), 4)).await;
    finds_nothing(&world, put_document(by_document(ID, 7))).await;
    assert_eq!(row().await, pinned);
    // Nor is the client of another way of registering.
    finds(&world, create_client(registered_itself("itself", 9))).await;
    finds_nothing(&world, put_document(by_document("itself", 7))).await;
}

#[tokio::test]
async fn a_client_is_dropped_as_it_was_read_and_never_an_administrators() {
    let world = World::new().await;
    finds_nothing(&world, drop_client("itself", 0)).await;
    finds(&world, create_client(registered_itself("itself", 9))).await;
    finds(&world, put_document(by_document("https://c.example/d", 1))).await;
    finds(&world, create_client(client("admins"))).await;
    finds_nothing(&world, drop_client("itself", 1)).await;
    finds_nothing(&world, drop_client("admins", 1)).await;
    finds(&world, drop_client("itself", 0)).await;
    finds_nothing(&world, drop_client("itself", 0)).await;
    finds(&world, drop_client("https://c.example/d", 0)).await;
    let left = world.db.clients_after("", 9).await.unwrap();
    assert_eq!(left, [(client("admins"), None)]);
}

#[tokio::test]
async fn a_client_that_somebody_said_yes_to_stays_whoever_replaces_it_as_read_before() {
    let world = World::new().await;
    let id = ClientId::parse("c").unwrap();
    let expires = async || world.db.client(&id).await.unwrap().unwrap().expires;
    does(&world, keep_client("c")).await;
    finds(&world, create_client(registered_itself("c", 9))).await;
    finds(&world, create_client(registered_itself("d", 9))).await;
    // Until then a replacement may say when it ends.
    let replaced = |epoch: i64, expires: i64| Client {
        epoch,
        ..registered_itself("c", expires)
    };
    finds(&world, replace_client(replaced(1, 20), 0)).await;
    assert_eq!(expires().await, Some(time(20)));

    does(&world, keep_client("c")).await;
    finds(&world, unchanged("c", 1)).await;
    assert_eq!(expires().await, None);
    finds(&world, replace_client(replaced(2, 20), 1)).await;
    assert_eq!(expires().await, None, "it was read before the yes");
    assert_eq!(world.db.unused_clients().await.unwrap(), 1);
}

#[tokio::test]
async fn a_row_of_people_that_no_version_of_ours_writes_is_a_fault_and_not_a_guess() {
    let world = World::new().await;
    world
        .put(
            Wanted::default()
                .guard(create_user(user("alice")))
                .guard(create_group(group("finance")))
                .guard(create_session(session("s")))
                .guard(create_code(code("c")))
                .guard(create_family(family("f", "g")))
                .guard(create_rule(rule("r", Effect::Allow)))
                .guard(create_client(registered_itself("itself", 9))),
        )
        .await;
    let beside = Beside::open(&world.fresh.database).await;
    let spoils = [
        ("user_account", "profile = '[]'"),
        ("user_account", "profile = '{\"role\":\"admin\"}'"),
        ("user_account", "profile = '{}', login = 'a b'"),
        ("user_account", "login = 'alice', memberships = '\u{e9}'"),
        ("user_group", "kind = 'club'"),
        ("browser_session", "method = 'telepathy'"),
        ("authorization_code", "method = 'telepathy'"),
        (
            "authorization_code",
            "method = 'password', redirect_uri = 'javascript:alert(1)'",
        ),
        (
            "authorization_code",
            "redirect_uri = 'https://a.example/', scope = '\"'",
        ),
        ("authorization_code", "scope = '', audience = 'nowhere'"),
        ("authorization_code", "audience = '-', redeemed = ''"),
        ("refresh_family", "grant_id = ''"),
        ("consent_rule", "effect = 'perhaps'"),
        ("consent_rule", "effect = 'allow', client_kind = 'one'"),
        ("consent_rule", "client_kind = 'every', client = 'c'"),
        ("consent_rule", "client = NULL, resource = 'nowhere'"),
        ("consent_rule", "resource = NULL, group_id = ''"),
        ("client", "registration_kind = 'rumour'"),
        ("client", "registration_kind = 'document', registration = 'yesterday'"),
        ("client", "registration_kind = 'itself', registration = NULL"),
        ("client", "registration_kind = 'administrator', registration = 'x'"),
        ("client", "registration = NULL, redirect_uris = 'javascript:alert(1)'"),
        ("client", "redirect_uris = '', application_type = 'toaster'"),
        ("tenant", "client_documents = 'some'"),
        ("tenant", "client_documents = 'refused', registration = 'perhaps'"),
        ("tenant", "registration = 'off', binding = 'sometimes'"),
    ];
    for (table, spoil) in spoils {
        beside.run_on_both(&format!("UPDATE {table} SET {spoil}")).await;
        let fault = match table {
            "user_account" => world.db.user(&user_id("alice")).await.err(),
            "user_group" => world.db.groups_after("", 9).await.err(),
            "browser_session" => world.db.browser_session_by_id(&session_id("s")).await.err(),
            "authorization_code" => world.db.authorization_code_of_request("request-c").await.err(),
            "refresh_family" => world.db.family(&FamilyId::parse("f").unwrap()).await.err(),
            "consent_rule" => world.db.consent_rules().await.err(),
            "client" => world.db.client(&ClientId::parse("itself").unwrap()).await.err(),
            _ => world.store().tenants().await.err(),
        };
        assert!(matches!(fault, Some(Fault::Row(_))), "{table} with {spoil}: {fault:?}");
    }
}
