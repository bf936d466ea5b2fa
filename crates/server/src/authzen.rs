//! The policy decision point for others (`AuthZEN` Authorization API 1.0).

use std::{collections::btree_map::Entry, sync::Arc};

use kernel::{
    ClientId, Moment, TenantId, UserId, Why,
    access_request::{Desk, Reference},
    authzen::{self, Evaluation, Known, Named, Request, Search, Stage},
    client::Approvers,
    policy::{Actor, EntityName, Policy, Remembered},
    resource::ResourceUri,
    tenant::Tenant,
    user::{Login, User},
};
use proof::json::{self, Object};
use serde_json::{Value, json};
use store::TenantDb;

use crate::{
    access_requests,
    app::App,
    fault::{Fault, Stop},
    http::{
        entrance::Inbound,
        render::{Document, Outgoing},
    },
    memo::Memo,
    routes::AuthZen,
    settle,
    walk::Walker,
};

/// How many objects and arrays of a question may be open at once.
pub(crate) const DEPTH_MAX: usize = 16;
/// Candidates of a search that are read at once, and that one request judges at most.
const ROWS: usize = 200;
const JUDGED_MAX: usize = 2_000;
/// Bytes of a search, counted for each candidate: a long context is judged for fewer.
const JUDGED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of the names in a question about which something is remembered.
const NAMES_BYTES_MAX: usize = 512;
/// Candidates between which others have their turn.
const TURN: usize = 32;

/// What we have of those who were asked about: by the tenant, the version of its policies, and the types and names of those in question.
pub(crate) type AskedAbout = Memo<(TenantId, i64, Vec<(String, String)>), Known>;

/// Answers a question, or several, or a search.
pub(crate) async fn asked(what: AuthZen, inbound: Inbound) -> Result<Outgoing, Stop> {
    match what {
        AuthZen::Submit => return access_requests::submit(inbound).await,
        AuthZen::Task => return access_requests::status(inbound).await,
        AuthZen::Cancel => return access_requests::cancel(inbound).await,
        AuthZen::Evaluation
        | AuthZen::Evaluations
        | AuthZen::SearchSubject
        | AuthZen::SearchResource
        | AuthZen::SearchAction => {}
    }
    may_ask(&inbound)?;
    let body = json::parse_object_to_depth(&inbound.body, DEPTH_MAX)
        .map_err(|_| Why::Body("a JSON object, no member twice, at most 16 levels".to_owned()))?;
    match what {
        AuthZen::Evaluation => decide(inbound, Request::one(&body)?).await,
        AuthZen::Evaluations => decide(inbound, Request::many(&body)?).await,
        AuthZen::SearchSubject => search(&inbound, Search::subjects(&body)?).await,
        AuthZen::SearchResource => search(&inbound, Search::resources(&body)?).await,
        AuthZen::SearchAction => search(&inbound, Search::actions(&body)?).await,
        AuthZen::Submit | AuthZen::Task | AuthZen::Cancel => Err(Why::NoRoute.into()), // answered above
    }
}

/// Whether the caller may use any of this door.
pub(crate) fn may_ask(inbound: &Inbound) -> Result<(), Why> {
    authzen::may_ask(&inbound.caller, inbound.known.as_deref())
}

async fn decide(inbound: Inbound, mut request: Request) -> Result<Outgoing, Stop> {
    // Nothing is committed that would notice an old version; whether the token counts was asked of what counts now.
    let policy = inbound
        .known
        .as_ref()
        .map(|known| known.rules.policy.clone())
        .ok_or(Why::TokenMissing)?;
    for one in request.evaluations_mut() {
        one.misfit = misfit(&inbound.app, inbound.tenant.id(), &policy, one);
    }
    let request = Arc::new(request);
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
                let (request, policy) = (Arc::clone(&request), policy.clone());
                async move {
                    let tenant = tenant.with_policy(policy);
                    let mut known = known_of_all(&app, &tenant, &request).await?;
                    let desk = access_requests::desk(&app, tenant.tenant());
                    refer(&tenant, request.evaluations(), &desk, &mut known).await?;
                    known.desk = Some(desk);
                    Ok(authzen::answer(&request, &caller, tenant.policy(), &known, &at))
                }
            },
        )
        .await?;
    Ok(Outgoing::Answered(answered))
}

/// What is wrong with the input of a question by the schema of its capability, if it has one.
pub(crate) fn misfit(app: &App, tenant: &TenantId, policy: &Policy, one: &Evaluation) -> Option<String> {
    policy.capability(&one.action.name)?;
    let nothing = Object::new();
    match one.input() {
        Ok(input) => app
            .schemas
            .fits(tenant, policy, &one.action.name, input.unwrap_or(&nothing))
            .err(),
        Err(what) => Some(what.to_owned()),
    }
}

