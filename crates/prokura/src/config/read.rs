//! From text and environment to values, each with its place. What nobody knows is a problem, with the word that was probably meant.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::{
    nearest::nearest,
    problem::Problems,
    table::{KEYS, Key, Kind, PREFIX},
};
use crate::Environment;

/// A value as somebody wrote it.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) text: String,
    /// `file:line`, the variable's name, or `default`.
    pub(super) place: String,
    pub(super) source: Source,
}

/// Who said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Default,
    File,
    Environment,
}

/// The values by `section.key`: the environment's over the file's over the defaults.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) file: String,
    by_key: BTreeMap<String, Value>,
}

impl Values {
    pub(super) fn get(&self, key: &Key) -> Option<&Value> {
        self.by_key.get(&key.full())
    }
}

/// Reads everything; what is wrong goes to `problems`. `None` when the file is not TOML: then nothing can be said about its keys.
pub(super) fn values(text: &str, file: &str, environment: &Environment, problems: &mut Problems) -> Option<Values> {
    let mut by_key = BTreeMap::new();
    for key in KEYS {
        if let Some(default) = key.default {
            by_key.insert(
                key.full(),
                Value {
                    text: default.to_owned(),
                    place: "default".to_owned(),
                    source: Source::Default,
                },
            );
        }
    }
    File {
        text,
        name: file,
        problems,
        by_key: &mut by_key,
    }
    .read()?;
    for (variable, value) in environment.starting_with(PREFIX) {
        let place = variable.to_owned();
        match KEYS.iter().find(|key| key.variable() == variable) {
            None => problems.add(
                &place,
                format!("no key of the configuration is called so{}", meant(variable)),
            ),
            Some(key) => match of_kind(key.kind, value) {
                Ok(()) => drop(by_key.insert(
                    key.full(),
                    Value {
                        text: value.to_owned(),
                        place,
                        source: Source::Environment,
                    },
                )),
                Err(wanted) => problems.add(&place, format!("must be {wanted}")),
            },
        }
    }
    Some(Values {
        file: file.to_owned(),
        by_key,
    })
}

fn meant(variable: &str) -> String {
    let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
    nearest_upper(variable, &known).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

fn nearest_upper<'a>(variable: &str, known: &'a [String]) -> Option<&'a str> {
    let lower: Vec<String> = known.iter().map(|name| name.to_lowercase()).collect();
    let found = nearest(variable, lower.iter().map(String::as_str))?;
    known
        .iter()
        .map(String::as_str)
        .find(|name| name.to_lowercase() == found)
}

/// A variable is always text; a number or a switch must look like one.
fn of_kind(kind: Kind, text: &str) -> Result<(), &'static str> {
    match kind {
        Kind::Text | Kind::List => Ok(()),
        Kind::Number => text.parse::<i64>().map(drop).map_err(|_| "a whole number"),
        Kind::Switch => text.parse::<bool>().map(drop).map_err(|_| "true or false"),
    }
}

struct File<'a> {
    text: &'a str,
    name: &'a str,
    problems: &'a mut Problems,
    by_key: &'a mut BTreeMap<String, Value>,
}

impl File<'_> {
    fn read(&mut self) -> Option<()> {
        let (document, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let place = self.place(error.span().map_or(0, |span| span.start));
            self.problems.add(&place, format!("not TOML: {}", error.message()));
        }
        if !errors.is_empty() {
            return None; // what was recovered may be half of what was meant
        }
        for (name, value) in document.get_ref() {
            let place = self.place(name.span().start);
            match value.get_ref() {
                DeValue::Table(section) if KEYS.iter().any(|key| key.section == name.get_ref()) => {
                    self.section(name.get_ref(), section);
                }
                DeValue::Table(_) => {
                    let meant = nearest(name.get_ref(), sections())
                        .map_or_else(String::new, |known| format!("; did you mean [{known}]?"));
                    self.problems
                        .add(&place, format!("unknown section [{}]{meant}", name.get_ref()));
                }
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_) => {
                    let home = home_of(name.get_ref()).map_or_else(
                        || "; every key belongs to a section".to_owned(),
                        |section| format!("; it belongs below [{section}]"),
                    );
                    self.problems.add(
                        &place,
                        format!("unknown key {} outside of any section{home}", name.get_ref()),
                    );
                }
            }
        }
        Some(())
    }

    fn section(&mut self, section: &str, entries: &DeTable<'_>) {
        for (name, value) in entries {
            let place = self.place(name.span().start);
            let Some(key) = KEYS
                .iter()
                .find(|key| key.section == section && key.name == name.get_ref())
            else {
                self.unknown(&place, section, name.get_ref());
                continue;
            };
            match text_of(key.kind, value.get_ref()) {
                Ok(text) => drop(self.by_key.insert(
                    key.full(),
                    Value {
                        text,
                        place,
                        source: Source::File,
                    },
                )),
                Err(wanted) => self.problems.add(&place, format!("{} must be {wanted}", key.full())),
            }
        }
    }

    fn unknown(&mut self, place: &str, section: &str, name: &str) {
        let here = nearest(
            name,
            KEYS.iter().filter(|key| key.section == section).map(|key| key.name),
        );
        let meant = match (here, home_of(name)) {
            (Some(known), _) => format!("; did you mean {known}?"),
            (None, Some(home)) => format!("; it belongs below [{home}]"),
            (None, None) => {
                let known: Vec<&str> = KEYS
                    .iter()
                    .filter(|key| key.section == section)
                    .map(|key| key.name)
                    .collect();
                format!("; [{section}] has {}", known.join(", "))
            }
        };
        self.problems
            .add(place, format!("unknown key {name} in [{section}]{meant}"));
    }

    fn place(&self, at: usize) -> String {
        let line = self
            .text
            .bytes()
            .take(at)
            .filter(|byte| *byte == b'\n')
            .count()
            .saturating_add(1);
        format!("{}:{line}", self.name)
    }
}

fn sections() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|key| key.section)
}

/// The section that has a key of this name, if it is one.
fn home_of(name: &str) -> Option<&'static str> {
    let mut homes = KEYS.iter().filter(|key| key.name == name).map(|key| key.section);
    match (homes.next(), homes.next()) {
        (Some(home), None) => Some(home),
        _ => None,
    }
}

fn text_of(kind: Kind, value: &DeValue<'_>) -> Result<String, &'static str> {
    match (kind, value) {
        (Kind::Text, DeValue::String(text)) => Ok(text.to_string()),
        (Kind::Text, _) => Err("text in quotes"),
        (Kind::Number, DeValue::Integer(number)) => i64::from_str_radix(number.as_str(), number.radix())
            .map(|number| number.to_string())
            .map_err(|_| "a whole number of at most 63 bits"),
        (Kind::Number, _) => Err("a whole number, without quotes"),
        (Kind::Switch, DeValue::Boolean(flag)) => Ok(flag.to_string()),
        (Kind::Switch, _) => Err("true or false, without quotes"),
        (Kind::List, DeValue::Array(members)) => members
            .iter()
            .map(|member| text_of(Kind::Text, member.get_ref()))
            .collect::<Result<Vec<_>, _>>()
            .map(|members| members.join(","))
            .map_err(|_| LIST),
        (Kind::List, _) => Err(LIST),
    }
}

const LIST: &str = "a list of texts in quotes, as in [\"10.0.0.7\", \"10.1.0.0/16\"]";
