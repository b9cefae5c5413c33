/**
 * A user's own model: a TypeScript or JavaScript file anywhere on disk. The file and what it imports are compiled as they
 * are loaded; the project's own packages are handed to it as they are loaded here, for there must be one copy of them.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { functionsOfScenario, numberingFrom, presentNumbering, suggestion, type Scenario } from '@shootdown/machine';
import { transformInline } from '@shootdown/program-points';
import { createJiti, type Jiti, type JitiOptions } from 'jiti';
import { callPositions } from './call-positions.js';
import { variantsIn } from './compiled-file.js';
import { CompilingLoader } from './compiling-loader.js';
import { UsageError } from './exit.js';
import { noteLoader } from './loaded-anew.js';
import { loopGuard } from './loop-guard.js';
import { ModelSlips, type Slip } from './model-slips.js';
import { ownModules, strictModule } from './own-modules.js';
import { notePositions } from './position-maps.js';
import { flawOf, isMeantAsScenario } from './scenario-shape.js';

/**
 * Loads the scenario of a model file.
 *
 * @param file - path, relative to `cwd`
 * @param name - which of its scenarios; its default export, or its only one, if absent
 * @throws {@link UsageError} when the file is missing, cannot be compiled or holds no such scenario
 */
export async function loadModelFile(file: string, name: string | undefined, cwd: string): Promise<Scenario> {
  const full = path.resolve(cwd, file);
  if (!existsSync(full) || !statSync(full).isFile())
    throw new UsageError(`${file}: no such file in ${cwd}; give the path of a model file`);
  const { exports, evaluateAnew } = await evaluate(file, full);
  const found = scenariosIn(file, exports);
  const chosen = name === undefined ? only(file, found) : named(file, found, name);
  noteLoader(
    chosen,
    () => scenariosIn(file, evaluateAnew()).find(({ scenario }) => scenario.name === chosen.name)?.scenario,
  );
  return chosen;
}

interface Exported {
  readonly export: string;
  readonly scenario: Scenario;
}

function only(file: string, found: readonly Exported[]): Scenario {
  const chosen = found.find((one) => one.export === 'default') ?? found[0];
  if (found.length > 1 && chosen.export !== 'default') {
    const ways = found.map(({ scenario }) => `${file}#${scenario.name}`);
    throw new UsageError(
      `${file}: it holds ${found.length} scenarios and no default export; say which: ${ways.join(' or ')}`,
    );
  }
  return chosen.scenario;
}

function named(file: string, found: readonly Exported[], name: string): Scenario {
  const wanted = found.find(({ scenario }) => scenario.name === name);
  if (wanted !== undefined) return wanted.scenario;
  const known = found.map(({ scenario }) => scenario.name);
  throw new UsageError(`${file}: it holds no scenario ${JSON.stringify(name)}; ${suggestion(name, known, 'it holds')}`);
}

function scenariosIn(file: string, exports: Readonly<Record<string, unknown>>): readonly Exported[] {
  const meant = Object.entries(exports)
    .flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((one: unknown) => [name, one] as const) : [[name, value] as const],
    )
    .filter(([, value], i, all) => isMeantAsScenario(value) && all.findIndex(([, other]) => other === value) === i);
  if (meant.length === 0) throw new UsageError(noScenario(file, exports));
  if (
    exports['default'] !== undefined &&
    !meant.some(([name]) => name === 'default' || exports[name] === exports['default'])
  )
    throw new UsageError(
      `${file}: expected the default export to be a scenario, got ${whatIs(exports['default'])}; write export default scenario({ name, asks, ... })`,
    );
  const scenarios = meant.map(([name, value]) => {
    const flaw = flawOf(value);
    if (flaw !== undefined) throw new UsageError(`${file}: the export ${name} is no scenario: ${flaw}`);
    return { export: name, scenario: value as Scenario };
  });
  assertVariantsKnown(file, scenarios);
  return scenarios;
}

/** Whatever compares `variant` with a name that no scenario of the file has is never true. */
function assertVariantsKnown(file: string, scenarios: readonly Exported[]): void {
  const known = [...new Set(scenarios.flatMap(({ scenario }) => Object.keys(scenario.variants)))];
  for (const { scenario } of scenarios)
    for (const name of new Set(functionsOfScenario(scenario).flatMap((one) => [...variantsIn(one.toString())])))
      if (!known.includes(name))
        throw new UsageError(
          `${file}: the build of ${scenario.name} compares variant with ${JSON.stringify(name)}, which is none; ${suggestion(name, known, 'it has')}`,
        );
}

function noScenario(file: string, exports: Readonly<Record<string, unknown>>): string {
  const names = Object.entries(exports).map(([name, value]) => `${name} (${whatIs(value)})`);
  const got = names.length === 0 ? 'nothing' : names.join(', ');
  return `${file}: expected a scenario among its exports, got ${got}; end the file with export default scenario({ name, asks, ... })`;
}

/** What an export is that is no scenario. */
function whatIs(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return /^class\b/.test(String(value)) ? 'a class' : 'a function';
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return 'layout' in value || 'threads' in value ? 'a system, which the build of a scenario returns' : 'an object';
}

