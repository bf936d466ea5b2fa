//! RFC 9126, RFC 9449 s10.1.

use proof::{Time, digest};
use serde_json::{Value, json};

use super::*;
use crate::{
    authorization::{Carried, Wish, returns},
    caller::{Caller, Who},
    client::Client,
    confirmation::Confirmation,
    decision::{Answer, Change, Decision, Guard as Guards, Reply},
    event::EventKind,
    form::Form,
    tenant::Tenant,
    vectors::{
        self, Outcome, Presented, facts,
        people::{self, by, with},
    },
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const BACK: &str = "https://app.example/cb";
/// RFC 7636 App. B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The thumbprint of RFC 9449 s6.1.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
/// The thumbprint of RFC 8705 App. A.
const X5T: &str = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";

/// The facts are the `tenant` and the `client`. A vector with the fact `pushed` is the browser's query that opens it; every other is a push.
#[test]
fn golden_vectors_of_pushed_authorization_hold() {
    vectors::golden("pushed_authorization", |vector| {
        let loaded = vector.facts(&["tenant", "client", "pushed"]);
        let tenant = facts::tenant(&loaded["tenant"]);
        let client = facts::client(&loaded["client"]);
        let presented = Presented::read(&vector.request);
        if let Some(row) = loaded.get("pushed") {
            assert_eq!(presented.path(&tenant.issuer), "/oauth2/authorize");
            let form = presented.query(&[]).unwrap();
            assert_eq!(form.text("client_id"), Some(client.id.as_str()));
            let opened = opened(
                form.text("request_uri").unwrap(),
                &client.id,
                Some(pushed(row)),
                &vector.at,
            );
            return opened.map_or_else(Outcome::Stopped, |asked| Outcome::Opened(Box::new(asked)));
        }
        assert_eq!(presented.path(&tenant.issuer), "/oauth2/par");
        let form = presented.form(crate::authorization::REPEATABLE).unwrap();
        let decided = presented
            .caller(&form, Some(client.clone()), &tenant, vector.at.now)
            .map(|caller| {
                let read = read(&form, &client, &tenant, &vector.at);
                decide(read, &caller, &Facts { client_epoch: None }, &vector.at)
            });
        Outcome::from(decided)
    });
}

/// A row of a pushed request.
fn pushed(value: &Value) -> PushedRequest {
    PushedRequest {
        digest: value["digest"].as_str().unwrap().to_owned(),
        client: facts::id(value["client_id"].as_str().unwrap()),
        asked: Asked::from_json(value["asked"].as_object().unwrap()).unwrap(),
        expires: Time::from_unix(value["expires_at"].as_i64().unwrap()),
    }
}

/// What the server reads of a push.
fn read(form: &Form, client: &Client, tenant: &Tenant, at: &Moment) -> Result<Asked, Why> {
    let carried = Carried {
        pushed: Wish::Yes,
        ..Carried::PLAIN
    };
    let returns = returns(form, Some(client))?;
    Asked::parse(form, client, tenant, returns, carried, at)
}

fn at() -> Moment {
    people::moment(NOW, 7)
}

fn client(changed: &Value) -> Client {
    let row = json!({
        "client_id": "app", "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d", "grant_types": ["authorization_code"],
        "redirect_uris": [BACK], "epoch": 3,
    });
    facts::client(&with(row, changed))
}

fn app() -> Client {
    client(&json!({}))
}

fn asked(more: &str) -> Result<Asked, Why> {
    let body = format!(
        "response_type=code&client_id=app&redirect_uri={BACK}&state=xyz&code_challenge={CHALLENGE}&code_challenge_method=S256&scope=openid{more}"
    );
    let tenant = facts::tenant(&json!({ "id": "default", "issuer": "https://as.example" }));
    let form = Form::parse(body.as_bytes(), &[]).unwrap();
    read(&form, &app(), &tenant, &at())
}

fn with_key(key: Option<Confirmation>) -> Caller {
    Caller { key, ..by(app()) }
}

fn push(asked: Result<Asked, Why>, caller: &Caller) -> Decision {
    decide(asked, caller, &Facts { client_epoch: None }, &at())
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

/// The row that is made.
fn row(decision: &Decision) -> PushedRequest {
    let row = decision.change().guards.iter().find_map(|guard| {
        let Guards::PushedRequest(Guard::Create(row)) = guard else {
            return None;
        };
        Some(row.as_ref().clone())
    });
    row.unwrap_or_else(|| panic!("a row, not {:?}", decision.answer()))
}

/// The name that the client gets.
fn name(decision: &Decision) -> String {
    let Answer::Issue(Reply::Created(document)) = decision.answer() else {
        panic!("201, not {:?}", decision.answer());
    };
    document["request_uri"].as_str().unwrap().to_owned()
}

#[test]
fn a_request_is_kept_for_its_client_and_named_by_what_nobody_can_guess() {
    let asked = asked("").unwrap();
    assert_eq!(asked.pushed, Wish::Yes);
    let decision = push(Ok(asked.clone()), &by(app()));
    let secret = at().secret("pushed request");
    let expected =
        json!({ "request_uri": format!("urn:ietf:params:oauth:request_uri:{}.{secret}", asked.id), "expires_in": 90 });
    let Answer::Issue(Reply::Created(document)) = decision.answer() else {
        panic!("201, not {:?}", decision.answer());
    };
    assert_eq!(Value::from(document.clone()), expected, "RFC 9126 s2.2");
    assert!((5..=600).contains(&LIFETIME_SECONDS), "RFC 9126 s2.2: 5 to 600 seconds");
    let guards = [
        Guards::Client(crate::client::Guard::Unchanged {
            id: facts::id("app"),
            epoch: 3,
        }),
        Guards::PushedRequest(Guard::Create(Box::new(PushedRequest {
            digest: digest::sha256_b64(secret.as_bytes()),
            client: facts::id("app"),
            asked: asked.clone(),
            expires: Time::from_unix(NOW + 90),
        }))),
    ];
    assert_eq!(decision.change().guards, guards);
    assert_eq!(decision.change().sure, []);
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.actor.as_deref(), event.about.as_deref()),
        (EventKind::RequestPushed, Some("app"), Some(asked.id.as_str()))
    );
    assert!(
        !format!("{:?}", decision.change()).contains(&secret),
        "the row holds its digest"
    );
    assert!(secret.len() * 6 >= 256, "RFC 9126 s7.1: not to be guessed");
}

