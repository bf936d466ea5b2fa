// openid-client and oauth4webapi: devices without a browser (RFC 8628). A person types the code that the device shows.

import assert from 'node:assert/strict';

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

import { failure, introspector, verified } from './clients.mjs';
import { PROFILE, keyPair, person, refusedWith, relyingParty } from './relying.mjs';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const ENDPOINT = 'device_authorization_endpoint';

export async function device(cases, prokura) {
    const { config } = await relyingParty(prokura);
    if (!config.serverMetadata()[ENDPOINT]) {
        cases.skip('openid-client, oauth4webapi: the device grant', `the metadata has no ${ENDPOINT}`);
        return;
    }
    const human = await person(prokura);
    await cases.claim('openid-client: the metadata has the device grant among its grant types (RFC 8628 s4)', () => {
        assert.ok(config.serverMetadata().grant_types_supported.includes(DEVICE_CODE));
    });
    for (const method of ['none', 'client_secret_basic', 'private_key_jwt']) {
        for (const binding of ['bearer', 'dpop']) await whole(cases, prokura, human, method, binding);
    }
    await refusals(cases, prokura, human);
    await strict(cases, prokura, human);
}

/** A client that is registered for devices. */
export function registered(prokura, method = 'none', more = {}, pair = undefined) {
    return relyingParty(prokura, { token_endpoint_auth_method: method, grant_types: [DEVICE_CODE, 'refresh_token'], redirect_uris: [], ...more }, { pair });
}

async function whole(cases, prokura, human, method, binding) {
    await cases.claim(`openid-client, ${method}, ${binding}: a device asks, a person types its code, and it has tokens (RFC 8628)`, async () => {
        const resource = prokura.resource('http');
        const rp = await registered(prokura, method, {}, method === 'private_key_jwt' ? await keyPair('ES256') : undefined);
        const DPoP = binding === 'dpop' ? openid.getDPoPHandle(rp.config, await openid.randomDPoPKeyPair()) : undefined;
        const shown = await openid.initiateDeviceAuthorization(rp.config, { scope: 'openid api:read', resource });
        assert.ok(shown.verification_uri.startsWith(`${prokura.ready.issuer}/`));
        assert.ok(shown.expires_in > 0 && shown.user_code.length >= 8, 'RFC 8628 s6.1');
        const polled = openid.pollDeviceAuthorizationGrant(rp.config, shown, undefined, { DPoP });
        await human.typed(shown.verification_uri, shown.user_code);
        const tokens = await polled;
        assert.equal(tokens.token_type, binding);
        const { payload } = await verified(prokura, rp.config, tokens.access_token, resource);
        assert.deepEqual([payload.client_id, payload.cnf !== undefined], [rp.id, binding === 'dpop']);
        assert.equal((await rp.verified(tokens.id_token)).payload.nonce, undefined);
        const notes = new URL(`${resource}/notes`);
        assert.equal((await openid.fetchProtectedResource(rp.config, tokens.access_token, notes, 'GET', null, undefined, { DPoP })).status, 200);
        const next = await openid.refreshTokenGrant(rp.config, tokens.refresh_token, undefined, { DPoP });
        assert.equal((await openid.tokenIntrospection(await introspector(prokura), next.access_token)).active, true);
        await refusedWith('invalid_grant', openid.genericGrantRequest(rp.config, DEVICE_CODE, { device_code: shown.device_code }, { DPoP }));
    });
}

async function refusals(cases, prokura, human) {
    const poll = (rp, { device_code }) => openid.genericGrantRequest(rp.config, DEVICE_CODE, { device_code });
    await cases.claim('openid-client: before the person answers it is authorization_pending, and slow_down for who asks too often (RFC 8628 s3.5)', async () => {
        const rp = await registered(prokura);
        const shown = await openid.initiateDeviceAuthorization(rp.config, { scope: 'openid' });
        await refusedWith('authorization_pending', poll(rp, shown));
        await refusedWith('slow_down', poll(rp, shown));
    });
    await cases.claim('openid-client: a no is access_denied', async () => {
        const rp = await registered(prokura);
        const shown = await openid.initiateDeviceAuthorization(rp.config, { scope: 'openid' });
        await human.typed(shown.verification_uri, shown.user_code, { decision: 'deny' });
        await refusedWith('access_denied', poll(rp, shown));
    });
    await cases.claim('openid-client: a device code of another client, and a made-up one, are invalid_grant', async () => {
        const [rp, other] = [await registered(prokura), await registered(prokura)];
        const shown = await openid.initiateDeviceAuthorization(rp.config, { scope: 'openid' });
        await refusedWith('invalid_grant', poll(other, shown));
        await refusedWith('invalid_grant', poll(rp, { device_code: 'made-up' }));
        await refusedWith('authorization_pending', poll(rp, shown));
    });
    await cases.claim('openid-client: a wrong code leads nowhere, and one that was answered is over', async () => {
        const rp = await registered(prokura);
        const shown = await openid.initiateDeviceAuthorization(rp.config, { scope: 'openid' });
        await assert.rejects(human.typed(shown.verification_uri, 'BBBB-BBBB'));
        await human.typed(shown.verification_uri, shown.user_code);
        await assert.rejects(human.typed(shown.verification_uri, shown.user_code));
        assert.ok((await poll(rp, shown)).access_token);
    });
    await cases.claim('openid-client: a client that is not registered for it is unauthorized_client, an unknown scope invalid_scope, an unknown place invalid_target', async () => {
        const stranger = await relyingParty(prokura);
        await refusedWith('unauthorized_client', openid.initiateDeviceAuthorization(stranger.config, { scope: 'openid' }));
        const rp = await registered(prokura);
        await refusedWith('invalid_scope', openid.initiateDeviceAuthorization(rp.config, { scope: 'unheard-of' }));
        await refusedWith('invalid_target', openid.initiateDeviceAuthorization(rp.config, { resource: 'https://unknown.example/' }));
    });
}

async function strict(cases, prokura, human) {
    await cases.claim('oauth4webapi: the device grant, each message by itself', async () => {
        const loopback = { [oauth.allowInsecureRequests]: true };
        const rp = await registered(prokura, 'none', { id_token_signed_response_alg: 'ES256' });
        const [as, client] = [rp.config.serverMetadata(), { client_id: rp.id, id_token_signed_response_alg: 'ES256' }];
        const asked = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), { scope: 'openid email' }, loopback);
        const shown = await oauth.processDeviceAuthorizationResponse(as, client, asked);
        const poll = async () => {
            const answer = await oauth.deviceCodeGrantRequest(as, client, oauth.None(), shown.device_code, loopback);
            const tokens = await oauth.processDeviceCodeResponse(as, client, answer);
            await oauth.validateApplicationLevelSignature(as, answer, loopback);
            return tokens;
        };
        await human.typed(shown.verification_uri, shown.user_code);
        const tokens = await poll();
        const told = await oauth.userInfoRequest(as, client, tokens.access_token, loopback);
        const { sub } = oauth.getValidatedIdTokenClaims(tokens);
        assert.equal((await oauth.processUserInfoResponse(as, client, sub, told)).email, PROFILE.email);
        assert.equal((await failure(poll())).error, 'invalid_grant');
    });
}
