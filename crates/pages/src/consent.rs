//! An app asks for the first time, or anew: who, what, where, how long, how to stop it; then no or yes.

use askama::Template;

use crate::app::{App, Identity, Item, Place};
use crate::calendar;
use crate::component::{self, AgentBadge, Ask, Decision, Details, Empty, Note, Particulars, Tone, Verified};
use crate::frame::{Frame, Shell, Width, finish};
use crate::markup::Markup;
use crate::particular::{self, Particular};
use crate::quiet::quiet;
use crate::words::{Filling, Words, said};

/// The consent page.
#[derive(Clone)]
pub struct Consent<'a> {
    /// The sealed authorization request.
    pub request: &'a str,
    /// Proof that the form is ours.
    pub csrf: &'a str,
    /// Who asks.
    pub app: App<'a>,
    /// Where it would act; none: our own endpoints.
    pub place: Option<Place<'a>>,
    /// What it asks for; each item can be left out.
    pub items: Vec<Item<'a>>,
    /// What it asks for exactly; each can be left out.
    pub particulars: Vec<Particular<'a>>,
    /// Where the answer goes: "localhost:3456" or "app.example".
    pub redirect_host: &'a str,
    /// What kind of place that is.
    pub destination: Destination,
    /// How long it lasts.
    pub lasts_seconds: i64,
    /// What was answered before.
    pub history: History,
    /// What an administrator forbade: shown struck out, never given.
    pub forbidden: Vec<Item<'a>>,
    /// What an administrator allowed beforehand: shown as such, still refusable.
    pub decided: Vec<Item<'a>>,
    /// For Details: the wire's name of a value (`client_id`, `redirect_uri`, `resource`, `scope`, `metadata_hash`) and the value. A name without a message
    /// of its own shows as it is.
    pub details: Vec<(&'static str, String)>,
}

quiet!(Consent);

/// Where the answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A loopback address (RFC 8252 s7.3): any program on this computer can pretend to be the app.
    ThisComputer,
    /// A host.
    Host,
}

/// What this person answered this app before.
#[derive(Clone, Debug)]
pub enum History {
    /// Never anything.
    First,
    /// The same, allowed.
    Same {
        /// When, in unix seconds.
        last_at: i64,
    },
    /// The very same in detail, allowed. It is asked all the same: a second yes stands beside the first.
    Again {
        /// When, in unix seconds.
        last_at: i64,
    },
    /// Something allowed that was not the same.
    Changed {
        /// What is different.
        what: Vec<Change>,
        /// When, in unix seconds.
        last_at: i64,
    },
}

/// What is different from what was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its redirect URIs.
    Redirects,
    /// Its keys.
    Keys,
    /// Its name.
    Name {
        /// The name it had.
        before: String,
    },
    /// It asks for something that was not allowed to it before.
    More,
    /// Something of its description; what, is not known any more.
    Description,
}

/// The page where a person decides whether an app may act for them.
pub fn consent(frame: &Frame<'_>, page: &Consent<'_>) -> String {
    let say = Words::new(frame.language);
    let place = || component::place(page.place.as_ref(), frame.tenant);
    let only = particular::only(&page.particulars, &page.items, &page.decided);
    finish(&ConsentPage {
        // The name stands in the page, where it can be framed as a claim; a tab has no frame.
        shell: Shell::new(frame, &say.text("consent-title"), Width::Decision),
        say,
        ask: ask(say, frame, page, only),
        badge: AgentBadge::below_its_name(say, &page.app, frame.tenant),
        verified: verified(say, frame, page),
        first: match page.history {
            History::First => Some(Note::new(Tone::Plain, say.rich("consent-first", &[]))),
            History::Same { .. } | History::Again { .. } | History::Changed { .. } => None,
        },
        changes: changes(say, frame, page),
        particulars: particular::listed(say, &page.particulars, only.is_none()),
        items: choices(&page.items, "item"),
        decided: choices(&page.decided, "decided"),
        forbidden: component::items(&page.forbidden),
        nothing: Empty {
            words: say.rich("consent-nothing", &[("place", place())]),
        },
        back: say.rich("consent-back-to", &[("host", Filling::Whole(page.redirect_host))]),
        ends: ends(say, frame, page),
        repeats: (!page.particulars.is_empty()).then(|| say.rich("consent-repeats", &[("place", place())])),
        this_computer: match page.destination {
            Destination::ThisComputer => Some(Note::new(Tone::Caution, say.rich("consent-this-computer", &[]))),
            Destination::Host => None,
        },
        decision: Decision {
            deny: say.text("deny"),
            allow: particular::allow(say, frame.language, only),
        },
        details: component::details(say, &page.details),
        page,
    })
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    badge: AgentBadge,
    verified: Verified,
    first: Option<Note>,
    changes: Option<Changes>,
    particulars: Particulars<'a>,
    items: Vec<Choice<'a>>,
    decided: Vec<Choice<'a>>,
    forbidden: Vec<Markup>,
    nothing: Empty,
    back: Markup,
    ends: Markup,
    repeats: Option<Markup>,
    this_computer: Option<Note>,
    decision: Decision,
    details: Details,
    page: &'a Consent<'a>,
}

