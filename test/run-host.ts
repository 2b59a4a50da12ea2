import { createServer, request, type IncomingMessage } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import type { TestProject } from 'vitest/node';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { OwnCluster } from './sandbox/own-cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the socket at which the servers of the whole run are asked for. */
    runHost: string;
  }
}

/**
 * Keeps the servers that all test files share, whichever process they run in: one cluster, one Temporal server. Each
 * starts when the first file asks for it, and ends with the run. Images are added here and nowhere else: a store has
 * one writer.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Most runs of a few files need neither: nothing of them is loaded before.
  const cluster = new Shared<OwnCluster>(async () => (await import('./sandbox/own-cluster.ts')).openOwnCluster());
  const temporal = new Shared<TestWorkflowEnvironment>(async () =>
    (await import('./temporal-server.ts')).startTemporal(),
  );
  const answers: Record<string, (asked: Record<string, string>) => Promise<unknown>> = {
    '/cluster': async () => (await cluster.opened()).place,
    '/images': async ({ reference = '', source = '' }) => (await cluster.opened()).addImage(reference, source),
    '/temporal': async () => ({ address: (await temporal.opened()).address }),
  };
  const server = createServer((asked, response) => {
    void json(asked)
      .then((body) => answers[asked.url ?? '']?.(body as Record<string, string>))
      .then((answer) => response.end(JSON.stringify(answer)))
      .catch((error: unknown) => response.writeHead(500).end(JSON.stringify(String(error))));
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-run-host-'));
  const socket = path.join(folder, 'socket');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  project.provide('runHost', socket);
  return async () => {
    server.close();
    server.closeAllConnections();
    await (await cluster.last())?.stop();
    await (await temporal.last())?.teardown();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Something that starts when it is asked for first. One start that fails fails one file: the next asks anew. */
class Shared<T> {
  private readonly open: () => Promise<T>;
  private started: Promise<T> | undefined;

  constructor(open: () => Promise<T>) {
    this.open = open;
  }

  opened(): Promise<T> {
    this.started ??= this.open().catch((error: unknown) => {
      this.started = undefined;
      process.stderr.write(`a server of the run did not start: ${String(error)}\n`);
      throw error;
    });
    return this.started;
  }

  /** Answers what was started; undefined if nothing was. */
  async last(): Promise<T | undefined> {
    return this.started?.catch(() => undefined);
  }
}

/** Asks the host from a test's process; waits as long as a server takes to start. */
export async function askHost<Answer>(socketPath: string, asked: string, body: object): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path: asked, method: 'POST' }, resolve).on('error', reject).end(JSON.stringify(body));
  });
  const answer = await json(response);
  if (response.statusCode !== 200) throw new Error(`a server of the run: ${String(answer)}`);
  return answer as Answer;
}
