/** A depth-first search as it stands, so that another process can go on with it. */
import { hashText, type System } from '@shootdown/machine';
import type { Branch } from '../base/branch.js';
import { Stopped } from '../base/deadline.js';
import type { Engine } from '../engine/engine.js';
import type { JournalPart } from '../learn/journal.js';
import type { VisitedTable } from '../strategies/visited.js';
import type { Knowledge, SearchAssumptions } from '../engine/knowledge.js';

/** Everything that the search needs, as plain data. */
export interface Snapshot {
  /** Of the model and the reductions; another model's snapshot is of no use. */
  readonly digest: string;
  readonly knowledge: Knowledge;
  readonly journal: JournalPart;
  readonly standing: SearchAssumptions;
  readonly branches: readonly Branch[];
  readonly transitions: number;
  readonly depth: number;
  readonly seconds: number;
  /** The visited table: two integers a state. */
  readonly visited: Int32Array;
}

/** A snapshot does not fit the model that it is to be taken over for. */
export class ForeignSnapshot extends Error {}

/**
 * Tells models apart by what their threads are called, what lies where and the text of their conditions and monitors; the text of their
 * functions is told apart by the journal.
 */
export function digestOf(system: System): string {
  const { layout, threads, invariants, finals, within, init, symmetries, monitors = {} } = system;
  const words = Array.from(
    { length: layout.image.size },
    (_, address) => `${layout.nameOf(address)} ${layout.image.flags[address]}`,
  );
  const texts = [invariants, finals].flatMap((all) =>
    Object.entries(all ?? {}).map(([n, f]) => `${n}=${f.toString()}`),
  );
  const notes = Object.entries(monitors).map(([name, one]) => `${name}=${JSON.stringify(one)}${one.note.toString()}`);
  const sets = (symmetries ?? []).map(({ name, size }) => `${name}:${size}`);
  const parts = [
    ...words,
    ...threads.map(({ name, kind, repeat }) => `${name}/${kind ?? ''}/${repeat === true}`),
    ...texts,
    ...notes,
    ...sets,
    within?.toString(),
    init?.toString(),
  ];
  const [a, b] = hashText(parts.join('\n'));
  return `${(a >>> 0).toString(16)}${(b >>> 0).toString(16)}`;
}

/** Brings a new engine to where a snapshot was taken. */
export function prepare(engine: Engine, { knowledge, journal }: Snapshot): void {
  if (engine.adopt(knowledge) === 'symmetry') engine.dropSymmetry();
  engine.reset();
  if (!knowledge.leavesOutOrders) engine.settleOrders(false);
  for (const edge of knowledge.lockOrder) engine.adoptLockEdge(edge);
  try {
    engine.learn(journal);
  } catch (error) {
    if (error instanceof Stopped) throw error;
    throw new ForeignSnapshot('its threads do not take the steps that this model’s threads take', { cause: error });
  }
}

/** The fingerprints of a visited table, in one array. */
export function listed(states: number, table: Pick<VisitedTable, 'forEach'>): Int32Array {
  const all = new Int32Array(2 * states);
  let at = 0;
  table.forEach((h0, h1) => {
    all[at++] = h0;
    all[at++] = h1;
  });
  return all;
}
