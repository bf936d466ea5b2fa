//! An administrator's command as JSON: `{"create_grant": {...}}`, its members in the words of the admin API.

use proof::Algorithm;
use serde_json::Value;

use super::facts::{Row, id, uri};
use crate::{
    administration::{
        ChangeClient, ChangeUser, Command, EditGrant, GrantEffect, NewAdministrator, NewClient, NewGrant, NewGroup,
        NewPolicies, NewResource, NewRule, NewTenant, NewUser, Switch,
    },
    caller::{AdministratorCaller, Caller, Who},
    capability::Capability,
    client::{AuthenticationMethod, Binding, GrantType, Introspects, MEMBERS, SecurityProfile},
    consent::{Clients, Effect},
    grant::Terms,
    key::SigningKey,
    tenant::{Documents, NonceRule, Offered, PkceRule, PushedRequests, Reach, RegistrationRule, SettingsChange},
    user::{GroupKind, Login, Profile, parse_group},
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
        "edit_grant" => Command::EditGrant(Box::new(edit_grant(value))),
        "revoke_grant" => Command::RevokeGrant(id(row(&["id"]).required("id"))),
        "create_tenant" => Command::CreateTenant(Box::new(new_tenant(value))),
        "set_tenant_disabled" => {
            let row = row(&["id", "disabled"]);
            Command::SetTenantDisabled(id(row.required("id")), switch(&row).unwrap())
        }
        "change_tenant" => {
            let mut members = vec!["id", "name"];
            members.extend(SETTINGS);
            let row = row(&members);
            Command::ChangeTenant {
                id: id(row.required("id")),
                name: row.text("name").map(str::to_owned),
                settings: settings_change(&row),
            }
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
        "create_user" => Command::CreateUser(Box::new(new_user(value))),
        "change_user" => Command::ChangeUser(Box::new(change_user(value))),
        "set_user_password" => {
            let row = row(&["id", "password_hash"]);
            Command::SetUserPassword {
                id: id(row.required("id")),
                hash: row.required("password_hash").to_owned(),
            }
        }
        "give_recovery_code" => {
            let row = row(&["id", "code"]);
            Command::GiveRecoveryCode {
                id: id(row.required("id")),
                code: row.required("code").to_owned(),
            }
        }
        "end_user_sessions" => Command::EndUserSessions(id(row(&["id"]).required("id"))),
        "end_browser_session" => Command::EndBrowserSession(id(row(&["id"]).required("id"))),
        "create_group" => {
            let row = row(&["id", "kind", "name"]);
            Command::CreateGroup(Box::new(NewGroup {
                id: parse_group(row.required("id")).unwrap(),
                kind: GroupKind::from_name(row.required("kind")).unwrap(),
                name: row.required("name").to_owned(),
            }))
        }
        "drop_group" => Command::DropGroup(id(row(&["id"]).required("id"))),
        "create_rule" => Command::CreateRule(Box::new(new_rule(value))),
        "cancel_approval" => Command::CancelApproval(id(row(&["id"]).required("id"))),
        "create_detail_type" => Command::CreateDetailType(Box::new(super::details::kind(value))),
        "replace_detail_type" => Command::ReplaceDetailType(Box::new(super::details::kind(value))),
        "drop_detail_type" => Command::DropDetailType(id(row(&["type"]).required("type"))),
        "apply_policies" => {
            let row = row(&["policies", "schema", "capabilities", "entities", "replaces"]);
            Command::ApplyPolicies(Box::new(NewPolicies {
                policies: row.required("policies").to_owned(),
                schema: row.text("schema").map(str::to_owned),
                capabilities: Capability::read_all(row.0).unwrap(),
                entities: row.0.get("entities").map_or_else(Vec::new, |all| {
                    crate::policy::Entity::read_all(all.as_array().unwrap()).unwrap()
                }),
                replaces: row.number("replaces"),
            }))
        }
        "drop_rule" => Command::DropRule(id(row(&["id"]).required("id"))),
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
            &[
                "client_id",
                "client_name",
                "token_endpoint_auth_method",
                "jwks",
                "jwks_uri",
                "grant_types",
                "scope",
                "resources",
                "access_token_signed_response_alg",
                "dpop_bound_access_tokens",
                "introspects_everything",
                "redirect_uris",
                "application_type",
                "client_uri",
                "approvers",
                "approval_quorum",
            ],
            MEMBERS,
        ]
        .concat(),
    );
    NewClient {
        id: row.text("client_id").map(id),
        name: row.required("client_name").to_owned(),
        method: AuthenticationMethod::from_name(row.required("token_endpoint_auth_method")).unwrap(),
        keys: row.keys(),
        further: row.further(),
        grant_types: row
            .list("grant_types")
            .map(|name| GrantType::from_name(name).unwrap())
            .collect(),
        scopes: row.scopes(),
        resources: row.resources(),
        token_algorithm: row.algorithm(),
        binding: row.binding().unwrap_or(Binding::WhenProved),
        introspects: row.introspects().unwrap_or(Introspects::ItsResources),
        approvers: row.approvers(),
        redirect_uris: row.list("redirect_uris").map(str::to_owned).collect(),
        application_type: row.application_type(),
        uri: row.text("client_uri").map(str::to_owned),
    }
}

