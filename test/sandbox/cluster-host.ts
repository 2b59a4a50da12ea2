import { createServer, request, type IncomingMessage } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import type { TestProject } from 'vitest/node';
import type { OwnCluster } from './own-cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the socket at which the cluster of the whole run is asked for. */
    clusterHost: string;
  }
}

/**
 * Keeps one cluster for all test files, each of which is a process of its own. It starts when the first of them asks
 * for it, and ends with the run. Images are added here and nowhere else: a store has one writer.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let cluster: Promise<OwnCluster> | undefined;
  // Most runs of a few files need none: nothing of it is loaded before.
  const open = async (): Promise<OwnCluster> => (await import('./own-cluster.ts')).openOwnCluster();
  const answers: Record<string, (asked: Record<string, string>) => Promise<unknown>> = {
    '/cluster': async () => (await (cluster ??= open())).place,
    '/images': async ({ reference = '', source = '' }) => (await (cluster ??= open())).addImage(reference, source),
  };
  const server = createServer((asked, response) => {
    void json(asked)
      .then((body) => answers[asked.url ?? '']?.(body as Record<string, string>))
      .then((answer) => response.end(JSON.stringify(answer)))
      .catch((error: unknown) => response.writeHead(500).end(JSON.stringify(String(error))));
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-cluster-host-'));
  const socket = path.join(folder, 'socket');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  project.provide('clusterHost', socket);
  return async () => {
    server.close();
    server.closeAllConnections();
    await (await cluster?.catch(() => undefined))?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Asks the host in another process; waits as long as a cluster takes to start. */
export async function askHost<Answer>(socketPath: string, asked: string, body: object): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path: asked, method: 'POST' }, resolve).on('error', reject).end(JSON.stringify(body));
  });
  const answer = await json(response);
  if (response.statusCode !== 200) throw new Error(`the cluster of the run: ${String(answer)}`);
  return answer as Answer;
}
