//! What a candidate would have said to the questions of the audit log, from the newest back.
//!
//! Bounded in four ways: decisions that are asked, entries that are looked at, seconds, and bytes of what is listed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kernel::{
    Time,
    policy::{Answer, Asked, Policy},
};
use proof::json::Object;
use serde_json::{Value, json};
use store::{Entry, TenantDb};

use crate::fault::Fault;

/// Entries that are looked at, at most, and at a time.
const ENTRIES_MAX: usize = 100_000;
const PAGE_ROWS: i64 = 200;
/// How long it takes at most; whoever waits for the answer waits longer.
const SECONDS_MAX: u64 = 15;
/// Answers that would be others, listed at most; all are counted.
const LISTED_MAX: usize = 500;
const LISTED_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What counts, and what would.
#[derive(Debug)]
pub(super) struct Two {
    pub(super) counts: Policy,
    pub(super) candidate: Policy,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    replayed: usize,
    flips: usize,
    listed: Vec<Value>,
    listed_bytes: usize,
}

/// Replays the last decisions.
pub(super) async fn run(tenant: &TenantDb, two: &Arc<Two>, last: u32) -> Result<Object, Fault> {
    let over = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&over);
    let timer = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(SECONDS_MAX)).await;
        ends.store(true, Ordering::Relaxed);
    });
    let found = until(tenant, two, usize::try_from(last).unwrap_or(usize::MAX), &over).await;
    timer.abort();
    let (found, complete) = found?;
    let mut o = Object::new();
    o.insert("replayed".to_owned(), found.replayed.into());
    o.insert("flips".to_owned(), found.flips.into());
    o.insert("would_flip".to_owned(), found.listed.into());
    o.insert("complete".to_owned(), complete.into());
    Ok(o)
}

async fn until(tenant: &TenantDb, two: &Arc<Two>, last: usize, over: &Arc<AtomicBool>) -> Result<(Found, bool), Fault> {
    let mut found = Found::default();
    let mut seen = 0_usize;
    let mut place: Option<(Time, String, i64)> = None;
    while found.replayed < last {
        if over.load(Ordering::Relaxed) || seen >= ENTRIES_MAX {
            return Ok((found, false));
        }
        let before = place.as_ref().map(|(at, stream, n)| (*at, stream.as_str(), *n));
        let page = tenant.events_before(before, PAGE_ROWS).await?;
        let Some(end) = page.last() else { break };
        place = Some((end.at, end.stream.clone(), end.n));
        seen = seen.saturating_add(page.len());
        let (two, over) = (Arc::clone(two), Arc::clone(over));
        let look = move || {
            found.look(&page, &two, last, &over);
            found
        };
        found = tokio::task::spawn_blocking(look).await.map_err(|_| Fault::TaskEnded)?;
    }
    Ok((found, true))
}

impl Found {
    fn look(&mut self, page: &[Entry], two: &Two, last: usize, over: &AtomicBool) {
        for entry in page.iter().filter(|entry| entry.body.contains("\"decisions\"")) {
            let body: Value = serde_json::from_str(&entry.body).unwrap_or_default();
            let decisions = body.pointer("/policy/decisions").and_then(Value::as_array);
            for decision in decisions.into_iter().flatten() {
                if self.replayed >= last || over.load(Ordering::Relaxed) {
                    return;
                }
                self.ask(entry, decision, two);
            }
        }
    }

    fn ask(&mut self, entry: &Entry, decision: &Value, two: &Two) {
        if decision.get("beside").is_some() {
            return; // no policy decided it, so none would decide it otherwise
        }
        let question = decision.get("question").and_then(Value::as_object);
        let asked = question.and_then(|question| Asked::read(question, entry.at).ok());
        let was = decision
            .get("answer")
            .and_then(Value::as_str)
            .and_then(Answer::from_name);
        let (Some(question), Some(asked), Some(was)) = (question, asked, was) else {
            return; // no question of ours
        };
        let counting = two.counts.judge(&asked.question());
        let asked = asked.as_if_known(&two.counts, &two.candidate);
        let verdict = two.candidate.judge(&asked.question());
        self.replayed = self.replayed.saturating_add(1);
        let human_was = two.counts.takes_a_human(asked.action(), &counting);
        let human_would_be = two.candidate.takes_a_human(asked.action(), &verdict);
        match (was == Answer::Permit, verdict.answer == Answer::Permit) {
            (false, false) => return,
            // Permitted then and permitted still: it is another answer if a human must say so by the one and not by the other.
            (true, true) if human_was == human_would_be || counting.answer != Answer::Permit => return,
            (true, true | false) | (false, true) => {}
        }
        self.flips = self.flips.saturating_add(1);
        let flip = json!({
            "at": entry.at.unix(),
            "request_id": entry.request_id,
            "question": question,
            "was": was.name(),
            "would_be": verdict.answer.name(),
            "human_was": human_was && was == Answer::Permit,
            "human_would_be": human_would_be,
            "decided_was": decision.get("decided"),
            "decided_would_be": verdict.decided,
        });
        let bytes = flip.to_string().len();
        let room = self.listed_bytes.saturating_add(bytes) <= LISTED_BYTES_MAX;
        if room && self.listed.len() < LISTED_MAX {
            self.listed_bytes = self.listed_bytes.saturating_add(bytes);
            self.listed.push(flip);
        }
    }
}
