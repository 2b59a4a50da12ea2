import { cachedProgram } from '../cache.ts';
import { onPath } from '../on-path.ts';
import type { Say } from '../server.ts';
import { fits, versionOf } from '../version.ts';
import { unpackModule } from './module-archive.ts';
import { toolchainPin } from './pin.ts';
import type { ToolchainPin } from './pin.ts';
import { fetchModule } from './proxy.ts';

const module = 'golang.org/toolchain';

/** Platforms in Go's words, by Node's. */
const systems: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin' };
const processors: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Renames `_go.mod`: a module's archive has no `go.mod` further inside (platform: cmd/go, toolchain.Exec). */
const rename = (name: string): string => name.replace(/(^|\/)_go\.mod$/, '$1go.mod');
const isProgram = (name: string): boolean => /^(bin|pkg\/tool)\//.test(name);

const fetched = async ({ version, hashes }: ToolchainPin, say: Say): Promise<string> => {
  const platform = `${systems[process.platform]}-${processors[process.arch]}`;
  const hash = hashes[platform];
  if (hash === undefined) throw new Error(`no Go is pinned for ${process.platform} ${process.arch}`);
  const moduleVersion = `v0.0.1-go${version}.${platform}`;
  const progress = (text: string): void => say(`Go ${version}: ${text}`);
  return cachedProgram({
    ...{ name: 'bin/go', entry: 'go', pin: [moduleVersion, hash] },
    build: async (folder) => {
      progress('fetching it from the Go module proxy, once for this machine (70 MB)');
      const zip = await fetchModule(module, moduleVersion, progress);
      progress('unpacking it');
      await unpackModule(zip, { prefix: `${module}@${moduleVersion}/`, hash, folder, rename, isProgram });
    },
    onWait: () => progress('another process is fetching it, waiting for that'),
  });
};

/**
 * Finds the `go` command: the one on PATH where it is not older than `lowest`, such as `1.26`, else the pinned one,
 * fetched as a module.
 */
export const obtainGo = async (lowest: string, say: Say, pin: ToolchainPin = toolchainPin): Promise<string> => {
  const installed = await onPath('go');
  const version = installed === undefined ? undefined : await versionOf(installed, ['version']);
  const [major = 0, minor = 0] = lowest.split('.').map(Number);
  if (installed !== undefined && version && fits(version, { major, minor, patch: 0 })) return installed;
  try {
    return await fetched(pin, say);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `there is no Go ${lowest} or later on PATH to build it with, and Go ${pin.version} cannot be had: ${why}`,
      { cause: error },
    );
  }
};
