/** How long GPUs take: for runs in virtual time, and for the formulas that such runs are compared with. */
import { KIND, type Given, type Request, type Timing } from '@shootdown/machine';
import type { GpuMirror } from '@shootdown/mmu-notifier/model';

type GivenValues = Readonly<Record<string, Given>>;

/** What is the same for every GPU, in nanoseconds. */
export interface GpuCosts {
  /** How long the CPU takes to begin a flush: a register of the device, or a message to its firmware. */
  readonly issueNs: number;
  /** How long every other step of a CPU takes. */
  readonly stepNs: number;
  /** How long each GPU takes to flush its TLB. */
  readonly flushes: readonly number[];
}

/** The costs that sizes named `gpus`, `flush`, `flushNs`, `issueNs`, `stepNs` and `seed` stand for. */
export function gpuCosts({ gpus, flush, flushNs, issueNs, stepNs, seed }: GivenValues): GpuCosts {
  const count = Number(gpus);
  const longest = Number(flushNs);
  const random = randomNumbers(Number(seed));
  return {
    issueNs: Number(issueNs),
    stepNs: Number(stepNs),
    flushes: Array.from({ length: count }, (_, i) => {
      if (flush === 'linear') return Math.round((longest * (i + 1)) / count);
      return flush === 'random' ? 1 + Math.floor(random() * longest) : longest;
    }),
  };
}

/** Numbers in [0, 1): Marsaglia's xorshift of 32 bits, spread by a multiplication. */
function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (Math.imul(state, 0x2c1b3c6d) >>> 0) / 2 ** 32;
  };
}

/** The timing of a model whose only slow steps are those of GPUs' flushes. */
export function gpuTiming(gpus: readonly GpuMirror[], { issueNs, stepNs, flushes }: GpuCosts): Timing {
  const numbers = new Map(gpus.map(({ flushing }, number) => [flushing.address, number]));
  return {
    durationOf: (request: Request<unknown>) => {
      const number = numbers.get(request.address);
      if (number !== undefined && request.kind === KIND.OP) return flushes[number];
      if (number !== undefined && request.kind === KIND.WRITE) return issueNs;
      return request.op?.isLocal === true || request.kind === KIND.FENCE ? 0 : stepNs;
    },
  };
}

/** Nanoseconds of an invalidation in one pass, without what other steps take: flushes one after the other. */
export function onePassNs({ issueNs, flushes }: GpuCosts): number {
  return flushes.reduce((sum, flush) => sum + issueNs + flush, 0);
}

/**
 * Nanoseconds of an invalidation in two passes, without what other steps take: flushes begin one after the other and end when
 * they end, but whoever gets no finish object is waited for at once.
 *
 * @param finishes - finish objects that there is memory for
 */
export function twoPassNs({ issueNs, flushes }: GpuCosts, finishes: number): number {
  let now = 0;
  let lastEnd = 0;
  for (const [number, flush] of flushes.entries()) {
    now += issueNs;
    lastEnd = Math.max(lastEnd, now + flush);
    if (number >= finishes) now += flush;
  }
  return Math.max(now, lastEnd);
}
