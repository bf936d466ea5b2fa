"""jose.json: client assertions, JWK Sets and access tokens, each wrong in one place."""

import hashlib
import hmac

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils, ec

from common import CLIENT, ED_ORDER, GROUP_ORDER, ISSUER, NOW, TOKEN_ENDPOINT
from common import Vectors, b64, big, compact, dumps, keys, raw_member, unb64, without, said

K = keys()
V = Vectors()
TRUSTED = ["es", "ed", "rs", "ps"]
NOT_TEXTS = {"null": "null", "true": "true", "false": "false", "number": "5", "float": "1.5", "array": "[]", "list-of-one": '["x"]', "object": "{}"}
NOT_TIMES = {
    "null": "null", "true": "true", "text": f'"{NOW + 60}"', "far-text": '"9999999999"', "empty-text": '""', "array": "[]",
    "list-of-one": f"[{NOW + 60}]", "object": "{}", "fraction": f"{NOW + 60}.5", "zero-fraction": f"{NOW + 60}.0",
    "exponent": "1.79500006e9", "small-exponent": "179500006e1", "date": '"2026-11-18T00:00:00Z"',
}
OUT_OF_RANGE = {"minus-one": "-1", "lowest": "-9223372036854775808", "two-to-53": "9007199254740992", "highest": "9223372036854775807", "minus-now": f"-{NOW}"}
NOT_NUMBERS = {"leading-zero": f"0{NOW + 60}", "plus": f"+{NOW + 60}", "hex": "0x6AFD3F7C", "nan": "NaN", "infinity": "Infinity", "minus-infinity": "-Infinity", "octal": "0o15277237574", "underscores": "1_795_000_060", "bare-fraction": ".5", "trailing-point": f"{NOW + 60}."}
TOO_LARGE = {"two-to-63": "9223372036854775808", "two-to-64": "18446744073709551616", "forty-digits": "1" + "0" * 40, "below-minus-two-to-63": "-9223372036854775809", "1e400": "1e400", "minus-1e400": "-1e400", "1e19": "1e19"}


