//! Searches: who may, what may be done to, what may be done (Authorization API 1.0 s8). Each candidate is a question like any other.

use proof::{Time, base64url, digest, json, json::Object};
use serde_json::{Value, json};

use super::{
    Action, Evaluation, Known, Named,
    request::{action, kind, named, object},
    rules::{is_silent, judged},
};
use crate::{capability::CapabilityName, policy::Policy, why::Why};

/// Results of one page when nothing is said, and at most.
const LIMIT: usize = 100;
const LIMIT_MAX: usize = 1_000;

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Sought {
    /// Those of a type who may do something to something.
    Subjects {
        /// Their type.
        kind: String,
        /// What.
        action: Action,
        /// To what.
        resource: Named,
    },
    /// Those of a type to which somebody may do something.
    Resources {
        /// Their type.
        kind: String,
        /// Who.
        subject: Named,
        /// What.
        action: Action,
    },
    /// What somebody may do to something.
    Actions {
        /// Who.
        subject: Named,
        /// To what.
        resource: Named,
    },
}

/// Where candidates come from: first what the tenant's policies know, then what the installation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The entities of the policies.
    Entities,
    /// Our own people, clients and resources.
    Rows,
}

/// Where a page begins, and how long it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Which candidates.
    pub stage: Stage,
    /// After which of them, in the order of their ids.
    pub after: String,
    /// Results, at most.
    pub limit: usize,
}

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What is looked for.
    pub sought: Sought,
    /// Around it.
    pub context: Object,
    /// Which page.
    pub page: Page,
    /// What is asked, without the page: what pages of the same search share.
    asked: Object,
}

impl Search {
    /// Reads a search for subjects (s8.4).
    pub fn subjects(body: &Object) -> Result<Self, Why> {
        let sought = |body: &Object| {
            Ok(Sought::Subjects {
                kind: kind(body, "subject")?,
                action: action(body, None)?,
                resource: named(body, None, "resource")?,
            })
        };
        sought(body)
            .and_then(|sought| Self::of(sought, body))
            .map_err(Why::Body)
    }

    /// Reads a search for resources (s8.5).
    pub fn resources(body: &Object) -> Result<Self, Why> {
        let sought = |body: &Object| {
            Ok(Sought::Resources {
                kind: kind(body, "resource")?,
                subject: named(body, None, "subject")?,
                action: action(body, None)?,
            })
        };
        sought(body)
            .and_then(|sought| Self::of(sought, body))
            .map_err(Why::Body)
    }

    /// Reads a search for actions (s8.6).
    pub fn actions(body: &Object) -> Result<Self, Why> {
        let sought = |body: &Object| {
            Ok(Sought::Actions {
                subject: named(body, None, "subject")?,
                resource: named(body, None, "resource")?,
            })
        };
        sought(body)
            .and_then(|sought| Self::of(sought, body))
            .map_err(Why::Body)
    }

    fn of(sought: Sought, body: &Object) -> Result<Self, String> {
        let context = object(body, "context")?.cloned().unwrap_or_default();
        let mut asked = body.clone();
        asked.remove("page");
        let page = Page::read(object(body, "page")?, &basis(&asked))?;
        Ok(Self {
            sought,
            context,
            page,
            asked,
        })
    }

    /// The search as a document, for the audit log.
    pub const fn document(&self) -> &Object {
        &self.asked
    }

    /// Who wants to do something, unless that is what is looked for.
    pub const fn subject(&self) -> Option<&Named> {
        match &self.sought {
            Sought::Subjects { .. } => None,
            Sought::Resources { subject, .. } | Sought::Actions { subject, .. } => Some(subject),
        }
    }

    /// The type of what is looked for; actions have none.
    pub fn kind(&self) -> Option<&str> {
        match &self.sought {
            Sought::Subjects { kind, .. } | Sought::Resources { kind, .. } => Some(kind),
            Sought::Actions { .. } => None,
        }
    }

    /// Those whom the search itself names.
    pub fn named(&self) -> impl Iterator<Item = &Named> {
        let all: [Option<&Named>; 2] = match &self.sought {
            Sought::Subjects { resource, .. } => [Some(resource), None],
            Sought::Resources { subject, .. } => [Some(subject), None],
            Sought::Actions { subject, resource } => [Some(subject), Some(resource)],
        };
        all.into_iter().flatten()
    }

