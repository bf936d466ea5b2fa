//! The parts of an approval that rows keep as JSON: read and written here, so that the store knows columns and not states.

use std::collections::BTreeSet;

use proof::{Time, json};
use serde_json::{Value, json};

use super::{Asks, Clarification, Door, Gift, Origin, PANEL, Panel, State, Whom, Yes};
use crate::{
    access_request,
    authority::{Audience, Scopes},
    browser_session::{Method, Presence},
    capability::Strength,
    detail::Details,
    id::{BrowserSessionId, GrantId, GroupId, Id, PasskeyId, UserId},
};

impl Door {
    /// Reads what rows say: the name, and the authorization for the door that has one.
    pub fn from_row(name: &str, authorization: Option<&str>) -> Option<Self> {
        match (name, authorization) {
            ("device", None) => Some(Self::Device),
            ("deferred client_credentials", None) => Some(Self::Deferred(Origin::ClientCredentials)),
            ("deferred refresh_token", Some(id)) => Some(Self::Deferred(Origin::RefreshToken {
                authorization: GrantId::parse(id)?,
            })),
            ("access request", None) => Some(Self::AccessRequest),
            _ => None,
        }
    }

    /// The authorization whose line asks, if it is one.
    pub const fn authorization(&self) -> Option<&GrantId> {
        match self {
            Self::Deferred(Origin::RefreshToken { authorization }) => Some(authorization),
            Self::Device | Self::Deferred(Origin::ClientCredentials) | Self::AccessRequest => None,
        }
    }
}

impl Whom {
    /// Reads what rows say.
    pub fn from_row(kind: &str, who: &str, quorum: u8) -> Option<Self> {
        match (kind, who) {
            ("code", "") => Some(Self::WhoeverHasTheCode),
            ("person", id) => UserId::parse(id).map(Self::Person),
            ("members", group) => Some(Self::Members(Panel::one(GroupId::parse(group)?, quorum))),
            (PANEL, groups) => Panel::from_row(groups).map(Self::Members),
            _ => None,
        }
    }
}

impl Asks {
    /// As a row keeps it.
    pub fn row(&self) -> String {
        let mut row = json::Object::new();
        row.insert("audience".to_owned(), self.audience.as_row().into());
        row.insert("scope".to_owned(), self.scopes.joined().into());
        write_details(&mut row, &self.details);
        if self.once {
            row.insert("once".to_owned(), true.into());
        }
        if self.strength > Strength::None {
            row.insert("strength".to_owned(), self.strength.name().into());
        }
        if let Some(question) = &self.question {
            let text = json::canonical(&Value::Object(question.document())); // one text, whatever its depth
            row.insert("question".to_owned(), text.into());
        }
        self.write_words(&mut row);
        Value::Object(row).to_string()
    }

    /// The machine's words.
    pub(super) fn write_words(&self, o: &mut json::Object) {
        if let Some(message) = &self.message {
            o.insert("message".to_owned(), message.as_str().into());
        }
        if !self.clarified.is_empty() {
            let said = |said: &Clarification| json!({ "answer": said.answer, "question": said.question });
            o.insert("clarified".to_owned(), self.clarified.iter().map(said).collect());
        }
    }

    /// Reads what [`Self::row`] wrote.
    pub fn from_row(text: &str) -> Option<Self> {
        let o = json::parse_object(text.as_bytes()).ok()?;
        let clarification = |value: &Value| {
            Some(Clarification {
                question: value.get("question")?.as_str()?.to_owned(),
                answer: value.get("answer")?.as_str()?.to_owned(),
            })
        };
        let clarified = o.get("clarified").and_then(Value::as_array);
        let question = match o.get("question").and_then(Value::as_str) {
            Some(text) => Some(Box::new(access_request::Asked::from_row(text)?)),
            None => None,
        };
        let strength = match o.get("strength") {
            Some(name) => Strength::from_name(name.as_str()?)?,
            None => Strength::None,
        };
        Some(Self {
            once: o.get("once").is_some_and(|once| *once == Value::Bool(true)),
            strength,
            scopes: Scopes::parse(o.get("scope")?.as_str()?).ok()?,
            details: read_details(&o)?,
            audience: Audience::from_row(o.get("audience")?.as_str()?)?,
            message: o.get("message").and_then(Value::as_str).map(str::to_owned),
            clarified: clarified
                .into_iter()
                .flatten()
                .map(clarification)
                .collect::<Option<_>>()?,
            question,
        })
    }
}

impl State {
    /// What a row keeps beside the name.
    pub fn row(&self) -> Value {
        let yes = |yes: &[Yes]| -> Value { yes.iter().map(Yes::row).collect() };
        match self {
            Self::Asked => json!({}),
            Self::Clarifying { by, question, at } => {
                json!({ "by": by.as_str(), "question": question, "at": at.unix() })
            }
            Self::PartlyApproved { yes: said } => json!({ "yes": yes(said) }),
            Self::Approved { yes: said, gift, at } => {
                let (kind, which) = match gift {
                    Gift::New(id) => ("grant", id.as_str()),
                    Gift::Standing(id) => ("standing_grant", id.as_str()),
                    Gift::Evidence => ("evidence", ""),
                };
                json!({ "yes": yes(said), kind: which, "at": at.unix() })
            }
            Self::Denied {
                yes: said,
                by,
                presence,
                at,
            } => {
                let mut row = json::Object::new();
                write_before(&mut row, said);
                row.insert("by".to_owned(), by.as_str().into());
                row.insert("at".to_owned(), at.unix().into());
                write_presence(&mut row, presence);
                row.into()
            }
            Self::Cancelled { yes: said, at } | Self::Expired { yes: said, at } => {
                let mut row = json::Object::new();
                row.insert("at".to_owned(), at.unix().into());
                write_before(&mut row, said);
                row.into()
            }
            Self::Redeemed { yes: said, grant, at } => {
                json!({ "yes": yes(said), "grant": grant.as_str(), "at": at.unix() })
            }
        }
    }

