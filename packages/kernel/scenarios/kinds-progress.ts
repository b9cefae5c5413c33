/** Violations of progress: deadlock and livelock. */
import { array, kfunc, spinUntil, struct, u32, write, type Scenario } from '@shootdown/machine';
import {
  spinTrylock,
  spinUnlock,
  spinlockT,
  complete,
  Completion,
  mutexLock,
  mutexT,
  mutexUnlock,
  waitForCompletion,
  type SpinLock,
} from '@shootdown/kernel/model';
import { exhibit } from './gallery.js';

/** A worker needs the mutex that the one who waits for it holds. */
export const deadlock: Scenario = exhibit({
  kind: 'deadlock',
  asks: 'Does a flush end that waits for its work?',
  fixed: 'the mutex is let go before the wait',
  broken: 'the flush waits for the work under the mutex that the work takes',
  state: { dev_mutex: mutexT, done: Completion },
  threads: ({ dev_mutex: lock, done }, isBroken) => ({
    *flush_device() {
      yield* mutexLock(lock);
      if (!isBroken) yield* mutexUnlock(lock);
      yield* waitForCompletion(done);
      if (isBroken) yield* mutexUnlock(lock);
    },
    *device_work() {
      yield* mutexLock(lock);
      yield* mutexUnlock(lock);
      yield* complete(done);
    },
  }),
});

const Account = struct('account', { lock: spinlockT, balance: u32.guardedBy('lock') });

/** Two threads that each take one lock, fail to get the other, let go, and so on. */
export const livelock: Scenario = exhibit({
  kind: 'livelock',
  asks: 'Do two threads get both locks in the end, if each backs off where it cannot get the second?',
  fixed: 'both try the locks in the same order',
  broken: 'they try the locks in opposite order',
  state: { account: array(Account, 2) },
  threads: ({ account: accounts }, isBroken) => {
    const lockBoth = kfunc('trylock_both', function* (first: SpinLock, second: SpinLock) {
      if (!(yield* spinTrylock(first))) return false;
      if (yield* spinTrylock(second)) return true;
      yield* spinUnlock(first);
      return false;
    });
    const transfer = (from: number, to: number, isSwapped: boolean) =>
      function* () {
        const [first, second] = isSwapped ? [to, from] : [from, to];
        yield* spinUntil(() => lockBoth(accounts[first].lock, accounts[second].lock));
        yield* write(accounts[from].balance, 0);
        yield* write(accounts[to].balance, 1);
        yield* spinUnlock(accounts[second].lock);
        yield* spinUnlock(accounts[first].lock);
      };
    return { transfer_there: transfer(0, 1, false), transfer_back: transfer(1, 0, !isBroken) };
  },
});
