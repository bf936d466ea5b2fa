//! The person's own page: ways to sign in, and where they are signed in.

use std::sync::Arc;

use kernel::{
    BrowserSessionId, PasskeyId, Reply, Why,
    account::{Command, decide},
    caller::BrowserUser,
};
use login::Password;
use pages::{Account, AccountNotice, PasswordState, Session, Which};
use proof::webauthn;

use super::{
    Browser, passkey,
    sealed::{self, Purpose},
    sign_in::{in_vain, may_try},
    view::{self, View},
};
use crate::{
    fault::{Fault, Stop},
    http::{
        entrance::Inbound,
        render::{Outgoing, PageAnswer, Policy},
    },
    routes::Page,
    settle::Answered,
    throttle::Trying,
    walk::Walker,
};

/// The longest name of a passkey, in characters.
const PASSKEY_NAME_CHARS_MAX: usize = 60;

/// GET `/account`.
pub(crate) async fn account(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let mut said = inbound.query.as_deref().unwrap_or("").split('&');
    let notice = match said.next() {
        Some("recovered") => Some(AccountNotice::Recovered),
        Some("passkey-added") => Some(AccountNotice::PasskeyAdded),
        Some("passkey-removed") => Some(AccountNotice::PasskeyRemoved),
        Some("password-changed") => Some(AccountNotice::PasswordChanged),
        Some("others-ended") => Some(AccountNotice::OthersEnded),
        Some("session-ended") => Some(AccountNotice::SessionEnded),
        Some(_) | None => None,
    };
    page(&inbound, &browser, notice, Vec::new(), None).await
}

/// The forms of the page.
pub(crate) async fn account_form(inbound: Inbound, browser: Browser, form: Page) -> Result<Outgoing, Stop> {
    let person = inbound.caller.person().ok_or(Why::SignInRequired)?;
    let mut marks = Vec::new();
    let read = match form {
        Page::AddPasskey => add_passkey(&inbound, &browser, person, &mut marks),
        Page::RemovePasskey => named(&inbound, "passkey")
            .and_then(|id| PasskeyId::parse(id).ok_or(Why::Absent("passkey")))
            .map(|id| (Command::RemovePasskey(id), "passkey-removed"))
            .map_err(Stop::from),
        Page::SetPassword => set_password(&inbound, person).await,
        Page::MakeRecoveryCodes => {
            let codes = login::recovery::codes(&inbound.at.draw("recovery codes")).to_vec();
            Ok((Command::MakeRecoveryCodes { codes }, "codes-made"))
        }
        Page::EndSession if inbound.form.text("others") == Some("yes") => {
            Ok((Command::EndOtherSessions, "others-ended"))
        }
        Page::EndSession => named(&inbound, "session")
            .and_then(|id| BrowserSessionId::parse(id).ok_or(Why::Absent("browser session")))
            .map(|id| (Command::EndSession(id), "session-ended"))
            .map_err(Stop::from),
        Page::SignIn
        | Page::SignInPassword
        | Page::SignInPasskey
        | Page::Recovery
        | Page::SignInRecovery
        | Page::Consent
        | Page::ConsentAnswer
        | Page::Device
        | Page::DeviceCode
        | Page::Approvals
        | Page::Approval
        | Page::ApprovalAnswer
        | Page::Agents
        | Page::AgentsStop
        | Page::Grant
        | Page::GrantChange
        | Page::GrantDocument
        | Page::Give
        | Page::GiveNow
        | Page::Account
        | Page::SignOut
        | Page::SignOutNow => Err(Why::NoRoute.into()),
    };
    let (command, notice) = match read {
        Ok(read) => read,
        Err(stop) => return again(&inbound, &browser, stop).await,
    };
    let command = Arc::new(command);
    let walker = Walker {
        caller: Arc::new(kernel::Caller {
            marks,
            ..inbound.caller.as_ref().clone()
        }),
        ..inbound.walker()
    };
    let answered = walker
        .walk(move |Walker { tenant, caller, at, .. }, _look| {
            let command = Arc::clone(&command);
            async move {
                let facts = store::flows::account::load(&tenant, &caller, &command, at.now).await?;
                Ok(decide(&command, &caller, &facts, &at))
            }
        })
        .await?;
    match answered {
        Answered::Issue(Reply::RecoveryCodes(codes), _) => {
            page(&inbound, &browser, Some(AccountNotice::CodesMade), codes, None).await
        }
        Answered::Issue(..) => {
            let waiting = match waiting(&inbound, &browser, inbound.form.text("waiting")) {
                "" => String::new(),
                request => format!("&{}", view::query(&[("request", request)])),
            };
            Ok(View::new(&inbound, &browser).to(&format!("/account?{notice}{waiting}")))
        }
        Answered::Refuse(why) => again(&inbound, &browser, why.into()).await,
        Answered::Wait(_) => Err(Fault::Unsigned.into()),
    }
}

