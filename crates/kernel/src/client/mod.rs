//! An OAuth client as it is registered (RFC 7591 s2).

use std::collections::BTreeSet;

mod further;

use proof::{Algorithm, Time, digest};

pub use further::{Further, MEMBERS, SecurityProfile, Signing, SubjectType, TlsName, TlsNameKind, is_fetched};

use crate::{
    authorization::Wish,
    id::{ClientId, GroupId},
    redirect_uri::RedirectUri,
    tenant::{PushedRequests, Tenant},
    why::Why,
};

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
    /// A signed assertion (RFC 7523 s2.2), checked with the client's keys.
    PrivateKeyJwt,
    /// A certificate of an authority that this installation trusts, by the one name in it that the client registered (RFC 8705 s2.1).
    Tls,
    /// A certificate for one of the client's keys, whoever issued it (RFC 8705 s2.2).
    SelfSignedTls,
    /// What the client's attester, whose keys are the client's registered ones, says of the instance, and the instance's own proof
    /// (draft-ietf-oauth-attestation-based-client-auth).
    Attestation,
    /// Nothing: a public client (RFC 6749 s2.1). It gives its name, and PKCE binds the code to whoever asked.
    Nothing,
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
    /// `tls_client_auth`
    Tls,
    /// `self_signed_tls_client_auth`
    SelfSignedTls,
    /// `attest_jwt_client_auth`
    Attestation,
    /// `none`
    Nothing,
}

impl AuthenticationMethod {
    /// Every method that is offered.
    pub const ALL: &'static [Self] = &[
        Self::SecretBasic,
        Self::SecretPost,
        Self::PrivateKeyJwt,
        Self::Tls,
        Self::SelfSignedTls,
        Self::Attestation,
        Self::Nothing,
    ];

    /// The registered name (IANA OAuth Token Endpoint Authentication Methods).
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecretBasic => "client_secret_basic",
            Self::SecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::Tls => "tls_client_auth",
            Self::SelfSignedTls => "self_signed_tls_client_auth",
            Self::Attestation => "attest_jwt_client_auth",
            Self::Nothing => "none",
        }
    }

    /// The method of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }

    /// Whether it is one of those that FAPI 2.0 s5.3.2.1 takes: a key of the client's, by assertion or by connection.
    pub const fn is_strong(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::Tls | Self::SelfSignedTls)
    }
}

impl Authentication {
    /// Whether it proves anything: a public client's name is no proof.
    pub const fn proves(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// Whether it is one of those that FAPI 2.0 s5.3.2.1 takes.
    pub const fn is_strong(&self) -> bool {
        self.method().is_strong()
    }

    /// The digest of its secret, if it is one.
    pub fn secret_digest(&self) -> Option<&str> {
        match self {
            Self::SecretBasic { secret_digest } | Self::SecretPost { secret_digest } => Some(secret_digest),
            Self::PrivateKeyJwt | Self::Tls | Self::SelfSignedTls | Self::Attestation | Self::Nothing => None,
        }
    }

    /// Which method it is.
    pub const fn method(&self) -> AuthenticationMethod {
        match self {
            Self::SecretBasic { .. } => AuthenticationMethod::SecretBasic,
            Self::SecretPost { .. } => AuthenticationMethod::SecretPost,
            Self::PrivateKeyJwt => AuthenticationMethod::PrivateKeyJwt,
            Self::Tls => AuthenticationMethod::Tls,
            Self::SelfSignedTls => AuthenticationMethod::SelfSignedTls,
            Self::Attestation => AuthenticationMethod::Attestation,
            Self::Nothing => AuthenticationMethod::Nothing,
        }
    }
}

/// The grant types that exist (IANA OAuth Grant Types, RFC 7591 `grant_types`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantType {
    /// `authorization_code` (RFC 6749 s4.1)
    AuthorizationCode,
    /// `client_credentials` (RFC 6749 s4.4)
    ClientCredentials,
    /// `refresh_token` (RFC 6749 s6)
    RefreshToken,
    /// `urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 s3.4)
    DeviceCode,
}

