//! Whom a grant acts for.

use kernel::{consent::Rule, grant::Subject, user::User};

use crate::{fault::Fault, tenant_db::TenantDb};

/// The person, if they are still there, and what the organisation decided for people; nothing when nobody is acted for.
pub(super) async fn load(tenant: &TenantDb, subject: Option<&Subject>) -> Result<(Option<User>, Vec<Rule>), Fault> {
    match subject {
        Some(Subject::User(id)) => futures_util::future::try_join(tenant.user(id), tenant.consent_rules()).await,
        Some(Subject::Nobody) | None => Ok((None, Vec::new())),
    }
}
