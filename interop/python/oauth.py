"""requests-oauth2client, and joserfc for the tokens, against the OAuth endpoints."""

import warnings

import requests
from cases import equal, refused
from joserfc import jwk, jwt
from joserfc.errors import SecurityWarning
from jwskate import Jwk
from requests_oauth2client import (
    ClientSecretBasic,
    ClientSecretPost,
    DPoPKey,
    InvalidClient,
    InvalidScope,
    InvalidTarget,
    OAuth2Client,
    PrivateKeyJwt,
    UnauthorizedClient,
)

DISCOVERY = {
    "RFC 8414": "/.well-known/oauth-authorization-server",
    "OpenID Connect Discovery": "/.well-known/openid-configuration",
}
METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]


def oauth(cases, prokura):
    for name, path in DISCOVERY.items():
        cases.claim(f"requests-oauth2client: discovers the server by {name}", lambda path=path: _discovery(prokura, path))
    for method in METHODS:
        cases.claim(
            f"requests-oauth2client: {method} gets a token for one resource, and joserfc verifies it by the published keys",
            lambda method=method: _token(prokura, method),
        )
    for alg in ["EdDSA", "ES256", "PS256", "RS256"]:
        cases.claim(f"requests-oauth2client: private_key_jwt with a registered key for {alg}", lambda alg=alg: _registered_key(prokura, alg))
    for alg in ["EdDSA", "ES256", "PS256", "RS256"]:
        cases.claim(
            f"requests-oauth2client: DPoP with {alg}: the library takes the nonce, the token is bound, the API wants the key",
            lambda alg=alg: _dpop(prokura, alg),
        )
    cases.claim("requests-oauth2client: introspection says what the token says", lambda: _introspection(prokura))
    cases.claim("requests-oauth2client: a revoked token is inactive, and the API refuses it at once", lambda: _revocation(prokura))
    cases.claim("requests-oauth2client: refusals are the errors that the library knows", lambda: _refusals(prokura))
    cases.claim("requests-oauth2client: its default assertion, for the token endpoint, is invalid_client (7523bis)", lambda: _default_audience(prokura))
    cases.claim("requests-oauth2client: a client whose grant is revoked is unauthorized_client", lambda: _revoked_grant(prokura))


def _discovery(prokura, path):
    client = _client(prokura, "client_secret_basic", path)
    equal(client.issuer, prokura.issuer)
    for endpoint in [client.token_endpoint, client.introspection_endpoint, client.revocation_endpoint, client.jwks_uri]:
        assert endpoint.startswith(f"{prokura.issuer}/"), endpoint
    assert len(client.authorization_server_jwks.jwks) >= 2
    assert not client.authorization_server_jwks.is_private


def _token(prokura, method):
    api = prokura.resource("http")
    token = _client(prokura, method).client_credentials(scope=["api:read", "api:write"], resource=api)
    equal(token.token_type, "Bearer")
    equal(token.refresh_token, None)
    claims = verified(prokura, token.access_token, api)
    name = prokura.client(method)["client_id"]
    equal((claims["sub"], claims["client_id"]), (name, name))
    equal(sorted(claims["scope"].split()), ["api:read", "api:write"])
    assert "cnf" not in claims
    assert 0 < token.expires_in <= claims["exp"] - claims["iat"]
    equal(requests.get(f"{api}/notes", auth=token, timeout=10).status_code, 200)
    equal(requests.post(prokura.resource("mcp"), auth=token, json={}, timeout=10).status_code, 401, "a token is for one resource")


def _registered_key(prokura, alg):
    key = Jwk.generate(alg=alg).with_kid_thumbprint()
    jwks = {"keys": [dict(key.public_jwk().with_usage_parameters())]}
    made = registered(prokura, token_endpoint_auth_method="private_key_jwt", jwks=jwks)
    client = _discovered(prokura, PrivateKeyJwt(made["client_id"], key, aud=prokura.issuer))
    api = prokura.resource("http")
    equal(verified(prokura, client.client_credentials(resource=api).access_token, api)["sub"], made["client_id"])


def _dpop(prokura, alg):
    api = prokura.resource("http")
    client = _client(prokura, "private_key_jwt")
    key = DPoPKey.generate(alg=alg)
    token = client.client_credentials(scope="api:read api:write", resource=api, dpop=True, dpop_key=key)
    equal(token.token_type, "DPoP")
    assert key.as_nonce, "the library was given a nonce"
    equal(verified(prokura, token.access_token, api)["cnf"], {"jkt": key.dpop_jkt})
    written = requests.post(f"{api}/notes", auth=token, json={"text": f"by {alg}"}, timeout=10)
    equal(written.status_code, 201)
    notes = requests.get(f"{api}/notes", auth=token, timeout=10).json()["notes"]
    assert any(note["text"] == f"by {alg}" for note in notes), notes
    stolen = requests.get(f"{api}/notes", headers={"Authorization": f"Bearer {token.access_token}"}, timeout=10)
    equal(stolen.status_code, 401, "RFC 9449 s7.2")


