//! What goes wrong on our side, by the step that failed.

use kernel::Why;

/// A failure of ours. The caller reads `server_error` or `temporarily_unavailable` and the request id; the log has this.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store failed.
    #[error("store: {0}")]
    Store(#[from] store::Fault),
    /// A key could not be made, opened or used.
    #[error("keys: {0}")]
    Keys(#[from] keys::Fault),
    /// Hashing a password failed.
    #[error("login: {0}")]
    Login(#[from] login::Fault),
    /// The way out cannot be set up.
    #[error("egress: {0}")]
    Egress(#[from] egress::Fault),
    /// No key signs with that algorithm now.
    #[error("no active signing key for {0}")]
    NoKey(&'static str),
    /// The decision names a signed token that it did not ask for.
    #[error("a decision refers to a token that was not signed")]
    Unsigned,
    /// A row that we wrote cannot be understood.
    #[error("a stored value cannot be read: {0}")]
    Stored(&'static str),
    /// The key-encryption key does not open this installation's keys.
    #[error("the key-encryption key is not the one this database was set up with")]
    WrongKek,
    /// The configured origin is not the one the database was set up with.
    #[error(
        "the database was set up for {stored}, the configuration says {configured}; tokens name their issuer, so a move ends every token: confirm it with --accept-new-origin"
    )]
    OriginMoved {
        /// What the default tenant's issuer is.
        stored: String,
        /// What the configuration says.
        configured: String,
    },
    /// A setting makes no sense.
    #[error("setting {0}")]
    Setting(String),
    /// A request's task ended without an answer.
    #[error("a request's task ended without an answer")]
    TaskEnded,
    /// Listening or accepting failed.
    #[error("network: {0}")]
    Network(#[from] std::io::Error),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(String),
}

impl Fault {
    /// What the caller may know of it: try again, or ask the operator.
    pub(crate) fn why(&self) -> Why {
        match self {
            Self::Store(
                store::Fault::Busy(_)
                | store::Fault::Gone(_)
                | store::Fault::Unknown(_)
                | store::Fault::Full(_)
                | store::Fault::Closed,
            ) => Why::Busy,
            Self::Store(store::Fault::Row(_) | store::Fault::Arguments(_) | store::Fault::Engine(_))
            | Self::Keys(_)
            | Self::Login(_)
            | Self::Egress(_)
            | Self::NoKey(_)
            | Self::Unsigned
            | Self::Stored(_)
            | Self::WrongKek
            | Self::OriginMoved { .. }
            | Self::Setting(_)
            | Self::TaskEnded
            | Self::Network(_)
            | Self::Tls(_) => Why::Fault,
        }
    }
}

/// An end before any decision: a refusal of the entrance, or a failure.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Refused, and why.
    Refuse(Why),
    /// Failed.
    Fault(Fault),
}

impl From<Why> for Stop {
    fn from(why: Why) -> Self {
        Self::Refuse(why)
    }
}
impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
impl From<store::Fault> for Stop {
    fn from(fault: store::Fault) -> Self {
        Self::Fault(Fault::Store(fault))
    }
}
impl From<keys::Fault> for Stop {
    fn from(fault: keys::Fault) -> Self {
        Self::Fault(Fault::Keys(fault))
    }
}
impl From<login::Refused> for Stop {
    fn from(refused: login::Refused) -> Self {
        match refused {
            login::Refused::Busy => Self::Refuse(Why::Busy),
            login::Refused::Fault(fault) => Self::Fault(Fault::Login(fault)),
        }
    }
}
