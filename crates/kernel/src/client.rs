//! An OAuth client as it is registered (RFC 7591 s2).

use std::collections::BTreeSet;

use proof::{Algorithm, Time};

use crate::{id::ClientId, why::Why};

/// How a client proves who it is (RFC 7591 `token_endpoint_auth_method`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// A secret in the `Authorization` header; the row holds its digest.
    SecretBasic {
        /// `base64url(SHA-256(secret))`.
        secret_digest: String,
    },
    /// A secret in the body; the row holds its digest.
    SecretPost {
        /// `base64url(SHA-256(secret))`.
        secret_digest: String,
    },
    /// A signed assertion (RFC 7523 s2.2), checked with the registered keys.
    PrivateKeyJwt {
        /// The registered JWK Set, as text.
        jwks: String,
    },
}

/// The name of an authentication method alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthenticationMethod {
    /// `client_secret_basic`
    SecretBasic,
    /// `client_secret_post`
    SecretPost,
    /// `private_key_jwt`
    PrivateKeyJwt,
}

impl AuthenticationMethod {
    /// Every method that is offered.
    pub const ALL: &'static [Self] = &[Self::SecretBasic, Self::SecretPost, Self::PrivateKeyJwt];

    /// The registered name (IANA OAuth Token Endpoint Authentication Methods).
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecretBasic => "client_secret_basic",
            Self::SecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// The method of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }
}

impl Authentication {
    /// Which method it is.
    pub const fn method(&self) -> AuthenticationMethod {
        match self {
            Self::SecretBasic { .. } => AuthenticationMethod::SecretBasic,
            Self::SecretPost { .. } => AuthenticationMethod::SecretPost,
            Self::PrivateKeyJwt { .. } => AuthenticationMethod::PrivateKeyJwt,
        }
    }
}

/// The grant types that exist (IANA OAuth Grant Types, RFC 7591 `grant_types`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantType {
    /// `client_credentials` (RFC 6749 s4.4)
    ClientCredentials,
}

impl GrantType {
    /// Every grant type that is offered.
    pub const ALL: &'static [Self] = &[Self::ClientCredentials];

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// The grant type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|grant_type| grant_type.name() == name)
    }
}

/// Whether a client's tokens are bound to a key (RFC 9449 s5.2 `dpop_bound_access_tokens`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Bound when the client sends a proof.
    WhenProved,
    /// Always: a request without proof is refused.
    Required,
}

/// What a client may learn by introspection, beyond the resources that name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspects {
    /// Tokens of the resources that list it.
    ItsResources,
    /// Every token of the tenant: a gateway or a decision point.
    Everything,
}

/// A registered client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// Its name for people.
    pub name: String,
    /// How it proves who it is.
    pub authentication: Authentication,
    /// The grant types it may use.
    pub grant_types: BTreeSet<GrantType>,
    /// The algorithm it wants its access tokens signed with; `None` leaves it to the resource, then to `EdDSA`.
    pub token_algorithm: Option<Algorithm>,
    /// Whether its tokens are bound to a key.
    pub binding: Binding,
    /// What it may introspect.
    pub introspects: Introspects,
    /// Rises with every change of the registration.
    pub epoch: i64,
    /// When it was registered.
    pub created: Time,
    /// When it was disabled, if it is.
    pub disabled: Option<Time>,
}

/// The algorithms that access tokens can be signed with.
pub const TOKEN_ALGORITHMS: &[Algorithm] = &[Algorithm::EdDSA, Algorithm::ES256];

/// Reads the algorithm that metadata asks for access tokens.
pub fn token_algorithm(name: &str) -> Result<Algorithm, Why> {
    Algorithm::from_name(name)
        .filter(|algorithm| TOKEN_ALGORITHMS.contains(algorithm))
        .ok_or(Why::ClientMetadata("access tokens are signed with EdDSA or ES256"))
}

/// What a change may do to a client, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is enabled and its registration is the one that was read: its secret, its keys, what it may do.
    Unchanged {
        /// The client.
        id: ClientId,
        /// The epoch that was read.
        epoch: i64,
    },
    /// It is new.
    Create(Box<Client>),
    /// Its registration is replaced; it must still have the epoch that was read.
    Replace {
        /// The new registration, its epoch one higher.
        client: Box<Client>,
        /// The epoch that was read.
        epoch: i64,
    },
}
