/** What a model declares and a search never asked: a check that was never made says nothing. */
import { WORD_GUARDED, type Invariant, type Layout, type Memory } from '@shootdown/machine';
import type { Conditions } from '../base/conditions.js';

/** Conditions that were never evaluated, and guarded fields that were never accessed. */
export interface NeverAsked {
  readonly invariants: readonly string[];
  readonly finals: readonly string[];
  /** As the layout names them, one of each array of which no element was accessed. */
  readonly guarded: readonly string[];
}

/** What was asked, for another search of the same model to take over. */
export interface AskedKnown {
  /** Names of conditions, those of finals with a space in front. */
  readonly conditions: readonly string[];
  /** 1 for the words whose guard was checked. */
  readonly guards: Uint8Array;
}

/** Keeps which conditions were evaluated. */
export class EvaluatedRules {
  readonly #invariants: Conditions;
  readonly #finals: Conditions;
  readonly #asked = { invariants: new Set<Invariant>(), finals: new Set<Invariant>() };

  constructor(invariants: Conditions, finals: Conditions) {
    this.#invariants = invariants;
    this.#finals = finals;
  }

  /** A condition is evaluated. */
  note(condition: Invariant, kind: 'invariants' | 'finals'): void {
    const asked = this.#asked[kind];
    if (asked.size < (kind === 'finals' ? this.#finals : this.#invariants).length) asked.add(condition);
  }

  /** What is known, in a form that travels. */
  known({ guardsChecked }: Memory): AskedKnown {
    const { invariants, finals } = this.#asked;
    const names = (all: Conditions, asked: ReadonlySet<Invariant>, mark: string): string[] =>
      all.filter(([, holds]) => asked.has(holds)).map(([name]) => mark + name);
    return {
      conditions: [...names(this.#invariants, invariants, ''), ...names(this.#finals, finals, ' ')],
      guards: guardsChecked,
    };
  }

  /** Adds what another search asked. */
  adopt({ conditions, guards }: AskedKnown, { guardsChecked }: Memory): void {
    for (const [name, holds] of this.#invariants) if (conditions.includes(name)) this.note(holds, 'invariants');
    for (const [name, holds] of this.#finals) if (conditions.includes(` ${name}`)) this.note(holds, 'finals');
    guards.forEach((isChecked, address) => (guardsChecked[address] |= isChecked));
  }

  /** What was never asked. */
  never(memory: Memory): NeverAsked {
    const { invariants, finals } = this.#asked;
    const missing = (all: Conditions, asked: ReadonlySet<Invariant>): string[] =>
      all.filter(([, holds]) => !asked.has(holds)).map(([name]) => name);
    return {
      invariants: missing(this.#invariants, invariants),
      finals: missing(this.#finals, finals),
      guarded: unguarded(memory),
    };
  }
}

function unguarded({ layout, image, guardsChecked }: Memory): string[] {
  const firsts = new Map<string, string>();
  const accessed = new Set<string>();
  for (let address = 1; address < image.size; address++) {
    if ((image.flags[address] & WORD_GUARDED) === 0 || isSecondWord(layout, address)) continue;
    const name = layout.nameOf(address);
    const field = name.replace(/\[\d+\]|#\d+/gu, '[]');
    if (guardsChecked[address] === 1) accessed.add(field);
    else if (!firsts.has(field)) firsts.set(field, name);
  }
  return [...firsts].filter(([field]) => !accessed.has(field)).map(([, name]) => name);
}

function isSecondWord(layout: Layout, address: number): boolean {
  return layout.typeAt(address)?.start !== address;
}
