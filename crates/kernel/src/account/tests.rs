//! What people may change for themselves, how fresh their sign-in must be for it, and that other people's things are not there.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

mod golden;

use serde_json::json;

use super::*;
use crate::authority::Less;
use crate::{
    browser_session,
    caller::{Caller, PublicClient, Who},
    credential::{self, Passkey, Password},
    decision::{Answer, Change, Decision, Guard, Reply, Write},
    event::EventKind,
    grant::{self, Grant},
    moment::Moment,
    user,
    vectors::{credentials, facts, people, signer},
    why::Why,
};

const NOW: i64 = 1_795_000_000;

fn at() -> Moment {
    people::moment(NOW, 7)
}

/// Alice, who signed in so many seconds ago.
fn alice(ago: i64) -> Caller {
    let user = people::user(&json!({ "id": "alice", "epoch": 5 }));
    let session = json!({ "id": "browser-1", "user_id": "alice", "signed_in_at": NOW - ago });
    people::signed_in(&user, &people::browser_session(&session))
}

fn passkey(id: &str) -> Passkey {
    credentials::passkey(&json!({ "id": id, "user_id": "alice" }))
}

fn root(id: &str, client: &str, user: Option<&str>) -> Grant {
    let mut row = json!({ "id": id, "client_id": client, "scope": "read" });
    if let Some(user) = user {
        row["user_id"] = user.into();
    }
    facts::grant(&row)
}

/// Two passkeys, a password, two sessions, three grants of hers and two that are not.
fn loaded() -> Facts {
    Facts {
        passkeys: vec![passkey("passkey-1"), passkey("passkey-2")],
        registered: None,
        password: Some(Password {
            hash: "hash".to_owned(),
            changed: at().now,
        }),
        sessions: vec![facts::id("browser-1"), facts::id("browser-2")],
        grants: vec![
            root("grant-1", "app", Some("alice")),
            root("grant-2", "app", Some("alice")),
            root("grant-3", "other", Some("alice")),
            root("of-bob", "app", Some("bob")),
            root("of-nobody", "app", None),
        ],
        ..Facts::default()
    }
}

fn add_passkey() -> Command {
    Command::AddPasskey {
        credential: Box::new(signer::passkey(3)),
        name: "Laptop".to_owned(),
    }
}

fn codes() -> Vec<String> {
    vec!["abcd-efgh".to_owned(), "ijkl-mnop".to_owned()]
}

