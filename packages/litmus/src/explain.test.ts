import { describe, expect, test } from 'vitest';
import { explainLitmus, explainText, parseLitmus } from './index.js';

const explained = (threads: readonly string[], condition: string, init = '{}'): string =>
  explainText(
    explainLitmus(
      parseLitmus(
        `C t\n${init}\n${threads.map((body, n) => `P${n}(int *x, int *y)\n{\n\tint r0;\n\tint r1;\n${body}\n}\n`).join('')}${condition}\n`,
      ),
    ),
  );

const WRITER = 'WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1);';
const READER = 'r0 = READ_ONCE(*y); smp_rmb(); r1 = READ_ONCE(*x);';

describe('an explanation', () => {
  test('shows the execution that fits', () => {
    expect(explained([WRITER, READER], 'exists (1:r0=1 /\\ 1:r1=1)')).toBe(`Allowed. An execution with the condition:

  P0                  | P1
  --------------------+--------------------
  a: WRITE_ONCE(x, 1) | d: READ_ONCE(y) = 1
  b: smp_wmb()        | e: smp_rmb()
  c: WRITE_ONCE(y, 1) | f: READ_ONCE(x) = 1

  rf: c -> d
  rf: a -> f
`);
  });

  test('shows the cycle that forbids it', () => {
    expect(explained([WRITER, READER], 'exists (1:r0=1 /\\ 1:r1=0)')).toBe(
      `Forbidden by happens-before: nothing comes before itself in time.
An execution with the condition would be:

  P0                  | P1
  --------------------+--------------------
  a: WRITE_ONCE(x, 1) | d: READ_ONCE(y) = 1
  b: smp_wmb()        | e: smp_rmb()
  c: WRITE_ONCE(y, 1) | f: READ_ONCE(x) = 0

  rf: c -> d
  rf: the initial value -> f

and it goes round:

  d: READ_ONCE(y) = 1 is before, by smp_rmb(), [e] f: READ_ONCE(x) = 0
  f: READ_ONCE(x) = 0 reads what is overwritten by a: WRITE_ONCE(x, 1)
  a: WRITE_ONCE(x, 1) is before, by smp_wmb(), [b] c: WRITE_ONCE(y, 1)
  c: WRITE_ONCE(y, 1) is read by d: READ_ONCE(y) = 1
`,
    );
  });

  test('shows what coherence forbids', () => {
    expect(explained(['WRITE_ONCE(*x, 1); r0 = READ_ONCE(*x);'], 'exists (0:r0=0)')).toMatch(
      /^Forbidden by coherence:/,
    );
  });

  test('is about executions that do not fit, of `forall`', () => {
    expect(explained([WRITER, READER], 'forall (1:r0=0 \\/ 1:r1=1)')).toMatch(
      /^Forbidden by happens-before.*\nAn execution with the opposite of the condition would be:\n/,
    );
    expect(explained([WRITER, READER], 'forall (1:r0=0)')).toMatch(
      /^Allowed\. An execution with the opposite of the condition:\n/,
    );
  });

  test('says that no values fit', () => {
    expect(explained([WRITER, READER], 'exists (1:r0=7)')).toBe(
      'No run of the threads gives the condition, whatever is read: the values do not fit.\n',
    );
  });
});
