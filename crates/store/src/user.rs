//! People and the groups and roles they are in: tables `user_account` ("user" is a reserved word of PostgreSQL) and `user_group`.

use std::collections::BTreeSet;

use kernel::{
    GroupId, UserId,
    user::{Group, GroupKind, Guard, Login, Profile, User, Write},
};
use proof::json;

use crate::{
    fault::Fault,
    lower::Bound,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
        Value,
    },
    tenant_db::TenantDb,
};

pub(crate) const STATEMENTS: &[&Statement] = &[
    &ONE,
    &BY_LOGIN,
    &PAGE,
    &UNCHANGED,
    &CREATE,
    &REPLACE,
    &GROUP_ONE,
    &GROUP_PAGE,
    &GROUP_EXISTS,
    &CREATE_GROUP,
    &DROP_GROUP,
    &LEAVE_GROUP,
];

static ONE: Statement = Statement::read(
    "user.one",
    &[Text, Text],
    "SELECT id, login, profile, memberships, epoch, created_at, disabled_at
     FROM user_account
     WHERE tenant = $1 AND id = $2",
);

static BY_LOGIN: Statement = Statement::read(
    "user.by_login",
    &[Text, Text],
    "SELECT id, login, profile, memberships, epoch, created_at, disabled_at
     FROM user_account
     WHERE tenant = $1 AND login = $2",
);

static PAGE: Statement = Statement::read(
    "user.page",
    &[Text, Text, Int],
    "SELECT id, login, profile, memberships, epoch, created_at, disabled_at
     FROM user_account
     WHERE tenant = $1 AND id > $2
     ORDER BY id
     LIMIT $3",
);

static UNCHANGED: Statement = Statement::expect(
    "user.unchanged",
    &[Text, Text, Int],
    "SELECT 1
     FROM user_account
     WHERE tenant = $1 AND id = $2 AND epoch = $3 AND disabled_at IS NULL",
);

static CREATE: Statement = Statement::write(
    "user.create",
    &[Text, Text, Text, Text, Text, Int, Int, Int],
    "INSERT INTO user_account (tenant, id, login, profile, memberships, epoch, created_at, disabled_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT DO NOTHING",
);

/// A login that another person has by now is no fault: no row is found, and the request looks again.
static REPLACE: Statement = Statement::write(
    "user.replace",
    &[Text, Text, Int, Text, Text, Text, Int, Int],
    "UPDATE user_account
     SET login = $4, profile = $5, memberships = $6, epoch = $7, disabled_at = $8
     WHERE tenant = $1 AND id = $2 AND epoch = $3 AND NOT EXISTS (SELECT 1 FROM user_account other WHERE other.tenant = $1 AND other.login = $4 AND other.id <> $2)",
);

static GROUP_ONE: Statement = Statement::read(
    "group.one",
    &[Text, Text],
    "SELECT id, kind, name, created_at
     FROM user_group
     WHERE tenant = $1 AND id = $2",
);

static GROUP_PAGE: Statement = Statement::read(
    "group.page",
    &[Text, Text, Int],
    "SELECT id, kind, name, created_at
     FROM user_group
     WHERE tenant = $1 AND id > $2
     ORDER BY id
     LIMIT $3",
);

static GROUP_EXISTS: Statement = Statement::expect(
    "group.exists",
    &[Text, Text],
    "SELECT 1
     FROM user_group
     WHERE tenant = $1 AND id = $2",
);

static CREATE_GROUP: Statement = Statement::write(
    "group.create",
    &[Text, Text, Text, Text, Int],
    "INSERT INTO user_group (tenant, id, kind, name, created_at)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING",
);

static DROP_GROUP: Statement = Statement::write(
    "group.drop",
    &[Text, Text],
    "DELETE FROM user_group
     WHERE tenant = $1 AND id = $2",
);

/// Reads every row of the tenant: groups end seldom. `$2` is a blank and `$3` the id between two: around the list they make its ends like its middle.
static LEAVE_GROUP: Statement = Statement::write(
    "user.leave_group",
    &[Text, Text, Text],
    "UPDATE user_account
     SET memberships = TRIM(REPLACE($2 || memberships || $2, $3, $2)), epoch = epoch + 1
     WHERE tenant = $1 AND LENGTH(REPLACE($2 || memberships || $2, $3, $2)) < LENGTH($2 || memberships || $2)",
);

impl TenantDb {
    /// A person by their id.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }

    /// A person by what they sign in by.
    pub async fn user_by_login(&self, login: &Login) -> Result<Option<User>, Fault> {
        self.one(&BY_LOGIN, &[login.as_str().into()], read).await
    }

