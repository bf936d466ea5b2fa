//! A client metadata document: at which address it may be, and what it may say (draft-ietf-oauth-client-id-metadata-document-02 s3 and s4).

use proof::{Time, json};

use super::{Metadata, Said};
use crate::{
    authority::Scopes,
    client::{Authentication, AuthenticationMethod, Client, Further, Introspects, Keys, Registration},
    id::ClientId,
    why::Why,
};

/// Whether an id is the address of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// It is, in the one form that such an address has.
    Good,
    /// It has a scheme, but not the form: it names nothing.
    Bad(&'static str),
    /// It is an id like any other.
    Plain,
}

/// Reads an id as an address: `https` (`http` on localhost is a matter of the server's settings), a path, no user information, no fragment, no dot segments.
pub fn address(id: &ClientId) -> Address {
    let Some((scheme, rest)) = id.as_str().split_once("://") else {
        return Address::Plain;
    };
    if scheme != "https" && scheme != "http" {
        return Address::Bad("a client id that is an address begins with https://");
    }
    let (authority, path) = rest
        .split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
        .unwrap_or((rest, ""));
    let path_only = path.split('?').next().unwrap_or("");
    let dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."); // encoded ones are dots to whoever fetches
    if authority.is_empty() || authority.contains('@') {
        Address::Bad("a client id that is an address has a host and no user name")
    } else if path.contains('#') {
        Address::Bad("a client id that is an address has no fragment")
    } else if path_only.len() < 2 {
        Address::Bad("a client id that is an address has a path")
    } else if path_only.split('/').any(dots) {
        Address::Bad("a client id that is an address has no dot segments")
    } else {
        Address::Good
    }
}

/// Where a document says that its keys are, before they are read: they are fetched by the same rules as the document.
pub fn keys_address(body: &[u8]) -> Result<Option<String>, Why> {
    let o = parse(body)?;
    let metadata = Metadata::read(&o, Said::Document, &Scopes::default())?;
    Ok(match metadata.keys {
        Some(Keys::At(address)) => Some(address),
        Some(Keys::Here(_)) | None => None,
    })
}

/// Reads a document that was fetched from `id`, with the keys that were fetched from its `jwks_uri` if it has one.
pub fn document(id: &ClientId, body: &[u8], keys: Option<&[u8]>, known: &Scopes, now: Time) -> Result<Client, Why> {
    let o = parse(body)?;

    // 1. It is about its own address, byte for byte.
    if json::text(&o, "client_id").ok().flatten() != Some(id.as_str()) {
        return Err(Why::ClientDocument(
            "client_id in the document is not the address it was fetched from",
        ));
    }

    // 2. It holds no secret, and means none: there is nobody to share one with.
    if o.keys().any(|name| name.starts_with("client_secret")) {
        return Err(Why::ClientDocument("a document has no client_secret members"));
    }
    let metadata = Metadata::read(&o, Said::Document, known)?;
    if metadata.name.is_empty() {
        return Err(Why::ClientDocument("client_name is missing")); // MCP authorization demands it
    }

    // 3. Public, or by key.
    let keys = match (metadata.keys, keys) {
        (Some(Keys::Here(jwks)), _) => Some(Keys::Here(jwks)),
        (Some(Keys::At(_)), Some(keys)) => {
            let text =
                String::from_utf8(keys.to_vec()).map_err(|_| Why::ClientDocument("the key set cannot be read"))?;
            super::metadata::checked_keys(&text).map_err(Why::ClientDocument)?;
            Some(Keys::Here(text))
        }
        (Some(Keys::At(_)) | None, _) => None,
    };
    let authentication = match metadata.method {
        None | Some(AuthenticationMethod::Nothing) => Authentication::Nothing,
        Some(AuthenticationMethod::PrivateKeyJwt) if keys.is_some() => Authentication::PrivateKeyJwt,
        Some(AuthenticationMethod::PrivateKeyJwt) => {
            return Err(Why::ClientDocument("private_key_jwt needs jwks or jwks_uri"));
        }
        Some(
            AuthenticationMethod::SecretBasic
            | AuthenticationMethod::SecretPost
            | AuthenticationMethod::Tls
            | AuthenticationMethod::SelfSignedTls
            | AuthenticationMethod::Attestation,
        ) => {
            return Err(Why::ClientDocument(
                "token_endpoint_auth_method of a document is none or private_key_jwt",
            ));
        }
    };
    Ok(Client {
        id: id.clone(),
        name: metadata.name,
        authentication,
        keys,
        // The host of its own address vouches for a document, and for nothing beyond: a sector elsewhere is not its to claim.
        further: Further {
            sector: super::sector(&Further::default(), &metadata.redirect_uris),
            sector_identifier_uri: None,
            ..metadata.further
        },
        grant_types: metadata.grant_types,
        token_algorithm: None,
        binding: metadata.binding,
        introspects: Introspects::ItsResources,
        approvers: None,
        registration: Registration::Document { fetched: now },
        redirect_uris: metadata.redirect_uris,
        application_type: metadata.application_type,
        uri: metadata.uri,
        scope: metadata.scope.map(|scopes| scopes.joined()),
        expires: None,
        epoch: 0,
        created: now,
        disabled: None,
    })
}

fn parse(body: &[u8]) -> Result<json::Object, Why> {
    json::parse_object(body).map_err(|_| Why::ClientDocument("the document is not one well-formed JSON object"))
}
