import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { freePort } from './postgres.ts';

const nodePath = join(import.meta.dirname, '..', '..', 'node_modules');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface LogLine {
  severity: string;
  message: string;
}

export interface RunningService {
  url: string;
  log: () => LogLine[];
  stop: () => Promise<void>;
}

/** Checks a scenario out of its bare repository, as a build does. Answers the folder. */
export const checkOut = async (repository: string, scenario: string, into: string): Promise<string> => {
  const folder = join(into, scenario);
  await execa('git', ['clone', '--quiet', '--branch', scenario, repository, folder], {
    env: { GIT_CONFIG_GLOBAL: '/dev/null' },
  });
  return folder;
};

const environment = (env: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: `${join(nodePath, '.bin')}:${process.env['PATH'] ?? ''}`,
  NODE_PATH: nodePath,
  ...env,
});

/** Runs a program of an image to its end. */
export const run = async (folder: string, command: string[], env: Record<string, string>): Promise<Finished> => {
  const [program = '', ...args] = command;
  const child = spawn(resolve(folder, program), args, {
    cwd: folder,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, stdout, stderr };
};

/** Runs a release function of the runtime, as its migration job does. */
export const release = (
  folder: string,
  name: string,
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<Finished> =>
  run(folder, ['bin/openagents-runtime', 'eval', `OpenAgentsRuntime.Release.${name}()`], {
    DATABASE_URL: databaseUrl,
    ...env,
  });

const stopChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};

/** Starts `web` of an image and answers when it listens. Throws with its output when it ends before that. */
export const serve = async (folder: string, env: Record<string, string>): Promise<RunningService> => {
  const port = await freePort();
  const child = spawn(process.execPath, ['server.js'], {
    cwd: folder,
    env: environment({ PORT: String(port), ...env }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      if (output.includes('listening on')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`exit ${code}: ${output}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    log: () =>
      output
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as LogLine),
    stop: () => stopChild(child),
  };
};

/** Sends one JSON request and answers status and body. */
export const call = async (url: string, body?: unknown): Promise<{ status: number; body: Record<string, any> }> => {
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, any> };
};