    /// Reads what [`Self::row`] wrote, beside the name.
    pub fn from_row(name: &str, text: &str) -> Option<Self> {
        let o = json::parse_object(text.as_bytes()).ok()?;
        let at = || Some(Time::from_unix(o.get("at")?.as_i64()?));
        let yes = || {
            let said = o.get("yes")?.as_array()?;
            said.iter().map(Yes::from_row).collect::<Option<Vec<_>>>()
        };
        let before = || if o.contains_key("yes") { yes() } else { Some(Vec::new()) };
        let id = |name: &str| GrantId::parse(o.get(name)?.as_str()?);
        let by = || UserId::parse(o.get("by")?.as_str()?);
        Some(match name {
            "asked" => Self::Asked,
            "clarifying" => Self::Clarifying {
                by: by()?,
                question: o.get("question")?.as_str()?.to_owned(),
                at: at()?,
            },
            "partly_approved" => Self::PartlyApproved { yes: yes()? },
            "approved" => Self::Approved {
                yes: yes()?,
                gift: id("grant")
                    .map(Gift::New)
                    .or_else(|| id("standing_grant").map(Gift::Standing))
                    .or_else(|| o.contains_key("evidence").then_some(Gift::Evidence))?,
                at: at()?,
            },
            "denied" => Self::Denied {
                yes: before()?,
                by: by()?,
                presence: read_presence(&o)?,
                at: at()?,
            },
            "cancelled" => Self::Cancelled {
                yes: before()?,
                at: at()?,
            },
            "expired" => Self::Expired {
                yes: before()?,
                at: at()?,
            },
            "redeemed" => Self::Redeemed {
                yes: yes()?,
                grant: id("grant")?,
                at: at()?,
            },
            _ => return None,
        })
    }
}

impl Yes {
    fn row(&self) -> Value {
        let mut row = json::Object::new();
        row.insert("by".to_owned(), self.by.as_str().into());
        row.insert("scope".to_owned(), self.scopes.joined().into());
        write_details(&mut row, &self.details);
        row.insert("payload_hash".to_owned(), self.payload_hash.as_str().into());
        row.insert("at".to_owned(), self.at.unix().into());
        write_presence(&mut row, &self.presence);
        if self.of.len() > 1 {
            let groups = self.of.iter().map(|group| Value::from(group.as_str()));
            row.insert("of".to_owned(), groups.collect());
        } else if let Some(group) = self.of.first() {
            row.insert("of".to_owned(), group.as_str().into());
        }
        if let Some(passkey) = &self.signed_by {
            row.insert("signed_by".to_owned(), passkey.as_str().into());
        }
        row.into()
    }

    fn from_row(value: &Value) -> Option<Self> {
        let o = value.as_object()?;
        let signed_by = match o.get("signed_by") {
            Some(passkey) => Some(PasskeyId::parse(passkey.as_str()?)?),
            None => None,
        };
        Some(Self {
            by: UserId::parse(o.get("by")?.as_str()?)?,
            scopes: Scopes::parse(o.get("scope")?.as_str()?).ok()?,
            details: read_details(o)?,
            payload_hash: o.get("payload_hash")?.as_str()?.to_owned(),
            presence: read_presence(o)?,
            signed_by,
            of: read_groups(o.get("of"))?,
            at: Time::from_unix(o.get("at")?.as_i64()?),
        })
    }
}

/// One group as its id, several as a list.
fn read_groups(value: Option<&Value>) -> Option<BTreeSet<GroupId>> {
    match value {
        None => Some(BTreeSet::new()),
        Some(Value::Array(groups)) => groups.iter().map(|group| GroupId::parse(group.as_str()?)).collect(),
        Some(group) => Some([GroupId::parse(group.as_str()?)?].into()),
    }
}

/// Who said yes before it came to nothing, if anybody did.
fn write_before(row: &mut json::Object, yes: &[Yes]) {
    if !yes.is_empty() {
        row.insert("yes".to_owned(), yes.iter().map(Yes::row).collect());
    }
}

/// Details as one text, whatever their depth; none are left out.
fn write_details(row: &mut json::Object, details: &Details) {
    if !details.is_empty() {
        row.insert("details".to_owned(), details.row().into());
    }
}

fn read_details(o: &json::Object) -> Option<Details> {
    Details::from_row(o.get("details").and_then(Value::as_str).unwrap_or(""))
}

fn write_presence(row: &mut json::Object, presence: &Presence) {
    row.insert("method".to_owned(), presence.method.name().into());
    row.insert("auth_time".to_owned(), presence.authenticated.unix().into());
    if let Some(session) = presence.session.as_ref().map(Id::as_str) {
        row.insert("browser_session".to_owned(), session.into());
    }
}

fn read_presence(o: &json::Object) -> Option<Presence> {
    let session = o.get("browser_session").and_then(Value::as_str);
    Some(Presence {
        session: session.and_then(BrowserSessionId::parse),
        authenticated: Time::from_unix(o.get("auth_time")?.as_i64()?),
        method: Method::from_name(o.get("method")?.as_str()?)?,
    })
}
