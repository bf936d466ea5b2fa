//! What a caller may know of a refusal: the error codes of the registries we speak, and nothing else.

/// An error code of the wire. The status each one travels with is in one table of the server, printed into `docs/errors.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// RFC 6749 s5.2: a parameter is missing, repeated, malformed or not supported.
    InvalidRequest,
    /// RFC 6749 s5.2: client authentication failed.
    InvalidClient,
    /// RFC 6749 s5.2: the grant or refresh token is invalid, expired or revoked.
    InvalidGrant,
    /// RFC 6749 s5.2: this client may not use this grant type.
    UnauthorizedClient,
    /// RFC 6749 s5.2: no such grant type here.
    UnsupportedGrantType,
    /// RFC 6749 s4.1.2.1: the authorization endpoint does not give this kind of answer.
    UnsupportedResponseType,
    /// RFC 6749 s5.2: the scope is unknown, malformed or more than was granted.
    InvalidScope,
    /// RFC 8707 s2: the resource is unknown, malformed or not granted.
    InvalidTarget,
    /// RFC 7009 s2.2.1: this kind of token cannot be revoked.
    UnsupportedTokenType,
    /// RFC 9449 s5: the `DPoP` proof is missing or wrong.
    InvalidDpopProof,
    /// RFC 9449 s8: repeat the request with the nonce that came with this answer.
    UseDpopNonce,
    /// RFC 6750 s3.1: the access token is expired, revoked, malformed or not for here.
    InvalidToken,
    /// RFC 6750 s3.1: the access token does not reach this far.
    InsufficientScope,
    /// Agent Auth Protocol: what is asked is beyond what was granted.
    ConstraintViolated,
    /// What may be done this often, or for this much, was done: see `Retry-After`.
    LimitExceeded,
    /// A human must say so first, and nobody was asked.
    ApprovalRequired,
    /// RFC 7591 s3.2.2: a member of the client metadata is wrong.
    InvalidClientMetadata,
    /// RFC 6749 s4.1.2.1: the owner of the authority, or its rules, said no.
    AccessDenied,
    /// OpenID Connect Core s3.1.2.6: nobody is signed in, and nobody may be asked.
    LoginRequired,
    /// OpenID Connect Core s3.1.2.6: the person must say yes, and may not be asked.
    ConsentRequired,
    /// OpenID Connect Core s3.1.2.6, RFC 9101 s7: the signed request is not good.
    InvalidRequestObject,
    /// OpenID Connect Core s3.1.2.6, RFC 9126 s2.2: no request stands behind this `request_uri`, or no longer.
    InvalidRequestUri,
    /// OpenID Connect Core s3.1.2.6: a request of this kind is not read here.
    RequestNotSupported,
    /// OpenID Connect Core Unmet Authentication Requirements s2: nobody there could prove themselves as strongly as was asked.
    UnmetAuthenticationRequirements,
    /// RFC 9396 s5: a detail is of an unknown type, or not what its type says.
    InvalidAuthorizationDetails,
    /// RFC 8628 s3.5: somebody is being asked; ask again.
    AuthorizationPending,
    /// RFC 8628 s3.5: ask again, but five seconds later each time.
    SlowDown,
    /// RFC 8628 s3.5: nobody answered in time.
    ExpiredToken,
    /// Deferred Token Response: somebody must be sent to the address that comes with this.
    InteractionRequired,
    /// draft-ietf-oauth-attestation-based-client-auth: the attestation or its proof is not good.
    InvalidClientAttestation,
    /// draft-ietf-oauth-attestation-based-client-auth: prove again, with the challenge that comes with this.
    UseAttestationChallenge,
    /// RFC 7591 s3.2.2: a redirect URI of the registration is refused.
    InvalidRedirectUri,
    /// RFC 7591 s3.2.2: the software statement is not of an issuer that this tenant trusts.
    UnapprovedSoftwareStatement,
    /// Too many attempts from here in too short a time (RFC 6585 s4).
    TooManyRequests,
    /// Administration: a member of the body is unknown, missing or wrong.
    InvalidBody,
    /// Administration: something of that name is already there.
    Conflict,
    /// It was there, and its time is over.
    Gone,
    /// No such thing here, or not for this caller: the two look the same.
    NotFound,
    /// The path is known, the method is not (RFC 9110 s15.5.6).
    MethodNotAllowed,
    /// The body is larger than the route takes (RFC 9110 s15.5.14).
    ContentTooLarge,
    /// The body is of a type that the route does not read (RFC 9110 s15.5.16).
    UnsupportedMediaType,
    /// The body did not arrive in time (RFC 9110 s15.5.9).
    RequestTimeout,
    /// The request names a host that this server does not answer for (RFC 9110 s15.5.20).
    MisdirectedRequest,
    /// RFC 6749 s4.1.2.1: something on our side failed; the log has the details under the request id.
    ServerError,
    /// RFC 6749 s4.1.2.1: too busy now, try again. MCP clients keep their grant when they read this one.
    TemporarilyUnavailable,
}

impl Code {
    /// Every code, in the order of the table.
    pub const ALL: &'static [Self] = &[
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
        Self::InvalidScope,
        Self::InvalidTarget,
        Self::UnsupportedTokenType,
        Self::InvalidDpopProof,
        Self::UseDpopNonce,
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::ConstraintViolated,
        Self::LimitExceeded,
        Self::ApprovalRequired,
        Self::InvalidClientMetadata,
        Self::AccessDenied,
        Self::LoginRequired,
        Self::ConsentRequired,
        Self::InvalidRequestObject,
        Self::InvalidRequestUri,
        Self::RequestNotSupported,
        Self::UnmetAuthenticationRequirements,
        Self::InvalidAuthorizationDetails,
        Self::AuthorizationPending,
        Self::SlowDown,
        Self::ExpiredToken,
        Self::InteractionRequired,
        Self::InvalidClientAttestation,
        Self::UseAttestationChallenge,
        Self::InvalidRedirectUri,
        Self::UnapprovedSoftwareStatement,
        Self::TooManyRequests,
        Self::InvalidBody,
        Self::Conflict,
        Self::Gone,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::ContentTooLarge,
        Self::UnsupportedMediaType,
        Self::RequestTimeout,
        Self::MisdirectedRequest,
        Self::ServerError,
        Self::TemporarilyUnavailable,
    ];

    /// The code as it stands in the `error` member.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::ConstraintViolated => "constraint_violated",
            Self::LimitExceeded => "limit_exceeded",
            Self::ApprovalRequired => "approval_required",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::RequestNotSupported => "request_not_supported",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::InteractionRequired => "interaction_required",
            Self::InvalidClientAttestation => "invalid_client_attestation",
            Self::UseAttestationChallenge => "use_attestation_challenge",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::UnapprovedSoftwareStatement => "unapproved_software_statement",
            Self::TooManyRequests => "too_many_requests",
            Self::InvalidBody => "invalid_body",
            Self::Conflict => "conflict",
            Self::Gone => "gone",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::ContentTooLarge => "content_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::RequestTimeout => "request_timeout",
            Self::MisdirectedRequest => "misdirected_request",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        assert_eq!(*Code::ALL.last().unwrap(), Code::TemporarilyUnavailable);
        assert_eq!(Code::ALL.len(), Code::TemporarilyUnavailable as usize + 1);
    }
}
