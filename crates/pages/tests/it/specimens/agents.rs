//! Connected agents.

use pages::{
    Agent, Agents, AgentsNotice, App, DecidedBy, Give, GiveProblem, Grant, GrantNotice, GrantRow, Identity, Item,
    Language, Live, Picking, Place, Power,
};

use super::{
    CSRF, DAY, HOSTILE, LONG_NAME, NOW, TOMORROW_AT_NINE, atlas, calendar, hostile, hostile_frame, read, signed_in,
    stranger, write,
};

pub(crate) fn grant(id: &str) -> GrantRow<'_> {
    GrantRow {
        id,
        place: Some(calendar()),
        items: vec![read(), write()],
        particulars: Vec::new(),
        given_at: NOW - 21 * DAY,
        expires_at: Some(TOMORROW_AT_NINE),
        last_used_at: Some(NOW - 180),
        live: Live::Sessions(2),
        decided_by: DecidedBy::You,
    }
}

pub(crate) fn two_agents() -> Vec<Agent<'static>> {
    let wiki = Some(Place {
        name: "Wiki",
        uri: "https://wiki.demo.test",
    });
    let idle = GrantRow {
        place: wiki,
        items: vec![Item {
            scope: "wiki:read",
            words: "read every page you can read",
        }],
        expires_at: None,
        last_used_at: None,
        live: Live::Nothing,
        decided_by: DecidedBy::Organisation,
        ..grant("grant-2")
    };
    let one = GrantRow {
        live: Live::Sessions(1),
        place: None,
        items: Vec::new(),
        particulars: Vec::new(),
        ..grant("grant-3")
    };
    vec![
        Agent {
            app: atlas(),
            grants: vec![grant("grant-1"), idle],
        },
        Agent {
            app: stranger(),
            grants: vec![one],
        },
    ]
}

/// Who somebody is, and one payment twice that differs in what its sentence does not say.
fn other_kinds(language: Language) -> Vec<Agent<'static>> {
    let who = GrantRow {
        place: None,
        items: vec![Item {
            scope: "email",
            words: "know your e-mail address",
        }],
        live: Live::Sessions(1),
        ..grant("grant-4")
    };
    let pays = GrantRow {
        items: Vec::new(),
        particulars: vec![super::consent::payment(language)],
        last_used_at: None,
        ..grant("grant-5")
    };
    let mut again = pays.clone();
    again.id = "grant-6";
    for payment in &mut again.particulars {
        payment.remarks = vec![("purpose", vec!["coat stand"])];
    }
    vec![Agent {
        app: stranger(),
        grants: vec![who, pays, again],
    }]
}

pub(crate) fn agents(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "/agents");
    let mut show = |name: &str, agents: Vec<Agent<'_>>, notice| {
        add(
            name,
            pages::agents(
                &frame,
                &Agents {
                    csrf: CSRF,
                    agents,
                    notice,
                },
            ),
        );
    };
    show("agents", two_agents(), None);
    show("agents-other-kinds", other_kinds(language), None);
    show("agents-empty", Vec::new(), None);
    show("agents-stopped", two_agents(), Some(AgentsNotice::Stopped));
    show("agents-stopped-all", Vec::new(), Some(AgentsNotice::StoppedAll));
    show("agents-reduced", two_agents(), Some(AgentsNotice::Reduced));
    let long = App {
        name: LONG_NAME,
        client_id: "long",
        identity: Identity::Registered,
    };
    let long = Agent {
        app: long,
        grants: vec![grant("grant-1")],
    };
    let item = Item {
        scope: HOSTILE,
        words: HOSTILE,
    };
    let row = GrantRow {
        items: vec![item],
        place: Some(Place {
            name: HOSTILE,
            uri: HOSTILE,
        }),
        ..grant(HOSTILE)
    };
    let hostile = Agent {
        app: hostile(),
        grants: vec![row],
    };
    show(
        "agents-many",
        (0..12).flat_map(|_| two_agents()).chain([long]).collect(),
        None,
    );
    add(
        "agents-hostile",
        pages::agents(
            &hostile_frame(language),
            &Agents {
                csrf: HOSTILE,
                agents: vec![hostile],
                notice: None,
            },
        ),
    );
}

