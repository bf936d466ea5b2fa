//! Signing in and out.

use std::sync::Arc;

use kernel::{
    Caller, Reply, UserId, Why,
    authorization::Asked,
    browser_session::Assurance,
    credential,
    sign_in::{self, Browser as Signing, Facts, Known, Shown},
    user::{Login, User},
};
use login::{Outcome, Password, Rehash};
use pages::{SignInProblem, Ways};
use proof::webauthn;
use store::TenantDb;

use super::{
    Browser, passkey,
    sealed::{self, Purpose},
    view::{self, View},
};
use crate::{
    documents,
    fault::{Fault, Stop},
    http::{
        entrance::Inbound,
        render::{Outgoing, PageAnswer, Policy, SeeOther},
    },
    settle::Answered,
    throttle::{Trying, address_key},
    walk::Walker,
};

/// GET `/sign-in`.
pub(crate) async fn sign_in(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let query = kernel::form::Form::parse(inbound.query.as_deref().unwrap_or("").as_bytes(), &[])?;
    let reason = Reason::read(&inbound, &browser, query.text("request"))?;
    let person = inbound.caller.person();
    let here = match &reason {
        Reason::Itself => Some("/agents"),
        // Whoever goes there changes how they sign in, and for that they must have signed in lately.
        Reason::Page(page) if is_account(page) || page == GIVE => person
            .is_some_and(|person| person.session.is_fresh(inbound.at.now))
            .then_some(page.as_str()),
        Reason::Page(page) => Some(page.as_str()),
        Reason::Asked(_) => None,
    };
    if let (Some(here), true) = (here, person.is_some()) {
        return Ok(View::new(&inbound, &browser).to(here));
    }
    let browser = browser.speaking(reason.asked().and_then(|asked| asked.ui_locales.as_deref()));
    let problem = match &reason {
        _ if person.is_none() => None,
        Reason::Asked(asked) if wants_passkey(asked) => None, // the page is about that
        Reason::Asked(_) | Reason::Itself => Some(SignInProblem::SignInAgain),
        Reason::Page(_) => Some(SignInProblem::SignInFresh),
    };
    page(&inbound, &browser, &reason, None, problem, None).await
}

/// Why somebody signs in.
enum Reason {
    /// To be signed in.
    Itself,
    /// An app asks something of them.
    Asked(Box<Asked>),
    /// They wanted to see a page of ours that is for people who are signed in.
    Page(String),
}

impl Reason {
    /// Reads what a page of ours carries: a sealed request, or the path of a page. Any other path is refused (S-02).
    fn read(inbound: &Inbound, browser: &Browser, carried: Option<&str>) -> Result<Self, Why> {
        match carried {
            None | Some("") => Ok(Self::Itself),
            Some(path) if path.starts_with('/') => is_own_page(path)
                .then(|| Self::Page(path.to_owned()))
                .ok_or(Why::PageForeign),
            Some(sealed) => sealed::open_request(&inbound.app, &inbound.tenant, browser, sealed, inbound.at.now)
                .map(|asked| Self::Asked(Box::new(asked))),
        }
    }

    fn asked(&self) -> Option<&Asked> {
        match self {
            Self::Asked(asked) => Some(asked),
            Self::Itself | Self::Page(_) => None,
        }
    }

    /// What the next page carries.
    fn carried(&self, inbound: &Inbound, browser: &Browser) -> Result<String, Fault> {
        match self {
            Self::Itself => Ok(String::new()),
            Self::Asked(asked) => sealed::request(&inbound.app, &inbound.tenant, browser, asked),
            Self::Page(path) => Ok(path.clone()),
        }
    }
}

/// Whether a path is one of the pages that people are led back to after they signed in.
fn is_own_page(path: &str) -> bool {
    let question = |id: &str| !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    matches!(path, "/device" | "/approvals" | GIVE)
        || path.strip_prefix("/approvals/").is_some_and(question)
        || is_account(path)
}

/// Where somebody gives an app something unasked: they must have signed in lately.
pub(super) const GIVE: &str = "/agents/give";

/// Whether it is the page where people keep their ways in; it may carry a sealed request that waits for a passkey.
fn is_account(path: &str) -> bool {
    let sealed =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    path == "/account" || path.strip_prefix(ACCOUNT_WAITING).is_some_and(sealed)
}

