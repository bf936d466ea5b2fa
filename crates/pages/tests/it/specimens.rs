//! Every page in every state, with ordinary and with hostile content. The gallery writes them to files, the tests read them.

use pages::{
    Account, AccountNotice, Agent, Agents, AgentsNotice, App, Change, Consent, DecidedBy, Destination, Frame, GrantRow, History, Home, Identity,
    Item, Language, Leave, Live, Passkey, PasswordState, Person, Place, Problem, ProblemKind, Recovery, Session, SignIn, SignInProblem, Signout,
    Which,
};

/// 26 Nov 2026 19:00 UTC.
pub const NOW: i64 = 1_795_719_600;
/// 27 Nov 2026 09:00 UTC.
pub const TOMORROW_AT_NINE: i64 = 1_795_770_000;
const DAY: i64 = 86_400;

pub const BASE: &str = "/t/demo";
pub const CSRF: &str = "csrf-Zm9ybQ";
pub const REQUEST: &str = "sealed+request/=";
pub const CEREMONY: &str = "sealed-ceremony";
pub const GET_OPTIONS: &str = r#"{"challenge":"AAECAwQFBgcICQoLDA0ODw","rpId":"localhost","allowCredentials":[],"userVerification":"required","timeout":60000}"#;
pub const CREATE_OPTIONS: &str = r#"{"challenge":"AAECAwQFBgcICQoLDA0ODw","rp":{"id":"localhost","name":"Demo Ltd"},"user":{"id":"YWxpY2U","name":"alice@demo.test","displayName":"Alice"},"pubKeyCredParams":[{"type":"public-key","alg":-7}],"excludeCredentials":[],"authenticatorSelection":{"residentKey":"required","userVerification":"required"}}"#;

/// A name of exactly 60 characters.
pub const LONG_NAME: &str = "The Extraordinarily Long Named Purchasing Assistant, Edition";
/// Markup, an event handler, a right-to-left override, a zero-width space, an escape sequence, line breaks, a tower of marks; and then it goes on.
pub const HOSTILE: &str = "<img src=x onerror=alert(1)>\u{202E}gpj.exe\u{200B}\u{1B}[31m\"'><script>alert(2)</script>\n\n\t e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} https://evil.example/ {$app}";

/// One page: its name, and its text.
pub struct Specimen {
    pub name: String,
    pub html: String,
}

/// Every page in every state in this language.
pub fn all(language: Language) -> Vec<Specimen> {
    let mut pages = Vec::new();
    let mut add = |name: &str, html: String| pages.push(Specimen { name: name.to_owned(), html });
    sign_in(language, &mut add);
    consent(language, &mut add);
    agents(language, &mut add);
    account(language, &mut add);
    problems(language, &mut add);
    add("home", pages::home(&signed_out(language, "/"), &Home { issuer: "https://id.demo.test/t/demo" }));
    add("home-signed-in", pages::home(&signed_in(language, "/"), &Home { issuer: "https://id.demo.test/t/demo" }));
    add("sign-out", pages::sign_out(&signed_in(language, "/sign-out"), &Signout { csrf: CSRF }));
    add("signed-out", pages::signed_out(&signed_out(language, "")));
    pages
}

pub fn signed_out(language: Language, here: &str) -> Frame<'_> {
    Frame { language, base: BASE, tenant: "Demo Ltd", person: None, now: NOW, here }
}

pub fn signed_in(language: Language, here: &str) -> Frame<'_> {
    Frame { person: Some(Person { name: "Alice", login: "alice@demo.test", csrf: CSRF }), ..signed_out(language, here) }
}

pub fn hostile_frame(language: Language) -> Frame<'static> {
    Frame { tenant: HOSTILE, person: Some(Person { name: HOSTILE, login: HOSTILE, csrf: HOSTILE }), ..signed_out(language, "/agents?x=\"><b>") }
}

pub fn atlas() -> App<'static> {
    App { name: "Atlas", client_id: "https://atlas.example/client.json", identity: Identity::Document { host: "atlas.example" } }
}

pub fn editor() -> App<'static> {
    App { name: "Code editor", client_id: "code-editor", identity: Identity::Registered }
}

pub fn stranger() -> App<'static> {
    App { name: "Google Drive", client_id: "dyn-7f3a", identity: Identity::SelfRegistered }
}

pub fn hostile() -> App<'static> {
    App { name: HOSTILE, client_id: HOSTILE, identity: Identity::SelfRegistered }
}

