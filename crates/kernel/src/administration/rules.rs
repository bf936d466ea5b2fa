//! Who may do which of it, and what it changes.

use super::{Command, approvals, clients, consents, detail_types, grants, people, policies, resources, tenants};
use crate::{
    approval::Approval,
    browser_session::BrowserSession,
    caller::{AdministratorCaller, Caller, Who},
    client::Client,
    consent::Rule,
    decision::{Change, Decision, Guard, Reply},
    detail::Types,
    event::{Event, EventKind},
    grant::Grant,
    moment::Moment,
    policy::PolicySet,
    resource::Resource,
    tenant::{Administrator, Reach, Tenant},
    user::{Group, User},
    why::Why,
};

/// What was loaded for a command: whatever it names, if it is there.
#[derive(Debug, Default)]
pub struct Facts {
    /// The client that the command names.
    pub client: Option<Client>,
    /// The resources that the command names.
    pub resources: Vec<Resource>,
    /// The grant that the command names, with its path to the root.
    pub path: Vec<Grant>,
    /// The tenant that the command names; its own, for commands about clients and resources.
    pub tenant: Option<Tenant>,
    /// The administrator that the command names.
    pub administrator: Option<Administrator>,
    /// The person that the command names.
    pub user: Option<User>,
    /// The person who has the login that the command names.
    pub login_taken_by: Option<User>,
    /// The groups and roles that the command names.
    pub groups: Vec<Group>,
    /// The rule that the command names.
    pub rule: Option<Rule>,
    /// How many rules there are.
    pub rules: usize,
    /// The approval that the command names.
    pub approval: Option<Approval>,
    /// The types of authorization details, for commands about them or with details; and what their schemas make of those.
    pub types: Types,
    /// The version of the tenant's policies that counts.
    pub policy_version: i64,
    /// That version, if the tenant applied any.
    pub policies: Option<PolicySet>,
    /// The browser session that the command names.
    pub browser_session: Option<BrowserSession>,
}

/// Decides a command.
pub fn decide(command: &Command, caller: &Caller, facts: &Facts, at: &Moment) -> Decision {
    match consider(command, caller, facts, at) {
        Ok(decision) => decision,
        Err(why) => {
            let event = Event::refused(&why, caller, at);
            Decision::refuse(why, Vec::new(), vec![event])
        }
    }
}

fn consider(command: &Command, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    // 1. An administrator, by token. A tenant's administrator stays in the tenant: the handle that loaded the facts cannot see another.
    let Who::Administrator(administrator) = &caller.who else {
        return Err(Why::AdministratorUnproved);
    };
    if administrator.reach == Reach::Registration {
        return Err(Why::AdministratorReach); // an initial access token opens the registration endpoint, and no door here
    }

    // 2. The command.
    match command {
        Command::CreateClient(new) => clients::create(new, administrator, caller, facts, at),
        Command::ChangeClient(change) => clients::change(change, caller, facts, at),
        Command::RotateClientSecret(_) => clients::rotate_secret(caller, facts, at),
        Command::CreateResource(new) => resources::create(new, caller, facts, at),
        Command::SetResourceDisabled(uri, switch) => resources::switch(uri, *switch, caller, facts, at),
        Command::CreateGrant(new) => grants::create(new, administrator, caller, facts, at),
        Command::EditGrant(edit) => grants::edit(edit, caller, facts, at),
        Command::RevokeGrant(_) => grants::revoke(caller, facts, at),
        Command::CreateTenant(new) => {
            installation(administrator).and_then(|()| tenants::create(new, caller, facts, at))
        }
        Command::SetTenantDisabled(id, switch) => {
            installation(administrator).and_then(|()| tenants::switch(id, *switch, caller, facts, at))
        }
        Command::ChangeTenant { id, name, settings } => {
            if *id != administrator.home {
                installation(administrator)?;
            }
            tenants::change(id, name.as_deref(), *settings, caller, facts, at)
        }
        Command::CreateAdministrator(new) => {
            if new.reach == Reach::Installation {
                installation(administrator)?;
            }
            Ok(tenants::create_administrator(new, administrator, caller, at))
        }
        Command::EndAdministrator(_) => {
            let ended = facts.administrator.as_ref().ok_or(Why::Absent("administrator"))?;
            if ended.reach == Reach::Installation {
                installation(administrator)?;
            }
            Ok(tenants::end_administrator(ended, caller, at))
        }
        Command::CreateUser(new) => people::create(new, caller, facts, at),
        Command::ChangeUser(change) => people::change(change, caller, facts, at),
        Command::SetUserPassword { hash, .. } => people::set_password(hash, caller, facts, at),
        Command::GiveRecoveryCode { code, .. } => people::give_code(code, caller, facts, at),
        Command::EndUserSessions(_) => people::end_sessions(caller, facts, at),
        Command::EndBrowserSession(_) => people::end_session(caller, facts, at),
        Command::CreateGroup(new) => people::create_group(new, caller, facts, at),
        Command::DropGroup(_) => people::drop_group(caller, facts, at),
        Command::CreateRule(new) => consents::create(new, administrator, caller, facts, at),
        Command::DropRule(_) => consents::drop(caller, facts, at),
        Command::CancelApproval(_) => approvals::cancel(caller, facts, at),
        Command::CreateDetailType(new) => detail_types::create(new, caller, facts, at),
        Command::ReplaceDetailType(new) => detail_types::replace(new, caller, facts, at),
        Command::DropDetailType(id) => detail_types::drop(id, caller, facts, at),
        Command::ApplyPolicies(new) => policies::apply(new, administrator, caller, facts, at),
        Command::RotateKeys(keys) => {
            let guards = keys.iter().map(|key| Guard::CreateKey(Box::new(key.clone()))).collect();
            let events = keys.iter().map(|key| {
                let event = Event::new(EventKind::KeyCreated, caller, at).about(key.kid.as_str());
                let id = format!("{}.{}", event.id, key.algorithm);
                Event { id, ..event }
                    .with("algorithm", key.algorithm.name())
                    .with("active_from", key.active_from.unix())
            });
            let change = Change {
                guards,
                events: events.collect(),
                ..Change::default()
            };
            let document = super::describe::list(
                "keys",
                keys.iter().map(|key| super::describe::key(key, at.now)).collect(),
            );
            Ok(Decision::issue(Reply::Created(document), Vec::new(), change))
        }
    }
}

/// Only for those who reach the whole installation; to others such commands look like nothing at all.
fn installation(administrator: &AdministratorCaller) -> Result<(), Why> {
    match administrator.reach {
        Reach::Installation => Ok(()),
        Reach::Registration | Reach::Tenant => Err(Why::AdministratorReach),
    }
}
