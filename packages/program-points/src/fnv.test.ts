import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fnv1a } from './fnv.js';

// From the draft of the Internet Engineering Task Force, draft-eastlake-fnv, and from the authors' test_fnv.c.
test.each([
  ['', 'cbf29ce484222325'],
  ['a', 'af63dc4c8601ec8c'],
  ['b', 'af63df4c8601f1a5'],
  ['foobar', '85944171f73967e8'],
])('of %j', (text, expected) => {
  expect(fnv1a(text)).toBe(expected);
});

test('is what its definition says', () => {
  const defined = (text: string): string =>
    new TextEncoder()
      .encode(text)
      .reduce((hash, byte) => ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn, 0xcbf29ce484222325n)
      .toString(16)
      .padStart(16, '0');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(fnv1a(text)).toBe(defined(text));
    }),
  );
});