/// One item that can be left out; `id` names it for its checkbox.
struct Choice<'a> {
    id: String,
    scope: &'a str,
    words: Markup,
}

struct Changes {
    heading: Note,
    list: Vec<Markup>,
}

/// What is wanted, as far as one sentence can say it. A name that nobody verified never stands in it as if it were one.
fn ask(say: Words, frame: &Frame<'_>, page: &Consent<'_>, only: Option<&Particular<'_>>) -> Ask {
    let vouched = !matches!(page.app.identity, Identity::SelfRegistered);
    let place = component::place(page.place.as_ref(), frame.tenant);
    let app = Filling::Name(page.app.name);
    if let Some(act) = only.and_then(|only| particular::act(say, frame.language, only, particular::HEADING_CHARS_MAX)) {
        let key = if vouched {
            "consent-ask-act"
        } else {
            "consent-ask-unverified-act"
        };
        return Ask {
            sentence: say.rich(key, &[("app", app), ("place", place), ("act", Filling::Piece(act))]),
        };
    }
    let who_alone =
        page.particulars.is_empty() && component::is_about_person(page.place.as_ref(), &page.items, &page.decided);
    let key = match (vouched, &page.place) {
        (true, _) if who_alone => "consent-ask-who",
        (false, _) if who_alone => "consent-ask-unverified-who",
        (true, Some(_)) => "consent-ask",
        (true, None) => "consent-ask-here",
        (false, Some(_)) => "consent-ask-unverified",
        (false, None) => "consent-ask-unverified-here",
    };
    Ask {
        sentence: say.rich(key, &[("app", app), ("place", place)]),
    }
}

fn verified(say: Words, frame: &Frame<'_>, page: &Consent<'_>) -> Verified {
    let mut facts: Vec<Markup> = component::you_are(say, frame).into_iter().collect();
    if let History::Same { last_at } = page.history {
        facts.push(say.rich(
            "consent-same",
            &[("when", Filling::Piece(calendar::moment(say, frame.now, last_at)))],
        ));
    }
    Verified { facts }
}

fn changes(say: Words, frame: &Frame<'_>, page: &Consent<'_>) -> Option<Changes> {
    match &page.history {
        History::First | History::Same { .. } => None,
        History::Again { last_at } => Some(Changes {
            heading: Note::new(
                Tone::Caution,
                say.rich(
                    "consent-again",
                    &[("when", Filling::Piece(calendar::moment(say, frame.now, *last_at)))],
                ),
            ),
            list: Vec::new(),
        }),
        History::Changed { what, last_at } => Some(Changes {
            heading: Note::new(
                Tone::Caution,
                say.rich(
                    "consent-changed",
                    &[("when", Filling::Piece(calendar::moment(say, frame.now, *last_at)))],
                ),
            ),
            list: what.iter().map(|change| changed(say, change)).collect(),
        }),
    }
}

fn changed(say: Words, change: &Change) -> Markup {
    match change {
        Change::Redirects => say.rich("changed-redirects", &[]),
        Change::Keys => say.rich("changed-keys", &[]),
        Change::Name { before } => say.rich("changed-name", &[("before", Filling::Name(before))]),
        Change::More => say.rich("changed-more", &[]),
        Change::Description => say.rich("changed-description", &[]),
    }
}

fn choices<'a>(items: &'a [Item<'a>], prefix: &str) -> Vec<Choice<'a>> {
    let choice = |(n, item): (usize, &'a Item<'a>)| Choice {
        id: format!("{prefix}-{n}"),
        scope: item.scope,
        words: said(item.words),
    };
    items.iter().enumerate().map(choice).collect()
}

/// How long, and how to end it before: with a link that works.
fn ends(say: Words, frame: &Frame<'_>, page: &Consent<'_>) -> Markup {
    let link = component::agents_link(say, frame.base);
    say.rich(
        "consent-ends",
        &[
            ("span", Filling::Piece(calendar::span(say, page.lasts_seconds))),
            ("link", Filling::Piece(link)),
        ],
    )
}
