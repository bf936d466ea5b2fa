"""Writes seeds into corpus/, from the negative vectors and from what stands here: `python3 make_corpus.py`. It removes nothing, so what fuzzers found stays."""

import base64
import hashlib
import json
import pathlib
import random

HERE = pathlib.Path(__file__).parent
VECTORS = HERE.parent / "vectors/negative"
PASSKEYS = HERE.parent / "crates/proof/tests/vectors/webauthn_oracle.json"
EACH = 24  # seeds of a target, about


def load(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def seed(target, all):
    """Some of these, each a file named after what is in it; which ones does not change from run to run."""
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    unique = []
    for data in all:
        data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        if data not in unique and len(data) <= 4096:
            unique.append(data)
    if len(unique) > EACH:
        kept = unique[:8] + random.Random(target).sample(unique[8:], EACH - 8)
    else:
        kept = unique
    for data in kept:
        (folder / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


def body(given):
    return given["body"].encode() if "body" in given else base64.b64decode(given["body_base64"])


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def spread(rules, take):
    """One vector of each rule first, so that a small sample has all kinds."""
    seen, first, rest = set(), [], []
    for vector in rules:
        (rest if vector["rule"] in seen else first).append(vector)
        seen.add(vector["rule"])
    return [take(vector["input"]) for vector in first + rest]


controls = [control["input"] for control in load("controls")]
jose, dpop, redirect, pkce, bodies, forms = (load(name) for name in ["jose", "dpop", "redirect", "pkce", "json", "form"])
tokens = {kind: [i["token"] for i in controls if i.get("artifact") == kind] + spread([v for v in jose if v["input"]["artifact"] == kind], lambda i: i["token"]) for kind in ["client_assertion", "access_token"]}
proofs = [i["proofs"][0] for i in controls if "proofs" in i] + spread([v for v in dpop if len(v["input"]["proofs"]) == 1], lambda i: i["proofs"][0])
seed("assertion", tokens["client_assertion"])
seed("access_token", tokens["access_token"])
seed("dpop", proofs)
seed("jws", tokens["client_assertion"][:8] + tokens["access_token"][:4] + proofs[:4] + tokens["client_assertion"][8:])
sets = [i["jwks"] for i in controls if "jwks" in i] + spread([v for v in jose if "jwks" in v["input"]], lambda i: i["jwks"])
seed("jwk_set", [json.dumps(s) for s in sets])
seed("jwk", [json.dumps(k) for s in sets if isinstance(s.get("keys"), list) for k in s["keys"]])
seed("base64url", ["", "AA", "AAA", "AAAA", "_-8", "AQ", "AB", "A", "====", "eyJ9", "a+b/", "YQ==", "\u0661", "A" * 90, "-_-_", " AA", "AA\n"] + [part for token in proofs[:4] for part in token.split(".")])
seed("json", [json.dumps(i) for i in ({"a": 1}, {"a": [1.5, -2, "x", None, True, {}]})] + ["{}", '{"a":1e3,"b":-0.0,"c":1E-9}', '{"\\u0061":"\\ud83d\\udd11"}', "{" + '"a":{' * 15 + "}" * 16, '{"a":9223372036854775807,"b":-9223372036854775808}'] + spread(bodies, body))
seed("registration", [body(i) for i in controls if i.get("route") == "registration"] + spread([v for v in bodies if v["input"]["route"] == "registration"], body))
document = {"client_id": "https://app.example/client", "client_name": "App", "redirect_uris": ["https://app.example/cb"]}
keys = sets[0]
seed("document", [json.dumps(d) for d in [document, document | {"token_endpoint_auth_method": "private_key_jwt", "jwks": keys}, document | {"jwks_uri": "https://app.example/jwks.json"}, document | {"client_secret": "x"}, document | {"client_id": "https://evil.example/client"}, document | {"client_name": ""}, document | {"grant_types": ["authorization_code", "refresh_token"], "scope": "read"}, document | {"redirect_uris": ["com.example.app:/cb", "http://127.0.0.1/cb"], "application_type": "native"}, document | {"dpop_bound_access_tokens": True}, document | {"response_types": ["code"], "client_uri": "https://app.example"}, document | {"client_secret_expires_at": 0}, document | {"token_endpoint_auth_method": "none", "x": [1]}]])
profiles = [{"name": "Ada"}, {"name": "Ada", "email": "ada@demo.test", "email_verified": True}, {"address": {"country": "GB"}}, {"website": "https://ada.example"}, {"website": "ftp://x"}, {"sub": "x"}, {"name": ""}, {"name": "a\u0001"}, {"email_verified": "yes"}, {"address": {"country": 5}}, {"birthdate": "1815-12-10", "zoneinfo": "Europe/London", "locale": "en-GB"}, {"picture": "http://ada.example/p"}, {}]
seed("profile", [json.dumps(p) for p in profiles])
seed("form", [body(i) for i in controls if "path" in i] + ["a=b&c=d", "a=%41%c3%a4+b", "resource=x&resource=y", "", "&&", "=", "a", "%61=1"] + spread([v for v in forms if "padded_to" not in v["input"]], body))
seed("token_request", [body(i) for i in controls if "path" in i] + ["grant_type=authorization_code&code=a.b&code_verifier=c&redirect_uri=d", "grant_type=refresh_token&refresh_token=a.1.b&scope=read", "grant_type=client_credentials&scope=read+write&resource=urn:x"] + spread([v for v in forms if v["input"]["path"] == "/oauth2/token" and "padded_to" not in v["input"]], body))
good = "grant_type=client_credentials"
seed("credentials", ["machine:secret\n" + good, "\nclient_id=machine&client_secret=x", "\nclient_id=machine", "a%41:b%42\nclient_id=aA", "machine\n", ":\n", "a:b:c\n", "a:%\n", "a:b\nclient_secret=c", "a:b\nclient_assertion=c"] + ["\nclient_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=" + token for token in tokens["client_assertion"][:8]])
scopes = ["read", "read write", "openid profile offline_access", "a" * 256, "a" * 257, "", " ", "  read  write ", "read read", '"', "\\", "r\u00e9ad", "a:b/c#d", "!", "~", "read\twrite", " ".join(f"s{n}" for n in range(128)), " ".join(f"s{n}" for n in range(129))]
seed("scopes", scopes)
parameters = "response_type=code&client_id=https%3A%2F%2Fapp.example%2Fclient&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
seed("authorization", [parameters + more for more in ["", "&state=x", "&scope=read+write", "&resource=https%3A%2F%2Fmcp.example%2Fmcp", "&prompt=none", "&prompt=login+consent", "&prompt=none+login", "&login_hint=ada&ui_locales=de", "&dpop_jkt=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "&dpop_jkt=x", "&response_mode=query", "&response_mode=fragment", "&resource=a:b&resource=c:d", "&state=%00", "&scope=%22", "&prompt=select_account"]] + [parameters.replace("S256", "plain"), parameters.replace("code&", "token&", 1), parameters.replace("E9M", "E9"), "client_id=x"])
seed("code_redemption", ["01ARZ3NDEKTSV4RRFFQ69G5FAV." + "a" * 43, "a.b", ".", "a.", ".b", "a.b.c", "a", "a b.c", "\u00e4.b", "x" * 512 + ".y", "x" * 513 + ".y", "a..b", "%2e"])
seed("login", ["ada", "ada@demo.test", " Ada ", "A\u0130", "\u200bada", "finance", "approver-1", "a.b_c", "-a", "a-", "acme", "a" * 63, "a" * 64, "\u212aelvin", "\u1e9e", "a" * 254, "\u0130" * 100, "a b"])
seed("nonce", ["", "A" * 32, "A" * 31, base64.urlsafe_b64encode((1795000000 - 1795000000 % 30).to_bytes(8, "big") + bytes(16)).decode(), "nonce", "\u00e4", "=" * 32, "_" * 32, "-" * 32, "AAAAAGr9P0AAAAAAAAAAAAAAAAAAAAAA"] + [v["input"]["proofs"][0].split(".")[0] for v in dpop[:3]])
mac = base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()
seed("refresh_token", [f"01ARZ3NDEKTSV4RRFFQ69G5FAV.{n}.{mac}" for n in ["0", "1", "01", "-1", "+1", "", "9223372036854775807", "9223372036854775808", " 1", "1e1", "\u0661"]] + ["..", "a.1.b", f"01ARZ3NDEKTSV4RRFFQ69G5FAV.1.{mac}.", f"01ARZ3NDEKTSV4RRFFQ69G5FAV.1.{mac[:-1]}", f"01ARZ3NDEKTSV4RRFFQ69G5FA.1.{mac}"])
asked = [v["input"] for v in redirect if "asked" in v["input"]]
places = sorted({uri for i in asked for uri in i["registered"]}) + [uri for v in redirect for uri in v["input"].get("register", [])][:400] + [i["asked"] for i in asked]
seed("redirect_uri", places)
seed("redirect_match", [i["registered"][0] + "\n" + i["asked"] for i in controls if "asked" in i] + [i["registered"][0] + "\n" + i["asked"] for i in asked])
resources = ["https://mcp.example/mcp", "urn:example:api", "http://localhost:8461/mcp", "https://mcp.example/mcp?x=1", "https://a", "a:b", "https:", "https://", "https://x#y", "javascript:x", "https://u@x", "https://x y", "https://[::1]/", "A:b", "1:b", "https://x/" + "a" * 1020, "x+y.z-1:q", "HTTP:x"]
seed("resource_uri", resources)
urls = ["https://app.example/client", "https://app.example/client?x=1", "http://localhost:3000/c", "http://127.0.0.1/c", "https://0x7f.1/c", "https://APP.example:443/c", "https://app.example/./c", "https://app.example/%2e%2e/c", "https://u@app.example/c", "https://app.example/c#f", "https://[::1]:8443/c", "https://app.example\\c", "https://app.example", "https://app.example/", "ftp://app.example/c", "http://app.example/c", "https://xn--bcher-kva.example/c", "https://app.example:0/c", "https://app.example:65536/c", "http://a.localhost./c", "https://1.1.1/c", "plain-id", "a://b/c", "https://app.example/a%2Fb"]
seed("document_address", urls)
seed("external_url", urls)
seed("htu", [f"https://issuer.example/oauth2/{path}" for path in ["token", "token?x=1", "token#y", "%74oken", "%2574oken", "token/", "./token", "Token", "token%2f", "token;x", "tok%65n"]] + ["HTTPS://ISSUER.EXAMPLE:443/oauth2/token", "https://issuer.example:/oauth2/token", "http://issuer.example:443/oauth2/token", "https://user@issuer.example/oauth2/token", "https://issuer.example:0443/oauth2/token", "https://issuer.example./oauth2/token", "https://issuer.example?/oauth2/token", "https://[::1]/oauth2/token", "issuer.example/oauth2/token", "", "https://", "https://issuer.example"])

passkeys = json.loads(PASSKEYS.read_text())
responses = {kind: [entry for entry in passkeys if entry["ceremony"] == kind] for kind in {entry["ceremony"] for entry in passkeys}}
registrations = [json.loads(entry["response"]) for entry in responses["registration"]]
objects = []
for response in registrations:
    try:
        objects.append(unb64(response["response"]["attestationObject"]))
    except (KeyError, TypeError, ValueError):
        continue  # an answer that is no answer: it seeds as a whole
seed("passkey_registration", objects[:14] + [entry["response"] for entry in responses["registration"]])
others = [kind for kind in responses if kind != "registration"]
seed("passkey_assertion", [entry["response"] for kind in others for entry in responses[kind]])


def cose(object):
    """The key of a registration: what stands behind the credential id in its authenticator data."""
    at = object.find(b"authData")
    data = object[at + 8 :]
    data = data[2:] if data[0] == 0x58 else data[3:]
    length = int.from_bytes(data[53:55], "big")
    return data[55 + length :]


found = [cose(object) for object in objects if len(object) > 120 and b"authData" in object]
es = bytes.fromhex("a5010203262001215820") + bytes(32) + bytes.fromhex("225820") + bytes(32)
seed("cose_key", found + [es, bytes.fromhex("a401010327200621582000") + bytes(31), bytes.fromhex("a0"), bytes.fromhex("bf01020326ff"), bytes.fromhex("a10101"), bytes.fromhex("a201020102"), bytes.fromhex("a203260102"), bytes.fromhex("a118010a"), bytes.fromhex("80"), bytes.fromhex("f6"), bytes.fromhex("a1613a01"), bytes.fromhex("a4010303390100206121"), bytes.fromhex("a1018181818181")])

seed("language", ["de", "en", "de-AT,en;q=0.5", "en;q=0,de;q=0.001", "*", "", "fr, de;q=1.000", "de;q=1.001", "zh-Hant-x-a-b", "de\nen", "q=1", "a" * 9 + "-de", ",".join(["fr"] * 40), "de ; q = 0.5", "DE-de", "\u00e4"])
seed("visible", ["Atlas", "a\u202eb", "a\u200bb", "  a   b ", "a\tb\nc", "e" + "\u0301" * 9, "\U000e0041", "\ufe0f\u2764\ufe0f", "x" * 59 + "\u202e", "x" * 100, "\x1b[31m", "\u00ad", "\u3164", "\ue000", "[U+202E]", "", "\u2028", "<img>"])

def der_of(jwk):
    def integer(text):
        data = unb64(text)
        return tag(2, (b"\0" if data[0] & 0x80 else b"") + data)

    def tag(name, data):
        length = bytes([len(data)]) if len(data) < 128 else bytes([0x82]) + len(data).to_bytes(2, "big") if len(data) > 255 else bytes([0x81, len(data)])
        return bytes([name]) + length + data

    return tag(0x30, integer(jwk["n"]) + integer(jwk["e"]))


moduli = [k for s in sets if isinstance(s.get("keys"), list) for k in s["keys"] if isinstance(k, dict) and k.get("kty") == "RSA" and isinstance(k.get("n"), str) and isinstance(k.get("e"), str) and len(k["n"]) > 8 and k["e"]]
ders = [der_of(k) for k in moduli if "=" not in k["n"]]
seed("rsa_der", ders[:14] + [ders[0][:-1], ders[0] + b"\0", b"0\x06\x02\x01\x03\x02\x01\x03", b"0\x80", b"", b"\x04" + bytes(64), bytes(32), b"\x01" + bytes(31), bytes([0x58] + [0x66] * 31)])
