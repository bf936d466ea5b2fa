//! What a resource asks of the ledger, read once.

use proof::{digest, json, json::Object};

use super::Kind;
use crate::{
    capability::CapabilityName,
    form::Form,
    id::{BookingId, ClientId},
    why::Why,
};

/// Uses of one booking, at most.
pub const UNITS_MAX: u32 = 1_000_000;
/// How long a booking waits for its end, in seconds, when nothing is said.
const LIFETIME_SECONDS: i64 = 60;
/// How long it waits at most, in seconds.
pub const LIFETIME_SECONDS_MAX: i64 = 3_600;
/// The largest input, in bytes.
const INPUT_BYTES_MAX: usize = 16 * 1024;
const KEY_CHARS_MAX: usize = 128;

/// A booking that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// At once, before acting, or as a block.
    pub kind: Kind,
    /// The access token that the resource was shown.
    pub token: String,
    /// What is done with it.
    pub capability: CapabilityName,
    /// With what.
    pub input: Object,
    /// How often.
    pub units: u32,
    /// What makes it the same booking when it is sent again.
    pub key: String,
    /// How long it waits for its end, in seconds.
    pub lifetime_seconds: i64,
}

impl Request {
    /// Reads the form; the key may stand in the header `Idempotency-Key`.
    pub fn parse(kind: Kind, form: &Form, header: Option<&str>) -> Result<Self, Why> {
        let token = form.text("token").ok_or(Why::ParameterMissing("token"))?;
        let capability = form.text("capability").ok_or(Why::ParameterMissing("capability"))?;
        let key = match (form.text("idempotency_key"), header) {
            (Some(one), Some(other)) if one != other => return Err(Why::ParameterMalformed("idempotency_key")),
            (one, other) => one.or(other).ok_or(Why::ParameterMissing("idempotency_key"))?,
        };
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        if !(1..=KEY_CHARS_MAX).contains(&key.len()) || !plain(key) {
            return Err(Why::ParameterMalformed("idempotency_key"));
        }
        let input = match form.text("input") {
            None => Object::new(),
            Some(text) if text.len() > INPUT_BYTES_MAX => return Err(Why::ParameterMalformed("input")),
            Some(text) => json::parse_object(text.as_bytes()).map_err(|_| Why::ParameterMalformed("input"))?,
        };
        let number = |name: &'static str, usual: i64, most: i64| match form.text(name) {
            None => Ok(usual),
            Some(text) => {
                let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
                let number = text.parse().ok().filter(|n| digits && (1..=most).contains(n));
                number.ok_or(Why::ParameterMalformed(name))
            }
        };
        let units = number("units", 1, UNITS_MAX.into())?;
        let lifetime_seconds = if kind.is_open() {
            number("expires_in", LIFETIME_SECONDS, LIFETIME_SECONDS_MAX)?
        } else {
            LIFETIME_SECONDS
        };
        Ok(Self {
            kind,
            token: token.to_owned(),
            capability: CapabilityName::parse(capability).ok_or(Why::ParameterMalformed("capability"))?,
            input,
            units: u32::try_from(units).unwrap_or(UNITS_MAX),
            key: key.to_owned(),
            lifetime_seconds,
        })
    }

    /// The booking that this key means, for this resource.
    pub fn booking(&self, by: &ClientId) -> BookingId {
        booking_of(by, &self.key)
    }

    /// Of what exactly is asked: the same key with something else is another question.
    pub fn digest(&self) -> String {
        let input = json::canonical(&serde_json::Value::Object(self.input.clone()));
        let token = digest::sha256_b64(self.token.as_bytes());
        let text = format!(
            "{}\0{token}\0{}\0{}\0{}\0{input}",
            self.kind.name(),
            self.capability.as_str(),
            self.units,
            self.lifetime_seconds
        );
        digest::sha256_b64(text.as_bytes())
    }
}

fn booking_of(by: &ClientId, key: &str) -> BookingId {
    BookingId::from_alphabet(digest::sha256_b64(format!("booking\0{by}\0{key}").as_bytes()))
}

/// How a booking is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// So much of it was used; all of it when nothing is said.
    Settle(Option<u32>),
    /// Nothing was.
    Void,
}

/// The end of a booking, as a resource asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// Which booking.
    pub id: BookingId,
    /// How it ends.
    pub end: End,
}

impl Finish {
    /// Reads the form of a settlement.
    pub fn settle(form: &Form) -> Result<Self, Why> {
        let units = match form.text("units") {
            None => None,
            Some(text) => {
                let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
                let units = text.parse().ok().filter(|_| digits);
                Some(units.ok_or(Why::ParameterMalformed("units"))?)
            }
        };
        Ok(Self {
            id: named(form)?,
            end: End::Settle(units),
        })
    }

    /// Reads the form of a booking that is taken back.
    pub fn void(form: &Form) -> Result<Self, Why> {
        Ok(Self {
            id: named(form)?,
            end: End::Void,
        })
    }
}

fn named(form: &Form) -> Result<BookingId, Why> {
    let id = form.text("id").ok_or(Why::ParameterMissing("id"))?;
    BookingId::parse(id).ok_or(Why::Absent("booking"))
}
