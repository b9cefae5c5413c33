/** From what the user typed, `SCENARIO[@VARIANT]`, to the scenario and variant it names. */
import { closeMatches, suggestion, type Scenario, type Variant } from '@shootdown/machine';
import { statSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { Catalogue } from './catalogue.js';
import { UsageError } from './exit.js';

/** A scenario's variant, and how the user calls the scenario. */
export interface Chosen {
  /** The scenario's name, or the path of its model file, with `#name` where the file holds several. */
  readonly called: string;
  readonly scenario: Scenario;
  readonly variant: string;
}

/** Where scenarios are looked for. */
export interface Library {
  readonly catalogue: Catalogue;
  /** Folder that relative model files are looked up in. */
  readonly cwd: string;
}

/**
 * The variant a text names.
 *
 * @param text - `SCENARIO`, which means its first variant, or `SCENARIO@VARIANT`
 * @throws {@link UsageError} when there is no such scenario or variant
 */
export async function findScenario(text: string, library: Library): Promise<Chosen> {
  const { called, variant } = split(text);
  return chooseVariant(called, await loadScenario(called, library), variant);
}

/** The scenario of that name or path. */
export async function loadScenario(called: string, { catalogue, cwd }: Library): Promise<Scenario> {
  const own = MODEL_FILE.exec(called);
  if (own !== null) {
    // The compiler is large, and seldom needed.
    const { loadModelFile } = await import('./model-file.js');
    return loadModelFile(own[1], own[2], cwd);
  }
  const scenario = await catalogue.named(called);
  if (scenario !== undefined) return scenario;
  throw new UsageError(
    notAModelFile(called, cwd) ?? `no scenario ${JSON.stringify(called)}; ${nearest(called, await catalogue.all())}`,
  );
}

/** That variant of a scenario, its first if none is named. */
export function chooseVariant(called: string, scenario: Scenario, variant: string | undefined): Chosen {
  const known = Object.keys(scenario.variants);
  const wanted = variant ?? known[0];
  if (!Object.hasOwn(scenario.variants, wanted))
    throw new UsageError(`${called} has no variant ${JSON.stringify(wanted)}; ${suggestion(wanted, known, 'it has')}`);
  return { called, scenario, variant: wanted };
}

/** The description of the chosen variant. */
export function variantOf({ scenario, variant }: Pick<Chosen, 'scenario' | 'variant'>): Variant {
  return scenario.variants[variant];
}

/** A model file, optionally one scenario of it. The names of folders may hold any character. */
const MODEL_FILE = /^(.*\.[cm]?[jt]s)(?:#([^#@]*))?$/;

/** Whether a scenario is the user's own. */
export function isOwnModel({ called }: Chosen): boolean {
  return MODEL_FILE.test(called);
}

/** The file of a user's own scenario, absolute; `undefined` for one that ships with the program. */
export function modelFileOf({ called }: Chosen, cwd: string): string | undefined {
  const own = MODEL_FILE.exec(called);
  return own === null ? undefined : path.resolve(cwd, own[1]);
}

/** What to say of a path that is no model file; `undefined` for what is no path. */
function notAModelFile(called: string, cwd: string): string | undefined {
  const [file] = called.split('#');
  const ways = 'give the path of a model file, which ends in .ts, .mts, .cts, .js, .mjs or .cjs';
  const found = entryAt(path.resolve(cwd, file));
  if (found?.isDirectory() === true) return `${file} is a folder; ${ways}`;
  if (found !== undefined) return `${file} is no model file; ${ways}`;
  const isPath = /^\.{0,2}[\\/]/.test(file) || /\.[A-Za-z0-9]+$/.test(file);
  return isPath ? `${file}: no such file in ${cwd}; ${ways}` : undefined;
}

/** What is at a path; `undefined` for nothing, and for a path that there can be none at. */
function entryAt(full: string): Stats | undefined {
  try {
    return statSync(full, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function split(text: string): { called: string; variant: string | undefined } {
  if (MODEL_FILE.test(text)) return { called: text, variant: undefined };
  const at = text.lastIndexOf('@');
  return at < 0 ? { called: text, variant: undefined } : { called: text.slice(0, at), variant: text.slice(at + 1) };
}

function nearest(called: string, scenarios: readonly Scenario[]): string {
  const names = scenarios.map(({ name }) => name);
  const questions = names.filter((name) => closeMatches(called, [name.split('/')[1]]).length > 0);
  const close = [...new Set([...closeMatches(called, names), ...questions])];
  if (close.length > 0) return `did you mean ${close.join(' or ')}?`;
  return `scenarios: ${names.join(', ')}; or give the path of a model file (.ts, .mjs, .js)`;
}
