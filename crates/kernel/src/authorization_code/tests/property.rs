//! What holds for every yes, every code and every set of rules.

use proptest::prelude::*;

use super::*;

fn place(n: u8) -> Audience {
    match n {
        0 => Audience::Issuer,
        n => Audience::Resource(facts::uri(&format!("https://r{n}.example/api"))),
    }
}

fn rules() -> impl Strategy<Value = Vec<Value>> {
    let rule = ("[abc]", any::<bool>(), any::<bool>()).prop_map(|(scope, forbid, every)| {
        let mut rule =
            json!({ "id": format!("r-{scope}-{forbid}-{every}"), "effect": if forbid { "forbid" } else { "allow" } });
        if !every {
            rule["scope"] = scope.into();
        }
        rule
    });
    proptest::collection::vec(rule, 0..3)
}

proptest! {
    #[test]
    fn what_is_issued_never_exceeds_the_yes_the_code_or_the_rules(
        yes_scopes in proptest::collection::vec("[abc]", 0..4), yes_places in proptest::collection::vec(0_u8..3, 0..3),
        yes_ends in proptest::option::of(-5_i64..400), depth in 0_u8..6, by_organisation: bool,
        code_scopes in proptest::collection::vec("[abc]", 0..4), code_place in 0_u8..3, rules in rules(), bound: bool,
    ) {
        let authority = Authority::root(Ask { details: crate::Details::default(), powers: crate::power::Powers::default(),
            scopes: Scopes::parse(&yes_scopes.join(" ")).unwrap(),
            audiences: yes_places.iter().map(|n| place(*n)).collect(),
            expires: yes_ends.map(|end| at().now.plus(end)),
            depth,
        });
        let source = if by_organisation {
            grant::Source::Organisation { basis: String::new() }
        } else {
            grant::Source::Person { basis: String::new() }
        };
        let yes = Grant { authority, source, ..yes(&json!({})) };
        let audience = place(code_place);
        let scopes = Scopes::parse(&code_scopes.join(" ")).unwrap();
        let code = AuthorizationCode { scopes: scopes.clone(), audience: audience.clone(), ..code(&json!({})) };
        let resource = match &audience {
            Audience::Issuer => None,
            Audience::Resource(uri) => Some(here(&json!({ "resource": uri.as_str(), "scopes": { "a": "", "b": "", "c": "" } }))),
        };
        let world = World { code: Some(code), path: vec![yes.clone()], resource, ..world() }.ruled(&rules);
        let caller = if bound { with_key(by_app(), JKT) } else { by_app() };
        let decision = world.redeem(&[], &caller);
        let Answer::Issue(_) = decision.answer() else {
            assert_changes_nothing(&decision);
            return Ok(());
        };
        let child = made(&decision);
        let record = decision.change().guards.iter().find_map(|guard| {
 let Guard::Token(token::Guard::Create(record)) = guard else {
 return None;
 };
 Some(record.as_ref())
 }).unwrap();
        prop_assert!(yes.authority.scopes().covers(child.authority.scopes()));
        prop_assert!(scopes.covers(child.authority.scopes()));
        prop_assert!(child.authority.audiences().is_subset(yes.authority.audiences()));
        prop_assert_eq!(child.authority.audiences().iter().collect::<Vec<_>>(), vec![&audience]);
        prop_assert!(child.authority.depth() < yes.authority.depth());
        let end = child.authority.expires().unwrap();
        prop_assert!(end > at().now && yes.authority.expires().is_none_or(|theirs| end <= theirs));
        prop_assert!(record.expires <= end && record.expires > at().now);
        prop_assert_eq!(&record.scope, &child.authority.scopes().joined());
        prop_assert_eq!(record.key.is_some(), bound);
        for rule in &world.rules.consent {
            let named = |scope: &str| rule.scope.as_deref().is_none_or(|name| name == scope);
            let forbids = rule.effect == crate::consent::Effect::Forbid;
            prop_assert!(!forbids || child.authority.scopes().iter().all(|scope| !named(scope)));
            prop_assert!(!(forbids && rule.scope.is_none()), "a place that is forbidden gives nothing at all");
        }
        prop_assert_eq!(child.parent.as_ref(), Some(&yes.id));
        prop_assert_eq!(&record.grant, &child.id);
    }
}
