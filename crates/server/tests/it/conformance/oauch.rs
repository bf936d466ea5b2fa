//! Checks of `OAuch` that no other test shows: what a careful client and a careful attacker try at each endpoint.

use std::collections::BTreeSet;

use proof::base64url;
use serde_json::json;
use testkit::{App, Asking, Browser, World, unique};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    Bench, endpoint,
    financial::{ALL, Bank, Requests, Way, request_uri},
    metadata, part, plain, request, verified,
};
use crate::{
    front,
    setup::{MCP, access_token, machine, refused},
};

#[tokio::test]
async fn a_token_is_taken_from_the_header_and_never_from_the_query() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let (answer, claims) = bench.flow(&app, &request(&app)).await;
    let access = answer.text_of("access_token");
    assert_eq!(bench.userinfo(access).await["sub"], claims["sub"]);
    bench.world.shows(&[
        "ApiEndpoint/SupportsAuthorizationHeader",
        "Features/TestUriSupported",
        "DocumentSupport/RFC6750Supported",
    ]);
    let path = endpoint(&bench.world, "userinfo_endpoint").await;
    let told = bench.world.get(&format!("{path}?access_token={access}")).await;
    refused(&told, 401, "invalid_token", "RFC 9700 s4.3.2: not in the query");
    bench.world.shows(&[
        "ApiEndpoint/TokenAsQueryParameterDisabled",
        "Features/TokenAsQueryParameter",
    ]);
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token() {
    for combination in [ALL[0], ALL[1]] {
        let (mut bank, one, _) = Bank::new(combination).await;
        let (answer, _) = bank.tokens(&one, &bank.asking(&one)).await;
        let access = answer.text_of("access_token");
        let path = endpoint(&bank.world, "userinfo_endpoint").await;
        assert_eq!(bank.resource(&one, access).await.status, 200);
        bank.by_nobody();
        let header = [("authorization", format!("Bearer {access}"))];
        let told = bank.world.send("GET", &path, &header, None).await;
        refused(&told, 401, "invalid_token", "whoever holds it has nothing");
        bank.world.shows(match bank.way {
            Way::Dpop => &["ApiEndpoint/AreBearerTokensDisabled", "DPoP/IsDPoPTokenRequired"],
            Way::Certificate | Way::CertificateAlone => &["DocumentSupport/RFC8705Supported"],
        });
    }
}

#[tokio::test]
async fn only_a_code_is_given_through_the_browser() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    for kind in [
        "token",
        "id_token",
        "id_token token",
        "code id_token",
        "code token",
        "none",
        "",
        "CODE",
    ] {
        let asking = request(&app).with("response_type", Some(kind));
        let page = bench.agrees(&asking).await;
        let error = page.parameter("error").unwrap_or_default();
        assert!(
            matches!(error.as_str(), "unsupported_response_type" | "invalid_request"),
            "{kind}: {page:?}"
        );
        assert!(!page.location().unwrap().contains('#'), "{kind}: {page:?}");
    }
    let asking = request(&app);
    let page = bench.authorized(&asking).await;
    let names: BTreeSet<String> = url::Url::parse(page.location().unwrap())
        .unwrap()
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    assert_eq!(
        names,
        ["code", "iss", "state"].map(str::to_owned).into(),
        "no token in the front channel"
    );
    let address = metadata(&bench.world).await["authorization_endpoint"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!address.contains('#'), "RFC 6749 s3.1: {address}");
    bench.world.shows(&[
        "AuthEndpoint/IsResponseTypeChecked",
        "AuthEndpoint/RefreshTokenPresent",
        "AuthEndpoint/HasFragment",
        "Features/ImplicitFlowsSupported",
    ]);
}

