// An application around an MCP SDK: what every SDK leaves to it, and nothing else. It stores what it is given, opens a browser when it is asked to, and
// hands the SDK what the browser brings back.

import assert from 'node:assert/strict';

import * as current from '@modelcontextprotocol/client';
import { UnauthorizedError as UnauthorizedV1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { Wire } from './wire.mjs';

const ABOUT = { name: 'prokura-interop', version: '1' };
/** Nothing listens there: the scripted person hands the redirect over. */
const REDIRECT = 'http://localhost:33418/callback';

export const SDK_1 = {
    name: 'mcp sdk 1',
    client: () => new ClientV1(ABOUT),
    Transport: TransportV1,
    Unauthorized: UnauthorizedV1,
    finish: (transport, redirect) => transport.finishAuth(redirect.searchParams.get('code')),
    opensStream: true,
};
export const CLIENT_2 = {
    name: 'mcp client 2',
    client: () => new current.Client(ABOUT, { versionNegotiation: { mode: 'auto' } }),
    Transport: current.StreamableHTTPClientTransport,
    Unauthorized: current.UnauthorizedError,
    finish: (transport, redirect) => transport.finishAuth(redirect.searchParams), // the whole answer, or the SDK cannot check `iss`
};
/** The same as it comes, without negotiation: revision 2025-11-25. */
export const CLIENT_2_BEFORE = { ...CLIENT_2, name: 'mcp client 2, 2025-11-25', client: () => new current.Client(ABOUT), opensStream: true };

/** An `OAuthClientProvider` of both SDKs that keeps everything in memory. */
class Provider {
    clientMetadata;
    redirectUrl;
    kept = {};
    /** What the SDK asked to open. */
    opened = [];

    constructor({ redirectUrl = REDIRECT, metadata = {}, clientId, clientMetadataUrl, dpop }) {
        this.redirectUrl = redirectUrl;
        this.clientMetadata = {
            client_name: 'Interop',
            redirect_uris: [redirectUrl],
            grant_types: ['authorization_code', 'refresh_token'],
            response_types: ['code'],
            token_endpoint_auth_method: 'none',
            ...metadata,
        };
        if (clientId) this.kept.client = { client_id: clientId };
        if (clientMetadataUrl) this.clientMetadataUrl = clientMetadataUrl;
        if (dpop) this.dpop = () => dpop;
    }

    state() {
        this.kept.state = crypto.randomUUID();
        return this.kept.state;
    }
    clientInformation() {
        return this.kept.client;
    }
    saveClientInformation(client) {
        this.kept.client = client;
    }
    tokens() {
        return this.kept.tokens;
    }
    saveTokens(tokens) {
        this.kept.tokens = tokens;
    }
    saveCodeVerifier(verifier) {
        this.kept.verifier = verifier;
    }
    codeVerifier() {
        return this.kept.verifier;
    }
    discoveryState() {
        return this.kept.discovery;
    }
    saveDiscoveryState(discovery) {
        this.kept.discovery = discovery;
    }
    invalidateCredentials(what) {
        const members = { all: ['client', 'tokens', 'verifier', 'discovery'], client: ['client'], tokens: ['tokens'], verifier: ['verifier'], discovery: ['discovery'] };
        for (const member of members[what]) delete this.kept[member];
    }
    redirectToAuthorization(url) {
        this.opened.push(url);
    }
}

export class Application {
    #sdk;
    #prokura;
    provider;
    wire;
    client;
    transport;

    /** `options` are what an application configures: `clientId`, `clientMetadataUrl`, `metadata`, `redirectUrl`, `dpop`; `send` is how requests leave. */
    constructor(sdk, prokura, { send, ...options } = {}) {
        this.#sdk = sdk;
        this.#prokura = prokura;
        this.wire = new Wire(send);
        this.provider = new Provider(options);
    }

    /** Connects, and has the person asked when the SDK wants that. */
    async connect(human, how) {
        if (await this.wantsPerson(this.open())) {
            await this.ask(human, how);
            await this.open();
        }
        return this;
    }

    /** A new client and transport, as after a start of the application. */
    async open() {
        this.client = this.#sdk.client();
        this.transport = new this.#sdk.Transport(new URL(this.#prokura.resource('mcp')), { authProvider: this.provider, fetch: this.wire.fetch });
        await this.client.connect(this.transport);
        if (this.#sdk.opensStream) await this.wire.came('GET /mcp 405'); // nothing waits for it, so it could come in the middle of a case
    }

    /** Whether a promise of the SDK ends with the wish to ask the person. Other errors are the caller's. */
    async wantsPerson(promise) {
        try {
            await promise;
            return false;
        } catch (error) {
            if (error instanceof this.#sdk.Unauthorized) return true;
            throw error;
        }
    }

    /** Opens in the person's browser what the SDK asked to open last, and hands over what comes back. */
    async ask(human, how) {
        const redirect = await this.redirected(human, how);
        await this.finish(redirect);
        return redirect;
    }

    async redirected(human, how) {
        const redirect = await human.answer(this.provider.opened.at(-1), how);
        assert.equal(`${redirect.origin}${redirect.pathname}`, this.provider.redirectUrl);
        assert.equal(redirect.searchParams.get('state'), this.provider.kept.state);
        return redirect;
    }

    finish(redirect) {
        return this.#sdk.finish(this.transport, redirect);
    }

    echo(text = 'grüße') {
        return this.client.callTool({ name: 'echo', arguments: { text } });
    }

    note(text) {
        return this.client.callTool({ name: 'note_write', arguments: { text } });
    }

    /** Gives the access token back (RFC 7009), so that the server refuses it from now on; the refresh token stays good. */
    async loseAccess() {
        const { client_id: id, client_secret: secret } = this.provider.kept.client;
        const body = new URLSearchParams({ token: this.provider.kept.tokens.access_token, client_id: id, ...(secret && { client_secret: secret }) });
        const answer = await fetch(`${this.#prokura.ready.issuer}/oauth2/revoke`, { method: 'POST', body });
        assert.equal(answer.status, 200);
    }

    close() {
        return this.client.close();
    }
}

/** The parameters of a form that went over the wire. */
export function form({ sent }) {
    return Object.fromEntries(new URLSearchParams(sent));
}