/// The sealed request that waits for a passkey, if it can still be answered: what does not open is not put into a page.
fn waiting<'a>(inbound: &Inbound, browser: &Browser, sealed: Option<&'a str>) -> &'a str {
    let opens =
        |sealed: &&str| sealed::open_request(&inbound.app, &inbound.tenant, browser, sealed, inbound.at.now).is_ok();
    sealed.filter(opens).unwrap_or("")
}

type Read = Result<(Command, &'static str), Stop>;

fn named<'i>(inbound: &'i Inbound, name: &'static str) -> Result<&'i str, Why> {
    inbound.form.required(name)
}

fn add_passkey(inbound: &Inbound, browser: &Browser, person: &BrowserUser, marks: &mut Vec<kernel::Mark>) -> Read {
    if !person.session.is_fresh(inbound.at.now) {
        return Err(Why::SignInStale.into());
    }
    let sealed = inbound.form.text("ceremony").unwrap_or("");
    let ceremony = sealed::open_ceremony(
        &inbound.app,
        &inbound.tenant,
        browser,
        Purpose::Register,
        sealed,
        inbound.at.now,
    )?;
    let response = inbound.form.text("credential").unwrap_or("");
    let expect = passkey::expect(&ceremony.drawn, browser);
    let credential = webauthn::check_registration(response.as_bytes(), &expect).map_err(|rejected| {
        tracing::info!(reason = %rejected, "a passkey was not registered");
        Why::CeremonyFailed("the response of the authenticator breaks a rule")
    })?;
    marks.push(passkey::mark(&ceremony, browser));
    let name: String = inbound
        .form
        .text("name")
        .unwrap_or("Passkey")
        .chars()
        .filter(|c| !c.is_control())
        .take(PASSKEY_NAME_CHARS_MAX)
        .collect();
    Ok((
        Command::AddPasskey {
            credential: Box::new(credential),
            name,
        },
        "passkey-added",
    ))
}

/// A new password, and the old one if there is one: a browser that was left open must not change the locks.
async fn set_password(inbound: &Inbound, person: &BrowserUser) -> Read {
    let new = Password::parse_new(inbound.form.text("password").unwrap_or(""), person.user.login.as_str())
        .map_err(refused)?;
    let stored = inbound.tenant.password(&person.user.id).await?;
    if let Some(stored) = stored {
        let login = person.user.login.as_str();
        may_try(inbound, Trying::Password, login)?; // who found the browser open may not guess here what they may not guess at the door
        let current = Password::parse(inbound.form.text("current").unwrap_or("")).map_err(|_| WRONG)?;
        match inbound.app.passwords.verify(current, Some(stored.hash)).await? {
            login::Outcome::Right { .. } => {}
            login::Outcome::Wrong => {
                in_vain(inbound, Trying::Password, login);
                return Err(WRONG.into());
            }
        }
    }
    let hash = inbound.app.hashed(new, &inbound.at).await?;
    Ok((Command::SetPassword { hash }, "password-changed"))
}

const WRONG: Why = Why::SignInFailed("the present password is wrong");

/// The rule that a new password breaks.
pub(crate) fn refused(rule: login::PasswordRefused) -> Why {
    Why::PasswordRefused(match rule {
        login::PasswordRefused::Empty => "the password is empty",
        login::PasswordRefused::TooShort => "the password is too short: at least 8 characters",
        login::PasswordRefused::TooLong => "the password is too long: at most 256 bytes",
        login::PasswordRefused::Common => "the password is one of the commonest: use another",
        login::PasswordRefused::Login => "the password is the login: use another",
    })
}

/// The page again, with what went wrong.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a reason without words of its own on this page is a page of its own"
)]
async fn again(inbound: &Inbound, browser: &Browser, stop: Stop) -> Result<Outgoing, Stop> {
    let Stop::Refuse(why) = stop else { return Err(stop) };
    let notice = match &why {
        Why::SignInFailed(_) => AccountNotice::WrongPassword,
        Why::PasswordRefused(rule) if rule.contains("at most") => AccountNotice::PasswordTooLong,
        Why::PasswordRefused(rule) if rule.contains("at least") => AccountNotice::PasswordTooShort,
        Why::PasswordRefused(_) => AccountNotice::PasswordTooCommon,
        Why::CeremonyFailed(_) | Why::CeremonyReplayed | Why::CredentialsFull => AccountNotice::PasskeyFailed,
        Why::LastWayIn => AccountNotice::LastWayIn,
        Why::PageExpired => AccountNotice::TookTooLong,
        Why::Busy | Why::TooMany(_) | Why::Throttled { .. } => AccountNotice::Busy,
        Why::SignInStale => AccountNotice::SignInFirst,
        _ => return Err(why.into()),
    };
    page(inbound, browser, Some(notice), Vec::new(), Some(why)).await
}

