//! Answering: who may look, what they see, and what their yes or no changes. One for every door.

use std::collections::BTreeSet;

use proof::{Time, digest};
use serde_json::{Value, json};

use super::{Approval, Door, Gift, Guard as ApprovalGuard, Signature, State, Unfit, Whom, Yes, signed::Proved};
use crate::{
    access_request,
    authority::{Ask, Audience, Authority, Scopes},
    authorization::{Acting, Given, Judged, Wanted, lives_as_read},
    authzen,
    browser_session::{self, Presence},
    caller::{BrowserUser, Caller},
    capability::Strength,
    client::{self, Client, Registration},
    consent::Judgement,
    decision::{Change, Decision, Guard, Reply, Touch, Write},
    detail::{Details, Types},
    event::{Event, EventKind},
    grant::{self, Grant, Holder, Source, Status, Subject},
    id::GroupId,
    moment::Moment,
    policy::{self, Rules},
    power::Powers,
    resource::Resource,
    tenant::Tenant,
    user::{self, User},
    why::Why,
};

/// How long a machine may use what people gave it for itself, in seconds: a day, then it asks again.
pub const GIVEN_TO_MACHINE_SECONDS: i64 = 86_400;

/// What was loaded for an answer.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The approval, if there is one.
    pub approval: Option<Approval>,
    /// Who asks, as registered now.
    pub client: Option<Client>,
    /// The resource, unless it is for our own endpoints or the resource is gone.
    pub resource: Option<Resource>,
    /// What the organisation decided: central consent and policies.
    pub rules: Rules,
    /// The types of the details that are asked, and what their schemas make of them.
    pub types: Types,
    /// What the person has granted to this client, each with its path to the root.
    pub grants: Vec<Vec<Grant>>,
    /// Who and what the question names, when it is one.
    pub known: authzen::Known,
    /// Those who said yes before and are still there.
    pub people: Vec<User>,
    /// The passkey's signature that came with the answer.
    pub signature: Signature,
}

/// What the person said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// They typed its code: it is their question now.
    Claim,
    /// Yes, but for these.
    Approve {
        /// What they left out.
        without: Scopes,
        /// The digests of the details that they left out.
        without_details: BTreeSet<String>,
        /// What the page showed: see [`seen`].
        seen: String,
    },
    /// No.
    Deny,
}

/// What a page shows of an approval to somebody who may answer it.
#[derive(Debug)]
pub struct View {
    /// The approval as it is now.
    pub approval: Approval,
    /// What the organisation makes of it for this person.
    pub judgement: Judgement,
    /// The details that can be given; all that is asked, where nothing can be left out.
    pub details: Details,
    /// How long what is given lasts, in seconds.
    pub lasts_seconds: i64,
    /// Whether it is for one time: it is beyond what is granted, or people must say so each time.
    pub once: bool,
    /// What the answer's form carries back.
    pub seen: String,
    /// What may be said now.
    pub open: Open,
}

/// What may be said to an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// Yes or no.
    YesOrNo,
    /// No; and yes, by the signature of a passkey.
    YesByPasskey,
    /// Only no: the organisation forbids the yes, or knows a detail no longer.
    NoOnly,
    /// Only no: it is about themself, and others must say yes.
    OthersOnly,
    /// Only no: enough of their group have said yes, and those of others must.
    EnoughOfTheirs,
    /// Nothing more: this person answered, or it is over.
    Answered,
}

/// What a page showed: the payload, what the client was then, and in which words the details stood there. An answer to something else does not count (S-30).
pub fn seen(approval: &Approval, client: &Client, types: &Types) -> String {
    let words = types.shown(&approval.asks.details);
    digest::sha256_b64(format!("{}\0{}\0{words}", approval.payload_hash, client.basis()).as_bytes())
}

