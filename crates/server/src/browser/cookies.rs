//! What a browser is known by.

use axum::http::{HeaderMap, header};
use kernel::{Moment, browser_session, tenant::Tenant};
use pages::Language;
use proof::digest;

/// How long a language stays chosen, in seconds.
const LANGUAGE_SECONDS: i64 = 365 * 86_400;
/// The longest name of a browser that is kept, in characters.
const AGENT_CHARS_MAX: usize = 64;

/// A browser, as a request shows it.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    /// Path prefix of the tenant: empty, or `/t/acme`.
    pub(crate) base: String,
    /// The web origin of the tenant's pages.
    pub(crate) origin: String,
    /// The value of the cookie that names the browser; drawn for this request when it has none.
    secret: String,
    known: Known,
    /// The value of the session cookie, if there is one.
    pub(crate) session: Option<String>,
    /// The language of its pages.
    pub(crate) language: Language,
    chosen: Option<Language>,
    /// What it calls itself, for the person to recognise it.
    pub(crate) agent: String,
    names: Names,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// It came with the cookie.
    Yes,
    /// It must be given one.
    No,
}

/// Names and attributes of the cookies of a tenant. Path tenants share an origin, so the names carry the tenant; over plain http, which only development speaks, the
/// `__Host-` prefix and `Secure` are left out (product decision 30).
#[derive(Clone, Debug)]
struct Names {
    browser: String,
    session: String,
    language: String,
    attributes: &'static str,
}

impl Names {
    fn of(tenant: &Tenant) -> Self {
        let (prefix, attributes) = if tenant.issuer.starts_with("https://") {
            ("__Host-", "; Path=/; HttpOnly; Secure; SameSite=Lax")
        } else {
            ("", "; Path=/; HttpOnly; SameSite=Lax")
        };
        let suffix = if tenant.id.as_str() == kernel::tenant::DEFAULT_TENANT {
            String::new()
        } else {
            format!("-{}", tenant.id)
        };
        let name = |what: &str| format!("{prefix}prokura-{what}{suffix}");
        Self {
            browser: name("browser"),
            session: name("session"),
            language: name("language"),
            attributes,
        }
    }
}

impl Browser {
    /// The browser of a request to a tenant.
    pub(crate) fn of(headers: &HeaderMap, query: Option<&str>, tenant: &Tenant, at: &Moment) -> Self {
        let names = Names::of(tenant);
        let cookie = |name: &str| cookie(headers, name);
        let known = cookie(&names.browser).filter(|value| value.len() == 43);
        let chosen = query
            .unwrap_or("")
            .split('&')
            .find_map(|pair| pair.strip_prefix("lang="))
            .and_then(Language::from_tag);
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let language = chosen.unwrap_or_else(|| Language::negotiate(None, cookie(&names.language), accepted));
        let (origin, base) = split_issuer(&tenant.issuer);
        Self {
            base: base.to_owned(),
            origin: origin.to_owned(),
            known: if known.is_some() { Known::Yes } else { Known::No },
            secret: known.map_or_else(|| at.secret("browser"), str::to_owned),
            session: cookie(&names.session).map(str::to_owned),
            language,
            chosen,
            agent: named(headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok())),
            names,
        }
    }

    /// The browser in the language that an app asked for, unless the person chose one.
    #[must_use]
    pub(crate) fn speaking(mut self, ui_locales: Option<&str>) -> Self {
        if self.chosen.is_none() && ui_locales.is_some() {
            self.language = Language::negotiate(ui_locales, Some(self.language.tag()), None);
        }
        self
    }

    /// Whether it came with the cookie that names it.
    pub(crate) fn is_known(&self) -> bool {
        self.known == Known::Yes
    }

    /// What seals and form tokens are bound to. Never the value itself.
    pub(crate) fn digest(&self) -> String {
        digest::sha256_b64(self.secret.as_bytes())
    }

    /// Cookies that go with every page: the browser's name if it had none, the language if one was just chosen.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let mut set = Vec::new();
        if self.known == Known::No {
            set.push(format!(
                "{}={}{}",
                self.names.browser, self.secret, self.names.attributes
            ));
        }
        if let Some(language) = self.chosen {
            set.push(format!(
                "{}={}; Max-Age={LANGUAGE_SECONDS}{}",
                self.names.language,
                language.tag(),
                self.names.attributes
            ));
        }
        set
    }

    /// The cookie of a session that just began.
    pub(crate) fn session_begins(&self, value: &str) -> String {
        format!(
            "{}={value}; Max-Age={}{}",
            self.names.session,
            browser_session::LIFETIME_SECONDS,
            self.names.attributes
        )
    }

    /// The cookie of a session that ended.
    pub(crate) fn session_ends(&self) -> String {
        format!("{}=; Max-Age=0{}", self.names.session, self.names.attributes)
    }
}

/// The web origin of an issuer, and the path below it.
fn split_issuer(issuer: &str) -> (&str, &str) {
    let after = issuer.find("://").map_or(0, |at| at.saturating_add(3));
    let end = issuer
        .get(after..)
        .and_then(|rest| rest.find('/'))
        .map_or(issuer.len(), |at| after.saturating_add(at));
    issuer.split_at_checked(end).unwrap_or((issuer, ""))
}

/// The value of a cookie. One that stands twice counts as none: somebody else set one of them, and nobody knows which (S-08).
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(known, _)| *known == name)
        .map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) if !value.is_empty() => Some(value),
        (Some(_) | None, _) => None,
    }
}

/// A browser and a system in words, from what it sends; both lie easily, and nothing depends on them.
fn named(agent: Option<&str>) -> String {
    let agent = agent.unwrap_or("");
    let of = |table: &[(&str, &'static str)]| {
        table
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let browser = of(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chromium"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = of(&[
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent
            .chars()
            .filter(|c| c.is_ascii_graphic() || *c == ' ')
            .take(AGENT_CHARS_MAX)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn s_08_a_cookie_that_stands_twice_is_none() {
        let headers = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
            }
            headers
        };
        assert_eq!(cookie(&headers(&["a=1; b=2"]), "b"), Some("2"));
        assert_eq!(cookie(&headers(&["a=1", "b=2"]), "b"), Some("2"));
        assert_eq!(cookie(&headers(&["b=1; b=2"]), "b"), None);
        assert_eq!(cookie(&headers(&["b=1", "b=1"]), "b"), None);
        assert_eq!(cookie(&headers(&["bb=1; xb=2"]), "b"), None);
        assert_eq!(cookie(&headers(&["b="]), "b"), None);
    }

    #[test]
    fn an_issuer_is_an_origin_and_a_path() {
        assert_eq!(split_issuer("https://auth.example"), ("https://auth.example", ""));
        assert_eq!(
            split_issuer("http://localhost:8460/t/acme"),
            ("http://localhost:8460", "/t/acme")
        );
    }

    #[test]
    fn browsers_are_named_in_words() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        assert_eq!(named(Some(chrome)), "Chromium, Linux");
        assert_eq!(named(Some("\u{1b}[31mx<script>")), "[31mx<script>");
        assert_eq!(named(Some(&"x".repeat(500))).len(), AGENT_CHARS_MAX);
        assert_eq!(named(None), "");
    }
}
