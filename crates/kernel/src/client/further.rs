//! What a client says of itself beyond plain OAuth, in the words of the registries: OpenID Connect Dynamic Client Registration s2, RFC 9101 s10.5, RFC 9126 s6,
//! RFC 8705 s2.1.2 and s3.4, JARM s3, RFC 9701 s6, RFC 9396 s10, OpenID Connect RP-Initiated Logout s3.1 and Back-Channel Logout s2.2.
//!
//! One reader and one writer for registration, metadata documents, administration and rows.

use std::net::IpAddr;

use proof::{Algorithm, Naming, json::Object};
use serde_json::Value;

use super::ApplicationType;
use crate::{authorization::Wish, redirect_uri::RedirectUri};

/// The longest URI, in bytes (S-24).
const URI_BYTES_MAX: usize = 2_000;
/// The most entries of a list.
const ENTRIES_MAX: usize = 20;

/// Members that a client may say beyond plain OAuth; what it did not say has the value of the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Further {
    /// `id_token_signed_response_alg`; RS256 when it says nothing, PS256 under FAPI 2.0.
    pub id_token: Option<Signing>,
    /// `userinfo_signed_response_alg`: userinfo is a signed JWT then.
    pub userinfo: Option<Signing>,
    /// `authorization_signed_response_alg` (JARM); RS256 when it says nothing and asks for one, PS256 under FAPI 2.0.
    pub authorization: Option<Signing>,
    /// `introspection_signed_response_alg` (RFC 9701 s6).
    pub introspection: Option<Signing>,
    /// `request_object_signing_alg`: the only one its request objects may have.
    pub request_object: Option<Algorithm>,
    /// `token_endpoint_auth_signing_alg`: the only one its assertions may have.
    pub assertion: Option<Algorithm>,
    /// `subject_type`: whether its names for people are its own or those of every public client.
    pub subject: SubjectType,
    /// `sector_identifier_uri` (OpenID Connect Core s8.1).
    pub sector_identifier_uri: Option<String>,
    /// The sector its pairwise names belong to. Ours to say: the host of `sector_identifier_uri`, or of its redirect URIs as they were when it registered.
    pub sector: Option<String>,
    /// `default_max_age`, in seconds.
    pub default_max_age: Option<i64>,
    /// `default_acr_values`.
    pub default_acr_values: Vec<String>,
    /// `request_uris`: where its request objects may be fetched (RFC 9101 s5.2).
    pub request_uris: Vec<String>,
    /// `post_logout_redirect_uris`.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// `backchannel_logout_uri`.
    pub backchannel_logout_uri: Option<String>,
    /// `backchannel_logout_session_required`.
    pub backchannel_logout_session: Wish,
    /// `require_pushed_authorization_requests` (RFC 9126 s6).
    pub pushed: Wish,
    /// `require_signed_request_object` (RFC 9101 s10.5).
    pub signed_request: Wish,
    /// `require_pkce`: `No` lets a client with a credential ask for ID tokens without a challenge, where the tenant lets it (product decision 28).
    pub pkce: Option<Wish>,
    /// `security_profile`: the rules it wants to be held to, on top of the tenant's.
    pub profile: SecurityProfile,
    /// `tls_client_certificate_bound_access_tokens` (RFC 8705 s3.4).
    pub certificate_bound: Wish,
    /// The one name in its certificate that it authenticates by (RFC 8705 s2.1.2).
    pub tls: Option<TlsName>,
    /// `authorization_details_types` (RFC 9396 s10): those it may use; every one of the tenant when it says nothing.
    pub detail_types: Option<Vec<String>>,
    /// `logo_uri`, `policy_uri`, `tos_uri`: shown as text under Details, never fetched.
    pub pages: Vec<(&'static str, String)>,
}

/// An algorithm that a client wants answers signed with, and the name it called it by: `EdDSA` has a second one (RFC 9864 s2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signing {
    /// With which key.
    pub algorithm: Algorithm,
    /// Which of its names the header says.
    pub naming: Naming,
}