/// What somebody who may answer sees. A look changes nothing. Unknown and somebody else's look the same.
pub fn view(caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<View, Why> {
    let (person, approval) = theirs(caller, facts, at)?;
    if let Some(asked) = &approval.asks.question {
        return view_question(&approval, asked, person, facts, at);
    }
    let wanted = wanted(&approval, facts)?;
    let judged = wanted
        .judge(person, &facts.rules, facts.tenant, at.now)
        .and_then(|judged| of_whom(&approval, judged));
    let all_judged = judged.is_ok();
    let (judgement, strength) = if let Ok(judged) = &judged {
        (judged.judgement.clone(), judged.ruling.strength())
    } else {
        let forbidden = Judgement {
            forbidden: wanted.scopes.clone(),
            ..Judgement::default()
        };
        (forbidden, Strength::None)
    };
    let approval = approval.clone().by_strength(approval.strength(strength));
    let in_parts = !matches!(approval.whom, Whom::Members(_));
    let each_time = |judged: &Judged| judged.ruling.permits() && !judged.ruling.is_silent();
    let once = approval.asks.once || (!in_parts && judged.as_ref().is_ok_and(each_time));
    let nothing_forbidden =
        judgement.forbidden.is_empty() && judged.as_ref().is_ok_and(|judged| judged.ruling.permits());
    let whole = in_parts || nothing_forbidden;
    let details = match &judged {
        Ok(judged) if in_parts && approval.state.waits() => judged.permitted(&approval.asks.details),
        Ok(_) | Err(_) => approval.asks.details.clone(),
    };
    let still_asked = askable(&wanted, facts).is_ok();
    let said_before = approval.state.yes().iter().any(|yes| yes.by == person.user.id);
    let open = match (approval.state.waits(), said_before, all_judged && whole && still_asked) {
        (false, _, _) | (true, true, _) => Open::Answered,
        (true, false, true) if !would_count(&approval, person) => Open::EnoughOfTheirs,
        (true, false, true) if approval.strength(strength) >= Strength::Biometric => Open::YesByPasskey,
        (true, false, true) => Open::YesOrNo,
        (true, false, false) => Open::NoOnly,
    };
    Ok(View {
        judgement,
        details,
        lasts_seconds: lasts(&approval.door),
        once,
        seen: seen(&approval, wanted.client, &facts.types),
        open,
        approval,
    })
}

/// Decides an answer.
pub fn answer(said: &Said, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    consider(said, caller, facts, at).unwrap_or_else(|why| {
        let event = Event::refused(&why, caller, at);
        Decision::refuse(why, Vec::new(), vec![event])
    })
}

fn consider(said: &Said, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<Decision, Why> {
    if *said == Said::Claim {
        return claim(caller, facts, at);
    }
    let (person, approval) = theirs(caller, facts, at)?;
    if approval.state.answered().is_some() {
        let over = matches!(approval.state, State::Expired { .. });
        return Err(if over { Why::PageExpired } else { Why::AlreadyAnswered });
    }
    match said {
        Said::Claim => claim(caller, facts, at),
        Said::Deny => {
            let denied = approval
                .clone()
                .deny(&person.user.id, person.session.presence(), at.now)
                .map_err(unfit)?;
            let session = person.session.presence();
            let event = answered(EventKind::ApprovalDenied, &approval, &session, caller, at);
            Ok(changed(person, denied, Vec::new(), None, event, at))
        }
        Said::Approve {
            without,
            without_details,
            seen: shown,
        } => {
            let yes = Saying {
                without,
                without_details,
                shown,
            };
            approve(&approval, &yes, person, caller, facts, at)
        }
    }
}

/// The code was typed by somebody who is signed in.
fn claim(caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<Decision, Why> {
    let person = caller.person().ok_or(Why::SignInRequired)?;
    let approval = facts.approval.clone().ok_or(Why::UserCodeUnknown)?.as_of(at.now);
    if approval.whom == Whom::Person(person.user.id.clone()) && approval.state.waits() {
        let document = [("id".to_owned(), approval.id.as_str().into())];
        let reply = Reply::Document(document.into_iter().collect());
        return Ok(Decision::issue(reply, Vec::new(), Change::default())); // typed once more: it is theirs already
    }
    let claimed = approval.claim(&person.user.id).map_err(|_| Why::UserCodeUnknown)?; // taken, over and unknown look the same (S-27)
    let event = Event::new(EventKind::ApprovalClaimed, caller, at)
        .about(claimed.id.as_str())
        .with("client", claimed.client.as_str());
    Ok(changed(person, claimed, Vec::new(), None, event, at))
}

/// A yes, and to what it is not.
struct Saying<'a> {
    without: &'a Scopes,
    without_details: &'a BTreeSet<String>,
    shown: &'a str,
}

/// Somebody says yes to what they saw.
fn approve(
    approval: &Approval,
    said: &Saying<'_>,
    person: &BrowserUser,
    caller: &Caller,
    facts: &Facts<'_>,
    at: &Moment,
) -> Result<Decision, Why> {
    let Saying {
        without,
        without_details,
        shown,
    } = *said;
    if let Some(asked) = &approval.asks.question {
        return approve_question(approval, asked, shown, person, caller, facts, at);
    }

    // 1. To this, by this client as it is now, in the words that it has now (S-30); of types that are still there.
    let wanted = wanted(approval, facts)?;
    if !digest::same(seen(approval, wanted.client, &facts.types).as_bytes(), shown.as_bytes()) {
        return Err(Why::AnswerStale);
    }
    askable(&wanted, facts)?;

    // 2. What of it: never what the organisation forbids, and not what they left out.
    let judged = of_whom(approval, wanted.judge(person, &facts.rules, facts.tenant, at.now)?)?;
    let strength = approval.strength(judged.ruling.strength());
    let approval = &approval.clone().by_strength(strength);
    let judgement = &judged.judgement;
    let left_out = !without.is_empty() || !without_details.is_empty();
    let for_machine = matches!(approval.whom, Whom::Members(_));
    if for_machine && (left_out || !judgement.forbidden.is_empty() || !judged.ruling.permits()) {
        return Err(Why::ForbiddenByRule); // several people say yes to one thing, whole
    }
    let given = wanted.given(&judged, without, without_details)?;
    let client = wanted.client;
    let proved = facts
        .signature
        .prove(strength, approval, client, &facts.types, person, at)?; // a cookie alone is never enough where a passkey is demanded
    let relied_on = facts.types.relied_on(&given.details);

    // 3. The yes, and the grant when it was the last that was needed.
    let yes = Yes {
        by: person.user.id.clone(),
        scopes: given.scopes,
        details: given.details,
        payload_hash: approval.payload_hash.clone(),
        presence: proved.presence.clone(),
        signed_by: proved.by.clone(),
        of: of_theirs(approval, person),
        at: at.now,
    };
    let mut guards = Vec::from_iter(proved.guard.clone());
    let approved = approval
        .clone()
        .approve(yes, |agreed| {
            let (gift, made) = give(approval, &wanted, agreed, person, facts, at);
            guards.extend(made);
            gift
        })
        .map_err(unfit)?;
    guards.extend(relied_on);
    guards.push(facts.rules.policy.relied_on());
    guards.push(wanted.client_stays());

    // 4. The evidence.
    let agreed = approved.state.agreed();
    let event = given_event(approval, &proved, caller, at)
        .with("scope", agreed.scopes.joined())
        .with_details(&agreed.details)
        .with("yes", approved.state.yes().len())
        .with("quorum", approved.whom.quorum())
        .with("state", approved.state.name());
    let event = judged.ruling.on(event);
    let given = if let State::Approved { gift, .. } = &approved.state {
        gift.grant()
    } else {
        None
    };
    let event = match given {
        Some(id) => event.with("grant", id.as_str()),
        None => event,
    };
    let keep = matches!(wanted.client.registration, Registration::Itself { .. })
        .then(|| Write::Client(client::Write::Keep(wanted.client.id.clone())));
    Ok(changed(person, approved, guards, keep, event, at))
}

/// A question as policies see it now, if this person may still say yes to it.
struct Standing {
    /// How strongly they must prove themselves.
    strength: Strength,
    /// Until when their yes would count.
    until: Time,
    /// What decided, for the audit log.
    told: Value,
}

impl Standing {
    fn of(
        approval: &Approval,
        asked: &access_request::Asked,
        person: &BrowserUser,
        facts: &Facts<'_>,
        at: &Moment,
    ) -> Result<Self, Why> {
        let client = facts.client.as_ref().ok_or(Why::ClientUnknown)?;
        if client.disabled.is_some() {
            return Err(Why::ClientDisabled);
        }
        let (policy, known) = (&facts.rules.policy, &facts.known);
        let (verdict, question) = authzen::judged(&asked.evaluation, policy, known, at.now);
        // Nobody approves for others what they ask for themselves.
        let named = known.people.get(&asked.evaluation.subject.id);
        let of_themself = named.is_some_and(|named| named.id == person.user.id);
        let alone = matches!(approval.whom, Whom::Person(_));
        if verdict.answer != policy::Answer::Permit {
            return Err(Why::ForbiddenByRule);
        }
        if of_themself && !alone {
            return Err(Why::AboutOneself);
        }
        if !verdict
            .demands
            .approvers
            .iter()
            .all(|demanded| approval.asks_for(demanded))
        {
            return Err(Why::ApproversDemanded);
        }
        let lasts = verdict
            .demands
            .lifetime_seconds
            .map_or(access_request::APPROVED_SECONDS, i64::from);
        let until = at.now.plus(lasts);
        Ok(Self {
            strength: approval.strength(authzen::strength(&asked.evaluation, policy, &verdict)),
            until: asked.until.map_or(until, |wanted| wanted.min(until)),
            told: json!({ "version": policy.version, "decisions": [authzen::entry(question, &verdict)] }),
        })
    }
}

/// What somebody who may answer sees of a question about somebody and something.
fn view_question(
    approval: &Approval,
    asked: &access_request::Asked,
    person: &BrowserUser,
    facts: &Facts<'_>,
    at: &Moment,
) -> Result<View, Why> {
    let client = facts.client.as_ref().ok_or(Why::ClientUnknown)?;
    let standing = Standing::of(approval, asked, person, facts, at);
    let strength = standing.as_ref().map_or(Strength::None, |standing| standing.strength);
    let approval = &approval.clone().by_strength(strength);
    let said_before = approval.state.yes().iter().any(|yes| yes.by == person.user.id);
    let open = match (approval.state.waits(), said_before, &standing) {
        (false, _, _) | (true, true, _) => Open::Answered,
        (true, false, Ok(_)) if !would_count(approval, person) => Open::EnoughOfTheirs,
        (true, false, Ok(standing)) if standing.strength >= Strength::Biometric => Open::YesByPasskey,
        (true, false, Ok(_)) => Open::YesOrNo,
        (true, false, Err(Why::AboutOneself)) => Open::OthersOnly,
        (true, false, Err(_)) => Open::NoOnly,
    };
    Ok(View {
        judgement: Judgement::default(),
        details: Details::default(),
        lasts_seconds: standing.map_or(0, |standing| standing.until.since(at.now)),
        once: false,
        seen: seen(approval, client, &facts.types),
        open,
        approval: approval.clone(),
    })
}

/// Somebody says yes to a question: evidence, and nothing beside it.
fn approve_question(
    approval: &Approval,
    asked: &access_request::Asked,
    shown: &str,
    person: &BrowserUser,
    caller: &Caller,
    facts: &Facts<'_>,
    at: &Moment,
) -> Result<Decision, Why> {
    let client = facts.client.as_ref().ok_or(Why::ClientUnknown)?;
    if !digest::same(seen(approval, client, &facts.types).as_bytes(), shown.as_bytes()) {
        return Err(Why::AnswerStale);
    }
    let standing = Standing::of(approval, asked, person, facts, at)?;
    let approval = &approval.clone().by_strength(standing.strength);
    let proved = facts
        .signature
        .prove(standing.strength, approval, client, &facts.types, person, at)?;
    let yes = Yes {
        by: person.user.id.clone(),
        scopes: Scopes::default(),
        details: Details::default(),
        payload_hash: approval.payload_hash.clone(),
        presence: proved.presence.clone(),
        signed_by: proved.by.clone(),
        of: of_theirs(approval, person),
        at: at.now,
    };
    let mut approved = approval.clone().approve(yes, |_| Gift::Evidence).map_err(unfit)?;
    if matches!(approved.state, State::Approved { .. }) {
        approved.expires = standing.until;
    }
    let mut guards = Vec::from_iter(proved.guard.clone());
    guards.extend([
        facts.rules.policy.relied_on(),
        Guard::Client(client::Guard::Unchanged {
            id: client.id.clone(),
            epoch: client.epoch,
        }),
    ]);
    let event = given_event(approval, &proved, caller, at)
        .with("yes", approved.state.yes().len())
        .with("quorum", approved.whom.quorum())
        .with("state", approved.state.name())
        .with("policy", standing.told);
    Ok(changed(person, approved, guards, None, event, at))
}

/// The grant that a yes gives: the person's own, as the consent page gives it; or the machine's, for a day.
fn give(
    approval: &Approval,
    wanted: &Wanted<'_>,
    agreed: &Given,
    person: &BrowserUser,
    facts: &Facts<'_>,
    at: &Moment,
) -> (Gift, Vec<Guard>) {
    let create = |grant: Grant| {
        let id = grant.id.clone();
        (Gift::New(id), vec![Guard::Grant(grant::Guard::Create(Box::new(grant)))])
    };
    if let Whom::Members(_) = approval.whom {
        let authority = Authority::root(Ask {
            scopes: agreed.scopes.clone(),
            details: agreed.details.clone(),
            powers: Powers::default(),
            audiences: [wanted.audience.clone()].into(),
            expires: Some(at.now.plus(GIVEN_TO_MACHINE_SECONDS)),
            depth: 1,
        });
        return create(Grant {
            id: at.id("grant"),
            holder: Holder::Client(approval.client.clone()),
            subject: Subject::Nobody,
            authority,
            parent: None,
            source: Source::Approval(approval.id.clone()),
            status: Status::Active,
            epoch: 0,
            created: at.now,
            terms: grant::Terms {
                once: approval.asks.once,
                ..grant::Terms::default()
            },
            signs: grant::Signs::default(),
        });
    }
    let source = Source::Person {
        basis: wanted.client.basis(),
    };
    let there = wanted.said_before(agreed, &source, &facts.grants, at);
    match there.and_then(lives_as_read) {
        Some((id, live)) => (Gift::Standing(id), live),
        None => create(wanted.root(person, agreed, source, at)),
    }
}

/// The change that takes an approval back, with the grant that it gave if nobody has fetched it; none when it is over.
pub(crate) fn cancelled(approval: &Approval, caller: &Caller, at: &Moment) -> Option<Change> {
    let gift = if let State::Approved {
        gift: Gift::New(id), ..
    } = &approval.state
    {
        Some(Write::Grant(grant::Write::EnsureRevoked {
            id: id.clone(),
            at: at.now,
        }))
    } else {
        None
    };
    let cancelled = approval.clone().as_of(at.now).cancel(at.now).ok()?;
    let event = Event::new(EventKind::ApprovalCancelled, caller, at)
        .about(approval.id.as_str())
        .with("client", approval.client.as_str());
    Some(Change {
        guards: vec![Guard::Approval(ApprovalGuard::Advance(Box::new(cancelled)))],
        sure: gift.into_iter().collect(),
        events: vec![event],
        ..Change::default()
    })
}

/// Who is there, and the approval as it is now, if it is theirs to answer.
fn theirs<'c>(caller: &'c Caller, facts: &Facts<'_>, at: &Moment) -> Result<(&'c BrowserUser, Approval), Why> {
    let person = caller.person().ok_or(Why::SignInRequired)?;
    let approval = facts
        .approval
        .as_ref()
        .filter(|approval| approval.whom.includes(&person.user.id, &person.user.memberships))
        .ok_or(Why::Absent("approval"))?;
    Ok((person, approval.clone().as_of(at.now).by_people(&facts.people)))
}

/// What is asked, of a client and a place that are still there.
fn wanted<'f>(approval: &'f Approval, facts: &'f Facts<'_>) -> Result<Wanted<'f>, Why> {
    let client = facts.client.as_ref().ok_or(Why::ClientUnknown)?;
    if client.disabled.is_some() {
        return Err(Why::ClientDisabled);
    }
    let resource = match (&approval.asks.audience, &facts.resource) {
        (Audience::Issuer, _) => None,
        (Audience::Resource(_), None) => return Err(Why::ResourceUnknown),
        (Audience::Resource(_), Some(resource)) if resource.disabled.is_some() => return Err(Why::ResourceDisabled),
        (Audience::Resource(_), Some(resource)) => Some(resource),
    };
    Ok(Wanted {
        client,
        resource,
        audience: approval.asks.audience.clone(),
        scopes: approval.asks.scopes.clone(),
        details: &approval.asks.details,
        acts: match approval.whom {
            Whom::Members(_) => Acting::ForItself,
            Whom::WhoeverHasTheCode | Whom::Person(_) => Acting::ForThePerson,
        },
    })
}

