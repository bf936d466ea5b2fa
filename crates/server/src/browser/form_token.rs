//! Whether a form came from a page of ours (S-45): by its origin, and by a token that belongs to the browser, to whoever is signed in, and to what the form is about.

use axum::http::{HeaderMap, header};
use kernel::{Caller, Why, form::Form, tenant::Tenant};
use proof::digest;

use super::Browser;
use crate::app::App;

/// The token of a form: about an authorization request, or (empty) about nothing in particular.
pub(super) fn token(app: &App, tenant: &Tenant, browser: &Browser, caller: &Caller, about: &str) -> String {
    let session = caller.person().map_or("", |person| person.session.id.as_str());
    let text = format!("{}\0{}\0{session}\0{about}", tenant.id, browser.digest());
    app.page_keys.form_token(&text)
}

/// The token of a form that is about nothing in particular: it stands in the head of every page.
pub(crate) fn about_nothing(app: &App, tenant: &Tenant, browser: &Browser, caller: &Caller) -> String {
    token(app, tenant, browser, caller, "")
}

/// Checks a form: the origin first, then the token.
pub(crate) fn check(
    app: &App,
    tenant: &Tenant,
    headers: &HeaderMap,
    browser: &Browser,
    caller: &Caller,
    form: &Form,
) -> Result<(), Why> {
    // 1. Where the browser says it comes from. Both headers are the browser's own, no page can write them; a foreign one refuses even with the right token.
    let said = |name: &header::HeaderName| {
        headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().ok())
            .collect::<Vec<_>>()
    };
    let same_site = |value: Option<&str>| matches!(value, Some("same-origin" | "none"));
    let site = header::HeaderName::from_static("sec-fetch-site");
    if !said(&site).into_iter().all(same_site) {
        return Err(Why::Forged);
    }
    let own_origin = |value: Option<&str>| value.is_some_and(|value| is_own_origin(value, headers, browser));
    if !said(&header::ORIGIN).into_iter().all(own_origin) {
        return Err(Why::Forged);
    }

    // 2. The token.
    if !browser.is_known() {
        return Err(Why::PageForeign);
    }
    let about = form.text("request").unwrap_or("");
    let good = token(app, tenant, browser, caller, about);
    let shown = form.text("csrf").unwrap_or("");
    if digest::same(good.as_bytes(), shown.as_bytes()) {
        Ok(())
    } else {
        Err(Why::Forged)
    }
}

/// Whether an origin is the one that this very request was sent to: the tenant's, or in development another name of the same server. The host was checked to be ours.
fn is_own_origin(origin: &str, headers: &HeaderMap, browser: &Browser) -> bool {
    let scheme = browser.origin.split_once("://").map_or("", |(scheme, _)| scheme);
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    origin == browser.origin || origin == format!("{scheme}://{host}")
}