#[tokio::test]
async fn the_usual_things_are_there() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let asking = request(&app).with("unknown", Some("x"));
    let (answer, _) = bench.flow(&app, &asking).await;
    bench.world.shows(&[
        "AuthEndpoint/UnrecognizedParameterAllowed",
        "DocumentSupport/RFC6749Supported",
        "Features/AuthorizationCodeFlowsSupported",
        "Features/HasAccessTokens",
    ]);
    assert!(!answer.text_of("refresh_token").is_empty());
    bench.world.shows(&["Features/HasRefreshTokens"]);
    let access = answer.text_of("access_token");
    let claims = verified(&bench.world, access, "EdDSA").await;
    assert_eq!(
        (&claims["iss"], &claims["client_id"]),
        (&json!(bench.world.issuer), &json!(app.client.id))
    );
    bench
        .world
        .shows(&["Features/HasJwtAccessTokens", "Features/CanSignatureBeVerified"]);
    let form = [
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", answer.text_of("refresh_token").to_owned()),
        ("unknown", "x".to_owned()),
    ];
    let again = bench.world.as_app(&app, &form, &[]).await;
    assert_eq!(
        again.status, 200,
        "RFC 6749 s3.2: unknown parameters are ignored: {again:?}"
    );
    assert_eq!(again.header("cache-control"), Some("no-store"), "OAuth 2.1 s3.2.3");
    bench.world.shows(&[
        "TokenEndpoint/UnrecognizedParameterAllowed",
        "TokenEndpoint/HasCacheControlHeader",
    ]);
    let path = endpoint(&bench.world, "token_endpoint").await;
    let got = bench.world.get(&format!("{path}?grant_type=client_credentials")).await;
    refused(&got, 405, "method_not_allowed", "RFC 6749 s3.2: by POST");
    bench.world.shows(&["TokenEndpoint/IsGetSupported"]);
}

#[tokio::test]
async fn a_machine_gets_no_refresh_token() {
    let (world, client) = machine("client_secret_basic").await;
    let answer = world.token(&client, &[("resource", MCP.to_owned())], &[]).await;
    access_token(&answer);
    assert_eq!(answer.body.get("refresh_token"), None, "RFC 6749 s4.4.3");
    world.shows(&["TokenEndpoint/RefreshTokenPresent"]);
}

#[tokio::test]
async fn whoever_has_no_secret_says_its_name() {
    let front = front::Front::new().await;
    let asking = front.asking("read");
    let page = Browser::new(&front.world)
        .agree(&front.world, &front.alice, &asking)
        .await;
    let mut form = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", page.parameter("code").unwrap()),
        ("code_verifier", asking.verifier.clone()),
    ];
    let answer = front.world.post("/oauth2/token", &[], &form).await;
    assert!(matches!(answer.status, 400 | 401), "{answer:?}");
    assert!(
        matches!(answer.error(), "invalid_client" | "invalid_request"),
        "{answer:?}"
    );
    form.push(("client_id", front.app.client.id.clone()));
    assert_eq!(front.world.post("/oauth2/token", &[], &form).await.status, 200);
    front.world.shows(&["TokenEndpoint/IsClientIdRequired"]);
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_a_downgrade() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let asked = Asking::new(&app, None, Some("openid"));
    let page = bench.authorized(&plain(asked.clone())).await;
    let answer = bench.redeem(&app, &asked, &page.parameter("code").unwrap()).await;
    refused(
        &answer,
        400,
        "invalid_grant",
        "RFC 9700 s4.8.2: somebody took the challenge out",
    );
    bench.world.shows(&["Pkce/IsPkceDowngradeDetected"]);
    let page = bench.authorized(&asked).await;
    let answer = bench.redeem(&app, &asked, &page.parameter("code").unwrap()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    bench.world.shows(&["Pkce/HashedPkceDisabled"]);
}

