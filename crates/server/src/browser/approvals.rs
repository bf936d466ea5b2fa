//! What waits for the person who is signed in, the page where they answer, and the code that they type for a device. One page for every door.

use std::sync::Arc;

use kernel::{
    ApprovalId, Audience, Caller, Details, Scopes, Time, Why,
    approval::{
        self, Approval, Door, Facts, Open, Origin, Said, Signature, Signed, State, UserCode, View as Seen, Whom,
    },
    client::Client,
    detail::Types,
    resource::Resource,
};
use pages::{AnswerProblem, Answered, DeviceProblem, Question, Quorum, Sought, Stands, Way};
use proof::{
    base64url,
    webauthn::{self, Assertion},
};
use store::TenantDb;

use super::{
    Browser, passkey,
    sealed::{self, Purpose},
    view::{self, View},
};
use crate::{
    app::App,
    authzen,
    fault::{Fault, Stop},
    http::{
        entrance::Inbound,
        render::{Outgoing, PageAnswer, Policy},
    },
    settle,
    throttle::{Trying, address_key},
    walk::Walker,
};

/// Questions that the list shows, at most.
const ROWS_MAX: usize = 100;
/// Answered ones beside them, at most.
const ANSWERED_MAX: usize = 10;
/// How long after it was asked an answered question stays in the list, in seconds: long enough to see how it went on.
const ANSWERED_SECONDS: i64 = 86_400;

/// GET `/device`. Whatever stands in the query is not read: nobody types a code into a link (S-28).
pub(crate) fn device(inbound: &Inbound, browser: &Browser) -> Outgoing {
    device_page(inbound, browser, None)
}

/// The page with the field; what was typed wrongly stands in it, to be mended.
fn device_page(inbound: &Inbound, browser: &Browser, problem: Option<(Why, DeviceProblem)>) -> Outgoing {
    let view = View::new(inbound, browser);
    let (why, problem) = problem.unzip();
    let html = pages::device(
        &view.frame("/device"),
        &pages::Device {
            csrf: &view.csrf,
            typed: inbound.form.text("user_code").unwrap_or(""),
            problem,
        },
    );
    Outgoing::Page(PageAnswer {
        why,
        html,
        policy: Policy::Stays,
        cookies: browser.cookies(),
    })
}

/// POST `/device`: a person typed a code. The question is theirs from now on, and its page is the next one.
pub(crate) async fn device_code(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    // 1. How often this person, this address and everybody together may be wrong (S-27).
    if let Err(why) = may_type(&inbound) {
        return Ok(device_page(
            &inbound,
            &browser,
            Some((why, DeviceProblem::TooManyTries)),
        ));
    }

    // 2. The code.
    let typed = inbound.form.text("user_code").and_then(UserCode::parse);
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
                let typed = typed.clone();
                async move {
                    let keys = app.page_keys.of_tenant(tenant.id());
                    let named = match &typed {
                        Some(code) => tenant.approval_of_code(&code.digest(&keys.approvals)).await?,
                        None => None,
                    };
                    let facts = facts(&app, &tenant, &caller, named, at.now).await?;
                    Ok(approval::answer(&Said::Claim, &caller, &facts, &at))
                }
            },
        )
        .await?;

    // 3. On to the question, or once more.
    match answered {
        answered @ settle::Answered::Issue(..) => to_question(&inbound, &browser, answered),
        settle::Answered::Refuse(why @ Why::UserCodeUnknown) => {
            in_vain(&inbound);
            Ok(device_page(&inbound, &browser, Some((why, DeviceProblem::Unknown))))
        }
        settle::Answered::Refuse(why) => Err(why.into()),
        settle::Answered::Wait(_) => Err(Fault::Unsigned.into()), // the kernel answers this door with nothing else
    }
}

