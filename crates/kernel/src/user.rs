//! People: who signs in, what is known of them (OpenID Connect Core s5.1), and the groups and roles they are in.

use std::collections::BTreeSet;

use proof::{Time, json};
use serde_json::Value;

use crate::{
    id::{GroupId, UserId},
    why::Why,
};

/// The longest name somebody signs in by, in bytes (an e-mail address: RFC 5321 s4.5.3.1 and its erratum 1690).
pub const LOGIN_BYTES_MAX: usize = 254;
/// The largest profile, in bytes of JSON.
pub const PROFILE_BYTES_MAX: usize = 8 * 1024;
/// Groups and roles of one person, at most.
pub const MEMBERSHIPS_MAX: usize = 128;

/// What somebody types to say who they are: an e-mail address or a name, without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login(String);

impl Login {
    /// Reads a login: 1 to 254 bytes, no white space and no control characters; upper and lower case are the same.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.trim().to_lowercase();
        let fits = (1..=LOGIN_BYTES_MAX).contains(&plain.len())
            && !plain
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || is_invisible(c));
        fits.then_some(Self(plain))
    }

    /// The login in its one form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that nobody sees: directional marks, zero-width joiners and the like. Two logins that differ in them alone would look the same.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// What is known of a person: the standard claims of OpenID Connect Core s5.1 without `sub`, each of its type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile(json::Object);

/// The type of a standard claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Url,
    Truth,
    Address,
    /// Said by us, never by who enters a person.
    Ours,
}

/// The standard claims and their types (OpenID Connect Core s5.1).
const CLAIMS: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("given_name", Kind::Text),
    ("family_name", Kind::Text),
    ("middle_name", Kind::Text),
    ("nickname", Kind::Text),
    ("preferred_username", Kind::Text),
    ("profile", Kind::Url),
    ("picture", Kind::Url),
    ("website", Kind::Url),
    ("email", Kind::Text),
    ("email_verified", Kind::Truth),
    ("gender", Kind::Text),
    ("birthdate", Kind::Text),
    ("zoneinfo", Kind::Text),
    ("locale", Kind::Text),
    ("phone_number", Kind::Text),
    ("phone_number_verified", Kind::Truth),
    ("address", Kind::Address),
    (UPDATED_AT, Kind::Ours),
];

/// When the profile was changed last.
const UPDATED_AT: &str = "updated_at";

impl Profile {
    /// The names of the claims a profile may hold.
    pub fn claim_names() -> impl Iterator<Item = &'static str> {
        CLAIMS.iter().map(|(name, _)| *name)
    }

    /// Those of them that whoever enters a person says.
    pub fn entered_names() -> impl Iterator<Item = &'static str> {
        let entered = |(_, kind): &&(&str, Kind)| *kind != Kind::Ours;
        CLAIMS.iter().filter(entered).map(|(name, _)| *name)
    }

    /// Reads a profile: standard claims only, each of its type, none of them empty.
    pub fn parse(object: json::Object) -> Result<Self, Why> {
        let wrong = |name: &str, rule: &str| Err(Why::Body(format!("profile: {name} {rule}")));
        for (name, value) in &object {
            let plain: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
            let Some((_, kind)) = CLAIMS.iter().find(|(known, _)| known == name) else {
                return wrong(&plain, "is not a standard claim (OpenID Connect Core s5.1)");
            };
            match (kind, value) {
                (Kind::Text, Value::String(text)) if is_plain(text) => {}
                (Kind::Url, Value::String(text))
                    if is_plain(text) && (text.starts_with("https://") || text.starts_with("http://")) => {}
                (Kind::Truth, Value::Bool(_)) => {}
                (Kind::Address, Value::Object(parts))
                    if parts
                        .values()
                        .all(|part| part.as_str().is_some_and(|text| text.len() <= 1_000)) => {}
                (Kind::Ours, _) => return wrong(&plain, "is ours to say: it follows every change"),
                (Kind::Text, _) => return wrong(&plain, "is a text of 1 to 500 characters"),
                (Kind::Url, _) => return wrong(&plain, "is an http or https URL"),
                (Kind::Truth, _) => return wrong(&plain, "is true or false"),
                (Kind::Address, _) => return wrong(&plain, "is an object of texts (OpenID Connect Core s5.1.1)"),
            }
        }
        if Value::Object(object.clone()).to_string().len() > PROFILE_BYTES_MAX {
            return Err(Why::Body("profile: at most 8 kB".to_owned()));
        }
        Ok(Self(object))
    }

    /// Reads a row: what [`Self::parse`] admits, and when it was changed.
    pub fn from_row(mut object: json::Object) -> Result<Self, Why> {
        let changed = object.remove(UPDATED_AT).and_then(|value| value.as_i64());
        let profile = Self::parse(object)?;
        Ok(match changed {
            Some(at) => profile.as_of(Time::from_unix(at)),
            None => profile,
        })
    }

    /// The profile, last changed at this time.
    #[must_use]
    pub fn as_of(mut self, at: Time) -> Self {
        self.0.insert(UPDATED_AT.to_owned(), at.unix().into());
        self
    }

    /// The claims.
    pub fn claims(&self) -> &json::Object {
        &self.0
    }

    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The profile with these claims instead; a claim that is `null` in the change is taken out.
    #[must_use = "the change makes a new profile"]
    pub fn changed(&self, change: json::Object) -> Result<Self, Why> {
        let mut claims = self.0.clone();
        claims.remove(UPDATED_AT);
        for (name, value) in change {
            if value.is_null() {
                claims.remove(&name);
            } else {
                claims.insert(name, value);
            }
        }
        Self::parse(claims)
    }
}