def _introspection(prokura):
    api = prokura.resource("http")
    gateway = _gateway(prokura)
    for options, kind in [({}, "Bearer"), ({"dpop": True}, "DPoP")]:
        token = _client(prokura, "client_secret_basic").client_credentials(resource=api, **options)
        claims = verified(prokura, token.access_token, api)
        told = gateway.introspect_token(token.access_token)
        equal((told["active"], told["token_type"]), (True, kind))
        equal({name: told[name] for name in claims}, claims)
    equal(gateway.introspect_token("nonsense"), {"active": False})


def _revocation(prokura):
    api = prokura.resource("http")
    client = _client(prokura, "client_secret_post")
    token = client.client_credentials(resource=api)
    equal(requests.get(f"{api}/notes", auth=token, timeout=10).status_code, 200)
    equal(client.revoke_access_token(token), True)
    equal(_gateway(prokura).introspect_token(token.access_token), {"active": False})
    equal(requests.get(f"{api}/notes", auth=token, timeout=10).status_code, 401)
    equal(client.revoke_access_token(token), True, "RFC 7009 s2.2")


def _refusals(prokura):
    api = prokura.resource("http")
    client = _client(prokura, "client_secret_post")
    refused(InvalidScope, lambda: client.client_credentials(scope="everything", resource=api))
    refused(InvalidTarget, lambda: client.client_credentials(resource="https://unknown.example/"))
    for auth in [ClientSecretPost(client.client_id, "wrong"), ClientSecretBasic(client.client_id, client.client_secret)]:
        error = refused(InvalidClient, lambda auth=auth: _discovered(prokura, auth).client_credentials(resource=api))
        equal(error.response.status_code, 401)
        equal(error.response.headers["Cache-Control"], "no-store")
    refused(UnauthorizedClient, lambda: _gateway(prokura).client_credentials(resource=api))


def _default_audience(prokura):
    demo = prokura.client("private_key_jwt")
    client = _discovered(prokura, PrivateKeyJwt(demo["client_id"], Jwk(demo["jwk"])))
    refused(InvalidClient, lambda: client.client_credentials(resource=prokura.resource("http")))


def _revoked_grant(prokura):
    api = prokura.resource("http")
    made = registered(prokura)
    client = _discovered(prokura, ClientSecretBasic(made["client_id"], made["client_secret"]))
    token = client.client_credentials(resource=api)
    revoke_grants(prokura, made["client_id"])
    refused(UnauthorizedClient, lambda: client.client_credentials(resource=api))
    equal(requests.get(f"{api}/notes", auth=token, timeout=10).status_code, 401)


def registered(prokura, **more):
    """A new client that may do what the demo resources offer."""
    return prokura.admin(
        "POST",
        "/clients",
        {
            "client_name": "Made for a case",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["client_credentials"],
            "scope": "api:read api:write tools:read tools:write",
            "resources": [prokura.resource("http"), prokura.resource("mcp")],
            **more,
        },
    )


def revoke_grants(prokura, client_id):
    """Takes everything back that a client was granted."""
    ours = [g for g in prokura.admin("GET", "/grants?limit=500")["grants"] if g.get("client_id") == client_id]
    assert ours, f"{client_id} holds no grant"
    for grant in ours:
        equal(prokura.admin("POST", f"/grants/{grant['id']}/revoke")["status"], "revoked")


def verified(prokura, token, audience):
    """Checks a token as a resource does (RFC 9068 s4), with joserfc and the keys that the metadata names; its claims."""
    metadata = requests.get(prokura.issuer + DISCOVERY["RFC 8414"], timeout=10).json()
    keys = jwk.KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # joserfc counts the name EdDSA as deprecated (RFC 9864)
        decoded = jwt.decode(token, keys, algorithms=metadata["access_token_signing_alg_values_supported"])
    equal(decoded.header["typ"], "at+jwt")
    required = {"essential": True}
    rules = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": prokura.issuer},
        aud={"essential": True, "value": audience},
        **{name: required for name in ["exp", "iat", "sub", "client_id", "jti"]},
    )
    rules.validate(decoded.claims)
    return decoded.claims


def _gateway(prokura):
    demo = prokura.introspector
    return _discovered(prokura, ClientSecretBasic(demo["client_id"], demo["client_secret"]))


def _client(prokura, method, path=DISCOVERY["RFC 8414"]):
    demo = prokura.client(method)
    if method == "private_key_jwt":
        # By default the library puts the endpoint's URL into `aud`; `aud` is its own option for the issuer (7523bis).
        auth = PrivateKeyJwt(demo["client_id"], Jwk(demo["jwk"]), aud=prokura.issuer)
    else:
        auth = {"client_secret_basic": ClientSecretBasic, "client_secret_post": ClientSecretPost}[method](demo["client_id"], demo["client_secret"])
    return _discovered(prokura, auth, path)


def _discovered(prokura, auth, path=DISCOVERY["RFC 8414"]):
    # `testing` lets plain http pass, on loopback.
    return OAuth2Client.from_discovery_endpoint(url=prokura.issuer + path, issuer=prokura.issuer, auth=auth, testing=True)
