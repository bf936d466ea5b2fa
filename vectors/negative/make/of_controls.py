"""controls.json: the right ones. What a vector is wrong in one place of must be accepted, else its refusal proves nothing.

Made with joserfc, which also reads back what `common.py` signs: two implementations agree on the form.
"""

import hashlib
import json

from joserfc import jwk, jws

from common import CLIENT, HERE, ISSUER, NOW, TOKEN_ENDPOINT, b64, compact, dumps, keys

K = keys()
ALGORITHMS = ["EdDSA", "ES256", "RS256", "PS256"]
AUDIENCE = "https://mcp.example/mcp"
ACCESS_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"


def imported(key):
    kind = {"EdDSA": jwk.OKPKey, "ES256": jwk.ECKey}.get(key.alg, jwk.RSAKey)
    return kind.import_key(key.pem)


def token(key, header, claims):
    registry = jws.JWSRegistry(algorithms=ALGORITHMS)
    registry.max_header_length = 4096  # its usual bound is shorter than an RSA key
    made = jws.serialize_compact({"alg": key.alg} | header, dumps(claims), imported(key), registry=registry)
    again = compact({"alg": key.alg} | header, claims, key)
    assert jws.deserialize_compact(again, imported(key), registry=registry).payload == dumps(claims).encode()
    return made


