// S-09: what other pages may do with ours. Framing, embedding, and holding a window of ours.

import assert from 'node:assert/strict';

import { Application } from './application.mjs';
import { Attacker } from './attacker.mjs';
import { asked, signedIn } from './human.mjs';

export async function frames(cases, prokura, chromium) {
    const { issuer } = prokura.ready;
    const attacker = await Attacker.start();
    const application = await Application.start(prokura);

    for (const [where, page] of Object.entries(attacker.pages)) {
        await cases.claim(`s_09: framed or embedded by a page of ${where}, no page of ours shows anything`, async () => {
            const victim = await signedIn(chromium, prokura);
            await asked(victim, application);
            const consent = victim.url();
            for (const target of [application.url(), `${issuer}/sign-in`, consent, `${issuer}/agents`, `${issuer}/account`, `${issuer}/sign-out`, `${issuer}/`]) {
                for (const element of ['iframe src', 'embed src', 'object data']) {
                    attacker.shows(`<p id="bait">Press here</p><${element}="${target.replaceAll('&', '&amp;')}" width="600" height="600"></${element.split(' ')[0]}>`);
                    await victim.goto(page, { waitUntil: 'load' });
                    const shown = [];
                    for (const frame of victim.frames().slice(1)) {
                        shown.push(await frame.evaluate(() => document.querySelector('.brand')?.textContent ?? '').catch(() => ''));
                        assert.ok(!frame.url().startsWith(issuer), `${element} shows ${frame.url()}`);
                    }
                    assert.equal(shown.join(''), '', `${element}: ${target}`);
                }
            }
            await victim.context().close();
        });
    }

    await cases.claim('s_09: the frames of these cases are refused by the pages: one that may be framed is seen by the same check', async () => {
        const page = await chromium.page();
        attacker.shows(`<iframe src="${application.redirect}"></iframe>`);
        await page.goto(attacker.pages['another site'], { waitUntil: 'load' });
        const [, frame] = page.frames();
        assert.ok(frame.url().startsWith(application.redirect));
        assert.match(await frame.innerText('p'), /Back at the application/);
        await page.context().close();
    });

    for (const [where, page] of Object.entries(attacker.pages)) {
        await cases.claim(`s_09: a page of ${where} that opened ours keeps no hold on it, nor ours on it`, async () => {
            const context = await chromium.context();
            const opener = await context.newPage();
            attacker.shows(`<button onclick="window.held = window.open('${issuer}/sign-in')">Prize</button>`);
            await opener.goto(page);
            const [opened] = await Promise.all([context.waitForEvent('page'), opener.click('button')]);
            await opened.waitForLoadState();
            assert.ok(await opened.isVisible('#sign-in'));
            assert.equal(await opened.evaluate(() => window.opener), null);
            assert.equal(await opener.evaluate(() => window.held.closed), true, 'as if it were gone');
            await context.close();
        });
    }
    attacker.end();
    application.end();
}
