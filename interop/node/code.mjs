// openid-client, a certified relying party: the authorization code of a person with PKCE, `iss` and DPoP, refresh, revocation, introspection.

import assert from 'node:assert/strict';

import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import * as openid from 'openid-client';

import { form } from './application.mjs';
import { discovered, failure, introspector, verified } from './clients.mjs';
import { Human } from './human.mjs';
import { Wire } from './wire.mjs';

const SCOPE = 'api:read api:write';

/** The ways in which a registered client shows itself, with what is registered for it. */
const WAYS = {
    none: { registered: {}, redirect: 'http://127.0.0.1:40817/callback', authenticate: () => openid.None() },
    client_secret_basic: { registered: {}, redirect: 'https://app.example/callback', authenticate: ({ client_secret: secret }) => openid.ClientSecretBasic(secret) },
    client_secret_post: { registered: {}, redirect: 'https://app.example/callback', authenticate: ({ client_secret: secret }) => openid.ClientSecretPost(secret) },
};

export async function code(cases, prokura) {
    const human = new Human(prokura, 'bob@demo.test');
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    WAYS.private_key_jwt = {
        registered: { jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] } },
        redirect: 'https://app.example/callback',
        authenticate: () => openid.PrivateKeyJwt({ key: privateKey, kid: 'one' }),
    };
    for (const method of Object.keys(WAYS)) {
        for (const binding of ['Bearer', 'DPoP']) await whole(cases, prokura, human, method, binding);
    }
    await elsewhere(cases, prokura);
    await standing(cases, prokura, human);
    await refusals(cases, prokura, human);
}

/** From the question to the person to the end of everything. */
async function whole(cases, prokura, human, method, binding) {
    await cases.claim(`openid-client, ${method}, ${binding}: code with PKCE, iss and state, use, refresh, introspection, revocation`, async () => {
        const resource = prokura.resource('http');
        const notes = new URL(`${resource}/notes`);
        const client = await registered(prokura, method);
        const { config, wire } = client;
        const pair = binding === 'DPoP' ? await openid.randomDPoPKeyPair('ES256', { extractable: true }) : undefined;
        const bound = pair && { DPoP: openid.getDPoPHandle(config, pair) };
        const thumbprint = pair && (await calculateJwkThumbprint(await exportJWK(pair.publicKey)));

        const answer = await client.asked(human, { resource, ...(bound && { dpop_jkt: thumbprint }) });
        assert.equal(answer.redirect.searchParams.get('iss'), prokura.ready.issuer);
        const tokens = await openid.authorizationCodeGrant(config, answer.redirect, answer.checks, undefined, bound);
        // A proof without the server's nonce is refused once (RFC 9449 s8), and the code is not used up by that.
        assert.deepEqual(wire.took().lines, [...(bound ? ['POST /oauth2/token 400'] : []), 'POST /oauth2/token 200']);
        assert.deepEqual([tokens.token_type, tokens.expires_in, tokens.scope], [binding.toLowerCase(), 300, SCOPE]);
        const { payload } = await verified(prokura, config, tokens.access_token, resource);
        assert.deepEqual([payload.client_id, payload.cnf?.jkt], [client.id, thumbprint]);
        assert.notEqual(payload.sub, client.id);
        const used = await openid.fetchProtectedResource(config, tokens.access_token, notes, 'GET', null, undefined, bound);
        assert.equal(used.status, 200);

        wire.took();
        const next = await openid.refreshTokenGrant(config, tokens.refresh_token, { resource, scope: 'api:read' }, bound);
        assert.deepEqual(wire.lines, ['POST /oauth2/token 200'], 'the nonce of the last answer is good for the next request');
        assert.equal(form(wire.seen[0]).refresh_token, tokens.refresh_token);
        assert.deepEqual([next.scope, next.token_type], ['api:read', binding.toLowerCase()]);
        assert.notEqual(next.refresh_token, tokens.refresh_token);
        const wide = await openid.refreshTokenGrant(config, next.refresh_token, undefined, bound);
        assert.equal(wide.scope, SCOPE, 'RFC 6749 s6: a narrower token takes nothing from what was given');

        const gateway = await introspector(prokura);
        const told = await openid.tokenIntrospection(gateway, wide.access_token);
        const { payload: claims } = await verified(prokura, config, wide.access_token, resource);
        assert.deepEqual([told.active, told.token_type, told.sub], [true, binding, payload.sub]);
        for (const name of ['iss', 'sub', 'aud', 'client_id', 'exp', 'iat', 'jti', 'scope', 'cnf']) assert.deepEqual(told[name], claims[name], name);

        wire.took();
        await openid.tokenRevocation(config, wide.refresh_token, { token_type_hint: 'refresh_token' });
        assert.deepEqual(wire.took().lines, ['POST /oauth2/revoke 200']);
        for (const token of [tokens, next, wide]) {
            assert.deepEqual(await openid.tokenIntrospection(gateway, token.access_token), { active: false }, 'RFC 7009 s2.1: the access tokens too');
        }
        await refused(openid.refreshTokenGrant(config, wide.refresh_token, undefined, bound), 'invalid_grant');
        assert.equal((await failure(openid.fetchProtectedResource(config, wide.access_token, notes, 'GET', null, undefined, bound))).status, 401);
    });
}

