/** Answers that are no integers, in a form that another thread or process can take over: JSON, with addresses for objects. */
import { Cell, ModelError, isHandle, isSubsystem, type Layout } from '@shootdown/machine';

/** A tag, and what it needs. */
export type PortableValue = readonly [tag: string, ...rest: readonly unknown[]];

/** A value as it travels. */
export function portable(value: unknown): PortableValue {
  if (Array.isArray(value)) return ['tuple', ...value.map(portable)];
  if (value instanceof Cell) return ['cell', value.address, value.type.name];
  if (isHandle(value)) return ['view', value.$address, value.$struct.name];
  if (isSubsystem(value)) return ['subsystem', value.$subsystem];
  switch (typeof value) {
    case 'number':
      return ['number', String(value)];
    case 'bigint':
      return ['bigint', String(value)];
    default:
      return value === undefined ? ['undefined'] : ['plain', value];
  }
}

/**
 * The value that {@link portable} made this of.
 *
 * @param layout - of the same model
 * @throws {@link ModelError} when the layout has no such object
 */
export function revive([tag, ...rest]: PortableValue, layout: Layout): unknown {
  const [first, name] = rest;
  switch (tag) {
    case 'tuple':
      return rest.map((element) => revive(element as PortableValue, layout));
    case 'cell': {
      const found = layout.typeAt(first as number);
      if (found === undefined || found.start !== first || found.type.name !== name) throw unknown(tag, rest);
      return new Cell(found.start, found.type);
    }
    case 'view': {
      const struct = layout.structAt(first as number, name as string);
      if (struct === undefined) throw unknown(tag, rest);
      return struct.at(first as number);
    }
    case 'subsystem': {
      const subsystem = layout.subsystemAt(first as string);
      if (subsystem === undefined) throw new ModelError(`the model has no subsystem ${String(first)}`);
      return subsystem;
    }
    case 'number':
      return Number(first);
    case 'bigint':
      return BigInt(first as string);
    default:
      return tag === 'undefined' ? undefined : first;
  }
}

function unknown(tag: string, [address, name]: readonly unknown[]): ModelError {
  return new ModelError(`the model has no ${tag} of ${String(name)} at word ${String(address)}`);
}
