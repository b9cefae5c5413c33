/** The `yield*` of a script, function by function. */
import { parse, type AnyNode, type Options } from 'acorn';

/** A function and the `yield*` that stand in it, but in no function inside it. */
export interface FunctionSites {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly sites: YieldSite[];
}

/** One `yield*`, as a range of the script. */
export interface YieldSite {
  readonly start: number;
  readonly end: number;
}

const OPTIONS: Options = {
  ecmaVersion: 'latest',
  allowHashBang: true,
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  allowImportExportEverywhere: true,
  allowSuperOutsideMethod: true,
};

/** All functions of a script, outer ones before those inside them. */
export function functionsOf(text: string): FunctionSites[] {
  const found: FunctionSites[] = [];
  visit(parsed(text), undefined, found);
  return found;
}

/** The innermost range that an offset lies in; the start of the next belongs to that. */
export function innermost<R extends YieldSite>(ranges: readonly R[], offset: number): R | undefined {
  let best: R | undefined;
  for (const range of ranges)
    if (range.start <= offset && offset < range.end && (best === undefined || range.start >= best.start)) best = range;
  return best;
}

function parsed(text: string): AnyNode {
  try {
    return parse(text, { ...OPTIONS, sourceType: 'module' });
  } catch {
    return parse(text, { ...OPTIONS, sourceType: 'script' });
  }
}

function visit(node: AnyNode, inside: FunctionSites | undefined, found: FunctionSites[]): void {
  let current = inside;
  if (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  ) {
    const name = 'id' in node ? (node.id?.name ?? '') : '';
    current = { name, start: node.start, end: node.end, sites: [] };
    found.push(current);
  } else if (node.type === 'YieldExpression' && node.delegate) {
    current?.sites.push({ start: node.start, end: node.end });
  }
  for (const child of childrenOf(node)) visit(child, current, found);
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node)
    .flat()
    .filter((value): value is AnyNode => typeof (value as { type?: unknown } | null)?.type === 'string');
}
