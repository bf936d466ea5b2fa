//! A version of a tenant's policies: text, own schema and catalogue, applied together and never changed.

use proof::Time;

use super::Entity;
use crate::{capability::Capability, id::AdministratorId};

/// The longest text of policies, in bytes.
pub const POLICIES_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The longest schema of a tenant's own, in bytes.
pub const SCHEMA_BYTES_MAX: usize = 256 * 1024;
/// The most capabilities in a catalogue.
pub const CAPABILITIES_MAX: usize = 500;
/// The largest catalogue, as the text that is stored, in bytes.
pub(crate) const CATALOGUE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What counts before a tenant applied anything: everything that grants allow.
pub const BUILT_IN: &str = "@id(\"built-in\")\npermit(principal, action, resource);\n";

/// What an administrator applied, as a whole: whoever reads it later reads what counted then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySet {
    /// The version, as the tenant counts, from 1.
    pub version: i64,
    /// The policies, in Cedar.
    pub policies: String,
    /// Entity types and actions of the tenant's own, in Cedar's schema language.
    pub schema: Option<String>,
    /// The catalogue.
    pub capabilities: Vec<Capability>,
    /// What policies know by name: resources of the tenant's own types, and what its people are besides.
    pub entities: Vec<Entity>,
    /// Who applied it.
    pub by: AdministratorId,
    /// When.
    pub created: Time,
}

/// What a change may expect of, or do to, a tenant's policies. Each may find no row, and then the change is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The tenant still has this version: what was judged by it counts.
    Unchanged {
        /// The version.
        version: i64,
    },
    /// It is new.
    Create(Box<PolicySet>),
    /// It takes the place of the version before it.
    Advance {
        /// The version that it replaces.
        from: i64,
        /// The version that counts from now on.
        to: i64,
    },
}
