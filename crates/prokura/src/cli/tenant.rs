//! `prokura tenant`.

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::{
    api::{Api, Call},
    arguments::{Planned, number},
    client::insert_if,
    console::{Console, something_to_change},
    failure::{Exit, Failure},
    member::{is_set, state, text, time},
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum TenantCommand {
    /// Make a tenant: a world of its own, below this server or at an origin of its own
    #[command(after_help = "\
Example:
  prokura tenant create acme --name 'Acme Ltd'
  prokura --tenant acme administrator create --name ops --reach tenant --out acme.token")]
    Create(CreateArguments),
    /// List the tenants
    List,
    /// Show a tenant and what it decides for itself
    Show(TenantId),
    /// Change a tenant's name, or what it decides for itself; what is not named stays
    Change(ChangeArguments),
    /// Disable a tenant: nothing of it answers
    Disable(Named),
    /// Enable a tenant again
    Enable(Named),
}

#[derive(Debug, Args)]
pub(super) struct TenantId {
    /// The tenant's id; the one that --tenant names, or the default one, if absent
    #[arg(value_name = "TENANT")]
    id: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The tenant's id
    #[arg(value_name = "TENANT")]
    id: String,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// Its id: 1 to 63 lower-case letters, digits and inner hyphens; its path is /t/ID
    #[arg(value_name = "TENANT")]
    id: String,
    /// Its name, for people
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(
        long,
        value_name = "URL",
        help = "An origin of its own, as in https://auth.acme.example, which must lead to this server"
    )]
    origin: Option<String>,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct ChangeArguments {
    /// The tenant's id
    #[arg(value_name = "TENANT")]
    id: String,
    /// Another name, for people; pages say with it whose administrators registered a client
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Whether DPoP proofs must carry a nonce of the server's
    #[arg(long, value_name = "true|false")]
    require_dpop_nonce: Option<bool>,
    /// How long access tokens live, 60 to 3600 seconds
    #[arg(long, value_name = "SECONDS", value_parser = number::<i64>)]
    access_token_seconds: Option<i64>,
    /// Whether clients may bring a metadata document of their own, at the address that is their id
    #[arg(long, value_name = "true|false")]
    client_documents: Option<bool>,
    /// Who may register a client by itself: nobody, who has an initial access token, or anybody
    #[arg(long, value_enum, value_name = "RULE")]
    registration: Option<Registration>,
    /// Whether tokens that act for a person must be bound to a key (DPoP)
    #[arg(long, value_name = "true|false")]
    dpop_required: Option<bool>,
    /// The rules that every client is held to
    #[arg(long, value_enum, value_name = "PROFILE")]
    security_profile: Option<Profile>,
    /// Whether authorization requests must be pushed (RFC 9126)
    #[arg(long, value_name = "true|false")]
    require_pushed_requests: Option<bool>,
    /// Whether every client must send a PKCE challenge; false lets those with a credential that ask for ID tokens leave it out
    #[arg(long, value_name = "true|false")]
    require_pkce: Option<bool>,
    /// Whether clients may have the device grant (RFC 8628)
    #[arg(long, value_name = "true|false")]
    device_grant: Option<bool>,
    /// Whether token requests may be deferred until people have answered (Deferred Token Response, a draft)
    #[arg(long, value_name = "true|false")]
    deferred_tokens: Option<bool>,
}

/// A security profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Profile {
    Baseline,
    Fapi2,
    #[value(name = "fapi2_message_signing")]
    Fapi2MessageSigning,
}

impl Profile {
    const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Fapi2 => "fapi2",
            Self::Fapi2MessageSigning => "fapi2_message_signing",
        }
    }
}

/// Who may register a client by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Registration {
    Off,
    #[value(name = "initial_token")]
    InitialToken,
    Open,
}

impl Registration {
    const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::InitialToken => "initial_token",
            Self::Open => "open",
        }
    }
}

impl Settings {
    fn insert(&self, body: &mut Map<String, Value>) {
        insert_if(body, "dpop_nonce_required", self.require_dpop_nonce.map(Value::Bool));
        insert_if(body, "access_token_seconds", self.access_token_seconds.map(Value::from));
        insert_if(body, "client_documents", self.client_documents.map(Value::Bool));
        insert_if(body, "registration", self.registration.map(|rule| rule.name().into()));
        insert_if(body, "dpop_required", self.dpop_required.map(Value::Bool));
        insert_if(
            body,
            "security_profile",
            self.security_profile.map(|profile| profile.name().into()),
        );
        insert_if(
            body,
            "require_pushed_authorization_requests",
            self.require_pushed_requests.map(Value::Bool),
        );
        insert_if(body, "require_pkce", self.require_pkce.map(Value::Bool));
        insert_if(body, "device_grant", self.device_grant.map(Value::Bool));
        insert_if(body, "deferred_token_response", self.deferred_tokens.map(Value::Bool));
    }
}

