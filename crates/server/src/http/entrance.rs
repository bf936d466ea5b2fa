//! The entrance: from a request to the endpoint of its route.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Router,
    extract::{RawPathParams, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
    routing::{MethodFilter, on},
};
use bytes::Bytes;
use kernel::{Caller, Event, Moment, Who, Why, form::Form, introspection};
use proof::nonce;
use store::TenantDb;
use tower::util::MapResponseLayer;

use super::{
    body, cors, path,
    presented::{self, Presented},
    render::{self, Context, Greeted, Looks, Outgoing, Query, Shown, Visitor},
};
use crate::{
    admin,
    app::App,
    authzen,
    browser::{self, Browser},
    caller::{self, Proved},
    certificates::{ClientCertificate, Unusable},
    doctor,
    fault::Stop,
    listen::{Peer, PeerCertificates},
    oauth,
    routes::{self, Access, Endpoint, Face, Page, ROUTES, Route},
    throttle::{Trying, address_key},
    walk::Walker,
};

/// A request that found its route and tenant, and proved its caller.
#[derive(Clone, Debug)]
pub(crate) struct Inbound {
    pub(crate) app: Arc<App>,
    pub(crate) tenant: TenantDb,
    pub(crate) caller: Arc<Caller>,
    pub(crate) at: Arc<Moment>,
    pub(crate) form: Form,
    pub(crate) body: Bytes,
    pub(crate) query: Option<String>,
    pub(crate) params: Vec<(String, String)>,
    /// Who is at the other end of the connection, where that is known.
    pub(crate) peer: Option<IpAddr>,
    /// A token in the `Authorization` header that the route's caller is not proved by (RFC 7592 s2).
    pub(crate) bearer: Option<String>,
    /// The access token that proved the caller.
    pub(crate) token: Option<String>,
    /// The header `Idempotency-Key`.
    pub(crate) idempotency_key: Option<String>,
    /// What that token hangs on.
    pub(crate) known: Option<Arc<introspection::Known>>,
    /// What kind of answer is wanted (RFC 9110 s12.5.1).
    pub(crate) accept: Option<String>,
}

impl Inbound {
    /// What a walk needs of it.
    pub(crate) fn walker(&self) -> Walker {
        Walker {
            app: Arc::clone(&self.app),
            tenant: self.tenant.clone(),
            caller: Arc::clone(&self.caller),
            at: Arc::clone(&self.at),
        }
    }

    /// A segment of the path.
    pub(crate) fn param(&self, name: &str) -> Result<&str, Why> {
        self.params
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .ok_or(Why::NoRoute)
    }
}

/// The router of a node, made from the table.
pub fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        for path in route.paths() {
            let handler = move |State(app): State<Arc<App>>, params: RawPathParams, request: Request| {
                enter(app, route, params, request)
            };
            let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::GET);
            router = router.route(&path, on(filter, handler));
            let first = ROUTES.iter().find(|other| other.path == route.path);
            if route.access == Access::AnyOrigin && first.is_some_and(|first| std::ptr::eq(first, route)) {
                let preflight = move |State(app): State<Arc<App>>, request: Request| async move {
                    if let Err(why) = plain_and_ours(&app, &request) {
                        astray(app, request, why).await
                    } else {
                        cors::preflight(route)
                    }
                };
                router = router.route(&path, on(MethodFilter::OPTIONS, preflight));
            }
        }
    }
    let https = app.origin().starts_with("https://");
    router
        .method_not_allowed_fallback(|State(app): State<Arc<App>>, request: Request| {
            astray(app, request, Why::NoMethod)
        })
        .fallback(|State(app): State<Arc<App>>, request: Request| astray(app, request, Why::NoRoute))
        .layer(MapResponseLayer::new(move |response| {
            if https { stays_https(response) } else { response }
        }))
        .with_state(Arc::clone(app))
}

/// Whoever was here by https once comes by nothing else (RFC 6797, FAPI 2.0 s5.2.2). Other names under the host are not ours to speak for.
fn stays_https(mut response: Response) -> Response {
    let value = HeaderValue::from_static("max-age=31536000");
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    response
}

