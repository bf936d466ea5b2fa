// openid-client and jose: a person leaves. RP-initiated logout through the browser, and apps that are told behind it (back-channel).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import * as openid from 'openid-client';

import { failure } from './clients.mjs';
import { answeredWith, person, relyingParty } from './relying.mjs';

export const BYE = 'https://app.example/bye';
/** The job that tells apps wakes at once, and every two seconds; the second try is five seconds after the first. */
const TOLD_SECONDS_MAX = 15;

export async function logout(cases, prokura) {
    await initiated(cases, prokura);
    await told(cases, prokura);
}

async function initiated(cases, prokura) {
    await cases.claim('openid-client: with the ID token of this session the person is signed out at once and comes back with state (RP-Initiated Logout s2, s3)', async () => {
        const human = await person(prokura);
        const rp = await relyingParty(prokura, { post_logout_redirect_uris: [BYE] });
        const { id_token: hint } = await rp.signedIn(human);
        human.took();
        const back = await human.answer(openid.buildEndSessionUrl(rp.config, { id_token_hint: hint, post_logout_redirect_uri: BYE, state: 'so it was' }));
        assert.deepEqual([`${back.origin}${back.pathname}`, [...back.searchParams]], [BYE, [['state', 'so it was']]]);
        assert.deepEqual(human.took(), [], 'nobody was asked');
        await answeredWith('login_required', rp, await rp.asked(human, { prompt: 'none' }));
        const again = await human.answer(openid.buildEndSessionUrl(rp.config, { id_token_hint: hint, post_logout_redirect_uri: BYE }));
        assert.equal(again.href, BYE, 'the session is over already');
    });
    await cases.claim('openid-client: without an ID token, or with that of another session, the person is asked, and signs out (s2, s6)', async () => {
        const human = await person(prokura);
        const rp = await relyingParty(prokura, { post_logout_redirect_uris: [BYE] });
        await rp.signedIn(human);
        const { id_token: old } = await rp.signedIn(human, { prompt: 'login' });
        for (const more of [{}, { id_token_hint: old }]) {
            await rp.signedIn(human, { prompt: 'login' });
            human.took();
            const back = await human.answer(openid.buildEndSessionUrl(rp.config, { client_id: rp.id, post_logout_redirect_uri: BYE, state: 's', ...more }));
            assert.deepEqual([human.took(), back.href], [['sign-out'], `${BYE}?state=s`]);
            await answeredWith('login_required', rp, await rp.asked(human, { prompt: 'none' }));
        }
    });
    await cases.claim('openid-client: nobody is sent to a place that the client did not register, byte for byte, and the session stays', async () => {
        const human = await person(prokura);
        const rp = await relyingParty(prokura, { post_logout_redirect_uris: [BYE] });
        const other = await relyingParty(prokura, { post_logout_redirect_uris: ['https://other.example/bye'] });
        const { id_token: hint } = await rp.signedIn(human);
        const { id_token: foreign } = await other.signedIn(human);
        for (const bent of [
            { id_token_hint: hint, post_logout_redirect_uri: `${BYE}/` },
            { id_token_hint: hint, post_logout_redirect_uri: 'https://other.example/bye' },
            { id_token_hint: foreign, client_id: rp.id, post_logout_redirect_uri: BYE },
            { id_token_hint: `${hint.slice(0, -8)}AAAAAAAA`, post_logout_redirect_uri: BYE },
            { id_token_hint: hint.split('.').slice(0, 2).join('.').concat('.'), post_logout_redirect_uri: BYE },
            { client_id: 'nobody', post_logout_redirect_uri: BYE },
        ]) {
            assert.match((await failure(human.answer(openid.buildEndSessionUrl(rp.config, bent)))).message, /stuck at 400/, JSON.stringify(bent));
        }
        assert.ok((await rp.signedIn(human, { prompt: 'none' })).claims());
    });
    await cases.claim('openid-client: a form that an app posts to the end session endpoint does the same (s2)', async () => {
        const human = await person(prokura);
        const rp = await relyingParty(prokura, { post_logout_redirect_uris: [BYE] });
        const { id_token: hint } = await rp.signedIn(human);
        const url = openid.buildEndSessionUrl(rp.config, { id_token_hint: hint, post_logout_redirect_uri: BYE });
        const posted = await fetch(`${url.origin}${url.pathname}`, { method: 'POST', body: url.searchParams, redirect: 'manual', headers: { origin: 'https://app.example' } });
        assert.equal(posted.status, 303);
        assert.equal((await human.answer(new URL(posted.headers.get('location'), url))).href, BYE);
    });
}

