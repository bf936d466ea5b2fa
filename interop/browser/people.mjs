// Signing in and out by password and recovery code, sessions, and the language.

import assert from 'node:assert/strict';

import { ALICE, BOB, press, signIn, signedIn, type } from './human.mjs';

export async function people(cases, prokura, chromium) {
    const { issuer, users } = prokura.ready;
    const bob = users.find((user) => user.login === BOB);

    await cases.claim('a password signs a person in; both cookies are HttpOnly and SameSite=Lax, and a script finds none', async () => {
        const page = await signedIn(chromium, prokura);
        assert.equal(await page.locator('header .who').innerText(), 'Alice');
        const cookies = await page.context().cookies();
        assert.deepEqual(cookies.map(({ name }) => name).sort(), ['prokura-browser', 'prokura-session']);
        for (const { name, httpOnly, sameSite, path } of cookies) assert.deepEqual([name, httpOnly, sameSite, path], [name, true, 'Lax', '/']);
        assert.equal(await page.evaluate(() => document.cookie), '');
        await page.context().close();
    });

    await cases.claim('a wrong password and an unknown name hear the same sentence, keep the name and lose the password', async () => {
        const page = await chromium.page();
        const said = [];
        for (const login of [ALICE, 'nobody@demo.test']) {
            await page.goto(`${issuer}/sign-in`);
            await type(page, login, 'not the password');
            said.push(await page.innerText('[role=alert]'));
            assert.deepEqual([await page.inputValue('#login'), await page.inputValue('#password')], [login, '']);
        }
        assert.equal(said[0], said[1]);
        assert.match(said[0], /wrong/);
        await page.context().close();
    });

    await cases.claim('the session cookie changes at sign-in and the old one is worth nothing after sign-out', async () => {
        const page = await signedIn(chromium, prokura);
        const cookie = async () => (await page.context().cookies()).find(({ name }) => name === 'prokura-session');
        const before = await cookie();
        await press(page, '#sign-out button');
        assert.equal(new URL(page.url()).pathname, '/sign-out');
        assert.match(await page.innerText('h1'), /signed out/i);
        assert.equal(await cookie(), undefined);
        await page.context().addCookies([before]);
        await page.goto(`${issuer}/agents`);
        assert.equal(new URL(page.url()).pathname, '/sign-in');
        await signIn(page, prokura);
        assert.notEqual((await cookie()).value, before.value);
        await page.context().close();
    });

    await cases.claim('recovery codes are shown once, printed alone, and each signs in once', async () => {
        const page = await signedIn(chromium, prokura, BOB);
        await page.goto(`${issuer}/account`);
        await press(page, '#make-codes button');
        const codes = await page.locator('#fresh-codes li').allInnerTexts();
        assert.ok(codes.length >= 8, codes.length);
        assert.equal(new Set(codes).size, codes.length);
        await page.emulateMedia({ media: 'print' });
        assert.ok(await page.isVisible('#fresh-codes'));
        for (const other of ['#make-codes', '#sessions', '#passkeys', '#password-section', 'footer']) assert.equal(await page.isVisible(other), false, other);
        await page.emulateMedia({ media: 'screen' });
        await page.goto(`${issuer}/account`);
        assert.equal(await page.locator('#fresh-codes').count(), 0);
        await press(page, '#sign-out button');

        const spent = async (code) => {
            await page.goto(`${issuer}/sign-in`);
            await press(page, '#use-recovery-code');
            await page.fill('#login', BOB);
            await page.fill('#code', code);
            await press(page, '#recovery-button');
            return new URL(page.url()).pathname;
        };
        assert.equal(await spent(codes[0]), '/account', 'where a lasting way in can be added');
        assert.match(await page.innerText('main > [role=status]'), /used up/);
        await press(page, '#sign-out button');
        assert.notEqual(await spent(codes[0]), '/account');
        assert.match(await page.innerText('[role=alert]'), /used before/);
        assert.equal(await spent(codes[1].toLowerCase().replaceAll('-', ' ')), '/account', 'as people type');
        await page.context().close();
    });

    await cases.claim('a session is listed and ended from another browser, and is out at once', async () => {
        const here = await signedIn(chromium, prokura, BOB);
        const there = await signedIn(chromium, prokura, BOB);
        await here.goto(`${issuer}/account`);
        const rows = here.locator('#sessions li');
        assert.match(await rows.filter({ hasText: 'This browser' }).innerText(), /Chrom/);
        assert.equal(await rows.filter({ hasText: 'This browser' }).locator('form').count(), 0);
        let left = await here.locator('form.end-session').count();
        assert.ok(left >= 1);
        for (; left > 0; left -= 1) await press(here, here.locator('form.end-session button').first());
        assert.equal(await rows.count(), 1);
        assert.equal(await here.locator('main > [role=status]').count(), 1);
        await there.goto(`${issuer}/account`);
        assert.equal(new URL(there.url()).pathname, '/sign-in');
        await here.goto(`${issuer}/account`);
        assert.equal(new URL(here.url()).pathname, '/account');
        for (const page of [here, there]) await page.context().close();
    });

    await cases.claim('a new password needs the present one, and then it alone holds', async () => {
        const page = await signedIn(chromium, prokura, BOB);
        const change = async (current, password) => {
            await page.goto(`${issuer}/account`);
            await page.fill('#current', current);
            await page.fill('#password', password);
            await press(page, '#change-password button');
            return page.innerText('main > [role=status]');
        };
        assert.match(await change('not the password', 'heron puddle lantern'), /current password is wrong/);
        assert.match(await change(bob.password, 'short'), /too short/);
        assert.match(await change(bob.password, 'password1'), /everybody tries first/);
        assert.match(await change(bob.password, 'heron puddle lantern'), /holds from now on/);
        await press(page, '#sign-out button');
        await page.goto(`${issuer}/sign-in`);
        await type(page, BOB, bob.password);
        assert.ok(await page.isVisible('[role=alert]'));
        bob.password = 'heron puddle lantern';
        await signIn(page, prokura, BOB);
        assert.equal(new URL(page.url()).pathname, '/agents');
        await page.context().close();
    });

    await cases.claim('the language follows the browser, changes by the link in the footer, and stays', async () => {
        const page = await chromium.page({ locale: 'de-DE' });
        await page.goto(`${issuer}/sign-in`);
        assert.equal(await page.getAttribute('html', 'lang'), 'de');
        await press(page, 'footer a[hreflang=en]');
        assert.equal(await page.getAttribute('html', 'lang'), 'en');
        await page.goto(`${issuer}/agents`);
        assert.equal(await page.getAttribute('html', 'lang'), 'en');
        await signIn(page, prokura);
        assert.equal(await page.getAttribute('html', 'lang'), 'en');
        await press(page, 'footer a[hreflang=de]');
        assert.deepEqual([await page.getAttribute('html', 'lang'), new URL(page.url()).pathname], ['de', '/agents']);
        await page.context().close();
    });
}
