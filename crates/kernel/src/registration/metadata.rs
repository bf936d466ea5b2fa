//! Client metadata (RFC 7591 s2), read once.

use std::collections::BTreeSet;

use proof::{digest, json, jwk::KeySet};
use serde_json::Value;

use crate::{
    authority::Scopes,
    client::{ApplicationType, AuthenticationMethod, Binding, Further, GrantType, Keys, SecurityProfile, is_fetched},
    redirect_uri::{self, RedirectUri},
    why::Why,
};

/// The longest name, in characters (S-24).
const NAME_CHARS_MAX: usize = 200;
/// The longest URI, in bytes (S-24).
const URI_BYTES_MAX: usize = 2_000;

/// What a client says of itself, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Its name for people; empty when it has none.
    pub name: String,
    /// Where it may be answered.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it proves itself, if it said.
    pub method: Option<AuthenticationMethod>,
    /// Its public keys, or where they are.
    pub keys: Option<Keys>,
    /// What it says beyond plain OAuth.
    pub further: Further,
    /// The grant types it will use.
    pub grant_types: BTreeSet<GrantType>,
    /// The scopes it will ask for, those that are known here.
    pub scope: Option<Scopes>,
    /// What it is.
    pub application_type: ApplicationType,
    /// Its own page.
    pub uri: Option<String>,
    /// Whether its tokens are always bound (RFC 9449 s5.2).
    pub binding: Binding,
    /// Who it says it is already.
    pub claimed: Claimed,
}

/// The id and the secret that metadata repeats. Neither can be chosen: a replacement repeats its own or says nothing (RFC 7592 s2.2); elsewhere they mean nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// The `client_id`.
    pub id: Option<String>,
    /// `base64url(SHA-256(client_secret))`.
    pub secret_digest: Option<String>,
}

impl Claimed {
    fn read(o: &json::Object) -> Self {
        // What is no text is nobody's id and no secret; `null` is what some clients write for nothing.
        let said = |name| o.get(name).filter(|value| !value.is_null());
        let text = |name| said(name).map(|value| value.as_str().unwrap_or_default());
        Self {
            id: text("client_id").map(str::to_owned),
            secret_digest: text("client_secret").map(|secret| digest::sha256_b64(secret.as_bytes())),
        }
    }
}

/// Who says it: the words of a refusal differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A registration request.
    Registration,
    /// A client metadata document.
    Document,
}

impl Said {
    pub(super) const fn wrong(self, rule: &'static str) -> Why {
        match self {
            Self::Registration => Why::ClientMetadata(rule),
            Self::Document => Why::ClientDocument(rule),
        }
    }
}

impl Metadata {
    /// Reads metadata. `known` are the scopes of the tenant: others are cut.
    pub fn read(o: &json::Object, said: Said, known: &Scopes) -> Result<Self, Why> {
        let wrong = |rule| said.wrong(rule);
        let text = |name: &'static str| {
            json::text(o, name).map_err(|_| wrong("a member has not its type; a text was expected"))
        };
        let application_type =
            ApplicationType::from_name(text("application_type")?).ok_or(wrong("application_type is native or web"))?;
        let grant_types = grant_types(o, said)?;
        response_types(o, &grant_types, said)?;
        let redirect_uris =
            redirect_uri::registered(&texts(o, "redirect_uris", said)?.unwrap_or_default(), application_type).map_err(
                |why| match (said, why) {
                    (Said::Document, Why::RedirectUrisRefused(rule)) => Why::ClientDocument(rule),
                    (_, why) => why,
                },
            )?;
        if redirect_uris.is_empty() && grant_types.contains(&GrantType::AuthorizationCode) {
            return Err(match said {
                Said::Registration => Why::RedirectUrisRefused(
                    "redirect_uris is missing; a client of authorization_code has at least one",
                ),
                Said::Document => Why::ClientDocument("redirect_uris is missing"),
            });
        }
        let method = text("token_endpoint_auth_method")?
            .map(|name| {
                AuthenticationMethod::from_name(name).ok_or(wrong(
                    "token_endpoint_auth_method is one of token_endpoint_auth_methods_supported",
                ))
            })
            .transpose()?;
        if o.contains_key("software_statement") && said == Said::Registration {
            return Err(Why::SoftwareStatement);
        }
        Ok(Self {
            name: name(text("client_name")?.unwrap_or(""), said)?,
            further: further(o, application_type, &redirect_uris, said)?,
            redirect_uris,
            method,
            keys: keys(o, text("jwks_uri")?, said)?,
            grant_types,
            scope: text("scope")?
                .map(Scopes::parse)
                .transpose()
                .map_err(|_| wrong("scope is a list of scope tokens separated by spaces"))?
                .map(|scopes| known.shared_with(scopes.iter())),
            application_type,
            uri: uri(text("client_uri")?, said)?,
            binding: match o.get("dpop_bound_access_tokens") {
                None | Some(Value::Bool(false)) => Binding::WhenProved,
                Some(Value::Bool(true)) => Binding::Required,
                Some(_) => return Err(wrong("dpop_bound_access_tokens is true or false")),
            },
            claimed: Claimed::read(o),
        })
    }
}

