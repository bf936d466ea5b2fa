// A person with a browser, scripted: it fetches the real pages, keeps cookies and posts the pages' own forms. The server knows no other way to a yes.

import assert from 'node:assert/strict';

const STEPS_MAX = 10;

export class Human {
    #issuer;
    #origin;
    #user;
    #fetch;
    #cookies = new Map();

    /** The pages they acted on, in order: `{ page: 'sign-in' }`, `{ page: 'consent', scopes, text }`, `{ page: 'sign-out' }`. */
    shown = [];

    /** A demo person, or `user` at `issuer`; `fetch` is how their browser reaches it. */
    constructor({ ready }, login = 'alice@demo.test', { issuer = ready.issuer, user = ready.users.find((user) => user.login === login), fetch = globalThis.fetch } = {}) {
        this.#issuer = issuer;
        this.#origin = new URL(issuer).origin;
        this.#user = user;
        this.#fetch = fetch;
    }

    /** The pages they acted on since the last time somebody asked. */
    took() {
        return this.shown.splice(0).map(({ page }) => page);
    }

    /**
     * Opens what an application asks to open and goes on until the browser is sent away: signs in where a page asks for it, and says
     * `decision` where one asks for that, ticking the boxes of what is left out; signs out where a page asks for that. Returns where the browser
     * is sent: an address, or the request of the form that it posts (OAuth 2.0 Form Post Response Mode).
     */
    async answer(url, { decision = 'allow', without = [] } = {}) {
        let answer = await this.#get(url);
        for (let step = 0; step < STEPS_MAX; step += 1) {
            if (answer.away) return answer.away;
            if (answer.status === 303) answer = await this.#get(answer.location);
            else if (hasForm(answer.text, 'sign-in')) answer = await this.#signIn(answer);
            else if (hasForm(answer.text, 'cannot')) answer = await this.#post(formWith(answer.text, 'id="cannot"'), { decision: 'deny' }); // a passkey is demanded, and this person has none
            else if (hasForm(answer.text, 'consent')) answer = await this.#decide(answer, decision, without);
            else if (hasForm(answer.text, 'sign-out-page')) answer = await this.#signOut(answer);
            else if (hasForm(answer.text, 'form-post')) return posted(answer);
            else throw new Error(`the person is stuck at ${answer.status} ${problem(answer.text) ?? answer.text}`);
        }
        throw new Error('pages without end');
    }

    /**
     * Opens the page that a device shows, types its code, and says `decision` (RFC 8628 s3.3). Returns the words of the last page.
     */
    async typed(url, code, { decision = 'allow' } = {}) {
        let answer = await this.#get(url);
        let typed = false; // once: wrong codes are counted
        for (let step = 0; step < STEPS_MAX; step += 1) {
            if (answer.status === 303) answer = await this.#get(answer.location);
            else if (hasForm(answer.text, 'sign-in')) answer = await this.#signIn(answer);
            else if (answer.text.includes('name="user_code"') && !typed) [answer, typed] = [await this.#type(answer, code), true];
            else if (answer.text.includes('name="decision"')) answer = await this.#saidOnce(answer, decision);
            else if (answer.status === 200 && this.shown.at(-1)?.page === 'approval') return words(answer.text);
            else throw new Error(`the person is stuck at ${answer.status} ${problem(answer.text) ?? answer.text}`);
        }
        throw new Error('pages without end');
    }

    /** The client ids on the page of what acts for them. */
    async agents() {
        return [...(await this.#page('/agents')).text.matchAll(/<article class="agent[^>]* data-client="([^"]*)"/g)].map(([, id]) => unescape(id));
    }

    /** Presses "stop" beside a client on that page. */
    async stop(clientId) {
        const page = await this.#page('/agents');
        const card = page.text.split('<article class="agent').find((part) => unescape(attribute(part, 'data-client') ?? '') === clientId);
        assert.ok(card, `${clientId} is not among the agents`);
        const after = await this.#post(formWith(card, 'class="stop-agent"'), {});
        assert.equal(after.status, 303, after.text);
        assert.ok(!(await this.agents()).includes(clientId), 'a stopped agent is gone from the page');
    }

    /** A page of ours, signing in first if it asks for that. */
    async #page(path) {
        let answer = await this.#get(`${this.#issuer}${path}`);
        for (let step = 0; step < STEPS_MAX && answer.status !== 200; step += 1) {
            assert.ok(answer.status === 303 && !answer.away, `${answer.status} ${answer.text}`);
            answer = await this.#get(answer.location);
            if (hasForm(answer.text, 'sign-in')) answer = await this.#signIn(answer);
        }
        return answer;
    }

    #signIn(page) {
        this.shown.push({ page: 'sign-in' });
        return this.#post(formWith(page.text, 'id="sign-in"'), { login: this.#user.login, password: this.#user.password });
    }

    #decide(page, decision, without) {
        const form = formWith(page.text, 'id="consent"');
        this.shown.push({ page: 'consent', scopes: form.boxes.filter(([name]) => name === 'without').map(([, scope]) => scope), text: words(page.text) });
        for (const scope of without) assert.ok(form.boxes.some(([name, value]) => name === 'without' && value === scope), `${scope} cannot be left out`);
        return this.#post(form, { decision }, without.map((scope) => ['without', scope]));
    }

