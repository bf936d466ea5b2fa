//! `prokura user create` and `prokura user change`: what is known of a person, and the files it comes from.

use std::{
    convert::Infallible,
    io::Read,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::Result;
use clap::Args;
use proof::Secret;
use serde_json::{Map, Value};

use super::{changed, record};
use crate::cli::{
    api::Call,
    arguments::Planned,
    client::insert_if,
    console::{Console, something_to_change},
    failure::{Exit, Failure},
    file, person,
};

/// Largest file that is read for a password, in bytes; the server takes less.
const PASSWORD_FILE_BYTES_MAX: u64 = 4 * 1024;

#[derive(Debug, Args)]
pub(in crate::cli) struct CreateArguments {
    /// What they sign in by: an e-mail address or a name, without regard to case
    login: String,
    #[command(flatten)]
    profile: Profile,
    /// A group or role they are in; repeatable
    #[arg(long = "group", value_name = "ID")]
    groups: Vec<String>,
    /// A file with their first password, - for standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PasswordFile>,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ChangeArguments {
    /// The person's login or id
    #[arg(value_name = "LOGIN|ID")]
    user: String,
    /// Another login
    #[arg(long, value_name = "LOGIN")]
    login: Option<String>,
    #[command(flatten)]
    profile: Profile,
    /// A claim to take out of the profile, as in locale; repeatable
    #[arg(long = "without", value_name = "CLAIM")]
    without: Vec<String>,
    /// A group or role they are in, instead of those before; repeatable
    #[arg(long = "group", value_name = "ID", conflicts_with = "no_groups")]
    groups: Vec<String>,
    /// They are in no group or role any more
    #[arg(long)]
    no_groups: bool,
    #[command(flatten)]
    planned: Planned,
}

/// What is known of a person.
#[derive(Debug, Args)]
pub(in crate::cli) struct Profile {
    /// Their name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Their e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    #[arg(
        long = "profile-json",
        value_name = "FILE",
        help = "A file with a JSON object of claims, as in {\"locale\": \"de\"}: the standard ones of OpenID Connect Core s5.1"
    )]
    file: Option<PathBuf>,
}

impl Profile {
    /// The claims; those with an option of their own go before those of the file.
    fn claims(self) -> Result<Map<String, Value>> {
        let mut claims = match self.file {
            Some(file) => object(&file)?,
            None => Map::new(),
        };
        insert_if(&mut claims, "name", self.name.map(Value::from));
        insert_if(&mut claims, "email", self.email.map(Value::from));
        Ok(claims)
    }
}

fn object(file: &Path) -> Result<Map<String, Value>> {
    let what = "a JSON object of claims, as in {\"locale\": \"de\"},";
    match file::json(file, what)? {
        Value::Object(claims) => Ok(claims),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Err(Failure::new(
            Exit::Usage,
            format!("{} is not a JSON object", file.display()),
        )
        .advice(format!("put {what} there"))
        .into()),
    }
}

/// A file with a password: never an argument, since others on the machine can read those.
#[derive(Clone, Debug)]
pub(in crate::cli) struct PasswordFile(PathBuf);

impl FromStr for PasswordFile {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(PathBuf::from(text)))
    }
}

impl PasswordFile {
    /// The password: all of it but the line end at its end.
    pub(in crate::cli) fn read(&self, console: &Console<'_>) -> Result<Secret<String>> {
        let unreadable = |error: std::io::Error| {
            Failure::new(
                Exit::Usage,
                format!("cannot read the password from {}", self.0.display()),
            )
            .why(error.to_string())
        };
        let mut text = String::new();
        if self.0 == Path::new("-") {
            if console.global.token_file.as_deref() == Some(Path::new("-")) {
                return Err(
                    Failure::new(Exit::Usage, "standard input cannot be both the token and the password")
                        .advice("put one of them into a file")
                        .into(),
                );
            }
            std::io::stdin()
                .lock()
                .take(PASSWORD_FILE_BYTES_MAX)
                .read_to_string(&mut text)
                .map_err(unreadable)?;
        } else {
            let file = std::fs::File::open(&self.0).map_err(unreadable)?;
            file.take(PASSWORD_FILE_BYTES_MAX)
                .read_to_string(&mut text)
                .map_err(unreadable)?;
        }
        let end = text.trim_end_matches(['\r', '\n']).len();
        text.truncate(end);
        Ok(Secret::new(text))
    }
}

pub(super) async fn create(arguments: CreateArguments, console: &Console<'_>) -> Result<()> {
    let CreateArguments {
        login,
        profile,
        groups,
        password_file,
        planned,
    } = arguments;
    let claims = profile.claims()?;
    let password = password_file.map(|file| file.read(console)).transpose()?;
    let mut body = Map::new();
    body.insert("login".to_owned(), login.as_str().into());
    insert_if(&mut body, "profile", (!claims.is_empty()).then(|| claims.into()));
    insert_if(&mut body, "groups", (!groups.is_empty()).then(|| groups.into()));
    let call = Call::post(format!("create user {login}"), &["users"]);
    let call = match &password {
        None => call.body(Value::Object(body)),
        Some(password) => {
            body.insert("password".to_owned(), password.reveal().as_str().into());
            call.secret_body(Value::Object(body))
        }
    };
    let Some(document) = console.change(call, planned).await? else {
        return Ok(());
    };
    if password.is_none() {
        console.say(&format!(
            "they have no way to sign in yet; prokura user recovery-code {login} makes a code to hand to them"
        ));
    }
    console.show(&document, &record(&document, console.now).text())
}

pub(super) async fn change(arguments: ChangeArguments, console: &Console<'_>) -> Result<()> {
    let ChangeArguments {
        user,
        login,
        profile,
        without,
        groups,
        no_groups,
        planned,
    } = arguments;
    let mut claims = profile.claims()?;
    claims.extend(without.into_iter().map(|claim| (claim, Value::Null)));
    let mut body = Map::new();
    insert_if(&mut body, "login", login.map(Value::from));
    insert_if(&mut body, "profile", (!claims.is_empty()).then(|| claims.into()));
    insert_if(
        &mut body,
        "groups",
        (no_groups || !groups.is_empty()).then(|| groups.into()),
    );
    something_to_change(
        &body,
        "--login, --name, --email, --profile-json, --without, --group or --no-groups",
    )?;
    let doing = format!("change user {user}");
    let api = console.api()?;
    let id = person::id(&api, &doing, &user).await?;
    let call = Call::patch(doing, &["users", &id]).body(Value::Object(body));
    changed(&api, call, planned, console).await
}
