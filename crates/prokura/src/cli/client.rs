//! `prokura client`.

mod create;
mod member;

use std::{borrow::Cow, path::PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use kernel::client::{GrantType, MEMBERS};
use serde_json::{Map, Value, json};

use self::{create::CreateArguments, member::Members};
use super::{
    api::Call,
    arguments::{Planned, number},
    console::{Console, something_to_change},
    grant,
    key::{KeyAlgorithm, public_keys},
    member::{is_set, items, state, text, time, words},
    secret::Secrets,
    table::{Record, Table},
    tenant, when,
};

#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Register a client; a secret is shown this once
    #[command(after_help = "\
A program of its own gets scopes and resources here; what a client may do for a person, the person says.

Examples:
  prokura client create --name 'Report agent' --scope 'notes:read' --resource https://mcp.example.com/mcp
  prokura client create --name 'Build agent' --generate-key build-agent.jwk --scope deploy --resource https://ci.example.com
  prokura client create --name 'Television app' --public --grant-type device --grant-type refresh_token
  prokura client create --name 'Notes app' --public --native --redirect-uri http://127.0.0.1/callback
  prokura client create --name 'Web editor' --id https://editor.example/client.json --redirect-uri https://editor.example/callback")]
    Create(CreateArguments),
    /// List the clients
    List,
    /// Show a client and its grants
    Show(ClientId),
    /// Change a client's registration; what is not named stays
    Change(ChangeArguments),
    /// Disable a client: it gets no more tokens, and its tokens no longer count
    Disable(Named),
    /// Enable a client again
    Enable(Named),
    /// Give a client a new secret, shown this once; the old one ends at once
    RotateSecret(RotateArguments),
}

