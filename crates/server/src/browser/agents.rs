//! What acts for the person who is signed in: every grant and standing consent, live or not, and how to stop it.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{
    Audience, ClientId, GrantId, Time, Why,
    account::{self, Command},
    client::Client,
    detail::Types,
    grant::{self, Holder, Source},
    policy::{Rules, Scene},
    resource::Resource,
    tenant::Tenant,
    user::User,
};
use pages::{Agent, Agents, AgentsNotice, DecidedBy, GrantRow, Live};
use store::PersonsGrant;

use super::{
    Browser,
    view::{self, View},
};
use crate::{
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
    settle::Answered,
    walk::Walker,
};

/// GET `/agents`.
pub(crate) async fn agents(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let notice = match inbound.query.as_deref() {
        Some("stopped") => Some(AgentsNotice::Stopped),
        Some("stopped-all") => Some(AgentsNotice::StoppedAll),
        Some("given") => Some(AgentsNotice::Given),
        Some(_) | None => None,
    };
    let person = inbound.caller.person().ok_or(Why::SignInRequired)?;
    let grants = inbound.tenant.grants_of_user(&person.user.id, inbound.at.now).await?;
    let known = Known::of(&inbound, &grants).await?;
    let view = View::new(&inbound, &browser);
    let worded: Vec<_> = grants.iter().map(|given| known.worded(given, &browser)).collect();
    let exact: Vec<_> = grants
        .iter()
        .map(|given| view::in_words(given.grant.authority.details(), &known.types, browser.language))
        .collect();
    let mut by_client: BTreeMap<&ClientId, Vec<GrantRow<'_>>> = BTreeMap::new();
    let mut order: Vec<&ClientId> = Vec::new();
    for ((given, words), exact) in grants.iter().zip(&worded).zip(&exact) {
        let Holder::Client(client) = &given.grant.holder else {
            continue;
        };
        if !order.contains(&client) {
            order.push(client);
        }
        by_client
            .entry(client)
            .or_default()
            .push(row(given, known.live(given, &person.user), &known, words, exact));
    }
    let agents = order
        .into_iter()
        .filter_map(|id| {
            Some(Agent {
                app: known.clients.get(id).map_or_else(|| view::gone(id), view::app),
                grants: by_client.remove(id)?,
            })
        })
        .collect();
    let html = pages::agents(
        &view.frame("/agents"),
        &Agents {
            csrf: &view.csrf,
            agents,
            notice,
        },
    );
    Ok(view.stays(html))
}

/// POST `/agents/stop`.
pub(crate) async fn stop(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let form = &inbound.form;
    let command = match (form.text("grant"), form.text("client"), form.text("all")) {
        (Some(grant), None, None) => Command::StopGrant(GrantId::parse(grant).ok_or(Why::Absent("grant"))?),
        (None, Some(client), None) => Command::StopClient(ClientId::parse(client).ok_or(Why::Absent("client"))?),
        (None, None, Some("yes")) => Command::StopAll,
        (_, _, _) => return Err(Why::ParameterMissing("grant").into()),
    };
    let notice = match command {
        Command::StopAll => "stopped-all",
        Command::AddPasskey { .. }
        | Command::RemovePasskey(_)
        | Command::SetPassword { .. }
        | Command::MakeRecoveryCodes { .. }
        | Command::EndSession(_)
        | Command::EndOtherSessions
        | Command::StopGrant(_)
        | Command::NarrowGrant { .. }
        | Command::GiveGrant(_)
        | Command::StopClient(_) => "stopped",
    };
    let command = Arc::new(command);
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
        // Stopped before, perhaps in another window: what was wanted is so.
        Answered::Issue(..) | Answered::Refuse(Why::Absent(_)) => {
            Ok(View::new(&inbound, &browser).to(&format!("/agents?{notice}")))
        }
        Answered::Refuse(why) => Err(why.into()),
        Answered::Wait(_) => Err(crate::fault::Fault::Unsigned.into()),
    }
}

/// The clients and resources that a page speaks of.
struct Known {
    clients: BTreeMap<ClientId, Client>,
    resources: BTreeMap<String, Resource>,
    rules: Rules,
    types: Types,
    tenant: Arc<Tenant>,
    now: Time,
}

