//! What the admin API reads. Member names are those of RFC 7591, RFC 8707 and OpenID Connect Core s5.1 where they have one.

mod clients;
mod consents;
mod details;
mod further;
mod people;
mod policies;
mod resources;
mod tenants;

use std::collections::BTreeSet;

use kernel::{
    Algorithm, Why,
    administration::Switch,
    client::{Binding, TOKEN_ALGORITHMS, token_algorithm},
    resource::ResourceUri,
};
use proof::json::Object;
use serde::de::DeserializeOwned;

pub(super) use clients::{ClientBody, ClientChangeBody, id_in_path as client_id_in_path};
pub(super) use consents::RuleBody;
pub(super) use details::{DetailTypeBody, DetailTypeChangeBody, in_path as detail_type_in_path};
pub(super) use further::FurtherBody;
pub(super) use people::{GroupBody, PasswordBody, UserBody, UserChangeBody};
pub(super) use policies::{CapabilityBody, ExplainBody, PoliciesBody, ReplayBody, in_path as capability_in_path};
pub(super) use resources::{GrantBody, GrantEditBody, ResourceBody, ResourceChangeBody};
pub(super) use tenants::{AdministratorBody, TenantBody, TenantChangeBody};

/// Reads a body strictly: one JSON object, no repeated members, none that we do not know.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Why> {
    of(object(body)?)
}

/// Reads a body about a client: what the kernel reads by itself stands apart.
pub(super) fn read_client<T: DeserializeOwned>(body: &[u8]) -> Result<(T, Object), Why> {
    let mut object = object(body)?;
    let further = further::take(&mut object);
    Ok((of(object)?, further))
}

fn object(body: &[u8]) -> Result<Object, Why> {
    proof::json::parse_object_to_depth(body, 16).map_err(Why::Json)
}

fn of<T: DeserializeOwned>(object: Object) -> Result<T, Why> {
    let kept = object.clone();
    serde_json::from_value(serde_json::Value::Object(object)).map_err(|error| {
        let place = culprit::<T>(&kept, &error).map(|name| format!("{name}: "));
        Why::Body(place.unwrap_or_default() + &plain(&error.to_string()))
    })
}

/// The member that has not its type: the parser tells what it expected, and not where. Without that member it says something else, or nothing.
fn culprit<'o, T: DeserializeOwned>(object: &'o Object, error: &serde_json::Error) -> Option<&'o str> {
    let said = error.to_string();
    if !said.starts_with("invalid ") {
        return None; // it names the member itself
    }
    let is_it = |name: &&String| {
        let others = object.iter().filter(|(other, _)| other != name);
        let without: Object = others.map(|(name, value)| (name.clone(), value.clone())).collect();
        T::deserialize(&without).err().map(|error| error.to_string()) != Some(said.clone())
    };
    object.keys().find(is_it).map(String::as_str)
}

/// A message of the parser, cut and in ASCII, without the values that it tells: they may be secrets, and the message goes into the audit log (S-46).
fn plain(message: &str) -> String {
    let message = without_value(message).unwrap_or_else(|| message.to_owned());
    let message = match message.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected an object"), // the name of a type of ours says nothing
        None => message,
    };
    message
        .chars()
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .take(300)
        .collect()
}

/// The parser tells a value behind `invalid type: ` or `invalid value: `, and otherwise in quotation marks; the names of members stand in others.
fn without_value(message: &str) -> Option<String> {
    for told in ["invalid type: ", "invalid value: "] {
        if let Some((_, expected)) = message
            .strip_prefix(told)
            .and_then(|rest| rest.rsplit_once(", expected "))
        {
            return Some(format!("{told}..., expected {expected}"));
        }
    }
    let (first, last) = message
        .find('"')
        .zip(message.rfind('"'))
        .filter(|(first, last)| first < last)?;
    let behind = message.get(last..)?.strip_prefix('"')?;
    Some(format!("{}...{behind}", message.get(..first)?))
}

// What the description says of texts, as patterns of ECMA-262. It says less than what reads them: that stands in `into_command` and the kernel.
const CLIENT_ID: &str = r"^([A-Za-z0-9._~-]{1,128}|https?://[!-~]{3,504})$";
const ANY_CLIENT_ID: &str = "^[!-~]{1,512}$";
const NAME: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";
const SCOPE: &str = r"^[ !#-\[\]-~]*$";
const SCOPE_TOKEN: &str = r"^[!#-\[\]-~]+$";
const RESOURCE: &str = r"^(?!https?:(?!//[^/]))[A-Za-z][A-Za-z0-9+.-]*:[!$-;=?-\[\]_a-z~]+$";
const GROUP_ID: &str = "^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$";
const TENANT_ID: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
const ORIGIN: &str = r"^https?://[^\s/?#@\\]+$";

/// The values of a member that names the algorithm of access tokens, or nothing.
fn algorithm_or_none() -> Vec<Option<&'static str>> {
    TOKEN_ALGORITHMS
        .iter()
        .map(|algorithm| Some(algorithm.name()))
        .chain([None])
        .collect()
}

pub(super) fn switch(disabled: bool) -> Switch {
    if disabled { Switch::Disabled } else { Switch::Enabled }
}

/// A name for people: something to read, of bounded length, without control characters.
pub(super) fn name(text: String, member: &'static str) -> Result<String, Why> {
    let ok = !text.trim().is_empty() && text.chars().count() <= 128 && !text.chars().any(char::is_control);
    if ok {
        Ok(text)
    } else {
        Err(Why::Body(format!(
            "{member}: 1 to 128 characters, no control characters"
        )))
    }
}

fn resource(text: &str) -> Result<ResourceUri, Why> {
    ResourceUri::parse(text).ok_or_else(|| {
        Why::Body("resource: an absolute URI without fragment, as in https://mcp.example.com/mcp".to_owned())
    })
}

fn resources(texts: &[String]) -> Result<BTreeSet<ResourceUri>, Why> {
    texts.iter().map(|text| resource(text)).collect()
}

fn algorithm(name: Option<&str>) -> Result<Option<Algorithm>, Why> {
    name.map(token_algorithm).transpose()
}

fn binding(required: bool) -> Binding {
    if required {
        Binding::Required
    } else {
        Binding::WhenProved
    }
}

#[cfg(test)]
mod tests {
    use super::{PasswordBody, read};
    use kernel::Why;

    #[test]
    fn s_46_what_is_wrong_is_told_without_the_value() {
        for body in [
            r#"{"password":4111111111111111}"#,
            r#"{"password":{"4111111111111111":1}}"#,
            r#"{"password":["4111111111111111"]}"#,
            r#"{"password":4111111111111111.5}"#,
        ] {
            let Err(Why::Body(told)) = read::<PasswordBody>(body.as_bytes()).map(|_| ()) else {
                panic!("{body} is refused")
            };
            assert!(!told.contains("4111"), "{told}");
            assert!(told.ends_with("expected a string"), "{told}");
        }
    }
}
