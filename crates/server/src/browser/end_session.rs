//! RP-initiated logout: an app sends a person here to be signed out (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use kernel::{
    Pending, Reply, Return, Why,
    end_session::{self, Facts, Request},
    form::Form,
};

use super::{
    Browser,
    authorize::address,
    sealed,
    view::{self, View},
};
use crate::{
    documents,
    fault::{Fault, Stop},
    http::{
        entrance::Inbound,
        render::{Outgoing, SeeOther},
    },
    oauth,
    settle::Answered,
    walk::Walker,
};

/// GET and POST at the end session endpoint. A form of an app comes without our cookies, and is sent on as a query.
pub(crate) async fn end_session(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    if !inbound.body.is_empty() {
        let query = std::str::from_utf8(&inbound.body).map_err(|_| Why::FormMalformed)?;
        if !query.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Why::FormMalformed.into());
        }
        return Ok(view::see_other(
            &browser,
            format!("{}/oauth2/logout?{query}", browser.base),
        ));
    }
    let form = Form::parse(inbound.query.as_deref().unwrap_or("").as_bytes(), &[])?;
    let request = Request::parse(&form)?;
    let browser = browser.speaking(request.ui_locales.as_deref());
    let hint = match &request.hint {
        Some(text) => oauth::hint(&inbound.app, &inbound.tenant, text).await?,
        None => None,
    };
    let client = match end_session::named_client(&request, hint.as_ref())? {
        Some(id) => documents::resolve(&inbound.app, &inbound.tenant, &id, inbound.at.now).await?,
        None => None,
    };
    let given = Arc::new((request, hint, client));
    let answered = inbound
        .walker()
        .walk(
            move |Walker {
                      app,
                      tenant,
                      caller,
                      at,
                  },
                  _look| {
                let given = Arc::clone(&given);
                async move {
                    let (request, hint, client) = given.as_ref();
                    let keys = app.page_keys.of_tenant(tenant.id());
                    let facts = Facts {
                        keys: &keys,
                        hint: hint.as_ref(),
                        client: client.as_ref(),
                    };
                    Ok(end_session::decide(request, &caller, &facts, &at))
                }
            },
        )
        .await?;
    match answered {
        Answered::Issue(Reply::SignedOut { back }, _) => {
            inbound.app.told_of_logout.notify_one();
            Ok(over(&inbound, &browser, back.as_ref()))
        }
        Answered::Wait(Pending::SignOut { client, back }) => {
            let after = back
                .as_ref()
                .map(|back| sealed::after(&inbound.app, &inbound.tenant, &browser, &address(back)))
                .transpose()?;
            let view = View::new(&inbound, &browser);
            let page = pages::Signout {
                csrf: &view.csrf,
                app: client.as_deref().map(view::app),
                after: after.as_deref().unwrap_or(""),
                after_host: back.as_ref().map_or("", |back| back.redirect_uri.host()),
            };
            Ok(view.leads_away(pages::sign_out(&view.frame("/sign-out"), &page)))
        }
        Answered::Refuse(why) => Err(why.into()),
        Answered::Issue(..) | Answered::Wait(_) => Err(Fault::Unsigned.into()), // the kernel answers this door with nothing else
    }
}

/// The end: back to the app that asked, or a page.
fn over(inbound: &Inbound, browser: &Browser, back: Option<&Return>) -> Outgoing {
    let location = match back {
        Some(back) => address(back),
        None => format!("{}/sign-out", browser.base),
    };
    let mut cookies = browser.cookies();
    if inbound.caller.person().is_some() {
        cookies.push(browser.session_ends());
    }
    Outgoing::SeeOther(SeeOther { location, cookies })
}
