/** One program, searched in every mode, against what the reference says is broken somewhere. */
import { checkSync, replay, type SearchOptions, type SearchResult } from '@shootdown/explore';
import { VIOLATION_KINDS, type System, type ViolationKind } from '@shootdown/machine';
import { rulesAtHand } from './abilities.js';
import { buildSystem, type Making } from './build.js';
import { checkWithWorkers } from './local-workers.js';
import type { Program } from './program.js';
import { explore, type Reference } from './reference.js';

/** A search that said something else than the reference. */
export interface Disagreement {
  /** The mode, such as `dfs only=deadlock`. */
  readonly mode: string;
  /** What sort of disagreement it is, equal for those that are alike. */
  readonly sort: string;
  /** What the search said and what the reference said. */
  readonly text: string;
}

/** What came of one program. */
export interface Comparison {
  readonly reference: Reference;
  /** Why nothing, or not everything, could be compared. */
  readonly undecided: readonly string[];
  readonly disagreements: readonly Disagreement[];
  readonly searches: number;
}

/** How much is done for one program. */
export interface Effort {
  /** States that the reference looks at. */
  readonly states: number;
  /** Seconds for each search and for the reference. */
  readonly seconds: number;
  /** Which of the kinds that are broken nowhere are asked for: another number, others. */
  readonly turn: number;
}

/** The searches that end by having seen everything. */
const EXHAUSTIVE: Readonly<Record<string, SearchOptions>> = {
  dfs: {},
  bfs: { strategy: 'bfs' },
  'no reduction': { reduction: false },
  'no partial order': { partialOrder: false },
  'partial order': { partialOrder: true },
  'dead answers': { deadAnswers: true },
  bare: { reduction: false, deadAnswers: true, symmetry: false },
  'no symmetry': { symmetry: false },
  'two threads': {},
  written: {},
  'written, no reduction': { reduction: false },
};

/** The mode in which another thread helps. */
const CREW = 'two threads';

/** Modes that are others without symmetries. */
const SYMMETRIC_ONLY: ReadonlySet<string> = new Set(['no symmetry', 'partial order']);

/** The mode in which code does not tell where it stands; not for programs with loops that may go on for ever. */
const WRITTEN = 'written';

/** The searches that sample. */
const SAMPLING: Readonly<Record<string, SearchOptions>> = {
  random: { strategy: 'random', maxRuns: 12 },
  pct: { strategy: 'pct', maxRuns: 12 },
};

/** What `only` is tried with: everything that the reference knows of. */
const KINDS: readonly ViolationKind[] = VIOLATION_KINDS;

/** Compares the searches of a program, or some of them by name, with the reference. */
export function compare(program: Program, effort: Effort, modes: (mode: string) => boolean = () => true): Comparison {
  const bounds = { states: effort.states, time: effort.seconds * 1000 };
  return compareWith(explore(buildSystem(program, 'interpreted'), bounds, rulesAtHand()), program, effort, modes);
}

/** As {@link compare}, with what the reference said. */
export function compareWith(
  reference: Reference,
  program: Program,
  effort: Effort,
  modes: (mode: string) => boolean = () => true,
): Comparison {
  return new Comparing(program, effort).compareWith(reference, modes);
}

class Comparing {
  readonly #program: Program;
  readonly #effort: Effort;
  readonly #turn: number;
  readonly #undecided: string[] = [];
  readonly #disagreements: Disagreement[] = [];
  #searches = 0;

  constructor(program: Program, effort: Effort) {
    this.#program = program;
    this.#effort = effort;
    this.#turn = effort.turn;
  }

