//! What a request at the authorization endpoint is answered with, and where the answer goes.

use std::collections::{BTreeMap, BTreeSet};

use proof::{Time, json};

use super::{
    request::{Asked, Returns, Wish, forbids_to_ask, place_of_answer},
    wanted::{self, Given, Judged, Wanted, lives_as_read},
};
use crate::{
    authority::Scopes,
    authorization_code::{self, AuthorizationCode},
    browser_session::{self, Assurance},
    caller::{BrowserUser, Caller},
    capability::Strength,
    client::{self, Authentication, Client, Registration},
    consent::Judgement,
    decision::{Before, Change, ConsentAsk, Decision, Guard, Pending, Reply, Return, Touch, Unsigned, Write},
    detail::Types,
    event::{Event, EventKind},
    form::Form,
    grant::{self, Grant, Source},
    id::GrantId,
    moment::Moment,
    policy::Rules,
    pushed_authorization,
    resource::Resource,
    tenant::Tenant,
    token::TenantKeys,
    user,
    why::Why,
};

/// How long a person's yes stands, in seconds: half a year, then they are asked again.
pub const CONSENT_SECONDS: i64 = 180 * 86_400;
/// How long a signed answer counts, in seconds (JARM s2.1: ten minutes at most).
const SIGNED_ANSWER_SECONDS: i64 = 600;

/// What was loaded for the question.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The tenant's keys, for the names that clients know people by.
    pub keys: &'a TenantKeys,
    /// The client as it is now.
    pub client: Option<Client>,
    /// The resource that the request names, if it is registered.
    pub resource: Option<Resource>,
    /// What the organisation decided: central consent and policies.
    pub rules: Rules,
    /// The types of the details that are asked, and what their schemas make of them.
    pub types: Types,
    /// What the person has granted to this client or the organisation for them, each with its path to the root.
    pub grants: Vec<Vec<Grant>>,
    /// Whether the request was answered before: its code is there.
    pub answered: Answered,
}

/// Whether a request was answered before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It was: it is over.
    Before,
    /// It was not.
    NotYet,
}

/// What the person said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Yes, but for these.
    Allow {
        /// What they left out.
        without: Scopes,
        /// What they said of details.
        details: Chosen,
    },
    /// No.
    Deny,
}

/// What a person said of the details on their page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// What the page showed: see [`Types::shown`]. A yes is to that and to nothing else (S-30).
    pub shown: String,
    /// The digests of those that they left out.
    pub without: BTreeSet<String>,
}
/// The request arrives: somebody must sign in, somebody must be asked, or there is an answer.
pub fn begin(asked: &Asked, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    considered(asked, caller, at, || {
        let question = Question::of(asked, facts, at)?;

        // 1. Who is there, and are we as sure as the client wants? (OpenID Connect Core s3.1.2.3, RFC 9470 s5)
        let Some(person) = question.present(caller, facts, at)? else {
            return match asked.prompt.none {
                Wish::Yes => Err(Why::LoginRequired),
                Wish::No => Ok(wait(Pending::SignIn(Box::new(Asked {
                    sent_to_sign_in: Wish::Yes,
                    ..asked.clone()
                })))),
            };
        };

        // 2. What the organisation makes of it; what it forbids nobody can allow, and what wants a passkey wants one for this very request.
        let judged = question.judged(person, facts, at)?;
        if !question.is_verified(person, &judged) {
            return match asked.prompt.none {
                Wish::Yes => Err(Why::LoginRequired),
                Wish::No if question.was_for_this(person) => Err(Why::AssuranceUnmet), // they came back from there and cannot do better
                Wish::No => Ok(wait(Pending::SignIn(Box::new(asked.verified())))),
            };
        }
        let judgement = &judged.judgement;

        // 3. A yes that stands needs no question, unless the client wants one, or nobody could tell who is asking (RFC 8252 s8.6).
        //    About details the person is asked each time: nobody said yes to this payment before, and no rule can.
        let may_be_silent = asked.prompt.consent == Wish::No
            && asked.details.is_empty()
            && judged.ruling.strength() < Strength::Biometric;
        let standing = question.standing(judgement, facts, at).filter(|_| may_be_silent);
        if let Some(path) = standing {
            let wanted = judgement.open.with(&judgement.decided).into();
            return Ok(question.code(person, &wanted, Basis::Standing(path), &judged, caller, facts, at));
        }
        let all_decided = judgement.open.is_empty() && !judgement.decided.is_empty(); // where there is no scope, no rule decided anything
        if all_decided && may_be_silent {
            let decided = judgement.decided.clone().into();
            return Ok(question.code(
                person,
                &decided,
                Basis::Organisation(judgement),
                &judged,
                caller,
                facts,
                at,
            ));
        }

        // 4. The person is asked.
        match asked.prompt.none {
            Wish::Yes => Err(Why::ConsentRequired),
            Wish::No => Ok(wait(Pending::Consent(Box::new(ConsentAsk {
                asked: asked.clone(),
                before: question.before(judgement, facts, at),
                open: judgement.open.clone(),
                decided: judgement.decided.clone(),
                forbidden: judgement.forbidden.clone(),
                details: judged.permitted(&asked.details),
            })))),
        }
    })
}

