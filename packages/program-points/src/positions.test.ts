/** Positions in stacks, mapped back: those of the code as it was written. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import ts from 'typescript';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rewrite } from './rewrite.js';
import { behaviour, LINES_BEFORE, load, OutOfFuel } from './testing/behaviour.js';
import { randomProgram } from './testing/random-program.js';
import { transform, transformInline } from './transform.js';

const numRuns = Number(process.env['PROGRAM_POINTS_RUNS'] ?? 100);

const TYPESCRIPT = `interface Lock { readonly name: string }
type Thread = Generator<string, number, number>;
function wrong(why: string): never {
  throw new Error(why);
}
export function* inner(lock: Lock, count: number): Thread {
  const held: number = yield lock.name; const sum: number = held + count; if (sum > 1) wrong(\`\${lock.name} äö\`);
  return sum;
}
export function* outer(locks: readonly Lock[]): Thread {
  let all: number = 0;
  for (const lock of locks) all += (yield* inner(lock as Lock, all)) + (all as unknown as number);
  return all;
}
`;
const RUN = `
import { outer } from './model.js';
const thread = outer([{ name: 'a' }, { name: 'b' }]);
thread.next(); thread.next(1);
try { thread.next(1); } catch ({ stack }) { console.log(stack); }
`;
/** Where it throws: what is called there, and the text that stands there. */
const PLACES = [
  ['wrong', 'new Error(why)'],
  ['inner', 'wrong(`'],
  ['outer', 'inner(lock as'],
] as const;

let root = '';
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'program-points-'));
});
afterEach(() => rm(root, { recursive: true }));

/** Lines and columns of a text, both from 1. */
function positionOf(text: string): string {
  const before = TYPESCRIPT.slice(0, TYPESCRIPT.indexOf(text)).split('\n');
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

function compiled(options: ts.CompilerOptions): ts.TranspileOutput {
  const target = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  return ts.transpileModule(TYPESCRIPT, {
    fileName: 'model.ts',
    compilerOptions: { ...target, inlineSources: true, ...options },
  });
}

async function stackOfRun(): Promise<string> {
  await writeFile(path.join(root, 'package.json'), '{ "type": "module" }');
  await writeFile(path.join(root, 'run.js'), RUN);
  const { stdout, stderr } = spawnSync(process.execPath, ['--enable-source-maps', 'run.js'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

const expected = PLACES.map(([name, text]) => `${name} ${positionOf(text)}`);

function positionsIn(stack: string): string[] {
  return [...stack.matchAll(/at (\w+) \(.*[\\/]model\.ts:(\d+:\d+)\)/g)].map(([, name, at]) => `${name} ${at}`);
}

test('of files rewritten with their source maps', async () => {
  const { outputText, sourceMapText } = compiled({ sourceMap: true });
  await writeFile(path.join(root, 'model.js'), outputText);
  await writeFile(path.join(root, 'model.js.map'), sourceMapText!);
  expect(positionsIn(await stackOfRun())).toEqual(expected);
  expect((await rewrite(['.'], root)).map(({ file }) => file)).toEqual(['model.js']);
  expect(positionsIn(await stackOfRun())).toEqual(expected);
});

test('of code with its map inside', async () => {
  const { outputText } = compiled({ inlineSourceMap: true });
  const { code } = transformInline(outputText, { file: 'model.js' })!;
  expect(code.match(/sourceMappingURL/g)).toHaveLength(1);
  await writeFile(path.join(root, 'model.js'), code);
  expect(positionsIn(await stackOfRun())).toEqual(expected);
});

/** Where requests are made, one stack a request, as the run goes through `code`. */
function requestsOf(code: string): string[] {
  const stacks: string[] = [];
  const program = load(code, () => void stacks.push(new Error().stack ?? ''));
  try {
    behaviour(program, { depth: 4, answers: [0, 1], threads: 1, records: false, first: 0 });
  } catch (error) {
    if (!(error instanceof OutOfFuel)) throw error;
  }
  return stacks;
}

/** The frames of a stack that are in the code, as `line:column` from 0. */
function framesIn(stack: string): (readonly [number, number])[] {
  return [...stack.matchAll(/<anonymous>:(\d+):(\d+)\)/g)]
    .map(([, line, column]) => [Number(line) - LINES_BEFORE - 1, Number(column) - 1] as const)
    .filter(([line]) => line >= 0);
}

test('of random programs', { timeout: 3_600_000 }, () => {
  const programs = fc.uint8Array({ minLength: 30, maxLength: 400, size: 'max' }).map((bytes) => randomProgram(bytes));
  fc.assert(
    fc.property(programs, (code) => {
      const transformed = transform(code, { file: 'random.js' })!;
      const map = new SourceMap(JSON.parse(transformed.map.toString()) as SourceMapPayload);
      const back = requestsOf(transformed.code).map((stack) =>
        framesIn(stack).map((frame) => {
          const { originalLine, originalColumn } = map.findEntry(...frame) as SourceMapEntry;
          return [originalLine, originalColumn];
        }),
      );
      expect(back).toEqual(requestsOf(code).map((stack) => framesIn(stack)));
    }),
    { numRuns },
  );
});

interface SourceMapEntry {
  readonly originalLine: number;
  readonly originalColumn: number;
}
