//! The commands of administration. The server reads them from JSON; strings have ended here.

use std::collections::{BTreeMap, BTreeSet};

use proof::{Algorithm, Time, json};

use crate::{
    authority::Scopes,
    capability::Capability,
    client::{ApplicationType, Approvers, AuthenticationMethod, Binding, Further, GrantType, Introspects, Keys},
    consent::{Clients, Effect},
    detail::{DetailType, Details},
    grant::Terms,
    id::{
        AdministratorId, ApprovalId, BrowserSessionId, ClientId, DetailTypeId, GrantId, GroupId, RuleId, TenantId,
        UserId,
    },
    key::SigningKey,
    policy::Entity,
    power::Powers,
    resource::ResourceUri,
    tenant::{Reach, Settings, SettingsChange},
    user::{GroupKind, Login, Profile},
};

/// One thing an administrator wants done in the tenant.
#[derive(Clone, Debug)]
pub enum Command {
    /// Register a client, and give it its root grant.
    CreateClient(Box<NewClient>),
    /// Change a registration.
    ChangeClient(Box<ChangeClient>),
    /// Give a client a new secret; the old one ends at once.
    RotateClientSecret(ClientId),
    /// Register a resource.
    CreateResource(Box<NewResource>),
    /// Disable a resource, or enable it again.
    SetResourceDisabled(ResourceUri, Switch),
    /// Give a client a grant, or narrow one.
    CreateGrant(Box<NewGrant>),
    /// Edit a grant down: it has less from now on, and so has everything below it.
    EditGrant(Box<EditGrant>),
    /// Revoke a grant, and with it everything below it.
    RevokeGrant(GrantId),
    /// Make a tenant.
    CreateTenant(Box<NewTenant>),
    /// Disable a tenant, or enable it again.
    SetTenantDisabled(TenantId, Switch),
    /// Change a tenant's name, or what it decides for itself. What is `None` stays.
    ChangeTenant {
        /// Which.
        id: TenantId,
        /// Another name, for people.
        name: Option<String>,
        /// What it decides from now on.
        settings: SettingsChange,
    },
    /// Make an administrator's token.
    CreateAdministrator(NewAdministrator),
    /// End an administrator's token now.
    EndAdministrator(AdministratorId),
    /// Enter a person.
    CreateUser(Box<NewUser>),
    /// Change a person's row.
    ChangeUser(Box<ChangeUser>),
    /// Give a person another password; their browser sessions end.
    SetUserPassword {
        /// Whose.
        id: UserId,
        /// Its hash, from the login provider.
        hash: String,
    },
    /// Give a person a recovery code to sign in with once; codes they had before end.
    GiveRecoveryCode {
        /// Whom.
        id: UserId,
        /// The code, from the login provider.
        code: String,
    },
    /// End every browser session of a person.
    EndUserSessions(UserId),
    /// End one browser session.
    EndBrowserSession(BrowserSessionId),
    /// Make a group or role.
    CreateGroup(Box<NewGroup>),
    /// End a group or role.
    DropGroup(GroupId),
    /// Decide centrally: allow or forbid client, scope and place, for everybody or a group.
    CreateRule(Box<NewRule>),
    /// Take such a decision back.
    DropRule(RuleId),
    /// End an approval that waits, or that nobody has fetched.
    CancelApproval(ApprovalId),
    /// Register a type of authorization details.
    CreateDetailType(Box<DetailType>),
    /// Register it anew, with other words, another schema or other rules.
    ReplaceDetailType(Box<DetailType>),
    /// End a type: nothing of it can be asked, and what was granted of it falls silent.
    DropDetailType(DetailTypeId),
    /// Apply policies and capabilities: all of them, as the next version.
    ApplyPolicies(Box<NewPolicies>),
    /// Publish new signing keys now. They sign as soon as every cache of the old key set has ended.
    RotateKeys(Vec<SigningKey>),
}

