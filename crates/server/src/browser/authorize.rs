//! The authorization endpoint, and what follows it through the browser.

use std::sync::Arc;

use kernel::{
    Pending, Reply, Return, Why,
    authorization::{self, Asked, Asking, Delivery, REPEATABLE, Returns},
    client::Client,
    form::Form,
};

use super::{
    Browser, consent, sealed,
    view::{self, View},
};
use crate::{
    documents,
    fault::{Fault, Stop},
    http::{
        entrance::Inbound,
        render::{Outgoing, PageAnswer, Policy},
    },
    routes::Body,
    settle::Answered,
    walk::Walker,
};

/// GET and POST at the authorization endpoint.
pub(crate) async fn authorize(inbound: Inbound, browser: Browser, body: Body) -> Result<Outgoing, Stop> {
    // A form from an app's page comes without our cookies (SameSite); sent on as a query it comes with them.
    if body == Body::Form {
        let parts = [inbound.query.as_deref().unwrap_or("").as_bytes(), &inbound.body];
        let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).collect();
        let query = parts
            .iter()
            .map(|part| String::from_utf8_lossy(part))
            .collect::<Vec<_>>()
            .join("&");
        if !query.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Why::FormMalformed.into());
        }
        return Ok(view::see_other(
            &browser,
            format!("{}/oauth2/authorize?{query}", browser.base),
        ));
    }

    // 1. The client, and where it is answered. Until that is proved nothing is redirected (S-01).
    let form = Form::parse(inbound.query.as_deref().unwrap_or("").as_bytes(), REPEATABLE)?;
    let id = authorization::named_client(&form)?;
    let client = documents::resolve(&inbound.app, &inbound.tenant, &id, inbound.at.now).await?;
    let returns = authorization::returns(&form, client.as_ref())?;
    let client = client.ok_or(Why::ClientUnknown)?;

    // 2. What it asks.
    let asked = match Asked::parse(&form, &client, returns.clone(), &inbound.at) {
        Ok(asked) => asked,
        Err(why) => return deliver(&inbound, &browser, &why, Asking::Form(&form), &returns, &client).await,
    };
    let browser = browser.speaking(asked.ui_locales.as_deref());
    proceed(inbound, browser, asked, client, Stand::AtTheDoor).await
}

/// Where a request is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// It just came.
    AtTheDoor,
    /// Its consent page is asked for.
    AtConsent,
}

/// The next step of a request: a sign-in, a question, or an answer.
pub(super) async fn proceed(
    inbound: Inbound,
    browser: Browser,
    asked: Asked,
    client: Client,
    stand: Stand,
) -> Result<Outgoing, Stop> {
    let given = Arc::new((asked.clone(), client.clone()));
    let answered = inbound
        .walker()
        .walk(move |Walker { tenant, caller, at, .. }, look| {
            let given = Arc::clone(&given);
            async move {
                let (asked, client) = given.as_ref();
                let client = Some(client.clone());
                let facts = store::flows::authorization::load(&tenant, &caller, asked, client, look, at.now).await?;
                Ok(authorization::begin(asked, &caller, &facts, &at))
            }
        })
        .await?;
    match answered {
        Answered::Wait(Pending::SignIn(asked)) => Ok(step(&inbound, &browser, "/sign-in", &asked)?),
        Answered::Wait(Pending::Consent(ask)) => match stand {
            Stand::AtTheDoor => Ok(step(&inbound, &browser, "/consent", &ask.asked)?),
            Stand::AtConsent => consent::page(&inbound, &browser, &ask, &client).await,
        },
        answered @ (Answered::Issue(..) | Answered::Refuse(_)) => {
            finish(&inbound, &browser, answered, &asked, &client).await
        }
    }
}

/// A redirect to the page of the next step, the request sealed in it.
fn step(inbound: &Inbound, browser: &Browser, path: &str, asked: &Asked) -> Result<Outgoing, Fault> {
    let request = sealed::request(&inbound.app, &inbound.tenant, browser, asked)?;
    let query = view::query(&[("request", &request)]);
    Ok(view::see_other(browser, format!("{}{path}?{query}", browser.base)))
}

/// The end of a request: back to the app with a code or an error, or a page that says why not.
pub(super) async fn finish(
    inbound: &Inbound,
    browser: &Browser,
    answered: Answered,
    asked: &Asked,
    client: &Client,
) -> Result<Outgoing, Stop> {
    match answered {
        Answered::Issue(Reply::Authorization(back), _) => Ok(view::see_other(browser, address(&back))),
        // The session ended while the page was open: the request goes on after the sign-in.
        Answered::Refuse(Why::SignInRequired) => Ok(step(inbound, browser, "/sign-in", asked)?),
        Answered::Refuse(why) => deliver(inbound, browser, &why, Asking::Asked(asked), &asked.returns, client).await,
        Answered::Issue(..) | Answered::Wait(_) => Err(Fault::Unsigned.into()), // the kernel answers this door with nothing else
    }
}

/// A refusal goes where the kernel says.
async fn deliver(
    inbound: &Inbound,
    browser: &Browser,
    why: &Why,
    asking: Asking<'_>,
    returns: &Returns,
    client: &Client,
) -> Result<Outgoing, Stop> {
    let grants = match inbound.caller.person() {
        Some(person) => {
            inbound
                .tenant
                .grants_to_client(&person.user.id, &client.id, inbound.at.now)
                .await?
        }
        None => Vec::new(),
    };
    let tenant = inbound.tenant.tenant();
    match authorization::delivery(why, asking, returns, client, &inbound.caller, &grants, tenant) {
        Delivery::Redirect(back) => Ok(view::see_other(browser, address(&back))),
        Delivery::Page => Err(why.clone().into()),
        Delivery::Leave(back) => {
            let view = View::new(inbound, browser);
            let url = address(&back);
            let request_id = inbound.at.request_id();
            let html = pages::leave(
                &view.frame(""),
                &pages::Leave {
                    app: Some(view::app(client)),
                    host: returns.redirect_uri.host(),
                    url: &url,
                    problem: crate::http::render::problem(why, &request_id),
                },
            );
            Ok(Outgoing::Page(PageAnswer {
                why: Some(why.clone()),
                html,
                policy: Policy::LeadsAway,
                cookies: browser.cookies(),
            }))
        }
    }
}

/// The URL of an answer: what is there of a query stays (RFC 6749 s3.1.2).
fn address(back: &Return) -> String {
    let uri = back.redirect_uri.as_str();
    let joint = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let pairs: Vec<(&str, &str)> = back
        .parameters
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    format!("{uri}{joint}{}", view::query(&pairs))
}
