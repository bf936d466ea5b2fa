//! How sure a client wants us to be of who is there, and how sure we are (OpenID Connect Core s3.1.2.1 and s5.5.1.1, RFC 9470 s5; S-33).

use super::*;
use crate::browser_session::Assurance;

/// What the client demands by this request.
fn demanded(client: &Client, changed: &[(&str, &str)]) -> Result<Demand, Why> {
    read_by(client, changed).map(|asked| asked.demand)
}

#[test]
fn a_nonce_is_kept_byte_for_byte_with_the_code() {
    let longest = "n".repeat(1_024);
    for nonce in ["n-0S6_WzA2Mj", " a&b ", "\u{1f512}", longest.as_str()] {
        let request = asked(&[("nonce", nonce)]);
        assert_eq!(request.nonce.as_deref(), Some(nonce));
        let decision = world().answer(&request, &yes_but(""));
        assert_eq!(code(&decision).unwrap().nonce.as_deref(), Some(nonce));
    }
    let too_long = "n".repeat(1_025);
    assert_eq!(
        read_by(&web(), &[("nonce", &too_long)]).unwrap_err(),
        Why::ParameterMalformed("nonce")
    );
    assert_eq!(asked(&[("nonce", "")]).nonce, None, "RFC 6749 s3.1");
}

#[test]
fn max_age_is_a_number_of_seconds_or_refused() {
    let rows = [
        ("-", Ok(None)),
        ("", Ok(None)),
        ("0", Ok(Some(0))),
        ("60", Ok(Some(60))),
        ("4000000000", Ok(Some(4_000_000_000))),
    ];
    for (text, expected) in rows {
        let read = demanded(&web(), &[("max_age", text)]).map(|demand| demand.max_age);
        assert_eq!(read, expected, "{text}");
    }
    for text in [
        "-1",
        "+1",
        "1.5",
        "1e3",
        " 1",
        "x",
        "4000000001",
        "99999999999999999999",
        "\u{664}",
    ] {
        assert_eq!(
            demanded(&web(), &[("max_age", text)]),
            Err(Why::ParameterMalformed("max_age")),
            "{text}"
        );
    }
    let with_default = client(&json!({ "default_max_age": 120 }));
    for (text, expected) in [("-", 120), ("60", 60), ("500", 500)] {
        let read = demanded(&with_default, &[("max_age", text)]).unwrap().max_age;
        assert_eq!(read, Some(expected), "OpenID Connect Registration s2: {text}");
    }
}

#[test]
fn a_sign_in_that_is_too_old_is_repeated_and_one_for_the_request_is_new_enough() {
    // max_age, when the person signed in, what happens (OpenID Connect Core s3.1.2.1 `max_age`).
    let rows = [
        ("-", NOW - 100_000, "ask: read"),
        ("600", NOW - 599, "ask: read"),
        ("600", NOW - 600, "ask: read"),
        ("600", NOW - 601, "sign in"),
        ("0", NOW - 1, "sign in"), // as prompt=login
        ("0", NOW, "sign in"),     // in the second of the request, and not for it
    ];
    for (max_age, signed_in, expected) in rows {
        let decision = world().begin(&asked(&[("max_age", max_age)]), &signed_in_at(signed_in));
        assert_eq!(outcome(&decision), expected, "{max_age} {}", signed_in - NOW);
    }
    for forced in [("max_age", "0"), ("prompt", "login")] {
        let request = asked(&[forced]);
        assert_eq!(
            outcome(&world().begin(&request, &signed_in_at(NOW))),
            "sign in",
            "{forced:?}"
        );
        for (signed_in, expected) in [(NOW - 1, "sign in"), (NOW, "ask: read"), (NOW + 5, "ask: read")] {
            let decision = world().begin(&sent_to_sign_in(&request), &signed_in_at(signed_in));
            assert_eq!(outcome(&decision), expected, "{forced:?} {}", signed_in - NOW);
        }
    }
    let quiet = asked(&[("max_age", "0"), ("prompt", "none")]);
    assert_eq!(why(&world().begin(&quiet, &by_alice())), Some(Why::LoginRequired));
    let later = people::moment(NOW + 900, 8);
    let slow = sent_to_sign_in(&asked(&[("max_age", "60")]));
    let decision = answer(&slow, &yes_but(""), &signed_in_at(NOW + 10), &world().facts(), &later);
    assert_eq!(
        outcome(&decision),
        "code: read",
        "reading the page takes as long as it takes"
    );
    let stale = answer(&slow, &yes_but(""), &by_alice(), &world().facts(), &at());
    assert_eq!(why(&stale), Some(Why::SignInRequired), "and no page is a way round it");
}

