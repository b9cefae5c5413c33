/**
 * One path of each thread, put together: the events, and what is known of their addresses and values so far.
 */
import { Skeleton, type LkmmEvent, type Rules } from '@shootdown/lkmm';
import type { Path, PathEvent, Term } from './unfold.js';
import { operate, type Addresses, type Value } from './value.js';

/** A term with the thread whose reads it speaks of. */
export interface Rooted {
  readonly term: Term;
  /** Number of the thread's first event. */
  readonly base: number;
}

/** The paths of all threads as one list of events. */
export class Candidate {
  readonly paths: readonly Path[];
  readonly skeleton: Skeleton;
  readonly #addresses: Addresses;
  /** By dense number. */
  readonly source: readonly PathEvent[];
  readonly address: readonly (Rooted | undefined)[];
  readonly stored: readonly (Rooted | undefined)[];
  readonly constraints: readonly (Rooted & { readonly isZero: boolean })[];
  /** Number of the first event of each thread, in the list of all events. */
  readonly bases: readonly number[];
  /** R, whose write is chosen freely; LF and RU too. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Those of `reads` whose value goes into an address. */
  readonly pointers: readonly number[];

  constructor(paths: readonly Path[], addresses: Addresses, rules: Rules | undefined) {
    this.paths = paths;
    this.#addresses = addresses;
    const events: LkmmEvent[] = [];
    const sources: PathEvent[] = [];
    const bases: number[] = [];
    const addr: [number, number][] = [];
    const data: [number, number][] = [];
    const ctrl: [number, number][] = [];
    const unordered: [number, number][] = [];
    const rmw: [number, number][] = [];
    const constraints: (Rooted & { isZero: boolean })[] = [];
    paths.forEach((path, thread) => {
      const base = events.length;
      bases.push(base);
      path.events.forEach((made, local) => {
        const e = base + local;
        events.push({ ...made.event, thread });
        sources.push(made);
        for (const read of made.addr) addr.push([base + read, e]);
        for (const read of made.data) data.push([base + read, e]);
        for (const read of made.ctrl) ctrl.push([base + read, e]);
        for (const other of made.unordered) unordered.push([base + other, e]);
      });
      for (const [read, write] of path.rmw) rmw.push([base + read, base + write]);
      for (const { term, isZero } of path.constraints) constraints.push({ term, base, isZero });
    });
    this.bases = bases;
    this.constraints = constraints;
    this.skeleton = new Skeleton({ events, addr, data, ctrl, unordered, rmw }, rules);
    const { origin } = this.skeleton;
    this.source = origin.map((e) => sources[e]);
    const rooted = (e: number, term: Term | undefined): Rooted | undefined =>
      term === undefined ? undefined : { term, base: bases[events[e].thread] };
    this.address = origin.map((e) => rooted(e, sources[e].address));
    this.stored = origin.map((e) => rooted(e, sources[e].value));
    const dense = this.skeleton.events;
    const numbered = (is: (kind: string) => boolean): number[] => dense.flatMap(({ kind }, e) => (is(kind) ? [e] : []));
    this.reads = numbered((kind) => kind === 'R' || kind === 'LF' || kind === 'RU');
    this.writes = numbered((kind) => kind === 'W');
    const pointers = new Set(addr.map(([read]) => this.skeleton.dense[read]));
    this.pointers = this.reads.filter((read) => pointers.has(read));
  }

  /** What `rooted` is worth, if the reads in it are known. `values` is by dense number. */
  worth({ term, base }: Rooted, values: readonly (Value | undefined)[]): Value | undefined {
    switch (term.kind) {
      case 'constant':
        return term.value;
      case 'read':
        return values[this.skeleton.dense[base + term.event]];
      case 'operation': {
        const left = this.worth({ term: term.left, base }, values);
        if (left === undefined) return undefined;
        const right = this.worth({ term: term.right, base }, values);
        return right === undefined ? undefined : operate(term.operator, left, right, this.#addresses);
      }
    }
  }
}
