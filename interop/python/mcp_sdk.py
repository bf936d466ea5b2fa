"""The Python MCP SDK, unmodified, against the demo MCP server: discovery, authentication, tools."""

import asyncio
import logging

import httpx2
from cases import equal
from joserfc.jwk import ECKey
from mcp.client import Client
from mcp.client.auth import OAuthTokenError
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)
from mcp.client.streamable_http import streamable_http_client
from oauth import registered, revoke_grants

SECONDS_MAX = 30
TOOLS = ["add", "echo", "note_write", "whoami"]
REVISIONS = {"legacy": "2025-11-25", "auto": "2026-07-28", "2026-07-28": "2026-07-28"}
METHODS = ["private_key_jwt", "client_secret_basic", "client_secret_post"]

DISCOVERY = [
    "POST /mcp 401",
    "GET /.well-known/oauth-protected-resource/mcp 200",
    "GET /.well-known/oauth-authorization-server 200",
    "POST /oauth2/token 200",
    "POST /mcp 200",
]


def mcp_sdk(cases, prokura):
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it logs the refusals that are wanted here
    for method in METHODS:
        for mode, negotiated in REVISIONS.items():
            cases.claim(
                f"mcp (Python), {method}, mode {mode}: finds the server by a 401, gets a token, lists and calls tools",
                lambda method=method, mode=mode, negotiated=negotiated: _within(_tools(prokura, method, mode, negotiated)),
            )
    cases.claim("mcp (Python): after a revoked grant the next call is refused", lambda: _within(_revoked(prokura)))


def _within(work):
    asyncio.run(asyncio.wait_for(work, SECONDS_MAX))


async def _tools(prokura, method, mode, negotiated):
    seen = []
    async with _connected(prokura, _provider(prokura, method), mode, seen) as client:
        equal(client.protocol_version, negotiated)
        listed = await client.list_tools()
        equal(seen[:5], DISCOVERY)  # a pinned client sends nothing before its first call
        equal(sorted(tool.name for tool in listed.tools), TOOLS)
        echoed = await client.call_tool("echo", {"text": "grüße"})
        equal(echoed.content[0].text, "grüße")
        added = await client.call_tool("add", {"a": 2, "b": 0.5})
        equal(added.structured_content, {"sum": 2.5})
        who = await client.call_tool("whoami", {})
        equal(who.structured_content["client_id"], prokura.client(method)["client_id"])
        written = await client.call_tool("note_write", {"text": "from Python"})
        equal(written.structured_content["text"], "from Python")


async def _revoked(prokura):
    made = registered(prokura)
    provider = ClientCredentialsOAuthProvider(
        server_url=prokura.resource("mcp"),
        storage=Memory(),
        client_id=made["client_id"],
        client_secret=made["client_secret"],
        issuer=prokura.issuer,
    )
    seen = []
    try:
        async with _connected(prokura, provider, "auto", seen) as client:
            await client.call_tool("echo", {"text": "x"})
            revoke_grants(prokura, made["client_id"])
            del seen[:]
            await client.call_tool("echo", {"text": "x"})
    except* OAuthTokenError as group:  # the SDK ends the whole connection with it
        assert '"unauthorized_client"' in str(group.exceptions[0]), group.exceptions
        equal((seen[0], seen[-1]), ("POST /mcp 401", "POST /oauth2/token 400"))
    else:
        raise AssertionError("the call went through")


class Memory:
    """Where the SDK keeps its tokens."""

    def __init__(self):
        self.tokens = self.client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


def _connected(prokura, provider, mode, seen):
    return _Connected(prokura.resource("mcp"), provider, mode, seen)


class _Connected:
    """An SDK client over an HTTP client that notes what went over the wire; it changes nothing."""

    def __init__(self, url, provider, mode, seen):
        self.seen = seen
        self.http = httpx2.AsyncClient(auth=provider, timeout=10, transport=_Noting(seen))
        self.client = Client(streamable_http_client(url, http_client=self.http), mode=mode)

    async def __aenter__(self):
        await self.http.__aenter__()
        return await self.client.__aenter__()

    async def __aexit__(self, *error):
        await self.client.__aexit__(*error)
        await self.http.__aexit__(*error)


class _Noting(httpx2.AsyncHTTPTransport):
    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        self.seen.append(f"{request.method} {request.url.path} {response.status_code}")
        return response


def _provider(prokura, method):
    demo = prokura.client(method)
    common = {"server_url": prokura.resource("mcp"), "storage": Memory(), "client_id": demo["client_id"], "issuer": prokura.issuer}
    if method != "private_key_jwt":
        return ClientCredentialsOAuthProvider(client_secret=demo["client_secret"], token_endpoint_auth_method=method, **common)
    signed = SignedJWTParameters(
        issuer=demo["client_id"],
        subject=demo["client_id"],
        signing_key=ECKey.import_key(demo["jwk"]).as_pem(private=True).decode(),
        signing_algorithm=demo["jwk"]["alg"],
    )
    return PrivateKeyJWTOAuthProvider(assertion_provider=signed.create_assertion_provider(), **common)
