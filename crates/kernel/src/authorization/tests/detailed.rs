//! RFC 9396 s3 and s5, S-30: details are asked about each time, each refusable, and what was shown is what is given.

use super::*;
use crate::{
    Details,
    detail::{self, Breach, Types},
    vectors,
};

const PAYMENT: &str = r#"{"type":"payment","amount":"50","payee":"Acme"}"#;
const FILES: &str = r#"{"type":"files","actions":["read"]}"#;

fn kind(name: &str, words: &str) -> detail::DetailType {
    vectors::details::kind(&json!({ "type": name, "words": { "en": words } }))
}

/// Both types, whose schemas admit these details.
fn types(details: &Details) -> Types {
    let mut types = Types::of([kind("payment", "pay"), kind("files", "use files")]);
    details.iter().for_each(|detail| types.judge(detail, Ok(())));
    types
}

fn list(items: &[&str]) -> String {
    format!("[{}]", items.join(","))
}

/// A request for these details, and a world that knows their types.
fn asking(items: &[&str], changed: &[(&str, &str)]) -> (Asked, World) {
    let text = list(items);
    let mut parameters = vec![("authorization_details", text.as_str())];
    parameters.extend(changed);
    let asked = asked(&parameters);
    let types = types(&asked.details);
    (asked, World { types, ..world() })
}

/// A yes to the page as it is shown in this world, but for these.
fn yes_without(world: &World, asked: &Asked, scope: &str, details: &[&str]) -> Said {
    let left_out = Details::parse(&list(details))
        .map(|details| details.digests())
        .unwrap_or_default();
    Said::Allow {
        without: scopes(scope),
        details: Chosen {
            shown: world.types.shown(&asked.details),
            without: left_out.into_iter().collect(),
        },
    }
}

fn given(decision: &Decision) -> (String, String) {
    let code = code(decision).unwrap_or_else(|| panic!("a code, not {:?}", decision.answer()));
    if let Some(grant) = made(decision) {
        assert_eq!(
            *grant.authority.details(),
            code.details,
            "the grant has what the code has"
        );
    }
    (code.scopes.joined(), code.details.row())
}

#[test]
fn a_request_carries_its_details_whole_from_step_to_step() {
    let (asked, _) = asking(&[PAYMENT, FILES], &[]);
    assert_eq!(asked.details.len(), 2);
    let sealed = asked.to_json();
    assert!(sealed["details"].is_string(), "as one text, whatever its depth");
    assert_eq!(Asked::from_json(&sealed), Some(asked));
    assert_eq!(
        read_by(&web(), &[("authorization_details", "[]")])
            .map(|_| ())
            .unwrap_err()
            .code(),
        crate::Code::InvalidAuthorizationDetails
    );
}

#[test]
fn a_person_is_asked_about_details_whatever_they_or_a_rule_said_before() {
    let (asked, world) = asking(&[PAYMENT], &[]);
    let stands = World {
        types: world.types.clone(),
        ..super::world().granted("read write", &web().basis())
    };
    let ruled = World {
        types: world.types.clone(),
        ..super::world().ruled(&[allow("read")])
    };
    for (world, claim) in [
        (world, "nothing yet"),
        (stands, "a yes that stands"),
        (ruled, "a rule that allows"),
    ] {
        let decision = world.begin(&asked, &by_alice());
        assert!(
            outcome(&decision).starts_with("ask:"),
            "{claim}: {}",
            outcome(&decision)
        );
        let Answer::Wait(Pending::Consent(ask)) = decision.answer() else {
            panic!("{claim}")
        };
        assert!(
            !matches!(ask.before, Before::Same { .. }),
            "{claim}: the same was never said"
        );
        assert_eq!(ask.asked.details, asked.details, "{claim}");
    }
    // A yes to the very same details does not stand for a second payment either.
    let (asked, world) = asking(&[PAYMENT], &[("prompt", "none")]);
    let mut before = yes("read", &web().basis());
    before.authority = crate::Authority::root(crate::Ask {
        scopes: scopes("read"),
        details: asked.details.clone(),
        powers: crate::power::Powers::default(),
        audiences: before.authority.audiences().clone(),
        expires: before.authority.expires(),
        depth: 4,
    });
    let at = before.created;
    let world = World {
        grants: vec![vec![before]],
        ..world
    };
    assert_eq!(why(&world.begin(&asked, &by_alice())), Some(Why::ConsentRequired));
    // And the page does not say that something is different where nothing is (S-30).
    for (details, expected) in [
        (vec![PAYMENT], Before::Again { at }),
        (vec![FILES], Before::Less { at }),
        (vec![PAYMENT, FILES], Before::Less { at }),
    ] {
        let (page, world) = {
            let (page, known) = asking(&details, &[]);
            (
                page,
                World {
                    grants: world.grants.clone(),
                    ..known
                },
            )
        };
        let decision = world.begin(&page, &by_alice());
        let Answer::Wait(Pending::Consent(ask)) = decision.answer() else {
            panic!("{details:?}")
        };
        assert_eq!(ask.before, expected, "{details:?}");
    }
    let page = super::asked(&[("authorization_details", &list(&[PAYMENT]))]);
    let again = world.answer(&page, &yes_without(&world, &page, "", &[]));
    assert!(made(&again).is_some(), "each yes to details is a grant of its own");
}

