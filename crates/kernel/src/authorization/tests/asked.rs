//! How a request is read, and how the page carries it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn a_whole_request_is_read_as_it_stands() {
    let read = asked(&[
        ("scope", "write read"),
        ("dpop_jkt", JKT),
        ("prompt", "login consent"),
        ("login_hint", "alice@demo.test"),
        ("ui_locales", "de en"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("max_age", "600"),
        ("acr_values", "phr 1"),
        ("response_mode", "form_post"),
        ("unknown", "unknown parameters are ignored (RFC 6749 s3.1)"),
    ]);
    let expected = Asked {
        details: crate::Details::default(),
        id: at().request_id(),
        client: facts::id("app"),
        returns: Returns {
            redirect_uri: facts::redirect_uri(BACK),
            state: Some("xyz".to_owned()),
            mode: ResponseMode::Query, // where the answer goes was read before, for this test by itself
        },
        scopes: Some(scopes("read write")),
        resource: Some(facts::uri(HERE)),
        challenge: Some(CHALLENGE.to_owned()),
        key: Some(JKT.to_owned()),
        prompt: Prompt {
            none: Wish::No,
            login: Wish::Yes,
            consent: Wish::Yes,
        },
        demand: Demand {
            acr: vec!["phr".to_owned(), "1".to_owned()],
            max_age: Some(600),
            ..Demand::default()
        },
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        id_claims: BTreeSet::new(),
        login_hint: Some("alice@demo.test".to_owned()),
        ui_locales: Some("de en".to_owned()),
        pushed: Wish::No,
        sent_to_sign_in: Wish::No,
        created: Time::from_unix(NOW),
    };
    assert_eq!(read, expected);
    assert_eq!(read.expires().unix(), NOW + 1_800, "half an hour to answer");
}

#[test]
fn a_parameter_without_value_counts_as_omitted() {
    let empty = [
        ("scope", ""),
        ("resource", ""),
        ("dpop_jkt", ""),
        ("prompt", ""),
        ("login_hint", ""),
        ("ui_locales", ""),
        ("response_mode", ""),
    ];
    let omitted = [
        ("scope", "-"),
        ("resource", "-"),
        ("dpop_jkt", "-"),
        ("prompt", "-"),
        ("login_hint", "-"),
        ("ui_locales", "-"),
        ("response_mode", "-"),
    ];
    assert_eq!(asked(&empty), asked(&omitted), "RFC 6749 s3.1");
    let read = asked(&empty);
    assert_eq!((read.scopes, read.resource, read.key), (None, None, None));
    assert_eq!(read.prompt, Prompt::default());
    assert_eq!(asked(&[("scope", " ")]).scopes, None, "a list of nothing is no list");
}

#[test]
fn each_step_refuses_by_its_own_reason() {
    let rows: &[(&str, &str, Why, &str)] = &[
        (
            "response_type",
            "-",
            Why::ParameterMissing("response_type"),
            "invalid_request",
        ),
        (
            "response_type",
            "",
            Why::ParameterMissing("response_type"),
            "invalid_request",
        ),
        ("code_challenge", "-", Why::ChallengeMissing, "invalid_request"),
        ("dpop_jkt", "x", Why::ParameterMalformed("dpop_jkt"), "invalid_request"),
        (
            "dpop_jkt",
            JKT.get(1..).unwrap(),
            Why::ParameterMalformed("dpop_jkt"),
            "invalid_request",
        ),
        ("scope", "a\"b", Why::ScopeMalformed, "invalid_scope"),
        ("scope", "a\tb", Why::ScopeMalformed, "invalid_scope"),
        ("scope", "\u{e9}", Why::ScopeMalformed, "invalid_scope"),
        ("resource", "mcp", Why::ResourceUnknown, "invalid_target"),
        (
            "resource",
            "https://mcp.example/#here",
            Why::ResourceUnknown,
            "invalid_target",
        ),
        (
            "resource",
            "javascript:alert(1)",
            Why::ResourceUnknown,
            "invalid_target",
        ),
    ];
    for (name, value, expected, code) in rows {
        let refused = read_by(&web(), &[(name, value)]).unwrap_err();
        assert_eq!(refused, *expected, "{name}={value}");
        assert_eq!(refused.code().name(), *code, "{name}={value}");
    }
    let machine = client(&json!({ "grant_types": ["client_credentials"] }));
    let refused = read_by(&machine, &[]).unwrap_err();
    assert_eq!(
        (refused.code().name(), refused),
        ("unauthorized_client", Why::GrantTypeNotAllowed),
        "RFC 6749 s4.1.2.1"
    );
    let two = [("resource", HERE), ("resource", "https://api.example/")];
    let refused = read_by(&web(), &two).unwrap_err();
    assert_eq!(
        (refused.code().name(), refused),
        ("invalid_target", Why::ResourceRepeated),
        "one audience a token"
    );
}

