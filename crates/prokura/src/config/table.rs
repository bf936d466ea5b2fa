//! Every key there is.

/// A key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) section: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What holds when nobody says anything; `None` when there is no such thing.
    pub(super) default: Option<&'static str>,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text in quotes.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// Texts in brackets; in a variable, with commas between them.
    List,
}

pub(super) const ORIGIN: Key = text("server", "origin", None);
pub(super) const LISTEN: Key = text("server", "listen", Some("127.0.0.1:8460"));
pub(super) const CERTIFICATE: Key = text("tls", "certificate", None);
pub(super) const TLS_KEY: Key = text("tls", "key", None);
pub(super) const TRUSTED_PROXY: Key = Key {
    kind: Kind::Switch,
    ..text("tls", "trusted_proxy", Some("false"))
};
pub(super) const CLIENT_CERTIFICATES: Key = text("tls", "client_certificates", Some("off"));
pub(super) const CLIENT_AUTHORITIES: Key = text("tls", "client_authorities", None);
pub(super) const PROXY_PEERS: Key = Key {
    kind: Kind::List,
    ..text("proxy", "peers", None)
};
pub(super) const CERTIFICATE_HEADER: Key = text("proxy", "certificate_header", None);
pub(super) const CERTIFICATE_FORMAT: Key = text("proxy", "certificate_format", Some("rfc9440"));
pub(super) const DATABASE: Key = text("database", "url", None);
pub(super) const KEK: Key = text("keys", "kek", None);
pub(super) const ROTATE_EVERY: Key = number("keys", "rotate_every_seconds", "86400");
pub(super) const PUBLISH_AHEAD: Key = number("keys", "publish_ahead_seconds", "3600");
pub(super) const PER_ADDRESS: Key = number("limits", "requests_per_address_per_minute", "12000");
pub(super) const PER_CLIENT: Key = number("limits", "requests_per_client_per_minute", "60000");
pub(super) const PER_TENANT: Key = number("limits", "requests_per_tenant_per_minute", "0");
pub(super) const LOG_FORMAT: Key = text("log", "format", Some("text"));
pub(super) const LOG_LEVEL: Key = text("log", "level", Some("info"));

/// All of them, in the order in which they are shown.
pub(super) const KEYS: &[Key] = &[
    ORIGIN,
    LISTEN,
    CERTIFICATE,
    TLS_KEY,
    TRUSTED_PROXY,
    CLIENT_CERTIFICATES,
    CLIENT_AUTHORITIES,
    PROXY_PEERS,
    CERTIFICATE_HEADER,
    CERTIFICATE_FORMAT,
    DATABASE,
    KEK,
    ROTATE_EVERY,
    PUBLISH_AHEAD,
    PER_ADDRESS,
    PER_CLIENT,
    PER_TENANT,
    LOG_FORMAT,
    LOG_LEVEL,
];

impl Key {
    /// `section.name`.
    pub(super) fn full(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The variable that overrides it.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}__{}", self.section.to_uppercase(), self.name.to_uppercase())
    }
}

/// What every overriding variable starts with.
pub(super) const PREFIX: &str = "PROKURA__";

const fn text(section: &'static str, name: &'static str, default: Option<&'static str>) -> Key {
    Key {
        section,
        name,
        kind: Kind::Text,
        default,
    }
}

const fn number(section: &'static str, name: &'static str, default: &'static str) -> Key {
    Key {
        section,
        name,
        kind: Kind::Number,
        default: Some(default),
    }
}
