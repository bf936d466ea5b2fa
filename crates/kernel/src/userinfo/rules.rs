//! What is told.

use crate::{
    authority::Scopes,
    caller::Caller,
    confirmation::Confirmation,
    decision::{Change, Decision, Reply, Unsigned},
    event::{Event, EventKind},
    identity,
    introspection::{self, Facts, Known},
    moment::Moment,
    tenant::Tenant,
    token::TenantKeys,
    why::Why,
};

/// Tells who the person is. What changes nothing goes to the journal.
pub fn decide(caller: &Caller, facts: &Facts, tenant: &Tenant, keys: &TenantKeys, at: &Moment) -> Decision {
    consider(caller, facts, tenant, keys, at).unwrap_or_else(|why| {
        let event = Event::refused(&why, caller, at);
        Decision::refuse(why, Vec::new(), vec![event])
    })
}

fn consider(caller: &Caller, facts: &Facts, tenant: &Tenant, keys: &TenantKeys, at: &Moment) -> Result<Decision, Why> {
    // 1. A token of ours, for here, that counts now (RFC 6750 s3.1).
    let known = presented(caller, facts, at)?;

    // 2. It asks who is there (OpenID Connect Core s5.3.1).
    let scopes = Scopes::parse(&known.record.scope).map_err(|_| Why::TokenUnknown)?;
    if !scopes.contains(identity::OPENID) {
        return Err(Why::TokenWithoutOpenId);
    }
    let (Some(user), Some(client)) = (&known.user, &known.client) else {
        return Err(Why::TokenUnknown);
    };

    // 3. The name this client knows, and what it may know (s5.3.2).
    let mut claims = identity::claims(user, &scopes);
    claims.insert("sub".to_owned(), keys.subject_at(client, &user.id).into());
    let event = Event::new(EventKind::UserInfoTold, caller, at)
        .about(known.record.id.as_str())
        .with("client", client.id.as_str());
    let change = Change {
        events: vec![event],
        ..Change::default()
    };

    // 4. Signed for the client, if it registered so (s5.3.2): then with who says it and to whom.
    Ok(match client.further.userinfo {
        None => Decision::issue(Reply::Document(claims), Vec::new(), change),
        said @ Some(_) => {
            claims.insert("iss".to_owned(), tenant.issuer.as_str().into());
            claims.insert("aud".to_owned(), client.id.as_str().into());
            let unsigned = Unsigned {
                typ: "JWT",
                signing: client.signing(said, tenant),
                claims,
                hash_of: None,
            };
            Decision::issue(Reply::Jwt { typ: "application/jwt" }, vec![unsigned], change)
        }
    })
}

/// The token that a caller shows for one of our own endpoints: it counts, and it is shown as it is bound (RFC 9449 s7.1, RFC 8705 s3).
pub(crate) fn presented<'f>(caller: &Caller, facts: &'f Facts, at: &Moment) -> Result<&'f Known, Why> {
    let Facts::Known(known) = facts else {
        return Err(Why::TokenUnknown);
    };
    if !introspection::speaks_here(known, at) {
        return Err(Why::TokenUnknown);
    }
    match (&known.record.key, &caller.key) {
        (None, _) => {}
        (Some(bound), Some(shown)) if bound == shown => {}
        (Some(Confirmation::Jkt(_)), _) => return Err(Why::TokenKeyMissing),
        (Some(Confirmation::Certificate(_)), _) => return Err(Why::TokenUnknown),
    }
    Ok(known)
}
