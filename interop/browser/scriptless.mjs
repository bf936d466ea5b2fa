// A browser that runs no scripts: everything but passkeys works.

import assert from 'node:assert/strict';

import { Application } from './application.mjs';
import { press, signIn } from './human.mjs';

export async function scriptless(cases, prokura, chromium) {
    const { issuer } = prokura.ready;

    await cases.claim('without scripts: sign-in, consent, the page of agents, stop, sign-out', async () => {
        const application = await Application.start(prokura, { name: 'Plain' });
        const page = await chromium.page({ javaScriptEnabled: false });
        await page.goto(application.url());
        assert.deepEqual([await page.isVisible('#sign-in-passkey'), await page.isVisible('.or')], [false, false]);
        await signIn(page, prokura);
        await page.getByText('leave this out').nth(1).click();
        await press(page, '#allow');
        const { code } = await application.answer(page);
        const tokens = await application.redeem(code);
        assert.deepEqual([tokens.status, tokens.scope], [200, 'tools:read']);
        await page.goto(`${issuer}/agents`);
        await press(page, page.locator(`article[data-client="${application.clientId}"] .stop-agent button`));
        assert.equal((await application.refresh(tokens.refresh_token)).error, 'invalid_grant');
        await press(page, '#sign-out button');
        assert.match(await page.innerText('h1'), /signed out/i);
        await page.context().close();
        application.end();
    });

    await cases.claim('without scripts: the account page says what needs one, and the rest of it works', async () => {
        const page = await chromium.page({ javaScriptEnabled: false });
        await page.goto(`${issuer}/sign-in`);
        await signIn(page, prokura);
        await page.goto(`${issuer}/account`);
        assert.deepEqual([await page.isVisible('#add-passkey-button'), await page.isVisible('#passkey-name')], [false, false]);
        assert.ok(await page.isVisible('#add-passkey noscript p'));
        await press(page, '#make-codes button');
        assert.ok(await page.isVisible('#fresh-codes'));
        await page.context().close();
    });
}