#[derive(Debug, Args)]
pub(super) struct ClientId {
    /// The client's id
    client: String,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The client's id
    client: String,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct RotateArguments {
    /// The client's id
    client: String,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct ChangeArguments {
    /// The client's id
    client: String,
    /// A new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A file with its new public keys, which replace the old ones: a JWK Set, one JWK, or its certificate in PEM
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Where it may be answered through a browser, instead of the places before; repeatable
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// The algorithm its tokens are signed with
    #[arg(long, value_enum, value_name = "ALG", ignore_case = true)]
    token_alg: Option<KeyAlgorithm>,
    /// Whether it must always prove a key (DPoP)
    #[arg(long, value_name = "true|false")]
    require_dpop: Option<bool>,
    /// Whether it may introspect every token of the tenant
    #[arg(long, value_name = "true|false")]
    introspect_everything: Option<bool>,
    /// The group or role whose members are asked when it wants more than it was given; '' for nobody
    #[arg(long, value_name = "GROUP")]
    approvers: Option<String>,
    /// How many of them must say yes; one if absent
    #[arg(long, value_name = "N", value_parser = number::<i64>, requires = "approvers")]
    approval_quorum: Option<i64>,
    #[command(flatten)]
    members: Members,
    #[command(flatten)]
    planned: Planned,
}

pub(super) async fn run(command: ClientCommand, console: &Console<'_>) -> Result<()> {
    match command {
        ClientCommand::Create(arguments) => create::create(arguments, console).await,
        ClientCommand::List => list(console).await,
        ClientCommand::Show(ClientId { client }) => show(&client, console).await,
        ClientCommand::Change(arguments) => change(arguments, console).await,
        ClientCommand::Disable(Named { client, planned }) => {
            console.confirm(
                &format!("Disable client {client}? It gets no more tokens, and its tokens no longer count."),
                planned,
            )?;
            let call = Call::patch(format!("disable client {client}"), &["clients", &in_path(&client)])
                .body(json!({ "disabled": true }));
            changed(call, planned, console).await
        }
        ClientCommand::Enable(Named { client, planned }) => {
            let call = Call::patch(format!("enable client {client}"), &["clients", &in_path(&client)])
                .body(json!({ "disabled": false }));
            changed(call, planned, console).await
        }
        ClientCommand::RotateSecret(RotateArguments {
            client,
            secrets,
            planned,
        }) => {
            console.confirm(
                &format!("Give client {client} a new secret? The old one ends at once."),
                planned,
            )?;
            let place = secrets.reserve(planned)?;
            let call = Call::post(
                format!("rotate the secret of client {client}"),
                &["clients", &in_path(&client), "secret"],
            );
            let Some(document) = place.or_give_up(console.change(call, planned).await)? else {
                return Ok(());
            };
            let record = record(&document, &profile(console).await, console.now);
            place.keep(&document, "client_secret", record, console)
        }
    }
}

async fn list(console: &Console<'_>) -> Result<()> {
    let clients = console
        .api()?
        .list(&Call::get("list clients", &["clients"]), "clients")
        .await?;
    let mut table = Table::new(&["CLIENT", "NAME", "SIGNS IN WITH", "GRANT TYPES", "LAST USED", "STATE"]);
    for client in &clients {
        table.row(&[
            text(client, "client_id"),
            text(client, "client_name"),
            text(client, "token_endpoint_auth_method"),
            words(client, "grant_types").replace(GrantType::DeviceCode.name(), "device"),
            time(client, "last_used_at").map_or_else(|| "never".to_owned(), |at| when::relative(at, console.now)),
            state(client).to_owned(),
        ]);
    }
    console.list(
        "clients",
        clients,
        &table,
        "no clients yet; prokura client create registers one",
    )
}

async fn show(client: &str, console: &Console<'_>) -> Result<()> {
    let api = console.api()?;
    let document = api
        .send(&Call::get(
            format!("show client {client}"),
            &["clients", &in_path(client)],
        ))
        .await?;
    let mut human = record(&document, &profile(console).await, console.now).text();
    if console.is_for_people() {
        let mut grants = api.list(&Call::get("list grants", &["grants"]), "grants").await?;
        let forest = grant::Forest::of(&grants);
        grants.retain(|grant| grant.get("client_id").and_then(Value::as_str) == Some(client));
        let asks_people = words(&document, "grant_types").split(' ').any(|grant_type| {
            matches!(
                grant_type,
                "authorization_code" | "urn:ietf:params:oauth:grant-type:device_code"
            )
        });
        human.push_str(match (grants.is_empty(), asks_people) {
            (false, _) => "\n",
            (true, true) => "\nno grants: it can get a token when somebody says yes\n",
            (true, false) => "\nno grants: it can get no token\n",
        });
        human.push_str(&grant::table(&grants, &forest, console.now).text_if_any());
    }
    console.show(&document, &human)
}

async fn change(arguments: ChangeArguments, console: &Console<'_>) -> Result<()> {
    let ChangeArguments {
        client,
        name,
        jwks,
        redirect_uris,
        token_alg,
        require_dpop,
        introspect_everything,
        approvers,
        approval_quorum,
        members,
        planned,
    } = arguments;
    let mut body = Map::new();
    members.insert(&mut body)?;
    insert_if(&mut body, "client_name", name.map(Value::from));
    insert_if(&mut body, "jwks", jwks.map(|file| public_keys(&file)).transpose()?);
    insert_if(
        &mut body,
        "redirect_uris",
        (!redirect_uris.is_empty()).then(|| redirect_uris.into()),
    );
    insert_if(
        &mut body,
        "access_token_signed_response_alg",
        token_alg.map(|alg| alg.name().into()),
    );
    insert_if(&mut body, "dpop_bound_access_tokens", require_dpop.map(Value::Bool));
    insert_if(
        &mut body,
        "introspects_everything",
        introspect_everything.map(Value::Bool),
    );
    insert_if(&mut body, "approvers", approvers.map(Value::from));
    insert_if(&mut body, "approval_quorum", approval_quorum.map(Value::from));
    something_to_change(
        &body,
        "--name, --jwks, --redirect-uri, --token-alg, --require-dpop, --introspect-everything, --approvers or --set",
    )?;
    changed(
        Call::patch(format!("change client {client}"), &["clients", &in_path(&client)]).body(Value::Object(body)),
        planned,
        console,
    )
    .await
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => {
            let profile = profile(console).await;
            console.show(&document, &record(&document, &profile, console.now).text())?;
            hints(&document, console).await
        }
        None => Ok(()),
    }
}

/// The security profile of the tenant, where a record is shown to people: what a client must prove depends on it. A record with a secret is shown whether that can be read or not.
async fn profile(console: &Console<'_>) -> String {
    match console.api() {
        Ok(api) if console.is_for_people() => tenant::security_profile(&api).await.unwrap_or_default(),
        Ok(_) | Err(_) => String::new(),
    }
}

/// What was accepted, and will not work as it is.
async fn hints(client: &Value, console: &Console<'_>) -> Result<()> {
    let group = text(client, "approvers");
    let Some(quorum) = client
        .get("approval_quorum")
        .and_then(Value::as_u64)
        .filter(|_| !group.is_empty())
    else {
        return Ok(());
    };
    let call = Call::get("list users", &["users"]);
    let counts = |user: &Value| {
        time(user, "disabled_at").is_none() && items(user, "groups").iter().any(|one| one.as_str() == Some(&group))
    };
    let people = console.api()?.count(&call, "users", counts, quorum).await?;
    if people < quorum {
        console.say(&format!(
            "warning: {quorum} people of {group} must say yes, and {people} can; until there are more nobody gets an answer: prokura user change LOGIN --group {group}"
        ));
    }
    Ok(())
}

/// A client's id as it stands in a path: an address is written as `~` and its base64url.
fn in_path(client: &str) -> Cow<'_, str> {
    if client.contains("://") {
        Cow::Owned(format!("~{}", proof::base64url::encode(client.as_bytes())))
    } else {
        Cow::Borrowed(client)
    }
}

