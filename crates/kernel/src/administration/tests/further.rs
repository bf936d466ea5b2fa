//! What a client says beyond plain OAuth, said and changed by an administrator.

use super::*;
use crate::client::{Client, SecurityProfile};

/// An app of people, but for these members.
fn app(changed: &Value) -> Facts {
    let row = json!({
        "client_id": "notes", "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d", "grant_types": ["authorization_code"],
        "redirect_uris": ["https://app.example/cb"], "sector": "app.example", "epoch": 4,
    });
    Facts {
        client: Some(facts::client(&people::with(row, changed))),
        ..Facts::default()
    }
}

fn change(members: &Value, facts: &Facts) -> Decision {
    let mut change = json!({ "client_id": "notes" });
    change
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    let command = command(&json!({ "change_client": change }));
    decide(&command, &of_tenant(), facts, &at())
}

fn changed(decision: &Decision) -> Client {
    let [Guard::Client(client::Guard::Replace { client, epoch: 4 })] = decision.change().guards.as_slice() else {
        panic!("a replacement, not {:?}", decision.answer());
    };
    client.as_ref().clone()
}

fn refused(decision: &Decision) -> Option<&'static str> {
    let why = match decision.answer() {
        Answer::Refuse(_, why) => why,
        Answer::Issue(_) | Answer::Wait(_) => return None,
    };
    Some(why.code().name())
}

#[test]
fn what_is_named_changes_what_is_null_is_taken_back_and_the_rest_stays() {
    let before = app(&json!({
        "id_token_signed_response_alg": "ES256", "subject_type": "public", "default_max_age": 60, "require_pkce": false, "security_profile": "fapi2",
        "post_logout_redirect_uris": ["https://app.example/bye"],
    }));
    let decision = change(
        &json!({ "id_token_signed_response_alg": "PS256", "default_max_age": null, "require_pkce": null, "userinfo_signed_response_alg": "EdDSA" }),
        &before,
    );
    let expected = app(&json!({
        "id_token_signed_response_alg": "PS256", "userinfo_signed_response_alg": "EdDSA", "subject_type": "public", "security_profile": "fapi2",
        "post_logout_redirect_uris": ["https://app.example/bye"], "epoch": 5,
    }));
    assert_eq!(Some(changed(&decision)), expected.client);
    let Answer::Issue(Reply::Document(shown)) = decision.answer() else {
        panic!("a document, not {:?}", decision.answer());
    };
    assert_eq!(shown["id_token_signed_response_alg"], "PS256");
    assert_eq!((shown.get("default_max_age"), shown.get("sector")), (None, None));
    let relaxed = change(&json!({ "security_profile": null }), &before);
    assert_eq!(changed(&relaxed).further.profile, SecurityProfile::Baseline);
    let nothing = change(&json!({ "client_name": "Notes" }), &before);
    assert_eq!(changed(&nothing).further, before.client.unwrap().further);
}

#[test]
fn what_cannot_be_meant_is_refused_and_changes_nothing() {
    let with_name = json!({ "token_endpoint_auth_method": "tls_client_auth", "client_secret_digest": null, "tls_client_auth_san_dns": "app.example" });
    let rows = [
        (json!({}), json!({ "id_token_signed_response_alg": "none" }), "S-11"),
        (json!({}), json!({ "id_token_signed_response_alg": "HS256" }), "S-11"),
        (
            json!({}),
            json!({ "post_logout_redirect_uris": ["javascript:alert(1)"] }),
            "S-02",
        ),
        (
            json!({}),
            json!({ "backchannel_logout_session_required": true }),
            "without an address",
        ),
        (json!({}), json!({ "security_profile": "fapi1" }), "an unknown profile"),
        (
            with_name.clone(),
            json!({ "tls_client_auth_san_dns": null }),
            "RFC 8705 s2.1.2: nothing would say who it is",
        ),
        (
            with_name.clone(),
            json!({ "tls_client_auth_san_ip": "192.0.2.1" }),
            "RFC 8705 s2.1.2: exactly one",
        ),
    ];
    for (before, members, claim) in rows {
        let decision = change(&members, &app(&before));
        assert_eq!(refused(&decision), Some("invalid_client_metadata"), "{claim}");
        assert!(decision.change().guards.is_empty(), "{claim}");
    }
    let moved = json!({ "tls_client_auth_san_dns": null, "tls_client_auth_san_ip": "192.0.2.1" });
    let client = changed(&change(&moved, &app(&with_name)));
    assert_eq!(client.further.tls.unwrap().value, "192.0.2.1", "one for another");
}

#[test]
fn a_new_client_has_what_its_method_needs() {
    let keys = json!({ "keys": [signer::p256_jwk()] });
    let rows = [
        (json!({ "token_endpoint_auth_method": "tls_client_auth" }), false),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=app" }),
            true,
        ),
        (
            json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" }),
            false,
        ),
        (
            json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": keys }),
            true,
        ),
        (
            json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks_uri": "https://app.example/keys" }),
            true,
        ),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/keys" }),
            true,
        ),
        (json!({ "token_endpoint_auth_method": "attest_jwt_client_auth" }), false),
        (
            json!({ "token_endpoint_auth_method": "attest_jwt_client_auth", "jwks": keys }),
            true,
        ),
    ];
    for (members, accepted) in rows {
        let mut client = json!({ "client_name": "x" });
        client
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let command = command(&json!({ "create_client": client }));
        let decision = decide(&command, &of_tenant(), &Facts::default(), &at());
        let expected = (!accepted).then_some("invalid_client_metadata");
        assert_eq!(refused(&decision), expected, "{members}");
    }
}

#[test]
fn the_names_that_a_client_knows_people_by_stay_when_its_places_move() {
    let places = json!({ "redirect_uris": ["https://new.example/cb"] });
    let sector = |members: &Value, before: &Value| changed(&change(members, &app(before))).sector().to_owned();
    assert_eq!(sector(&places, &json!({})), "app.example");
    assert_eq!(
        sector(&places, &json!({ "sector": null })),
        "app.example",
        "also when none was noted"
    );
    let native = json!({ "sector": null, "redirect_uris": ["http://127.0.0.1/cb"] });
    assert_eq!(
        sector(&places, &native),
        "notes",
        "one that was a sector by itself stays one"
    );
    let by_list = json!({ "sector_identifier_uri": "https://sector.example/uris.json" });
    assert_eq!(
        sector(&by_list, &json!({})),
        "sector.example",
        "they move only with their list (OpenID Connect Core s8.1)"
    );
    let mut listed = by_list.clone();
    listed["sector"] = "sector.example".into();
    assert_eq!(sector(&places, &listed), "sector.example");
    let back = json!({ "sector_identifier_uri": null, "redirect_uris": ["https://new.example/cb"] });
    assert_eq!(
        sector(&back, &listed),
        "new.example",
        "without one it is the host of the places as they are now"
    );
    assert_eq!(sector(&json!({ "subject_type": "public" }), &listed), "sector.example");
}
