//! What is shown becomes a browser session or one and the same refusal (S-08, S-41). Passkeys are signed by an implementation that is not ours.

mod golden;

use serde_json::{Value, json};

use super::*;
use crate::{
    browser_session::{self, Method},
    caller::{Caller, Who},
    credential::{self, recovery_digest},
    decision::{Answer, Change, Decision, Guard, Reply, Write},
    event::EventKind,
    mark::{Mark, Stands},
    moment::Moment,
    user::{self, User},
    vectors::{credentials, facts, people, signer},
    why::Why,
};

const NOW: i64 = 1_795_000_000;

fn at() -> Moment {
    people::moment(NOW, 7)
}

fn alice() -> User {
    people::user(&json!({ "id": "alice", "login": "alice@demo.test", "epoch": 5 }))
}

fn nobody() -> Caller {
    Caller::plain(Who::Anyone)
}

fn password() -> Shown {
    Shown::Password { rehash: None }
}

/// A passkey of this person with this counter, that asserted another one.
fn passkey(owner: &str, from: i64, to: u32, verified: bool) -> Shown {
    Shown::Passkey {
        passkey: Box::new(credentials::passkey(
            &json!({ "id": "passkey-1", "user_id": owner, "counter": from }),
        )),
        asserted: signer::asserted(to, verified),
    }
}

fn recovery_code(known: Known) -> Shown {
    Shown::RecoveryCode {
        digest: recovery_digest(&facts::id("alice"), "abcd-efgh"),
        known,
    }
}

fn facts(user: Option<User>, shown: Shown, before: Option<&str>) -> Facts {
    Facts {
        user,
        shown,
        browser: Browser {
            agent: "Firefox".to_owned(),
            before: before.map(facts::id),
        },
    }
}

fn signed_in(shown: Shown) -> Decision {
    decide(&nobody(), &facts(Some(alice()), shown, None), &at())
}

fn why(decision: &Decision) -> Option<Why> {
    match decision.answer() {
        Answer::Refuse(code, why) => {
            assert_eq!(*code, why.code());
            Some(why.clone())
        }
        Answer::Issue(_) | Answer::Wait(_) => None,
    }
}

fn session(decision: &Decision) -> &browser_session::BrowserSession {
    let Some(Guard::BrowserSession(browser_session::Guard::Create(session))) = decision.change().guards.last() else {
        panic!("a session, not {:?}", decision.answer());
    };
    session
}

#[test]
fn each_way_to_sign_in_makes_a_session_and_spends_what_was_shown() {
    let person = || {
        Guard::User(user::Guard::Unchanged {
            id: facts::id("alice"),
            epoch: 5,
        })
    };
    let used = |from: i64, to: i64| {
        Guard::Credential(credential::Guard::UsePasskey {
            id: facts::id("passkey-1"),
            from,
            to,
            at: at().now,
        })
    };
    let code = Guard::Credential(credential::Guard::UseRecoveryCode {
        user: facts::id("alice"),
        digest: proof::digest::sha256_b64(b"alice\0abcd-efgh"),
        at: at().now,
    });
    let rehash = Shown::Password {
        rehash: Some(("old-hash".to_owned(), "new-hash".to_owned())),
    };
    let written = Write::Credential(credential::Write::Rehash {
        user: facts::id("alice"),
        from: "old-hash".to_owned(),
        to: "new-hash".to_owned(),
    });
    let rows = [
        (password(), Method::Password, vec![], vec![]),
        (rehash, Method::Password, vec![], vec![written]),
        (
            passkey("alice", 6, 7, true),
            Method::PasskeyVerified,
            vec![used(6, 7)],
            vec![],
        ),
        (
            passkey("alice", 6, 9, false),
            Method::PasskeyPresent,
            vec![used(6, 9)],
            vec![],
        ),
        (
            passkey("alice", 0, 0, true),
            Method::PasskeyVerified,
            vec![used(0, 0)],
            vec![],
        ), // an authenticator that does not count (WebAuthn s6.1.1)
        (recovery_code(Known::Unused), Method::RecoveryCode, vec![code], vec![]),
    ];
    for (shown, method, mut guards, sure) in rows {
        let decision = signed_in(shown);
        let cookie = at().secret("browser session");
        let row = people::browser_session(&json!({
            "id": at().id::<()>("browser session").as_str(), "digest": proof::digest::sha256_b64(cookie.as_bytes()), "user_id": "alice", "method": method.name(),
            "signed_in_at": NOW, "browser": "Firefox", "expires_at": NOW + 14 * 86_400, "last_seen_at": NOW,
        }));
        guards.push(person());
        guards.push(Guard::BrowserSession(browser_session::Guard::Create(Box::new(
            row.clone(),
        ))));
        assert_eq!(decision.change().guards, guards, "{}", method.name());
        assert_eq!(decision.change().sure, sure, "{}", method.name());
        assert_eq!(
            decision.answer(),
            &Answer::Issue(Reply::SignedIn { cookie: cookie.clone() })
        );
        let [event] = decision.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.actor.as_deref(), event.about.as_deref()),
            (EventKind::UserSignedIn, Some("alice"), Some(row.id.as_str()))
        );
        assert_eq!(
            Value::from(event.body.clone()),
            json!({ "method": method.name(), "browser": "Firefox" })
        );
        assert!(
            !format!("{:?}", decision.change()).contains(&cookie),
            "the row holds its digest"
        );
    }
}

