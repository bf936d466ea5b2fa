//! Central consent.

use kernel::{
    ClientId, Why,
    administration::NewRule,
    consent::{Clients, Effect},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ANY_CLIENT_ID, GROUP_ID, RESOURCE, SCOPE_TOKEN, people, resource};

/// A new rule of central consent. Whatever it does not name, it is about every one of.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct RuleBody {
    /// `allow`: nobody needs to be asked. `forbid`: nobody can say yes; it beats every `allow`.
    #[schemars(extend("enum" = [Effect::Allow.name(), Effect::Forbid.name()]))]
    effect: String,
    /// For this client; it may be the address of a client metadata document that nobody registered.
    #[schemars(regex(pattern = ANY_CLIENT_ID))]
    client_id: Option<String>,
    /// `unregistered`: for every client that no administrator registered. Not together with `client_id`.
    #[schemars(extend("enum" = [Some(UNREGISTERED), None::<&str>]))]
    clients: Option<String>,
    /// For this scope.
    #[schemars(regex(pattern = SCOPE_TOKEN))]
    scope: Option<String>,
    /// At this resource.
    #[schemars(regex(pattern = RESOURCE))]
    resource: Option<String>,
    /// For the people of this group or role.
    #[schemars(regex(pattern = GROUP_ID))]
    group: Option<String>,
}

const UNREGISTERED: &str = "unregistered";

impl RuleBody {
    pub(in crate::admin) fn into_command(self) -> Result<NewRule, Why> {
        let clients = match (self.client_id.as_deref(), self.clients.as_deref()) {
            (None, None) => Clients::Every,
            (None, Some(UNREGISTERED)) => Clients::Unregistered,
            (Some(id), None) => Clients::One(ClientId::parse(id).ok_or(Why::Absent("client"))?),
            (None, Some(_)) => return Err(Why::Body("clients: unregistered; without it, every client".to_owned())),
            (Some(_), Some(_)) => return Err(Why::Body("clients: not together with client_id".to_owned())),
        };
        Ok(NewRule {
            clients,
            scope: self.scope,
            resource: self.resource.as_deref().map(resource).transpose()?,
            group: self.group.as_deref().map(|id| people::group(id, "group")).transpose()?,
            effect: Effect::from_name(&self.effect).ok_or_else(|| Why::Body("effect: allow or forbid".to_owned()))?,
        })
    }
}
