//! Clients.

use std::collections::BTreeSet;

use proof::{digest, json::Object};

use super::{ChangeClient, NewClient, describe, grants, rules::Facts};
use crate::{
    authority::{Ask, Audience, Authority},
    caller::{AdministratorCaller, Caller},
    client::{
        Approvers, Authentication, AuthenticationMethod, Client, Further, GrantType, Guard as ClientGuard, Keys,
        Registration, SecurityProfile,
    },
    decision::{Change, Decision, Guard, Reply},
    detail::Details,
    event::{Event, EventKind},
    grant::{self, Grant},
    id::ClientId,
    moment::Moment,
    power::Powers,
    redirect_uri,
    registration::{self, Address},
    resource::ResourceUri,
    why::Why,
};

/// Registers a client and its root grant.
pub(super) fn create(
    new: &NewClient,
    administrator: &AdministratorCaller,
    caller: &Caller,
    facts: &Facts,
    at: &Moment,
) -> Result<Decision, Why> {
    if facts.client.is_some() {
        return Err(Why::Exists("client"));
    }
    let id = match &new.id {
        Some(id) => own_id(id)?,
        None => at.id("client"),
    };
    let redirect_uris = redirect_uri::registered(&new.redirect_uris, new.application_type)?;
    if redirect_uris.is_empty() && new.grant_types.contains(&GrantType::AuthorizationCode) {
        return Err(Why::RedirectUrisRefused(
            "redirect_uris is missing; a client of authorization_code has at least one",
        ));
    }
    let of_a_person = [GrantType::AuthorizationCode, GrantType::DeviceCode];
    if new.grant_types.contains(&GrantType::RefreshToken)
        && !of_a_person.iter().any(|kind| new.grant_types.contains(kind))
    {
        return Err(Why::ClientMetadata(
            "refresh_token goes with authorization_code or the device grant",
        ));
    }
    approvers_exist(new.approvers.as_ref(), facts)?;
    if new.method == AuthenticationMethod::Nothing && new.grant_types.contains(&GrantType::ClientCredentials) {
        return Err(Why::ClientMetadata(
            "client_credentials needs a client with a credential (RFC 6749 s4.4)",
        ));
    }
    if id.as_str().contains("://")
        && matches!(
            new.method,
            AuthenticationMethod::SecretBasic | AuthenticationMethod::SecretPost
        )
    {
        return Err(Why::ClientMetadata(
            "a client whose id is the address of its document has no secret",
        ));
    }
    let keys = new.keys.clone().map(checked_keys).transpose()?;
    registration::needed_for(new.method, keys.as_ref(), &new.further).map_err(Why::ClientMetadata)?;
    let (authentication, secret) = credentials(new.method, at);
    if let Some(tenant) = &facts.tenant {
        let profile = new.further.profile.max(tenant.settings.profile);
        registration::held_by(profile, new.method).map_err(Why::ClientMetadata)?;
        if profile >= SecurityProfile::Fapi2 && new.grant_types.contains(&GrantType::DeviceCode) {
            return Err(Why::ClientMetadata(
                "the device grant is not for clients under a FAPI profile; take it out of grant_types",
            ));
        }
    }
    let further = Further {
        sector: registration::sector(&new.further, &redirect_uris),
        ..new.further.clone()
    };
    let client = Client {
        id,
        name: new.name.clone(),
        authentication,
        keys,
        further,
        grant_types: new.grant_types.clone(),
        token_algorithm: new.token_algorithm,
        binding: new.binding,
        introspects: new.introspects,
        approvers: new.approvers.clone(),
        registration: Registration::Administrator,
        redirect_uris,
        application_type: new.application_type,
        uri: new.uri.clone(),
        scope: None,
        expires: None,
        epoch: 0,
        created: at.now,
        disabled: None,
    };

    let mut guards = vec![Guard::Client(ClientGuard::Create(Box::new(client.clone())))];
    let mut events = vec![
        Event::new(EventKind::ClientCreated, caller, at)
            .about(client.id.as_str())
            .with("method", client.authentication.method().name()),
    ];
    if let Some(root) = root(new, &client, administrator, facts, at)? {
        events.push(grants::created(&root, caller, at));
        guards.push(Guard::Grant(grant::Guard::Create(Box::new(root))));
    }

    let document = describe::with_secret(describe::client(&client, None), secret);
    Ok(Decision::issue(
        Reply::Created(document),
        Vec::new(),
        Change {
            guards,
            events,
            ..Change::default()
        },
    ))
}

