//! OpenID Connect Core s5.3, RFC 6750 s3.1, RFC 9449 s7.1, RFC 8705 s3.

use std::sync::Arc;

use proof::{Time, Verified, access_token, access_token::AccessToken, jwk::KeySet, jws::Compact};
use serde_json::{Value, json};

use super::*;
use crate::{
    caller::{Caller, UserDelegatedMachine, Who},
    client::Client,
    confirmation::Confirmation,
    decision::{Answer, Change, Decision, Reply},
    event::EventKind,
    introspection::{Facts, Known},
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
/// The thumbprint of RFC 9449 s6.1.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
/// The thumbprint of RFC 8705 App. A.
const X5T: &str = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";

/// The facts are the tenant with its published `jwks` and its `keys`, and about the token what an introspection hangs on.
#[test]
fn golden_vectors_of_userinfo_hold() {
    vectors::golden("userinfo", |vector| {
        let loaded = vector.facts(&["tenant", "keys", "jwks", "record", "path", "holder", "user", "rules"]);
        let (tenant, keys) = (facts::tenant(&loaded["tenant"]), people::tenant_keys(&loaded["keys"]));
        let presented = Presented::read(&vector.request);
        assert_eq!(presented.path(&tenant.issuer), "/oauth2/userinfo");
        let published = KeySet::parse(loaded["jwks"].to_string().as_bytes()).unwrap();
        let token = Compact::parse(presented.bearer().unwrap())
            .ok()
            .and_then(|compact| access_token::check(&compact, &published, &tenant.issuer, None, vector.at.now, 0).ok());
        let Some(token) = token else {
            return Outcome::Stopped(Why::TokenUnknown);
        };
        let record = facts::record(&loaded["record"]);
        assert_eq!(
            record.id.as_str(),
            token.jti,
            "the record among the facts is the token's"
        );
        let holder = facts::client(&loaded["holder"]);
        let user = people::user(&loaded["user"]);
        let caller = Caller::plain(Who::UserDelegatedMachine(UserDelegatedMachine {
            client: holder.id.clone(),
            user: user.id.clone(),
        }));
        let known = Known {
            types: crate::detail::Types::default(),
            token,
            record,
            path: facts::path(&loaded["path"]),
            client: Some(holder),
            resource: None,
            user: Some(user),
            rules: people::rules(loaded.get("rules")),
        };
        Outcome::Decided(decide(
            &caller,
            &Facts::Known(Arc::new(known)),
            &tenant,
            &keys,
            &vector.at,
        ))
    });
}

fn at() -> Moment {
    people::moment(NOW, 7)
}

fn verified() -> Verified<AccessToken> {
    let claims = json!({
        "iss": ISSUER, "sub": "x", "aud": ISSUER, "client_id": "app", "iat": NOW - 100, "exp": NOW + 200, "jti": "token-1", "scope": "openid",
    });
    let token = signer::signed(Some("at+jwt"), &claims);
    access_token::check(
        &Compact::parse(&token).unwrap(),
        &signer::key_set(),
        ISSUER,
        None,
        at().now,
        0,
    )
    .unwrap()
}

fn client(changed: &Value) -> Client {
    let row = json!({ "client_id": "app", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"] });
    facts::client(&with(row, changed))
}

fn profile() -> Value {
    json!({
        "name": "Alice Ärger", "given_name": "Alice", "family_name": "Ärger", "locale": "de", "zoneinfo": "Europe/Berlin",
        "email": "alice@demo.test", "email_verified": true, "phone_number": "+49301234567", "phone_number_verified": false,
        "address": { "formatted": "Weg 1, Berlin", "country": "DE" },
    })
}

/// A token with this scope that counts: everything it hangs on is as it should be.
fn known(scope: &str) -> Known {
    let own = |id: &str, parent: Value| {
        with(
            json!({ "id": id, "client_id": "app", "user_id": "alice", "scope": scope, "resources": [], "own_endpoints": true, "depth": 1, "given_by_person": "b" }),
            &json!({ "parent": parent }),
        )
    };
    Known {
        types: crate::detail::Types::default(),
        token: verified(),
        record: facts::record(&json!({
            "jti": "token-1", "grant": "leaf", "client_id": "app", "aud": "-", "scope": scope, "issued_at": NOW - 100, "expires_at": NOW + 200,
        })),
        path: facts::path(&json!([own("leaf", json!("root")), own("root", Value::Null)])),
        client: Some(client(&json!({}))),
        resource: None,
        user: Some(people::user(
            &json!({ "id": "alice", "login": "alice@demo.test", "profile": profile() }),
        )),
        rules: crate::policy::Rules::default(),
    }
}

fn caller(key: Option<Confirmation>) -> Caller {
    Caller {
        key,
        ..Caller::plain(Who::UserDelegatedMachine(UserDelegatedMachine {
            client: facts::id("app"),
            user: facts::id("alice"),
        }))
    }
}

fn told_to(key: Option<Confirmation>, known: Known) -> Decision {
    let tenant = facts::tenant(&json!({ "id": "default", "issuer": ISSUER }));
    let facts = Facts::Known(Arc::new(known));
    decide(&caller(key), &facts, &tenant, &people::any_tenant_keys(), &at())
}

fn told(known: Known) -> Decision {
    told_to(None, known)
}

fn but(change: impl FnOnce(&mut Known)) -> Known {
    let mut known = known("email openid");
    change(&mut known);
    known
}

fn document(decision: &Decision) -> Value {
    let Answer::Issue(Reply::Document(claims)) = decision.answer() else {
        panic!("claims, not {:?}", decision.answer());
    };
    claims.clone().into()
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

fn subject(client: &Client) -> String {
    people::any_tenant_keys().subject_at(client, &facts::id("alice"))
}

#[test]
fn each_scope_opens_the_claims_of_openid_connect_core_section_5_4_and_no_others() {
    let all = profile();
    let rows: [(&str, &[&str]); 8] = [
        ("openid", &[]),
        (
            "openid profile",
            &["name", "given_name", "family_name", "locale", "zoneinfo"],
        ),
        ("email openid", &["email", "email_verified"]),
        ("address openid", &["address"]),
        ("openid phone", &["phone_number", "phone_number_verified"]),
        ("claim:email openid", &["email"]),
        ("claim:birthdate claim:name openid", &["name"]), // nobody knows the other
        ("claim:locale email openid", &["locale", "email", "email_verified"]),
    ];
    for (scope, names) in rows {
        let answer = document(&told(known(scope)));
        let mut expected = json!({ "sub": subject(&client(&json!({}))) });
        for name in names {
            expected[*name] = all[*name].clone();
        }
        assert_eq!(answer, expected, "{scope}");
    }
}

#[test]
fn the_answer_changes_nothing_and_leaves_a_note() {
    let decision = told(known("openid"));
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.actor.as_deref(), event.about.as_deref()),
        (EventKind::UserInfoTold, Some("app"), Some("token-1"))
    );
    assert_eq!(event.body["client"], "app");
    let change = Change {
        events: vec![],
        ..decision.change().clone()
    };
    assert_eq!(change, Change::default());
}

#[test]
fn the_name_is_the_one_that_the_id_token_says() {
    for changed in [
        json!({}),
        json!({ "subject_type": "public" }),
        json!({ "sector": "other.example" }),
    ] {
        let client = client(&changed);
        let decision = told(but(|known| known.client = Some(client.clone())));
        assert_eq!(document(&decision)["sub"], subject(&client), "s5.3.2: {changed}");
    }
}

#[test]
fn a_client_that_registered_so_gets_a_token_with_who_says_it_and_to_whom() {
    for alg in ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"] {
        let client = client(&json!({ "userinfo_signed_response_alg": alg }));
        let decision = told(but(|known| known.client = Some(client.clone())));
        assert_eq!(
            decision.answer(),
            &Answer::Issue(Reply::Jwt { typ: "application/jwt" }),
            "s5.3.2"
        );
        let [unsigned] = decision.sign() else {
            panic!("one token")
        };
        assert_eq!((unsigned.signing.name(), unsigned.hash_of), (alg, None));
        let expected = json!({
            "sub": subject(&client), "email": "alice@demo.test", "email_verified": true, "iss": ISSUER, "aud": "app",
        });
        assert_eq!(Value::from(unsigned.claims.clone()), expected, "s5.3.2: iss and aud");
    }
    assert_eq!(told(known("openid")).sign(), []);
}

#[test]
fn s_14_a_token_that_does_not_count_here_now_tells_nothing() {
    let rows = vec![
        (
            but(|known| {
                let here = "https://mcp.example/mcp";
                known.record.audience = crate::Audience::Resource(facts::uri(here));
                known.resource = Some(facts::resource(
                    &json!({ "resource": here, "scopes": { "email": "", "openid": "" } }),
                ));
            }),
            "S-19: for another place",
        ),
        (
            but(|known| known.record.revoked = Some(Time::from_unix(NOW))),
            "revoked",
        ),
        (but(|known| known.record.expires = Time::from_unix(NOW)), "over"),
        (but(|known| known.client = None), "its client is gone"),
        (
            but(|known| known.client = Some(client(&json!({ "disabled_at": 1 })))),
            "its client is disabled",
        ),
        (but(|known| known.user = None), "the person is gone"),
        (
            but(|known| known.user = Some(people::user(&json!({ "id": "alice", "disabled_at": 1 })))),
            "the person is disabled",
        ),
        (
            but(|known| known.user = Some(people::user(&json!({ "id": "bob" })))),
            "another person",
        ),
        (but(|known| known.path = Vec::new()), "no grant"),
        (
            but(|known| known.path[1].status = crate::grant::Status::Revoked { at: Time::from_unix(1) }),
            "the yes was taken back",
        ),
        (
            but(|known| {
                known.path[0].subject = crate::grant::Subject::Nobody;
                known.user = None;
            }),
            "it acts for nobody",
        ),
        (
            but(|known| {
                let rule = json!({ "id": "r", "effect": "forbid", "scope": "email" });
                known.rules = vec![people::rule(&rule)].into();
            }),
            "forbidden meanwhile",
        ),
        (
            but(|known| known.rules = vec![people::rule(&json!({ "id": "r", "effect": "forbid" }))].into()),
            "forbidden meanwhile, all of it",
        ),
    ];
    for (known, claim) in rows {
        let decision = told(known);
        assert_eq!(why(&decision), Some(Why::TokenUnknown), "{claim}");
        assert_eq!(decision.change().events[0].kind, EventKind::RequestRefused, "{claim}");
        assert_eq!(
            (decision.change().events.len(), decision.sign().len()),
            (1, 0),
            "{claim}"
        );
    }
    let tenant = facts::tenant(&json!({ "id": "default", "issuer": ISSUER }));
    let unknown = decide(
        &caller(None),
        &Facts::Unknown,
        &tenant,
        &people::any_tenant_keys(),
        &at(),
    );
    assert_eq!(why(&unknown), Some(Why::TokenUnknown));
    assert_eq!(Why::TokenUnknown.code().name(), "invalid_token", "RFC 6750 s3.1");
}

#[test]
fn s_14_a_token_that_does_not_ask_who_is_there_is_no_token_for_this() {
    for scope in ["email", "profile email", "claim:email", "openid2 email", ""] {
        let decision = told(known(scope));
        assert_eq!(why(&decision), Some(Why::TokenWithoutOpenId), "{scope}");
    }
    assert_eq!(
        Why::TokenWithoutOpenId.code().name(),
        "insufficient_scope",
        "RFC 6750 s3.1"
    );
}

#[test]
fn s_17_a_bound_token_is_shown_with_its_key() {
    let jkt = |text: &str| Some(Confirmation::Jkt(text.to_owned()));
    let x5t = |text: &str| Some(Confirmation::Certificate(text.to_owned()));
    let rows = [
        (None, None, None),
        (None, jkt(JKT), None),
        (jkt(JKT), jkt(JKT), None),
        (jkt(JKT), None, Some(Why::TokenKeyMissing)),
        (jkt(JKT), jkt(X5T), Some(Why::TokenKeyMissing)),
        (jkt(JKT), x5t(JKT), Some(Why::TokenKeyMissing)),
        (x5t(X5T), x5t(X5T), None),
        (x5t(X5T), None, Some(Why::TokenUnknown)),
        (x5t(X5T), x5t(JKT), Some(Why::TokenUnknown)),
        (x5t(X5T), jkt(X5T), Some(Why::TokenUnknown)),
    ];
    for (bound, shown, expected) in rows {
        let decision = told_to(shown.clone(), but(|known| known.record.key.clone_from(&bound)));
        assert_eq!(why(&decision), expected, "{bound:?} {shown:?}");
    }
    assert_eq!(Why::TokenKeyMissing.code().name(), "invalid_token", "RFC 9449 s7.1");
}
