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

  it('need one kind of first pass, and one that the version has', () => {
    expect(() => new IntervalNotifier({})).toThrow(TypeError);
    const twoPass = new IntervalNotifier({ invalidateStart: () => ({ success: true }) });
    expect(() => new MmuNotifiers({ version: 'single-pass' }).intervalInsert(twoPass, 0n, page)).toThrow(TypeError);
    expect(new MmuNotifiers().intervalInsert(twoPass, 0n, page)).toBe(0);
  });

  it('stay where they are when they cannot be inserted again', () => {
    const mm = new MmuNotifiers();
    const notifier = obliging();
    mm.intervalInsert(notifier, 0n, page);
    expect(mm.intervalInsert(notifier, 0n, 0n)).toBe(-75);
    expect(mm.rangeStart({ start: 0n, end: page })).toBe(0);
    expect(mm.state.itree).toEqual([notifier]);
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

describe('callbacks that answer nothing', () => {
  it.each<[string, IntervalNotifier]>([
    ['invalidate: expected', new IntervalNotifier({ invalidate: () => undefined as unknown as boolean })],
    [
      'invalidateStart: success: expected',
      new IntervalNotifier({ invalidateStart: () => ({}) as { success: boolean } }),
    ],
  ])('%s true or false', (message, notifier) => {
    const mm = new MmuNotifiers();
    mm.intervalInsert(notifier, 0n, page);
    expect(() => mm.rangeStart({ start: 0n, end: page })).toThrow(`${message} true or false, got undefined`);
  });
});

describe('addresses and sequences that are none', () => {
  const wrong = 4096 as unknown as bigint;

  it('are refused before anything has changed', () => {
    const mm = new MmuNotifiers({ intervals: 1 });
    const notifier = obliging();
    expect(() => mm.intervalInsert(notifier, -1n, page)).toThrow(
      'intervalInsert: start: expected 0 to 2^64 - 1, got -1',
    );
    expect(() => mm.intervalInsert(notifier, 0n, 1n << 64n)).toThrow('intervalInsert: length: expected 0 to 2^64 - 1');
    expect(() => mm.intervalInsert(notifier, wrong, page)).toThrow(
      'intervalInsert: start: expected a bigint, got 4096',
    );
    expect(mm.state.mmCount).toBe(1);
    expect(mm.intervalInsert(notifier, 0n, page)).toBe(0);
    expect(() => mm.rangeStart({ start: wrong, end: page })).toThrow('range: start: expected a bigint, got 4096');
    expect(() => {
      mm.rangeEnd({ start: 0n, end: -page });
    }).toThrow(RangeError);
    expect(mm.state).toMatchObject({ activeInvalidateRanges: 0, itree: [notifier] });
  });

  it('are refused as sequences, which would be out of date for ever', () => {
    const mm = new MmuNotifiers();
    const notifier = obliging();
    mm.intervalInsert(notifier, 0n, page);
    const seq = mm.readBegin(notifier);
    expect(mm.readRetry(notifier, seq)).toBe(false);
    expect(() => mm.readRetry(notifier, Number(seq) as unknown as bigint)).toThrow('readRetry: seq: expected a bigint');
    expect(() => mm.checkRetry(notifier, undefined as unknown as bigint)).toThrow(
      'checkRetry: seq: expected a bigint, got undefined',
    );
  });

  it('are refused by what classic notifiers are told', () => {
    const mm = new MmuNotifiers();
    for (const call of [
      () => {
        mm.invalidateRange(0n, wrong);
      },
      () => mm.clearFlushYoung(wrong, page),
      () => mm.clearYoung(wrong, page),
      () => mm.testYoung(wrong),
      () => {
        mm.changePte(0n, wrong);
      },
    ])
      expect(call).toThrow(/: expected a bigint, got 4096/);
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

describe('a misuse', () => {
  it('changes nothing, and what comes after it works', () => {
    const mm = new MmuNotifiers();
    const notifier = obliging();
    mm.intervalInsert(notifier, 0n, page);
    const before = mm.state;
    expect(() => {
      mm.rangeEnd({ start: 0n, end: page });
    }).toThrow(KernelBug);
    expect(mm.state).toEqual(before);
    expect(mm.rangeStart({ start: 0n, end: page })).toBe(0);
    mm.rangeEnd({ start: 0n, end: page });
    mm.intervalRemove(notifier);
    expect(mm.state.itree).toEqual([]);
  });

  it('in a callback that throws is taken back', () => {
    const mm = new MmuNotifiers();
    let isWilling = false;
    const notifier = new IntervalNotifier({
      invalidate: () => {
        if (!isWilling) throw new Error('not today');
        return true;
      },
    });
    mm.intervalInsert(notifier, 0n, page);
    const before = mm.state;
    expect(() => mm.rangeStart({ start: 0n, end: page })).toThrow('not today');
    expect(mm.state).toEqual(before);
    isWilling = true;
    expect(mm.rangeStart({ start: 0n, end: page })).toBe(0);
  });

  it('is not to look at the state in a callback', () => {
    const mm = new MmuNotifiers();
    const seen: number[] = [];
    const notifier = new IntervalNotifier({
      invalidate: () => {
        seen.push(mm.state.activeInvalidateRanges);
        return true;
      },
    });
    mm.intervalInsert(notifier, 0n, page);
    expect(mm.rangeStart({ start: 0n, end: page })).toBe(0);
    mm.rangeEnd({ start: 0n, end: page });
    expect(seen).toEqual([1]);
  });
});
