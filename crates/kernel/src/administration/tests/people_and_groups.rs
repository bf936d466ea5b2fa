//! People, groups and roles, and their browser sessions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::{browser_session, credential, user};

fn groups(ids: &[&str]) -> Vec<user::Group> {
    ids.iter().map(|id| people::group(&json!({ "id": id }))).collect()
}

fn sessions_end() -> Write {
    Write::BrowserSession(browser_session::Write::EndOthers {
        user: facts::id("alice"),
        keep: None,
        at: at().now,
    })
}

fn unchanged() -> Guard {
    Guard::User(user::Guard::Unchanged {
        id: facts::id("alice"),
        epoch: 5,
    })
}

fn replaced(decision: &Decision) -> &user::User {
    let Some(Guard::User(user::Guard::Replace { user, epoch: 5 })) = decision.change().guards.last() else {
        panic!("a row, not {:?}", decision.answer());
    };
    user
}

#[test]
fn a_person_is_entered_with_groups_that_are_there() {
    let request = json!({ "create_user": {
        "login": " Carol@Demo.Test ", "profile": { "name": "Carol", "email": "carol@demo.test" }, "groups": ["finance", "approver"], "password_hash": "first-hash",
    } });
    let nobody_yet = Facts {
        groups: groups(&["approver", "finance"]),
        ..Facts::default()
    };
    let decision = run(&request, &nobody_yet);
    let id = at().id::<()>("user");
    let row = json!({
        "id": id.as_str(), "login": "carol@demo.test", "profile": { "name": "Carol", "email": "carol@demo.test", "updated_at": NOW }, "groups": ["approver", "finance"], "created_at": NOW,
    });
    let guards = [
        Guard::User(user::Guard::GroupExists(facts::id("approver"))),
        Guard::User(user::Guard::GroupExists(facts::id("finance"))),
        Guard::User(user::Guard::Create(Box::new(people::user(&row)))),
    ];
    assert_eq!(decision.change().guards, guards);
    let password = Write::Credential(credential::Write::SetPassword {
        user: facts::id(id.as_str()),
        hash: "first-hash".to_owned(),
        at: at().now,
    });
    assert_eq!(decision.change().sure, [password]);
    assert_eq!(document(&decision), row, "never a credential");
    assert_eq!(events(&decision), [("user.created", Some(id.as_str()))]);
}

#[test]
fn a_login_is_one_persons() {
    let taken = |by: &str| Facts {
        login_taken_by: Some(people::user(&json!({ "id": by, "login": "carol@demo.test" }))),
        ..of_people()
    };
    let create = json!({ "create_user": { "login": "carol@demo.test" } });
    assert_eq!(why(&run(&create, &taken("bob"))), Some(Why::Exists("login")));
    assert_eq!(Why::Exists("login").code().name(), "conflict");
    let change = json!({ "change_user": { "id": "alice", "login": "carol@demo.test" } });
    assert_eq!(why(&run(&change, &taken("bob"))), Some(Why::Exists("login")));
    assert_eq!(why(&run(&change, &taken("alice"))), None, "her own");
    assert_eq!(replaced(&run(&change, &of_people())).login.as_str(), "carol@demo.test");
}

#[test]
fn a_person_is_in_groups_that_exist_and_in_no_more_than_128() {
    for command in ["create_user", "change_user"] {
        let request = |wanted: &[String]| match command {
            "create_user" => json!({ command: { "login": "carol@demo.test", "groups": wanted } }),
            _ => json!({ command: { "id": "alice", "groups": wanted } }),
        };
        let known: Vec<String> = (0..129).map(|n| format!("group-{n:03}")).collect();
        let facts = Facts {
            groups: groups(&known.iter().map(String::as_str).collect::<Vec<_>>()),
            ..of_people()
        };
        for (wanted, accepted) in [
            (known[..1].to_vec(), true),
            (known[..128].to_vec(), true),
            (known.clone(), false),
            (vec!["misspelt".to_owned()], false),
        ] {
            let code = why(&run(&request(&wanted), &facts)).map(|why| why.code().name());
            assert_eq!(
                code,
                (!accepted).then_some("invalid_body"),
                "{command} {}",
                wanted.len()
            );
        }
    }
    let none = run(&json!({ "change_user": { "id": "alice", "groups": [] } }), &of_people());
    assert_eq!(replaced(&none).memberships, BTreeSet::new(), "none at all");
    let stay = run(&json!({ "change_user": { "id": "alice" } }), &of_people());
    assert_eq!(replaced(&stay).memberships.len(), 1, "what is not said stays");
    assert_eq!(stay.change().guards.len(), 1);
}

