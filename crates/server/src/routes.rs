//! The router as data: every path, who is admitted, which tenants it is for, what it takes. The router, the matrix tests, `OpenAPI` and the pages are made from this table.

use axum::http::Method;
use kernel::CallerKind;

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: &'static Method,
    /// The path of the default tenant; `{name}` is a segment.
    pub path: &'static str,
    /// Which tenants' paths exist beside it.
    pub tenancy: Tenancy,
    /// The classes of caller it admits.
    pub admits: &'static [CallerKind],
    /// For whom its answers are made.
    pub face: Face,
    /// Whether a DPoP proof on the request is looked at.
    pub key_proof: KeyProof,
    /// Whether an access token of ours shows who is calling.
    pub token: TokenProof,
    /// What it reads of the body.
    pub body: Body,
    /// The largest body it takes, in bytes; more is refused whether it reads it or not.
    pub body_bytes_max: usize,
    /// Whether pages of other origins may call it.
    pub access: Access,
    /// How long its answer may be kept, in seconds; 0 is not at all.
    pub cache_seconds: u32,
    /// What it does, for documents.
    pub summary: &'static str,
    pub(crate) endpoint: Endpoint,
}

impl Route {
    /// Whether it is for machines that speak OAuth: then requests are counted, by address, client and tenant.
    pub(crate) fn is_of_machines(&self) -> bool {
        match self.endpoint {
            Endpoint::Token
            | Endpoint::DeviceAuthorization
            | Endpoint::Push
            | Endpoint::Userinfo
            | Endpoint::Introspection
            | Endpoint::Revocation
            | Endpoint::AuthZen(_)
            | Endpoint::Ledger(_) => true,
            Endpoint::Greeting
            | Endpoint::Discovery(_)
            | Endpoint::Jwks
            | Endpoint::Authorization
            | Endpoint::Registration(_)
            | Endpoint::Page(_)
            | Endpoint::Asset
            | Endpoint::EndSession
            | Endpoint::AttestationChallenge
            | Endpoint::Live
            | Endpoint::Ready
            | Endpoint::OpenApi
            | Endpoint::Admin(_) => false,
        }
    }
}

/// Which tenants' paths exist for a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenancy {
    /// `/path` and `/t/{tenant}/path`.
    Each,
    /// `/.well-known/name`, `/.well-known/name/t/{tenant}` (RFC 8414 s3.1) and `/t/{tenant}/.well-known/name` (OpenID Discovery s4.1).
    WellKnown,
    /// `/path` only: it is about the installation.
    Installation,
}

/// For whom the answers of a route are made, refusals too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Programs: JSON.
    Program,
    /// People in a browser: pages and redirects. Forms come from wherever a browser is sent from.
    Page,
    /// People in a browser, and forms only from pages of ours: the origin and the token of the form are checked first (S-45).
    OwnForm,
}

/// Whether a DPoP proof on the request is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProof {
    /// It binds what is issued.
    Taken,
    /// Nothing is issued that could be bound.
    Ignored,
}

/// Whether an access token of ours shows who is calling (RFC 6750, RFC 9449 s7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenProof {
    /// It does, in the `Authorization` header.
    Taken,
    /// It does, and may stand in the body too: userinfo alone, because OpenID Connect Core s5.3.1 demands it.
    TakenFromBody,
    /// A registration token does, in the `Authorization` header, for the registration that it came with (RFC 7592 s3).
    OfRegistration,
    /// It does, in the `Authorization` header, and nothing else shows a machine.
    Only,
    /// It does not.
    Ignored,
}

/// What a route reads of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// A form.
    Form,
    /// A JSON object.
    Json,
    /// A JSON object, and anything else is a malformed request (`AuthZEN` s10.1).
    Question,
}

/// Whether scripts of other origins may call it (CORS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Clients that run in a browser need it.
    AnyOrigin,
    /// Only servers and our own pages.
    SameOrigin,
}

/// What answers a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Greeting,
    Discovery(Document),
    Jwks,
    Authorization,
    Registration(Registration),
    Page(Page),
    Asset,
    Token,
    DeviceAuthorization,
    Push,
    AttestationChallenge,
    Userinfo,
    EndSession,
    Introspection,
    Revocation,
    AuthZen(AuthZen),
    Ledger(Ledger),
    Live,
    Ready,
    OpenApi,
    Admin(Admin),
}

