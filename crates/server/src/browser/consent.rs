//! The consent page, and the person's answer.

use std::sync::Arc;

use kernel::{
    Before, ConsentAsk, Details, Scopes, Why,
    authorization::{self, Asked, Chosen, Said},
    client::Client,
    detail::Types,
};
use pages::{Change, Consent, Destination, History};

use super::{
    Browser,
    authorize::{self, Stand},
    sealed,
    view::{self, View},
};
use crate::{
    documents,
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
    walk::Walker,
};

/// GET `/consent`: the request goes on, and usually that is a question.
pub(crate) async fn consent(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let query = kernel::form::Form::parse(inbound.query.as_deref().unwrap_or("").as_bytes(), &[])?;
    let asked = opened(&inbound, &browser, query.text("request"))?;
    let client = client_of(&inbound, &asked).await?;
    let browser = browser.speaking(asked.ui_locales.as_deref());
    authorize::proceed(inbound, browser, asked, client, Stand::AtConsent).await
}

/// POST `/consent`: the person says yes or no.
pub(crate) async fn consent_answer(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let sealed = inbound.form.text("request").ok_or(Why::ParameterMissing("request"))?;
    let (asked, shown) = sealed::open_shown(&inbound.app, &inbound.tenant, &browser, sealed, inbound.at.now)?;
    let types = types(&inbound, &asked.details).await?;
    let now_shown = types.shown(&asked.details);
    let said = match inbound.form.text("decision") {
        Some("allow") => Said::Allow {
            without: left_out(&inbound)?,
            details: Chosen {
                shown: now_shown.clone(),
                without: inbound.form.all("without_detail").map(str::to_owned).collect(),
            },
        },
        Some("deny") => Said::Deny,
        Some(_) | None => return Err(Why::ParameterMalformed("decision").into()),
    };
    let client = client_of(&inbound, &asked).await?;
    let same = shown.is_some_and(|shown| shown.client == client.basis() && shown.details == now_shown);
    if said != Said::Deny && !same {
        return authorize::proceed(inbound, browser, asked, client, Stand::AtConsent).await; // the page showed another client than this is now, or details in other words (S-30)
    }
    let given = Arc::new((asked.clone(), client.clone(), said));
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
                    let (asked, client, said) = given.as_ref();
                    let client = Some(client.clone());
                    let keys = app.page_keys.of_tenant(tenant.id());
                    let mut facts =
                        store::flows::authorization::load(&tenant, &keys, &caller, asked, client, look, at.now).await?;
                    app.schemas.judge(&mut facts.types, &asked.details);
                    Ok(authorization::answer(asked, said, &caller, &facts, &at))
                }
            },
        )
        .await?;
    authorize::finish(&inbound, &browser, answered, &asked, &client).await
}

fn opened(inbound: &Inbound, browser: &Browser, sealed: Option<&str>) -> Result<Asked, Why> {
    let sealed = sealed.ok_or(Why::ParameterMissing("request"))?;
    sealed::open_request(&inbound.app, &inbound.tenant, browser, sealed, inbound.at.now)
}

async fn client_of(inbound: &Inbound, asked: &Asked) -> Result<Client, Stop> {
    documents::resolve(&inbound.app, &inbound.tenant, &asked.client, inbound.at.now)
        .await?
        .ok_or_else(|| Why::ClientUnknown.into())
}

/// The types of the details in question, if there are any.
async fn types(inbound: &Inbound, details: &Details) -> Result<Types, Stop> {
    if details.is_empty() {
        return Ok(Types::default());
    }
    Ok(inbound.tenant.types().await?)
}

/// What the person does not want to give.
fn left_out(inbound: &Inbound) -> Result<Scopes, Why> {
    let all: Vec<&str> = inbound.form.all("without").collect();
    Scopes::parse(&all.join(" "))
}

/// The page that asks.
pub(super) async fn page(
    inbound: &Inbound,
    browser: &Browser,
    ask: &ConsentAsk,
    client: &Client,
) -> Result<Outgoing, Stop> {
    let resource = match &ask.asked.resource {
        Some(uri) => inbound.tenant.resource(uri).await?,
        None => None,
    };
    let types = types(inbound, &ask.asked.details).await?;
    let request = sealed::request_shown(&inbound.app, &inbound.tenant, browser, &ask.asked, client, &types)?;
    let exact = view::in_words(&ask.details, &types, browser.language);
    let view = View::new(inbound, browser);
    let csrf = view.csrf_about(&request);
    let words = |scopes| view::worded(scopes, resource.as_ref(), browser.language);
    let (open, decided, forbidden) = (words(&ask.open), words(&ask.decided), words(&ask.forbidden));
    let returns = &ask.asked.returns.redirect_uri;
    let here = format!("/consent?{}", view::query(&[("request", &request)]));
    let html = pages::consent(
        &view.frame(&here),
        &Consent {
            request: &request,
            csrf: &csrf,
            app: view::app(client),
            place: view::place(resource.as_ref()),
            items: view::items(&open),
            particulars: view::particulars(&exact),
            redirect_host: returns.host(),
            destination: if returns.is_local() {
                Destination::ThisComputer
            } else {
                Destination::Host
            },
            lasts_seconds: authorization::CONSENT_SECONDS,
            history: history(inbound, client, &ask.before).await?,
            forbidden: view::items(&forbidden),
            decided: view::items(&decided),
            details: details(ask, client),
        },
    );
    Ok(view.leads_away(html))
}

/// What the person said before, and what is different now. What the app was then stands in its row, if it came by a document.
async fn history(inbound: &Inbound, client: &Client, before: &Before) -> Result<History, Stop> {
    Ok(match before {
        Before::Nothing => History::First,
        Before::Same { at } => History::Same { last_at: at.unix() },
        Before::Again { at } => History::Again { last_at: at.unix() },
        Before::Less { at } => History::Changed {
            what: vec![Change::More],
            last_at: at.unix(),
        },
        Before::AnotherClient { at } => {
            let then = inbound.tenant.client(&client.id).await?;
            let mut what = Vec::new();
            if let Some(then) = then {
                if then.name != client.name {
                    what.push(Change::Name { before: then.name });
                }
                if then.redirect_uris != client.redirect_uris {
                    what.push(Change::Redirects);
                }
                if then.authentication != client.authentication || then.keys != client.keys {
                    what.push(Change::Keys);
                }
            }
            if what.is_empty() {
                what.push(Change::Description);
            }
            History::Changed {
                what,
                last_at: at.unix(),
            }
        }
    })
}

/// The protocol's own words, complete.
fn details(ask: &ConsentAsk, client: &Client) -> Vec<(&'static str, String)> {
    let mut details = vec![
        ("client_id", client.id.as_str().to_owned()),
        ("redirect_uri", ask.asked.returns.redirect_uri.as_str().to_owned()),
    ];
    if !client.name.is_empty() {
        details.push(("client_name", client.name.clone())); // whole: elsewhere a long one is cut
    }
    if let Some(uri) = &client.uri {
        details.push(("client_uri", uri.clone()));
    }
    details.extend(client.further.pages.iter().cloned());
    if let Some(resource) = &ask.asked.resource {
        details.push(("resource", resource.as_str().to_owned()));
    }
    let scopes = ask.open.with(&ask.decided);
    if !scopes.is_empty() {
        details.push(("scope", scopes.joined()));
    }
    for detail in &ask.asked.details {
        details.push(("authorization_details", detail.text().to_owned()));
    }
    details.push(("metadata_hash", client.basis()));
    details
}
