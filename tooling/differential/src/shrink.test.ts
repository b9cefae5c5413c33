import { describe, expect, it } from 'vitest';
import { generate } from './generate.js';
import { print } from './print.js';
import { shrink } from './shrink.js';

describe('shrinking', () => {
  it('leaves what the question is about, and nothing else', () => {
    const hasLoop = (text: string): boolean => text.includes('"s":"loop"');
    const number = Array.from({ length: 100 }, (_, i) => i).find((i) => hasLoop(JSON.stringify(generate(i).threads)));
    const smallest = shrink(generate(number ?? 0), (program) => hasLoop(JSON.stringify(program.threads)), 10);
    expect(smallest.threads.map(({ body }) => body.length)).toEqual([1]);
    expect(print(smallest).split('\n')).toContain('  for (let i0 = 0; i0 < 2; i0++) {');
  });
});