def write():
    all = []

    def good(name, **given):
        all.append({"name": name, "input": given})

    assertion = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "iat": NOW, "exp": NOW + 60}
    for kid in ["es", "es2", "ed", "rs", "ps"]:
        good(f"assertion-{kid}", artifact="client_assertion", token=token(K[kid], {"kid": kid}, assertion | {"jti": f"good-{kid}"}))
    for n, typ in enumerate(["JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"]):
        good(f"assertion-typ-{n}", artifact="client_assertion", token=token(K["ed"], {"kid": "ed", "typ": typ}, assertion | {"jti": f"good-typ-{n}"}))
    for n, claims in enumerate([{"exp": NOW + 300}, {"exp": NOW + 1}, {"iat": NOW + 10, "exp": NOW + 310}, {"iat": NOW - 240}, {"nbf": NOW + 10}, {"nbf": 0}, {"jti": "j" * 256}]):
        good(f"assertion-at-the-edge-{n}", artifact="client_assertion", token=token(K["es"], {"kid": "es"}, assertion | {"jti": f"good-edge-{n}"} | claims))
    for kid in ["es", "ed", "rs"]:
        good(f"keys-{kid}", artifact="jwk_set", jwks={"keys": [imported(K[kid]).as_dict(private=False) | {"kid": kid}]})
    good("keys-of-every-kind", artifact="jwk_set", jwks={"keys": [K[kid].jwk(kid=kid) for kid in ["es", "ed", "rs"]] + [K["ps"].jwk(alg="PS256"), K["p384"].jwk(), {"kty": "unknown"}]})
    at = {"iss": ISSUER, "sub": "machine", "aud": AUDIENCE, "client_id": "machine", "scope": "read write", "jti": "at-1", "iat": NOW, "exp": NOW + 300}
    for kid in ["es", "ed", "rs", "ps"]:
        good(f"access-token-{kid}", artifact="access_token", token=token(K[kid], {"kid": kid, "typ": "at+jwt"}, at))
    good("access-token-bound", artifact="access_token", token=token(K["es"], {"kid": "es", "typ": "application/at+jwt"}, at | {"aud": [AUDIENCE], "cnf": {"jkt": b64(bytes(32))}}))
    proof = {"htm": "POST", "htu": TOKEN_ENDPOINT, "iat": NOW}
    for kid in ["es", "ed", "rs", "ps"]:
        key = K[kid]
        good(f"proof-{kid}", proofs=[token(key, {"typ": "dpop+jwt", "jwk": imported(key).as_dict(private=False)}, proof | {"jti": f"good-{kid}"})])
    key = K["es"]
    head = {"typ": "dpop+jwt", "jwk": key.jwk()}
    for n, claims in enumerate([{"iat": NOW - 60}, {"iat": NOW + 10}, {"exp": NOW + 1}, {"jti": "j" * 256}, {"htu": TOKEN_ENDPOINT + "?x=1#y"}, {"htu": "HTTPS://ISSUER.example:443/oauth2/%74oken"}]):
        good(f"proof-at-the-edge-{n}", proofs=[token(key, head, proof | {"jti": f"good-edge-{n}"} | claims)])
    ath = b64(hashlib.sha256(ACCESS_TOKEN.encode()).digest())
    good("proof-with-ath", proofs=[token(key, head, proof | {"jti": "good-ath", "ath": ath})], access_token=ACCESS_TOKEN)
    for client, registered, asked in [
        ("public", "https://app.example/cb", "https://app.example/cb"), ("confidential", "https://app.example:8443/auth/callback", "https://app.example:8443/auth/callback"), ("public", "https://app.example/cb?tenant=1", "https://app.example/cb?tenant=1"), ("public", "com.example.app:/callback", "com.example.app:/callback"), ("public", "http://127.0.0.1:3456/callback", "http://127.0.0.1:9/callback"), ("confidential", "http://127.0.0.1:3456/callback", "http://127.0.0.1:9/callback"), ("confidential", "http://[::1]/callback", "http://[::1]:65535/callback"), ("public", "http://localhost:3000/callback", "http://localhost/callback"), ("confidential", "http://localhost:3000/callback", "http://localhost:3000/callback"),
    ]:
        good(f"redirect-{len(all)}", client=client, registered=[registered], asked=asked)
    for uris in [["https://app.example/cb"], ["com.example.app:/callback", "http://127.0.0.1/cb", "http://localhost:3000/"], [f"https://app.example/{n}" for n in range(20)], ["https://app.example/" + "a" * 1980]]:
        good(f"register-{len(all)}", register=uris)
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636 App. B, with its verifier
    for client in ["public", "confidential"]:
        good(f"challenge-{client}", client=client, parameters={"code_challenge": challenge, "code_challenge_method": "S256"})
        good(f"verifier-{client}", client=client, challenge=challenge, verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    import of_json

    good("registration", route="registration", body=dumps(of_json.REGISTRATION))
    for n, members in enumerate([
        '"x":' + "[" * 15 + "]" * 15, '"x":9223372036854775807', '"x":-9223372036854775808', '"x":"\\ud83d\\udd11"', '"x":1e18',
    ]):
        good(f"registration-at-the-edge-{n}", route="registration", body=dumps(of_json.REGISTRATION)[:-1] + "," + members + "}")
    for route, members in of_json.ADMIN.items():
        good(f"admin-{route}", route=route, body=dumps(members))
    good("form-token", path="/oauth2/token", credentials="machine", body="grant_type=client_credentials&resource=https%3A%2F%2Fmcp.example%2Fmcp")
    good("form-token-of-64-parameters", path="/oauth2/token", credentials="machine", body="grant_type=client_credentials&resource=https%3A%2F%2Fmcp.example%2Fmcp&" + "&".join(f"p{n}=1" for n in range(62)))
    good("form-introspect", path="/oauth2/introspect", credentials="machine", body="token=x")
    good("form-revoke", path="/oauth2/revoke", credentials="machine", body="token=x")
    lines = ",\n".join(json.dumps(control) for control in all)
    (HERE.parent / "controls.json").write_text(f"[\n{lines}\n]\n")
    trusted = {"keys": [K[kid].jwk(kid=kid, **({"alg": "PS256"} if kid == "ps" else {})) for kid in ["es", "es2", "ed", "rs", "ps"]]}
    (HERE.parent / "trusted_keys.json").write_text(json.dumps(trusted, indent=1) + "\n")
    print(f"controls.json: {len(all)} that are right")