/// The page of the question that was answered.
fn to_question(inbound: &Inbound, browser: &Browser, answered: settle::Answered) -> Result<Outgoing, Stop> {
    let document = answered.document()?;
    let id = document
        .get("id")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    Ok(View::new(inbound, browser).to(&format!("/approvals/{id}")))
}

/// Whose tries are counted: the person's, the address's, the tenant's.
fn tries(inbound: &Inbound) -> Vec<(Trying, String, u32)> {
    let (tenant, limits) = (inbound.tenant.id(), &inbound.app.limits);
    let mut tries = vec![(
        Trying::AnyUserCode,
        tenant.to_string(),
        limits.wrong_user_codes_of_tenant_per_minute,
    )];
    if let Some(person) = inbound.caller.person() {
        let key = format!("{tenant}/{}", person.user.id);
        tries.push((Trying::UserCode, key, limits.wrong_user_codes_per_minute));
    }
    if let Some(peer) = inbound.peer {
        let key = address_key(tenant, peer);
        tries.push((Trying::UserCodeFromAddress, key, limits.wrong_user_codes_per_minute));
    }
    tries
}

fn may_type(inbound: &Inbound) -> Result<(), Why> {
    let throttle = &inbound.app.throttle;
    tries(inbound)
        .into_iter()
        .try_for_each(|(trying, key, per_minute)| throttle.look(trying, &key, per_minute, inbound.at.now))
}

fn in_vain(inbound: &Inbound) {
    for (trying, key, per_minute) in tries(inbound) {
        let counted = inbound.app.throttle.take(trying, &key, per_minute, inbound.at.now);
        drop(counted); // whether it was the last one shows at the next try
    }
}

/// GET `/approvals`: what waits for this person, the newest first.
pub(crate) async fn approvals(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let person = inbound.caller.person().ok_or(Why::SignInRequired)?;
    let (tenant, now) = (&inbound.tenant, inbound.at.now);
    let mut lately = tenant
        .approvals_lately(&Whom::Person(person.user.id.clone()), now)
        .await?;
    for group in &person.user.memberships {
        lately.extend(tenant.approvals_lately_of_group(group, now).await?);
    }
    lately.sort_by(|a, b| b.id.cmp(&a.id));
    lately.dedup_by(|a, b| a.id == b.id); // who is a member of two groups that one question asks
    for approval in &mut lately {
        *approval = tenant.as_it_counts(approval.clone()).await?;
    }
    let stands_for = |approval: &Approval| {
        let said_yes = approval.state.yes().iter().any(|yes| yes.by == person.user.id);
        match (approval.state.waits(), approval.expires > now) {
            (true, false) => Stands::Expired,
            (true, true) if !said_yes => Stands::Open,
            (_, _) => answered(approval),
        }
    };
    let (mut waiting, mut over): (Vec<_>, Vec<_>) =
        lately.iter().partition(|approval| stands_for(approval) == Stands::Open);
    waiting.truncate(ROWS_MAX);
    over.retain(|approval| approval.created.plus(ANSWERED_SECONDS) > now);
    over.truncate(ANSWERED_MAX);
    let waiting = with_known(&inbound, &browser, waiting).await?;
    let over = with_known(&inbound, &browser, over).await?;
    let view = View::new(&inbound, &browser);
    let page = pages::Approvals {
        waiting: waiting
            .iter()
            .map(|(approval, known)| known.question(approval))
            .collect(),
        answered: over
            .iter()
            .map(|(approval, known)| Answered {
                question: known.question(approval),
                stands: stands_for(approval),
            })
            .collect(),
    };
    Ok(view.stays(pages::approvals(&view.frame("/approvals"), &page)))
}

/// Questions, each with what its row says.
async fn with_known<'a>(
    inbound: &Inbound,
    browser: &Browser,
    approvals: Vec<&'a Approval>,
) -> Result<Vec<(&'a Approval, Known)>, Fault> {
    let types = if approvals.iter().all(|approval| approval.asks.details.is_empty()) {
        Types::default()
    } else {
        inbound.tenant.types().await?
    };
    let mut rows = Vec::with_capacity(approvals.len());
    for approval in approvals {
        rows.push((approval, Known::of(inbound, browser, &types, approval).await?));
    }
    Ok(rows)
}

