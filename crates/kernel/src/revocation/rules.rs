//! Whether a client may take a token back.

use crate::{
    approval::{self, Approval, Skin},
    authorization_code::proved_client,
    caller::Caller,
    decision::{Change, Decision, Reply, Write},
    event::{Event, EventKind},
    family::Family,
    grant,
    introspection::Facts as Token,
    moment::Moment,
    token,
};

/// What was loaded about the token.
#[derive(Debug)]
pub enum Facts {
    /// What it is as an access token.
    Access(Token),
    /// The line of a refresh token that is genuinely ours.
    Refresh(Box<Family>),
    /// The question behind a deferral code that is genuinely ours.
    Approval(Box<Approval>),
}

/// Decides a revocation request.
pub fn decide(caller: &Caller, facts: &Facts, at: &Moment) -> Decision {
    // 1. A client: authenticated, or by name if it has no credential (RFC 7009 s2.1). Whoever holds the token of a client without credential may end it: that is no power.
    let client = match proved_client(caller, None) {
        Ok(client) => client,
        Err(why) => {
            let event = Event::refused(&why, caller, at);
            return Decision::refuse(why, Vec::new(), vec![event]);
        }
    };

    // 2. A question that waits is taken back by whoever asked it (Deferred Token Response): its answer is never delivered.
    if let Facts::Approval(approval) = facts {
        let own = approval.client == client.id && approval.door.opens_with(Skin::Deferred);
        let change = own.then(|| approval::cancelled(approval, caller, at)).flatten();
        return Decision::issue(Reply::Done, Vec::new(), change.unwrap_or_default());
    }

    // 3. Only its own token. Somebody else's looks like no token at all (RFC 7009 s2.2: 200 for an invalid token), so that nobody can find out by trying.
    // The log tells them apart: it says `token.revoked` only where a token was revoked.
    let refused = Event::new(EventKind::RequestRefused, caller, at);
    let (sure, event) = match facts {
        Facts::Access(Token::Known(known)) if known.record.client == client.id => {
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
        Facts::Access(Token::Known(known)) => (
            Vec::new(),
            refused
                .about(known.record.id.as_str())
                .with("reason", "token of another client"),
        ),
        // A refresh token, of any generation: the authorization ends, and every token of it (RFC 7009 s2.1).
        Facts::Refresh(family) if family.client == client.id => (
            vec![Write::Grant(grant::Write::EnsureRevoked {
                id: family.grant.clone(),
                at: at.now,
            })],
            Event::new(EventKind::TokenRevoked, caller, at)
                .about(family.id.as_str())
                .with("grant", family.grant.as_str()),
        ),
        Facts::Refresh(family) => (
            Vec::new(),
            refused
                .about(family.id.as_str())
                .with("reason", "refresh token of another client"),
        ),
        Facts::Approval(_) | Facts::Access(Token::Unknown) => (Vec::new(), refused.with("reason", "no such token")),
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
