import { afterEach, describe, expect, test } from 'vitest';
import { runCli, withFiles } from '../fixtures/run-cli.js';

/** A thread opens a door and notes it outside of `build`; another looks there. Run alone, each does the same every time. */
const DOOR = `import { Layout, kfunc, readOnce, scenario, u8, writeOnce } from '@shootdown/machine';
import * as helper from './helper.js';
let opened = 0;
const notes: string[] = [];
export default scenario({
  name: 'mine/door',
  asks: 'Is a door seen open that nobody has opened?',
  source: 'me',
  given: {},
  variants: { plain: { expect: 'holds', about: 'what is noted where' } },
  build() {
    const layout = new Layout();
    const door = layout.one('door', u8);
    const open = kfunc('open', function* () {
      yield* writeOnce(door, 1);
      NOTE;
    });
    const look = kfunc('look', function* () {
      if ((yield* readOnce(door)) === 1 && !(IS_NOTED)) yield* writeOnce(door, 2);
    });
    return {
      layout,
      threads: [{ name: 'A', run: () => open() }, { name: 'B', run: () => look() }],
      invariants: { 'never-2': (memory) => memory.get(door) !== 2 },
    };
  },
});
`;
const HELPER = 'export const box = { opened: 0 };\nexport let count = 0;\nexport const add = (): number => ++count;\n';

const check = (note: string, isNoted: string, before = ''): ReturnType<typeof runCli> =>
  withFiles(
    { 'door.ts': before + DOOR.replace('NOTE', note).replace('IS_NOTED', isNoted), 'helper.ts': HELPER },
    (cwd) => runCli(['check', 'door.ts', '--json'], { cwd }),
  );

describe('a variable outside of build that code of the model changes', () => {
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'doorIsOpen');
  });

  test.each([
    ['of the model file', 'opened = 1', 'opened === 1'],
    ['of the model file, an array', "notes.push('open')", 'notes.length > 0'],
    ['of a file that it imports', 'helper.add()', 'helper.count > 0'],
    ['of a file that it imports, an object', 'helper.box.opened = 1', 'helper.box.opened === 1'],
  ])('%s, is found', async (_title, note, isNoted) => {
    const { code, stderr } = await check(note, isNoted);
    expect(stderr).toMatch(/mine\/door: kfunc look is not a pure function .*when the system was built again/);
    expect(code).toBe(2);
  });

  test.each([
    ['an object with a class', '{ box: new Box() }', 'core.box.opened = 1', 'core.box.opened === 1'],
    ['functions', 'functionsOf()', 'core.open()', 'core.isOpen()'],
  ])('kept by a part of a subsystem, %s, is found', async (_title, parts, note, isNoted) => {
    const before =
      'class Box { opened = 0 }\n' +
      'const functionsOf = () => { let opened = 0; return { open: () => { opened = 1; }, isOpen: () => opened === 1 }; };\n';
    const model = DOOR.replace('const door =', `const core = layout.subsystem('core', ${parts});\n    const door =`);
    const { code, stderr } = await withFiles(
      { 'door.ts': before + model.replace('NOTE', note).replace('IS_NOTED', isNoted), 'helper.ts': HELPER },
      (cwd) => runCli(['check', 'door.ts', '--json'], { cwd }),
    );
    expect(stderr).toMatch(/mine\/door: kfunc look is not a pure function .*when the system was built again/);
    expect(code).toBe(2);
  });

  test('global, is found', async () => {
    const { code, stderr } = await check('(globalThis as any).doorIsOpen = 1', '(globalThis as any).doorIsOpen === 1');
    expect(stderr).toMatch(/mine\/door: code of the model sets the global variable doorIsOpen; what is shared belongs/);
    expect(code).toBe(2);
  });

  test('is not found in a file that can be loaded once only, and the result says so', async () => {
    const { code, stdout } = await check('opened = 1', 'opened === 1', 'await Promise.resolve();\n');
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'holds',
      notes: [expect.stringMatching(/^the model file could not be evaluated a second time, so a variable .*: .*await/)],
    });
    expect(code).toBe(0);
  });

  test('is found in a file that imports modules of Node', async () => {
    const before = "import fs from 'node:fs';\nimport { sep } from 'node:path';\nconst here = fs.existsSync(sep);\n";
    const { code, stderr } = await check('opened = 1', 'here && opened === 1', before);
    expect(stderr).toMatch(/kfunc look is not a pure function/);
    expect(code).toBe(2);
  });

  test('that nobody changes is none, nor is a function, an operation or a struct that is defined there', async () => {
    const kept =
      "import { defineOperation, kfunc as k, struct, u8 as byte } from '@shootdown/machine';\nconst Kept = struct('kept', { a: byte });\nconst peek = defineOperation({ name: 'peek', run: () => Kept.size });\nconst size = k('size', function* () { return yield* peek(); });\n";
    const { code, stdout } = await check('yield* size()', 'notes.length === 0 && (yield* size()) === 1', kept);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'holds', notes: [] });
    expect(code).toBe(0);
  });
});
