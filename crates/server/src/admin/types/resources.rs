//! Resources, and grants for them.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    ClientId, GrantId, Scopes, Time, Why,
    administration::{NewGrant, NewResource, Switch},
    resource::ResourceUri,
};
use proof::json::Object;
use schemars::JsonSchema;
use serde::Deserialize;

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
    /// When it ends, in seconds since 1970.
    expires_at: Option<i64>,
    /// How many more times it may be narrowed, 0 to 8.
    #[serde(default)]
    #[schemars(range(max = kernel::authority::DEPTH_MAX))]
    depth: u8,
    /// The grant it is narrowed from; a root grant when absent.
    parent: Option<String>,
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
            expires: self.expires_at.map(Time::from_unix),
            depth: self.depth,
            parent: self
                .parent
                .map(|id| GrantId::parse(&id).ok_or(Why::Absent("grant")))
                .transpose()?,
        })
    }
}
