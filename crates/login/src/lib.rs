//! Which human is this? Built-in users now; Kratos, OIDC and SAML later behind the same seam.
//!
//! [`Password`] is a password as typed, [`Passwords`] hashes and checks it on threads of its own, [`recovery`] makes and
//! reads the codes for the day the passkey is lost.
//!
//! **The seam.** The rest of the program learns from a login provider one thing, `kernel::sign_in::Shown`: that a person showed something, and what. It does not learn
//! passwords, cookies or assertions of others, so a new provider changes this crate, the page that starts it, and one variant there. What each provider must be able to
//! answer, and how:
//!
//! | question | built in | Ory Kratos | OpenID Connect | SAML 2.0 |
//! |---|---|---|---|---|
//! | who, for ever | our user id | `identity.id` of the session | `iss` and `sub` (Core s2) | issuer and persistent `NameID` |
//! | by which methods | what we checked | `authentication_methods` | `amr` (RFC 8176) | `AuthnContextClassRef` |
//! | when | now | `authenticated_at` | `auth_time` | `AuthnInstant` |
//! | did this browser ask | sealed request | login challenge | `state`, `nonce`, PKCE | `RelayState`, `InResponseTo` |
//! | is it said to us | | our own request | `aud`, signature | `AudienceRestriction`, signature |
//!
//! Three rules come with it. A foreign subject is mapped to a user by its provider and its permanent name, never by an e-mail address, which is given to somebody else one
//! day. A method that the provider does not name is none: the least is assumed. User verification that a foreign provider reports is good for signing in, never for an
//! approval that asks for it: that is checked here, over the approval itself. It is a variant and not a trait, because the providers share no step but the end.
//!
//! This crate never contains tokens of ours, SQL, a web server, a clock or a source of randomness: salts and seeds are
//! arguments. What is stored, and how often somebody may try, is the caller's business.
//!
//! ```
//! use login::{Outcome, Password, Passwords, Settings};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let passwords = Passwords::start(Settings::default())?;
//!
//! let chosen = Password::parse_new("four words make a sentence", "alice@demo.test")?;
//! let stored = passwords.hash(chosen, *b"16 random bytes!").await?;
//!
//! let typed = Password::parse("four words make a sentence")?;
//! assert!(matches!(passwords.verify(typed, Some(stored)).await?, Outcome::Right { .. }));
//!
//! // Nobody has this login: the same work, and the same answer as for a wrong password.
//! let typed = Password::parse("four words make a sentence")?;
//! assert!(matches!(passwords.verify(typed, None).await?, Outcome::Wrong));
//! # Ok(())
//! # }
//! ```

mod commonest;
mod fault;
mod hash;
mod password;
mod pool;
mod queue;
pub mod recovery;

pub use fault::{Fault, Refused};
pub use password::{Password, PasswordRefused};
pub use pool::{Outcome, Passwords, Rehash, Settings, Work};
