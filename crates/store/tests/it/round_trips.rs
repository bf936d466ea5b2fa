//! What is written is read back whole: every noun, every variant, with and without what may be missing, and characters that trip carelessly written databases.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    AdministratorId, Algorithm, Audience, ClientId, Confirmation, Event, EventKind, Guard, Moment, TenantId, Time,
    TokenId, Write,
    client::{ApplicationType, Authentication, Binding, Further, GrantType, Introspects, Keys, SecurityProfile},
    resource::ResourceUri,
    tenant::{self, Administrator, Reach, Tenant},
};
use store::Outcome;

use crate::world::{
    NOW, ODD, TIMES, Wanted, World, acme, administrator, client, create_administrator, create_client, create_resource,
    create_tenant, create_token, event, replace_client, resource, revoke_token, signing_key, time, token,
};

#[tokio::test]
async fn clients_come_back_whole() {
    let world = World::new().await;
    let authentications = [
        Authentication::SecretBasic {
            secret_digest: ODD.to_owned(),
        },
        Authentication::SecretPost {
            secret_digest: "d".to_owned(),
        },
        Authentication::PrivateKeyJwt,
        Authentication::Tls,
        Authentication::SelfSignedTls,
        Authentication::Attestation,
        Authentication::Nothing,
    ];
    let mut written = Vec::new();
    for (n, authentication) in authentications.into_iter().enumerate() {
        for algorithm in [None, Some(Algorithm::EdDSA), Some(Algorithm::ES256)] {
            for (binding, introspects) in [
                (Binding::Required, Introspects::Everything),
                (Binding::WhenProved, Introspects::ItsResources),
            ] {
                let mut new = client(&format!(
                    "https://client.example/{n}/{algorithm:?}/{binding:?}?a='\"$1%_"
                ));
                new.name = format!("{ODD}{n}");
                new.authentication = authentication.clone();
                new.keys = match n % 3 {
                    0 => None,
                    1 => Some(Keys::Here(format!("{{\"keys\":[],\"x\":\"{ODD}\"}}"))),
                    _ => Some(Keys::At(format!("https://client.example/keys?{ODD}"))),
                };
                new.further = if n == 0 { Further::default() } else { further() };
                new.token_algorithm = algorithm;
                new.binding = binding;
                new.introspects = introspects;
                new.grant_types = if n == 0 {
                    BTreeSet::new()
                } else {
                    BTreeSet::from([GrantType::ClientCredentials])
                };
                new.epoch = [0, 1, i64::MAX][n % 3];
                new.created = Time::from_unix(TIMES[n % 4]);
                new.disabled = (n > 0).then(|| Time::from_unix(TIMES[n % 4 + 1]));
                world.put(Wanted::default().guard(create_client(new.clone()))).await;
                assert_eq!(world.db.client(&new.id).await.unwrap(), Some(new.clone()));
                written.push(new);
            }
        }
    }

    // Replaced: everything but the id and the birth may change.
    let old = written[0].clone();
    let mut new = client(old.id.as_str());
    new.authentication = Authentication::PrivateKeyJwt;
    new.keys = Some(Keys::At("https://client.example/keys".to_owned()));
    new.further = further();
    new.token_algorithm = Some(Algorithm::ES256);
    new.epoch = old.epoch + 1;
    new.disabled = Some(time(5));
    new.created = time(99);
    world
        .put(Wanted::default().guard(replace_client(new.clone(), old.epoch)))
        .await;
    new.created = old.created;
    assert_eq!(world.db.client(&old.id).await.unwrap(), Some(new));
    assert_eq!(
        world.db.client(&ClientId::parse("nobody").unwrap()).await.unwrap(),
        None
    );
}

