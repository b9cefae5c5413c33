import { Layout, kfunc, readOnce, u8, writeOnce, type Cell, type Kthread } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { checkSync } from '../api/check.js';

/** A function's state: where it stands and what it still needs to know. */
type State = readonly (number | string)[];
/** What `x` and `y` hold. */
type Words = readonly [x: number, y: number];

/** A function twice: as code, and as the states that it goes through, one step at a time; absent is its end. */
interface Pair {
  readonly code: (x: Cell<number>, y: Cell<number>) => Kthread<void>;
  readonly start: State;
  readonly step: (state: State, words: Words) => { readonly state: State | undefined; readonly words: Words };
}

const reads = (state: State | undefined, words: Words) => ({ state, words });

const pairs: Readonly<Record<string, Pair>> = {
  'a counted loop': {
    *code(x) {
      for (let i = 0; i < 3; i++) yield* writeOnce(x, ((yield* readOnce(x)) + i) & 3);
    },
    start: ['read', 0],
    step([at, i, v], [x, y]) {
      if (at === 'read') return reads(['write', i, (x + Number(i)) & 3], [x, y]);
      return { state: i === 2 ? undefined : ['read', Number(i) + 1], words: [Number(v), y] };
    },
  },
  'a loop that looks and forgets': {
    *code(_x, y) {
      let looks = 0;
      while (looks < 2) {
        const seen = yield* readOnce(y);
        looks += seen < 4 ? 1 : 0;
      }
    },
    start: [0],
    step: ([looks], words) => reads(looks === 1 ? undefined : [1], words),
  },
  'two branches that meet': {
    *code(x, y) {
      const v = yield* readOnce(x);
      if (v > 1) yield* writeOnce(y, 1);
      else yield* writeOnce(y, 2);
      yield* writeOnce(x, 0);
    },
    start: ['read'],
    step([at], [x, y]) {
      if (at === 'read') return reads([x > 1 ? 'one' : 'two'], [x, y]);
      if (at === 'last') return { state: undefined, words: [0, y] };
      return { state: ['last'], words: [x, at === 'one' ? 1 : 2] };
    },
  },
  'an array that is filled': {
    *code(x, y) {
      const all: number[] = [];
      for (let i = 0; i < 2; i++) all.push(yield* readOnce(x));
      yield* writeOnce(y, (all[0] + all[1]) & 3);
    },
    start: ['read'],
    step([at, first], [x, y]) {
      if (at === 'write') return { state: undefined, words: [x, Number(first)] };
      return reads(first === undefined ? ['read', x] : ['write', (Number(first) + x) & 3], [x, y]);
    },
  },
  'a loop that asks at its end': {
    *code(_x, y) {
      let left = 2;
      do yield* writeOnce(y, ((yield* readOnce(y)) + 1) & 3);
      while (--left > 0);
    },
    start: ['read', 2],
    step([at, left, v], [x, y]) {
      if (at === 'read') return reads(['write', left, (y + 1) & 3], [x, y]);
      return { state: left === 1 ? undefined : ['read', 1], words: [x, Number(v)] };
    },
  },
  'a loop through an array': {
    *code(x) {
      for (const v of [1, 2]) yield* writeOnce(x, v);
    },
    start: [1],
    step: ([v], [, y]) => ({ state: v === 1 ? [2] : undefined, words: [Number(v), y] }),
  },
  'a loop that polls': {
    *code(x) {
      while ((yield* readOnce(x)) === 0);
    },
    start: ['poll'],
    step: (_state, words) => reads(words[0] === 0 ? ['poll'] : undefined, words),
  },
  'the largest of what it saw': {
    *code(x, y) {
      let largest = 0;
      for (let i = 0; i < 2; i++) {
        const v = yield* readOnce(x);
        if (v > largest) largest = v;
      }
      yield* writeOnce(y, largest);
    },
    start: ['read', 0, 0],
    step([at, i, largest], [x, y]) {
      if (at === 'write') return { state: undefined, words: [x, Number(largest)] };
      const now = Math.max(Number(largest), x);
      return reads(i === 1 ? ['write', 0, now] : ['read', 1, now], [x, y]);
    },
  },
  'a loop that is left early': {
    *code(x, y) {
      for (let i = 0; i < 3; i++) if ((yield* readOnce(y)) === 1) break;
      yield* writeOnce(x, 1);
    },
    start: [0],
    step([i], [x, y]) {
      if (i === 'write') return { state: undefined, words: [1, y] };
      return reads(y === 1 || i === 2 ? ['write'] : [Number(i) + 1], [x, y]);
    },
  },
};

/** All states of two functions side by side, counted the plain way. */
function statesOf(one: Pair, other: Pair): number {
  type Whole = readonly [State | undefined, State | undefined, Words];
  const begin: Whole = [one.start, other.start, [0, 0]];
  const seen = new Map([[JSON.stringify(begin), begin]]);
  for (const [, [a, b, words]] of seen) {
    const next: Whole[] = [];
    if (a !== undefined) {
      const after = one.step(a, words);
      next.push([after.state, b, after.words]);
    }
    if (b !== undefined) {
      const after = other.step(b, words);
      next.push([a, after.state, after.words]);
    }
    for (const whole of next) if (!seen.has(JSON.stringify(whole))) seen.set(JSON.stringify(whole), whole);
  }
  return seen.size;
}

const EVERY_STEP = { reduction: false, deadAnswers: false, only: ['leak'] } as const;

describe('states are as many as those of a state machine written by hand', () => {
  const names = Object.keys(pairs);
  const both = names.flatMap((one, i) => names.slice(i).map((other) => [one, other] as const));
  it.each(both)('%s, %s', (one, other) => {
    const layout = new Layout();
    const x = layout.one('x', u8);
    const y = layout.one('y', u8);
    const [first, second] = [one, other].map((name, i) =>
      kfunc(`f${i}`, function* () {
        yield* pairs[name].code(x, y);
      }),
    );
    const threads = [first, second].map((run, i) => ({ name: `T${i}`, run: () => run() }));
    const { verdict, states } = checkSync({ layout, threads }, EVERY_STEP);
    expect(verdict).toBe('holds');
    expect(states).toBe(statesOf(pairs[one], pairs[other]));
  });
});