def claims(name, **more):
    return {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": name, "iat": NOW, "exp": NOW + 60} | more


def header(key, **more):
    return {"alg": key.alg, "kid": key.kid} | more


def assertion(rule, name, token, error="invalid_client"):
    V.add(rule, name, {"artifact": "client_assertion", "token": token}, error)


turn = 0


def next_key():
    """The keys take turns, so that no rule is tried with one kind of key alone."""
    global turn
    turn += 1
    return K[TRUSTED[turn % len(TRUSTED)]]


# --- the algorithm

for n, alg in enumerate(["none", "None", "NONE", "nOnE", "noNe", "none ", " none", "none\0", "none\n", "n one"]):
    tag = f"alg-none-spelled-{said(alg, n)}"
    assertion("jws-alg-none", tag + "-unsigned", compact({"alg": alg}, claims(tag), None, signature=b""))
    key = next_key()
    assertion("jws-alg-none", tag + "-with-a-real-signature", compact(header(key) | {"alg": alg}, claims(tag), key))
assertion("jws-alg-none", "alg-none-spelled-with-escapes", compact('{"alg":"\\u006eone"}', claims("esc"), None, signature=b""))
assertion("jws-alg-none", "alg-none-with-the-kid-of-a-key", compact({"alg": "none", "kid": "es"}, claims("kid"), None, signature=b""))
assertion("jws-alg-none", "alg-none-and-typ-jwt", compact({"typ": "JWT", "alg": "none"}, claims("typ"), None, signature=b""))
assertion("jws-alg-none", "alg-none-signed-with-zeros", compact({"alg": "none", "kid": "ed"}, claims("zeros"), None, signature=bytes(64)))

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


def secrets_of(key):
    """What a public key looks like to somebody who takes it for the secret of a MAC."""
    jwk = key.jwk(kid=key.kid)
    yield "jwk", dumps(jwk).encode()
    yield "jwk-required-members", dumps(dict(sorted(without(jwk, "kid").items()))).encode()
    yield "jwk-with-spaces", str(jwk).replace("'", '"').encode()
    yield "spki-der", key.public_bytes(DER, SPKI)
    yield "spki-pem", key.public_bytes(PEM, SPKI)
    yield "spki-pem-without-line-end", key.public_bytes(PEM, SPKI).rstrip()
    yield "spki-pem-with-crlf", key.public_bytes(PEM, SPKI).replace(b"\n", b"\r\n")
    yield "spki-base64", b64(key.public_bytes(DER, SPKI)).encode()
    if "x" in jwk:
        yield "x", unb64(jwk["x"])
        yield "x-as-text", jwk["x"].encode()
    if "y" in jwk:
        yield "point", b"\x04" + unb64(jwk["x"]) + unb64(jwk["y"])
        yield "coordinates", unb64(jwk["x"]) + unb64(jwk["y"])
    if "n" in jwk:
        yield "pkcs1-der", key.public_bytes(DER, serialization.PublicFormat.PKCS1)
        yield "pkcs1-pem", key.public_bytes(PEM, serialization.PublicFormat.PKCS1)
        yield "modulus", unb64(jwk["n"])
    yield "thumbprint", hashlib.sha256(dumps(dict(sorted(without(jwk, "kid").items()))).encode()).digest()
    yield "kid", key.kid.encode()


HS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
for kid in TRUSTED:
    for n, (what, secret) in enumerate(secrets_of(K[kid])):
        for alg in list(HS) if n < 2 else [list(HS)[n % 3]]:
            unsigned = compact({"alg": alg, "kid": kid}, claims(f"{alg}-{kid}-{what}"), None, signature=b"").rstrip(".")
            mac = hmac.digest(secret, unsigned.encode(), HS[alg])
            assertion("jws-alg-mac", f"alg-{alg.lower()}-keyed-by-the-{what}-of-{kid}", unsigned + "." + b64(mac))
for what, secret in [("nothing", b""), ("client-id", CLIENT.encode()), ("issuer", ISSUER.encode()), ("word-secret", b"secret"), ("32-zeros", bytes(32))]:
    unsigned = compact({"alg": "HS256"}, claims("mac-" + what), None, signature=b"").rstrip(".")
    assertion("jws-alg-mac", f"alg-hs256-keyed-by-{what}", unsigned + "." + b64(hmac.digest(secret, unsigned.encode(), "sha256")))

for kid, others in {
    "es": ["es256", "Es256", "ES-256", "ES384", "ES512", "ES256K", "ESP256", "ES", "SHA256withECDSA", "ecdsa-p256-sha256", "ES256 ", " ES256", "ES256\0", "", "ES256,EdDSA", "ECDH-ES", "ECDH-ES+A256KW", "\u0415S256"],
    "ed": ["eddsa", "EDDSA", "Ed448", "ed25519", "ED25519", "Ed25519ph", "EdDSA;crv=Ed25519", "ML-DSA-44", "ML-DSA-65", "XEdDSA"],
    "rs": ["rs256", "RS1", "RS384", "RS512", "RSA", "RSASSA-PKCS1-v1_5", "RSA-OAEP", "RSA-OAEP-256", "RSA1_5", "SHA256withRSA"],
    "ps": ["ps256", "PS384", "PS512", "RSA-PSS", "dir", "A128KW", "A256GCMKW", "PBES2-HS256+A128KW", "A128GCM", "null"],
}.items():
    for n, alg in enumerate(others):
        name = f"alg-unknown-{kid}-{said(alg, n)}"
        signed_as = alg if alg in ("RS1", "RS384", "RS512", "PS384", "PS512") else None
        assertion("jws-alg-unknown", name, compact({"alg": alg, "kid": kid}, claims(name), K[kid], alg=signed_as))
assertion("jws-alg-unknown", "alg-es384-by-a-key-on-p384", compact({"alg": "ES384", "kid": "p384"}, claims("p384"), K["p384"]))
assertion("jws-alg-unknown", "alg-es256k-by-a-key-on-secp256k1", compact({"alg": "ES256K", "kid": "k256"}, claims("k256"), K["k256"]))

for what, text in NOT_TEXTS.items():
    assertion("jws-alg-text", f"alg-is-{what}", compact(f'{{"alg":{text},"kid":"es"}}', claims("alg-" + what), K["es"]))
assertion("jws-alg-text", "alg-missing", compact({"kid": "es"}, claims("alg-missing"), K["es"]))
assertion("jws-alg-text", "alg-missing-and-no-kid", compact({}, claims("alg-missing-2"), K["es"]))
assertion("jws-alg-text", "alg-in-other-letters", compact({"Alg": "ES256", "kid": "es"}, claims("alg-letters"), K["es"]))
assertion("jws-alg-text", "alg-a-list-of-the-right-one", compact({"alg": ["ES256"], "kid": "es"}, claims("alg-list"), K["es"]))
assertion("jws-alg-text", "alg-a-level-down", compact({"kid": "es", "header": {"alg": "ES256"}}, claims("alg-down"), K["es"]))

for kid in TRUSTED:
    for alg in ["EdDSA", "ES256", "RS256", "PS256"]:
        if alg == K[kid].alg:
            continue
        if (kid, alg) == ("rs", "PS256"):  # a key without alg, whose type fits: RFC 7517 s4.4 leaves both paddings open
            continue
        name = f"alg-{alg.lower()}-named-for-key-{kid}"
        own = {"RS256": "RS256", "PS256": "PS256"}.get(alg) if kid in ("rs", "ps") else None
        assertion("jws-alg-of-key", name, compact({"alg": alg, "kid": kid}, claims(name), K[kid], alg=own))
        other = {"EdDSA": "ed", "ES256": "es", "RS256": "rs", "PS256": "ps"}[alg]
        assertion("jws-alg-of-key", name + "-signed-by-key-of-that-alg", compact({"alg": alg, "kid": kid}, claims(name + "-2"), K[other]))

# --- the header

for n, kid in enumerate([
    "", " ", "ES", "Es", "es ", " es", "es\0", "es\n", "es.", "e", "es3", "*", ".", "0", "null", "undefined", "../../etc/passwd", "/dev/null", "..\\..\\secret", "file:///dev/null",
    "https://evil.example/jwks.json", "es' OR '1'='1", "es'; DROP TABLE client; --", "es\" OR \"\"=\"", "${es}", "{{es}}", "es,ed", "es ed", "%65%73", "\u0435s", "e\u0073\u0301", "\u202ees", "es" * 500, "x" * 8000, "evil-es",
    b64(hashlib.sha256(dumps({k: K["es"].jwk()[k] for k in ["crv", "kty", "x", "y"]}).encode()).digest()),
]):
    assertion("jws-kid-known", f"kid-unknown-{said(kid, n)}", compact({"alg": "ES256", "kid": kid}, claims(f"kid-{said(kid, n)}"), K["es"]))
for member in ["kid", "typ"]:
    for what, text in NOT_TEXTS.items():
        key = K["es"]
        head = raw_member({"alg": "ES256", "kid": "es"}, member, text)
        assertion("jws-header-texts", f"{member}-is-{what}", compact(head, claims(f"{member}-{what}"), key))
for n, crit in enumerate([
    ["exp"], [], ["b64"], ["alg"], ["kid"], ["typ"], ["crit"], [""], [1], [None], ["exp", "exp"], ["http://example.invalid/UNDEFINED"], ["b64", "exp"], None, "exp", "", 1, True, False, {}, {"exp": True}, [["exp"]], ["ppt"], ["sigD"],
]):
    key = next_key()
    named = {name: True for name in crit if isinstance(name, str) and name not in ("alg", "kid", "typ", "crit")} if isinstance(crit, list) else {}
    assertion("jws-crit", f"crit-{said(crit, n)}", compact(header(key, crit=crit) | named, claims(f"crit-{said(crit, n)}"), key))
for n, value in enumerate([True, False, None, "true", "false", 0, 1, [], {}]):
    key = next_key()
    assertion("jws-b64", f"b64-{said(value, n)}", compact(header(key, b64=value), claims(f"b64-{said(value, n)}"), key))
unencoded = b64(dumps(header(K["es"], b64=False))) + "." + "unencoded"
assertion("jws-b64", "b64-false-over-a-payload-as-it-is", unencoded + "." + b64(K["es"].sign(unencoded)))

SELF_SIGNED = b64(K["evil-rs"].public_bytes(DER, SPKI))
for evil, alg, good in [("evil-es", "ES256", "es"), ("evil-ed", "EdDSA", "ed"), ("evil-rs", "RS256", "rs")]:
    jwk = K[evil].jwk()
    places = {
        "jwk": {"jwk": jwk}, "jwk-with-the-known-kid": {"jwk": jwk | {"kid": good}}, "jwk-with-use": {"jwk": jwk | {"use": "sig", "alg": alg}},
        "jku": {"jku": "https://evil.example/jwks.json"}, "jku-of-the-issuer": {"jku": ISSUER + "/oauth2/jwks"}, "jku-data": {"jku": "data:application/json," + dumps({"keys": [jwk]})},
        "x5u": {"x5u": "https://evil.example/chain.pem"}, "x5c": {"x5c": [SELF_SIGNED]}, "x5t": {"x5t": "AAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "x5t-s256": {"x5t#S256": b64(bytes(32))},
        "all-of-them": {"jwk": jwk, "jku": "https://evil.example/j", "x5u": "https://evil.example/x", "x5c": [SELF_SIGNED]},
    }
    for what, members in places.items():
        assertion("jws-key-of-header", f"{evil}-by-{what}-without-kid", compact({"alg": alg} | members, claims(f"{evil}-{what}"), K[evil]))
        assertion("jws-key-of-header", f"{evil}-by-{what}-under-kid-{good}", compact({"alg": alg, "kid": good} | members, claims(f"{evil}-{what}-kid"), K[evil]))

# --- the JSON of both parts

def both(rule, name, break_text):
    """The same fault in the header and in the claims."""
    key = next_key()
    assertion(rule, name + "-in-the-header", compact(break_text(dumps(header(key))), claims(name), key))
    key = next_key()
    assertion(rule, name + "-in-the-claims", compact(header(key), break_text(dumps(claims(name))), key))


def more(members):
    return lambda text: text[:-1] + "," + members + "}"


for what, members in {
    "an-unknown-member": '"x":1,"x":1', "an-unknown-member-with-other-values": '"x":1,"x":2', "an-empty-name": '"":1,"":1', "an-escaped-name": '"x":1,"\\u0078":1',
    "a-level-down": '"x":{"y":1,"y":1}', "two-levels-down": '"x":{"y":{"z":1,"z":2}}', "in-a-list": '"x":[{"y":1,"y":1}]', "three-times": '"x":1,"x":1,"x":1', "with-a-null": '"x":null,"x":1', "a-prototype": '"__proto__":{},"__proto__":{}',
}.items():
    both("json-duplicate", "member-twice-" + what, more(members))
for member in ["iss", "sub", "aud", "jti", "iat", "exp"]:
    value = dumps(claims("twice")[member])
    other = {"iss": '"other"', "sub": '"other"', "aud": '"https://evil.example"', "jti": '"other"', "iat": str(NOW - 1), "exp": str(NOW + 61)}[member]
    for what, members in {"same": f'"{member}":{value}', "other": f'"{member}":{other}', "null": f'"{member}":null', "escaped": f'"\\u00{ord(member[0]):02x}{member[1:]}":{value}'}.items():
        key = next_key()
        assertion("json-duplicate", f"claim-{member}-twice-{what}", compact(header(key), more(members)(dumps(claims(f"{member}-{what}"))), key))
for member, other in [("alg", '"none"'), ("alg", '"ES256"'), ("kid", '"es"'), ("kid", '"evil"'), ("typ", '"JWT"')]:
    for first in [True, False]:
        head = dumps(header(K["es"], typ="JWT"))
        text = f'{{"{member}":{other},' + head[1:] if first else head[:-1] + f',"{member}":{other}}}'
        name = f"header-{member}-twice-{other.strip(chr(34)).lower()}-{'first' if first else 'last'}"
        assertion("json-duplicate", name, compact(text, claims(name), K["es"]))

for what, tail in {"an-object": "{}", "a-brace": "}", "a-comma": ",", "a-nul": "\0", "a-letter": "x", "a-second-object-behind-a-space": " {}", "null": "null", "a-bracket": "]", "a-comment": "//x", "a-record-separator": "\x1e"}.items():
    both("json-trailing", "behind-the-object-" + what, lambda text, tail=tail: text + tail)
for what, change in {
    "bom": lambda t: "\ufeff" + t, "comma-too-many": lambda t: t[:-1] + ",}", "comma-in-front": lambda t: "{," + t[1:], "comment": lambda t: "{/**/" + t[1:], "not-closed": lambda t: t[:-1],
    "single-quotes": lambda t: t.replace('"', "'"), "bare-names": lambda t: '{x:1,' + t[1:], "no-colon": lambda t: t[:-1] + ',"x"1}', "two-colons": lambda t: t[:-1] + ',"x"::1}', "empty": lambda t: "", "white-space-alone": lambda t: " ",
    "true-in-capitals": more('"x":True'), "undefined": more('"x":undefined'), "nan": more('"x":NaN'), "infinity": more('"x":-Infinity'), "leading-zero": more('"x":01'), "plus": more('"x":+1'), "hex": more('"x":0x1'), "bare-point": more('"x":1.'),
    "control-character-in-a-text": more('"x":"\x01"'), "line-feed-in-a-text": more('"x":"\n"'), "bad-escape": more('"x":"\\x41"'), "short-escape": more('"x":"\\u00"'), "semicolons": lambda t: t.replace(",", ";"), "vertical-tab": lambda t: "{\x0b" + t[1:], "no-break-space": lambda t: "{\u00a0" + t[1:],
}.items():
    both("json-syntax", "json-" + what, change)
for what, text in {"lone-high-surrogate": '"x":"\\ud800"', "lone-low-surrogate": '"x":"\\udc00"', "surrogates-swapped": '"x":"\\udc00\\ud800"', "surrogate-and-a-letter": '"x":"\\ud800a"', "surrogate-in-a-name": '"\\ud800":1', "two-high-surrogates": '"x":"\\ud800\\ud800"'}.items():
    both("json-text", "text-" + what, more(text))
for what, data in {"stray-continuation": b"\x80", "overlong-slash": b"\xc0\xaf", "overlong-nul": b"\xc0\x80", "encoded-surrogate": b"\xed\xa0\x80", "beyond-unicode": b"\xf4\x90\x80\x80", "cut-short": b"\xe2\x82", "latin-1": b"\xe9", "utf-16-mark": b"\xff\xfe"}.items():
    both("json-text", "text-" + what, lambda text, data=data: text[:-1].encode() + b',"x":"' + data + b'"}')
both("json-text", "text-utf-16", lambda text: text.encode("utf-16-le"))
for what, text in {"a-list": "[{}]", "null": "null", "true": "true", "a-number": "1", "a-text": '"{}"', "an-empty-list": "[]", "a-text-of-an-object": '"{\\"alg\\":\\"ES256\\"}"', "a-negative-number": "-1", "a-fraction": "0.5"}.items():
    both("json-object", "not-an-object-but-" + what, lambda _, text=text: text)
for depth in [8, 9, 16, 64, 127, 128, 1000]:
    both("json-depth", f"lists-{depth}-deep", more('"x":' + "[" * depth + "]" * depth))
for depth in [8, 9, 32, 200, 600]:
    both("json-depth", f"objects-{depth}-deep", more('"x":' + '{"x":' * depth + "1" + "}" * depth))
both("json-depth", "act-nested-300-deep", more('"act":' + '{"sub":"a","act":' * 300 + "1" + "}" * 300))
for what, text in TOO_LARGE.items():
    both("json-number", "number-" + what, more(f'"x":{text}'))

# --- base64url and parts

def spaced(members, length):
    """JSON of these members whose length leaves bits over in base64url."""
    text = dumps(members)
    return text + " " * ((length - len(text)) % 3)


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
for place in ["header", "claims", "signature"]:
    for what, change in {
        "padded": lambda t: t + "=", "padded-twice": lambda t: t + "==", "a-space-behind": lambda t: t + " ", "a-space-inside": lambda t: t[:4] + " " + t[4:], "a-tab": lambda t: t[:4] + "\t" + t[4:], "a-line-feed-behind": lambda t: t + "\n",
        "a-line-feed-inside": lambda t: t[:8] + "\n" + t[8:], "carriage-return-and-line-feed": lambda t: t + "\r\n", "a-plus": lambda t: t[:4] + "+" + t[5:], "a-slash": lambda t: t[:4] + "/" + t[5:], "an-asterisk": lambda t: t[:4] + "*" + t[5:],
        "a-nul": lambda t: t + "\0", "a-zero-width-space": lambda t: t[:4] + "\u200b" + t[4:], "a-wide-letter": lambda t: "\uff21" + t[1:], "a-percent-escape": lambda t: "%65" + t[1:], "a-tilde": lambda t: t + "~", "a-letter-that-is-no-byte": lambda t: t + "A" * ((1 - len(t)) % 4 or 4),
        "quoted": lambda t: '"' + t + '"', "a-comma": lambda t: t[:4] + "," + t[4:],
    }.items():
        key = K["es"]
        name = f"base64url-{what}-in-the-{place}"
        parts = [b64(dumps(header(key))), b64(dumps(claims(name)))]
        if place != "signature":
            at = ["header", "claims"].index(place)
            parts[at] = change(parts[at])
        signature = b64(key.sign(".".join(parts)))
        assertion("jws-base64url", name, ".".join([*parts, change(signature) if place == "signature" else signature]))
    for bits in [1, 2, 3]:
        key = K["es"]
        name = f"base64url-{bits}-bits-that-mean-nothing-in-the-{place}"
        head, body = spaced(header(key), 2 if bits < 3 else 1), spaced(claims(name), 2 if bits < 3 else 1)
        parts = [b64(head), b64(body)]

        def bump(text, bits=bits):
            return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) + bits]

        if place != "signature":
            at = ["header", "claims"].index(place)
            parts[at] = bump(parts[at])
        signature = b64(key.sign(".".join(parts)))
        assertion("jws-base64url", name, ".".join([*parts, bump(signature) if place == "signature" else signature]))

