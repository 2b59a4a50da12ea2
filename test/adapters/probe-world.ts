import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import { googleProbe } from '../../activities/google/probe/index.ts';
import type { Pace, ProbeImages } from '../../activities/google/probe/trial.ts';
import type { ProbeResult } from '../../activities/ports/probe.ts';
import type { CloudProcess } from '../emulator/cloud.ts';

/** The emulator answers in milliseconds, and so does whoever waits for it. */
export const quickPace: Pace = { lookMs: 15, quietMs: 40, lateMs: 1_000, endMs: 10_000, pauseMs: 40, applyMs: 400 };

export const openClients = (cloud: CloudProcess, callTimeoutMs?: number): Promise<GoogleClients> =>
  createGoogleClients({
    grpc: `127.0.0.1:${cloud.grpcPort}`,
    http: `http://127.0.0.1:${cloud.httpPort}`,
    ...(callTimeoutMs !== undefined && { callTimeoutMs }),
  });

/** Images that cost no time: a job that ends at once, and a service whose image is not there. */
export async function idleImages(cloud: CloudProcess): Promise<ProbeImages> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-image-'));
  try {
    writeFileSync(join(folder, 'Procfile'), 'web: true\n');
    const name = 'us-central1-docker.pkg.dev/slipway-sandbox/test/idle';
    const { digest } = (await cloud.control('POST', 'images', { reference: `${name}:1`, folder })) as {
      digest: string;
    };
    return { service: `${name}@sha256:${'1'.repeat(64)}`, job: `${name}@${digest}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface ProbeRunOptions {
  signal?: AbortSignal;
  images?: Partial<ProbeImages>;
  pace?: Pace;
}

/** Probes an emulator in this process. */
export function probeOnce(
  clients: GoogleClients,
  { project, region }: CloudProcess,
  { signal = new AbortController().signal, images = {}, pace = quickPace }: ProbeRunOptions = {},
): Promise<ProbeResult> {
  return googleProbe(clients, { project, region, images, pace }).run({ signal, tell: () => undefined });
}

/** The answers of a probe by the names of its questions. */
export const answersOf = ({ rows }: ProbeResult): Record<string, string | null> =>
  Object.fromEntries(rows.map(({ id, answer }) => [id, answer]));

/** What a probe has left in an emulator, also what no label marks. */
export async function leftIn(clients: GoogleClients, { parent }: CloudProcess): Promise<string[]> {
  const [services] = await clients.services.listServices({ parent });
  const [jobs] = await clients.jobs.listJobs({ parent });
  return [...services, ...jobs].map(({ name }) => name ?? '');
}

/**
 * The call at which a probe is interrupted, by number or by method. A call that is given up at once never leaves this
 * process, so that happens so long after it was sent.
 */
export type CutAt = { afterMs: number } & ({ nth: number } | { name: string });

/** Counts the calls of clients, and aborts at one of them. */
export class CountedClients {
  count = 0;
  readonly abort = new AbortController();
  readonly clients: GoogleClients;
  private readonly at: CutAt | undefined;

  constructor(clients: GoogleClients, at?: CutAt) {
    this.at = at;
    const counted = ['services', 'revisions', 'jobs', 'executions', 'registry', 'logging'] as const;
    this.clients = { ...clients };
    for (const name of counted) Object.assign(this.clients, { [name]: this.watched(clients[name]) });
  }

  private watched<T extends object>(client: T): T {
    return new Proxy(client, {
      get: (target, key) => {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown =>
          this.pass(String(key), () => (value as (...all: unknown[]) => unknown).apply(target, args));
      },
    });
  }

  private pass(name: string, send: () => unknown): unknown {
    this.count += 1;
    if (!this.at || ('nth' in this.at ? this.count !== this.at.nth : name !== this.at.name)) return send();
    const answer = send();
    setTimeout(() => this.abort.abort(new Error('interrupted')), this.at.afterMs);
    return answer;
  }
}
