//! Whether a device gets its tokens.

use super::Request;
use crate::{
    approval::{self, Pending, Skin},
    caller::Caller,
    client::GrantType,
    decision::Decision,
    event::Event,
    moment::Moment,
    why::Why,
};

/// Decides a poll.
pub fn decide(request: &Request, caller: &Caller, facts: &Pending<'_>, at: &Moment) -> Decision {
    let refuse = |why: Why| {
        let event = Event::refused(&why, caller, at);
        Decision::refuse(why, Vec::new(), vec![event])
    };
    if !facts.tenant.settings.device_grant.is_on() {
        return refuse(Why::GrantTypeUnknown); // what waits then waits in vain
    }
    let allowed = caller
        .client()
        .is_none_or(|client| client.grant_types.contains(&GrantType::DeviceCode));
    if !allowed {
        return refuse(Why::GrantTypeNotAllowed);
    }
    approval::poll(&request.code, Skin::Device, caller, facts, at)
}
