//! `prokura client`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::{
    api::Call,
    arguments::Planned,
    console::{Console, something_to_change},
    grant,
    key::{ClientKey, KeyAlgorithm, public_keys},
    member::{is_set, items, state, text, time, words},
    secret::Secrets,
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Register a client; a secret is shown this once
    #[command(after_help = "\
Examples:
  prokura client create --name 'Report agent' --scope 'notes:read' --resource https://mcp.example.com/mcp
  prokura client create --name 'Build agent' --generate-key build-agent.jwk --scope deploy --resource https://ci.example.com")]
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
pub(super) struct CreateArguments {
    /// Its name, for people
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Its id; drawn by the server if absent
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[arg(
        long,
        value_enum,
        value_name = "METHOD",
        help = "How it shows who it is: a secret in the header or in the body, or a signature; by default private_key_jwt if a key is given, else client_secret_basic"
    )]
    method: Option<Method>,
    /// A file with its public keys: a JWK Set, or one JWK
    #[arg(long, value_name = "FILE", conflicts_with = "generate_key")]
    jwks: Option<PathBuf>,
    /// Make a key pair for it: the private JWK goes to this new file, the public one to the server
    #[arg(long, value_name = "FILE")]
    generate_key: Option<PathBuf>,
    /// The algorithm of the key pair
    #[arg(
        long,
        value_enum,
        value_name = "ALG",
        default_value = "ES256",
        ignore_case = true,
        requires = "generate_key"
    )]
    alg: KeyAlgorithm,
    /// A scope that it may use; repeatable
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A resource that its tokens may be for; repeatable
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    #[arg(
        long = "grant-type",
        value_name = "TYPE",
        help = "A grant type that it may use; client_credentials if a scope, a resource, a method or a key is given; repeatable"
    )]
    grant_types: Vec<String>,
    /// The algorithm its tokens are signed with; otherwise the resource decides
    #[arg(long, value_enum, value_name = "ALG", ignore_case = true)]
    token_alg: Option<KeyAlgorithm>,
    /// It must always prove a key (DPoP), so that a stolen token is of no use
    #[arg(long)]
    require_dpop: bool,
    /// It may introspect every token of the tenant, and not only those of resources that name it
    #[arg(long)]
    introspect_everything: bool,
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
    /// A file with its new public keys, which replace the old ones: a JWK Set, or one JWK
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// The algorithm its tokens are signed with
    #[arg(long, value_enum, value_name = "ALG", ignore_case = true)]
    token_alg: Option<KeyAlgorithm>,
    /// Whether it must always prove a key (DPoP)
    #[arg(long, value_name = "true|false")]
    require_dpop: Option<bool>,
    /// Whether it may introspect every token of the tenant
    #[arg(long, value_name = "true|false")]
    introspect_everything: Option<bool>,
    #[command(flatten)]
    planned: Planned,
}

/// How a client shows who it is (RFC 7591 s2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Method {
    #[value(name = "client_secret_basic")]
    Basic,
    #[value(name = "client_secret_post")]
    Post,
    #[value(name = "private_key_jwt")]
    PrivateKeyJwt,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

pub(super) async fn run(command: ClientCommand, console: &Console<'_>) -> Result<()> {
    match command {
        ClientCommand::Create(arguments) => create(arguments, console).await,
        ClientCommand::List => list(console).await,
        ClientCommand::Show(ClientId { client }) => show(&client, console).await,
        ClientCommand::Change(arguments) => change(arguments, console).await,
        ClientCommand::Disable(Named { client, planned }) => {
            console.confirm(
                &format!("Disable client {client}? It gets no more tokens, and its tokens no longer count."),
                planned,
            )?;
            let call = Call::patch(format!("disable client {client}"), &["clients", &client])
                .body(json!({ "disabled": true }));
            changed(call, planned, console).await
        }
        ClientCommand::Enable(Named { client, planned }) => {
            let call = Call::patch(format!("enable client {client}"), &["clients", &client])
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
                &["clients", &client, "secret"],
            );
            let Some(document) = place.or_give_up(console.change(call, planned).await)? else {
                return Ok(());
            };
            place.keep(&document, "client_secret", record(&document, console.now), console)
        }
    }
}

