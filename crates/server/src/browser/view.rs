//! What every page has around it, and the words for what the kernel knows.

use kernel::{
    ClientId, Details, Scopes,
    access_request::Asked,
    client::{Client, Registration},
    detail::{Piece, Remark, Types},
    resource::Resource,
};
use pages::{App, Frame, Identity, Item, Language, Part, Particular, Person, Place};
use serde_json::Value;

use super::{Browser, form_token};
use crate::http::{
    entrance::Inbound,
    render::{Outgoing, PageAnswer, Policy, SeeOther},
};

/// A request for a page, with the token of its forms.
pub(super) struct View<'i> {
    pub(super) inbound: &'i Inbound,
    pub(super) browser: &'i Browser,
    /// The token of forms that are about nothing in particular.
    pub(super) csrf: String,
}

impl<'i> View<'i> {
    pub(super) fn new(inbound: &'i Inbound, browser: &'i Browser) -> Self {
        Self {
            csrf: form_token::about_nothing(&inbound.app, inbound.tenant.tenant(), browser, &inbound.caller),
            inbound,
            browser,
        }
    }

    /// The token of a form about an authorization request.
    pub(super) fn csrf_about(&self, request: &str) -> String {
        form_token::token(
            &self.inbound.app,
            self.inbound.tenant.tenant(),
            self.browser,
            &self.inbound.caller,
            request,
        )
    }

    pub(super) fn frame<'a>(&'a self, here: &'a str) -> Frame<'a> {
        Frame {
            language: self.browser.language,
            base: &self.browser.base,
            tenant: &self.inbound.tenant.tenant().name,
            person: self.inbound.caller.person().map(|person| Person {
                name: person.user.name(),
                login: person.user.login.as_str(),
                csrf: &self.csrf,
            }),
            now: self.inbound.at.now.unix(),
            here,
        }
    }

    /// A page that stays here.
    pub(super) fn stays(&self, html: String) -> Outgoing {
        self.page(html, Policy::Stays)
    }

    /// A page whose form may end at an app.
    pub(super) fn leads_away(&self, html: String) -> Outgoing {
        self.page(html, Policy::LeadsAway)
    }

    fn page(&self, html: String, policy: Policy) -> Outgoing {
        Outgoing::Page(PageAnswer {
            why: None,
            html,
            policy,
            cookies: self.browser.cookies(),
        })
    }

    /// A redirect to a page of ours.
    pub(super) fn to(&self, path: &str) -> Outgoing {
        see_other(self.browser, format!("{}{path}", self.browser.base))
    }
}

/// A redirect, with the cookies of the browser.
pub(super) fn see_other(browser: &Browser, location: String) -> Outgoing {
    Outgoing::SeeOther(SeeOther {
        location,
        cookies: browser.cookies(),
    })
}

/// `?name=value` for a path of ours, and for an app.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string();
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// Everything but the unreserved characters (RFC 3986 s2.3).
const UNRESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The software that asks, for people.
pub(super) fn app(client: &Client) -> App<'_> {
    App {
        name: if client.name.is_empty() {
            client.id.as_str()
        } else {
            &client.name
        },
        client_id: client.id.as_str(),
        identity: match &client.registration {
            Registration::Administrator => Identity::Registered,
            Registration::Document { .. } => Identity::Document {
                host: client.document_host().unwrap_or_default(),
            },
            Registration::Itself { .. } => Identity::SelfRegistered,
        },
    }
}

/// An app whose registration is gone: its id is all that is left.
pub(super) fn gone(id: &ClientId) -> App<'_> {
    App {
        name: id.as_str(),
        client_id: id.as_str(),
        identity: Identity::SelfRegistered,
    }
}

pub(super) fn place(resource: Option<&Resource>) -> Option<Place<'_>> {
    resource.map(|resource| Place {
        name: &resource.name,
        uri: resource.uri.as_str(),
    })
}

