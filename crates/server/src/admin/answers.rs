//! What the calls of the admin API answer, for its description.

use proof::json::Object;
use serde_json::{Value, json};

use super::{openapi, types};
use crate::routes::Admin;

/// The status and shape of a call's answer.
pub(super) fn answer(call: Admin) -> (&'static str, Value) {
    match call {
        Admin::ListClients => ("200", list("clients", &client())),
        Admin::CreateClient => ("201", client()),
        Admin::ShowClient | Admin::ChangeClient | Admin::RotateClientSecret => ("200", client()),
        Admin::ListResources => ("200", list("resources", &resource())),
        Admin::CreateResource => ("201", resource()),
        Admin::ChangeResource => ("200", resource()),
        Admin::ListGrants | Admin::ListUserGrants => ("200", list("grants", &grant())),
        Admin::CreateGrant => ("201", grant()),
        Admin::ShowGrant => ("200", attorney()),
        Admin::EditGrant | Admin::RevokeGrant => ("200", grant()),
        Admin::ListBookings => ("200", list("entries", &booking())),
        Admin::ShowBudgets => ("200", list("budgets", &budget())),
        Admin::ListUsers => ("200", list("users", &user(&[]))),
        Admin::CreateUser => ("201", user(&[])),
        Admin::GiveRecoveryCode => ("201", user(&["recovery_code"])),
        Admin::ShowUser | Admin::ChangeUser | Admin::SetUserPassword | Admin::EndUserSessions => ("200", user(&[])),
        Admin::ListGroups => ("200", list("groups", &group())),
        Admin::CreateGroup => ("201", group()),
        Admin::DropGroup => ("200", group()),
        Admin::ListBrowserSessions => ("200", list("browser_sessions", &browser_session())),
        Admin::EndBrowserSession => ("200", browser_session()),
        Admin::ListConsentRules => ("200", list("consent_rules", &rule())),
        Admin::CreateConsentRule => ("201", rule()),
        Admin::DropConsentRule => ("200", rule()),
        Admin::ListApprovals => ("200", list("approvals", &approval())),
        Admin::ShowApproval | Admin::CancelApproval => ("200", approval()),
        Admin::ListDetailTypes => ("200", list("detail_types", &detail_type())),
        Admin::CreateDetailType => ("201", detail_type()),
        Admin::ShowDetailType | Admin::ReplaceDetailType | Admin::DropDetailType => ("200", detail_type()),
        Admin::ApplyPolicies => ("201", policies()),
        Admin::ShowPolicies | Admin::ShowPolicyVersion => ("200", policies()),
        Admin::ListPolicyVersions => ("200", list("versions", &policy_version())),
        Admin::ReplayPolicies => ("200", replay()),
        Admin::ExplainPolicies => ("200", explanation()),
        Admin::ListCapabilities => ("200", list("capabilities", &capability(&[]))),
        Admin::PutCapability | Admin::DropCapability => ("200", capability(&["version"])),
        Admin::ListTenants => ("200", list("tenants", &tenant())),
        Admin::CreateTenant => ("201", tenant()),
        Admin::ChangeTenant => ("200", tenant()),
        Admin::ListKeys => ("200", list("keys", &key())),
        Admin::RotateKeys => ("201", list("keys", &key())),
        Admin::ListAdministrators => ("200", list("administrators", &administrator(&[]))),
        Admin::CreateAdministrator => ("201", administrator(&["token"])),
        Admin::EndAdministrator => ("200", administrator(&[])),
        Admin::ListEvents => ("200", list("events", &event())),
        Admin::Doctor => (
            "200",
            object(&["state", "checks"], &[("state", "string"), ("checks", "array")]),
        ),
    }
}

