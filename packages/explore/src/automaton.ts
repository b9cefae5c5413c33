/**
 * The learned automaton. A thread is a pure function of the answers it was fed, so (function, arguments, answers so far)
 * names a frame's local state: a node. A thread's control state is a stack of nodes, one a frame. Both are interned to
 * small integers, and a step is one table look-up; a generator runs only for a history never seen.
 */
import {
  INTERNED,
  ImpureModel,
  KIND,
  KernelBug,
  ModelError,
  Request,
  UNDEFINED_ID,
  WouldBlock,
  answerOf,
  hashText,
  mix,
  resume,
  withSites,
  type KfuncInfo,
  type Memory,
} from '@shootdown/machine';
import { PurityTraps } from './purity.js';

/** The control state of a thread that has ended. */
export const FINISHED = 0;

/** What a node does next. */
type Next =
  | { readonly what: 'request'; readonly request: Request<unknown> }
  | { readonly what: 'done'; readonly value: number }
  | { readonly what: 'raise'; readonly bug: KernelBug };

interface Node {
  readonly fn: KfuncInfo;
  readonly args: readonly unknown[];
  readonly parent: Node | undefined;
  /** The answer that led here from the parent. */
  readonly lo: number;
  readonly hi: number;
  readonly h0: number;
  readonly h1: number;
  readonly next: Next;
  readonly edges: Map<number, Map<number, Node>>;
  readonly id: number;
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
  /** For the first control state of a spin loop's attempt, the control state of the loop around it; else 0. */
  readonly spinFrame: number[] = [];
  /** How often a generator was started. */
  generatorRuns = 0;

  readonly #memory: Memory;
  readonly #traps: PurityTraps | undefined;
  readonly #roots = new Map<string, Node>();
  readonly #nodes: Node[] = [];
  readonly #stackParent: number[] = [];
  readonly #stackNode: Node[] = [];
  readonly #stacks = new Map<number, number>();
  // Transitions: open addressing over (control, lo, hi), with the last one of each control in front.
  #edges = new Int32Array(4 << 12);
  #edgeMask = (1 << 12) - 1;
  #edgeCount = 0;
  readonly #lastLo: number[] = [];
  readonly #lastHi: number[] = [];
  readonly #lastTo: number[] = [];

  /** @param checkPurity - run every history twice and trap Math.random and the clock */
  constructor(memory: Memory, checkPurity = false) {
    this.#memory = memory;
    this.#traps = checkPurity ? new PurityTraps() : undefined;
    const idle = new Request<unknown>(KIND.FENCE);
    this.#addControl(idle, 0, 0x51ed270b, 0x2545f491, undefined, undefined);
  }

  /** Number of local states met. */
  get nodeCount(): number {
    return this.#nodes.length;
  }

  /** Number of control states met. */
  get controlCount(): number {
    return this.requests.length;
  }

  /** The control state of a thread at its start. */
  start(call: Request<unknown>, repeat: boolean): number {
    if (!(call instanceof Request) || call.kind !== KIND.CALL)
      throw new ModelError(`expected a thread to run a call of a kfunc, got ${call instanceof Request ? call.label : typeof call}`);
    const root = this.#root(call.fn as KfuncInfo, call.args);
    if (!repeat) return this.#settle(FINISHED, root);
    const loop: Node = { ...root, next: { what: 'request', request: repeatOf(call) }, h0: mix(root.h0 + 1), h1: mix(root.h1 + 1), id: -1 - root.id };
    return this.#settle(FINISHED, loop);
  }

