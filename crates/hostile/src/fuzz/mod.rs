//! The bodies of the fuzz targets, one for each parser of what strangers send. Each takes any bytes, and asserts what must hold of them: that what was read can be
//! written and read again, that it keeps its bounds, that another parser sees nothing else in it, that nothing verifies that nobody signed.
//!
//! `cargo xtask fuzz NAME` runs one under libFuzzer; the tests of this crate run every body over its corpus in `fuzz/corpus/NAME/`.

mod forms;
mod metadata;
mod passkeys;
mod places;
mod shown;
mod tokens;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of its program in `fuzz/`, and of its corpus.
    pub name: &'static str,
    /// What it reads, for people.
    pub reads: &'static str,
    /// Its body; it panics when something does not hold.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    target(
        "access_token",
        "an access token, as a resource server reads it",
        tokens::access_token,
    ),
    target("assertion", "a client assertion", tokens::assertion),
    target(
        "authorization",
        "the query of an authorization request",
        forms::authorization,
    ),
    target("base64url", "base64url, and nothing else", tokens::base64url),
    target("code_redemption", "a token request with a code", forms::code_redemption),
    target(
        "cose_key",
        "the COSE key of a passkey, and its CBOR",
        passkeys::cose_key,
    ),
    target("credentials", "Basic credentials and a form", forms::credentials),
    target("document", "a client metadata document", metadata::document),
    target(
        "document_address",
        "a client id that may be an address",
        places::document_address,
    ),
    target("dpop", "a DPoP proof", tokens::dpop),
    target("external_url", "a URL that a stranger named", places::external_url),
    target("form", "a form body", forms::form),
    target("htu", "the URL of a DPoP proof", places::htu),
    target("json", "strict JSON", metadata::json),
    target("jwk", "a JWK", tokens::jwk),
    target("jwk_set", "a JWK Set", tokens::jwk_set),
    target("jws", "a compact JWS and its header", tokens::jws),
    target("language", "the languages that a browser asks for", shown::language),
    target("login", "a login, and the ids of groups and tenants", forms::login),
    target("nonce", "a DPoP nonce", tokens::nonce),
    target(
        "passkey_assertion",
        "the answer of an authenticator at sign-in",
        passkeys::assertion,
    ),
    target(
        "passkey_registration",
        "the answer of an authenticator at registration",
        passkeys::registration,
    ),
    target("profile", "the profile of a person", metadata::profile),
    target("redirect_uri", "a redirect URI", places::redirect_uri),
    target(
        "redirect_match",
        "a registered redirect URI, a line feed, and one that is asked for",
        places::redirect_match,
    ),
    target("refresh_token", "a refresh token", tokens::refresh_token),
    target("registration", "the metadata of a registration", metadata::registration),
    target("resource_uri", "a resource identifier", places::resource_uri),
    target("rsa_der", "an RSA key in DER", tokens::rsa_der),
    target("scopes", "a list of scope tokens", forms::scopes),
    target("token_request", "a token request", forms::token_request),
    target(
        "visible",
        "a text of a stranger that is shown to people",
        shown::visible,
    ),
];

const fn target(name: &'static str, reads: &'static str, run: fn(&[u8])) -> Target {
    Target { name, reads, run }
}

/// Runs the body of a target; one that there is not does nothing.
pub fn run(name: &str, data: &[u8]) {
    if let Some(target) = TARGETS.iter().find(|target| target.name == name) {
        (target.run)(data);
    }
}

/// The bytes as text, where a text is what is read.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// A text up to the first line feed, and what follows it.
fn two_lines(data: &[u8]) -> Option<(&str, &str)> {
    text(data)?.split_once('\n')
}
