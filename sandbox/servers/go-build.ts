import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { completeModule } from './go/completed-module.ts';
import type { Say, Server } from './server.ts';
import { whatFollows } from './turns.ts';
import { versionText } from './version.ts';

const reportEveryMs = 1_000;
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
  const own = `${server.name} ${versionText(server.version)} or later`;
  say(
    `${title}: building the pinned version, once for this machine (${server.takes})${whatFollows(title)}; ` +
      `or stop this, and set ${server.variable} to the file of a ${own} that you have`,
  );
  if (!server.completed) return compile(build, []);
  const into = await mkdtemp(join(tmpdir(), 'slipway-module-'));
  try {
    const completion = { ...server.completed, go, env: environment(), pin: moduleFolder(server), into };
    await compile(build, ['-modfile', await completeModule(completion)]);
  } finally {
    await rm(into, { recursive: true, force: true });
  }
};

/** Fetches first, so that it is known how many packages there are to compile. */
const compile = async (build: GoBuild, flags: string[]): Promise<void> => {
  const { server, folder } = build;
  const pin = [...flags, ...(server.tags ? ['-tags', server.tags.join(',')] : [])];
  const progress = showProgress(build, await countModules(server));
  try {
    const packages = await runGo(build, ['list', '-deps', ...pin, ...server.packages], progress.isFetched);
    progress.compiles(packages.length);
    const args = [
      'build',
      ...pin,
      '-v',
      '-trimpath',
      '-ldflags',
      ['-s', '-w', ...(server.linkerFlags ?? [])].join(' '),
      '-o',
      server.packages.length === 1 ? join(folder, server.name) : `${folder}/`,
      ...server.packages,
    ];
    await runGo(build, args, progress.isCompiled);
  } finally {
    progress.stop();
  }
};

/** Counts the modules whose content the pin knows; a few of them are for tests only. */
const countModules = async (server: Server): Promise<number> => {
  const lines = (await readFile(join(moduleFolder(server), 'go.sum'), 'utf8')).trim().split('\n');
  return lines.filter((line) => !line.includes('/go.mod ')).length;
};

interface Progress {
  /** Hears a line of Go while it fetches. */
  isFetched: (line: string) => void;
  /** From here on it compiles so many packages. */
  compiles: (packages: number) => void;
  /** Hears a line of Go while it compiles. */
  isCompiled: (line: string) => void;
  stop: () => void;
}

const showProgress = ({ server, say }: GoBuild, modules: number): Progress => {
  const title = buildTitle(server);
  const startedAt = Date.now();
  const work = { done: 0, total: modules, what: 'modules fetched' };
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    const { done, total, what } = work;
    say(`${title}: building for ${seconds} s, ${done} of ${total} ${what}${whatFollows(title)}`, true);
  }, reportEveryMs);
  return {
    isFetched: (line) => {
      if (line.startsWith('go: downloading ')) work.done += 1;
    },
    compiles: (packages) => void Object.assign(work, { done: 0, total: packages, what: 'packages compiled' }),
    isCompiled: (line) => {
      if (/^[\w./~-]+$/.test(line)) work.done += 1;
    },
    stop: () => clearInterval(timer),
  };
};

/** Runs Go and answers the lines that it prints; `heard` gets what it says meanwhile. */
const runGo = async ({ go, server }: GoBuild, args: string[], heard: (line: string) => void): Promise<string[]> => {
  const child = spawn(go, args, { cwd: moduleFolder(server), env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  const printed: string[] = [];
  const last: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => void printed.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    heard(line);
    last.push(line);
    if (last.length > keptLines) last.shift();
  });
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code !== 0) throw new Error(`go ${args[0]} ended with ${code ?? signal}:\n  ${last.join('\n  ')}`);
    return printed;
  } finally {
    process.off('exit', stop);
  }
};
