// Taking a grant back: what was projected from it ends, here and at the resources, at once.

import assert from 'node:assert/strict';

import * as current from '@modelcontextprotocol/client';
import * as openid from 'openid-client';

import { failure, introspector, registered } from './clients.mjs';
import { callRaw } from './mcp.mjs';
import { Wire } from './wire.mjs';

export async function grants(cases, prokura) {
    await cases.claim('a revoked grant: the next token is refused, its tokens are inactive, and the MCP server refuses the live one at once', async () => {
        const { id, config } = await registered(prokura);
        const gateway = await introspector(prokura);
        const { access_token: token } = await openid.clientCredentialsGrant(config, { resource: prokura.resource('mcp') });
        assert.equal((await callRaw(prokura, 'Bearer', token)).status, 200);
        assert.equal((await openid.tokenIntrospection(gateway, token)).active, true);

        const revoked = await prokura.admin('POST', `/grants/${(await grantOf(prokura, id)).id}/revoke`);
        assert.equal(revoked.status, 'revoked');
        const live = await callRaw(prokura, 'Bearer', token);
        assert.equal(live.status, 401);
        assert.match(live.headers.get('www-authenticate'), /^Bearer [^,]*error="invalid_token"/);
        assert.deepEqual(await openid.tokenIntrospection(gateway, token), { active: false });
        const next = await failure(openid.clientCredentialsGrant(config, { resource: prokura.resource('mcp') }));
        assert.deepEqual([next.status, next.error], [400, 'unauthorized_client']);
    });

    await cases.claim('mcp client 2: a session whose grant is revoked ends at its next call', async () => {
        const { id, secret } = await registered(prokura);
        const wire = new Wire();
        const authProvider = new current.ClientCredentialsProvider({ clientId: id, clientSecret: secret, expectedIssuer: prokura.ready.issuer });
        const client = new current.Client({ name: 'prokura-interop', version: '1' });
        await client.connect(new current.StreamableHTTPClientTransport(new URL(prokura.resource('mcp')), { authProvider, fetch: wire.fetch }));
        await client.callTool({ name: 'echo', arguments: { text: 'x' } });
        await prokura.admin('POST', `/grants/${(await grantOf(prokura, id)).id}/revoke`);
        const before = wire.seen.length;
        const ended = await failure(client.callTool({ name: 'echo', arguments: { text: 'x' } }));
        assert.equal(ended.code, 'unauthorized_client');
        const after = wire.lines.slice(before);
        assert.deepEqual([after[0], after.at(-1)], ['POST /mcp 401', 'POST /oauth2/token 400']);
        await client.close();
    });

    await cases.claim('revoking a grant ends what was narrowed from it for another client', async () => {
        const resource = prokura.resource('mcp');
        const parent = await registered(prokura);
        const child = await registered(prokura, { scope: '', resources: [] });
        const gateway = await introspector(prokura);
        const root = await prokura.admin('POST', '/grants', { client_id: parent.id, scope: 'tools:read tools:write', resources: [resource], depth: 1 });
        await prokura.admin('POST', '/grants', { client_id: child.id, scope: 'tools:read', resources: [resource], parent: root.id });
        const { access_token: token } = await openid.clientCredentialsGrant(child.config, { resource });
        assert.equal((await callRaw(prokura, 'Bearer', token)).status, 200);
        await prokura.admin('POST', `/grants/${root.id}/revoke`);
        assert.equal((await callRaw(prokura, 'Bearer', token)).status, 401);
        assert.deepEqual(await openid.tokenIntrospection(gateway, token), { active: false });
        const next = await failure(openid.clientCredentialsGrant(child.config, { resource }));
        assert.equal(next.error, 'unauthorized_client'); // it was given nothing else
    });

    await cases.claim('a disabled client gets nothing more, and its tokens are inactive, until it is enabled', async () => {
        const { id, config } = await registered(prokura);
        const gateway = await introspector(prokura);
        const { access_token: token } = await openid.clientCredentialsGrant(config, { resource: prokura.resource('mcp') });
        await prokura.admin('PATCH', `/clients/${id}`, { disabled: true });
        const next = await failure(openid.clientCredentialsGrant(config, { resource: prokura.resource('mcp') }));
        assert.equal(next.status, 401);
        assert.deepEqual(await openid.tokenIntrospection(gateway, token), { active: false });
        assert.equal((await callRaw(prokura, 'Bearer', token)).status, 401);
        await prokura.admin('PATCH', `/clients/${id}`, { disabled: false });
        await openid.clientCredentialsGrant(config, { resource: prokura.resource('mcp') });
    });
}

/** The one grant of a client, found page by page as an operator's script would. */
export async function grantOf(prokura, id) {
    for (let after = ''; ; ) {
        const page = await prokura.admin('GET', `/grants?limit=5&after=${after}`);
        const grant = page.grants.find(({ client_id: holder }) => holder === id);
        if (grant) return grant;
        if (!page.next) throw new Error(`no grant of ${id}`);
        after = page.next;
    }
}
