/**
 * The learned automaton. A thread's control state is a stack of local states, one a frame, interned to a small integer,
 * and a step is one table look-up from (control state, answer) to the next.
 */
import {
  INTERNED,
  KIND,
  ModelError,
  Request,
  UNDEFINED_ID,
  mix,
  type KernelBug,
  type KfuncInfo,
  type Memory,
} from '@shootdown/machine';
import type { HistoryTree } from './history-tree.js';
import type { LocalState } from './local-state.js';
import { LocalStates, type LocalStateOptions, type StepWatcher } from './local-states.js';

/** The control state of a thread that has ended. */
export const FINISHED = 0;

/** In place of an answer: the thread waits for itself, and so for ever. */
export const STUCK_LO = 0x57ac4;
export const STUCK_HI = -0x57ac4;

/** Is told what is learnt. */
export interface AutomatonObserver {
  /** A control state, with the request it makes next. */
  onControl(control: number, request: Request<unknown>): void;
  /** An edge. */
  onEdge(from: number, to: number): void;
  /** An edge taken for the first time, with the answer that leads along it. */
  onTaken(from: number, lo: number, hi: number): void;
}

/** Learns the control states of the threads of one model. */
export class Automaton {
  /** The request each control state makes next. Not valid for {@link FINISHED} and raised ones. */
  readonly requests: Request<unknown>[] = [];
  /** Content hashes of the control states. */
  readonly hash0: number[] = [];
  readonly hash1: number[] = [];
  /** The broken rule that ended the thread, for the control states where one did. */
  readonly raised: (KernelBug | undefined)[] = [];
  /** Set for the control states at which a spin loop or a thread's round begins again. */
  readonly loopHead: boolean[] = [];
  /** Set for the control states of threads that wait for themselves. */
  readonly stuck: boolean[] = [];
  /**
   * The outermost loop that a control state is inside of and may come back through: a spin loop, by the control state of its
   * frame, or a loop of a function, by a number below 0; else 0.
   */
  readonly spinOuter: number[] = [];
  /** Told of each edge that {@link next} takes for the first time. */
  onExplored: ((control: number, lo: number, hi: number, to: number) => void) | undefined;
  /** Whether {@link next} took an edge that goes back to the head of a spin loop or begins a thread's next round. */
  closesCycle = false;
  /** Whether it took one that closes a circle of a function's own. */
  wentRound = false;

  readonly #locals: LocalStates;
  readonly #observer: AutomatonObserver | undefined;
  readonly #stackParent: number[] = [];
  readonly #stackTop: LocalState[] = [];
  readonly #stacks = new Map<number, number>();
  /** The loops of functions that threads come back through, by the control state of the caller: numbers below 0. */
  readonly #loops = new Map<string, number>();
  /** The control states below number `#indexed`, by hash. */
  readonly #byHash = new Map<string, number>();
  #indexed = 0;
  /** Whether the last settling left an outermost spin loop or began a new round. */
  #progressed = false;
  /** Whether it went through the head of a spin loop or a round, or closed a circle of a function's own. */
  #back = 0;
  // Transitions: open addressing over (control, lo, hi), with the last one of each control in front.
  #edges = new Int32Array(4 << 12);
  #edgeMask = (1 << 12) - 1;
  #edgeCount = 0;
  readonly #lastLo: number[] = [];
  readonly #lastHi: number[] = [];
  readonly #lastTo: number[] = [];

  constructor(memory: Memory, histories: HistoryTree, options: LocalStateOptions, observer?: AutomatonObserver) {
    this.#locals = new LocalStates(memory, histories, options);
    this.#observer = observer;
    this.#addControl(new Request<unknown>(KIND.FENCE), 0, 0x51ed270b, 0x2545f491, undefined, undefined);
  }

  /** Number of local states met. */
  get localStateCount(): number {
    return this.#locals.size;
  }

  /** Functions whose states are told apart by all that they were answered, by name: why. */
  get untold(): ReadonlyMap<string, string> {
    return this.#locals.untold;
  }

  /** Number of control states met. */
  get controlCount(): number {
    return this.requests.length;
  }