fn hostile_host() -> App<'static> {
    App {
        name: HOSTILE,
        client_id: "https://x",
        identity: Identity::Document {
            host: "login.accounts.bank.example.a-very-long-label-that-pushes-the-rest-out-of-sight.another-very-long-label.evil.example",
        },
    }
}

pub fn calendar() -> Option<Place<'static>> {
    Some(Place { name: "Demo calendar", uri: "https://calendar.demo.test/mcp" })
}

pub fn read() -> Item<'static> {
    Item { scope: "calendar:read", words: "read your calendar" }
}

pub fn write() -> Item<'static> {
    Item { scope: "calendar:write", words: "add and change appointments" }
}

pub fn bare_sign_in() -> SignIn<'static> {
    SignIn { request: REQUEST, csrf: CSRF, app: None, login: "", ceremony: CEREMONY, passkey_options: GET_OPTIONS, problem: None }
}

fn sign_in(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_out(language, "/sign-in");
    add("sign-in", pages::sign_in(&frame, &SignIn { request: "", ..bare_sign_in() }));
    for (name, app) in [("document", atlas()), ("registered", editor()), ("unverified", stranger()), ("hostile", hostile())] {
        let page = SignIn { app: Some(app), login: "alice@demo.test", ..bare_sign_in() };
        add(&format!("sign-in-for-{name}"), pages::sign_in(&frame, &page));
    }
    for (name, problem) in SIGN_IN_PROBLEMS {
        let page = SignIn { app: Some(atlas()), login: "alice@demo.test", problem: Some(problem), ..bare_sign_in() };
        add(&format!("sign-in-problem-{name}"), pages::sign_in(&frame, &page));
    }
    let page = SignIn { login: HOSTILE, request: HOSTILE, passkey_options: "", ..bare_sign_in() };
    add("sign-in-no-passkeys", pages::sign_in(&Frame { tenant: HOSTILE, ..signed_out(language, "") }, &page));
    let page = Recovery { request: REQUEST, csrf: CSRF, login: "", problem: None };
    add("recovery", pages::recovery(&signed_out(language, "/sign-in/recovery?request=sealed"), &page));
    let page = Recovery { login: "alice@demo.test", problem: Some(SignInProblem::RecoveryCode), ..page };
    add("recovery-problem", pages::recovery(&signed_out(language, ""), &page));
}

const SIGN_IN_PROBLEMS: [(&str, SignInProblem); 6] = [
    ("credentials", SignInProblem::Credentials),
    ("passkey", SignInProblem::Passkey),
    ("recovery-code", SignInProblem::RecoveryCode),
    ("took-too-long", SignInProblem::TookTooLong),
    ("busy", SignInProblem::Busy),
    ("again", SignInProblem::SignInAgain),
];

pub fn first_consent() -> Consent<'static> {
    Consent {
        request: REQUEST,
        csrf: CSRF,
        app: atlas(),
        place: calendar(),
        items: vec![read(), write()],
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
            ("metadata_hash", "sha-256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()),
        ],
    }
}

fn consent(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "");
    let mut show = |name: &str, page: Consent<'_>| add(&format!("consent-{name}"), pages::consent(&frame, &page));
    show("first", first_consent());
    show("same", Consent { history: History::Same { last_at: NOW - 21 * DAY }, ..first_consent() });
    let what = vec![Change::Redirects, Change::Keys, Change::Name { before: "Atlas Beta".to_owned() }, Change::More];
    show("changed", Consent { history: History::Changed { what, last_at: NOW - 400 * DAY }, ..first_consent() });
    show(
        "this-computer",
        Consent { app: editor(), redirect_host: "localhost:3456", destination: Destination::ThisComputer, ..first_consent() },
    );
    show(
        "unverified",
        Consent { app: stranger(), redirect_host: "127.0.0.1:3456", destination: Destination::ThisComputer, ..first_consent() },
    );
    let unverified_here = Consent { app: stranger(), place: None, ..first_consent() };
    show("unverified-here", unverified_here);
    let openid = Item { scope: "openid", words: "know who you are" };
    show("here", Consent { place: None, items: vec![openid], ..first_consent() });
    let delete = Item { scope: "calendar:delete", words: "delete appointments" };
    let invite = Item { scope: "calendar:invite", words: "invite people outside the organisation" };
    show("administrator", Consent { items: vec![write()], decided: vec![read()], forbidden: vec![delete.clone(), invite], ..first_consent() });
    show("nothing", Consent { items: Vec::new(), details: Vec::new(), ..first_consent() });
    show("all-forbidden", Consent { items: Vec::new(), forbidden: vec![delete], ..first_consent() });
    let words: Vec<(String, String)> = (1..=24).map(|n| (format!("scope:{n}"), format!("do the thing with number {n} in every folder you own"))).collect();
    let many = words.iter().map(|(scope, words)| Item { scope, words }).collect();
    show("many", Consent { items: many, ..first_consent() });
    let long = App { name: LONG_NAME, client_id: "long", identity: Identity::Registered };
    show("long-names", Consent { app: long, place: Some(Place { name: LONG_NAME, uri: "https://long.example" }), ..first_consent() });
    show("hostile-host", Consent { app: hostile_host(), redirect_host: HOSTILE, ..first_consent() });
    add("consent-hostile", pages::consent(&hostile_frame(language), &hostile_consent()));
}

