//! Distinguished names as text (RFC 4514).

use std::fmt::Write as _;

use x509_parser::{
    asn1_rs::{Any, FromDer, Header, Tag, ToDer},
    x509::X509Name,
};

use crate::hex;

/// The subject of a certificate.
#[derive(Clone)]
pub(super) struct Name {
    text: String,
    parts: Vec<Part>,
}

impl Name {
    /// Reads a name; `None` when a string in it is not of its alphabet.
    pub(super) fn of(name: &X509Name<'_>) -> Option<Name> {
        let mut parts = Vec::new();
        let mut texts = Vec::new();
        for rdn in name.iter_rdn() {
            let mut part = Vec::new();
            let mut text = Vec::new();
            for attribute in rdn.iter() {
                let oid = attribute.attr_type().to_id_string();
                let value = Value::of(attribute.attr_value())?;
                text.push(written(&oid, &value, attribute.attr_value())?);
                part.push(Attribute { oid, value });
            }
            part.sort();
            parts.push(part);
            texts.push(text.join("+"));
        }
        // RFC 4514 s2.1: starting with the last.
        parts.reverse();
        texts.reverse();
        Some(Name {
            text: texts.join(","),
            parts,
        })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is(&self, dn: &str) -> bool {
        read(dn).is_some_and(|parts| parts == self.parts)
    }
}

/// The attributes that are joined by `+`, in an order of ours.
type Part = Vec<Attribute>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Attribute {
    oid: String,
    value: Value,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    /// Of one of the string types we read: which of them does not matter (RFC 5280 s7.1).
    Text(String),
    /// Whatever else, in DER.
    Der(Vec<u8>),
}

impl Value {
    fn of(value: &Any<'_>) -> Option<Value> {
        let tag = value.tag();
        if STRINGS.contains(&tag) {
            return str::from_utf8(value.data).ok().map(|text| Value::Text(text.to_owned()));
        }
        if tag == Tag::BmpString {
            return utf16(value.data).map(Value::Text);
        }
        value.to_der_vec().ok().map(Value::Der)
    }
}

/// The text of a `BMPString`: two bytes a letter, the higher first.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair)))
        .collect::<Result<_, _>>()
        .ok()
}

/// The string types whose bytes are UTF-8.
const STRINGS: [Tag; 4] = [
    Tag::Utf8String,
    Tag::PrintableString,
    Tag::Ia5String,
    Tag::NumericString,
];

/// What attribute types are called (RFC 4514 s3, RFC 4519, and the descriptors that `openssl` writes); the first name of
/// a number is the one we write.
const NAMES: [(&str, &str); 27] = [
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
    ("serialNumber", "2.5.4.5"),
    ("SN", "2.5.4.4"),
    ("givenName", "2.5.4.42"),
    ("title", "2.5.4.12"),
    ("postalCode", "2.5.4.17"),
    ("businessCategory", "2.5.4.15"),
    ("organizationIdentifier", "2.5.4.97"),
    ("jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3"),
    ("jurisdictionST", "1.3.6.1.4.1.311.60.2.1.2"),
    ("jurisdictionL", "1.3.6.1.4.1.311.60.2.1.1"),
    ("commonName", "2.5.4.3"),
    ("organizationName", "2.5.4.10"),
    ("organizationalUnitName", "2.5.4.11"),
    ("countryName", "2.5.4.6"),
    ("E", "1.2.840.113549.1.9.1"),
    ("GN", "2.5.4.42"),
    ("surname", "2.5.4.4"),
];

/// RFC 4514 s2.3 and s2.4: a type without a name is a number, and its value the DER in hexadecimal.
fn written(oid: &str, value: &Value, any: &Any<'_>) -> Option<String> {
    let name = NAMES.iter().find(|(_, number)| *number == oid).map(|(name, _)| *name);
    match (name, value) {
        (Some(name), Value::Text(text)) => Some([name, "=", &escaped(text)].concat()),
        (name, _) => {
            let mut out = [name.unwrap_or(oid), "=#"].concat();
            for byte in any.to_der_vec().ok()? {
                write!(out, "{byte:02X}").ok()?;
            }
            Some(out)
        }
    }
}

