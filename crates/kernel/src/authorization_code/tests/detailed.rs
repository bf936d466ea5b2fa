//! RFC 9396 s6, s7 and s9: a token has the details of the code, or less of them.

use super::*;
use crate::{
    Details,
    decision::Reply,
    detail::{self, Types},
    vectors,
};

const FIFTY: &str = r#"{"amount":"50","type":"payment"}"#;
const FORTY: &str = r#"{"amount":"40","type":"payment"}"#;

fn details(items: &[&str]) -> Details {
    Details::parse(&format!("[{}]", items.join(","))).unwrap()
}

fn types() -> Types {
    let rules = json!({ "type": "payment", "words": { "en": "pay" }, "narrowing": { "amount": "at_most" } });
    let mut types = Types::of([vectors::details::kind(&rules)]);
    let judged = [FIFTY, FORTY, r#"{"amount":"60","type":"payment"}"#];
    details(&judged).iter().for_each(|detail| types.judge(detail, Ok(())));
    types
}

/// A code for one payment of fifty, with these types.
fn paid(types: Types) -> World {
    let given = json!({ "authorization_details": [{ "type": "payment", "amount": "50" }] });
    World {
        code: Some(code(&given)),
        path: vec![yes(&given)],
        types,
        ..world()
    }
}

/// What the token and the answer have, and what their authorization has.
fn had(decision: &Decision) -> (Details, Details) {
    let Answer::Issue(Reply::Token { details, .. }) = decision.answer() else {
        panic!("a token, not {:?}", decision.answer());
    };
    let claim = decision.sign()[0].claims.get("authorization_details").cloned();
    assert_eq!(claim, (!details.is_empty()).then(|| details.value()), "RFC 9396 s9.1");
    let authorization = decision.change().guards.iter().find_map(|guard| {
        let Guard::Grant(grant::Guard::Create(grant)) = guard else {
            return None;
        };
        Some(grant.authority.details().clone())
    });
    (details.clone(), authorization.unwrap())
}

#[test]
fn a_token_has_the_details_of_its_code_or_less_of_them() {
    let all = paid(types()).redeem(&[], &by_app());
    assert_eq!(had(&all), (details(&[FIFTY]), details(&[FIFTY])));
    let relied = Guard::DetailType(detail::Guard::Unchanged {
        id: facts::id("payment"),
        basis: types().get(&facts::id("payment")).unwrap().basis(),
    });
    assert!(all.change().guards.contains(&relied));
    let less = paid(types()).redeem(&[("authorization_details", &format!("[{FORTY}]"))], &by_app());
    assert_eq!(
        had(&less),
        (details(&[FORTY]), details(&[FIFTY])),
        "a refresh may have what the first token did not want"
    );
    let none = world().redeem(&[], &by_app());
    assert_eq!(had(&none), (Details::default(), Details::default()));
}

#[test]
fn s_31_more_than_the_code_has_is_refused() {
    for asked in [
        r#"[{"type":"payment","amount":"60"}]"#,
        r#"[{"type":"payment","amount":"40"},{"type":"payment","amount":"50"}]"#,
    ] {
        let decision = paid(types()).redeem(&[("authorization_details", asked)], &by_app());
        assert_eq!(why(&decision), Some(Why::DetailNotGranted), "{asked}");
    }
    let unasked = world();
    let unasked = World {
        types: types(),
        ..unasked
    };
    let decision = unasked.redeem(&[("authorization_details", &format!("[{FORTY}]"))], &by_app());
    assert_eq!(
        why(&decision),
        Some(Why::DetailNotGranted),
        "a code without details has none to give"
    );
    let malformed = read(&body(&[("authorization_details", "[1]")]));
    assert_eq!(malformed.unwrap_err().code(), crate::Code::InvalidAuthorizationDetails);
}

#[test]
fn a_type_that_is_gone_or_no_longer_admits_it_silences_the_code() {
    let mut tightened = types();
    details(&[FIFTY])
        .iter()
        .for_each(|detail| tightened.judge(detail, Err(detail::Breach::Value(String::new()))));
    for (types, claim) in [(Types::default(), "gone"), (tightened, "tightened")] {
        assert_eq!(
            why(&paid(types).redeem(&[], &by_app())),
            Some(Why::GrantEnded),
            "{claim}"
        );
    }
}
