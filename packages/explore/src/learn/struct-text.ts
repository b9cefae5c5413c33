/** Structs as text: two of one text do the same for a function that asks them. */
import { ArrayType, ScalarType, type AnyStruct, type FieldType } from '@shootdown/machine';

const known = new WeakMap<AnyStruct, string>();

/** The name of a struct, and its fields in their order. */
export function structText(struct: AnyStruct): string {
  let text = known.get(struct);
  if (text === undefined) {
    text = `${struct.name}{${Object.entries(struct.fields)
      .map(([name, type]) => `${name}:${typeText(type)}`)
      .join()}}`;
    known.set(struct, text);
  }
  return text;
}

function typeText(type: FieldType): string {
  if (type instanceof ArrayType) return `${type.length}*${typeText(type.element as FieldType)}`;
  if (!(type instanceof ScalarType)) return structText(type);
  const { name, words, mask, guard, isGhost, membership, lock, threads, isReaders } = type;
  return JSON.stringify([name, words, mask, guard, isGhost, membership, lock, threads, isReaders]);
}