#[test]
fn a_change_replaces_the_row_that_was_read() {
    let request =
        json!({ "change_user": { "id": "alice", "profile": { "name": "Alice B", "locale": null, "nickname": "Al" } } });
    let decision = run(&request, &of_people());
    let row = json!({
        "id": "alice", "login": "alice@demo.test", "profile": { "name": "Alice B", "nickname": "Al", "updated_at": NOW }, "groups": ["finance"], "epoch": 6, "created_at": 1000,
    });
    assert_eq!(
        decision.change().guards,
        [Guard::User(user::Guard::Replace {
            user: Box::new(people::user(&row)),
            epoch: 5
        })]
    );
    assert_eq!(decision.change().sure, [], "nobody is signed out by a new name");
    let bad = json!({ "change_user": { "id": "alice", "profile": { "sub": "bob" } } });
    assert_eq!(why(&run(&bad, &of_people())).unwrap().code().name(), "invalid_body");
}

#[test]
fn whoever_is_disabled_is_signed_out_everywhere() {
    let switch = |disabled: bool, facts: &Facts| {
        run(
            &json!({ "change_user": { "id": "alice", "disabled": disabled } }),
            facts,
        )
    };
    let off = switch(true, &of_people());
    assert_eq!(
        (replaced(&off).disabled, off.change().sure.as_slice()),
        (Some(at().now), &[sessions_end()][..])
    );
    assert_eq!(document(&off)["disabled_at"], NOW);
    assert_eq!(off.change().events[0].body["disabled"], true);
    let disabled = Facts {
        user: Some(people::user(
            &json!({ "id": "alice", "login": "alice@demo.test", "disabled_at": 1000, "epoch": 5 }),
        )),
        ..of_people()
    };
    let on = switch(false, &disabled);
    assert_eq!((replaced(&on).disabled, on.change().sure.len()), (None, 0));
    let renamed = run(
        &json!({ "change_user": { "id": "alice", "login": "a@demo.test" } }),
        &disabled,
    );
    assert_eq!(
        replaced(&renamed).disabled,
        disabled.user.unwrap().disabled,
        "what is not said stays"
    );
}

#[test]
fn another_password_signs_out_whoever_knew_the_old_one() {
    let decision = run(
        &json!({ "set_user_password": { "id": "alice", "password_hash": "new-hash" } }),
        &of_people(),
    );
    let set = Write::Credential(credential::Write::SetPassword {
        user: facts::id("alice"),
        hash: "new-hash".to_owned(),
        at: at().now,
    });
    assert_eq!(decision.change().sure, [set, sessions_end()]);
    let [Guard::User(user::Guard::Replace { user, epoch })] = decision.change().guards.as_slice() else {
        panic!("her row moves on, so that nobody signs in with the old one meanwhile: {decision:?}")
    };
    assert_eq!((user.id.as_str(), user.epoch), ("alice", epoch + 1));
    assert!(
        !document(&decision).to_string().contains("hash")
            && !format!("{:?}", decision.change().events).contains("new-hash")
    );
}

