//! Whom a grant acts for.

use kernel::{ClientId, grant::Subject, policy::Rules, user::User};

use crate::{fault::Fault, tenant_db::TenantDb};

/// The person, if they are still there, and what the organisation decided for people who have this client act; nothing when nobody is acted for.
pub(super) async fn load(
    tenant: &TenantDb,
    client: Option<&ClientId>,
    subject: Option<&Subject>,
) -> Result<(Option<User>, Rules), Fault> {
    let (user, rules) = match subject {
        Some(Subject::User(id)) => futures_util::future::try_join(tenant.user(id), tenant.rules()).await?,
        Some(Subject::Nobody) | None => (None, tenant.rules_for_nobody().await?),
    };
    let person = user.as_ref().map(|user| &user.id);
    let rules = match client {
        Some(client) => tenant.recalled(rules, client, person).await?,
        None => rules,
    };
    Ok((user, rules))
}
