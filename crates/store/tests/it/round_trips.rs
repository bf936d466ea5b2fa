//! What is written is read back whole: every noun, every variant, with and without what may be missing, and characters that trip carelessly written databases.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    AdministratorId, Algorithm, Ask, Audience, Authority, ClientId, Event, EventKind, GrantId, Guard, HostId, Moment,
    Scopes, SessionId, Time, TokenId, Touch, UserId, Write,
    client::{Authentication, Binding, GrantType, Introspects},
    grant::{self, Grant, Holder, Source, Status, Subject},
    resource::ResourceUri,
    tenant::{self, Administrator, NonceRule, Reach, Tenant},
};
use store::{Outcome, TenantDb};

use crate::world::{
    NOW, Wanted, World, acme, administrator, at, client, create_administrator, create_client, create_grant,
    create_resource, create_tenant, create_token, event, grant, replace_client, resource, revoke_grant, revoke_token,
    signing_key, time, token,
};

/// Quotes, wildcards, comment signs, line ends, accents composed and not, right-to-left marks, characters beyond the basic plane. No NUL: see `driver.rs`.
const ODD: &str = "O'Brien \"x\" \\ % _ -- /* ; $1 ?2 :a @b \u{7f}\u{1}\t\r\n \u{e9} e\u{301} \u{202e}\u{5d0} \u{1f9d1}\u{200d}\u{1f680} \u{ffff}\u{10ffff} ";

/// Times at both ends of what is kept.
const TIMES: [i64; 5] = [i64::MIN, -1, 0, NOW, i64::MAX];

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
        Authentication::PrivateKeyJwt {
            jwks: format!("{{\"keys\":[],\"x\":\"{ODD}\"}}"),
        },
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
                new.token_algorithm = algorithm;
                new.binding = binding;
                new.introspects = introspects;
                new.grant_types = if n == 0 {
                    BTreeSet::new()
                } else {
                    BTreeSet::from([GrantType::ClientCredentials])
                };
                new.epoch = [0, 1, i64::MAX][n];
                new.created = Time::from_unix(TIMES[n]);
                new.disabled = (n > 0).then(|| Time::from_unix(TIMES[n + 1]));
                world.put(Wanted::default().guard(create_client(new.clone()))).await;
                assert_eq!(world.db.client(&new.id).await.unwrap(), Some(new.clone()));
                written.push(new);
            }
        }
    }

    // Replaced: everything but the id and the birth may change.
    let old = written[0].clone();
    let mut new = client(old.id.as_str());
    new.authentication = Authentication::PrivateKeyJwt { jwks: "{}".to_owned() };
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
async fn grants_come_back_whole() {
    let world = World::new().await;
    let holders = [
        Holder::Client(ClientId::parse("https://c.example/'$1").unwrap()),
        Holder::Host(HostId::parse("host").unwrap()),
        Holder::Session(SessionId::parse("session").unwrap()),
    ];
    for (n, holder) in holders.into_iter().enumerate() {
        let mut new = grant(&format!("grant-{n}"));
        new.holder = holder;
        new.subject = if n == 1 {
            Subject::User(UserId::parse("alice").unwrap())
        } else {
            Subject::Nobody
        };
        new.parent = (n == 2).then(|| GrantId::parse("no-such-parent").unwrap());
        new.authority = Authority::root(Ask {
            scopes: Scopes::parse(["", "a", "z:$1 a'b %_ !#[]~"][n]).unwrap(),
            audiences: [
                BTreeSet::new(),
                BTreeSet::from([Audience::Issuer]),
                BTreeSet::from([
                    Audience::Issuer,
                    Audience::Resource(ResourceUri::parse("https://a.example/%20'").unwrap()),
                    Audience::Resource(ResourceUri::parse("urn:b").unwrap()),
                ]),
            ][n]
                .clone(),
            expires: [None, Some(Time::from_unix(i64::MAX)), Some(time(1))][n],
            depth: [0, 8, 3][n],
        });
        new.epoch = [0, 1, i64::MAX][n];
        new.created = Time::from_unix(TIMES[n]);
        new.source = Source::Administrator(AdministratorId::parse("admin'").unwrap());
        world.put(Wanted::default().guard(create_grant(new.clone()))).await;
        assert_eq!(world.db.grant(&new.id).await.unwrap(), Some(new.clone()));

        world
            .put(Wanted::default().sure(revoke_grant(new.id.as_str(), 5)))
            .await;
        world
            .put(Wanted::default().sure(revoke_grant(new.id.as_str(), 6)))
            .await;
        new.status = Status::Revoked { at: time(5) };
        assert_eq!(
            world.db.grant(&new.id).await.unwrap(),
            Some(new),
            "the first revocation stays"
        );
    }
}