/// What is asked of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ledger {
    Consume,
    Reserve,
    Lease,
    Settle,
    Void,
}

/// What is asked of the policy decision point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthZen {
    Evaluation,
    Evaluations,
    SearchSubject,
    SearchResource,
    SearchAction,
    Submit,
    Task,
    Cancel,
}

/// What is asked of the registration endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    Register,
    Read,
    Replace,
    Delete,
}

/// Which page, or which of its forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    SignIn,
    SignInPassword,
    SignInPasskey,
    Recovery,
    SignInRecovery,
    Consent,
    ConsentAnswer,
    Device,
    DeviceCode,
    Approvals,
    Approval,
    ApprovalAnswer,
    Agents,
    AgentsStop,
    Grant,
    GrantChange,
    GrantDocument,
    Give,
    GiveNow,
    Account,
    AddPasskey,
    RemovePasskey,
    SetPassword,
    MakeRecoveryCodes,
    EndSession,
    SignOut,
    SignOutNow,
}

/// Which discovery document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    AuthorizationServer,
    OpenId,
    AuthZen,
}

/// Which call of administration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admin {
    ListClients,
    CreateClient,
    ShowClient,
    ChangeClient,
    RotateClientSecret,
    ListResources,
    CreateResource,
    ChangeResource,
    ListGrants,
    CreateGrant,
    ShowGrant,
    EditGrant,
    RevokeGrant,
    ListBookings,
    ShowBudgets,
    ListTenants,
    CreateTenant,
    ChangeTenant,
    ListKeys,
    RotateKeys,
    ListAdministrators,
    CreateAdministrator,
    EndAdministrator,
    ListEvents,
    Doctor,
    ListUsers,
    CreateUser,
    ShowUser,
    ChangeUser,
    SetUserPassword,
    GiveRecoveryCode,
    ListUserGrants,
    EndUserSessions,
    ListGroups,
    CreateGroup,
    DropGroup,
    ListBrowserSessions,
    EndBrowserSession,
    ListConsentRules,
    CreateConsentRule,
    DropConsentRule,
    ListApprovals,
    ShowApproval,
    CancelApproval,
    ListDetailTypes,
    CreateDetailType,
    ShowDetailType,
    ReplaceDetailType,
    DropDetailType,
    ShowPolicies,
    ApplyPolicies,
    ListPolicyVersions,
    ShowPolicyVersion,
    ReplayPolicies,
    ExplainPolicies,
    ListCapabilities,
    PutCapability,
    DropCapability,
}

/// The largest body where a route says nothing else, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;
/// The largest registration, in bytes (S-15).
/// The largest request for decisions, in bytes: some hundred questions.
const QUESTION_BYTES_MAX: usize = 256 * 1024;
const REGISTRATION_BYTES_MAX: usize = 256 * 1024;
/// The largest body with policies, in bytes: 4 MiB of them, with every line break and quotation mark escaped, a schema and a catalogue.
const POLICIES_BYTES_MAX: usize = 12 * 1024 * 1024;

const fn get(path: &'static str, endpoint: Endpoint, summary: &'static str) -> Route {
    Route {
        method: &Method::GET,
        path,
        tenancy: Tenancy::Each,
        admits: &[CallerKind::Anyone],
        face: Face::Program,
        key_proof: KeyProof::Ignored,
        token: TokenProof::Ignored,
        body: Body::None,
        body_bytes_max: BODY_BYTES_MAX,
        access: Access::SameOrigin,
        cache_seconds: 0,
        summary,
        endpoint,
    }
}

const fn discovery(path: &'static str, document: Document, summary: &'static str) -> Route {
    Route {
        tenancy: Tenancy::WellKnown,
        access: Access::AnyOrigin,
        cache_seconds: 300,
        ..get(path, Endpoint::Discovery(document), summary)
    }
}

const fn form(
    path: &'static str,
    endpoint: Endpoint,
    access: Access,
    key_proof: KeyProof,
    summary: &'static str,
) -> Route {
    Route {
        method: &Method::POST,
        admits: &[CallerKind::PureMachine],
        body: Body::Form,
        access,
        key_proof,
        ..get(path, endpoint, summary)
    }
}

