import type { Server } from './server.ts';
import { versionText } from './version.ts';

/** Says which server is missing and why, and how a person can provide it. */
export class ServerMissing extends Error {
  override readonly name = 'ServerMissing';

  static of({ title, name, variable, version, sameMinor, takes, go }: Server, reason: string): ServerMissing {
    return new ServerMissing(
      [
        `the ${title} is missing: ${reason}`,
        'Three ways to provide it:',
        `  1. let a Go module proxy be reached (GOPROXY) or install Go ${go} or later (https://go.dev/dl), ` +
          `and run this again: the pinned version is then built once, ${takes}`,
        `  2. put a program called ${name} of version ${versionText(version)} or later ` +
          `(below ${sameMinor ? `${version.major}.${version.minor + 1}` : version.major + 1}) on PATH`,
        `  3. set ${variable} to the program's file`,
      ].join('\n'),
    );
  }
}
