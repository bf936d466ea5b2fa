//! Submitting, looking, taking back.

use proof::json::Object;
use serde_json::{Value, json};

use super::{Asked, Denial, Desk, LIFETIME_SECONDS, Problem, QUESTION_BYTES_MAX, Submission, approval_of, bound};
use crate::{
    approval::{self, Approval, Asks, Door, Handle, State},
    authority::{Audience, Scopes},
    authzen::{self, Known},
    caller::Caller,
    capability::Strength,
    client::{self, Client},
    decision::{Change, Decision, Guard, Reply},
    detail::Details,
    event::Event,
    moment::Moment,
    policy::Policy,
    why::Why,
};

/// What was loaded for a submission.
#[derive(Debug)]
pub struct Facts {
    /// The tenant's policies.
    pub policy: Policy,
    /// Who and what the question names.
    pub known: Known,
    /// Where denials are submitted.
    pub desk: Desk,
    /// What was submitted with the same `Idempotency-Key`.
    pub keyed: Option<Approval>,
    /// What waits for the same people, the newest first.
    pub others: Vec<Approval>,
    /// The client's epoch when that is read anew.
    pub client_epoch: Option<i64>,
}

/// Opens an approval, or finds the one that was opened.
pub fn submit(submission: &Submission, caller: &Caller, facts: &Facts, at: &Moment) -> Decision {
    consider(submission, caller, facts, at).unwrap_or_else(|why| {
        let event = Event::refused(&why, caller, at).with("evaluation", submission.evaluation_id.as_str());
        Decision::refuse(why, Vec::new(), vec![event])
    })
}

fn consider(submission: &Submission, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let problem = |problem| Err(Why::AccessRequest(problem));
    let client = caller.client().ok_or(Why::TokenMissing)?;
    if facts.client_epoch.is_some_and(|epoch| epoch != client.epoch) {
        return Err(Why::ClientChanged);
    }

    // 1. Submitted before: the same task.
    let submitted_as = submission.submitted_as(&client.id);
    if let (Some(known), Some(now)) = (&facts.keyed, &submitted_as) {
        return match &known.submitted_as {
            Some(then) if then == now => Ok(accepted(known, facts, Change::default(), at)),
            Some(_) | None => problem(Problem::DuplicateRequest),
        };
    }

    // 2. This was denied to this client, lately.
    let evaluation = &submission.evaluation;
    let denial = Denial::read(
        &submission.evaluation_id,
        evaluation,
        &facts.policy,
        &client.id,
        &facts.desk,
    );
    let Some(denial) = denial.filter(|denial| denial.expires == submission.expires) else {
        return problem(Problem::InvalidDenialBinding);
    };
    if denial.expires <= at.now {
        return problem(Problem::ExpiredDenial);
    }
    if submission.until.is_some_and(|until| until <= at.now) {
        return Err(Why::Body(
            "requested_access.requested_until: lies in the past".to_owned(),
        ));
    }
    let asked = Asked {
        evaluation: bound(evaluation, &facts.policy),
        until: submission.until,
    };
    if Value::Object(asked.document()).to_string().len() > QUESTION_BYTES_MAX {
        return Err(Why::Body(format!(
            "the question has more than {QUESTION_BYTES_MAX} bytes: nobody would read it before they answer"
        )));
    }

    // 3. And somebody can turn it into a yes now.
    let (verdict, told) = authzen::judged(evaluation, &facts.policy, &facts.known, at.now);
    let whom = authzen::whom(evaluation, &facts.policy, &facts.known, &verdict);
    let Some(whom) = whom.filter(|_| !authzen::is_silent(evaluation, &facts.policy, &verdict)) else {
        return problem(Problem::NotRequestable);
    };

    // 4. The question, by the one machine.
    let asking = approval::Asking {
        door: Door::AccessRequest,
        client,
        asks: Asks {
            once: false,
            strength: Strength::None,
            scopes: Scopes::default(),
            details: Details::default(),
            audience: Audience::Issuer,
            message: submission.message.clone(),
            clarified: Vec::new(),
            question: Some(Box::new(asked)),
        },
        whom,
        user_code_digest: None,
        started_from: None,
        lifetime_seconds: LIFETIME_SECONDS,
        submitted_as,
    };
    let put = approval::ask(asking, &facts.others, caller, at)?;
    let mut guards = put.guards;
    guards.push(facts.policy.relied_on());
    guards.push(unchanged(client));
    let told = authzen::entry(told, &verdict);
    let events = put.events.into_iter().map(|event| {
        event.with("evaluation", submission.evaluation_id.as_str()).with(
            "policy",
            json!({ "version": facts.policy.version, "decisions": [told.clone()] }),
        )
    });
    let change = Change {
        events: events.collect(),
        guards,
        ..Change::default()
    };
    Ok(accepted(&put.approval, facts, change, at))
}

