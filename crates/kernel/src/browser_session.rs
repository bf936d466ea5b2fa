//! A signed-in human's cookie session, as a row. Never just "session": that word is an agent's.

use proof::Time;

use crate::id::{BrowserSessionId, UserId};

/// How long a browser session lives, whatever happens, in seconds.
pub const LIFETIME_SECONDS: i64 = 14 * 86_400;
/// How long it lives without being used, in seconds.
pub const IDLE_SECONDS: i64 = 24 * 3_600;
/// How fresh the sign-in must be for what concerns the person's own credentials, in seconds.
pub const FRESH_SECONDS: i64 = 600;

/// How lately a passkey must have verified somebody for what takes one, and for which it signs nothing, in seconds.
pub const VERIFIED_SECONDS: i64 = 120;

/// How somebody proved who they are (RFC 8176 has the names for `amr`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A passkey; the authenticator verified the person.
    PasskeyVerified,
    /// A passkey; somebody was present.
    PasskeyPresent,
    /// A password.
    Password,
    /// A recovery code.
    RecoveryCode,
}

impl Method {
    const ALL: [Self; 4] = [
        Self::PasskeyVerified,
        Self::PasskeyPresent,
        Self::Password,
        Self::RecoveryCode,
    ];

    /// The name in rows and in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasskeyVerified => "passkey_verified",
            Self::PasskeyPresent => "passkey_present",
            Self::Password => "password",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// The method of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// How sure it makes us.
    pub const fn assurance(self) -> Assurance {
        match self {
            Self::PasskeyVerified => Assurance::PhishingResistant,
            Self::PasskeyPresent | Self::Password | Self::RecoveryCode => Assurance::Basic,
        }
    }

    /// What was used (`amr`, RFC 8176 s2).
    pub const fn references(self) -> &'static [&'static str] {
        match self {
            Self::PasskeyVerified => &["pop", "user", "mfa"],
            Self::PasskeyPresent => &["pop", "user"],
            Self::Password => &["pwd"],
            Self::RecoveryCode => &["otp"],
        }
    }
}

/// How sure we are of who is there, the weaker first (`acr`, OpenID Connect Core s2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// Somebody who knows a secret.
    Basic,
    /// Somebody who holds a key that no other site can ask for, and whom it verified (OpenID Connect EAP ACR Values s2).
    PhishingResistant,
}

impl Assurance {
    /// Every level, the stronger first: the order of `acr_values_supported`.
    pub const ALL: &'static [Self] = &[Self::PhishingResistant, Self::Basic];

    /// The value of `acr`: `phr` of OpenID Connect EAP ACR Values, and the lowest level of ISO/IEC 29115.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "1",
            Self::PhishingResistant => "phr",
        }
    }

    /// The level of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| level.name() == name)
    }
}

/// That somebody was there: by which browser session, when and how they proved who they are. Tokens carry it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The browser session; unknown for what was given before sessions were noted.
    pub session: Option<BrowserSessionId>,
    /// When they proved themselves.
    pub authenticated: Time,
    /// How.
    pub method: Method,
}

/// A browser session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserSession {
    /// Its id, for pages, administrators and the audit log.
    pub id: BrowserSessionId,
    /// `base64url(SHA-256(cookie))`: what it is found by.
    pub digest: String,
    /// Who.
    pub user: UserId,
    /// How they proved it.
    pub method: Method,
    /// When they proved it (`auth_time`, OpenID Connect Core s2).
    pub authenticated: Time,
    /// What the browser calls itself, cut; for the person to recognise it.
    pub agent: String,
    /// When it ends by itself.
    pub expires: Time,
    /// When it was last used, at most a minute late.
    pub seen: Time,
    /// When it was ended, if it was.
    pub ended: Option<Time>,
}

impl BrowserSession {
    /// Whether it counts now.
    pub fn counts(&self, now: Time) -> bool {
        self.ended.is_none() && self.expires > now && self.seen.plus(IDLE_SECONDS) > now
    }

    /// That somebody is there by it.
    pub fn presence(&self) -> Presence {
        Presence {
            session: Some(self.id.clone()),
            authenticated: self.authenticated,
            method: self.method,
        }
    }

    /// Whether a passkey has verified the person just now.
    pub fn is_verified(&self, now: Time) -> bool {
        now.since(self.authenticated) <= VERIFIED_SECONDS && self.method.assurance() >= Assurance::PhishingResistant
    }

    /// Whether the person proved themselves a moment ago.
    pub fn is_fresh(&self, now: Time) -> bool {
        self.authenticated.plus(FRESH_SECONDS) > now
    }
}

/// What a change may do to browser sessions, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is new.
    Create(Box<BrowserSession>),
    /// It was not ended.
    Live(BrowserSessionId),
}

/// What a change does to browser sessions whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// It is ended from now on, if it was not before.
    End {
        /// Which.
        id: BrowserSessionId,
        /// When.
        at: Time,
    },
    /// Every one of the person's is ended, but one.
    EndOthers {
        /// Whose.
        user: UserId,
        /// The one that stays; all end when there is none.
        keep: Option<BrowserSessionId>,
        /// When.
        at: Time,
    },
}
