/** Runs the mutants of the code of one package over its scenarios that hold, and counts who was noticed. */
import type { Equivalent, MutationPlan } from '@shootdown/machine';
import { UsageError } from '../exit.js';
import type { JobResult } from './job.js';
import { mutantsOf, type Mutant, type SeenSite } from './mutants.js';
import type { MutationPool } from './pool.js';

/** What the mutants of one package are. */
export interface MutationPackage {
  readonly name: string;
  /** The variants that hold: each kills what it can. */
  readonly runs: readonly Run[];
  /** Those of them by whose code mutants are made. */
  readonly subjects: readonly Run[];
  readonly plan: MutationPlan;
  /** Whether code of a file is of this package. */
  readonly isOwn: (file: string) => boolean;
}

/** One variant that holds. */
export interface Run {
  readonly called: string;
  readonly variant: string;
}

/** A mutant that some scenario notices. */
export interface Killed extends Mutant {
  readonly by: string;
  readonly kind: string;
  readonly rule: string;
}

/** A mutant that none does, and why that is not known to be right. */
export interface Survived extends Mutant {
  /** The bounds that were hit. */
  readonly bounds: readonly string[];
  readonly errors: readonly string[];
}

/** A mutant that none can notice. */
export interface Explained extends Mutant {
  readonly reason: string;
}

/** What came of a package. */
export interface Score {
  readonly package: string;
  readonly killed: readonly Killed[];
  readonly explained: readonly Explained[];
  readonly survived: readonly Survived[];
  /** What is wrong with explanations. */
  readonly wrong: readonly string[];
  readonly seconds: number;
  /** Searches that were run. */
  readonly searches: number;
  readonly isComplete: boolean;
}

/** How mutants are run. */
export interface HowToScore {
  readonly pool: MutationPool;
  readonly maxSeconds: number;
  readonly interrupted: AbortSignal;
  readonly progress: (text: string) => void;
}

const nameOf = ({ called, variant }: Run): string => `${called}@${variant}`;

/**
 * Scores a package.
 *
 * @throws {@link UsageError} when a variant does not hold that is expected to
 */
export async function scoreOf(suite: MutationPackage, how: HowToScore): Promise<Score> {
  const begun = performance.now();
  const { reached, seconds } = await asItIs(suite, how);
  const wanted = new Set(suite.subjects.map(nameOf));
  const mutants = mutantsOf(reached, suite.plan.operations, suite.isOwn).filter(({ reachedBy }) =>
    reachedBy.some((run) => wanted.has(run)),
  );
  const tally = new Tally(suite, mutants.length, how);
  await Promise.all(mutants.map((mutant) => tally.judge(mutant, seconds)));
  const isWhole = suite.runs.length === suite.subjects.length;
  return {
    package: suite.name,
    ...tally.found,
    wrong: [...tally.wrong, ...(isWhole ? tally.unused(mutants) : [])],
    seconds: (performance.now() - begun) / 1000,
    searches: tally.searches + suite.runs.length,
    isComplete: tally.isComplete,
  };
}

/** Runs the code as it is. */
async function asItIs(
  { name, runs }: MutationPackage,
  { pool, maxSeconds, progress, interrupted }: HowToScore,
): Promise<{ reached: Map<string, readonly SeenSite[]>; seconds: Map<string, number> }> {
  const reached = new Map<string, readonly SeenSite[]>();
  const seconds = new Map<string, number>();
  await Promise.all(
    runs.map(async (run) => {
      if (interrupted.aborted) return;
      const result = await pool.run({ ...run, maxSeconds, mutation: undefined });
      if (result.verdict !== 'holds')
        throw new UsageError(`${nameOf(run)}: expected it to hold before anything is mutated, ${outcomeOf(result)}`);
      reached.set(nameOf(run), result.sites);
      seconds.set(nameOf(run), result.seconds);
      progress(`${name}: the code as it is, ${reached.size} of ${runs.length} variants`);
    }),
  );
  return { reached, seconds };
}

function outcomeOf({ verdict, kind, rule, bound, error }: JobResult): string {
  if (verdict === 'error') return `got an error: ${error ?? ''}`;
  return verdict === 'violated' ? `got ${kind ?? ''} (${rule ?? ''})` : `stopped at the bound of ${bound ?? ''}`;
}

