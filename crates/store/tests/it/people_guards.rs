//! Every guard about people finds its row, or does not, as it says; every write does what it says whether there is a row or not.

use kernel::{
    BrowserSessionId, CodeId, FamilyId, GroupId, RuleId, Touch,
    browser_session::BrowserSession,
    consent::Effect,
    credential::Passkey,
    family::Family,
    sign_in::Known,
    user::{Login, User},
};
use store::{Lost, Outcome};

use crate::{
    people::{
        code, create_code, create_family, create_group, create_passkey, create_recovery_code, create_rule,
        create_session, create_user, current, drop_group, drop_other_codes, drop_passkey, drop_password, drop_rule,
        end_other_sessions, end_session, family, grant_id, group, group_exists, leave_group, passkey, redeem, rehash,
        replace_user, rule, session, session_id, session_live, set_password, turn, use_passkey, use_recovery_code,
        user, user_id, user_unchanged,
    },
    world::{Wanted, World, at, time},
};

/// Demands that a guard finds its row.
pub(crate) async fn finds(world: &World, guard: kernel::Guard) {
    world.put(Wanted::default().guard(guard)).await;
}

/// Demands that it finds none.
pub(crate) async fn finds_nothing(world: &World, guard: kernel::Guard) {
    let claim = format!("{guard:?}");
    let outcome = world.commit(Wanted::default().guard(guard)).await.unwrap();
    assert_eq!(outcome, Outcome::Lost(Lost::Guard(0)), "{claim}");
}

pub(crate) async fn does(world: &World, write: kernel::Write) {
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
async fn everybody_leaves_a_group_and_no_other_one() {
    let world = World::new().await;
    let member_of = |name: &str, groups: &[&str]| User {
        memberships: groups.iter().map(|id| GroupId::parse(id).unwrap()).collect(),
        ..user(name)
    };
    let before: [&[&str]; 6] = [
        &["a"],
        &["a", "b"],
        &["b", "a_"],
        &["a", "aa", "ab"],
        &["ba", "a", "b"],
        &[],
    ];
    for (n, groups) in before.iter().enumerate() {
        finds(&world, create_user(member_of(&format!("person{n}"), groups))).await;
    }
    does(&world, leave_group("a")).await;
    let after: [(&[&str], i64); 6] = [
        (&[], 1),
        (&["b"], 1),
        (&["a_", "b"], 0),
        (&["aa", "ab"], 1),
        (&["b", "ba"], 1),
        (&[], 0),
    ];
    for (n, (groups, epoch)) in after.iter().enumerate() {
        let now = world.db.user(&user_id(&format!("person{n}"))).await.unwrap().unwrap();
        let ids: Vec<&str> = now.memberships.iter().map(kernel::Id::as_str).collect();
        assert_eq!((ids.as_slice(), now.epoch), (*groups, *epoch), "person{n}");
    }
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
