//! The description of the admin API, made from the route table and the types that are read.

use kernel::CallerKind;
use proof::json::Object;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{answers::answer, types};
use crate::{
    http::{
        entrance::Inbound,
        render::{Document, Outgoing, RESPONSES},
    },
    routes::{Admin, Body, Endpoint, ROUTES, Route},
};

/// GET `/admin/v1/openapi.json`.
pub(crate) fn openapi(inbound: &Inbound) -> Outgoing {
    Outgoing::Document(Document::json(description(inbound.app.origin())))
}

/// The description, for a server.
pub(crate) fn description(origin: &str) -> Object {
    let mut paths = Object::new();
    for route in ROUTES
        .iter()
        .filter(|route| route.admits == [CallerKind::Administrator])
    {
        let Endpoint::Admin(call) = route.endpoint else {
            continue;
        };
        let entry = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(route.method.as_str().to_lowercase(), operation(route, call));
        }
    }
    let mut o = Object::new();
    o.insert("openapi".into(), "3.1.0".into());
    o.insert("info".into(), json!({ "title": "Prokura admin API", "version": "1", "summary": "Clients, resources, grants, people, central consent, tenants, keys and the audit log of a tenant. Below /t/{tenant} it is another tenant's." }));
    o.insert("servers".into(), json!([{ "url": origin }]));
    o.insert("security".into(), json!([{ "administrator": [] }]));
    o.insert("paths".into(), Value::Object(paths));
    o.insert(
        "components".into(),
        json!({
            "securitySchemes": { "administrator": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Problem": problem() },
        }),
    );
    o
}

fn operation(route: &Route, call: Admin) -> Value {
    let (success, answer) = answer(call);
    let problem = json!({ "description": "Refused; see error", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } } });
    let mut responses = json!({
        success: { "description": "Done", "content": { "application/json": { "schema": answer } } },
        "4XX": problem,
        "5XX": problem,
    });
    if let (Admin::ApplyPolicies, Some(responses)) = (call, responses.as_object_mut()) {
        let same = json!({ "description": "The same counts already", "content": { "application/json": { "schema": answer } } });
        responses.insert("200".into(), same);
    }
    let mut operation = Object::new();
    operation.insert("operationId".into(), format!("{call:?}").into());
    operation.insert("summary".into(), route.summary.into());
    operation.insert("responses".into(), responses);
    let parameters = parameters(route, call);
    if !parameters.is_empty() {
        operation.insert("parameters".into(), parameters.into());
    }
    if route.body == Body::Json {
        operation.insert(
            "requestBody".into(),
            json!({ "required": true, "content": { "application/json": { "schema": request(call) } } }),
        );
    }
    Value::Object(operation)
}

/// What a call takes in its path and its query.
fn parameters(route: &Route, call: Admin) -> Vec<Value> {
    let mut parameters = Vec::new();
    if route.path.contains("{id}") {
        let of_client = route.path.starts_with("/admin/v1/clients/");
        let of_detail_type = route.path.starts_with("/admin/v1/detail-types/");
        let of_capability = route.path.starts_with("/admin/v1/capabilities/");
        let (said, length_max) = if of_detail_type {
            (
                "A type. One with characters that are reserved in a path, as in https://bank.example/payment, is written as ~ and its base64url without padding (RFC 4648 s5).",
                DETAIL_TYPE_IN_PATH_MAX,
            )
        } else if of_capability {
            (
                "A capability's name. One with characters that are reserved in a path is written as ~ and its base64url without padding (RFC 4648 s5).",
                CAPABILITY_IN_PATH_MAX,
            )
        } else if of_client {
            (
                "A client's id. One that is an address, as in https://app.example/client.json, is written as ~ and its base64url without padding (RFC 4648 s5).",
                CLIENT_ID_IN_PATH_MAX,
            )
        } else {
            ("Its id", 128)
        };
        let schema = json!({ "type": "string", "pattern": "^[A-Za-z0-9._~-]+$", "maxLength": length_max });
        parameters.push(json!({ "name": "id", "in": "path", "required": true, "description": said, "schema": schema }));
    }
    if matches!(
        call,
        Admin::ListClients
            | Admin::ListResources
            | Admin::ListGrants
            | Admin::ListBookings
            | Admin::ListUsers
            | Admin::ListUserGrants
            | Admin::ListGroups
            | Admin::ListApprovals
            | Admin::ListBrowserSessions
            | Admin::ListTenants
            | Admin::ListAdministrators
            | Admin::ListEvents
            | Admin::ListPolicyVersions
    ) {
        // An empty value counts as none, as in every form (RFC 6749 s3.1).
        parameters.push(json!({ "name": "limit", "in": "query", "description": "Rows at most", "allowEmptyValue": true, "schema": { "type": "integer", "minimum": 1, "maximum": 500, "default": 50 } }));
        parameters.push(json!({ "name": "after", "in": "query", "description": "The next of the page before", "allowEmptyValue": true, "schema": { "type": "string", "pattern": "^[!-~]*$" } }));
    }
    if call == Admin::ListUsers {
        parameters.push(json!({ "name": "login", "in": "query", "description": "Only the person who signs in by this", "allowEmptyValue": true, "schema": { "type": "string" } }));
    }
    if call == Admin::ListBrowserSessions {
        parameters.push(json!({ "name": "user", "in": "query", "description": "Only those of the person with this id that were not ended, the newest first", "allowEmptyValue": true, "schema": { "type": "string" } }));
    }
    parameters
}

