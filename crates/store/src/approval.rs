//! Approvals: table `approval`, in the order of their ids, which is the order of their times.

use kernel::{
    ApprovalId, ClientId, Confirmation, GroupId, Time,
    access_request::SubmittedAs,
    approval::{Approval, Asks, Door, Guard, LIMITS_LOOK_BACK_SECONDS, PANEL, Panel, Places, State, Whom, Write},
    moment,
    user::User,
};

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
    &OF_CODE,
    &OF_REQUEST,
    &LATELY,
    &LATELY_OF_GROUP,
    &PAGE,
    &CREATE,
    &ADVANCE,
    &SLOW_DOWN,
    &EXPIRE,
];

/// Questions of the same people that a page or a limit looks at, at most.
const ROWS_MAX: i64 = 200;

static ONE: Statement = Statement::read(
    "approval.one",
    &[Text, Text],
    "SELECT id, door, authorization_grant, client, key_thumbprint, asks, payload_hash, whom_kind, whom, quorum, state, answer, user_code_digest, interval_seconds, started_from, expires_at, created_at, epoch, place_of_client, place_of_whom, request_key, request_digest
     FROM approval
     WHERE tenant = $1 AND id = $2",
);

static OF_CODE: Statement = Statement::read(
    "approval.of_code",
    &[Text, Text],
    "SELECT id, door, authorization_grant, client, key_thumbprint, asks, payload_hash, whom_kind, whom, quorum, state, answer, user_code_digest, interval_seconds, started_from, expires_at, created_at, epoch, place_of_client, place_of_whom, request_key, request_digest
     FROM approval
     WHERE tenant = $1 AND user_code_digest = $2",
);

static OF_REQUEST: Statement = Statement::read(
    "approval.of_request",
    &[Text, Text],
    "SELECT id, door, authorization_grant, client, key_thumbprint, asks, payload_hash, whom_kind, whom, quorum, state, answer, user_code_digest, interval_seconds, started_from, expires_at, created_at, epoch, place_of_client, place_of_whom, request_key, request_digest
     FROM approval
     WHERE tenant = $1 AND request_key = $2",
);

static LATELY: Statement = Statement::read(
    "approval.lately",
    &[Text, Text, Text, Text, Int],
    "SELECT id, door, authorization_grant, client, key_thumbprint, asks, payload_hash, whom_kind, whom, quorum, state, answer, user_code_digest, interval_seconds, started_from, expires_at, created_at, epoch, place_of_client, place_of_whom, request_key, request_digest
     FROM approval
     WHERE tenant = $1 AND whom_kind = $2 AND whom = $3 AND id > $4
     ORDER BY id DESC
     LIMIT $5",
);

static LATELY_OF_GROUP: Statement = Statement::read(
    "approval.lately_of_group",
    &[Text, Text, Text, Text, Int],
    "SELECT id, door, authorization_grant, client, key_thumbprint, asks, payload_hash, whom_kind, whom, quorum, state, answer, user_code_digest, interval_seconds, started_from, expires_at, created_at, epoch, place_of_client, place_of_whom, request_key, request_digest
     FROM approval
     WHERE tenant = $1 AND whom_kind = $2 AND id > $3 AND whom LIKE $4
     ORDER BY id DESC
     LIMIT $5",
);

static PAGE: Statement = Statement::read(
    "approval.page",
    &[Text, Text, Int],
    "SELECT id, door, authorization_grant, client, key_thumbprint, asks, payload_hash, whom_kind, whom, quorum, state, answer, user_code_digest, interval_seconds, started_from, expires_at, created_at, epoch, place_of_client, place_of_whom, request_key, request_digest
     FROM approval
     WHERE tenant = $1 AND id > $2
     ORDER BY id
     LIMIT $3",
);

static CREATE: Statement = Statement::write(
    "approval.create",
    &[
        Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Int, Text, Text, Text, Int, Text, Int, Int, Int, Text, Int, Int, Text,
        Text,
    ],
    "INSERT INTO approval (tenant, id, door, authorization_grant, client, key_thumbprint, asks, payload_hash, whom_kind, whom, quorum, state, answer, user_code_digest, interval_seconds, started_from, expires_at, created_at, epoch, twin, place_of_client, place_of_whom, request_key, request_digest)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
     ON CONFLICT DO NOTHING",
);

