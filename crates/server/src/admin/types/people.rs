//! People, and groups and roles.

use std::collections::BTreeSet;

use kernel::{
    Why,
    administration::{ChangeUser, NewGroup, NewUser},
    id::{GroupId, UserId},
    user::{self, GroupKind, LOGIN_BYTES_MAX, Login, MEMBERSHIPS_MAX, Profile},
};
use proof::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{GROUP_ID, NAME, name, switch};

/// A new person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct UserBody {
    /// What they sign in by: an e-mail address or a name, without regard to case.
    #[schemars(length(min = 1, max = LOGIN_BYTES_MAX))]
    login: String,
    /// What is known of them: standard claims (OpenID Connect Core s5.1) without `sub`.
    #[schemars(extend("propertyNames" = entered_names()))]
    profile: Option<Map<String, Value>>,
    /// The groups and roles they are in, by their ids.
    #[serde(default)]
    #[schemars(length(max = MEMBERSHIPS_MAX), inner(regex(pattern = GROUP_ID)))]
    groups: Vec<String>,
    /// Their first password: at least 8 characters, none of the commonest, not the login.
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    password: Option<Secret<String>>,
}

impl UserBody {
    /// The person, and the password to hash.
    pub(in crate::admin) fn into_command(self) -> Result<(NewUser, Option<Secret<String>>), Why> {
        let new = NewUser {
            login: login(&self.login)?,
            profile: Profile::parse(self.profile.unwrap_or_default())?,
            memberships: groups(&self.groups)?,
            password_hash: None,
        };
        Ok((new, self.password))
    }
}

/// A change of a person: what is absent stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct UserChangeBody {
    /// Another login.
    #[schemars(length(min = 1, max = LOGIN_BYTES_MAX))]
    login: Option<String>,
    /// Claims to change; `null` takes one out.
    #[schemars(extend("propertyNames" = entered_names()))]
    profile: Option<Map<String, Value>>,
    /// All their groups and roles from now on.
    #[schemars(length(max = MEMBERSHIPS_MAX), inner(regex(pattern = GROUP_ID)))]
    groups: Option<Vec<String>>,
    /// Whether they are disabled: they cannot sign in, and what acts for them falls silent.
    disabled: Option<bool>,
}

impl UserChangeBody {
    pub(in crate::admin) fn into_command(self, id: UserId) -> Result<ChangeUser, Why> {
        Ok(ChangeUser {
            id,
            login: self.login.as_deref().map(login).transpose()?,
            profile: self.profile,
            memberships: self.groups.as_deref().map(groups).transpose()?,
            switch: self.disabled.map(switch),
        })
    }
}

/// Another password.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct PasswordBody {
    /// The password: at least 8 characters, none of the commonest, not the login.
    #[serde(deserialize_with = "needed_secret")]
    #[schemars(with = "String")]
    pub(in crate::admin) password: Secret<String>,
}

/// A new group or role.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct GroupBody {
    /// Its id: 1 to 64 lower-case letters, digits, inner hyphens, underscores and dots.
    #[schemars(regex(pattern = GROUP_ID))]
    id: String,
    /// `group` for people who belong together, `role` for people who may decide something.
    #[schemars(extend("enum" = [GroupKind::Group.name(), GroupKind::Role.name()]))]
    kind: String,
    /// Its name for people.
    #[schemars(length(min = 1, max = 128), regex(pattern = NAME))]
    name: String,
}

impl GroupBody {
    pub(in crate::admin) fn into_command(self) -> Result<NewGroup, Why> {
        Ok(NewGroup {
            id: group(&self.id, "id")?,
            kind: GroupKind::from_name(&self.kind).ok_or_else(|| Why::Body("kind: group or role".to_owned()))?,
            name: name(self.name, "name")?,
        })
    }
}

/// The id of a group or role, in a member of this name.
pub(super) fn group(text: &str, member: &'static str) -> Result<GroupId, Why> {
    user::parse_group(text).ok_or_else(|| {
        Why::Body(format!(
            "{member}: 1 to 64 lower-case letters, digits, inner hyphens, underscores and dots"
        ))
    })
}

fn groups(texts: &[String]) -> Result<BTreeSet<GroupId>, Why> {
    if texts.len() > MEMBERSHIPS_MAX {
        return Err(Why::Body("groups: at most 128".to_owned())); // each one is looked up
    }
    texts.iter().map(|text| group(text, "groups")).collect()
}

fn login(text: &str) -> Result<Login, Why> {
    Login::parse(text).ok_or_else(|| {
        Why::Body("login: 1 to 254 bytes, without white space, control and invisible characters".to_owned())
    })
}

fn entered_names() -> Value {
    serde_json::json!({ "enum": Profile::entered_names().collect::<Vec<_>>() })
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(Secret::new))
}

fn needed_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
