// What must not work, and the code it is refused with: RFC 6749 s5.2, RFC 8707 s2, RFC 9449 s5 and s7.1.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { exportJWK, generateKeyPair, importJWK } from 'jose';
import * as openid from 'openid-client';

import { AUTHENTICATION, assertion, configured, discovered, failure, introspector, proof, refusal, registered, tokenRequest } from './clients.mjs';

export async function refusals(cases, prokura) {
    await requests(cases, prokura);
    await assertions(cases, prokura);
    await replays(cases, prokura);
    await connections(cases, prokura);
}

async function requests(cases, prokura) {
    const resource = prokura.resource('http');
    for (const method of ['client_secret_basic', 'client_secret_post']) {
        await cases.claim(`openid-client: a wrong secret by ${method} is invalid_client`, async () => {
            const { client_id: id } = prokura.client(method);
            const config = await discovered(prokura, id, AUTHENTICATION[method]({ client_secret: 'wrong' }));
            const refused = await failure(openid.clientCredentialsGrant(config, { resource }));
            if (method === 'client_secret_basic') {
                assert.deepEqual([refused.status, refused.cause[0].scheme], [401, 'basic'], 'the scheme that was used is named');
                assert.equal((await refused.response.json()).error, 'invalid_client');
            } else {
                assert.deepEqual([refused.status, refused.error], [401, 'invalid_client']);
            }
        });
    }
    await cases.claim('openid-client: a secret shown by another method than the registered one is invalid_client', async () => {
        const { client_id: id, client_secret: secret } = prokura.client('client_secret_basic');
        const config = await discovered(prokura, id, openid.ClientSecretPost(secret));
        await refused(config, { resource }, 401, 'invalid_client');
    });
    await cases.claim('openid-client: a scope beyond the grant is invalid_scope, an unknown resource invalid_target', async () => {
        const config = await configured(prokura, 'client_secret_post');
        await refused(config, { resource, scope: 'api:read everything' }, 400, 'invalid_scope');
        await refused(config, { resource: 'https://unknown.example/' }, 400, 'invalid_target');
    });
    await cases.claim('openid-client: another grant type than the offered one is unsupported_grant_type', async () => {
        const config = await configured(prokura, 'client_secret_post');
        const error = await failure(openid.genericGrantRequest(config, 'urn:example:no-such-grant', {}));
        assert.deepEqual([error.status, error.error], [400, 'unsupported_grant_type']);
    });
    await cases.claim('openid-client: a client that is registered for no grant is unauthorized_client', async () => {
        await refused(await introspector(prokura), { resource }, 400, 'unauthorized_client');
    });
    await cases.claim('openid-client: a client that must always prove a key is refused without, and served with a proof', async () => {
        const { config } = await registered(prokura, { dpop_bound_access_tokens: true });
        await refused(config, { resource }, 400, 'invalid_dpop_proof');
        const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
        assert.equal((await openid.clientCredentialsGrant(config, { resource }, { DPoP })).token_type, 'dpop');
    });
    await cases.claim('openid-client: a proof by an algorithm that is not offered is invalid_dpop_proof', async () => {
        const config = await configured(prokura, 'client_secret_post');
        const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES384'));
        const error = await failure(openid.clientCredentialsGrant(config, { resource }, { DPoP }));
        assert.deepEqual([error.status, error.error], [400, 'invalid_dpop_proof']);
    });
    await cases.claim('a parameter that is sent twice is invalid_request (RFC 6749 s3.2)', async () => {
        const twice = [
            ['client_assertion', await assertion(prokura)],
            ['scope', 'api:read'],
            ['scope', 'api:write'],
        ];
        assert.deepEqual(await refusal(tokenRequest(prokura, twice)), [400, 'invalid_request']);
    });
}

async function assertions(cases, prokura) {
    const resource = prokura.resource('http');
    const other = 'https://other.example';
    const changes = {
        'for the token endpoint (7523bis)': (payload, server) => (payload.aud = server.token_endpoint),
        'for another server': (payload) => (payload.aud = other),
        'for us and another server': (payload, server) => (payload.aud = [server.issuer, other]),
        'without jti': (payload) => delete payload.jti,
        'that has ended': (payload) => Object.assign(payload, { iat: payload.iat - 600, nbf: payload.nbf - 600, exp: payload.iat - 300 }),
        'good for a day': (payload) => (payload.exp = payload.iat + 86_400),
        'about another client': (payload) => (payload.sub = prokura.client('client_secret_basic').client_id),
    };
    for (const [which, change] of Object.entries(changes)) {
        await cases.claim(`openid-client: an assertion ${which} is invalid_client`, async () => {
            const { client_id: id, jwk } = prokura.client('private_key_jwt');
            const server = (await configured(prokura, 'private_key_jwt')).serverMetadata();
            const modify = { [openid.modifyAssertion]: (_, payload) => void change(payload, server) };
            const config = await discovered(prokura, id, openid.PrivateKeyJwt({ key: await importJWK(jwk, jwk.alg), kid: jwk.kid }, modify));
            await refused(config, { resource }, 401, 'invalid_client');
        });
    }
    await cases.claim('an assertion signed by another key is invalid_client', async () => {
        const { privateKey } = await generateKeyPair('ES256');
        const request = { client_assertion: await assertion(prokura, privateKey), resource };
        assert.deepEqual(await refusal(tokenRequest(prokura, request)), [401, 'invalid_client']);
    });
}