/// An administrator, with what else the call shows of one.
fn administrator(further: &[&str]) -> Value {
    let mut members = vec![
        ("id", "string"),
        ("name", "string"),
        ("reach", "string"),
        ("created_at", "integer"),
        ("expires_at", "integer"),
    ];
    members.extend(further.iter().map(|name| (*name, "string")));
    let mut required = vec!["id", "name", "reach", "created_at"];
    required.extend(further);
    object(&required, &members)
}

fn client() -> Value {
    with_further(object(
        &[
            "client_id",
            "client_name",
            "token_endpoint_auth_method",
            "grant_types",
            "dpop_bound_access_tokens",
            "introspects_everything",
            "registered_by",
            "created_at",
        ],
        &[
            ("client_id", "string"),
            ("client_name", "string"),
            ("token_endpoint_auth_method", "string"),
            ("grant_types", "array"),
            ("redirect_uris", "array"),
            ("application_type", "string"),
            ("client_uri", "string"),
            ("registered_by", "string"),
            ("expires_at", "integer"),
            ("jwks", "object"),
            ("jwks_uri", "string"),
            ("access_token_signed_response_alg", "string"),
            ("dpop_bound_access_tokens", "boolean"),
            ("introspects_everything", "boolean"),
            ("approvers", "string"),
            ("approval_quorum", "integer"),
            ("client_secret", "string"),
            ("client_secret_expires_at", "integer"),
            ("created_at", "integer"),
            ("disabled_at", "integer"),
            ("last_used_at", "integer"),
        ],
    ))
}

/// What a client said beyond plain OAuth is told as it may be said, but never as `null`: what was not said is left out.
fn with_further(mut described: Value) -> Value {
    let further = openapi::schema::<types::FurtherBody>();
    let members = further.get("properties").and_then(Value::as_object);
    if let (Some(properties), Some(members)) = (described.get_mut("properties").and_then(Value::as_object_mut), members)
    {
        properties.extend(
            members
                .iter()
                .map(|(name, of)| (name.clone(), json!({ "type": said_type(of) }))),
        );
    }
    described
}

/// The type of a member that is there.
fn said_type(described: &Value) -> Value {
    let types = match described.get("type") {
        Some(Value::Array(types)) => types.iter().find(|of| *of != "null").cloned(),
        one => one.cloned(),
    };
    types.unwrap_or_default()
}

fn resource() -> Value {
    object(
        &[
            "resource",
            "resource_name",
            "scopes",
            "introspection_clients",
            "created_at",
        ],
        &[
            ("resource", "string"),
            ("resource_name", "string"),
            ("scopes", "object"),
            ("implied_scopes", "object"),
            ("introspection_clients", "array"),
            ("access_token_signed_response_alg", "string"),
            ("created_at", "integer"),
            ("disabled_at", "integer"),
        ],
    )
}

fn grant() -> Value {
    object(
        &[
            "id",
            "scope",
            "resources",
            "own_endpoints",
            "depth",
            "given_by",
            "created_at",
            "status",
        ],
        &[
            ("id", "string"),
            ("client_id", "string"),
            ("host_id", "string"),
            ("session_id", "string"),
            ("user_id", "string"),
            ("scope", "string"),
            ("resources", "array"),
            ("own_endpoints", "boolean"),
            ("depth", "integer"),
            ("authorization_details", "array"),
            ("capabilities", "array"),
            ("expires_at", "integer"),
            ("parent", "string"),
            ("given_by", "string"),
            ("created_at", "integer"),
            ("status", "string"),
            ("silent_because", "string"),
            ("lives", "boolean"),
            ("revoked_at", "integer"),
            ("revocation", "object"),
        ],
    )
}

fn booking() -> Value {
    object(
        &["id", "kind", "capability", "units", "client_id", "booked_by", "at"],
        &[
            ("id", "string"),
            ("kind", "string"),
            ("capability", "string"),
            ("units", "integer"),
            ("amount", "object"),
            ("client_id", "string"),
            ("booked_by", "string"),
            ("token", "string"),
            ("at", "integer"),
            ("expires_at", "integer"),
            ("end", "object"),
        ],
    )
}

