//! What polls are answered with, and how an answer becomes tokens.

use super::*;
use crate::{
    code::Code,
    confirmation::Confirmation,
    decision::{Answer, Guard as AnyGuard, Pending as Waits, Reply, Waiting, Write as AnyWrite},
    detail::Types,
    family, grant, token,
    why::Why,
};

const DEVICE: Skin = Skin::Device;

struct World {
    types: Types,
    keys: crate::token::TenantKeys,
    approval: Option<Approval>,
    path: Value,
    line: Value,
    user: Value,
    polled: Option<Time>,
    rules: Value,
    epoch: Option<i64>,
}

fn world(approval: Approval) -> World {
    World {
        types: Types::default(),
        keys: people::any_tenant_keys(),
        path: json!([{
            "id": "yes-1", "client_id": approval.client.as_str(), "user_id": "alice", "scope": "read write", "resources": [HERE], "own_endpoints": false,
            "depth": 4, "given_by_person": "basis", "epoch": 2, "created_at": NOW - 10,
        }]),
        approval: Some(approval),
        line: json!([]),
        user: json!({ "id": "alice", "epoch": 5 }),
        polled: None,
        rules: json!([]),
        epoch: None,
    }
}

impl World {
    fn facts(&self) -> Pending<'_> {
        Pending {
            budgets: std::collections::BTreeMap::new(),
            tenant: tenant(),
            keys: &self.keys,
            client_epoch: self.epoch,
            people: approvals::people(self.approval.as_ref(), None),
            approval: self.approval.clone(),
            path: facts::path(&self.path),
            line: facts::path(&self.line),
            resource: Some(facts::resource(
                &json!({ "resource": HERE, "scopes": { "read": "Read", "write": "Write" } }),
            )),
            user: Some(people::user(&self.user)),
            rules: people::rules(Some(&self.rules)),
            types: self.types.clone(),
            polled: self.polled,
        }
    }

    fn handle(&self) -> String {
        let id = self
            .approval
            .as_ref()
            .map_or_else(|| id("a-2"), |approval| approval.id.clone());
        Handle::write(&self.keys.approvals, &id)
    }

    fn poll(&self, caller: &Caller) -> Decision {
        poll(&self.handle(), DEVICE, caller, &self.facts(), &at())
    }
}

fn tv() -> Caller {
    people::by(client("tv", &json!({})))
}

fn with_key(caller: Caller, key: &str) -> Caller {
    Caller {
        key: Some(Confirmation::Jkt(key.to_owned())),
        ..caller
    }
}

fn approved(changed: &Value) -> Approval {
    let yes = json!([{ "by": "alice", "scope": "read write", "payload_hash": "h", "at": NOW - 10, "method": "passkey_verified", "auth_time": NOW - 30, "browser_session": "b" }]);
    let row = json!({ "whom": "person", "who": "alice", "state": "approved", "answer": { "yes": yes, "grant": "yes-1", "at": NOW - 10 }, "epoch": 2 });
    of_device(&with(row, changed))
}

fn why(decision: &Decision) -> Why {
    let Answer::Refuse(_, why) = decision.answer() else {
        panic!("a refusal, not {decision:?}")
    };
    why.clone()
}

#[test]
fn a_poll_that_waits_changes_nothing_and_says_how_long() {
    let decision = world(of_device(&json!({ "interval": 10 }))).poll(&tv());
    let waiting = Waiting {
        code: Code::AuthorizationPending,
        deferral_code: None,
        interaction: None,
        expires_in_seconds: 540,
        interval_seconds: 10,
    };
    assert_eq!(decision.answer(), &Answer::Wait(Waits::Approval(Box::new(waiting))));
    assert_eq!(decision.change(), &crate::Change::default());
}

