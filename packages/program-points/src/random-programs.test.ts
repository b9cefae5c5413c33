import fc from 'fast-check';
import { expect, test } from 'vitest';
import { behaviour, contradiction, future, load, OutOfFuel, type Look, type Node } from './testing/behaviour.js';
import { randomProgram } from './testing/random-program.js';
import { transform } from './transform.js';

const numRuns = Number(process.env['PROGRAM_POINTS_RUNS'] ?? 100);
const seed = process.env['PROGRAM_POINTS_SEED'];
const parameters = { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) };

const programs = fc.uint8Array({ minLength: 30, maxLength: 400, size: 'max' }).map((bytes) => randomProgram(bytes));

const LOOKS: readonly Look[] = [
  { depth: 6, answers: [0, 1], threads: 1, records: true, first: 0 },
  { depth: 4, answers: [0, 1, 'throw'], threads: 1, records: true, first: 1 },
  { depth: 3, answers: [0, 1, 'throw'], threads: 2, records: true, first: 0 },
];

function all(code: string, look: Look): Node {
  return behaviour(load(code), look);
}

/** Leaves programs out that run without end. */
function unlessEndless(body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof OutOfFuel)) throw error;
  }
}

test('transformed code does what the original does, recorded or not', { timeout: 3_600_000 }, () => {
  fc.assert(
    fc.property(programs, fc.constantFrom(...LOOKS), (code, look) => {
      const transformed = transform(code, { file: 'random.js' })!.code;
      expect(transformed.split('\n').length).toBe(code.split('\n').length);
      unlessEndless(() => {
        const tell = (node: Node): string => node.shown + future(node, look.depth);
        const expected = tell(all(code, { ...look, records: false }));
        expect(tell(all(transformed, { ...look, records: false }))).toBe(expected);
        expect(tell(all(transformed, look))).toBe(expected);
      });
    }),
    parameters,
  );
});

test('equal states have equal futures', { timeout: 3_600_000 }, () => {
  fc.assert(
    fc.property(programs, (code) => {
      const transformed = transform(code, { file: 'random.js' })!.code;
      unlessEndless(() => {
        for (const look of LOOKS) expect(contradiction([all(transformed, look)], look.depth)).toBe(undefined);
      });
    }),
    parameters,
  );
});
