import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { completeModule } from './go/completed-module.ts';
import type { Say, Server } from './server.ts';
import { whatFollows } from './turns.ts';

const reportEveryMs = 10_000;
const keptLines = 15;

/** Names the folder with the server's pinned `go.mod` and `go.sum`. */
export const moduleFolder = (server: Server): string => join(import.meta.dirname, server.module?.folder ?? server.name);

/** Names what is built: the program, or the module where that has several. */
export const buildTitle = (server: Server): string => server.module?.title ?? server.title;

/** Makes the environment of a build, in which only the pin decides. HOME is where Go keeps its own caches. */
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  HOME: process.env['HOME'] || homedir(),
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly -buildvcs=false',
  GOWORK: 'off',
  GOTOOLCHAIN: 'local',
});

/** Counts what `go build -v` says: modules that are fetched, packages that are compiled. */
const follow = (server: Server, say: Say): { line: (text: string) => void; last: string[]; stop: () => void } => {
  const title = buildTitle(server);
  const startedAt = Date.now();
  const counts = { fetched: 0, compiled: 0 };
  const last: string[] = [];
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    say(
      `${title}: building for ${seconds} s, ${counts.fetched} modules fetched, ` +
        `${counts.compiled} packages compiled${whatFollows(title)}`,
    );
  }, reportEveryMs);
  const line = (text: string): void => {
    if (text.startsWith('go: downloading ')) counts.fetched += 1;
    else if (/^[\w./~-]+$/.test(text)) counts.compiled += 1;
    last.push(text);
    if (last.length > keptLines) last.shift();
  };
  return { line, last, stop: () => clearInterval(timer) };
};

export interface GoBuild {
  /** The `go` command. */
  go: string;
  server: Server;
  /** Gets the programs. */
  folder: string;
  say: Say;
}

/**
 * Builds the server's pinned packages into `<folder>/<name>`. Throws with the compiler's last lines, or with what Go
 * says of a module that it cannot fetch.
 */
export const goBuild = async (build: GoBuild): Promise<void> => {
  const { server, say, go } = build;
  const title = buildTitle(server);
  say(`${title}: building the pinned version, once for this machine (${server.takes})${whatFollows(title)}`);
  if (!server.completed) return compile(build, []);
  const into = await mkdtemp(join(tmpdir(), 'slipway-module-'));
  try {
    const completion = { ...server.completed, go, env: environment(), pin: moduleFolder(server), into };
    await compile(build, ['-modfile', await completeModule(completion)]);
  } finally {
    await rm(into, { recursive: true, force: true });
  }
};

const compile = async ({ go, server, folder, say }: GoBuild, flags: string[]): Promise<void> => {
  const tags = server.tags ? ['-tags', server.tags.join(',')] : [];
  const args = [
    'build',
    ...flags,
    '-v',
    '-trimpath',
    '-ldflags',
    ['-s', '-w', ...(server.linkerFlags ?? [])].join(' '),
    ...tags,
    '-o',
    server.packages.length === 1 ? join(folder, server.name) : `${folder}/`,
    ...server.packages,
  ];
  const child = spawn(go, args, {
    cwd: moduleFolder(server),
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  const progress = follow(server, say);
  createInterface({ input: child.stderr }).on('line', progress.line);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code !== 0) throw new Error(`go build ended with ${code ?? signal}:\n  ${progress.last.join('\n  ')}`);
  } finally {
    progress.stop();
    process.off('exit', stop);
  }
};
