/**
 * Looks for state that a model keeps behind memory's back, in variables that its functions and operations close over. A search runs
 * each piece of code when it first needs it, so such a variable has a value that depends on the order of the search, and may
 * look as if it never changed. Here the system is built again and its code runs in another order: it must do the same.
 */
import { ImpureModel, INTERNED, KIND, type Memory, type System } from '@shootdown/machine';
import { Engine, type EngineOptions } from './engine.js';
import { portable, revive } from './portable-value.js';
import { Prng } from './prng.js';
import { SearchRestart } from './restart.js';
import { lowest, waysOf } from './stuck.js';

/** Edges of one thread that are run again at most. */
const MOST_EDGES = 20_000;
/** Runs in which threads take turns at random, besides one for each thread in which that goes first. */
const WALKS = 4;
/** Steps of a run at most. */
const MOST_STEPS = 200;

/**
 * Runs again what a search ran.
 *
 * @param rebuild - builds the system anew, with variables of its own
 * @throws {@link ImpureModel} naming the first code that did something else
 */
export function lookAgain(engine: Engine, options: EngineOptions, rebuild: () => System): void {
  const build = (): Engine => {
    const fresh = new Engine(rebuild(), { ...options, symmetry: false, partialOrder: false }, engine.checks?.outcomes);
    fresh.deadline = engine.deadline;
    fresh.adopt(engine.known);
    return fresh;
  };
  const threads = engine.system.threads.map((_, i) => i);
  for (const thread of threads)
    for (const order of ['first', 'last'] as const) runApart(engine, build(), thread, order);
  for (const first of [...threads, ...Array.from({ length: WALKS }, () => undefined)])
    walk(build(), first, Prng.ofSeed(threads.length + (first ?? WALKS)));
}

/** Runs the functions of one thread, and no others, on all the answers they ever got. */
function runApart(engine: Engine, fresh: Engine, thread: number, order: 'first' | 'last'): void {
  const edges = edgesOf(engine);
  const call = fresh.system.threads[thread];
  const begin = engine.startOf(thread);
  const work = [{ from: begin, apart: fresh.automaton.start(call.run(), call.repeat === true) }];
  assertSame(engine, fresh, begin, begin, work[0].apart);
  const seen = new Set([begin]);
  let left = MOST_EDGES;
  for (;;) {
    const next = order === 'first' ? work.shift() : work.pop();
    if (next === undefined || left <= 0) return;
    for (const [lo, hi, to] of edges.get(next.from) ?? []) {
      left--;
      const [l, h] = carried(engine.memory, fresh.memory, engine.automaton.requests[next.from].kind, lo, hi);
      const apart = taken(fresh, next.apart, l, h);
      assertSame(engine, fresh, next.from, to, apart);
      if (seen.has(to)) continue;
      seen.add(to);
      work.push({ from: to, apart });
    }
  }
}

function taken(fresh: Engine, from: number, lo: number, hi: number): number {
  try {
    return fresh.automaton.quietNext(from, lo, hi);
  } catch (error) {
    if (error instanceof SearchRestart) throw impure(fresh, from);
    throw error;
  }
}

function edgesOf(engine: Engine): ReadonlyMap<number, (readonly [lo: number, hi: number, to: number])[]> {
  const edges = new Map<number, (readonly [number, number, number])[]>();
  engine.forEachEdge((from, lo, hi) => {
    const to = engine.automaton.quietNext(from, lo, hi);
    const own = edges.get(from);
    if (own === undefined) edges.set(from, [[lo, hi, to]]);
    else own.push([lo, hi, to]);
  });
  return edges;
}

/** An answer as the other system has it. */
function carried(memory: Memory, fresh: Memory, kind: number, lo: number, hi: number): readonly [number, number] {
  if (kind !== KIND.OP || hi !== INTERNED) return [lo, hi];
  return [fresh.values.intern(revive(portable(memory.values.valueOf(lo)), fresh.layout)), hi];
}

function assertSame(engine: Engine, fresh: Engine, from: number, to: number, apart: number): void {
  const [a, b] = [engine.automaton, fresh.automaton];
  if (a.hash0[to] !== b.hash0[apart] || a.hash1[to] !== b.hash1[apart]) throw impure(engine, from);
}

function impure({ automaton }: Engine, control: number): ImpureModel {
  const { label } = automaton.requests[control];
  return new ImpureModel(
    `kfunc ${automaton.stackOf(control)[0] ?? ''} is not a pure function of the answers it was fed: when the system was built again and ` +
      `the function ran without the others, it did something else after ${label}. It looks at a variable that other code changes; ` +
      'keep what is shared in model memory',
  );
}

/** A run in which a thread goes first as long as it can, then any. */
function walk(engine: Engine, first: number | undefined, prng: Prng): void {
  engine.isScouting = true;
  try {
    engine.reset();
    for (let steps = 0; steps < MOST_STEPS && !engine.cut && engine.bug === undefined && engine.isWithin(); steps++) {
      engine.brokenInvariant();
      const enabled = engine.enabled();
      if (enabled === 0) return;
      const thread = first !== undefined && ((enabled >>> first) & 1) === 1 ? first : anyOf(enabled, prng);
      engine.step(thread, prng.below(waysOf(engine, thread)));
      engine.memory.undoTop = 0;
    }
  } catch (error) {
    if (!(error instanceof SearchRestart)) throw error;
  }
}

function anyOf(bits: number, prng: Prng): number {
  let pick = bits;
  for (let skip = prng.below(8); skip > 0 && (pick & (pick - 1)) !== 0; skip--) pick &= pick - 1;
  return lowest(pick);
}