impl Signing {
    /// Under the usual name.
    pub const fn plain(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            naming: Naming::Polymorphic,
        }
    }

    /// What the header says.
    pub const fn name(self) -> &'static str {
        self.algorithm.named(self.naming)
    }

    /// The signing of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let naming = if name == Algorithm::ED25519 {
            Naming::FullySpecified
        } else {
            Naming::Polymorphic
        };
        Algorithm::from_name(name).map(|algorithm| Self { algorithm, naming })
    }
}

/// By which name a client knows a person (OpenID Connect Core s8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectType {
    /// One of its sector's own.
    #[default]
    Pairwise,
    /// The one that every public client knows.
    Public,
}

/// The rules a client is held to, each including the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecurityProfile {
    /// OAuth 2.1 as this server has it.
    #[default]
    Baseline,
    /// FAPI 2.0 Security Profile (final).
    Fapi2,
    /// FAPI 2.0 Message Signing (final): signed requests and answers on top.
    Fapi2MessageSigning,
}

impl SecurityProfile {
    /// Every profile.
    pub const ALL: &'static [Self] = &[Self::Baseline, Self::Fapi2, Self::Fapi2MessageSigning];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Fapi2 => "fapi2",
            Self::Fapi2MessageSigning => "fapi2_message_signing",
        }
    }

    /// The profile of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|profile| profile.name() == name)
    }
}

/// A name in a certificate (RFC 8705 s2.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsName {
    /// Where it stands.
    pub kind: TlsNameKind,
    /// What it says.
    pub value: String,
}

/// Where in a certificate a client's name stands (RFC 8705 s2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsNameKind {
    /// The subject distinguished name, in the text form of RFC 4514.
    Subject,
    /// A `dNSName` among the alternative names.
    Dns,
    /// A `uniformResourceIdentifier`.
    Uri,
    /// An `iPAddress`.
    Ip,
    /// An `rfc822Name`.
    Email,
}

impl TlsNameKind {
    const ALL: &'static [Self] = &[Self::Subject, Self::Dns, Self::Uri, Self::Ip, Self::Email];

    /// The metadata member that has such a name.
    pub const fn member(self) -> &'static str {
        match self {
            Self::Subject => "tls_client_auth_subject_dn",
            Self::Dns => "tls_client_auth_san_dns",
            Self::Uri => "tls_client_auth_san_uri",
            Self::Ip => "tls_client_auth_san_ip",
            Self::Email => "tls_client_auth_san_email",
        }
    }
}

/// What a client asks for with these nobody here can give (OpenID Connect Registration s2, JARM s3, RFC 9701 s6).
const ENCRYPTED: [&str; 4] = [
    "id_token_encrypted_response_alg",
    "userinfo_encrypted_response_alg",
    "authorization_encrypted_response_alg",
    "introspection_encrypted_response_alg",
];

/// The members of [`Further`] in JSON, for readers that refuse unknown ones. `sector` is ours and stands in rows only.
pub const MEMBERS: &[&str] = &[
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
    "request_object_signing_alg",
    "token_endpoint_auth_signing_alg",
    "subject_type",
    "sector_identifier_uri",
    "default_max_age",
    "default_acr_values",
    "request_uris",
    "post_logout_redirect_uris",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "require_pkce",
    "security_profile",
    "tls_client_certificate_bound_access_tokens",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "authorization_details_types",
    "logo_uri",
    "policy_uri",
    "tos_uri",
];

/// Pages of a client that people may read about under Details.
const PAGES: [&str; 3] = ["logo_uri", "policy_uri", "tos_uri"];
/// What an address is.
const ADDRESS: &str = "a URI is https, without user name and fragment, at most 2000 bytes";
/// The member of rows that has the sector.
const SECTOR: &str = "sector";

