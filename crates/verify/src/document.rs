//! The metadata of the resource (RFC 9728 s2), and where it lies.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL,
        CONTENT_LENGTH, CONTENT_TYPE,
    },
};
use http_body_util::Full;
use proof::Algorithm;
use serde_json::{Map, Value};

use crate::{identifier::Identifier, scopes::Scopes};

/// The document and the two paths that lead to it.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    json: Value,
    bytes: Bytes,
    path: String,
}

impl Document {
    pub(crate) fn new(issuer: &Identifier, resource: &Identifier, name: Option<&str>, scopes: &Scopes) -> Self {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("resource", resource.text().into());
        put("authorization_servers", vec![issuer.text()].into());
        if !scopes.offered.is_empty() {
            let names: Vec<&str> = scopes.offered.iter().map(|(name, _)| name.as_str()).collect();
            put("scopes_supported", names.into());
        }
        put("bearer_methods_supported", vec!["header"].into());
        if let Some(name) = name {
            put("resource_name", name.into());
        }
        let algorithms: Vec<&str> = Algorithm::PROOF_NAMES.to_vec();
        put("dpop_signing_alg_values_supported", algorithms.into());
        let json = Value::Object(members);
        Document {
            bytes: Bytes::from(json.to_string()),
            json,
            path: [ROOT, resource.path()].concat(),
        }
    }

    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    /// The path that clients look at first: the well-known part, then the path of the resource (RFC 9728 s3.1).
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether a request for `path` is for this document; clients that were not told the URL also try the root.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        path == self.path || path == ROOT
    }

    /// The answer at either path. Everybody may read it, from any origin; other headers do not count, not even a protocol
    /// version that we do not know.
    pub(crate) fn response(&self, method: &Method) -> Response<Full<Bytes>> {
        let (status, body) = match *method {
            Method::GET => (StatusCode::OK, self.bytes.clone()),
            Method::HEAD => (StatusCode::OK, Bytes::new()),
            Method::OPTIONS => (StatusCode::NO_CONTENT, Bytes::new()),
            _ => (StatusCode::METHOD_NOT_ALLOWED, Bytes::new()),
        };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        if status == StatusCode::OK {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(self.bytes.len()));
        } else if status == StatusCode::NO_CONTENT {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
        } else {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
        }
        response
    }
}

/// RFC 9728 s3.
const ROOT: &str = "/.well-known/oauth-protected-resource";
