// A second start on the same data: what was known is known, and what was used up stays used up.

import assert from 'node:assert/strict';

import { exportJWK, generateKeyPair } from 'jose';
import * as openid from 'openid-client';

import { Application, CLIENT_2 } from './application.mjs';
import { assertion, configured, failure, introspector, proof, refusal, registered, tokenRequest, verified } from './clients.mjs';
import { grantOf } from './grants.mjs';
import { Human } from './human.mjs';
import { BYE, checked, receiving } from './logout.mjs';
import { callRaw, connect } from './mcp.mjs';
import { person, relyingParty } from './relying.mjs';

export async function restart(cases, prokura) {
    const before = prokura.ready;
    const resource = prokura.resource('mcp');
    const config = await configured(prokura, 'client_secret_post');
    const { client: session } = await connect(prokura, 'private_key_jwt', { versionNegotiation: { mode: 'auto' } });

    const { access_token: live } = await openid.clientCredentialsGrant(config, { resource });
    const { access_token: revoked } = await openid.clientCredentialsGrant(config, { resource });
    await openid.tokenRevocation(config, revoked);
    const ended = await registered(prokura);
    await prokura.admin('POST', `/grants/${(await grantOf(prokura, ended.id)).id}/revoke`);

    const request = { client_assertion: await assertion(prokura), resource };
    assert.equal((await tokenRequest(prokura, request)).status, 200);

    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const key = { privateKey, publicJwk: await exportJWK(publicKey) };
    const { client_id: id, client_secret: secret } = prokura.client('client_secret_post');
    const claims = { htm: 'POST', htu: `${before.issuer}/oauth2/token` };
    const first = await tokenRequest(prokura, { client_id: id, client_secret: secret }, { dpop: await proof(key, claims) });
    const shown = { dpop: await proof(key, { ...claims, nonce: first.headers.get('dpop-nonce') }) };
    assert.equal((await tokenRequest(prokura, { client_id: id, client_secret: secret }, shown)).status, 200);

    const human = new Human(prokura);
    const way = { clientMetadataUrl: prokura.client('none').client_id };
    const delegated = await new Application(CLIENT_2, prokura, way).connect(human);
    const robbed = await new Application(CLIENT_2, prokura, way).connect(human);
    const used = robbed.provider.kept.tokens.refresh_token;
    await robbed.loseAccess();
    await robbed.echo(); // uses it
    human.took();

    const signing = await signedInBefore(prokura);

    await prokura.restart();

    await cases.claim('after a restart: the same issuer, resources, clients and secrets, and another process', () => {
        const { pid, ...now } = prokura.ready;
        assert.deepEqual({ pid: before.pid, ...now }, before);
        assert.notEqual(pid, before.pid);
    });
    await cases.claim('after a restart: a token from before is verified by jose, active, and taken by the MCP server', async () => {
        await verified(prokura, await configured(prokura, 'client_secret_post'), live, resource);
        assert.equal((await openid.tokenIntrospection(await introspector(prokura), live)).active, true);
        assert.equal((await callRaw(prokura, 'Bearer', live)).status, 200);
    });
    await cases.claim('after a restart: a revoked token is inactive, and a revoked grant gives no token', async () => {
        assert.deepEqual(await openid.tokenIntrospection(await introspector(prokura), revoked), { active: false });
        assert.equal((await callRaw(prokura, 'Bearer', revoked)).status, 401);
        assert.equal((await failure(openid.clientCredentialsGrant(ended.config, { resource }))).error, 'unauthorized_client');
    });
    await cases.claim('after a restart: a used assertion and a used DPoP proof are used', async () => {
        assert.deepEqual(await refusal(tokenRequest(prokura, request)), [401, 'invalid_client']);
        assert.deepEqual(await refusal(tokenRequest(prokura, { client_id: id, client_secret: secret }, shown)), [400, 'invalid_dpop_proof']);
    });
    await cases.claim('after a restart: an mcp client that was connected before goes on', async () => {
        const echoed = await session.callTool({ name: 'echo', arguments: { text: 'still here' } });
        assert.equal(echoed.content[0].text, 'still here');
        await session.close();
    });
    await cases.claim('after a restart: an mcp client that a person let act refreshes without them, and the person is still signed in', async () => {
        await delegated.loseAccess();
        assert.equal((await delegated.echo('still here')).content[0].text, 'still here');
        assert.equal(delegated.wire.lines.at(-2), 'POST /oauth2/token 200');
        assert.ok((await human.agents()).includes(delegated.provider.kept.client.client_id));
        assert.deepEqual([delegated.provider.opened.length, human.took()], [1, []]);
        await delegated.close();
    });
    await cases.claim('after a restart: a refresh token that was used before it ends its line, and no other', async () => {
        const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: used, client_id: robbed.provider.kept.client.client_id });
        assert.deepEqual(await refusal(fetch(`${prokura.ready.issuer}/oauth2/token`, { method: 'POST', body })), [400, 'invalid_grant']);
        assert.ok(await robbed.wantsPerson(robbed.echo()), 'its token and its refresh are refused');
        assert.equal(robbed.wire.seen.findLast(({ path }) => path === '/oauth2/token').answer.error, 'invalid_grant');
        await robbed.close();
        await delegated.open();
        await delegated.echo();
        await delegated.close();
    });
    await signedInAfter(cases, prokura, signing);
    signing.receiver.close();
}

/** Somebody is signed in at an app, a request is pushed, and an app that did not answer is to be told of a logout. */
async function signedInBefore(prokura) {
    const receiver = await receiving();
    receiver.statuses = [503];
    const [human, leaving] = [await person(prokura), await person(prokura)];
    const rp = await relyingParty(prokura, { backchannel_logout_uri: `${receiver.url}/told`, post_logout_redirect_uris: [BYE] });
    const tokens = await rp.signedIn(human);
    const left = await rp.signedIn(leaving);
    await prokura.admin('POST', `/users/${leaving.id}/sign-out`);
    await checked(rp, await receiver.heard('/told'), left.claims());
    return { receiver, human, rp, tokens, left, pushed: await rp.request({}, { way: 'pushed' }) };
}

async function signedInAfter(cases, prokura, { receiver, human, rp, tokens, left, pushed }) {
    await cases.claim('after a restart: an app that was not told of a logout before is told of it', async () => {
        await checked(rp, await receiver.heard('/told'), left.claims());
    });
    await cases.claim('after a restart: ID tokens verify, a refresh names the same sign-in, userinfo goes on, a hint is known, and the app hears of the end', async () => {
        const before = tokens.claims();
        await rp.verified(tokens.id_token);
        const next = await openid.refreshTokenGrant(rp.config, tokens.refresh_token);
        assert.deepEqual([next.claims().sub, next.claims().auth_time], [before.sub, before.auth_time]);
        await openid.fetchUserInfo(rp.config, next.access_token, before.sub);
        assert.equal((await rp.signedIn(human, { prompt: 'none', id_token_hint: tokens.id_token })).claims().sid, before.sid);
        await human.answer(openid.buildEndSessionUrl(rp.config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: BYE }));
        await checked(rp, await receiver.heard('/told'), before);
    });
    await cases.claim('after a restart: a request that was pushed before is answered, once', async () => {
        await rp.redeem({ back: await human.answer(pushed.url), checks: pushed.checks });
        assert.match((await failure(human.answer(pushed.url))).message, /stuck at 400/);
    });
}
