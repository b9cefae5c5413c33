/** One TypeScript program over the sources of all packages, read through the source condition, so without a build. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** The source files of a tree of packages. */
export interface Sources {
  readonly checker: ts.TypeChecker;
  /** What other packages see: each `src/index.ts` and `src/model.ts`. */
  readonly entries: readonly ts.SourceFile[];
  /** Every file in a `src/` folder, tests left out. */
  readonly files: readonly ts.SourceFile[];
  /** A place in a file as `packages/x/src/y.ts:12`. */
  readonly place: (node: ts.Node) => string;
}

/** Reads the packages in `packages/` and `apps/` below `root`. */
export function readSources(root: string): Sources {
  const names = ['packages', 'apps'].flatMap((group) => sourceFiles(path.join(root, group)));
  const program = ts.createProgram(names, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['@shootdown/source'],
    types: ['node'],
    strict: true,
    noEmit: true,
  });
  const files = names.map((name) => program.getSourceFile(name)!);
  return {
    checker: program.getTypeChecker(),
    entries: files.filter(({ fileName }) => /\/src\/(index|model)\.ts$/.test(fileName)),
    files,
    place: (node) => placeOf(root, node),
  };
}

function sourceFiles(group: string): string[] {
  if (!existsSync(group)) return [];
  return readdirSync(group)
    .map((name) => path.join(group, name, 'src'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file)),
    )
    .filter((file) => file.endsWith('.ts') && !/\.(test|test-d|d)\.ts$/.test(file));
}

function placeOf(root: string, node: ts.Node): string {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${path.relative(root, file.fileName).split(path.sep).join('/')}:${line + 1}`;
}