/// Unknown grant types are left out, as RFC 7591 s2 lets the server; without any, a client may have and refresh tokens: stock clients say nothing and expect both
/// (docs/divergences.md). A self-made client gets no `client_credentials` (S-24), and no device grant, which
/// anybody can start for anybody (S-28).
fn grant_types(o: &json::Object, said: Said) -> Result<BTreeSet<GrantType>, Why> {
    let Some(names) = texts(o, "grant_types", said)? else {
        return Ok([GrantType::AuthorizationCode, GrantType::RefreshToken].into());
    };
    let known: BTreeSet<GrantType> = names
        .iter()
        .filter_map(|name| GrantType::from_name(name))
        .filter(|grant_type| !matches!(grant_type, GrantType::ClientCredentials | GrantType::DeviceCode))
        .collect();
    if known.contains(&GrantType::AuthorizationCode) {
        Ok(known)
    } else {
        Err(said.wrong("grant_types must have authorization_code; other grant types are given by an administrator"))
    }
}

/// `code` alone, which goes with `authorization_code` (RFC 7591 s2.1).
fn response_types(o: &json::Object, grant_types: &BTreeSet<GrantType>, said: Said) -> Result<(), Why> {
    match texts(o, "response_types", said)? {
        None => Ok(()),
        Some(names)
            if grant_types.contains(&GrantType::AuthorizationCode) && names.iter().any(|name| name == "code") =>
        {
            Ok(())
        }
        Some(_) => Err(said.wrong("response_types must have code")),
    }
}

fn texts(o: &json::Object, name: &str, said: Said) -> Result<Option<Vec<String>>, Why> {
    let wrong = || said.wrong("a member has not its type; a list of texts was expected");
    match o.get(name) {
        None => Ok(None),
        Some(Value::Array(items)) if items.len() <= 64 => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<Vec<_>, _>>()
            .map(Some),
        Some(_) => Err(wrong()),
    }
}

/// A name is shown to people, always as a claim; control characters have no place in it, everything else is made visible where it is shown (S-10).
fn name(text: &str, said: Said) -> Result<String, Why> {
    if text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(said.wrong("client_name has at most 200 characters and no control characters"));
    }
    Ok(text.to_owned())
}

fn uri(text: Option<&str>, said: Said) -> Result<Option<String>, Why> {
    let Some(text) = text else { return Ok(None) };
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    let plain = text.len() <= URI_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_graphic())
        && !authority.is_empty()
        && !authority.contains(['@', '\\']); // what a person reads first is the host
    plain
        .then(|| Some(text.to_owned()))
        .ok_or(said.wrong("a URI is https or http, without user name, at most 2000 bytes"))
}

/// Public keys of kinds that can be used here; a private one is refused, and so is a key that is too small (S-24). Or where they are: not both (RFC 7591 s2).
fn keys(o: &json::Object, address: Option<&str>, said: Said) -> Result<Option<Keys>, Why> {
    match (o.get("jwks"), address) {
        (None, None) => Ok(None),
        (Some(value), None) => {
            let text = json::canonical(value);
            checked_keys(&text).map_err(|rule| said.wrong(rule))?;
            Ok(Some(Keys::Here(text)))
        }
        (None, Some(address)) if is_fetched(address) => Ok(Some(Keys::At(address.to_owned()))),
        (None, Some(_)) => Err(said.wrong("jwks_uri is https, without user name and fragment, at most 2000 bytes")),
        (Some(_), Some(_)) => Err(said.wrong("jwks and jwks_uri do not go together")),
    }
}

