//! RFC 9396 s6: a refresh has the details of its authorization, or less of them.

use super::*;
use crate::{Details, detail::Types, vectors};

const GIVEN: &str = r#"[{"actions":["read","write"],"type":"files"}]"#;
const LESS: &str = r#"[{"actions":["read"],"type":"files"}]"#;
const MORE: &str = r#"[{"actions":["read","delete"],"type":"files"}]"#;

fn types() -> Types {
    let rules = json!({ "type": "files", "words": { "en": "use" }, "narrowing": { "actions": "subset" } });
    let mut types = Types::of([vectors::details::kind(&rules)]);
    for text in [GIVEN, LESS, MORE] {
        Details::parse(text)
            .unwrap()
            .iter()
            .for_each(|detail| types.judge(detail, Ok(())));
    }
    types
}

fn with_files(types: Types) -> World {
    let given = json!({ "authorization_details": serde_json::from_str::<Value>(GIVEN).unwrap() });
    World {
        path: vec![authorization(&given), yes(&given)],
        types,
        ..world()
    }
}

fn had(decision: &Decision) -> String {
    let Answer::Issue(Reply::Token { details, .. }) = decision.answer() else {
        panic!("a token, not {:?}", decision.answer());
    };
    let claim = decision.sign()[0].claims.get("authorization_details").cloned();
    assert_eq!(claim, (!details.is_empty()).then(|| details.value()));
    details.row()
}

#[test]
fn a_refresh_has_the_same_details_or_less() {
    let world = with_files(types());
    assert_eq!(had(&world.newest(&[], &by_app())), GIVEN);
    assert_eq!(had(&world.newest(&[("authorization_details", LESS)], &by_app())), LESS);
    assert_eq!(
        had(&world.newest(&[("scope", "read")], &by_app())),
        GIVEN,
        "a scope says nothing of details"
    );
    let less = world.newest(&[("authorization_details", LESS)], &by_app());
    let made = less
        .change()
        .guards
        .iter()
        .any(|guard| matches!(guard, Guard::Grant(grant::Guard::Create(_))));
    assert!(
        !made,
        "the authorization stays what it is: the next refresh may have all of it again (RFC 6749 s6)"
    );
}

#[test]
fn s_31_more_is_refused_and_kills_nothing() {
    let decision = with_files(types()).newest(&[("authorization_details", MORE)], &by_app());
    assert_eq!(why(&decision), Some(Why::DetailNotGranted));
    assert_changes_nothing(&decision);
    let none = World {
        types: types(),
        ..world()
    };
    let decision = none.newest(&[("authorization_details", LESS)], &by_app());
    assert_eq!(why(&decision), Some(Why::DetailNotGranted));
}

#[test]
fn a_type_that_is_gone_silences_the_line() {
    let decision = with_files(Types::default()).newest(&[], &by_app());
    assert_eq!(why(&decision), Some(Why::GrantEnded));
    assert_changes_nothing(&decision);
    let wider = [("scope", "admin"), ("completion_mode", "deferred")];
    let decision = with_files(Types::default()).newest(&wider, &by_app());
    assert_eq!(why(&decision), Some(Why::GrantEnded), "nor does a wish wake it");
}

/// What the person of the line is asked.
fn asked(decision: &Decision) -> (String, String) {
    let asks = decision.change().guards.iter().find_map(|guard| {
        let Guard::Approval(crate::approval::Guard::Create(approval)) = guard else {
            return None;
        };
        Some(&approval.asks)
    });
    let asks = asks.unwrap_or_else(|| panic!("a question, not {:?}", decision.answer()));
    (asks.scopes.joined(), asks.details.row())
}

#[test]
fn a_line_that_waits_asks_its_person_for_more_details() {
    let deferred = |more: &[(&str, &str)]| {
        let parameters: Vec<(&str, &str)> = [("completion_mode", "deferred")].iter().chain(more).copied().collect();
        with_files(types()).newest(&parameters, &by_app())
    };
    let expect = |scope: &str, details: &str| (scope.to_owned(), details.to_owned());
    assert_eq!(
        asked(&deferred(&[("authorization_details", MORE)])),
        expect("read write", MORE),
        "with the scope that the line has"
    );
    assert_eq!(
        asked(&deferred(&[("authorization_details", MORE), ("scope", "read")])),
        expect("read", MORE)
    );
    assert_eq!(
        asked(&deferred(&[("authorization_details", LESS), ("scope", "admin")])),
        expect("admin", LESS)
    );
    assert_eq!(
        asked(&deferred(&[("scope", "admin")])),
        expect("admin", GIVEN),
        "a scope says nothing of details: what the request would have got"
    );
    assert_eq!(
        had(&deferred(&[("authorization_details", LESS)])),
        LESS,
        "less is given at once"
    );
    let unknown = deferred(&[("authorization_details", r#"[{"type":"unheard_of"}]"#)]);
    assert_eq!(why(&unknown), Some(Why::DetailTypeUnknown(0)));
    assert_changes_nothing(&unknown);
}