  compareWith(reference: Reference, picked: (mode: string) => boolean): Comparison {
    if (!reference.complete) this.#undecided.push('reference');
    else {
      for (const [mode, options] of this.#modes(reference))
        if (picked(mode)) this.#compareMode(reference, mode, options);
    }
    return {
      reference,
      undecided: this.#undecided,
      disagreements: this.#disagreements,
      searches: this.#searches,
    };
  }

  /** Every search; of the kinds that are broken nowhere, a few in turn are asked for alone, and modes take turns too. */
  #modes({ broken }: Reference): [string, SearchOptions][] {
    const isSymmetric = this.#program.symmetric;
    const mayGoOn = /"s":"retry"|"what":"read until"/.test(JSON.stringify(this.#program));
    const exhaustive = Object.entries(EXHAUSTIVE).filter(
      ([mode]) => (isSymmetric || !SYMMETRIC_ONLY.has(mode)) && (!mayGoOn || !mode.startsWith(WRITTEN)),
    );
    const present = KINDS.filter((kind) => broken.has(kind));
    const absent = KINDS.filter((kind) => !broken.has(kind));
    const inTurn = <T>(all: readonly T[], i: number): T => all[(this.#turn + i * 5) % all.length];
    const others = exhaustive.slice(1);
    const only = [
      ...[...present, ...[0, 1, 2].map((i) => inTurn(absent, i))].map((kind) => asking(exhaustive[0], kind)),
      ...present.map((kind, i) => asking(inTurn(others, i), kind)),
    ];
    return [...exhaustive, ...only, ...Object.entries(SAMPLING)];
  }

  #compareMode(reference: Reference, mode: string, options: SearchOptions): void {
    this.#searches++;
    let result: SearchResult;
    try {
      result = this.#search(mode, options);
    } catch (error) {
      if (reference.exceptions.length === 0) this.#disagree(mode, 'throws', String(error));
      return;
    }
    const isSampling = mode in SAMPLING;
    if (result.verdict === 'unknown' && !isSampling) this.#undecided.push(`${mode} (${result.bound ?? ''})`);
    else if (result.verdict === 'violated') this.#compareViolation(reference, mode, options, result);
    else if (!isSampling) this.#compareHolds(reference, mode, options);
  }

  #search(mode: string, options: SearchOptions): SearchResult {
    const build = (): System => this.#build(mode);
    const shrink = mode === 'dfs' || mode === 'random';
    const complete = { shrink, maxSeconds: this.#effort.seconds, ...options };
    return mode.startsWith(CREW)
      ? checkWithWorkers(build, complete, 1)
      : checkSync(mode === 'dfs' ? build : build(), complete);
  }

  #build(mode: string): System {
    const making: Making = mode.startsWith(WRITTEN) ? 'written' : 'transformed';
    return buildSystem(this.#program, making);
  }

  #compareHolds(reference: Reference, mode: string, { only }: SearchOptions): void {
    const expected = only === undefined ? [...reference.broken] : only.filter((kind) => reference.broken.has(kind));
    if (expected.length > 0) this.#disagree(mode, `holds, but ${kindsOf(expected)}`, `expected ${expected.join(' ')}`);
    else if (only === undefined && reference.exceptions.length > 0)
      this.#disagree(mode, 'holds, but throws', reference.exceptions.join('; '));
  }

  #compareViolation(reference: Reference, mode: string, { only }: SearchOptions, result: SearchResult): void {
    const { kind, name } = result.violation ?? { kind: 'none', name: '' };
    const mayBe = reference.broken.has(`${kind}:${name}`) || (kind === 'deadlock' && reference.mayDeadlock);
    // It is looked for where nothing else is broken.
    const more = [...reference.broken].filter((name) => !name.startsWith('livelock'));
    if (kind === 'livelock' && only === undefined && more.length > 0)
      this.#disagree(mode, 'livelock, but more', more.join(' '));
    else if (!mayBe && !(only !== undefined && reference.cut && only.includes(kind)))
      this.#disagree(mode, `${kind}, but not`, `${kind} (${name}), expected ${[...reference.broken].join(' ')}`);
    this.#replay(mode, only, result);
  }

  #replay(mode: string, only: readonly string[] | undefined, result: SearchResult): void {
    const { schedule, violation, tellingCutBy } = result;
    if (schedule === undefined && tellingCutBy !== undefined) {
      this.#undecided.push(`${mode} (${tellingCutBy})`);
      return;
    }
    try {
      const again = replay(this.#build(mode), schedule ?? '', only, false).violation;
      if (again?.kind === violation?.kind && again?.name === violation?.name) return;
      this.#disagree(mode, 'replays otherwise', `${violation?.kind ?? ''} replays as ${again?.kind ?? 'nothing'}`);
    } catch (error) {
      this.#disagree(mode, 'does not replay', `${violation?.kind ?? ''}: ${String(error)}`);
    }
  }

  #disagree(mode: string, sort: string, text: string): void {
    this.#disagreements.push({ mode, sort, text });
  }
}

/** The same search, for one kind alone. */
function asking([mode, options]: [string, SearchOptions], kind: ViolationKind): [string, SearchOptions] {
  return [`${mode} only=${kind}`, { ...options, only: [kind] }];
}

function kindsOf(names: readonly string[]): string {
  return [...new Set(names.map((name) => name.split(':')[0]))].sort().join(' ');
}
