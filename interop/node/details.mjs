// openid-client: what exactly is asked, as authorization details (RFC 9396), by every way of a request; told in tokens, answers and introspection, narrowed at refresh.

import assert from 'node:assert/strict';

import * as openid from 'openid-client';

import { introspector, verified } from './clients.mjs';
import { registered } from './device.mjs';
import { WAYS, answeredWith, keyPair, person, refusedWith, relyingParty } from './relying.mjs';

const TYPE = 'https://bank.example/payment';
const SCHEMA = {
    type: 'object',
    properties: {
        type: { const: TYPE },
        actions: { type: 'array', items: { type: 'string', enum: ['initiate', 'status'] } },
        amount: { type: 'integer', minimum: 1 },
        payee: { type: 'string' },
    },
    required: ['type', 'actions', 'amount', 'payee'],
    additionalProperties: false,
};

export async function details(cases, prokura) {
    await prokura.admin('POST', '/detail-types', {
        type: TYPE,
        name: 'Payments',
        words: { en: 'pay {amount} to {payee}' },
        schema: SCHEMA,
        narrowing: { actions: 'subset', amount: 'at_most' },
    });
    const human = await person(prokura);
    const pair = await keyPair('ES256');
    await cases.claim('openid-client: the metadata names the types of authorization details (RFC 9396 s10)', async () => {
        const { config } = await relyingParty(prokura);
        assert.ok(config.serverMetadata().authorization_details_types_supported.includes(TYPE));
    });
    for (const way of Object.keys(WAYS)) {
        await cases.claim(`openid-client: authorization details in a request that is ${way}: shown, granted, told (RFC 9396 s7, s9)`, async () => {
            const rp = await relyingParty(prokura, { authorization_details_types: [TYPE] }, { pair });
            const { back, checks } = await rp.asked(human, asking(payment()), { way });
            const tokens = await rp.redeem({ back, checks });
            assert.deepEqual(tokens.authorization_details, [payment()], 's7: the token response');
            const { payload } = await verified(prokura, rp.config, tokens.access_token, prokura.ready.issuer);
            assert.deepEqual(payload.authorization_details, [payment()], 's9.1: the token');
            const told = await openid.tokenIntrospection(await introspector(prokura), tokens.access_token);
            assert.deepEqual(told.authorization_details, [payment()], 's9.2: introspection');
        });
    }
    await cases.claim('openid-client: the page says what is asked in the words of its type', async () => {
        const rp = await relyingParty(prokura);
        await rp.asked(human, { ...asking(payment()), prompt: 'consent' });
        assert.match(human.shown.findLast(({ page }) => page === 'consent').text, /pay 120 to Merchant A/i);
    });
    await cases.claim('openid-client: a refresh asks for less, and not for more (RFC 9396 s6)', async () => {
        const rp = await relyingParty(prokura);
        const tokens = await rp.signedIn(human, asking(payment()));
        const less = { ...payment(), amount: 50, actions: ['status'] };
        const next = await openid.refreshTokenGrant(rp.config, tokens.refresh_token, { authorization_details: JSON.stringify([less]) });
        assert.deepEqual(next.authorization_details, [less]);
        for (const more of [{ amount: 121 }, { payee: 'Somebody else' }]) {
            const wide = JSON.stringify([{ ...payment(), ...more }]);
            await refusedWith('invalid_authorization_details', openid.refreshTokenGrant(rp.config, next.refresh_token, { authorization_details: wide }));
        }
        const again = await openid.refreshTokenGrant(rp.config, next.refresh_token);
        assert.deepEqual(again.authorization_details, [payment()], 'a narrower token takes nothing from what was granted');
    });
    await cases.claim('openid-client: a device asks for authorization details, a person reads them and says yes, and the tokens have them (RFC 9396 s2, RFC 8628)', async () => {
        const rp = await registered(prokura);
        const shown = await openid.initiateDeviceAuthorization(rp.config, { scope: 'openid', ...asking(payment()) });
        const polled = openid.pollDeviceAuthorizationGrant(rp.config, shown);
        await human.typed(shown.verification_uri, shown.user_code);
        assert.match(human.shown.findLast(({ page }) => page === 'approval').text, /pay 120 to Merchant A/i);
        const tokens = await polled;
        assert.deepEqual(tokens.authorization_details, [payment()]);
        const { payload } = await verified(prokura, rp.config, tokens.access_token, prokura.ready.issuer);
        assert.deepEqual(payload.authorization_details, [payment()]);
        const less = { ...payment(), amount: 50 };
        const next = await openid.refreshTokenGrant(rp.config, tokens.refresh_token, { authorization_details: JSON.stringify([less]) });
        const told = await openid.tokenIntrospection(await introspector(prokura), next.access_token);
        assert.deepEqual(told.authorization_details, [less]);
        for (const bent of [{ ...payment(), type: 'unheard-of' }, { ...payment(), amount: 0 }]) {
            await refusedWith('invalid_authorization_details', openid.initiateDeviceAuthorization(rp.config, asking(bent)));
        }
    });
    await cases.claim('openid-client: unknown types, broken shapes and types that the client may not use are invalid_authorization_details (RFC 9396 s5)', async () => {
        const rp = await relyingParty(prokura);
        await rp.signedIn(human);
        for (const bent of [{ ...payment(), type: 'unheard-of' }, { ...payment(), amount: 0 }, { ...payment(), more: 1 }, { amount: 1 }]) {
            await refusedWith('invalid_authorization_details', rp.request(asking(bent), { way: 'pushed' }));
            await answeredWith('invalid_authorization_details', rp, await rp.asked(human, asking(bent)));
        }
        const none = await relyingParty(prokura, { authorization_details_types: [] });
        await refusedWith('invalid_authorization_details', none.request(asking(payment()), { way: 'pushed' }));
    });
}

function payment() {
    return { type: TYPE, actions: ['initiate', 'status'], amount: 120, payee: 'Merchant A' };
}

function asking(...list) {
    return { authorization_details: JSON.stringify(list) };
}
