//! Demo clients and resources: made once, secrets kept beside the database.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, Result};
use kernel::{
    Algorithm, ClientId, DetailTypeId, Details, Scopes, Time,
    administration::{Command, NewClient, NewGrant, NewResource, NewUser},
    client::{ApplicationType, AuthenticationMethod, Binding, Further, GrantType, Introspects, Keys},
    detail::DetailType,
    power::Powers,
    resource::ResourceUri,
    tenant::{PkceRule, RegistrationRule, SettingsChange},
    user::{Login, Profile},
};
use keys::{Signer, SoftwareKey};
use serde::{Deserialize, Serialize};
use server::App;
use store::TenantDb;

use crate::node::write_secret;

/// What the demo knows that the database does not: secrets and private keys. Kept in `demo.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Seeded {
    pub(super) admin_token: String,
    pub(super) clients: Vec<DemoClient>,
    /// The demo people and their passwords.
    #[serde(default)]
    pub(super) users: Vec<DemoUser>,
    /// Whether the tenant was opened for clients that register themselves, once; what was changed since stays changed.
    #[serde(default)]
    opened: bool,
    /// Whether the demo types of authorization details were registered, once; what was changed since stays changed.
    #[serde(default)]
    detailed: bool,
    /// The ports of the demo MCP server and the demo API.
    #[serde(default)]
    ports: Option<(u16, u16)>,
    /// Resources that the demo clients were granted once; what was revoked since stays revoked.
    granted: BTreeSet<String>,
}

/// A demo person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DemoUser {
    pub(super) login: String,
    pub(super) password: String,
}

/// A demo client with its credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DemoClient {
    pub(super) client_id: String,
    pub(super) client_name: String,
    pub(super) token_endpoint_auth_method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) jwk: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) redirect_uris: Vec<String>,
    pub(super) grant_types: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub(super) scope: String,
    pub(super) introspects: bool,
}

impl Seeded {
    /// The credential of the client that may introspect.
    pub(super) fn introspection(&self) -> Option<(String, String)> {
        self.clients
            .iter()
            .find(|client| client.introspects)
            .and_then(|client| Some((client.client_id.clone(), client.client_secret.clone()?)))
    }
}

const MACHINES: &[(&str, &str, AuthenticationMethod)] = &[
    (
        "demo-machine",
        "Demo machine (key)",
        AuthenticationMethod::PrivateKeyJwt,
    ),
    (
        "demo-machine-basic",
        "Demo machine (secret)",
        AuthenticationMethod::SecretBasic,
    ),
    (
        "demo-machine-post",
        "Demo machine (secret in the body)",
        AuthenticationMethod::SecretPost,
    ),
];
/// The client that stock MCP clients are configured with: its id is the address of a document that is pinned here and never fetched.
const PINNED: (&str, &str) = ("https://mcp-client.demo.test/client.json", "Demo MCP client");
const PINNED_REDIRECTS: &[&str] = &["http://127.0.0.1/callback", "http://localhost/callback"];

/// Login and name of the demo people.
const PEOPLE: &[(&str, &str)] = &[("alice@demo.test", "Alice"), ("bob@demo.test", "Bob")];

const INTROSPECTOR: (&str, &str) = ("demo-introspector", "Demo gateway that may introspect");

/// The ports that the demo servers had when this directory was used before.
pub(super) fn ports(data: &Path) -> Option<(u16, u16)> {
    let text = std::fs::read_to_string(data.join("demo.json")).ok()?;
    serde_json::from_str::<Seeded>(&text).ok()?.ports
}

fn port_of(resource: &str) -> Option<u16> {
    url::Url::parse(resource).ok()?.port()
}

