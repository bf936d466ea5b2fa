// openid-client and jose: who somebody is. ID tokens, userinfo, claims, levels and ages of a sign-in, names for people, signed introspection.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import * as openid from 'openid-client';

import { failure } from './clients.mjs';
import { tenant } from './code.mjs';
import { PROFILE, answeredWith, person, relyingParty } from './relying.mjs';

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

export async function identity(cases, prokura) {
    const human = await person(prokura);
    await idTokens(cases, prokura, human);
    await userinfo(cases, prokura, human);
    await claims(cases, prokura, human);
    await presence(cases, prokura, human);
    await names(cases, prokura, human);
    await introspection(cases, prokura, human);
    await elsewhere(cases, prokura);
}

async function idTokens(cases, prokura, human) {
    await cases.claim('openid-client: the metadata of OpenID Connect says what it must (Discovery s3), and what is served', async () => {
        const { config } = await relyingParty(prokura);
        const server = config.serverMetadata();
        for (const endpoint of ['authorization', 'token', 'userinfo', 'end_session', 'pushed_authorization_request']) {
            assert.ok(server[`${endpoint}_endpoint`].startsWith(`${prokura.ready.issuer}/`), endpoint);
        }
        assert.ok(server.id_token_signing_alg_values_supported.includes('RS256'), 'Discovery s3: RS256 must be there');
        assert.ok(!server.id_token_signing_alg_values_supported.includes('none'));
        for (const alg of ALGORITHMS) assert.ok(server.id_token_signing_alg_values_supported.includes(alg), alg);
        assert.deepEqual(server.subject_types_supported.toSorted(), ['pairwise', 'public']);
        assert.deepEqual(server.response_types_supported, ['code']);
    });
    for (const alg of [undefined, ...ALGORITHMS]) {
        await cases.claim(`openid-client: code, PKCE, nonce and an ID token of ${alg ?? 'RS256, which nobody asked for'}; jose agrees`, async () => {
            const rp = await relyingParty(prokura, alg && { id_token_signed_response_alg: alg });
            const before = Math.floor(Date.now() / 1000);
            const { back, checks } = await rp.asked(human);
            const tokens = await rp.redeem({ back, checks });
            const { payload, protectedHeader } = await rp.verified(tokens.id_token, { requiredClaims: ['sub', 'iat', 'exp', 'auth_time'] });
            assert.equal(protectedHeader.alg, alg ?? 'RS256');
            assert.ok(protectedHeader.kid);
            assert.deepEqual(tokens.claims(), payload);
            assert.equal(payload.nonce, checks.expectedNonce);
            assert.equal(typeof payload.aud, 'string');
            assert.ok(payload.iat >= before && payload.exp > payload.iat && payload.auth_time <= payload.iat);
            if (payload.at_hash !== undefined) assert.equal(payload.at_hash, half(tokens.access_token, protectedHeader.alg), 'Core s3.1.3.6');
            for (const name of Object.keys(PROFILE)) assert.equal(payload[name], undefined, `Core s5.4: ${name} is told at userinfo`);
        });
    }
    await cases.claim('openid-client: without openid there is no ID token', async () => {
        const rp = await relyingParty(prokura);
        const { back, checks } = await rp.asked(human, { scope: 'profile' });
        assert.equal((await rp.redeem({ back, checks: { ...checks, idTokenExpected: false, expectedNonce: undefined } })).id_token, undefined);
    });
    await cases.claim('openid-client: an ID token with another nonce than the one that was sent is refused, and so is one for another client', async () => {
        const rp = await relyingParty(prokura);
        const { back, checks } = await rp.asked(human);
        const error = await failure(rp.redeem({ back, checks: { ...checks, expectedNonce: openid.randomNonce() } }));
        assert.match(String(error.cause?.message ?? error.message), /nonce/);
        const other = await relyingParty(prokura);
        const { id_token: token } = await other.signedIn(human);
        await assert.rejects(rp.verified(token), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'aud' });
    });
    await cases.claim('openid-client: a refresh brings an ID token of the same person and the same sign-in, which the library compares (Core s12.2)', async () => {
        const rp = await relyingParty(prokura, { id_token_signed_response_alg: 'ES256' });
        const first = await rp.signedIn(human);
        const next = await openid.refreshTokenGrant(rp.config, first.refresh_token);
        const { payload } = await rp.verified(next.id_token);
        const then = first.claims();
        for (const name of ['iss', 'sub', 'aud', 'auth_time']) assert.deepEqual(payload[name], then[name], name);
        assert.ok(payload.iat >= then.iat);
        assert.ok(payload.nonce === undefined || payload.nonce === then.nonce);
        assert.deepEqual(await openid.fetchUserInfo(rp.config, next.access_token, then.sub), { sub: then.sub });
    });
}