fn budget() -> Value {
    object(
        &["action", "words", "limits", "used", "left"],
        &[
            ("action", "string"),
            ("words", "string"),
            ("constraints", "array"),
            ("limits", "object"),
            ("used", "object"),
            ("left", "object"),
        ],
    )
}

/// The power of attorney: a grant with everything that it names.
fn attorney() -> Value {
    let mut described = grant();
    let further = [
        ("lives", "boolean"),
        ("silent_because", "string"),
        ("holder", "object"),
        ("subject", "object"),
        ("source", "object"),
        ("given_at", "integer"),
        ("ends_at", "integer"),
        ("scope_words", "array"),
        ("resource_names", "array"),
        ("authorization_details_words", "array"),
        ("allows_now", "object"),
        ("ancestors", "array"),
        ("words", "array"),
    ];
    if let Some(properties) = described.get_mut("properties").and_then(Value::as_object_mut) {
        properties.extend(further.map(|(name, of)| (name.to_owned(), json!({ "type": of }))));
    }
    described
}

fn tenant() -> Value {
    object(
        &[
            "id",
            "name",
            "issuer",
            "dpop_nonce_required",
            "access_token_seconds",
            "client_documents",
            "registration",
            "dpop_required",
            "security_profile",
            "require_pushed_authorization_requests",
            "require_pkce",
            "device_grant",
            "deferred_token_response",
            "created_at",
        ],
        &[
            ("id", "string"),
            ("name", "string"),
            ("issuer", "string"),
            ("dpop_nonce_required", "boolean"),
            ("access_token_seconds", "integer"),
            ("client_documents", "boolean"),
            ("registration", "string"),
            ("dpop_required", "boolean"),
            ("security_profile", "string"),
            ("require_pushed_authorization_requests", "boolean"),
            ("require_pkce", "boolean"),
            ("device_grant", "boolean"),
            ("deferred_token_response", "boolean"),
            ("created_at", "integer"),
            ("disabled_at", "integer"),
        ],
    )
}

/// A person, with what else the call shows of one.
fn user(further: &[&str]) -> Value {
    let mut members = vec![
        ("id", "string"),
        ("login", "string"),
        ("profile", "object"),
        ("groups", "array"),
        ("created_at", "integer"),
        ("disabled_at", "integer"),
    ];
    members.extend(further.iter().map(|name| (*name, "string")));
    let mut required = vec!["id", "login", "profile", "groups", "created_at"];
    required.extend(further);
    object(&required, &members)
}

fn group() -> Value {
    object(
        &["id", "kind", "name", "created_at"],
        &[
            ("id", "string"),
            ("kind", "string"),
            ("name", "string"),
            ("created_at", "integer"),
        ],
    )
}

fn rule() -> Value {
    object(
        &["id", "effect", "made_by", "created_at"],
        &[
            ("id", "string"),
            ("effect", "string"),
            ("client_id", "string"),
            ("clients", "string"),
            ("scope", "string"),
            ("resource", "string"),
            ("group", "string"),
            ("made_by", "string"),
            ("created_at", "integer"),
        ],
    )
}

fn approval() -> Value {
    object(
        &[
            "id",
            "door",
            "client_id",
            "state",
            "scope",
            "approved_by",
            "payload_hash",
            "bound",
            "created_at",
            "expires_at",
        ],
        &[
            ("id", "string"),
            ("door", "string"),
            ("client_id", "string"),
            ("state", "string"),
            ("scope", "string"),
            ("authorization_details", "array"),
            ("resource", "string"),
            ("binding_message", "string"),
            ("user_id", "string"),
            ("approvers", "string"),
            ("approval_quorum", "integer"),
            ("approval_groups", "array"),
            ("approved_by", "array"),
            ("denied_by", "string"),
            ("grant", "string"),
            ("payload_hash", "string"),
            ("bound", "boolean"),
            ("started_from", "string"),
            ("created_at", "integer"),
            ("expires_at", "integer"),
            ("answered_at", "integer"),
        ],
    )
}

