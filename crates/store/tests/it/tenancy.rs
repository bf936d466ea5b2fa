//! Tenants come back whole, each sees its own rows only, and lists show every row once.

use kernel::{
    AdministratorId, ClientId, GrantId, Guard, Time, TokenId, Touch, Write,
    client::{Binding, SecurityProfile},
    grant::Grant,
    resource::ResourceUri,
    tenant::{self, Documents, NonceRule, PkceRule, PushedRequests, RegistrationRule, Tenant},
};
use store::{Outcome, TenantDb};

use crate::world::{
    ODD, Wanted, World, acme, administrator, at, client, create_administrator, create_client, create_grant,
    create_resource, create_tenant, grant, replace_client, resource, revoke_grant, revoke_token, signing_key, time,
    token,
};

#[tokio::test]
async fn tenants_come_back_whole() {
    let world = World::new().await;
    let mut odd = Tenant {
        id: kernel::TenantId::parse("zz").unwrap(),
        name: ODD.to_owned(),
        issuer: "https://zz.example/t/'$1".to_owned(),
        ..acme()
    };
    odd.settings = tenant::Settings {
        dpop_nonce: NonceRule::Accepted,
        access_token_seconds: i64::MAX,
        client_documents: Documents::Refused,
        registration: RegistrationRule::Open,
        binding: Binding::Required,
        profile: SecurityProfile::Fapi2MessageSigning,
        pushed_requests: PushedRequests::Required,
        pkce: PkceRule::OpenIdMayOmit,
        device_grant: tenant::Offered::Off,
        deferred: tenant::Offered::Off,
    };
    odd.created = Time::from_unix(i64::MIN);
    world.put(Wanted::default().guard(create_tenant(odd.clone()))).await;
    assert_eq!(world.store().tenants().await.unwrap(), [acme(), odd.clone()]);

    let settings = tenant::Settings {
        dpop_nonce: NonceRule::Demanded,
        access_token_seconds: 60,
        client_documents: Documents::Accepted,
        registration: RegistrationRule::InitialToken,
        binding: Binding::WhenProved,
        profile: SecurityProfile::Fapi2,
        pushed_requests: PushedRequests::Accepted,
        pkce: PkceRule::Always,
        device_grant: tenant::Offered::On,
        deferred: tenant::Offered::Off,
    };
    let change = tenant::SettingsChange {
        dpop_nonce: Some(NonceRule::Demanded),
        access_token_seconds: Some(60),
        client_documents: Some(Documents::Accepted),
        registration: Some(RegistrationRule::InitialToken),
        binding: Some(Binding::WhenProved),
        profile: Some(SecurityProfile::Fapi2),
        pushed_requests: Some(PushedRequests::Accepted),
        pkce: Some(PkceRule::Always),
        device_grant: Some(tenant::Offered::On),
        deferred: None,
    };
    let disable = |at| Write::Tenant(tenant::Write::SetDisabled { id: odd.id.clone(), at });
    world
        .put(
            Wanted::default()
                .sure(Write::Tenant(tenant::Write::SetSettings {
                    id: odd.id.clone(),
                    change,
                }))
                .sure(disable(Some(time(9)))),
        )
        .await;
    let changed = Tenant {
        settings,
        disabled: Some(time(9)),
        ..odd.clone()
    };
    assert_eq!(world.store().tenants().await.unwrap(), [acme(), changed.clone()]);
    world.put(Wanted::default().sure(disable(None))).await;
    world
        .store()
        .move_tenant(&odd.id, "https://moved.example")
        .await
        .unwrap();
    assert_eq!(
        world.store().tenants().await.unwrap(),
        [
            acme(),
            Tenant {
                disabled: None,
                issuer: "https://moved.example".to_owned(),
                ..changed
            }
        ]
    );
}

#[tokio::test]
async fn pages_follow_the_bytes_of_the_ids_and_miss_nothing() {
    let world = World::new().await;
    // In the byte order, which is not the order of any language: digits, upper case, underscore, lower case, tilde.
    let ids = [
        "!", "-", "0", "10", "2", "A", "B", "Z", "_", "a", "aB", "a_", "ab", "b", "z", "~",
    ];
    for id in ids.iter().rev() {
        let uri = format!("urn:{id}");
        world
            .put(
                Wanted::default()
                    .guard(create_client(client(id)))
                    .guard(create_grant(grant(id)))
                    .guard(create_resource(resource(&uri))),
            )
            .await;
    }
    world.store().touch(
        world.db.id(),
        Touch::ClientUsed {
            id: ClientId::parse("B").unwrap(),
            at: time(3),
        },
    );
    world.store().flush(&at(4)).await.unwrap();
    for rows in [1, 3, 16, 100] {
        let (mut clients, mut grants, mut resources) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let page = world
                .db
                .clients_after(clients.last().map_or("", String::as_str), rows)
                .await
                .unwrap();
            clients.extend(page.iter().map(|(client, _)| client.id.as_str().to_owned()));
            assert!(
                page.iter()
                    .all(|(client, used)| *used == (client.id.as_str() == "B").then(|| time(3)))
            );
            let page = world
                .db
                .grants_after(grants.last().map_or("", String::as_str), rows)
                .await
                .unwrap();
            grants.extend(page.iter().map(|grant| grant.id.as_str().to_owned()));
            let page = world
                .db
                .resources_after(resources.last().map_or("", String::as_str), rows)
                .await
                .unwrap();
            resources.extend(page.iter().map(|resource| resource.uri.as_str().to_owned()));
            if page.is_empty() {
                break;
            }
        }
        assert_eq!(
            (clients, grants),
            (ids.map(str::to_owned).to_vec(), ids.map(str::to_owned).to_vec()),
            "{rows} rows a page"
        );
        assert_eq!(resources, ids.map(|id| format!("urn:{id}")));
    }
}

