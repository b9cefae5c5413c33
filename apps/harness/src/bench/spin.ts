/** Spin, a model checker that turns a protocol into a C program: our peer. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SpinModel } from './cases.js';
import type { Measurement } from './measurement.js';
import { isInstalled, oneCore, runProcess } from './run-process.js';

const MODELS = fileURLToPath(new URL('../../../../bench/spin/', import.meta.url));

/** A verifier, compiled. */
export interface Verifier {
  readonly folder: string;
  readonly flags: readonly string[];
}

/** Why Spin cannot be measured here; `undefined` when it can. */
export function whyNoSpin(): string | undefined {
  const missing = ['spin', 'gcc'].filter((program) => !isInstalled(program));
  if (missing.length > 0) return `${missing.join(' and ')} not installed (apt-get install -y spin gcc)`;
  return existsSync(MODELS) ? undefined : `its models are not part of this installation (expected in ${MODELS})`;
}

/** Compiles a model in a folder of its own. */
export async function compile(model: SpinModel, partialOrder: boolean, interrupted: AbortSignal): Promise<Verifier> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shootdown-spin-'));
  try {
    await compileIn(folder, model, partialOrder, interrupted);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return { folder, flags: model.flags };
}

async function compileIn(
  folder: string,
  model: SpinModel,
  partialOrder: boolean,
  interrupted: AbortSignal,
): Promise<void> {
  await cp(path.join(MODELS, model.file), path.join(folder, model.file));
  await runProcess(
    ['spin', '-o2', ...model.defines.map((define) => `-D${define}`), '-a', model.file],
    folder,
    interrupted,
  );
  const reduction = partialOrder ? [] : ['-DNOREDUCE'];
  await runProcess(
    ['gcc', '-O2', '-w', '-DSAFETY', ...reduction, '-DMEMLIM=8000', '-o', 'pan', 'pan.c'],
    folder,
    interrupted,
  );
}

/** Removes what {@link compile} made. */
export async function remove(verifier: Verifier): Promise<void> {
  await rm(verifier.folder, { recursive: true, force: true });
}

/** One run of a verifier. */
export async function runVerifier({ folder, flags }: Verifier, interrupted: AbortSignal): Promise<Measurement> {
  const { stdout, seconds, peakBytes } = await runProcess(
    [...oneCore(), './pan', ...flags, '-n', '-m10000000'],
    folder,
    interrupted,
  );
  return parseReport(stdout, seconds, peakBytes);
}

/**
 * Reads what a verifier prints.
 *
 * @param processSeconds - seconds of the whole process
 * @param peakBytes - most memory of the process, 0 if unknown
 */
export function parseReport(report: string, processSeconds: number, peakBytes: number): Measurement {
  const number = (pattern: RegExp): number | undefined => {
    const match = pattern.exec(report);
    return match === null ? undefined : Number(match[1]);
  };
  const states = number(/^\s*(\d+) states, stored/m);
  const transitions = number(/^\s*(\d+) transitions/m);
  const errors = number(/errors: (\d+)/);
  if (states === undefined || transitions === undefined || errors !== 0)
    throw new Error(`expected the report of a search without errors, got ${report}`);
  const stored =
    number(/([\d.]+)\s+(?:actual|equivalent) memory usage for states(?! \(stored)/) ??
    number(/([\d.]+)\s+equivalent memory usage/) ??
    0;
  const table = number(/([\d.]+)\s+memory used for hash table/) ?? 0;
  const total = number(/([\d.]+)\s+total actual memory usage/) ?? 0;
  return {
    seconds: number(/elapsed time ([\d.]+) seconds/) || processSeconds,
    processSeconds,
    states,
    transitions,
    stateBytes: (stored + table) * 2 ** 20,
    peakBytes: peakBytes || total * 2 ** 20,
  };
}
