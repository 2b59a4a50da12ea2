import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedProgram, isExecutable } from './cache.ts';
import { buildTitle, goBuild, moduleFolder } from './go-build.ts';
import { obtainGo } from './go/toolchain.ts';
import { ServerMissing } from './missing.ts';
import { onPath } from './on-path.ts';
import type { Say, Server } from './server.ts';
import { inTurn } from './turns.ts';
import { fits, versionOf } from './version.ts';

const named = async (server: Server): Promise<string | undefined> => {
  const file = process.env[server.variable];
  if (!file) return undefined;
  if (await isExecutable(file)) return file;
  throw ServerMissing.of(server, `${server.variable} names ${file}, but that is not a program`);
};

const installed = async (server: Server): Promise<string | undefined> => {
  const file = await onPath(server.name);
  const version = file === undefined ? undefined : await versionOf(file, server.versionArguments);
  return version && fits(version, server.version, server.sameMinor) ? file : undefined;
};

const build = async (server: Server, folder: string, say: Say): Promise<void> => {
  const go = await obtainGo(server.go, say).catch((error: Error) => {
    throw ServerMissing.of(server, `no suitable version is on PATH; ${error.message}`);
  });
  const startedAt = Date.now();
  try {
    await goBuild({ go, server, folder, say });
  } catch (error) {
    throw ServerMissing.of(server, `its build failed. ${error instanceof Error ? error.message : String(error)}`);
  }
  say(`${buildTitle(server)}: built in ${Math.round((Date.now() - startedAt) / 1_000)} s`);
};

const built = async (server: Server, say: Say): Promise<string> => {
  const pins = await Promise.all(
    ['go.mod', 'go.sum'].map((file) => readFile(join(moduleFolder(server), file), 'utf8')),
  );
  return cachedProgram({
    name: server.name,
    ...(server.module && { entry: server.module.folder }),
    pin: [
      ...server.packages,
      ...(server.tags ?? []),
      ...(server.linkerFlags ?? []),
      ...Object.entries(server.completed?.files ?? {}).flat(),
      process.platform,
      process.arch,
      ...pins,
    ],
    build: (folder) => inTurn(buildTitle(server), () => build(server, folder, say)),
    onWait: () => say(`${buildTitle(server)}: another process is building it, waiting for it`),
  });
};

/**
 * Finds the server's program file, from the first source that has it. Throws ServerMissing with the ways to provide it.
 */
export const obtain = async (server: Server, say: Say): Promise<string> =>
  (await named(server)) ?? (await installed(server)) ?? (await built(server, say));
