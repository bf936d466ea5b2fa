"""redirect.json: redirect URIs that are not the registered one (S-01), and ones that nobody may register (S-02)."""

from common import Vectors, said

V = Vectors()
TAB, LF, CR, NUL = "\t", "\n", "\r", "\0"
CYRILLIC_A, FULL_SLASH, FULL_STOP, ZERO_WIDTH, RIGHT_TO_LEFT = "\u0430", "\uff0f", "\u3002", "\u200b", "\u202e"


def asked(rule, name, client, registered, uri):
    V.add(rule, name, {"client": client, "registered": registered, "asked": uri}, "invalid_request")


def variants(scheme, host, port, path):
    """Other spellings of a URI, and places near it: what a matcher that parses, decodes, trims or ignores case would take for it."""
    at = host + (f":{port}" if port else "")
    uri = f"{scheme}://{at}{path}"
    last = path.rsplit("/", 1)[-1].split("?")[0] or "x"
    folder = path[: len(path) - len(path.rsplit("/", 1)[-1])]
    first, rest = last[0], last[1:]
    yield "slash-behind", uri + "/"
    yield "two-slashes", f"{scheme}://{at}/{path}"
    yield "dot-segment", f"{scheme}://{at}/.{path}"
    yield "climbing-segment", f"{scheme}://{at}/x/..{path}"
    yield "climbing-behind", uri + "/../evil"
    yield "climbing-to-itself", uri + f"/../{last}"
    yield "dot-behind", uri + "/."
    yield "dots-behind", uri + "/.."
    yield "escaped-letter", f"{scheme}://{at}{folder}%{ord(first):02x}{rest}"
    yield "escaped-letter-in-capitals", f"{scheme}://{at}{folder}%{ord(first):02X}{rest}"
    yield "escaped-slash", f"{scheme}://{at}{folder}{last}%2f"
    yield "escaped-climb", f"{scheme}://{at}/%2e%2e{path}"
    yield "escaped-climb-behind", uri + "%2f..%2fevil"
    yield "double-escape", uri + "/%252e%252e/evil"
    yield "escaped-nul", uri + "%00"
    yield "escaped-line-end", uri + "%0d%0aLocation:%20https://evil.example"
    joint = "&" if "?" in uri else "?"
    yield "question-mark", uri + "?"
    yield "query", uri + joint + "x=1"
    yield "query-without-value", uri + joint + "x"
    yield "query-with-a-place", uri + joint + "redirect_uri=https://evil.example"
    yield "ampersand", uri + "&x=1"
    yield "empty-fragment", uri + "#"
    yield "fragment", uri + "#f"
    yield "fragment-with-a-host", uri + "#@evil.example"
    yield "matrix-parameter", uri + ";x=1"
    yield "path-in-capitals", f"{scheme}://{at}{path.upper()}"
    yield "path-capitalised", f"{scheme}://{at}{folder}{last.capitalize()}"
    yield "a-letter-more", f"{scheme}://{at}{folder}{last}x" + ("" if "?" not in path else "?" + path.split("?")[1])
    yield "a-letter-less", uri[:-1]
    yield "folder-alone", f"{scheme}://{at}/"
    yield "host-alone", f"{scheme}://{at}"
    yield "scheme-in-capitals", f"{scheme.upper()}://{at}{path}"
    yield "scheme-capitalised", f"{scheme.capitalize()}://{at}{path}"
    yield "user", f"{scheme}://user@{at}{path}"
    yield "user-and-password", f"{scheme}://user:password@{at}{path}"
    yield "empty-user", f"{scheme}://@{at}{path}"
    yield "as-a-user-elsewhere", f"{scheme}://{at}@evil.example{path}"
    yield "as-a-user-and-port-elsewhere", f"{scheme}://{at}:x@evil.example{path}"
    yield "elsewhere", f"{scheme}://evil.example{path}"
    yield "elsewhere-with-it-as-a-path", f"{scheme}://evil.example/{uri}"
    yield "elsewhere-with-it-as-a-query", f"{scheme}://evil.example?{uri}"
    yield "elsewhere-with-it-as-a-fragment", f"{scheme}://evil.example#{uri}"
    yield "as-a-prefix-of-a-host", f"{scheme}://{host}.evil.example{path}"
    yield "as-a-suffix-of-a-host", f"{scheme}://evil{host}{path}"
    yield "backslash-before-a-host", f"{scheme}://{at}\\.evil.example{path}"
    yield "backslash-and-at", f"{scheme}://{at}\\@evil.example{path}"
    yield "elsewhere-backslash-at", f"{scheme}://evil.example\\@{at}{path}"
    yield "backslashes", uri.replace("/", "\\")
    yield "one-slash", f"{scheme}:/{at}{path}"
    yield "no-slash", f"{scheme}:{at}{path}"
    yield "three-slashes", f"{scheme}:///{at}{path}"
    yield "no-scheme", f"//{at}{path}"
    yield "path-alone", path
    yield "space-behind", uri + " "
    yield "space-in-front", " " + uri
    yield "tab-behind", uri + TAB
    yield "tab-in-front", TAB + uri
    yield "line-feed-behind", uri + LF
    yield "header-behind", uri + CR + LF + "x: y"
    yield "tab-inside", uri[:9] + TAB + uri[9:]
    yield "line-feed-inside", uri[:-1] + LF + uri[-1:]
    yield "nul-behind", uri + NUL
    yield "zero-width-space", uri + ZERO_WIDTH
    yield "right-to-left", uri[:-2] + RIGHT_TO_LEFT + uri[-2:]
    yield "full-width-slash", f"{scheme}://{at}{FULL_SLASH}{path[1:]}"
    yield "wildcard-path", f"{scheme}://{at}/*"
    yield "two-and-a-comma", uri + "," + uri
    yield "two-and-a-space", uri + " " + uri
    yield "as-a-list", f'["{uri}"]'
    yield "as-a-quoted-text", f'"{uri}"'
    yield "in-angle-brackets", f"<{uri}>"
    yield "script", f"javascript:alert(1)//{uri}"
    yield "script-with-its-host", f"javascript://{at}/%0aalert(1)"
    yield "data", f"data:text/html,{uri}"


