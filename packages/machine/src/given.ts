/** The sizes that a scenario is built with, as its code is given them. */
import { suggestion } from './close-matches.js';
import { ModelError } from './kernel-bug.js';
import type { Given } from './scenario.js';

/** What is asked of every object by the language and by those who print and compare values. */
const ASKED_OF_ALL: ReadonlySet<string> = new Set([
  'then',
  'toJSON',
  'asymmetricMatch',
  '$$typeof',
  'nodeType',
  'tagName',
]);

/**
 * Sizes that can only be asked for what they have: a misspelt name throws, where it would be `undefined` and, in a comparison,
 * silently false.
 */
export function strictGiven(values: Readonly<Record<string, Given>>): Readonly<Record<string, Given>> {
  return new Proxy(Object.freeze({ ...values }), {
    get(target, key) {
      if (typeof key === 'string' && !(key in target) && !ASKED_OF_ALL.has(key))
        throw unknown(key, Object.keys(values));
      return Reflect.get(target, key) as Given;
    },
  });
}

function unknown(name: string, known: readonly string[]): ModelError {
  return new ModelError(`given has no ${JSON.stringify(name)}; ${suggestion(name, known, 'the scenario declares')}`);
}
