//! What clients read first: metadata (RFC 8414, OpenID Discovery) and keys (RFC 7517). What stands here is on; what is off does not stand here.

use kernel::{
    Algorithm,
    authorization::OWN_SCOPES,
    client::{AuthenticationMethod, GrantType, TOKEN_ALGORITHMS},
    tenant::{Documents, RegistrationRule, Tenant},
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
    let names = |methods: &[AuthenticationMethod]| methods.iter().map(|method| method.name()).collect::<Vec<_>>();
    let (methods, proving) = (names(AuthenticationMethod::ALL), names(AuthenticationMethod::PROVING));

    let mut o = json::Object::new();
    o.insert("issuer".into(), issuer.into());
    o.insert("authorization_endpoint".into(), at("/oauth2/authorize"));
    o.insert("token_endpoint".into(), at("/oauth2/token"));
    o.insert("jwks_uri".into(), at("/oauth2/jwks"));
    o.insert("response_types_supported".into(), json!(["code"]));
    o.insert("response_modes_supported".into(), json!(["query"]));
    o.insert("code_challenge_methods_supported".into(), json!(["S256"]));
    o.insert("authorization_response_iss_parameter_supported".into(), true.into()); // RFC 9207 s3
    o.insert(
        "prompt_values_supported".into(),
        json!(["none", "login", "consent", "select_account"]),
    );
    o.insert(
        "ui_locales_supported".into(),
        pages::Language::ALL.iter().map(|language| language.tag()).collect(),
    );
    o.insert(
        "scopes_supported".into(),
        OWN_SCOPES.iter().map(|(name, _)| *name).collect(),
    );
    if tenant.settings.client_documents == Documents::Accepted {
        o.insert("client_id_metadata_document_supported".into(), true.into());
    }
    if tenant.settings.registration != RegistrationRule::Off {
        o.insert("registration_endpoint".into(), at("/oauth2/register"));
    }
    o.insert(
        "grant_types_supported".into(),
        GrantType::ALL.iter().map(|grant_type| grant_type.name()).collect(),
    );
    o.insert("token_endpoint_auth_methods_supported".into(), json!(methods));
    o.insert("token_endpoint_auth_signing_alg_values_supported".into(), json!(proofs));
    o.insert("introspection_endpoint".into(), at("/oauth2/introspect"));
    o.insert("introspection_endpoint_auth_methods_supported".into(), json!(proving));
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
        o.insert("subject_types_supported".into(), json!(["pairwise"]));
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