/// The account page of somebody who adds a passkey for a request; the sealed request follows.
const ACCOUNT_WAITING: &str = "/account?request=";

/// Where somebody signs in who wanted to see this path.
pub(crate) fn sign_in_for(browser: &Browser, path: &str) -> String {
    let page = path.strip_prefix(browser.base.as_str()).unwrap_or(path);
    let request = if is_own_page(page) {
        format!("?{}", view::query(&[("request", page)]))
    } else {
        String::new()
    };
    format!("{}/sign-in{request}", browser.base)
}

/// Whether nothing less than a passkey will do.
fn wants_passkey(asked: &Asked) -> bool {
    matches!(asked.demand.assurance(), Ok(Some(Assurance::PhishingResistant)))
}

/// GET `/sign-in/recovery`.
pub(crate) fn recovery(inbound: &Inbound, browser: &Browser) -> Result<Outgoing, Stop> {
    let query = kernel::form::Form::parse(inbound.query.as_deref().unwrap_or("").as_bytes(), &[])?;
    let request = query.text("request").unwrap_or("");
    Reason::read(inbound, browser, Some(request))?; // what does not open is not put into a page
    Ok(recovery_page(inbound, browser, request, "", None, None))
}

/// POST `/sign-in`: a login and a password.
pub(crate) async fn sign_in_password(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let reason = Reason::read(&inbound, &browser, inbound.form.text("request"))?;
    let typed = inbound.form.text("login").unwrap_or("").to_owned();
    let again = |why: Why, problem| page_again(&inbound, &browser, &reason, &typed, why, problem);

    // 1. How often this address, and this login, may try.
    if let Err(why) = may_try(&inbound, Trying::Password, &typed) {
        return again(why, SignInProblem::TooManyTries).await;
    }

    // 2. The password, checked by the pool. Who is not there costs the same work (S-41).
    let user = match Login::parse(&typed) {
        Some(login) => inbound.tenant.user_by_login(&login).await?,
        None => None,
    };
    let (shown, hash) = match Password::parse(inbound.form.text("password").unwrap_or("")) {
        Ok(password) => match checked(&inbound, user.as_ref(), password).await {
            Ok(checked) => checked,
            Err(Stop::Refuse(why @ Why::Busy)) => return again(why, SignInProblem::Busy).await,
            Err(stop) => return Err(stop),
        },
        Err(_) => (Shown::Nothing("no password, or one that is too long"), None),
    };

    // 3. The session.
    let claim = Claim {
        user: user.map(|user| user.id),
        shown,
        hash,
    };
    match settled(&inbound, &browser, claim, &inbound.caller).await? {
        Answered::Refuse(why) => {
            in_vain(&inbound, Trying::Password, &typed);
            again(why, SignInProblem::Credentials).await
        }
        answered @ (Answered::Issue(..) | Answered::Wait(_)) => {
            signed_in(&browser, answered, inbound.form.text("request"), By::Lasting)
        }
    }
}

/// POST `/sign-in/passkey`: the response of an authenticator.
pub(crate) async fn sign_in_passkey(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let reason = Reason::read(&inbound, &browser, inbound.form.text("request"))?;
    let again = |why: Why, problem| page_again(&inbound, &browser, &reason, "", why, problem);
    if let Err(why) = one_more_from_here(&inbound) {
        return again(why, SignInProblem::TooManyTries).await;
    }
    let sealed = inbound.form.text("ceremony").unwrap_or("");
    let ceremony = sealed::open_ceremony(
        &inbound.app,
        &inbound.tenant,
        &browser,
        Purpose::SignIn,
        sealed,
        inbound.at.now,
    );
    let ceremony = match ceremony {
        Ok(ceremony) => ceremony,
        Err(why @ Why::PageExpired) => return again(why, SignInProblem::TookTooLong).await,
        Err(why) => return Err(why.into()),
    };
    let response = inbound.form.text("credential").unwrap_or("");
    let shown = match webauthn::parse_assertion(response.as_bytes()) {
        Ok(assertion) => passkey::asserted(&inbound.tenant, &browser, &assertion, &ceremony.drawn, None).await?,
        Err(_) => Err(passkey::UNREADABLE),
    };
    let (user, shown) = match shown {
        Ok((passkey, asserted)) => (
            Some(passkey.user.clone()),
            Shown::Passkey {
                passkey: Box::new(passkey),
                asserted,
            },
        ),
        Err(rule) => (None, Shown::Nothing(rule)),
    };
    let caller = Caller {
        marks: vec![passkey::mark(&ceremony, &browser)],
        ..inbound.caller.as_ref().clone()
    };
    let claim = Claim {
        user,
        shown,
        hash: None,
    };
    match settled(&inbound, &browser, claim, &caller).await? {
        Answered::Refuse(why) => again(why, SignInProblem::Passkey).await,
        answered @ (Answered::Issue(..) | Answered::Wait(_)) => {
            signed_in(&browser, answered, inbound.form.text("request"), By::Lasting)
        }
    }
}

