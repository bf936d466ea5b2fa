//! The files of policies: several as one text, and what stands beside them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use kernel::policy::Entity;
use policy::Problem;
use serde_json::Value;

use super::super::{
    failure::{Exit, Failure},
    file,
};

/// Files, as one text.
pub(super) struct Sources {
    pub(super) text: String,
    /// Each file with its first line in the text.
    files: Vec<(usize, PathBuf)>,
}

impl Sources {
    pub(super) fn read(files: &[PathBuf]) -> Result<Self> {
        let mut sources = Self {
            text: String::new(),
            files: Vec::new(),
        };
        for file in files {
            sources.add(file.clone(), &file::text(file)?);
        }
        Ok(sources)
    }

    fn add(&mut self, file: PathBuf, text: &str) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        let first = self.text.matches('\n').count().saturating_add(1);
        self.files.push((first, file));
        self.text.push_str(text);
    }

    /// Where a line of the text stands: `file:line`.
    fn place(&self, line: usize) -> String {
        let file = self.files.iter().rev().find(|(first, _)| *first <= line);
        match file {
            Some((first, file)) => {
                let line = line.saturating_sub(*first).saturating_add(1);
                format!("{}:{line}", file.display())
            }
            None => format!("line {line}"),
        }
    }

    fn told(&self, problem: &Problem) -> String {
        let place = problem.line.map(|line| self.place(line) + ": ").unwrap_or_default();
        let policy = problem.policy.as_ref().map(|name| format!("policy {name}: "));
        format!("{place}{}{}", policy.unwrap_or_default(), problem.says)
    }

    /// All that is wrong, each with its place.
    pub(super) fn failure(&self, what: &str, problems: &[Problem]) -> Failure {
        Failure::new(Exit::Error, what).problems(problems.iter().map(|problem| self.told(problem)).collect())
    }

    /// The names of the files.
    pub(super) fn names(&self) -> String {
        let names = self.files.iter().map(|(_, file)| file.display().to_string());
        names.collect::<Vec<_>>().join(", ")
    }
}

/// What policies know by name, from a file: as it stands there, and as it is read.
pub(super) fn entities(file: &Path) -> Result<(Value, Vec<Entity>)> {
    let no_list = || {
        Failure::new(Exit::Error, format!("{} is no list of entities", file.display()))
            .advice(r#"it is a JSON list such as [{ "type": "Client", "id": "reporter", "in": ["Group::finance"] }]"#)
    };
    let all: Value = serde_json::from_str(&file::text(file)?).map_err(|_| no_list())?;
    let list = all.as_array().ok_or_else(no_list)?;
    let entities = Entity::read_all(list).map_err(|what| no_list().why(what))?;
    Ok((all, entities))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_several_files_is_told_as_a_line_of_one() {
        let mut sources = Sources {
            text: String::new(),
            files: Vec::new(),
        };
        sources.add("a.cedar".into(), "one\ntwo"); // no line break at the end
        sources.add("empty.cedar".into(), "");
        sources.add("b.cedar".into(), "three\nfour\n");
        assert_eq!(sources.text, "one\ntwo\nthree\nfour\n");
        let places = [1, 2, 3, 4].map(|line| sources.place(line));
        assert_eq!(places, ["a.cedar:1", "a.cedar:2", "b.cedar:1", "b.cedar:2"]);
    }
}
