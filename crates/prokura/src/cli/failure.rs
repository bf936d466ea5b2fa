//! How a command ends: an exit code that scripts can tell apart, and for people what happened, why, and what to do.

use std::{
    error::Error,
    fmt::{self, Write as _},
    io,
};

use super::visible;
use crate::config::Problems;

/// The exit codes; they are part of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Error = 1,
    Usage = 2,
    NotFound = 3,
    Denied = 4,
    Conflict = 5,
    Unavailable = 6,
}

/// What every help text says of them.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  done               4  denied: no token, or not its business
  1  error              5  conflict: it exists already
  2  wrong usage        6  unavailable: no answer, or too busy; try again
  3  not found";

/// A failure, told.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    what: String,
    why: Option<String>,
    advice: Option<String>,
    request_id: Option<String>,
}

impl Failure {
    /// What did not happen.
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            why: None,
            advice: None,
            request_id: None,
        }
    }

    /// Why.
    pub(crate) fn why(self, why: impl Into<String>) -> Self {
        Self {
            why: Some(why.into()),
            ..self
        }
    }

    /// What to do about it.
    pub(crate) fn advice(self, advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()),
            ..self
        }
    }

    /// What and why, without advice.
    fn in_a_line(&self) -> String {
        self.why
            .as_ref()
            .map_or_else(|| self.what.clone(), |why| format!("{}: {why}", self.what))
    }

    /// The name of the request in the server's log.
    pub(super) fn request(self, id: Option<&str>) -> Self {
        Self {
            request_id: id.map(str::to_owned),
            ..self
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for Failure {}

/// The exit code of an error, and what people read.
pub(super) fn told(error: &anyhow::Error) -> (Exit, String) {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        let lines = [
            ("why", &failure.why),
            ("what to do", &failure.advice),
            ("request id", &failure.request_id),
        ];
        let lines = lines
            .into_iter()
            .filter_map(|(name, text)| text.as_deref().map(|text| (name, text.to_owned())));
        return (failure.exit, paragraph(&failure.what, lines));
    }
    if let Some(problems) = error.downcast_ref::<Problems>() {
        let mut text = format!("error: {}\n", visible(&problems.to_string()));
        for line in problems.lines() {
            line_to(&mut text, format_args!("  {line}"));
        }
        return (Exit::Error, text);
    }
    let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    let why = (!causes.is_empty()).then(|| ("why", causes.join(": ")));
    (Exit::Error, paragraph(&error.to_string(), why.into_iter()))
}

/// An error in one line, for a table.
pub(super) fn brief(error: &anyhow::Error) -> String {
    error
        .downcast_ref::<Failure>()
        .map_or_else(|| format!("{error:#}"), Failure::in_a_line)
}

/// Whether whoever read our output went away: that ends a command quietly.
pub(super) fn reader_left(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

fn paragraph(what: &str, lines: impl Iterator<Item = (&'static str, String)>) -> String {
    let mut text = format!("error: {}\n", visible(what));
    for (name, line) in lines {
        line_to(
            &mut text,
            format_args!("  {:<12}{}", format!("{name}:"), visible(&line)),
        );
    }
    text
}

fn line_to(text: &mut String, line: fmt::Arguments<'_>) {
    if writeln!(text, "{line}").is_err() {
        text.push('?'); // writing to a String does not fail
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, Failure, reader_left, told};

    #[test]
    fn a_failure_says_what_why_what_to_do_and_which_request() {
        let failure = Failure::new(Exit::NotFound, "cannot show client \u{1b}x")
            .why("nothing here")
            .advice("look")
            .request(Some("r1"));
        let (exit, text) = told(&failure.into());
        assert_eq!(exit, Exit::NotFound);
        assert_eq!(
            text,
            "error: cannot show client \\u001bx\n  why:        nothing here\n  what to do: look\n  request id: r1\n"
        );
    }

    #[test]
    fn a_pipe_that_closed_is_no_failure() {
        assert!(reader_left(
            &std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()
        ));
        assert!(!reader_left(&anyhow::anyhow!("else")));
    }
}
