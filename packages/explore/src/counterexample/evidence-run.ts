/** A counterexample run once more: every step, who changed which word when, and where locks were taken under others. */
import { KIND, answerOf, type KernelBug, type LayoutImage, type Request } from '@shootdown/machine';
import { MOST_LOOKS, ahead } from './ahead.js';
import type { ReplayedSystem } from '../view/running-system.js';
import type { Performed } from '../base/performed.js';
import { FOR_EVER, RESTART, type Decision } from '../base/schedule.js';
import { valueText } from './notation.js';
import type { WordChange } from './run-steps.js';
import { siteIn } from '../base/site.js';
import { stepOf, type TraceStep } from './trace.js';

/** One function on a stack. */
export interface Frame {
  readonly func: string;
  /** Where in it, `file:line:column`; empty in the primitives and where it is not known. */
  readonly site: string;
}

/** What a thread did, or is about to do. */
export interface Moment extends Pick<
  TraceStep,
  'thread' | 'func' | 'op' | 'target' | 'before' | 'after' | 'result' | 'changes'
> {
  /** Functions on the stack, innermost first. */
  readonly frames: readonly Frame[];
  /** The other locks its thread held. */
  readonly holding: readonly string[];
  readonly index: number;
}

/** A word that a step changed. */
export interface Change {
  readonly address: number;
  readonly old: number;
  readonly value: number;
  readonly moment: Moment;
}

/** A step that answered NULL, and the address it had that from; 0 for none. */
export interface NullRead {
  readonly address: number;
  readonly moment: Moment;
}

/** A lock taken under another. */
export interface Nesting {
  readonly held: Moment | undefined;
  readonly taken: Moment;
}

/** Runs a schedule and remembers it; the engine is then where the schedule ends. */
export class Run {
  readonly engine: ReplayedSystem;
  /** The step that broke the rule; the last one, where it is the state that is wrong. */
  readonly breaking: Moment | undefined;
  readonly #moments: Moment[] = [];
  /** Of the last run of the schedule. */
  #changes: Change[] = [];
  /** Of the last run of the schedule. */
  #nulls: NullRead[] = [];
  readonly #starts: readonly number[];
  readonly #nestings = new Map<string, Nesting>();
  #circle = 0;

  constructor(engine: ReplayedSystem, schedule: readonly Decision[], bug: KernelBug) {
    this.engine = engine;
    const { memory } = engine;
    const isWanted = (other: KernelBug | undefined): boolean => other?.kind === bug.kind && other.rule === bug.rule;
    let pending: Omit<Change, 'moment'>[] = [];
    let breaking: Moment | undefined;
    engine.recorder = (performed) => {
      const moment = this.#momentOf(performed, pending);
      this.#moments.push(moment);
      this.#changes.push(...pending.map((change) => ({ ...change, moment })));
      pending = [];
      if (answeredNull(engine, performed)) this.#nulls.push({ address: performed.request.address, moment });
      this.#noteNesting(performed.request, moment);
      if (isWanted(engine.bug)) breaking ??= moment;
    };
    const listen = (): void => {
      memory.listener = (address, old, value) => {
        if (address < engine.controls) pending.push({ address, old, value });
      };
    };
    engine.forgetLockOrder();
    engine.reset();
    this.#starts = engine.system.threads.map((_, thread) => engine.control(thread));
    listen();
    for (const action of schedule) {
      engine.take(action);
      if (action.thread !== RESTART) continue;
      this.#circle = this.#moments.length;
      if (action.choice === FOR_EVER) continue;
      this.#changes = [];
      this.#nulls = [];
      listen();
    }
    engine.recorder = undefined;
    memory.listener = undefined;
    this.breaking = breaking ?? this.#raised(isWanted) ?? this.#moments.at(-1);
  }

