/**
 * A user's own model: a TypeScript or JavaScript file anywhere on disk. The file and what it imports are compiled as they
 * are loaded; the project's own packages are handed to it as they are loaded here, for there must be one copy of them.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Scenario } from '@shootdown/machine';
import { createJiti } from 'jiti';
import { suggestion } from './close-matches.js';
import { UsageError } from './exit.js';
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
  const found = scenariosIn(file, await evaluate(file, full));
  if (name === undefined) return only(file, found);
  const wanted = found.find(({ scenario }) => scenario.name === name);
  if (wanted !== undefined) return wanted.scenario;
  const known = found.map(({ scenario }) => scenario.name);
  throw new UsageError(`${file}: it holds no scenario ${JSON.stringify(name)}; ${suggestion(name, known, 'it holds')}`);
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

function scenariosIn(file: string, exports: Readonly<Record<string, unknown>>): readonly Exported[] {
  const meant = Object.entries(exports)
    .flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((one: unknown) => [name, one] as const) : [[name, value] as const],
    )
    .filter(([, value], i, all) => isMeantAsScenario(value) && all.findIndex(([, other]) => other === value) === i);
  if (meant.length === 0) throw new UsageError(noScenario(file, exports));
  return meant.map(([name, value]) => {
    const flaw = flawOf(value);
    if (flaw !== undefined) throw new UsageError(`${file}: the export ${name} is no scenario: ${flaw}`);
    return { export: name, scenario: value as Scenario };
  });
}

function noScenario(file: string, exports: Readonly<Record<string, unknown>>): string {
  const names = Object.entries(exports).map(([name, value]) => `${name} (${typeof value})`);
  const got = names.length === 0 ? 'nothing' : names.join(', ');
  return `${file}: expected a scenario among its exports, got ${got}; end the file with export default scenario({ name, asks, ... })`;
}

async function evaluate(file: string, full: string): Promise<Readonly<Record<string, unknown>>> {
  const jiti = createJiti(full, {
    virtualModules: await ownModules(),
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    sourceMaps: true,
  });
  try {
    const exported = await jiti.import<Readonly<Record<string, unknown>>>(full);
    await setImmediate(); // a promise that failed and that nobody waits for is heard of now, and not after the answer
    return exported;
  } catch (error) {
    throw new UsageError(loadFailure(file, full, error));
  }
}

/** Every module of ours that a model may import. */
async function ownModules(): Promise<Record<string, unknown>> {
  return {
    '@shootdown/machine': await import('@shootdown/machine'),
    '@shootdown/explore': await import('@shootdown/explore'),
    '@shootdown/bits': await import('@shootdown/bits'),
    '@shootdown/interval-tree': await import('@shootdown/interval-tree'),
    '@shootdown/kernel': await import('@shootdown/kernel'),
    '@shootdown/kernel/model': await import('@shootdown/kernel/model'),
    '@shootdown/mmio': await import('@shootdown/mmio'),
    '@shootdown/mmio/model': await import('@shootdown/mmio/model'),
    '@shootdown/mm': await import('@shootdown/mm'),
    '@shootdown/mm/model': await import('@shootdown/mm/model'),
    '@shootdown/mmu-notifier': await import('@shootdown/mmu-notifier'),
    '@shootdown/mmu-notifier/model': await import('@shootdown/mmu-notifier/model'),
    '@shootdown/arm64-asid': await import('@shootdown/arm64-asid'),
    '@shootdown/arm64-asid/model': await import('@shootdown/arm64-asid/model'),
    '@shootdown/powernv-npu': await import('@shootdown/powernv-npu'),
    '@shootdown/powernv-npu/model': await import('@shootdown/powernv-npu/model'),
  };
}

/** What went wrong, with file and line. The errors of the compiler carry the position in their message only. */
function loadFailure(file: string, full: string, error: unknown): string {
  if (!(error instanceof Error)) return `${file}: it threw ${String(error)} while it was loaded`;
  const [first] = error.message.split('\n');
  const kind = error.name === 'Error' || first.includes(error.name) ? '' : `${error.name}: `;
  const what = first
    .replace(/^ParseError: /, 'syntax error: ')
    .replaceAll(full, file)
    .trim();
  const line = lineIn(full, `${error.message}\n${error.stack ?? ''}`);
  if (line === undefined) return `${file}: ${kind}${what}; fix the file and run the command again`;
  const code = readFileSync(full, 'utf8').split('\n')[line - 1]?.trim() ?? '';
  return `${file}:${line}: ${kind}${what}; fix the file and run the command again\n    ${line} | ${code}`;
}

/** The first line of `full` that a message or a stack names. */
function lineIn(full: string, text: string): number | undefined {
  const at = text.indexOf(`${full}:`);
  const line = at < 0 ? NaN : Number.parseInt(text.slice(at + full.length + 1), 10);
  return Number.isNaN(line) ? undefined : line;
}
