/**
 * Values that are computed when a request is made, and used after it: in `f(g(), yield* read(x))` that of `g()`. Each is put
 * into a name of its own, so that it can be reported.
 */
import type {
  AnyNode,
  ArrayExpression,
  AssignmentExpression,
  CallExpression,
  ForOfStatement,
  Identifier,
  MemberExpression,
  NewExpression,
  Node,
  ObjectExpression,
  SpreadElement,
  Super,
  TaggedTemplateExpression,
  TemplateLiteral,
  YieldExpression,
} from 'acorn';
import type { Insertions } from './insertions.js';
import type { Names } from './names.js';
import type { Resolution } from './resolution.js';
import { isFixed, type Variable } from './scope.js';
import { childrenOf, holdersOfYields, isFunction } from './syntax-tree.js';

/** A value that a point reports: a variable, or a name of the inserted code. */
export type Reported = Variable | Temporary;

/** A name of the inserted code that holds a value. */
export interface Temporary {
  readonly name: string;
  /** The name that the runtime is told. */
  readonly shown: string;
}

/** A part of an expression that is evaluated before the parts behind it, and how its value is kept. */
interface Part {
  readonly node: AnyNode;
  readonly keep?: () => readonly Reported[];
}

/** Thrown for an expression that cannot be cut at its yields. */
export class CannotKeep extends Error {}

/** The values that are pending at each yield of one function. */
export class PendingValues {
  readonly atYields = new Map<YieldExpression, readonly Reported[]>();
  /** Names to be declared by the function. */
  readonly declared: string[] = [];
  readonly #holders: ReadonlySet<AnyNode>;
  #temporaries = 0;
  #items = 0;

  constructor(
    body: AnyNode,
    readonly code: string,
    readonly names: Names,
    readonly resolution: Resolution,
    readonly insertions: Insertions,
  ) {
    this.#holders = holdersOfYields(body);
    this.#visit(body, []);
  }

  #visit(node: AnyNode, pending: readonly Reported[]): void {
    if (!this.#holders.has(node)) return;
    switch (node.type) {
      case 'YieldExpression':
        this.atYields.set(node, pending);
        break;
      case 'ForOfStatement':
        this.#visitForOf(node, pending);
        return;
      case 'SwitchStatement': {
        const tests = node.cases.flatMap(({ test }) => test ?? []);
        this.#visitInOrder([this.#value(node.discriminant), ...tests.map((test) => ({ node: test }))], pending);
        for (const { consequent } of node.cases) for (const statement of consequent) this.#visit(statement, pending);
        return;
      }
      case 'AssignmentExpression':
        this.#visitAssignment(node, pending);
        return;
      case 'BinaryExpression':
        this.#visitInOrder([this.#value(node.left), this.#value(node.right)], pending);
        return;
      case 'MemberExpression':
        this.#visitInOrder(this.#memberParts(node), pending);
        return;
      case 'CallExpression':
      case 'NewExpression':
        this.#visitInOrder([...this.#calleeParts(node), ...node.arguments.map((one) => this.#element(one))], pending);
        return;
      case 'TaggedTemplateExpression':
        this.#visitInOrder(
          [...this.#calleeParts(node), ...node.quasi.expressions.map((one) => this.#value(one))],
          pending,
        );
        return;
      case 'ArrayExpression':
        this.#visitInOrder(this.#arrayParts(node), pending);
        return;
      case 'ObjectExpression':
        this.#visitInOrder(this.#objectParts(node), pending);
        return;
      case 'TemplateLiteral':
        this.#visitInOrder(this.#templateParts(node), pending);
        return;
      default:
    }
    for (const child of childrenOf(node)) if (!isFunction(child)) this.#visit(child, pending);
  }

  /** Visits the parts of an expression; what one holds is pending in those behind it. */
  #visitInOrder(parts: readonly Part[], pending: readonly Reported[]): void {
    const last = parts.findLastIndex(({ node }) => this.#holders.has(node));
    let kept = pending;
    parts.slice(0, last + 1).forEach(({ node, keep }, index) => {
      this.#visit(node, kept);
      if (index < last && keep !== undefined) kept = [...kept, ...keep()];
    });
  }

  #value(node: AnyNode): Part {
    return { node, keep: () => this.#keep(node) };
  }