async function told(cases, prokura) {
    for (const alg of [undefined, 'ES256', 'Ed25519']) {
        await cases.claim(`back-channel: when a person leaves through one app, every app of the session hears it, signed with ${alg ?? 'RS256'} as its ID tokens (Back-Channel Logout s2.4)`, async () => {
            await listening(async (receiver) => {
                const human = await person(prokura);
                const more = alg && { id_token_signed_response_alg: alg };
                const one = await relyingParty(prokura, { post_logout_redirect_uris: [BYE], ...more });
                const others = [];
                for (const path of ['/two', '/three']) {
                    const rp = await relyingParty(prokura, { backchannel_logout_uri: `${receiver.url}${path}?x=1`, backchannel_logout_session_required: true, ...more });
                    others.push({ rp, path, before: (await rp.signedIn(human)).claims() });
                }
                const { id_token: hint } = await one.signedIn(human);
                await human.answer(openid.buildEndSessionUrl(one.config, { id_token_hint: hint, post_logout_redirect_uri: BYE }));
                const heard = [];
                for (const { rp, path, before } of others) {
                    const post = await receiver.heard(`${path}?x=1`);
                    assert.match(post.type, /^application\/x-www-form-urlencoded\b/, 's2.5');
                    heard.push((await checked(rp, post, before, alg)).jti);
                }
                assert.equal(new Set(heard).size, 2);
            });
        });
    }
    await cases.claim('back-channel: apps hear it too when an administrator ends every session of a person, and those of another person do not', async () => {
        await listening(async (receiver) => {
            const [human, bystander] = [await person(prokura), await person(prokura)];
            const rp = await relyingParty(prokura, { backchannel_logout_uri: `${receiver.url}/one` });
            const before = (await rp.signedIn(human)).claims();
            await rp.signedIn(bystander);
            await prokura.admin('POST', `/users/${human.id}/sign-out`);
            await checked(rp, await receiver.heard('/one'), before);
            await pause(2_500); // a turn of the job
            assert.equal(receiver.posts.length, 1);
            assert.ok((await rp.signedIn(bystander, { prompt: 'none' })).claims());
        });
    });
    await cases.claim('back-channel: an app that did not answer is told again, by a token of its own', async () => {
        await listening(async (receiver) => {
            receiver.statuses = [503, 200];
            const human = await person(prokura);
            const rp = await relyingParty(prokura, { backchannel_logout_uri: `${receiver.url}/one` });
            const before = (await rp.signedIn(human)).claims();
            await prokura.admin('POST', `/users/${human.id}/sign-out`);
            const first = await checked(rp, await receiver.heard('/one'), before);
            const second = await checked(rp, await receiver.heard('/one'), before);
            assert.notEqual(first.jti, second.jti);
            await pause(2_500);
            assert.equal(receiver.posts.length, 2);
        });
    });
}

/** What s2.6 wants of an app, done by jose. */
export async function checked(rp, { form }, before, alg) {
    assert.deepEqual([...form.keys()], ['logout_token']);
    const { payload, protectedHeader } = await rp.verified(form.get('logout_token'), { typ: 'logout+jwt', requiredClaims: ['iat', 'exp', 'jti', 'events'], maxTokenAge: '2m' });
    assert.equal(protectedHeader.alg, alg ?? 'RS256');
    assert.deepEqual([payload.sub, payload.sid], [before.sub, before.sid]);
    assert.ok(before.sid, 's2.1: the ID token names the session');
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.equal(payload.nonce, undefined, 's2.4: a nonce must not be there');
    return payload;
}

async function listening(use) {
    const receiver = await receiving();
    try {
        await use(receiver);
    } finally {
        receiver.close();
    }
}

/** A small app that hears of logouts: answers with `statuses`, one after the other, then with 200. */
export async function receiving() {
    const receiver = { posts: [], statuses: [], waiting: [] };
    const server = createServer(async (request, response) => {
        let body = '';
        for await (const part of request) body += part;
        const post = { path: request.url, method: request.method, type: request.headers['content-type'], form: new URLSearchParams(body) };
        response.writeHead(receiver.statuses.shift() ?? 200, { 'cache-control': 'no-store' }).end();
        receiver.posts.push({ ...post, isNew: true });
        for (const look of receiver.waiting.splice(0)) look();
    });
    server.listen(0, '127.0.0.1').unref(); // a case that fails must not keep the run alive
    await once(server, 'listening');
    receiver.url = `http://localhost:${server.address().port}`;
    /** The next post to this path that nobody asked for yet. */
    receiver.heard = async (path) => {
        const end = Date.now() + TOLD_SECONDS_MAX * 1000;
        for (;;) {
            const post = receiver.posts.find((post) => post.isNew && post.path === path && post.method === 'POST');
            if (post) return Object.assign(post, { isNew: false });
            assert.ok(Date.now() < end, `nothing came to ${path} within ${TOLD_SECONDS_MAX} s`);
            await Promise.race([new Promise((resolve) => receiver.waiting.push(resolve)), pause(500)]);
        }
    };
    receiver.close = () => {
        server.closeAllConnections();
        server.close();
    };
    return receiver;
}
