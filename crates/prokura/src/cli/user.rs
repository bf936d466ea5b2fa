//! `prokura user`.

mod change;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::change::{ChangeArguments, CreateArguments, PasswordFile};
use super::{
    api::{Api, Call},
    arguments::Planned,
    browser_session,
    console::Console,
    grant,
    member::{is_set, state, text, time, words},
    person,
    secret::Secrets,
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Enter a person; without a password they sign in by a code that you hand them
    #[command(after_help = "\
Examples:
  prokura user create alice@demo.test --name 'Alice Demo' --group finance
  prokura user recovery-code alice@demo.test
  prokura user create bob@demo.test --password-file bob.password")]
    Create(CreateArguments),
    /// List the people
    List(ListArguments),
    /// Show a person, and where they are signed in
    Show(Person),
    /// Change a person's login, profile or groups; what is not named stays
    Change(ChangeArguments),
    /// Disable a person: they are signed out and cannot sign in, and what acts for them falls silent
    Disable(Named),
    /// Enable a person again
    Enable(Named),
    /// Give a person another password; they are signed out everywhere
    Password(PasswordArguments),
    /// Give a person a code to sign in with once, shown this once; codes they had before end
    RecoveryCode(CodeArguments),
    /// Sign a person out everywhere
    SignOut(Named),
    /// List what was granted for a person: what they said yes to, and what came of it
    Grants(GrantsArguments),
}