/// Of which of the groups that are asked somebody is a member.
fn of_theirs(approval: &Approval, person: &BrowserUser) -> BTreeSet<GroupId> {
    match &approval.whom {
        Whom::Members(panel) => panel.of_person(&person.user.memberships),
        Whom::WhoeverHasTheCode | Whom::Person(_) => BTreeSet::new(),
    }
}

/// Whether the yes of somebody would count beside those that were said: of each group only so many do.
fn would_count(approval: &Approval, person: &BrowserUser) -> bool {
    let Whom::Members(panel) = &approval.whom else {
        return true;
    };
    let theirs = of_theirs(approval, person);
    let mut people = super::of(approval.state.yes());
    people.push(&theirs);
    panel.seated(&people).values().sum::<usize>() > approval.whom.counted(approval.state.yes())
}

/// Whether policies' approvers are those who were asked; a person alone is none.
fn of_whom(approval: &Approval, judged: Judged) -> Result<Judged, Why> {
    if judged
        .ruling
        .demands()
        .approvers
        .iter()
        .all(|demanded| approval.asks_for(demanded))
    {
        Ok(judged)
    } else {
        Err(Why::ApproversDemanded)
    }
}

/// Whether its details may still be asked: what ended or was tightened meanwhile nobody can give.
fn askable(wanted: &Wanted<'_>, facts: &Facts<'_>) -> Result<(), Why> {
    let place = facts.tenant.place_of(&wanted.audience);
    facts.types.askable(wanted.details, wanted.client, place)
}

