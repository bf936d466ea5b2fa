//! Ask strangers: the only way out to URLs that others named.
//!
//! A client metadata document, a JWKS, a ping address: whoever names such a URL chooses where this server connects to.
//! [`Egress`] is the one door for all of them. It resolves the host itself and once, judges every address against the
//! IANA special-purpose registries, and connects to those addresses and no others.
//!
//! 1. [`ExternalUrl`]: absolute `https`, no user, no fragment, only RFC 3986 characters.
//! 2. One resolution; **any** special-use address in the answer refuses the whole fetch before a packet is sent.
//! 3. Connect to the judged addresses only. Host header and TLS name are the original ones.
//! 4. No proxy of the environment, no cookies, no redirects, no retries, no decompression.
//! 5. Caps on the body while it streams, on the whole time, and on how many fetches run at once, per host and in all.
//!
//! This crate never contains which protocol asked, beyond its limits: no JSON, no OAuth word, no cache.
//!
//! # Decisions
//!
//! **The pin is a resolver that knows one answer.** Each fetch gets an HTTP client of its own, whose DNS resolver holds
//! the judged addresses and refuses any other name. A client shared by all fetches would have to find the right answer
//! by name while fetches of the same name run at the same time, and its idle connections would outlive the judgement.
//! `resolve_to_addrs` asks the system's resolver when a name does not match, so it would fail open. Building a client
//! costs a few microseconds (measured 2.2), since the TLS settings are shared; a handshake costs hundreds.
//!
//! **Roots are Mozilla's, compiled in** (`webpki-roots`), plus [`Settings::extra_roots`]. So the verdict on a stranger
//! does not depend on the image the server runs in; a private authority must be named in the settings. Sessions are not
//! resumed: every fetch sees the certificate.
//!
//! **A compressed answer is refused**, not unpacked: we ask for `identity`, and a document of some kilobytes has no
//! need of more.

mod admission;
mod cache;
mod egress;
mod fault;
mod network;
mod refused;
mod resolve;
mod settings;
mod special_use;
mod url;

pub use crate::egress::{Egress, Fetched};
pub use crate::fault::Fault;
pub use crate::network::{Network, NetworkSyntax};
pub use crate::refused::Refused;
pub use crate::resolve::{Resolve, Resolved, SystemResolver, system};
pub use crate::settings::{Limits, PlainHttp, Settings};
pub use crate::special_use::special_use;
pub use crate::url::ExternalUrl;
