//! OpenID Connect RP-Initiated Logout 1.0, S-02.

use proof::{Verified, id_token, id_token::IdTokenHint, jwk::KeySet, jws::Compact};
use serde_json::{Value, json};

use super::*;
use crate::{
    authorization::ResponseMode,
    browser_session,
    caller::{Caller, Who},
    client::Client,
    decision::{Answer, Change, Decision, Pending, Reply, Return, Write},
    event::EventKind,
    form::Form,
    moment::Moment,
    vectors::{
        self, Outcome, Presented, facts,
        people::{self, with},
        signer,
    },
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const ISSUER: &str = "https://as.example";
const BYE: &str = "https://app.example/bye";

/// The facts are the tenant with its published `jwks` and its `keys`, the `client` that the request is about, and whoever sits at the browser.
#[test]
fn golden_vectors_of_end_session_hold() {
    vectors::golden("end_session", |vector| {
        let loaded = vector.facts(&["tenant", "keys", "jwks", "client", "user", "browser_session"]);
        let (tenant, keys) = (facts::tenant(&loaded["tenant"]), people::tenant_keys(&loaded["keys"]));
        let presented = Presented::read(&vector.request);
        assert_eq!(presented.path(&tenant.issuer), "/oauth2/logout");
        let request = Request::parse(&presented.query(&[]).unwrap()).unwrap();
        let published = KeySet::parse(loaded["jwks"].to_string().as_bytes()).unwrap();
        let hint = request
            .hint
            .as_deref()
            .and_then(|text| checked(text, &published, &tenant.issuer));
        let client = loaded.get("client").map(facts::client);
        let named = match named_client(&request, hint.as_deref()) {
            Ok(named) => named,
            Err(why) => return Outcome::Stopped(why),
        };
        if let Some(client) = &client {
            assert_eq!(
                named.as_ref(),
                Some(&client.id),
                "the client among the facts is the one it is about"
            );
        }
        let facts = Facts {
            keys: &keys,
            hint: hint.as_deref(),
            client: client.as_ref(),
        };
        let caller = people::at_browser(loaded, vector.at.now);
        Outcome::Decided(decide(&request, &caller, &facts, &vector.at))
    });
}

fn checked(text: &str, keys: &KeySet, issuer: &str) -> Option<Verified<IdTokenHint>> {
    let compact = Compact::parse(text).ok()?;
    id_token::check_hint(&compact, keys, issuer).ok()
}

fn at() -> Moment {
    people::moment(NOW, 7)
}

fn client(changed: &Value) -> Client {
    let row = json!({
        "client_id": "app", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"], "post_logout_redirect_uris": [BYE],
    });
    facts::client(&with(row, changed))
}

fn app() -> Client {
    client(&json!({}))
}

/// Alice, signed in by the browser session `browser-1`.
fn alice() -> Caller {
    let user = people::user(&json!({ "id": "alice" }));
    let session = json!({ "id": "browser-1", "user_id": "alice", "signed_in_at": NOW - 600 });
    people::signed_in(&user, &people::browser_session(&session))
}

fn nobody() -> Caller {
    Caller::plain(Who::Anyone)
}

/// What an ID token of the client says that Alice got by her session, but for these claims.
fn hint(client: &Client, changed: &Value) -> Verified<IdTokenHint> {
    let keys = people::any_tenant_keys();
    let claims = json!({
        "iss": ISSUER, "sub": keys.subject_at(client, &facts::id("alice")), "aud": client.id.as_str(), "iat": NOW - 600, "exp": NOW - 1,
        "sid": keys.session_at(client, &facts::id("browser-1")),
    });
    let text = signer::signed(Some("JWT"), &with(claims, changed));
    checked(&text, &signer::key_set(), ISSUER).unwrap()
}

fn wants(hint: Option<&str>, redirect_uri: Option<&str>) -> Request {
    Request {
        hint: hint.map(str::to_owned),
        redirect_uri: redirect_uri.map(str::to_owned),
        state: Some("xyz".to_owned()),
        ..Request::default()
    }
}

fn run(request: &Request, caller: &Caller, hint: Option<&IdTokenHint>, client: Option<&Client>) -> Decision {
    let keys = people::any_tenant_keys();
    let facts = Facts {
        keys: &keys,
        hint,
        client,
    };
    decide(request, caller, &facts, &at())
}

fn back() -> Return {
    Return {
        redirect_uri: facts::redirect_uri(BYE),
        mode: ResponseMode::Query,
        parameters: vec![("state", "xyz".to_owned())],
        signed: None,
    }
}

fn signed_out(back: Option<Return>) -> Answer {
    Answer::Issue(Reply::SignedOut { back })
}

fn asked(client: Option<Client>, back: Option<Return>) -> Answer {
    Answer::Wait(Pending::SignOut {
        client: client.map(Box::new),
        back,
    })
}

fn why(decision: &Decision) -> Option<Why> {
    match decision.answer() {
        Answer::Refuse(code, why) => {
            assert_eq!(*code, why.code());
            Some(why.clone())
        }
        Answer::Issue(_) | Answer::Wait(_) => None,
    }
}

#[test]
fn the_request_is_read_as_section_2_says() {
    let read = |query: &str| Request::parse(&Form::parse(query.as_bytes(), &[]).unwrap());
    let whole = read(
        "id_token_hint=a.b.c&client_id=app&post_logout_redirect_uri=https://app.example/bye&state=x%26y&ui_locales=de+en&logout_hint=alice",
    );
    let expected = Request {
        hint: Some("a.b.c".to_owned()),
        client: Some(facts::id("app")),
        redirect_uri: Some(BYE.to_owned()),
        state: Some("x&y".to_owned()),
        ui_locales: Some("de en".to_owned()),
    };
    assert_eq!(whole, Ok(expected));
    assert_eq!(read(""), Ok(Request::default()), "nothing is required");
    assert_eq!(read("client_id=a+b"), Err(Why::ClientUnknown));
    let longest = "s".repeat(4_096);
    assert_eq!(read(&format!("state={longest}")).unwrap().state, Some(longest));
    for state in ["a%0d%0aLocation:x", "%00", &"s".repeat(4_097)] {
        let refused = read(&format!("state={state}"));
        assert_eq!(refused, Err(Why::ParameterMalformed("state")), "S-46: {state}");
    }
}

#[test]
fn the_client_is_the_one_that_is_named_or_the_only_one_the_token_was_for() {
    let (one, two) = (
        hint(&app(), &json!({})),
        hint(&app(), &json!({ "aud": ["app", "other"] })),
    );
    let named = |client: Option<&str>| Request {
        client: client.map(facts::id),
        ..Request::default()
    };
    let rows = [
        (None, None, Ok(None)),
        (Some("app"), None, Ok(Some(facts::id("app")))),
        (None, Some(&one), Ok(Some(facts::id("app")))),
        (Some("app"), Some(&one), Ok(Some(facts::id("app")))),
        (Some("app"), Some(&two), Ok(Some(facts::id("app")))),
        (None, Some(&two), Ok(None)),
        (Some("third"), Some(&one), Err(Why::HintOfAnother)), // s2: "MUST verify that the Client Identifier matches"
        (Some("third"), Some(&two), Err(Why::HintOfAnother)),
    ];
    for (client, hint, expected) in rows {
        let read = named_client(&named(client), hint.map(|hint| &**hint));
        assert_eq!(read, expected, "{client:?} {:?}", hint.map(|hint| &hint.aud));
    }
    assert_eq!(Why::HintOfAnother.code().name(), "invalid_request");
}

#[test]
fn an_id_token_of_this_very_session_ends_it_at_once() {
    let (app, hint) = (app(), hint(&app(), &json!({})));
    for (redirect_uri, expected) in [(Some(BYE), Some(back())), (None, None)] {
        let decision = run(&wants(Some("shown"), redirect_uri), &alice(), Some(&hint), Some(&app));
        assert_eq!(
            decision.answer(),
            &signed_out(expected),
            "an expired one serves as well (s2)"
        );
        let end = Write::BrowserSession(browser_session::Write::End {
            id: facts::id("browser-1"),
            at: at().now,
        });
        assert_eq!(decision.change().sure, [end]);
        assert!(
            decision.change().guards.is_empty(),
            "a session that ended meanwhile is no error"
        );
        let [event] = decision.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.actor.as_deref(), event.about.as_deref()),
            (EventKind::UserSignedOut, Some("alice"), Some("browser-1"))
        );
        assert_eq!(event.body["client"], "app");
    }
}

