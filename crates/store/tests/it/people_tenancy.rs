//! Whatever belongs to a person of one tenant is not there for another tenant: neither to be read, nor to be relied on, nor to be changed.

use kernel::{
    BrowserSessionId, ClientId, CodeId, FamilyId, GroupId, Guard, RuleId, TenantId, Time, Touch, Write, client::Client,
    consent::Effect, sign_in::Known, tenant::Tenant, user::User,
};
use store::{Lost, Outcome, TenantDb};

use crate::{
    people::{
        by_document, child, code, create_code, create_family, create_group, create_passkey, create_recovery_code,
        create_rule, create_session, create_user, current, drop_client, drop_group, drop_other_codes, drop_passkey,
        drop_password, drop_rule, end_other_sessions, end_session, family, group, group_exists, keep_client, passkey,
        put_document, redeem, registered_itself, rehash, replace_user, root, rule, session, session_id, session_live,
        set_password, turn, use_passkey, use_recovery_code, user, user_id, user_unchanged,
    },
    world::{Wanted, World, acme, at, create_client, create_grant, create_resource, create_tenant, resource, time},
};

const DOCUMENT: &str = "https://client.example/metadata.json";

/// One of everything.
fn everything() -> Wanted {
    Wanted::default()
        .guard(create_user(user("alice")))
        .guard(create_group(group("finance")))
        .guard(create_passkey(passkey("p")))
        .guard(create_recovery_code("alice", "r", "set"))
        .guard(create_session(session("s")))
        .guard(create_code(code("c")))
        .guard(create_grant(root("root")))
        .guard(create_grant(child("child", "root")))
        .guard(create_family(family("f", "child")))
        .guard(create_rule(rule("rule", Effect::Allow)))
        .guard(create_client(registered_itself("itself", 900)))
        .guard(put_document(by_document(DOCUMENT, 1)))
        .guard(create_resource(resource("urn:r")))
        .sure(set_password("alice", "hash"))
}

/// Everything that can be read of them, as text: what a tenant sees.
async fn seen(db: &TenantDb) -> Vec<String> {
    let alice = user_id("alice");
    let client = |id: &str| ClientId::parse(id).unwrap();
    vec![
        format!("{:?}", db.user(&alice).await.unwrap()),
        format!("{:?}", db.user_by_login(&user("alice").login).await.unwrap()),
        format!("{:?}", db.users_after("", 9).await.unwrap()),
        format!("{:?}", db.group(&GroupId::parse("finance").unwrap()).await.unwrap()),
        format!("{:?}", db.groups_after("", 9).await.unwrap()),
        format!("{:?}", db.password(&alice).await.unwrap()),
        format!("{:?}", db.passkeys(&alice).await.unwrap()),
        format!("{:?}", db.passkey_by_credential("credential-p").await.unwrap()),
        format!("{:?}", db.recovery_code_unused(&alice, "r").await.unwrap()),
        format!("{:?}", db.recovery_codes_left(&alice).await.unwrap()),
        format!("{:?}", db.browser_session("digest-s").await.unwrap()),
        format!("{:?}", db.browser_session_by_id(&session_id("s")).await.unwrap()),
        format!("{:?}", db.browser_sessions_of(&alice).await.unwrap()),
        format!("{:?}", db.browser_sessions_after("", 9).await.unwrap()),
        format!(
            "{:?}",
            db.authorization_code(&CodeId::parse("c").unwrap()).await.unwrap()
        ),
        format!("{:?}", db.authorization_code_of_request("request-c").await.unwrap()),
        format!("{:?}", db.family(&FamilyId::parse("f").unwrap()).await.unwrap()),
        format!("{:?}", db.grants_of_user(&alice, time(1)).await.unwrap()),
        format!("{:?}", db.grants_of_user_after(&alice, "", 9).await.unwrap()),
        format!(
            "{:?}",
            db.grants_to_client(&alice, &client("client"), time(1)).await.unwrap()
        ),
        format!("{:?}", db.consent_rules().await.unwrap()),
        format!("{:?}", db.consent_rule(&RuleId::parse("rule").unwrap()).await.unwrap()),
        format!("{:?}", db.client(&client("itself")).await.unwrap()),
        format!("{:?}", db.client(&client(DOCUMENT)).await.unwrap()),
        format!("{:?}", db.unused_clients().await.unwrap()),
        format!("{:?}", db.scopes_known().await.unwrap()),
    ]
}

