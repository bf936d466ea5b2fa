//! An isolated world: issuer, keys, users, clients, policies, audit log.

use proof::Time;

use crate::{
    authority::Audience,
    client::{self, SecurityProfile},
    id::{AdministratorId, TenantId},
    why::Why,
};

/// The tenant that lives at the root of the installation.
pub const DEFAULT_TENANT: &str = "default";

/// Lifetime of an access token, in seconds (product decision 1).
pub const ACCESS_TOKEN_SECONDS: i64 = 300;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id; its path is `/t/{id}` unless it is the default tenant or has a host name of its own.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// Its issuer (RFC 8414 s2): no trailing slash, no query, no fragment; what `iss` says, byte for byte.
    pub issuer: String,
    /// What it decided for itself.
    pub settings: Settings,
    /// The version of its policies; 0 before it applied any.
    pub policy_version: i64,
    /// When it was made.
    pub created: Time,
    /// When it was disabled, if it is.
    pub disabled: Option<Time>,
}

impl Tenant {
    /// The `aud` of a token for this place: our issuer stands for our own endpoints.
    pub fn place_of<'a>(&'a self, audience: &'a Audience) -> &'a str {
        match audience {
            Audience::Issuer => &self.issuer,
            Audience::Resource(uri) => uri.as_str(),
        }
    }
}

/// What a tenant decides for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether `DPoP` proofs at our endpoints must carry a nonce of ours (RFC 9449 s8).
    pub dpop_nonce: NonceRule,
    /// Lifetime of access tokens, in seconds: 60 to 3,600.
    pub access_token_seconds: i64,
    /// Whether clients may bring a metadata document of their own (draft-ietf-oauth-client-id-metadata-document).
    pub client_documents: Documents,
    /// Who may register a client by itself (RFC 7591 s3).
    pub registration: RegistrationRule,
    /// Whether tokens that act for a person must be bound to a key.
    pub binding: client::Binding,
    /// The rules that every client is held to.
    pub profile: SecurityProfile,
    /// Whether authorization requests must be pushed (RFC 9126 s5).
    pub pushed_requests: PushedRequests,
    /// Who may leave the PKCE challenge out.
    pub pkce: PkceRule,
    /// The device grant (RFC 8628), for clients that an administrator registered for it.
    pub device_grant: Offered,
    /// Deferred Token Response (a draft), for clients that ask for it.
    pub deferred: Offered,
}

/// Whether something is offered at all. What is off is not in discovery, and its door is shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl Offered {
    /// On or off.
    pub const fn on(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }

    /// Whether it is.
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// Whether authorization requests must be pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushedRequests {
    /// They may be.
    Accepted,
    /// Every one must be.
    Required,
}

impl PushedRequests {
    /// Required or not.
    pub const fn required(required: bool) -> Self {
        if required { Self::Required } else { Self::Accepted }
    }
}

/// Who may leave the PKCE challenge out (product decision 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkceRule {
    /// Nobody, but for a client with a credential that an administrator registered so, when it asks for an ID token.
    Always,
    /// Any client with a credential that asks for an ID token: `nonce` does there what PKCE does elsewhere. For certification benches and clients of that age.
    OpenIdMayOmit,
}

impl PkceRule {
    /// Always or not.
    pub const fn always(always: bool) -> Self {
        if always { Self::Always } else { Self::OpenIdMayOmit }
    }
}

/// Whether clients may bring a metadata document of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Documents {
    /// They may; the host of the document's address is shown to the person.
    Accepted,
    /// Only those that an administrator pinned.
    Refused,
}

/// Who may register a client by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationRule {
    /// Nobody.
    Off,
    /// Who shows an initial access token (RFC 7591 s3).
    InitialToken,
    /// Anybody, within caps.
    Open,
}

impl RegistrationRule {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::InitialToken => "initial_token",
            Self::Open => "open",
        }
    }

    /// The rule of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Off, Self::InitialToken, Self::Open]
            .into_iter()
            .find(|rule| rule.name() == name)
    }
}