async function userinfo(cases, prokura, human) {
    await cases.claim('openid-client: userinfo says what the scopes open, about the person of the ID token (Core s5.3, s5.4)', async () => {
        const rp = await relyingParty(prokura);
        for (const [scope, names] of [
            ['openid', []],
            ['openid email', ['email', 'email_verified']],
            ['openid profile', ['name', 'given_name', 'family_name', 'preferred_username', 'locale', 'zoneinfo', 'updated_at']],
            ['openid address phone', ['address', 'phone_number']],
        ]) {
            const tokens = await rp.signedIn(human, { scope });
            const { sub } = tokens.claims();
            const { updated_at: updated, ...told } = await openid.fetchUserInfo(rp.config, tokens.access_token, sub);
            const known = names.filter((name) => name in PROFILE);
            assert.deepEqual(told, { sub, ...Object.fromEntries(known.map((name) => [name, PROFILE[name]])) }, scope);
            assert.equal(typeof updated, names.includes('updated_at') ? 'number' : 'undefined', 'Core s5.1: seconds since 1970');
        }
    });
    await cases.claim('openid-client: what the person leaves out is not told', async () => {
        const rp = await relyingParty(prokura);
        const tokens = await rp.signedIn(human, { scope: 'openid profile email', prompt: 'consent' }, { how: { without: ['email'] } });
        const told = await openid.fetchUserInfo(rp.config, tokens.access_token, tokens.claims().sub);
        assert.deepEqual([told.name, told.email], [PROFILE.name, undefined]);
        assert.deepEqual(tokens.scope.split(' ').toSorted(), ['openid', 'profile']);
    });
    for (const alg of ALGORITHMS) {
        await cases.claim(`openid-client: userinfo as a JWT signed with ${alg}, for this client alone (Core s5.3.2)`, async () => {
            const rp = await relyingParty(prokura, { userinfo_signed_response_alg: alg });
            const tokens = await rp.signedIn(human, { scope: 'openid email' });
            const { sub } = tokens.claims();
            const told = await openid.fetchUserInfo(rp.config, tokens.access_token, sub);
            assert.deepEqual([told.sub, told.email], [sub, PROFILE.email]);
            const { payload, protectedHeader } = await rp.verified(rp.wire.seen.at(-1).answer);
            assert.deepEqual([protectedHeader.alg, payload.email], [alg, PROFILE.email]);
        });
    }
    await cases.claim('openid-client: userinfo of another person than the expected one is refused by the library, and of no token by the server (RFC 6750 s3)', async () => {
        const rp = await relyingParty(prokura);
        const tokens = await rp.signedIn(human);
        assert.match(String((await failure(openid.fetchUserInfo(rp.config, tokens.access_token, 'somebody else'))).cause?.message), /sub|subject/i);
        const refused = await failure(openid.fetchUserInfo(rp.config, 'nonsense', tokens.claims().sub));
        assert.equal(refused.status, 401);
        assert.deepEqual(refused.cause.map(({ scheme, parameters }) => [scheme, parameters.error]).toSorted(), [['bearer', 'invalid_token'], ['dpop', 'invalid_token']]);
        const bare = await fetch(rp.config.serverMetadata().userinfo_endpoint);
        assert.equal(bare.status, 401);
        assert.match(bare.headers.get('www-authenticate'), /\bBearer realm=/);
        assert.doesNotMatch(bare.headers.get('www-authenticate'), /error=/, 'RFC 6750 s3.1: without a token no error is named');
    });
    for (const [where, init] of [
        ['in the header and nothing in the body', (token) => ({ headers: { authorization: `Bearer ${token}` } })],
        ['in the header beside an empty form', (token) => ({ headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' } })],
        ['in the form', (token) => ({ body: new URLSearchParams({ access_token: token }) })],
    ]) {
        await cases.claim(`userinfo by POST, with the token ${where} (Core s5.3.1, RFC 6750 s2)`, async () => {
            const rp = await relyingParty(prokura);
            const tokens = await rp.signedIn(human);
            const answer = await fetch(rp.config.serverMetadata().userinfo_endpoint, { method: 'POST', ...init(tokens.access_token) });
            assert.deepEqual(await answer.json(), { sub: tokens.claims().sub });
        });
    }
    await cases.claim('openid-client: a token without openid is insufficient_scope at userinfo, one for a resource is no token there', async () => {
        const rp = await relyingParty(prokura);
        for (const [parameters, status, code] of [
            [{ scope: 'profile' }, 403, 'insufficient_scope'],
            [{ scope: 'openid api:read', resource: prokura.resource('http') }, 401, 'invalid_token'],
        ]) {
            const { back, checks } = await rp.asked(human, parameters);
            const tokens = await rp.redeem({ back, checks: { ...checks, idTokenExpected: false, expectedNonce: parameters.resource && checks.expectedNonce } });
            const refused = await failure(openid.fetchUserInfo(rp.config, tokens.access_token, openid.skipSubjectCheck));
            assert.deepEqual([refused.status, refused.cause[0].parameters.error], [status, code], parameters.scope);
        }
    });
    await cases.claim('openid-client: userinfo of a token that is bound to a key wants the key, by the scheme DPoP', async () => {
        const rp = await relyingParty(prokura);
        const pair = await openid.randomDPoPKeyPair();
        const DPoP = openid.getDPoPHandle(rp.config, pair);
        const tokens = await rp.signedIn(human, { scope: 'openid email' }, { DPoP });
        const { sub } = tokens.claims();
        assert.equal(tokens.token_type, 'dpop');
        assert.equal((await openid.fetchUserInfo(rp.config, tokens.access_token, sub, { DPoP })).email, PROFILE.email);
        assert.equal((await failure(openid.fetchUserInfo(rp.config, tokens.access_token, sub))).status, 401, 'RFC 9449 s7.2: no downgrade to Bearer');
        const foreign = openid.getDPoPHandle(rp.config, await openid.randomDPoPKeyPair());
        assert.equal((await failure(openid.fetchUserInfo(rp.config, tokens.access_token, sub, { DPoP: foreign }))).status, 401);
        rp.wire.took();
        const fresh = openid.getDPoPHandle(rp.config, pair); // it knows no nonce
        await openid.fetchUserInfo(rp.config, tokens.access_token, sub, { DPoP: fresh });
        assert.deepEqual(rp.wire.lines, ['GET /oauth2/userinfo 401', 'GET /oauth2/userinfo 200'], 'RFC 9449 s9: refused once, with a nonce');
    });
}

async function claims(cases, prokura, human) {
    await cases.claim('openid-client: single claims by the claims parameter, in the ID token and at userinfo (Core s5.5)', async () => {
        const rp = await relyingParty(prokura);
        const wanted = { userinfo: { email: { essential: true }, nickname: null }, id_token: { given_name: null, auth_time: { essential: true } } };
        const tokens = await rp.signedIn(human, { claims: JSON.stringify(wanted) });
        const { payload } = await rp.verified(tokens.id_token);
        assert.equal(payload.given_name, PROFILE.given_name);
        assert.deepEqual([payload.email, payload.family_name], [undefined, undefined]);
        const told = await openid.fetchUserInfo(rp.config, tokens.access_token, payload.sub);
        assert.deepEqual([told.email, told.nickname, told.family_name], [PROFILE.email, undefined, undefined]);
    });
    await cases.claim('openid-client: a person who leaves out a single claim tells the rest', async () => {
        const rp = await relyingParty(prokura);
        const wanted = { userinfo: { email: { essential: true }, birthdate: null, phone_number: null } };
        human.took();
        const { back, checks } = await rp.asked(human, { claims: JSON.stringify(wanted) }, { how: { without: ['claim:phone_number'] } });
        const tokens = await rp.redeem({ back, checks });
        const told = await openid.fetchUserInfo(rp.config, tokens.access_token, tokens.claims().sub);
        assert.deepEqual([told.email, told.phone_number], [PROFILE.email, undefined]);
    });
    await cases.claim('openid-client: a claims parameter that names who must be there: another is login_required (Core s5.5.1)', async () => {
        const rp = await relyingParty(prokura);
        const { sub } = (await rp.signedIn(human)).claims();
        const asks = (value) => ({ prompt: 'none', claims: JSON.stringify({ id_token: { sub: { value } } }) });
        assert.equal((await rp.signedIn(human, asks(sub))).claims().sub, sub);
        await answeredWith('login_required', rp, await rp.asked(human, asks('somebody else')));
    });
}

async function presence(cases, prokura, human) {
    await cases.claim('openid-client: max_age: who signed in long enough ago must do it again, and auth_time says so (Core s3.1.2.1)', async () => {
        const rp = await relyingParty(prokura);
        const first = (await rp.signedIn(human, { max_age: '3600' })).claims();
        human.took();
        const same = (await rp.signedIn(human, { max_age: '3600' })).claims();
        assert.deepEqual([human.took(), same.auth_time], [[], first.auth_time]);
        await pause(2_100);
        await answeredWith('login_required', rp, await rp.asked(human, { max_age: '1', prompt: 'none' }));
        const again = (await rp.signedIn(human, { max_age: '1' })).claims();
        assert.deepEqual(human.took(), ['sign-in']);
        assert.ok(again.auth_time > first.auth_time);
    });
    await cases.claim('openid-client: prompt=login and max_age=0 ask again whoever is there, default_max_age does it without being asked', async () => {
        for (const [parameters, metadata] of [[{ prompt: 'login' }], [{ max_age: '0' }], [{}, { default_max_age: 0 }]]) {
            const rp = await relyingParty(prokura, metadata);
            const first = (await rp.signedIn(human)).claims();
            await pause(1_100);
            human.took();
            const again = (await rp.signedIn(human, parameters)).claims();
            assert.deepEqual([human.took(), again.sub], [['sign-in'], first.sub]);
            assert.ok(again.auth_time > first.auth_time, JSON.stringify(parameters));
        }
    });
    await cases.claim('openid-client: acr_values: a level that was reached is in the ID token, one that cannot be is unmet_authentication_requirements (RFC 9470 s5)', async () => {
        const rp = await relyingParty(prokura);
        const reached = (await rp.signedIn(human, { acr_values: 'urn:example:unknown 1' })).claims();
        assert.equal(reached.acr, '1');
        assert.ok(reached.amr.includes('pwd'), 'RFC 8176 s2');
        const password = await person(prokura);
        await rp.signedIn(password);
        await answeredWith('unmet_authentication_requirements', rp, await rp.asked(password, { acr_values: 'phr' }));
        const essential = JSON.stringify({ id_token: { acr: { essential: true, values: ['phr'] } } });
        await answeredWith('unmet_authentication_requirements', rp, await rp.asked(await person(prokura), { claims: essential }));
    });
    await cases.claim('openid-client: a resource that wants a stronger sign-in says which in a challenge that the library reads; who cannot step up brings no token (RFC 9470 s3, s4)', async () => {
        const rp = await relyingParty(prokura);
        const password = await person(prokura);
        const api = prokura.resource('http');
        const asks = { scope: 'openid api:write', resource: api };
        const { back, checks } = await rp.asked(password, asks);
        const tokens = await rp.redeem({ back, checks });
        const url = new URL(`${api}/notes`);
        const refused = await failure(openid.fetchProtectedResource(rp.config, tokens.access_token, url, 'DELETE'));
        assert.ok(refused instanceof openid.WWWAuthenticateChallengeError, String(refused.stack));
        const { parameters } = refused.cause.find(({ scheme }) => scheme === 'bearer');
        assert.deepEqual([refused.status, parameters.error, parameters.acr_values, parameters.max_age], [401, 'insufficient_user_authentication', 'phr', '300']);
        const { acr_values, max_age } = parameters;
        await answeredWith('unmet_authentication_requirements', rp, await rp.asked(password, { ...asks, acr_values, max_age }));
    });
    await cases.claim('openid-client: id_token_hint with prompt=none: the same person is answered, another is login_required (Core s3.1.2.1)', async () => {
        const rp = await relyingParty(prokura);
        const { id_token: hint } = await rp.signedIn(human);
        const { sub } = (await rp.signedIn(human, { prompt: 'none', id_token_hint: hint })).claims();
        const other = await person(prokura);
        assert.notEqual((await rp.signedIn(other)).claims().sub, sub);
        await answeredWith('login_required', rp, await rp.asked(other, { prompt: 'none', id_token_hint: hint }));
    });
}

async function names(cases, prokura, human) {
    await cases.claim('openid-client: pairwise names: one for a sector, others elsewhere; public ones are the same for all (Core s8)', async () => {
        const at = async (host, more) => {
            const rp = await relyingParty(prokura, { redirect_uris: [`https://${host}/callback`], ...more });
            return (await rp.signedIn(human)).claims().sub;
        };
        const [here, alsoHere, there] = [await at('one.example'), await at('one.example'), await at('two.example')];
        assert.equal(here, alsoHere);
        assert.notEqual(here, there);
        const open = { subject_type: 'public' };
        const [everywhere, alsoEverywhere] = [await at('one.example', open), await at('two.example', open)];
        assert.equal(everywhere, alsoEverywhere);
        assert.ok(![here, there].includes(everywhere));
    });
}

async function introspection(cases, prokura, human) {
    for (const alg of [undefined, ...ALGORITHMS]) {
        await cases.claim(`openid-client: introspection as a JWT of ${alg ?? 'RS256, which nobody asked for'} (RFC 9701); jose agrees`, async () => {
            const rp = await relyingParty(prokura);
            const { access_token: token } = await rp.signedIn(human, { scope: 'openid email' });
            const gateway = await relyingParty(
                prokura,
                { grant_types: [], redirect_uris: [], introspects_everything: true, ...(alg && { introspection_signed_response_alg: alg }) },
                { knows: { introspection_signed_response_alg: alg ?? 'RS256' } },
            );
            const told = await openid.tokenIntrospection(gateway.config, token);
            assert.deepEqual([told.active, told.client_id, told.scope], [true, rp.id, 'email openid']);
            const { payload, protectedHeader } = await gateway.verified(gateway.wire.took().seen[0].answer, { typ: 'token-introspection+jwt' });
            assert.equal(protectedHeader.alg, alg ?? 'RS256');
            assert.deepEqual(payload.token_introspection, told);
            assert.deepEqual([payload.sub, payload.exp, typeof payload.iat], [undefined, undefined, 'number'], 'RFC 9701 s5: SHOULD NOT have sub and exp');
            assert.deepEqual(await openid.tokenIntrospection(gateway.config, 'nonsense'), { active: false });
        });
    }
}

/** A tenant below a path is an issuer of its own: with its own keys, names for people, and nothing of its neighbours. */
async function elsewhere(cases, prokura) {
    await cases.claim('openid-client: the whole at a tenant below a path: ID token, userinfo, push, signed answer, introspection, logout', async () => {
        const { issuer, human } = await tenant(prokura);
        const below = { ready: { ...prokura.ready, issuer }, admin: (method, path, body) => prokura.admin(method, path, body, issuer) };
        const bye = 'https://app.example/bye';
        const rp = await relyingParty(below, { post_logout_redirect_uris: [bye] });
        const { back, checks } = await rp.asked(human, { response_mode: 'jwt' }, { way: 'pushed' });
        openid.useJwtResponseMode(rp.config);
        const tokens = await rp.redeem({ back, checks });
        const { payload } = await rp.verified(tokens.id_token);
        assert.equal(payload.iss, issuer);
        assert.deepEqual(await openid.fetchUserInfo(rp.config, tokens.access_token, payload.sub), { sub: payload.sub });
        const gateway = await relyingParty(below, { grant_types: [], redirect_uris: [], introspects_everything: true });
        assert.equal((await openid.tokenIntrospection(gateway.config, tokens.access_token)).sub, payload.sub);

        const above = (await relyingParty(prokura)).config.serverMetadata();
        const stranger = await fetch(above.userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } });
        assert.equal(stranger.status, 401, 'the token of a tenant is none at another');
        assert.equal((await fetch(`${above.end_session_endpoint}?${new URLSearchParams({ id_token_hint: tokens.id_token })}`, { redirect: 'manual' })).status, 400);
        const out = await human.answer(openid.buildEndSessionUrl(rp.config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: bye }));
        assert.equal(out.href, bye);
    });
}

function half(token, alg) {
    const digest = createHash(alg.startsWith('Ed') ? 'sha512' : 'sha256').update(token, 'ascii').digest();
    return digest.subarray(0, digest.length / 2).toString('base64url');
}
