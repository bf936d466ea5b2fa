//! What is written of people, their credentials and what they gave is read back whole.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    AdministratorId, Audience, ClientId, CodeId, Confirmation, FamilyId, GroupId, RuleId, Scopes, Time,
    authorization_code::AuthorizationCode,
    browser_session::{BrowserSession, Method, Presence},
    client::{ApplicationType, Authentication, Client, Registration},
    consent::{Clients, Effect, RULES_MAX, Rule},
    credential::{Passkey, Password},
    family::Family,
    redirect_uri::RedirectUri,
    resource::ResourceUri,
    sign_in::Known,
    tenant::{Administrator, Reach},
    user::{Group, GroupKind, Login, Profile, User},
};

use crate::{
    people::{
        by_document, code, create_code, create_family, create_group, create_passkey, create_recovery_code, create_rule,
        create_session, create_user, family, group, passkey, put_document, registered_itself, rule, session,
        session_id, set_password, user, user_id,
    },
    world::{
        ODD, TIMES, Wanted, World, administrator, client, create_administrator, create_client, create_resource,
        replace_client, resource, time,
    },
};

#[tokio::test]
async fn people_and_groups_come_back_whole() {
    let world = World::new().await;
    let profile = serde_json::json!({
        "name": "O'Brien \"x\" \\ % $1 \u{e9} e\u{301} \u{202e}\u{5d0} \u{10ffff}", "email": "a@b.test", "email_verified": true,
        "address": {"locality": ODD, "x": "\u{0}"},
    });
    let full = User {
        login: Login::parse("O'Brien\"$1%_\\@demo.test").unwrap(),
        profile: Profile::parse(profile.as_object().unwrap().clone()).unwrap(),
        memberships: ["b", "a-1", "c.d"].map(|id| GroupId::parse(id).unwrap()).into(),
        epoch: i64::MAX,
        created: Time::from_unix(i64::MIN),
        disabled: Some(Time::from_unix(i64::MAX)),
        ..user("full")
    };
    for new in [&full, &user("plain")] {
        world.put(Wanted::default().guard(create_user(new.clone()))).await;
        assert_eq!(world.db.user(&new.id).await.unwrap().as_ref(), Some(new));
        assert_eq!(world.db.user_by_login(&new.login).await.unwrap().as_ref(), Some(new));
    }
    assert_eq!(
        world.db.users_after("", 9).await.unwrap(),
        [full.clone(), user("plain")]
    );
    assert_eq!(world.db.users_after("", 1).await.unwrap(), [full]);
    assert_eq!(world.db.users_after("full", 9).await.unwrap(), [user("plain")]);
    assert_eq!(world.db.user(&user_id("nobody")).await.unwrap(), None);
    let login = Login::parse("nobody@demo.test").unwrap();
    assert_eq!(world.db.user_by_login(&login).await.unwrap(), None);

    let role = Group {
        kind: GroupKind::Role,
        name: ODD.to_owned(),
        ..group("approver")
    };
    for new in [&group("finance"), &role] {
        world.put(Wanted::default().guard(create_group(new.clone()))).await;
        assert_eq!(world.db.group(&new.id).await.unwrap().as_ref(), Some(new));
    }
    assert_eq!(
        world.db.groups_after("", 9).await.unwrap(),
        [role.clone(), group("finance")]
    );
    assert_eq!(world.db.groups_after("", 1).await.unwrap(), [role]);
    assert_eq!(world.db.groups_after("approver", 9).await.unwrap(), [group("finance")]);
    assert_eq!(world.db.group(&GroupId::parse("nobody").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn credentials_come_back_whole() {
    let world = World::new().await;
    let alice = user_id("alice");
    assert_eq!(world.db.password(&alice).await.unwrap(), None);
    for hash in [ODD, "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"] {
        world.put(Wanted::default().sure(set_password("alice", hash))).await;
        let password = Password {
            hash: hash.to_owned(),
            changed: time(3),
        };
        assert_eq!(world.db.password(&alice).await.unwrap(), Some(password));
    }

    let full = Passkey {
        credential: ODD.to_owned(),
        public_key: ODD.to_owned(),
        counter: i64::from(u32::MAX),
        transports: ["internal", "hybrid"].map(str::to_owned).to_vec(),
        name: ODD.to_owned(),
        created: Time::from_unix(i64::MIN),
        used: Some(Time::from_unix(i64::MAX)),
        ..passkey("1")
    };
    let of_bob = Passkey {
        user: user_id("bob"),
        ..passkey("3")
    };
    for new in [&passkey("2"), &of_bob, &full] {
        world.put(Wanted::default().guard(create_passkey(new.clone()))).await;
        let found = world.db.passkey_by_credential(&new.credential).await.unwrap();
        assert_eq!(found.as_ref(), Some(new));
    }
    assert_eq!(world.db.passkeys(&alice).await.unwrap(), [full, passkey("2")]);
    assert_eq!(world.db.passkeys(&user_id("nobody")).await.unwrap(), []);
    assert_eq!(world.db.passkey_by_credential("another").await.unwrap(), None);

    assert_eq!(world.db.recovery_codes_left(&alice).await.unwrap(), 0);
    world
        .put(
            Wanted::default()
                .guard(create_recovery_code("alice", ODD, "set"))
                .guard(create_recovery_code("alice", "second", "set"))
                .guard(create_recovery_code("bob", "of bob", "set")),
        )
        .await;
    for (digest, known) in [
        (ODD, Known::Unused),
        ("second", Known::Unused),
        ("of bob", Known::No),
        ("", Known::No),
    ] {
        assert_eq!(world.db.recovery_code_unused(&alice, digest).await.unwrap(), known);
    }
    assert_eq!(world.db.recovery_codes_left(&alice).await.unwrap(), 2);
}

#[tokio::test]
async fn browser_sessions_come_back_whole() {
    let world = World::new().await;
    let methods = ["passkey_verified", "passkey_present", "password", "recovery_code"];
    let mut written = Vec::new();
    for (n, method) in methods.into_iter().enumerate() {
        let new = BrowserSession {
            digest: format!("{ODD}{n}"),
            method: Method::from_name(method).unwrap(),
            authenticated: Time::from_unix(TIMES[n]),
            agent: [ODD, ""][n % 2].to_owned(),
            expires: Time::from_unix(TIMES[n + 1]),
            seen: Time::from_unix(TIMES[n]),
            ended: (n == 3).then(|| time(5)),
            ..session(&format!("s{n}"))
        };
        world.put(Wanted::default().guard(create_session(new.clone()))).await;
        assert_eq!(
            world.db.browser_session(&new.digest).await.unwrap().as_ref(),
            Some(&new)
        );
        assert_eq!(
            world.db.browser_session_by_id(&new.id).await.unwrap().as_ref(),
            Some(&new)
        );
        written.push(new);
    }
    let of_bob = BrowserSession {
        user: user_id("bob"),
        ..session("s9")
    };
    world.put(Wanted::default().guard(create_session(of_bob.clone()))).await;
    written.push(of_bob);
    assert_eq!(world.db.browser_sessions_after("", 9).await.unwrap(), written);
    assert_eq!(world.db.browser_sessions_after("s1", 1).await.unwrap(), written[2..3]);
    let mut theirs = written[..3].to_vec();
    theirs.reverse();
    assert_eq!(
        world.db.browser_sessions_of(&user_id("alice")).await.unwrap(),
        theirs,
        "newest first, without those that were ended"
    );
    assert_eq!(world.db.browser_session("another").await.unwrap(), None);
    assert_eq!(
        world.db.browser_session_by_id(&session_id("another")).await.unwrap(),
        None
    );

    for n in 0..120 {
        world
            .put(Wanted::default().guard(create_session(session(&format!("t{n:03}")))))
            .await;
    }
    let page = world.db.browser_sessions_of(&user_id("alice")).await.unwrap();
    assert_eq!((page.len(), page[0].id.as_str()), (100, "t119"));
}

#[tokio::test]
async fn codes_and_lines_come_back_whole() {
    let world = World::new().await;
    let full = AuthorizationCode {
        digest: ODD.to_owned(),
        request: ODD.to_owned(),
        client: ClientId::parse("https://c.example/'$1").unwrap(),
        scopes: Scopes::parse("a'b z:$1 %_").unwrap(),
        audience: Audience::Resource(ResourceUri::parse("https://a.example/'$1").unwrap()),
        redirect_uri: RedirectUri::parse("https://client.example/cb?x='$1%20").unwrap(),
        challenge: Some(ODD.to_owned()),
        key: Some(ODD.to_owned()),
        presence: Presence {
            session: Some(session_id("s'$1")),
            authenticated: Time::from_unix(i64::MIN),
            method: Method::PasskeyVerified,
        },
        nonce: Some(ODD.to_owned()),
        id_claims: ["email", "name"].map(str::to_owned).into(),
        created: Time::from_unix(i64::MAX),
        redeemed: Some(crate::people::grant_id("g'")),
        ..code("full")
    };
    let bare = AuthorizationCode {
        scopes: Scopes::default(),
        challenge: None,
        ..code("bare")
    };
    for new in [&full, &bare] {
        world.put(Wanted::default().guard(create_code(new.clone()))).await;
        assert_eq!(world.db.authorization_code(&new.id).await.unwrap().as_ref(), Some(new));
        let of_request = world.db.authorization_code_of_request(&new.request).await.unwrap();
        assert_eq!(of_request.as_ref(), Some(new));
    }
    let nobody = CodeId::parse("nobody").unwrap();
    assert_eq!(world.db.authorization_code(&nobody).await.unwrap(), None);
    assert_eq!(world.db.authorization_code_of_request("another").await.unwrap(), None);

    let full = Family {
        key: Some(Confirmation::Jkt(ODD.to_owned())),
        presence: Presence {
            session: Some(session_id("s'$1")),
            authenticated: Time::from_unix(i64::MIN),
            method: Method::RecoveryCode,
        },
        generation: i64::MAX,
        turned: Time::from_unix(-1),
        request: Some(ODD.to_owned()),
        created: Time::from_unix(i64::MAX),
        ..family("full", "g'")
    };
    let certified = Family {
        key: Some(Confirmation::Certificate(ODD.to_owned())),
        ..family("certified", "g")
    };
    for new in [&full, &certified, &family("bare", "g")] {
        world.put(Wanted::default().guard(create_family(new.clone()))).await;
        assert_eq!(world.db.family(&new.id).await.unwrap().as_ref(), Some(new));
    }
    assert_eq!(
        world.db.family(&FamilyId::parse("nobody").unwrap()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn rules_come_back_whole_and_what_forbids_is_never_cut_off() {
    let world = World::new().await;
    let full = Rule {
        clients: Clients::One(ClientId::parse("https://c.example/'$1").unwrap()),
        scope: Some("a'b".to_owned()),
        resource: Some(ResourceUri::parse("urn:r'").unwrap()),
        group: Some(GroupId::parse("finance").unwrap()),
        by: AdministratorId::parse("admin'").unwrap(),
        created: Time::from_unix(i64::MIN),
        ..rule("b", Effect::Allow)
    };
    let strangers = Rule {
        clients: Clients::Unregistered,
        ..rule("a", Effect::Forbid)
    };
    let newer = rule("c", Effect::Allow);
    for new in [&full, &strangers, &newer] {
        world.put(Wanted::default().guard(create_rule(new.clone()))).await;
        assert_eq!(world.db.consent_rule(&new.id).await.unwrap().as_ref(), Some(new));
    }
    assert_eq!(world.db.consent_rules().await.unwrap(), [strangers, newer, full]);
    assert_eq!(
        world.db.consent_rule(&RuleId::parse("nobody").unwrap()).await.unwrap(),
        None
    );

    for n in 0..RULES_MAX {
        world
            .put(Wanted::default().guard(create_rule(rule(&format!("d{n:04}"), Effect::Allow))))
            .await;
    }
    let rules = world.db.consent_rules().await.unwrap();
    assert_eq!((rules.len(), rules[0].effect), (RULES_MAX, Effect::Forbid));
}

#[tokio::test]
async fn clients_come_back_with_everything_they_said_of_themselves() {
    let world = World::new().await;
    let uris = ["https://c.example/cb?a='$1", "http://127.0.0.1/", "com.example.app:/cb"];
    let registrations = [
        Registration::Administrator,
        Registration::Document {
            fetched: Time::from_unix(i64::MIN),
        },
        Registration::Itself {
            token_digest: proof::digest::sha256_b64(b"token"),
            key: Some(ODD.to_owned()),
        },
    ];
    let kinds = [ApplicationType::Native, ApplicationType::Web, ApplicationType::Unsaid];
    for (n, registration) in registrations.into_iter().enumerate() {
        let new = Client {
            authentication: Authentication::Nothing,
            registration,
            redirect_uris: uris[..n].iter().map(|uri| RedirectUri::parse(uri).unwrap()).collect(),
            application_type: kinds[n],
            uri: (n == 1).then(|| ODD.to_owned()),
            scope: (n == 2).then(|| ODD.to_owned()),
            expires: (n == 2).then(|| Time::from_unix(i64::MAX)),
            ..client(&format!("c{n}"))
        };
        let create = if n == 1 {
            put_document(new.clone())
        } else {
            create_client(new.clone())
        };
        world.put(Wanted::default().guard(create)).await;
        assert_eq!(world.db.client(&new.id).await.unwrap(), Some(new.clone()));
        let again = Client {
            redirect_uris: uris.iter().map(|uri| RedirectUri::parse(uri).unwrap()).collect(),
            registration: Registration::Administrator,
            epoch: 2,
            expires: None,
            ..new
        };
        world
            .put(Wanted::default().guard(replace_client(again.clone(), 1)))
            .await;
        assert_eq!(world.db.client(&again.id).await.unwrap(), Some(again));
    }
    assert_eq!(world.db.clients_after("", 9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn resources_say_which_scopes_bring_others_and_the_tenant_which_mean_something() {
    let world = World::new().await;
    let mut full = resource("urn:full");
    full.scopes = ["read", "write", "a'b"]
        .map(|name| (name.to_owned(), ODD.to_owned()))
        .into();
    full.implied = BTreeMap::from([
        (
            "write".to_owned(),
            BTreeSet::from(["read".to_owned(), "a'b".to_owned()]),
        ),
        ("read".to_owned(), BTreeSet::new()),
    ]);
    let mut gone = resource("urn:gone");
    gone.scopes = [("gone".to_owned(), String::new())].into();
    gone.disabled = Some(time(1));
    let mut many = resource("urn:many");
    many.scopes = (0..300).map(|n| (format!("many{n}"), String::new())).collect();
    for new in [&full, &gone, &many] {
        world.put(Wanted::default().guard(create_resource(new.clone()))).await;
        assert_eq!(world.db.resource(&new.uri).await.unwrap().as_ref(), Some(new));
    }
    let known = world.db.scopes_known().await.unwrap();
    assert_eq!(known.iter().count(), 3 + 300 + 5);
    for name in [
        "read", "write", "a'b", "many0", "many299", "openid", "profile", "email", "address", "phone",
    ] {
        assert!(known.contains(name), "{name}");
    }
    assert!(!known.contains("gone"), "of a resource that is disabled");
}

#[tokio::test]
async fn an_initial_access_token_comes_back_with_its_reach() {
    let world = World::new().await;
    let new = Administrator {
        reach: Reach::Registration,
        ..administrator("a")
    };
    world
        .put(Wanted::default().guard(create_administrator(new.clone(), "digest")))
        .await;
    let found = world.store().administrator("digest").await.unwrap();
    assert_eq!(found, Some((world.db.id().clone(), new)));
}

#[tokio::test]
async fn clients_that_nobody_said_yes_to_are_counted() {
    let world = World::new().await;
    let kept = Client {
        expires: None,
        ..registered_itself("kept", 9)
    };
    for new in [
        client("admin"),
        kept,
        registered_itself("a", 5),
        registered_itself("b", 900),
    ] {
        world.put(Wanted::default().guard(create_client(new))).await;
    }
    world
        .put(Wanted::default().guard(put_document(by_document("https://c.example/x", 1))))
        .await;
    assert_eq!(world.db.unused_clients().await.unwrap(), 2);
}
