//! People, groups and roles, and their browser sessions.

use std::collections::BTreeSet;

use super::{ChangeUser, NewGroup, NewUser, describe, rules::Facts};
use crate::{
    account::recovery_codes,
    browser_session,
    caller::Caller,
    credential,
    decision::{Change, Decision, Guard, Reply, Write},
    event::{Event, EventKind},
    id::GroupId,
    moment::Moment,
    user::{self, Group, MEMBERSHIPS_MAX, User},
    why::Why,
};

/// Enters a person.
pub(super) fn create(new: &NewUser, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    if facts.login_taken_by.is_some() {
        return Err(Why::Exists("login"));
    }
    let mut guards = groups_exist(&new.memberships, facts)?;
    let user = User {
        id: at.id("user"),
        login: new.login.clone(),
        profile: new.profile.clone().as_of(at.now),
        memberships: new.memberships.clone(),
        epoch: 0,
        created: at.now,
        disabled: None,
    };
    let document = describe::user(&user);
    let event = Event::new(EventKind::UserCreated, caller, at).about(user.id.as_str());
    let sure = new.password_hash.iter().map(|hash| {
        Write::Credential(credential::Write::SetPassword {
            user: user.id.clone(),
            hash: hash.clone(),
            at: at.now,
        })
    });
    let sure = sure.collect();
    guards.push(Guard::User(user::Guard::Create(Box::new(user))));
    let change = Change {
        guards,
        sure,
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Created(document), Vec::new(), change))
}

/// Changes a person's row. Whoever is disabled is signed out everywhere; what acts for them falls silent at its next use.
pub(super) fn change(change: &ChangeUser, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let old = facts.user.as_ref().ok_or(Why::Absent("user"))?;
    if facts.login_taken_by.as_ref().is_some_and(|other| other.id != old.id) {
        return Err(Why::Exists("login"));
    }
    let mut guards = match &change.memberships {
        Some(memberships) => groups_exist(memberships, facts)?,
        None => Vec::new(),
    };
    let mut user = old.clone();
    user.login = change.login.clone().unwrap_or(user.login);
    if let Some(profile) = &change.profile {
        user.profile = user.profile.changed(profile.clone())?.as_of(at.now);
    }
    user.memberships = change.memberships.clone().unwrap_or(user.memberships);
    user.disabled = change.switch.map_or(user.disabled, |switch| switch.since(at.now));
    user.epoch = old.epoch.saturating_add(1);
    let document = describe::user(&user);
    let event = Event::new(EventKind::UserChanged, caller, at)
        .about(old.id.as_str())
        .with("disabled", user.disabled.is_some());
    let sure = user.disabled.map(|_| sessions_end(&user, at));
    guards.push(Guard::User(user::Guard::Replace {
        user: Box::new(user),
        epoch: old.epoch,
    }));
    Ok(Decision::issue(
        Reply::Document(document),
        Vec::new(),
        Change {
            guards,
            sure: sure.into_iter().collect(),
            events: vec![event],
            ..Change::default()
        },
    ))
}

/// Another password; whoever knew the old one is signed out.
pub(super) fn set_password(hash: &str, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let user = facts.user.as_ref().ok_or(Why::Absent("user"))?;
    let set = Write::Credential(credential::Write::SetPassword {
        user: user.id.clone(),
        hash: hash.to_owned(),
        at: at.now,
    });
    let event = credential_event("password set", user, caller, at);
    let change = Change {
        guards: vec![user.moves_on()], // a sign-in under way with the old one looks again
        sure: vec![set, sessions_end(user, at)],
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(
        Reply::Document(describe::user(user)),
        Vec::new(),
        change,
    ))
}

