"""The Python MCP SDK, unmodified, acts for a person: discovery, documents, registration, refresh, step-up, and being stopped."""

import asyncio
import contextlib
import json
import logging
import sqlite3
import time
from base64 import b64encode
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import requests
from application import REDIRECT, App, DocumentServer
from cases import equal
from human import Human
from mcp.client.auth import OAuthFlowError
from mcp.shared.auth import OAuthClientInformationFull
from oauth import verified

SECONDS_MAX = 30
REVISIONS = {"legacy": "2025-11-25", "auto": "2026-07-28"}
DISCOVERY = ["POST /mcp 401", "GET /.well-known/oauth-protected-resource/mcp 200", "GET /.well-known/oauth-authorization-server 200"]
CALLS = ["one", "two", "three"]


def mcp_person(cases, prokura):
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it logs the refusals that are wanted here
    human = Human(prokura)
    for mode, negotiated in REVISIONS.items():
        cases.claim(
            f"mcp (Python), mode {mode}, a pinned document as client id: 401, discovery, PKCE, iss, one yes, a token for this server, tools",
            lambda mode=mode, negotiated=negotiated: _within(_pinned(prokura, mode, negotiated)),
        )
    cases.claim("mcp (Python), an http://localhost document as client id: it is read once, without cookies", lambda: _within(_document(prokura, human)))
    for said, method in [("none", "none"), (None, "client_secret_basic"), ("client_secret_basic", "client_secret_basic"), ("client_secret_post", "client_secret_post")]:
        cases.claim(
            f"mcp (Python) registers itself, with {said or 'no method'}: the answer echoes what counts, and the token request proves it as {method}",
            lambda said=said, method=method: _within(_registers(prokura, human, said, method)),
        )
    cases.claim("mcp (Python): an answer under another iss is refused by the SDK before the code is used (RFC 9207)", lambda: _within(_other_iss(prokura, human)))
    cases.claim("mcp (Python): when its clock says so it refreshes without the person, and the refresh token turns", lambda: _within(_refreshes(prokura, human)))
    cases.claim("mcp (Python): three calls at once with an ended token make one refresh, and all three succeed", lambda: _within(_at_once(prokura, human)))
    cases.claim("mcp (Python): a token that is refused early makes it ask the person, whatever refresh token it has (known behaviour)", lambda: _within(_refused(prokura, human)))
    cases.claim("mcp (Python): a call beyond the scope asks the person, once, for what it had and what is needed, and goes through", lambda: _within(_step_up(prokura, human)))
    cases.claim("mcp (Python): stopped on the page of connected agents, its token and its refresh are refused, and the person is asked anew", lambda: _within(_stopped(prokura, human)))
    cases.claim("mcp (Python): a refresh that the server sheds makes it ask the person, whatever the answer says (known behaviour)", lambda: _within(_shed(prokura, human)))


async def _pinned(prokura, mode, negotiated):
    human = Human(prokura)
    pinned = prokura.client("none")["client_id"]
    async with App(prokura, human, mode, client_metadata_url=pinned) as app:
        equal(human.took(), ["sign-in", "consent"])
        equal(app.lines[:5], [*DISCOVERY, "POST /oauth2/token 200", "POST /mcp 200"])
        assert not any("register" in line for line in app.lines), "a document is no registration"
        equal(app.client.protocol_version, negotiated)
        asked = dict(parse_qsl(urlsplit(app.opened[0]).query))
        equal((len(asked.pop("state")), len(asked.pop("code_challenge"))), (43, 43))
        expected = {
            "response_type": "code",
            "client_id": pinned,
            "redirect_uri": REDIRECT,
            "code_challenge_method": "S256",
            "resource": prokura.resource("mcp"),
            "scope": "tools:read",  # what the challenge named
        }
        equal(asked, expected)
        sent = app.wire[3].form
        assert sent.pop("code") and len(sent.pop("code_verifier")) >= 43
        equal(sent, {"grant_type": "authorization_code", "client_id": pinned, "redirect_uri": REDIRECT, "resource": prokura.resource("mcp")})
        answer = dict(app.wire[3].answer)
        claims = verified(prokura, answer.pop("access_token"), prokura.resource("mcp"))
        assert answer.pop("refresh_token")
        equal(answer, {"token_type": "Bearer", "expires_in": 300, "scope": "tools:read"})
        who = (await app.client.call_tool("whoami", {})).structured_content
        equal((who["client_id"], who["subject"], who["scopes"]), (pinned, claims["sub"], ["tools:read"]))
        assert claims["sub"] != pinned, "RFC 9068 s2.2: the person, not the program"


