//! The only place that signs and commits.

use std::sync::Arc;

use kernel::{
    Answer, Caller, Change, Decision, Event, EventKind, Mark, Moment, Pending, Reply, Unsigned, Why, tenant::Tenant,
};
use proof::{json, jws};
use store::{Commit, Lost, Outcome, Store, TenantDb};

use crate::{
    app::{App, installation},
    fault::{Fault, Stop},
    surroundings::Point,
};

/// How settling ended.
#[derive(Debug)]
pub(crate) enum Settled {
    /// The answer may be given: whatever it changed is on the disk.
    Done(Box<Answered>),
    /// Someone moved first: look again.
    Lost,
}

/// An answer whose tokens are signed.
#[derive(Debug)]
pub(crate) enum Answered {
    /// Yes.
    Issue(Reply, Vec<String>),
    /// Wait.
    Wait(Pending),
    /// No.
    Refuse(Why),
}

impl Answered {
    /// The document of the answer, for callers who wanted one.
    pub(crate) fn document(self) -> Result<json::Object, Why> {
        match self {
            Self::Issue(
                Reply::Document(document) | Reply::Created(document) | Reply::Accepted { body: document, .. },
                _,
            ) => Ok(document),
            Self::Issue(
                Reply::Done
                | Reply::Gone
                | Reply::Jwt { .. }
                | Reply::SignedOut { .. }
                | Reply::Token { .. }
                | Reply::Authorization(_)
                | Reply::SignedIn { .. }
                | Reply::RecoveryCodes(_),
                _,
            )
            | Self::Wait(_) => Ok(json::Object::new()),
            Self::Refuse(why) => Err(why),
        }
    }
}

/// Signs what the decision asks for, commits what it changes, and only then lets the answer out.
pub(crate) async fn settle(
    app: &Arc<App>,
    tenant: &TenantDb,
    caller: &Caller,
    decision: Decision,
    at: &Moment,
) -> Result<Settled, Stop> {
    let (answer, unsigned, change) = decision.into_parts();

    // 1. Sign, with no transaction open: an HSM call must never hold the writer.
    let mut tokens = Vec::with_capacity(unsigned.len());
    for token in unsigned {
        let token = with_hash(token, &tokens);
        tokens.push(sign(app, tenant, token, at).await?);
    }

    app.surroundings.reached(Point::Signed).await?;

    // 2. Commit. Nobody fills the tables with self-made proofs: a refusal takes marks only of callers who authenticated.
    let refused = matches!(answer, Answer::Refuse(..));
    let marks: &[Mark] = if refused && !caller.authenticated() {
        &[]
    } else {
        &caller.marks
    };
    let nothing_changed = change.guards.is_empty() && change.sure.is_empty() && marks.is_empty();
    if nothing_changed {
        change
            .events
            .into_iter()
            .for_each(|event| tenant.store().note(tenant.id(), event)); // the lossy journal
    } else {
        let refusal = refused.then(|| Change {
            sure: change.sure.clone(),
            events: change.events.clone(),
            ..Change::default()
        });
        let commit = Commit {
            tenant: tenant.id(),
            marks,
            guards: &change.guards,
            sure: &change.sure,
            events: change.events,
        };
        match tenant.store().commit(commit).await? {
            Outcome::Committed => {}
            // 3. A guard found no row: someone moved first.
            Outcome::Lost(Lost::Guard(_)) => return Ok(Settled::Lost),
            // 4. A replayed proof is not a race: it is answered at once, with its own code.
            Outcome::Lost(Lost::Mark(which)) => {
                let why = marks.get(which).map_or(Why::Fault, |mark| mark.stands_for.why());
                replayed(tenant, caller, &why, refusal, at).await?;
                return Ok(Settled::Done(Box::new(Answered::Refuse(why))));
            }
        }
    }
    app.surroundings.reached(Point::Committed).await?;
    change
        .touches
        .into_iter()
        .for_each(|touch| tenant.store().touch(tenant.id(), touch));

    // 5. The answer.
    Ok(Settled::Done(Box::new(match answer {
        Answer::Issue(reply, ..) => Answered::Issue(reply, tokens),
        Answer::Wait(pending) => Answered::Wait(pending),
        Answer::Refuse(_, why) => Answered::Refuse(why),
    })))
}

/// The event of a replay. If the decision was a refusal its effects and events are committed all the same; what a yes would have changed is dropped.
async fn replayed(
    tenant: &TenantDb,
    caller: &Caller,
    why: &Why,
    refusal: Option<Change>,
    at: &Moment,
) -> Result<(), Stop> {
    let event = Event::new(EventKind::ProofReplayed, caller, at)
        .with("error", why.code().name())
        .with("reason", why.told());
    match refusal {
        Some(change) if !change.sure.is_empty() => {
            let events = change.events.into_iter().chain([event]).collect();
            tenant
                .store()
                .commit(Commit {
                    tenant: tenant.id(),
                    marks: &[],
                    guards: &[],
                    sure: &change.sure,
                    events,
                })
                .await?;
        }
        Some(change) => change
            .events
            .into_iter()
            .chain([event])
            .for_each(|event| tenant.store().note(tenant.id(), event)),
        None => tenant.store().note(tenant.id(), event),
    }
    Ok(())
}

/// A token that carries the hash of one signed before it.
fn with_hash(mut token: Unsigned, before: &[String]) -> Unsigned {
    if let Some((name, signed)) = token.hash_of.and_then(|(name, place)| Some((name, before.get(place)?))) {
        let hash = kernel::token::left_half(token.signing.algorithm, signed);
        token.claims.insert(name.to_owned(), hash.into());
    }
    token
}

/// Signs what is told through a browser and changes nothing: a refusal that its client wants signed (JARM s2.1).
pub(crate) async fn sign(app: &Arc<App>, tenant: &TenantDb, token: Unsigned, at: &Moment) -> Result<String, Fault> {
    let ring = app
        .keyring
        .ring_for(app, tenant.tenant(), token.signing.algorithm)
        .await?;
    let signer = ring.signer(token.signing.algorithm, at.now)?;
    let kid = signer.public_key().kid().unwrap_or_default();
    let input = jws::signing_input_named(
        token.signing.algorithm,
        token.signing.naming,
        kid,
        token.typ,
        &token.claims,
    );
    let signature = signer.sign(input.as_bytes()).await?;
    Ok(jws::assemble(input, &signature))
}

/// Commits a change of a background job. Lost means that another node did it.
pub(crate) async fn job(tenant: &TenantDb, change: Change) -> Result<Outcome, Fault> {
    Ok(tenant
        .store()
        .commit(Commit {
            tenant: tenant.id(),
            marks: &[],
            guards: &change.guards,
            sure: &change.sure,
            events: change.events,
        })
        .await?)
}

/// Commits the first tenant of an installation. Lost means that another node did it.
pub(crate) async fn found_tenant(store: &Arc<Store>, tenant: Tenant, at: &Moment) -> Result<(), Fault> {
    let event = Event::new(EventKind::TenantCreated, &installation()?, at)
        .about(tenant.id.as_str())
        .with("issuer", tenant.issuer.as_str());
    let db = TenantDb::new(Arc::clone(store), Arc::new(tenant.clone()));
    let guard = kernel::Guard::Tenant(kernel::tenant::Guard::Create(Box::new(tenant)));
    job(
        &db,
        Change {
            guards: vec![guard],
            events: vec![event],
            ..Change::default()
        },
    )
    .await
    .map(|_| ())
}
