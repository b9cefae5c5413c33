/** A violation of memory by a lock: the next owner frees the mutex that its last owner is still letting go. */
import { Layout, readOnce, struct, u8, writeOnce, type Scenario } from '@shootdown/machine';
import { kfree, mutexLock, mutexT, mutexUnlock, setKzalloc } from '@shootdown/kernel/model';
import { exhibit, systemOf } from './gallery.js';

const Channel = struct('channel', { lock: mutexT, users: u8 });

/** The lock that an object's last reference is dropped under is in the object. */
export const unlockAfterFree: Scenario = exhibit({
  kind: 'use-after-free',
  suffix: '-unlock',
  asks: 'Is a channel still there when the one who let its mutex go looks for waiters?',
  fixed: 'the users of the channel are counted under a mutex that outlives it',
  broken: 'the users of the channel are counted under its own mutex, and the last one frees both',
  build(isBroken) {
    const layout = new Layout();
    const slab = layout.slab('channel', Channel, 1);
    const list = layout.one('list_lock', mutexT);
    const [channel] = slab.slots;
    const put = function* () {
      const lock = isBroken ? channel.lock : list;
      yield* mutexLock(lock);
      const users = (yield* readOnce(channel.users)) - 1;
      yield* writeOnce(channel.users, users);
      yield* mutexUnlock(lock);
      if (users === 0) yield* kfree(channel);
    };
    return {
      ...systemOf(layout, { channel_put: put, channel_close: put }),
      init: (memory) => {
        setKzalloc(memory, slab);
        memory.set(channel.users, 2);
      },
    };
  },
});