fn detail_type() -> Value {
    object(
        &["type", "name", "words", "schema", "narrowing", "created_at"],
        &[
            ("type", "string"),
            ("name", "string"),
            ("words", "object"),
            ("schema", "object"),
            ("narrowing", "object"),
            ("created_at", "integer"),
        ],
    )
}

fn policies() -> Value {
    object(
        &["version", "policies", "capabilities"],
        &[
            ("version", "integer"),
            ("policies", "string"),
            ("schema", "string"),
            ("capabilities", "array"),
            ("applied_by", "string"),
            ("created_at", "integer"),
        ],
    )
}

fn policy_version() -> Value {
    object(
        &["version", "applied_by", "created_at"],
        &[
            ("version", "integer"),
            ("applied_by", "string"),
            ("created_at", "integer"),
        ],
    )
}

/// A capability, with what else the call shows of one.
fn capability(further: &[&str]) -> Value {
    let mut members = vec![
        ("name", "string"),
        ("description", "string"),
        ("approval_strength", "string"),
        ("input_schema", "object"),
        ("output_schema", "object"),
        ("scopes", "array"),
    ];
    members.extend(further.iter().map(|name| (*name, "integer")));
    let mut required = vec!["name", "description", "approval_strength"];
    required.extend(further);
    object(&required, &members)
}

fn replay() -> Value {
    object(
        &["replayed", "flips", "would_flip", "complete", "compared_to_version"],
        &[
            ("replayed", "integer"),
            ("flips", "integer"),
            ("would_flip", "array"),
            ("complete", "boolean"),
            ("compared_to_version", "integer"),
        ],
    )
}

fn explanation() -> Value {
    object(
        &[
            "answer",
            "decided",
            "demands",
            "failed",
            "looked_at",
            "takes_a_human",
            "version",
        ],
        &[
            ("answer", "string"),
            ("decided", "array"),
            ("demands", "object"),
            ("failed", "array"),
            ("unfit", "string"),
            ("looked_at", "integer"),
            ("takes_a_human", "boolean"),
            ("version", "integer"),
        ],
    )
}

fn browser_session() -> Value {
    object(
        &[
            "id",
            "user_id",
            "method",
            "signed_in_at",
            "last_seen_at",
            "expires_at",
            "browser",
        ],
        &[
            ("id", "string"),
            ("user_id", "string"),
            ("method", "string"),
            ("signed_in_at", "integer"),
            ("last_seen_at", "integer"),
            ("expires_at", "integer"),
            ("browser", "string"),
            ("ended_at", "integer"),
        ],
    )
}

fn event() -> Value {
    object(
        &["id", "kind", "at", "request_id", "place", "body"],
        &[
            ("id", "string"),
            ("kind", "string"),
            ("at", "integer"),
            ("request_id", "string"),
            ("place", "string"),
            ("actor", "string"),
            ("about", "string"),
            ("body", "object"),
        ],
    )
}

fn key() -> Value {
    object(
        &["kid", "alg", "created_at", "active_from", "state", "public_jwk"],
        &[
            ("kid", "string"),
            ("alg", "string"),
            ("created_at", "integer"),
            ("active_from", "integer"),
            ("state", "string"),
            ("public_jwk", "object"),
        ],
    )
}

fn list(name: &str, item: &Value) -> Value {
    json!({ "type": "object", "required": [name], "additionalProperties": false, "properties": { name: { "type": "array", "items": item }, "next": { "type": "string" } } })
}

fn object(required: &[&str], members: &[(&str, &str)]) -> Value {
    let properties: Object = members
        .iter()
        .map(|(name, of_type)| ((*name).to_owned(), json!({ "type": of_type })))
        .collect();
    json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
}
