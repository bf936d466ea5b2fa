// Every page in every state: axe, light and dark, on four widths; nothing wider than the screen, with letters of twice the size too.
//
// With BROWSER_SHOTS set to a folder, a picture of each is left there, to be looked at.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';

import { states } from './states.mjs';

const WIDTHS = [320, 390, 768, 1280];
/** Widths of common telephones between those, where only the room is looked at. */
const WIDTHS_BETWEEN = [344, 360, 375, 412, 430];
/** All rules in light; in dark those that a colour can break. */
const SCHEMES = [
    ['light', undefined],
    ['dark', ['color-contrast', 'link-in-text-block']],
];
const GRAVE = ['serious', 'critical'];
/** What a picture is taken of. */
const SHOTS = [
    [1280, 'light'],
    [390, 'light'],
    [1280, 'dark'],
    [390, 'dark'],
];
const SHOTS_FOLDER = process.env.BROWSER_SHOTS;
const HEIGHT = 844;

export async function looks(cases, prokura, chromium) {
    if (SHOTS_FOLDER) await mkdir(SHOTS_FOLDER, { recursive: true });
    for (const { name, open, scripts } of states(prokura, chromium)) {
        const inspected = scripts ? 'axe finds nothing serious, ' : ''; // axe is a script itself
        await cases.claim(`${name}: ${inspected}nothing is wider than the screen, light and dark, at ${WIDTHS.join(', ')} px and 200 %`, async () => {
            const page = await open();
            try {
                await examine(page, scripts);
                if (SHOTS_FOLDER) await picture(page, name);
            } finally {
                await page.context().close();
            }
        });
    }
}

async function examine(page, scripts) {
    for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: HEIGHT });
        for (const [colorScheme, rules] of scripts ? SCHEMES : []) {
            await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' }); // a colour under way is no colour of ours
            const axe = new AxeBuilder({ page }).setLegacyMode();
            const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
            const grave = violations.filter(({ impact }) => GRAVE.includes(impact));
            assert.deepEqual(grave.map(told), [], `${width} px, ${colorScheme}`);
            if (process.env.BROWSER_MINOR) for (const each of violations) console.log(`#   ${width} ${colorScheme} ${told(each)}`);
        }
        assert.ok(await fits(page), `something is wider than ${width} px: ${await widest(page)}`);
    }
    for (const width of WIDTHS_BETWEEN) {
        await page.setViewportSize({ width, height: HEIGHT });
        assert.ok(await fits(page), `something is wider than ${width} px: ${await widest(page)}`);
    }
    // 200 %: half the width in the browser's own zoom, and letters of twice the size where only those grow (WCAG 2.2 s1.4.4, s1.4.10).
    await page.setViewportSize({ width: 640, height: HEIGHT / 2 });
    assert.ok(await fits(page), `at 200 %: ${await widest(page)}`);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 26 } });
    for (const width of [640, 768, 1280]) {
        await page.setViewportSize({ width, height: HEIGHT });
        assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize), '32px');
        assert.ok(await fits(page), `${width} px with letters of 200 %: ${await widest(page)}`);
    }
    await devtools.send('Page.setFontSizes', { fontSizes: { standard: 16, fixed: 13 } });
    await devtools.detach();
}

function told({ id, impact, nodes }) {
    return `${impact} ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`;
}

function fits(page) {
    return page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
}

function widest(page) {
    return page.evaluate(() => {
        const right = (element) => element.getBoundingClientRect().right;
        const [element] = [...document.querySelectorAll('body *')].sort((a, b) => right(b) - right(a));
        return `${element.outerHTML.slice(0, 120)} ends at ${right(element)}`;
    });
}

async function picture(page, name) {
    for (const [width, colorScheme] of SHOTS) {
        await page.setViewportSize({ width, height: width < 500 ? HEIGHT : 800 });
        await page.emulateMedia({ colorScheme });
        await page.evaluate(() => document.activeElement?.blur?.());
        await page.screenshot({ path: join(SHOTS_FOLDER, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}-${width}-${colorScheme}.png`), fullPage: true });
    }
}
