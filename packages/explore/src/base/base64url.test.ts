/** Compared with Node's own. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase64url, toBase64url } from './base64url.js';

describe('base64url', () => {
  test('is what Buffer makes of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = toBase64url([...bytes]);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64url(text)).toEqual(bytes);
      }),
    );
  });

  test.each(['A', 'AAAAA'])('knows that no bytes have the text %s', (text) => {
    expect(fromBase64url(text)).toBeUndefined();
  });

  test('takes as many bytes as a schedule may have', () => {
    const bytes = Array.from({ length: 300_000 }, (_, i) => i % 256);
    expect(fromBase64url(toBase64url(bytes))).toEqual(Uint8Array.from(bytes));
  });
});