const fn decision_point(path: &'static str, what: AuthZen, summary: &'static str) -> Route {
    Route {
        method: &Method::POST,
        admits: &[CallerKind::PureMachine],
        key_proof: KeyProof::Taken,
        token: TokenProof::Only,
        body: Body::Question,
        body_bytes_max: QUESTION_BYTES_MAX,
        ..get(path, Endpoint::AuthZen(what), summary)
    }
}

/// By a credential of the resource's own: a token says who is calling to whoever was shown it, too.
const fn ledger(path: &'static str, what: Ledger, summary: &'static str) -> Route {
    form(
        path,
        Endpoint::Ledger(what),
        Access::SameOrigin,
        KeyProof::Ignored,
        summary,
    )
}

const fn admin(method: &'static Method, path: &'static str, call: Admin, body: Body, summary: &'static str) -> Route {
    Route {
        method,
        admits: &[CallerKind::Administrator],
        body,
        ..get(path, Endpoint::Admin(call), summary)
    }
}

/// A call that brings policies.
const fn with_policies(method: &'static Method, path: &'static str, call: Admin, summary: &'static str) -> Route {
    Route {
        body_bytes_max: POLICIES_BYTES_MAX,
        ..admin(method, path, call, Body::Json, summary)
    }
}

/// A page that can be looked at by anybody, and knows who is signed in.
const fn page(path: &'static str, page: Page, summary: &'static str) -> Route {
    Route {
        admits: &[CallerKind::BrowserUser, CallerKind::Anyone],
        face: Face::Page,
        ..get(path, Endpoint::Page(page), summary)
    }
}

/// A page for people who are signed in.
const fn own_page(path: &'static str, which: Page, summary: &'static str) -> Route {
    Route {
        admits: &[CallerKind::BrowserUser],
        ..page(path, which, summary)
    }
}

/// A form of a page that anybody may send.
const fn page_form(path: &'static str, which: Page, summary: &'static str) -> Route {
    Route {
        method: &Method::POST,
        face: Face::OwnForm,
        body: Body::Form,
        ..page(path, which, summary)
    }
}

/// A form of a page for people who are signed in.
const fn own_form(path: &'static str, which: Page, summary: &'static str) -> Route {
    Route {
        admits: &[CallerKind::BrowserUser],
        ..page_form(path, which, summary)
    }
}

