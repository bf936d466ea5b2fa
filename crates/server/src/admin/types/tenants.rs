//! Tenants and their administrators.

use kernel::{
    Why,
    administration::NewAdministrator,
    client::SecurityProfile,
    tenant::{Documents, NonceRule, Offered, PkceRule, PushedRequests, Reach, RegistrationRule, SettingsChange},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{NAME, ORIGIN, TENANT_ID, binding, further::profiles, name};

/// A new tenant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct TenantBody {
    /// Its id: 1 to 63 lower-case letters, digits and inner hyphens. Its path is /t/{id}.
    #[schemars(regex(pattern = TENANT_ID))]
    pub(in crate::admin) id: String,
    /// Its name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    pub(in crate::admin) name: String,
    /// An origin of its own, as in `https://auth.acme.example`; the path below the installation's origin when absent.
    #[schemars(regex(pattern = ORIGIN))]
    pub(in crate::admin) origin: Option<String>,
    /// Whether DPoP proofs must carry a nonce of ours; true when absent.
    dpop_nonce_required: Option<bool>,
    /// Lifetime of access tokens, 60 to 3600 seconds; 300 when absent.
    #[schemars(range(min = 60, max = 3600))]
    access_token_seconds: Option<i64>,
    /// Whether clients may bring a metadata document of their own; true when absent.
    client_documents: Option<bool>,
    /// Who may register a client by itself (RFC 7591 s3): nobody (`off`, also when absent), who shows an `initial_token`, or anybody (`open`).
    #[schemars(extend("enum" = registration_rules()))]
    registration: Option<String>,
    /// Whether tokens that act for a person must be bound to a key (RFC 9449); false when absent.
    dpop_required: Option<bool>,
    /// The rules that every client is held to; `baseline` when absent.
    #[schemars(extend("enum" = profiles()))]
    security_profile: Option<String>,
    /// Whether authorization requests must be pushed (RFC 9126); false when absent.
    require_pushed_authorization_requests: Option<bool>,
    /// Whether every client must send a PKCE challenge; `false` lets those with a credential that ask for ID tokens leave it out. True when absent.
    require_pkce: Option<bool>,
    /// Whether clients may have the device grant (RFC 8628); true when absent.
    device_grant: Option<bool>,
    /// Whether token requests may be deferred (Deferred Token Response, a draft); true when absent.
    deferred_token_response: Option<bool>,
}

impl TenantBody {
    /// What it says of settings.
    pub(in crate::admin) fn settings(&self) -> Result<SettingsChange, Why> {
        Ok(SettingsChange {
            dpop_nonce: self.dpop_nonce_required.map(nonce_rule),
            access_token_seconds: self.access_token_seconds,
            client_documents: self.client_documents.map(documents),
            registration: self.registration.as_deref().map(registration).transpose()?,
            binding: self.dpop_required.map(binding),
            profile: self.security_profile.as_deref().map(profile).transpose()?,
            pushed_requests: self.require_pushed_authorization_requests.map(PushedRequests::required),
            pkce: self.require_pkce.map(PkceRule::always),
            device_grant: self.device_grant.map(Offered::on),
            deferred: self.deferred_token_response.map(Offered::on),
        })
    }
}