honest = compact(header(K["es"]), claims("parts"), K["es"])
head, body, signature = honest.split(".")
for what, token in {
    "one-word": "token", "header-alone": head, "header-and-claims": head + "." + body, "claims-and-signature": body + "." + signature, "a-dot": ".", "a-dot-behind": honest + ".", "a-dot-in-front": "." + honest, "two-dots-in-the-middle": head + ".." + body + "." + signature,
    "four-parts": honest + "." + signature, "claims-twice": f"{head}.{body}.{body}.{signature}", "two-tokens": honest + "." + honest, "two-tokens-and-a-comma": honest + "," + honest, "1000-dots": "." * 1000, "a-header-and-9000-dots": head + "." * 9000,
    "a-token-and-5000-dots": honest + "." * 5000, "flattened-json": dumps({"protected": head, "payload": body, "signature": signature}), "general-json": dumps({"payload": body, "signatures": [{"protected": head, "signature": signature}]}), "sd-jwt-tilde": head + "~" + body + "~" + signature, "colons-for-dots": honest.replace(".", ":"), "encoded-dots": honest.replace(".", "%2E"), "full-width-dots": honest.replace(".", "\uff0e"),
}.items():
    assertion("jws-parts", "parts-" + what, token)
for alg, enc, extra in [("dir", "A128GCM", {}), ("RSA-OAEP", "A256GCM", {}), ("RSA-OAEP-256", "A128CBC-HS256", {}), ("ECDH-ES", "A128GCM", {"epk": K["evil-es"].jwk()}), ("A128KW", "A128GCM", {}), ("PBES2-HS256+A128KW", "A128GCM", {"p2c": 2**31, "p2s": "c2FsdA"}), ("dir", "A128GCM", {"zip": "DEF"}), ("RSA1_5", "A128CBC-HS256", {})]:
    jwe = ".".join([b64(dumps({"alg": alg, "enc": enc} | extra)), "", b64(bytes(12)), b64(b"ciphertext"), b64(bytes(16))])
    assertion("jws-parts", f"parts-of-a-jwe-{alg.lower().replace('+', '-').replace('_', '-')}-{enc.lower()}{'-zip' if 'zip' in extra else ''}", jwe)

