/** A schedule told step by step: which thread did what to which field, and what was there before and after. */
import { Cell, KIND, answerOf, isHandle, type KernelBug, type Layout, type Request } from '@shootdown/machine';
import type { Engine, Performed } from './engine.js';
import { Actors } from './actors.js';
import { FINISHED } from './automaton.js';
import { influencesOf } from './influence.js';
import { LockInversion } from './lock-order.js';
import { whatMatters, type Touching } from './relevance.js';
import { effectOf, mayPretendFor, type WordChange } from './run-steps.js';
import { FOR_EVER, RESTART, type Action } from './search.js';
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
  let at = -1; // of what the initial state is made of
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
    actors.begin();
    listen();
    at = 0;
    for (const action of schedule) {
      if (action.thread === RESTART) {
        steps.push({ ...MARK, op: action.choice === FOR_EVER ? 'for ever from here' : 'another run' });
        touching.push({ ...NOTHING, action: at });
        fine.push(action);
      }
      engine.take(action);
      actors.took(action);
      if (action.thread === RESTART) listen();
      at++;
    }
  } finally {
    engine.recorder = undefined;
    if (bug !== undefined) engine.memory.listener = undefined;
  }
  if (bug === undefined) return { steps, fine };
  const ended = new Set(touching.filter((one) => hasEnded(engine, actors, one)).map(({ actor }) => actor));
  const matters = relevant(engine, schedule, touching, bug, ended);
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

/** Whether who took a step has come to the end of what it was doing. */
function hasEnded(engine: Engine, actors: Actors, { thread, actor }: Touching): boolean {
  return thread !== RESTART && (actor !== actors.of(thread) || engine.control(thread) === FINISHED);
}

/** Which steps matter for what broke; the engine is where they end. */
function relevant(
  engine: Engine,
  schedule: readonly Action[],
  steps: readonly Touching[],
  bug: KernelBug,
  ended: ReadonlySet<number>,
): boolean[] {
  const inversion = bug instanceof LockInversion ? bug.circle.flat() : [];
  const about = new Set([...engine.concerns(bug), ...inversion]);
  const decided = whatMatters(steps, influencesOf(engine, schedule, steps, bug, ended), {
    about,
    endsWithBreach: bug.kind !== 'deadlock',
    isAboutStates: bug.kind === 'invariant',
    isAboutLocks: bug.kind !== 'invariant',
  });
  return withWhatIsMissing(steps, decided, bug.kind === 'deadlock' ? about : new Set(), engine.system.layout);
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
    result: textOf(layout, answerOf(engine.memory, request, performed.lo, performed.hi)),
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

/** The code of the machine and of the primitives, and what of it is scenarios or tests all the same. */
const OURS = /[\\/](machine|kernel|mmio|explore)[\\/](src|dist)[\\/](?!scenarios[\\/])(?!.*\.test\.)/;
/** Where a thread's generator is resumed: the frames outside of it are of the search. */
const OUTSIDE = /[\\/]machine[\\/](src|dist)[\\/]running\./;

/** The first frame of a JavaScript stack that is model code, as `file:line:column`; empty if there is none. */
export function siteIn(stack: string): string {
  for (const line of stack.split('\n').slice(1)) {
    const at = /\(?((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/.exec(line.trim())?.[1];
    if (at === undefined) continue;
    if (OUTSIDE.test(at)) return '';
    if (!OURS.test(at)) return at.replace('file://', '');
  }
  return '';
}