/// The person answers.
pub fn answer(asked: &Asked, said: &Said, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    considered(asked, caller, at, || {
        let question = Question::of(asked, facts, at)?;
        if *said == Said::Deny && question.is_beyond(caller) {
            return Err(Why::AssuranceDeclined);
        }
        let person = question.present(caller, facts, at)?.ok_or(Why::SignInRequired)?; // whoever answers is whoever proved themselves for this request (S-33)
        let judged = question.judged(person, facts, at)?;
        let (without, chosen) = match said {
            Said::Deny => return Err(Why::PersonDenied),
            Said::Allow { without, details } => (without, details),
        };
        if chosen.shown != facts.types.shown(&asked.details) {
            return Err(Why::PageExpired); // the page showed other details, or in other words than they have now (S-30)
        }
        if !question.is_verified(person, &judged) {
            return Err(Why::AssuranceUnmet);
        }
        let given = question.wanted.given(&judged, without, &chosen.without)?;
        Ok(question.code(person, &given, Basis::Person, &judged, caller, facts, at))
    })
}

fn considered(asked: &Asked, caller: &Caller, at: &Moment, decide: impl FnOnce() -> Result<Decision, Why>) -> Decision {
    decide().unwrap_or_else(|why| {
        let refused = Event::refused(&why, caller, at);
        if !is_said_by_person(&why) {
            return Decision::refuse(why, Vec::new(), vec![refused]);
        }
        let kind = EventKind::AuthorizationDenied;
        let event = Event { kind, ..refused }.with("client", asked.client.as_str()); // a no is said to somebody
        let end = Write::PushedRequest(pushed_authorization::Write::End(asked.id.clone())); // and it is an answer: the same request is not asked again
        let sure = Some(end).filter(|_| asked.pushed == Wish::Yes).into_iter().collect();
        Decision::refuse(why, sure, vec![event])
    })
}

fn wait(pending: Pending) -> Decision {
    Decision::wait(pending, Vec::new(), Change::default())
}

/// Where a code comes from.
#[derive(Clone, Copy)]
enum Basis<'a> {
    /// The person, just now.
    Person,
    /// What the person said before.
    Standing(&'a [Grant]),
    /// The tenant's rules.
    Organisation(&'a Judgement),
}

/// A request whose client and place are there.
struct Question<'a> {
    asked: &'a Asked,
    tenant: &'a Tenant,
    client: &'a Client,
    wanted: Wanted<'a>,
}

/// Whether a request could be granted at all, as far as that shows before anybody is asked: what a pushed request is refused for at once (RFC 9126 s2.1).
pub fn askable(asked: &Asked, resource: Option<&Resource>) -> Result<(), Why> {
    let place = wanted::place(asked.resource.as_ref(), resource)?;
    wanted::scopes(asked.scopes.as_ref(), &asked.details, place).map(drop)
}

impl<'a> Question<'a> {
    fn of(asked: &'a Asked, facts: &'a Facts<'_>, at: &Moment) -> Result<Self, Why> {
        // 1. The client is still there, and the place of the answer is still its own: minutes may have passed.
        let client = facts.client.as_ref().ok_or(Why::ClientUnknown)?;
        if client.disabled.is_some() {
            return Err(Why::ClientDisabled);
        }
        if place_of_answer(client, asked.returns.redirect_uri.as_str()).is_none() {
            return Err(Why::RedirectUriUnknown);
        }
        if asked.expires() <= at.now {
            return Err(Why::PageExpired);
        }
        if facts.answered == Answered::Before {
            return Err(Why::AlreadyAnswered);
        }

        // 2. What it wants, at a place that is there: scopes, and details, each of a type that is there, in its form, and for here (RFC 9396 s5).
        let (scopes, resource) = (asked.scopes.as_ref(), asked.resource.as_ref());
        let wanted = Wanted::of(client, scopes, &asked.details, resource, facts.resource.as_ref())?;
        facts
            .types
            .askable(&asked.details, client, facts.tenant.place_of(&wanted.audience))?;
        Ok(Self {
            asked,
            tenant: facts.tenant,
            client,
            wanted,
        })
    }

