//! Facts of the registration endpoint.

use kernel::{
    client::{Client, Registration},
    registration::{Command, Facts, Known},
};
use proof::digest;

use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads the facts: how full it is, or the client that the address names, and whether the token that was shown is its own.
pub async fn load<'a>(tenant: &'a TenantDb, command: &Command, token: Option<&str>) -> Result<Facts<'a>, Fault> {
    let (unused, client) = match command {
        Command::Register(_) => (tenant.unused_clients().await?, None),
        Command::Read(id) | Command::Replace(id, _) | Command::Delete(id) => (0, tenant.client(id).await?),
    };
    Ok(Facts {
        tenant: tenant.tenant(),
        unused,
        client: client.map(|client| {
            let known = known(&client, token);
            (client, known)
        }),
    })
}

/// Compared by digest, in constant time.
fn known(client: &Client, token: Option<&str>) -> Known {
    match (&client.registration, token) {
        (Registration::Itself { token_digest, .. }, Some(token))
            if digest::same(digest::sha256_b64(token.as_bytes()).as_bytes(), token_digest.as_bytes()) =>
        {
            Known::Token
        }
        (Registration::Administrator | Registration::Document { .. } | Registration::Itself { .. }, _) => Known::No,
    }
}
