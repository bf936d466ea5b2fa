//! A grant of status denied, as questions ask it: what it names is refused to its holder, whatever other grants say (product s3, step 4).

use std::collections::BTreeSet;

use proof::Time;

use super::{Policy, Scene};
use crate::{
    authority::{Audience, Scopes},
    capability::{Capability, CapabilityName},
    grant::{Grant, Holder, Status},
    id::{ClientId, GrantId},
};

/// What one client is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The grant that says so.
    grant: GrantId,
    client: ClientId,
    /// Where; everywhere when it names no resource.
    places: BTreeSet<Audience>,
    scopes: Scopes,
    capabilities: BTreeSet<CapabilityName>,
    expires: Option<Time>,
}

impl Denial {
    /// Reads a grant; none for one that denies nothing.
    pub fn of(grant: &Grant) -> Option<Self> {
        let (Status::Denied, Holder::Client(client)) = (grant.status, &grant.holder) else {
            return None;
        };
        let authority = &grant.authority;
        let resources = authority.audiences().iter().filter(|place| **place != Audience::Issuer);
        Some(Self {
            grant: grant.id.clone(),
            client: client.clone(),
            places: resources.cloned().collect(),
            scopes: authority.scopes().clone(),
            capabilities: authority
                .powers()
                .iter()
                .map(|power| power.capability.clone())
                .collect(),
            expires: authority.expires(),
        })
    }

    fn is_about(&self, client: &ClientId, place: Option<&Audience>, now: Time) -> bool {
        let here = self.places.is_empty() || place.is_some_and(|place| self.places.contains(place));
        let lasts = self.expires.is_none_or(|end| end > now);
        self.client == *client && here && lasts
    }

    /// Whether it names neither a scope nor a capability: then nothing is left there.
    fn is_whole(&self) -> bool {
        self.scopes.is_empty() && self.capabilities.is_empty()
    }
}

impl Policy {
    /// The grant by which a client is denied a capability at a place; a place that is no resource's is none that a denial names.
    pub(crate) fn denied_by(
        &self,
        client: &ClientId,
        place: Option<&Audience>,
        capability: &CapabilityName,
        now: Time,
    ) -> Option<&GrantId> {
        let mut about = self.denials.iter().filter(|denial| denial.is_about(client, place, now));
        let by_scope = |scope: &str| self.may_stand_for(scope, place, capability);
        let found = about.find(|denial| {
            denial.is_whole() || denial.capabilities.contains(capability) || denial.scopes.iter().any(by_scope)
        })?;
        Some(&found.grant)
    }

    /// Whether a scope stands for a capability at a place of resources, or anywhere where no such place is named: a denial of the one is a denial of the other.
    fn may_stand_for(&self, scope: &str, place: Option<&Audience>, capability: &CapabilityName) -> bool {
        let resource = match place {
            Some(Audience::Resource(uri)) => Some(uri.as_str()),
            Some(Audience::Issuer) | None => None,
        };
        match resource {
            Some(resource) => self
                .named_by(scope, resource)
                .is_some_and(|known| known.name == *capability),
            None => self.stands_for(scope).any(|known| known.name == *capability),
        }
    }
}

impl Scene<'_> {
    /// The grant by which the client is denied a scope here, by its name or by the capability that it stands for.
    pub(super) fn scope_denied_by(&self, scope: &str, named: Option<&Capability>) -> Option<&GrantId> {
        let all = self.policy.denials.iter();
        let mut about = all.filter(|denial| denial.is_about(&self.client.id, Some(self.audience), self.now));
        let found = about.find(|denial| {
            let by_capability = named.is_some_and(|known| denial.capabilities.contains(&known.name));
            denial.is_whole() || denial.scopes.contains(scope) || by_capability
        })?;
        Some(&found.grant)
    }

    /// The grant by which the client is denied a capability here.
    pub(super) fn denied_by(&self, capability: &CapabilityName) -> Option<&GrantId> {
        self.policy
            .denied_by(&self.client.id, Some(self.audience), capability, self.now)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Details, vectors::facts};

    #[test]
    fn a_denial_is_about_its_client_its_places_and_its_time() {
        let (here, elsewhere) = ("https://here.example/mcp", "https://elsewhere.example/mcp");
        let row = |more: serde_json::Value| {
            let mut row = json!({ "id": "d", "client_id": "agent", "denied": true });
            for (name, value) in more.as_object().unwrap() {
                row[name] = value.clone();
            }
            Denial::of(&facts::grant(&row)).unwrap()
        };
        let now = Time::from_unix(100);
        let cases = [
            (json!({ "scope": "write" }), "agent", here, true),
            (json!({ "scope": "write" }), "another", here, false),
            (json!({ "scope": "write", "resources": [here] }), "agent", here, true),
            (
                json!({ "scope": "write", "resources": [here] }),
                "agent",
                elsewhere,
                false,
            ),
            (json!({ "scope": "read" }), "agent", here, false),
            (json!({ "resources": [here] }), "agent", here, true),
            (
                json!({ "capabilities": [{ "action": "purchase" }] }),
                "agent",
                here,
                false,
            ),
            (json!({ "scope": "write", "expires_at": 100 }), "agent", here, false),
            (json!({ "scope": "write", "expires_at": 101 }), "agent", here, true),
        ];
        for (denied, client, place, expected) in cases {
            let policy = Policy::built_in().denying(vec![row(denied.clone())]);
            let client = facts::client(&json!({ "client_id": client, "token_endpoint_auth_method": "none" }));
            let audience = Audience::from_row(place).unwrap();
            let scene = Scene {
                policy: &policy,
                client: &client,
                user: None,
                audience: &audience,
                place,
                now,
            };
            let write = Scopes::one("write");
            let ruling = scene.rule(&write, &Details::default());
            assert_eq!(
                ruling.forbidden() == write,
                expected,
                "{denied} for {} at {place}",
                client.id
            );
        }
        let policy = Policy::built_in().denying(vec![row(json!({ "capabilities": [{ "action": "purchase" }] }))]);
        let client = facts::client(&json!({ "client_id": "agent", "token_endpoint_auth_method": "none" }));
        let scene = Scene {
            policy: &policy,
            client: &client,
            user: None,
            audience: &Audience::Issuer,
            place: here,
            now,
        };
        let details = Details::parse(r#"[{"type":"purchase"}]"#).unwrap();
        assert!(!scene.rule(&Scopes::default(), &details).permits_detail(0));
        let purchase = policy.capability("purchase").unwrap();
        assert!(!scene.rule_one(purchase, &serde_json::Map::new()).permits());
    }
}
