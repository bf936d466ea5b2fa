//! A person's own ways in: passkeys, password, recovery codes, and where they are signed in.

use askama::Template;

use crate::calendar;
use crate::component::{self, Ask, Empty, Note, Tone};
use crate::frame::{Frame, Shell, Width, finish};
use crate::markup::Markup;
use crate::quiet::quiet;
use crate::visible::{NAME_CHARS_MAX, visible};
use crate::words::{Filling, Words, percent_encoded};

/// The account page.
#[derive(Clone)]
pub struct Account<'a> {
    /// Proof that the forms are ours.
    pub csrf: &'a str,
    /// Passkeys, oldest first.
    pub passkeys: Vec<Passkey<'a>>,
    /// Whether there is a password.
    pub password: PasswordState,
    /// Recovery codes that still work.
    pub recovery_codes_left: u32,
    /// Browsers that are signed in.
    pub sessions: Vec<Session<'a>>,
    /// Sealed; goes back with the new passkey.
    pub ceremony: &'a str,
    /// `PublicKeyCredentialCreationOptionsJSON` (WebAuthn Level 3 s5.1.7); "" when no passkey can be added now.
    pub passkey_options: &'a str,
    /// The sealed request of an app that waits for a passkey of this person; "" when none does.
    pub waiting: &'a str,
    /// What was just done, or not.
    pub notice: Option<AccountNotice>,
    /// Recovery codes that were just made: shown this once, printable.
    pub fresh_codes: Vec<String>,
}

quiet!(Account);

/// One passkey.
#[derive(Clone, Debug)]
pub struct Passkey<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// The name its owner gave it.
    pub name: &'a str,
    /// When it was added, in unix seconds.
    pub created_at: i64,
    /// When it was last used.
    pub last_used_at: Option<i64>,
}

/// Whether there is a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordState {
    /// There is.
    Set {
        /// When it was last changed, in unix seconds.
        changed_at: i64,
    },
    /// There is none.
    None,
}

/// One browser that is signed in.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// What it is: "Chromium on Linux".
    pub agent: &'a str,
    /// Signed in at, in unix seconds.
    pub started_at: i64,
    /// Last seen at.
    pub last_seen_at: i64,
    /// Whether it is the one that looks at this page.
    pub this: Which,
}

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that looks at this page.
    This,
    /// Another one.
    Other,
}

/// What was just done, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountNotice {
    /// They signed in with a recovery code.
    Recovered,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// The password was set or changed.
    PasswordChanged,
    /// Recovery codes were made.
    CodesMade,
    /// A browser was signed out.
    SessionEnded,
    /// Every other browser was.
    OthersEnded,
    /// The current password was wrong.
    WrongPassword,
    /// The new password is too short.
    PasswordTooShort,
    /// The new password is one that everybody tries first.
    PasswordTooCommon,
    /// The new password is too long.
    PasswordTooLong,
    /// The new passkey was not accepted.
    PasskeyFailed,
    /// Without it, there is no way to sign in.
    LastWayIn,
    /// The page was open for too long.
    TookTooLong,
    /// Too many tries, or too much load.
    Busy,
    /// This needs a fresh sign-in.
    SignInFirst,
}

/// The page where a person keeps their ways in.
pub fn account(frame: &Frame<'_>, page: &Account<'_>) -> String {
    let say = Words::new(frame.language);
    let now = frame.now;
    let left = i64::from(page.recovery_codes_left);
    finish(&AccountPage {
        shell: Shell::new(frame, &say.text("account-title"), Width::Decision),
        say,
        ask: Ask {
            sentence: say.rich("account-title", &[]),
        },
        login: frame.person.as_ref().map_or("", |person| person.login),
        signed_in_as: frame.person.as_ref().map(|person| {
            say.rich(
                "account-words",
                &[
                    ("name", Filling::Name(person.name)),
                    ("login", Filling::Name(person.login)),
                ],
            )
        }),
        notice: page.notice.map(|notice| note(say, frame, page, notice)),
        waiting: waiting(say, frame, page),
        passkeys: page.passkeys.iter().map(|passkey| keyed(say, now, passkey)).collect(),
        no_passkeys: Empty {
            words: say.rich("passkeys-empty", &[]),
        },
        new_name: say.line("passkey-new-name", &[("day", Filling::Name(&calendar::day(say, now)))]),
        password: match page.password {
            PasswordState::Set { changed_at } => say.rich(
                "password-set",
                &[("when", Filling::Piece(calendar::moment(say, now, changed_at)))],
            ),
            PasswordState::None => say.rich("password-none", &[]),
        },
        codes: say.rich(
            if left == 0 { "codes-none" } else { "codes-left" },
            &[("count", Filling::Count(left))],
        ),
        sessions: page.sessions.iter().map(|session| seen(say, now, session)).collect(),
        others: page
            .sessions
            .iter()
            .filter(|session| matches!(session.this, Which::Other))
            .count(),
        fresh_codes: page
            .fresh_codes
            .iter()
            .map(|code| visible(code, NAME_CHARS_MAX))
            .collect(),
        page,
    })
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    login: &'a str,
    signed_in_as: Option<Markup>,
    notice: Option<Note>,
    waiting: Option<Waiting>,
    passkeys: Vec<Row<'a>>,
    no_passkeys: Empty,
    new_name: String,
    password: Markup,
    codes: Markup,
    sessions: Vec<Row<'a>>,
    /// Browsers beside this one: with one, its own button is enough.
    others: usize,
    fresh_codes: Vec<String>,
    page: &'a Account<'a>,
}

