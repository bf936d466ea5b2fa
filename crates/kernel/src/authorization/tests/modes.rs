//! How an answer travels: OAuth 2.0 Multiple Response Type Encoding Practices s2.1, OAuth 2.0 Form Post Response Mode, JARM.

use super::*;
use crate::decision::Unsigned;

#[test]
fn the_modes_of_a_code_are_read_by_their_registered_names() {
    let rows = [
        ("-", ResponseMode::Query),
        ("", ResponseMode::Query),
        ("query", ResponseMode::Query),
        ("form_post", ResponseMode::FormPost),
        ("query.jwt", ResponseMode::QueryJwt),
        ("form_post.jwt", ResponseMode::FormPostJwt),
        ("jwt", ResponseMode::QueryJwt),   // JARM s2.3.4: for a code, that of the query
        ("fragment", ResponseMode::Query), // refused where the rest is read, and told in the default one
        ("fragment.jwt", ResponseMode::Query),
    ];
    for (name, mode) in rows {
        let read = returns(&query(&[("response_mode", name)]), Some(&web())).unwrap();
        assert_eq!(read.mode, mode, "{name}");
        let offered = !name.starts_with("fragment");
        let refused = read_by(&web(), &[("response_mode", name)]).err();
        assert_eq!(refused, (!offered).then_some(Why::ResponseModeUnknown), "{name}");
    }
    for mode in ResponseMode::ALL {
        assert_eq!(ResponseMode::from_name(mode.name()), Some(*mode));
    }
}

/// A request whose answer travels so.
fn wanting(mode: ResponseMode) -> Asked {
    let mut request = asked(&[]);
    request.returns.mode = mode;
    request
}

fn returned(decision: &Decision) -> Return {
    let Answer::Issue(Reply::Authorization(back)) = decision.answer() else {
        panic!("an answer to the client, not {:?}", decision.answer());
    };
    back.clone()
}

/// What a signed answer says (JARM s2.1): the parameters, who answers whom, and until when.
fn signed_claims(parameters: &[(&'static str, String)]) -> Value {
    let mut claims = json!({ "iss": ISSUER, "aud": "app", "exp": NOW + 600 });
    for (name, value) in parameters {
        claims[*name] = value.as_str().into();
    }
    claims
}

#[test]
fn a_code_travels_as_it_was_asked_to_and_signed_where_that_was_asked() {
    for mode in ResponseMode::ALL {
        let decision = world().answer(&wanting(*mode), &yes_but(""));
        let back = returned(&decision);
        assert_eq!((back.mode, back.redirect_uri.as_str()), (*mode, BACK));
        let names: Vec<&str> = back.parameters.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["code", "state", "iss"], "{}", mode.name());
        assert_eq!(back.signed, None, "what is signed stands among what must be signed");
        if !mode.is_signed() {
            assert_eq!(decision.sign(), [], "{}", mode.name());
            continue;
        }
        let [
            Unsigned {
                typ,
                signing,
                claims,
                hash_of,
            },
        ] = decision.sign()
        else {
            panic!("one token: {}", mode.name());
        };
        assert_eq!(
            (*typ, signing.name(), *hash_of),
            ("JWT", "RS256", None),
            "JARM s3: the default"
        );
        assert_eq!(
            Value::from(claims.clone()),
            signed_claims(&back.parameters),
            "JARM s2.1"
        );
    }
}

#[test]
fn an_error_is_signed_too_and_says_no_less() {
    for mode in ResponseMode::ALL {
        let request = wanting(*mode);
        let goes = delivery(
            &Why::ScopeNotGranted,
            Asking::Asked(&request),
            &request.returns,
            &web(),
            &by_alice(),
            &[],
            &tenant(),
            &at(),
        );
        let Delivery::Redirect(back) = goes else {
            panic!("to the client: {goes:?}");
        };
        assert_eq!(
            back.parameters,
            error(&Why::ScopeNotGranted, &request.returns, &tenant())
        );
        let claims = back.signed.map(|signed| Value::from(signed.claims));
        let expected = mode.is_signed().then(|| signed_claims(&back.parameters));
        assert_eq!(claims, expected, "JARM s2.1: {}", mode.name());
        assert_eq!(back.mode, *mode);
    }
}

#[test]
fn an_answer_is_signed_as_the_client_registered_and_never_with_rs256_under_fapi() {
    let rows = [
        (json!({}), "RS256"), // JARM s3
        (json!({ "authorization_signed_response_alg": "ES256" }), "ES256"),
        (json!({ "authorization_signed_response_alg": "PS256" }), "PS256"),
        (json!({ "authorization_signed_response_alg": "EdDSA" }), "EdDSA"),
        (json!({ "authorization_signed_response_alg": "Ed25519" }), "Ed25519"), // RFC 9864 s2.2
        (json!({ "security_profile": "fapi2" }), "PS256"),                      // FAPI 2.0 s5.4.1
        (json!({ "security_profile": "fapi2_message_signing" }), "PS256"),
        (
            json!({ "security_profile": "fapi2", "authorization_signed_response_alg": "RS256" }),
            "PS256",
        ),
        (json!({ "id_token_signed_response_alg": "ES256" }), "RS256"), // of another token
    ];
    for (registered, alg) in rows {
        let client = client(&registered);
        let decision = of(&client).answer(&wanting(ResponseMode::QueryJwt), &yes_but(""));
        assert_eq!(decision.sign()[0].signing.name(), alg, "{registered}");
    }
}

#[test]
fn the_mode_is_carried_with_the_request() {
    for mode in ResponseMode::ALL {
        let request = wanting(*mode);
        assert_eq!(Asked::from_json(&request.to_json()), Some(request));
    }
}