    /// The person who is there, if they are whom the client wants, and proved it as strongly and as lately as it wants. Who proved themselves for this very request did it
    /// late enough; when that was not strong enough, they cannot do better.
    fn present<'c>(&self, caller: &'c Caller, facts: &Facts<'_>, at: &Moment) -> Result<Option<&'c BrowserUser>, Why> {
        let demand = &self.asked.demand;
        let level = demand.assurance()?;
        let Some(person) = caller.person() else {
            return Ok(None);
        };
        // Times are whole seconds: a sign-in of this very second counts only if we asked for it.
        let for_this = self.was_for_this(person);
        let again = self.asked.prompt.login == Wish::Yes || demand.max_age == Some(0); // the same (OpenID Connect Core s3.1.2.1)
        let lately = demand
            .max_age
            .is_none_or(|seconds| person.session.authenticated.plus(seconds) >= at.now);
        let wanted = demand
            .subject
            .as_ref()
            .is_none_or(|subject| *subject == facts.keys.subject_at(self.client, &person.user.id));
        let strong = level.is_none_or(|level| person.session.method.assurance() >= level);
        if for_this && !wanted {
            return Err(Why::LoginRequired); // somebody else signed in than the client means (OpenID Connect Core s3.1.2.1)
        }
        if for_this && !strong {
            return Err(Why::AssuranceUnmet);
        }
        let as_wanted = wanted && strong && (for_this || (!again && lately));
        Ok(as_wanted.then_some(person))
    }

    /// What the organisation makes of it. Policies that demand approvers beside the person are not met here: nobody waits for them in a browser.
    fn judged(&self, person: &BrowserUser, facts: &Facts<'_>, at: &Moment) -> Result<Judged, Why> {
        let judged = self.wanted.judge(person, &facts.rules, self.tenant, at.now)?;
        if !judged.ruling.demands().approvers.is_empty() {
            return Err(Why::ApproversDemanded);
        }
        Ok(judged)
    }

    /// Whether the person proved themselves for this very request.
    fn was_for_this(&self, person: &BrowserUser) -> bool {
        self.asked.sent_to_sign_in == Wish::Yes && person.session.authenticated >= self.asked.created
    }

    /// Whether the person was verified by a passkey for this very request, where a capability or a policy demands that.
    fn is_verified(&self, person: &BrowserUser, judged: &Judged) -> bool {
        let verified = person.session.method.assurance() >= Assurance::PhishingResistant;
        judged.ruling.strength() < Strength::Biometric || (verified && self.was_for_this(person))
    }

    /// Whether nobody is there who proved themselves as strongly as the client demands. Such a one can say nothing but that they cannot: it gives nothing, and they saw
    /// the page with the client's name and place on it.
    fn is_beyond(&self, caller: &Caller) -> bool {
        let level = self.asked.demand.assurance().ok().flatten();
        level.is_some_and(|level| {
            caller
                .person()
                .is_none_or(|person| person.session.method.assurance() < level)
        })
    }

    /// A living grant of this person that has all of it, given to this client as it is now (S-23).
    fn standing<'f>(&self, judgement: &Judgement, facts: &'f Facts<'_>, at: &Moment) -> Option<&'f [Grant]> {
        if self.could_be_anybody() {
            return None;
        }
        let wanted = judgement.open.with(&judgement.decided);
        let source = Source::Person {
            basis: self.client.basis(),
        };
        self.wanted.held(&wanted, &source, &facts.grants, at)
    }

    /// Whether another program on the person's computer could be the one that asks: no credential, and a place of answer that any program can take (RFC 8252 s8.6).
    fn could_be_anybody(&self) -> bool {
        self.client.authentication == Authentication::Nothing && self.asked.returns.redirect_uri.is_local()
    }

