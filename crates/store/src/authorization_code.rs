//! Authorization codes: table `authorization_code`, in the order of their ids, which is the order of their times; one a request.

use kernel::{
    Audience, BrowserSessionId, ClientId, CodeId, Details, GrantId, Scopes, UserId,
    authorization_code::{AuthorizationCode, Guard},
    browser_session::{Method, Presence},
    redirect_uri::RedirectUri,
};

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

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &OF_REQUEST, &CREATE, &REDEEM];

static ONE: Statement = Statement::read(
    "authorization_code.one",
    &[Text, Text],
    "SELECT id, digest, request, client, user_id, grant_id, scope, audience, redirect_uri, challenge, key_thumbprint, authenticated_at, method, created_at, redeemed, browser_session, nonce, id_claims, details
     FROM authorization_code
     WHERE tenant = $1 AND id = $2",
);

static OF_REQUEST: Statement = Statement::read(
    "authorization_code.of_request",
    &[Text, Text],
    "SELECT id, digest, request, client, user_id, grant_id, scope, audience, redirect_uri, challenge, key_thumbprint, authenticated_at, method, created_at, redeemed, browser_session, nonce, id_claims, details
     FROM authorization_code
     WHERE tenant = $1 AND request = $2",
);

static CREATE: Statement = Statement::write(
    "authorization_code.create",
    &[
        Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Int, Text, Int, Text, Text, Text, Text,
        Text,
    ],
    "INSERT INTO authorization_code (tenant, id, digest, request, client, user_id, grant_id, scope, audience, redirect_uri, challenge, key_thumbprint, authenticated_at, method, created_at, redeemed, browser_session, nonce, id_claims, details)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
     ON CONFLICT DO NOTHING",
);

static REDEEM: Statement = Statement::write(
    "authorization_code.redeem",
    &[Text, Text, Text],
    "UPDATE authorization_code
     SET redeemed = $3
     WHERE tenant = $1 AND id = $2 AND redeemed IS NULL",
);

impl TenantDb {
    /// A code by its id.
    pub async fn authorization_code(&self, id: &CodeId) -> Result<Option<AuthorizationCode>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }

    /// The code that answers an authorization request.
    pub async fn authorization_code_of_request(&self, request: &str) -> Result<Option<AuthorizationCode>, Fault> {
        self.one(&OF_REQUEST, &[request.into()], read).await
    }
}

fn read(row: &Row<'_>) -> Result<AuthorizationCode, Fault> {
    let redeemed = row
        .text_if_any(14)?
        .map(|id| GrantId::parse(&id).ok_or(Fault::Row("authorization_code.redeemed")))
        .transpose()?;
    Ok(AuthorizationCode {
        id: CodeId::parse(&row.text(0)?).ok_or(Fault::Row("authorization_code.id"))?,
        digest: row.text(1)?,
        request: row.text(2)?,
        client: ClientId::parse(&row.text(3)?).ok_or(Fault::Row("authorization_code.client"))?,
        user: UserId::parse(&row.text(4)?).ok_or(Fault::Row("authorization_code.user_id"))?,
        grant: GrantId::parse(&row.text(5)?).ok_or(Fault::Row("authorization_code.grant_id"))?,
        scopes: Scopes::parse(&row.text(6)?).map_err(|_| Fault::Row("authorization_code.scope"))?,
        audience: Audience::from_row(&row.text(7)?).ok_or(Fault::Row("authorization_code.audience"))?,
        redirect_uri: RedirectUri::parse(&row.text(8)?).ok_or(Fault::Row("authorization_code.redirect_uri"))?,
        challenge: Some(row.text(9)?).filter(|challenge| !challenge.is_empty()), // the column is older than requests without one
        key: row.text_if_any(10)?,
        presence: Presence {
            session: row
                .text_if_any(15)?
                .map(|id| BrowserSessionId::parse(&id).ok_or(Fault::Row("authorization_code.browser_session")))
                .transpose()?,
            authenticated: row.time(11)?,
            method: Method::from_name(&row.text(12)?).ok_or(Fault::Row("authorization_code.method"))?,
        },
        nonce: row.text_if_any(16)?,
        details: Details::from_row(&row.text(18)?).ok_or(Fault::Row("authorization_code.details"))?,
        id_claims: row.text(17)?.split_whitespace().map(str::to_owned).collect(),
        created: row.time(13)?,
        redeemed,
    })
}

/// The rows of a guard. A new code's place in the common order is its request: two changes collide there, not in the id.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::Create(code) => {
            let id_claims: Vec<&str> = code.id_claims.iter().map(String::as_str).collect();
            let args = vec![
                tenant.to_owned().into(),
                code.id.as_str().to_owned().into(),
                code.digest.clone().into(),
                code.request.clone().into(),
                code.client.as_str().to_owned().into(),
                code.user.as_str().to_owned().into(),
                code.grant.as_str().to_owned().into(),
                code.scopes.joined().into(),
                code.audience.as_row().to_owned().into(),
                code.redirect_uri.as_str().to_owned().into(),
                code.challenge.clone().unwrap_or_default().into(),
                code.key.clone().into(),
                code.presence.authenticated.into(),
                code.presence.method.name().into(),
                code.created.into(),
                code.redeemed.as_ref().map(|id| id.as_str().to_owned()).into(),
                code.presence.session.as_ref().map(|id| id.as_str().to_owned()).into(),
                code.nonce.clone().into(),
                id_claims.join(" ").into(),
                code.details.row().into(),
            ];
            Bound::new(&CREATE, args, "authorization_code", tenant, &code.request)
        }
        Guard::Redeem { id, grant } => Bound::new(
            &REDEEM,
            vec![
                tenant.to_owned().into(),
                id.as_str().to_owned().into(),
                grant.as_str().to_owned().into(),
            ],
            "authorization_code",
            tenant,
            id.as_str(),
        ),
    }
}
