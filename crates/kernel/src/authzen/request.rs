//! What is asked, read once (Authorization API 1.0 s5 to s7). What is not known is ignored; what is known and has another type is refused.

use proof::json::Object;
use serde_json::Value;

use super::EVALUATIONS_MAX;
use crate::why::Why;

/// What the questions of a request share, counted for each of them: each is judged, and told to the audit log, with all of it.
const SHARED_BYTES_MAX: usize = 1024 * 1024;

/// A subject or a resource (s5.1, s5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its `type`.
    pub kind: String,
    /// Its `id`, unique among those of its type.
    pub id: String,
    /// What the asking program says of it.
    pub properties: Object,
}

/// An action (s5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// With what.
    pub properties: Object,
}

/// One question (s6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Who.
    pub subject: Named,
    /// What.
    pub action: Action,
    /// To what.
    pub resource: Named,
    /// Around it.
    pub context: Object,
    /// What is wrong with the input by the schema of the capability, as whoever can read schemas tells.
    pub misfit: Option<String>,
}

impl Named {
    fn document(&self) -> Value {
        let mut o = Object::new();
        o.insert("type".to_owned(), self.kind.as_str().into());
        o.insert("id".to_owned(), self.id.as_str().into());
        if !self.properties.is_empty() {
            o.insert("properties".to_owned(), Value::Object(self.properties.clone()));
        }
        Value::Object(o)
    }
}

impl Action {
    fn document(&self) -> Value {
        let mut o = Object::new();
        o.insert("name".to_owned(), self.name.as_str().into());
        if !self.properties.is_empty() {
            o.insert("properties".to_owned(), Value::Object(self.properties.clone()));
        }
        Value::Object(o)
    }
}

impl Evaluation {
    /// What a capability is asked with: the properties of the action, else `input` in the context.
    pub fn input(&self) -> Result<Option<&Object>, &'static str> {
        match self.context.get("input") {
            _ if !self.action.properties.is_empty() => Ok(Some(&self.action.properties)),
            Some(Value::Object(input)) => Ok(Some(input)),
            Some(_) => Err("it is an object"),
            None => Ok(None),
        }
    }

    /// Reads a question (s6.1); what is wrong is told in a sentence.
    pub fn read(body: &Object) -> Result<Self, String> {
        evaluation(body, None)
    }

    /// The question as it was asked, without what is not known.
    pub fn document(&self) -> Object {
        let mut o = Object::new();
        o.insert("subject".to_owned(), self.subject.document());
        o.insert("action".to_owned(), self.action.document());
        o.insert("resource".to_owned(), self.resource.document());
        if !self.context.is_empty() {
            o.insert("context".to_owned(), Value::Object(self.context.clone()));
        }
        o
    }
}

/// One of several questions: it may be none, and then the others are answered all the same (s7.2.2).
pub type Item = Result<Evaluation, String>;

/// When several questions are enough (s7.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Semantic {
    /// All are answered.
    #[default]
    ExecuteAll,
    /// Until the first no.
    DenyOnFirstDeny,
    /// Until the first yes.
    PermitOnFirstPermit,
}

impl Semantic {
    /// Every one, in the order of the text.
    pub const ALL: [Self; 3] = [Self::ExecuteAll, Self::DenyOnFirstDeny, Self::PermitOnFirstPermit];

    /// The name in requests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExecuteAll => "execute_all",
            Self::DenyOnFirstDeny => "deny_on_first_deny",
            Self::PermitOnFirstPermit => "permit_on_first_permit",
        }
    }

    /// Whether an answer is the last one.
    pub const fn ends_with(self, permitted: bool) -> bool {
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !permitted,
            Self::PermitOnFirstPermit => permitted,
        }
    }
}

/// A request for decisions.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// One.
    One(Box<Evaluation>),
    /// Several.
    Many {
        /// The questions, in order.
        items: Vec<Item>,
        /// When they are enough.
        semantic: Semantic,
    },
}

impl Request {
    /// Reads a question (s6.1).
    pub fn one(body: &Object) -> Result<Self, Why> {
        evaluation(body, None).map(Box::new).map(Self::One).map_err(Why::Body)
    }

    /// Reads several; without any it is one (s7.1).
    pub fn many(body: &Object) -> Result<Self, Why> {
        let items = match body.get("evaluations") {
            None => return Self::one(body),
            Some(Value::Array(items)) if items.is_empty() => return Self::one(body),
            Some(Value::Array(items)) if items.len() <= EVALUATIONS_MAX => items,
            Some(Value::Array(_)) => {
                return Err(Why::Body(format!(
                    "evaluations: at most {EVALUATIONS_MAX} in one request"
                )));
            }
            Some(_) => return Err(Why::Body("evaluations: a list of objects".to_owned())),
        };
        let semantic = semantic(body).map_err(Why::Body)?;
        let shared: usize = ["subject", "action", "resource", "context"]
            .iter()
            .filter_map(|name| Some(body.get(*name)?.to_string().len()))
            .sum();
        if shared.saturating_mul(items.len()) > SHARED_BYTES_MAX {
            return Err(Why::Body(format!(
                "evaluations: what they share counts for each, and is at most {SHARED_BYTES_MAX} bytes in all"
            )));
        }
        for name in ["subject", "action", "resource", "context"] {
            object(body, name).map_err(Why::Body)?; // the defaults are of the whole request
        }
        let item = |item: &Value| match item {
            Value::Object(item) => evaluation(item, Some(body)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err("each of evaluations is an object".to_owned())
            }
        };
        Ok(Self::Many {
            items: items.iter().map(item).collect(),
            semantic,
        })
    }

