//! The data files of `vectors/negative/`, read as they are described there.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One thing a stranger may send that must be refused, for one reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Its name, which no other vector has.
    pub name: String,
    /// The id of the rule that it breaks.
    pub rule: String,
    /// What is sent.
    pub input: Input,
    /// The OAuth error code that the answer carries.
    pub error: String,
    /// Whether it can be sent to a server: some are for readers of tokens, who have no endpoint here.
    pub http: bool,
}

/// Something that must be accepted: what vectors are made of, with nothing wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// What is sent.
    pub input: Input,
}

/// A rule that vectors break.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// What it demands, in a sentence.
    pub says: String,
    /// The clause that it comes from.
    pub source: String,
    /// The attack that it stops, by its id in the catalogue.
    pub attack: String,
    /// Where it is decided.
    pub checked: Checked,
    /// What the library's reason is called; one of these stands in it. Empty where only the answer can be seen.
    pub refused_as: Vec<String>,
    /// The mutant that switches it off, in `xtask/mutants.toml`.
    pub mutant: String,
}

/// Where a rule is decided, and so which tests see it alone.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Checked {
    /// By a function that takes what was sent.
    Direct,
    /// On the way through the server.
    Http,
}

/// What is sent, by the kind of what it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Input {
    /// A client assertion, or an access token as a resource server reads it.
    Token {
        /// Which.
        artifact: TokenKind,
        /// The compact JWS.
        token: String,
    },
    /// The key set of a client that registers itself for `private_key_jwt`.
    Keys {
        /// Which.
        artifact: KeysKind,
        /// The set.
        jwks: Value,
    },
    /// `DPoP` headers of a POST to the token endpoint.
    Proofs {
        /// One header each.
        proofs: Vec<String>,
        /// The access token that is shown with them.
        access_token: Option<String>,
    },
    /// An authorization request for an answer at this place.
    Redirect {
        /// Whether the client has a secret.
        client: ClientKind,
        /// Where it registered to be answered.
        registered: Vec<String>,
        /// Where it asks to be answered.
        asked: String,
    },
    /// A registration with these places.
    Register {
        /// The redirect URIs.
        register: Vec<String>,
        /// What the client says it is.
        application_type: Option<String>,
    },
    /// An authorization request with these parameters of PKCE.
    Challenge {
        /// Whether the client has a secret.
        client: ClientKind,
        /// What stands in place of `code_challenge` and `code_challenge_method`.
        parameters: BTreeMap<String, String>,
    },
    /// A code that was asked for with a challenge, redeemed.
    Verifier {
        /// Whether the client has a secret.
        client: ClientKind,
        /// The challenge.
        challenge: String,
        /// The verifier that is shown, if one is.
        verifier: Option<String>,
    },
    /// A JSON body.
    Body(Body),
    /// A form.
    Form(Form),
}

/// A JSON body of registration or administration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Where it goes.
    pub route: Route,
    #[serde(rename = "body")]
    text: Option<String>,
    #[serde(rename = "body_base64")]
    base64: Option<String>,
}

impl Body {
    /// The bytes of the body.
    pub fn bytes(&self) -> Vec<u8> {
        either(self.text.as_deref(), self.base64.as_deref())
    }
}

/// A form at one of the endpoints of programs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The endpoint.
    pub path: String,
    /// Who sends it.
    pub credentials: Option<String>,
    #[serde(rename = "body")]
    text: Option<String>,
    #[serde(rename = "body_base64")]
    base64: Option<String>,
    padded_to: Option<usize>,
    /// The query beside it.
    pub query: Option<String>,
    /// `None`: as a form. `Some(None)`: without a type.
    #[serde(default, deserialize_with = "said")]
    pub content_type: Option<Option<String>>,
}

impl Form {
    /// The bytes of the body.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = either(self.text.as_deref(), self.base64.as_deref());
        let length = self.padded_to.unwrap_or(0).max(bytes.len());
        bytes.resize(length, b'x');
        bytes
    }

    /// The machine of the test world, with its right credentials.
    pub fn by_the_machine(&self) -> bool {
        self.credentials.as_deref() == Some("machine")
    }
}

/// What kind of token.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// RFC 7523.
    ClientAssertion,
    /// RFC 9068.
    AccessToken,
}

/// The one kind of key set.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum KeysKind {
    /// RFC 7517 s5.
    JwkSet,
}

/// Whether a client has a secret.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// It has none.
    Public,
    /// It has one, shown by `client_secret_basic`.
    Confidential,
}

/// Where a JSON body goes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// Dynamic client registration.
    Registration,
    /// Administration: a client.
    Client,
    /// Administration: a resource.
    Resource,
    /// Administration: a person.
    User,
    /// Administration: a group.
    Group,
    /// Administration: a tenant.
    Tenant,
}

/// When every vector is: the start of every test world.
pub const NOW: i64 = 1_795_000_000;
/// The issuer that they are for.
pub const ISSUER: &str = "https://issuer.example";
/// The client whose assertions they are.
pub const CLIENT: &str = "vectors";
/// The resource that access tokens are for.
pub const RESOURCE: &str = "https://mcp.example/mcp";
/// The keys of that client, and of the issuer of access tokens: a JWK Set.
pub const TRUSTED_KEYS: &str = include_str!("../../../vectors/negative/trusted_keys.json");

/// The data files, by their names.
pub const FILES: [(&str, &str); 6] = [
    ("jose", include_str!("../../../vectors/negative/jose.json")),
    ("dpop", include_str!("../../../vectors/negative/dpop.json")),
    ("redirect", include_str!("../../../vectors/negative/redirect.json")),
    ("pkce", include_str!("../../../vectors/negative/pkce.json")),
    ("json", include_str!("../../../vectors/negative/json.json")),
    ("form", include_str!("../../../vectors/negative/form.json")),
];

/// The vectors of one file; none of a file that there is not.
pub fn of_file(name: &str) -> Result<Vec<Vector>, serde_json::Error> {
    let text = FILES
        .iter()
        .find(|(known, _)| *known == name)
        .map_or("[]", |(_, text)| text);
    serde_json::from_str(text)
}

/// Every vector.
pub fn all() -> Result<Vec<Vector>, serde_json::Error> {
    let files: Result<Vec<_>, _> = FILES.iter().map(|(name, _)| of_file(name)).collect();
    Ok(files?.into_iter().flatten().collect())
}

/// Every rule.
pub fn rules() -> Result<Vec<Rule>, serde_json::Error> {
    serde_json::from_str(include_str!("../../../vectors/negative/rules.json"))
}

/// Everything that must be accepted.
pub fn controls() -> Result<Vec<Control>, serde_json::Error> {
    serde_json::from_str(include_str!("../../../vectors/negative/controls.json"))
}

fn either(text: Option<&str>, base64: Option<&str>) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    match (text, base64) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(base64)) => STANDARD.decode(base64).unwrap_or_default(),
        (None, None) => Vec::new(),
    }
}

/// Tells `null` from what is not there.
#[expect(clippy::option_option, reason = "the data tells three things apart")]
fn said<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(reader).map(Some)
}
