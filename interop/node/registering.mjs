// openid-client: an app registers itself with everything that OpenID Connect and its extensions know of it, and looks after its registration (RFC 7591, RFC 7592).

import assert from 'node:assert/strict';

import * as openid from 'openid-client';

import { failure } from './clients.mjs';
import { REDIRECT, RelyingParty, answeredWith, keyPair, person, refusedWith } from './relying.mjs';
import { Wire } from './wire.mjs';

export async function registering(cases, prokura) {
    const human = await person(prokura);
    await whole(cases, prokura, human);
    await keys(cases, prokura, human);
    await refusals(cases, prokura);
}

/** Registers by openid-client. */
async function registered(prokura, metadata, authentication, { pair, token = prokura.ready.admin.token, DPoP, execute = [] } = {}) {
    const wire = new Wire();
    const about = { client_name: 'Registered itself', redirect_uris: [REDIRECT], ...metadata };
    const config = await openid.dynamicClientRegistration(new URL(prokura.ready.issuer), about, authentication, {
        algorithm: 'oidc',
        initialAccessToken: token,
        execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks, ...execute],
        [openid.customFetch]: wire.fetch,
        ...(DPoP && { DPoP }),
    });
    const client = config.clientMetadata();
    const [{ answer }] = wire.took().at('POST /oauth2/register 201');
    return { client, answer, rp: new RelyingParty(prokura, { id: client.client_id, config, wire, signer: pair?.signer, redirect: REDIRECT }) };
}

async function whole(cases, prokura, human) {
    await cases.claim('openid-client: an app registers with a secret, signs a person in, and is told what was registered (RFC 7591 s3.2.1)', async () => {
        const { client, answer, rp } = await registered(prokura, { token_endpoint_auth_method: 'client_secret_post', id_token_signed_response_alg: 'ES256', userinfo_signed_response_alg: 'PS256', post_logout_redirect_uris: ['https://app.example/bye'] });
        assert.ok(client.client_secret);
        assert.deepEqual([answer.id_token_signed_response_alg, answer.userinfo_signed_response_alg, answer.client_secret_expires_at], ['ES256', 'PS256', 0]);
        assert.ok(answer.registration_access_token && answer.registration_client_uri.startsWith(`${prokura.ready.issuer}/`));
        const tokens = await rp.signedIn(human, { scope: 'openid email', prompt: 'consent' });
        assert.equal((await rp.verified(tokens.id_token)).protectedHeader.alg, 'ES256');
        assert.equal((await openid.fetchUserInfo(rp.config, tokens.access_token, tokens.claims().sub)).email, 'zoe@example.com');
        const next = await openid.refreshTokenGrant(rp.config, tokens.refresh_token);
        assert.ok(next.id_token);
    });
    await cases.claim('openid-client: an app registers its keys and every member that we read; each is told again, and each holds', async () => {
        const pair = await keyPair('PS256');
        const metadata = {
            token_endpoint_auth_method: 'private_key_jwt',
            token_endpoint_auth_signing_alg: 'PS256',
            jwks: pair.jwks,
            grant_types: ['authorization_code', 'refresh_token'],
            response_types: ['code'],
            application_type: 'web',
            client_uri: 'https://app.example/',
            logo_uri: 'https://app.example/logo.png',
            policy_uri: 'https://app.example/policy',
            tos_uri: 'https://app.example/terms',
            subject_type: 'public',
            id_token_signed_response_alg: 'PS256',
            userinfo_signed_response_alg: 'PS256',
            authorization_signed_response_alg: 'PS256',
            introspection_signed_response_alg: 'PS256',
            request_object_signing_alg: 'PS256',
            require_signed_request_object: true,
            require_pushed_authorization_requests: true,
            dpop_bound_access_tokens: true,
            default_max_age: 3600,
            default_acr_values: ['1'],
            post_logout_redirect_uris: ['https://app.example/bye'],
            backchannel_logout_uri: 'https://app.example/logout',
            backchannel_logout_session_required: true,
        };
        const { answer, rp } = await registered(prokura, metadata, openid.PrivateKeyJwt(pair.signer), { pair, execute: [openid.useJwtResponseMode] });
        for (const [name, value] of Object.entries(metadata)) assert.deepEqual(answer[name], value, name);
        assert.equal(answer.client_secret, undefined);
        const DPoP = openid.getDPoPHandle(rp.config, await openid.randomDPoPKeyPair());
        const options = { way: 'signed and pushed', DPoP };
        const tokens = await rp.signedIn(human, { prompt: 'consent' }, options);
        assert.deepEqual([tokens.token_type, tokens.claims().acr], ['dpop', '1']);
        await refusedWith('invalid_request', rp.request({}, { way: 'pushed' }));
        await answeredWith('invalid_request', rp, await rp.asked(human, {}, { way: 'signed' }));
        await refusedWith('invalid_dpop_proof', rp.signedIn(human, {}, { ...options, DPoP: undefined }));
    });
}