/// Scopes with their words: those of the resource, or ours in the language of the page.
pub(super) fn worded(scopes: &Scopes, resource: Option<&Resource>, language: Language) -> Vec<(String, String)> {
    let words = |scope: &str| match resource {
        Some(resource) => resource
            .scopes
            .get(scope)
            .cloned()
            .or_else(|| pages::own_scope(language, scope).filter(|_| kernel::identity::is_identity(scope))),
        None => pages::own_scope(language, scope),
    };
    scopes
        .iter()
        .map(|scope| (scope.to_owned(), words(scope).unwrap_or_else(|| scope.to_owned())))
        .collect()
}

/// The same as a page wants them.
pub(super) fn items(worded: &[(String, String)]) -> Vec<Item<'_>> {
    worded.iter().map(|(scope, words)| Item { scope, words }).collect()
}

/// A detail in words.
pub(super) struct Worded {
    digest: String,
    name: String,
    sentence: Vec<Piece>,
    language: String,
    remarks: Vec<Remark>,
}

/// Details in the words of their types, in the language of the page. One whose type is gone is told by its own: nothing of it can be used.
pub(super) fn in_words(details: &Details, types: &Types, language: Language) -> Vec<Worded> {
    let of = |detail: &kernel::detail::Detail| match types.get(detail.kind()) {
        Some(kind) => Worded {
            digest: detail.digest(),
            name: kind.name.clone(),
            sentence: kind.sentence(detail, language.tag()),
            language: kind.language(language.tag()).to_owned(),
            remarks: kind.remarks(detail, language.tag()),
        },
        None => Worded {
            digest: detail.digest(),
            name: detail.kind().as_str().to_owned(),
            sentence: vec![Piece::Value(detail.text().to_owned())],
            language: String::new(),
            remarks: Vec::new(),
        },
    };
    details.iter().map(of).collect()
}

/// A question about somebody and something, whole: each of its values by its path (S-30).
pub(super) fn question(asked: &Asked) -> Worded {
    let mut remarks = Vec::new();
    let mut document = asked.document();
    if let Some(until) = asked.until {
        document.insert("requested_until".to_owned(), until.rfc3339().into());
    }
    for (name, value) in &document {
        flatten(name.clone(), value, &mut remarks);
    }
    // Who, what and to what stand in the sentence.
    remarks.retain(|remark| !matches!(remark.path.as_str(), "subject.id" | "action.name" | "resource.id"));
    let evaluation = &asked.evaluation;
    let between = || Piece::Words(" · ".to_owned());
    Worded {
        digest: String::new(),
        name: evaluation.action.name.clone(),
        sentence: vec![
            Piece::Value(evaluation.subject.id.clone()),
            between(),
            Piece::Value(evaluation.action.name.clone()),
            between(),
            Piece::Value(evaluation.resource.id.clone()),
        ],
        language: String::new(), // a name is of none
        remarks,
    }
}

/// What stands in a value, by path.
fn flatten(path: String, value: &Value, remarks: &mut Vec<Remark>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                flatten(format!("{path}.{name}"), value, remarks);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (n, value) in items.iter().enumerate() {
                flatten(format!("{path}[{n}]"), value, remarks);
            }
        }
        Value::String(text) => remarks.push(Remark {
            path,
            values: vec![text.clone()],
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => remarks.push(Remark {
            path,
            values: vec![value.to_string()],
        }),
    }
}

/// The same as a page wants them.
pub(super) fn particulars(worded: &[Worded]) -> Vec<Particular<'_>> {
    worded.iter().map(Worded::particular).collect()
}

impl Worded {
    fn particular(&self) -> Particular<'_> {
        fn part(piece: &Piece) -> Part<'_> {
            match piece {
                Piece::Words(words) => Part::Words(words),
                Piece::Value(text) => Part::Value(text),
                Piece::Missing(path) => Part::Missing(path),
            }
        }
        Particular {
            digest: &self.digest,
            name: &self.name,
            sentence: self.sentence.iter().map(part).collect(),
            language: &self.language,
            remarks: self
                .remarks
                .iter()
                .map(|remark| (remark.path.as_str(), remark.values.iter().map(String::as_str).collect()))
                .collect(),
        }
    }
}
