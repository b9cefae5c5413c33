import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageNames, writeExample } from './example.js';
import { printedOutput, typeErrors } from './run-example.js';

describe('this workspace', () => {
  const root = path.join(import.meta.dirname, '..', '..', '..');
  const names = packageNames(root);

  test.each(names)('the example of %s prints what it says', async (name) => {
    const example = writeExample(root, name);
    expect(await printedOutput(example)).toEqual(example.output);
  });

  test('every example type-checks', () => {
    expect(typeErrors(names.map((name) => writeExample(root, name)))).toEqual([]);
  });
});

describe('a workspace with poor examples', () => {
  const root = path.join(import.meta.dirname, '..', 'fixtures');

  test('a good example runs from source, as a user of the package writes it', async () => {
    const example = writeExample(root, 'good');
    expect(example.output).toEqual(['4 8n', 'one', 'two']);
    expect(await printedOutput(example)).toEqual(example.output);
    expect(typeErrors([example])).toEqual([]);
  });

  test('an example that prints something else is seen', async () => {
    const example = writeExample(root, 'wrong');
    expect(example.output).toEqual(['5']);
    expect(await printedOutput(example)).toEqual(['4']);
  });

  test('an example that does not type-check is seen', () => {
    expect(typeErrors([writeExample(root, 'wrong')])).toEqual([
      "wrong: Argument of type 'string' is not assignable to parameter of type 'number'.",
    ]);
  });

  test('an example that promises nothing, and a package without a README, are refused', () => {
    expect(packageNames(root)).toEqual(['bare', 'good', 'silent', 'wrong']);
    expect(() => writeExample(root, 'silent')).toThrow('promises no output');
    expect(() => writeExample(root, 'bare')).toThrow('packages/bare has no README.md');
  });
});
