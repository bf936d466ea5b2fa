// A proxy in front of the token endpoint that can shed load: what it answers then is what the server answers when it has too much to do.

import { createServer, request } from 'node:http';
import { once } from 'node:events';

export class Gate {
    #server;
    #to;
    /** Whether requests are let through. */
    open = true;
    shed = 0;

    static async before(prokura) {
        const gate = new Gate();
        gate.#to = new URL(prokura.ready.issuer);
        gate.#server = createServer((incoming, outgoing) => gate.#pass(incoming, outgoing));
        gate.#server.listen(0, '127.0.0.1');
        await once(gate.#server, 'listening');
        return gate;
    }

    /** A fetch that takes the way through the gate to the token endpoint. */
    fetch = (input, init) => {
        const url = new URL(input.url ?? input);
        if (url.origin !== this.#to.origin || url.pathname !== '/oauth2/token') return fetch(input, init);
        return fetch(`http://127.0.0.1:${this.#server.address().port}${url.pathname}`, init);
    };

    end() {
        this.#server.closeAllConnections();
        this.#server.close();
    }

    #pass(incoming, outgoing) {
        if (!this.open) {
            this.shed += 1;
            incoming.resume();
            outgoing.writeHead(503, { 'content-type': 'application/json', 'cache-control': 'no-store', 'retry-after': '1' });
            outgoing.end(JSON.stringify({ error: 'temporarily_unavailable' }));
            return;
        }
        const { hostname: host, port } = this.#to;
        const onward = request({ host, port, path: incoming.url, method: incoming.method, headers: { ...incoming.headers, host: this.#to.host } }, (answer) => {
            outgoing.writeHead(answer.statusCode, answer.rawHeaders);
            answer.pipe(outgoing);
        });
        onward.on('error', (error) => outgoing.destroy(error));
        incoming.pipe(onward);
    }
}
