//! Consent: every history, place and kind of app.

use pages::{App, Change, Consent, Destination, History, Identity, Item, Language, Part, Particular, Place};

use super::{
    CSRF, DAY, HOSTILE, LONG_NAME, NOW, REQUEST, atlas, calendar, editor, hostile, hostile_frame, read, signed_in,
    stranger, write,
};

fn hostile_host() -> App<'static> {
    App {
        name: HOSTILE,
        client_id: "https://x",
        identity: Identity::Document {
            host: "login.accounts.bank.example.a-very-long-label-that-pushes-the-rest-out-of-sight.another-very-long-label.evil.example",
        },
    }
}

pub(crate) fn first_consent() -> Consent<'static> {
    Consent {
        request: REQUEST,
        csrf: CSRF,
        app: atlas(),
        place: Some(calendar()),
        items: vec![read(), write()],
        particulars: Vec::new(),
        redirect_host: "app.atlas.example",
        destination: Destination::Host,
        lasts_seconds: 30 * DAY,
        history: History::First,
        forbidden: Vec::new(),
        decided: Vec::new(),
        details: vec![
            ("client_id", "https://atlas.example/client.json".to_owned()),
            ("redirect_uri", "https://app.atlas.example/callback".to_owned()),
            ("resource", "https://calendar.demo.test/mcp".to_owned()),
            ("scope", "calendar:read calendar:write".to_owned()),
            (
                "metadata_hash",
                "sha-256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            ),
        ],
    }
}

pub(crate) fn consent(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "");
    let mut show = |name: &str, page: Consent<'_>| add(&format!("consent-{name}"), pages::consent(&frame, &page));
    show("first", first_consent());
    show(
        "same",
        Consent {
            history: History::Same {
                last_at: NOW - 21 * DAY,
            },
            ..first_consent()
        },
    );
    show(
        "again",
        Consent {
            items: Vec::new(),
            particulars: vec![payment(language)],
            history: History::Again { last_at: NOW - 180 },
            ..first_consent()
        },
    );
    let what = vec![
        Change::Redirects,
        Change::Keys,
        Change::Name {
            before: "Atlas Beta".to_owned(),
        },
        Change::More,
    ];
    show(
        "changed",
        Consent {
            history: History::Changed {
                what,
                last_at: NOW - 400 * DAY,
            },
            ..first_consent()
        },
    );
    show(
        "this-computer",
        Consent {
            app: editor(),
            redirect_host: "localhost:3456",
            destination: Destination::ThisComputer,
            ..first_consent()
        },
    );
    show(
        "unverified",
        Consent {
            app: stranger(),
            redirect_host: "127.0.0.1:3456",
            destination: Destination::ThisComputer,
            ..first_consent()
        },
    );
    let unverified_here = Consent {
        app: stranger(),
        place: None,
        ..first_consent()
    };
    show("unverified-here", unverified_here);
    let unverified_who = Consent {
        app: stranger(),
        place: None,
        items: vec![Item {
            scope: "email",
            words: "know your e-mail address",
        }],
        ..first_consent()
    };
    show("unverified-who", unverified_who);
    kinds_of_asking(language, add);
    exactly(language, add);
}

pub(crate) fn payment(language: Language) -> Particular<'static> {
    let sentence = match language {
        Language::English => vec![
            Part::Words("pay "),
            Part::Value("29.99"),
            Part::Words(" "),
            Part::Value("EUR"),
            Part::Words(" to "),
            Part::Value("Acme"),
        ],
        Language::German => vec![
            Part::Value("29.99"),
            Part::Words(" "),
            Part::Value("EUR"),
            Part::Words(" an "),
            Part::Value("Acme"),
            Part::Words(" zahlen"),
        ],
    };
    Particular {
        digest: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        name: "Payment",
        sentence,
        language: language.tag(),
        remarks: vec![
            ("purpose", vec!["desk lamp"]),
            ("locations", vec!["https://pay.example", "https://b.example"]),
        ],
    }
}

pub(crate) fn exactly_hostile() -> Particular<'static> {
    Particular {
        digest: HOSTILE,
        name: HOSTILE,
        sentence: vec![Part::Words(HOSTILE), Part::Value(HOSTILE), Part::Missing(HOSTILE)],
        language: HOSTILE,
        remarks: vec![(HOSTILE, vec![HOSTILE])],
    }
}

