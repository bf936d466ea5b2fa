//! What an administrator registers for a `type`.

use std::collections::BTreeMap;

use proof::{Time, digest, json};
use serde_json::{Value, json};

use super::{Comparator, Detail, Narrowing, Path, Piece, Remark, Template};
use crate::{id::DetailTypeId, power::EXECUTION_LIMIT};

/// Types of a tenant, at most: they are read whole.
pub const TYPES_MAX: usize = 100;
/// The longest schema, in bytes as it is kept.
pub const SCHEMA_BYTES_MAX: usize = 16 * 1024;
/// How many objects and arrays of a schema may be open at once.
pub const SCHEMA_DEPTH_MAX: usize = 12;
/// The longest name of a type that can be registered, in bytes.
const ID_BYTES_MAX: usize = 128;
/// The language that a type has words in, whatever others there are.
const LANGUAGE: &str = "en";
/// Rules of one type.
const RULES_MAX: usize = 32;

/// A type of authorization details (RFC 9396 s2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailType {
    /// The `type`.
    pub id: DetailTypeId,
    /// Its name for people.
    pub name: String,
    /// The sentence about one detail, by language; English is there.
    pub words: BTreeMap<String, Template>,
    /// Its JSON Schema (draft 2020-12), of the whole object.
    pub schema: json::Object,
    /// What is less than what.
    pub narrowing: Narrowing,
    /// When it was registered.
    pub created: Time,
}

impl DetailType {
    /// What a person who said yes to such a detail relied on, and what a schema is compiled for: all that is registered, by its digest. Two of the same basis are the same.
    pub fn basis(&self) -> String {
        let all = json!([
            self.id.as_str(),
            self.name,
            self.words_row(),
            self.schema,
            self.narrowing_row(),
        ]);
        digest::sha256_b64(json::canonical(&all).as_bytes())
    }

    /// Whether it can be registered. The text of an error is a sentence for whoever does.
    pub fn check(&self) -> Result<(), String> {
        // 1. Its name fits where it is written: in paths, in metadata.
        if self.id.as_str().len() > ID_BYTES_MAX {
            return Err("type: 1 to 128 visible ASCII characters".to_owned());
        }

        if self.id.as_str() == EXECUTION_LIMIT {
            return Err("type: execution_limit is a type of ours; choose another name".to_owned());
        }

        // 2. The schema is of an object that knows its type and refuses members that it does not know (RFC 9396 s5).
        if self.schema_row().len() > SCHEMA_BYTES_MAX {
            return Err("schema: at most 16384 bytes".to_owned());
        }
        let closed =
            |name: &str| self.schema.get(name) == Some(&Value::Bool(false)) && self.schema.contains_key("properties");
        if !closed("additionalProperties") && !closed("unevaluatedProperties") {
            return Err(
                "schema: it says properties and additionalProperties: false (or unevaluatedProperties), since a detail with members that its type does not know is refused (RFC 9396 s5)"
                    .to_owned(),
            );
        }
        let of_type = self.schema.get("properties").and_then(|members| members.get("type"));
        let named = of_type.and_then(|of_type| of_type.get("const")).and_then(Value::as_str);
        if named != Some(self.id.as_str()) {
            return Err("schema: properties has a member type whose const is the type that is registered".to_owned());
        }

        // 3. Words, in English at least, and rules are about members that the schema knows.
        if !self.words.contains_key(LANGUAGE) {
            return Err("words: there is at least en".to_owned());
        }
        for (language, template) in &self.words {
            if let Some(path) = template.places().find(|path| !path.is_declared(&self.schema)) {
                return Err(format!(
                    "words: {language} has a place for {path}, which the schema does not know"
                ));
            }
        }
        if self.narrowing.iter().count() > RULES_MAX {
            return Err("narrowing: at most 32 rules".to_owned());
        }
        match self.narrowing.iter().find(|(path, _)| !path.is_declared(&self.schema)) {
            Some((path, _)) => Err(format!("narrowing: {path} is not in the schema")),
            None => Ok(()),
        }
    }

    /// The sentence about a detail, in this language or in English.
    pub fn sentence(&self, detail: &Detail, language: &str) -> Vec<Piece> {
        self.template(language)
            .map_or_else(Vec::new, |template| template.sentence(detail))
    }

    /// What that sentence does not say.
    pub fn remarks(&self, detail: &Detail, language: &str) -> Vec<Remark> {
        self.template(language)
            .map_or_else(Vec::new, |template| template.remarks(detail))
    }

    /// The language of its words for somebody who reads this one.
    pub fn language<'l>(&self, language: &'l str) -> &'l str {
        if self.words.contains_key(language) {
            language
        } else {
            LANGUAGE
        }
    }

    fn template(&self, language: &str) -> Option<&Template> {
        self.words.get(language).or_else(|| self.words.get(LANGUAGE))
    }

    /// The words as a row and administration have them.
    pub fn words_row(&self) -> json::Object {
        let texts = self.words.iter();
        texts
            .map(|(language, template)| (language.clone(), template.text().into()))
            .collect()
    }

    /// Reads what [`Self::words_row`] wrote. The text of an error is a sentence for whoever registers.
    pub fn words_from_row(words: &json::Object) -> Result<BTreeMap<String, Template>, String> {
        let tag = |language: &str| {
            (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        };
        let read = |(language, text): (&String, &Value)| {
            let text = text.as_str().ok_or("words: a text for each language")?;
            if !tag(language) {
                return Err("words: languages are named as in en or de".to_owned());
            }
            let template = Template::parse(text).map_err(|rule| format!("words: {language}: {rule}"))?;
            Ok((language.clone(), template))
        };
        words.iter().map(read).collect()
    }

    /// The rules as a row and administration have them.
    pub fn narrowing_row(&self) -> json::Object {
        let rules = self.narrowing.iter();
        rules
            .map(|(path, comparator)| (path.to_string(), comparator.name().into()))
            .collect()
    }

    /// Reads what [`Self::narrowing_row`] wrote. The text of an error is a sentence for whoever registers.
    pub fn narrowing_from_row(rules: &json::Object) -> Result<Narrowing, String> {
        let read = |(path, rule): (&String, &Value)| {
            let path = Path::parse(path).ok_or("narrowing: members are named as in amount.value")?;
            let comparator = rule
                .as_str()
                .and_then(Comparator::from_name)
                .ok_or("narrowing: each rule is equal, subset or at_most")?;
            Ok((path, comparator))
        };
        rules.iter().map(read).collect::<Result<_, String>>().map(Narrowing::of)
    }

    /// The schema as a row has it.
    pub fn schema_row(&self) -> String {
        json::canonical(&Value::Object(self.schema.clone()))
    }
}

/// What a change may expect of, or do to, a type. Each may find no row, and then the change is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is new.
    Create(Box<DetailType>),
    /// It is another from now on; it was the one of this basis.
    Replace {
        /// What it is from now on.
        kind: Box<DetailType>,
        /// What it was.
        basis: String,
    },
    /// It is the one of this basis: what a page showed and a decision relied on.
    Unchanged {
        /// Which.
        id: DetailTypeId,
        /// Its basis.
        basis: String,
    },
}

/// What a change does to a type whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// It is gone.
    Drop(DetailTypeId),
}