WEB = {
    "web": ("https", "app.example", "", "/cb"),
    "web-at-a-port": ("https", "app.example", "8443", "/auth/callback"),
    "web-with-a-query": ("https", "app.example", "", "/cb?tenant=1"),
    "loopback-v4": ("http", "127.0.0.1", "3456", "/callback"),
    "loopback-v6": ("http", "[::1]", "", "/callback"),
    "localhost": ("http", "localhost", "3000", "/callback"),
    "private-use-scheme": ("com.example.app", "", "", "/callback"),
}
for n, (kind, (scheme, host, port, path)) in enumerate(WEB.items()):
    registered = [f"{scheme}://{host}{':' + port if port else ''}{path}" if host else f"{scheme}:{path}"]
    client = ["public", "confidential"][n % 2]
    seen = set(registered)
    for what, uri in variants(scheme, host or "callback.example", port, path):
        if uri not in seen:
            seen.add(uri)
            asked("redirect-exact", f"{kind}-{what}", client, registered, uri)
for what, uri in {"empty": "", "null": "null", "undefined": "undefined", "out-of-band": "urn:ietf:wg:oauth:2.0:oob", "about-blank": "about:blank", "question-mark": "?", "wildcard": "*", "mail": "mailto:a@app.example", "the-issuer": "https://issuer.example/"}.items():
    for client, place in [("public", "https://app.example/cb"), ("confidential", "http://127.0.0.1:3456/callback")]:
        asked("redirect-exact", f"{client}-asks-for-{what}", client, [place], uri)
