//! Questions and answers as rows: whole, one step at a time, never two in one place, and gone when nobody needs them.

use kernel::{
    ApprovalId, Audience, BrowserSessionId, ClientId, Confirmation, Details, GrantId, GroupId, Guard, Moment,
    PasskeyId, Scopes, UserId, Write,
    access_request::{Asked, SubmittedAs},
    approval::{self, Approval, Asks, Clarification, Door, Gift, Origin, Panel, Places, State, Whom, Yes},
    authzen::Evaluation,
    browser_session::{Method, Presence},
    client::{Approvers, Client},
    grant::{Grant, Source},
    resource::ResourceUri,
};
use store::{Lost, Outcome};

use crate::world::{ODD, TIMES, Wanted, World, at, client, create_client, create_grant, grant, replace_client, time};

const DAY: i64 = 86_400;

/// A question to the members of finance, that waits in these places.
pub(crate) fn question(id: &str, of_client: i64, of_whom: i64) -> Approval {
    let client = ClientId::parse("machine").unwrap();
    let door = Door::Deferred(Origin::ClientCredentials);
    let asks = Asks {
        once: false,
        strength: kernel::capability::Strength::None,
        scopes: Scopes::one(id),
        details: Details::default(),
        audience: Audience::Issuer,
        message: None,
        clarified: Vec::new(),
        question: None,
    };
    Approval {
        id: ApprovalId::parse(id).unwrap(),
        payload_hash: Approval::hash(&client, &door, &asks),
        door,
        client,
        key: None,
        asks,
        whom: Whom::Members(Panel::one(GroupId::parse("finance").unwrap(), 2)),
        state: State::Asked,
        places: Some(Places { of_client, of_whom }),
        user_code_digest: None,
        interval_seconds: 5,
        started_from: None,
        submitted_as: None,
        expires: time(3_600),
        created: time(0),
        epoch: 0,
    }
}

fn of_device(id: &str, code: &str) -> Approval {
    Approval {
        door: Door::Device,
        whom: Whom::WhoeverHasTheCode,
        places: None,
        user_code_digest: Some(code.to_owned()),
        ..question(id, 0, 0)
    }
}

fn create(approval: &Approval) -> Wanted {
    Wanted::default().guard(Guard::Approval(approval::Guard::Create(Box::new(approval.clone()))))
}

fn advance(approval: &Approval) -> Wanted {
    Wanted::default().guard(Guard::Approval(approval::Guard::Advance(Box::new(approval.clone()))))
}

fn expire(approval: &Approval) -> Guard {
    Guard::Approval(approval::Guard::Expire {
        id: approval.id.clone(),
        at: approval.expires,
        yes: approval.state.yes().to_vec(),
    })
}

fn yes(approval: &Approval, by: &str) -> Yes {
    Yes {
        by: UserId::parse(by).unwrap(),
        scopes: approval.asks.scopes.clone(),
        details: approval.asks.details.clone(),
        payload_hash: approval.payload_hash.clone(),
        presence: Presence {
            session: BrowserSessionId::parse("s"),
            authenticated: time(1),
            method: Method::PasskeyVerified,
        },
        of: [GroupId::parse("finance").unwrap(), GroupId::parse("sales").unwrap()].into(),
        signed_by: PasskeyId::parse("passkey-1"),
        at: time(2),
    }
}

const LOST: Outcome = Outcome::Lost(Lost::Guard(0));

/// What is asked, with everything in it.
fn everything() -> Asks {
    let question = r#"{ "subject": { "type": "User", "id": "\u00e9\"\\", "properties": { "deep": [[1, null], {}] } }, "action": { "name": "read" },
        "resource": { "type": "record", "id": "1" }, "context": { "a": { "b": { "c": { "d": { "e": { "f": { "g": { "h": 1.5 } } } } } } } } }"#;
    let question = proof::json::parse_object_to_depth(question.as_bytes(), 16).unwrap();
    Asks {
        once: true,
        strength: kernel::capability::Strength::Biometric,
        scopes: Scopes::parse("a b").unwrap(),
        details: Details::parse(r#"[{"type":"pay","to":"A\"\u00e9","a":{"b":{"c":{"d":[1]}}}},{"type":"look"}]"#)
            .unwrap(),
        audience: Audience::Resource(ResourceUri::parse("https://mcp.example/mcp").unwrap()),
        message: Some(ODD.to_owned()),
        clarified: vec![Clarification {
            question: ODD.to_owned(),
            answer: "yes".to_owned(),
        }],
        question: Some(Box::new(Asked {
            evaluation: Evaluation::read(&question).unwrap(),
            until: Some(time(9)),
        })),
    }
}

