//! Central consent: what is decided for everybody or a group.

use super::{NewRule, describe, rules::Facts};
use crate::{
    authority::Scopes,
    caller::{AdministratorCaller, Caller},
    consent::{self, Clients, RULES_MAX, Rule},
    decision::{Change, Decision, Guard, Reply, Write},
    event::{Event, EventKind},
    moment::Moment,
    user,
    why::Why,
};

/// Makes a rule. Whatever it names must be there, except a client that brings its own document: nobody registered it.
pub(super) fn create(
    new: &NewRule,
    administrator: &AdministratorCaller,
    caller: &Caller,
    facts: &Facts,
    at: &Moment,
) -> Result<Decision, Why> {
    if facts.rules >= RULES_MAX {
        return Err(Why::Exists("rules"));
    }
    if let Clients::One(id) = &new.clients
        && facts.client.is_none()
        && !id.as_str().contains("://")
    {
        return Err(Why::AbsentHere(format!("client_id: there is no client {id} here")));
    }
    if new.resource.is_some() && facts.resources.is_empty() {
        return Err(Why::Body(
            "resource: is not registered here; identifiers are compared byte for byte".to_owned(),
        ));
    }
    if new
        .scope
        .as_ref()
        .is_some_and(|scope| !Scopes::parse(scope).is_ok_and(|scopes| scopes.iter().eq([scope.as_str()])))
    {
        return Err(Why::Body("scope: one scope token (RFC 6749 s3.3)".to_owned()));
    }
    if let (Some(scope), Some(resource)) = (&new.scope, facts.resources.first().filter(|_| new.resource.is_some()))
        && !resource.scopes.contains_key(scope)
    {
        return Err(Why::Body(format!("scope: {scope} is no scope of that resource")));
    }
    let mut guards = Vec::new();
    if let Some(group) = &new.group {
        if facts.groups.is_empty() {
            return Err(Why::AbsentHere(format!(
                "group: there is no group or role {group} here"
            )));
        }
        guards.push(Guard::User(user::Guard::GroupExists(group.clone())));
    }
    let rule = Rule {
        id: at.id("rule"),
        clients: new.clients.clone(),
        scope: new.scope.clone(),
        resource: new.resource.clone(),
        group: new.group.clone(),
        effect: new.effect,
        by: administrator.id.clone(),
        created: at.now,
    };
    let document = describe::rule(&rule);
    let event = document.iter().filter(|(name, _)| name.as_str() != "id").fold(
        Event::new(EventKind::RuleCreated, caller, at).about(rule.id.as_str()),
        |mut event, (name, value)| {
            event.body.insert(name.clone(), value.clone());
            event
        },
    );
    guards.push(Guard::Consent(consent::Guard::Create(Box::new(rule))));
    Ok(Decision::issue(
        Reply::Created(document),
        Vec::new(),
        Change {
            guards,
            events: vec![event],
            ..Change::default()
        },
    ))
}

/// Takes a rule back. What it alone allowed falls silent at its next use.
pub(super) fn drop(caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let rule = facts.rule.as_ref().ok_or(Why::Absent("rule"))?;
    let change = Change {
        sure: vec![Write::Consent(consent::Write::Drop(rule.id.clone()))],
        events: vec![Event::new(EventKind::RuleDropped, caller, at).about(rule.id.as_str())],
        ..Change::default()
    };
    Ok(Decision::issue(
        Reply::Document(describe::rule(rule)),
        Vec::new(),
        change,
    ))
}