#[tokio::test]
async fn id_tokens_say_who_for_whom_and_by_which_key() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let asking = request(&app);
    let (answer, claims) = bench.flow(&app, &asking).await; // signature, iss, aud, exp, iat, nonce and at_hash are checked there
    let token = answer.text_of("id_token");
    let header = part(token, 0);
    let names: BTreeSet<&str> = header.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["alg", "kid", "typ"].into(),
        "no key comes with the token (RFC 8725 s3.10)"
    );
    assert!(
        claims["aud"].is_string(),
        "one audience: no azp is needed (OpenID Connect Core s2)"
    );
    let keys = bench.world.get(&endpoint(&bench.world, "jwks_uri").await).await;
    for key in keys.body["keys"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|key| key["kty"] == "RSA")
    {
        let bits = base64url::decode(key["n"].as_str().unwrap()).unwrap().len() * 8;
        assert!(bits >= 2_048, "RFC 7518 s3.3: {bits}");
    }
    bench.world.shows(&[
        "IdTokens/HasAuthorizedParty",
        "IdTokens/HasAzpForMultiAudience",
        "IdTokens/HasCorrectAudience",
        "IdTokens/HasCorrectIssuer",
        "IdTokens/HasRequiredClaims",
        "IdTokens/IsAccessTokenHashCorrect",
        "IdTokens/IsAccessTokenHashPresent",
        "IdTokens/IsSigned",
        "IdTokens/KeyReferences",
        "IdTokens/NoncePresentInToken",
        "IdTokens/SigningKeySecure",
    ]);
}

#[tokio::test]
async fn tokens_are_long_drawn_anew_and_soon_over() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let mut browser = Browser::new(&bench.world);
    let (mut codes, mut refreshes, mut ids, mut signatures) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..16 {
        let asking = request(&app);
        let page = bench.authorized_in(&mut browser, &asking).await;
        let code = page.parameter("code").unwrap();
        let answer = bench.tokens(&app, &asking, &page).await;
        let seconds = answer.body["expires_in"].as_i64().unwrap();
        assert!(seconds <= 600, "{answer:?}");
        let access = answer.text_of("access_token");
        let claims = part(access, 1);
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            seconds
        );
        let bytes = |text: &str| base64url::decode(text).map_or(0, |bytes| bytes.len());
        let last = |text: &str| text.rsplit('.').next().unwrap().to_owned();
        // What nobody can guess: 160 bits and more behind the last dot.
        for secret in [last(&code), last(answer.text_of("refresh_token")), last(access)] {
            assert!(bytes(&secret) >= 20, "{secret}");
        }
        assert!(claims["jti"].as_str().unwrap().len() >= 22, "{claims}");
        codes.insert(last(&code));
        refreshes.insert(last(answer.text_of("refresh_token")));
        ids.insert(claims["jti"].clone().to_string());
        signatures.insert(last(access));
    }
    for seen in [&codes, &refreshes, &ids, &signatures] {
        assert_eq!(seen.len(), 16, "none twice: {seen:?}");
    }
    bench.world.shows(&[
        "Tokens/AccessTokenEntropyMinReq",
        "Tokens/AccessTokenEntropySugReq",
        "Tokens/AuthorizationCodeEntropyMinReq",
        "Tokens/AuthorizationCodeEntropySugReq",
        "Tokens/RefreshTokenEntropyMinReq",
        "Tokens/RefreshTokenEntropySugReq",
        "Tokens/ShortTokenTimeout",
        "Tokens/TokenTimeout",
    ]);
}

#[tokio::test]
async fn revocation_is_for_the_client_of_the_token() {
    let bench = Bench::new().await;
    let (app, other) = (
        bench.app("client_secret_basic").await,
        bench.app("client_secret_basic").await,
    );
    let (answer, _) = bench.flow(&app, &request(&app)).await;
    let access = answer.text_of("access_token");
    let path = endpoint(&bench.world, "revocation_endpoint").await;
    let form = [("token", access.to_owned())];
    let nobody = bench.world.post(&path, &[], &form).await;
    refused(&nobody, 401, "invalid_client", "RFC 7009 s2.1");
    let stolen = bench.world.post(&path, &[other.client.basic()], &form).await;
    assert!(matches!(stolen.status, 200 | 400), "{stolen:?}");
    bench.userinfo(access).await; // it still works
    bench
        .world
        .shows(&["Revocation/IsBoundToClient", "Revocation/IsClientAuthRequired"]);
    let own = bench.world.post(&path, &[app.client.basic()], &form).await;
    assert_eq!(own.status, 200, "{own:?}");
    assert_eq!(bench.ask_userinfo("GET", access).await.status, 401);
}