/// A request that has a route.
async fn enter(app: Arc<App>, route: &'static Route, params: RawPathParams, mut request: Request) -> Response {
    let at = match app.moment() {
        Ok(at) => at,
        Err(fault) => {
            return render::stop(
                &Stop::Fault(fault),
                &Context {
                    request_id: String::new(),
                    route: None,
                    nonce: None,
                    basic: Shown::Otherwise,
                    visitor: None,
                    named: None,
                },
            );
        }
    };
    let mut context = Context {
        request_id: at.request_id(),
        route: Some(route),
        nonce: None,
        basic: Shown::Otherwise,
        visitor: None,
        named: None,
    };
    if matches!(route.endpoint, Endpoint::AuthZen(_)) {
        context.named = request
            .headers()
            .get(REQUEST_ID)
            .filter(|id| id.len() <= REQUEST_ID_BYTES_MAX)
            .cloned();
    }
    if request.headers().contains_key(header::AUTHORIZATION) {
        context.basic = Shown::Header;
    }
    let params: Vec<(String, String)> = params
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let named = params
        .iter()
        .find(|(name, _)| name == "tenant")
        .map(|(_, value)| value.as_str());
    let tenant = match find_tenant(&app, &request, named) {
        Ok(tenant) => tenant,
        Err(why) => return read_past(request, render::stop(&Stop::Refuse(why), &context)).await,
    };
    let takes_proofs = route.key_proof == routes::KeyProof::Taken || route.token != routes::TokenProof::Ignored;
    if takes_proofs && PROOFS.iter().any(|name| request.headers().contains_key(*name)) {
        context.nonce = Some(nonce::current(&app.nonce_key, at.now));
    }
    let at = Arc::new(at);
    if route.face != Face::Program {
        context.visitor = Some(visitor(&request, &tenant, &at));
    }
    let certificate = certificate(&app, &request, &at);
    if let Ok(Some(shown)) = &certificate {
        request.extensions_mut().insert(shown.clone());
    }
    match Box::pin(answer(
        &app,
        route,
        &tenant,
        params,
        request,
        &at,
        context.visitor.as_ref(),
    ))
    .await
    {
        Ok(outgoing) => render::outgoing(outgoing, &context),
        Err((stop, tried)) => {
            if let Stop::Refuse(why) = &stop {
                journal(&tenant, why, &tried, &certificate, &at);
            }
            render::stop(&stop, &context)
        }
    }
}

/// The name that a program gave its request (`AuthZEN` s10.1.5): its answer bears it.
const REQUEST_ID: &str = "x-request-id";
/// The longest such name, in bytes; a longer one is not repeated.
const REQUEST_ID_BYTES_MAX: usize = 256;

/// Headers with proofs that want something fresh of ours: the answer to them carries it.
const PROOFS: [&str; 2] = ["dpop", "oauth-client-attestation"];

/// Who was refused, for the journal.
enum Tried {
    /// Nobody was proved; the client id that was claimed, if one was.
    Unproved(Option<String>),
    /// Somebody was proved, and what they sent cannot be read or is no business of theirs.
    Proved(Arc<Caller>),
}

/// Reads, authenticates, answers. A refusal comes with who tried.
async fn answer(
    app: &Arc<App>,
    route: &'static Route,
    tenant: &TenantDb,
    params: Vec<(String, String)>,
    request: Request,
    at: &Arc<Moment>,
    visitor: Option<&Visitor>,
) -> Result<Outgoing, (Stop, Tried)> {
    let unclaimed = |why: Why| (Stop::Refuse(why), Tried::Unproved(None));
    let bound = app.policies.bound(tenant.clone()).await;
    let tenant = &bound.map_err(|fault| (Stop::Fault(fault), Tried::Unproved(None)))?;
    let (mut parts, raw) = request.into_parts();
    let bytes_max = bytes_max(route, tenant, &parts, at).await;
    let body = body::read(route.body, bytes_max, &parts.headers, raw)
        .await
        .map_err(unclaimed)?;
    let connected = parts.extensions.get::<Peer>().map(|peer| peer.0);
    let peer = app.peers.address(connected, &parts.headers);
    let certificate = parts.extensions.remove::<ClientCertificate>();
    let shown = Presented::new(parts.method, &parts.uri, parts.headers, tenant.tenant(), certificate);
    let form = match route.body {
        routes::Body::Form => form_of(route, parts.uri.query(), &body).map_err(unclaimed)?,
        routes::Body::None | routes::Body::Json | routes::Body::Question => Form::default(),
    };
    if route.is_of_machines() {
        counted_before_proof(app, tenant, peer, at).map_err(unclaimed)?;
    }
    let claimed = || form.text("client_id").map(|id| id.chars().take(128).collect());
    let session = visitor.and_then(|visitor| visitor.browser.session.as_deref());
    let Proved { caller, token, known } = caller::authenticate(app, tenant, route, &shown, &form, session, at)
        .await
        .map_err(|stop| (stop, Tried::Unproved(claimed())))?;
    let caller = Arc::new(caller);
    let proved = |why: Why| (Stop::Refuse(why), Tried::Proved(Arc::clone(&caller)));
    if let (true, Some(client)) = (route.is_of_machines(), caller.client()) {
        counted(
            app,
            tenant,
            Trying::ByClient,
            client.id.as_str(),
            app.limits.requests_per_client_per_minute,
            at,
        )
        .map_err(proved)?;
    }
    if let (Some(visitor), Some(person)) = (visitor, caller.person()) {
        let greeted = Greeted {
            name: person.user.name().to_owned(),
            login: person.user.login.as_str().to_owned(),
            csrf: browser::form_token(app, tenant.tenant(), &visitor.browser, &caller),
        };
        drop(visitor.greeted.set(greeted)); // nobody set it before
    }
    if let (Face::OwnForm, Some(visitor)) = (route.face, visitor) {
        browser::check_form(app, tenant.tenant(), shown.headers(), &visitor.browser, &caller, &form).map_err(proved)?;
    }
    let bearer = shown.token().map_err(proved)?.map(|(_, token)| token);
    let query = parts.uri.query().map(str::to_owned);
    let inbound = Inbound {
        app: Arc::clone(app),
        tenant: tenant.clone(),
        caller: Arc::clone(&caller),
        at: Arc::clone(at),
        form,
        body,
        query,
        params,
        peer,
        bearer,
        token,
        known,
        accept: shown.accept(),
        idempotency_key: shown.idempotency_key(),
    };
    let visiting = visitor.map(|visitor| (visitor.browser.clone(), shown.headers()));
    Box::pin(dispatch(route, inbound, visiting))
        .await
        .map_err(|stop| (stop, Tried::Proved(caller)))
}

