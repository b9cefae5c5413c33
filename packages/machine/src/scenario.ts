/** A scenario is data: one question, the code variants it is asked of, and the answer expected for each. */
import type { ViolationKind } from './kernel-bug.js';
import type { Mutation } from './mutation.js';
import type { System } from './system.js';

/** A named size or switch of a scenario. */
export type Given = number | string | boolean;

/** What may be set, its default, and the smaller value of the suite. */
export interface GivenSpec<T extends Given = Given> {
  /** Its value unless it is set; its type is the type of every value. */
  readonly default: T;
  /** Value in the suite; the default if absent. */
  readonly suite?: T;
  /** One phrase for `list`. */
  readonly about?: string;
  /** Least value allowed, for a number. */
  readonly min?: number;
  /** Greatest value allowed, for a number. */
  readonly max?: number;
  /** The values allowed, for a string. */
  readonly oneOf?: readonly (T & string)[];
}

/** Sizes by name. */
export type Sizes = Readonly<Record<string, GivenSpec>>;

/** The values of sizes, by name. */
export type GivenOf<G> = { readonly [K in keyof G]: ValueOf<G[K]> };
/** The values of some sizes, by name. */
type SomeOf<G> = string extends keyof G ? Readonly<Record<string, Given>> : Partial<GivenOf<G>>;
type ValueOf<S> = S extends { readonly oneOf: readonly (infer O)[] }
  ? O
  : S extends { readonly default: infer D }
    ? Widened<D>
    : never;
type Widened<D> = D extends number ? number : D extends string ? string : D extends boolean ? boolean : never;

/** Code as it was, is, or would be with one line broken. */
export interface Variant<G = Sizes, C = unknown> {
  /** The verdict expected at the suite size. */
  readonly expect: 'holds' | ViolationKind;
  /** The invariant or rule that must be the one broken. */
  readonly rule?: string;
  /** One sentence: what is different here. */
  readonly about?: string;
  /** Follows from the real code, but was never reported. */
  readonly finding?: boolean;
  /** Whether the suite prints its counterexample below the table. */
  readonly isShown?: boolean;
  /** The seed or commit it is from, where that is not the scenario's. */
  readonly source?: string;
  /** Sizes that differ from the scenario's, at any size. */
  readonly given?: SomeOf<G>;
  /** Sizes that differ from the scenario's, in the suite. */
  readonly suite?: SomeOf<G>;
  /** Violation kinds and names that count unless told otherwise, where others come first that are not what is asked. */
  readonly only?: readonly string[];
  /** Strategy that `check` and `suite` take unless told otherwise; default `dfs`. */
  readonly strategy?: string;
  /** What its code leaves out, or does otherwise, than the code as it stands. */
  readonly mutations?: readonly Mutation[];
  /** Which code it is, such as a version: what {@link Setup.code} is where this variant is built. */
  readonly code?: C;
}

/** What a scenario is built from. */
export interface Setup<G = Sizes, V extends string = string, C = unknown> {
  /** Every name of {@link Scenario.given} with its value. */
  readonly given: GivenOf<G>;
  /** One of the names of {@link Scenario.variants}. */
  readonly variant: V;
  /** What the variant has as its {@link Variant.code}. */
  readonly code?: C | undefined;
  /** Whether a violation of this kind or name counts, so that hardware which only that check can see may be left out. */
  readonly checks: (kindOrRule: string) => boolean;
}

/** One question about a protocol, as {@link scenario} makes it. */
export interface Scenario {
  /** `subsystem/question`. */
  readonly name: string;
  /** The question, one sentence. */
  readonly asks: string;
  /** The seed or commit it is from. */
  readonly source: string;
  /** What may be set, by name. */
  readonly given: Sizes;
  /** By name; the first is the code as it should be. */
  readonly variants: Readonly<Record<string, Variant>>;
  /** Makes the model; a pure function of the setup. */
  readonly build: (setup: Setup) => System;
  /** For a scenario whose systems have a {@link System.timing}: what is to be compared. */
  readonly comparison?: Comparison;
}

/** Which variants are compared in virtual time, by what, and over what. */
export interface Comparison {
  /** The size, a number with a least and a greatest value, over which they are compared unless told otherwise. */
  readonly over: string;
  /** The kernel's name of the function whose calls are timed; the longest counts. */
  readonly measures: string;
  /** The variants, two or more. The first is what the others are compared with. */
  readonly variants: Readonly<Record<string, ClosedForm>>;
}

/** What a variant should take, by a formula that knows nothing of the model. */
export interface ClosedForm<G = Sizes> {
  /** A few words: the title of its column. */
  readonly about: string;
  /** Nanoseconds. A pure function of the sizes. */
  readonly of: (given: GivenOf<G>) => number;
}

/** Which sizes a scenario takes: its defaults, or the smaller ones of the suite. */
export type Size = 'default' | 'suite';