/// `~` and the base64url of the longest id.
const CLIENT_ID_IN_PATH_MAX: usize = 1 + (kernel::id::ID_BYTES_MAX * 4).div_ceil(3);

/// `~` and the base64url of the longest type.
const DETAIL_TYPE_IN_PATH_MAX: usize = 1 + (128_usize * 4).div_ceil(3);

/// `~` and the base64url of the longest name.
const CAPABILITY_IN_PATH_MAX: usize = 1 + (kernel::capability::NAME_BYTES_MAX * 4).div_ceil(3);

/// The schema of what a call reads.
fn request(call: Admin) -> Value {
    match call {
        Admin::CreateClient => client::<types::ClientBody>(),
        Admin::ChangeClient => client::<types::ClientChangeBody>(),
        Admin::CreateResource => schema::<types::ResourceBody>(),
        Admin::ChangeResource => schema::<types::ResourceChangeBody>(),
        Admin::CreateGrant => schema::<types::GrantBody>(),
        Admin::EditGrant => schema::<types::GrantEditBody>(),
        Admin::CreateDetailType => schema::<types::DetailTypeBody>(),
        Admin::ReplaceDetailType => schema::<types::DetailTypeChangeBody>(),
        Admin::ApplyPolicies => schema::<types::PoliciesBody>(),
        Admin::ReplayPolicies => schema::<types::ReplayBody>(),
        Admin::ExplainPolicies => schema::<types::ExplainBody>(),
        Admin::PutCapability => schema::<types::CapabilityBody>(),
        Admin::CreateUser => schema::<types::UserBody>(),
        Admin::ChangeUser => schema::<types::UserChangeBody>(),
        Admin::SetUserPassword => schema::<types::PasswordBody>(),
        Admin::CreateGroup => schema::<types::GroupBody>(),
        Admin::CreateConsentRule => schema::<types::RuleBody>(),
        Admin::CreateTenant => schema::<types::TenantBody>(),
        Admin::ChangeTenant => schema::<types::TenantChangeBody>(),
        Admin::CreateAdministrator => schema::<types::AdministratorBody>(),
        Admin::ListClients
        | Admin::ShowClient
        | Admin::RotateClientSecret
        | Admin::ListResources
        | Admin::ListGrants
        | Admin::ShowGrant
        | Admin::RevokeGrant
        | Admin::ListBookings
        | Admin::ShowBudgets
        | Admin::ListUsers
        | Admin::ShowUser
        | Admin::GiveRecoveryCode
        | Admin::ListUserGrants
        | Admin::EndUserSessions
        | Admin::ListGroups
        | Admin::DropGroup
        | Admin::ListBrowserSessions
        | Admin::EndBrowserSession
        | Admin::ListConsentRules
        | Admin::ListApprovals
        | Admin::ShowApproval
        | Admin::CancelApproval
        | Admin::DropConsentRule
        | Admin::ListDetailTypes
        | Admin::ShowDetailType
        | Admin::DropDetailType
        | Admin::ShowPolicies
        | Admin::ListPolicyVersions
        | Admin::ShowPolicyVersion
        | Admin::ListCapabilities
        | Admin::DropCapability
        | Admin::ListTenants
        | Admin::ListKeys
        | Admin::RotateKeys
        | Admin::ListAdministrators
        | Admin::EndAdministrator
        | Admin::ListEvents
        | Admin::Doctor => json!({}),
    }
}

/// A body about a client: with the members that the kernel reads by itself.
fn client<T: JsonSchema>() -> Value {
    let mut body = schema::<T>();
    let further = schema::<types::FurtherBody>();
    if let (Some(Value::Object(to)), Some(Value::Object(from))) =
        (body.get_mut("properties"), further.get("properties"))
    {
        to.extend(from.clone());
    }
    body
}

/// The schema of what a body is read into.
pub(super) fn schema<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    serde_json::to_value(settings.into_generator().into_root_schema_for::<T>()).unwrap_or_default()
}

fn problem() -> Value {
    let codes: Vec<&str> = RESPONSES.iter().map(|(code, _)| code.name()).collect();
    json!({
        "type": "object",
        "required": ["error", "error_description", "request_id"],
        "additionalProperties": false,
        "properties": {
            "error": { "type": "string", "enum": codes },
            "error_description": { "type": "string" },
            "request_id": { "type": "string" },
            "detail": { "type": "string" },
        },
    })
}
