/**
 * Every command that a document prints does what the document says. `SHOOTDOWN_DOC_COMMANDS=all` runs those too that take
 * minutes, a number the one of that number of those that take less than a minute, counted round and round, `UPDATE_DOCS=1` prints
 * anew what stands below commands.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import {
  documentFiles,
  parseDocument,
  parseSaid,
  readDocument,
  type DocumentedCommand,
} from '../fixtures/documents.js';
import { runCli, type Ran } from '../fixtures/run-cli.js';
import { catalogue } from './catalogue.js';

const root = path.join(import.meta.dirname, '..', '..', '..');
const isRenewing = process.env['UPDATE_DOCS'] !== undefined;
const wanted = process.env['SHOOTDOWN_DOC_COMMANDS'] ?? 'fast';
const runsAll = wanted === 'all';
const documents = documentFiles(root).map((file) => readDocument(root, file));

/** Blocks whose output is compared, to the letter, by a test of its own. */
const COMPARED_ELSEWHERE = ['docs/kinds.md', 'docs/two-pass.md'];

/** What stands for what a reader puts there. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  SCENARIO: 'locks/peterson',
  VARIANT: 'broken',
  PATTERN: 'locks',
  GLOB: 'locks/*',
  TOKEN: 'locks/ticket-lock@broken::1.49940710.AgEABAID',
  FILE: 'kept',
  NAME: 'first-model',
  N: '2',
};
const PROGRAM = /^(?:npm start(?: -s)?(?: --(?= |$))?|npx shootdown|shootdown)/;

const folder = mkdtempSync(path.join(tmpdir(), 'shootdown-docs-'));
mkdirSync(path.join(folder, 'docs'));
const files = documents.flatMap((document) => document.files);
for (const { name, text } of files) writeFileSync(path.join(folder, name), text);
writeFileSync(path.join(folder, 'my-model.ts'), files.find(({ name }) => name === 'counter.ts')?.text ?? '');
// docs/litmus.md
const litmus = path.join(root, 'packages', 'litmus', 'litmus-tests', 'own');
const [litmusTest] = readdirSync(litmus);
mkdirSync(path.join(folder, 'my-tests'));
for (const copy of ['my-test.litmus', path.join('my-tests', litmusTest)])
  writeFileSync(path.join(folder, copy), readFileSync(path.join(litmus, litmusTest)));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const ran = new Map<string, Promise<Ran>>();

/** Runs a command line of the program, once. */
function runOnce(command: string, cwd: string): Promise<Ran> {
  const words = command.replace(PROGRAM, '').replaceAll(/\b[A-Z]+\b/g, (word) => PLACEHOLDERS[word] ?? word);
  const args = [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
  const key = [cwd, ...args].join(' ');
  const promise = ran.get(key) ?? runCli(args, { catalogue, cwd });
  ran.set(key, promise);
  return promise;
}

const printed = documents.flatMap(({ commands }) => commands);
const ofProgram = printed.filter(({ command }) => PROGRAM.test(command));
const whySlow = ({ command, said }: DocumentedCommand): string | undefined => {
  const args = command.replace(PROGRAM, '').trim();
  if (args === '' || args.startsWith('suite --json')) return 'checks everything';
  if (args === 'mutate' || args.startsWith('mutate --json')) return 'mutates everything';
  return parseSaid(said).slow ?? (args.startsWith('bench') ? 'measures' : undefined);
};

describe('what documents say of the program', () => {
  const inTurn = ofProgram.filter((one) => /half a minute|seconds/.test(whySlow(one) ?? ''));
  const run = /^\d+$/.test(wanted)
    ? [inTurn[Number(wanted) % inTurn.length]]
    : ofProgram.filter((one) => runsAll || whySlow(one) === undefined);

  test.each(run.map((one) => [`${one.where}: ${one.command}`, one] as const))(
    '%s',
    { timeout: runsAll ? 3_600_000 : 300_000 },
    async (_name, { where, command, said, visible, output }) => {
      const { exit, states, verdict } = parseSaid(said);
      const isOfFile = files.some(({ name }) => command.includes(`./${name}`));
      const { code, stdout, stderr } = await runOnce(command, output === undefined || isOfFile ? folder : root);
      expect([code, code === exit ? '' : stderr + stdout]).toEqual([exit, '']);
      if (states !== undefined) {
        expect(/([\d,]+) states/.exec(stdout)?.[1]).toBe(states);
        if (visible !== '') expect(visible).toContain(states);
      }
      if (verdict !== undefined)
        expect(/^(?:holds|violated: \S+|unknown)/m.exec(stdout)?.[0].replace(',', '')).toContain(verdict);
      if (output !== undefined && !COMPARED_ELSEWHERE.includes(where.replace(/:\d+$/, '')))
        expect(linesMissing(output, stdout + stderr)).toEqual([]);
    },
  );

  if (isRenewing)
    test('blocks are renewed', async () => {
      for (const { file } of documents.filter((document) => !COMPARED_ELSEWHERE.includes(document.file))) {
        let text = readFileSync(path.join(root, file), 'utf8');
        for (const { command, output } of readDocument(root, file).commands) {
          if (output === undefined || output.includes('\n...\n') || output.startsWith('...\n')) continue;
          const { stdout } = await runOnce(command, root);
          text = text.replace(`$ ${command}\n${output}`, () => `$ ${command}\n${stdout.trimEnd()}\n`);
        }
        writeFileSync(path.join(root, file), text);
      }
    });

  test.skipIf(/^\d+$/.test(wanted))('those that take long are left out, and told', () => {
    const left = ofProgram.filter((one) => !run.includes(one));
    for (const one of left) console.info(`not run (${whySlow(one) ?? ''}): ${one.where}: ${one.command}`);
    expect(left.length).toBeLessThan(run.length);
  });
});

/** Lines printed in a document that the program does not print after one another. `...` stands for any lines. */
function linesMissing(shown: string, got: string): string[] {
  const lines = lasting(got);
  return lasting(shown).filter((line) => {
    if (line === '...') return false;
    const at = lines.indexOf(line);
    if (at < 0) return true;
    lines.splice(0, at + 1);
    return false;
  });
}

/** The lines that are the same in each run and on each machine. */
function lasting(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd().replace(/, [\d.]+ MiB, .*$/, ''))
    .filter((line) => line !== '' && !/^\s*(?:[\d.,]+ s, )?(?:[\d.,]+(?: [kM])? )?transitions\/s$/.test(line));
}

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (place: string): Manifest =>
  JSON.parse(readFileSync(path.join(root, place, 'package.json'), 'utf8')) as Manifest;

