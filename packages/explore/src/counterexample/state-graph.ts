/** All states of a small model and the steps between them, for a picture. Nothing is left out: every access is a step. */
import type { KernelBug, Request } from '@shootdown/machine';
import { lowest } from '../base/thread-set.js';
import { choiceCount, type SearchedSystem } from '../view/running-system.js';
import { CellImages } from './cell-images.js';
import { objectsOf } from './notation.js';

/** A state. */
export interface GraphState {
  /** The cells that hold something else than in the first state: paths and what they hold. */
  readonly cells: readonly (readonly [path: string, value: string])[];
  /** `ended` where all threads have come to an end or rest, `stuck` where some have not and none can move. */
  readonly how: 'moves' | 'ended' | 'stuck';
  /** The rule that it breaks, or the step to it; nothing follows. */
  readonly violation?: { readonly kind: string; readonly name: string };
}

/** A step from one state to another, by their places in {@link StateGraph.states}. */
export interface GraphStep {
  readonly from: number;
  readonly to: number;
  readonly thread: string;
  /** What the thread does, and of a choice which way it takes. */
  readonly text: string;
}

/** The states of a model, the first one first, in order of their distance from it. */
export interface StateGraph {
  readonly states: readonly GraphState[];
  readonly steps: readonly GraphStep[];
  /** Whether these are all. */
  readonly isWhole: boolean;
}

/** A state that the engine can go back to. */
interface Kept {
  readonly words: Int32Array;
  readonly h0: number;
  readonly h1: number;
}

/**
 * The states of a system, and the steps between them.
 *
 * @param engine - one that leaves nothing out; is left in some state
 * @param most - states at most
 */
export function stateGraphOf(engine: SearchedSystem, most: number): StateGraph {
  const { memory } = engine;
  engine.reset();
  const images = new CellImages(engine);
  const numbers = new Map<string, number>();
  const kept: (Kept | undefined)[] = [];
  const states: GraphState[] = [];
  const steps: GraphStep[] = [];
  const numberOf = (bug: KernelBug | undefined): number => {
    const broken = bug ?? engine.broken(engine.enabled());
    const violation =
      broken !== undefined && engine.counts(broken) ? { kind: broken.kind, name: broken.rule } : undefined;
    const key = `${engine.fingerprint0()},${engine.fingerprint1()},${violation?.name ?? ''}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const { words, h0, h1 } = memory;
    const hasEnded = violation !== undefined || engine.runEnded;
    kept.push(hasEnded ? undefined : { words: words.slice(), h0, h1 });
    numbers.set(key, states.length);
    return (
      states.push({ cells: images.different, how: howOf(engine), ...(violation !== undefined && { violation }) }) - 1
    );
  };
  numberOf(engine.bug);
  for (let from = 0; from < states.length; from++) {
    const state = kept[from];
    kept[from] = undefined;
    if (state === undefined) continue;
    engine.load(state.words, state.h0, state.h1);
    let bits = engine.enabled();
    while (bits !== 0) {
      const thread = lowest(bits);
      bits &= ~(1 << thread);
      const ways = choiceCount(engine, thread);
      const text = textOf(engine, engine.request(thread));
      for (let choice = 0; choice < ways; choice++) {
        engine.deadline?.check();
        engine.load(state.words, state.h0, state.h1);
        // In which order locks are taken is said of all runs together, and of no state.
        engine.forgetLockOrder();
        engine.step(thread, choice);
        if (!engine.isWithin()) continue;
        const to = numberOf(engine.bug);
        if (states.length > most) return { states, steps, isWhole: false };
        steps.push({
          from,
          to,
          thread: engine.system.threads[thread].name,
          text: ways === 1 ? text : `${text} = ${choice}`,
        });
      }
    }
  }
  return { states, steps, isWhole: true };
}

function howOf(engine: SearchedSystem): GraphState['how'] {
  const enabled = engine.enabled();
  if (engine.rests.areAll(enabled)) return 'ended';
  return enabled === 0 ? 'stuck' : 'moves';
}

function textOf({ memory: { layout } }: SearchedSystem, request: Request<unknown>): string {
  const { label, bit, address, op, args } = request;
  const target = address === 0 ? (op?.says?.(...args) ?? objectsOf(layout, request)) : layout.nameOf(address);
  return `${bit < 0 ? label : `${label}(${bit})`} ${target}`.trim();
}
