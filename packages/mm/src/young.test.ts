import { Memory, defineOperation, runDirect, type Memory as Reader } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { mmSystem, noSubscribers, ptepClearFlushYoungNotify, setProcess } from './model.js';

describe('the accessed bit', () => {
  const system = (isMirrored: boolean) =>
    mmSystem({
      cpus: 2,
      pages: 1,
      frames: 1,
      tracksYoung: true,
      hooks: () => ({
        ...noSubscribers,
        clearFlushYoung: defineOperation({ name: 'mirror', run: (_memory: Reader) => isMirrored }),
      }),
    });

  it.each([false, true])('is set by an access, and again after it was cleared; a mirror says %s', (isMirrored) => {
    const machine = system(isMirrored);
    const memory = new Memory(machine.layout);
    const mm = setProcess(memory, machine, [0, 1]);
    const isYoung = (): boolean => runDirect(memory, ptepClearFlushYoungNotify(machine, mm, 0));
    expect(isYoung()).toBe(isMirrored);
    for (const cpu of [0, 1]) {
      runDirect(memory, machine.cpus.load(cpu, 0));
      expect(isYoung()).toBe(true);
      expect(isYoung()).toBe(isMirrored);
    }
  });

  it('stays unset while a CPU uses a translation that it has', () => {
    const machine = system(false);
    const memory = new Memory(machine.layout);
    const mm = setProcess(memory, machine, [0]);
    runDirect(memory, machine.cpus.load(0, 0));
    const [young] = memory.get(mm.pgd)?.young ?? [];
    memory.set(young, false);
    runDirect(memory, machine.cpus.load(0, 0));
    expect(memory.get(young)).toBe(false);
  });
});
