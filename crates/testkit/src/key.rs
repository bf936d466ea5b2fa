//! Keys of clients and agents: they sign whatever a test says, right or wrong.

use keys::{Signer, SoftwareKey};
use proof::{Algorithm, base64url, json::Object};
use serde_json::Value;

/// A key pair.
#[derive(Debug)]
pub struct Key {
    signer: SoftwareKey,
    private: Option<Object>,
}

impl Key {
    /// Makes a key.
    ///
    /// # Panics
    /// When the operating system has no randomness.
    #[expect(clippy::expect_used, reason = "a test world that cannot be built must fail its test")]
    pub fn new(algorithm: Algorithm) -> Self {
        let (signer, pkcs8) = SoftwareKey::generate(algorithm).expect("a key");
        let private = keys::private_jwk(algorithm, pkcs8.reveal()).ok(); // RSA keys have none here
        Self { signer, private }
    }

    /// The public JWK.
    pub fn public_jwk(&self) -> Object {
        self.signer.public_key().to_jwk()
    }

    /// The private JWK.
    ///
    /// # Panics
    /// When it is an RSA key.
    #[expect(clippy::expect_used, reason = "a test that wants the inside of an RSA key is wrong")]
    pub fn private_jwk(&self) -> &Object {
        self.private.as_ref().expect("a key of a curve")
    }

    /// The RFC 7638 thumbprint.
    pub fn thumbprint(&self) -> &str {
        self.signer.public_key().thumbprint()
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.signer.algorithm()
    }

    /// A compact JWS over exactly this header and these claims.
    pub async fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string()).await
    }

    /// A compact JWS over texts that may be no JSON at all.
    ///
    /// # Panics
    /// When signing fails.
    pub async fn sign_text(&self, header: &str, claims: &str) -> String {
        self.sign_parts(
            &base64url::encode(header.as_bytes()),
            &base64url::encode(claims.as_bytes()),
        )
        .await
    }

    /// A compact JWS over two parts that may be no base64url at all.
    ///
    /// # Panics
    /// When signing fails.
    #[expect(clippy::expect_used, reason = "a test world that cannot be built must fail its test")]
    pub async fn sign_parts(&self, header: &str, claims: &str) -> String {
        let input = format!("{header}.{claims}");
        let signature = self.signer.sign(input.as_bytes()).await.expect("a signature");
        format!("{input}.{}", base64url::encode(&signature))
    }
}
