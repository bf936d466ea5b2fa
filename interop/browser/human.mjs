// What people do on the pages, with a pointer and a keyboard.

import assert from 'node:assert/strict';

export const ALICE = 'alice@demo.test';
export const BOB = 'bob@demo.test';

/** A click that leads to another page. */
export async function press(page, selector) {
    const target = typeof selector === 'string' ? page.locator(selector) : selector;
    await Promise.all([page.waitForEvent('load'), target.click()]);
}

export async function type(page, login, password) {
    await page.fill('#login', login);
    await page.fill('#password', password);
    await press(page, '#sign-in-button');
}

/** Signs in where the page asks for it. */
export async function signIn(page, prokura, login = ALICE) {
    const user = prokura.ready.users.find((user) => user.login === login);
    await type(page, user.login, user.password);
}

/** A page of somebody who has signed in with a password. */
export async function signedIn(chromium, prokura, login = ALICE, options = {}) {
    const page = await chromium.page(options);
    await page.goto(`${prokura.ready.issuer}/sign-in`);
    await signIn(page, prokura, login);
    assert.equal(new URL(page.url()).pathname, '/agents');
    return page;
}

/** Ends all sessions of a person, as an administrator does. */
export async function signedOutEverywhere(prokura, login) {
    const { users } = await prokura.admin('GET', `/users?limit=500`);
    const { id } = users.find((user) => user.login === login);
    await prokura.admin('POST', `/users/${id}/sign-out`);
}

/** Goes to an application's question. */
export async function asked(page, application, parameters) {
    await page.goto(application.url(parameters));
    assert.ok(await page.isVisible('#consent'), `${page.url()} does not ask: ${await page.innerText('main')}`);
}

/** Says yes to an application, and returns its tokens. */
export async function allowed(page, application, parameters) {
    await asked(page, application, parameters);
    await press(page, '#allow');
    const { code } = await application.answer(page);
    assert.ok(code);
    const tokens = await application.redeem(code);
    assert.equal(tokens.status, 200, JSON.stringify(tokens));
    return tokens;
}

/** The error code of a page that says what went wrong. */
export function problem(page) {
    return page.getAttribute('main', 'data-problem');
}

/** An authenticator in this very computer, that keeps passkeys and checks who touches it. */
export async function authenticator(page, { holding = [] } = {}) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
            protocol: 'ctap2',
            transport: 'internal',
            hasResidentKey: true,
            hasUserVerification: true,
            isUserVerified: true,
            automaticPresenceSimulation: true,
        },
    });
    for (const credential of holding) await devtools.send('WebAuthn.addCredential', { authenticatorId, credential });
    return {
        passkeys: async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    };
}

/** No passkey is offered in the field for the name, so that the button is what is tried: the virtual authenticator takes every offer at once. */
export function buttonOnly(page) {
    return page.addInitScript(() => {
        if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
}
