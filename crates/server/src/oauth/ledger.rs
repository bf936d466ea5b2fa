//! POST to the endpoints of the ledger: a resource books what is done with a token that it was shown.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use kernel::{
    Answer, Caller, Moment, Time,
    grant::{Grant, Subject},
    introspection,
    ledger::{self, Closing, Entry, Facts, Finish, Kind, LIFETIME_SECONDS_MAX, Request, Using},
};
use store::{TenantDb, flows::Look};

use crate::{
    app::{App, installation},
    fault::{Fault, Stop},
    http::{entrance::Inbound, render::Outgoing},
    routes::Ledger,
    settle,
    walk::Walker,
};

/// Bookings that are ended together.
const OVER_MAX: i64 = 256;
/// How far a sweep looks back behind the one before it, in seconds: a booking may reach the rows after its time was over, and other nodes have other clocks.
const SWEPT_SECONDS: i64 = 2 * LIFETIME_SECONDS_MAX;

/// Books, or ends a booking.
pub(crate) async fn ledger(what: Ledger, inbound: Inbound) -> Result<Outgoing, Stop> {
    let kind = match what {
        Ledger::Consume => Kind::Consume,
        Ledger::Reserve => Kind::Reserve,
        Ledger::Lease => Kind::Lease,
        Ledger::Settle => return end(Finish::settle(&inbound.form)?, inbound).await,
        Ledger::Void => return end(Finish::void(&inbound.form)?, inbound).await,
    };
    let request = Request::parse(kind, &inbound.form, inbound.idempotency_key.as_deref())?;
    book(request, inbound).await
}

async fn book(request: Request, inbound: Inbound) -> Result<Outgoing, Stop> {
    let request = Arc::new(request);
    let answered = inbound
        .walker()
        .walk(move |walker, look| {
            let request = Arc::clone(&request);
            async move {
                let mut facts = facts(&walker, &request).await?;
                if look == Look::Again {
                    (facts.booked, facts.ended) = booked(&walker, &request).await?;
                }
                let decision = ledger::decide(&request, &walker.caller, &facts, &walker.at);
                // Hardly ever is it the same booking once more. Where it would be made, its row tells; where it would be refused, we look.
                if look == Look::First && matches!(decision.answer(), Answer::Refuse(..)) {
                    (facts.booked, facts.ended) = booked(&walker, &request).await?;
                    if facts.booked.is_some() {
                        return Ok(ledger::decide(&request, &walker.caller, &facts, &walker.at));
                    }
                }
                Ok(decision)
            }
        })
        .await?;
    Ok(Outgoing::Answered(answered))
}

async fn facts(walker: &Walker, request: &Request) -> Result<Facts, Fault> {
    let Walker { app, tenant, at, .. } = walker;
    let known = super::facts_of_token(app, tenant, &request.token, at.now).await?;
    let known = match known {
        introspection::Facts::Known(known) => Some(known),
        introspection::Facts::Unknown => None,
    };
    let budgets = match &known {
        Some(known) => {
            let ids = ledger::rows_of(known, request);
            tenant.budgets(&ids).await?
        }
        None => BTreeMap::new(),
    };
    let name = request.capability.as_str();
    let fits = app.schemas.fits(tenant.id(), tenant.policy(), name, &request.input); // of a capability that is not there the rules tell
    Ok(Facts {
        known,
        budgets,
        booked: None,
        ended: false,
        fits,
    })
}

/// The booking of this key, and whether it has an end.
async fn booked(walker: &Walker, request: &Request) -> Result<(Option<Entry>, bool), Fault> {
    let tenant = &walker.tenant;
    let booked = match walker.caller.client() {
        Some(by) => tenant.ledger_entry(&request.booking(&by.id)).await?,
        None => None,
    };
    let ended = match &booked {
        Some(booked) => tenant.ledger_entry(&booked.end_id()).await?.is_some(),
        None => false,
    };
    Ok((booked, ended))
}

