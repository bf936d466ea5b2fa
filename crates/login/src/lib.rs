//! Which human is this? Built-in users now; Kratos, OIDC and SAML later behind the same seam.
//!
//! [`Password`] is a password as typed, [`Passwords`] hashes and checks it on threads of its own, [`recovery`] makes and
//! reads the codes for the day the passkey is lost, and [`SignedIn`] is what every login provider answers in the end.
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
mod seam;

pub use fault::{Fault, Refused};
pub use password::{Password, PasswordRefused};
pub use pool::{Outcome, Passwords, Rehash, Settings, Work};
pub use seam::{Method, Provider, SignedIn, Strength, UserVerification};
