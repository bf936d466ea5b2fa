//! People and what belongs to them, to be put into a store.

use std::collections::BTreeSet;

use kernel::{
    AdministratorId, Ask, Audience, Authority, BrowserSessionId, ClientId, CodeId, FamilyId, GrantId, GroupId, Guard,
    PasskeyId, RuleId, Scopes, UserId, Write,
    authorization_code::{self, AuthorizationCode},
    browser_session::{self, BrowserSession, Method, Presence},
    client::{self, Authentication, Client, Registration},
    consent::{self, Clients, Effect, Rule},
    credential::{self, Passkey},
    family::{self, Family},
    grant::{Grant, Holder, Source, Subject},
    redirect_uri::RedirectUri,
    user::{self, Group, GroupKind, Login, Profile, User},
};

use crate::world::{client, grant, time};

pub(crate) fn user_id(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub(crate) fn grant_id(id: &str) -> GrantId {
    GrantId::parse(id).unwrap()
}

/// Somebody who signs in by their id.
pub(crate) fn user(id: &str) -> User {
    User {
        id: user_id(id),
        login: Login::parse(&format!("{id}@demo.test")).unwrap(),
        profile: Profile::default(),
        memberships: BTreeSet::new(),
        epoch: 0,
        created: time(0),
        disabled: None,
    }
}

pub(crate) fn create_user(user: User) -> Guard {
    Guard::User(user::Guard::Create(Box::new(user)))
}

pub(crate) fn replace_user(user: User, epoch: i64) -> Guard {
    Guard::User(user::Guard::Replace {
        user: Box::new(user),
        epoch,
    })
}

pub(crate) fn user_unchanged(id: &str, epoch: i64) -> Guard {
    Guard::User(user::Guard::Unchanged { id: user_id(id), epoch })
}

pub(crate) fn group(id: &str) -> Group {
    Group {
        id: GroupId::parse(id).unwrap(),
        kind: GroupKind::Group,
        name: format!("Group {id}"),
        created: time(0),
    }
}

pub(crate) fn create_group(group: Group) -> Guard {
    Guard::User(user::Guard::CreateGroup(Box::new(group)))
}

pub(crate) fn group_exists(id: &str) -> Guard {
    Guard::User(user::Guard::GroupExists(GroupId::parse(id).unwrap()))
}

pub(crate) fn drop_group(id: &str) -> Write {
    Write::User(user::Write::DropGroup(GroupId::parse(id).unwrap()))
}

pub(crate) fn leave_group(id: &str) -> Write {
    Write::User(user::Write::LeaveGroup(GroupId::parse(id).unwrap()))
}

/// A passkey of alice.
pub(crate) fn passkey(id: &str) -> Passkey {
    Passkey {
        id: PasskeyId::parse(id).unwrap(),
        user: user_id("alice"),
        credential: format!("credential-{id}"),
        public_key: format!("key-{id}"),
        counter: 0,
        transports: Vec::new(),
        name: format!("Passkey {id}"),
        created: time(0),
        used: None,
    }
}

pub(crate) fn create_passkey(passkey: Passkey) -> Guard {
    Guard::Credential(credential::Guard::CreatePasskey(Box::new(passkey)))
}

pub(crate) fn use_passkey(id: &str, from: i64, to: i64) -> Guard {
    Guard::Credential(credential::Guard::UsePasskey {
        id: PasskeyId::parse(id).unwrap(),
        from,
        to,
        at: time(7),
    })
}

pub(crate) fn drop_passkey(user: &str, id: &str) -> Write {
    Write::Credential(credential::Write::DropPasskey {
        user: user_id(user),
        id: PasskeyId::parse(id).unwrap(),
    })
}

pub(crate) fn set_password(user: &str, hash: &str) -> Write {
    Write::Credential(credential::Write::SetPassword {
        user: user_id(user),
        hash: hash.to_owned(),
        at: time(3),
    })
}

pub(crate) fn rehash(user: &str, from: &str, to: &str) -> Write {
    Write::Credential(credential::Write::Rehash {
        user: user_id(user),
        from: from.to_owned(),
        to: to.to_owned(),
    })
}

pub(crate) fn drop_password(user: &str) -> Write {
    Write::Credential(credential::Write::DropPassword { user: user_id(user) })
}

pub(crate) fn create_recovery_code(user: &str, digest: &str, set: &str) -> Guard {
    Guard::Credential(credential::Guard::CreateRecoveryCode {
        user: user_id(user),
        digest: digest.to_owned(),
        set: set.to_owned(),
        at: time(1),
    })
}

pub(crate) fn use_recovery_code(user: &str, digest: &str) -> Guard {
    Guard::Credential(credential::Guard::UseRecoveryCode {
        user: user_id(user),
        digest: digest.to_owned(),
        at: time(2),
    })
}

pub(crate) fn drop_other_codes(user: &str, keep: &str) -> Write {
    Write::Credential(credential::Write::DropOtherRecoveryCodes {
        user: user_id(user),
        keep: keep.to_owned(),
    })
}

pub(crate) fn session_id(id: &str) -> BrowserSessionId {
    BrowserSessionId::parse(id).unwrap()
}

/// A browser session of alice.
pub(crate) fn session(id: &str) -> BrowserSession {
    BrowserSession {
        id: session_id(id),
        digest: format!("digest-{id}"),
        user: user_id("alice"),
        method: Method::Password,
        authenticated: time(0),
        agent: "Browser".to_owned(),
        expires: time(browser_session::LIFETIME_SECONDS),
        seen: time(0),
        ended: None,
    }
}

pub(crate) fn create_session(session: BrowserSession) -> Guard {
    Guard::BrowserSession(browser_session::Guard::Create(Box::new(session)))
}

pub(crate) fn session_live(id: &str) -> Guard {
    Guard::BrowserSession(browser_session::Guard::Live(session_id(id)))
}

pub(crate) fn end_session(id: &str, seconds: i64) -> Write {
    Write::BrowserSession(browser_session::Write::End {
        id: session_id(id),
        at: time(seconds),
    })
}

pub(crate) fn end_other_sessions(user: &str, keep: Option<&str>, seconds: i64) -> Write {
    Write::BrowserSession(browser_session::Write::EndOthers {
        user: user_id(user),
        keep: keep.map(session_id),
        at: time(seconds),
    })
}

/// Somebody who signed in with a password, before sessions were noted.
pub(crate) fn presence() -> Presence {
    Presence {
        session: None,
        authenticated: time(0),
        method: Method::Password,
    }
}

/// A code for alice, the only one of its request.
pub(crate) fn code(id: &str) -> AuthorizationCode {
    AuthorizationCode {
        details: kernel::Details::default(),
        id: CodeId::parse(id).unwrap(),
        digest: format!("digest-{id}"),
        request: format!("request-{id}"),
        client: ClientId::parse("client").unwrap(),
        user: user_id("alice"),
        grant: grant_id("root"),
        scopes: Scopes::parse("read").unwrap(),
        audience: Audience::Issuer,
        redirect_uri: RedirectUri::parse("https://client.example/cb").unwrap(),
        challenge: Some("challenge".to_owned()),
        key: None,
        presence: presence(),
        nonce: None,
        id_claims: BTreeSet::new(),
        created: time(0),
        redeemed: None,
    }
}

pub(crate) fn create_code(code: AuthorizationCode) -> Guard {
    Guard::AuthorizationCode(authorization_code::Guard::Create(Box::new(code)))
}

pub(crate) fn redeem(id: &str, grant: &str) -> Guard {
    Guard::AuthorizationCode(authorization_code::Guard::Redeem {
        id: CodeId::parse(id).unwrap(),
        grant: grant_id(grant),
    })
}

/// A line of refresh tokens of an authorization.
pub(crate) fn family(id: &str, grant: &str) -> Family {
    Family {
        id: FamilyId::parse(id).unwrap(),
        grant: grant_id(grant),
        client: ClientId::parse("client").unwrap(),
        key: None,
        instance: None,
        presence: presence(),
        generation: 0,
        turned: time(0),
        request: None,
        created: time(0),
    }
}

pub(crate) fn create_family(family: Family) -> Guard {
    Guard::Family(family::Guard::Create(Box::new(family)))
}

pub(crate) fn turn(id: &str, from: i64, request: &str) -> Guard {
    Guard::Family(family::Guard::Turn {
        id: FamilyId::parse(id).unwrap(),
        from,
        request: request.to_owned(),
        at: time(9),
    })
}

pub(crate) fn current(id: &str, generation: i64) -> Guard {
    Guard::Family(family::Guard::Current {
        id: FamilyId::parse(id).unwrap(),
        generation,
    })
}

pub(crate) fn rule(id: &str, effect: Effect) -> Rule {
    Rule {
        id: RuleId::parse(id).unwrap(),
        clients: Clients::Every,
        scope: None,
        resource: None,
        group: None,
        effect,
        by: AdministratorId::parse("admin").unwrap(),
        created: time(0),
    }
}

pub(crate) fn create_rule(rule: Rule) -> Guard {
    Guard::Consent(consent::Guard::Create(Box::new(rule)))
}

pub(crate) fn drop_rule(id: &str) -> Write {
    Write::Consent(consent::Write::Drop(RuleId::parse(id).unwrap()))
}

/// What alice gave the client for good.
pub(crate) fn root(id: &str) -> Grant {
    Grant {
        subject: Subject::User(user_id("alice")),
        source: Source::Person {
            basis: "basis".to_owned(),
        },
        ..grant(id)
    }
}

/// One authorization below what alice gave.
pub(crate) fn child(id: &str, parent: &str) -> Grant {
    Grant {
        parent: Some(grant_id(parent)),
        source: Source::Redeemed,
        ..root(id)
    }
}

/// The same until so many seconds after the beginning.
pub(crate) fn until(grant: Grant, seconds: i64) -> Grant {
    Grant {
        authority: Authority::root(Ask {
            details: kernel::Details::default(),
            powers: kernel::power::Powers::default(),
            scopes: grant.authority.scopes().clone(),
            audiences: grant.authority.audiences().clone(),
            expires: Some(time(seconds)),
            depth: grant.authority.depth(),
        }),
        ..grant
    }
}

/// The same, held by another client.
pub(crate) fn held_by(grant: Grant, client: &str) -> Grant {
    Grant {
        holder: Holder::Client(ClientId::parse(client).unwrap()),
        ..grant
    }
}

/// A client that registered itself and goes away if nobody says yes to it.
pub(crate) fn registered_itself(id: &str, expires: i64) -> Client {
    Client {
        registration: Registration::Itself {
            token_digest: format!("token-of-{id}"),
            key: None,
        },
        authentication: Authentication::Nothing,
        expires: Some(time(expires)),
        epoch: 0,
        ..client(id)
    }
}

/// A client by its document, as it was read at that time.
pub(crate) fn by_document(id: &str, fetched: i64) -> Client {
    Client {
        registration: Registration::Document { fetched: time(fetched) },
        authentication: Authentication::Nothing,
        redirect_uris: vec![RedirectUri::parse("https://client.example/cb").unwrap()],
        epoch: 0,
        created: time(fetched),
        ..client(id)
    }
}

pub(crate) fn put_document(client: Client) -> Guard {
    Guard::Client(client::Guard::PutDocument(Box::new(client)))
}

pub(crate) fn drop_client(id: &str, epoch: i64) -> Guard {
    Guard::Client(client::Guard::Drop {
        id: ClientId::parse(id).unwrap(),
        epoch,
    })
}

pub(crate) fn keep_client(id: &str) -> Write {
    Write::Client(client::Write::Keep(ClientId::parse(id).unwrap()))
}