async fn page(
    inbound: &Inbound,
    browser: &Browser,
    notice: Option<AccountNotice>,
    fresh_codes: Vec<String>,
    why: Option<Why>,
) -> Result<Outgoing, Stop> {
    let person = inbound.caller.person().ok_or(Why::SignInRequired)?;
    let user = &person.user.id;
    let passkeys = inbound.tenant.passkeys(user).await?;
    let password = inbound.tenant.password(user).await?;
    let codes = inbound.tenant.recovery_codes_left(user).await?;
    let sessions: Vec<_> = inbound
        .tenant
        .browser_sessions_of(user)
        .await?
        .into_iter()
        .filter(|session| session.counts(inbound.at.now))
        .collect();
    let asked = passkey::to_register(&inbound.app, &inbound.tenant, browser, person, &passkeys, &inbound.at)?;
    let view = View::new(inbound, browser);
    let carried = inbound.form.text("waiting").or_else(|| {
        inbound
            .query
            .as_deref()?
            .split('&')
            .find_map(|pair| pair.strip_prefix("request="))
    });
    let waiting = waiting(inbound, browser, carried);
    let here = if waiting.is_empty() {
        "/account".to_owned()
    } else {
        format!("/account?{}", view::query(&[("request", waiting)]))
    };
    let html = pages::account(
        &view.frame(&here),
        &Account {
            csrf: &view.csrf,
            passkeys: passkeys
                .iter()
                .map(|passkey| pages::Passkey {
                    id: passkey.id.as_str(),
                    name: &passkey.name,
                    created_at: passkey.created.unix(),
                    last_used_at: passkey.used.map(proof::Time::unix),
                })
                .collect(),
            password: match &password {
                Some(password) => PasswordState::Set {
                    changed_at: password.changed.unix(),
                },
                None => PasswordState::None,
            },
            recovery_codes_left: u32::try_from(codes).unwrap_or(0),
            sessions: sessions
                .iter()
                .map(|session| Session {
                    id: session.id.as_str(),
                    agent: &session.agent,
                    started_at: session.authenticated.unix(),
                    last_seen_at: session.seen.unix(),
                    this: if session.id == person.session.id {
                        Which::This
                    } else {
                        Which::Other
                    },
                })
                .collect(),
            ceremony: &asked.ceremony,
            passkey_options: &asked.options,
            waiting,
            notice,
            fresh_codes,
        },
    );
    Ok(Outgoing::Page(PageAnswer {
        why,
        html,
        policy: Policy::Stays,
        cookies: browser.cookies(),
    }))
}
