/**
 * The examples of a package: the first `ts` block of its README, and every later one that promises output. Each line that
 * is printed stands beside or below the statement that prints it, behind `// =>`.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** An example, written to a file from which it can be imported. */
export interface Example {
  /** The package's folder name. */
  readonly name: string;
  /** Inside the package, so that it may import what a user of the package may import. Git ignores it. */
  readonly file: string;
  /** The lines it says it prints. */
  readonly output: readonly string[];
}

/** The packages in `packages/` below `root`, by folder name. */
export function packageNames(root: string): string[] {
  const group = path.join(root, 'packages');
  return readdirSync(group).filter((name) => existsSync(path.join(group, name, 'package.json')));
}

/**
 * Takes the examples of the package `name` out of its README.
 *
 * @throws {@link Error} when there is no README, no `ts` block in it, or no `// =>` in its first block
 */
export function writeExamples(root: string, name: string): Example[] {
  const folder = path.join(root, 'packages', name);
  const readme = path.join(folder, 'README.md');
  if (!existsSync(readme)) throw new Error(`packages/${name} has no README.md`);
  const examples = blocks(readFileSync(readme, 'utf8')).map((code) => ({ code, output: promisedOutput(code) }));
  if (examples.length === 0) throw new Error(`packages/${name}/README.md has no example in a ts block`);
  if (examples[0].output.length === 0)
    throw new Error(`the example in packages/${name}/README.md promises no output behind // =>`);
  return examples
    .filter(({ output }) => output.length > 0)
    .map(({ code, output }, i) => {
      const file = path.join(folder, '.readme-test', i === 0 ? 'example.ts' : `example-${i + 1}.ts`);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, `${code}\nexport {};\n`);
      return { name, file, output };
    });
}

/** The texts of the fenced blocks whose language is `ts`. */
function blocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\b[^\n]*\n([\s\S]*?)^```\s*$/gm)].map(([, code = '']) => code.trimEnd());
}

/** What stands behind each `// =>`, line by line. */
export function promisedOutput(code: string): string[] {
  return [...code.matchAll(/\/\/ => ?(.*)$/gm)].map(([, line = '']) => line.trimEnd());
}