#[test]
fn s_30_what_was_shown_is_given_but_for_what_was_left_out() {
    let (asked, world) = asking(&[PAYMENT, FILES], &[]);
    let (payment, files) = (
        Details::parse(&list(&[PAYMENT])).unwrap().row(),
        Details::parse(&list(&[FILES])).unwrap().row(),
    );
    let all = asked.details.row();
    for (scope, left_out, expected) in [
        ("", vec![], ("read", all.as_str())),
        ("", vec![PAYMENT], ("read", files.as_str())),
        ("", vec![FILES], ("read", payment.as_str())),
        ("", vec![PAYMENT, FILES], ("read", "")),
        ("read", vec![PAYMENT], ("", files.as_str())),
    ] {
        let decision = world.answer(&asked, &yes_without(&world, &asked, scope, &left_out));
        let (scopes, details) = given(&decision);
        assert_eq!(
            (scopes.as_str(), details.as_str()),
            expected,
            "without {scope} {left_out:?}"
        );
        let events = &decision.change().events;
        assert_eq!(
            events[0].body.get("details").cloned().unwrap_or(json!([])),
            json!(code(&decision).unwrap().details.digests()),
            "the log names what was given by its digest"
        );
    }
    let nothing = world.answer(&asked, &yes_without(&world, &asked, "read", &[PAYMENT, FILES]));
    assert_eq!(why(&nothing), Some(Why::PersonDenied), "a yes to nothing");
}

#[test]
fn s_30_a_yes_to_another_page_is_a_yes_to_nothing() {
    let (asked, world) = asking(&[PAYMENT], &[]);
    let said = yes_without(&world, &asked, "", &[]);
    let other_words = World {
        types: {
            let mut types = Types::of([kind("payment", "have a look at")]);
            asked.details.iter().for_each(|detail| types.judge(detail, Ok(())));
            types
        },
        ..super::world()
    };
    assert_eq!(why(&other_words.answer(&asked, &said)), Some(Why::PageExpired));
    let (more, world) = asking(&[PAYMENT, FILES], &[]);
    assert_eq!(
        why(&world.answer(&more, &said)),
        Some(Why::PageExpired),
        "it showed one of two"
    );
    let blind = Said::Allow {
        without: scopes(""),
        details: Chosen::default(),
    };
    assert_eq!(why(&world.answer(&more, &blind)), Some(Why::PageExpired));
}

#[test]
fn s_30_a_code_relies_on_the_words_that_were_shown() {
    let (asked, world) = asking(&[PAYMENT], &[]);
    let decision = world.answer(&asked, &yes_without(&world, &asked, "", &[]));
    let expected = Guard::DetailType(detail::Guard::Unchanged {
        id: facts::id("payment"),
        basis: kind("payment", "pay").basis(),
    });
    assert!(decision.change().guards.contains(&expected));
    let (_, both) = asking(&[PAYMENT, FILES], &[]);
    let without = both.answer(&asked, &yes_without(&both, &asked, "", &[PAYMENT]));
    assert!(
        !without.change().guards.contains(&expected),
        "what is not given is not relied on"
    );
}

