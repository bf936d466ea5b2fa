//! One SQL text for both engines, with the types of its arguments.

use std::{borrow::Cow, sync::OnceLock};

use crate::fault::Fault;

/// The type of an argument. Booleans are not used; times are integer seconds; JSON, digests and ids are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `TEXT`
    Text,
    /// `BIGINT`
    Int,
}

/// An argument. Nulls are typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// An integer.
    Int(i64),
    /// A text that is not there.
    NoText,
    /// An integer that is not there.
    NoInt,
}

impl Value<'_> {
    /// Its type.
    pub const fn of_type(&self) -> Type {
        match self {
            Self::Text(_) | Self::NoText => Type::Text,
            Self::Int(_) | Self::NoInt => Type::Int,
        }
    }

    /// Whether it is a text that only one of the engines could keep.
    fn has_nul(&self) -> bool {
        match self {
            Self::Text(text) => text.contains('\0'),
            Self::Int(_) | Self::NoText | Self::NoInt => false,
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}
impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<kernel::Time> for Value<'_> {
    fn from(time: kernel::Time) -> Self {
        Self::Int(time.unix())
    }
}
impl From<Option<kernel::Time>> for Value<'_> {
    fn from(time: Option<kernel::Time>) -> Self {
        time.map_or(Self::NoInt, |time| Self::Int(time.unix()))
    }
}
impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::NoText, Self::from)
    }
}
impl From<Option<String>> for Value<'_> {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::NoText, Self::from)
    }
}

/// What a statement does when it is part of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads.
    Read,
    /// Writes; the number of rows it touched is its answer.
    Write,
    /// Reads inside a change, and holds what it read until the commit (`FOR SHARE` on PostgreSQL).
    Expect,
}

/// How strongly an expectation holds its row on PostgreSQL; SQLite has one writer and needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    /// Others may rely on it too.
    Share,
    /// The same batch writes this row afterwards. Two nodes that both share a row and then both want to write it wait for each other for ever.
    Alone,
}

/// A statement: a constant above its one function.
#[derive(Debug)]
pub struct Statement {
    /// Its name in faults and tests.
    pub name: &'static str,
    /// The text, arguments as `$1`, `$2` ...
    pub sql: &'static str,
    /// The text for PostgreSQL where it must differ; such statements live in `engine_only.rs`.
    pub postgres: Option<&'static str>,
    /// The types of its arguments.
    pub args: &'static [Type],
    /// What it does.
    pub kind: Kind,
    question: OnceLock<String>,
    share: OnceLock<String>,
    alone: OnceLock<String>,
}

impl Statement {
    const fn new(kind: Kind, name: &'static str, args: &'static [Type], sql: &'static str) -> Self {
        Self {
            name,
            sql,
            postgres: None,
            args,
            kind,
            question: OnceLock::new(),
            share: OnceLock::new(),
            alone: OnceLock::new(),
        }
    }

    /// A statement that reads.
    pub const fn read(name: &'static str, args: &'static [Type], sql: &'static str) -> Self {
        Self::new(Kind::Read, name, args, sql)
    }

    /// A statement that writes.
    pub const fn write(name: &'static str, args: &'static [Type], sql: &'static str) -> Self {
        Self::new(Kind::Write, name, args, sql)
    }

    /// An expectation.
    pub const fn expect(name: &'static str, args: &'static [Type], sql: &'static str) -> Self {
        Self::new(Kind::Expect, name, args, sql)
    }

    /// The same with another text on PostgreSQL.
    #[must_use]
    pub const fn on_postgres(mut self, sql: &'static str) -> Self {
        self.postgres = Some(sql);
        self
    }

    /// The text for SQLite: `?N`, since raw `$N` binds by first appearance and swaps arguments silently.
    pub fn for_sqlite(&self) -> &str {
        self.question.get_or_init(|| self.sql.replace('$', "?"))
    }

    /// The text for PostgreSQL.
    pub fn for_postgres(&self, hold: Hold) -> &str {
        let text = self.postgres.unwrap_or(self.sql);
        match (self.kind, hold) {
            (Kind::Read | Kind::Write, _) => text,
            (Kind::Expect, Hold::Share) => self.share.get_or_init(|| format!("{text} FOR SHARE")),
            (Kind::Expect, Hold::Alone) => self.alone.get_or_init(|| format!("{text} FOR UPDATE")),
        }
    }

    /// Refuses arguments that are not the statement's, since SQLite would bind NULL silently, and texts with a NUL character, which PostgreSQL cannot keep.
    pub fn check(&self, args: &[Value<'_>]) -> Result<(), Fault> {
        let fits = args.len() == self.args.len()
            && args
                .iter()
                .zip(self.args)
                .all(|(value, of_type)| value.of_type() == *of_type);
        if fits && !args.iter().any(Value::has_nul) {
            Ok(())
        } else {
            Err(Fault::Arguments(self.name))
        }
    }
}

/// Every statement, for the registry test. A noun's file lists its own.
pub(crate) fn all() -> Vec<&'static Statement> {
    [
        crate::administrator::STATEMENTS,
        crate::approval::STATEMENTS,
        crate::authorization_code::STATEMENTS,
        crate::browser_session::STATEMENTS,
        crate::client::STATEMENTS,
        crate::consent::STATEMENTS,
        crate::credential::STATEMENTS,
        crate::detail_type::STATEMENTS,
        crate::engine_only::STATEMENTS,
        crate::event::STATEMENTS,
        crate::family::STATEMENTS,
        crate::grant::STATEMENTS,
        crate::habit::STATEMENTS,
        crate::installation::STATEMENTS,
        crate::key::STATEMENTS,
        crate::ledger::STATEMENTS,
        crate::mark::STATEMENTS,
        crate::policy_set::STATEMENTS,
        crate::pushed_request::STATEMENTS,
        crate::relying_party::STATEMENTS,
        crate::resource::STATEMENTS,
        crate::sweep_people::STATEMENTS,
        crate::tenant::STATEMENTS,
        crate::token::STATEMENTS,
        crate::touch::STATEMENTS,
        crate::user::STATEMENTS,
    ]
    .concat()
}
