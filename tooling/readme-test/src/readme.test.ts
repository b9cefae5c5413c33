import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageNames, writeExamples } from './example.js';
import { printedOutput, typeErrors } from './run-example.js';

describe('this workspace', () => {
  const root = path.join(import.meta.dirname, '..', '..', '..');
  const names = packageNames(root);

  test.each(names)('the examples of %s print what they say', async (name) => {
    for (const example of writeExamples(root, name)) expect(await printedOutput(example)).toEqual(example.output);
  });

  test('every example type-checks', () => {
    expect(typeErrors(names.flatMap((name) => writeExamples(root, name)))).toEqual([]);
  });
});

describe('a workspace with poor examples', () => {
  const root = path.join(import.meta.dirname, '..', 'fixtures');

  test('good examples run from source, as a user of the package writes them', async () => {
    const [example, ...more] = writeExamples(root, 'good');
    expect(example.output).toEqual(['4 8n', 'one', 'two']);
    expect(await printedOutput(example)).toEqual(example.output);
    expect(typeErrors([example])).toEqual([]);
    expect(more.map(({ output }) => output)).toEqual([['6']]);
    expect(await printedOutput(more[0])).toEqual(['6']);
  });

  test('an example that prints something else is seen', async () => {
    const [example] = writeExamples(root, 'wrong');
    expect(example.output).toEqual(['5']);
    expect(await printedOutput(example)).toEqual(['4']);
  });

  test('an example that does not type-check is seen', () => {
    expect(typeErrors(writeExamples(root, 'wrong'))).toEqual([
      "wrong: Argument of type 'string' is not assignable to parameter of type 'number'.",
    ]);
  });

  test('an example that promises nothing, and a package without a README, are refused', () => {
    expect(packageNames(root)).toEqual(['bare', 'good', 'silent', 'wrong']);
    expect(() => writeExamples(root, 'silent')).toThrow('promises no output');
    expect(() => writeExamples(root, 'bare')).toThrow('packages/bare has no README.md');
  });
});