fn is_plain(text: &str) -> bool {
    (1..=500).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id; never leaves the tenant.
    pub id: UserId,
    /// What they sign in by; one person a login.
    pub login: Login,
    /// What is known of them.
    pub profile: Profile,
    /// The groups and roles they are in.
    pub memberships: BTreeSet<GroupId>,
    /// Rises with every change of the row; a change that relied on the person expects the value it saw.
    pub epoch: i64,
    /// When they were entered.
    pub created: Time,
    /// When they were disabled, if they are.
    pub disabled: Option<Time>,
}

impl User {
    /// Their row as it is, one epoch on: whatever relied on it looks again.
    pub(crate) fn moves_on(&self) -> crate::decision::Guard {
        crate::decision::Guard::User(Guard::Replace {
            user: Box::new(Self {
                epoch: self.epoch.saturating_add(1),
                ..self.clone()
            }),
            epoch: self.epoch,
        })
    }

    /// What people call them.
    pub fn name(&self) -> &str {
        self.profile
            .text("name")
            .or_else(|| self.profile.text("preferred_username"))
            .unwrap_or(self.login.as_str())
    }
}

/// Whether a named set of people is a group or a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupKind {
    /// People who belong together.
    Group,
    /// People who may decide something: an approver, an owner.
    Role,
}

impl GroupKind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Role => "role",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Group, Self::Role].into_iter().find(|kind| kind.name() == name)
    }
}

/// A named set of people of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id, chosen by an administrator: `finance`, `approver`.
    pub id: GroupId,
    /// Group or role.
    pub kind: GroupKind,
    /// Its name for people.
    pub name: String,
    /// When it was made.
    pub created: Time,
}

/// Reads the id of a group or role: 1 to 64 lower-case letters, digits, inner hyphens, underscores and dots.
pub fn parse_group(text: &str) -> Option<GroupId> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let ok = text.len() <= 64 && text.bytes().all(inner) && edge(text.bytes().next()) && edge(text.bytes().last());
    ok.then(|| GroupId::parse(text)).flatten()
}

/// What a change may do to people, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The person is new: the login is not taken.
    Create(Box<User>),
    /// The row is replaced; it must still have the epoch that was read.
    Replace {
        /// The new row, its epoch one higher.
        user: Box<User>,
        /// The epoch that was read.
        epoch: i64,
    },
    /// They are enabled, and their row is the one that was read.
    Unchanged {
        /// Who.
        id: UserId,
        /// The epoch that was read.
        epoch: i64,
    },
    /// The group or role is new.
    CreateGroup(Box<Group>),
    /// The group or role is there.
    GroupExists(GroupId),
}

/// What a change does to people whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The group or role is gone.
    DropGroup(GroupId),
    /// Nobody is in the group or role any more: one of the same id that is made later begins empty.
    LeaveGroup(GroupId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_have_one_form() {
        assert_eq!(
            Login::parse(" Alice@Demo.Test ").map(|login| login.0),
            Some("alice@demo.test".to_owned())
        );
        assert_eq!(Login::parse("MÜLLER").map(|login| login.0), Some("müller".to_owned()));
        for bad in [
            "",
            "  ",
            "a b",
            "a\tb",
            "a\nb",
            "a\u{0}",
            "ali\u{200b}ce",
            "\u{202e}bob",
            &"x".repeat(255),
        ] {
            assert_eq!(Login::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_profile_holds_standard_claims_of_their_types_only() {
        let parse = |text: &str| Profile::parse(json::parse_object(text.as_bytes()).unwrap());
        for good in [
            "{}",
            r#"{"name":"Alice","email":"alice@demo.test","email_verified":true,"picture":"https://demo.test/a.png"}"#,
            r#"{"address":{"locality":"Bern"}}"#,
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            r#"{"sub":"x"}"#,
            r#"{"role":"admin"}"#,
            r#"{"name":1}"#,
            r#"{"name":""}"#,
            r#"{"name":"a\u0000b"}"#,
            r#"{"email_verified":"true"}"#,
            r#"{"picture":"javascript:alert(1)"}"#,
            r#"{"address":"Bern"}"#,
            r#"{"updated_at":1}"#,
        ] {
            assert!(matches!(parse(bad), Err(Why::Body(_))), "{bad}");
        }
    }

    #[test]
    fn a_change_of_a_profile_replaces_adds_and_takes_out() {
        let object = |text: &str| json::parse_object(text.as_bytes()).unwrap();
        let before = Profile::parse(object(r#"{"name":"Alice","locale":"de"}"#)).unwrap();
        let after = before
            .changed(object(r#"{"name":"Alice B","locale":null,"nickname":"Al"}"#))
            .unwrap();
        assert_eq!(after.claims(), &object(r#"{"name":"Alice B","nickname":"Al"}"#));
    }

    #[test]
    fn group_ids_are_plain_words() {
        for good in ["finance", "a", "approver.level-2", "x_1"] {
            assert!(parse_group(good).is_some(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "a/b", "\u{e9}", &"x".repeat(65)] {
            assert!(parse_group(bad).is_none(), "{bad}");
        }
    }
}
