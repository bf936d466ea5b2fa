//! What people leave behind and nobody needs any more: codes, browser sessions, lines of refresh tokens, clients that nobody ever said yes to.

use std::sync::PoisonError;

use kernel::{
    Time,
    approval::{self, Whom},
    authorization_code, browser_session, family, moment,
};

use crate::{
    client::ITSELF,
    engine_only,
    fault::Fault,
    lower::Bound,
    open::Store,
    statement::{
        Statement,
        Type::{Int, Text},
        Value,
    },
};

pub(crate) const STATEMENTS: &[&Statement] = &[
    &CODE_BEFORE,
    &SESSION_EXPIRED,
    &SESSION_ENDED,
    &CLIENT_UNUSED,
    &PUSHED_BEFORE,
    &APPROVAL_BEFORE,
    &APPROVAL_UNCLAIMED,
    &NOTE_BEFORE,
    &HABIT_BEFORE,
    &FAMILY_BEFORE,
    &FAMILY_STRETCH,
    &FAMILY_DEAD,
];

/// How long a browser session that is over is kept, in seconds: so long its owner and administrators see where somebody was signed in.
const SESSION_KEPT_SECONDS: i64 = 7 * 86_400;
/// How long a pushed request is kept after it came, in seconds: longer than it can be opened.
const PUSHED_KEPT_SECONDS: i64 = 600;
/// How long a note that an app knows of a browser session is kept, in seconds: longer than any session, and than its apps are told of its end.
const NOTE_KEPT_SECONDS: i64 = browser_session::LIFETIME_SECONDS + 86_400;
/// Rows that one statement deletes, so that no change waits long behind it.
const ROWS_MAX: i64 = 2_000;
/// Statements of one kind in one sweep for one tenant. What is left is for the next sweep.
const SWEEPS_MAX: usize = 32;
/// Lines that one sweep looks at, for one tenant: it goes through all of them in turns.
const STRETCH_ROWS: i64 = 500;
/// Behind every id: ids are visible ASCII.
const BEHIND_ALL: &str = "\u{7f}";

static CODE_BEFORE: Statement = Statement::read(
    "authorization_code.before",
    &[Text, Text],
    "SELECT id
     FROM authorization_code
     WHERE tenant = $1 AND id < $2
     ORDER BY id
     LIMIT 1",
);

static SESSION_EXPIRED: Statement = Statement::read(
    "browser_session.expired",
    &[Text, Int],
    "SELECT id
     FROM browser_session
     WHERE tenant = $1 AND expires_at < $2
     ORDER BY expires_at
     LIMIT 1",
);

static SESSION_ENDED: Statement = Statement::read(
    "browser_session.ended",
    &[Text, Int],
    "SELECT id
     FROM browser_session
     WHERE tenant = $1 AND ended_at < $2
     ORDER BY ended_at
     LIMIT 1",
);

static CLIENT_UNUSED: Statement = Statement::read(
    "client.over",
    &[Text, Int, Text],
    "SELECT id
     FROM client
     WHERE tenant = $1 AND unused_until < $2 AND registration_kind = $3
     ORDER BY unused_until
     LIMIT 1",
);

static PUSHED_BEFORE: Statement = Statement::read(
    "pushed_request.before",
    &[Text, Text],
    "SELECT id
     FROM pushed_request
     WHERE tenant = $1 AND id < $2
     ORDER BY id
     LIMIT 1",
);

static APPROVAL_BEFORE: Statement = Statement::read(
    "approval.before",
    &[Text, Text],
    "SELECT id
     FROM approval
     WHERE tenant = $1 AND id < $2
     ORDER BY id
     LIMIT 1",
);

static APPROVAL_UNCLAIMED: Statement = Statement::read(
    "approval.unclaimed",
    &[Text, Text, Text, Text],
    "SELECT id
     FROM approval
     WHERE tenant = $1 AND whom_kind = $2 AND whom = $3 AND id < $4
     ORDER BY id
     LIMIT 1",
);

static NOTE_BEFORE: Statement = Statement::read(
    "relying_party.before",
    &[Text, Int],
    "SELECT client
     FROM relying_party
     WHERE tenant = $1 AND told_at < $2
     ORDER BY told_at
     LIMIT 1",
);

static HABIT_BEFORE: Statement = Statement::read(
    "habit.before",
    &[Text, Int],
    "SELECT slot
     FROM habit
     WHERE tenant = $1 AND keep_until < $2
     ORDER BY keep_until
     LIMIT 1",
);

static FAMILY_BEFORE: Statement = Statement::read(
    "family.before",
    &[Text, Text],
    "SELECT id
     FROM refresh_family
     WHERE tenant = $1 AND id < $2
     ORDER BY id
     LIMIT 1",
);

static FAMILY_STRETCH: Statement = Statement::read(
    "family.stretch",
    &[Text, Text, Int],
    "SELECT id
     FROM refresh_family
     WHERE tenant = $1 AND id > $2
     ORDER BY id
     LIMIT 1 OFFSET $3",
);

static FAMILY_DEAD: Statement = Statement::read(
    "family.dead",
    &[Text, Text, Text],
    "SELECT f.id
     FROM refresh_family f
     JOIN grants g ON g.tenant = f.tenant AND g.id = f.grant_id
     LEFT JOIN grants p ON p.tenant = g.tenant AND p.id = g.parent
     WHERE f.tenant = $1 AND f.id > $2 AND f.id <= $3 AND (g.revoked_at IS NOT NULL OR p.revoked_at IS NOT NULL)
     ORDER BY f.id
     LIMIT 1",
);

