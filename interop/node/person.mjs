// A person lets an unmodified MCP client act for them: how the client finds us, says who it is, and what is asked and answered.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';

import * as current from '@modelcontextprotocol/client';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { Application, CLIENT_2, CLIENT_2_BEFORE, SDK_1, form } from './application.mjs';
import { failure } from './clients.mjs';
import { Human } from './human.mjs';

/** What every client asks when it knows nothing but the URL of the MCP server, up to the person. */
const DISCOVERY = ['POST /mcp 401', 'GET /.well-known/oauth-protected-resource/mcp 200', 'GET /.well-known/oauth-authorization-server 200'];

export async function person(cases, prokura) {
    const human = new Human(prokura);
    await documents(cases, prokura, human);
    await registration(cases, prokura, human);
    await answers(cases, prokura, human);
}

async function documents(cases, prokura, human) {
    const { client_id: pinned } = prokura.client('none');
    for (const [sdk, way] of [
        [SDK_1, { clientId: pinned }],
        [CLIENT_2_BEFORE, { clientMetadataUrl: pinned }],
        [CLIENT_2, { clientMetadataUrl: pinned }],
    ]) {
        await cases.claim(`${sdk.name}, a pinned document as client id: 401, discovery, PKCE, one yes, a token for this server, tools`, async () => {
            const fresh = new Human(prokura);
            const app = await new Application(sdk, prokura, way).connect(fresh);
            assert.deepEqual(fresh.took(), ['sign-in', 'consent']);
            assert.deepEqual(app.wire.lines.slice(0, 5), [...DISCOVERY, 'POST /oauth2/token 200', 'POST /mcp 200']);
            assert.ok(app.wire.lines.every((line) => !line.includes('/register')), 'a document is no registration');

            const asked = Object.fromEntries(app.provider.opened[0].searchParams);
            const { code_challenge: challenge, ...rest } = asked;
            assert.match(challenge, /^[\w-]{43}$/);
            assert.deepEqual(rest, {
                response_type: 'code',
                client_id: pinned,
                code_challenge_method: 'S256',
                redirect_uri: app.provider.redirectUrl,
                state: app.provider.kept.state,
                scope: 'tools:read', // what the challenge named
                resource: prokura.resource('mcp'),
            });
            await redeemed(prokura, app, app.wire.seen[3], pinned);
            const echoed = await app.echo();
            assert.equal(echoed.content[0].text, 'grüße');
            const who = await app.client.callTool({ name: 'whoami', arguments: {} });
            assert.deepEqual([who.structuredContent.client_id, who.structuredContent.scopes], [pinned, ['tools:read']]);
            await app.close();
        });
    }
    for (const sdk of [SDK_1, CLIENT_2]) {
        await cases.claim(`${sdk.name}, an http://localhost document as client id: it is read once, without cookies, and the person sees its host`, async () => {
            const document = await DocumentServer.start();
            try {
                const app = await new Application(sdk, prokura, { clientId: document.id }).connect(human);
                const consent = human.shown.at(-1);
                human.took();
                assert.ok(consent.text.includes(new URL(document.id).host), consent.text);
                assert.ok(app.wire.lines.every((line) => !line.includes('/register')));
                await redeemed(prokura, app, app.wire.at('POST /oauth2/token 200')[0], document.id);
                assert.equal((await app.echo()).content[0].text, 'grüße');
                await app.loseAccess();
                await app.echo();
                assert.deepEqual(document.seen.map(({ method, url, headers }) => [method, url, headers.cookie]), [['GET', '/client.json', undefined]]);
                await app.close();
            } finally {
                document.end();
            }
        });
    }
    await cases.claim('a document that says another client_id than its address is refused on a page, and the browser is sent nowhere', async () => {
        const document = await DocumentServer.start({ client_id: 'http://localhost:1/client.json' });
        try {
            const app = new Application(SDK_1, prokura, { clientId: document.id });
            assert.ok(await app.wantsPerson(app.open()));
            const stuck = await failure(human.answer(app.provider.opened[0]));
            assert.match(stuck.message, /the person is stuck at 400 invalid_client/);
            assert.equal(document.seen.length, 1);
        } finally {
            document.end();
        }
    });
}