/// What a row says of a question, beside the question.
struct Known {
    client: Option<Client>,
    place: Option<Resource>,
    groups: Vec<String>,
    worded: Vec<(String, String)>,
    exact: Vec<view::Worded>,
}

impl Known {
    async fn of(inbound: &Inbound, browser: &Browser, types: &Types, approval: &Approval) -> Result<Self, Fault> {
        let place = place_of(inbound, approval).await?;
        Ok(Self {
            client: inbound.tenant.client(&approval.client).await?,
            groups: groups_of(inbound, approval).await?,
            worded: view::worded(&approval.asks.scopes, place.as_ref(), browser.language),
            exact: exactly(approval, &approval.asks.details, types, browser),
            place,
        })
    }

    fn question<'a>(&'a self, approval: &'a Approval) -> Question<'a> {
        Question {
            id: approval.id.as_str(),
            app: self
                .client
                .as_ref()
                .map_or_else(|| view::gone(&approval.client), view::app),
            way: way(&approval.door),
            place: view::place(self.place.as_ref()),
            items: view::items(&self.worded),
            particulars: view::particulars(&self.exact),
            sought: sought(approval),
            claim: approval.asks.message.as_deref(),
            quorum: quorum(&self.groups, approval),
            asked_at: approval.created.unix(),
            ends_at: approval.expires.unix(),
        }
    }
}

/// The names of the groups that are asked; none where it is one person alone.
async fn groups_of(inbound: &Inbound, approval: &Approval) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for seats in approval.seats() {
        let group = inbound.tenant.group(seats.group).await?;
        names.push(group.map_or_else(|| seats.group.to_string(), |group| group.name));
    }
    Ok(names)
}

fn quorum<'a>(groups: &'a [String], approval: &Approval) -> Vec<Quorum<'a>> {
    let seats = approval.seats();
    let asked = groups.iter().zip(seats).map(|(group, seats)| Quorum {
        group,
        needed: seats.quorum,
        yes: seats.yes,
    });
    asked.collect()
}

/// GET `/approvals/{id}`.
pub(crate) async fn approval(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let id = named(&inbound)?;
    let approval = inbound.tenant.approval(&id).await?;
    let facts = facts(&inbound.app, &inbound.tenant, &inbound.caller, approval, inbound.at.now).await?;
    let seen = approval::view(&inbound.caller, &facts, &inbound.at)?;
    page(&inbound, &browser, &seen, &facts, None).await
}

/// The page once more, with what was wrong.
async fn again(
    inbound: &Inbound,
    browser: &Browser,
    id: &ApprovalId,
    problem: (Why, AnswerProblem),
) -> Result<Outgoing, Stop> {
    let approval = inbound.tenant.approval(id).await?;
    let facts = facts(&inbound.app, &inbound.tenant, &inbound.caller, approval, inbound.at.now).await?;
    let seen = approval::view(&inbound.caller, &facts, &inbound.at)?;
    page(inbound, browser, &seen, &facts, Some(problem)).await
}

/// What a passkey sent with an answer. It needs no mark: the challenge names the question, and nobody says yes to one twice.
enum Sent {
    Nothing,
    Unreadable,
    Assertion(Box<Assertion>, sealed::Ceremony),
}