#[test]
fn s_45_anything_less_asks_the_person_and_changes_nothing() {
    let keys = people::any_tenant_keys();
    let app = app();
    let other = client(&json!({ "client_id": "other" }));
    let of = |changed: Value| Some(hint(&app, &changed));
    let rows = [
        (None, Some(&app), "a link"),
        (None, None, "a link of nobody"),
        (
            of(json!({ "sid": null })),
            Some(&app),
            "an ID token that names no session",
        ),
        (
            of(json!({ "sid": keys.session_at(&app, &facts::id("browser-2")) })),
            Some(&app),
            "another session of hers",
        ),
        (
            of(json!({ "sid": "browser-1" })),
            Some(&app),
            "an id of ours is nobody's name",
        ),
        (
            of(json!({ "sub": keys.subject_at(&app, &facts::id("bob")) })),
            Some(&app),
            "somebody else",
        ),
        (
            of(json!({ "aud": ["app", "other"] })),
            None,
            "of two clients, and nobody says which",
        ),
        (of(json!({})), Some(&other), "read as another client's"),
    ];
    for (hint, client, claim) in rows {
        let text = hint.as_ref().map(|_| "shown");
        let decision = run(&wants(text, None), &alice(), hint.as_deref(), client);
        assert_eq!(decision.answer(), &asked(client.cloned(), None), "s2, s6: {claim}");
        assert_eq!(decision.change(), &Change::default(), "{claim}");
    }
    let with_place = run(&wants(None, Some(BYE)), &alice(), None, Some(&app));
    assert_eq!(
        with_place.answer(),
        &asked(Some(app), Some(back())),
        "and goes back afterwards, since the place is registered"
    );
}