#[test]
fn s_41_unknown_disabled_and_wrong_are_one_refusal_to_whoever_tries() {
    let disabled = people::user(&json!({ "id": "alice", "disabled_at": NOW - 1 }));
    let rows = [
        (None, password(), None, "no such person"),
        (None, recovery_code(Known::Unused), None, "no such person"),
        (None, Shown::Nothing("wrong password"), None, "no such person"),
        (
            Some(disabled.clone()),
            password(),
            Some("alice"),
            "the person is disabled",
        ),
        (
            Some(disabled.clone()),
            passkey("alice", 6, 7, true),
            Some("alice"),
            "the person is disabled",
        ),
        (
            Some(disabled),
            Shown::Nothing("wrong password"),
            Some("alice"),
            "the person is disabled",
        ),
        (
            Some(alice()),
            Shown::Nothing("wrong password"),
            Some("alice"),
            "wrong password",
        ),
        (
            Some(alice()),
            passkey("bob", 6, 7, true),
            Some("alice"),
            "the passkey is another person's",
        ),
        (
            Some(alice()),
            recovery_code(Known::No),
            Some("alice"),
            "no such recovery code, or it was used",
        ),
    ];
    for (user, shown, about, told) in rows {
        let decision = decide(&nobody(), &facts(user, shown, Some("browser-0")), &at());
        let refused = why(&decision).expect(told);
        assert_eq!(
            (refused.code().name(), refused.said()),
            ("access_denied", Why::SignInFailed("").said()),
            "one sentence for all"
        );
        assert_eq!(refused.told(), told, "the operator can tell them apart");
        let change = decision.change();
        assert_eq!(
            Change {
                events: vec![],
                ..change.clone()
            },
            Change::default(),
            "the session before stays: {told}"
        );
        let [event] = change.events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.about.as_deref()),
            (EventKind::RequestRefused, about),
            "{told}"
        );
    }
}

#[test]
fn s_08_a_sign_in_ends_the_session_before_it_and_makes_another() {
    let decision = decide(&nobody(), &facts(Some(alice()), password(), Some("browser-0")), &at());
    let ended = Write::BrowserSession(browser_session::Write::End {
        id: facts::id("browser-0"),
        at: at().now,
    });
    assert_eq!(decision.change().sure, [ended]);
    assert_ne!(session(&decision).id.as_str(), "browser-0");
    let again = decide(
        &nobody(),
        &facts(Some(alice()), password(), None),
        &people::moment(NOW, 8),
    );
    assert_ne!(
        session(&again).digest,
        session(&decision).digest,
        "nobody can plant a cookie and wait"
    );
    let held = people::signed_in(&alice(), session(&decision));
    let over = decide(&held, &facts(Some(alice()), password(), Some("browser-0")), &at());
    assert_eq!(
        session(&over).authenticated,
        at().now,
        "whoever is signed in already signs in anew"
    );
}

