//! What waits, one question in each of its states, and the code of a device.

use pages::{
    AnswerProblem, Answered, App, Approval, Approvals, Ceremony, Device, DeviceProblem, Identity, Item, Language, Part,
    Particular, Place, Question, Quorum, Sought, Stands, Way,
};

use super::{
    CEREMONY, CSRF, DAY, GET_OPTIONS, HOSTILE, LONG_NAME, NOW, TOMORROW_AT_NINE, atlas, calendar,
    consent::{exactly_hostile, payment},
    hostile, hostile_frame, read, signed_in, stranger, write,
};

pub(crate) fn of_device() -> Approval<'static> {
    Approval {
        id: "approval-1",
        csrf: CSRF,
        seen: "seen-hash",
        app: atlas(),
        way: Way::Device,
        place: Some(calendar()),
        items: vec![read(), write()],
        particulars: Vec::new(),
        sought: None,
        decided: Vec::new(),
        forbidden: Vec::new(),
        claim: None,
        asked_at: NOW - 60,
        from: Some("192.0.2.7"),
        ends_at: NOW + 540,
        lasts_seconds: 180 * DAY,
        quorum: Vec::new(),
        once: false,
        stands: Stands::Open,
        ceremony: None,
        problem: None,
        details: vec![
            ("approval", "approval-1".to_owned()),
            ("client_id", "atlas".to_owned()),
            ("payload_hash", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned()),
        ],
    }
}

pub(crate) fn of_machine() -> Approval<'static> {
    Approval {
        way: Way::Machine,
        claim: Some("for the report of May"),
        from: None,
        ends_at: TOMORROW_AT_NINE,
        lasts_seconds: DAY,
        quorum: vec![Quorum {
            group: "Finance",
            needed: 2,
            yes: 1,
        }],
        ..of_device()
    }
}

/// What a gateway asks about.
const SOUGHT: Sought<'static> = Sought {
    subject: "alice@demo.test",
    action: "delete",
    resource: "record-1",
};

fn asked_about() -> Particular<'static> {
    Particular {
        digest: "",
        name: "delete",
        sentence: vec![
            Part::Value("alice@demo.test"),
            Part::Words(" · "),
            Part::Value("delete"),
            Part::Words(" · "),
            Part::Value("record-1"),
        ],
        language: "",
        remarks: vec![
            ("action.properties.soft", vec!["false"]),
            ("resource.type", vec!["record"]),
            ("subject.type", vec!["User"]),
        ],
    }
}

/// A question of a program that wants no authority.
pub(crate) fn of_question() -> Approval<'static> {
    Approval {
        way: Way::Question,
        place: None,
        items: Vec::new(),
        particulars: vec![asked_about()],
        sought: Some(SOUGHT),
        claim: Some("the customer asked for it"),
        from: None,
        lasts_seconds: 300,
        ..of_device()
    }
}

pub(crate) fn approvals(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "/approvals");
    let many = Question {
        items: vec![read(), write(), read(), write(), read(), write()],
        ..waiting(stranger(), Way::More, Some(calendar()))
    };
    let who = Question {
        items: vec![Item {
            scope: "openid",
            words: "recognise you when you come back",
        }],
        ..waiting(atlas(), Way::Device, None)
    };
    let of_group = Question {
        claim: Some("for the report of May"),
        quorum: vec![Quorum {
            group: "Finance",
            needed: 2,
            yes: 1,
        }],
        ..waiting(atlas(), Way::Machine, Some(calendar()))
    };
    let pays = Question {
        items: Vec::new(),
        particulars: vec![payment(language)],
        ..waiting(atlas(), Way::Device, Some(calendar()))
    };
    let about = Question {
        items: Vec::new(),
        particulars: vec![asked_about()],
        sought: Some(SOUGHT),
        ..waiting(stranger(), Way::Question, None)
    };
    let over = |stands, way| Answered {
        question: waiting(atlas(), way, Some(calendar())),
        stands,
    };
    let lists = Approvals {
        waiting: vec![
            waiting(atlas(), Way::Device, Some(calendar())),
            many,
            of_group,
            who,
            pays,
            about,
        ],
        answered: vec![
            over(Stands::Fetched, Way::Device),
            over(Stands::Denied, Way::More),
            over(Stands::OthersMust, Way::Machine),
            over(Stands::Expired, Way::Machine),
        ],
    };
    add("approvals", pages::approvals(&frame, &lists));
    let only_answered = Approvals {
        waiting: Vec::new(),
        ..lists
    };
    add("approvals-answered", pages::approvals(&frame, &only_answered));
    let nothing = Approvals {
        waiting: Vec::new(),
        answered: Vec::new(),
    };
    add("approvals-empty", pages::approvals(&frame, &nothing));
    let frame = signed_in(language, "/device");
    for (name, typed, problem) in [
        ("device", "", None),
        ("device-unknown", "WDJB-MJHX", Some(DeviceProblem::Unknown)),
        ("device-too-many-tries", HOSTILE, Some(DeviceProblem::TooManyTries)),
    ] {
        let page = Device {
            csrf: CSRF,
            typed,
            problem,
        };
        add(name, pages::device(&frame, &page));
    }
    questions(language, add);
    of_hostile_people(language, add);
}

