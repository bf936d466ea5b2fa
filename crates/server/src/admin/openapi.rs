//! The description of the admin API, made from the route table and the types that are read.

use kernel::CallerKind;
use proof::json::Object;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::types;
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
    for route in ROUTES.iter().filter(|route| route.admits == CallerKind::Administrator) {
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
    o.insert("info".into(), json!({ "title": "Prokura admin API", "version": "1", "summary": "Clients, resources, grants, tenants, keys and the audit log of a tenant. Below /t/{tenant} it is another tenant's." }));
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
    let responses = json!({
        success: { "description": "Done", "content": { "application/json": { "schema": answer } } },
        "4XX": problem,
        "5XX": problem,
    });
    let mut operation = Object::new();
    operation.insert("operationId".into(), format!("{call:?}").into());
    operation.insert("summary".into(), route.summary.into());
    operation.insert("responses".into(), responses);
    let mut parameters = Vec::new();
    if route.path.contains("{id}") {
        parameters.push(json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "pattern": "^[A-Za-z0-9._~-]+$", "maxLength": 128 } }));
    }
    if matches!(
        call,
        Admin::ListClients
            | Admin::ListResources
            | Admin::ListGrants
            | Admin::ListTenants
            | Admin::ListAdministrators
            | Admin::ListEvents
    ) {
        // An empty value counts as none, as in every form (RFC 6749 s3.1).
        parameters.push(json!({ "name": "limit", "in": "query", "description": "Rows at most", "allowEmptyValue": true, "schema": { "type": "integer", "minimum": 1, "maximum": 500, "default": 50 } }));
        parameters.push(json!({ "name": "after", "in": "query", "description": "The next of the page before", "allowEmptyValue": true, "schema": { "type": "string", "pattern": "^[!-~]*$" } }));
    }
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

/// The schema of what a call reads.
fn request(call: Admin) -> Value {
    match call {
        Admin::CreateClient => schema::<types::ClientBody>(),
        Admin::ChangeClient => schema::<types::ClientChangeBody>(),
        Admin::CreateResource => schema::<types::ResourceBody>(),
        Admin::ChangeResource => schema::<types::ResourceChangeBody>(),
        Admin::CreateGrant => schema::<types::GrantBody>(),
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
        | Admin::ListTenants
        | Admin::ListKeys
        | Admin::RotateKeys
        | Admin::ListAdministrators
        | Admin::EndAdministrator
        | Admin::ListEvents
        | Admin::Doctor => json!({}),
    }
}

fn schema<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    serde_json::to_value(settings.into_generator().into_root_schema_for::<T>()).unwrap_or_default()
}

/// The status and shape of a call's answer.
fn answer(call: Admin) -> (&'static str, Value) {
    match call {
        Admin::ListClients => ("200", list("clients", &client())),
        Admin::CreateClient => ("201", client()),
        Admin::ShowClient | Admin::ChangeClient | Admin::RotateClientSecret => ("200", client()),
        Admin::ListResources => ("200", list("resources", &resource())),
        Admin::CreateResource => ("201", resource()),
        Admin::ChangeResource => ("200", resource()),
        Admin::ListGrants => ("200", list("grants", &grant())),
        Admin::CreateGrant => ("201", grant()),
        Admin::ShowGrant | Admin::RevokeGrant => ("200", grant()),
        Admin::ListTenants => ("200", list("tenants", &tenant())),
        Admin::CreateTenant => ("201", tenant()),
        Admin::ChangeTenant => ("200", tenant()),
        Admin::ListKeys => ("200", list("keys", &key())),
        Admin::RotateKeys => ("201", list("keys", &key())),
        Admin::ListAdministrators => ("200", list("administrators", &administrator(&[]))),
        Admin::CreateAdministrator => ("201", administrator(&["token"])),
        Admin::EndAdministrator => ("200", administrator(&[])),
        Admin::ListEvents => (
            "200",
            list(
                "events",
                &object(
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
                ),
            ),
        ),
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
    object(
        &[
            "client_id",
            "client_name",
            "token_endpoint_auth_method",
            "grant_types",
            "dpop_bound_access_tokens",
            "introspects_everything",
            "created_at",
        ],
        &[
            ("client_id", "string"),
            ("client_name", "string"),
            ("token_endpoint_auth_method", "string"),
            ("grant_types", "array"),
            ("jwks", "object"),
            ("access_token_signed_response_alg", "string"),
            ("dpop_bound_access_tokens", "boolean"),
            ("introspects_everything", "boolean"),
            ("client_secret", "string"),
            ("client_secret_expires_at", "integer"),
            ("created_at", "integer"),
            ("disabled_at", "integer"),
            ("last_used_at", "integer"),
        ],
    )
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
            ("expires_at", "integer"),
            ("parent", "string"),
            ("given_by", "string"),
            ("created_at", "integer"),
            ("status", "string"),
            ("revoked_at", "integer"),
        ],
    )
}

fn tenant() -> Value {
    object(
        &[
            "id",
            "name",
            "issuer",
            "dpop_nonce_required",
            "access_token_seconds",
            "created_at",
        ],
        &[
            ("id", "string"),
            ("name", "string"),
            ("issuer", "string"),
            ("dpop_nonce_required", "boolean"),
            ("access_token_seconds", "integer"),
            ("created_at", "integer"),
            ("disabled_at", "integer"),
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
