//! RFC 7591, RFC 7592, draft-ietf-oauth-client-id-metadata-document-02, and the limits of S-24.

mod documents;
mod further;
mod golden;
mod managed;
mod read;
mod registered;

use proof::{Time, digest, json::Object};
use serde_json::{Value, json};

use super::*;
use crate::{
    authority::Scopes,
    caller::{Caller, Who},
    client::{self, ApplicationType, Authentication, AuthenticationMethod, Binding, Client, Further, GrantType, Keys},
    decision::{Answer, Change, Decision, Guard, Reply},
    event::EventKind,
    id::ClientId,
    moment::Moment,
    tenant::Tenant,
    vectors::{self, facts, people, signer},
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const BACK: &str = "https://app.example/cb";

fn at() -> Moment {
    people::moment(NOW, 7)
}

/// The scopes of the tenant.
fn known() -> Scopes {
    Scopes::parse("read write").unwrap()
}

/// Metadata of a client with a name and one redirect URI, but for these members; `-` leaves one out.
fn metadata(changed: &Value) -> Object {
    let mut metadata = json!({ "client_name": "App", "redirect_uris": [BACK] });
    for (name, value) in changed.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    let Value::Object(mut metadata) = metadata else {
        panic!("an object")
    };
    metadata.retain(|_, value| value != "-");
    metadata
}

fn said(changed: &Value, said: Said) -> Result<Metadata, Why> {
    Metadata::read(&metadata(changed), said, &known())
}

/// What a registration request with these members says.
fn wanted(changed: &Value) -> Box<Metadata> {
    Box::new(said(changed, Said::Registration).unwrap())
}

fn tenant(registration: &str) -> Tenant {
    facts::tenant(&json!({ "id": "default", "issuer": "https://as.example", "registration": registration }))
}

fn nobody() -> Caller {
    Caller::plain(Who::Anyone)
}

fn why(decision: &Decision) -> Option<Why> {
    match decision.answer() {
        Answer::Refuse(code, why) => {
            assert_eq!(*code, why.code());
            Some(why.clone())
        }
        Answer::Issue(_) | Answer::Wait(_) => None,
    }
}

/// A refusal changes nothing: one entry in the log, and nothing else.
fn assert_changes_nothing(decision: &Decision) {
    let change = decision.change();
    assert_eq!(
        Change {
            events: vec![],
            ..change.clone()
        },
        Change::default()
    );
    assert_eq!(
        (change.events.len(), change.events[0].kind),
        (1, EventKind::RequestRefused)
    );
}

/// The document of the answer.
fn document(decision: &Decision) -> Value {
    let Answer::Issue(Reply::Created(document) | Reply::Document(document)) = decision.answer() else {
        panic!("a document, not {:?}", decision.answer());
    };
    document.clone().into()
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