/// One grant, with everything that can be taken from it.
pub(crate) fn one_grant() -> Grant<'static> {
    Grant {
        id: "grant-1",
        csrf: CSRF,
        app: atlas(),
        place: Some(calendar()),
        items: vec![read(), write()],
        particulars: Vec::new(),
        powers: vec![
            Power {
                name: "purchase",
                words: "may purchase: amount at most 50.00 EUR; at most 3 a day, at most 100.00 EUR a day",
                a_day: "3".to_owned(),
                in_all: String::new(),
                amounts: vec![("EUR".to_owned(), "100".to_owned())],
            },
            Power {
                name: "read_profile",
                words: "may read_profile: anything, without limits",
                a_day: String::new(),
                in_all: String::new(),
                amounts: vec![(String::new(), String::new())],
            },
        ],
        given_at: NOW - 21 * DAY,
        expires_at: Some(TOMORROW_AT_NINE),
        days: ("2026-11-26", "2026-11-27"),
        notice: None,
    }
}

pub(crate) fn grants(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "/agents/grants/grant-1");
    add("grant", pages::grant(&frame, &one_grant()));
    for (name, notice) in [
        ("grant-reduced", GrantNotice::Reduced),
        ("grant-more", GrantNotice::More),
        ("grant-nothing-left", GrantNotice::Nothing),
    ] {
        let page = Grant {
            notice: Some(notice),
            ..one_grant()
        };
        add(name, pages::grant(&frame, &page));
    }
    let exact = Grant {
        items: Vec::new(),
        powers: Vec::new(),
        particulars: vec![super::consent::payment(language)],
        expires_at: None,
        days: ("2026-11-26", ""),
        ..one_grant()
    };
    add("grant-exact", pages::grant(&frame, &exact));
    let bare = Grant {
        items: Vec::new(),
        powers: Vec::new(),
        app: stranger(),
        place: None,
        ..one_grant()
    };
    add("grant-bare", pages::grant(&frame, &bare));
    let long = Grant {
        app: App {
            name: LONG_NAME,
            client_id: "long",
            identity: Identity::Registered,
        },
        ..one_grant()
    };
    add("grant-long", pages::grant(&frame, &long));
    let hostile = Grant {
        app: hostile(),
        items: vec![Item {
            scope: HOSTILE,
            words: HOSTILE,
        }],
        particulars: vec![super::consent::exactly_hostile()],
        powers: vec![Power {
            name: HOSTILE,
            words: HOSTILE,
            a_day: HOSTILE.to_owned(),
            in_all: HOSTILE.to_owned(),
            amounts: vec![(HOSTILE.to_owned(), HOSTILE.to_owned())],
        }],
        ..one_grant()
    };
    add("grant-hostile", pages::grant(&hostile_frame(language), &hostile));
}

pub(crate) fn gifts(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "/agents/give");
    let of = |app: App<'static>, place: Place<'static>| Picking {
        apps: vec![super::editor(), app],
        places: vec![calendar(), place],
    };
    let wiki = Place {
        name: "Wiki",
        uri: "https://wiki.demo.test",
    };
    add("give-pick", pages::pick(&frame, &of(atlas(), wiki.clone())));
    let nothing = Picking {
        apps: Vec::new(),
        places: Vec::new(),
    };
    add("give-empty", pages::pick(&frame, &nothing));
    let odd = Place {
        name: HOSTILE,
        uri: HOSTILE,
    };
    add(
        "give-pick-hostile",
        pages::pick(&hostile_frame(language), &of(hostile(), odd.clone())),
    );
    let gift = Give {
        csrf: CSRF,
        app: super::editor(),
        place: calendar(),
        items: vec![read(), write()],
        days: ("2026-11-26", "2027-05-25"),
        lasts_seconds: 180 * DAY,
        problem: None,
    };
    add("give", pages::give(&frame, &gift));
    for (name, problem) in [
        ("give-nothing", GiveProblem::Nothing),
        ("give-day", GiveProblem::Day),
        ("give-forbidden", GiveProblem::Forbidden),
    ] {
        let page = Give {
            problem: Some(problem),
            ..gift.clone()
        };
        add(name, pages::give(&frame, &page));
    }
    let hostile = Give {
        app: hostile(),
        place: odd,
        items: vec![Item {
            scope: HOSTILE,
            words: HOSTILE,
        }],
        ..gift
    };
    add("give-hostile", pages::give(&hostile_frame(language), &hostile));
}
