//! The golden vectors: what somebody shows, by its name (`password`, `passkey`, `recovery_code`), and what was found of it.
//!
//! A passkey's response stands there as the browser sends it. A password does not: hashing is the login provider's, and its verdict is a fact.

use proof::json::Object;

use super::*;
use crate::vectors::{self, Outcome, credentials::Ceremony, facts::Row};

#[test]
fn golden_vectors_of_sign_in_hold() {
    vectors::golden("sign_in", |vector| {
        let loaded = vector.facts(&[
            "user",
            "browser",
            "browser_session",
            "verdict",
            "passkey",
            "ceremony",
            "recovery_codes",
        ]);
        let caller = people::at_browser(loaded, vector.at.now);
        let facts = Facts {
            user: loaded.get("user").map(people::user),
            shown: shown(&vector.request, loaded),
            browser: Browser {
                agent: loaded["browser"].as_str().unwrap().to_owned(),
                before: caller.person().map(|person| person.session.id.clone()),
            },
        };
        Outcome::Decided(decide(&caller, &facts, &vector.at))
    });
}

fn shown(request: &Value, loaded: &Object) -> Shown {
    let (way, value) = request.as_object().unwrap().iter().next().unwrap();
    let user = loaded.get("user").map(people::user);
    let named = |members: &[&str]| {
        let row = Row::of(value, members);
        let login = user::Login::parse(row.required("login"));
        assert!(
            user.is_none() || login == user.as_ref().map(|user| user.login.clone()),
            "the user among the facts is the one that the request names"
        );
        row
    };
    match way.as_str() {
        "password" => {
            named(&["login"]);
            verdict(&loaded["verdict"])
        }
        "passkey" => {
            let passkey = credentials::passkey(&loaded["passkey"]);
            Shown::Passkey {
                asserted: Ceremony::read(&loaded["ceremony"]).asserted(value, &passkey),
                passkey: Box::new(passkey),
            }
        }
        "recovery_code" => {
            let code = named(&["login", "code"]).required("code");
            let digest = recovery_digest(&user.as_ref().unwrap().id, code);
            let unused = loaded["recovery_codes"].as_array().unwrap();
            Shown::RecoveryCode {
                known: if unused.contains(&digest.as_str().into()) {
                    Known::Unused
                } else {
                    Known::No
                },
                digest,
            }
        }
        other => panic!("no such way to sign in: {other}"),
    }
}

/// What the login provider says of the password: whether it is `right`, and what to `rehash` while it is at hand.
fn verdict(value: &Value) -> Shown {
    let row = Row::of(value, &["right", "rehash"]);
    if !row.is("right").unwrap() {
        return Shown::Nothing("wrong password, or none is set");
    }
    let rehash = value.get("rehash").map(|hashes| {
        let hashes = Row::of(hashes, &["from", "to"]);
        (hashes.required("from").to_owned(), hashes.required("to").to_owned())
    });
    Shown::Password { rehash }
}
