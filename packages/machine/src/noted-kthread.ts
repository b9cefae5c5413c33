/** Generator functions of ours that model code calls: a call whose steps nobody takes is noticed as a request is. */
import { KIND, Request, type Kthread } from './request.js';
import { notesRequests } from './running.js';

/**
 * The steps of a call, so that one without `yield*` is noticed where requests are noted.
 *
 * @param label - the kernel's name of the function
 * @param steps - what its generator function returned
 */
export function notedKthread<R>(label: string, steps: Kthread<R>): Kthread<R> {
  if (!notesRequests()) return steps;
  const call = new Request<R>(KIND.CALL);
  call.label = label;
  const { [Symbol.iterator]: inherited } = steps;
  // Whoever watches which code delegates to generators watches what they inherit.
  const begin = (): Kthread<R> => {
    call.isUsed = true;
    return inherited.call(steps);
  };
  return Object.defineProperty(steps, Symbol.iterator, { value: begin });
}
