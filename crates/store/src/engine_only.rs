//! Statements that differ between the engines, each with its reason.

use crate::{
    lower::Bound,
    mark::Slot,
    statement::{
        Statement,
        Type::{Int, Text},
    },
};

pub(crate) const STATEMENTS: &[&Statement] = &[
    &EMPTY_A,
    &EMPTY_B,
    &SWEEP_TOKENS,
    &SWEEP_BUDGETS,
    &SWEEP_BUDGET_AMOUNTS,
    &SWEEP_CODES,
    &SWEEP_SESSIONS_EXPIRED,
    &SWEEP_SESSIONS_ENDED,
    &SWEEP_CLIENTS,
    &SWEEP_FAMILIES_OLD,
    &SWEEP_FAMILIES_DEAD,
    &SWEEP_PUSHED,
    &SWEEP_APPROVALS,
    &SWEEP_APPROVALS_UNCLAIMED,
    &SWEEP_NOTES,
    &SWEEP_HABITS,
    &GRANTS_HELD,
    &GRANTS_TO_CLIENT,
    &GRANTS_ROOT,
    &GRANTS_OF_USER,
    &GRANTS_OF_PERSON,
    &GRANTS_DENIED,
    &SESSIONS_OF_USER,
    &END_OTHER_SESSIONS,
    &PASSKEYS_OF_USER,
    &CLIENTS_UNUSED,
];

// A DELETE without WHERE is SQLite's truncate: it drops the pages. On PostgreSQL the same DELETE would leave millions of dead rows, and TRUNCATE does not exist on SQLite.
static EMPTY_A: Statement = Statement::write("mark.empty_a", &[], "DELETE FROM mark_a").on_postgres("TRUNCATE mark_a");
static EMPTY_B: Statement = Statement::write("mark.empty_b", &[], "DELETE FROM mark_b").on_postgres("TRUNCATE mark_b");

// Every node sweeps. On PostgreSQL two of them would delete the same rows in different orders and wait for each other in a circle: each takes the rows that nobody else has.
static SWEEP_TOKENS: Statement = Statement::write(
    "token.sweep",
    &[Text, Text, Int],
    "DELETE FROM token
     WHERE tenant = $1 AND id IN (SELECT id FROM token WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3)",
)
.on_postgres(
    "DELETE FROM token
     WHERE tenant = $1 AND id = ANY(ARRAY(SELECT id FROM token WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))",
);

// What was used of tokens, before their records go: a row is called by its token, then by what of it. $4 and $5 are what stands behind that name at least, and at most.
static SWEEP_BUDGETS: Statement = Statement::write(
    "budget.sweep",
    &[Text, Text, Int, Text, Text],
    "DELETE FROM budget
     WHERE tenant = $1 AND id IN (
         SELECT b.id
         FROM (SELECT id FROM token WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3) t
         JOIN budget b ON b.tenant = $1 AND b.id > t.id || $4 AND b.id < t.id || $5)",
);

static SWEEP_BUDGET_AMOUNTS: Statement = Statement::write(
    "budget_amount.sweep",
    &[Text, Text, Int, Text, Text],
    "DELETE FROM budget_amount
     WHERE tenant = $1 AND id IN (
         SELECT b.id
         FROM (SELECT id FROM token WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3) t
         JOIN budget_amount b ON b.tenant = $1 AND b.id > t.id || $4 AND b.id < t.id || $5)",
);

// The same for what people leave behind.
pub(crate) static SWEEP_CODES: Statement = Statement::write(
    "authorization_code.sweep",
    &[Text, Text, Int],
    "DELETE FROM authorization_code
     WHERE tenant = $1 AND id IN (SELECT id FROM authorization_code WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3)",
)
.on_postgres(
    "DELETE FROM authorization_code
     WHERE tenant = $1 AND id = ANY(ARRAY(SELECT id FROM authorization_code WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))",
);