pub fn hostile_consent() -> Consent<'static> {
    let item = Item { scope: HOSTILE, words: HOSTILE };
    Consent {
        app: hostile(),
        request: HOSTILE,
        csrf: HOSTILE,
        place: Some(Place { name: HOSTILE, uri: HOSTILE }),
        items: vec![item.clone()],
        decided: vec![item.clone()],
        forbidden: vec![item],
        redirect_host: HOSTILE,
        history: History::Changed { what: vec![Change::Name { before: HOSTILE.to_owned() }], last_at: NOW },
        details: vec![("client_id", HOSTILE.to_owned()), ("never_heard_of", HOSTILE.to_owned())],
        ..first_consent()
    }
}

pub fn grant(id: &str) -> GrantRow<'_> {
    GrantRow {
        id,
        place: calendar(),
        items: vec![read(), write()],
        given_at: NOW - 21 * DAY,
        expires_at: Some(TOMORROW_AT_NINE),
        last_used_at: Some(NOW - 180),
        live: Live::Sessions(2),
        decided_by: DecidedBy::You,
    }
}

pub fn two_agents() -> Vec<Agent<'static>> {
    let wiki = Some(Place { name: "Wiki", uri: "https://wiki.demo.test" });
    let idle = GrantRow {
        place: wiki,
        items: vec![Item { scope: "wiki:read", words: "read every page you can read" }],
        expires_at: None,
        last_used_at: None,
        live: Live::Nothing,
        decided_by: DecidedBy::Organisation,
        ..grant("grant-2")
    };
    let one = GrantRow { live: Live::Sessions(1), place: None, items: Vec::new(), ..grant("grant-3") };
    vec![Agent { app: atlas(), grants: vec![grant("grant-1"), idle] }, Agent { app: stranger(), grants: vec![one] }]
}

fn agents(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "/agents");
    let mut show = |name: &str, agents: Vec<Agent<'_>>, notice| add(name, pages::agents(&frame, &Agents { csrf: CSRF, agents, notice }));
    show("agents", two_agents(), None);
    show("agents-empty", Vec::new(), None);
    show("agents-stopped", two_agents(), Some(AgentsNotice::Stopped));
    show("agents-stopped-all", Vec::new(), Some(AgentsNotice::StoppedAll));
    show("agents-reduced", two_agents(), Some(AgentsNotice::Reduced));
    let long = App { name: LONG_NAME, client_id: "long", identity: Identity::Registered };
    let long = Agent { app: long, grants: vec![grant("grant-1")] };
    let item = Item { scope: HOSTILE, words: HOSTILE };
    let row = GrantRow { items: vec![item], place: Some(Place { name: HOSTILE, uri: HOSTILE }), ..grant(HOSTILE) };
    let hostile = Agent { app: hostile(), grants: vec![row] };
    show("agents-many", (0..12).flat_map(|_| two_agents()).chain([long]).collect(), None);
    add("agents-hostile", pages::agents(&hostile_frame(language), &Agents { csrf: HOSTILE, agents: vec![hostile], notice: None }));
}

pub fn usual_account() -> Account<'static> {
    let phone = Passkey { id: "pk-1", name: "My phone", created_at: NOW - 90 * DAY, last_used_at: Some(NOW - 7_200) };
    let laptop = Passkey { id: "pk-2", name: "Laptop", created_at: NOW - 3 * DAY, last_used_at: None };
    let here = Session { id: "s-1", agent: "Chromium on Linux", started_at: NOW - 3_600, last_seen_at: NOW, this: Which::This };
    let there = Session { id: "s-2", agent: "Safari on iPhone", started_at: NOW - 5 * DAY, last_seen_at: NOW - DAY, this: Which::Other };
    Account {
        csrf: CSRF,
        passkeys: vec![phone, laptop],
        password: PasswordState::Set { changed_at: NOW - 200 * DAY },
        recovery_codes_left: 8,
        sessions: vec![here, there],
        ceremony: CEREMONY,
        passkey_options: CREATE_OPTIONS,
        notice: None,
        fresh_codes: Vec::new(),
    }
}

