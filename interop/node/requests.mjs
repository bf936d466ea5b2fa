// openid-client and jose: the ways of a request (pushed, signed, both) and of its answer (query, form, signed), each held against each, with keys and without.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { SignJWT, UnsecuredJWT, calculateJwkThumbprint, decodeJwt, exportJWK } from 'jose';
import * as openid from 'openid-client';

import { failure, verified } from './clients.mjs';
import { REDIRECT, WAYS, answeredWith, keyPair, person, refusedWith, relyingParty } from './relying.mjs';

const ALGORITHMS = ['ES256', 'PS256', 'RS256', 'EdDSA', 'Ed25519'];

export async function requests(cases, prokura) {
    const human = await person(prokura);
    const pair = await keyPair('ES256');
    await ways(cases, prokura, human, pair);
    await pushed(cases, prokura, human, pair);
    await signed(cases, prokura, human, pair);
    await answers(cases, prokura, human, pair);
    await foreignAnswers(cases, prokura, human, pair);
    await addresses(cases, prokura, human);
}

/** Every way of a request with every way of its answer, as bearer and with a key. */
async function ways(cases, prokura, human, pair) {
    for (const way of Object.keys(WAYS)) {
        for (const mode of ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt']) {
            await cases.claim(`openid-client: a request that is ${way}, answered by ${mode}, and the code with and without a key`, async () => {
                for (const binding of ['bearer', 'dpop']) {
                    const rp = await relyingParty(prokura, {}, { pair });
                    const keys = binding === 'dpop' ? await openid.randomDPoPKeyPair('ES256', { extractable: true }) : undefined;
                    const DPoP = keys && openid.getDPoPHandle(rp.config, keys);
                    const { back, checks } = await rp.asked(human, { scope: 'openid email', response_mode: mode }, { way, DPoP });
                    if (mode.endsWith('jwt')) openid.useJwtResponseMode(rp.config); // from here on: it asks for `jwt` alone
                    assert.equal(back instanceof Request, mode.startsWith('form_post'));
                    const given = await parameters(back);
                    if (mode.endsWith('jwt')) assert.deepEqual([...given.keys()], ['response'], 'JARM s2.3');
                    else assert.deepEqual([given.get('iss'), given.get('state')], [prokura.ready.issuer, checks.expectedState]);
                    const tokens = await rp.redeem({ back, checks }, { DPoP });
                    assert.equal(tokens.token_type, binding);
                    const { payload } = await verified(prokura, rp.config, tokens.access_token, prokura.ready.issuer);
                    assert.equal(payload.cnf?.jkt, keys && (await calculateJwkThumbprint(await exportJWK(keys.publicKey))));
                    assert.equal((await openid.fetchUserInfo(rp.config, tokens.access_token, tokens.claims().sub, { DPoP })).email, 'zoe@example.com');
                }
            });
        }
    }
}

