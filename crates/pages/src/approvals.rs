//! What waits for a person's answer, and the page where they give it: one for every way in which a machine can ask.

use askama::Template;

use crate::app::{App, Identity, Item, Place};
use crate::calendar;
use crate::component::{
    self, AgentBadge, Ask, Claim, Decision, Details, Empty, KeyValue, Note, Particulars, Tone, Verified,
};
use crate::frame::{Frame, Shell, Width, finish};
use crate::markup::Markup;
use crate::particular::{self, Particular};
use crate::quiet::quiet;
use crate::words::{Filling, Words, said};

/// The list of what waits.
#[derive(Clone, Debug)]
pub struct Approvals<'a> {
    /// The questions, the newest first.
    pub waiting: Vec<Question<'a>>,
    /// Those that were answered lately, or ended without an answer, the newest first.
    pub answered: Vec<Answered<'a>>,
}

/// A question that was answered, or whose time is over.
#[derive(Clone, Debug)]
pub struct Answered<'a> {
    /// What was asked.
    pub question: Question<'a>,
    /// How it ended.
    pub stands: Stands,
}

/// A question in a list.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Who asks.
    pub app: App<'a>,
    /// How it asks.
    pub way: Way,
    /// Where it would act; none: our own endpoints.
    pub place: Option<Place<'a>>,
    /// What it asks for.
    pub items: Vec<Item<'a>>,
    /// What it asks for exactly.
    pub particulars: Vec<Particular<'a>>,
    /// What it asks about, if it wants no authority.
    pub sought: Option<Sought<'a>>,
    /// What the app says it is for: its words.
    pub claim: Option<&'a str>,
    /// The groups that it asks, when it is not this person alone.
    pub quorum: Vec<Quorum<'a>>,
    /// When it was asked, in unix seconds.
    pub asked_at: i64,
    /// When it ends, with no for an answer.
    pub ends_at: i64,
}

/// How an app asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From a device whose code the person typed.
    Device,
    /// A machine, for itself.
    Machine,
    /// An app that acts for the person already, and wants more.
    More,
    /// A program that asks whether somebody may do something.
    Question,
}

/// What such a program asks about.
#[derive(Clone, Debug)]
pub struct Sought<'a> {
    /// Who.
    pub subject: &'a str,
    /// What: the name of the action.
    pub action: &'a str,
    /// To what.
    pub resource: &'a str,
}

/// The page of one question.
#[derive(Clone)]
pub struct Approval<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Proof that the form is ours.
    pub csrf: &'a str,
    /// What this page shows, as the form carries it back: an answer to something else does not count.
    pub seen: &'a str,
    /// Who asks.
    pub app: App<'a>,
    /// How it asks.
    pub way: Way,
    /// Where it would act; none: our own endpoints.
    pub place: Option<Place<'a>>,
    /// What it asks for.
    pub items: Vec<Item<'a>>,
    /// What it asks for exactly.
    pub particulars: Vec<Particular<'a>>,
    /// What it asks about, if it wants no authority.
    pub sought: Option<Sought<'a>>,
    /// What an administrator allowed beforehand.
    pub decided: Vec<Item<'a>>,
    /// What an administrator forbade: shown struck out, never given.
    pub forbidden: Vec<Item<'a>>,
    /// What the app says it is for: its words.
    pub claim: Option<&'a str>,
    /// When it was asked, in unix seconds.
    pub asked_at: i64,
    /// From which address, as far as that is known.
    pub from: Option<&'a str>,
    /// When it ends, with no for an answer.
    pub ends_at: i64,
    /// How long what is given lasts.
    pub lasts_seconds: i64,
    /// The groups that it asks, when it is not this person alone.
    pub quorum: Vec<Quorum<'a>>,
    /// Whether the yes is for one time.
    pub once: bool,
    /// Where it stands.
    pub stands: Stands,
    /// What a passkey is asked to sign, where it stands so that one must.
    pub ceremony: Option<Ceremony<'a>>,
    /// Why it shows once more.
    pub problem: Option<AnswerProblem>,
    /// For Details: the wire's name of a value and the value.
    pub details: Vec<(&'static str, String)>,
}

