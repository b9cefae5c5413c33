import { existsSync, lstatSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { withFiles } from '../fixtures/run-cli.js';
import { UsageError } from './exit.js';
import { writeWhole } from './write-whole.js';

describe('a file written whole', () => {
  test('takes the place of the one there was, and leaves nothing beside it', async () => {
    await withFiles({ plot: 'old', 'plot.999999999.draft': 'of a process that was killed' }, (cwd) => {
      writeWhole('--svg', 'plot', cwd, 'new');
      expect(readFileSync(path.join(cwd, 'plot'), 'utf8')).toBe('new');
      expect(readdirSync(cwd)).toEqual(['plot']);
      return Promise.resolve();
    });
  });

  test('leaves a symbolic link one, and writes what it leads to', async () => {
    await withFiles({ real: 'old' }, (cwd) => {
      symlinkSync('real', path.join(cwd, 'link'));
      symlinkSync('missing', path.join(cwd, 'dangling'));
      writeWhole('--svg', 'link', cwd, 'new');
      writeWhole('--svg', 'dangling', cwd, 'new');
      expect(lstatSync(path.join(cwd, 'link')).isSymbolicLink()).toBe(true);
      expect(lstatSync(path.join(cwd, 'dangling')).isSymbolicLink()).toBe(true);
      expect(readFileSync(path.join(cwd, 'real'), 'utf8')).toBe('new');
      expect(readFileSync(path.join(cwd, 'missing'), 'utf8')).toBe('new');
      return Promise.resolve();
    });
  });

  test.runIf(existsSync('/dev/null'))('writes to a device, and does not replace it', () => {
    writeWhole('--svg', '/dev/null', '/', 'gone');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(() => {
      writeWhole('--svg', '/dev/full', '/', 'more than there is room for');
    }).toThrow(/--svg: cannot write \/dev\/full: ENOSPC/);
  });

  test('is no named pipe, which might never be read', async () => {
    await withFiles({}, (cwd) => {
      execFileSync('mkfifo', [path.join(cwd, 'pipe')]);
      expect(() => {
        writeWhole('--svg', 'pipe', cwd, 'text');
      }).toThrow(/expected the path of a file, got a named pipe/);
      expect(statSync(path.join(cwd, 'pipe')).isFIFO()).toBe(true);
      return Promise.resolve();
    });
  });

  test('is not written where the system refuses, and the message says why', async () => {
    await withFiles({}, (cwd) => {
      symlinkSync('loop', path.join(cwd, 'loop'));
      for (const file of ['loop', 'missing/plot', 'n'.repeat(300), '.']) {
        expect(() => {
          writeWhole('--svg', file, cwd, 'text');
        }).toThrow(UsageError);
      }
      writeFileSync(path.join(cwd, 'plain'), '');
      expect(() => {
        writeWhole('--svg', 'plain/plot', cwd, 'text');
      }).toThrow(/ENOTDIR/);
      return Promise.resolve();
    });
  });
});
