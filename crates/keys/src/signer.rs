//! The seam behind which a signing key lives.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use proof::{Algorithm, PublicKey};

use crate::Fault;

/// A signature on its way.
pub type SignFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, Fault>> + Send + 'a>>;

/// Something that signs with one private key: in this process, or in a hardware module behind a network.
///
/// It is asynchronous because of the latter, and therefore must not be called while a database transaction is open.
pub trait Signer: Send + Sync + Debug {
    /// The algorithm this key signs with; a key has exactly one.
    fn algorithm(&self) -> Algorithm;

    /// The public half; its `kid` is set.
    fn public_key(&self) -> &PublicKey;

    /// Signs `input`; the signature has the form JWS wants (RFC 7518 s3.4: `r || s` for ES256).
    fn sign<'a>(&'a self, input: &'a [u8]) -> SignFuture<'a>;
}
