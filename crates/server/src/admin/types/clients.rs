//! Clients (RFC 7591 s2).

use std::collections::BTreeSet;

use kernel::{
    ClientId, Scopes, Why,
    administration::{ChangeClient, NewClient},
    client::{
        ApplicationType, Approvers, AuthenticationMethod, Further, GrantType, Introspects, Keys, QUORUM_MAX, is_fetched,
    },
    registration::{Address, address},
    user,
};
use proof::json::Object;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    CLIENT_ID, GROUP_ID, NAME, RESOURCE, SCOPE, algorithm, algorithm_or_none, binding, name, resources, switch,
};

/// The longest address of a client's own page, in bytes (S-24).
const URI_BYTES_MAX: usize = 2_000;

/// A new client (RFC 7591 s2).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct ClientBody {
    /// Its id; drawn when absent. 1 to 128 of A-Z a-z 0-9 - . _ ~; or the https address of a client metadata document, which is pinned by this and never fetched.
    #[schemars(regex(pattern = CLIENT_ID))]
    client_id: Option<String>,
    /// Its name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    client_name: String,
    /// How it proves who it is at our endpoints; `none` for a program that can keep no secret.
    #[schemars(extend("enum" = AuthenticationMethod::ALL.iter().map(|method| method.name()).collect::<Vec<_>>()))]
    token_endpoint_auth_method: String,
    /// Its public keys (RFC 7517 s5), for `private_key_jwt`.
    jwks: Option<Map<String, Value>>,
    /// The grant types it may use.
    #[serde(default)]
    #[schemars(extend("items" = grant_type()))]
    grant_types: Vec<String>,
    /// Where it may be answered through a browser, compared byte for byte, but for the port of a loopback address; needed for `authorization_code`.
    #[serde(default)]
    redirect_uris: Vec<String>,
    /// `native` or `web`: a web site has no redirect URI on the person's own computer.
    #[schemars(extend("enum" = [Some("native"), Some("web"), None::<&str>]))]
    application_type: Option<String>,
    /// Its own page; shown to people under Details, never linked.
    #[schemars(length(max = URI_BYTES_MAX))]
    client_uri: Option<String>,
    /// The scopes of its root grant, separated by spaces; for `client_credentials`.
    #[serde(default)]
    #[schemars(regex(pattern = SCOPE))]
    scope: String,
    /// The resources of its root grant; for `client_credentials`.
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
    /// Where its public keys are, instead of `jwks`: fetched when they are needed.
    #[schemars(length(max = URI_BYTES_MAX))]
    jwks_uri: Option<String>,
    /// The group or role whose members are asked when it wants more than it was given (Deferred Token Response); nobody when absent.
    #[schemars(regex(pattern = GROUP_ID))]
    approvers: Option<String>,
    /// How many of them must say yes; one when absent.
    #[schemars(range(min = 1, max = QUORUM_MAX))]
    approval_quorum: Option<i64>,
}

impl ClientBody {
    /// The command; `further` is what it says beyond plain OAuth.
    pub(in crate::admin) fn into_command(self, further: &Object) -> Result<NewClient, Why> {
        let grant_types = self
            .grant_types
            .iter()
            .map(|name| GrantType::from_name(name))
            .collect::<Option<BTreeSet<_>>>();
        let kind = ApplicationType::from_name(self.application_type.as_deref())
            .ok_or(Why::ClientMetadata("application_type is native or web"))?;
        Ok(NewClient {
            id: self.client_id.as_deref().map(new_id).transpose()?,
            name: name(self.client_name, "client_name")?,
            method: AuthenticationMethod::from_name(&self.token_endpoint_auth_method).ok_or(Why::ClientMetadata(
                "token_endpoint_auth_method is client_secret_basic, client_secret_post, private_key_jwt or none",
            ))?,
            keys: keys(self.jwks, self.jwks_uri)?,
            further: Further::read(further, kind).map_err(Why::ClientMetadata)?,
            grant_types: grant_types.ok_or(Why::ClientMetadata(
                "grant_types has a grant type that is not offered; see grant_types_supported",
            ))?,
            scopes: Scopes::parse(&self.scope)?,
            resources: resources(&self.resources)?,
            token_algorithm: algorithm(self.access_token_signed_response_alg.as_deref())?,
            binding: binding(self.dpop_bound_access_tokens),
            introspects: introspects(self.introspects_everything),
            approvers: approvers(self.approvers.as_deref(), self.approval_quorum)?.flatten(),
            redirect_uris: self.redirect_uris,
            application_type: kind,
            uri: self.client_uri.map(page).transpose()?,
        })
    }
}

/// A change of a client: what is absent stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct ClientChangeBody {
    /// A new name.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    client_name: Option<String>,
    /// New public keys.
    jwks: Option<Map<String, Value>>,
    /// Where it may be answered through a browser from now on, instead of the places before.
    redirect_uris: Option<Vec<String>>,
    /// `EdDSA` or `ES256`.
    #[schemars(extend("enum" = algorithm_or_none()))]
    access_token_signed_response_alg: Option<String>,
    /// Whether it must always prove a key.
    dpop_bound_access_tokens: Option<bool>,
    /// Whether it may introspect every token of the tenant.
    introspects_everything: Option<bool>,
    /// Whether it is disabled.
    disabled: Option<bool>,
    /// Where its public keys are from now on, instead of `jwks`.
    #[schemars(length(max = URI_BYTES_MAX))]
    jwks_uri: Option<String>,
    /// The group or role whose members are asked when it wants more than it was given; empty for nobody.
    approvers: Option<String>,
    /// How many of them must say yes; one when absent. It goes with `approvers`.
    #[schemars(range(min = 1, max = QUORUM_MAX))]
    approval_quorum: Option<i64>,
}

