// How much comes over the wire when a page is seen for the first time.

import assert from 'node:assert/strict';

import { Application } from './application.mjs';
import { BOB, allowed, asked, signedIn, signedOutEverywhere } from './human.mjs';

const FIRST_VIEW_BYTES_MAX = 50_000;

export async function weights(cases, prokura, chromium) {
    const { issuer } = prokura.ready;

    await cases.claim(`the first view of each page is at most ${FIRST_VIEW_BYTES_MAX / 1000} kB over the wire, headers and icon too`, async () => {
        const application = await Application.start(prokura);
        await signedOutEverywhere(prokura, BOB);
        const person = await signedIn(chromium, prokura, BOB);
        await allowed(person, application);
        await asked(person, application);
        const known = await person.context().storageState();
        const consent = person.url();
        const pages = [
            ['start', `${issuer}/`],
            ['sign-in', `${issuer}/sign-in`],
            ['sign-in for an app', application.url()],
            ['recovery', `${issuer}/sign-in/recovery`],
            ['consent', consent, known],
            ['agents', `${issuer}/agents`, known],
            ['account', `${issuer}/account`, known],
            ['sign-out', `${issuer}/sign-out`, known],
            ['problem', `${issuer}/no/such/page`],
        ];
        const heavy = [];
        for (const [name, url, storageState] of pages) {
            const { bytes, parts } = await weighed(chromium, issuer, url, storageState);
            console.log(`# ${name}: ${kilo(bytes)} kB (${parts.map(([part, size]) => `${part} ${kilo(size)}`).join(', ')})`);
            if (bytes > FIRST_VIEW_BYTES_MAX) heavy.push(name);
        }
        assert.deepEqual(heavy, []);
        await person.context().close();
        application.end();
    });
}

/** The bytes of everything that a browser without a cache loads for a page. */
async function weighed(chromium, issuer, url, storageState) {
    const page = await chromium.page({ storageState });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.enable');
    const urls = new Map();
    const parts = [];
    devtools.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, new URL(response.url).pathname));
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => parts.push([urls.get(requestId)?.split(/[-.]/).at(-1) ?? '?', encodedDataLength, requestId]));
    await page.goto(url, { waitUntil: 'networkidle' });
    const icon = new URL(await page.getAttribute('link[rel=icon]', 'href'), issuer);
    // Chromium loads the icon beside the page, where nobody sees it: it is counted by its size.
    const iconBytes = (await (await fetch(icon)).arrayBuffer()).byteLength;
    const named = parts.map(([part, size]) => [['css', 'js'].includes(part) ? part : part === 'svg' ? 'icon' : 'page', size]);
    if (!named.some(([part]) => part === 'icon')) named.push(['icon', iconBytes]);
    await page.context().close();
    return { bytes: named.reduce((sum, [, size]) => sum + size, 0), parts: named };
}

function kilo(bytes) {
    return (bytes / 1000).toFixed(1);
}