/// Makes what is missing.
#[expect(clippy::too_many_lines, reason = "one list of what a demo has")]
pub(super) async fn seed(app: &Arc<App>, data: &Path, mcp: &str, api: &str) -> Result<Seeded> {
    let file = data.join("demo.json");
    let mut seeded: Seeded = match std::fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is broken; remove it together with the database to start again",
                file.display()
            )
        })?,
        Err(_) => Seeded::default(),
    };
    let tenant = app.default_tenant()?;

    if app
        .store()
        .administrator(&proof::digest::sha256_b64(seeded.admin_token.as_bytes()))
        .await?
        .is_none()
    {
        seeded.admin_token = app.bootstrap("Development").await?.administrator_token;
    }
    if !seeded.opened {
        let change = SettingsChange {
            registration: Some(RegistrationRule::Open),
            pkce: Some(PkceRule::OpenIdMayOmit), // certification benches send no challenge
            ..SettingsChange::default()
        };
        app.command(
            &tenant,
            Command::ChangeTenant {
                id: tenant.id().clone(),
                name: None,
                settings: change,
            },
            &app.moment()?,
        )
        .await?;
        seeded.opened = true;
    }
    for (login, name) in PEOPLE {
        person(app, &tenant, &mut seeded, login, name).await?;
    }
    resource(app, &tenant, mcp, "Demo MCP server", demo::MCP_SCOPES).await?;
    resource(app, &tenant, api, "Demo API", demo::API_SCOPES).await?;
    if !seeded.detailed {
        for kind in detail_types()? {
            let known = tenant.detail_types().await?;
            if !known.iter().any(|known| known.id == kind.id) {
                app.command(&tenant, Command::CreateDetailType(Box::new(kind)), &app.moment()?)
                    .await?;
            }
        }
        seeded.detailed = true;
    }

    let scope = Scopes::parse(
        &demo::MCP_SCOPES
            .iter()
            .chain(demo::API_SCOPES)
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join(" "),
    )
    .map_err(|why| anyhow::anyhow!(why.told()))?;
    let resources: BTreeSet<ResourceUri> = [mcp, api].iter().filter_map(|uri| ResourceUri::parse(uri)).collect();
    for (id, name, method) in MACHINES {
        client(
            app,
            &tenant,
            &mut seeded,
            Wanted {
                id,
                name,
                method: *method,
                scopes: &scope,
                resources: &resources,
            },
        )
        .await?;
    }
    pinned(app, &tenant, &mut seeded).await?;
    let nothing = (Scopes::default(), BTreeSet::new());
    client(
        app,
        &tenant,
        &mut seeded,
        Wanted {
            id: INTROSPECTOR.0,
            name: INTROSPECTOR.1,
            method: AuthenticationMethod::SecretBasic,
            scopes: &nothing.0,
            resources: &nothing.1,
        },
    )
    .await?;

    // A demo server that moved to another port has a new identifier: the machines are granted that one, and nothing that was taken back.
    for uri in [mcp, api].into_iter().filter(|uri| !seeded.granted.contains(*uri)) {
        let words = if uri == mcp { demo::MCP_SCOPES } else { demo::API_SCOPES };
        let scopes = Scopes::parse(&words.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" "));
        let scopes = scopes.map_err(|why| anyhow::anyhow!(why.told()))?;
        for (id, ..) in MACHINES {
            let new = NewGrant {
                terms: kernel::grant::Terms::default(),
                effect: kernel::administration::GrantEffect::Give,
                client: ClientId::parse(id).context("a demo client's id")?,
                scopes: scopes.clone(),
                resources: ResourceUri::parse(uri).into_iter().collect(),
                details: Details::default(),
                powers: Powers::default(),
                expires: None,
                depth: 1,
                parent: None,
            };
            app.command(&tenant, Command::CreateGrant(Box::new(new)), &app.moment()?)
                .await?;
        }
    }
    seeded.granted.extend([mcp.to_owned(), api.to_owned()]);
    seeded.ports = port_of(mcp).zip(port_of(api));
    write_secret(&file, &serde_json::to_string_pretty(&seeded)?)?;
    Ok(seeded)
}

/// What may be asked in detail: a payment, and hours of a calendar.
fn detail_types() -> Result<Vec<DetailType>> {
    let payment = serde_json::json!({
        "words": {
            "en": "pay {amount.value} {amount.currency} to {payee}",
            "de": "{amount.value} {amount.currency} an {payee} zahlen",
        },
        "schema": {
            "type": "object",
            "properties": {
                "type": { "const": "payment" },
                "locations": { "type": "array", "items": { "type": "string" } },
                "amount": {
                    "type": "object",
                    "properties": {
                        "value": { "type": "string", "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{2})?$" },
                        "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
                    },
                    "required": ["value", "currency"],
                    "additionalProperties": false,
                },
                "payee": { "type": "string", "minLength": 1, "maxLength": 70 },
                "purpose": { "type": "string", "maxLength": 140 },
            },
            "required": ["amount", "payee"],
            "additionalProperties": false,
        },
        "narrowing": { "amount.value": "at_most" },
    });
    let calendar = serde_json::json!({
        "words": { "en": "{actions} in your calendar {calendar}", "de": "Ihren Kalender {calendar} benutzen: {actions}" },
        "schema": {
            "type": "object",
            "properties": {
                "type": { "const": "calendar" },
                "locations": { "type": "array", "items": { "type": "string" } },
                "actions": { "type": "array", "items": { "enum": ["look", "enter", "cancel"] }, "minItems": 1, "uniqueItems": true },
                "calendar": { "type": "string", "minLength": 1, "maxLength": 70 },
            },
            "required": ["actions", "calendar"],
            "additionalProperties": false,
        },
        "narrowing": { "actions": "subset" },
    });
    let wrong = |rule: String| anyhow::anyhow!(rule);
    [("payment", "Payment", payment), ("calendar", "Calendar", calendar)]
        .into_iter()
        .map(|(id, name, said)| {
            let member = |name: &str| {
                said.get(name)
                    .and_then(|value| value.as_object())
                    .cloned()
                    .unwrap_or_default()
            };
            Ok(DetailType {
                id: DetailTypeId::parse(id).context("a demo type")?,
                name: name.to_owned(),
                words: DetailType::words_from_row(&member("words")).map_err(wrong)?,
                schema: member("schema"),
                narrowing: DetailType::narrowing_from_row(&member("narrowing")).map_err(wrong)?,
                created: Time::from_unix(0),
            })
        })
        .collect()
}

