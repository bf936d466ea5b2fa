//! Passkey ceremonies: what the browser is asked for, and what a ceremony must have been made for.

use kernel::{Mark, Moment, UserId, caller::BrowserUser, credential::Passkey, mark::Stands};
use proof::{
    Verified, base64url,
    webauthn::{self, Asserted, Assertion, CredentialKey, Expect, UserVerification},
};
use serde_json::{Value, json};
use store::TenantDb;

use super::{
    Browser,
    sealed::{self, CEREMONY_SECONDS, Ceremony, Purpose},
};
use crate::{app::App, fault::Fault};

/// The rule that a response breaks which is none.
pub(super) const UNREADABLE: &str = "the passkey's response cannot be read";

/// A ceremony for a page: sealed, and the options for the script.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) ceremony: String,
    pub(super) options: String,
}

/// Asks for a passkey to sign in with: any that this browser has for us.
pub(super) fn to_sign_in(app: &App, tenant: &TenantDb, browser: &Browser, at: &Moment) -> Result<Asked, Fault> {
    let ceremony = fresh(at);
    Ok(Asked {
        ceremony: sealed::ceremony(app, tenant, browser, Purpose::SignIn, &ceremony)?,
        options: request(browser, &ceremony.drawn, &[]),
    })
}

/// Asks for the signature of one of a person's passkeys over something: `challenge` makes of what is drawn what is signed.
pub(super) fn to_say_yes(
    app: &App,
    tenant: &TenantDb,
    browser: &Browser,
    known: &[Passkey],
    challenge: impl FnOnce(&str) -> [u8; 32],
    at: &Moment,
) -> Result<Asked, Fault> {
    let ceremony = fresh(at);
    Ok(Asked {
        ceremony: sealed::ceremony(app, tenant, browser, Purpose::SayYes, &ceremony)?,
        options: request(browser, &challenge(&base64url::encode(&ceremony.drawn)), known),
    })
}

/// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn s5.1.8), for one of these or, where there are none, for any that the browser has for us.
fn request(browser: &Browser, challenge: &[u8], known: &[Passkey]) -> String {
    let options = json!({
        "challenge": base64url::encode(challenge),
        "rpId": rp_id(browser),
        "timeout": CEREMONY_SECONDS.saturating_mul(1_000),
        "userVerification": "required",
        "allowCredentials": described(known),
    });
    options.to_string()
}

/// `PublicKeyCredentialDescriptorJSON` of each.
fn described(known: &[Passkey]) -> Vec<Value> {
    known
        .iter()
        .map(|passkey| json!({ "type": "public-key", "id": passkey.credential, "transports": passkey.transports }))
        .collect()
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
    // PublicKeyCredentialCreationOptionsJSON (WebAuthn s5.1.8)
    let options = json!({
        "rp": { "id": rp_id(browser), "name": shown(&tenant.tenant().name) },
        "user": {
            "id": base64url::encode(person.user.id.as_str().as_bytes()),
            "name": person.user.login.as_str(),
            "displayName": shown(person.user.name()),
        },
        "challenge": base64url::encode(&ceremony.drawn),
        "pubKeyCredParams": algorithms,
        "timeout": CEREMONY_SECONDS.saturating_mul(1_000),
        "excludeCredentials": described(known),
        "authenticatorSelection": { "residentKey": "required", "requireResidentKey": true, "userVerification": "required" },
        "attestation": "none",
    });
    Ok(Asked {
        ceremony: sealed::ceremony(app, tenant, browser, Purpose::Register, &ceremony)?,
        options: options.to_string(),
    })
}

/// What a response must have been made for.
pub(super) fn expect<'a>(challenge: &'a [u8], browser: &'a Browser) -> Expect<'a> {
    Expect {
        challenge,
        origin: &browser.origin,
        rp_id: rp_id(browser),
        user_verification: UserVerification::Required,
    }
}

/// The passkey whose signature over this challenge it is, or the rule that it breaks. Of somebody who is signed in it is one of theirs.
pub(super) async fn asserted(
    tenant: &TenantDb,
    browser: &Browser,
    assertion: &Assertion,
    challenge: &[u8],
    whose: Option<&UserId>,
) -> Result<Result<(Passkey, Verified<Asserted>), &'static str>, Fault> {
    let id = base64url::encode(&assertion.credential_id);
    let Some(passkey) = tenant.passkey_by_credential(&id).await? else {
        return Ok(Err("no such passkey"));
    };
    // Whose passkey it is the authenticator says, which need not where we know already who is there; it must be whose we know it to be (WebAuthn s7.2 step 6).
    let theirs = whose.is_none_or(|user| passkey.user == *user);
    let said = assertion.user_handle.as_deref();
    let named = match said {
        Some(said) => said == passkey.user.as_str().as_bytes(),
        None => whose.is_some(),
    };
    if !theirs || !named {
        return Ok(Err("the passkey names another person"));
    }
    let cose = base64url::decode(&passkey.public_key).map_err(|_| Fault::Stored("passkey.public_key"))?;
    let key = CredentialKey::from_cose(&cose).map_err(|_| Fault::Stored("passkey.public_key"))?;
    let counter = u32::try_from(passkey.counter).map_err(|_| Fault::Stored("passkey.counter"))?;
    let expect = expect(challenge, browser);
    Ok(match webauthn::check_assertion(assertion, &key, counter, &expect) {
        Ok(asserted) => Ok((passkey, asserted)),
        Err(rejected) => {
            tracing::info!(reason = %rejected, "a passkey was refused");
            Err("the passkey's signature does not hold for this page")
        }
    })
}

/// The mark of a ceremony: what was drawn for it is good once.
pub(super) fn mark(ceremony: &Ceremony, browser: &Browser) -> Mark {
    Mark::new(
        Stands::Ceremony,
        &browser.digest(),
        &base64url::encode(&ceremony.drawn),
        ceremony.expires,
    )
}

fn fresh(at: &Moment) -> Ceremony {
    Ceremony {
        drawn: at.draw("passkey challenge").to_vec(),
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