for n, uri in enumerate([
    "https://APP.example/cb", "https://App.Example/cb", "https://app.example:443/cb", "https://app.example:0443/cb", "https://app.example:/cb", "https://app.example:8443/cb", "https://app.example./cb", "https://sub.app.example/cb", "https://*.example/cb", "https://xn--app-.example/cb", "https://app.ex" + CYRILLIC_A + "mple/cb",
    "https://app" + FULL_STOP + "example/cb", "https://[app.example]/cb", "https://app%2eexample/cb", "https://%61pp.example/cb", "http://app.example/cb", "ftp://app.example/cb", "wss://app.example/cb", "https://app.example:443443/cb", "https://app.example:-1/cb", "https://app.example: 443/cb",
]):
    for client in ["public", "confidential"]:
        asked("redirect-exact", f"host-of-the-{client}-web-app-{said(uri, n)}", client, ["https://app.example/cb"], uri)
TWO = ["https://app.example/cb", "https://other.example/done"]
for n, uri in enumerate(["https://app.example/done", "https://other.example/cb", "https://app.example/cb/done", "https://other.example/", "https://app.example/cb https://other.example/done", "https://app.example/cbhttps://other.example/done", "https://app.example/cb|https://other.example/done"]):
    asked("redirect-exact", f"mixed-from-two-registered-{said(uri, n)}", "public", TWO, uri)
for n, uri in enumerate(["com.example.app://callback", "com.example.app:callback", "com.example.app:/callback/", "com.example.app:/callback?x=1", "com.example.app:/callback#f", "com.example.app:/CALLBACK", "com.example.App:/callback", "com.example.apps:/callback", "com.example:/callback", "com.example.app2:/callback", "com.example.app:/../callback", "com.example.app:", "com.example.app", "com.example.app:/*", "com.evil.app:/callback", "app:/callback", "com.example.app:///callback", "com.example.app:/callback%20", "com.example.app.evil:/callback"]):
    asked("redirect-exact", f"scheme-of-an-app-{said(uri, n)}", "public", ["com.example.app:/callback"], uri)

