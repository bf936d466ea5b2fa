//! What a page carries from step to step: sealed for its tenant and its browser, so that it cannot be changed (S-05) and opens nowhere else (S-08).

use kernel::{Time, Why, authorization::Asked, client::Client, detail::Types};
use proof::{base64url, json};
use store::TenantDb;

use super::Browser;
use crate::{app::App, fault::Fault};

/// How long a passkey may take, in seconds.
pub(super) const CEREMONY_SECONDS: i64 = 300;

/// The member of a sealed request that says which client its page showed.
const SHOWN: &str = "shown";
/// The member that says which details it showed, and in which words.
const SHOWN_DETAILS: &str = "shown_details";

/// What the page that asks showed: a yes is to that and to nothing else (S-30).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The basis of the client.
    pub(super) client: String,
    /// The details and their words: see [`kernel::detail::Types::shown`].
    pub(super) details: String,
}

/// Seals an authorization request.
pub(super) fn request(app: &App, tenant: &TenantDb, browser: &Browser, asked: &Asked) -> Result<String, Fault> {
    sealed(app, tenant, browser, asked.to_json())
}

/// Seals an authorization request for the page that asks, with what the page shows.
pub(super) fn request_shown(
    app: &App,
    tenant: &TenantDb,
    browser: &Browser,
    asked: &Asked,
    client: &Client,
    types: &Types,
) -> Result<String, Fault> {
    let mut o = asked.to_json();
    o.insert(SHOWN.to_owned(), client.basis().into());
    o.insert(SHOWN_DETAILS.to_owned(), types.shown(&asked.details).into());
    sealed(app, tenant, browser, o)
}

fn sealed(app: &App, tenant: &TenantDb, browser: &Browser, request: json::Object) -> Result<String, Fault> {
    let text = serde_json::Value::Object(request).to_string();
    Ok(app
        .keyring
        .seal()
        .seal(&context("authorization-request", tenant, browser), text.as_bytes())?)
}

/// Opens an authorization request of this browser, if it can still be answered.
pub(super) fn open_request(
    app: &App,
    tenant: &TenantDb,
    browser: &Browser,
    sealed: &str,
    now: Time,
) -> Result<Asked, Why> {
    open_shown(app, tenant, browser, sealed, now).map(|(asked, _)| asked)
}

/// The same, with what its page showed, if it comes from the page that asks.
pub(super) fn open_shown(
    app: &App,
    tenant: &TenantDb,
    browser: &Browser,
    sealed: &str,
    now: Time,
) -> Result<(Asked, Option<Shown>), Why> {
    let plain = app
        .keyring
        .seal()
        .open(&context("authorization-request", tenant, browser), sealed)
        .map_err(|_| Why::PageForeign)?;
    let o = json::parse_object(plain.reveal()).map_err(|_| Why::PageForeign)?;
    let asked = Asked::from_json(&o).ok_or(Why::PageForeign)?;
    if asked.expires() <= now {
        return Err(Why::PageExpired);
    }
    let text = |name: &str| o.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    let shown = text(SHOWN).zip(text(SHOWN_DETAILS));
    Ok((asked, shown.map(|(client, details)| Shown { client, details })))
}

/// Seals where somebody goes after they signed out: an app asked for it, and may have it.
pub(super) fn after(app: &App, tenant: &TenantDb, browser: &Browser, address: &str) -> Result<String, Fault> {
    Ok(app
        .keyring
        .seal()
        .seal(&context("after-sign-out", tenant, browser), address.as_bytes())?)
}

/// Opens it.
pub(super) fn open_after(app: &App, tenant: &TenantDb, browser: &Browser, sealed: &str) -> Result<String, Why> {
    let plain = app
        .keyring
        .seal()
        .open(&context("after-sign-out", tenant, browser), sealed)
        .map_err(|_| Why::PageForeign)?;
    String::from_utf8(plain.reveal().clone()).map_err(|_| Why::PageForeign)
}

/// What a passkey is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    SignIn,
    Register,
    SayYes,
}

/// A passkey ceremony, and until when.
#[derive(Debug)]
pub(super) struct Ceremony {
    /// What was drawn for it: the challenge itself, or what makes a challenge about something unlike every other.
    pub(super) drawn: Vec<u8>,
    pub(super) expires: Time,
}

/// Seals a ceremony.
pub(super) fn ceremony(
    app: &App,
    tenant: &TenantDb,
    browser: &Browser,
    purpose: Purpose,
    ceremony: &Ceremony,
) -> Result<String, Fault> {
    let text = format!("{}.{}", ceremony.expires.unix(), base64url::encode(&ceremony.drawn));
    Ok(app
        .keyring
        .seal()
        .seal(&context(name(purpose), tenant, browser), text.as_bytes())?)
}

/// Opens a ceremony of this browser that is not over.
pub(super) fn open_ceremony(
    app: &App,
    tenant: &TenantDb,
    browser: &Browser,
    purpose: Purpose,
    sealed: &str,
    now: Time,
) -> Result<Ceremony, Why> {
    let plain = app
        .keyring
        .seal()
        .open(&context(name(purpose), tenant, browser), sealed)
        .map_err(|_| Why::PageForeign)?;
    let text = std::str::from_utf8(plain.reveal()).map_err(|_| Why::PageForeign)?;
    let (expires, drawn) = text.split_once('.').ok_or(Why::PageForeign)?;
    let ceremony = Ceremony {
        drawn: base64url::decode(drawn).map_err(|_| Why::PageForeign)?,
        expires: Time::from_unix(expires.parse().map_err(|_| Why::PageForeign)?),
    };
    if ceremony.expires <= now {
        return Err(Why::PageExpired);
    }
    Ok(ceremony)
}

const fn name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "passkey-sign-in",
        Purpose::Register => "passkey-registration",
        Purpose::SayYes => "passkey-yes",
    }
}

fn context(what: &str, tenant: &TenantDb, browser: &Browser) -> String {
    format!("{what}/{}/{}", tenant.id(), browser.digest())
}
