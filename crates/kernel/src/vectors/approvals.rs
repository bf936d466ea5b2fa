//! Approvals as rows, both directions.

use serde_json::{Value, json};

use super::{
    facts::{Row, id},
    people, rows,
};
use crate::{
    access_request::SubmittedAs,
    approval::{Approval, Asks, Door, Places, State, Whom, Yes},
    confirmation::Confirmation,
    id::Id,
    user::User,
};

/// Those who said yes, each as they were then: enabled, and a member of what is asked; but for those whom the vector tells of.
pub(crate) fn people(approval: Option<&Approval>, told: Option<&Value>) -> Vec<User> {
    let told: Vec<User> = told
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(people::user)
        .collect();
    let said = approval.into_iter().flat_map(|approval| {
        let groups: Vec<&str> = approval.seats().iter().map(|seats| seats.group.as_str()).collect();
        let user = move |yes: &Yes| {
            let of: Vec<&str> = yes.of.iter().map(Id::as_str).collect();
            people::user(&json!({ "id": yes.by.as_str(), "groups": if of.is_empty() { groups.clone() } else { of } }))
        };
        approval.state.yes().iter().map(user).collect::<Vec<_>>()
    });
    let untold: Vec<User> = said.filter(|user| told.iter().all(|one| one.id != user.id)).collect();
    told.into_iter().chain(untold).collect()
}

/// An approval.
pub(crate) fn approval(value: &Value) -> Approval {
    let members = [
        "id",
        "door",
        "authorization",
        "client_id",
        "key",
        "asks",
        "payload_hash",
        "whom",
        "who",
        "quorum",
        "state",
        "answer",
        "places",
        "user_code_digest",
        "interval",
        "started_from",
        "request_key",
        "request_digest",
        "expires_at",
        "created_at",
        "epoch",
    ];
    let row = Row::of(value, &members);
    let client = id(row.required("client_id"));
    let door = Door::from_row(row.required("door"), row.text("authorization")).unwrap();
    let asks = Asks::from_row(&row.0["asks"].to_string()).unwrap();
    let quorum = u8::try_from(row.number("quorum").unwrap_or(1)).unwrap();
    let place = |n: usize| row.0.get("places").map(|places| places[n].as_i64().unwrap());
    Approval {
        id: id(row.required("id")),
        payload_hash: row
            .text("payload_hash")
            .map_or_else(|| Approval::hash(&client, &door, &asks), str::to_owned),
        door,
        client,
        key: row.text("key").map(Confirmation::from_row),
        asks,
        whom: Whom::from_row(
            row.text("whom").unwrap_or("code"),
            row.text("who").unwrap_or(""),
            quorum,
        )
        .unwrap(),
        state: State::from_row(
            row.text("state").unwrap_or("asked"),
            &row.0.get("answer").map_or_else(|| "{}".to_owned(), Value::to_string),
        )
        .unwrap(),
        places: place(0)
            .zip(place(1))
            .map(|(of_client, of_whom)| Places { of_client, of_whom }),
        user_code_digest: row.text("user_code_digest").map(str::to_owned),
        interval_seconds: row.number("interval").unwrap_or(5),
        started_from: row.text("started_from").map(str::to_owned),
        submitted_as: row
            .text("request_key")
            .zip(row.text("request_digest"))
            .map(|(key, body)| SubmittedAs {
                key: key.to_owned(),
                body: body.to_owned(),
            }),
        expires: row.time("expires_at").unwrap(),
        created: row.time("created_at").unwrap(),
        epoch: row.number("epoch").unwrap_or(0),
    }
}

pub(super) fn approval_row(approval: &Approval) -> Value {
    let Approval {
        id,
        door,
        client,
        key,
        asks,
        payload_hash,
        whom,
        state,
        places,
        user_code_digest,
        interval_seconds,
        started_from,
        submitted_as,
        expires,
        created,
        epoch,
    } = approval;
    let mut row = rows::object(json!({
        "id": id.as_str(), "door": door.name(), "client_id": client.as_str(), "payload_hash": payload_hash,
        "asks": serde_json::from_str::<Value>(&asks.row()).unwrap(), "whom": whom.kind(), "who": whom.who(), "quorum": whom.quorum(),
        "state": state.name(), "answer": state.row(), "interval": interval_seconds, "expires_at": expires.unix(),
        "created_at": created.unix(), "epoch": epoch,
    }));
    rows::text(&mut row, "authorization", door.authorization().map(Id::as_str));
    rows::text(&mut row, "key", key.as_ref().map(Confirmation::as_row).as_deref());
    rows::text(&mut row, "user_code_digest", user_code_digest.as_deref());
    rows::text(&mut row, "started_from", started_from.as_deref());
    let submitted_as = submitted_as.as_ref();
    rows::text(
        &mut row,
        "request_key",
        submitted_as.map(|request| request.key.as_str()),
    );
    rows::text(
        &mut row,
        "request_digest",
        submitted_as.map(|request| request.body.as_str()),
    );
    if let Some(places) = places {
        row.insert("places".into(), json!([places.of_client, places.of_whom]));
    }
    row.into()
}

#[test]
fn what_is_written_reads_back_as_the_same() {
    let yes = json!([{
        "by": "ann", "scope": "read", "details": r#"[{"n":1,"type":"pay"}]"#, "payload_hash": "h", "at": 5, "method": "password", "auth_time": 3, "browser_session": "s",
    }]);
    let asks = json!({ "scope": "read write", "audience": "https://mcp.example/mcp", "message": "for the report",
        "details": r#"[{"n":1,"type":"pay"},{"a":{"b":{"c":{"d":["deep"]}}},"type":"pay"}]"#,
        "clarified": [{ "question": "which?", "answer": "the one of May" }] });
    for (state, answer) in [
        ("asked", json!({})),
        ("clarifying", json!({ "by": "ann", "question": "which?", "at": 4 })),
        ("partly_approved", json!({ "yes": yes })),
        ("approved", json!({ "yes": yes, "grant": "g", "at": 5 })),
        ("approved", json!({ "yes": yes, "standing_grant": "g", "at": 5 })),
        (
            "denied",
            json!({ "by": "ann", "method": "passkey_verified", "auth_time": 3, "at": 5 }),
        ),
        ("cancelled", json!({ "at": 5 })),
        ("expired", json!({ "at": 5 })),
        ("redeemed", json!({ "yes": yes, "grant": "g", "at": 6 })),
    ] {
        let row = json!({
            "id": "a", "door": "deferred refresh_token", "authorization": "z", "client_id": "c", "key": "x5t#S256:k", "asks": asks,
            "payload_hash": "h", "whom": "members", "who": "finance", "quorum": 2, "state": state, "answer": answer, "places": [1, 9],
            "user_code_digest": "d", "interval": 10, "started_from": "192.0.2.1", "expires_at": 9, "created_at": 1, "epoch": 3,
        });
        assert_eq!(approval_row(&approval(&row)), row);
    }
    let least = json!({
        "id": "a", "door": "device", "client_id": "c", "asks": { "scope": "", "audience": "-" }, "payload_hash": "h", "whom": "code",
        "who": "", "quorum": 1, "state": "asked", "answer": {}, "interval": 5, "expires_at": 9, "created_at": 1, "epoch": 0,
    });
    assert_eq!(approval_row(&approval(&least)), least);
}