#[test]
fn s_04_a_challenge_is_there_and_is_s256_and_says_so() {
    let one_less = CHALLENGE.get(..42).unwrap();
    let one_more = format!("{CHALLENGE}A");
    let verifier_of_128 = "a".repeat(128);
    let padded = format!("{}=", CHALLENGE.get(..42).unwrap());
    let rows: &[(&str, &str, Why)] = &[
        (CHALLENGE, "-", Why::ChallengeMethod), // absent is plain (RFC 7636 s4.3)
        (CHALLENGE, "", Why::ChallengeMethod),
        (CHALLENGE, "plain", Why::ChallengeMethod),
        (CHALLENGE, "s256", Why::ChallengeMethod),
        (CHALLENGE, "S256 ", Why::ChallengeMethod),
        (CHALLENGE, "S512", Why::ChallengeMethod),
        ("-", "S256", Why::ChallengeMissing),
        ("", "S256", Why::ChallengeMissing),
        ("-", "-", Why::ChallengeMissing),
        (one_less, "S256", Why::ParameterMalformed("code_challenge")),
        (&one_more, "S256", Why::ParameterMalformed("code_challenge")),
        (&padded, "S256", Why::ParameterMalformed("code_challenge")),
        (&verifier_of_128, "S256", Why::ParameterMalformed("code_challenge")),
        (
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN",
            "S256",
            Why::ParameterMalformed("code_challenge"),
        ), // bits behind the last byte
        (
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
            "S256",
            Why::ParameterMalformed("code_challenge"),
        ), // the alphabet of s4, not s5
    ];
    for (challenge, method, expected) in rows {
        let changed = [("code_challenge", *challenge), ("code_challenge_method", *method)];
        let refused = read_by(&web(), &changed).unwrap_err();
        assert_eq!(refused, *expected, "{challenge} {method}");
        assert_eq!(refused.code().name(), "invalid_request", "RFC 7636 s4.4.1");
    }
    for client in [web(), public(BACK), stranger(), registered_itself()] {
        let refused = read_by(&client, &[("code_challenge", "-"), ("code_challenge_method", "-")]);
        assert_eq!(
            refused,
            Err(Why::ChallengeMissing),
            "no client is excepted: {}",
            client.id
        );
    }
}

#[test]
fn s_05_a_flow_that_is_not_offered_is_not_reached_by_naming_it() {
    for response_type in [
        "token",
        "id_token",
        "id_token token",
        "code id_token",
        "code token",
        "none",
        "Code",
        "code ",
    ] {
        let refused = read_by(&web(), &[("response_type", response_type)]).unwrap_err();
        assert_eq!(
            (refused.code().name(), refused),
            ("unsupported_response_type", Why::ResponseTypeUnknown),
            "{response_type}"
        );
    }
    for response_mode in [
        "fragment",
        "fragment.jwt",
        "web_message",
        "Query",
        "JWT",
        "query jwt",
        ".jwt",
    ] {
        let refused = read_by(&web(), &[("response_mode", response_mode)]).unwrap_err();
        assert_eq!(
            (refused.code().name(), refused),
            ("invalid_request", Why::ResponseModeUnknown),
            "{response_mode}"
        );
    }
}

#[test]
fn s_03_no_parameter_stands_twice_but_resource_which_is_refused_by_its_own_reason() {
    let names = [
        "response_type",
        "response_mode",
        "client_id",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
        "dpop_jkt",
        "scope",
        "prompt",
        "login_hint",
        "anything",
    ];
    for name in names {
        for query in [
            format!("{name}=a&{name}=a"),
            format!("{name}=&{name}=a"),
            format!("{name}=a&x=y&%{:02x}{}=b", name.as_bytes()[0], name.get(1..).unwrap()),
        ] {
            let twice = Form::parse(query.as_bytes(), REPEATABLE);
            assert_eq!(
                twice.unwrap_err().code().name(),
                "invalid_request",
                "RFC 6749 s3.1: {query}"
            );
        }
    }
    assert!(
        Form::parse(b"resource=a&resource=b", REPEATABLE).is_ok(),
        "RFC 8707 s2; two of them are refused where they are read"
    );
}

#[test]
fn prompt_is_read_as_openid_connect_core_says() {
    let prompt = |none, login, consent| Ok(Prompt { none, login, consent });
    let (y, n) = (Wish::Yes, Wish::No);
    let rows = [
        ("none", prompt(y, n, n)),
        ("login", prompt(n, y, n)),
        ("consent", prompt(n, n, y)),
        ("login consent", prompt(n, y, y)),
        ("consent login", prompt(n, y, y)),
        ("consent consent", prompt(n, n, y)),
        ("select_account", prompt(n, y, n)),
        ("select_account login consent", prompt(n, y, y)),
        ("none login", Err(Why::PromptMalformed)),
        ("consent none", Err(Why::PromptMalformed)),
        ("none select_account", Err(Why::PromptMalformed)),
        ("None", Err(Why::PromptMalformed)),
        ("create", Err(Why::PromptMalformed)),
        ("login,consent", Err(Why::PromptMalformed)),
    ];
    for (text, expected) in rows {
        let read = read_by(&web(), &[("prompt", text)]).map(|asked| asked.prompt);
        assert_eq!(read, expected, "{text}");
    }
    assert_eq!(Why::PromptMalformed.code().name(), "invalid_request");
}

