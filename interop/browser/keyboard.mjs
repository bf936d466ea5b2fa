// Without a pointer: from the request to the answer by keys alone, and where the focus is can be seen.

import assert from 'node:assert/strict';

import { Application } from './application.mjs';
import { ALICE, signedIn } from './human.mjs';

const STEPS_MAX = 40;

export async function keyboard(cases, prokura, chromium) {
    const { issuer, users } = prokura.ready;
    const alice = users.find(({ login }) => login === ALICE);

    await cases.claim('by keys alone: sign-in, consent with one thing left out, back at the application', async () => {
        const application = await Application.start(prokura);
        const page = await chromium.page();
        await page.goto(application.url());
        await tabTo(page, '#login');
        await page.keyboard.type(alice.login);
        await tabTo(page, '#password');
        await page.keyboard.type(alice.password);
        await Promise.all([page.waitForURL('**/consent?**'), page.keyboard.press('Enter')]);
        await tabTo(page, '[name=without][value="tools:write"]');
        await page.keyboard.press('Space');
        await page.waitForFunction(() => document.querySelector('#allow').getAnimations().length === 0);
        await tabTo(page, '#allow');
        await page.keyboard.press('Enter');
        const { code } = await application.answer(page);
        assert.equal((await application.redeem(code)).scope, 'tools:read');
        await page.context().close();
        application.end();
    });

    await cases.claim('the Enter key in a consent form is no yes: the first button is "deny"', async () => {
        const application = await Application.start(prokura);
        const page = await signedIn(chromium, prokura);
        await page.goto(application.url());
        await page.waitForFunction(() => document.querySelector('#allow').getAnimations().length === 0);
        assert.deepEqual(await page.locator('#consent button').evaluateAll((buttons) => buttons.map(({ id }) => id)), ['deny', 'allow']);
        await tabTo(page, '[name=without]');
        await page.keyboard.press('Enter');
        await page.waitForTimeout(200);
        const url = new URL(page.url());
        assert.equal(url.searchParams.has('code'), false, 'no yes by Enter');
        await page.context().close();
        application.end();
    });

    for (const colorScheme of ['light', 'dark']) {
        await cases.claim(`everything on a page that can be used is reached by Tab and shows a ring when it is, ${colorScheme}`, async () => {
            const page = await signedIn(chromium, prokura, ALICE, { colorScheme });
            for (const path of ['/agents', '/account', '/sign-out', '/']) {
                await page.goto(`${issuer}${path}`);
                const usable = await page.locator(':is(a[href], button, input:not([type=hidden]), summary):visible').count();
                const seen = new Set();
                for (let step = 0; step < usable + 5; step += 1) {
                    await page.keyboard.press('Tab');
                    const at = await page.evaluate(() => {
                        const element = document.activeElement;
                        if (element === document.body) return null;
                        const { outlineStyle, outlineWidth } = getComputedStyle(element);
                        return { index: [...document.querySelectorAll('*')].indexOf(element), html: element.outerHTML.slice(0, 80), ring: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
                    });
                    if (!at) break;
                    assert.ok(at.ring, `${path}: no ring on ${at.html}`);
                    seen.add(at.index);
                }
                assert.equal(seen.size, usable, path);
            }
            await page.context().close();
        });
    }

    await cases.claim('the first stop is a link past the header, and it leads to the content', async () => {
        const page = await signedIn(chromium, prokura);
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
        await page.keyboard.press('Enter');
        assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
        await page.context().close();
    });
}

async function tabTo(page, selector) {
    for (let step = 0; step < STEPS_MAX; step += 1) {
        await page.keyboard.press('Tab');
        if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
    }
    throw new Error(`${selector} is not reached by Tab`);
}