#[test]
fn who_pushes_proves_itself_as_at_the_token_endpoint() {
    let public = client(&json!({ "token_endpoint_auth_method": "none", "client_secret_digest": null }));
    let pretends = Caller::plain(Who::PublicClient(crate::caller::PublicClient { client: app() }));
    let rows = [
        (by(app()), None, None),
        (by(public), None, None), // RFC 9126 s2: as at the token endpoint, by its name alone
        (by(app()), Some(3), None),
        (by(app()), Some(4), Some(Why::ClientChanged)),
        (pretends, None, Some(Why::CredentialsMissing)),
        (Caller::plain(Who::Anyone), None, Some(Why::CredentialsMissing)),
    ];
    for (caller, client_epoch, expected) in rows {
        let decision = decide(asked(""), &caller, &Facts { client_epoch }, &at());
        assert_eq!(why(&decision), expected, "{}", caller.kind().name());
    }
    let broken = decide(
        Err(Why::ScopeMalformed),
        &Caller::plain(Who::Anyone),
        &Facts { client_epoch: None },
        &at(),
    );
    assert_eq!(
        why(&broken),
        Some(Why::CredentialsMissing),
        "who is nobody learns nothing of what is wrong"
    );
}

#[test]
fn what_is_wrong_with_a_request_is_told_at_once_and_nothing_is_kept() {
    for (more, expected) in [
        ("&dpop_jkt=x", Why::ParameterMalformed("dpop_jkt")),
        ("&max_age=x", Why::ParameterMalformed("max_age")),
        ("&prompt=create", Why::PromptMalformed),
        ("&response_mode=fragment", Why::ResponseModeUnknown),
    ] {
        let decision = push(asked(more), &by(app()));
        assert_eq!(why(&decision), Some(expected), "RFC 9126 s2.3: {more}");
        let change = decision.change();
        let nothing = Change {
            events: vec![],
            ..change.clone()
        };
        assert_eq!((nothing, change.events.len()), (Change::default(), 1), "{more}");
    }
}

