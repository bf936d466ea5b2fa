//! `DPoP` proofs: every rule of RFC 9449 s4.3 that one proof can break by itself.

use proof::{
    Algorithm, Malformed, PublicKey, Time, Verified, base64url,
    dpop::{self, DpopError, DpopProof, Expect, check, check_with},
    jws::Rejected,
};
use serde_json::{Value, json};

use crate::signer::{Signer, with_raw};

const NOW: i64 = 1_700_000_000;
const URL: &str = "https://as.example.test/t/demo/oauth2/token";
const ACCESS_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.e30.AA";

fn expect() -> Expect<'static> {
    Expect {
        method: "POST",
        url: URL,
        now: Time::from_unix(NOW),
        access_token: None,
    }
}

fn with_token() -> Expect<'static> {
    Expect {
        access_token: Some(ACCESS_TOKEN),
        ..expect()
    }
}

/// A proof before it is signed.
struct Draft {
    signer: Signer,
    header: Value,
    claims: Value,
}

impl Draft {
    fn by(signer: Signer) -> Self {
        let header = json!({"typ": "dpop+jwt", "alg": signer.algorithm().name(), "jwk": signer.bare_jwk()});
        Draft {
            signer,
            header,
            claims: json!({"jti": "-BwC3ESc6acc2lTc", "htm": "POST", "htu": URL, "iat": NOW}),
        }
    }

    fn new() -> Self {
        Draft::by(Signer::ed25519(1))
    }

    fn sign(&self) -> String {
        self.signer.jws(&self.header, &self.claims)
    }
}

fn refused(change: impl FnOnce(&mut Draft)) -> DpopError {
    refused_by(Signer::ed25519(1), change)
}

fn refused_by(signer: Signer, change: impl FnOnce(&mut Draft)) -> DpopError {
    let mut draft = Draft::by(signer);
    change(&mut draft);
    check(&draft.sign(), &expect()).map(Verified::into_inner).unwrap_err()
}

fn claim(name: &str, value: Value) -> DpopError {
    refused(|draft| draft.claims[name] = value)
}

fn header(name: &str, value: Value) -> DpopError {
    refused(|draft| draft.header[name] = value)
}

fn missing_claim(name: &str) -> DpopError {
    refused(|draft| drop(draft.claims.as_object_mut().unwrap().remove(name).unwrap()))
}

fn missing_header(name: &str) -> DpopError {
    refused(|draft| drop(draft.header.as_object_mut().unwrap().remove(name).unwrap()))
}

#[test]
fn a_proof_of_each_algorithm_passes_and_says_what_it_holds() {
    for signer in Signer::all() {
        let key = signer.key();
        let mut draft = Draft::by(signer);
        draft.claims["nonce"] = json!("n-1");
        let DpopProof {
            jkt,
            jti,
            iat,
            nonce,
            key: found,
        } = check(&draft.sign(), &expect()).unwrap().into_inner();
        assert_eq!(jkt, key.thumbprint());
        assert_eq!(jti, "-BwC3ESc6acc2lTc");
        assert_eq!(iat, Time::from_unix(NOW));
        assert_eq!(nonce.as_deref(), Some("n-1"));
        assert_eq!(
            (found.thumbprint(), found.algorithm()),
            (key.thumbprint(), key.algorithm())
        );
    }
}

#[test]
fn what_is_not_asked_for_does_not_harm() {
    let mut draft = Draft::new();
    draft.header["kid"] = json!("k1");
    draft.header["typ"] = json!("application/DPoP+JWT");
    draft.header["jwk"]["kid"] = json!("k1");
    draft.header["jwk"]["use"] = json!("sig");
    draft.header["jwk"]["alg"] = json!("EdDSA");
    draft.claims["ath"] = json!("of a token that did not come along");
    draft.claims["exp"] = json!(NOW + 1);
    draft.claims["nbf"] = json!(NOW + 10);
    draft.claims["other"] = json!({"a": [1]});
    assert!(check(&draft.sign(), &expect()).is_ok());
}

