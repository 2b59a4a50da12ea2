import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readJson, writeJson } from './atomic-file.ts';
import type { SandboxDescription } from './description-schema.ts';
import { isAlive } from './process-identity.ts';

export type { SandboxDescription };

const projectFolder = dirname(import.meta.dirname);

/** Names the two places of a sandbox: in `.slipway/` of this project, or in `dir`. */
export const sandboxPlaces = (dir?: string): { state: string; description: string } =>
  dir === undefined
    ? {
        state: join(projectFolder, '.slipway', 'sandbox'),
        description: join(projectFolder, '.slipway', 'sandbox.json'),
      }
    : { state: resolve(dir), description: join(resolve(dir), 'sandbox.json') };

/** Reads the sandbox of this folder, or of `dir`, when one is up. A file that a dead one left counts as none. */
export const readSandbox = async (dir?: string): Promise<SandboxDescription | undefined> => {
  const found = await readJson(sandboxPlaces(dir).description);
  if (found === undefined) return undefined;
  // Loaded only where there is a file: each call of the command line comes through here.
  const { descriptionSchema } = await import('./description-schema.ts');
  const parsed = descriptionSchema.safeParse(found);
  return parsed.success && (await isAlive(parsed.data.supervisor)) ? parsed.data : undefined;
};

/** Writes the description for its owner only: it has the password of PostgreSQL. */
export const writeSandbox = async (file: string, description: SandboxDescription): Promise<void> =>
  writeJson(file, description, 0o600);

export const removeSandbox = async (file: string): Promise<void> => rm(file, { force: true });