/** A tenant below a path: its issuer has one (RFC 8414 s3.1), and so have its pages. */
async function elsewhere(cases, prokura) {
    for (const algorithm of ['oauth2', 'oidc']) {
        await cases.claim(`openid-client: the whole at a tenant below a path, found by the ${algorithm} algorithm`, async () => {
            const { issuer, human, resource } = await tenant(prokura);
            const client = await registered(prokura, 'client_secret_basic', { issuer, algorithm });
            const answer = await client.asked(human, { resource, scope: 'files:read' });
            assert.deepEqual(human.took(), ['sign-in', 'consent']);
            assert.equal(answer.redirect.searchParams.get('iss'), issuer);
            const tokens = await openid.authorizationCodeGrant(client.config, answer.redirect, answer.checks);
            assert.equal((await openid.refreshTokenGrant(client.config, tokens.refresh_token)).scope, 'files:read');
            assert.deepEqual(client.wire.lines, Array(2).fill(`POST ${new URL(issuer).pathname}/oauth2/token 200`));
            const { payload } = await verified({ ready: { issuer } }, client.config, tokens.access_token, resource);
            assert.equal(payload.scope, 'files:read');
            await human.stop(client.id);
            await refused(openid.refreshTokenGrant(client.config, tokens.refresh_token), 'invalid_grant');
            const stranger = new Human(prokura, undefined, { issuer }); // a person of another tenant is nobody here
            const stuck = await failure(client.asked(stranger, { resource, scope: 'files:read' }));
            assert.match(stuck.message, /^pages without end/);
            assert.deepEqual(new Set(stranger.took()), new Set(['sign-in']));
        });
    }
}

async function standing(cases, prokura, human) {
    const resource = prokura.resource('http');
    await cases.claim('openid-client: a yes to a client with a credential stands: the second time nobody is asked, with prompt=consent they are, and prompt=none needs no page', async () => {
        const client = await registered(prokura, 'client_secret_basic');
        const pages = [];
        for (const more of [{}, {}, { prompt: 'consent' }, { prompt: 'none' }]) {
            human.took();
            const { redirect } = await client.asked(human, { resource, ...more });
            assert.ok(redirect.searchParams.has('code'));
            pages.push(human.took());
        }
        assert.deepEqual(pages, [['consent'], [], ['consent'], []]);
    });
    await cases.claim('openid-client: prompt=none without anybody signed in is login_required, without a yes consent_required, sent to the client with iss and state', async () => {
        const client = await registered(prokura, 'client_secret_basic');
        for (const [who, error] of [[new Human(prokura), 'login_required'], [human, 'consent_required']]) {
            const { redirect, checks } = await client.asked(who, { resource, prompt: 'none' });
            const told = await failure(openid.authorizationCodeGrant(client.config, redirect, checks));
            assert.ok(told instanceof openid.AuthorizationResponseError, String(told)); // after its checks of iss and state
            assert.equal(told.error, error);
        }
        assert.ok(client.wire.lines.every((line) => !line.includes('/oauth2/token')));
    });
}

