//! How a command ends: an exit code that scripts can tell apart, and for people what happened, why, and what to do.

use std::{
    error::Error,
    fmt::{self, Write as _},
    io,
};

use serde_json::{Map, Value};

use super::{arguments::Format, client::insert_if, console::line, visible};
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
    problems: Vec<String>,
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
            problems: Vec::new(),
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

    /// All that is wrong, a line each.
    pub(super) fn problems(self, problems: Vec<String>) -> Self {
        Self { problems, ..self }
    }

    /// What and why, without advice.
    fn in_a_line(&self) -> String {
        self.why
            .as_ref()
            .map_or_else(|| self.what.clone(), |why| format!("{}: {why}", self.what))
    }

    /// For people: a line each.
    fn paragraph(&self, problems: &[String]) -> String {
        let mut text = format!("error: {}\n", visible(&self.what));
        for problem in problems {
            line_to(&mut text, format_args!("  {}", visible(problem)));
        }
        let lines = [
            ("why", &self.why),
            ("what to do", &self.advice),
            ("request id", &self.request_id),
        ];
        for (name, line) in lines {
            if let Some(line) = line {
                line_to(&mut text, format_args!("  {:<12}{}", format!("{name}:"), visible(line)));
            }
        }
        text
    }

    /// For programs: one object on one line.
    fn document(&self, problems: &[String]) -> String {
        let mut document = Map::new();
        document.insert("error".to_owned(), self.what.as_str().into());
        let members = [
            ("why", &self.why),
            ("what_to_do", &self.advice),
            ("request_id", &self.request_id),
        ];
        for (name, text) in members {
            insert_if(&mut document, name, text.as_deref().map(Value::from));
        }
        insert_if(
            &mut document,
            "problems",
            (!problems.is_empty()).then(|| problems.into()),
        );
        document.insert("exit_code".to_owned(), (self.exit as u8).into());
        line(&Value::Object(document))
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

/// The exit code of an error, and what people or programs read.
pub(super) fn told(error: &anyhow::Error, format: Format) -> (Exit, String) {
    let (exit, failure, lines) = failure_of(error);
    let text = match format {
        Format::Table => failure.paragraph(&lines),
        Format::Json => failure.document(&lines),
    };
    (exit, text)
}

/// Any error as a failure, and the lines of a configuration that it is about.
fn failure_of(error: &anyhow::Error) -> (Exit, Failure, Vec<String>) {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return (failure.exit, failure.clone(), failure.problems.clone());
    }
    if let Some(problems) = error.downcast_ref::<Problems>() {
        return (
            Exit::Error,
            Failure::new(Exit::Error, problems.to_string()),
            problems.lines(),
        );
    }
    let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    let failure = Failure {
        why: (!causes.is_empty()).then(|| causes.join(": ")),
        ..Failure::new(Exit::Error, error.to_string())
    };
    (Exit::Error, failure, Vec::new())
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

fn line_to(text: &mut String, line: fmt::Arguments<'_>) {
    if writeln!(text, "{line}").is_err() {
        text.push('?'); // writing to a String does not fail
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, Failure, Format, reader_left, told};

    #[test]
    fn a_failure_says_what_why_what_to_do_and_which_request() {
        let failure = Failure::new(Exit::NotFound, "cannot show client \u{1b}x")
            .why("nothing here")
            .advice("look")
            .request(Some("r1"));
        let error = failure.into();
        let (exit, text) = told(&error, Format::Table);
        assert_eq!(exit, Exit::NotFound);
        assert_eq!(
            text,
            "error: cannot show client \\u001bx\n  why:        nothing here\n  what to do: look\n  request id: r1\n"
        );
    }

    #[test]
    fn programs_read_the_same_as_json() {
        let failure = Failure::new(Exit::Conflict, "cannot")
            .why("there \u{1b}x")
            .advice("look");
        let (_, text) = told(&failure.into(), Format::Json);
        assert_eq!(
            text,
            "{\"error\":\"cannot\",\"exit_code\":5,\"what_to_do\":\"look\",\"why\":\"there \\u001bx\"}\n"
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
