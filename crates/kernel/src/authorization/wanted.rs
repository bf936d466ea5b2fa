//! What a client wants of a person at a place, and what their yes gives: the same for every page that asks a person.

use std::collections::BTreeSet;

use proof::Time;

use super::{OWN_SCOPES, rules::CONSENT_SECONDS};
use crate::{
    authority::{Ask, Audience, Authority, DEPTH_MAX, Scopes},
    caller::BrowserUser,
    client::{self, Client, Registration},
    consent::{self, Judgement, Rule},
    decision::Guard,
    detail::Details,
    grant::{self, Grant, Holder, Source, Status, Subject},
    id::GrantId,
    identity,
    moment::Moment,
    policy::{Rules, Ruling, Scene},
    power::Powers,
    resource::{Resource, ResourceUri},
    tenant::Tenant,
    why::{Refused, Why},
};

/// How often a person's grant may be handed on: to the authorization that is redeemed, and three times below it.
const CONSENT_DEPTH: u8 = 4;
const _: () = assert!(CONSENT_DEPTH <= DEPTH_MAX, "a consent is a grant like any other");

/// What a client wants at a place that is there.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) client: &'a Client,
    pub(crate) resource: Option<&'a Resource>,
    pub(crate) audience: Audience,
    pub(crate) scopes: Scopes,
    pub(crate) details: &'a Details,
    pub(crate) acts: Acting,
}

/// For whom a client will act by the yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acting {
    /// For whoever says it.
    ForThePerson,
    /// For itself: they are approvers.
    ForItself,
}

/// What the organisation makes of it.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// Scope by scope.
    pub(crate) judgement: Judgement,
    /// What policies said.
    pub(crate) ruling: Ruling,
}

impl Judged {
    /// The details that policies allow.
    pub(crate) fn permitted(&self, details: &Details) -> Details {
        details.keeping(|place| self.ruling.permits_detail(place))
    }
}

/// What is given of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The scopes.
    pub scopes: Scopes,
    /// What exactly.
    pub details: Details,
}

impl Given {
    /// What both have.
    #[must_use]
    pub fn shared_with(&self, other: &Self) -> Self {
        Self {
            scopes: self.scopes.shared_with(other.scopes.iter()),
            details: self.details.shared_with(&other.details),
        }
    }
}

impl From<Scopes> for Given {
    fn from(scopes: Scopes) -> Self {
        Self {
            scopes,
            details: Details::default(),
        }
    }
}

/// The place that is asked for, registered and enabled, or nothing for our own endpoints (RFC 8707 s2).
pub(super) fn place<'r>(at: Option<&ResourceUri>, loaded: Option<&'r Resource>) -> Result<Option<&'r Resource>, Why> {
    match (at, loaded) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(Why::ResourceUnknown),
        (Some(_), Some(resource)) if resource.disabled.is_some() => Err(Why::ResourceDisabled),
        (Some(_), Some(resource)) => Ok(Some(resource)),
    }
}

/// What the place knows of the scope that was asked, with what it brings with it; all of it, or our default, when nothing was asked (RFC 6749 s3.3), no details either.
/// Who is there may be asked beside everything else (OpenID Connect Core s3.1.2.1 `openid`).
pub(super) fn scopes(asked: Option<&Scopes>, details: &Details, place: Option<&Resource>) -> Result<Scopes, Why> {
    let known = place.map_or_else(own_scopes, Resource::every);
    let asked_here = asked.map(|scopes| scopes.without(&elsewhere(&known)));
    let scopes = match (asked_here.filter(|scopes| !scopes.is_empty()), place) {
        // Nothing of this place was asked beside it: as if nothing was asked.
        (Some(scopes), Some(_)) if scopes.iter().all(identity::is_identity) => known.with(&scopes),
        (Some(scopes), _) => {
            let identity = scopes.iter().filter(|scope| identity::is_identity(scope));
            let identity = identity.fold(Scopes::default(), |all, scope| all.with(&Scopes::one(scope)));
            let wanted = known.shared_with(scopes.iter()).with(&identity);
            if wanted.is_empty() && !known.is_empty() {
                return Err(Why::ScopeUnknown);
            }
            wanted
        }
        (None, _) if !details.is_empty() => Scopes::default(),
        (None, Some(_)) => known,
        (None, None) => OWN_SCOPES
            .iter()
            .filter(|(_, by_default)| *by_default)
            .fold(Scopes::default(), |all, (name, _)| all.with(&Scopes::one(name))),
    };
    Ok(place.map_or_else(|| scopes.clone(), |resource| resource.with_implied(&scopes)))
}

