//! Callers by an access token of ours (RFC 6750, RFC 9449 s7.1, RFC 8705 s3): apps that act for a person, and machines that act for themselves.

use std::sync::Arc;

use kernel::{
    Caller, Confirmation, Moment, Who, Why,
    caller::{PureMachine, UserDelegatedMachine},
    client_authentication::dpop_mark,
    form::Form,
    grant::Subject,
};
use proof::certificate::Certificate;
use store::TenantDb;

use super::{Proved, check_nonce, dpop_proof};
use crate::{
    app::App,
    fault::Stop,
    http::{Presented, Scheme},
    oauth,
    routes::{Route, TokenProof},
};

/// A token, and under which scheme it came.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    token: String,
    scheme: Scheme,
}

/// The token of a request, if the route takes one and there is one. Two are two claims to be somebody (RFC 6750 s2).
pub(super) fn presented(route: &Route, shown: &Presented, form: &Form) -> Result<Option<Shown>, Why> {
    let in_body = match route.token {
        TokenProof::TakenFromBody => form.text("access_token"),
        TokenProof::Taken | TokenProof::Only => None,
        TokenProof::OfRegistration | TokenProof::Ignored => return Ok(None),
    };
    let in_header = shown.token()?.map(|(scheme, token)| Shown { token, scheme });
    let by_credential = ["client_secret", "client_assertion"]
        .iter()
        .any(|name| form.text(name).is_some());
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Why::TokenTwice),
        (Some(_), None) if by_credential => Err(Why::CredentialsTwice), // RFC 6749 s2.3
        (None, Some(token)) => Ok(Some(Shown {
            token: token.to_owned(),
            scheme: Scheme::Bearer,
        })),
        (in_header, None) => Ok(in_header),
    }
}

/// Who calls by it. Whether the token is enough for what is asked is for the rules to say; that it is one of ours, for us, that it counts and is shown as it is bound, is said here.
pub(super) async fn proved(
    app: &Arc<App>,
    tenant: &TenantDb,
    shown: &Presented,
    presented: Shown,
    at: &Moment,
) -> Result<Proved, Stop> {
    let hangs = oauth::hangs(app, tenant, &presented.token, at.now).await?;
    let known = match hangs {
        Some(hangs) if hangs.speaks_here(at) => Arc::clone(&hangs.known),
        Some(_) | None => return Err(Why::TokenUnknown.into()),
    };
    let client = known.client.clone().ok_or(Why::TokenUnknown)?;
    let mut marks = Vec::new();
    let key = match (&known.record.key, presented.scheme) {
        (Some(Confirmation::Jkt(_)), Scheme::Bearer) => return Err(Why::TokenKeyMissing.into()), // a downgrade (RFC 9449 s7.2)
        (Some(Confirmation::Jkt(_)), Scheme::Dpop) => {
            let proof = dpop_proof(shown, Some(&presented.token), at.now)?.ok_or(Why::TokenKeyMissing)?;
            let proof = proof.into_inner();
            check_nonce(app, tenant, proof.nonce.as_deref(), at.now)?;
            marks.push(dpop_mark(&proof));
            Some(Confirmation::Jkt(proof.jkt))
        }
        (Some(Confirmation::Certificate(_)) | None, Scheme::Dpop) => return Err(Why::TokenUnknown.into()),
        (Some(Confirmation::Certificate(_)), Scheme::Bearer) => {
            let certificate = shown
                .certificate
                .as_ref()
                .and_then(|shown| Certificate::parse(shown.own()).ok());
            certificate.map(|certificate| Confirmation::Certificate(certificate.thumbprint().to_owned()))
        }
        (None, Scheme::Bearer) => None,
    };
    if known.record.key != key {
        return Err(Why::TokenUnknown.into()); // somebody else's key
    }
    let who = match known.path.first().map(|grant| &grant.subject) {
        Some(Subject::User(user)) => Who::UserDelegatedMachine(UserDelegatedMachine {
            client: client.id,
            user: user.clone(),
        }),
        Some(Subject::Nobody) => Who::PureMachine(PureMachine { client }),
        None => return Err(Why::TokenUnknown.into()),
    };
    Ok(Proved {
        caller: Caller {
            who,
            key,
            instance: None,
            marks,
        },
        token: Some(presented.token),
        known: Some(known),
    })
}
