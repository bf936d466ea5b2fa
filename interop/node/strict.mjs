// oauth4webapi, used by itself: each message is made and each answer is checked by a call of its own, as strictly as the library can.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import * as oauth from 'oauth4webapi';

import { failure } from './clients.mjs';
import { PROFILE, REDIRECT, keyPair, person } from './relying.mjs';

const LOOPBACK = { [oauth.allowInsecureRequests]: true }; // plain http on loopback
const ALGORITHMS = ['ES256', 'PS256', 'RS256', 'Ed25519'];
const AUTHENTICATION = {
    client_secret_basic: ({ client_secret: secret }) => oauth.ClientSecretBasic(secret),
    client_secret_post: ({ client_secret: secret }) => oauth.ClientSecretPost(secret),
    none: () => oauth.None(),
};

export async function strict(cases, prokura) {
    const human = await person(prokura);
    await wholes(cases, prokura, human);
    await answers(cases, prokura, human);
    await tokens(cases, prokura, human);
}

/** A client as oauth4webapi knows it, with what it does around each call. */
class Client {
    /** Registers it by an administrator. With `alg` everything that the two sign has that algorithm; with `bound` it shows proofs. */
    static async registered(prokura, { alg = 'RS256', method = 'private_key_jwt', bound = false, ...more } = {}) {
        const self = new Client();
        const issuer = new URL(prokura.ready.issuer);
        self.as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...LOOPBACK }));
        const pair = await keyPair(alg);
        self.signer = pair.signer;
        const metadata = {
            token_endpoint_auth_method: method,
            grant_types: ['authorization_code', 'refresh_token'],
            redirect_uris: [REDIRECT],
            jwks: pair.jwks,
            id_token_signed_response_alg: alg,
            userinfo_signed_response_alg: alg,
            authorization_signed_response_alg: alg,
            request_object_signing_alg: alg,
            ...more,
        };
        const registered = await prokura.admin('POST', '/clients', { client_name: 'Strict', ...metadata });
        self.client = { ...metadata, client_id: registered.client_id };
        self.authentication = method === 'private_key_jwt' ? oauth.PrivateKeyJwt(pair.signer) : AUTHENTICATION[method](registered);
        if (bound) self.DPoP = oauth.DPoP(self.client, await oauth.generateKeyPair('ES256'));
        return self;
    }

    /** Sends, and once more when a nonce was demanded: `send` makes the request, `read` checks the answer. */
    async exchange(send, read) {
        const once = async () => read(await send({ ...LOOPBACK, DPoP: this.DPoP }));
        return once().catch((error) => (this.DPoP && oauth.isDPoPNonceError(error) ? once() : Promise.reject(error)));
    }

    /** A request of the plainest kind, or signed and pushed and answered by a signed answer. */
    async asked(human, { parameters: more = {}, advanced = false } = {}) {
        const own = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
        let parameters = new URLSearchParams({
            client_id: this.client.client_id,
            response_type: 'code',
            redirect_uri: REDIRECT,
            scope: 'openid email',
            code_challenge: await oauth.calculatePKCECodeChallenge(own.verifier),
            code_challenge_method: 'S256',
            state: own.state,
            nonce: own.nonce,
            ...(advanced && { response_mode: 'jwt' }),
            ...more,
        });
        if (advanced) {
            const request = await oauth.issueRequestObject(this.as, this.client, parameters, this.signer);
            const pushed = await this.exchange(
                (options) => oauth.pushedAuthorizationRequest(this.as, this.client, this.authentication, { client_id: this.client.client_id, request }, options),
                (answer) => oauth.processPushedAuthorizationResponse(this.as, this.client, answer),
            );
            parameters = new URLSearchParams({ client_id: this.client.client_id, request_uri: pushed.request_uri });
        }
        const url = new URL(this.as.authorization_endpoint);
        url.search = parameters;
        return { ...own, back: await human.answer(url), advanced };
    }

    /** The parameters of an answer, checked. */
    validated({ back, state, advanced }) {
        return advanced ? oauth.validateJwtAuthResponse(this.as, this.client, back, state, LOOPBACK) : oauth.validateAuthResponse(this.as, this.client, back, state);
    }

    /** The tokens for a code; the signature of the ID token is checked too. */
    async redeemed(parameters, { verifier, nonce }, { maxAge } = {}) {
        return this.exchange(
            (options) => oauth.authorizationCodeGrantRequest(this.as, this.client, this.authentication, parameters, REDIRECT, verifier, options),
            async (answer) => {
                const tokens = await oauth.processAuthorizationCodeResponse(this.as, this.client, answer, { expectedNonce: nonce, maxAge, requireIdToken: true });
                await oauth.validateApplicationLevelSignature(this.as, answer, LOOPBACK);
                return tokens;
            },
        );
    }

    async signedIn(human, options) {
        const asked = await this.asked(human, options);
        return this.redeemed(await this.validated(asked), asked, options);
    }

    userinfo(tokens, subject = oauth.getValidatedIdTokenClaims(tokens).sub) {
        return this.exchange(
            (options) => oauth.userInfoRequest(this.as, this.client, tokens.access_token, options),
            async (answer) => {
                const told = await oauth.processUserInfoResponse(this.as, this.client, subject, answer);
                await oauth.validateApplicationLevelSignature(this.as, answer, LOOPBACK);
                return told;
            },
        );
    }

    refreshed(tokens) {
        return this.exchange(
            (options) => oauth.refreshTokenGrantRequest(this.as, this.client, this.authentication, tokens.refresh_token, options),
            (answer) => oauth.processRefreshTokenResponse(this.as, this.client, answer),
        );
    }
}

