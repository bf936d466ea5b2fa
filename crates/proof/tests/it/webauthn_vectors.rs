//! The examples of WebAuthn Level 3 s16.2 to s16.16, from registration to assertion.

use proof::{
    base64url,
    webauthn::{
        Backup, CredentialKey, Expect, Rejected, UserVerification, UserVerified, check_assertion, check_registration,
        parse_assertion,
    },
};
use serde_json::{Value, json};

use crate::webauthn::hex;

/// The member of that name, in bytes.
fn bytes(object: &Value, name: &str) -> Vec<u8> {
    hex(object[name].as_str().unwrap())
}

fn b64(object: &Value, name: &str) -> String {
    base64url::encode(&bytes(object, name))
}

struct Example(Value);

impl Example {
    fn all() -> Vec<Example> {
        let file: Value = serde_json::from_slice(include_bytes!("../vectors/webauthn_level3.json")).unwrap();
        file["examples"]
            .as_array()
            .unwrap()
            .iter()
            .cloned()
            .map(Example)
            .collect()
    }

    fn named(name: &str) -> Example {
        Example::all()
            .into_iter()
            .find(|example| example.name() == name)
            .unwrap()
    }

    fn name(&self) -> &str {
        self.0["name"].as_str().unwrap()
    }

    fn register(&self) -> Result<proof::webauthn::Credential, Rejected> {
        let given = &self.0["registration"];
        let id = b64(given, "credential_id");
        let response = json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": {
            "clientDataJSON": b64(given, "clientDataJSON"),
            "attestationObject": b64(given, "attestationObject"),
        }});
        check_registration(response.to_string().as_bytes(), &expect(&bytes(given, "challenge")))
            .map(proof::Verified::into_inner)
    }

    fn assert(&self, key: &CredentialKey) -> Result<proof::webauthn::Asserted, Rejected> {
        let given = &self.0["authentication"];
        let id = b64(&self.0["registration"], "credential_id");
        let response = json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": {
            "clientDataJSON": b64(given, "clientDataJSON"),
            "authenticatorData": b64(given, "authenticatorData"),
            "signature": b64(given, "signature"),
        }});
        let assertion = parse_assertion(response.to_string().as_bytes())?;
        check_assertion(&assertion, key, 0, &expect(&bytes(given, "challenge"))).map(proof::Verified::into_inner)
    }

    /// The key, found by its place at the end of the attestation object: authenticator data come last in it, and the key
    /// last in those.
    fn key(&self) -> Result<CredentialKey, proof::Malformed> {
        let given = &self.0["registration"];
        let object = bytes(given, "attestationObject");
        let id = bytes(given, "credential_id");
        let at = object.windows(id.len()).position(|window| window == id).unwrap();
        CredentialKey::from_cose(object.get(at.saturating_add(id.len())..).unwrap())
    }
}

fn expect(challenge: &[u8]) -> Expect<'_> {
    Expect {
        challenge,
        origin: "https://example.org",
        rp_id: "example.org",
        user_verification: UserVerification::Preferred,
    }
}

#[test]
fn level_3_registrations_without_certificates_pass() {
    for name in ["none-es256", "packed-self-es256", "none-es256-long-credential-id"] {
        let example = Example::named(name);
        let credential = example.register().unwrap();
        let given = &example.0["registration"];
        assert_eq!(credential.id, bytes(given, "credential_id"), "{name}");
        assert_eq!(credential.aaguid.as_slice(), bytes(given, "aaguid"), "{name}");
        assert_eq!(credential.counter, 0, "{name}");
        assert_eq!(credential.key, example.key().unwrap(), "{name}");
        let asserted = example.assert(&credential.key).unwrap();
        assert_eq!(asserted.credential_id, credential.id, "{name}");
        assert_eq!(asserted.backup.is_eligible(), credential.backup.is_eligible(), "{name}");
    }
}

#[test]
fn level_3_flags_are_read_as_they_were_drawn() {
    // auth_data_UV_BE_BS and auth_data_UV_BS of s16.2 are 0xba and 0x38; the flag bytes made of them 0x59 and 0x19.
    let example = Example::named("none-es256");
    let credential = example.register().unwrap();
    assert_eq!(
        (credential.user_verified, credential.backup),
        (UserVerified::No, Backup::BackedUp)
    );
    let asserted = example.assert(&credential.key).unwrap();
    assert_eq!(
        (asserted.user_verified, asserted.backup),
        (UserVerified::No, Backup::BackedUp)
    );
    // s16.3: 0x5d and 0x09.
    let example = Example::named("packed-self-es256");
    let credential = example.register().unwrap();
    assert_eq!(
        (credential.user_verified, credential.backup),
        (UserVerified::Yes, Backup::BackedUp)
    );
    let asserted = example.assert(&credential.key).unwrap();
    assert_eq!(
        (asserted.user_verified, asserted.backup),
        (UserVerified::No, Backup::Eligible)
    );
}

#[test]
fn level_3_ceremonies_in_frames_are_refused() {
    for (name, why) in [
        ("none-es256-crossOrigin", Rejected::CrossOrigin),
        // It has `crossOrigin` true, too, which is looked at first.
        ("none-es256-topOrigin", Rejected::CrossOrigin),
    ] {
        let example = Example::named(name);
        assert_eq!(example.register().unwrap_err(), why, "{name}");
        assert_eq!(example.assert(&example.key().unwrap()).unwrap_err(), why, "{name}");
    }
}

#[test]
fn level_3_attestations_by_certificates_are_refused_and_their_assertions_pass() {
    for (name, why) in [
        ("packed-es256", Rejected::AttestationCertificates),
        ("packed-rs256", Rejected::AttestationCertificates),
        ("packed-eddsa", Rejected::AttestationCertificates),
        ("tpm-es256", Rejected::AttestationFormat("tpm")),
        ("android-key-es256", Rejected::AttestationFormat("android-key")),
        ("apple-es256", Rejected::AttestationFormat("apple")),
        ("fido-u2f-es256", Rejected::AttestationFormat("fido-u2f")),
    ] {
        let example = Example::named(name);
        assert_eq!(example.register().unwrap_err(), why, "{name}");
        let key = example.key().unwrap();
        example.assert(&key).unwrap();
        // Each signature belongs to its own example.
        let other = Example::named("none-es256").key().unwrap();
        assert_eq!(example.assert(&other).unwrap_err(), Rejected::Signature, "{name}");
    }
}

#[test]
fn level_3_keys_of_other_algorithms_are_refused() {
    for name in ["packed-es384", "packed-es512", "packed-ed448"] {
        let example = Example::named(name);
        let why = proof::Malformed::Unsupported("alg");
        assert_eq!(example.key().unwrap_err(), why, "{name}");
        assert_eq!(example.register().unwrap_err(), Rejected::CredentialKey(why), "{name}");
    }
}

#[test]
fn every_level_3_example_is_looked_at() {
    assert_eq!(Example::all().len(), 15);
}
