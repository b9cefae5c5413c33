/** How a scenario is written: its state by name, and functions that are given that state. */
import type { Placed } from './declared-state.js';
import type { Threads } from './declared-threads.js';
import type { Memory } from './memory.js';
import type { Monitors } from './monitor.js';
import type { Mutation } from './mutation.js';
import type { NamedMemory } from './named-values.js';
import type { ClosedForm, Comparison, Setup, Variant } from './scenario.js';
import type { ScalarSet, System, Timing } from './system.js';

/** Something of a system, or a function of the state that makes it. */
export type Made<T, P, U> = T | ((state: P, setup: U) => T);
/** A condition: is given memory, in which the values of the state are found by name. Answers as an {@link Invariant} does. */
type Condition<P, U> = (now: NamedMemory<P>, setup: U) => boolean | string;
type Conditions<P, U> = Readonly<Record<string, Condition<P, U>>>;

/** A scenario as it is written. */
export interface ScenarioDefinition<G, V extends string, C, S> extends Sections<Placed<S>, Setup<G, V, C>> {
  /** `subsystem/question`. */
  readonly name: string;
  /** The question, one sentence. */
  readonly asks?: string;
  /** The seed or commit it is from. */
  readonly source?: string;
  /** What may be set, by name. */
  readonly given?: G;
  /** By name; the first is the code as it should be. Without any there is one, `plain`, which is to hold. */
  readonly variants?: Readonly<Record<V, Variant<NoInfer<G>, C>>>;
  /** For a scenario whose systems have a {@link System.timing}: what is to be compared. */
  readonly comparison?: Omit<Comparison, 'variants'> & {
    readonly variants: Partial<Readonly<Record<NoInfer<V>, ClosedForm<NoInfer<G>>>>>;
  };
  /** What lies in memory, by name: types, or what a function of a package has placed in a layout of its own. */
  readonly state?: S | ((setup: Setup<NoInfer<G>, NoInfer<V>, NoInfer<C>>) => S);
  /** Makes the whole system, where a function has it whole: instead of the state and what is made of it. */
  readonly build?: (setup: Setup<NoInfer<G>, NoInfer<V>, NoInfer<C>>) => System;
}

/** What is made of the state: the parts of a {@link System}. */
export interface Sections<P, U> {
  /** Fills in the initial state; everything is zero before. */
  readonly init?: (memory: Memory, state: P, setup: U) => void;
  /** What runs: generator functions, by name or in a list. */
  readonly threads?: Made<Threads, P, U>;
  /** Checked in every state. */
  readonly invariants?: Made<Conditions<P, U>, P, U>;
  /** Checked at the end, see {@link System.finals}. */
  readonly finals?: Made<Conditions<P, U>, P, U>;
  /** States outside are not explored, see {@link System.within}. */
  readonly within?: (now: NamedMemory<P>, setup: U) => boolean;
  /** See {@link System.symmetries}. */
  readonly symmetries?: Made<readonly ScalarSet[], P, U>;
  /** What differs from the code, whatever the variant; see {@link System.mutations}. */
  readonly mutations?: Made<readonly Mutation[], P, U>;
  /** What the specification notes of the code while it runs, by name; see {@link System.monitors}. */
  readonly monitors?: Made<Monitors, P, U>;
  /** See {@link System.timing}. */
  readonly timing?: Made<Timing, P, U>;
}
