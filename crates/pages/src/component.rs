//! The parts that pages are set from, one small template each, with the names that people who design them use.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::app::{App, Identity, Item, Place};
use crate::frame::Frame;
use crate::markup::Markup;
use crate::words::{Filling, Words, raw, said, tells_who, whole};

/// Who asks, and who vouches for it.
#[derive(Template)]
#[template(path = "component/agent_badge.html")]
pub(crate) struct AgentBadge {
    called: Called,
    tier: Note,
}

/// What an agent is called, by whom.
enum Called {
    /// The heading of the page says it already.
    Above,
    /// Someone vouches for the name.
    Name(Markup),
    /// Its own words.
    Claim(Claim),
}

impl AgentBadge {
    /// Name and tier.
    pub(crate) fn new(say: Words, app: &App<'_>, tenant: &str) -> Self {
        let called = match app.identity {
            Identity::Registered | Identity::Document { .. } => Called::Name(say.name(app.name)),
            Identity::SelfRegistered => Called::Claim(Claim {
                words: say.rich("claim-name", &[("app", Filling::Name(app.name))]),
            }),
        };
        Self {
            called,
            tier: tier(say, app, tenant),
        }
    }

    /// The tier alone, under a heading that has the name.
    pub(crate) fn below_its_name(say: Words, app: &App<'_>, tenant: &str) -> Self {
        Self {
            called: Called::Above,
            tier: tier(say, app, tenant),
        }
    }
}

fn tier(say: Words, app: &App<'_>, tenant: &str) -> Note {
    match app.identity {
        Identity::Registered => Note::new(
            Tone::Ok,
            say.rich("tier-registered", &[("tenant", Filling::Name(tenant))]),
        ),
        Identity::Document { host } => {
            Note::new(Tone::Ok, say.rich("tier-document", &[("host", Filling::Whole(host))]))
        }
        Identity::SelfRegistered => Note::new(Tone::Caution, say.rich("tier-unverified", &[])),
    }
}

/// The sentence that a page asks, as its heading.
#[derive(Template)]
#[template(path = "component/ask.html")]
pub(crate) struct Ask {
    pub(crate) sentence: Markup,
}

/// What a machine says, framed as its words.
#[derive(Template)]
#[template(path = "component/claim.html")]
pub(crate) struct Claim {
    pub(crate) words: Markup,
}

/// What is known, each with how.
#[derive(Template)]
#[template(path = "component/verified.html")]
pub(crate) struct Verified {
    pub(crate) facts: Vec<Markup>,
}

/// The words of the protocol, behind a fold, whole.
#[derive(Template)]
#[template(path = "component/details.html")]
pub(crate) struct Details {
    pub(crate) summary: String,
    pub(crate) rows: KeyValue,
}

/// The wire's names and values: a name without a message of its own shows as it is.
pub(crate) fn details(say: Words, values: &[(&'static str, String)]) -> Details {
    let mut rows = KeyValue::default();
    for (name, value) in values {
        let key = say
            .known(&format!("detail-{}", name.replace('_', "-")))
            .unwrap_or_else(|| (*name).to_owned());
        rows.row(
            key,
            if *name == "authorization_details" {
                raw(value)
            } else {
                whole(value)
            },
        );
    }
    Details {
        summary: say.text("details"),
        rows,
    }
}

/// What is asked for exactly, each with a box where it can be left out.
#[derive(Template)]
#[template(path = "component/particulars.html")]
pub(crate) struct Particulars<'a> {
    pub(crate) listed: Vec<Exact<'a>>,
    pub(crate) refusable: bool,
    pub(crate) leave_out: String,
    pub(crate) adds: String,
}

/// One of them; `id` names it for its box.
pub(crate) struct Exact<'a> {
    pub(crate) id: String,
    pub(crate) digest: &'a str,
    pub(crate) name: Markup,
    pub(crate) words: Markup,
    pub(crate) remarks: KeyValue,
}

/// Pairs of what and which.
#[derive(Default, Template)]
#[template(path = "component/key_value.html")]
pub(crate) struct KeyValue {
    pub(crate) rows: Vec<(String, Markup)>,
}

impl KeyValue {
    pub(crate) fn row(&mut self, key: String, value: Markup) {
        self.rows.push((key, value));
    }
}

