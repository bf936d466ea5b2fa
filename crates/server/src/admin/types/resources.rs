//! Resources, and grants for them.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    ClientId, GrantId, Scopes, Time, Why,
    administration::{EditGrant, GrantEffect, NewGrant, NewResource, Switch},
    grant::Terms,
    id::UserId,
    power::Powers,
    resource::ResourceUri,
};
use proof::json::Object;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    ANY_CLIENT_ID, NAME, RESOURCE, SCOPE, algorithm, algorithm_or_none, details, name, resource, resources, switch,
};

/// A new resource.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct ResourceBody {
    /// Its identifier, an absolute URI without fragment (RFC 8707 s2).
    #[schemars(regex(pattern = RESOURCE))]
    resource: String,
    /// Its name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    resource_name: String,
    /// Its scopes, each with the words a person reads.
    #[serde(default)]
    scopes: BTreeMap<String, String>,
    /// Which of its scopes bring others with them: who may write may read.
    #[serde(default)]
    implied_scopes: BTreeMap<String, BTreeSet<String>>,
    /// `EdDSA` or `ES256`.
    #[schemars(extend("enum" = algorithm_or_none()))]
    access_token_signed_response_alg: Option<String>,
    /// The clients that may introspect its tokens.
    #[serde(default)]
    #[schemars(inner(regex(pattern = ANY_CLIENT_ID)))]
    introspection_clients: Vec<String>,
}

impl ResourceBody {
    pub(in crate::admin) fn into_command(self) -> Result<NewResource, Why> {
        let introspectors = self
            .introspection_clients
            .iter()
            .map(|id| ClientId::parse(id))
            .collect::<Option<Vec<_>>>();
        Ok(NewResource {
            uri: resource(&self.resource)?,
            name: name(self.resource_name, "resource_name")?,
            scopes: self.scopes,
            implied: self.implied_scopes,
            token_algorithm: algorithm(self.access_token_signed_response_alg.as_deref())?,
            introspectors: introspectors
                .ok_or_else(|| Why::Body("introspection_clients: a client id is malformed".to_owned()))?,
        })
    }
}

/// A change of a resource.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct ResourceChangeBody {
    /// Which.
    #[schemars(regex(pattern = RESOURCE))]
    resource: String,
    /// Whether it is disabled.
    disabled: bool,
}

impl ResourceChangeBody {
    pub(in crate::admin) fn into_parts(self) -> Result<(ResourceUri, Switch), Why> {
        Ok((resource(&self.resource)?, switch(self.disabled)))
    }
}

/// A new grant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct GrantBody {
    /// Who may use it.
    client_id: String,
    /// Its scopes, separated by spaces.
    #[serde(default)]
    #[schemars(regex(pattern = SCOPE))]
    scope: String,
    /// Its resources.
    #[serde(default)]
    #[schemars(inner(regex(pattern = RESOURCE)))]
    resources: Vec<String>,
    /// Its authorization details (RFC 9396 s2), each of a registered type.
    #[serde(default)]
    #[schemars(length(max = kernel::detail::DETAILS_MAX))]
    authorization_details: Vec<Object>,
    /// What it allows of each capability: `action`, the `constraints` that all hold of what is asked, and `limits` of how often and how much.
    #[serde(default)]
    #[schemars(length(max = kernel::power::POWERS_MAX))]
    capabilities: Vec<Object>,
    /// When it ends, in seconds since 1970.
    expires_at: Option<i64>,
    /// How many more times it may be narrowed, 0 to 8.
    #[serde(default)]
    #[schemars(range(max = kernel::authority::DEPTH_MAX))]
    depth: u8,
    /// The grant it is narrowed from; a root grant when absent.
    parent: Option<String>,
    /// When it stops counting by itself.
    #[serde(default)]
    revocation: RevocationBody,
    /// Whether it denies what it names, whatever other grants of this client say.
    #[serde(default)]
    denied: bool,
}

/// When a grant stops counting by itself, beside its end.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct RevocationBody {
    /// After so many seconds in which no token came of it or what is below it.
    #[schemars(range(min = kernel::grant::Terms::IDLE_SECONDS_MIN, max = kernel::grant::Terms::IDLE_SECONDS_MAX))]
    idle_seconds: Option<i64>,
    /// While this person is not here or disabled.
    owner: Option<String>,
    /// Revoked for good, once a policy that looks at `context.risk` forbids what is asked under it.
    #[serde(default)]
    risk: bool,
}

impl RevocationBody {
    fn into_terms(self) -> Result<Terms, Why> {
        let owner = self.owner.map(|id| UserId::parse(&id).ok_or(Why::Absent("user")));
        Ok(Terms {
            idle_seconds: self.idle_seconds,
            owner: owner.transpose()?,
            risk: self.risk,
            once: false,
        })
    }
}

impl GrantBody {
    pub(in crate::admin) fn into_command(self) -> Result<NewGrant, Why> {
        if self.depth > kernel::authority::DEPTH_MAX {
            return Err(Why::Body("depth: 0 to 8".to_owned()));
        }
        Ok(NewGrant {
            client: ClientId::parse(&self.client_id).ok_or(Why::Absent("client"))?,
            scopes: Scopes::parse(&self.scope)?,
            resources: resources(&self.resources)?,
            details: details::details(self.authorization_details)?,
            powers: powers(self.capabilities)?,
            expires: self.expires_at.map(Time::from_unix),
            depth: self.depth,
            parent: self
                .parent
                .map(|id| GrantId::parse(&id).ok_or(Why::Absent("grant")))
                .transpose()?,
            terms: self.revocation.into_terms()?,
            effect: if self.denied {
                GrantEffect::Deny
            } else {
                GrantEffect::Give
            },
        })
    }
}

/// A grant that is edited down: what is left of it. What is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct GrantEditBody {
    /// The scopes that are left, separated by spaces.
    #[schemars(regex(pattern = SCOPE))]
    scope: Option<String>,
    /// The resources that are left.
    #[schemars(inner(inner(regex(pattern = RESOURCE))))]
    resources: Option<Vec<String>>,
    /// The authorization details that are left (RFC 9396 s2): each is one of the grant's, or less of one as its type compares.
    #[schemars(length(max = kernel::detail::DETAILS_MAX))]
    authorization_details: Option<Vec<Object>>,
    /// What is left of each capability. The n-th of an `action` becomes the n-th of it; a limit that is left out stays.
    #[schemars(length(max = kernel::power::POWERS_MAX))]
    capabilities: Option<Vec<Object>>,
    /// An earlier end, in seconds since 1970.
    expires_at: Option<i64>,
    /// How many more times it may be narrowed.
    #[schemars(range(max = kernel::authority::DEPTH_MAX))]
    depth: Option<u8>,
    /// A shorter idle time, or an owner where there is none.
    #[serde(default)]
    revocation: RevocationBody,
}

impl GrantEditBody {
    pub(in crate::admin) fn into_command(self, id: GrantId) -> Result<EditGrant, Why> {
        Ok(EditGrant {
            id,
            scopes: self.scope.as_deref().map(Scopes::parse).transpose()?,
            resources: self.resources.as_deref().map(resources).transpose()?,
            details: self.authorization_details.map(details::details).transpose()?,
            powers: self.capabilities.map(powers).transpose()?,
            expires: self.expires_at.map(Time::from_unix),
            depth: self.depth,
            terms: self.revocation.into_terms()?,
        })
    }
}

fn powers(items: Vec<Object>) -> Result<Powers, Why> {
    Powers::read(&items.into_iter().map(Value::Object).collect()).map_err(Why::Body)
}