  /** The control state of a thread at its start. */
  start(call: Request<unknown>, repeat: boolean): number {
    if (!(call instanceof Request) || call.kind !== KIND.CALL)
      throw new ModelError(
        `expected a thread to run a call of a kfunc, got ${call instanceof Request ? call.label : typeof call}`,
      );
    const root = this.#locals.root(call.fn as KfuncInfo, call.args);
    if (!repeat) return this.#settle(FINISHED, root);
    const loop: LocalState = {
      ...root,
      next: { what: 'request', request: repeatOf(call) },
      h0: mix(root.h0 + 1),
      h1: mix(root.h1 + 1),
      id: -1 - root.id,
      loop: undefined,
    };
    return this.#settle(FINISHED, loop);
  }

  /** The control state after `control` got the answer (`lo`, `hi`). */
  next(control: number, lo: number, hi: number): number {
    const last = this.#lastTo[control];
    if (last >= 0 && this.#lastLo[control] === lo && this.#lastHi[control] === hi) return last;
    let edge = this.#edges[4 * this.#find(control, lo, hi) + 3];
    if ((edge & EDGE_EXPLORED) === 0) edge = this.take(control, lo, hi);
    const to = (edge & EDGE_TO) - 1;
    if ((edge & EDGE_BACK) !== 0) {
      this.closesCycle = true;
      this.wentRound ||= (edge & EDGE_ROUND) !== 0;
      return to; // not kept as the last one, so that the next time comes through here too
    }
    this.#lastLo[control] = lo;
    this.#lastHi[control] = hi;
    return (this.#lastTo[control] = to);
  }

  /** Forgets which edges were taken, so that {@link onExplored} hears of each again. */
  forgetTaken(): void {
    this.#lastTo.fill(-1);
    for (let at = 3; at < this.#edges.length; at += 4) this.#edges[at] &= ~EDGE_EXPLORED;
  }

  /** Takes an edge for the first time; returns its entry. */
  take(control: number, lo: number, hi: number): number {
    const to = this.quietNext(control, lo, hi);
    this.onExplored?.(control, lo, hi, to);
    const at = 4 * this.#find(control, lo, hi) + 3;
    if ((this.#edges[at] & EDGE_EXPLORED) === 0) this.#observer?.onTaken(control, lo, hi);
    this.#edges[at] |= EDGE_EXPLORED;
    return this.#edges[at];
  }

  /** The control state with this hash; `undefined` if none was met. */
  controlOf(h0: number, h1: number): number | undefined {
    for (; this.#indexed < this.requests.length; this.#indexed++)
      this.#byHash.set(`${this.hash0[this.#indexed]},${this.hash1[this.#indexed]}`, this.#indexed);
    return this.#byHash.get(`${h0},${h1}`);
  }

  /** As {@link next}, for a step that is only thought of. */
  quietNext(control: number, lo: number, hi: number): number {
    if (control === FINISHED) return FINISHED;
    const slot = this.#find(control, lo, hi);
    const known = this.#edges[4 * slot + 3] & EDGE_TO;
    if (known !== 0) return known - 1;
    this.#progressed = false;
    this.#back = 0;
    const to = lo === STUCK_LO && hi === STUCK_HI ? this.#stuckAt(control) : this.#answered(control, lo, hi);
    const isProgress = this.#progressed || to === FINISHED || this.#leavesSpin(control, to);
    this.#addEdge(control, lo, hi, (to + 1) | (isProgress ? EDGE_PROGRESS : 0) | this.#back);
    this.#observer?.onEdge(control, to);
    return to;
  }

  #answered(control: number, lo: number, hi: number): number {
    const { to, isBack } = this.#locals.after(this.#stackTop[control], lo, hi);
    return this.#settle(this.#stackParent[control], to, isBack);
  }

  /** Whether an edge leads out of the outermost loop of a function, or was in none; of spin loops {@link #settle} tells. */
  #leavesSpin(from: number, to: number): boolean {
    const spin = this.spinOuter[from];
    return spin === 0 || (spin < 0 && this.spinOuter[to] !== spin);
  }

  /** Whether an answer gets a thread anywhere: out of its outermost spin loop, to the end or to the next round. */
  isProgress(control: number, lo: number, hi: number): boolean {
    return (this.#edges[4 * this.#find(control, lo, hi) + 3] & EDGE_PROGRESS) !== 0;
  }

  /** The slot of an edge, or the empty one where it belongs. */
  #find(control: number, lo: number, hi: number): number {
    const edges = this.#edges;
    const mask = this.#edgeMask;
    let i = edgeHash(control, lo, hi) & mask;
    while (edges[4 * i + 3] !== 0 && !(edges[4 * i] === control && edges[4 * i + 1] === lo && edges[4 * i + 2] === hi))
      i = (i + 1) & mask;
    return i;
  }

  /** The program point at which a control state's function stands, the same for all that its variables may hold. */
  pointOf(control: number): string {
    return control === FINISHED ? '' : this.#stackTop[control].point;
  }

  /** The functions on a thread's stack, innermost first. */
  stackOf(control: number): readonly string[] {
    const names: string[] = [];
    for (let c = control; c !== FINISHED; c = this.#stackParent[c]) {
      const node = this.#stackTop[c];
      if (node.id >= 0) names.push(node.fn.kname);
    }
    return names;
  }

  /** The calls on a thread's stack, innermost first: each function and the request it waits for. */
  framesOf(control: number): readonly { readonly func: string; readonly request: Request<unknown> | undefined }[] {
    const frames: { func: string; request: Request<unknown> | undefined }[] = [];
    for (let c = control; c !== FINISHED; c = this.#stackParent[c]) {
      const { id, fn, next } = this.#stackTop[c];
      if (id >= 0) frames.push({ func: fn.kname, request: next.what === 'request' ? next.request : undefined });
    }
    return frames;
  }

  /**
   * Looks whether functions do the same whenever they stand where they stood before.
   *
   * @throws ImpureModel naming one that does not
   */
  verify(): void {
    this.#locals.verify();
  }

  /** Runs every step of model code learnt so far again. */
  rerun(watch: StepWatcher): void {
    this.#locals.rerun(watch);
  }

  /**
   * Enters calls and leaves finished ones until a real request is next.
   *
   * @param isBack - whether a circle of a function's own closed there
   */
  #settle(stack: number, state: LocalState, isBack = false): number {
    let par = stack;
    let top = state;
    let isHead = false;
    this.#back = isBack ? EDGE_BACK | EDGE_ROUND : 0;
    for (let rounds = 0; ; rounds++) {
      if (rounds > 100_000)
        throw new ModelError(`kfunc ${top.fn.kname} loops without a request; a spin loop must look at memory`);
      const next = top.next;
      if (next.what === 'request') {
        const { kind, fn, args } = next.request;
        if (kind !== KIND.CALL && kind !== KIND.SPIN) {
          const control = this.#control(par, top);
          this.loopHead[control] ||= isHead;
          return control;
        }
        par = this.#control(par, top);
        top = this.#locals.root(fn as KfuncInfo, args);
      } else if (next.what === 'raise') {
        return this.#control(par, top);
      } else if (par === FINISHED) {
        return FINISHED;
      } else {
        const caller = this.#stackTop[par];
        const call = (caller.next as { request: Request<unknown> }).request;
        if (call.kind === KIND.SPIN && (call.label === REPEAT || isFailure(next.value))) {
          if (call.label === REPEAT) this.#progressed = true;
          isHead = true;
          this.#back |= EDGE_BACK;
          top = this.#locals.root(call.fn as KfuncInfo, call.args);
        } else {
          if (call.kind === KIND.SPIN && this.spinOuter[par] === 0) this.#progressed = true;
          const edge = this.#locals.after(caller, next.value, INTERNED);
          top = edge.to;
          par = this.#stackParent[par];
          if (edge.isBack) this.#back |= EDGE_BACK | EDGE_ROUND;
        }
      }
    }
  }

  /** Where the thread is that waits for itself at `control`. */
  #stuckAt(control: number): number {
    this.#back = 0;
    const h0 = mix(this.hash0[control] ^ STUCK_LO) | 0;
    const h1 = mix(this.hash1[control] ^ STUCK_HI) | 0;
    const request = foreverAt(this.requests[control]);
    const stuck = this.#addControl(request, this.#stackParent[control], h0, h1, undefined, this.#stackTop[control]);
    this.stuck[stuck] = true;
    return stuck;
  }

  #control(par: number, node: LocalState): number {
    const key = par * 0x200_0000 + (node.id < 0 ? 0x200_0000 + node.id : node.id);
    const known = this.#stacks.get(key);
    if (known !== undefined) return known;
    const h0 = mix(this.hash0[par] ^ node.h0) | 0;
    const h1 = mix(Math.imul(this.hash1[par], 31) ^ node.h1) | 0;
    const bug = node.next.what === 'raise' ? node.next.bug : undefined;
    const request = node.next.what === 'request' ? node.next.request : this.requests[FINISHED];
    const control = this.#addControl(request, par, h0, h1, bug, node);
    this.#stacks.set(key, control);
    return control;
  }

  #addControl(
    request: Request<unknown>,
    par: number,
    h0: number,
    h1: number,
    bug: KernelBug | undefined,
    node: LocalState | undefined,
  ): number {
    this.requests.push(request);
    this.hash0.push(h0);
    this.hash1.push(h1);
    this.raised.push(bug);
    this.loopHead.push(false);
    this.stuck.push(false);
    this.spinOuter.push(this.#spinAround(par, node));
    this.#stackParent.push(par);
    this.#stackTop.push(node as LocalState);
    this.#lastLo.push(0);
    this.#lastHi.push(0);
    this.#lastTo.push(-1);
    this.#observer?.onControl(this.requests.length - 1, request);
    return this.requests.length - 1;
  }

  #spinAround(par: number, node: LocalState | undefined): number {
    const outer = this.spinOuter[par] ?? 0;
    if (outer !== 0) return outer;
    if (isSpin(this.requests[par])) return par;
    if (node?.loop === undefined) return 0;
    const key = `${par} ${node.loop}`;
    let number = this.#loops.get(key);
    if (number === undefined) this.#loops.set(key, (number = -1 - this.#loops.size));
    return number;
  }

