"""requests-oauth2client signs people in: code, pushed and signed requests, DPoP, ID tokens, userinfo. joserfc checks by itself whatever is signed."""

import uuid
import warnings
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from cases import equal, refused
from human import Human
from joserfc import jwk, jwt
from joserfc.errors import BadSignatureError, InvalidClaimError, SecurityWarning
from jwskate import Jwk, Jwt
from oauth import DISCOVERY, verified
from requests_oauth2client import (
    AuthorizationRequest,
    ClientSecretBasic,
    ClientSecretPost,
    InvalidGrant,
    InvalidRequest,
    MismatchingIdTokenNonce,
    MismatchingIssuer,
    MismatchingState,
    OAuth2Client,
    PrivateKeyJwt,
    PublicApp,
)

REDIRECT = "https://app.example/callback"  # nothing listens there: the scripted person hands the redirect over
PROFILE = {"name": "Zoë Example", "email": "zoe@example.com", "email_verified": True}
METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
NAMES_9864 = ["Ed25519"]  # the second name of EdDSA (RFC 9864), which joserfc knows and jwskate does not


def identity(cases, prokura):
    human = person(prokura)
    for method in METHODS:
        for way in [plain, pushed, signed]:
            for binding in ["Bearer", "DPoP"]:
                if way is signed and method == "none":
                    continue  # it has no key
                cases.claim(
                    f"requests-oauth2client: {method}, {way.__name__} request, {binding}: code, ID token, userinfo, refresh, introspection, revocation",
                    lambda method=method, way=way, binding=binding: _whole(prokura, human, method, way, binding),
                )
    for alg in ALGORITHMS:
        cases.claim(f"requests-oauth2client: an ID token of {alg} passes its checks, and those of joserfc", lambda alg=alg: _id_token(prokura, human, alg))
    for alg in [*ALGORITHMS, *NAMES_9864]:
        cases.claim(f"joserfc: ID token, userinfo, introspection and the authorization answer (JARM), each signed with {alg}", lambda alg=alg: _all_signed(prokura, human, alg))
    cases.claim("requests-oauth2client: max_age and acr_values are checked by the library, and hold", lambda: _assured(prokura, human))
    cases.claim("requests-oauth2client: a no, and prompt=none for nobody, are the errors that the library knows", lambda: _errors(prokura, human))
    cases.claim("requests-oauth2client: an answer with another state or issuer is refused before the code is used", lambda: _foreign_answer(prokura, human))
    cases.claim("requests-oauth2client: an ID token with another nonce is refused", lambda: _wrong_nonce(prokura, human))
    cases.claim("requests-oauth2client: a code is good once, and only with its verifier and its key", lambda: _used_code(prokura, human))
    cases.claim("requests-oauth2client: a request that is signed by a foreign key, or by none, is refused", lambda: _foreign_request(prokura, human))
    cases.claim("requests-oauth2client: what is wrong with a pushed request is told at the push", lambda: _bad_push(prokura))
    cases.claim("joserfc: a signed answer for another client, or that somebody else signed, is refused", lambda: _foreign_jarm(prokura, human))


def plain(client, request, _):
    return request.uri


def pushed(client, request, _):
    return client.pushed_authorization_request(request).uri


def signed(client, request, key):
    return request.sign(key, lifetime=60).uri


def _whole(prokura, human, method, way, binding):
    api = prokura.resource("http")
    client, key = registered(prokura, method)
    request = client.authorization_request(scope="openid email", dpop=binding == "DPoP")
    answer = request.validate_callback(human.answer(way(client, request, key)))
    # The library checks the ID token by itself, but cannot beside a token with a key (it fails to copy it, 1.8.0).
    token = client.authorization_code(answer, validate=binding == "Bearer")
    equal(token.token_type, binding)
    claims = checked(prokura, client, token.id_token, "RS256")
    equal(claims["nonce"], request.nonce)
    equal(verified(prokura, token.access_token, prokura.issuer).get("cnf"), {"jkt": request.dpop_jkt} if request.dpop_jkt else None)
    equal(client.userinfo(token), {"sub": claims["sub"], "email": PROFILE["email"], "email_verified": True})
    next_token = client.refresh_token(token)
    equal(checked(prokura, client, next_token.id_token, "RS256")["sub"], claims["sub"])

    elsewhere = client.authorization_request(scope="openid api:read", resource=api, dpop=binding == "DPoP")
    used = client.authorization_code(elsewhere.validate_callback(human.answer(way(client, elsewhere, key))), validate=False)
    equal(requests.get(f"{api}/notes", auth=used, timeout=10).status_code, 200)
    told = gateway(prokura)[0].introspect_token(used)
    equal((told["active"], told["token_type"], told["client_id"]), (True, binding, client.client_id))
    equal(client.revoke_refresh_token(next_token), True)
    refused(InvalidGrant, lambda: client.refresh_token(next_token))
    equal(client.revoke_access_token(used), True)
    equal(requests.get(f"{api}/notes", auth=used, timeout=10).status_code, 401)


