//! When something is wrong: what happened, why, what to do, and a reference number. No excuses and no alarm.

use askama::Template;

use crate::app::App;
use crate::component::{self, AgentBadge, Ask, Details, KeyValue, Note, Tone};
use crate::frame::{Frame, Shell, Width, finish};
use crate::markup::Markup;
use crate::visible::{NAME_CHARS_MAX, visible};
use crate::words::{Filling, Words, whole};

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    /// The error code of the wire: `invalid_request`.
    pub code: &'a str,
    /// What people are told.
    pub kind: ProblemKind,
    /// The technical sentence, in English, shown under Details.
    pub said: &'a str,
    /// The reference number.
    pub request_id: &'a str,
    /// More under Details.
    pub detail: Option<&'a str>,
}

/// The stories a problem page can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The redirect URI is not one of the app's.
    RedirectUri,
    /// No app has this `client_id`.
    ClientUnknown,
    /// The app's document could not be read or breaks a rule.
    ClientDocument,
    /// The app asked wrongly.
    BadRequest,
    /// The page is too old.
    Expired,
    /// The page was opened in another browser, or cookies are off.
    OtherBrowser,
    /// Not allowed to this person.
    NotAllowed,
    /// It was answered before.
    AlreadyAnswered,
    /// No such page.
    NotFound,
    /// Too much load.
    Busy,
    /// A fault of this server.
    OurFault,
    /// A foreign page sent this.
    Forged,
    /// An administrator switched it off.
    Disabled,
    /// An app asked for a sign-out that it may not ask for: nobody was signed out.
    SignOutUnknown,
}

/// The page between us and an app that this person never approved, when something is wrong with what the app asked.
#[derive(Clone, Debug)]
pub struct Leave<'a> {
    /// The app, when known.
    pub app: Option<App<'a>>,
    /// The host the link leads to.
    pub host: &'a str,
    /// The link.
    pub url: &'a str,
    /// What is wrong.
    pub problem: Problem<'a>,
}

/// A page that says what went wrong.
pub fn problem(frame: &Frame<'_>, page: &Problem<'_>) -> String {
    let say = Words::new(frame.language);
    let (title, words) = story(page.kind);
    finish(&ProblemPage {
        shell: shell(frame, title, page),
        ask: Ask {
            sentence: say.rich(title, &[]),
        },
        problem: told(frame, page, words),
        details: details(frame, page),
    })
}

/// A page that says what went wrong and offers the way back to the app, which nobody takes by accident.
pub fn leave(frame: &Frame<'_>, page: &Leave<'_>) -> String {
    let say = Words::new(frame.language);
    let (title, words) = story(page.problem.kind);
    finish(&LeavePage {
        shell: shell(frame, title, &page.problem),
        say,
        ask: Ask {
            sentence: say.rich(title, &[]),
        },
        badge: page.app.as_ref().map(|app| AgentBadge::new(say, app, frame.tenant)),
        problem: told(frame, &page.problem, words),
        details: details(frame, &page.problem),
        warning: Note::new(
            Tone::Caution,
            say.rich("leave-warning", &[("host", Filling::Whole(page.host))]),
        ),
        go: say.rich("leave-continue", &[("host", Filling::Whole(page.host))]),
        href: is_followable(page.url).then_some(page.url),
    })
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    shell: Shell<'a>,
    ask: Ask,
    problem: component::Problem,
    details: Details,
}

#[derive(Template)]
#[template(path = "leave.html")]
struct LeavePage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    badge: Option<AgentBadge>,
    problem: component::Problem,
    details: Details,
    warning: Note,
    go: Markup,
    href: Option<&'a str>,
}

fn shell<'a>(frame: &Frame<'a>, title: &str, page: &Problem<'a>) -> Shell<'a> {
    let title = Words::new(frame.language).text(title);
    Shell {
        problem: Some(page.code),
        ..Shell::new(frame, &title, Width::Decision)
    }
}

fn told(frame: &Frame<'_>, page: &Problem<'_>, words: &str) -> component::Problem {
    let say = Words::new(frame.language);
    let sign_out = component::link(frame.base, "/sign-out", &say.text("sign-out"));
    let words = say.rich(
        words,
        &[
            ("tenant", Filling::Name(frame.tenant)),
            ("link", Filling::Piece(sign_out)),
        ],
    );
    component::Problem {
        say,
        words,
        request_id: visible(page.request_id, NAME_CHARS_MAX),
    }
}

fn details(frame: &Frame<'_>, page: &Problem<'_>) -> Details {
    let say = Words::new(frame.language);
    let mut rows = KeyValue::default();
    rows.row(say.text("detail-code"), whole(page.code));
    rows.row(say.text("detail-said"), english(page.said));
    if let Some(detail) = page.detail {
        rows.row(say.text("detail-more"), whole(detail));
    }
    Details {
        summary: say.text("details"),
        rows,
    }
}

/// What engineers say to each other is English on every page; a screen reader should know.
fn english(said: &str) -> Markup {
    let mut markup = Markup::new();
    markup.tag("<span lang=\"en\">");
    markup.markup(&whole(said));
    markup.tag("</span>");
    markup
}

/// Title and paragraph.
fn story(kind: ProblemKind) -> (&'static str, &'static str) {
    match kind {
        ProblemKind::RedirectUri => ("redirect-uri-title", "redirect-uri-words"),
        ProblemKind::ClientUnknown => ("client-unknown-title", "client-unknown-words"),
        ProblemKind::ClientDocument => ("client-document-title", "client-document-words"),
        ProblemKind::BadRequest => ("bad-request-title", "bad-request-words"),
        ProblemKind::Expired => ("expired-title", "expired-words"),
        ProblemKind::OtherBrowser => ("other-browser-title", "other-browser-words"),
        ProblemKind::NotAllowed => ("not-allowed-title", "not-allowed-words"),
        ProblemKind::AlreadyAnswered => ("already-answered-title", "already-answered-words"),
        ProblemKind::NotFound => ("not-found-title", "not-found-words"),
        ProblemKind::Busy => ("busy-title", "busy-words"),
        ProblemKind::OurFault => ("our-fault-title", "our-fault-words"),
        ProblemKind::Forged => ("forged-title", "forged-words"),
        ProblemKind::Disabled => ("disabled-title", "disabled-words"),
        ProblemKind::SignOutUnknown => ("sign-out-unknown-title", "sign-out-unknown-words"),
    }
}

/// Schemes that run in or read from this browser are no way back to an app; custom schemes of apps are (RFC 8252 s7.1).
fn is_followable(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.len() < url.len()
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let refused = [
        "javascript",
        "data",
        "vbscript",
        "blob",
        "file",
        "filesystem",
        "about",
        "view-source",
    ];
    is_scheme && !refused.iter().any(|refused| scheme.eq_ignore_ascii_case(refused))
}
