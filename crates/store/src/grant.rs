//! Grants: table `grants`.

use std::collections::BTreeSet;

use kernel::{
    AdministratorId, ApprovalId, Ask, Audience, Authority, ClientId, Details, GrantId, HostId, Scopes, SessionId, Time,
    UserId,
    authority::DEPTH_MAX,
    grant::{Grant, Guard, Holder, Narrowed, Owner, Signs, Source, Status, Subject, Terms, Write},
    policy::Denial,
    power::Powers,
};

use crate::{
    engine_only,
    fault::Fault,
    lower::Bound,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
        Value,
    },
    tenant_db::TenantDb,
    touch::Thing,
};

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &PAGE, &LIVE, &CREATE, &NARROW, &ENSURE_REVOKED];

static ONE: Statement = Statement::read(
    "grant.one",
    &[Text, Text],
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.id = $2",
);

static PAGE: Statement = Statement::read(
    "grant.page",
    &[Text, Text, Int],
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.id > $2
     ORDER BY g.id
     LIMIT $3",
);

static LIVE: Statement = Statement::expect(
    "grant.live",
    &[Text, Text, Int],
    "SELECT 1
     FROM grants
     WHERE tenant = $1 AND id = $2 AND epoch = $3 AND revoked_at IS NULL",
);

static CREATE: Statement = Statement::write(
    "grant.create",
    &[
        Text, Text, Text, Text, Text, Text, Text, Int, Int, Text, Text, Text, Int, Int, Text, Text, Int, Text, Int, Int, Int,
    ],
    "INSERT INTO grants (tenant, id, holder_kind, holder, subject, scope, audiences, depth, expires_at, parent, source_kind, source, epoch, created_at, details, powers, idle_seconds, owner, denied_at, falls_at_risk, gives_once)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
     ON CONFLICT DO NOTHING",
);

static NARROW: Statement = Statement::write(
    "grant.narrow",
    &[Text, Text, Int, Text, Text, Int, Int, Text, Text, Int, Int, Text, Int],
    "UPDATE grants
     SET scope = $4, audiences = $5, depth = $6, expires_at = $7, details = $8, powers = $9, epoch = $10, idle_seconds = $11, owner = $12, falls_at_risk = $13
     WHERE tenant = $1 AND id = $2 AND epoch = $3 AND revoked_at IS NULL",
);

static ENSURE_REVOKED: Statement = Statement::write(
    "grant.ensure_revoked",
    &[Text, Text, Int],
    "UPDATE grants
     SET revoked_at = $3
     WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL",
);

/// What a person or the organisation gave for a person, and who lives by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonsGrant {
    /// A root that lives.
    pub grant: Grant,
    /// When a token last came of it, if one did; at most a minute late when that was at another node.
    pub used: Option<Time>,
    /// The installations that hold a line of refresh tokens by it: child grants that were not revoked, have not ended and have a line.
    pub lines: i64,
}

impl TenantDb {
    /// A grant by its id.
    pub async fn grant(&self, id: &GrantId) -> Result<Option<Grant>, Fault> {
        let found = self.one(&ONE, &[id.as_str().into()], read).await?;
        Ok(found.map(|grant| self.with_note(grant)))
    }

    /// A grant and its ancestors up to the root; empty when the grant is not there, and without its root when an ancestor is missing.
    pub async fn grant_path(&self, id: &GrantId) -> Result<Vec<Grant>, Fault> {
        let first = self.grant(id).await?;
        self.path_of(first).await
    }

    /// The grants that a client holds for itself and that live, oldest first, each with its path; at most 64. Dead ones take no place: not those that ended, and not those below a dead parent.
    pub async fn own_grants(&self, client: &ClientId, now: Time) -> Result<Vec<Vec<Grant>>, Fault> {
        let mut paths = Vec::new();
        let mut after = String::new();
        loop {
            let args = [
                "client".into(),
                client.as_str().into(),
                after.as_str().into(),
                now.into(),
            ];
            let held = self.all(&engine_only::GRANTS_HELD, &args, read).await?;
            let last_page = held.len() < engine_only::GRANTS_HELD_MAX;
            for grant in held {
                grant.id.as_str().clone_into(&mut after);
                let path = self.path_of(Some(grant)).await?;
                if kernel::grant::lives(&path, now) {
                    paths.push(path);
                }
            }
            if last_page || paths.len() >= engine_only::GRANTS_HELD_MAX {
                paths.truncate(engine_only::GRANTS_HELD_MAX);
                return Ok(paths);
            }
        }
    }

    /// What clients are denied, all of it: it is short, and what was left out would be allowed.
    pub async fn denials(&self) -> Result<Vec<Denial>, Fault> {
        let denied = self.all(&engine_only::GRANTS_DENIED, &[], read).await?;
        Ok(denied.iter().filter_map(Denial::of).collect())
    }

    /// Grants in the order of their ids, after one of them.
    pub async fn grants_after(&self, after: &str, rows_max: i64) -> Result<Vec<Grant>, Fault> {
        let page = self.all(&PAGE, &[after.into(), rows_max.into()], read).await?;
        Ok(page.into_iter().map(|grant| self.with_note(grant)).collect())
    }