/// Adds a member if there is a value.
pub(super) fn insert_if(body: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value);
    }
}

fn record(client: &Value, profile: &str, now: i64) -> Record {
    let keys = client.get("jwks").map(|set| {
        let told = items(set, "keys")
            .iter()
            .map(|key| format!("{} {}", text(key, "alg"), text(key, "kid")).trim().to_owned());
        told.collect::<Vec<_>>().join(", ")
    });
    let token_alg = text(client, "access_token_signed_response_alg");
    let record = Record::default()
        .line("client", text(client, "client_id"))
        .line("name", text(client, "client_name"))
        .line("signs in with", text(client, "token_endpoint_auth_method"))
        .line_if("keys", keys)
        .line("grant types", words(client, "grant_types"))
        .line_if("answered at", some(words(client, "redirect_uris")))
        .line_if(
            "kind",
            some(text(client, "application_type")).map(|kind| {
                if kind == "native" {
                    "native: a program on somebody's device".to_owned()
                } else {
                    format!("{kind}: a web site")
                }
            }),
        )
        .line_if("its page", some(text(client, "client_uri")))
        .line(
            "registered by",
            match text(client, "registered_by").as_str() {
                "document" => "its own document".to_owned(),
                "itself" => "itself, verified by nobody".to_owned(),
                other => format!("an {other}"),
            },
        )
        .line(
            "proves a key",
            if is_set(client, "tls_client_certificate_bound_access_tokens") {
                "always (its certificate)"
            } else if is_set(client, "dpop_bound_access_tokens") {
                "always (DPoP)"
            } else if is_strict(profile) || is_strict(&text(client, "security_profile")) {
                "always, by DPoP: its security profile demands it"
            } else {
                "when it wants to (DPoP)"
            },
        )
        .line(
            "may introspect",
            if is_set(client, "introspects_everything") {
                "every token"
            } else {
                "tokens of resources that name it"
            },
        )
        .line_if(
            "approvers",
            some(text(client, "approvers")).map(|group| {
                let quorum = client.get("approval_quorum").and_then(Value::as_i64).unwrap_or(1);
                format!("{quorum} of {group}")
            }),
        )
        .line(
            "tokens signed",
            if token_alg.is_empty() {
                "as the resource decides".to_owned()
            } else {
                token_alg
            },
        )
        .line(
            "state",
            match time(client, "disabled_at") {
                Some(at) => format!("disabled {}", when::both(at, now)),
                None => "enabled".to_owned(),
            },
        )
        .line_if("created", time(client, "created_at").map(|at| when::both(at, now)))
        .line_if("last used", time(client, "last_used_at").map(|at| when::both(at, now)))
        .line_if(
            "goes away",
            time(client, "expires_at").map(|at| format!("{}, unless somebody says yes to it", when::both(at, now))),
        );
    // What it says beyond plain OAuth, under the registered names.
    ["jwks_uri"].iter().chain(MEMBERS).fold(record, |record, name| {
        let told = client
            .get(*name)
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        record.line_if(name, told)
    })
}

/// Whether a security profile binds every token to a key.
fn is_strict(profile: &str) -> bool {
    profile.starts_with("fapi2")
}

/// A text, if there is any.
fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