/// One kind of row that is over: whether there is one, and the statement that deletes some of them.
struct Over {
    any: &'static Statement,
    delete: &'static Statement,
    table: &'static str,
    /// Behind the tenant.
    args: Vec<Value<'static>>,
}

impl Store {
    /// Deletes what people left behind and nobody needs any more, a bounded number of rows at a time.
    pub async fn sweep_people(&self, now: Time) -> Result<(), Fault> {
        for tenant in self.tenants().await? {
            let tenant = tenant.id.as_str();
            for over in over(now) {
                self.sweep_over(tenant, &over).await?;
            }
            self.sweep_dead_families(tenant).await?;
        }
        Ok(())
    }

    async fn sweep_over(&self, tenant: &str, over: &Over) -> Result<(), Fault> {
        let mut args: Vec<Value<'static>> = vec![tenant.to_owned().into()];
        args.extend(over.args.iter().cloned());
        let mut delete = args.clone();
        delete.push(ROWS_MAX.into());
        for _ in 0..SWEEPS_MAX {
            if self.engine().one(over.any, &args, |_| Ok(())).await?.is_none() {
                break;
            }
            self.sweep(Bound::new(over.delete, delete.clone(), over.table, tenant, ""))
                .await?;
        }
        Ok(())
    }

    /// Looks at the next stretch of lines, and deletes those whose authorization is dead. A line does not know when its grant dies, and a grant does not walk down its tree.
    async fn sweep_dead_families(&self, tenant: &str) -> Result<(), Fault> {
        let seen = self.families_seen();
        let after = seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(tenant)
            .cloned()
            .unwrap_or_default();
        let last = STRETCH_ROWS.saturating_sub(1);
        let args = [tenant.into(), after.as_str().into(), last.into()];
        let end = self.engine().one(&FAMILY_STRETCH, &args, |row| row.text(0)).await?;

        let through = end.clone().unwrap_or_else(|| BEHIND_ALL.to_owned());
        let stretch: Vec<Value<'static>> = vec![tenant.to_owned().into(), after.into(), through.into()];
        if self.engine().one(&FAMILY_DEAD, &stretch, |_| Ok(())).await?.is_some() {
            self.sweep(Bound::new(
                &engine_only::SWEEP_FAMILIES_DEAD,
                stretch,
                "refresh_family",
                tenant,
                "",
            ))
            .await?;
        }
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match end {
            Some(end) => drop(seen.insert(tenant.to_owned(), end)),
            None => drop(seen.remove(tenant)), // the last stretch: the next sweep begins anew
        }
        Ok(())
    }
}

/// What is over at this time.
fn over(now: Time) -> [Over; 10] {
    let code_kept = authorization_code::LIFETIME_SECONDS.saturating_add(authorization_code::KEPT_SECONDS);
    let session_floor = now.minus(SESSION_KEPT_SECONDS);
    [
        Over {
            any: &CODE_BEFORE,
            delete: &engine_only::SWEEP_CODES,
            table: "authorization_code",
            args: vec![moment::id_floor(now.minus(code_kept)).into()],
        },
        Over {
            any: &SESSION_EXPIRED,
            delete: &engine_only::SWEEP_SESSIONS_EXPIRED,
            table: "browser_session",
            args: vec![session_floor.into()],
        },
        Over {
            any: &SESSION_ENDED,
            delete: &engine_only::SWEEP_SESSIONS_ENDED,
            table: "browser_session",
            args: vec![session_floor.into()],
        },
        Over {
            any: &CLIENT_UNUSED,
            delete: &engine_only::SWEEP_CLIENTS,
            table: "client",
            args: vec![now.into(), ITSELF.into()],
        },
        Over {
            any: &FAMILY_BEFORE,
            delete: &engine_only::SWEEP_FAMILIES_OLD,
            table: "refresh_family",
            args: vec![moment::id_floor(now.minus(family::LIFETIME_SECONDS_BOUND)).into()],
        },
        Over {
            any: &PUSHED_BEFORE,
            delete: &engine_only::SWEEP_PUSHED,
            table: "pushed_request",
            args: vec![moment::id_floor(now.minus(PUSHED_KEPT_SECONDS)).into()],
        },
        Over {
            any: &APPROVAL_UNCLAIMED,
            delete: &engine_only::SWEEP_APPROVALS_UNCLAIMED,
            table: "approval",
            args: vec![
                Whom::WhoeverHasTheCode.kind().into(),
                Whom::WhoeverHasTheCode.who().into_owned().into(),
                moment::id_floor(now.minus(approval::UNCLAIMED_SECONDS)).into(),
            ],
        },
        Over {
            any: &APPROVAL_BEFORE,
            delete: &engine_only::SWEEP_APPROVALS,
            table: "approval",
            args: vec![moment::id_floor(now.minus(approval::KEPT_SECONDS)).into()],
        },
        Over {
            any: &NOTE_BEFORE,
            delete: &engine_only::SWEEP_NOTES,
            table: "relying_party",
            args: vec![now.minus(NOTE_KEPT_SECONDS).into()],
        },
        Over {
            any: &HABIT_BEFORE,
            delete: &engine_only::SWEEP_HABITS,
            table: "habit",
            args: vec![now.into()],
        },
    ]
}