/// How much of a body is read. A body is read before anybody is proved, so much is read only from whom it may come (S-34).
async fn bytes_max(route: &Route, tenant: &TenantDb, parts: &Parts, at: &Moment) -> usize {
    let much_for_administrators =
        route.body_bytes_max > routes::BODY_BYTES_MAX && route.admits == [kernel::CallerKind::Administrator];
    if !much_for_administrators {
        return route.body_bytes_max;
    }
    let (method, headers) = (parts.method.clone(), parts.headers.clone());
    let shown = Presented::new(method, &parts.uri, headers, tenant.tenant(), None);
    if caller::shows_administrator(tenant, &shown, at).await {
        route.body_bytes_max
    } else {
        routes::BODY_BYTES_MAX
    }
}

/// The form of a body. Parameters in the query are no part of it (RFC 6749 s2.3.1 keeps credentials out of URLs), but one that stands in both stands twice (S-03).
fn form_of(route: &Route, query: Option<&str>, body: &[u8]) -> Result<Form, Why> {
    let repeatable = match route.face {
        Face::Program | Face::Page => kernel::token::Request::REPEATABLE,
        Face::OwnForm => &["without", "without_detail", "scope"], // boxes of pages
    };
    let form = Form::parse(body, repeatable)?;
    if let Some(query) = query {
        let shown = Form::parse(query.as_bytes(), repeatable)?;
        if shown.without(&[]).any(|(name, _)| form.text(name).is_some()) {
            return Err(Why::UnknownParameterRepeated);
        }
    }
    Ok(form)
}

/// Counts a request of a machine before anything is proved, so that proving costs nobody more than this look.
fn counted_before_proof(app: &App, tenant: &TenantDb, peer: Option<IpAddr>, at: &Moment) -> Result<(), Why> {
    let limits = &app.limits;
    if let Some(peer) = peer {
        let key = address_key(tenant.id(), peer);
        counted(
            app,
            tenant,
            Trying::FromAddress,
            &key,
            limits.requests_per_address_per_minute,
            at,
        )?;
    }
    counted(
        app,
        tenant,
        Trying::OfTenant,
        "",
        limits.requests_per_tenant_per_minute,
        at,
    )
}

fn counted(
    app: &App,
    tenant: &TenantDb,
    trying: Trying,
    of: &str,
    per_minute: Option<u32>,
    at: &Moment,
) -> Result<(), Why> {
    let Some(per_minute) = per_minute else { return Ok(()) };
    let key = format!("{}/{of}", tenant.id());
    app.throttle.take(trying, &key, per_minute, at.now)
}