    /// The living roots of a person, newest first, at most 500.
    pub async fn grants_of_user(&self, user: &UserId, now: Time) -> Result<Vec<PersonsGrant>, Fault> {
        self.all(
            &engine_only::GRANTS_OF_PERSON,
            &[user.as_str().into(), now.into()],
            |row| {
                let grant = self.with_note(read(row)?);
                // A person who looks right after a token was issued must not read "never".
                let noted = self.store().touches().noted(Thing::Grant, self.id(), grant.id.as_str());
                Ok(PersonsGrant {
                    used: row.time_if_any(23)?.max(noted),
                    lines: row.int(24)?,
                    grant,
                })
            },
        )
        .await
    }

    /// The living roots of a person that a client holds, newest first, each as a path of one; at most 64.
    pub async fn grants_to_client(
        &self,
        user: &UserId,
        client: &ClientId,
        now: Time,
    ) -> Result<Vec<Vec<Grant>>, Fault> {
        let args = [
            user.as_str().into(),
            "client".into(),
            client.as_str().into(),
            now.into(),
        ];
        let held = self.all(&engine_only::GRANTS_TO_CLIENT, &args, read).await?;
        Ok(held.into_iter().map(|grant| vec![self.with_note(grant)]).collect())
    }

    /// Every living root of a person, in the order of their ids.
    pub(crate) async fn roots_of_user(&self, user: &UserId, now: Time) -> Result<Vec<Grant>, Fault> {
        let mut roots: Vec<Grant> = Vec::new();
        loop {
            let after = roots.last().map_or("", |grant| grant.id.as_str()).to_owned();
            let args = [user.as_str().into(), after.into(), now.into()];
            let page = self.all(&engine_only::GRANTS_ROOT, &args, read).await?;
            let last_page = page.len() < engine_only::GRANTS_ROOT_MAX;
            roots.extend(page);
            if last_page {
                return Ok(roots);
            }
        }
    }

    /// Grants that act for a person in the order of their ids, after one of them: all of them, whether they live or not.
    pub async fn grants_of_user_after(&self, user: &UserId, after: &str, rows_max: i64) -> Result<Vec<Grant>, Fault> {
        let args = [user.as_str().into(), after.into(), rows_max.into()];
        let page = self.all(&engine_only::GRANTS_OF_USER, &args, read).await?;
        Ok(page.into_iter().map(|grant| self.with_note(grant)).collect())
    }

    /// A grant whose terms tell of use, with what this node has not written yet.
    fn with_note(&self, mut grant: Grant) -> Grant {
        if grant.terms.idle_seconds.is_some() {
            let noted = self.store().touches().noted(Thing::Grant, self.id(), grant.id.as_str());
            grant.signs.used = grant.signs.used.max(noted);
        }
        grant
    }

    async fn path_of(&self, first: Option<Grant>) -> Result<Vec<Grant>, Fault> {
        let mut path: Vec<Grant> = first.into_iter().map(|grant| self.with_note(grant)).collect();
        while let Some(parent) = path.last().and_then(|grant| grant.parent.clone()) {
            if path.len() > usize::from(DEPTH_MAX) {
                return Err(Fault::Row("grants.parent"));
            }
            let Some(parent) = self.grant(&parent).await? else {
                break;
            };
            path.push(parent);
        }
        Ok(path)
    }
}

fn read(row: &Row<'_>) -> Result<Grant, Fault> {
    let holder = row.text(2)?;
    let holder = match row.text(1)?.as_str() {
        "client" => ClientId::parse(&holder).map(Holder::Client),
        "host" => HostId::parse(&holder).map(Holder::Host),
        "session" => SessionId::parse(&holder).map(Holder::Session),
        _ => None,
    };
    let subject = row
        .text_if_any(3)?
        .map_or(Some(Subject::Nobody), |user| UserId::parse(&user).map(Subject::User));
    let audiences: Option<BTreeSet<Audience>> = row
        .text(5)?
        .split(' ')
        .filter(|text| !text.is_empty())
        .map(Audience::from_row)
        .collect();
    let ask = Ask {
        scopes: Scopes::parse(&row.text(4)?).map_err(|_| Fault::Row("grants.scope"))?,
        details: Details::from_row(&row.text(14)?).ok_or(Fault::Row("grants.details"))?,
        powers: Powers::from_row(&row.text(15)?).ok_or(Fault::Row("grants.powers"))?,
        audiences: audiences.ok_or(Fault::Row("grants.audiences"))?,
        expires: row.time_if_any(7)?,
        depth: u8::try_from(row.int(6)?).map_err(|_| Fault::Row("grants.depth"))?,
    };
    let parent = row
        .text_if_any(8)?
        .map(|id| GrantId::parse(&id).ok_or(Fault::Row("grants.parent")))
        .transpose()?;
    let said = row.text(10)?;
    let source = match row.text(9)?.as_str() {
        "administrator" => AdministratorId::parse(&said).map(Source::Administrator),
        "person" => Some(Source::Person { basis: said }),
        "approval" => ApprovalId::parse(&said).map(Source::Approval),
        "organisation" => Some(Source::Organisation { basis: said }),
        "redeemed" => Some(Source::Redeemed),
        _ => None,
    };
    let idle_seconds = row.int_if_any(16)?;
    let used = row.time_if_any(17)?.filter(|_| idle_seconds.is_some()); // no sign of a grant without such terms
    Ok(Grant {
        id: GrantId::parse(&row.text(0)?).ok_or(Fault::Row("grants.id"))?,
        holder: holder.ok_or(Fault::Row("grants.holder"))?,
        subject: subject.ok_or(Fault::Row("grants.subject"))?,
        authority: Authority::root(ask),
        parent,
        source: source.ok_or(Fault::Row("grants.source"))?,
        status: match (row.time_if_any(11)?, row.time_if_any(20)?) {
            (Some(at), _) => Status::Revoked { at },
            (None, Some(_)) => Status::Denied,
            (None, None) => Status::Active,
        },
        epoch: row.int(12)?,
        created: row.time(13)?,
        terms: Terms {
            idle_seconds,
            owner: row
                .text_if_any(18)?
                .map(|id| UserId::parse(&id).ok_or(Fault::Row("grants.owner")))
                .transpose()?,
            risk: row.int_if_any(21)?.is_some(),
            once: row.int_if_any(22)?.is_some(),
        },
        signs: Signs {
            used,
            owner: match (row.text_if_any(18)?, row.text_if_any(19)?) {
                (Some(_), None) => Owner::Gone,
                (_, _) => Owner::Here,
            },
        },
    })
}