#[test]
fn rfc_8628_section_3_5_each_state_has_its_error() {
    let ended = |state: &str| of_device(&json!({ "state": state, "answer": { "at": NOW } }));
    let denied = of_device(
        &json!({ "state": "denied", "answer": { "by": "alice", "method": "password", "auth_time": NOW, "at": NOW } }),
    );
    for (approval, code) in [
        (denied, "access_denied"),
        (ended("cancelled"), "access_denied"),
        (ended("expired"), "expired_token"),
        (of_device(&json!({ "expires_at": NOW })), "expired_token"),
        (approved(&json!({ "expires_at": NOW })), "expired_token"),
    ] {
        let decision = world(approval).poll(&tv());
        assert_eq!(why(&decision).code().name(), code);
        assert!(decision.change().guards.is_empty() && decision.change().sure.is_empty());
    }
}

#[test]
fn who_asks_too_often_waits_five_seconds_longer_for_good() {
    for (ago, interval, slow) in [
        (0, 5, true),
        (4, 5, true),
        (5, 5, false),
        (9, 10, true),
        (10, 10, false),
        (-3, 5, true),
    ] {
        let world = World {
            polled: Some(Time::from_unix(NOW - ago)),
            ..world(of_device(&json!({ "interval": interval })))
        };
        let decision = world.poll(&tv());
        if slow {
            assert_eq!(why(&decision), Why::PollTooSoon, "{ago} of {interval}");
            let write = Write::SlowDown {
                id: id("a-2"),
                interval_seconds: interval + 5,
            };
            assert_eq!(decision.change().sure, [AnyWrite::Approval(write)]);
            assert!(
                decision.change().events.is_empty(),
                "no line in the log for each impatient device"
            );
        } else {
            assert!(matches!(decision.answer(), Answer::Wait(_)), "{ago} of {interval}");
        }
    }
    let soon = World {
        polled: Some(at().now),
        ..world(approved(&json!({})))
    };
    assert!(
        matches!(soon.poll(&tv()).answer(), Answer::Issue(_)),
        "what is there is given, however soon"
    );
}

#[test]
fn unknown_foreign_and_used_codes_look_the_same() {
    let used = approved(&json!({ "state": "redeemed", "answer": { "yes": [], "grant": "g", "at": NOW } }));
    let bound = approved(&json!({ "key": "k" }));
    let nothing = World {
        approval: None,
        ..world(approved(&json!({})))
    };
    let refusals = [
        (nothing.poll(&tv()), Why::HandleUnknown),
        (
            world(approved(&json!({}))).poll(&people::by(client("other", &json!({})))),
            Why::HandleOfAnother,
        ),
        (world(used).poll(&tv()), Why::HandleRedeemed),
        (world(bound.clone()).poll(&tv()), Why::HandleOtherKey),
        (world(bound).poll(&with_key(tv(), "l")), Why::HandleOtherKey),
        (
            poll("x", DEVICE, &tv(), &world(approved(&json!({}))).facts(), &at()),
            Why::HandleUnknown,
        ),
        (
            poll(
                &world(approved(&json!({}))).handle(),
                Skin::Deferred,
                &tv(),
                &world(approved(&json!({}))).facts(),
                &at(),
            ),
            Why::HandleUnknown,
        ),
    ];
    for (decision, expected) in &refusals {
        let why = why(decision);
        assert_eq!(&why, expected);
        assert_eq!(
            (why.code(), why.said()),
            (Code::InvalidGrant, Why::HandleUnknown.said())
        );
        assert!(decision.change().guards.is_empty() && decision.change().sure.is_empty());
        assert_eq!(
            decision.change().events[0].body["reason"],
            why.told(),
            "the log tells them apart"
        );
    }
}

#[test]
fn s_17_a_handle_is_of_another_when_its_mac_is_of_another_row() {
    let world = world(approved(&json!({})));
    let other = Handle::write(&world.keys.approvals, &id("a-3"));
    assert_eq!(
        why(&poll(&other, DEVICE, &tv(), &world.facts(), &at())),
        Why::HandleUnknown
    );
    assert_eq!(poller(&world.keys, &other), Some(id("a-3")));
    assert_eq!(poller(&world.keys, "a-3.x"), None);
}