async function pushed(cases, prokura, human, pair) {
    for (const method of ['client_secret_basic', 'client_secret_post', 'none']) {
        await cases.claim(`openid-client: a client of ${method} pushes; what the browser carries is the name of the request alone (RFC 9126 s2)`, async () => {
            const rp = await relyingParty(prokura, { token_endpoint_auth_method: method });
            const { url, checks } = await rp.request({ prompt: 'consent' }, { way: 'pushed' });
            assert.deepEqual([...url.searchParams.keys()].toSorted(), ['client_id', 'request_uri']);
            const [push] = rp.wire.took().at('POST /oauth2/par 201');
            assert.equal(push.response.get('cache-control'), 'no-store');
            assert.ok(push.answer.expires_in > 0 && push.answer.request_uri.startsWith('urn:ietf:params:oauth:request_uri:'), 'RFC 9126 s2.2');
            await rp.redeem({ back: await human.answer(url), checks });
            assert.match((await failure(human.answer(url))).message, /stuck at 400/, 's7.3: good once');
        });
    }
    await cases.claim('openid-client: a push by a proof binds the code to its key, whoever asks for the token then (RFC 9449 s10.1)', async () => {
        const rp = await relyingParty(prokura);
        const DPoP = openid.getDPoPHandle(rp.config, await openid.randomDPoPKeyPair());
        const { back, checks } = await rp.asked(human, {}, { way: 'pushed', DPoP });
        assert.deepEqual(rp.wire.took().lines, ['POST /oauth2/par 400', 'POST /oauth2/par 201'], 'RFC 9449 s8: refused once, with a nonce');
        const foreign = openid.getDPoPHandle(rp.config, await openid.randomDPoPKeyPair());
        for (const other of [undefined, foreign]) await refusedWith('invalid_grant', rp.redeem({ back, checks }, { DPoP: other }));
        assert.equal((await rp.redeem({ back, checks }, { DPoP })).token_type, 'dpop');
    });
    await cases.claim('openid-client: a push with a proof by one key and dpop_jkt of another is refused (RFC 9449 s10.1)', async () => {
        const rp = await relyingParty(prokura);
        const DPoP = openid.getDPoPHandle(rp.config, await openid.randomDPoPKeyPair());
        const other = await openid.randomDPoPKeyPair('ES256', { extractable: true });
        const dpop_jkt = await calculateJwkThumbprint(await exportJWK(other.publicKey));
        await refusedWith('invalid_dpop_proof', rp.request({ dpop_jkt }, { way: 'pushed', DPoP }));
    });
    await cases.claim('openid-client: what is wrong with a request is told at the push (RFC 9126 s2.3)', async () => {
        const rp = await relyingParty(prokura, { token_endpoint_auth_method: 'none' });
        for (const [parameters, code] of [
            [{ code_challenge_method: 'plain' }, 'invalid_request'],
            [{ code_challenge_method: undefined }, 'invalid_request'], // RFC 7636 s4.3: that is `plain` too
            [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
            [{ redirect_uri: 'https://other.example/callback' }, 'invalid_request'],
            [{ response_type: 'token' }, 'unsupported_response_type'],
            [{ claims: '[]' }, 'invalid_request'],
            [{ max_age: '-1' }, 'invalid_request'],
        ]) {
            await refusedWith(code, rp.request(parameters, { way: 'pushed' })).catch((error) => assert.fail(`${JSON.stringify(parameters)}: ${error.message}`));
        }
        const stranger = await relyingParty(prokura, {}, { authenticate: openid.ClientSecretBasic('wrong') });
        const refused = await failure(stranger.request({}, { way: 'pushed' }));
        assert.deepEqual([refused.status, refused.cause[0].scheme], [401, 'basic']);
    });
    await cases.claim('openid-client: of eight browsers at once with one pushed request, exactly one has a code (RFC 9126 s7.3)', async () => {
        const rp = await relyingParty(prokura);
        await rp.signedIn(human); // a yes that stands: nobody needs to be asked
        const { url, checks } = await rp.request({}, { way: 'pushed' });
        const ends = await Promise.allSettled(Array.from({ length: 8 }, () => human.answer(url)));
        const codes = ends.filter(({ status, value }) => status === 'fulfilled' && value.searchParams.has('code'));
        assert.equal(codes.length, 1, JSON.stringify(ends));
        await rp.redeem({ back: codes[0].value, checks });
    });
    await cases.claim('openid-client: an unknown place and an unknown scope are told at the push already (RFC 9126 s2.1)', async () => {
        const rp = await relyingParty(prokura);
        await refusedWith('invalid_target', rp.request({ resource: 'https://unknown.example/' }, { way: 'pushed' }));
        await refusedWith('invalid_scope', rp.request({ scope: 'unheard-of' }, { way: 'pushed' }));
    });
    await cases.claim('openid-client: the name of a pushed request is of no use to another client, and a client that must push is refused without', async () => {
        const rp = await relyingParty(prokura, { require_pushed_authorization_requests: true });
        const { url, checks } = await rp.request({}, { way: 'pushed' });
        const stolen = new URL(url);
        stolen.searchParams.set('client_id', (await relyingParty(prokura)).id);
        assert.match((await failure(human.answer(stolen))).message, /stuck at 400/);
        await rp.redeem({ back: await human.answer(url), checks });
        await answeredWith('invalid_request', rp, await rp.asked(human));
    });
    await cases.claim('openid-client: a request object that was pushed by private_key_jwt, whose assertion is for the issuer, and never for the endpoint', async () => {
        const { url, checks } = await (await relyingParty(prokura, {}, { pair })).request({}, { way: 'signed and pushed' });
        assert.ok(checks.expectedState && url.searchParams.has('request_uri'));
        const forEndpoint = { [openid.modifyAssertion]: (_, payload) => void (payload.aud = `${prokura.ready.issuer}/oauth2/par`) };
        const bent = await relyingParty(prokura, {}, { pair, authenticate: openid.PrivateKeyJwt(pair.signer, forEndpoint) });
        await refusedWith('invalid_client', bent.request({}, { way: 'pushed' }), 401);
    });
}

async function signed(cases, prokura, human, pair) {
    for (const alg of ALGORITHMS) {
        await cases.claim(`openid-client: a request object of ${alg}, when the client registered this algorithm and must sign (RFC 9101)`, async () => {
            const own = await keyPair(alg);
            const rp = await relyingParty(prokura, { request_object_signing_alg: alg, require_signed_request_object: true }, { pair: own });
            for (const way of ['signed', 'signed and pushed']) assert.ok((await rp.signedIn(human, {}, { way })).claims());
            await answeredWith('invalid_request', rp, await rp.asked(human));
        });
    }
    const bent = {
        'by a foreign key': async (rp, object) => resigned(object, (await keyPair('ES256')).signer),
        'that nobody signed': async (_, object) => new UnsecuredJWT(decodeJwt(object)).encode(),
        'by the secret that nobody has': async (_, object) =>
            new SignJWT(decodeJwt(object)).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(JSON.stringify(pair.jwks.keys[0]))),
        'for another server': async (rp, object) => resigned(object, pair.signer, { aud: 'https://other.example' }),
        'of another client': async (rp, object) => resigned(object, pair.signer, { client_id: 'somebody-else', iss: 'somebody-else' }),
        'that has ended': async (rp, object) => resigned(object, pair.signer, { exp: Math.floor(Date.now() / 1000) - 120 }),
        'that is not good yet': async (rp, object) => resigned(object, pair.signer, { nbf: Math.floor(Date.now() / 1000) + 600 }),
        'inside another one': async (rp, object) => resigned(object, pair.signer, { request: object }),
    };
    for (const [which, bend] of Object.entries(bent)) {
        await cases.claim(`openid-client: a request object ${which} is refused, at the push and in the browser (RFC 9101 s10)`, async () => {
            const rp = await relyingParty(prokura, {}, { pair });
            const { url } = await rp.request({}, { way: 'signed' });
            url.searchParams.set('request', await bend(rp, url.searchParams.get('request')));
            const refused = await failure(openid.buildAuthorizationUrlWithPAR(rp.config, url.searchParams));
            assert.deepEqual([refused.status, refused.error], [400, 'invalid_request_object']);
            assert.match((await failure(human.answer(url))).message, /stuck at 400/);
        });
    }
    await cases.claim('openid-client: claims as an object and max_age as a number, as they stand in a request object (RFC 9101 s4, Core s6.1)', async () => {
        const rp = await relyingParty(prokura, {}, { pair });
        const wanted = { userinfo: { email: null }, id_token: { given_name: null } };
        for (const way of ['signed', 'signed and pushed']) {
            const { url, checks } = await rp.request({ claims: JSON.stringify(wanted), max_age: '3600' }, { way });
            if (way === 'signed') {
                const { claims, max_age: age } = decodeJwt(url.searchParams.get('request'));
                assert.deepEqual([claims, Number(age)], [wanted, 3600]);
            }
            const tokens = await rp.redeem({ back: await human.answer(url), checks });
            assert.equal(tokens.claims().given_name, 'Zoë');
            assert.equal((await openid.fetchUserInfo(rp.config, tokens.access_token, tokens.claims().sub)).email, 'zoe@example.com');
        }
    });
    await cases.claim('openid-client: what stands beside a request object does not count (RFC 9101 s6.3)', async () => {
        const rp = await relyingParty(prokura, {}, { pair });
        const { url, checks } = await rp.request({ scope: 'openid' }, { way: 'signed' });
        for (const [name, value] of [['scope', 'openid email'], ['state', 'bent'], ['nonce', 'bent'], ['redirect_uri', 'https://other.example/callback']]) url.searchParams.set(name, value);
        const tokens = await rp.redeem({ back: await human.answer(url), checks });
        assert.equal(tokens.scope, 'openid');
    });
}

