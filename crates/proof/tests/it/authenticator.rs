//! A software authenticator with its browser around it: good ceremonies, and their parts for tests that bend them.
//!
//! It stands alone: keys of its own, CBOR of its own, nothing of the code under test.

use std::sync::OnceLock;

use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::AsDer,
    rand::{SecureRandom, SystemRandom},
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use self::cbor::Cbor;

pub(crate) const UP: u8 = 0x01;
pub(crate) const UV: u8 = 0x04;
pub(crate) const BE: u8 = 0x08;
pub(crate) const BS: u8 = 0x10;
pub(crate) const AT: u8 = 0x40;
pub(crate) const ED: u8 = 0x80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alg {
    Es256,
    EdDsa,
    Rs256,
}

impl Alg {
    pub(crate) const ALL: [Alg; 3] = [Alg::Es256, Alg::EdDsa, Alg::Rs256];

    pub(crate) fn cose(self) -> i64 {
        match self {
            Alg::Es256 => -7,
            Alg::EdDsa => -8,
            Alg::Rs256 => -257,
        }
    }
}

/// One credential on an authenticator whose user is present and verified.
pub(crate) struct Authenticator {
    alg: Alg,
    key: Key,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) aaguid: [u8; 16],
}

enum Key {
    P256(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl Authenticator {
    /// A new key and a new credential id; RSA keys are all the same one, since making them takes long.
    pub(crate) fn new(alg: Alg) -> Self {
        let key = match alg {
            Alg::Es256 => Key::P256(Box::new(
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            )),
            Alg::EdDsa => Key::Ed25519(Box::new(Ed25519KeyPair::generate().unwrap())),
            Alg::Rs256 => Key::Rsa(Box::new(RsaKeyPair::from_pkcs8(rsa_pkcs8()).unwrap())),
        };
        Authenticator {
            alg,
            key,
            credential_id: random::<32>().to_vec(),
            aaguid: random(),
        }
    }

    /// The JSON of a registration without attestation.
    pub(crate) fn register(&self, challenge: &[u8], origin: &str, rp_id: &str) -> String {
        self.registration(challenge, origin, rp_id).json()
    }

    /// The JSON of an assertion.
    pub(crate) fn assert(&self, challenge: &[u8], origin: &str, rp_id: &str, user_handle: &[u8]) -> String {
        let mut assertion = self.assertion(challenge, origin, rp_id);
        assertion.user_handle = Some(user_handle.to_vec());
        assertion.json(self)
    }

    /// The parts of a registration.
    pub(crate) fn registration(&self, challenge: &[u8], origin: &str, rp_id: &str) -> Registration {
        Registration {
            id: self.credential_id.clone(),
            client_data: client_data("webauthn.create", challenge, origin),
            data: Data {
                rp_id: rp_id.to_owned(),
                flags: UP | UV | AT,
                counter: 0,
                credential: Some((self.aaguid, self.credential_id.clone(), self.cose().encode())),
                rest: Vec::new(),
            },
            format: "none",
            statement: Cbor::Map(Vec::new()),
        }
    }

    /// The parts of an assertion.
    pub(crate) fn assertion(&self, challenge: &[u8], origin: &str, rp_id: &str) -> Assertion {
        Assertion {
            id: self.credential_id.clone(),
            client_data: client_data("webauthn.get", challenge, origin),
            data: Data {
                rp_id: rp_id.to_owned(),
                flags: UP | UV,
                counter: 0,
                credential: None,
                rest: Vec::new(),
            },
            user_handle: None,
        }
    }

    /// The public key as the members of a `COSE_Key`, in canonical order.
    pub(crate) fn cose(&self) -> Cbor {
        let integer = Cbor::Integer;
        let alg = (integer(3), integer(self.alg.cose()));
        Cbor::Map(match &self.key {
            Key::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                vec![
                    (integer(1), integer(2)),
                    alg,
                    (integer(-1), integer(1)),
                    (integer(-2), Cbor::Bytes(x.to_vec())),
                    (integer(-3), Cbor::Bytes(y.to_vec())),
                ]
            }
            Key::Ed25519(pair) => vec![
                (integer(1), integer(1)),
                alg,
                (integer(-1), integer(6)),
                (integer(-2), Cbor::Bytes(pair.public_key().as_ref().to_vec())),
            ],
            Key::Rsa(pair) => vec![
                (integer(1), integer(3)),
                alg,
                (
                    integer(-1),
                    Cbor::Bytes(pair.public_key().modulus().big_endian_without_leading_zero().to_vec()),
                ),
                (
                    integer(-2),
                    Cbor::Bytes(pair.public_key().exponent().big_endian_without_leading_zero().to_vec()),
                ),
            ],
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the backend takes a source of randomness as its second argument"
    )]
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::P256(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Key::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }
}

/// What a registration is made of.
#[derive(Clone)]
pub(crate) struct Registration {
    pub(crate) id: Vec<u8>,
    pub(crate) client_data: Value,
    pub(crate) data: Data,
    pub(crate) format: &'static str,
    pub(crate) statement: Cbor,
}

impl Registration {
    /// What a self attestation signs.
    pub(crate) fn signed(&self) -> Vec<u8> {
        signed(&self.data, &self.client_data)
    }

    /// With `packed` self attestation by that key, over the parts as they are now.
    pub(crate) fn packed(mut self, by: &Authenticator) -> Self {
        self.format = "packed";
        self.statement = Cbor::Map(vec![
            (text("alg"), Cbor::Integer(by.alg.cose())),
            (text("sig"), Cbor::Bytes(by.sign(&self.signed()))),
        ]);
        self
    }

    pub(crate) fn object(&self) -> Cbor {
        Cbor::Map(vec![
            (text("fmt"), text(self.format)),
            (text("attStmt"), self.statement.clone()),
            (text("authData"), Cbor::Bytes(self.data.encode())),
        ])
    }

    pub(crate) fn value(&self) -> Value {
        json!({
            "id": b64(&self.id),
            "rawId": b64(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": b64(self.client_data.to_string().as_bytes()),
                "attestationObject": b64(&self.object().encode()),
                "authenticatorData": b64(&self.data.encode()),
                "transports": ["internal", "hybrid"],
                "publicKeyAlgorithm": -7,
            },
            "clientExtensionResults": {"credProps": {"rk": true}},
        })
    }

    pub(crate) fn json(&self) -> String {
        self.value().to_string()
    }
}

/// What an assertion is made of, before it is signed.
#[derive(Clone)]
pub(crate) struct Assertion {
    pub(crate) id: Vec<u8>,
    pub(crate) client_data: Value,
    pub(crate) data: Data,
    pub(crate) user_handle: Option<Vec<u8>>,
}

impl Assertion {
    /// What an assertion signs.
    pub(crate) fn signed(&self) -> Vec<u8> {
        signed(&self.data, &self.client_data)
    }

    pub(crate) fn value(&self, signature: &[u8]) -> Value {
        let mut value = json!({
            "id": b64(&self.id),
            "rawId": b64(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": b64(self.client_data.to_string().as_bytes()),
                "authenticatorData": b64(&self.data.encode()),
                "signature": b64(signature),
            },
            "clientExtensionResults": {},
        });
        if let Some(handle) = &self.user_handle {
            value["response"]["userHandle"] = b64(handle).into();
        }
        value
    }

    /// Signed by that key, over the parts as they are now.
    pub(crate) fn json(&self, by: &Authenticator) -> String {
        self.value(&by.sign(&self.signed())).to_string()
    }
}

/// Authenticator data (WebAuthn s6.1).
#[derive(Clone)]
pub(crate) struct Data {
    pub(crate) rp_id: String,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
    /// AAGUID, credential id, key; written if it is there, whatever the flags say.
    pub(crate) credential: Option<([u8; 16], Vec<u8>, Vec<u8>)>,
    /// What follows: extension data.
    pub(crate) rest: Vec<u8>,
}

impl Data {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        bytes.push(self.flags);
        bytes.extend(self.counter.to_be_bytes());
        if let Some((aaguid, id, key)) = &self.credential {
            bytes.extend(aaguid);
            bytes.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
            bytes.extend(id);
            bytes.extend(key);
        }
        bytes.extend(&self.rest);
        bytes
    }
}

pub(crate) fn text(text: &str) -> Cbor {
    Cbor::Text(text.to_owned())
}

pub(crate) fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) mod cbor {
    //! The CBOR that authenticators write.

    #[derive(Clone)]
    pub(crate) enum Cbor {
        Integer(i64),
        Bytes(Vec<u8>),
        Text(String),
        Array(Vec<Cbor>),
        /// Written in the order given.
        Map(Vec<(Cbor, Cbor)>),
        /// As they are.
        Raw(Vec<u8>),
    }

    impl Cbor {
        pub(crate) fn encode(&self) -> Vec<u8> {
            match self {
                Cbor::Integer(value) => match u64::try_from(*value) {
                    Ok(value) => head(0, value),
                    // -1 - value, which is what the complement of a signed integer is.
                    Err(_) => head(1, u64::try_from(!*value).unwrap()),
                },
                Cbor::Bytes(bytes) => [head(2, bytes.len() as u64), bytes.clone()].concat(),
                Cbor::Text(text) => [head(3, text.len() as u64), text.clone().into_bytes()].concat(),
                Cbor::Array(items) => {
                    let items: Vec<u8> = items.iter().flat_map(Cbor::encode).collect();
                    [head(4, self.len()), items].concat()
                }
                Cbor::Map(entries) => {
                    let entries: Vec<u8> = entries
                        .iter()
                        .flat_map(|(k, v)| [k.encode(), v.encode()].concat())
                        .collect();
                    [head(5, self.len()), entries].concat()
                }
                Cbor::Raw(bytes) => bytes.clone(),
            }
        }

        /// The entries of a map, to be changed.
        pub(crate) fn entries(&mut self) -> &mut Vec<(Cbor, Cbor)> {
            match self {
                Cbor::Map(entries) => entries,
                Cbor::Integer(_) | Cbor::Bytes(_) | Cbor::Text(_) | Cbor::Array(_) | Cbor::Raw(_) => {
                    panic!("not a map")
                }
            }
        }

        fn len(&self) -> u64 {
            match self {
                Cbor::Array(items) => items.len() as u64,
                Cbor::Map(entries) => entries.len() as u64,
                Cbor::Integer(_) | Cbor::Bytes(_) | Cbor::Text(_) | Cbor::Raw(_) => 0,
            }
        }
    }

    fn head(major: u8, value: u64) -> Vec<u8> {
        let bytes = value.to_be_bytes();
        let (info, tail) = match value {
            0..24 => return vec![major << 5 | bytes[7]],
            24..0x100 => (24, &bytes[7..]),
            0x100..0x1_0000 => (25, &bytes[6..]),
            0x1_0000..0x1_0000_0000 => (26, &bytes[4..]),
            0x1_0000_0000.. => (27, &bytes[..]),
        };
        [&[major << 5 | info], tail].concat()
    }
}

fn client_data(kind: &str, challenge: &[u8], origin: &str) -> Value {
    json!({"type": kind, "challenge": b64(challenge), "origin": origin, "crossOrigin": false})
}

fn signed(data: &Data, client_data: &Value) -> Vec<u8> {
    let hash = digest(&SHA256, client_data.to_string().as_bytes());
    [data.encode().as_slice(), hash.as_ref()].concat()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test authenticator makes its own keys and ids"
)]
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).unwrap();
    bytes
}

fn rsa_pkcs8() -> &'static [u8] {
    static PKCS8: OnceLock<Vec<u8>> = OnceLock::new();
    PKCS8.get_or_init(|| {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        pair.as_der().unwrap().as_ref().to_vec()
    })
}
