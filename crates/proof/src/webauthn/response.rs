//! The JSON of a public key credential, as `PublicKeyCredential.toJSON()` gives it (WebAuthn s5.1).

use serde_json::Value;

use crate::{
    Malformed, base64url,
    json::{self, Object},
    webauthn::{CREDENTIAL_ID_BYTES_MAX, Rejected},
};

/// How large the JSON of a response may be.
pub const RESPONSE_BYTES_MAX: usize = 64 * 1024;

/// What both kinds of response have; unknown members and extension results are ignored.
pub(super) struct Response {
    /// The credential id, 1 to [`CREDENTIAL_ID_BYTES_MAX`] bytes.
    pub(super) id: Vec<u8>,
    members: Object,
}

impl Response {
    pub(super) fn read(json: &[u8]) -> Result<Response, Rejected> {
        if json.len() > RESPONSE_BYTES_MAX {
            return Err(Rejected::TooLarge);
        }
        let mut object = json::parse_object(json).map_err(Rejected::Response)?;
        let members = match object.remove("response") {
            Some(Value::Object(members)) => members,
            Some(_) => return Err(Rejected::Response(Malformed::WrongType("response"))),
            None => return Err(Rejected::Response(Malformed::Missing("response"))),
        };
        let required = |name| json::required_text(&object, name).map_err(Rejected::Response);
        if required("type")? != "public-key" {
            return Err(Rejected::Response(Malformed::Value("type")));
        }
        // base64url has one text for each byte string, so the texts compare as the bytes do.
        if required("id")? != required("rawId")? {
            return Err(Rejected::CredentialId);
        }
        let id = bytes(&object, "rawId")?;
        if !credential_id_length_allowed(&id) {
            return Err(Rejected::CredentialIdLength);
        }
        Ok(Response { id, members })
    }

    /// A binary member of `response`.
    pub(super) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Rejected> {
        bytes(&self.members, name)
    }

    /// A binary member of `response` that may be absent.
    pub(super) fn optional_bytes(&self, name: &'static str) -> Result<Option<Vec<u8>>, Rejected> {
        let text = json::text(&self.members, name).map_err(Rejected::Response)?;
        text.map(base64url::decode).transpose().map_err(Rejected::Response)
    }

    /// The known words of `transports` (WebAuthn s5.8.4), each once; the list is the client's word only.
    pub(super) fn transports(&self) -> Result<Vec<String>, Rejected> {
        let words = match self.members.get("transports") {
            None => return Ok(Vec::new()),
            Some(Value::Array(words)) if words.iter().all(Value::is_string) => words,
            Some(_) => return Err(Rejected::Response(Malformed::WrongType("transports"))),
        };
        let named = |known: &&str| words.iter().any(|word| word == known);
        Ok(TRANSPORTS.into_iter().filter(named).map(str::to_owned).collect())
    }
}

/// Whether a credential id may have that length (WebAuthn s7.1 step 25).
pub(super) fn credential_id_length_allowed(id: &[u8]) -> bool {
    (1..=CREDENTIAL_ID_BYTES_MAX).contains(&id.len())
}

/// In the lexicographical order that clients use, too.
const TRANSPORTS: [&str; 6] = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];

fn bytes(object: &Object, name: &'static str) -> Result<Vec<u8>, Rejected> {
    json::required_text(object, name)
        .and_then(base64url::decode)
        .map_err(Rejected::Response)
}