#[test]
fn levels_are_read_from_the_request_or_the_registration() {
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let with_default = client(&json!({ "default_acr_values": ["phr"] }));
    let claims = |acr: &str| format!(r#"{{"id_token":{{"acr":{acr}}}}}"#);
    let (voluntary, essential) = (
        claims(r#"{"values":["1","phr"]}"#),
        claims(r#"{"essential":true,"value":"phr"}"#),
    );
    let rows = [
        (web(), "-", "-", list(&[]), list(&[])),
        (web(), "phr 1", "-", list(&["phr", "1"]), list(&[])),
        (web(), " phr  1 ", "-", list(&["phr", "1"]), list(&[])),
        (web(), "-", voluntary.as_str(), list(&["1", "phr"]), list(&[])),
        (web(), "1", essential.as_str(), list(&["1"]), list(&["phr"])),
        (with_default.clone(), "-", "-", list(&["phr"]), list(&[])),
        (with_default.clone(), "1", "-", list(&["1"]), list(&[])),
        (with_default, "-", voluntary.as_str(), list(&["1", "phr"]), list(&[])),
    ];
    for (client, acr_values, claims, acr, essential_acr) in rows {
        let changed = [("scope", "openid"), ("acr_values", acr_values), ("claims", claims)];
        let demand = demanded(&client, &changed).unwrap();
        assert_eq!((demand.acr, demand.essential_acr), (acr, essential_acr), "{changed:?}");
    }
    let many = vec!["a"; 30].join(" ");
    assert_eq!(
        demanded(&web(), &[("acr_values", &many)]).unwrap().acr.len(),
        20,
        "the rest is cut"
    );
}

#[test]
fn the_weakest_level_that_is_named_and_known_is_demanded() {
    use Assurance::{Basic, PhishingResistant};
    /// Voluntary levels, essential ones, and what is demanded.
    type Row<'a> = (&'a [&'a str], &'a [&'a str], Result<Option<Assurance>, Why>);
    let demand = |acr: &[&str], essential: &[&str]| Demand {
        acr: acr.iter().map(|name| (*name).to_owned()).collect(),
        essential_acr: essential.iter().map(|name| (*name).to_owned()).collect(),
        ..Demand::default()
    };
    let rows: [Row<'_>; 9] = [
        (&[], &[], Ok(None)),
        (&["phr"], &[], Ok(Some(PhishingResistant))),
        (&["phr", "1"], &[], Ok(Some(Basic))),
        (&["1", "phr"], &[], Ok(Some(Basic))),
        (&["urn:mace:incommon:iap:silver"], &[], Ok(None)), // voluntary, and nobody's
        (
            &["urn:mace:incommon:iap:silver", "phr"],
            &[],
            Ok(Some(PhishingResistant)),
        ),
        (&["1"], &["phr"], Ok(Some(PhishingResistant))), // essential goes first
        (&[], &["gold", "phr"], Ok(Some(PhishingResistant))),
        (&["1"], &["gold"], Err(Why::AssuranceUnmet)), // s5.5.1.1: an error, when none of them can be met
    ];
    for (acr, essential, expected) in rows {
        assert_eq!(demand(acr, essential).assurance(), expected, "{acr:?} {essential:?}");
    }
    assert_eq!(
        Why::AssuranceUnmet.code().name(),
        "unmet_authentication_requirements",
        "OpenID Connect Core Error Code unmet_authentication_requirements s2, RFC 9470 s5"
    );
}

/// OpenID Connect Core s2 and OpenID Connect EAP ACR Values s2: which ways of signing in reach which level.
const REACHES: [(&str, bool); 4] = [
    ("passkey_verified", true),
    ("passkey_present", false),
    ("password", false),
    ("recovery_code", false),
];

#[test]
fn s_33_no_weaker_sign_in_gets_a_code_where_a_stronger_one_was_demanded() {
    let requests = [
        asked(&[("acr_values", "phr")]),
        asked(&[
            ("claims", r#"{"id_token":{"acr":{"essential":true,"values":["phr"]}}}"#),
            ("scope", "openid read"),
        ]),
        asked_by(&client(&json!({ "default_acr_values": ["phr"] })), &[]),
    ];
    let gives = |world: World| world.granted("openid read", &web().basis()); // a yes that stands: nobody would be asked
    for request in requests {
        for (method, reaches) in REACHES {
            let earlier = signed_in_by(method, NOW - 1);
            let for_this = signed_in_by(method, NOW + 1);
            let (began, answered) = (
                gives(world()).begin(&request, &earlier),
                answer(&request, &yes_but(""), &earlier, &world().facts(), &at()),
            );
            if reaches {
                assert!(code(&began).is_some() && code(&answered).is_some(), "{method}");
            } else {
                assert_eq!(outcome(&began), "sign in", "stepped up: {method}");
                assert_eq!(why(&answered), Some(Why::SignInRequired), "{method}");
            }
            let sent = sent_to_sign_in(&request);
            let (began, answered) = (
                gives(world()).begin(&sent, &for_this),
                answer(&sent, &yes_but(""), &for_this, &world().facts(), &at()),
            );
            for decision in [began, answered] {
                let expected = (!reaches).then_some(Why::AssuranceUnmet);
                assert_eq!(
                    why(&decision),
                    expected,
                    "who just signed in so cannot do better: {method}"
                );
                assert_eq!(code(&decision).is_some(), reaches, "{method}");
            }
            let quiet = Asked {
                prompt: Prompt {
                    none: Wish::Yes,
                    ..Prompt::default()
                },
                ..request.clone()
            };
            let expected = (!reaches).then_some(Why::LoginRequired);
            assert_eq!(
                why(&gives(world()).begin(&quiet, &earlier)),
                expected,
                "nobody may be asked: {method}"
            );
        }
    }
}

#[test]
fn who_cannot_do_better_says_so_and_nobody_is_given_anything() {
    let strong = asked(&[("acr_values", "phr")]);
    let weak = asked(&[("acr_values", "-")]);
    let no = |request: &Asked, caller: &Caller| answer(request, &Said::Deny, caller, &world().facts(), &at());
    for caller in [
        nobody(),
        signed_in_by("password", NOW - 60),
        signed_in_by("password", NOW + 1),
    ] {
        for request in [strong.clone(), sent_to_sign_in(&strong)] {
            let decision = no(&request, &caller);
            assert_eq!(why(&decision), Some(Why::AssuranceDeclined));
            assert_eq!(
                Why::AssuranceDeclined.code().name(),
                "unmet_authentication_requirements"
            );
            assert!(decision.change().guards.is_empty() && code(&decision).is_none());
        }
        let yes = answer(&strong, &yes_but(""), &caller, &world().facts(), &at());
        assert!(code(&yes).is_none(), "a yes needs the level, as before");
    }
    // Where nothing is demanded, or it was met, a no is a no of somebody who is there.
    assert_eq!(why(&no(&weak, &nobody())), Some(Why::SignInRequired));
    assert_eq!(
        why(&no(&strong, &signed_in_by("passkey_verified", NOW - 60))),
        Some(Why::PersonDenied)
    );
}

#[test]
fn what_was_only_liked_and_nobody_knows_is_no_demand() {
    for acr_values in ["-", "1", "phr 1", "urn:example:gold", "PHR", "0"] {
        let decision = world().begin(
            &asked(&[("acr_values", acr_values)]),
            &signed_in_by("password", NOW - 60),
        );
        assert_eq!(outcome(&decision), "ask: read", "{acr_values}");
    }
    let impossible = asked(&[
        ("scope", "openid read"),
        (
            "claims",
            r#"{"id_token":{"acr":{"essential":true,"values":["urn:example:gold"]}}}"#,
        ),
    ]);
    for caller in [nobody(), by_alice()] {
        let decision = world().begin(&impossible, &caller);
        assert_eq!(
            why(&decision),
            Some(Why::AssuranceUnmet),
            "nobody signs in for what cannot be had"
        );
        assert_changes_nothing(&decision);
    }
}

#[test]
fn whoever_is_there_is_whom_the_client_means() {
    let keys = people::any_tenant_keys();
    let hers = keys.subject_at(&web(), &facts::id("alice"));
    let others = keys.subject_at(&web(), &facts::id("bob"));
    let elsewhere = keys.subject_at(&client(&json!({ "sector": "other.example" })), &facts::id("alice"));
    let meaning = |subject: &str, prompt: &str| {
        let mut request = asked(&[("prompt", prompt)]);
        request.demand.subject = Some(subject.to_owned());
        request
    };
    let rows = [
        (hers.as_str(), "ask: read", None),
        (others.as_str(), "sign in", Some(Why::LoginRequired)), // OpenID Connect Core s3.1.2.1 `id_token_hint`
        (elsewhere.as_str(), "sign in", Some(Why::LoginRequired)), // the name that another sector knows
        ("alice", "sign in", Some(Why::LoginRequired)),         // an id of ours is nobody's name
        ("", "sign in", Some(Why::LoginRequired)),
    ];
    for (subject, expected, quiet) in rows {
        for signed_in in [NOW - 600, NOW + 1] {
            let decision = world().begin(&meaning(subject, "-"), &signed_in_at(signed_in));
            assert_eq!(outcome(&decision), expected, "{subject} {}", signed_in - NOW);
        }
        let back = world().begin(&sent_to_sign_in(&meaning(subject, "-")), &signed_in_at(NOW + 1));
        assert_eq!(
            why(&back),
            quiet,
            "whoever signed in is told to the app, and not asked again and again: {subject}"
        );
        let quietly = world()
            .granted("read", &web().basis())
            .begin(&meaning(subject, "none"), &by_alice());
        assert_eq!(why(&quietly), quiet, "{subject}");
        let said = world().answer(&meaning(subject, "-"), &yes_but(""));
        let expected = (subject != hers).then_some(Why::SignInRequired);
        assert_eq!(why(&said), expected, "nobody else answers for them: {subject}");
    }
    let claims = format!(r#"{{"id_token":{{"sub":{{"value":"{others}"}}}}}}"#);
    let by_claim = asked(&[("scope", "openid"), ("claims", &claims)]);
    assert_eq!(by_claim.demand.subject.as_deref(), Some(others.as_str()), "s5.5.1");
    assert_eq!(outcome(&world().begin(&by_claim, &by_alice())), "sign in");
}
