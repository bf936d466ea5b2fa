//! Every page in every state, with ordinary and with hostile content. The gallery writes them to files, the tests read them.

pub(crate) mod account;
pub(crate) mod agents;
pub(crate) mod answers;
pub(crate) mod approvals;
pub(crate) mod consent;
pub(crate) mod problems;
pub(crate) mod sign_in;

use pages::{App, Frame, Home, Identity, Item, Language, Person, Place, Signout};

/// 26 Nov 2026 19:00 UTC.
pub(crate) const NOW: i64 = 1_795_719_600;

/// 27 Nov 2026 09:00 UTC.
pub(crate) const TOMORROW_AT_NINE: i64 = 1_795_770_000;

const DAY: i64 = 86_400;

pub(crate) const BASE: &str = "/t/demo";

pub(crate) const CSRF: &str = "csrf-Zm9ybQ";

pub(crate) const REQUEST: &str = "sealed+request/=";

pub(crate) const CEREMONY: &str = "sealed-ceremony";

pub(crate) const GET_OPTIONS: &str = r#"{"challenge":"AAECAwQFBgcICQoLDA0ODw","rpId":"localhost","allowCredentials":[],"userVerification":"required","timeout":60000}"#;

pub(crate) const CREATE_OPTIONS: &str = r#"{"challenge":"AAECAwQFBgcICQoLDA0ODw","rp":{"id":"localhost","name":"Demo Ltd"},"user":{"id":"YWxpY2U","name":"alice@demo.test","displayName":"Alice"},"pubKeyCredParams":[{"type":"public-key","alg":-7}],"excludeCredentials":[],"authenticatorSelection":{"residentKey":"required","userVerification":"required"}}"#;

/// A name of exactly 60 characters.
pub(crate) const LONG_NAME: &str = "The Extraordinarily Long Named Purchasing Assistant, Edition";

/// Markup, an event handler, a right-to-left override, a zero-width space, an escape sequence, line breaks, a tower of marks; and then it goes on.
pub(crate) const HOSTILE: &str = "<img src=x onerror=alert(1)>\u{202E}gpj.exe\u{200B}\u{1B}[31m\"'><script>alert(2)</script>\n\n\t e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} https://evil.example/ {$app}";

/// One page: its name, and its text.
pub(crate) struct Specimen {
    pub(crate) name: String,
    pub(crate) html: String,
}

/// Every page in every state in this language.
pub(crate) fn all(language: Language) -> Vec<Specimen> {
    let mut pages = Vec::new();
    let mut add = |name: &str, html: String| {
        pages.push(Specimen {
            name: name.to_owned(),
            html,
        });
    };
    sign_in::sign_in(language, &mut add);
    consent::consent(language, &mut add);
    agents::agents(language, &mut add);
    agents::grants(language, &mut add);
    agents::gifts(language, &mut add);
    approvals::approvals(language, &mut add);
    account::account(language, &mut add);
    problems::problems(language, &mut add);
    add(
        "home",
        pages::home(
            &signed_out(language, "/"),
            &Home {
                issuer: "https://id.demo.test/t/demo",
            },
        ),
    );
    add(
        "home-signed-in",
        pages::home(
            &signed_in(language, "/"),
            &Home {
                issuer: "https://id.demo.test/t/demo",
            },
        ),
    );
    add(
        "sign-out",
        pages::sign_out(
            &signed_in(language, "/sign-out"),
            &Signout {
                csrf: CSRF,
                app: None,
                after: "",
                after_host: "",
            },
        ),
    );
    answers::answers(language, &mut add);
    add("signed-out", pages::signed_out(&signed_out(language, "")));
    pages
}

pub(crate) fn signed_out(language: Language, here: &str) -> Frame<'_> {
    Frame {
        language,
        base: BASE,
        tenant: "Demo Ltd",
        person: None,
        now: NOW,
        here,
    }
}

pub(crate) fn signed_in(language: Language, here: &str) -> Frame<'_> {
    Frame {
        person: Some(Person {
            name: "Alice",
            login: "alice@demo.test",
            csrf: CSRF,
        }),
        ..signed_out(language, here)
    }
}

pub(crate) fn hostile_frame(language: Language) -> Frame<'static> {
    Frame {
        tenant: HOSTILE,
        person: Some(Person {
            name: HOSTILE,
            login: HOSTILE,
            csrf: HOSTILE,
        }),
        ..signed_out(language, "/agents?x=\"><b>")
    }
}

pub(crate) fn atlas() -> App<'static> {
    App {
        name: "Atlas",
        client_id: "https://atlas.example/client.json",
        identity: Identity::Document { host: "atlas.example" },
    }
}

pub(crate) fn editor() -> App<'static> {
    App {
        name: "Code editor",
        client_id: "code-editor",
        identity: Identity::Registered,
    }
}

pub(crate) fn stranger() -> App<'static> {
    App {
        name: "Google Drive",
        client_id: "dyn-7f3a",
        identity: Identity::SelfRegistered,
    }
}

pub(crate) fn hostile() -> App<'static> {
    App {
        name: HOSTILE,
        client_id: HOSTILE,
        identity: Identity::SelfRegistered,
    }
}

pub(crate) fn calendar() -> Place<'static> {
    Place {
        name: "Demo calendar",
        uri: "https://calendar.demo.test/mcp",
    }
}

pub(crate) fn read() -> Item<'static> {
    Item {
        scope: "calendar:read",
        words: "read your calendar",
    }
}

pub(crate) fn write() -> Item<'static> {
    Item {
        scope: "calendar:write",
        words: "add and change appointments",
    }
}
