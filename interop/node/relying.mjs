// An application that signs people in, around openid-client: what the library leaves to it, and nothing else.

import assert from 'node:assert/strict';

import { exportJWK, generateKeyPair, jwtVerify } from 'jose';
import * as openid from 'openid-client';

import { AUTHENTICATION, discovered, failure, published } from './clients.mjs';
import { Human } from './human.mjs';
import { Wire } from './wire.mjs';

/** Nothing listens there: the scripted person hands the answer over. */
export const REDIRECT = 'https://app.example/callback';

/** The ways of a request to the server. Each gives the URL that the browser opens. */
export const WAYS = {
    plain: ({ config }, parameters) => openid.buildAuthorizationUrl(config, parameters),
    pushed: ({ config }, parameters, options) => openid.buildAuthorizationUrlWithPAR(config, parameters, options),
    signed: ({ config, signer }, parameters) => openid.buildAuthorizationUrlWithJAR(config, parameters, signer),
    'signed and pushed': async ({ config, signer }, parameters, options) => {
        const { searchParams } = await openid.buildAuthorizationUrlWithJAR(config, parameters, signer);
        return openid.buildAuthorizationUrlWithPAR(config, searchParams, options);
    },
};

/** A key pair of a client: what it signs with, and what it registers. */
export async function keyPair(alg, kid = 'one') {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    return { signer: { key: privateKey, kid }, jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }] } };
}

/**
 * A new client that an administrator registers, and openid-client that knows of its registration and checks the signature of everything.
 * With `pair` it proves itself by `private_key_jwt` unless `metadata` says otherwise, and can sign requests. `knows` is what the library alone is told.
 */
export async function relyingParty(prokura, metadata = {}, { pair, authenticate, knows, execute = [], wire = new Wire(prokura.fetch) } = {}) {
    const told = {
        token_endpoint_auth_method: pair ? 'private_key_jwt' : 'client_secret_basic',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [REDIRECT],
        ...(pair && { jwks: pair.jwks }),
        ...metadata,
    };
    const client = await prokura.admin('POST', '/clients', { client_name: 'Signs people in', ...told });
    const method = told.token_endpoint_auth_method;
    const authentication = authenticate ?? (method === 'private_key_jwt' ? openid.PrivateKeyJwt(pair.signer) : AUTHENTICATION[method](client));
    const config = await discovered(prokura, client.client_id, authentication, {
        algorithm: 'oidc',
        metadata: { ...told, ...knows },
        execute: [openid.enableNonRepudiationChecks, ...execute],
        wire,
    });
    wire.took();
    return new RelyingParty(prokura, { id: client.client_id, config, wire, signer: pair?.signer, redirect: told.redirect_uris[0] });
}

export class RelyingParty {
    #prokura;
    #redirect;
    id;
    config;
    wire;
    signer;

    constructor(prokura, { id, config, wire, signer, redirect }) {
        this.#prokura = prokura;
        this.#redirect = redirect;
        Object.assign(this, { id, config, wire, signer });
    }

    /** The URL that a browser is to open, and what openid-client is to check in the answer. A parameter that is `undefined` is not sent. */
    async request(parameters = {}, { way = 'plain', ...options } = {}) {
        const checks = { pkceCodeVerifier: openid.randomPKCECodeVerifier(), expectedState: openid.randomState(), expectedNonce: openid.randomNonce(), idTokenExpected: true };
        if (parameters.max_age !== undefined) checks.maxAge = Number(parameters.max_age);
        const all = {
            redirect_uri: this.#redirect,
            scope: 'openid',
            code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
            code_challenge_method: 'S256',
            state: checks.expectedState,
            nonce: checks.expectedNonce,
            ...parameters,
        };
        const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
        return { url: await WAYS[way](this, sent, options), checks };
    }

    /** Has a person asked; what came back, and what to check in it. */
    async asked(human, parameters, { how, ...options } = {}) {
        const { url, checks } = await this.request(parameters, options);
        return { back: await human.answer(url, how), checks };
    }

    /** Signs a person in: the answer of the token endpoint, checked by openid-client. */
    async signedIn(human, parameters, options = {}) {
        const { back, checks } = await this.asked(human, parameters, options);
        return this.redeem({ back, checks }, options);
    }

    redeem({ back, checks }, { DPoP } = {}) {
        return openid.authorizationCodeGrant(this.config, back, checks, undefined, { DPoP });
    }

    /** Checks a JWT that is for this client, by jose and the published keys: a second opinion. */
    async verified(jwt, options) {
        return jwtVerify(jwt, published(this.#prokura, this.config), { issuer: this.#prokura.ready.issuer, audience: this.id, ...options });
    }
}

/** What is known of the person whom `person` enters. */
export const PROFILE = {
    name: 'Zoë Example',
    given_name: 'Zoë',
    family_name: 'Example',
    preferred_username: 'zoë',
    email: 'zoe@example.com',
    email_verified: true,
    locale: 'de-DE',
    zoneinfo: 'Europe/Berlin',
    address: { locality: 'Bremen', country: 'DE' },
    phone_number: '+49 421 0000',
};

/** A new person, of whom more is known than of the demo ones. */
export async function person(prokura) {
    const user = { login: `${crypto.randomUUID()}@demo.test`, password: crypto.randomUUID() };
    const { id } = await prokura.admin('POST', '/users', { ...user, profile: PROFILE });
    return Object.assign(new Human(prokura, undefined, { user, fetch: prokura.fetch }), { id });
}

/** A refusal that the browser brought to the client, after openid-client's checks of `iss` and `state`. */
export async function answeredWith(code, rp, { back, checks }) {
    const error = await failure(rp.redeem({ back, checks }));
    assert.ok(error instanceof openid.AuthorizationResponseError, String(error.stack));
    assert.equal(error.error, code);
}

/** A refusal of one of our endpoints. */
export async function refusedWith(code, promise, status = 400) {
    const error = await failure(promise);
    assert.deepEqual([error.status, error.error], [status, code], String(error.stack));
}
