// Clients to try things with: the demo's, new ones, and requests without a library.

import { SignJWT, createRemoteJWKSet, customFetch, importJWK, jwtVerify } from 'jose';
import * as openid from 'openid-client';

/** How openid-client shows itself by each method. */
export const AUTHENTICATION = {
    none: () => openid.None(),
    client_secret_basic: ({ client_secret: secret }) => openid.ClientSecretBasic(secret),
    client_secret_post: ({ client_secret: secret }) => openid.ClientSecretPost(secret),
    private_key_jwt: async ({ jwk }) => openid.PrivateKeyJwt({ key: await importJWK(jwk, jwk.alg), kid: jwk.kid }),
};

/** openid-client, set up as its documents say, for a demo client. */
export async function configured(prokura, method, options) {
    const client = prokura.client(method);
    return discovered(prokura, client.client_id, await AUTHENTICATION[method](client), options);
}

export function introspector(prokura) {
    const { client_id: id, client_secret: secret } = prokura.introspector;
    return discovered(prokura, id, openid.ClientSecretBasic(secret));
}

/** A new client that may do what the demo resources offer; with a secret unless `more` says otherwise. */
export async function registered(prokura, more, authenticate = AUTHENTICATION.client_secret_basic) {
    const client = await prokura.admin('POST', '/clients', {
        client_name: 'Made for a case',
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['client_credentials'],
        scope: 'api:read api:write tools:read tools:write',
        resources: [prokura.resource('http'), prokura.resource('mcp')],
        ...more,
    });
    return { id: client.client_id, secret: client.client_secret, config: await discovered(prokura, client.client_id, authenticate(client)) };
}

/** `metadata` is what the library shall know of the client's registration; it checks answers by it. */
export function discovered(prokura, id, authentication, { algorithm = 'oauth2', metadata, execute = [], wire } = {}) {
    return openid.discovery(new URL(prokura.ready.issuer), id, metadata, authentication, {
        algorithm,
        execute: [openid.allowInsecureRequests, ...execute], // plain http on loopback
        ...(wire && { [openid.customFetch]: wire.fetch }),
    });
}

/** The keys that the metadata names, for jose. */
export function published({ fetch }, config) {
    return createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri), fetch && { [customFetch]: fetch });
}

/** Checks a token as a resource does (RFC 9068 s4), with jose and the keys that the metadata names. */
export function verified(prokura, config, token, audience) {
    return jwtVerify(token, published(prokura, config), { issuer: prokura.ready.issuer, audience, typ: 'at+jwt', requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti'] });
}

/** A client assertion (RFC 7523 s3) of the demo client, signed by jose. */
export async function assertion(prokura, signer) {
    const { client_id: id, jwk } = prokura.client('private_key_jwt');
    return new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid: jwk.kid })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(prokura.ready.issuer)
        .setJti(crypto.randomUUID())
        .setIssuedAt()
        .setExpirationTime('60s')
        .sign(signer ?? (await importJWK(jwk, 'ES256')));
}

/** A DPoP proof (RFC 9449 s4.2), signed by jose. */
export async function proof({ privateKey, publicJwk }, claims) {
    return new SignJWT({ jti: crypto.randomUUID(), ...claims }).setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk }).setIssuedAt().sign(privateKey);
}

/** A token request without a library; `parameters` as pairs may repeat a name. */
export function tokenRequest(prokura, parameters, headers) {
    const body = new URLSearchParams(parameters);
    body.append('grant_type', 'client_credentials');
    if (body.has('client_assertion')) body.append('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    return fetch(`${prokura.ready.issuer}/oauth2/token`, { method: 'POST', body, headers });
}

/** Status and code of a refusal. */
export async function refusal(answer) {
    const { status } = await answer;
    const { error } = await (await answer).json();
    return [status, error];
}

/** What a promise is refused with. */
export async function failure(promise) {
    try {
        await promise;
    } catch (error) {
        return error;
    }
    throw new Error('this was expected to be refused, and was not');
}