async fn two_tenants() -> (World, World) {
    let world = World::new().await;
    let foreign = Tenant {
        id: TenantId::parse("foreign").unwrap(),
        issuer: "https://foreign.example".to_owned(),
        ..acme()
    };
    world.put(Wanted::default().guard(create_tenant(foreign.clone()))).await;
    let other = World {
        fresh: world.fresh.clone(),
        db: TenantDb::new(world.store().clone(), std::sync::Arc::new(foreign)),
    };
    (world, other)
}

#[tokio::test]
async fn one_tenant_sees_nothing_of_the_people_of_another() {
    let (world, other) = two_tenants().await;
    let nothing = seen(&other.db).await;
    world.put(everything()).await;
    let mine = seen(&world.db).await;
    assert!(
        nothing.iter().zip(&mine).all(|(nothing, mine)| nothing != mine),
        "each reader reads something"
    );
    assert_eq!(seen(&other.db).await, nothing);
}

#[tokio::test]
async fn one_tenant_relies_on_and_changes_nothing_of_another() {
    let (world, other) = two_tenants().await;
    world.put(everything()).await;
    let before = seen(&world.db).await;

    let guards: [Guard; 11] = [
        user_unchanged("alice", 0),
        replace_user(
            User {
                epoch: 1,
                ..user("alice")
            },
            0,
        ),
        group_exists("finance"),
        use_passkey("p", 0, 1),
        use_recovery_code("alice", "r"),
        session_live("s"),
        redeem("c", "g"),
        turn("f", 0, "request"),
        current("f", 0),
        drop_client("itself", 0),
        drop_client(DOCUMENT, 0),
    ];
    for guard in guards {
        let claim = format!("{guard:?}");
        let outcome = other.commit(Wanted::default().guard(guard)).await.unwrap();
        assert_eq!(outcome, Outcome::Lost(Lost::Guard(0)), "{claim}");
    }
    let writes: [Write; 10] = [
        drop_group("finance"),
        rehash("alice", "hash", "another"),
        drop_password("alice"),
        drop_passkey("alice", "p"),
        drop_other_codes("alice", "another set"),
        end_session("s", 1),
        end_other_sessions("alice", None, 1),
        drop_rule("rule"),
        keep_client("itself"),
        Write::Grant(kernel::grant::Write::EnsureRevoked {
            id: crate::people::grant_id("root"),
            at: time(1),
        }),
    ];
    for write in writes {
        other.put(Wanted::default().sure(write)).await;
    }
    for touch in [
        Touch::GrantUsed {
            id: crate::people::grant_id("root"),
            at: time(50),
        },
        Touch::BrowserSessionSeen {
            id: BrowserSessionId::parse("s").unwrap(),
            at: time(50),
        },
    ] {
        other.store().touch(other.db.id(), touch);
    }
    other.store().flush(&at(60)).await.unwrap();
    assert_eq!(seen(&world.db).await, before);

    // The same ids, logins, credentials, cookies and requests are free in the other tenant.
    other.put(everything()).await;
    let renamed = Client {
        name: "Another name".to_owned(),
        ..by_document(DOCUMENT, 2)
    };
    other
        .put(
            Wanted::default()
                .guard(put_document(renamed))
                .sure(set_password("alice", "another")),
        )
        .await;
    assert_eq!(seen(&world.db).await, before);
    assert_eq!(
        world.db.recovery_code_unused(&user_id("alice"), "r").await.unwrap(),
        Known::Unused
    );
    assert!(
        world
            .db
            .password(&user_id("alice"))
            .await
            .unwrap()
            .is_some_and(|password| password.changed > Time::from_unix(0))
    );
}
