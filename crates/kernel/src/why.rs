//! What the operator may know of a refusal. The caller sees only the [`Code`] and a sentence that gives nothing away.

use std::borrow::Cow;

use proof::{
    Malformed, assertion::AssertionError, client_attestation::ClientAttestationError, dpop::DpopError,
    request_object::RequestObjectError,
};

use crate::{
    access_request::Problem,
    code::Code,
    grant::Grant,
    policy::Forbidden,
    power::{AmountMalformed, Exceeded, Unmet},
};

/// What policies refused: each door has its word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Scopes that were asked for.
    Scope,
    /// Details that were asked for.
    Detail,
    /// What was granted before.
    Standing,
    /// What a person was to be asked.
    Question,
}

impl Refused {
    const fn code(self) -> Code {
        match self {
            Self::Scope => Code::InvalidScope,
            Self::Detail => Code::InvalidAuthorizationDetails,
            Self::Standing => Code::InvalidGrant,
            Self::Question => Code::AccessDenied,
        }
    }
}

/// The reason of a refusal, for the audit log. Each reason stands for one [`Code`] and one sentence that the caller may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The body is not a form (RFC 6749 App. B): bad escape, not UTF-8, too many parameters.
    FormMalformed,
    /// The content type is not `application/x-www-form-urlencoded` where a form is read.
    FormType,
    /// The content type is not `application/json` where JSON is read.
    ContentType,
    /// A parameter stands twice (RFC 6749 s3.2).
    ParameterRepeated(&'static str),
    /// A parameter that we do not know stands twice.
    UnknownParameterRepeated,
    /// A required parameter is missing or empty.
    ParameterMissing(&'static str),
    /// A parameter has characters or a length that its definition does not allow.
    ParameterMalformed(&'static str),
    /// No such grant type.
    GrantTypeUnknown,
    /// A response type that is not offered.
    ResponseTypeUnknown,
    /// The client used more than one way to authenticate (RFC 6749 s2.3).
    CredentialsTwice,
    /// The access token stands in the header and in the form (RFC 6750 s2).
    TokenTwice,
    /// The `Authorization` header cannot be read.
    AuthorizationMalformed,
    /// No credentials at all where some are needed.
    CredentialsMissing,
    /// No such client.
    ClientUnknown,
    /// The client was disabled.
    ClientDisabled,
    /// The client's registration changed while it was asking.
    ClientChanged,
    /// The client's tenant was disabled.
    TenantDisabled,
    /// The client is registered for another authentication method.
    AuthenticationMethod,
    /// The secret is wrong.
    SecretWrong,
    /// The client assertion broke a rule.
    Assertion(AssertionError),
    /// `client_assertion_type` is not the JWT one (RFC 7523 s2.2).
    AssertionType,
    /// `client_id` and the assertion name different clients.
    AssertionOfAnother,
    /// The client assertion was used before.
    AssertionReplayed,
    /// The attestation of the client, or the instance's proof, broke a rule.
    Attestation(ClientAttestationError),
    /// The attestation is of another client than the one that is named.
    AttestationOfAnother,
    /// An attestation without a proof that the instance holds its key, or a header that stands twice.
    AttestationUnproved,
    /// The proof of the instance was used before.
    AttestationReplayed,
    /// The proof of the instance has no challenge of ours, or a stale one.
    AttestationChallenge,
    /// More than one `DPoP` header.
    DpopTwice,
    /// The `DPoP` proof broke a rule.
    Dpop(DpopError),
    /// The `DPoP` proof was used before.
    DpopReplayed,
    /// No nonce in the `DPoP` proof where one is demanded.
    DpopNonceMissing,
    /// The nonce in the `DPoP` proof is not ours or too old.
    DpopNonceStale,
    /// The client's tokens must be bound to a key, and it sent no proof.
    DpopMissing,
    /// The client may not use this grant type.
    GrantTypeNotAllowed,
    /// The client holds no live grant.
    NoGrant,
    /// A resource is named that nobody registered.
    ResourceUnknown,
    /// The resource was disabled.
    ResourceDisabled,
    /// More than one resource: a token has one audience.
    ResourceRepeated,
    /// The client's grants do not reach this resource.
    ResourceNotGranted,
    /// A scope that is malformed.
    ScopeMalformed,
    /// A scope that the grant or the resource does not have.
    ScopeNotGranted,
    /// A scope of which the place knows nothing.
    ScopeUnknown,
    /// `authorization_details` that cannot be read: which rule (RFC 9396 s2).
    DetailsMalformed(&'static str),
    /// A detail of a type that nobody registered, or that is gone.
    DetailTypeUnknown(usize),
    /// A limit of a token, where none is made: on a page, in a question, in a grant.
    DetailOfToken(usize),
    /// A detail of a type that the client may not use.
    DetailTypeNotAllowed(usize),
    /// A detail that its type's schema does not admit.
    DetailRefused(usize, crate::detail::Breach),
    /// A detail for other places than the one that is asked for (RFC 9396 s2.2).
    DetailElsewhere(usize),
    /// A detail that does not lie within what was granted.
    DetailNotGranted,
    /// A child would reach further than its parent.
    Excess(crate::authority::Excess),
    /// An edit would give more than the grant has.
    Widens(crate::authority::Excess),
    /// The redirect URI is missing, or not one of the client's.
    RedirectUriUnknown,
    /// A response mode that is not offered.
    ResponseModeUnknown,
    /// No PKCE challenge.
    ChallengeMissing,
    /// A PKCE method that is not S256; absent means plain (RFC 7636 s4.3).
    ChallengeMethod,
    /// `prompt` that contradicts itself, or says something unknown.
    PromptMalformed,
    /// The request came through the browser, and must be pushed (RFC 9126).
    PushRequired,
    /// The request is not signed, and must be (RFC 9101).
    RequestUnsigned,
    /// The client cannot prove itself as its security profile demands.
    ProfileUnmet,
    /// `request` and `request_uri` both, or one where it has no place.
    RequestTwice,
    /// No request stands behind `request_uri`: never did, for another client, or no longer.
    RequestUriUnknown,
    /// A request object that is not signed, or by no algorithm that is read here.
    RequestNotSupported,
    /// A request object broke a rule.
    RequestObject(RequestObjectError),
    /// Who is there did not, or could not, prove themselves as strongly as was demanded.
    AssuranceUnmet,
    /// Who is there said that they cannot prove themselves as strongly as was demanded.
    AssuranceDeclined,
    /// The key that was named is not the one of the proof.
    DpopOtherKey,
    /// The access token is unknown, over, for another place, or not shown as it is bound.
    TokenUnknown,
    /// No access token came where one is needed.
    TokenMissing,
    /// The access token is bound to a key, and no proof of it came.
    TokenKeyMissing,
    /// The access token does not ask who is there.
    TokenWithoutOpenId,
    /// The access token lacks the scope of this endpoint.
    TokenWithoutScope(&'static str),
    /// `id_token_hint` is none of our ID tokens.
    HintUnknown,
    /// `id_token_hint` and `client_id` are of different clients.
    HintOfAnother,
    /// `post_logout_redirect_uri` is none of the client's.
    PostLogoutUnknown,
    /// The client's tokens are bound to its certificate, and it showed none (RFC 8705 s3).
    CertificateMissing,
    /// The address of the client's keys does not answer with a key set.
    KeysUnread,
    /// The address of the request object does not answer with one.
    RequestUriUnread,
    /// The certificate is not the client's, or nobody vouches for it.
    CertificateWrong,
    /// Nobody is signed in, and prompt=none.
    LoginRequired,
    /// The person would have to be asked, and prompt=none.
    ConsentRequired,
    /// The person said no.
    PersonDenied,
    /// Central consent forbids all that was asked.
    ForbiddenByRule,
    /// Whoever would say yes is whom the question is about.
    AboutOneself,
    /// The tenant's policies do not allow it.
    PolicyForbids(Box<Forbidden>),
    /// A human must say so, and nobody was asked: the capability or a policy demands it.
    HumanDemanded(Refused),
    /// Policies demand approvers whom this door cannot ask.
    ApproversDemanded,
    /// A human must say so before this is done.
    ApprovalRequired,
    /// Something is wrong with an access request.
    AccessRequest(Problem),
    /// The token that a resource was shown does not count, or is not for it.
    PresentedUnknown,
    /// The catalogue has no such capability.
    CapabilityUnknown,
    /// The token does not reach this capability.
    CapabilityNotGranted,
    /// The input is not what the capability takes: what, and where.
    InputUnfit(String),
    /// What is to be spent is no amount of money.
    AmountMalformed,
    /// A constraint of a grant along the path does not hold.
    ConstraintViolated(Unmet),
    /// A limit of a grant along the path has no room.
    LimitExceeded {
        /// Which.
        limit: Exceeded,
        /// In how many seconds the same may be tried again, if ever.
        seconds: Option<i64>,
    },
    /// This key was used for another booking.
    KeyReused,
    /// How fast a value may change is limited, and it was to be booked before it is done.
    PaceOfBooking,
    /// The grant behind a reservation was taken back.
    BookingSilenced,
    /// More is settled than was booked.
    SettledBeyond,
    /// The booking has ended, or its time is over.
    BookingEnded,
    /// No such code, or not whole.
    CodeUnknown,
    /// The code was used before.
    CodeReplayed,
    /// The code is too old.
    CodeExpired,
    /// The code was given to another client.
    CodeOfAnother,
    /// The redirect URI is not the one that the code was sent to.
    CodeRedirect,
    /// No PKCE verifier.
    VerifierMissing,
    /// The PKCE verifier does not fit the challenge, or has not its form.
    VerifierWrong,
    /// The code or line is bound to another key than the one that was proved.
    KeyOther,
    /// No such refresh token, or not whole.
    RefreshUnknown,
    /// An old generation of a line came again.
    RefreshReused,
    /// The line is over: too long unused, or too old.
    RefreshExpired,
    /// The line is another client's.
    RefreshOfAnother,
    /// No such device or deferral code, or not whole.
    HandleUnknown,
    /// The device or deferral code is another client's.
    HandleOfAnother,
    /// The device or deferral code belongs to another key than the one that was proved.
    HandleOtherKey,
    /// The answer was fetched before.
    HandleRedeemed,
    /// The client asked again too soon.
    PollTooSoon,
    /// Nobody answered in time, or nobody fetched the answer.
    ApprovalExpired,
    /// Whoever was asked said no.
    ApprovalDenied,
    /// The question was taken back.
    ApprovalCancelled,
    /// No such code for a person to type, or somebody else's.
    UserCodeUnknown,
    /// The answer is to something else than what is asked now.
    AnswerStale,
    /// What was granted was revoked or has ended.
    GrantEnded,
    /// The tenant's rules of central consent no longer give what was granted.
    GrantForbidden,
    /// The person is disabled, or gone.
    UserDisabled,
    /// The person was not proved: which rule.
    SignInFailed(&'static str),
    /// A page for people who are signed in.
    SignInRequired,
    /// The sign-in is too old for this.
    SignInStale,
    /// A yes that takes a passkey was not signed by one: which rule.
    YesUnsigned(&'static str),
    /// Somebody whose yes it took may not say it any more.
    YesFallen,
    /// A passkey challenge came a second time.
    CeremonyReplayed,
    /// A sealed request or ceremony that is over.
    PageExpired,
    /// A sealed request of another browser.
    PageForeign,
    /// No token of ours on the form, or a foreign origin (S-45).
    Forged,
    /// The authorization request was answered before.
    AlreadyAnswered,
    /// A redirect URI of a registration is refused.
    RedirectUrisRefused(&'static str),
    /// Registration is off.
    RegistrationOff,
    /// No initial or registration access token, or a wrong one.
    RegistrationUnproved,
    /// A software statement, of an issuer that nobody trusts.
    SoftwareStatement,
    /// A client metadata document that cannot be read or breaks a rule.
    ClientDocument(&'static str),
    /// Too many attempts from here.
    TooMany(&'static str),
    /// The same, and in how many seconds there is room again.
    Throttled {
        /// Of what there was too much.
        what: &'static str,
        /// When to come back, in seconds.
        seconds: u32,
    },
    /// The last credential cannot be removed.
    LastWayIn,
    /// Too many passkeys.
    CredentialsFull,
    /// A new password breaks a rule.
    PasswordRefused(&'static str),
    /// A passkey registration breaks a rule.
    CeremonyFailed(&'static str),
    /// No administrator's token, or one that does not count. The two are told alike (S-38).
    AdministratorUnproved,
    /// The administrator's reach does not include this.
    AdministratorReach,
    /// A JSON body that administration refuses, and what is wrong with it (shown to the administrator).
    Body(String),
    /// The JSON itself is broken.
    Json(Malformed),
    /// A member of client metadata contradicts another (shown to the administrator).
    ClientMetadata(&'static str),
    /// Something of that name exists.
    Exists(&'static str),
    /// Policies were made from a version that counts no more; this one does.
    VersionReplaced(i64),
    /// Nothing of that name exists in this tenant.
    Absent(&'static str),
    /// A JSON body names something that does not exist in this tenant: which member, and what (shown to the administrator).
    AbsentHere(String),
    /// No such path, or not for this caller.
    NoRoute,
    /// The path is known, the method is not.
    NoMethod,
    /// The body is larger than the route takes.
    BodyTooLarge,
    /// The body did not arrive in time.
    BodySlow,
    /// The path is not in its plain form (double slash, dot segment, encoded slash, matrix parameter).
    PathForm,
    /// The `Host` is not one of ours.
    HostUnknown,
    /// There is no `Host`, or more than one (RFC 9112 s3.2).
    HostForm,
    /// Someone moved first, twice.
    LostTwice,
    /// The queue to the disk is full.
    Busy,
    /// Something failed on our side; the log has it.
    Fault,
}

impl Why {
    /// The code this reason travels under.
    #[expect(clippy::too_many_lines, reason = "one table")]
    pub const fn code(&self) -> Code {
        match self {
            Self::FormMalformed
            | Self::FormType
            | Self::ParameterRepeated(_)
            | Self::UnknownParameterRepeated
            | Self::ParameterMissing(_)
            | Self::ParameterMalformed(_)
            | Self::CredentialsTwice
            | Self::TokenTwice
            | Self::AuthorizationMalformed
            | Self::HostForm
            | Self::RedirectUriUnknown
            | Self::ResponseModeUnknown
            | Self::ChallengeMissing
            | Self::ChallengeMethod
            | Self::PromptMalformed
            | Self::PushRequired
            | Self::RequestUnsigned
            | Self::RequestTwice
            | Self::CertificateMissing
            | Self::HintUnknown
            | Self::HintOfAnother
            | Self::PostLogoutUnknown
            | Self::CeremonyReplayed
            | Self::PageExpired
            | Self::PageForeign
            | Self::AlreadyAnswered
            | Self::UserCodeUnknown
            | Self::AnswerStale
            | Self::LastWayIn
            | Self::CredentialsFull
            | Self::PasswordRefused(_)
            | Self::CeremonyFailed(_)
            | Self::CapabilityUnknown
            | Self::InputUnfit(_)
            | Self::AmountMalformed
            | Self::PaceOfBooking
            | Self::SettledBeyond => Code::InvalidRequest,
            Self::ContentType => Code::UnsupportedMediaType,
            Self::GrantTypeUnknown => Code::UnsupportedGrantType,
            Self::ResponseTypeUnknown => Code::UnsupportedResponseType,
            Self::CredentialsMissing
            | Self::ClientUnknown
            | Self::ClientDisabled
            | Self::ClientChanged
            | Self::TenantDisabled
            | Self::AuthenticationMethod
            | Self::SecretWrong
            | Self::Assertion(_)
            | Self::AssertionType
            | Self::AssertionOfAnother
            | Self::CertificateWrong
            | Self::KeysUnread
            | Self::AssertionReplayed => Code::InvalidClient,
            Self::DpopTwice | Self::Dpop(_) | Self::DpopReplayed | Self::DpopMissing | Self::DpopOtherKey => {
                Code::InvalidDpopProof
            }
            Self::TokenWithoutOpenId | Self::TokenWithoutScope(_) | Self::CapabilityNotGranted => {
                Code::InsufficientScope
            }
            Self::ApprovalRequired => Code::ApprovalRequired,
            Self::ConstraintViolated(_) => Code::ConstraintViolated,
            Self::LimitExceeded { .. } => Code::LimitExceeded,
            Self::DpopNonceMissing | Self::DpopNonceStale => Code::UseDpopNonce,
            Self::RequestUriUnknown | Self::RequestUriUnread => Code::InvalidRequestUri,
            Self::RequestNotSupported => Code::RequestNotSupported,
            Self::RequestObject(_) => Code::InvalidRequestObject,
            Self::Attestation(_)
            | Self::AttestationOfAnother
            | Self::AttestationUnproved
            | Self::AttestationReplayed => Code::InvalidClientAttestation,
            Self::AttestationChallenge => Code::UseAttestationChallenge,
            Self::AssuranceUnmet | Self::AssuranceDeclined => Code::UnmetAuthenticationRequirements,
            Self::GrantTypeNotAllowed | Self::NoGrant | Self::ProfileUnmet => Code::UnauthorizedClient,
            Self::ResourceUnknown | Self::ResourceDisabled | Self::ResourceRepeated | Self::ResourceNotGranted => {
                Code::InvalidTarget
            }
            Self::ScopeMalformed | Self::ScopeNotGranted | Self::ScopeUnknown => Code::InvalidScope,
            Self::DetailsMalformed(_)
            | Self::DetailTypeUnknown(_)
            | Self::DetailOfToken(_)
            | Self::DetailTypeNotAllowed(_)
            | Self::DetailRefused(..)
            | Self::DetailElsewhere(_)
            | Self::DetailNotGranted => Code::InvalidAuthorizationDetails,
            Self::LoginRequired | Self::SignInRequired | Self::SignInStale => Code::LoginRequired,
            Self::ConsentRequired => Code::ConsentRequired,
            Self::PollTooSoon => Code::SlowDown,
            Self::ApprovalExpired => Code::ExpiredToken,
            Self::PersonDenied
            | Self::ApprovalDenied
            | Self::ApprovalCancelled
            | Self::ForbiddenByRule
            | Self::AboutOneself
            | Self::ApproversDemanded
            | Self::SignInFailed(_)
            | Self::YesUnsigned(_)
            | Self::Forged
            | Self::RegistrationOff => Code::AccessDenied,
            Self::PolicyForbids(forbidden) => forbidden.refused().code(),
            Self::HumanDemanded(refused) => refused.code(),
            Self::YesFallen
            | Self::PresentedUnknown
            | Self::BookingSilenced
            | Self::CodeUnknown
            | Self::CodeReplayed
            | Self::CodeExpired
            | Self::CodeOfAnother
            | Self::CodeRedirect
            | Self::VerifierMissing
            | Self::VerifierWrong
            | Self::KeyOther
            | Self::RefreshUnknown
            | Self::RefreshReused
            | Self::RefreshExpired
            | Self::RefreshOfAnother
            | Self::HandleUnknown
            | Self::HandleOfAnother
            | Self::HandleOtherKey
            | Self::HandleRedeemed
            | Self::GrantEnded
            | Self::GrantForbidden
            | Self::UserDisabled => Code::InvalidGrant,
            Self::RedirectUrisRefused(_) => Code::InvalidRedirectUri,
            Self::RegistrationUnproved
            | Self::AdministratorUnproved
            | Self::TokenUnknown
            | Self::TokenMissing
            | Self::TokenKeyMissing => Code::InvalidToken,
            Self::SoftwareStatement => Code::UnapprovedSoftwareStatement,
            Self::ClientDocument(_) | Self::ClientMetadata(_) => Code::InvalidClientMetadata,
            Self::TooMany(_) | Self::Throttled { .. } => Code::TooManyRequests,
            Self::Body(_) | Self::Json(_) | Self::Excess(_) | Self::Widens(_) => Code::InvalidBody,
            Self::AccessRequest(problem) => match problem {
                Problem::NotRequestable | Problem::InvalidDenialBinding => Code::InvalidRequest,
                Problem::ExpiredDenial => Code::Gone,
                Problem::DuplicateRequest | Problem::InvalidTaskState => Code::Conflict,
                Problem::UnknownTask => Code::NotFound,
            },
            Self::Exists(_) | Self::KeyReused | Self::BookingEnded | Self::VersionReplaced(_) => Code::Conflict,
            Self::Absent(_) | Self::AbsentHere(_) | Self::AdministratorReach | Self::NoRoute | Self::PathForm => {
                Code::NotFound
            }
            Self::NoMethod => Code::MethodNotAllowed,
            Self::BodyTooLarge => Code::ContentTooLarge,
            Self::BodySlow => Code::RequestTimeout,
            Self::HostUnknown => Code::MisdirectedRequest,
            Self::LostTwice | Self::Busy => Code::TemporarilyUnavailable,
            Self::Fault => Code::ServerError,
        }
    }

    /// What policies were asked, if they refused.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one of many")]
    pub(crate) fn forbidden(&self) -> Option<&Forbidden> {
        match self {
            Self::PolicyForbids(forbidden) => Some(forbidden),
            _ => None,
        }
    }

    /// The same, of something that was asked under a grant with this path.
    #[must_use]
    pub(crate) fn under(mut self, path: &[Grant]) -> Self {
        if let Self::PolicyForbids(forbidden) = &mut self {
            forbidden.under(path);
        }
        self
    }

    /// What the caller reads as `error_description`: what is wrong and what to do, never what came in, ASCII. Which parameter it is about is told by its own name.
    ///
    /// Everything under `invalid_client` says the same, so that nobody learns which clients exist or how they sign in.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most say the sentence of the table")]
    pub fn said(&self) -> Cow<'static, str> {
        match self {
            Self::ParameterMissing(name) => Cow::Owned(format!("{name} is missing")),
            Self::ParameterRepeated("scope") => Cow::Borrowed(self.sentence()),
            Self::ParameterRepeated(name) => {
                Cow::Owned(format!("the parameter {name} is repeated; send each one once"))
            }
            Self::ParameterMalformed(name) => Cow::Owned(format!("{name} {}", form(name))),
            Self::DetailTypeUnknown(n)
            | Self::DetailOfToken(n)
            | Self::DetailTypeNotAllowed(n)
            | Self::DetailElsewhere(n) => Cow::Owned(format!("authorization_details[{n}] {}", self.sentence())),
            Self::DetailRefused(n, breach) => Cow::Owned(format!("authorization_details[{n}] {}", breach.said())),
            Self::Excess(excess) | Self::Widens(excess) => {
                let what = excess.what().map(|what| format!(": {what}"));
                Cow::Owned(self.sentence().to_owned() + &what.unwrap_or_default())
            }
            Self::InputUnfit(what) => Cow::Owned(format!("{}: {what}", self.sentence())),
            Self::ConstraintViolated(unmet) => Cow::Owned(unmet.said()),
            Self::VersionReplaced(counts) => Cow::Owned(format!(
                "{}: version {counts} counts now; look at it, and apply yours to it",
                self.sentence()
            )),
            Self::LimitExceeded { limit, .. } => Cow::Borrowed(limit.said()),
            Self::PolicyForbids(forbidden) if !forbidden.reasons().is_empty() => {
                Cow::Owned(format!("{}: {}", self.sentence(), forbidden.reasons()))
            }
            other => Cow::Borrowed(other.sentence()),
        }
    }

    #[expect(clippy::too_many_lines, reason = "one table: a sentence for each reason")]
    fn sentence(&self) -> &'static str {
        match self {
            Self::FormMalformed => {
                "the body is not a well-formed form of at most 64 parameters; send application/x-www-form-urlencoded"
            }
            Self::FormType => "send this body as application/x-www-form-urlencoded",
            Self::ContentType => "send this body as application/json",
            Self::ParameterRepeated("scope") => {
                "the parameter scope is repeated; send it once, values separated by spaces"
            }
            Self::ParameterRepeated(_) | Self::UnknownParameterRepeated => {
                "a parameter is repeated; send each one once"
            }
            Self::ParameterMissing(_) => "a required parameter is missing",
            Self::ParameterMalformed(_) => "a parameter has a form that its definition does not allow",
            Self::ResponseTypeUnknown => "response_type must be code",
            Self::GrantTypeUnknown => {
                "this grant type is not offered; see grant_types_supported in the discovery document"
            }
            Self::CredentialsTwice => "use exactly one way to authenticate the client",
            Self::TokenTwice => "send the access token once: in the Authorization header, or in the form",
            Self::AuthorizationMalformed => {
                "the Authorization header cannot be read; send Basic with the base64 of id:secret"
            }
            Self::CredentialsMissing
            | Self::ClientUnknown
            | Self::ClientDisabled
            | Self::ClientChanged
            | Self::TenantDisabled
            | Self::AuthenticationMethod
            | Self::SecretWrong
            | Self::Assertion(_)
            | Self::AssertionType
            | Self::AssertionOfAnother
            | Self::CertificateWrong
            | Self::KeysUnread
            | Self::AssertionReplayed => {
                "client authentication failed; check the client id, its registered method and its credential (an assertion's aud is the issuer, and each assertion works once)"
            }
            Self::Attestation(_)
            | Self::AttestationOfAnother
            | Self::AttestationUnproved
            | Self::AttestationReplayed => {
                "the client attestation or its proof of possession is not good; get a fresh attestation, and make a new proof for this issuer for each request"
            }
            Self::AttestationChallenge => {
                "repeat the request with a proof of possession that carries the challenge of the OAuth-Client-Attestation-Challenge header"
            }
            Self::DpopTwice => "send exactly one DPoP header",
            Self::Dpop(_) => {
                "the DPoP proof is not good for this request; make a new one, of type dpop+jwt, with its public key in the header, for this method, this URL and this time"
            }
            Self::DpopReplayed => "the DPoP proof was used before; make a new one for each request",
            Self::DpopMissing => {
                "this client's tokens are bound to a key; send a DPoP proof, or register tls_client_certificate_bound_access_tokens and show the certificate"
            }
            Self::DpopNonceMissing | Self::DpopNonceStale => {
                "repeat the request with a DPoP proof that carries the nonce of the DPoP-Nonce header"
            }
            Self::PushRequired => "push the request to the pushed authorization request endpoint first",
            Self::RequestUnsigned => "send the request as a signed request object in the parameter request",
            Self::ProfileUnmet => {
                "the security profile wants a client that authenticates by private_key_jwt or by its certificate"
            }
            Self::RequestTwice => "send request or request_uri, not both, and neither where it has no place",
            Self::RequestUriUnknown => {
                "no request stands behind this request_uri for this client, or it is over; push the request again"
            }
            Self::RequestUriUnread => "the request_uri does not answer with a request object",
            Self::RequestNotSupported => {
                "a request object is a JWT signed by an algorithm of request_object_signing_alg_values_supported"
            }
            Self::RequestObject(_) => {
                "the request object is not good; it is signed by a key of the client, for this issuer, names the client in iss and client_id, and has not expired"
            }
            Self::AssuranceUnmet => "nobody there could prove themselves as strongly as acr_values or claims demand",
            Self::AssuranceDeclined => {
                "the person said that they cannot prove themselves as strongly as acr_values or claims demand"
            }
            Self::DpopOtherKey => "dpop_jkt is not the thumbprint of the key that made the DPoP proof",
            Self::TokenUnknown => {
                "the access token is not known here, has ended, is for another place, or is not shown as it is bound"
            }
            Self::TokenMissing => "send an access token in the Authorization header",
            Self::TokenKeyMissing => "the access token is bound to a key; send it with the scheme DPoP and a proof",
            Self::TokenWithoutOpenId => "the access token does not have the scope openid",
            Self::TokenWithoutScope(_) => "the access token does not have the scope of this endpoint",
            Self::HintUnknown => "id_token_hint is not an ID token of this issuer",
            Self::HintOfAnother => "id_token_hint was not issued to the client of client_id",
            Self::PostLogoutUnknown => {
                "post_logout_redirect_uri is not registered for this client, or nothing says which client it is"
            }
            Self::CertificateMissing => "this client's tokens are bound to its certificate; connect with it",
            Self::GrantTypeNotAllowed => "this client is not registered for this grant type",
            Self::NoGrant => "nothing is granted to this client, or what was granted has ended; ask an administrator",
            Self::ResourceUnknown | Self::ResourceDisabled => {
                "no resource of this identifier is registered here; identifiers are compared byte for byte"
            }
            Self::ResourceRepeated => "a token has one audience; ask for one resource at a time",
            Self::ResourceNotGranted => "this client was not granted this resource; ask an administrator",
            Self::ScopeMalformed => "scope must be a list of at most 128 scope tokens separated by spaces",
            Self::ScopeUnknown => "nothing of the scope means anything at this resource; its metadata lists what does",
            Self::ScopeNotGranted => {
                "the scope is more than was granted for this resource; ask for less, or ask an administrator"
            }
            Self::DetailsMalformed(rule) => rule,
            Self::DetailTypeUnknown(_) => {
                "is of a type that is not registered here; see authorization_details_types_supported"
            }
            Self::DetailOfToken(_) => {
                "is an execution_limit, which a client asks at the token endpoint, of one token; a grant has limits of its own"
            }
            Self::DetailTypeNotAllowed(_) => {
                "is of a type that this client may not use; see authorization_details_types of its registration"
            }
            Self::DetailRefused(..) => "is not of the form that its type has",
            Self::DetailElsewhere(_) => "names locations without the place of the token; ask for it with resource",
            Self::DetailNotGranted => {
                "authorization_details are more than was granted; ask for what was granted, or for less of it as its type compares"
            }
            Self::Excess(excess) => excess.said(),
            Self::Widens(excess) => excess.said_of_edit(),
            Self::CodeUnknown
            | Self::CodeReplayed
            | Self::CodeExpired
            | Self::CodeOfAnother
            | Self::CodeRedirect
            | Self::VerifierMissing
            | Self::VerifierWrong
            | Self::KeyOther
            | Self::RefreshUnknown
            | Self::RefreshReused
            | Self::RefreshExpired
            | Self::RefreshOfAnother
            | Self::GrantEnded
            | Self::GrantForbidden
            | Self::UserDisabled => {
                "the code or refresh token is not good: it is unknown, was used, has ended, was given to another client, or wants the proof of its key; ask the person again"
            }
            Self::HandleUnknown | Self::HandleOfAnother | Self::HandleOtherKey | Self::HandleRedeemed => {
                "no question of this client waits under this code, or its answer was fetched before; start again"
            }
            Self::PollTooSoon => "you ask too often; wait five seconds longer between two requests from now on",
            Self::ApprovalExpired => "nobody answered in time; start again",
            Self::ApprovalDenied => "whoever was asked said no",
            Self::ApprovalCancelled => "the question was taken back",
            Self::UserCodeUnknown => "no device waits under this code",
            Self::AnswerStale => "what is asked has changed since the page was shown",
            Self::RedirectUriUnknown => {
                "the redirect_uri is missing or is not one that this client registered; they are compared byte for byte"
            }
            Self::ResponseModeUnknown => {
                "response_mode is query, form_post, jwt, query.jwt or form_post.jwt, or is left out"
            }
            Self::ChallengeMissing => "code_challenge is missing; this server demands PKCE (RFC 7636)",
            Self::ChallengeMethod => "code_challenge_method must be S256",
            Self::PromptMalformed => "prompt is none alone, or login, consent and select_account",
            Self::LoginRequired => "nobody is signed in here, or the sign-in is too old for this",
            Self::ConsentRequired => "the person must say yes first, and prompt=none forbids to ask",
            Self::PersonDenied => "the person said no",
            Self::ApprovalRequired => {
                "a human must say so first; ask for a token with exactly this in its authorization_details"
            }
            Self::PresentedUnknown => "the token does not count, or is not meant for this resource",
            Self::CapabilityUnknown => "there is no such capability here",
            Self::CapabilityNotGranted => "the token does not reach this capability",
            Self::InputUnfit(_) => "input is not what the capability takes",
            Self::AmountMalformed => AmountMalformed.said(),
            Self::ConstraintViolated(_) => "this is beyond what was granted",
            Self::LimitExceeded { .. } => "this was done as often, or for as much, as it may be",
            Self::AccessRequest(problem) => problem.said(),
            Self::KeyReused => "this idempotency_key was used for another booking; each booking has its own",
            Self::PaceOfBooking => {
                "how fast this may change is limited, so it is consumed: it can be neither reserved nor leased"
            }
            Self::BookingSilenced => "what this was reserved by was taken back or has ended; void it",
            Self::SettledBeyond => "units: not more than were booked",
            Self::BookingEnded => "the booking has ended, or its time is over",
            Self::PolicyForbids(_) => "the organisation's policies do not allow this",
            Self::HumanDemanded(_) => {
                "a human must say so each time; ask with a deferred response, or send the person to the authorization endpoint"
            }
            Self::ApproversDemanded => {
                "the organisation's policies demand approvers whom this kind of request cannot ask"
            }
            Self::ForbiddenByRule => "an administrator does not allow this client what it asks for",
            Self::AboutOneself => "this is about yourself; somebody else of those who are asked must say yes",
            Self::SignInFailed(_) => {
                "login and password do not belong together, or the passkey or code is not known here"
            }
            Self::SignInRequired => "sign in first",
            Self::SignInStale => "sign in again for this: your last sign-in is more than ten minutes ago",
            Self::YesUnsigned(_) => "a yes to this takes your passkey, for exactly this question and now; try again",
            Self::YesFallen => "somebody who said yes is no approver any more, or not here; ask anew",
            Self::CeremonyReplayed => "this passkey request was used before; load the page again",
            Self::PageExpired => "the page is too old; go back to the app and start again",
            Self::PageForeign => "the page was opened in another browser, or cookies are off",
            Self::Forged => "this came from a page that is not ours",
            Self::AlreadyAnswered => "this request was answered before; go back to the app",
            Self::RegistrationOff => {
                "clients do not register themselves here; ask an administrator, or use a client metadata document"
            }
            Self::RegistrationUnproved => "registration needs a token: send it as Authorization: Bearer",
            Self::SoftwareStatement => "this server trusts no issuer of software statements; leave it out",
            Self::TooMany(_) => {
                "too many of these are open already, or one was refused or taken back a moment ago; try again after the time in Retry-After"
            }
            Self::Throttled { .. } => "too many attempts in too short a time; try again after the time in Retry-After",
            Self::LastWayIn => "this is the last way to sign in; add another one first",
            Self::CredentialsFull => "there are as many passkeys as a person may have; remove one first",
            Self::CeremonyFailed(_) => "the passkey could not be checked; try again",
            Self::AdministratorUnproved => {
                "send the token of an administrator of this tenant as Authorization: Bearer; one that came is not known here, was ended, or has expired"
            }
            Self::Body(_) => "this call does not take that; see detail",
            Self::AbsentHere(_) => "this call names something that is not here; see detail",
            Self::Json(_) => {
                "the body is not one well-formed JSON object: no repeated members, at most 16 levels, numbers below 2^63"
            }
            Self::ClientMetadata(detail)
            | Self::ClientDocument(detail)
            | Self::RedirectUrisRefused(detail)
            | Self::PasswordRefused(detail) => detail,
            Self::VersionReplaced(_) => "replaces",
            Self::Exists("client") => "a client of this id exists",
            Self::Exists("resource") => "a resource of this identifier exists",
            Self::Exists("tenant") => "a tenant of this id or issuer exists",
            Self::Exists("keys") => {
                "as many keys are published as verifiers read; rotate again when old ones have ended"
            }
            Self::Exists("answer") => "it was answered and fetched, or is over",
            Self::Exists("login") => "somebody else has this login",
            Self::Exists("group") => "a group or role of this id exists",
            Self::Exists("detail type") => "a detail type of this name exists",
            Self::Exists("detail types") => "a tenant has at most 100 detail types; take one back first",
            Self::Exists("rules") => "a tenant has at most 500 rules of central consent; take one back first",
            Self::Exists(_) => "something of this name exists",
            Self::Absent(_) | Self::AdministratorReach | Self::NoRoute => "nothing here by that name",
            Self::PathForm => "the path is not in its plain form",
            Self::NoMethod => "this path does not take this method; see Allow",
            Self::BodyTooLarge => "the body is larger than this route takes",
            Self::BodySlow => "the body did not arrive in time",
            Self::HostUnknown => "this server does not answer for that host name; use the issuer's",
            Self::HostForm => "send exactly one Host header",
            Self::LostTwice | Self::Busy => "too busy now; try again after the time in Retry-After",
            Self::Fault => "something failed on our side; ask the operator and name the request id",
        }
    }

    /// What the audit log and the operator read. Never holds a secret: the variants carry names of rules, not values.
    #[expect(clippy::too_many_lines, reason = "one table")]
    pub fn told(&self) -> String {
        match self {
            Self::Assertion(rule) => rule.to_string(),
            Self::Attestation(rule) => rule.to_string(),
            Self::AttestationOfAnother => "attestation of another client".to_owned(),
            Self::AttestationUnproved => "attestation without proof of possession, or a header twice".to_owned(),
            Self::AttestationReplayed => "proof of the attested instance replayed".to_owned(),
            Self::AttestationChallenge => "attestation challenge missing, unknown or stale".to_owned(),
            Self::RequestObject(rule) => rule.to_string(),
            Self::KeysUnread => "the client's jwks_uri does not answer with a key set".to_owned(),
            Self::CertificateWrong => {
                "no certificate was shown, or it is not the client's, or nobody vouches for it".to_owned()
            }
            Self::Dpop(rule) => rule.to_string(),
            Self::Json(rule) => format!("JSON: {rule}"),
            Self::Body(detail) => format!("body: {detail}"),
            Self::ParameterMissing(name) => format!("parameter missing: {name}"),
            Self::ParameterRepeated(name) => format!("parameter repeated: {name}"),
            Self::ParameterMalformed(name) => format!("parameter malformed: {name}"),
            Self::Exists(what) => format!("exists: {what}"),
            Self::VersionReplaced(counts) => format!("replaced by version {counts}"),
            Self::Absent(what) => format!("absent: {what}"),
            Self::AbsentHere(detail) => format!("absent: {detail}"),
            Self::AccessRequest(problem) => format!("access request: {}", problem.title()),
            Self::Excess(excess) => format!("excess: {}", excess.said()),
            Self::Widens(excess) => format!("widens: {}", excess.said_of_edit()),
            Self::ClientMetadata(detail) => format!("client metadata: {detail}"),
            Self::DetailsMalformed(rule) => format!("details: {rule}"),
            Self::DetailRefused(..) => format!("details: {}", self.said()),
            Self::CodeUnknown => "no such authorization code".to_owned(),
            Self::CodeReplayed => "authorization code replayed".to_owned(),
            Self::CodeExpired => "authorization code expired".to_owned(),
            Self::CodeOfAnother => "authorization code of another client".to_owned(),
            Self::CodeRedirect => "redirect_uri differs from the authorization request's".to_owned(),
            Self::VerifierMissing => "code_verifier missing".to_owned(),
            Self::VerifierWrong => "code_verifier does not fit".to_owned(),
            Self::KeyOther => "bound to another key".to_owned(),
            Self::RefreshUnknown => "no such refresh token".to_owned(),
            Self::RefreshReused => "refresh token reused".to_owned(),
            Self::RefreshExpired => "refresh token expired".to_owned(),
            Self::RefreshOfAnother => "refresh token of another client".to_owned(),
            Self::HandleUnknown => "no such device or deferral code".to_owned(),
            Self::HandleOfAnother => "device or deferral code of another client".to_owned(),
            Self::HandleOtherKey => "device or deferral code of another key".to_owned(),
            Self::HandleRedeemed => "device or deferral code redeemed before".to_owned(),
            Self::PolicyForbids(forbidden) => format!("policy: {}", forbidden.told()),
            Self::HumanDemanded(_) => "a human must say so, and nobody was asked".to_owned(),
            Self::GrantEnded => "the grant has ended".to_owned(),
            Self::GrantForbidden => "the tenant's rules no longer give what was granted".to_owned(),
            Self::UserDisabled => "the person is disabled or gone".to_owned(),
            Self::SignInFailed(rule) | Self::YesUnsigned(rule) => (*rule).to_owned(),
            Self::RedirectUrisRefused(rule) => format!("redirect URIs: {rule}"),
            Self::ClientDocument(rule) => format!("client document: {rule}"),
            Self::TooMany(rule) | Self::Throttled { what: rule, .. } => format!("too many: {rule}"),
            Self::PasswordRefused(rule) => format!("password refused: {rule}"),
            Self::CeremonyFailed(rule) => format!("passkey: {rule}"),
            Self::ClientUnknown => "no such client".to_owned(),
            Self::ClientDisabled => "the client is disabled".to_owned(),
            Self::ClientChanged => "the client's registration changed meanwhile".to_owned(),
            Self::TenantDisabled => "the tenant is disabled".to_owned(),
            Self::AuthenticationMethod => "the client is registered for another authentication method".to_owned(),
            Self::SecretWrong => "wrong client secret".to_owned(),
            Self::AssertionType => "client_assertion_type is not jwt-bearer".to_owned(),
            Self::AssertionOfAnother => "client_id differs from the assertion's subject".to_owned(),
            Self::AssertionReplayed => "client assertion replayed".to_owned(),
            Self::CredentialsMissing => "no client credentials".to_owned(),
            Self::DpopNonceMissing => "DPoP nonce missing".to_owned(),
            Self::DpopNonceStale => "DPoP nonce unknown or stale".to_owned(),
            Self::ResourceDisabled => "the resource is disabled".to_owned(),
            Self::AdministratorReach => "outside the administrator's reach".to_owned(),
            Self::NoRoute => "no such route".to_owned(),
            Self::LostTwice => "lost the race twice".to_owned(),
            Self::Busy => "committer queue full".to_owned(),
            Self::Fault => "fault; see the log".to_owned(),
            Self::FormMalformed
            | Self::FormType
            | Self::ContentType
            | Self::UnknownParameterRepeated
            | Self::GrantTypeUnknown
            | Self::ResponseTypeUnknown
            | Self::CredentialsTwice
            | Self::TokenTwice
            | Self::AuthorizationMalformed
            | Self::DpopTwice
            | Self::DpopReplayed
            | Self::DpopMissing
            | Self::GrantTypeNotAllowed
            | Self::NoGrant
            | Self::ResourceUnknown
            | Self::ResourceRepeated
            | Self::ResourceNotGranted
            | Self::ScopeMalformed
            | Self::ScopeNotGranted
            | Self::ScopeUnknown
            | Self::DetailTypeUnknown(_)
            | Self::DetailOfToken(_)
            | Self::DetailTypeNotAllowed(_)
            | Self::DetailElsewhere(_)
            | Self::DetailNotGranted
            | Self::AdministratorUnproved
            | Self::NoMethod
            | Self::BodyTooLarge
            | Self::BodySlow
            | Self::PathForm
            | Self::HostUnknown
            | Self::RedirectUriUnknown
            | Self::ResponseModeUnknown
            | Self::ChallengeMissing
            | Self::ChallengeMethod
            | Self::PromptMalformed
            | Self::PushRequired
            | Self::RequestUnsigned
            | Self::ProfileUnmet
            | Self::RequestTwice
            | Self::RequestUriUnknown
            | Self::RequestUriUnread
            | Self::RequestNotSupported
            | Self::AssuranceUnmet
            | Self::AssuranceDeclined
            | Self::CertificateMissing
            | Self::DpopOtherKey
            | Self::TokenUnknown
            | Self::TokenMissing
            | Self::TokenKeyMissing
            | Self::TokenWithoutOpenId
            | Self::TokenWithoutScope(_)
            | Self::HintUnknown
            | Self::HintOfAnother
            | Self::PostLogoutUnknown
            | Self::LoginRequired
            | Self::ConsentRequired
            | Self::PersonDenied
            | Self::ForbiddenByRule
            | Self::AboutOneself
            | Self::ApproversDemanded
            | Self::ApprovalRequired
            | Self::PresentedUnknown
            | Self::CapabilityUnknown
            | Self::CapabilityNotGranted
            | Self::InputUnfit(_)
            | Self::AmountMalformed
            | Self::ConstraintViolated(_)
            | Self::LimitExceeded { .. }
            | Self::KeyReused
            | Self::PaceOfBooking
            | Self::BookingSilenced
            | Self::SettledBeyond
            | Self::BookingEnded
            | Self::SignInRequired
            | Self::SignInStale
            | Self::YesFallen
            | Self::CeremonyReplayed
            | Self::PageExpired
            | Self::PageForeign
            | Self::Forged
            | Self::AlreadyAnswered
            | Self::PollTooSoon
            | Self::ApprovalExpired
            | Self::ApprovalDenied
            | Self::ApprovalCancelled
            | Self::UserCodeUnknown
            | Self::AnswerStale
            | Self::RegistrationOff
            | Self::RegistrationUnproved
            | Self::SoftwareStatement
            | Self::LastWayIn
            | Self::CredentialsFull
            | Self::HostForm => self.said().into_owned(),
        }
    }
}

/// The form that a parameter has, as the end of a sentence that begins with its name.
fn form(name: &str) -> &'static str {
    match name {
        "resource" => "must be an absolute URI without fragment",
        "binding_message" => "is one line of at most 200 characters, without control characters",
        "completion_mode" => "is deferred, or is left out; a poll has none",
        "max_age" => "is a number of seconds",
        "claims" => "is a JSON object as OpenID Connect Core s5.5 describes it",
        "dpop_jkt" => "is the base64url of a SHA-256 thumbprint, 43 characters",
        "code_challenge" => "is the base64url of a SHA-256 hash, 43 characters",
        "state" => "is a text of at most 4096 bytes without control characters",
        "nonce" => "is a text of at most 1024 bytes",
        "capability" => "is the name of a capability: a letter, then letters, digits and _ - . : /, at most 64 in all",
        "idempotency_key" => "is 1 to 128 visible ASCII characters, the same in the form and in the header",
        "input" => "is a JSON object of at most 16384 bytes, no member twice",
        "units" => "is a whole number from 1 to 1000000; what is settled may be 0",
        "expires_in" => "is a number of seconds from 1 to 3600",
        "decision" => "is allow or deny",
        "ends" => "is a day as in 2030-12-31",
        _ => "has a form that its definition does not allow",
    }
}
