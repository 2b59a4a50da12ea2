import { MockActivityEnvironment } from '@temporalio/testing';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GateContext, GatePorts, GateSubject } from '../../activities/gates/gate.ts';
import { checkGates } from '../../activities/gates/index.ts';
import { withGateContext } from '../../activities/gates/gate-context.ts';
import { gate as gateSchema, type GateResult } from '../../contract/catalog/gates.ts';
import { artifactOf, commits, World } from '../workflows/world.ts';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * Answers of the server to one request; `lost` closes the connection after the request was taken in, and `hang` never
 * answers.
 */
export type Reply =
  { status: number; json?: unknown; text?: string; headers?: Record<string, string> } | 'lost' | 'hang';

/** A real HTTP server that a test scripts, and that remembers what it was asked. */
export class ScriptedService {
  readonly received: ReceivedRequest[] = [];
  reply: (request: ReceivedRequest) => Reply = () => ({ status: 200, json: {} });
  private server: Server | undefined;
  url = '';

  async open(): Promise<this> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const received = {
          method: request.method ?? '',
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        };
        this.received.push(received);
        const reply = this.reply(received);
        if (reply === 'lost') return void request.socket.destroy();
        if (reply === 'hang') return;
        response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
        response.end(reply.text ?? JSON.stringify(reply.json ?? {}));
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  close(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  requests(method: string): ReceivedRequest[] {
    return this.received.filter((request) => request.method === method);
  }
}

interface CheckOptions extends Partial<GateSubject> {
  /** The activity's attempt: from 2 on, an earlier one may have sent something. */
  attempt?: number;
  ports?: Partial<GatePorts>;
  /** The longest that answers of the platform itself are waited out. */
  platformWaitMs?: number;
}

/** Runs gates, written as in a catalog file, in an activity. */
export async function gateResults(
  gates: object[],
  { attempt = 1, ports = {}, platformWaitMs = 5_000, ...subject }: CheckOptions,
): Promise<GateResult[]> {
  const world = new World();
  const parsed = gates.map((gate) => gateSchema.parse({ name: 'check', ...gate }));
  const environment = new MockActivityEnvironment({ attempt, currentAttemptScheduledTimestampMs: Date.now() });
  const work = (context: GateContext) => checkGates(parsed, { ...context, platformWaitMs });
  const checkedSubject: GateSubject = {
    entry: world.entry,
    artifact: artifactOf(commits.good),
    change: 'c1',
    attemptKey: 'verify1',
    url: '',
    revision: 'service-2',
    previous: 'service-1',
    shiftedAt: null,
    outputs: {},
    ...subject,
  };
  return environment.run(() =>
    withGateContext({ ...world.ports({} as never, {} as never), ...ports }, checkedSubject, work),
  );
}

export async function gateResult(gate: object, options: CheckOptions): Promise<GateResult> {
  const [result] = await gateResults([gate], options);
  if (!result) throw new Error('no result');
  return result;
}
