import {
  Layout,
  array,
  chooseMember,
  kfunc,
  lockAcquire,
  lockRelease,
  modify,
  readOnce,
  rmw,
  spinLockWord,
  struct,
  threadBits,
  u8,
  waitFor,
  writeOnce,
  type Cell,
  type MemoryReader,
  type System,
} from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { checkSync } from '../../index.js';

/** Every access is a step, and every answer counts. */
const plain = { reduction: false, deadAnswers: true } as const;
const NOBODY = 255;
const upTo = (n: number): number[] => [...Array(n).keys()];

/** Each thread chooses a thing and then writes down which. */
function choosers(threads: number, things: number, isOneSet: boolean): System {
  const layout = new Layout();
  const member = u8.memberOf('things', upTo(things));
  const choice = isOneSet
    ? layout.array('thing', struct('thing', { next: member }), things).map(({ next }) => next)
    : layout.perThread('choice', member, threads);
  const choose = kfunc('choose', function* (self: number) {
    yield* writeOnce(choice[self], yield* chooseMember(member));
  });
  const group = upTo(threads);
  return {
    layout,
    threads: group.map((i) => ({ name: `T${i}`, run: () => choose(i) })),
    init: (m) => {
      for (const cell of choice) m.set(cell, NOBODY);
    },
    symmetries: isOneSet
      ? [{ name: 'things', size: things, threads: [group], objects: [choice] }]
      : [
          { name: 'threads', size: threads, threads: [group] },
          { name: 'things', size: things },
        ],
  };
}

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((order) =>
    upTo(n).map((at) => [...order.slice(0, at), n - 1, ...order.slice(at)]),
  );
}

/**
 * How many states {@link choosers} has up to symmetry, by trying all permutations: each thread has not chosen, has chosen or
 * has written down.
 */
function orbits(threads: number, things: number, isOneSet: boolean): number {
  const statuses = ['-', ...upTo(things).flatMap((t) => [`has ${t}`, `wrote ${t}`])];
  let states: string[][] = [[]];
  for (let i = 0; i < threads; i++) states = states.flatMap((state) => statuses.map((status) => [...state, status]));
  const image = (state: string[], threadTo: number[], thingTo: number[]): string => {
    const moved: string[] = [];
    state.forEach((status, i) => {
      moved[threadTo[i]] = status.replace(/\d/, (t) => String(thingTo[Number(t)]));
    });
    return moved.join();
  };
  const pairs = isOneSet
    ? permutations(things).map((p) => [p, p] as const)
    : permutations(threads).flatMap((p) => permutations(things).map((q) => [p, q] as const));
  const least = (state: string[]): string =>
    pairs.map(([p, q]) => image(state, p, q)).reduce((a, b) => (a < b ? a : b));
  return new Set(states.map(least)).size;
}

/** Each thread, twice, chooses a thing and marks the place of the two in a table. */
function markers(threads: number, things: number): System {
  const layout = new Layout();
  const member = u8.memberOf('things', upTo(things));
  const Row = struct('row', { marks: array(u8, things) });
  const rows = layout.array('row', Row, threads);
  const mark = kfunc('mark', function* (self: number) {
    yield* writeOnce(rows[self].marks[yield* chooseMember(member)], 1);
  });
  const run = kfunc('run', function* (self: number) {
    yield* mark(self);
    yield* mark(self);
  });
  const group = upTo(threads);
  return {
    layout,
    threads: group.map((i) => ({ name: `T${i}`, run: () => run(i) })),
    symmetries: [
      { name: 'threads', size: threads, threads: [group], objects: [rows] },
      { name: 'things', size: things, objects: group.map((i) => [...rows[i].marks]) },
    ],
  };
}

/** How many states {@link markers} has up to symmetry, by running them and trying all permutations. */
function tables(threads: number, things: number): number {
  type State = readonly { readonly round: number; readonly chosen: number; readonly marks: readonly number[] }[];
  const pairs = permutations(threads).flatMap((p) => permutations(things).map((q) => [p, q] as const));
  const canonical = (state: State): string =>
    pairs
      .map(([p, q]) =>
        upTo(threads)
          .map((t) => {
            const { round, chosen, marks } = state[p[t]];
            return `${round}/${q.indexOf(chosen)}/${q.map((thing) => marks[thing]).join('')}`;
          })
          .join(),
      )
      .reduce((a, b) => (a < b ? a : b));
  const start: State = upTo(threads).map(() => ({ round: 0, chosen: -1, marks: upTo(things).map(() => 0) }));
  const seen = new Set([canonical(start)]);
  const work = [start];
  for (let state = work.pop(); state !== undefined; state = work.pop())
    for (const [t, { round, chosen, marks }] of state.entries()) {
      if (round === 2) continue;
      const next =
        chosen < 0
          ? upTo(things).map((thing) => ({ round, chosen: thing, marks }))
          : [{ round: round + 1, chosen: -1, marks: marks.map((mark, thing) => (thing === chosen ? 1 : mark)) }];
      for (const one of next) {
        const after = state.map((other, i) => (i === t ? one : other));
        const key = canonical(after);
        if (seen.has(key)) continue;
        seen.add(key);
        work.push(after);
      }
    }
  return seen.size;
}