#[test]
fn s_17_type_and_algorithm() {
    let wrong_type = DpopError::Jws(Rejected::Header(Malformed::WrongType("typ")));
    assert_eq!(missing_header("typ"), DpopError::WrongType);
    for typ in [
        "",
        "JWT",
        "jwt",
        "at+jwt",
        "dpop",
        "dpop+jwt ",
        "client-authentication+jwt",
        "jwt+dpop",
    ] {
        assert_eq!(header("typ", json!(typ)), DpopError::WrongType, "{typ}");
    }
    assert_eq!(header("typ", json!(["dpop+jwt"])), wrong_type);
    assert_eq!(header("typ", json!(null)), wrong_type);
    for alg in ["none", "None", "HS256", "ES384", ""] {
        assert_eq!(header("alg", json!(alg)), DpopError::Jws(Rejected::Algorithm), "{alg}");
    }
    assert_eq!(
        missing_header("alg"),
        DpopError::Jws(Rejected::Header(Malformed::Missing("alg")))
    );
    assert_eq!(header("alg", json!("ES256")), DpopError::Jws(Rejected::WrongAlgorithm));
    assert_eq!(header("alg", json!("RS256")), DpopError::Jws(Rejected::WrongAlgorithm));
    assert_eq!(header("crit", json!(["jwk"])), DpopError::Jws(Rejected::Critical));
    assert_eq!(header("b64", json!(true)), DpopError::Jws(Rejected::UnencodedPayload));
    assert_eq!(
        header("kid", json!(1)),
        DpopError::Jws(Rejected::Header(Malformed::WrongType("kid")))
    );
}

#[test]
fn s_17_key() {
    assert_eq!(missing_header("jwk"), DpopError::Key(Malformed::Missing("jwk")));
    for value in [
        json!(null),
        json!("key"),
        json!([Signer::ed25519(1).bare_jwk()]),
        json!(1),
    ] {
        assert_eq!(header("jwk", value), DpopError::Key(Malformed::WrongType("jwk")));
    }
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        let error = refused(|draft| draft.header["jwk"][name] = json!("AQAB"));
        assert_eq!(error, DpopError::Key(Malformed::PrivateKey), "{name}");
    }
    let rsa_1024 = json!({"kty": "RSA", "n": base64url::encode(&[0xc1; 128]), "e": "AQAB"});
    for (jwk, expected) in [
        (json!({}), Malformed::Missing("kty")),
        (json!({"kty": "oct", "k": "c2VjcmV0"}), Malformed::PrivateKey),
        (json!({"kty": "oct"}), Malformed::Unsupported("kty")),
        (rsa_1024, Malformed::WeakKey),
        (
            json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}),
            Malformed::Unsupported("crv"),
        ),
        (
            json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
            Malformed::Unsupported("crv"),
        ),
        (json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}), Malformed::Base64url),
        (
            json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&[0; 32])}),
            Malformed::WeakKey,
        ),
        (
            json!({"kty": "EC", "crv": "P-256", "x": base64url::encode(&[1; 32]), "y": base64url::encode(&[1; 32])}),
            Malformed::Key,
        ),
    ] {
        assert_eq!(header("jwk", jwk.clone()), DpopError::Key(expected), "{jwk}");
    }
    for (name, value, expected) in [
        ("use", json!("enc"), Malformed::Unsupported("use")),
        ("key_ops", json!(["sign"]), Malformed::Unsupported("key_ops")),
        ("alg", json!("HS256"), Malformed::Unsupported("alg")),
        ("alg", json!("ES256"), Malformed::Value("alg")),
    ] {
        let error = refused(|draft| draft.header["jwk"][name] = value);
        assert_eq!(error, DpopError::Key(expected), "{name}");
    }
    // Another key than the one that signed, of the same kind and of another.
    assert_eq!(
        header("jwk", Signer::ed25519(2).bare_jwk()),
        DpopError::Jws(Rejected::Signature)
    );
    assert_eq!(
        header("jwk", Signer::p256().bare_jwk()),
        DpopError::Jws(Rejected::WrongAlgorithm)
    );
}

#[test]
fn s_17_a_rsa_key_that_names_an_algorithm_keeps_to_it() {
    let rsa = || Signer::rsa(Algorithm::PS256);
    assert_eq!(
        refused_by(rsa(), |draft| draft.header["jwk"]["alg"] = json!("RS256")),
        DpopError::Jws(Rejected::WrongAlgorithm)
    );
    assert_eq!(
        refused_by(rsa(), |draft| draft.header["alg"] = json!("RS256")),
        DpopError::Jws(Rejected::Signature)
    );
}

