//! Keys by DPoP: proofs at each endpoint, and codes that are bound to the key of their request (RFC 9449).

use serde_json::{Value, json};
use testkit::Key;

use super::{
    super::{
        endpoint, extend,
        financial::{ALL, BOTH, Bank, Party, Way, at_the_door, redemption, request_uri},
    },
    pushes::push_refused,
};

#[tokio::test]
async fn the_scheme_of_a_token_has_no_case() {
    for combination in ALL {
        let (mut bank, one, _) = Bank::new(combination).await;
        let (answer, _) = bank.tokens(&one, &bank.asking(&one)).await;
        let schemes = match bank.way {
            Way::Dpop => ["DPoP", "dpop", "DPOP"],
            Way::Certificate | Way::CertificateAlone => ["Bearer", "bearer", "BEARER"],
        };
        for scheme in schemes {
            let told = bank.resource_by(&one, scheme, answer.text_of("access_token")).await;
            assert_eq!(told.status, 200, "RFC 9110 s11.1: {scheme}: {told:?}");
        }
        bank.world.shows(&["access-token-type-header-case-sensitivity"]);
    }
}

/// A whole flow in which every proof has these members over the right ones.
async fn with_proofs(bank: &mut Bank, one: &Party, change: fn(i64) -> Value) {
    let world_now = bank.world.now();
    let asking = bank.asking(one);
    let push = endpoint(&bank.world, "pushed_authorization_request_endpoint").await;
    let token = endpoint(&bank.world, "token_endpoint").await;
    let userinfo = endpoint(&bank.world, "userinfo_endpoint").await;
    let proof = async |bank: &Bank, method: &str, path: &str, access: Option<&str>| {
        let mut claims = bank.proof_claims(method, path, access).await;
        extend(&mut claims, &change(world_now));
        ("dpop", bank.world.dpop(&one.dpop, &claims).await)
    };
    let header = [proof(bank, "POST", &push, None).await];
    let form = bank.pushed_form(one, &asking).await;
    let pushed = bank.push_form(one, form, &header).await;
    let page = bank.agree_at(&at_the_door(one, &request_uri(&pushed))).await;
    let code = bank.answered(one, &page).await["code"].clone();
    let header = [proof(bank, "POST", &token, None).await];
    let (form, credentials) = (redemption(&asking, &code), bank.credentials(one).await);
    let answer = bank.token_by(one, &form, &credentials, &header).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let access = answer.text_of("access_token");
    let headers = [
        proof(bank, "GET", &userinfo, Some(access)).await,
        ("authorization", format!("DPoP {access}")),
    ];
    let told = bank.world.send("GET", &userinfo, &headers, None).await;
    assert_eq!(told.status, 200, "{told:?}");
}

#[tokio::test]
async fn clocks_may_differ_a_little_and_proofs_may_say_more() {
    for combination in BOTH {
        let (mut bank, one, _) = Bank::new(combination).await;
        with_proofs(&mut bank, &one, |now| json!({ "iat": now - 10 })).await;
        bank.world
            .shows(&["ensure-dpopproof-with-iat-10seconds-before-succeeds"]);
        with_proofs(&mut bank, &one, |now| json!({ "iat": now + 10 })).await;
        bank.world
            .shows(&["ensure-dpopproof-with-iat-10seconds-after-succeeds"]);
        with_proofs(&mut bank, &one, |now| json!({ "nbf": now, "exp": now + 300 })).await;
        bank.world.shows(&["check-dpop-proof-nbf-exp"]);
    }
}

