//! One authorization detail in words (RFC 9396): the sentence, what it says apart from what the app says in it, and beneath it whatever the sentence leaves out (S-30).

use crate::app::Item;
use crate::component::{Exact, KeyValue, Particulars};
use crate::language::Language;
use crate::markup::Markup;
use crate::visible::{Letters, exact, visible};
use crate::words::{Filling, Words, isolated, said};

/// One thing that is asked for exactly.
#[derive(Clone, Debug)]
pub struct Particular<'a> {
    /// What the form calls it by.
    pub digest: &'a str,
    /// The name of its kind: "Payment".
    pub name: &'a str,
    /// The sentence about it, as a verb phrase.
    pub sentence: Vec<Part<'a>>,
    /// The language that the sentence is in, as its tag; a kind need not have words in every one.
    pub language: &'a str,
    /// What the sentence does not say: where it stands, and its values.
    pub remarks: Vec<(&'a str, Vec<&'a str>)>,
}

/// A part of such a sentence.
#[derive(Clone, Debug)]
pub enum Part<'a> {
    /// Words of whoever registered the kind.
    Words(&'a str),
    /// What the app says there.
    Value(&'a str),
    /// A place for something that the app does not say.
    Missing(&'a str),
}

/// Characters kept of one value: more than a request can have, for what is cut is not shown.
const VALUE_CHARS_MAX: usize = 65_536;

/// All of them, as a page lists them.
pub(crate) fn listed<'a>(say: Words, particulars: &'a [Particular<'a>], refusable: bool) -> Particulars<'a> {
    let exact = |(n, particular): (usize, &'a Particular<'a>)| Exact {
        id: format!("particular-{n}"),
        digest: particular.digest,
        name: name(particular),
        words: sentence(say, particular),
        remarks: remarks(say, particular),
    };
    Particulars {
        listed: particulars.iter().enumerate().map(exact).collect(),
        refusable,
        leave_out: say.text("leave-out"),
        adds: say.text("particular-adds"),
    }
}

/// The longest act that a heading says, in characters; a longer one is read where it stands.
pub(crate) const HEADING_CHARS_MAX: usize = 120;
/// The longest that a button says.
const BUTTON_CHARS_MAX: usize = 48;

/// The one thing that is asked for, if it is one and exact: then the heading and the button say it, and refusing it is to say no.
pub(crate) fn only<'p, 'a>(
    particulars: &'p [Particular<'a>],
    items: &[Item<'_>],
    decided: &[Item<'_>],
) -> Option<&'p Particular<'a>> {
    match particulars {
        [only] if items.is_empty() && decided.is_empty() => Some(only),
        _ => None,
    }
}

/// What the button says that allows it.
pub(crate) fn allow(say: Words, language: Language, only: Option<&Particular<'_>>) -> Markup {
    match only.and_then(|only| act(say, language, only, BUTTON_CHARS_MAX)) {
        Some(act) => say.rich("allow-act", &[("act", Filling::Piece(act))]),
        None => say.rich("allow", &[]),
    }
}

/// The sentence within one of ours, if it is in our language, whole, and no longer than this many characters.
pub(crate) fn act(say: Words, language: Language, particular: &Particular<'_>, chars_max: usize) -> Option<Markup> {
    let length = |part: &Part<'_>| match part {
        Part::Words(words) => Some(words.chars().count()),
        Part::Value(text) => Some(exact(text, VALUE_CHARS_MAX).0.chars().count()),
        Part::Missing(_) => None,
    };
    let chars: Option<usize> = particular.sentence.iter().map(length).sum();
    let fits = particular.language == language.tag() && chars.is_some_and(|chars| chars <= chars_max);
    fits.then(|| parts(say, particular))
}

/// All that is said of it, in a list of what somebody may do: without the rest, two payments for two things would look like the same.
pub(crate) fn told(say: Words, particular: &Particular<'_>) -> Markup {
    let mut markup = sentence(say, particular);
    let rest = remarks(say, particular);
    if rest.rows.is_empty() {
        return markup;
    }
    markup.tag("<span class=\"added\">");
    for (n, (name, values)) in rest.rows.iter().enumerate() {
        markup.text(if n > 0 { "; " } else { "" });
        markup.markup(&isolated(name));
        markup.text(": ");
        markup.markup(values);
    }
    markup.tag("</span>");
    markup
}

/// The sentence. One in another language than its page says so, for whoever hears it read.
pub(crate) fn sentence(say: Words, particular: &Particular<'_>) -> Markup {
    let mut markup = Markup::new();
    markup.tag("<span lang=\"");
    markup.text(particular.language);
    markup.tag("\">");
    markup.markup(&parts(say, particular));
    markup.tag("</span>");
    markup
}

fn parts(say: Words, particular: &Particular<'_>) -> Markup {
    let mut markup = Markup::new();
    for part in &particular.sentence {
        match part {
            Part::Words(words) => markup.text(&ours(words)),
            Part::Value(text) => markup.markup(&value(say, text, &BOLD)),
            Part::Missing(path) => {
                markup.tag("<span class=\"mark\">");
                markup.markup(&say.rich("particular-missing", &[("path", Filling::Name(path))]));
                markup.tag("</span>");
            }
        }
    }
    markup
}

/// What it leaves out.
fn remarks(say: Words, particular: &Particular<'_>) -> KeyValue {
    let mut rows = KeyValue::default();
    for (path, values) in &particular.remarks {
        let mut markup = Markup::new();
        for (n, text) in values.iter().enumerate() {
            if n > 0 {
                markup.text(", ");
            }
            markup.markup(&value(say, text, &say.quotes()));
        }
        rows.row(member(say, path), markup);
    }
    rows
}

/// What a member is called: those that the standard names (RFC 9396 s2.2), and what a payment is for, have words; another shows as it is.
fn member(say: Words, path: &str) -> String {
    let key = match path {
        "actions" => "member-actions",
        "datatypes" => "member-datatypes",
        "identifier" => "member-identifier",
        "locations" => "member-locations",
        "privileges" => "member-privileges",
        "purpose" => "member-purpose",
        other => return visible(other, VALUE_CHARS_MAX),
    };
    say.text(key)
}

/// The name of its kind.
fn name(particular: &Particular<'_>) -> Markup {
    said(particular.name)
}

/// Words of an administrator: nothing hidden in them, and the spaces around a place stay.
fn ours(words: &str) -> String {
    let before = if words.starts_with(char::is_whitespace) {
        " "
    } else {
        ""
    };
    let shown = visible(words, VALUE_CHARS_MAX);
    let after = if words.ends_with(char::is_whitespace) && !shown.is_empty() {
        " "
    } else {
        ""
    };
    format!("{before}{shown}{after}")
}

/// How a value stands in a sentence of an administrator's, who said what it means.
const BOLD: Set = ("<b>", "</b>");

/// What stands before a value, and behind it.
type Set = (&'static str, &'static str);

/// What the app says: set apart from our words, nothing hidden in it, and with a word about letters that could be taken for others.
fn value(say: Words, text: &str, (before, behind): &Set) -> Markup {
    let (shown, letters) = exact(text, VALUE_CHARS_MAX);
    let mut markup = Markup::new();
    markup.tag(before);
    markup.markup(&isolated(&shown));
    markup.tag(behind);
    if letters == Letters::Foreign {
        markup.text(" ");
        markup.tag("<span class=\"mark\">");
        markup.markup(&say.rich("particular-letters", &[]));
        markup.tag("</span>");
    }
    markup
}
