//! What holds for every request, every tree of grants and every moment.

use proof::Time;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// A step down the tree: what is asked of the parent, and whether the child was revoked.
type Step = (Vec<String>, Vec<u8>, Option<i64>, bool);

fn place(n: u8) -> Audience {
    match n {
        0 => Audience::Issuer,
        n => Audience::Resource(facts::uri(&format!("https://r{n}.example/api"))),
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let scopes = proptest::collection::vec("[abc]", 0..4);
    let places = proptest::collection::vec(0_u8..3, 0..4);
    let end = proptest::option::weighted(0.3, -2_i64..400);
    proptest::collection::vec((scopes, places, end, proptest::bool::weighted(0.2)), 1..4)
}

/// A root and what could be narrowed from it, as a path from the last to the root.
fn grown(number: usize, steps: &[Step]) -> Vec<Grant> {
    let mut path: Vec<Grant> = Vec::new();
    for (level, (scopes, places, end, revoked)) in steps.iter().enumerate() {
        let ask = Ask {
            details: crate::Details::default(),
            powers: crate::power::Powers::default(),
            scopes: Scopes::parse(&scopes.join(" ")).unwrap(),
            audiences: places.iter().map(|n| place(*n)).collect(),
            expires: end.map(|end| Time::from_unix(NOW).plus(end)),
            depth: u8::try_from(4_usize.saturating_sub(level)).unwrap(),
        };
        let parent = path.first();
        let Some(authority) = parent.map_or(Some(Authority::root(ask.clone())), |parent| {
            parent
                .authority
                .narrow(
                    &ask,
                    &crate::detail::Types::default(),
                    &crate::power::DataClasses::default(),
                )
                .ok()
        }) else {
            continue;
        };
        let status = if *revoked {
            Status::Revoked {
                at: Time::from_unix(NOW),
            }
        } else {
            Status::Active
        };
        let parent = parent.map(|parent| parent.id.clone());
        let grant = Grant {
            id: facts::id(&format!("g{number}.{level}")),
            authority,
            parent,
            status,
            ..root("g", "")
        };
        path.insert(0, grant);
    }
    path
}

proptest! {
    #[test]
    fn whatever_is_issued_lies_within_one_living_grant_and_never_outlives_it(
        trees in proptest::collection::vec(steps(), 0..4),
        wanted in proptest::option::of("[abc]( [abc])?"),
        target in proptest::option::of(1_u8..3),
        known in proptest::collection::vec("[abc]", 0..4),
        access_token_seconds in 60_i64..=3_600,
    ) {
        let at = at();
        let tenant = Tenant { settings: Settings { access_token_seconds, ..tenant().settings }, ..tenant() };
        let audience = target.map_or(Audience::Issuer, place);
        let resource = match &audience {
            Audience::Issuer => None,
            Audience::Resource(uri) => Some(Resource {
                uri: uri.clone(),
                scopes: known.iter().map(|scope| (scope.clone(), String::new())).collect(),
                ..here()
            }),
        };
        let scopes = wanted.as_deref().map(|text| Scopes::parse(text).unwrap());
        let request = Request { limits: crate::power::ExecutionLimits::default(), completion: Completion::Now, details: None, scopes: scopes.clone(), resource: resource.as_ref().map(|resource| resource.uri.clone()) };
        let grants: Vec<Vec<Grant>> = trees.iter().enumerate().map(|(number, steps)| grown(number, steps)).collect();
        let knows = |scope: &str| resource.as_ref().is_none_or(|resource| resource.scopes.contains_key(scope));

        // What the definitions say, in other words than the rule's.
        let suffices = |path: &&Vec<Grant>| {
            let alive = path.iter().all(|node| {
                node.status == Status::Active && node.authority.expires().is_none_or(|end| end > at.now)
            });
            let wanted = scopes.iter().flat_map(Scopes::iter).all(|scope| knows(scope) && path[0].authority.scopes().contains(scope));
            alive && wanted && path[0].authority.audiences().contains(&audience)
        };
        let possible: Vec<&str> = grants.iter().filter(suffices).map(|path| path[0].id.as_str()).collect();

        let decision = decide(&request, &called_by(machine()), &Facts { budgets: std::collections::BTreeMap::new(), keys: &people::any_tenant_keys(), approvals: Vec::new(), policy: crate::policy::Policy::built_in(), types: crate::detail::Types::default(), client_epoch: None,
tenant: &tenant, resource: resource.clone(), grants: grants.clone() }, &at);
        prop_assert_eq!(why(&decision).is_none(), !possible.is_empty(), "issued exactly when one grant suffices");
        if possible.is_empty() {
            return Ok(());
        }

        let made = record(&decision);
        prop_assert!(possible.contains(&made.grant.as_str()));
        let path = grants.iter().find(|path| path[0].id == made.grant).unwrap();
        let given = Scopes::parse(&made.scope).unwrap();
        prop_assert!(made.expires > at.now && made.expires <= at.now.plus(access_token_seconds));
        for node in path {
            prop_assert!(node.authority.scopes().covers(&given));
            prop_assert!(node.authority.audiences().contains(&made.audience));
            prop_assert!(node.authority.expires().is_none_or(|end| made.expires <= end));
        }
        prop_assert!(given.iter().all(knows));
        prop_assert!(scopes.is_none_or(|wanted| wanted == given), "exactly what was asked");
        prop_assert_eq!(&made.audience, &audience);

        // The token says what its record says.
        let claims = claims(&decision);
        prop_assert_eq!(claims["exp"].as_i64(), Some(made.expires.unix()));
        prop_assert_eq!(claims.get("scope").and_then(Value::as_str).unwrap_or_default(), &made.scope);
        prop_assert_eq!(claims["aud"].as_str(), Some(if audience == Audience::Issuer { ISSUER } else { made.audience.as_row() }));
    }
}
