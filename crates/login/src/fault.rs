//! What can go wrong with a password: the program is busy, or something is broken. A wrong password is neither.

use std::collections::TryReserveError;
use std::io;

/// A step that failed unexpectedly; its text names the step and never a password or a hash.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A thread for hashing could not be started.
    #[error("starting a thread for password hashing failed")]
    Thread(#[source] io::Error),
    /// There is not enough memory for the hash.
    #[error("no memory for password hashing")]
    Memory(#[source] TryReserveError),
    /// The stored text is not a PHC string of Argon2id version 19 with `m`, `t`, `p`, a salt and a hash.
    #[error("the stored password hash is damaged or of a kind this program does not know")]
    StoredForm,
    /// The stored text asks for more work than this program is willing to do.
    #[error("the stored password hash is out of bounds: m <= 262144, t <= 10, p <= 4, m >= 8p, 16 to 64 bytes of hash")]
    StoredBounds,
    /// Argon2 refused its parameters.
    #[error("computing a password hash failed")]
    Hash(#[source] argon2::Error),
    /// The thread that worked on it gave no answer.
    #[error("the thread for password hashing gave no answer")]
    Unanswered,
}

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// All threads work and the queue is full: say 503 with Retry-After (RFC 9110 s15.6.4).
    #[error("too many passwords are being checked: try again in a few seconds")]
    Busy,
    /// Something is broken.
    #[error(transparent)]
    Fault(#[from] Fault),
}
