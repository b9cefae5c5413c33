import { KernelBug, WouldBlock } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { IntervalNotifier, MmuNotifiers, Notifier } from './index.js';

const page = 0x1000n;
const obliging = (): IntervalNotifier => new IntervalNotifier({ invalidate: () => true });

describe('interval notifiers', () => {
  it('are removed by the last end, when that comes after the remove, and their place is used again', () => {
    const mm = new MmuNotifiers({ intervals: 1 });
    const [first, second] = [obliging(), obliging()];
    mm.intervalInsert(first, 0n, page);
    mm.rangeStart({ start: 0n, end: page });
    expect(() => {
      mm.intervalRemove(first);
    }).toThrow(WouldBlock);
    expect(mm.state.deferred).toEqual([first]);
    expect(() => mm.intervalInsert(second, 0n, page)).toThrow(/at most 1 interval notifiers/);
    mm.rangeEnd({ start: 0n, end: page });
    expect(mm.state).toMatchObject({ itree: [], deferred: [], mmCount: 1 });
    expect(mm.intervalInsert(second, 0n, page)).toBe(0);
    expect(mm.state.itree).toEqual([second]);
  });

  it('need one kind of first pass, and one that the era has', () => {
    expect(() => new IntervalNotifier({})).toThrow(TypeError);
    const twoPass = new IntervalNotifier({ invalidateStart: () => ({ success: true }) });
    expect(() => new MmuNotifiers({ era: 'single-pass' }).intervalInsert(twoPass, 0n, page)).toThrow(TypeError);
    expect(new MmuNotifiers().intervalInsert(twoPass, 0n, page)).toBe(0);
  });

  it('are not ended more often than begun', () => {
    const mm = new MmuNotifiers();
    mm.intervalInsert(obliging(), 0n, page);
    let thrown: unknown;
    try {
      mm.rangeEnd({ start: 0n, end: page });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(KernelBug);
    expect(thrown).toMatchObject({ kind: 'contract', rule: 'end-without-start' });
  });
});

describe('classic notifiers', () => {
  it('are refused by get without a way to allocate one', () => {
    expect(() => new MmuNotifiers().get({})).toThrow(/alloc_notifier is called, which is NULL/);
  });

  it('are known here only while they are registered', () => {
    const mm = new MmuNotifiers();
    const notifier = new Notifier({});
    expect(() => {
      mm.unregister(notifier);
    }).toThrow(RangeError);
    expect(mm.register(notifier)).toBe(0);
    mm.unregister(notifier);
    expect(mm.state).toMatchObject({ list: [], mmCount: 1 });
  });
});
