//! Passkey ceremonies: what the browser is asked for, and what a ceremony must have been made for.

use kernel::{Mark, Moment, caller::BrowserUser, credential::Passkey, mark::Stands};
use proof::{
    base64url,
    webauthn::{CredentialKey, Expect, UserVerification},
};
use serde_json::json;
use store::TenantDb;

use super::{
    Browser,
    sealed::{self, CEREMONY_SECONDS, Ceremony, Purpose},
};
use crate::{app::App, fault::Fault};

/// A ceremony for a page: sealed, and the options for the script.
pub(super) struct Asked {
    pub(super) ceremony: String,
    pub(super) options: String,
}

/// Asks for a passkey to sign in with: any that this browser has for us.
pub(super) fn to_sign_in(app: &App, tenant: &TenantDb, browser: &Browser, at: &Moment) -> Result<Asked, Fault> {
    let ceremony = fresh(at);
    // PublicKeyCredentialRequestOptionsJSON (WebAuthn s5.1.8)
    let options = json!({
        "challenge": base64url::encode(&ceremony.challenge),
        "rpId": rp_id(browser),
        "timeout": CEREMONY_SECONDS.saturating_mul(1_000),
        "userVerification": "required",
        "allowCredentials": [],
    });
    Ok(Asked {
        ceremony: sealed::ceremony(app, tenant, browser, Purpose::SignIn, &ceremony)?,
        options: options.to_string(),
    })
}

/// Asks for a new passkey of a person, one that the browser can find by itself.
pub(super) fn to_register(
    app: &App,
    tenant: &TenantDb,
    browser: &Browser,
    person: &BrowserUser,
    known: &[Passkey],
    at: &Moment,
) -> Result<Asked, Fault> {
    let ceremony = fresh(at);
    let algorithms: Vec<_> = CredentialKey::COSE_ALGORITHMS
        .iter()
        .map(|alg| json!({ "type": "public-key", "alg": alg }))
        .collect();
    let exclude: Vec<_> = known
        .iter()
        .map(|passkey| json!({ "type": "public-key", "id": passkey.credential, "transports": passkey.transports }))
        .collect();
    // PublicKeyCredentialCreationOptionsJSON (WebAuthn s5.1.8)
    let options = json!({
        "rp": { "id": rp_id(browser), "name": shown(&tenant.tenant().name) },
        "user": {
            "id": base64url::encode(person.user.id.as_str().as_bytes()),
            "name": person.user.login.as_str(),
            "displayName": shown(person.user.name()),
        },
        "challenge": base64url::encode(&ceremony.challenge),
        "pubKeyCredParams": algorithms,
        "timeout": CEREMONY_SECONDS.saturating_mul(1_000),
        "excludeCredentials": exclude,
        "authenticatorSelection": { "residentKey": "required", "requireResidentKey": true, "userVerification": "required" },
        "attestation": "none",
    });
    Ok(Asked {
        ceremony: sealed::ceremony(app, tenant, browser, Purpose::Register, &ceremony)?,
        options: options.to_string(),
    })
}

/// What a response must have been made for.
pub(super) fn expect<'a>(ceremony: &'a Ceremony, browser: &'a Browser) -> Expect<'a> {
    Expect {
        challenge: &ceremony.challenge,
        origin: &browser.origin,
        rp_id: rp_id(browser),
        user_verification: UserVerification::Required,
    }
}

/// The mark of a ceremony: its challenge is good once.
pub(super) fn mark(ceremony: &Ceremony, browser: &Browser) -> Mark {
    Mark::new(
        Stands::Ceremony,
        &browser.digest(),
        &base64url::encode(&ceremony.challenge),
        ceremony.expires,
    )
}

fn fresh(at: &Moment) -> Ceremony {
    Ceremony {
        challenge: at.draw("passkey challenge").to_vec(),
        expires: at.now.plus(CEREMONY_SECONDS),
    }
}

/// A name as the browser's own dialogs may show it: nothing in it hides or reorders what stands around it (S-10).
fn shown(name: &str) -> String {
    pages::visible(name, 60)
}

/// The relying party: the host of the tenant's pages.
fn rp_id(browser: &Browser) -> &str {
    let host = browser.origin.split_once("://").map_or("", |(_, host)| host);
    host.split(':').next().unwrap_or(host)
}
