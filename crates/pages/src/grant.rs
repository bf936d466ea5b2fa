//! One grant: what it gives, and a form with which a person takes from it. Nothing here can give more.

use askama::Template;

use crate::app::{App, Item, Place};
use crate::calendar;
use crate::component::{self, AgentBadge, Ask, KeyValue, Note, Tone};
use crate::frame::{Frame, Shell, Width, finish};
use crate::markup::Markup;
use crate::particular::{self, Particular};
use crate::quiet::quiet;
use crate::visible::visible;
use crate::words::{Filling, Words, said};

/// The page of one grant.
#[derive(Clone)]
pub struct Grant<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Proof that the form is ours.
    pub csrf: &'a str,
    /// Who holds it.
    pub app: App<'a>,
    /// Where it acts; none: our own endpoints.
    pub place: Option<Place<'a>>,
    /// What it may do there.
    pub items: Vec<Item<'a>>,
    /// What it may do there exactly.
    pub particulars: Vec<Particular<'a>>,
    /// What can be limited.
    pub powers: Vec<Power<'a>>,
    /// When it was given, in unix seconds.
    pub given_at: i64,
    /// When it ends, if nothing happens.
    pub expires_at: Option<i64>,
    /// The first and the last day that the field for the end takes, as `2026-11-27`.
    pub days: (&'a str, &'a str),
    /// What was just done, or what was wrong.
    pub notice: Option<GrantNotice>,
}

quiet!(Grant);

/// Something a grant allows, with the limits that it has now.
#[derive(Clone, Debug)]
pub struct Power<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What it allows, in one sentence.
    pub words: &'a str,
    /// How often a day, at most; "" when that is not limited.
    pub a_day: String,
    /// How often in all, at most.
    pub in_all: String,
    /// How much a day, at most, by currency; one without a currency where nothing is limited yet.
    pub amounts: Vec<(String, String)>,
}

/// What the page says of the last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantNotice {
    /// It gives less now.
    Reduced,
    /// What was sent would have given more, or names what cannot be read.
    More,
    /// What was sent would have left nothing: it can be stopped instead.
    Nothing,
}

/// The page where a person looks at a grant and takes from it.
pub fn grant(frame: &Frame<'_>, page: &Grant<'_>) -> String {
    let say = Words::new(frame.language);
    let place = || component::place(page.place.as_ref(), frame.tenant);
    let when = |at: i64| calendar::moment(say, frame.now, at);
    let mut story = KeyValue::default();
    story.row(say.text("grant-given"), when(page.given_at));
    story.row(
        say.text("grant-until"),
        match page.expires_at {
            Some(at) => when(at),
            None => say.rich("grant-until-stopped", &[]),
        },
    );
    finish(&GrantPage {
        shell: Shell::new(frame, &say.text("grant-title"), Width::Decision),
        say,
        ask: Ask {
            sentence: say.rich(
                "grant-ask",
                &[("app", Filling::Name(page.app.name)), ("place", place())],
            ),
        },
        badge: AgentBadge::new(say, &page.app, frame.tenant),
        notice: page.notice.map(|notice| match notice {
            GrantNotice::Reduced => Note::new(Tone::Ok, say.rich("grant-reduced", &[])),
            GrantNotice::More => Note::new(Tone::Danger, say.rich("grant-more", &[])),
            GrantNotice::Nothing => Note::new(Tone::Danger, say.rich("grant-nothing-left", &[])),
        }),
        particulars: page
            .particulars
            .iter()
            .map(|particular| particular::told(say, particular))
            .collect(),
        items: page
            .items
            .iter()
            .enumerate()
            .map(|(n, item)| Choice {
                id: format!("scope-{n}"),
                scope: item.scope,
                words: said(item.words),
            })
            .collect(),
        powers: page
            .powers
            .iter()
            .enumerate()
            .map(|(n, power)| limits(say, n, power))
            .collect(),
        story,
        page,
    })
}

fn limits(say: Words, n: usize, power: &Power<'_>) -> Limits {
    Limits {
        n,
        name: say.rich("grant-limits", &[("name", Filling::Name(power.name))]),
        words: said(power.words),
        a_day: typed(&power.a_day),
        in_all: typed(&power.in_all),
        amounts: power
            .amounts
            .iter()
            .map(|(currency, most)| Amount {
                label: if currency.is_empty() {
                    say.rich("grant-limit-amount", &[])
                } else {
                    say.rich("grant-limit-amount-of", &[("currency", Filling::Name(currency))])
                },
                currency: typed(currency),
                most: typed(most),
            })
            .collect(),
    }
}

#[derive(Template)]
#[template(path = "grant.html")]
struct GrantPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    badge: AgentBadge,
    notice: Option<Note>,
    particulars: Vec<Markup>,
    items: Vec<Choice<'a>>,
    powers: Vec<Limits>,
    story: KeyValue,
    page: &'a Grant<'a>,
}

struct Choice<'a> {
    id: String,
    scope: &'a str,
    words: Markup,
}

struct Limits {
    n: usize,
    name: Markup,
    words: Markup,
    a_day: String,
    in_all: String,
    amounts: Vec<Amount>,
}

struct Amount {
    label: Markup,
    currency: String,
    most: String,
}

/// What stands in a field.
fn typed(text: &str) -> String {
    visible(text, FIELD_CHARS_MAX)
}

/// More than any amount or count has.
const FIELD_CHARS_MAX: usize = 20;