/// Who uses what was booked, as they are now.
async fn using(tenant: &TenantDb, booked: &Entry, grant: Option<&Grant>) -> Result<Using, Fault> {
    let token = async {
        match &booked.token {
            Some(id) => tenant.token(id).await,
            None => Ok(None),
        }
    };
    let person = async {
        match grant.map(|grant| &grant.subject) {
            Some(Subject::User(id)) => tenant.user(id).await,
            Some(Subject::Nobody) | None => Ok(None),
        }
    };
    let (client, person, token, policy) = futures_util::future::try_join4(
        Box::pin(tenant.client(&booked.client)),
        Box::pin(person),
        Box::pin(token),
        Box::pin(tenant.policy_of_now()),
    )
    .await?;
    let applied = match policy.version {
        0 => None,
        version => tenant.policy_applied(version).await?,
    };
    Ok(Using {
        client,
        person,
        token,
        policy: Some(policy),
        applied,
        issuer: tenant.tenant().issuer.clone(),
    })
}

async fn end(finish: Finish, inbound: Inbound) -> Result<Outgoing, Stop> {
    let finish = Arc::new(finish);
    let answered = inbound
        .walker()
        .walk(move |Walker { tenant, caller, at, .. }, _look| {
            let finish = Arc::clone(&finish);
            async move {
                let booked = tenant.ledger_entry(&finish.id).await?;
                let (end, path) = match &booked {
                    Some(booked) => {
                        let end = booked.end_id();
                        futures_util::future::try_join(tenant.ledger_entry(&end), tenant.grant_path(&booked.grant))
                            .await?
                    }
                    None => (None, Vec::new()),
                };
                let user = match (&booked, &end) {
                    (Some(booked), None) => Box::pin(using(&tenant, booked, path.first())).await?,
                    (_, _) => Using::default(), // it has ended: nothing is used by this
                };
                let facts = Closing {
                    booked,
                    end,
                    path,
                    user,
                };
                Ok(ledger::close(&finish, &caller, &facts, &at))
            }
        })
        .await?;
    Ok(Outgoing::Answered(answered))
}

/// Ends bookings whose time is over: since the sweep before, and at the first one of a node all of them, for nobody may have swept for long. Every node does this; an end that two write at
/// once is written once.
pub(crate) async fn expire(app: &Arc<App>, at: &Moment) -> Result<(), Fault> {
    let caller = installation()?;
    let swept = Time::from_unix(app.bookings_swept.load(Ordering::Relaxed)).minus(SWEPT_SECONDS);
    let mut all_done = true;
    for tenant in app.tenants.all() {
        let tenant = TenantDb::new(Arc::clone(&app.store), tenant);
        if let Err(fault) = expire_of(&tenant, &caller, at, swept).await {
            tracing::error!(tenant = %tenant.id(), error = %fault, "bookings cannot be ended"); // the others' can
            all_done = false;
        }
    }
    if all_done {
        app.bookings_swept.fetch_max(at.now.unix(), Ordering::Relaxed);
    }
    Ok(())
}

/// Goes through the time since then in steps: no single read goes through a year of bookings.
async fn expire_of(tenant: &TenantDb, caller: &Caller, at: &Moment, swept: Time) -> Result<(), Fault> {
    let mut from = swept;
    while let Some(first) = tenant.booking_over_after(from).await?.filter(|first| *first <= at.now) {
        from = first.minus(1);
        let until = from.plus(SWEPT_SECONDS).min(at.now);
        while end_some(tenant, caller, at, (from, until)).await? {}
        from = until;
    }
    Ok(())
}

/// Ends as many as go together, and says whether there may be more. What another node ended first has its end now, and is not found again.
async fn end_some(tenant: &TenantDb, caller: &Caller, at: &Moment, span: (Time, Time)) -> Result<bool, Fault> {
    let over = tenant.bookings_over(span.0, span.1, OVER_MAX).await?;
    let changes = over.iter().filter_map(|booked| ledger::expire(booked, caller, at));
    let jobs: Vec<_> = changes.map(|change| settle::job(tenant, change)).collect();
    let more = i64::try_from(jobs.len()).is_ok_and(|ended| ended == OVER_MAX);
    futures_util::future::try_join_all(jobs).await?; // one batch of the committer
    Ok(more)
}
