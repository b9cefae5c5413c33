import type { Rooms } from './rooms.js';

/** What one package may import of the others. */
export interface Layer {
  /** Packages that its code may import, and its package.json may name as dependencies. */
  readonly allow: readonly string[];
  /** Packages that only its tests and benchmarks may import, as devDependencies. */
  readonly dev?: readonly string[];
  /** Imports that break the table and are known, as `file -> package`. An entry that is no longer needed is an error. */
  readonly debt?: readonly string[];
}

/**
 * Every package, from the bottom up: a row names only rows above it. A new package gets its row here.
 * `explore` never knows a subsystem; a subsystem takes it for its tests.
 */
export const LAYERS: Readonly<Record<string, Layer>> = {
  bits: { allow: [] },
  'interval-tree': { allow: [] },
  lkmm: { allow: [] },
  litmus: { allow: ['lkmm'] },
  machine: { allow: [] },
  'program-points': { allow: [] },
  explore: { allow: ['machine'], dev: ['program-points'] },
  unreached: { allow: ['explore', 'machine'] },
  mmio: { allow: ['bits', 'machine'], dev: ['explore', 'program-points'] },
  kernel: { allow: ['bits', 'machine'], dev: ['explore', 'program-points'] },
  mm: { allow: ['bits', 'kernel', 'machine'], dev: ['explore', 'program-points'] },
  'mmu-notifier': { allow: ['interval-tree', 'kernel', 'machine', 'mm'], dev: ['explore', 'program-points'] },
  'arm64-asid': { allow: ['bits', 'kernel', 'machine'], dev: ['explore', 'program-points'] },
  'powernv-npu': {
    allow: ['bits', 'kernel', 'machine', 'mmio'],
    dev: ['explore', 'program-points'],
  },
  viewer: { allow: [] },
  harness: {
    allow: [
      'bits',
      'interval-tree',
      'lkmm',
      'litmus',
      'machine',
      'explore',
      'mmio',
      'kernel',
      'mm',
      'mmu-notifier',
      'arm64-asid',
      'powernv-npu',
      'program-points',
      'unreached',
      'viewer',
    ],
  },
};

/**
 * The rooms of the packages that have them, from the bottom up: what each imports of the rooms above it in this table. The entry
 * points, which lie in `src/` itself, and tests import any room.
 */
export const ROOMS: Readonly<Record<string, Rooms>> = {
  explore: {
    base: [],
    learn: ['base'],
    view: ['base', 'learn'],
    'reduce/symmetry': ['base', 'learn'],
    reduce: ['base', 'learn', 'view', 'reduce/symmetry'],
    verdict: ['base', 'learn', 'view', 'reduce'],
    engine: ['base', 'learn', 'view', 'reduce/symmetry', 'reduce', 'verdict'],
    strategies: ['base', 'learn', 'view', 'verdict', 'engine'],
    counterexample: ['base', 'learn', 'view', 'verdict'],
    parallel: ['base', 'learn', 'verdict', 'engine', 'strategies', 'counterexample'],
    api: ['base', 'learn', 'verdict', 'engine', 'strategies', 'counterexample', 'parallel'],
    report: ['counterexample', 'api'],
  },
};

/** Packages that run in a browser: their entry points for models, scenarios and searches import nothing of Node, and nobody else's. */
export const IN_A_BROWSER: readonly string[] = [
  'bits',
  'interval-tree',
  'lkmm',
  'machine',
  'explore',
  'mmio',
  'kernel',
  'mm',
  'mmu-notifier',
  'arm64-asid',
  'powernv-npu',
];