async fn create(arguments: CreateArguments, console: &Console<'_>) -> Result<()> {
    let CreateArguments {
        name,
        id,
        method,
        jwks,
        generate_key,
        alg,
        scopes,
        resources,
        mut grant_types,
        token_alg,
        require_dpop,
        introspect_everything,
        secrets,
        planned,
    } = arguments;
    let has_key = jwks.is_some() || generate_key.is_some();
    if grant_types.is_empty() && (has_key || method.is_some() || !scopes.is_empty() || !resources.is_empty()) {
        grant_types.push("client_credentials".to_owned());
    }
    let method = method.unwrap_or(if has_key { Method::PrivateKeyJwt } else { Method::Basic });
    let key = generate_key
        .map(|file| ClientKey::generate(alg, file, planned))
        .transpose()?;
    let keys = match (&key, jwks) {
        (Some(key), _) => Some(key.public_set()),
        (None, Some(file)) => Some(public_keys(&file)?),
        (None, None) => None,
    };
    let place = secrets.reserve(planned)?;

    let mut body = Map::new();
    body.insert("client_name".to_owned(), name.as_str().into());
    body.insert("token_endpoint_auth_method".to_owned(), method.name().into());
    body.insert("grant_types".to_owned(), grant_types.as_slice().into());
    insert_if(&mut body, "client_id", id.map(Value::from));
    insert_if(&mut body, "jwks", keys);
    insert_if(
        &mut body,
        "scope",
        (!scopes.is_empty()).then(|| scopes.join(" ").into()),
    );
    insert_if(
        &mut body,
        "resources",
        (!resources.is_empty()).then(|| resources.into()),
    );
    insert_if(
        &mut body,
        "access_token_signed_response_alg",
        token_alg.map(|alg| alg.name().into()),
    );
    insert_if(
        &mut body,
        "dpop_bound_access_tokens",
        require_dpop.then_some(Value::Bool(true)),
    );
    insert_if(
        &mut body,
        "introspects_everything",
        introspect_everything.then_some(Value::Bool(true)),
    );

    let call = Call::post(format!("create client {name}"), &["clients"]).body(Value::Object(body));
    let outcome = place.or_give_up(console.change(call, planned).await);
    let Some(document) = outcome.inspect_err(|_| key.iter().for_each(ClientKey::forget))? else {
        return Ok(());
    };
    if let Some(key) = &key {
        console.say(&format!(
            "its private key is in {}; give it to the client and to nobody else",
            key.file().display()
        ));
    }
    if grant_types.is_empty() {
        console.say("it has no grant type, so it gets no tokens; it may introspect those of resources that name it");
    }
    place.keep(&document, "client_secret", record(&document, console.now), console)
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
            words(client, "grant_types"),
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
        .send(&Call::get(format!("show client {client}"), &["clients", client]))
        .await?;
    let mut human = record(&document, console.now).text();
    if console.is_for_people() {
        let mut grants = api.list(&Call::get("list grants", &["grants"]), "grants").await?;
        let forest = grant::Forest::of(&grants);
        grants.retain(|grant| grant.get("client_id").and_then(Value::as_str) == Some(client));
        human.push_str(if grants.is_empty() {
            "\nno grants: it can get no token\n"
        } else {
            "\n"
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
        token_alg,
        require_dpop,
        introspect_everything,
        planned,
    } = arguments;
    let mut body = Map::new();
    insert_if(&mut body, "client_name", name.map(Value::from));
    insert_if(&mut body, "jwks", jwks.map(|file| public_keys(&file)).transpose()?);
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
    something_to_change(
        &body,
        "--name, --jwks, --token-alg, --require-dpop or --introspect-everything",
    )?;
    changed(
        Call::patch(format!("change client {client}"), &["clients", &client]).body(Value::Object(body)),
        planned,
        console,
    )
    .await
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => console.show(&document, &record(&document, console.now).text()),
        None => Ok(()),
    }
}

/// Adds a member if there is a value.
pub(super) fn insert_if(body: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value);
    }
}

fn record(client: &Value, now: i64) -> Record {
    let keys = client.get("jwks").map(|set| {
        let told = items(set, "keys")
            .iter()
            .map(|key| format!("{} {}", text(key, "alg"), text(key, "kid")).trim().to_owned());
        told.collect::<Vec<_>>().join(", ")
    });
    let token_alg = text(client, "access_token_signed_response_alg");
    Record::default()
        .line("client", text(client, "client_id"))
        .line("name", text(client, "client_name"))
        .line("signs in with", text(client, "token_endpoint_auth_method"))
        .line_if("keys", keys)
        .line("grant types", words(client, "grant_types"))
        .line(
            "proves a key",
            if is_set(client, "dpop_bound_access_tokens") {
                "always (DPoP)"
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
}
