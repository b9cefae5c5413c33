/** The command: compares many programs, in other processes, and says what came of it. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { abilitiesAtHand } from './abilities.js';
import { Tally } from './tally.js';
import type { Order, Outcome } from './worker.js';

const USAGE = `usage: node tooling/differential/run.mjs [--programs N] [--for N] [--seed N] [--jobs N] [--states N] [--seconds N]
         [--kill N] [--shrink N] [--modes PATTERN]
       node tooling/differential/run.mjs --program NUMBER   one program: its text, and what each search says

  --programs  how many, default 100
  --for       seconds, after which no program is begun; unlimited by default
  --seed      programs SEED * 1000000 and on, default 1
  --jobs      processes, default 1
  --states    states that the reference looks at, default 5000; a program with more is undecided
  --seconds   for each search, default 3; a search that takes longer is undecided
  --shrink    seconds for making a program that disagrees smaller, default 30
  --modes     only searches whose name matches, such as '^dfs'
  --kill      seconds, besides those of --shrink, after which a program's process is ended, and the program undecided, default 60`;

const NUMBERS_A_SEED = 1_000_000;

interface Settings {
  readonly numbers: readonly number[];
  /** After so many seconds no program is begun. */
  readonly forSeconds: number;
  readonly jobs: number;
  readonly effort: Order['effort'];
  readonly killSeconds: number;
  readonly shrinkSeconds: number;
  readonly modes: string;
}

/** One process that compares, and the program it is at. */
class Job {
  readonly #settings: Settings;
  readonly #next: () => number | undefined;
  readonly #tell: (outcome: Outcome) => void;

  constructor(settings: Settings, next: () => number | undefined, tell: (outcome: Outcome) => void) {
    this.#settings = settings;
    this.#next = next;
    this.#tell = tell;
  }

  /** Compares programs until there are no more. */
  async run(): Promise<void> {
    let child: ChildProcess | undefined;
    for (let number = this.#next(); number !== undefined; number = this.#next()) {
      child ??= fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), ['--worker']);
      const outcome = await this.#ask(child, number);
      if (typeof outcome === 'string') {
        child.kill('SIGKILL');
        child = undefined;
        this.#tell(nothingOf(number, outcome));
      } else this.#tell(outcome);
    }
    child?.kill();
  }

  /** The outcome, or why there is none. */
  async #ask(child: ChildProcess, number: number): Promise<Outcome | string> {
    const { effort, killSeconds, shrinkSeconds, modes } = this.#settings;
    return new Promise((resolve) => {
      const settle = (answer: Outcome | string): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(answer);
      };
      const timer = setTimeout(() => settle(`ended after ${killSeconds} s`), (killSeconds + shrinkSeconds) * 1000);
      child.once('message', (outcome) => settle(outcome as Outcome));
      child.once('exit', (code, signal) => settle(`its process ended: ${signal ?? code ?? ''}`));
      child.send({ number, effort: { ...effort, turn: number }, shrinkSeconds, modes } satisfies Order);
    });
  }
}

function nothingOf(number: number, why: string): Outcome {
  const nothing = { states: 0, kinds: [], throws: false, searches: 0, disagreements: [] };
  return { number, ...nothing, undecided: [why] };
}

function settingsOf(args: readonly string[]): Settings {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      programs: option,
      for: option,
      seed: option,
      jobs: option,
      states: option,
      seconds: option,
      kill: option,
      shrink: option,
      modes: option,
      program: option,
    },
  });
  const number = (name: keyof typeof values, standard: number): number => {
    const value = Number(values[name] ?? standard);
    if (Number.isInteger(value) && value >= 0) return value;
    throw new RangeError(`--${name}: expected a whole number from 0, got ${JSON.stringify(values[name])}`);
  };
  const first = number('seed', 1) * NUMBERS_A_SEED;
  const numbers = Array.from({ length: number('programs', 100) }, (_, i) => first + i);
  return {
    numbers: values.program === undefined ? numbers : [number('program', 0)],
    forSeconds: values.for === undefined ? Infinity : number('for', 0),
    jobs: number('jobs', 1),
    effort: { states: number('states', 5000), seconds: number('seconds', 3), turn: 0 },
    killSeconds: number('kill', 60),
    shrinkSeconds: number('shrink', 30),
    modes: new RegExp(values.modes ?? '').source,
  };
}

async function main(): Promise<number> {
  try {
    return await run(settingsOf(process.argv.slice(2)));
  } catch (error) {
    console.error(`error: ${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
}

async function run(settings: Settings): Promise<number> {
  console.error(`at hand: ${JSON.stringify(abilitiesAtHand())}`);
  const tally = new Tally(settings.numbers.length);
  const numbers = settings.numbers.values();
  const end = performance.now() + settings.forSeconds * 1000;
  const next = (): number | undefined => (performance.now() < end ? numbers.next().value : undefined);
  const jobs = Array.from({ length: settings.jobs }, () =>
    new Job(settings, next, (outcome) => tally.add(outcome)).run(),
  );
  await Promise.all(jobs);
  console.log(tally.text());
  return tally.disagreed ? 1 : 0;
}

process.exitCode = await main();
