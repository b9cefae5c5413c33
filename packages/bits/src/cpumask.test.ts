import { describe, expect, test } from 'vitest';
import * as bits from './index.js';
import { Cpumask, cpuId, cpulistParse, cpulistString } from './index.js';

function maskOf(list: string, nrCpuIds = 40): Cpumask {
  const mask = new Cpumask(nrCpuIds);
  expect(cpulistParse(list, mask)).toEqual({ ok: true, value: undefined });
  return mask;
}

const cpu = cpuId;

describe('a CPU', () => {
  test('goes into a set and out of it', () => {
    const mask = new Cpumask(40);
    expect(bits.cpumaskTestAndSetCpu(cpu(33), mask)).toBe(false);
    expect(bits.cpumaskTestAndSetCpu(cpu(33), mask)).toBe(true);
    bits.cpumaskSetCpu(cpu(3), mask);
    expect(cpulistString(mask)).toBe('3,33');
    bits.cpumaskClearCpu(cpu(3), mask);
    expect([bits.cpumaskTestCpu(cpu(3), mask), bits.cpumaskTestCpu(cpu(33), mask)]).toEqual([false, true]);
    expect(bits.cpumaskTestAndClearCpu(cpu(33), mask)).toBe(true);
    expect(bits.cpumaskEmpty(mask)).toBe(true);
  });

  test('has a number from 0 and below the number of CPUs', () => {
    expect(() => cpuId(-1)).toThrow('cpuId: expected a CPU of 0..2147483647, got -1');
    expect(() => cpuId(0.5)).toThrow('cpuId: expected an integer as a CPU, got 0.5');
    expect(() => bits.cpumaskSetCpu(cpu(4), new Cpumask(4))).toThrow('setBit: expected a bit of 0..3, got 4');
  });

  test('alone is a set', () => {
    expect(cpulistString(bits.cpumaskOf(cpu(5), 8))).toBe('5');
  });
});

describe('a search', () => {
  const mask = maskOf('2-3,35');
  const other = maskOf('3-35');

  test('finds the CPU, or undefined', () => {
    expect(bits.cpumaskFirst(mask)).toBe(2);
    expect(bits.cpumaskFirst(new Cpumask(40))).toBeUndefined();
    expect(bits.cpumaskFirstZero(mask)).toBe(0);
    expect(bits.cpumaskFirstZero(maskOf('all'))).toBeUndefined();
    expect(bits.cpumaskFirstAnd(mask, other)).toBe(3);
    expect(bits.cpumaskNext(cpu(3), mask)).toBe(35);
    expect(bits.cpumaskNext(cpu(35), mask)).toBeUndefined();
    expect(bits.cpumaskNextZero(cpu(1), mask)).toBe(4);
    expect(bits.cpumaskNextAnd(cpu(3), mask, other)).toBe(35);
    expect(bits.cpumaskAnyBut(mask, cpu(2))).toBe(3);
    expect(bits.cpumaskAnyBut(mask, cpu(9))).toBe(2);
    expect(bits.cpumaskAnyBut(maskOf('7'), cpu(7))).toBeUndefined();
  });

  test('walks in ascending order', () => {
    expect([...bits.eachCpu(mask)]).toEqual([2, 3, 35]);
  });
});

describe('sets', () => {
  const a = maskOf('0-3,38');
  const b = maskOf('2-5');
  const into = (fill: (dst: Cpumask) => unknown): string => {
    const dst = maskOf('all');
    fill(dst);
    return cpulistString(dst);
  };

  test('are combined', () => {
    expect(into((dst) => bits.cpumaskAnd(dst, a, b))).toBe('2-3');
    expect(into((dst) => bits.cpumaskAndnot(dst, a, b))).toBe('0-1,38');
    expect(into((dst) => bits.cpumaskOr(dst, a, b))).toBe('0-5,38');
    expect(into((dst) => bits.cpumaskXor(dst, a, b))).toBe('0-1,4-5,38');
    expect(into((dst) => bits.cpumaskCopy(dst, a))).toBe('0-3,38');
    expect(into((dst) => bits.cpumaskClear(dst))).toBe('');
    expect(into((dst) => bits.cpumaskSetall(dst))).toBe('0-39');
    expect(() => bits.cpumaskAnd(a, a, new Cpumask(3))).toThrow('expected bitmaps of one size, got 40 and 3 bits');
  });

  test('are compared and counted', () => {
    expect([bits.cpumaskEqual(a, maskOf('38,0-3')), bits.cpumaskEqual(a, b)]).toEqual([true, false]);
    expect([bits.cpumaskIntersects(a, b), bits.cpumaskIntersects(a, maskOf('39'))]).toEqual([true, false]);
    expect([bits.cpumaskSubset(maskOf('2'), a), bits.cpumaskSubset(b, a)]).toEqual([true, false]);
    expect([bits.cpumaskFull(maskOf('all')), bits.cpumaskFull(a)]).toEqual([true, false]);
    expect(bits.cpumaskWeight(a)).toBe(5);
  });

  test('are read and written as text', () => {
    expect(bits.cpumapString(a)).toBe('40,0000000f');
    const mask = new Cpumask(40);
    expect(bits.cpumaskParse('40,f', mask).ok).toBe(true);
    expect(bits.cpumaskEqual(mask, a)).toBe(true);
    expect(cpulistParse('40', mask)).toEqual({ ok: false, errno: 'ERANGE' });
  });

  test('live in storage that is lent', () => {
    const words = new Uint32Array(2);
    const mask = new Cpumask(40, words);
    bits.cpumaskSetCpu(cpu(39), mask);
    expect([mask.nrCpuIds, ...words]).toEqual([40, 0, 0x80]);
  });
});
