//! What a node must know before it starts. What a tenant decides lives in the database instead.

use keys::{Seal, rotation::Schedule};

use crate::surroundings::Surroundings;

/// Static settings of a node, and what it is given.
#[derive(Debug)]
pub struct Settings {
    /// The public origin of the installation, `scheme://host[:port]`: the issuer of the default tenant.
    pub origin: String,
    /// Other authorities (`host[:port]`) under which requests are answered as if they had come to the origin. Only for development.
    pub aliases: Vec<String>,
    /// What happens when the database was set up for another origin.
    pub origin_rule: OriginRule,
    /// Seals private keys; everything else that is secret on disk is derived from it.
    pub seal: Seal,
    /// When keys rotate.
    pub rotation: Schedule,
    /// Time and chance.
    pub surroundings: Surroundings,
}

/// What happens when the database was set up for another origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginRule {
    /// Refuse to start: every token names its issuer.
    MustMatch,
    /// Move: development, or an operator who said so.
    Move,
}