impl Further {
    /// Reads the members that it knows; `null` is what some clients write for nothing. The text of an error is a sentence for whoever registers.
    pub fn read(o: &Object, kind: ApplicationType) -> Result<Self, &'static str> {
        let known = |(name, value): &(&String, &Value)| {
            !value.is_null() && (MEMBERS.contains(&name.as_str()) || *name == SECTOR)
        };
        let said: Object = o
            .iter()
            .filter(known)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if ENCRYPTED
            .iter()
            .any(|name| o.get(*name).is_some_and(|value| !value.is_null()))
        {
            return Err("answers are signed, never encrypted; leave the members *_encrypted_response_alg out"); // readable is not what it asked for
        }
        let o = &said;
        let further = Self {
            id_token: signing(o, "id_token_signed_response_alg")?,
            userinfo: signing(o, "userinfo_signed_response_alg")?,
            authorization: signing(o, "authorization_signed_response_alg")?,
            introspection: signing(o, "introspection_signed_response_alg")?,
            request_object: signing(o, "request_object_signing_alg")?.map(|signing| signing.algorithm),
            assertion: signing(o, "token_endpoint_auth_signing_alg")?.map(|signing| signing.algorithm),
            subject: match text(o, "subject_type")? {
                None | Some("pairwise") => SubjectType::Pairwise,
                Some("public") => SubjectType::Public,
                Some(_) => return Err("subject_type is pairwise or public"),
            },
            sector_identifier_uri: https(o, "sector_identifier_uri")?,
            sector: text(o, SECTOR)?.map(str::to_owned),
            default_max_age: seconds(o, "default_max_age")?,
            default_acr_values: texts(o, "default_acr_values")?.unwrap_or_default(),
            request_uris: request_uris(o)?,
            post_logout_redirect_uris: post_logout(o, kind)?,
            backchannel_logout_uri: web(o, "backchannel_logout_uri")?,
            backchannel_logout_session: wish(o, "backchannel_logout_session_required")?,
            pushed: wish(o, "require_pushed_authorization_requests")?,
            signed_request: wish(o, "require_signed_request_object")?,
            pkce: o
                .contains_key("require_pkce")
                .then(|| wish(o, "require_pkce"))
                .transpose()?,
            profile: match text(o, "security_profile")? {
                None => SecurityProfile::Baseline,
                Some(name) => SecurityProfile::from_name(name)
                    .ok_or("security_profile is baseline, fapi2 or fapi2_message_signing")?,
            },
            certificate_bound: wish(o, "tls_client_certificate_bound_access_tokens")?,
            tls: tls_name(o)?,
            detail_types: texts(o, "authorization_details_types")?,
            pages: pages(o)?,
        };
        if further.backchannel_logout_session == Wish::Yes && further.backchannel_logout_uri.is_none() {
            return Err("backchannel_logout_session_required goes with backchannel_logout_uri");
        }
        Ok(further)
    }

    /// Reads what [`Self::row`] wrote.
    pub fn from_row(text: &str) -> Option<Self> {
        let o = proof::json::parse_object(text.as_bytes()).ok()?;
        Self::read(&o, ApplicationType::Unsaid).ok()
    }

    /// As a row holds it: what the client said, and its sector.
    pub fn row(&self) -> String {
        let mut o = Object::new();
        self.write(&mut o);
        if let Some(sector) = &self.sector {
            o.insert(SECTOR.to_owned(), sector.as_str().into());
        }
        Value::Object(o).to_string()
    }

    /// Writes what was said into client metadata; what was not said is left out.
    pub fn write(&self, o: &mut Object) {
        let mut insert = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                o.insert(name.to_owned(), value);
            }
        };
        let name = |signing: Option<Signing>| signing.map(|signing| signing.name().into());
        insert("id_token_signed_response_alg", name(self.id_token));
        insert("userinfo_signed_response_alg", name(self.userinfo));
        insert("authorization_signed_response_alg", name(self.authorization));
        insert("introspection_signed_response_alg", name(self.introspection));
        insert(
            "request_object_signing_alg",
            self.request_object.map(|algorithm| algorithm.name().into()),
        );
        insert(
            "token_endpoint_auth_signing_alg",
            self.assertion.map(|algorithm| algorithm.name().into()),
        );
        insert(
            "subject_type",
            (self.subject == SubjectType::Public).then(|| "public".into()),
        );
        let said = |text: &Option<String>| text.as_deref().map(Value::from);
        let list = |texts: &[String]| (!texts.is_empty()).then(|| texts.iter().map(String::as_str).collect());
        let wished = |wish: Wish| (wish == Wish::Yes).then_some(Value::Bool(true));
        insert("sector_identifier_uri", said(&self.sector_identifier_uri));
        insert("default_max_age", self.default_max_age.map(Value::from));
        insert("default_acr_values", list(&self.default_acr_values));
        insert("request_uris", list(&self.request_uris));
        let places: Vec<&str> = self.post_logout_redirect_uris.iter().map(RedirectUri::as_str).collect();
        insert(
            "post_logout_redirect_uris",
            (!places.is_empty()).then(|| places.into_iter().collect()),
        );
        insert("backchannel_logout_uri", said(&self.backchannel_logout_uri));
        insert(
            "backchannel_logout_session_required",
            wished(self.backchannel_logout_session),
        );
        insert("require_pushed_authorization_requests", wished(self.pushed));
        insert("require_signed_request_object", wished(self.signed_request));
        insert("require_pkce", self.pkce.map(|wish| (wish == Wish::Yes).into()));
        insert(
            "security_profile",
            (self.profile != SecurityProfile::Baseline).then(|| self.profile.name().into()),
        );
        insert(
            "tls_client_certificate_bound_access_tokens",
            wished(self.certificate_bound),
        );
        if let Some(tls) = &self.tls {
            insert(tls.kind.member(), Some(tls.value.as_str().into()));
        }
        insert(
            "authorization_details_types",
            self.detail_types
                .as_ref()
                .map(|types| types.iter().map(String::as_str).collect()),
        );
        for (name, address) in &self.pages {
            insert(name, Some(address.as_str().into()));
        }
    }
}

