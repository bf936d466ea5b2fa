// The MCP project's own conformance suite for authorization servers. It prints a URL for somebody to open, and waits for the answer.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { tenant } from './code.mjs';
import { Human } from './human.mjs';

const SUITE = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const SECONDS_MAX = 25;
/** What the pinned version checks; a check that is left out would not be missed otherwise. */
const CHECKS = ['authorization-code-grant', 'authorization-server-metadata', 'authorization-server-metadata-cimd'];

export async function conformance(cases, prokura) {
    const places = {
        'the default tenant': { issuer: prokura.ready.issuer, resource: prokura.resource('mcp'), human: new Human(prokura) },
        'a tenant below a path': await tenant(prokura),
    };
    for (const [name, place] of Object.entries(places)) {
        let found;
        await cases.claim(`mcp conformance, authorization, ${name}: the suite is answered and finds nothing`, async () => {
            found = await run(prokura, place);
            assert.equal(found.code, 0, found.said);
            assert.deepEqual(found.checks.map(({ id }) => id).sort(), CHECKS);
        });
        for (const check of CHECKS) {
            await cases.claim(`mcp conformance, authorization, ${name}: ${check}`, () => {
                const { status, errorMessage } = found.checks.find(({ id }) => id === check);
                assert.equal(status, 'SUCCESS', errorMessage);
            });
        }
    }
}

async function run(prokura, { issuer, resource, human }) {
    // Without a secret: where a server offers `none` at all, the suite takes it even when it has one.
    const asked = { client_name: 'Conformance suite', token_endpoint_auth_method: 'none', grant_types: ['authorization_code'], redirect_uris: ['http://127.0.0.1/callback'] };
    const { client_id: id } = await prokura.admin('POST', '/clients', asked, issuer);
    const folder = await mkdtemp(join(tmpdir(), 'prokura-conformance-'));
    const options = ['--url', issuer, '--client-id', id, '--resource', resource, '-p', String(await freePort()), '-o', folder];
    const child = spawn(process.execPath, [SUITE, 'authorization', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    const killer = setTimeout(() => child.kill('SIGKILL'), SECONDS_MAX * 1000);
    try {
        let said = '';
        let answered;
        const listen = (text) => {
            said += text;
            const [, url] = /^(http:\/\/\S+\/oauth2\/authorize\?\S+)\n/m.exec(said) ?? [];
            // A browser follows the redirect to the suite's own listener.
            if (url) answered ??= human.answer(url).then((redirect) => fetch(redirect)).catch((error) => ((said += error.stack), child.kill()));
        };
        for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', listen);
        const [code] = await once(child, 'close');
        await answered;
        const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('checks.json'));
        const checks = await Promise.all(files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))));
        return { code, said, checks: checks.flat() };
    } finally {
        clearTimeout(killer);
        child.kill('SIGKILL');
        await rm(folder, { recursive: true, force: true });
    }
}

/** The suite cannot say which port it got, so it is told one that was free a moment ago. */
async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}
