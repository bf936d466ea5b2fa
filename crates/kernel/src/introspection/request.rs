//! POST to the introspection endpoint (RFC 7662 s2.1), and to the revocation endpoint, which has the same form (RFC 7009 s2.1).

use crate::{authorization::Wish, form::Form, why::Why};

/// The media type of a signed answer (RFC 9701 s5).
pub const SIGNED_ANSWER: &str = "application/token-introspection+jwt";

/// The token in question. `token_type_hint` may be wrong by definition, so nothing depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The token as it was presented.
    pub token: String,
    /// Whether the answer is to be signed.
    pub signed: Wish,
}

impl Request {
    /// Reads the form.
    pub fn parse(form: &Form) -> Result<Self, Why> {
        Ok(Self {
            token: form.required("token")?.to_owned(),
            signed: Wish::No,
        })
    }

    /// The same, as the `Accept` header of the request wants the answer: signed where it names the media type (RFC 9701 s4).
    #[must_use]
    pub fn accepting(self, accept: Option<&str>) -> Self {
        let named = accept.unwrap_or("").split(',').any(|range| {
            let (kind, weight) = range.split_once(';').unwrap_or((range, ""));
            kind.trim().eq_ignore_ascii_case(SIGNED_ANSWER) && weight.trim() != "q=0"
        });
        Self {
            signed: if named { Wish::Yes } else { Wish::No },
            ..self
        }
    }
}
