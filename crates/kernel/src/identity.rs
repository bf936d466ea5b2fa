//! What an app may learn of a person: the scopes of OpenID Connect Core s5.4, and single claims (s5.5), each as a scope of our own endpoints.
//!
//! A claim that is asked for by itself is the scope `claim:NAME`. So it is given, refused, narrowed, remembered and taken back like every other scope.

use std::collections::BTreeSet;

use proof::json::{self, Object};
use serde_json::Value;

use crate::{
    authority::Scopes,
    user::{Profile, User},
    why::Why,
};

/// The scope that asks who somebody is (OpenID Connect Core s3.1.2.1).
pub const OPENID: &str = "openid";
/// What stands before the name of a single claim.
const CLAIM: &str = "claim:";
/// The largest `claims` parameter, in bytes.
const CLAIMS_BYTES_MAX: usize = 4_096;

/// What a scope opens (OpenID Connect Core s5.4).
const SCOPE_CLAIMS: &[(&str, &[&str])] = &[
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// Whether a scope is about who somebody is, and not about a resource.
pub fn is_identity(scope: &str) -> bool {
    scope == OPENID || scope.starts_with(CLAIM)
}

/// The scopes that the protocol speaks of: single claims stand in the `claims` parameter, and never in a list of scopes.
#[must_use]
pub fn spoken(scopes: &Scopes) -> Scopes {
    let single = scopes.iter().filter(|scope| scope.starts_with(CLAIM));
    scopes.without(&single.fold(Scopes::default(), |all, scope| all.with(&Scopes::one(scope))))
}

/// The scopes that a resource reads: who the person is for the app is no business of its.
#[must_use]
pub fn for_resource(scopes: &Scopes) -> Scopes {
    let ours = scopes.iter().filter(|scope| is_identity(scope));
    scopes.without(&ours.fold(Scopes::default(), |all, scope| all.with(&Scopes::one(scope))))
}

/// The claims that these scopes open.
pub fn opened(scopes: &Scopes) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for scope in scopes.iter() {
        if let Some(name) = scope.strip_prefix(CLAIM) {
            names.insert(name);
        }
        for (_, claims) in SCOPE_CLAIMS.iter().filter(|(known, _)| *known == scope) {
            names.extend(claims.iter().copied());
        }
    }
    names
}

