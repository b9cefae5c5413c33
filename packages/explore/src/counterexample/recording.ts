/**
 * A counterexample recorded for a viewer: what memory held before the first step, what each step changed and read, where its
 * thread stood, and what every thread would do next. Interned, so that a run of 20 000 steps stays small.
 */
import type { Performed } from '../base/performed.js';
import { FOR_EVER, RESTART, type Decision } from '../base/schedule.js';
import { siteIn } from '../base/site.js';
import { FINISHED } from '../learn/automaton.js';
import type { ReplayedSystem } from '../view/running-system.js';
import type { Frame } from './evidence-run.js';
import { CellImages, type RecordedCell } from './cell-images.js';
import { objectsOf } from './notation.js';

/** How a thread stands between two steps. */
export interface RecordedThread {
  /** Its place in {@link Recording.threads}. */
  readonly thread: number;
  /** `stopped` by another thread that runs in its place. */
  readonly how: 'next' | 'waits' | 'stopped' | 'ended';
  /** The step that it takes next or waits to take; empty for one that has ended. */
  readonly op: string;
  readonly target: string;
  /** Where it stands, in {@link Recording.stacks}. */
  readonly stack: number;
}

/** What a step of the trace did to memory. */
export interface RecordedStep {
  /** Where its thread stood, in {@link Recording.stacks}. */
  readonly stack: number;
  /** The cells that it read, by their place in {@link Recording.cells}. */
  readonly read: readonly number[];
  /** The cells that it wrote, with what they hold afterwards. */
  readonly wrote: readonly (readonly [cell: number, value: string])[];
  /** The threads that stand differently afterwards. */
  readonly threads: readonly RecordedThread[];
}

/** A counterexample, recorded. */
export interface Recording {
  readonly threads: readonly {
    readonly name: string;
    readonly kind: 'kernel' | 'daemon' | 'device';
    readonly cpu?: number;
  }[];
  /** The locks, and all cells that hold something at first or are read or written. */
  readonly cells: readonly RecordedCell[];
  /** The stacks that threads had, innermost function first. */
  readonly stacks: readonly (readonly Frame[])[];
  /** How the threads stand before the first step. */
  readonly start: readonly RecordedThread[];
  /** One for each step of the trace, marks between runs included. */
  readonly steps: readonly RecordedStep[];
}

/**
 * Runs a schedule and records it.
 *
 * @param engine - one whose every access is a step, with sites captured; is left in some other state
 * @throws {@link Stopped} when there was no time left
 */
export function recordingOf(engine: ReplayedSystem, schedule: readonly Decision[]): Recording {
  const recorder = new Recorder(engine);
  for (const decision of schedule) {
    const isRestart = decision.thread === RESTART;
    const isAnother = isRestart && decision.choice !== FOR_EVER;
    if (isRestart) recorder.mark();
    if (isAnother) recorder.beginsAgain();
    engine.take(decision);
    if (isAnother) recorder.beganAgain();
    recorder.settled();
  }
  return recorder.finish();
}

/** A step while later ones may still add to it. */
interface OpenStep {
  readonly stack: number;
  readonly read: number[];
  readonly wrote: (readonly [number, string])[];
  readonly threads: RecordedThread[];
}

class Recorder {
  readonly #engine: ReplayedSystem;
  /** Made when the first step is performed, at the latest: what the start of a run settles are steps too. */
  #made: CellImages | undefined;
  readonly #stacks = new Map<string, number>();
  readonly #frames: (readonly Frame[])[] = [];
  readonly #stackOf = new Map<number, number>();
  readonly #cells: CellImages;
  readonly #steps: OpenStep[] = [];
  readonly #start: readonly RecordedThread[];
  readonly #stands: string[] = [];
  #changed = new Set<number>();
  /** Set while a run begins: its first local steps are taken then, and nobody tells which words change. */
  #isBeginning = true;
  /** Set until the first step of a run that is not the first. */
  #isFresh = false;

  constructor(engine: ReplayedSystem) {
    this.#engine = engine;
    engine.recorder = (performed) => {
      this.#performed(performed);
    };
    engine.reset();
    this.#cells = this.#made ??= new CellImages(engine);
    this.#isBeginning = false;
    this.#start = this.#standing();
    this.#listen();
  }

