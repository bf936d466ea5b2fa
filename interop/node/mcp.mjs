// The TypeScript MCP SDKs, unmodified, against the demo MCP server: discovery, authentication, tools, step-up.

import assert from 'node:assert/strict';

import * as current from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import * as v1 from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { decodeJwt } from 'jose';

import { Wire } from './wire.mjs';

const REVISIONS = [
    { name: 'as it comes', options: {}, negotiated: '2025-11-25' },
    { name: 'versionNegotiation auto', options: { versionNegotiation: { mode: 'auto' } }, negotiated: '2026-07-28' },
    { name: 'pinned to 2026-07-28', options: { versionNegotiation: { mode: { pin: '2026-07-28' } } }, negotiated: '2026-07-28' },
];
const METHODS = ['private_key_jwt', 'client_secret_basic'];
const TOOLS = ['add', 'echo', 'note_write', 'whoami'];
const ABOUT = { name: 'prokura-interop', version: '1' };

/** What every client asks when it knows nothing but the URL: 401, resource metadata (RFC 9728 s5.1), server metadata (RFC 8414 s3), token. */
const DISCOVERY = ['POST /mcp 401', 'GET /.well-known/oauth-protected-resource/mcp 200', 'GET /.well-known/oauth-authorization-server 200', 'POST /oauth2/token 200', 'POST /mcp 200'];

export async function mcp(cases, prokura) {
    for (const method of METHODS) {
        for (const revision of REVISIONS) {
            await cases.claim(`mcp client 2, ${method}, ${revision.name}: finds the server by a 401, gets a token, lists and calls tools`, async () => {
                const { client, provider, wire } = await connect(prokura, method, revision.options);
                assert.deepEqual(wire.lines.slice(0, 5), DISCOVERY);
                assert.equal(client.getNegotiatedProtocolVersion(), revision.negotiated);
                await useTools(client, prokura.client(method));
                const token = provider.tokens();
                assert.equal(token.token_type.toLowerCase(), 'bearer');
                assert.equal(decodeJwt(token.access_token).aud, prokura.resource('mcp'));
                await client.close();
            });
        }
        await cases.claim(`mcp sdk 1, ${method}: finds the server by a 401, gets a token, lists and calls tools`, async () => {
            const { client, wire } = await connectV1(prokura, method);
            assert.deepEqual(wire.lines.slice(0, 5), DISCOVERY);
            await useTools(client, prokura.client(method));
            await client.close();
        });
    }
    await bound(cases, prokura);
    await stepUp(cases, prokura);
}

async function bound(cases, prokura) {
    // EdDSA is the one algorithm of proofs that openid-client cannot name; see oauth.mjs.
    const ways = [...REVISIONS.map((revision) => ({ revision, alg: 'ES256' })), { revision: REVISIONS[0], alg: 'EdDSA' }];
    for (const { revision, alg } of ways) {
        await cases.claim(`mcp client 2, dpop() with ${alg}, ${revision.name}: takes the server's nonce, and the bound token is no bearer token`, async () => {
            const session = await current.DpopSession.create({ alg });
            const { client, provider, wire } = await connect(prokura, 'private_key_jwt', revision.options, { dpop: () => session });
            assert.equal(wire.at('POST /oauth2/token 400').length, 1, 'RFC 9449 s8: the first proof has no nonce');
            assert.equal(wire.at('POST /oauth2/token 200').length, 1);
            assert.equal(client.getNegotiatedProtocolVersion(), revision.negotiated);
            await useTools(client, prokura.client('private_key_jwt'));
            const token = provider.tokens();
            assert.equal(token.token_type, 'DPoP');
            assert.deepEqual(decodeJwt(token.access_token).cnf, { jkt: session.thumbprint });
            const admitted = wire.seen.filter(({ path, status }) => path === '/mcp' && status < 300);
            assert.ok(admitted.length > 3 && admitted.every(({ request }) => request.get('authorization').startsWith('DPoP ') && request.has('dpop')));
            assert.equal((await callRaw(prokura, 'Bearer', token.access_token)).status, 401, 'RFC 9449 s7.2');

            const written = await client.callTool({ name: 'note_write', arguments: { text: 'stepped up' } });
            assert.equal(written.structuredContent.text, 'stepped up');
            assert.deepEqual(decodeJwt(provider.tokens().access_token).cnf, { jkt: session.thumbprint }, 'the wider token is bound too');
            await client.close();
        });
    }
}