#[test]
fn hints_are_cut_and_not_refused() {
    let long = "\u{e4}".repeat(300);
    let read = asked(&[("login_hint", &long), ("ui_locales", &long)]);
    let cut = Some("\u{e4}".repeat(256));
    assert_eq!((read.login_hint, read.ui_locales), (cut.clone(), cut));
}

#[test]
fn s_05_a_carried_request_that_is_not_whole_is_none() {
    let whole = asked(&[
        ("dpop_jkt", JKT),
        ("prompt", "login"),
        ("login_hint", "a"),
        ("ui_locales", "de"),
    ])
    .to_json();
    assert!(Asked::from_json(&whole).is_some());
    for name in ["id", "client", "redirect_uri", "created"] {
        for value in [None, Some(json!(null)), Some(json!([]))] {
            let mut broken = whole.clone();
            broken.remove(name);
            broken.extend(value.map(|value| (name.to_owned(), value)));
            assert_eq!(Asked::from_json(&broken), None, "{name}");
        }
    }
    for (name, value) in [
        ("redirect_uri", "javascript:alert(1)"), // S-02: the allow-list holds at use too
        ("resource", "mcp"),
        ("scope", "\""),
        ("prompt", "none login"),
        ("client", "a b"),
    ] {
        let mut broken = whole.clone();
        broken.insert(name.to_owned(), value.into());
        assert_eq!(Asked::from_json(&broken), None, "{name}");
    }
}

fn prompts() -> impl Strategy<Value = Prompt> {
    let wish = |yes| if yes { Wish::Yes } else { Wish::No };
    proptest::sample::select(vec![
        (true, false, false),
        (false, false, false),
        (false, true, false),
        (false, false, true),
        (false, true, true),
    ])
    .prop_map(move |(none, login, consent)| Prompt {
        none: wish(none),
        login: wish(login),
        consent: wish(consent),
    })
}

type Details = (Option<String>, Option<i64>, Vec<String>, ResponseMode, Wish);

/// What OpenID Connect adds to a request.
fn details() -> impl Strategy<Value = Details> {
    (
        proptest::option::of(".{1,20}"),
        proptest::option::of(0_i64..1_000),
        proptest::collection::vec("[a-z:]{1,9}", 0..3),
        proptest::sample::select(ResponseMode::ALL),
        proptest::bool::ANY.prop_map(|pushed| if pushed { Wish::Yes } else { Wish::No }),
    )
}

prop_compose! {
    fn requests()(
        id in "[0-9a-v]{26}", client in "[!-~]{1,60}", state in proptest::option::of(".{1,40}"), scope in proptest::option::of("[a-z:]{1,9}( [a-z:]{1,9}){0,3}"),
        place in proptest::option::of("https://[a-z]{1,9}\\.example/[a-z]{0,5}"), back in "https://[a-z]{1,9}\\.example/[a-z]{0,5}(\\?[a-z]=[0-9])?",
        prompt in prompts(), key: bool, (nonce, max_age, acr, mode, pushed) in details(), login_hint in proptest::option::of(".{1,20}"), ui_locales in proptest::option::of("[a-z ]{1,9}"), created: i64,
    ) -> Asked {
        Asked { details: crate::Details::default(),
            id,
            client: facts::id(&client),
            returns: Returns { redirect_uri: facts::redirect_uri(&back), state, mode },
            scopes: scope.map(|scope| scopes(&scope)),
            resource: place.map(|place| facts::uri(&place)),
            challenge: key.then(|| CHALLENGE.to_owned()),
            key: key.then(|| JKT.to_owned()),
            prompt,
            demand: Demand { essential_acr: acr.clone(), acr: acr.clone(), max_age, subject: nonce.clone() },
            nonce,
            id_claims: acr.into_iter().collect(),
            login_hint,
            ui_locales,
            pushed,
            sent_to_sign_in: if key { Wish::Yes } else { Wish::No },
            created: Time::from_unix(created),
        }
    }
}

proptest! {
    #[test]
    fn s_05_what_the_page_carries_comes_back_as_it_was(asked in requests()) {
        let text = Value::from(asked.to_json()).to_string();
        let read = proof::json::parse_object(text.as_bytes()).unwrap();
        prop_assert_eq!(Asked::from_json(&read), Some(asked));
    }
}
