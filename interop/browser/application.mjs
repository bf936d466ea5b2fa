// An application that asks a person through the browser: it has a redirect on this computer, makes authorization requests with PKCE, and uses its tokens.

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** The client that `dev` has pinned: an administrator registered its document. */
export const PINNED = 'https://mcp-client.demo.test/client.json';

export class Application {
    #server;
    #issuer;
    #verifier;
    clientId;
    redirect;
    resource;

    /** Listens for its answers. Registers itself, unless it is given an id or, with `document`, serves one that says who it is. */
    static async start(prokura, { clientId, document, name = 'Atlas', ...metadata } = {}) {
        const own = new Application();
        own.#issuer = prokura.ready.issuer;
        own.resource = prokura.resource('mcp');
        own.#server = createServer(({ url }, answer) => {
            if (document && url === '/client.json') {
                answer.writeHead(200, { 'content-type': 'application/json' });
                answer.end(JSON.stringify({ client_id: own.clientId, client_name: name, redirect_uris: [own.redirect], token_endpoint_auth_method: 'none', ...metadata }));
                return;
            }
            answer.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': "default-src 'none'" });
            answer.end('<!doctype html><html lang="en"><title>Back</title><p>Back at the application.');
        });
        own.#server.listen(0, '127.0.0.1');
        await once(own.#server, 'listening');
        const { port } = own.#server.address();
        own.redirect = `http://127.0.0.1:${port}/callback`;
        own.clientId = document ? `http://localhost:${port}/client.json` : (clientId ?? (await own.#register({ client_name: name, ...metadata })));
        return own;
    }

    end() {
        this.#server.closeAllConnections();
        this.#server.close();
    }

    /** A new authorization request. */
    url({ scope = 'tools:read tools:write', state = 'here-and-there', redirect = this.redirect, ...more } = {}) {
        this.#verifier = randomBytes(32).toString('base64url');
        const parameters = {
            response_type: 'code',
            client_id: this.clientId,
            redirect_uri: redirect,
            code_challenge: createHash('sha256').update(this.#verifier).digest('base64url'),
            code_challenge_method: 'S256',
            scope,
            state,
            resource: this.resource,
            ...more,
        };
        return `${this.#issuer}/oauth2/authorize?${new URLSearchParams(parameters)}`;
    }

    /** The answer that the browser brought, once it is there. */
    async answer(page) {
        await page.waitForURL((url) => url.href.startsWith(this.redirect));
        return Object.fromEntries(new URL(page.url()).searchParams);
    }

    redeem(code) {
        return this.#token({ grant_type: 'authorization_code', code, redirect_uri: this.redirect, code_verifier: this.#verifier, resource: this.resource });
    }

    refresh(refresh_token) {
        return this.#token({ grant_type: 'refresh_token', refresh_token });
    }

    async #token(form) {
        const body = new URLSearchParams({ client_id: this.clientId, ...form });
        const response = await fetch(`${this.#issuer}/oauth2/token`, { method: 'POST', body });
        return { status: response.status, ...(await response.json()) };
    }

    async #register(metadata) {
        const answer = await register(this.#issuer, { redirect_uris: [this.redirect], grant_types: ['authorization_code', 'refresh_token'], ...metadata });
        if (answer.status !== 201) throw new Error(`registration: ${JSON.stringify(answer)}`);
        return answer.client_id;
    }
}

/** Registers a client (RFC 7591), as anybody may at `dev`. */
export async function register(issuer, metadata) {
    const response = await fetch(`${issuer}/oauth2/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token_endpoint_auth_method: 'none', ...metadata }),
    });
    return { status: response.status, ...(await response.json()) };
}