/// A change of settings: what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// The rule about nonces.
    pub dpop_nonce: Option<NonceRule>,
    /// Lifetime of access tokens, in seconds.
    pub access_token_seconds: Option<i64>,
    /// The rule about client documents.
    pub client_documents: Option<Documents>,
    /// The rule about registration.
    pub registration: Option<RegistrationRule>,
    /// The rule about bound tokens.
    pub binding: Option<client::Binding>,
    /// The rules that every client is held to.
    pub profile: Option<SecurityProfile>,
    /// The rule about pushed requests.
    pub pushed_requests: Option<PushedRequests>,
    /// The rule about PKCE.
    pub pkce: Option<PkceRule>,
    /// The device grant, on or off.
    pub device_grant: Option<Offered>,
    /// Deferred Token Response, on or off.
    pub deferred: Option<Offered>,
}

impl SettingsChange {
    /// Settings after the change.
    #[must_use]
    pub fn of(self, old: Settings) -> Settings {
        Settings {
            dpop_nonce: self.dpop_nonce.unwrap_or(old.dpop_nonce),
            access_token_seconds: self.access_token_seconds.unwrap_or(old.access_token_seconds),
            client_documents: self.client_documents.unwrap_or(old.client_documents),
            registration: self.registration.unwrap_or(old.registration),
            binding: self.binding.unwrap_or(old.binding),
            profile: self.profile.unwrap_or(old.profile),
            pushed_requests: self.pushed_requests.unwrap_or(old.pushed_requests),
            pkce: self.pkce.unwrap_or(old.pkce),
            device_grant: self.device_grant.unwrap_or(old.device_grant),
            deferred: self.deferred.unwrap_or(old.deferred),
        }
    }
}

/// Whether a `DPoP` proof must carry a nonce of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceRule {
    /// A proof without is answered `use_dpop_nonce`.
    Demanded,
    /// A proof without is checked by its time alone; one with a nonce must have a good one.
    Accepted,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dpop_nonce: NonceRule::Demanded,
            access_token_seconds: ACCESS_TOKEN_SECONDS,
            client_documents: Documents::Accepted,
            registration: RegistrationRule::Off,
            binding: client::Binding::WhenProved,
            profile: SecurityProfile::Baseline,
            pushed_requests: PushedRequests::Accepted,
            pkce: PkceRule::Always,
            device_grant: Offered::On,
            deferred: Offered::On,
        }
    }
}

/// Reads the id of a new tenant: 1 to 63 lower-case letters, digits and inner hyphens, so that it can be a path segment and a host label.
pub fn parse_id(text: &str) -> Result<TenantId, Why> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let ok =
        (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-');
    ok.then(|| TenantId::parse(text))
        .flatten()
        .ok_or_else(|| Why::Body("id: 1 to 63 lower-case letters, digits and inner hyphens".to_owned()))
}

/// How far an administrator reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Registering clients of the tenant it belongs to, and nothing else: an initial access token (RFC 7591 s3).
    Registration,
    /// The tenant it belongs to.
    Tenant,
    /// The whole installation: every tenant, and tenants themselves.
    Installation,
}

/// An administrator: a person's or program's token for the admin API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// Its id.
    pub id: AdministratorId,
    /// Its name for people.
    pub name: String,
    /// How far it reaches.
    pub reach: Reach,
    /// When it was made.
    pub created: Time,
    /// When its token ends, if it does.
    pub expires: Option<Time>,
}

/// What a change may do to tenants and administrators, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The tenant is new: neither its id nor its issuer is taken.
    Create(Box<Tenant>),
    /// The administrator is new. The row holds only the digest of the token.
    CreateAdministrator {
        /// Who.
        administrator: Box<Administrator>,
        /// `base64url(SHA-256(token))`.
        token_digest: String,
    },
}

/// What a change does to tenants whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The tenant is disabled from now on, or enabled again (`None`).
    SetDisabled {
        /// Which.
        id: TenantId,
        /// Since when.
        at: Option<Time>,
    },
    /// The tenant has another name.
    SetName {
        /// Which.
        id: TenantId,
        /// The name.
        name: String,
    },
    /// The administrator's token ends, if it had not ended before.
    EndAdministrator {
        /// Whose.
        id: AdministratorId,
        /// When.
        at: Time,
    },
    /// Some of the tenant's settings are these; the others stay, whoever else changes them.
    SetSettings {
        /// Which.
        id: TenantId,
        /// What changes.
        change: SettingsChange,
    },
}
