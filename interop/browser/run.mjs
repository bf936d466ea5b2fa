// A real browser against `prokura dev`. See ../README.md. `run.mjs people looks` runs these two parts only.

import { Cases } from '../node/cases.mjs';
import { Prokura } from '../node/prokura.mjs';
import { Chromium } from './chromium.mjs';

const PARTS = ['people', 'passkeys', 'consent', 'agents', 'scriptless', 'problems', 'frames', 'forms', 'texts', 'keyboard', 'weights', 'looks'];
/** One case of `looks` is several dozen runs of axe, on a machine that may be busy. */
const CASE_SECONDS_MAX = 120;

const wanted = process.argv.slice(2);
const cases = new Cases(CASE_SECONDS_MAX);
let prokura;
let chromium;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
try {
    prokura = await Prokura.start();
    chromium = await Chromium.launch(prokura);
    console.log(`Chromium ${chromium.version}`);
    for (const part of PARTS.filter((part) => wanted.length === 0 || wanted.includes(part))) {
        const module = await import(`./${part}.mjs`);
        await module[part](cases, prokura, chromium);
    }
    await cases.claim('in the whole run, no page asked anything of another origin', async () => {
        const foreign = [...chromium.asked].filter((origin) => origin !== prokura.ready.issuer);
        if (foreign.length > 0) throw new Error(foreign.join(', '));
    });
    await cases.claim('in the whole run, no page broke its own content security policy, failed in a script or opened a dialog', async () => {
        if (chromium.troubles.length > 0) throw new Error(chromium.troubles.join('; '));
    });
} catch (error) {
    cases.fail('prokura dev and Chromium serve the whole run', error);
} finally {
    await chromium?.end();
    await prokura?.end();
}
process.exit(cases.finish()); // whatever a failed case left open