async function registration(cases, prokura, human) {
    // RFC 7591 s2: an absent method means client_secret_basic.
    const methods = [
        ['none', { token_endpoint_auth_method: 'none' }, 'none'],
        ['no method', { token_endpoint_auth_method: undefined }, 'client_secret_basic'],
        ['client_secret_post', { token_endpoint_auth_method: 'client_secret_post' }, 'client_secret_post'],
    ];
    for (const sdk of [SDK_1, CLIENT_2]) {
        for (const [said, metadata, method] of methods) {
            await cases.claim(`${sdk.name} registers itself, with ${said}: the answer echoes what counts, and the token request proves it as ${method}`, async () => {
                const app = await new Application(sdk, prokura, { metadata }).connect(human);
                human.took();
                assert.deepEqual(app.wire.lines.slice(0, 5), [...DISCOVERY, 'POST /oauth2/register 201', 'POST /oauth2/token 200']);
                const { sent, answer, response } = app.wire.seen[3];
                const asked = JSON.parse(sent);
                assert.deepEqual(answer.redirect_uris, asked.redirect_uris);
                assert.deepEqual([answer.grant_types, answer.response_types], [['authorization_code', 'refresh_token'], ['code']]);
                assert.equal(answer.token_endpoint_auth_method, method);
                assert.equal(answer.scope, 'tools:read');
                assert.ok(Object.values(answer).every((value) => value !== null), 'a null is fatal to both SDKs');
                assert.equal('client_secret' in answer, method !== 'none');
                assert.equal(response.get('cache-control'), 'no-store');
                const { client_id: id, client_secret: secret } = answer;
                assert.match(`${id}${secret ?? ''}`, /^[\w.~-]+$/);

                const { request } = app.wire.seen[4];
                const proved = form(app.wire.seen[4]);
                const basic = method === 'client_secret_basic' ? `Basic ${btoa(`${id}:${secret}`)}` : null;
                assert.equal(request.get('authorization'), basic);
                assert.equal(proved.client_secret, method === 'client_secret_post' ? secret : undefined);
                assert.equal((await app.echo()).content[0].text, 'grüße');
                await app.close();
            });
        }
        await cases.claim(`${sdk.name}: a stored registration comes back on another port of localhost, and the person is asked again`, async () => {
            const first = await new Application(sdk, prokura).connect(human);
            await first.close();
            const later = new Application(sdk, prokura, { redirectUrl: 'http://localhost:41517/callback' });
            later.provider.kept.client = first.provider.kept.client;
            human.took();
            await later.connect(human);
            // No credential, and a place of answer that any program on the computer can take: RFC 8252 s8.6.
            assert.deepEqual(human.took(), ['consent']);
            assert.ok(later.wire.lines.every((line) => !line.includes('/register')));
            assert.equal(form(later.wire.at('POST /oauth2/token 200')[0]).redirect_uri, 'http://localhost:41517/callback');
            await later.close();
        });
    }
    await cases.claim('mcp client 2: a registration with a place of answer on another host over plain http is refused in the terms of RFC 7591', async () => {
        const app = new Application(CLIENT_2, prokura, { redirectUrl: 'http://app.example/callback' });
        const refused = await failure(app.open());
        const { status, answer } = app.wire.seen.at(-1);
        assert.deepEqual([status, answer.error], [400, 'invalid_redirect_uri']);
        assert.match(refused.message, /invalid_redirect_uri/);
        assert.deepEqual(app.provider.opened, []);
    });
}