/// What we have of those whom questions name, as they have been asked about before where nobody has written to the database since.
async fn known_of_all(app: &App, tenant: &TenantDb, request: &Request) -> Result<Known, Fault> {
    let in_question = || request.evaluations().flat_map(|one| [&one.subject, &one.resource]);
    let names: Vec<_> = in_question().map(|one| (one.kind.clone(), one.id.clone())).collect();
    let bytes = names
        .iter()
        .map(|(kind, id)| kind.len().saturating_add(id.len()))
        .sum::<usize>();
    let key = (tenant.id().clone(), tenant.policy().version, names);
    // Notes first, and then the database: what is written between the two is seen there.
    let peeked = app.asked_about.peek(&key).map(|(of, known)| {
        let actors = known.histories.keys();
        let noted: Noted = actors.map(|actor| (actor.clone(), tenant.noted_of(actor))).collect();
        (of, known, noted)
    });
    let written = tenant.store().written()?;
    if let Some((of, known, noted)) = peeked
        && written == Some(of)
    {
        return Ok(with_noted(Known::clone(&known), noted));
    }
    let mut known = known(tenant, in_question()).await?;
    let noted = recall(tenant, request.evaluations().map(|one| &one.subject), &mut known).await?;
    if written.is_some() && bytes <= NAMES_BYTES_MAX {
        app.asked_about.keep(written, key, &Arc::new(known.clone()));
    }
    Ok(with_noted(known, noted))
}

/// What we have of those whom questions name ourselves: people, by what they sign in with, else by their id; and what of it all is disabled.
async fn known(tenant: &TenantDb, named: impl Iterator<Item = &Named>) -> Result<Known, Fault> {
    let mut known = Known::default();
    let mut seen = std::collections::BTreeSet::new();
    for one in named {
        let Some(kind) = tenant.policy().kind(&one.kind) else {
            continue;
        };
        if seen.insert((kind.to_owned(), one.id.as_str()))
            && let Some(row) = row(tenant, kind, &one.id).await?
        {
            row.tell(&one.id, &mut known);
        }
    }
    Ok(known)
}

/// The approvals that questions refer to.
async fn refer(
    tenant: &TenantDb,
    questions: impl Iterator<Item = &Evaluation>,
    desk: &Desk,
    known: &mut Known,
) -> Result<(), Fault> {
    for reference in questions.filter_map(Reference::of) {
        if let Entry::Vacant(entry) = known.approvals.entry(reference)
            && let Some(id) = entry.key().read(desk)
            && let Some(approval) = tenant.approval(&id).await?
        {
            let people = tenant.who_said_yes(&approval).await?;
            entry.insert(approval.by_people(&people));
        }
    }
    Ok(())
}

/// What we have of whom one question names, and what is remembered of its subject.
pub(crate) async fn known_of(tenant: &TenantDb, evaluation: &Evaluation) -> Result<Known, Fault> {
    let named = [&evaluation.subject, &evaluation.resource];
    let mut known = known(tenant, named.into_iter()).await?;
    let noted = recall(tenant, std::iter::once(&evaluation.subject), &mut known).await?;
    Ok(with_noted(known, noted))
}

/// What this node has not written yet of those who want to do something.
type Noted = Vec<(Actor, Vec<Remembered>)>;

/// What is written of those who want to do something, where policies look at it; and what was noted before that was read, so that nothing is missed that is written meanwhile.
async fn recall(tenant: &TenantDb, subjects: impl Iterator<Item = &Named>, known: &mut Known) -> Result<Noted, Fault> {
    let mut all = Vec::new();
    for subject in subjects {
        let Some(actor) = authzen::actor_of(subject, tenant.policy(), known) else {
            continue;
        };
        if let Entry::Vacant(entry) = known.histories.entry(actor) {
            let noted = tenant.noted_of(entry.key());
            let history = tenant.history_written(entry.key()).await?;
            all.push((entry.key().clone(), noted));
            entry.insert(history);
        }
    }
    Ok(all)
}

fn with_noted(mut known: Known, noted: Noted) -> Known {
    for (actor, noted) in noted {
        known.histories.entry(actor).or_default().extend(noted);
    }
    known
}

/// Somebody or something that is ours.
#[derive(Debug)]
enum Ours {
    Person(Box<User>),
    Client {
        disabled: bool,
        approvers: Option<Approvers>,
    },
    Resource {
        disabled: bool,
    },
}