impl Sent {
    /// Reads it, if the form has one: the ceremony was this browser's, and is not over.
    fn read(inbound: &Inbound, browser: &Browser) -> Result<Self, Why> {
        let form = &inbound.form;
        let Some(response) = form.text("credential").filter(|response| !response.is_empty()) else {
            return Ok(Self::Nothing);
        };
        let sealed = form.text("ceremony").unwrap_or_default();
        let (app, tenant, now) = (&inbound.app, &inbound.tenant, inbound.at.now);
        let ceremony = sealed::open_ceremony(app, tenant, browser, Purpose::SayYes, sealed, now)?;
        Ok(match webauthn::parse_assertion(response.as_bytes()) {
            Ok(assertion) => Self::Assertion(Box::new(assertion), ceremony),
            Err(_) => Self::Unreadable,
        })
    }

    /// What it is worth for what is asked now, by the rows of now.
    async fn over(
        &self,
        tenant: &TenantDb,
        browser: &Browser,
        caller: &Caller,
        facts: &Facts<'_>,
    ) -> Result<Signature, Fault> {
        let (assertion, ceremony) = match self {
            Self::Nothing => return Ok(Signature::Missing),
            Self::Unreadable => return Ok(Signature::Broken(passkey::UNREADABLE)),
            Self::Assertion(assertion, ceremony) => (assertion, ceremony),
        };
        let (Some(approval), Some(client), Some(person)) = (&facts.approval, &facts.client, caller.person()) else {
            return Ok(Signature::Missing); // there is nothing to sign, and the kernel says so
        };
        let nonce = base64url::encode(&ceremony.drawn);
        let challenge = approval::challenge(approval, client, &facts.types, &nonce);
        Ok(
            match passkey::asserted(tenant, browser, assertion, &challenge, Some(&person.user.id)).await? {
                Ok((passkey, asserted)) => Signature::Holds(Box::new(Signed {
                    passkey,
                    asserted,
                    assertion: Assertion::clone(assertion),
                    nonce,
                })),
                Err(rule) => Signature::Broken(rule),
            },
        )
    }
}

/// POST `/approvals/{id}`: yes, without some of it, or no.
pub(crate) async fn approval_answer(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let id = named(&inbound)?;
    let said = match inbound.form.text("decision") {
        Some("allow") => Said::Approve {
            without: left_out(&inbound)?,
            without_details: inbound.form.all("without_detail").map(str::to_owned).collect(),
            seen: inbound.form.text("request").unwrap_or_default().to_owned(),
        },
        Some("deny") => Said::Deny,
        Some(_) | None => return Err(Why::ParameterMalformed("decision").into()),
    };
    let is_no = said == Said::Deny;
    let sent = match Sent::read(&inbound, &browser) {
        Ok(sent) => sent,
        Err(why @ Why::PageExpired) => {
            return again(&inbound, &browser, &id, (why, AnswerProblem::TookTooLong)).await;
        }
        Err(why) => return Err(why.into()),
    };
    let given = Arc::new((id.clone(), said, sent, browser.clone()));
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
                    let (id, said, sent, browser) = given.as_ref();
                    let approval = tenant.approval(id).await?;
                    let mut facts = facts(&app, &tenant, &caller, approval, at.now).await?;
                    facts.signature = sent.over(&tenant, browser, &caller, &facts).await?;
                    Ok(approval::answer(said, &caller, &facts, &at))
                }
            },
        )
        .await?;
    match answered {
        answered @ settle::Answered::Issue(..) => to_question(&inbound, &browser, answered),
        settle::Answered::Refuse(why @ Why::AlreadyAnswered) if is_no => {
            again(&inbound, &browser, &id, (why, AnswerProblem::TooLate)).await
        }
        // What is asked is another now, or it was answered meanwhile: the page says how it stands (S-30).
        settle::Answered::Refuse(Why::AnswerStale | Why::AlreadyAnswered) => {
            Ok(View::new(&inbound, &browser).to(&format!("/approvals/{id}")))
        }
        settle::Answered::Refuse(why @ Why::YesUnsigned(_)) => {
            again(&inbound, &browser, &id, (why, AnswerProblem::Unsigned)).await
        }
        settle::Answered::Refuse(why) => Err(why.into()),
        settle::Answered::Wait(_) => Err(Fault::Unsigned.into()),
    }
}

