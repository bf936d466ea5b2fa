//! Make a signature.
//!
//! A [`Signer`] signs bytes and shows the public key that verifies them; [`SoftwareKey`] is the one kept in memory.
//! [`Seal`] keeps private keys unreadable in the database, [`rotation`] says which key is created, signs, and is
//! dropped at a given time, and [`random`] asks the operating system for randomness.
//!
//! This crate never contains which claims a token has, a clock (time is an argument), SQL, or HTTP. Chance enters
//! through `random.rs` and through key generation in `software.rs`, nowhere else.
//!
//! ```
//! use keys::{Seal, Signer, SoftwareKey};
//! use proof::{Algorithm, Secret};
//!
//! # fn main() -> Result<(), keys::Fault> {
//! let (key, pkcs8) = SoftwareKey::generate(Algorithm::EdDSA)?;
//!
//! // The private half rests in the database under a key-encryption key that does not.
//! let seal = Seal::new(Secret::new(keys::random()?))?;
//! let stored = seal.seal("signing-key/acme/1", pkcs8.reveal())?;
//!
//! let again = SoftwareKey::from_pkcs8(Algorithm::EdDSA, seal.open("signing-key/acme/1", &stored)?.reveal())?;
//! assert_eq!(again.public_key().kid(), key.public_key().kid());
//! # Ok(())
//! # }
//! ```

mod fault;
mod private_jwk;
mod random;
pub mod rotation;
mod seal;
mod signer;
mod software;

pub use fault::Fault;
pub use private_jwk::private_jwk;
pub use random::random;
pub use seal::Seal;
pub use signer::{SignFuture, Signer};
pub use software::SoftwareKey;
