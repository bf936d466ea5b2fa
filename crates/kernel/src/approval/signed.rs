//! A yes that a passkey signed: what biometric strength takes (product s3). The challenge is derived from what the page showed, so the signature is a yes to that and to
//! nothing else (S-30, S-33), and whoever has the public key can check it again at any time.

use proof::{
    Verified, digest, json,
    webauthn::{Asserted, Assertion, UserVerified},
};
use serde_json::Value;

use super::Approval;
use crate::{
    browser_session::{Method, Presence},
    caller::BrowserUser,
    capability::Strength,
    client::Client,
    credential::Passkey,
    decision::Guard,
    detail::Types,
    id::PasskeyId,
    moment::Moment,
    why::Why,
};

/// What came with an answer beside the words.
#[derive(Debug)]
pub enum Signature {
    /// Nothing.
    Missing,
    /// Something that is no signature of a passkey of ours over this: which rule it breaks.
    Broken(&'static str),
    /// The signature of a passkey.
    Holds(Box<Signed>),
}

/// A passkey's signature that holds for a challenge.
#[derive(Debug)]
pub struct Signed {
    /// The passkey, as its row is at this look.
    pub passkey: Passkey,
    /// What it asserted.
    pub asserted: Verified<Asserted>,
    /// The assertion as it was sent.
    pub assertion: Assertion,
    /// What makes the challenge unlike every other: see [`document`].
    pub nonce: String,
}

/// How somebody who said yes proved that it is them, and what goes with it.
pub(super) struct Proved {
    pub(super) presence: Presence,
    pub(super) by: Option<PasskeyId>,
    pub(super) guard: Option<Guard>,
    pub(super) evidence: Option<Value>,
}

/// What a passkey signs when it says yes: this question, by this client as the page described it, its details in these words; once.
fn document(approval: &Approval, client: &Client, types: &Types, nonce: &str) -> Value {
    let mut signed = json::Object::new();
    signed.insert("approval".to_owned(), approval.id.as_str().into());
    signed.insert("details_shown".to_owned(), types.shown(&approval.asks.details).into());
    signed.insert("metadata_hash".to_owned(), client.basis().into());
    signed.insert("nonce".to_owned(), nonce.into());
    signed.insert("payload_hash".to_owned(), approval.payload_hash.as_str().into());
    signed.into()
}

/// The challenge of that: the SHA-256 of its canonical JSON (RFC 8785).
pub fn challenge(approval: &Approval, client: &Client, types: &Types, nonce: &str) -> [u8; 32] {
    digest::sha256(json::canonical(&document(approval, client, types, nonce)).as_bytes())
}

impl Signature {
    /// How the person proved themselves for this yes: by a passkey that signed it, else by their browser session, where that is enough.
    pub(super) fn prove(
        &self,
        strength: Strength,
        approval: &Approval,
        client: &Client,
        types: &Types,
        person: &BrowserUser,
        at: &Moment,
    ) -> Result<Proved, Why> {
        match self {
            Self::Holds(signed) => signed.prove(approval, client, types, person, at),
            Self::Broken(rule) => Err(Why::YesUnsigned(rule)),
            Self::Missing if strength >= Strength::Biometric => Err(Why::YesUnsigned("no passkey signed it")),
            Self::Missing => Ok(Proved {
                presence: person.session.presence(),
                by: None,
                guard: None,
                evidence: None,
            }),
        }
    }
}

impl Signed {
    fn prove(
        &self,
        approval: &Approval,
        client: &Client,
        types: &Types,
        person: &BrowserUser,
        at: &Moment,
    ) -> Result<Proved, Why> {
        if self.passkey.user != person.user.id {
            return Err(Why::YesUnsigned("the passkey is another person's"));
        }
        let asked = challenge(approval, client, types, &self.nonce);
        if !digest::same(&self.asserted.challenge, &asked) {
            return Err(Why::YesUnsigned("the passkey signed something else"));
        }
        if self.asserted.user_verified != UserVerified::Yes {
            return Err(Why::YesUnsigned("the passkey did not verify whoever used it"));
        }
        let used = self.passkey.used(&self.asserted, at.now).map_err(Why::YesUnsigned)?;
        Ok(Proved {
            presence: Presence {
                authenticated: at.now,
                method: Method::PasskeyVerified,
                ..person.session.presence()
            },
            by: Some(self.passkey.id.clone()),
            guard: Some(Guard::Credential(used)),
            evidence: Some(self.evidence(&document(approval, client, types, &self.nonce))),
        })
    }

    /// All that it takes to check the signature once more: WebAuthn s7.2 with this public key, and a challenge that is the SHA-256 of the canonical `signed`.
    fn evidence(&self, signed: &Value) -> Value {
        let bytes = self.assertion.bytes();
        let text = proof::base64url::encode;
        serde_json::json!({
            "authenticator_data": text(bytes.authenticator_data),
            "client_data": text(bytes.client_data),
            "credential": self.passkey.credential,
            "public_key": self.passkey.public_key,
            "registered_at": self.passkey.created.unix(),
            "signature": text(bytes.signature),
            "signed": signed,
        })
    }
}