    /// People in the order of their ids, after one of them.
    pub async fn users_after(&self, after: &str, rows_max: i64) -> Result<Vec<User>, Fault> {
        self.all(&PAGE, &[after.into(), rows_max.into()], read).await
    }

    /// A group or role by its id.
    pub async fn group(&self, id: &GroupId) -> Result<Option<Group>, Fault> {
        self.one(&GROUP_ONE, &[id.as_str().into()], read_group).await
    }

    /// Groups and roles in the order of their ids, after one of them.
    pub async fn groups_after(&self, after: &str, rows_max: i64) -> Result<Vec<Group>, Fault> {
        self.all(&GROUP_PAGE, &[after.into(), rows_max.into()], read_group)
            .await
    }
}

fn read(row: &Row<'_>) -> Result<User, Fault> {
    let profile = json::parse_object(row.text(2)?.as_bytes()).map_err(|_| Fault::Row("user_account.profile"))?;
    let memberships: Option<BTreeSet<GroupId>> = row
        .text(3)?
        .split(' ')
        .filter(|id| !id.is_empty())
        .map(GroupId::parse)
        .collect();
    Ok(User {
        id: UserId::parse(&row.text(0)?).ok_or(Fault::Row("user_account.id"))?,
        login: Login::parse(&row.text(1)?).ok_or(Fault::Row("user_account.login"))?,
        profile: Profile::from_row(profile).map_err(|_| Fault::Row("user_account.profile"))?,
        memberships: memberships.ok_or(Fault::Row("user_account.memberships"))?,
        epoch: row.int(4)?,
        created: row.time(5)?,
        disabled: row.time_if_any(6)?,
    })
}

fn read_group(row: &Row<'_>) -> Result<Group, Fault> {
    Ok(Group {
        id: GroupId::parse(&row.text(0)?).ok_or(Fault::Row("user_group.id"))?,
        kind: GroupKind::from_name(&row.text(1)?).ok_or(Fault::Row("user_group.kind"))?,
        name: row.text(2)?,
        created: row.time(3)?,
    })
}

/// The rows of a guard. A new person's place in the common order is the login: two changes collide there, not in the id.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    let key = |id: &str| vec![tenant.to_owned().into(), id.to_owned().into()];
    match guard {
        Guard::Create(user) => {
            let args = vec![
                tenant.to_owned().into(),
                user.id.as_str().to_owned().into(),
                user.login.as_str().to_owned().into(),
                profile(user),
                memberships(user),
                user.epoch.into(),
                user.created.into(),
                user.disabled.into(),
            ];
            Bound::new(&CREATE, args, "user_account", tenant, user.login.as_str())
        }
        Guard::Replace { user, epoch } => {
            let args = vec![
                tenant.to_owned().into(),
                user.id.as_str().to_owned().into(),
                (*epoch).into(),
                user.login.as_str().to_owned().into(),
                profile(user),
                memberships(user),
                user.epoch.into(),
                user.disabled.into(),
            ];
            Bound::new(&REPLACE, args, "user_account", tenant, user.id.as_str())
        }
        Guard::Unchanged { id, epoch } => {
            let mut args = key(id.as_str());
            args.push((*epoch).into());
            Bound::new(&UNCHANGED, args, "user_account", tenant, id.as_str())
        }
        Guard::CreateGroup(group) => {
            let mut args = key(group.id.as_str());
            args.extend([
                group.kind.name().into(),
                group.name.clone().into(),
                group.created.into(),
            ]);
            Bound::new(&CREATE_GROUP, args, "user_group", tenant, group.id.as_str())
        }
        Guard::GroupExists(id) => Bound::new(&GROUP_EXISTS, key(id.as_str()), "user_group", tenant, id.as_str()),
    }
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let args = |id: &GroupId| vec![tenant.to_owned().into(), id.as_str().to_owned().into()];
    match write {
        Write::DropGroup(id) => Bound::new(&DROP_GROUP, args(id), "user_group", tenant, id.as_str()),
        Write::LeaveGroup(id) => {
            let args = vec![tenant.to_owned().into(), " ".into(), format!(" {id} ").into()];
            Bound::new(&LEAVE_GROUP, args, "user_account", tenant, "")
        }
    }
}

fn profile(user: &User) -> Value<'static> {
    serde_json::Value::Object(user.profile.claims().clone())
        .to_string()
        .into()
}

fn memberships(user: &User) -> Value<'static> {
    let ids: Vec<&str> = user.memberships.iter().map(kernel::Id::as_str).collect();
    ids.join(" ").into()
}