impl Known {
    async fn of(inbound: &Inbound, grants: &[PersonsGrant]) -> Result<Self, Stop> {
        let mut known = Self {
            clients: BTreeMap::new(),
            resources: BTreeMap::new(),
            rules: inbound.tenant.rules().await?,
            tenant: Arc::clone(inbound.tenant.tenant()),
            now: inbound.at.now,
            types: if grants.iter().all(|given| given.grant.authority.details().is_empty()) {
                Types::default()
            } else {
                inbound.tenant.types().await?
            },
        };
        for given in grants {
            inbound
                .app
                .schemas
                .judge(&mut known.types, given.grant.authority.details());
        }
        for given in grants {
            if let Holder::Client(id) = &given.grant.holder
                && !known.clients.contains_key(id)
                && let Some(client) = inbound.tenant.client(id).await?
            {
                known.clients.insert(id.clone(), client);
            }
            for audience in given.grant.authority.audiences() {
                if let Audience::Resource(uri) = audience
                    && !known.resources.contains_key(uri.as_str())
                    && let Some(resource) = inbound.tenant.resource(uri).await?
                {
                    known.resources.insert(uri.as_str().to_owned(), resource);
                }
            }
        }
        Ok(known)
    }

    /// The resource that a grant is for; none for our own endpoints.
    fn place(&self, given: &PersonsGrant) -> Option<&Resource> {
        match given.grant.authority.audiences().first() {
            Some(Audience::Resource(uri)) => self.resources.get(uri.as_str()),
            Some(Audience::Issuer) | None => None,
        }
    }

    /// How many apps of this grant can act with it at this moment: none when the client or the place is off, or the organisation took all of it back.
    fn live(&self, given: &PersonsGrant, person: &User) -> Live {
        let grant = &given.grant;
        if grant.silent(self.now).is_some() {
            return Live::Nothing; // on its own terms, too: nothing came of it for long, or its owner left
        }
        let client = match &grant.holder {
            Holder::Client(id) => self.clients.get(id).filter(|client| client.disabled.is_none()),
            Holder::Host(_) | Holder::Session(_) => None,
        };
        let (Some(client), Some(audience)) = (client, grant.authority.audiences().first()) else {
            return Live::Nothing;
        };
        let place_is_off = match audience {
            Audience::Issuer => false,
            Audience::Resource(_) => self.place(given).is_none_or(|place| place.disabled.is_some()),
        };
        if place_is_off {
            return Live::Nothing;
        }
        if !self.types.still_admit(grant.authority.details()) {
            return Live::Nothing; // a type that is gone silences what was given of it
        }
        let path = std::slice::from_ref(grant);
        let scene = Scene {
            policy: &self.rules.policy,
            client,
            user: Some(person),
            audience,
            place: self.tenant.place_of(audience),
            now: self.now,
        };
        let authority = &grant.authority;
        let still = grant::still_given(
            path,
            &self.rules.consent,
            &scene,
            authority.scopes(),
            authority.details(),
        );
        match (u32::try_from(given.lines), still) {
            (Ok(lines), Ok(_)) if lines > 0 => Live::Sessions(lines),
            (_, _) => Live::Nothing,
        }
    }

    fn worded(&self, given: &PersonsGrant, browser: &Browser) -> Vec<(String, String)> {
        view::worded(given.grant.authority.scopes(), self.place(given), browser.language)
    }
}

fn row<'a>(
    given: &'a PersonsGrant,
    live: Live,
    known: &'a Known,
    worded: &'a [(String, String)],
    exact: &'a [view::Worded],
) -> GrantRow<'a> {
    GrantRow {
        id: given.grant.id.as_str(),
        place: view::place(known.place(given)),
        items: view::items(worded),
        particulars: view::particulars(exact),
        given_at: given.grant.created.unix(),
        expires_at: given.grant.authority.expires().map(proof::Time::unix),
        last_used_at: given.used.map(proof::Time::unix),
        live,
        decided_by: match given.grant.source {
            Source::Organisation { .. } | Source::Approval(_) => DecidedBy::Organisation,
            Source::Person { .. } | Source::Administrator(_) | Source::Redeemed => DecidedBy::You,
        },
    }
}
