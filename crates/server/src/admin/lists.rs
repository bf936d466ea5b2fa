//! Lists: `limit` rows at most, after `after`; `next` is there when there may be more.

use kernel::{
    Time, Who, Why,
    administration::{self, describe},
    form::Form,
    grant::Grant,
    id::UserId,
    ledger,
    tenant::Reach,
    user::Login,
};
use proof::json::Object;

use super::{
    calls::{grant_id, shown},
    people, policies,
};
use crate::{
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
};

/// Rows of a list, unless the caller says otherwise, and at most.
const ROWS: i64 = 50;
const ROWS_MAX: i64 = 500;

pub(super) async fn clients(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let found = inbound.tenant.clients_after(&page.after, page.limit).await?;
    let next = found.last().map(|(client, _)| client.id.as_str().to_owned());
    let items = found
        .iter()
        .map(|(client, used)| describe::client(client, *used))
        .collect();
    Ok(page.answer("clients", items, next))
}

pub(super) async fn resources(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let found = inbound.tenant.resources_after(&page.after, page.limit).await?;
    let next = found.last().map(|resource| resource.uri.as_str().to_owned());
    Ok(page.answer("resources", found.iter().map(describe::resource).collect(), next))
}

pub(super) async fn grants(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let found = inbound.tenant.grants_after(&page.after, page.limit).await?;
    let next = found.last().map(|grant| grant.id.as_str().to_owned());
    Ok(page.answer("grants", standing(inbound, found).await?, next))
}

/// Each grant with how it stands: what is below one that ended gives nothing.
async fn standing(inbound: &Inbound, found: Vec<Grant>) -> Result<Vec<Object>, Stop> {
    let mut all = Vec::with_capacity(found.len());
    for grant in found {
        let mut path = match &grant.parent {
            Some(parent) => inbound.tenant.grant_path(parent).await?,
            None => Vec::new(),
        };
        path.insert(0, grant);
        all.extend(administration::standing(&path, inbound.at.now));
    }
    Ok(all)
}

/// What was booked by tokens of a grant, the newest first.
pub(super) async fn bookings(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let grant = grant_id(inbound)?;
    if inbound.tenant.grant(&grant).await?.is_none() {
        return Err(Why::Absent("grant").into());
    }
    let wrong = || Why::Body("after: the value of next from the page before".to_owned());
    let before = match page.after.split_once(':') {
        None if page.after.is_empty() => (Time::from_unix(i64::MAX), ""),
        None => return Err(wrong().into()),
        Some((at, id)) => (Time::from_unix(at.parse().map_err(|_| wrong())?), id),
    };
    let found = inbound.tenant.ledger_of_grant(&grant, before, page.limit).await?;
    let next = found
        .last()
        .map(|booked| format!("{}:{}", booked.entry.at.unix(), booked.entry.id));
    Ok(page.answer("entries", found.iter().map(ledger::describe).collect(), next))
}

pub(super) async fn administrators(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let found = inbound.tenant.administrators_after(&page.after, page.limit).await?;
    let next = found.last().map(|administrator| administrator.id.as_str().to_owned());
    Ok(page.answer(
        "administrators",
        found.iter().map(describe::administrator).collect(),
        next,
    ))
}

/// People by their ids; with `login`, the one who signs in by it.
pub(super) async fn users(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    if let Some(login) = page.query.text("login") {
        let found = match Login::parse(login) {
            Some(login) => inbound.tenant.user_by_login(&login).await?,
            None => None, // nobody can have it
        };
        return Ok(page.answer("users", found.iter().map(describe::user).collect(), None));
    }
    let found = inbound.tenant.users_after(&page.after, page.limit).await?;
    let next = found.last().map(|user| user.id.as_str().to_owned());
    Ok(page.answer("users", found.iter().map(describe::user).collect(), next))
}

/// Everything that was ever granted for a person.
pub(super) async fn grants_of_user(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let user = known_user(inbound, people::user_id(inbound)?).await?;
    let found = inbound
        .tenant
        .grants_of_user_after(&user, &page.after, page.limit)
        .await?;
    let next = found.last().map(|grant| grant.id.as_str().to_owned());
    Ok(page.answer("grants", standing(inbound, found).await?, next))
}

pub(super) async fn groups(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let found = inbound.tenant.groups_after(&page.after, page.limit).await?;
    let next = found.last().map(|group| group.id.as_str().to_owned());
    Ok(page.answer("groups", found.iter().map(describe::group).collect(), next))
}

/// All browser sessions by their ids, those that ended too; with `user`, those of that person that were not ended, the newest first.
pub(super) async fn browser_sessions(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    if let Some(user) = page.query.text("user") {
        let user = known_user(inbound, UserId::parse(user).ok_or(Why::Absent("user"))?).await?;
        let found = inbound.tenant.browser_sessions_of(&user).await?;
        let items = found.iter().map(describe::browser_session).collect();
        return Ok(page.answer("browser_sessions", items, None));
    }
    let found = inbound.tenant.browser_sessions_after(&page.after, page.limit).await?;
    let next = found.last().map(|session| session.id.as_str().to_owned());
    let items = found.iter().map(describe::browser_session).collect();
    Ok(page.answer("browser_sessions", items, next))
}

/// What was asked of people, in the order of its times.
pub(super) async fn approvals(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let found = inbound.tenant.approvals_after(&page.after, page.limit).await?;
    let next = found.last().map(|approval| approval.id.as_str().to_owned());
    let mut items = Vec::with_capacity(found.len());
    for approval in found {
        let approval = inbound.tenant.as_it_counts(approval).await?;
        items.push(describe::approval(&approval, inbound.at.now));
    }
    Ok(page.answer("approvals", items, next))
}