#[test]
fn s_17_identifier() {
    assert_eq!(missing_claim("jti"), DpopError::Claims(Malformed::Missing("jti")));
    assert_eq!(claim("jti", json!("")), DpopError::Identifier);
    assert_eq!(claim("jti", json!("j".repeat(257))), DpopError::Identifier);
    assert_eq!(claim("jti", json!("\u{e9}".repeat(129))), DpopError::Identifier);
    for value in [json!(null), json!(1), json!(["a"]), json!({}), json!(true)] {
        assert_eq!(claim("jti", value), DpopError::Claims(Malformed::WrongType("jti")));
    }
    let mut draft = Draft::new();
    for jti in ["j".to_owned(), "j".repeat(256)] {
        draft.claims["jti"] = json!(jti);
        assert_eq!(check(&draft.sign(), &expect()).unwrap().jti, jti);
    }
}

#[test]
fn s_17_method() {
    assert_eq!(missing_claim("htm"), DpopError::Claims(Malformed::Missing("htm")));
    for method in ["GET", "post", "Post", "", "POST ", "PUT"] {
        assert_eq!(claim("htm", json!(method)), DpopError::Method, "{method}");
    }
    for value in [json!(null), json!(1), json!(["POST"])] {
        assert_eq!(claim("htm", value), DpopError::Claims(Malformed::WrongType("htm")));
    }
}

#[test]
fn s_17_time() {
    assert_eq!(missing_claim("iat"), DpopError::Claims(Malformed::Missing("iat")));
    for ago in [61, 3600, NOW] {
        assert_eq!(claim("iat", json!(NOW - ago)), DpopError::TooOld, "{ago}");
    }
    for ahead in [11, 3600, 1 << 40] {
        assert_eq!(claim("iat", json!(NOW + ahead)), DpopError::FromTheFuture, "{ahead}");
    }
    for value in [
        json!(NOW.to_string()),
        json!(1_700_000_000.5),
        json!(null),
        json!([NOW]),
        json!({}),
        json!(true),
    ] {
        assert_eq!(claim("iat", value), DpopError::Claims(Malformed::WrongType("iat")));
    }
    for value in [json!(-1), json!(1_i64 << 53)] {
        assert_eq!(claim("iat", value), DpopError::Claims(Malformed::Value("iat")));
    }
    assert_eq!(claim("exp", json!(NOW)), DpopError::TooOld);
    assert_eq!(
        claim("exp", json!("never")),
        DpopError::Claims(Malformed::WrongType("exp"))
    );
    assert_eq!(claim("nbf", json!(NOW + 11)), DpopError::FromTheFuture);
    assert_eq!(
        claim("nbf", json!(null)),
        DpopError::Claims(Malformed::WrongType("nbf"))
    );
    let mut draft = Draft::new();
    for iat in [NOW - 60, NOW - 1, NOW, NOW + 10] {
        draft.claims["iat"] = json!(iat);
        assert_eq!(check(&draft.sign(), &expect()).unwrap().iat, Time::from_unix(iat));
    }
    assert_eq!((dpop::WINDOW_SECONDS, dpop::FUTURE_SECONDS), (60, 10));
}

#[test]
fn s_17_access_token() {
    let mut draft = Draft::new();
    let refused = |draft: &Draft| check(&draft.sign(), &with_token()).unwrap_err();
    assert_eq!(refused(&draft), DpopError::AccessToken);
    for other in [
        "",
        "another",
        ACCESS_TOKEN,
        "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
    ] {
        draft.claims["ath"] = json!(other);
        assert_eq!(refused(&draft), DpopError::AccessToken, "{other}");
    }
    for value in [json!(null), json!(1), json!(["a"])] {
        draft.claims["ath"] = value;
        assert_eq!(refused(&draft), DpopError::Claims(Malformed::WrongType("ath")));
        // Of the wrong type it is refused even where no token came along.
        assert_eq!(
            check(&draft.sign(), &expect()).unwrap_err(),
            DpopError::Claims(Malformed::WrongType("ath"))
        );
    }
    // sha256 of ACCESS_TOKEN, from another implementation.
    let hash = "iChuT6tDSzDaKK7DqaXwTetgcyAOsjOWYEM8C54urcU";
    draft.claims["ath"] = json!(hash);
    assert!(check(&draft.sign(), &with_token()).is_ok());
    draft.claims["ath"] = json!(format!("{hash}="));
    assert_eq!(refused(&draft), DpopError::AccessToken);
}

#[test]
fn s_17_nonce_has_the_right_type() {
    for value in [json!(null), json!(1), json!(["n"]), json!({})] {
        assert_eq!(claim("nonce", value), DpopError::Claims(Malformed::WrongType("nonce")));
    }
}