/// The way back to an app that waits.
struct Waiting {
    words: Note,
    href: String,
    /// The button's class: going on is what to do next once there is a passkey.
    weight: &'static str,
}

fn waiting(say: Words, frame: &Frame<'_>, page: &Account<'_>) -> Option<Waiting> {
    let (key, weight) = if page.passkeys.is_empty() {
        ("account-waiting", "button")
    } else {
        ("account-waiting-has-one", "button act")
    };
    (!page.waiting.is_empty()).then(|| Waiting {
        words: Note::new(Tone::Plain, say.rich(key, &[])),
        href: format!("{}/sign-in?request={}", frame.base, percent_encoded(page.waiting)),
        weight,
    })
}

/// A passkey or a browser: its name, its story, and what the button that ends it is called.
struct Row<'a> {
    id: &'a str,
    name: Markup,
    story: Markup,
    end_label: String,
    end: End,
}

#[derive(Clone, Copy)]
enum End {
    /// The button ends it.
    Offered,
    /// Signing out in the header does.
    InHeader,
}

impl End {
    fn is_offered(self) -> bool {
        matches!(self, Self::Offered)
    }
}

fn keyed<'a>(say: Words, now: i64, passkey: &Passkey<'a>) -> Row<'a> {
    let added = Filling::Piece(calendar::moment(say, now, passkey.created_at));
    Row {
        id: passkey.id,
        name: say.name(passkey.name),
        story: match passkey.last_used_at {
            Some(at) => say.rich(
                "passkey-used",
                &[
                    ("added", added),
                    ("used", Filling::Piece(calendar::moment(say, now, at))),
                ],
            ),
            None => say.rich("passkey-unused", &[("added", added)]),
        },
        end_label: say.line("passkey-remove-named", &[("name", Filling::Name(passkey.name))]),
        end: End::Offered,
    }
}

fn seen<'a>(say: Words, now: i64, session: &Session<'a>) -> Row<'a> {
    let when = |at: i64| Filling::Piece(calendar::moment(say, now, at));
    let (key, end) = match session.this {
        Which::This => ("session-this", End::InHeader),
        Which::Other => ("session-other", End::Offered),
    };
    Row {
        id: session.id,
        name: say.name(session.agent),
        story: say.rich(
            key,
            &[
                ("started", when(session.started_at)),
                ("seen", when(session.last_seen_at)),
            ],
        ),
        end_label: say.line("session-end-named", &[("name", Filling::Name(session.agent))]),
        end,
    }
}

fn note(say: Words, frame: &Frame<'_>, page: &Account<'_>, notice: AccountNotice) -> Note {
    let (tone, key) = match notice {
        AccountNotice::Recovered => (
            Tone::Caution,
            match page.password {
                PasswordState::Set { .. } => "account-recovered-password",
                PasswordState::None => "account-recovered",
            },
        ),
        AccountNotice::PasskeyAdded => (Tone::Ok, "passkey-added"),
        AccountNotice::PasskeyRemoved => (Tone::Ok, "passkey-removed"),
        AccountNotice::PasswordChanged => (Tone::Ok, "password-changed"),
        AccountNotice::CodesMade => (Tone::Ok, "codes-made"),
        AccountNotice::SessionEnded => (Tone::Ok, "session-ended"),
        AccountNotice::OthersEnded => (Tone::Ok, "others-ended"),
        AccountNotice::WrongPassword => (Tone::Danger, "password-wrong"),
        AccountNotice::PasswordTooShort => (Tone::Danger, "password-too-short"),
        AccountNotice::PasswordTooCommon => (Tone::Danger, "password-too-common"),
        AccountNotice::PasswordTooLong => (Tone::Danger, "password-too-long"),
        AccountNotice::PasskeyFailed => (Tone::Danger, "passkey-refused"),
        AccountNotice::LastWayIn => (Tone::Caution, "last-way-in"),
        AccountNotice::TookTooLong => (Tone::Caution, "account-took-too-long"),
        AccountNotice::Busy => (Tone::Caution, "account-busy"),
        AccountNotice::SignInFirst => (Tone::Caution, "sign-in-first"),
    };
    // One of them leads to the sign-in, and back here.
    let link = component::link(
        frame.base,
        "/sign-in?request=%2Faccount",
        &say.text("sign-in-first-link"),
    );
    Note::new(tone, say.rich(key, &[("link", Filling::Piece(link))]))
}
