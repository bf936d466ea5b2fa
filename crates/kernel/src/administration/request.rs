//! The commands of administration. The server reads them from JSON; strings have ended here.

use std::collections::{BTreeMap, BTreeSet};

use proof::{Algorithm, Time};

use crate::{
    authority::Scopes,
    client::{AuthenticationMethod, Binding, GrantType, Introspects},
    id::{AdministratorId, ClientId, GrantId, TenantId},
    key::SigningKey,
    resource::ResourceUri,
    tenant::{Reach, Settings, SettingsChange},
};

/// One thing an administrator wants done in the tenant.
#[derive(Clone, Debug)]
pub enum Command {
    /// Register a client, and give it its root grant.
    CreateClient(Box<NewClient>),
    /// Change a registration.
    ChangeClient(Box<ChangeClient>),
    /// Give a client a new secret; the old one ends at once.
    RotateClientSecret(ClientId),
    /// Register a resource.
    CreateResource(Box<NewResource>),
    /// Disable a resource, or enable it again.
    SetResourceDisabled(ResourceUri, Switch),
    /// Give a client a grant, or narrow one.
    CreateGrant(Box<NewGrant>),
    /// Revoke a grant, and with it everything below it.
    RevokeGrant(GrantId),
    /// Make a tenant.
    CreateTenant(Box<NewTenant>),
    /// Disable a tenant, or enable it again.
    SetTenantDisabled(TenantId, Switch),
    /// Change what a tenant decides for itself.
    SetTenantSettings(TenantId, SettingsChange),
    /// Make an administrator's token.
    CreateAdministrator(NewAdministrator),
    /// End an administrator's token now.
    EndAdministrator(AdministratorId),
    /// Publish new signing keys now. They sign as soon as every cache of the old key set has ended.
    RotateKeys(Vec<SigningKey>),
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// It counts.
    Enabled,
    /// It does not count until it is enabled again.
    Disabled,
}

impl Switch {
    /// Since when it is disabled, if it is.
    pub fn since(self, now: Time) -> Option<Time> {
        match self {
            Self::Enabled => None,
            Self::Disabled => Some(now),
        }
    }
}

/// A new client.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Its id; drawn when absent.
    pub id: Option<ClientId>,
    /// Its name for people.
    pub name: String,
    /// How it proves who it is.
    pub method: AuthenticationMethod,
    /// Its JWK Set as text, for `private_key_jwt`.
    pub jwks: Option<String>,
    /// The grant types it may use.
    pub grant_types: BTreeSet<GrantType>,
    /// The scopes of its root grant.
    pub scopes: Scopes,
    /// The resources of its root grant; our own endpoints are always among its places.
    pub resources: BTreeSet<ResourceUri>,
    /// The algorithm of its access tokens.
    pub token_algorithm: Option<Algorithm>,
    /// Whether its tokens are always bound.
    pub binding: Binding,
    /// What it may introspect.
    pub introspects: Introspects,
}

/// A change of a registration: what is `None` stays.
#[derive(Clone, Debug)]
pub struct ChangeClient {
    /// Which.
    pub id: ClientId,
    /// A new name.
    pub name: Option<String>,
    /// New keys.
    pub jwks: Option<String>,
    /// A new algorithm for its access tokens.
    pub token_algorithm: Option<Algorithm>,
    /// A new rule about bound tokens.
    pub binding: Option<Binding>,
    /// What it may introspect from now on.
    pub introspects: Option<Introspects>,
    /// On or off.
    pub switch: Option<Switch>,
}

/// A new resource.
#[derive(Clone, Debug)]
pub struct NewResource {
    /// Its identifier.
    pub uri: ResourceUri,
    /// Its name for people.
    pub name: String,
    /// Its scopes, with words.
    pub scopes: BTreeMap<String, String>,
    /// The algorithm it wants its tokens signed with.
    pub token_algorithm: Option<Algorithm>,
    /// The clients that may introspect its tokens.
    pub introspectors: Vec<ClientId>,
}

/// A new grant for a client.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// Who may use it.
    pub client: ClientId,
    /// The scopes.
    pub scopes: Scopes,
    /// The resources.
    pub resources: BTreeSet<ResourceUri>,
    /// Until when.
    pub expires: Option<Time>,
    /// How many more times it may be narrowed.
    pub depth: u8,
    /// The grant it is narrowed from; a root when absent.
    pub parent: Option<GrantId>,
}

/// A new tenant.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// Its issuer, worked out by the server from the installation's origin, or a host name of its own.
    pub issuer: String,
    /// What it decides for itself.
    pub settings: Settings,
}

/// A new administrator's token.
#[derive(Clone, Debug)]
pub struct NewAdministrator {
    /// A name for people.
    pub name: String,
    /// How far it reaches.
    pub reach: Reach,
    /// How long the token lives, in seconds; for ever when absent.
    pub lifetime_seconds: Option<i64>,
}
