// S-45: forms that another page sends in a person's name. Each is tried by a browser that is signed in, from another site and from our own site.

import assert from 'node:assert/strict';

import { Application } from './application.mjs';
import { Attacker } from './attacker.mjs';
import { ALICE, BOB, allowed, asked, problem, signedIn } from './human.mjs';

export async function forms(cases, prokura, chromium) {
    const { issuer, users } = prokura.ready;
    const attacker = await Attacker.start();
    const application = await Application.start(prokura, { name: 'Standing' });
    const bob = users.find(({ login }) => login === BOB);
    const alice = users.find(({ login }) => login === ALICE);

    // The attacker has an account and real forms of it.
    const own = await signedIn(chromium, prokura, BOB);
    const theirs = { csrf: await own.getAttribute('#sign-out [name=csrf]', 'value') };
    const door = await chromium.page();
    await door.goto(`${issuer}/sign-in`);
    const doors = { csrf: await door.getAttribute('#sign-in [name=csrf]', 'value'), request: '' };

    for (const [where, trap] of Object.entries(attacker.pages)) {
        await cases.claim(`s_45: no form of a page of ${where} does anything, not even with the victim's own token`, async () => {
            const victim = await signedIn(chromium, prokura, ALICE);
            const tokens = await allowed(victim, application);
            await victim.goto(`${issuer}/account`);
            const known = await victim.getAttribute('#make-codes [name=csrf]', 'value');
            const passkeys = await victim.locator('#passkeys li').count();
            await asked(victim, application);
            const question = { request: await victim.getAttribute('#consent [name=request]', 'value'), csrf: await victim.getAttribute('#consent [name=csrf]', 'value') };
            for (const csrf of [undefined, theirs.csrf, known]) {
                const token = csrf === undefined ? {} : { csrf };
                for (const [path, fields] of [
                    ['/agents/stop', { all: 'yes' }],
                    ['/agents/stop', { client: application.clientId }],
                    ['/account/password', { current: alice.password, password: 'chosen by the attacker' }],
                    ['/account/recovery-codes', {}],
                    ['/account/passkeys', { ceremony: 'x', credential: '{}', name: 'x' }],
                    ['/account/sessions/end', { session: 'x' }],
                    ['/sign-out', {}],
                ]) {
                    await refused(victim, trap, path, { ...fields, ...token });
                }
            }
            await refused(victim, trap, '/consent', { ...question, decision: 'allow' });
            await refused(victim, trap, '/consent', { ...question, csrf: theirs.csrf, decision: 'allow' });

            await victim.goto(`${issuer}/account`);
            assert.deepEqual([new URL(victim.url()).pathname, await victim.locator('#passkeys li').count()], ['/account', passkeys]);
            assert.equal((await application.refresh(tokens.refresh_token)).status, 200, 'nothing was stopped');
            await (await signedIn(chromium, prokura, ALICE)).context().close(); // the password is the old one
            await victim.context().close();
        });

        await cases.claim(`s_45: a page of ${where} signs nobody in as the attacker`, async () => {
            for (const victim of [await chromium.page(), await signedIn(chromium, prokura, ALICE)]) {
                for (const fields of [{}, doors]) {
                    await refused(victim, trap, '/sign-in', { login: BOB, password: bob.password, ...fields });
                    await refused(victim, trap, '/sign-in/recovery', { login: BOB, code: 'x', ...fields });
                    await refused(victim, trap, '/sign-in/passkey', { ceremony: 'x', credential: '{}', ...fields });
                }
                await victim.goto(`${issuer}/agents`);
                const [name] = await victim.locator('header .who').allInnerTexts();
                assert.notEqual(name, 'Bob');
                await victim.context().close();
            }
        });
    }

    /** The form is sent, arrives, and is refused on a page that says so. */
    async function refused(victim, trap, path, fields) {
        attacker.sends(`${issuer}${path}`, fields);
        const [answer] = await Promise.all([
            victim.waitForResponse((response) => response.request().method() === 'POST' && response.url() === `${issuer}${path}`),
            victim.goto(trap, { waitUntil: 'commit' }),
        ]);
        await victim.waitForURL(`${issuer}${path}`);
        assert.ok([401, 403].includes(answer.status()), `${path} ${JSON.stringify(fields)}: ${answer.status()}`);
        assert.ok(await problem(victim));
    }

    for (const page of [own, door]) await page.context().close();
    attacker.end();
    application.end();
}