/** Why a command that is not the program's cannot be run as it is printed; `undefined` if it can. */
function whyNot(command: string): string | undefined {
  const words = command.replace(/^(?:[A-Z_]+=\S+ )*/, '').split(' ');
  const [program, verb, ...rest] = words;
  if (program === 'npm') {
    if (verb === 'test') return rest.length === 0 ? undefined : whyNoFilter(rest);
    if (verb === 'install')
      return rest.every((word) => /\.tgz$|^--save-dev$/.test(word)) ? undefined : 'npm install of what?';
    if (verb !== 'run') return 'expected npm start, test, run or install';
    if (rest[0] !== 'pnpm') return rest[0] in (manifestOf('.').scripts ?? {}) ? undefined : `no script ${rest[0]}`;
    return rest[1] === '--' ? whyNoPnpm(rest.slice(2)) : 'expected npm run pnpm --';
  }
  if (program === 'node') return existsSync(path.join(root, verb)) ? undefined : `no file ${verb}`;
  if (program === 'npx' && verb === 'tsc')
    return rest[0] === '-p' && existsSync(path.join(root, rest[1])) ? undefined : 'tsc of what?';
  return 'a reader with Node and npm alone does not have that command';
}

function whyNoFilter([dashes, filter, ...more]: readonly string[]): string | undefined {
  const name = /^--filter=@shootdown\/(.+)$/.exec(filter)?.[1] ?? '';
  return dashes === '--' && more.length === 0 && placeOf(name) !== undefined
    ? undefined
    : 'expected -- --filter=@shootdown/NAME';
}

function placeOf(name: string): string | undefined {
  return ['packages', 'apps', 'tooling']
    .map((group) => `${group}/${name}`)
    .find((place) => existsSync(path.join(root, place, 'package.json')));
}