const fn lasts(door: &Door) -> i64 {
    match door {
        Door::Device | Door::Deferred(super::Origin::RefreshToken { .. }) => crate::authorization::CONSENT_SECONDS,
        Door::Deferred(super::Origin::ClientCredentials) => GIVEN_TO_MACHINE_SECONDS,
        Door::AccessRequest => access_request::APPROVED_SECONDS,
    }
}

const fn unfit(unfit: Unfit) -> Why {
    match unfit {
        Unfit::State | Unfit::SaidBefore | Unfit::Claimed | Unfit::Enough => Why::AlreadyAnswered,
        Unfit::Unclaimed => Why::Absent("approval"),
        Unfit::OtherPayload => Why::AnswerStale,
    }
}

/// The entry of an answer: to what, and how whoever gave it proved themselves.
fn answered(kind: EventKind, approval: &Approval, proved: &Presence, caller: &Caller, at: &Moment) -> Event {
    let event = Event::new(kind, caller, at)
        .about(approval.id.as_str())
        .with("client", approval.client.as_str())
        .with("door", approval.door.name())
        .with("payload_hash", approval.payload_hash.as_str())
        .with("method", proved.method.name())
        .with("auth_time", proved.authenticated.unix());
    match &proved.session {
        Some(session) => event.with("browser_session", session.as_str()),
        None => event,
    }
}

