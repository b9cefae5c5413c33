/**
 * What a compiled model file uses of other modules, and generators that it makes and drops. The compiler has taken the types
 * away and left the lines where they were.
 */
import { parse, type AnyNode, type CallExpression, type Expression, type Identifier, type Node } from 'acorn';

/** A name that a file uses of a module that it imports. */
export interface Use {
  readonly specifier: string;
  readonly name: string;
  readonly line: number;
}

/** A call whose result is dropped, or yielded without a star. */
export interface DroppedCall {
  readonly callee: string;
  /** The module that the callee is imported from; absent for a function of the file itself. */
  readonly specifier: string | undefined;
  readonly line: number;
}

/** A variable that is written in a function which is called once, and looks as if it were called again and again. */
export interface WrittenOnce {
  readonly callee: string;
  readonly name: string;
  readonly line: number;
}

/** A file, looked through. */
export interface CompiledFile {
  readonly uses: readonly Use[];
  readonly dropped: readonly DroppedCall[];
  readonly writtenOnce: readonly WrittenOnce[];
  /** Names of the file that are generator functions, and nothing else. */
  readonly generators: ReadonlySet<string>;
  /** Names it exports. */
  readonly exports: ReadonlySet<string>;
  /** Whether it exports all that another module does too. */
  readonly exportsAll: boolean;
}

const NOTHING: CompiledFile = {
  uses: [],
  dropped: [],
  writtenOnce: [],
  generators: new Set(),
  exports: new Set(),
  exportsAll: false,
};

/** Looks through a compiled file; one that cannot be parsed says nothing. */
export function lookThrough(code: string): CompiledFile {
  const program = parsed(code);
  if (program === undefined) return NOTHING;
  const look = new Look();
  walk(program, (node) => {
    look.visit(node);
  });
  return look.found;
}

/**
 * The texts that a function compares `variant` with.
 *
 * @param text - of the function, as JavaScript prints it
 */
export function variantsIn(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const program = parsed(`(${text})`) ?? parsed(`({${text}})`);
  const add = (...nodes: readonly (Node | null | undefined)[]): void => {
    for (const node of nodes as readonly AnyNode[])
      if (node?.type === 'Literal' && typeof node.value === 'string') found.add(node.value);
  };
  if (program !== undefined)
    walk(program, (node) => {
      if (node.type === 'BinaryExpression' && /^[!=]==?$/.test(node.operator)) {
        if (isVariant(node.left)) add(node.right);
        if (isVariant(node.right)) add(node.left);
      } else if (node.type === 'SwitchStatement' && isVariant(node.discriminant))
        add(...node.cases.map(({ test }) => test));
      else if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression') {
        const { object, property } = node.callee;
        const isAsked = nameOf(property) === 'includes' && node.arguments.some((one) => isVariant(one));
        if (isAsked && object.type === 'ArrayExpression') add(...object.elements);
      }
    });
  return found;
}

function isVariant(node: Node): boolean {
  const { type, computed, property } = node as { type: string; computed?: boolean; property?: Node };
  if (type === 'MemberExpression') return computed !== true && property !== undefined && nameOf(property) === 'variant';
  return nameOf(node) === 'variant';
}

function parsed(code: string): Node | undefined {
  try {
    return parse(code, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowAwaitOutsideFunction: true,
      allowReturnOutsideFunction: true,
      allowHashBang: true,
      locations: true,
    });
  } catch {
    return undefined;
  }
}

function walk(node: Node, visit: (node: AnyNode) => void): void {
  visit(node as AnyNode);
  for (const value of Object.values(node) as unknown[])
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(child)) walk(child, visit);
}

class Look {
  readonly #modules = new Map<string, string>();
  readonly #uses: Use[] = [];
  readonly #dropped: DroppedCall[] = [];
  readonly #writtenOnce: WrittenOnce[] = [];
  readonly #generators = new Set<string>();
  readonly #otherNames = new Set<string>();
  readonly #exports = new Set<string>();
  #exportsAll = false;

  get found(): CompiledFile {
    const generators = new Set([...this.#generators].filter((name) => !this.#otherNames.has(name)));
    return {
      uses: this.#uses,
      dropped: this.#dropped.filter(({ specifier, callee }) => specifier !== undefined || generators.has(callee)),
      writtenOnce: this.#writtenOnce,
      generators,
      exports: this.#exports,
      exportsAll: this.#exportsAll,
    };
  }

  visit(node: AnyNode): void {
    switch (node.type) {
      case 'VariableDeclarator':
        this.#declare(node.id, node.init ?? undefined);
        break;
      case 'FunctionDeclaration':
        (node.generator ? this.#generators : this.#otherNames).add(node.id?.name ?? 'default');
        for (const parameter of node.params) this.#otherwiseNamed(parameter);
        break;
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        for (const parameter of node.params) this.#otherwiseNamed(parameter);
        break;
      case 'MemberExpression':
        this.#use(node.object, node.property, node.computed);
        break;
      case 'AssignmentExpression':
        if (node.left.type === 'MemberExpression' && nameOf(node.left.object) === 'exports')
          this.#export(nameOf(node.left.property));
        break;
      case 'CallExpression':
        this.#exported(node);
        this.#callOnce(node);
        break;
      case 'ExpressionStatement':
        this.#drop(node.expression);
        break;
      case 'YieldExpression':
        if (!node.delegate && node.argument !== null && node.argument !== undefined) this.#drop(node.argument);
        break;
      default:
    }
  }

  #declare(id: Node, init: Expression | undefined): void {
    const name = nameOf(id);
    if (name === undefined) return;
    const specifier = init === undefined ? undefined : moduleOf(init);
    if (specifier !== undefined) this.#modules.set(name, specifier);
    else if (init?.type === 'FunctionExpression' && init.generator) this.#generators.add(name);
    else this.#otherNames.add(name);
  }

  #otherwiseNamed(parameter: Node): void {
    const name = nameOf(parameter);
    if (name !== undefined) this.#otherNames.add(name);
  }

  /** Only of names that the compiler made, for no parameter is called so. */
  #use(object: Node, property: Node, computed: boolean): void {
    const binding = nameOf(object);
    const specifier = binding?.startsWith('_') === true ? this.#modules.get(binding) : undefined;
    const name = nameOf(property);
    if (specifier !== undefined && name !== undefined && !computed)
      this.#uses.push({ specifier, name, line: property.loc?.start.line ?? 0 });
  }