    /// What the person said before.
    fn before(&self, judgement: &Judgement, facts: &Facts<'_>, at: &Moment) -> Before {
        let here = |path: &&Vec<Grant>| {
            grant::lives(path, at.now)
                && path.first().is_some_and(|grant| {
                    matches!(grant.source, Source::Person { .. })
                        && grant.authority.audiences().contains(&self.wanted.audience)
                })
        };
        let given: Vec<&Grant> = facts
            .grants
            .iter()
            .filter(here)
            .filter_map(|path| path.first())
            .collect();
        let Some(last) = given.iter().max_by_key(|grant| grant.created) else {
            return Before::Nothing;
        };
        let at = last.created;
        let basis = self.client.basis();
        let same = |grant: &&&Grant| matches!(&grant.source, Source::Person { basis: then } if *then == basis);
        let known = given
            .iter()
            .filter(same)
            .fold(Scopes::default(), |all, grant| all.with(grant.authority.scopes()));
        let details: BTreeMap<String, Time> = given
            .iter()
            .filter(same)
            .flat_map(|grant| {
                let digests = grant.authority.details().digests();
                digests.into_iter().map(|digest| (digest, grant.created))
            })
            .fold(BTreeMap::new(), |mut last, (digest, at)| {
                let then = last.entry(digest).or_insert(at);
                *then = at.max(*then);
                last
            });
        let allowed: Option<Vec<Time>> = self
            .asked
            .details
            .digests()
            .iter()
            .map(|digest| details.get(digest).copied())
            .collect();
        match allowed {
            _ if !given.iter().any(|grant| same(&grant)) => Before::AnotherClient { at },
            Some(times) if known.covers(&judgement.open) => match times.into_iter().max() {
                None => Before::Same { at },
                Some(at) => Before::Again { at },
            },
            Some(_) | None => Before::Less { at },
        }
    }

    /// The grant that a code projects: one that is there, expected to live as it was read, or a new one.
    fn grant(
        &self,
        person: &BrowserUser,
        given: &Given,
        basis: Basis<'_>,
        facts: &Facts<'_>,
        at: &Moment,
    ) -> (GrantId, Vec<Guard>) {
        let basis_now = || self.client.basis();
        let (there, source) = match basis {
            Basis::Standing(path) => (Some(path), Source::Person { basis: basis_now() }),
            Basis::Person => (None, Source::Person { basis: basis_now() }),
            Basis::Organisation(_) => (None, Source::Organisation { basis: basis_now() }),
        };
        let there = there.or_else(|| self.wanted.said_before(given, &source, &facts.grants, at));
        if let Some(there) = there.and_then(lives_as_read) {
            return there;
        }
        let root = self.wanted.root(person, given, source, at);
        (
            root.id.clone(),
            vec![Guard::Grant(grant::Guard::Create(Box::new(root)))],
        )
    }

    /// The code, and the grant that it projects when there is a new one.
    #[expect(
        clippy::too_many_arguments,
        reason = "who said yes to what, on which ground, and what policies said"
    )]
    fn code(
        &self,
        person: &BrowserUser,
        given: &Given,
        basis: Basis<'_>,
        judged: &Judged,
        caller: &Caller,
        facts: &Facts<'_>,
        at: &Moment,
    ) -> Decision {
        let (id, code, digest) = authorization_code::fresh(at);
        let event = Event::new(EventKind::AuthorizationGiven, caller, at)
            .with("client", self.client.id.as_str())
            .with("audience", self.wanted.audience.as_row())
            .with("scope", given.scopes.joined())
            .with_details(&given.details);
        let event = match basis {
            Basis::Standing(_) => event.with("by", "standing consent"),
            Basis::Person => event.with("by", "person"),
            Basis::Organisation(judgement) => {
                let rules: Vec<&str> = judgement.rules.iter().map(crate::id::Id::as_str).collect();
                event.with("by", "central consent").with("rules", rules)
            }
        };
        let event = judged.ruling.on(event);
        let (grant_id, guards) = self.grant(person, given, basis, facts, at);
        let mut change = Change {
            guards,
            ..Change::default()
        };
        change.guards.extend(facts.types.relied_on(&given.details));
        change.guards.push(facts.rules.policy.relied_on());
        change.guards.push(self.wanted.client_stays());
        change.guards.push(Guard::User(user::Guard::Unchanged {
            id: person.user.id.clone(),
            epoch: person.user.epoch,
        }));
        change.guards.push(Guard::BrowserSession(browser_session::Guard::Live(
            person.session.id.clone(),
        )));
        change
            .guards
            .push(Guard::AuthorizationCode(authorization_code::Guard::Create(Box::new(
                AuthorizationCode {
                    id,
                    digest,
                    request: self.asked.id.clone(),
                    client: self.client.id.clone(),
                    user: person.user.id.clone(),
                    grant: grant_id.clone(),
                    scopes: given.scopes.clone(),
                    details: given.details.clone(),
                    audience: self.wanted.audience.clone(),
                    redirect_uri: self.asked.returns.redirect_uri.clone(),
                    challenge: self.asked.challenge.clone(),
                    key: self.asked.key.clone(),
                    presence: person.session.presence(),
                    nonce: self.asked.nonce.clone(),
                    id_claims: self.asked.id_claims.clone(),
                    created: at.now,
                    redeemed: None,
                },
            ))));
        if matches!(self.client.registration, Registration::Itself { .. }) {
            change
                .sure
                .push(Write::Client(client::Write::Keep(self.client.id.clone())));
        }
        // The grant is not used by saying yes, but when a token comes of it.
        change.touches = vec![Touch::BrowserSessionSeen {
            id: person.session.id.clone(),
            at: at.now,
        }];
        change.events = vec![event.about(grant_id.as_str())];
        let mut parameters = vec![("code", code)];
        parameters.extend(answered(&self.asked.returns, self.tenant));
        let mut back = back(&self.asked.returns, self.client, self.tenant, parameters, at);
        let sign = back.signed.take().into_iter().collect();
        Decision::issue(Reply::Authorization(back), sign, change)
    }
}

