"""json.json: bodies of registration and administration that are not one JSON object as RFC 7493 wants it, or whose members have not their type."""

import base64

from common import Vectors, dumps, keys, said

V = Vectors()
K = keys()
REGISTRATION = {"client_name": "Vector", "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none"}
ADMIN = {
    "client": {"client_name": "Vector", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"]},
    "resource": {"resource": "https://vector.example/api", "resource_name": "Vector", "scopes": {"read": "Read things"}},
    "user": {"login": "vector@demo.test", "profile": {"name": "Vector"}},
    "group": {"id": "vectors", "kind": "group", "name": "Vectors"},
    "tenant": {"id": "vectors", "name": "Vectors"},
}
turn = 0


def body(rule, name, route, text, error=None):
    error = error or ("invalid_client_metadata" if route == "registration" else "invalid_body")
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        given = {"route": route, "body": data.decode()}
    except UnicodeDecodeError:
        given = {"route": route, "body_base64": base64.b64encode(data).decode()}
    V.add(rule, f"{route}-{name}", given, error)


def everywhere(rule, name, change):
    """The same fault at registration and at a route of administration; those take turns."""
    global turn
    turn += 1
    route = list(ADMIN)[turn % len(ADMIN)]
    body(rule, name, "registration", change(dumps(REGISTRATION)))
    body(rule, name, route, change(dumps(ADMIN[route])))


def more(members):
    return lambda text: text[:-1] + "," + members + "}"


def nested(depth, inner):
    """The object `inner` below `depth` other objects."""
    return '"x":' + '{"y":' * depth + inner + "}" * depth


for depth in [0, 1, 2, 3, 5, 8, 10, 12, 13]:
    everywhere("json-duplicate", f"member-twice-at-depth-{depth + 1}", more(nested(depth, '{"a":1,"a":1}')))
    everywhere("json-duplicate", f"member-twice-in-a-list-at-depth-{depth + 1}", more('"x":' + "[" * depth + '{"a":1,"b":2,"a":3}' + "]" * depth))
for what, members in {"at-the-top": '"z":1,"z":1', "with-other-types": '"z":1,"z":"1"', "with-null": '"z":null,"z":null', "escaped": '"z":1,"\\u007a":1', "far-apart": '"z":1,"a":1,"b":1,"c":1,"z":1', "an-empty-name": '"":1,"":2', "a-name-with-a-nul": '"\\u0000":1,"\\u0000":1', "a-surrogate-pair": '"\\ud83d\\udd11":1,"\U0001f511":1', "as-objects": '"z":{},"z":{}', "a-prototype": '"__proto__":{},"__proto__":{}', "three-times": '"z":1,"z":2,"z":3', "an-escaped-solidus": '"a/b":1,"a\\/b":1'}.items():
    everywhere("json-duplicate", "member-twice-" + what, more(members))
for member in REGISTRATION:
    body("json-duplicate", f"{member.replace('_', '-')}-twice", "registration", more(f'"{member}":{dumps(REGISTRATION[member])}')(dumps(REGISTRATION)))
    body("json-duplicate", f"{member.replace('_', '-')}-twice-and-null", "registration", more(f'"{member}":null')(dumps(REGISTRATION)))
for route, members in ADMIN.items():
    for member in members:
        body("json-duplicate", f"{member.replace('_', '-')}-twice", route, more(f'"{member}":{dumps(members[member])}')(dumps(members)))
for what, tail in {"an-object": "{}", "another-body": dumps(REGISTRATION), "a-brace": "}", "a-bracket": "]", "a-comma": ",", "a-nul": "\0", "a-letter": "x", "a-number": "1", "a-text": '""', "null": "null", "a-comment": "/**/", "a-line-and-an-object": "\n{}", "a-byte-order-mark": "\ufeff", "a-record-separator": "\x1e", "a-vertical-tab": "\x0b", "a-no-break-space": "\u00a0", "a-substitute": "\x1a"}.items():
    everywhere("json-trailing", "behind-the-object-" + what, lambda text, tail=tail: text + tail)
for what, change in {
    "bom": lambda t: "\ufeff" + t, "empty": lambda t: "", "white-space-alone": lambda t: " \n", "not-closed": lambda t: t[:-1], "comma-too-many": lambda t: t[:-1] + ",}", "comma-in-front": lambda t: "{," + t[1:], "no-comma": lambda t: t.replace(",", " ", 1), "single-quotes": lambda t: t.replace('"', "'"), "bare-name": lambda t: "{a:1," + t[1:], "no-colon": lambda t: '{"a"1,' + t[1:], "equals-sign": lambda t: '{"a"=1,' + t[1:], "line-comment": lambda t: "{//x\n" + t[1:], "block-comment": lambda t: "{/*x*/" + t[1:], "hash-comment": lambda t: "#x\n" + t,
    "nan": more('"x":NaN'), "infinity": more('"x":Infinity'), "minus-infinity": more('"x":-Infinity'), "undefined": more('"x":undefined'), "true-in-capitals": more('"x":TRUE'), "none": more('"x":None'), "leading-zero": more('"x":01'), "minus-zero-one": more('"x":-01'), "plus": more('"x":+1'), "hex": more('"x":0x1'), "octal": more('"x":0o1'), "bare-point": more('"x":1.'), "point-in-front": more('"x":.1'), "empty-exponent": more('"x":1e'), "minus-alone": more('"x":-'), "two-minuses": more('"x":--1'), "big-int": more('"x":1n'), "underscore": more('"x":1_0'),
    "control-character": more('"x":"\x01"'), "tab-in-a-text": more('"x":"\t"'), "line-feed-in-a-text": more('"x":"\n"'), "nul-in-a-text": more('"x":"\0"'), "text-not-closed": lambda t: t[:-1] + ',"x":"', "bad-escape": more('"x":"\\x41"'), "escaped-quote-mark": more('"x":"\\\'"'), "short-escape": more('"x":"\\u004"'), "escape-of-no-hex": more('"x":"\\u00zz"'), "back-slash-alone": more('"x":"\\"'), "vertical-tab-between": lambda t: "{\x0b" + t[1:], "form-feed-between": lambda t: "{\x0c" + t[1:], "no-break-space-between": lambda t: "{\u00a0" + t[1:], "list-not-closed": more('"x":[1'), "brackets-crossed": more('"x":[{]}'), "number-as-a-name": lambda t: "{1:1," + t[1:], "null-as-a-name": lambda t: "{null:1," + t[1:], "callback": lambda t: f"f({t})", "guard": lambda t: ")]}'\n" + t, "yaml": lambda t: "client_name: x", "form": lambda t: "client_name=x", "xml": lambda t: "<a/>", "gzip-magic": lambda t: "\x1f" + t,
}.items():
    everywhere("json-syntax", "json-" + what, change)
for what, members in {"lone-high-surrogate": '"x":"\\ud800"', "lone-low-surrogate": '"x":"\\udc00"', "surrogates-swapped": '"x":"\\udc00\\ud800"', "high-surrogate-and-a-letter": '"x":"\\ud800a"', "high-surrogate-and-an-escape": '"x":"\\ud800\\n"', "two-high-surrogates": '"x":"\\ud800\\ud800"', "surrogate-in-a-name": '"\\ud800":1', "surrogate-in-a-list": '"x":["\\udfff"]', "surrogate-deep-down": '"x":{"y":{"z":"\\udbff"}}'}.items():
    everywhere("json-text", "text-" + what, more(members))
for what, data in {"stray-continuation": b"\x80", "overlong-slash": b"\xc0\xaf", "overlong-nul": b"\xc0\x80", "encoded-surrogate": b"\xed\xa0\x80", "beyond-unicode": b"\xf4\x90\x80\x80", "five-bytes": b"\xf8\x88\x80\x80\x80", "cut-short": b"\xe2\x82", "latin-1": b"\xe9", "all-ones": b"\xff"}.items():
    everywhere("json-text", "text-" + what, lambda text, data=data: text[:-1].encode() + b',"x":"' + data + b'"}')
    everywhere("json-text", "name-" + what, lambda text, data=data: text[:-1].encode() + b',"' + data + b'":1}')
for encoding in ["utf-16-le", "utf-16-be", "utf-32-le"]:
    everywhere("json-text", f"text-in-{encoding}", lambda text, encoding=encoding: text.encode(encoding))
for what, text in {"a-list": "[{}]", "an-empty-list": "[]", "null": "null", "true": "true", "a-number": "1", "minus-one": "-1", "a-fraction": "0.5", "a-text": '"{}"', "an-empty-text": '""', "false": "false", "a-list-of-lists": "[[[[[]]]]]", "a-huge-list": "[" + "1," * 2000 + "1]"}.items():
    everywhere("json-object", "not-an-object-but-" + what, lambda _, text=text: text)
for depth in [16, 17, 32, 64, 126, 127, 128, 1000, 10_000]:
    everywhere("json-depth", f"lists-{depth}-deep", more('"x":' + "[" * depth + "]" * depth))
for depth in [16, 17, 64, 128, 3000]:
    everywhere("json-depth", f"objects-{depth}-deep", more('"x":' + '{"x":' * depth + "1" + "}" * depth))
everywhere("json-depth", "lists-that-never-close", lambda text: text[:-1] + ',"x":' + "[" * 5000)
everywhere("json-depth", "lists-and-objects-by-turns", more('"x":' + '[{"y":' * 12 + "1" + "}]" * 12))
for what, number in {"two-to-63": "9223372036854775808", "two-to-64": "18446744073709551616", "below-minus-two-to-63": "-9223372036854775809", "forty-digits": "1" + "0" * 40, "400-digits": "9" * 400, "1e400": "1e400", "minus-1e400": "-1e400", "1e19": "1e19", "1e308": "1e308", "9-point-3-e-18": "9.3e18", "1e9999999999": "1e9999999999", "two-to-63-as-a-float": "9223372036854775808.0"}.items():
    everywhere("json-number", "number-" + what, more(f'"x":{number}'))
    everywhere("json-number", "number-in-a-list-" + what, more(f'"x":[1,{number}]'))


# --- what well-formed metadata must not say

def metadata(rule, name, **members):
    body(rule, name, "registration", dumps(REGISTRATION | members))


NOT_A_TEXT = {"null": None, "a-number": 5, "true": True, "a-list": ["x"], "an-object": {"x": 1}}
NOT_A_LIST = {"null": None, "a-text": "authorization_code", "a-number": 5, "true": True, "an-object": {"0": "x"}, "a-list-of-numbers": [1], "a-list-with-null": ["authorization_code", None], "a-list-of-lists": [["authorization_code"]], "65-entries": ["authorization_code"] * 65}
for member in ["client_name", "token_endpoint_auth_method", "scope", "application_type", "client_uri", "jwks_uri"]:
    for what, value in NOT_A_TEXT.items():
        metadata("metadata-texts", f"{member.replace('_', '-')}-is-{what}", **{member: value})
for member in ["redirect_uris", "grant_types", "response_types"]:
    for what, value in NOT_A_LIST.items():
        metadata("metadata-lists", f"{member.replace('_', '-')}-is-{what}", **{member: value})
for n, value in enumerate([None, "true", 0, 1, [], {}]):
    metadata("metadata-binding", f"dpop-bound-is-{said(value, n)}", dpop_bound_access_tokens=value)
for n, name in enumerate(["n" * 201, "n" * 1000, "\u00e4" * 201, "\U0001f511" * 201, "a\0b", "a\nb", "a\tb", "a\rb", "\x1b[31mred", "a\x7fb", "a\u0080b", "a\u009bb", "\u0000", "line\r\nHeader: x"]):
    metadata("metadata-name", f"name-{said(name, n)}", client_name=name)
for n, uri in enumerate(["", "app.example", "/page", "//app.example", "javascript:alert(1)", "data:text/html,x", "ftp://app.example", "mailto:a@b", "https://", "https:///page", "https://?x", "https://#x", "https://user@app.example", "https://user:pw@app.example/", "https://@app.example", "https://app.example\\@evil.example", "https://app.example/ page", "https://app.example/\n", "https://app.example/\u00e4", "https://\u0430pp.example", "HTTPS://app.example", "https://app.example/" + "a" * 1981, "https:app.example", "http:/app.example", " https://app.example", "vbscript:x"]):
    metadata("metadata-uri", f"client-uri-{said(uri, n)}", client_uri=uri)
    if n % 2 == 0:
        metadata("metadata-uri", f"jwks-uri-{said(uri, n)}", jwks_uri=uri)
for n, names in enumerate([[], ["client_credentials"], ["refresh_token"], ["implicit"], ["password"], ["urn:ietf:params:oauth:grant-type:jwt-bearer"], ["Authorization_Code"], ["authorization_code "], ["authorization-code"], [""], ["implicit", "password"], ["refresh_token", "client_credentials"], ["*"]]):
    metadata("metadata-grant-types", f"grant-types-{said(names, n)}", grant_types=names)
for n, names in enumerate([[], ["token"], ["id_token"], ["code token"], ["code id_token"], ["code id_token token"], ["none"], ["Code"], ["code "], [""], ["CODE"], ["token", "id_token"]]):
    metadata("metadata-response-types", f"response-types-{said(names, n)}", response_types=names)
for n, method in enumerate(["", "None", "NONE", "client_secret_jwt", None, None, "client_secret", "basic", "private_key", "private_key_jwt ", None, "password", "Client_Secret_Basic", "none,client_secret_basic"]):
    if method is None:  # offered since
        continue
    metadata("metadata-method", f"method-{said(method, n)}", token_endpoint_auth_method=method)
for n, kind in enumerate(["", "Native", "WEB", "spa", "browser", "machine", "native,web", "web "]):
    metadata("metadata-application-type", f"application-type-{said(kind, n)}", application_type=kind)
for n, scope in enumerate(['read "write"', "read\\write", "r\u00e9ad", "read\twrite", "read\nwrite", "read\0", " ".join(f"s{n}" for n in range(129)), " ".join(f"s{n}" for n in range(2000)), "\u200bread", '"', "\\"]):
    metadata("metadata-scope", f"scope-{said(scope, n)}", scope=scope)
statement = "eyJhbGciOiJub25lIn0.e30."
for n, value in enumerate([statement, "", None, 5, {}, [statement], True, "x.y.z"]):
    body("metadata-statement", f"software-statement-{said(value, n)}", "registration", dumps(REGISTRATION | {"software_statement": value}), "unapproved_software_statement")
for what, members in {"without-redirect-uris": {k: v for k, v in REGISTRATION.items() if k != "redirect_uris"}, "with-no-redirect-uri": REGISTRATION | {"redirect_uris": []}, "of-nothing": {}, "of-unknown-members": {"x": 1}}.items():
    body("metadata-redirects", what, "registration", dumps(members), "invalid_redirect_uri")
metadata("metadata-keys", "private-key-jwt-without-keys", token_endpoint_auth_method="private_key_jwt")
metadata("metadata-keys", "private-key-jwt-with-empty-jwks", token_endpoint_auth_method="private_key_jwt", jwks={"keys": []})

# --- administration: members of the wrong type, and unknown ones
for route, members in ADMIN.items():
    for n, name in enumerate(["x", "__proto__", "constructor", "", "Name", "disabled_at", "tenant", "tenant_id", "admin", "epoch", "created"]):
        body("admin-unknown", f"unknown-member-{said(name, n)}", route, dumps(members | {name: 1}))
    for member in members:
        values = [None, 5, True, [1], {"x": 1}, ""] if isinstance(members[member], str) else [None, 5, True, "x", [None]]
        for n, value in enumerate(values):
            if (member, value) == ("profile", None):
                continue  # it may be left out, and null leaves it out
            error = "invalid_client_metadata" if (member, value) == ("token_endpoint_auth_method", "") else None  # RFC 7591 s3.2.2
            body("admin-types", f"{member.replace('_', '-')}-of-another-type-{said(value, n)}", route, dumps(members | {member: value}), error)


def write():
    V.write("json.json")
