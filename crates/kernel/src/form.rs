//! `application/x-www-form-urlencoded` bodies, read once and strictly (RFC 6749 s3.2 and App. B).

use proof::json;
use serde_json::Value;

use crate::why::Why;

/// More parameters than this are no honest request.
pub const PARAMETERS_MAX: usize = 64;

/// The parameters of a request. A parameter without a value counts as omitted (RFC 6749 s3.1).
#[derive(Clone, Debug, Default)]
pub struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    /// Reads a body: every parameter at most once, except those in `repeatable`.
    pub fn parse(body: &[u8], repeatable: &[&'static str]) -> Result<Self, Why> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for piece in body.split(|b| *b == b'&').filter(|piece| !piece.is_empty()) {
            if pairs.len() >= PARAMETERS_MAX {
                return Err(Why::FormMalformed);
            }
            let mut halves = piece.splitn(2, |b| *b == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if !repeatable.contains(&name.as_str()) && pairs.iter().any(|(known, _)| *known == name) {
                return Err(Why::UnknownParameterRepeated);
            }
            pairs.push((name, value));
        }
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Self { pairs })
    }

    /// The parameters of a request object (RFC 9101 s4): texts as they are, numbers as one writes them, what has parts as JSON, and a list of resources as so many.
    pub fn of_claims(claims: &json::Object) -> Result<Self, Why> {
        let mut pairs = Vec::new();
        for (name, value) in claims {
            match value {
                Value::String(text) => pairs.push((name.clone(), text.clone())),
                Value::Number(number) => pairs.push((name.clone(), number.to_string())),
                Value::Array(items) if name == "resource" => {
                    for item in items {
                        let text = item.as_str().ok_or(Why::ParameterMalformed("resource"))?;
                        pairs.push((name.clone(), text.to_owned()));
                    }
                }
                Value::Object(_) | Value::Array(_) => pairs.push((name.clone(), value.to_string())),
                Value::Bool(_) | Value::Null => {} // no parameter has such a value
            }
        }
        if pairs.len() > PARAMETERS_MAX {
            return Err(Why::FormMalformed);
        }
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Self { pairs })
    }

    /// The value of a parameter, if it is there.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that must be there.
    pub fn required(&self, name: &'static str) -> Result<&str, Why> {
        self.text(name).ok_or(Why::ParameterMissing(name))
    }

    /// All values of a parameter that may be repeated, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// What a request asks, apart from proofs of who asks: the pairs without the named ones. Two requests are the same question when these are equal.
    pub fn without<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pairs
            .iter()
            .filter(|(known, _)| !names.contains(&known.as_str()))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Decodes one name or value: `+` is a space, `%XX` a byte; anything else after `%` is refused, and so is what is not UTF-8.
pub fn decode(text: &[u8]) -> Result<String, Why> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest.next().and_then(|b| hex(*b)).ok_or(Why::FormMalformed)?;
                let low = rest.next().and_then(|b| hex(*b)).ok_or(Why::FormMalformed)?;
                (high << 4) | low
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Why::FormMalformed)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_6749_appendix_b_decodes() {
        // RFC 6749 App. B: " %&+£€" is encoded as "+%25%26%2B%C2%A3%E2%82%AC".
        assert_eq!(decode(b"+%25%26%2B%C2%A3%E2%82%AC").unwrap(), " %&+\u{a3}\u{20ac}");
    }

    #[test]
    fn s_03_a_repeated_parameter_is_refused_unless_it_may_repeat() {
        assert_eq!(Form::parse(b"a=1&a=1", &[]).unwrap_err(), Why::UnknownParameterRepeated);
        assert_eq!(
            Form::parse(b"a=&a=1", &[]).unwrap_err(),
            Why::UnknownParameterRepeated,
            "an empty one counts as sent twice"
        );
        assert_eq!(
            Form::parse(b"a=1&%61=2", &[]).unwrap_err(),
            Why::UnknownParameterRepeated,
            "the name is compared decoded"
        );
        let form = Form::parse(b"resource=x&resource=y", &["resource"]).unwrap();
        assert_eq!(form.all("resource").collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn a_parameter_without_value_counts_as_omitted() {
        let form = Form::parse(b"scope=&&grant_type=client_credentials&x", &[]).unwrap();
        assert_eq!(
            (form.text("scope"), form.text("x"), form.text("grant_type")),
            (None, None, Some("client_credentials"))
        );
        assert_eq!(form.required("scope"), Err(Why::ParameterMissing("scope")));
    }

    #[test]
    fn broken_escapes_bytes_and_floods_are_refused() {
        for body in ["a=%", "a=%4", "a=%zz", "a=%ff", "%c3=1"] {
            assert_eq!(
                Form::parse(body.as_bytes(), &[]).unwrap_err(),
                Why::FormMalformed,
                "{body}"
            );
        }
        let flood = (0..65).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(Form::parse(flood.as_bytes(), &[]).unwrap_err(), Why::FormMalformed);
    }
}
