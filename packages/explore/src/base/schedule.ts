/** What a schedule is made of: the decisions that lead from the initial state to another one. */

/** In place of a thread: begin again from the initial state. A schedule of several runs shows what no single one does. */
export const RESTART = 31;

/** As the alternative of a {@link RESTART}: no restart, but what follows goes on for ever in a circle. */
export const FOR_EVER = 1;

/** One scheduling decision: a thread or {@link RESTART}, and the alternative where its request is a choice. */
export interface Decision {
  readonly thread: number;
  readonly choice: number;
}
