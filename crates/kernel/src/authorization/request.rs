//! The request at the authorization endpoint, read once: first who is answered and where, then what is asked.

use std::collections::BTreeSet;

use proof::{Time, json};
use serde_json::Value;

use super::REQUEST_SECONDS;
use crate::{
    authority::Scopes,
    browser_session::Assurance,
    client::{Authentication, Client, GrantType, Registration, SecurityProfile},
    detail::Details,
    form::Form,
    id::ClientId,
    identity::{self, Claims},
    moment::Moment,
    redirect_uri::{self, LocalhostPorts, RedirectUri},
    resource::ResourceUri,
    tenant::{PkceRule, Tenant},
    why::Why,
};

/// The parameters that may stand more than once (RFC 8707 s2).
pub const REPEATABLE: &[&str] = &["resource"];
/// The longest `state`, in bytes: it travels in URLs.
const STATE_BYTES_MAX: usize = 4_096;
/// The longest hint, in bytes.
const HINT_BYTES_MAX: usize = 256;
/// The longest `nonce`, in bytes.
const NONCE_BYTES_MAX: usize = 1_024;
/// The largest `max_age`, in seconds: more than a life.
const MAX_AGE_SECONDS_MAX: i64 = 4_000_000_000;
/// Levels that one request may name.
const LEVELS_MAX: usize = 20;

/// Where the answer to a request goes: a place that is proved to be the client's. Without one nothing is redirected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returns {
    /// The place.
    pub redirect_uri: RedirectUri,
    /// What comes back with the answer, byte for byte.
    pub state: Option<String>,
    /// How the answer travels.
    pub mode: ResponseMode,
}

/// How an answer travels (OAuth 2.0 Multiple Response Type Encoding Practices s2.1, OAuth 2.0 Form Post Response Mode, JARM s2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect.
    #[default]
    Query,
    /// In a form that the browser posts.
    FormPost,
    /// As one signed token in the query.
    QueryJwt,
    /// As one signed token in a form that the browser posts.
    FormPostJwt,
}

impl ResponseMode {
    /// Every mode that is offered.
    pub const ALL: &'static [Self] = &[Self::Query, Self::FormPost, Self::QueryJwt, Self::FormPostJwt];
    /// The short name of the signed form of a code's default mode (JARM s2.3.4).
    pub const JWT: &'static str = "jwt";

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
            Self::QueryJwt => "query.jwt",
            Self::FormPostJwt => "form_post.jwt",
        }
    }

    /// The mode of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == Self::JWT {
            return Some(Self::QueryJwt);
        }
        Self::ALL.iter().copied().find(|mode| mode.name() == name)
    }

    /// Whether the answer is signed.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::QueryJwt | Self::FormPostJwt)
    }

    /// Whether the browser posts it.
    pub const fn is_posted(self) -> bool {
        matches!(self, Self::FormPost | Self::FormPostJwt)
    }
}

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Pushed by the client itself (RFC 9126), or through the browser.
    pub pushed: Wish,
    /// Signed by the client (RFC 9101).
    pub signed: Wish,
}

impl Carried {
    /// Through the browser, as parameters.
    pub const PLAIN: Self = Self {
        pushed: Wish::No,
        signed: Wish::No,
    };
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
    // A mode that is not offered is told in the default one.
    let mode = form
        .text("response_mode")
        .and_then(ResponseMode::from_name)
        .unwrap_or_default();
    Ok(Returns {
        redirect_uri,
        state,
        mode,
    })
}