type ExportsOfFile = Readonly<Record<string, unknown>>;

async function evaluate(
  file: string,
  full: string,
): Promise<{ readonly exports: ExportsOfFile; readonly evaluateAnew: () => ExportsOfFile }> {
  const modules = await ownModules();
  const common = { fsCache: false, moduleCache: false, interopDefault: false, sourceMaps: true };
  const compiler = createJiti(full, common);
  const slips = new ModelSlips(modules, (specifier, from) => resolved(compiler, specifier, from));
  const sources = new Map<string, string>();
  const compiled = new Map<string, string>();
  const evaluating: JitiOptions & Required<Pick<JitiOptions, 'transform'>> = {
    ...common,
    virtualModules: Object.fromEntries(Object.keys(modules).map((name) => [name, strictModule(name, modules)])),
    transform: (given) => {
      // What is evaluated once more is the text of the first time, also where somebody has edited the file meanwhile.
      const { filename = full, async: isAsync = false } = given;
      const options = { ...given, source: sources.get(filename) ?? given.source };
      const key = `${String(isAsync)} ${filename}`;
      const before = compiled.get(key);
      if (before !== undefined) return { code: before };
      const { plugins = [] } = (options.babel ?? {}) as { readonly plugins?: readonly unknown[] };
      const babel = { ...options.babel, plugins: [...plugins, loopGuard, callPositions] };
      const code = compiler.transform({ ...options, babel });
      // Of a file that cannot be compiled jiti makes one that says so when it is evaluated.
      if (!sources.has(filename) && !code.includes('__JITI_ERROR__')) slips.add(filename, code);
      sources.set(filename, options.source);
      const pointed = transformInline(code, { file: path.relative(path.dirname(full), filename) })?.code ?? code;
      notePositions(filename, pointed);
      compiled.set(key, pointed);
      return { code: pointed };
    },
  };
  const loader = new CompilingLoader();
  const jiti = loader.loading(full, evaluating);
  const again = loader.loadingAnew(full, evaluating);
  const numbering = presentNumbering();
  let failure: unknown;
  const exports = await jiti.import<ExportsOfFile>(full).catch((error: unknown) => {
    failure = error;
  });
  await setImmediate(); // a promise that failed and that nobody waits for is heard of now, and not after the answer
  // A misspelt import is undefined, and what fails because of that says less.
  const slip = slips.first;
  if (slip !== undefined) throw new UsageError(slipText(file, full, slip));
  if (exports === undefined) throw new UsageError(loadFailure(file, full, failure));
  return {
    exports,
    evaluateAnew: () =>
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the system is built again in the midst of a search, which waits for nothing
      numberingFrom(numbering, () => again(full) as ExportsOfFile),
  };
}

function resolved(jiti: Jiti, specifier: string, from: string): string | undefined {
  try {
    return fileURLToPath(jiti.esmResolve(specifier, { parentURL: pathToFileURL(from).href }));
  } catch {
    return undefined; // the import fails, and says why
  }
}

function slipText(file: string, full: string, slip: Slip): string {
  const where = path.join(path.dirname(file), path.relative(path.dirname(full), slip.file));
  return `${where}:${slip.line}: ${slip.message}${quoted(slip.file, slip.line)}`;
}

/** A line of a file, as messages end with it. */
function quoted(full: string, line: number): string {
  const code = readFileSync(full, 'utf8').split('\n')[line - 1]?.trim() ?? '';
  return `\n    ${line} | ${code}`;
}

/** What went wrong, with file and line. The errors of the compiler carry the position in their message only. */
function loadFailure(file: string, full: string, error: unknown): string {
  if (!(error instanceof Error)) return `${file}: it threw ${String(error)} while it was loaded`;
  const [first, where = ''] = error.message.split('\n');
  const imported = /^\s*(.*):\d+:\d+$/.exec(where)?.[1];
  if (first.startsWith('ParseError: ') && imported !== undefined && imported !== full)
    return loadFailure(path.join(path.dirname(file), path.relative(path.dirname(full), imported)), imported, error);
  const kind = error.name === 'Error' || first.includes(error.name) ? '' : `${error.name}: `;
  const what = first
    .replace(/^ParseError: /, 'syntax error: ')
    .replaceAll(full, file)
    .trim();
  const line = lineIn(full, `${error.message}\n${error.stack ?? ''}`);
  if (line === undefined) return `${file}: ${kind}${what}; fix the file and run the command again`;
  return `${file}:${line}: ${kind}${what}${hintFor(what)}; fix the file and run the command again${quoted(full, line)}`;
}

/** What to do about an error of the compiler that is mostly one slip. */
function hintFor(what: string): string {
  return /reserved word 'yield'|'yield' .*generator/.test(what)
    ? ' (yield belongs into a generator function: is the star of function* missing?)'
    : '';
}

/** The first line of `full` that a message or a stack names. */
function lineIn(full: string, text: string): number | undefined {
  const at = text.indexOf(`${full}:`);
  const line = at < 0 ? NaN : Number.parseInt(text.slice(at + full.length + 1), 10);
  return Number.isNaN(line) ? undefined : line;
}