/// Refusing and agreeing, equally large, refusing first.
#[derive(Template)]
#[template(path = "component/decision.html")]
pub(crate) struct Decision {
    pub(crate) deny: String,
    pub(crate) allow: Markup,
}

/// What an agent may do, until when, and its end.
#[derive(Template)]
#[template(path = "component/grant_row.html")]
pub(crate) struct GrantRow<'a> {
    pub(crate) say: Words,
    pub(crate) base: &'a str,
    pub(crate) csrf: &'a str,
    pub(crate) id: &'a str,
    pub(crate) heading: Markup,
    pub(crate) items: Vec<Markup>,
    pub(crate) rows: KeyValue,
    pub(crate) live: Note,
    pub(crate) stop_label: String,
    pub(crate) change_label: String,
}

/// Nothing here yet: what this place will show and how to get there.
#[derive(Template)]
#[template(path = "component/empty.html")]
pub(crate) struct Empty {
    pub(crate) words: Markup,
}

/// What happened, why, what to do, and the reference number.
#[derive(Template)]
#[template(path = "component/problem.html")]
pub(crate) struct Problem {
    pub(crate) say: Words,
    pub(crate) words: Markup,
    pub(crate) request_id: String,
}

/// One sentence with a sign for how much it matters: word, icon and colour.
#[derive(Template)]
#[template(path = "component/note.html")]
pub(crate) struct Note {
    tone: &'static str,
    icon: &'static str,
    words: Markup,
}

impl Note {
    pub(crate) fn new(tone: Tone, words: Markup) -> Self {
        let (tone, icon) = match tone {
            Tone::Plain => ("plain", "M8 7v5M8 4v1M8 15A7 7 0 1 1 8 1a7 7 0 0 1 0 14Z"),
            Tone::Ok => ("ok", "m2.5 8.5 3.5 3.5 7.5-8"),
            Tone::Caution => ("caution", "M8 2 1 14h14ZM8 6v4M8 11.5v1"),
            Tone::Danger => ("danger", "M5 1h6l4 4v6l-4 4H5l-4-4V5ZM5.5 5.5l5 5M10.5 5.5l-5 5"),
        };
        Self { tone, icon, words }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Plain,
    Ok,
    Caution,
    Danger,
}

/// Who answers: on a telephone the head of the page does not say it.
pub(crate) fn you_are(say: Words, frame: &Frame<'_>) -> Option<Markup> {
    let person = frame.person.as_ref()?;
    Some(say.rich(
        "consent-you-are",
        &[
            ("name", Filling::Name(person.name)),
            ("login", Filling::Name(person.login)),
        ],
    ))
}

/// The scopes' words, one piece each.
pub(crate) fn items(items: &[Item<'_>]) -> Vec<Markup> {
    items.iter().map(|item| said(item.words)).collect()
}

/// Whether all that is asked, at our own endpoints, is who somebody is: an app that may know that and no more does not act for them.
pub(crate) fn is_about_person(place: Option<&Place<'_>>, items: &[Item<'_>], decided: &[Item<'_>]) -> bool {
    place.is_none()
        && items.iter().chain(decided).next().is_some()
        && items.iter().chain(decided).all(|item| tells_who(item.scope))
}

/// The link to the page of agents, by its name, for a sentence that says where something can be stopped.
pub(crate) fn agents_link(say: Words, base: &str) -> Markup {
    link(base, "/agents", &say.text("nav-agents"))
}

/// A link to a page of ours, for a sentence.
pub(crate) fn link(base: &str, to: &'static str, words: &str) -> Markup {
    let mut link = Markup::new();
    link.tag("<a href=\"");
    link.text(base);
    link.text(to);
    link.tag("\">");
    link.text(words);
    link.tag("</a>");
    link
}

/// What a sentence calls a place.
pub(crate) fn place<'a>(place: Option<&Place<'a>>, tenant: &'a str) -> Filling<'a> {
    Filling::Name(place.map_or(tenant, |place| place.name))
}

macro_rules! html {
    ($($name:ty),+) => { $(impl HtmlSafe for $name {})+ };
}

html!(
    AgentBadge,
    Ask,
    Claim,
    Verified,
    Details,
    Particulars<'_>,
    KeyValue,
    Decision,
    GrantRow<'_>,
    Empty,
    Problem,
    Note
);
