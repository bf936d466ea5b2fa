// openid-client and jose: clients that are held to FAPI 2.0, by the Security Profile and by Message Signing.

import assert from 'node:assert/strict';

import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, exportJWK } from 'jose';
import * as openid from 'openid-client';

import { failure, introspector, verified } from './clients.mjs';
import { answeredWith, keyPair, person, refusedWith, relyingParty } from './relying.mjs';

/** Each with the ways of a request that it takes, and the algorithms of FAPI 2.0 s5.4. */
const PROFILES = { fapi2: 'pushed', fapi2_message_signing: 'signed and pushed' };
const ALGORITHMS = ['PS256', 'ES256', 'Ed25519'];

export async function fapi(cases, prokura) {
    const human = await person(prokura);
    for (const [profile, way] of Object.entries(PROFILES)) {
        for (const alg of ALGORITHMS) await whole(cases, prokura, human, profile, way, alg);
        await refusals(cases, prokura, human, profile, way);
    }
    await unsigned(cases, prokura, human);
}

/** A client of a profile: everything it signs and everything it is answered has one algorithm. */
async function client(prokura, profile, alg, more = {}, options = {}) {
    const pair = await keyPair(alg);
    const rp = await relyingParty(
        prokura,
        {
            security_profile: profile,
            id_token_signed_response_alg: alg,
            authorization_signed_response_alg: alg,
            introspection_signed_response_alg: alg,
            request_object_signing_alg: alg,
            token_endpoint_auth_signing_alg: alg,
            ...more,
        },
        { pair, execute: profile === 'fapi2_message_signing' ? [openid.useJwtResponseMode] : [], ...options },
    );
    return { rp, DPoP: openid.getDPoPHandle(rp.config, await openid.randomDPoPKeyPair('ES256', { extractable: true })) };
}

async function whole(cases, prokura, human, profile, way, alg) {
    await cases.claim(`openid-client: ${profile} with ${alg}: assertion, push, iss, DPoP, use, refresh, introspection`, async () => {
        const resource = prokura.resource('http');
        const notes = new URL(`${resource}/notes`);
        const { rp, DPoP } = await client(prokura, profile, alg);
        const { back, checks } = await rp.asked(human, { scope: 'openid api:read api:write', resource }, { way, DPoP });
        const [push] = rp.wire.took().at('POST /oauth2/par 201');
        const sent = Object.fromEntries(new URLSearchParams(push.sent));
        assert.equal(decodeProtectedHeader(sent.client_assertion).alg, alg);
        assert.equal(decodeJwt(sent.client_assertion).aud, prokura.ready.issuer, 'FAPI 2.0 s5.3.3.1: the issuer, as one string');
        assert.ok(push.answer.expires_in < 600, 'FAPI 2.0 s5.3.2.2');
        if (profile === 'fapi2_message_signing') {
            assert.deepEqual([...back.searchParams.keys()], ['response']);
            assert.equal((await rp.verified(back.searchParams.get('response'))).protectedHeader.alg, alg);
            assert.deepEqual(Object.keys(sent).filter((name) => name === 'scope' || name === 'redirect_uri'), [], 'everything stands in the request object');
        } else {
            assert.equal(back.searchParams.get('iss'), prokura.ready.issuer);
        }
        const tokens = await rp.redeem({ back, checks }, { DPoP });
        assert.equal(tokens.token_type, 'dpop');
        assert.equal((await rp.verified(tokens.id_token)).protectedHeader.alg, alg);
        const { payload } = await verified(prokura, rp.config, tokens.access_token, resource);
        assert.ok(payload.cnf.jkt);
        assert.equal((await openid.fetchProtectedResource(rp.config, tokens.access_token, notes, 'GET', null, undefined, { DPoP })).status, 200);
        assert.equal((await failure(openid.fetchProtectedResource(rp.config, tokens.access_token, notes, 'GET'))).status, 401);
        let next;
        for (const _ of [1, 2, 3]) {
            next = await openid.refreshTokenGrant(rp.config, tokens.refresh_token, undefined, { DPoP });
            assert.equal(next.refresh_token ?? tokens.refresh_token, tokens.refresh_token, 'FAPI 2.0 s5.3.2.1: refresh tokens do not turn');
        }
        assert.equal((await verified(prokura, rp.config, next.access_token, resource)).payload.cnf.jkt, payload.cnf.jkt);
        assert.deepEqual((await openid.tokenIntrospection(await introspector(prokura), next.access_token)).cnf, payload.cnf);
        await openid.tokenRevocation(rp.config, tokens.refresh_token);
        await refusedWith('invalid_grant', openid.refreshTokenGrant(rp.config, tokens.refresh_token, undefined, { DPoP }));
    });
}