#[tokio::test]
async fn a_push_is_proved_and_names_a_registered_place() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let path = endpoint(&bench.world, "pushed_authorization_request_endpoint").await;
    let asking = request(&app);
    let push = async |asking: &Asking, headers: &[(&str, String)]| {
        bench.world.post(&path, headers, &super::form_of(asking)).await
    };
    refused(
        &push(&asking, &[]).await,
        401,
        "invalid_client",
        "RFC 9126 s2: as at the token endpoint",
    );
    bench.world.shows(&["ParEndpoint/IsParAuthenticationRequired"]);
    let elsewhere = asking.clone().with("redirect_uri", Some("https://suite.example/new"));
    let proved = [app.client.basic()];
    refused(
        &push(&elsewhere, &proved).await,
        400,
        "invalid_request",
        "RFC 9126 s2.4 is not offered",
    );
    bench.world.shows(&[
        "ParEndpoint/AcceptsNewRedirectUri",
        "ParEndpoint/RequiresNewRedirectUriAuth",
    ]);
    let taken = push(&asking, &proved).await;
    assert_eq!(taken.status, 201, "{taken:?}");
    bench.world.shows(&["DocumentSupport/RFC9126Supported"]);
    // A tenant that wants it takes nothing but pushes.
    let must = json!({ "require_pushed_authorization_requests": true });
    let answer = bench
        .world
        .admin("PATCH", "/admin/v1/tenants/default", Some(&must))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    bench.stays(&asking, "invalid_request", "RFC 9126 s5").await;
    bench.world.shows(&["ParEndpoint/IsParRequired"]);
}

#[tokio::test]
async fn a_request_object_is_of_the_client_that_shows_it() {
    let (mut bank, one, two) = Bank::new((Way::Dpop, Requests::Signed)).await;
    let asking = bank.asking(&one);
    let mut claims = bank.object_claims(&one, &asking);
    let object = bank.object(&one, &claims).await;
    let form = vec![("client_id", one.id().to_owned()), ("request", object)];
    let taken = bank.push_form(&one, form, &[]).await;
    request_uri(&taken);
    bank.world
        .shows(&["AuthEndpoint/IsJarSupported", "DocumentSupport/RFC9101Supported"]);
    claims["client_id"] = two.id().into();
    claims["jti"] = unique().into();
    let object = bank.object(&one, &claims).await;
    let form = vec![("client_id", one.id().to_owned()), ("request", object)];
    let answer = bank.push_form(&one, form, &[]).await;
    refused(&answer, 400, "invalid_request_object", "RFC 9101 s6.3: two names");
    bank.world.shows(&["AuthEndpoint/ClientIdsCorrespond"]);
    // What stands beside a request object is not read: a challenge outside is none (RFC 9101 s6.3).
    let mut inside = bank.object_claims(&one, &plain(bank.asking(&one)));
    inside["jti"] = unique().into();
    let object = bank.object(&one, &inside).await;
    let form = vec![
        ("client_id", one.id().to_owned()),
        ("request", object),
        ("code_challenge", asking.get("code_challenge").to_owned()),
        ("code_challenge_method", "S256".to_owned()),
    ];
    let answer = bank.push_form(&one, form, &[]).await;
    refused(&answer, 400, "invalid_request", "the challenge stands outside");
    bank.world.shows(&["AuthEndpoint/JarParametersInRequest"]);
}

#[tokio::test]
async fn a_place_that_is_not_the_app_s_own_is_not_gone_to() {
    let bench = Bench::new().await;
    let app: App = bench.app("client_secret_basic").await;
    let asking = request(&app).with("redirect_uri", Some("https://evil.example/"));
    bench.stays(&asking, "invalid_request", "nobody is signed in").await;
    let page = bench.agrees(&asking).await;
    front::problem(&page, 400, "invalid_request", "somebody is");
    bench.world.shows(&["AuthEndpoint/InvalidRedirect"]);
}

