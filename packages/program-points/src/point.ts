/** The program points of one generator function, and what is reported at each. */
import type { AnyNode, YieldExpression } from 'acorn';
import type { Insertions } from './insertions.js';
import { liveAtYields } from './liveness.js';
import type { Names } from './names.js';
import { CannotKeep, closing, opening, PendingValues, type Reported } from './pending.js';
import type { Resolution } from './resolution.js';
import { isFixed, type Owner, type Scope, type Variable } from './scope.js';
import { childrenOf, isFunction, type FunctionNode } from './syntax-tree.js';

/** What the runtime is told of one yield. */
export interface Point {
  /** What each reported value is called. */
  readonly names: readonly string[];
  /** The loops around the yield by their numbers in the function, the outermost first. */
  readonly loops: readonly number[];
  /** Which of the names belong to functions around this one. */
  readonly outer: readonly number[];
  /** Which of these are written once, where they are declared. */
  readonly lasting: readonly number[];
}

/** What goes into the code of one generator function. */
export interface Points {
  readonly points: readonly Point[];
  /** What is yielded, where that is not nothing. */
  readonly yielded: readonly AnyNode[];
  /** Names to be declared at its beginning. */
  readonly declared: readonly string[];
}

/** The points of `node`. Puts the calls that report them into `insertions`. Throws {@link CannotKeep}. */
export function pointsOf(
  node: FunctionNode,
  code: string,
  names: Names,
  resolution: Resolution,
  insertions: Insertions,
): Points {
  const yields = yieldsIn(node.body);
  const live = liveAtYields(node, (identifier) => resolution.variableOf(identifier));
  const captured = resolution.capturedIn(node);
  const { atYields: pending, declared } = new PendingValues(node.body, code, names, resolution, insertions);
  const points = yields.map(({ node: at, loops }, index) => {
    const values = new Values(at, node, resolution.scopeOf(at), names);
    for (const one of pending.get(at) ?? []) values.add(one);
    // A yield that nothing leads to has no state.
    for (const one of live.get(at) ?? []) values.add(one);
    for (const one of captured) values.add(one);
    insertAt(at, `${names.frame} !== undefined && ${names.frame}.at(${index}, `, values.text, names, insertions);
    return {
      names: values.all.map(({ shown }) => shown),
      loops,
      outer: values.all.flatMap(({ isOuter }, place) => (isOuter ? place : [])),
      lasting: values.all.flatMap(({ isLasting }, place) => (isLasting ? place : [])),
    };
  });
  const yielded = yields.flatMap(({ node: { argument } }) => argument ?? []);
  const handed = yields.flatMap(({ node: { argument } }, point) =>
    argument ? handedOn(argument).map((made) => ({ made, point })) : [],
  );
  handed.forEach(({ made, point }, place) => {
    insertions.wrap(made, `${names.made}(${names.frame}, ${point}, ${place}, `, ')');
  });
  const needsRequest = yielded.length > 0 || declared.some((name) => name === names.items(0));
  return { points, yielded, declared: needsRequest ? [names.request, ...declared] : declared };
}

/**
 * The function literals that an expression hands on. What such a function has captured is known where the expression is
 * yielded: variables of this function, which are all shown.
 */
function handedOn(expression: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  const visit = (node: AnyNode, isHandedOn: boolean): void => {
    if (isFunction(node)) {
      if (isHandedOn) found.push(node);
      return;
    }
    if (node.type === 'YieldExpression') return;
    const handsOn = node.type === 'CallExpression' || node.type === 'NewExpression' || node.type === 'ArrayExpression';
    for (const child of childrenOf(node))
      visit(child, handsOn && child !== ('callee' in node ? node.callee : undefined));
  };
  visit(expression, false);
  return found;
}

/** The end of what is put around an expression that is yielded, which stands nowhere else. */
export function endOfWrap({ request }: Names): string {
  return `, ${request})`;
}

function insertAt(node: YieldExpression, call: string, values: string, names: Names, insertions: Insertions): void {
  const { argument } = node;
  const { request } = names;
  if (!argument) insertions.wrap(node, '', ` (${call}undefined, ${values}), undefined)`);
  else
    insertions.wrap(
      argument,
      `(${request} = ${opening(argument)}`,
      `${closing(argument)}, ${call}${request}, ${values})${endOfWrap(names)}`,
    );
}