fn exactly(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "");
    let look_alike = Particular {
        digest: "x",
        sentence: vec![
            Part::Words("pay "),
            Part::Value("\u{ff11}00"),
            Part::Words(" to "),
            Part::Value("\u{410}\u{421}\u{41c}\u{415}"),
            Part::Missing("amount.currency"),
        ],
        remarks: Vec::new(),
        ..payment(language)
    };
    let page = Consent {
        items: vec![read()],
        particulars: vec![payment(language), look_alike],
        details: vec![("authorization_details", "{\"type\":\"payment\"}".to_owned())],
        ..first_consent()
    };
    add("consent-exact", pages::consent(&frame, &page));
    let alone = Consent {
        items: Vec::new(),
        particulars: vec![payment(language)],
        ..first_consent()
    };
    add("consent-exact-alone", pages::consent(&frame, &alone));
    let stranger = Consent {
        app: stranger(),
        ..alone.clone()
    };
    add("consent-exact-unverified", pages::consent(&frame, &stranger));
    let hostile = Consent {
        particulars: vec![Particular {
            sentence: vec![
                Part::Words("<u>"),
                Part::Value("<b onclick=x>\u{202e}\"5"),
                Part::Words(" {$app}"),
            ],
            ..payment(language)
        }],
        ..alone.clone()
    };
    add("consent-exact-hostile", pages::consent(&frame, &hostile));
    // A kind that has no words in the language of the page; and one that says more than a heading holds.
    let long = Particular {
        sentence: vec![
            Part::Words("pay for "),
            Part::Value(LONG_NAME),
            Part::Words(" and "),
            Part::Value(LONG_NAME),
        ],
        remarks: Vec::new(),
        ..payment(Language::English)
    };
    let foreign = Consent {
        particulars: vec![payment(Language::English)],
        ..alone.clone()
    };
    add("consent-exact-english", pages::consent(&frame, &foreign));
    let long = Consent {
        particulars: vec![long],
        ..alone
    };
    add("consent-exact-long", pages::consent(&frame, &long));
}

fn kinds_of_asking(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "");
    let mut show = |name: &str, page: Consent<'_>| add(&format!("consent-{name}"), pages::consent(&frame, &page));
    let openid = Item {
        scope: "openid",
        words: "know who you are",
    };
    show(
        "here",
        Consent {
            place: None,
            items: vec![openid],
            ..first_consent()
        },
    );
    let delete = Item {
        scope: "calendar:delete",
        words: "delete appointments",
    };
    let invite = Item {
        scope: "calendar:invite",
        words: "invite people outside the organisation",
    };
    show(
        "administrator",
        Consent {
            items: vec![write()],
            decided: vec![read()],
            forbidden: vec![delete.clone(), invite],
            ..first_consent()
        },
    );
    show(
        "nothing",
        Consent {
            items: Vec::new(),
            details: Vec::new(),
            ..first_consent()
        },
    );
    show(
        "all-forbidden",
        Consent {
            items: Vec::new(),
            forbidden: vec![delete],
            ..first_consent()
        },
    );
    let words: Vec<(String, String)> = (1..=24)
        .map(|n| {
            (
                format!("scope:{n}"),
                format!("do the thing with number {n} in every folder you own"),
            )
        })
        .collect();
    let many = words.iter().map(|(scope, words)| Item { scope, words }).collect();
    show(
        "many",
        Consent {
            items: many,
            ..first_consent()
        },
    );
    let long = App {
        name: LONG_NAME,
        client_id: "long",
        identity: Identity::Registered,
    };
    show(
        "long-names",
        Consent {
            app: long,
            place: Some(Place {
                name: LONG_NAME,
                uri: "https://long.example",
            }),
            ..first_consent()
        },
    );
    show(
        "hostile-host",
        Consent {
            app: hostile_host(),
            redirect_host: HOSTILE,
            ..first_consent()
        },
    );
    add(
        "consent-hostile",
        pages::consent(&hostile_frame(language), &hostile_consent()),
    );
}

pub(crate) fn hostile_consent() -> Consent<'static> {
    let item = Item {
        scope: HOSTILE,
        words: HOSTILE,
    };
    Consent {
        app: hostile(),
        request: HOSTILE,
        csrf: HOSTILE,
        place: Some(Place {
            name: HOSTILE,
            uri: HOSTILE,
        }),
        items: vec![item.clone()],
        particulars: vec![exactly_hostile()],
        decided: vec![item.clone()],
        forbidden: vec![item],
        redirect_host: HOSTILE,
        history: History::Changed {
            what: vec![Change::Name {
                before: HOSTILE.to_owned(),
            }],
            last_at: NOW,
        },
        details: vec![
            ("client_id", HOSTILE.to_owned()),
            ("never_heard_of", HOSTILE.to_owned()),
        ],
        ..first_consent()
    }
}
