/** Violations that are exceptions of the code: a NULL pointer is followed, an index is out of range. */
import { array, ptr, readOnce, struct, u8, writeOnce, type Scenario, type ViewOf } from '@shootdown/machine';
import { exhibit } from './gallery.js';

const Driver = struct('driver', { name: u8 });
type Driver = ViewOf<typeof Driver>;

/** A pointer is checked and then read again. */
export const nullDereference: Scenario = exhibit({
  kind: 'null-dereference',
  asks: 'Does a device still have the driver that it was seen to have when the name of the driver is read?',
  fixed: 'the pointer is read once',
  broken: 'the pointer is read once to be checked, and again to be followed',
  state: { pci_driver: Driver, 'device.driver': ptr(() => Driver) },
  init: (memory, { pci_driver: driver, 'device.driver': bound }) => {
    memory.set(bound, driver);
  },
  threads: ({ 'device.driver': bound }, isBroken) => ({
    *uevent_show() {
      const seen = yield* readOnce(bound);
      if (seen === null) return;
      const followed = isBroken ? yield* readOnce(bound) : seen;
      yield* readOnce((followed as Driver).name);
    },
    *device_unbind() {
      yield* writeOnce(bound, null);
    },
  }),
});

const CHANNELS = 2;
const NO_CHANNEL = 255;

/** An index is checked and then read again. */
export const exception: Scenario = exhibit({
  kind: 'exception',
  rule: 'TypeError',
  asks: 'Is the channel that a message is sent on one of those that there are?',
  fixed: 'the number of the channel is read once',
  broken: 'the number of the channel is read once to be checked, and again to be used',
  state: { messages: array(u8, CHANNELS), open_channel: u8 },
  threads: ({ messages, open_channel: open }, isBroken) => ({
    *channel_send() {
      const seen = yield* readOnce(open);
      if (seen >= CHANNELS) return;
      const used = isBroken ? yield* readOnce(open) : seen;
      yield* writeOnce(messages[used], 1);
    },
    *channel_close() {
      yield* writeOnce(open, NO_CHANNEL);
    },
  }),
});