#[tokio::test]
async fn approvals_come_back_whole_in_every_state() {
    let world = World::new().await;
    let full = Approval {
        door: Door::Deferred(Origin::RefreshToken {
            authorization: GrantId::parse("z").unwrap(),
        }),
        key: Some(Confirmation::Certificate("thumbprint".to_owned())),
        asks: everything(),
        user_code_digest: Some("digest".to_owned()),
        started_from: Some("2001:db8::1".to_owned()),
        interval_seconds: i64::MAX,
        expires: time(TIMES[0]),
        created: time(TIMES[1]),
        epoch: 7,
        ..question("full", 2, 9)
    };
    let both = vec![yes(&full, "ann"), yes(&full, "bob")];
    let gift = |id: &str| GrantId::parse(id).unwrap();
    let by = UserId::parse("ann").unwrap();
    let states = [
        State::Asked,
        State::Clarifying {
            by: by.clone(),
            question: ODD.to_owned(),
            at: time(3),
        },
        State::PartlyApproved { yes: both.clone() },
        State::Approved {
            yes: both.clone(),
            gift: Gift::New(gift("g")),
            at: time(3),
        },
        State::Approved {
            yes: both.clone(),
            gift: Gift::Standing(gift("g")),
            at: time(3),
        },
        State::Denied {
            yes: both.clone(),
            by,
            presence: yes(&full, "ann").presence,
            at: time(3),
        },
        State::Cancelled {
            yes: both.clone(),
            at: time(3),
        },
        State::Expired {
            yes: both.clone(),
            at: time(3),
        },
        State::Redeemed {
            yes: both,
            grant: gift("g"),
            at: time(3),
        },
    ];
    for (n, state) in states.into_iter().enumerate() {
        let one = Approval {
            id: ApprovalId::parse(&format!("full-{n}")).unwrap(),
            user_code_digest: Some(format!("digest-{n}")),
            submitted_as: Some(SubmittedAs {
                key: format!("key-{n}"),
                body: "b".to_owned(),
            }),
            state,
            ..full.clone()
        };
        world.put(create(&one)).await;
        let back = world.db.approval(&one.id).await.unwrap().unwrap();
        let places = one.places.filter(|_| one.state.waits());
        let found = world
            .db
            .approval_of_request(one.submitted_as.as_ref().unwrap())
            .await
            .unwrap();
        assert_eq!(found.map(|found| found.id), Some(one.id.clone()));
        assert_eq!(
            back,
            Approval { places, ..one.clone() },
            "what waits no longer has left its places"
        );
        let digest = format!("digest-{n}");
        assert_eq!(world.db.approval_of_code(&digest).await.unwrap(), Some(back.clone()));
        let gone = Approval {
            state: State::Cancelled {
                yes: vec![],
                at: time(4),
            },
            epoch: 8,
            ..one
        };
        world.put(advance(&gone)).await; // makes room for the next
    }
    assert_eq!(world.db.approvals_after("", 100).await.unwrap().len(), 9);
    assert_eq!(world.db.approvals_after("full-7", 100).await.unwrap().len(), 1);
    assert_eq!(
        world.db.approval(&ApprovalId::parse("nothing").unwrap()).await.unwrap(),
        None
    );
    assert_eq!(world.db.approval_of_code("nothing").await.unwrap(), None);
}

#[tokio::test]
async fn a_step_is_taken_once_and_only_from_where_it_was_read() {
    let world = World::new().await;
    let asked = question("a", 0, 0);
    world.put(create(&asked)).await;
    assert_eq!(world.commit(create(&asked)).await.unwrap(), LOST, "it is new once");
    let partly = asked
        .clone()
        .approve(yes(&asked, "ann"), |_| panic!("nobody is there yet to give to"))
        .unwrap();
    world.put(advance(&partly)).await;
    assert_eq!(world.commit(advance(&partly)).await.unwrap(), LOST);
    let denied = asked
        .deny(&UserId::parse("bob").unwrap(), yes(&partly, "bob").presence, time(3))
        .unwrap();
    assert_eq!(
        world.commit(advance(&denied)).await.unwrap(),
        LOST,
        "it was read before the yes"
    );
    let gift = || Gift::New(GrantId::parse("g").unwrap());
    let approved = partly.clone().approve(yes(&partly, "bob"), |_| gift()).unwrap();
    world.put(advance(&approved)).await;
    let racers: Vec<_> = (0..64)
        .map(|_| world.spawn(advance(&approved.clone().redeem(time(4)).unwrap())))
        .collect();
    let mut won = 0;
    for racer in racers {
        won += i32::from(racer.await.unwrap().unwrap() == Outcome::Committed);
    }
    assert_eq!(won, 1, "fetched once");
}