#[test]
fn a_recovery_code_is_shown_once_and_ends_those_before_it() {
    let decision = run(
        &json!({ "give_recovery_code": { "id": "alice", "code": "abcd-efgh" } }),
        &of_people(),
    );
    let set = at().id::<()>("recovery codes").as_str().to_owned();
    let row = Guard::Credential(credential::Guard::CreateRecoveryCode {
        user: facts::id("alice"),
        digest: proof::digest::sha256_b64(b"alice\0abcd-efgh"),
        set: set.clone(),
        at: at().now,
    });
    assert_eq!(decision.change().guards, [row, unchanged()]);
    assert_eq!(
        decision.change().sure,
        [Write::Credential(credential::Write::DropOtherRecoveryCodes {
            user: facts::id("alice"),
            keep: set
        })]
    );
    assert_eq!(document(&decision)["recovery_code"], "abcd-efgh");
    assert!(!format!("{:?}", decision.change()).contains("abcd-efgh"));
}

#[test]
fn sessions_are_ended_all_or_one() {
    let all = run(&json!({ "end_user_sessions": { "id": "alice" } }), &of_people());
    assert_eq!(
        (all.change().sure.as_slice(), &all.change().events[0].body["sessions"]),
        (&[sessions_end()][..], &json!("all"))
    );
    let one = run(&json!({ "end_browser_session": { "id": "browser-1" } }), &of_people());
    let ended = Write::BrowserSession(browser_session::Write::End {
        id: facts::id("browser-1"),
        at: at().now,
    });
    assert_eq!(one.change().sure, [ended]);
    let shown = document(&one);
    assert_eq!(shown["ended_at"], NOW);
    assert!(
        !shown.to_string().contains("a-digest-nobody-may-see"),
        "neither the cookie nor its digest"
    );
    let session =
        people::browser_session(&json!({ "id": "browser-1", "user_id": "alice", "signed_in_at": 1, "ended_at": 2 }));
    let again = run(
        &json!({ "end_browser_session": { "id": "browser-1" } }),
        &Facts {
            browser_session: Some(session),
            ..of_people()
        },
    );
    assert_eq!(document(&again)["ended_at"], 2, "ending it twice is fine");
}

#[test]
fn groups_and_roles_are_made_once_and_ended() {
    let request = json!({ "create_group": { "id": "approver", "kind": "role", "name": "Approvers" } });
    let decision = run(&request, &Facts::default());
    let row = json!({ "id": "approver", "kind": "role", "name": "Approvers", "created_at": NOW });
    assert_eq!(
        decision.change().guards,
        [Guard::User(user::Guard::CreateGroup(Box::new(people::group(&row))))]
    );
    assert_eq!(document(&decision), row);
    let there = Facts {
        groups: groups(&["approver"]),
        ..Facts::default()
    };
    assert_eq!(why(&run(&request, &there)), Some(Why::Exists("group")));
    let ended = run(&json!({ "drop_group": { "id": "approver" } }), &there);
    assert_eq!(
        ended.change().sure,
        [
            Write::User(user::Write::DropGroup(facts::id("approver"))),
            Write::User(user::Write::LeaveGroup(facts::id("approver"))),
        ]
    );
    assert_eq!(events(&ended), [("group.dropped", Some("approver"))]);
}

#[test]
fn what_is_named_and_not_there_is_absent() {
    let cases = [
        (json!({ "change_user": { "id": "alice" } }), "user"),
        (
            json!({ "set_user_password": { "id": "alice", "password_hash": "h" } }),
            "user",
        ),
        (json!({ "give_recovery_code": { "id": "alice", "code": "c" } }), "user"),
        (json!({ "end_user_sessions": { "id": "alice" } }), "user"),
        (
            json!({ "end_browser_session": { "id": "browser-1" } }),
            "browser session",
        ),
        (json!({ "drop_group": { "id": "finance" } }), "group"),
        (json!({ "drop_rule": { "id": "rule-1" } }), "rule"),
    ];
    for (request, what) in cases {
        let decision = run(&request, &Facts::default());
        assert_eq!(why(&decision), Some(Why::Absent(what)), "{request}");
        assert_eq!(
            Change {
                events: vec![],
                ..decision.change().clone()
            },
            Change::default(),
            "{request}"
        );
        assert_eq!(Value::from(why(&decision).unwrap().code().name()), "not_found");
    }
}
