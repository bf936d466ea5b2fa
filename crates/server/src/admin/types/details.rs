//! Types of authorization details, and details.

use std::collections::BTreeMap;

use kernel::{
    DetailTypeId, Details, Time, Why,
    detail::{Comparator, DetailType},
};
use proof::json::Object;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{NAME, name};

/// A new type of authorization details (RFC 9396 s2.1).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct DetailTypeBody {
    /// The `type`: visible ASCII; an address where others must not take it for theirs.
    #[schemars(regex(pattern = DETAIL_TYPE))]
    r#type: String,
    /// Its name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    name: String,
    /// A verb phrase about one detail, by language, `en` at least: `pay {amount.value} {amount.currency} to {payee}`. What it does not say is listed beneath it.
    words: BTreeMap<String, String>,
    /// Its JSON Schema (draft 2020-12), without references: of the whole detail, closed, with `type` as a `const`.
    schema: Object,
    /// How less is told from more, by member: `equal`, `subset` or `at_most`. Members without a rule must be equal.
    #[serde(default)]
    #[schemars(extend("additionalProperties" = rules()))]
    narrowing: BTreeMap<String, String>,
}

/// A type registered anew: all of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct DetailTypeChangeBody {
    /// Its name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    name: String,
    /// A verb phrase about one detail, by language, `en` at least.
    words: BTreeMap<String, String>,
    /// Its JSON Schema.
    schema: Object,
    /// How less is told from more, by member.
    #[serde(default)]
    #[schemars(extend("additionalProperties" = rules()))]
    narrowing: BTreeMap<String, String>,
}

const DETAIL_TYPE: &str = "^[!-~]{1,128}$";

/// The values of `narrowing`.
fn rules() -> Value {
    let names: Vec<&str> = Comparator::ALL.iter().map(|comparator| comparator.name()).collect();
    serde_json::json!({ "type": "string", "enum": names })
}

impl DetailTypeBody {
    pub(in crate::admin) fn into_type(self, now: Time) -> Result<DetailType, Why> {
        let id = DetailTypeId::parse(&self.r#type)
            .ok_or_else(|| Why::Body("type: 1 to 128 visible ASCII characters".to_owned()))?;
        let rest = DetailTypeChangeBody {
            name: self.name,
            words: self.words,
            schema: self.schema,
            narrowing: self.narrowing,
        };
        rest.into_type(id, now)
    }
}

impl DetailTypeChangeBody {
    pub(in crate::admin) fn into_type(self, id: DetailTypeId, now: Time) -> Result<DetailType, Why> {
        Ok(DetailType {
            id,
            name: name(self.name, "name")?,
            words: DetailType::words_from_row(&object(self.words)).map_err(Why::Body)?,
            schema: self.schema,
            narrowing: DetailType::narrowing_from_row(&object(self.narrowing)).map_err(Why::Body)?,
            created: now,
        })
    }
}

fn object(texts: BTreeMap<String, String>) -> Object {
    texts.into_iter().map(|(name, text)| (name, text.into())).collect()
}

/// Details in a body; none when there are none.
pub(super) fn details(items: Vec<Object>) -> Result<Details, Why> {
    if items.is_empty() {
        return Ok(Details::default());
    }
    Details::of(Value::Array(items.into_iter().map(Value::Object).collect()))
}

/// Reads a type in a path. One that a path cannot name is written as `~` and its base64url (RFC 4648 s5); every other stands for itself.
pub(in crate::admin) fn in_path(text: &str) -> Option<DetailTypeId> {
    let plain = |id: &DetailTypeId| {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        id.as_str().bytes().all(unreserved)
    };
    let written = text
        .strip_prefix('~')
        .and_then(|encoded| proof::base64url::decode(encoded).ok())
        .and_then(|bytes| DetailTypeId::parse(std::str::from_utf8(&bytes).ok()?))
        .filter(|id| !plain(id));
    written.or_else(|| DetailTypeId::parse(text))
}