async function wholes(cases, prokura, human) {
    const notes = new URL(`${prokura.resource('http')}/notes`);
    for (const alg of ALGORITHMS) {
        for (const advanced of [false, true]) {
            for (const bound of [false, true]) {
                const how = `${advanced ? 'signed request, pushed, signed answer' : 'plain request'}, ${bound ? 'DPoP' : 'Bearer'}, ${alg}`;
                await cases.claim(`oauth4webapi: ${how}: code, nonce, max_age, ID token, signed userinfo, refresh, resource`, async () => {
                    const client = await Client.registered(prokura, { alg, bound });
                    const tokens = await client.signedIn(human, { advanced, maxAge: 3600, parameters: { max_age: '3600' } });
                    assert.equal(tokens.token_type, bound ? 'dpop' : 'bearer');
                    const told = await client.userinfo(tokens);
                    assert.deepEqual([told.email, told.aud, told.iss], [PROFILE.email, client.client.client_id, prokura.ready.issuer]);
                    const next = await client.refreshed(tokens);
                    assert.equal(oauth.getValidatedIdTokenClaims(next).sub, oauth.getValidatedIdTokenClaims(tokens).sub);
                    await client.userinfo(next);

                    const elsewhere = await client.signedIn(human, { advanced, parameters: { scope: 'openid api:read', resource: prokura.resource('http') } });
                    const use = () => client.exchange((options) => oauth.protectedResourceRequest(elsewhere.access_token, 'GET', notes, undefined, null, options), (answer) => answer);
                    assert.equal((await use()).status, 200);
                });
            }
        }
    }
    for (const method of Object.keys(AUTHENTICATION)) {
        await cases.claim(`oauth4webapi: a client of ${method} by every way`, async () => {
            const client = await Client.registered(prokura, { method, alg: 'ES256' });
            for (const advanced of [false, true]) assert.equal((await client.userinfo(await client.signedIn(human, { advanced }))).email, PROFILE.email);
        });
    }
}

