/**
 * What the kernel keeps in variables of a file, such as where its objects lie and the options it was built with: made once a
 * system, and the first argument of the functions of that file. It is no model state: it never changes.
 */
import { ModelError } from './kernel-bug.js';

/** Marks what {@link Layout.subsystem} made. */
export interface Subsystem {
  /** As traces print it; unique in a layout. */
  readonly $subsystem: string;
}

/** Whether a value was made by {@link Layout.subsystem}. */
export function isSubsystem(value: unknown): value is Subsystem {
  return typeof value === 'object' && value !== null && '$subsystem' in value;
}

/**
 * The frozen subsystem of these parts. Objects and arrays among them are frozen too.
 *
 * @throws {@link ModelError} for a part that can change, such as a Map
 */
export function subsystemOf<T extends object>(name: string, parts: T): T & Subsystem {
  const seen = new Set<object>();
  for (const [key, part] of Object.entries(parts)) freeze(part, `${name}.${key}`, seen);
  return Object.freeze({ ...parts, $subsystem: name });
}

function freeze(part: unknown, path: string, seen: Set<object>): void {
  if (typeof part !== 'object' || part === null || seen.has(part)) return;
  seen.add(part);
  const tag = Object.prototype.toString.call(part).slice(8, -1);
  if (CHANGING.includes(tag))
    throw new ModelError(
      `subsystem ${path}: expected something that never changes, got a ${tag}; put what changes into model memory`,
    );
  const prototype: unknown = Object.getPrototypeOf(part);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(part)) return;
  Object.freeze(part);
  for (const [key, inner] of Object.entries(part)) freeze(inner, `${path}.${key}`, seen);
}

const CHANGING = [
  'Map',
  'Set',
  'WeakMap',
  'WeakSet',
  'Date',
  'Generator',
  'ArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];