#[tokio::test]
async fn a_path_runs_to_its_root_and_stops_where_an_ancestor_is_missing() {
    let world = World::new().await;
    let mut chain: Vec<Grant> = Vec::new();
    for n in 0..=8 {
        let mut new = grant(&format!("g{n}"));
        new.parent = chain.last().map(|parent| parent.id.clone());
        world.put(Wanted::default().guard(create_grant(new.clone()))).await;
        chain.push(new);
    }
    for (n, grant) in chain.iter().enumerate() {
        let expected: Vec<Grant> = chain[..=n].iter().rev().cloned().collect();
        assert_eq!(world.db.grant_path(&grant.id).await.unwrap(), expected);
        assert!(grant::lives(&expected, time(0)));
    }

    let mut orphan = grant("orphan");
    orphan.parent = GrantId::parse("nowhere");
    let mut child = grant("child-of-orphan");
    child.parent = Some(orphan.id.clone());
    world
        .put(
            Wanted::default()
                .guard(create_grant(orphan.clone()))
                .guard(create_grant(child.clone())),
        )
        .await;
    let path = world.db.grant_path(&child.id).await.unwrap();
    assert_eq!(path, [child, orphan]);
    assert!(!grant::lives(&path, time(0)), "without its root nothing lives");
    assert_eq!(
        world.db.grant_path(&GrantId::parse("nobody").unwrap()).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn a_path_that_is_too_long_or_goes_in_a_circle_is_a_fault_and_ends() {
    let world = World::new().await;
    for n in 0..=9 {
        let mut new = grant(&format!("deep{n}"));
        new.parent = (n > 0).then(|| GrantId::parse(&format!("deep{}", n - 1)).unwrap());
        world.put(Wanted::default().guard(create_grant(new))).await;
    }
    let mut snake = grant("snake");
    snake.parent = Some(snake.id.clone());
    world.put(Wanted::default().guard(create_grant(snake))).await;
    for id in ["deep9", "snake"] {
        assert!(
            matches!(
                world.db.grant_path(&GrantId::parse(id).unwrap()).await,
                Err(store::Fault::Row("grants.parent"))
            ),
            "{id}"
        );
    }
    assert_eq!(
        world
            .db
            .grant_path(&GrantId::parse("deep8").unwrap())
            .await
            .unwrap()
            .len(),
        9
    );
}

#[tokio::test]
async fn own_grants_are_the_clients_own_that_still_count_with_their_paths() {
    let world = World::new().await;
    let mine = ClientId::parse("client").unwrap();
    let mut other_holder = grant("b");
    other_holder.holder = Holder::Client(ClientId::parse("other").unwrap());
    let mut same_name = grant("c");
    same_name.holder = Holder::Host(HostId::parse("client").unwrap());
    let mut for_a_person = grant("d");
    for_a_person.subject = Subject::User(UserId::parse("alice").unwrap());
    let mut child = grant("e");
    child.parent = Some(other_holder.id.clone());
    for new in [
        grant("a"),
        other_holder.clone(),
        same_name,
        for_a_person,
        child.clone(),
        grant("f"),
    ] {
        world.put(Wanted::default().guard(create_grant(new))).await;
    }
    world.put(Wanted::default().sure(revoke_grant("f", 1))).await;
    assert_eq!(
        world.db.own_grants(&mine, time(1)).await.unwrap(),
        [vec![grant("a")], vec![child, other_holder]]
    );

    // The oldest of very many, however many of its grants are dead: revoked, ended, or below a dead parent.
    world
        .put(
            Wanted::default()
                .guard(create_grant(grant("dead")))
                .sure(revoke_grant("dead", 1)),
        )
        .await;
    for n in 0..70 {
        let mut ended = grant(&format!("x{n:03}"));
        ended.authority = kernel::Authority::root(kernel::Ask {
            scopes: ended.authority.scopes().clone(),
            audiences: ended.authority.audiences().clone(),
            expires: Some(time(1)),
            depth: 0,
        });
        let mut orphan = grant(&format!("y{n:03}"));
        orphan.parent = GrantId::parse("dead");
        world
            .put(Wanted::default().guard(create_grant(ended)).guard(create_grant(orphan)))
            .await;
    }
    for n in 0..80 {
        world
            .put(Wanted::default().guard(create_grant(grant(&format!("z{n:03}")))))
            .await;
        if n < 10 {
            world
                .put(Wanted::default().sure(revoke_grant(&format!("z{n:03}"), 1)))
                .await;
        }
    }
    let held = world.db.own_grants(&mine, time(1)).await.unwrap();
    assert_eq!(held.len(), 64);
    assert_eq!(held.last().unwrap()[0].id.as_str(), "z071");
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
        new.key = (n == 1).then(|| ODD.to_owned());
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
    };
    odd.created = Time::from_unix(i64::MIN);
    world.put(Wanted::default().guard(create_tenant(odd.clone()))).await;
    assert_eq!(world.store().tenants().await.unwrap(), [acme(), odd.clone()]);

    let settings = tenant::Settings {
        dpop_nonce: NonceRule::Demanded,
        access_token_seconds: 60,
    };
    let change = tenant::SettingsChange {
        dpop_nonce: Some(NonceRule::Demanded),
        access_token_seconds: Some(60),
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
