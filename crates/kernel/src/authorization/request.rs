//! The request at the authorization endpoint, read once: first who is answered and where, then what is asked.

use proof::{Time, json};
use serde_json::Value;

use super::REQUEST_SECONDS;
use crate::{
    authority::Scopes,
    client::{Authentication, Client, GrantType},
    form::Form,
    id::ClientId,
    moment::Moment,
    redirect_uri::{self, LocalhostPorts, RedirectUri},
    resource::ResourceUri,
    why::Why,
};

/// The parameters that may stand more than once (RFC 8707 s2).
pub const REPEATABLE: &[&str] = &["resource"];
/// The longest `state`, in bytes: it travels in URLs.
const STATE_BYTES_MAX: usize = 4_096;
/// The longest hint, in bytes.
const HINT_BYTES_MAX: usize = 256;

/// Where the answer to a request goes: a place that is proved to be the client's. Without one nothing is redirected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returns {
    /// The place.
    pub redirect_uri: RedirectUri,
    /// What comes back with the answer, byte for byte.
    pub state: Option<String>,
}

/// The client that a request names. What is wrong here is shown to the person, never sent anywhere.
pub fn named_client(form: &Form) -> Result<ClientId, Why> {
    ClientId::parse(form.required("client_id")?).ok_or(Why::ClientUnknown)
}

/// Where the answer goes (S-01, S-02): the client exists and is enabled, and the place is one of its own. What is wrong here is shown to the person, never sent anywhere.
pub fn returns(form: &Form, client: Option<&Client>) -> Result<Returns, Why> {
    let client = client.ok_or(Why::ClientUnknown)?;
    if client.disabled.is_some() {
        return Err(Why::ClientDisabled);
    }
    let asked = form.text("redirect_uri").ok_or(Why::RedirectUriUnknown)?;
    let redirect_uri = place_of_answer(client, asked).ok_or(Why::RedirectUriUnknown)?;
    let state = form.text("state").map(str::to_owned);
    if state
        .as_ref()
        .is_some_and(|state| state.len() > STATE_BYTES_MAX || state.chars().any(char::is_control))
    {
        return Err(Why::ParameterMalformed("state"));
    }
    Ok(Returns { redirect_uri, state })
}

/// The place that is asked for, if it is one of the client's own (S-01).
pub(super) fn place_of_answer(client: &Client, asked: &str) -> Option<RedirectUri> {
    let localhost = match client.authentication {
        Authentication::Nothing => LocalhostPorts::Vary,
        Authentication::SecretBasic { .. }
        | Authentication::SecretPost { .. }
        | Authentication::PrivateKeyJwt { .. } => LocalhostPorts::Exact,
    };
    redirect_uri::matching(&client.redirect_uris, asked, localhost)
}

/// What a client says of who may be asked what (OpenID Connect Core s3.1.2.1 `prompt`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Nobody may be asked anything.
    pub none: Wish,
    /// Whoever is there must prove themselves again.
    pub login: Wish,
    /// The person must be asked, whatever they said before.
    pub consent: Wish,
}

/// Whether something was wished for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// It was.
    Yes,
    /// It was not.
    #[default]
    No,
}

impl Prompt {
    fn parse(text: Option<&str>) -> Result<Self, Why> {
        let mut prompt = Self::default();
        for word in text.unwrap_or("").split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = Wish::Yes,
                "login" | "select_account" => prompt.login = Wish::Yes, // whoever signs in again chooses the account by that
                "consent" => prompt.consent = Wish::Yes,
                _ => return Err(Why::PromptMalformed),
            }
        }
        if prompt.none == Wish::Yes && (prompt.login == Wish::Yes || prompt.consent == Wish::Yes) {
            return Err(Why::PromptMalformed);
        }
        Ok(prompt)
    }

    fn words(self) -> String {
        [(self.none, "none"), (self.login, "login"), (self.consent, "consent")]
            .into_iter()
            .filter(|(wish, _)| *wish == Wish::Yes)
            .map(|(_, word)| word)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Whether a request forbids to ask anybody, read before the rest: what else is wrong with it is then told to the client at once.
pub(super) fn forbids_to_ask(form: &Form) -> bool {
    form.text("prompt") == Some("none")
}

/// An authorization request that was read: what a page carries, sealed, from step to step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its id: it is answered once.
    pub id: String,
    /// Who asks.
    pub client: ClientId,
    /// Where the answer goes.
    pub returns: Returns,
    /// The scope that is asked for; the default when absent.
    pub scopes: Option<Scopes>,
    /// The place that is asked for; our own endpoints when absent.
    pub resource: Option<ResourceUri>,
    /// The PKCE challenge (RFC 7636 s4.2).
    pub challenge: String,
    /// The key that the code is to be bound to (RFC 9449 s10).
    pub key: Option<String>,
    /// Who may be asked what.
    pub prompt: Prompt,
    /// Who the client believes is there.
    pub login_hint: Option<String>,
    /// The languages the client asks for (OpenID Connect Core s3.1.2.1).
    pub ui_locales: Option<String>,
    /// When it came.
    pub created: Time,
}

