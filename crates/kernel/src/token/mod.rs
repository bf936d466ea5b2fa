//! The token endpoint's words (RFC 6749 s3.2) and the token as a row.
//!
//! A request names its grant type; each grant type is a flow folder of its own. A token is a projection of a grant: the row names the grant, and what the grant's
//! path says at the moment of use decides whether the token counts.

mod id_token;
mod projection;
mod redemption;
mod request;

pub(crate) use id_token::IdToken;
pub use id_token::left_half;
pub use projection::TenantKeys;
pub(crate) use projection::{Acts, Projection};
pub(crate) use redemption::{First, Redemption};
pub use request::Request;

use proof::Time;

use crate::{
    authority::Audience,
    confirmation::Confirmation,
    id::{ClientId, GrantId, TokenId},
    power::Powers,
};

/// How a token is presented (RFC 6749 s7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By whoever holds it (RFC 6750).
    Bearer,
    /// With a proof of its key (RFC 9449 s5).
    Dpop,
}

impl Kind {
    /// How a token with this binding is presented: a certificate is shown by the connection, and the token as a bearer token (RFC 8705 s3).
    pub const fn of(key: Option<&Confirmation>) -> Self {
        match key {
            Some(Confirmation::Jkt(_)) => Self::Dpop,
            Some(Confirmation::Certificate(_)) | None => Self::Bearer,
        }
    }

    /// The name in `token_type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// The record of an access token. It holds nothing that could be presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its `jti`.
    pub id: TokenId,
    /// The grant it projects.
    pub grant: GrantId,
    /// The client it was issued to.
    pub client: ClientId,
    /// Where it counts.
    pub audience: Audience,
    /// Its scope, as a list.
    pub scope: String,
    /// How often it may be used for what, if that is limited for this token alone.
    pub powers: Powers,
    /// What it is bound to.
    pub key: Option<Confirmation>,
    /// When it was issued.
    pub issued: Time,
    /// When it ends.
    pub expires: Time,
    /// When it was revoked, if it was.
    pub revoked: Option<Time>,
}

/// What a change may do to a token, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is new.
    Create(Box<Record>),
}

/// What a change does to a token whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// It is revoked from now on, if it was not before.
    EnsureRevoked {
        /// Which.
        id: TokenId,
        /// When.
        at: Time,
    },
}