impl ClientChangeBody {
    /// The command; `further` is what changes beyond plain OAuth.
    pub(in crate::admin) fn into_command(self, id: ClientId, further: Object) -> Result<ChangeClient, Why> {
        Ok(ChangeClient {
            id,
            name: self.client_name.map(|text| name(text, "client_name")).transpose()?,
            keys: keys(self.jwks, self.jwks_uri)?,
            further,
            token_algorithm: algorithm(self.access_token_signed_response_alg.as_deref())?,
            binding: self.dpop_bound_access_tokens.map(binding),
            introspects: self.introspects_everything.map(introspects),
            approvers: approvers(self.approvers.as_deref(), self.approval_quorum)?,
            redirect_uris: self.redirect_uris,
            switch: self.disabled.map(switch),
        })
    }
}

/// Who is asked: nothing is said, nobody is (an empty name), or so many of a group.
#[expect(clippy::option_option, reason = "nothing is said, or that there is nobody")]
fn approvers(group: Option<&str>, quorum: Option<i64>) -> Result<Option<Option<Approvers>>, Why> {
    match (group, quorum) {
        (None, None) => Ok(None),
        (Some(""), None) => Ok(Some(None)),
        (None | Some(""), Some(_)) => Err(Why::ClientMetadata("approval_quorum goes with approvers")),
        (Some(group), quorum) => {
            let group =
                user::parse_group(group).ok_or(Why::ClientMetadata("approvers is the id of a group or role"))?;
            Approvers::new(group, quorum.unwrap_or(1))
                .map(|approvers| Some(Some(approvers)))
                .ok_or(Why::ClientMetadata("approval_quorum is 1 to 10"))
        }
    }
}

/// Keys, or where they are.
fn keys(jwks: Option<Map<String, Value>>, address: Option<String>) -> Result<Option<Keys>, Why> {
    match (jwks, address) {
        (None, None) => Ok(None),
        (Some(jwks), None) => Ok(Some(Keys::Here(proof::json::canonical(&Value::Object(jwks))))),
        (None, Some(address)) if is_fetched(&address) => Ok(Some(Keys::At(address))),
        (None, Some(_)) => Err(Why::ClientMetadata(
            "jwks_uri is https, without user name and fragment, at most 2000 bytes",
        )),
        (Some(_), Some(_)) => Err(Why::ClientMetadata("jwks and jwks_uri do not go together")),
    }
}

/// An id that a new client may have: none that a path would read as the written form of an address.
fn new_id(text: &str) -> Result<ClientId, Why> {
    if id_in_path(text).is_some_and(|id| id.as_str() != text) {
        return Err(Why::ClientMetadata(
            "client_id is the written form of an address; give the address itself",
        ));
    }
    ClientId::parse(text).ok_or(Why::ClientMetadata(
        "client_id has 1 to 128 of the characters A-Z a-z 0-9 - . _ ~, or is the https address of a client metadata document",
    ))
}

/// Reads a client id in a path. An address cannot stand there: it is written as `~` and its base64url (RFC 4648 s5). Every other id stands for itself.
pub(in crate::admin) fn id_in_path(text: &str) -> Option<ClientId> {
    let written = text
        .strip_prefix('~')
        .and_then(|encoded| proof::base64url::decode(encoded).ok())
        .and_then(|bytes| ClientId::parse(std::str::from_utf8(&bytes).ok()?))
        .filter(|id| address(id) != Address::Plain);
    written.or_else(|| ClientId::parse(text))
}

/// The address of a client's own page.
fn page(text: String) -> Result<String, Why> {
    let plain = text.len() <= URI_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_graphic())
        && (text.starts_with("https://") || text.starts_with("http://"));
    plain.then_some(text).ok_or(Why::ClientMetadata(
        "client_uri is an https or http URL of at most 2000 bytes",
    ))
}

fn grant_type() -> Value {
    json!({ "type": "string", "enum": GrantType::ALL.iter().map(|grant_type| grant_type.name()).collect::<Vec<_>>() })
}

fn introspects(everything: bool) -> Introspects {
    if everything {
        Introspects::Everything
    } else {
        Introspects::ItsResources
    }
}

#[cfg(test)]
mod tests {
    use super::{id_in_path, new_id};

    #[test]
    fn an_address_stands_in_a_path_as_base64url_and_every_other_id_for_itself() {
        // base64url of `https://app.example/c` by Python's base64.urlsafe_b64encode.
        let written = "~aHR0cHM6Ly9hcHAuZXhhbXBsZS9j";
        let read = |text| id_in_path(text).map(|id| id.as_str().to_owned());
        assert_eq!(read(written).as_deref(), Some("https://app.example/c"));
        for plain in [
            "atlas",
            "~",
            "~atlas",
            "~YXRsYXM",
            "~aHR0cHM6Ly9hcHAuZXhhbXBsZS9j=",
            "a~b",
        ] {
            assert_eq!(read(plain).as_deref(), Some(plain), "it names no address");
        }
        assert!(new_id(written).is_err(), "an id that no path could name");
        assert!(new_id("~atlas").is_ok() && new_id("https://app.example/c").is_ok());
    }
}