fn account(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "/account");
    let mut show = |name: &str, page: &Account<'_>| add(&format!("account{name}"), pages::account(&frame, page));
    show("", &usual_account());
    let codes = (0..10).map(|n| format!("k7qm-{n}x2v-9tdw")).collect();
    show("-fresh-codes", &Account { fresh_codes: codes, recovery_codes_left: 10, notice: Some(AccountNotice::CodesMade), ..usual_account() });
    let empty = Account { passkeys: Vec::new(), password: PasswordState::None, recovery_codes_left: 0, ..usual_account() };
    show("-empty", &empty);
    show("-last-code", &Account { recovery_codes_left: 1, passkey_options: "", ..usual_account() });
    for (name, notice) in ACCOUNT_NOTICES {
        show(&format!("-{name}"), &Account { notice: Some(notice), ..usual_account() });
    }
    let passkey = Passkey { id: HOSTILE, name: HOSTILE, created_at: i64::MIN, last_used_at: Some(i64::MAX) };
    let session = Session { id: HOSTILE, agent: HOSTILE, started_at: 0, last_seen_at: i64::MAX, this: Which::Other };
    let page = Account {
        csrf: HOSTILE,
        passkeys: vec![passkey],
        sessions: vec![session],
        ceremony: HOSTILE,
        passkey_options: HOSTILE,
        fresh_codes: vec![HOSTILE.to_owned()],
        ..usual_account()
    };
    add("account-hostile", pages::account(&hostile_frame(language), &page));
}

const ACCOUNT_NOTICES: [(&str, AccountNotice); 12] = [
    ("passkey-added", AccountNotice::PasskeyAdded),
    ("passkey-removed", AccountNotice::PasskeyRemoved),
    ("password-changed", AccountNotice::PasswordChanged),
    ("session-ended", AccountNotice::SessionEnded),
    ("wrong-password", AccountNotice::WrongPassword),
    ("password-too-short", AccountNotice::PasswordTooShort),
    ("password-too-long", AccountNotice::PasswordTooLong),
    ("passkey-failed", AccountNotice::PasskeyFailed),
    ("last-way-in", AccountNotice::LastWayIn),
    ("took-too-long", AccountNotice::TookTooLong),
    ("busy", AccountNotice::Busy),
    ("sign-in-first", AccountNotice::SignInFirst),
];

pub const PROBLEMS: [(&str, ProblemKind); 13] = [
    ("redirect-uri", ProblemKind::RedirectUri),
    ("client-unknown", ProblemKind::ClientUnknown),
    ("client-document", ProblemKind::ClientDocument),
    ("bad-request", ProblemKind::BadRequest),
    ("expired", ProblemKind::Expired),
    ("other-browser", ProblemKind::OtherBrowser),
    ("not-allowed", ProblemKind::NotAllowed),
    ("already-answered", ProblemKind::AlreadyAnswered),
    ("not-found", ProblemKind::NotFound),
    ("busy", ProblemKind::Busy),
    ("our-fault", ProblemKind::OurFault),
    ("forged", ProblemKind::Forged),
    ("disabled", ProblemKind::Disabled),
];

pub fn bad_request() -> Problem<'static> {
    Problem {
        code: "invalid_request",
        kind: ProblemKind::BadRequest,
        said: "code_challenge is missing",
        request_id: "01KB2Q5W8N7Z",
        detail: None,
    }
}

pub fn leaving(url: &str) -> Leave<'_> {
    Leave { app: Some(stranger()), host: "app.example", url, problem: bad_request() }
}

fn problems(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_out(language, "");
    for (name, kind) in PROBLEMS {
        add(&format!("problem-{name}"), pages::problem(&frame, &Problem { kind, ..bad_request() }));
    }
    let page = Problem { code: HOSTILE, said: HOSTILE, request_id: HOSTILE, detail: Some(HOSTILE), ..bad_request() };
    add("problem-hostile", pages::problem(&hostile_frame(language), &page));
    add("leave", pages::leave(&frame, &leaving("https://app.example/callback?error=invalid_request&state=xyz")));
    add("leave-verified", pages::leave(&signed_in(language, ""), &Leave { app: Some(atlas()), ..leaving("com.example.app:/callback") }));
    let page = Leave { app: Some(hostile()), host: HOSTILE, problem: page, ..leaving("javascript:alert(1)") };
    add("leave-hostile", pages::leave(&hostile_frame(language), &page));
}