#[test]
fn s_17_the_code_will_be_bound_to_the_key_that_was_proved_with_the_push() {
    let other = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; // RFC 8037 App. A.3
    let jkt = |key: &str| Some(Confirmation::Jkt(key.to_owned()));
    let named = format!("&dpop_jkt={JKT}");
    let rows = [
        ("", None, Ok(None)),
        ("", jkt(JKT), Ok(Some(JKT))),
        (named.as_str(), None, Ok(Some(JKT))),
        (named.as_str(), jkt(JKT), Ok(Some(JKT))),
        (named.as_str(), jkt(other), Err(Why::DpopOtherKey)), // RFC 9449 s10.1
        ("", Some(Confirmation::Certificate(X5T.to_owned())), Ok(None)), // a certificate is shown again when the code is redeemed
        (
            named.as_str(),
            Some(Confirmation::Certificate(JKT.to_owned())),
            Ok(Some(JKT)),
        ),
    ];
    for (more, key, expected) in rows {
        let decision = push(asked(more), &with_key(key.clone()));
        match expected {
            Ok(bound) => assert_eq!(row(&decision).asked.key.as_deref(), bound, "{more} {key:?}"),
            Err(refused) => {
                assert_eq!(refused.code().name(), "invalid_dpop_proof");
                assert_eq!(why(&decision), Some(refused), "{more} {key:?}");
            }
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_name_opens_its_request_for_its_client_in_time_and_whole_and_everything_else_looks_the_same() {
    let decision = push(asked(""), &by(app()));
    let (row, good) = (row(&decision), name(&decision));
    let open = |name: &str, client: &str, row: Option<PushedRequest>, seconds: i64| {
        opened(name, &facts::id(client), row, &people::moment(NOW + seconds, 8))
    };
    let expected = |seconds: i64| {
        Ok(Asked {
            created: Time::from_unix(NOW + seconds),
            ..row.asked.clone()
        })
    };
    for seconds in [0, 1, 89] {
        assert_eq!(
            open(&good, "app", Some(row.clone()), seconds),
            expected(seconds),
            "from now on the person has as long as with any other request"
        );
    }
    assert_eq!(
        open(&good, "app", Some(row.clone()), 60),
        expected(60),
        "RFC 9126 s7.3: a reload opens it again"
    );
    let secret = good.split_once('.').unwrap().1.to_owned();
    let another = PushedRequest {
        asked: Asked {
            id: "another".to_owned(),
            ..row.asked.clone()
        },
        ..row.clone()
    };
    let cut = good.get(..good.len() - 1).unwrap();
    let rows = [
        (
            good.as_str(),
            "app",
            Some(row.clone()),
            90,
            "the first second in which it is over",
        ),
        (good.as_str(), "app", Some(row.clone()), 100_000, "long ago"),
        (
            good.as_str(),
            "other",
            Some(row.clone()),
            1,
            "another client (RFC 9126 s7.1)",
        ),
        (good.as_str(), "app", None, 1, "unknown, or answered with a no"),
        (good.as_str(), "app", Some(another), 1, "the row of another request"),
        (cut, "app", Some(row.clone()), 1, "cut"),
        (&format!("{good}A"), "app", Some(row.clone()), 1, "lengthened"),
        (
            &format!("{URN}{}.", row.asked.id),
            "app",
            Some(row.clone()),
            1,
            "without its secret",
        ),
        (
            &format!("{URN}{}", row.asked.id),
            "app",
            Some(row.clone()),
            1,
            "without its secret",
        ),
        (
            &format!("{URN}{secret}.{secret}"),
            "app",
            Some(row.clone()),
            1,
            "of another id",
        ),
        (
            &format!("{}.{secret}", row.asked.id),
            "app",
            Some(row.clone()),
            1,
            "without its scheme",
        ),
        (
            &good.replace("urn:", "URN:"),
            "app",
            Some(row.clone()),
            1,
            "another spelling",
        ),
        (
            "https://app.example/request.jwt",
            "app",
            Some(row.clone()),
            1,
            "an address",
        ),
        (
            &format!("{URN}{}.{}", row.asked.id, row.digest),
            "app",
            Some(row.clone()),
            1,
            "the digest is no secret",
        ),
    ];
    for (name, client, row, seconds, claim) in rows {
        assert_eq!(open(name, client, row, seconds), Err(Why::RequestUriUnknown), "{claim}");
    }
    assert_eq!(
        Why::RequestUriUnknown.code().name(),
        "invalid_request_uri",
        "RFC 9101 s7"
    );
}

#[test]
fn a_name_is_read_in_its_two_parts() {
    assert_eq!(named(&format!("{URN}id.secret")), Some(("id", "secret")));
    for other in [
        "",
        "urn:x",
        "urn:ietf:params:oauth:request_uri:",
        "urn:ietf:params:oauth:request_uri:id",
        "id.secret",
    ] {
        assert_eq!(named(other), None, "{other}");
    }
}