/// The whole list: it is short, and it is read whole wherever it counts.
pub(super) async fn consent_rules(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let found = inbound.tenant.consent_rules().await?;
    let items = found.iter().map(describe::rule).collect();
    Ok(shown(describe::list("consent_rules", items)))
}

/// Versions of the policies, the newest first.
pub(super) async fn policy_versions(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let before = match page.after.as_str() {
        "" => i64::MAX,
        version => version
            .parse()
            .map_err(|_| Why::Body("after: the value of next from the page before".to_owned()))?,
    };
    let found = inbound.tenant.policy_sets_before(before, page.limit).await?;
    let next = found.last().map(|set| set.version.to_string());
    Ok(page.answer("versions", found.iter().map(policies::applied).collect(), next))
}

/// A list about a person who is not here would look like one about a person with nothing.
async fn known_user(inbound: &Inbound, id: UserId) -> Result<UserId, Stop> {
    let user = inbound.tenant.user(&id).await?;
    Ok(user.map(|user| user.id).ok_or(Why::Absent("user"))?)
}

/// Those of the installation see every tenant; a tenant's own administrator sees the tenant.
pub(super) async fn tenants(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let all = inbound.tenant.store().tenants().await?;
    let mine = |tenant: &&kernel::tenant::Tenant| reaches_installation(inbound) || tenant.id == *inbound.tenant.id();
    let limit = usize::try_from(page.limit).unwrap_or(0);
    let found: Vec<_> = all
        .iter()
        .filter(mine)
        .filter(|tenant| tenant.id.as_str() > page.after.as_str())
        .take(limit)
        .collect();
    let next = found.last().map(|tenant| tenant.id.as_str().to_owned());
    let items = found.into_iter().map(describe::tenant).collect();
    Ok(page.answer("tenants", items, next))
}

pub(super) async fn keys(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let keys = inbound.tenant.signing_keys().await?;
    let items = keys.iter().map(|key| describe::key(key, inbound.at.now)).collect();
    Ok(shown(describe::list("keys", items)))
}

/// Events of all nodes by their time, from the newest back; `next` is where the page ended. A place, `stream:n`, reads that process's stream back instead, in the order of its commits.
pub(super) async fn events(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let page = Page::of(inbound)?;
    let wrong = || Why::Body("after: the value of next from the page before, or of place from an entry".to_owned());
    let number = |text: &str| text.parse::<i64>().map_err(|_| wrong());
    let parts: Vec<&str> = page.after.split(':').collect();
    let db = &inbound.tenant;
    let (found, by_time) = match parts.as_slice() {
        [""] => (db.events_before(None, page.limit).await?, true),
        [stream, n] => (db.stream_before(stream, number(n)?, page.limit).await?, false),
        [at, stream, n] => {
            let place = (Time::from_unix(number(at)?), *stream, number(n)?);
            (db.events_before(Some(place), page.limit).await?, true)
        }
        _ => return Err(wrong().into()),
    };
    let next = found.last().map(|entry| {
        let place = format!("{}:{}", entry.stream, entry.n);
        if by_time {
            format!("{}:{place}", entry.at.unix())
        } else {
            place
        }
    });
    let items = found
        .into_iter()
        .map(|entry| {
            let mut o = Object::new();
            o.insert("id".into(), entry.id.into());
            o.insert("kind".into(), entry.kind.into());
            o.insert("at".into(), entry.at.unix().into());
            o.insert("request_id".into(), entry.request_id.into());
            o.insert("place".into(), format!("{}:{}", entry.stream, entry.n).into());
            if let Some(actor) = entry.actor {
                o.insert("actor".into(), actor.into());
            }
            if let Some(about) = entry.about {
                o.insert("about".into(), about.into());
            }
            o.insert("body".into(), serde_json::from_str(&entry.body).unwrap_or_default());
            o
        })
        .collect();
    Ok(page.answer("events", items, next))
}

/// Whether the caller is an administrator of the installation.
pub(super) fn reaches_installation(inbound: &Inbound) -> bool {
    matches!(&inbound.caller.who, Who::Administrator(administrator) if administrator.reach == Reach::Installation)
}

struct Page {
    query: Form,
    after: String,
    limit: i64,
}

impl Page {
    fn of(inbound: &Inbound) -> Result<Self, Why> {
        let query = Form::parse(inbound.query.as_deref().unwrap_or("").as_bytes(), &[])?;
        let limit = query
            .text("limit")
            .map_or(Ok(ROWS), str::parse)
            .ok()
            .filter(|rows| (1..=ROWS_MAX).contains(rows));
        let after = query.text("after").unwrap_or("").to_owned();
        if !after.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Why::Body("after: the value of next from the page before".to_owned())); // no cursor of ours, and no text for a database
        }
        Ok(Self {
            after,
            limit: limit.ok_or_else(|| Why::Body("limit: 1 to 500".to_owned()))?,
            query,
        })
    }

    fn answer(&self, name: &str, items: Vec<Object>, next: Option<String>) -> Outgoing {
        let full = i64::try_from(items.len()).is_ok_and(|rows| rows == self.limit);
        let mut document = describe::list(name, items);
        if let Some(next) = next.filter(|_| full) {
            document.insert("next".to_owned(), next.into());
        }
        shown(document)
    }
}
