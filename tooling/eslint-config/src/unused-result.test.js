import { RuleTester } from '@typescript-eslint/rule-tester';
import path from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { unusedResult } from './unused-result.js';
RuleTester.afterAll = afterAll;
RuleTester.describe = describe;
RuleTester.it = it;
const ruleTester = new RuleTester({
    languageOptions: {
        parserOptions: {
            project: './tsconfig.json',
            tsconfigRootDir: path.join(import.meta.dirname, '..', 'fixtures'),
        },
    },
});
const DECLARATIONS = `
type Result<T> = { ok: true; value: T } | { ok: false; errno: string };
declare function take(): Result<number>;
declare function* takeLater(): Generator<number, Result<number>, number>;
declare function log(): void;`;
ruleTester.run('unused-result', unusedResult, {
    valid: [
        { name: 'a Result that is tested', code: `${DECLARATIONS} if (take().ok) log();` },
        { name: 'a Result that is assigned', code: `${DECLARATIONS} const _ignored = take();` },
        { name: 'a call that returns nothing', code: `${DECLARATIONS} log();` },
    ],
    invalid: [
        { name: 'a Result that is dropped', code: `${DECLARATIONS} take();`, errors: [{ messageId: 'dropped' }] },
        {
            name: 'a Result that a generator returned and that is dropped',
            code: `${DECLARATIONS} function* all() { yield* takeLater(); }`,
            errors: [{ messageId: 'dropped' }],
        },
    ],
});