async def _document(prokura, human):
    with DocumentServer() as documents:
        client = OAuthClientInformationFull(client_id=documents.id, redirect_uris=[REDIRECT], token_endpoint_auth_method="none")
        async with App(prokura, human, client=client) as app:
            equal((await app.echo("x")), "x")
            equal(app.wire[3].form["client_id"], documents.id)
            assert not any("register" in line for line in app.lines)
        equal(documents.seen, [("/client.json", None)])


async def _registers(prokura, human, said, method):
    async with App(prokura, human, metadata={"token_endpoint_auth_method": said}) as app:
        equal(app.lines[:5], [*DISCOVERY, "POST /oauth2/register 201", "POST /oauth2/token 200"])
        asked, answer = json.loads(app.wire[3].sent), app.wire[3].answer
        equal(asked["application_type"], "native")
        equal([answer[name] for name in ["redirect_uris", "grant_types", "response_types"]], [[REDIRECT], ["authorization_code", "refresh_token"], ["code"]])
        equal((answer["token_endpoint_auth_method"], answer["scope"], "client_secret" in answer), (method, "tools:read", method != "none"))
        assert None not in answer.values()
        basic = "Basic " + b64encode(f"{answer['client_id']}:{answer['client_secret']}".encode()).decode() if method == "client_secret_basic" else None
        equal(app.wire[4].authorization, basic)
        equal(app.wire[4].form.get("client_secret"), answer.get("client_secret") if method == "client_secret_post" else None)
        equal((await app.echo("x")), "x")


async def _other_iss(prokura, human):
    app = App(prokura, human, client_metadata_url=prokura.client("none")["client_id"], bend=lambda answer: {**answer, "iss": "https://other.example"})
    try:
        async with app:
            raise AssertionError("the SDK took it")
    except* OAuthFlowError as group:
        assert "iss" in str(group.exceptions[0]), group.exceptions
    equal([line for line in app.lines if "/oauth2/" in line], [])


async def _refreshes(prokura, human):
    async with App(prokura, human, client_metadata_url=prokura.client("none")["client_id"]) as app:
        human.took()
        for hours in [1, 2]:
            before = app.tokens
            app.wire.clear()
            with later(hours):
                equal((await app.echo("x")), "x")
            equal(app.lines, ["POST /oauth2/token 200", "POST /mcp 200"])
            expected = {"grant_type": "refresh_token", "refresh_token": before.refresh_token, "client_id": prokura.client("none")["client_id"], "resource": prokura.resource("mcp")}
            equal(app.wire[0].form, expected)
            assert app.tokens.refresh_token not in [None, before.refresh_token]
        equal((len(app.opened), human.took()), (1, []))


async def _at_once(prokura, human):
    async with App(prokura, human, client_metadata_url=prokura.client("none")["client_id"]) as app:
        app.wire.clear()
        with later(1):
            equal(await asyncio.gather(*(app.echo(text) for text in CALLS)), CALLS)
        equal([line for line in app.lines if "/oauth2/" in line], ["POST /oauth2/token 200"], "it has a lock")
        equal(app.lines.count("POST /mcp 200"), len(CALLS))
        with later(2):
            equal((await app.echo("later")), "later")
        equal(len(app.opened), 1)