async fn resource(app: &Arc<App>, tenant: &TenantDb, uri: &str, name: &str, scopes: &[(&str, &str)]) -> Result<()> {
    let uri = ResourceUri::parse(uri).context("a demo resource's identifier")?;
    if tenant.resource(&uri).await?.is_none() {
        let introspectors = ClientId::parse(INTROSPECTOR.0).into_iter().collect();
        let new = NewResource {
            uri,
            name: name.to_owned(),
            implied: implied(scopes),
            scopes: scopes
                .iter()
                .map(|(name, words)| ((*name).to_owned(), (*words).to_owned()))
                .collect(),
            token_algorithm: None,
            introspectors,
        };
        app.command(tenant, Command::CreateResource(Box::new(new)), &app.moment()?)
            .await?;
    }
    Ok(())
}

/// Who may write may read.
fn implied(scopes: &[(&str, &str)]) -> BTreeMap<String, BTreeSet<String>> {
    let reads = |write: &str| write.strip_suffix(":write").map(|what| format!("{what}:read"));
    scopes
        .iter()
        .filter_map(|(name, _)| Some(((*name).to_owned(), BTreeSet::from([reads(name)?]))))
        .collect()
}

/// A demo person with a password of their own in this directory.
async fn person(app: &Arc<App>, tenant: &TenantDb, seeded: &mut Seeded, login: &str, name: &str) -> Result<()> {
    let parsed = Login::parse(login).context("a demo login")?;
    let known = tenant.user_by_login(&parsed).await?;
    if known.is_some() && seeded.users.iter().any(|user| user.login == login) {
        return Ok(());
    }
    let at = app.moment()?;
    let password = at
        .secret(login)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(16)
        .collect::<String>();
    let hash = app.hash_password(&password, login, &at).await?;
    let command = if let Some(user) = known {
        Command::SetUserPassword { id: user.id, hash }
    } else {
        let profile = serde_json::json!({ "name": name, "email": login, "email_verified": true });
        let profile = profile.as_object().cloned().unwrap_or_default();
        Command::CreateUser(Box::new(NewUser {
            login: parsed,
            profile: Profile::parse(profile).map_err(|why| anyhow::anyhow!(why.told()))?,
            memberships: BTreeSet::new(),
            password_hash: Some(hash),
        }))
    };
    app.command(tenant, command, &at).await?;
    seeded.users.retain(|user| user.login != login);
    seeded.users.push(DemoUser {
        login: login.to_owned(),
        password,
    });
    Ok(())
}

