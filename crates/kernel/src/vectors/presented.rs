//! A request as it came over the wire, and what the server does with it before a rule sees it: read the form, read the header, check the proofs.

use std::{borrow::Cow, sync::Arc};

use proof::{
    Time, access_token, base64url,
    dpop::{self, Expect},
    json,
    jwk::KeySet,
    jws::Compact,
};
use serde_json::Value;

use super::{
    Vector,
    facts::{self, Row},
    people,
};
use crate::{
    caller::Caller,
    client::{Client, Keys},
    client_authentication::{Credentials, Facts, prove},
    form::Form,
    introspection,
    tenant::Tenant,
    why::Why,
};

/// The parts of a request that count.
pub(crate) struct Presented<'a> {
    method: &'a str,
    url: &'a str,
    headers: Row<'a>,
    body: Cow<'a, str>,
}

impl<'a> Presented<'a> {
    pub(crate) fn read(request: &'a Value) -> Self {
        let row = Row::of(request, &["method", "url", "headers", "body"]);
        Self {
            method: row.required("method"),
            url: row.required("url"),
            headers: Row::of(&request["headers"], &["authorization", "content-type", "dpop"]),
            body: match request.get("body") {
                None => Cow::Borrowed(""),
                Some(Value::String(text)) => Cow::Borrowed(text),
                Some(document) => Cow::Owned(document.to_string()),
            },
        }
    }

    /// The method.
    pub(crate) fn method(&self) -> &'a str {
        self.method
    }

    /// The path, without the issuer that the URL begins with.
    pub(crate) fn path(&self, issuer: &str) -> &'a str {
        let path = self.url.strip_prefix(issuer).expect("a URL below the issuer");
        path.split('?').next().unwrap()
    }

    /// The query.
    pub(crate) fn query(&self, repeatable: &[&'static str]) -> Result<Form, Why> {
        let (_, query) = self.url.split_once('?').unwrap_or((self.url, ""));
        Form::parse(query.as_bytes(), repeatable)
    }

    /// The body, which is a JSON object.
    pub(crate) fn document(&self) -> json::Object {
        assert_eq!(self.headers.text("content-type"), Some("application/json"));
        json::parse_object_to_depth(self.body.as_bytes(), 16).unwrap()
    }

    /// The token of an `Authorization: Bearer` header (RFC 6750 s2.1).
    pub(crate) fn bearer(&self) -> Option<&'a str> {
        self.headers
            .text("authorization")
            .map(|header| header.strip_prefix("Bearer ").unwrap())
    }

    /// The body, which is a form.
    pub(crate) fn form(&self, repeatable: &[&'static str]) -> Result<Form, Why> {
        assert_eq!(
            self.headers.text("content-type"),
            Some("application/x-www-form-urlencoded")
        );
        Form::parse(self.body.as_bytes(), repeatable)
    }

    /// Who sent it: `client` is the registration that the credentials name, if there is one.
    pub(crate) fn caller(
        &self,
        form: &Form,
        client: Option<Client>,
        tenant: &Tenant,
        now: Time,
    ) -> Result<Caller, Why> {
        let basic = self.headers.text("authorization").map(basic_pair);
        let credentials = Credentials::parse(basic.as_deref(), None, form)?;
        if let Some(client) = &client {
            assert_eq!(
                client.id, credentials.client,
                "the client among the facts is the one that the request names"
            );
        }
        let keys = client.as_ref().and_then(|client| match &client.keys {
            Some(Keys::Here(jwks)) => Some(KeySet::parse(jwks.as_bytes()).unwrap()),
            Some(Keys::At(_)) | None => None,
        });
        let expect = Expect {
            method: self.method,
            url: self.url,
            now,
            access_token: None,
        };
        let proof = self
            .headers
            .text("dpop")
            .map(|proof| dpop::check(proof, &expect))
            .transpose()
            .map_err(Why::Dpop)?;
        prove(
            &credentials,
            Facts {
                client,
                keys: keys.as_ref(),
                tenant,
                nonce_key: &NONCE_KEY,
                certificate: None,
            },
            proof,
            now,
        )
    }
}

/// What challenges are made with in every vector.
const NONCE_KEY: [u8; 32] = [9; 32];

/// `id:secret` of an `Authorization: Basic` header (RFC 7617 s2); the alphabet is that of RFC 4648 s4.
fn basic_pair(header: &str) -> String {
    let encoded = header
        .strip_prefix("Basic ")
        .unwrap()
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    String::from_utf8(base64url::decode(&encoded).unwrap()).unwrap()
}

/// What an introspection or a revocation hangs on: who asks, and what is known of the token that `named` finds in the form.
///
/// The facts are the `tenant`, the `client` that asks, the tenant's published `jwks`, and about the token its `record` and the record's `path`, `holder` and
/// `resource`, and the `user` and `rules` of one that acts for a person, and the `detail_types` of one with details. A token that does not verify is nobody's, whatever the records say.
pub(crate) fn token_in_question(
    vector: &Vector,
    named: impl Fn(&Form) -> Result<String, Why>,
) -> Result<(Caller, introspection::Facts, Tenant), Why> {
    token_in_question_beside(vector, &[], named)
}

/// The same among facts that have other members too.
pub(super) fn token_in_question_beside(
    vector: &Vector,
    others: &[&str],
    named: impl Fn(&Form) -> Result<String, Why>,
) -> Result<(Caller, introspection::Facts, Tenant), Why> {
    let members = [
        "tenant",
        "client",
        "jwks",
        "record",
        "path",
        "holder",
        "resource",
        "user",
        "rules",
        "detail_types",
        "admitted_details",
        "refused_details",
    ];
    let loaded = vector.facts(&[&members, others].concat());
    let tenant = facts::tenant(&loaded["tenant"]);
    let presented = Presented::read(&vector.request);
    let form = presented.form(&[])?;
    let text = named(&form)?;
    let caller = presented.caller(&form, loaded.get("client").map(facts::client), &tenant, vector.at.now)?;
    let keys = KeySet::parse(loaded["jwks"].to_string().as_bytes()).unwrap();
    let token = Compact::parse(&text)
        .ok()
        .and_then(|compact| access_token::check(&compact, &keys, &tenant.issuer, None, vector.at.now, 0).ok());
    let (Some(token), Some(record)) = (token, loaded.get("record")) else {
        return Ok((caller, introspection::Facts::Unknown, tenant));
    };
    let record = facts::record(record);
    assert_eq!(
        record.id.as_str(),
        token.jti,
        "the record among the facts is the token's"
    );
    let known = introspection::Known {
        token,
        record,
        path: facts::path(&loaded["path"]),
        client: loaded.get("holder").map(facts::client),
        resource: loaded.get("resource").map(facts::resource),
        user: loaded.get("user").map(people::user),
        rules: super::policies::ruled(loaded),
        types: super::details::types(loaded),
    };
    Ok((caller, introspection::Facts::Known(Arc::new(known)), tenant))
}
