//! Calls about people, groups, their browser sessions, and what is decided centrally for them.

use kernel::{
    Moment, Why,
    administration::{Command, describe},
    id::{BrowserSessionId, GroupId, RuleId, UserId},
    user::{self, Login},
};
use login::Password;

use super::{
    calls::{carry_out, shown},
    types,
};
use crate::{
    app::App,
    browser,
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
};

pub(super) async fn show(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let user = inbound.tenant.user(&user_id(inbound)?).await?;
    Ok(shown(describe::user(&user.ok_or(Why::Absent("user"))?)))
}

pub(super) async fn create(inbound: Inbound) -> Result<Outgoing, Stop> {
    let (mut new, password) = types::read::<types::UserBody>(&inbound.body)?.into_command()?;
    if let Some(password) = password {
        new.password_hash = Some(hash(&inbound.app, password.reveal(), &new.login, &inbound.at).await?);
    }
    carry_out(inbound, Command::CreateUser(Box::new(new))).await
}

pub(super) async fn change(inbound: Inbound) -> Result<Outgoing, Stop> {
    let change = types::read::<types::UserChangeBody>(&inbound.body)?.into_command(user_id(&inbound)?)?;
    carry_out(inbound, Command::ChangeUser(Box::new(change))).await
}

pub(super) async fn set_password(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = user_id(&inbound)?;
    let user = inbound.tenant.user(&id).await?.ok_or(Why::Absent("user"))?;
    let body: types::PasswordBody = types::read(&inbound.body)?;
    let hash = hash(&inbound.app, body.password.reveal(), &user.login, &inbound.at).await?;
    carry_out(inbound, Command::SetUserPassword { id, hash }).await
}

pub(super) async fn give_recovery_code(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = user_id(&inbound)?;
    let [code, ..] = login::recovery::codes(&inbound.at.draw("recovery code"));
    carry_out(inbound, Command::GiveRecoveryCode { id, code }).await
}

pub(super) async fn end_sessions(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = user_id(&inbound)?;
    carry_out(inbound, Command::EndUserSessions(id)).await
}

pub(super) async fn end_session(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = BrowserSessionId::parse(inbound.param("id")?).ok_or(Why::Absent("browser session"))?;
    carry_out(inbound, Command::EndBrowserSession(id)).await
}

pub(super) async fn create_group(inbound: Inbound) -> Result<Outgoing, Stop> {
    let new = types::read::<types::GroupBody>(&inbound.body)?.into_command()?;
    carry_out(inbound, Command::CreateGroup(Box::new(new))).await
}

pub(super) async fn drop_group(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id: GroupId = user::parse_group(inbound.param("id")?).ok_or(Why::Absent("group"))?;
    carry_out(inbound, Command::DropGroup(id)).await
}

pub(super) async fn create_rule(inbound: Inbound) -> Result<Outgoing, Stop> {
    let new = types::read::<types::RuleBody>(&inbound.body)?.into_command()?;
    carry_out(inbound, Command::CreateRule(Box::new(new))).await
}

pub(super) async fn drop_rule(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = RuleId::parse(inbound.param("id")?).ok_or(Why::Absent("rule"))?;
    carry_out(inbound, Command::DropRule(id)).await
}

/// The person that the path names.
pub(super) fn user_id(inbound: &Inbound) -> Result<UserId, Why> {
    UserId::parse(inbound.param("id")?).ok_or(Why::Absent("user"))
}

/// The hash of a password that an administrator chose for somebody; the rules are those for people.
async fn hash(app: &App, text: &str, login: &Login, at: &Moment) -> Result<String, Stop> {
    let password = Password::parse_new(text, login.as_str()).map_err(browser::password_refused)?;
    Ok(app.hashed(password, at).await?)
}
