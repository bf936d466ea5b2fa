// openid-client and jose: clients that prove themselves by certificates, and tokens that are bound to them (RFC 8705), over `prokura serve` with TLS of its own.

import assert from 'node:assert/strict';

import * as openid from 'openid-client';

import { failure, verified } from './clients.mjs';
import { keyPair, person, refusedWith, relyingParty } from './relying.mjs';
import { Serve } from './serve.mjs';
import { Wire } from './wire.mjs';

const LEAF = 'basicConstraints=critical,CA:FALSE';
const NAMES = 'subjectAltName=DNS:app.example,URI:https://app.example/id,IP:192.0.2.7,email:app@example.com';
/** Where a client's name stands in its certificate (RFC 8705 s2.1.2). */
const MEMBERS = {
    tls_client_auth_subject_dn: 'CN=App,OU=Agents,O=Example\\, Inc.,C=DE',
    tls_client_auth_san_dns: 'app.example',
    tls_client_auth_san_uri: 'https://app.example/id',
    tls_client_auth_san_ip: '192.0.2.7',
    tls_client_auth_san_email: 'app@example.com',
};

export async function mtls(cases) {
    const serve = await Serve.start();
    try {
        const made = {};
        made.app = await serve.certificate('app', { subject: '/C=DE/O=Example, Inc./OU=Agents/CN=App', by: 'authority', extensions: [LEAF, NAMES] });
        made.other = await serve.certificate('other', { by: 'authority', extensions: [LEAF, 'subjectAltName=DNS:other.example'] });
        made.impostor = await serve.certificate('impostor', { subject: '/C=DE/O=Example, Inc./OU=Agents/CN=App', extensions: [LEAF, NAMES] });
        made.own = await serve.certificate('own', { extensions: [LEAF] });
        const human = await person(serve);
        await metadata(cases, serve);
        await byAuthority(cases, serve, human, made);
        await byItself(cases, serve, human, made);
        await bound(cases, serve, human, made);
    } finally {
        await serve.end();
    }
}

/** A client, and openid-client over connections that show this certificate. */
function client(serve, shown, metadata, options = {}) {
    const knows = { use_mtls_endpoint_aliases: true };
    return relyingParty(serve, metadata, { authenticate: openid.TlsClientAuth(), knows, wire: new Wire(serve.as(shown)), ...options });
}

/** The same client over other connections. */
function seenAs(serve, rp, shown) {
    const config = new openid.Configuration(rp.config.serverMetadata(), rp.id, { use_mtls_endpoint_aliases: true }, openid.TlsClientAuth());
    config[openid.customFetch] = serve.as(shown);
    return config;
}

async function metadata(cases, serve) {
    await cases.claim('openid-client: the metadata of a server that asks for certificates says so (RFC 8705 s3.3, s5)', async () => {
        const server = (await client(serve, undefined, {}, { authenticate: openid.None() })).config.serverMetadata();
        assert.equal(server.tls_client_certificate_bound_access_tokens, true);
        for (const method of ['tls_client_auth', 'self_signed_tls_client_auth']) assert.ok(server.token_endpoint_auth_methods_supported.includes(method), method);
        for (const name of ['token', 'introspection', 'revocation', 'pushed_authorization_request', 'userinfo']) {
            assert.ok(server.mtls_endpoint_aliases[`${name}_endpoint`].startsWith(`${serve.ready.issuer}/`), name);
        }
    });
}

async function byAuthority(cases, serve, human, made) {
    for (const [member, value] of Object.entries(MEMBERS)) {
        await cases.claim(`openid-client: tls_client_auth by ${member}: push, code, ID token, bound tokens, userinfo, refresh, introspection, revocation`, async () => {
            const rp = await client(serve, 'app', { token_endpoint_auth_method: 'tls_client_auth', [member]: value, tls_client_certificate_bound_access_tokens: true });
            await whole(serve, rp, human, made.app);
        });
        await cases.claim(`openid-client: tls_client_auth by ${member}: another name, another authority and no certificate are invalid_client`, async () => {
            const metadata = { token_endpoint_auth_method: 'tls_client_auth', [member]: value };
            const rp = await client(serve, 'app', metadata);
            const { back, checks } = await rp.asked(human);
            for (const shown of ['other', 'impostor', 'own', undefined]) {
                const config = seenAs(serve, rp, shown);
                await refusedWith('invalid_client', openid.authorizationCodeGrant(config, back, checks), 401);
            }
            assert.ok((await rp.redeem({ back, checks })).claims(), 'and none of them used the code');
        });
    }
    await cases.claim('openid-client: a name that is the beginning, the end or another spelling of the registered one is invalid_client', async () => {
        for (const [member, value] of [
            ['tls_client_auth_subject_dn', 'CN=App'],
            ['tls_client_auth_subject_dn', 'CN=App,OU=Agents,O=Example\\, Inc.,C=FR'],
            ['tls_client_auth_san_dns', 'example'],
            ['tls_client_auth_san_dns', '*.example'],
            ['tls_client_auth_san_uri', 'https://app.example/'],
            ['tls_client_auth_san_ip', '192.0.2.70'],
            ['tls_client_auth_san_email', 'app@example.co'],
        ]) {
            const rp = await client(serve, 'app', { token_endpoint_auth_method: 'tls_client_auth', [member]: value });
            await refusedWith('invalid_client', rp.request({}, { way: 'pushed' }), 401).catch((error) => assert.fail(`${member} ${value}: ${error.message}`));
        }
    });
}