/// What the person's row says for these scopes.
pub fn claims(user: &User, scopes: &Scopes) -> Object {
    let opened = opened(scopes);
    let known = user.profile.claims();
    known
        .iter()
        .filter(|(name, _)| opened.contains(name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What the `claims` parameter asks (OpenID Connect Core s5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The scopes of the single claims, wherever they are wanted.
    pub scopes: Scopes,
    /// Those that the ID token itself is to have.
    pub id_token: BTreeSet<String>,
    /// The levels of which one must be reached (s5.5.1.1).
    pub essential_acr: Vec<String>,
    /// The levels that would be liked.
    pub voluntary_acr: Vec<String>,
    /// Who must be there (s5.5.1).
    pub subject: Option<String>,
}

impl Claims {
    /// Reads the parameter. Claims that nobody here has are left out, as s5.5 wants.
    pub fn parse(text: &str) -> Result<Self, Why> {
        const WRONG: Why = Why::ParameterMalformed("claims");
        if text.len() > CLAIMS_BYTES_MAX {
            return Err(WRONG);
        }
        let o = json::parse_object_to_depth(text.as_bytes(), 6).map_err(|_| WRONG)?;
        let mut claims = Self::default();
        for place in ["userinfo", "id_token"] {
            let wanted = match o.get(place) {
                None | Some(Value::Null) => continue,
                Some(Value::Object(wanted)) => wanted,
                Some(_) => return Err(WRONG),
            };
            for (name, how) in wanted {
                let how = match how {
                    Value::Null => None,
                    Value::Object(how) => Some(how),
                    Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return Err(WRONG),
                };
                claims.want(place, name, how)?;
            }
        }
        Ok(claims)
    }

    fn want(&mut self, place: &str, name: &str, how: Option<&Object>) -> Result<(), Why> {
        let values = || how.map_or(Ok(Vec::new()), wanted_values);
        match (place, name) {
            ("id_token", "acr") => {
                let essential = how.and_then(|how| how.get("essential")) == Some(&Value::Bool(true));
                let list = if essential {
                    &mut self.essential_acr
                } else {
                    &mut self.voluntary_acr
                };
                list.extend(values()?);
            }
            (_, "sub") => {
                if let Some(subject) = values()?.into_iter().next() {
                    self.subject = Some(subject);
                }
            }
            (_, name) if Profile::claim_names().any(|known| known == name) => {
                self.scopes = self.scopes.with(&Scopes::one(&format!("{CLAIM}{name}")));
                if place == "id_token" {
                    self.id_token.insert(name.to_owned());
                }
            }
            (_, _) => {}
        }
        Ok(())
    }

    /// The single claims that these scopes do not open already.
    #[must_use]
    pub fn beyond(&self, scopes: &Scopes) -> Scopes {
        let opened = opened(scopes);
        self.scopes
            .iter()
            .filter(|scope| !scope.strip_prefix(CLAIM).is_some_and(|name| opened.contains(name)))
            .fold(Scopes::default(), |all, scope| all.with(&Scopes::one(scope)))
    }
}

/// `value` or `values` of a claim request.
fn wanted_values(how: &Object) -> Result<Vec<String>, Why> {
    const WRONG: Why = Why::ParameterMalformed("claims");
    let one = |value: &Value| value.as_str().map(str::to_owned).ok_or(WRONG);
    match (how.get("value"), how.get("values")) {
        (Some(Value::String(text)), _) => Ok(vec![text.clone()]),
        (None, Some(Value::Array(items))) => items.iter().map(one).collect(),
        (None, Some(_)) => Err(WRONG),
        (Some(_), _) | (None, None) => Ok(Vec::new()), // none, or a value of another type, for a claim of another type
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_openid_connect_core_section_5_5_is_read() {
        let text = r#"{
            "userinfo": {
                "given_name": {"essential": true}, "nickname": null, "email": {"essential": true}, "email_verified": {"essential": true},
                "picture": null, "http://example.info/claims/groups": null
            },
            "id_token": { "auth_time": {"essential": true}, "acr": {"values": ["urn:mace:incommon:iap:silver"]} }
        }"#;
        let claims = Claims::parse(text).unwrap();
        assert_eq!(
            claims.scopes.joined(),
            "claim:email claim:email_verified claim:given_name claim:nickname claim:picture"
        );
        assert_eq!(claims.voluntary_acr, ["urn:mace:incommon:iap:silver"]);
        assert!(claims.essential_acr.is_empty() && claims.id_token.is_empty());
        let email = Scopes::parse("email").unwrap();
        assert_eq!(
            claims.beyond(&email).joined(),
            "claim:given_name claim:nickname claim:picture"
        );
    }

    #[test]
    fn what_is_no_claims_request_is_refused() {
        for bad in [
            "",
            "[]",
            "null",
            "{\"userinfo\":[]}",
            "{\"userinfo\":{\"name\":true}}",
            "{\"userinfo\":{\"name\":null},\"userinfo\":{}}",
            "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":\"phr\"}}}",
            "{\"id_token\":{\"acr\":{\"values\":[1]}}}",
            "{\"userinfo\":{\"name\":{\"a\":{\"b\":{\"c\":{\"d\":{}}}}}}}",
        ] {
            assert_eq!(Claims::parse(bad), Err(Why::ParameterMalformed("claims")), "{bad}");
        }
        assert!(Claims::parse(&format!("{{\"x\":\"{}\"}}", "y".repeat(4_096))).is_err());
    }

    #[test]
    fn a_resource_reads_nothing_of_who_somebody_is() {
        let scopes = Scopes::parse("claim:email openid profile read").unwrap();
        assert_eq!(for_resource(&scopes).joined(), "profile read");
        assert_eq!(spoken(&scopes).joined(), "openid profile read");
        assert!(opened(&scopes).contains("email") && opened(&scopes).contains("zoneinfo"));
    }
}
