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
        return Decision::refuse(
            Why::CredentialsMissing,
            Vec::new(),
            vec![Event::refused(&Why::CredentialsMissing, caller, at)],
        );
    };

    // 2. Only its own token. Somebody else's looks like no token at all (RFC 7009 s2.2: 200 for an invalid token), so that nobody can find out by trying.
    // The log tells them apart: it says `token.revoked` only where a token was revoked.
    let refused = Event::new(EventKind::RequestRefused, caller, at);
    let (sure, event) = match facts {
        Facts::Known(known) if known.record.client == machine.client.id => {
            let write = Write::Token(token::Write::EnsureRevoked {
                id: known.record.id.clone(),
                at: at.now,
            });
            (
                vec![write],
                Event::new(EventKind::TokenRevoked, caller, at)
                    .about(known.record.id.as_str())
                    .with("grant", known.record.grant.as_str()),
            )
        }
        Facts::Known(known) => (
            Vec::new(),
            refused
                .about(known.record.id.as_str())
                .with("reason", "token of another client"),
        ),
        Facts::Unknown => (Vec::new(), refused.with("reason", "no such token")),
    };
    Decision::issue(
        Reply::Done,
        Vec::new(),
        Change {
            sure,
            events: vec![event],
            ..Change::default()
        },
    )
}
