//! For the other side: checks Prokura's access tokens in an API, an MCP server or an agent.
//!
//! One layer protects a service. It publishes the metadata clients need to find the authorization server (RFC 9728),
//! answers 401, 403 and 400 the way OAuth and MCP clients understand, and puts an [`Access`] into the extensions of each
//! request that may pass:
//!
//! ```
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{Service, ServiceBuilder, ServiceExt};
//! use verify::{Access, Guard};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let guard = Guard::builder("http://localhost:8460", "http://localhost:8461/mcp")
//!     .scope("tools:read", "Look things up")
//!     .scope("tools:write", "Change things")
//!     .require("tools:read")
//!     .build()?;
//!
//! let service = tower::service_fn(async |request: Request<String>| {
//!     let who = request.extensions().get::<Access>().map(|access| access.subject().to_owned());
//!     Ok::<_, std::convert::Infallible>(Response::new(Full::<bytes::Bytes>::from(format!("{who:?}"))))
//! });
//! let mut app = ServiceBuilder::new().layer(guard.layer()).service(service);
//!
//! let answer = app.ready().await?.call(Request::post("/mcp").body(String::new())?).await?;
//! assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
//! assert_eq!(
//!     answer.headers()["www-authenticate"],
//!     r#"Bearer resource_metadata="http://localhost:8461/.well-known/oauth-protected-resource/mcp", scope="tools:read""#,
//! );
//! # Ok(())
//! # }
//! ```
//!
//! Without the layer: [`Guard::check`] for a whole request, [`Guard::demand`] for what one operation of an admitted
//! request needs beyond the rest (an MCP tool, say); either error is a [`Denied`] that knows its response.
//!
//! # What is checked
//!
//! The token: one `Authorization` header and nowhere else, `typ` `at+jwt`, a signature by one of the issuer's published
//! keys, issuer and audience equal as strings, validity in time with 5 seconds of tolerance. A token bound to a key
//! (`cnf.jkt`) passes only with a fresh `DPoP` proof of that key for this method, this URL and this token, used once
//! (RFC 9449), optionally with a nonce of ours; a token bound to a certificate (`cnf["x5t#S256"]`) passes only when the
//! client showed that certificate (RFC 8705 s3); a token bound to both needs both. Without a key of its own a token passes only
//! as `Bearer`. Optionally the issuer is asked whether the token still counts (RFC 7662). A cross-origin browser must come from
//! an allowed origin.
//!
//! The URL of a proof is built from the configured resource identifier and the path of the request, never from `Host`:
//! put the layer where it sees the path as the client sent it.
//!
//! # Certificates of clients
//!
//! The guard does not see the connection: the server around it asks for certificates in the handshake, and says what it was
//! shown by a [`PeerCertificate`] in the extensions of each request. The token names the certificate, so it matters that the
//! handshake proved the key, not who issued the certificate. With rustls (`connection` is `stream.get_ref().1` of a `TlsStream`
//! of tokio-rustls), in the function that hands hyper's requests to an axum router or any other service:
//!
//! ```
//! use bytes::Bytes;
//! use http::Request;
//! use verify::PeerCertificate;
//!
//! /// Once a connection, after the handshake.
//! fn shown(connection: &rustls::ServerConnection) -> Option<PeerCertificate> {
//!     let own = connection.peer_certificates()?.first()?;
//!     Some(PeerCertificate(Bytes::copy_from_slice(own)))
//! }
//!
//! /// Once a request, before the layer of the guard.
//! fn with_certificate<B>(mut request: Request<B>, shown: Option<&PeerCertificate>) -> Request<B> {
//!     if let Some(shown) = shown {
//!         request.extensions_mut().insert(shown.clone());
//!     }
//!     request
//! }
//! ```
//!
//! Behind a proxy that speaks TLS: [`Builder::certificate_header`].
//!
//! # Failure
//!
//! Fails closed. Keys are fetched at first use, kept as long as the issuer says within a minute and an hour, and for an
//! hour more while it cannot be reached. Unknown key ids cause at most one fetch in ten seconds. When no keys can be had,
//! when the issuer cannot be asked, or when the memory of used proofs is full, the answer is 503 with `Retry-After`.
//!
//! Never contains anything that would drag a database, a web framework or a policy engine into its user's build.

mod access;
mod builder;
mod certificate;
mod challenge;
mod clock;
mod credentials;
mod denied;
mod document;
mod fetch;
mod guard;
mod holder;
mod identifier;
mod introspection;
mod issuer;
mod layer;
mod origin;
mod reason;
mod replay;
mod scopes;
mod sign_in;

pub use proof::Time;

pub use crate::{
    access::Access,
    builder::{BuildError, Builder},
    certificate::PeerCertificate,
    denied::Denied,
    guard::Guard,
    identifier::BadIdentifier,
    layer::{GuardBody, GuardLayer, GuardService},
    reason::Reason,
    sign_in::SignIn,
};
