//! Tokens that no key of ours made: what the tests of assertions and proofs forge alike.

use base64::{Engine, engine::general_purpose::STANDARD};
use proof::{base64url, digest, json::Object};
use serde_json::{Value, json};
use testkit::Key;

/// A compact JWS over these parts with this signature.
pub(crate) fn signed_by(header: &Value, claims: &Value, signature: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let input = [header, claims]
        .map(|part| base64url::encode(part.to_string().as_bytes()))
        .join(".");
    format!("{input}.{}", base64url::encode(&signature(input.as_bytes())))
}

/// What a public key looks like to somebody who would use it as the secret of an HMAC: its JWK, its bytes, its PEM.
pub(crate) fn as_hmac_secrets(jwk: &Object) -> Vec<Vec<u8>> {
    let member = |name: &str| base64url::decode(jwk[name].as_str().unwrap()).unwrap();
    let point = [vec![4], member("x"), member("y")].concat();
    // SubjectPublicKeyInfo of a P-256 key: everything before the point is the same for all (RFC 5480 s2).
    let prefix = base64url::decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA").unwrap();
    let spki = [prefix, point.clone()].concat();
    let lines: Vec<String> = STANDARD
        .encode(&spki)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    );
    let required = json!({ "crv": jwk["crv"], "kty": jwk["kty"], "x": jwk["x"], "y": jwk["y"] });
    vec![
        Value::Object(jwk.clone()).to_string().into_bytes(),
        required.to_string().into_bytes(),
        point,
        spki,
        pem.into_bytes(),
        Vec::new(),
    ]
}

/// Every forgery of S-11 for a P-256 key: headers and claims are right but for `alg`, and no private key is needed.
pub(crate) async fn algorithm_forgeries(header: &Value, claims: &Value, key: &Key) -> Vec<(String, String)> {
    let named = |alg: &str| {
        let mut header = header.clone();
        header["alg"] = alg.into();
        header
    };
    let mut forged = Vec::new();
    for alg in ["none", "None", "nOnE", "NONE", ""] {
        forged.push((
            format!("alg {alg:?}, no signature"),
            signed_by(&named(alg), claims, |_| Vec::new()),
        ));
        forged.push((
            format!("alg {alg:?}, a real signature"),
            key.sign(&named(alg), claims).await,
        ));
    }
    for secret in as_hmac_secrets(&key.public_jwk()) {
        let token = signed_by(&named("HS256"), claims, |input| {
            digest::hmac_sha256(&secret, input).to_vec()
        });
        forged.push((format!("HS256 with {} public bytes", secret.len()), token));
    }
    for alg in [
        "EdDSA", "RS256", "PS256", "ES384", "ES256K", "HS256", "es256", "Ed25519", "RSA-OAEP", "dir",
    ] {
        forged.push((
            format!("alg {alg} with a signature of ES256"),
            key.sign(&named(alg), claims).await,
        ));
    }
    for (what, signature) in [
        ("r = s = 0", vec![0; 64]),
        ("r = s = 1", [[0; 31].as_slice(), &[1]].concat().repeat(2)),
        ("r = s = n", [GROUP_ORDER; 2].concat()),
        ("63 bytes", vec![1; 63]),
        ("65 bytes", vec![1; 65]),
        ("nothing", vec![]),
    ] {
        forged.push((
            format!("ES256 signature of {what}"),
            signed_by(&named("ES256"), claims, |_| signature),
        ));
    }
    let honest = key.sign(&named("ES256"), claims).await;
    let (input, signature) = honest.rsplit_once('.').unwrap();
    forged.push((
        "a signature in DER".to_owned(),
        format!(
            "{input}.{}",
            base64url::encode(&der(&base64url::decode(signature).unwrap()))
        ),
    ));
    forged
}

/// The order of P-256 (FIPS 186-4 D.1.2.3).
const GROUP_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// `r || s` as a DER sequence of two integers, which JOSE does not take (RFC 7518 s3.4).
fn der(fixed: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let mut bytes: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        if bytes.first().is_some_and(|high| high & 0x80 != 0) {
            bytes.insert(0, 0);
        }
        [vec![2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    };
    let body = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat()
}

/// Spellings of a token that are not the one of RFC 7515 s2: padding, the other alphabet, white space, bits that mean nothing.
pub(crate) fn other_spellings(token: &str) -> Vec<(&'static str, String)> {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).unwrap();
    let neighbour = &alphabet[place + 1..place + 2]; // 64 bytes leave four bits over: the last letter is every sixteenth
    vec![
        ("padded", format!("{token}==")),
        ("padded once", format!("{token}=")),
        ("padded header", token.replacen('.', "=.", 1)),
        ("a line feed behind", format!("{token}\n")),
        ("a space in front", format!(" {token}")),
        ("a dot behind", format!("{token}.")),
        ("a dot in front", format!(".{token}")),
        (
            "other bits in the last letter",
            format!("{input}.{}{neighbour}", &signature[..signature.len() - 1]),
        ),
        (
            "the other alphabet",
            format!("{input}.{}", signature.replace('-', "+").replace('_', "/") + "+"),
        ),
        ("one letter more", format!("{token}A")),
        ("four letters more", format!("{token}AAAA")),
    ]
}

/// Values that a text member must not have, as JSON text.
pub(crate) const NOT_A_TEXT: &[&str] = &["null", "true", "5", "[]", "{}", r#"["x"]"#, r#""\ud800""#];

/// Values that a time member must not have, as JSON text (RFC 7519 s2 `NumericDate`; S-13).
pub(crate) const NOT_A_TIME: &[&str] = &[
    "null",
    "true",
    r#""9999999999""#,
    r#""1795000060""#,
    "[1795000060]",
    "{}",
    "-1",
    "1e400",
    "-1e400",
    "1795000060.5",
    "1795000060.0",
    "1.79500006e9",
    "9223372036854775808",
    "18446744073709551616",
    "9007199254740992",
    "01795000060",
    "+1795000060",
    "0x6AFC0000",
    "NaN",
    "Infinity",
];

/// Texts that are not one JSON object as RFC 7493 wants it, made from an object.
pub(crate) fn not_an_object(object: &Value) -> Vec<(&'static str, String)> {
    let text = object.to_string();
    let inner = &text[1..text.len() - 1];
    let nested = |depth: usize| format!(r#"{{{inner},"x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    vec![
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        ("an array of it", format!("[{text}]")),
        ("a text of it", Value::from(text.clone()).to_string()),
        ("something behind it", format!("{text} {{}}")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("a comma too many", format!("{{{inner},}}")),
        ("a comment", format!("{{/**/{inner}}}")),
        ("not closed", text[..text.len() - 1].to_owned()),
        ("a repeated unknown member", format!(r#"{{{inner},"x":1,"x":1}}"#)),
        (
            "a repeated member further down",
            format!(r#"{{{inner},"x":{{"y":1,"y":1}}}}"#),
        ),
        ("eight levels below", nested(8)),
        ("a thousand levels below", nested(1_000)),
        ("a number past every range", format!(r#"{{{inner},"x":1e400}}"#)),
        (
            "an integer past 2^63",
            format!(r#"{{{inner},"x":9223372036854775808}}"#),
        ),
        ("half a surrogate pair", format!(r#"{{{inner},"x":"\ud800"}}"#)),
        ("a bare control character", format!("{{{inner},\"x\":\"\u{1}\"}}")),
    ]
}