for what, size in [("one-byte-too-many", 16 * 1024 + 1), ("17-kib", 17 * 1024), ("20-kib", 20 * 1024)]:
    for place in ["kid", "claim", "signature"]:
        name = f"size-{what}-by-its-{place}"

        def build(fill):
            head, body = header(K["es"]), claims(name)
            if place == "kid":
                head["kid"] = "k" * fill
            if place == "claim":
                body["x"] = "c" * fill
            return compact(head, body, K["es"], signature=b"s" * fill if place == "signature" else None)

        fill = next(fill for fill in range(size * 3 // 4 - 600, size) if len(build(fill)) >= size)
        token = build(fill)
        assertion("jws-size", name, token)

# --- the signature

for kid in ["es", "ed", "rs", "ps", "es2"]:
    key = K[kid]
    head = header(key)
    evil = K[{"EdDSA": "evil-ed", "ES256": "evil-es"}.get(key.alg, "evil-rs")]
    size = len(key.sign("x"))

    def forged(what, make):
        name = f"signature-of-{kid}-{what}"
        unsigned = compact(head, claims(name), None, signature=b"").rstrip(".")
        assertion("jws-signature", name, unsigned + "." + b64(make(unsigned.encode())))

    forged("by-another-key", lambda m: evil.sign(m, key.alg))
    forged("of-nothing", lambda m: b"")
    forged("of-one-byte", lambda m: b"\x00")
    forged("cut-by-a-byte", lambda m: key.sign(m)[:-1])
    forged("cut-to-half", lambda m: key.sign(m)[: size // 2])
    forged("without-its-first-byte", lambda m: key.sign(m)[1:])
    forged("and-a-zero-behind", lambda m: key.sign(m) + b"\0")
    forged("and-a-zero-in-front", lambda m: b"\0" + key.sign(m))
    forged("twice", lambda m: key.sign(m) * 2)
    forged("zeros", lambda m: bytes(size))
    forged("ones", lambda m: b"\xff" * size)
    forged("with-its-first-bit-turned", lambda m: bytes([key.sign(m)[0] ^ 0x80]) + key.sign(m)[1:])
    forged("with-its-last-bit-turned", lambda m: key.sign(m)[:-1] + bytes([key.sign(m)[-1] ^ 1]))
    forged("backwards", lambda m: key.sign(m)[::-1])
    forged("of-the-claims-alone", lambda m: key.sign(m.split(b".")[1]))
    forged("of-the-digest", lambda m: key.sign(hashlib.sha256(m).digest()))
    forged("of-the-message-and-a-dot", lambda m: key.sign(m + b"."))
    forged("of-another-message", lambda m: key.sign(compact(head, claims("another"), None, signature=b"").rstrip(".")))
    forged("as-text", lambda m: b64(key.sign(m)).encode())
assertion("jws-signature", "signature-of-es-under-the-kid-of-es2", compact({"alg": "ES256", "kid": "es2"}, claims("kid-swap"), K["es"]))
assertion("jws-signature", "signature-of-es2-under-the-kid-of-es", compact({"alg": "ES256", "kid": "es"}, claims("kid-swap-2"), K["es2"]))


def ecdsa(what, make):
    name = "signature-ecdsa-" + what
    unsigned = compact(header(K["es"]), claims(name), None, signature=b"").rstrip(".")
    assertion("jws-signature", name, unsigned + "." + b64(make(K["es"].sign(unsigned))))


half = lambda number: number.to_bytes(32, "big")
for r, s in [(0, 0), (0, 1), (1, 0), (1, 1), (GROUP_ORDER, GROUP_ORDER), (GROUP_ORDER, 1), (1, GROUP_ORDER), (GROUP_ORDER - 1, GROUP_ORDER - 1), (2**256 - 1, 1), (1, 2**256 - 1), (GROUP_ORDER + 1, 1)]:
    what = {0: "0", 1: "1", GROUP_ORDER: "n", GROUP_ORDER - 1: "n-1", GROUP_ORDER + 1: "n-and-1", 2**256 - 1: "max"}
    ecdsa(f"r-{what[r]}-s-{what[s]}", lambda _, r=r, s=s: half(r) + half(s))
parts_of = lambda signed: (int.from_bytes(signed[:32], "big"), int.from_bytes(signed[32:], "big"))
ecdsa("in-der", lambda signed: utils.encode_dss_signature(*parts_of(signed)))
ecdsa("in-der-padded-to-72", lambda signed: utils.encode_dss_signature(*parts_of(signed)).ljust(72, b"\0"))
ecdsa("halves-swapped", lambda signed: signed[32:] + signed[:32])
ecdsa("halves-little-endian", lambda signed: signed[:32][::-1] + signed[32:][::-1])
ecdsa("r-zero-with-a-real-s", lambda signed: bytes(32) + signed[32:])
ecdsa("s-zero-with-a-real-r", lambda signed: signed[:32] + bytes(32))
ecdsa("r-negated", lambda signed: half(GROUP_ORDER - parts_of(signed)[0]) + signed[32:])
ecdsa("halves-of-48-bytes", lambda signed: bytes(16) + signed[:32] + bytes(16) + signed[32:])


def eddsa(what, make):
    name = "signature-eddsa-" + what
    unsigned = compact(header(K["ed"]), claims(name), None, signature=b"").rstrip(".")
    assertion("jws-signature", name, unsigned + "." + b64(make(K["ed"].sign(unsigned))))


s_of = lambda signed: int.from_bytes(signed[32:], "little")
eddsa("s-plus-the-group-order", lambda signed: signed[:32] + (s_of(signed) + ED_ORDER).to_bytes(32, "little"))
eddsa("s-plus-twice-the-group-order", lambda signed: signed[:32] + (s_of(signed) + 2 * ED_ORDER).to_bytes(32, "little"))
eddsa("s-negated", lambda signed: signed[:32] + (ED_ORDER - s_of(signed)).to_bytes(32, "little"))
eddsa("s-the-group-order", lambda signed: signed[:32] + ED_ORDER.to_bytes(32, "little"))
eddsa("s-zero", lambda signed: signed[:32] + bytes(32))
for bit in [253, 254, 255]:
    eddsa(f"s-with-bit-{bit}", lambda signed, bit=bit: signed[:32] + (s_of(signed) | 1 << bit).to_bytes(32, "little"))
eddsa("r-with-the-other-sign", lambda signed: signed[:31] + bytes([signed[31] ^ 0x80]) + signed[32:])
eddsa("r-the-identity-s-zero", lambda _: bytes([1]) + bytes(63))
eddsa("r-of-small-order-s-zero", lambda _: bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05") + bytes(32))
eddsa("r-beyond-the-field", lambda signed: b"\xff" * 32 + signed[32:])
eddsa("halves-swapped", lambda signed: signed[32:] + signed[:32])


def rsa_signature(kid, what, make):
    name = f"signature-rsa-{kid}-{what}"
    unsigned = compact(header(K[kid]), claims(name), None, signature=b"").rstrip(".")
    assertion("jws-signature", name, unsigned + "." + b64(make(unsigned.encode())))


for kid in ["rs", "ps"]:
    n = int.from_bytes(unb64(K[kid].jwk()["n"]), "big")
    for what, number in [("one", 1), ("n-1", n - 1), ("n", n), ("n-plus-one", n + 1), ("two", 2)]:
        rsa_signature(kid, what, lambda _, number=number: number.to_bytes(256, "big"))
    rsa_signature(kid, "and-n", lambda m, kid=kid, n=n: (int.from_bytes(K[kid].sign(m), "big") + n).to_bytes(257, "big"))
rsa_signature("rs", "with-sha-1", lambda m: K["rs"].sign(m, "RS1"))
rsa_signature("rs", "with-sha-384", lambda m: K["rs"].sign(m, "RS384"))
rsa_signature("rs", "with-sha-512", lambda m: K["rs"].sign(m, "RS512"))
rsa_signature("rs", "pss", lambda m: K["rs"].sign(m, "PS256"))
rsa_signature("ps", "pkcs1", lambda m: K["ps"].sign(m, "RS256"))
rsa_signature("ps", "with-sha-384", lambda m: K["ps"].sign(m, "PS384"))
rsa_signature("ps", "with-sha-512", lambda m: K["ps"].sign(m, "PS512"))
for salt in [0, 20, 31, 33, 64]:
    rsa_signature("ps", f"with-a-salt-of-{salt}", lambda m, salt=salt: K["ps"].private.sign(m, padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256()))
rsa_signature("ps", "with-mgf1-of-sha-1", lambda m: K["ps"].private.sign(m, padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashes.SHA256()))
d, n = K["rs"].private.private_numbers().d, int.from_bytes(unb64(K["rs"].jwk()["n"]), "big")
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
for what, block in {
    "without-digest-info": lambda h: b"\x00\x01" + b"\xff" * (256 - 3 - len(h)) + b"\x00" + h,
    "with-short-padding-and-garbage": lambda h: (b"\x00\x01" + b"\xff" * 8 + b"\x00" + SHA256_INFO + h).ljust(256, b"\x41"),
    "with-garbage-in-the-parameters": lambda h: b"\x00\x01" + b"\xff" * (256 - 3 - 53 - len(h)) + b"\x00" + bytes.fromhex("3051300d0609608648016503040201052004") + h + b"\x41" * 35,
    "of-block-type-2": lambda h: b"\x00\x02" + b"\xee" * (256 - 3 - 19 - len(h)) + b"\x00" + SHA256_INFO + h,
    "with-a-wrong-padding-byte": lambda h: b"\x00\x01" + b"\xff" * 100 + b"\xfe" + b"\xff" * (256 - 3 - 19 - len(h) - 101) + b"\x00" + SHA256_INFO + h,
    "without-the-null-of-the-parameters": lambda h: b"\x00\x01" + b"\xff" * (256 - 3 - 17 - len(h)) + b"\x00" + bytes.fromhex("302f300b0609608648016503040201" + "0420") + h,
}.items():
    def make(m, block=block):
        padded = block(hashlib.sha256(m).digest())
        return pow(int.from_bytes(padded[:256].ljust(256, b"A"), "big"), d, n).to_bytes(256, "big")
    rsa_signature("rs", what, make)

# --- the claims of an assertion

for n, typ in enumerate([
    "at+jwt", "application/at+jwt", "AT+JWT", "dpop+jwt", "application/dpop+jwt", "JWS", "JOSE", "JOSE+JSON", "secevent+jwt", "logout+jwt", "token-introspection+jwt", "oauth-authz-req+jwt", "jwt-bearer", "id+jwt", "host+jwt", "agent+jwt", "aa-agent+jwt", "wit+jwt", "oauth-client-attestation+jwt", "",
    "JWT ", " JWT", "JWT\0", "application/", "application/JWT/x", "text/JWT", "JWT;charset=utf-8", "client-authentication", "client-authentication+jws", "application/client-authentication+jwt+x", "client_authentication+jwt", "JWE", "J\u200bWT", "https://example.com/JWT",
]):
    key = next_key()
    assertion("assertion-typ", f"typ-of-another-artifact-{said(typ, n)}", compact(header(key, typ=typ), claims(f"typ-{said(typ, n)}"), key))
for what, members in {
    "differ": {"sub": "other"}, "differ-in-case": {"sub": "Vectors"}, "differ-in-a-space": {"sub": "vectors "}, "differ-in-a-nul": {"sub": "vectors\0"}, "differ-in-unicode": {"sub": "vect\u043ers"}, "are-empty": {"iss": "", "sub": ""}, "sub-empty": {"sub": ""}, "iss-empty": {"iss": ""},
    "iss-is-the-issuer": {"iss": ISSUER}, "sub-is-the-issuer": {"sub": ISSUER}, "sub-is-a-person": {"sub": "alice"}, "iss-has-a-prefix": {"iss": "https://vectors"}, "differ-in-a-slash": {"sub": "vectors/"}, "iss-wildcard": {"iss": "*"},
}.items():
    key = next_key()
    assertion("assertion-client", "iss-and-sub-" + what, compact(header(key), claims("client-" + what, **members), key))
for member in ["iss", "sub"]:
    key = next_key()
    assertion("assertion-client", f"{member}-missing", compact(header(key), without(claims(member + "-missing"), member), key))
    for what, text in NOT_TEXTS.items():
        key = next_key()
        assertion("claim-text", f"{member}-is-{what}", compact(header(key), raw_member(claims(f"{member}-{what}"), member, text), key))
key = next_key()
assertion("assertion-client", "iss-and-sub-missing", compact(header(key), without(claims("both-missing"), "iss", "sub"), key))
for n, aud in enumerate([
    TOKEN_ENDPOINT, ISSUER + "/", ISSUER + "//", ISSUER + "/oauth2/par", ISSUER + "/oauth2/authorize", ISSUER + "/oauth2/introspect", ISSUER + "/oauth2/revoke", ISSUER + "/.well-known/oauth-authorization-server", ISSUER + "/t/default", ISSUER + "/t/acme", ISSUER + ":443", ISSUER + ":8443", ISSUER + "?", ISSUER + "#", ISSUER + "?x=1", ISSUER + "#x",
    "HTTPS://issuer.example", "https://ISSUER.example", "https://Issuer.Example", "http://issuer.example", "issuer.example", "//issuer.example", "https://issuer.example.", "https://issuer.example.evil.example", "https://evil.example", "https://evil.example/https://issuer.example", "https://evil.example#https://issuer.example", "https://user@issuer.example", "https://issuer.example@evil.example",
    "https://www.issuer.example", "https://issuer.exampl", "https://issuer.example ", " https://issuer.example", "https://issuer.example\n", "https://issuer.example\0", "https://\u0456ssuer.example", "https://%69ssuer.example", "urn:issuer", CLIENT, "", "*", "https://*.example", "null", "https://issuer.example https://evil.example", "https://issuer.example,https://evil.example",
]):
    key = next_key()
    assertion("assertion-audience", f"aud-other-{said(aud, n)}", compact(header(key), claims(f"aud-{said(aud, n)}", aud=aud), key))
for n, aud in enumerate([[ISSUER], [ISSUER, "https://evil.example"], ["https://evil.example", ISSUER], [ISSUER, ISSUER], [], [TOKEN_ENDPOINT], [[ISSUER]], [None], [ISSUER, None], [ISSUER, 5], [""], [ISSUER] * 300, [{"aud": ISSUER}], [ISSUER, TOKEN_ENDPOINT]]):
    key = next_key()
    assertion("assertion-audience", f"aud-list-{said(aud, n)}", compact(header(key), claims(f"aud-list-{said(aud, n)}", aud=aud), key))
key = next_key()
assertion("assertion-audience", "aud-missing", compact(header(key), without(claims("aud-missing"), "aud"), key))
for what, text in {"null": "null", "true": "true", "number": "5", "object": "{}", "object-of-it": dumps({ISSUER: True})}.items():
    key = next_key()
    assertion("assertion-audience", f"aud-is-{what}", compact(header(key), raw_member(claims(f"aud-{what}"), "aud", text), key))
for n, exp in enumerate([NOW, NOW - 1, NOW - 9, NOW - 10, NOW - 11, NOW - 60, NOW - 300, NOW - 3600, NOW - 86400, NOW - 31_536_000, 1, 0, 946_684_800]):
    key = next_key()
    assertion("assertion-expiry", f"exp-passed-{said(exp, n)}", compact(header(key), claims(f"exp-{said(exp, n)}", exp=exp, iat=max(0, exp - 60)), key))
key = next_key()
assertion("assertion-expiry", "exp-missing", compact(header(key), without(claims("exp-missing"), "exp"), key))
assertion("assertion-expiry", "exp-and-iat-missing", compact(header(key), without(claims("exp-iat-missing"), "exp", "iat"), key))
for n, exp in enumerate([NOW + 311, NOW + 312, NOW + 360, NOW + 400, NOW + 600, NOW + 3600, NOW + 86400, NOW * 1000, 2**31 - 1, 2**32, 2**53 - 1, 253_402_300_799]):
    key = next_key()
    assertion("assertion-life", f"exp-too-far-{said(exp, n)}", compact(header(key), without(claims(f"far-{said(exp, n)}", exp=exp), "iat"), key))
for n, (iat, exp) in enumerate([(NOW - 241, NOW + 60), (NOW - 300, NOW + 1), (NOW - 1, NOW + 300), (NOW - 3600, NOW + 60), (0, NOW + 60), (NOW - 86400, NOW + 10), (NOW, NOW + 301), (NOW + 10, NOW + 311), (NOW - 150, NOW + 151)]):
    key = next_key()
    assertion("assertion-life", f"life-too-long-{said([iat, exp], n)}", compact(header(key), claims(f"life-{said([iat, exp], n)}", iat=iat, exp=exp), key))
for member in ["iat", "nbf"]:
    for n, ahead in enumerate([11, 12, 30, 59, 60, 250, 3600, 86400]):
        key = next_key()
        exp = NOW + max(60, ahead + 60)
        assertion("assertion-future", f"{member}-ahead-{said(ahead, n)}", compact(header(key), claims(f"{member}-{said(ahead, n)}", exp=min(exp, NOW + 300)) | {member: NOW + ahead}, key))
for member in ["exp", "iat", "nbf"]:
    for rule, values in [("claim-time-type", NOT_TIMES), ("claim-time-range", OUT_OF_RANGE), ("json-syntax", NOT_NUMBERS), ("json-number", TOO_LARGE)]:
        for what, text in values.items():
            key = next_key()
            assertion(rule, f"{member}-is-{what}", compact(header(key), raw_member(claims(f"{member}-{what}"), member, text), key))
for what, text in NOT_TEXTS.items():
    key = next_key()
    assertion("claim-text", f"jti-is-{what}", compact(header(key), raw_member(claims("jti"), "jti", text), key))
key = next_key()
assertion("assertion-jti", "jti-missing", compact(header(key), without(claims("x"), "jti"), key))
for n, jti in enumerate(["", "j" * 257, "j" * 300, "j" * 1000, "j" * 8000, "\u00e4" * 129, "\U0001f511" * 65]):
    key = next_key()
    assertion("assertion-jti", f"jti-of-a-bad-length-{said(jti, n)}", compact(header(key), claims("x", jti=jti), key))


# --- key sets

def key_set(rule, name, given, error="invalid_client_metadata"):
    V.add(rule, name, {"artifact": "jwk_set", "jwks": given}, error)


GOOD = {kid: K[kid].jwk(kid=kid) for kid in ["es", "ed", "rs"]}
for kid in GOOD:
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"]:
        value = K[kid].private_members().get(member, [] if member == "oth" else "AQAB")
        key_set("jwk-private", f"private-{member}-in-{kid}", {"keys": [GOOD[kid] | {member: value}]})
    key_set("jwk-private", f"private-d-null-in-{kid}", {"keys": [GOOD[kid] | {"d": None}]})
    key_set("jwk-private", f"private-key-{kid}-beside-a-good-one", {"keys": [GOOD["es"] | {"kid": "a"}, GOOD[kid] | K[kid].private_members()]})
for what, members in {"oct": {"kty": "oct", "k": "c2VjcmV0"}, "oct-with-alg": {"kty": "oct", "k": b64(bytes(32)), "alg": "HS256"}, "oct-empty": {"kty": "oct", "k": ""}, "oct-in-a-key-of-p256": GOOD["es"] | {"kty": "oct", "k": "AA"}}.items():
    key_set("jwk-private", f"symmetric-{what}", {"keys": [members]})
    key_set("jwk-private", f"symmetric-{what}-beside-a-good-one", {"keys": [GOOD["ed"], members]})

MODULUS = unb64(GOOD["rs"]["n"])
for what, modulus in {
    "1024": unb64(K["rsa-1024"].jwk()["n"]), "1536": unb64(K["rsa-1536"].jwk()["n"]), "512": MODULUS[:64 - 1] + b"\x01", "8": b"\xff", "2047": bytes([MODULUS[0] >> 1]) + MODULUS[1:], "2040": MODULUS[:254] + b"\x01", "4097": b"\x01" + MODULUS + MODULUS, "4104": b"\xff" + MODULUS + MODULUS, "8192": MODULUS * 4, "16384": MODULUS * 8,
}.items():
    key_set("jwk-rsa-size", f"rsa-of-{what}-bits", {"keys": [GOOD["rs"] | {"n": b64(modulus)}]})
    key_set("jwk-rsa-size", f"rsa-of-{what}-bits-for-ps256", {"keys": [GOOD["es"], GOOD["rs"] | {"n": b64(modulus), "alg": "PS256"}]})
for what, exponent in {"1": b"\x01", "2": b"\x02", "65536": b"\x01\x00\x00", "4": b"\x04", "two-to-32-plus-one": b"\x01\x00\x00\x00\x01", "two-to-32": b"\x01\x00\x00\x00\x00", "five-bytes": b"\xff" * 5, "nine-bytes": b"\xff" * 9}.items():
    key_set("jwk-rsa-exponent", f"rsa-exponent-{what}", {"keys": [GOOD["rs"] | {"e": b64(exponent)}]})
for what, members in {
    "modulus-with-a-zero-in-front": {"n": b64(b"\0" + MODULUS)}, "modulus-even": {"n": b64(MODULUS[:-1] + b"\x02")}, "exponent-with-a-zero-in-front": {"e": b64(b"\0\x01\0\x01")}, "exponent-empty": {"e": ""}, "modulus-empty": {"n": ""}, "exponent-zero": {"e": b64(b"\0")}, "modulus-zeros": {"n": b64(bytes(256))},
}.items():
    key_set("jwk-rsa-form", "rsa-" + what, {"keys": [GOOD["rs"] | members]})
SMALL = ["00" * 32, "01" + "00" * 31, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"]
for n, point in enumerate(SMALL):
    point = bytes.fromhex(point)
    key_set("jwk-ed25519-order", f"ed25519-small-order-{said(point, n)}", {"keys": [GOOD["ed"] | {"x": b64(point)}]})
    key_set("jwk-ed25519-order", f"ed25519-small-order-{said(point, n)}-with-the-other-sign", {"keys": [GOOD["es"], GOOD["ed"] | {"x": b64(point[:31] + bytes([point[31] | 0x80]))}]})
for low in range(0xEF, 0x100):
    key_set("jwk-ed25519-form", f"ed25519-coordinate-beyond-the-field-{low:02x}", {"keys": [GOOD["ed"] | {"x": b64(bytes([low]) + b"\xff" * 30 + b"\x7f")}]})
x, y = unb64(GOOD["es"]["x"]), unb64(GOOD["es"]["y"])
FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
for what, members in {
    "y-of-another-point": {"y": K["es2"].jwk()["y"]}, "y-plus-one": {"y": b64(((int.from_bytes(y, "big") + 1) % 2**256).to_bytes(32, "big"))}, "coordinates-swapped": {"x": b64(y), "y": b64(x)}, "zeros": {"x": b64(bytes(32)), "y": b64(bytes(32))}, "x-the-field": {"x": b64(FIELD.to_bytes(32, "big"))}, "ones": {"x": b64(b"\xff" * 32), "y": b64(b"\xff" * 32)}, "x-zero": {"x": b64(bytes(32))}, "a-point-of-secp256k1": {k: v for k, v in K["k256"].jwk().items() if k in "xy"}, "one-and-one": {"x": b64(bytes(31) + b"\x01"), "y": b64(bytes(31) + b"\x01")},
}.items():
    key_set("jwk-ec-point", "p256-" + what, {"keys": [GOOD["es"] | members]})
for what, members in {
    "x-of-31-bytes": {"x": b64(x[1:])}, "x-of-33-bytes": {"x": b64(b"\0" + x)}, "y-of-31-bytes": {"y": b64(y[:31])}, "y-of-33-bytes": {"y": b64(y + b"\0")}, "x-empty": {"x": ""}, "y-empty": {"y": ""}, "x-padded": {"x": GOOD["es"]["x"] + "="}, "x-in-the-other-alphabet": {"x": "+" + GOOD["es"]["x"][1:]}, "x-with-a-space": {"x": GOOD["es"]["x"] + " "}, "coordinates-of-48-bytes": {k: v for k, v in K["p384"].jwk().items() if k in "xy"}, "x-in-hex": {"x": x.hex()},
}.items():
    key_set("jwk-coordinates", "p256-" + what, {"keys": [GOOD["es"] | members]})
e = unb64(GOOD["ed"]["x"])
for what, text in {"31-bytes": b64(e[:31]), "33-bytes": b64(e + b"\0"), "64-bytes": b64(e + e), "empty": "", "padded": GOOD["ed"]["x"] + "=", "in-hex": e.hex(), "with-a-line-feed": GOOD["ed"]["x"] + "\n"}.items():
    key_set("jwk-coordinates", "ed25519-x-" + what, {"keys": [GOOD["ed"] | {"x": text}]})
for what, members in {
    "es-as-eddsa": GOOD["es"] | {"alg": "EdDSA"}, "es-as-rs256": GOOD["es"] | {"alg": "RS256"}, "ed-as-es256": GOOD["ed"] | {"alg": "ES256"}, "ed-as-ps256": GOOD["ed"] | {"alg": "PS256"}, "rs-as-es256": GOOD["rs"] | {"alg": "ES256"}, "rs-as-ed25519": GOOD["rs"] | {"alg": "Ed25519"},
}.items():
    key_set("jwk-alg", "key-" + what, {"keys": [members]})
for what, members in {
    "alg-none": GOOD["es"] | {"alg": "none"}, "alg-hs256": GOOD["es"] | {"alg": "HS256"}, "alg-es384": GOOD["es"] | {"alg": "ES384"}, "alg-rsa-oaep": GOOD["rs"] | {"alg": "RSA-OAEP"}, "use-enc": GOOD["es"] | {"use": "enc"}, "use-empty": GOOD["ed"] | {"use": ""}, "use-in-capitals": GOOD["ed"] | {"use": "SIG"}, "key-ops-sign": GOOD["es"] | {"key_ops": ["sign"]}, "key-ops-none": GOOD["es"] | {"key_ops": []}, "key-ops-encrypt": GOOD["rs"] | {"key_ops": ["encrypt", "wrapKey"]},
    "p384": K["p384"].jwk(), "secp256k1": K["k256"].jwk(), "x25519": GOOD["ed"] | {"crv": "X25519"}, "ed448": GOOD["ed"] | {"crv": "Ed448"}, "kty-in-small-letters": GOOD["es"] | {"kty": "ec"}, "kty-unknown": GOOD["es"] | {"kty": "AKP"}, "crv-in-small-letters": GOOD["es"] | {"crv": "p-256"}, "kty-empty": GOOD["es"] | {"kty": ""},
}.items():
    key_set("jwk-usable", "no-usable-key-but-" + what, {"keys": [members]})
key_set("jwk-usable", "no-key-at-all", {"keys": []})
key_set("jwk-usable", "32-keys-of-no-use", {"keys": [K["p384"].jwk(kid=str(n)) for n in range(32)]})
for kid in GOOD:
    for member in ["kty", *(m for m in GOOD[kid] if m not in ("kty", "kid"))]:
        key_set("jwk-members", f"key-{kid}-without-{member}", {"keys": [without(GOOD[kid], member)]})
        for what, value in {"null": None, "a-number": 5, "a-list": [GOOD[kid][member]]}.items():
            key_set("jwk-members", f"key-{kid}-{member}-is-{what}", {"keys": [GOOD[kid] | {member: value}]})
for member in ["kid", "alg", "use"]:
    for what, value in {"null": None, "a-number": 5, "a-list": ["sig"], "true": True, "an-object": {}}.items():
        key_set("jwk-members", f"{member}-of-a-key-is-{what}", {"keys": [GOOD["es"] | {member: value}]})
for what, value in {"null": None, "a-text": "verify", "a-list-of-numbers": [1], "an-object": {"verify": True}, "true": True}.items():
    key_set("jwk-members", f"key-ops-of-a-key-is-{what}", {"keys": [GOOD["es"] | {"key_ops": value}]})
for what, value in {"a-text": "x", "null": None, "a-number": 1, "a-list": [GOOD["es"]], "true": True}.items():
    key_set("jwk-set-form", f"entry-is-{what}", {"keys": [GOOD["ed"], value]})
    if what != "a-list":
        key_set("jwk-set-form", f"keys-is-{what}", {"keys": value})
key_set("jwk-set-form", "keys-is-an-object", {"keys": {"0": GOOD["es"]}})
key_set("jwk-set-form", "keys-missing", {})
key_set("jwk-set-form", "a-key-in-place-of-a-set", GOOD["es"])
key_set("jwk-set-form", "keys-in-capitals", {"KEYS": [GOOD["es"]]})
for count in [33, 34, 64, 100]:
    key_set("jwk-set-count", f"{count}-keys", {"keys": [GOOD["ed"] | {"kid": str(n)} for n in range(count)]})
    key_set("jwk-set-count", f"{count}-keys-most-of-no-use", {"keys": [{"kty": "unknown"}] * (count - 1) + [GOOD["ed"]]})
for what, size in [("one-byte-too-many", 64 * 1024 + 1), ("70-kib", 70 * 1024)]:
    empty = len(dumps({"keys": [GOOD["ed"] | {"x5c": [""]}]}))
    key_set("jwk-set-size", f"key-set-{what}", {"keys": [GOOD["ed"] | {"x5c": ["A" * (size - empty)]}]})


# --- access tokens, as a resource server reads them

AUDIENCE = "https://mcp.example/mcp"


def at_claims(**more):
    return {"iss": ISSUER, "sub": "machine", "aud": AUDIENCE, "client_id": "machine", "scope": "read write", "jti": "at-1", "iat": NOW, "exp": NOW + 300} | more


def access_token(rule, name, token):
    V.add(rule, name, {"artifact": "access_token", "token": token}, "invalid_token", http=False)


def at(rule, name, members=None, text=None, **head):
    key = next_key()
    access_token(rule, "access-token-" + name, compact({"alg": key.alg, "kid": key.kid, "typ": "at+jwt"} | head, text or at_claims(**(members or {})), key))


for n, typ in enumerate(["JWT", "jwt", "id+jwt", "dpop+jwt", "client-authentication+jwt", "at", "at+jws", "application/jwt", "token-introspection+jwt", "", "at+jwt "]):
    at("access-token-typ", f"typ-{said(typ, n)}", typ=typ)
key = K["es"]
access_token("access-token-typ", "access-token-typ-missing", compact(header(key), at_claims(), key))
for n, iss in enumerate(["https://evil.example", ISSUER + "/", "https://ISSUER.example", ISSUER + "/t/acme", "http://issuer.example", "https://issuer.example.evil.example"]):
    at("access-token-issuer", f"iss-{said(iss, n)}", {"iss": iss})
for n, aud in enumerate(["https://mcp.example", AUDIENCE + "/", "https://other.example/mcp", [AUDIENCE, "https://other.example"], [], [AUDIENCE, AUDIENCE], ["https://other.example"], [[AUDIENCE]], [None], ISSUER, AUDIENCE.upper(), ""]):
    at("access-token-audience", f"aud-{said(aud, n)}", {"aud": aud})
for n, exp in enumerate([NOW - 10, NOW - 11, NOW - 60, NOW - 300, 0, NOW - 86400]):
    at("access-token-expiry", f"exp-{said(exp, n)}", {"exp": exp, "iat": max(0, exp - 300)})
for member in ["iat", "nbf"]:
    for n, ahead in enumerate([11, 60, 3600]):
        at("access-token-future", f"{member}-{said(ahead, n)}", {member: NOW + ahead})
for n, cnf in enumerate([{}, None, {"jkt": b64(bytes(32)), "jwk": {}}, {"jkt": ""}, {"jkt": "short"}, {"jkt": b64(bytes(31))}, {"jkt": b64(bytes(33))}, {"jkt": b64(bytes(32)) + "="}, {"jwk": K["evil-es"].jwk()}, {"kid": "es"}, {"jku": "https://evil.example"}]):
    if cnf is None:  # a certificate, since RFC 8705 is spoken
        continue
    at("access-token-confirmation", f"cnf-{said(cnf, n)}", {"cnf": cnf})
for n, scope in enumerate([" read", "read ", "read  write", " "]):
    at("access-token-scope", f"scope-{said(scope, n)}", {"scope": scope})
for member in ["iss", "sub", "aud", "client_id", "jti", "iat", "exp"]:
    at("access-token-claims", f"{member.replace('_', '-')}-missing", text=dumps(without(at_claims(), member)))
for member in ["iss", "sub", "client_id", "jti"]:
    at("access-token-claims", f"{member.replace('_', '-')}-empty", {member: ""})


def write():
    V.write("jose.json")