fn waiting<'a>(app: App<'a>, way: Way, place: Option<Place<'a>>) -> Question<'a> {
    Question {
        id: "approval-1",
        app,
        way,
        place,
        items: vec![read(), write()],
        particulars: Vec::new(),
        sought: None,
        claim: None,
        quorum: Vec::new(),
        asked_at: NOW - 60,
        ends_at: TOMORROW_AT_NINE,
    }
}

/// Questions whose yes a passkey signs, and answers that were none.
fn signed(show: &mut impl FnMut(&str, Approval<'_>)) {
    let asked = |options| {
        Some(Ceremony {
            sealed: CEREMONY,
            options,
        })
    };
    for (name, page, problem) in [
        ("by-passkey", of_device(), None),
        ("question-by-passkey", of_question(), None),
        (
            "machine-unsigned",
            Approval {
                once: true,
                ..of_machine()
            },
            Some(AnswerProblem::Unsigned),
        ),
        ("took-too-long", of_device(), Some(AnswerProblem::TookTooLong)),
    ] {
        let page = Approval {
            stands: Stands::ByPasskey,
            ceremony: asked(GET_OPTIONS),
            problem,
            ..page
        };
        show(&format!("approval-{name}"), page);
    }
    show(
        "approval-without-passkey",
        Approval {
            stands: Stands::ByPasskey,
            ceremony: asked(""),
            ..of_machine()
        },
    );
    show(
        "approval-too-late",
        Approval {
            stands: Stands::Approved,
            problem: Some(AnswerProblem::TooLate),
            ..of_machine()
        },
    );
}

fn questions(language: Language, add: &mut impl FnMut(&str, String)) {
    let one = signed_in(language, "/approvals/approval-1");
    let mut show = |name: &str, page: Approval<'_>| add(name, pages::approval(&one, &page));
    show("approval-device", of_device());
    show("approval-machine", of_machine());
    show("approval-question", of_question());
    for (name, stands) in [
        ("approval-question-approved", Stands::Approved),
        ("approval-question-over", Stands::Fetched),
        ("approval-question-others-only", Stands::OthersOnly),
    ] {
        show(
            name,
            Approval {
                stands,
                ..of_question()
            },
        );
    }
    show(
        "approval-question-unverified",
        Approval {
            app: stranger(),
            stands: Stands::NoOnly,
            ..of_question()
        },
    );
    show(
        "approval-more",
        Approval {
            way: Way::More,
            app: stranger(),
            place: None,
            items: vec![read()],
            decided: vec![write()],
            forbidden: vec![Item {
                scope: "delete",
                words: "delete your calendar",
            }],
            ..of_device()
        },
    );
    show(
        "approval-nothing",
        Approval {
            items: Vec::new(),
            ..of_device()
        },
    );
    show(
        "approval-exact",
        Approval {
            particulars: vec![payment(language)],
            details: vec![("authorization_details", "{\"type\":\"payment\"}".to_owned())],
            ..of_device()
        },
    );
    show(
        "approval-machine-exact-alone",
        Approval {
            items: Vec::new(),
            particulars: vec![payment(language)],
            ..of_machine()
        },
    );
    signed(&mut show);
    for (name, stands) in [
        ("approval-no-only", Stands::NoOnly),
        ("approval-approved", Stands::Approved),
        ("approval-fetched", Stands::Fetched),
        ("approval-denied", Stands::Denied),
        ("approval-cancelled", Stands::Cancelled),
        ("approval-expired", Stands::Expired),
    ] {
        show(name, Approval { stands, ..of_device() });
    }
    for (name, stands) in [
        ("approval-others-must", Stands::OthersMust),
        ("approval-enough-of-yours", Stands::EnoughOfTheirs),
        ("approval-machine-approved", Stands::Approved),
    ] {
        show(name, Approval { stands, ..of_machine() });
    }
    show(
        "approval-long",
        Approval {
            app: App {
                name: LONG_NAME,
                client_id: "long",
                identity: Identity::Registered,
            },
            ..of_machine()
        },
    );
}

fn of_hostile_people(language: Language, add: &mut impl FnMut(&str, String)) {
    let words = Item {
        scope: HOSTILE,
        words: HOSTILE,
    };
    add(
        "approval-hostile",
        pages::approval(
            &hostile_frame(language),
            &Approval {
                app: hostile(),
                claim: Some(HOSTILE),
                from: Some(HOSTILE),
                items: vec![words.clone()],
                particulars: vec![exactly_hostile()],
                decided: vec![words.clone()],
                forbidden: vec![words],
                quorum: vec![Quorum {
                    group: HOSTILE,
                    needed: 2,
                    yes: 1,
                }],
                details: vec![("client_id", HOSTILE.to_owned())],
                ..of_machine()
            },
        ),
    );
    add(
        "approvals-hostile",
        pages::approvals(
            &hostile_frame(language),
            &Approvals {
                waiting: vec![Question {
                    claim: Some(HOSTILE),
                    quorum: vec![Quorum {
                        group: HOSTILE,
                        needed: 2,
                        yes: 1,
                    }],
                    items: vec![Item {
                        scope: HOSTILE,
                        words: HOSTILE,
                    }],
                    ..waiting(hostile(), Way::More, None)
                }],
                answered: vec![Answered {
                    question: waiting(hostile(), Way::Machine, None),
                    stands: Stands::Denied,
                }],
            },
        ),
    );
}