  /** The latest change that meets a condition, at `until` or before. */
  lastChange(meets: (change: Change) => boolean, until?: Moment): Change | undefined {
    return this.#changes.findLast(
      (change) => (until === undefined || change.moment.index <= until.index) && meets(change),
    );
  }

  /**
   * The last step of the thread of `moment` that answered NULL.
   *
   * @param from - address of the cell it was read from, if that is known; else 0
   */
  lastNull({ thread }: Moment, from: number): NullRead | undefined {
    const isIts = (one: NullRead): boolean => one.moment.thread === thread;
    return (
      this.#nulls.findLast((one) => isIts(one) && one.address === from && from !== 0) ?? this.#nulls.findLast(isIts)
    );
  }

  /** Where `to` was taken by one who held `from`, for the first time. */
  nesting(from: number, to: number): Nesting | undefined {
    return this.#nestings.get(`${from},${to}`);
  }

  /** For each thread that runs in the circle at the end: a step that got it nowhere. */
  circling(): Moment[] {
    const circle = this.#moments.slice(this.#circle);
    return [...new Set(circle.map(({ thread }) => thread))].flatMap((thread) => {
      const own = circle.filter((moment) => moment.thread === thread);
      return own.findLast(({ before, after, target }) => target !== '' && before === after) ?? own.at(-1) ?? [];
    });
  }

  /** Whether a thread is where it began. */
  isAtStart(thread: number): boolean {
    return this.engine.control(thread) === this.#starts[thread];
  }

  /** What an enabled thread would do next. */
  next(thread: number): Moment | undefined {
    return this.ahead(thread, 1)[0];
  }

  /** The steps that a thread would take alone. */
  ahead(thread: number, most: number): Moment[] {
    const moments: Moment[] = [];
    ahead(
      this.engine,
      thread,
      most,
      (performed, changes) => moments.push(this.#momentOf(performed, changes)),
      () => undefined,
    );
    return moments;
  }

  /** What a thread waits for that cannot go on, once it has looked as often as it will; and whether it looks for ever. */
  stuck(thread: number): { readonly moment: Moment; readonly spins: boolean } {
    return ahead(
      this.engine,
      thread,
      MOST_LOOKS,
      () => undefined,
      (stop) => ({ moment: this.#waiting(thread), spins: stop !== 'waits' }),
    );
  }

  /** What a thread waits for. */
  #waiting(thread: number): Moment {
    const { engine } = this;
    const control = engine.control(thread);
    const request = engine.request(thread);
    const { address } = request;
    const { memory } = engine;
    const { words, layout } = memory;
    const value = valueText(layout, request, [words[address], words[address + 1]]);
    const isLock = memory.image.locks.some((lock) => lock.address === address);
    return {
      ...this.#at(thread, control, request.label, address),
      target: address === 0 ? '' : layout.nameOf(address),
      before: value,
      after: value,
      result: isLock ? '' : value,
    };
  }

  #momentOf(performed: Performed, changed: readonly WordChange[]): Moment {
    const { op, target, before, after, result, changes, func } = stepOf(this.engine, performed, changed);
    const { thread, control, request } = performed;
    return { ...this.#at(thread, control, op, request.address), func, target, before, after, result, changes };
  }

  /** Where a thread is that threw a broken rule itself. */
  #raised(isWanted: (bug: KernelBug | undefined) => boolean): Moment | undefined {
    const { engine } = this;
    for (let thread = 0; thread < engine.threadCount; thread++) {
      const control = engine.control(thread);
      const bug = engine.automaton.raised[control];
      if (bug === undefined || !isWanted(bug)) continue;
      const moment = this.#at(thread, control, bug.rule, 0);
      const [top, ...below] = moment.frames;
      return { ...moment, frames: [{ func: top.func, site: siteIn(bug.stack ?? '') }, ...below] };
    }
    return undefined;
  }

  #at(thread: number, control: number, op: string, address: number): Moment {
    const { engine } = this;
    const { layout } = engine.memory;
    const frames = engine.automaton
      .framesOf(control)
      .map(({ func, request }) => ({ func, site: siteIn(request?.site ?? '') }));
    return {
      thread: engine.system.threads[thread].name,
      func: frames.find(({ func }) => func !== op)?.func ?? '',
      op,
      target: '',
      before: '',
      after: '',
      result: '',
      changes: [],
      frames,
      holding: this.#locksOf(thread, address).map((lock) => layout.nameOf(lock)),
      index: this.#moments.length,
    };
  }

  /** Addresses of the locks that a thread holds, but for the one at `except`. */
  #locksOf(thread: number, except: number): number[] {
    const { memory } = this.engine;
    const { thread: running } = memory;
    memory.thread = thread;
    const held = memory.image.locks.filter(
      ({ address, lock, shared }) => lock !== 'token' && address !== except && memory.holds(address, shared),
    );
    memory.thread = running;
    return held.map(({ address }) => address);
  }

  #noteNesting(request: Request<unknown>, taken: Moment): void {
    if (request.kind !== KIND.LOCK && request.op?.takesLock !== true) return;
    const { memory } = this.engine;
    for (const from of this.#locksOf(memory.thread, request.address)) {
      const key = `${from},${request.address}`;
      if (this.#nestings.has(key)) continue;
      const held = this.#changes.findLast(
        ({ address, moment }) => isOfLock(memory.image, from, address) && moment.thread === taken.thread,
      )?.moment;
      this.#nestings.set(key, { held, taken });
    }
  }
}

/** Whether a word is the holder word of a lock, or its readers. */
function isOfLock({ locks }: LayoutImage, lock: number, address: number): boolean {
  return address === lock || (address === lock + 1 && locks.some((one) => one.address === lock && one.shared));
}

function answeredNull({ memory }: ReplayedSystem, { request, lo, hi }: Performed): boolean {
  return answerOf(memory, request, lo, hi) === null;
}