fn run(command: &Command, facts: &Facts) -> Decision {
    decide(command, &alice(10), facts, &at())
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

fn assert_changes_nothing(decision: &Decision) {
    let change = decision.change();
    assert_eq!(
        Change {
            events: vec![],
            ..change.clone()
        },
        Change::default()
    );
    assert_eq!(
        (change.events.len(), change.events[0].kind),
        (1, EventKind::RequestRefused)
    );
}

/// Her row is still the one that was read: whoever was disabled changes nothing.
fn unchanged() -> Guard {
    Guard::User(user::Guard::Unchanged {
        id: facts::id("alice"),
        epoch: 5,
    })
}

/// Her row moves on: nothing happens beside it.
fn moved_on() -> Guard {
    let user = |epoch: i64| Box::new(people::user(&json!({ "id": "alice", "epoch": epoch })));
    Guard::User(user::Guard::Replace {
        user: user(6),
        epoch: 5,
    })
}

fn revoked(id: &str) -> Write {
    Write::Grant(grant::Write::EnsureRevoked {
        id: facts::id(id),
        at: at().now,
    })
}

/// The commands that change the locks, and those that stop something.
fn commands() -> (Vec<Command>, Vec<Command>) {
    let locks = vec![
        add_passkey(),
        Command::RemovePasskey(facts::id("passkey-1")),
        Command::SetPassword { hash: "new".to_owned() },
        Command::MakeRecoveryCodes { codes: codes() },
    ];
    let stops = vec![
        Command::EndSession(facts::id("browser-2")),
        Command::EndOtherSessions,
        Command::StopGrant(facts::id("grant-1")),
        Command::StopClient(facts::id("app")),
        Command::StopAll,
    ];
    (locks, stops)
}

#[test]
fn changing_the_locks_wants_a_sign_in_of_the_last_ten_minutes_and_stopping_never_does() {
    let (locks, stops) = commands();
    for (ago, fresh) in [(0, true), (599, true), (600, false), (86_400, false)] {
        for command in &locks {
            let decision = decide(command, &alice(ago), &loaded(), &at());
            assert_eq!(
                why(&decision),
                (!fresh).then_some(Why::SignInStale),
                "{ago} s: {command:?}"
            );
            if !fresh {
                assert_changes_nothing(&decision);
            }
        }
        for command in &stops {
            assert_eq!(
                why(&decide(command, &alice(ago), &loaded(), &at())),
                None,
                "{ago} s: {command:?}"
            );
        }
    }
    assert_eq!(Why::SignInStale.code().name(), "login_required");
}

#[test]
fn only_a_person_in_a_browser_has_an_account() {
    let client = facts::client(&json!({ "client_id": "app", "token_endpoint_auth_method": "none" }));
    let (locks, stops) = commands();
    for caller in [
        Caller::plain(Who::Anyone),
        Caller::plain(Who::PublicClient(PublicClient { client })),
    ] {
        for command in locks.iter().chain(&stops) {
            let decision = decide(command, &caller, &loaded(), &at());
            assert_eq!(why(&decision), Some(Why::SignInRequired), "{command:?}");
            assert_changes_nothing(&decision);
        }
    }
}

#[test]
fn a_passkey_is_added_as_it_was_registered() {
    let decision = run(&add_passkey(), &loaded());
    let row = Passkey {
        id: facts::id(at().id::<()>("passkey").as_str()),
        user: facts::id("alice"),
        credential: proof::base64url::encode(&signer::CREDENTIAL_ID),
        public_key: proof::base64url::encode(&signer::cose_key()),
        counter: 3,
        transports: vec!["hybrid".to_owned(), "internal".to_owned()], // known words only
        name: "Laptop".to_owned(),
        created: at().now,
        used: None,
    };
    let event = &decision.change().events[0];
    assert_eq!(
        (event.kind, event.about.as_deref(), &event.body["what"]),
        (
            EventKind::CredentialChanged,
            Some(row.id.as_str()),
            &json!("passkey added")
        )
    );
    assert_eq!(
        decision.change().guards,
        [
            Guard::Credential(credential::Guard::CreatePasskey(Box::new(row))),
            unchanged()
        ]
    );
    assert_eq!(decision.answer(), &Answer::Issue(Reply::Done));
    for (count, expected) in [
        (19, None),
        (20, Some(Why::CredentialsFull)),
        (21, Some(Why::CredentialsFull)),
    ] {
        let full = Facts {
            passkeys: (0..count).map(|n| passkey(&format!("passkey-{n}"))).collect(),
            ..loaded()
        };
        assert_eq!(why(&run(&add_passkey(), &full)), expected, "{count}");
    }
}

#[test]
fn a_credential_has_one_owner() {
    for owner in ["alice", "bob"] {
        let known = Facts {
            registered: Some(credentials::passkey(&json!({ "id": "passkey-9", "user_id": owner }))),
            ..loaded()
        };
        let decision = run(&add_passkey(), &known);
        assert!(matches!(why(&decision), Some(Why::CeremonyFailed(_))), "{owner}");
        assert_changes_nothing(&decision);
    }
}

#[test]
fn the_last_way_in_stays() {
    let remove = Command::RemovePasskey(facts::id("passkey-1"));
    let with = |passkeys: &[&str], password: bool| Facts {
        passkeys: passkeys.iter().map(|id| passkey(id)).collect(),
        password: password.then(|| Password {
            hash: "hash".to_owned(),
            changed: at().now,
        }),
        ..loaded()
    };
    let rows = [
        (with(&["passkey-1", "passkey-2"], true), None),
        (with(&["passkey-1", "passkey-2"], false), None),
        (with(&["passkey-1"], true), None),
        (with(&["passkey-1"], false), Some(Why::LastWayIn)),
        (with(&["passkey-2"], true), Some(Why::Absent("passkey"))),
        (with(&["passkey-2"], false), Some(Why::Absent("passkey"))),
        (with(&[], true), Some(Why::Absent("passkey"))),
    ];
    for (loaded, expected) in rows {
        let decision = run(&remove, &loaded);
        assert_eq!(why(&decision), expected);
        if expected.is_some() {
            assert_changes_nothing(&decision);
        } else {
            let dropped = Write::Credential(credential::Write::DropPasskey {
                user: facts::id("alice"),
                id: facts::id("passkey-1"),
            });
            assert_eq!(
                (decision.change().sure.as_slice(), decision.change().guards.as_slice()),
                (&[dropped][..], &[moved_on()][..])
            );
        }
    }
}

#[test]
fn a_new_password_signs_out_whoever_knew_the_old_one() {
    let decision = run(&Command::SetPassword { hash: "new".to_owned() }, &loaded());
    let writes = [
        Write::Credential(credential::Write::SetPassword {
            user: facts::id("alice"),
            hash: "new".to_owned(),
            at: at().now,
        }),
        Write::BrowserSession(browser_session::Write::EndOthers {
            user: facts::id("alice"),
            keep: Some(facts::id("browser-1")),
            at: at().now,
        }),
    ];
    assert_eq!(decision.change().sure, writes);
    assert_eq!(decision.change().guards, [moved_on()]);
    assert!(
        !format!("{:?}", decision.change().events).contains("new\""),
        "no hash in the log"
    );
}

#[test]
fn new_recovery_codes_are_shown_once_and_end_the_old_ones() {
    let decision = run(&Command::MakeRecoveryCodes { codes: codes() }, &loaded());
    assert_eq!(decision.answer(), &Answer::Issue(Reply::RecoveryCodes(codes())));
    let set = at().id::<()>("recovery codes").as_str().to_owned();
    let row = |code: &str| {
        Guard::Credential(credential::Guard::CreateRecoveryCode {
            user: facts::id("alice"),
            digest: proof::digest::sha256_b64(format!("alice\0{code}").as_bytes()),
            set: set.clone(),
            at: at().now,
        })
    };
    assert_eq!(
        decision.change().guards,
        [row("abcd-efgh"), row("ijkl-mnop"), unchanged()]
    );
    assert_eq!(
        decision.change().sure,
        [Write::Credential(credential::Write::DropOtherRecoveryCodes {
            user: facts::id("alice"),
            keep: set
        })]
    );
    assert!(!format!("{:?}", decision.change()).contains("abcd-efgh"));
    assert_ne!(
        credential::recovery_digest(&facts::id("alice"), "abcd-efgh"),
        credential::recovery_digest(&facts::id("bob"), "abcd-efgh"),
        "whoever steals the table attacks one person at a time"
    );
}

#[test]
fn what_is_not_hers_is_not_there() {
    let rows = [
        (
            Command::EndSession(facts::id("browser-of-bob")),
            Why::Absent("browser session"),
        ),
        (
            Command::RemovePasskey(facts::id("passkey-of-bob")),
            Why::Absent("passkey"),
        ),
        (Command::StopGrant(facts::id("of-bob")), Why::Absent("grant")),
        (Command::StopGrant(facts::id("of-nobody")), Why::Absent("grant")),
        (Command::StopGrant(facts::id("unheard")), Why::Absent("grant")),
        (Command::StopClient(facts::id("unheard")), Why::Absent("grant")),
    ];
    for (command, expected) in rows {
        let decision = run(&command, &loaded());
        assert_eq!(why(&decision), Some(expected.clone()), "{command:?}");
        assert_eq!(expected.code().name(), "not_found");
        assert_changes_nothing(&decision);
    }
    let nothing = Facts::default();
    assert_eq!(why(&run(&Command::StopAll, &nothing)), Some(Why::Absent("grant")));
}

#[test]
fn stopping_ends_hers_and_nothing_else() {
    let rows = [
        (Command::StopGrant(facts::id("grant-2")), vec!["grant-2"]),
        (Command::StopClient(facts::id("app")), vec!["grant-1", "grant-2"]),
        (Command::StopClient(facts::id("other")), vec!["grant-3"]),
        (Command::StopAll, vec!["grant-1", "grant-2", "grant-3"]),
    ];
    for (command, stopped) in rows {
        let decision = run(&command, &loaded());
        let writes: Vec<Write> = stopped.iter().map(|id| revoked(id)).collect();
        assert_eq!(decision.change().sure, writes, "{command:?}");
        assert_eq!(
            decision.change().guards,
            [],
            "no race can be lost: stopping twice is stopping"
        );
        let [event] = decision.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.actor.as_deref(), event.about.as_deref()),
            (EventKind::GrantRevoked, Some("alice"), Some(stopped[0]))
        );
        assert_eq!(event.body["grants"], json!(stopped));
    }
}