  /** Stands between two runs, or where a circle begins. */
  mark(): void {
    this.#steps.push({ stack: this.#stackNumber(FINISHED), read: [], wrote: [], threads: [] });
  }

  /** A run begins again: memory will be as it was at first. */
  beginsAgain(): void {
    this.#isBeginning = true;
    this.#isFresh = true;
  }

  /** It has begun. */
  beganAgain(): void {
    this.#steps.at(-1)?.wrote.push(...this.#cells.changed(this.#cells.all));
    this.#isBeginning = false;
    this.#isFresh = false;
    this.#listen();
  }

  /** A decision of the schedule has been taken. */
  settled(): void {
    this.#steps.at(-1)?.threads.push(...this.#standing());
  }

  finish(): Recording {
    const { system } = this.#engine;
    this.#engine.recorder = undefined;
    this.#engine.memory.listener = undefined;
    const { cells, numbers } = this.#cells.worthTelling();
    return {
      threads: system.threads.map(({ name, kind = 'kernel' }, i) => {
        const cpu = system.timing?.cpuOf?.(i);
        return { name, kind, ...(cpu !== undefined && { cpu }) };
      }),
      cells,
      stacks: this.#frames,
      start: this.#start,
      steps: this.#steps.map(({ read, wrote, ...step }) => ({
        ...step,
        read: read.map((cell) => numbers[cell]),
        wrote: wrote.map(([cell, value]) => [numbers[cell], value] as const),
      })),
    };
  }

  #listen(): void {
    const { memory, controls } = this.#engine;
    this.#changed = new Set();
    memory.listener = (address) => {
      if (address < controls) this.#changed.add(address);
    };
  }

  #performed(performed: Performed): void {
    const { control, touched } = performed;
    const cells = (this.#made ??= CellImages.before(this.#engine, performed));
    const read = [...new Set(touched.flatMap(({ address, isWrite }) => (isWrite ? [] : cells.at(address))))];
    const among = this.#isBeginning ? cells.all : [...this.#changed].flatMap((address) => cells.at(address));
    const wrote = cells.changed(among);
    if (this.#isFresh) this.#steps.at(-1)?.wrote.push(...wrote.splice(0));
    this.#isFresh = false;
    this.#changed.clear();
    this.#steps.push({ stack: this.#stackNumber(control), read, wrote, threads: [] });
    cells.noteRead(read);
  }

  /** The threads that stand differently than when this was last asked. */
  #standing(): RecordedThread[] {
    const engine = this.#engine;
    const enabled = engine.enabled();
    return engine.system.threads.flatMap((_, thread) => {
      const stand = this.#stand(thread, ((enabled >>> thread) & 1) === 1);
      const key = JSON.stringify(stand);
      if (this.#stands[thread] === key) return [];
      this.#stands[thread] = key;
      return [stand];
    });
  }

  #stand(thread: number, isEnabled: boolean): RecordedThread {
    const engine = this.#engine;
    const control = engine.control(thread);
    const stack = this.#stackNumber(control);
    if (control === FINISHED) return { thread, how: 'ended', op: '', target: '', stack };
    const request = engine.request(thread);
    const { label, bit, address } = request;
    const { layout } = engine.memory;
    return {
      thread,
      how: isEnabled ? 'next' : engine.isStopped(thread) ? 'stopped' : 'waits',
      op: bit < 0 ? label : `${label}(${bit})`,
      target:
        address === 0 ? (request.op?.says?.(...request.args) ?? objectsOf(layout, request)) : layout.nameOf(address),
      stack,
    };
  }

  #stackNumber(control: number): number {
    const known = this.#stackOf.get(control);
    if (known !== undefined) return known;
    const frames = this.#engine.automaton
      .framesOf(control)
      .map(({ func, request }) => ({ func, site: siteIn(request?.site ?? '') }));
    const key = JSON.stringify(frames);
    const number = this.#stacks.get(key) ?? this.#frames.push(frames) - 1;
    this.#stacks.set(key, number);
    this.#stackOf.set(control, number);
    return number;
  }
}