#[derive(Debug, Args)]
pub(super) struct Person {
    /// The person's login or id
    #[arg(value_name = "LOGIN|ID")]
    user: String,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The person's login or id
    #[arg(value_name = "LOGIN|ID")]
    user: String,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only the person who signs in by this
    #[arg(long, value_name = "LOGIN")]
    login: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct PasswordArguments {
    /// The person's login or id
    #[arg(value_name = "LOGIN|ID")]
    user: String,
    /// A file with the password, - for standard input
    #[arg(long, value_name = "FILE")]
    password_file: PasswordFile,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct CodeArguments {
    /// The person's login or id
    #[arg(value_name = "LOGIN|ID")]
    user: String,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct GrantsArguments {
    /// The person's login or id
    #[arg(value_name = "LOGIN|ID")]
    user: String,
    /// Also those that are revoked, have ended, or are silent because one above them is
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(command: UserCommand, console: &Console<'_>) -> Result<()> {
    match command {
        UserCommand::Create(arguments) => change::create(arguments, console).await,
        UserCommand::List(arguments) => list(arguments, console).await,
        UserCommand::Show(Person { user }) => show(&user, console).await,
        UserCommand::Change(arguments) => change::change(arguments, console).await,
        UserCommand::Disable(Named { user, planned }) => {
            let question = format!(
                "Disable {user}? They are signed out and cannot sign in, and everything that acts for them falls silent."
            );
            console.confirm(&question, planned)?;
            switch("disable", &user, true, planned, console).await
        }
        UserCommand::Enable(Named { user, planned }) => switch("enable", &user, false, planned, console).await,
        UserCommand::Password(arguments) => password(arguments, console).await,
        UserCommand::RecoveryCode(arguments) => recovery_code(arguments, console).await,
        UserCommand::SignOut(Named { user, planned }) => {
            console.confirm(&format!("Sign {user} out everywhere?"), planned)?;
            let doing = format!("sign out {user}");
            let api = console.api()?;
            let id = person::id(&api, &doing, &user).await?;
            changed(&api, Call::post(doing, &["users", &id, "sign-out"]), planned, console).await
        }
        UserCommand::Grants(arguments) => grants(arguments, console).await,
    }
}

async fn list(arguments: ListArguments, console: &Console<'_>) -> Result<()> {
    let mut call = Call::get("list users", &["users"]);
    if let Some(login) = arguments.login {
        call = call.query("login", login);
    }
    let users = console.api()?.list(&call, "users").await?;
    let mut table = Table::new(&["USER", "LOGIN", "NAME", "GROUPS", "CREATED", "STATE"]);
    for user in &users {
        table.row(&[
            text(user, "id"),
            text(user, "login"),
            claim(user, "name"),
            words(user, "groups"),
            time(user, "created_at")
                .map(|at| when::relative(at, console.now))
                .unwrap_or_default(),
            state(user).to_owned(),
        ]);
    }
    console.list("users", users, &table, "nobody; prokura user create enters a person")
}

async fn show(user: &str, console: &Console<'_>) -> Result<()> {
    let api = console.api()?;
    let document = person::find(&api, &format!("show user {user}"), user).await?;
    let mut human = record(&document, console.now).text();
    if console.is_for_people() {
        let call = Call::get("list browser sessions", &["browser-sessions"]).query("user", text(&document, "id"));
        let mut sessions = api.list(&call, "browser_sessions").await?;
        sessions.retain(|session| browser_session::is_open(session, console.now));
        human.push_str(if sessions.is_empty() {
            "\nsigned in nowhere\n"
        } else {
            "\n"
        });
        human.push_str(&browser_session::table(&sessions, console.now).text_if_any());
    }
    console.show(&document, &human)
}

async fn switch(verb: &str, user: &str, disabled: bool, planned: Planned, console: &Console<'_>) -> Result<()> {
    let doing = format!("{verb} user {user}");
    let api = console.api()?;
    let id = person::id(&api, &doing, user).await?;
    let call = Call::patch(doing, &["users", &id]).body(json!({ "disabled": disabled }));
    changed(&api, call, planned, console).await
}

async fn password(arguments: PasswordArguments, console: &Console<'_>) -> Result<()> {
    let PasswordArguments {
        user,
        password_file,
        planned,
    } = arguments;
    console.confirm(
        &format!("Give {user} another password? They are signed out everywhere."),
        planned,
    )?;
    let password = password_file.read(console)?;
    let doing = format!("set the password of {user}");
    let api = console.api()?;
    let id = person::id(&api, &doing, &user).await?;
    let call = Call::post(doing, &["users", &id, "password"]).secret_body(json!({ "password": password.reveal() }));
    changed(&api, call, planned, console).await
}

async fn recovery_code(arguments: CodeArguments, console: &Console<'_>) -> Result<()> {
    let CodeArguments { user, secrets, planned } = arguments;
    console.confirm(
        &format!("Give {user} a recovery code? Codes they had before end."),
        planned,
    )?;
    let doing = format!("give {user} a recovery code");
    let api = console.api()?;
    let id = person::id(&api, &doing, &user).await?;
    let place = secrets.reserve(planned)?;
    let call = Call::post(doing, &["users", &id, "recovery-code"]);
    let Some(document) = place.or_give_up(console.change_by(&api, call, planned).await)? else {
        return Ok(());
    };
    place.code(&document, "recovery_code", record(&document, console.now), console)
}

async fn grants(arguments: GrantsArguments, console: &Console<'_>) -> Result<()> {
    let api = console.api()?;
    let doing = format!("list the grants of {}", arguments.user);
    let id = person::id(&api, &doing, &arguments.user).await?;
    let mut grants = api.list(&Call::get(doing, &["users", &id, "grants"]), "grants").await?;
    let forest = grant::Forest::of(&grants);
    if !arguments.all {
        grants.retain(|grant| forest.state(grant, console.now) == "active");
    }
    let table = grant::table(&grants, &forest, console.now);
    let empty = if arguments.all {
        "nothing acts for them, and nothing did"
    } else {
        "nothing acts for them; --all shows what did"
    };
    console.list("grants", grants, &table, empty)
}

async fn changed(api: &Api, call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change_by(api, call, planned).await? {
        Some(document) => console.show(&document, &record(&document, console.now).text()),
        None => Ok(()),
    }
}

/// A claim of a person's profile.
fn claim(user: &Value, name: &str) -> String {
    user.get("profile")
        .map(|profile| text(profile, name))
        .unwrap_or_default()
}

fn record(user: &Value, now: i64) -> Record {
    let profile = user.get("profile").unwrap_or(&Value::Null);
    let mail = text(profile, "email");
    let told = if is_set(profile, "email_verified") {
        format!("{mail} (verified)")
    } else {
        mail.clone()
    };
    let mut record = Record::default()
        .line("user", text(user, "id"))
        .line("login", text(user, "login"))
        .line("name", text(profile, "name"))
        .line_if("email", (!mail.is_empty()).then_some(told));
    let shown = ["name", "email", "email_verified", "updated_at"];
    for (name, _) in profile.as_object().into_iter().flatten() {
        if !shown.contains(&name.as_str()) {
            record = record.line("claim", format!("{name}  {}", text(profile, name)));
        }
    }
    record
        .line("groups", words(user, "groups"))
        .line(
            "state",
            match time(user, "disabled_at") {
                Some(at) => format!("disabled {}", when::both(at, now)),
                None => "enabled".to_owned(),
            },
        )
        .line_if("created", time(user, "created_at").map(|at| when::both(at, now)))
        .line_if("changed", time(profile, "updated_at").map(|at| when::both(at, now)))
}