/// The entry of a yes, with the signature that a passkey made of it.
fn given_event(approval: &Approval, proved: &Proved, caller: &Caller, at: &Moment) -> Event {
    let event = answered(EventKind::ApprovalGiven, approval, &proved.presence, caller, at);
    match &proved.evidence {
        Some(evidence) => event.with("passkey", evidence.clone()),
        None => event,
    }
}

/// The approval goes on, by somebody who is still there.
fn changed(
    person: &BrowserUser,
    approval: Approval,
    mut guards: Vec<Guard>,
    sure: Option<Write>,
    event: Event,
    at: &Moment,
) -> Decision {
    let document = [("id".to_owned(), approval.id.as_str().into())];
    guards.extend([
        Guard::User(user::Guard::Unchanged {
            id: person.user.id.clone(),
            epoch: person.user.epoch,
        }),
        Guard::BrowserSession(browser_session::Guard::Live(person.session.id.clone())),
        Guard::Approval(ApprovalGuard::Advance(Box::new(approval))),
    ]);
    let change = Change {
        guards,
        sure: sure.into_iter().collect(),
        touches: vec![Touch::BrowserSessionSeen {
            id: person.session.id.clone(),
            at: at.now,
        }],
        events: vec![event],
    };
    Decision::issue(Reply::Document(document.into_iter().collect()), Vec::new(), change)
}
