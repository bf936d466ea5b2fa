//! What clients read first: metadata (RFC 8414, OpenID Discovery) and keys (RFC 7517). What stands here is on; what is off does not stand here.

use kernel::{
    Algorithm,
    authorization::{OWN_SCOPES, ResponseMode},
    browser_session::Assurance,
    client::{AuthenticationMethod, GrantType, SecurityProfile, TOKEN_ALGORITHMS},
    deferred,
    detail::Types,
    tenant::{Documents, PushedRequests, RegistrationRule, Tenant},
    user::Profile,
};
use proof::json;
use serde_json::json;

use crate::{
    fault::Stop,
    http::{
        entrance::Inbound,
        render::{Document as Rendered, Outgoing},
    },
    listen::ClientCertificates,
    routes::Document,
};

/// The metadata of the tenant.
pub(crate) async fn discovery(inbound: &Inbound, document_kind: Document) -> Result<Outgoing, Stop> {
    let certificates = inbound.app.client_certificates;
    let types = inbound.tenant.types().await?;
    Ok(Outgoing::Document(Rendered::json(document(
        inbound.tenant.tenant(),
        &types,
        certificates,
        document_kind,
    ))))
}

/// A discovery document. Both say the same; OpenID Discovery s3 and RFC 8414 s2 name the members.
pub(crate) fn document(
    tenant: &Tenant,
    types: &Types,
    certificates: ClientCertificates,
    kind: Document,
) -> json::Object {
    let mut o = json::Object::new();
    o.insert("issuer".into(), tenant.issuer.as_str().into());
    authorization(&mut o, tenant);
    let types: Vec<&str> = types.names().map(kernel::Id::as_str).collect();
    if !types.is_empty() {
        o.insert("authorization_details_types_supported".into(), types.into()); // RFC 9396 s10
    }
    endpoints(&mut o, tenant, certificates);
    openid(&mut o, tenant);
    if kind == Document::OpenId {
        o.insert("claim_types_supported".into(), json!(["normal"])); // OpenID Discovery s3 alone has it
    }
    o
}

/// What may be asked of people, and how.
fn authorization(o: &mut json::Object, tenant: &Tenant) {
    let at = |path: &str| serde_json::Value::from(format!("{}{path}", tenant.issuer));
    let modes = ResponseMode::ALL
        .iter()
        .map(|mode| mode.name())
        .chain([ResponseMode::JWT]);
    let pushed = tenant.settings.pushed_requests == PushedRequests::Required
        || tenant.settings.profile >= SecurityProfile::Fapi2;
    let must_sign = tenant.settings.profile >= SecurityProfile::Fapi2MessageSigning;
    o.insert("authorization_endpoint".into(), at("/oauth2/authorize"));
    o.insert("pushed_authorization_request_endpoint".into(), at("/oauth2/par")); // RFC 9126 s5
    o.insert("require_pushed_authorization_requests".into(), pushed.into());
    o.insert("response_types_supported".into(), json!(["code"]));
    o.insert("response_modes_supported".into(), modes.collect());
    o.insert("code_challenge_methods_supported".into(), json!(["S256"]));
    o.insert("authorization_response_iss_parameter_supported".into(), true.into()); // RFC 9207 s3
    o.insert("authorization_signing_alg_values_supported".into(), algorithms(tenant)); // JARM s4
    o.insert("request_parameter_supported".into(), true.into());
    o.insert("request_uri_parameter_supported".into(), true.into());
    o.insert("require_request_uri_registration".into(), true.into());
    o.insert("require_signed_request_object".into(), must_sign.into()); // RFC 9101 s10.5
    o.insert("request_object_signing_alg_values_supported".into(), algorithms(tenant));
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
    o.insert(
        "acr_values_supported".into(),
        Assurance::ALL.iter().map(|level| level.name()).collect(),
    );
    if tenant.settings.client_documents == Documents::Accepted {
        o.insert("client_id_metadata_document_supported".into(), true.into());
    }
    if tenant.settings.registration != RegistrationRule::Off {
        o.insert("registration_endpoint".into(), at("/oauth2/register"));
    }
}

/// What we sign with, and what others may have signed with to be read here: FAPI 2.0 s5.4 leaves PKCS #1 out.
fn algorithms(tenant: &Tenant) -> serde_json::Value {
    let rs256 = tenant.settings.profile == SecurityProfile::Baseline;
    Algorithm::PROOF_NAMES
        .iter()
        .filter(|name| rs256 || **name != Algorithm::RS256.name())
        .copied()
        .collect()
}

