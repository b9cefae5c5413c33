import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { undocumentedExports } from './documented.js';
import { brokenLinks } from './links.js';
import { readSources } from './program.js';
import { malformedSourceTags, parseSourceTag } from './source-tag.js';

describe('this workspace', () => {
  const sources = readSources(path.join(import.meta.dirname, '..', '..', '..'));

  test('has entries to look at', () => {
    expect(sources.entries.length).toBeGreaterThan(7);
  });

  test('says a word about everything its packages export', () => {
    expect(undocumentedExports(sources)).toEqual([]);
  });

  test('names file and version in every @source', () => {
    expect(malformedSourceTags(sources)).toEqual([]);
  });

  test('links only to names that exist', () => {
    expect(brokenLinks(sources)).toEqual([]);
  });
});

describe('a package with poor comments', () => {
  const sources = readSources(path.join(import.meta.dirname, '..', 'fixtures'));

  test('is told of every export without a comment', () => {
    expect(undocumentedExports(sources)).toEqual([
      'packages/sample/src/things.ts:4 exports Silent without a comment',
      'packages/sample/src/index.ts:6 exports loud without a comment',
    ]);
  });

  test('is told of every @source without a file or a version', () => {
    expect(malformedSourceTags(sources)).toEqual([
      'packages/sample/src/things.ts:1 expected "@source path symbol version", got "@source mm/rmap.c"',
      'packages/sample/src/things.ts:14 expected "@source path symbol version", got "@source v5.10"',
    ]);
  });

  test('is told of every link to nowhere', () => {
    expect(brokenLinks(sources)).toEqual(['packages/sample/src/things.ts:9 links to nowhere, which is nothing here']);
  });
});

describe('parseSourceTag', () => {
  test.each([
    ['arch/arm64/mm/context.c check_and_switch_context() v4.19', 'check_and_switch_context()', 'v4.19'],
    ['npu-dma.c v4.19', undefined, 'v4.19'],
    ['lib/interval_tree.c interval_tree_iter_first() v5.10-rc3', 'interval_tree_iter_first()', 'v5.10-rc3'],
    ['mm/mmu_notifier.c struct mmu_notifier v4.16-v4.18', 'struct mmu_notifier', 'v4.16-v4.18'],
    ['npu-dma.c mmio_atsd_reg 1ab66d1fbada', 'mmio_atsd_reg', '1ab66d1fbada'],
  ])('reads "%s"', (text, symbol, version) => {
    expect(parseSourceTag(text)).toEqual({ path: text.split(' ')[0], symbol, version });
  });

  test.each(['', 'v4.19', 'npu-dma.c', 'npu-dma.c init', 'check_and_switch_context() v4.19'])(
    'refuses "%s"',
    (text) => {
      expect(parseSourceTag(text)).toBeUndefined();
    },
  );
});
