import { delimiter, join } from 'node:path';
import { isExecutable } from './cache.ts';

/** Finds the program's file in the folders of PATH. */
export const onPath = async (name: string): Promise<string | undefined> => {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
};