/// A client that says all there is to say.
fn further() -> Further {
    let said = serde_json::json!({
        "id_token_signed_response_alg": "Ed25519", "userinfo_signed_response_alg": "RS256", "authorization_signed_response_alg": "PS256",
        "introspection_signed_response_alg": "ES256", "request_object_signing_alg": "PS256", "token_endpoint_auth_signing_alg": "EdDSA",
        "subject_type": "public", "sector_identifier_uri": "https://sector.example/'$1", "default_max_age": 0, "default_acr_values": [ODD, "phr"],
        "request_uris": ["https://client.example/r.jwt#x"], "post_logout_redirect_uris": ["https://client.example/bye?x='$1"],
        "backchannel_logout_uri": "https://client.example/logout?'", "backchannel_logout_session_required": true,
        "require_pushed_authorization_requests": true, "require_signed_request_object": true, "require_pkce": false,
        "security_profile": "fapi2_message_signing", "tls_client_certificate_bound_access_tokens": true, "tls_client_auth_subject_dn": "CN=O'Brien,C=DE",
        "authorization_details_types": [ODD], "logo_uri": "https://client.example/'$1.png", "policy_uri": "https://client.example/p", "tos_uri": "https://client.example/t",
    });
    Further {
        sector: Some("sector.example".to_owned()),
        ..Further::read(said.as_object().unwrap(), ApplicationType::Unsaid).unwrap()
    }
}

#[tokio::test]
async fn a_tenant_that_decides_one_thing_keeps_the_others() {
    let world = World::new().await;
    let mut other = Tenant {
        id: TenantId::parse("other").unwrap(),
        issuer: "https://other.example".to_owned(),
        ..acme()
    };
    other.settings = tenant::Settings {
        dpop_nonce: tenant::NonceRule::Accepted,
        access_token_seconds: 3_600,
        client_documents: tenant::Documents::Refused,
        registration: tenant::RegistrationRule::Open,
        binding: Binding::Required,
        profile: SecurityProfile::Fapi2MessageSigning,
        pushed_requests: tenant::PushedRequests::Required,
        pkce: tenant::PkceRule::OpenIdMayOmit,
        device_grant: tenant::Offered::Off,
        deferred: tenant::Offered::Off,
    };
    world.put(Wanted::default().guard(create_tenant(other.clone()))).await;
    assert_eq!(world.store().tenants().await.unwrap(), [acme(), other.clone()]);
    let changes = [
        tenant::SettingsChange {
            profile: Some(SecurityProfile::Fapi2),
            ..tenant::SettingsChange::default()
        },
        tenant::SettingsChange {
            pushed_requests: Some(tenant::PushedRequests::Accepted),
            ..tenant::SettingsChange::default()
        },
        tenant::SettingsChange {
            pkce: Some(tenant::PkceRule::Always),
            ..tenant::SettingsChange::default()
        },
        tenant::SettingsChange::default(),
    ];
    for change in changes {
        let write = tenant::Write::SetSettings {
            id: other.id.clone(),
            change,
        };
        world.put(Wanted::default().sure(Write::Tenant(write))).await;
        other.settings = change.of(other.settings);
        assert_eq!(
            world.store().tenants().await.unwrap(),
            [acme(), other.clone()],
            "what is not named stays, and nobody else is changed: {change:?}"
        );
    }
    ODD.clone_into(&mut other.name);
    let write = tenant::Write::SetName {
        id: other.id.clone(),
        name: ODD.to_owned(),
    };
    world.put(Wanted::default().sure(Write::Tenant(write))).await;
    assert_eq!(world.store().tenants().await.unwrap(), [acme(), other]);
}

