/** Values as error messages print them. */

/** Any value in a few words: a bigint as `5n`, a string quoted, a view as its struct and address. */
export function textOf(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (!('$address' in value)) return Object.prototype.toString.call(value);
  const { $struct, $address } = value as { readonly $struct: { readonly name: string }; readonly $address: number };
  return `a view of ${$struct.name} at word ${$address}`;
}
