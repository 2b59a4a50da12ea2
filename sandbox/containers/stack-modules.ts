import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packages that every image may use, as if they were part of the image that it is built on. */
export const stackModules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/**
 * Puts the packages where ES modules of the images below `dir` find them. They walk up the folders; NODE_PATH is for
 * CommonJS only. Where an image has no package.json of its own, that of Slipway is not taken for it: its files are
 * CommonJS then, as the platform has them.
 */
export function linkStackModules(dir: string): void {
  const link = join(dir, 'node_modules');
  if (!existsSync(link)) symlinkSync(stackModules, link, 'dir');
  writeFileSync(join(dir, 'package.json'), '{}\n');
}