/// The endpoints of machines, and how they prove themselves.
fn endpoints(o: &mut json::Object, tenant: &Tenant, certificates: ClientCertificates) {
    let at = |path: &str| serde_json::Value::from(format!("{}{path}", tenant.issuer));
    let methods: Vec<&str> = AuthenticationMethod::ALL
        .iter()
        .filter(|method| offered(**method, tenant, certificates))
        .map(|method| method.name())
        .collect();
    let proving: Vec<&str> = methods
        .iter()
        .copied()
        .filter(|name| *name != AuthenticationMethod::Nothing.name())
        .collect();
    o.insert("token_endpoint".into(), at("/oauth2/token"));
    o.insert("jwks_uri".into(), at("/oauth2/jwks"));
    let (device, deferred) = (
        tenant.settings.device_grant.is_on() && tenant.settings.profile == SecurityProfile::Baseline,
        tenant.settings.deferred.is_on(),
    );
    let grant_types = GrantType::ALL
        .iter()
        .filter(|grant_type| device || **grant_type != GrantType::DeviceCode)
        .map(|grant_type| grant_type.name())
        .chain(deferred.then_some(deferred::GRANT_TYPE));
    o.insert("grant_types_supported".into(), grant_types.collect());
    if device {
        o.insert(
            "device_authorization_endpoint".into(),
            at("/oauth2/device_authorization"),
        ); // RFC 8628 s4
    }
    if deferred {
        o.insert("deferred_token_response_supported".into(), true.into());
        o.insert(
            "revocation_endpoint_token_type_values_supported".into(),
            json!([
                "urn:ietf:params:oauth:token-type:access_token",
                "urn:ietf:params:oauth:token-type:refresh_token",
                deferred::TOKEN_TYPE,
            ]),
        );
    }
    for endpoint in ["token", "revocation"] {
        o.insert(format!("{endpoint}_endpoint_auth_methods_supported"), json!(methods));
    }
    o.insert("introspection_endpoint_auth_methods_supported".into(), json!(proving));
    for endpoint in ["token", "introspection", "revocation"] {
        o.insert(
            format!("{endpoint}_endpoint_auth_signing_alg_values_supported"),
            algorithms(tenant),
        );
    }
    o.insert("introspection_endpoint".into(), at("/oauth2/introspect"));
    o.insert("introspection_signing_alg_values_supported".into(), algorithms(tenant)); // RFC 9701 s7
    o.insert("revocation_endpoint".into(), at("/oauth2/revoke"));
    o.insert("dpop_signing_alg_values_supported".into(), algorithms(tenant));
    o.insert(
        "access_token_signing_alg_values_supported".into(),
        TOKEN_ALGORITHMS.iter().map(|algorithm| algorithm.name()).collect(),
    );
    // draft-ietf-oauth-attestation-based-client-auth s10: both ways to signal the combined form, since implementations differ.
    o.insert("challenge_endpoint".into(), at("/oauth2/attestation-challenge"));
    o.insert(
        "client_attestation_signing_alg_values_supported".into(),
        algorithms(tenant),
    );
    o.insert(
        "client_attestation_pop_signing_alg_values_supported".into(),
        algorithms(tenant),
    );
    o.insert(
        "client_attestation_pop_methods_supported".into(),
        json!(["attestation_pop_jwt", "dpop_combined"]),
    );
    if certificates == ClientCertificates::Optional {
        // RFC 8705 s3.3 and s5: certificates are asked for at every endpoint, so the aliases are the endpoints themselves.
        o.insert("tls_client_certificate_bound_access_tokens".into(), true.into());
        let aliases: json::Object = MTLS_ENDPOINTS
            .iter()
            .filter(|(name, _)| device || *name != "device_authorization_endpoint")
            .map(|(name, path)| ((*name).to_owned(), at(path)))
            .collect();
        o.insert("mtls_endpoint_aliases".into(), aliases.into());
    }
}

/// The endpoints at which a certificate counts (RFC 8705 s5).
const MTLS_ENDPOINTS: &[(&str, &str)] = &[
    ("token_endpoint", "/oauth2/token"),
    ("revocation_endpoint", "/oauth2/revoke"),
    ("introspection_endpoint", "/oauth2/introspect"),
    ("pushed_authorization_request_endpoint", "/oauth2/par"),
    ("device_authorization_endpoint", "/oauth2/device_authorization"),
    ("userinfo_endpoint", "/oauth2/userinfo"),
];

/// Whether a client can prove itself so, here.
fn offered(method: AuthenticationMethod, tenant: &Tenant, certificates: ClientCertificates) -> bool {
    let baseline = tenant.settings.profile == SecurityProfile::Baseline;
    match method {
        AuthenticationMethod::SecretBasic | AuthenticationMethod::SecretPost | AuthenticationMethod::Nothing => {
            baseline
        }
        AuthenticationMethod::PrivateKeyJwt => true,
        AuthenticationMethod::Tls | AuthenticationMethod::SelfSignedTls => certificates == ClientCertificates::Optional,
        AuthenticationMethod::Attestation => baseline,
    }
}

/// OpenID Connect: who somebody is.
fn openid(o: &mut json::Object, tenant: &Tenant) {
    let at = |path: &str| serde_json::Value::from(format!("{}{path}", tenant.issuer));
    let ours = [
        "sub",
        "iss",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "acr",
        "amr",
        "nonce",
        "sid",
    ];
    o.insert("userinfo_endpoint".into(), at("/oauth2/userinfo"));
    o.insert("subject_types_supported".into(), json!(["pairwise", "public"]));
    o.insert("id_token_signing_alg_values_supported".into(), algorithms(tenant));
    o.insert("userinfo_signing_alg_values_supported".into(), algorithms(tenant));
    o.insert("claims_parameter_supported".into(), true.into());
    o.insert(
        "claims_supported".into(),
        ours.into_iter().chain(Profile::claim_names()).collect(),
    );
    o.insert("end_session_endpoint".into(), at("/oauth2/logout")); // RP-Initiated Logout s2.1
    o.insert("backchannel_logout_supported".into(), true.into()); // Back-Channel Logout s2.1
    o.insert("backchannel_logout_session_supported".into(), true.into());
}

/// A challenge for the proof of an attested client (draft-ietf-oauth-attestation-based-client-auth s8): good for some minutes, on every node.
pub(crate) fn attestation_challenge(inbound: &Inbound) -> Outgoing {
    let mut o = json::Object::new();
    let challenge = proof::nonce::current(&inbound.app.nonce_key, inbound.at.now);
    o.insert("attestation_challenge".into(), challenge.into());
    Outgoing::Document(Rendered::json(o))
}

/// The key set of the tenant.
pub(crate) async fn jwks(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let ring = inbound.app.keyring.whole(&inbound.app, inbound.tenant.tenant()).await?;
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