pub(crate) static SWEEP_PUSHED: Statement = Statement::write(
    "pushed_request.sweep",
    &[Text, Text, Int],
    "DELETE FROM pushed_request
     WHERE tenant = $1 AND id IN (SELECT id FROM pushed_request WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3)",
)
.on_postgres(
    "DELETE FROM pushed_request
     WHERE tenant = $1 AND id = ANY(ARRAY(SELECT id FROM pushed_request WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))",
);

pub(crate) static SWEEP_APPROVALS: Statement = Statement::write(
    "approval.sweep",
    &[Text, Text, Int],
    "DELETE FROM approval
     WHERE tenant = $1 AND id IN (SELECT id FROM approval WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3)",
)
.on_postgres(
    "DELETE FROM approval
     WHERE tenant = $1 AND id = ANY(ARRAY(SELECT id FROM approval WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))",
);

pub(crate) static SWEEP_APPROVALS_UNCLAIMED: Statement = Statement::write(
    "approval.sweep_unclaimed",
    &[Text, Text, Text, Text, Int],
    "DELETE FROM approval
     WHERE tenant = $1 AND id IN (SELECT id FROM approval WHERE tenant = $1 AND whom_kind = $2 AND whom = $3 AND id < $4 ORDER BY id LIMIT $5)",
)
.on_postgres(
    "DELETE FROM approval
     WHERE tenant = $1 AND id = ANY(ARRAY(SELECT id FROM approval WHERE tenant = $1 AND whom_kind = $2 AND whom = $3 AND id < $4 ORDER BY id LIMIT $5 FOR UPDATE SKIP LOCKED))",
);

pub(crate) static SWEEP_HABITS: Statement = Statement::write(
    "habit.sweep",
    &[Text, Int, Int],
    "DELETE FROM habit
     WHERE tenant = $1 AND (principal, person, what, slot) IN (SELECT principal, person, what, slot FROM habit WHERE tenant = $1 AND keep_until < $2 ORDER BY keep_until LIMIT $3)",
)
.on_postgres(
    "DELETE FROM habit
     WHERE tenant = $1 AND (principal, person, what, slot) IN (SELECT principal, person, what, slot FROM habit WHERE tenant = $1 AND keep_until < $2 ORDER BY keep_until LIMIT $3 FOR UPDATE SKIP LOCKED)",
);

pub(crate) static SWEEP_NOTES: Statement = Statement::write(
    "relying_party.sweep",
    &[Text, Int, Int],
    "DELETE FROM relying_party
     WHERE tenant = $1 AND (browser_session, client) IN (SELECT browser_session, client FROM relying_party WHERE tenant = $1 AND told_at < $2 ORDER BY told_at LIMIT $3)",
)
.on_postgres(
    "DELETE FROM relying_party
     WHERE tenant = $1 AND (browser_session, client) IN (SELECT browser_session, client FROM relying_party WHERE tenant = $1 AND told_at < $2 ORDER BY told_at LIMIT $3 FOR UPDATE SKIP LOCKED)",
);

pub(crate) static SWEEP_SESSIONS_EXPIRED: Statement = Statement::write(
    "browser_session.sweep_expired",
    &[Text, Int, Int],
    "DELETE FROM browser_session
     WHERE tenant = $1 AND id IN (SELECT id FROM browser_session WHERE tenant = $1 AND expires_at < $2 ORDER BY expires_at LIMIT $3)",
)
.on_postgres(
    "DELETE FROM browser_session
     WHERE tenant = $1 AND id = ANY(ARRAY(SELECT id FROM browser_session WHERE tenant = $1 AND expires_at < $2 ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED))",
);

pub(crate) static SWEEP_SESSIONS_ENDED: Statement = Statement::write(
    "browser_session.sweep_ended",
    &[Text, Int, Int],
    "DELETE FROM browser_session
     WHERE tenant = $1 AND id IN (SELECT id FROM browser_session WHERE tenant = $1 AND ended_at < $2 ORDER BY ended_at LIMIT $3)",
)
.on_postgres(
    "DELETE FROM browser_session
     WHERE tenant = $1 AND id = ANY(ARRAY(SELECT id FROM browser_session WHERE tenant = $1 AND ended_at < $2 ORDER BY ended_at LIMIT $3 FOR UPDATE SKIP LOCKED))",
);

