// What can go wrong: a page with a title, what happened, what to do, and a reference; and the browser is sent nowhere by itself.

import assert from 'node:assert/strict';

import { Application } from './application.mjs';
import { asked, press, problem, signedIn } from './human.mjs';

export async function problems(cases, prokura, chromium) {
    const { issuer } = prokura.ready;
    const application = await Application.start(prokura);

    const at = async (name, url, title) => {
        await cases.claim(`${name}: a page says so, with a reference, and the browser stays here`, async () => {
            const page = await chromium.page();
            const answer = await page.goto(typeof url === 'function' ? await url() : url);
            assert.ok(answer.status() >= 400 && answer.status() < 500, `${answer.status()}`);
            assert.deepEqual([await page.innerText('h1'), new URL(page.url()).origin], [title, issuer]);
            assert.ok(await problem(page));
            assert.equal(await page.innerText('#request-id'), answer.headers()['x-request-id']);
            assert.equal(await page.locator('h1').count(), 1);
            assert.equal(await page.locator('#continue').count(), 0);
            await page.context().close();
        });
    };
    await at('an unknown client', () => application.url({ client_id: 'nobody' }), 'We do not know this app');
    await at('a foreign redirect URI', () => application.url({ redirect: 'https://attacker.test/callback' }), 'The way back does not belong to the app');
    await at('a page that is not there', `${issuer}/no/such/page`, 'There is no such page');
    await at('a consent page without a request', `${issuer}/consent?request=nothing`, 'Please start again in this browser');

    await cases.claim('a consent page of another browser: neither shown nor answered', async () => {
        const page = await signedIn(chromium, prokura);
        await asked(page, application);
        const other = await signedIn(chromium, prokura);
        await other.goto(page.url());
        assert.ok(await problem(other));
        assert.match(await other.innerText('h1'), /start again in this browser/i);
        assert.equal(await other.locator('#consent').count(), 0);
        for (const one of [page, other]) await one.context().close();
    });

    await cases.claim('the same mistake before anybody signed in: there is no way back at all', async () => {
        const page = await chromium.page();
        await page.goto(application.url({ response_type: 'token' }));
        assert.deepEqual([await problem(page), await page.locator('#continue').count()], ['unsupported_response_type', 0]);
        await page.context().close();
    });

    await cases.claim('a mistake of an app that this person never allowed anything: the way back is a link, and nothing goes there before it is pressed', async () => {
        const page = await signedIn(chromium, prokura);
        await page.goto(application.url({ response_type: 'token' }));
        assert.equal(await problem(page), 'unsupported_response_type');
        assert.ok((await page.innerText('main')).includes('127.0.0.1'));
        await press(page, '#continue');
        const { error, state, iss } = await application.answer(page);
        assert.deepEqual([error, state, iss], ['unsupported_response_type', 'here-and-there', issuer]);
        await page.context().close();
    });
    application.end();
}
