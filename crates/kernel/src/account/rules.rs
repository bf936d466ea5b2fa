//! What a person may do, and what it changes.

use std::collections::BTreeSet;

use proof::{Time, Verified, base64url, webauthn::Credential};

use crate::{
    administration::{created, edited, narrowed},
    authority::{Less, Scopes},
    authorization::Wanted,
    browser_session,
    caller::{BrowserUser, Caller},
    capability::{CapabilityName, Strength},
    client::{Client, GrantType, Registration},
    credential::{self, PASSKEYS_MAX, Passkey, Password},
    decision::{Change, Decision, Guard, Reply, Write},
    detail::{Details, Types},
    event::{Event, EventKind},
    grant::{self, Grant, Holder, Source, Subject, Terms},
    id::{BrowserSessionId, ClientId, GrantId, Id, PasskeyId},
    moment::Moment,
    policy::{Policy, Rules},
    power::{Power, Powers},
    resource::{Resource, ResourceUri},
    tenant::Tenant,
    user,
    why::Why,
};

/// One thing a person wants done.
#[derive(Debug)]
pub enum Command {
    /// Have one more passkey.
    AddPasskey {
        /// The credential, checked.
        credential: Box<Verified<Credential>>,
        /// What they call it.
        name: String,
    },
    /// Have one passkey less.
    RemovePasskey(PasskeyId),
    /// Have this password from now on.
    SetPassword {
        /// Its hash, from the login provider.
        hash: String,
    },
    /// Have these recovery codes, and none of the old ones.
    MakeRecoveryCodes {
        /// The codes, from the login provider.
        codes: Vec<String>,
    },
    /// End a browser session, their own or one somewhere else.
    EndSession(BrowserSessionId),
    /// End every browser session of theirs but the one that asks.
    EndOtherSessions,
    /// Stop one grant.
    StopGrant(GrantId),
    /// Take something from one grant.
    NarrowGrant {
        /// Which.
        id: GrantId,
        /// What is left of it.
        less: Box<Less>,
    },
    /// Give a client something unasked.
    GiveGrant(Box<Give>),
    /// Stop everything that a client may do for them.
    StopClient(ClientId),
    /// Stop everything that anything may do for them.
    StopAll,
}

/// What a person gives unasked: a standing yes to an app that an administrator registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Give {
    /// To whom.
    pub client: ClientId,
    /// Where it acts.
    pub resource: ResourceUri,
    /// What it may do there.
    pub scopes: Scopes,
    /// Until when, if sooner than a consent ends.
    pub expires: Option<Time>,
}

/// Whether people give this client something unasked: an administrator registered it, for codes, and it is enabled.
pub fn is_givable(client: &Client) -> bool {
    client.registration == Registration::Administrator
        && client.grant_types.contains(&GrantType::AuthorizationCode)
        && client.disabled.is_none()
}

/// What a person can limit of a grant: its powers, or, where it has none, one without limits for each capability that its scopes and details name at its place.
///
/// All of them together: a grant that has some powers gives no other capability.
pub fn limitable(grant: &Grant, policy: &Policy, place: &str) -> Powers {
    let authority = &grant.authority;
    if !authority.powers().is_empty() {
        return authority.powers().clone();
    }
    let by_scope = authority
        .scopes()
        .iter()
        .filter_map(|scope| policy.named_by(scope, place));
    let details = authority.details().iter();
    let by_detail = details.filter_map(|detail| policy.capability(detail.kind().as_str()));
    let mut named: Vec<&CapabilityName> = by_scope.chain(by_detail).map(|known| &known.name).collect();
    named.sort_unstable();
    named.dedup();
    named.into_iter().map(|name| Power::unlimited(name.clone())).collect()
}

/// What was loaded for the command.
#[derive(Debug, Default)]
pub struct Facts {
    /// Their passkeys.
    pub passkeys: Vec<Passkey>,
    /// The passkey of that credential, if anybody registered it before.
    pub registered: Option<Passkey>,
    /// Their password, if they have one.
    pub password: Option<Password>,
    /// Their browser sessions that count.
    pub sessions: Vec<BrowserSessionId>,
    /// The roots of what was granted for them and still counts.
    pub grants: Vec<Grant>,
    /// The client that is given something.
    pub client: Option<Client>,
    /// Where.
    pub resource: Option<Resource>,
    /// What the organisation decided.
    pub rules: Rules,
    /// The tenant, where something is given.
    pub tenant: Option<Tenant>,
}

