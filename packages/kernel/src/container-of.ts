/** From a part to the whole. */
import type { Fields, Handle, Struct, View } from '@shootdown/machine';

/**
 * The struct around an embedded one.
 *
 * @param part - a view of the field
 * @param around - what it is embedded in
 * @param field - as what; a path with dots goes through embedded structs
 * @throws RangeError when there is no such field
 * @source include/linux/kernel.h container_of() v4.19
 */
export function containerOf<F extends Fields>(
  part: Handle,
  around: Struct<F>,
  field: (keyof F & string) | `${keyof F & string}.${string}`,
): View<F> {
  return around.at(part.$address - offsetOf(around, field));
}

function offsetOf(
  around: { readonly name: string; readonly offsets: ReadonlyMap<string, number>; readonly fields: Fields },
  path: string,
): number {
  const [head, ...rest] = path.split('.');
  const offset = around.offsets.get(head);
  if (offset === undefined) throw new RangeError(`struct ${around.name} has no field ${path}`);
  return rest.length === 0 ? offset : offset + offsetOf(around.fields[head] as never, rest.join('.'));
}