impl Command {
    /// The details that it gives, to be judged by the schemas of their types.
    pub fn details(&self) -> &Details {
        match self {
            Self::CreateGrant(new) => &new.details,
            Self::EditGrant(edit) => edit.details.as_ref().unwrap_or(Details::none()),
            Self::CreateClient(_)
            | Self::ChangeClient(_)
            | Self::RotateClientSecret(_)
            | Self::CreateResource(_)
            | Self::SetResourceDisabled(..)
            | Self::RevokeGrant(_)
            | Self::CreateTenant(_)
            | Self::SetTenantDisabled(..)
            | Self::ChangeTenant { .. }
            | Self::CreateAdministrator(_)
            | Self::EndAdministrator(_)
            | Self::CreateUser(_)
            | Self::ChangeUser(_)
            | Self::SetUserPassword { .. }
            | Self::GiveRecoveryCode { .. }
            | Self::EndUserSessions(_)
            | Self::EndBrowserSession(_)
            | Self::CreateGroup(_)
            | Self::DropGroup(_)
            | Self::CreateRule(_)
            | Self::DropRule(_)
            | Self::CancelApproval(_)
            | Self::CreateDetailType(_)
            | Self::ReplaceDetailType(_)
            | Self::DropDetailType(_)
            | Self::ApplyPolicies(_)
            | Self::RotateKeys(_) => Details::none(),
        }
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// It counts.
    Enabled,
    /// It does not count until it is enabled again.
    Disabled,
}

impl Switch {
    /// Since when it is disabled, if it is.
    pub fn since(self, now: Time) -> Option<Time> {
        match self {
            Self::Enabled => None,
            Self::Disabled => Some(now),
        }
    }
}

/// A new client.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Its id; drawn when absent.
    pub id: Option<ClientId>,
    /// Its name for people.
    pub name: String,
    /// How it proves who it is.
    pub method: AuthenticationMethod,
    /// Its public keys, or where they are.
    pub keys: Option<Keys>,
    /// What it says beyond plain OAuth.
    pub further: Further,
    /// The grant types it may use.
    pub grant_types: BTreeSet<GrantType>,
    /// The scopes of its root grant.
    pub scopes: Scopes,
    /// The resources of its root grant; our own endpoints are always among its places.
    pub resources: BTreeSet<ResourceUri>,
    /// The algorithm of its access tokens.
    pub token_algorithm: Option<Algorithm>,
    /// Whether its tokens are always bound.
    pub binding: Binding,
    /// What it may introspect.
    pub introspects: Introspects,
    /// Who is asked when it wants more than it was given.
    pub approvers: Option<Approvers>,
    /// Where it may be answered through a browser.
    pub redirect_uris: Vec<String>,
    /// What it is.
    pub application_type: ApplicationType,
    /// Its own page.
    pub uri: Option<String>,
}

/// A change of a registration: what is `None` stays.
#[derive(Clone, Debug)]
pub struct ChangeClient {
    /// Which.
    pub id: ClientId,
    /// A new name.
    pub name: Option<String>,
    /// New keys.
    pub keys: Option<Keys>,
    /// Members beyond plain OAuth that change, as JSON: those that are there replace, `null` takes back.
    pub further: json::Object,
    /// A new algorithm for its access tokens.
    pub token_algorithm: Option<Algorithm>,
    /// A new rule about bound tokens.
    pub binding: Option<Binding>,
    /// What it may introspect from now on.
    pub introspects: Option<Introspects>,
    /// Who is asked from now on when it wants more than it was given; `Some(None)` for nobody.
    pub approvers: Option<Option<Approvers>>,
    /// Where it may be answered from now on.
    pub redirect_uris: Option<Vec<String>>,
    /// On or off.
    pub switch: Option<Switch>,
}

/// A new resource.
#[derive(Clone, Debug)]
pub struct NewResource {
    /// Its identifier.
    pub uri: ResourceUri,
    /// Its name for people.
    pub name: String,
    /// Its scopes, with words.
    pub scopes: BTreeMap<String, String>,
    /// Which scopes another one brings with it.
    pub implied: BTreeMap<String, BTreeSet<String>>,
    /// The algorithm it wants its tokens signed with.
    pub token_algorithm: Option<Algorithm>,
    /// The clients that may introspect its tokens.
    pub introspectors: Vec<ClientId>,
}

