import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Health } from '../../client/alerts/counts.ts';

const main = fileURLToPath(new URL('../../client/main.ts', import.meta.url));
export const token = 'a-token-of-the-tests';

const environmentOf = (name: string, service: string): string => `  ${name}:
    target: { kind: cloudRun, project: example-project, region: us-central1, service: "${service}" }
    approvals: { required: [{ role: release-owner }] }
    smoke: [{ name: health, path: /healthz }]
    bake: { seconds: 1 }
    operators: [release-owner]
`;
/** A catalog of one service, `shop`, with two environments; the second cannot be used on this machine. */
const catalogFile = `service: shop
description: an example
repository: { url: https://git.example.com/shop.git, branch: main }
owners:
  release-owner: [release-owner@example.com]
environments:
${environmentOf('production', 'shop')}${environmentOf('elsewhere', '${SLIPWAY_NOT_SET}')}`;

export interface Answer {
  status: number;
  body: { error?: string; incidents?: { id: string; firing: number; resolved: number }[] };
  /** How long it took. */
  ms: number;
}

export interface ReceiverProcess {
  url: string;
  post(body: unknown, headers?: Record<string, string>): Promise<Answer>;
  health(): Promise<Health>;
  /** What it has printed on stdout and stderr. */
  printed(): string;
  kill(
    signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT',
  ): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>;
}

export interface Folder {
  catalog: string;
  tokenFile: string;
  remove(): Promise<void>;
}

/** A folder with a catalog and a token. */
export async function createFolder(): Promise<Folder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-receiver-'));
  const catalog = path.join(folder, 'catalog');
  await mkdir(catalog);
  await writeFile(path.join(catalog, 'shop.yaml'), catalogFile);
  const tokenFile = path.join(folder, 'token');
  await writeFile(tokenFile, `${token}\n`);
  return { catalog, tokenFile, remove: async () => rm(folder, { recursive: true }) };
}

/** Runs `./slipway alerts` with these words as a process of its own. */
export function spawnReceiver(words: readonly string[], environment: Record<string, string>) {
  return execa(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'alerts', ...words], {
    reject: false,
    env: { TEMPORAL_CONFIG_FILE: '/nonexistent', ...environment },
  });
}

/** The same, once it listens; its port is free unless a flag says another. */
export async function startReceiver(
  { catalog, tokenFile }: Pick<Folder, 'catalog' | 'tokenFile'>,
  temporalAddress: string,
  ...flags: string[]
): Promise<ReceiverProcess> {
  const port = flags.includes('--port') ? [] : ['--port', '0'];
  const words = ['--catalog', catalog, '--token-file', tokenFile, ...port, ...flags];
  return listening(spawnReceiver(words, { TEMPORAL_ADDRESS: temporalAddress }));
}

/** The receiver of a sandbox with monitoring, once it listens where the sandbox's Alertmanager sends its alerts. */
export async function startSandboxReceiver(dir: string, catalog: string): Promise<ReceiverProcess> {
  return listening(spawnReceiver(['--dir', dir, '--catalog', catalog], {}));
}

async function listening(child: ReturnType<typeof spawnReceiver>): Promise<ReceiverProcess> {
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const listens = /http:\/\/[\w.:[\]]+\/v1\/alerts/;
  while (!listens.test(printed)) await Promise.race([once(child.stdout, 'data'), failure(child)]);
  const url = listens.exec(printed)?.[0] ?? '';
  return {
    url,
    post: async (body, headers) => post(url, body, headers),
    health: async () => (await fetch(url.replace('/v1/alerts', '/healthz'))).json() as Promise<Health>,
    printed: () => printed,
    kill: async (signal) => {
      child.kill(signal);
      const { exitCode, stdout, stderr } = await child;
      return { exitCode, stdout, stderr };
    },
  };
}

async function failure(child: ReturnType<typeof spawnReceiver>): Promise<never> {
  const { exitCode, signal, shortMessage, stderr } = await child;
  throw new Error(`the receiver ended with ${exitCode ?? signal ?? shortMessage}: ${stderr}`);
}

export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const begin = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = (await response.json()) as Answer['body'];
  return { status: response.status, body: answer, ms: performance.now() - begin };
}