async function refusals(cases, prokura, human) {
    const resource = prokura.resource('http');
    await cases.claim('openid-client: an answer under another iss, or under none, is refused before the code is used (RFC 9207)', async () => {
        const { config, wire, asked } = await registered(prokura, 'none');
        const { redirect, checks } = await asked(human, { resource });
        for (const iss of ['https://other.example', undefined]) {
            const bent = new URL(redirect);
            bent.searchParams.delete('iss');
            if (iss) bent.searchParams.set('iss', iss);
            assert.match((await failure(openid.authorizationCodeGrant(config, bent, checks))).message, /"iss"|invalid response/);
        }
        assert.ok(wire.lines.every((line) => !line.includes('/oauth2/token')));
        await openid.authorizationCodeGrant(config, redirect, checks);
    });
    await cases.claim('openid-client: a code is good once; the second use is invalid_grant and ends what the first one gave', async () => {
        const { config, asked } = await registered(prokura, 'client_secret_basic');
        const { redirect, checks } = await asked(human, { resource });
        const tokens = await openid.authorizationCodeGrant(config, redirect, checks);
        await refused(openid.authorizationCodeGrant(config, redirect, checks), 'invalid_grant');
        assert.deepEqual(await openid.tokenIntrospection(await introspector(prokura), tokens.access_token), { active: false });
        await refused(openid.refreshTokenGrant(config, tokens.refresh_token), 'invalid_grant');
    });
    await cases.claim('openid-client: a wrong verifier is invalid_grant, and another client cannot use the code', async () => {
        const { config, asked } = await registered(prokura, 'none');
        const { redirect, checks } = await asked(human, { resource });
        await refused(openid.authorizationCodeGrant(config, redirect, { ...checks, pkceCodeVerifier: openid.randomPKCECodeVerifier() }), 'invalid_grant');
        const other = await registered(prokura, 'none');
        await refused(openid.authorizationCodeGrant(other.config, redirect, checks), 'invalid_grant');
    });
    await cases.claim('openid-client: a code that was asked for with a key is of no use with another or without one (RFC 9449 s10)', async () => {
        const { config, asked } = await registered(prokura, 'none');
        const pair = await openid.randomDPoPKeyPair('ES256', { extractable: true });
        const dpop_jkt = await calculateJwkThumbprint(await exportJWK(pair.publicKey));
        const { redirect, checks } = await asked(human, { resource, dpop_jkt });
        const foreign = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
        for (const options of [undefined, { DPoP: foreign }]) await refused(openid.authorizationCodeGrant(config, redirect, checks, undefined, options), 'invalid_grant');
        const tokens = await openid.authorizationCodeGrant(config, redirect, checks, undefined, { DPoP: openid.getDPoPHandle(config, pair) });
        assert.equal(tokens.token_type, 'dpop');
    });
    await cases.claim('openid-client: a used refresh token in another request ends its line and every token of it', async () => {
        const { config, asked } = await registered(prokura, 'none');
        const { redirect, checks } = await asked(human, { resource });
        const first = await openid.authorizationCodeGrant(config, redirect, checks);
        const next = await openid.refreshTokenGrant(config, first.refresh_token, { resource });
        await refused(openid.refreshTokenGrant(config, first.refresh_token, { resource, scope: 'api:read' }), 'invalid_grant');
        await refused(openid.refreshTokenGrant(config, next.refresh_token, { resource }), 'invalid_grant');
        assert.deepEqual(await openid.tokenIntrospection(await introspector(prokura), next.access_token), { active: false });
    });
}

/** A new client that asks people, registered by an administrator. */
async function registered(prokura, method, { issuer = prokura.ready.issuer, algorithm } = {}) {
    const { registered: more, redirect: redirect_uri, authenticate } = WAYS[method];
    const asked = {
        client_name: 'Asks people',
        token_endpoint_auth_method: method,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [redirect_uri],
        ...more,
    };
    const client = await prokura.admin('POST', '/clients', asked, issuer);
    const wire = new Wire();
    const config = await discovered({ ready: { issuer } }, client.client_id, authenticate(client), { wire, algorithm });
    wire.took();

    /** Has the person asked, and gives where the browser was sent with what openid-client is to check there. */
    const ask = async (human, parameters) => {
        const checks = { pkceCodeVerifier: openid.randomPKCECodeVerifier(), expectedState: openid.randomState() };
        const url = openid.buildAuthorizationUrl(config, {
            redirect_uri,
            scope: SCOPE,
            code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
            code_challenge_method: 'S256',
            state: checks.expectedState,
            ...parameters,
        });
        return { redirect: await human.answer(url), checks };
    };
    return { id: client.client_id, config, wire, asked: ask };
}

/** A new tenant below a path, with a person and a resource. */
export async function tenant(prokura) {
    const id = `t-${crypto.randomUUID()}`;
    await prokura.admin('POST', '/tenants', { id, name: 'Below a path' });
    const issuer = `${prokura.ready.issuer}/t/${id}`;
    const user = { login: 'alice@demo.test', password: crypto.randomUUID() };
    await prokura.admin('POST', '/users', user, issuer);
    const resource = 'https://files.example/mcp';
    await prokura.admin('POST', '/resources', { resource, resource_name: 'Files', scopes: { 'files:read': 'Read your files' } }, issuer);
    return { issuer, resource, human: new Human(prokura, undefined, { issuer, user }) };
}

async function refused(promise, code) {
    const error = await failure(promise);
    assert.deepEqual([error.status, error.error], [400, code], String(error.stack));
    assert.equal(error.response.headers.get('cache-control'), 'no-store');
}