/// POST `/sign-in/recovery`: a login and a recovery code.
pub(crate) async fn sign_in_recovery(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    Reason::read(&inbound, &browser, inbound.form.text("request"))?;
    let typed = inbound.form.text("login").unwrap_or("").to_owned();
    let request = inbound.form.text("request").unwrap_or("");
    let again = |why, problem| {
        Ok(recovery_page(
            &inbound,
            &browser,
            request,
            &typed,
            Some(why),
            Some(problem),
        ))
    };
    if let Err(why) = may_try(&inbound, Trying::RecoveryCode, &typed) {
        return again(why, SignInProblem::TooManyTries);
    }
    let user = match Login::parse(&typed) {
        Some(login) => inbound.tenant.user_by_login(&login).await?,
        None => None,
    };
    // Who is not there costs the same look-ups as who is (S-41).
    let nobody = || UserId::parse(&inbound.at.request_id());
    let user = user.map(|user| user.id).or_else(nobody);
    let code = login::recovery::canonical(inbound.form.text("code").unwrap_or("")).unwrap_or_default();
    let digest = user
        .as_ref()
        .map_or_else(String::new, |user| credential::recovery_digest(user, &code));
    let claim = Claim {
        user,
        shown: Shown::RecoveryCode {
            digest,
            known: Known::No, // until it is looked up
        },
        hash: None,
    };
    match settled(&inbound, &browser, claim, &inbound.caller).await? {
        Answered::Refuse(why) => {
            in_vain(&inbound, Trying::RecoveryCode, &typed);
            again(why, SignInProblem::RecoveryCode)
        }
        answered @ (Answered::Issue(..) | Answered::Wait(_)) => {
            signed_in(&browser, answered, Some(request), By::RecoveryCode)
        }
    }
}

/// GET `/sign-out`: a page with a button, since looking changes nothing.
pub(crate) fn sign_out(inbound: &Inbound, browser: &Browser) -> Outgoing {
    let view = View::new(inbound, browser);
    if inbound.caller.person().is_none() {
        return view.stays(pages::signed_out(&view.frame("/sign-out")));
    }
    let page = pages::Signout {
        csrf: &view.csrf,
        app: None,
        after: "",
        after_host: "",
    };
    view.stays(pages::sign_out(&view.frame("/sign-out"), &page))
}

/// POST `/sign-out`.
pub(crate) async fn sign_out_now(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let after = inbound
        .form
        .text("after")
        .map(|sealed| sealed::open_after(&inbound.app, &inbound.tenant, &browser, sealed))
        .transpose()?;
    inbound.app.told_of_logout.notify_one();
    inbound
        .walker()
        .walk(|Walker { caller, at, .. }, _look| async move { Ok(sign_in::sign_out(&caller, &at)) })
        .await?;
    let mut cookies = browser.cookies();
    cookies.push(browser.session_ends());
    Ok(Outgoing::SeeOther(SeeOther {
        location: after.unwrap_or_else(|| format!("{}/sign-out", browser.base)),
        cookies,
    }))
}

/// Whether this address may try once more.
fn one_more_from_here(inbound: &Inbound) -> Result<(), Why> {
    let (Some(per_minute), Some(peer)) = (inbound.app.limits.sign_ins_per_minute, inbound.peer) else {
        return Ok(());
    };
    let key = address_key(inbound.tenant.id(), peer);
    inbound
        .app
        .throttle
        .take(Trying::SignIn, &key, per_minute, inbound.at.now)
}

