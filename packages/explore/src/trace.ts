/** A schedule told step by step: which thread did what to which field, and what was there before and after. */
import { Cell, KIND, answerOf, isHandle, type KernelBug, type Layout, type Request } from '@shootdown/machine';
import type { Engine, Performed } from './engine.js';
import { Actors } from './actors.js';
import { influencesOf } from './influence.js';
import { LockInversion } from './lock-order.js';
import { whatMatters, type Touching } from './relevance.js';
import { effectOf, mayPretendFor, type WordChange } from './run-steps.js';
import { FOR_EVER, RESTART, type Action } from './search.js';
import { siteIn } from './site.js';

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
  /** Value of the field before and after, as text; empty without one. */
  readonly before: string;
  readonly after: string;
  /** What the step answered, as text; empty for nothing. */
  readonly result: string;
  /** Functions on the stack, innermost first. */
  readonly stack: readonly string[];
  /** Source position of the request, `file:line:column`, where known. */
  readonly site: string;
  /** Whether a reader needs the step to see what went wrong. */
  readonly matters: boolean;
}

/** Stands between the runs of a counterexample that needs several, and before a circle. */
const MARK: TraceStep = {
  thread: '',
  func: '',
  op: '',
  target: '',
  before: '',
  after: '',
  result: '',
  stack: [],
  site: '',
  matters: true,
};

/**
 * Runs a schedule from the start and tells it; also gives the same schedule at the finest granularity.
 *
 * @param bug - what it breaks, where that is known: says which steps matter
 */
export function tell(
  engine: Engine,
  schedule: readonly Action[],
  bug?: KernelBug,
): { steps: TraceStep[]; fine: Action[] } {
  const steps: TraceStep[] = [];
  const fine: Action[] = [];
  const touching: Touching[] = [];
  let changes: WordChange[] = [];
  let at = 0;
  const actors = new Actors(engine);
  engine.recorder = (performed) => {
    steps.push(stepOf(engine, performed));
    const isLocal = engine.isAlwaysLocal(performed.control);
    touching.push({
      action: at,
      thread: performed.thread,
      actor: actors.of(performed.thread),
      mayPretend: !isLocal && touching.at(-1)?.action !== at && mayPretendFor(performed.request),
      touched: performed.touched,
      changes,
      effect: effectOf(performed, changes),
      isLocal,
      lock: lockOf(performed.request),
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
    actors.begin();
    listen();
    for (const action of schedule) {
      if (action.thread === RESTART) {
        steps.push({ ...MARK, op: action.choice === FOR_EVER ? 'for ever from here' : 'another run' });
        touching.push({ ...NOTHING, action: at });
        fine.push(action);
      }
      const before = fine.length;
      engine.take(action);
      if (engine.cut && fine.length === before) fine.push(action); // ends its thread, and performs nothing
      actors.took(action);
      if (action.thread === RESTART) listen();
      at++;
    }
  } finally {
    engine.recorder = undefined;
    if (bug !== undefined) engine.memory.listener = undefined;
  }
  if (bug === undefined) return { steps, fine };
  const matters = relevant(engine, schedule, touching, bug);
  return { steps: steps.map((step, i) => ({ ...step, matters: matters[i] || step.thread === '' })), fine };
}

const NOTHING: Omit<Touching, 'action'> = {
  thread: RESTART,
  actor: -1,
  mayPretend: false,
  touched: [],
  changes: [],
  effect: '',
  isLocal: true,
  lock: 0,
};

/** Which steps matter for what broke; the engine is where they end. */
function relevant(engine: Engine, schedule: readonly Action[], steps: readonly Touching[], bug: KernelBug): boolean[] {
  const inversion = bug instanceof LockInversion ? bug.circle.flat() : [];
  const about = new Set([...engine.concerns(bug), ...inversion]);
  const endsWithBreach = bug.kind !== 'deadlock';
  return whatMatters(steps, influencesOf(engine, schedule, steps, bug), {
    about,
    endsWithBreach,
    isAboutLocks: bug.kind !== 'invariant',
  });
}

function lockOf({ kind, address, op }: Request<unknown>): number {
  const isLocking = kind === KIND.LOCK || kind === KIND.TRYLOCK || kind === KIND.UNLOCK || op?.takesLock === true;
  return isLocking ? address : 0;
}

/** What was done, for a reader. */
export function stepOf(engine: Engine, performed: Performed): TraceStep {
  const { request, before, after } = performed;
  const { layout } = engine.memory;
  const stack = engine.automaton.stackOf(performed.control);
  const hasTarget = request.address !== 0;
  return {
    thread: engine.system.threads[performed.thread]?.name ?? String(performed.thread),
    func: stack.find((name) => name !== request.label) ?? '',
    op: request.label,
    target: hasTarget ? layout.nameOf(request.address) : objectsOf(layout, request),
    before: hasTarget ? valueText(layout, request, before) : '',
    after: hasTarget ? valueText(layout, request, after) : '',
    // What letting a lock go answers is its caller's affair.
    result:
      request.kind === KIND.UNLOCK ? '' : textOf(layout, answerOf(engine.memory, request, performed.lo, performed.hi)),
    stack,
    site: siteIn(request.site ?? ''),
    matters: true,
  };
}

/** The objects that an operation is given. */
function objectsOf(layout: Layout, { kind, args }: Request<unknown>): string {
  if (kind !== KIND.OP) return '';
  return args
    .filter((arg) => isHandle(arg))
    .map((arg) => textOf(layout, arg))
    .join(', ');
}

/** A value at a request's address, as text. */
export function valueText(layout: Layout, request: Request<unknown>, [lo, hi]: readonly [number, number]): string {
  const type = request.type ?? layout.typeAt(request.address)?.type;
  return type === undefined ? String(lo) : textOf(layout, type.decode(lo, hi));
}

function textOf(layout: Layout, value: unknown): string {
  if (isHandle(value)) return layout.nameOfObject(value);
  if (value instanceof Cell) return layout.nameOf(value.address);
  if (Array.isArray(value)) return `(${value.map((element) => textOf(layout, element)).join(', ')})`;
  switch (typeof value) {
    case 'undefined':
      return '';
    case 'bigint':
      return value < 10n ? value.toString() : `0x${value.toString(16)}`;
    case 'object':
      return 'NULL';
    default:
      return String(value);
  }
}
