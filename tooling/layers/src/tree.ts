/** The packages of a workspace folder, as they are on disk: names, declared dependencies, imports. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** The scope of every package's name. */
export const SCOPE = '@shootdown/';

/** A module that a file names. */
export interface Import {
  /** Path from the package's folder, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
}

/** One package of the tree. */
export interface Package {
  /** Without the scope. */
  readonly name: string;
  readonly folder: string;
  /** Names without the scope of the workspace packages its package.json names. */
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  /** Its entry points, `.` or `./model`, and the source file of each. */
  readonly entries: Readonly<Record<string, string>>;
  /** Its TypeScript files, as in {@link Import}. */
  readonly files: readonly string[];
  readonly imports: readonly Import[];
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'reports', 'coverage', 'fixtures', '.turbo', '.readme-test']);

/** The condition of an exports map under which a source file is named. */
const SOURCE = `${SCOPE}source`;

/** The packages below `root` in `packages/` and `apps/`, or in other groups. */
export function readTree(root: string, groups: readonly string[] = ['packages', 'apps']): Package[] {
  return groups
    .map((group) => path.join(root, group))
    .filter((group) => existsSync(group))
    .flatMap((group) => readdirSync(group).map((name) => path.join(group, name)))
    .filter((folder) => existsSync(path.join(folder, 'package.json')))
    .map(readPackage);
}

function readPackage(folder: string): Package {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    name: string;
    dependencies?: Record<string, string>;
    peerDependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
    exports?: string | Record<string, string | Record<string, string> | null>;
  };
  const files = typeScriptFiles(folder);
  return {
    name: manifest.name.slice(SCOPE.length),
    folder,
    dependencies: inScope({ ...manifest.dependencies, ...manifest.peerDependencies }),
    devDependencies: inScope(manifest.devDependencies ?? {}),
    entries: entriesOf(manifest.exports ?? {}),
    files: files.map((file) => within(folder, file)),
    imports: files.flatMap((file) => readImports(folder, file)),
  };
}

function inScope(dependencies: Record<string, string>): string[] {
  return Object.keys(dependencies)
    .filter((name) => name.startsWith(SCOPE))
    .map((name) => name.slice(SCOPE.length));
}

function entriesOf(exports: string | Record<string, string | Record<string, string> | null>): Record<string, string> {
  const all = typeof exports === 'string' ? { '.': exports } : exports;
  const sourceOf = (entry: string | Record<string, string> | null): string | undefined =>
    typeof entry === 'object' ? entry?.[SOURCE] : entry;
  return Object.fromEntries(
    Object.entries(all).flatMap(([subpath, entry]) => {
      const source = sourceOf(entry);
      return source === undefined ? [] : [[subpath, source]];
    }),
  );
}

function within(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
}

/** Every TypeScript file of a package, tests and configuration included. */
function typeScriptFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : typeScriptFiles(full);
    return /\.[cm]?tsx?$/.test(entry.name) ? [full] : [];
  });
}

function readImports(folder: string, file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = importedModule(node);
    if (specifier !== undefined) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      imports.push({ file: within(folder, file), line, specifier });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

/** The module that a statement or expression names: import, export from, `import()`, `import('')` type, `require()`. */
function importedModule(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return literal(node.expression);
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined;
  if (!ts.isCallExpression(node)) return undefined;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
  return isImport || isRequire ? literal(node.arguments[0]) : undefined;
}

function literal(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}
