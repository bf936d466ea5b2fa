// openid-client, which is a certified relying party, and jose against the OAuth endpoints: what must work.

import assert from 'node:assert/strict';

import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import * as openid from 'openid-client';

import { configured, failure, introspector, registered, verified } from './clients.mjs';
import { Wire } from './wire.mjs';

/** What openid-client signs proofs with. It names Ed25519 as RFC 9864 does and never `EdDSA`. */
const PROOF_ALGORITHMS = ['ES256', 'PS256', 'RS256', 'Ed25519'];

export async function oauth(cases, prokura) {
    await discovery(cases, prokura);
    await tokens(cases, prokura);
    await bound(cases, prokura);
    await introspection(cases, prokura);
    await revocation(cases, prokura);
}

async function discovery(cases, prokura) {
    for (const algorithm of ['oauth2', 'oidc']) {
        await cases.claim(`openid-client: discovers the server by the ${algorithm} algorithm`, async () => {
            const config = await configured(prokura, 'client_secret_basic', { algorithm });
            const server = config.serverMetadata();
            assert.equal(server.issuer, prokura.ready.issuer);
            for (const endpoint of ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint', 'jwks_uri']) {
                assert.ok(server[endpoint].startsWith(`${prokura.ready.issuer}/`), endpoint);
            }
        });
    }
}

async function tokens(cases, prokura) {
    const api = prokura.resource('http');
    for (const method of ['client_secret_basic', 'client_secret_post', 'private_key_jwt']) {
        await cases.claim(`openid-client: ${method} gets a token for one resource, and jose verifies it by the published keys`, async () => {
            const config = await configured(prokura, method);
            const answer = await openid.clientCredentialsGrant(config, { resource: api, scope: 'api:read api:write' });
            assert.equal(answer.token_type, 'bearer');
            assert.equal(answer.refresh_token, undefined, 'RFC 6749 s4.4.3');
            const { payload, protectedHeader } = await verified(prokura, config, answer.access_token, api);
            const { client_id: id } = prokura.client(method);
            assert.deepEqual([payload.client_id, payload.sub], [id, id], 'RFC 9068 s2.2');
            assert.deepEqual(payload.scope.split(' ').sort(), ['api:read', 'api:write']);
            assert.equal(payload.exp - payload.iat, answer.expires_in);
            assert.ok(protectedHeader.kid);
            assert.equal(payload.cnf, undefined);
            const notes = await openid.fetchProtectedResource(config, answer.access_token, new URL(`${api}/notes`), 'GET');
            assert.equal(notes.status, 200);
        });
    }
    for (const alg of ['ES256', 'PS256', 'RS256', 'Ed25519']) {
        await cases.claim(`openid-client: private_key_jwt with a registered key for ${alg}`, async () => {
            const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
            const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg, use: 'sig' }] };
            const authenticate = () => openid.PrivateKeyJwt({ key: privateKey, kid: 'one' });
            const { config, id } = await registered(prokura, { token_endpoint_auth_method: 'private_key_jwt', jwks }, authenticate);
            const { access_token: token } = await openid.clientCredentialsGrant(config, { resource: api });
            assert.equal((await verified(prokura, config, token, api)).payload.sub, id);
        });
    }
    await cases.claim('openid-client: less than all is asked and given (RFC 6749 s3.3)', async () => {
        const config = await configured(prokura, 'client_secret_post');
        const answer = await openid.clientCredentialsGrant(config, { resource: api, scope: 'api:read' });
        assert.equal((await verified(prokura, config, answer.access_token, api)).payload.scope, 'api:read');
        const write = openid.fetchProtectedResource(config, answer.access_token, new URL(`${api}/notes`), 'POST', '{"text":"x"}', new Headers({ 'content-type': 'application/json' }));
        const refused = await failure(write);
        assert.equal(refused.status, 403);
        const [challenge] = refused.cause;
        assert.deepEqual([challenge.scheme, challenge.parameters.error, challenge.parameters.scope], ['bearer', 'insufficient_scope', 'api:write'], 'RFC 6750 s3.1');
    });
    await cases.claim('openid-client: a token of ES256 for a client that asks for it', async () => {
        const { config, id } = await registered(prokura, { access_token_signed_response_alg: 'ES256' });
        const { access_token: token } = await openid.clientCredentialsGrant(config, { resource: api });
        const { payload, protectedHeader } = await verified(prokura, config, token, api);
        assert.deepEqual([protectedHeader.alg, payload.client_id], ['ES256', id]);
    });
    await cases.claim('openid-client: what no resource was named for is for the issuer itself, and no resource takes it', async () => {
        const config = await configured(prokura, 'client_secret_basic');
        const { access_token: token } = await openid.clientCredentialsGrant(config);
        await verified(prokura, config, token, prokura.ready.issuer);
        const refused = await failure(openid.fetchProtectedResource(config, token, new URL(`${api}/notes`), 'GET'));
        assert.equal(refused.status, 401);
        assert.equal(refused.cause[0].parameters.error, 'invalid_token');
    });
}

