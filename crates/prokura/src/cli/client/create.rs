//! `prokura client create`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{
    Args, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser},
};
use kernel::client::GrantType;
use serde_json::{Map, Value};

use super::{hints, insert_if, member::Members, profile, record};
use crate::cli::{
    api::Call,
    arguments::{Planned, number},
    console::Console,
    key::{ClientKey, KeyAlgorithm, public_keys},
    scope,
    secret::Secrets,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct CreateArguments {
    /// Its name, for people
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(
        long,
        value_name = "ID",
        help = "Its id; drawn by the server if absent. It may be the https address of a client metadata document: then what is registered here counts, and the document is never fetched"
    )]
    id: Option<String>,
    #[arg(
        long,
        value_enum,
        value_name = "METHOD",
        help = "How it shows who it is: a secret in the header or in the body, a signature, its certificate, what its attester says, or not at all; by default private_key_jwt if a key is given, none if its id is an address, else client_secret_basic"
    )]
    method: Option<Method>,
    /// It can keep no secret, as a program on somebody's device: the same as --method none
    #[arg(long, conflicts_with_all = ["method", "jwks", "generate_key"])]
    public: bool,
    /// Where it may be answered through a browser, compared byte for byte; repeatable
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    #[command(flatten)]
    kind: Kind,
    /// Its own page, which people see under Details
    #[arg(long, value_name = "URL")]
    client_uri: Option<String>,
    /// A file with its public keys: a JWK Set, one JWK, or its certificate in PEM
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
    /// A scope that it may use for itself; repeatable
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A resource that its own tokens may be for; repeatable
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    #[arg(
        long = "grant-type",
        value_name = "TYPE",
        value_parser = PossibleValuesParser::new(grant_types()),
        help = "A grant type that it may use; by default authorization_code and refresh_token if it has a redirect URI, client_credentials if a scope or a resource is given, or a method or a key alone; repeatable. What is deferred needs none: see --approvers"
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
    /// The group or role whose members are asked when it wants more than it was given
    #[arg(long, value_name = "GROUP")]
    approvers: Option<String>,
    /// How many of them must say yes; one if absent
    #[arg(long, value_name = "N", value_parser = number::<i64>, requires = "approvers")]
    approval_quorum: Option<i64>,
    #[command(flatten)]
    members: Members,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    planned: Planned,
}

/// What a client is (OpenID Connect Dynamic Client Registration s2).
#[derive(Debug, Args)]
pub(in crate::cli) struct Kind {
    /// It is a program on somebody's device
    #[arg(long, conflicts_with = "web")]
    native: bool,
    /// It is a web site: no redirect URI of it leads to somebody's own computer
    #[arg(long)]
    web: bool,
}

impl Kind {
    const fn name(&self) -> Option<&'static str> {
        match (self.native, self.web) {
            (true, _) => Some("native"),
            (false, true) => Some("web"),
            (false, false) => None,
        }
    }
}

/// How a client shows who it is (RFC 7591 s2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Method {
    #[value(name = "client_secret_basic")]
    Basic,
    #[value(name = "client_secret_post")]
    Post,
    #[value(name = "private_key_jwt")]
    PrivateKeyJwt,
    #[value(name = "tls_client_auth")]
    Tls,
    #[value(name = "self_signed_tls_client_auth")]
    SelfSignedTls,
    #[value(name = "attest_jwt_client_auth")]
    Attestation,
    #[value(name = "none")]
    Nothing,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::Tls => "tls_client_auth",
            Self::SelfSignedTls => "self_signed_tls_client_auth",
            Self::Attestation => "attest_jwt_client_auth",
            Self::Nothing => "none",
        }
    }
}

/// The short name of the device grant, beside its URN (RFC 8628 s3.4).
const DEVICE: &str = "device";

/// What `--grant-type` takes: the registered names, and a short one for the device grant.
fn grant_types() -> impl Iterator<Item = PossibleValue> {
    GrantType::ALL.iter().map(|kind| match kind {
        GrantType::DeviceCode => PossibleValue::new(DEVICE).alias(kind.name()),
        GrantType::AuthorizationCode | GrantType::ClientCredentials | GrantType::RefreshToken => {
            PossibleValue::new(kind.name())
        }
    })
}