quiet!(Approval);

/// A passkey is asked to sign the yes.
#[derive(Clone, Copy)]
pub struct Ceremony<'a> {
    /// Sealed; goes back with the signature.
    pub sealed: &'a str,
    /// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3 s5.1.8); "" when the person has no passkey.
    pub options: &'a str,
}

quiet!(Ceremony);

/// Why the page of a question shows once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerProblem {
    /// The yes takes a passkey's signature, and this was none.
    Unsigned,
    /// The page was open for too long for a passkey.
    TookTooLong,
    /// A no, after the question was answered.
    TooLate,
}

/// So many people of a group are asked.
#[derive(Clone, Debug)]
pub struct Quorum<'a> {
    /// The name of their group or role.
    pub group: &'a str,
    /// How many must say yes.
    pub needed: u8,
    /// How many have.
    pub yes: usize,
}

/// Where a question stands for the person who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// They can say yes or no.
    Open,
    /// They can say no, and yes by the signature of their passkey.
    ByPasskey,
    /// They can say no: the organisation forbids the yes.
    NoOnly,
    /// They can say no: it is about themself, and others must say yes.
    OthersOnly,
    /// They can say no: enough of their group said yes, and those of others must.
    EnoughOfTheirs,
    /// They said yes, and others must.
    OthersMust,
    /// The answer was yes.
    Approved,
    /// The answer was yes, and the app has what it asked for.
    Fetched,
    /// The answer was no.
    Denied,
    /// It was taken back.
    Cancelled,
    /// Nobody answered in time.
    Expired,
}

/// The page that lists what waits for a person's answer.
pub fn approvals(frame: &Frame<'_>, page: &Approvals<'_>) -> String {
    let say = Words::new(frame.language);
    finish(&ApprovalsPage {
        shell: Shell::new(frame, &say.text("approvals-title"), Width::List),
        say,
        ask: Ask {
            sentence: say.rich("approvals-title", &[]),
        },
        empty: Empty {
            words: say.rich("approvals-empty", &[]),
        },
        waiting: page
            .waiting
            .iter()
            .map(|question| row(say, frame, question, Stands::Open))
            .collect(),
        answered: page
            .answered
            .iter()
            .map(|answered| row(say, frame, &answered.question, answered.stands))
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "approvals.html")]
struct ApprovalsPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    empty: Empty,
    waiting: Vec<Row<'a>>,
    answered: Vec<Row<'a>>,
}

struct Row<'a> {
    id: &'a str,
    heading: Markup,
    items: Vec<Markup>,
    more: Option<Markup>,
    claim: Option<Claim>,
    quorum: Vec<Markup>,
    status: Option<Note>,
    story: KeyValue,
    label: String,
}

/// Things of one question that a list says; its page says all of them.
const ROW_ITEMS_MAX: usize = 4;

fn row<'a>(say: Words, frame: &Frame<'a>, question: &Question<'a>, stands: Stands) -> Row<'a> {
    let when = |at: i64| calendar::moment(say, frame.now, at);
    let mut story = KeyValue::default();
    story.row(say.text("approval-asked"), when(question.asked_at));
    if stands == Stands::Open {
        story.row(say.text("approval-ends"), when(question.ends_at));
    }
    let shown = question.items.get(..ROW_ITEMS_MAX).unwrap_or(&question.items);
    let more = question.items.len().saturating_sub(shown.len());
    Row {
        id: question.id,
        heading: sentence(
            say,
            frame,
            &Wanted {
                app: &question.app,
                way: question.way,
                place: question.place.as_ref(),
                items: &question.items,
                particulars: &question.particulars,
                sought: question.sought.as_ref(),
            },
        ),
        items: question
            .particulars
            .iter()
            .map(|exact| particular::told(say, exact))
            .chain(component::items(shown))
            .collect(),
        more: (more > 0).then(|| {
            let count = i64::try_from(more).unwrap_or(i64::MAX);
            say.rich("approval-more", &[("count", Filling::Count(count))])
        }),
        claim: question.claim.map(|words| claim(say, &question.app, words)),
        quorum: question.quorum.iter().map(|asked| quorum(say, asked)).collect(),
        status: status(say, stands, question.way),
        story,
        label: say.line("approval-look-named", &[("app", Filling::Name(question.app.name))]),
    }
}