/// RFC 4514 s2.4.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (place, letter) in text.chars().enumerate() {
        if needs_escape(letter, place, last) {
            out.push('\\');
        }
        match letter {
            '\0' => out.push_str("\\00"),
            letter => out.push(letter),
        }
    }
    out
}

fn needs_escape(letter: char, place: usize, last: usize) -> bool {
    match letter {
        '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
        '#' => place == 0,
        ' ' => place == 0 || place == last,
        _ => false,
    }
}

/// Reads the notation of RFC 4514 s3; spaces before a type are forgiven, as RFC 2253 s4 did. `None` is not a name.
fn read(dn: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    let mut rest = dn;
    loop {
        let (name, value) = rest.trim_start_matches(' ').split_once('=')?;
        let (value, end) = match value.strip_prefix('#') {
            Some(hex) => read_hex(hex)?,
            None => read_text(value)?,
        };
        part.push(Attribute {
            oid: number(name)?,
            value,
        });
        let separator = end.chars().next();
        if separator != Some('+') {
            part.sort();
            parts.push(std::mem::take(&mut part));
        }
        match separator {
            None => return Some(parts),
            // Both are one byte long.
            Some(_) => rest = end.get(1..)?,
        }
    }
}

fn number(name: &str) -> Option<String> {
    if let Some((_, number)) = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Some((*number).to_owned());
    }
    let arc = |arc: &str| !arc.is_empty() && arc.bytes().all(|digit| digit.is_ascii_digit());
    name.split('.').all(arc).then(|| name.to_owned())
}

/// A value up to the separator that ends it, and the rest from there.
fn read_text(text: &str) -> Option<(Value, &str)> {
    let mut bytes = Vec::new();
    let mut rest = text;
    let mut trailing_space = false;
    while let Some(letter) = rest.chars().next() {
        match letter {
            ',' | '+' => break,
            '"' | ';' | '<' | '>' | '\0' => return None,
            ' ' if bytes.is_empty() => return None,
            '\\' => {
                let (byte, after) = read_escape(rest.strip_prefix('\\')?)?;
                bytes.push(byte);
                rest = after;
                trailing_space = false;
                continue;
            }
            _ => {}
        }
        trailing_space = letter == ' ';
        let (one, after) = rest.split_at_checked(letter.len_utf8())?;
        bytes.extend(one.as_bytes());
        rest = after;
    }
    // A space at an end is written with an escape; without one it may be somebody's idea of layout.
    let text = String::from_utf8(bytes).ok().filter(|_| !trailing_space)?;
    Some((Value::Text(text), rest))
}

/// What follows a backslash: a special character, or two hexadecimal digits for one byte.
fn read_escape(text: &str) -> Option<(u8, &str)> {
    match text.as_bytes() {
        [special, ..] if b" \"#+,;<=>\\".contains(special) => Some((*special, text.get(1..)?)),
        [high, low, ..] => Some((hex::octet(*high, *low)?, text.get(2..)?)),
        _ => None,
    }
}

/// A value in hexadecimal, up to the separator that ends it.
fn read_hex(text: &str) -> Option<(Value, &str)> {
    let end = text.find([',', '+']).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let (pairs, odd) = digits.as_bytes().as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    let der: Vec<u8> = pairs
        .iter()
        .map(|[high, low]| hex::octet(*high, *low))
        .collect::<Option<_>>()?;
    let (content, header) = Header::from_der(&der).ok()?;
    if header.length().definite() != Ok(content.len()) {
        return None;
    }
    Value::of(&Any::new(header, content)).map(|value| (value, rest))
}