  /** The control state after `control` got the answer (`lo`, `hi`). */
  next(control: number, lo: number, hi: number): number {
    const last = this.#lastTo[control] as number;
    if (last >= 0 && this.#lastLo[control] === lo && this.#lastHi[control] === hi) return last;
    const edges = this.#edges;
    const mask = this.#edgeMask;
    let i = edgeHash(control, lo, hi) & mask;
    for (;;) {
      const to = edges[4 * i + 3] as number;
      if (to === 0) break;
      if (edges[4 * i] === control && edges[4 * i + 1] === lo && edges[4 * i + 2] === hi) {
        this.#lastLo[control] = lo;
        this.#lastHi[control] = hi;
        return (this.#lastTo[control] = to - 1);
      }
      i = (i + 1) & mask;
    }
    const to = this.#settle(this.#stackParent[control] as number, this.#after(this.#stackNode[control] as Node, lo, hi));
    this.#addEdge(control, lo, hi, to);
    return to;
  }

  /** The functions on a thread's stack, innermost first. */
  stackOf(control: number): readonly string[] {
    const names: string[] = [];
    for (let c = control; c !== FINISHED; c = this.#stackParent[c] as number) {
      const node = this.#stackNode[c] as Node;
      if (node.id >= 0) names.push(node.fn.kname);
    }
    return names;
  }

  /** Whether `frame` is `control` or below it on the stack. */
  isInside(control: number, frame: number): boolean {
    for (let c = control; c !== FINISHED; c = this.#stackParent[c] as number) if (c === frame) return true;
    return false;
  }

  /** Re-runs every history learnt so far and compares what each asks for. */
  verify(): void {
    for (const node of this.#nodes) this.#compare(node, node.next, this.#run(node.fn, node.args, node.parent, node.lo, node.hi));
  }

  #root(fn: KfuncInfo, args: readonly unknown[]): Node {
    const argsId = this.#internValue(args, `the arguments of ${fn.kname}`);
    const key = `${fn.serial}:${argsId}`;
    let node = this.#roots.get(key);
    if (node === undefined) {
      const [a, b] = hashText(`${fn.kname}/${fn.serial}`);
      const values = this.#memory.values;
      const h0 = mix(a ^ values.hash0(argsId));
      const h1 = mix(Math.imul(b, 31) ^ values.hash1(argsId));
      node = this.#learn(fn, args, undefined, 0, 0, h0, h1);
      this.#roots.set(key, node);
    }
    return node;
  }

  #after(node: Node, lo: number, hi: number): Node {
    let byLo = node.edges.get(hi);
    if (byLo === undefined) node.edges.set(hi, (byLo = new Map()));
    let child = byLo.get(lo);
    if (child === undefined) {
      const interned = hi === INTERNED && node.next.what === 'request' && answersAreValues(node.next.request);
      const values = this.#memory.values;
      const a = interned ? values.hash0(lo) : Math.imul(lo + 1, 0x85ebca6b) ^ Math.imul(hi, 0x7feb352d);
      const b = interned ? values.hash1(lo) : Math.imul(lo + 1, 0xc2b2ae35) ^ Math.imul(hi, 0x9e3779b1);
      child = this.#learn(node.fn, node.args, node, lo, hi, mix(node.h0 ^ a) + 1, mix(node.h1 ^ b) + 1);
      byLo.set(lo, child);
    }
    return child;
  }

  #learn(fn: KfuncInfo, args: readonly unknown[], parent: Node | undefined, lo: number, hi: number, h0: number, h1: number): Node {
    const next = this.#run(fn, args, parent, lo, hi);
    const node: Node = { fn, args, parent, lo, hi, h0: h0 | 0, h1: h1 | 0, next, edges: new Map(), id: this.#nodes.length };
    if (this.#traps !== undefined) this.#compare(node, next, this.#run(fn, args, parent, lo, hi));
    this.#nodes.push(node);
    return node;
  }

  /** Runs the generator through the whole history; every request on the way must be the one it made before. */
  #run(fn: KfuncInfo, args: readonly unknown[], parent: Node | undefined, lo: number, hi: number): Next {
    this.generatorRuns++;
    const path: Node[] = [];
    for (let n = parent; n !== undefined; n = n.parent) path.push(n);
    path.reverse();
    this.#traps?.arm(fn.kname);
    try {
      const body = fn.body as (...args: readonly unknown[]) => Generator<Request<unknown>, unknown>;
      const generator = body(...args);
      if (typeof (generator as { next?: unknown } | undefined)?.next !== 'function')
        throw new ModelError(`kfunc ${fn.kname}: expected a generator function (function*), got a plain function`);
      let answer: unknown;
      path.forEach((node, i) => {
        this.#compare(node, node.next, this.#resumed(fn, generator, answer));
        const [l, h] = i + 1 < path.length ? [(path[i + 1] as Node).lo, (path[i + 1] as Node).hi] : [lo, hi];
        answer = answerOf(this.#memory, (node.next as { request: Request<unknown> }).request, l, h);
      });
      return withSites(() => this.#resumed(fn, generator, answer));
    } finally {
      this.#traps?.disarm();
    }
  }

  #resumed(fn: KfuncInfo, generator: Generator<Request<unknown>, unknown>, answer: unknown): Next {
    let step: IteratorResult<Request<unknown>, unknown>;
    try {
      step = resume(generator, answer);
    } catch (error) {
      if (error instanceof KernelBug) return { what: 'raise', bug: error };
      if (error instanceof ImpureModel || error instanceof ModelError || error instanceof WouldBlock) throw error;
      throw new ModelError(`kfunc ${fn.kname} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, error);
    }
    if (step.done === true) return { what: 'done', value: this.#internValue(step.value, `the result of ${fn.kname}`) };
    const request: unknown = step.value;
    if (!(request instanceof Request))
      throw new ModelError(`kfunc ${fn.kname}: expected yield* of a request, got ${typeof request}; write yield* readOnce(cell) and the like`);
    return { what: 'request', request };
  }

  #internValue(value: unknown, what: string): number {
    try {
      return this.#memory.values.intern(value);
    } catch (error) {
      throw new ModelError(`${what}: ${(error as Error).message}`, error);
    }
  }

  #compare(node: Node, before: Next, now: Next): void {
    if (sameNext(this.#memory, before, now)) return;
    throw new ImpureModel(
      `kfunc ${node.fn.kname} is not a pure function of the answers it was fed: with the same answers it first asked for ` +
        `${describeNext(before)}, then for ${describeNext(now)}. Keep state in model memory or in locals, not in closures, ` +
        'and use choose() instead of Math.random or the clock',
    );
  }

  /** Enters calls and leaves finished ones until a real request is next. */
  #settle(stack: number, node: Node): number {
    let par = stack;
    let top = node;
    let spin = 0;
    for (let rounds = 0; ; rounds++) {
      if (rounds > 100_000) throw new ModelError(`kfunc ${top.fn.kname} loops without a request; a spin loop must look at memory`);
      const next = top.next;
      if (next.what === 'request') {
        const { kind, fn, args } = next.request;
        if (kind !== KIND.CALL && kind !== KIND.SPIN) return this.#control(par, top, spin);
        par = this.#control(par, top, 0);
        if (kind === KIND.SPIN && next.request.label !== REPEAT) spin = par;
        top = this.#root(fn as KfuncInfo, args);
      } else if (next.what === 'raise') {
        return this.#control(par, top, 0);
      } else if (par === FINISHED) {
        return FINISHED;
      } else {
        const caller = this.#stackNode[par] as Node;
        const call = (caller.next as { request: Request<unknown> }).request;
        if (call.kind === KIND.SPIN && (call.label === REPEAT || isFailure(next.value))) {
          if (call.label !== REPEAT) spin = par;
          top = this.#root(call.fn as KfuncInfo, call.args);
        } else {
          top = this.#after(caller, next.value, INTERNED);
          par = this.#stackParent[par] as number;
        }
      }
    }
  }

  #control(par: number, node: Node, spin: number): number {
    const key = par * 0x200_0000 + (node.id < 0 ? 0x200_0000 + node.id : node.id);
    const known = this.#stacks.get(key);
    if (known !== undefined) {
      if (spin !== 0) this.spinFrame[known] = spin;
      return known;
    }
    const h0 = mix((this.hash0[par] as number) ^ node.h0) | 0;
    const h1 = mix(Math.imul(this.hash1[par] as number, 31) ^ node.h1) | 0;
    const bug = node.next.what === 'raise' ? node.next.bug : undefined;
    const request = node.next.what === 'request' ? node.next.request : (this.requests[FINISHED] as Request<unknown>);
    const control = this.#addControl(request, par, h0, h1, bug, node);
    this.spinFrame[control] = spin;
    this.#stacks.set(key, control);
    return control;
  }

  #addControl(request: Request<unknown>, par: number, h0: number, h1: number, bug: KernelBug | undefined, node: Node | undefined): number {
    this.requests.push(request);
    this.hash0.push(h0);
    this.hash1.push(h1);
    this.raised.push(bug);
    this.spinFrame.push(0);
    this.#stackParent.push(par);
    this.#stackNode.push(node as Node);
    this.#lastLo.push(0);
    this.#lastHi.push(0);
    this.#lastTo.push(-1);
    return this.requests.length - 1;
  }

  #addEdge(control: number, lo: number, hi: number, to: number): void {
    if (++this.#edgeCount * 2 > this.#edgeMask) this.#growEdges();
    placeEdge(this.#edges, this.#edgeMask, control, lo, hi, to + 1);
  }

  #growEdges(): void {
    const old = this.#edges;
    const grown = new Int32Array(old.length * 2);
    this.#edgeMask = (grown.length >> 2) - 1;
    for (let j = 0; j < old.length; j += 4)
      if (old[j + 3] !== 0) placeEdge(grown, this.#edgeMask, old[j] as number, old[j + 1] as number, old[j + 2] as number, old[j + 3] as number);
    this.#edges = grown;
  }
}

const REPEAT = ' repeat';

/** A frame below the thread's function that calls it for ever. */
function repeatOf(call: Request<unknown>): Request<unknown> {
  const request = new Request<unknown>(KIND.SPIN);
  request.label = REPEAT;
  request.fn = call.fn;
  request.args = call.args;
  return request;
}

/** Whether an answer with `hi` = {@link INTERNED} is the number of an interned value. */
function answersAreValues(request: Request<unknown>): boolean {
  return request.kind === KIND.CALL || request.kind === KIND.SPIN || request.kind === KIND.OP;
}

/** `undefined`, `null` and `false` are the first three of every value table. */
function isFailure(value: number): boolean {
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

function sameNext(memory: Memory, a: Next, b: Next): boolean {
  if (a.what === 'request' && b.what === 'request') return sameRequest(memory, a.request, b.request);
  if (a.what === 'done' && b.what === 'done') return a.value === b.value;
  return a.what === 'raise' && b.what === 'raise' && a.bug.message === b.bug.message;
}

function sameRequest(memory: Memory, a: Request<unknown>, b: Request<unknown>): boolean {
  return (
    a.kind === b.kind &&
    a.label === b.label &&
    a.address === b.address &&
    a.lo === b.lo &&
    a.hi === b.hi &&
    a.lo2 === b.lo2 &&
    a.hi2 === b.hi2 &&
    a.mask === b.mask &&
    a.negated === b.negated &&
    a.ways === b.ways &&
    a.fn?.serial === b.fn?.serial &&
    memory.values.intern(a.args) === memory.values.intern(b.args)
  );
}

function describeNext(next: Next): string {
  if (next.what === 'done') return 'its end';
  if (next.what === 'raise') return `a ${next.bug.kind}`;
  const { label, lo, address } = next.request;
  return `${label}(word ${address}, ${lo})`;
}