/** Counts. */
class Tally {
  readonly #suite: MutationPackage;
  readonly #how: HowToScore;
  readonly #count: number;
  readonly #killed: Killed[] = [];
  readonly #explained: Explained[] = [];
  readonly #survived: Survived[] = [];
  readonly wrong: string[] = [];
  searches = 0;
  isComplete = true;

  constructor(suite: MutationPackage, count: number, how: HowToScore) {
    this.#suite = suite;
    this.#count = count;
    this.#how = how;
  }

  get found(): Pick<Score, 'killed' | 'explained' | 'survived'> {
    return {
      killed: inOrder(this.#killed),
      explained: inOrder(this.#explained),
      survived: inOrder(this.#survived),
    };
  }

  /** Runs a mutant over the scenarios that come by its code, the quickest first, until one notices. */
  async judge(mutant: Mutant, seconds: ReadonlyMap<string, number>): Promise<void> {
    const { pool, maxSeconds, interrupted, progress } = this.#how;
    const runs = this.#suite.runs
      .filter((run) => mutant.reachedBy.includes(nameOf(run)))
      .sort((a, b) => (seconds.get(nameOf(a)) ?? 0) - (seconds.get(nameOf(b)) ?? 0));
    const bounds = new Set<string>();
    const errors = new Set<string>();
    for (const run of runs) {
      if (interrupted.aborted) {
        this.isComplete = false;
        return;
      }
      const result = await pool.run({ ...run, maxSeconds, mutation: mutant.mutation });
      this.searches++;
      if (result.verdict === 'violated') {
        this.#kill({ ...mutant, by: nameOf(run), kind: result.kind ?? '', rule: result.rule ?? '' });
        break;
      }
      if (result.bound !== undefined) bounds.add(result.bound);
      if (result.error !== undefined) errors.add(`${nameOf(run)}: ${result.error}`);
      if (run === runs.at(-1)) this.#survive({ ...mutant, bounds: [...bounds], errors: [...errors] });
    }
    const { killed, explained, survived } = this.found;
    const done = killed.length + explained.length + survived.length;
    progress(
      `${this.#suite.name}: ${done} of ${this.#count} mutants, ${killed.length} killed, ${explained.length} explained, ${survived.length} survived`,
    );
  }

  #kill(mutant: Killed): void {
    this.#killed.push(mutant);
    const explanation = this.#explanationOf(mutant);
    // What holds of a whole class holds of those that nobody kills; what is said of one mutant is wrong if that is killed.
    if (explanation?.step !== undefined)
      this.wrong.push(`${whereOf(mutant)} is explained, and ${mutant.by} kills it: ${explanation.reason}`);
  }

  #survive(mutant: Survived): void {
    const explanation = this.#explanationOf(mutant);
    const isKnown = mutant.bounds.length === 0 && mutant.errors.length === 0;
    if (explanation !== undefined && isKnown) this.#explained.push({ ...mutant, reason: explanation.reason });
    else this.#survived.push(mutant);
  }

  #explanationOf(mutant: Mutant): Equivalent | undefined {
    return this.#suite.plan.equivalents.find((one) => fits(one, mutant));
  }

  /** Explanations of what there is not. */
  unused(mutants: readonly Mutant[]): readonly string[] {
    return this.#suite.plan.equivalents
      .filter((one) => !mutants.some((mutant) => fits(one, mutant)))
      .map(
        ({ in: kname = 'any function', step = 'any step', reason }) => `no mutant is ${step} in ${kname}: ${reason}`,
      );
  }
}

function fits({ in: kname, step, nth, class: kind }: Equivalent, mutant: Mutant): boolean {
  return (
    (kname === undefined || mutant.in.includes(kname)) &&
    (step === undefined || step === mutant.step) &&
    (nth === undefined || nth === mutant.nth) &&
    (kind === undefined ? mutant.class !== 'ordering' || step === undefined : kind === mutant.class)
  );
}

function whereOf({ class: kind, step, in: names, nth }: Mutant): string {
  return `${kind} ${step} in ${names.join(', ')} (${nth})`;
}

function inOrder<M extends Mutant>(mutants: readonly M[]): readonly M[] {
  return [...mutants].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.nth - b.nth);
}
