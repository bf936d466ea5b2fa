"""form.json: requests at the form endpoints that are no one form, or hold what their parameters do not allow (RFC 6749 s3.2, App. B; S-03)."""

import base64

from common import Vectors, said

V = Vectors()
GRANT = "grant_type=client_credentials"
RESOURCE = "resource=https%3A%2F%2Fmcp.example%2Fmcp"
GOOD = GRANT + "&" + RESOURCE
PATHS = ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"]
TOKEN = {"/oauth2/token": GOOD, "/oauth2/introspect": "token=x", "/oauth2/revoke": "token=x"}
BASIC = "machine"  # who sends it: a client with client_secret_basic
FORM = "application/x-www-form-urlencoded"


def form(rule, name, body, error="invalid_request", path="/oauth2/token", credentials=BASIC, **more):
    """`credentials`: `machine` is the right Basic header, null none at all, anything else is the header as it stands."""
    given = {"path": path, "credentials": credentials} | more
    if isinstance(body, bytes):
        try:
            given["body"] = body.decode()
        except UnicodeDecodeError:
            given["body_base64"] = base64.b64encode(body).decode()
    else:
        given["body"] = body
    V.add(rule, name, given, error)


# --- each parameter once
for path in PATHS:
    tag = path.rsplit("/", 1)[-1]
    good = TOKEN[path]
    name, value = good.split("&")[0].split("=")
    letter = f"%{ord(name[0]):02x}"
    for what, extra in {
        "the-same": f"{name}={value}", "with-another-value": f"{name}=other", "empty": f"{name}=", "without-a-value": name, "with-an-escaped-letter": f"{letter}{name[1:]}={value}", "with-an-escape-in-capitals": f"{letter.upper()}{name[1:]}={value}", "all-escaped": "".join(f"%{ord(c):02x}" for c in name) + f"={value}",
        "unknown": "x=1&x=1", "unknown-with-other-values": "x=1&x=2", "unknown-and-empty": "x=&x=", "unknown-without-values": "x&x", "unknown-escaped": "x=1&%78=1", "with-a-plus-in-its-name": "a+b=1&a%20b=1", "empty-names": "=1&=2", "in-unicode": "%c3%a4=1&%C3%A4=2", "three-times": "x=1&x=2&x=3", "far-apart": "x=1&a=1&b=1&c=1&x=1", "scope": "scope=read&scope=write", "client-id": "client_id=a&client_id=a", "client-secret": "client_secret=a&client_secret=b", "brackets": "x%5B%5D=1&x%5B%5D=2",
    }.items():
        form("form-repeated", f"{tag}-twice-{what}", good + "&" + extra, path=path)
        if what in ("the-same", "empty", "with-an-escaped-letter"):
            form("form-repeated", f"{tag}-twice-{what}-in-front", extra + "&" + good, path=path)
for n, name in enumerate(["client_assertion", "client_assertion_type", "code", "code_verifier", "redirect_uri", "refresh_token", "token_type_hint", "audience_x", "nonce", "username", "password"]):
    form("form-repeated", f"token-twice-parameter-{said(name, n)}", f"{GOOD}&{name}=a&{name}=b")
    form("form-repeated", f"token-twice-parameter-{said(name, n)}-once-empty", f"{GOOD}&{name}=&{name}=b")

