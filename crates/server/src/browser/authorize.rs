//! The authorization endpoint, and what follows it through the browser.

use std::sync::Arc;

use kernel::{
    Pending, Reply, Return, Why,
    authorization::{self, Asked, Asking, Delivery, REPEATABLE, Returns},
    client::Client,
    form::Form,
    pushed_authorization,
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
    oauth::{self, Door},
    routes::Body,
    settle::{self, Answered},
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
    let Some(client) = client else {
        return Err(Why::ClientUnknown.into());
    };

    // 2. What it asks: here, signed by the client, or pushed before.
    let asked = match asked_by(&inbound, &client, &form).await? {
        Ok(asked) => asked,
        Err((why, returns, form)) => {
            return deliver(&inbound, &browser, &why, Asking::Form(&form), &returns, &client).await;
        }
    };
    let browser = browser.speaking(asked.ui_locales.as_deref());
    proceed(inbound, browser, asked, client, Stand::AtTheDoor).await
}

/// A refusal that has a proved place to go to, and what was asked then.
type Returnable = (Why, Returns, Form);

/// The request that a browser brings. What is wrong before the place of the answer is proved goes nowhere (S-01).
async fn asked_by(inbound: &Inbound, client: &Client, form: &Form) -> Result<Result<Asked, Returnable>, Stop> {
    let (app, tenant, at) = (&inbound.app, &inbound.tenant, &inbound.at);
    if let Some(name) = form
        .text("request_uri")
        .filter(|uri| uri.starts_with(pushed_authorization::URN))
    {
        if form.text("request").is_some() {
            return Err(Why::RequestTwice.into());
        }
        let row = match pushed_authorization::named(name) {
            Some((id, _)) => tenant.pushed_request(id).await?,
            None => None,
        };
        return Ok(Ok(pushed_authorization::opened(name, &client.id, row, at)?));
    }
    let parameters = match oauth::parameters(app, tenant, client, form.clone(), Door::Browser, at).await {
        Ok(parameters) => parameters,
        // The place beside the object is proved like any other; the object is what is wrong.
        Err(Stop::Refuse(why)) => match authorization::returns(form, Some(client)) {
            Ok(returns) => return Ok(Err((why, returns, form.clone()))),
            Err(_) => return Err(why.into()),
        },
        Err(fault @ Stop::Fault(_)) => return Err(fault),
    };
    let returns = authorization::returns(&parameters.form, Some(client))?;
    match oauth::asked(app, tenant, client, &parameters, returns.clone(), Door::Browser, at).await {
        Ok(asked) => Ok(Ok(asked)),
        Err(Stop::Refuse(why)) => Ok(Err((why, returns, parameters.form))),
        Err(fault @ Stop::Fault(_)) => Err(fault),
    }
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
        .walk(
            move |Walker {
                      app,
                      tenant,
                      caller,
                      at,
                  },
                  look| {
                let given = Arc::clone(&given);
                async move {
                    let (asked, client) = given.as_ref();
                    let client = Some(client.clone());
                    let keys = app.page_keys.of_tenant(tenant.id());
                    let mut facts =
                        store::flows::authorization::load(&tenant, &keys, &caller, asked, client, look, at.now).await?;
                    app.schemas.judge(&mut facts.types, &asked.details);
                    Ok(authorization::begin(asked, &caller, &facts, &at))
                }
            },
        )
        .await?;
    match answered {
        Answered::Wait(Pending::SignIn(asked)) => Ok(step(&inbound, &browser, "/sign-in", &asked)?),
        Answered::Wait(Pending::Consent(ask)) => match stand {
            Stand::AtTheDoor => Ok(step(&inbound, &browser, "/consent", &ask.asked)?),
            Stand::AtConsent => consent::page(&inbound, &browser, &ask, &client).await,
        },
        answered @ (Answered::Issue(..)
        | Answered::Refuse(_)
        | Answered::Wait(Pending::SignOut { .. } | Pending::Approval(_))) => {
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
        Answered::Issue(Reply::Authorization(back), tokens) => {
            let signed = tokens.into_iter().next();
            Ok(sent(inbound, browser, &back, signed.as_deref()))
        }
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
    match authorization::delivery(
        why,
        asking,
        returns,
        client,
        &inbound.caller,
        &grants,
        tenant,
        &inbound.at,
    ) {
        Delivery::Redirect(back) => {
            let signed = signed(inbound, &back).await?;
            Ok(sent(inbound, browser, &back, signed.as_deref()))
        }
        Delivery::Page => Err(why.clone().into()),
        Delivery::Leave(back) => {
            let signed = signed(inbound, &back).await?;
            let view = View::new(inbound, browser);
            let url = address_with(&back, signed.as_deref());
            let request_id = inbound.at.request_id();
            let html = pages::leave(
                &view.frame(""),
                &pages::Leave {
                    app: Some(view::app(client)),
                    host: returns.redirect_uri.host(),
                    url: &url,
                    problem: crate::http::render::problem(why, &why.said(), &request_id),
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

/// The answer as a token, if its client wants it signed.
async fn signed(inbound: &Inbound, back: &Return) -> Result<Option<String>, Fault> {
    match &back.signed {
        Some(unsigned) => settle::sign(&inbound.app, &inbound.tenant, unsigned.clone(), &inbound.at)
            .await
            .map(Some),
        None => Ok(None),
    }
}

/// The answer on its way: a redirect, or a form that the browser posts.
fn sent(inbound: &Inbound, browser: &Browser, back: &Return, signed: Option<&str>) -> Outgoing {
    if !back.mode.is_posted() {
        return view::see_other(browser, address_with(back, signed));
    }
    let view = View::new(inbound, browser);
    let fields: Vec<(&str, &str)> = match signed {
        Some(token) => vec![("response", token)],
        None => back
            .parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect(),
    };
    let page = pages::FormPost {
        host: back.redirect_uri.host(),
        url: back.redirect_uri.as_str(),
        fields: &fields,
    };
    view.leads_away(pages::form_post(&view.frame(""), &page))
}

/// The URL of an answer.
pub(super) fn address(back: &Return) -> String {
    address_with(back, None)
}

/// The URL of an answer, signed or not: what is there of a query stays (RFC 6749 s3.1.2).
fn address_with(back: &Return, signed: Option<&str>) -> String {
    if let Some(token) = signed {
        let signed = Return {
            parameters: vec![("response", token.to_owned())],
            signed: None,
            ..back.clone()
        };
        return address(&signed);
    }
    let uri = back.redirect_uri.as_str();
    if back.parameters.is_empty() {
        return uri.to_owned();
    }
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
