//! What every page has around it: title, header, footer, the way to its parts.

use askama::Template;

use crate::assets;
use crate::language::Language;
use crate::markup::Markup;
use crate::quiet::quiet;
use crate::words::{Filling, Words};

/// What every page has around it.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// The language of the page.
    pub language: Language,
    /// Path prefix of the tenant, "" or "/t/acme": every link and action starts with it.
    pub base: &'a str,
    /// The tenant's name for people.
    pub tenant: &'a str,
    /// Who is signed in.
    pub person: Option<Person<'a>>,
    /// Unix seconds, for "in 14 hours".
    pub now: i64,
    /// Path of this page without `base`, for the language links; "" when the page cannot be asked for again.
    pub here: &'a str,
}

/// The person who is signed in.
#[derive(Clone)]
pub struct Person<'a> {
    /// What people call them.
    pub name: &'a str,
    /// What they type to sign in.
    pub login: &'a str,
    /// Proof that the sign-out form in the header is ours.
    pub csrf: &'a str,
}

quiet!(Person);

/// How wide a page may be: a decision is one narrow column, a list may be wider.
#[derive(Clone, Copy)]
pub(crate) enum Width {
    Decision,
    List,
}

/// The frame as the templates use it.
pub(crate) struct Shell<'a> {
    pub(crate) say: Words,
    pub(crate) base: &'a str,
    /// The start page: a path has no slash at its end, but for the one that is nothing else.
    pub(crate) home: &'a str,
    pub(crate) tenant: Markup,
    pub(crate) title: String,
    pub(crate) tag: &'static str,
    pub(crate) direction: &'static str,
    pub(crate) width: &'static str,
    pub(crate) person: Option<Greeting<'a>>,
    pub(crate) languages: Vec<Offer>,
    pub(crate) style: &'static str,
    pub(crate) script: &'static str,
    pub(crate) icon: &'static str,
    /// The error code of a problem page.
    pub(crate) problem: Option<&'a str>,
}

pub(crate) struct Greeting<'a> {
    pub(crate) name: Markup,
    pub(crate) csrf: &'a str,
    /// What stands in `aria-current` of the header's links.
    pub(crate) approvals: &'static str,
    pub(crate) agents: &'static str,
    pub(crate) account: &'static str,
}

pub(crate) struct Offer {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) href: String,
    pub(crate) current: &'static str,
}

impl<'a> Shell<'a> {
    /// The frame of a page whose first heading says `title`.
    pub(crate) fn new(frame: &Frame<'a>, title: &str, width: Width) -> Self {
        let say = Words::new(frame.language);
        Self {
            say,
            base: frame.base,
            home: if frame.base.is_empty() { "/" } else { frame.base },
            tenant: say.name(frame.tenant),
            title: format!(
                "{title} · {}",
                say.line("tenant-name", &[("tenant", Filling::Name(frame.tenant))])
            ),
            tag: frame.language.tag(),
            direction: frame.language.direction(),
            width: match width {
                Width::Decision => "decision-column",
                Width::List => "list-column",
            },
            person: frame.person.as_ref().map(|person| Greeting {
                name: say.name(person.name),
                csrf: person.csrf,
                approvals: current(frame.here, "/approvals"),
                agents: current(frame.here, "/agents"),
                account: current(frame.here, "/account"),
            }),
            languages: languages(frame),
            style: assets::STYLE.name,
            script: assets::SCRIPT.name,
            icon: assets::ICON.name,
            problem: None,
        }
    }
}

fn current(here: &str, path: &str) -> &'static str {
    if here == path { "page" } else { "false" }
}

fn languages(frame: &Frame<'_>) -> Vec<Offer> {
    if frame.here.is_empty() {
        return Vec::new();
    }
    let joint = if frame.here.contains('?') { '&' } else { '?' };
    let offer = |language: Language| Offer {
        tag: language.tag(),
        name: language.own_name(),
        href: format!("{}{}{joint}lang={}", frame.base, frame.here, language.tag()),
        current: if language == frame.language { "true" } else { "false" },
    };
    Language::ALL.iter().copied().map(offer).collect()
}

/// The page as text. Our templates print strings into a string, which cannot fail.
pub(crate) fn finish(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}
