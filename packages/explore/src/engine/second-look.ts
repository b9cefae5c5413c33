/**
 * Looks for state that a model keeps behind memory's back, in variables that its functions and operations close over. A search runs
 * each piece of code when it first needs it, so such a variable has a value that depends on the order of the search, and may
 * look as if it never changed. Here the system is built again and its code runs in other orders: it must do the same.
 */
import {
  INTERNED,
  ImpureModel,
  KIND,
  Memory,
  ModelError,
  callOf,
  codeOf,
  initialize,
  type Request,
  type System,
} from '@shootdown/machine';
import { HistoryTree, type History } from '../learn/history-tree.js';
import type { Engine } from './engine.js';
import { LiveRun, type Expected, type LiveOptions } from '../learn/live-run.js';
import { portable, revive } from '../base/portable-value.js';
import { Prng } from '../base/prng.js';

/** Histories of one thread that are run again at most. */
const MOST_HISTORIES = 20_000;
/** Runs in which threads take turns at random, besides one for each thread in which that goes first. */
const LIVE_RUNS = 16;
/** Steps of a run at most. */
const MOST_STEPS = 200;

/**
 * Runs again what a search ran.
 *
 * @param rebuild - builds the system anew, with variables of its own
 * @throws {@link ImpureModel} naming the first code that did something else
 */
export function lookAgain(engine: Engine, rebuild: () => System): void {
  const threads = engine.system.threads.map((_, i) => i);
  compareStarts(engine, rebuild());
  for (const thread of threads)
    for (const order of ['first', 'last'] as const) runApart(engine, rebuild(), thread, order);
  const expected = expectedBy(engine);
  const options: LiveOptions = {
    outcomes: engine.checks?.outcomes ?? new Map<number, number>(),
    paths: new Map<number, number>(),
    deadline: engine.deadline,
  };
  const prng = Prng.ofSeed(threads.length);
  for (const first of [...threads, ...Array.from({ length: LIVE_RUNS }, () => undefined)])
    new LiveRun(rebuild(), expected, options).run(first, prng, (bug) => engine.counts(bug), MOST_STEPS);
}

/** The initial memory of every system that is built is the same, and so it is when a system is started again. */
function compareStarts({ system }: Engine, rebuilt: System): void {
  const [first, again, other] = [system, system, rebuilt].map((one) => {
    const memory = new Memory(one.layout, one.threads.length);
    memory.code = codeOf(one);
    initialize(one, memory);
    return memory;
  });
  for (const memory of [again, other]) {
    const address = memory.words.findIndex((word, i) => word !== first.words[i]);
    if (address >= 0)
      throw new ImpureModel(
        `init is not a pure function: when it ran again, it set ${system.layout.nameOf(address)} to something else; use choose() in a thread for nondeterminism`,
      );
  }
}

/** What a function did, and what it does in the other system. */
type Pair = readonly [did: History, does: History];

/** Runs the functions of one thread, and no others, on all the answers they ever got. */
function runApart(engine: Engine, rebuilt: System, thread: number, order: 'first' | 'last'): void {
  const memory = new Memory(rebuilt.layout, rebuilt.threads.length);
  memory.code = codeOf(rebuilt);
  const histories = new HistoryTree(memory, { checkPurity: true, captureSites: false });
  histories.deadline = engine.deadline;
  const called = new Set<History>();
  const work: Pair[] = [];
  const call = (did: Request<unknown>, does: Request<unknown>): void => {
    if (did.fn === undefined || does.fn === undefined) return;
    const history = engine.histories.call(did.fn, did.args);
    if (called.has(history)) return;
    called.add(history);
    work.push([history, histories.call(does.fn, does.args)]);
  };
  call(callOf(engine.system.threads[thread]), callOf(rebuilt.threads[thread]));
  for (let left = MOST_HISTORIES; left > 0; left--) {
    const pair = order === 'first' ? work.shift() : work.pop();
    if (pair === undefined) return;
    const [did, does] = pair;
    if (did.described !== does.described) throw impure(did);
    if (did.next.what !== 'request' || does.next.what !== 'request') continue;
    call(did.next.request, does.next.request);
    for (const [hi, byLo] of did.longer)
      for (const [lo, longer] of byLo) {
        const answer = carried(engine.memory, memory, did.next.request, lo, hi);
        if (answer !== undefined) work.push([longer, histories.after(does, ...answer)]);
      }
  }
}

/** What the functions of a search do, also on answers that it left out. */
function expectedBy({ histories, memory, system }: Engine): Expected {
  const call = ({ fn, args }: Request<unknown>): History | undefined => fn && histories.call(fn, args);
  return {
    begin: (thread) => call(callOf(system.threads[thread])),
    call: ({ next }) => (next.what === 'request' ? call(next.request) : undefined),
    after: (history, from, lo, hi) => {
      if (history.next.what !== 'request') return undefined;
      const answer = carried(from, memory, history.next.request, lo, hi);
      return answer && histories.after(history, ...answer);
    },
    differs: (history) => {
      throw impure(history);
    },
  };
}

/** An answer as the other system has it; `undefined` where it names something that only code of the model can make. */
function carried(
  from: Memory,
  to: Memory,
  { kind }: Request<unknown>,
  lo: number,
  hi: number,
): [number, number] | undefined {
  const isValue = kind === KIND.CALL || kind === KIND.SPIN || kind === KIND.OP;
  if (!isValue || hi !== INTERNED) return [lo, hi];
  try {
    return [to.values.intern(revive(portable(from.values.valueOf(lo)), to.layout)), hi];
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

function impure({ fn, parent }: History): ImpureModel {
  const after = parent?.next.what === 'request' ? ` after ${parent.next.request.label}` : '';
  return new ImpureModel(
    `kfunc ${fn.kname} is not a pure function of the answers it was fed: when the system was built again and its functions ran ` +
      `in another order, it did something else${after}. It looks at a variable that other code changes; keep what is shared in model memory`,
  );
}
