// What unmodified MCP clients do with a person's yes over time: refreshing, also several calls at once, wanting more, being stopped, and an overloaded server.

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';

import * as current from '@modelcontextprotocol/client';
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { TemporarilyUnavailableError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { decodeJwt } from 'jose';

import { Application, CLIENT_2, SDK_1, form } from './application.mjs';
import { failure, refusal } from './clients.mjs';
import { Gate } from './gate.mjs';
import { Human } from './human.mjs';
import { callRaw } from './mcp.mjs';

const CALLS = 3;
const REFRESHED = ['POST /mcp 401', 'POST /oauth2/token 200', 'POST /mcp 200'];

export async function session(cases, prokura) {
    const human = new Human(prokura);
    const { client_id: pinned } = prokura.client('none');
    const ways = [
        { sdk: SDK_1, name: 'mcp sdk 1', way: async () => ({ clientId: pinned }) },
        { sdk: CLIENT_2, name: 'mcp client 2', way: async () => ({ clientMetadataUrl: pinned }) },
        { sdk: CLIENT_2, name: 'mcp client 2, dpop()', way: async () => ({ clientMetadataUrl: pinned, dpop: await current.DpopSession.create({ alg: 'ES256' }) }) },
    ];
    for (const each of ways) await refreshes(cases, prokura, human, each);
    await bound(cases, prokura, human, ways[2]);
    await stepUp(cases, prokura, human);
    for (const each of ways) await stopped(cases, prokura, human, each);
    for (const each of ways) await overload(cases, prokura, human, each);
}

async function refreshes(cases, prokura, human, { sdk, name, way }) {
    await cases.claim(`${name}: a refused access token is refreshed without the person, and the refresh token turns`, async () => {
        const app = await new Application(sdk, prokura, await way()).connect(human);
        human.took();
        for (let turn = 0; turn < 2; turn += 1) {
            const before = app.provider.kept.tokens;
            await app.loseAccess();
            app.wire.took();
            assert.equal((await app.echo('again')).content[0].text, 'again');
            assert.deepEqual(app.wire.lines, REFRESHED);
            const { client_id: id, ...sent } = form(app.wire.seen[1]);
            assert.equal(id, app.provider.kept.client.client_id);
            assert.deepEqual(sent, { grant_type: 'refresh_token', refresh_token: before.refresh_token, resource: prokura.resource('mcp') });
            const { answer } = app.wire.seen[1];
            assert.deepEqual([answer.expires_in, answer.scope, answer.token_type], [300, 'tools:read', before.token_type]);
            assert.notEqual(answer.refresh_token, before.refresh_token);
            assert.equal(decodeJwt(answer.access_token).sub, decodeJwt(before.access_token).sub);
        }
        assert.deepEqual([app.provider.opened.length, human.took()], [1, []]);
        await app.close();
    });

    await cases.claim(`${name}: three calls at once with a refused token refresh at once with one refresh token; all three succeed, and one line lives on`, async () => {
        const app = await new Application(sdk, prokura, await way()).connect(human);
        human.took();
        const before = app.provider.kept.tokens.refresh_token;
        await app.loseAccess();
        app.wire.took();
        app.wire.gather('POST /mcp 401', CALLS);
        const texts = ['one', 'two', 'three'];
        const echoed = await Promise.all(texts.map((text) => app.echo(text)));
        assert.deepEqual(echoed.map(({ content }) => content[0].text), texts);
        const asked = app.wire.seen.filter(({ path }) => path === '/oauth2/token');
        assert.deepEqual(asked.map(({ status }) => status), Array(CALLS).fill(200), 'the SDK has no lock');
        assert.deepEqual([...new Set(asked.map(({ sent }) => sent))].length, 1, 'the requests are the same to the byte');
        assert.equal(form(asked[0]).refresh_token, before);
        assert.deepEqual([...new Set(asked.map(({ answer }) => answer.refresh_token))], [app.provider.kept.tokens.refresh_token], 'all get the same successor');

        // In the log: one line, turned once, and one entry an answer.
        const entries = await issued(prokura, decodeJwt(app.provider.kept.tokens.access_token).jti);
        assert.deepEqual(entries.map(({ generation, repeated }) => [generation, repeated ?? false]).sort(), [[1, false], [1, true], [1, true]]);

        await app.loseAccess();
        assert.equal((await app.echo('later')).content[0].text, 'later');
        assert.deepEqual([app.provider.opened.length, human.took()], [1, []]);
        await app.close();
    });
}

async function bound(cases, prokura, human, { sdk, name, way }) {
    await cases.claim(`${name}: the token of a person is bound, its refresh token too, and neither is of use without the key`, async () => {
        const made = await way();
        const app = await new Application(sdk, prokura, made).connect(human);
        const nonceless = app.wire.at('POST /oauth2/token 400')[0];
        assert.equal(nonceless.answer.error, 'use_dpop_nonce');
        const { token_type: type, access_token: token, refresh_token: refresh } = app.provider.kept.tokens;
        assert.deepEqual([type, decodeJwt(token).cnf], ['DPoP', { jkt: made.dpop.thumbprint }]);
        assert.ok(app.wire.at('POST /mcp 200').every(({ request }) => request.get('authorization').startsWith('DPoP ') && request.has('dpop')));
        assert.equal((await callRaw(prokura, 'Bearer', token)).status, 401, 'RFC 9449 s7.2');
        const stolen = { grant_type: 'refresh_token', refresh_token: refresh, client_id: app.provider.kept.client.client_id };
        const answer = fetch(`${prokura.ready.issuer}/oauth2/token`, { method: 'POST', body: new URLSearchParams(stolen) });
        assert.deepEqual(await refusal(answer), [400, 'invalid_grant']);
        await app.loseAccess();
        await app.echo(); // the thief's try ended nothing
        assert.deepEqual(decodeJwt(app.provider.kept.tokens.access_token).cnf, { jkt: made.dpop.thumbprint });
        await app.close();
    });
}

async function stepUp(cases, prokura, human) {
    const { client_id: pinned } = prokura.client('none');
    const beyond = async (app) => {
        app.wire.took();
        human.took();
        return app.wantsPerson(app.note('beyond'));
    };
    const challenged = ({ response }) => assert.match(response.get('www-authenticate'), /^Bearer error="insufficient_scope".*, scope="tools:read tools:write"/);

    await cases.claim('mcp sdk 1, without refresh token: a call beyond the scope asks the person for all that is needed, once, and goes through', async () => {
        const app = await new Application(SDK_1, prokura, { metadata: { grant_types: ['authorization_code'] } }).connect(human);
        assert.equal('refresh_token' in app.provider.kept.tokens, false, 'by the grant types that it registered');
        assert.ok(await beyond(app));
        challenged(app.wire.at('POST /mcp 403')[0]);
        assert.equal(app.provider.opened.at(-1).searchParams.get('scope'), 'tools:read tools:write');
        await app.ask(human);
        assert.deepEqual(human.shown.map(({ page, scopes }) => [page, scopes.sort()]), [['consent', ['tools:read', 'tools:write']]]);
        assert.equal((await app.note('beyond')).structuredContent.text, 'beyond');
        assert.deepEqual(app.provider.kept.tokens.scope.split(' ').sort(), ['tools:read', 'tools:write']);
        await app.close();
    });
    // A wider grant behind the same refresh token is what would help this SDK; until then it ends here.
    await cases.claim('mcp sdk 1, with refresh token: it refreshes instead of asking, is refused again, and gives up (known behaviour)', async () => {
        const app = await new Application(SDK_1, prokura, { clientId: pinned }).connect(human);
        app.wire.took();
        const refused = await failure(app.note('beyond'));
        assert.ok(refused instanceof StreamableHTTPError, String(refused));
        assert.equal(refused.code, 403);
        assert.deepEqual(app.wire.lines, ['POST /mcp 403', 'POST /oauth2/token 200', 'POST /mcp 403']);
        assert.deepEqual([form(app.wire.seen[1]).grant_type, app.wire.seen[1].answer.scope], ['refresh_token', 'tools:read']);
        assert.equal(app.provider.opened.length, 1);
        assert.equal((await app.echo('still here')).content[0].text, 'still here');
        await app.close();
    });
    await cases.claim('mcp client 2: a call beyond the scope asks the person, once, for what it had and what is needed, without a refresh, and goes through', async () => {
        const app = await new Application(CLIENT_2, prokura, { clientMetadataUrl: pinned }).connect(human);
        assert.ok(await beyond(app));
        assert.deepEqual(app.wire.lines, ['POST /mcp 403']);
        challenged(app.wire.seen[0]);
        assert.deepEqual(app.provider.opened.at(-1).searchParams.get('scope').split(' ').sort(), ['tools:read', 'tools:write']);
        await app.ask(human);
        assert.deepEqual(human.shown.map(({ page, scopes }) => [page, scopes.sort()]), [['consent', ['tools:read', 'tools:write']]]);
        assert.equal((await app.note('beyond')).structuredContent.text, 'beyond');
        assert.deepEqual(decodeJwt(app.provider.kept.tokens.access_token).scope.split(' ').sort(), ['tools:read', 'tools:write']);
        await app.loseAccess();
        await app.note('and after a refresh');
        assert.equal(app.provider.opened.length, 2);
        await app.close();
    });
}

async function stopped(cases, prokura, human, { sdk, name, way }) {
    await cases.claim(`${name}: stopped on the page of connected agents, its token and its refresh are refused, and the person is asked anew`, async () => {
        const app = await new Application(sdk, prokura, await way()).connect(human);
        const { client_id: id } = app.provider.kept.client;
        const { access_token: token, token_type: type } = app.provider.kept.tokens;
        await human.stop(id);
        if (type === 'Bearer') assert.equal((await callRaw(prokura, 'Bearer', token)).status, 401, 'at once, not when it ends');
        human.took();
        app.wire.took();
        assert.ok(await app.wantsPerson(app.echo()), 'the SDK wants the person');
        const lines = app.wire.took();
        assert.equal(lines.lines[0], 'POST /mcp 401');
        assert.deepEqual(lines.seen.filter(({ path }) => path === '/oauth2/token').map(({ status, answer }) => [status, answer.error]), [[400, 'invalid_grant']]);
        assert.equal(app.provider.kept.tokens, undefined);
        assert.equal(app.provider.opened.length, 2);

        await app.ask(human);
        assert.deepEqual(human.took(), ['consent'], 'a yes that was taken back does not stand');
        assert.equal((await app.echo('back')).content[0].text, 'back');
        assert.ok((await human.agents()).includes(id));
        await app.close();
    });
}

async function overload(cases, prokura, human, { sdk, name, way }) {
    const shed = (error) => error instanceof TemporarilyUnavailableError || error.code === 'temporarily_unavailable';

    await cases.claim(`${name}: a shed refresh is an error and no question to the person; the tokens are kept and work afterwards`, async () => {
        const gate = await Gate.before(prokura);
        try {
            const app = await new Application(sdk, prokura, { ...(await way()), send: gate.fetch }).connect(human);
            await app.loseAccess();
            const before = app.provider.kept.tokens;
            app.wire.took();
            gate.open = false;
            const refused = await failure(app.echo());
            assert.ok(shed(refused), String(refused));
            assert.deepEqual(app.wire.took().lines, ['POST /mcp 401', 'POST /oauth2/token 503']);
            assert.deepEqual([gate.shed, app.provider.opened.length], [1, 1]);
            assert.deepEqual(app.provider.kept.tokens, before);
            gate.open = true;
            await app.echo();
            assert.deepEqual(app.wire.lines, REFRESHED);
            assert.equal(app.provider.opened.length, 1);
            await app.close();
        } finally {
            gate.end();
        }
    });

    await cases.claim(`${name}: the same when the server itself cannot write, since its database is held by somebody else`, async () => {
        const app = await new Application(sdk, prokura, await way()).connect(human);
        await app.loseAccess();
        const before = app.provider.kept.tokens;
        app.wire.took();
        const holder = new DatabaseSync(prokura.database, { timeout: 5_000 }); // it waits for its turn
        try {
            holder.exec('BEGIN IMMEDIATE');
            const refused = await failure(app.echo());
            assert.ok(shed(refused), String(refused));
        } finally {
            holder.close();
        }
        const { answer, response } = app.wire.at('POST /oauth2/token 503')[0];
        assert.equal(answer.error, 'temporarily_unavailable');
        assert.match(response.get('retry-after'), /^[1-9]\d*$/);
        assert.deepEqual([app.provider.kept.tokens, app.provider.opened.length], [before, 1]);
        assert.equal((await app.echo('after')).content[0].text, 'after');
        assert.equal(app.provider.opened.length, 1);
        await app.close();
    });
}

/** What the log says of the refreshed tokens of the line that a token is of. */
async function issued(prokura, tokenId) {
    const { events } = await prokura.admin('GET', '/events?limit=100');
    const of = events.filter(({ kind }) => kind === 'token.issued');
    const own = of.find(({ about }) => about === tokenId);
    assert.ok(own, `no entry of token ${tokenId}`);
    return of.filter(({ body }) => body.family === own.body.family).map(({ body }) => body);
}