#[test]
fn s_02_nobody_is_sent_on_by_a_mere_link_when_nobody_is_signed_in() {
    let (app, hint) = (app(), hint(&app(), &json!({})));
    let rows = [
        (Some(&hint), Some(BYE), Some(back())), // whoever shows one of our ID tokens
        (Some(&hint), None, None),
        (None, Some(BYE), None),
        (None, None, None),
    ];
    for (hint, redirect_uri, expected) in rows {
        let request = wants(hint.map(|_| "shown"), redirect_uri);
        let decision = run(&request, &nobody(), hint.map(|hint| &**hint), Some(&app));
        assert_eq!(
            decision.answer(),
            &signed_out(expected),
            "{redirect_uri:?} {}",
            hint.is_some()
        );
        assert_eq!(decision.change(), &Change::default(), "nothing to end");
    }
}

#[test]
fn s_02_after_logout_people_go_to_a_registered_place_byte_for_byte_or_nowhere() {
    let app = app();
    let hint = hint(&app, &json!({}));
    let elsewhere = [
        "https://app.example/bye/",
        "https://app.example/bye?x=1",
        "https://app.example/bye#f",
        "https://app.example/BYE",
        "https://app.example",
        "https://APP.example/bye",
        "http://app.example/bye",
        "https://app.example:443/bye",
        "https://app.example/%62ye",
        "https://app.example/x/../bye",
        "https://app.example@evil.example/bye",
        "https://evil.example/bye",
        "https://app.example.evil.example/bye",
        "//app.example/bye",
        "/bye",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example/cb", // registered, but for answers
        "",
    ];
    for place in elsewhere {
        for caller in [nobody(), alice()] {
            let decision = run(&wants(Some("shown"), Some(place)), &caller, Some(&hint), Some(&app));
            assert_eq!(why(&decision), Some(Why::PostLogoutUnknown), "{place}");
            assert_eq!(decision.change().sure, [], "and nothing ends: {place}");
        }
    }
    let disabled = client(&json!({ "disabled_at": 1 }));
    for (client, claim) in [
        (None, "no client is known"),
        (Some(&disabled), "the client is disabled"),
    ] {
        let decision = run(&wants(Some("shown"), Some(BYE)), &alice(), Some(&hint), client);
        assert_eq!(why(&decision), Some(Why::PostLogoutUnknown), "{claim}");
    }
    let ports = client(&json!({ "post_logout_redirect_uris": ["http://127.0.0.1:8080/bye"] }));
    let decision = run(
        &wants(None, Some("http://127.0.0.1:9090/bye")),
        &alice(),
        None,
        Some(&ports),
    );
    assert_eq!(why(&decision), Some(Why::PostLogoutUnknown), "no port varies here");
    assert_eq!(Why::PostLogoutUnknown.code().name(), "invalid_request");
}

#[test]
fn s_14_what_is_shown_as_a_hint_is_one_of_our_id_tokens_or_the_request_is_nobodys() {
    for caller in [nobody(), alice()] {
        for place in [None, Some(BYE), Some("https://evil.example/")] {
            let decision = run(&wants(Some("not ours"), place), &caller, None, Some(&app()));
            assert_eq!(why(&decision), Some(Why::HintUnknown), "s4: {place:?}");
            assert_eq!(decision.change().sure, []);
        }
    }
    assert_eq!(Why::HintUnknown.code().name(), "invalid_request");
}

#[test]
fn without_a_state_nothing_is_added_to_the_place() {
    let request = Request {
        state: None,
        ..wants(None, Some(BYE))
    };
    let expected = Return {
        parameters: vec![],
        ..back()
    };
    let decision = run(&request, &alice(), None, Some(&app()));
    assert_eq!(decision.answer(), &asked(Some(app()), Some(expected)));
}
