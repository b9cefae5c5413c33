/**
 * Looks for state that a model keeps behind memory's back, in variables that its functions and operations close over. A search runs
 * each piece of code when it first needs it, so such a variable has a value that depends on the order of the search, and may
 * look as if it never changed. Here the system is built again and its code runs in another order: it must do the same.
 */
import { ImpureModel, INTERNED, KIND, ModelError, type Memory, type Request, type System } from '@shootdown/machine';
import type { History } from './behaviour.js';
import { Engine, type EngineOptions } from './engine.js';
import { portable, revive } from './portable-value.js';
import { Prng } from './prng.js';
import { SearchRestart } from './restart.js';
import { lowest, waysOf } from './stuck.js';

/** Histories of one thread that are run again at most. */
const MOST_HISTORIES = 20_000;
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

/** What a function did, and what it does in the other system. */
type Pair = readonly [did: History, does: History];

/** Runs the functions of one thread, and no others, on all the answers they ever got. */
function runApart(engine: Engine, fresh: Engine, thread: number, order: 'first' | 'last'): void {
  const called = new Set<History>();
  const work: Pair[] = [];
  const call = (did: Request<unknown>, does: Request<unknown>): void => {
    if (did.fn === undefined || does.fn === undefined) return;
    const history = engine.behaviour.call(did.fn, did.args);
    if (called.has(history)) return;
    called.add(history);
    work.push([history, fresh.behaviour.call(does.fn, does.args)]);
  };
  call(engine.system.threads[thread].run(), fresh.system.threads[thread].run());
  for (let left = MOST_HISTORIES; left > 0; left--) {
    const pair = order === 'first' ? work.shift() : work.pop();
    if (pair === undefined) return;
    const [did, does] = pair;
    if (did.described !== does.described) throw impure(did);
    if (did.next.what !== 'request' || does.next.what !== 'request') continue;
    call(did.next.request, does.next.request);
    for (const [hi, byLo] of did.longer)
      for (const [lo, longer] of byLo) {
        const answer = carried(engine.memory, fresh.memory, did.next.request, lo, hi);
        if (answer !== undefined) work.push([longer, fresh.behaviour.after(does, ...answer)]);
      }
  }
}

/** An answer as the other system has it; `undefined` where it names something that only code of the model can make. */
function carried(
  memory: Memory,
  fresh: Memory,
  { kind }: Request<unknown>,
  lo: number,
  hi: number,
): [number, number] | undefined {
  const isValue = kind === KIND.CALL || kind === KIND.SPIN || kind === KIND.OP;
  if (!isValue || hi !== INTERNED) return [lo, hi];
  try {
    return [fresh.values.intern(revive(portable(memory.values.valueOf(lo)), fresh.layout)), hi];
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

function impure({ fn, parent }: History): ImpureModel {
  const after = parent?.next.what === 'request' ? ` after ${parent.next.request.label}` : '';
  return new ImpureModel(
    `kfunc ${fn.kname} is not a pure function of the answers it was fed: when the system was built again and the function ran ` +
      `without the others, it did something else${after}. It looks at a variable that other code changes; keep what is shared in model memory`,
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
