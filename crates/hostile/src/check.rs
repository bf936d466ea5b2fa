//! What the library says of an input, without a server around it.

use std::fmt::Debug;

use kernel::{
    ClientId, Moment, Scopes, Why,
    authorization::{self, Carried},
    client::{ApplicationType, Authentication, Client},
    client_authentication::Credentials,
    form::Form,
    introspection,
    redirect_uri::{self, LocalhostPorts, RedirectUri},
    registration::{self, Metadata, Said},
    tenant::{self, Settings, Tenant},
    token,
};
use proof::{
    Time, access_token, assertion,
    dpop::{self, Expect},
    json,
    jwk::KeySet,
    jws::Compact,
};
use serde_json::{Value, json};

use crate::vectors::{self, Body, ClientKind, Input, NOW, Route, TokenKind};

/// What came of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is wrong with it.
    Accepted,
    /// It is refused; the reason as the library names it.
    Refused(String),
    /// Whether it is, only a server can say.
    ServersMatter,
}

/// What the library says of an input.
pub fn outcome(input: &Input) -> Outcome {
    match input {
        Input::Token { artifact, token } => token_outcome(*artifact, token),
        Input::Keys { jwks, .. } => keys(jwks),
        Input::Proofs { proofs, access_token } => match proofs.as_slice() {
            [one] => {
                let url = [vectors::ISSUER, "/oauth2/token"].concat();
                let expect = Expect {
                    method: "POST",
                    url: &url,
                    now: now(),
                    access_token: access_token.as_deref(),
                };
                of(&dpop::check(one, &expect))
            }
            _ => Outcome::ServersMatter,
        },
        Input::Redirect {
            client,
            registered,
            asked,
        } => redirect(*client, registered, asked),
        Input::Register {
            register,
            application_type,
        } => of(&ApplicationType::from_name(application_type.as_deref())
            .ok_or(Why::ClientMetadata("application_type"))
            .and_then(|kind| redirect_uri::registered(register, kind))),
        Input::Challenge { parameters, .. } => of(&challenge(parameters)),
        Input::Verifier { .. } => Outcome::ServersMatter,
        Input::Body(body) => body_outcome(body),
        Input::Form(form) => form_outcome(form),
    }
}

fn of<T, E: Debug>(result: &Result<T, E>) -> Outcome {
    match result {
        Ok(_) => Outcome::Accepted,
        Err(why) => Outcome::Refused(format!("{why:?}")),
    }
}

fn now() -> Time {
    Time::from_unix(NOW)
}

/// The way of a token through its check.
fn token_outcome(kind: TokenKind, token: &str) -> Outcome {
    let keys = match KeySet::parse(vectors::TRUSTED_KEYS.as_bytes()) {
        Ok(keys) => keys,
        Err(why) => return of(&Err::<(), _>(why)),
    };
    let compact = match Compact::parse(token) {
        Ok(compact) => compact,
        Err(rule) => return Outcome::Refused(format!("Jws({rule:?})")),
    };
    match kind {
        TokenKind::ClientAssertion => {
            of(&assertion::named_client(&compact)
                .and_then(|_| assertion::check(&compact, &keys, vectors::ISSUER, now())))
        }
        TokenKind::AccessToken => {
            let (audience, skew) = (Some(vectors::RESOURCE), assertion::SKEW_SECONDS);
            of(&access_token::check(
                &compact,
                &keys,
                vectors::ISSUER,
                audience,
                now(),
                skew,
            ))
        }
    }
}

fn keys(jwks: &Value) -> Outcome {
    if let Err(why) = KeySet::parse(jwks.to_string().as_bytes()) {
        return Outcome::Refused(format!("Keys({why:?})"));
    }
    // Well-formed: whether it is of use is what registration asks.
    let metadata = json::Object::from_iter([
        ("redirect_uris".to_owned(), json!(["https://app.example/cb"])),
        ("token_endpoint_auth_method".to_owned(), json!("private_key_jwt")),
        ("jwks".to_owned(), jwks.clone()),
    ]);
    of(&Metadata::read(&metadata, Said::Registration, &Scopes::default()))
}