  #export(name: string | undefined): void {
    if (name !== undefined) this.#exports.add(name);
  }

  /** `Object.defineProperty(exports, 'name', …)`, and `Object.keys(_module).forEach(…)`. */
  #exported({ callee, arguments: args }: CallExpression): void {
    if (callee.type !== 'MemberExpression') return;
    const method = nameOf(callee.property);
    if (method === 'defineProperty' && args[0] !== undefined && nameOf(args[0]) === 'exports') {
      const [, name] = args;
      if (name?.type === 'Literal' && typeof name.value === 'string') this.#export(name.value);
    }
    const keys = callee.object;
    if (method === 'forEach' && keys.type === 'CallExpression' && keys.arguments[0] !== undefined)
      this.#exportsAll ||= this.#modules.has(nameOf(keys.arguments[0]) ?? '');
  }

  #drop(expression: Expression): void {
    if (expression.type !== 'CallExpression') return;
    const { callee, loc } = expression;
    const line = loc?.start.line ?? 0;
    if (callee.type === 'Identifier') this.#dropped.push({ callee: callee.name, specifier: undefined, line });
    const imported = this.#importedBy(callee);
    if (imported !== undefined) this.#dropped.push({ callee: imported.name, specifier: imported.specifier, line });
  }

  /** What is imported is called as `(0, _module.name)(…)`. */
  #importedBy(callee: Node): { readonly specifier: string; readonly name: string } | undefined {
    const { type, expressions } = callee as { type: string; expressions?: readonly Expression[] };
    const last = type === 'SequenceExpression' ? expressions?.at(-1) : undefined;
    if (last?.type !== 'MemberExpression') return undefined;
    const [specifier, name] = [this.#modules.get(nameOf(last.object) ?? ''), nameOf(last.property)];
    return specifier === undefined || name === undefined ? undefined : { specifier, name };
  }

  #callOnce({ callee, arguments: args }: CallExpression): void {
    const { specifier = '', name = '' } = this.#importedBy(callee) ?? {};
    if (!specifier.startsWith('@shootdown/') || !CALLED_ONCE.includes(name)) return;
    for (const argument of args)
      if (argument.type === 'ArrowFunctionExpression' || argument.type === 'FunctionExpression')
        for (const { name: variable, loc } of writtenOutside(argument))
          this.#writtenOnce.push({ callee: name, name: variable, line: loc?.start.line ?? 0 });
  }
}

/** What they are given is called once, and what that makes is run again and again. */
const CALLED_ONCE = ['spinUntil', 'waitEvent'];

/** The variables that a function writes and does not declare. */
function writtenOutside(made: Node): Identifier[] {
  const own = new Set<string>();
  const written: Identifier[] = [];
  walk(made, (node) => {
    if (node.type === 'VariableDeclarator') own.add(nameOf(node.id) ?? '');
    if (isFunction(node)) for (const parameter of node.params) own.add(nameOf(parameter) ?? '');
    const target =
      node.type === 'AssignmentExpression' ? node.left : node.type === 'UpdateExpression' ? node.argument : undefined;
    if (target?.type === 'Identifier') written.push(target);
  });
  return written.filter(({ name }) => !own.has(name));
}

function isFunction(node: AnyNode): node is AnyNode & { readonly params: readonly Node[] } {
  return /^(ArrowFunctionExpression|FunctionExpression|FunctionDeclaration)$/.test(node.type);
}

/** The specifier of the module that an expression loads. */
function moduleOf(init: Expression): string | undefined {
  const call = init.type === 'AwaitExpression' ? init.argument : init;
  if (call.type !== 'CallExpression') return undefined;
  const [argument] = call.arguments;
  if (argument === undefined) return undefined;
  const callee = nameOf(call.callee);
  if (callee === 'require' || callee === 'jitiImport')
    return argument.type === 'Literal' && typeof argument.value === 'string' ? argument.value : undefined;
  const isInterop = callee?.startsWith('_interopRequire') === true && argument.type !== 'SpreadElement';
  return isInterop ? moduleOf(argument) : undefined;
}

function nameOf(node: Node): string | undefined {
  return node.type === 'Identifier' ? (node as Identifier).name : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
