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

/** Whether two requests are the same at first sight: then they have one text, wherever they are made. */
export function areAlike(a: Request<unknown>, b: Request<unknown>): boolean {
  return (
    a.kind === b.kind &&
    a.address === b.address &&
    a.lo === b.lo &&
    a.hi === b.hi &&
    a.lo2 === b.lo2 &&
    a.hi2 === b.hi2 &&
    a.label === b.label &&
    a.order === b.order &&
    a.isVoid === b.isVoid &&
    a.wide === b.wide &&
    a.mask === b.mask &&
    a.negated === b.negated &&
    a.ways === b.ways &&
    a.guard === b.guard &&
    a.fn === b.fn &&
    a.type === b.type &&
    a.op === b.op &&
    (a.op === undefined || !isDefinedInRun(a.op)) &&
    a.args.length === b.args.length &&
    a.args.every((arg, i) => arg === b.args[i])
  );
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