#[tokio::test]
async fn resources_come_back_whole() {
    let world = World::new().await;
    let mut full = resource("https://mcp.example/mcp?tenant=%20&x='$1");
    full.name = ODD.to_owned();
    full.scopes = BTreeMap::from([
        ("read".to_owned(), ODD.to_owned()),
        ("a:b/c.d".to_owned(), String::new()),
    ]);
    full.token_algorithm = Some(Algorithm::ES256);
    full.introspectors = ["a", "https://b.example/'", "c"]
        .map(|id| ClientId::parse(id).unwrap())
        .to_vec();
    full.created = Time::from_unix(i64::MIN);
    full.disabled = Some(Time::from_unix(i64::MAX));
    let mut bare = resource("urn:x");
    bare.scopes = BTreeMap::new();
    for new in [&full, &bare] {
        world.put(Wanted::default().guard(create_resource(new.clone()))).await;
        assert_eq!(world.db.resource(&new.uri).await.unwrap().as_ref(), Some(new));
    }

    for disabled in [Some(time(7)), None] {
        world
            .put(Wanted::default().sure(Write::SetResourceDisabled {
                uri: bare.uri.clone(),
                at: disabled,
            }))
            .await;
        bare.disabled = disabled;
        assert_eq!(world.db.resource(&bare.uri).await.unwrap().as_ref(), Some(&bare));
    }
    assert_eq!(
        world.db.resource(&ResourceUri::parse("urn:y").unwrap()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn tokens_come_back_whole() {
    let world = World::new().await;
    for (n, audience) in [
        Audience::Issuer,
        Audience::Resource(ResourceUri::parse("https://a.example/'$1").unwrap()),
    ]
    .into_iter()
    .enumerate()
    {
        let mut new = token(&format!("token-{n}"));
        new.audience = audience;
        new.scope = [String::new(), ODD.to_owned()][n].clone();
        new.key = (n == 1).then(|| Confirmation::Certificate(ODD.to_owned()));
        new.issued = Time::from_unix(i64::MIN);
        new.expires = Time::from_unix(i64::MAX);
        world.put(Wanted::default().guard(create_token(new.clone()))).await;
        assert_eq!(world.db.token(&new.id).await.unwrap(), Some(new.clone()));
        world
            .put(Wanted::default().sure(revoke_token(new.id.as_str(), 3)))
            .await;
        world
            .put(Wanted::default().sure(revoke_token(new.id.as_str(), 4)))
            .await;
        new.revoked = Some(time(3));
        assert_eq!(
            world.db.token(&new.id).await.unwrap(),
            Some(new),
            "the first revocation stays"
        );
    }
    assert_eq!(world.db.token_count().await.unwrap(), 2);
    assert_eq!(world.db.token(&TokenId::parse("nobody").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn administrators_are_found_by_their_token_and_by_their_id() {
    let world = World::new().await;
    let mut known = Vec::new();
    for (n, reach) in [Reach::Tenant, Reach::Installation].into_iter().enumerate() {
        let new = Administrator {
            name: ODD.to_owned(),
            reach,
            expires: (n == 1).then(|| time(2)),
            ..administrator(&format!("admin-{n}"))
        };
        world
            .put(Wanted::default().guard(create_administrator(new.clone(), &format!("digest'{n}"))))
            .await;
        assert_eq!(
            world.store().administrator(&format!("digest'{n}")).await.unwrap(),
            Some((world.db.id().clone(), new.clone()))
        );
        assert_eq!(world.db.administrator(&new.id).await.unwrap(), Some(new.clone()));
        known.push(new);
    }
    for digest in ["another", "", "digest"] {
        assert_eq!(world.store().administrator(digest).await.unwrap(), None);
    }
    assert_eq!(
        world
            .db
            .administrator(&AdministratorId::parse("nobody").unwrap())
            .await
            .unwrap(),
        None
    );
    assert_eq!(world.db.administrators_after("", 9).await.unwrap(), known);
    assert_eq!(world.db.administrators_after("", 1).await.unwrap(), known[..1]);
    assert_eq!(world.db.administrators_after("admin-0", 9).await.unwrap(), known[1..]);
}

#[tokio::test]
async fn a_token_of_an_administrator_ends_once_and_never_later_than_it_would_have() {
    let world = World::new().await;
    let end = |id: &str, seconds: i64| {
        Write::Tenant(tenant::Write::EndAdministrator {
            id: AdministratorId::parse(id).unwrap(),
            at: time(seconds),
        })
    };
    let expires = async |id: &str| {
        world
            .db
            .administrator(&AdministratorId::parse(id).unwrap())
            .await
            .unwrap()
            .unwrap()
            .expires
    };
    for (id, own_end) in [("open", None), ("far", Some(time(100))), ("near", Some(time(5)))] {
        let new = Administrator {
            expires: own_end,
            ..administrator(id)
        };
        world.put(Wanted::default().guard(create_administrator(new, id))).await;
        for seconds in [10, 20] {
            world.put(Wanted::default().sure(end(id, seconds))).await;
        }
    }
    world.put(Wanted::default().sure(end("nobody", 1))).await;
    assert_eq!(
        (expires("open").await, expires("far").await, expires("near").await),
        (Some(time(10)), Some(time(10)), Some(time(5)))
    );
}

#[tokio::test]
async fn signing_keys_come_back_whole_in_the_order_of_their_turns() {
    let world = World::new().await;
    let mut keys = Vec::new();
    for (n, algorithm) in Algorithm::ALL.iter().enumerate() {
        for turn in [300, 0, i64::MAX - NOW] {
            let mut key = signing_key(&format!("kid-{n}-{turn}"), turn);
            key.algorithm = *algorithm;
            key.public_jwk = format!("{{\"x\":\"{ODD}\"}}");
            key.sealed = ODD.to_owned();
            world
                .put(Wanted::default().guard(Guard::CreateKey(Box::new(key.clone()))))
                .await;
            keys.push(key);
        }
    }
    keys.sort_by_key(|key| (key.algorithm.name(), key.active_from));
    assert_eq!(world.db.signing_keys().await.unwrap(), keys);

    world
        .put(
            Wanted::default()
                .sure(Write::DropKey {
                    kid: keys[0].kid.clone(),
                })
                .sure(Write::DropKey {
                    kid: "nobody".to_owned(),
                }),
        )
        .await;
    assert_eq!(world.db.signing_keys().await.unwrap(), keys[1..]);

    let mut rival = signing_key("another-kid", 0);
    rival.algorithm = keys[1].algorithm;
    rival.active_from = keys[1].active_from;
    let outcome = world
        .commit(Wanted::default().guard(Guard::CreateKey(Box::new(rival))))
        .await
        .unwrap();
    assert_eq!(outcome, Outcome::Lost(store::Lost::Guard(0)), "one key a turn");
}

#[tokio::test]
async fn events_come_back_whole_newest_first_and_page_by_page() {
    let world = World::empty().await;
    let odd = Event {
        request_id: ODD.to_owned(),
        actor: Some(ODD.to_owned()),
        ..event(EventKind::RequestRefused)
    }
    .about(ODD)
    .with("said", ODD)
    .with("count", i64::MAX)
    .with("nothing", ());
    let plain = Event {
        at: Time::from_unix(i64::MIN),
        ..event(EventKind::KeyDropped)
    };
    world
        .put(Wanted::default().event(odd.clone()).event(plain.clone()))
        .await;
    let later = world.second().await;
    let last = Event::new(
        EventKind::TokenIssued,
        &kernel::Caller::plain(kernel::Who::Anyone),
        &Moment {
            now: time(50),
            seed: [9; 32],
        },
    );
    later.put(Wanted::default().event(last.clone())).await;

    let all = later.db.events_before(None, 10).await.unwrap();
    let written = [&last, &odd, &plain]; // by their time, whatever their streams
    assert_eq!(all.len(), 3);
    for (entry, event) in all.iter().zip(written) {
        assert_eq!(
            (entry.id.as_str(), entry.kind.as_str(), entry.at),
            (event.id.as_str(), event.kind.name(), event.at)
        );
        assert_eq!(
            (entry.request_id.as_str(), &entry.actor, &entry.about),
            (event.request_id.as_str(), &event.actor, &event.about)
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&entry.body).unwrap(),
            serde_json::Value::Object(event.body.clone())
        );
    }
    assert_eq!(all.iter().map(|entry| entry.n).collect::<Vec<_>>(), [1, 1, 2]);
    for n in 0_usize..3 {
        let page = later
            .db
            .events_before(
                n.checked_sub(1).map(|n| (all[n].at, all[n].stream.as_str(), all[n].n)),
                1,
            )
            .await
            .unwrap();
        assert_eq!(page, all[n..=n]);
    }
    assert_eq!(later.db.event_count("key.dropped").await.unwrap(), 1);
    assert_eq!(later.db.event_count("key").await.unwrap(), 0);
}

#[tokio::test]
async fn facts_are_kept_by_the_first_who_says_them() {
    let world = World::empty().await;
    assert_eq!(world.store().fact(ODD).await.unwrap(), None);
    assert_eq!(world.store().keep_fact(ODD, ODD).await.unwrap(), ODD);
    assert_eq!(world.store().keep_fact(ODD, "another").await.unwrap(), ODD);
    assert_eq!(
        world.second().await.store().fact(ODD).await.unwrap().as_deref(),
        Some(ODD)
    );
}