#[test]
fn details_alone_ask_for_no_scope() {
    let (asked, world) = asking(&[PAYMENT], &[("scope", "-")]);
    let decision = world.begin(&asked, &by_alice());
    assert_eq!(outcome(&decision), "ask: ");
    let decision = world.answer(&asked, &yes_without(&world, &asked, "", &[]));
    assert_eq!(given(&decision), (String::new(), asked.details.row()));
    let denied = world.answer(&asked, &yes_without(&world, &asked, "", &[PAYMENT]));
    assert_eq!(why(&denied), Some(Why::PersonDenied));

    let (at_home, world) = asking(&[PAYMENT], &[("scope", "-"), ("resource", "-")]);
    assert_eq!(
        outcome(&world.begin(&at_home, &by_alice())),
        "ask: ",
        "nor for our own default"
    );
}

#[test]
fn a_rule_that_forbids_the_place_forbids_details_there() {
    let place = json!({ "id": "r", "effect": "forbid", "resource": HERE });
    let client = json!({ "id": "r", "effect": "forbid", "client_id": "app" });
    for scope in ["-", "read"] {
        for rule in [&place, &client] {
            let (asked, world) = asking(&[PAYMENT], &[("scope", scope)]);
            let world = world.ruled(std::slice::from_ref(rule));
            assert_eq!(
                why(&world.begin(&asked, &by_alice())),
                Some(Why::ForbiddenByRule),
                "{scope} {rule}"
            );
        }
    }
    let (asked, world) = asking(&[PAYMENT], &[]);
    let world = world.ruled(&[forbid("read")]);
    let decision = world.answer(&asked, &yes_without(&world, &asked, "", &[]));
    assert_eq!(
        given(&decision),
        (String::new(), asked.details.row()),
        "a scope that is forbidden takes no detail with it"
    );
}

#[test]
fn what_is_unknown_broken_not_allowed_or_for_elsewhere_is_refused() {
    let unknown = asking(&[PAYMENT], &[]);
    let world = World {
        types: Types::of([kind("files", "use")]),
        ..super::world()
    };
    assert_eq!(
        why(&world.begin(&unknown.0, &by_alice())),
        Some(Why::DetailTypeUnknown(0))
    );

    let (asked, mut world) = asking(&[PAYMENT], &[]);
    world.types.judge(
        asked.details.iter().next().unwrap(),
        Err(Breach::Missing(String::new())),
    );
    assert_eq!(
        why(&world.begin(&asked, &by_alice())),
        Some(Why::DetailRefused(0, Breach::Missing(String::new())))
    );

    let (asked, world) = asking(&[PAYMENT], &[]);
    let limited = client(&json!({ "authorization_details_types": ["files"] }));
    let world = World {
        client: Some(limited),
        ..world
    };
    assert_eq!(
        why(&world.begin(&asked, &by_alice())),
        Some(Why::DetailTypeNotAllowed(0))
    );

    for (resource, locations, expected) in [
        (HERE, HERE, None),
        (HERE, ISSUER, Some(Why::DetailElsewhere(0))),
        ("-", ISSUER, None),
        ("-", HERE, Some(Why::DetailElsewhere(0))),
    ] {
        let detail = format!(r#"{{"type":"payment","locations":["{locations}","https://b.example"]}}"#);
        let (asked, world) = asking(&[&detail], &[("resource", resource), ("scope", "-")]);
        assert_eq!(
            why(&world.begin(&asked, &by_alice())),
            expected,
            "{locations} at {resource}"
        );
    }
}

#[test]
fn scopes_alone_give_no_detail_of_a_yes_that_has_some() {
    let mut before = yes("read write", &web().basis());
    before.authority = crate::Authority::root(crate::Ask {
        scopes: scopes("read write"),
        details: Details::parse(&list(&[PAYMENT])).unwrap(),
        powers: crate::power::Powers::default(),
        audiences: before.authority.audiences().clone(),
        expires: before.authority.expires(),
        depth: 4,
    });
    let world = World {
        grants: vec![vec![before]],
        ..world()
    };
    let decision = world.begin(&asked(&[]), &by_alice());
    assert_eq!(given(&decision), ("read".to_owned(), String::new()));
}