impl<'a> Wanted<'a> {
    /// Reads it out of what was asked.
    pub(crate) fn of(
        client: &'a Client,
        asked: Option<&Scopes>,
        details: &'a Details,
        at: Option<&ResourceUri>,
        loaded: Option<&'a Resource>,
    ) -> Result<Self, Why> {
        let resource = place(at, loaded)?;
        let audience = resource.map_or(Audience::Issuer, |resource| Audience::Resource(resource.uri.clone()));
        let scopes = scopes(asked, details, resource)?;
        Ok(Self {
            client,
            resource,
            audience,
            scopes,
            details,
            acts: Acting::ForThePerson,
        })
    }

    /// What the organisation makes of it: central consent, then policies. What either forbids nobody can allow.
    pub(crate) fn judge(&self, person: &BrowserUser, rules: &Rules, tenant: &Tenant, now: Time) -> Result<Judged, Why> {
        let central = self.central(person, &rules.consent)?;
        let wanted = central.open.with(&central.decided);
        let scene = Scene {
            policy: &rules.policy,
            client: self.client,
            user: match self.acts {
                Acting::ForThePerson => Some(&person.user),
                Acting::ForItself => None,
            },
            audience: &self.audience,
            place: tenant.place_of(&self.audience),
            now,
        };
        let ruling = scene.rule(&wanted, self.details);
        let no_detail = !(0..self.details.len()).any(|place| ruling.permits_detail(place));
        if !ruling.permits() && ruling.forbidden() == wanted && no_detail {
            return Err(ruling.refusal(Refused::Question));
        }
        let forbidden = ruling.forbidden();
        Ok(Judged {
            judgement: Judgement {
                open: central.open.without(&forbidden),
                decided: central.decided.without(&forbidden),
                forbidden: central.forbidden.with(&forbidden),
                rules: central.rules,
            },
            ruling,
        })
    }

    fn central(&self, person: &BrowserUser, rules: &[Rule]) -> Result<Judgement, Why> {
        let judgement = consent::judge(rules, self.client, &person.user, &self.audience, &self.scopes);
        let details_asked = !self.details.is_empty(); // what forbids every scope here forbids every detail too
        let all_forbidden = if self.scopes.is_empty() || details_asked {
            consent::forbids_the_place(rules, self.client, &person.user, &self.audience)
        } else {
            judgement.forbidden == self.scopes
        };
        if all_forbidden {
            return Err(Why::ForbiddenByRule);
        }
        Ok(judgement)
    }

    /// What is given when some of it was left out: never what the organisation forbids. A yes to nothing is a no.
    pub(crate) fn given(
        &self,
        judged: &Judged,
        without: &Scopes,
        without_details: &BTreeSet<String>,
    ) -> Result<Given, Why> {
        let allowed = judged.judgement.open.with(&judged.judgement.decided);
        let details = judged.permitted(self.details);
        let given = Given {
            scopes: self.closed(&allowed.without(without), without),
            details: details.without(without_details),
        };
        let nothing_asked = allowed.is_empty() && details.is_empty();
        if given == Given::default() && !nothing_asked {
            return Err(Why::PersonDenied);
        }
        Ok(given)
    }

    /// What is given when some scopes were left out: a scope whose own share was refused brings nothing with it.
    fn closed(&self, given: &Scopes, without: &Scopes) -> Scopes {
        match self.resource {
            None => given.clone(),
            // Leaving out what a wider scope brings with it leaves the wider one out too: it could not be had without.
            Some(resource) => given
                .iter()
                .filter(|scope| {
                    let brings = resource.with_implied(&Scopes::one(scope));
                    without.iter().all(|left_out| !brings.contains(left_out))
                })
                .fold(Scopes::default(), |all, scope| all.with(&Scopes::one(scope))),
        }
    }

