//! Facts of the whole installation: table `installation`, a name and a value each.

use crate::{
    fault::Fault,
    lower::Bound,
    open::Store,
    statement::{Statement, Type::Text},
};

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &SET, &SET_IF_ABSENT];

static ONE: Statement = Statement::read(
    "installation.one",
    &[Text],
    "SELECT value
     FROM installation
     WHERE name = $1",
);

static SET: Statement = Statement::write(
    "installation.set",
    &[Text, Text],
    "INSERT INTO installation (name, value)
     VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
);

static SET_IF_ABSENT: Statement = Statement::write(
    "installation.set_if_absent",
    &[Text, Text],
    "INSERT INTO installation (name, value)
     VALUES ($1, $2)
     ON CONFLICT DO NOTHING",
);

impl Store {
    /// A fact.
    pub async fn fact(&self, name: &str) -> Result<Option<String>, Fault> {
        self.engine().one(&ONE, &[name.into()], |row| row.text(0)).await
    }

    /// Keeps a fact in the place of the one before.
    pub async fn replace_fact(&self, name: &'static str, value: &str) -> Result<(), Fault> {
        self.maintain(vec![lower_set(name, value.to_owned())]).await
    }

    /// Keeps a fact, if none of that name is kept yet, and tells which one is kept: the first writer's.
    pub async fn keep_fact(&self, name: &str, value: &str) -> Result<String, Fault> {
        let args = vec![name.to_owned().into(), value.to_owned().into()];
        self.maintain(vec![Bound::new(&SET_IF_ABSENT, args, "installation", "", name)])
            .await?;
        self.fact(name).await?.ok_or(Fault::Row("installation.value"))
    }
}

/// A fact that replaces the one before.
pub(crate) fn lower_set(name: &'static str, value: String) -> Bound {
    Bound::new(&SET, vec![name.into(), value.into()], "installation", "", name)
}
