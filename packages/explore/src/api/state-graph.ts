/** The state graph of a small model. */
import type { System } from '@shootdown/machine';
import { Deadline } from '../base/deadline.js';
import { stateGraphOf, type StateGraph } from '../counterexample/state-graph.js';
import { unreducedEngine } from '../engine/engines.js';

/** Of which model how much of the graph is wanted. */
export interface StateGraphOptions {
  /** As of a search. */
  readonly only?: readonly string[] | undefined;
  /** States at most, default 1000. */
  readonly maxStates?: number;
  readonly deadline?: Deadline;
}

/**
 * All states of a system and the steps between them, without reductions.
 *
 * @throws {@link Stopped} when there was no time left
 */
export function stateGraph(
  system: System,
  { only, maxStates = 1000, deadline = new Deadline(Infinity) }: StateGraphOptions = {},
): StateGraph {
  const engine = unreducedEngine(system, only);
  engine.deadline = deadline;
  return stateGraphOf(engine, maxStates);
}
