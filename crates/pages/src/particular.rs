//! One authorization detail in words (RFC 9396): the sentence, what it says apart from what the app says in it, and beneath it whatever the sentence leaves out (S-30).

use crate::component::{Exact, KeyValue, Particulars};
use crate::markup::Markup;
use crate::visible::{Letters, exact, visible};
use crate::words::{Words, isolated, said};

/// One thing that is asked for exactly.
#[derive(Clone, Debug)]
pub struct Particular<'a> {
    /// What the form calls it by.
    pub digest: &'a str,
    /// The name of its kind: "Payment".
    pub name: &'a str,
    /// The sentence about it, as a verb phrase.
    pub sentence: Vec<Part<'a>>,
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
    }
}

/// The sentence.
pub(crate) fn sentence(say: Words, particular: &Particular<'_>) -> Markup {
    let mut markup = Markup::new();
    for part in &particular.sentence {
        match part {
            Part::Words(words) => markup.text(&ours(words)),
            Part::Value(text) => markup.markup(&value(say, text)),
            Part::Missing(path) => {
                markup.tag("<span class=\"mark\">");
                markup.markup(&say.rich("particular-missing", &[("path", crate::words::Filling::Name(path))]));
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
            markup.markup(&value(say, text));
        }
        rows.row(visible(path, VALUE_CHARS_MAX), markup);
    }
    rows
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

/// What the app says: set apart from our words, nothing hidden in it, and with a word about letters that could be taken for others.
fn value(say: Words, text: &str) -> Markup {
    let (shown, letters) = exact(text, VALUE_CHARS_MAX);
    let mut markup = Markup::new();
    markup.tag("<b>");
    markup.markup(&isolated(&shown));
    markup.tag("</b>");
    if letters == Letters::Foreign {
        markup.text(" ");
        markup.tag("<span class=\"mark\">");
        markup.markup(&say.rich("particular-letters", &[]));
        markup.tag("</span>");
    }
    markup
}
