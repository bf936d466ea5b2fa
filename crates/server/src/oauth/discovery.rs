//! What clients read first: metadata (RFC 8414, OpenID Discovery) and keys (RFC 7517). What stands here is on; what is off does not stand here.

use kernel::{
    Algorithm,
    client::{AuthenticationMethod, GrantType, TOKEN_ALGORITHMS},
    tenant::Tenant,
};
use proof::json;
use serde_json::json;

use crate::{
    fault::Stop,
    http::{
        entrance::Inbound,
        render::{Document as Rendered, Outgoing},
    },
    routes::Document,
};

/// The metadata of the tenant.
pub(crate) fn discovery(inbound: &Inbound, document_kind: Document) -> Outgoing {
    Outgoing::Document(Rendered::json(document(inbound.tenant.tenant(), document_kind)))
}

/// A discovery document.
pub(crate) fn document(tenant: &Tenant, kind: Document) -> json::Object {
    let issuer = tenant.issuer.as_str();
    let at = |path: &str| serde_json::Value::from(format!("{issuer}{path}"));
    let proofs = Algorithm::PROOF_NAMES;
    let methods: Vec<&str> = AuthenticationMethod::ALL.iter().map(|method| method.name()).collect();

    let mut o = json::Object::new();
    o.insert("issuer".into(), issuer.into());
    // Stock MCP clients refuse metadata without an authorization endpoint (docs/divergences.md). Ours refuses every response type, as the empty list says.
    o.insert("authorization_endpoint".into(), at("/oauth2/authorize"));
    o.insert("token_endpoint".into(), at("/oauth2/token"));
    o.insert("jwks_uri".into(), at("/oauth2/jwks"));
    o.insert("response_types_supported".into(), json!([]));
    o.insert(
        "grant_types_supported".into(),
        GrantType::ALL.iter().map(|grant_type| grant_type.name()).collect(),
    );
    o.insert("token_endpoint_auth_methods_supported".into(), json!(methods));
    o.insert("token_endpoint_auth_signing_alg_values_supported".into(), json!(proofs));
    o.insert("introspection_endpoint".into(), at("/oauth2/introspect"));
    o.insert("introspection_endpoint_auth_methods_supported".into(), json!(methods));
    o.insert(
        "introspection_endpoint_auth_signing_alg_values_supported".into(),
        json!(proofs),
    );
    o.insert("revocation_endpoint".into(), at("/oauth2/revoke"));
    o.insert("revocation_endpoint_auth_methods_supported".into(), json!(methods));
    o.insert(
        "revocation_endpoint_auth_signing_alg_values_supported".into(),
        json!(proofs),
    );
    o.insert("dpop_signing_alg_values_supported".into(), json!(proofs));
    o.insert(
        "access_token_signing_alg_values_supported".into(),
        TOKEN_ALGORITHMS.iter().map(|algorithm| algorithm.name()).collect(),
    );
    if kind == Document::OpenId {
        // OpenID Discovery s3 requires these; no ID token is issued yet, and the algorithms are those of our keys.
        o.insert("subject_types_supported".into(), json!(["public"]));
        o.insert(
            "id_token_signing_alg_values_supported".into(),
            TOKEN_ALGORITHMS.iter().map(|algorithm| algorithm.name()).collect(),
        );
    }
    o
}

/// The key set of the tenant.
pub(crate) async fn jwks(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let ring = inbound.app.keyring.ring(&inbound.app, inbound.tenant.tenant()).await?;
    Ok(Outgoing::Document(Rendered {
        content_type: "application/jwk-set+json",
        bytes: ring.document.clone(),
    }))
}

/// For people who open the issuer in a browser.
pub(crate) fn greeting(inbound: &Inbound) -> Outgoing {
    let issuer = &inbound.tenant.tenant().issuer;
    Outgoing::Document(Rendered::text(format!(
        "Prokura: authorization server and control plane for AI agents.\n\nissuer     {issuer}\nmetadata   {issuer}/.well-known/openid-configuration\nkeys       {issuer}/oauth2/jwks\n"
    )))
}
