//! Signing in: why you are here, a passkey first, name and password else; and the recovery code for a bad day.

use askama::Template;

use crate::app::{App, Identity};
use crate::component::{AgentBadge, Ask, Note, Tone};
use crate::frame::{Frame, Shell, Width, finish};
use crate::markup::Markup;
use crate::quiet::quiet;
use crate::visible::visible;
use crate::words::{Filling, Words, percent_encoded};

/// The sign-in page.
#[derive(Clone)]
pub struct SignIn<'a> {
    /// The sealed authorization request; "" when a person just signs in.
    pub request: &'a str,
    /// Proof that the form is ours.
    pub csrf: &'a str,
    /// Why you are here.
    pub app: Option<App<'a>>,
    /// What stands in the field: `login_hint` (OpenID Connect Core 1.0 s3.1.2.1), or what was typed.
    pub login: &'a str,
    /// Sealed; goes back with the passkey.
    pub ceremony: &'a str,
    /// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3 s5.1.8); "" when there are no passkeys here.
    pub passkey_options: &'a str,
    /// What somebody may sign in with.
    pub ways: Ways<'a>,
    /// What went wrong before.
    pub problem: Option<SignInProblem>,
}

/// What somebody may sign in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways<'a> {
    /// Whatever they have.
    All,
    /// Nothing but a passkey: the app demands it (`acr_values`, RFC 9470).
    PasskeyOnly {
        /// Where the answer goes that it cannot be done.
        host: &'a str,
    },
}

/// The page for a recovery code.
#[derive(Clone)]
pub struct Recovery<'a> {
    /// As in [`SignIn`].
    pub request: &'a str,
    /// Proof that the form is ours.
    pub csrf: &'a str,
    /// What stands in the field.
    pub login: &'a str,
    /// What went wrong before.
    pub problem: Option<SignInProblem>,
}

quiet!(SignIn, Recovery);

/// Why the page shows again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// Name or password is wrong; which, stays open.
    Credentials,
    /// The passkey was not accepted.
    Passkey,
    /// The recovery code is wrong or used up.
    RecoveryCode,
    /// The page was open for too long.
    TookTooLong,
    /// Too many tries.
    TooManyTries,
    /// Too much load.
    Busy,
    /// The app asked for a fresh sign-in (`prompt=login`, `max_age`).
    SignInAgain,
    /// They are about to change how they sign in, and signed in too long ago for that.
    SignInFresh,
}

/// The page where a person signs in.
pub fn sign_in(frame: &Frame<'_>, page: &SignIn<'_>) -> String {
    let say = Words::new(frame.language);
    let title = say.text("sign-in-title");
    let mut recovery = format!("{}/sign-in/recovery", frame.base);
    if !page.request.is_empty() {
        recovery.push_str("?request=");
        recovery.push_str(&percent_encoded(page.request));
    }
    finish(&SignInPage {
        shell: Shell::new(frame, &title, Width::Decision),
        say,
        ask: Ask {
            sentence: ask(say, frame, page),
        },
        no_passkey: match page.ways {
            Ways::All => None,
            Ways::PasskeyOnly { host } => Some(NoPasskey {
                // By way of a sign-in if need be; the request goes along, and comes back from there.
                add: format!(
                    "{}/sign-in?request={}",
                    frame.base,
                    percent_encoded(&format!("/account?request={}", percent_encoded(page.request)))
                ),
                refuse: say.rich("no-passkey-refuse-words", &[("host", Filling::Whole(host))]),
                only: Note::new(Tone::Plain, say.rich("sign-in-stronger", &[])),
            }),
        },
        badge: page.app.as_ref().map(|app| badge(say, frame, app)),
        problem: page.problem.map(|problem| note(say, problem)),
        recovery,
        login: plain(page.login),
        page,
    })
}

/// Why somebody signs in. A name that nobody verified never stands in the heading.
fn ask(say: Words, frame: &Frame<'_>, page: &SignIn<'_>) -> Markup {
    let Some(app) = &page.app else {
        return say.rich("sign-in-at", &[("tenant", Filling::Name(frame.tenant))]);
    };
    let vouched = !matches!(app.identity, Identity::SelfRegistered);
    let key = match (page.ways, vouched) {
        (Ways::All, true) => "sign-in-for-app",
        (Ways::All, false) => "sign-in-for-unverified",
        (Ways::PasskeyOnly { .. }, true) => "sign-in-passkey-for-app",
        (Ways::PasskeyOnly { .. }, false) => "sign-in-passkey-for-unverified",
    };
    say.rich(key, &[("app", Filling::Name(app.name))])
}

/// The page where a person signs in with a recovery code.
pub fn recovery(frame: &Frame<'_>, page: &Recovery<'_>) -> String {
    let say = Words::new(frame.language);
    let title = say.text("recovery-title");
    finish(&RecoveryPage {
        shell: Shell::new(frame, &title, Width::Decision),
        say,
        ask: Ask {
            sentence: say.rich("recovery-title", &[]),
        },
        problem: page.problem.map(|problem| note(say, problem)),
        login: plain(page.login),
        page,
    })
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    badge: Option<AgentBadge>,
    problem: Option<Note>,
    recovery: String,
    login: &'a str,
    no_passkey: Option<NoPasskey>,
    page: &'a SignIn<'a>,
}

/// What somebody can do who has no passkey where one is demanded.
struct NoPasskey {
    only: Note,
    add: String,
    /// How they say to the app that they cannot.
    refuse: Markup,
}

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    problem: Option<Note>,
    login: &'a str,
    page: &'a Recovery<'a>,
}

fn badge(say: Words, frame: &Frame<'_>, app: &App<'_>) -> AgentBadge {
    match app.identity {
        Identity::Registered | Identity::Document { .. } => AgentBadge::below_its_name(say, app, frame.tenant),
        Identity::SelfRegistered => AgentBadge::new(say, app, frame.tenant),
    }
}

fn note(say: Words, problem: SignInProblem) -> Note {
    let (tone, key) = match problem {
        SignInProblem::Credentials => (Tone::Danger, "sign-in-credentials"),
        SignInProblem::Passkey => (Tone::Danger, "sign-in-passkey-refused"),
        SignInProblem::RecoveryCode => (Tone::Danger, "sign-in-recovery-code"),
        SignInProblem::TookTooLong => (Tone::Caution, "sign-in-took-too-long"),
        SignInProblem::TooManyTries => (Tone::Caution, "sign-in-too-many-tries"),
        SignInProblem::Busy => (Tone::Caution, "sign-in-busy"),
        SignInProblem::SignInAgain => (Tone::Plain, "sign-in-again"),
        SignInProblem::SignInFresh => (Tone::Plain, "sign-in-fresh"),
    };
    Note::new(tone, say.rich(key, &[]))
}

/// What may stand in the field for the name. It can come from the app (`login_hint`): one that hides or reorders something is left out.
fn plain(login: &str) -> &str {
    if visible(login, LOGIN_CHARS_MAX) == login {
        login
    } else {
        ""
    }
}

/// As many as an e-mail address has at most (RFC 5321 s4.5.3.1: 64 + 1 + 255).
const LOGIN_CHARS_MAX: usize = 320;