/// ECDHE with AES-GCM (RFC 9325 s4.2).
const GOOD: &[u16] = &[0xc02b, 0xc02f];
/// What came before: CBC, key exchange without forward secrecy, and what is broken.
const CBC: &[u16] = &[0xc009, 0xc013, 0xc023, 0xc027];
const WITHOUT_FORWARD_SECRECY: &[u16] = &[0x002f, 0x0035, 0x009c];
const BROKEN: &[u16] = &[0x0005, 0x000a, 0x0000, 0x0001];

/// A TLS `ClientHello` (RFC 5246 s7.4.1.2) of this version with these suites, and nothing else.
fn client_hello(version: [u8; 2], suites: &[u16]) -> Vec<u8> {
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    // supported_groups with P-256, signature_algorithms with ECDSA and RSA by SHA-256: so that only the suite or the version is wrong.
    let extensions = [
        0, 10, 0, 4, 0, 2, 0, 23, //
        0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1,
    ];
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    let mut body = version.to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend(length(&suites));
    body.extend(&suites);
    body.extend([1, 0]);
    body.extend(length(&extensions));
    body.extend(extensions);
    let mut hello = vec![1, 0];
    hello.extend(length(&body));
    hello.extend(body);
    let mut record = vec![22, 3, 1];
    record.extend(length(&hello));
    record.extend(hello);
    record
}

/// The first byte of what the server says to some bytes: 22 goes on with the handshake, 21 is an alert.
async fn first_byte(world: &World, bytes: &[u8]) -> Option<u8> {
    let mut stream = world.connect().await;
    stream.write_all(bytes).await.unwrap();
    let mut first = [0; 1];
    match stream.read(&mut first).await {
        Ok(1) => Some(first[0]),
        _ => None,
    }
}

/// One port, one TLS: what is shown at it is shown for every endpoint there.
#[tokio::test]
async fn every_endpoint_speaks_modern_tls_alone() {
    let world = World::with_client_certificates(|_| {}).await;
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "pushed_authorization_request_endpoint",
        "device_authorization_endpoint",
        "revocation_endpoint",
        "jwks_uri",
    ] {
        let address = metadata(&world).await[name].as_str().unwrap().to_owned();
        assert!(address.starts_with("https://"), "{name}: {address}");
        let path = endpoint(&world, name).await;
        assert!(
            world.send("GET", &path, &[], None).await.status < 500,
            "over TLS: {name}"
        );
        let plain = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", world.authority());
        assert_ne!(
            first_byte(&world, plain.as_bytes()).await,
            Some(b'H'),
            "{name}: no HTTP without TLS"
        );
    }
    world.shows(&[
        "ApiEndpoint/IsHttpsRequired",
        "AuthEndpoint/IsHttpsRequired",
        "TokenEndpoint/IsHttpsRequired",
        "ParEndpoint/IsHttpsRequired",
        "DeviceAuthEndpoint/IsHttpsRequired",
        "Revocation/IsRevocationEndpointSecure",
    ]);
    assert_eq!(
        first_byte(&world, &client_hello([3, 3], GOOD)).await,
        Some(22),
        "TLS 1.2 goes on"
    );
    for (what, hello) in [
        ("TLS 1.1", client_hello([3, 2], GOOD)),
        ("TLS 1.0", client_hello([3, 1], GOOD)),
        ("SSL 3.0", client_hello([3, 0], GOOD)),
        ("CBC", client_hello([3, 3], CBC)),
        ("no forward secrecy", client_hello([3, 3], WITHOUT_FORWARD_SECRECY)),
        ("RC4, 3DES and nothing", client_hello([3, 3], BROKEN)),
    ] {
        assert_ne!(first_byte(&world, &hello).await, Some(22), "{what}");
    }
    world.shows(&[
        "ApiEndpoint/AreStrongCiphersEnabled",
        "AuthEndpoint/AreStrongCiphersEnabled",
        "TokenEndpoint/AreStrongCiphersEnabled",
        "ApiEndpoint/IsModernTlsSupported",
        "AuthEndpoint/IsModernTlsSupported",
        "TokenEndpoint/IsModernTlsSupported",
        "DeviceAuthEndpoint/IsModernTlsSupported",
        "Revocation/IsModernTlsSupported",
        "Features/IsDeprecatedTlsSupported",
    ]);
}