/// Decides a command.
pub fn decide(command: &Command, caller: &Caller, facts: &Facts, at: &Moment) -> Decision {
    match consider(command, caller, facts, at) {
        Ok(decision) => decision,
        Err(why) => {
            let event = Event::refused(&why, caller, at);
            Decision::refuse(why, Vec::new(), vec![event])
        }
    }
}

fn consider(command: &Command, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let person = caller.person().ok_or(Why::SignInRequired)?;
    let doing = Doing {
        caller,
        person,
        facts,
        at,
    };
    match command {
        Command::AddPasskey { credential, name } => doing.fresh()?.add_passkey(credential, name),
        Command::RemovePasskey(id) => doing.fresh()?.remove_passkey(id),
        Command::SetPassword { hash } => Ok(doing.fresh()?.set_password(hash)),
        Command::MakeRecoveryCodes { codes } => Ok(doing.fresh()?.make_codes(codes)),
        Command::EndSession(id) => doing.end_session(id),
        Command::EndOtherSessions => Ok(doing.end_other_sessions()),
        Command::NarrowGrant { id, less } => doing.narrow(id, less),
        Command::GiveGrant(gift) => doing.fresh()?.give(gift),
        Command::StopGrant(id) => doing.stop(|grant| grant.id == *id),
        Command::StopClient(id) => doing.stop(|grant| grant.holder == Holder::Client(id.clone())),
        Command::StopAll => doing.stop(|_| true),
    }
}

struct Doing<'a> {
    caller: &'a Caller,
    person: &'a BrowserUser,
    facts: &'a Facts,
    at: &'a Moment,
}

