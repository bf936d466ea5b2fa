// A fetch that notes what went over the wire; it changes nothing.

export class Wire {
    #send;
    #gathered;
    #awaited = [];

    /** `send` is how requests leave; a case may put something of its own in front of the server. */
    constructor(send = fetch) {
        this.#send = send;
    }

    /** In order: `{ method, path, status, request, response }` with the headers of both, `sent` (the body as text) and `answer` (the body, where it is JSON or a JWT). */
    seen = [];

    fetch = async (input, init) => {
        const request = new Request(input, init);
        const response = await this.#send(input, init);
        const kind = response.headers.get('content-type') ?? '';
        this.seen.push({
            method: request.method,
            path: new URL(request.url).pathname,
            status: response.status,
            request: request.headers,
            response: response.headers,
            sent: init?.body === undefined ? '' : String(init.body),
            answer: kind.startsWith('application/json') ? await response.clone().json() : /^application\/([\w-]+\+)?jwt\b/.test(kind) ? await response.clone().text() : undefined,
        });
        for (const { line, resolve } of this.#awaited) if (this.at(line).length > 0) resolve();
        await this.#gathered?.(this.seen.at(-1));
        return response;
    };

    /** As `POST /mcp 401`, in order. */
    get lines() {
        return this.seen.map(({ method, path, status }) => `${method} ${path} ${status}`);
    }

    at(line) {
        return this.seen.filter(({ method, path, status }) => `${method} ${path} ${status}` === line);
    }

    /** What came since the last time somebody asked. */
    took() {
        const taken = new Wire();
        taken.seen = this.seen.splice(0);
        return taken;
    }

    /** Waits for a line that the client does not wait for itself. */
    came(line) {
        return this.at(line).length > 0 ? undefined : new Promise((resolve) => this.#awaited.push({ line, resolve }));
    }

    /** The next `count` answers of this line reach the client together: what it does then, it does at once. */
    gather(line, count) {
        const waiting = [];
        this.#gathered = ({ method, path, status }) => {
            if (`${method} ${path} ${status}` !== line || waiting.length >= count) return undefined;
            const turn = new Promise((resolve) => waiting.push(resolve));
            if (waiting.length === count) for (const go of waiting) go();
            return turn;
        };
    }
}
