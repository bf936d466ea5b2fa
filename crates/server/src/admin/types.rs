//! What the admin API reads. Member names are those of RFC 7591 and RFC 8707 where they have one.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    Algorithm, ClientId, GrantId, Scopes, Time, Why,
    administration::{ChangeClient, NewAdministrator, NewClient, NewGrant, NewResource, Switch},
    client::{AuthenticationMethod, Binding, GrantType, Introspects, TOKEN_ALGORITHMS, token_algorithm},
    resource::ResourceUri,
    tenant::{NonceRule, Reach, SettingsChange},
};
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

/// Reads a body strictly: one JSON object, no repeated members, none that we do not know.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Why> {
    let object = proof::json::parse_object_to_depth(body, 16).map_err(Why::Json)?;
    serde_json::from_value(serde_json::Value::Object(object)).map_err(|error| Why::Body(plain(&error.to_string())))
}

/// A message of the parser, cut and in ASCII, without the values that it quotes: they may be secrets, and the message goes into the audit log (S-46).
fn plain(message: &str) -> String {
    let value = message
        .find('"')
        .zip(message.rfind('"'))
        .filter(|(first, last)| first < last);
    let message =
        match value.and_then(|(first, last)| Some((message.get(..first)?, message.get(last..)?.strip_prefix('"')?))) {
            Some((before, after)) => format!("{before}...{after}"),
            None => message.to_owned(),
        };
    message
        .chars()
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .take(300)
        .collect()
}

/// A new client (RFC 7591 s2).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientBody {
    /// Its id; drawn when absent. 1 to 128 of A-Z a-z 0-9 - . _ ~
    #[schemars(regex(pattern = CLIENT_ID))]
    client_id: Option<String>,
    /// Its name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    client_name: String,
    /// `client_secret_basic`, `client_secret_post` or `private_key_jwt`.
    #[schemars(extend("enum" = AuthenticationMethod::ALL.iter().map(|method| method.name()).collect::<Vec<_>>()))]
    token_endpoint_auth_method: String,
    /// Its public keys (RFC 7517 s5), for `private_key_jwt`.
    jwks: Option<serde_json::Map<String, serde_json::Value>>,
    /// The grant types it may use; `client_credentials`.
    #[serde(default)]
    #[schemars(extend("items" = grant_type()))]
    grant_types: Vec<String>,
    /// The scopes of its root grant, separated by spaces.
    #[serde(default)]
    #[schemars(regex(pattern = SCOPE))]
    scope: String,
    /// The resources of its root grant.
    #[serde(default)]
    #[schemars(inner(regex(pattern = RESOURCE)))]
    resources: Vec<String>,
    /// `EdDSA` or `ES256`; otherwise the resource decides, else `EdDSA`.
    #[schemars(extend("enum" = algorithm_or_none()))]
    access_token_signed_response_alg: Option<String>,
    /// Whether it must always prove a key (RFC 9449 s5.2).
    #[serde(default)]
    dpop_bound_access_tokens: bool,
    /// Whether it may introspect every token of the tenant, and not only those of resources that name it.
    #[serde(default)]
    introspects_everything: bool,
}

impl ClientBody {
    pub(super) fn into_command(self) -> Result<NewClient, Why> {
        let grant_types = self
            .grant_types
            .iter()
            .map(|name| GrantType::from_name(name))
            .collect::<Option<BTreeSet<_>>>();
        Ok(NewClient {
            id: self
                .client_id
                .map(|id| {
                    ClientId::parse(&id).ok_or(Why::ClientMetadata(
                        "client_id has 1 to 128 of the characters A-Z a-z 0-9 - . _ ~",
                    ))
                })
                .transpose()?,
            name: name(self.client_name, "client_name")?,
            method: AuthenticationMethod::from_name(&self.token_endpoint_auth_method).ok_or(Why::ClientMetadata(
                "token_endpoint_auth_method is client_secret_basic, client_secret_post or private_key_jwt",
            ))?,
            jwks: self.jwks.map(|jwks| serde_json::Value::Object(jwks).to_string()),
            grant_types: grant_types.ok_or(Why::ClientMetadata(
                "grant_types has a grant type that is not offered; see grant_types_supported",
            ))?,
            scopes: Scopes::parse(&self.scope)?,
            resources: resources(&self.resources)?,
            token_algorithm: algorithm(self.access_token_signed_response_alg.as_deref())?,
            binding: binding(self.dpop_bound_access_tokens),
            introspects: introspects(self.introspects_everything),
        })
    }
}