async function answers(cases, prokura, human, pair) {
    for (const alg of [undefined, ...ALGORITHMS]) {
        await cases.claim(`openid-client: an answer signed with ${alg ?? 'RS256, which nobody asked for'} (JARM); jose agrees`, async () => {
            const rp = await relyingParty(prokura, alg && { authorization_signed_response_alg: alg }, { execute: [openid.useJwtResponseMode] });
            const { back, checks } = await rp.asked(human);
            const { payload, protectedHeader } = await rp.verified(back.searchParams.get('response'), { requiredClaims: ['exp', 'code', 'state'] });
            assert.deepEqual([protectedHeader.alg, payload.state], [alg ?? 'RS256', checks.expectedState]);
            assert.ok(payload.exp - Date.now() / 1000 <= 600, 'JARM s2.1: ten minutes at most');
            assert.ok((await rp.redeem({ back, checks })).claims());
        });
    }
    await cases.claim('openid-client: a state comes back as it was sent, by every way of a request and of its answer', async () => {
        const state = 'grüße & <b>"=+ %20\\ 日本';
        for (const way of Object.keys(WAYS)) {
            for (const mode of ['query', 'form_post', 'jwt', 'form_post.jwt']) {
                const rp = await relyingParty(prokura, {}, { pair });
                const { back, checks } = await rp.asked(human, { response_mode: mode, state, nonce: state }, { way });
                if (mode.endsWith('jwt')) openid.useJwtResponseMode(rp.config);
                assert.ok((await rp.redeem({ back, checks: { ...checks, expectedState: state, expectedNonce: state } })).claims());
            }
        }
    });
    await cases.claim('openid-client: a mode that is not offered is invalid_request, and a response type unsupported_response_type', async () => {
        const rp = await relyingParty(prokura);
        await rp.signedIn(human);
        await answeredWith('invalid_request', rp, await rp.asked(human, { response_mode: 'fragment' }));
        await answeredWith('unsupported_response_type', rp, await rp.asked(human, { response_type: 'code id_token' }));
    });
    for (const mode of ['query', 'form_post', 'jwt', 'form_post.jwt']) {
        await cases.claim(`openid-client: a no and an error by ${mode} reach the client as the library wants them`, async () => {
            for (const [code, who, parameters, how] of [
                ['access_denied', human, { prompt: 'consent' }, { decision: 'deny' }],
                ['login_required', await person(prokura), { prompt: 'none' }],
                ['invalid_scope', human, { scope: 'unheard-of' }],
            ]) {
                const rp = await relyingParty(prokura, {}, { pair });
                const answer = await rp.asked(who, { response_mode: mode, ...parameters }, { how });
                if (mode.endsWith('jwt')) openid.useJwtResponseMode(rp.config);
                await answeredWith(code, rp, answer);
            }
        });
    }
}

