/** A call in a generator function that lacks its `yield*`; told by names and imports, so it needs no types. */

/** What of `@shootdown/machine` makes a request. */
const REQUESTS = new Set([
  'read',
  'write',
  'readOnce',
  'writeOnce',
  'load',
  'store',
  'rmw',
  'modify',
  'cmpxchg',
  'fence',
  'choose',
  'chooseMember',
  'waitFor',
  'lockAcquire',
  'lockTry',
  'lockRelease',
  'report',
  'spinUntil',
]);
/** What of the `model` entries is an ordinary call: it ends the thread, or prepares memory and layout. */
const ORDINARY = /^(?:bug|bugOn|(?:set|use|define|declare|add|init)[A-Z].*)$/;
const MAKERS = new Set(['kfunc', 'defineOperation']);

/**
 * Whether calling a variable makes a request or a generator.
 *
 * @param {any} definition
 */
function mustBeYielded({ type, node, parent }) {
  if (type === 'ImportBinding') return isImported(node, parent);
  if (type === 'FunctionName') return node.generator === true;
  if (type !== 'Variable' || node.init === null || parent.kind !== 'const') return false;
  const { init } = node;
  if (init.type === 'FunctionExpression') return init.generator === true;
  return init.type === 'CallExpression' && init.callee.type === 'Identifier' && MAKERS.has(init.callee.name);
}

/**
 * @param {any} specifier
 * @param {any} declaration
 */
function isImported(specifier, declaration) {
  if (specifier.type !== 'ImportSpecifier') return false;
  const name = specifier.imported.name ?? specifier.imported.value;
  const source = String(declaration.source.value);
  if (source === '@shootdown/machine') return REQUESTS.has(name);
  return /^@shootdown\/[a-z0-9-]+\/model$/.test(source) && /^[a-z]/.test(name) && !ORDINARY.test(name);
}

/** @type {import('eslint').Rule.RuleModule} */
export const noUnyieldedCall = {
  meta: {
    type: 'problem',
    docs: { description: 'a call that makes a request must be yielded with yield*' },
    messages: { missing: '{{name}}() makes a request that nobody yields, so nothing is done: write yield* before it.' },
    schema: [],
  },
  create(context) {
    /** @type {boolean[]} */
    const generators = [];
    /** @param {any} node */
    const enter = (node) => {
      generators.push(node.generator === true);
    };
    const leave = () => {
      generators.pop();
    };
    return {
      FunctionDeclaration: enter,
      FunctionExpression: enter,
      ArrowFunctionExpression: enter,
      'FunctionDeclaration:exit': leave,
      'FunctionExpression:exit': leave,
      'ArrowFunctionExpression:exit': leave,
      /** @param {any} node */
      'ExpressionStatement > CallExpression'(node) {
        if (generators.at(-1) !== true || node.callee.type !== 'Identifier') return;
        const { name } = node.callee;
        let scope = context.sourceCode.getScope(node);
        /** @type {any} */
        let variable;
        for (; scope !== null && variable === undefined; scope = /** @type {any} */ (scope.upper))
          variable = scope.set.get(name);
        if (variable?.defs.some(mustBeYielded) === true) context.report({ node, messageId: 'missing', data: { name } });
      },
    };
  },
};