/// A change of a tenant: what is absent stays. Disabling goes alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct TenantChangeBody {
    /// Whether it is disabled: nothing of it answers then.
    pub(in crate::admin) disabled: Option<bool>,
    /// Another name, for people: pages say with it whose administrators registered a client.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    pub(in crate::admin) name: Option<String>,
    /// Whether DPoP proofs must carry a nonce of ours.
    dpop_nonce_required: Option<bool>,
    /// Lifetime of access tokens, 60 to 3600 seconds.
    #[schemars(range(min = 60, max = 3600))]
    access_token_seconds: Option<i64>,
    /// Whether clients may bring a metadata document of their own.
    client_documents: Option<bool>,
    /// Who may register a client by itself (RFC 7591 s3): nobody (`off`), who shows an `initial_token`, or anybody (`open`).
    #[schemars(extend("enum" = registration_rules()))]
    registration: Option<String>,
    /// Whether tokens that act for a person must be bound to a key (RFC 9449).
    dpop_required: Option<bool>,
    /// The rules that every client is held to.
    #[schemars(extend("enum" = profiles()))]
    security_profile: Option<String>,
    /// Whether authorization requests must be pushed (RFC 9126).
    require_pushed_authorization_requests: Option<bool>,
    /// Whether every client must send a PKCE challenge; `false` lets those with a credential that ask for ID tokens leave it out.
    require_pkce: Option<bool>,
    /// Whether clients may have the device grant (RFC 8628).
    device_grant: Option<bool>,
    /// Whether token requests may be deferred (Deferred Token Response, a draft).
    deferred_token_response: Option<bool>,
}

impl TenantChangeBody {
    /// What it says of settings.
    pub(in crate::admin) fn settings(&self) -> Result<SettingsChange, Why> {
        Ok(SettingsChange {
            dpop_nonce: self.dpop_nonce_required.map(nonce_rule),
            access_token_seconds: self.access_token_seconds,
            client_documents: self.client_documents.map(documents),
            registration: self.registration.as_deref().map(registration).transpose()?,
            binding: self.dpop_required.map(binding),
            profile: self.security_profile.as_deref().map(profile).transpose()?,
            pushed_requests: self.require_pushed_authorization_requests.map(PushedRequests::required),
            pkce: self.require_pkce.map(PkceRule::always),
            device_grant: self.device_grant.map(Offered::on),
            deferred: self.deferred_token_response.map(Offered::on),
        })
    }
}

/// A new administrator's token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct AdministratorBody {
    /// A name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    name: String,
    /// How far it reaches: `registration` is an initial access token (RFC 7591 s3), which registers clients and does nothing else; `tenant` is the tenant; `installation` is every tenant.
    #[schemars(extend("enum" = ["registration", "tenant", "installation"]))]
    reach: String,
    /// How long the token lives, in seconds; for ever when absent.
    #[schemars(range(min = 60, max = 366 * 86_400))]
    lifetime_seconds: Option<i64>,
}

impl AdministratorBody {
    pub(in crate::admin) fn into_command(self) -> Result<NewAdministrator, Why> {
        let reach = match self.reach.as_str() {
            "registration" => Reach::Registration,
            "tenant" => Reach::Tenant,
            "installation" => Reach::Installation,
            _ => return Err(Why::Body("reach: registration, tenant or installation".to_owned())),
        };
        if self
            .lifetime_seconds
            .is_some_and(|seconds| !(60..=366 * 86_400).contains(&seconds))
        {
            return Err(Why::Body("lifetime_seconds: one minute to 366 days".to_owned()));
        }
        Ok(NewAdministrator {
            name: name(self.name, "name")?,
            reach,
            lifetime_seconds: self.lifetime_seconds,
        })
    }
}

fn registration_rules() -> Vec<Option<&'static str>> {
    let rules = [
        RegistrationRule::Off,
        RegistrationRule::InitialToken,
        RegistrationRule::Open,
    ];
    rules.iter().map(|rule| Some(rule.name())).chain([None]).collect()
}

fn registration(name: &str) -> Result<RegistrationRule, Why> {
    RegistrationRule::from_name(name).ok_or_else(|| Why::Body("registration: off, initial_token or open".to_owned()))
}

fn profile(name: &str) -> Result<SecurityProfile, Why> {
    SecurityProfile::from_name(name)
        .ok_or_else(|| Why::Body("security_profile: baseline, fapi2 or fapi2_message_signing".to_owned()))
}

fn nonce_rule(required: bool) -> NonceRule {
    if required {
        NonceRule::Demanded
    } else {
        NonceRule::Accepted
    }
}

fn documents(accepted: bool) -> Documents {
    if accepted {
        Documents::Accepted
    } else {
        Documents::Refused
    }
}