fn text<'o>(o: &'o Object, name: &str) -> Result<Option<&'o str>, &'static str> {
    match o.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err("a member has not its type; a text was expected"),
    }
}

fn texts(o: &Object, name: &str) -> Result<Option<Vec<String>>, &'static str> {
    const WRONG: &str = "a member has not its type; a list of at most 20 texts was expected";
    match o.get(name) {
        None => Ok(None),
        Some(Value::Array(items)) if items.len() <= ENTRIES_MAX => items
            .iter()
            .map(|item| {
                let text = item.as_str().filter(|text| text.len() <= URI_BYTES_MAX);
                text.map(str::to_owned).ok_or(WRONG)
            })
            .collect::<Result<Vec<_>, _>>()
            .map(Some),
        Some(_) => Err(WRONG),
    }
}

fn wish(o: &Object, name: &str) -> Result<Wish, &'static str> {
    match o.get(name) {
        None | Some(Value::Bool(false)) => Ok(Wish::No),
        Some(Value::Bool(true)) => Ok(Wish::Yes),
        Some(_) => Err("a member has not its type; true or false was expected"),
    }
}

fn seconds(o: &Object, name: &str) -> Result<Option<i64>, &'static str> {
    match o.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_i64()
            .filter(|seconds| (0..=1_000_000_000).contains(seconds))
            .map(Some)
            .ok_or("a member has not its type; a number of seconds was expected"),
    }
}

fn signing(o: &Object, name: &str) -> Result<Option<Signing>, &'static str> {
    text(o, name)?
        .map(|name| Signing::from_name(name).ok_or("a signature algorithm is EdDSA, Ed25519, ES256, PS256 or RS256"))
        .transpose()
}

