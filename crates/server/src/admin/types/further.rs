//! What a client says beyond plain OAuth: read by the kernel, described here.

use kernel::{
    Algorithm,
    client::{MEMBERS, SecurityProfile},
};
use proof::json::Object;
use schemars::JsonSchema;
use serde_json::{Value, json};

/// Takes the members that the kernel reads out of a body.
pub(in crate::admin) fn take(body: &mut Object) -> Object {
    MEMBERS.iter().filter_map(|name| body.remove_entry(*name)).collect()
}

/// The members for the description; in a change, `null` takes one back.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is the schema of what the kernel reads from JSON itself")]
pub(in crate::admin) struct FurtherBody {
    /// With what its ID tokens are signed; RS256 when it says nothing (OpenID Connect Registration s2).
    #[schemars(extend("enum" = algorithms()))]
    id_token_signed_response_alg: Option<String>,
    /// Userinfo is a JWT, signed with this.
    #[schemars(extend("enum" = algorithms()))]
    userinfo_signed_response_alg: Option<String>,
    /// With what signed authorization responses are signed (JARM); RS256 when it says nothing.
    #[schemars(extend("enum" = algorithms()))]
    authorization_signed_response_alg: Option<String>,
    /// With what signed introspection answers are signed (RFC 9701); RS256 when it says nothing.
    #[schemars(extend("enum" = algorithms()))]
    introspection_signed_response_alg: Option<String>,
    /// The only algorithm its request objects may have.
    #[schemars(extend("enum" = algorithms()))]
    request_object_signing_alg: Option<String>,
    /// The only algorithm its assertions may have.
    #[schemars(extend("enum" = algorithms()))]
    token_endpoint_auth_signing_alg: Option<String>,
    /// Whether people have names of its sector's own, or the ones that every public client knows.
    #[schemars(extend("enum" = ["pairwise", "public", null]))]
    subject_type: Option<String>,
    /// An address that lists its redirect URIs; its host is the sector.
    #[schemars(extend("format" = "uri"))]
    sector_identifier_uri: Option<String>,
    /// How long ago the sign-in may be, in seconds, when a request does not say.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    default_max_age: Option<i64>,
    /// The levels that it wants when a request does not say.
    #[schemars(length(max = 20))]
    default_acr_values: Option<Vec<String>>,
    /// Where its request objects may be fetched.
    #[schemars(length(max = 20))]
    request_uris: Option<Vec<String>>,
    /// Where people may be sent after they signed out.
    #[schemars(length(max = 20))]
    post_logout_redirect_uris: Option<Vec<String>>,
    /// Where it is told that somebody signed out.
    #[schemars(extend("format" = "uri"))]
    backchannel_logout_uri: Option<String>,
    /// Whether logout tokens must name the session; they always do.
    backchannel_logout_session_required: Option<bool>,
    /// Whether its authorization requests must be pushed (RFC 9126).
    require_pushed_authorization_requests: Option<bool>,
    /// Whether its authorization requests must be signed (RFC 9101).
    require_signed_request_object: Option<bool>,
    /// `false` lets a client with a credential ask for ID tokens without a PKCE challenge.
    require_pkce: Option<bool>,
    /// The rules it is held to, on top of its tenant's.
    #[schemars(extend("enum" = profiles()))]
    security_profile: Option<String>,
    /// Whether its tokens are bound to its certificate (RFC 8705).
    tls_client_certificate_bound_access_tokens: Option<bool>,
    /// For `tls_client_auth`: the subject of its certificate, in the text form of RFC 4514. One of the five.
    tls_client_auth_subject_dn: Option<String>,
    /// A DNS name in its certificate.
    tls_client_auth_san_dns: Option<String>,
    /// A URI in its certificate.
    tls_client_auth_san_uri: Option<String>,
    /// An IP address in its certificate.
    tls_client_auth_san_ip: Option<String>,
    /// An e-mail address in its certificate.
    tls_client_auth_san_email: Option<String>,
    /// The types of authorization details that it may use (RFC 9396); every one of the tenant when it says nothing.
    #[schemars(length(max = 20))]
    authorization_details_types: Option<Vec<String>>,
    /// Its logo; shown as text, never fetched.
    #[schemars(extend("format" = "uri"))]
    logo_uri: Option<String>,
    /// What it does with what it learns.
    #[schemars(extend("format" = "uri"))]
    policy_uri: Option<String>,
    /// Its terms.
    #[schemars(extend("format" = "uri"))]
    tos_uri: Option<String>,
}

fn algorithms() -> Vec<Value> {
    Algorithm::PROOF_NAMES
        .iter()
        .map(|name| json!(name))
        .chain([Value::Null])
        .collect()
}

/// The security profiles, or none.
pub(in crate::admin) fn profiles() -> Vec<Value> {
    SecurityProfile::ALL
        .iter()
        .map(|profile| json!(profile.name()))
        .chain([Value::Null])
        .collect()
}