async function keys(cases, prokura, human) {
    const managed = (rp, { registration_access_token: token, registration_client_uri: uri }, method, body, options) =>
        openid.fetchProtectedResource(rp.config, token, new URL(uri), method, body && JSON.stringify(body), body && new Headers({ 'content-type': 'application/json' }), options);
    await cases.claim('openid-client: an app reads, replaces and ends its registration by its own token (RFC 7592)', async () => {
        const { client, answer, rp } = await registered(prokura, { token_endpoint_auth_method: 'client_secret_post', id_token_signed_response_alg: 'ES256' });
        const read = await (await managed(rp, answer, 'GET')).json();
        for (const name of ['client_id', 'client_name', 'redirect_uris', 'grant_types', 'id_token_signed_response_alg', 'registration_client_uri']) assert.deepEqual(read[name], answer[name], name);
        await rp.signedIn(human, { prompt: 'consent' });
        const replaced = await managed(rp, answer, 'PUT', { client_id: client.client_id, token_endpoint_auth_method: 'client_secret_post', client_name: 'Called otherwise', redirect_uris: [REDIRECT], id_token_signed_response_alg: 'EdDSA', default_max_age: 60 });
        assert.equal(replaced.status, 200);
        const now = await replaced.json();
        assert.deepEqual([now.client_name, now.id_token_signed_response_alg, now.default_max_age], ['Called otherwise', 'EdDSA', 60]);
        const other = await registered(prokura, {});
        assert.equal((await failure(managed(rp, { ...answer, registration_access_token: other.answer.registration_access_token }, 'GET'))).status, 401);
        assert.equal((await managed(rp, answer, 'DELETE')).status, 204);
        assert.equal((await failure(managed(rp, answer, 'GET'))).status, 401);
        assert.match((await failure(rp.asked(human))).message, /stuck at 400/);
    });
    await cases.claim('openid-client: a registration by a proof is looked after by the same key (RFC 9449 s7.1)', async () => {
        const pair = await openid.randomDPoPKeyPair();
        const someConfig = (await registered(prokura, {})).rp.config;
        const DPoP = openid.getDPoPHandle(someConfig, pair);
        const token = prokura.ready.admin.token;
        const { answer, rp } = await registered(prokura, {}, undefined, { DPoP, token });
        assert.equal((await managed(rp, answer, 'GET', undefined, { DPoP })).status, 200);
        assert.equal((await failure(managed(rp, answer, 'GET'))).status, 401);
        const foreign = openid.getDPoPHandle(rp.config, await openid.randomDPoPKeyPair());
        assert.equal((await failure(managed(rp, answer, 'GET', undefined, { DPoP: foreign }))).status, 401);
        const fresh = openid.getDPoPHandle(rp.config, pair); // it knows no nonce
        assert.equal((await managed(rp, answer, 'GET', undefined, { DPoP: fresh })).status, 200, 's9: refused once, by 401 and a challenge that the library takes the nonce from');
    });
}

async function refusals(cases, prokura) {
    await cases.claim('openid-client: what cannot be registered is refused by the codes of RFC 7591 s3.2.2', async () => {
        for (const [metadata, code] of [
            [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
            [{ redirect_uris: ['https://app.example/callback#x'] }, 'invalid_redirect_uri'],
            [{ redirect_uris: [] }, 'invalid_redirect_uri'],
            [{ id_token_signed_response_alg: 'none' }, 'invalid_client_metadata'],
            [{ id_token_signed_response_alg: 'HS256' }, 'invalid_client_metadata'],
            [{ userinfo_signed_response_alg: 'none' }, 'invalid_client_metadata'],
            [{ subject_type: 'anonymous' }, 'invalid_client_metadata'],
            [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
            [{ sector_identifier_uri: 'http://app.example/uris.json' }, 'invalid_client_metadata'],
            [{ backchannel_logout_uri: 'https://app.example/logout#x' }, 'invalid_client_metadata'],
        ]) {
            await refusedWith(code, registered(prokura, metadata)).catch((error) => assert.fail(`${JSON.stringify(metadata)}: ${error.message}`));
        }
    });
}
