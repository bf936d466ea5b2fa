//! What the browser saw (WebAuthn s5.8.1).

use serde_json::Value;

use crate::{
    Malformed, base64url, digest, json,
    webauthn::{CHALLENGE_BYTES_MIN, Expect, Rejected},
};

/// Which `type` the client data must have.
#[derive(Clone, Copy)]
pub(super) enum Ceremony {
    Create,
    Get,
}

/// Checks client data (s7.1 steps 5 to 11, s7.2 steps 8 to 14) and gives their hash (s7.1 step 12, s7.2 step 20).
pub(super) fn check(client_data: &[u8], ceremony: Ceremony, expect: &Expect<'_>) -> Result<[u8; 32], Rejected> {
    // UTF-8 decode drops a byte order mark; the hash is over the bytes as they came.
    let text = client_data.strip_prefix(BYTE_ORDER_MARK).unwrap_or(client_data);
    let object = json::parse_object(text).map_err(Rejected::ClientData)?;
    let required = |name| json::required_text(&object, name).map_err(Rejected::ClientData);
    // s7.1 step 7, s7.2 step 10.
    if required("type")? != ceremony.name() {
        return Err(Rejected::CeremonyType);
    }
    // s7.1 step 8, s7.2 step 11.
    let challenge = base64url::encode(expect.challenge);
    if expect.challenge.len() < CHALLENGE_BYTES_MIN
        || !digest::same(required("challenge")?.as_bytes(), challenge.as_bytes())
    {
        return Err(Rejected::Challenge);
    }
    // s7.1 step 9, s7.2 step 12.
    if required("origin")? != expect.origin {
        return Err(Rejected::Origin);
    }
    // s7.1 step 10, s7.2 step 13: our pages ask in no frame of others.
    match object.get("crossOrigin") {
        None | Some(Value::Bool(false)) => {}
        Some(Value::Bool(true)) => return Err(Rejected::CrossOrigin),
        Some(_) => return Err(Rejected::ClientData(Malformed::WrongType("crossOrigin"))),
    }
    // s7.1 step 11, s7.2 step 14.
    if object.contains_key("topOrigin") {
        return Err(Rejected::TopOrigin);
    }
    Ok(digest::sha256(client_data))
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Ceremony {
    fn name(self) -> &'static str {
        match self {
            Ceremony::Create => "webauthn.create",
            Ceremony::Get => "webauthn.get",
        }
    }
}
