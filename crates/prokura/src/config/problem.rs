//! What is wrong with a configuration: all of it at once, each with its place.

use std::{error::Error, fmt, io};

use crate::cli::visible;

/// The problems of one file and its environment.
#[derive(Clone, Debug)]
pub(crate) struct Problems {
    file: String,
    found: Vec<(String, String)>,
}

impl Problems {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            found: Vec::new(),
        }
    }

    /// The file itself cannot be read.
    pub(super) fn unreadable(file: &str, error: &io::Error) -> Self {
        let mut problems = Self::new(file);
        problems.add(
            file,
            format!("cannot be read: {error}; prokura config example prints one to start from"),
        );
        problems
    }

    /// Adds what is wrong at a place: `file:line`, or a variable.
    pub(super) fn add(&mut self, place: &str, what: impl Into<String>) {
        self.found.push((place.to_owned(), what.into()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// One line each: where, and what. The file's come first, from its first line to its last.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |place: &str| {
            place
                .strip_prefix(&self.file)
                .map_or(u64::MAX, |rest| rest.trim_start_matches(':').parse().unwrap_or(0))
        };
        let mut found: Vec<&(String, String)> = self.found.iter().collect();
        found.sort_by_key(|(place, _)| line(place));
        found
            .into_iter()
            .map(|(place, what)| format!("{place}: {}", visible(what)))
            .collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.found.len() {
            1 => write!(f, "the configuration {} has a problem", self.file),
            many => write!(f, "the configuration {} has {many} problems", self.file),
        }
    }
}

impl Error for Problems {}
