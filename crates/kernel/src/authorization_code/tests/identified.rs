//! The ID token (OpenID Connect Core s2 and s3.1.3), the names that people have there (s8), and who is to hear when they sign out.

use super::*;
use crate::{client::SubjectType, decision::Unsigned, relying_party};

/// A code of somebody who was asked who they are, at our own endpoints or at a place, but for these members.
fn openid(changed: &Value) -> World {
    let row = with(
        json!({ "scope": "openid email", "aud": "-", "nonce": "n-0S6_WzA2Mj", "browser_session": "browser-1" }),
        changed,
    );
    let code = code(&row);
    let resources = match &code.audience {
        Audience::Issuer => json!([]),
        Audience::Resource(uri) => json!([uri.as_str()]),
    };
    let all = code
        .scopes
        .with(&Scopes::parse("address email openid profile read write").unwrap());
    let own = code.audience == Audience::Issuer;
    let yes = yes(&json!({ "scope": all.joined(), "resources": resources, "own_endpoints": own }));
    World {
        path: vec![yes],
        code: Some(code),
        user: Some(alice(&json!({ "login": "alice@demo.test", "profile": {
            "name": "Alice", "email": "alice@demo.test", "email_verified": true, "locale": "de",
        } }))),
        ..world()
    }
}

/// What is signed: the access token, and the ID token behind it.
fn both(decision: &Decision) -> (&Unsigned, &Unsigned) {
    let Answer::Issue(Reply::Token {
        access: 0,
        id_token: Some(1),
        ..
    }) = decision.answer()
    else {
        panic!("a token with an ID token, not {:?}", decision.answer());
    };
    let [access, id] = decision.sign() else {
        panic!("two tokens")
    };
    (access, id)
}

fn registered(changed: &Value) -> Client {
    with_secret(&with(json!({ "sector": "app.example" }), changed))
}

fn id_token(world: &World, client: Client) -> Value {
    let decision = world.redeem(&[], &by(client));
    let (_, id) = both(&decision);
    Value::from(id.claims.clone())
}

#[test]
fn an_id_token_says_what_openid_connect_core_section_2_wants_and_whose_hash_it_carries() {
    let keys = people::any_tenant_keys();
    let client = registered(&json!({}));
    let decision = openid(&json!({})).redeem(&[], &by(client.clone()));
    let (access, id) = both(&decision);
    let (subject, session) = (
        keys.subject_at(&client, &facts::id("alice")),
        keys.session_at(&client, &facts::id("browser-1")),
    );
    let expected = json!({
        "iss": ISSUER, "sub": subject, "aud": "app", "iat": NOW, "exp": NOW + 600, "auth_time": NOW - 900, "nonce": "n-0S6_WzA2Mj",
        "acr": "phr", "amr": ["pop", "user", "mfa"], "sid": session,
    });
    assert_eq!(Value::from(id.claims.clone()), expected);
    assert_eq!(
        (id.typ, id.signing.name()),
        ("JWT", "RS256"),
        "OpenID Connect Registration s2: the default"
    );
    assert_eq!(
        id.hash_of,
        Some(("at_hash", 0)),
        "s3.1.3.6: of the access token beside it"
    );
    assert_eq!((access.typ, access.hash_of), ("at+jwt", None));
    assert_eq!(access.claims["scope"], "email openid");
    assert_ne!(session, "browser-1", "no id of ours");
    let silent = id_token(&openid(&json!({ "nonce": null, "browser_session": null })), client);
    assert_eq!(
        (silent.get("nonce"), silent.get("sid")),
        (None, None),
        "what was not there is not made up"
    );
}

#[test]
fn an_id_token_tells_how_the_person_proved_themselves_when_they_said_yes() {
    // RFC 8176 s2, OpenID Connect EAP ACR Values s2.
    let rows = [
        ("passkey_verified", "phr", json!(["pop", "user", "mfa"])),
        ("passkey_present", "1", json!(["pop", "user"])),
        ("password", "1", json!(["pwd"])),
        ("recovery_code", "1", json!(["otp"])),
    ];
    for (method, acr, amr) in rows {
        let world = openid(&json!({ "method": method, "auth_time": NOW - 5_000 }));
        let decision = world.redeem(&[], &by(registered(&json!({}))));
        let (access, id) = both(&decision);
        for token in [access, id] {
            let told = (&token.claims["acr"], &token.claims["amr"], &token.claims["auth_time"]);
            assert_eq!(told, (&json!(acr), &amr, &json!(NOW - 5_000)), "{method}");
        }
    }
}

