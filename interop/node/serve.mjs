// Starts `prokura serve` with TLS that asks for certificates of clients, and makes certificates with the openssl program.

import { execFile, spawn } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import { Agent, fetch as fetchBy } from 'undici';

import { administered } from './prokura.mjs';

const READY_SECONDS_MAX = 30;
const run = promisify(execFile);

/** Certificates, keys, a database, and a server on it. Looks like `Prokura` to whatever asks people and clients. */
export class Serve {
    #folder;
    #child;
    /** What openssl made, by the name of its file. */
    #pems = new Map();
    /** Connections, by the certificate that they show. */
    #agents = new Map();
    ready;

    static async start() {
        const serve = new Serve();
        serve.#folder = await mkdtemp(join(tmpdir(), 'prokura-interop-'));
        process.once('exit', () => serve.#abandon());
        try {
            await serve.#serve();
        } catch (error) {
            await serve.end();
            throw error;
        }
        return serve;
    }

    /** How who shows no certificate reaches the server. */
    get fetch() {
        return this.as(undefined);
    }

    /** How who shows this certificate does. */
    as(name) {
        const shown = name && { cert: this.#pems.get(`${name}.pem`), key: this.#pems.get(`${name}.key`) };
        const agent = this.#agents.get(name) ?? new Agent({ connect: { ca: this.#pems.get('server.pem'), ...shown } });
        this.#agents.set(name, agent);
        return (input, init) => fetchBy(input, { ...init, dispatcher: agent });
    }

    admin(method, path, body) {
        return administered(this.fetch, this.ready.admin.token, this.ready.issuer, method, path, body);
    }

    /**
     * Makes a key and a certificate, signed by itself or by another one, with these extensions; the names of files stand for themselves.
     * Returns it as openssl made it, and what RFC 8705 s3.1 calls its thumbprint.
     */
    async certificate(name, { subject = `/CN=${name}`, by, extensions = [] }) {
        const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-config', 'openssl.cnf', '-subj', subject];
        const named = extensions.flatMap((extension) => ['-addext', extension]);
        const signer = by ? ['-CA', `${by}.pem`, '-CAkey', `${by}.key`] : [];
        await run('openssl', [...made, ...named, ...signer, '-keyout', `${name}.key`, '-out', `${name}.pem`], { cwd: this.#folder });
        for (const file of [`${name}.key`, `${name}.pem`]) this.#pems.set(file, await readFile(join(this.#folder, file), 'utf8'));
        const x509 = new X509Certificate(this.#pems.get(`${name}.pem`));
        return { jwk: x509.publicKey.export({ format: 'jwk' }), x5c: [x509.raw.toString('base64')], thumbprint: createHash('sha256').update(x509.raw).digest('base64url') };
    }

    async end() {
        const child = this.#child;
        this.#child = undefined;
        if (child && child.exitCode === null && child.signalCode === null) {
            const ended = once(child, 'exit');
            child.kill('SIGTERM');
            await ended;
        }
        for (const agent of this.#agents.values()) await agent.destroy();
        await rm(this.#folder, { recursive: true, force: true });
    }

    async #serve() {
        const port = await freePort();
        const origin = `https://localhost:${port}`;
        const leaf = ['basicConstraints=critical,CA:FALSE', 'subjectAltName=DNS:localhost'];
        await writeFile(join(this.#folder, 'openssl.cnf'), '[req]\ndistinguished_name = name\n[name]\n');
        await this.certificate('server', { subject: '/CN=localhost', extensions: leaf });
        await this.certificate('authority', { extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'] });
        await writeFile(join(this.#folder, 'prokura.toml'), configuration(origin, port));
        const binary = process.env.PROKURA_BIN;
        const options = { cwd: this.#folder };
        await run(binary, ['key', 'kek', '--out', 'kek'], options);
        await run(binary, ['administrator', 'bootstrap', '--config', 'prokura.toml', '--name', 'Interop', '--out', 'token'], options);
        const token = (await readFile(join(this.#folder, 'token'), 'utf8')).trim();
        this.ready = { issuer: origin, admin: { token }, users: [], clients: [], resources: [] };
        const log = await open(join(this.#folder, 'said'), 'w');
        this.#child = spawn(binary, ['serve', '--config', 'prokura.toml'], { ...options, stdio: ['ignore', log.fd, log.fd] });
        await log.close();
        const end = Date.now() + READY_SECONDS_MAX * 1000;
        const { fetch } = this;
        while (!(await fetch(`${origin}/health/ready`).then((answer) => answer.ok, () => false))) {
            if (this.#child.exitCode !== null || Date.now() > end) throw new Error(`prokura serve is not ready\n${await readFile(join(this.#folder, 'said'), 'utf8')}`);
            await pause(50);
        }
    }

    #abandon() {
        this.#child?.kill('SIGKILL');
        rmSync(this.#folder, { recursive: true, force: true });
    }
}

function configuration(origin, port) {
    return `[server]
origin = "${origin}"
listen = "127.0.0.1:${port}"
[tls]
certificate = "server.pem"
key = "server.key"
client_certificates = "optional"
client_authorities = "authority.pem"
[database]
url = "sqlite:prokura.db"
[keys]
kek = "file:kek"
`;
}

async function freePort() {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    probe.close();
    await once(probe, 'close');
    return port;
}
