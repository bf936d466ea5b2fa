// The peer of `cargo xtask bench token`: a small authorization server on
// oidc-provider, in memory. client_credentials with a resource indicator
// (RFC 8707) -> JWT access token, for a client with a secret and for one with
// private_key_jwt (public keys in CLIENT_JWKS), DPoP on. PORT, HOST and ALG
// (EdDSA | ES256 | RS256) are taken from the environment.
import * as jose from 'jose';
import Provider from 'oidc-provider';

const t0 = process.hrtime.bigint();
const port = Number(process.env.PORT || 4400);
const host = process.env.HOST || '127.0.0.1';
const alg = process.env.ALG || 'ES256';
const issuer = `http://${host}:${port}`;

const opts = { extractable: true, ...(alg === 'EdDSA' ? { crv: 'Ed25519' } : {}) };
const { privateKey } = await jose.generateKeyPair(alg, opts);
const key = { ...(await jose.exportJWK(privateKey)), alg, use: 'sig', kid: 'bench' };

const JWT_RS = 'https://api.example.test/jwt';
const OPAQUE_RS = 'https://api.example.test/opaque';

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients: [
    {
      client_id: 'bench', client_secret: 'bench-secret-bench-secret-bench-secret',
      grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: alg,
    },
    ...(process.env.CLIENT_JWKS ? [{
      client_id: 'bench-key', jwks: JSON.parse(process.env.CLIENT_JWKS),
      grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
      token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256',
      id_token_signed_response_alg: alg,
    }] : []),
    {
      client_id: 'rs', client_secret: 'rs-secret-rs-secret-rs-secret-rs-secret',
      grant_types: [], redirect_uris: [], response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: alg,
    },
  ],
  enabledJWA: { idTokenSigningAlgValues: [alg] },
  scopes: ['read', 'write'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => JWT_RS,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        const common = { scope: 'read write', audience: resource, accessTokenTTL: 600 };
        if (resource === OPAQUE_RS) return { ...common, accessTokenFormat: 'opaque' };
        return { ...common, accessTokenFormat: 'jwt', jwt: { sign: { alg, kid: 'bench' } } };
      },
    },
  },
});
provider.on('server_error', (_c, e) => console.error('server_error', e));

const server = provider.listen(port, host, () => {
  const ms = Number(process.hrtime.bigint() - t0) / 1e6;
  console.log(JSON.stringify({ ready: issuer, alg, pid: process.pid, listen_ms: +ms.toFixed(1) }));
});
for (const s of ['SIGTERM', 'SIGINT']) process.on(s, () => { server.closeAllConnections?.(); process.exit(0); });
