/** The engines of a search: the one that searches, as its options say, and the one that runs schedules. */
import type { System } from '@shootdown/machine';
import { counter } from '../base/only.js';
import type { SearchOptions } from '../base/options.js';
import { Engine, type EngineOptions } from './engine.js';
import { assertScalarSets } from '../reduce/symmetry/scalar-sets.js';

/** An engine that leaves out what the options allow. */
export function searchEngine(system: System, options: SearchOptions): Engine {
  const { symmetry = true } = options;
  if (symmetry && !isSampling(options.strategy)) assertScalarSets(system);
  return new Engine(system, engineOptions(system, options));
}

/** What the engine of a search does. */
function engineOptions(system: System, options: SearchOptions): EngineOptions {
  const counts = counter(options.only);
  const { checkPurity = true, hashSeed, reduction = true, symmetry = true, strategy = 'dfs' } = options;
  // What one sampled run teaches must not change how the next one goes.
  if (isSampling(strategy)) return { ...UNREDUCED, counts, checkPurity, hashSeed };
  const isSymmetric = symmetry && (system.symmetries?.length ?? 0) > 0;
  return {
    reduction,
    deadAnswers: options.deadAnswers ?? !reduction,
    symmetry,
    partialOrder: reduction && (options.partialOrder ?? (strategy === 'dfs' && !isSymmetric)),
    counts,
    checkPurity,
    hashSeed,
  };
}

const UNREDUCED = { reduction: false, deadAnswers: true, symmetry: false, partialOrder: false } as const;
/**
 * The engine that looks for livelocks: all orders of steps, no symmetry.
 *
 * @param before - has searched for everything else; what it learnt is taken over
 */
export function livelockEngine(system: System, options: SearchOptions, before: Engine): Engine {
  const engine = searchEngine(system, { ...options, symmetry: false, partialOrder: false });
  engine.adopt(before.known);
  return engine;
}

/** Whether a strategy runs the model again and again under schedules drawn at random. */
export function isSampling(strategy: SearchOptions['strategy']): boolean {
  return strategy === 'random' || strategy === 'pct' || strategy === 'portfolio';
}

/** An engine whose every access is a step, as schedules are written for. */
export function unreducedEngine(system: System, only: readonly string[] | undefined, hashSeed?: number): Engine {
  return new Engine(system, { ...UNREDUCED, deadAnswers: false, counts: counter(only), hashSeed, captureSites: true });
}
