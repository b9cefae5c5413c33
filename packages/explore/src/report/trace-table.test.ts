import fc from 'fast-check';
import type { TraceStep } from '../trace.js';
import { Layout, spinLockWord, u8 } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { rowsOf, type TraceRow } from './trace-rows.js';
import { traceTable } from './trace-table.js';
import { wrap } from './wrap.js';

const step = (op: string, target = '', before = '', after = before, result = ''): TraceStep => ({
  thread: 'A',
  func: 'f',
  op,
  target,
  before,
  after,
  result,
  stack: ['f'],
  site: '',
  matters: true,
});
const read = (target: string, value: string): TraceStep => step('READ_ONCE', target, value, value, value);

const layout = new Layout();
layout.one('lock', spinLockWord);
layout.one('x', u8);
layout.one('ghost', u8.ghost());

const texts = (trace: readonly TraceStep[], everyStep = false): string[] =>
  rowsOf(trace, layout, { everyStep, keepLast: false }).map(({ text }) => text.replaceAll('\u00a0', ' '));

describe('the rows of a counterexample', () => {
  test('fold reads that follow each other in one function, and name the last value of each', () => {
    expect(texts([read('x', '0'), read('y', '2'), step('WRITE_ONCE', 'x', '0', '1'), read('x', '1')])).toEqual([
      'READ_ONCE x = 0, y = 2',
      'WRITE_ONCE x 0 -> 1',
      'READ_ONCE x = 1',
    ]);
    expect(texts(['a', 'b', 'c', 'd', 'e'].map((name) => read(name, '0')))).toEqual([
      'READ_ONCE a = 0, b = 0, c = 0 and 2 more',
    ]);
    expect(texts([read('x', '0'), step('read', 'y', '1', '1', '1')])).toEqual(['read x = 0, y = 1']);
  });

  test('leave out what does not matter, unless every step is wanted', () => {
    const aside = [step('smp_mb'), step('eieio'), step('write', 'ghost', '0', '1')];
    const trace = [...aside.map((one) => ({ ...one, matters: false })), step('write', 'x', '0', '1')];
    expect(texts(trace)).toEqual(['write x 0 -> 1']);
    expect(texts(trace, true)).toEqual(['smp_mb', 'eieio', 'write ghost 0 -> 1', 'write x 0 -> 1']);
  });

  test('keep operations and choices that touch no field', () => {
    expect(texts([step('opal_npu_map_lpar'), step('choose', '', '', '', '1')])).toEqual([
      'opal_npu_map_lpar',
      'choose = 1',
    ]);
  });

  test('say of a lock that it was taken, not whose number it holds', () => {
    expect(texts([step('spin_lock', 'lock', '0', '2'), step('spin_trylock', 'lock', '2', '2', 'false')])).toEqual([
      'spin_lock lock',
      'spin_trylock lock = false',
    ]);
  });

  test('show a store that changed nothing, and what a read-modify-write answered', () => {
    expect(texts([step('WRITE_ONCE', 'x', '1'), step('test_and_set_bit', 'x', '1', '1', 'true')])).toEqual([
      'WRITE_ONCE x 1 -> 1',
      'test_and_set_bit x = true',
    ]);
  });
});

describe('the table', () => {
  const row = (thread: string, func: string, text: string): TraceRow[] => [{ thread, func, text }];

  test('has a column a thread that takes part, and names a function where it changes', () => {
    const rows = [row('A', 'f', 'one'), row('A', 'f', 'two'), row('C', 'g', 'three'), row('A', 'h', 'four')];
    expect(traceTable(rows, ['A', 'B', 'C'], 80)).toBe(
      ['A       C', '------  -------', 'f:', '  one', '  two', '        g:', '          three', 'h:', '  four'].join(
        '\n',
      ),
    );
  });

  test('draws a line across where another run begins', () => {
    const rows = [row('A', 'f', 'one'), row('', '', 'another run'), row('A', 'f', 'two')];
    expect(traceTable(rows, ['A'], 80)).toBe(['A', '-----', 'f:', '  one', '-- another run', '  two'].join('\n'));
  });

  test('breaks cells so that it fits, but never between a value and its arrow', () => {
    const rows = ['A', 'B', 'C'].flatMap((thread) => [
      row(thread, 'pnv_npu2_mn_invalidate_range', 'test_and_set_bit npu[1].mmioAtsdUsage 0\u00a0->\u00a01'),
    ]);
    const lines = traceTable(rows, ['A', 'B', 'C'], 60).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines.filter((line) => line.trim() === '0 -> 1')).toHaveLength(3);
  });
});

test('wrapping loses nothing and keeps to the width', () => {
  const word = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', 'b', '.', '[', '_') });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 8, max: 40 }), (words, width) => {
      const lines = wrap(words.join(' '), width, '  ');
      expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    }),
  );
});