/// Whether this address, and this login, may try once more. Passwords and recovery codes count apart: whoever guesses at one locks nobody out of the other.
pub(super) fn may_try(inbound: &Inbound, trying: Trying, login: &str) -> Result<(), Why> {
    one_more_from_here(inbound)?;
    if login.is_empty() {
        return Ok(());
    }
    let (app, key) = (&inbound.app, login_key(inbound, login));
    app.throttle
        .look(trying, &key, app.limits.failures_per_login_per_minute, inbound.at.now)
}

/// A failed try counts against the login, known or not.
pub(super) fn in_vain(inbound: &Inbound, trying: Trying, login: &str) {
    let key = login_key(inbound, login);
    let counted = inbound.app.throttle.take(
        trying,
        &key,
        inbound.app.limits.failures_per_login_per_minute,
        inbound.at.now,
    );
    drop(counted); // whether it was the last one shows at the next try
}

fn login_key(inbound: &Inbound, login: &str) -> String {
    let login = Login::parse(login).map_or_else(|| "-".to_owned(), |login| login.as_str().to_owned());
    format!("{}/{login}", inbound.tenant.id())
}

/// What the pool says of a password, and the hash it was checked against if it is right. A hash with other parameters than today's is made anew while the password is at
/// hand.
async fn checked(inbound: &Inbound, user: Option<&User>, password: Password) -> Result<(Shown, Option<String>), Stop> {
    let stored = match user {
        Some(user) => inbound.tenant.password(&user.id).await?.map(|password| password.hash),
        None => None,
    };
    let outcome = inbound.app.passwords.verify(password, stored.clone()).await?;
    Ok(match (outcome, stored) {
        (Outcome::Wrong, _) => (Shown::Nothing("wrong password, or none is set"), None),
        (
            Outcome::Right {
                rehash: Rehash::Wanted(password),
            },
            Some(from),
        ) => {
            let to = inbound.app.hashed(password, &inbound.at).await?;
            let rehash = Some((from.clone(), to));
            (Shown::Password { rehash }, Some(from))
        }
        (Outcome::Right { .. }, stored) => (Shown::Password { rehash: None }, stored),
    })
}

/// Who somebody says they are, and what they showed for it.
struct Claim {
    user: Option<UserId>,
    shown: Shown,
    /// The hash that a right password was checked against.
    hash: Option<String>,
}

/// The walk: whoever it is, and the rows of what they showed, are read at each look.
async fn settled(inbound: &Inbound, browser: &Browser, claim: Claim, caller: &Caller) -> Result<Answered, Stop> {
    let claim = Arc::new(claim);
    let agent = browser.agent.clone();
    let walker = Walker {
        caller: Arc::new(caller.clone()),
        ..inbound.walker()
    };
    walker
        .walk(move |Walker { tenant, caller, at, .. }, _look| {
            let (claim, agent) = (Arc::clone(&claim), agent.clone());
            async move {
                let user = match &claim.user {
                    Some(id) => tenant.user(id).await?,
                    None => None,
                };
                let facts = Facts {
                    shown: as_it_is(&tenant, user.as_ref(), &claim).await?,
                    user,
                    browser: Signing {
                        agent,
                        before: caller.person().map(|person| person.session.id.clone()),
                    },
                };
                Ok(sign_in::decide(&caller, &facts, &at))
            }
        })
        .await
}

/// What was shown, by its rows as they are now: of 64 who show one code at once, 63 hear that it was used; and a password that was changed while it was checked is none.
async fn as_it_is(tenant: &TenantDb, user: Option<&User>, claim: &Claim) -> Result<Shown, Fault> {
    Ok(match (&claim.shown, user) {
        (Shown::RecoveryCode { digest, .. }, _) => Shown::RecoveryCode {
            known: match &claim.user {
                Some(id) => tenant.recovery_code_unused(id, digest).await?,
                None => Known::No,
            },
            digest: digest.clone(),
        },
        (Shown::Passkey { passkey, asserted }, _) => match tenant.passkey_by_credential(&passkey.credential).await? {
            Some(passkey) => Shown::Passkey {
                passkey: Box::new(passkey),
                asserted: asserted.clone(),
            },
            None => Shown::Nothing("the passkey was removed meanwhile"),
        },
        (Shown::Password { rehash }, Some(user)) => {
            let stored = tenant.password(&user.id).await?.map(|password| password.hash);
            if stored == claim.hash {
                Shown::Password { rehash: rehash.clone() }
            } else {
                Shown::Nothing("the password was changed meanwhile")
            }
        }
        (Shown::Password { .. } | Shown::Nothing(_), _) => claim.shown.clone(),
    })
}