#[test]
fn all_of_hers_end_but_the_one_that_asks() {
    let decision = run(&Command::EndOtherSessions, &loaded());
    let ended = Write::BrowserSession(browser_session::Write::EndOthers {
        user: facts::id("alice"),
        keep: Some(facts::id("browser-1")),
        at: at().now,
    });
    assert_eq!(decision.change().sure, [ended]);
    assert_eq!(decision.change().events[0].kind, EventKind::UserSignedOut);
}

#[test]
fn a_session_is_ended_here_or_somewhere_else() {
    for id in ["browser-1", "browser-2"] {
        let decision = run(&Command::EndSession(facts::id(id)), &loaded());
        let ended = Write::BrowserSession(browser_session::Write::End {
            id: facts::id(id),
            at: at().now,
        });
        assert_eq!(decision.change().sure, [ended]);
        assert_eq!(
            (
                decision.change().events[0].kind,
                decision.change().events[0].about.as_deref()
            ),
            (EventKind::UserSignedOut, Some(id))
        );
    }
}

#[test]
fn somebody_takes_from_their_own_grant_and_from_no_other() {
    let take = |id: &str, less: Less| Command::NarrowGrant {
        id: facts::id(id),
        less: Box::new(less),
    };
    let sooner = || Less {
        expires: Some(at().now.plus(60)),
        ..Less::default()
    };
    let decision = run(&take("grant-2", sooner()), &loaded());
    let [Guard::Grant(grant::Guard::Narrow(narrowed))] = decision.change().guards.as_slice() else {
        panic!("one grant: {decision:?}")
    };
    assert_eq!((narrowed.id.as_str(), narrowed.from_epoch), ("grant-2", 0));
    assert_eq!(narrowed.authority.expires(), Some(at().now.plus(60)));
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.actor.as_deref(), event.about.as_deref()),
        (EventKind::GrantNarrowed, Some("alice"), Some("grant-2"))
    );
    for id in ["of-bob", "of-nobody", "unheard"] {
        assert_eq!(
            why(&run(&take(id, sooner()), &loaded())),
            Some(Why::Absent("grant")),
            "{id}"
        );
    }
    let more = Less {
        scopes: Some(crate::Scopes::parse("read write").unwrap()),
        ..Less::default()
    };
    let widens = Some(Why::Widens(crate::Excess::Scope(crate::Scopes::one("write"))));
    assert_eq!(why(&run(&take("grant-2", more), &loaded())), widens);
}
