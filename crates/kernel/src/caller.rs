//! Who is calling, after proof. Nothing below sees an unproved claim.

use proof::Time;

use crate::{
    browser_session::BrowserSession,
    client::Client,
    confirmation::Confirmation,
    id::{AdministratorId, ClientId, HostId, SessionId, TenantId, UserId},
    mark::Mark,
    tenant::Reach,
    user::User,
};

/// A proved caller: who it is, the key it holds if it proved one, and the one-time marks its proofs leave behind.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub who: Who,
    /// The key it proved to hold, by `DPoP` (RFC 9449) or by its certificate (RFC 8705 s3): tokens are bound to it.
    pub key: Option<Confirmation>,
    /// The key of the attested instance that is calling, if its attester proved it: lines of refresh tokens are that instance's.
    pub instance: Option<String>,
    /// What `settle` must consume for this request to count.
    pub marks: Vec<Mark>,
}

/// The classes of caller: those of seed 003 (browser user, user-delegated machine, pure machine) and those that protocols add. Each is a type of its own.
#[derive(Clone, Debug)]
pub enum Who {
    /// A signed-in human in a browser.
    BrowserUser(BrowserUser),
    /// A client with a token that acts for a person.
    UserDelegatedMachine(UserDelegatedMachine),
    /// A client that proved itself and acts for nobody but itself.
    PureMachine(PureMachine),
    /// An agent that signed with its own key (`host+jwt`, `agent+jwt`, `AAuth`).
    Agent(Agent),
    /// An administrator.
    Administrator(AdministratorCaller),
    /// A client that is named but not authenticated.
    PublicClient(PublicClient),
    /// Anyone: discovery, key sets.
    Anyone,
}

/// A signed-in human.
#[derive(Clone, Debug)]
pub struct BrowserUser {
    /// Who, as read with the session.
    pub user: User,
    /// By which browser session.
    pub session: BrowserSession,
}

/// A client acting for a person.
#[derive(Clone, Debug)]
pub struct UserDelegatedMachine {
    /// The client.
    pub client: ClientId,
    /// The person.
    pub user: UserId,
}

/// A client that authenticated with a credential of its own.
#[derive(Clone, Debug)]
pub struct PureMachine {
    /// The registration as it was read.
    pub client: Client,
}

/// An agent by its own key.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The host it runs on.
    pub host: HostId,
    /// Its session, if it has one already.
    pub session: Option<SessionId>,
}

/// An administrator with a token.
#[derive(Clone, Debug)]
pub struct AdministratorCaller {
    /// Who.
    pub id: AdministratorId,
    /// The tenant it belongs to.
    pub home: TenantId,
    /// How far it reaches.
    pub reach: Reach,
    /// When its token ends, if it does: nobody it makes outlives it.
    pub expires: Option<Time>,
}

/// A client that gave its name only.
#[derive(Clone, Debug)]
pub struct PublicClient {
    /// The registration as it was read.
    pub client: Client,
}

/// The class of a caller alone: what a route admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallerKind {
    /// See [`BrowserUser`].
    BrowserUser,
    /// See [`UserDelegatedMachine`].
    UserDelegatedMachine,
    /// See [`PureMachine`].
    PureMachine,
    /// See [`Agent`].
    Agent,
    /// See [`AdministratorCaller`].
    Administrator,
    /// See [`PublicClient`].
    PublicClient,
    /// Nobody in particular.
    Anyone,
}

impl CallerKind {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::BrowserUser,
        Self::UserDelegatedMachine,
        Self::PureMachine,
        Self::Agent,
        Self::Administrator,
        Self::PublicClient,
        Self::Anyone,
    ];

    /// The words of the product for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BrowserUser => "browser user",
            Self::UserDelegatedMachine => "user-delegated machine",
            Self::PureMachine => "pure machine",
            Self::Agent => "agent by its own key",
            Self::Administrator => "administrator",
            Self::PublicClient => "public client",
            Self::Anyone => "anyone",
        }
    }
}

impl Caller {
    /// A caller who left no mark and proved no key.
    pub fn plain(who: Who) -> Self {
        Self {
            who,
            key: None,
            instance: None,
            marks: Vec::new(),
        }
    }

    /// Its class.
    pub const fn kind(&self) -> CallerKind {
        match self.who {
            Who::BrowserUser(_) => CallerKind::BrowserUser,
            Who::UserDelegatedMachine(_) => CallerKind::UserDelegatedMachine,
            Who::PureMachine(_) => CallerKind::PureMachine,
            Who::Agent(_) => CallerKind::Agent,
            Who::Administrator(_) => CallerKind::Administrator,
            Who::PublicClient(_) => CallerKind::PublicClient,
            Who::Anyone => CallerKind::Anyone,
        }
    }

    /// The client that is calling, by whatever it shows.
    pub const fn client(&self) -> Option<&Client> {
        match &self.who {
            Who::PureMachine(caller) => Some(&caller.client),
            Who::PublicClient(caller) => Some(&caller.client),
            Who::BrowserUser(_)
            | Who::UserDelegatedMachine(_)
            | Who::Agent(_)
            | Who::Administrator(_)
            | Who::Anyone => None,
        }
    }

    /// The person who is signed in, if this is a browser.
    pub const fn person(&self) -> Option<&BrowserUser> {
        match &self.who {
            Who::BrowserUser(person) => Some(person),
            Who::UserDelegatedMachine(_)
            | Who::PureMachine(_)
            | Who::Agent(_)
            | Who::Administrator(_)
            | Who::PublicClient(_)
            | Who::Anyone => None,
        }
    }

    /// How the audit log names it.
    pub fn name(&self) -> Option<&str> {
        match &self.who {
            Who::BrowserUser(caller) => Some(caller.user.id.as_str()),
            Who::UserDelegatedMachine(caller) => Some(caller.client.as_str()),
            Who::PureMachine(caller) => Some(caller.client.id.as_str()),
            Who::Agent(caller) => Some(caller.host.as_str()),
            Who::Administrator(caller) => Some(caller.id.as_str()),
            Who::PublicClient(caller) => Some(caller.client.id.as_str()),
            Who::Anyone => None,
        }
    }

    /// Whether it authenticated with a credential of its own. Only then are the marks of a refused request stored: nobody can fill the tables with self-made proofs.
    pub const fn authenticated(&self) -> bool {
        match self.who {
            Who::BrowserUser(_)
            | Who::UserDelegatedMachine(_)
            | Who::PureMachine(_)
            | Who::Agent(_)
            | Who::Administrator(_) => true,
            Who::PublicClient(_) | Who::Anyone => false,
        }
    }
}