#[tokio::test]
async fn a_code_is_bound_to_the_key_of_its_request() {
    for combination in BOTH {
        let (mut bank, one, two) = Bank::new(combination).await;
        let push = endpoint(&bank.world, "pushed_authorization_request_endpoint").await;
        let jkt = |key: &Key| key.thumbprint().to_owned();

        // dpop_jkt and the proof of the push: the same key, or nothing (RFC 9449 s10.1).
        let asking = bank.asking(&one).with("dpop_jkt", Some(&jkt(&two.dpop)));
        let (form, header) = (
            bank.pushed_form(&one, &asking).await,
            bank.proof(&one, "POST", &push, None).await,
        );
        let answer = bank.push_form(&one, form, &header).await;
        push_refused(&answer, &["invalid_request", "invalid_dpop_proof"], "two keys");
        bank.world.shows(&["ensure-mismatched-dpop-jkt-fails"]);

        // A proof at the push, and another key or the same at the token endpoint.
        for (module, redeemer) in [
            ("ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt", &two.dpop),
            ("ensure-dpopproof-at-par-endpoint-binding-success", &one.dpop),
        ] {
            let asking = bank.asking(&one);
            let (form, header) = (
                bank.pushed_form(&one, &asking).await,
                bank.proof(&one, "POST", &push, None).await,
            );
            let pushed = bank.push_form(&one, form, &header).await;
            let page = bank.agree_at(&at_the_door(&one, &request_uri(&pushed))).await;
            let code = bank.answered(&one, &page).await["code"].clone();
            redeems_if(&mut bank, &one, &asking, &code, redeemer, module).await;
        }

        // dpop_jkt in the request, and another key or the same at the token endpoint.
        for (module, redeemer) in [
            ("ensure-token-endpoint-fails-with-mismatched-dpop-jkt", &two.dpop),
            ("ensure-dpop-auth-code-binding-success", &one.dpop),
        ] {
            let asking = bank.asking(&one).with("dpop_jkt", Some(&jkt(&one.dpop)));
            let code = bank.code(&one, &asking).await;
            redeems_if(&mut bank, &one, &asking, &code, redeemer, module).await;
        }
    }
}