fn unchanged(client: &Client) -> Guard {
    Guard::Client(client::Guard::Unchanged {
        id: client.id.clone(),
        epoch: client.epoch,
    })
}

fn accepted(approval: &Approval, facts: &Facts, change: Change, at: &Moment) -> Decision {
    let body = task(approval, &facts.desk, at);
    let location = status_endpoint(approval, &facts.desk);
    Decision::issue(Reply::Accepted { body, location }, Vec::new(), change)
}

/// The task as it stands, for the client that submitted it.
pub fn status(approval: Option<Approval>, caller: &Caller, desk: &Desk, at: &Moment) -> Result<Object, Why> {
    Ok(task(&theirs(approval, caller, at)?, desk, at))
}

/// Takes back what is pending.
pub fn cancel(approval: Option<Approval>, caller: &Caller, desk: &Desk, at: &Moment) -> Decision {
    let refused = |why: Why| {
        let event = Event::refused(&why, caller, at);
        Decision::refuse(why, Vec::new(), vec![event])
    };
    let approval = match theirs(approval, caller, at) {
        Ok(approval) => approval,
        Err(why) => return refused(why),
    };
    let change = approval
        .state
        .waits()
        .then(|| approval::cancelled(&approval, caller, at))
        .flatten();
    let (Some(change), Ok(cancelled)) = (change, approval.cancel(at.now)) else {
        return refused(Why::AccessRequest(Problem::InvalidTaskState));
    };
    Decision::issue(Reply::Document(task(&cancelled, desk, at)), Vec::new(), change)
}

/// An approval that this client opened here, as it is now.
fn theirs(approval: Option<Approval>, caller: &Caller, at: &Moment) -> Result<Approval, Why> {
    let client = caller.client().map(|client| &client.id);
    approval
        .filter(|approval| Some(&approval.client) == client && approval.door == Door::AccessRequest)
        .map(|approval| approval.as_of(at.now))
        .ok_or(Why::AccessRequest(Problem::UnknownTask))
}

fn status_endpoint(approval: &Approval, desk: &Desk) -> String {
    format!("{}/{}", desk.endpoint, Handle::write(&desk.key, &approval.id))
}

/// A task, with its result when it was approved: who said so is nobody's to know here.
fn task(approval: &Approval, desk: &Desk, at: &Moment) -> Object {
    let approval = approval.clone().as_of(at.now);
    let status = match &approval.state {
        State::Asked | State::Clarifying { .. } | State::PartlyApproved { .. } => "pending",
        State::Approved { .. } => "approved",
        State::Denied { .. } => "denied",
        State::Cancelled { .. } => "cancelled",
        State::Expired { .. } => "expired",
        State::Redeemed { .. } => "failed", // nothing here is redeemed
    };
    let address = status_endpoint(&approval, desk);
    let mut task = Object::new();
    task.insert("id".to_owned(), Handle::write(&desk.key, &approval.id).into());
    task.insert("status".to_owned(), status.into());
    task.insert("status_endpoint".to_owned(), address.as_str().into());
    if approval.state.waits() {
        task.insert("expires_at".to_owned(), approval.expires.rfc3339().into());
        task.insert("links".to_owned(), json!({ "cancel": format!("{address}/cancel") }));
        let needed = approval.whom.quorum();
        if needed > 1 {
            let step = approval.state.yes().len().saturating_add(1);
            task.insert(
                "progress".to_owned(),
                json!({ "current_step": step, "total_steps": needed }),
            );
        }
    }
    let mut document = Object::new();
    document.insert("task".to_owned(), Value::Object(task));
    if let State::Approved { at: approved, .. } = &approval.state {
        let mut reference = approval_of(&approval.id, desk, approval.expires);
        reference.insert("approved_at".to_owned(), approved.rfc3339().into());
        let mut result = Object::new();
        result.insert("mode".to_owned(), "reevaluate".into());
        result.insert("approval".to_owned(), Value::Object(reference));
        document.insert("result".to_owned(), Value::Object(result));
    }
    document
}
