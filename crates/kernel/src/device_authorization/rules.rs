//! Whether a device gets a code.

use serde_json::json;

use super::Request;
use crate::{
    approval::{self, Asks, Door, Handle, UserCode, Whom},
    authorization::Wanted,
    authorization_code::proved_client,
    caller::Caller,
    capability::Strength,
    client::{self, GrantType, SecurityProfile},
    decision::{Change, Decision, Guard, Reply},
    detail::Types,
    event::Event,
    moment::Moment,
    resource::Resource,
    tenant::Tenant,
    token::TenantKeys,
    why::Why,
};

/// How long the codes live, in seconds: long enough to find a phone, short enough that a code lying around is worth nothing.
pub const LIFETIME_SECONDS: i64 = 600;
/// Where a person types the code, below the issuer: short, for it is typed too.
pub const VERIFICATION_PATH: &str = "/device";

/// What was loaded for the question.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The tenant's keys for handles and codes.
    pub keys: &'a TenantKeys,
    /// The epoch of the client's registration as it is now: read again when somebody moved first, `None` at the first look.
    pub client_epoch: Option<i64>,
    /// The resource that the request names, if it is registered.
    pub resource: Option<Resource>,
    /// The types of the details that are asked, and what their schemas make of them.
    pub types: Types,
    /// From which address the request came, if that is known.
    pub from: Option<String>,
}

/// Decides a device authorization request.
pub fn decide(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    consider(request, caller, facts, at).unwrap_or_else(|why| {
        let event = Event::refused(&why, caller, at);
        Decision::refuse(why, Vec::new(), vec![event])
    })
}

fn consider(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<Decision, Why> {
    // 1. A client that an administrator registered for it, where the tenant has it. FAPI has no such grant: a person cannot tell what they answer (S-28).
    if !facts.tenant.settings.device_grant.is_on() {
        return Err(Why::GrantTypeUnknown);
    }
    let client = proved_client(caller, facts.client_epoch)?;
    if !client.grant_types.contains(&GrantType::DeviceCode) {
        return Err(Why::GrantTypeNotAllowed);
    }
    if client.profile(facts.tenant) >= SecurityProfile::Fapi2 {
        return Err(Why::ProfileUnmet);
    }

    // 2. What it wants, as at the authorization endpoint.
    let (scopes, resource) = (request.scopes.as_ref(), request.resource.as_ref());
    let wanted = Wanted::of(client, scopes, &request.details, resource, facts.resource.as_ref())?;
    let place = facts.tenant.place_of(&wanted.audience);
    facts.types.askable(&request.details, client, place)?;

    // 3. The question, and its two codes: one for the device, one for a person to type.
    let code = UserCode::draw(at);
    let asking = approval::Asking {
        door: Door::Device,
        client,
        asks: Asks {
            once: false,
            strength: Strength::None,
            scopes: wanted.scopes,
            details: request.details.clone(),
            audience: wanted.audience,
            message: None,
            clarified: Vec::new(),
            question: None,
        },
        whom: Whom::WhoeverHasTheCode,
        user_code_digest: Some(code.digest(&facts.keys.approvals)),
        started_from: facts.from.clone(),
        lifetime_seconds: LIFETIME_SECONDS,
        submitted_as: None,
    };
    let put = approval::ask(asking, &[], caller, at)?;
    let mut guards = put.guards;
    guards.push(Guard::Client(client::Guard::Unchanged {
        id: client.id.clone(),
        epoch: client.epoch,
    }));
    let document = json!({
        "device_code": Handle::write(&facts.keys.approvals, &put.approval.id),
        "user_code": code.shown(),
        "verification_uri": format!("{}{VERIFICATION_PATH}", facts.tenant.issuer),
        "expires_in": LIFETIME_SECONDS,
        "interval": put.approval.interval_seconds,
    });
    let change = Change {
        guards,
        events: put.events,
        ..Change::default()
    };
    let document = document.as_object().cloned().unwrap_or_default();
    Ok(Decision::issue(Reply::Document(document), Vec::new(), change))
}