async function replays(cases, prokura) {
    const resource = prokura.resource('http');
    await cases.claim('an assertion is good once: the same one again is invalid_client', async () => {
        const request = { client_assertion: await assertion(prokura), resource };
        assert.equal((await tokenRequest(prokura, request)).status, 200);
        assert.deepEqual(await refusal(tokenRequest(prokura, request)), [401, 'invalid_client']);
    });
    await cases.claim('of eight requests at once with one assertion exactly one passes', async () => {
        const request = { client_assertion: await assertion(prokura), resource };
        const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await tokenRequest(prokura, request)).status));
        assert.deepEqual(statuses.sort(), [200, ...Array(7).fill(401)]);
    });
    await cases.claim('a DPoP proof is good once, at the token endpoint and at the API', async () => {
        const { id, secret } = await registered(prokura);
        const { publicKey, privateKey } = await generateKeyPair('ES256');
        const key = { privateKey, publicJwk: await exportJWK(publicKey) };
        const htu = `${prokura.ready.issuer}/oauth2/token`;
        const basic = `Basic ${btoa(`${id}:${secret}`)}`;
        const first = await tokenRequest(prokura, { resource }, { authorization: basic, dpop: await proof(key, { htm: 'POST', htu }) });
        assert.deepEqual(await refusal(first), [400, 'use_dpop_nonce']);
        const nonce = first.headers.get('dpop-nonce');
        const shown = { authorization: basic, dpop: await proof(key, { htm: 'POST', htu, nonce }) };
        const issued = await tokenRequest(prokura, { resource }, shown);
        assert.equal(issued.status, 200);
        assert.deepEqual(await refusal(tokenRequest(prokura, { resource }, shown)), [400, 'invalid_dpop_proof']);

        const { access_token: token } = await issued.json();
        const notes = `${resource}/notes`;
        const ath = createHash('sha256').update(token).digest('base64url');
        const call = { headers: { authorization: `DPoP ${token}`, dpop: await proof(key, { htm: 'GET', htu: notes, ath }) } };
        assert.equal((await fetch(notes, call)).status, 200);
        const again = await fetch(notes, call);
        assert.equal(again.status, 401);
        assert.match(again.headers.get('www-authenticate'), /DPoP [^,]*error="invalid_dpop_proof"/);
        const elsewhere = { headers: { authorization: `DPoP ${token}`, dpop: await proof(key, { htm: 'POST', htu: notes, ath }) } };
        assert.equal((await fetch(notes, elsewhere)).status, 401, 'the proof is for another method');
        const unbound = { headers: { authorization: `DPoP ${token}`, dpop: await proof(key, { htm: 'GET', htu: notes }) } };
        assert.equal((await fetch(notes, unbound)).status, 401, 'RFC 9449 s4.3: ath is missing');
    });
}

/** Clients write head and body apart, and use the connection again right after a refusal: a server that closes it breaks the next request (RFC 9112 s9.3). */
async function connections(cases, prokura) {
    const places = {
        'the MCP server': prokura.resource('mcp'),
        'the API': `${prokura.resource('http')}/notes`,
        'the token endpoint': `${prokura.ready.issuer}/oauth2/token`,
        'an unknown path': `${prokura.ready.issuer}/nothing`,
    };
    for (const [name, url] of Object.entries(places)) {
        await cases.claim(`a request that its head refuses at ${name} leaves the connection to the next`, async () => {
            const { host, port, pathname } = new URL(url);
            const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n`;
            const socket = connect({ host: 'localhost', port });
            let told = '';
            socket.setEncoding('latin1').on('data', (text) => (told += text));
            await once(socket, 'connect');
            const ended = once(socket, 'close'); // rejects when there is an error on the way
            socket.write(`${head}\r\n`);
            await pause(50); // an eager server answers now, and closes
            socket.write('{}');
            socket.write(`${head}connection: close\r\n\r\n{}`);
            await ended;
            assert.equal(told.match(/HTTP\/1\.1 4\d\d /g)?.length, 2, told);
        });
    }
}

async function refused(config, parameters, status, code) {
    const error = await failure(openid.clientCredentialsGrant(config, parameters));
    assert.deepEqual([error.status, error.error], [status, code]);
    assert.equal(error.response.headers.get('cache-control'), 'no-store');
}
