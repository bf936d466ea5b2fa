//! Text that is HTML already. Only this file and `words` make it; everything else is escaped by the templates.

use std::fmt;

/// HTML text whose parts from outside were escaped when it was made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Markup(String);

impl Markup {
    /// An empty piece to push into.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds text, escaped.
    pub(crate) fn text(&mut self, text: &str) {
        for c in text.chars() {
            self.character(c);
        }
    }

    /// Adds one character, escaped.
    pub(crate) fn character(&mut self, c: char) {
        match c {
            '&' => self.0.push_str("&amp;"),
            '<' => self.0.push_str("&lt;"),
            '>' => self.0.push_str("&gt;"),
            '"' => self.0.push_str("&quot;"),
            '\'' => self.0.push_str("&#39;"),
            c => self.0.push(c),
        }
    }

    /// Adds a tag of ours, as it is.
    pub(crate) fn tag(&mut self, tag: &'static str) {
        self.0.push_str(tag);
    }

    /// Adds what is HTML already.
    pub(crate) fn markup(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}
