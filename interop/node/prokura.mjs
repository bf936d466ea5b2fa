// Starts `prokura dev` on a port of its own choice and ends it, whatever happens.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

const READY_SECONDS_MAX = 30;
const END_SECONDS_MAX = 10;
/** Ports are shared with everything on the machine. */
const TRIES_MAX = 5;

/** Calls the admin API and expects it to agree. */
export async function administered(send, token, issuer, method, path, body) {
    const response = await send(`${issuer}/admin/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
}

/** A data folder and at most one server on it. */
export class Prokura {
    #folder;
    #child;
    #starts = 0;

    /** What the server wrote to its ready file. */
    ready;

    static async start() {
        for (let tries = 1; ; tries += 1) {
            const prokura = new Prokura();
            prokura.#folder = await mkdtemp(join(tmpdir(), 'prokura-interop-'));
            process.once('exit', () => prokura.#abandon());
            try {
                await prokura.#serve('127.0.0.1:0');
            } catch (error) {
                await prokura.end();
                throw error;
            }
            if (prokura.#demoIsBehind() || tries === TRIES_MAX) return prokura;
            await prokura.end();
        }
    }

    /** Ends the server and starts another on the same data, at the port the first was given, with the demo servers where they were. */
    async restart() {
        const { issuer, resources } = this.ready;
        for (let tries = 1; ; tries += 1) {
            await this.#stop();
            try {
                await this.#serve(`127.0.0.1:${new URL(issuer).port}`);
                if (isDeepStrictEqual(this.ready.resources, resources)) return;
            } catch (error) {
                if (tries === TRIES_MAX) throw error;
            }
            if (tries === TRIES_MAX) return;
            await pause(200); // somebody has one of the ports for a moment
        }
    }

    /** Whether the demo servers got the two ports behind the server's. Elsewhere they would be somewhere else after a restart. */
    #demoIsBehind() {
        const port = Number(new URL(this.ready.issuer).port);
        return this.ready.resources.every(({ resource }, index) => Number(new URL(resource).port) === port + index + 1);
    }

    async end() {
        await this.#stop();
        await rm(this.#folder, { recursive: true, force: true });
    }

    /** A client of the ready file. */
    client(method) {
        return this.ready.clients.find((client) => client.token_endpoint_auth_method === method && !client.introspects);
    }

    /** The client that may introspect. */
    get introspector() {
        return this.ready.clients.find((client) => client.introspects);
    }

    /** The identifier of a demo resource, which is its URL too. */
    resource(kind) {
        return this.ready.resources.find((resource) => resource.kind === kind).resource;
    }

    /** The file that the server keeps everything in. */
    get database() {
        return join(this.#folder, 'data', 'prokura.db');
    }

    /** Calls the admin API, of the default tenant or of that at `issuer`, and expects it to agree. */
    admin(method, path, body, issuer = this.ready.issuer) {
        return administered(fetch, this.ready.admin.token, issuer, method, path, body);
    }

    async #serve(listen) {
        const binary = process.env.PROKURA_BIN;
        if (!binary) throw new Error('PROKURA_BIN does not say where prokura is');
        this.#starts += 1;
        const file = join(this.#folder, `ready-${this.#starts}.json`);
        const said = join(this.#folder, `said-${this.#starts}`);
        const log = await open(said, 'w');
        const child = spawn(binary, ['dev', '--listen', listen, '--data', join(this.#folder, 'data'), '--ready-file', file], {
            stdio: ['ignore', log.fd, log.fd],
        });
        this.#child = child;
        let failure;
        child.once('error', (error) => (failure = error.message));
        await log.close();
        const deadline = Date.now() + READY_SECONDS_MAX * 1000;
        for (;;) {
            const text = await readFile(file, 'utf8').catch(() => undefined);
            if (text) {
                this.ready = JSON.parse(text);
                return;
            }
            if (child.exitCode !== null || child.signalCode !== null) failure ??= `it ended with ${child.exitCode ?? child.signalCode}`;
            if (Date.now() > deadline) failure ??= `it was not ready within ${READY_SECONDS_MAX} s`;
            if (failure) throw new Error(`prokura dev: ${failure}\n${await readFile(said, 'utf8').catch(() => '')}`);
            await pause(20);
        }
    }

    /** Ends everything at once, when this process ends before its time. */
    #abandon() {
        this.#child?.kill('SIGKILL');
        rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    }

    async #stop() {
        const child = this.#child;
        this.#child = undefined;
        if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        const killer = setTimeout(() => child.kill('SIGKILL'), END_SECONDS_MAX * 1000);
        await ended;
        clearTimeout(killer);
    }
}
