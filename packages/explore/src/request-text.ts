/**
 * What a request is, as a text that is the same in every process. Two requests have one text only if they are the same in
 * everything that a step depends on; labels are for people.
 */
import { identityOfOperation, isDefinedInRun, type Memory, type Request, type ScalarType } from '@shootdown/machine';

/**
 * The text of a request.
 *
 * @param args - the number of its interned arguments
 * @param answers - all that the function was answered before it made the request, as a text
 */
export function textOfRequest(r: Request<unknown>, { values }: Memory, args: number, answers: () => string): string {
  const operands = [
    r.kind,
    r.order,
    r.isVoid ? 1 : 0,
    r.wide ? 1 : 0,
    r.address,
    r.lo,
    r.hi,
    r.lo2,
    r.hi2,
    r.mask,
    r.negated ? 1 : 0,
    r.ways,
    r.guard,
    r.fn?.identity ?? '',
    r.op === undefined ? '' : identityOfOperation(r.op),
    r.op !== undefined && isDefinedInRun(r.op) ? answers() : '',
    textOfType(r.type),
  ];
  return `${r.label}(${operands.join(',')};${values.hash0(args)}.${values.hash1(args)})`;
}

const texts = new WeakMap<ScalarType<unknown>, string>();

/** What a type makes of words, and whom its values name, as a text. */
export function textOfType(type: ScalarType<unknown> | undefined): string {
  if (type === undefined) return '';
  let text = texts.get(type);
  if (text === undefined) {
    const { name, words, mask, membership, threads, lock, target } = type;
    const struct = (target?.() as { name?: string } | undefined)?.name ?? '';
    const members = membership === undefined ? '' : `${membership.set}:${membership.words.join(' ')}`;
    text = [name, words, mask, struct, members, threads ?? '', lock ?? '', type.decode.toString()].join('|');
    texts.set(type, text);
  }
  return text;
}