/// What it says beyond plain OAuth, and the sector of its names for people as it is now: it does not move with its redirect URIs.
fn further(o: &json::Object, kind: ApplicationType, redirect_uris: &[RedirectUri], said: Said) -> Result<Further, Why> {
    let mut further = Further::read(o, kind).map_err(|rule| said.wrong(rule))?;
    further.sector = sector(&further, redirect_uris);
    Ok(further)
}

/// The host of `sector_identifier_uri`, or the one host of the redirect URIs (OpenID Connect Core s8.1).
pub(crate) fn sector(further: &Further, redirect_uris: &[RedirectUri]) -> Option<String> {
    if let Some(address) = &further.sector_identifier_uri {
        let (_, rest) = address.split_once("://")?;
        let authority = rest.split(['/', '?']).next()?;
        return Some(redirect_uri::hostname(authority).to_ascii_lowercase());
    }
    let mut hosts = redirect_uris
        .iter()
        .map(|uri| if uri.is_local() { "" } else { uri.hostname() });
    let first = hosts.next().filter(|host| !host.is_empty())?;
    hosts.all(|host| host == first).then(|| first.to_owned())
}

impl Metadata {
    /// What the method needs beside itself (RFC 7591 s2, RFC 8705 s2.1.2 and s2.2.2).
    pub(super) fn keys_for(&self, method: AuthenticationMethod) -> Result<(), Why> {
        needed_for(method, self.keys.as_ref(), &self.further).map_err(Why::ClientMetadata)
    }
}

/// What an authentication method needs beside itself.
pub(crate) fn needed_for(
    method: AuthenticationMethod,
    keys: Option<&Keys>,
    further: &Further,
) -> Result<(), &'static str> {
    match method {
        AuthenticationMethod::PrivateKeyJwt if keys.is_none() => {
            Err("private_key_jwt needs a jwks with the public keys, or a jwks_uri")
        }
        AuthenticationMethod::SelfSignedTls if keys.is_none() => {
            Err("self_signed_tls_client_auth needs a jwks with the key of the certificate, or a jwks_uri")
        }
        AuthenticationMethod::Attestation if keys.is_none() => {
            Err("attest_jwt_client_auth needs a jwks with the public keys of the client's attester, or a jwks_uri")
        }
        AuthenticationMethod::Tls if further.tls.is_none() => Err(
            "tls_client_auth needs the one name in the certificate: tls_client_auth_subject_dn or one of tls_client_auth_san_*",
        ),
        AuthenticationMethod::SecretBasic
        | AuthenticationMethod::SecretPost
        | AuthenticationMethod::PrivateKeyJwt
        | AuthenticationMethod::Tls
        | AuthenticationMethod::SelfSignedTls
        | AuthenticationMethod::Attestation
        | AuthenticationMethod::Nothing => Ok(()),
    }
}

/// Whether a client that authenticates so can ever do so under a profile (FAPI 2.0 s5.3.2.1): said when it is registered, for at its first request it would hear no more than
/// `invalid_client`.
pub(crate) fn held_by(profile: SecurityProfile, method: AuthenticationMethod) -> Result<(), &'static str> {
    if profile >= SecurityProfile::Fapi2 && !method.is_strong() {
        return Err(
            "the security profile takes only clients that authenticate with a key: token_endpoint_auth_method is private_key_jwt, tls_client_auth or self_signed_tls_client_auth",
        );
    }
    Ok(())
}

/// Whether a JWK Set can be used: public keys only, at least one of a kind that is known here.
pub(crate) fn checked_keys(jwks: &str) -> Result<(), &'static str> {
    let keys = KeySet::parse(jwks.as_bytes())
        .map_err(|_| "jwks must be a JWK Set of at most 32 public keys: Ed25519, P-256, or RSA of 2048 to 4096 bits")?;
    if keys.keys().is_empty() {
        return Err("jwks has no key of a kind that can be used here: Ed25519, P-256, or RSA of 2048 to 4096 bits");
    }
    Ok(())
}
