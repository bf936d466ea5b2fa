//! DPoP proofs at the token endpoint: the negative vectors (S-11, S-12, S-13, S-17; RFC 9449 s4.3).

use proof::{Algorithm, base64url};
use serde_json::{Value, json};
use testkit::{Answer, Client, Key, World, unique};

use crate::{
    forged::{self, NOT_A_TEXT, NOT_A_TIME},
    setup::{MCP, machine, raw_member, refused, still_well, with, with_proof, without},
};

pub(crate) const CODE: &str = "invalid_dpop_proof";

/// A world, a client with a secret, a key, and a nonce that is good.
pub(crate) struct Prover {
    pub(crate) world: World,
    pub(crate) client: Client,
    pub(crate) key: Key,
    pub(crate) nonce: String,
}

impl Prover {
    pub(crate) async fn new() -> Self {
        let (world, client) = machine("client_secret_basic").await;
        let nonce = world.nonce().await;
        Self {
            world,
            client,
            key: Key::new(Algorithm::ES256),
            nonce,
        }
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.public_jwk() })
    }

    /// The claims of a right proof, each time another one.
    pub(crate) fn claims(&self) -> Value {
        json!({
            "jti": unique(), "htm": "POST", "htu": format!("{}/oauth2/token", self.world.issuer), "iat": self.world.now(), "nonce": self.nonce,
        })
    }

    pub(crate) async fn proof(&self, claims: &Value) -> String {
        self.key.sign(&self.header(), claims).await
    }

    pub(crate) async fn show(&self, proof: &str) -> Answer {
        with_proof(&self.world, &self.client, proof).await
    }

    pub(crate) async fn claims_are_refused(&self, claims: &Value, what: &str) {
        refused(&self.show(&self.proof(claims).await).await, 400, CODE, what);
    }

    pub(crate) async fn claims_pass(&self, claims: &Value, what: &str) {
        let answer = self.show(&self.proof(claims).await).await;
        assert_eq!(
            (answer.status, &answer.body["token_type"]),
            (200, &json!("DPoP")),
            "{what}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn s_11_forged_signatures_of_proofs_are_refused() {
    let prover = Prover::new().await;
    let claims = prover.claims();
    for (what, proof) in forged::algorithm_forgeries(&prover.header(), &claims, &prover.key).await {
        refused(&prover.show(&proof).await, 400, CODE, &what);
    }
    let honest = prover.proof(&claims).await;
    for (what, proof) in forged::other_spellings(&honest)
        .into_iter()
        .filter(|(what, _)| !what.contains("space") && !what.contains("line feed"))
    {
        refused(&prover.show(&proof).await, 400, CODE, what); // white space around a header's value is no part of it
    }
    assert_eq!(
        prover.show(&honest).await.status,
        200,
        "the refused ones did not use it up"
    );
    prover.world.shows(&["DPoP/IsSignatureRequired"]);
}

#[tokio::test]
async fn s_12_the_key_of_a_proof_is_a_public_signature_key_of_ours() {
    let prover = Prover::new().await;
    let sign = async |header: &Value| prover.key.sign(header, &prover.claims()).await;
    let jwk = Value::Object(prover.key.public_jwk());
    let private = Value::Object(prover.key.private_jwk().clone());
    let other = Value::Object(Key::new(Algorithm::ES256).public_jwk());
    let coordinate = base64url::encode(&[7; 32]);
    let modulus = |bytes: usize| base64url::encode(&vec![0xff; bytes]);
    let keys = vec![
        ("a private key", private),
        ("a key with a private member of another type", with(&jwk, "k", "AAAA")),
        ("a key with a private prime", with(&jwk, "p", "AAAA")),
        ("a symmetric key", json!({ "kty": "oct", "k": "AAAA" })),
        ("another key than the one that signed", other),
        (
            "no point of the curve",
            json!({ "kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate }),
        ),
        ("half a point", without(&jwk, "y")),
        (
            "the point at infinity",
            json!({ "kty": "EC", "crv": "P-256", "x": base64url::encode(&[0; 32]), "y": base64url::encode(&[0; 32]) }),
        ),
        ("another curve's name", with(&jwk, "crv", "P-384")),
        ("a short coordinate", with(&jwk, "x", base64url::encode(&[1; 31]))),
        ("an encryption key", with(&jwk, "use", "enc")),
        ("a key for something else", with(&jwk, "key_ops", json!(["encrypt"]))),
        ("a key of another algorithm", with(&jwk, "alg", "RS256")),
        (
            "an RSA key of 1024 bits",
            json!({ "kty": "RSA", "n": modulus(128), "e": "AQAB" }),
        ),
        (
            "an RSA key of 16384 bits",
            json!({ "kty": "RSA", "n": modulus(2_048), "e": "AQAB" }),
        ),
        (
            "an Ed25519 key of small order",
            json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&[[1].as_slice(), &[0; 31]].concat()) }),
        ),
        (
            "an Ed25519 key of zeros",
            json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&[0; 32]) }),
        ),
        ("a text", json!(jwk.to_string())),
        ("an array", json!([jwk])),
        ("null", Value::Null),
        ("nothing in it", json!({})),
    ];
    for (what, key) in keys {
        for alg in ["ES256", "EdDSA", "RS256"] {
            let header = with(&with(&prover.header(), "jwk", key.clone()), "alg", alg);
            refused(&prover.show(&sign(&header).await).await, 400, CODE, what);
        }
    }
    for name in ["jku", "x5u", "x5c", "kid"] {
        let header = with(&without(&prover.header(), "jwk"), name, "http://127.0.0.1:9/keys");
        refused(
            &prover.show(&sign(&header).await).await,
            400,
            CODE,
            &format!("{name} in place of jwk"),
        );
    }
    for (name, raw) in [("crit", r#"["exp"]"#), ("crit", "[]"), ("b64", "false")] {
        let proof = prover
            .key
            .sign_text(&raw_member(&prover.header(), name, raw), &prover.claims().to_string())
            .await;
        refused(&prover.show(&proof).await, 400, CODE, name);
    }
    still_well(&prover.world, &prover.client).await;
}

