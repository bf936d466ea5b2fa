// Debian's Chromium, and what is watched in every page that it opens.

import { chromium } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';
const ARGUMENTS = [
    ...(process.getuid() === 0 ? ['--no-sandbox'] : []), // its sandbox refuses root
    '--host-resolver-rules=MAP *.test 127.0.0.1', // the attacker has a site of its own
];
/** What a page waits for at most. The machine may be busy. */
const WAIT_MILLISECONDS_MAX = 20_000;

export class Chromium {
    #browser;
    #issuer;
    /** What no page of ours ever does, in words. */
    troubles = [];
    /** The origins that pages of ours asked for something. */
    asked = new Set();

    static async launch(prokura) {
        const own = new Chromium();
        own.#issuer = prokura.ready.issuer;
        own.#browser = await chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS });
        return own;
    }

    get version() {
        return this.#browser.version();
    }

    /** A browser of somebody, without cookies. */
    async context(options = {}) {
        const context = await this.#browser.newContext({ locale: 'en-GB', ...options });
        context.setDefaultTimeout(WAIT_MILLISECONDS_MAX);
        this.#watch(context);
        return context;
    }

    /** One page in a browser of its own. */
    async page(options) {
        return (await this.context(options)).newPage();
    }

    end() {
        return this.#browser.close();
    }

    #watch(context) {
        const ours = (url) => url?.startsWith(this.#issuer);
        context.on('request', (request) => {
            if (request.isNavigationRequest() || !ours(request.frame().url())) return;
            this.asked.add(new URL(request.url()).origin);
        });
        context.on('dialog', (dialog) => {
            this.troubles.push(`${dialog.page()?.url()} opens a dialog: ${dialog.message()}`);
            dialog.dismiss();
        });
        context.on('weberror', (failure) => {
            if (ours(failure.page()?.url())) this.troubles.push(`${failure.page().url()}: ${failure.error()}`);
        });
        // A broken rule of the CSP is told here; what the server refused is told here too, and wanted.
        context.on('console', (message) => {
            const about = message.location().url || message.page()?.url();
            if (ours(about) && ['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
                this.troubles.push(`${about}: ${message.text()}`);
            }
        });
    }
}
