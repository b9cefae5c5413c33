/** The mutants of the code that was seen to run: each operation left out or weakened, one at a time. */
import {
  KIND,
  type MemoryOrder,
  type MutableOperation,
  type Mutation,
  type MutationPlan,
  type OperationClass,
  type Request,
} from '@shootdown/machine';

/** A place in the code at which a step is taken, as a worker saw it. */
export interface SeenSite {
  /** The kernel's name of the function. */
  readonly kname: string;
  readonly label: string;
  readonly kind: number;
  readonly order: MemoryOrder;
  /** The last part of the path of what it is about; absent where it is about nothing. */
  readonly of: string | undefined;
  /** Function and program point. */
  readonly at: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One operation of the code, left out or weakened. */
export interface Mutant {
  readonly class: OperationClass;
  /** The functions that take the step: several where they have the code in common. */
  readonly in: readonly string[];
  readonly step: string;
  readonly of: string | undefined;
  /** Of the sites of that function and label the how many-th, in the order of the code, from 1. */
  readonly nth: number;
  readonly file: string;
  readonly line: number;
  readonly mutation: Mutation;
  /** Names of the runs that came by, as they were given. */
  readonly reachedBy: readonly string[];
}

/** The place of a request in the code, as far as a step of it can be a mutant. */
export function siteOf(
  request: Request<unknown>,
  kname: string,
  at: string,
  pathOf: (address: number) => string,
): SeenSite {
  const { label, kind, order, args } = request;
  const [file, line, column] = generatorFrameOf(request.site ?? '');
  const first = args.map((arg) => (arg as { address?: number } | undefined)?.address ?? 0).find((one) => one > 0);
  const address = request.address || (first ?? 0);
  const of = address === 0 ? undefined : pathOf(address).split('.').at(-1);
  return { kname, label, kind, order, of, at, file, line, column };
}

/** Where the innermost generator stands in whose code a request was made. */
function generatorFrameOf(stack: string): readonly [string, number, number] {
  const lines = stack.split('\n').slice(1);
  const frame = lines[lines.findIndex((line) => line.includes('.next (<anonymous>)')) - 1] ?? '';
  const [, file = '', line = '0', column = '0'] = /((?:file:\/\/)?\/[^()]*):(\d+):(\d+)\)?$/.exec(frame.trim()) ?? [];
  return [decodeURIComponent(file.replace('file://', '')), Number(line), Number(column)];
}

/** Which runs came by which sites. */
export type Reached = ReadonlyMap<string, readonly SeenSite[]>;

/** A site with all functions and runs that come by. */
interface Site extends SeenSite {
  readonly names: Set<string>;
  readonly runs: Set<string>;
  /** What it is about, in all of them. */
  readonly targets: Set<string | undefined>;
}

/**
 * The mutants.
 *
 * @param isOwn - whether code of a file is to be mutated
 */
export function mutantsOf(
  reached: Reached,
  operations: MutationPlan['operations'],
  isOwn: (file: string) => boolean,
): readonly Mutant[] {
  const sites = sitesOf(reached, isOwn);
  const found = new Map<string, Mutant>();
  for (const site of sites)
    for (const [kind, mutation] of mutationsOf(site, operations, sites)) {
      const key = JSON.stringify([kind, mutation.kind === 'unlock' ? mutation : site.at, site.label]);
      const before = found.get(key);
      const runs = new Set([...(before?.reachedBy ?? []), ...site.runs]);
      found.set(key, {
        class: kind,
        in: [...site.names].sort(),
        step: site.label,
        of: site.of,
        nth: before?.nth ?? nthOf(site, sites),
        file: before?.file ?? site.file,
        line: before?.line ?? site.line,
        mutation,
        reachedBy: [...runs],
      });
    }
  return [...found.values()];
}

function sitesOf(reached: Reached, isOwn: (file: string) => boolean): readonly Site[] {
  const sites = new Map<string, Site>();
  for (const [run, seen] of reached)
    for (const one of seen) {
      if (!isOwn(one.file)) continue;
      const key = `${one.at} ${one.label}`;
      const site = sites.get(key) ?? { ...one, names: new Set<string>(), runs: new Set<string>(), targets: new Set() };
      site.names.add(one.kname);
      site.runs.add(run);
      site.targets.add(one.of);
      sites.set(key, site);
    }
  const all = [...sites.values()].map((site) => (site.targets.size === 1 ? site : { ...site, of: undefined }));
  return all.sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.label.localeCompare(b.label),
  );
}

function nthOf(site: Site, sites: readonly Site[]): number {
  const alike = sites.filter(
    ({ label, names }) => label === site.label && [...names].some((name) => site.names.has(name)),
  );
  return alike.indexOf(site) + 1;
}

function mutationsOf(
  site: Site,
  operations: MutationPlan['operations'],
  sites: readonly Site[],
): (readonly [OperationClass, Mutation])[] {
  const known = Object.hasOwn(operations, site.label) ? operations[site.label] : byKind(site, sites);
  const step = { in: [...site.names].sort(), step: site.label };
  const found: (readonly [OperationClass, Mutation])[] = [];
  if (known !== undefined) {
    const answer = 'answer' in known ? { answer: known.answer } : {};
    const of = site.of === undefined ? {} : { of: site.of };
    const mutation: Mutation =
      known.class === 'lock'
        ? { kind: 'unlock', ...step, ...of, until: known.until ?? [], ...answer }
        : { kind: 'omit', ...step, at: site.at, ...answer };
    found.push([known.class, mutation]);
  }
  const order = weaker(site);
  if (order !== undefined) found.push(['ordering', { kind: 'weaken', ...step, at: site.at, order }]);
  return found;
}

/** What an operation is for that no table names. */
function byKind(site: Site, sites: readonly Site[]): MutableOperation | undefined {
  switch (site.kind) {
    case KIND.LOCK:
    case KIND.TRYLOCK:
      return { class: 'lock', until: unlocksOf(site, sites) };
    case KIND.FENCE:
      return { class: 'barrier' };
    case KIND.AWAIT:
      return { class: 'wait' };
    default:
      return undefined;
  }
}

/** What lets the same thing go in the same function. */
function unlocksOf(lock: Site, sites: readonly Site[]): readonly string[] {
  const labels = sites
    .filter(
      ({ kind, of, names }) =>
        kind === KIND.UNLOCK && of === lock.of && [...names].some((name) => lock.names.has(name)),
    )
    .map(({ label }) => label);
  return labels.length === 0 ? ['unlock'] : [...new Set(labels)];
}

/** The next weaker order of an access that has one. */
function weaker({ kind, order }: Site): MemoryOrder | undefined {
  if (!['acquire', 'release', 'full'].includes(order)) return undefined;
  if (kind === KIND.READ || kind === KIND.WRITE || kind === KIND.AWAIT) return 'once';
  return kind >= KIND.XCHG && kind <= KIND.XOR ? 'relaxed' : undefined;
}

/** A mutant as a few words: `omit wake_up_all`. */
export function mutantText({ class: kind, step, of }: Pick<Mutant, 'class' | 'step' | 'of'>): string {
  const target = of === undefined ? step : `${step}(${of})`;
  return kind === 'ordering' ? `weaken ${target}` : `omit ${target}`;
}