fn redirect(client: ClientKind, registered: &[String], asked: &str) -> Outcome {
    let registered: Option<Vec<RedirectUri>> = registered.iter().map(|uri| RedirectUri::parse(uri)).collect();
    let Some(registered) = registered else {
        return Outcome::ServersMatter; // no client has such places; the controls register each
    };
    let ports = match client {
        ClientKind::Public => LocalhostPorts::Vary,
        ClientKind::Confidential => LocalhostPorts::Exact,
    };
    of(&redirect_uri::matching(&registered, asked, ports).ok_or(Why::RedirectUriUnknown))
}

/// An authorization request of an app, read as at the endpoint.
fn challenge(parameters: &std::collections::BTreeMap<String, String>) -> Result<(), Why> {
    let client = app()?;
    let form = form_of(
        [
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("redirect_uri", "https://app.example/cb"),
        ]
        .into_iter()
        .chain(parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
    )?;
    let returns = authorization::returns(&form, Some(&client))?;
    let at = Moment {
        now: now(),
        seed: [7; 32],
    };
    authorization::Asked::parse(&form, &client, &tenant()?, returns, Carried::PLAIN, &at).map(|_| ())
}

/// The tenant that everything is sent to, as a tenant begins.
pub(crate) fn tenant() -> Result<Tenant, Why> {
    Ok(Tenant {
        id: tenant::parse_id("default")?,
        name: "Default".to_owned(),
        issuer: "https://id.example".to_owned(),
        settings: Settings::default(),
        policy_version: 0,
        created: now(),
        disabled: None,
    })
}

/// An app as its own document describes it.
pub(crate) fn app() -> Result<Client, Why> {
    let id = ClientId::parse("https://app.example/client").ok_or(Why::ClientUnknown)?;
    let document = json!({
        "client_id": id.as_str(), "client_name": "App", "redirect_uris": ["https://app.example/cb"],
    });
    let client = registration::document(&id, document.to_string().as_bytes(), None, &Scopes::default(), now())?;
    debug_assert!(client.authentication == Authentication::Nothing);
    Ok(client)
}

/// A form of these parameters, as it travels: every byte that is not plain is escaped.
fn form_of<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Form, Why> {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                plain if plain.is_ascii_alphanumeric() => char::from(plain).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let pieces: Vec<String> = parameters
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect();
    Form::parse(pieces.join("&").as_bytes(), authorization::REPEATABLE)
}

/// How deep the JSON of a body may be.
const BODY_DEPTH_MAX: usize = 16;

fn body_outcome(body: &Body) -> Outcome {
    let object = match json::parse_object_to_depth(&body.bytes(), BODY_DEPTH_MAX) {
        Ok(object) => object,
        Err(why) => return Outcome::Refused(format!("Json({why:?})")),
    };
    match body.route {
        Route::Registration => of(&Metadata::read(&object, Said::Registration, &Scopes::default())),
        Route::Client | Route::Resource | Route::User | Route::Group | Route::Tenant => Outcome::ServersMatter,
    }
}

fn form_outcome(given: &vectors::Form) -> Outcome {
    if given.content_type.is_some() {
        return Outcome::ServersMatter;
    }
    let form = match Form::parse(&given.bytes(), token::Request::REPEATABLE) {
        Ok(form) => form,
        Err(why) => return of(&Err::<(), _>(why)),
    };
    let basic = match given.credentials.as_deref() {
        Some("machine") => Some("machine:secret"),
        None => None,
        Some(_) => return Outcome::ServersMatter,
    };
    let read = Credentials::parse(basic, None, &form).and_then(|_| match given.path.as_str() {
        "/oauth2/token" => token::Request::parse(&form).map(|_| ()),
        _ => introspection::Request::parse(&form).map(|_| ()),
    });
    of(&read)
}