async function refusals(cases, prokura, human, profile, way) {
    await cases.claim(`openid-client: ${profile}: nothing goes through the browser that was not pushed (s5.3.2.2)`, async () => {
        const { rp } = await client(prokura, profile, 'ES256');
        await rp.asked(human, {}, { way }); // signed in, so that the error travels
        for (const other of ['plain', 'signed']) await answeredWith('invalid_request', rp, await rp.asked(human, {}, { way: other }));
    });
    await cases.claim(`openid-client: ${profile}: a token without a key is not given, and the code is left to who has one (s5.3.2.1)`, async () => {
        const { rp, DPoP } = await client(prokura, profile, 'ES256');
        const answer = await rp.asked(human, {}, { way });
        const refused = await failure(rp.redeem(answer));
        assert.deepEqual([refused.status, refused.error], [400, 'invalid_dpop_proof']);
        assert.equal((await rp.redeem(answer, { DPoP })).token_type, 'dpop');
    });
    await cases.claim(`openid-client: ${profile}: an assertion of RS256 is refused (s5.4)`, async () => {
        const rp = await relyingParty(prokura, { security_profile: profile }, { pair: await keyPair('RS256') });
        await refusedWith('invalid_client', rp.request({}, { way }), 401);
    });
    await cases.claim(`openid-client: ${profile}: a proof of RS256 is refused (s5.4)`, async () => {
        const { rp } = await client(prokura, profile, 'ES256');
        const DPoP = openid.getDPoPHandle(rp.config, await openid.randomDPoPKeyPair('RS256'));
        await refusedWith('invalid_dpop_proof', rp.request({}, { way, DPoP }));
    });
    await cases.claim(`openid-client: ${profile}: no client with a secret, and none without a credential, asks under it (s5.3.2.1)`, async () => {
        for (const method of ['client_secret_basic', 'client_secret_post', 'none']) {
            const error = await failure(relyingParty(prokura, { security_profile: profile, token_endpoint_auth_method: method }));
            assert.match(error.message, /400 .*"invalid_client_metadata"/, 'it is refused where it is set up, and so nothing of it can ask');
        }
    });
    await cases.claim(`openid-client: ${profile}: assertion, request object and proof may be 8 seconds ahead of our clock, and not 70 (s5.3.2.1)`, async () => {
        const { rp, DPoP } = await client(prokura, profile, 'PS256', {}, { knows: { [openid.clockSkew]: 8 } });
        assert.ok((await rp.signedIn(human, {}, { way, DPoP })).claims());
        const { rp: early } = await client(prokura, profile, 'PS256', {}, { knows: { [openid.clockSkew]: 70 } });
        await refusedWith('invalid_client', early.request({}, { way }), 401);
    });
    await cases.claim(`openid-client: ${profile}: another redirect URI, a plain challenge or none is told at the push (s5.3.2.2)`, async () => {
        const { rp } = await client(prokura, profile, 'ES256');
        for (const bent of [{ redirect_uri: 'https://other.example/callback' }, { code_challenge_method: 'plain' }, { code_challenge: undefined, code_challenge_method: undefined }]) {
            await refusedWith('invalid_request', rp.request(bent, { way }));
        }
    });
}

async function unsigned(cases, prokura, human) {
    await cases.claim('openid-client: fapi2_message_signing: a push that nobody signed is refused (s5.3.1)', async () => {
        const { rp } = await client(prokura, 'fapi2_message_signing', 'ES256');
        await refusedWith('invalid_request', rp.request({}, { way: 'pushed' }));
    });
    await cases.claim('openid-client: fapi2_message_signing: a request object without nbf, or of a life longer than an hour, is refused (s5.3.1)', async () => {
        const { rp } = await client(prokura, 'fapi2_message_signing', 'ES256');
        for (const bend of [(claims) => delete claims.nbf, (claims) => (claims.exp = claims.nbf + 3_700), (claims) => (claims.nbf -= 4_000)]) {
            const { url } = await rp.request({}, { way: 'plain' });
            const modify = { [openid.modifyAssertion]: (_, payload) => void bend(payload) };
            const { searchParams } = await openid.buildAuthorizationUrlWithJAR(rp.config, url.searchParams, rp.signer, modify);
            await refusedWith('invalid_request_object', openid.buildAuthorizationUrlWithPAR(rp.config, searchParams));
        }
    });
    await cases.claim('openid-client: fapi2_message_signing: introspection for such a client is signed with its algorithm', async () => {
        const pair = await keyPair('PS256');
        const gateway = await relyingParty(
            prokura,
            { security_profile: 'fapi2_message_signing', grant_types: [], redirect_uris: [], introspects_everything: true, introspection_signed_response_alg: 'PS256' },
            { pair },
        );
        const { rp, DPoP } = await client(prokura, 'fapi2', 'PS256');
        const tokens = await rp.signedIn(human, {}, { way: 'pushed', DPoP });
        assert.equal((await openid.tokenIntrospection(gateway.config, tokens.access_token)).client_id, rp.id);
        const { protectedHeader } = await gateway.verified(gateway.wire.took().seen[0].answer, { typ: 'token-introspection+jwt' });
        assert.equal(protectedHeader.alg, 'PS256');
    });
}
