//! JSON, and what clients and administrators say in it.

use kernel::{
    ClientId, Scopes,
    client::{Authentication, GrantType, Keys},
    redirect_uri::{REDIRECT_URIS_MAX, RedirectUri},
    registration::{self, Metadata, Said},
    user::Profile,
};
use proof::{Time, json as strict};
use serde_json::Value;

use crate::vectors::NOW;

/// How deep the JSON of a body may be.
const BODY_DEPTH_MAX: usize = 16;

pub(super) fn json(data: &[u8]) {
    let Ok(object) = strict::parse_object_to_depth(data, BODY_DEPTH_MAX) else {
        assert!(
            strict::parse_object(data).is_err(),
            "what is too much for 16 levels is too much for 8"
        );
        return;
    };
    let value = Value::Object(object.clone());
    assert!(depth(&value) <= BODY_DEPTH_MAX);
    assert_eq!(strict::parse_object(data).is_ok(), depth(&value) <= strict::DEPTH_MAX);
    // What is written is what was read, and every other parser reads the same.
    assert_eq!(
        strict::parse_object_to_depth(value.to_string().as_bytes(), BODY_DEPTH_MAX).as_ref(),
        Ok(&object)
    );
    assert!(serde_json::from_slice::<Value>(data).is_ok_and(|lenient| lenient == value));
}

/// How many objects and arrays are open at the deepest place.
fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Object(members) => members.values().map(depth).max(),
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return 0,
    };
    inner.unwrap_or(0).saturating_add(1)
}

fn holds(metadata: &Metadata, known: &Scopes) {
    assert!(metadata.name.chars().count() <= 200 && !metadata.name.chars().any(char::is_control));
    assert!((1..=REDIRECT_URIS_MAX).contains(&metadata.redirect_uris.len()));
    for uri in &metadata.redirect_uris {
        assert!(RedirectUri::parse(uri.as_str()).is_some() && uri.fits(metadata.application_type));
    }
    assert!(metadata.grant_types.contains(&GrantType::AuthorizationCode));
    assert!(
        !metadata.grant_types.contains(&GrantType::ClientCredentials),
        "a self-made machine"
    );
    assert!(metadata.scope.as_ref().is_none_or(|scope| known.covers(scope)));
    let keys = match &metadata.keys {
        Some(Keys::At(uri)) => Some(uri),
        Some(Keys::Here(_)) | None => None,
    };
    for uri in metadata.uri.iter().chain(keys) {
        assert!(uri.starts_with("https://") || uri.starts_with("http://"));
    }
}

pub(super) fn registration(data: &[u8]) {
    let Ok(object) = strict::parse_object_to_depth(data, BODY_DEPTH_MAX) else {
        return;
    };
    let Ok(known) = Scopes::parse("read write openid") else {
        return;
    };
    let Ok(metadata) = Metadata::read(&object, Said::Registration, &known) else {
        return;
    };
    holds(&metadata, &known);
    assert!(!object.contains_key("software_statement"));
    // Members that nobody knows mean nothing.
    let mut more = object;
    if more.insert("zz-nobody-knows".to_owned(), Value::from(1)).is_none() {
        assert_eq!(
            Metadata::read(&more, Said::Registration, &known).as_ref(),
            Ok(&metadata)
        );
    }
}

/// The address that documents here are read from.
pub(super) const ADDRESS: &str = "https://app.example/client";

pub(super) fn document(data: &[u8]) {
    let Some(id) = ClientId::parse(ADDRESS) else { return };
    let known = Scopes::default();
    let Ok(client) = registration::document(&id, data, None, &known, Time::from_unix(NOW)) else {
        return;
    };
    assert_eq!(client.id, id, "it is about its own address");
    assert!(!client.name.is_empty() && !client.redirect_uris.is_empty());
    assert!(matches!(
        client.authentication,
        Authentication::Nothing | Authentication::PrivateKeyJwt
    ));
    assert!(registration::keys_address(data).is_ok());
    let elsewhere = ClientId::parse("https://evil.example/client");
    assert!(elsewhere.is_some_and(|id| registration::document(&id, data, None, &known, Time::from_unix(NOW)).is_err()));
}

pub(super) fn profile(data: &[u8]) {
    let Ok(object) = strict::parse_object_to_depth(data, BODY_DEPTH_MAX) else {
        return;
    };
    let Ok(profile) = Profile::parse(object.clone()) else {
        return;
    };
    assert_eq!(profile.claims(), &object);
    for name in object.keys() {
        assert!(Profile::claim_names().any(|known| known == name));
    }
    assert_eq!(
        profile.changed(strict::Object::new()).as_ref(),
        Ok(&profile),
        "no change is none"
    );
}