/// What waits keeps its places; what does not leaves them. A code that was claimed takes none: whoever typed it came by themselves.
static ADVANCE: Statement = Statement::write(
    "approval.advance",
    &[Text, Text, Text, Text, Text, Text, Text, Text, Int, Text, Int, Int, Int],
    "UPDATE approval
     SET asks = $3, payload_hash = $4, whom_kind = $5, whom = $6, state = $7, answer = $8, epoch = $9, twin = $10, place_of_client = $11, place_of_whom = $12, expires_at = $13
     WHERE tenant = $1 AND id = $2 AND epoch = $9 - 1",
);

static SLOW_DOWN: Statement = Statement::write(
    "approval.slow_down",
    &[Text, Text, Int],
    "UPDATE approval
     SET interval_seconds = $3
     WHERE tenant = $1 AND id = $2 AND interval_seconds < $3",
);

static EXPIRE: Statement = Statement::write(
    "approval.expire",
    &[Text, Text, Text, Text, Int],
    "UPDATE approval
     SET state = $3, answer = $4, epoch = epoch + 1, twin = NULL, place_of_client = NULL, place_of_whom = NULL
     WHERE tenant = $1 AND id = $2 AND expires_at <= $5 AND twin IS NOT NULL",
);

impl TenantDb {
    /// An approval by its id.
    pub async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }

    /// The approval whose code a person typed.
    pub async fn approval_of_code(&self, digest: &str) -> Result<Option<Approval>, Fault> {
        self.one(&OF_CODE, &[digest.into()], read).await
    }

    /// The approval that was asked for with this key.
    pub async fn approval_of_request(&self, submitted_as: &SubmittedAs) -> Result<Option<Approval>, Fault> {
        self.one(&OF_REQUEST, &[submitted_as.key.as_str().into()], read).await
    }

    /// What was asked of these people in the time that limits look back, the newest first.
    pub async fn approvals_lately(&self, whom: &Whom, now: Time) -> Result<Vec<Approval>, Fault> {
        let floor = moment::id_floor(now.minus(LIMITS_LOOK_BACK_SECONDS));
        let who = whom.who();
        let args = [
            whom.kind().into(),
            who.as_ref().into(),
            floor.as_str().into(),
            ROWS_MAX.into(),
        ];
        self.all(&LATELY, &args, read).await
    }

    /// The same of everybody who asks the members of this group, alone or with others.
    pub async fn approvals_lately_of_group(&self, group: &GroupId, now: Time) -> Result<Vec<Approval>, Fault> {
        let alone = Whom::Members(Panel::one(group.clone(), 1));
        let floor = moment::id_floor(now.minus(LIMITS_LOOK_BACK_SECONDS));
        let pattern = format!("%{group}=%"); // what it lets through beside, the memberships do not
        let args = [
            PANEL.into(),
            floor.as_str().into(),
            pattern.as_str().into(),
            ROWS_MAX.into(),
        ];
        let (mut all, others) = futures_util::future::try_join(
            self.approvals_lately(&alone, now),
            self.all(&LATELY_OF_GROUP, &args, read),
        )
        .await?;
        let member = [group.clone()].into();
        let asks_them = |approval: &Approval| match &approval.whom {
            Whom::Members(panel) => !panel.of_person(&member).is_empty(),
            Whom::WhoeverHasTheCode | Whom::Person(_) => false,
        };
        all.extend(others.into_iter().filter(asks_them));
        Ok(all)
    }

    /// Those who said yes to it and are still there, a few at most.
    pub async fn who_said_yes(&self, approval: &Approval) -> Result<Vec<User>, Fault> {
        let mut people = Vec::new();
        for yes in approval.state.yes() {
            people.extend(self.user(&yes.by).await?);
        }
        Ok(people)
    }

    /// A question that waits, with the yes of those alone who may still say it.
    pub async fn as_it_counts(&self, approval: Approval) -> Result<Approval, Fault> {
        if !matches!(approval.state, State::PartlyApproved { .. }) {
            return Ok(approval);
        }
        let people = self.who_said_yes(&approval).await?;
        Ok(approval.by_people(&people))
    }

    /// Approvals in the order of their ids, after one of them.
    pub async fn approvals_after(&self, after: &str, rows_max: i64) -> Result<Vec<Approval>, Fault> {
        self.all(&PAGE, &[after.into(), rows_max.into()], read).await
    }
}

