//! The machine: every state against every transition, that no way leads to a yes without the quorum or to a second fetch, and the rules of asking, answering, signing and
//! fetching.
mod answered;
mod asked;
mod detailed;
mod fetched;
mod golden;
mod machine;
mod panel;
mod property;
mod signed;

use std::sync::LazyLock;

use proof::Time;
use serde_json::{Value, json};

use super::*;
use crate::{
    browser_session::{Method, Presence},
    caller::Caller,
    client::Client,
    decision::Decision,
    moment::Moment,
    tenant::Tenant,
    vectors::{
        approvals, facts,
        people::{self, with},
    },
};

const NOW: i64 = 1_795_000_000;
const HERE: &str = "https://mcp.example/mcp";

fn tenant() -> &'static Tenant {
    static TENANT: LazyLock<Tenant> =
        LazyLock::new(|| facts::tenant(&json!({ "id": "default", "issuer": "https://as.example" })));
    &TENANT
}

fn at() -> Moment {
    people::moment(NOW, 7)
}

fn id<K>(text: &str) -> crate::Id<K> {
    facts::id(text)
}

/// What a machine asked the members of finance a minute ago, two of whom must say yes; but for these members.
fn row(changed: &Value) -> Approval {
    let row = json!({
        "id": "a-1", "door": "deferred client_credentials", "client_id": "machine", "asks": { "scope": "read write", "audience": HERE },
        "whom": "members", "who": "finance", "quorum": 2, "places": [0, 0], "expires_at": NOW + 3_540, "created_at": NOW - 60,
    });
    approvals::approval(&with(row, changed))
}

/// What a device asked a minute ago, and nobody has claimed.
fn of_device(changed: &Value) -> Approval {
    let row = json!({
        "id": "a-2", "door": "device", "client_id": "tv", "asks": { "scope": "read write", "audience": HERE }, "whom": "code",
        "user_code_digest": "d", "expires_at": NOW + 540, "created_at": NOW - 60,
    });
    approvals::approval(&with(row, changed))
}

fn presence() -> Presence {
    Presence {
        session: None,
        authenticated: Time::from_unix(NOW - 30),
        method: Method::PasskeyVerified,
    }
}

/// A yes to all of it.
fn yes(by: &str, approval: &Approval) -> Yes {
    Yes {
        by: id(by),
        scopes: approval.asks.scopes.clone(),
        details: approval.asks.details.clone(),
        payload_hash: approval.payload_hash.clone(),
        presence: presence(),
        signed_by: None,
        of: BTreeSet::new(),
        at: at().now,
    }
}

fn client(name: &str, changed: &Value) -> Client {
    let row = json!({
        "client_id": name, "client_name": "Atlas", "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d", "epoch": 3,
        "grant_types": ["client_credentials", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token", "authorization_code"],
    });
    facts::client(&with(row, changed))
}

/// Somebody at a browser, in these groups.
fn person(name: &str, groups: &[&str]) -> Caller {
    let user = people::user(&json!({ "id": name, "groups": groups, "epoch": 5 }));
    let session = json!({ "id": "browser-1", "user_id": name, "method": "passkey_verified", "signed_in_at": NOW - 30 });
    people::signed_in(&user, &people::browser_session(&session))
}

/// What the decision writes as the approval's next row.
fn advanced(decision: &Decision) -> Option<&Approval> {
    decision.change().guards.iter().find_map(|guard| {
        let crate::Guard::Approval(Guard::Advance(approval)) = guard else {
            return None;
        };
        Some(approval.as_ref())
    })
}
