//! `prokura approval`, and who is asked for a machine.

use serde_json::json;

use crate::command::{RESOURCE, typed, world_with_resource};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_listed_shown_and_ended() {
    let (world, desk) = world_with_resource().await;
    let nothing = desk.run(&["approval", "list"]).expect(0);
    assert!(
        nothing.out.is_empty() && nothing.err.contains("nothing waits"),
        "{nothing:?}"
    );
    desk.run(&["group", "create", "finance", "--name", "Finance"]).expect(0);
    let absent = desk
        .run(&typed(
            "client create --name Reports --id reports --method client_secret_post --approvers nobody",
        ))
        .expect(3);
    assert!(
        absent.err.contains("there is no group or role nobody here"),
        "{absent:?}"
    );
    let made = desk.json(&typed(
        "client create --name Reports --id reports --method client_secret_post --approvers finance --approval-quorum 2",
    ));
    assert_eq!(
        (&made["approvers"], &made["approval_quorum"]),
        (&json!("finance"), &json!(2))
    );
    let shown = desk.run(&["client", "show", "reports"]).expect(0);
    assert_eq!(shown.line("approvers"), "2 of finance");

    let form = [
        ("client_id", "reports".to_owned()),
        ("client_secret", made["client_secret"].as_str().unwrap().to_owned()),
        ("grant_type", "client_credentials".to_owned()),
        ("resource", RESOURCE.to_owned()),
        ("scope", "read".to_owned()),
        ("completion_mode", "deferred".to_owned()),
        ("binding_message", "for the report of May".to_owned()),
    ];
    let asked = world.post("/oauth2/token", &[], &form).await;
    assert_eq!(asked.error(), "authorization_pending", "{asked:?}");
    let list = desk.json(&["approval", "list"]);
    let id = list["approvals"][0]["id"].as_str().unwrap().to_owned();
    let table = desk.run(&["approval", "list", "--client", "reports"]).expect(0);
    for cell in [id.as_str(), "reports", "members of finance", "0 of 2", "asked"] {
        assert!(table.out.contains(cell), "{cell}: {table:?}");
    }
    let one = desk.run(&["approval", "show", &id]).expect(0);
    let lines = ["asked", "scope", "it says", "yes", "state"].map(|name| one.line(name));
    assert_eq!(
        lines,
        ["members of finance", "read", "for the report of May", "0 of 2", "asked"]
    );
    assert_eq!(
        one.line("payload hash"),
        list["approvals"][0]["payload_hash"].as_str().unwrap()
    );

    let planned = desk.run(&["approval", "cancel", &id, "--dry-run"]).expect(0);
    assert!(planned.out.contains("/cancel"), "{planned:?}");
    let ended = desk.json(&["approval", "cancel", &id]);
    assert_eq!(ended["state"], "cancelled");
    desk.run(&["approval", "cancel", &id]).expect(0);
    desk.run(&["approval", "show", "nothing"]).expect(3);
    assert!(desk.run(&["approval", "list"]).expect(0).out.is_empty());
    assert!(
        desk.run(&["approval", "list", "--all"])
            .expect(0)
            .out
            .contains("cancelled")
    );

    // More must say yes than there are: accepted, since people may come, and said.
    let few = "client change reports --approvers finance --approval-quorum 2";
    let warned = desk.run(&typed(few)).expect(0);
    assert!(
        warned
            .err
            .contains("warning: 2 people of finance must say yes, and 0 can"),
        "{warned:?}"
    );
    for login in ["a@demo.test", "b@demo.test"] {
        desk.run(&["user", "create", login, "--group", "finance"]).expect(0);
    }
    let enough = desk.run(&typed(few)).expect(0);
    assert!(!enough.err.contains("warning"), "{enough:?}");

    let nobody = desk.json(&["client", "change", "reports", "--approvers", ""]);
    assert_eq!(nobody.get("approvers"), None);
    let off = desk.json(&typed(
        "tenant change default --device-grant false --deferred-tokens false",
    ));
    assert_eq!(
        (&off["device_grant"], &off["deferred_token_response"]),
        (&json!(false), &json!(false))
    );
}