#[test]
fn two_uses_of_one_counter_or_one_code_want_the_same_row() {
    let guard = |decision: &Decision| decision.change().guards[0].clone();
    for shown in [|| passkey("alice", 6, 7, true), || recovery_code(Known::Unused)] {
        let first = decide(&nobody(), &facts(Some(alice()), shown(), None), &people::moment(NOW, 7));
        let second = decide(&nobody(), &facts(Some(alice()), shown(), None), &people::moment(NOW, 8));
        assert_eq!(guard(&first), guard(&second), "and one of them loses");
    }
}

#[test]
fn a_ceremony_leaves_a_mark_of_its_own_and_its_replay_is_told_as_one() {
    let mark = |stands_for: Stands, challenge: &str| Mark::new(stands_for, "alice", challenge, at().now).digest;
    let ceremony = mark(Stands::Ceremony, "challenge-1");
    assert_eq!(
        ceremony,
        mark(Stands::Ceremony, "challenge-1"),
        "shown twice: the second finds it taken"
    );
    assert_ne!(ceremony, mark(Stands::Ceremony, "challenge-2"));
    assert_ne!(
        ceremony,
        mark(Stands::DpopProof, "challenge-1"),
        "nor does one kind of proof use up another's"
    );
    assert_eq!(Stands::Ceremony.why(), Why::CeremonyReplayed);
    assert_eq!(Why::CeremonyReplayed.code().name(), "invalid_request");
}

#[test]
fn s_37_a_sign_out_ends_the_session_everywhere() {
    let session = people::browser_session(&json!({ "id": "browser-1", "user_id": "alice", "signed_in_at": NOW - 5 }));
    let decision = sign_out(&people::signed_in(&alice(), &session), &at());
    assert_eq!(decision.answer(), &Answer::Issue(Reply::Done));
    let ended = Write::BrowserSession(browser_session::Write::End {
        id: facts::id("browser-1"),
        at: at().now,
    });
    assert_eq!(decision.change().sure, [ended]);
    assert_eq!(decision.change().events[0].kind, EventKind::UserSignedOut);
    let nothing = sign_out(&nobody(), &at());
    assert_eq!(
        nothing,
        Decision::issue(Reply::Done, vec![], Change::default()),
        "nobody is signed in, and that is what was wanted"
    );
}

#[test]
fn a_session_counts_until_it_ends_is_idle_or_is_old() {
    let session = |changed: Value| {
        let mut row = json!({ "id": "b", "user_id": "alice", "signed_in_at": NOW - 1_000, "last_seen_at": NOW - 10, "expires_at": NOW + 10 });
        row.as_object_mut()
            .unwrap()
            .extend(changed.as_object().unwrap().clone());
        people::browser_session(&row)
    };
    let day = 86_400;
    for (changed, counts) in [
        (json!({}), true),
        (json!({ "ended_at": NOW - 1 }), false),
        (json!({ "expires_at": NOW }), false),
        (json!({ "expires_at": NOW + 1 }), true),
        (json!({ "last_seen_at": NOW - day }), false),
        (json!({ "last_seen_at": NOW - day + 1 }), true),
    ] {
        assert_eq!(session(changed.clone()).counts(at().now), counts, "{changed}");
    }
    for (age, fresh) in [(0, true), (599, true), (600, false), (601, false)] {
        assert_eq!(
            session(json!({ "signed_in_at": NOW - age })).is_fresh(at().now),
            fresh,
            "{age}"
        );
    }
}
