//! What the person says, and what comes of it.

use super::*;
use crate::{authorization_code, browser_session, client as registration, user};

#[test]
fn a_yes_is_a_grant_and_a_code_that_rely_on_person_client_and_browser() {
    let request = asked(&[("scope", "write"), ("dpop_jkt", JKT)]);
    let decision = world().answer(&request, &yes_but(""));
    let id: crate::CodeId = at().id("authorization code");
    let secret = at().secret("authorization code");
    let grant_id = at().id::<()>("grant");
    let grant = facts::grant(&json!({
        "id": grant_id.as_str(), "client_id": "app", "user_id": "alice", "scope": "read write", "resources": [HERE], "own_endpoints": false,
        "depth": 4, "expires_at": NOW + 180 * 86_400, "given_by_person": web().basis(), "created_at": NOW,
    }));
    let row = people::code(&json!({
        "id": id.as_str(), "digest": proof::digest::sha256_b64(secret.as_bytes()), "request": request.id, "client_id": "app", "user_id": "alice",
        "grant": grant_id.as_str(), "scope": "read write", "aud": HERE, "redirect_uri": BACK, "code_challenge": CHALLENGE, "dpop_jkt": JKT,
        "auth_time": NOW - 600, "method": "passkey_verified", "browser_session": "browser-1", "created_at": NOW,
    }));
    let guards = [
        Guard::Grant(grant::Guard::Create(Box::new(grant))),
        Guard::Policy(crate::policy::Guard::Unchanged { version: 0 }),
        Guard::Client(registration::Guard::Unchanged {
            id: facts::id("app"),
            epoch: 3,
        }),
        Guard::User(user::Guard::Unchanged {
            id: facts::id("alice"),
            epoch: 5,
        }), // a person who is disabled meanwhile gives nothing
        Guard::BrowserSession(browser_session::Guard::Live(facts::id("browser-1"))),
        Guard::AuthorizationCode(authorization_code::Guard::Create(Box::new(row))),
    ];
    assert_eq!(decision.change().guards, guards);
    assert_eq!(decision.change().sure, []);
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.actor.as_deref(), event.about.as_deref()),
        (
            crate::EventKind::AuthorizationGiven,
            Some("alice"),
            Some(grant_id.as_str())
        )
    );
    assert_eq!(
        Value::from(event.body.clone()),
        json!({ "client": "app", "audience": HERE, "scope": "read write", "by": "person" })
    );
    let code = format!("{id}.{secret}");
    let expected = Answer::Issue(Reply::Authorization(Return {
        redirect_uri: facts::redirect_uri(BACK),
        mode: ResponseMode::Query,
        parameters: vec![
            ("code", code.clone()),
            ("state", "xyz".to_owned()),
            ("iss", ISSUER.to_owned()),
        ],
        signed: None,
    }));
    assert_eq!(decision.answer(), &expected, "RFC 6749 s4.1.2, RFC 9207 s2");
    assert!(
        !format!("{:?}", decision.change()).contains(&secret),
        "the row holds its digest"
    );
    assert!(secret.len() * 6 >= 256, "RFC 6749 s10.10: not to be guessed");
}

#[test]
fn a_client_that_nobody_registered_becomes_a_row_with_the_yes() {
    let guards = |client: &Client| of(client).answer(&asked_by(client, &[]), &yes_but("")).change().clone();
    let document = guards(&stranger());
    assert_eq!(
        document.guards[2],
        Guard::Client(registration::Guard::PutDocument(Box::new(stranger())))
    );
    assert_eq!(document.sure, []);
    let itself = guards(&registered_itself());
    assert_eq!(
        itself.guards[2],
        Guard::Client(registration::Guard::Unchanged {
            id: facts::id("app"),
            epoch: 3
        })
    );
    assert_eq!(
        itself.sure,
        [crate::Write::Client(registration::Write::Keep(facts::id("app")))]
    );
}

#[test]
fn leaving_out_a_scope_leaves_out_what_cannot_be_had_without_it() {
    let rows = [
        ("admin mail", "", "code: admin mail read write"),
        ("admin mail", "mail", "code: admin read write"),
        ("admin mail", "admin", "code: mail read write"),
        ("admin mail", "write", "code: mail read"),
        ("admin mail", "read", "code: mail"), // write brings read, admin brings write: without read there is neither
        ("admin mail", "unheard", "code: admin mail read write"),
        ("write", "write", "code: read"),
        ("write", "read", "the person said no"),
        ("write", "read write", "the person said no"),
    ];
    for (scope, without, expected) in rows {
        let decision = world().answer(&asked(&[("scope", scope)]), &yes_but(without));
        if expected == "the person said no" {
            assert_eq!(
                why(&decision),
                Some(Why::PersonDenied),
                "a yes to nothing: {scope} without {without}"
            );
        } else {
            assert_eq!(outcome(&decision), expected, "{scope} without {without}");
            assert_eq!(
                made(&decision).unwrap().authority.scopes(),
                &code(&decision).unwrap().scopes
            );
        }
    }
}

