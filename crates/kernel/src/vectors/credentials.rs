//! What people prove themselves by: rows of passkeys in both directions, and the responses of authenticators, checked with `proof` as the server checks them.

use proof::{
    Time, Verified, base64url,
    webauthn::{self, Asserted, Credential, CredentialKey, Expect, UserVerification},
};
use serde_json::{Value, json};

use super::{
    facts::{Row, id},
    rows::{object, time},
    signer::{CREDENTIAL_ID, cose_key},
};
use crate::credential::{Passkey, Password};

/// A row. What is left out is that of the signer's passkey.
pub(crate) fn passkey(value: &Value) -> Passkey {
    let row = Row::of(
        value,
        &[
            "id",
            "user_id",
            "credential",
            "public_key",
            "counter",
            "transports",
            "name",
            "created_at",
            "last_used_at",
        ],
    );
    let or = |name: &str, bytes: &[u8]| row.text(name).map_or_else(|| base64url::encode(bytes), str::to_owned);
    Passkey {
        id: id(row.required("id")),
        user: id(row.required("user_id")),
        credential: or("credential", &CREDENTIAL_ID),
        public_key: or("public_key", &cose_key()),
        counter: row.number("counter").unwrap_or(0),
        transports: row.list("transports").map(str::to_owned).collect(),
        name: row.text("name").unwrap_or("A passkey").to_owned(),
        created: row.time("created_at").unwrap_or(Time::from_unix(0)),
        used: row.time("last_used_at"),
    }
}

pub(super) fn passkey_row(passkey: &Passkey) -> Value {
    let Passkey {
        id,
        user,
        credential,
        public_key,
        counter,
        transports,
        name,
        created,
        used,
    } = passkey;
    let mut row = object(json!({
        "id": id.as_str(),
        "user_id": user.as_str(),
        "credential": credential,
        "public_key": public_key,
        "counter": counter,
        "transports": transports,
        "name": name,
        "created_at": created.unix(),
    }));
    time(&mut row, "last_used_at", *used);
    row.into()
}

/// A person's password.
pub(crate) fn password(value: &Value) -> Password {
    let row = Row::of(value, &["hash", "changed_at"]);
    Password {
        hash: row.required("hash").to_owned(),
        changed: row.time("changed_at").unwrap(),
    }
}

/// What an authenticator was asked for: the page's `challenge`, `origin` and `rp_id`.
pub(crate) struct Ceremony<'a> {
    challenge: Vec<u8>,
    origin: &'a str,
    rp_id: &'a str,
}

impl<'a> Ceremony<'a> {
    pub(crate) fn read(value: &'a Value) -> Self {
        let row = Row::of(value, &["challenge", "origin", "rp_id"]);
        Self {
            challenge: base64url::decode(row.required("challenge")).unwrap(),
            origin: row.required("origin"),
            rp_id: row.required("rp_id"),
        }
    }

    /// A `RegistrationResponseJSON` (WebAuthn s5.1), checked.
    pub(crate) fn registered(&self, response: &Value) -> Verified<Credential> {
        webauthn::check_registration(response.to_string().as_bytes(), &self.expect()).unwrap()
    }

    /// An `AuthenticationResponseJSON` (WebAuthn s5.1), checked against the key of this row. The counter is left to the rule: it looks again.
    pub(crate) fn asserted(&self, response: &Value, passkey: &Passkey) -> Verified<Asserted> {
        let assertion = webauthn::parse_assertion(response.to_string().as_bytes()).unwrap();
        assert_eq!(base64url::encode(&assertion.credential_id), passkey.credential);
        let whose = assertion.user_handle.as_deref();
        assert_eq!(whose, Some(passkey.user.as_str().as_bytes()), "WebAuthn s7.2 step 6");
        let key = CredentialKey::from_cose(&base64url::decode(&passkey.public_key).unwrap()).unwrap();
        webauthn::check_assertion(&assertion, &key, 0, &self.expect()).unwrap()
    }

    fn expect(&self) -> Expect<'_> {
        Expect {
            challenge: &self.challenge,
            origin: self.origin,
            rp_id: self.rp_id,
            user_verification: UserVerification::Preferred,
        }
    }
}

#[test]
fn what_is_written_reads_back_as_the_same() {
    let row = json!({"id": "p", "user_id": "u", "credential": "Aw", "public_key": "BQ", "counter": 7, "transports": ["usb"], "name": "Key", "created_at": 1, "last_used_at": 2});
    assert_eq!(passkey_row(&passkey(&row)), row);
}