def _id_token(prokura, human, alg):
    client, _ = registered(prokura, "private_key_jwt", alg, id_token_signed_response_alg=alg)
    request = client.authorization_request(scope="openid")
    token = client.authorization_code(request.validate_callback(human.answer(request.uri)))
    equal(token.id_token.alg, alg)
    equal(checked(prokura, client, token.id_token, alg)["nonce"], request.nonce)


def _all_signed(prokura, human, alg):
    members = ["id_token", "userinfo", "authorization", "introspection"]
    client, _ = registered(prokura, "client_secret_basic", introspects_everything=True, **{f"{name}_signed_response_alg": alg for name in members})
    request = client.authorization_request(scope="openid email", response_mode="jwt")
    redirect = human.answer(request.uri)
    (response,) = parse_qs(urlsplit(redirect).query)["response"]
    answer = checked(prokura, client, response, alg, required=["iss", "aud", "exp", "code", "state"])
    answer = request.validate_callback(f"{REDIRECT}?{urlencode({name: answer[name] for name in ['iss', 'code', 'state']})}")
    token = client.authorization_code(answer, validate=False)
    sub = checked(prokura, client, token.id_token, alg)["sub"]

    info = requests.get(client.userinfo_endpoint, auth=token, timeout=10)
    equal(info.headers["Content-Type"].split(";")[0], "application/jwt")
    told = checked(prokura, client, info.text, alg, required=["iss", "aud", "sub"])
    equal((told["sub"], told["email"]), (sub, PROFILE["email"]))

    kind = "application/token-introspection+jwt"
    said = client.introspect_token(token, requests_kwargs={"accept": kind})
    told = checked(prokura, client, said, alg, required=["iss", "aud", "iat", "token_introspection"], typ="token-introspection+jwt")
    equal({name: told["token_introspection"][name] for name in ["active", "client_id", "scope"]}, {"active": True, "client_id": client.client_id, "scope": "email openid"})
    refused(BadSignatureError, lambda: checked(prokura, client, f"{said[:-8]}AAAAAAAA", alg))


def _assured(prokura, human):
    client, _ = registered(prokura, "client_secret_basic")
    request = client.authorization_request(max_age=3600, acr_values="1")
    token = client.authorization_code(request.validate_callback(human.answer(request.uri)))
    equal(token.id_token.acr, "1")
    assert token.id_token.auth_datetime is not None


def _errors(prokura, human):
    client, _ = registered(prokura, "client_secret_basic")
    for who, decision, more, code in [(human, "deny", {"prompt": "consent"}, "access_denied"), (person(prokura), "allow", {"prompt": "none"}, "login_required")]:
        request = client.authorization_request(**more)
        error = refused(Exception, lambda: request.validate_callback(who.answer(request.uri, decision)))
        equal(getattr(error, "error", None), code)


def _foreign_answer(prokura, human):
    client, _ = registered(prokura, "none")
    request = client.authorization_request()
    redirect = human.answer(request.uri)
    refused(MismatchingState, lambda: client.authorization_request().validate_callback(redirect))
    elsewhere = AuthorizationRequest(**{**_own(request), "issuer": "https://other.example"})
    refused(MismatchingIssuer, lambda: elsewhere.validate_callback(redirect))
    client.authorization_code(request.validate_callback(redirect))


def _wrong_nonce(prokura, human):
    client, _ = registered(prokura, "none")
    request = client.authorization_request()
    other = AuthorizationRequest(**{**_own(request), "nonce": "another"})
    refused(MismatchingIdTokenNonce, lambda: client.authorization_code(other.validate_callback(human.answer(request.uri))))


def _used_code(prokura, human):
    client, _ = registered(prokura, "none")
    request = client.authorization_request(dpop=True)
    answer = request.validate_callback(human.answer(request.uri))
    stolen = AuthorizationRequest(**{**_own(request), "code_verifier": "x" * 43}).validate_callback(f"{REDIRECT}?{urlencode({'code': answer.code, 'state': answer.state})}")
    refused(InvalidGrant, lambda: client.authorization_code(stolen))
    refused(InvalidGrant, lambda: client.authorization_code(answer.code, code_verifier=answer.code_verifier, redirect_uri=REDIRECT))
    refused(InvalidGrant, lambda: client.authorization_code(answer.code, code_verifier=answer.code_verifier, redirect_uri=REDIRECT, dpop=True))
    token = client.authorization_code(answer, validate=False)
    refused(InvalidGrant, lambda: client.authorization_code(answer))
    equal(gateway(prokura)[0].introspect_token(token), {"active": False})