impl CreateArguments {
    fn has_key(&self) -> bool {
        self.jwks.is_some() || self.generate_key.is_some()
    }

    fn method(&self) -> Method {
        let by_address = self.id.as_ref().is_some_and(|id| id.contains("://")); // there is nobody to share a secret with
        match self.method {
            Some(method) => method,
            None if self.has_key() => Method::PrivateKeyJwt,
            None if self.public || by_address => Method::Nothing,
            None => Method::Basic,
        }
    }

    /// The grant types that were named, or else those that what was named is good for.
    fn grant_types(&self) -> Vec<String> {
        if !self.grant_types.is_empty() {
            let named = |name: &String| {
                if name == DEVICE {
                    GrantType::DeviceCode.name()
                } else {
                    name
                }
                .to_owned()
            };
            return self.grant_types.iter().map(named).collect();
        }
        let for_people = !self.redirect_uris.is_empty();
        let for_itself = !self.scopes.is_empty()
            || !self.resources.is_empty()
            || (!for_people && (self.has_key() || self.method.is_some_and(|method| method != Method::Nothing)));
        let mut grant_types = Vec::new();
        if for_people {
            grant_types.extend(["authorization_code".to_owned(), "refresh_token".to_owned()]);
        }
        if for_itself {
            grant_types.push("client_credentials".to_owned());
        }
        grant_types
    }

    /// The registration, but for its keys.
    fn body(&self) -> Map<String, Value> {
        let list = |texts: &[String]| (!texts.is_empty()).then(|| Value::from(texts));
        let on = |on: bool| on.then_some(Value::Bool(true));
        let mut body = Map::new();
        body.insert("client_name".to_owned(), self.name.as_str().into());
        body.insert("token_endpoint_auth_method".to_owned(), self.method().name().into());
        body.insert("grant_types".to_owned(), self.grant_types().into());
        let optional = [
            ("client_id", self.id.as_deref().map(Value::from)),
            ("redirect_uris", list(&self.redirect_uris)),
            ("application_type", self.kind.name().map(Value::from)),
            ("client_uri", self.client_uri.as_deref().map(Value::from)),
            ("scope", (!self.scopes.is_empty()).then(|| self.scopes.join(" ").into())),
            ("resources", list(&self.resources)),
            (
                "access_token_signed_response_alg",
                self.token_alg.map(|alg| alg.name().into()),
            ),
            ("dpop_bound_access_tokens", on(self.require_dpop)),
            ("introspects_everything", on(self.introspect_everything)),
            ("approvers", self.approvers.as_deref().map(Value::from)),
            ("approval_quorum", self.approval_quorum.map(Value::from)),
        ];
        for (name, value) in optional {
            insert_if(&mut body, name, value);
        }
        body
    }
}

pub(super) async fn create(arguments: CreateArguments, console: &Console<'_>) -> Result<()> {
    let mut body = arguments.body();
    arguments.members.insert(&mut body)?;
    let gets_tokens = !arguments.grant_types().is_empty();
    if !arguments.planned.dry_run && arguments.resources.is_empty() {
        scope::warn_of_unknown(arguments.scopes.iter().map(String::as_str), console).await?;
    }
    let CreateArguments {
        name,
        jwks,
        generate_key,
        alg,
        secrets,
        planned,
        ..
    } = arguments;
    let key = generate_key
        .map(|file| ClientKey::generate(alg, file, planned))
        .transpose()?;
    let keys = match (&key, jwks) {
        (Some(key), _) => Some(key.public_set()),
        (None, Some(file)) => Some(public_keys(&file)?),
        (None, None) => None,
    };
    insert_if(&mut body, "jwks", keys);
    let place = secrets.reserve(planned)?;

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
    if !gets_tokens {
        console.say("it has no grant type, so it gets no tokens; it may introspect those of resources that name it");
    }
    let record = record(&document, &profile(console).await, console.now);
    place.keep(&document, "client_secret", record, console)?;
    hints(&document, console).await
}
