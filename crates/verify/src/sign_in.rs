//! How a person must have signed in (RFC 9470).

use proof::{Time, json};

use crate::Access;

/// A sign-in that an operation wants.
///
/// ```
/// use verify::SignIn;
/// let by_passkey_lately = SignIn::default().level("phr").within(300);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignIn {
    levels: Vec<String>,
    seconds: Option<u32>,
}

impl SignIn {
    /// This level will do (`acr`), and so will any other that is named. A level that cannot stand in a challenge is one that nobody has.
    #[must_use]
    pub fn level(mut self, acr: impl Into<String>) -> Self {
        self.levels.push(acr.into());
        self
    }

    /// At most so many seconds ago (`auth_time`).
    #[must_use]
    pub fn within(mut self, seconds: u32) -> Self {
        self.seconds = Some(seconds);
        self
    }

    pub(crate) fn is_met(&self, access: &Access, now: Time) -> bool {
        let claims = access.claims();
        let acr = json::text(claims, "acr").ok().flatten();
        let strong = self.levels.is_empty()
            || acr.is_some_and(|acr| self.levels.iter().any(|level| level == acr && may_stand(level)));
        let at = claims.get("auth_time").and_then(serde_json::Value::as_i64);
        let lately = self
            .seconds
            .is_none_or(|seconds| at.is_some_and(|at| now.unix().saturating_sub(at) <= i64::from(seconds)));
        strong && lately
    }

    /// `acr_values` and `max_age` of the challenge (RFC 9470 s3).
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let levels: Vec<&str> = self
            .levels
            .iter()
            .map(String::as_str)
            .filter(|level| may_stand(level))
            .collect();
        let levels = (!levels.is_empty()).then(|| ("acr_values", levels.join(" ")));
        let age = self.seconds.map(|seconds| ("max_age", seconds.to_string()));
        levels.into_iter().chain(age)
    }
}

/// Whether a level can stand, quoted, in a list that spaces separate.
fn may_stand(level: &str) -> bool {
    !level.is_empty()
        && level
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
}