async fn dispatch(
    route: &'static Route,
    inbound: Inbound,
    visiting: Option<(Browser, &HeaderMap)>,
) -> Result<Outgoing, Stop> {
    match (route.endpoint, visiting) {
        (Endpoint::Greeting, Some((browser, headers))) => Ok(browser::home(&inbound, &browser, headers)),
        (Endpoint::Authorization, Some((browser, _))) => browser::authorize(inbound, browser, route.body).await,
        (Endpoint::Page(page), Some((browser, _))) => visit(page, inbound, browser).await,
        (Endpoint::EndSession, Some((browser, _))) => browser::end_session(inbound, browser).await,
        (Endpoint::Greeting | Endpoint::Authorization | Endpoint::EndSession | Endpoint::Page(_), None) => {
            Err(Why::NoRoute.into())
        } // the table gives them a face
        (Endpoint::Discovery(routes::Document::AuthZen), _) => authzen::metadata(&inbound).await,
        (Endpoint::Ledger(what), _) => oauth::ledger(what, inbound).await,
        (Endpoint::AuthZen(what), _) => authzen::asked(what, inbound).await,
        (Endpoint::Discovery(document), _) => oauth::discovery(&inbound, document).await,
        (Endpoint::Jwks, _) => oauth::jwks(&inbound).await,
        (Endpoint::Token, _) => oauth::token(inbound).await,
        (Endpoint::AttestationChallenge, _) => Ok(oauth::attestation_challenge(&inbound)),
        (Endpoint::DeviceAuthorization, _) => oauth::device_authorization(inbound).await,
        (Endpoint::Push, _) => oauth::push(inbound).await,
        (Endpoint::Userinfo, _) => oauth::userinfo(inbound).await,
        (Endpoint::Introspection, _) => oauth::introspection(inbound).await,
        (Endpoint::Revocation, _) => oauth::revocation(inbound).await,
        (Endpoint::Registration(what), _) => oauth::registration(what, inbound).await,
        (Endpoint::Asset, _) => Ok(browser::asset(&inbound)?),
        (Endpoint::Live, _) => Ok(doctor::live()),
        (Endpoint::Ready, _) => doctor::ready(&inbound).await,
        (Endpoint::OpenApi, _) => Ok(admin::openapi(&inbound)),
        (Endpoint::Admin(call), _) => admin::call(call, inbound).await,
    }
}

/// A page, or one of its forms.
async fn visit(page: Page, inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    match page {
        Page::SignIn => browser::sign_in(inbound, browser).await,
        Page::SignInPassword => browser::sign_in_password(inbound, browser).await,
        Page::SignInPasskey => browser::sign_in_passkey(inbound, browser).await,
        Page::Recovery => browser::recovery(&inbound, &browser),
        Page::SignInRecovery => browser::sign_in_recovery(inbound, browser).await,
        Page::Consent => browser::consent(inbound, browser).await,
        Page::ConsentAnswer => browser::consent_answer(inbound, browser).await,
        Page::Device => Ok(browser::device(&inbound, &browser)),
        Page::DeviceCode => browser::device_code(inbound, browser).await,
        Page::Approvals => browser::approvals(inbound, browser).await,
        Page::Approval => browser::approval(inbound, browser).await,
        Page::ApprovalAnswer => browser::approval_answer(inbound, browser).await,
        Page::Agents => browser::agents(inbound, browser).await,
        Page::AgentsStop => browser::stop(inbound, browser).await,
        Page::Grant => browser::grant(inbound, browser).await,
        Page::GrantChange => browser::grant_change(inbound, browser).await,
        Page::GrantDocument => browser::grant_document(inbound).await,
        Page::Give => browser::give(inbound, browser).await,
        Page::GiveNow => browser::give_now(inbound, browser).await,
        Page::Account => browser::account(inbound, browser).await,
        form @ (Page::AddPasskey
        | Page::RemovePasskey
        | Page::SetPassword
        | Page::MakeRecoveryCodes
        | Page::EndSession) => browser::account_form(inbound, browser, form).await,
        Page::SignOut => Ok(browser::sign_out(&inbound, &browser)),
        Page::SignOutNow => browser::sign_out_now(inbound, browser).await,
    }
}

/// A request without a route, or with the wrong method. Under an unknown host or in a strange form even the known paths are not there.
async fn astray(app: Arc<App>, request: Request, why: Why) -> Response {
    let at = app.moment().ok();
    let why = plain_and_ours(&app, &request).err().unwrap_or(why);
    let visitor = match &at {
        Some(at) if why == Why::NoRoute => lost(&app, &request, at),
        Some(_) | None => None,
    };
    let context = Context {
        request_id: at.map(|at| at.request_id()).unwrap_or_default(),
        route: None,
        nonce: None,
        basic: Shown::Otherwise,
        visitor,
        named: None,
    };
    let mut response = render::stop(&Stop::Refuse(why), &context);
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let methods: Vec<&str> = ROUTES
            .iter()
            .filter(|route| {
                route
                    .paths()
                    .iter()
                    .any(|known| matches_path(known, request.uri().path()))
            })
            .map(|route| route.method.as_str())
            .collect();
        if let Ok(allow) = HeaderValue::from_str(&methods.join(", ")) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    read_past(request, response).await
}