async function byItself(cases, serve, human, made) {
    const metadata = { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [{ ...made.own.jwk, x5c: made.own.x5c, kid: 'own', use: 'sig' }] } };
    await cases.claim('openid-client: self_signed_tls_client_auth: push, code, ID token, bound tokens, userinfo, refresh, introspection, revocation', async () => {
        await whole(serve, await client(serve, 'own', { ...metadata, tls_client_certificate_bound_access_tokens: true }), human, made.own);
    });
    await cases.claim('openid-client: self_signed_tls_client_auth: a certificate that was not registered is invalid_client, an authority’s too', async () => {
        const rp = await client(serve, 'own', metadata);
        for (const shown of ['app', 'impostor', undefined]) {
            const config = seenAs(serve, rp, shown);
            await refusedWith('invalid_client', openid.buildAuthorizationUrlWithPAR(config, (await rp.request()).url.searchParams), 401);
        }
    });
}

async function bound(cases, serve, human, made) {
    await cases.claim('openid-client: private_key_jwt beside a certificate: the tokens are bound to it, and to nothing without the wish', async () => {
        const pair = await keyPair('ES256');
        const options = { pair, authenticate: openid.PrivateKeyJwt(pair.signer) };
        const wishes = await client(serve, 'own', { token_endpoint_auth_method: 'private_key_jwt', jwks: pair.jwks, tls_client_certificate_bound_access_tokens: true }, options);
        await whole(serve, wishes, human, made.own);
        const plain = await client(serve, 'own', { token_endpoint_auth_method: 'private_key_jwt', jwks: pair.jwks }, options);
        const tokens = await plain.signedIn(human);
        assert.equal((await verified(serve, plain.config, tokens.access_token, serve.ready.issuer)).payload.cnf, undefined);
    });
    await cases.claim('openid-client: FAPI 2.0 with certificates instead of DPoP: signed and pushed requests, signed answers', async () => {
        for (const [profile, way] of [['fapi2', 'pushed'], ['fapi2_message_signing', 'signed and pushed']]) {
            const pair = await keyPair('PS256');
            const metadata = {
                security_profile: profile,
                token_endpoint_auth_method: 'tls_client_auth',
                tls_client_auth_san_dns: 'app.example',
                tls_client_certificate_bound_access_tokens: true,
                jwks: pair.jwks,
                id_token_signed_response_alg: 'PS256',
                authorization_signed_response_alg: 'PS256',
            };
            const rp = await client(serve, 'app', metadata, { pair, execute: profile === 'fapi2' ? [] : [openid.useJwtResponseMode] });
            await whole(serve, rp, human, made.app, way);
        }
    });
    await cases.claim('openid-client: a client that wants bound tokens and shows no certificate gets none', async () => {
        const pair = await keyPair('ES256');
        const rp = await client(
            serve,
            undefined,
            { token_endpoint_auth_method: 'private_key_jwt', jwks: pair.jwks, tls_client_certificate_bound_access_tokens: true },
            { pair, authenticate: openid.PrivateKeyJwt(pair.signer) },
        );
        const refused = await failure(rp.signedIn(human));
        assert.equal(refused.status, 400);
        assert.ok(['invalid_request', 'invalid_grant', 'invalid_client'].includes(refused.error), refused.error);
    });
}

/** From the push to the end of everything, over connections that show the certificate. */
async function whole(serve, rp, human, certificate, way = 'pushed') {
    const cnf = { 'x5t#S256': certificate.thumbprint };
    const tokens = await rp.signedIn(human, { scope: 'openid email' }, { way });
    assert.equal(tokens.token_type, 'bearer', 'RFC 8705 s3: the token type stays');
    assert.ok((await rp.verified(tokens.id_token)).payload.sub);
    const { payload } = await verified(serve, rp.config, tokens.access_token, serve.ready.issuer);
    assert.deepEqual(payload.cnf, cnf, 'RFC 8705 s3.1');
    const { sub } = tokens.claims();
    assert.equal((await openid.fetchUserInfo(rp.config, tokens.access_token, sub)).email, 'zoe@example.com');
    const url = rp.config.serverMetadata().userinfo_endpoint;
    for (const send of [serve.fetch, serve.as('other')]) {
        const stolen = await send(url, { headers: { authorization: `Bearer ${tokens.access_token}` } });
        assert.equal(stolen.status, 401, 'RFC 8705 s3');
        assert.match(stolen.headers.get('www-authenticate'), /Bearer [^,]*(, [^,]*)*error="invalid_token"/);
    }
    const next = await openid.refreshTokenGrant(rp.config, tokens.refresh_token);
    assert.deepEqual((await verified(serve, rp.config, next.access_token, serve.ready.issuer)).payload.cnf, cnf);
    const gateway = await relyingParty(serve, { grant_types: [], redirect_uris: [], introspects_everything: true });
    assert.deepEqual((await openid.tokenIntrospection(gateway.config, next.access_token)).cnf, cnf, 'RFC 8705 s3.2');
    await openid.tokenRevocation(rp.config, next.refresh_token);
    assert.deepEqual(await openid.tokenIntrospection(gateway.config, next.access_token), { active: false });
    await refusedWith('invalid_grant', openid.refreshTokenGrant(rp.config, next.refresh_token));
}
