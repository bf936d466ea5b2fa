//! Whether somebody is signed in.

use proof::{
    Verified, digest,
    webauthn::{Asserted, UserVerified},
};

use crate::{
    browser_session::{self, BrowserSession, LIFETIME_SECONDS, Method},
    caller::{BrowserUser, Caller, Who},
    credential::{self, Passkey},
    decision::{Change, Decision, Guard, Reply, Write},
    event::{Event, EventKind},
    id::BrowserSessionId,
    moment::Moment,
    user::{self, User},
    why::Why,
};

/// What was shown, and what the login provider found.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A password that fits.
    Password {
        /// The same password under better parameters: the hash that was checked, and the new one.
        rehash: Option<(String, String)>,
    },
    /// A passkey whose signature holds, and its row.
    Passkey {
        /// The row.
        passkey: Box<Passkey>,
        /// What it asserted.
        asserted: Verified<Asserted>,
    },
    /// A recovery code; whether it is there and unused the commit decides.
    RecoveryCode {
        /// See [`credential::recovery_digest`].
        digest: String,
        /// Whether it was there and unused when it was looked up.
        known: Known,
    },
    /// Nothing that fits: which rule.
    Nothing(&'static str),
}

/// Whether a recovery code was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It was, and unused.
    Unused,
    /// It was not, or it was used.
    No,
}

/// What was loaded for the question.
#[derive(Debug)]
pub struct Facts {
    /// Who they say they are, if there is such a person.
    pub user: Option<User>,
    /// What was shown.
    pub shown: Shown,
    /// What the browser is.
    pub browser: Browser,
}

/// The browser somebody signs in with.
#[derive(Debug)]
pub struct Browser {
    /// What it calls itself, cut.
    pub agent: String,
    /// The session it had before, if it had one that counts: it ends.
    pub before: Option<BrowserSessionId>,
}

/// Decides a sign-in.
pub fn decide(caller: &Caller, facts: &Facts, at: &Moment) -> Decision {
    match consider(caller, facts, at) {
        Ok(decision) => decision,
        Err((why, user)) => {
            let event = Event::refused(&why, caller, at);
            let event = match user {
                Some(user) => event.about(user.id.as_str()),
                None => event,
            };
            Decision::refuse(why, Vec::new(), vec![event])
        }
    }
}

fn consider<'f>(caller: &Caller, facts: &'f Facts, at: &Moment) -> Result<Decision, (Why, Option<&'f User>)> {
    // 1. Somebody, enabled. Who is not there and who is disabled hear what a wrong password hears.
    let user = facts.user.as_ref().ok_or((Why::SignInFailed("no such person"), None))?;
    let refuse = |rule: &'static str| (Why::SignInFailed(rule), Some(user));
    if user.disabled.is_some() {
        return Err(refuse("the person is disabled"));
    }

    // 2. What they showed is theirs.
    let mut change = Change::default();
    let method = match &facts.shown {
        Shown::Nothing(rule) => return Err(refuse(rule)),
        Shown::Password { rehash } => {
            if let Some((from, to)) = rehash {
                change.sure.push(Write::Credential(credential::Write::Rehash {
                    user: user.id.clone(),
                    from: from.clone(),
                    to: to.clone(),
                }));
            }
            Method::Password
        }
        Shown::Passkey { passkey, asserted } => {
            if passkey.user != user.id {
                return Err(refuse("the passkey is another person's"));
            }
            let counts = passkey.used(asserted, at.now).map_err(refuse)?;
            change.guards.push(Guard::Credential(counts));
            match asserted.user_verified {
                UserVerified::Yes => Method::PasskeyVerified,
                UserVerified::No => Method::PasskeyPresent,
            }
        }
        Shown::RecoveryCode { known: Known::No, .. } => return Err(refuse("no such recovery code, or it was used")),
        Shown::RecoveryCode {
            digest,
            known: Known::Unused,
        } => {
            change
                .guards
                .push(Guard::Credential(credential::Guard::UseRecoveryCode {
                    user: user.id.clone(),
                    digest: digest.clone(),
                    at: at.now,
                }));
            Method::RecoveryCode
        }
    };

    // 3. A session of their own, and the one before it ends.
    let cookie = at.secret("browser session");
    let session = BrowserSession {
        id: at.id("browser session"),
        digest: digest::sha256_b64(cookie.as_bytes()),
        user: user.id.clone(),
        method,
        authenticated: at.now,
        agent: facts.browser.agent.clone(),
        expires: at.now.plus(LIFETIME_SECONDS),
        seen: at.now,
        ended: None,
    };
    if let Some(before) = &facts.browser.before {
        change.sure.push(Write::BrowserSession(browser_session::Write::End {
            id: before.clone(),
            at: at.now,
        }));
    }
    let signed_in = Caller {
        instance: None,
        who: Who::BrowserUser(BrowserUser {
            user: user.clone(),
            session: session.clone(),
        }),
        key: None,
        marks: caller.marks.clone(),
    };
    change.events.push(
        Event::new(EventKind::UserSignedIn, &signed_in, at)
            .about(session.id.as_str())
            .with("method", method.name())
            .with("browser", session.agent.as_str()),
    );
    change.guards.push(Guard::User(user::Guard::Unchanged {
        id: user.id.clone(),
        epoch: user.epoch,
    }));
    change
        .guards
        .push(Guard::BrowserSession(browser_session::Guard::Create(Box::new(session))));
    Ok(Decision::issue(Reply::SignedIn { cookie }, Vec::new(), change))
}

/// Decides a sign-out: the session ends, on every node and for every copy of the cookie (S-37).
pub fn sign_out(caller: &Caller, at: &Moment) -> Decision {
    let Some(person) = caller.person() else {
        return Decision::issue(Reply::Done, Vec::new(), Change::default()); // nobody is signed in, and that is what was wanted
    };
    let id = person.session.id.clone();
    let change = Change {
        events: vec![Event::new(EventKind::UserSignedOut, caller, at).about(id.as_str())],
        sure: vec![Write::BrowserSession(browser_session::Write::End { id, at: at.now })],
        ..Change::default()
    };
    Decision::issue(Reply::Done, Vec::new(), change)
}
