import { Layout, defineOperation, kfunc, scenario, u8, array, choose, type Memory } from '@shootdown/machine';
const N = 5;
export default scenario({
  name: 'tla/simple-regular', asks: 'Does some process read 1?',
  variants: { plain: { expect: 'holds' } },
  state: { x: array(u8, N), y: array(u8, N), pc: array(u8, N) },
  threads: ({ x, y, pc }) => {
    const threads = [];
    for (let i = 0; i < N; i++) {
      const at = (k: number, name: string, act: (memory: Memory) => void) => {
        const op = defineOperation({ name, when: (memory: Memory) => memory.get(pc[i]) === k, run: (memory: Memory): void => { act(memory); memory.set(pc[i], k + 1); } });
        const f = kfunc(name, function* () { yield* op(); });
        threads.push({ name: `${name}${i}`, run: () => f(), kind: 'daemon' });
      };
      at(0, 'a1', (m) => m.set(x[i], 3));
      at(1, 'a2', (m) => m.set(x[i], 2));
      const left = (i + N - 1) % N;
      at(2, 'b0', (m) => m.set(y[i], (m.get(x[left]) & 2) !== 0 ? 1 : 0));
      const op = defineOperation({ name: 'b1', when: (m: Memory) => m.get(pc[i]) === 2 && (m.get(x[left]) & 1) === 0 && m.get(x[left]) !== 2, run: (m: Memory): void => { m.set(y[i], 0); m.set(pc[i], 3); } });
      const f = kfunc('b1', function* () { yield* op(); });
      threads.push({ name: `b1${i}`, run: () => f(), kind: 'daemon' });
      const op2 = defineOperation({ name: 'c', when: (m: Memory) => m.get(pc[i]) === 3, run: (m: Memory): void => { m.set(pc[i], 4); } });
      const g = kfunc('c', function* () { yield* op2(); });
      threads.push({ name: `c${i}`, run: () => g(), kind: 'daemon' });
    }
    return threads;
  },
  invariants: { some: ({ y, pc }) => !pc.every((one: number) => one === 4) || y.some((one: number) => one === 1) },
});