    /// A living grant from this source that has all of these scopes here.
    pub(crate) fn held<'f>(
        &self,
        scopes: &Scopes,
        source: &Source,
        grants: &'f [Vec<Grant>],
        at: &Moment,
    ) -> Option<&'f [Grant]> {
        let covers = |path: &&Vec<Grant>| {
            path.first().is_some_and(|grant| {
                grant.source == *source
                    && grant.authority.audiences().contains(&self.audience)
                    && grant.authority.scopes().covers(scopes)
            }) && grant::lives(path, at.now)
        };
        grants.iter().find(covers).map(Vec::as_slice)
    }

    /// The same yes as one that is young still: it says nothing new, and makes no second line on the person's page.
    pub(crate) fn said_before<'f>(
        &self,
        given: &Given,
        source: &Source,
        grants: &'f [Vec<Grant>],
        at: &Moment,
    ) -> Option<&'f [Grant]> {
        self.held(&given.scopes, source, grants, at).filter(|path| {
            path.first().is_some_and(|grant| {
                let theirs = &grant.authority;
                let nothing_else =
                    given.details.is_empty() && theirs.details().is_empty() && theirs.powers().is_empty();
                nothing_else
                    && *grant.authority.scopes() == given.scopes
                    && grant.created.plus(CONSENT_SECONDS / 2) > at.now
            })
        })
    }

    /// A client with a document of its own becomes a row when somebody says yes to it, and not before: strangers fill no table.
    pub(crate) fn client_stays(&self) -> Guard {
        match self.client.registration {
            Registration::Document { .. } => Guard::Client(client::Guard::PutDocument(Box::new(self.client.clone()))),
            Registration::Administrator | Registration::Itself { .. } => Guard::Client(client::Guard::Unchanged {
                id: self.client.id.clone(),
                epoch: self.client.epoch,
            }),
        }
    }

    /// The root grant of a person's yes.
    pub(crate) fn root(&self, person: &BrowserUser, given: &Given, source: Source, at: &Moment) -> Grant {
        let authority = Authority::root(Ask {
            scopes: given.scopes.clone(),
            details: given.details.clone(),
            powers: Powers::default(),
            audiences: [self.audience.clone()].into(),
            expires: Some(at.now.plus(CONSENT_SECONDS)),
            depth: CONSENT_DEPTH,
        });
        Grant {
            id: at.id("grant"),
            holder: Holder::Client(self.client.id.clone()),
            subject: Subject::User(person.user.id.clone()),
            authority,
            parent: None,
            source,
            status: Status::Active,
            epoch: 0,
            created: at.now,
            terms: grant::Terms::default(),
            signs: grant::Signs::default(),
        }
    }
}

/// That a grant lives as it was read: it, and everything it hangs on.
pub(crate) fn lives_as_read(path: &[Grant]) -> Option<(GrantId, Vec<Guard>)> {
    let first = path.first()?;
    let live = path.iter().map(|node| {
        Guard::Grant(grant::Guard::Live {
            id: node.id.clone(),
            epoch: node.epoch,
        })
    });
    Some((first.id.clone(), live.collect()))
}

/// Every scope of our own endpoints.
fn own_scopes() -> Scopes {
    OWN_SCOPES
        .iter()
        .fold(Scopes::default(), |all, (name, _)| all.with(&Scopes::one(name)))
}

/// Scopes that say nothing about this place, and count as not asked: those of our own endpoints, which some clients take from our metadata and send everywhere, and
/// `offline_access`, which gives nothing here (docs/divergences.md). Who is there may be asked with any place.
fn elsewhere(known: &Scopes) -> Scopes {
    own_scopes()
        .with(&Scopes::one("offline_access"))
        .without(&Scopes::one(identity::OPENID))
        .without(known)
}
