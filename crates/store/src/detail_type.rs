//! Types of authorization details: table `detail_type`. A tenant has few, and they are read whole.

use kernel::{
    DetailTypeId, Details,
    detail::{DetailType, Guard, TYPES_MAX, Types, Write},
};
use proof::json;

use crate::{
    fault::Fault,
    lower::Bound,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
    },
    tenant_db::TenantDb,
};

pub(crate) const STATEMENTS: &[&Statement] = &[&ALL, &CREATE, &REPLACE, &UNCHANGED, &DROP];

static ALL: Statement = Statement::read(
    "detail_type.all",
    &[Text, Int],
    "SELECT id, name, words, body_schema, narrowing, created_at
     FROM detail_type
     WHERE tenant = $1
     ORDER BY id
     LIMIT $2",
);

static CREATE: Statement = Statement::write(
    "detail_type.create",
    &[Text, Text, Text, Text, Text, Text, Text, Int],
    "INSERT INTO detail_type (tenant, id, name, words, body_schema, narrowing, basis, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT DO NOTHING",
);

static REPLACE: Statement = Statement::write(
    "detail_type.replace",
    &[Text, Text, Text, Text, Text, Text, Text, Text],
    "UPDATE detail_type
     SET name = $4, words = $5, body_schema = $6, narrowing = $7, basis = $8
     WHERE tenant = $1 AND id = $2 AND basis = $3",
);

static UNCHANGED: Statement = Statement::expect(
    "detail_type.unchanged",
    &[Text, Text, Text],
    "SELECT 1
     FROM detail_type
     WHERE tenant = $1 AND id = $2 AND basis = $3",
);

static DROP: Statement = Statement::write(
    "detail_type.drop",
    &[Text, Text],
    "DELETE FROM detail_type
     WHERE tenant = $1 AND id = $2",
);

impl TenantDb {
    /// The tenant's types, in the order of their names; at most [`TYPES_MAX`].
    pub async fn detail_types(&self) -> Result<Vec<DetailType>, Fault> {
        let types_max = i64::try_from(TYPES_MAX).unwrap_or(i64::MAX);
        self.all(&ALL, &[types_max.into()], read).await
    }

    /// The same as a decision sees them.
    pub async fn types(&self) -> Result<Types, Fault> {
        self.detail_types().await.map(Types::of)
    }

    /// The same where any of these details are in question; otherwise nobody asks.
    pub(crate) async fn types_for(&self, details: &[&Details]) -> Result<Types, Fault> {
        if details.iter().all(|details| details.is_empty()) {
            Ok(Types::default())
        } else {
            self.types().await
        }
    }
}

fn read(row: &Row<'_>) -> Result<DetailType, Fault> {
    let object = |text: String, column: &'static str| {
        json::parse_object_to_depth(text.as_bytes(), kernel::detail::SCHEMA_DEPTH_MAX).map_err(|_| Fault::Row(column))
    };
    let words = object(row.text(2)?, "detail_type.words")?;
    let narrowing = object(row.text(4)?, "detail_type.narrowing")?;
    Ok(DetailType {
        id: DetailTypeId::parse(&row.text(0)?).ok_or(Fault::Row("detail_type.id"))?,
        name: row.text(1)?,
        words: DetailType::words_from_row(&words).map_err(|_| Fault::Row("detail_type.words"))?,
        schema: object(row.text(3)?, "detail_type.body_schema")?,
        narrowing: DetailType::narrowing_from_row(&narrowing).map_err(|_| Fault::Row("detail_type.narrowing"))?,
        created: row.time(5)?,
    })
}

/// The row of a guard.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    let text = |object: json::Object| serde_json::Value::Object(object).to_string();
    let (statement, id, args) = match guard {
        Guard::Create(kind) => {
            let args = vec![
                kind.name.clone().into(),
                text(kind.words_row()).into(),
                kind.schema_row().into(),
                text(kind.narrowing_row()).into(),
                kind.basis().into(),
                kind.created.into(),
            ];
            (&CREATE, &kind.id, args)
        }
        Guard::Replace { kind, basis } => {
            let args = vec![
                basis.clone().into(),
                kind.name.clone().into(),
                text(kind.words_row()).into(),
                kind.schema_row().into(),
                text(kind.narrowing_row()).into(),
                kind.basis().into(),
            ];
            (&REPLACE, &kind.id, args)
        }
        Guard::Unchanged { id, basis } => (&UNCHANGED, id, vec![basis.clone().into()]),
    };
    let mut all = vec![tenant.to_owned().into(), id.as_str().to_owned().into()];
    all.extend(args);
    Bound::new(statement, all, "detail_type", tenant, id.as_str())
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let Write::Drop(id) = write;
    let args = vec![tenant.to_owned().into(), id.as_str().to_owned().into()];
    Bound::new(&DROP, args, "detail_type", tenant, id.as_str())
}
