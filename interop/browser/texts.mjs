// S-10: what strangers write is shown as text. A script that ran would open a dialog or break the content security policy, and the run would say so.

import assert from 'node:assert/strict';

import { Application, register } from './application.mjs';
import { allowed, asked, press, problem, signIn, signedIn } from './human.mjs';

const IMAGE = '<img src=x onerror=alert(1)>';
const NAMES = {
    'an image that fails': IMAGE,
    'a script': '"></h1><script>alert(1)</script>',
    'an event handler': '" onmouseover="alert(1)" autofocus onfocus="alert(1)',
    'a reference': '&lt;img src=x onerror=alert(1)&gt;',
    'a template': '{{7*7}}${alert(1)}',
    'a style': '</title><style>*{display:none}</style>',
};

export async function texts(cases, prokura, chromium) {
    const { issuer } = prokura.ready;

    for (const [what, name] of Object.entries(NAMES)) {
        await cases.claim(`s_10: an app whose name is ${what}: every page shows it letter by letter`, async () => {
            const application = await Application.start(prokura, { name, client_uri: 'https://attacker.test/' });
            const page = await signedIn(chromium, prokura);
            await asked(page, application, { login_hint: IMAGE, state: IMAGE });
            const shown = async () => {
                assert.ok((await page.innerText('main')).includes(name), await page.innerText('main'));
                assert.equal(await page.locator('main :is(img, script, style, iframe, [onerror], [onmouseover], [onfocus])').count(), 0);
                assert.equal(await page.locator('body').count(), 1);
            };
            await shown();
            await page.locator('h1').hover();
            await press(page, '#allow');
            assert.equal((await application.answer(page)).state, IMAGE);
            await page.goto(`${issuer}/agents`);
            await shown();
            await press(page, page.locator(`article[data-client="${application.clientId}"] .stop-agent button`));
            await page.goto(application.url({ response_type: 'token' }));
            assert.equal(await problem(page), 'unsupported_response_type');
            await shown();
            await page.context().clearCookies();
            await page.goto(application.url({ login_hint: IMAGE }));
            assert.equal(await page.inputValue('#login'), IMAGE);
            await page.context().close();
            application.end();
        });
    }

    await cases.claim('s_10: a name that reorders or hides is shown with its marks, and turns nothing around it', async () => {
        const application = await Application.start(prokura, { name: '\u202Eelgoog\u200B\u2066' });
        const page = await signedIn(chromium, prokura);
        await asked(page, application);
        const text = await page.innerText('main');
        for (const mark of ['[U+202E]', '[U+200B]', '[U+2066]']) assert.ok(text.includes(mark), text);
        assert.doesNotMatch(await page.content(), /[\u200B\u202A-\u202E\u2066-\u2069]/);
        assert.equal(await page.locator('h1 bdi').first().evaluate((name) => getComputedStyle(name).unicodeBidi), 'isolate');
        await page.context().close();
        application.end();
    });

    await cases.claim('s_10: a name of 10 kB is refused when it is registered', async () => {
        const { status, error } = await register(issuer, { client_name: 'x'.repeat(10_240), redirect_uris: ['http://127.0.0.1/callback'] });
        assert.deepEqual([status, error], [400, 'invalid_client_metadata']);
    });

    await cases.claim('s_10: the longest name in one word stays within the page, on the narrowest screen', async () => {
        const application = await Application.start(prokura, { name: 'W'.repeat(128) });
        const page = await signedIn(chromium, prokura, undefined, { viewport: { width: 320, height: 640 } });
        await allowed(page, application);
        for (const url of [application.url(), `${issuer}/agents`]) {
            await page.goto(url);
            assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, url);
        }
        await page.context().close();
        application.end();
    });

    await cases.claim("s_10: a resource's name and its words for scopes are shown letter by letter", async () => {
        const resource = 'https://hostile.test/api';
        await prokura.admin('POST', '/resources', { resource, resource_name: IMAGE, scopes: { read: `</li>${IMAGE}`, write: "<script>alert('2')</script>" } });
        const application = await Application.start(prokura);
        const page = await chromium.page();
        await page.goto(application.url({ resource, scope: 'read write' }));
        await signIn(page, prokura);
        const items = await page.locator('.items .may').allInnerTexts();
        assert.deepEqual(items.sort(), [`</li>${IMAGE}`, "<script>alert('2')</script>"]);
        assert.ok((await page.innerText('h1')).includes(IMAGE));
        assert.equal(await page.locator('main :is(img, script)').count(), 0);
        await page.context().close();
        application.end();
    });
}
