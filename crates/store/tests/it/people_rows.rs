//! What no version of ours writes about people.

use kernel::{ClientId, FamilyId, consent::Effect};
use store::Fault;

use crate::{
    beside::Beside,
    people::{
        code, create_code, create_family, create_group, create_rule, create_session, create_user, family, group,
        registered_itself, rule, session, session_id, user, user_id,
    },
    world::{Wanted, World, create_client},
};

#[tokio::test]
async fn a_row_of_people_that_no_version_of_ours_writes_is_a_fault_and_not_a_guess() {
    let world = World::new().await;
    world
        .put(
            Wanted::default()
                .guard(create_user(user("alice")))
                .guard(create_group(group("finance")))
                .guard(create_session(session("s")))
                .guard(create_code(code("c")))
                .guard(create_family(family("f", "g")))
                .guard(create_rule(rule("r", Effect::Allow)))
                .guard(create_client(registered_itself("itself", 9))),
        )
        .await;
    let beside = Beside::open(&world.fresh.database).await;
    let spoils = [
        ("user_account", "profile = '[]'"),
        ("user_account", "profile = '{\"role\":\"admin\"}'"),
        ("user_account", "profile = '{}', login = 'a b'"),
        ("user_account", "login = 'alice', memberships = '\u{e9}'"),
        ("user_group", "kind = 'club'"),
        ("browser_session", "method = 'telepathy'"),
        ("authorization_code", "method = 'telepathy'"),
        (
            "authorization_code",
            "method = 'password', redirect_uri = 'javascript:alert(1)'",
        ),
        (
            "authorization_code",
            "redirect_uri = 'https://a.example/', scope = '\"'",
        ),
        ("authorization_code", "scope = '', audience = 'nowhere'"),
        ("authorization_code", "audience = '-', redeemed = ''"),
        ("authorization_code", "redeemed = NULL, browser_session = ''"),
        ("refresh_family", "grant_id = ''"),
        ("refresh_family", "grant_id = 'g', method = 'telepathy'"),
        ("refresh_family", "method = 'password', browser_session = ''"),
        ("consent_rule", "effect = 'perhaps'"),
        ("consent_rule", "effect = 'allow', client_kind = 'one'"),
        ("consent_rule", "client_kind = 'every', client = 'c'"),
        ("consent_rule", "client = NULL, resource = 'nowhere'"),
        ("consent_rule", "resource = NULL, group_id = ''"),
        ("client", "registration_kind = 'rumour'"),
        ("client", "registration_kind = 'document', registration = 'yesterday'"),
        ("client", "registration_kind = 'itself', registration = NULL"),
        ("client", "registration_kind = 'administrator', registration = 'x'"),
        ("client", "registration = NULL, redirect_uris = 'javascript:alert(1)'"),
        ("client", "redirect_uris = '', application_type = 'toaster'"),
        ("client", "application_type = NULL, further = '[]'"),
        ("client", "further = '{\"subject_type\":\"anonymous\"}'"),
        ("client", "further = '{}', method = 'telepathy'"),
        ("tenant", "client_documents = 'some'"),
        ("tenant", "client_documents = 'refused', registration = 'perhaps'"),
        ("tenant", "registration = 'off', binding = 'sometimes'"),
        ("tenant", "binding = 'required', security_profile = 'fapi1'"),
        ("tenant", "security_profile = 'fapi2', pushed_requests = 'perhaps'"),
        ("tenant", "pushed_requests = 'required', pkce = 'seldom'"),
    ];
    for (table, spoil) in spoils {
        beside.run_on_both(&format!("UPDATE {table} SET {spoil}")).await;
        let fault = match table {
            "user_account" => world.db.user(&user_id("alice")).await.err(),
            "user_group" => world.db.groups_after("", 9).await.err(),
            "browser_session" => world.db.browser_session_by_id(&session_id("s")).await.err(),
            "authorization_code" => world.db.authorization_code_of_request("request-c").await.err(),
            "refresh_family" => world.db.family(&FamilyId::parse("f").unwrap()).await.err(),
            "consent_rule" => world.db.consent_rules().await.err(),
            "client" => world.db.client(&ClientId::parse("itself").unwrap()).await.err(),
            _ => world.store().tenants().await.err(),
        };
        assert!(matches!(fault, Some(Fault::Row(_))), "{table} with {spoil}: {fault:?}");
    }
}