/// A person who mistyped an address: a browser that asks for a page.
fn lost(app: &Arc<App>, request: &Request, at: &Moment) -> Option<Visitor> {
    if *request.method() != Method::GET || !browser::wants_page(request.headers()) {
        return None;
    }
    let named = request
        .uri()
        .path()
        .strip_prefix("/t/")
        .and_then(|rest| rest.split('/').next());
    let tenant = find_tenant(app, request, named)
        .or_else(|_| find_tenant(app, request, None))
        .ok()?;
    Some(visitor(request, &tenant, at))
}

fn visitor(request: &Request, tenant: &TenantDb, at: &Moment) -> Visitor {
    Visitor {
        browser: Browser::of(request.headers(), request.uri().query(), tenant.tenant(), at),
        path: request.uri().path().to_owned(),
        query: {
            let pairs = request.uri().query().unwrap_or("").split('&');
            if pairs
                .into_iter()
                .all(|pair| pair.is_empty() || pair.starts_with("lang="))
            {
                Query::Nothing
            } else {
                Query::Something
            }
        },
        greeted: Arc::default(),
        tenant: tenant.tenant().name.clone(),
        now: at.now.unix(),
        looks: if matches!(*request.method(), Method::GET | Method::HEAD) {
            Looks::Only
        } else {
            Looks::Acts
        },
    }
}

/// Reads past the body of a request that was refused by its head: a connection with an unread body ends under the client (RFC 9112 s9.3). What is too long for that is said to end it (s9.6).
async fn read_past(request: Request, mut response: Response) -> Response {
    let (parts, unread) = request.into_parts();
    if body::read(routes::Body::None, routes::BODY_BYTES_MAX, &parts.headers, unread)
        .await
        .is_err()
    {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn matches_path(pattern: &str, path: &str) -> bool {
    let (mut left, mut right) = (pattern.split('/'), path.split('/'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(want), Some(have)) if want == have || want.starts_with('{') => {}
            (Some(_) | None, _) => return false,
        }
    }
}

/// Whether a request is for a host of ours, and its path in plain form.
fn plain_and_ours(app: &App, request: &Request) -> Result<(), Why> {
    let authority = presented::authority(request.uri(), request.headers())?;
    if let Err(unknown @ Why::HostUnknown) = app.tenants.find(authority, None) {
        return Err(unknown);
    }
    if path::is_plain(request.uri().path()) {
        Ok(())
    } else {
        Err(Why::PathForm)
    }
}

fn find_tenant(app: &Arc<App>, request: &Request, named: Option<&str>) -> Result<TenantDb, Why> {
    let authority = presented::authority(request.uri(), request.headers())?;
    if !path::is_plain(request.uri().path()) {
        return Err(Why::PathForm);
    }
    app.tenants
        .find(authority, named)
        .map(|tenant| TenantDb::new(Arc::clone(&app.store), tenant))
}

/// The certificate that a request came with, and why one that it says does not count.
fn certificate(app: &App, request: &Request, at: &Moment) -> Result<Option<ClientCertificate>, Unusable> {
    let connected = request.extensions().get::<Peer>().map(|peer| peer.0);
    let shown = request.extensions().get::<PeerCertificates>();
    let found = app.peers.certificate(connected, shown, request.headers());
    if let Err(unusable) = &found {
        tracing::info!(
            request_id = at.request_id(),
            ?connected,
            why = unusable.name(),
            "a client certificate in a header does not count"
        );
    }
    found
}

/// The lossy journal of refusals at the entrance.
fn journal(
    tenant: &TenantDb,
    why: &Why,
    tried: &Tried,
    certificate: &Result<Option<ClientCertificate>, Unusable>,
    at: &Moment,
) {
    let event = match tried {
        Tried::Proved(caller) => Event::refused(why, caller, at),
        Tried::Unproved(None) => Event::refused(why, &Caller::plain(Who::Anyone), at),
        Tried::Unproved(Some(claimed)) => {
            Event::refused(why, &Caller::plain(Who::Anyone), at).with("claimed_client", claimed.as_str())
        }
    };
    let event = match certificate {
        Ok(Some(shown)) => event
            .with("certificate", shown.thumbprint())
            .with("certificate_from", shown.from.name()),
        Ok(None) => event,
        Err(unusable) => event.with("certificate_ignored", unusable.name()),
    };
    tenant.store().note(tenant.id(), event);
}