function whyNoPnpm([option, where, ...words]: readonly string[]): string | undefined {
  if (option === 'install' && where === undefined) return undefined;
  if (option === '--filter-prod') return whyNoPack([where, ...words]);
  const place = option === '-C' ? where : option === '--filter' ? placeOf(where.replace('@shootdown/', '')) : undefined;
  if (place === undefined || !existsSync(path.join(root, place, 'package.json'))) return `no package ${where}`;
  const [verb, ...rest] = words[0] === 'run' ? words.slice(1).filter((word) => word !== '--silent') : words;
  if (verb !== 'exec') return verb in (manifestOf(place).scripts ?? {}) ? undefined : `${place} has no script ${verb}`;
  if (rest[0] !== 'vitest' || !('vitest' in (manifestOf(place).devDependencies ?? {})))
    return `${place} has no ${rest[0]}`;
  const filter = rest.slice(1).filter((word) => word !== 'run' && !word.startsWith('-'));
  const tests = readdirSync(path.join(root, place, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.test.ts'),
  );
  return filter.every((word) => tests.some((file) => path.join('src', file).includes(word)))
    ? undefined
    : `${place} has no test ${filter.join(' ')}`;
}

/** Tarballs of packages, with those that they import. */
function whyNoPack(words: readonly string[]): string | undefined {
  const text = words.join(' ').replaceAll("'", '');
  const [, name, more] =
    /^@shootdown\/([\w-]+)\.\.\.(?: --filter @shootdown\/([\w-]+))? pack --pack-destination \S+$/.exec(text) ?? [];
  return [name, more ?? name].every((one) => placeOf(one) !== undefined) ? undefined : `pack what? ${text}`;
}

describe('what else documents print', () => {
  const others = printed.filter(({ command }) => !PROGRAM.test(command));
  test.each(others.map(({ where, command }) => [`${where}: ${command}`, command] as const))('%s', (_name, command) => {
    expect(whyNot(command)).toBe(undefined);
  });

  test.each(documents.map((document) => [document.file, document] as const))(
    'no command escapes: %s',
    (_file, { leftOver }) => {
      expect(leftOver).toEqual([]);
    },
  );
});

describe('models that documents print', () => {
  test('type-check, as those of a strict user', () => {
    const place = path.join(root, 'apps', 'harness', '.readme-test');
    mkdirSync(place, { recursive: true });
    for (const { name, text } of files) writeFileSync(path.join(place, name), text);
    const names = files.map(({ name }) => path.join(place, name));
    const program = ts.createProgram(names, {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      customConditions: ['@shootdown/source'],
      types: ['node'],
      strict: true,
      noEmit: true,
    });
    const errors = names.flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
    expect(errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('how documents are read', () => {
  const text = [
    'Run `npm start -- check a/b` <!-- 1,234 states; holds --> and see 1,234 states; or',
    '`npm start --',
    'check c/d --set x=1`.',
    '',
    'Then pnpm -C packages/x test.',
    '',
    '```sh',
    'npm start -- check e/f # exit 1, 7 states (minutes)',
    '```',
    '',
    '```text',
    '$ npm start -- check g/h',
    'g/h',
    'replay: npm start -- replay g/h::1.2',
    '```',
    '',
    '```ts',
    '// own.ts: npm start -- check ./own.ts',
    'export {};',
    '```',
  ].join('\n');

  test('commands, what is said of them, and what is printed below them', () => {
    const { commands, files: own, leftOver } = parseDocument('a.md', text);
    expect(commands.map(({ where, command, said }) => [where, command, said])).toEqual([
      ['a.md:8', 'npm start -- check e/f', 'exit 1, 7 states (minutes)'],
      ['a.md:12', 'npm start -- check g/h', ''],
      ['a.md:14', 'npm start -- replay g/h::1.2', ''],
      ['a.md:18', 'npm start -- check ./own.ts', ''],
      ['a.md:1', 'npm start -- check a/b', '1,234 states; holds'],
      ['a.md:2', 'npm start -- check c/d --set x=1', ''],
    ]);
    expect(commands[1].output).toBe('g/h\nreplay: npm start -- replay g/h::1.2\n');
    expect(own.map(({ name }) => name)).toEqual(['own.ts']);
    expect(leftOver).toEqual(['Then pnpm -C packages/x test.']);
  });

  test('figures, verdicts, exit codes and what takes long', () => {
    expect(parseSaid('1,234 states; holds')).toEqual({ exit: 0, states: '1,234', verdict: 'holds', slow: undefined });
    expect(parseSaid('exit 1, 7 states (minutes)')).toEqual({
      exit: 1,
      states: '7',
      verdict: undefined,
      slow: 'minutes',
    });
    expect(parseSaid('violated: use-after-free; slow: 3 s')).toEqual({
      exit: 0,
      states: undefined,
      verdict: 'violated: use-after-free',
      slow: '3 s',
    });
  });

  test('a line that is missing, or in another place, is seen', () => {
    expect(linesMissing('a\n...\nc', 'a\nb\nc')).toEqual([]);
    expect(linesMissing('c\na', 'a\nb\nc')).toEqual(['a']);
    expect(linesMissing('  5 states, 0.6 MiB, 0.04 s', '  5 states, 9 MiB, 4 s')).toEqual([]);
  });

  test('commands that a reader does not have are refused', () => {
    expect(whyNot('pnpm -C packages/bits test')).toContain('does not have that command');
    expect(whyNot('npm run pnpm -- -C packages/bits no-such-script')).toBe(
      'packages/bits has no script no-such-script',
    );
    expect(whyNot('npm run no-such-script')).toBe('no script no-such-script');
    expect(whyNot('npm test -- --filter=@shootdown/none')).toContain('expected');
    expect(whyNot('npm run pnpm -- -C packages/bits exec vitest run no-such-file')).toContain('no test');
  });
});
