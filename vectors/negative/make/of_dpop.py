"""dpop.json: DPoP proofs for POST at the token endpoint, each wrong in one place (RFC 9449 s4.3)."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import utils

from common import GROUP_ORDER, ISSUER, NOW, TOKEN_ENDPOINT, Vectors, b64, compact, dumps, keys, raw_member, unb64, without, said
from of_jose import NOT_NUMBERS, NOT_TEXTS, NOT_TIMES, OUT_OF_RANGE, SMALL, TOO_LARGE, secrets_of

K = keys()
V = Vectors()
KINDS = ["es", "ed", "rs", "ps"]
ACCESS_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"  # of RFC 9449 s7.1
ATH = b64(hashlib.sha256(ACCESS_TOKEN.encode()).digest())
turn = 0


def next_key():
    global turn
    turn += 1
    return K[KINDS[turn % len(KINDS)]]


def claims(name, **more):
    return {"jti": name, "htm": "POST", "htu": TOKEN_ENDPOINT, "iat": NOW} | more


def header(key, **more):
    return {"typ": "dpop+jwt", "alg": key.alg, "jwk": key.jwk()} | more


def proof(rule, name, *tokens, error="invalid_dpop_proof", **more):
    V.add(rule, "proof-" + name, {"proofs": list(tokens)} | more, error)


def with_claims(rule, name, members=None, text=None, error="invalid_dpop_proof"):
    key = next_key()
    proof(rule, name, compact(header(key), text or claims(name, **(members or {})), key), error=error)


# step 1: one header
good = [compact(header(K["es"]), claims(f"twice-{n}"), K["es"]) for n in range(2)]
proof("dpop-once", "twice", *good)
proof("dpop-once", "twice-the-same", good[0], good[0])
proof("dpop-once", "and-an-empty-one", good[0], "")
proof("dpop-once", "behind-an-empty-one", "", good[0])
proof("dpop-once", "and-a-word", good[0], "x")
proof("dpop-once", "three-times", *good, good[0])
proof("dpop-once", "of-two-keys", good[0], compact(header(K["ed"]), claims("other"), K["ed"]))
for what, joint in {"a-comma": ",", "a-comma-and-a-space": ", ", "a-space-and-a-comma": " ,", "two-commas": ",,", "a-semicolon": ";", "a-space": " "}.items():
    proof("jws-parts", "joined-by-" + what, joint.join(good))
for what, text in {"comma-behind": good[0] + ",", "comma-in-front": "," + good[0], "quoted": f'"{good[0]}"', "scheme-in-front": "DPoP " + good[0], "structured": f":{good[0]}:"}.items():
    proof("jws-base64url", what, text)
# step 2: well-formed
head, body, signature = good[0].split(".")
for what, text in {"empty": "", "a-word": "proof", "two-parts": head + "." + body, "dots": "." * 500, "a-dot-behind": good[0] + ".", "a-dot-in-front": "." + good[0], "four-parts": good[0] + "." + signature, "flattened-json": dumps({"protected": head, "payload": body, "signature": signature}), "an-access-token": ACCESS_TOKEN.replace(".", ""), "a-jwe": head + "..AAAA.AAAA.AAAA"}.items():
    proof("jws-parts", "of-" + what, text)
for place in range(3):
    for what, change in {"padded": lambda t: t + "=", "a-space-inside": lambda t: t[:4] + " " + t[4:], "a-tab-inside": lambda t: t[:4] + "\t" + t[4:], "a-plus": lambda t: t[:4] + "+" + t[5:], "a-slash": lambda t: t[:4] + "/" + t[5:], "an-asterisk": lambda t: t[:4] + "*" + t[5:], "a-percent": lambda t: "%65" + t[1:]}.items():
        key = K["ed"]
        name = f"with-{what}-in-part-{place + 1}"
        parts = [b64(dumps(header(key))), b64(dumps(claims(name)))]
        if place < 2:
            parts[place] = change(parts[place])
        sealed = b64(key.sign(".".join(parts)))
        proof("jws-base64url", name, ".".join([*parts, change(sealed) if place == 2 else sealed]))
key = K["es"]
for what, size in [("17-kib", 17 * 1024), ("20-kib", 20 * 1024)]:
    proof("jws-size", f"of-{what}", compact(header(key), claims("size", x="x" * size), key))

# the JSON of both parts
def more(members):
    return lambda text: text[:-1] + "," + members + "}"


def both(rule, name, change):
    key = next_key()
    proof(rule, name + "-in-the-header", compact(change(dumps(header(key))), claims(name), key))
    key = next_key()
    proof(rule, name + "-in-the-claims", compact(header(key), change(dumps(claims(name))), key))


for what, members in {"an-unknown-member": '"x":1,"x":1', "a-level-down": '"x":{"y":1,"y":1}', "an-escaped-name": '"x":1,"\\u0078":1'}.items():
    both("json-duplicate", "member-twice-" + what, more(members))
for member, value in {"typ": '"dpop+jwt"', "alg": '"ES256"', "jwk": dumps(K["evil-es"].jwk())}.items():
    key = K["es"]
    proof("json-duplicate", f"header-{member}-twice", compact(more(f'"{member}":{value}')(dumps(header(key))), claims("twice"), key))
for member, value in {"jti": '"other"', "htm": '"POST"', "htu": dumps(TOKEN_ENDPOINT), "iat": str(NOW), "nonce": '"a","nonce":"b"', "ath": f'"{ATH}","ath":"{ATH}"'}.items():
    with_claims("json-duplicate", f"claim-{member}-twice", text=more(f'"{member}":{value}')(dumps(claims("twice"))))
key = K["es"]
jwk_twice = dumps(header(key)).replace('"kty":"EC"', '"kty":"EC","kty":"EC"')
proof("json-duplicate", "kty-of-the-key-twice", compact(jwk_twice, claims("kty"), key))
for what, tail in {"an-object": "{}", "a-letter": "x", "a-nul": "\0", "a-comma": ","}.items():
    both("json-trailing", "behind-the-object-" + what, lambda text, tail=tail: text + tail)
for what, change in {"bom": lambda t: "\ufeff" + t, "not-closed": lambda t: t[:-1], "a-comma-too-many": lambda t: t[:-1] + ",}", "single-quotes": lambda t: t.replace('"', "'"), "empty": lambda t: "", "nan": more('"x":NaN'), "a-comment": lambda t: "{/**/" + t[1:]}.items():
    both("json-syntax", "json-" + what, change)
for what, text in {"a-list": "[{}]", "null": "null", "a-text": '"{}"', "a-number": "1"}.items():
    both("json-object", "not-an-object-but-" + what, lambda _, text=text: text)
for depth in [8, 9, 100, 1000]:
    both("json-depth", f"lists-{depth}-deep", more('"x":' + "[" * depth + "]" * depth))
for what, members in {"lone-surrogate": '"x":"\\ud800"', "surrogate-in-a-name": '"\\udc00":1'}.items():
    both("json-text", what, more(members))
for what, text in TOO_LARGE.items():
    both("json-number", "number-" + what, more(f'"x":{text}'))

# step 3: claims that must be there
for member in ["jti", "htm", "htu", "iat"]:
    with_claims("dpop-claims", f"{member}-missing", text=dumps(without(claims("x"), member)))
with_claims("dpop-claims", "no-claims", text="{}")
for member in ["jti", "htm", "htu", "ath", "nonce"]:
    for what, text in NOT_TEXTS.items():
        with_claims("claim-text", f"{member}-is-{what}", text=raw_member(claims("x"), member, text))
for member in ["iat", "exp", "nbf"]:
    for rule, values in [("claim-time-type", NOT_TIMES), ("claim-time-range", OUT_OF_RANGE), ("json-syntax", NOT_NUMBERS), ("json-number", TOO_LARGE)]:
        for what, text in values.items():
            with_claims(rule, f"{member}-is-{what}", text=raw_member(claims("x"), member, text))
for n, jti in enumerate(["", "j" * 257, "j" * 1000, "\u00e4" * 129, "\U0001f511" * 65]):
    with_claims("dpop-jti", f"jti-of-a-bad-length-{said(jti, n)}", {"jti": jti})

# step 4: the type
for n, typ in enumerate(["", "JWT", "jwt", "at+jwt", "dpop", "dpop+jws", "dpop_jwt", "dpop-jwt", "application/jwt", "application/dpop", "application/at+jwt", "dpop+jwt ", " dpop+jwt", "dpop+jwt\0", "dpop+jwt;v=1", "text/dpop+jwt", "application/dpop+jwt/x", "client-authentication+jwt", "dpop jwt", "d\u0440op+jwt", "DPoP", "dpop+sd-jwt"]):
    key = next_key()
    proof("dpop-typ", f"typ-other-{said(typ, n)}", compact(header(key, typ=typ), claims(f"typ-{said(typ, n)}"), key))
for kind in KINDS:
    key = K[kind]
    proof("dpop-typ", f"typ-missing-{kind}", compact(without(header(key), "typ"), claims("typ"), key))
for what, text in NOT_TEXTS.items():
    key = K["es"]
    proof("jws-header-texts", f"typ-is-{what}", compact(raw_member(header(key), "typ", text), claims("x"), key))

# step 5: the algorithm
for n, alg in enumerate(["none", "None", "NONE", "nOnE", "none "]):
    key = next_key()
    proof("jws-alg-none", f"alg-none-{said(alg, n)}-unsigned", compact(header(key, alg=alg), claims("none"), None, signature=b""))
    proof("jws-alg-none", f"alg-none-{said(alg, n)}-with-a-real-signature", compact(header(key, alg=alg), claims("none"), key))
for kind in KINDS:
    for n, (what, secret) in enumerate(secrets_of(K[kind])):
        alg, digest = [("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")][n % 3]
        unsigned = compact(header(K[kind], alg=alg), claims("mac"), None, signature=b"").rstrip(".")
        proof("jws-alg-mac", f"alg-{alg.lower()}-keyed-by-the-{what}-of-{kind}", unsigned + "." + b64(hmac.digest(secret, unsigned.encode(), digest)))
unsigned = compact({"typ": "dpop+jwt", "alg": "HS256", "jwk": {"kty": "oct", "k": "c2VjcmV0"}}, claims("oct"), None, signature=b"").rstrip(".")
proof("jws-alg-mac", "alg-hs256-with-its-secret-in-the-header", unsigned + "." + b64(hmac.digest(b"secret", unsigned.encode(), "sha256")))
for n, (kind, alg) in enumerate([("es", "es256"), ("es", "ES384"), ("es", "ES512"), ("es", "ES256K"), ("ed", "eddsa"), ("ed", "Ed448"), ("rs", "RS384"), ("rs", "RS512"), ("rs", "RS1"), ("ps", "PS384"), ("ps", "PS512"), ("es", ""), ("rs", "RSA-OAEP"), ("es", "ECDH-ES"), ("es", "dir")]):
    signed_as = alg if kind in ("rs", "ps") and alg[2:] in ("384", "512", "1") else None
    proof("jws-alg-unknown", f"alg-unknown-{said([kind, alg], n)}", compact(header(K[kind], alg=alg), claims("alg"), K[kind], alg=signed_as))
for kind in ["p384", "k256"]:
    proof("jws-alg-unknown", f"by-a-key-on-{kind}", compact(header(K[kind]), claims("alg"), K[kind]))
for what, text in NOT_TEXTS.items():
    proof("jws-alg-text", f"alg-is-{what}", compact(raw_member(header(K["es"]), "alg", text), claims("x"), K["es"]))
proof("jws-alg-text", "alg-missing", compact(without(header(K["es"]), "alg"), claims("x"), K["es"]))
for kind in KINDS:
    for alg in ["EdDSA", "ES256", "RS256", "PS256"]:
        if alg == K[kind].alg or {alg, K[kind].alg} == {"RS256", "PS256"}:
            continue
        proof("jws-alg-of-key", f"alg-{alg.lower()}-of-a-key-{kind}", compact(header(K[kind], alg=alg), claims("x"), K[kind]))
for kind, other in [("rs", "PS256"), ("ps", "RS256")]:
    key = K[kind]
    proof("jws-alg-of-key", f"alg-{other.lower()}-of-key-{kind}-bound-to-{key.alg.lower()}", compact(header(key, alg=other, jwk=key.jwk(alg=key.alg)), claims("x"), key, alg=other))
    proof("jws-alg-of-key", f"alg-{key.alg.lower()}-of-key-{kind}-bound-to-{other.lower()}", compact(header(key, jwk=key.jwk(alg=other)), claims("x"), key))

# the header's other members
for n, crit in enumerate([["exp"], [], ["b64"], ["jwk"], None, "exp", [1], ["http://example.invalid/UNDEFINED"], {}, True]):
    key = next_key()
    proof("jws-crit", f"crit-{said(crit, n)}", compact(header(key, crit=crit), claims("x"), key))
for n, value in enumerate([True, False, None, "false", 0, []]):
    key = next_key()
    proof("jws-b64", f"b64-{said(value, n)}", compact(header(key, b64=value), claims("x"), key))
for what, text in NOT_TEXTS.items():
    proof("jws-header-texts", f"kid-is-{what}", compact(raw_member(header(K["ed"]), "kid", text), claims("x"), K["ed"]))

# steps 6 and 7: the key, and its signature
key = K["es"]
for what, members in {"missing": {}, "only-a-kid": {"kid": "es"}, "only-a-jku": {"jku": "https://evil.example/jwks.json"}, "only-an-x5c": {"x5c": [b64(b"certificate")]}, "in-capitals": {"JWK": key.jwk()}, "in-the-claims": {}}.items():
    body = claims(what) | ({"jwk": key.jwk()} if what == "in-the-claims" else {})
    proof("dpop-jwk", f"jwk-{what}", compact({"typ": "dpop+jwt", "alg": "ES256"} | members, body, key))
for what, text in {"null": "null", "true": "true", "a-number": "1", "a-text": dumps(dumps(key.jwk())), "a-list": dumps([key.jwk()]), "an-empty-text": '""'}.items():
    proof("dpop-jwk", f"jwk-is-{what}", compact(raw_member(header(key), "jwk", text), claims("x"), key))
for kind in KINDS:
    key = K[kind]
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"]:
        value = key.private_members().get(member, [] if member == "oth" else "AQAB")
        proof("jwk-private", f"jwk-{kind}-with-{member}", compact(header(key, jwk=key.jwk() | {member: value}), claims("x"), key))
    proof("jwk-private", f"jwk-{kind}-with-d-null", compact(header(key, jwk=key.jwk(d=None)), claims("x"), key))
    proof("jwk-private", f"jwk-{kind}-with-d-empty", compact(header(key, jwk=key.jwk(d="")), claims("x"), key))
for kind in ["rsa-1024", "rsa-1536"]:
    proof("jwk-rsa-size", f"jwk-{kind}", compact(header(K[kind]), claims("x"), K[kind]))
    proof("jwk-rsa-size", f"jwk-{kind}-for-ps256", compact(header(K[kind], alg="PS256"), claims("x"), K[kind], alg="PS256"))
modulus = unb64(K["rs"].jwk()["n"])
for what, n in {"4104": b"\xff" + modulus * 2, "8192": modulus * 4, "512": modulus[:63] + b"\x01"}.items():
    proof("jwk-rsa-size", f"jwk-rsa-of-{what}-bits", compact(header(K["rs"], jwk=K["rs"].jwk(n=b64(n))), claims("x"), K["rs"]))
for what, e in {"1": "AQ", "2": "Ag", "65536": "AQAA", "five-bytes": b64(b"\xff" * 5)}.items():
    proof("jwk-rsa-exponent", f"jwk-rsa-exponent-{what}", compact(header(K["rs"], jwk=K["rs"].jwk(e=e)), claims("x"), K["rs"]))
for what, members in {"modulus-with-a-zero-in-front": {"n": b64(b"\0" + modulus)}, "modulus-even": {"n": b64(modulus[:-1] + b"\x02")}, "exponent-with-a-zero-in-front": {"e": "AAEAAQ"}}.items():
    proof("jwk-rsa-form", "jwk-rsa-" + what, compact(header(K["rs"], jwk=K["rs"].jwk(**members)), claims("x"), K["rs"]))
for n, point in enumerate(SMALL):
    unsigned = compact(header(K["ed"], jwk=K["ed"].jwk(x=b64(bytes.fromhex(point)))), claims("x"), None, signature=b"").rstrip(".")
    proof("jwk-ed25519-order", f"jwk-ed25519-small-order-{said(point, n)}", unsigned + "." + b64(bytes.fromhex(SMALL[1]) + bytes(32)))
for low in range(0xF0, 0xF8):
    proof("jwk-ed25519-form", f"jwk-ed25519-beyond-the-field-{low:02x}", compact(header(K["ed"], jwk=K["ed"].jwk(x=b64(bytes([low]) + b"\xff" * 30 + b"\x7f"))), claims("x"), K["ed"]))
for what, members in {"y-of-another-point": {"y": K["es2"].jwk()["y"]}, "zeros": {"x": b64(bytes(32)), "y": b64(bytes(32))}, "ones": {"x": b64(b"\xff" * 32), "y": b64(b"\xff" * 32)}, "a-point-of-secp256k1": {k: v for k, v in K["k256"].jwk().items() if k in "xy"}}.items():
    proof("jwk-ec-point", "jwk-p256-" + what, compact(header(K["es"], jwk=K["es"].jwk(**members)), claims("x"), K["es"]))
for what, members in {"x-empty": {"x": ""}, "x-padded": {"x": K["es"].jwk()["x"] + "="}, "x-of-31-bytes": {"x": b64(unb64(K["es"].jwk()["x"])[1:])}, "y-of-33-bytes": {"y": b64(b"\0" + unb64(K["es"].jwk()["y"]))}}.items():
    proof("jwk-coordinates", "jwk-p256-" + what, compact(header(K["es"], jwk=K["es"].jwk(**members)), claims("x"), K["es"]))
for kind in KINDS:
    key = K[kind]
    for member in key.jwk():
        proof("jwk-members", f"jwk-{kind}-without-{member}", compact(header(key, jwk=without(key.jwk(), member)), claims("x"), key))
        proof("jwk-members", f"jwk-{kind}-{member}-is-null", compact(header(key, jwk=key.jwk() | {member: None}), claims("x"), key))
        proof("jwk-members", f"jwk-{kind}-{member}-is-a-list", compact(header(key, jwk=key.jwk() | {member: [key.jwk()[member]]}), claims("x"), key))
for what, members in {"oct": {"kty": "oct"}, "p384-in-name": K["es"].jwk(crv="P-384"), "use-enc": K["es"].jwk(use="enc"), "key-ops-sign": K["es"].jwk(key_ops=["sign"]), "alg-es384": K["es"].jwk(alg="ES384"), "kty-in-small-letters": K["es"].jwk(kty="ec"), "x25519": K["ed"].jwk(crv="X25519"), "empty": {}}.items():
    rule = "jwk-members" if what == "empty" else "dpop-jwk-use"
    proof(rule, "jwk-" + what, compact(header(K["es"], jwk=members), claims("x"), K["es"]))
for kind in KINDS:
    key = K[kind]
    evil = K[{"EdDSA": "evil-ed", "ES256": "evil-es"}.get(key.alg, "evil-rs")]
    size = len(key.sign("x"))
    unsigned = compact(header(key), claims("signature"), None, signature=b"").rstrip(".")
    sealed = key.sign(unsigned)
    for what, made in {
        "by-another-key": evil.sign(unsigned, key.alg), "empty": b"", "cut-by-a-byte": sealed[:-1], "and-a-zero-behind": sealed + b"\0", "zeros": bytes(size), "ones": b"\xff" * size, "first-bit-turned": bytes([sealed[0] ^ 0x80]) + sealed[1:], "last-bit-turned": sealed[:-1] + bytes([sealed[-1] ^ 1]), "backwards": sealed[::-1], "of-another-message": key.sign("another"),
    }.items():
        proof("jws-signature", f"signature-{kind}-{what}", unsigned + "." + b64(made))
    changed = compact(header(key), claims("changed"), None, signature=b"").rstrip(".")
    proof("jws-signature", f"signature-{kind}-over-other-claims", changed + "." + b64(sealed))
    proof("jws-signature", f"signature-{kind}-under-another-key", compact(header(key, jwk=evil.jwk()), claims("x"), key))
unsigned = compact(header(K["es"]), claims("ecdsa"), None, signature=b"").rstrip(".")
sealed = K["es"].sign(unsigned)
half = lambda number: number.to_bytes(32, "big")
for what, made in {"r-and-s-zero": bytes(64), "r-and-s-one": (bytes(31) + b"\x01") * 2, "r-and-s-n": half(GROUP_ORDER) * 2, "in-der": utils.encode_dss_signature(int.from_bytes(sealed[:32], "big"), int.from_bytes(sealed[32:], "big")), "halves-swapped": sealed[32:] + sealed[:32]}.items():
    token = unsigned + "." + b64(made)
    if token not in [vector["input"]["proofs"][0] for vector in V.all]:
        proof("jws-signature", f"signature-ecdsa-{what}", token)

# step 8: the method
for n, htm in enumerate(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "Post", "pOST", "POST ", " POST", "POST\n", "POST,GET", "POST GET", "", "*", "POS", "POSTS", "P\u041eST", "%50OST", "\u0000POST", "https", "token"]):
    with_claims("dpop-htm", f"htm-other-{said(htm, n)}", {"htm": htm})

# step 9: the URL
for n, htu in enumerate([
    "", "/", "/oauth2/token", "//issuer.example/oauth2/token", "issuer.example/oauth2/token", ISSUER, ISSUER + "/", ISSUER + "/oauth2", ISSUER + "/oauth2/", ISSUER + "/oauth2/token/", ISSUER + "/oauth2/tokens", ISSUER + "/oauth2/toke", ISSUER + "/oauth2/TOKEN", ISSUER + "/OAuth2/token", ISSUER + "//oauth2/token", ISSUER + "/oauth2//token", ISSUER + "/./oauth2/token", ISSUER + "/oauth2/./token",
    ISSUER + "/x/../oauth2/token", ISSUER + "/oauth2/x/../token", ISSUER + "/oauth2/%2e/token", ISSUER + "/oauth2%2ftoken", ISSUER + "/oauth2%2Ftoken", ISSUER + "/oauth2\\token", ISSUER + "/oauth2/token%00", ISSUER + "/oauth2/token%20", ISSUER + "/oauth2/token;x=1", ISSUER + "/oauth2/token%3Fx=1", ISSUER + "/oauth2/token%23x", ISSUER + "/oauth2/%74%6F%6B%65%6", ISSUER + "/oauth2/introspect", ISSUER + "/oauth2/revoke", ISSUER + "/oauth2/par", ISSUER + "/t/default/oauth2/token", ISSUER + "/t/acme/oauth2/token",
    "http://issuer.example/oauth2/token", "ftp://issuer.example/oauth2/token", "https:issuer.example/oauth2/token", "https:/issuer.example/oauth2/token", "https:///issuer.example/oauth2/token", "https://issuer.example:80/oauth2/token", "https://issuer.example:8443/oauth2/token", "https://issuer.example:0443/oauth2/token", "https://issuer.example:443:443/oauth2/token", "https://issuer.example:+443/oauth2/token", "https://issuer.example:https/oauth2/token",
    "https://issuer.example./oauth2/token", "https://www.issuer.example/oauth2/token", "https://issuer.example.evil.example/oauth2/token", "https://evil.example/oauth2/token", "https://evilissuer.example/oauth2/token", "https://user@issuer.example/oauth2/token", "https://user:pw@issuer.example/oauth2/token", "https://issuer.example@evil.example/oauth2/token", "https://@issuer.example/oauth2/token", "https://evil.example/https://issuer.example/oauth2/token", "https://evil.example?https://issuer.example/oauth2/token", "https://evil.example#https://issuer.example/oauth2/token",
    "https://issuer.example\\@evil.example/oauth2/token", "https://[issuer.example]/oauth2/token", "https://%69ssuer.example/oauth2/token", "https://\u0456ssuer.example/oauth2/token", "https://issuer\u3002example/oauth2/token", "https://issuer.example /oauth2/token", " https://issuer.example/oauth2/token", "https://issuer.example/oauth2/token ", "https://issuer.example/oauth2/token\n", "https://issuer.example/oauth2/\ttoken", "https://issuer.example/oauth2/token\u200b", "https://issuer.example/oauth2/tok\u0435n", "https://*/oauth2/token", "https://issuer.example/*", "?", "#", "https://", "https://?", "urn:token", "null", "https://127.0.0.1/oauth2/token", "https://issuer.example/oauth2/token,https://evil.example/",
]):
    with_claims("dpop-htu", f"htu-other-{said(htu, n)}", {"htu": htu})

# step 11: the time
for n, ago in enumerate([61, 62, 70, 90, 120, 300, 301, 600, 3600, 86400, 31_536_000, NOW]):
    with_claims("dpop-iat-old", f"iat-old-{said(ago, n)}", {"iat": NOW - ago})
for n, ahead in enumerate([11, 12, 30, 60, 61, 300, 3600, 86400, 10**9, 2**53 - 1 - NOW]):
    with_claims("dpop-future", f"iat-ahead-{said(ahead, n)}", {"iat": NOW + ahead})
    with_claims("dpop-future", f"nbf-ahead-{said(ahead, n)}", {"nbf": NOW + ahead})
with_claims("dpop-future", "iat-in-milliseconds", {"iat": NOW * 1000})
for n, exp in enumerate([NOW, NOW - 1, NOW - 10, NOW - 60, 0, 1]):
    with_claims("dpop-expired", f"exp-passed-{said(exp, n)}", {"exp": exp})

# step 10: the nonce
for n, nonce in enumerate(["", "nonce", "x" * 32, "A" * 32, "A" * 31, "A" * 33, b64(bytes(24)), b64(b"\xff" * 24), b64((NOW - NOW % 30).to_bytes(8, "big") + bytes(16)), b64((NOW - NOW % 30).to_bytes(8, "big") + b"\xff" * 16), b64(NOW.to_bytes(8, "big")), str(NOW), "null", "eyJ7S_zG.eyJH0-Z.HX4w-7v", " ", "\u00e4", "a" * 2000, b64((NOW + 30).to_bytes(8, "big") + bytes(16)), "../nonce", "' OR 1=1 --"]):
    with_claims("dpop-nonce", f"nonce-not-ours-{said(nonce, n)}", {"nonce": nonce}, error="use_dpop_nonce")

# step 12: the access token
def bound(name, members=None, text=None):
    key = next_key()
    token = compact(header(key), text or claims(name, **(members or {})), key)
    V.add("dpop-ath", "proof-" + name, {"proofs": [token], "access_token": ACCESS_TOKEN}, "invalid_dpop_proof", http=False)


bound("ath-missing")
for n, ath in enumerate(["", ATH + "=", ATH[:-1], ATH + "A", ATH.swapcase(), b64(hashlib.sha256(b"another").digest()), b64(hashlib.sha1(ACCESS_TOKEN.encode()).digest()), b64(hashlib.sha512(ACCESS_TOKEN.encode()).digest()), hashlib.sha256(ACCESS_TOKEN.encode()).hexdigest(), ACCESS_TOKEN, b64(ACCESS_TOKEN), " " + ATH, ATH + " ", b64(hashlib.sha256(("DPoP " + ACCESS_TOKEN).encode()).digest()), b64(hashlib.sha256(ATH.encode()).digest()), b64(hashlib.sha256(b"").digest()), b64(bytes(32))]):
    bound(f"ath-other-{said(ath, n)}", {"ath": ath})


def write():
    V.write("dpop.json")