/// The condition stands outside too: a client that somebody said yes to in the meantime stays.
pub(crate) static SWEEP_CLIENTS: Statement = Statement::write(
    "client.sweep",
    &[Text, Int, Text, Int],
    "DELETE FROM client
     WHERE tenant = $1 AND unused_until < $2 AND registration_kind = $3 AND id IN (SELECT id FROM client WHERE tenant = $1 AND unused_until < $2 AND registration_kind = $3 ORDER BY unused_until LIMIT $4)",
)
.on_postgres(
    "DELETE FROM client
     WHERE tenant = $1 AND unused_until < $2 AND registration_kind = $3 AND id = ANY(ARRAY(SELECT id FROM client WHERE tenant = $1 AND unused_until < $2 AND registration_kind = $3 ORDER BY unused_until LIMIT $4 FOR UPDATE SKIP LOCKED))",
);

pub(crate) static SWEEP_FAMILIES_OLD: Statement = Statement::write(
    "family.sweep_old",
    &[Text, Text, Int],
    "DELETE FROM refresh_family
     WHERE tenant = $1 AND id IN (SELECT id FROM refresh_family WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3)",
)
.on_postgres(
    "DELETE FROM refresh_family
     WHERE tenant = $1 AND id = ANY(ARRAY(SELECT id FROM refresh_family WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))",
);

/// Lines of a stretch of ids whose authorization was revoked, or what it was narrowed from.
pub(crate) static SWEEP_FAMILIES_DEAD: Statement = Statement::write(
    "family.sweep_dead",
    &[Text, Text, Text],
    "DELETE FROM refresh_family
     WHERE tenant = $1 AND id IN (SELECT f.id FROM refresh_family f JOIN grants g ON g.tenant = f.tenant AND g.id = f.grant_id LEFT JOIN grants p ON p.tenant = g.tenant AND p.id = g.parent WHERE f.tenant = $1 AND f.id > $2 AND f.id <= $3 AND (g.revoked_at IS NOT NULL OR p.revoked_at IS NOT NULL) ORDER BY f.id)",
)
.on_postgres(
    "DELETE FROM refresh_family
     WHERE tenant = $1 AND id IN (SELECT f.id FROM refresh_family f JOIN grants g ON g.tenant = f.tenant AND g.id = f.grant_id LEFT JOIN grants p ON p.tenant = g.tenant AND p.id = g.parent WHERE f.tenant = $1 AND f.id > $2 AND f.id <= $3 AND (g.revoked_at IS NOT NULL OR p.revoked_at IS NOT NULL) ORDER BY f.id FOR UPDATE OF f SKIP LOCKED)",
);

/// Deletes the oldest records of tokens before `floor` (an id), at most `rows_max` of them.
pub(crate) fn lower_token_sweep(tenant: &str, floor: &str, rows_max: i64) -> [Bound; 3] {
    let budgets = |statement: &'static Statement, table: &'static str| {
        let args = vec![
            tenant.to_owned().into(),
            floor.to_owned().into(),
            rows_max.into(),
            " ".to_owned().into(),
            "!".to_owned().into(),
        ];
        Bound::new(statement, args, table, tenant, "")
    };
    let of_budgets = budgets(&SWEEP_BUDGETS, "budget");
    let of_amounts = budgets(&SWEEP_BUDGET_AMOUNTS, "budget_amount");
    let tokens = Bound::new(
        &SWEEP_TOKENS,
        vec![tenant.to_owned().into(), floor.to_owned().into(), rows_max.into()],
        "token",
        tenant,
        "",
    );
    [of_budgets, of_amounts, tokens]
}

/// Empties a table of marks.
pub(crate) fn lower_empty(slot: Slot) -> Bound {
    match slot {
        Slot::A => Bound::new(&EMPTY_A, Vec::new(), "mark_a", "", ""),
        Slot::B => Bound::new(&EMPTY_B, Vec::new(), "mark_b", "", ""),
    }
}