/// A change of a client: what is absent stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientChangeBody {
    /// A new name.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    client_name: Option<String>,
    /// New public keys.
    jwks: Option<serde_json::Map<String, serde_json::Value>>,
    /// `EdDSA` or `ES256`.
    #[schemars(extend("enum" = algorithm_or_none()))]
    access_token_signed_response_alg: Option<String>,
    /// Whether it must always prove a key.
    dpop_bound_access_tokens: Option<bool>,
    /// Whether it may introspect every token of the tenant.
    introspects_everything: Option<bool>,
    /// Whether it is disabled.
    disabled: Option<bool>,
}

impl ClientChangeBody {
    pub(super) fn into_command(self, id: ClientId) -> Result<ChangeClient, Why> {
        Ok(ChangeClient {
            id,
            name: self.client_name.map(|text| name(text, "client_name")).transpose()?,
            jwks: self.jwks.map(|jwks| serde_json::Value::Object(jwks).to_string()),
            token_algorithm: algorithm(self.access_token_signed_response_alg.as_deref())?,
            binding: self.dpop_bound_access_tokens.map(binding),
            introspects: self.introspects_everything.map(introspects),
            switch: self.disabled.map(switch),
        })
    }
}

/// A new resource.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceBody {
    /// Its identifier, an absolute URI without fragment (RFC 8707 s2).
    #[schemars(regex(pattern = RESOURCE))]
    resource: String,
    /// Its name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    resource_name: String,
    /// Its scopes, each with the words a person reads.
    #[serde(default)]
    scopes: BTreeMap<String, String>,
    /// `EdDSA` or `ES256`.
    #[schemars(extend("enum" = algorithm_or_none()))]
    access_token_signed_response_alg: Option<String>,
    /// The clients that may introspect its tokens.
    #[serde(default)]
    #[schemars(inner(regex(pattern = ANY_CLIENT_ID)))]
    introspection_clients: Vec<String>,
}

impl ResourceBody {
    pub(super) fn into_command(self) -> Result<NewResource, Why> {
        let introspectors = self
            .introspection_clients
            .iter()
            .map(|id| ClientId::parse(id))
            .collect::<Option<Vec<_>>>();
        Ok(NewResource {
            uri: resource(&self.resource)?,
            name: name(self.resource_name, "resource_name")?,
            scopes: self.scopes,
            token_algorithm: algorithm(self.access_token_signed_response_alg.as_deref())?,
            introspectors: introspectors
                .ok_or_else(|| Why::Body("introspection_clients: a client id is malformed".to_owned()))?,
        })
    }
}

/// A change of a resource.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceChangeBody {
    /// Which.
    #[schemars(regex(pattern = RESOURCE))]
    resource: String,
    /// Whether it is disabled.
    disabled: bool,
}

impl ResourceChangeBody {
    pub(super) fn into_parts(self) -> Result<(ResourceUri, Switch), Why> {
        Ok((resource(&self.resource)?, switch(self.disabled)))
    }
}

/// A new grant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantBody {
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
    pub(super) fn into_command(self) -> Result<NewGrant, Why> {
        if self.depth > kernel::authority::DEPTH_MAX {
            return Err(Why::Body("depth: 0 to 8".to_owned()));
        }
        Ok(NewGrant {
            client: ClientId::parse(&self.client_id).ok_or(Why::Absent("client"))?,
            scopes: Scopes::parse(&self.scope)?,
            resources: resources(&self.resources)?,
            expires: self.expires_at.map(Time::from_unix),
            depth: self.depth,
            parent: self
                .parent
                .map(|id| GrantId::parse(&id).ok_or(Why::Absent("grant")))
                .transpose()?,
        })
    }
}

/// A new tenant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantBody {
    /// Its id: 1 to 63 lower-case letters, digits and inner hyphens. Its path is /t/{id}.
    #[schemars(regex(pattern = TENANT_ID))]
    pub(super) id: String,
    /// Its name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    pub(super) name: String,
    /// An origin of its own, as in `https://auth.acme.example`; the path below the installation's origin when absent.
    #[schemars(regex(pattern = ORIGIN))]
    pub(super) origin: Option<String>,
    /// Whether DPoP proofs must carry a nonce of ours; true when absent.
    pub(super) dpop_nonce_required: Option<bool>,
    /// Lifetime of access tokens, 60 to 3600 seconds; 300 when absent.
    #[schemars(range(min = 60, max = 3600))]
    pub(super) access_token_seconds: Option<i64>,
}

