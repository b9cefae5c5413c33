/* eslint-disable no-restricted-properties, no-restricted-globals -- these are what is trapped here */
/** Traps for what makes a thread something other than a pure function of its answers. */
import { ImpureModel } from '@shootdown/machine';

/** While armed, Math.random and the clocks throw. */
export class PurityTraps {
  readonly #random = Math.random;
  readonly #dateNow = Date.now;
  readonly #now = performance.now.bind(performance);

  /** @param kname - the function blamed */
  arm(kname: string): void {
    const trap = (what: string) => (): never => {
      this.disarm();
      throw new ImpureModel(
        `kfunc ${kname} called ${what}; a thread must be a pure function of its answers: use choose() for nondeterminism`,
      );
    };
    Math.random = trap('Math.random()');
    Date.now = trap('Date.now()');
    performance.now = trap('performance.now()');
  }

  /** Puts the real ones back. */
  disarm(): void {
    Math.random = this.#random;
    Date.now = this.#dateNow;
    performance.now = this.#now;
  }
}
