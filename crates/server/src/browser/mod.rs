//! The doors for people: what a browser is known by, and the pages.
//!
//! Two cookies: one names the browser, so that what a page carries works in that browser alone (S-08); one is the browser session of whoever signed in. What a page
//! carries from step to step is sealed for its tenant and its browser; nothing is stored for people who only look.

mod account;
mod agents;
mod approvals;
mod authorize;
mod consent;
mod cookies;
mod end_session;
mod form_token;
mod give;
mod grants;
mod home;
mod passkey;
mod sealed;
mod sign_in;
mod view;

pub(crate) use account::{account, account_form, refused as password_refused};
pub(crate) use agents::{agents, stop};
pub(crate) use approvals::{approval, approval_answer, approvals, device, device_code};
pub(crate) use authorize::authorize;
pub(crate) use consent::{consent, consent_answer};
pub(crate) use cookies::Browser;
pub(crate) use end_session::end_session;
pub(crate) use form_token::{about_nothing as form_token, check as check_form};
pub(crate) use give::{give, give_now};
pub(crate) use grants::{grant, grant_change, grant_document};
pub(crate) use home::{asset, home, wants_page};
pub(crate) use sign_in::{
    recovery, sign_in, sign_in_for, sign_in_passkey, sign_in_password, sign_in_recovery, sign_out, sign_out_now,
};

use kernel::{TenantId, token::TenantKeys};
use keys::Seal;
use proof::{Secret, digest};

/// Keys that belong to pages and to the tokens people give; derived from the installation's key, the same on every node.
pub(crate) struct PageKeys {
    forms: [u8; 32],
    refresh: [u8; 32],
    pairwise: [u8; 32],
    approvals: [u8; 32],
}

impl std::fmt::Debug for PageKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageKeys").finish_non_exhaustive()
    }
}

impl PageKeys {
    pub(crate) fn derive(seal: &Seal) -> Self {
        Self {
            forms: seal.derive("page forms"),
            refresh: seal.derive("refresh tokens"),
            pairwise: seal.derive("pairwise names"),
            approvals: seal.derive("approvals"),
        }
    }

    /// A tenant's keys for refresh tokens, pairwise names and approvals: of no use in another tenant.
    pub(crate) fn of_tenant(&self, tenant: &TenantId) -> TenantKeys {
        let of = |key: &[u8; 32]| Secret::new(digest::hmac_sha256(key, tenant.as_str().as_bytes()));
        TenantKeys {
            refresh: of(&self.refresh),
            pairwise: of(&self.pairwise),
            approvals: self.approvals_of(tenant),
        }
    }

    /// The one for approvals alone, for doors that need no other.
    pub(crate) fn approvals_of(&self, tenant: &TenantId) -> Secret<[u8; 32]> {
        Secret::new(digest::hmac_sha256(&self.approvals, tenant.as_str().as_bytes()))
    }

    pub(super) fn form_token(&self, text: &str) -> String {
        proof::base64url::encode(&digest::hmac_sha256(&self.forms, text.as_bytes()))
    }
}
