//! A person gives an app something unasked: first which app and where, then what. Nothing is ticked beforehand.

use askama::Template;

use crate::app::{App, Item, Place};
use crate::calendar;
use crate::component::{self, AgentBadge, Ask, Empty, Note, Tone};
use crate::frame::{Frame, Shell, Width, finish};
use crate::markup::Markup;
use crate::quiet::quiet;
use crate::words::{Filling, Words, said, whole};

/// The lists of what can be picked.
#[derive(Clone, Debug)]
pub struct Picking<'a> {
    /// The apps.
    pub apps: Vec<App<'a>>,
    /// The places.
    pub places: Vec<Place<'a>>,
}

/// What is given to one app at one place.
#[derive(Clone)]
pub struct Give<'a> {
    /// Proof that the form is ours.
    pub csrf: &'a str,
    /// To whom.
    pub app: App<'a>,
    /// Where.
    pub place: Place<'a>,
    /// What it could do there.
    pub items: Vec<Item<'a>>,
    /// The first and the last day that the field for the end takes, as `2026-11-27`.
    pub days: (&'a str, &'a str),
    /// How long it lasts when no day is said.
    pub lasts_seconds: i64,
    /// What was wrong with the last try.
    pub problem: Option<GiveProblem>,
}

quiet!(Give);

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveProblem {
    /// Nothing was picked, or something that the place does not know.
    Nothing,
    /// The day lies in the past, or is none.
    Day,
    /// The organisation forbids it, or has others say so.
    Forbidden,
    /// It takes a passkey, and they signed in without one, or too long ago.
    Passkey,
}

/// The page where a person picks an app and a place.
pub fn pick(frame: &Frame<'_>, page: &Picking<'_>) -> String {
    let say = Words::new(frame.language);
    finish(&PickPage {
        shell: Shell::new(frame, &say.text("give-title"), Width::Decision),
        say,
        ask: Ask {
            sentence: say.rich("give-title", &[]),
        },
        empty: (page.apps.is_empty() || page.places.is_empty()).then(|| Empty {
            words: say.rich("give-empty", &[]),
        }),
        apps: page
            .apps
            .iter()
            .enumerate()
            .map(|(n, app)| Pick {
                id: format!("app-{n}"),
                value: app.client_id,
                name: said(app.name),
                more: whole(app.client_id),
            })
            .collect(),
        places: page
            .places
            .iter()
            .enumerate()
            .map(|(n, place)| Pick {
                id: format!("place-{n}"),
                value: place.uri,
                name: said(place.name),
                more: whole(place.uri),
            })
            .collect(),
    })
}

/// The page where a person says what an app may do.
pub fn give(frame: &Frame<'_>, page: &Give<'_>) -> String {
    let say = Words::new(frame.language);
    let place = || component::place(Some(&page.place), frame.tenant);
    let link = component::agents_link(say, frame.base);
    let span = calendar::span(say, page.lasts_seconds);
    finish(&GivePage {
        shell: Shell::new(frame, &say.text("give-title"), Width::Decision),
        say,
        ask: Ask {
            sentence: say.rich("give-ask", &[("app", Filling::Name(page.app.name)), ("place", place())]),
        },
        badge: AgentBadge::below_its_name(say, &page.app, frame.tenant),
        problem: page.problem.map(|problem| {
            let key = match problem {
                GiveProblem::Nothing => "give-nothing",
                GiveProblem::Day => "give-day",
                GiveProblem::Forbidden => "give-forbidden",
                GiveProblem::Passkey => "give-passkey",
            };
            Note::new(Tone::Danger, say.rich(key, &[]))
        }),
        items: page
            .items
            .iter()
            .enumerate()
            .map(|(n, item)| Pick {
                id: format!("scope-{n}"),
                value: item.scope,
                name: said(item.words),
                more: whole(item.scope),
            })
            .collect(),
        ends: say.rich(
            "consent-ends",
            &[("span", Filling::Piece(span)), ("link", Filling::Piece(link))],
        ),
        page,
    })
}

#[derive(Template)]
#[template(path = "pick.html")]
struct PickPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    empty: Option<Empty>,
    apps: Vec<Pick<'a>>,
    places: Vec<Pick<'a>>,
}

#[derive(Template)]
#[template(path = "give.html")]
struct GivePage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    badge: AgentBadge,
    problem: Option<Note>,
    items: Vec<Pick<'a>>,
    ends: Markup,
    page: &'a Give<'a>,
}

struct Pick<'a> {
    id: String,
    value: &'a str,
    name: Markup,
    more: Markup,
}