    /// The questions that are ones.
    pub fn evaluations(&self) -> impl Iterator<Item = &Evaluation> {
        let (one, many) = match self {
            Self::One(one) => (Some(one.as_ref()), &[][..]),
            Self::Many { items, .. } => (None, items.as_slice()),
        };
        one.into_iter().chain(many.iter().filter_map(|item| item.as_ref().ok()))
    }

    /// The same, for whoever adds what it knows of them.
    pub fn evaluations_mut(&mut self) -> impl Iterator<Item = &mut Evaluation> {
        let (one, many) = match self {
            Self::One(one) => (Some(one.as_mut()), &mut [][..]),
            Self::Many { items, .. } => (None, items.as_mut_slice()),
        };
        one.into_iter()
            .chain(many.iter_mut().filter_map(|item| item.as_mut().ok()))
    }
}

fn semantic(body: &Object) -> Result<Semantic, String> {
    let Some(options) = object(body, "options")? else {
        return Ok(Semantic::default());
    };
    match options.get("evaluations_semantic") {
        None => Ok(Semantic::default()),
        Some(named) => Semantic::ALL
            .into_iter()
            .find(|known| named.as_str() == Some(known.name()))
            .ok_or_else(|| {
                format!(
                    "options.evaluations_semantic: {}",
                    Semantic::ALL.map(Semantic::name).join(", ")
                )
            }),
    }
}

/// A question; what it lacks comes from the defaults (s7.1.1): a whole member, or the `type`, `id` or `name` that a member of its own leaves out.
fn evaluation(body: &Object, defaults: Option<&Object>) -> Result<Evaluation, String> {
    let context = match object(body, "context")? {
        Some(context) => Some(context),
        None => defaults
            .map(|defaults| object(defaults, "context"))
            .transpose()?
            .flatten(),
    };
    Ok(Evaluation {
        subject: named(body, defaults, "subject")?,
        action: action(body, defaults)?,
        resource: named(body, defaults, "resource")?,
        context: context.cloned().unwrap_or_default(),
        misfit: None,
    })
}

/// A member that is an object, if it is there.
pub(crate) fn object<'a>(body: &'a Object, name: &str) -> Result<Option<&'a Object>, String> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(format!("{name}: an object")),
    }
}

/// A text of a member, its own or the default's.
fn text(own: Option<&Object>, default: Option<&Object>, member: &str, name: &str) -> Result<String, String> {
    let missing = || format!("{member}.{name} is missing");
    let value = own
        .and_then(|own| own.get(name))
        .or_else(|| default.and_then(|default| default.get(name)));
    match value {
        None => Err(missing()),
        Some(Value::String(text)) if text.is_empty() => Err(missing()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("{member}.{name}: a text")),
    }
}

fn properties(of: Option<&Object>, member: &str) -> Result<Object, String> {
    match of.map(|of| object(of, "properties")).transpose() {
        Ok(found) => Ok(found.flatten().cloned().unwrap_or_default()),
        Err(_) => Err(format!("{member}.properties: an object")),
    }
}

pub(super) fn named(body: &Object, defaults: Option<&Object>, member: &str) -> Result<Named, String> {
    let (own, default) = both(body, defaults, member)?;
    Ok(Named {
        kind: text(own, default, member, "type")?,
        id: text(own, default, member, "id")?,
        properties: properties(own.or(default), member)?,
    })
}

/// What a search looks for: its type alone, whatever else is said of it.
pub(super) fn kind(body: &Object, member: &str) -> Result<String, String> {
    let (own, _) = both(body, None, member)?;
    text(own, None, member, "type")
}

pub(super) fn action(body: &Object, defaults: Option<&Object>) -> Result<Action, String> {
    let (own, default) = both(body, defaults, "action")?;
    Ok(Action {
        name: text(own, default, "action", "name")?,
        properties: properties(own.or(default), "action")?,
    })
}

type Both<'a> = (Option<&'a Object>, Option<&'a Object>);

fn both<'a>(body: &'a Object, defaults: Option<&'a Object>, member: &str) -> Result<Both<'a>, String> {
    let own = object(body, member)?;
    let default = defaults.map(|defaults| object(defaults, member)).transpose()?.flatten();
    if own.is_none() && default.is_none() {
        return Err(format!("{member} is missing"));
    }
    Ok((own, default))
}
