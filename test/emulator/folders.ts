import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/**
 * Gives out folders in the system's temporary folder that go when the test file is through. Call it at the top of a
 * test file.
 */
export function temporaryFolders(): { create: (name: string) => string } {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return {
    create: (name) => {
      const folder = mkdtempSync(join(tmpdir(), `slipway-${name}-`));
      folders.push(folder);
      return folder;
    },
  };
}