describe('states up to symmetry', () => {
  it.each([
    [2, 2],
    [2, 3],
    [3, 2],
    [3, 3],
  ])('are as many where a table has members at both sides: %i threads, %i things', (threads, things) => {
    expect(checkSync(markers(threads, things), plain).states).toBe(tables(threads, things));
  });

  it.each([
    [2, 2],
    [3, 1],
    [3, 2],
    [2, 4],
    [4, 3],
  ])('are as many as counted by hand: %i threads that choose among %i things', (threads, things) => {
    const { states } = checkSync(choosers(threads, things, false), plain);
    expect(states).toBe(orbits(threads, things, false));
    expect(checkSync(choosers(threads, things, false), { ...plain, symmetry: false }).states).toBe(
      (1 + 2 * things) ** threads,
    );
  });

  it.each([2, 3, 4])('are as many where members name each other: %i things', (things) => {
    expect(checkSync(choosers(things, things, true), plain).states).toBe(orbits(things, things, true));
  });

  it.each(['dfs', 'bfs'] as const)('of threads that count to 3 are multisets, %s', (strategy) => {
    const layout = new Layout();
    const counts = layout.perThread('count', u8, 6);
    const count = kfunc('count', function* (self: number) {
      for (let n = 1; n <= 3; n++) yield* writeOnce(counts[self], n);
    });
    const group = upTo(6);
    const model: System = {
      layout,
      threads: group.map((i) => ({ name: `T${i}`, run: () => count(i) })),
      symmetries: [{ name: 'threads', size: 6, threads: [group] }],
    };
    // 6 threads in 4 places each
    expect(checkSync(model, { ...plain, strategy }).states).toBe(84);
  });
});

describe('sets of more than seven members', () => {
  const counters = (threads: number): System => {
    const layout = new Layout();
    const counts = layout.perThread('count', u8, threads);
    const count = kfunc('count', function* (self: number) {
      for (let n = 1; n <= 3; n++) yield* writeOnce(counts[self], n);
    });
    const group = upTo(threads);
    return {
      layout,
      threads: group.map((i) => ({ name: `T${i}`, run: () => count(i) })),
      symmetries: [{ name: 'threads', size: threads, threads: [group] }],
    };
  };

  it.each([8, 12, 31])('count as multisets: %i threads', (threads) => {
    const ways = ((threads + 1) * (threads + 2) * (threads + 3)) / 6;
    const result = checkSync(counters(threads), plain);
    expect(result).toMatchObject({ verdict: 'holds', states: ways, reductions: { symmetry: true } });
  });

  it.each([
    [2, 12],
    [3, 10],
  ])('are as many as with as many things as threads: %i threads that choose among %i things', (threads, things) => {
    expect(checkSync(choosers(threads, things, false), plain).states).toBe(orbits(threads, threads, false));
  });

  it.each([8, 20])('who holds a lock is one of them: %i threads', (threads) => {
    const layout = new Layout();
    const lock = layout.one('lock', spinLockWord);
    const main = kfunc('main', function* () {
      yield* lockAcquire(lock, 'spin_lock');
      yield* lockRelease(lock, 'spin_unlock');
    });
    const group = upTo(threads);
    const model: System = {
      layout,
      threads: group.map((i) => ({ name: `T${i}`, run: () => main() })),
      symmetries: [{ name: 'threads', size: threads, threads: [group] }],
    };
    // How many are through, with or without one that holds it.
    expect(checkSync(model, plain).states).toBe(2 * threads + 1);
  });

  /** Things that name each other, of which at most two do. */
  const chains = (things: number, isBroken: boolean): System => {
    const model = choosers(things, things, true);
    const nexts = model.symmetries?.[0].objects?.[0] as readonly Cell<number>[];
    const named = (m: MemoryReader): number[] => nexts.map((cell) => m.get(cell));
    return {
      ...model,
      within: (m) => named(m).filter((next) => next !== NOBODY).length <= 2,
      invariants: {
        'no-circle': (m) =>
          !isBroken || !named(m).some((next, i, all) => next < things && next !== i && all[next] === i),
      },
    };
  };

  it.each([5, 8])('that name each other give the same verdicts, whatever their order: %i things', (things) => {
    const options = { maxStates: 100_000, shrink: false };
    expect(checkSync(chains(things, true), options).violation?.name).toBe('no-circle');
    const { states, verdict } = checkSync(chains(things, false), options);
    expect(verdict).toBe('holds');
    expect(states).toBeLessThan(2000);
  });

  it('are told apart where functions know of too many of them at once', () => {
    const layout = new Layout();
    const member = u8.memberOf('things', upTo(9));
    const last = layout.one('last', u8);
    const main = kfunc('main', function* () {
      const all: number[] = [];
      while (all.length < 6) all.push(yield* chooseMember(member));
      yield* writeOnce(last, new Set(all).size);
    });
    const model: System = {
      layout,
      threads: [{ name: 'T0', run: () => main() }],
      symmetries: [{ name: 'things', size: 9 }],
    };
    const { reductions, notes } = checkSync(model, { reduction: false, symmetry: true, maxStates: 1000 });
    expect(reductions.symmetry).toBe(false);
    expect(notes.join()).toContain('knows of so many members at once');
  });
});

