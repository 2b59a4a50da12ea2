import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { workflowBundle } from '../../worker/bundle.ts';

/** Modules of the catalog that workflows call: the kinds of targets, whose schemas are made on demand, and names. */
const called = /^contract\/catalog\/(fields|targets\/[a-z-]+)\.ts$/;

it('has no schema of the catalog: each run would make it anew', async () => {
  const code = await readFile(await workflowBundle(), 'utf8');
  const modules = [...code.matchAll(/^\/\*\*\*\/ "\.\/([^"]+)"/gm)].map(([, name = '']) => name);
  expect(modules).toContain('contract/inputs.ts');
  expect(modules.filter((name) => name.startsWith('contract/catalog/') && !called.test(name))).toEqual([]);
  expect(modules).not.toContain('contract/catalog/targets/target.ts');
});