/// A change of a tenant: what is absent stays. Disabling goes alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantChangeBody {
    /// Whether it is disabled: nothing of it answers then.
    pub(super) disabled: Option<bool>,
    /// Whether DPoP proofs must carry a nonce of ours.
    pub(super) dpop_nonce_required: Option<bool>,
    /// Lifetime of access tokens, 60 to 3600 seconds.
    #[schemars(range(min = 60, max = 3600))]
    pub(super) access_token_seconds: Option<i64>,
}

/// A new administrator's token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdministratorBody {
    /// A name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    name: String,
    /// `tenant` or `installation`.
    #[schemars(extend("enum" = ["tenant", "installation"]))]
    reach: String,
    /// How long the token lives, in seconds; for ever when absent.
    #[schemars(range(min = 60, max = 366 * 86_400))]
    lifetime_seconds: Option<i64>,
}

impl AdministratorBody {
    pub(super) fn into_command(self) -> Result<NewAdministrator, Why> {
        let reach = match self.reach.as_str() {
            "tenant" => Reach::Tenant,
            "installation" => Reach::Installation,
            _ => return Err(Why::Body("reach: tenant or installation".to_owned())),
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

// What the description says of texts, as patterns of ECMA-262. It says less than what reads them: that stands in `into_command` and the kernel.
const CLIENT_ID: &str = r"^[A-Za-z0-9._~-]{1,128}$";
const ANY_CLIENT_ID: &str = "^[!-~]{1,512}$";
const NAME: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";
const SCOPE: &str = r"^[ !#-\[\]-~]*$";
const RESOURCE: &str = r"^(?!https?:(?!//[^/]))[A-Za-z][A-Za-z0-9+.-]*:[!$-;=?-\[\]_a-z~]+$";
const TENANT_ID: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
const ORIGIN: &str = r"^https?://[^\s/?#@\\]+$";

fn grant_type() -> serde_json::Value {
    serde_json::json!({ "type": "string", "enum": GrantType::ALL.iter().map(|grant_type| grant_type.name()).collect::<Vec<_>>() })
}

/// The values of a member that names the algorithm of access tokens, or nothing.
fn algorithm_or_none() -> Vec<Option<&'static str>> {
    TOKEN_ALGORITHMS
        .iter()
        .map(|algorithm| Some(algorithm.name()))
        .chain([None])
        .collect()
}

/// What a body changes of settings.
pub(super) fn settings(nonce_required: Option<bool>, access_token_seconds: Option<i64>) -> SettingsChange {
    let rule = |required| {
        if required {
            NonceRule::Demanded
        } else {
            NonceRule::Accepted
        }
    };
    SettingsChange {
        dpop_nonce: nonce_required.map(rule),
        access_token_seconds,
    }
}

pub(super) fn switch(disabled: bool) -> Switch {
    if disabled { Switch::Disabled } else { Switch::Enabled }
}

/// A name for people: something to read, of bounded length, without control characters.
pub(super) fn name(text: String, member: &'static str) -> Result<String, Why> {
    let ok = !text.trim().is_empty() && text.chars().count() <= 128 && !text.chars().any(char::is_control);
    if ok {
        Ok(text)
    } else {
        Err(Why::Body(format!(
            "{member}: 1 to 128 characters, no control characters"
        )))
    }
}

fn resource(text: &str) -> Result<ResourceUri, Why> {
    ResourceUri::parse(text).ok_or_else(|| {
        Why::Body("resource: an absolute URI without fragment, as in https://mcp.example.com/mcp".to_owned())
    })
}

fn resources(texts: &[String]) -> Result<BTreeSet<ResourceUri>, Why> {
    texts.iter().map(|text| resource(text)).collect()
}

fn algorithm(name: Option<&str>) -> Result<Option<Algorithm>, Why> {
    name.map(token_algorithm).transpose()
}

fn binding(required: bool) -> Binding {
    if required {
        Binding::Required
    } else {
        Binding::WhenProved
    }
}

fn introspects(everything: bool) -> Introspects {
    if everything {
        Introspects::Everything
    } else {
        Introspects::ItsResources
    }
}