async function stepUp(cases, prokura) {
    await cases.claim('mcp client 2: a call beyond the scope of the token is 403 insufficient_scope and names all that is needed', async () => {
        const { client, wire } = await connect(prokura, 'private_key_jwt', {}, {}, { onInsufficientScope: 'throw' });
        const refused = await client.callTool({ name: 'note_write', arguments: { text: 'x' } }).then(
            () => undefined,
            (error) => error,
        );
        assert.ok(refused instanceof current.InsufficientScopeError, String(refused));
        assert.deepEqual(refused.requiredScope.split(' ').sort(), ['tools:read', 'tools:write']);
        assert.equal(refused.resourceMetadataUrl.pathname, '/.well-known/oauth-protected-resource/mcp');
        assert.equal(wire.at('POST /mcp 403').length, 1);
        await client.close();
    });
    for (const revision of REVISIONS) {
        await cases.claim(`mcp client 2, ${revision.name}: steps up by itself to what the client was granted, and the call goes through`, async () => {
            const { client, provider, wire } = await connect(prokura, 'client_secret_basic', revision.options);
            assert.equal(provider.tokens().scope, 'tools:read', 'the challenge asks for the least');
            const written = await client.callTool({ name: 'note_write', arguments: { text: 'from a step-up' } });
            assert.equal(written.structuredContent.text, 'from a step-up');
            assert.deepEqual(provider.tokens().scope.split(' ').sort(), ['tools:read', 'tools:write']);
            assert.equal(wire.at('POST /mcp 403').length, 1);
            await client.close();
        });
    }
    await cases.claim('mcp sdk 1: steps up by itself to what the client was granted, and the call goes through', async () => {
        const { client, provider } = await connectV1(prokura, 'client_secret_basic');
        const written = await client.callTool({ name: 'note_write', arguments: { text: 'from sdk 1' } });
        assert.equal(written.structuredContent.text, 'from sdk 1');
        assert.deepEqual(provider.tokens().scope.split(' ').sort(), ['tools:read', 'tools:write']);
        await client.close();
    });
    await cases.claim('mcp client 2: a client that was granted tools:read only cannot step up, and goes on reading', async () => {
        const reader = await prokura.admin('POST', '/clients', {
            client_name: 'Reader',
            token_endpoint_auth_method: 'client_secret_basic',
            grant_types: ['client_credentials'],
            scope: 'tools:read',
            resources: [prokura.resource('mcp')],
        });
        const wire = new Wire();
        const provider = new current.ClientCredentialsProvider({ clientId: reader.client_id, clientSecret: reader.client_secret, expectedIssuer: prokura.ready.issuer });
        const client = await connected(new current.Client(ABOUT), current.StreamableHTTPClientTransport, prokura, { authProvider: provider, fetch: wire.fetch });
        const refused = await client.callTool({ name: 'note_write', arguments: { text: 'x' } }).then(
            () => undefined,
            (error) => error,
        );
        assert.equal(refused?.code, 'invalid_scope', String(refused));
        assert.equal(wire.at('POST /oauth2/token 400').length, 1);
        const echoed = await client.callTool({ name: 'echo', arguments: { text: 'still here' } });
        assert.equal(echoed.content[0].text, 'still here');
        await client.close();
    });
}

/** A client of the current SDK; `more` is what an application adds to the provider. */
export async function connect(prokura, method, options, more = {}, transport = {}) {
    const wire = new Wire();
    const provider = Object.assign(machine(current, prokura, method), more);
    const client = await connected(new current.Client(ABOUT, options), current.StreamableHTTPClientTransport, prokura, { authProvider: provider, fetch: wire.fetch, ...transport });
    return { client, provider, wire };
}

async function connectV1(prokura, method) {
    const wire = new Wire();
    const provider = machine(v1, prokura, method);
    const client = await connected(new ClientV1(ABOUT), TransportV1, prokura, { authProvider: provider, fetch: wire.fetch });
    return { client, provider, wire };
}

async function connected(client, Transport, prokura, options) {
    await client.connect(new Transport(new URL(prokura.resource('mcp')), options));
    return client;
}

/** The SDK's own provider for machines. */
function machine(sdk, prokura, method) {
    const registered = prokura.client(method);
    const common = { clientId: registered.client_id, expectedIssuer: prokura.ready.issuer };
    return method === 'private_key_jwt'
        ? new sdk.PrivateKeyJwtProvider({ ...common, privateKey: registered.jwk, algorithm: registered.jwk.alg })
        : new sdk.ClientCredentialsProvider({ ...common, clientSecret: registered.client_secret });
}

async function useTools(client, registered) {
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(({ name }) => name).sort(), TOOLS);
    const echoed = await client.callTool({ name: 'echo', arguments: { text: 'grüße' } });
    assert.equal(echoed.content[0].text, 'grüße');
    const sum = await client.callTool({ name: 'add', arguments: { a: 2, b: 0.5 } });
    assert.equal(sum.structuredContent.sum, 2.5);
    const who = await client.callTool({ name: 'whoami', arguments: {} });
    assert.equal(who.structuredContent.client_id, registered.client_id);
}

/** `tools/list` with a token, without an SDK. */
export function callRaw(prokura, scheme, token) {
    return fetch(prokura.resource('mcp'), {
        method: 'POST',
        headers: {
            authorization: `${scheme} ${token}`,
            accept: 'application/json, text/event-stream',
            'content-type': 'application/json',
            'mcp-protocol-version': '2025-11-25',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
}
