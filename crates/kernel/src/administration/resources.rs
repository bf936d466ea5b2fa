//! Resources.

use super::{NewResource, Switch, describe, rules::Facts};
use crate::{
    authority::{SCOPES_MAX, Scopes},
    caller::Caller,
    decision::{Change, Decision, Guard, Reply, Write},
    event::{Event, EventKind},
    moment::Moment,
    resource::{Resource, ResourceUri},
    why::Why,
};

/// Registers a resource.
pub(super) fn create(new: &NewResource, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    if facts
        .tenant
        .as_ref()
        .is_some_and(|tenant| tenant.issuer == new.uri.as_str())
    {
        return Err(Why::Body(
            "resource: this is the issuer; tokens for our own endpoints are asked for without resource".to_owned(),
        ));
    }
    if !facts.resources.is_empty() {
        return Err(Why::Exists("resource"));
    }
    let one_token = |name: &String| Scopes::parse(name).is_ok_and(|scopes| scopes.iter().eq([name.as_str()]));
    if new.scopes.len() > SCOPES_MAX || !new.scopes.keys().all(one_token) {
        return Err(Why::Body(
            "scopes: each name is one scope token (RFC 6749 s3.3), at most 128 of them".to_owned(),
        ));
    }
    let unknown = |name: &&String| !new.scopes.contains_key(*name);
    if let Some(name) = new.implied.keys().chain(new.implied.values().flatten()).find(unknown) {
        return Err(Why::Body(format!("implied_scopes: {name} is not among the scopes")));
    }
    let resource = Resource {
        uri: new.uri.clone(),
        name: new.name.clone(),
        scopes: new.scopes.clone(),
        implied: new.implied.clone(),
        token_algorithm: new.token_algorithm,
        introspectors: new.introspectors.clone(),
        created: at.now,
        disabled: None,
    };
    let document = describe::resource(&resource);
    let change = Change {
        guards: vec![Guard::CreateResource(Box::new(resource))],
        events: vec![Event::new(EventKind::ResourceCreated, caller, at).about(new.uri.as_str())],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Created(document), Vec::new(), change))
}

/// Disables a resource, or enables it again: no token for it is issued or counts while it is disabled.
pub(super) fn switch(
    uri: &ResourceUri,
    switch: Switch,
    caller: &Caller,
    facts: &Facts,
    at: &Moment,
) -> Result<Decision, Why> {
    let resource = facts.resources.first().ok_or(Why::Absent("resource"))?;
    let since = switch.since(at.now);
    let change = Change {
        sure: vec![Write::SetResourceDisabled {
            uri: uri.clone(),
            at: since,
        }],
        events: vec![
            Event::new(EventKind::ResourceChanged, caller, at)
                .about(uri.as_str())
                .with("disabled", since.is_some()),
        ],
        ..Change::default()
    };
    let document = describe::resource(&Resource {
        disabled: since,
        ..resource.clone()
    });
    Ok(Decision::issue(Reply::Document(document), Vec::new(), change))
}
