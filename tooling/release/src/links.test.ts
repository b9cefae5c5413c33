import { expect, test } from 'vitest';
import { withAbsoluteLinks } from './links.mjs';

const absolute = (text: string): string => withAbsoluteLinks(text, 'packages/a', 'https://example.org/r');

test.each([
  [
    '[`a[i]`](../../docs/b.md#c) and [d](../e)',
    '[`a[i]`](https://example.org/r/blob/main/docs/b.md#c) and [d](https://example.org/r/blob/main/packages/e)',
  ],
  ['[a](b.md)', '[a](https://example.org/r/blob/main/packages/a/b.md)'],
  [
    '[a](#b) [c](https://example.net/d) [e](mailto:f@example.net)',
    '[a](#b) [c](https://example.net/d) [e](mailto:f@example.net)',
  ],
  ['```ts\nf[0](x.y)\n```\n[a](b)', '```ts\nf[0](x.y)\n```\n[a](https://example.org/r/blob/main/packages/a/b)'],
])('%j', (text, expected) => {
  expect(absolute(text)).toBe(expected);
});

test('a link out of the repository is an error', () => {
  expect(() => absolute('[a](../../../b)')).toThrow(
    'expected a link to a file of the repository in packages/a, got ../../../b',
  );
});