def _foreign_request(prokura, human):
    client, _ = registered(prokura, "private_key_jwt", require_signed_request_object=True)
    request = client.authorization_request()
    foreign = Jwk.generate(alg="ES256").with_kid_thumbprint()
    error = refused(AssertionError, lambda: human.answer(request.sign(foreign, lifetime=60).uri))
    assert "invalid_request_object" in str(error), error
    error = refused(Exception, lambda: request.validate_callback(human.answer(request.uri)))
    equal(getattr(error, "error", None), "invalid_request")


def _bad_push(prokura):
    client, _ = registered(prokura, "client_secret_post")
    for bent in [{"redirect_uri": "https://other.example/callback"}, {"claims": "[]"}, {"prompt": "none login"}]:
        error = refused(InvalidRequest, lambda bent=bent: client.pushed_authorization_request(client.authorization_request(**bent)))
        equal(error.response.status_code, 400, str(bent))


def _foreign_jarm(prokura, human):
    client, _ = registered(prokura, "none")
    other, _ = registered(prokura, "none")
    request = client.authorization_request(response_mode="jwt")
    (response,) = parse_qs(urlsplit(human.answer(request.uri)).query)["response"]
    refused(InvalidClaimError, lambda: checked(prokura, other, response, "RS256", required=["aud"]))
    claims = checked(prokura, client, response, "RS256", required=["aud"])
    forged = jwt.encode({"alg": "RS256", "kid": Jwt(response).kid}, claims, jwk.RSAKey.generate_key(2048))
    refused(BadSignatureError, lambda: checked(prokura, client, forged, "RS256"))


def _own(request):
    """What a request was made of."""
    made = request.as_dict()
    made.pop("dpop_key", None)
    return {**made, "dpop_key": request.dpop_key}


def person(prokura):
    """A new person, of whom more is known than of the demo ones."""
    user = {"login": f"{uuid.uuid4()}@demo.test", "password": str(uuid.uuid4())}
    prokura.admin("POST", "/users", {**user, "profile": PROFILE})
    return Human(prokura, user=user)


def registered(prokura, method, key_alg="ES256", **more):
    """A new client that signs people in, and the library that knows of it; and its key."""
    key = Jwk.generate(alg=key_alg).with_kid_thumbprint()
    about = {
        "client_name": "Signs people in",
        "token_endpoint_auth_method": method,
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": [REDIRECT],
        **({} if method == "none" else {"jwks": {"keys": [dict(key.public_jwk().with_usage_parameters())]}}),
        **more,
    }
    made = prokura.admin("POST", "/clients", about)
    name = made["client_id"]
    auth = {
        "client_secret_basic": lambda: ClientSecretBasic(name, made["client_secret"]),
        "client_secret_post": lambda: ClientSecretPost(name, made["client_secret"]),
        "private_key_jwt": lambda: PrivateKeyJwt(name, key, aud=prokura.issuer),
        "none": lambda: PublicApp(name),
    }[method]()
    client = OAuth2Client.from_discovery_endpoint(
        url=prokura.issuer + DISCOVERY["OpenID Connect Discovery"],
        issuer=prokura.issuer,
        auth=auth,
        redirect_uri=REDIRECT,
        id_token_signed_response_alg=more.get("id_token_signed_response_alg", "RS256"),
        # The library does not read it from the metadata.
        device_authorization_endpoint=f"{prokura.issuer}/oauth2/device_authorization",
        testing=True,  # plain http on loopback
    )
    return client, key


def gateway(prokura):
    """A client that may introspect."""
    return registered(prokura, "client_secret_basic", introspects_everything=True)


def checked(prokura, client, token, alg, required=("iss", "sub", "aud", "iat", "exp", "auth_time"), typ=None):
    """The claims of a JWT that is for this client, checked by joserfc and the published keys."""
    keys = jwk.KeySet.import_key_set(requests.get(client.jwks_uri, timeout=10).json())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # joserfc counts the name EdDSA as deprecated (RFC 9864)
        decoded = jwt.decode(str(token), keys, algorithms=[alg])
    equal(decoded.header["alg"], alg)
    if typ:
        equal(decoded.header["typ"], typ)
    essential = {name: {"essential": True} for name in required}
    rules = jwt.JWTClaimsRegistry(**{**essential, "iss": {"essential": True, "value": prokura.issuer}, "aud": {"essential": True, "value": client.client_id}})
    rules.validate(decoded.claims)
    return decoded.claims
