//! What is wrong with policies, told to whoever wrote them.

use std::fmt;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The policy, by its name, if it is one policy's fault.
    pub policy: Option<String>,
    /// The line of the text, from 1, if one is to blame.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub says: String,
}

impl Problem {
    pub(crate) fn general(says: impl Into<String>) -> Self {
        Self {
            policy: None,
            line: None,
            says: says.into(),
        }
    }

    pub(crate) fn of(policy: &str, line: Option<usize>, says: impl Into<String>) -> Self {
        Self {
            policy: Some(policy.to_owned()),
            line,
            says: says.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(policy) = &self.policy {
            write!(f, "policy {policy}: ")?;
        }
        f.write_str(&self.says)
    }
}

/// The line of a place in a text, from 1.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    let before = text.bytes().take(offset);
    before.filter(|byte| *byte == b'\n').count().saturating_add(1)
}