fn change_client(value: &Value) -> ChangeClient {
    let row = Row::of(
        value,
        &[
            &[
                "client_id",
                "client_name",
                "jwks",
                "access_token_signed_response_alg",
                "dpop_bound_access_tokens",
                "introspects_everything",
                "redirect_uris",
                "approvers",
                "approval_quorum",
                "disabled",
            ],
            MEMBERS,
        ]
        .concat(),
    );
    ChangeClient {
        id: id(row.required("client_id")),
        name: row.text("client_name").map(str::to_owned),
        keys: row.keys(),
        further: row
            .0
            .iter()
            .filter(|(name, _)| MEMBERS.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        token_algorithm: row.algorithm(),
        binding: row.binding(),
        introspects: row.introspects(),
        approvers: row.approvers().map(Some),
        redirect_uris: (row.0.contains_key("redirect_uris"))
            .then(|| row.list("redirect_uris").map(str::to_owned).collect()),
        switch: switch(&row),
    }
}

fn new_resource(value: &Value) -> NewResource {
    let members = [
        "resource",
        "resource_name",
        "scopes",
        "implied_scopes",
        "access_token_signed_response_alg",
        "introspection_clients",
    ];
    let row = Row::of(value, &members);
    NewResource {
        uri: uri(row.required("resource")),
        name: row.required("resource_name").to_owned(),
        scopes: row.words("scopes").collect(),
        implied: row.implied(),
        token_algorithm: row.algorithm(),
        introspectors: row.list("introspection_clients").map(id).collect(),
    }
}

fn new_grant(value: &Value) -> NewGrant {
    let row = Row::of(
        value,
        &[
            "client_id",
            "scope",
            "authorization_details",
            "capabilities",
            "resources",
            "expires_at",
            "depth",
            "parent",
            "denied",
            "idle_seconds",
            "falls_at_risk",
            "gives_once",
            "owner",
        ],
    );
    NewGrant {
        client: id(row.required("client_id")),
        scopes: row.scopes(),
        details: super::details::details(row.0),
        powers: super::details::powers(row.0),
        resources: row.resources(),
        expires: row.time("expires_at"),
        depth: u8::try_from(row.number("depth").unwrap_or(0)).unwrap(),
        parent: row.text("parent").map(id),
        terms: terms(&row),
        effect: if row.is("denied") == Some(true) {
            GrantEffect::Deny
        } else {
            GrantEffect::Give
        },
    }
}

fn terms(row: &Row<'_>) -> Terms {
    Terms {
        risk: row.is("falls_at_risk") == Some(true),
        once: row.is("gives_once") == Some(true),
        idle_seconds: row.number("idle_seconds"),
        owner: row.text("owner").map(id),
    }
}

fn edit_grant(value: &Value) -> EditGrant {
    let row = Row::of(
        value,
        &[
            "id",
            "scope",
            "authorization_details",
            "capabilities",
            "resources",
            "expires_at",
            "depth",
            "idle_seconds",
            "falls_at_risk",
            "gives_once",
            "owner",
        ],
    );
    let has = |name: &str| row.0.contains_key(name);
    EditGrant {
        id: id(row.required("id")),
        scopes: has("scope").then(|| row.scopes()),
        details: has("authorization_details").then(|| super::details::details(row.0)),
        powers: has("capabilities").then(|| super::details::powers(row.0)),
        resources: has("resources").then(|| row.resources()),
        expires: row.time("expires_at"),
        depth: row.number("depth").map(|depth| u8::try_from(depth).unwrap()),
        terms: terms(&row),
    }
}

fn new_tenant(value: &Value) -> NewTenant {
    let mut members = vec!["id", "name", "issuer"];
    members.extend(SETTINGS);
    let row = Row::of(value, &members);
    NewTenant {
        id: id(row.required("id")),
        name: row.required("name").to_owned(),
        issuer: row.required("issuer").to_owned(),
        settings: row.settings(),
    }
}

/// The settings of a tenant by their names.
const SETTINGS: [&str; 10] = [
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
];

fn settings_change(row: &Row<'_>) -> SettingsChange {
    let either = |name: &str| row.is(name);
    SettingsChange {
        dpop_nonce: either("dpop_nonce_required").map(|demanded| {
            if demanded {
                NonceRule::Demanded
            } else {
                NonceRule::Accepted
            }
        }),
        access_token_seconds: row.number("access_token_seconds"),
        client_documents: either("client_documents").map(|accepted| {
            if accepted {
                Documents::Accepted
            } else {
                Documents::Refused
            }
        }),
        registration: row
            .text("registration")
            .map(|name| RegistrationRule::from_name(name).unwrap()),
        binding: either("dpop_required").map(|demanded| {
            if demanded {
                Binding::Required
            } else {
                Binding::WhenProved
            }
        }),
        profile: row
            .text("security_profile")
            .map(|name| SecurityProfile::from_name(name).unwrap()),
        pushed_requests: either("require_pushed_authorization_requests").map(PushedRequests::required),
        pkce: either("require_pkce").map(PkceRule::always),
        device_grant: either("device_grant").map(Offered::on),
        deferred: either("deferred_token_response").map(Offered::on),
    }
}

fn new_user(value: &Value) -> NewUser {
    let row = Row::of(value, &["login", "profile", "groups", "password_hash"]);
    NewUser {
        login: Login::parse(row.required("login")).unwrap(),
        profile: Profile::parse(value["profile"].as_object().cloned().unwrap_or_default()).unwrap(),
        memberships: row.list("groups").map(id).collect(),
        password_hash: row.text("password_hash").map(str::to_owned),
    }
}

fn change_user(value: &Value) -> ChangeUser {
    let row = Row::of(value, &["id", "login", "profile", "groups", "disabled"]);
    ChangeUser {
        id: id(row.required("id")),
        login: row.text("login").map(|login| Login::parse(login).unwrap()),
        profile: value["profile"].as_object().cloned(),
        memberships: (row.0.contains_key("groups")).then(|| row.list("groups").map(id).collect()),
        switch: switch(&row),
    }
}

fn new_rule(value: &Value) -> NewRule {
    let row = Row::of(value, &["effect", "clients", "client_id", "scope", "resource", "group"]);
    NewRule {
        clients: clients(&row),
        scope: row.text("scope").map(str::to_owned),
        resource: row.text("resource").map(uri),
        group: row.text("group").map(id),
        effect: Effect::from_name(row.required("effect")).unwrap(),
    }
}

/// For which clients a rule is: those that a member names, or every one.
pub(super) fn clients(row: &Row<'_>) -> Clients {
    match (row.text("clients"), row.text("client_id")) {
        (None, None) => Clients::Every,
        (Some("unregistered"), None) => Clients::Unregistered,
        (None, Some(client)) => Clients::One(id(client)),
        _ => panic!("a rule is for one kind of clients"),
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
        "registration" => Reach::Registration,
        "tenant" => Reach::Tenant,
        "installation" => Reach::Installation,
        other => panic!("no such reach: {other}"),
    }
}
