//! Central consent (seed 001): what an administrator decided, for everybody or a group, so that nobody needs to be asked, or can say yes.
//!
//! A person's own yes is a grant (`grant.rs`); a rule here comes before it. What is forbidden nobody can allow; what is allowed needs no question, and the page says
//! that it was so decided. Every door asks again at every use: a new `forbid` silences what was given before.

use proof::Time;

use crate::{
    authority::{Audience, Scopes},
    client::{Client, Registration},
    id::{AdministratorId, ClientId, GroupId, RuleId},
    resource::ResourceUri,
    user::User,
};

/// Rules of a tenant, at most: they are read whole.
pub const RULES_MAX: usize = 500;

/// For which clients a rule is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clients {
    /// All of them.
    Every,
    /// Those that nobody registered: they came with a document of their own, or registered themselves.
    Unregistered,
    /// One.
    One(ClientId),
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nobody needs to be asked.
    Allow,
    /// Nobody can say yes.
    Forbid,
}

impl Effect {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Forbid => "forbid",
        }
    }

    /// The effect of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Allow, Self::Forbid]
            .into_iter()
            .find(|effect| effect.name() == name)
    }
}

/// A rule of central consent: client, scope and place, each or every; for everybody or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// For which clients. Without one, an `allow` is for those that an administrator registered.
    pub clients: Clients,
    /// For which scope; every one when absent.
    pub scope: Option<String>,
    /// At which place; every one when absent.
    pub resource: Option<ResourceUri>,
    /// For whom; everybody when absent.
    pub group: Option<GroupId>,
    /// What it says.
    pub effect: Effect,
    /// Who made it.
    pub by: AdministratorId,
    /// When.
    pub created: Time,
}

impl Rule {
    /// Whether it speaks of this scope of this client at this place for this person.
    fn speaks_of(&self, client: &Client, user: &User, audience: &Audience, scope: &str) -> bool {
        let client_fits = match &self.clients {
            // To forbid covers everybody; to allow covers whom somebody here knows. Whoever registered themselves is allowed by name only.
            Clients::Every => self.effect == Effect::Forbid || !registered_itself(client),
            Clients::Unregistered => registered_itself(client),
            Clients::One(id) => *id == client.id,
        };
        let place_fits = match (&self.resource, audience) {
            (None, _) => true,
            (Some(uri), Audience::Resource(place)) => uri == place,
            (Some(_), Audience::Issuer) => false,
        };
        client_fits
            && place_fits
            && self.scope.as_deref().is_none_or(|named| named == scope)
            && self.group.as_ref().is_none_or(|group| user.memberships.contains(group))
    }
}

const fn registered_itself(client: &Client) -> bool {
    match client.registration {
        Registration::Administrator => false,
        Registration::Document { .. } | Registration::Itself { .. } => true,
    }
}

/// What the rules make of a list of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Nobody can say yes to these.
    pub forbidden: Scopes,
    /// Nobody needs to be asked about these.
    pub decided: Scopes,
    /// The person decides about these.
    pub open: Scopes,
    /// The rules that decided, for the audit log.
    pub rules: Vec<RuleId>,
}

/// Judges scopes by the rules: a `forbid` beats every `allow`.
pub fn judge(rules: &[Rule], client: &Client, user: &User, audience: &Audience, scopes: &Scopes) -> Judgement {
    let speaks = |rule: &Rule, scope: &str| rule.speaks_of(client, user, audience, scope);
    let mut judgement = Judgement::default();
    for scope in scopes.iter() {
        let speaking = |effect: Effect| rules.iter().find(|rule| rule.effect == effect && speaks(rule, scope));
        let (list, rule) = match (speaking(Effect::Forbid), speaking(Effect::Allow)) {
            (Some(rule), _) => (&mut judgement.forbidden, Some(rule)),
            (None, Some(rule)) => (&mut judgement.decided, Some(rule)),
            (None, None) => (&mut judgement.open, None),
        };
        *list = list.with(&Scopes::one(scope));
        if let Some(rule) = rule.filter(|rule| !judgement.rules.contains(&rule.id)) {
            judgement.rules.push(rule.id.clone());
        }
    }
    judgement
}

/// Whether nobody can say yes to anything at this place: a `forbid` for every scope. It is asked where there is no scope to judge.
pub fn forbids_the_place(rules: &[Rule], client: &Client, user: &User, audience: &Audience) -> bool {
    let every_scope = |rule: &&Rule| rule.effect == Effect::Forbid && rule.scope.is_none();
    rules
        .iter()
        .filter(every_scope)
        .any(|rule| rule.speaks_of(client, user, audience, ""))
}

/// What a change may do to rules, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is new.
    Create(Box<Rule>),
}

/// What a change does to rules whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// It is gone.
    Drop(RuleId),
}

#[cfg(test)]
mod tests;
