import fc from 'fast-check';
import type { TraceStep } from '../counterexample/trace.js';
import { Layout, spinLockWord, u8 } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { rowsOf, type TraceRow } from './trace-rows.js';
import { traceTable } from './trace-table.js';
import { longestPart, wrap } from './wrap.js';

const step = (op: string, target = '', before = '', after = before, result = ''): TraceStep => ({
  thread: 'A',
  func: 'f',
  op,
  target,
  before,
  after,
  result,
  says: false,
  stack: ['f'],
  site: '',
  step: 0,
  decision: 0,
  changes: before === after ? [] : [{ target, before, after }],
  matters: true,
  isDecisive: false,
  identity: '',
});
const read = (target: string, value: string): TraceStep => step('READ_ONCE', target, value, value, value);

const layout = new Layout();
layout.one('lock', spinLockWord);
layout.one('x', u8);
layout.one('ghost', u8.ghost());

const texts = (trace: readonly TraceStep[], everyStep = false): string[] =>
  rowsOf(trace, layout, { everyStep }).map(({ text }) => text.replaceAll('\u00a0', ' '));

describe('the rows of a counterexample', () => {
  test('fold reads of one kind that follow each other in one function, and name the last value of each', () => {
    expect(texts([read('x', '0'), read('y', '2'), step('WRITE_ONCE', 'x', '0', '1'), read('x', '1')])).toEqual([
      'READ_ONCE x = 0, y = 2',
      'WRITE_ONCE x 0 -> 1',
      'READ_ONCE x = 1',
    ]);
    expect(texts(['a', 'b', 'c', 'd', 'e'].map((name) => read(name, '0')))).toEqual([
      'READ_ONCE a = 0, b = 0, c = 0 and 2 more',
    ]);
    expect(texts([read('x', '0'), step('smp_load_acquire', 'y', '1', '1', '1')])).toEqual([
      'READ_ONCE x = 0',
      'smp_load_acquire y = 1',
    ]);
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
    expect(traceTable(rows, ['A', 'B', 'C'], { width: 80 })).toBe(
      ['A       C', '------  -------', 'f:', '  one', '  two', '        g:', '          three', 'h:', '  four'].join(
        '\n',
      ),
    );
  });

  test('draws a line across where another run begins', () => {
    const rows = [row('A', 'f', 'one'), row('', '', 'another run'), row('A', 'f', 'two')];
    expect(traceTable(rows, ['A'], { width: 80 })).toBe(
      ['A', '-----', 'f:', '  one', '-- another run', '  two'].join('\n'),
    );
  });

  const long = ['A', 'B', 'C'].flatMap((thread) => [
    row(thread, 'invalidate_range', 'test_and_set_bit npu[1].usage 0\u00a0->\u00a01'),
  ]);

  test('breaks cells so that it fits, but never between a value and its arrow', () => {
    const lines = traceTable(long, ['A', 'B', 'C'], { width: 66 }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(66);
    expect(lines.filter((line) => line.trim() === '0 -> 1')).toHaveLength(3);
  });

  test('is a line a step where columns would be too narrow, or too many', () => {
    const lines = traceTable(long, ['A', 'B', 'C'], { width: 60 }).split('\n');
    expect(lines.slice(0, 2)).toEqual([
      'A  invalidate_range: test_and_set_bit npu[1].usage 0 -> 1',
      expect.any(String),
    ]);
    expect(lines).toHaveLength(3);
    const seven = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
    const rows = seven.map((thread) => row(thread, '', 'one'));
    expect(traceTable(rows, seven, { width: 200 }).split('\n')).toEqual(seven.map((thread) => `${thread}  one`));
  });

  test('never cuts a name or a number', () => {
    const name = 'a_name_that_is_longer_than_any_column_that_there_is_room_for';
    const rows = ['A', 'B'].map((thread) => row(thread, '', `${name} 0x5400002000000`));
    expect(traceTable(rows, ['A', 'B'], { width: 70 }).split(name)).toHaveLength(3);
    expect(traceTable(rows, ['A', 'B'], { width: 70 }).split('0x5400002000000')).toHaveLength(3);
  });

  test('has the number of each step, and its place where there is room', () => {
    const rows = [
      [{ thread: 'A', func: '', text: 'one', step: 12, site: '/models/lock.ts:7:3' }],
      ...row('A', '', 'two').map((one) => [one]),
    ];
    expect(traceTable(rows, ['A'], { width: 80 }).split('\n')).toEqual([
      '    A',
      '    -----',
      '12    one  lock.ts:7',
      '      two',
    ]);
    const narrow = [[{ thread: 'A', func: '', text: 'x '.repeat(17), step: 1, site: '/models/lock.ts:7:3' }]];
    expect(traceTable(narrow, ['A'], { width: 40 })).not.toContain('lock.ts');
    expect(traceTable(narrow, ['A'], { width: 40, places: true })).toContain('lock.ts:7');
  });

  test('colours each thread, and what broke', () => {
    const rows = ['A', 'B'].map((thread) => row(thread, '', 'one'));
    const painted = traceTable(rows, ['A', 'B'], {
      width: 80,
      paint: (part, text) => `${part === 'broke' ? '!' : String(part.thread)}<${text}>`,
    });
    expect(painted.split('\n')).toEqual(['0<A>      1<B>', '-----  -----', '0<  one>', '       !<  one>']);
  });
});

describe('what is left out', () => {
  const change = (thread: string, target: string, before: string, after: string, matters: boolean): TraceStep => ({
    ...step('WRITE_ONCE', target, before, after),
    thread,
    matters,
  });

  test('is marked where a row begins with a value that no row left', () => {
    const trace = [
      change('A', 'x', '0', '1', true),
      change('B', 'x', '1', '2', false),
      change('B', 'x', '2', '3', false),
      change('A', 'x', '3', '4', true),
    ];
    expect(texts(trace)).toEqual(['WRITE_ONCE x 0 -> 1', '... x 1 -> 2 -> 3', 'WRITE_ONCE x 3 -> 4']);
  });

  test('is not where no row is about it', () => {
    const trace = [
      change('A', 'x', '0', '1', true),
      change('B', 'y', '1', '2', false),
      change('A', 'x', '1', '2', true),
    ];
    expect(texts(trace)).toEqual(['WRITE_ONCE x 0 -> 1 -> 2']);
  });
});

test('wrapping loses nothing and keeps to the width, but for what it must not break', () => {
  const word = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', 'b', '.', '[', '_') });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 8, max: 40 }), (words, width) => {
      const lines = wrap(words.join(' '), width, '  ');
      expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(width, 2 + longestPart(line)));
    }),
  );
});
