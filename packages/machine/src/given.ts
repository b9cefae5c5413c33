/** Names that code of a model asks for, of sizes and of its state: a misspelt one throws, where it would be `undefined`. */
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
  return Object.freeze(strictNames({ ...values }, 'given', 'the scenario declares'));
}

/**
 * Makes an object throw when it is asked for a name that it does not have. What it has is found as fast as before.
 *
 * @param owner - the object, which is changed
 * @param what - what the message calls it
 * @param known - how the message begins to tell what there is
 */
export function strictNames<T extends object>(owner: T, what: string, known = 'it has'): T {
  const others = new Proxy(Object.prototype, {
    get(target, key, receiver) {
      if (typeof key === 'string' && !(key in target) && !ASKED_OF_ALL.has(key))
        throw new ModelError(`${what} has no ${JSON.stringify(key)}; ${suggestion(key, Object.keys(owner), known)}`);
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  return Object.setPrototypeOf(owner, others) as T;
}