#[test]
fn without_openid_there_is_no_id_token() {
    for scope in ["email", "profile email", "read", ""] {
        let decision = openid(&json!({ "scope": scope })).redeem(&[], &by(registered(&json!({}))));
        let Answer::Issue(Reply::Token { id_token, .. }) = decision.answer() else {
            panic!("a token: {scope}")
        };
        assert_eq!((*id_token, decision.sign().len()), (None, 1), "{scope}");
    }
    let forbidden = openid(&json!({})).ruled(&[json!({ "id": "r", "effect": "forbid", "scope": "openid" })]);
    let decision = forbidden.redeem(&[], &by(registered(&json!({}))));
    assert_eq!(decision.sign().len(), 1, "what was forbidden meanwhile is not told");
}

#[test]
fn beside_a_place_the_id_token_is_for_the_client_and_the_access_token_for_the_place() {
    let decision =
        openid(&json!({ "scope": "claim:email openid read", "aud": HERE })).redeem(&[], &by(registered(&json!({}))));
    let (access, id) = both(&decision);
    assert_eq!(
        (&access.claims["aud"], &access.claims["scope"]),
        (&json!(HERE), &json!("read"))
    );
    assert_eq!(id.claims["aud"], "app");
    assert_ne!(
        access.claims["sub"], id.claims["sub"],
        "product decision 10: no two audiences can match theirs"
    );
    assert_eq!(reply(&decision).2, "openid read", "the client hears what was given");
    assert_eq!(
        made(&decision).authority.scopes().joined(),
        "claim:email openid read",
        "and nothing of it is lost"
    );
}

#[test]
fn an_id_token_is_signed_as_the_client_registered() {
    let rows = [
        (json!({ "id_token_signed_response_alg": "RS256" }), "RS256"),
        (json!({ "id_token_signed_response_alg": "PS256" }), "PS256"),
        (json!({ "id_token_signed_response_alg": "ES256" }), "ES256"),
        (json!({ "id_token_signed_response_alg": "EdDSA" }), "EdDSA"),
        (json!({ "id_token_signed_response_alg": "Ed25519" }), "Ed25519"), // RFC 9864 s2.2: the same key under its full name
        (json!({ "userinfo_signed_response_alg": "ES256" }), "RS256"),     // of another token
        (json!({ "access_token_signed_response_alg": "ES256" }), "RS256"),
    ];
    for (changed, alg) in rows {
        let decision = openid(&json!({})).redeem(&[], &by(registered(&changed)));
        assert_eq!(both(&decision).1.signing.name(), alg, "{changed}");
    }
    let fapi = registered(&json!({ "security_profile": "fapi2" }));
    let decision = openid(&json!({})).redeem(&[], &with_key(by(fapi), JKT));
    assert_eq!(
        both(&decision).1.signing.name(),
        "PS256",
        "FAPI 2.0 s5.4.1 does not take RS256"
    );
}

#[test]
fn a_person_has_one_name_in_a_sector_another_elsewhere_and_one_for_all_who_ask_for_the_public_one() {
    let named = |changed: Value| {
        let client = registered(&changed);
        let row = json!({ "client_id": client.id.as_str() });
        let mut world = openid(&row);
        world.path = vec![Grant {
            holder: grant::Holder::Client(client.id.clone()),
            ..world.path[0].clone()
        }];
        let decision = world.redeem(&[], &by(client));
        let (access, id) = both(&decision);
        assert_eq!(
            access.claims["sub"], id.claims["sub"],
            "s5.3.2: the one that userinfo says"
        );
        id.claims["sub"].as_str().unwrap().to_owned()
    };
    let pairwise = named(json!({}));
    let public = named(json!({ "subject_type": "public" }));
    let rows = [
        (
            json!({ "client_id": "app-2" }),
            &pairwise,
            true,
            "another client of the sector",
        ),
        (
            json!({ "client_id": "app-2", "sector": "other.example" }),
            &pairwise,
            false,
            "another sector",
        ),
        (
            json!({ "client_id": "app-2", "sector": null, "redirect_uris": ["https://app.example/2"] }),
            &pairwise,
            true,
            "s8.1: the host of its places, where no sector was noted",
        ),
        (
            json!({ "client_id": "app-2", "sector": null, "redirect_uris": [BACK, "https://other.example/cb"] }),
            &pairwise,
            false,
            "places on two hosts are no sector",
        ),
        (
            json!({ "client_id": "app-2", "sector": null, "redirect_uris": ["http://127.0.0.1/cb"] }),
            &pairwise,
            false,
            "somebody's own computer is no sector",
        ),
        (json!({ "subject_type": "public" }), &pairwise, false, "the public name"),
        (
            json!({ "client_id": "app-2", "sector": "other.example", "subject_type": "public" }),
            &public,
            true,
            "the public name",
        ),
    ];
    for (changed, name, same, claim) in rows {
        assert_eq!(named(changed) == *name, same, "{claim}");
    }
    for name in [&pairwise, &public] {
        assert!(!name.contains("alice") && name.len() == 43, "no id of ours either");
    }
    assert_eq!(
        registered(&json!({})).further.subject,
        SubjectType::Pairwise,
        "the default here"
    );
    let own_computers =
        |id: &str| named(json!({ "client_id": id, "sector": null, "redirect_uris": ["http://127.0.0.1/cb"] }));
    assert_ne!(
        own_computers("a"),
        own_computers("b"),
        "each such client is a sector by itself"
    );
}

