/** Compares programs that it is told the numbers of, and tells what came of each. */
import { compare, type Comparison, type Effort } from './compare.js';
import { generate } from './generate.js';
import { print } from './print.js';
import type { Program } from './program.js';
import { shrink } from './shrink.js';

/** What one program came to, as it travels between processes. */
export interface Outcome {
  readonly number: number;
  readonly states: number;
  /** Kinds that are broken somewhere. */
  readonly kinds: readonly string[];
  readonly throws: boolean;
  readonly searches: number;
  readonly undecided: readonly string[];
  /** By mode. */
  readonly disagreements: readonly { readonly mode: string; readonly sort: string; readonly text: string }[];
  /** The smallest program found that shows the first disagreement, and how many modes show it. */
  readonly smallest?: { readonly text: string; readonly modes: readonly string[] } | undefined;
}

/** What a worker is told. */
export interface Order {
  readonly number: number;
  readonly effort: Effort;
  /** How long a disagreement may be shrunk. */
  readonly shrinkSeconds: number;
  /** Pattern of the names of the searches to make. */
  readonly modes: string;
}

/** Compares the program of this number. */
export function outcomeOf({ number, effort, shrinkSeconds, modes }: Order): Outcome {
  const program = generate(number);
  const pattern = new RegExp(modes);
  const comparison = compare(program, effort, (mode) => pattern.test(mode));
  const { reference, undecided, disagreements, searches } = comparison;
  return {
    number,
    states: reference.states,
    kinds: [...reference.broken].filter((name) => !name.includes(':')),
    throws: reference.exceptions.length > 0,
    searches,
    undecided,
    disagreements,
    smallest:
      disagreements.length > 0 && shrinkSeconds > 0 ? smallest(program, comparison, effort, shrinkSeconds) : undefined,
  };
}

function smallest(
  program: Program,
  { disagreements }: Comparison,
  effort: Effort,
  seconds: number,
): Outcome['smallest'] {
  const [{ mode, sort }] = disagreements;
  const shows = (candidate: Program): boolean => {
    try {
      return compare(candidate, effort, (name) => name === mode).disagreements[0]?.sort === sort;
    } catch {
      // A smaller program that is no model.
      return false;
    }
  };
  const found = shrink(program, shows, seconds);
  const modes = compare(found, effort).disagreements.map((other) => `${other.mode}: ${other.sort}`);
  return { text: print(found), modes };
}

if (process.send !== undefined && process.argv.includes('--worker'))
  process.on('message', (order: Order) => {
    process.send?.(outcomeOf(order));
  });