/// An `https` address that we may fetch: visible ASCII, a host, no user information.
fn https(o: &Object, name: &str) -> Result<Option<String>, &'static str> {
    let Some(text) = text(o, name)? else { return Ok(None) };
    is_fetched(text).then(|| Some(text.to_owned())).ok_or(ADDRESS)
}

/// Whether an address is one that keys of a client may be fetched from: `https`, or this computer (OpenID Connect Registration s2).
pub fn is_fetched(address: &str) -> bool {
    let here = |rest: &str| {
        let authority = rest.split(['/', '?']).next().unwrap_or("");
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next(),
            None => authority.split(':').next(),
        };
        let of_this_computer =
            |host: &str| host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        host.is_some_and(of_this_computer) && is_address(address, &["http://"])
    };
    is_address(address, &["https://"]) || address.strip_prefix("http://").is_some_and(here)
}

/// An address that we may post to, or that stands on a page.
fn web(o: &Object, name: &str) -> Result<Option<String>, &'static str> {
    address(o, name, &["https://", "http://"])
}

fn address(o: &Object, name: &str, begins: &[&str]) -> Result<Option<String>, &'static str> {
    let Some(text) = text(o, name)? else { return Ok(None) };
    is_address(text, begins).then(|| Some(text.to_owned())).ok_or(ADDRESS)
}

fn is_address(text: &str, begins: &[&str]) -> bool {
    let authority = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?']).next())
        .unwrap_or("");
    begins.iter().any(|begin| text.starts_with(begin))
        && text.len() <= URI_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_graphic())
        && !authority.is_empty()
        && !authority.contains(['@', '\\'])
        && !text.contains('#')
}

/// Addresses of request objects. A fragment is the digest of what stands there and is no part of the address (OpenID Connect Core s6.2).
fn request_uris(o: &Object) -> Result<Vec<String>, &'static str> {
    let uris = texts(o, "request_uris")?.unwrap_or_default();
    let fetched = |uri: &String| {
        let plain = uri.split('#').next().unwrap_or("");
        is_fetched(plain)
    };
    if uris.iter().all(fetched) {
        Ok(uris)
    } else {
        Err("request_uris are https addresses without user name, at most 2000 bytes each")
    }
}

fn post_logout(o: &Object, kind: ApplicationType) -> Result<Vec<RedirectUri>, &'static str> {
    let read = |text: &String| RedirectUri::parse(text).filter(|uri| uri.fits(kind));
    texts(o, "post_logout_redirect_uris")?
        .unwrap_or_default()
        .iter()
        .map(|text| read(text).ok_or("post_logout_redirect_uris follow the rules of redirect_uris"))
        .collect()
}

fn tls_name(o: &Object) -> Result<Option<TlsName>, &'static str> {
    let mut named = TlsNameKind::ALL
        .iter()
        .filter_map(|kind| text(o, kind.member()).transpose().map(|value| (*kind, value)));
    let Some((kind, value)) = named.next() else {
        return Ok(None);
    };
    if named.next().is_some() {
        return Err("exactly one of the tls_client_auth members says who the client is (RFC 8705 s2.1.2)");
    }
    let value = value?;
    if value.is_empty() || value.len() > URI_BYTES_MAX || value.chars().any(char::is_control) {
        return Err("a tls_client_auth member has 1 to 2000 bytes and no control characters");
    }
    Ok(Some(TlsName {
        kind,
        value: value.to_owned(),
    }))
}

