"""requests-oauth2client: devices without a browser (RFC 8628). A person types the code that the device shows."""

import threading

import requests
from cases import equal, refused
from identity import checked, person, registered
from oauth import DISCOVERY, verified
from requests_oauth2client import AccessDenied, AuthorizationPending, DeviceAuthorizationPollingJob, DPoPKey, InvalidGrant, SlowDown

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
ENDPOINT = "device_authorization_endpoint"


def device(cases, prokura):
    metadata = requests.get(prokura.issuer + DISCOVERY["OpenID Connect Discovery"], timeout=10).json()
    if ENDPOINT not in metadata:
        cases.skip("requests-oauth2client: the device grant", f"the metadata has no {ENDPOINT}")
        return
    human = person(prokura)
    for method in ["none", "client_secret_basic", "private_key_jwt"]:
        for binding in ["Bearer", "DPoP"]:
            cases.claim(
                f"requests-oauth2client, {method}, {binding}: a device asks, a person types its code, and the library's polling ends with tokens",
                lambda method=method, binding=binding: _whole(prokura, human, method, binding),
            )
    cases.claim("requests-oauth2client: pending, too often, and a no are the errors that the library knows", lambda: _refusals(prokura, human))
    cases.claim("requests-oauth2client: a device code is good once, and for its own client", lambda: _used(prokura, human))


def _whole(prokura, human, method, binding):
    api = prokura.resource("http")
    client = _registered(prokura, method)
    shown = client.authorize_device(scope="openid api:read", resource=api)
    answering = threading.Timer(0.2, lambda: human.typed(shown.verification_uri, shown.user_code))
    answering.start()
    bound = {"dpop_key": DPoPKey.generate()} if binding == "DPoP" else {}
    job = DeviceAuthorizationPollingJob(client, shown, **bound)
    token = job()
    while token is None:
        token = job()
    answering.join()
    equal(token.token_type, binding)
    equal(("cnf" in verified(prokura, token.access_token, api)), binding == "DPoP")
    checked(prokura, client, token.id_token, "RS256")
    equal(requests.get(f"{api}/notes", auth=token, timeout=10).status_code, 200)
    equal(client.refresh_token(token).token_type, binding)


def _refusals(prokura, human):
    client = _registered(prokura, "none")
    shown = client.authorize_device(scope="openid")
    refused(AuthorizationPending, lambda: client.device_code(shown))
    refused(SlowDown, lambda: client.device_code(shown))
    denied = client.authorize_device(scope="openid")
    human.typed(denied.verification_uri, denied.user_code, decision="deny")
    refused(AccessDenied, lambda: client.device_code(denied))


def _used(prokura, human):
    client, other = _registered(prokura, "none"), _registered(prokura, "none")
    shown = client.authorize_device(scope="openid")
    human.typed(shown.verification_uri, shown.user_code)
    refused(InvalidGrant, lambda: other.device_code(shown))
    assert client.device_code(shown).access_token
    refused(InvalidGrant, lambda: client.device_code(shown))


def _registered(prokura, method):
    client, _ = registered(prokura, method, grant_types=[DEVICE_CODE, "refresh_token"], redirect_uris=[])
    return client