/// The rows of a guard.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::Live { id, epoch } => Bound::new(
            &LIVE,
            vec![tenant.to_owned().into(), id.as_str().to_owned().into(), (*epoch).into()],
            "grants",
            tenant,
            id.as_str(),
        ),
        Guard::Create(grant) => {
            let (kind, holder) = match &grant.holder {
                Holder::Client(id) => ("client", id.as_str()),
                Holder::Host(id) => ("host", id.as_str()),
                Holder::Session(id) => ("session", id.as_str()),
            };
            let subject = match &grant.subject {
                Subject::Nobody => None,
                Subject::User(user) => Some(user.as_str().to_owned()),
            };
            let (source_kind, source) = match &grant.source {
                Source::Administrator(giver) => ("administrator", giver.as_str()),
                Source::Person { basis } => ("person", basis.as_str()),
                Source::Approval(id) => ("approval", id.as_str()),
                Source::Organisation { basis } => ("organisation", basis.as_str()),
                Source::Redeemed => ("redeemed", ""),
            };
            let audiences: Vec<&str> = grant.authority.audiences().iter().map(Audience::as_row).collect();
            let args = vec![
                tenant.to_owned().into(),
                grant.id.as_str().to_owned().into(),
                kind.into(),
                holder.to_owned().into(),
                subject.into(),
                grant.authority.scopes().joined().into(),
                audiences.join(" ").into(),
                i64::from(grant.authority.depth()).into(),
                grant.authority.expires().into(),
                grant.parent.as_ref().map(|id| id.as_str().to_owned()).into(),
                source_kind.into(),
                source.to_owned().into(),
                grant.epoch.into(),
                grant.created.into(),
                grant.authority.details().row().into(),
                grant.authority.powers().row().into(),
                grant.terms.idle_seconds.map_or(Value::NoInt, Value::Int),
                grant.terms.owner.as_ref().map(|id| id.as_str().to_owned()).into(),
                (grant.status == Status::Denied).then_some(grant.created).into(),
                if_so(grant.terms.risk),
                if_so(grant.terms.once),
            ];
            Bound::new(&CREATE, args, "grants", tenant, grant.id.as_str())
        }
        Guard::Narrow(narrowed) => {
            let Narrowed {
                id,
                from_epoch,
                authority,
                terms,
            } = narrowed.as_ref();
            let audiences: Vec<&str> = authority.audiences().iter().map(Audience::as_row).collect();
            let args = vec![
                tenant.to_owned().into(),
                id.as_str().to_owned().into(),
                (*from_epoch).into(),
                authority.scopes().joined().into(),
                audiences.join(" ").into(),
                i64::from(authority.depth()).into(),
                authority.expires().into(),
                authority.details().row().into(),
                authority.powers().row().into(),
                from_epoch.saturating_add(1).into(),
                terms.idle_seconds.map_or(Value::NoInt, Value::Int),
                terms.owner.as_ref().map(|id| id.as_str().to_owned()).into(),
                if_so(terms.risk),
            ];
            Bound::new(&NARROW, args, "grants", tenant, id.as_str())
        }
    }
}

/// One for yes, nothing for no.
const fn if_so(so: bool) -> Value<'static> {
    if so { Value::Int(1) } else { Value::NoInt }
}

/// The rows of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let Write::EnsureRevoked { id, at } = write;
    Bound::new(
        &ENSURE_REVOKED,
        vec![tenant.to_owned().into(), id.as_str().to_owned().into(), (*at).into()],
        "grants",
        tenant,
        id.as_str(),
    )
}