/// Every route there is. What is not here is 404.
pub static ROUTES: &[Route] = &[
    Route {
        admits: &[CallerKind::BrowserUser, CallerKind::Anyone],
        face: Face::Page,
        ..get(
            "/",
            Endpoint::Greeting,
            "Say what this is: a page for browsers, a few lines for everything else",
        )
    },
    discovery(
        "/.well-known/oauth-authorization-server",
        Document::AuthorizationServer,
        "Authorization server metadata (RFC 8414)",
    ),
    discovery(
        "/.well-known/openid-configuration",
        Document::OpenId,
        "The same at the place OpenID Connect clients look",
    ),
    discovery(
        "/.well-known/authzen-configuration",
        Document::AuthZen,
        "Metadata of the policy decision point (AuthZEN)",
    ),
    Route {
        access: Access::AnyOrigin,
        cache_seconds: 300,
        ..get("/oauth2/jwks", Endpoint::Jwks, "The tenant's public keys (RFC 7517)")
    },
    Route {
        admits: &[CallerKind::BrowserUser, CallerKind::Anyone],
        face: Face::Page,
        ..get(
            "/oauth2/authorize",
            Endpoint::Authorization,
            "Ask a person, through their browser (RFC 6749 s3.1)",
        )
    },
    Route {
        method: &Method::POST,
        admits: &[CallerKind::BrowserUser, CallerKind::Anyone],
        face: Face::Page,
        body: Body::Form,
        ..get(
            "/oauth2/authorize",
            Endpoint::Authorization,
            "The same by a form; it is sent on as a query, so that the browser's cookies come along",
        )
    },
    Route {
        method: &Method::POST,
        admits: &[CallerKind::Administrator, CallerKind::Anyone],
        body: Body::Json,
        body_bytes_max: REGISTRATION_BYTES_MAX,
        access: Access::AnyOrigin,
        key_proof: KeyProof::Taken,
        ..get(
            "/oauth2/register",
            Endpoint::Registration(Registration::Register),
            "Register a client by itself (RFC 7591), where the tenant allows it",
        )
    },
    Route {
        key_proof: KeyProof::Taken,
        token: TokenProof::OfRegistration,
        ..get(
            "/oauth2/register/{id}",
            Endpoint::Registration(Registration::Read),
            "A client reads its registration (RFC 7592), with its registration access token",
        )
    },
    Route {
        method: &Method::PUT,
        body: Body::Json,
        body_bytes_max: REGISTRATION_BYTES_MAX,
        key_proof: KeyProof::Taken,
        token: TokenProof::OfRegistration,
        ..get(
            "/oauth2/register/{id}",
            Endpoint::Registration(Registration::Replace),
            "A client replaces its registration (RFC 7592)",
        )
    },
    Route {
        method: &Method::DELETE,
        key_proof: KeyProof::Taken,
        token: TokenProof::OfRegistration,
        ..get(
            "/oauth2/register/{id}",
            Endpoint::Registration(Registration::Delete),
            "A client ends its registration (RFC 7592)",
        )
    },
    page("/sign-in", Page::SignIn, "Sign in"),
    page_form("/sign-in", Page::SignInPassword, "Sign in by password"),
    page_form("/sign-in/passkey", Page::SignInPasskey, "Sign in by passkey"),
    page(
        "/sign-in/recovery",
        Page::Recovery,
        "Sign in by a recovery code: the page",
    ),
    page_form("/sign-in/recovery", Page::SignInRecovery, "Sign in by a recovery code"),
    page("/consent", Page::Consent, "Show a person what an app asks for"),
    page_form("/consent", Page::ConsentAnswer, "A person says yes or no"),
    own_page("/device", Page::Device, "Type the code that a device shows"),
    own_form("/device", Page::DeviceCode, "A person typed the code of a device"),
    own_page(
        "/approvals",
        Page::Approvals,
        "What waits for an answer of the person who is signed in",
    ),
    own_page(
        "/approvals/{id}",
        Page::Approval,
        "Show what is asked, or how it was answered",
    ),
    own_form(
        "/approvals/{id}",
        Page::ApprovalAnswer,
        "A person says yes or no to what is asked",
    ),
    own_page("/agents", Page::Agents, "What acts for the person who is signed in"),
    own_form("/agents/stop", Page::AgentsStop, "Stop a grant, an app, or everything"),
    own_page(
        "/agents/give",
        Page::Give,
        "Pick an app, a place and what it may do there",
    ),
    own_form("/agents/give", Page::GiveNow, "A person gives an app something unasked"),
    own_page(
        "/agents/grants/{id}",
        Page::Grant,
        "What one grant gives, and a form to take from it",
    ),
    own_form(
        "/agents/grants/{id}",
        Page::GrantChange,
        "A person takes something from a grant",
    ),
    own_page(
        "/agents/grants/{id}/document",
        Page::GrantDocument,
        "The power of attorney as one JSON document",
    ),
    own_page(
        "/account",
        Page::Account,
        "Passkeys, password, recovery codes and browser sessions of the person who is signed in",
    ),
    own_form("/account/passkeys", Page::AddPasskey, "Add a passkey"),
    own_form("/account/passkeys/remove", Page::RemovePasskey, "Remove a passkey"),
    own_form("/account/password", Page::SetPassword, "Set the password"),
    own_form(
        "/account/recovery-codes",
        Page::MakeRecoveryCodes,
        "Make new recovery codes",
    ),
    own_form(
        "/account/sessions/end",
        Page::EndSession,
        "End a browser session, or all others",
    ),
    page("/sign-out", Page::SignOut, "Sign out: the page"),
    page_form("/sign-out", Page::SignOutNow, "Sign out"),
    Route {
        cache_seconds: 31_536_000,
        ..get(
            "/assets/{name}",
            Endpoint::Asset,
            "Style and script of the pages; the name changes with the content",
        )
    },
    Route {
        admits: &[CallerKind::PureMachine, CallerKind::PublicClient],
        ..form(
            "/oauth2/token",
            Endpoint::Token,
            Access::AnyOrigin,
            KeyProof::Taken,
            "Issue a token (RFC 6749 s3.2)",
        )
    },
    Route {
        admits: &[CallerKind::PureMachine, CallerKind::PublicClient],
        ..form(
            "/oauth2/device_authorization",
            Endpoint::DeviceAuthorization,
            Access::AnyOrigin,
            KeyProof::Taken,
            "Ask a person who is at another device (RFC 8628 s3.1)",
        )
    },
    Route {
        admits: &[CallerKind::PureMachine, CallerKind::PublicClient],
        ..form(
            "/oauth2/par",
            Endpoint::Push,
            Access::AnyOrigin,
            KeyProof::Taken,
            "Push an authorization request (RFC 9126)",
        )
    },
    Route {
        method: &Method::POST,
        access: Access::AnyOrigin,
        ..get(
            "/oauth2/attestation-challenge",
            Endpoint::AttestationChallenge,
            "Give a challenge for the proof of an attested client (draft-ietf-oauth-attestation-based-client-auth)",
        )
    },
    Route {
        admits: &[CallerKind::UserDelegatedMachine],
        key_proof: KeyProof::Taken,
        token: TokenProof::Taken,
        access: Access::AnyOrigin,
        ..get(
            "/oauth2/userinfo",
            Endpoint::Userinfo,
            "Tell an app who the person of its token is (OpenID Connect Core s5.3)",
        )
    },
    Route {
        admits: &[CallerKind::UserDelegatedMachine],
        token: TokenProof::TakenFromBody,
        ..form(
            "/oauth2/userinfo",
            Endpoint::Userinfo,
            Access::AnyOrigin,
            KeyProof::Taken,
            "The same by a form",
        )
    },
    Route {
        admits: &[CallerKind::BrowserUser, CallerKind::Anyone],
        face: Face::Page,
        ..get(
            "/oauth2/logout",
            Endpoint::EndSession,
            "An app sends a person here to be signed out (OpenID Connect RP-Initiated Logout)",
        )
    },
    Route {
        method: &Method::POST,
        admits: &[CallerKind::BrowserUser, CallerKind::Anyone],
        face: Face::Page,
        body: Body::Form,
        ..get(
            "/oauth2/logout",
            Endpoint::EndSession,
            "The same by a form; it is sent on as a query, so that the browser's cookies come along",
        )
    },
    Route {
        token: TokenProof::Taken,
        ..form(
            "/oauth2/introspect",
            Endpoint::Introspection,
            Access::SameOrigin,
            KeyProof::Ignored,
            "Tell whether a token counts (RFC 7662)",
        )
    },
    Route {
        admits: &[CallerKind::PureMachine, CallerKind::PublicClient],
        token: TokenProof::Taken,
        ..form(
            "/oauth2/revoke",
            Endpoint::Revocation,
            Access::AnyOrigin,
            KeyProof::Ignored,
            "Take a token back (RFC 7009)",
        )
    },
    ledger(
        "/oauth2/consume",
        Ledger::Consume,
        "A resource books what is done with a token: once, or so often",
    ),
    ledger(
        "/oauth2/reserve",
        Ledger::Reserve,
        "The same before it acts; what is not settled in time goes back",
    ),
    ledger(
        "/oauth2/lease",
        Ledger::Lease,
        "The same for a block of uses that it counts itself; what is not settled in time counts as used",
    ),
    ledger("/oauth2/settle", Ledger::Settle, "Say how much of a booking was used"),
    ledger("/oauth2/void", Ledger::Void, "Take a booking back"),
    decision_point(
        "/access/v1/evaluation",
        AuthZen::Evaluation,
        "Say whether somebody may do something (AuthZEN Authorization API 1.0)",
    ),
    decision_point(
        "/access/v1/evaluations",
        AuthZen::Evaluations,
        "The same for several questions",
    ),
    decision_point(
        "/access/v1/search/subject",
        AuthZen::SearchSubject,
        "Who may do something to something (AuthZEN)",
    ),
    decision_point(
        "/access/v1/search/resource",
        AuthZen::SearchResource,
        "To what somebody may do something (AuthZEN)",
    ),
    decision_point(
        "/access/v1/search/action",
        AuthZen::SearchAction,
        "What somebody may do to something (AuthZEN)",
    ),
    decision_point(
        "/access/v1/requests",
        AuthZen::Submit,
        "Have people asked about a denial that said they may be (AuthZEN Access Request and Approval Profile)",
    ),
    Route {
        method: &Method::GET,
        body: Body::None,
        ..decision_point("/access/v1/requests/{id}", AuthZen::Task, "How that stands")
    },
    Route {
        body: Body::None,
        ..decision_point(
            "/access/v1/requests/{id}/cancel",
            AuthZen::Cancel,
            "Take it back while it is pending",
        )
    },
    Route {
        tenancy: Tenancy::Installation,
        ..get("/health/live", Endpoint::Live, "The process answers")
    },
    Route {
        tenancy: Tenancy::Installation,
        ..get("/health/ready", Endpoint::Ready, "The database can be read and written")
    },
    Route {
        tenancy: Tenancy::Installation,
        ..get(
            "/admin/v1/openapi.json",
            Endpoint::OpenApi,
            "This description of the admin API (OpenAPI 3.1)",
        )
    },
    admin(
        &Method::GET,
        "/admin/v1/clients",
        Admin::ListClients,
        Body::None,
        "List clients",
    ),
    admin(
        &Method::POST,
        "/admin/v1/clients",
        Admin::CreateClient,
        Body::Json,
        "Register a client and give it its root grant",
    ),
    admin(
        &Method::GET,
        "/admin/v1/clients/{id}",
        Admin::ShowClient,
        Body::None,
        "Show a client",
    ),
    admin(
        &Method::PATCH,
        "/admin/v1/clients/{id}",
        Admin::ChangeClient,
        Body::Json,
        "Change, disable or enable a client",
    ),
    admin(
        &Method::POST,
        "/admin/v1/clients/{id}/secret",
        Admin::RotateClientSecret,
        Body::None,
        "Give a client a new secret; the old one ends at once",
    ),
    admin(
        &Method::GET,
        "/admin/v1/resources",
        Admin::ListResources,
        Body::None,
        "List resources",
    ),
    admin(
        &Method::POST,
        "/admin/v1/resources",
        Admin::CreateResource,
        Body::Json,
        "Register a resource",
    ),
    admin(
        &Method::PATCH,
        "/admin/v1/resources",
        Admin::ChangeResource,
        Body::Json,
        "Disable or enable a resource",
    ),
    admin(
        &Method::GET,
        "/admin/v1/grants",
        Admin::ListGrants,
        Body::None,
        "List grants",
    ),
    admin(
        &Method::POST,
        "/admin/v1/grants",
        Admin::CreateGrant,
        Body::Json,
        "Give a client a grant, or narrow one",
    ),
    admin(
        &Method::GET,
        "/admin/v1/grants/{id}",
        Admin::ShowGrant,
        Body::None,
        "Show a grant",
    ),
    admin(
        &Method::PATCH,
        "/admin/v1/grants/{id}",
        Admin::EditGrant,
        Body::Json,
        "Edit a grant down: what is left of it",
    ),
    admin(
        &Method::POST,
        "/admin/v1/grants/{id}/revoke",
        Admin::RevokeGrant,
        Body::None,
        "Revoke a grant and everything projected from it",
    ),
    admin(
        &Method::GET,
        "/admin/v1/grants/{id}/ledger",
        Admin::ListBookings,
        Body::None,
        "List what was booked by tokens of a grant, the newest first",
    ),
    admin(
        &Method::GET,
        "/admin/v1/grants/{id}/budgets",
        Admin::ShowBudgets,
        Body::None,
        "Show what a grant's capabilities are limited to, what was used of it, and what is left",
    ),
    admin(
        &Method::GET,
        "/admin/v1/users",
        Admin::ListUsers,
        Body::None,
        "List people; ?login= finds one",
    ),
    admin(
        &Method::POST,
        "/admin/v1/users",
        Admin::CreateUser,
        Body::Json,
        "Enter a person",
    ),
    admin(
        &Method::GET,
        "/admin/v1/users/{id}",
        Admin::ShowUser,
        Body::None,
        "Show a person",
    ),
    admin(
        &Method::PATCH,
        "/admin/v1/users/{id}",
        Admin::ChangeUser,
        Body::Json,
        "Change a person's login, profile or groups; disable or enable them",
    ),
    admin(
        &Method::POST,
        "/admin/v1/users/{id}/password",
        Admin::SetUserPassword,
        Body::Json,
        "Give a person another password; they are signed out everywhere",
    ),
    admin(
        &Method::POST,
        "/admin/v1/users/{id}/recovery-code",
        Admin::GiveRecoveryCode,
        Body::None,
        "Give a person a code to sign in with once",
    ),
    admin(
        &Method::GET,
        "/admin/v1/users/{id}/grants",
        Admin::ListUserGrants,
        Body::None,
        "List what was granted for a person: their consents and what came of them",
    ),
    admin(
        &Method::POST,
        "/admin/v1/users/{id}/sign-out",
        Admin::EndUserSessions,
        Body::None,
        "Sign a person out everywhere",
    ),
    admin(
        &Method::GET,
        "/admin/v1/groups",
        Admin::ListGroups,
        Body::None,
        "List groups and roles",
    ),
    admin(
        &Method::POST,
        "/admin/v1/groups",
        Admin::CreateGroup,
        Body::Json,
        "Make a group or role",
    ),
    admin(
        &Method::DELETE,
        "/admin/v1/groups/{id}",
        Admin::DropGroup,
        Body::None,
        "End a group or role",
    ),
    admin(
        &Method::GET,
        "/admin/v1/browser-sessions",
        Admin::ListBrowserSessions,
        Body::None,
        "List browser sessions; ?user= those of one person",
    ),
    admin(
        &Method::POST,
        "/admin/v1/browser-sessions/{id}/end",
        Admin::EndBrowserSession,
        Body::None,
        "End a browser session",
    ),
    admin(
        &Method::GET,
        "/admin/v1/consent-rules",
        Admin::ListConsentRules,
        Body::None,
        "List what is decided centrally",
    ),
    admin(
        &Method::POST,
        "/admin/v1/consent-rules",
        Admin::CreateConsentRule,
        Body::Json,
        "Allow or forbid client, scope and resource, for everybody or a group",
    ),
    admin(
        &Method::DELETE,
        "/admin/v1/consent-rules/{id}",
        Admin::DropConsentRule,
        Body::None,
        "Take such a decision back",
    ),
    admin(
        &Method::GET,
        "/admin/v1/approvals",
        Admin::ListApprovals,
        Body::None,
        "List what was asked of people, and their answers",
    ),
    admin(
        &Method::GET,
        "/admin/v1/approvals/{id}",
        Admin::ShowApproval,
        Body::None,
        "Show what was asked of whom, by whom, for exactly what, and the answer",
    ),
    admin(
        &Method::POST,
        "/admin/v1/approvals/{id}/cancel",
        Admin::CancelApproval,
        Body::None,
        "End a question that waits, or an answer that nobody has fetched",
    ),
    admin(
        &Method::GET,
        "/admin/v1/detail-types",
        Admin::ListDetailTypes,
        Body::None,
        "List the types of authorization details",
    ),
    admin(
        &Method::POST,
        "/admin/v1/detail-types",
        Admin::CreateDetailType,
        Body::Json,
        "Register a type of authorization details (RFC 9396): its schema, its words for people, and how less is told from more",
    ),
    admin(
        &Method::GET,
        "/admin/v1/detail-types/{id}",
        Admin::ShowDetailType,
        Body::None,
        "Show a type of authorization details",
    ),
    admin(
        &Method::PUT,
        "/admin/v1/detail-types/{id}",
        Admin::ReplaceDetailType,
        Body::Json,
        "Register a type anew; what was granted of it counts on as far as the new schema admits it",
    ),
    admin(
        &Method::DELETE,
        "/admin/v1/detail-types/{id}",
        Admin::DropDetailType,
        Body::None,
        "End a type; what was granted of it falls silent",
    ),
    admin(
        &Method::GET,
        "/admin/v1/policies",
        Admin::ShowPolicies,
        Body::None,
        "Show the policies and capabilities that count; version 0 is what counts before any were applied",
    ),
    with_policies(
        &Method::PUT,
        "/admin/v1/policies",
        Admin::ApplyPolicies,
        "Apply policies and capabilities, all of them, as the next version: every door judges by it from then on",
    ),
    admin(
        &Method::GET,
        "/admin/v1/policies/versions",
        Admin::ListPolicyVersions,
        Body::None,
        "List the versions that were applied, the newest first",
    ),
    admin(
        &Method::GET,
        "/admin/v1/policies/versions/{id}",
        Admin::ShowPolicyVersion,
        Body::None,
        "Show a version as it was applied",
    ),
    with_policies(
        &Method::POST,
        "/admin/v1/policies/replay",
        Admin::ReplayPolicies,
        "Say which of the last decisions would be others under policies that were not applied",
    ),
    with_policies(
        &Method::POST,
        "/admin/v1/policies/explain",
        Admin::ExplainPolicies,
        "Say what policies answer to one question, which of them decided, and what these demand",
    ),
    admin(
        &Method::GET,
        "/admin/v1/capabilities",
        Admin::ListCapabilities,
        Body::None,
        "List the capabilities, in the order of the catalogue",
    ),
    admin(
        &Method::PUT,
        "/admin/v1/capabilities/{id}",
        Admin::PutCapability,
        Body::Json,
        "Enter a capability, or replace it, as the next version of everything",
    ),
    admin(
        &Method::DELETE,
        "/admin/v1/capabilities/{id}",
        Admin::DropCapability,
        Body::None,
        "Take a capability out, as the next version of everything; refused while a policy speaks of it",
    ),
    admin(
        &Method::GET,
        "/admin/v1/tenants",
        Admin::ListTenants,
        Body::None,
        "List tenants",
    ),
    admin(
        &Method::POST,
        "/admin/v1/tenants",
        Admin::CreateTenant,
        Body::Json,
        "Make a tenant",
    ),
    admin(
        &Method::PATCH,
        "/admin/v1/tenants/{id}",
        Admin::ChangeTenant,
        Body::Json,
        "Change, disable or enable a tenant",
    ),
    admin(
        &Method::GET,
        "/admin/v1/keys",
        Admin::ListKeys,
        Body::None,
        "List signing keys",
    ),
    admin(
        &Method::POST,
        "/admin/v1/keys/rotate",
        Admin::RotateKeys,
        Body::None,
        "Publish new signing keys now",
    ),
    admin(
        &Method::GET,
        "/admin/v1/administrators",
        Admin::ListAdministrators,
        Body::None,
        "List administrators, those whose token ended too",
    ),
    admin(
        &Method::POST,
        "/admin/v1/administrators",
        Admin::CreateAdministrator,
        Body::Json,
        "Make an administrator's token",
    ),
    admin(
        &Method::POST,
        "/admin/v1/administrators/{id}/revoke",
        Admin::EndAdministrator,
        Body::None,
        "End an administrator's token now",
    ),
    admin(
        &Method::GET,
        "/admin/v1/events",
        Admin::ListEvents,
        Body::None,
        "Read the audit log from the newest entry back",
    ),
    admin(
        &Method::GET,
        "/admin/v1/doctor",
        Admin::Doctor,
        Body::None,
        "Check the node: database, keys, audit streams",
    ),
];

impl Route {
    /// Whether it admits a class of caller.
    pub fn admits(&self, kind: CallerKind) -> bool {
        self.admits.contains(&kind)
    }

    /// The concrete paths of the route.
    pub fn paths(&self) -> Vec<String> {
        let own = self.path.to_owned();
        let of_tenant = if self.path == "/" {
            "/t/{tenant}".to_owned()
        } else {
            format!("/t/{{tenant}}{}", self.path)
        };
        match self.tenancy {
            Tenancy::Installation => vec![own],
            Tenancy::Each => vec![own, of_tenant],
            Tenancy::WellKnown => vec![own, format!("{}/t/{{tenant}}", self.path), of_tenant],
        }
    }
}