/// What a holder has for itself, for more than one time, and has not ended, oldest first, in pages of 64 after an id.
// SQLite believes, without statistics, that a tenant has ten rows, and would read all of its grants by the primary key for each token. PostgreSQL keeps statistics.
pub(crate) static GRANTS_HELD: Statement = Statement::read(
    "grant.held",
    &[Text, Text, Text, Text, Int],
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g INDEXED BY grants_holder
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.holder_kind = $2 AND g.holder = $3 AND g.id > $4 AND g.subject IS NULL AND g.gives_once IS NULL AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > $5)
     ORDER BY g.id
     LIMIT 64",
)
.on_postgres(
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.holder_kind = $2 AND g.holder = $3 AND g.id > $4 AND g.subject IS NULL AND g.gives_once IS NULL AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > $5)
     ORDER BY g.id
     LIMIT 64",
);

/// Rows of a page of [`GRANTS_HELD`], and living grants of one holder that are looked at.
pub(crate) const GRANTS_HELD_MAX: usize = 64;

// From here on the same reason: what belongs to one person is read by its index, not among everything that the tenant has.

/// The living roots of a person that a holder has, newest first.
pub(crate) static GRANTS_TO_CLIENT: Statement = Statement::read(
    "grant.to_client",
    &[Text, Text, Text, Text, Int],
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g INDEXED BY grants_root_holder
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.subject = $2 AND g.holder_kind = $3 AND g.holder = $4 AND g.parent IS NULL AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > $5)
     ORDER BY g.id DESC
     LIMIT 64",
)
.on_postgres(
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.subject = $2 AND g.holder_kind = $3 AND g.holder = $4 AND g.parent IS NULL AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > $5)
     ORDER BY g.id DESC
     LIMIT 64",
);

/// The living roots of a person in the order of their ids, in pages of [`GRANTS_ROOT_MAX`] after an id.
pub(crate) static GRANTS_ROOT: Statement = Statement::read(
    "grant.roots",
    &[Text, Text, Text, Int],
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g INDEXED BY grants_root
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.subject = $2 AND g.id > $3 AND g.parent IS NULL AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > $4)
     ORDER BY g.id
     LIMIT 500",
)
.on_postgres(
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.subject = $2 AND g.id > $3 AND g.parent IS NULL AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > $4)
     ORDER BY g.id
     LIMIT 500",
);

/// Rows of a page of [`GRANTS_ROOT`].
pub(crate) const GRANTS_ROOT_MAX: usize = 500;

/// Everything that acts for a person, in the order of the ids.
pub(crate) static GRANTS_OF_USER: Statement = Statement::read(
    "grant.of_user",
    &[Text, Text, Text, Int],
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g INDEXED BY grants_subject
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.subject = $2 AND g.id > $3
     ORDER BY g.id
     LIMIT $4",
)
.on_postgres(
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.subject = $2 AND g.id > $3
     ORDER BY g.id
     LIMIT $4",
);

/// The living roots of a person, newest first, with when they were used and how many installations hold a line below them.
pub(crate) static GRANTS_OF_PERSON: Statement = Statement::read(
    "grant.persons",
    &[Text, Text, Int],
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, u.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once, u.used_at, (SELECT CAST(COUNT(*) AS BIGINT) FROM grants c INDEXED BY grants_parent WHERE c.tenant = $1 AND c.parent = g.id AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > $3) AND EXISTS (SELECT 1 FROM refresh_family f WHERE f.tenant = $1 AND f.grant_id = c.id))
     FROM grants g INDEXED BY grants_root
     LEFT JOIN grant_use u ON u.tenant = g.tenant AND u.id = g.id
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.subject = $2 AND g.parent IS NULL AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > $3)
     ORDER BY g.id DESC
     LIMIT 500",
)
.on_postgres(
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, u.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once, u.used_at, (SELECT CAST(COUNT(*) AS BIGINT) FROM grants c WHERE c.tenant = $1 AND c.parent = g.id AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > $3) AND EXISTS (SELECT 1 FROM refresh_family f WHERE f.tenant = $1 AND f.grant_id = c.id))
     FROM grants g
     LEFT JOIN grant_use u ON u.tenant = g.tenant AND u.id = g.id
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.subject = $2 AND g.parent IS NULL AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > $3)
     ORDER BY g.id DESC
     LIMIT 500",
);

