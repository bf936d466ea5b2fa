//! A detail in words: a sentence with places for members, and whatever the sentence does not say beside it. Nothing of a detail stays unsaid (S-30).

use proof::json;
use serde_json::Value;

use super::{Detail, Path, canonical::TYPE};

/// The longest template, in characters.
const CHARS_MAX: usize = 300;
/// Places in one template.
const PLACES_MAX: usize = 16;

/// A verb phrase with places for members: `pay {amount.value} {amount.currency} to {payee}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Words(String),
    Place(Path),
}

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Our words: the administrator's who registered the type.
    Words(String),
    /// What the detail says there; the words of whoever asks.
    Value(String),
    /// A place for a member that the detail does not have.
    Missing(String),
}

/// A member that the sentence does not say: where it stands, and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub path: String,
    /// What.
    pub values: Vec<String>,
}

impl Template {
    /// Reads a template. The text of an error is a sentence for whoever registers it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.trim().is_empty() || text.chars().count() > CHARS_MAX || text.chars().any(char::is_control) {
            return Err("a sentence of 1 to 300 characters, no control characters");
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((words, behind)) = rest.split_once('{') {
            let (path, after) = behind.split_once('}').ok_or("a brace is not closed")?;
            if words.contains('}') {
                return Err("a brace is not opened");
            }
            if !words.is_empty() {
                parts.push(Part::Words(words.to_owned()));
            }
            parts.push(Part::Place(
                Path::parse(path).ok_or("a place is {member} or {member.member}")?,
            ));
            rest = after;
        }
        if rest.contains('}') {
            return Err("a brace is not opened");
        }
        if !rest.is_empty() {
            parts.push(Part::Words(rest.to_owned()));
        }
        let template = Self {
            text: text.to_owned(),
            parts,
        };
        if template.places().count() > PLACES_MAX {
            return Err("at most 16 places");
        }
        Ok(template)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The members that it has places for.
    pub fn places(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().filter_map(|part| match part {
            Part::Words(_) => None,
            Part::Place(path) => Some(path),
        })
    }

    /// The sentence about a detail.
    pub fn sentence(&self, detail: &Detail) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for part in &self.parts {
            match part {
                Part::Words(words) => pieces.push(Piece::Words(words.clone())),
                Part::Place(path) => match path.value(detail.body()) {
                    None => pieces.push(Piece::Missing(path.to_string())),
                    Some(value) => {
                        for (n, text) in said(value).into_iter().enumerate() {
                            if n > 0 {
                                pieces.push(Piece::Words(", ".to_owned()));
                            }
                            pieces.push(Piece::Value(text));
                        }
                    }
                },
            }
        }
        pieces
    }

    /// What the sentence does not say, member by member.
    pub fn remarks(&self, detail: &Detail) -> Vec<Remark> {
        let mut remarks = Vec::new();
        self.unsaid(&Path::root(), detail.body(), &mut remarks);
        remarks
    }

    fn unsaid(&self, at: &Path, body: &json::Object, remarks: &mut Vec<Remark>) {
        for (name, value) in body {
            let path = at.below(name);
            let is_type = *at == Path::root() && name == TYPE; // it chose the sentence
            if is_type || self.places().any(|place| *place == path) {
                continue;
            }
            match value {
                Value::Object(below) if !below.is_empty() => self.unsaid(&path, below, remarks),
                Value::Object(_)
                | Value::Array(_)
                | Value::String(_)
                | Value::Number(_)
                | Value::Bool(_)
                | Value::Null => remarks.push(Remark {
                    path: path.to_string(),
                    values: said(value),
                }),
            }
        }
    }
}

/// A value as texts for people: those of a list one by one, since a comma inside one must not look like two.
fn said(value: &Value) -> Vec<String> {
    let plain = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => text.clone(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    };
    let items = value.as_array().filter(|items| !items.is_empty());
    items.map_or_else(|| vec![plain(value)], |items| items.iter().map(plain).collect())
}
