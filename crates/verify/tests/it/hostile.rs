//! Whatever bytes arrive: never a panic, never a pass.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use http::{HeaderValue, Request};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    issuer::{Key, base64url},
    world::World,
};

/// Bytes a header can have, leaning to those that look like something.
fn header_bytes() -> impl Strategy<Value = Vec<u8>> {
    let anything = prop::collection::vec(prop_oneof![0x20_u8..=0x7e, 0x80_u8..=0xff, Just(b'\t')], 0..200);
    let scheme = prop_oneof![
        Just("Bearer "),
        Just("DPoP "),
        Just("bearer  "),
        Just("Bearer"),
        Just("")
    ];
    let jws = "[A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_-]{0,60}){0,4}";
    let headers = prop::collection::vec(("[a-z]{1,5}", "\\PC{0,10}"), 0..4).prop_map(|members| {
        let members: serde_json::Map<_, _> = members.into_iter().map(|(name, value)| (name, json!(value))).collect();
        let header = json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": "key-1" });
        let header = base64url(header.to_string().as_bytes());
        let claims = base64url(serde_json::Value::Object(members).to_string().as_bytes());
        [header, claims, base64url(&[1; 64])].join(".")
    });
    prop_oneof![
        anything,
        (scheme.clone(), jws).prop_map(|(scheme, token)| [scheme, &token].concat().into_bytes()),
        (scheme, headers).prop_map(|(scheme, token)| [scheme, &token].concat().into_bytes()),
    ]
}

/// A good token with one byte changed; the unused bits of the last character of a part are no change of meaning to some
/// readers, and they are to us.
fn damaged(token: &str, at: usize, to: u8) -> Option<String> {
    let mut bytes = token.as_bytes().to_vec();
    let at = at % bytes.len();
    if bytes[at] == to {
        return None;
    }
    bytes[at] = to;
    String::from_utf8(bytes).ok()
}

#[test]
fn random_headers_never_panic_and_never_pass() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(World::new());
    let token = world.token(&json!({}));
    runtime.block_on(world.bearer(&token)).unwrap();
    let bound = world.bound_token(&Key::ed25519("h"));

    proptest!(ProptestConfig::with_cases(2000), |(
        lines in prop::collection::vec(header_bytes(), 0..3),
        proofs in prop::collection::vec(header_bytes(), 0..3),
        with_bound in any::<bool>(),
    )| {
        let mut request = Request::post("/mcp");
        for line in &lines {
            request = request.header("authorization", HeaderValue::from_bytes(line).unwrap());
        }
        if with_bound {
            request = request.header("authorization", format!("DPoP {bound}"));
        }
        for proof in &proofs {
            request = request.header("dpop", HeaderValue::from_bytes(proof).unwrap());
        }
        let parts = request.body(()).unwrap().into_parts().0;
        let denied = runtime.block_on(world.guard.check(&parts, &[])).expect_err("passed");
        prop_assert!(denied.status().is_client_error(), "{:?}", denied.reason());
    });

    proptest!(ProptestConfig::with_cases(2000), |(at in any::<usize>(), to in 0x21_u8..=0x7e)| {
        if let Some(damaged) = damaged(&token, at, to) {
            prop_assert!(runtime.block_on(world.bearer(&damaged)).is_err(), "{damaged}");
        }
    });
}