impl GrantType {
    /// Every grant type that is offered.
    pub const ALL: &'static [Self] = &[
        Self::AuthorizationCode,
        Self::ClientCredentials,
        Self::RefreshToken,
        Self::DeviceCode,
    ];

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
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

/// Who says that this client exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// An administrator of the tenant, who may also have pinned a client metadata document: then it is never fetched.
    Administrator,
    /// A client metadata document at its own address (draft-ietf-oauth-client-id-metadata-document); the host of the address proves it.
    Document {
        /// When the document was read.
        fetched: Time,
    },
    /// The client itself (RFC 7591), verified by nobody.
    Itself {
        /// `base64url(SHA-256(registration access token))` (RFC 7592 s3).
        token_digest: String,
        /// The thumbprint of the key that the token is bound to, if the client proved one when it registered.
        key: Option<String>,
    },
}

/// What a client is (OpenID Connect Dynamic Client Registration s2 `application_type`): decides which redirect URIs it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationType {
    /// A program on somebody's device.
    Native,
    /// A web site.
    Web,
    /// It did not say. Stock clients do not, and use loopback redirects (docs/divergences.md).
    Unsaid,
}

impl ApplicationType {
    /// The name in metadata; nothing when it was not said.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Native => Some("native"),
            Self::Web => Some("web"),
            Self::Unsaid => None,
        }
    }

    /// The type of that name.
    pub fn from_name(name: Option<&str>) -> Option<Self> {
        [Self::Native, Self::Web, Self::Unsaid]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// Who is asked when a client wants more than it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvers {
    /// The group or role they are in.
    pub group: GroupId,
    /// How many different people must say yes.
    pub quorum: u8,
}

/// The largest quorum: more people than that never look at one question.
pub const QUORUM_MAX: u8 = 10;

impl Approvers {
    /// So many people of this group.
    pub fn new(group: GroupId, quorum: i64) -> Option<Self> {
        let quorum = u8::try_from(quorum)
            .ok()
            .filter(|quorum| (1..=QUORUM_MAX).contains(quorum))?;
        Some(Self { group, quorum })
    }
}

/// Where the public keys of a client are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// In its registration: a JWK Set, as text.
    Here(String),
    /// At an address of its own (RFC 7591 s2 `jwks_uri`): fetched by the rules of egress, kept for a while, read again when a key is not known.
    At(String),
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
    /// Its public keys: for its assertions, request objects and certificates.
    pub keys: Option<Keys>,
    /// What it says beyond plain OAuth.
    pub further: Further,
    /// The grant types it may use.
    pub grant_types: BTreeSet<GrantType>,
    /// The algorithm it wants its access tokens signed with; `None` leaves it to the resource, then to `EdDSA`.
    pub token_algorithm: Option<Algorithm>,
    /// Whether its tokens are bound to a key.
    pub binding: Binding,
    /// What it may introspect.
    pub introspects: Introspects,
    /// Who is asked when it wants more than it was given, if an administrator named anybody.
    pub approvers: Option<Approvers>,
    /// Who says that it exists.
    pub registration: Registration,
    /// Where it may be answered through a browser, byte for byte (RFC 6749 s3.1.2.3).
    pub redirect_uris: Vec<RedirectUri>,
    /// What it is.
    pub application_type: ApplicationType,
    /// Its own page (RFC 7591 s2 `client_uri`), shown under Details, never linked.
    pub uri: Option<String>,
    /// The scope it registered, for the answer to registration alone: what it gets is asked at each authorization.
    pub scope: Option<String>,
    /// When it goes away if nobody ever uses it (self-registered clients).
    pub expires: Option<Time>,
    /// Rises with every change of the registration.
    pub epoch: i64,
    /// When it was registered.
    pub created: Time,
    /// When it was disabled, if it is.
    pub disabled: Option<Time>,
}