impl Doing<'_> {
    /// Only shortly after a sign-in: a browser that was left open must not change the locks.
    fn fresh(self) -> Result<Self, Why> {
        if self.person.session.is_fresh(self.at.now) {
            Ok(self)
        } else {
            Err(Why::SignInStale)
        }
    }

    fn add_passkey(&self, credential: &Verified<Credential>, name: &str) -> Result<Decision, Why> {
        if self.facts.passkeys.len() >= PASSKEYS_MAX {
            return Err(Why::CredentialsFull);
        }
        if self.facts.registered.is_some() {
            return Err(Why::CeremonyFailed("the credential is registered already")); // WebAuthn s7.1 step 26
        }
        let passkey = Passkey {
            id: self.at.id("passkey"),
            user: self.person.user.id.clone(),
            credential: base64url::encode(&credential.id),
            public_key: base64url::encode(credential.key.to_cose()),
            counter: i64::from(credential.counter),
            transports: credential.transports.clone(),
            name: name.to_owned(),
            created: self.at.now,
            used: None,
        };
        let event = self.changed("passkey added").about(passkey.id.as_str());
        Ok(self.done(
            vec![Guard::Credential(credential::Guard::CreatePasskey(Box::new(passkey)))],
            Vec::new(),
            event,
        ))
    }

    fn remove_passkey(&self, id: &PasskeyId) -> Result<Decision, Why> {
        let theirs = self.facts.passkeys.iter().any(|passkey| passkey.id == *id);
        if !theirs {
            return Err(Why::Absent("passkey"));
        }
        if self.facts.passkeys.len() == 1 && self.facts.password.is_none() {
            return Err(Why::LastWayIn);
        }
        let write = Write::Credential(credential::Write::DropPasskey {
            user: self.person.user.id.clone(),
            id: id.clone(),
        });
        let event = self.changed("passkey removed").about(id.as_str());
        Ok(self.alone(vec![write], event)) // of two who remove the last two at once, one hears that it is the last
    }

    /// Whoever knew the old password is signed out everywhere else.
    fn set_password(&self, hash: &str) -> Decision {
        let user = self.person.user.id.clone();
        let writes = vec![
            Write::Credential(credential::Write::SetPassword {
                user: user.clone(),
                hash: hash.to_owned(),
                at: self.at.now,
            }),
            Write::BrowserSession(browser_session::Write::EndOthers {
                user,
                keep: Some(self.person.session.id.clone()),
                at: self.at.now,
            }),
        ];
        let event = self.changed("password set");
        self.alone(writes, event)
    }

    fn make_codes(&self, codes: &[String]) -> Decision {
        let user = &self.person.user.id;
        let (mut guards, write) = recovery_codes(user, codes, self.at);
        guards.push(self.unchanged());
        let change = Change {
            guards,
            sure: vec![write],
            events: vec![self.changed("recovery codes made").with("codes", codes.len())],
            ..Change::default()
        };
        Decision::issue(Reply::RecoveryCodes(codes.to_vec()), Vec::new(), change)
    }

    fn end_session(&self, id: &BrowserSessionId) -> Result<Decision, Why> {
        if !self.facts.sessions.contains(id) {
            return Err(Why::Absent("browser session"));
        }
        let write = Write::BrowserSession(browser_session::Write::End {
            id: id.clone(),
            at: self.at.now,
        });
        let event = Event::new(EventKind::UserSignedOut, self.caller, self.at).about(id.as_str());
        Ok(Decision::issue(
            Reply::Done,
            Vec::new(),
            Change {
                sure: vec![write],
                events: vec![event],
                ..Change::default()
            },
        ))
    }

    fn end_other_sessions(&self) -> Decision {
        let write = Write::BrowserSession(browser_session::Write::EndOthers {
            user: self.person.user.id.clone(),
            keep: Some(self.person.session.id.clone()),
            at: self.at.now,
        });
        let event = Event::new(EventKind::UserSignedOut, self.caller, self.at).with("sessions", "all others");
        let change = Change {
            sure: vec![write],
            events: vec![event.about(self.person.user.id.as_str())],
            ..Change::default()
        };
        Decision::issue(Reply::Done, Vec::new(), change)
    }

    /// Ends roots: whatever hangs on them falls silent at its next use.
    fn stop(&self, which: impl Fn(&Grant) -> bool) -> Result<Decision, Why> {
        let theirs = |grant: &&Grant| grant.subject == Subject::User(self.person.user.id.clone());
        let stopped: Vec<&Grant> = self
            .facts
            .grants
            .iter()
            .filter(theirs)
            .filter(|grant| which(grant))
            .collect();
        if stopped.is_empty() {
            return Err(Why::Absent("grant"));
        }
        let sure = stopped.iter().map(|grant| {
            Write::Grant(grant::Write::EnsureRevoked {
                id: grant.id.clone(),
                at: self.at.now,
            })
        });
        let ids: Vec<&str> = stopped.iter().map(|grant| grant.id.as_str()).collect();
        let event = Event::new(EventKind::GrantRevoked, self.caller, self.at)
            .about(ids.first().copied().unwrap_or_default())
            .with("grants", ids);
        Ok(Decision::issue(
            Reply::Done,
            Vec::new(),
            Change {
                sure: sure.collect(),
                events: vec![event],
                ..Change::default()
            },
        ))
    }

    /// A root grant as the consent page makes it, so that the app's next request finds a standing yes. What a yes could not give there, nobody gives here.
    fn give(&self, gift: &Give) -> Result<Decision, Why> {
        // 1. To whom, and where: an app of an administrator, a place that is there.
        let client = self.facts.client.as_ref().filter(|client| is_givable(client));
        let client = client.ok_or(Why::Absent("client"))?;
        let tenant = self.facts.tenant.as_ref().ok_or(Why::Absent("tenant"))?;
        let place = self.facts.resource.as_ref();
        let known = place.map(Resource::every).unwrap_or_default();
        if gift.scopes.is_empty() || !known.covers(&gift.scopes) {
            return Err(Why::ScopeUnknown);
        }
        let wanted = Wanted::of(client, Some(&gift.scopes), Details::none(), Some(&gift.resource), place)?;

        // 2. What: nothing that the organisation forbids, or has others say; what takes a passkey takes one of now.
        let judged = wanted.judge(self.person, &self.facts.rules, tenant, self.at.now)?;
        if !judged.judgement.forbidden.is_empty() || !judged.ruling.permits() {
            return Err(Why::ForbiddenByRule);
        }
        if !judged.ruling.demands().approvers.is_empty() {
            return Err(Why::ApproversDemanded);
        }
        if judged.ruling.strength() >= Strength::Biometric && !self.person.session.is_verified(self.at.now) {
            return Err(Why::SignInStale);
        }
        let given = wanted.given(&judged, &Scopes::default(), &BTreeSet::new())?;

        // 3. Until when: as long as a consent, or less.
        let source = Source::Person { basis: client.basis() };
        let mut grant = wanted.root(self.person, &given, source, self.at);
        if let Some(end) = gift
            .expires
            .filter(|end| grant.authority.expires().is_none_or(|last| *end < last))
        {
            let less = Less {
                expires: Some(end),
                ..Less::default()
            };
            grant.authority = narrowed(&grant, &less, &Terms::default(), &Types::default(), self.at)?.authority;
        }
        let event = judged.ruling.on(created(&grant, self.caller, self.at));
        let guards = vec![
            Guard::Grant(grant::Guard::Create(Box::new(grant))),
            self.facts.rules.policy.relied_on(),
            wanted.client_stays(),
        ];
        Ok(self.done(guards, Vec::new(), event))
    }

    /// Takes from a root: whatever hangs on it has no more at its next use. Like stopping it needs no fresh sign-in, for it gives nobody anything.
    fn narrow(&self, id: &GrantId, less: &Less) -> Result<Decision, Why> {
        let theirs = Subject::User(self.person.user.id.clone());
        let mut grants = self.facts.grants.iter();
        let grant = grants
            .find(|grant| grant.id == *id && grant.subject == theirs)
            .ok_or(Why::Absent("grant"))?;
        let narrowed = narrowed(grant, less, &Terms::default(), &Types::default(), self.at)?;
        let event = edited(&narrowed.after(grant), self.caller, self.at);
        let change = Change {
            guards: vec![Guard::Grant(grant::Guard::Narrow(Box::new(narrowed)))],
            events: vec![event],
            ..Change::default()
        };
        Ok(Decision::issue(Reply::Done, Vec::new(), change))
    }

    fn changed(&self, what: &str) -> Event {
        Event::new(EventKind::CredentialChanged, self.caller, self.at).with("what", what)
    }

    /// The person's row is still the one that was read: a disabled person changes nothing.
    fn unchanged(&self) -> Guard {
        Guard::User(user::Guard::Unchanged {
            id: self.person.user.id.clone(),
            epoch: self.person.user.epoch,
        })
    }

    /// A change of the locks that nothing may happen beside: the person's row moves on, and whoever read it before looks again. A sign-in under way by what is no lock any
    /// more is among those (S-37).
    fn alone(&self, sure: Vec<Write>, event: Event) -> Decision {
        let change = Change {
            guards: vec![self.person.user.moves_on()],
            sure,
            events: vec![event],
            ..Change::default()
        };
        Decision::issue(Reply::Done, Vec::new(), change)
    }

    fn done(&self, mut guards: Vec<Guard>, sure: Vec<Write>, event: Event) -> Decision {
        guards.push(self.unchanged());
        let change = Change {
            guards,
            sure,
            events: vec![event],
            ..Change::default()
        };
        Decision::issue(Reply::Done, Vec::new(), change)
    }
}

/// The rows of a new set of recovery codes; older sets end.
pub(crate) fn recovery_codes(user: &crate::id::UserId, codes: &[String], at: &Moment) -> (Vec<Guard>, Write) {
    let set: Id<()> = at.id("recovery codes");
    let guards = codes.iter().map(|code| {
        Guard::Credential(credential::Guard::CreateRecoveryCode {
            user: user.clone(),
            digest: credential::recovery_digest(user, code),
            set: set.as_str().to_owned(),
            at: at.now,
        })
    });
    let write = Write::Credential(credential::Write::DropOtherRecoveryCodes {
        user: user.clone(),
        keep: set.as_str().to_owned(),
    });
    (guards.collect(), write)
}