async def _refused(prokura, human):
    async with App(prokura, human, client_metadata_url=prokura.client("none")["client_id"]) as app:
        revoke(prokura, app.tokens.access_token)
        human.took()
        app.wire.clear()
        equal((await app.echo("x")), "x")
        equal(app.lines, [*DISCOVERY, "POST /oauth2/token 200", "POST /mcp 200"])
        equal(app.wire[3].form["grant_type"], "authorization_code")
        equal((len(app.opened), human.took()), (2, ["consent"]), "one page, since the browser is remembered")


async def _step_up(prokura, human):
    async with App(prokura, human, client_metadata_url=prokura.client("none")["client_id"]) as app:
        human.took()
        app.wire.clear()
        written = await app.client.call_tool("note_write", {"text": "beyond"})
        equal(written.structured_content["text"], "beyond")
        equal(app.lines, ["POST /mcp 403", "POST /oauth2/token 200", "POST /mcp 200"])
        assert app.wire[0].challenge.startswith('Bearer error="insufficient_scope"') and 'scope="tools:read tools:write"' in app.wire[0].challenge
        equal(sorted(dict(parse_qsl(urlsplit(app.opened[1]).query))["scope"].split()), ["tools:read", "tools:write"])
        equal(human.shown, [("consent", ["tools:read", "tools:write"])])
        equal(sorted(app.tokens.scope.split()), ["tools:read", "tools:write"])


async def _stopped(prokura, human):
    pinned = prokura.client("none")["client_id"]
    async with App(prokura, human, client_metadata_url=pinned) as app:
        for ended in [False, True]:
            await asyncio.to_thread(human.stop, pinned)
            human.took()
            app.wire.clear()
            with later(1) if ended else contextlib.nullcontext():
                equal((await app.echo("x")), "x")
            # By its clock it refreshes first, and is refused; with a token that should be good it finds out by the 401.
            first = ["POST /oauth2/token 400", "POST /mcp 401"] if ended else ["POST /mcp 401"]
            equal(app.lines, [*first, *DISCOVERY[1:], "POST /oauth2/token 200", "POST /mcp 200"])
            if ended:
                equal(app.wire[0].answer["error"], "invalid_grant")
            equal(human.took(), ["consent"], "a yes that was taken back does not stand")
        equal(len(app.opened), 3)
        assert pinned in await asyncio.to_thread(human.agents)


async def _shed(prokura, human):
    async with App(prokura, human, client_metadata_url=prokura.client("none")["client_id"]) as app:
        kept = app.tokens
        human.took()
        app.wire.clear()
        holder = sqlite3.connect(prokura.folder / "data" / "prokura.db", isolation_level=None, check_same_thread=False)
        app.before_person = holder.close  # the server can write again when the person acts
        try:
            holder.execute("BEGIN IMMEDIATE")
            with later(1):
                equal((await app.echo("x")), "x")
        finally:
            holder.close()
        equal(app.lines, ["POST /oauth2/token 503", *DISCOVERY, "POST /oauth2/token 200", "POST /mcp 200"])
        equal((app.wire[0].answer["error"], int(app.wire[0].retry_after) > 0), ("temporarily_unavailable", True))
        equal((len(app.opened), human.took()), (2, ["consent"]))
        assert app.tokens.refresh_token != kept.refresh_token


@contextlib.contextmanager
def later(hours):
    """The client's clock is hours ahead: its tokens have ended, as far as it knows."""
    now = time.time
    with mock.patch("time.time", lambda: now() + hours * 3600):
        yield


def revoke(prokura, token):
    """Gives an access token back (RFC 7009); the refresh token stays good."""
    body = {"token": token, "client_id": prokura.client("none")["client_id"]}
    equal(requests.post(f"{prokura.issuer}/oauth2/revoke", data=body, timeout=10).status_code, 200)


def _within(work):
    asyncio.run(asyncio.wait_for(work, SECONDS_MAX))