    /// Whether this candidate is one.
    pub fn admits(&self, id: &str, policy: &Policy, known: &Known, now: Time) -> bool {
        let evaluation = self.evaluation(id);
        let (verdict, _) = judged(&evaluation, policy, known, now);
        is_silent(&evaluation, policy, &verdict)
    }

    /// What is asked with the same input of every candidate; nothing where actions are sought, which have no input yet.
    pub fn asked_of_all(&self) -> Option<Evaluation> {
        match &self.sought {
            Sought::Actions { .. } => None,
            Sought::Subjects { .. } | Sought::Resources { .. } => Some(self.evaluation("any")),
        }
    }

    fn evaluation(&self, id: &str) -> Evaluation {
        let candidate = |kind: &str| Named {
            kind: kind.to_owned(),
            id: id.to_owned(),
            properties: Object::new(),
        };
        let (subject, action, resource) = match &self.sought {
            Sought::Subjects { kind, action, resource } => (candidate(kind), action.clone(), resource.clone()),
            Sought::Resources { kind, subject, action } => (subject.clone(), action.clone(), candidate(kind)),
            Sought::Actions { subject, resource } => {
                let action = Action {
                    name: id.to_owned(),
                    properties: Object::new(),
                };
                (subject.clone(), action, resource.clone())
            }
        };
        Evaluation {
            subject,
            action,
            resource,
            context: self.context.clone(),
            misfit: None,
        }
    }

    /// Every action that could be asked of whom this search names.
    pub fn possible_actions(&self, policy: &Policy) -> Vec<CapabilityName> {
        match &self.sought {
            Sought::Actions { subject, resource } => policy.actions(&subject.kind, &resource.kind),
            Sought::Subjects { .. } | Sought::Resources { .. } => Vec::new(),
        }
    }

    /// A result of this search.
    pub fn result(&self, id: &str) -> Value {
        match self.kind() {
            Some(kind) => json!({ "type": kind, "id": id }),
            None => json!({ "name": id }),
        }
    }

    /// The answer: what was found, and how to go on if there may be more.
    pub fn answer(&self, results: Vec<Value>, next: Option<(Stage, &str)>) -> Object {
        let token = next.map(|(stage, after)| {
            let stage = match stage {
                Stage::Entities => "e",
                Stage::Rows => "r",
            };
            base64url::encode(json!([basis(&self.asked), stage, after]).to_string().as_bytes())
        });
        let mut page = Object::new();
        page.insert("next_token".to_owned(), token.unwrap_or_default().into());
        page.insert("count".to_owned(), results.len().into());
        let mut document = Object::new();
        document.insert("results".to_owned(), results.into());
        document.insert("page".to_owned(), page.into());
        document
    }
}

/// What pages of the same search share.
fn basis(asked: &Object) -> String {
    digest::sha256_b64(json::canonical(&Value::Object(asked.clone())).as_bytes())
}

impl Page {
    fn read(page: Option<&Object>, basis: &str) -> Result<Self, String> {
        let first = Self {
            stage: Stage::Entities,
            after: String::new(),
            limit: LIMIT,
        };
        let Some(page) = page else { return Ok(first) };
        let limit = match page.get("limit") {
            None => LIMIT,
            Some(limit) => limit
                .as_u64()
                .and_then(|limit| usize::try_from(limit).ok())
                .filter(|limit| *limit > 0)
                .map(|limit| limit.min(LIMIT_MAX))
                .ok_or("page.limit: a number from 1")?,
        };
        let token = match page.get("token") {
            None => "",
            Some(Value::String(token)) => token.as_str(),
            Some(_) => return Err("page.token: a text".to_owned()),
        };
        if token.is_empty() {
            return Ok(Self { limit, ..first });
        }
        let foreign = "page.token: not one of this search; repeat everything else as it was";
        let bytes = base64url::decode(token).map_err(|_| foreign)?;
        let read: Value = json::parse_value_to_depth(&bytes, 2).map_err(|_| foreign)?;
        let part = |place: usize| read.get(place).and_then(Value::as_str);
        let (Some(of), Some(stage), Some(after)) = (part(0), part(1), part(2)) else {
            return Err(foreign.to_owned());
        };
        if of != basis {
            return Err(foreign.to_owned());
        }
        let stage = if stage == "e" { Stage::Entities } else { Stage::Rows };
        Ok(Self {
            stage,
            after: after.to_owned(),
            limit,
        })
    }
}