#[tokio::test]
async fn s_13_headers_and_claims_of_proofs_have_the_right_types() {
    let prover = Prover::new().await;
    let (header, claims) = (prover.header(), prover.claims());
    let sign = async |header: &str, claims: &str| prover.key.sign_text(header, claims).await;
    let mut broken: Vec<(String, String, String)> = Vec::new();
    let mut claim = |what: String, text: String| broken.push((what, header.to_string(), text));
    for name in ["jti", "htm", "htu", "nonce"] {
        for raw in NOT_A_TEXT {
            claim(format!("{name}: {raw}"), raw_member(&claims, name, raw));
        }
    }
    for name in ["iat", "exp", "nbf"] {
        for raw in NOT_A_TIME {
            claim(format!("{name}: {raw}"), raw_member(&claims, name, raw));
        }
    }
    for name in ["jti", "htm", "htu", "iat"] {
        claim(format!("without {name}"), without(&claims, name).to_string());
        claim(
            format!("{name} twice"),
            format!(r#"{{"{name}":{},{}"#, claims[name], &claims.to_string()[1..]),
        );
    }
    for (what, text) in forged::not_an_object(&claims) {
        claim(format!("claims: {what}"), text);
    }
    for name in ["typ", "alg"] {
        for raw in NOT_A_TEXT {
            broken.push((
                format!("{name}: {raw}"),
                raw_member(&header, name, raw),
                claims.to_string(),
            ));
        }
        broken.push((
            format!("without {name}"),
            without(&header, name).to_string(),
            claims.to_string(),
        ));
    }
    for (what, text) in forged::not_an_object(&header) {
        broken.push((format!("header: {what}"), text, claims.to_string()));
    }
    for (what, header, claims) in broken {
        refused(&prover.show(&sign(&header, &claims).await).await, 400, CODE, &what);
    }
    assert_eq!(
        prover
            .show(&sign(&header.to_string(), &claims.to_string()).await)
            .await
            .status,
        200,
        "what they were made of is right"
    );
    prover.world.shows(&["DPoP/HasRequiredClaims"]);
}

#[tokio::test]
async fn s_17_the_type_of_a_proof_is_dpop_jwt() {
    let prover = Prover::new().await;
    for typ in [
        "JWT",
        "at+jwt",
        "dpop",
        "jwt+dpop",
        "dpop+jwt2",
        "text/dpop+jwt",
        "client-authentication+jwt",
        "",
    ] {
        let proof = prover
            .key
            .sign(&with(&prover.header(), "typ", typ), &prover.claims())
            .await;
        refused(&prover.show(&proof).await, 400, CODE, typ);
    }
    for typ in ["dpop+jwt", "DPOP+JWT", "application/dpop+jwt"] {
        let proof = prover
            .key
            .sign(&with(&prover.header(), "typ", typ), &prover.claims())
            .await;
        assert_eq!(prover.show(&proof).await.status, 200, "RFC 7515 s4.1.9: {typ}");
    }
    prover.world.shows(&["DPoP/IsExplicitTypingRequired"]);
}

#[tokio::test]
async fn s_17_a_proof_is_for_one_method_and_one_url() {
    let prover = Prover::new().await;
    for method in ["GET", "post", "Post", "PUT", "POST ", "", "*"] {
        prover
            .claims_are_refused(&with(&prover.claims(), "htm", method), method)
            .await;
    }
    let issuer = prover.world.issuer.clone();
    let port = issuer.rsplit_once(':').unwrap().1.to_owned();
    let wrong = [
        String::new(),
        "*".to_owned(),
        "/oauth2/token".to_owned(),
        issuer.clone(),
        format!("{issuer}/"),
        format!("{issuer}/OAuth2/token"),
        format!("{issuer}/oauth2/Token"),
        format!("{issuer}/oauth2/TOKEN"),
        format!("{issuer}/oauth2/token/"),
        format!("{issuer}/oauth2//token"),
        format!("{issuer}//oauth2/token"),
        format!("{issuer}/oauth2/./token"),
        format!("{issuer}/x/../oauth2/token"),
        format!("{issuer}/oauth2%2Ftoken"),
        format!("{issuer}/oauth2/token;x"),
        format!("{issuer}/oauth2/token%3Fx"),
        format!("{issuer}/oauth2/introspect"),
        format!("{issuer}/t/default/oauth2/token"),
        format!("{issuer} /oauth2/token"),
        format!("{issuer}.evil.example.com/oauth2/token"),
        format!("{issuer}@evil.example.com/oauth2/token"),
        format!("http://evil.example.com/oauth2/token?{issuer}"),
        format!("http://127.0.0.1@evil.example.com:{port}/oauth2/token"),
        format!("http://user@127.0.0.1:{port}/oauth2/token"),
        format!("http://localhost:{port}/oauth2/token"),
        format!("http://127.1:{port}/oauth2/token"),
        format!("http://[::1]:{port}/oauth2/token"),
        format!("https://127.0.0.1:{port}/oauth2/token"),
        "http://127.0.0.1/oauth2/token".to_owned(),
        "http://127.0.0.1:1/oauth2/token".to_owned(),
        format!("http:/127.0.0.1:{port}/oauth2/token"),
        format!("//127.0.0.1:{port}/oauth2/token"),
    ];
    for url in wrong {
        prover
            .claims_are_refused(&with(&prover.claims(), "htu", url.as_str()), &url)
            .await;
    }
    // RFC 9449 s4.3 step 9: without query and fragment, after syntax- and scheme-based normalisation.
    for url in [
        format!("{issuer}/oauth2/token?a=b"),
        format!("{issuer}/oauth2/token#f"),
        format!("{issuer}/oauth2/token?"),
        format!("HTTP://127.0.0.1:{port}/oauth2/token"),
        format!("{issuer}/oauth2/%74oken"),
    ] {
        prover
            .claims_pass(&with(&prover.claims(), "htu", url.as_str()), &url)
            .await;
    }
}

#[tokio::test]
async fn s_17_a_proof_is_of_now() {
    let prover = Prover::new().await;
    let now = prover.world.now();
    // RFC 9449 s4.3 step 11 and security.md S-17: a minute back, ten seconds ahead.
    for iat in [now - 61, now - 3_600, 0, now + 11, now + 3_600, 4_102_444_800] {
        prover
            .claims_are_refused(&with(&prover.claims(), "iat", iat), &format!("iat {}", iat - now))
            .await;
    }
    for iat in [now - 60, now + 10] {
        prover
            .claims_pass(&with(&prover.claims(), "iat", iat), &format!("iat {}", iat - now))
            .await;
    }
    prover
        .claims_are_refused(&with(&prover.claims(), "exp", now), "exp is over")
        .await;
    prover
        .claims_are_refused(&with(&prover.claims(), "nbf", now + 11), "nbf is ahead")
        .await;
}

#[tokio::test]
async fn s_17_an_identifier_is_there_and_short() {
    let prover = Prover::new().await;
    prover
        .claims_are_refused(&with(&prover.claims(), "jti", ""), "empty")
        .await;
    prover
        .claims_are_refused(&with(&prover.claims(), "jti", "j".repeat(257)), "257 bytes")
        .await;
    prover
        .claims_pass(&with(&prover.claims(), "jti", "j".repeat(256)), "256 bytes")
        .await;
}

#[tokio::test]
async fn s_17_a_request_has_one_proof_in_one_header() {
    let prover = Prover::new().await;
    let proofs = [
        prover.proof(&prover.claims()).await,
        prover.proof(&prover.claims()).await,
    ];
    let joined = [
        format!("{}, {}", proofs[0], proofs[1]),
        format!("{},{}", proofs[0], proofs[1]),
        format!("{},", proofs[0]),
        format!(",{}", proofs[0]),
    ];
    let others = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "x".to_owned(),
        format!("DPoP {}", proofs[0]),
        format!("\"{}\"", proofs[0]),
        format!("{}.{}.x", proofs[0], proofs[1]),
    ];
    for value in joined.into_iter().chain(others) {
        refused(&prover.show(&value).await, 400, CODE, &format!("{value:.60}"));
    }
    let form = [("resource", MCP.to_owned())];
    for pair in [
        [proofs[0].clone(), proofs[1].clone()],
        [proofs[0].clone(), proofs[0].clone()],
        [proofs[0].clone(), String::new()],
    ] {
        let headers = pair.map(|proof| ("dpop", proof));
        refused(
            &prover.world.token(&prover.client, &form, &headers).await,
            400,
            CODE,
            "two headers",
        );
    }
    for proof in &proofs {
        assert_eq!(prover.show(proof).await.status, 200, "none of it used them up");
    }
}

#[tokio::test]
async fn s_17_a_client_whose_tokens_are_bound_cannot_do_without_a_proof() {
    let (world, _) = machine("client_secret_basic").await;
    let members = json!({ "dpop_bound_access_tokens": true, "scope": "read", "resources": [MCP] });
    let client = Client::register_with(&world, "client_secret_basic", &members, None).await;
    refused(
        &world.token(&client, &[("resource", MCP.to_owned())], &[]).await,
        400,
        CODE,
        "no proof",
    );
    let key = Key::new(Algorithm::EdDSA);
    let proof = world.dpop(&key, &world.dpop_claims().await).await;
    let answer = with_proof(&world, &client, &proof).await;
    assert_eq!((answer.status, &answer.body["token_type"]), (200, &json!("DPoP")));
}
