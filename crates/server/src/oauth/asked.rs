//! An authorization request, wherever it stands: in parameters, in a request object by value or behind an address that the client registered (RFC 9101), or behind a name that
//! a push was given (RFC 9126). The authorization endpoint and the endpoint for pushes read it here, and only here.

use std::sync::Arc;

use kernel::{
    Algorithm, Moment, Why,
    authorization::{self, Asked, Carried, Returns, Wish},
    client::{Client, SecurityProfile},
    form::Form,
};
use proof::{
    id_token::{self, IdTokenHint},
    jws::{Compact, Rejected},
    request_object::{self, RequestObjectError, Rules},
};
use store::TenantDb;

use crate::{app::App, client_keys, fault::Stop};

/// Where a request object may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// At the authorization endpoint.
    Browser,
    /// At the endpoint for pushes: not behind an address (RFC 9126 s2.1).
    Push,
}

/// The parameters that count, and whether the client signed them.
#[derive(Clone, Debug)]
pub(crate) struct Parameters {
    pub(crate) form: Form,
    pub(crate) signed: Wish,
}

/// What the client says: what stands in its request object if there is one, and nothing beside it then (RFC 9101 s6.3).
pub(crate) async fn parameters(
    app: &App,
    tenant: &TenantDb,
    client: &Client,
    form: Form,
    door: Door,
    at: &Moment,
) -> Result<Parameters, Stop> {
    let object = match (form.text("request"), form.text("request_uri")) {
        (None, None) => {
            return Ok(Parameters { form, signed: Wish::No });
        }
        (Some(_), Some(_)) => return Err(Why::RequestTwice.into()),
        (Some(object), None) => object.to_owned(),
        (None, Some(_)) if door == Door::Push => return Err(Why::RequestTwice.into()),
        (None, Some(address)) => {
            let known = client.further.request_uris.iter().any(|uri| {
                uri == address || uri.split('#').next() == Some(address) // a fragment is the digest of what stands there
            });
            if !known {
                return Err(Why::RequestUriUnknown.into());
            }
            let place = address.split('#').next().unwrap_or(address);
            app.documents.request_object(app, place, at.now).await?
        }
    };
    let form = opened(app, tenant, client, &object, door, at).await?;
    Ok(Parameters {
        form,
        signed: Wish::Yes,
    })
}

async fn opened(
    app: &App,
    tenant: &TenantDb,
    client: &Client,
    object: &str,
    door: Door,
    at: &Moment,
) -> Result<Form, Stop> {
    let wrong = |error: RequestObjectError| Why::RequestObject(error);
    let compact = Compact::parse(object.trim()).map_err(|rejected| match (rejected, door) {
        (Rejected::Algorithm, Door::Browser) => Why::RequestNotSupported, // unsigned, or by a shared secret
        (rejected, _) => wrong(RequestObjectError::Jws(rejected)),
    })?;
    let registered = client.further.request_object;
    if registered.is_some_and(|algorithm| algorithm != compact.algorithm()) {
        return Err(wrong(RequestObjectError::Jws(Rejected::WrongAlgorithm)).into());
    }
    let profile = client.profile(tenant.tenant());
    if profile >= SecurityProfile::Fapi2 && compact.algorithm() == Algorithm::RS256 {
        return Err(wrong(RequestObjectError::Jws(Rejected::WrongAlgorithm)).into()); // FAPI 2.0 s5.4
    }
    let keys = client_keys::of(app, tenant, client, compact.kid(), at.now).await?;
    let keys = keys.ok_or(wrong(RequestObjectError::Jws(Rejected::UnknownKey)))?;
    let expect = request_object::Expect {
        client_id: client.id.as_str(),
        issuer: &tenant.tenant().issuer,
        now: at.now,
        rules: if profile >= SecurityProfile::Fapi2MessageSigning {
            Rules::MessageSigning
        } else {
            Rules::Plain
        },
    };
    let object = request_object::check(&compact, &keys, &expect).map_err(wrong)?;
    Ok(Form::of_claims(&object.parameters)?)
}

/// Reads the request that the parameters make.
pub(crate) async fn asked(
    app: &Arc<App>,
    tenant: &TenantDb,
    client: &Client,
    parameters: &Parameters,
    returns: Returns,
    door: Door,
    at: &Moment,
) -> Result<Asked, Stop> {
    let carried = Carried {
        pushed: match door {
            Door::Browser => Wish::No,
            Door::Push => Wish::Yes,
        },
        signed: parameters.signed,
    };
    let mut asked = Asked::parse(&parameters.form, client, tenant.tenant(), returns, carried, at)?;
    if let Some(text) = parameters.form.text("id_token_hint") {
        let hint = hint(app, tenant, text).await?.ok_or(Why::HintUnknown)?;
        if !hint.aud.iter().any(|aud| aud == client.id.as_str()) {
            return Err(Why::HintOfAnother.into());
        }
        asked.demand.subject = Some(hint.sub);
    }
    if door == Door::Push {
        let resource = match &asked.resource {
            Some(uri) => tenant.resource(uri).await?,
            None => None,
        };
        authorization::askable(&asked, resource.as_ref())?;
    }
    if !asked.details.is_empty() {
        // What cannot be asked is refused at the door, pushed or not (RFC 9396 s5); it is asked again at every step, since types change.
        let mut types = tenant.types().await?;
        app.schemas.judge(&mut types, &asked.details);
        let place = asked
            .resource
            .as_ref()
            .map_or(tenant.tenant().issuer.as_str(), |uri| uri.as_str());
        types.askable(&asked.details, client, place)?;
    }
    Ok(asked)
}

/// What one of our ID tokens says, expired or not.
pub(crate) async fn hint(app: &Arc<App>, tenant: &TenantDb, text: &str) -> Result<Option<IdTokenHint>, Stop> {
    let Ok(compact) = Compact::parse(text) else {
        return Ok(None);
    };
    let ring = app.keyring.ring(app, tenant.tenant()).await?;
    let hint = id_token::check_hint(&compact, &ring.key_set, &tenant.tenant().issuer);
    Ok(hint.ok().map(proof::Verified::into_inner))
}
