//! The golden vectors: what a person wants done, by its name. The response of an authenticator stands there as the browser sends it.

use serde_json::Value;

use super::*;
use crate::vectors::{self, Outcome, credentials::Ceremony, facts::Row};

#[test]
fn golden_vectors_of_account_hold() {
    vectors::golden("account", |vector| {
        let loaded = vector.facts(&[
            "user",
            "browser_session",
            "ceremony",
            "passkeys",
            "registered",
            "password",
            "browser_sessions",
            "grants",
        ]);
        let list = |name: &str| loaded.get(name).and_then(Value::as_array).into_iter().flatten();
        let facts = Facts {
            passkeys: list("passkeys").map(credentials::passkey).collect(),
            registered: loaded.get("registered").map(credentials::passkey),
            password: loaded.get("password").map(credentials::password),
            sessions: list("browser_sessions")
                .map(|row| people::browser_session(row).id)
                .collect(),
            grants: list("grants").map(facts::grant).collect(),
            ..Facts::default()
        };
        let caller = people::at_browser(loaded, vector.at.now);
        let command = wanted(&vector.request, loaded.get("ceremony"));
        Outcome::Decided(decide(&command, &caller, &facts, &vector.at))
    });
}

fn wanted(request: &Value, ceremony: Option<&Value>) -> Command {
    let (name, value) = request.as_object().unwrap().iter().next().unwrap();
    let row = |members: &[&str]| Row::of(value, members);
    let named = || row(&["id"]).required("id");
    match name.as_str() {
        "add_passkey" => Command::AddPasskey {
            name: row(&["name", "credential"]).required("name").to_owned(),
            credential: Box::new(Ceremony::read(ceremony.unwrap()).registered(&value["credential"])),
        },
        "remove_passkey" => Command::RemovePasskey(facts::id(named())),
        "set_password" => Command::SetPassword {
            hash: row(&["password_hash"]).required("password_hash").to_owned(),
        },
        "make_recovery_codes" => Command::MakeRecoveryCodes {
            codes: row(&["codes"]).list("codes").map(str::to_owned).collect(),
        },
        "end_browser_session" => Command::EndSession(facts::id(named())),
        "stop_grant" => Command::StopGrant(facts::id(named())),
        "stop_client" => Command::StopClient(facts::id(row(&["client_id"]).required("client_id"))),
        "stop_all" => {
            row(&[]);
            Command::StopAll
        }
        other => panic!("no such command: {other}"),
    }
}
