//! Certificates: made and read by `openssl`, their keys as JWK by npm `jose` (the vectors of `proof`).

use proof::{
    base64url,
    certificate::{Certificate, from_client_cert_header},
};

use super::*;
use crate::Confirmation;

/// The certificate of that name, its subject and its key, as other programs print them.
struct Vector {
    certificate: Certificate,
    subject: String,
    thumbprint: String,
    jwk: Value,
}

fn vector(name: &str) -> Vector {
    let text = include_str!("../../../../proof/tests/vectors/certificates_openssl.json");
    let all: Vec<Value> = serde_json::from_str(text).unwrap();
    let case = all.iter().find(|case| case["name"] == name).unwrap();
    let base64: String = case["pem"]
        .as_str()
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let der = from_client_cert_header(&format!(":{base64}:")).unwrap();
    let hex = case["sha256"].as_str().unwrap().as_bytes().chunks(2);
    let sha256: Vec<u8> = hex
        .map(|hex| u8::from_str_radix(str::from_utf8(hex).unwrap(), 16).unwrap())
        .collect();
    Vector {
        certificate: Certificate::parse(&der).unwrap(),
        subject: case["subject"].as_str().unwrap().to_owned(),
        thumbprint: base64url::encode(&sha256),
        jwk: case["jwk"].clone(),
    }
}

fn shown(name: &str, vouched: Vouched) -> ShownCertificate {
    ShownCertificate {
        certificate: vector(name).certificate,
        vouched,
    }
}

fn client(members: &Value) -> Client {
    let mut row = json!({ "client_id": "machine" });
    row.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    facts::client(&row)
}

fn by_name() -> Credentials {
    Credentials {
        client: facts::id("machine"),
        evidence: Evidence::Name,
    }
}

fn proved_by(
    client: &Client,
    keys: Option<&KeySet>,
    certificate: Option<&ShownCertificate>,
    dpop: Option<Verified<DpopProof>>,
) -> Result<Caller, Why> {
    let facts = Facts {
        client: Some(client.clone()),
        keys,
        tenant: &tenant(SecurityProfile::Baseline),
        nonce_key: &[9; 32],
        certificate,
    };
    prove(&by_name(), facts, dpop, now())
}

/// A client that is known by this name in its certificate (RFC 8705 s2.1.2).
fn named(member: &str, name: &str) -> Client {
    client(&json!({ "token_endpoint_auth_method": "tls_client_auth", member: name }))
}

#[test]
fn each_of_the_five_names_proves_its_client_when_an_authority_vouches_for_it() {
    let subject = vector("p256").subject;
    let rows = [
        ("tls_client_auth_subject_dn", subject.as_str(), "CN=client-1"),
        ("tls_client_auth_san_dns", "client.example.test", "example.test"),
        (
            "tls_client_auth_san_uri",
            "spiffe://example.test/agent/1",
            "spiffe://example.test/agent/2",
        ),
        ("tls_client_auth_san_ip", "192.0.2.7", "192.0.2.8"),
        ("tls_client_auth_san_email", "Agent@Example.test", "other@Example.test"),
    ];
    for (member, name, other) in rows {
        let vouched = shown("p256", Vouched::ByAuthority);
        let caller = proved_by(&named(member, name), None, Some(&vouched), None).unwrap();
        assert_eq!(
            (caller.kind(), caller.name()),
            (CallerKind::PureMachine, Some("machine")),
            "{member}"
        );
        assert_eq!(
            (caller.key, caller.marks),
            (None, vec![]),
            "bound only when it registered so: {member}"
        );
        let mine = shown("p256", Vouched::ByNobody);
        let elsewhere = shown("rsa", Vouched::ByAuthority);
        for (client, certificate, claim) in [
            (named(member, other), Some(&vouched), "another name"),
            (named(member, name), Some(&mine), "nobody vouches for it"),
            (named(member, name), Some(&elsewhere), "somebody else's certificate"),
            (named(member, name), None, "no certificate"),
        ] {
            let refused = proved_by(&client, None, certificate, None).unwrap_err();
            assert_eq!(refused, Why::CertificateWrong, "{member}: {claim}");
        }
    }
    assert_eq!(Why::CertificateWrong.code().name(), "invalid_client");
    assert_eq!(
        Why::CertificateWrong.said(),
        Why::SecretWrong.said(),
        "S-42: one sentence for all that fails here"
    );
}

#[test]
fn a_name_counts_where_it_was_said_to_stand_and_nowhere_else() {
    let vouched = shown("p256", Vouched::ByAuthority);
    let rows = [
        ("tls_client_auth_san_dns", "spiffe://example.test/agent/1"),
        ("tls_client_auth_san_dns", "192.0.2.7"),
        ("tls_client_auth_san_uri", "client.example.test"),
        ("tls_client_auth_san_email", "client.example.test"),
        ("tls_client_auth_san_ip", "client.example.test"),
        ("tls_client_auth_subject_dn", "client.example.test"),
    ];
    for (member, name) in rows {
        let refused = proved_by(&named(member, name), None, Some(&vouched), None).unwrap_err();
        assert_eq!(refused, Why::CertificateWrong, "{member} {name}");
    }
    let nameless = Client {
        further: crate::client::Further::default(),
        ..named("tls_client_auth_san_dns", "x")
    };
    let refused = proved_by(&nameless, None, Some(&vouched), None).unwrap_err();
    assert_eq!(
        refused,
        Why::CertificateWrong,
        "a client that named nothing is nobody by any certificate"
    );
}

