//! Connected agents.

use pages::{Agent, Agents, AgentsNotice, App, DecidedBy, GrantRow, Identity, Item, Language, Live, Place};

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