/** A value at a point, and how the inserted code reads it. */
interface Value {
  readonly shown: string;
  readonly text: string;
  readonly isOuter: boolean;
  readonly isLasting: boolean;
  /** Whether it may change while the function waits. */
  readonly changes: boolean;
}

/** The values that are reported at one point. */
class Values {
  readonly #values: Value[] = [];
  readonly #seen = new Set<Reported>();

  constructor(
    readonly point: YieldExpression,
    readonly node: FunctionNode,
    readonly scope: Scope,
    readonly names: Names,
  ) {}

  /** Those that may change come first. */
  get all(): readonly Value[] {
    return [...this.#values.filter(({ changes }) => changes), ...this.#values.filter(({ changes }) => !changes)];
  }

  /** The array of them; an element that may change is read anew whenever it is asked for. */
  get text(): string {
    const texts = this.all.map(({ text, changes }) => (changes ? 'undefined' : text));
    const readers = this.all.flatMap(({ text, changes }) => (changes ? `() => ${text}` : []));
    const array = `[${texts.join(', ')}]`;
    return readers.length === 0 ? array : `${this.names.current}(${array}, ${readers.join(', ')})`;
  }

  add(reported: Reported): void {
    if (this.#seen.has(reported)) return;
    this.#seen.add(reported);
    if ('scope' in reported) this.#addVariable(reported);
    else
      this.#values.push({
        shown: reported.shown,
        text: reported.name,
        isOuter: false,
        isLasting: false,
        changes: false,
      });
  }

  #addVariable(variable: Variable): void {
    const { name, scope, readableFrom } = variable;
    if (isFixed(variable) || !this.scope.isWithin(scope)) return;
    const isOuter = !isInside(scope, this.node);
    const isDeclaredBefore = readableFrom <= (isOuter ? this.#madeAt(scope) : this.point.start);
    const mayRead = isDeclaredBefore && (readableFrom === 0 || scope.node.type !== 'SwitchStatement');
    if (!isOuter && !isDeclaredBefore && scope.node.type !== 'SwitchStatement') return;
    if (this.scope.resolve(name) !== variable)
      throw new CannotKeep(`${name} is hidden by another variable of that name`);
    const text = mayRead ? name : `${this.names.read}(() => ${name})`;
    const changes = isOuter ? variable.isReassigned || !mayRead : variable.isWrittenInside;
    this.#values.push({
      shown: name,
      text,
      isOuter,
      isLasting: isOuter && !variable.isReassigned && !variable.isMutated,
      changes,
    });
  }

  /** Where code in an outer scope makes the function in it that leads to this point; a declared one is made at the beginning. */
  #madeAt({ owner }: Scope): number {
    let [made, around]: [Owner, Scope] = [this.node, this.scope];
    for (; around.owner !== owner; around = around.parent!) made = around.owner;
    return made.type === 'FunctionDeclaration' ? around.node.start : made.start;
  }
}

function isInside({ node: { start, end } }: Scope, outer: FunctionNode): boolean {
  return outer.start <= start && end <= outer.end;
}

interface OwnYield {
  readonly node: YieldExpression;
  readonly loops: readonly number[];
}

/** The yields of a function in source order, with the loops around each. */
function yieldsIn(body: AnyNode): OwnYield[] {
  const found: OwnYield[] = [];
  let loopCount = 0;
  const visit = (node: AnyNode, loops: readonly number[]): void => {
    if (isFunction(node)) return;
    if (node.type === 'YieldExpression') found.push({ node, loops });
    const once = ONCE.get(node.type);
    const inside = once === undefined ? loops : [...loops, loopCount++];
    for (const child of childrenOf(node))
      visit(child, once !== undefined && child === (node as unknown as Record<string, unknown>)[once] ? loops : inside);
  };
  visit(body, []);
  return found.sort((a, b) => a.node.start - b.node.start);
}

/** Loops, and the part of each that is evaluated once. */
const ONCE: ReadonlyMap<string, string> = new Map([
  ['WhileStatement', ''],
  ['DoWhileStatement', ''],
  ['ForStatement', 'init'],
  ['ForInStatement', 'right'],
  ['ForOfStatement', 'right'],
]);