  #element(node: AnyNode): Part {
    return node.type === 'SpreadElement' ? this.#spread(node, '[', ']') : this.#value(node);
  }

  /** What is spread is taken before the request, not after it. */
  #spread(node: SpreadElement, open: string, close: string): Part {
    return { node: node.argument, keep: () => [this.#temporary(node.argument, `${open}...`, close)] };
  }

  #memberParts({ object, property, computed }: MemberExpression): Part[] {
    return [this.#value(object), ...(computed ? [this.#value(property)] : [])];
  }

  /** The object of a method and not the method, which is taken as one that never changes. */
  #calleeParts(node: CallExpression | NewExpression | TaggedTemplateExpression): Part[] {
    const given: AnyNode = node.type === 'TaggedTemplateExpression' ? node.tag : node.callee;
    const callee: AnyNode = given.type === 'ChainExpression' ? given.expression : given;
    if (callee.type === 'MemberExpression') return this.#memberParts(callee);
    return [isImported(callee, this.resolution) ? { node: callee } : this.#value(callee)];
  }

  #arrayParts({ elements }: ArrayExpression): Part[] {
    return elements.flatMap((element) => (element === null ? [] : [this.#element(element)]));
  }

  #objectParts({ properties }: ObjectExpression): Part[] {
    return properties.flatMap((property) => {
      if (property.type === 'SpreadElement') return [this.#spread(property, '{', '}')];
      const value = property.shorthand
        ? { node: property.value, keep: () => this.#keep(property.value, `["${(property.key as Identifier).name}"]: `) }
        : this.#value(property.value);
      return property.computed ? [this.#value(property.key), value] : [value];
    });
  }

  /** Values in a template become text before the next one is computed. */
  #templateParts({ expressions }: TemplateLiteral): Part[] {
    return expressions.map((node) => ({ node, keep: () => [this.#temporary(node, '`${', '}`')] }));
  }

  #visitForOf({ right, left, body }: ForOfStatement, pending: readonly Reported[]): void {
    this.#visit(right, pending);
    this.#visit(left, pending);
    if (!this.#holders.has(body)) return;
    const { frame, request } = this.names;
    const name = this.names.items(this.#items++);
    this.declared.push(name);
    const list = listOf(right);
    const items = `${frame} === undefined ? ${request} : (${name} = ${frame}.${list === right ? 'items' : 'list'}(${request}))`;
    this.insertions.wrap(list, `(${request} = ${opening(list)}`, `${closing(list)}, ${items})`);
    const line = this.code.slice(0, right.start).split('\n').length;
    this.#visit(body, [...pending, { name, shown: `items of the loop at line ${line}` }]);
  }

  #visitAssignment(node: AssignmentExpression, pending: readonly Reported[]): void {
    const { left, operator, right } = node;
    const isPattern = left.type === 'ObjectPattern' || left.type === 'ArrayPattern';
    const readsFirst = operator !== '=' && !['&&=', '||=', '??='].includes(operator) && this.#holders.has(right);
    if (isPattern || (left.type === 'Identifier' && !readsFirst)) this.#visit(right, pending);
    else if (!readsFirst)
      this.#visitInOrder([...this.#memberParts(left as MemberExpression), { node: right }], pending);
    else {
      const parts =
        left.type === 'MemberExpression' ? this.#targetParts(left) : { parts: [], text: () => this.#text(left) };
      const old = { node: left as AnyNode, keep: () => [this.#oldValue(node, parts.text())] };
      // The target holds no yield that its parts do not hold.
      this.#visitInOrder([...parts.parts, { ...old, node: NO_YIELD }, { node: right }], pending);
    }
  }

  /** The parts of the target of `+=`, and the text that reads the target once they are kept. */
  #targetParts(left: MemberExpression): { parts: Part[]; text: () => string } {
    const names = new Map<Node, string>();
    const part = (node: AnyNode): Part => ({
      node,
      keep: () => {
        const isName = node.type === 'Identifier' || node.type === 'Literal';
        const kept = this.#keep(node);
        const reported = kept.length > 0 || isName ? kept : [this.#temporary(node)];
        names.set(node, reported[0]?.name ?? this.#text(node));
        return reported;
      },
    });
    const [object, key] = [left.object as AnyNode, left.property as AnyNode];
    return {
      parts: left.computed ? [part(object), part(key)] : [part(object)],
      text: () => names.get(object)! + (left.computed ? `[${names.get(key)!}]` : `.${this.#text(key)}`),
    };
  }

  /** Writes `a += b` as `a = (old = a) + (b)`. */
  #oldValue({ left, operator, right }: AssignmentExpression, target: string): Temporary {
    const temporary = this.#declare(this.#text(left));
    const between = this.code.slice(left.end, right.start);
    const start = left.end + /^(?:[\s)]|\/\*[^]*?\*\/|\/\/.*)*/.exec(between)![0].length;
    const text = `= (${temporary.name} = ${target}) ${operator.slice(0, -1)}`;
    this.insertions.replace(start, start + operator.length, text);
    this.insertions.wrap(right, '(', ')');
    return temporary;
  }

  /** Keeps a value, if it may be another one after the request than it is before. */
  #keep(node: AnyNode | Super, prefix = ''): readonly Reported[] {
    if (node.type === 'Literal' || node.type === 'MetaProperty' || isFunction(node)) return [];
    if (node.type === 'Identifier') {
      const variable = this.resolution.variableOf(node);
      if (variable === undefined || isFixed(variable)) return [];
      if (!variable.isReassigned) return [variable];
    }
    if (node.type === 'ClassExpression') throw new CannotKeep('a class before a yield in one expression');
    if (isInsideChain(node)) throw new CannotKeep('a yield behind ?. in one expression');
    return [this.#temporary(node, '', '', prefix)];
  }

  #temporary(node: AnyNode, open = '', close = '', prefix = ''): Temporary {
    const temporary = this.#declare(this.#text(node));
    this.insertions.wrap(node, `${prefix}(${temporary.name} = ${open}${opening(node)}`, `${closing(node)}${close})`);
    return temporary;
  }

  #declare(text: string): Temporary {
    const name = this.names.temporary(this.#temporaries++);
    this.declared.push(name);
    const shown = text.replaceAll(/\s+/g, ' ');
    return { name, shown: shown.length > 30 ? `${shown.slice(0, 29)}…` : shown };
  }

  #text({ start, end }: Node): string {
    return this.code.slice(start, end);
  }
}

/** Stands for code without a yield. */
const NO_YIELD: AnyNode = { type: 'EmptyStatement', start: 0, end: 0 };

/** What opens a value that is to be assigned: a sequence needs parentheses, and a function must not get another name. */
export function opening(node: AnyNode): string {
  if (node.type === 'SequenceExpression') return '(';
  return isFunction(node) || node.type === 'ClassExpression' ? '(0, ' : '';
}

/** What closes it. */
export function closing(node: AnyNode): string {
  return opening(node) === '' ? '' : ')';
}

/** Whether a callee is `(0, module.name)`, as compilers write a call of what is imported. */
function isImported(callee: AnyNode, resolution: Resolution): boolean {
  const last = callee.type === 'SequenceExpression' ? callee.expressions.at(-1) : undefined;
  if (last?.type !== 'MemberExpression' || last.computed || last.object.type !== 'Identifier') return false;
  const variable = resolution.variableOf(last.object);
  return variable === undefined || isFixed(variable);
}

/** Whether a node is the beginning of a chain and has a `?.` in it, so that parentheses would change its meaning. */
function isInsideChain(node: AnyNode | Super): boolean {
  if (node.type === 'MemberExpression') return node.optional || isInsideChain(node.object);
  if (node.type === 'CallExpression') return node.optional || isInsideChain(node.callee);
  return false;
}

/** Methods of an array that go through it while it may change. */
const ITERATORS = ['entries', 'keys', 'values'];

/** What a loop goes through: of `list.entries()` the list, which tells how far the loop came as the iterator does not. */
function listOf(right: AnyNode): AnyNode {
  if (right.type !== 'CallExpression' || right.optional || right.arguments.length > 0) return right;
  const { callee } = right;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.optional) return right;
  const isList = callee.property.type === 'Identifier' && ITERATORS.includes(callee.property.name);
  return isList && callee.object.type !== 'Super' ? callee.object : right;
}
