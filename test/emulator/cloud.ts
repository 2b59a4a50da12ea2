import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { grpc } from 'google-gax';
import { PassThroughClient } from 'google-auth-library';
import type { CallRecord } from '../../sandbox/cloud/server/call-log.ts';
import type { TempoValues } from '../../sandbox/cloud/server/tempo.ts';

export interface CloudProcess {
  dir: string;
  grpcPort: number;
  httpPort: number;
  project: string;
  region: string;
  /** `projects/P/locations/L` */
  parent: string;
  child: ChildProcess;
  /** Makes the constructor options of any of Google's clients. */
  clientOptions(): ClientConnection;
  /** Calls `/sandbox/<path>`. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  calls(): CallRecord[];
  /** Ends the process, by default with SIGTERM, which also removes a temporary folder. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** A type and not an interface: Google's ClientOptions has an index signature. */
export type ClientConnection = {
  apiEndpoint: string;
  port: number;
  projectId: string;
  sslCreds: grpc.ChannelCredentials;
  authClient: PassThroughClient;
};

export interface StartOptions {
  /** Defaults to a new folder in the system's temporary folder; `<dir>/cloud` and `<dir>/repos` are used. */
  dir?: string;
  tempo?: Partial<TempoValues>;
  /** Defaults to free ones. */
  grpcPort?: number;
  httpPort?: number;
}

const main = fileURLToPath(new URL('../../sandbox/cloud/main.ts', import.meta.url));
const quick: Partial<TempoValues> = { operationMs: 60, callMs: 0, buildMs: 50 };

/** Starts the emulator as a process of its own, as the sandbox does, at a quick tempo. */
export async function startCloud(options: StartOptions = {}): Promise<CloudProcess> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'slipway-cloud-'));
  const child = spawn(
    process.execPath,
    [
      main,
      ...['--dir', join(dir, 'cloud'), '--git-dir', join(dir, 'repos')],
      ...['--grpc-port', String(options.grpcPort ?? 0), '--http-port', String(options.httpPort ?? 0)],
      ...['--tempo', JSON.stringify({ ...quick, ...options.tempo })],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const temporary = options.dir === undefined;
  try {
    return describe(dir, temporary, child, await readyLine(child));
  } catch (error) {
    child.kill('SIGKILL');
    if (temporary) rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

interface Ready {
  grpc: number;
  http: number;
  project: string;
  region: string;
  callLog: string;
}

async function readyLine(child: ChildProcess): Promise<Ready> {
  if (!child.stdout) throw new Error('the emulator has no stdout');
  for await (const line of createInterface(child.stdout)) return JSON.parse(line) as Ready;
  throw new Error('the emulator ended before it was ready');
}

function describe(dir: string, temporary: boolean, child: ChildProcess, ready: Ready): CloudProcess {
  return {
    dir,
    child,
    grpcPort: ready.grpc,
    httpPort: ready.http,
    project: ready.project,
    region: ready.region,
    parent: `projects/${ready.project}/locations/${ready.region}`,
    clientOptions: () => ({
      apiEndpoint: '127.0.0.1',
      port: ready.grpc,
      projectId: ready.project,
      sslCreds: grpc.credentials.createInsecure(),
      authClient: new PassThroughClient(),
    }),
    control: async (method, path, body) => {
      const response = await fetch(`http://127.0.0.1:${ready.http}/sandbox/${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(`${method} /sandbox/${path}: ${JSON.stringify(answer)}`);
      return answer;
    },
    calls: () =>
      (existsSync(ready.callLog) ? readFileSync(ready.callLog, 'utf8') : '')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as CallRecord),
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
        child.kill(signal);
        await gone;
      }
      if (temporary && signal === 'SIGTERM') rmSync(dir, { recursive: true, force: true });
    },
  };
}