impl Ours {
    fn tell(self, called: &str, known: &mut Known) {
        let (kind, disabled) = match self {
            Self::Person(user) => {
                let disabled = user.disabled.is_some();
                known.people.insert(called.to_owned(), *user);
                ("User", disabled)
            }
            Self::Client { disabled, approvers } => {
                let theirs = approvers.map(|approvers| (called.to_owned(), approvers));
                known.approvers.extend(theirs);
                ("Client", disabled)
            }
            Self::Resource { disabled } => ("Resource", disabled),
        };
        if disabled {
            known.disabled.insert(EntityName::new(kind, called));
        }
    }
}

async fn row(tenant: &TenantDb, kind: &str, called: &str) -> Result<Option<Ours>, Fault> {
    Ok(match kind {
        "User" => person(tenant, called).await?.map(Box::new).map(Ours::Person),
        "Client" => match ClientId::parse(called) {
            Some(id) => tenant.client(&id).await?.map(|client| Ours::Client {
                disabled: client.disabled.is_some(),
                approvers: client.approvers,
            }),
            None => None,
        },
        "Resource" => match ResourceUri::parse(called) {
            Some(uri) => tenant.resource(&uri).await?.map(|resource| Ours::Resource {
                disabled: resource.disabled.is_some(),
            }),
            None => None,
        },
        _ => None,
    })
}

async fn person(tenant: &TenantDb, called: &str) -> Result<Option<User>, Fault> {
    let by_login = match Login::parse(called) {
        Some(login) => tenant.user_by_login(&login).await?,
        None => None,
    };
    Ok(match (by_login, UserId::parse(called)) {
        (Some(user), _) => Some(user),
        (None, Some(id)) => tenant.user(&id).await?,
        (None, None) => None,
    })
}

/// Candidates one after the other, until the page is full.
async fn search(inbound: &Inbound, search: Search) -> Result<Outgoing, Stop> {
    let policy = inbound
        .known
        .as_ref()
        .map(|known| known.rules.policy.clone())
        .ok_or(Why::TokenMissing)?;
    let tenant = inbound.tenant.clone().with_policy(policy);
    let mut known = known(&tenant, search.named()).await?;
    let noted = recall(&tenant, search.subject().into_iter(), &mut known).await?;
    let mut known = with_noted(known, noted);
    let mut results = Vec::new();
    let mut place = (search.page.stage, search.page.after.clone());
    let mut judged = 0_usize;
    let judged_max = JUDGED_BYTES_MAX
        .checked_div(inbound.body.len())
        .unwrap_or(JUDGED_MAX)
        .clamp(16, JUDGED_MAX);
    let asked_of_all = search.asked_of_all();
    let misfit = asked_of_all.and_then(|one| misfit(&inbound.app, tenant.id(), tenant.policy(), &one));
    let next = loop {
        if misfit.is_some() {
            break None; // a question that is none is permitted to nobody
        }
        let some = candidates(&tenant, &search, place.0, &place.1).await?;
        let last_of_stage = some.len() < ROWS;
        for candidate in some {
            if results.len() >= search.page.limit || judged >= judged_max {
                break;
            }
            judged = judged.saturating_add(1);
            if judged.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
            if let Some(ours) = candidate.ours {
                ours.tell(&candidate.id, &mut known);
            }
            if !candidate.skipped && search.admits(&candidate.id, tenant.policy(), &known, inbound.at.now) {
                results.push(search.result(&candidate.id));
            }
            place.1 = candidate.after;
        }
        if results.len() >= search.page.limit || judged >= judged_max {
            break Some(place);
        }
        match (last_of_stage, place.0) {
            (false, _) => {}
            (true, Stage::Entities) => place = (Stage::Rows, String::new()),
            (true, Stage::Rows) => break None,
        }
    };
    let next = next.as_ref().map(|(stage, after)| (*stage, after.as_str()));
    let found = results.len();
    let document = search.answer(results, next);
    let event = kernel::Event::new(kernel::EventKind::DecisionMade, &inbound.caller, &inbound.at)
        .with("search", search.document().clone())
        .with("version", tenant.policy().version)
        .with("searched", judged)
        .with("found", found);
    inbound.tenant.store().note(inbound.tenant.id(), event);
    Ok(Outgoing::Document(Document::json(document)))
}

/// Somebody or something that may be looked for.
struct Candidate {
    /// What it is called.
    id: String,
    /// Its place in the order of its source.
    after: String,
    ours: Option<Ours>,
    /// Whether it comes elsewhere.
    skipped: bool,
}