/// Grants that deny, all of them: they are read with every question.
pub(crate) static GRANTS_DENIED: Statement = Statement::read(
    "grant.denied",
    &[Text],
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g INDEXED BY grants_denied
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.denied_at IS NOT NULL AND g.revoked_at IS NULL
     ORDER BY g.id",
)
.on_postgres(
    "SELECT g.id, g.holder_kind, g.holder, g.subject, g.scope, g.audiences, g.depth, g.expires_at, g.parent, g.source_kind, g.source, g.revoked_at, g.epoch, g.created_at, g.details, g.powers, g.idle_seconds, n.used_at, g.owner, p.id, g.denied_at, g.falls_at_risk, g.gives_once
     FROM grants g
     LEFT JOIN grant_use n ON n.tenant = g.tenant AND n.id = g.id AND g.idle_seconds IS NOT NULL
     LEFT JOIN user_account p ON p.tenant = g.tenant AND p.id = g.owner AND p.disabled_at IS NULL
     WHERE g.tenant = $1 AND g.denied_at IS NOT NULL AND g.revoked_at IS NULL
     ORDER BY g.id",
);

/// What a person has open, newest first.
pub(crate) static SESSIONS_OF_USER: Statement = Statement::read(
    "browser_session.of_user",
    &[Text, Text],
    "SELECT id, digest, user_id, method, authenticated_at, agent, expires_at, seen_at, ended_at
     FROM browser_session INDEXED BY browser_session_user
     WHERE tenant = $1 AND user_id = $2 AND ended_at IS NULL
     ORDER BY id DESC
     LIMIT 100",
)
.on_postgres(
    "SELECT id, digest, user_id, method, authenticated_at, agent, expires_at, seen_at, ended_at
     FROM browser_session
     WHERE tenant = $1 AND user_id = $2 AND ended_at IS NULL
     ORDER BY id DESC
     LIMIT 100",
);

/// Ends what a person has open, but for one.
pub(crate) static END_OTHER_SESSIONS: Statement = Statement::write(
    "browser_session.end_others",
    &[Text, Text, Text, Int],
    "UPDATE browser_session INDEXED BY browser_session_user
     SET ended_at = $4
     WHERE tenant = $1 AND user_id = $2 AND ended_at IS NULL AND id <> $3",
)
.on_postgres(
    "UPDATE browser_session
     SET ended_at = $4
     WHERE tenant = $1 AND user_id = $2 AND ended_at IS NULL AND id <> $3",
);

/// The passkeys of a person, in the order of the ids.
pub(crate) static PASSKEYS_OF_USER: Statement = Statement::read(
    "passkey.of_user",
    &[Text, Text],
    "SELECT id, user_id, credential, public_key, counter, transports, name, created_at, used_at
     FROM passkey INDEXED BY passkey_user
     WHERE tenant = $1 AND user_id = $2
     ORDER BY id",
)
.on_postgres(
    "SELECT id, user_id, credential, public_key, counter, transports, name, created_at, used_at
     FROM passkey
     WHERE tenant = $1 AND user_id = $2
     ORDER BY id",
);

/// How many clients of a kind nobody ever said yes to.
pub(crate) static CLIENTS_UNUSED: Statement = Statement::read(
    "client.unused",
    &[Text, Text],
    "SELECT CAST(COUNT(*) AS BIGINT)
     FROM client INDEXED BY client_unused
     WHERE tenant = $1 AND unused_until IS NOT NULL AND registration_kind = $2",
)
.on_postgres(
    "SELECT CAST(COUNT(*) AS BIGINT)
     FROM client
     WHERE tenant = $1 AND unused_until IS NOT NULL AND registration_kind = $2",
);