/// What the app says it is for, as its words.
fn claim(say: Words, app: &App<'_>, words: &str) -> Claim {
    Claim {
        words: say.rich(
            "approval-says",
            &[("app", Filling::Name(app.name)), ("words", Filling::Piece(said(words)))],
        ),
    }
}

/// Who is asked, and how many of them said yes.
fn quorum(say: Words, quorum: &Quorum<'_>) -> Markup {
    let yes = i64::try_from(quorum.yes).unwrap_or(i64::MAX);
    say.rich(
        "approval-quorum",
        &[
            ("yes", Filling::Count(yes)),
            ("needed", Filling::Count(i64::from(quorum.needed))),
            ("group", Filling::Name(quorum.group)),
        ],
    )
}

/// The page where a person answers a question, and sees later how it went on.
pub fn approval(frame: &Frame<'_>, page: &Approval<'_>) -> String {
    let say = Words::new(frame.language);
    let when = |at: i64| Filling::Piece(calendar::moment(say, frame.now, at));
    let form = match page.stands {
        Stands::Open => Form::YesOrNo,
        Stands::ByPasskey if page.ceremony.is_some_and(|asked| !asked.options.is_empty()) => Form::ByPasskey,
        Stands::ByPasskey | Stands::NoOnly | Stands::OthersOnly | Stands::EnoughOfTheirs => Form::NoOnly,
        Stands::OthersMust
        | Stands::Approved
        | Stands::Fetched
        | Stands::Denied
        | Stands::Cancelled
        | Stands::Expired => Form::None,
    };
    let asked_for: Vec<Item<'_>> = page.items.iter().chain(&page.decided).cloned().collect();
    let only = particular::only(&page.particulars, &page.items, &page.decided);
    let refusable = matches!(form, Form::YesOrNo | Form::ByPasskey) && page.quorum.is_empty();
    finish(&ApprovalPage {
        shell: Shell::new(frame, &say.text("approval-title"), Width::Decision),
        say,
        ask: Ask {
            sentence: sentence(
                say,
                frame,
                &Wanted {
                    app: &page.app,
                    way: page.way,
                    place: page.place.as_ref(),
                    items: &asked_for,
                    particulars: &page.particulars,
                    sought: page.sought.as_ref(),
                },
            ),
        },
        badge: AgentBadge::below_its_name(say, &page.app, frame.tenant),
        claim: page.claim.map(|words| claim(say, &page.app, words)),
        started: match (page.from, page.way) {
            (Some(from), _) => say.rich(
                "approval-started-from",
                &[("when", when(page.asked_at)), ("from", Filling::Whole(from))],
            ),
            // A device can stand anywhere. An app that proved itself is where it always is.
            (None, Way::Device) => say.rich("approval-started-anywhere", &[("when", when(page.asked_at))]),
            (None, Way::Machine | Way::More | Way::Question) => {
                say.rich("approval-started", &[("when", when(page.asked_at))])
            }
        },
        verified: Verified {
            facts: component::you_are(say, frame).into_iter().collect(),
        },
        warning: (page.way == Way::Device && form != Form::None)
            .then(|| Note::new(Tone::Caution, say.rich("approval-device-warning", &[]))),
        quorum: page.quorum.iter().map(|asked| quorum(say, asked)).collect(),
        status: status(say, page.stands, page.way),
        particulars: particular::listed(say, &page.particulars, refusable && only.is_none()),
        items: choices(&page.items, "item"),
        decided: choices(&page.decided, "decided"),
        forbidden: component::items(&page.forbidden),
        able: say.text(if page.way == Way::Question {
            "approval-exactly"
        } else {
            "consent-able"
        }),
        nothing: Empty {
            words: say.rich(
                "consent-nothing",
                &[("place", component::place(page.place.as_ref(), frame.tenant))],
            ),
        },
        terms: terms(say, frame, page, form),
        problem: page.problem.map(|problem| {
            let (tone, key) = match problem {
                AnswerProblem::Unsigned => (Tone::Danger, "approval-yes-unsigned"),
                AnswerProblem::TookTooLong => (Tone::Caution, "approval-took-too-long"),
                AnswerProblem::TooLate => (Tone::Danger, "approval-too-late"),
            };
            Note::new(tone, say.rich(key, &[]))
        }),
        no_passkey: page.stands == Stands::ByPasskey && form == Form::NoOnly,
        ceremony: page.ceremony.filter(|_| form == Form::ByPasskey),
        form,
        refusable,
        decision: Decision {
            deny: say.text("deny"),
            allow: particular::allow(say, frame.language, only),
        },
        details: component::details(say, &page.details),
        page,
    })
}