/// The root grant of a client that is registered with something to have.
fn root(
    new: &NewClient,
    client: &Client,
    administrator: &AdministratorCaller,
    facts: &Facts,
    at: &Moment,
) -> Result<Option<Grant>, Why> {
    let something_given = !new.scopes.is_empty() || !new.resources.is_empty();
    if something_given && !client.grant_types.contains(&GrantType::ClientCredentials) {
        return Err(Why::ClientMetadata(
            "scope and resources are given to clients of client_credentials; what a client may do for a person, the person says",
        ));
    }
    if !something_given {
        return Ok(None);
    }
    grants::all_registered(&new.resources, facts)?;
    grants::scopes_known(&new.scopes, facts)?;
    let audiences: BTreeSet<Audience> = new
        .resources
        .iter()
        .cloned()
        .map(Audience::Resource)
        .chain([Audience::Issuer])
        .collect();
    let authority = Authority::root(Ask {
        scopes: new.scopes.clone(),
        details: Details::default(),
        powers: Powers::default(),
        audiences,
        expires: None,
        depth: 1,
    });
    let root = grants::node(&client.id, authority, None, administrator, at);
    Ok(Some(root))
}

/// Changes a registration. What is not named stays.
pub(super) fn change(change: &ChangeClient, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let old = facts.client.as_ref().ok_or(Why::Absent("client"))?;
    let mut client = old.clone();
    if let Some(keys) = &change.keys {
        client.keys = Some(checked_keys(keys.clone())?);
    }
    client.name = change.name.clone().unwrap_or(client.name);
    client.token_algorithm = change.token_algorithm.or(client.token_algorithm);
    client.binding = change.binding.unwrap_or(client.binding);
    client.introspects = change.introspects.unwrap_or(client.introspects);
    if let Some(approvers) = &change.approvers {
        approvers_exist(approvers.as_ref(), facts)?;
        client.approvers.clone_from(approvers);
    }
    if let Some(uris) = &change.redirect_uris {
        client.further.sector = Some(old.sector().to_owned()); // also where the sector was that of its places: people's names stay
        client.redirect_uris = redirect_uri::registered(uris, client.application_type)?;
        if client.redirect_uris.is_empty() && client.grant_types.contains(&GrantType::AuthorizationCode) {
            return Err(Why::RedirectUrisRefused(
                "redirect_uris is empty; a client of authorization_code has at least one",
            ));
        }
    }
    if !change.further.is_empty() {
        client.further = changed(&client, &change.further)?;
    }
    registration::needed_for(client.authentication.method(), client.keys.as_ref(), &client.further)
        .map_err(Why::ClientMetadata)?;
    // A client that was there when the tenant became stricter can still be disabled and renamed; its own profile is not set to what it cannot hold.
    if change.further.contains_key("security_profile") {
        registration::held_by(client.further.profile, client.authentication.method()).map_err(Why::ClientMetadata)?;
    }
    client.disabled = change.switch.map_or(client.disabled, |switch| switch.since(at.now));
    let event = Event::new(EventKind::ClientChanged, caller, at)
        .about(old.id.as_str())
        .with("disabled", client.disabled.is_some())
        .changing(&describe::client(old, None), &describe::client(&client, None));
    Ok(replaced(old, client, None, event))
}

/// Gives a client a new secret; the old one ends with the commit.
pub(super) fn rotate_secret(caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let old = facts.client.as_ref().ok_or(Why::Absent("client"))?;
    if old.authentication.secret_digest().is_none() {
        return Err(Why::ClientMetadata(
            "a client of this method has no secret; where it has keys, change its jwks instead",
        ));
    }
    let (authentication, secret) = credentials(old.authentication.method(), at);
    let event = Event::new(EventKind::ClientSecretRotated, caller, at).about(old.id.as_str());
    Ok(replaced(
        old,
        Client {
            authentication,
            ..old.clone()
        },
        secret,
        event,
    ))
}

