/** Compares what the engine says of a program, in every mode, with what a naive reference says that shares no code with it. */
import type { System } from '@shootdown/machine';
import { checkSync, replay, type SearchOptions, type SearchResult } from '../src/index.js';
import { parseSchedule } from '../src/counterexample/schedule-text.js';
import { compile } from './compile.js';
import type { Program } from './program.js';
import { explore, type Reference } from './reference.js';

const MOST_STATES = 1000;
const KINDS = [
  'invariant',
  'deadlock',
  'livelock',
  'assertion',
  'data-race',
  'guard',
  'lock-order',
  'lock-misuse',
  'refcount',
];
const NAMES = ['inv0', 'inv1', 'fin', 'one', 'two'];
const MODES: Readonly<Record<string, SearchOptions>> = {
  'all states': { reduction: false, symmetry: false },
  'dead answers left out': { reduction: false, deadAnswers: false, symmetry: false },
  'symmetry alone': { reduction: false },
  reduced: { partialOrder: true },
  'reduced, dead answers kept': { deadAnswers: true },
  'reduced, all orders': { partialOrder: false },
  'reduced, breadth first': { strategy: 'bfs' },
  'partial order, breadth first': { strategy: 'bfs', partialOrder: true },
};

const kindOf = (rule: string): string => rule.slice(0, rule.indexOf(':'));
const nameOf = (rule: string): string => rule.slice(rule.indexOf(':') + 1);
/** What is asked for a kind: where a spinning thread changes memory in vain, the engine calls it a livelock. */
const asked = (kind: string): string[] => (kind === 'deadlock' ? ['deadlock', 'livelock'] : [kind]);

/** Makes the system that is to behave as a program does; fills in the memory of every end. */
export type Build = (finalMemories?: Set<string>) => System;

/** Searches, as {@link checkSync} does. */
export type Searcher = (system: System, options: SearchOptions) => SearchResult;

/**
 * Every way in which engine and reference disagree.
 *
 * @param build - makes what the engine is given; by default the program, compiled
 */
export function disagreements(
  model: Program,
  build: Build = (memories) => compile(model, memories),
  search: Searcher = checkSync,
): string[] {
  const found = explore(model, MOST_STATES);
  if (found === undefined) return [];
  // What lies outside the stated size is not known, so neither is whether it would have helped.
  const broken = new Map(
    [...found.broken].filter(([rule]) => model.within === undefined || kindOf(rule) !== 'deadlock'),
  );
  return [
    ...statesDiffer(model, build, search, found),
    ...verdictsDiffer(model, build, search, broken),
    ...lengthsDiffer(build, search, broken),
  ];
}

function statesDiffer(model: Program, build: Build, search: Searcher, found: Reference): string[] {
  const wrong: string[] = [];
  for (const [mode, options] of Object.entries(MODES)) {
    const memories = new Set<string>();
    const { verdict, complete, states } = search(build(memories), {
      ...options,
      only: ['nothing', 'record'],
    });
    if (verdict !== 'holds' || !complete) wrong.push(`${mode}: ${verdict} where nothing counts`);
    if (mode === 'all states' && states !== found.states) wrong.push(`${states} states, expected ${found.states}`);
    if (mode === 'all states' && states < found.projected)
      wrong.push(`${states} states, expected at least ${found.projected}`);
    if (model.isSymmetric === true) continue; // one end stands for its images
    const [got, expected] = [[...memories].sort().join(' '), [...found.finalMemories].sort().join(' ')];
    if (got !== expected) wrong.push(`${mode}: final memories ${got}, expected ${expected}`);
  }
  return wrong;
}

function verdictsDiffer(model: Program, build: Build, search: Searcher, broken: ReadonlyMap<string, number>): string[] {
  const kinds = [...new Set([...broken.keys()].map(kindOf))];
  const names = NAMES.filter((name) => [...broken.keys()].some((rule) => nameOf(rule) === name));
  const absentKinds = KINDS.filter(
    (kind) => !kinds.includes(kind) && (model.within === undefined || (kind !== 'deadlock' && kind !== 'livelock')),
  );
  const absent = [...absentKinds, ...NAMES.filter((name) => !names.includes(name) && !kinds.includes('assertion'))];
  const wrong: string[] = [];
  for (const mode of ['all states', 'symmetry alone', 'reduced', 'partial order, breadth first']) {
    const options = MODES[mode];
    const ask = (only: readonly string[], expected: SearchResult['verdict']): void => {
      const { verdict, violation } = search(build(), { ...options, only, shrink: false });
      if (verdict !== expected)
        wrong.push(`${mode}, only ${only.join(' ')}: ${verdict} ${violation?.name ?? ''}, expected ${expected}`);
      else if (violation !== undefined && !only.includes(violation.kind) && !only.includes(violation.name))
        wrong.push(`${mode}: ${violation.kind} was not asked for`);
    };
    ask(
      absent.filter((each) => !names.includes(each) && !kinds.includes(each)),
      'holds',
    );
    for (const kind of kinds) ask(asked(kind), 'violated');
    for (const name of names) ask([name], 'violated');
  }
  return wrong;
}

function lengthsDiffer(build: Build, search: Searcher, broken: ReadonlyMap<string, number>): string[] {
  const wrong: string[] = [];
  for (const kind of new Set([...broken.keys()].map(kindOf))) {
    const result = search(build(), {
      strategy: 'bfs',
      reduction: false,
      symmetry: false,
      only: asked(kind),
      shrink: false,
    });
    if (result.schedule === undefined || result.violation?.kind !== kind) continue;
    if (kind === 'livelock') continue;
    const least = Math.min(...[...broken].filter(([rule]) => kindOf(rule) === kind).map(([, length]) => length));
    const { length } = parseSchedule(result.schedule).schedule;
    if (kind !== 'lock-order' && (kind === 'deadlock' ? length < least : length !== least))
      wrong.push(`${kind} after ${length} steps, expected ${least}`);
    const again = replay(build(), result.schedule, asked(kind));
    if (again.schedule !== result.schedule || again.violation?.name !== result.violation.name)
      wrong.push(`${kind} is not replayed`);
  }
  return wrong;
}
