/** A schedule told step by step: which thread did what to which field, and what was there before and after. */
import { KIND, answerOf, type KernelBug, type Layout, type Request } from '@shootdown/machine';
import type { ReplayedSystem } from '../view/running-system.js';
import { Iterations } from './iterations.js';
import { MOST_LOOKS, ahead, type Stop } from './ahead.js';
import { FINISHED } from '../learn/automaton.js';
import { influencesOf } from './influence.js';
import { LockInversion } from '../verdict/lock-order.js';
import { answerText, cellsChanged, objectsOf, plainText, valueText, type CellChange } from './notation.js';
import { sliceOf, type Touching } from './slice.js';
import { effectOf, mayPretendFor, type WordChange } from './run-steps.js';
import type { Performed } from '../base/performed.js';
import { FOR_EVER, RESTART, type Decision } from '../base/schedule.js';
import { siteIn } from '../base/site.js';
import { withWhatIsMissing } from './story.js';

/** One performed request. */
export interface TraceStep {
  /** Name of the thread. */
  readonly thread: string;
  /** Innermost function. */
  readonly func: string;
  /** The kernel's name of the operation. */
  readonly op: string;
  /** Path of the field or object, such as `npu[1].mmioAtsdUsage`; empty where the step is given none. */
  readonly target: string;
  /** Whether the target is no field, but what the operation says of itself. */
  readonly says: boolean;
  /** Value of the field before and after, as text; empty without one. */
  readonly before: string;
  readonly after: string;
  /** What the step answered, as text; empty for nothing. */
  readonly result: string;
  /** Functions on the stack, innermost first. */
  readonly stack: readonly string[];
  /** Source position of the request, `file:line:column`, where known. */
  readonly site: string;
  /** Its number in the run, from 1; 0 between runs. */
  readonly step: number;
  /** Which decision of the schedule led to it. */
  readonly decision: number;
  /** The cells that it changed, but for locks, what only the specification sees, and whether objects are allocated. */
  readonly changes: readonly CellChange[];
  /** Whether a reader needs the step to see what went wrong. */
  readonly matters: boolean;
  /** Whether it broke the rule, or the rule would not have been broken without it. */
  readonly isDecisive: boolean;
  /** What it did in a notation that never changes, by which tokens know it. */
  readonly identity: string;
}

/** What is known of a step when it is taken. */
export type TellingStep = Omit<TraceStep, 'step' | 'decision' | 'matters' | 'isDecisive'>;

/** Stands between the runs of a counterexample that needs several, and before a circle. */
const MARK: TraceStep = {
  thread: '',
  func: '',
  op: '',
  target: '',
  says: false,
  before: '',
  after: '',
  result: '',
  stack: [],
  site: '',
  step: 0,
  decision: 0,
  changes: [],
  matters: true,
  isDecisive: false,
  identity: '',
};

/**
 * Runs a schedule from the start and tells it; also gives the same schedule at the finest granularity.
 *
 * @param bug - what it breaks, where that is known: says which steps matter
 */
export function tell(
  engine: ReplayedSystem,
  schedule: readonly Decision[],
  bug?: KernelBug,
): { steps: TraceStep[]; fine: Decision[] } {
  const steps: TraceStep[] = [];
  const fine: Decision[] = [];
  const touching: Touching[] = [];
  let changes: WordChange[] = [];
  let at = -1; // of what the initial state is made of
  const iterations = new Iterations(engine);
  let count = 0;
  engine.recorder = (performed) => {
    const told = stepOf(engine, performed, changes);
    steps.push({ ...told, step: ++count, decision: Math.max(0, at), matters: true, isDecisive: false });
    const isLocal = engine.isAlwaysLocal(performed.control);
    touching.push({
      action: at,
      thread: performed.thread,
      iteration: iterations.of(performed.thread),
      mayPretend: !isLocal && touching.at(-1)?.action !== at && mayPretendFor(performed.request),
      isWait: performed.request.kind === KIND.AWAIT,
      touched: performed.touched,
      changes,
      effect: effectOf(performed, changes),
      isLocal,
      isDevice: ((engine.kernelThreads >>> performed.thread) & 1) === 0,
      lock: lockOf(performed.request),
      request: performed.request,
      hasAnswered: answerOf(engine.memory, performed.request, performed.lo, performed.hi) !== undefined,
    });
    changes = [];
    const choice = performed.request.kind === KIND.CHOOSE ? performed.lo : 0;
    if (!isLocal) fine.push({ thread: performed.thread, choice });
  };
  const listen = (): void => {
    if (bug === undefined) return;
    engine.memory.listener = (address, old, value) => {
      if (address < engine.controls) changes.push({ address, old, value });
    };
  };
  engine.forgetLockOrder();
  try {
    engine.reset();
    iterations.begin();
    listen();
    at = 0;
    for (const action of schedule) {
      if (action.thread === RESTART) {
        const op = action.choice === FOR_EVER ? 'the cycle starts here' : 'another run';
        steps.push({ ...MARK, op, identity: `||${op}||||` });
        touching.push({ ...NOTHING, action: at });
        fine.push(action);
      }
      const before = fine.length;
      engine.take(action);
      if (engine.runEnded && fine.length === before) fine.push(action); // ends its thread, and performs nothing
      iterations.took(action);
      if (action.thread === RESTART) listen();
      at++;
    }
  } finally {
    engine.recorder = undefined;
    if (bug !== undefined) engine.memory.listener = undefined;
  }
  if (bug === undefined) return { steps, fine };
  const ended = new Set(touching.filter((one) => hasEnded(engine, iterations, one)).map(({ iteration }) => iteration));
  const { shown, decisive } = relevant(engine, schedule, touching, bug, ended);
  const told = steps.map((step, i) => ({
    ...step,
    matters: shown[i] || step.thread === '',
    isDecisive: decisive[i] && shown[i],
  }));
  return { steps: told, fine };
}

