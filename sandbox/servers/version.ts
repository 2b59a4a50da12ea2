import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Version {
  major: number;
  minor: number;
  patch: number;
}

/** Reads the number from `<program> --version`; undefined when the program does not run. */
export const versionOf = async (program: string): Promise<Version | undefined> => {
  const answer = await run(program, ['--version'], { timeout: 10_000 }).catch(() => undefined);
  const [, major, minor, patch] = /(\d+)\.(\d+)\.(\d+)/.exec(answer?.stdout ?? '') ?? [];
  return patch === undefined ? undefined : { major: Number(major), minor: Number(minor), patch: Number(patch) };
};

/** Tells whether a version is not older than the wanted one, and of the same major version. */
export const fits = (version: Version, wanted: Version): boolean =>
  version.major === wanted.major &&
  (version.minor > wanted.minor || (version.minor === wanted.minor && version.patch >= wanted.patch));

export const versionText = ({ major, minor, patch }: Version): string => `${major}.${minor}.${patch}`;
