//! Examples printed in RFCs.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use proof::{
    Algorithm, PublicKey, Time, base64url,
    dpop::{self, Expect},
    jws::{Compact, Rejected},
};
use serde_json::json;

use crate::signer::object;

/// The claims of RFC 7515 A.2 and A.3.
const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

#[test]
fn rfc_7515_a_3_es256_verifies() {
    let key = PublicKey::from_jwk(&object(json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })))
    .unwrap();
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let token = ["eyJhbGciOiJFUzI1NiJ9", CLAIMS, signature].join(".");
    let compact = Compact::parse(&token).unwrap();
    assert_eq!(compact.algorithm(), Algorithm::ES256);
    assert_eq!(
        compact.verify(&key).unwrap().into_inner(),
        object(json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true}))
    );
}

#[test]
fn rfc_7515_a_2_rs256_verifies() {
    let key = PublicKey::from_jwk(&object(json!({
        "kty": "RSA",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS\
              -pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2\
              CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9\
              gb54h4FRWyuXpoQ",
        "e": "AQAB",
    })))
    .unwrap();
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJd\
                     bF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN93\
                     83LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhW\
                     kWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let token = ["eyJhbGciOiJSUzI1NiJ9", CLAIMS, signature].join(".");
    assert!(Compact::parse(&token).unwrap().verify(&key).is_ok());
}

#[test]
fn rfc_8037_a_ed25519_key_thumbprint_and_signature() {
    // A.1 and A.2: the private key makes the public one.
    let seed = base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    let jwk = object(json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}));
    let key = PublicKey::from_jwk(&jwk).unwrap();
    let same = PublicKey::from_ed25519(pair.public_key().as_ref().try_into().unwrap()).unwrap();
    // A.3.
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(same.thumbprint(), key.thumbprint());
    // A.4 and A.5.
    let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
                 hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let signature = pair.sign(input.as_bytes());
    assert_eq!(proof::jws::assemble(input.to_owned(), signature.as_ref()), token);
    key.verify(input.as_bytes(), signature.as_ref()).unwrap();
    // Its payload is text, not claims: the signature passes, and then the payload is refused.
    let compact = Compact::parse(token).unwrap();
    assert_eq!(compact.algorithm(), Algorithm::EdDSA);
    assert!(matches!(compact.verify(&key), Err(Rejected::Payload(_))));
}

#[test]
fn rfc_7638_3_1_rsa_thumbprint() {
    let key = PublicKey::from_jwk(&object(json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3o\
              knjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZH\
              zu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEg\
              U8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    })))
    .unwrap();
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(key.kid(), Some("2011-04-29"));
    assert_eq!(key.algorithm(), Algorithm::RS256);
}

/// RFC 9449 s6.1.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

/// The header all its proofs share.
const PROOF_HEADER: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklD\
                            UkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE\
                            QSIsImNydiI6IlAtMjU2In19";

#[test]
fn rfc_9449_4_1_token_request_proof() {
    let claims = "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwi\
                  aWF0IjoxNTYyMjYyNjE2fQ";
    let signature = "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    let token = [PROOF_HEADER, claims, signature].join(".");
    let expect = Expect {
        method: "POST",
        url: "https://server.example.com/token",
        now: Time::from_unix(1_562_262_616),
        access_token: None,
    };
    let proof = dpop::check(&token, &expect).unwrap();
    assert_eq!(proof.jkt, JKT);
    assert_eq!(proof.key.thumbprint(), JKT);
    assert_eq!(proof.jti, "-BwC3ESc6acc2lTc");
    assert_eq!(proof.iat, Time::from_unix(1_562_262_616));
    assert_eq!(proof.nonce, None);
}

#[test]
fn rfc_9449_5_refresh_proof() {
    let claims = "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwi\
                  aWF0IjoxNTYyMjY1Mjk2fQ";
    let signature = "pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKDYW7_X620BxqhvYC8ynrrvZLTk41mSRroapUA";
    let token = [PROOF_HEADER, claims, signature].join(".");
    let expect = Expect {
        method: "POST",
        url: "https://server.example.com/token",
        now: Time::from_unix(1_562_265_296),
        access_token: None,
    };
    assert_eq!(dpop::check(&token, &expect).unwrap().jkt, JKT);
}

#[test]
fn rfc_9449_7_1_resource_proof_with_ath() {
    let claims = "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0\
                  ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9";
    let signature = "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    let token = [PROOF_HEADER, claims, signature].join(".");
    let expect = |access_token| Expect {
        method: "GET",
        url: "https://resource.example.org/protectedresource",
        now: Time::from_unix(1_562_262_618),
        access_token: Some(access_token),
    };
    assert_eq!(
        dpop::check(&token, &expect("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"))
            .unwrap()
            .jkt,
        JKT
    );
    assert_eq!(
        dpop::check(&token, &expect("another")).unwrap_err(),
        dpop::DpopError::AccessToken
    );
}