const NOTHING: Omit<Touching, 'action'> = {
  thread: RESTART,
  iteration: -1,
  mayPretend: false,
  isWait: false,
  touched: [],
  changes: [],
  effect: '',
  isLocal: true,
  lock: 0,
};

/** Whether who took a step has come to the end of what it was doing. */
function hasEnded(engine: ReplayedSystem, iterations: Iterations, { thread, iteration }: Touching): boolean {
  return thread !== RESTART && (iteration !== iterations.of(thread) || engine.control(thread) === FINISHED);
}

/** Which steps matter for what broke; the engine is where they end. */
function relevant(
  engine: ReplayedSystem,
  schedule: readonly Decision[],
  steps: readonly Touching[],
  bug: KernelBug,
  ended: ReadonlySet<number>,
): { shown: boolean[]; decisive: boolean[] } {
  const inversion = bug instanceof LockInversion ? bug.circle.flat() : [];
  const about = new Set([...engine.concerns(bug), ...inversion, ...(bug.kind === 'deadlock' ? sleptOn(engine) : [])]);
  const influences = influencesOf(engine, schedule, steps, bug, ended);
  const decided = sliceOf(steps, influences, {
    about,
    endsWithBreach: bug.kind !== 'deadlock',
    isAboutStates: bug.kind === 'invariant',
    isAboutLocks: bug.kind !== 'invariant',
  });
  const stuckOn = bug.kind === 'deadlock' ? about : new Set<number>();
  const copies = new Set(bug.object === 0 ? [] : [bug.subject]);
  const last = steps.findLastIndex(({ isLocal }) => !isLocal);
  const decisive = new Set(influences.flatMap((one) => (one.isDecisive ? [one.reader, one.writer] : [])));
  return {
    shown: withWhatIsMissing(steps, decided, { stuckOn, copies }, engine.system.layout),
    decisive: steps.map((_, i) => decisive.has(i) || (bug.kind !== 'deadlock' && i === last)),
  };
}

/** The words that stuck threads wait for in the end, where they look at others before. */
function sleptOn(engine: ReplayedSystem): number[] {
  return engine.system.threads.flatMap((_, thread) => {
    if (((engine.kernelThreads >>> thread) & 1) === 0 || engine.control(thread) === FINISHED) return [];
    const addressAt = (stop: Stop): number => (stop === 'waits' ? engine.request(thread).address : 0);
    const address = ahead(engine, thread, MOST_LOOKS, () => undefined, addressAt);
    return address === 0 ? [] : [address];
  });
}

function lockOf({ kind, address, op }: Request<unknown>): number {
  const isLocking = kind === KIND.LOCK || kind === KIND.TRYLOCK || kind === KIND.UNLOCK || op?.takesLock === true;
  return isLocking ? address : 0;
}

/** What was done, for a reader. */
export function stepOf(engine: ReplayedSystem, performed: Performed, changes: readonly WordChange[]): TellingStep {
  const { request, before, after } = performed;
  const { layout, words } = engine.memory;
  const stack = engine.automaton.stackOf(performed.control);
  const thread = engine.system.threads[performed.thread]?.name ?? String(performed.thread);
  const func = stack.find((name) => name !== request.label) ?? '';
  // What letting a lock go answers is its caller's affair.
  const answer =
    request.kind === KIND.UNLOCK ? undefined : answerOf(engine.memory, request, performed.lo, performed.hi);
  const said = request.address === 0 ? request.op?.says?.(...request.args) : undefined;
  const path = request.address === 0 ? objectsOf(layout, request) : layout.nameOf(request.address);
  const plain = request.address === 0 ? ['', ''] : [before, after].map((value) => plainWords(layout, request, value));
  return {
    thread,
    func,
    op: request.bit < 0 ? request.label : `${request.label}(${request.bit})`,
    target: said ?? path,
    says: said !== undefined,
    before: valueText(layout, request, before),
    after: valueText(layout, request, after),
    result: answerText(layout, request, answer),
    stack,
    site: siteIn(request.site ?? ''),
    changes: cellsChanged(layout, changes, words),
    identity: [thread, func, request.label, path, ...plain, plainText(layout, answer)].join('|'),
  };
}

function plainWords(layout: Layout, request: Request<unknown>, [lo, hi]: readonly [number, number]): string {
  const type = request.type ?? layout.typeAt(request.address)?.type;
  return type === undefined ? String(lo) : plainText(layout, type.decode(lo, hi));
}
