import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Version {
  major: number;
  minor: number;
  patch: number;
}

/** Reads the number from what the program says of its version; undefined when it does not run. */
export const versionOf = async (
  program: string,
  versionArguments: readonly string[] = ['--version'],
): Promise<Version | undefined> => {
  const answer = await run(program, [...versionArguments], { timeout: 10_000 }).catch(() => undefined);
  const [, major, minor, patch] = /(\d+)\.(\d+)\.(\d+)/.exec(answer?.stdout ?? '') ?? [];
  return patch === undefined ? undefined : { major: Number(major), minor: Number(minor), patch: Number(patch) };
};

/** Tells whether a version is not older than the wanted one, and of the same major (and minor) version. */
export const fits = (version: Version, wanted: Version, sameMinor = false): boolean =>
  version.major === wanted.major &&
  ((version.minor > wanted.minor && !sameMinor) || (version.minor === wanted.minor && version.patch >= wanted.patch));

export const versionText = ({ major, minor, patch }: Version): string => `${major}.${minor}.${patch}`;
