// Clients that others wrote, from npm, against `prokura dev`. See ../README.md. `run.mjs mcp oauth` runs these two parts only.

import { Cases } from './cases.mjs';
import { Prokura } from './prokura.mjs';

const PARTS = ['mcp', 'oauth', 'refusals', 'grants', 'person', 'session', 'code', 'identity', 'requests', 'fapi', 'logout', 'registering', 'strict', 'details', 'device', 'mtls', 'conformance', 'restart'];

const wanted = process.argv.slice(2);
const cases = new Cases();
let prokura;
console.warn = () => {}; // the SDKs warn of the refusals that are wanted here
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
try {
    prokura = await Prokura.start();
    for (const part of PARTS.filter((part) => wanted.length === 0 || wanted.includes(part))) {
        const module = await import(`./${part}.mjs`);
        await module[part](cases, prokura);
    }
} catch (error) {
    cases.fail('prokura dev serves the whole run', error);
} finally {
    await prokura?.end();
}
process.exitCode = cases.finish();