/// The client whose document is pinned.
async fn pinned(app: &Arc<App>, tenant: &TenantDb, seeded: &mut Seeded) -> Result<()> {
    let id = ClientId::parse(PINNED.0).context("a demo client's id")?;
    let redirect_uris: Vec<String> = PINNED_REDIRECTS.iter().map(|uri| (*uri).to_owned()).collect();
    let grant_types = BTreeSet::from([GrantType::AuthorizationCode, GrantType::RefreshToken]);
    let known = tenant.client(&id).await?.is_some();
    if known && seeded.clients.iter().any(|client| client.client_id == PINNED.0) {
        return Ok(()); // the ready file says the same in the same order after every start
    }
    if !known {
        let new = NewClient {
            id: Some(id),
            name: PINNED.1.to_owned(),
            method: AuthenticationMethod::Nothing,
            keys: None,
            further: Further::default(),
            grant_types: grant_types.clone(),
            scopes: Scopes::default(),
            resources: BTreeSet::new(),
            token_algorithm: None,
            binding: Binding::WhenProved,
            introspects: Introspects::ItsResources,
            approvers: None,
            redirect_uris: redirect_uris.clone(),
            application_type: ApplicationType::Native,
            uri: None,
        };
        app.command(tenant, Command::CreateClient(Box::new(new)), &app.moment()?)
            .await?;
    }
    seeded.clients.retain(|client| client.client_id != PINNED.0);
    seeded.clients.push(DemoClient {
        client_id: PINNED.0.to_owned(),
        client_name: PINNED.1.to_owned(),
        token_endpoint_auth_method: AuthenticationMethod::Nothing.name().to_owned(),
        client_secret: None,
        jwk: None,
        redirect_uris,
        grant_types: grant_types
            .iter()
            .map(|grant_type| grant_type.name().to_owned())
            .collect(),
        scope: String::new(),
        introspects: false,
    });
    Ok(())
}

struct Wanted<'a> {
    id: &'a str,
    name: &'a str,
    method: AuthenticationMethod,
    scopes: &'a Scopes,
    resources: &'a BTreeSet<ResourceUri>,
}

/// Registers a demo client if it is not there, or gives it a new credential if ours is lost.
async fn client(app: &Arc<App>, tenant: &TenantDb, seeded: &mut Seeded, wanted: Wanted<'_>) -> Result<()> {
    let id = ClientId::parse(wanted.id).context("a demo client's id")?;
    let known = tenant.client(&id).await?.is_some();
    if known && seeded.clients.iter().any(|client| client.client_id == wanted.id) {
        return Ok(());
    }
    let machine = !wanted.scopes.is_empty();
    let (jwk, jwks) = if wanted.method == AuthenticationMethod::PrivateKeyJwt {
        key()?
    } else {
        (None, None)
    };
    let at = app.moment()?;
    let command = match (known, &jwks) {
        (false, _) => Command::CreateClient(Box::new(NewClient {
            id: Some(id),
            name: wanted.name.to_owned(),
            method: wanted.method,
            keys: jwks.map(Keys::Here),
            further: Further::default(),
            grant_types: if machine {
                BTreeSet::from([GrantType::ClientCredentials])
            } else {
                BTreeSet::new()
            },
            scopes: wanted.scopes.clone(),
            resources: wanted.resources.clone(),
            token_algorithm: None,
            binding: Binding::WhenProved,
            introspects: if machine {
                Introspects::ItsResources
            } else {
                Introspects::Everything
            },
            redirect_uris: Vec::new(),
            application_type: ApplicationType::Unsaid,
            uri: None,
            approvers: None,
        })),
        (true, None) => Command::RotateClientSecret(id),
        (true, Some(_)) => Command::ChangeClient(Box::new(kernel::administration::ChangeClient {
            id,
            name: None,
            keys: jwks.map(Keys::Here),
            further: proof::json::Object::new(),
            token_algorithm: None,
            binding: None,
            introspects: None,
            approvers: None,
            redirect_uris: None,
            switch: None,
        })),
    };
    if !known {
        seeded
            .granted
            .extend(wanted.resources.iter().map(|uri| uri.as_str().to_owned()));
    }
    let document = app.command(tenant, command, &at).await?;
    seeded.clients.retain(|client| client.client_id != wanted.id);
    seeded.clients.push(DemoClient {
        client_id: wanted.id.to_owned(),
        client_name: wanted.name.to_owned(),
        token_endpoint_auth_method: wanted.method.name().to_owned(),
        client_secret: document
            .get("client_secret")
            .and_then(|secret| secret.as_str())
            .map(str::to_owned),
        jwk,
        redirect_uris: Vec::new(),
        grant_types: if machine {
            vec![GrantType::ClientCredentials.name().to_owned()]
        } else {
            Vec::new()
        },
        scope: wanted.scopes.joined(),
        introspects: !machine,
    });
    Ok(())
}

/// A private JWK for the client and a public set for the registration; nothing for a client without key.
type KeyPair = (Option<serde_json::Map<String, serde_json::Value>>, Option<String>);

/// Makes a key pair.
fn key() -> Result<KeyPair> {
    let (key, private) = SoftwareKey::generate(Algorithm::ES256)?;
    let jwk = keys::private_jwk(Algorithm::ES256, private.reveal())?;
    let jwks = serde_json::json!({ "keys": [key.public_key().to_jwk()] }).to_string();
    Ok((Some(jwk), Some(jwks)))
}