/// A new grant for a client.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// Who may use it.
    pub client: ClientId,
    /// The scopes.
    pub scopes: Scopes,
    /// The details.
    pub details: Details,
    /// What it allows of each capability.
    pub powers: Powers,
    /// The resources.
    pub resources: BTreeSet<ResourceUri>,
    /// Until when.
    pub expires: Option<Time>,
    /// How many more times it may be narrowed.
    pub depth: u8,
    /// The grant it is narrowed from; a root when absent.
    pub parent: Option<GrantId>,
    /// On what terms it counts.
    pub terms: Terms,
    /// What it does with what it names.
    pub effect: GrantEffect,
}

/// What a grant does with what it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantEffect {
    /// Gives it.
    #[default]
    Give,
    /// Denies it, whatever other grants say.
    Deny,
}

/// A grant that is edited down; what is `None` stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditGrant {
    /// Which.
    pub id: GrantId,
    /// The scopes that are left.
    pub scopes: Option<Scopes>,
    /// The details that are left.
    pub details: Option<Details>,
    /// What is left of each capability.
    pub powers: Option<Powers>,
    /// The resources that are left.
    pub resources: Option<BTreeSet<ResourceUri>>,
    /// An earlier end.
    pub expires: Option<Time>,
    /// How many more times it may be narrowed.
    pub depth: Option<u8>,
    /// Tighter terms.
    pub terms: Terms,
}

/// Policies and capabilities, as one version. They were compiled: what cannot be is refused before.
#[derive(Clone, Debug)]
pub struct NewPolicies {
    /// The policies, in Cedar.
    pub policies: String,
    /// Entity types and actions of the tenant's own, in Cedar's schema language.
    pub schema: Option<String>,
    /// The catalogue.
    pub capabilities: Vec<Capability>,
    /// What policies know by name.
    pub entities: Vec<Entity>,
    /// The version that it was made from; whichever counts when absent.
    pub replaces: Option<i64>,
}

/// A new tenant.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// Its issuer, worked out by the server from the installation's origin, or a host name of its own.
    pub issuer: String,
    /// What it decides for itself.
    pub settings: Settings,
}

/// A new person.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What they sign in by.
    pub login: Login,
    /// What is known of them.
    pub profile: Profile,
    /// The groups and roles they are in.
    pub memberships: BTreeSet<GroupId>,
    /// The hash of their first password, from the login provider, if they have one.
    pub password_hash: Option<String>,
}

/// A change of a person's row: what is `None` stays.
#[derive(Clone, Debug)]
pub struct ChangeUser {
    /// Whose.
    pub id: UserId,
    /// Another login.
    pub login: Option<Login>,
    /// Claims to change; `null` takes one out.
    pub profile: Option<json::Object>,
    /// All their groups and roles from now on.
    pub memberships: Option<BTreeSet<GroupId>>,
    /// On or off.
    pub switch: Option<Switch>,
}

/// A new group or role.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// Its id.
    pub id: GroupId,
    /// Group or role.
    pub kind: GroupKind,
    /// Its name for people.
    pub name: String,
}

/// A new rule of central consent.
#[derive(Clone, Debug)]
pub struct NewRule {
    /// For which clients.
    pub clients: Clients,
    /// For which scope; every one when absent.
    pub scope: Option<String>,
    /// At which place; every one when absent.
    pub resource: Option<ResourceUri>,
    /// For whom; everybody when absent.
    pub group: Option<GroupId>,
    /// What it says.
    pub effect: Effect,
}

/// A new administrator's token.
#[derive(Clone, Debug)]
pub struct NewAdministrator {
    /// A name for people.
    pub name: String,
    /// How far it reaches.
    pub reach: Reach,
    /// How long the token lives, in seconds; for ever when absent.
    pub lifetime_seconds: Option<i64>,
}