/// What a person can still say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    YesOrNo,
    ByPasskey,
    NoOnly,
    None,
}

#[derive(Template)]
#[template(path = "approval.html")]
struct ApprovalPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    badge: AgentBadge,
    claim: Option<Claim>,
    started: Markup,
    verified: Verified,
    warning: Option<Note>,
    quorum: Vec<Markup>,
    status: Option<Note>,
    particulars: Particulars<'a>,
    items: Vec<Choice<'a>>,
    decided: Vec<Choice<'a>>,
    forbidden: Vec<Markup>,
    able: String,
    nothing: Empty,
    terms: Vec<Markup>,
    problem: Option<Note>,
    no_passkey: bool,
    ceremony: Option<Ceremony<'a>>,
    form: Form,
    refusable: bool,
    decision: Decision,
    details: Details,
    page: &'a Approval<'a>,
}

struct Choice<'a> {
    id: String,
    scope: &'a str,
    words: Markup,
}

fn choices<'a>(items: &'a [Item<'a>], prefix: &str) -> Vec<Choice<'a>> {
    let choice = |(n, item): (usize, &'a Item<'a>)| Choice {
        id: format!("{prefix}-{n}"),
        scope: item.scope,
        words: said(item.words),
    };
    items.iter().enumerate().map(choice).collect()
}

/// What is wanted, by whom and how.
struct Wanted<'w, 'a> {
    app: &'w App<'a>,
    way: Way,
    place: Option<&'w Place<'a>>,
    items: &'w [Item<'a>],
    particulars: &'w [Particular<'a>],
    sought: Option<&'w Sought<'a>>,
}

/// Who wants what, in one sentence. A name that nobody verified never stands in it as if it were one.
fn sentence(say: Words, frame: &Frame<'_>, wanted: &Wanted<'_, '_>) -> Markup {
    let Wanted { app, way, place, .. } = *wanted;
    let vouched = !matches!(app.identity, Identity::SelfRegistered);
    if let Some(sought) = wanted.sought {
        let key = if vouched {
            "approval-ask-question"
        } else {
            "approval-ask-question-unverified"
        };
        let fillings = [
            ("app", Filling::Name(app.name)),
            ("subject", Filling::Name(sought.subject)),
            ("action", Filling::Name(sought.action)),
            ("resource", Filling::Name(sought.resource)),
        ];
        return say.rich(key, &fillings);
    }
    let only = particular::only(wanted.particulars, wanted.items, &[]);
    if let Some(act) = only.and_then(|only| particular::act(say, frame.language, only, particular::HEADING_CHARS_MAX)) {
        let key = match (way, vouched) {
            (Way::Device, true) => "approval-ask-device-act",
            (Way::Device, false) => "approval-ask-device-unverified-act",
            (Way::Machine, true) => "approval-ask-machine-act",
            (Way::Machine, false) => "approval-ask-machine-unverified-act",
            (Way::More | Way::Question, true) => "consent-ask-act",
            (Way::More | Way::Question, false) => "consent-ask-unverified-act",
        };
        return say.rich(
            key,
            &[
                ("app", Filling::Name(app.name)),
                ("place", component::place(place, frame.tenant)),
                ("act", Filling::Piece(act)),
            ],
        );
    }
    let who_alone = wanted.particulars.is_empty() && component::is_about_person(place, wanted.items, &[]);
    let key = match (way, vouched) {
        (Way::Device, true) if who_alone => "approval-ask-device-who",
        (Way::Device, false) if who_alone => "approval-ask-device-unverified-who",
        (Way::More, true) if who_alone => "approval-ask-more-who",
        (Way::More, false) if who_alone => "approval-ask-more-unverified-who",
        (Way::Device, true) => "approval-ask-device",
        (Way::Device, false) => "approval-ask-device-unverified",
        (Way::Machine, true) => "approval-ask-machine",
        (Way::Machine, false) => "approval-ask-machine-unverified",
        (Way::More | Way::Question, true) => "approval-ask-more",
        (Way::More | Way::Question, false) => "approval-ask-more-unverified",
    };
    say.rich(
        key,
        &[
            ("app", Filling::Name(app.name)),
            ("place", component::place(place, frame.tenant)),
        ],
    )
}

