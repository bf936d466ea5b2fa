// An application asks; a person allows, leaves something out, denies. For its first half second, agreeing takes no click and no key.

import assert from 'node:assert/strict';

import { Application } from './application.mjs';
import { allowed, asked, press, problem, signIn, signedIn } from './human.mjs';

const SETTLES_MILLISECONDS = 500;

export async function consent(cases, prokura, chromium) {
    const { issuer } = prokura.ready;
    const application = await Application.start(prokura);

    await cases.claim('from an authorization request over sign-in and a yes to a token; state and iss come back', async () => {
        const page = await chromium.page();
        await page.goto(application.url());
        assert.equal(new URL(page.url()).pathname, '/sign-in');
        await signIn(page, prokura);
        const text = await page.innerText('main');
        for (const words of ['Atlas', 'Not verified by anyone', 'Demo MCP server', 'You are Alice', '127.0.0.1', 'You can stop it at any time']) {
            assert.ok(text.includes(words), `${words} is not in: ${text}`);
        }
        await press(page, '#allow');
        const { code, ...rest } = await application.answer(page);
        assert.deepEqual(rest, { state: 'here-and-there', iss: issuer });
        const tokens = await application.redeem(code);
        assert.deepEqual([tokens.status, tokens.scope.split(' ').sort()], [200, ['tools:read', 'tools:write']]);
        await page.context().close();
    });

    await cases.claim('a document says who asks: the page names the host that proves it', async () => {
        const page = await signedIn(chromium, prokura);
        const known = await Application.start(prokura, { document: true, name: 'Heron' });
        await asked(page, known);
        assert.ok((await page.innerText('main')).includes(`Proved by the host ${new URL(known.clientId).host}`));
        await page.context().close();
        known.end();
    });

    await cases.claim('what is left out is not in the token', async () => {
        const page = await signedIn(chromium, prokura);
        await asked(page, application);
        await page.getByText('leave this out').nth(1).click();
        assert.deepEqual(await page.locator('#consent :checked').evaluateAll((boxes) => boxes.map((box) => box.value)), ['tools:write']);
        await press(page, '#allow');
        const { code } = await application.answer(page);
        assert.equal((await application.redeem(code)).scope, 'tools:read');
        await page.context().close();
    });

    await cases.claim('a no comes back as access_denied, and nothing is given', async () => {
        const page = await signedIn(chromium, prokura);
        await asked(page, application);
        await press(page, '#deny');
        const { error, code, state, iss } = await application.answer(page);
        assert.deepEqual([error, code, state, iss], ['access_denied', undefined, 'here-and-there', issuer]);
        await page.context().close();
    });

    await cases.claim('a page that was answered before is not answered again by the back button', async () => {
        const page = await signedIn(chromium, prokura);
        await asked(page, application);
        await press(page, '#allow');
        await application.answer(page);
        await page.goBack();
        await page.locator('main[data-problem]').waitFor();
        assert.equal(await page.innerText('h1'), 'This was answered before');
        assert.equal(await page.locator('form#consent').count(), 0);
        await page.context().close();
    });

    await cases.claim('the second time, the page says that the same was allowed before', async () => {
        const page = await signedIn(chromium, prokura);
        await allowed(page, application);
        await asked(page, application);
        assert.match(await page.innerText('main'), /You allowed the same before/);
        await page.context().close();
    });

    await cases.claim('the language changes on the page and the question stays', async () => {
        const page = await signedIn(chromium, prokura);
        await asked(page, application);
        await press(page, 'footer a[hreflang=de]');
        assert.deepEqual([await page.getAttribute('html', 'lang'), await page.isVisible('#consent')], ['de', true]);
        await press(page, '#allow');
        assert.ok((await application.answer(page)).code);
        await page.context().close();
    });

    for (const [words, options] of [
        ['', {}],
        [', without scripts', { javaScriptEnabled: false }],
        [', with reduced motion', { reducedMotion: 'reduce' }],
    ]) {
        await cases.claim(`s_09: for ${SETTLES_MILLISECONDS} ms "allow" takes no click and no key, then it does${words}`, async () => {
            const page = await signedIn(chromium, prokura, undefined, options);
            await asked(page, application);
            const sent = [];
            page.on('request', (request) => request.isNavigationRequest() && sent.push(request.url()));
            const at = (milliseconds) =>
                page.locator('#allow').evaluate((button, milliseconds) => {
                    // The animation that settles the button, held at a moment. It may have ended: then it is started again.
                    button.style.animation = 'none';
                    button.getBoundingClientRect();
                    button.style.animation = '';
                    const [settling, ...others] = button.getAnimations();
                    if (!settling || others.length > 0) throw new Error('one animation settles the button');
                    settling.pause();
                    settling.currentTime = milliseconds;
                    return settling.effect.getComputedTiming().endTime;
                }, milliseconds);
            const { x, y, width, height } = await page.locator('#allow').boundingBox();
            for (const moment of [0, SETTLES_MILLISECONDS / 2, SETTLES_MILLISECONDS - 1]) {
                assert.equal(await at(moment), SETTLES_MILLISECONDS);
                await page.mouse.click(x + width / 2, y + height / 2);
                await page.focus('#deny');
                await page.keyboard.press('Tab');
                assert.notEqual(await focused(page), 'allow');
                assert.deepEqual(sent, []);
            }
            await at(SETTLES_MILLISECONDS + 1);
            await page.focus('#deny');
            await page.keyboard.press('Tab');
            assert.equal(await focused(page), 'allow');
            await press(page, '#allow');
            assert.ok((await application.answer(page)).code);
            await page.context().close();
        });
    }

    await cases.claim('s_09: a click that was under way when the page came up does not agree', async () => {
        const page = await signedIn(chromium, prokura);
        let caught = 0;
        for (let tries = 0; tries < 20 && caught < 3; tries += 1) {
            await page.goto(application.url(), { waitUntil: 'commit' });
            const box = await page.locator('#allow').boundingBox();
            await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
            // Only a click that was over within the half second says something.
            const late = await page.locator('#allow').evaluate((button) => (button.getAnimations()[0]?.currentTime ?? Infinity) > 400).catch(() => true);
            if (!late) caught += 1;
            else if (!new URL(page.url()).pathname.startsWith('/consent')) continue;
            if (!late) {
                await page.waitForTimeout(100);
                assert.equal(new URL(page.url()).pathname, '/consent');
                assert.equal(await problem(page), null);
            }
        }
        assert.ok(caught > 0, 'the machine was never fast enough to try');
        await page.context().close();
    });
    application.end();
}

function focused(page) {
    return page.evaluate(() => document.activeElement?.id);
}