/** Request objects and keys that stand at the client's own addresses; `prokura dev` may fetch from loopback. */
async function addresses(cases, prokura, human) {
    await cases.claim('openid-client: a request object behind an address that the client registered, and behind no other (RFC 9101 s5.2)', async () => {
        await serving(async (site) => {
            const pair = await keyPair('ES256');
            const rp = await relyingParty(prokura, { request_uris: [`${site.url}/request.jwt`] }, { pair });
            const { url, checks } = await rp.request({ scope: 'openid email' }, { way: 'signed' });
            site.files['/request.jwt'] = site.files['/other.jwt'] = ['application/oauth-authz-req+jwt', url.searchParams.get('request')];
            const by = (path) => openid.buildAuthorizationUrl(rp.config, { request_uri: `${site.url}${path}` });
            assert.match((await failure(human.answer(by('/other.jwt')))).message, /stuck at 400/);
            assert.deepEqual(site.asked, [], 'what was not registered is not fetched (S-24)');
            assert.equal((await rp.redeem({ back: await human.answer(by('/request.jwt')), checks })).scope, 'email openid');
            assert.deepEqual(site.asked, ['/request.jwt']);
        });
    });
    await cases.claim('openid-client: keys at jwks_uri prove the client and sign its requests, each by its kid; one that is not there does not', async () => {
        await serving(async (site) => {
            const [first, second, absent] = [await keyPair('ES256', 'first'), await keyPair('PS256', 'second'), await keyPair('ES256', 'absent')];
            site.files['/jwks.json'] = ['application/json', JSON.stringify({ keys: [...first.jwks.keys, ...second.jwks.keys] })];
            const told = { jwks: undefined, jwks_uri: `${site.url}/jwks.json` };
            for (const [assertion, object] of [[first, second], [second, first]]) {
                const rp = await relyingParty(prokura, told, { pair: object, authenticate: openid.PrivateKeyJwt(assertion.signer) });
                assert.ok((await rp.signedIn(human, {}, { way: 'signed and pushed' })).claims());
            }
            const unknown = await relyingParty(prokura, told, { pair: absent });
            await refusedWith('invalid_client', unknown.request({}, { way: 'pushed' }), 401);
            const forged = await relyingParty(prokura, told, { pair: absent, authenticate: openid.PrivateKeyJwt(first.signer) });
            await refusedWith('invalid_request_object', forged.request({}, { way: 'signed and pushed' }));
            assert.deepEqual([...new Set(site.asked)], ['/jwks.json']);
        });
    });
}

