"""An application around the Python MCP SDK: what the SDK leaves to it, and nothing else. And what a test wants to see of it."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import httpx2
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

REDIRECT = "http://localhost:33419/callback"  # nothing listens there: the scripted person hands the redirect over


class App:
    """An application around the SDK: it keeps what it is given, opens a browser when it is asked to, and hands over what the browser brings back."""

    def __init__(self, prokura, human, mode="auto", client=None, client_metadata_url=None, metadata=None, bend=lambda answer: answer):
        self.human, self.bend = human, bend
        self.tokens, self.registered = None, client
        self.opened = []
        self.wire = []
        self.before_person = lambda: None
        about = {"client_name": "Interop", "redirect_uris": [REDIRECT], **(metadata or {})}
        provider = OAuthClientProvider(
            server_url=prokura.resource("mcp"),
            client_metadata=OAuthClientMetadata.model_validate(about),
            storage=self,
            redirect_handler=self._open,
            callback_handler=self._answered,
            client_metadata_url=client_metadata_url,
        )
        self.http = httpx2.AsyncClient(auth=provider, timeout=10, transport=Noting(self.wire))
        self.client = Client(streamable_http_client(prokura.resource("mcp"), http_client=self.http), mode=mode)

    async def __aenter__(self):
        await self.http.__aenter__()
        await self.client.__aenter__()
        await self.client.list_tools()  # the SDK wants the schemas, and would ask in the middle of a case
        return self

    async def __aexit__(self, *error):
        await self.client.__aexit__(*error)
        await self.http.__aexit__(*error)

    @property
    def lines(self):
        return [entry.line for entry in self.wire]

    async def echo(self, text):
        return (await self.client.call_tool("echo", {"text": text})).content[0].text

    async def _open(self, url):
        self.opened.append(url)

    async def _answered(self):
        self.before_person()
        redirect = await asyncio.to_thread(self.human.answer, self.opened[-1])
        assert redirect.startswith(f"{REDIRECT}?"), redirect
        answer = self.bend(dict(parse_qsl(urlsplit(redirect).query)))
        return AuthorizationCodeResult(code=answer["code"], state=answer["state"], iss=answer["iss"])

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.registered

    async def set_client_info(self, client_info):
        self.registered = client_info


class Noting(httpx2.AsyncHTTPTransport):
    """Notes what went over the wire; it changes nothing."""

    def __init__(self, wire):
        super().__init__()
        self.wire = wire

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if request.url.path != "/mcp":
            await response.aread()
        self.wire.append(Entry(request, response))
        return response


class Entry:
    def __init__(self, request, response):
        self.line = f"{request.method} {request.url.path} {response.status_code}"
        self.authorization = request.headers.get("Authorization")
        self.challenge = response.headers.get("WWW-Authenticate")
        self.retry_after = response.headers.get("Retry-After")
        self.sent = request.content.decode()
        self.answer = response.json() if request.url.path != "/mcp" and response.content else None

    @property
    def form(self):
        return dict(parse_qsl(self.sent))


class DocumentServer:
    """Serves one client metadata document at http://localhost."""

    def __enter__(self):
        self.seen = seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append((self.path, self.headers.get("Cookie")))
                body = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.id = f"http://localhost:{self.server.server_port}/client.json"
        document = {"client_id": self.id, "client_name": "Documented", "redirect_uris": ["http://localhost/callback"], "token_endpoint_auth_method": "none"}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