fn replaced(old: &Client, mut client: Client, secret: Option<String>, event: Event) -> Decision {
    client.epoch = old.epoch.saturating_add(1);
    let document = describe::with_secret(describe::client(&client, None), secret);
    let guard = Guard::Client(ClientGuard::Replace {
        client: Box::new(client),
        epoch: old.epoch,
    });
    Decision::issue(
        Reply::Document(document),
        Vec::new(),
        Change {
            guards: vec![guard],
            events: vec![event],
            ..Change::default()
        },
    )
}

/// The members beyond plain OAuth after a change. The sector moves only with `sector_identifier_uri`: people's names stay.
fn changed(client: &Client, change: &Object) -> Result<Further, Why> {
    let mut said = Object::new();
    client.further.write(&mut said);
    for (name, value) in change {
        if value.is_null() {
            said.remove(name);
        } else {
            said.insert(name.clone(), value.clone());
        }
    }
    let further = Further::read(&said, client.application_type).map_err(Why::ClientMetadata)?;
    let moved = further.sector_identifier_uri != client.further.sector_identifier_uri;
    let sector = if moved {
        registration::sector(&further, &client.redirect_uris)
    } else {
        client.further.sector.clone()
    };
    Ok(Further { sector, ..further })
}

/// Somebody must be able to answer: the group is there.
fn approvers_exist(approvers: Option<&Approvers>, facts: &Facts) -> Result<(), Why> {
    let there = |approvers: &Approvers| facts.groups.iter().any(|group| group.id == approvers.group);
    match approvers {
        Some(approvers) if !there(approvers) => Err(Why::AbsentHere(format!(
            "approvers: there is no group or role {} here",
            approvers.group
        ))),
        Some(_) | None => Ok(()),
    }
}

fn credentials(method: AuthenticationMethod, at: &Moment) -> (Authentication, Option<String>) {
    let secret = at.secret("client secret");
    let secret_digest = digest::sha256_b64(secret.as_bytes());
    match method {
        AuthenticationMethod::SecretBasic => (Authentication::SecretBasic { secret_digest }, Some(secret)),
        AuthenticationMethod::SecretPost => (Authentication::SecretPost { secret_digest }, Some(secret)),
        AuthenticationMethod::PrivateKeyJwt => (Authentication::PrivateKeyJwt, None),
        AuthenticationMethod::Tls => (Authentication::Tls, None),
        AuthenticationMethod::SelfSignedTls => (Authentication::SelfSignedTls, None),
        AuthenticationMethod::Attestation => (Authentication::Attestation, None),
        AuthenticationMethod::Nothing => (Authentication::Nothing, None),
    }
}

fn checked_keys(keys: Keys) -> Result<Keys, Why> {
    if let Keys::Here(jwks) = &keys {
        registration::checked_keys(jwks).map_err(Why::ClientMetadata)?;
    }
    Ok(keys)
}

/// An id that an administrator chose: unreserved characters only, since stock clients send it unencoded; or the address of a client metadata document, which is pinned
/// by this and never fetched.
fn own_id(id: &ClientId) -> Result<ClientId, Why> {
    match registration::address(id) {
        Address::Good => return Ok(id.clone()),
        Address::Bad(rule) => return Err(Why::ClientMetadata(rule)),
        Address::Plain => {}
    }
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let only_dots = id.as_str().bytes().all(|b| b == b'.'); // no path could name it
    let ok = id.as_str().len() <= 128 && !only_dots && id.as_str().bytes().all(unreserved);
    ok.then(|| id.clone()).ok_or(Why::ClientMetadata(
        "client_id has 1 to 128 of the characters A-Z a-z 0-9 - . _ ~ and not only dots, or is the https address of a client metadata document",
    ))
}

/// For descriptions: the places of a grant that are resources.
pub(super) fn resources_of(authority: &Authority) -> impl Iterator<Item = &ResourceUri> {
    authority.audiences().iter().filter_map(|audience| match audience {
        Audience::Issuer => None,
        Audience::Resource(uri) => Some(uri),
    })
}
