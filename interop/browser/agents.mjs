// What acts for a person, and how it is stopped.

import assert from 'node:assert/strict';

import { Application, PINNED } from './application.mjs';
import { allowed, press, signedIn } from './human.mjs';

export async function agents(cases, prokura, chromium) {
    const { issuer } = prokura.ready;
    const applications = [];
    for (const name of ['Scout', 'Heron', 'Lantern', 'Otter']) applications.push(await Application.start(prokura, { name }));
    const [scout, heron, lantern, otter] = applications;
    const card = (page, { clientId }) => page.locator(`article.agent[data-client="${clientId}"]`);

    for (const [what, application, selector] of [
        ['grant', scout, '.stop-grant'],
        ['agent', heron, '.stop-agent button'],
    ]) {
        await cases.claim(`one ${what} is stopped on the page: its refresh is refused, others go on`, async () => {
            const page = await signedIn(chromium, prokura);
            const tokens = await allowed(page, application);
            const others = await allowed(page, otter);
            await page.goto(`${issuer}/agents`);
            const own = card(page, application);
            assert.match(await own.innerText(), /One connection can act now/);
            await press(page, own.locator(selector));
            assert.match(await page.innerText('main > [role=status]'), /Stopped/);
            assert.equal(await own.count(), 0);
            const refused = await application.refresh(tokens.refresh_token);
            assert.deepEqual([refused.status, refused.error], [400, 'invalid_grant']);
            assert.equal((await otter.refresh(others.refresh_token)).status, 200);
            await page.context().close();
        });
    }

    await cases.claim('all are stopped after one more question, which needs no script: no refresh works and the page is empty', async () => {
        const page = await signedIn(chromium, prokura);
        const known = await Application.start(prokura, { clientId: PINNED });
        const all = [];
        for (const application of [lantern, otter, known]) all.push([application, await allowed(page, application, { prompt: 'consent' })]);
        await page.goto(`${issuer}/agents`);
        assert.equal(await page.isVisible('#stop-all'), false);
        await page.click('details.confirm summary');
        await press(page, '#stop-all button');
        assert.match(await page.innerText('main > [role=status]'), /All stopped/);
        assert.equal(await page.locator('article.agent').count(), 0);
        for (const [application, tokens] of all) assert.equal((await application.refresh(tokens.refresh_token)).error, 'invalid_grant');
        await page.context().close();
        known.end();
    });
    for (const application of applications) application.end();
}
