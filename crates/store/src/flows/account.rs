//! Facts of what a person does on their own pages.

use kernel::{
    BrowserSessionId, Caller, GrantId, Time,
    account::{Command, Facts},
    caller::BrowserUser,
    grant::Grant,
};

use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads whatever a command is about; nothing when nobody is signed in.
pub async fn load(tenant: &TenantDb, caller: &Caller, command: &Command, now: Time) -> Result<Facts, Fault> {
    let mut facts = Facts::default();
    let Some(person) = caller.person() else {
        return Ok(facts);
    };
    let user = &person.user.id;
    match command {
        Command::AddPasskey { credential, .. } => {
            let id = proof::base64url::encode(&credential.id);
            (facts.passkeys, facts.registered) =
                futures_util::future::try_join(tenant.passkeys(user), tenant.passkey_by_credential(&id)).await?;
        }
        Command::RemovePasskey(_) => {
            (facts.passkeys, facts.password) =
                futures_util::future::try_join(tenant.passkeys(user), tenant.password(user)).await?;
        }
        Command::EndSession(id) => facts.sessions = session(tenant, person, id, now).await?,
        Command::StopGrant(id) | Command::NarrowGrant { id, .. } => facts.grants = root(tenant, id, now).await?,
        Command::GiveGrant(gift) => {
            facts.client = tenant.client(&gift.client).await?;
            facts.resource = tenant.resource(&gift.resource).await?;
            facts.rules = tenant.recalled(tenant.rules().await?, &gift.client, Some(user)).await?;
            facts.tenant = Some(tenant.tenant().as_ref().clone());
        }
        Command::StopClient(_) | Command::StopAll => facts.grants = tenant.roots_of_user(user, now).await?, // all of them: what is stopped is stopped whole
        Command::SetPassword { .. } | Command::MakeRecoveryCodes { .. } | Command::EndOtherSessions => {}
    }
    Ok(facts)
}

/// A browser session, if it is the person's and counts.
async fn session(
    tenant: &TenantDb,
    person: &BrowserUser,
    id: &BrowserSessionId,
    now: Time,
) -> Result<Vec<BrowserSessionId>, Fault> {
    let session = tenant.browser_session_by_id(id).await?;
    let theirs = session.filter(|session| session.user == person.user.id && session.counts(now));
    Ok(theirs.map(|session| session.id).into_iter().collect())
}

/// A grant, if it is a root and lives.
async fn root(tenant: &TenantDb, id: &GrantId, now: Time) -> Result<Vec<Grant>, Fault> {
    let grant = tenant.grant(id).await?;
    Ok(grant
        .filter(|grant| grant.parent.is_none() && grant.counts(now))
        .into_iter()
        .collect())
}