#[test]
fn a_yes_is_redeemed_once_as_every_other_yes() {
    let decision = world(approved(&json!({ "key": "k" }))).poll(&with_key(tv(), "k"));
    let Answer::Issue(Reply::Token {
        scope, kind, refresh, ..
    }) = decision.answer()
    else {
        panic!("tokens, not {decision:?}")
    };
    assert_eq!(
        (scope.as_str(), kind.name(), refresh.is_some()),
        ("read write", "DPoP", true)
    );
    let change = decision.change();
    let redeemed = advanced(&decision).unwrap();
    assert_eq!(
        (redeemed.state.name(), redeemed.epoch),
        ("redeemed", 3),
        "it expects the row that was read"
    );
    let child = change.guards.iter().find_map(|guard| {
        let AnyGuard::Grant(grant::Guard::Create(grant)) = guard else {
            return None;
        };
        Some(grant)
    });
    assert_eq!(child.unwrap().parent, Some(id("yes-1")));
    let line = change.guards.iter().find_map(|guard| {
        let AnyGuard::Family(family::Guard::Create(line)) = guard else {
            return None;
        };
        Some(line)
    });
    assert_eq!(
        line.unwrap().presence.method,
        Method::PasskeyVerified,
        "how they proved themselves when they said yes"
    );
    assert!(change.guards.contains(&AnyGuard::Grant(grant::Guard::Live {
        id: id("yes-1"),
        epoch: 2
    })));
    assert!(change.guards.iter().any(|guard| matches!(guard, AnyGuard::Token(token::Guard::Create(record)) if record.key == Some(Confirmation::Jkt("k".to_owned())))));
    assert_eq!(change.events[0].body["approval"], "a-2");
}

#[test]
fn what_fell_meanwhile_is_not_given() {
    let yes = |changed: &Value| json!([with(world(approved(&json!({}))).path[0].clone(), changed)]);
    for (world, expected) in [
        (
            World {
                path: yes(&json!({ "revoked_at": NOW })),
                ..world(approved(&json!({})))
            },
            Why::GrantEnded,
        ),
        (
            World {
                path: yes(&json!({ "expires_at": NOW })),
                ..world(approved(&json!({})))
            },
            Why::GrantEnded,
        ),
        (
            World {
                path: json!([]),
                ..world(approved(&json!({})))
            },
            Why::GrantEnded,
        ),
        (
            World {
                path: yes(&json!({ "id": "yes-2" })),
                ..world(approved(&json!({})))
            },
            Why::GrantEnded,
        ),
        (
            World {
                user: json!({ "id": "alice", "disabled_at": NOW }),
                ..world(approved(&json!({})))
            },
            Why::UserDisabled,
        ),
        (
            World {
                user: json!({ "id": "bob" }),
                ..world(approved(&json!({})))
            },
            Why::UserDisabled,
        ),
        (
            World {
                rules: json!([{ "id": "r", "effect": "forbid" }]),
                ..world(approved(&json!({})))
            },
            Why::GrantForbidden,
        ),
        (
            World {
                epoch: Some(4),
                ..world(approved(&json!({})))
            },
            Why::ClientChanged,
        ),
    ] {
        assert_eq!(why(&world.poll(&tv())), expected);
    }
    let must_prove = people::by(client("tv", &json!({ "dpop_bound_access_tokens": true })));
    assert_eq!(why(&world(approved(&json!({}))).poll(&must_prove)), Why::DpopMissing);
}

