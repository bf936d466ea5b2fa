//! Classes of data, from what anybody may see to what hardly anybody may.

use super::field::is_name;

/// Names in order, the least secret first. What is not among them is above and below nothing: it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataClasses(Vec<String>);

/// Classes in one order.
const CLASSES_MAX: usize = 32;

impl DataClasses {
    /// 1 to 32 different names.
    pub fn of(names: Vec<String>) -> Option<Self> {
        let well_formed = (1..=CLASSES_MAX).contains(&names.len()) && names.iter().all(|name| is_name(name));
        let twice = names
            .iter()
            .enumerate()
            .any(|(n, name)| names.iter().take(n).any(|before| before == name));
        (well_formed && !twice).then_some(Self(names))
    }

    /// The place of a class, 0 for the least secret.
    pub fn rank(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|known| known == name)
    }

    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl Default for DataClasses {
    fn default() -> Self {
        Self(
            ["public", "internal", "confidential", "restricted"]
                .map(str::to_owned)
                .to_vec(),
        )
    }
}
