//! Everything that can act for a person, live or not, and its end. A permission without a live token stands here too: it can come alive.

use askama::Template;

use crate::app::{App, Item, Place};
use crate::calendar;
use crate::component::{self, AgentBadge, Ask, Empty, KeyValue, Note, Tone};
use crate::frame::{Frame, Shell, Width, finish};
use crate::particular::{self, Particular};
use crate::quiet::quiet;
use crate::words::{Filling, Words};

/// The page of connected agents.
#[derive(Clone)]
pub struct Agents<'a> {
    /// Proof that the forms are ours.
    pub csrf: &'a str,
    /// Who can act.
    pub agents: Vec<Agent<'a>>,
    /// What was just done.
    pub notice: Option<AgentsNotice>,
}

quiet!(Agents);

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentsNotice {
    /// One grant or one agent is stopped.
    Stopped,
    /// All are.
    StoppedAll,
    /// A grant lost something.
    Reduced,
    /// An app was given something unasked.
    Given,
}

/// An app and what it may do.
#[derive(Clone, Debug)]
pub struct Agent<'a> {
    /// The app.
    pub app: App<'a>,
    /// Its grants.
    pub grants: Vec<GrantRow<'a>>,
}

/// One grant.
#[derive(Clone, Debug)]
pub struct GrantRow<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Where it acts; none: our own endpoints.
    pub place: Option<Place<'a>>,
    /// What it may do there.
    pub items: Vec<Item<'a>>,
    /// What it may do there exactly.
    pub particulars: Vec<Particular<'a>>,
    /// When it was given, in unix seconds.
    pub given_at: i64,
    /// When it ends, if nothing happens.
    pub expires_at: Option<i64>,
    /// When it was last used.
    pub last_used_at: Option<i64>,
    /// Whether it can be used now.
    pub live: Live,
    /// Who said yes.
    pub decided_by: DecidedBy,
}

/// Whether a grant can be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// Sign-ins that can refresh now.
    Sessions(u32),
    /// None; the permission stands all the same.
    Nothing,
}

/// Who said yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// The person.
    You,
    /// An administrator, for everyone.
    Organisation,
}

/// The page where a person sees and stops the agents that can act for them.
pub fn agents(frame: &Frame<'_>, page: &Agents<'_>) -> String {
    let say = Words::new(frame.language);
    finish(&AgentsPage {
        shell: Shell::new(frame, &say.text("agents-title"), Width::List),
        say,
        ask: Ask {
            sentence: say.rich("agents-title", &[]),
        },
        notice: page
            .notice
            .map(|notice| Note::new(Tone::Ok, say.rich(done(notice), &[]))),
        empty: Empty {
            words: say.rich("agents-empty", &[]),
        },
        agents: page.agents.iter().map(|agent| card(say, frame, page, agent)).collect(),
        page,
    })
}

#[derive(Template)]
#[template(path = "agents.html")]
struct AgentsPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    notice: Option<Note>,
    empty: Empty,
    agents: Vec<Card<'a>>,
    page: &'a Agents<'a>,
}

struct Card<'a> {
    client_id: &'a str,
    badge: AgentBadge,
    stop_label: String,
    grants: Vec<component::GrantRow<'a>>,
}

fn card<'a>(say: Words, frame: &Frame<'a>, page: &'a Agents<'a>, agent: &'a Agent<'a>) -> Card<'a> {
    Card {
        client_id: agent.app.client_id,
        badge: AgentBadge::new(say, &agent.app, frame.tenant),
        stop_label: say.line("stop-agent-named", &[("app", Filling::Name(agent.app.name))]),
        grants: agent
            .grants
            .iter()
            .map(|grant| row(say, frame, page, agent, grant))
            .collect(),
    }
}

fn row<'a>(
    say: Words,
    frame: &Frame<'a>,
    page: &'a Agents<'a>,
    agent: &Agent<'a>,
    grant: &'a GrantRow<'a>,
) -> component::GrantRow<'a> {
    let place = || component::place(grant.place.as_ref(), frame.tenant);
    let bare = grant.items.is_empty() && grant.particulars.is_empty();
    let who_alone = grant.particulars.is_empty() && component::is_about_person(grant.place.as_ref(), &grant.items, &[]);
    let heading = match (bare, who_alone) {
        (true, _) => "grant-heading-bare",
        (false, true) => "grant-heading-who",
        (false, false) => "grant-heading",
    };
    component::GrantRow {
        say,
        base: frame.base,
        csrf: page.csrf,
        id: grant.id,
        heading: say.rich(heading, &[("place", place())]),
        items: grant
            .particulars
            .iter()
            .map(|particular| particular::told(say, particular))
            .chain(component::items(&grant.items))
            .collect(),
        rows: story(say, frame.now, grant),
        live: live(say, grant.live, who_alone),
        change_label: say.line(
            "change-grant-named",
            &[("app", Filling::Name(agent.app.name)), ("place", place())],
        ),
        stop_label: say.line(
            "stop-grant-named",
            &[("app", Filling::Name(agent.app.name)), ("place", place())],
        ),
    }
}

fn story(say: Words, now: i64, grant: &GrantRow<'_>) -> KeyValue {
    let when = |at: i64| Filling::Piece(calendar::moment(say, now, at));
    let mut rows = KeyValue::default();
    rows.row(
        say.text("grant-given"),
        match grant.decided_by {
            DecidedBy::You => say.rich("grant-given-by-you", &[("when", when(grant.given_at))]),
            DecidedBy::Organisation => say.rich("grant-given-by-organisation", &[("when", when(grant.given_at))]),
        },
    );
    rows.row(
        say.text("grant-used"),
        match grant.last_used_at {
            Some(at) => calendar::moment(say, now, at),
            None => say.rich("grant-used-never", &[]),
        },
    );
    rows.row(
        say.text("grant-until"),
        match grant.expires_at {
            Some(at) => calendar::moment(say, now, at),
            None => say.rich("grant-until-stopped", &[]),
        },
    );
    rows
}

fn live(say: Words, live: Live, who_alone: bool) -> Note {
    let key = if who_alone {
        "live-sessions-who"
    } else {
        "live-sessions"
    };
    match live {
        Live::Sessions(count) => Note::new(Tone::Ok, say.rich(key, &[("count", Filling::Count(i64::from(count)))])),
        Live::Nothing => Note::new(Tone::Plain, say.rich("live-nothing", &[])),
    }
}

fn done(notice: AgentsNotice) -> &'static str {
    match notice {
        AgentsNotice::Stopped => "agents-stopped",
        AgentsNotice::StoppedAll => "agents-stopped-all",
        AgentsNotice::Reduced => "agents-reduced",
        AgentsNotice::Given => "agents-given",
    }
}