fn status(say: Words, stands: Stands, way: Way) -> Option<Note> {
    let (tone, key) = match (stands, way) {
        (Stands::Open, _) => return None,
        (Stands::ByPasskey, _) => (Tone::Plain, "approval-by-passkey"),
        (Stands::NoOnly, _) => (Tone::Caution, "approval-no-only"),
        (Stands::OthersOnly, _) => (Tone::Caution, "approval-others-only"),
        (Stands::EnoughOfTheirs, _) => (Tone::Plain, "approval-enough-of-yours"),
        (Stands::OthersMust, _) => (Tone::Plain, "approval-others-must"),
        (Stands::Approved, Way::Device) => (Tone::Ok, "approval-approved-device"),
        (Stands::Approved, Way::Machine | Way::More) => (Tone::Ok, "approval-approved"),
        (Stands::Approved, Way::Question) => (Tone::Ok, "approval-approved-question"),
        (Stands::Fetched, Way::Question) => (Tone::Plain, "approval-over-question"),
        (Stands::Fetched, _) => (Tone::Ok, "approval-fetched"),
        (Stands::Denied, _) => (Tone::Plain, "approval-denied"),
        (Stands::Cancelled, _) => (Tone::Plain, "approval-cancelled"),
        (Stands::Expired, _) => (Tone::Plain, "approval-expired"),
    };
    Some(Note::new(tone, say.rich(key, &[])))
}

/// Until when, how long it lasts, how to end it before, and what happens then.
fn terms(say: Words, frame: &Frame<'_>, page: &Approval<'_>, form: Form) -> Vec<Markup> {
    let mut terms = Vec::new();
    if form != Form::None || page.stands == Stands::OthersMust {
        let when = Filling::Piece(calendar::moment(say, frame.now, page.ends_at));
        terms.push(say.rich("approval-ends-with-no", &[("when", when)]));
    }
    if !matches!(form, Form::YesOrNo | Form::ByPasskey) {
        return terms;
    }
    if page.way == Way::Question {
        let span = Filling::Piece(calendar::span(say, page.lasts_seconds));
        terms.push(say.rich("approval-lasts-question", &[("span", span)]));
        return terms;
    }
    if page.once {
        terms.push(say.rich("approval-once", &[]));
        return terms;
    }
    if !page.particulars.is_empty() {
        let place = component::place(page.place.as_ref(), frame.tenant);
        terms.push(say.rich("consent-repeats", &[("place", place)]));
    }
    let span = Filling::Piece(calendar::span(say, page.lasts_seconds));
    if page.way == Way::Machine {
        terms.push(say.rich("approval-lasts-machine", &[("span", span)]));
    } else {
        let link = component::agents_link(say, frame.base);
        terms.push(say.rich("consent-ends", &[("span", span), ("link", Filling::Piece(link))]));
    }
    if page.way == Way::Device {
        terms.push(say.rich("approval-afterwards-device", &[]));
    }
    terms
}