#[test]
fn s_17_duplicate_and_impossible_members() {
    let draft = Draft::new();
    let (good_header, good_claims) = (draft.header.to_string(), draft.claims.to_string());
    let twice = |text: &str, member: &str| format!("{},{member}}}", text.strip_suffix('}').unwrap());
    let refused = |header: &str, claims: &str| check(&draft.signer.raw(header, claims), &expect()).unwrap_err();
    for member in [
        r#""jti":"-BwC3ESc6acc2lTc""#,
        r#""htm":"POST""#,
        r#""iat":1700000000"#,
        r#""htu":"x""#,
    ] {
        assert_eq!(
            refused(&good_header, &twice(&good_claims, member)),
            DpopError::Jws(Rejected::Payload(Malformed::Duplicate)),
            "{member}"
        );
    }
    for member in [r#""typ":"dpop+jwt""#, r#""alg":"EdDSA""#, r#""jwk":{}"#] {
        assert_eq!(
            refused(&twice(&good_header, member), &good_claims),
            DpopError::Jws(Rejected::Header(Malformed::Duplicate)),
            "{member}"
        );
    }
    let jwk = draft.header["jwk"].to_string();
    let doubled = with_raw(&draft.header, "jwk", &twice(&jwk, r#""x":"AA""#));
    assert_eq!(
        refused(&doubled, &good_claims),
        DpopError::Jws(Rejected::Header(Malformed::Duplicate))
    );
    for (raw, expected) in [
        ("1e400", Malformed::Json),
        ("9223372036854775808", Malformed::Number),
        ("[[[[[[[[1]]]]]]]]", Malformed::TooDeep),
    ] {
        let claims = with_raw(&draft.claims, "iat", raw);
        assert_eq!(
            refused(&good_header, &claims),
            DpopError::Jws(Rejected::Payload(expected)),
            "{raw}"
        );
    }
    for claims in ["", "[]", "null", "\"text\""] {
        assert!(
            matches!(refused(&good_header, claims), DpopError::Jws(Rejected::Payload(_))),
            "{claims}"
        );
    }
}

#[test]
fn s_17_a_header_field_that_is_no_proof() {
    let good = Draft::new().sign();
    let (input, signature) = good.rsplit_once('.').unwrap();
    for (proof, expected) in [
        (String::new(), Rejected::Parts),
        ("DPoP".to_owned(), Rejected::Parts),
        ("..".to_owned(), Rejected::Header(Malformed::Json)),
        (format!("{good}.AA"), Rejected::Parts),
        // Two header fields, joined by a proxy.
        (format!("{good}, {good}"), Rejected::Parts),
        (format!("{good},"), Rejected::Base64url),
        (format!("{good}="), Rejected::Base64url),
        (format!("{input}."), Rejected::Signature),
        (format!("{input}.{}", "A".repeat(86)), Rejected::Signature),
        (format!("{input}.{}", signature.split_at(84).0), Rejected::Signature),
        ("a".repeat(16_385), Rejected::TooLarge),
    ] {
        assert_eq!(
            check(&proof, &expect()).unwrap_err(),
            DpopError::Jws(expected),
            "{proof:.60}"
        );
    }
}

#[test]
fn a_key_cache_is_asked_with_an_object_that_says_all() {
    for signer in Signer::all() {
        let (key, algorithm) = (signer.key(), signer.algorithm());
        let proof = Draft::by(signer).sign();
        let mut asked = Vec::new();
        let checked = check_with(&proof, &expect(), &mut |jwk| {
            asked.push(jwk.clone());
            Ok(key.clone())
        });
        assert_eq!(checked.unwrap().jkt, key.thumbprint());
        assert_eq!(asked.len(), 1);
        let read = PublicKey::from_jwk(&asked[0]).unwrap();
        assert_eq!((read.thumbprint(), read.algorithm()), (key.thumbprint(), algorithm));
    }
}

#[test]
fn a_key_cache_never_sees_a_private_key_and_cannot_change_the_algorithm() {
    let mut draft = Draft::new();
    draft.header["jwk"]["d"] = json!("AA");
    let error = check_with(&draft.sign(), &expect(), &mut |_| panic!("asked for a private key")).unwrap_err();
    assert_eq!(error, DpopError::Key(Malformed::PrivateKey));
    let other = Signer::p256().key();
    let error = check_with(&Draft::new().sign(), &expect(), &mut |_| Ok(other.clone())).unwrap_err();
    assert_eq!(error, DpopError::Jws(Rejected::WrongAlgorithm));
    let error = check_with(&Draft::new().sign(), &expect(), &mut |_| Err(Malformed::Key)).unwrap_err();
    assert_eq!(error, DpopError::Key(Malformed::Key));
}