/// What somebody at a browser answers, its details judged by the schemas of now.
async fn facts<'a>(
    app: &App,
    tenant: &'a TenantDb,
    caller: &Caller,
    approval: Option<Approval>,
    now: Time,
) -> Result<Facts<'a>, Fault> {
    let mut facts = store::flows::approval::load(tenant, caller, approval, now).await?;
    let asked = facts.approval.iter().flat_map(|approval| &approval.asks.details);
    app.schemas.judge(&mut facts.types, asked);
    let question = facts
        .approval
        .as_ref()
        .and_then(|approval| approval.asks.question.clone());
    if let Some(question) = question {
        facts.known = authzen::known_of(tenant, &question.evaluation).await?;
    }
    Ok(facts)
}

fn named(inbound: &Inbound) -> Result<ApprovalId, Why> {
    ApprovalId::parse(inbound.param("id")?).ok_or(Why::Absent("approval"))
}

fn left_out(inbound: &Inbound) -> Result<Scopes, Why> {
    let all: Vec<&str> = inbound.form.all("without").collect();
    Scopes::parse(&all.join(" "))
}

async fn place_of(inbound: &Inbound, approval: &Approval) -> Result<Option<Resource>, Fault> {
    match &approval.asks.audience {
        Audience::Issuer => Ok(None),
        Audience::Resource(uri) => Ok(inbound.tenant.resource(uri).await?),
    }
}

const fn way(door: &Door) -> Way {
    match door {
        Door::Device => Way::Device,
        Door::Deferred(Origin::ClientCredentials) => Way::Machine,
        Door::Deferred(Origin::RefreshToken { .. }) => Way::More,
        Door::AccessRequest => Way::Question,
    }
}

/// What is asked exactly: the details that can be given, or the question.
fn exactly(approval: &Approval, details: &Details, types: &Types, browser: &Browser) -> Vec<view::Worded> {
    match &approval.asks.question {
        Some(asked) => vec![view::question(asked)],
        None => view::in_words(details, types, browser.language),
    }
}

fn sought(approval: &Approval) -> Option<Sought<'_>> {
    let evaluation = &approval.asks.question.as_ref()?.evaluation;
    Some(Sought {
        subject: &evaluation.subject.id,
        action: &evaluation.action.name,
        resource: &evaluation.resource.id,
    })
}

/// The page of a question.
async fn page(
    inbound: &Inbound,
    browser: &Browser,
    seen: &Seen,
    facts: &Facts<'_>,
    problem: Option<(Why, AnswerProblem)>,
) -> Result<Outgoing, Stop> {
    let approval = &seen.approval;
    let client = facts.client.as_ref().ok_or(Why::ClientUnknown)?;
    let resource = facts.resource.as_ref();
    let groups = groups_of(inbound, approval).await?;
    let view = View::new(inbound, browser);
    let csrf = view.csrf_about(&seen.seen);
    let words = |scopes| view::worded(scopes, resource, browser.language);
    let judgement = &seen.judgement;
    let (open, decided, forbidden) = (
        words(&judgement.open),
        words(&judgement.decided),
        words(&judgement.forbidden),
    );
    let exact = exactly(approval, &seen.details, &facts.types, browser);
    let here = format!("/approvals/{}", approval.id);
    let asked = signature_wanted(inbound, browser, seen, facts, client).await?;
    let (why, problem) = problem.unzip();
    let html = pages::approval(
        &view.frame(&here),
        &pages::Approval {
            id: approval.id.as_str(),
            csrf: &csrf,
            seen: &seen.seen,
            app: view::app(client),
            way: way(&approval.door),
            place: view::place(resource),
            items: view::items(&open),
            particulars: view::particulars(&exact),
            sought: sought(approval),
            decided: view::items(&decided),
            forbidden: view::items(&forbidden),
            claim: approval.asks.message.as_deref(),
            asked_at: approval.created.unix(),
            from: approval.started_from.as_deref(),
            ends_at: approval.expires.unix(),
            lasts_seconds: seen.lasts_seconds,
            quorum: quorum(&groups, approval),
            once: seen.once,
            stands: stands(seen),
            ceremony: asked.as_ref().map(|asked| pages::Ceremony {
                sealed: &asked.ceremony,
                options: &asked.options,
            }),
            problem,
            details: details(approval, client),
        },
    );
    Ok(Outgoing::Page(PageAnswer {
        why,
        html,
        policy: Policy::Stays,
        cookies: browser.cookies(),
    }))
}

