// The pages and the states they can be in, each with the way there.

import { Application, PINNED } from './application.mjs';
import { ALICE, allowed, asked, authenticator, buttonOnly, press, signIn, signedIn, signedOutEverywhere, type } from './human.mjs';

const LONG_NAME = 'Otterbein Personal Procurement and Travel Assistant, Release 7';

/** A list of `{ name, open, scripts }`; `open` gives a page of a browser of its own, `scripts` says whether it runs any. */
export function states(prokura, chromium) {
    const { issuer } = prokura.ready;
    const person = (options) => signedIn(chromium, prokura, ALICE, options);
    const at = async (page, path) => {
        await page.goto(`${issuer}${path}`);
        return page;
    };
    const fresh = (options) => Application.start(prokura, options);
    const german = { locale: 'de-DE' };
    const list = [];
    const state = (name, open) => list.push({ name, open, scripts: !name.endsWith('without scripts') });

    state('start page, nobody signed in', async () => at(await chromium.page(), '/'));
    state('start page, signed in', async () => at(await person(), '/'));
    state('sign-in', async () => at(await chromium.page(), '/sign-in'));
    state('sign-in in German', async () => at(await chromium.page(german), '/sign-in'));
    state('sign-in for an app that a document proves', async () => {
        const page = await chromium.page();
        await page.goto((await fresh({ document: true, name: 'Heron' })).url({ login_hint: ALICE }));
        return page;
    });
    state('sign-in for an app that nobody verified', async () => {
        const page = await chromium.page();
        await page.goto((await fresh()).url());
        return page;
    });
    state('sign-in again, since the app asked for it', async () => {
        const page = await person();
        await page.waitForTimeout(1_100); // a sign-in of this very second is fresh
        await page.goto((await fresh()).url({ prompt: 'login' }));
        if (!(await page.isVisible('#sign-in'))) throw new Error('the person is not asked again');
        return page;
    });
    state('sign-in after a wrong password', async () => {
        const page = await at(await chromium.page(), '/sign-in');
        await type(page, ALICE, 'not the password');
        return page;
    });
    state('sign-in after a passkey that was not used', async () => {
        const page = await chromium.page();
        await buttonOnly(page);
        await authenticator(page);
        await at(page, '/sign-in');
        await page.click('#sign-in-passkey');
        await page.locator('#passkey [role=status]', { hasText: 'was not used' }).waitFor();
        return page;
    });
    state('sign-in where nothing but a passkey will do', async () => {
        const page = await person();
        await page.goto((await fresh({ name: LONG_NAME })).url({ acr_values: 'phr' }));
        return page;
    });
    state('account, where an app waits for a passkey', async () => {
        const page = await person();
        await page.goto((await fresh()).url({ acr_values: 'phr' }));
        await press(page, '#add-one');
        return page;
    });
    state('sign-in without scripts', async () => at(await chromium.page({ javaScriptEnabled: false }), '/sign-in'));
    state('recovery', async () => at(await chromium.page(), '/sign-in/recovery'));
    state('recovery after a wrong code', async () => {
        const page = await at(await chromium.page(), '/sign-in/recovery');
        await page.fill('#login', ALICE);
        await page.fill('#code', 'aaaa-bbbb-cccc');
        await press(page, '#recovery-button');
        return page;
    });

    const question = (name, application, { parameters, options, before, after } = {}) =>
        state(name, async () => {
            const page = await person(options);
            const app = await application();
            await before?.(page, app);
            await asked(page, app, parameters);
            await after?.(page);
            return page;
        });
    question('consent, the first time, not verified', fresh);
    question('consent in German', fresh, { options: german });
    question('consent, an app that a document proves', () => fresh({ document: true, name: 'Heron' }));
    question('consent, a web app that an administrator registered', () => administered(prokura), { parameters: { prompt: 'consent' } });
    question('consent, the same as before', fresh, { before: (page, app) => allowed(page, app) });
    question('consent, more than before', fresh, { before: (page, app) => allowed(page, app, { scope: 'tools:read' }) });
    question('consent, a name of sixty letters and one thing left out', () => fresh({ name: LONG_NAME }), { after: (page) => page.getByText('leave this out').first().click() });
    question('consent, a name of markup', () => fresh({ name: '<img src=x onerror=alert(1)> \u202Efdp.exe' }));
    const pay = (purpose) => JSON.stringify([{ type: 'payment', amount: { value: '29.99', currency: 'EUR' }, payee: 'Acme', purpose }]);
    const payment = { parameters: { resource: prokura.resource('http'), scope: '', authorization_details: pay('a lamp') } };
    question('consent to one payment', fresh, payment);
    question('consent to one payment in German', fresh, { ...payment, options: german });
    question('consent to the same payment again', fresh, {
        ...payment,
        before: async (page, app) => {
            await asked(page, app, payment.parameters);
            await press(page, '#allow');
        },
    });
    question('consent with its details', fresh, { after: (page) => page.click('details.details summary') });
    question('consent without scripts', fresh, { options: { javaScriptEnabled: false } });
    question('consent, one thing decided and one forbidden by an administrator', fresh, {
        parameters: { prompt: 'consent' },
        before: async (page, app) => {
            await prokura.admin('POST', '/consent-rules', { effect: 'allow', client_id: app.clientId, scope: 'tools:read' });
            await prokura.admin('POST', '/consent-rules', { effect: 'forbid', client_id: app.clientId, scope: 'tools:write' });
        },
    });

    const stopAll = async (page) => {
        await at(page, '/agents');
        if ((await page.locator('article.agent').count()) === 0) return;
        await page.click('details.confirm summary');
        await press(page, '#stop-all button');
    };
    state('agents, several', async () => {
        const page = await person();
        await stopAll(page);
        await allowed(page, await fresh({ clientId: PINNED }), { prompt: 'consent' });
        await allowed(page, await fresh({ name: LONG_NAME }));
        await allowed(page, await fresh({ name: 'Scout' }), { scope: 'tools:read' });
        return at(page, '/agents');
    });
    const changing = async (options) => {
        const page = await at(await person(options), '/agents');
        await page.locator('.grant a.change').first().click();
        await page.waitForSelector('#grant');
        return page;
    };
    state('a grant, to be changed', async () => changing());
    state('a grant, to be changed, in German', async () => changing(german));
    state('a grant, to be changed, without scripts', async () => changing({ javaScriptEnabled: false }));
    state('allow an app something, the lists', async () => at(await person(), '/agents/give'));
    state('allow an app something, the lists in German', async () => at(await person(german), '/agents/give'));
    state('agents, one was stopped', async () => {
        const page = await at(await person(), '/agents');
        await press(page, page.locator('.stop-agent button').first());
        return page;
    });
    state('agents, about to stop all', async () => {
        const page = await at(await person(), '/agents');
        await page.click('details.confirm summary');
        return page;
    });
    state('agents in German', async () => at(await person(german), '/agents'));
    state('agents, all were stopped', async () => {
        const page = await person();
        await stopAll(page);
        return page;
    });
    state('agents, none', async () => at(await person(), '/agents'));

    state('account', async () => {
        await signedOutEverywhere(prokura, ALICE);
        await person();
        return at(await person(), '/account');
    });
    state('account in German', async () => at(await person(german), '/account'));
    state('account, a passkey was added', async () => {
        const page = await person();
        await authenticator(page);
        await at(page, '/account');
        await press(page, '#add-passkey-button');
        return page;
    });
    state('account, new recovery codes', async () => {
        const page = await at(await person(), '/account');
        await press(page, '#make-codes button');
        return page;
    });
    state('account after a wrong password', async () => {
        const page = await at(await person(), '/account');
        await page.fill('#current', 'not the password');
        await page.fill('#password', 'heron puddle lantern');
        await press(page, '#change-password button');
        return page;
    });
    state('account without scripts', async () => at(await person({ javaScriptEnabled: false }), '/account'));

    state('sign-out', async () => at(await person(), '/sign-out'));
    state('signed out', async () => {
        const page = await at(await person(), '/sign-out');
        await press(page, '#sign-out-button');
        return page;
    });

    const problem = (name, url, options) =>
        state(`problem: ${name}`, async () => {
            const page = await chromium.page(options);
            await page.goto(await url());
            return page;
        });
    problem('unknown app', async () => (await fresh()).url({ client_id: 'nobody' }));
    problem('foreign way back', async () => (await fresh()).url({ redirect: 'https://attacker.test/callback' }));
    problem('foreign way back in German', async () => (await fresh()).url({ redirect: 'https://attacker.test/callback' }), german);
    problem("an app's document that cannot be read", () => `${issuer}/oauth2/authorize?client_id=${encodeURIComponent('http://localhost:1/client.json')}&redirect_uri=http%3A%2F%2F127.0.0.1%2F&response_type=code`);
    problem('a sign-out that the app may not ask for', () => `${issuer}/oauth2/logout?post_logout_redirect_uri=https%3A%2F%2Fattacker.test%2F`);
    problem('no such page', () => `${issuer}/no/such/page`);
    problem('a request that is none', () => `${issuer}/consent?request=nothing`);
    problem('a mistake of an app before anybody signed in', async () => (await fresh()).url({ response_type: 'token' }));
    state('problem: a mistake of an app, and the way back to it', async () => {
        const page = await person();
        await page.goto((await fresh({ name: LONG_NAME })).url({ response_type: 'token' }));
        return page;
    });
    state('problem: a page of another browser', async () => {
        const page = await person();
        await asked(page, await fresh());
        const other = await person();
        await other.goto(page.url());
        await page.context().close();
        return other;
    });
    state('problem: a form of before the sign-in', async () => {
        const page = await at(await chromium.page(), '/sign-in');
        const second = await page.context().newPage();
        await at(second, '/sign-in');
        await signIn(second, prokura);
        await page.fill('#login', ALICE);
        await page.fill('#password', 'x');
        await press(page, '#sign-in-button');
        return page;
    });
    return list;
}

/** A web application that an administrator registered. Nobody is sent there. */
async function administered(prokura) {
    const { client_id: clientId } = await prokura.admin('POST', '/clients', {
        client_name: 'Ledger',
        redirect_uris: ['https://ledger.example/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
    });
    const application = await Application.start(prokura, { clientId });
    application.redirect = 'https://ledger.example/callback';
    return application;
}
