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
    /// The one class of caller it admits.
    pub admits: CallerKind,
    /// Whether a DPoP proof on the request is looked at.
    pub key_proof: KeyProof,
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

/// Whether a DPoP proof on the request is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProof {
    /// It binds what is issued.
    Taken,
    /// Nothing is issued that could be bound.
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
    Token,
    Introspection,
    Revocation,
    Live,
    Ready,
    OpenApi,
    Admin(Admin),
}

/// Which discovery document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    AuthorizationServer,
    OpenId,
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
    RevokeGrant,
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
}

/// The largest body where a route says nothing else, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

const fn get(path: &'static str, endpoint: Endpoint, summary: &'static str) -> Route {
    Route {
        method: &Method::GET,
        path,
        tenancy: Tenancy::Each,
        admits: CallerKind::Anyone,
        key_proof: KeyProof::Ignored,
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
        admits: CallerKind::PureMachine,
        body: Body::Form,
        access,
        key_proof,
        ..get(path, endpoint, summary)
    }
}

const fn admin(method: &'static Method, path: &'static str, call: Admin, body: Body, summary: &'static str) -> Route {
    Route {
        method,
        admits: CallerKind::Administrator,
        body,
        ..get(path, Endpoint::Admin(call), summary)
    }
}

/// Every route there is. What is not here is 404.
pub static ROUTES: &[Route] = &[
    get(
        "/",
        Endpoint::Greeting,
        "Say what this is, for people who open it in a browser",
    ),
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
    Route {
        access: Access::AnyOrigin,
        cache_seconds: 300,
        ..get("/oauth2/jwks", Endpoint::Jwks, "The tenant's public keys (RFC 7517)")
    },
    get(
        "/oauth2/authorize",
        Endpoint::Authorization,
        "Refuse: no response type is offered yet; the address is here because stock clients demand one",
    ),
    form(
        "/oauth2/token",
        Endpoint::Token,
        Access::AnyOrigin,
        KeyProof::Taken,
        "Issue a token (RFC 6749 s3.2)",
    ),
    form(
        "/oauth2/introspect",
        Endpoint::Introspection,
        Access::SameOrigin,
        KeyProof::Ignored,
        "Tell whether a token counts (RFC 7662)",
    ),
    form(
        "/oauth2/revoke",
        Endpoint::Revocation,
        Access::AnyOrigin,
        KeyProof::Ignored,
        "Take a token back (RFC 7009)",
    ),
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
        &Method::POST,
        "/admin/v1/grants/{id}/revoke",
        Admin::RevokeGrant,
        Body::None,
        "Revoke a grant and everything projected from it",
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