  #addEdge(control: number, lo: number, hi: number, to: number): void {
    if (++this.#edgeCount * 2 > this.#edgeMask) this.#growEdges();
    placeEdge(this.#edges, this.#edgeMask, control, lo, hi, to);
  }

  #growEdges(): void {
    const old = this.#edges;
    const grown = new Int32Array(old.length * 2);
    this.#edgeMask = (grown.length >> 2) - 1;
    for (let j = 0; j < old.length; j += 4)
      if (old[j + 3] !== 0) placeEdge(grown, this.#edgeMask, old[j], old[j + 1], old[j + 2], old[j + 3]);
    this.#edges = grown;
  }
}

const REPEAT = ' repeat';
/**
 * An edge's target plus one, whether it was explored or only thought of, whether it gets the thread anywhere, whether it
 * goes back to the head of a loop, and whether it closes a circle of a function's own.
 */
const EDGE_TO = 0x0fff_ffff;
const EDGE_BACK = 0x1000_0000;
const EDGE_EXPLORED = 0x4000_0000;
const EDGE_PROGRESS = 0x2000_0000;
const EDGE_ROUND = 1 << 31;

/** A frame below the thread's function that calls it for ever. */
function repeatOf(call: Request<unknown>): Request<unknown> {
  const request = new Request<unknown>(KIND.SPIN);
  request.label = REPEAT;
  request.fn = call.fn;
  request.args = call.args;
  return request;
}

/** A request that can never be taken, in place of another. */
function foreverAt({ label, address, args }: Request<unknown>): Request<unknown> {
  const request = new Request<unknown>(KIND.OP);
  request.label = label;
  request.address = address;
  request.args = args;
  request.op = { name: label, when: () => false, run: () => undefined, takesLock: true };
  return request;
}

function isSpin(request: Request<unknown>): boolean {
  return request.kind === KIND.SPIN && request.label !== REPEAT;
}

/** `undefined`, `null` and `false` are the first three of every value table. */
export function isFailure(value: number): boolean {
  return value <= UNDEFINED_ID + 2;
}

function edgeHash(control: number, lo: number, hi: number): number {
  const h = Math.imul(control, 0x9e3779b1) ^ Math.imul(lo, 0x85ebca6b) ^ Math.imul(hi, 0x7feb352d);
  return h ^ (h >>> 15);
}

function placeEdge(edges: Int32Array, mask: number, control: number, lo: number, hi: number, to: number): void {
  let i = edgeHash(control, lo, hi) & mask;
  while (edges[4 * i + 3] !== 0) i = (i + 1) & mask;
  edges[4 * i] = control;
  edges[4 * i + 1] = lo;
  edges[4 * i + 2] = hi;
  edges[4 * i + 3] = to;
}