#[test]
fn the_session_is_named_differently_to_every_client() {
    let keys = people::any_tenant_keys();
    let at = |client: &str, session: &str| {
        keys.session_at(&registered(&json!({ "client_id": client })), &facts::id(session))
    };
    assert_eq!(at("a", "browser-1"), at("a", "browser-1"));
    assert_ne!(at("a", "browser-1"), at("a", "browser-2"));
    assert_ne!(at("a", "browser-1"), at("b", "browser-1"), "of one sector, and still");
}

#[test]
fn the_id_token_has_those_claims_itself_that_it_was_asked_to_have_and_that_were_given() {
    let asked = |id_claims: Value, scope: &str| {
        let token = id_token(
            &openid(&json!({ "id_claims": id_claims, "scope": scope })),
            registered(&json!({})),
        );
        let told = |name: &str| token.get(name).cloned();
        (told("name"), told("email"), told("locale"))
    };
    let some = |text: &str| Some(json!(text));
    let rows = [
        (json!([]), "openid email profile", (None, None, None)), // s5.4: with a code, scopes open userinfo
        (json!(["email"]), "openid email", (None, some("alice@demo.test"), None)),
        (
            json!(["email", "name"]),
            "openid email",
            (None, some("alice@demo.test"), None),
        ),
        (
            json!(["email", "name"]),
            "claim:name openid",
            (some("Alice"), None, None),
        ),
        (json!(["email"]), "openid", (None, None, None)), // the person left it out
        (json!(["locale"]), "openid profile", (None, None, some("de"))),
        (json!(["birthdate"]), "openid profile", (None, None, None)), // nobody knows it
    ];
    for (id_claims, scope, expected) in rows {
        assert_eq!(asked(id_claims.clone(), scope), expected, "{id_claims} {scope}");
    }
}

#[test]
fn what_the_id_token_says_of_itself_no_claim_of_a_person_replaces() {
    let world = openid(
        &json!({ "id_claims": ["sub", "iss", "aud", "acr", "email"], "scope": "claim:sub claim:iss openid email" }),
    );
    let token = id_token(&world, registered(&json!({})));
    assert_eq!(
        (&token["iss"], &token["aud"], &token["acr"]),
        (&json!(ISSUER), &json!("app"), &json!("phr"))
    );
}

#[test]
fn an_app_that_wants_to_hear_of_the_end_is_noted_with_what_it_is_told() {
    let wants = json!({ "backchannel_logout_uri": "https://app.example/logout" });
    let note = Write::RelyingParty(relying_party::Write::Tell {
        session: facts::id("browser-1"),
        client: facts::id("app"),
        user: facts::id("alice"),
        at: at().now,
    });
    let rows = [
        (wants.clone(), json!({}), vec![note.clone()]),
        (
            wants.clone(),
            json!({ "aud": HERE, "scope": "openid read" }),
            vec![note],
        ),
        (json!({}), json!({}), vec![]),
        (wants.clone(), json!({ "scope": "email" }), vec![]),
        (wants, json!({ "browser_session": null }), vec![]), // given before sessions were noted
    ];
    for (registered_as, code, expected) in rows {
        let decision = openid(&code).redeem(&[], &by(registered(&registered_as)));
        assert_eq!(
            decision.change().sure,
            expected,
            "Back-Channel Logout s2.1: {registered_as} {code}"
        );
    }
}
