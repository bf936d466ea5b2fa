//! Types of authorization details (RFC 9396 s2.1).

use super::{describe, rules::Facts};
use crate::{
    caller::Caller,
    decision::{Change, Decision, Guard, Reply, Write},
    detail::{self, DetailType, TYPES_MAX},
    event::{Event, EventKind},
    id::DetailTypeId,
    moment::Moment,
    why::Why,
};

/// Registers a type.
pub(super) fn create(new: &DetailType, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    new.check().map_err(Why::Body)?;
    if facts.types.get(&new.id).is_some() {
        return Err(Why::Exists("detail type"));
    }
    if facts.types.names().count() >= TYPES_MAX {
        return Err(Why::Exists("detail types"));
    }
    let kind = DetailType {
        created: at.now,
        ..new.clone()
    };
    let document = describe::detail_type(&kind);
    let event = event(EventKind::DetailTypeCreated, &kind, caller, at);
    let guard = Guard::DetailType(detail::Guard::Create(Box::new(kind)));
    Ok(done(Reply::Created(document), vec![guard], Vec::new(), event))
}

/// Registers it anew. What was granted of it counts on as far as the new schema admits it.
pub(super) fn replace(new: &DetailType, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let old = facts.types.get(&new.id).ok_or(Why::Absent("detail type"))?;
    new.check().map_err(Why::Body)?;
    let kind = DetailType {
        created: old.created,
        ..new.clone()
    };
    let document = describe::detail_type(&kind);
    let event = event(EventKind::DetailTypeChanged, &kind, caller, at);
    let guard = Guard::DetailType(detail::Guard::Replace {
        kind: Box::new(kind),
        basis: old.basis(),
    });
    Ok(done(Reply::Document(document), vec![guard], Vec::new(), event))
}

/// Ends a type. What was granted of it falls silent at its next use: nobody can say any more what is less of it.
pub(super) fn drop(id: &DetailTypeId, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let kind = facts.types.get(id).ok_or(Why::Absent("detail type"))?;
    let event = event(EventKind::DetailTypeDropped, kind, caller, at);
    let write = Write::DetailType(detail::Write::Drop(id.clone()));
    Ok(done(
        Reply::Document(describe::detail_type(kind)),
        Vec::new(),
        vec![write],
        event,
    ))
}

/// The entry says which words, schema and rules: by their digest, which an auditor finds again in what was approved.
fn event(what: EventKind, kind: &DetailType, caller: &Caller, at: &Moment) -> Event {
    Event::new(what, caller, at)
        .about(kind.id.as_str())
        .with("basis", kind.basis())
}

fn done(reply: Reply, guards: Vec<Guard>, sure: Vec<Write>, event: Event) -> Decision {
    let change = Change {
        guards,
        sure,
        events: vec![event],
        ..Change::default()
    };
    Decision::issue(reply, Vec::new(), change)
}
