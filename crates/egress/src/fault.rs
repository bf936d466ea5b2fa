//! What can be wrong with the door itself.

/// A setting that cannot work; the server should not start.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// One of `extra_roots` is not a certificate.
    #[error("extra_roots: not a usable X.509 certificate in DER form")]
    Root(#[source] rustls::Error),
    /// The TLS backend refused its own defaults.
    #[error("the TLS client cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The HTTP client refused its settings.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// A limit of zero would refuse everything.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
}