    #type(page, code) {
        this.shown.push({ page: 'code' });
        return this.#post(formHaving(page.text, 'user_code'), { user_code: code });
    }

    #saidOnce(page, decision) {
        this.shown.push({ page: 'approval', text: words(page.text) });
        return this.#post(formHaving(page.text, 'decision'), { decision });
    }

    #signOut(page) {
        this.shown.push({ page: 'sign-out' });
        return this.#post(formWith(page.text, 'id="sign-out-page"'), {});
    }

    #get(url) {
        return this.#send(url, {});
    }

    #post({ action, fields }, changes, boxes = []) {
        const kept = fields.filter(([name]) => !(name in changes));
        const body = new URLSearchParams([...kept, ...Object.entries(changes), ...boxes]);
        return this.#send(new URL(action, this.#origin), { method: 'POST', body, headers: { origin: this.#origin, 'sec-fetch-site': 'same-origin' } });
    }

    async #send(url, init) {
        assert.equal(new URL(url).origin, this.#origin, 'the browser is asked to open a page of the authorization server');
        const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ');
        const headers = { accept: 'text/html', ...init.headers, ...(cookie && { cookie }) };
        const response = await this.#fetch(url, { ...init, headers, redirect: 'manual' });
        for (const line of response.headers.getSetCookie()) {
            const [pair] = line.split(';');
            const at = pair.indexOf('=');
            if (/;\s*max-age=0/i.test(line)) this.#cookies.delete(pair.slice(0, at));
            else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
        }
        const text = await response.text();
        if (!response.headers.has('location')) return { status: response.status, text };
        assert.equal(response.status, 303, 'only 303 never sends a password on');
        const location = new URL(response.headers.get('location'), url);
        return { status: 303, text, location, away: location.origin === this.#origin ? undefined : location };
    }
}

/** What the browser posts without asking: to the application alone, and without cookies. */
function posted(page) {
    const { action, fields } = formWith(page.text, 'id="form-post"');
    return new Request(action, { method: 'POST', body: new URLSearchParams(fields) });
}

function hasForm(html, id) {
    return html.includes(`<form id="${id}"`);
}

/** The first form whose tag has this mark. */
function formWith(html, mark) {
    return formWhere(html, mark, (form) => form.slice(0, form.indexOf('>')).includes(mark));
}

/** The first form with a field or button of this name. */
function formHaving(html, name) {
    return formWhere(html, name, (form) => form.includes(` name="${name}"`));
}

/** The first such form: where it goes, what it carries untouched, and its unticked boxes. */
function formWhere(html, mark, isIt) {
    const form = html
        .split('<form')
        .slice(1)
        .map((rest) => rest.split('</form>')[0])
        .find(isIt);
    assert.ok(form, `no form with ${mark} on the page: ${problem(html) ?? html}`);
    const inputs = [...form.matchAll(/<input\b[^>]*>/g)].map(([tag]) => tag).filter((tag) => attribute(tag, 'name') !== undefined);
    const pair = (tag) => [attribute(tag, 'name'), attribute(tag, 'value') ?? ''];
    const isBox = (tag) => attribute(tag, 'type') === 'checkbox';
    return { action: attribute(form, 'action'), fields: inputs.filter((tag) => !isBox(tag)).map(pair), boxes: inputs.filter(isBox).map(pair) };
}

function attribute(tag, name) {
    const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
    return value === undefined ? undefined : unescape(value);
}

/** What a page says went wrong: the code, and the sentence under Details. */
function problem(html) {
    const code = /data-problem="([^"]*)"/.exec(html)?.[1];
    return code && `${code}: ${words(html)}`;
}

/** The words of a page without its tags. */
function words(html) {
    return unescape(html.slice(html.indexOf('<main')).replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ').trim();
}

function unescape(text) {
    return text.replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|(quot|lt|gt|amp));/gi, (_, decimal, hex, name) =>
        name ? { quot: '"', lt: '<', gt: '>', amp: '&' }[name] : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
    );
}