/** A small site of the client: what stands at which path, and what was asked for. */
async function serving(use) {
    const site = { files: {}, asked: [] };
    const server = createServer((request, response) => {
        site.asked.push(request.url);
        const [type, body] = site.files[request.url] ?? ['text/plain', ''];
        response.writeHead(site.files[request.url] ? 200 : 404, { 'content-type': type }).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    site.url = `http://localhost:${server.address().port}`;
    try {
        await use(site);
    } finally {
        server.closeAllConnections();
        server.close();
    }
}

async function foreignAnswers(cases, prokura, human, pair) {
    await cases.claim('openid-client: a signed answer for another client, by another key, or past its end is refused by the library', async () => {
        const jarm = { pair, execute: [openid.useJwtResponseMode] };
        const rp = await relyingParty(prokura, {}, jarm);
        const { back, checks } = await rp.asked(human);
        const other = await relyingParty(prokura, {}, jarm);
        assert.match(said(await failure(other.redeem({ back, checks }))), /"aud"/);
        const forged = new URL(back);
        forged.searchParams.set('response', await resigned(back.searchParams.get('response'), (await keyPair('RS256')).signer));
        assert.ok(await failure(rp.redeem({ back: forged, checks })));
        const plain = new URL(`${REDIRECT}?${new URLSearchParams(decodeJwt(back.searchParams.get('response')))}`);
        assert.ok(await failure(rp.redeem({ back: plain, checks })), 'a plain answer where a signed one was asked for');
        assert.ok((await rp.redeem({ back, checks })).claims(), 'nothing of it used the code');
    });
    await cases.claim('openid-client: a signed answer with another state is refused by the library; the code is good once', async () => {
        const rp = await relyingParty(prokura, {}, { pair, execute: [openid.useJwtResponseMode] });
        const { back, checks } = await rp.asked(human);
        assert.match(said(await failure(rp.redeem({ back, checks: { ...checks, expectedState: openid.randomState() } }))), /"state"/);
        const tokens = await rp.redeem({ back, checks });
        await refusedWith('invalid_grant', rp.redeem({ back, checks }));
        assert.equal((await failure(openid.fetchUserInfo(rp.config, tokens.access_token, tokens.claims().sub))).status, 401, 'a replay ends what the code gave');
    });
}

/** The parameters of an answer, wherever they stand. */
async function parameters(back) {
    return back instanceof Request ? new URLSearchParams(await back.clone().text()) : back.searchParams;
}

/** A JWT with other claims, by another key. */
function resigned(jwt, { key, kid }, claims) {
    return new SignJWT({ ...decodeJwt(jwt), ...claims }).setProtectedHeader({ alg: algorithmOf(key), kid, typ: 'oauth-authz-req+jwt' }).sign(key);
}

function algorithmOf({ algorithm: { name, hash } }) {
    return { ECDSA: 'ES256', Ed25519: 'EdDSA', 'RSA-PSS': 'PS256', 'RSASSA-PKCS1-v1_5': 'RS256' }[name] ?? hash.name;
}

/** An error of the library with its causes. */
function said(error) {
    const parts = [];
    for (let at = error; at instanceof Error; at = at.cause) parts.push(at.message);
    return parts.join(' ');
}