async function bound(cases, prokura) {
    const api = prokura.resource('http');
    const notes = new URL(`${api}/notes`);
    const offered = (await configured(prokura, 'private_key_jwt')).serverMetadata().dpop_signing_alg_values_supported;
    await cases.claim('openid-client: it and the server have at least three algorithms of DPoP proofs in common', () => {
        assert.ok(PROOF_ALGORITHMS.filter((alg) => offered.includes(alg)).length >= 3, offered.join(' '));
    });
    for (const alg of PROOF_ALGORITHMS.filter((alg) => offered.includes(alg))) {
        await cases.claim(`openid-client: DPoP with ${alg}: the library takes the nonce, the token is bound, the API wants the key`, async () => {
            const wire = new Wire();
            const config = await configured(prokura, 'private_key_jwt', { wire });
            const pair = await openid.randomDPoPKeyPair(alg, { extractable: true });
            const DPoP = openid.getDPoPHandle(config, pair);
            const asked = { resource: api, scope: 'api:read api:write' };
            const { access_token: token, token_type: kind } = await openid.clientCredentialsGrant(config, asked, { DPoP });
            assert.equal(kind, 'dpop');
            assert.deepEqual(wire.lines.slice(-2), ['POST /oauth2/token 400', 'POST /oauth2/token 200'], 'RFC 9449 s8: refused once, with a nonce');
            const { payload } = await verified(prokura, config, token, api);
            assert.equal(payload.cnf.jkt, await calculateJwkThumbprint(await exportJWK(pair.publicKey)));
            await openid.clientCredentialsGrant(config, asked, { DPoP });
            assert.equal(wire.at('POST /oauth2/token 400').length, 1, 'a nonce that came with an answer is used for the next request');

            const json = new Headers({ 'content-type': 'application/json' });
            const written = await openid.fetchProtectedResource(config, token, notes, 'POST', JSON.stringify({ text: alg }), json, { DPoP });
            assert.equal(written.status, 201);
            const listed = await openid.fetchProtectedResource(config, token, notes, 'GET', null, undefined, { DPoP });
            assert.ok((await listed.json()).notes.some(({ text }) => text === alg));

            assert.equal((await failure(openid.fetchProtectedResource(config, token, notes, 'GET'))).status, 401, 'RFC 9449 s7.2: no downgrade to Bearer');
            const foreign = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
            const byForeignKey = await failure(openid.fetchProtectedResource(config, token, notes, 'GET', null, undefined, { DPoP: foreign }));
            assert.equal(byForeignKey.status, 401);
        });
    }
}

async function introspection(cases, prokura) {
    const api = prokura.resource('http');
    await cases.claim('openid-client: introspection says what the token says, of bearer and of bound tokens', async () => {
        const config = await configured(prokura, 'client_secret_basic');
        const gateway = await introspector(prokura);
        const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
        for (const [options, kind] of [[undefined, 'Bearer'], [{ DPoP }, 'DPoP']]) {
            const { access_token: token } = await openid.clientCredentialsGrant(config, { resource: api }, options);
            const { payload } = await verified(prokura, config, token, api);
            const told = await openid.tokenIntrospection(gateway, token, { token_type_hint: 'access_token' });
            assert.deepEqual([told.active, told.token_type], [true, kind]);
            for (const name of ['iss', 'sub', 'aud', 'client_id', 'exp', 'iat', 'jti', 'scope', 'cnf']) assert.deepEqual(told[name], payload[name], name);
        }
        assert.deepEqual(await openid.tokenIntrospection(gateway, 'nonsense'), { active: false });
    });
    await cases.claim('openid-client: introspection tells nothing to a client that the token is not meant for (RFC 7662 s4)', async () => {
        const config = await configured(prokura, 'client_secret_basic');
        const { access_token: token } = await openid.clientCredentialsGrant(config, { resource: api });
        const stranger = await configured(prokura, 'client_secret_post');
        assert.deepEqual(await openid.tokenIntrospection(stranger, token), { active: false });
    });
}

async function revocation(cases, prokura) {
    const api = prokura.resource('http');
    const notes = new URL(`${api}/notes`);
    await cases.claim('openid-client: a client revokes its own token at once, and not that of another (RFC 7009)', async () => {
        const config = await configured(prokura, 'private_key_jwt');
        const stranger = await configured(prokura, 'client_secret_post');
        const gateway = await introspector(prokura);
        const { access_token: token } = await openid.clientCredentialsGrant(config, { resource: api });
        await openid.tokenRevocation(stranger, token);
        assert.equal((await openid.tokenIntrospection(gateway, token)).active, true);
        assert.equal((await openid.fetchProtectedResource(config, token, notes, 'GET')).status, 200);
        await openid.tokenRevocation(config, token, { token_type_hint: 'access_token' });
        assert.deepEqual(await openid.tokenIntrospection(gateway, token), { active: false });
        assert.equal((await failure(openid.fetchProtectedResource(config, token, notes, 'GET'))).status, 401);
        await openid.tokenRevocation(config, token); // RFC 7009 s2.2: the same again, or nonsense, is no error
        await openid.tokenRevocation(config, 'nonsense');
    });
}