async function answers(cases, prokura, human) {
    const way = { clientMetadataUrl: prokura.client('none').client_id };
    await cases.claim('a yes without one scope: the token has the rest (RFC 6749 s3.3)', async () => {
        const app = await new Application(CLIENT_2, prokura, way).connect(human);
        assert.ok(await app.wantsPerson(app.note('x')), 'the challenge of the 403 asks for more');
        human.took();
        await app.ask(human, { without: ['tools:write'] });
        assert.deepEqual(human.shown.at(-1).scopes.sort(), ['tools:read', 'tools:write']);
        assert.equal(app.provider.kept.tokens.scope, 'tools:read');
        await app.close();
    });
    await cases.claim('mcp client 2: a no comes back as access_denied with state and iss, and the SDK says so', async () => {
        const app = new Application(CLIENT_2, prokura, way);
        assert.ok(await app.wantsPerson(app.open()));
        const redirect = await app.redirected(human, { decision: 'deny' });
        const { error, iss } = Object.fromEntries(redirect.searchParams);
        assert.deepEqual([error, iss, redirect.searchParams.has('code')], ['access_denied', prokura.ready.issuer, false]);
        const told = await failure(app.finish(redirect));
        assert.equal(told.code, 'access_denied');
        assert.equal(app.wire.at('POST /oauth2/token 200').length, 0);
    });
    await cases.claim('mcp client 2: an answer under another iss, without iss, or as a bare code is refused by the SDK before the code is used (RFC 9207)', async () => {
        const app = new Application(CLIENT_2, prokura, way);
        assert.ok(await app.wantsPerson(app.open()));
        const redirect = await app.redirected(human);
        assert.equal(redirect.searchParams.get('iss'), prokura.ready.issuer);
        const bent = new URL(redirect);
        bent.searchParams.set('iss', 'https://other.example');
        assert.ok((await failure(app.finish(bent))) instanceof current.IssuerMismatchError);
        bent.searchParams.delete('iss');
        assert.ok((await failure(app.finish(bent))) instanceof current.IssuerMismatchError);
        assert.ok((await failure(app.transport.finishAuth(redirect.searchParams.get('code')))) instanceof current.IssuerMismatchError);
        assert.ok(app.wire.lines.every((line) => !line.includes('/oauth2/token')));
        await app.finish(redirect); // the code was not used up
        assert.equal(app.provider.kept.tokens.scope, 'tools:read');
    });
}

/** The request that redeemed the code of a client without credential, its answer, and the token. */
async function redeemed(prokura, app, { sent, request, answer, response }, clientId) {
    const { code, code_verifier: verifier, ...rest } = form({ sent });
    assert.ok(code.length >= 22, 'RFC 6749 s10.10');
    assert.match(verifier, /^[\w.~-]{43,128}$/);
    assert.deepEqual(rest, { grant_type: 'authorization_code', client_id: clientId, redirect_uri: app.provider.redirectUrl, resource: prokura.resource('mcp') });
    assert.equal(request.get('authorization'), null);
    const { access_token: token, refresh_token: refresh, ...said } = answer;
    assert.deepEqual(said, { token_type: 'Bearer', expires_in: 300, scope: 'tools:read' });
    assert.ok(refresh.length >= 22);
    assert.equal(response.get('cache-control'), 'no-store');

    const { jwks_uri: keys } = app.provider.kept.discovery.authorizationServerMetadata;
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), { issuer: prokura.ready.issuer, audience: prokura.resource('mcp'), typ: 'at+jwt' });
    assert.deepEqual([payload.client_id, payload.scope, payload.exp - payload.iat], [clientId, 'tools:read', 300]);
    assert.notEqual(payload.sub, clientId, 'RFC 9068 s2.2: the person, not the program');
}

/** Serves one client metadata document at http://localhost. */
class DocumentServer {
    seen = [];
    #server;

    static async start(more = {}) {
        const documents = new DocumentServer();
        documents.#server = createServer((request, response) => {
            documents.seen.push(request);
            const document = {
                client_id: documents.id,
                client_name: 'Documented',
                redirect_uris: ['http://localhost/callback'],
                grant_types: ['authorization_code', 'refresh_token'],
                token_endpoint_auth_method: 'none',
                ...more,
            };
            response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
        });
        documents.#server.listen(0, '127.0.0.1');
        await once(documents.#server, 'listening');
        documents.id = `http://localhost:${documents.#server.address().port}/client.json`;
        return documents;
    }

    end() {
        this.#server.closeAllConnections();
        this.#server.close();
    }
}
