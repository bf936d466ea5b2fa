//! What people prove themselves by: tables `password`, `passkey` and `recovery_code`.

use kernel::{
    PasskeyId, UserId,
    credential::{Guard, Passkey, Password, Write},
    sign_in::Known,
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
};

pub(crate) const STATEMENTS: &[&Statement] = &[
    &PASSWORD,
    &SET_PASSWORD,
    &REHASH,
    &DROP_PASSWORD,
    &BY_CREDENTIAL,
    &CREATE_PASSKEY,
    &USE_PASSKEY,
    &DROP_PASSKEY,
    &CODE_UNUSED,
    &CODES_LEFT,
    &CREATE_CODE,
    &USE_CODE,
    &DROP_OTHER_CODES,
];

static PASSWORD: Statement = Statement::read(
    "password.one",
    &[Text, Text],
    "SELECT hash, changed_at
     FROM password
     WHERE tenant = $1 AND user_id = $2",
);

static SET_PASSWORD: Statement = Statement::write(
    "password.set",
    &[Text, Text, Text, Int],
    "INSERT INTO password (tenant, user_id, hash, changed_at)
     VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant, user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
);

static REHASH: Statement = Statement::write(
    "password.rehash",
    &[Text, Text, Text, Text],
    "UPDATE password
     SET hash = $4
     WHERE tenant = $1 AND user_id = $2 AND hash = $3",
);

static DROP_PASSWORD: Statement = Statement::write(
    "password.drop",
    &[Text, Text],
    "DELETE FROM password
     WHERE tenant = $1 AND user_id = $2",
);

static BY_CREDENTIAL: Statement = Statement::read(
    "passkey.by_credential",
    &[Text, Text],
    "SELECT id, user_id, credential, public_key, counter, transports, name, created_at, used_at
     FROM passkey
     WHERE tenant = $1 AND credential = $2",
);

static CREATE_PASSKEY: Statement = Statement::write(
    "passkey.create",
    &[Text, Text, Text, Text, Text, Int, Text, Text, Int, Int],
    "INSERT INTO passkey (tenant, id, user_id, credential, public_key, counter, transports, name, created_at, used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT DO NOTHING",
);

static USE_PASSKEY: Statement = Statement::write(
    "passkey.use",
    &[Text, Text, Int, Int, Int],
    "UPDATE passkey
     SET counter = $4, used_at = $5
     WHERE tenant = $1 AND id = $2 AND counter = $3",
);

static DROP_PASSKEY: Statement = Statement::write(
    "passkey.drop",
    &[Text, Text, Text],
    "DELETE FROM passkey
     WHERE tenant = $1 AND id = $2 AND user_id = $3",
);

static CODE_UNUSED: Statement = Statement::read(
    "recovery_code.unused",
    &[Text, Text, Text],
    "SELECT 1
     FROM recovery_code
     WHERE tenant = $1 AND user_id = $2 AND digest = $3 AND used_at IS NULL",
);

static CODES_LEFT: Statement = Statement::read(
    "recovery_code.left",
    &[Text, Text],
    "SELECT CAST(COUNT(*) AS BIGINT)
     FROM recovery_code
     WHERE tenant = $1 AND user_id = $2 AND used_at IS NULL",
);

static CREATE_CODE: Statement = Statement::write(
    "recovery_code.create",
    &[Text, Text, Text, Text, Int],
    "INSERT INTO recovery_code (tenant, user_id, digest, code_set, made_at)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING",
);

static USE_CODE: Statement = Statement::write(
    "recovery_code.use",
    &[Text, Text, Text, Int],
    "UPDATE recovery_code
     SET used_at = $4
     WHERE tenant = $1 AND user_id = $2 AND digest = $3 AND used_at IS NULL",
);

static DROP_OTHER_CODES: Statement = Statement::write(
    "recovery_code.drop_others",
    &[Text, Text, Text],
    "DELETE FROM recovery_code
     WHERE tenant = $1 AND user_id = $2 AND code_set <> $3",
);

impl TenantDb {
    /// A person's password, if they have one.
    pub async fn password(&self, user: &UserId) -> Result<Option<Password>, Fault> {
        self.one(&PASSWORD, &[user.as_str().into()], |row| {
            Ok(Password {
                hash: row.text(0)?,
                changed: row.time(1)?,
            })
        })
        .await
    }

    /// A person's passkeys, in the order in which they were made.
    pub async fn passkeys(&self, user: &UserId) -> Result<Vec<Passkey>, Fault> {
        self.all(&engine_only::PASSKEYS_OF_USER, &[user.as_str().into()], read_passkey)
            .await
    }