/// The code is redeemed with a proof by this key: it works for the client's own, and for no other.
async fn redeems_if(bank: &mut Bank, one: &Party, asking: &testkit::Asking, code: &str, key: &Key, module: &str) {
    let path = endpoint(&bank.world, "token_endpoint").await;
    let claims = bank.proof_claims("POST", &path, None).await;
    let header = [("dpop", bank.world.dpop(key, &claims).await)];
    let (form, credentials) = (redemption(asking, code), bank.credentials(one).await);
    let answer = bank.token_by(one, &form, &credentials, &header).await;
    if key.thumbprint() == one.dpop.thumbprint() {
        assert_eq!(answer.status, 200, "{module}: {answer:?}");
    } else {
        assert!(
            matches!(answer.error(), "invalid_grant" | "invalid_dpop_proof"),
            "{module}: {answer:?}"
        );
        assert_eq!(answer.status, 400, "{module}: {answer:?}");
    }
    bank.world.shows(&[module]);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, and what it is for")]
async fn a_resource_checks_everything_about_a_proof() {
    let (mut bank, one, two) = Bank::new(ALL[0]).await;
    let (answer, _) = bank.tokens(&one, &bank.asking(&one)).await;
    let access = answer.text_of("access_token").to_owned();
    let path = endpoint(&bank.world, "userinfo_endpoint").await;
    let right = async || bank.proof_claims("GET", &path, Some(&access)).await;
    let ask = async |scheme: &str, proofs: &[String]| {
        let mut headers = vec![("authorization", format!("{scheme} {access}"))];
        headers.extend(proofs.iter().map(|proof| ("dpop", proof.clone())));
        bank.world.send("GET", &path, &headers, None).await
    };
    let with = async |members: Value| {
        let mut claims = right().await;
        extend(&mut claims, &members);
        bank.world.dpop(&one.dpop, &claims).await
    };
    let without = async |name: &str| {
        let mut claims = right().await;
        claims.as_object_mut().unwrap().remove(name);
        bank.world.dpop(&one.dpop, &claims).await
    };
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": one.dpop.public_jwk() });
    let under = async |members: Value, gone: &str| {
        let mut header = header.clone();
        extend(&mut header, &members);
        header.as_object_mut().unwrap().remove(gone);
        one.dpop.sign(&header, &right().await).await
    };
    let good = with(json!({})).await;
    assert_eq!(ask("DPoP", &[good]).await.status, 200);
    let now = bank.world.now();
    let signed = with(json!({})).await;
    let broken = format!(
        "{}{}",
        &signed[..signed.len() - 4],
        if signed.ends_with("AAAA") { "BBBB" } else { "AAAA" }
    );
    let unsigned = {
        let encode = |value: &Value| proof::base64url::encode(value.to_string().as_bytes());
        let none = json!({ "typ": "dpop+jwt", "alg": "none", "jwk": one.dpop.public_jwk() });
        format!("{}.{}.", encode(&none), encode(&right().await))
    };
    let other_key = bank.world.dpop(&two.dpop, &right().await).await;
    let cases = [
        ("no JWT", "x".to_owned()),
        ("no typ", under(json!({}), "typ").await),
        ("another typ", under(json!({ "typ": "JWT" }), "").await),
        ("no alg", under(json!({}), "alg").await),
        ("no jwk", under(json!({}), "jwk").await),
        (
            "a private jwk",
            under(json!({ "jwk": one.dpop.private_jwk() }), "").await,
        ),
        ("no jti", without("jti").await),
        ("no htm", without("htm").await),
        ("no htu", without("htu").await),
        ("no iat", without("iat").await),
        ("no ath", without("ath").await),
        ("another method", with(json!({ "htm": "PUT" })).await),
        (
            "another address",
            with(json!({ "htu": "https://other.example/" })).await,
        ),
        (
            "another token",
            with(json!({ "ath": proof::digest::sha256_b64(b"another") })).await,
        ),
        ("an hour ahead", with(json!({ "iat": now + 3_600 })).await),
        ("an hour ago", with(json!({ "iat": now - 3_600 })).await),
        ("a broken signature", broken),
        ("unsigned", unsigned),
        ("another key", other_key),
    ];
    for (what, proof) in cases {
        let told = ask("DPoP", &[proof]).await;
        assert!(matches!(told.status, 400 | 401), "{what}: {told:?}");
        assert!(
            told.header("www-authenticate")
                .is_some_and(|line| line.contains("DPoP"))
                || told.status == 400,
            "{what}: {told:?}"
        );
    }
    // What is wrong with a proof is no error of the scheme without one (RFC 9449 s7.1).
    let stale = ask("DPoP", &[with(json!({ "iat": now - 3_600 })).await]).await;
    let lines = stale.headers.iter().filter(|(name, _)| name == "www-authenticate");
    let (of_dpop, of_bearer): (Vec<_>, Vec<_>) = lines.partition(|(_, line)| line.starts_with("DPoP"));
    assert!(
        of_dpop
            .iter()
            .all(|(_, line)| line.contains("error=\"invalid_dpop_proof\"")),
        "{of_dpop:?}"
    );
    assert!(
        of_bearer.iter().all(|(_, line)| !line.contains("error=")),
        "{of_bearer:?}"
    );
    let (first, second) = (with(json!({})).await, with(json!({})).await);
    assert!(
        matches!(ask("DPoP", &[first, second]).await.status, 400 | 401),
        "two proofs"
    );
    assert_eq!(ask("DPoP", &[]).await.status, 401, "no proof");
    let good = with(json!({})).await;
    assert_eq!(ask("Bearer", &[]).await.status, 401, "RFC 9449 s7.2: as a bearer's");
    assert_eq!(ask("Bearer", &[good]).await.status, 401, "as a bearer's with a proof");
    // Once.
    let first_use = with(json!({})).await;
    assert_eq!(ask("DPoP", std::slice::from_ref(&first_use)).await.status, 200);
    assert!(
        matches!(ask("DPoP", &[first_use]).await.status, 400 | 401),
        "a proof counts once"
    );
    // What must be ignored is ignored (RFC 9449 s4.2 and s4.3 step 9).
    let address = format!("{}{path}", bank.world.issuer);
    for (what, members) in [
        ("query and fragment", json!({ "htu": format!("{address}?a=b#c") })),
        ("more claims", json!({ "unknown": { "a": 1 } })),
        (
            "the case of scheme and host",
            json!({ "htu": address.replacen("http", "HTTP", 1) }),
        ),
    ] {
        let proof = with(members).await;
        let told = ask("DPoP", &[proof]).await;
        assert_eq!(told.status, 200, "{what}: {told:?}");
    }
    let more = under(json!({ "unknown": "x" }), "").await;
    assert_eq!(ask("DPoP", &[more]).await.status, 200, "more in the header");
    bank.world.shows(&["dpop-negative-tests"]);
}