/// Where a refusal goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// To the client, through the browser, at once.
    Redirect(Return),
    /// To the person, with a link that leads to the client: nobody ever approved of it (S-02).
    Leave(Return),
    /// To the person: nobody is signed in, and a stranger's link must not make this server send people somewhere (RFC 9700 s4.11.2).
    Page,
}

/// Decides where a refusal of a request with a proved return goes.
#[expect(
    clippy::too_many_arguments,
    reason = "each is a fact of its own, and nothing else takes these together"
)]
pub fn delivery(
    why: &Why,
    form_or_asked: Asking<'_>,
    returns: &Returns,
    client: &Client,
    caller: &Caller,
    grants: &[Vec<Grant>],
    tenant: &Tenant,
    at: &Moment,
) -> Delivery {
    let back = back(returns, client, tenant, error(why, returns, tenant), at);
    let quiet = match form_or_asked {
        Asking::Form(form) => forbids_to_ask(form),
        Asking::Asked(asked) => asked.prompt.none == Wish::Yes,
    };
    let approved = match client.registration {
        Registration::Administrator => true,
        Registration::Document { .. } | Registration::Itself { .. } => !grants.is_empty(),
    };
    let of_the_page = matches!(
        why,
        Why::AlreadyAnswered
            | Why::PageExpired
            | Why::SignInRequired
            | Why::ClientUnknown
            | Why::ClientDisabled
            | Why::RedirectUriUnknown
    ); // about the page itself, or a client that has no place any more
    if of_the_page {
        Delivery::Page
    } else if quiet || is_said_by_person(why) {
        Delivery::Redirect(back)
    } else if caller.person().is_none() {
        Delivery::Page
    } else if approved {
        Delivery::Redirect(back)
    } else {
        Delivery::Leave(back)
    }
}

/// Whether a refusal is what a person said on a page of ours, with the client's name and place on it.
const fn is_said_by_person(why: &Why) -> bool {
    matches!(why, Why::PersonDenied | Why::AssuranceDeclined)
}

/// The request as far as it was read.
#[derive(Clone, Copy, Debug)]
pub enum Asking<'a> {
    /// It could not be read.
    Form(&'a Form),
    /// It could.
    Asked(&'a Asked),
}

/// The parameters of an error answer (RFC 6749 s4.1.2.1, RFC 9207 s2).
pub fn error(why: &Why, returns: &Returns, tenant: &Tenant) -> Vec<(&'static str, String)> {
    let mut parameters = vec![
        ("error", why.code().name().to_owned()),
        ("error_description", why.said().into_owned()),
    ];
    parameters.extend(answered(returns, tenant));
    parameters
}

/// An answer on its way: as the client wants it to travel, signed where it wants that (JARM s2.1).
fn back(
    returns: &Returns,
    client: &Client,
    tenant: &Tenant,
    parameters: Vec<(&'static str, String)>,
    at: &Moment,
) -> Return {
    let signed = returns.mode.is_signed().then(|| {
        let mut claims: json::Object = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
            .collect();
        claims.insert("iss".to_owned(), tenant.issuer.as_str().into());
        claims.insert("aud".to_owned(), client.id.as_str().into());
        claims.insert("exp".to_owned(), at.now.plus(SIGNED_ANSWER_SECONDS).unix().into());
        Unsigned {
            typ: "JWT",
            signing: client.signing(client.further.authorization, tenant),
            claims,
            hash_of: None,
        }
    });
    Return {
        redirect_uri: returns.redirect_uri.clone(),
        mode: returns.mode,
        parameters,
        signed,
    }
}

/// What every answer carries: the client's state, and who answers (RFC 9207).
fn answered(returns: &Returns, tenant: &Tenant) -> impl Iterator<Item = (&'static str, String)> {
    let state = returns.state.clone().map(|state| ("state", state));
    state.into_iter().chain([("iss", tenant.issuer.clone())])
}
