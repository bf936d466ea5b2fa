//! Questions to several groups at once: each group says yes, nobody for two, and each finds the question in their own list.

use serde_json::json;
use testkit::{App, Browser, Page, World};

use crate::{
    asked::{defer, machine_with_approvers, newest, poll_deferred, say},
    front::says,
    setup::{MCP, refused},
};

const POLICIES: &str = "
    @id(\"money\") @approvers(\"finance\") permit(principal, action == Action::\"write_file\", resource);
    @id(\"safety\") @approvers(\"security\") permit(principal, action == Action::\"write_file\", resource);
    @id(\"rest\") permit(principal, action == Action::\"read_file\", resource);
    @id(\"access\") permit(principal, action == Action::\"access\", resource);";

/// A machine whose writing takes one of finance and one of security.
struct Vault {
    world: World,
    machine: App,
    code: String,
}

impl Vault {
    async fn new(policies: &str) -> Self {
        let world = World::new().await;
        world.resource(MCP, &[]).await;
        let machine = machine_with_approvers(&world, 1).await; // finance, whom policies overrule
        for (id, name) in [("security", "Security"), ("sales", "Sales")] {
            let group = json!({ "id": id, "kind": "role", "name": name });
            world.admin("POST", "/admin/v1/groups", Some(&group)).await;
        }
        let capability = |name: &str, scope: &str| json!({ "name": name, "description": "For tests", "approval_strength": "session", "scopes": [scope] });
        let set = json!({ "policies": policies, "capabilities": [capability("write_file", "write"), capability("read_file", "read")] });
        let applied = world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
        assert_eq!(applied.status, 201, "{applied:?}");
        let waits = defer(&world, &machine, "write", &[]).await;
        refused(&waits, 400, "authorization_pending", "its people are asked");
        let code = waits.text_of("deferral_code").to_owned();
        Self { world, machine, code }
    }

    async fn signed_in(&self, login: &str, groups: &[&str]) -> Browser {
        let person = self.world.person(login).await;
        let path = format!("/admin/v1/users/{}", person.id);
        self.world
            .admin("PATCH", &path, Some(&json!({ "groups": groups })))
            .await;
        self.world.signed_in(&person).await
    }

    /// Somebody is of other groups from now on.
    async fn moves(&self, login: &str, groups: &[&str]) {
        let users = self.world.admin("GET", "/admin/v1/users?limit=100", None).await.body;
        let mut all = users["users"].as_array().unwrap().iter();
        let id = all.find(|user| user["login"] == login).unwrap()["id"].clone();
        let path = format!("/admin/v1/users/{}", id.as_str().unwrap());
        let moved = self
            .world
            .admin("PATCH", &path, Some(&json!({ "groups": groups })))
            .await;
        assert_eq!(moved.status, 200, "{moved:?}");
    }

    async fn says_yes(&self, browser: &mut Browser) -> Page {
        let page = newest(&self.world, browser).await;
        say(&self.world, browser, &page, "allow", &[]).await
    }

    async fn fetched(&self) -> testkit::Answer {
        self.world.advance(30);
        poll_deferred(&self.world, &self.machine, &self.code, &[]).await
    }
}

#[tokio::test]
async fn policies_that_demand_different_groups_have_both_asked_in_one_question() {
    let vault = Vault::new(POLICIES).await;
    let world = &vault.world;
    let again = defer(world, &vault.machine, "write", &[]).await;
    refused(&again, 400, "authorization_pending", "the same question waits");
    assert_eq!(again.text_of("deferral_code"), vault.code);

    // Ann is a member of both, and counts for one of them.
    let mut ann = vault.signed_in("ann@demo.test", &["finance", "security"]).await;
    let list = ann.visit(world, "/approvals").await;
    assert_eq!(list.answer.text.matches("data-approval=").count(), 1, "{list:?}");
    let page = newest(world, &mut ann).await;
    assert!(
        says(&page, "0 of 1 said yes. Members of <bdi>Finance</bdi> are asked.")
            && says(&page, "0 of 1 said yes. Members of <bdi>Security</bdi> are asked."),
        "{page:?}"
    );
    vault.says_yes(&mut ann).await;
    refused(
        &vault.fetched().await,
        400,
        "authorization_pending",
        "nobody says yes for two",
    );

    let shown = world.admin("GET", "/admin/v1/approvals", None).await;
    let shown = &shown.body["approvals"][0];
    assert_eq!(
        (&shown["approval_quorum"], &shown["approval_groups"]),
        (
            &json!(2),
            &json!([{ "group": "finance", "quorum": 1, "yes": 1 }, { "group": "security", "quorum": 1, "yes": 0 }])
        ),
        "{shown}"
    );

    // Whoever is of finance alone still counts: Ann stands for security then.
    let mut sam = vault.signed_in("sam@demo.test", &["sales"]).await;
    let nothing = sam.visit(world, "/approvals").await;
    assert!(!says(&nothing, "data-approval="), "{nothing:?}");
    let mut bob = vault.signed_in("bob@demo.test", &["finance"]).await;
    vault.says_yes(&mut bob).await;
    let given = vault.fetched().await;
    assert_eq!(
        (given.status, &given.body["scope"]),
        (200, &json!("write")),
        "{given:?}"
    );
    assert_eq!(world.events("approval.given").await, 2);
}

#[tokio::test]
async fn the_second_of_one_group_hears_that_others_must_answer_and_can_say_no() {
    let vault = Vault::new(&POLICIES.replace(
        "@id(\"money\") @approvers(\"finance\") permit",
        "@id(\"money\") @approvers(\"finance security\") permit",
    ))
    .await;
    let world = &vault.world;
    let mut ann = vault.signed_in("ann@demo.test", &["finance"]).await;
    let mut cleo = vault.signed_in("cleo@demo.test", &["finance"]).await;
    let before = newest(world, &mut cleo).await;
    vault.says_yes(&mut ann).await;
    say(world, &mut cleo, &before, "allow", &[]).await; // the page of before
    refused(
        &vault.fetched().await,
        400,
        "authorization_pending",
        "two of finance are none of security",
    );
    let page = newest(world, &mut cleo).await;
    assert!(
        says(&page, "Enough people of your group said yes") && !says(&page, "value=\"allow\""),
        "{page:?}"
    );
    say(world, &mut cleo, &page, "deny", &[]).await;
    refused(&vault.fetched().await, 400, "access_denied", "one no ends it");
}

#[tokio::test]
async fn what_one_group_said_is_not_enough_once_policies_demand_another_too() {
    let one = POLICIES.replace("@approvers(\"security\")", "");
    let vault = Vault::new(&one).await;
    let mut ann = vault.signed_in("ann@demo.test", &["finance"]).await;
    vault.says_yes(&mut ann).await;
    let capability = |name: &str, scope: &str| json!({ "name": name, "description": "For tests", "approval_strength": "session", "scopes": [scope] });
    let set = json!({ "policies": POLICIES, "capabilities": [capability("write_file", "write"), capability("read_file", "read")] });
    let applied = vault.world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let late = vault.fetched().await;
    assert!(late.status >= 400 && late.body["access_token"].is_null(), "{late:?}");
    vault.world.advance(1);
    let anew = defer(&vault.world, &vault.machine, "write", &[]).await;
    refused(&anew, 400, "authorization_pending", "both are asked now");
}

#[tokio::test]
async fn s_33_who_left_a_group_takes_their_yes_along_before_and_after_the_last_one() {
    let vault = Vault::new(POLICIES).await;
    let world = &vault.world;
    let mut ann = vault.signed_in("ann@demo.test", &["finance"]).await;
    let mut bob = vault.signed_in("bob@demo.test", &["security"]).await;
    vault.says_yes(&mut ann).await;
    vault.moves("ann@demo.test", &["sales"]).await;
    let shown = world.admin("GET", "/admin/v1/approvals", None).await.body;
    assert_eq!(shown["approvals"][0]["approval_groups"][0]["yes"], 0, "{shown}");
    let page = newest(world, &mut bob).await;
    assert!(
        says(&page, "0 of 1 said yes. Members of <bdi>Finance</bdi>"),
        "{page:?}"
    );
    vault.says_yes(&mut bob).await;
    refused(
        &vault.fetched().await,
        400,
        "authorization_pending",
        "ann is of finance no more",
    );

    let mut cleo = vault.signed_in("cleo@demo.test", &["finance"]).await;
    vault.says_yes(&mut cleo).await;
    vault.moves("bob@demo.test", &[]).await;
    let late = vault.fetched().await;
    refused(&late, 400, "invalid_grant", "bob is of security no more");
    assert!(late.text.contains("no approver any more"), "{late:?}");
    vault.moves("bob@demo.test", &["security"]).await;
    assert_eq!(
        vault.fetched().await.status,
        200,
        "what they said counts while they are what they were asked as"
    );
}