describe('arithmetic on what names threads or members', () => {
  /** Whoever comes last marks itself, in one of two ways. */
  const last = (mark: 'own bit' | 'bit 0' | 'own bit added' | 'add'): System => {
    const layout = new Layout();
    const first = layout.one('first', u8);
    const bits = layout.one('bits', threadBits);
    const who = layout.one('who', u8.memberOf('threads', [1, 2]));
    const main = kfunc('main', function* (self: number) {
      if ((yield* rmw('add', 'inc', 'relaxed', first, 1)) !== 1) return;
      if (mark === 'add') yield* modify('add', 'inc', 'relaxed', who, 1);
      else if (mark === 'own bit added') yield* modify('add', 'inc', 'relaxed', bits, 1 << self);
      else yield* modify('or', 'set', 'relaxed', bits, mark === 'own bit' ? 1 << self : 1);
    });
    return {
      layout,
      threads: [0, 1].map((i) => ({ name: `T${i}`, run: () => main(i) })),
      symmetries: [{ name: 'threads', size: 2, threads: [[0, 1]] }],
      finals: { marked: (m) => m.get(mark === 'add' ? who : bits) !== 0 },
    };
  };

  it('is taken for what it is where it is done to bits of threads', () => {
    expect(checkSync(last('own bit'))).toMatchObject({ verdict: 'holds', reductions: { symmetry: true } });
  });

  it.each(['bit 0', 'own bit added', 'add'] as const)('is refused where it may single out a member: %s', (mark) => {
    expect(() => checkSync(last(mark))).toThrow('do not treat the members of a scalarset alike');
    expect(checkSync(last(mark), { symmetry: false }).verdict).toBe('holds');
  });
});

describe('a call without end', () => {
  const looping = (body: (x: ReturnType<typeof word>['x'], i: number) => System['threads'][number]['run']): System => {
    const { layout, x } = word();
    return { layout, threads: [0, 1].map((i) => ({ name: `T${i}`, run: body(x, i) })) };
  };
  const word = () => {
    const layout = new Layout();
    return { layout, x: layout.one('x', u8) };
  };

  it('is one that may wait for ever, and not one that waits for what comes', () => {
    const poll = kfunc('poll', function* (x: ReturnType<typeof word>['x'], i: number) {
      if (i === 1) yield* writeOnce(x, 1);
      else while ((yield* readOnce(x)) === 0);
    });
    const forever = kfunc('forever', function* (x: ReturnType<typeof word>['x']) {
      for (;;) yield* readOnce(x);
    });
    for (const reduction of [true, false]) {
      expect(
        checkSync(
          looping((x, i) => () => poll(x, i)),
          { reduction },
        ).verdict,
      ).toBe('holds');
      const { violation } = checkSync(
        looping((x) => () => forever(x)),
        { reduction },
      );
      expect(violation?.kind).toBe('deadlock');
      expect(violation?.message).toContain('T0 spins for ever in forever');
    }
    expect(
      checkSync(
        looping((x, i) => () => poll(x, i)),
        { strategy: 'pct', maxRuns: 20 },
      ).verdict,
    ).toBe('unknown');
  });

  it('is no call that waits', () => {
    const wait = kfunc('wait', function* (x: ReturnType<typeof word>['x'], i: number) {
      if (i === 1) yield* writeOnce(x, 1);
      else yield* waitFor(x, { equals: 1 });
    });
    expect(checkSync(looping((x, i) => () => wait(x, i))).verdict).toBe('holds');
  });
});
