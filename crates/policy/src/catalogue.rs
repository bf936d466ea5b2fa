//! What policies may speak of, as a Cedar schema made from the tenant's catalogue.

use std::fmt::Write as _;

use std::borrow::Cow;

use kernel::capability::Capability;

use crate::shape::{Shape, quoted};

/// The entity types of ours: who acts, what they are in, and what is acted on.
const ENTITIES: &str = "\
entity Group;
entity Role;
entity User in [Group, Role] { login?: String };
entity Client in [User, Group, Role] { name?: String };
entity Host in [User, Client];
entity Session in [Host, User, Client];
entity Resource;
";

/// The principals of a capability.
const PRINCIPALS: &str = "User, Client, Host, Session";

/// What every question carries beside its input.
pub(crate) const RISK: &str = "{ unusual_hour: Bool, velocity: Long, amount_percent?: Long }";

/// A tenant's capabilities, and what it adds to the schema for questions of its own (`AuthZEN`).
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// The capabilities.
    pub capabilities: Vec<Capability>,
    /// Entity types and actions of the tenant's own, in Cedar's schema language.
    pub schema: Option<String>,
}

impl Catalogue {
    /// Every capability, and what stands for those that have no name.
    pub(crate) fn all(&self) -> impl Iterator<Item = Cow<'_, Capability>> {
        let known = self.capabilities.iter().map(Cow::Borrowed);
        known.chain([Cow::Owned(Capability::access())])
    }

    /// The whole schema in Cedar's language, for people and editors to read.
    pub fn cedarschema(&self) -> String {
        let mut text = ENTITIES.to_owned();
        for capability in self.all() {
            let input = capability.input.as_ref().map(Shape::of_schema);
            let input = input
                .map(|shape| format!("input: {}, ", shape.cedar()))
                .unwrap_or_default();
            let _infallible = write!(
                text,
                "\n// {}\naction {} appliesTo {{\n  principal: [{PRINCIPALS}],\n  resource: [Resource],\n  context: {{ {input}now: Long, hour: Long, weekday: Long, risk: {RISK} }},\n}};\n",
                capability.description.replace(['\n', '\r'], " "),
                quoted(capability.name.as_str()),
            );
        }
        if let Some(own) = &self.schema {
            text.push('\n');
            text.push_str(own);
            text.push('\n');
        }
        text
    }
}