pub(super) async fn run(command: TenantCommand, console: &Console<'_>) -> Result<()> {
    match command {
        TenantCommand::Create(CreateArguments {
            id,
            name,
            origin,
            settings,
            planned,
        }) => {
            let mut body = Map::new();
            body.insert("id".to_owned(), id.as_str().into());
            body.insert("name".to_owned(), name.into());
            insert_if(&mut body, "origin", origin.map(Value::from));
            settings.insert(&mut body);
            changed(
                Call::post(format!("create tenant {id}"), &["tenants"]).body(Value::Object(body)),
                planned,
                console,
            )
            .await
        }
        TenantCommand::List => list(console).await,
        TenantCommand::Show(TenantId { id }) => show(id, console).await,
        TenantCommand::Change(ChangeArguments {
            id,
            name,
            settings,
            planned,
        }) => {
            let mut body = Map::new();
            insert_if(&mut body, "name", name.map(Value::from));
            settings.insert(&mut body);
            something_to_change(
                &body,
                "--name, --require-dpop-nonce, --access-token-seconds, --client-documents, --registration, --dpop-required, --security-profile, --require-pushed-requests, --require-pkce, --device-grant or --deferred-tokens",
            )?;
            changed(
                Call::patch(format!("change tenant {id}"), &["tenants", &id]).body(Value::Object(body)),
                planned,
                console,
            )
            .await
        }
        TenantCommand::Disable(Named { id, planned }) => {
            console.confirm(
                &format!("Disable tenant {id}? Nothing of it answers any more: no tokens, no administration."),
                planned,
            )?;
            changed(
                Call::patch(format!("disable tenant {id}"), &["tenants", &id]).body(json!({ "disabled": true })),
                planned,
                console,
            )
            .await
        }
        TenantCommand::Enable(Named { id, planned }) => {
            changed(
                Call::patch(format!("enable tenant {id}"), &["tenants", &id]).body(json!({ "disabled": false })),
                planned,
                console,
            )
            .await
        }
    }
}

async fn list(console: &Console<'_>) -> Result<()> {
    let tenants = console
        .api()?
        .list(&Call::get("list tenants", &["tenants"]), "tenants")
        .await?;
    let mut table = Table::new(&["TENANT", "NAME", "ISSUER", "CREATED", "STATE"]);
    for tenant in &tenants {
        table.row(&[
            text(tenant, "id"),
            text(tenant, "name"),
            text(tenant, "issuer"),
            time(tenant, "created_at")
                .map(|at| when::relative(at, console.now))
                .unwrap_or_default(),
            state(tenant).to_owned(),
        ]);
    }
    console.list("tenants", tenants, &table, "no tenants that this token reaches")
}

async fn show(id: Option<String>, console: &Console<'_>) -> Result<()> {
    let api = console.api()?;
    let id = id.unwrap_or_else(|| here(&api));
    let found = find(&api, &format!("show tenant {id}"), &id).await?;
    console.show(&found, &record(&found, console.now))
}

/// The tenant that a command is about.
fn here(api: &Api) -> String {
    api.target()
        .tenant
        .clone()
        .unwrap_or_else(|| kernel::tenant::DEFAULT_TENANT.to_owned())
}

async fn find(api: &Api, doing: &str, id: &str) -> Result<Value> {
    let tenants = api.list(&Call::get(doing, &["tenants"]), "tenants").await?;
    let found = tenants.into_iter().find(|tenant| text(tenant, "id") == id);
    found.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("cannot {doing}"))
            .why("there is no tenant of this id, or it is beyond this administrator's reach")
            .advice("prokura tenant list shows those that this token reaches")
            .into()
    })
}

/// The security profile that every client of this tenant is held to.
pub(super) async fn security_profile(api: &Api) -> Result<String> {
    let tenant = find(api, "show the tenant", &here(api)).await?;
    Ok(text(&tenant, "security_profile"))
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => console.show(&document, &record(&document, console.now)),
        None => Ok(()),
    }
}

fn offered(tenant: &Value, name: &str) -> &'static str {
    if is_set(tenant, name) { "offered" } else { "off" }
}

/// Whether the security profile says what the settings beside it would leave open.
fn is_strict(tenant: &Value) -> bool {
    text(tenant, "security_profile") != "baseline"
}

fn record(tenant: &Value, now: i64) -> String {
    Record::default()
        .line("tenant", text(tenant, "id"))
        .line("name", text(tenant, "name"))
        .line("issuer", text(tenant, "issuer"))
        .line(
            "DPoP nonce",
            if is_set(tenant, "dpop_nonce_required") {
                "demanded"
            } else {
                "accepted"
            },
        )
        .line(
            "access tokens",
            format!("live {} seconds", text(tenant, "access_token_seconds")),
        )
        .line(
            "tokens for people",
            if is_strict(tenant) {
                "are always bound to a key: the security profile demands it"
            } else if is_set(tenant, "dpop_required") {
                "are always bound to a key (DPoP)"
            } else {
                "are bound to a key when the client proves one (DPoP)"
            },
        )
        .line(
            "client documents",
            if is_set(tenant, "client_documents") {
                "accepted"
            } else {
                "refused, but for those that were registered"
            },
        )
        .line(
            "registration",
            match text(tenant, "registration").as_str() {
                "off" => "off: clients do not register themselves".to_owned(),
                "initial_token" => "with an initial access token".to_owned(),
                "open" => "open: anybody may register a client".to_owned(),
                other => other.to_owned(),
            },
        )
        .line(
            "security profile",
            match text(tenant, "security_profile").as_str() {
                "baseline" => "baseline: each client may be held to a stricter one".to_owned(),
                other => format!("{other}: every client is held to it"),
            },
        )
        .line(
            "requests",
            if is_set(tenant, "require_pushed_authorization_requests") || is_strict(tenant) {
                "must be pushed (RFC 9126)"
            } else {
                "may come through the browser, or be pushed (RFC 9126)"
            },
        )
        .line(
            "PKCE",
            if is_set(tenant, "require_pkce") || is_strict(tenant) {
                "always"
            } else {
                "may be left out by clients with a credential that ask for ID tokens"
            },
        )
        .line("device grant", offered(tenant, "device_grant"))
        .line("deferred tokens", offered(tenant, "deferred_token_response"))
        .line(
            "state",
            match time(tenant, "disabled_at") {
                Some(at) => format!("disabled {}", when::both(at, now)),
                None => "enabled".to_owned(),
            },
        )
        .line_if("created", time(tenant, "created_at").map(|at| when::both(at, now)))
        .text()
}
