//! Asking: whether there is room for one more question, and what the client is told (S-29).

use proof::Time;

use super::{Approval, Asks, Door, Guard as ApprovalGuard, INTERVAL_SECONDS, Places, Skin, State, Whom};
use crate::{
    access_request::SubmittedAs,
    authority::Scopes,
    authorization::OWN_SCOPES,
    caller::Caller,
    client::Client,
    decision::Guard,
    event::{Event, EventKind},
    moment::Moment,
    resource::Resource,
    why::Why,
};

/// Questions of one client that wait for the same people, at most.
const OF_CLIENT_MAX: i64 = 3;
/// Questions that wait for the same people, at most.
const OF_WHOM_MAX: i64 = 10;
/// How long a client is not heard after a no, in seconds; it doubles with each further no of the same day.
const COOL_DOWN_SECONDS: i64 = 60;
/// A question that was taken back counts so much longer, in seconds: to ask and take back in a loop would be free otherwise.
const TAKEN_BACK_SECONDS: i64 = 60;

/// What a skin wants to ask.
#[derive(Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) door: Door,
    pub(crate) client: &'a Client,
    pub(crate) asks: Asks,
    pub(crate) whom: Whom,
    pub(crate) user_code_digest: Option<String>,
    pub(crate) started_from: Option<String>,
    pub(crate) lifetime_seconds: i64,
    pub(crate) submitted_as: Option<SubmittedAs>,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Put {
    /// The question that waits: this one, or the same that was asked before.
    pub(crate) approval: Approval,
    pub(crate) guards: Vec<Guard>,
    pub(crate) events: Vec<Event>,
}

/// Puts a question. `others` are those of the same people in the time that the limits look back, the newest first.
pub(crate) fn ask(asking: Asking<'_>, others: &[Approval], caller: &Caller, at: &Moment) -> Result<Put, Why> {
    let mut approval = Approval {
        id: at.id("approval"),
        payload_hash: Approval::hash(&asking.client.id, &asking.door, &asking.asks),
        door: asking.door,
        client: asking.client.id.clone(),
        key: caller.key.clone(),
        asks: asking.asks,
        whom: asking.whom,
        state: State::Asked,
        places: None,
        user_code_digest: asking.user_code_digest,
        interval_seconds: INTERVAL_SECONDS,
        started_from: asking.started_from,
        submitted_as: asking.submitted_as,
        expires: at.now.plus(asking.lifetime_seconds),
        created: at.now,
        epoch: 0,
    };
    let (waiting, over): (Vec<&Approval>, Vec<&Approval>) = others
        .iter()
        .filter(|other| other.state.waits())
        .partition(|other| other.expires > at.now);

    // 1. The same question is asked once, however often the client asks it.
    let twin = approval.twin();
    if let Some(same) = waiting.iter().find(|other| other.twin() == twin) {
        return Ok(Put {
            approval: (*same).clone(),
            guards: Vec::new(),
            events: Vec::new(),
        });
    }

    // 2. What comes to people unasked has limits. Whoever types a code came for it by themselves.
    if approval.whom != Whom::WhoeverHasTheCode {
        cooled_down(&approval, others, at.now)?;
        approval.places = Some(places(&approval, &waiting, others, at.now)?);
    }

    // 3. What is over leaves its places first: guards are kept in their order.
    let expired = over.into_iter().map(|other| {
        Guard::Approval(ApprovalGuard::Expire {
            id: other.id.clone(),
            at: other.expires,
            yes: other.state.yes().to_vec(),
        })
    });
    let event = Event::new(EventKind::ApprovalAsked, caller, at)
        .about(approval.id.as_str())
        .with("door", approval.door.name())
        .with("client", approval.client.as_str())
        .with("whom", approval.whom.kind())
        .with("who", approval.whom.who().as_ref())
        .with("quorum", approval.whom.quorum())
        .with("audience", approval.asks.audience.as_row())
        .with("scope", approval.asks.scopes.joined())
        .with("payload_hash", approval.payload_hash.as_str())
        .with("expires", approval.expires.unix())
        .with("bound", approval.key.is_some())
        .with_details(&approval.asks.details);
    let create = Guard::Approval(ApprovalGuard::Create(Box::new(approval.clone())));
    Ok(Put {
        approval,
        guards: expired.chain([create]).collect(),
        events: vec![event],
    })
}

/// After a no the client is not heard for a while, and longer after each further no.
fn cooled_down(approval: &Approval, others: &[Approval], now: Time) -> Result<(), Why> {
    let denied = || {
        others
            .iter()
            .filter(|other| other.client == approval.client)
            .filter_map(|other| {
                let State::Denied { at, .. } = other.state else {
                    return None;
                };
                Some(at)
            })
    };
    let Some(last) = denied().max() else { return Ok(()) };
    let doublings = denied().count().saturating_sub(1).min(10);
    let pause = (0..doublings).fold(COOL_DOWN_SECONDS, |pause, _| pause.saturating_mul(2));
    if last.plus(pause) > now {
        return Err(Why::TooMany("questions after a no"));
    }
    Ok(())
}

/// A free place among the client's and among everybody's.
fn places(approval: &Approval, waiting: &[&Approval], others: &[Approval], now: Time) -> Result<Places, Why> {
    let of_client = |other: &&&Approval| other.client == approval.client;
    let taken_back = others.iter().filter(|other| {
        other.client == approval.client
            && matches!(other.state, State::Cancelled { at, .. } if at.plus(TAKEN_BACK_SECONDS) > now)
    });
    let asked = waiting
        .iter()
        .filter(of_client)
        .count()
        .saturating_add(taken_back.count());
    if i64::try_from(asked).unwrap_or(i64::MAX) >= OF_CLIENT_MAX {
        return Err(Why::TooMany("questions of this client that wait"));
    }
    let free = |max: i64, taken: &dyn Fn(&Places) -> i64, whose: &dyn Fn(&&&Approval) -> bool| {
        (0..max).find(|place| {
            let here = |other: &&Approval| other.places.as_ref().is_some_and(|places| taken(places) == *place);
            !waiting.iter().filter(whose).any(here)
        })
    };
    Ok(Places {
        of_client: free(OF_CLIENT_MAX, &|places| places.of_client, &of_client)
            .ok_or(Why::TooMany("questions of this client that wait"))?,
        of_whom: free(OF_WHOM_MAX, &|places| places.of_whom, &|_| true)
            .ok_or(Why::TooMany("questions that wait for these people"))?,
    })
}

/// Whether a place knows all of these scopes: nobody is asked about words that mean nothing there.
pub(crate) fn own_or_known(resource: Option<&Resource>, scopes: &Scopes) -> bool {
    match resource {
        Some(resource) => resource.known(scopes) == *scopes,
        None => scopes
            .iter()
            .all(|scope| OWN_SCOPES.iter().any(|(own, _)| *own == scope)),
    }
}

impl Skin {
    /// How the log names the door that is polled.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Device => "device code",
            Self::Deferred => "deferral code",
        }
    }
}