#[test]
fn a_self_signed_certificate_proves_the_client_whose_key_it_has() {
    let client = client(&json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" }));
    let set = |names: &[&str]| {
        let keys: Vec<Value> = names.iter().map(|name| vector(name).jwk).collect();
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    };
    for name in ["p256", "rsa", "ed25519"] {
        for vouched in [Vouched::ByNobody, Vouched::ByAuthority] {
            let certificate = shown(name, vouched);
            let proved = |keys: Option<&KeySet>| proved_by(&client, keys, Some(&certificate), None);
            let caller = proved(Some(&set(&["ed25519", "rsa", "p256"]))).unwrap();
            assert_eq!(caller.kind(), CallerKind::PureMachine, "RFC 8705 s2.2: {name}");
            for keys in [Some(set(&["bmp", "latin"])), Some(set(&[])), None] {
                assert_eq!(
                    proved(keys.as_ref()).unwrap_err(),
                    Why::CertificateWrong,
                    "{name} {keys:?}"
                );
            }
        }
    }
    let keys = set(&["p256"]);
    let refused = proved_by(&client, Some(&keys), None, None).unwrap_err();
    assert_eq!(refused, Why::CertificateWrong, "its name alone is no proof");
}

#[test]
fn a_certificate_is_no_way_in_for_a_client_of_another_method_and_nothing_else_is_for_one_of_certificates() {
    let vouched = shown("p256", Vouched::ByAuthority);
    for method in [
        AuthenticationMethod::SecretBasic,
        AuthenticationMethod::SecretPost,
        AuthenticationMethod::PrivateKeyJwt,
    ] {
        let keys = signer::key_set();
        let refused = proved_by(&registered(method), Some(&keys), Some(&vouched), None).unwrap_err();
        assert_eq!(refused, Why::AuthenticationMethod, "{}", method.name());
    }
    let keys = signer::key_set();
    let dns = "client.example.test";
    for client in [
        named("tls_client_auth_san_dns", dns),
        client(&json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" })),
    ] {
        for method in [
            AuthenticationMethod::SecretBasic,
            AuthenticationMethod::SecretPost,
            AuthenticationMethod::PrivateKeyJwt,
        ] {
            let facts = Facts {
                client: Some(client.clone()),
                keys: Some(&keys),
                tenant: &tenant(SecurityProfile::Baseline),
                nonce_key: &[9; 32],
                certificate: Some(&vouched),
            };
            let refused = prove(&showing(method), facts, None, now()).unwrap_err();
            assert_eq!(refused, Why::AuthenticationMethod, "{}", method.name());
        }
    }
    let disabled = Client {
        disabled: Some(now()),
        ..named("tls_client_auth_san_dns", dns)
    };
    let refused = proved_by(&disabled, None, Some(&vouched), None).unwrap_err();
    assert_eq!(refused, Why::ClientDisabled);
    let refused = proved_by(&disabled, None, None, None).unwrap_err();
    assert_eq!(
        refused,
        Why::CertificateWrong,
        "only the client itself learns that it is disabled"
    );
}

#[test]
fn a_token_is_bound_to_the_certificate_exactly_when_the_client_registered_so() {
    let thumbprint = vector("p256").thumbprint;
    let certificate = Some(Confirmation::Certificate(thumbprint));
    let jkt = Some(Confirmation::Jkt(signer::ED25519_THUMBPRINT.to_owned()));
    let bound = json!({ "tls_client_certificate_bound_access_tokens": true });
    let methods = [
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "client.example.test" }),
        json!({ "token_endpoint_auth_method": "none" }), // RFC 8705 s4: a public client has one, too
    ];
    let shown = shown("p256", Vouched::ByAuthority);
    for method in methods {
        for (binds, with_proof, expected) in [
            (false, false, &None),
            (false, true, &jkt),
            (true, false, &certificate),
            (true, true, &certificate),
        ] {
            let mut row = method.clone();
            if binds {
                row.as_object_mut().unwrap().extend(bound.as_object().unwrap().clone());
            }
            let dpop = with_proof.then(dpop_proof);
            let caller = proved_by(&client(&row), None, Some(&shown), dpop).unwrap();
            assert_eq!(caller.key, *expected, "RFC 8705 s3.4: {method} {binds} {with_proof}");
            assert_eq!(
                caller.marks.len(),
                usize::from(with_proof),
                "a proof is good once, whatever is bound"
            );
        }
    }
    let public =
        client(&json!({ "token_endpoint_auth_method": "none", "tls_client_certificate_bound_access_tokens": true }));
    let caller = proved_by(&public, None, None, None).unwrap();
    assert_eq!(
        caller.key, None,
        "without one nothing is bound, and the token endpoint says no"
    );
}
