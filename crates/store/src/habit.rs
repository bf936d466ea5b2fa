//! What is remembered of those who act: table `habit`. Written with the notes in the background, and read with what this node has not written yet.

use kernel::{
    ClientId, Time, UserId,
    introspection::Known,
    policy::{Actor, EntityName, Habit, History, Policy, Remembered, Rules},
};
use proof::digest;

use crate::{
    fault::Fault,
    lower::Bound,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
    },
    tenant_db::TenantDb,
    touch::Thing,
};

/// The longest name that stands in a row itself, in bytes.
const PRINCIPAL_BYTES_MAX: usize = 200;

pub(crate) const STATEMENTS: &[&Statement] = &[&OF_ONE, &ADDED, &LARGEST];

static OF_ONE: Statement = Statement::read(
    "habit.of_one",
    &[Text, Text, Text],
    "SELECT what, slot, value
     FROM habit
     WHERE tenant = $1 AND principal = $2 AND person = $3",
);

static ADDED: Statement = Statement::write(
    "habit.added",
    &[Text, Text, Text, Text, Int, Int, Int],
    "INSERT INTO habit (tenant, principal, person, what, slot, value, keep_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (tenant, principal, person, what, slot) DO UPDATE
     SET value = habit.value + excluded.value, keep_until = excluded.keep_until",
);

static LARGEST: Statement = Statement::write(
    "habit.largest",
    &[Text, Text, Text, Text, Int, Int, Int],
    "INSERT INTO habit (tenant, principal, person, what, slot, value, keep_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (tenant, principal, person, what, slot) DO UPDATE
     SET value = excluded.value, keep_until = excluded.keep_until
     WHERE habit.value < excluded.value",
);

/// One slot of somebody's habits: tenant, actor, what, which.
pub(crate) type Slot = (String, Actor, Habit, i64);

/// What a slot holds, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) value: i64,
    pub(crate) until: Time,
}

/// The row of a note.
pub(crate) fn lower((tenant, actor, habit, slot): &Slot, held: Held) -> Bound {
    let principal = principal(actor);
    let args = vec![
        tenant.clone().into(),
        principal.clone().into(),
        person(actor).to_owned().into(),
        habit.as_row().to_owned().into(),
        (*slot).into(),
        held.value.into(),
        held.until.into(),
    ];
    let statement = if habit.adds_up() { &ADDED } else { &LARGEST };
    Bound::new(statement, args, "habit", tenant, &principal)
}

/// The principal of an actor, as a row has it. Programs that ask for others name whomever they like: what is long, or no text for a row, stands as its digest.
fn principal(actor: &Actor) -> String {
    let written = actor.principal.written();
    if written.len() <= PRINCIPAL_BYTES_MAX && !written.contains('\0') {
        written
    } else {
        digest::sha256_b64(written.as_bytes())
    }
}

/// The person of an actor, as a row has it: empty for nobody.
fn person(actor: &Actor) -> &str {
    actor.person.as_ref().map_or("", UserId::as_str)
}

/// A client, and the person it acts for.
fn acting(client: &ClientId, person: Option<&UserId>) -> Actor {
    Actor {
        principal: EntityName::new("Client", client.as_str()),
        person: person.cloned(),
    }
}

impl TenantDb {
    /// What is remembered of somebody.
    pub async fn history(&self, actor: &Actor) -> Result<History, Fault> {
        let noted = self.noted_of(actor); // before: what is written meanwhile is there twice, and never missed
        let mut history = self.history_written(actor).await?;
        history.extend(noted);
        Ok(history)
    }

    /// What this node has not written yet of it.
    pub fn noted_of(&self, actor: &Actor) -> Vec<Remembered> {
        self.store().touches().remembered(self.id(), actor)
    }

    /// What is written of it.
    pub async fn history_written(&self, actor: &Actor) -> Result<History, Fault> {
        let principal = principal(actor);
        let read = |row: &Row<'_>| Ok((Habit::from_row(&row.text(0)?), row.int(1)?, row.int(2)?));
        let args = [principal.as_str().into(), person(actor).into()];
        let written = self.all(&OF_ONE, &args, read).await?;
        let written = written.into_iter().filter_map(|(habit, slot, value)| {
            let habit = habit?; // one that a newer version keeps
            Some(Remembered { habit, slot, value })
        });
        Ok(written.collect())
    }

    /// The rules, with what is remembered of a client and the person it acts for, where policies look at that.
    pub async fn recalled(&self, rules: Rules, client: &ClientId, person: Option<&UserId>) -> Result<Rules, Fault> {
        let policy = self.policy_recalled(rules.policy, client, person).await?;
        Ok(Rules { policy, ..rules })
    }

    /// As [`Self::recalled`], for the policies alone.
    pub async fn policy_recalled(
        &self,
        policy: Policy,
        client: &ClientId,
        person: Option<&UserId>,
    ) -> Result<Policy, Fault> {
        if !policy.looks_at_risk() {
            return Ok(policy);
        }
        let actor = acting(client, person);
        Ok(policy.remembering(self.history(&actor).await?))
    }

    /// Whether what is known of a token is all written: nothing is noted meanwhile of who acts by it, nor of its grants.
    pub fn is_all_written(&self, known: &Known) -> bool {
        let touches = self.store().touches();
        let person = known.user.as_ref().map(|user| &user.id);
        let actor = known.client.as_ref().map(|client| acting(&client.id, person));
        touches.is_empty()
            || actor.is_none_or(|actor| touches.remembered(self.id(), &actor).is_empty())
                && known
                    .path
                    .iter()
                    .all(|grant| touches.noted(Thing::Grant, self.id(), grant.id.as_str()).is_none())
    }
}