async function answers(cases, prokura, human) {
    for (const advanced of [false, true]) {
        const how = advanced ? 'a signed answer' : 'a plain answer';
        await cases.claim(`oauth4webapi: ${how} with another state, under another issuer or for another client is refused by the library`, async () => {
            const client = await Client.registered(prokura);
            const asked = await client.asked(human, { advanced });
            const refused = [{ ...asked, state: oauth.generateRandomState() }];
            if (!advanced) {
                const bent = new URL(asked.back);
                bent.searchParams.set('iss', 'https://other.example');
                refused.push({ ...asked, back: bent });
            }
            for (const answer of refused) assert.ok(await failure(Promise.resolve().then(() => client.validated(answer))));
            if (advanced) {
                const other = await Client.registered(prokura);
                assert.equal((await failure(other.validated(asked))).code, oauth.JWT_CLAIM_COMPARISON);
            }
            await client.redeemed(await client.validated(asked), asked);
        });
    }
    await cases.claim('oauth4webapi: an ID token with another nonce, of an older sign-in than wanted, or of another algorithm than registered is refused by the library', async () => {
        const client = await Client.registered(prokura);
        const wrongNonce = await client.asked(human);
        assert.equal((await failure(client.redeemed(await client.validated(wrongNonce), { ...wrongNonce, nonce: 'another' }))).code, oauth.JWT_CLAIM_COMPARISON);
        await pause(2_100);
        const old = await client.asked(human);
        client.client[oauth.clockTolerance] = 0;
        assert.equal((await failure(client.redeemed(await client.validated(old), old, { maxAge: 1 }))).code, oauth.JWT_TIMESTAMP_CHECK);
        delete client.client[oauth.clockTolerance];
        const other = await client.asked(human);
        client.client.id_token_signed_response_alg = 'ES256';
        assert.ok(await failure(client.redeemed(await client.validated(other), other)));
    });
    await cases.claim('oauth4webapi: userinfo of another subject is refused by the library; a code is good once; an error comes as one', async () => {
        const client = await Client.registered(prokura);
        const asked = await client.asked(human, { advanced: true });
        const parameters = await client.validated(asked);
        const tokens = await client.redeemed(parameters, asked);
        assert.equal((await failure(client.userinfo(tokens, 'somebody else'))).code, oauth.JSON_ATTRIBUTE_COMPARISON);
        const replayed = await failure(client.redeemed(parameters, asked));
        assert.deepEqual([replayed.code, replayed.error], [oauth.RESPONSE_BODY_ERROR, 'invalid_grant']);
        const stranger = await person(prokura);
        const refused = await client.asked(stranger, { advanced: true, parameters: { prompt: 'none' } });
        const error = await failure(client.validated(refused));
        assert.deepEqual([error.code, error.error], [oauth.AUTHORIZATION_RESPONSE_ERROR, 'login_required']);
    });
    await cases.claim('oauth4webapi: a request object by a foreign key is invalid_request_object', async () => {
        const client = await Client.registered(prokura);
        client.signer = (await keyPair('RS256')).signer;
        const error = await failure(client.asked(human, { advanced: true }));
        assert.deepEqual([error.code, error.error], [oauth.RESPONSE_BODY_ERROR, 'invalid_request_object']);
    });
}

async function tokens(cases, prokura, human) {
    for (const bound of [false, true]) {
        await cases.claim(`oauth4webapi: ${bound ? 'a bound' : 'an'} access token passes its checks as a resource does them (RFC 9068${bound ? ', RFC 9449 s4.3' : ''}), and not for another resource`, async () => {
            const client = await Client.registered(prokura, { bound });
            const resource = prokura.resource('http');
            const { access_token: token } = await client.signedIn(human, { parameters: { scope: 'openid api:read', resource } });
            const headers = new Headers({ authorization: `${bound ? 'DPoP' : 'Bearer'} ${token}` });
            const url = new URL(`${resource}/notes`);
            if (bound) await client.DPoP.addProof(url, headers, 'GET', token);
            const request = () => new Request(url, { headers });
            const claims = await oauth.validateJwtAccessToken(client.as, request(), resource, { requireDPoP: bound, ...LOOPBACK });
            assert.deepEqual([claims.client_id, claims.scope.split(' ').includes('api:read')], [client.client.client_id, true]);
            assert.ok(await failure(oauth.validateJwtAccessToken(client.as, request(), prokura.resource('mcp'), LOOPBACK)));
        });
    }
    await cases.claim('oauth4webapi: introspection, plain and signed (RFC 9701), and revocation', async () => {
        const client = await Client.registered(prokura);
        const tokens = await client.signedIn(human);
        for (const alg of [undefined, ...ALGORITHMS]) {
            const gateway = await Client.registered(prokura, { introspects_everything: true, ...(alg && { introspection_signed_response_alg: alg }) });
            const send = (options) => oauth.introspectionRequest(gateway.as, gateway.client, gateway.authentication, tokens.access_token, { requestJwtResponse: alg !== undefined, ...options });
            const told = await gateway.exchange(send, async (answer) => {
                const told = await oauth.processIntrospectionResponse(gateway.as, gateway.client, answer);
                if (alg) await oauth.validateApplicationLevelSignature(gateway.as, answer, LOOPBACK);
                return told;
            });
            assert.deepEqual([told.active, told.client_id], [true, client.client.client_id], alg);
        }
        const revoke = (options) => oauth.revocationRequest(client.as, client.client, client.authentication, tokens.refresh_token, options);
        await client.exchange(revoke, oauth.processRevocationResponse);
        assert.equal((await failure(client.refreshed(tokens))).error, 'invalid_grant');
        assert.equal((await failure(client.userinfo(tokens))).status, 401);
    });
}