#[tokio::test]
async fn s_29_no_two_questions_wait_in_one_place_or_are_the_same() {
    let world = World::new().await;
    let first = question("a", 0, 0);
    world.put(create(&first)).await;
    for (other, claim) in [
        (question("b", 0, 1), "the place of its client"),
        (question("b", 1, 0), "the place of these people"),
        (
            Approval {
                id: ApprovalId::parse("b").unwrap(),
                places: Some(Places {
                    of_client: 1,
                    of_whom: 1,
                }),
                ..first.clone()
            },
            "the same question",
        ),
    ] {
        assert_eq!(world.commit(create(&other)).await.unwrap(), LOST, "{claim}");
    }
    let elsewhere = Approval {
        whom: Whom::Person(UserId::parse("finance").unwrap()),
        ..question("c", 0, 0)
    };
    world.put(create(&elsewhere)).await;
    let over = question("d", 0, 0);
    let wanted = create(&over);
    let not_yet = Wanted {
        guards: [expire(&Approval {
            expires: time(0),
            ..first.clone()
        })]
        .into_iter()
        .chain(wanted.guards.clone())
        .collect(),
        ..Wanted::default()
    };
    assert_eq!(world.commit(not_yet).await.unwrap(), LOST, "its time is not over");
    let in_its_place = Wanted {
        guards: [expire(&first)].into_iter().chain(wanted.guards).collect(),
        ..Wanted::default()
    };
    world.put(in_its_place).await;
    let told = world.db.approval(&first.id).await.unwrap().unwrap();
    assert_eq!(
        (told.state, told.epoch, told.places),
        (
            State::Expired {
                yes: vec![],
                at: first.expires
            },
            1,
            None
        )
    );
    let again = Wanted::default().guard(expire(&first));
    assert_eq!(world.commit(again).await.unwrap(), LOST, "told once");

    let (one, two) = (of_device("e", "code-1"), of_device("f", "code-1"));
    world.put(create(&one)).await;
    assert_eq!(
        world.commit(create(&two)).await.unwrap(),
        LOST,
        "no two devices show one code"
    );
    world.put(create(&of_device("g", "code-2"))).await;
}

#[tokio::test]
async fn s_29_of_64_racing_questions_three_find_a_place() {
    let world = World::new().await;
    let second = world.second().await;
    let nodes = [&world, &second];
    let racers: Vec<_> = (0_i64..64)
        .map(|n| nodes[usize::try_from(n % 2).unwrap()].spawn(create(&question(&format!("q-{n:02}"), n % 3, n % 10))))
        .collect();
    let mut won = 0;
    for racer in racers {
        won += i32::from(racer.await.unwrap().unwrap() == Outcome::Committed);
    }
    assert_eq!(won, 3);
}

#[tokio::test]
async fn an_interval_only_grows() {
    let world = World::new().await;
    let asked = question("a", 0, 0);
    world.put(create(&asked)).await;
    let slower = |seconds| {
        Wanted::default().sure(Write::Approval(approval::Write::SlowDown {
            id: asked.id.clone(),
            interval_seconds: seconds,
        }))
    };
    for (seconds, now) in [(10, 10), (10, 10), (5, 10), (15, 15)] {
        world.put(slower(seconds)).await;
        let back = world.db.approval(&asked.id).await.unwrap().unwrap();
        assert_eq!((back.interval_seconds, back.epoch), (now, 0), "no step of the machine");
    }
}

#[tokio::test]
async fn limits_see_a_day_of_the_same_people_the_newest_first() {
    let world = World::new().await;
    let at_time = |seconds: i64| -> ApprovalId {
        Moment {
            now: time(seconds),
            ..at(0)
        }
        .id("approval")
    };
    let now = 100 * DAY;
    let mut ids = Vec::new();
    for (n, age) in [0, DAY - 1, DAY + 1].into_iter().enumerate() {
        let n = i64::try_from(n).unwrap();
        let id = at_time(now - age);
        ids.push(id.clone());
        world
            .put(create(&Approval {
                id,
                ..question(&format!("q{n}"), n, n)
            }))
            .await;
    }
    let finance = question("x", 0, 0).whom;
    let seen: Vec<ApprovalId> = world
        .db
        .approvals_lately(&finance, time(now))
        .await
        .unwrap()
        .into_iter()
        .map(|approval| approval.id)
        .collect();
    assert_eq!(seen, ids.get(..2).unwrap());
    let sales = Whom::Members(Panel::one(GroupId::parse("sales").unwrap(), 2));
    assert!(world.db.approvals_lately(&sales, time(now)).await.unwrap().is_empty());
    let person = Whom::Person(UserId::parse("finance").unwrap());
    assert!(
        world.db.approvals_lately(&person, time(now)).await.unwrap().is_empty(),
        "a person is no group"
    );
}

