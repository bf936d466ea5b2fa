// An attacker's web site, on a site of its own and on a port beside ours: the latter is the same site, and the browser sends our cookies from there.

import { once } from 'node:events';
import { createServer } from 'node:http';

export class Attacker {
    #server;
    #html = '';
    /** Where its page is, by how near that is to us. */
    pages;

    static async start() {
        const own = new Attacker();
        own.#server = createServer((_, answer) => {
            answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
            answer.end(`<!doctype html><html lang="en"><title>Prizes</title><body>${own.#html}`);
        });
        own.#server.listen(0, '127.0.0.1');
        await once(own.#server, 'listening');
        const { port } = own.#server.address();
        own.pages = { 'another site': `http://attacker.test:${port}/`, 'another origin of the same site': `http://localhost:${port}/` };
        return own;
    }

    shows(html) {
        this.#html = html;
    }

    /** Shows a form that sends itself, with these fields. */
    sends(action, fields) {
        const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${attribute(name)}" value="${attribute(value)}">`);
        this.shows(`<form id="trap" method="post" action="${attribute(action)}">${inputs.join('')}</form><script>HTMLFormElement.prototype.submit.call(document.forms[0])</script>`);
    }

    end() {
        this.#server.closeAllConnections();
        this.#server.close();
    }
}

function attribute(text) {
    return String(text).replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}