impl Client {
    /// What a person's standing yes rests on: name, places of answer, keys (S-23). When it changes, the yes no longer counts.
    pub fn basis(&self) -> String {
        // Keys behind an address may turn without asking anybody; the address is what the yes rests on.
        let keys = match (&self.authentication, &self.keys) {
            (
                Authentication::PrivateKeyJwt | Authentication::SelfSignedTls | Authentication::Attestation,
                Some(Keys::Here(jwks)),
            ) => jwks.as_str(),
            (
                Authentication::PrivateKeyJwt | Authentication::SelfSignedTls | Authentication::Attestation,
                Some(Keys::At(address)),
            ) => address.as_str(),
            (_, _) => "",
        };
        let mut text = format!("{}\0{}\0{keys}", self.name, self.authentication.method().name());
        for uri in &self.redirect_uris {
            text.push('\0');
            text.push_str(uri.as_str());
        }
        digest::sha256_b64(text.as_bytes())
    }

    /// The sector whose names for people it knows (OpenID Connect Core s8.1): the one it registered, the one host of its redirect URIs, or itself alone.
    pub fn sector(&self) -> &str {
        if let Some(sector) = &self.further.sector {
            return sector;
        }
        let mut hosts = self
            .redirect_uris
            .iter()
            .map(|uri| if uri.is_local() { "" } else { uri.hostname() });
        let first = hosts.next().filter(|host| !host.is_empty());
        first
            .filter(|first| hosts.all(|host| host == *first))
            .unwrap_or(self.id.as_str())
    }

    /// The rules it is held to: the stricter of the tenant's and its own.
    pub fn profile(&self, tenant: &Tenant) -> SecurityProfile {
        self.further.profile.max(tenant.settings.profile)
    }

    /// With what an answer to it is signed: what it registered for that, else RS256, as OpenID Connect Core s15.1, JARM s3 and RFC 9701 s6 have it. Under FAPI, which has no
    /// PKCS #1 (FAPI 2.0 s5.4), PS256 stands for RS256, also where that was registered before the profile.
    pub fn signing(&self, said: Option<Signing>, tenant: &Tenant) -> Signing {
        let signing = said.unwrap_or(Signing::plain(Algorithm::RS256));
        if self.profile(tenant) != SecurityProfile::Baseline && signing.algorithm == Algorithm::RS256 {
            return Signing::plain(Algorithm::PS256);
        }
        signing
    }

    /// Whether its requests must be pushed (RFC 9126 s5 and s6).
    pub fn must_push(&self, tenant: &Tenant) -> bool {
        self.further.pushed == Wish::Yes
            || tenant.settings.pushed_requests == PushedRequests::Required
            || self.profile(tenant) >= SecurityProfile::Fapi2
    }

    /// Whether its id is the address of a client metadata document.
    pub fn is_document(&self) -> bool {
        self.id.as_str().contains("://")
    }

    /// The host of its id, if the id is an address: what proves a client that nobody registered.
    pub fn document_host(&self) -> Option<&str> {
        let (_, rest) = self.id.as_str().split_once("://")?;
        rest.split(['/', '?']).next().filter(|host| !host.is_empty())
    }
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
    /// It is new, or its document was read anew and this is what it says now: the row of an administrator is never touched.
    PutDocument(Box<Client>),
    /// It is gone, if its registration is the one that was read.
    Drop {
        /// Which.
        id: ClientId,
        /// The epoch that was read.
        epoch: i64,
    },
    /// Its registration is replaced; it must still have the epoch that was read.
    Replace {
        /// The new registration, its epoch one higher.
        client: Box<Client>,
        /// The epoch that was read.
        epoch: i64,
    },
}

/// What a change does to a client whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Somebody said yes to it: a client that registered itself stays from now on.
    Keep(ClientId),
}