#[tokio::test]
async fn what_asks_several_groups_is_found_by_each_and_by_no_other() {
    let world = World::new().await;
    let panel = |groups: &[(&str, u8)]| {
        let asked = groups.iter().map(|(group, quorum)| kernel::policy::Approvers {
            group: (*group).to_owned(),
            quorum: *quorum,
        });
        Whom::Members(Panel::demanded(&asked.collect()).unwrap())
    };
    let now = 100 * DAY;
    let mut rows = Vec::new();
    for (n, whom) in [
        panel(&[("finance", 1)]),
        panel(&[("finance", 2), ("security", 1)]),
        panel(&[("it-security", 1), ("security_a", 1)]),
    ]
    .into_iter()
    .enumerate()
    {
        let n = i64::try_from(n).unwrap();
        let id: ApprovalId = Moment {
            now: time(now - n),
            ..at(0)
        }
        .id("approval");
        let row = Approval {
            id,
            whom,
            ..question(&format!("q{n}"), n, n)
        };
        world.put(create(&row)).await;
        assert_eq!(
            world.db.approval(&row.id).await.unwrap().as_ref(),
            Some(&row),
            "as it was put"
        );
        rows.push(row);
    }
    for (group, found) in [
        ("finance", vec![0, 1]),
        ("security", vec![1]),
        ("it-security", vec![2]),
        ("security_a", vec![2]),
        ("securityXa", vec![]),
        ("sales", vec![]),
    ] {
        let group = GroupId::parse(group).unwrap();
        let mut lately = world.db.approvals_lately_of_group(&group, time(now)).await.unwrap();
        lately.sort_by(|a, b| b.id.cmp(&a.id));
        let expected: Vec<Approval> = found.into_iter().filter_map(|n| rows.get(n).cloned()).collect();
        assert_eq!(lately, expected, "{group}");
    }
    let whole = &rows.get(1).unwrap().whom;
    let of_both = world.db.approvals_lately(whole, time(now)).await.unwrap();
    assert_eq!(of_both.len(), 1, "the limits of a panel are its own");
}

#[tokio::test]
async fn rows_go_after_a_month_and_codes_that_nobody_typed_after_an_hour() {
    let world = World::new().await;
    let id = |seconds: i64, n: u8| -> ApprovalId {
        Moment {
            now: time(seconds),
            seed: [n; 32],
        }
        .id("approval")
    };
    let now = 100 * DAY;
    let mut expected = Vec::new();
    for (n, (age, claimed, stays)) in [
        (3_600, false, true),
        (3_601, false, false),
        (3_601, true, true),
        (30 * DAY, true, true),
        (30 * DAY + 1, true, false),
    ]
    .into_iter()
    .enumerate()
    {
        let place = i64::try_from(n).unwrap();
        let one = if claimed {
            question(&format!("q{n}"), place % 3, place)
        } else {
            of_device(&format!("q{n}"), &format!("code-{n}"))
        };
        let one = Approval {
            id: id(now - age, u8::try_from(n).unwrap()),
            ..one
        };
        world.put(create(&one)).await;
        expected.push((one.id, age, stays));
    }
    for _ in 0..2 {
        world.store().sweep_people(time(now)).await.unwrap();
        for (id, age, stays) in &expected {
            assert_eq!(
                world.db.approval(id).await.unwrap().is_some(),
                *stays,
                "{age} seconds old"
            );
        }
    }
}

#[tokio::test]
async fn approvers_of_a_client_and_grants_by_approval_come_back_whole() {
    let world = World::new().await;
    let approvers = Approvers::new(GroupId::parse("finance").unwrap(), 10);
    let with = Client {
        approvers: approvers.clone(),
        ..client("machine")
    };
    world.put(Wanted::default().guard(create_client(with.clone()))).await;
    assert_eq!(world.db.client(&with.id).await.unwrap(), Some(with.clone()));
    let without = Client {
        approvers: None,
        epoch: with.epoch + 1,
        ..with.clone()
    };
    world
        .put(Wanted::default().guard(replace_client(without.clone(), with.epoch)))
        .await;
    assert_eq!(world.db.client(&with.id).await.unwrap(), Some(without));
    let grant = Grant {
        source: Source::Approval(ApprovalId::parse("a").unwrap()),
        ..grant("g")
    };
    world.put(Wanted::default().guard(create_grant(grant.clone()))).await;
    assert_eq!(world.db.grant(&grant.id).await.unwrap(), Some(grant));
}
