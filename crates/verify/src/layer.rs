//! The guard as a layer around any HTTP service.

use std::{
    fmt,
    future::Future,
    mem,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf, Bytes};
use http::{
    HeaderMap, HeaderValue, Request, Response, Version,
    header::{AUTHORIZATION, CONNECTION, EXPECT},
    request::Parts,
};
use http_body_util::{BodyExt, Either, Full};
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    Access, Denied, Guard,
    denied::DPOP_NONCE,
    holder::DPOP,
    origin::{self, is_preflight},
};

/// The body of a guarded service: its own, or one of the guard's.
pub type GuardBody<B> = Either<B, Full<Bytes>>;

/// Puts a [`Guard`] in front of a service.
#[derive(Clone)]
pub struct GuardLayer {
    guard: Guard,
    needs: Needs,
}

/// A guarded service: metadata, preflights and refusals are answered here, admitted requests go on with an [`Access`].
#[derive(Clone)]
pub struct GuardService<S> {
    inner: S,
    guard: Guard,
    needs: Needs,
}

/// Which scopes a request needs besides what every request needs, as far as its head tells.
type Needs = Arc<dyn Fn(&Parts) -> &'static [&'static str] + Send + Sync>;

impl GuardLayer {
    pub(crate) fn new(guard: Guard) -> Self {
        GuardLayer {
            guard,
            needs: Arc::new(|_| &[]),
        }
    }

    /// Asks `needs` which scopes a request needs besides what every request needs.
    ///
    /// It is asked before the token is looked at, so that the first challenge already names the right scopes.
    #[must_use]
    pub fn needing(self, needs: impl Fn(&Parts) -> &'static [&'static str] + Send + Sync + 'static) -> Self {
        GuardLayer {
            needs: Arc::new(needs),
            ..self
        }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService {
            inner,
            guard: self.guard.clone(),
            needs: Arc::clone(&self.needs),
        }
    }
}

impl<S, A, B> Service<Request<A>> for GuardService<S>
where
    S: Service<Request<A>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    A: BodyExt + Send + 'static,
    A::Data: Send,
    A::Error: Send,
{
    type Response = Response<GuardBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        // The service that was polled ready is the one to call; the copy waits for its own turn.
        let copy = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, copy);
        let guard = self.guard.clone();
        let needed = Arc::clone(&self.needs);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match guard.admit(&parts, &needed).await {
                Passage::Answered(mut response) => {
                    if read_past(&parts, body).await == Rest::Left && parts.version <= Version::HTTP_11 {
                        response
                            .headers_mut()
                            .insert(CONNECTION, HeaderValue::from_static("close"));
                    }
                    Ok(response.map(Either::Right))
                }
                Passage::Admitted { access, exposure } => {
                    parts.extensions.insert(access);
                    let mut response = inner.call(Request::from_parts(parts, body)).await?;
                    exposure.add_to(response.headers_mut());
                    Ok(response.map(Either::Left))
                }
            }
        })
    }
}

/// What is left of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Nothing,
    Left,
}

/// Reads past the body of a request that is answered here, within bounds.
///
/// Over HTTP/1.1 a connection with an unread body ends (RFC 9112 s9.3), often under a client that already sends its next
/// request on it: MCP clients do, right after the 401. What is not read is said with `Connection: close` (s9.6).
async fn read_past<B: BodyExt>(parts: &Parts, body: B) -> Rest {
    if parts.headers.contains_key(EXPECT) {
        return Rest::Left; // the client waits for the answer before it sends the body (RFC 9110 s10.1.1)
    }
    let read = async {
        let mut body = pin!(body);
        let mut left = UNREAD_BYTES_MAX;
        while let Some(frame) = body.frame().await {
            let bytes = frame.ok()?.into_data().map_or(0, |data| data.remaining());
            left = left.checked_sub(bytes)?;
        }
        Some(())
    };
    match tokio::time::timeout(UNREAD_TIME_MAX, read).await {
        Ok(Some(())) => Rest::Nothing,
        Ok(None) | Err(_) => Rest::Left,
    }
}

const UNREAD_BYTES_MAX: usize = 64 * 1024;
const UNREAD_TIME_MAX: Duration = Duration::from_secs(2);

/// Where a request ends up.
enum Passage {
    Answered(Response<Full<Bytes>>),
    Admitted { access: Access, exposure: Exposure },
}

/// What every answer to this caller carries.
struct Exposure {
    origin: Option<HeaderValue>,
    nonce: Option<HeaderValue>,
}

impl Guard {
    async fn admit(&self, parts: &Parts, needs: &Needs) -> Passage {
        let rules = &self.0;
        if rules.document.is_at(parts.uri.path()) {
            return Passage::Answered(rules.document.response(&parts.method));
        }
        let origin = match rules.origins.check(&parts.headers) {
            Ok(Some(origin)) if is_preflight(&parts.method, &parts.headers) => {
                return Passage::Answered(origin::preflight(&parts.headers, origin));
            }
            Ok(origin) => origin.cloned(),
            Err(reason) => return Passage::Answered(self.deny(reason, Vec::new()).response()),
        };
        let exposure = Exposure {
            origin,
            nonce: self.nonce_for(&parts.headers),
        };
        match self.check(parts, needs(parts)).await {
            Ok(access) => Passage::Admitted { access, exposure },
            Err(denied) => Passage::Answered(refusal(&denied, &exposure)),
        }
    }

    /// The newest nonce, for callers that make proofs (RFC 9449 s8.2).
    fn nonce_for(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let makes_proofs = headers.contains_key(AUTHORIZATION) && headers.contains_key(DPOP);
        let nonce = makes_proofs.then(|| self.0.holder.nonce(self.0.now())).flatten()?;
        HeaderValue::try_from(nonce).ok()
    }
}

fn refusal(denied: &Denied, exposure: &Exposure) -> Response<Full<Bytes>> {
    let mut response = denied.response();
    exposure.add_to(response.headers_mut());
    response
}

impl Exposure {
    fn add_to(&self, headers: &mut HeaderMap) {
        if let Some(origin) = &self.origin {
            origin::expose(headers, origin.clone());
        }
        if let Some(nonce) = &self.nonce {
            headers.insert(DPOP_NONCE, nonce.clone());
        }
    }
}

impl fmt::Debug for GuardLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for GuardService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardService")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}
