//! How many tests passed: read from what test runners print.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    /// What failed, by name, as far as its runner names it.
    pub(crate) red: Vec<String>,
}

impl Counts {
    pub(crate) fn one(name: &str, good: Good) -> Self {
        match good {
            Good::Yes => Self {
                passed: 1,
                ..Self::default()
            },
            Good::No => Self {
                failed: 1,
                red: vec![name.to_owned()],
                ..Self::default()
            },
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
        self.red.extend(other.red);
    }

    /// The sum of every `test result: ok. 3 passed; 0 failed; 1 ignored; ...` line, and the names of `test some::name ... FAILED`.
    pub(crate) fn of_rust(output: &str) -> Self {
        let mut sum = Self::default();
        for line in output.lines() {
            if let Some((_, numbers)) = line
                .strip_prefix("test result: ")
                .and_then(|rest| rest.split_once(". "))
            {
                sum.add(read(numbers.split(';')));
            }
            let failed = line
                .strip_prefix("test ")
                .and_then(|rest| rest.strip_suffix(" ... FAILED"));
            sum.red.extend(failed.map(str::to_owned));
        }
        sum
    }

    /// The last line that says `3 passed, 0 failed` or `3 passed, 0 failed, 1 skipped`, and the names of `not ok - some name: why`.
    pub(crate) fn of_last_line(output: &str) -> Option<Self> {
        let line = output.lines().rev().map(str::trim).find(|line| {
            let mut parts = line.split(',');
            parts.next().is_some_and(|part| part.trim().ends_with(" passed"))
                && parts.next().is_some_and(|part| part.trim().ends_with(" failed"))
        })?;
        let mut counts = read(line.split(','));
        let failed = output.lines().filter_map(|line| line.strip_prefix("not ok - "));
        counts.red = failed.map(str::to_owned).collect();
        Some(counts)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Good {
    Yes,
    No,
}

impl From<bool> for Good {
    fn from(good: bool) -> Self {
        if good { Self::Yes } else { Self::No }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// The names of the tests that a Rust test binary ran, from its `test some::name ... ok` lines.
pub(crate) fn names_of_rust(output: &str) -> Vec<&str> {
    output
        .lines()
        .filter_map(|line| line.strip_prefix("test "))
        .filter_map(|line| line.split_once(" ... "))
        .map(|(name, _)| name)
        .collect()
}

fn read<'a>(parts: impl Iterator<Item = &'a str>) -> Counts {
    let mut counts = Counts::default();
    for part in parts {
        let Some((number, word)) = part.trim().split_once(' ') else {
            continue;
        };
        let Ok(number) = number.parse::<u64>() else { continue };
        match word {
            "passed" => counts.passed = number,
            "failed" => counts.failed = number,
            "ignored" | "skipped" => counts.skipped = number,
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_line_of_cargo_test_counts() {
        let output = "running 2 tests\ntest a::b ... ok\ntest a::c ... FAILED\n\n\
             test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 9 filtered out; finished in 1.20s\n";
        assert_eq!(
            Counts::of_rust(output),
            Counts {
                passed: 5,
                failed: 4,
                skipped: 1,
                red: vec!["a::c".to_owned()],
            }
        );
        assert_eq!(names_of_rust(output), ["a::b", "a::c"]);
    }

    #[test]
    fn a_script_is_counted_by_its_last_summary_and_tells_what_failed() {
        let output = "1 passed, 1 failed\nok - x\nnot ok - y: why\n12 passed, 3 failed, 2 skipped\nbye\n";
        assert_eq!(
            Counts::of_last_line(output),
            Some(Counts {
                passed: 12,
                failed: 3,
                skipped: 2,
                red: vec!["y: why".to_owned()],
            })
        );
        assert_eq!(Counts::of_last_line("nothing passed here"), None);
    }

    #[test]
    fn the_plain_line_names_skipped_tests_only_when_there_are_any() {
        assert_eq!(
            Counts {
                passed: 3,
                failed: 0,
                skipped: 0,
                red: Vec::new(),
            }
            .to_string(),
            "3 passed, 0 failed"
        );
        assert_eq!(
            Counts {
                passed: 3,
                failed: 1,
                skipped: 2,
                red: vec!["a".to_owned()],
            }
            .to_string(),
            "3 passed, 1 failed, 2 skipped"
        );
    }
}