/// A recovery code to hand to the person, shown this once. It is a way in: codes they had before end.
pub(super) fn give_code(code: &str, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let user = facts.user.as_ref().ok_or(Why::Absent("user"))?;
    if user.disabled.is_some() {
        return Err(Why::Body("the person is disabled; enable them first".to_owned()));
    }
    let (mut guards, write) = recovery_codes(&user.id, &[code.to_owned()], at);
    guards.push(Guard::User(user::Guard::Unchanged {
        id: user.id.clone(),
        epoch: user.epoch,
    }));
    let mut document = describe::user(user);
    document.insert("recovery_code".into(), code.into());
    let change = Change {
        guards,
        sure: vec![write],
        events: vec![credential_event("recovery code given", user, caller, at)],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Created(document), Vec::new(), change))
}

/// Signs a person out everywhere.
pub(super) fn end_sessions(caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let user = facts.user.as_ref().ok_or(Why::Absent("user"))?;
    let event = Event::new(EventKind::UserSignedOut, caller, at)
        .about(user.id.as_str())
        .with("sessions", "all");
    Ok(done(user, vec![sessions_end(user, at)], event))
}

/// Ends one browser session.
pub(super) fn end_session(caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let session = facts.browser_session.as_ref().ok_or(Why::Absent("browser session"))?;
    let document = describe::browser_session(&browser_session::BrowserSession {
        ended: Some(session.ended.unwrap_or(at.now)),
        ..session.clone()
    });
    let change = Change {
        sure: vec![Write::BrowserSession(browser_session::Write::End {
            id: session.id.clone(),
            at: at.now,
        })],
        events: vec![Event::new(EventKind::UserSignedOut, caller, at).about(session.id.as_str())],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Document(document), Vec::new(), change))
}

/// Makes a group or role.
pub(super) fn create_group(new: &NewGroup, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    if !facts.groups.is_empty() {
        return Err(Why::Exists("group"));
    }
    let group = Group {
        id: new.id.clone(),
        kind: new.kind,
        name: new.name.clone(),
        created: at.now,
    };
    let document = describe::group(&group);
    let event = Event::new(EventKind::GroupCreated, caller, at)
        .about(group.id.as_str())
        .with("kind", group.kind.name());
    let change = Change {
        guards: vec![Guard::User(user::Guard::CreateGroup(Box::new(group)))],
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Created(document), Vec::new(), change))
}

/// Ends a group or role: nobody is in it any more, and rules for it speak of nobody.
pub(super) fn drop_group(caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let group = facts.groups.first().ok_or(Why::Absent("group"))?;
    let change = Change {
        sure: vec![
            Write::User(user::Write::DropGroup(group.id.clone())),
            Write::User(user::Write::LeaveGroup(group.id.clone())),
        ],
        events: vec![Event::new(EventKind::GroupDropped, caller, at).about(group.id.as_str())],
        ..Change::default()
    };
    Ok(Decision::issue(
        Reply::Document(describe::group(group)),
        Vec::new(),
        change,
    ))
}

fn done(user: &User, sure: Vec<Write>, event: Event) -> Decision {
    let change = Change {
        sure,
        events: vec![event],
        ..Change::default()
    };
    Decision::issue(Reply::Document(describe::user(user)), Vec::new(), change)
}

fn sessions_end(user: &User, at: &Moment) -> Write {
    Write::BrowserSession(browser_session::Write::EndOthers {
        user: user.id.clone(),
        keep: None,
        at: at.now,
    })
}

fn credential_event(what: &str, user: &User, caller: &Caller, at: &Moment) -> Event {
    Event::new(EventKind::CredentialChanged, caller, at)
        .about(user.id.as_str())
        .with("what", what)
}

/// People are in groups and roles that exist: a misspelt one would be a membership of nothing that looks like one.
fn groups_exist(wanted: &BTreeSet<GroupId>, facts: &Facts) -> Result<Vec<Guard>, Why> {
    if wanted.len() > MEMBERSHIPS_MAX {
        return Err(Why::Body("groups: at most 128".to_owned()));
    }
    match wanted
        .iter()
        .find(|id| !facts.groups.iter().any(|group| group.id == **id))
    {
        None => Ok(wanted
            .iter()
            .map(|id| Guard::User(user::Guard::GroupExists(id.clone())))
            .collect()),
        Some(id) => Err(Why::Body(format!("groups: there is no group or role {id}"))),
    }
}