impl Asked {
    /// Reads what is asked, for an answer to this place.
    pub fn parse(form: &Form, client: &Client, returns: Returns, at: &Moment) -> Result<Self, Why> {
        // 1. A code, in the query (OAuth 2.1 s4.1.1), by a client that registered for codes.
        match form.required("response_type")? {
            "code" => {}
            _ => return Err(Why::ResponseTypeUnknown),
        }
        if form.text("response_mode").is_some_and(|mode| mode != "query") {
            return Err(Why::ResponseModeUnknown);
        }
        if !client.grant_types.contains(&GrantType::AuthorizationCode) {
            return Err(Why::GrantTypeNotAllowed);
        }

        // 2. PKCE: S256, always, and said (an absent method is `plain`, RFC 7636 s4.3) (S-04).
        let challenge = form.text("code_challenge").ok_or(Why::ChallengeMissing)?;
        if form.text("code_challenge_method") != Some("S256") {
            return Err(Why::ChallengeMethod);
        }
        if !is_digest(challenge) {
            return Err(Why::ParameterMalformed("code_challenge"));
        }

        // 3. The key that the code is to be bound to: a thumbprint.
        let key = form.text("dpop_jkt").map(str::to_owned);
        if key.as_deref().is_some_and(|key| !is_digest(key)) {
            return Err(Why::ParameterMalformed("dpop_jkt"));
        }

        // 4. What, where, and how it is asked.
        let scopes = form
            .text("scope")
            .map(Scopes::parse)
            .transpose()?
            .filter(|scopes| !scopes.is_empty());
        let mut named = form.all("resource");
        let resource = named
            .next()
            .map(|text| ResourceUri::parse(text).ok_or(Why::ResourceUnknown))
            .transpose()?;
        if named.next().is_some() {
            return Err(Why::ResourceRepeated);
        }
        let short = |name: &'static str| form.text(name).map(|text| text.chars().take(HINT_BYTES_MAX).collect());
        Ok(Self {
            id: at.request_id(),
            client: client.id.clone(),
            returns,
            scopes,
            resource,
            challenge: challenge.to_owned(),
            key,
            prompt: Prompt::parse(form.text("prompt"))?,
            login_hint: short("login_hint"),
            ui_locales: short("ui_locales"),
            created: at.now,
        })
    }

    /// When it can no longer be answered.
    pub fn expires(&self) -> Time {
        self.created.plus(REQUEST_SECONDS)
    }

    /// The request as the page carries it, before it is sealed.
    pub fn to_json(&self) -> json::Object {
        let mut o = json::Object::new();
        let mut insert = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                o.insert(name.to_owned(), value);
            }
        };
        insert("id", Some(self.id.as_str().into()));
        insert("client", Some(self.client.as_str().into()));
        insert("redirect_uri", Some(self.returns.redirect_uri.as_str().into()));
        insert("state", self.returns.state.as_deref().map(Value::from));
        insert("scope", self.scopes.as_ref().map(|scopes| scopes.joined().into()));
        insert("resource", self.resource.as_ref().map(|uri| uri.as_str().into()));
        insert("challenge", Some(self.challenge.as_str().into()));
        insert("key", self.key.as_deref().map(Value::from));
        insert("prompt", Some(self.prompt.words().into()));
        insert("login_hint", self.login_hint.as_deref().map(Value::from));
        insert("ui_locales", self.ui_locales.as_deref().map(Value::from));
        insert("created", Some(self.created.unix().into()));
        o
    }

    /// Reads what [`Self::to_json`] wrote; `None` when it is not whole, which a seal that opens makes impossible.
    pub fn from_json(o: &json::Object) -> Option<Self> {
        let text = |name: &str| o.get(name).and_then(Value::as_str);
        let owned = |name: &str| text(name).map(str::to_owned);
        Some(Self {
            id: owned("id")?,
            client: ClientId::parse(text("client")?)?,
            returns: Returns {
                redirect_uri: RedirectUri::parse(text("redirect_uri")?)?,
                state: owned("state"),
            },
            scopes: text("scope").map(Scopes::parse).transpose().ok()?,
            resource: match text("resource") {
                Some(uri) => Some(ResourceUri::parse(uri)?),
                None => None,
            },
            challenge: owned("challenge")?,
            key: owned("key"),
            prompt: Prompt::parse(text("prompt")).ok()?,
            login_hint: owned("login_hint"),
            ui_locales: owned("ui_locales"),
            created: Time::from_unix(o.get("created").and_then(Value::as_i64)?),
        })
    }
}

/// The base64url of 32 bytes.
fn is_digest(text: &str) -> bool {
    proof::base64url::decode(text).is_ok_and(|bytes| bytes.len() == 32)
}