fn pages(o: &Object) -> Result<Vec<(&'static str, String)>, &'static str> {
    let mut pages = Vec::new();
    for name in PAGES {
        if let Some(address) = web(o, name)? {
            pages.push((name, address));
        }
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Further, &'static str> {
        let Value::Object(o) = value else { panic!("an object") };
        Further::read(&o, ApplicationType::Web)
    }

    #[test]
    fn what_is_said_is_told_again_and_kept() {
        let said = json!({
            "id_token_signed_response_alg": "Ed25519",
            "userinfo_signed_response_alg": "RS256",
            "authorization_signed_response_alg": "PS256",
            "introspection_signed_response_alg": "ES256",
            "request_object_signing_alg": "PS256",
            "token_endpoint_auth_signing_alg": "ES256",
            "subject_type": "public",
            "sector_identifier_uri": "https://sector.example/uris.json",
            "default_max_age": 60,
            "default_acr_values": ["phr"],
            "request_uris": ["https://app.example/request.jwt#digest"],
            "post_logout_redirect_uris": ["https://app.example/bye"],
            "backchannel_logout_uri": "https://app.example/logout",
            "backchannel_logout_session_required": true,
            "require_pushed_authorization_requests": true,
            "require_signed_request_object": true,
            "require_pkce": false,
            "security_profile": "fapi2",
            "tls_client_certificate_bound_access_tokens": true,
            "tls_client_auth_san_dns": "app.example",
            "authorization_details_types": ["payment"],
            "logo_uri": "https://app.example/logo.png",
        });
        let further = read(said.clone()).unwrap();
        let mut told = Object::new();
        further.write(&mut told);
        assert_eq!(Value::Object(told), said);
        let kept = Further {
            sector: Some("sector.example".to_owned()),
            ..further
        };
        assert_eq!(Further::from_row(&kept.row()), Some(kept));
        assert_eq!(Further::default().row(), "{}");
        for member in said.as_object().unwrap().keys() {
            assert!(MEMBERS.contains(&member.as_str()), "{member}");
        }
    }

    #[test]
    fn s_24_what_cannot_be_meant_is_refused() {
        for (bad, claim) in [
            (
                json!({"id_token_signed_response_alg": "none"}),
                "S-11: unsigned ID tokens",
            ),
            (
                json!({"id_token_signed_response_alg": "HS256"}),
                "a shared secret signs nothing",
            ),
            (json!({"userinfo_signed_response_alg": 1}), "no text"),
            (json!({"subject_type": "anonymous"}), "an unknown subject type"),
            (
                json!({"sector_identifier_uri": "http://sector.example/x"}),
                "plain http",
            ),
            (
                json!({"sector_identifier_uri": "https://a@sector.example/x"}),
                "a user name",
            ),
            (json!({"default_max_age": -1}), "a time before now"),
            (json!({"default_max_age": "60"}), "a text"),
            (
                json!({"id_token_encrypted_response_alg": "RSA-OAEP"}),
                "nobody here encrypts",
            ),
            (json!({"request_uris": ["ftp://app.example/x"]}), "no web address"),
            (json!({"request_uris": "https://app.example/x"}), "no list"),
            (
                json!({"post_logout_redirect_uris": ["javascript:alert(1)"]}),
                "S-02: a script",
            ),
            (
                json!({"post_logout_redirect_uris": ["http://127.0.0.1/bye"]}),
                "a web site on this computer",
            ),
            (
                json!({"backchannel_logout_uri": "https://app.example/x#y"}),
                "a fragment",
            ),
            (
                json!({"backchannel_logout_session_required": true}),
                "without an address",
            ),
            (json!({"require_pkce": "no"}), "a text"),
            (json!({"security_profile": "fapi1"}), "an unknown profile"),
            (
                json!({"tls_client_auth_san_dns": "a", "tls_client_auth_san_ip": "192.0.2.1"}),
                "two names",
            ),
            (json!({"tls_client_auth_subject_dn": ""}), "no name"),
            (json!({"default_acr_values": vec!["a"; 21]}), "too many"),
        ] {
            assert!(read(bad).is_err(), "{claim}");
        }
        assert_eq!(read(json!({})), Ok(Further::default()));
        assert_eq!(
            read(json!({"logo_uri": null, "default_max_age": null, "unknown": 1})),
            Ok(Further::default()),
            "nothing is nothing"
        );
    }
}
