// A fetch that notes what went over the wire; it changes nothing.

export class Wire {
    /** `{ method, path, status, request, response }`, headers only, in order. */
    seen = [];

    fetch = async (input, init) => {
        const request = new Request(input, init);
        const response = await fetch(input, init);
        this.seen.push({
            method: request.method,
            path: new URL(request.url).pathname,
            status: response.status,
            request: request.headers,
            response: response.headers,
        });
        return response;
    };

    /** As `POST /mcp 401`, in order. */
    get lines() {
        return this.seen.map(({ method, path, status }) => `${method} ${path} ${status}`);
    }

    at(line) {
        return this.seen.filter(({ method, path, status }) => `${method} ${path} ${status}` === line);
    }
}
