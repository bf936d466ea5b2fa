//! Tokens that are bound to a certificate (RFC 8705).

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, request::Parts};
use serde_json::json;
use verify::{BuildError, Guard, PeerCertificate, Reason};

use crate::{
    issuer::Key,
    world::{RESOURCE, World, challenges},
};

/// RFC 8705 App. A, Figure 6, and its thumbprint as Figure 5 has it.
const CERTIFICATE: &str = "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=";
const THUMBPRINT: &str = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";

fn der() -> Bytes {
    Bytes::from(STANDARD.decode(CERTIFICATE).unwrap())
}

/// The certificate with another signature: another one.
fn other() -> Bytes {
    let mut der = der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    Bytes::from(der)
}

fn rfc9440(der: &[u8]) -> String {
    format!(":{}:", STANDARD.encode(der))
}

/// As nginx writes it.
fn escaped_pem(der: &[u8]) -> String {
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(der)
    );
    pem.bytes()
        .map(|byte| match byte {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

/// A request that shows this certificate in the handshake, or none.
fn request(headers: &[(&str, String)], shown: Option<Bytes>) -> Parts {
    let request = headers.iter().fold(Request::post("/mcp"), |request, (name, value)| {
        request.header(*name, value)
    });
    let mut parts = request.body(()).unwrap().into_parts().0;
    parts
        .extensions
        .extend(shown.map_or_else(http::Extensions::new, |shown| {
            let mut extensions = http::Extensions::new();
            extensions.insert(PeerCertificate(shown));
            extensions
        }));
    parts
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

async fn reason(world: &World, headers: &[(&str, String)], shown: Option<Bytes>) -> Option<Reason> {
    let denied = world.guard.check(&request(headers, shown), &[]).await.err()?;
    let (status, challenges) = (denied.status().as_u16(), challenges(denied.response().headers()));
    assert_eq!(status, 401, "RFC 8705 s3");
    assert!(challenges[0].contains(r#"error="invalid_token""#), "{challenges:?}");
    Some(denied.reason())
}

#[tokio::test]
async fn rfc_8705_a_bound_token_passes_with_its_certificate_alone() {
    let world = World::new().await;
    let token = world.token(&json!({ "cnf": { "x5t#S256": THUMBPRINT } }));
    let access = world
        .guard
        .check(&request(&[bearer(&token)], Some(der())), &[])
        .await
        .unwrap();
    assert_eq!((access.x5t(), access.jkt()), (Some(THUMBPRINT), None));

    assert_eq!(
        reason(&world, &[bearer(&token)], None).await,
        Some(Reason::NoCertificate)
    );
    assert_eq!(
        reason(&world, &[bearer(&token)], Some(other())).await,
        Some(Reason::ForeignCertificate)
    );
    // A token that is bound to nothing is good with any certificate.
    let free = world.token(&json!({}));
    for shown in [None, Some(der())] {
        assert_eq!(reason(&world, &[bearer(&free)], shown).await, None);
    }
}

#[tokio::test]
async fn rfc_8705_a_bound_token_is_no_dpop_token() {
    let world = World::new().await;
    let (holder, token) = (
        Key::ed25519("h"),
        world.token(&json!({ "cnf": { "x5t#S256": THUMBPRINT } })),
    );
    let headers = [
        ("authorization", format!("DPoP {token}")),
        ("dpop", world.proof(&holder, &token, &json!({}))),
    ];
    assert_eq!(reason(&world, &headers, Some(der())).await, Some(Reason::BearerAsBound));
}

#[tokio::test]
async fn rfc_8705_a_token_bound_to_a_key_and_a_certificate_needs_both() {
    let world = World::new().await;
    let holder = Key::ed25519("h");
    let token = world.token(&json!({ "cnf": { "jkt": holder.thumbprint(), "x5t#S256": THUMBPRINT } }));
    let proof = ("dpop", world.proof(&holder, &token, &json!({})));
    let dpop = ("authorization", format!("DPoP {token}"));
    let with_proof = [dpop, proof];
    assert_eq!(reason(&world, &with_proof, None).await, Some(Reason::NoCertificate));
    assert_eq!(
        reason(&world, &with_proof, Some(other())).await,
        Some(Reason::ForeignCertificate)
    );
    assert_eq!(
        reason(&world, &[bearer(&token)], Some(der())).await,
        Some(Reason::BoundAsBearer)
    );
    // The proof is as good as new: nothing above used it up.
    let access = world
        .guard
        .check(&request(&with_proof, Some(der())), &[])
        .await
        .unwrap();
    assert_eq!(access.jkt(), Some(holder.thumbprint().as_str()));
    assert_eq!(access.x5t(), Some(THUMBPRINT));
}

#[tokio::test]
async fn s_43_a_header_is_no_certificate_unless_the_guard_was_told() {
    let world = World::new().await;
    let token = world.token(&json!({ "cnf": { "x5t#S256": THUMBPRINT } }));
    let headers = [bearer(&token), ("client-cert", rfc9440(&der()))];
    assert_eq!(reason(&world, &headers, None).await, Some(Reason::NoCertificate));
}

#[tokio::test]
async fn behind_a_proxy_the_certificate_is_the_one_of_the_header() {
    let world = World::with(|builder| builder.certificate_header("Client-Cert")).await;
    let token = world.token(&json!({ "cnf": { "x5t#S256": THUMBPRINT } }));
    let line = |value: String| ("client-cert", value);
    for value in [rfc9440(&der()), escaped_pem(&der()), rfc9440(&der()).replace('=', "")] {
        assert_eq!(
            reason(&world, &[bearer(&token), line(value.clone())], None).await,
            None,
            "{value}"
        );
    }
    for (headers, expected) in [
        (vec![], Reason::NoCertificate),
        (vec![line(String::new())], Reason::NoCertificate),
        (vec![line(rfc9440(&other()))], Reason::ForeignCertificate),
        (vec![line(escaped_pem(&other()))], Reason::ForeignCertificate),
        (
            vec![line(rfc9440(&der())), line(rfc9440(&der()))],
            Reason::CertificateHeader,
        ),
        (
            vec![line(rfc9440(&other())), line(rfc9440(&der()))],
            Reason::CertificateHeader,
        ),
        (vec![line(CERTIFICATE.to_owned())], Reason::CertificateHeader),
        (
            vec![line(rfc9440(&der()).trim_end_matches(':').to_owned())],
            Reason::CertificateHeader,
        ),
        (vec![line(":!:".to_owned())], Reason::CertificateHeader),
        (vec![line(":".to_owned())], Reason::CertificateHeader),
        (vec![line("nonsense".to_owned())], Reason::CertificateHeader),
    ] {
        let all = [vec![bearer(&token)], headers].concat();
        assert_eq!(reason(&world, &all, None).await, Some(expected), "{all:?}");
    }
    // The connection shows the proxy's own certificate, which is nobody else's.
    assert_eq!(
        reason(&world, &[bearer(&token)], Some(der())).await,
        Some(Reason::NoCertificate)
    );
}

#[test]
fn the_header_has_a_name() {
    let built = Guard::builder("https://a.example", RESOURCE)
        .certificate_header("Client Cert")
        .build();
    assert!(matches!(built, Err(BuildError::CertificateHeader(name)) if name == "Client Cert"));
}
