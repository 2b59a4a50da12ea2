import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cachedProgram, isExecutable } from './cache.ts';
import { goBuild, moduleFolder } from './go-build.ts';
import { ServerMissing } from './missing.ts';
import type { Say, Server } from './server.ts';
import { fits, versionOf } from './version.ts';

const onPath = async (name: string): Promise<string | undefined> => {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
};

const named = async (server: Server): Promise<string | undefined> => {
  const file = process.env[server.variable];
  if (!file) return undefined;
  if (await isExecutable(file)) return file;
  throw ServerMissing.of(server, `${server.variable} names ${file}, and that is no program`);
};

const installed = async (server: Server): Promise<string | undefined> => {
  const file = await onPath(server.name);
  const version = file === undefined ? undefined : await versionOf(file, server.versionArguments);
  return version && fits(version, server.version, server.sameMinor) ? file : undefined;
};

const build = async (server: Server, folder: string, say: Say): Promise<void> => {
  if ((await onPath('go')) === undefined)
    throw ServerMissing.of(server, 'it is not on PATH in a version that fits, and there is no Go to build it with');
  const startedAt = Date.now();
  try {
    await goBuild(server, folder, say);
  } catch (error) {
    throw ServerMissing.of(server, `its build failed. ${error instanceof Error ? error.message : String(error)}`);
  }
  say(`${server.title}: built in ${Math.round((Date.now() - startedAt) / 1_000)} s`);
};

const built = async (server: Server, say: Say): Promise<string> => {
  const pins = await Promise.all(
    ['go.mod', 'go.sum'].map((file) => readFile(join(moduleFolder(server), file), 'utf8')),
  );
  return cachedProgram({
    name: server.name,
    ...(server.module && { entry: server.module }),
    pin: [...server.packages, ...(server.tags ?? []), process.platform, process.arch, ...pins],
    build: (folder) => build(server, folder, say),
    onWait: () => say(`${server.title}: another process is building it, waiting for it`),
  });
};

/**
 * Finds the server's program file, from the first source that has it. Throws ServerMissing with the ways to provide it.
 */
export const obtain = async (server: Server, say: Say): Promise<string> =>
  (await named(server)) ?? (await installed(server)) ?? (await built(server, say));