impl Candidate {
    fn plain(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            after: id.to_owned(),
            ours: None,
            skipped: false,
        }
    }
}

async fn candidates(tenant: &TenantDb, search: &Search, stage: Stage, after: &str) -> Result<Vec<Candidate>, Fault> {
    let policy = tenant.policy();
    let Some(asked) = search.kind() else {
        return Ok(actions(policy, search, stage, after));
    };
    let rows = i64::try_from(ROWS).unwrap_or(i64::MAX);
    Ok(match (stage, policy.kind(asked)) {
        (Stage::Entities, Some(kind)) => {
            let some: Vec<_> = policy.entities_after(kind, after).take(ROWS).collect();
            let mut all = Vec::with_capacity(some.len());
            for entity in some {
                // What is ours too comes with the rows, once.
                let ours = row(tenant, kind, &entity.name.id).await?;
                all.push(Candidate {
                    skipped: ours.is_some(),
                    ..Candidate::plain(&entity.name.id)
                });
            }
            all
        }
        (Stage::Rows, Some("User")) => {
            let users = tenant.users_after(after, rows).await?;
            users
                .into_iter()
                .map(|user| Candidate {
                    id: user.login.as_str().to_owned(),
                    after: user.id.as_str().to_owned(),
                    ours: Some(Ours::Person(Box::new(user))),
                    skipped: false,
                })
                .collect()
        }
        (Stage::Rows, Some("Client")) => {
            let clients = tenant.clients_after(after, rows).await?;
            clients
                .iter()
                .map(|(client, _)| Candidate {
                    ours: Some(Ours::Client {
                        disabled: client.disabled.is_some(),
                        approvers: None, // a search asks nobody
                    }),
                    ..Candidate::plain(client.id.as_str())
                })
                .collect()
        }
        (Stage::Rows, Some("Resource")) => {
            let resources = tenant.resources_after(after, rows).await?;
            resources
                .iter()
                .map(|resource| Candidate {
                    ours: Some(Ours::Resource {
                        disabled: resource.disabled.is_some(),
                    }),
                    ..Candidate::plain(resource.uri.as_str())
                })
                .collect()
        }
        (Stage::Rows, Some(_)) | (_, None) => Vec::new(),
    })
}

fn actions(policy: &Policy, search: &Search, stage: Stage, after: &str) -> Vec<Candidate> {
    if stage == Stage::Rows {
        return Vec::new();
    }
    search
        .possible_actions(policy)
        .iter()
        .map(kernel::capability::CapabilityName::as_str)
        .filter(|name| *name > after)
        .take(ROWS)
        .map(Candidate::plain)
        .collect()
}

/// The metadata (s9), and the same signed: what is signed comes before what stands beside it.
pub(crate) async fn metadata(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let mut document = described(inbound.tenant.tenant());
    let signed = signed(&inbound.app, &inbound.tenant, &document, &inbound.at).await?;
    document.insert("signed_metadata".to_owned(), signed.into());
    Ok(Outgoing::Document(Document::json(document)))
}

/// The metadata without its signature.
pub(crate) fn described(tenant: &Tenant) -> Object {
    let at = |path: &str| Value::from(format!("{}/access/v1/{path}", tenant.issuer));
    let mut o = Object::new();
    o.insert("policy_decision_point".to_owned(), tenant.issuer.as_str().into());
    o.insert("access_evaluation_endpoint".to_owned(), at("evaluation"));
    o.insert("access_evaluations_endpoint".to_owned(), at("evaluations"));
    o.insert("search_subject_endpoint".to_owned(), at("search/subject"));
    o.insert("search_resource_endpoint".to_owned(), at("search/resource"));
    o.insert("search_action_endpoint".to_owned(), at("search/action"));
    o.insert(
        "access_request_endpoint".to_owned(),
        access_requests::endpoint(tenant).into(),
    );
    o.insert(
        "capabilities".to_owned(),
        json!(["urn:openid:authzen:capability:access-request"]),
    );
    o
}

async fn signed(app: &Arc<App>, tenant: &TenantDb, document: &Object, at: &Moment) -> Result<String, Fault> {
    let mut claims = document.clone();
    claims.insert("iss".to_owned(), tenant.tenant().issuer.as_str().into());
    claims.insert("iat".to_owned(), at.now.unix().into());
    let unsigned = kernel::Unsigned {
        typ: "JWT",
        signing: kernel::client::Signing::plain(proof::Algorithm::EdDSA),
        claims,
        hash_of: None,
    };
    settle::sign(app, tenant, unsigned, at).await
}
