//! A person gives an app something unasked: they pick the app and the place, then what, in words, and until when.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{
    ClientId, Scopes, Why,
    account::{self, Command, Give, is_givable},
    authorization::CONSENT_SECONDS,
    client::Client,
    resource::{Resource, ResourceUri},
};
use pages::{GiveProblem, Picking};

use super::{
    Browser,
    grants::{day, end_of},
    sign_in::{GIVE, sign_in_for},
    view::{self, View, see_other},
};
use crate::{
    fault::{Fault, Stop},
    http::{
        entrance::Inbound,
        render::{Outgoing, PageAnswer, Policy},
    },
    settle::Answered,
    walk::Walker,
};

/// Clients and resources that are looked at for the lists, at most; a place with more gives by what apps ask.
const LOOKED_AT_MAX: i64 = 500;

/// GET `/agents/give`: the lists, or what was picked of them.
pub(crate) async fn give(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    if !is_fresh(&inbound)? {
        return Ok(see_other(&browser, sign_in_for(&browser, GIVE)));
    }
    let query = kernel::form::Form::parse(inbound.query.as_deref().unwrap_or("").as_bytes(), &[])?;
    let picked = query.text("client").zip(query.text("resource"));
    page(&inbound, &browser, picked, None, None).await
}

/// POST `/agents/give`.
pub(crate) async fn give_now(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let form = &inbound.form;
    let (client, resource) = (form.required("client")?, form.required("resource")?);
    let picked = Some((client, resource));
    let again = |problem, why| page(&inbound, &browser, picked, Some(problem), Some(why));
    let all: Vec<&str> = form.all("scope").collect();
    let ends = form.text("ends").filter(|day| !day.is_empty()).map(end_of).transpose();
    let gift = Give {
        client: ClientId::parse(client).ok_or(Why::Absent("client"))?,
        resource: ResourceUri::parse(resource).ok_or(Why::Absent("resource"))?,
        scopes: Scopes::parse(&all.join(" "))?,
        expires: match ends {
            Ok(ends) => ends,
            Err(why) => return again(GiveProblem::Day, why).await,
        },
    };
    let command = Arc::new(Command::GiveGrant(Box::new(gift)));
    let answered = inbound
        .walker()
        .walk(move |Walker { tenant, caller, at, .. }, _look| {
            let command = Arc::clone(&command);
            async move {
                let facts = store::flows::account::load(&tenant, &caller, &command, at.now).await?;
                Ok(account::decide(&command, &caller, &facts, &at))
            }
        })
        .await?;
    match answered {
        Answered::Issue(..) => Ok(View::new(&inbound, &browser).to("/agents?given")),
        Answered::Refuse(why @ Why::SignInStale) if is_fresh(&inbound)? => again(GiveProblem::Passkey, why).await,
        Answered::Refuse(Why::SignInStale) => Ok(see_other(&browser, sign_in_for(&browser, GIVE))),
        Answered::Refuse(why @ Why::ScopeUnknown) => again(GiveProblem::Nothing, why).await,
        Answered::Refuse(why @ Why::Body(_)) => again(GiveProblem::Day, why).await,
        Answered::Refuse(why @ (Why::ForbiddenByRule | Why::ApproversDemanded | Why::PolicyForbids(_))) => {
            again(GiveProblem::Forbidden, why).await
        }
        Answered::Refuse(why) => Err(why.into()),
        Answered::Wait(_) => Err(Fault::Unsigned.into()), // the kernel answers this door with nothing else
    }
}

fn is_fresh(inbound: &Inbound) -> Result<bool, Why> {
    let person = inbound.caller.person().ok_or(Why::SignInRequired)?;
    Ok(person.session.is_fresh(inbound.at.now))
}

async fn page(
    inbound: &Inbound,
    browser: &Browser,
    picked: Option<(&str, &str)>,
    problem: Option<GiveProblem>,
    why: Option<Why>,
) -> Result<Outgoing, Stop> {
    let view = View::new(inbound, browser);
    let html = match picked {
        None => {
            let (clients, resources) = lists(inbound).await?;
            let picking = Picking {
                apps: clients.iter().map(view::app).collect(),
                places: resources
                    .iter()
                    .filter_map(|resource| view::place(Some(resource)))
                    .collect(),
            };
            pages::pick(&view.frame(GIVE), &picking)
        }
        Some((client, resource)) => {
            let (client, resource) = picked_of(inbound, client, resource).await?;
            let worded = view::worded(&resource.every(), Some(&resource), browser.language);
            let (first, last) = (day(inbound.at.now), day(inbound.at.now.plus(CONSENT_SECONDS)));
            let place = view::place(Some(&resource)).ok_or(Why::Absent("resource"))?;
            pages::give(
                &view.frame(GIVE),
                &pages::Give {
                    csrf: &view.csrf,
                    app: view::app(&client),
                    place,
                    items: view::items(&worded),
                    days: (&first, &last),
                    lasts_seconds: CONSENT_SECONDS,
                    problem,
                },
            )
        }
    };
    Ok(Outgoing::Page(PageAnswer {
        why,
        html,
        policy: Policy::Stays,
        cookies: browser.cookies(),
    }))
}

/// The apps that can be given something, and the places, each by its name.
async fn lists(inbound: &Inbound) -> Result<(Vec<Client>, Vec<Resource>), Fault> {
    let clients = inbound.tenant.clients_after("", LOOKED_AT_MAX).await?;
    let clients = clients.into_iter().map(|(client, _)| client).filter(is_givable);
    let resources = inbound.tenant.resources_after("", LOOKED_AT_MAX).await?;
    let resources = resources
        .into_iter()
        .filter(|resource| resource.disabled.is_none() && !resource.scopes.is_empty());
    let clients: BTreeMap<(String, String), Client> = clients
        .map(|client| ((client.name.clone(), client.id.to_string()), client))
        .collect();
    let resources: BTreeMap<(String, String), Resource> = resources
        .map(|resource| ((resource.name.clone(), resource.uri.as_str().to_owned()), resource))
        .collect();
    Ok((clients.into_values().collect(), resources.into_values().collect()))
}

async fn picked_of(inbound: &Inbound, client: &str, resource: &str) -> Result<(Client, Resource), Stop> {
    let client = ClientId::parse(client).ok_or(Why::Absent("client"))?;
    let client = inbound.tenant.client(&client).await?.filter(is_givable);
    let resource = ResourceUri::parse(resource).ok_or(Why::Absent("resource"))?;
    let resource = inbound.tenant.resource(&resource).await?;
    let resource = resource.filter(|resource| resource.disabled.is_none());
    Ok((
        client.ok_or(Why::Absent("client"))?,
        resource.ok_or(Why::Absent("resource"))?,
    ))
}