# --- escapes
for path in PATHS:
    tag = path.rsplit("/", 1)[-1]
    good = TOKEN[path]
    for n, text in enumerate(["%", "%4", "%zz", "%4z", "%z4", "%%41", "%u0041", "%-1", "% 1", "%+1", "%0x", "abc%", "%e2%82%a", "%\u00e41", "%G0", "%1", "%41%"]):
        form("form-escapes", f"{tag}-bad-escape-in-a-value-{said(text, n)}", f"{good}&x={text}", path=path)
        if n < 8:
            form("form-escapes", f"{tag}-bad-escape-in-a-name-{said(text, n)}", f"{good}&{text}=x", path=path)
    for n, text in enumerate(["%80", "%c0%af", "%c0%80", "%ed%a0%80", "%ed%b0%80", "%f4%90%80%80", "%f8%88%80%80%80", "%e2%82", "%ff", "%fe%ff", "%c3", "%e9", "%f0%9f%98", "a%c3b"]):
        form("form-utf8", f"{tag}-not-utf-8-{said(text, n)}", f"{good}&x={text}", path=path)
        if n < 6:
            form("form-utf8", f"{tag}-not-utf-8-in-a-name-{said(text, n)}", f"{good}&{text}=x", path=path)
    for n, data in enumerate([b"\x80", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xe9"]):
        form("form-utf8", f"{tag}-bare-bytes-{said(data, n)}", good.encode() + b"&x=" + data, path=path)
form("form-utf8", "token-in-utf-16", GOOD.encode("utf-16"))
for count in [65, 66, 100, 1000, 5000]:
    form("form-count", f"token-of-{count}-parameters", "&".join(f"p{n}=1" for n in range(count)))
    form("form-count", f"token-of-{count}-parameters-behind-good-ones", GOOD + "&" + "&".join(f"p{n}=" for n in range(count - 2)))
form("form-count", "token-of-65-resources", GRANT + "&" + "&".join([RESOURCE] * 64))

# --- the type of the body
for path in PATHS:
    tag = path.rsplit("/", 1)[-1]
    for n, content_type in enumerate([
        "application/json", "text/plain", "text/html", "multipart/form-data; boundary=x", "application/octet-stream", "application/xml", "application/x-www-form-urlencoded-x", "application/x-www-form-urlencode", "x-www-form-urlencoded", "application/x-www-form-urlencoded, application/json", "application/json; application/x-www-form-urlencoded", "form", "*/*", "", "application/jwt", "application/x-www-form-urlencoded/x", "text/x-www-form-urlencoded",
    ]):
        form("form-type", f"{tag}-as-another-type-{said(content_type, n)}", TOKEN[path], path=path, content_type=content_type)
    form("form-type", f"{tag}-without-a-type", TOKEN[path], path=path, content_type=None)
form("form-type", "token-in-json", '{"grant_type":"client_credentials"}', content_type="application/json")
form("form-type", "token-in-multipart", "--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--x--\r\n", content_type="multipart/form-data; boundary=x")

# --- one place for parameters
for path in PATHS:
    tag = path.rsplit("/", 1)[-1]
    good = TOKEN[path]
    name = good.split("=")[0]
    for n, query in enumerate([good.split("&")[0], f"{name}=other", f"x=1&{name}=other", f"%{ord(name[0]):02x}{name[1:]}=other"]):
        form("form-query", f"{tag}-in-the-query-too-{said(query, n)}", good, path=path, query=query)
    form("form-query", f"{tag}-a-parameter-of-both-places", good + "&x=1", path=path, query="x=1")
    form("form-query", f"{tag}-a-parameter-of-both-places-with-other-values", good + "&x=1", path=path, query="x=2")
    for n, query in enumerate(["x=%", "x=%zz", "x=%ff", "x=1&x=1", "&".join(f"p{n}=1" for n in range(65))]):
        form("form-query-form", f"{tag}-query-that-is-no-form-{said(query, n)}", good, path=path, query=query)
for n, query in enumerate([GRANT, GOOD, "grant_type=client_credentials&x=1"]):
    form("form-parameters", f"token-parameters-in-the-query-alone-{said(query, n)}", "", query=query)
for n, query in enumerate(["token=x", "token=x&token_type_hint=access_token"]):
    form("form-parameters", f"introspect-parameters-in-the-query-alone-{said(query, n)}", "", path="/oauth2/introspect", query=query)
    form("form-parameters", f"revoke-parameters-in-the-query-alone-{said(query, n)}", "", path="/oauth2/revoke", query=query)

# --- the size
for path in PATHS:
    tag = path.rsplit("/", 1)[-1]
    for what, size in [("one-byte-too-many", 64 * 1024 + 1), ("70-kib", 70 * 1024)]:
        body = TOKEN[path] + "&x="
        V.add("form-size", f"{tag}-{what}", {"path": path, "credentials": BASIC, "body": body, "padded_to": size}, "content_too_large")
V.add("form-size", "token-of-one-mebibyte", {"path": "/oauth2/token", "credentials": BASIC, "body": GOOD + "&x=", "padded_to": 1024 * 1024}, "content_too_large")

# --- what a token request says
for n, body in enumerate(["", "&", "&&&", "=", RESOURCE, "grant_type", "grant_type=", "grant_type&" + RESOURCE, "Grant_Type=client_credentials", "GRANT_TYPE=client_credentials", "grant-type=client_credentials", "grant_type%00=client_credentials", " grant_type=client_credentials", "grant_type =client_credentials", "%EF%BB%BFgrant_type=client_credentials", "grant_type;client_credentials", "x=grant_type=client_credentials", "{\"grant_type\":\"client_credentials\"}", "<grant_type>client_credentials</grant_type>", "grantType=client_credentials", "grant_type[]=client_credentials", "?grant_type=client_credentials"]):
    form("form-parameters", f"token-without-a-grant-type-{said(body, n)}", body)
for n, grant in enumerate([
    "password", "implicit", "Client_Credentials", "CLIENT_CREDENTIALS", "client_credentials ", " client_credentials", "client_credentials%00", "client_credentials%0a", "client-credentials", "client_credentials,authorization_code", "client_credentials authorization_code", "none", "null", "device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:saml2-bearer", "urn:ietf:params:oauth:grant-type:Device_Code", "urn:ietf:params:oauth:grant-type:token-exchange", "urn:openid:params:grant-type:ciba", "urn:ietf:params:oauth:grant-type:uma-ticket", "http://oauth.net/grant_type/device/1.0", "client_credential", "clientcredentials", "code", "token", "*", "authorization_code%2Cpassword", "client\u200b_credentials", "\u0441lient_credentials",
]):
    form("grant-type-known", f"grant-type-other-{said(grant, n)}", f"grant_type={grant}&{RESOURCE}", "unsupported_grant_type")
for n, scope in enumerate(["%22read%22", "read%5Cwrite", "read%09write", "read%0Awrite", "read%00", "r%C3%A4d", "%E2%80%8Bread", "read%7F", "%22", "%5C", "read%0D%0AX:y", "+".join(f"s{n}" for n in range(129)), "+".join(f"s{n}" for n in range(1000)), "%F0%9F%94%91", "read%C2%A0write", "read%E3%80%80write", "%E2%80%AEdaer", "read%1Bwrite"]):
    form("scope-form", f"scope-{said(scope, n)}", f"{GOOD}&scope={scope}", "invalid_scope")
for n, resource in enumerate([
    "mcp.example", "/mcp", "//mcp.example/mcp", "https://mcp.example/mcp%23", "https://mcp.example/mcp%23f", "https:", "https://", "https:///mcp", "http:mcp.example", ":mcp", "1https://mcp.example", "https%20://mcp.example", "https://mcp.example/m%20cp", "https://mcp.example/mcp%0A", "%20https://mcp.example/mcp", "https://mcp.example/mcp%20", "https://mcp.example/%22", "https://mcp.example/%3Cx%3E", "https://mcp.example%5Cmcp", "https://mcp.example/%7Bx%7D", "https://mcp.example/%7C", "https://mcp.example/%5E", "https://mcp.example/%60", "https://mcp.example/%C3%A4", "https://user@mcp.example/mcp", "https://user:pw@mcp.example/mcp", "https://mcp.example@evil.example/mcp",
    "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "blob:https://mcp.example/1", "file:///etc/passwd", "FILE:///etc/passwd", "null", "*", "https://mcp.example/" + "a" * 1005, "https://mcp.example/" + "a" * 5000, "h%C3%A4ttps://mcp.example", "HTTP:mcp.example", "Https:mcp.example", "HTTPS:///mcp", "HTTP:user@mcp.example", "hTTps:/mcp.example/mcp", "HTTPS://user@mcp.example/mcp",
]):
    form("resource-form", f"resource-{said(resource, n)}", f"{GRANT}&resource={resource}", "invalid_target")
for n, more in enumerate([RESOURCE, "resource=https%3A%2F%2Fother.example", "resource=https%3A%2F%2Fmcp.example%2Fmcp%2F", "%72esource=https%3A%2F%2Fother.example"]):
    form("resource-once", f"resource-twice-{said(more, n)}", f"{GOOD}&{more}", "invalid_target")

# --- credentials
b = lambda text: "Basic " + base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()
for n, credentials in enumerate([
    "Basic", "Basic ", "Basic !", "Basic @@@@", "Basic a", "Basic YQ", "Basic YQ=", "Basic YTpi=", "Basic YTpi====", "Basic YTp\u00edi", "Basic YTpi YTpi", "Basic YTpi,", "Basic YTpi\tx", "Basic eA==", b("noseparator"), b(""), b(b"\xff:\xff"), b(b"a:\x80"), b("a:%"), b("a:%zz"), b("%4:b"), b("a:%ff"), b("%c3:b"), "Basic YTp-Yl8", "Basic \"YTpi\"", "Basic:YTpi", "Basic=YTpi", "BasicYTpi", "YTpi",
]):
    if credentials.isascii():
        form("basic-form", f"basic-that-cannot-be-read-{said(credentials, n)}", GOOD, credentials=credentials)
for n, extra in enumerate(["client_secret=x", "client_id=machine&client_secret=x", "client_assertion=x&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer", "client_assertion=x", "client_id=other", "client_id=Machine", "client_id=machine%20", "client_id=machine%00", "client_secret=%20", "client_assertion=x&client_secret=y"]):
    for path in PATHS:
        form("credentials-once", f"{path.rsplit('/', 1)[-1]}-credentials-twice-{said(extra, n)}", TOKEN[path] + "&" + extra, path=path)
for n, extra in enumerate(["client_assertion=x&client_secret=y", "client_id=machine&client_assertion=x&client_secret=y", "client_assertion=x&client_secret=y&client_assertion_type=z"]):
    form("credentials-once", f"token-credentials-twice-in-the-body-{said(extra, n)}", GOOD + "&" + extra, credentials=None)
for n, kind in enumerate(["", "jwt", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:client-assertion-type:JWT-bearer", "URN:ietf:params:oauth:client-assertion-type:jwt-bearer", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer ", "urn:ietf:params:oauth:client-assertion-type:jwt", "urn:ietf:params:oauth:client-assertion-type:jwt-client-attestation", "urn%3Aietf", "null"]):
    form("assertion-type", f"assertion-type-other-{said(kind, n)}", f"{GOOD}&client_assertion=x&client_assertion_type={kind.replace(' ', '%20')}", "invalid_client", credentials=None)
form("assertion-type", "assertion-type-missing", f"{GOOD}&client_assertion=x", "invalid_client", credentials=None)
for path in PATHS:
    tag = path.rsplit("/", 1)[-1]
    for n, (credentials, extra) in enumerate([(None, ""), (None, "&client_secret=x"), (None, "&client_assertion_type=x"), ("Bearer x", ""), ("Digest x", ""), ("Negotiate x", ""), ("DPoP x", ""), ("bearer machine", ""), ("Basic2 YTpi", "")]):
        by_token = tag != "token" and (credentials or "").lower().startswith(("bearer ", "dpop "))  # RFC 7662 s2.1: an access token proves a client too
        form("credentials-needed", f"{tag}-no-credentials-{said([credentials, extra], n)}", TOKEN[path] + extra, "invalid_token" if by_token else "invalid_client", path=path, credentials=credentials)
for n, pair in enumerate(["machine:", "machine:wrong", "machine:x:y", "machine: ", ":", ":x", "nobody:x", "Machine:x", "machine%20:x", "%00:x", "machine%00:x", "machine:%00", "m\u00e4chine:x", "a" * 513 + ":x", "machine:" + "x" * 5000, "*:*", "' OR 1=1 --:x", "../machine:x"]):
    form("secret-right", f"basic-that-is-wrong-{said(pair, n)}", GOOD, "invalid_client", credentials=b(pair))
for n, (name, secret) in enumerate([("machine", "x"), ("nobody", "x"), ("vectors", "x"), ("machine", "%20"), ("MACHINE", "x")]):
    form("secret-right", f"secret-in-the-body-that-is-wrong-{said([name, secret], n)}", f"{GOOD}&client_id={name}&client_secret={secret}", "invalid_client", credentials=None)


def write():
    V.write("form.json")
