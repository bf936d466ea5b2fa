//! Many want the same code, line, recovery code, passkey or request at once, on one store and on two: one gets it, and everybody else hears exactly that.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::time::Duration;

use kernel::{
    ClientId, CodeId, EventKind, FamilyId, GroupId, Guard, Write,
    authorization_code::AuthorizationCode,
    credential::Passkey,
    sign_in::Known,
    user::{Login, User},
};
use store::{Lost, Outcome};

use crate::{
    people::{
        by_document, child, code, create_code, create_family, create_group, create_passkey, create_recovery_code,
        create_session, create_user, current, drop_client, drop_other_codes, end_other_sessions, end_session, family,
        group, keep_client, passkey, put_document, redeem, registered_itself, replace_user, root, session,
        session_live, turn, use_passkey, use_recovery_code, user, user_id, user_unchanged,
    },
    races::{RACERS, count, one_and, race, together},
    world::{Wanted, World, create_client, create_grant, event, live, unchanged},
};

const ROUNDS: usize = 5;

/// Lets 64 tasks race for one thing, round by round, on one store and then on two; `begin` makes the thing, `want` is what a racer wants, its guard for the thing first.
async fn races_for_one_thing(begin: impl Fn(usize) -> Wanted, want: impl Fn(usize, usize) -> Wanted) -> World {
    let first = World::new().await;
    let second = first.second().await;
    let mut won = 0;
    for (round, worlds) in (0..ROUNDS)
        .map(|round| (round, vec![&first]))
        .chain((ROUNDS..3 * ROUNDS).map(|round| (round, vec![&first, &second])))
    {
        first.put(begin(round)).await;
        let racers = (0..RACERS).map(|n| want(round, n).event(event(EventKind::TokenIssued)));
        assert_eq!(
            count(race(&worlds, racers).await),
            one_and(RACERS - 1, Lost::Guard(0)),
            "round {round}"
        );
        won += 1;
    }
    assert_eq!(first.whole_log().await, won, "a loser leaves no event");
    first
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s_07_of_64_who_redeem_one_code_one_gets_an_authorization() {
    let world = races_for_one_thing(
        |round| Wanted::default().guard(create_code(code(&format!("c{round}")))),
        |round, n| {
            let authorization = format!("g{round}-{n}");
            Wanted::default()
                .guard(redeem(&format!("c{round}"), &authorization))
                .guard(create_grant(child(&authorization, "root")))
                .guard(create_family(family(&format!("f{round}-{n}"), &authorization)))
        },
    )
    .await;
    let made = world.db.grants_after("", 1_000).await.unwrap();
    assert_eq!(made.len(), 3 * ROUNDS, "what a loser made besides is undone");
    for (round, grant) in (0..3 * ROUNDS).map(|round| (round, CodeId::parse(&format!("c{round}")).unwrap())) {
        let code = world.db.authorization_code(&grant).await.unwrap().unwrap();
        assert!(
            made.iter().any(|grant| Some(&grant.id) == code.redeemed.as_ref()),
            "round {round}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s_16_of_64_who_turn_one_line_one_turns_it() {
    let world = races_for_one_thing(
        |round| match round {
            0 => Wanted::default().guard(create_family(family("f", "g"))),
            _ => Wanted::default(),
        },
        |round, n| Wanted::default().guard(turn("f", i64::try_from(round).unwrap(), &format!("r{round}-{n}"))),
    )
    .await;
    let line = world.db.family(&FamilyId::parse("f").unwrap()).await.unwrap().unwrap();
    assert_eq!(line.generation, i64::try_from(3 * ROUNDS).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_use_one_recovery_code_one_signs_in() {
    let world = races_for_one_thing(
        |round| Wanted::default().guard(create_recovery_code("alice", &format!("r{round}"), "set")),
        |round, n| {
            Wanted::default()
                .guard(use_recovery_code("alice", &format!("r{round}")))
                .guard(create_session(session(&format!("s{round}-{n}"))))
        },
    )
    .await;
    let sessions = world.db.browser_sessions_after("", 1_000).await.unwrap();
    assert_eq!(sessions.len(), 3 * ROUNDS);
    assert_eq!(world.db.recovery_codes_left(&user_id("alice")).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_show_one_counter_of_a_passkey_one_signs_in() {
    let world = races_for_one_thing(
        |round| match round {
            0 => Wanted::default().guard(create_passkey(passkey("p"))),
            _ => Wanted::default(),
        },
        |round, n| {
            let from = i64::try_from(round).unwrap();
            Wanted::default()
                .guard(use_passkey("p", from, from + 1))
                .guard(create_session(session(&format!("s{round}-{n}"))))
        },
    )
    .await;
    let sessions = world.db.browser_sessions_after("", 1_000).await.unwrap();
    assert_eq!(sessions.len(), 3 * ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_answers_to_one_request_one_counts() {
    let world = races_for_one_thing(
        |_| Wanted::default(),
        |round, n| {
            let answer = AuthorizationCode {
                request: format!("request {round}"),
                ..code(&format!("c{round}-{n}"))
            };
            Wanted::default()
                .guard(create_code(answer))
                .guard(create_grant(root(&format!("g{round}-{n}"))))
        },
    )
    .await;
    assert_eq!(world.db.grants_after("", 1_000).await.unwrap().len(), 3 * ROUNDS);
    let answer = world.db.authorization_code_of_request("request 7").await.unwrap();
    assert!(answer.is_some_and(|code| code.id.as_str().starts_with("c7-")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_want_one_login_or_one_credential_one_has_it() {
    let world = races_for_one_thing(
        |_| Wanted::default(),
        |round, n| {
            let new = User {
                login: Login::parse(&format!("login{round}@demo.test")).unwrap(),
                ..user(&format!("u{round}-{n}"))
            };
            Wanted::default().guard(create_user(new))
        },
    )
    .await;
    assert_eq!(world.db.users_after("", 1_000).await.unwrap().len(), 3 * ROUNDS);
    let world = races_for_one_thing(
        |_| Wanted::default(),
        |round, n| {
            let new = Passkey {
                credential: format!("credential {round}"),
                ..passkey(&format!("p{round}-{n}"))
            };
            Wanted::default().guard(create_passkey(new))
        },
    )
    .await;
    assert_eq!(world.db.passkeys(&user_id("alice")).await.unwrap().len(), 3 * ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_replace_or_drop_what_they_read_one_wins() {
    let world = races_for_one_thing(
        |round| match round {
            0 => Wanted::default().guard(create_user(user("alice"))),
            _ => Wanted::default(),
        },
        |round, n| {
            let epoch = i64::try_from(round).unwrap();
            let new = User {
                epoch: epoch + 1,
                memberships: [GroupId::parse(&format!("g{n}")).unwrap()].into(),
                ..user("alice")
            };
            Wanted::default().guard(replace_user(new, epoch))
        },
    )
    .await;
    let alice = world.db.user(&user_id("alice")).await.unwrap().unwrap();
    assert_eq!(alice.epoch, i64::try_from(3 * ROUNDS).unwrap());
    let world = races_for_one_thing(
        |round| Wanted::default().guard(create_client(registered_itself(&format!("c{round}"), 9))),
        |round, _| Wanted::default().guard(drop_client(&format!("c{round}"), 0)),
    )
    .await;
    assert_eq!(world.db.clients_after("", 9).await.unwrap(), []);
}

/// Many sign-ins by a document that nobody knew before: all of them count, and there is one row.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_bring_one_document_at_once_all_commit() {
    const ID: &str = "https://client.example/metadata.json";
    let first = World::new().await;
    let second = first.second().await;
    let racers = (0..RACERS).map(|n| {
        Wanted::default()
            .guard(create_grant(root(&format!("g{n}"))))
            .guard(put_document(by_document(ID, i64::try_from(n).unwrap())))
    });
    let outcomes = race(&[&first, &second], racers).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Committed));
    let row = first.db.client(&ClientId::parse(ID).unwrap()).await.unwrap().unwrap();
    assert_eq!(row.epoch, 0, "the same basis each time");
    assert_eq!(first.db.clients_after("", 9).await.unwrap().len(), 1);
}

/// An answer that only another one's undone effect stood in the way of is given.
#[tokio::test]
async fn who_lost_only_to_the_undone_effect_of_a_loser_commits() {
    let world = World::new().await;
    world
        .put(
            Wanted::default()
                .guard(create_group(group("taken")))
                .guard(create_user(user("alice")))
                .guard(create_passkey(passkey("p")))
                .guard(create_code(code("c")))
                .guard(create_family(family("f", "g")))
                .guard(create_session(session("s")))
                .guard(create_recovery_code("alice", "r", "set")),
        )
        .await;
    let fails = || create_group(group("taken"));
    let request = |id: &str| {
        create_code(AuthorizationCode {
            request: "one request".to_owned(),
            ..code(id)
        })
    };
    let login = |id: &str| {
        create_user(User {
            login: Login::parse("one-login").unwrap(),
            ..user(id)
        })
    };
    let credential = |id: &str| {
        create_passkey(Passkey {
            credential: "one credential".to_owned(),
            ..passkey(id)
        })
    };
    let twice: [(Guard, Guard); 7] = [
        (redeem("c", "zzz"), redeem("c", "aaa")),
        (turn("f", 0, "zzz"), turn("f", 0, "aaa")),
        (use_recovery_code("alice", "r"), use_recovery_code("alice", "r")),
        (use_passkey("p", 0, 2), use_passkey("p", 0, 1)),
        (request("zzz"), request("aaa")),
        (login("zzz"), login("aaa")),
        (credential("zzz"), credential("aaa")),
    ];
    for (one, other) in twice {
        let claim = format!("{one:?}");
        let outcomes = together(
            &world,
            [
                Wanted::default().guard(one).guard(fails()),
                Wanted::default().guard(other),
            ],
        )
        .await;
        assert_eq!(outcomes, [Outcome::Lost(Lost::Guard(1)), Outcome::Committed], "{claim}");
    }
    let ends: Wanted = Wanted::default().sure(end_session("s", 1)).guard(fails());
    let relies = Wanted::default().guard(session_live("s"));
    assert_eq!(
        together(&world, [ends, relies]).await,
        [Outcome::Lost(Lost::Guard(0)), Outcome::Committed]
    );
    assert_eq!(
        world.db.recovery_code_unused(&user_id("alice"), "r").await.unwrap(),
        Known::No
    );
}

/// A change as an authorization makes it, and one as a person or an administrator makes against it, on two nodes whose server would not end a circle of waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_that_rely_on_people_and_end_what_is_theirs_never_deadlock() {
    const BOUND: Duration = Duration::from_secs(100);
    let (first, second) = crate::two_stores::two_that_would_hang().await;
    for n in 0..4 {
        let bobs = format!("u{n}");
        first
            .put(
                Wanted::default()
                    .guard(create_user(user(&bobs)))
                    .guard(create_client(registered_itself(&format!("c{n}"), 900)))
                    .guard(create_grant(root(&format!("g{n}"))))
                    .guard(create_family(family(&format!("f{n}"), &format!("g{n}")))),
            )
            .await;
        for m in 0..3 {
            let theirs = kernel::browser_session::BrowserSession {
                user: user_id(&bobs),
                ..session(&format!("s{n}-{m}"))
            };
            first.put(Wanted::default().guard(create_session(theirs))).await;
        }
    }
    let mut running = Vec::new();
    for round in 0..400 {
        for (world, n) in [(&first, round % 4), (&second, 3 - round % 4)] {
            // The guards of an answer, in the order in which a decision names them, over all four people.
            let relies = (0..4).map(|m| (n + m) % 4).fold(Wanted::default(), |wanted, m| {
                wanted
                    .guard(live(&format!("g{m}"), 1))
                    .guard(unchanged(&format!("c{m}"), 0))
                    .guard(user_unchanged(&format!("u{m}"), 0))
                    .guard(session_live(&format!("s{m}-0")))
                    .guard(current(&format!("f{m}"), 0))
            });
            let keeps = relies.clone().sure(keep_client(&format!("c{n}")));
            // Who ends sessions keeps the one that others rely on, so that nothing but locks decides.
            let ends = Wanted::default()
                .guard(user_unchanged(&format!("u{n}"), 0))
                .sure(end_other_sessions(&format!("u{n}"), Some(&format!("s{n}-0")), 1))
                .sure(drop_other_codes(&format!("u{n}"), "set"));
            let renames = Wanted::default().guard(replace_user(user(&format!("u{n}")), 0));
            running.extend([relies, keeps, ends, renames].map(|wanted| world.spawn(wanted)));
        }
    }
    for change in running {
        let outcome = tokio::time::timeout(BOUND, change)
            .await
            .expect("an answer in time")
            .unwrap()
            .expect("no fault, above all no deadlock");
        assert_eq!(outcome, Outcome::Committed);
    }
}

/// Whoever answered a sign-out is obeyed by both nodes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_relies_on_a_session_after_it_was_ended_is_lost_on_every_store() {
    let first = World::new().await;
    let second = first.second().await;
    for round in 0..20 {
        let id = format!("s{round}");
        first.put(Wanted::default().guard(create_session(session(&id)))).await;
        let answer = |n: usize| {
            Wanted::default()
                .guard(create_code(code(&format!("c{round}-{n}"))))
                .guard(session_live(&id))
        };
        let early: Vec<_> = (0..20)
            .map(|n| if n % 2 == 0 { &first } else { &second }.spawn(answer(n)))
            .collect();
        let end: Write = if round % 2 == 0 {
            end_session(&id, 1)
        } else {
            end_other_sessions("alice", None, 1)
        };
        second.put(Wanted::default().sure(end)).await;
        for n in 20..40 {
            let late = if n % 2 == 0 { &first } else { &second }.spawn(answer(n));
            assert_eq!(
                late.await.unwrap().unwrap(),
                Outcome::Lost(Lost::Guard(1)),
                "round {round}"
            );
        }
        for (n, change) in early.into_iter().enumerate() {
            let there = |code: Option<AuthorizationCode>| code.is_some();
            let id = CodeId::parse(&format!("c{round}-{n}")).unwrap();
            let committed = change.await.unwrap().unwrap() == Outcome::Committed;
            assert_eq!(there(first.db.authorization_code(&id).await.unwrap()), committed);
        }
    }
}