# on this computer: the port alone may vary, and each host only with itself (RFC 8252 s7.3)
LOOPBACK = {"v4": ("127.0.0.1", "http://127.0.0.1:3456/callback"), "v6": ("[::1]", "http://[::1]:3456/callback"), "localhost": ("localhost", "http://localhost:3456/callback")}
for kind, (host, registered) in LOOPBACK.items():
    for n, port in enumerate([":0", ":65536", ":080", ":", ":00003456", ":-1", ":+80", ":1.5", ":http", ":99999999999999999999", ": 80", ":80 ", ":0x50", ":\u0663", ":80:80", ":3456%20", ":3456@evil.example", ":1e3", ":%38%30"]):
        asked("redirect-loopback-port", f"{kind}-at-port-{said(port, n)}", "public", [registered], f"http://{host}{port}/callback")
    hosts = ["127.0.0.1", "[::1]", "localhost", "127.0.0.2", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "::1", "LOCALHOST", "localhost.", "localhost.localdomain", "app.localhost", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1.", "127.0.0.01", "[::1%25lo]", "evil.example", "10.0.0.1", "[127.0.0.1]", "loopback", "127.0.0.1\\@evil.example", "l\u043ecalhost"]
    for n, other in enumerate(other for other in hosts if other != host):
        for which, port in [("the-same-port", ":3456"), ("another-port", ":8080")]:
            asked("redirect-loopback-host", f"{kind}-under-another-name-{said(other, n)}-at-{which}", "public", [registered], f"http://{other}{port}/callback")
    for n, behind in enumerate(["/callback/", "/callback?x=1", "/callback#f", "/other", "/", "", "/callback/../callback", "/%63allback", "/Callback", "/callback;x"]):
        asked("redirect-loopback-host", f"{kind}-at-another-port-and-path-{said(behind, n)}", "public", [registered], f"http://{host}:8080{behind}")
    for n, scheme in enumerate(["https", "ftp", "ws", "HTTP", "file"]):
        asked("redirect-loopback-host", f"{kind}-by-another-scheme-{said(scheme, n)}", "public", [registered], f"{scheme}://{host}:8080/callback")
for n, port in enumerate(["", ":1", ":80", ":3001", ":30000", ":65535", ":8080"]):
    asked("redirect-localhost-port", f"localhost-of-a-client-with-a-secret-at-port-{said(port, n)}", "confidential", ["http://localhost:3000/callback"], f"http://localhost{port}/callback")
for n, port in enumerate([":443", ":8443", ":444"]):
    asked("redirect-exact", f"https-on-this-computer-at-another-port-{said(port, n)}", "public", ["https://localhost:9443/cb"], f"https://localhost{port}/cb")


# what nobody may register
def registered(rule, name, uris, application_type=None):
    given = {"register": uris} | ({"application_type": application_type} if application_type else {})
    V.add(rule, "register-" + name, given, "invalid_redirect_uri")


for n, uri in enumerate([
    "javascript:alert(1)", "javascript://app.example/%0aalert(1)", "JavaScript:alert(1)", "data:text/html,x", "data:text/html;base64,PHNjcmlwdD4=", "vbscript:msgbox", "blob:https://app.example/1", "file:///etc/passwd", "about:blank", "view-source:https://app.example", "mailto:a@app.example", "tel:123", "urn:ietf:wg:oauth:2.0:oob", "urn:example:cb", "ftp://app.example/cb", "ws://app.example/cb", "wss://app.example/cb",
    "http://app.example/cb", "http://10.0.0.1/cb", "http://192.168.1.1/cb", "http://127.0.0.2/cb", "http://[::2]/cb", "http://0.0.0.0/cb", "http://app.localhost/cb", "http://localhost.evil.example/cb", "http://127.0.0.1.evil.example/cb", "app:/callback", "myapp://callback", "chrome-extension://abc/cb", "intent://app.example#Intent", "HTTPS://app.example/cb", "Https://app.example/cb", "Com.Example.App:/cb", "1com.example:/cb", ".com.example:/cb", "com.example_app:/cb", "com.example.app", "com.example.app:", "://app.example/cb", "", "app.example/cb", "/cb", "cb", "//app.example/cb", "null",
    "http:app.example/cb", "https:app.example/cb", "https:/app.example/cb", "com\u0435.example.app:/cb", "data.:", "feed:https://app.example", "jar:https://app.example!/x",
]):
    registered("redirect-scheme", f"scheme-{said(uri, n)}", [uri])
    if n % 3 == 0:
        registered("redirect-scheme", f"scheme-{said(uri, n)}-behind-a-good-one", ["https://app.example/cb", uri])
for n, uri in enumerate([
    "https://app.example/cb#", "https://app.example/cb#f", "https://app.example#f", "com.example.app:/cb#f", "http://127.0.0.1/cb#f", "https://app.example/*", "https://*.example/cb", "https://app.example/cb*", "https://*", "com.example.app:/*", "http://localhost:*/cb", "https://app.example/cb ", " https://app.example/cb", "https://app.example/c b", "https://app.example/cb\t", "https://app.example/cb\n", "https://app.example/cb\r\nx: y", "https://app.example/cb\0", "https://app.example/\u0001", "https://app.example/\u007f", "https://app.example/\u00e9", "https://app.example/\u202ecb", "https://app.example/\u200bcb",
    "https://app.ex\u0430mple/cb", "https://app\u3002example/cb", "https://app.example\\cb", "https:\\\\app.example\\cb", "https://app.example/\"", "https://app.example/<script>", "https://app.example/>", "https://app.example/^", "https://app.example/`", "https://app.example/{x}", "https://app.example/|", "https://app.example/cb?x=<y>", "https://app.example/cb?x=\u00e4", "com.example.app:/\u00e4", "https://app.example/cb?{}",
]):
    registered("redirect-characters", f"characters-{said(uri, n)}", [uri])
for n, uri in enumerate(["https://user@app.example/cb", "https://user:password@app.example/cb", "https://@app.example/cb", "https://app.example@evil.example/cb", "https://app.example:443@evil.example/cb", "http://user@127.0.0.1/cb", "http://user@localhost:3000/cb", "http://user@[::1]/cb", "com.example.app://user@host/cb", "com.example.app://user:pw@host", "com.example.app://@host/cb", "https://a%40b@app.example/cb"]):
    registered("redirect-user", f"user-{said(uri, n)}", [uri])
for n, uri in enumerate(["https://app.example/.", "https://app.example/..", "https://app.example/./cb", "https://app.example/../cb", "https://app.example/x/../cb", "https://app.example/cb/.", "https://app.example/cb/..", "https://app.example/cb/../../x?y", "http://127.0.0.1/../cb", "http://localhost:3000/x/./cb", "http://[::1]/..", "https://app.example/..?x=1"]):
    registered("redirect-dots", f"dots-{said(uri, n)}", [uri])
for n, uri in enumerate([
    "https://APP.example/cb", "https://App.Example/cb", "https://app.example./cb", "https://.app.example/cb", "https://app..example/cb", "https://-app.example/cb", "https://app-.example/cb", "https:///cb", "https://", "https://?x", "https://:443/cb", "https://app.example:/cb", "https://app.example:0/cb", "https://app.example:65536/cb", "https://app.example:0443/cb", "https://app.example:x/cb", "https://app.example:443:443/cb", "https://app.example:-1/cb", "https://[app.example]/cb", "https://[::g]/cb", "https://[::1/cb", "https://::1/cb", "https://[]/cb",
    "https://[v1.x]/cb", "https://app%2eexample/cb", "https://%61pp.example/cb", "https://app.example,evil.example/cb", "https://app.example;x/cb", "https://app.example&x/cb", "https://app!.example/cb", "https://" + "a" * 64 + ".example/cb", "https://" + ".".join(["a" * 60] * 5) + "/cb", "https://app$.example/cb", "https://(app.example)/cb", "https://app.example:443x/cb", "https://[::1]:0/cb", "https://[::ffff:1.2.3]/cb", "http://LOCALHOST/cb", "http://127.0.0.1:0/cb", "http://[0:0:0:0:0:0:0:1]/cb",
]):
    registered("redirect-host", f"host-{said(uri, n)}", [uri])
for n, uri in enumerate(["http://127.0.0.1/cb", "http://127.0.0.1:3000/cb", "http://[::1]/cb", "http://localhost/cb", "http://localhost:8080/cb", "https://localhost/cb", "https://127.0.0.1/cb", "https://[::1]:443/cb", "com.example.app:/cb", "com.example.app://host/cb", "x-y.z:/cb"]):
    registered("redirect-web", f"web-site-at-{said(uri, n)}", [uri], "web")
    registered("redirect-web", f"web-site-at-{said(uri, n)}-behind-a-good-one", ["https://app.example/cb", uri], "web")
for count in [21, 22, 40, 64]:
    registered("redirect-count", f"{count}-uris", [f"https://app.example/cb/{n}" for n in range(count)])
for what, uri in {"2001-bytes": "https://app.example/" + "a" * 1981, "3000-bytes": "https://app.example/" + "a" * 2980, "10000-bytes": "https://app.example/" + "a" * 9980, "2001-bytes-of-query": "https://app.example/cb?" + "a" * 1978, "2001-bytes-of-a-scheme": "com." + "a" * 1994 + ":/b", "2001-bytes-on-this-computer": "http://127.0.0.1/" + "a" * 1984}.items():
    registered("redirect-length", what, [uri])


def write():
    V.write("redirect.json")
