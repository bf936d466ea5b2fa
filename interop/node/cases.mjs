// Runs cases one after another and says what became of each.

const CASE_SECONDS_MAX = 30;

export class Cases {
    #passed = 0;
    #failed = 0;
    #skipped = 0;
    #secondsMax;

    constructor(secondsMax = CASE_SECONDS_MAX) {
        this.#secondsMax = secondsMax;
    }

    /** Runs a case; its name is a claim that holds when `check` returns. */
    async claim(name, check) {
        let timer;
        const late = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error(`no end after ${this.#secondsMax} s`)), this.#secondsMax * 1000);
        });
        try {
            await Promise.race([check(), late]);
            this.#passed += 1;
            console.log(`ok - ${name}`);
        } catch (error) {
            this.fail(name, error);
        } finally {
            clearTimeout(timer);
        }
    }

    fail(name, error) {
        this.#failed += 1;
        console.log(`not ok - ${name}: ${told(error)}`);
    }

    /** A case that cannot be run against this server. */
    skip(name, why) {
        this.#skipped += 1;
        console.log(`skipped - ${name}: ${why}`);
    }

    /** The last line, and the exit code. */
    finish() {
        console.log(`${this.#passed} passed, ${this.#failed} failed${this.#skipped > 0 ? `, ${this.#skipped} skipped` : ''}`);
        return this.#failed === 0 ? 0 : 1;
    }
}

/** An error and its causes in one line. */
function told(error) {
    const parts = [];
    for (let at = error; at && parts.length < 4; at = at.cause) {
        parts.push(at instanceof Error ? `${at.name}: ${at.message}` : JSON.stringify(at));
    }
    const where = error?.stack?.split('\n').find((line) => line.includes('/interop/') && !line.includes('node_modules'));
    return [...parts, where?.trim()].filter(Boolean).join(' | ').replaceAll(/\s+/g, ' ');
}