/// What a passkey is asked to sign, where the yes takes one; empty for whoever has none.
async fn signature_wanted(
    inbound: &Inbound,
    browser: &Browser,
    seen: &Seen,
    facts: &Facts<'_>,
    client: &Client,
) -> Result<Option<passkey::Asked>, Stop> {
    let Some(person) = inbound.caller.person().filter(|_| seen.open == Open::YesByPasskey) else {
        return Ok(None);
    };
    let (app, tenant, at) = (&inbound.app, &inbound.tenant, &inbound.at);
    let theirs = tenant.passkeys(&person.user.id).await?;
    if theirs.is_empty() {
        return Ok(Some(passkey::Asked::default()));
    }
    let challenge = |nonce: &str| approval::challenge(&seen.approval, client, &facts.types, nonce);
    Ok(Some(passkey::to_say_yes(app, tenant, browser, &theirs, challenge, at)?))
}

fn stands(seen: &Seen) -> Stands {
    match seen.open {
        Open::YesOrNo => Stands::Open,
        Open::YesByPasskey => Stands::ByPasskey,
        Open::NoOnly => Stands::NoOnly,
        Open::OthersOnly => Stands::OthersOnly,
        Open::EnoughOfTheirs => Stands::EnoughOfTheirs,
        Open::Answered => answered(&seen.approval),
    }
}

/// How a question stands for somebody who has no more to say.
fn answered(approval: &Approval) -> Stands {
    match &approval.state {
        State::Approved { .. } => Stands::Approved,
        State::Redeemed { .. } => Stands::Fetched,
        State::Denied { .. } => Stands::Denied,
        State::Cancelled { .. } => Stands::Cancelled,
        // A yes that is evidence is over when its time is.
        State::Expired { yes, .. }
            if yes.len() >= usize::from(approval.whom.quorum()) && approval.asks.question.is_some() =>
        {
            Stands::Fetched
        }
        State::Expired { .. } => Stands::Expired,
        State::Asked | State::Clarifying { .. } | State::PartlyApproved { .. } => Stands::OthersMust,
    }
}

/// The protocol's own words, complete.
fn details(approval: &Approval, client: &Client) -> Vec<(&'static str, String)> {
    let mut details = vec![
        ("approval", approval.id.to_string()),
        ("client_id", client.id.to_string()),
        ("door", approval.door.name().to_owned()),
    ];
    if !client.name.is_empty() {
        details.push(("client_name", client.name.clone())); // whole: elsewhere a long one is cut
    }
    if let Audience::Resource(uri) = &approval.asks.audience {
        details.push(("resource", uri.as_str().to_owned()));
    }
    if !approval.asks.scopes.is_empty() {
        details.push(("scope", approval.asks.scopes.joined()));
    }
    for detail in &approval.asks.details {
        details.push(("authorization_details", detail.text().to_owned()));
    }
    if let Some(asked) = &approval.asks.question {
        let question = serde_json::Value::Object(asked.document());
        details.push(("question", proof::json::canonical(&question)));
    }
    details.push(("payload_hash", approval.payload_hash.clone()));
    details.push(("metadata_hash", client.basis()));
    details
}
