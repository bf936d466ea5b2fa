//! The only file that names the operating system's source of randomness.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use crate::Fault;

/// `N` bytes from the operating system: the server's per-request seed, key-encryption keys, seal nonces.
pub fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    source().fill(&mut bytes).map_err(|_| Fault::Random)?;
    Ok(bytes)
}

/// The source itself, for signing calls that want one: randomised padding, and signatures need it.
#[expect(
    clippy::disallowed_methods,
    reason = "this file is the one place of this crate that asks for randomness"
)]
pub(crate) fn source() -> SystemRandom {
    SystemRandom::new()
}
