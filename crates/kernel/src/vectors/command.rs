//! An administrator's command as JSON: `{"create_grant": {...}}`, its members in the words of the admin API.

use proof::Algorithm;
use serde_json::Value;

use super::facts::{Row, id, uri};
use crate::{
    administration::{ChangeClient, Command, NewAdministrator, NewClient, NewGrant, NewResource, NewTenant, Switch},
    caller::{AdministratorCaller, Caller, Who},
    client::{AuthenticationMethod, Binding, GrantType, Introspects},
    key::SigningKey,
    tenant::{NonceRule, Reach, SettingsChange},
};

/// Reads a command.
pub(crate) fn command(request: &Value) -> Command {
    let (name, value) = request.as_object().and_then(|request| request.iter().next()).unwrap();
    let row = |members: &[&str]| Row::of(value, members);
    match name.as_str() {
        "create_client" => Command::CreateClient(Box::new(new_client(value))),
        "change_client" => Command::ChangeClient(Box::new(change_client(value))),
        "rotate_client_secret" => Command::RotateClientSecret(id(row(&["client_id"]).required("client_id"))),
        "create_resource" => Command::CreateResource(Box::new(new_resource(value))),
        "set_resource_disabled" => {
            let row = row(&["resource", "disabled"]);
            Command::SetResourceDisabled(uri(row.required("resource")), switch(&row).unwrap())
        }
        "create_grant" => Command::CreateGrant(Box::new(new_grant(value))),
        "revoke_grant" => Command::RevokeGrant(id(row(&["id"]).required("id"))),
        "create_tenant" => Command::CreateTenant(Box::new(new_tenant(value))),
        "set_tenant_disabled" => {
            let row = row(&["id", "disabled"]);
            Command::SetTenantDisabled(id(row.required("id")), switch(&row).unwrap())
        }
        "set_tenant_settings" => {
            let row = row(&["id", "dpop_nonce_required", "access_token_seconds"]);
            let nonce = row.0.get("dpop_nonce_required").and_then(Value::as_bool);
            let rule = |demanded| {
                if demanded {
                    NonceRule::Demanded
                } else {
                    NonceRule::Accepted
                }
            };
            let change = SettingsChange {
                dpop_nonce: nonce.map(rule),
                access_token_seconds: row.number("access_token_seconds"),
            };
            Command::SetTenantSettings(id(row.required("id")), change)
        }
        "create_administrator" => {
            let row = row(&["name", "reach", "lifetime_seconds"]);
            Command::CreateAdministrator(NewAdministrator {
                name: row.required("name").to_owned(),
                reach: reach(row.required("reach")),
                lifetime_seconds: row.number("lifetime_seconds"),
            })
        }
        "rotate_keys" => Command::RotateKeys(
            row(&["keys"]).0["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(signing_key)
                .collect(),
        ),
        other => panic!("no such command: {other}"),
    }
}

/// The administrator who gives it.
pub(crate) fn administrator(value: &Value) -> Caller {
    let row = Row::of(value, &["id", "reach"]);
    Caller::plain(Who::Administrator(AdministratorCaller {
        expires: None,
        home: crate::TenantId::parse("acme").unwrap(),
        id: id(row.required("id")),
        reach: reach(row.required("reach")),
    }))
}

fn new_client(value: &Value) -> NewClient {
    let row = Row::of(
        value,
        &[
            "client_id",
            "client_name",
            "token_endpoint_auth_method",
            "jwks",
            "grant_types",
            "scope",
            "resources",
            "access_token_signed_response_alg",
            "dpop_bound_access_tokens",
            "introspects_everything",
        ],
    );
    NewClient {
        id: row.text("client_id").map(id),
        name: row.required("client_name").to_owned(),
        method: AuthenticationMethod::from_name(row.required("token_endpoint_auth_method")).unwrap(),
        jwks: value.get("jwks").map(Value::to_string),
        grant_types: row
            .list("grant_types")
            .map(|name| GrantType::from_name(name).unwrap())
            .collect(),
        scopes: row.scopes(),
        resources: row.resources(),
        token_algorithm: row.algorithm(),
        binding: row.binding().unwrap_or(Binding::WhenProved),
        introspects: row.introspects().unwrap_or(Introspects::ItsResources),
    }
}

fn change_client(value: &Value) -> ChangeClient {
    let row = Row::of(
        value,
        &[
            "client_id",
            "client_name",
            "jwks",
            "access_token_signed_response_alg",
            "dpop_bound_access_tokens",
            "introspects_everything",
            "disabled",
        ],
    );
    ChangeClient {
        id: id(row.required("client_id")),
        name: row.text("client_name").map(str::to_owned),
        jwks: value.get("jwks").map(Value::to_string),
        token_algorithm: row.algorithm(),
        binding: row.binding(),
        introspects: row.introspects(),
        switch: switch(&row),
    }
}

fn new_resource(value: &Value) -> NewResource {
    let members = [
        "resource",
        "resource_name",
        "scopes",
        "access_token_signed_response_alg",
        "introspection_clients",
    ];
    let row = Row::of(value, &members);
    NewResource {
        uri: uri(row.required("resource")),
        name: row.required("resource_name").to_owned(),
        scopes: row.words("scopes").collect(),
        token_algorithm: row.algorithm(),
        introspectors: row.list("introspection_clients").map(id).collect(),
    }
}

fn new_grant(value: &Value) -> NewGrant {
    let row = Row::of(
        value,
        &["client_id", "scope", "resources", "expires_at", "depth", "parent"],
    );
    NewGrant {
        client: id(row.required("client_id")),
        scopes: row.scopes(),
        resources: row.resources(),
        expires: row.time("expires_at"),
        depth: u8::try_from(row.number("depth").unwrap_or(0)).unwrap(),
        parent: row.text("parent").map(id),
    }
}

fn new_tenant(value: &Value) -> NewTenant {
    let row = Row::of(
        value,
        &["id", "name", "issuer", "dpop_nonce_required", "access_token_seconds"],
    );
    NewTenant {
        id: id(row.required("id")),
        name: row.required("name").to_owned(),
        issuer: row.required("issuer").to_owned(),
        settings: row.settings(),
    }
}

fn signing_key(value: &Value) -> SigningKey {
    let row = Row::of(
        value,
        &["kid", "alg", "created_at", "active_from", "public_jwk", "sealed"],
    );
    SigningKey {
        kid: row.required("kid").to_owned(),
        algorithm: Algorithm::from_name(row.required("alg")).unwrap(),
        created: row.time("created_at").unwrap(),
        active_from: row.time("active_from").unwrap(),
        public_jwk: value["public_jwk"].to_string(),
        sealed: row.required("sealed").to_owned(),
    }
}

fn switch(row: &Row<'_>) -> Option<Switch> {
    row.is("disabled")
        .map(|disabled| if disabled { Switch::Disabled } else { Switch::Enabled })
}

fn reach(name: &str) -> Reach {
    match name {
        "tenant" => Reach::Tenant,
        "installation" => Reach::Installation,
        other => panic!("no such reach: {other}"),
    }
}
