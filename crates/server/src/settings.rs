//! What a node must know before it starts. What a tenant decides lives in the database instead.

use keys::{Seal, rotation::Schedule};

use crate::{certificates::ClientAuthorities, listen::ClientCertificates, peers::Peers, surroundings::Surroundings};

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
    /// The way out to URLs that others named: client metadata documents.
    pub egress: egress::Settings,
    /// How much of the machine password hashing may take.
    pub passwords: login::Settings,
    /// How often one address may try.
    pub limits: Limits,
    /// Whose address that is, and whose certificate.
    pub peers: Peers,
    /// Whether clients can show certificates, by the connection or through a proxy: discovery says so.
    pub client_certificates: ClientCertificates,
    /// Who vouches for the certificates of clients.
    pub client_authorities: ClientAuthorities,
}

/// How often one address may try something, a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sign-ins from one address.
    pub sign_ins_per_minute: Option<u32>,
    /// Registrations from one address.
    pub registrations_per_minute: Option<u32>,
    /// Failed sign-ins for one login, from anywhere.
    pub failures_per_login_per_minute: u32,
    /// Device codes for one address.
    pub device_codes_per_minute: Option<u32>,
    /// Wrong codes of devices that one person, or one address, may type (S-27).
    pub wrong_user_codes_per_minute: u32,
    /// Wrong codes of devices that all people of a tenant may type together: whoever guesses with many accounts does not get further (S-27).
    pub wrong_user_codes_of_tenant_per_minute: u32,
    /// Requests of machines from one address.
    pub requests_per_address_per_minute: Option<u32>,
    /// Requests of one client that is proved, or named where it need not be.
    pub requests_per_client_per_minute: Option<u32>,
    /// Requests of machines in one tenant: a loud one leaves room for the others.
    pub requests_per_tenant_per_minute: Option<u32>,
}

impl Limits {
    /// What one address, one client and one tenant may ask a minute when nobody says otherwise: far beyond what honest ones do, short of what a node can.
    pub const REQUESTS: (Option<u32>, Option<u32>, Option<u32>) = (Some(12_000), Some(60_000), None);
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_ins_per_minute: Some(30),
            registrations_per_minute: Some(20),
            failures_per_login_per_minute: 10,
            device_codes_per_minute: Some(30),
            wrong_user_codes_per_minute: 5,
            wrong_user_codes_of_tenant_per_minute: 100,
            requests_per_address_per_minute: Self::REQUESTS.0,
            requests_per_client_per_minute: Self::REQUESTS.1,
            requests_per_tenant_per_minute: Self::REQUESTS.2,
        }
    }
}

/// What happens when the database was set up for another origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginRule {
    /// Refuse to start: every token names its issuer.
    MustMatch,
    /// Move: development, or an operator who said so.
    Move,
}