/// The place that is asked for, if it is one of the client's own (S-01).
pub(super) fn place_of_answer(client: &Client, asked: &str) -> Option<RedirectUri> {
    let localhost = match client.authentication {
        Authentication::Nothing => LocalhostPorts::Vary,
        Authentication::SecretBasic { .. }
        | Authentication::SecretPost { .. }
        | Authentication::PrivateKeyJwt
        | Authentication::Tls
        | Authentication::SelfSignedTls
        | Authentication::Attestation => LocalhostPorts::Exact,
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

/// How sure a client wants us to be of who is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Any of these will do; unknown ones are nobody's level (OpenID Connect Core s3.1.2.1 `acr_values`, RFC 9470 s5).
    pub acr: Vec<String>,
    /// Any of these must be reached, or there is no answer but an error (OpenID Connect Core s5.5.1.1).
    pub essential_acr: Vec<String>,
    /// How long ago the sign-in may be, in seconds.
    pub max_age: Option<i64>,
    /// Who must be there: the name this client knows them by (OpenID Connect Core s3.1.2.1 `id_token_hint`, s5.5.1 `sub`).
    pub subject: Option<String>,
}

impl Demand {
    /// The weakest level that will do, if one is demanded.
    pub fn assurance(&self) -> Result<Option<Assurance>, Why> {
        let weakest = |names: &[String]| names.iter().filter_map(|name| Assurance::from_name(name)).min();
        let essential = weakest(&self.essential_acr);
        if essential.is_none() && !self.essential_acr.is_empty() {
            return Err(Why::AssuranceUnmet);
        }
        Ok(essential.or_else(|| weakest(&self.acr)))
    }
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
    /// What exactly is asked for (RFC 9396).
    pub details: Details,
    /// The place that is asked for; our own endpoints when absent.
    pub resource: Option<ResourceUri>,
    /// The PKCE challenge (RFC 7636 s4.2), unless the client need not have one.
    pub challenge: Option<String>,
    /// The key that the code is to be bound to (RFC 9449 s10).
    pub key: Option<String>,
    /// Who may be asked what.
    pub prompt: Prompt,
    /// How sure we must be of who is there.
    pub demand: Demand,
    /// What the ID token repeats.
    pub nonce: Option<String>,
    /// The claims that the ID token itself is to have.
    pub id_claims: BTreeSet<String>,
    /// Who the client believes is there.
    pub login_hint: Option<String>,
    /// The languages the client asks for (OpenID Connect Core s3.1.2.1).
    pub ui_locales: Option<String>,
    /// Whether the client pushed it: then there is a row of it.
    pub pushed: Wish,
    /// Whether somebody was sent to the sign-in page for it: whoever proves themselves from then on does it for this request.
    pub sent_to_sign_in: Wish,
    /// When it came.
    pub created: Time,
}

impl Asked {
    /// The same for somebody who is sent to prove themselves by a passkey.
    #[must_use]
    pub(super) fn verified(&self) -> Self {
        Self {
            sent_to_sign_in: Wish::Yes,
            demand: Demand {
                essential_acr: vec![Assurance::PhishingResistant.name().to_owned()],
                ..self.demand.clone()
            },
            ..self.clone()
        }
    }

    /// Reads what is asked, for an answer to this place.
    pub fn parse(
        form: &Form,
        client: &Client,
        tenant: &Tenant,
        returns: Returns,
        carried: Carried,
        at: &Moment,
    ) -> Result<Self, Why> {
        // 1. It came the way that the client or the tenant wants (RFC 9126 s5, RFC 9101 s10.5).
        let profile = client.profile(tenant);
        if carried.pushed == Wish::No && client.must_push(tenant) {
            return Err(Why::PushRequired);
        }
        let must_sign = client.further.signed_request == Wish::Yes || profile >= SecurityProfile::Fapi2MessageSigning;
        if carried.signed == Wish::No && must_sign {
            return Err(Why::RequestUnsigned);
        }

        // 2. A code (OAuth 2.1 s4.1.1), by a client that registered for codes, and that can prove itself where the profile wants it (FAPI 2.0 s5.3.2.1).
        match form.required("response_type")? {
            "code" => {}
            _ => return Err(Why::ResponseTypeUnknown),
        }
        if form
            .text("response_mode")
            .is_some_and(|name| ResponseMode::from_name(name).is_none())
        {
            return Err(Why::ResponseModeUnknown);
        }
        if !client.grant_types.contains(&GrantType::AuthorizationCode) {
            return Err(Why::GrantTypeNotAllowed);
        }
        if profile >= SecurityProfile::Fapi2 && !client.authentication.is_strong() {
            return Err(Why::ProfileUnmet);
        }

        // 3. What is asked of the person.
        let scopes = Scopes::asked(form)?;
        let openid = scopes.as_ref().is_some_and(|scopes| scopes.contains(identity::OPENID));
        let claims = match form.text("claims") {
            Some(text) if openid => Claims::parse(text)?,
            Some(_) | None => Claims::default(), // it means nothing without openid (OpenID Connect Core s5.5)
        };
        let scopes = scopes.map(|scopes| scopes.with(&claims.beyond(&scopes)));
        let details = form.text("authorization_details").map(Details::parse).transpose()?;

        // 4. PKCE: S256, and said (an absent method is `plain`, RFC 7636 s4.3) (S-04).
        let challenge = challenge(form, client, tenant, openid)?;

        // 5. The key that the code is to be bound to: a thumbprint.
        let key = form.text("dpop_jkt").map(str::to_owned);
        if key.as_deref().is_some_and(|key| !is_digest(key)) {
            return Err(Why::ParameterMalformed("dpop_jkt"));
        }

        // 6. Where, and how it is asked.
        let resource = ResourceUri::asked(form)?;
        let nonce = form.text("nonce").map(str::to_owned);
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > NONCE_BYTES_MAX) {
            return Err(Why::ParameterMalformed("nonce"));
        }
        let demand = demand(form, client, &claims)?;
        let short = |name: &'static str| form.text(name).map(|text| text.chars().take(HINT_BYTES_MAX).collect());
        Ok(Self {
            id: at.request_id(),
            client: client.id.clone(),
            returns,
            scopes,
            details: details.unwrap_or_default(),
            resource,
            challenge,
            key,
            prompt: Prompt::parse(form.text("prompt"))?,
            demand,
            nonce,
            id_claims: claims.id_token,
            login_hint: short("login_hint"),
            ui_locales: short("ui_locales"),
            pushed: carried.pushed,
            sent_to_sign_in: Wish::No,
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
        let list = |texts: &[String]| (!texts.is_empty()).then(|| texts.iter().map(String::as_str).collect());
        insert("id", Some(self.id.as_str().into()));
        insert("client", Some(self.client.as_str().into()));
        insert("redirect_uri", Some(self.returns.redirect_uri.as_str().into()));
        insert("state", self.returns.state.as_deref().map(Value::from));
        insert(
            "response_mode",
            (self.returns.mode != ResponseMode::Query).then(|| self.returns.mode.name().into()),
        );
        insert("scope", self.scopes.as_ref().map(|scopes| scopes.joined().into()));
        insert("details", (!self.details.is_empty()).then(|| self.details.row().into()));
        insert("resource", self.resource.as_ref().map(|uri| uri.as_str().into()));
        insert("challenge", self.challenge.as_deref().map(Value::from));
        insert("key", self.key.as_deref().map(Value::from));
        insert("prompt", Some(self.prompt.words().into()));
        insert("acr", list(&self.demand.acr));
        insert("essential_acr", list(&self.demand.essential_acr));
        insert("max_age", self.demand.max_age.map(Value::from));
        insert("subject", self.demand.subject.as_deref().map(Value::from));
        insert("nonce", self.nonce.as_deref().map(Value::from));
        let id_claims: Vec<String> = self.id_claims.iter().cloned().collect();
        insert("id_claims", list(&id_claims));
        insert("login_hint", self.login_hint.as_deref().map(Value::from));
        insert("ui_locales", self.ui_locales.as_deref().map(Value::from));
        insert("pushed", (self.pushed == Wish::Yes).then_some(Value::Bool(true)));
        insert(
            "sent_to_sign_in",
            (self.sent_to_sign_in == Wish::Yes).then_some(Value::Bool(true)),
        );
        insert("created", Some(self.created.unix().into()));
        o
    }

    /// Reads what [`Self::to_json`] wrote; `None` when it is not whole, which a seal that opens makes impossible.
    pub fn from_json(o: &json::Object) -> Option<Self> {
        let text = |name: &str| o.get(name).and_then(Value::as_str);
        let owned = |name: &str| text(name).map(str::to_owned);
        let list = |name: &str| match o.get(name) {
            None => Some(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            Some(_) => None,
        };
        Some(Self {
            id: owned("id")?,
            client: ClientId::parse(text("client")?)?,
            returns: Returns {
                redirect_uri: RedirectUri::parse(text("redirect_uri")?)?,
                state: owned("state"),
                mode: match text("response_mode") {
                    Some(name) => ResponseMode::from_name(name)?,
                    None => ResponseMode::Query,
                },
            },
            scopes: text("scope").map(Scopes::parse).transpose().ok()?,
            details: Details::from_row(text("details").unwrap_or(""))?,
            resource: match text("resource") {
                Some(uri) => Some(ResourceUri::parse(uri)?),
                None => None,
            },
            challenge: owned("challenge"),
            key: owned("key"),
            prompt: Prompt::parse(text("prompt")).ok()?,
            demand: Demand {
                acr: list("acr")?,
                essential_acr: list("essential_acr")?,
                max_age: o.get("max_age").and_then(Value::as_i64),
                subject: owned("subject"),
            },
            nonce: owned("nonce"),
            id_claims: list("id_claims")?.into_iter().collect(),
            login_hint: owned("login_hint"),
            ui_locales: owned("ui_locales"),
            pushed: if o.contains_key("pushed") { Wish::Yes } else { Wish::No },
            sent_to_sign_in: if o.contains_key("sent_to_sign_in") {
                Wish::Yes
            } else {
                Wish::No
            },
            created: Time::from_unix(o.get("created").and_then(Value::as_i64)?),
        })
    }
}

/// The PKCE challenge. Only a client with a credential that asks who is there may leave it out, where tenant or administrator lets it, and never under FAPI (product
/// decision 28): the nonce of its ID token does there what PKCE does elsewhere.
fn challenge(form: &Form, client: &Client, tenant: &Tenant, openid: bool) -> Result<Option<String>, Why> {
    let Some(challenge) = form.text("code_challenge") else {
        let let_off = match client.further.pkce {
            Some(Wish::No) => client.registration == Registration::Administrator,
            Some(Wish::Yes) => false,
            None => tenant.settings.pkce == PkceRule::OpenIdMayOmit,
        };
        let may_omit =
            let_off && openid && client.authentication.proves() && client.profile(tenant) == SecurityProfile::Baseline;
        return if may_omit && form.text("code_challenge_method").is_none() {
            Ok(None)
        } else {
            Err(Why::ChallengeMissing)
        };
    };
    if form.text("code_challenge_method") != Some("S256") {
        return Err(Why::ChallengeMethod);
    }
    if !is_digest(challenge) {
        return Err(Why::ParameterMalformed("code_challenge"));
    }
    Ok(Some(challenge.to_owned()))
}

/// How sure we must be of who is there: what the request says, else what the registration does (OpenID Connect Registration s2).
fn demand(form: &Form, client: &Client, claims: &Claims) -> Result<Demand, Why> {
    let max_age = match form.text("max_age") {
        None => client.further.default_max_age,
        Some(text) => Some(
            text.parse()
                .ok()
                .filter(|seconds| {
                    (0..=MAX_AGE_SECONDS_MAX).contains(seconds) && text.bytes().all(|b| b.is_ascii_digit())
                })
                .ok_or(Why::ParameterMalformed("max_age"))?,
        ),
    };
    let named: Vec<String> = form
        .text("acr_values")
        .unwrap_or("")
        .split(' ')
        .filter(|name| !name.is_empty())
        .take(LEVELS_MAX)
        .map(str::to_owned)
        .collect();
    let acr = [named, claims.voluntary_acr.clone()].concat();
    Ok(Demand {
        acr: if acr.is_empty() {
            client.further.default_acr_values.clone()
        } else {
            acr
        },
        essential_acr: claims.essential_acr.clone(),
        max_age,
        subject: claims.subject.clone(),
    })
}

/// The base64url of 32 bytes.
fn is_digest(text: &str) -> bool {
    proof::base64url::decode(text).is_ok_and(|bytes| bytes.len() == 32)
}