/// By what somebody signed in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// What can be used again.
    Lasting,
    /// A recovery code, which is used up.
    RecoveryCode,
}

/// On to the consent page, or to the person's own.
fn signed_in(browser: &Browser, answered: Answered, request: Option<&str>, by: By) -> Result<Outgoing, Stop> {
    let Answered::Issue(Reply::SignedIn { cookie }, _) = answered else {
        return Err(Fault::Unsigned.into()); // the kernel answers this door with nothing else
    };
    let mut cookies = browser.cookies();
    cookies.push(browser.session_begins(&cookie));
    let next = match request.filter(|request| !request.is_empty()) {
        Some(path) if is_own_page(path) => path.to_owned(),
        Some(request) => format!("/consent?{}", view::query(&[("request", request)])),
        None if by == By::RecoveryCode => "/account?recovered".to_owned(), // the code is used up, and they may have no other way in
        None => "/agents".to_owned(),
    };
    Ok(Outgoing::SeeOther(SeeOther {
        location: format!("{}{next}", browser.base),
        cookies,
    }))
}

async fn page_again(
    inbound: &Inbound,
    browser: &Browser,
    reason: &Reason,
    typed: &str,
    why: Why,
    problem: SignInProblem,
) -> Result<Outgoing, Stop> {
    page(inbound, browser, reason, Some(typed), Some(problem), Some(why)).await
}

/// The sign-in page.
async fn page(
    inbound: &Inbound,
    browser: &Browser,
    reason: &Reason,
    typed: Option<&str>,
    problem: Option<SignInProblem>,
    why: Option<Why>,
) -> Result<Outgoing, Stop> {
    let asked = reason.asked();
    let client = match asked {
        Some(asked) => documents::resolve(&inbound.app, &inbound.tenant, &asked.client, inbound.at.now).await?,
        None => None,
    };
    let request = reason.carried(inbound, browser)?;
    let view = View::new(inbound, browser);
    let passkey = passkey::to_sign_in(&inbound.app, &inbound.tenant, browser, &inbound.at)?;
    let csrf = view.csrf_about(&request);
    let hint = asked.and_then(|asked| asked.login_hint.as_deref()).unwrap_or("");
    let here = if request.is_empty() {
        "/sign-in".to_owned()
    } else {
        format!("/sign-in?{}", view::query(&[("request", &request)]))
    };
    let html = pages::sign_in(
        &view.frame(&here),
        &pages::SignIn {
            request: &request,
            csrf: &csrf,
            app: client.as_ref().map(view::app),
            login: typed.unwrap_or(hint),
            ceremony: &passkey.ceremony,
            passkey_options: &passkey.options,
            ways: match reason {
                Reason::Asked(asked) if wants_passkey(asked) => Ways::PasskeyOnly {
                    host: asked.returns.redirect_uri.host(),
                },
                Reason::Asked(_) | Reason::Page(_) | Reason::Itself => Ways::All,
            },
            problem,
        },
    );
    Ok(Outgoing::Page(PageAnswer {
        why,
        html,
        policy: Policy::LeadsAway,
        cookies: browser.cookies(),
    }))
}

fn recovery_page(
    inbound: &Inbound,
    browser: &Browser,
    request: &str,
    login: &str,
    why: Option<Why>,
    problem: Option<SignInProblem>,
) -> Outgoing {
    let view = View::new(inbound, browser);
    let csrf = view.csrf_about(request);
    let here = if request.is_empty() {
        "/sign-in/recovery".to_owned()
    } else {
        format!("/sign-in/recovery?{}", view::query(&[("request", request)]))
    };
    let html = pages::recovery(
        &view.frame(&here),
        &pages::Recovery {
            request,
            csrf: &csrf,
            login,
            problem,
        },
    );
    Outgoing::Page(PageAnswer {
        why,
        html,
        policy: Policy::LeadsAway,
        cookies: browser.cookies(),
    })
}
