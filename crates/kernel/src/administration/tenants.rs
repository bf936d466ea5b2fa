//! Tenants and their administrators.

use proof::digest;

use super::{NewAdministrator, NewTenant, Switch, describe, rules::Facts};
use crate::{
    caller::{AdministratorCaller, Caller},
    decision::{Change, Decision, Guard, Reply, Write},
    event::{Event, EventKind},
    id::TenantId,
    moment::Moment,
    tenant::{self, Administrator, DEFAULT_TENANT, Settings, SettingsChange, Tenant},
    why::Why,
};

/// Makes a tenant.
pub(super) fn create(new: &NewTenant, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    if facts.tenant.is_some() {
        return Err(Why::Exists("tenant"));
    }
    checked(new.settings)?;
    let tenant = Tenant {
        id: new.id.clone(),
        name: new.name.clone(),
        issuer: new.issuer.clone(),
        settings: new.settings,
        policy_version: 0,
        created: at.now,
        disabled: None,
    };
    let document = describe::tenant(&tenant);
    let event = Event::new(EventKind::TenantCreated, caller, at)
        .about(tenant.id.as_str())
        .with("issuer", tenant.issuer.as_str());
    let change = Change {
        guards: vec![Guard::Tenant(tenant::Guard::Create(Box::new(tenant)))],
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Created(document), Vec::new(), change))
}

/// Disables a tenant, or enables it again. The default tenant stays: administration lives there.
pub(super) fn switch(
    id: &TenantId,
    switch: Switch,
    caller: &Caller,
    facts: &Facts,
    at: &Moment,
) -> Result<Decision, Why> {
    let tenant = facts.tenant.as_ref().ok_or(Why::Absent("tenant"))?;
    if id.as_str() == DEFAULT_TENANT {
        return Err(Why::Body(
            "disabled: the default tenant cannot be disabled; administration lives there".to_owned(),
        ));
    }
    let since = switch.since(at.now);
    let event = Event::new(EventKind::TenantChanged, caller, at)
        .about(id.as_str())
        .with("disabled", since.is_some());
    let change = Change {
        sure: vec![Write::Tenant(tenant::Write::SetDisabled {
            id: id.clone(),
            at: since,
        })],
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(
        Reply::Document(describe::tenant(&Tenant {
            disabled: since,
            ..tenant.clone()
        })),
        Vec::new(),
        change,
    ))
}

/// Changes a tenant's name, or what it decides for itself.
pub(super) fn change(
    id: &TenantId,
    name: Option<&str>,
    change: SettingsChange,
    caller: &Caller,
    facts: &Facts,
    at: &Moment,
) -> Result<Decision, Why> {
    let tenant = facts.tenant.as_ref().ok_or(Why::Absent("tenant"))?;
    let settings = change.of(tenant.settings);
    checked(settings)?;
    let document = describe::tenant(&Tenant {
        name: name.unwrap_or(&tenant.name).to_owned(),
        settings,
        ..tenant.clone()
    });
    let event = Event::new(EventKind::TenantChanged, caller, at)
        .about(id.as_str())
        .changing(&describe::tenant(tenant), &document);
    let mut sure = vec![Write::Tenant(tenant::Write::SetSettings { id: id.clone(), change })];
    sure.extend(name.map(|name| {
        Write::Tenant(tenant::Write::SetName {
            id: id.clone(),
            name: name.to_owned(),
        })
    }));
    let change = Change {
        sure,
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Document(document), Vec::new(), change))
}

fn checked(settings: Settings) -> Result<(), Why> {
    let ok = (60..=3_600).contains(&settings.access_token_seconds);
    ok.then_some(())
        .ok_or_else(|| Why::Body("access_token_seconds: 60 to 3600".to_owned()))
}

/// Ends an administrator's token: the next request with it is refused. Ending it twice is fine.
pub(super) fn end_administrator(administrator: &Administrator, caller: &Caller, at: &Moment) -> Decision {
    let end = administrator.expires.map_or(at.now, |end| end.min(at.now));
    let document = describe::administrator(&Administrator {
        expires: Some(end),
        ..administrator.clone()
    });
    let id = administrator.id.clone();
    let change = Change {
        events: vec![Event::new(EventKind::AdministratorEnded, caller, at).about(id.as_str())],
        sure: vec![Write::Tenant(tenant::Write::EndAdministrator { id, at: at.now })],
        ..Change::default()
    };
    Decision::issue(Reply::Document(document), Vec::new(), change)
}

/// Makes an administrator's token, shown once.
pub(super) fn create_administrator(
    new: &NewAdministrator,
    maker: &AdministratorCaller,
    caller: &Caller,
    at: &Moment,
) -> Decision {
    let wanted = new.lifetime_seconds.map(|seconds| at.now.plus(seconds));
    let expires = [wanted, maker.expires].into_iter().flatten().min(); // no token outlives the one that made it
    let administrator = Administrator {
        id: at.id("administrator"),
        name: new.name.clone(),
        reach: new.reach,
        created: at.now,
        expires,
    };
    let token = format!("pka_{}", at.secret("administrator token")); // the prefix lets secret scanners find a leaked one
    let token_digest = digest::sha256_b64(token.as_bytes());
    let mut document = describe::administrator(&administrator);
    document.insert("token".to_owned(), token.into());
    let event = Event::new(EventKind::AdministratorCreated, caller, at).about(administrator.id.as_str());
    let guard = Guard::Tenant(tenant::Guard::CreateAdministrator {
        administrator: Box::new(administrator),
        token_digest,
    });
    Decision::issue(
        Reply::Created(document),
        Vec::new(),
        Change {
            guards: vec![guard],
            events: vec![event],
            ..Change::default()
        },
    )
}
