// Passkeys, with a virtual authenticator of Chromium's own: real ceremonies, nobody's finger.

import assert from 'node:assert/strict';

import { Application } from './application.mjs';
import { ALICE, BOB, authenticator, buttonOnly, press, signIn, signedIn } from './human.mjs';

export async function passkeys(cases, prokura, chromium) {
    const { issuer } = prokura.ready;
    let kept;

    await cases.claim('a passkey is added on the account page under the name that was typed, once for each device', async () => {
        const page = await signedIn(chromium, prokura);
        const device = await authenticator(page);
        await page.goto(`${issuer}/account`);
        await page.fill('#passkey-name', 'Laptop <b>of</b> Alice');
        await press(page, '#add-passkey-button');
        assert.match(await page.innerText('main > [role=status]'), /added/);
        assert.equal(await page.locator('#passkeys li h3').innerText(), 'Laptop <b>of</b> Alice');
        kept = await device.passkeys();
        assert.deepEqual([kept.length, kept[0].isResidentCredential, kept[0].rpId], [1, true, 'localhost']);
        await page.click('#add-passkey-button');
        await page.getByText('This device has a passkey for your account already.').waitFor();
        assert.equal(await page.locator('#passkeys li').count(), 1);
        await page.context().close();
    });

    await cases.claim('it signs in without a name, in the middle of an authorization request, and the request goes on', async () => {
        const application = await Application.start(prokura);
        const page = await chromium.page();
        await buttonOnly(page);
        await authenticator(page, { holding: kept });
        await page.goto(application.url());
        assert.equal(new URL(page.url()).pathname, '/sign-in');
        await press(page, '#sign-in-passkey');
        assert.equal(new URL(page.url()).pathname, '/consent');
        assert.match(await page.innerText('main'), /You are Alice/);
        await press(page, '#allow');
        const { code } = await application.answer(page);
        assert.equal((await application.redeem(code)).status, 200);
        await page.context().close();
        application.end();
    });

    await cases.claim('it is offered in the field for the name, too, and chosen there signs in', async () => {
        const page = await chromium.page();
        await page.goto(`${issuer}/sign-in`);
        await authenticator(page, { holding: kept });
        await page.goto(`${issuer}/sign-in`, { waitUntil: 'commit' });
        await page.waitForURL('**/agents');
        assert.equal(await page.locator('header .who').innerText(), 'Alice');
        await page.context().close();
    });

    await cases.claim('a yes that takes a passkey is signed by it on the page of the question, over what stands there; a password alone gives nothing', async () => {
        const resource = 'https://vault.example/api';
        await prokura.admin('POST', '/resources', { resource, resource_name: 'Vault', scopes: { 'vault:look': 'look into the vault', 'vault:open': 'open the vault' } });
        await prokura.admin('PUT', '/capabilities/open_vault', { description: 'Open the vault', approval_strength: 'biometric', scopes: ['vault:open'] });
        await prokura.admin('PUT', '/capabilities/look_into_vault', { description: 'Look into the vault', approval_strength: 'session', scopes: ['vault:look'] });
        const device = await prokura.admin('POST', '/clients', {
            client_name: 'Robot',
            grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
            token_endpoint_auth_method: 'client_secret_basic',
        });
        const authorization = `Basic ${btoa(`${device.client_id}:${device.client_secret}`)}`;
        const sent = async (path, parameters) => (await fetch(`${issuer}${path}`, { method: 'POST', headers: { authorization }, body: new URLSearchParams(parameters) })).json();
        const { device_code, user_code } = await sent('/oauth2/device_authorization', { resource, scope: 'vault:look vault:open' });

        const page = await signedIn(chromium, prokura);
        await page.goto(`${issuer}/device`);
        await page.fill('#user-code', user_code);
        await press(page, 'form[action$="/device"] button');
        assert.match(await page.innerText('main'), /Your yes is signed with your passkey/);
        assert.equal(await page.isVisible('#deny'), true);

        // Nothing is there to sign with; then somebody who sends the form without it.
        await authenticator(page);
        await page.click('#allow');
        await page.locator('#approval [role=status]', { hasText: 'The passkey was not used' }).waitFor();
        await Promise.all([page.waitForEvent('load'), page.evaluate(() => document.getElementById('approval').submit())]);
        assert.match(await page.innerText('[role=alert]'), /Nothing was allowed/);
        assert.equal((await sent('/oauth2/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code })).error, 'authorization_pending');
        await page.context().close();

        const phone = await signedIn(chromium, prokura);
        await authenticator(phone, { holding: kept.map((passkey) => ({ ...passkey, signCount: passkey.signCount + 5 })) });
        await phone.goto(`${issuer}/approvals`);
        await press(phone, phone.locator('main a', { hasText: 'Look at it' }).first());
        await phone.locator('input[name=without][value="vault:look"]').check();
        await press(phone, '#allow');
        assert.match(await phone.innerText('main [role=status]'), /You said yes/);
        await new Promise((resolve) => setTimeout(resolve, 10_500)); // what a device that asked too soon has to wait
        const tokens = await sent('/oauth2/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code });
        assert.equal(tokens.scope, 'vault:open', JSON.stringify(tokens));
        await phone.context().close();
    });

    await cases.claim('step-up (RFC 9470): the API wants a passkey for what cannot be undone, the app passes its challenge on, the person steps up, and only that token may', async () => {
        const application = await Application.start(prokura);
        application.resource = prokura.resource('http');
        const notes = (method, token, body) =>
            fetch(`${application.resource}/notes`, { method, headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) }, body });
        const page = await chromium.page();
        await buttonOnly(page);
        await authenticator(page, { holding: kept.map((passkey) => ({ ...passkey, signCount: passkey.signCount + 10 })) }); // its counter goes on where it was used before
        await page.goto(application.url({ scope: 'api:read api:write' }));
        await signIn(page, prokura);
        await press(page, '#allow');
        const weak = await application.redeem((await application.answer(page)).code);
        assert.equal((await notes('POST', weak.access_token, JSON.stringify({ text: 'a note' }))).status, 201);
        const refused = await notes('DELETE', weak.access_token);
        assert.deepEqual([refused.status, (await refused.json()).error], [401, 'insufficient_user_authentication']);
        const challenge = refused.headers.get('www-authenticate');
        const [acr_values, max_age] = ['acr_values', 'max_age'].map((name) => new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge)?.[1]);
        assert.deepEqual([acr_values, max_age], ['phr', '300'], challenge);

        // Refreshing makes nobody stronger; the person does.
        const refreshed = await application.refresh(weak.refresh_token);
        assert.equal((await notes('DELETE', refreshed.access_token)).status, 401);
        await page.goto(application.url({ scope: 'api:read api:write', acr_values, max_age }));
        assert.equal(new URL(page.url()).pathname, '/sign-in', 'signed in by password: not enough');
        await press(page, '#sign-in-passkey');
        await press(page, '#allow'); // any program on this computer could be the one that asks (RFC 8252 s8.6)
        const strong = await application.redeem((await application.answer(page)).code);
        const listed = async () => (await (await notes('GET', strong.access_token)).json()).notes.length;
        assert.ok((await listed()) > 0);
        assert.equal((await notes('DELETE', weak.access_token)).status, 401, 'the token of the weaker sign-in stays what it was');
        assert.equal((await notes('DELETE', strong.access_token)).status, 204);
        assert.equal(await listed(), 0);
        await page.context().close();
        application.end();
    });

    await cases.claim('who has no passkey where one is demanded adds it and comes back to the same request, or says that they cannot', async () => {
        const application = await Application.start(prokura);
        const page = await chromium.page();
        await buttonOnly(page);
        await authenticator(page);
        await page.goto(application.url({ acr_values: 'phr' }));
        assert.equal(await page.locator('#sign-in, #use-recovery-code').count(), 0, 'what is not enough is not offered');
        await press(page, '#cannot button');
        assert.equal((await application.answer(page)).error, 'unmet_authentication_requirements');

        await page.goto(application.url({ acr_values: 'phr' }));
        await press(page, '#add-one');
        await signIn(page, prokura, BOB);
        assert.equal(new URL(page.url()).pathname, '/account');
        await press(page, '#add-passkey-button');
        assert.match(await page.innerText('main > [role=status]'), /added/);
        await press(page, '#go-on');
        await press(page, '#sign-in-passkey');
        await press(page, '#allow');
        assert.equal((await application.redeem((await application.answer(page)).code)).status, 200);
        await page.goto(`${issuer}/account`);
        await press(page, 'form.remove-passkey button');
        await page.context().close();
        application.end();
    });

    await cases.claim('a ceremony that ends without a passkey is told in a sentence, sends nothing, and the button works again', async () => {
        const page = await chromium.page();
        await buttonOnly(page);
        await authenticator(page);
        await page.goto(`${issuer}/sign-in`);
        const sent = [];
        page.on('request', (request) => request.isNavigationRequest() && sent.push(request.url()));
        for (let time = 0; time < 2; time += 1) {
            await page.click('#sign-in-passkey');
            await page.locator('#passkey [role=status]', { hasText: 'The passkey was not used' }).waitFor();
            assert.equal(await page.getAttribute('#sign-in-passkey', 'aria-disabled'), null);
        }
        assert.deepEqual(sent, []);
        await page.context().close();
    });

    await cases.claim('a passkey that was removed from the account is refused in a sentence', async () => {
        const page = await signedIn(chromium, prokura);
        await page.goto(`${issuer}/account`);
        await press(page, 'form.remove-passkey button');
        assert.match(await page.innerText('main > [role=status]'), /removed/);
        await page.context().close();
        const other = await chromium.page();
        await buttonOnly(other);
        await authenticator(other, { holding: kept });
        await other.goto(`${issuer}/sign-in`);
        await press(other, '#sign-in-passkey');
        assert.match(await other.innerText('[role=alert]'), /not accepted/);
        await other.goto(`${issuer}/agents`);
        assert.equal(new URL(other.url()).pathname, '/sign-in', `${ALICE} is not signed in`);
        await other.context().close();
    });
}
