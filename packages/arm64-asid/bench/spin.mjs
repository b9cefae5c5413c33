/** Runs Spin on the models of `bench/spin`. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

const MODELS = join(import.meta.dirname, '../../../bench/spin');

/** Programs that are needed and not installed. */
export function missingPrograms() {
  return [
    ['spin', '-V'],
    ['gcc', '--version'],
  ].flatMap(([program, version]) => {
    try {
      execFileSync(program, [version], { stdio: 'ignore' });
      return [];
    } catch {
      return [program];
    }
  });
}

/**
 * Compiles and runs one verifier; `preparation` is the seconds that the first took.
 *
 * @param model - the file's name
 * @param defines - parameters of the model
 * @param compiled - options of the verifier's compilation
 */
export function runSpin(model, defines, compiled) {
  const folder = mkdtempSync(join(tmpdir(), 'asid-spin-'));
  try {
    const run = (command, args) => execFileSync(command, args, { cwd: folder, encoding: 'utf8' });
    copyFileSync(join(MODELS, model), join(folder, model));
    const before = performance.now();
    run('spin', ['-o2', ...defines.map((define) => `-D${define}`), '-a', model]);
    run('gcc', ['-O2', '-w', '-DSAFETY', '-DMEMLIM=8000', ...compiled, '-o', 'pan', 'pan.c']);
    const start = performance.now();
    const report = run('./pan', ['-E', '-n', '-m10000000']);
    return { ...parse(report, (performance.now() - start) / 1000), preparation: (start - before) / 1000 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parse(report, processSeconds) {
  const number = (pattern) => {
    const found = pattern.exec(report);
    if (found === null) throw new Error(`expected ${pattern} in the report of Spin, got ${report}`);
    return Number(found[1]);
  };
  return {
    // The first state is before the processes are started, and no state of the protocol.
    states: number(/(\d+) states, stored/) - 1,
    transitions: number(/(\d+) transitions/),
    seconds: number(/elapsed time ([\d.]+) seconds/) || processSeconds,
    verdict: number(/errors: (\d+)/) === 0 ? 'holds' : 'violated',
    depth: number(/depth reached (\d+)/),
  };
}