#[tokio::test]
async fn one_tenant_never_reads_or_writes_rows_of_another() {
    let world = World::new().await;
    let foreign = Tenant {
        id: kernel::TenantId::parse("foreign").unwrap(),
        issuer: "https://foreign.example".to_owned(),
        ..acme()
    };
    let other = World {
        fresh: world.fresh.clone(),
        db: TenantDb::new(world.store().clone(), std::sync::Arc::new(foreign)),
    };
    world
        .put(
            Wanted::token("t")
                .guard(create_client(client("c")))
                .guard(create_resource(resource("urn:r")))
                .guard(create_grant(grant("g")))
                .guard(Guard::CreateKey(Box::new(signing_key("k", 0))))
                .guard(create_administrator(administrator("a"), "digest")),
        )
        .await;
    let a = AdministratorId::parse("a").unwrap();
    let (c, r, g, t) = (
        ClientId::parse("c").unwrap(),
        ResourceUri::parse("urn:r").unwrap(),
        GrantId::parse("g").unwrap(),
        TokenId::parse("t").unwrap(),
    );

    assert_eq!(other.db.client(&c).await.unwrap(), None);
    assert_eq!(other.db.resource(&r).await.unwrap(), None);
    assert_eq!(other.db.grant_path(&g).await.unwrap(), []);
    assert_eq!(other.db.token(&t).await.unwrap(), None);
    assert_eq!(other.db.signing_keys().await.unwrap(), []);
    assert_eq!(other.db.administrator(&a).await.unwrap(), None);
    assert_eq!(other.db.administrators_after("", 9).await.unwrap(), []);
    assert_eq!(
        other
            .db
            .own_grants(&ClientId::parse("client").unwrap(), time(1))
            .await
            .unwrap(),
        Vec::<Vec<Grant>>::new()
    );
    assert_eq!(
        (
            other.db.clients_after("", 9).await.unwrap(),
            other.db.grants_after("", 9).await.unwrap(),
            other.db.resources_after("", 9).await.unwrap()
        ),
        (vec![], vec![], vec![])
    );
    assert_eq!(
        (
            other.db.events_before(None, 9).await.unwrap(),
            other.db.event_count("token.issued").await.unwrap(),
            other.db.token_count().await.unwrap()
        ),
        (vec![], 0, 0)
    );

    // Writes of the other tenant find nothing here, and its ids are free.
    let mut replaced = client("c");
    replaced.epoch = 2;
    let lost = other
        .commit(Wanted::default().guard(replace_client(replaced, 1)))
        .await
        .unwrap();
    assert_eq!(lost, Outcome::Lost(store::Lost::Guard(0)));
    other
        .put(Wanted::default().sure(Write::Tenant(tenant::Write::EndAdministrator {
            id: a.clone(),
            at: time(1),
        })))
        .await;
    assert_eq!(world.db.administrator(&a).await.unwrap(), Some(administrator("a")));
    other
        .put(
            Wanted::default()
                .sure(revoke_grant("g", 1))
                .sure(revoke_token("t", 1))
                .sure(Write::SetResourceDisabled {
                    uri: r.clone(),
                    at: Some(time(1)),
                })
                .sure(Write::DropKey { kid: "k".to_owned() }),
        )
        .await;
    assert_eq!(world.db.client(&c).await.unwrap(), Some(client("c")));
    assert_eq!(world.db.resource(&r).await.unwrap(), Some(resource("urn:r")));
    assert_eq!(world.db.grant(&g).await.unwrap(), Some(grant("g")));
    assert_eq!(world.db.token(&t).await.unwrap(), Some(token("t")));
    assert_eq!(world.db.signing_keys().await.unwrap(), [signing_key("k", 0)]);
    other
        .put(
            Wanted::token("t")
                .guard(create_client(client("c")))
                .guard(create_grant(grant("g")))
                .mark(crate::world::mark("m")),
        )
        .await;
    world.put(Wanted::default().mark(crate::world::mark("m"))).await;
}