#[test]
fn s_16_a_line_that_died_meanwhile_gets_nothing_by_having_asked_before() {
    let of_line = |revoked: Option<i64>| {
        let approval = approved(&json!({ "door": "deferred refresh_token", "authorization": "z-1" }));
        let mut line = json!([
            { "id": "z-1", "client_id": "tv", "user_id": "alice", "scope": "read", "parent": "y-1", "redeemed": true },
            { "id": "y-1", "client_id": "tv", "user_id": "alice", "scope": "read", "given_by_person": "b" },
        ]);
        if let Some(at) = revoked {
            line[0]["revoked_at"] = at.into();
        }
        World {
            line,
            ..world(approval)
        }
    };
    let deferred =
        |world: &World, caller: &Caller| poll(&world.handle(), Skin::Deferred, caller, &world.facts(), &at());
    assert!(matches!(deferred(&of_line(None), &tv()).answer(), Answer::Issue(_)));
    assert_eq!(why(&deferred(&of_line(Some(NOW - 5)), &tv())), Why::GrantEnded);
    assert_eq!(
        why(&deferred(
            &World {
                line: json!([]),
                ..of_line(None)
            },
            &tv()
        )),
        Why::GrantEnded
    );
    let no_longer = people::by(client("tv", &json!({ "grant_types": ["authorization_code"] })));
    assert_eq!(why(&deferred(&of_line(None), &no_longer)), Why::GrantTypeNotAllowed);
}

#[test]
fn a_person_who_may_be_at_hand_is_named_a_place_and_approvers_are_not() {
    let waits = |approval: Approval| {
        let decision = world(approval.clone()).poll_as(approval.client.as_str());
        let Answer::Wait(Waits::Approval(waiting)) = decision.answer() else {
            panic!("{decision:?}");
        };
        (waiting.code.name(), waiting.interaction.clone())
    };
    let person = row(
        &json!({ "door": "deferred refresh_token", "authorization": "z", "whom": "person", "who": "alice", "quorum": 1 }),
    );
    assert_eq!(
        waits(person),
        (
            "interaction_required",
            Some("https://as.example/approvals/a-1".to_owned())
        )
    );
    assert_eq!(waits(row(&json!({}))), ("authorization_pending", None));
}

impl World {
    fn poll_as(&self, client_id: &str) -> Decision {
        let caller = people::by(client(client_id, &json!({})));
        poll(&self.handle(), Skin::Deferred, &caller, &self.facts(), &at())
    }
}

#[test]
fn a_machine_gets_its_own_token_and_nothing_of_a_person() {
    let yes = json!([{ "by": "ann", "scope": "read", "payload_hash": "h", "at": NOW, "method": "password", "auth_time": NOW }]);
    let approval =
        row(&json!({ "quorum": 1, "state": "approved", "answer": { "yes": yes, "grant": "g-1", "at": NOW } }));
    let path = json!([{ "id": "g-1", "client_id": "machine", "scope": "read", "resources": [HERE], "own_endpoints": false, "given_by_approval": "a-1", "depth": 1 }]);
    let decision = World {
        path,
        ..world(approval)
    }
    .poll_as("machine");
    let Answer::Issue(Reply::Token {
        scope,
        refresh,
        id_token,
        ..
    }) = decision.answer()
    else {
        panic!("a token, not {decision:?}")
    };
    assert_eq!((scope.as_str(), refresh, id_token), ("read", &None, &None));
    assert_eq!(decision.sign()[0].claims["sub"], "machine");
    assert_eq!(advanced(&decision).unwrap().state.name(), "redeemed");
}

#[test]
fn an_app_that_wants_to_hear_of_logouts_is_told_of_here_too() {
    let row = json!({
        "whom": "person", "who": "alice", "state": "approved", "asks": { "scope": "openid read", "audience": HERE },
        "answer": { "yes": [{ "by": "alice", "scope": "openid read", "payload_hash": "h", "at": NOW, "method": "password", "auth_time": NOW, "browser_session": "b" }], "grant": "yes-1", "at": NOW },
    });
    let mut world = world(of_device(&row));
    world.path[0]["scope"] = "openid read".into();
    let caller = people::by(client(
        "tv",
        &json!({ "backchannel_logout_uri": "https://tv.example/out" }),
    ));
    let decision = world.poll(&caller);
    let Answer::Issue(Reply::Token { id_token, .. }) = decision.answer() else {
        panic!("{decision:?}")
    };
    assert_eq!(*id_token, Some(1));
    assert!(matches!(&decision.change().sure[..], [AnyWrite::RelyingParty(_)]));
}