fn read(row: &Row<'_>) -> Result<Approval, Fault> {
    let quorum = u8::try_from(row.int(9)?).map_err(|_| Fault::Row("approval.quorum"))?;
    Ok(Approval {
        id: ApprovalId::parse(&row.text(0)?).ok_or(Fault::Row("approval.id"))?,
        door: Door::from_row(&row.text(1)?, row.text_if_any(2)?.as_deref()).ok_or(Fault::Row("approval.door"))?,
        client: ClientId::parse(&row.text(3)?).ok_or(Fault::Row("approval.client"))?,
        key: row.text_if_any(4)?.as_deref().map(Confirmation::from_row),
        asks: Asks::from_row(&row.text(5)?).ok_or(Fault::Row("approval.asks"))?,
        payload_hash: row.text(6)?,
        whom: Whom::from_row(&row.text(7)?, &row.text(8)?, quorum).ok_or(Fault::Row("approval.whom"))?,
        state: State::from_row(&row.text(10)?, &row.text(11)?).ok_or(Fault::Row("approval.state"))?,
        places: row
            .int_if_any(18)?
            .zip(row.int_if_any(19)?)
            .map(|(of_client, of_whom)| Places { of_client, of_whom }),
        user_code_digest: row.text_if_any(12)?,
        interval_seconds: row.int(13)?,
        started_from: row.text_if_any(14)?,
        submitted_as: row
            .text_if_any(20)?
            .zip(row.text_if_any(21)?)
            .map(|(key, body)| SubmittedAs { key, body }),
        expires: row.time(15)?,
        created: row.time(16)?,
        epoch: row.int(17)?,
    })
}

/// The rows of a guard.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::Create(approval) => {
            let mut args = vec![
                tenant.to_owned().into(),
                approval.id.as_str().to_owned().into(),
                approval.door.name().into(),
                approval.door.authorization().map(|id| id.as_str().to_owned()).into(),
                approval.client.as_str().to_owned().into(),
                approval.key.as_ref().map(Confirmation::as_row).into(),
                approval.asks.row().into(),
                approval.payload_hash.clone().into(),
                approval.whom.kind().into(),
                approval.whom.who().into_owned().into(),
                i64::from(approval.whom.quorum()).into(),
                approval.state.name().into(),
                approval.state.row().to_string().into(),
                approval.user_code_digest.clone().into(),
                approval.interval_seconds.into(),
                approval.started_from.clone().into(),
                approval.expires.into(),
                approval.created.into(),
                approval.epoch.into(),
            ];
            args.extend(held(approval));
            let submitted_as = approval.submitted_as.as_ref();
            args.extend([
                submitted_as.map(|request| request.key.clone()).into(),
                submitted_as.map(|request| request.body.clone()).into(),
            ]);
            Bound::new(&CREATE, args, "approval", tenant, approval.id.as_str())
        }
        Guard::Advance(approval) => {
            let mut args = vec![
                tenant.to_owned().into(),
                approval.id.as_str().to_owned().into(),
                approval.asks.row().into(),
                approval.payload_hash.clone().into(),
                approval.whom.kind().into(),
                approval.whom.who().into_owned().into(),
                approval.state.name().into(),
                approval.state.row().to_string().into(),
                approval.epoch.into(),
            ];
            args.extend(held(approval));
            args.push(approval.expires.into());
            Bound::new(&ADVANCE, args, "approval", tenant, approval.id.as_str())
        }
        Guard::Expire { id, at, yes } => {
            let expired = State::Expired {
                yes: yes.clone(),
                at: *at,
            };
            let mut args = named(tenant, id);
            args.extend([expired.name().into(), expired.row().to_string().into(), (*at).into()]);
            Bound::new(&EXPIRE, args, "approval", tenant, id.as_str())
        }
    }
}

/// What a question holds while it waits for people whom it came to unasked: its likeness and its places.
fn held(approval: &Approval) -> [Value<'static>; 3] {
    match approval.places.filter(|_| approval.state.waits()) {
        Some(places) => [approval.twin().into(), places.of_client.into(), places.of_whom.into()],
        None => [Value::NoText, Value::NoInt, Value::NoInt],
    }
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let Write::SlowDown { id, interval_seconds } = write;
    let mut args = named(tenant, id);
    args.push((*interval_seconds).into());
    Bound::new(&SLOW_DOWN, args, "approval", tenant, id.as_str())
}

fn named(tenant: &str, id: &ApprovalId) -> Vec<Value<'static>> {
    vec![tenant.to_owned().into(), id.as_str().to_owned().into()]
}