    /// A passkey by its credential id, base64url.
    pub async fn passkey_by_credential(&self, credential: &str) -> Result<Option<Passkey>, Fault> {
        self.one(&BY_CREDENTIAL, &[credential.into()], read_passkey).await
    }

    /// Whether a person has a recovery code of this digest that was not used.
    pub async fn recovery_code_unused(&self, user: &UserId, digest: &str) -> Result<Known, Fault> {
        let found = self
            .one(&CODE_UNUSED, &[user.as_str().into(), digest.into()], |_| Ok(()))
            .await?;
        Ok(found.map_or(Known::No, |()| Known::Unused))
    }

    /// How many recovery codes a person has that were not used.
    pub async fn recovery_codes_left(&self, user: &UserId) -> Result<i64, Fault> {
        let counted = self.one(&CODES_LEFT, &[user.as_str().into()], |row| row.int(0)).await?;
        Ok(counted.unwrap_or(0))
    }
}

fn read_passkey(row: &Row<'_>) -> Result<Passkey, Fault> {
    Ok(Passkey {
        id: PasskeyId::parse(&row.text(0)?).ok_or(Fault::Row("passkey.id"))?,
        user: UserId::parse(&row.text(1)?).ok_or(Fault::Row("passkey.user_id"))?,
        credential: row.text(2)?,
        public_key: row.text(3)?,
        counter: row.int(4)?,
        transports: row
            .text(5)?
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
        name: row.text(6)?,
        created: row.time(7)?,
        used: row.time_if_any(8)?,
    })
}

/// The rows of a guard. A new passkey's place in the common order is its credential: two changes collide there, not in the id. A person's recovery codes have one place
/// together, since a new set ends the others.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::CreatePasskey(passkey) => {
            let args = vec![
                tenant.to_owned().into(),
                passkey.id.as_str().to_owned().into(),
                passkey.user.as_str().to_owned().into(),
                passkey.credential.clone().into(),
                passkey.public_key.clone().into(),
                passkey.counter.into(),
                passkey.transports.join(" ").into(),
                passkey.name.clone().into(),
                passkey.created.into(),
                passkey.used.into(),
            ];
            Bound::new(&CREATE_PASSKEY, args, "passkey", tenant, &passkey.credential)
        }
        Guard::UsePasskey { id, from, to, at } => {
            let mut args = of(tenant, id.as_str());
            args.extend([(*from).into(), (*to).into(), (*at).into()]);
            Bound::new(&USE_PASSKEY, args, "passkey", tenant, id.as_str())
        }
        Guard::UseRecoveryCode { user, digest, at } => {
            let mut args = of(tenant, user.as_str());
            args.extend([digest.clone().into(), (*at).into()]);
            Bound::new(&USE_CODE, args, "recovery_code", tenant, user.as_str())
        }
        Guard::CreateRecoveryCode { user, digest, set, at } => {
            let mut args = of(tenant, user.as_str());
            args.extend([digest.clone().into(), set.clone().into(), (*at).into()]);
            Bound::new(&CREATE_CODE, args, "recovery_code", tenant, user.as_str())
        }
    }
}

/// The rows of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    match write {
        Write::SetPassword { user, hash, at } => {
            let mut args = of(tenant, user.as_str());
            args.extend([hash.clone().into(), (*at).into()]);
            Bound::new(&SET_PASSWORD, args, "password", tenant, user.as_str())
        }
        Write::DropPassword { user } => Bound::new(
            &DROP_PASSWORD,
            of(tenant, user.as_str()),
            "password",
            tenant,
            user.as_str(),
        ),
        Write::Rehash { user, from, to } => {
            let mut args = of(tenant, user.as_str());
            args.extend([from.clone().into(), to.clone().into()]);
            Bound::new(&REHASH, args, "password", tenant, user.as_str())
        }
        Write::DropPasskey { user, id } => {
            let mut args = of(tenant, id.as_str());
            args.push(user.as_str().to_owned().into());
            Bound::new(&DROP_PASSKEY, args, "passkey", tenant, id.as_str())
        }
        Write::DropOtherRecoveryCodes { user, keep } => {
            let mut args = of(tenant, user.as_str());
            args.push(keep.clone().into());
            Bound::new(&DROP_OTHER_CODES, args, "recovery_code", tenant, user.as_str())
        }
    }
}

fn of(tenant: &str, id: &str) -> Vec<Value<'static>> {
    vec![tenant.to_owned().into(), id.to_owned().into()]
}
