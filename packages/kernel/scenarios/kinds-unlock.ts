/** A violation of memory by a lock: the next owner frees the mutex that its last owner is still letting go. */
import { readOnce, slab, struct, u8, writeOnce, type Scenario } from '@shootdown/machine';
import { kfree, mutexLock, mutexT, mutexUnlock, setKzalloc } from '@shootdown/kernel/model';
import { exhibit } from './gallery.js';

const Channel = struct('channel', { lock: mutexT, users: u8 });

/** The lock that an object's last reference is dropped under is in the object. */
export const unlockAfterFree: Scenario = exhibit({
  kind: 'use-after-free',
  suffix: '-unlock',
  asks: 'Is a channel still there when the one who let its mutex go looks for waiters?',
  fixed: 'the users of the channel are counted under a mutex that outlives it',
  broken: 'the users of the channel are counted under its own mutex, and the last one frees both',
  state: { channel: slab(Channel, 1), list_lock: mutexT },
  init: (memory, { channel: channels }) => {
    memory.set(setKzalloc(memory, channels).users, 2);
  },
  threads: ({ channel: { slots }, list_lock: list }, isBroken) => {
    const [channel] = slots;
    const put = function* () {
      const lock = isBroken ? channel.lock : list;
      yield* mutexLock(lock);
      const users = (yield* readOnce(channel.users)) - 1;
      yield* writeOnce(channel.users, users);
      yield* mutexUnlock(lock);
      if (users === 0) yield* kfree(channel);
    };
    return { channel_put: put, channel_close: put };
  },
});
