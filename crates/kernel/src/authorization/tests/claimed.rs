//! Who somebody is, asked for beside a place, and single claims (OpenID Connect Core s5.4 and s5.5).

use super::*;

const EMAIL: &str = r#"{"userinfo":{"email":null},"id_token":{"name":{"essential":true}}}"#;

fn own(client: &Client) -> World {
    World {
        resource: None,
        ..of(client)
    }
}

#[test]
fn a_claim_that_is_asked_for_by_itself_is_a_scope_of_its_own() {
    let rows = [
        ("openid", "-", EMAIL, "ask: claim:email claim:name openid"),
        ("openid email", "-", EMAIL, "ask: claim:name email openid"), // the scope opens it already
        ("openid profile email", "-", EMAIL, "ask: email openid profile"),
        ("profile", "-", EMAIL, "ask: profile"), // s5.5: the parameter goes with openid
        (
            "openid",
            "-",
            r#"{"userinfo":{"http://example.info/groups":null}}"#,
            "ask: openid",
        ), // nobody here has it
        ("openid read", HERE, EMAIL, "ask: claim:email claim:name openid read"),
        ("openid", HERE, "-", "ask: admin mail openid read write"), // nothing of this place was asked beside it
        (
            "openid profile offline_access",
            HERE,
            "-",
            "ask: admin mail openid read write",
        ),
        ("openid unheard", HERE, "-", "ask: openid"),
    ];
    for (scope, resource, claims, expected) in rows {
        let world = if resource == "-" { own(&web()) } else { world() };
        let request = asked(&[("scope", scope), ("resource", resource), ("claims", claims)]);
        assert_eq!(
            outcome(&world.begin(&request, &by_alice())),
            expected,
            "{scope} {claims}"
        );
    }
    assert_eq!(
        outcome(&own(&web()).begin(&asked(&[("scope", "claim:email"), ("resource", "-")]), &by_alice())),
        "ask: claim:email",
        "named as a scope it is no other thing"
    );
    let broken = read_by(&web(), &[("scope", "openid"), ("claims", "{")]).unwrap_err();
    assert_eq!(
        (broken.code().name(), broken),
        ("invalid_request", Why::ParameterMalformed("claims"))
    );
    assert!(
        read_by(&web(), &[("scope", "read"), ("claims", "{")]).is_ok(),
        "without openid it means nothing"
    );
}

#[test]
fn a_claim_can_be_left_out_and_the_id_token_is_told_what_it_was_asked_to_have() {
    let request = asked(&[("scope", "openid"), ("resource", "-"), ("claims", EMAIL)]);
    for (without, expected) in [
        ("", "code: claim:email claim:name openid"),
        ("claim:email", "code: claim:name openid"),
        ("claim:email claim:name", "code: openid"),
    ] {
        let decision = own(&web()).answer(&request, &yes_but(without));
        assert_eq!(outcome(&decision), expected, "{without}");
        let kept = &code(&decision).unwrap().id_claims;
        assert_eq!(
            kept.iter().collect::<Vec<_>>(),
            ["name"],
            "what it may have is asked again when it is made"
        );
    }
}

#[test]
fn a_claim_that_was_given_is_remembered_and_one_more_is_asked() {
    let given = |scope: &str| {
        let mut yes = yes(scope, &web().basis());
        yes.authority = crate::authority::Authority::root(crate::authority::Ask {
            details: crate::Details::default(),
            powers: crate::power::Powers::default(),
            scopes: scopes(scope),
            audiences: [crate::Audience::Issuer].into(),
            expires: yes.authority.expires(),
            depth: 4,
        });
        World {
            grants: vec![vec![yes]],
            ..own(&web())
        }
    };
    let request = asked(&[("scope", "openid"), ("resource", "-"), ("claims", EMAIL)]);
    let rows = [
        ("claim:email claim:name openid", "code: claim:email claim:name openid"),
        ("openid", "ask: claim:email claim:name openid"),
        ("claim:name openid", "ask: claim:email claim:name openid"),
        ("email openid profile", "ask: claim:email claim:name openid"), // each is its own yes
    ];
    for (scope, expected) in rows {
        let decision = given(scope).begin(&request, &by_alice());
        assert_eq!(outcome(&decision), expected, "{scope}");
    }
}

#[test]
fn a_rule_decides_about_who_somebody_is_as_about_everything_else() {
    let request = asked(&[("scope", "openid read"), ("claims", EMAIL)]);
    let world = || {
        world().ruled(&[
            allow("openid"),
            allow("read"),
            forbid("claim:email"),
            allow("claim:name"),
        ])
    };
    let decision = world().begin(&request, &by_alice());
    assert_eq!(outcome(&decision), "code: claim:name openid read");
}
