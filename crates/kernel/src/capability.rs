//! Kinds of action, by name: what a question is about before anybody asks whether it may be.
//!
//! `product.md` s2. A tenant has a catalogue of them; the `type` of an authorization detail and the scopes of a resource name one each.

use proof::json::Object;

/// The longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// The name of a capability: `purchase`, `read_profile`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapabilityName(String);

impl CapabilityName {
    /// Reads a name: letters, digits and `_ - . : /`, first a letter, at most [`NAME_BYTES_MAX`] bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        let rest = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte));
        (first && rest && text.len() <= NAME_BYTES_MAX).then(|| Self(text.to_owned()))
    }

    /// The name as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How strongly a human must say so when one is asked. The order is the strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Nobody need be asked for it.
    None,
    /// Somebody who is signed in.
    #[default]
    Session,
    /// Somebody whom a passkey verified at the moment of the yes, over what is asked.
    Biometric,
}

impl Strength {
    /// The name in files, rows and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Session => "session",
            Self::Biometric => "biometric",
        }
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::Session, Self::Biometric]
            .into_iter()
            .find(|strength| strength.name() == name)
    }
}

/// A kind of action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Its name.
    pub name: CapabilityName,
    /// What it is, in a sentence.
    pub description: String,
    /// JSON Schema of what is asked with it, if it takes anything.
    pub input: Option<Object>,
    /// JSON Schema of what comes of it, if anything does.
    pub output: Option<Object>,
    /// How strongly a human must say so when one is asked.
    pub strength: Strength,
}
