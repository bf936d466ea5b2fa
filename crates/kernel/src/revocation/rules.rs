//! Whether a client may take a token back.

use crate::{
    caller::{Caller, Who},
    decision::{Change, Decision, Reply, Write},
    event::{Event, EventKind},
    introspection::Facts,
    moment::Moment,
    token,
    why::Why,
};

/// Decides a revocation request.
pub fn decide(caller: &Caller, facts: &Facts, at: &Moment) -> Decision {
    // 1. Only a client that authenticated (RFC 7009 s2.1).
    let Who::PureMachine(machine) = &caller.who else {
        return Decision::refuse(Why::CredentialsMissing, Vec::new(), vec![Event::refused(&Why::CredentialsMissing, caller, at)]);
    };
    let event = Event::new(EventKind::TokenRevoked, caller, at);

    // 2. Only its own token. Somebody else's looks like no token at all (RFC 7009 s2.2: 200 for an invalid token), so that nobody can find out by trying.
    let (sure, event) = match facts {
        Facts::Known(known) if known.record.client == machine.client.id => {
            let write = Write::Token(token::Write::EnsureRevoked { id: known.record.id.clone(), at: at.now });
            (vec![write], event.about(known.record.id.as_str()).with("grant", known.record.grant.as_str()))
        }
        Facts::Known(known) => (Vec::new(), event.about(known.record.id.as_str()).with("refused", "token of another client")),
        Facts::Unknown => (Vec::new(), event.with("refused", "no such token")),
    };
    Decision::issue(Reply::Done, Vec::new(), Change { sure, events: vec![event], ..Change::default() })
}