#[test]
fn a_person_may_leave_out_what_the_organisation_allowed_and_not_add_what_it_forbade() {
    let ruled = || world().ruled(&[allow("read"), forbid("mail")]);
    let all = [("scope", "write mail")];
    assert_eq!(outcome(&ruled().answer(&asked(&all), &yes_but(""))), "code: read write");
    assert_eq!(
        why(&ruled().answer(&asked(&all), &yes_but("read"))),
        Some(Why::PersonDenied),
        "write brings read"
    );
    let forbidden = world().ruled(&[json!({ "id": "r", "effect": "forbid" })]);
    assert_eq!(
        why(&forbidden.answer(&asked(&[]), &yes_but(""))),
        Some(Why::ForbiddenByRule)
    );
}

#[test]
fn a_no_is_told_to_the_client_and_gives_nothing() {
    let decision = world().answer(&asked(&[]), &Said::Deny);
    assert_eq!(why(&decision), Some(Why::PersonDenied));
    assert_eq!(Why::PersonDenied.code().name(), "access_denied", "RFC 6749 s4.1.2.1");
    assert_changes_nothing(&decision);
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.actor.as_deref()),
        (crate::EventKind::AuthorizationDenied, Some("alice"))
    );
    assert_eq!(event.body["client"], "app", "who was told no");
}

#[test]
fn an_answer_counts_once_in_time_and_from_somebody_who_is_there() {
    let request = asked(&[]);
    let said = yes_but("");
    let before = World {
        answered: Answered::Before,
        ..world()
    };
    assert_eq!(why(&before.answer(&request, &said)), Some(Why::AlreadyAnswered));
    assert_eq!(
        why(&before.answer(&request, &Said::Deny)),
        Some(Why::AlreadyAnswered),
        "whatever is said"
    );
    let unknown = answer(&request, &said, &nobody(), &world().facts(), &at());
    assert_eq!(why(&unknown), Some(Why::SignInRequired));
    let late = answer(
        &request,
        &said,
        &by_alice(),
        &world().facts(),
        &people::moment(NOW + 1_800, 8),
    );
    assert_eq!(why(&late), Some(Why::PageExpired));
    for decision in [before.answer(&request, &said), unknown, late] {
        assert_changes_nothing(&decision);
    }
    let again = world().answer(&request, &said);
    assert_eq!(
        code(&again).unwrap().request,
        code(&world().answer(&request, &said)).unwrap().request,
        "two answers at once want the same row, and one of them loses"
    );
}

#[test]
fn s_08_a_request_that_wants_a_new_sign_in_is_answered_by_nobody_who_signed_in_before_it() {
    let request = sent_to_sign_in(&asked(&[("prompt", "login")]));
    let answered = |signed_in: i64| {
        answer(
            &request,
            &yes_but(""),
            &signed_in_at(signed_in),
            &world().facts(),
            &at(),
        )
    };
    assert_eq!(why(&answered(NOW - 1)), Some(Why::SignInRequired));
    assert_eq!(outcome(&answered(NOW)), "code: read");
    assert_eq!(outcome(&answered(NOW + 60)), "code: read");
}

#[test]
fn what_changed_while_the_page_was_open_counts() {
    let gone = World {
        client: None,
        ..world()
    };
    let moved = of(&client(&json!({ "redirect_uris": ["https://app.example/new"] })));
    let closed = World {
        resource: None,
        ..world()
    };
    for (world, expected) in [
        (gone, Why::ClientUnknown),
        (of(&client(&json!({ "disabled_at": 1 }))), Why::ClientDisabled),
        (moved, Why::RedirectUriUnknown),
        (closed, Why::ResourceUnknown),
    ] {
        let decision = world.answer(&asked(&[]), &yes_but(""));
        assert_eq!(why(&decision), Some(expected));
        assert_changes_nothing(&decision);
    }
}

#[test]
fn every_answer_says_who_answers_and_repeats_the_state() {
    let named = |parameters: &[(&'static str, String)], name: &str| {
        let values: Vec<&str> = parameters
            .iter()
            .filter(|(n, _)| *n == name)
            .map(|(_, value)| value.as_str())
            .collect();
        values.join("|")
    };
    let states = [Some("a&b=c d\u{e9}"), None];
    for state in states {
        let mut request = asked(&[]);
        request.returns.state = state.map(str::to_owned);
        let good = parameters(&world().answer(&request, &yes_but("")));
        let bad = error(&Why::PersonDenied, &request.returns, &tenant());
        for parameters in [good, bad] {
            assert_eq!(named(&parameters, "iss"), ISSUER, "RFC 9207 s2");
            assert_eq!(named(&parameters, "state"), state.unwrap_or(""), "RFC 6749 s4.1.2");
            assert_eq!(parameters.iter().any(|(name, _)| *name == "state"), state.is_some());
        }
    }
    let elsewhere = facts::tenant(&json!({ "id": "acme", "issuer": "https://as.example/t/acme" }));
    let parameters = error(&Why::ScopeNotGranted, &asked(&[]).returns, &elsewhere);
    let expected = [
        ("error", "invalid_scope".to_owned()),
        ("error_description", Why::ScopeNotGranted.said().into_owned()),
        ("state", "xyz".to_owned()),
        ("iss", "https://as.example/t/acme".to_owned()),
    ];
    assert_eq!(parameters, expected, "RFC 6749 s4.1.2.1");
}
